//! Statements and their plans with what their calls took, as many as memory is meant for.

use std::collections::BTreeMap;
use std::fmt;

use super::quantiles::Quantiles;
use crate::quantity::Ms;
use crate::workload::{Day, Others, StatementId, Tally, Times};

/// More statements are not kept apart: those that took least are counted together.
const STATEMENTS: usize = 8192;
/// What texts, plans and percentiles may take in memory, in bytes.
const MEMORY: usize = 40 << 20;
/// More plans of one statement are not kept apart.
const PLANS: usize = 8;
/// How often it is looked whether there are too many, in statements and plans that are new.
const OFTEN: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Groups {
    statements: BTreeMap<u64, Group>,
    /// Statements that are not kept apart any more.
    pub(super) others: Option<Others>,
    /// Since the last look at how much there is.
    new: usize,
}

/// A statement.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) text: String,
    pub(super) counted: Counted,
    days: BTreeMap<Option<Date>, (Tally, Ms)>,
    id: Known,
    /// Calls by them, none of which may be the statement's, if there are too many.
    pub(super) plans: Vec<PlanGroup>,
}

/// `2026-11-21`, as the log writes it.
pub(super) type Date = [u8; 10];

/// The day of a time; none of an epoch or of anything else.
pub(super) fn date(time: &[u8]) -> Option<Date> {
    let date: Date = time.get(..10)?.try_into().ok()?;
    let is_right =
        |(place, byte): (usize, &u8)| if matches!(place, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() };
    date.iter().enumerate().all(is_right).then_some(date)
}

/// As text.
pub(super) fn written(date: Date) -> String {
    String::from_utf8_lossy(&date).into_owned()
}

/// What is known of Postgres' number of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    One(i64),
    Several,
}

/// Calls of a statement by one plan.
#[derive(Debug)]
pub(super) struct PlanGroup {
    pub(super) fingerprint: Box<str>,
    pub(super) counted: Counted,
    /// The slowest call, as auto_explain wrote it.
    pub(super) slowest: Box<str>,
    pub(super) place: Place,
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The index of the file.
    pub(super) file: usize,
    /// From 1.
    pub(super) line: usize,
    /// As the log writes it; empty where it does not.
    pub(super) time: String,
}

#[derive(Default)]
pub(super) struct Counted {
    tally: Tally,
    max: Ms,
    quantiles: Quantiles,
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counted").field("tally", &self.tally).field("max", &self.max).finish_non_exhaustive()
    }
}

impl Counted {
    fn add(&mut self, time: Ms) {
        self.tally.add(Tally { calls: 1, total: time });
        self.max = self.max.max(time);
        self.quantiles.add(time.0);
    }

    pub(super) fn total(&self) -> Ms {
        self.tally.total
    }

    pub(super) fn max(&self) -> Ms {
        self.max
    }

    pub(super) fn times(&self) -> Times {
        Times { tally: self.tally, max: self.max, spread: self.quantiles.spread() }
    }
}

impl Group {
    pub(super) fn id(&self) -> StatementId {
        match self.id {
            Known::One(id) => StatementId::Query(id),
            Known::Nothing | Known::Several => StatementId::of_text(&self.text),
        }
    }

    /// What its calls took, day by day.
    pub(super) fn days(&self) -> Vec<Day> {
        let day = |(date, (tally, max)): (&Option<Date>, &(Tally, Ms))| Day {
            date: date.map(written),
            tally: *tally,
            max: *max,
        };
        self.days.iter().map(day).collect()
    }

    fn bytes(&self) -> usize {
        const MAPS: usize = 256;
        const DAY: usize = 64;
        let plans = self.plans.iter().map(|plan| plan.slowest.len() + plan.counted.quantiles.bytes() + MAPS);
        self.text.len() + self.counted.quantiles.bytes() + self.days.len() * DAY + MAPS + plans.sum::<usize>()
    }
}

impl Groups {
    pub(super) fn has(&self, statement: u64) -> bool {
        self.statements.contains_key(&statement)
    }

    /// A statement that may be new.
    pub(super) fn meet(&mut self, statement: u64, text: String) {
        self.statements.entry(statement).or_insert_with(|| {
            self.new += 1;
            let (counted, days) = (Counted::default(), BTreeMap::new());
            Group { text, counted, days, id: Known::Nothing, plans: Vec::new() }
        });
    }

