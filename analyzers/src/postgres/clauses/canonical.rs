//! Expressions in one form, so that what a person wrote and what Postgres printed of it can be compared: without casts,
//! needless parentheses and qualifiers, with operands in one order. The form is a hash; nobody reads it.

mod parser;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use self::parser::Parser;
use super::tokens::Lexeme;

/// Parentheses deeper than this are read as unknown.
const DEEPEST: u32 = 64;

/// An expression in its one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Equal for equal expressions.
    pub(super) key: u64,
    /// Equal for expressions that differ in their constants only.
    pub(super) shape: u64,
    /// Holds no column.
    is_constant: bool,
    /// Holds a constant that Postgres may print otherwise: a parameter, a call, a date, a subquery.
    pub(super) is_soft: bool,
}

/// A column in an expression: hashes of its qualifier and of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) qualifier: Option<u64>,
    pub(super) name: u64,
}

/// One of the conditions that AND joins.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Where it is, in lexemes.
    pub(super) place: Range<usize>,
    pub(super) form: Form,
    pub(super) columns: Vec<Column>,
    /// Of `x IN (SELECT …)` the form of `x` and the parenthesis.
    pub(super) membership: Option<(Form, usize)>,
    /// Of `x [NOT] IN (SELECT …)` and `[NOT] EXISTS (…)` what is left where Postgres plans the query apart:
    /// `(NOT (hashed SubPlan 1))`.
    pub(super) tested: Option<Form>,
}

