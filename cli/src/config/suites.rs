//! What the gate checks, as the configuration names it: suites of statements, of saved plans, of pages.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Origin;
use super::read::{BadKey, Raw, dotted};
use crate::duration;

/// A key of a suite or of a page.
#[derive(Debug)]
pub(super) struct SuiteKey {
    pub(super) name: &'static str,
    pub(super) kind: SuiteKind,
    /// What it takes, with an example.
    pub(super) takes: &'static str,
}

/// What a key of a suite takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SuiteKind {
    /// A text that is not empty.
    Text,
    Texts,
    Duration,
    /// A whole number from 1 to [`MOST`].
    Count,
}

/// How often steps may be repeated.
pub(super) const MOST: f64 = 1_000.0;

const fn key(name: &'static str, kind: SuiteKind, takes: &'static str) -> SuiteKey {
    SuiteKey { name, kind, takes }
}

/// The keys of a suite.
pub(super) const OF_SUITE: [SuiteKey; 6] = [
    key("sql", SuiteKind::Texts, "a list of files of statements: [\"queries/*.sql\"]"),
    key("plans", SuiteKind::Texts, "a list of saved plans: [\"plans/*.json\"]"),
    key("serve", SuiteKind::Text, "a command that serves the pages: \"npm run preview\""),
    key("wait", SuiteKind::Text, "the port or address that answers when it does: \"http://127.0.0.1:4173/\""),
    key("timeout", SuiteKind::Duration, "a time from \"1ms\" to \"24h\""),
    key("browser", SuiteKind::Text, "the program of Chromium or Chrome"),
];

/// The keys of a page.
pub(super) const OF_PAGE: [SuiteKey; 4] = [
    key("url", SuiteKind::Text, "the page's address, or its path behind `wait`: \"/orders\""),
    key("steps", SuiteKind::Text, "a file of steps: \"steps/orders.steps\""),
    key("repeat", SuiteKind::Count, "how often the steps are repeated, a number"),
    key("passes", SuiteKind::Texts, "a list of passes: [\"counts\", \"census\"]"),
];

/// How long a page, or what serves it, may take where nothing is said.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Targets that belong together.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Suite {
    pub(crate) name: String,
    /// Patterns of files of statements, from the folder of the configuration.
    pub(crate) sql: Vec<String>,
    /// Patterns of saved plans.
    pub(crate) plans: Vec<String>,
    /// The command that serves the pages, run by a shell in the folder of the configuration.
    pub(crate) serve: Option<String>,
    /// The port or address that answers when it does.
    pub(crate) wait: Option<String>,
    pub(crate) timeout: Duration,
    pub(crate) browser: Option<String>,
    pub(crate) pages: Vec<PageTarget>,
}

/// A page to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PageTarget {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) steps: Option<String>,
    pub(crate) repeat: u32,
    /// Names of passes; those of the gate where it is empty.
    pub(crate) passes: Vec<String>,
}

/// What was said of suites, in the order of their names.
#[derive(Debug, Default)]
pub(super) struct Suites {
    said: BTreeMap<Vec<String>, (Raw, Origin)>,
}

impl Suites {
    /// Whether a key is of a suite.
    pub(super) fn is_one(path: &[String]) -> bool {
        path.first().is_some_and(|first| first == "suite")
    }

    /// Whether a path is one of a suite, of a page, or of the table of either.
    pub(super) fn is_table(path: &[String]) -> bool {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        matches!(path.as_slice(), ["suite"] | ["suite", _] | ["suite", _, "page"] | ["suite", _, "page", _])
    }

    /// Takes a key, if suites have it and it takes that value.
    pub(super) fn assign(&mut self, path: &[String], value: &Raw, origin: Origin) -> Result<(), BadKey> {
        let (keys, prefix): (&[SuiteKey], &[String]) = match path {
            [_, _, _] => (&OF_SUITE, &path[..2]),
            [_, _, page, _, _] if page == "page" => (&OF_PAGE, &path[..4]),
            _ => {
                return Err(BadKey::unknown_among(
                    path,
                    ["suite.NAME.sql", "suite.NAME.page.NAME.url"].map(str::to_owned),
                ));
            }
        };
        let name = path.last().map_or("", String::as_str);
        let Some(key) = keys.iter().find(|key| key.name == name) else {
            let known = keys.iter().map(|key| format!("{}.{}", dotted(prefix), key.name));
            return Err(BadKey::unknown_among(path, known));
        };
        if !key.kind.takes(value) {
            return Err(BadKey::value(path, format!("expected {}, found {value}", key.takes)));
        }
        self.said.insert(path.to_vec(), (value.clone(), origin));
        Ok(())
    }

    /// Every key that was said, with its value as TOML.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&[String], &Raw, &Origin)> {
        self.said.iter().map(|(path, (value, origin))| (path.as_slice(), value, origin))
    }

    /// The suites in the order of their names.
    pub(super) fn suites(&self) -> Vec<Suite> {
        let mut suites: BTreeMap<&str, Suite> = BTreeMap::new();
        for (path, (value, _)) in &self.said {
            let name = path.get(1).map_or("", String::as_str);
            let fresh = || Suite { name: name.to_owned(), timeout: TIMEOUT, ..Suite::default() };
            let suite = suites.entry(name).or_insert_with(fresh);
            match path.as_slice() {
                [_, _, key] => suite.set(key, value),
                [_, _, _, page, key] => suite.page(page).set(key, value),
                _ => {}
            }
        }
        suites.into_values().collect()
    }
}

impl SuiteKind {
    fn takes(self, value: &Raw) -> bool {
        match (self, value) {
            (Self::Texts, Raw::List(_)) => true,
            (Self::Duration, Raw::Text(text)) => duration::parse(text).is_ok(),
            (Self::Text, Raw::Text(text)) => !text.is_empty(),
            (Self::Count, Raw::Number(number)) => number.fract() == 0.0 && (1.0..=MOST).contains(number),
            _ => false,
        }
    }
}

impl Suite {
    fn set(&mut self, key: &str, value: &Raw) {
        match (key, value) {
            ("sql", Raw::List(patterns)) => self.sql.clone_from(patterns),
            ("plans", Raw::List(patterns)) => self.plans.clone_from(patterns),
            ("serve", Raw::Text(command)) => self.serve = Some(command.clone()),
            ("wait", Raw::Text(address)) => self.wait = Some(address.clone()),
            ("browser", Raw::Text(path)) => self.browser = Some(path.clone()),
            ("timeout", Raw::Text(text)) => self.timeout = duration::parse(text).unwrap_or(TIMEOUT),
            _ => {}
        }
    }

    fn page(&mut self, name: &str) -> &mut PageTarget {
        let place = self.pages.iter().position(|page| page.name == name).unwrap_or_else(|| {
            self.pages.push(PageTarget { name: name.to_owned(), repeat: 1, ..PageTarget::default() });
            self.pages.len() - 1
        });
        &mut self.pages[place]
    }
}

impl PageTarget {
    fn set(&mut self, key: &str, value: &Raw) {
        match (key, value) {
            ("url", Raw::Text(url)) => self.url.clone_from(url),
            ("steps", Raw::Text(file)) => self.steps = Some(file.clone()),
            ("passes", Raw::List(passes)) => self.passes.clone_from(passes),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked when it was taken")]
            ("repeat", Raw::Number(number)) => self.repeat = *number as u32,
            _ => {}
        }
    }
}
