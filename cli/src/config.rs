//! What was configured: built-in values, then `perf-look.toml`, then `--set`, each with where it is from.

mod keys;
mod read;
mod schema;
mod show;
mod suites;
mod template;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use perf_look_analyzers::gate::Limits;
use perf_look_analyzers::gate::limits::Tolerance;
use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::report::{Level, Policy};
use perf_look_analyzers::rule::rules;

use crate::args::{Common, FailOn};
use crate::failure::Failure;
use keys::{Key, Setting};

pub(crate) use schema::schema;
pub(crate) use show::{level_name, show};
pub(crate) use suites::{PageTarget, Suite};
pub(crate) use template::{Found, template};

/// The names of the file, in the order in which they win.
const NAMES: [&str; 2] = ["perf-look.toml", ".config/perf-look.toml"];

/// Every key with its value, in the order of [`keys::known`].
#[derive(Debug)]
pub(crate) struct Config {
    entries: Vec<Entry>,
    suites: suites::Suites,
    /// The file that was read.
    file: Option<PathBuf>,
}

/// A key, its value and where that is from.
#[derive(Debug)]
struct Entry {
    key: Key,
    value: Setting,
    origin: Origin,
}

/// Where a value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Built in.
    Default,
    /// The file, and the line in it.
    File(PathBuf, usize),
    /// `--set`.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Flag => f.write_str("--set"),
        }
    }
}

impl Config {
    /// Reads what the flags name, or what is found upward from the working directory.
    pub(crate) fn load(common: &Common) -> Result<Self, Failure> {
        let mut config = Self::built_in();
        config.file = match &common.config {
            Some(path) => Some(path.clone()),
            None if common.no_config => None,
            None => find(&std::env::current_dir().context("could not tell the working directory")?),
        };
        if let Some(path) = config.file.clone() {
            config.read_file(&path)?;
        }
        for text in &common.set {
            config.set(text)?;
        }
        Ok(config)
    }

    fn built_in() -> Self {
        let entry = |key: Key| Entry { value: key.default.clone(), origin: Origin::Default, key };
        let entries = keys::known().into_iter().map(entry).collect();
        Self { entries, suites: suites::Suites::default(), file: None }
    }

    fn read_file(&mut self, path: &Path) -> Result<(), Failure> {
        let text = std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()));
        let text =
            text.map_err(|error| Failure::usage(error).help("name a configuration file, or leave --config out"))?;
        let read = read::document(&text).and_then(|found| {
            found.into_iter().try_for_each(|(path_of_key, value, at)| {
                let origin = Origin::File(path.to_owned(), read::line(&text, at));
                self.assign(&path_of_key, &value, origin).map_err(|error| error.at(at))
            })
        });
        read.map_err(|error| error.failure(&path.display().to_string(), Some(&text)))
    }

    fn set(&mut self, text: &str) -> Result<(), Failure> {
        read::assignment(text)
            .and_then(|(path, value)| self.assign(&path, &value, Origin::Flag))
            .map_err(|error| error.failure(&format!("--set {text}"), None))
    }

    fn assign(&mut self, path: &[String], value: &read::Raw, origin: Origin) -> Result<(), read::BadKey> {
        // An empty table says nothing, unless it is one that there is not.
        if *value == read::Raw::Empty && self.is_table(path) {
            return Ok(());
        }
        if suites::Suites::is_one(path) {
            return self.suites.assign(path, value, origin);
        }
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.key.path == path) else {
            return Err(read::BadKey::unknown(path, self.entries.iter().map(|entry| &entry.key)));
        };
        entry.value = entry.key.kind.setting(value).map_err(|why| read::BadKey::value(path, why))?;
        entry.origin = origin;
        Ok(())
    }

    fn is_table(&self, path: &[String]) -> bool {
        let is_above = |key: &Key| key.path.len() > path.len() && key.path.starts_with(path);
        suites::Suites::is_table(path) || self.entries.iter().any(|entry| is_above(&entry.key))
    }

    fn get(&self, path: &[&str]) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.path == path)
    }

    fn number(&self, path: &[&str]) -> Option<f64> {
        match self.get(path)?.value {
            Setting::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The file that was read.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What the rules and the severities go by.
    pub(crate) fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        let gate = |name: &str, default: f64| self.number(&["severity", name]).unwrap_or(default);
        policy.error_share = gate("error_share", policy.error_share);
        policy.error_ms = Ms(gate("error_ms", policy.error_ms.0));
        policy.warn_share = gate("warn_share", policy.warn_share);
        policy.warn_ms = Ms(gate("warn_ms", policy.warn_ms.0));
        for rule in rules() {
            if let Some(Setting::Level(Some(level))) =
                self.get(&["rules", rule.id.0, "level"]).map(|entry| &entry.value)
            {
                policy.set_level(rule.id, *level);
            }
            for threshold in rule.thresholds {
                if let Some(value) = self.number(&["rules", rule.id.0, threshold.name]) {
                    policy.set_limit(rule, threshold.name, value);
                }
            }
        }
        policy
    }

    /// What the gate checks.
    pub(crate) fn suites(&self) -> Vec<Suite> {
        self.suites.suites()
    }

    /// A text of the gate's; none where it is empty.
    pub(crate) fn text(&self, path: &[&str]) -> Option<&str> {
        match &self.get(path)?.value {
            Setting::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A list of texts of the gate's.
    pub(crate) fn texts(&self, path: &[&str]) -> &[String] {
        match self.get(path).map(|entry| &entry.value) {
            Some(Setting::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// The gate's limits.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for limit in keys::limits() {
            let of = |name: &str, built_in: f64| self.number(&["gate", "limits", limit.key, name]).unwrap_or(built_in);
            let relative = of("relative", limit.relative);
            limits.set(limit.key, Tolerance { relative, absolute: of("absolute", limit.absolute) });
        }
        limits
    }

    /// From which severity on the exit code is 1.
    pub(crate) fn fail_on(&self) -> FailOn {
        match self.get(&["fail_on"]).map(|entry| &entry.value) {
            Some(Setting::FailOn(fail_on)) => *fail_on,
            _ => FailOn::Error,
        }
    }

    /// How long a statement may take.
    pub(crate) fn timeout(&self) -> Duration {
        match self.get(&["db", "timeout"]).map(|entry| &entry.value) {
            Some(Setting::Duration(duration)) => *duration,
            _ => keys::TIMEOUT,
        }
    }

    /// A rule's threshold and where its value is from.
    pub(crate) fn threshold(&self, rule: &str, name: &str) -> Option<(f64, &Origin)> {
        let path = ["rules", rule, name];
        Some((self.number(&path)?, &self.get(&path)?.origin))
    }

    /// What the configuration says of a rule's level, if anything.
    pub(crate) fn level(&self, rule: &str) -> Option<Level> {
        match self.get(&["rules", rule, "level"])?.value {
            Setting::Level(level) => level,
            _ => None,
        }
    }
}

/// The file for work in that folder: in it or above, up to the root of the repository.
/// Outside of a repository only the folder itself counts, so that no stranger's file in `/` or `$HOME` decides.
fn find(start: &Path) -> Option<PathBuf> {
    let root = start.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(start);
    let folders = start.ancestors().take_while(|folder| folder.starts_with(root));
    let mut files = folders.flat_map(|folder| NAMES.map(|name| folder.join(name)));
    let found = files.find(|file| file.is_file())?;
    // Shown as people would type it.
    Some(found.strip_prefix(start).map(Path::to_owned).unwrap_or(found))
}
