//! What a rule says, and where, and on what grounds.

use std::fmt;

use crate::postgres::NodeId;
use crate::quantity::{Ms, Quantity};
use crate::rule::RuleId;
use crate::verification::Verification;
use crate::web::place::Site;

/// How bad it is. A finding's severity follows from what is at stake, see [`crate::report::Policy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Worth stopping for.
    Error,
}

impl Severity {
    /// The word of reports and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the milliseconds at stake are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Nothing but a pattern speaks for it.
    Guess,
    /// From the planner's costs, since nothing was timed, or from averages over processes.
    Estimated,
    /// From the times of this run.
    Measured,
}

impl Confidence {
    /// The word of reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guess => "guess",
            Self::Estimated => "estimated",
            Self::Measured => "measured",
        }
    }
}

/// A judged problem in a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: RuleId,
    /// From what is at stake.
    pub severity: Severity,
    /// Where.
    pub location: Location,
    /// Stands alone; lower case, no full stop.
    pub headline: String,
    /// The time at stake; none where the plan is not timed.
    pub impact: Option<Ms>,
    /// What is at stake as a part of the whole, 0 to 1: of the time, or of the cost where nothing was timed.
    pub share: Option<f64>,
    /// What is at stake as a part of the whole workload, 0 to 1, where the report is of one.
    pub workload_share: Option<f64>,
    /// How `impact` and `share` are known.
    pub confidence: Confidence,
    /// The numbers, most telling first.
    pub evidence: Vec<Evidence>,
    /// What to do, best first.
    pub advice: Vec<Advice>,
    /// Other rules that found the same cause, folded into this finding.
    pub also: Vec<RuleId>,
    /// The same in the next run although node numbers change: a hash of rule, subject and path.
    pub fingerprint: String,
}

/// One of the things that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The index of a plan in [`crate::report::Report::subjects`].
    Plan(usize),
    /// The index of a page in [`crate::report::Report::pages`].
    Page(usize),
}

/// A place in a plan or a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a plan.
    Plan {
        /// The index in [`crate::report::Report::subjects`].
        subject: usize,
        /// The node; none where the whole statement is meant.
        node: Option<NodeId>,
        /// The labels from the root to the node, joined with ` > `.
        path: String,
    },
    /// In a page.
    Page {
        /// The index in [`crate::report::Report::pages`].
        page: usize,
        /// The code or the rule; none where the whole page is meant.
        site: Option<Site>,
        /// The place in words: `src/Row.jsx:20:14 BadRow`, `the whole page`.
        path: String,
    },
}

impl Location {
    /// The plan or page that it is in.
    pub fn of(&self) -> Of {
        match self {
            Self::Plan { subject, .. } => Of::Plan(*subject),
            Self::Page { page, .. } => Of::Page(*page),
        }
    }

    /// The index of the plan that it is in.
    pub fn subject(&self) -> Option<usize> {
        match self {
            Self::Plan { subject, .. } => Some(*subject),
            Self::Page { .. } => None,
        }
    }

    /// Whether it is in this plan.
    pub fn is_in(&self, plan: usize) -> bool {
        self.subject() == Some(plan)
    }

    /// The node of a plan.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Self::Plan { node, .. } => *node,
            Self::Page { .. } => None,
        }
    }

    /// The code or rule of a page.
    pub fn site(&self) -> Option<&Site> {
        match self {
            Self::Plan { .. } => None,
            Self::Page { site, .. } => site.as_ref(),
        }
    }

    /// The place in words.
    pub fn path(&self) -> &str {
        match self {
            Self::Plan { path, .. } | Self::Page { path, .. } => path,
        }
    }
}

/// A number that speaks for a finding, with the limit that it broke.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What was measured: `rows thrown away`.
    pub what: &'static str,
    /// What it was.
    pub observed: Quantity,
    /// The threshold, where there is one.
    pub limit: Option<Quantity>,
}

