//! Statements and their plans with what their calls took, as many as memory is meant for.

use std::collections::BTreeMap;
use std::fmt;

use super::aside::{Aside, Counts};
use super::quantiles::Quantiles;
use crate::digest::hash;
use crate::quantity::Ms;
use crate::workload::{Beyond, Bounds, Day, Others, StatementId, Tally, Times};

/// Of so many plans of a statement that are only counted it is known which calls are whose.
const COUNTED_PLANS: usize = 64;
/// How often it is looked how much memory is taken, in calls and in new statements and plans.
const CALLS: usize = 1 << 16;
const NEW: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Groups {
    bounds: Bounds,
    statements: BTreeMap<u64, Group>,
    /// Statements that are only counted.
    pub(super) aside: Aside,
    /// What the greatest of them had taken when it was last made room.
    floor: Ms,
    since: Since,
}

/// What came since it was last looked how much there is.
#[derive(Debug, Default)]
struct Since {
    calls: usize,
    new: usize,
    /// Of texts.
    bytes: usize,
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
    /// Its plans that are only counted.
    pub(super) aside: Aside,
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
    /// The same as a number.
    key: u64,
    pub(super) counted: Counted,
    pub(super) slowest: Slowest,
}

/// The slowest call by a plan among those that came while the plan was kept.
#[derive(Debug)]
pub(super) struct Slowest {
    /// As auto_explain wrote it.
    pub(super) text: Box<str>,
    pub(super) time: Ms,
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
    /// What was only counted so far: how much those calls differ is not known.
    fn of(counts: Counts) -> Self {
        Self { tally: counts.tally, max: counts.max, quantiles: Quantiles::Unknown }
    }

    fn add(&mut self, time: Ms) {
        self.tally.add(Tally { calls: 1, total: time });
        self.max = self.max.max(time);
        self.quantiles.add(time.0);
    }

    pub(super) fn total(&self) -> Ms {
        self.tally.total
    }

    pub(super) fn times(&self) -> Times {
        Times { tally: self.tally, max: self.max, spread: self.quantiles.spread() }
    }
}

impl PlanGroup {
    fn counts(&self) -> Counts {
        Counts { tally: self.counted.tally, max: self.counted.max, planned: self.counted.tally }
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
        let plans: usize = self.plans.iter().map(PlanGroup::bytes).sum();
        self.text.len() + self.counted.quantiles.bytes() + self.days.len() * DAY + MAPS + plans + self.aside.bytes()
    }

    /// What stays of it where it is only counted.
    fn counts(&self) -> Counts {
        let mut planned = self.aside.sum().planned;
        self.plans.iter().for_each(|plan| planned.add(plan.counted.tally));
        Counts { tally: self.counted.tally, max: self.counted.max, planned }
    }

    /// The place of the plan that took least.
    fn least(&self) -> Option<usize> {
        let total = |place: &usize| self.plans[*place].counted.total().0;
        (0..self.plans.len()).min_by(|left, right| total(left).total_cmp(&total(right)))
    }

    /// Whether a call of a plan that is not kept leaves it less than those that are.
    fn stays_aside(&self, plan: u64, time: Ms, most: usize) -> bool {
        let total = self.aside.total(plan).unwrap_or_default() + time;
        self.plans.len() >= most && self.plans.iter().all(|plan| plan.counted.total() >= total)
    }

    fn set_aside(&mut self, place: usize) {
        let plan = self.plans.remove(place);
        self.aside.add(plan.key, plan.counts(), COUNTED_PLANS);
    }
}

impl PlanGroup {
    fn bytes(&self) -> usize {
        const REST: usize = 256;
        self.slowest.text.len() + self.counted.quantiles.bytes() + REST
    }
}

impl Groups {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    pub(super) fn has(&self, statement: u64) -> bool {
        self.statements.contains_key(&statement)
    }

    /// Whether a statement is only counted, and a call more leaves it so: what it took is still less than what made
    /// room.
    pub(super) fn stays_aside(&self, statement: u64, time: Ms) -> bool {
        self.aside.total(statement).is_some_and(|total| total + time <= self.floor)
    }

