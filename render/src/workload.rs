//! A workload in words: who counted it, a table of its statements, and statements that changed their plan.

use perf_look_analyzers::Workload;
use perf_look_analyzers::quantity::{Ms, Quantity, grouped};
use perf_look_analyzers::workload::{Beyond, Flip, LogSource, Others, PlanShape, Source, Tally, WorkloadStatement};

use crate::layout::millis;
use crate::words::{count, plural};

/// More statements than this are counted where a person reads; JSON has them all.
pub(crate) const STATEMENTS: usize = 20;

/// A table, in the order in which it is read: numbers, and last the statement.
pub(crate) struct Table {
    /// Of the numbers.
    pub(crate) heads: Vec<&'static str>,
    pub(crate) rows: Vec<Row>,
}

/// A statement in a table.
pub(crate) struct Row {
    /// One a head; `–` for what nobody measured.
    pub(crate) numbers: Vec<String>,
    pub(crate) statement: String,
}

/// A column: what stands above it, and what a statement has in it.
type Column = (&'static str, fn(&Workload, &WorkloadStatement) -> Option<String>);

const COLUMNS: &[Column] = &[
    ("share", |workload, statement| Some(Quantity::Share(workload.share(statement.times.tally.total)).to_string())),
    ("total ms", |_, statement| Some(millis(statement.times.tally.total.0))),
    ("calls", |_, statement| Some(grouped(statement.times.tally.calls as f64))),
    ("mean ms", |_, statement| Some(millis(statement.times.tally.mean()?.0))),
    ("p50 ms", |_, statement| Some(millis(statement.times.spread?.p50.0))),
    ("p95 ms", |_, statement| Some(millis(statement.times.spread?.p95.0))),
    ("max ms", |_, statement| Some(millis(statement.times.max.0))),
    ("rows", |_, statement| Some(grouped(statement.rows?))),
    ("blocks read", |_, statement| Some(grouped(statement.io?.read_blocks as f64))),
    ("temp blocks", |_, statement| Some(grouped(statement.io?.temp_blocks as f64))),
    ("plans", |_, statement| plans(statement)),
];

/// `2`; `8+` where it ran with more than were kept.
fn plans(statement: &WorkloadStatement) -> Option<String> {
    let more = if statement.other_plans.calls > 0 { "+" } else { "" };
    let kept = statement.plans.len();
    (kept > 0 || !more.is_empty()).then(|| format!("{kept}{more}"))
}

/// The statements that are listed, at most [`STATEMENTS`]. A column that nothing is known of is left out.
pub(crate) fn table(workload: &Workload) -> Table {
    let listed = || workload.statements.iter().take(STATEMENTS);
    let known = |column: &&Column| listed().any(|statement| column.1(workload, statement).is_some());
    let columns: Vec<&Column> = COLUMNS.iter().filter(known).collect();
    let cell =
        |column: &Column, listed: &WorkloadStatement| column.1(workload, listed).unwrap_or_else(|| "–".to_owned());
    let row = |statement: &WorkloadStatement| Row {
        numbers: columns.iter().map(|column| cell(column, statement)).collect(),
        statement: one_line(&statement.text),
    };
    Table { heads: columns.iter().map(|(head, _)| *head).collect(), rows: listed().map(row).collect() }
}

/// `and 12 more statements: 3.4 % of the time, 1,204 calls`.
pub(crate) fn rest(workload: &Workload) -> Option<String> {
    let hidden = workload.statements.iter().skip(STATEMENTS);
    let (mut statements, mut tally) = workload.others.map_or((0, Tally::default()), |o| (o.statements, o.tally));
    for statement in hidden {
        statements += 1;
        tally.add(statement.times.tally);
    }
    let share = Quantity::Share(workload.share(tally.total));
    let calls = count(tally.calls, "call");
    (statements > 0).then(|| format!("and {}: {share} of the time, {calls}", count(statements, "more statement")))
}

/// Who counted what, a sentence a line.
pub(crate) fn source(workload: &Workload) -> Vec<String> {
    let tally = workload.whole;
    let statements = workload.statements.len() as u64 + workload.others.map_or(0, |others| others.statements);
    let took = format!("{} of {} took {}", count(tally.calls, "call"), count(statements, "statement"), tally.total);
    match &workload.source {
        Source::Log(log) => std::iter::once(read(log)).chain([took]).chain(counted(log)).collect(),
        Source::PgStatStatements { since } => {
            let since = since.as_ref().map_or(String::new(), |since| format!(", since {since}"));
            vec![format!("counted by pg_stat_statements{since}"), took]
        }
    }
}

fn read(log: &LogSource) -> String {
    let files = match log.files.as_slice() {
        [one] => one.clone(),
        files => plural(files.len(), "log"),
    };
    let span = log.span.as_ref().map_or(String::new(), |(first, last)| format!(", {first} to {last}"));
    format!("read {files}, {}{span}", Quantity::Bytes(log.bytes as f64))
}

/// What was logged without a plan, what was left out, what could not be read.
fn counted(log: &LogSource) -> Vec<String> {
    let mut lines = Vec::new();
    if log.without_plan > 0 {
        lines.push(format!("{} logged without a plan", count(log.without_plan, "call")));
    }
    if log.phases > 0 {
        lines.push(format!("{} of parse, bind or no statement at all not counted", count(log.phases, "logged time")));
    }
    if log.nested > 0 {
        lines.push(nested(log));
    }
    lines.extend(log.beyond.iter().flat_map(beyond));
    if log.rejected > 0 {
        let entries = if log.rejected == 1 { "entry" } else { "entries" };
        lines.push(format!("{} {entries} could not be read", grouped(log.rejected as f64)));
    }
    lines
}

/// The whole has each millisecond once, the statements have what they took.
fn nested(log: &LogSource) -> String {
    let calls = count(log.nested, "call");
    if log.inside > Ms::ZERO {
        let inside = log.inside;
        format!("{calls} made by functions: {inside} counts with them and with their callers, so that shares overlap")
    } else {
        format!("{calls} made by functions, whose callers were not logged")
    }
}

/// What was only counted, a sentence each.
fn beyond(beyond: &Beyond) -> Vec<String> {
    let bounds = beyond.bounds;
    let memory = Quantity::Bytes(bounds.bytes as f64);
    let mut lines = Vec::new();
    if let Some(Others { statements, tally }) = beyond.statements {
        let (up_to, are) = (if beyond.is_exact { "" } else { "up to " }, if statements == 1 { "is" } else { "are" });
        let (statements, calls) = (count(statements, "statement"), count(tally.calls, "call"));
        let kept = grouped(bounds.statements as f64);
        lines.push(format!(
            "{up_to}{statements} with {calls}, {}, {are} beyond the bound of {kept} statements and {memory}: only counted",
            tally.total
        ));
    }
    if beyond.plans.calls > 0 {
        let (calls, total) = (count(beyond.plans.calls, "call"), beyond.plans.total);
        let kept = bounds.plans;
        lines.push(format!(
            "{calls}, {total}, went by plans beyond the bound of {kept} a statement and {memory}: counted, not kept"
        ));
    }
    lines
}

/// A statement that ran with several plans, in words.
pub(crate) struct FlipWords {
    /// The number of the statement in the table, its plans, how far apart they are.
    pub(crate) headline: String,
    pub(crate) statement: String,
    /// The fast plan, then the slow one, and the indices of their subjects.
    pub(crate) plans: [(String, usize); 2],
}

/// Every plan flip, in the order of the statements.
pub(crate) fn flips(workload: &Workload) -> Vec<FlipWords> {
    let flips = workload.statements.iter().enumerate().filter_map(|(place, s)| Some((place, s, s.flip()?)));
    flips.map(|(place, statement, flip)| words(place + 1, statement, flip)).collect()
}

fn words(number: usize, statement: &WorkloadStatement, flip: Flip<'_>) -> FlipWords {
    let factor = flip.factor().map_or(String::new(), |factor| {
        format!(", the slowest takes {} as long as the fastest in the mean", Quantity::Times(factor))
    });
    let more = if statement.other_plans.calls > 0 { "more than " } else { "" };
    FlipWords {
        headline: format!("statement {number} ran with {more}{} plans{factor}", statement.plans.len()),
        statement: one_line(&statement.text),
        plans: [("fast", flip.fast), ("slow", flip.slow)].map(|(word, plan)| (plan_words(word, plan), plan.subject)),
    }
}

fn plan_words(word: &str, plan: &PlanShape) -> String {
    let Some(times) = plan.times else { return format!("{word}: not run") };
    let mean = times.tally.mean().unwrap_or_default();
    format!("{word}: {} of {mean} in the mean, at most {}", count(times.tally.calls, "call"), times.max)
}

/// A statement without its line ends.
fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}
