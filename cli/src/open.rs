//! `perf-look open`: plans and captures on the whole terminal, or as text where there is none.

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::Report;
use perf_look_analyzers::finding::Of;
use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::report::Reject;
use perf_look_tui::Model;
use perf_look_tui::plain::node_lines;
use perf_look_tui::run::Look;

use crate::args::{Common, FailOn, Open, ReportArgs, TuiWhen};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::{self, Outputs};
use crate::status::Status;
use crate::terminal::Terminal;
use crate::{flame, inputs, tui};

/// Shows what the inputs hold.
pub(crate) fn run(open: &Open, common: &Common, config: &Config, terminal: &Terminal) -> Result<Status, Failure> {
    let when = if common.plain || open.node.is_some() { TuiWhen::Never } else { open.tui.unwrap_or(TuiWhen::Auto) };
    let look = tui::look(when, terminal)?;
    let (report, failures) = inputs::judged_together(&open.inputs, config);
    let mut status = failures.iter().map(|failure| failure.status).max().unwrap_or(Status::Clean);
    if failures.is_empty() || !report.is_empty() {
        // What was found is looked at, not failed for.
        status = status.max(Status::of(&report, FailOn::Never));
    }
    let has_subjects = !report.subjects.is_empty() || !report.pages.is_empty() || report.overview.is_some();
    if let Some(look) = look.filter(|_| has_subjects) {
        return Ok(status.max(show(report, &failures, look, terminal)?));
    }
    for failure in &failures {
        failure.print(terminal.stderr());
    }
    if !report.is_empty() || failures.is_empty() {
        print(open, report, terminal)?;
    }
    Ok(status)
}

/// On the whole terminal, with a line for what could not be read.
fn show(mut report: Report, failures: &[Failure], look: Look, terminal: &Terminal) -> Result<Status, Failure> {
    let unread = |failure: &Failure| Reject { source: String::new(), line: None, why: failure.message() };
    report.rejects.extend(failures.iter().map(unread));
    tui::show(report, look, terminal, None)
}

/// As text: the report, or a node of it.
fn print(open: &Open, report: Report, terminal: &Terminal) -> Result<(), Failure> {
    let Some(number) = open.node else {
        return Outputs::of(&ReportArgs::default())?.write(&report, terminal);
    };
    let subject = flame::choose(&report.subjects, open.subject)?;
    let model = Model::new(report);
    let subject = Of::Plan(subject);
    let found = model.subject(subject).context("there is no plan in what was read")?;
    let id = NodeId(number - 1);
    if found.plan.nodes().get(id.index()).is_none() {
        let last = found.plan.nodes().len();
        return Err(
            Failure::usage(anyhow!("{} has no node #{number}", found.name)).help(format!("--node takes 1 to {last}"))
        );
    }
    let name = perf_look_analyzers::safe::line(&found.name).into_owned();
    let lines = node_lines(&model, subject, id, terminal.look().glyphs).join("\n");
    output::print(terminal, &format!("{name}\n{lines}\n"))
}
