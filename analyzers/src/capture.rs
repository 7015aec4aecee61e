//! A capture: what Postgres or a browser said, word for word, with what is needed to judge it again.

use serde::{Deserialize, Serialize};

use crate::input::Input;
use crate::postgres::overview::capture::OverviewCapture;
use crate::postgres::parse::{self, Parsed};
use crate::postgres::top::TopCapture;
use crate::postgres::verify::{Trials, Tried};
use crate::postgres::{Catalogue, Overview, Plan};
use crate::report::{Reject, Subject};
use crate::web::Page;
use crate::web::capture::PageCapture;

/// The schema of the files.
pub const SCHEMA: &str = "perf-look.capture/1";

/// A recorded session: statements, pages. Holds no password and no connection string.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of perf-look that wrote it.
    pub perf_look: String,
    /// In the order that they were run.
    #[serde(default)]
    pub statements: Vec<Statement>,
    /// Pages, in the order that they were looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<PageCapture>,
    /// A server as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overview: Option<Box<OverviewCapture>>,
    /// What was counted of the statements, where they are the worst of a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<Box<TopCapture>>,
}

/// A statement and what EXPLAIN said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Where it is from: `slow.sql:2`.
    pub name: String,
    /// The SQL as it was sent.
    pub query: String,
    /// `SHOW server_version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// Settings that matter for the judgement, by name, in order: `work_mem`, `hash_mem_multiplier`, ….
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<(String, String)>,
    /// What the catalogue said of the plan's relations, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<Catalogue>,
    /// What EXPLAIN printed, run by run.
    pub runs: Vec<Run>,
    /// What a reader should know of how it was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What the server said when advice was tried; none where nobody asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Trials>,
}

/// One run of EXPLAIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// From 1.
    pub number: u32,
    /// EXPLAIN's output, untouched.
    pub explain: String,
}

impl Capture {
    /// A capture of these statements, by this version.
    pub fn new(statements: Vec<Statement>) -> Self {
        Self { statements, ..Self::of_pages(Vec::new()) }
    }

    /// A capture of these pages, by this version.
    pub fn of_pages(pages: Vec<PageCapture>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            perf_look: env!("CARGO_PKG_VERSION").to_owned(),
            statements: Vec::new(),
            pages,
            overview: None,
            top: None,
        }
    }

    /// A capture of a server as a whole, by this version.
    pub fn of_server(overview: OverviewCapture) -> Self {
        Self { overview: Some(Box::new(overview)), ..Self::of_pages(Vec::new()) }
    }

    /// A capture of the worst statements of a server, by this version.
    pub fn of_top(statements: Vec<Statement>, top: TopCapture) -> Self {
        Self { top: Some(Box::new(top)), ..Self::new(statements) }
    }

    /// What the capture holds: plans, pages, a server.
    pub fn input(&self) -> Input {
        let (subjects, mut rejects) = self.subjects();
        let pages = self.pages.iter().cloned().map(Page::of).collect();
        let overview = self.overview.as_deref().cloned().map(Overview::of).map(Box::new);
        let workload = self.top.as_ref().map(|top| {
            let (workload, unexplained) = top.workload(&subjects);
            rejects.extend(unexplained);
            workload
        });
        Input { subjects, pages, rejects, workload, overview }
    }

    /// The subjects of a capture: of each statement the run with the median execution time.
    pub fn subjects(&self) -> (Vec<Subject>, Vec<Reject>) {
        let (mut subjects, mut rejects) = (Vec::new(), Vec::new());
        for statement in &self.statements {
            subjects.extend(statement.subjects(&mut rejects));
        }
        (subjects, rejects)
    }
}

impl Statement {
    fn subjects(&self, rejects: &mut Vec<Reject>) -> Vec<Subject> {
        if self.runs.is_empty() {
            self.reject(None, "the capture holds no run of it".to_owned(), rejects);
        }
        let mut runs: Vec<Vec<Plan>> = self.runs.iter().filter_map(|run| self.plans(run, rejects)).collect();
        let time = |plans: &Vec<Plan>| plans.iter().map(|plan| plan.statement.execution_ms.unwrap_or(0.0)).sum::<f64>();
        let runs_ms: Vec<f64> = if runs.len() > 1 { runs.iter().map(time).collect() } else { Vec::new() };
        // Of an even number the faster of the two in the middle: a run that happened, not a mean that did not.
        runs.sort_by(|left, right| time(left).total_cmp(&time(right)));
        let median = runs.len().saturating_sub(1) / 2;
        let Some(plans) = runs.into_iter().nth(median) else {
            return Vec::new();
        };
        let several = plans.len() > 1;
        let subjects = plans.into_iter().enumerate().map(|(place, plan)| {
            let name = if several { format!("{} plan {}", self.name, place + 1) } else { self.name.clone() };
            let mut subject = Subject::new(name, plan);
            subject.query = Some(self.query.clone());
            subject.server_version.clone_from(&self.server_version);
            subject.settings.clone_from(&self.settings);
            subject.catalogue.clone_from(&self.catalogue);
            subject.runs_ms.clone_from(&runs_ms);
            subject.notes.clone_from(&self.notes);
            subject.tried = self.trials.as_ref().map(|trials| Tried::of(trials, place, &subject.plan));
            subject
        });
        subjects.collect()
    }

    /// What a run says; one that cannot be read leaves the others.
    fn plans(&self, run: &Run, rejects: &mut Vec<Reject>) -> Option<Vec<Plan>> {
        match parse::parse(&run.explain) {
            Ok(Parsed { plans, rejects: bad }) => {
                for reject in bad {
                    self.reject(Some(run), reject.why, rejects);
                }
                (!plans.is_empty()).then_some(plans)
            }
            Err(error) => {
                self.reject(Some(run), error.to_string(), rejects);
                None
            }
        }
    }

    fn reject(&self, run: Option<&Run>, why: String, rejects: &mut Vec<Reject>) {
        let which = run.filter(|_| self.runs.len() > 1).map_or(String::new(), |run| format!(" run {}", run.number));
        rejects.push(Reject { source: format!("{}{which}", self.name), line: None, why });
    }
}
