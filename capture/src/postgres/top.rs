//! Statements as `pg_stat_statements` stores them, explained: planned for any value, and run where they only read and
//! values for their parameters can be had. Values come from statistics or a row of the table, and the capture says so.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use perf_look_analyzers::capture::Statement as Captured;
use perf_look_analyzers::postgres::overview::capture::StatementRow;
use perf_look_analyzers::postgres::stored::{self, Bound, Column, Kind};
use perf_look_analyzers::postgres::verify::Wanted;
use perf_look_analyzers::postgres::{Plan, parse};
use perf_look_analyzers::quantity::Ms;

use super::connect::Session;
use super::explain::{ExplainError, IndexMeans, Options, explain, verify};
use super::statement::Sql;

mod values;

use values::Known;

/// How many sets of values are planned, to run the one whose number of rows is most like that of the calls.
const SETS: usize = 5;

/// A stored statement that was explained, and with what: the text that the server takes, and the values that were chosen.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What the server said.
    pub statement: Captured,
    sql: Sql,
    options: Options,
}

impl Stored {
    /// Tries what is wanted for it, as it was explained: planned for any value where it was not run.
    pub async fn verify(
        &mut self,
        session: &Session,
        wanted: (&Wanted, IndexMeans),
        stop: impl Future<Output = ()>,
    ) -> Result<(), ExplainError> {
        self.statement.trials = Some(verify(session, &self.sql, &self.options, wanted, stop).await?);
        Ok(())
    }
}

/// Explains a stored statement. `stop` gives what resolves when the user wants to stop.
pub async fn explain_stored<F: Future<Output = ()>>(
    session: &Session,
    (name, row): (&str, &StatementRow),
    options: &Options,
    stop: impl Fn() -> F,
) -> Result<Stored, ExplainError> {
    let mut refused = None;
    for text in stored::preparable(&row.query) {
        let sql = Sql { name: name.to_owned(), line: 1, text };
        let asked = Asked { session, sql: &sql, row, options };
        match asked.planned(BTreeMap::new(), stop()).await {
            Ok(planned) => return asked.run(planned, stop).await,
            // What is wrong with the stored text is told, not what is wrong with the changed one.
            Err(error @ ExplainError::Sql { .. }) => refused = refused.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or_else(|| ExplainError::Parameters { name: name.to_owned(), why: "it is empty".to_owned() }))
}

struct Asked<'a> {
    session: &'a Session,
    sql: &'a Sql,
    row: &'a StatementRow,
    options: &'a Options,
}

/// A value for each parameter, by its number.
type Values = BTreeMap<usize, String>;

