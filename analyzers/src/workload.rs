//! A workload: which statements a server spends its time on, how often they run, and with which plans.

use crate::digest::digest;
use crate::finding::Finding;
use crate::quantity::Ms;

/// Statements that ran on a server, counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Who counted them.
    pub source: Source,
    /// All that was counted, whether it is listed or not; of calls that were made by others the time counts once.
    pub whole: Tally,
    /// Those that are listed; those that took most come first.
    pub statements: Vec<WorkloadStatement>,
    /// Those that are not; none where all are listed.
    pub others: Option<Others>,
}

/// Who counted.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// What auto_explain and log_min_duration_statement wrote into the server's log.
    Log(LogSource),
    /// The view of the extension, since its counters were reset.
    PgStatStatements {
        /// When they were reset, as the server writes it; none where it does not say.
        since: Option<String>,
    },
}

/// What was read of a log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogSource {
    /// In the order in which they were read.
    pub files: Vec<String>,
    /// Read from them; of compressed ones, what came out.
    pub bytes: u64,
    /// The times of the first and the last statement, as the log writes them; none where it writes none.
    pub span: Option<(String, String)>,
    /// Calls that were logged with their plan.
    pub with_plan: u64,
    /// Calls that were logged with their statement alone.
    pub without_plan: u64,
    /// Times that were logged without a statement, or of a phase of one (parse, bind): not counted.
    pub phases: u64,
    /// Calls that functions made.
    pub nested: u64,
    /// What such calls took that is a part of what their callers took, which were logged too.
    pub inside: Ms,
    /// Entries that could not be read; the report names them, unless they are too many.
    pub rejected: u64,
    /// What was only counted, so that memory does not grow with the log; none where all was kept.
    pub beyond: Option<Beyond>,
}

/// What of a log is beyond the bounds of memory: counted, but neither texts nor plans are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beyond {
    /// The statements; none where all are kept. They are among [`Workload::others`] as well.
    pub statements: Option<Others>,
    /// Whether they are that many, and not at most that many.
    pub is_exact: bool,
    /// Calls of statements that are kept by plans that are not.
    pub plans: Tally,
    /// What the bounds were.
    pub bounds: Bounds,
}

/// How much of a log is kept apart; what is more is only counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Statements: beyond that the half that took least is only counted.
    pub statements: usize,
    /// What texts, plans and percentiles may take in memory, in bytes, before those that took least go.
    pub bytes: usize,
    /// Plans of one statement: beyond that those that took least are only counted.
    pub plans: usize,
    /// Of so many statements that are only counted it is known which calls are whose.
    pub counted: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { statements: 8192, bytes: 40 << 20, plans: 8, counted: 1 << 16 }
    }
}

/// Calls, and what they took together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// How often it ran.
    pub calls: u64,
    /// What that took.
    pub total: Ms,
}

impl Tally {
    /// What a call takes; none where there was none.
    pub fn mean(self) -> Option<Ms> {
        (self.calls > 0).then(|| Ms(self.total.0 / self.calls as f64))
    }

    /// Two of them together.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.total += other.total;
    }
}

/// What calls took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times {
    /// All of them.
    pub tally: Tally,
    /// The slowest one.
    pub max: Ms,
    /// None where each call was not seen.
    pub spread: Option<Spread>,
}

/// How much calls differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Half of the calls take at most this.
    pub p50: Ms,
    /// Nineteen of twenty take at most this.
    pub p95: Ms,
}

/// A statement of a workload, whatever values it ran with.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadStatement {
    /// What it is known by.
    pub id: StatementId,
    /// With `?` or `$1` in place of values.
    pub text: String,
    /// What its calls took.
    pub times: Times,
    /// The same day by day, where the calls were seen with their times.
    pub days: Vec<Day>,
    /// Rows of all calls, where they were counted.
    pub rows: Option<f64>,
    /// Blocks of all calls, where they were counted.
    pub io: Option<Io>,
    /// Its plans as far as they are known; those that took most come first.
    pub plans: Vec<PlanShape>,
    /// Calls by plans that are not among them.
    pub other_plans: Tally,
}

/// What stays the same in the next run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementId {
    /// A digest of the text.
    Text(String),
    /// The number that Postgres gives it: `queryid`, `Query Identifier`.
    Query(i64),
}

