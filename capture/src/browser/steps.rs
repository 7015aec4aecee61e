//! What a page's user does, a line each: `click .buy`, `type #name "Ada"`, `wait .done`.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::input::is_key;

/// The steps of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// Its name, for errors.
    pub file: String,
    /// In their order; at least one.
    pub steps: Vec<Step>,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// From 1.
    pub line: usize,
    /// What to do.
    pub action: Action,
}

/// What a user does. Elements are named by CSS selectors; `host >>> button` is a button in the shadow tree or in the
/// frame of the host.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Clicks in the middle of an element.
    Click(String),
    /// Moves the mouse there.
    Hover(String),
    /// Clicks there and writes, key by key.
    Type {
        /// Where.
        selector: String,
        /// What.
        text: String,
    },
    /// Chooses the option with this value or text.
    Select {
        /// Of which list.
        selector: String,
        /// Which.
        option: String,
    },
    /// Presses and releases a key: `Enter`, `Shift+Tab`.
    Press(String),
    /// Waits.
    Wait(Wait),
    /// Scrolls.
    Scroll(Scroll),
    /// Goes to an address, which may be relative to that of the page.
    Navigate(String),
    /// Runs a script in the page, and waits for what it promises.
    Evaluate(String),
}

impl fmt::Display for Action {
    /// As in a file of steps, without what may be secret: what is typed, scripts, what stands behind `?` in addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Click(selector) => write!(f, "click {selector}"),
            Self::Hover(selector) => write!(f, "hover {selector}"),
            Self::Type { selector, .. } => write!(f, "type {selector} \"…\""),
            Self::Select { selector, option } => write!(f, "select {selector} \"{option}\""),
            Self::Press(key) => write!(f, "press {key}"),
            Self::Wait(Wait::For(selector)) => write!(f, "wait {selector}"),
            Self::Wait(Wait::Time(time)) => write!(f, "wait {}ms", time.as_millis()),
            Self::Wait(Wait::Idle) => f.write_str("wait idle"),
            Self::Scroll(Scroll::To(selector)) => write!(f, "scroll {selector}"),
            Self::Scroll(Scroll::Top) => f.write_str("scroll top"),
            Self::Scroll(Scroll::Bottom) => f.write_str("scroll bottom"),
            Self::Scroll(Scroll::By(pixels)) => write!(f, "scroll {pixels} px"),
            Self::Navigate(url) => write!(f, "navigate {}", url.split('?').next().unwrap_or_default()),
            Self::Evaluate(_) => f.write_str("evaluate …"),
        }
    }
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// An element that can be seen.
    For(String),
    /// This long.
    Time(Duration),
    /// That nothing has been requested for half a second.
    Idle,
}

/// Where is scrolled to.
#[derive(Debug, Clone, PartialEq)]
pub enum Scroll {
    /// An element.
    To(String),
    /// The beginning.
    Top,
    /// The end.
    Bottom,
    /// So many CSS pixels down, or up where it is negative, by the wheel of the mouse.
    By(f64),
}

