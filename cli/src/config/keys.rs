//! The keys that a configuration may hold: a few of our own, and those that the rules declare.

use std::time::Duration;

use perf_look_analyzers::Severity;
use perf_look_analyzers::gate::limits::{Limit, PAGE, PAGE_BYTES, PAGE_LAYOUTS, PAGE_WORK, STATEMENT};
use perf_look_analyzers::report::{Level, Policy};
use perf_look_analyzers::rule::rules;

use super::read::Raw;
use crate::args::FailOn;
use crate::duration;

/// How long a statement may take where nothing is said.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// A key with what it means.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// `["rules", "db/…", "min_rows"]`.
    pub(super) path: Vec<String>,
    pub(super) kind: Kind,
    pub(super) default: Setting,
    /// What it decides, and why the default is what it is; no full stop.
    pub(super) about: String,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Level,
    FailOn,
    /// 0 to 1.
    Share,
    /// 0 and up, of that unit.
    Amount(&'static str),
    Duration,
    /// Any text; an empty one is none.
    Text,
    /// A list of texts.
    Texts,
}

/// The value of a key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    /// None: by what is at stake.
    Level(Option<Level>),
    FailOn(FailOn),
    Number(f64),
    Duration(Duration),
    Text(String),
    Texts(Vec<String>),
}

/// The limits of the gate that can be changed.
pub(super) fn limits() -> impl Iterator<Item = Limit> {
    STATEMENT.into_iter().chain([PAGE, PAGE_BYTES, PAGE_WORK, PAGE_LAYOUTS])
}

/// All keys, in the order in which they are shown.
pub(super) fn known() -> Vec<Key> {
    let policy = Policy::default();
    let mut keys = vec![
        key(&["fail_on"], Kind::FailOn, Setting::FailOn(FailOn::Error))
            .about("from which severity on the exit code of a report is 1"),
        key(&["db", "timeout"], Kind::Duration, Setting::Duration(TIMEOUT))
            .about("how long a statement may take before it is stopped"),
        key(&["severity", "error_share"], Kind::Share, Setting::Number(policy.error_share))
            .about("a finding with this share of the time at stake is an error"),
        key(&["severity", "error_ms"], Kind::Amount("ms"), Setting::Number(policy.error_ms.0))
            .about("and only where that is so many milliseconds"),
        key(&["severity", "warn_share"], Kind::Share, Setting::Number(policy.warn_share))
            .about("a finding with this share of the time at stake is a warning"),
        key(&["severity", "warn_ms"], Kind::Amount("ms"), Setting::Number(policy.warn_ms.0))
            .about("and only where that is so many milliseconds"),
    ];
    keys.extend(of_gate());
    for rule in rules() {
        let about = "auto judges by what is at stake; off, info, warn and error fix it";
        keys.push(key(&["rules", rule.id.0, "level"], Kind::Level, Setting::Level(None)).about(about));
        for threshold in rule.thresholds {
            let kind = if threshold.unit == "share" { Kind::Share } else { Kind::Amount(threshold.unit) };
            let path = ["rules", rule.id.0, threshold.name];
            keys.push(key(&path, kind, Setting::Number(threshold.default)).about(threshold.reason));
        }
    }
    keys
}

/// The keys of the gate.
pub(super) fn of_gate() -> Vec<Key> {
    let text = |path: &[&str], built_in: &str| key(path, Kind::Text, Setting::Text(built_in.to_owned()));
    let server = |name, built_in| text(&["gate", "server", name], built_in);
    let mut keys = vec![
        text(&["gate", "baseline"], ".perf-look/baseline")
            .about("the folder of what was accepted, one file a target; it belongs into version control"),
        text(&["gate", "waivers"], ".perf-look/waivers.toml")
            .about("the file of exceptions, each with a reason, an owner and a day on which it ends"),
        server("url", "").about(
            "a server to run statements on, or env:NAME for a variable that holds it, since a password does not belong \
             here; where it is empty, a throw-away server is started",
        ),
        key(&["gate", "server", "setup"], Kind::Texts, Setting::Texts(Vec::new()))
            .about("files of SQL that make schema and rows on the throw-away server, in their order"),
        server("work_mem", "4MB")
            .about("fixed, so that a sort spills on every machine or on none; the server's default"),
        server("random_page_cost", "1.1")
            .about("fixed, so that plans are the same everywhere; that of a disk without arms"),
        server("effective_cache_size", "4GB")
            .about("fixed, so that plans do not depend on the memory of a machine; the server's default"),
        server("plan_cache_mode", "auto").about("auto, force_custom_plan or force_generic_plan, as in Postgres"),
    ];
    for limit in limits() {
        let path = |name| ["gate", "limits", limit.key, name];
        let about = format!("{}: worse is more by this part of it", summary(&limit));
        keys.push(key(&path("relative"), Kind::Amount("parts"), Setting::Number(limit.relative)).about(about));
        let about = "and by more than this number, so that little things that grow do not count";
        keys.push(key(&path("absolute"), Kind::Amount("units"), Setting::Number(limit.absolute)).about(about));
    }
    keys
}

/// What a limit is about; of a page's bytes, which share the words of its counts, in words of their own.
fn summary(limit: &Limit) -> &'static str {
    if limit.key == PAGE_BYTES.key { "what the page loads has more bytes" } else { limit.summary }
}

fn key(path: &[&str], kind: Kind, default: Setting) -> Key {
    let path = path.iter().map(|&name| name.to_owned()).collect();
    Key { path, kind, default, about: String::new() }
}

impl Key {
    fn about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }
}

impl Kind {
    /// The value of that kind, or what was expected and what was found.
    pub(super) fn setting(self, raw: &Raw) -> Result<Setting, String> {
        match (self, raw) {
            (Self::Level, Raw::Text(text)) => level(text),
            (Self::FailOn, Raw::Text(text)) => fail_on(text).map(Setting::FailOn),
            (Self::Duration, Raw::Text(text)) => duration::parse(text).ok().map(Setting::Duration),
            (Self::Share, Raw::Number(number)) if (0.0..=1.0).contains(number) => Some(Setting::Number(*number)),
            (Self::Amount(_), Raw::Number(number)) if number.is_finite() && *number >= 0.0 => {
                Some(Setting::Number(*number))
            }
            (Self::Text, Raw::Text(text)) => Some(Setting::Text(text.clone())),
            (Self::Texts, Raw::List(texts)) => Some(Setting::Texts(texts.clone())),
            _ => None,
        }
        .ok_or_else(|| format!("expected {}, found {raw}", self.expected()))
    }

    fn expected(self) -> String {
        match self {
            Self::Level => "\"off\", \"info\", \"warn\", \"error\" or \"auto\"".to_owned(),
            Self::FailOn => "\"error\", \"warn\" or \"never\"".to_owned(),
            Self::Share => "a share from 0 to 1".to_owned(),
            Self::Amount(unit) => format!("a number of {unit} from 0 up"),
            Self::Text => "a text".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
            Self::Duration => "a time from \"1ms\" to \"24h\"".to_owned(),
        }
    }
}

fn level(text: &str) -> Option<Setting> {
    Some(Setting::Level(match text {
        "auto" => None,
        "off" => Some(Level::Off),
        "info" => Some(Level::Always(Severity::Info)),
        "warn" => Some(Level::Always(Severity::Warn)),
        "error" => Some(Level::Always(Severity::Error)),
        _ => return None,
    }))
}

fn fail_on(text: &str) -> Option<FailOn> {
    match text {
        "error" => Some(FailOn::Error),
        "warn" => Some(FailOn::Warn),
        "never" => Some(FailOn::Never),
        _ => None,
    }
}