impl StatementId {
    /// The id of a text in which `?` stands in place of values.
    pub fn of_text(normalised: &str) -> Self {
        Self::Text(digest([normalised]))
    }
}

impl std::fmt::Display for StatementId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(digest) => f.write_str(digest),
            Self::Query(id) => id.fmt(f),
        }
    }
}

/// What the calls of a statement read and wrote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Io {
    /// Blocks that were not in shared buffers.
    pub read_blocks: u64,
    /// Blocks of temporary files, written and read.
    pub temp_blocks: u64,
    /// What reading and writing took, where `track_io_timing` is on.
    pub time: Option<Ms>,
}

/// A day's calls of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// `2026-11-21`, in the time zone of the log; none of calls whose time is not known.
    pub date: Option<String>,
    /// What they took.
    pub tally: Tally,
    /// The slowest one.
    pub max: Ms,
}

/// Calls of a statement with the same plan, costs and constants aside.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanShape {
    /// A digest of the tree: what is done, on what, in which order.
    pub fingerprint: String,
    /// What its calls took; none where it was only planned.
    pub times: Option<Times>,
    /// The day of its slowest call, `2026-11-21`; none where that is not known.
    pub date: Option<String>,
    /// The index of its slowest call in [`crate::report::Report::subjects`].
    pub subject: usize,
}

/// Statements that are counted and not listed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Others {
    /// How many.
    pub statements: u64,
    /// What their calls took.
    pub tally: Tally,
}

/// A statement that ran with two plans, of which one is slower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flip<'w> {
    /// The plan whose calls take less in the mean.
    pub fast: &'w PlanShape,
    /// The plan whose calls take most in the mean.
    pub slow: &'w PlanShape,
}

impl Flip<'_> {
    /// How many times as long a call takes by the slow plan.
    pub fn factor(&self) -> Option<f64> {
        let (fast, slow) = (self.fast.mean()?, self.slow.mean()?);
        (fast > Ms::ZERO).then(|| slow.0 / fast.0)
    }
}

impl PlanShape {
    /// What a call by this plan takes.
    pub fn mean(&self) -> Option<Ms> {
        self.times?.tally.mean()
    }
}

impl WorkloadStatement {
    /// The fastest and the slowest of its plans, where it ran with several.
    pub fn flip(&self) -> Option<Flip<'_>> {
        let by_mean = |left: &&PlanShape, right: &&PlanShape| left.mean().partial_cmp(&right.mean());
        let order = |left: &&PlanShape, right: &&PlanShape| by_mean(left, right).unwrap_or(std::cmp::Ordering::Equal);
        let ran = || self.plans.iter().filter(|plan| plan.mean().is_some());
        let (fast, slow) = (ran().min_by(order)?, ran().max_by(order)?);
        (fast.fingerprint != slow.fingerprint).then_some(Flip { fast, slow })
    }
}

impl Workload {
    /// A part of the whole, 0 to 1; nothing of a workload that took no time.
    pub fn share(&self, part: Ms) -> f64 {
        if self.whole.total > Ms::ZERO { (part.0 / self.whole.total.0).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The statements that ran with several plans.
    pub fn flips(&self) -> impl Iterator<Item = (&WorkloadStatement, Flip<'_>)> {
        self.statements.iter().filter_map(|statement| Some((statement, statement.flip()?)))
    }

    /// The statement and the plan that a subject of the report is the slowest call of.
    pub fn of_subject(&self, subject: usize) -> Option<(&WorkloadStatement, &PlanShape)> {
        let of = |statement: &'_ WorkloadStatement| statement.plans.iter().position(|plan| plan.subject == subject);
        self.statements.iter().find_map(|statement| Some((statement, statement.plans.get(of(statement)?)?)))
    }

    /// What a finding stands for in the whole workload: its part of its plan, as if of each call by that plan; of the
    /// statement where nobody saw which calls went by it.
    pub(crate) fn share_of_finding(&self, finding: &Finding) -> Option<f64> {
        let (statement, plan) = self.of_subject(finding.location.subject()?)?;
        let times = plan.times.unwrap_or(statement.times);
        Some(finding.share? * self.share(times.tally.total))
    }

    /// Moves its subjects behind others.
    pub(crate) fn behind(mut self, subjects: usize) -> Self {
        for plan in self.statements.iter_mut().flat_map(|statement| &mut statement.plans) {
            plan.subject += subjects;
        }
        self
    }
}