    /// A statement that may be new, or is kept again.
    pub(super) fn meet(&mut self, statement: u64, text: String) {
        if self.has(statement) {
            return;
        }
        self.since.new += 1;
        self.since.bytes += text.len();
        let counts = self.aside.take(statement);
        let mut group = Group {
            text,
            counted: counts.map(Counted::of).unwrap_or_default(),
            days: BTreeMap::new(),
            id: Known::Nothing,
            plans: Vec::new(),
            aside: Aside::default(),
        };
        if let Some(Counts { tally, max, planned }) = counts {
            group.days.insert(None, (tally, max));
            group.aside.add_unknown(Counts { tally: planned, max, planned });
        }
        self.statements.insert(statement, group);
    }

    /// Counts a call of a statement on a day.
    pub(super) fn count(&mut self, statement: u64, counts: Counts, date: Option<Date>) {
        let time = counts.tally.total;
        match self.statements.get_mut(&statement) {
            Some(group) => {
                group.counted.add(time);
                let (tally, max) = group.days.entry(date).or_default();
                tally.add(counts.tally);
                *max = max.max(time);
            }
            None => self.aside.add(statement, counts, self.bounds.counted),
        }
        self.since.calls += 1;
        self.make_room();
    }

    pub(super) fn identify(&mut self, statement: u64, id: Option<i64>) {
        let (Some(id), Some(group)) = (id, self.statements.get_mut(&statement)) else { return };
        group.id = match group.id {
            Known::Nothing => Known::One(id),
            Known::One(other) if other == id => Known::One(id),
            _ => Known::Several,
        };
    }

    /// Counts a call by a plan that is known and was slower once, or that is only counted; says whether it is.
    pub(super) fn count_known(&mut self, statement: u64, plan: u64, time: Ms) -> bool {
        let most = self.bounds.plans;
        let Some(group) = self.statements.get_mut(&statement) else { return false };
        if let Some(kept) = group.plans.iter_mut().find(|kept| kept.key == plan) {
            let was_slower = time <= kept.slowest.time;
            if was_slower {
                kept.counted.add(time);
            }
            return was_slower;
        }
        let stays_aside = group.stays_aside(plan, time, most);
        if stays_aside {
            group.aside.add(plan, Counts::planned(time), COUNTED_PLANS);
        }
        stays_aside
    }

    /// Counts a call by a plan that may be new, with its text and place. It is kept where there is room, or where it
    /// took more than another one.
    pub(super) fn count_plan(&mut self, statement: u64, fingerprint: &str, slowest: Slowest) {
        let (key, most) = (plan_key(fingerprint), self.bounds.plans);
        let Some(group) = self.statements.get_mut(&statement) else { return };
        let (time, bytes) = (slowest.time, slowest.text.len());
        if let Some(kept) = group.plans.iter_mut().find(|kept| kept.key == key) {
            kept.counted.add(time);
            if time > kept.slowest.time {
                kept.slowest = slowest;
                self.since.bytes += bytes;
            }
            return;
        }
        if group.stays_aside(key, time, most) {
            return group.aside.add(key, Counts::planned(time), COUNTED_PLANS);
        }
        if let Some(least) = group.least().filter(|_| group.plans.len() >= most) {
            group.set_aside(least);
        }
        let mut counted = group.aside.take(key).map(Counted::of).unwrap_or_default();
        counted.add(time);
        group.plans.push(PlanGroup { fingerprint: fingerprint.into(), key, counted, slowest });
        self.since.new += 1;
        self.since.bytes += bytes;
    }

    /// What was only counted; none where all was kept.
    pub(super) fn beyond(&self) -> Option<Beyond> {
        let ((statements, is_exact), Counts { tally, .. }) = (self.aside.many(), self.aside.sum());
        let statements = (statements > 0).then_some(Others { statements, tally });
        let mut plans = Tally::default();
        self.statements.values().for_each(|group| plans.add(group.aside.sum().tally));
        let is_any = statements.is_some() || plans.calls > 0;
        is_any.then_some(Beyond { statements, is_exact, plans, bounds: self.bounds })
    }

    /// The statements; those that took most come first.
    pub(super) fn sorted(self) -> Vec<Group> {
        let mut groups: Vec<Group> =
            self.statements.into_values().filter(|group| group.counted.tally.calls > 0).collect();
        let total = |group: &Group| group.counted.total().0;
        groups.sort_by(|left, right| total(right).total_cmp(&total(left)).then_with(|| left.text.cmp(&right.text)));
        groups
    }

