//! Colours that everybody can tell apart, and text that can be read on them.

use perf_look_tui::theme::{Role, fill, luminance};
use perf_look_tui::{Depth, Glyphs, Theme};
use ratatui::style::{Color, Style};

type Matrix = [[f64; 3]; 3];

/// How colours look to people without one kind of cone, at full strength: Machado, Oliveira and Fernandes (2009).
const SEEN: [(&str, Matrix); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    ),
    (
        "deuteranopia",
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
    ),
    (
        "tritanopia",
        [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]],
    ),
];

const CLASSES: [Role; 7] =
    [Role::Scan, Role::Join, Role::SortAggregate, Role::Parallel, Role::Modify, Role::Other, Role::Outside];

/// Linear light of a colour.
fn linear((red, green, blue): (u8, u8, u8)) -> [f64; 3] {
    [red, green, blue].map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

/// In CIE L*a*b*, in which distances are about as large as they look.
fn lab(light: [f64; 3]) -> [f64; 3] {
    let to_xyz: Matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
    let xyz = apply(to_xyz, light);
    let f = |part: f64| if part > 0.008_856 { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 };
    let [x, y, z] = [f(xyz[0] / 0.9505), f(xyz[1]), f(xyz[2] / 1.089)];
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn apply(matrix: Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(factor, part)| factor * part).sum::<f64>().clamp(0.0, 1.0))
}

fn distance(left: [f64; 3], right: [f64; 3]) -> f64 {
    left.iter().zip(right).map(|(left, right)| (left - right).powi(2)).sum::<f64>().sqrt()
}

/// Differences from about 2 on can be seen side by side; apart from each other it takes several times that.
const APART: f64 = 10.0;

#[track_caller]
fn assert_apart(roles: &[Role]) {
    for (eyes, matrix) in SEEN {
        for (place, left) in roles.iter().enumerate() {
            for right in &roles[..place] {
                let seen = |role: &Role| lab(apply(matrix, linear(fill(*role).map(|hue| hue.rgb).unwrap_or_default())));
                let distance = distance(seen(left), seen(right));
                assert!(distance >= APART, "{left:?} and {right:?} look alike with {eyes}: {distance:.1}");
            }
        }
    }
}

#[test]
fn classes_can_be_told_apart_with_any_kind_of_colour_blindness() {
    assert_apart(&CLASSES);
}

#[test]
fn slower_and_faster_can_be_told_apart_with_any_kind_of_colour_blindness() {
    assert_apart(&[Role::Slower, Role::Faster, Role::Other]);
}

/// What the sixteen and the 256 colours are on most terminals.
fn rgb(color: Color) -> Option<(u8, u8, u8)> {
    Some(match color {
        Color::Rgb(red, green, blue) => (red, green, blue),
        Color::Indexed(16) | Color::Black => (0, 0, 0),
        Color::Indexed(index) if index >= 232 => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
        Color::Indexed(index) if index >= 16 => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let index = index - 16;
            (level(index / 36), level(index / 6 % 6), level(index % 6))
        }
        _ => return None,
    })
}

#[test]
fn text_on_a_fill_can_be_read() {
    for depth in [Depth::Indexed, Depth::True] {
        let theme = Theme::new(depth, Glyphs::Unicode);
        for role in CLASSES.into_iter().chain([Role::Slower, Role::Faster]) {
            let style = theme.style(role);
            let of = |color: Option<Color>| luminance(color.and_then(rgb).unwrap_or_default());
            let (text, ground) = (of(style.fg), of(style.bg));
            let contrast = (text.max(ground) + 0.05) / (text.min(ground) + 0.05);
            assert!(contrast >= 4.5, "{role:?} in {depth:?}: {contrast:.2}");
        }
    }
}

#[test]
fn accents_can_be_read_on_black_and_on_white() {
    const ACCENTS: [Role; 10] = [
        Role::Error,
        Role::Warn,
        Role::Info,
        Role::Good,
        Role::Hot,
        Role::Warm,
        Role::More,
        Role::Fewer,
        Role::Code,
        Role::Text,
    ];
    for depth in [Depth::Indexed, Depth::True] {
        for role in ACCENTS {
            let Some(colour) = Theme::new(depth, Glyphs::Unicode).style(role).fg.and_then(rgb) else { continue };
            // No colour has more than 4.6 to both.
            let (on_black, on_white) = ((luminance(colour) + 0.05) / 0.05, 1.05 / (luminance(colour) + 0.05));
            assert!(on_black >= 3.0 && on_white >= 3.0, "{role:?} in {depth:?}: {on_black:.1}, {on_white:.1}");
        }
    }
}

#[test]
fn plain_text_has_the_terminals_own_colours() {
    for depth in [Depth::None, Depth::Sixteen, Depth::Indexed, Depth::True] {
        assert_eq!(Theme::new(depth, Glyphs::Unicode).style(Role::Text), Style::new());
    }
}

#[test]
fn without_colours_there_are_none() {
    let theme = Theme::new(Depth::None, Glyphs::Unicode);
    for role in Role::ALL {
        let style = theme.style(role);
        assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
    }
}
