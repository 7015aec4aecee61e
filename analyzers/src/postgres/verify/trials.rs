//! What a server said when advice was tried, as captures keep it.

use serde::{Deserialize, Serialize};

use super::IndexDefinition;

/// Everything that was tried for a statement.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Trials {
    /// Indexes; none where nothing asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexes: Option<IndexTrials>,
    /// Indexes that were built to measure them, in copies of a scratch server's database.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub built: Vec<Built>,
    /// More memory, in the order of the advice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memory: Vec<Trial>,
    /// Other statistics, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statistics: Vec<Trial>,
}

/// A setting or a change that the statement was planned or run with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The SQL as it is advised.
    pub sql: String,
    /// What came of it.
    pub answer: Explained,
}

/// What a server said then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Explained {
    /// EXPLAIN's output, untouched.
    Explain(String),
    /// It was not tried.
    Untried(Untried),
}

/// An index that was built, and the statement run without and with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Built {
    /// The index; in the plan it is called [`Built::NAME`].
    pub index: IndexDefinition,
    /// Its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
    /// EXPLAIN's output without it.
    pub before: String,
    /// EXPLAIN's output with it.
    pub after: String,
    /// Milliseconds without and with it, of runs in turns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<[f64; 2]>,
}

impl Built {
    /// What an index is called that is built to try it.
    pub const NAME: &str = "perf_look_index";
}

/// How indexes were tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexTrials {
    /// Not at all.
    Untried(Untried),
    /// By HypoPG: the planner was told of an index that nobody built.
    Hypothetical(Series),
    /// Each was built in a transaction that was rolled back.
    RolledBack(Series),
}

/// Why something was not tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untried {
    /// Lower case, no full stop.
    pub why: String,
    /// What to do, where something can be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Untried {
    /// With what to do about it.
    pub fn new(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { why: why.into(), help: Some(help.into()) }
    }

    /// Where nothing can be done.
    pub fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), help: None }
    }
}

impl IndexTrials {
    /// The same, made elsewhere than on the user's server.
    #[must_use]
    pub fn on(mut self, place: Place) -> Self {
        if let Self::Hypothetical(series) | Self::RolledBack(series) = &mut self {
            series.place = place;
        }
        self
    }
}

/// Whose server something was tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The user's, which the statement was run on.
    #[default]
    Server,
    /// One of our own.
    Scratch,
}

/// Plans of one statement on one server, with one more index each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Where.
    #[serde(default)]
    pub place: Place,
    /// EXPLAIN's output without any of the indexes.
    pub before: String,
    /// In the order that they were tried.
    pub trials: Vec<IndexTrial>,
}

/// An index and what the server said with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexTrial {
    /// The index.
    pub index: IndexDefinition,
    /// What came of it.
    pub answer: Answer,
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It planned the statement with it.
    Planned {
        /// What the index is called in the plan.
        name: String,
        /// Its size: predicted of a hypothetical one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<i64>,
        /// EXPLAIN's output, untouched.
        explain: String,
    },
    /// It does not make such an index.
    Refused {
        /// The server's words.
        why: String,
    },
}
