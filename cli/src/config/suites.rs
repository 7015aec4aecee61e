//! What the gate checks, as the configuration names it: suites of statements, of saved plans, of pages.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Origin;
use super::read::{BadKey, Raw, dotted};
use crate::duration;

/// The keys of a suite, each with what it takes.
const OF_SUITE: [(&str, &str); 6] = [
    ("sql", "a list of files of statements: [\"queries/*.sql\"]"),
    ("plans", "a list of saved plans: [\"plans/*.json\"]"),
    ("serve", "a command that serves the pages: \"npm run preview\""),
    ("wait", "the port or address that answers when it does: \"http://127.0.0.1:4173/\""),
    ("timeout", "a time from \"1ms\" to \"24h\""),
    ("browser", "the program of Chromium or Chrome"),
];

/// The keys of a page, each with what it takes.
const OF_PAGE: [(&str, &str); 4] = [
    ("url", "the page's address, or its path behind `wait`: \"/orders\""),
    ("steps", "a file of steps: \"steps/orders.steps\""),
    ("repeat", "how often the steps are repeated, a number"),
    ("passes", "a list of passes: [\"counts\", \"census\"]"),
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

    /// Takes a key, if suites have it and it takes that value.
    pub(super) fn assign(&mut self, path: &[String], value: &Raw, origin: Origin) -> Result<(), BadKey> {
        let (keys, prefix): (&[(&str, &str)], &[String]) = match path {
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
        let Some((key, takes)) = keys.iter().find(|(key, _)| *key == name) else {
            let known = keys.iter().map(|(key, _)| format!("{}.{key}", dotted(prefix)));
            return Err(BadKey::unknown_among(path, known));
        };
        if !fits(key, value) {
            return Err(BadKey::value(path, format!("expected {takes}, found {value}")));
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

fn fits(key: &str, value: &Raw) -> bool {
    match (key, value) {
        ("sql" | "plans" | "passes", Raw::List(_)) => true,
        ("timeout", Raw::Text(text)) => duration::parse(text).is_ok(),
        ("serve" | "wait" | "browser" | "url" | "steps", Raw::Text(text)) => !text.is_empty(),
        ("repeat", Raw::Number(number)) => number.fract() == 0.0 && (1.0..=1_000.0).contains(number),
        _ => false,
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