impl Asked<'_> {
    async fn planned(&self, parameters: Values, stop: impl Future<Output = ()>) -> Result<Captured, ExplainError> {
        let options = Options { execute: false, runs: 1, parameters, ..self.options.clone() };
        explain(self.session, self.sql, &options, stop, |_| {}).await
    }

    /// Runs it where it can be run, or says in the notes why it was only planned.
    async fn run<F: Future<Output = ()>>(
        &self,
        planned: Captured,
        stop: impl Fn() -> F,
    ) -> Result<Stored, ExplainError> {
        let how = if stored::parameters(&self.sql.text).is_empty() { "planned" } else { "planned for any value" };
        let only = |why: &str| {
            let notes = vec![format!("{how} and not run: {why}")];
            let options = Options { execute: false, runs: 1, ..self.options.clone() };
            Ok(Stored { statement: Captured { notes, ..planned.clone() }, sql: self.sql.clone(), options })
        };
        if !self.options.execute {
            return only("--no-execute");
        }
        if Kind::of(&self.sql.text) != Kind::Query {
            return only("it changes rows");
        }
        if self.row.mean_ms() > self.options.timeout.as_secs_f64() * 1000.0 {
            return only(&format!("a call takes {} on average, and --timeout allows less", Ms(self.row.mean_ms())));
        }
        let (values, from) = match self.values(&planned, &stop).await? {
            Ok(found) => found,
            Err(why) => return only(&why),
        };
        let options = Options { parameters: values, ..self.options.clone() };
        match explain(self.session, self.sql, &options, stop(), |_| {}).await {
            Ok(mut ran) => {
                ran.notes.extend(from.map(|from| self.note(&from)));
                Ok(Stored { statement: ran, sql: self.sql.clone(), options })
            }
            Err(error @ (ExplainError::Cancelled { .. } | ExplainError::Lost { .. })) => Err(error),
            Err(error) => {
                let words = error.to_string();
                let words = words.strip_prefix(&self.sql.name).unwrap_or(&words).trim_start_matches([':', ' ']);
                only(words.strip_prefix("was not run: ").unwrap_or(words))
            }
        }
    }

    fn note(&self, from: &str) -> String {
        let spread = match (self.row.min_ms, self.row.max_ms) {
            (Some(min), Some(max)) if self.row.calls > 1.0 => format!(", {} to {}", Ms(min), Ms(max)),
            _ => String::new(),
        };
        let mean = Ms(self.row.mean_ms());
        format!(
            "run with values that perf-look chose, not with those of a call: {from}; a call took {mean} on average{spread}"
        )
    }

    /// Values to run it with, and where they are from; or why there are none.
    async fn values<F: Future<Output = ()>>(
        &self,
        planned: &Captured,
        stop: &impl Fn() -> F,
    ) -> Result<Result<(Values, Option<String>), String>, ExplainError> {
        let wanted = stored::parameters(&self.sql.text);
        if wanted.is_empty() {
            return Ok(Ok((Values::new(), None)));
        }
        let Some(plan) = plan_of(planned) else { return Ok(Err("its plan cannot be read".to_owned())) };
        let places = match Places::of(&wanted, &self.sql.text, &plan) {
            Ok(places) => places,
            Err(why) => return Ok(Err(why)),
        };
        let known = match self.known(&places).await {
            Ok(known) => known,
            Err(why) => return Ok(Err(why)),
        };
        let mut sets: Vec<Values> = (0..SETS).map(|set| places.values(&known, set, self.rows_a_call())).collect();
        sets.dedup();
        let values = self.most_alike(sets, stop).await?;
        Ok(Ok((values, Some(places.words(&known)))))
    }

    fn rows_a_call(&self) -> f64 {
        if self.row.calls > 0.0 { self.row.rows / self.row.calls } else { 0.0 }
    }

    async fn known(&self, places: &Places) -> Result<BTreeMap<Column, Known>, String> {
        let mut known = BTreeMap::new();
        for (column, _) in places.columns.values() {
            if !known.contains_key(column) {
                known.insert(column.clone(), values::of(self.session, column, self.options.timeout).await?);
            }
        }
        Ok(known)
    }

    /// The set for which the planner expects about as many rows as a call gives.
    async fn most_alike<F: Future<Output = ()>>(
        &self,
        sets: Vec<Values>,
        stop: &impl Fn() -> F,
    ) -> Result<Values, ExplainError> {
        let mut best: Option<(f64, Values)> = None;
        for values in sets {
            let rows = match self.planned(values.clone(), stop()).await {
                Ok(planned) => plan_of(&planned).and_then(|plan| plan.root().estimate.map(|estimate| estimate.rows)),
                Err(error @ (ExplainError::Cancelled { .. } | ExplainError::Lost { .. })) => return Err(error),
                Err(_) => None,
            };
            let away = rows.map_or(f64::MAX, |rows| (rows.max(1.0).ln() - self.rows_a_call().max(1.0).ln()).abs());
            if best.as_ref().is_none_or(|(nearest, _)| away < *nearest) {
                best = Some((away, values));
            }
        }
        Ok(best.map(|(_, values)| values).unwrap_or_default())
    }
}

fn plan_of(captured: &Captured) -> Option<Plan> {
    parse::parse(&captured.runs.first()?.explain).ok()?.plans.into_iter().next()
}

/// Where each parameter stands.
struct Places {
    columns: BTreeMap<usize, (Column, Bound)>,
    limits: stored::Limits,
}

impl Places {
    fn of(wanted: &BTreeSet<usize>, text: &str, plan: &Plan) -> Result<Self, String> {
        let (columns, limits) = (stored::compared(plan), stored::limits(text));
        let is_placed = |number: &&usize| {
            columns.contains_key(number) || limits.limit.contains(number) || limits.offset.contains(number)
        };
        match wanted.iter().find(|number| !is_placed(number)) {
            Some(number) => {
                Err(format!("${number} is compared with no column, so that there is no value to take for it"))
            }
            None => Ok(Self { columns, limits }),
        }
    }

    fn values(&self, known: &BTreeMap<Column, Known>, set: usize, rows: f64) -> Values {
        let mut values = Values::new();
        for (number, (column, bound)) in &self.columns {
            let same = |other: &&usize, is: fn(Bound) -> bool| {
                self.columns.get(other).is_some_and(|(known, bound)| known == column && is(*bound))
            };
            let before =
                self.columns.keys().filter(|other| *other < number && same(other, |bound| bound == Bound::Equal));
            let is_between = self.columns.keys().any(|other| same(&other, |bound| bound == Bound::Lower))
                && self.columns.keys().any(|other| same(&other, |bound| bound == Bound::Upper));
            if let Some(known) = known.get(column) {
                values.insert(*number, known.value(*bound, set, (before.count(), is_between)));
            }
        }
        values.extend(self.limits.limit.iter().map(|number| (*number, format!("{:.0}", rows.ceil().max(1.0)))));
        values.extend(self.limits.offset.iter().map(|number| (*number, "0".to_owned())));
        values
    }

    /// `$1 from the statistics of `orders.status``.
    fn words(&self, known: &BTreeMap<Column, Known>) -> String {
        let columns = self.columns.iter().map(|(number, (column, _))| {
            let from = known.get(column).map_or("", Known::source);
            format!("${number} from {from} of `{}.{}`", column.relation, column.name)
        });
        let limits = self.limits.limit.iter().map(|number| format!("${number} as many rows as a call gave"));
        let offsets = self.limits.offset.iter().map(|number| format!("${number} 0"));
        columns.chain(limits).chain(offsets).collect::<Vec<_>>().join(", ")
    }
}
