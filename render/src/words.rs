//! Sentences that more than one format says, worded once.

use std::fmt::Write as _;

use perf_look_analyzers::quantity::{Ms, Quantity, grouped};
use perf_look_analyzers::report::Reject;
use perf_look_analyzers::web::page::CssPlace;
use perf_look_analyzers::workload::{Source, Workload};
use perf_look_analyzers::{Report, Severity, Subject};

use crate::overview;

/// The report in one sentence: `1 plan: 2 findings (1 error, 1 warn), 134 ms of execution, most at stake 80 ms by …`.
pub(crate) fn verdict(report: &Report) -> String {
    if let Some(overview) = report.overview.as_ref().filter(|_| is_overview_alone(report)) {
        return overview::verdict(overview);
    }
    let mut line = format!("{}: {}", subjects(report), found(report));
    if let Some(worst) = report.findings.iter().find_map(|worst| Some((worst.workload_share?, worst.rule))) {
        let _ = write!(line, ", most at stake {} of the workload by {}", Quantity::Share(worst.0), worst.1);
    }
    if report.workload.is_some() {
        return line;
    }
    let execution: Ms = report.subjects.iter().filter_map(|subject| subject.attribution.execution).sum();
    if execution > Ms::ZERO {
        let _ = write!(line, ", {execution} of execution");
    }
    if let Some(worst) = report.findings.first().filter(|worst| worst.impact.is_some_and(|ms| ms > Ms::ZERO)) {
        let _ = write!(line, ", most at stake {} by {}", worst.impact.unwrap_or_default(), worst.rule);
    }
    line
}

/// Whether the report is of a server as a whole and of nothing else, so that nothing was judged.
pub(crate) fn is_overview_alone(report: &Report) -> bool {
    report.overview.is_some() && report.subjects.is_empty() && report.pages.is_empty()
}

/// `statement 2, ` for a plan of the second statement of a server; nothing where statements have no table.
pub(crate) fn place(report: &Report, subject: usize) -> String {
    let is_of = |workload: &&Workload| matches!(workload.source, Source::PgStatStatements { .. });
    let workload = report.workload.as_ref().filter(is_of);
    let place = workload.and_then(|workload| {
        workload.statements.iter().position(|statement| statement.plans.iter().any(|plan| plan.subject == subject))
    });
    place.map_or_else(String::new, |place| format!("statement {}, ", place + 1))
}

/// What was not possible with what the report rejects.
pub(crate) fn could_not(report: &Report) -> &'static str {
    match report.workload.as_ref().map(|workload| &workload.source) {
        Some(Source::PgStatStatements { .. }) => "explain",
        _ => "read",
    }
}

/// What could not be read, at most so many, and how many more there are.
pub(crate) fn rejects(report: &Report, most: usize) -> (&[Reject], Option<String>) {
    let (shown, hidden) = report.rejects.split_at(most.min(report.rejects.len()));
    let words = || format!("{} more; --report json names them", grouped(hidden.len() as f64));
    (shown, (!hidden.is_empty()).then(words))
}

/// `1 plan`, `2 pages`, `8 plans and 1 page`.
pub(crate) fn subjects(report: &Report) -> String {
    let (plans, pages) = (report.subjects.len(), report.pages.len());
    if let Some(workload) = &report.workload {
        let statements = workload.statements.len();
        return format!("a workload of {} with {}", plural(statements, "statement"), plural(plans, "plan"));
    }
    match (plans, pages) {
        (plans, 0) => plural(plans, "plan"),
        (0, pages) => plural(pages, "page"),
        (plans, pages) => format!("{} and {}", plural(plans, "plan"), plural(pages, "page")),
    }
}

fn found(report: &Report) -> String {
    let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    match report.findings.len() {
        0 if report.is_empty() => "nothing to judge".to_owned(),
        0 => "no findings".to_owned(),
        n => {
            let kinds = [Severity::Error, Severity::Warn, Severity::Info].map(|severity| (count(severity), severity));
            let kinds = kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}"));
            format!("{} ({})", plural(n, "finding"), kinds.collect::<Vec<_>>().join(", "))
        }
    }
}

/// What was measured of a subject as a whole: server, planning, execution with the spread of its runs.
pub(crate) fn measured(subject: &Subject) -> Vec<String> {
    let statement = &subject.plan.statement;
    let mut parts = Vec::new();
    parts.extend(subject.server_version.as_ref().map(|version| format!("PostgreSQL {version}")));
    parts.extend(statement.planning_ms.map(|ms| format!("planning {}", Ms(ms))));
    parts.extend(statement.execution_ms.map(|ms| format!("execution {}", Ms(ms))));
    if let Some(spread) = spread(&subject.runs_ms) {
        match parts.last_mut() {
            Some(last) => *last = format!("{last} ({spread})"),
            None => parts.push(spread),
        }
    }
    parts
}

/// `median of 5 runs, 4.10 ms to 6.20 ms`.
fn spread(runs: &[f64]) -> Option<String> {
    let least = runs.iter().copied().min_by(f64::total_cmp)?;
    let most = runs.iter().copied().max_by(f64::total_cmp)?;
    Some(format!("median of {} runs, {} to {}", runs.len(), Ms(least), Ms(most)))
}

/// `1 plan`, `2 plans`.
pub(crate) fn plural(count: usize, what: &str) -> String {
    self::count(count as u64, what)
}

/// `1 call`, `464,672 calls`.
pub(crate) fn count(count: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(count as f64), if count == 1 { "" } else { "s" })
}

/// The selectors of one place of a source: `.wide-1 span and 29 more`.
pub(crate) fn selectors(place: &CssPlace<'_>) -> String {
    let first = place.selectors.first().map_or("", |selector| &selector.selector);
    match place.selectors.len() {
        0 | 1 => first.to_owned(),
        all => format!("{first} and {} more", grouped((all - 1) as f64)),
    }
}