    /// Counts a call of a statement on a day.
    pub(super) fn count(&mut self, statement: u64, time: Ms, date: Option<Date>) {
        if let Some(group) = self.statements.get_mut(&statement) {
            group.counted.add(time);
            let (tally, max) = group.days.entry(date).or_default();
            tally.add(Tally { calls: 1, total: time });
            *max = max.max(time);
        }
        if self.new >= OFTEN {
            self.make_room();
        }
    }

    pub(super) fn identify(&mut self, statement: u64, id: Option<i64>) {
        let (Some(id), Some(group)) = (id, self.statements.get_mut(&statement)) else { return };
        group.id = match group.id {
            Known::Nothing => Known::One(id),
            Known::One(other) if other == id => Known::One(id),
            _ => Known::Several,
        };
    }

    /// Counts a call by a plan that is known and was slower once; says whether it is.
    pub(super) fn count_known(&mut self, statement: u64, fingerprint: &str, time: Ms) -> bool {
        let Some(group) = self.statements.get_mut(&statement) else { return false };
        match group.plans.iter_mut().find(|plan| *plan.fingerprint == *fingerprint) {
            Some(plan) if time <= plan.counted.max => {
                plan.counted.add(time);
                true
            }
            Some(_) => false,
            // Of plans that are not kept apart only one that takes more than those that are is of interest.
            None => group.plans.len() >= PLANS && group.plans.iter().all(|plan| plan.counted.total() >= time),
        }
    }

    /// Counts a call by a plan that may be new, with its text and place.
    pub(super) fn count_plan(&mut self, statement: u64, fingerprint: &str, time: Ms, (text, place): (&str, Place)) {
        let Some(group) = self.statements.get_mut(&statement) else { return };
        let known = group.plans.iter().position(|plan| *plan.fingerprint == *fingerprint);
        let index = known.unwrap_or_else(|| {
            self.new += 1;
            drop_least(&mut group.plans);
            let slowest = Box::default();
            let (fingerprint, place) = (fingerprint.into(), place.clone());
            group.plans.push(PlanGroup { fingerprint, counted: Counted::default(), slowest, place });
            group.plans.len() - 1
        });
        let plan = &mut group.plans[index];
        if plan.slowest.is_empty() || time > plan.counted.max {
            plan.slowest = text.into();
            plan.place = place;
        }
        plan.counted.add(time);
    }

    /// The statements; those that took most come first.
    pub(super) fn sorted(self) -> Vec<Group> {
        let mut groups: Vec<Group> =
            self.statements.into_values().filter(|group| group.counted.tally.calls > 0).collect();
        let total = |group: &Group| group.counted.total().0;
        groups.sort_by(|left, right| total(right).total_cmp(&total(left)).then_with(|| left.text.cmp(&right.text)));
        groups
    }

    /// Where there is too much, the half that took least is counted together.
    fn make_room(&mut self) {
        self.new = 0;
        let bytes: usize = self.statements.values().map(Group::bytes).sum();
        if self.statements.len() <= STATEMENTS && bytes <= MEMORY {
            return;
        }
        let mut by_total: Vec<(f64, u64)> =
            self.statements.iter().map(|(statement, group)| (group.counted.total().0, *statement)).collect();
        by_total.sort_by(|left, right| left.0.total_cmp(&right.0));
        for (_, statement) in &by_total[..by_total.len() / 2] {
            let Some(group) = self.statements.remove(statement) else { continue };
            if group.counted.tally.calls > 0 {
                merge(&mut self.others, Others { statements: 1, tally: group.counted.tally });
            }
        }
    }
}

/// Adds to those that are not listed.
pub(super) fn merge(others: &mut Option<Others>, more: Others) {
    let sum = others.get_or_insert(Others { statements: 0, tally: Tally::default() });
    sum.statements += more.statements;
    sum.tally.add(more.tally);
}

/// Makes room for one more plan.
fn drop_least(plans: &mut Vec<PlanGroup>) {
    if plans.len() < PLANS {
        return;
    }
    let total = |plan: &PlanGroup| plan.counted.total().0;
    let least = (0..plans.len()).min_by(|left, right| total(&plans[*left]).total_cmp(&total(&plans[*right])));
    if let Some(least) = least {
        plans.remove(least);
    }
}
