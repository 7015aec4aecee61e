//! The colours of pictures: from the set of Okabe and Ito, which people who see fewer colours can tell apart.

use inferno::flamegraph::color::Color;
use perf_look_analyzers::Severity;
use perf_look_analyzers::flame::{Class, Tint};

const fn rgb(code: u32) -> Color {
    let [_, r, g, b] = code.to_be_bytes();
    Color { r, g, b }
}

/// Black text on each of these has a contrast of at least 4.5 to 1.
pub(crate) fn color(tint: Tint) -> Color {
    match tint {
        Tint::Class(Class::Scan | Class::Library) => rgb(0x56_b4_e9),
        Tint::Class(Class::Join) => rgb(0xe6_9f_00),
        Tint::Class(Class::SortAggregate | Class::Script) => rgb(0xf0_e4_42),
        Tint::Class(Class::Parallel | Class::Garbage) => rgb(0xcc_79_a7),
        Tint::Class(Class::Modify) => rgb(0xe0_75_2d),
        Tint::Class(Class::Other | Class::Browser) | Tint::Found(Severity::Info) => rgb(0x5c_c4_a1),
        Tint::Class(Class::Outside | Class::Idle) | Tint::Unknown | Tint::Clean => rgb(0xcf_cf_cf),
        Tint::Off(-3) => rgb(0x5a_9b_d5),
        Tint::Off(-2) => rgb(0x8f_bf_e6),
        Tint::Off(-1) => rgb(0xc4_dd_f2),
        Tint::Off(0) => rgb(0xe8_e8_e8),
        Tint::Off(1) => rgb(0xff_df_a6),
        Tint::Off(2) => rgb(0xff_bf_4d),
        Tint::Off(_) | Tint::Found(Severity::Warn) => rgb(0xf0_95_00),
        Tint::Found(Severity::Error) => rgb(0xe8_6a_3a),
    }
}

/// What costs more than before.
pub(super) const SLOWER: Color = rgb(0xe6_6f_1f);
/// What costs less than before.
pub(super) const FASTER: Color = rgb(0x4f_9f_d8);
/// What is not there any more.
pub(super) const GONE: Color = rgb(0xc9_e4_f7);
/// What is as it was.
pub(super) const UNCHANGED: Color = rgb(0xe0_e0_e0);

/// From nearly nothing to the colour itself, which it reaches at a third of the whole.
pub(super) fn between(color: Color, share: f64) -> Color {
    let strength = (0.25 + 2.25 * share).clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
    let mix = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * strength).round() as u8;
    Color { r: mix(UNCHANGED.r, color.r), g: mix(UNCHANGED.g, color.g), b: mix(UNCHANGED.b, color.b) }
}

/// As SVG and CSS write it.
pub(crate) fn css(color: Color) -> String {
    format!("rgb({},{},{})", color.r, color.g, color.b)
}

#[cfg(test)]
mod tests {
    use perf_look_analyzers::flame::Coloring;

    use super::*;

    /// Relative luminance as WCAG 2 defines it.
    fn luminance(color: Color) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)
    }

    #[test]
    fn black_text_can_be_read_on_every_color() {
        let tints = Coloring::ALL.into_iter().flat_map(Coloring::tints).map(color);
        for color in tints.chain([SLOWER, FASTER, GONE, UNCHANGED]) {
            let contrast = (luminance(color) + 0.05) / 0.05;
            assert!(contrast >= 4.5, "{color:?}: {contrast:.1}");
        }
    }

    #[test]
    fn no_two_tints_of_a_legend_look_alike() {
        let pages = Class::OF_PAGES.map(Tint::Class).to_vec();
        for tints in Coloring::ALL.into_iter().map(Coloring::tints).chain([pages]) {
            let colors: Vec<Color> = tints.iter().copied().map(color).collect();
            for (place, one) in colors.iter().enumerate() {
                assert!(!colors[..place].contains(one), "{tints:?}: {one:?} twice");
            }
        }
    }
}
