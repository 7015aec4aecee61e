//! What things look like: roles are given styles in one place, a table for each depth of colour.
//!
//! Views name roles, never colours. Colour is never the only sign: words, marks and letters say the same.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Role {
    Text,
    Strong,
    Faint,
    Border,
    FocusedBorder,
    Tab,
    ActiveTab,
    /// The row of the cursor in the pane that has the keys.
    Cursor,
    /// The row of the cursor in the other pane.
    Selected,
    Heading,
    Error,
    Warn,
    Info,
    Good,
    Hot,
    Warm,
    /// More rows than planned.
    More,
    /// Fewer rows than planned.
    Fewer,
    Code,
    Match,
    Key,
    Hint,
    Message,
    Slower,
    Faster,
    Scan,
    Join,
    SortAggregate,
    Parallel,
    Modify,
    Other,
    Outside,
    /// A fill for what is most: half of the time, misestimates of a hundred times.
    Most,
    /// A fill for what is much.
    Much,
    /// A fill for what is little.
    Little,
    /// A fill for what is less than expected.
    Less,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 36] = [
        Self::Text,
        Self::Strong,
        Self::Faint,
        Self::Border,
        Self::FocusedBorder,
        Self::Tab,
        Self::ActiveTab,
        Self::Cursor,
        Self::Selected,
        Self::Heading,
        Self::Error,
        Self::Warn,
        Self::Info,
        Self::Good,
        Self::Hot,
        Self::Warm,
        Self::More,
        Self::Fewer,
        Self::Code,
        Self::Match,
        Self::Key,
        Self::Hint,
        Self::Message,
        Self::Slower,
        Self::Faster,
        Self::Scan,
        Self::Join,
        Self::SortAggregate,
        Self::Parallel,
        Self::Modify,
        Self::Other,
        Self::Outside,
        Self::Most,
        Self::Much,
        Self::Little,
        Self::Less,
    ];
}

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// `NO_COLOR`: bold, dim and reverse only.
    None,
    /// The terminal's own sixteen.
    Sixteen,
    /// 256.
    Indexed,
    /// 24 bits.
    True,
}

impl Depth {
    /// What an environment says of the terminal. That there is one, and whether colours are wanted at all
    /// (`NO_COLOR`, flags), is for the program to know.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let (term, color) = (variable("TERM").unwrap_or_default(), variable("COLORTERM").unwrap_or_default());
        if term == "dumb" {
            return Self::None;
        }
        // It says so and cannot.
        if variable("TERM_PROGRAM").as_deref() == Some("Apple_Terminal") {
            return Self::Indexed;
        }
        match (&*color, term.contains("256color")) {
            ("truecolor" | "24bit", _) => Self::True,
            (_, true) => Self::Indexed,
            _ => Self::Sixteen,
        }
    }
}

/// What can be drawn beside letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// Lines, arrows and eighths of blocks.
    Unicode,
    /// Lines and whole blocks.
    Basic,
    /// `+-|#`.
    Ascii,
}

impl Glyphs {
    /// What an environment says of the terminal: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set decides.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find(|name| set(name)).and_then(|name| variable(name));
        let is_utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        match variable("TERM").as_deref() {
            Some("dumb") => Self::Ascii,
            _ if !is_utf8 => Self::Ascii,
            // The console of Linux has few glyphs.
            Some("linux") => Self::Basic,
            _ => Self::Unicode,
        }
    }
}

/// Styles of all roles, and the glyphs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; Role::ALL.len()],
    /// What can be drawn.
    pub glyphs: Glyphs,
}

impl Theme {
    /// The theme of a terminal.
    pub fn new(depth: Depth, glyphs: Glyphs) -> Self {
        Self::with(glyphs, |role| style(role, depth))
    }

    /// A theme of styles of one's own.
    pub fn with(glyphs: Glyphs, style: impl Fn(Role) -> Style) -> Self {
        Self { styles: Role::ALL.map(style), glyphs }
    }