/// A line that is no step.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}:{line}: {problem}")]
pub struct StepsError {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// Nothing in the whole file.
    #[error("there are no steps in it")]
    Empty,
    /// No step begins so.
    #[error("no step is called {0:?}")]
    Verb(String),
    /// Not what has to follow.
    #[error("{verb} needs {needs}")]
    Rest {
        /// The step.
        verb: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// No key has this name.
    #[error("no key is called {0:?}")]
    Key(String),
}

impl StepsError {
    /// What to do next.
    pub fn help(&self) -> String {
        match &self.problem {
            Problem::Empty => format!("write a step on each line, such as {}", VERBS[0].shape),
            Problem::Verb(word) => match nearest(word) {
                Some(verb) => format!("did you mean {}? there are {}", verb.shape, names()),
                None => format!("there are {}", names()),
            },
            Problem::Rest { verb, .. } => {
                let shapes = VERBS.iter().filter(|it| it.name == *verb).map(|it| it.shape);
                format!("write {}", shapes.collect::<String>())
            }
            Problem::Key(_) => "use the names of KeyboardEvent.key: a, Enter, ArrowDown, Shift+Tab".to_owned(),
        }
    }
}

/// A kind of step.
struct Verb {
    name: &'static str,
    shape: &'static str,
    read: fn(&str) -> Option<Action>,
    needs: &'static str,
}

const VERBS: &[Verb] = &[
    Verb { name: "click", shape: "click SELECTOR", read: |rest| some(rest).map(Action::Click), needs: "a selector" },
    Verb {
        name: "type",
        shape: "type SELECTOR \"text\"",
        read: |rest| quoted(rest).map(|(selector, text)| Action::Type { selector, text }),
        needs: "a selector, then a text in double quotes",
    },
    Verb { name: "press", shape: "press KEY", read: |rest| some(rest).map(Action::Press), needs: "the name of a key" },
    Verb {
        name: "wait",
        shape: "wait SELECTOR, wait 500ms, wait 2s or wait idle",
        read: |rest| some(rest).map(|rest| Action::Wait(wait(rest))),
        needs: "a selector, a time, or idle",
    },
    Verb {
        name: "scroll",
        shape: "scroll SELECTOR, scroll top, scroll bottom or scroll 300px",
        read: |rest| some(rest).map(|rest| Action::Scroll(scroll(rest))),
        needs: "a selector, top, bottom, or a number of px",
    },
    Verb {
        name: "navigate",
        shape: "navigate URL",
        read: |rest| some(rest).map(Action::Navigate),
        needs: "an address",
    },
    Verb {
        name: "evaluate",
        shape: "evaluate JAVASCRIPT",
        read: |rest| some(rest).map(Action::Evaluate),
        needs: "a script",
    },
    Verb { name: "hover", shape: "hover SELECTOR", read: |rest| some(rest).map(Action::Hover), needs: "a selector" },
    Verb {
        name: "select",
        shape: "select SELECTOR \"option\"",
        read: |rest| quoted(rest).map(|(selector, option)| Action::Select { selector, option }),
        needs: "a selector, then an option in double quotes",
    },
];

impl Steps {
    /// Reads the text of a file: a step a line; empty lines, and those that begin with `#`, are passed over.
    pub fn read(file: &str, text: &str) -> Result<Self, StepsError> {
        let error = |line, problem| StepsError { file: file.to_owned(), line, problem };
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).zip(1..);
        let lines = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
        let steps = lines.map(|(text, line)| match action(text) {
            Ok(action) => Ok(Step { line, action }),
            Err(problem) => Err(error(line, problem)),
        });
        let steps: Vec<Step> = steps.collect::<Result<_, _>>()?;
        if steps.is_empty() { Err(error(1, Problem::Empty)) } else { Ok(Self { file: file.to_owned(), steps }) }
    }
}

fn action(line: &str) -> Result<Action, Problem> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let verb = VERBS.iter().find(|verb| verb.name == word).ok_or_else(|| Problem::Verb(word.to_owned()))?;
    let action = (verb.read)(rest.trim()).ok_or(Problem::Rest { verb: verb.name, needs: verb.needs })?;
    match action {
        Action::Press(key) if !is_key(&key) => Err(Problem::Key(key)),
        action => Ok(action),
    }
}

fn some(rest: &str) -> Option<String> {
    (!rest.is_empty()).then(|| rest.to_owned())
}

/// A selector and what stands in quotes after it. A selector may have quotes of its own: `[name="q"] "text"`.
fn quoted(rest: &str) -> Option<(String, String)> {
    let within = rest.strip_suffix('"')?;
    let mut starts = within.match_indices('"').map(|(at, _)| at).filter(|&at| !is_escaped(within, at));
    let start = starts.next_back().filter(|_| !is_escaped(rest, within.len()))?;
    let (selector, text) = (&within[..start], &within[start + 1..]);
    let is_apart = selector.ends_with(char::is_whitespace) && !selector.trim().is_empty();
    is_apart.then(|| (selector.trim().to_owned(), unescape(text)))
}

fn is_escaped(text: &str, at: usize) -> bool {
    text[..at].bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(other) => other,
                None => '\\',
            },
            (other, false) => other,
        });
    }
    plain
}

fn wait(rest: String) -> Wait {
    match (&*rest, time(&rest)) {
        ("idle", _) => Wait::Idle,
        (_, Some(time)) => Wait::Time(time),
        _ => Wait::For(rest),
    }
}

/// `500ms`, `2s`, `1.5 s`; no selector begins with a digit.
fn time(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| c != '.' && !c.is_ascii_digit())?);
    let seconds = match unit.trim() {
        "ms" => number.parse::<f64>().ok()? / 1e3,
        "s" => number.parse().ok()?,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

fn scroll(rest: String) -> Scroll {
    let pixels = rest.strip_suffix("px").and_then(|number| number.trim().parse::<f64>().ok());
    match (&*rest, pixels.filter(|pixels| pixels.is_finite())) {
        ("top", _) => Scroll::Top,
        ("bottom", _) => Scroll::Bottom,
        (_, Some(pixels)) => Scroll::By(pixels),
        _ => Scroll::To(rest),
    }
}

fn nearest(word: &str) -> Option<&'static Verb> {
    let distance = |verb: &&Verb| strsim::damerau_levenshtein(&word.to_lowercase(), verb.name);
    VERBS.iter().min_by_key(distance).filter(|verb| distance(verb) <= 2)
}

