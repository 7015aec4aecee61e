//! The one style and the one script of the page, and the policy that lets a browser use these and nothing else.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use perf_look_analyzers::flame::Coloring;
use sha2::{Digest as _, Sha256};

use super::flame::{self, KIND, letter};
use crate::flamegraph::palette;

/// What makes the page interactive.
pub(super) const SCRIPT: &str = include_str!("report.js");

/// Bars are as wide as their class says in percent, since the policy allows no style attributes.
const PERCENTS: usize = 100;
/// Deeper levels are indented as far as this one.
pub(super) const DEEPEST: u32 = 40;

/// The one style of the page.
pub(super) struct Style(String);

impl Style {
    /// Its text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The style, with the rules that are only numbers.
pub(super) fn style() -> Style {
    let mut style = include_str!("report.css").to_owned();
    for percent in 0..=PERCENTS {
        let _ = write!(style, ".w{percent}{{--w:{percent}}}");
    }
    for depth in 0..=DEEPEST {
        let _ = write!(style, ".d{depth}{{--d:{depth}}}");
    }
    for coloring in Coloring::ALL {
        for (place, tint) in coloring.tints().into_iter().enumerate() {
            let (letter, color) = (letter(coloring), palette::css(palette::color(tint)));
            let _ = write!(style, ".by-{} .{letter}{place} rect{{fill:{color}}}", coloring.name());
            let _ = write!(style, ".swatch.{letter}{place}{{background:{color}}}");
        }
    }
    for (place, tint) in flame::kinds() {
        let color = palette::css(palette::color(tint));
        let _ = write!(style, ".{KIND}{place} rect{{fill:{color}}}.swatch.{KIND}{place}{{background:{color}}}");
    }
    Style(style)
}

/// A class of [`style`] for a part of a whole, 0 to 1. What is there at all is seen.
pub(super) fn width_class(share: f64) -> String {
    let percent = (share.clamp(0.0, 1.0) * PERCENTS as f64).round();
    format!("w{}", if share > 0.0 { percent.max(1.0) } else { 0.0 })
}

/// Which scripts a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scripts {
    /// The one.
    Report,
    /// None at all.
    None,
}

/// Nothing is loaded and nothing is sent: only the style and the script of these contents are used.
pub(super) fn policy(style: &Style, scripts: Scripts) -> String {
    let style = hash(style.as_str());
    let script = match scripts {
        Scripts::Report => format!("; script-src '{}'", hash(SCRIPT)),
        Scripts::None => String::new(),
    };
    format!("default-src 'none'; style-src '{style}'{script}; base-uri 'none'; form-action 'none'")
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_browsers_compute() {
        // From the specification of Content Security Policy, level 2.
        assert_eq!(hash("alert('Hello, world.');"), "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }

    #[test]
    fn a_little_is_seen_and_nothing_is_not() {
        assert_eq!([0.0, 0.001, 0.5, 2.0].map(width_class), ["w0", "w1", "w50", "w100"]);
    }
}