    /// Where there is too much, what took least is only counted from now on.
    pub(super) fn make_room(&mut self) {
        if self.statements.len() > self.bounds.statements {
            self.drop_statements();
        }
        let Since { calls, new, bytes } = self.since;
        if calls < CALLS && new < NEW && bytes < self.bounds.bytes / 8 {
            return;
        }
        self.since = Since::default();
        let bytes: usize = self.statements.values().map(Group::bytes).sum();
        if bytes > self.bounds.bytes {
            self.drop_bytes(bytes - self.bounds.bytes / 4 * 3);
        }
    }

    /// The half that took least goes.
    fn drop_statements(&mut self) {
        let mut by_total: Vec<(f64, u64)> =
            self.statements.iter().map(|(statement, group)| (group.counted.total().0, *statement)).collect();
        by_total.sort_by(|left, right| left.0.total_cmp(&right.0));
        by_total.truncate(by_total.len() / 2);
        for (total, statement) in by_total {
            self.floor = self.floor.max(Ms(total));
            self.drop_statement(statement);
        }
    }

    /// Plans and statements that took least go, until so many bytes are free. A statement took at least as much as each
    /// of its plans, so that these go first.
    fn drop_bytes(&mut self, excess: usize) {
        let mut all: Vec<(f64, Option<u64>, u64)> = Vec::new();
        for (statement, group) in &self.statements {
            let plans = group.plans.iter();
            all.extend(plans.map(|plan| (plan.counted.total().0, Some(plan.key), *statement)));
            all.push((group.counted.total().0, None, *statement));
        }
        all.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.is_none().cmp(&right.1.is_none())));
        // What took most is kept, however large it is.
        all.truncate(all.len().saturating_sub(2));
        let mut freed = 0;
        for (_, plan, statement) in all {
            if freed >= excess {
                return;
            }
            freed += match plan {
                Some(plan) => self.drop_plan(statement, plan),
                None => self.drop_statement(statement),
            };
        }
    }

    /// Says how many bytes are free now.
    fn drop_plan(&mut self, statement: u64, plan: u64) -> usize {
        let Some(group) = self.statements.get_mut(&statement) else { return 0 };
        let Some(place) = group.plans.iter().position(|kept| kept.key == plan) else { return 0 };
        let bytes = group.plans[place].bytes();
        group.set_aside(place);
        bytes
    }

    /// Says how many bytes are free now.
    fn drop_statement(&mut self, statement: u64) -> usize {
        let Some(group) = self.statements.remove(&statement) else { return 0 };
        if group.counted.tally.calls > 0 {
            self.aside.add(statement, group.counts(), self.bounds.counted);
        }
        group.bytes()
    }
}

/// The number of a plan's shape.
pub(super) fn plan_key(fingerprint: &str) -> u64 {
    hash([fingerprint.as_bytes()])
}

/// Adds to those that are not listed.
pub(super) fn merge(others: &mut Option<Others>, more: Others) {
    let sum = others.get_or_insert(Others { statements: 0, tally: Tally::default() });
    sum.statements += more.statements;
    sum.tally.add(more.tally);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slowest(text: &str, time: Ms) -> Slowest {
        Slowest { text: text.into(), time, place: Place { file: 0, line: 1, time: String::new() } }
    }

    /// Whatever comes, what is held stays below the bounds and what is new between two looks.
    #[test]
    fn what_is_held_stays_within_the_bounds() {
        let bounds = Bounds { statements: 100, bytes: 1 << 20, plans: 4, counted: 200 };
        let mut groups = Groups::new(bounds);
        let (text, mut most) = ("x".repeat(8_000), 0);
        for call in 0..20_000_u64 {
            let (statement, time) = (call * 7_919 % 1_000, Ms((call % 97) as f64));
            groups.meet(statement, format!("select {statement}"));
            groups.count_plan(statement, &(call % 11).to_string(), slowest(&text, time));
            groups.count(statement, Counts::planned(time), None);
            assert!(groups.statements.len() <= bounds.statements);
            assert!(groups.aside.many().0 <= 20_000);
            most = most.max(groups.statements.values().map(Group::bytes).sum::<usize>());
        }
        assert!(most <= bounds.bytes + bounds.bytes / 4, "{most}");
        assert!(groups.aside.bytes() < 200 * 128);
        let kept: u64 = groups.statements.values().map(|group| group.counted.tally.calls).sum();
        assert_eq!(kept + groups.aside.sum().tally.calls, 20_000);
    }
}