    /// Whether fills have colours: where they do not, letters stand for them.
    pub fn has_fills(&self) -> bool {
        self.style(Role::Scan).bg.is_some()
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

/// A colour of the Okabe-Ito set, which people with any kind of colour blindness can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hue {
    /// 24 bits.
    pub rgb: (u8, u8, u8),
    indexed: u8,
    sixteen: Color,
}

const fn hue(rgb: (u8, u8, u8), indexed: u8, sixteen: Color) -> Hue {
    Hue { rgb, indexed, sixteen }
}

const BLUE: Hue = hue((0x00, 0x72, 0xb2), 25, Color::Blue);
const SKY: Hue = hue((0x56, 0xb4, 0xe9), 74, Color::Cyan);
const GREEN: Hue = hue((0x00, 0x9e, 0x73), 36, Color::Green);
const YELLOW: Hue = hue((0xf0, 0xe4, 0x42), 227, Color::LightYellow);
const ORANGE: Hue = hue((0xe6, 0x9f, 0x00), 178, Color::Yellow);
const VERMILION: Hue = hue((0xd5, 0x5e, 0x00), 166, Color::Red);
const PURPLE: Hue = hue((0xcc, 0x79, 0xa7), 175, Color::Magenta);
const GREY: Hue = hue((0xb8, 0xb8, 0xb8), 250, Color::Gray);

// As text the light ones are darker: whether the terminal is black or white is not known.
const ORANGE_INK: Hue = hue((0xb3, 0x7a, 0x00), 136, Color::Yellow);
const GREEN_INK: Hue = hue((0x00, 0x9e, 0x73), 29, Color::Green);
const SKY_INK: Hue = hue((0x2c, 0x8c, 0xc4), 32, Color::Cyan);

/// The fill of a frame of a flame, and of a difference.
pub fn fill(role: Role) -> Option<Hue> {
    Some(match role {
        Role::Scan => SKY,
        Role::Join | Role::Much => ORANGE,
        Role::SortAggregate => GREEN,
        Role::Parallel => PURPLE,
        Role::Modify | Role::Slower | Role::Most => VERMILION,
        Role::Faster | Role::Less => BLUE,
        Role::Other | Role::Little => GREY,
        Role::Outside => YELLOW,
        _ => return None,
    })
}

fn ink(role: Role) -> Option<Hue> {
    Some(match role {
        Role::Error | Role::Hot => VERMILION,
        Role::Warn | Role::Warm | Role::More => ORANGE_INK,
        Role::Info | Role::Fewer | Role::Code => SKY_INK,
        Role::Good => GREEN_INK,
        _ => return None,
    })
}

fn modifier(role: Role) -> Modifier {
    match role {
        Role::Strong | Role::Heading | Role::Error | Role::Hot | Role::FocusedBorder | Role::Key | Role::Selected => {
            Modifier::BOLD
        }
        Role::Faint | Role::Border | Role::Hint => Modifier::DIM,
        Role::Cursor | Role::Message => Modifier::REVERSED,
        Role::ActiveTab => Modifier::BOLD.union(Modifier::REVERSED),
        Role::Match => Modifier::UNDERLINED,
        _ => Modifier::empty(),
    }
}

fn style(role: Role, depth: Depth) -> Style {
    let style = Style::new().add_modifier(modifier(role));
    if depth == Depth::None {
        return style;
    }
    if let Some(hue) = fill(role) {
        return style.bg(hue.at(depth)).fg(hue.ink_on(depth));
    }
    ink(role).map_or(style, |hue| style.fg(hue.at(depth)))
}

impl Hue {
    fn at(self, depth: Depth) -> Color {
        match depth {
            Depth::None => Color::Reset,
            Depth::Sixteen => self.sixteen,
            Depth::Indexed => Color::Indexed(self.indexed),
            Depth::True => Color::Rgb(self.rgb.0, self.rgb.1, self.rgb.2),
        }
    }

    /// Black or white, whichever can be read on it.
    fn ink_on(self, depth: Depth) -> Color {
        let is_dark = luminance(self.rgb) < MIDDLE;
        match (depth, is_dark) {
            (Depth::True, true) => Color::Rgb(255, 255, 255),
            (Depth::True, false) => Color::Rgb(0, 0, 0),
            (Depth::Indexed, true) => Color::Indexed(231),
            (Depth::Indexed, false) => Color::Indexed(16),
            (_, true) => Color::White,
            (_, false) => Color::Black,
        }
    }
}

/// Where black and white are equally far: (x + 0.05)² = 0.05 · 1.05.
const MIDDLE: f64 = 0.179;

/// The relative luminance of WCAG, 0 to 1.
pub fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(environment: &str) -> impl Fn(&str) -> Option<String> {
        let pairs: Vec<(String, String)> = environment
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        move |name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn the_environment_says_how_many_colours_there_are() {
        for (environment, depth) in [
            ("TERM=xterm", Depth::Sixteen),
            ("TERM=xterm-256color", Depth::Indexed),
            ("TERM=xterm-256color COLORTERM=truecolor", Depth::True),
            ("TERM=xterm-256color COLORTERM=truecolor TERM_PROGRAM=Apple_Terminal", Depth::Indexed),
            ("TERM=dumb COLORTERM=truecolor", Depth::None),
            ("", Depth::Sixteen),
        ] {
            assert_eq!(Depth::detect(variables(environment)), depth, "{environment}");
        }
    }

    #[test]
    fn the_environment_says_which_glyphs_there_are() {
        for (environment, glyphs) in [
            ("LANG=de_DE.UTF-8", Glyphs::Unicode),
            ("LC_ALL=C LANG=de_DE.UTF-8", Glyphs::Ascii),
            ("LC_ALL= LANG=C.utf8", Glyphs::Unicode),
            ("TERM=linux LANG=C.UTF-8", Glyphs::Basic),
            ("TERM=dumb LANG=C.UTF-8", Glyphs::Ascii),
            ("", Glyphs::Unicode),
        ] {
            assert_eq!(Glyphs::detect(variables(environment)), glyphs, "{environment}");
        }
    }
}
