//! The configuration as a file that could be saved, each value with where it is from.

use std::fmt::Write as _;

use perf_look_analyzers::report::Level;
use perf_look_analyzers::{Severity, safe};

use super::keys::Setting;
use super::read::Raw;
use super::{Config, read};
use crate::duration;

/// Where the comments begin, if the values leave room.
const COMMENT_COLUMN: usize = 28;

/// The whole configuration in TOML.
pub(crate) fn show(config: &Config) -> String {
    let mut text = match &config.file {
        Some(file) => format!("# {}\n", safe::line(&file.display().to_string())),
        None => "# no perf-look.toml found: built-in values\n".to_owned(),
    };
    let mut table = Vec::new();
    for entry in &config.entries {
        let (name, above) = entry.key.path.split_last().map_or(("", &[][..]), |(name, above)| (name.as_str(), above));
        if above != table {
            table = above.to_vec();
            // Writing to a string cannot fail.
            let _ = write!(text, "\n[{}]\n", read::dotted(above));
        }
        let assignment = format!("{name} = {}", value(&entry.value));
        let _ = writeln!(text, "{assignment:<COMMENT_COLUMN$} # {}", entry.origin);
    }
    for (path, value, origin) in config.suites.entries() {
        let (name, above) = path.split_last().map_or(("", &[][..]), |(name, above)| (name.as_str(), above));
        if above != table {
            table = above.to_vec();
            let _ = write!(text, "\n[{}]\n", read::dotted(above));
        }
        let assignment = safe::line(&format!("{name} = {value}")).into_owned();
        let _ = writeln!(text, "{assignment:<COMMENT_COLUMN$} # {origin}");
    }
    text
}

/// A value as TOML.
pub(super) fn value(setting: &Setting) -> String {
    match setting {
        Setting::Level(level) => format!("\"{}\"", level_name(*level)),
        Setting::FailOn(fail_on) => format!("\"{}\"", fail_on.as_str()),
        Setting::Number(number) => number.to_string(),
        Setting::Text(text) => Raw::Text(text.clone()).to_string(),
        Setting::Texts(texts) => Raw::List(texts.clone()).to_string(),
        Setting::Duration(duration) => format!("\"{}\"", duration::show(*duration)),
    }
}

/// The word of the configuration.
pub(crate) fn level_name(level: Option<Level>) -> &'static str {
    match level {
        None => "auto",
        Some(Level::Off) => "off",
        Some(Level::Always(Severity::Info)) => "info",
        Some(Level::Always(Severity::Warn)) => "warn",
        Some(Level::Always(Severity::Error)) => "error",
    }
}