pub(super) fn hash(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// The form of one expression, and its columns; none where it is not understood.
pub(super) fn form(lexemes: &[Lexeme<'_>], place: Range<usize>) -> Option<(Form, Vec<Column>)> {
    let mut parser = Parser::new(lexemes, place);
    let form = parser.expression(0)?;
    (parser.at == parser.end).then_some((form, parser.columns))
}

/// The conditions that AND joins; those that are not understood are left out.
pub(super) fn parts(lexemes: &[Lexeme<'_>], place: Range<usize>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open = vec![(place, 0)];
    while let Some((place, depth)) = open.pop() {
        let pieces = pieces(lexemes, &place);
        if pieces.len() == 1 && !is_wrapped(lexemes, &place) || depth == DEEPEST {
            part(lexemes, place, &mut parts);
        } else if pieces.len() == 1 {
            open.push((place.start + 1..place.end - 1, depth + 1));
        } else {
            open.extend(pieces.into_iter().rev().map(|piece| (piece, depth + 1)));
        }
    }
    parts
}

/// Whether parentheses stand around all of it, and not around a query.
fn is_wrapped(lexemes: &[Lexeme<'_>], place: &Range<usize>) -> bool {
    place.len() > 2
        && lexemes[place.start].is("(")
        && lexemes[place.start].mate == Some(place.end - 1)
        && !opens_query(lexemes, place.start)
}

/// Cut at each AND outside of parentheses; whole where there is an OR.
fn pieces(lexemes: &[Lexeme<'_>], place: &Range<usize>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut at, mut betweens, mut cases) = (place.start, place.start, 0_u32, 0_u32);
    while at < place.end {
        let lexeme = &lexemes[at];
        if lexeme.is_word("CASE") {
            cases += 1;
        } else if lexeme.is_word("END") {
            cases = cases.saturating_sub(1);
        } else if cases > 0 {
        } else if lexeme.is_word("OR") {
            return vec![place.clone()];
        } else if lexeme.is_word("BETWEEN") {
            betweens += 1;
        } else if lexeme.is_word("AND") && betweens > 0 {
            betweens -= 1;
        } else if lexeme.is_word("AND") {
            pieces.push(start..at);
            start = at + 1;
        }
        at = lexeme.mate.map_or(at, |mate| mate.min(place.end)) + 1;
    }
    pieces.push(start..place.end);
    pieces
}

fn part(lexemes: &[Lexeme<'_>], place: Range<usize>, parts: &mut Vec<Part>) {
    let mut parser = Parser::new(lexemes, place.clone());
    let Some(form) = parser.expression(0).filter(|_| parser.at == parser.end) else { return };
    let columns = parser.columns;
    // Those within an OR say nothing of the whole.
    let halves = parser.halves.filter(|halves| form.key == unordered("AND", halves).key);
    let tests = [parser.membership.map(|(left, _)| ordered("ANY", &[left, subquery()])), Some(exists())];
    let tests = tests.into_iter().flatten();
    let tested = tests.fold(None, |tested, test| match form.key {
        key if key == test.key => Some(subquery()),
        key if key == ordered("NOT", &[test]).key => Some(ordered("NOT", &[subquery()])),
        _ => tested,
    });
    let membership = parser.membership.filter(|(left, _)| form.key == ordered("ANY", &[*left, subquery()]).key);
    // A BETWEEN is two comparisons to Postgres.
    for form in halves.into_iter().flatten() {
        parts.push(Part { place: place.clone(), form, columns: columns.clone(), membership: None, tested: None });
    }
    parts.push(Part { place, form, columns, membership, tested });
}

/// Whether the parenthesis at this place opens a query: `(SELECT …)`, `((SELECT …) UNION …)`, not `((SELECT …) = 1)`.
pub(super) fn opens_query(lexemes: &[Lexeme<'_>], open: usize) -> bool {
    const STARTS: &[&str] = &["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE", "TABLE"];
    const BEHIND: &[&str] = &["UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH"];
    for at in open..open + MOST_DOUBLED {
        if !lexemes.get(at).is_some_and(|lexeme| lexeme.is("(")) {
            return false;
        }
        let Some(next) = lexemes.get(at + 1) else { return false };
        if STARTS.iter().any(|start| next.is_word(start)) {
            return true;
        }
        let behind = next.mate.and_then(|mate| lexemes.get(mate + 1));
        if behind.is_some_and(|behind| !behind.is(")") && !BEHIND.iter().any(|word| behind.is_word(word))) {
            return false;
        }
    }
    false
}

/// Nobody doubles the parentheses around a query more often.
const MOST_DOUBLED: usize = 8;

/// The form of `left = right`.
pub(super) fn equal(left: Form, right: Form) -> Form {
    commutative("=", left, right)
}

fn commutative(operator: &str, left: Form, right: Form) -> Form {
    let keys = [left.key.min(right.key), left.key.max(right.key)];
    let shapes = [left.shape.min(right.shape), left.shape.max(right.shape)];
    Form { key: hash((operator, keys)), ..ordered_shape(hash((operator, shapes)), &[left, right]) }
}

fn ordered(operator: &str, operands: &[Form]) -> Form {
    let keys: Vec<u64> = operands.iter().map(|form| form.key).collect();
    let shapes: Vec<u64> = operands.iter().map(|form| form.shape).collect();
    Form { key: hash((operator, keys)), ..ordered_shape(hash((operator, shapes)), operands) }
}

fn ordered_shape(shape: u64, operands: &[Form]) -> Form {
    let is_constant = operands.iter().all(|form| form.is_constant);
    let is_soft = is_constant || operands.iter().any(|form| form.is_soft);
    Form { key: 0, shape: if is_constant { hash("?") } else { shape }, is_constant, is_soft }
}

fn unordered(operator: &str, operands: &[Form]) -> Form {
    let mut sorted = operands.to_vec();
    sorted.sort_by_key(|form| form.key);
    let mut shapes: Vec<u64> = operands.iter().map(|form| form.shape).collect();
    shapes.sort_unstable();
    let keys: Vec<u64> = sorted.iter().map(|form| form.key).collect();
    Form { key: hash((operator, keys)), ..ordered_shape(hash((operator, shapes)), operands) }
}

/// A constant that is what it says, or one that Postgres computes.
fn constant(value: &str, is_soft: bool) -> Form {
    Form { key: hash(("constant", value)), shape: hash("?"), is_constant: true, is_soft }
}

fn subquery() -> Form {
    constant("(query)", true)
}

fn exists() -> Form {
    ordered("EXISTS", &[subquery()])
}

/// `'20'`, `20` and `20.0` are one constant, and so are a day and its midnight.
fn literal(text: &str) -> Form {
    let bare = text.trim();
    if let Ok(number) = bare.parse::<f64>()
        && bare.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
    {
        return constant(&format!("{number}"), false);
    }
    let is_date = bare.len() >= 10 && bare.as_bytes()[..4].iter().all(u8::is_ascii_digit) && bare.as_bytes()[4] == b'-';
    if is_date {
        let day = bare.trim_end_matches("+00").trim_end_matches(" 00:00:00");
        return constant(day, true);
    }
    constant(text, false)
}

/// What stands between the quotes.
fn unquoted(text: &str) -> String {
    let start = text.find('\'').map_or(0, |at| at + 1);
    let end = text.rfind('\'').filter(|end| *end >= start).unwrap_or(text.len());
    text[start..end].replace("''", "'")
}