impl Evidence {
    /// A number that only explains.
    pub fn of(what: &'static str, observed: Quantity) -> Self {
        Self { what, observed, limit: None }
    }

    /// A number that broke a limit.
    pub fn against(what: &'static str, observed: Quantity, limit: Quantity) -> Self {
        Self { what, observed, limit: Some(limit) }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.observed)?;
        match self.limit {
            Some(limit) => write!(f, " (limit {limit})"),
            None => Ok(()),
        }
    }
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// A sentence without a full stop.
    pub text: String,
    /// SQL to run, where that is what to do.
    pub sql: Option<String>,
    /// What is known of it from trying it.
    pub verified: Verification,
}

impl Advice {
    /// Advice in words.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), sql: None, verified: Verification::NotAsked }
    }

    /// Advice with SQL to run.
    pub fn sql(text: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { sql: Some(sql.into()), ..Self::text(text) }
    }

    /// What is known of it from trying it, in words.
    pub fn verification(&self) -> Option<String> {
        (self.verified != Verification::NotAsked).then(|| self.verified.to_string())
    }
}

/// What a line of a finding is, for a renderer that colours it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `warn[db/…]: headline`.
    Headline,
    /// Where in the plan.
    Place,
    /// What is at stake, and the other rules that saw it.
    Stake,
    /// A number.
    Evidence,
    /// What to do.
    Advice,
    /// SQL to run.
    Sql,
    /// What is known of the advice from trying it.
    Verified,
}

impl Finding {
    /// The finding in words, line by line: the one wording that all texts share. Not yet safe for a terminal.
    pub fn lines(&self) -> Vec<(Part, String)> {
        let mut lines = vec![
            (Part::Headline, format!("{}[{}]: {}", self.severity, self.rule, self.headline)),
            (Part::Place, format!("at {}", self.place())),
        ];
        lines.extend(self.stake().map(|stake| (Part::Stake, stake)));
        lines.extend(self.evidence.iter().map(|evidence| (Part::Evidence, evidence.to_string())));
        for advice in &self.advice {
            lines.push((Part::Advice, format!("help: {}", advice.text)));
            lines.extend(advice.sql.iter().flat_map(|sql| sql.lines()).map(|line| (Part::Sql, line.to_owned())));
            lines.extend(advice.verification().map(|words| (Part::Verified, words)));
        }
        lines
    }

    fn place(&self) -> String {
        match self.location.node() {
            Some(node) => format!("#{} {}", node.number(), self.location.path()),
            None => self.location.path().to_owned(),
        }
    }

    /// Of a page most problems are numbers of things, which no time belongs to.
    fn stake(&self) -> Option<String> {
        if self.impact.is_none() && matches!(self.location, Location::Page { .. }) {
            return None;
        }
        let share = self.share.map(|share| Quantity::Share(share).to_string());
        let mut stake = match (self.impact, share) {
            (Some(Ms(0.0)), _) => format!("at stake: no time, {}", self.confidence.as_str()),
            (Some(ms), Some(share)) => format!("at stake: {ms}, {share} of the time, {}", self.confidence.as_str()),
            (Some(ms), None) => format!("at stake: {ms}, {}", self.confidence.as_str()),
            (None, Some(share)) => format!("at stake: {share} of the cost, not timed"),
            (None, None) => "at stake: could not tell".to_owned(),
        };
        if let Some(share) = self.workload_share {
            stake = format!("{stake}; {} of the whole workload", Quantity::Share(share));
        }
        if !self.also.is_empty() {
            let also: Vec<&str> = self.also.iter().map(|rule| rule.0).collect();
            stake = format!("{stake}; same cause: {}", also.join(", "));
        }
        Some(stake)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (part, line) in self.lines() {
            let indent = match part {
                Part::Headline => "",
                Part::Sql => "    ",
                _ => "  ",
            };
            writeln!(f, "{indent}{}", crate::safe::line(&line))?;
        }
        Ok(())
    }
}
