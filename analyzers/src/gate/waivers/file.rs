//! `waivers.toml`: a table `[[waiver]]` each.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::entry::{self, Waived, Waiver};
use super::error::{Problem, WaiverError, line_and_column};
use super::{Scope, Terms};

const KEYS: &[&str] = &["ceiling", "expires", "id", "issue", "metric", "owner", "reason", "rule", "target"];

/// The waivers of a text that are right, and what is wrong with the others.
pub(super) fn read(source: &str, text: &str, terms: Terms) -> (Vec<(Waiver, Scope)>, Vec<WaiverError>) {
    let mut reader = Reader { source, text, terms, errors: Vec::new() };
    let waivers = match DeTable::parse(text) {
        Ok(table) => reader.document(table.get_ref()),
        Err(error) => {
            reader.wrong(&error.span().unwrap_or(0..0), Problem::Syntax(error.message().to_owned()));
            Vec::new()
        }
    };
    (waivers, reader.errors)
}

struct Reader<'t> {
    source: &'t str,
    text: &'t str,
    terms: Terms,
    errors: Vec<WaiverError>,
}

/// It is wrong, and is among the errors.
struct Told;

/// A table with where it stands.
struct Entry<'e, 't> {
    table: &'e DeTable<'t>,
    at: Range<usize>,
}

impl<'e, 't> Entry<'e, 't> {
    fn value(&self, key: &str) -> Option<&'e Spanned<DeValue<'t>>> {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }
}

impl Reader<'_> {
    fn wrong(&mut self, at: &Range<usize>, problem: Problem) {
        let (line, column) = line_and_column(self.text, at.start);
        self.errors.push(WaiverError { source: self.source.to_owned(), line, column, problem });
    }

    /// The value, or what is wrong with it.
    fn right<T>(&mut self, at: &Range<usize>, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.wrong(at, problem)).ok()
    }

    fn document(&mut self, table: &DeTable<'_>) -> Vec<(Waiver, Scope)> {
        let mut waivers = Vec::new();
        for (key, value) in table {
            if key.get_ref() != "waiver" {
                self.wrong(&key.span(), Problem::unknown(key.get_ref(), &["waiver"]));
                continue;
            }
            let DeValue::Array(entries) = value.get_ref() else {
                self.wrong(&key.span(), wrong_type("waiver", value, "tables, each beginning with [[waiver]]"));
                continue;
            };
            waivers.extend(entries.iter().filter_map(|entry| self.entry(entry)));
        }
        waivers
    }

    fn entry(&mut self, entry: &Spanned<DeValue<'_>>) -> Option<(Waiver, Scope)> {
        let DeValue::Table(table) = entry.get_ref() else {
            self.wrong(&entry.span(), wrong_type("waiver", entry, "a table that begins with [[waiver]]"));
            return None;
        };
        let entry = Entry { table, at: entry.span() };
        for key in table.keys().filter(|key| !KEYS.contains(&key.get_ref().as_ref())) {
            self.wrong(&key.span(), Problem::unknown(key.get_ref(), KEYS));
        }
        self.waiver(&entry)
    }

    fn waiver(&mut self, entry: &Entry<'_, '_>) -> Option<(Waiver, Scope)> {
        // All are read before one can be missing, so that all that is wrong is said at once.
        let id = self.needed(entry, "id", "id = \"report-spills\"");
        let of = self.subject(entry);
        let target = self.needed(entry, "target", "target = \"reports/*.sql#monthly\"");
        let glob = target.as_ref().and_then(|(target, at)| self.right(at, entry::glob(target)));
        let reason = self.needed(entry, "reason", "reason = \"the index is built on Sunday\"");
        let reason = reason.and_then(|(reason, at)| self.right(&at, entry::reason(&reason)));
        let expires = self.expires(entry);
        let ceiling = self.ceiling(entry);
        let owner = self.text(entry, "owner");
        let issue = self.text(entry, "issue");
        let (line, column) = line_and_column(self.text, entry.at.start);
        let waiver = Waiver {
            id: id?.0,
            of: of?,
            target: target?.0,
            ceiling: ceiling.ok()?,
            reason: reason?,
            owner: owner.map(|(owner, _)| owner),
            expires: expires?,
            issue: issue.map(|(issue, _)| issue),
            source: self.source.to_owned(),
            line,
            column,
        };
        Some((waiver, Scope::Glob(glob?)))
    }

    /// A text that has to be there.
    fn needed(
        &mut self,
        entry: &Entry<'_, '_>,
        key: &'static str,
        example: &'static str,
    ) -> Option<(String, Range<usize>)> {
        if entry.value(key).is_none() {
            self.wrong(&entry.at, Problem::Missing(key, example));
        }
        self.text(entry, key)
    }

    /// A text, if it is there.
    fn text(&mut self, entry: &Entry<'_, '_>, key: &'static str) -> Option<(String, Range<usize>)> {
        let value = entry.value(key)?;
        let at = value.span();
        let read = match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => Err(Problem::Empty(key)),
            DeValue::String(text) => Ok(text.clone().into_owned()),
            _ => Err(wrong_type(key, value, "a text in quotes")),
        };
        self.right(&at, read).map(|text| (text, at))
    }

    fn subject(&mut self, entry: &Entry<'_, '_>) -> Option<Waived> {
        match (entry.value("rule"), entry.value("metric")) {
            (Some(_), None) => self.text(entry, "rule").map(|(name, _)| Waived::Rule(name)),
            (None, Some(_)) => self.text(entry, "metric").map(|(name, _)| Waived::Metric(name)),
            (None, None) => {
                self.wrong(&entry.at, Problem::NotOneSubject);
                None
            }
            (Some(_), Some(metric)) => {
                self.wrong(&metric.span(), Problem::NotOneSubject);
                None
            }
        }
    }

    /// A day of TOML, or a text that is one.
    fn expires(&mut self, entry: &Entry<'_, '_>) -> Option<time::Date> {
        let Some(value) = entry.value("expires") else {
            self.wrong(&entry.at, Problem::Missing("expires", "expires = 2027-01-31"));
            return None;
        };
        let read = match value.get_ref() {
            DeValue::String(text) => entry::expires(text, self.terms),
            DeValue::Datetime(moment) => entry::expires(&moment.to_string(), self.terms),
            _ => Err(wrong_type("expires", value, "a day as 2027-01-31")),
        };
        self.right(&value.span(), read)
    }

    fn ceiling(&mut self, entry: &Entry<'_, '_>) -> Result<Option<f64>, Told> {
        let Some(value) = entry.value("ceiling") else { return Ok(None) };
        let read = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => ceiling(number.as_str()),
            DeValue::Float(number) => ceiling(number.as_str()),
            _ => Err(wrong_type("ceiling", value, "a number")),
        };
        self.right(&value.span(), read).map(Some).ok_or(Told)
    }
}

fn ceiling(digits: &str) -> Result<f64, Problem> {
    let number = digits.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| Problem::BadCeiling(digits.to_owned()))
}

fn wrong_type(key: &'static str, value: &Spanned<DeValue<'_>>, expected: &'static str) -> Problem {
    Problem::WrongType { key, found: format!("of type {}", value.get_ref().type_str()), expected }
}