fn names() -> String {
    VERBS.iter().map(|verb| verb.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(text: &str) -> Vec<Action> {
        Steps::read("steps", text).unwrap().steps.into_iter().map(|step| step.action).collect()
    }

    #[track_caller]
    fn refused(text: &str) -> String {
        let error = Steps::read("steps", text).unwrap_err();
        format!("{error}; {}", error.help())
    }

    #[test]
    fn every_step_is_read_with_its_line() {
        let text = "\u{feff}# buy\n\n  click .buy > a\ntype #name \"Ada\"\npress Shift+Tab\nhover a\nselect #s \"two\"\n\
                    navigate /next?a=1#b\nevaluate go('a b')";
        let steps = Steps::read("steps", text).unwrap().steps;
        let lines: Vec<usize> = steps.iter().map(|step| step.line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9]);
        let [name, two] = ["Ada", "two"].map(str::to_owned);
        let actions = [
            Action::Click(".buy > a".to_owned()),
            Action::Type { selector: "#name".to_owned(), text: name },
            Action::Press("Shift+Tab".to_owned()),
            Action::Hover("a".to_owned()),
            Action::Select { selector: "#s".to_owned(), option: two },
            Action::Navigate("/next?a=1#b".to_owned()),
            Action::Evaluate("go('a b')".to_owned()),
        ];
        assert_eq!(steps.into_iter().map(|step| step.action).collect::<Vec<_>>(), actions);
    }

    #[test]
    fn a_text_is_the_last_that_stands_in_quotes() {
        let typed = |rest: &str| quoted(rest).map(|(selector, text)| format!("{selector} | {text}"));
        assert_eq!(typed(r#"input[name="q"] "two words""#).as_deref(), Some(r#"input[name="q"] | two words"#));
        assert_eq!(typed(r#"#a "say \"hi\"\\""#).as_deref(), Some(r#"#a | say "hi"\"#));
        assert_eq!(typed(r#"#a "line\nline""#).as_deref(), Some("#a | line\nline"));
        assert_eq!(typed(r#"#a """#).as_deref(), Some("#a | "));
        let wrong = ["#a text", "\"text\"", "#a \"text", "#a text\"", r#"#a "text\""#, "\"", ""];
        assert_eq!(wrong.map(typed), [const { None::<String> }; 7]);
    }

    #[test]
    fn waits_and_scrolls_are_told_from_selectors() {
        let milliseconds = |number| Action::Wait(Wait::Time(Duration::from_millis(number)));
        assert_eq!(read("wait 500ms\nwait 1.5 s"), [milliseconds(500), milliseconds(1_500)]);
        assert_eq!(read("wait idle"), [Action::Wait(Wait::Idle)]);
        assert_eq!(read("wait .idle"), [Action::Wait(Wait::For(".idle".to_owned()))]);
        let scrolls = [Scroll::Top, Scroll::Bottom, Scroll::By(300.0), Scroll::By(-20.5), Scroll::To("#px".to_owned())];
        let read = read("scroll top\nscroll bottom\nscroll 300px\nscroll -20.5 px\nscroll #px");
        assert_eq!(read, scrolls.map(Action::Scroll));
    }

    #[test]
    fn what_is_no_step_is_said_with_its_line_and_what_there_is() {
        let names = "click, type, press, wait, scroll, navigate, evaluate, hover, select";
        let said = format!("steps:2: no step is called \"clik\"; did you mean click SELECTOR? there are {names}");
        assert_eq!(refused("wait idle\nclik .a"), said);
        assert_eq!(refused("fly away"), format!("steps:1: no step is called \"fly\"; there are {names}"));
        assert_eq!(refused("click"), "steps:1: click needs a selector; write click SELECTOR");
        assert_eq!(
            refused("type #a text"),
            "steps:1: type needs a selector, then a text in double quotes; write type SELECTOR \"text\""
        );
        assert!(refused("press Entre").starts_with("steps:1: no key is called \"Entre\"; use the names of"));
        assert_eq!(
            refused("# nothing\n"),
            "steps:1: there are no steps in it; write a step on each line, such as click SELECTOR"
        );
    }
}
