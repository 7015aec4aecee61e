//! Waivers in the comments of a statement.

use std::ops::Range;

use super::entry::{self, Waived, Waiver};
use super::error::{Problem, WaiverError, line_and_column};
use super::{Scope, Terms};
use crate::postgres::clauses::{TokenKind, tokens};

const KEYS: &[&str] = &["until", "reason", "owner"];

/// What a comment begins with that is meant for us.
const MARK: &str = "perf-look:";

/// A statement, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'t> {
    /// The target that it is.
    pub target: &'t str,
    /// Its file.
    pub source: &'t str,
    /// The line of the file that it begins in, from 1.
    pub first_line: usize,
    /// Its SQL.
    pub sql: &'t str,
}

/// The waivers of a statement that are right, and what is wrong with the others.
pub(super) fn read(statement: Statement<'_>, terms: Terms) -> (Vec<(Waiver, Scope)>, Vec<WaiverError>) {
    let (mut waivers, mut errors) = (Vec::new(), Vec::new());
    for token in tokens(statement.sql).into_iter().filter(|token| token.kind == TokenKind::Comment) {
        let Some(at) = marked(statement.sql, &token.range) else { continue };
        let comment = Comment { statement, terms, begin: token.range.start, end: token.range.end };
        match comment.waivers(at) {
            Ok(more) => waivers.extend(more.into_iter().map(|waiver| (waiver, scope(statement)))),
            Err((at, problem)) => {
                let (line, column) = comment.place(at);
                errors.push(WaiverError { source: statement.source.to_owned(), line, column, problem });
            }
        }
    }
    (waivers, errors)
}

fn scope(statement: Statement<'_>) -> Scope {
    Scope::Target(statement.target.to_owned())
}

/// Where the text behind the mark begins, in a comment of one line that has it.
fn marked(sql: &str, comment: &Range<usize>) -> Option<usize> {
    let text = sql.get(comment.clone())?.strip_prefix("--")?;
    let rest = text.trim_start().strip_prefix(MARK)?;
    Some(comment.end - rest.len())
}

/// A mistake with its place in the statement, in bytes.
type Mistake = (usize, Problem);

struct Comment<'t> {
    statement: Statement<'t>,
    terms: Terms,
    begin: usize,
    end: usize,
}

/// `key=value`, with the place of each.
struct Pair<'t> {
    key: &'t str,
    key_at: usize,
    value: &'t str,
    value_at: usize,
}

impl<'t> Comment<'t> {
    fn place(&self, at: usize) -> (usize, usize) {
        let (line, column) = line_and_column(self.statement.sql, at);
        (line + self.statement.first_line.saturating_sub(1), column)
    }

    fn rest(&self, at: usize) -> &'t str {
        self.statement.sql.get(at..self.end).unwrap_or_default()
    }

    /// One for each rule that is allowed.
    fn waivers(&self, at: usize) -> Result<Vec<Waiver>, Mistake> {
        let (rules, at) = self.rules(at)?;
        let pairs = self.pairs(at)?;
        let find = |key: &str| pairs.iter().find(|pair| pair.key == key);
        let needed = |key, example| find(key).ok_or((self.begin, Problem::Missing(key, example)));
        let until = needed("until", "until=2027-01-31")?;
        let expires = entry::expires(until.value, self.terms).map_err(|problem| (until.value_at, problem))?;
        let reason = needed("reason", "reason=\"the index is built on Sunday\"")?;
        let text = entry::reason(reason.value).map_err(|problem| (reason.value_at, problem))?;
        let owner = find("owner").map(|pair| pair.value.to_owned());
        let (line, column) = self.place(self.begin);
        let waiver = |rule: &str| Waiver {
            id: format!("{}:{line} {rule}", self.statement.source),
            of: Waived::Rule(rule.to_owned()),
            target: self.statement.target.to_owned(),
            ceiling: None,
            reason: text.clone(),
            owner: owner.clone(),
            expires,
            issue: None,
            source: self.statement.source.to_owned(),
            line,
            column,
        };
        Ok(rules.into_iter().map(waiver).collect())
    }

    /// `allow(D4, db/sort-spill)`, and where it ends.
    fn rules(&self, at: usize) -> Result<(Vec<&'t str>, usize), Mistake> {
        let form = || Problem::Syntax(FORM.to_owned());
        let text = self.rest(at);
        let start = self.end - text.trim_start().len();
        let inner = text.trim_start().strip_prefix("allow(").ok_or_else(|| (start, form()))?;
        let (names, _) = inner.split_once(')').ok_or_else(|| (start, form()))?;
        let rules: Vec<&str> = names.split(',').map(str::trim).collect();
        if rules.iter().any(|rule| rule.is_empty()) {
            return Err((start, Problem::Empty("allow()")));
        }
        Ok((rules, start + "allow(".len() + names.len() + 1))
    }

    fn pairs(&self, mut at: usize) -> Result<Vec<Pair<'t>>, Mistake> {
        let mut pairs: Vec<Pair<'t>> = Vec::new();
        loop {
            let rest = self.rest(at).trim_start();
            if rest.is_empty() {
                return Ok(pairs);
            }
            let (pair, end) = pair(rest, self.end - rest.len())?;
            if !KEYS.contains(&pair.key) {
                return Err((pair.key_at, Problem::unknown(pair.key, KEYS)));
            }
            if pairs.iter().any(|other| other.key == pair.key) {
                return Err((pair.key_at, Problem::Twice(pair.key.to_owned())));
            }
            pairs.push(pair);
            at = end;
        }
    }
}

const FORM: &str = "expected allow(RULE) until=2027-01-31 reason=\"why\" owner=name";

/// The pair that the text begins with, and where it ends; `at` is where the text stands.
fn pair(text: &str, at: usize) -> Result<(Pair<'_>, usize), Mistake> {
    let Some((key, rest)) = text.split_once('=') else { return Err((at, Problem::Syntax(FORM.to_owned()))) };
    let value_at = at + key.len() + 1;
    let (value, end) = if let Some(quoted) = rest.strip_prefix('"') {
        let closed = quoted.split_once('"').ok_or((value_at, Problem::Syntax("this quote is not closed".to_owned())));
        let (value, _) = closed?;
        (value, value_at + value.len() + 2)
    } else {
        let value = rest.split(char::is_whitespace).next().unwrap_or_default();
        (value, value_at + value.len())
    };
    if value.trim().is_empty() {
        return Err((value_at, Problem::Empty("a value")));
    }
    Ok((Pair { key: key.trim_end(), key_at: at, value, value_at }, end))
}
