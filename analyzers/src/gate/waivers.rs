//! What is tolerated for a while: of which target, up to which value, why, and until when.
//!
//! A waiver is a table `[[waiver]]` of `waivers.toml`, or a comment in the SQL of a statement:
//! `-- perf-look: allow(D4) until=2027-01-31 reason="why it has to be" owner=team`. It never hides anything: what it
//! covers stays in every report, and a waiver that ran out or that nothing needs is reported itself.

mod entry;
mod error;
mod file;
mod inline;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use globset::GlobMatcher;
pub use time::Date;

pub use entry::{Waiver, reason};
pub use error::{Problem, WaiverError};
pub use inline::Statement;

/// How long before its end a waiver is reported, in days.
const SOON: i64 = 14;

/// What waivers are read against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The day of the run.
    pub today: Date,
    /// How many days ahead a waiver may end.
    pub longest: u16,
}

impl Terms {
    /// The terms of this day, with the longest that a waiver may last.
    pub const fn on(today: Date) -> Self {
        Self { today, longest: 180 }
    }

    /// The last day of a waiver, written as 2027-01-31. The error says what is wrong with it.
    pub fn expires(self, text: &str) -> Result<Date, Problem> {
        let expires = entry::expires(text, self)?;
        if expires < self.today { Err(Problem::Past(expires)) } else { Ok(expires) }
    }
}

/// All waivers of a run, and which of them were needed.
#[derive(Debug, Clone)]
pub struct Waivers {
    terms: Terms,
    kept: Vec<Kept>,
}

#[derive(Debug, Clone)]
struct Kept {
    waiver: Waiver,
    scope: Scope,
    used: Cell<Use>,
}

#[derive(Debug, Clone)]
enum Scope {
    Glob(GlobMatcher),
    /// The statement that the comment stands in.
    Target(String),
}

/// What became of a waiver in a run, the more telling the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Nothing,
    /// It was asked, and did not cover.
    Refused,
    Covered,
}

/// What the waivers say to one finding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer<'w> {
    /// It is tolerated.
    Waived(&'w Waiver),
    /// There is a waiver, which ran out.
    Expired(&'w Waiver),
    /// There is a waiver, for less than this.
    AboveCeiling(&'w Waiver),
    /// There is none.
    None,
}

/// What is to be said of a waiver itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Notice<'w> {
    /// Which one.
    pub waiver: &'w Waiver,
    /// What of it.
    pub kind: NoticeKind,
}

/// What can be said of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// It ended, so many days ago.
    Expired(i64),
    /// It ends in so many days.
    ExpiresSoon(i64),
    /// Nothing in the run needed it.
    Unused,
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Waiver { id, expires, .. } = self.waiver;
        write!(f, "waiver {} ", crate::safe::line(id))?;
        match self.kind {
            NoticeKind::Expired(days) => {
                write!(f, "expired on {expires}, {} ago: mend what it covers, or renew it", count(days))
            }
            NoticeKind::ExpiresSoon(0) => f.write_str("expires today: mend what it covers, or renew it"),
            NoticeKind::ExpiresSoon(days) => {
                write!(f, "expires on {expires}, in {}: mend what it covers, or renew it", count(days))
            }
            NoticeKind::Unused => f.write_str("covers nothing in this run: remove it"),
        }
    }
}

fn count(days: i64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

impl Waivers {
    /// No waivers yet.
    pub fn none(terms: Terms) -> Self {
        Self { terms, kept: Vec::new() }
    }

    /// Adds those of a file; with anything wrong none of them.
    pub fn add_file(&mut self, source: &str, text: &str) -> Result<(), Vec<WaiverError>> {
        let read = file::read(source, text, self.terms);
        self.add(read)
    }

    /// Adds those in the comments of a statement; with anything wrong none of them.
    pub fn add_statement(&mut self, statement: Statement<'_>) -> Result<(), Vec<WaiverError>> {
        let read = inline::read(statement, self.terms);
        self.add(read)
    }

    fn add(&mut self, (read, mut errors): (Vec<(Waiver, Scope)>, Vec<WaiverError>)) -> Result<(), Vec<WaiverError>> {
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        for Kept { waiver, .. } in &self.kept {
            ids.insert(waiver.id.clone(), waiver.place());
        }
        for (waiver, _) in &read {
            match ids.get(&waiver.id) {
                Some(first) => errors.push(waiver.error(Problem::Duplicate(waiver.id.clone(), first.clone()))),
                None => drop(ids.insert(waiver.id.clone(), waiver.place())),
            }
        }
        errors.sort_by_key(|error| (error.line, error.column));
        if !errors.is_empty() {
            return Err(errors);
        }
        let kept = read.into_iter().map(|(waiver, scope)| Kept { waiver, scope, used: Cell::new(Use::Nothing) });
        self.kept.extend(kept);
        Ok(())
    }

    /// The waiver that tolerates this value of a rule or metric, if any does; it counts as used then.
    pub fn covers(&self, target: &str, rule_or_metric: &str, value: f64) -> Option<&Waiver> {
        match self.answer(target, rule_or_metric, value) {
            Answer::Waived(waiver) => Some(waiver),
            Answer::Expired(_) | Answer::AboveCeiling(_) | Answer::None => None,
        }
    }

    /// The same, with why not. Of several the first that covers counts, else the first that would have.
    pub fn answer(&self, target: &str, rule_or_metric: &str, value: f64) -> Answer<'_> {
        let mut answer = Answer::None;
        for kept in self.kept.iter().filter(|kept| kept.is_about(target, rule_or_metric)) {
            let one = kept.answer(value, self.terms.today);
            let covered = matches!(one, Answer::Waived(_));
            kept.used.set(kept.used.get().max(if covered { Use::Covered } else { Use::Refused }));
            if covered {
                return one;
            }
            if answer == Answer::None {
                answer = one;
            }
        }
        answer
    }

    /// What is to be said of the waivers themselves once all findings were asked for, in their order.
    pub fn notices(&self) -> Vec<Notice<'_>> {
        self.kept.iter().filter_map(|kept| kept.notice(self.terms.today)).collect()
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Waiver> {
        self.kept.iter().map(|kept| &kept.waiver)
    }
}

impl Kept {
    fn is_about(&self, target: &str, rule_or_metric: &str) -> bool {
        let targets = match &self.scope {
            Scope::Glob(glob) => glob.is_match(target),
            Scope::Target(only) => only == target,
        };
        targets && self.waiver.of.name() == rule_or_metric
    }

    fn answer(&self, value: f64, today: Date) -> Answer<'_> {
        if self.waiver.expires < today {
            Answer::Expired(&self.waiver)
        } else if self.waiver.ceiling.is_some_and(|ceiling| value.is_nan() || value > ceiling) {
            Answer::AboveCeiling(&self.waiver)
        } else {
            Answer::Waived(&self.waiver)
        }
    }

    fn notice(&self, today: Date) -> Option<Notice<'_>> {
        let left = (self.waiver.expires - today).whole_days();
        let kind = match self.used.get() {
            _ if left < 0 => NoticeKind::Expired(-left),
            Use::Nothing => NoticeKind::Unused,
            // One that was asked and refused is not unused: the finding that it did not cover names it.
            Use::Refused | Use::Covered if left <= SOON => NoticeKind::ExpiresSoon(left),
            Use::Refused | Use::Covered => return None,
        };
        Some(Notice { waiver: &self.waiver, kind })
    }
}

#[cfg(test)]
mod tests;
