//! The worst statements of `pg_stat_statements`, each with its plan: from what was captured to a workload.

use serde::{Deserialize, Serialize};

use super::overview::Order;
use super::overview::capture::{StatementRow, Statements};
use crate::gate::shape::Shape;
use crate::quantity::Ms;
use crate::report::{Reject, Subject};
use crate::workload::{Io, Others, PlanShape, Source, StatementId, Tally, Times, Workload, WorkloadStatement};

/// Which statements were chosen, and what was counted of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopCapture {
    /// By what they are the worst.
    pub order: Order,
    /// `track_io_timing`: whether times of reading were counted.
    pub times_io: bool,
    /// What was counted: those that were chosen, and all together.
    pub statements: Statements,
    /// The chosen ones, worst first.
    pub chosen: Vec<Chosen>,
}

/// A statement that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// `queryid`.
    pub id: String,
    /// The name of its statement in the capture.
    pub name: String,
    /// Why it has no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unexplained: Option<String>,
}

impl Chosen {
    /// A statement by its number, which is the same in the next run.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        Self { name: format!("query {id}"), id, unexplained: None }
    }

    /// Whether a subject is the plan of the statement of that name, or one of its plans.
    pub fn is_plan(name: &str, subject: &str) -> bool {
        subject == name || subject.strip_prefix(name).is_some_and(|rest| rest.starts_with(" plan "))
    }
}

impl TopCapture {
    /// The workload that these subjects are of, and what could not be explained.
    pub fn workload(&self, subjects: &[Subject]) -> (Workload, Vec<Reject>) {
        let statements = self.chosen.iter().filter_map(|chosen| self.statement(chosen, subjects)).collect::<Vec<_>>();
        let all = self.statements.all;
        let whole = tally(all.calls, all.total_ms);
        let listed = |of: fn(Tally) -> f64| statements.iter().map(|it| of(it.times.tally)).sum::<f64>();
        let others = Others {
            statements: count(all.statements - statements.len() as f64),
            tally: tally(all.calls - listed(|it| it.calls as f64), all.total_ms - listed(|it| it.total.0)),
        };
        let source =
            Source::PgStatStatements { since: self.statements.reset.as_ref().map(|reset| format!("{reset} UTC")) };
        let others = (others.statements > 0).then_some(others);
        let rejects = self.chosen.iter().enumerate().filter_map(|(place, chosen)| {
            let source = format!("statement {} ({})", place + 1, chosen.name);
            Some(Reject { source, line: None, why: chosen.unexplained.clone()? })
        });
        (Workload { source, whole, statements, others }, rejects.collect())
    }

    fn statement(&self, chosen: &Chosen, subjects: &[Subject]) -> Option<WorkloadStatement> {
        let row = self.statements.worst.iter().find(|row| row.id == chosen.id)?;
        let plans = subjects.iter().enumerate().filter(|(_, subject)| Chosen::is_plan(&chosen.name, &subject.name));
        let plans = plans.map(|(subject, it)| PlanShape {
            fingerprint: Shape::of(&it.plan).tree,
            times: None,
            date: None,
            subject,
        });
        Some(WorkloadStatement {
            id: chosen.id.parse().map_or_else(|_| StatementId::Text(chosen.id.clone()), StatementId::Query),
            text: row.query.clone(),
            times: Times {
                tally: tally(row.calls, row.total_ms),
                max: Ms(row.max_ms.unwrap_or_default()),
                spread: None,
            },
            days: Vec::new(),
            rows: Some(row.rows),
            io: Some(self.io(row)),
            plans: plans.collect(),
            other_plans: Tally::default(),
        })
    }

    fn io(&self, row: &StatementRow) -> Io {
        let time = self.times_io.then_some(row.io_ms).flatten();
        let time = time.map(|ms| Ms(ms + row.temp_io_ms.unwrap_or_default()));
        Io { read_blocks: count(row.read), temp_blocks: count(row.temp()), time }
    }
}

fn tally(calls: f64, total_ms: f64) -> Tally {
    Tally { calls: count(calls), total: Ms(total_ms.max(0.0)) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counters of the server, none below zero")]
fn count(number: f64) -> u64 {
    number.max(0.0) as u64
}
