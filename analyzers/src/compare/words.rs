//! A comparison in words: the one wording that all outputs share. Not yet safe to show.

use super::Comparison;
use super::context::Noise;
use super::pairs::{Change, Pair};
use super::statement::{Difference, Figures, JoinOrder};
use crate::quantity::{Interval, Ms, grouped};
use crate::report::Subject;

/// A time with its sign: `+12.3 ms`, `-65.4 ms`, `0 ms`.
pub fn signed(ms: Ms) -> String {
    match ms.0 {
        ms if ms >= 0.000_5 => format!("+{}", Ms(ms)),
        ms if ms <= -0.000_5 => format!("-{}", Ms(-ms)),
        _ => "0 ms".to_owned(),
    }
}

/// A change as a part of what was before, with its sign: `-83.8 %`.
pub fn signed_share(before: f64, after: f64) -> Option<String> {
    (before > 0.0).then(|| {
        let change = (after - before) / before * 100.0;
        if change.abs() < 999.5 { format!("{change:+.1} %") } else { format!("{:.1} times as much", after / before) }
    })
}

impl Difference {
    /// How many steps changed.
    pub fn changed(&self) -> String {
        match self.changes() {
            0 => "the plan has the same shape".to_owned(),
            1 => "1 step changed".to_owned(),
            n => format!("{n} steps changed"),
        }
    }
}

impl Pair {
    /// One character for a change, so that colour is not the only sign.
    pub fn mark(&self) -> char {
        match (self.before, self.after) {
            (None, _) => '+',
            (_, None) => '-',
            _ if self.change == Change::Same && self.moved.is_empty() => '=',
            _ => '~',
        }
    }
}

impl Comparison {
    /// How long it took before and after, and whether that says anything.
    pub fn verdict(&self, difference: &Difference) -> String {
        let (before, after) = self.subjects(difference);
        let (Some(was), Some(is)) = (before.attribution.execution, after.attribution.execution) else {
            return untimed(before, after);
        };
        let share = signed_share(was.0, is.0).map_or(String::new(), |share| format!(", {share}"));
        format!("{was} before, {is} after{share}; {}", noise(difference.noise))
    }

    /// The pair whose own time changed most, if any changed.
    pub fn largest(&self, difference: &Difference) -> Option<Pair> {
        let change = |pair: &&Pair| self.delta(difference, pair).map_or(0.0, |ms| ms.0.abs());
        let largest = difference.pairs.iter().max_by(|left, right| change(left).total_cmp(&change(right)))?;
        (change(&largest) > 0.0).then(|| largest.clone())
    }

    /// The figures of a pair, before and after.
    pub fn figures(&self, difference: &Difference, pair: &Pair) -> (Figures, Figures) {
        let (before, after) = self.subjects(difference);
        (Figures::of(before, pair.before), Figures::of(after, pair.after))
    }

    /// How much longer a step took itself; what is not there took nothing. None where a plan is not timed.
    pub fn delta(&self, difference: &Difference, pair: &Pair) -> Option<Ms> {
        let (before, after) = self.subjects(difference);
        if before.attribution.execution.is_none() || after.attribution.execution.is_none() {
            return None;
        }
        let (was, is) = self.figures(difference, pair);
        Some(is.own.unwrap_or_default() - was.own.unwrap_or_default())
    }

    /// `#5 Seq Scan on orders o`, before and after; none where it is not there.
    pub fn labels(&self, difference: &Difference, pair: &Pair) -> (Option<String>, Option<String>) {
        let (before, after) = self.subjects(difference);
        let of = |subject: &crate::Subject, id: Option<crate::postgres::NodeId>| {
            id.map(|id| format!("#{} {}", id.number(), subject.plan.node(id).label()))
        };
        (of(before, pair.before), of(after, pair.after))
    }

    /// Both labels of a step; one where both are of one name, with both numbers where those differ.
    pub fn step(&self, difference: &Difference, pair: &Pair) -> String {
        let name = |label: &str| label.split_once(' ').map_or_else(String::new, |(_, name)| name.to_owned());
        match self.labels(difference, pair) {
            (Some(before), Some(after)) if before == after => after,
            (Some(before), Some(after)) if name(&before) == name(&after) => {
                format!("{}→{after}", before.split(' ').next().unwrap_or_default())
            }
            (Some(before), Some(after)) => format!("{before}, now {after}"),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => String::new(),
        }
    }

    /// What changed in a pair: `access path`, `access path; (a = 1) moved from Index Cond to Filter`.
    pub fn why(&self, pair: &Pair) -> String {
        let mut parts = Vec::new();
        if pair.change != Change::Same {
            parts.push(pair.change.as_str().to_owned());
        }
        parts.extend(
            pair.moved.iter().map(|moved| format!("{} moved from {} to {}", moved.condition, moved.from, moved.to)),
        );
        parts.join("; ")
    }

    /// What else differs, a sentence each: join order, settings, tables, findings.
    pub fn circumstances(&self, difference: &Difference) -> Vec<String> {
        let mut lines = Vec::new();
        match &difference.join_order {
            JoinOrder::NoJoins => {}
            JoinOrder::Same => lines.push("join order: unchanged".to_owned()),
            JoinOrder::Changed(was, is) => {
                lines.push(format!("join order: changed, {} before, {} after", was.join(", "), is.join(", ")));
            }
        }
        lines.push(settings(difference));
        lines.push(tables(difference));
        lines
    }
}

/// With TIMING OFF the whole is known, without ANALYZE what the planner expected.
fn untimed(before: &Subject, after: &Subject) -> String {
    let execution =
        |subject: &Subject| subject.attribution.execution.or_else(|| subject.plan.statement.execution_ms.map(Ms));
    if let (Some(was), Some(is)) = (execution(before), execution(after)) {
        let share = signed_share(was.0, is.0).map_or(String::new(), |share| format!(", {share}"));
        return format!("{was} before, {is} after{share}; steps are not timed in both");
    }
    let cost = |subject: &Subject| subject.plan.root().estimate.map(|estimate| estimate.total_cost);
    let (Some(was), Some(is)) = (cost(before), cost(after)) else {
        return "not timed in both: shapes alone are compared".to_owned();
    };
    let share = signed_share(was, is).map_or(String::new(), |share| format!(", {share}"));
    format!("not timed in both: planner's cost {} before, {} after{share}", grouped(was), grouped(is))
}

fn settings(difference: &Difference) -> String {
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "not said".to_owned());
    let each = |setting: &super::Setting| {
        format!("{} {} before, {} after", setting.name, said(&setting.before), said(&setting.after))
    };
    let settings: Vec<String> = difference.settings.iter().map(each).collect();
    let settings = if settings.is_empty() { "none known".to_owned() } else { settings.join("; ") };
    format!("settings that differ: {settings}")
}

fn tables(difference: &Difference) -> String {
    let tables = &difference.tables;
    if tables.compared == 0 {
        return "row counts that differ: could not tell, no table is read whole by both".to_owned();
    }
    if tables.differ.is_empty() {
        return format!("row counts that differ: none of {} that both read whole", grouped(tables.compared as f64));
    }
    let each = |table: &super::Table| {
        format!("{} {} before, {} after", table.relation, grouped(table.before), grouped(table.after))
    };
    format!("row counts that differ: {}", tables.differ.iter().map(each).collect::<Vec<_>>().join("; "))
}

fn noise(noise: Noise) -> String {
    let range = |times: Interval| format!("{} to {}", Ms(times.low), Ms(times.high));
    match noise {
        Noise::NotTimed => "not timed in both".to_owned(),
        Noise::SingleRun => "single run, no noise estimate".to_owned(),
        Noise::Overlap(was, is) => format!("the runs overlap ({} and {}): within noise", range(was), range(is)),
        Noise::Apart(was, is) => format!("the runs do not overlap ({} and {})", range(was), range(is)),
    }
}
