//! Statements as `pg_stat_statements` stores them: what has to be changed so that the server plans them again, and where
//! values for their parameters can be had from.

use std::collections::{BTreeMap, BTreeSet};

use super::clauses::{Token, TokenKind, tokens};
use super::expression::{self, How};
use super::plan::{Plan, PlanNode};

/// What a statement does, by its first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A query. It may still write: in a CTE, by a function.
    Query,
    /// `INSERT`, `UPDATE`, `DELETE`, `MERGE`: has a plan, and is not run.
    Change,
    /// `VACUUM`, `CREATE INDEX`, `COMMIT`, …: has no plan.
    Utility,
}

impl Kind {
    /// Tells it from the text.
    pub fn of(text: &str) -> Self {
        let mut words = words(text);
        let first = words.find(|word| *word != "(").map(str::to_ascii_lowercase).unwrap_or_default();
        match first.as_str() {
            "select" | "with" | "values" | "table" => Self::Query,
            "insert" | "update" | "delete" | "merge" => Self::Change,
            // `PREPARE q AS SELECT …` is stored for each EXECUTE.
            "prepare" => after_prepare(text).map_or(Self::Utility, Self::of),
            _ => Self::Utility,
        }
    }
}

/// The pieces that mean something.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let meant = |token: &Token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment);
    tokens(text).into_iter().filter(meant).map(|token| &text[token.range])
}

/// The statement behind `PREPARE name (types) AS`.
fn after_prepare(text: &str) -> Option<&str> {
    let as_word = |token: &&Token| text[token.range.clone()].eq_ignore_ascii_case("as");
    let mut words = words(text);
    if !words.next()?.eq_ignore_ascii_case("prepare") {
        return None;
    }
    let tokens = tokens(text);
    let end = tokens.iter().find(as_word)?.range.end;
    Some(text[end..].trim())
}

/// The texts to try, one after the other: as it is stored; so that constants with a type before them are casts; and so that
/// the results of CASE are numbers too, which is what sums are made of.
pub fn preparable(text: &str) -> Vec<String> {
    let bare = after_prepare(text).unwrap_or(text).trim().trim_end_matches(';').to_owned();
    let cast = with_casts(&bare);
    let counted = with_numbers(&cast);
    let mut texts = vec![bare, cast, counted];
    texts.dedup();
    texts
}

/// Types whose name before a constant makes it one of theirs: `date '2024-01-01'`.
const TYPES: &[&str] = &[
    "bigint",
    "bit",
    "bool",
    "boolean",
    "box",
    "bytea",
    "char",
    "cidr",
    "date",
    "decimal",
    "float",
    "float4",
    "float8",
    "inet",
    "int",
    "int2",
    "int4",
    "int8",
    "integer",
    "interval",
    "json",
    "jsonb",
    "macaddr",
    "money",
    "numeric",
    "oid",
    "point",
    "real",
    "regclass",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "uuid",
    "varchar",
    "xml",
];

/// What may stand between a type and its constant: `timestamp with time zone`, `double precision`.
const REST_OF_A_TYPE: &[&str] = &["with", "without", "time", "zone", "precision", "varying"];

/// What may stand behind the constant of an interval.
const FIELDS: &[&str] = &["year", "month", "day", "hour", "minute", "second"];

/// `date $1` is `CAST($1 AS date)`, and `extract($1 FROM d)` takes a field that any date has.
fn with_casts(text: &str) -> String {
    let tokens = tokens(text);
    let word = |place: usize| tokens.get(place).map(|token| text[token.range.clone()].to_ascii_lowercase());
    let mut cast = String::with_capacity(text.len() + 32);
    let mut place = 0;
    while place < tokens.len() {
        if let Some((type_name, parameter, end)) = typed_constant(&tokens, place, &word) {
            cast.extend(["CAST(", &parameter, " AS ", &type_name, ")"]);
            place = end;
        } else {
            let is_field = tokens[place].kind == TokenKind::Parameter && is_field_of_extract(text, &tokens, place);
            cast.push_str(if is_field { "day" } else { &text[tokens[place].range.clone()] });
            place += 1;
        }
    }
    renumbered(&cast)
}

/// `THEN $1` gives a number.
fn with_numbers(text: &str) -> String {
    let tokens = tokens(text);
    let mut before = "";
    let mut numbered = String::with_capacity(text.len() + 32);
    for token in tokens {
        let piece = &text[token.range.clone()];
        let is_result = before.eq_ignore_ascii_case("then") || before.eq_ignore_ascii_case("else");
        if token.kind == TokenKind::Parameter && is_result {
            numbered.extend(["CAST(", piece, " AS numeric)"]);
        } else {
            numbered.push_str(piece);
        }
        if !matches!(token.kind, TokenKind::Space | TokenKind::Comment) {
            before = piece;
        }
    }
    numbered
}

/// Parameters without gaps in their numbers, as the server wants them.
fn renumbered(text: &str) -> String {
    let known: Vec<usize> = parameters(text).into_iter().collect();
    let pieces = tokens(text).into_iter().map(|token| {
        let piece = &text[token.range];
        let place = number(piece).and_then(|number| known.iter().position(|it| *it == number));
        place.map_or_else(|| piece.to_owned(), |place| format!("${}", place + 1))
    });
    pieces.collect()
}

/// A type, its parameter, and the place behind both.
fn typed_constant(
    tokens: &[Token],
    place: usize,
    word: &impl Fn(usize) -> Option<String>,
) -> Option<(String, String, usize)> {
    let first = word(place)?;
    let is_double = first == "double";
    if !(TYPES.contains(&first.as_str()) || is_double)
        || place > 0 && word(place - 1).is_some_and(|it| it == "." || it == "::")
    {
        return None;
    }
    let mut name = vec![first.clone()];
    let mut at = place + 1;
    loop {
        let token = tokens.get(at)?;
        let text = word(at)?;
        match token.kind {
            TokenKind::Space | TokenKind::Comment => at += 1,
            TokenKind::Parameter if text.starts_with('$') => {
                let (field, end) = field_behind(tokens, at + 1, word).filter(|_| first == "interval").unzip();
                name.extend(field);
                return Some((name.join(" "), text, end.unwrap_or(at + 1)));
            }
            _ if REST_OF_A_TYPE.contains(&text.as_str()) => {
                name.push(text);
                at += 1;
            }
            _ => return None,
        }
    }
}

fn field_behind(tokens: &[Token], place: usize, word: &impl Fn(usize) -> Option<String>) -> Option<(String, usize)> {
    let is_space = |at: usize| tokens.get(at).is_some_and(|token| token.kind == TokenKind::Space);
    let at = if is_space(place) { place + 1 } else { place };
    let field = word(at).filter(|field| FIELDS.contains(&field.as_str()))?;
    Some((field, at + 1))
}

/// Whether the parameter stands where `EXTRACT(field FROM source)` has its field.
fn is_field_of_extract(text: &str, tokens: &[Token], place: usize) -> bool {
    let meant = |token: &&Token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment);
    let is =
        |token: Option<&Token>, word: &str| token.is_some_and(|it| text[it.range.clone()].eq_ignore_ascii_case(word));
    let mut before = tokens[..place].iter().rev().filter(meant);
    let behind = tokens[place + 1..].iter().find(meant);
    is(before.next(), "(") && is(before.next(), "extract") && is(behind, "from")
}

/// The numbers of the parameters in a text.
pub fn parameters(text: &str) -> BTreeSet<usize> {
    let parameters = tokens(text).into_iter().filter(|token| token.kind == TokenKind::Parameter);
    parameters.filter_map(|token| number(&text[token.range])).collect()
}

fn number(parameter: &str) -> Option<usize> {
    parameter.strip_prefix('$')?.parse().ok()
}

/// What says how many rows are wanted or passed over, which no plan prints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// `LIMIT $1`.
    pub limit: BTreeSet<usize>,
    /// `OFFSET $2`.
    pub offset: BTreeSet<usize>,
}

/// The parameters of LIMIT and OFFSET.
pub fn limits(text: &str) -> Limits {
    let words: Vec<&str> = words(text).collect();
    let mut limits = Limits::default();
    for pair in words.windows(2) {
        let Some(number) = number(pair[1]) else { continue };
        match pair[0].to_ascii_lowercase().as_str() {
            "limit" => limits.limit.insert(number),
            "offset" => limits.offset.insert(number),
            _ => continue,
        };
    }
    limits
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// The schema, as the catalogue has it.
    pub schema: String,
    /// The table.
    pub relation: String,
    /// The column.
    pub name: String,
}

/// How a parameter bounds a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Equal to it, or one of several.
    Equal,
    /// The column is greater.
    Lower,
    /// The column is less.
    Upper,
}

/// The column that each parameter is compared with, by the number of the parameter: of `=`, `= ANY`, `<` and the like, where
/// one side is the column itself. From a generic plan with EXPLAIN's VERBOSE, which names all columns.
pub fn compared(plan: &Plan) -> BTreeMap<usize, (Column, Bound)> {
    let mut found = BTreeMap::new();
    for node in plan.nodes() {
        let conditions = ["Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter", "TID Cond"];
        for text in conditions.iter().filter_map(|name| node.text(name)) {
            of_condition(plan, node, text, &mut found);
        }
    }
    found
}

fn of_condition(plan: &Plan, node: &PlanNode, text: &str, found: &mut BTreeMap<usize, (Column, Bound)>) {
    // A bitmap's conditions are those of the table above it.
    let table =
        std::iter::successors(Some(node), |node| Some(plan.node(node.parent?))).find(|node| node.relation.is_some());
    let Some((table, schema, relation)) =
        table.and_then(|table| Some((table, table.schema.as_deref()?, table.relation.as_deref()?)))
    else {
        return;
    };
    for compared in expression::read(text, table.alias.as_deref()).compared {
        let is_plain = !compared.is_expression && matches!(compared.how, How::Equal | How::Range);
        if !is_plain || is_reckoned(compared.text) {
            continue;
        }
        let bound = bound(compared.text);
        for parameter in parameters(compared.text) {
            let column =
                Column { schema: schema.to_owned(), relation: relation.to_owned(), name: unquoted(&compared.column) };
            found.entry(parameter).or_insert((column, bound));
        }
    }
}

/// Whether the parameter is part of a calculation: `(now() - $1)` is no value of the column.
fn is_reckoned(text: &str) -> bool {
    [" + ", " - ", " * ", " / ", " % ", " || "].iter().any(|operator| text.contains(operator))
        || text.match_indices('(').any(|(at, _)| {
            let name = text[..at].trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_' || c == '"'));
            name.len() == at && !name.is_empty()
        })
}

/// Postgres prints the column on the left.
fn bound(text: &str) -> Bound {
    match text {
        text if text.contains(" > ") || text.contains(" >= ") => Bound::Lower,
        text if text.contains(" < ") || text.contains(" <= ") => Bound::Upper,
        _ => Bound::Equal,
    }
}

fn unquoted(name: &str) -> String {
    let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    quoted.map_or_else(|| name.to_owned(), |name| name.replace("\"\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::parse::parse;

    #[track_caller]
    fn casts(stored: &str, expected: &str) {
        assert_eq!(preparable(stored).last().map(String::as_str), Some(expected));
    }

    #[test]
    fn a_type_before_a_parameter_becomes_a_cast() {
        casts("select * from o where d >= date $1", "select * from o where d >= CAST($1 AS date)");
        casts(
            "select $1::date, o.date, date $2 + interval $3 month",
            "select $1::date, o.date, CAST($2 AS date) + CAST($3 AS interval month)",
        );
        casts("select timestamp with time zone $1", "select CAST($1 AS timestamp with time zone)");
        casts("select double precision $1", "select CAST($1 AS double precision)");
        casts("select extract($1 from d), substring(a from $2)", "select extract(day from d), substring(a from $1)");
        casts(
            "select sum(case when a = $1 then $2 else $3 end)",
            "select sum(case when a = $1 then CAST($2 AS numeric) else CAST($3 AS numeric) end)",
        );
        casts("select 'date $1', date(d), \"date\" from t", "select 'date $1', date(d), \"date\" from t");
    }

    #[test]
    fn what_was_prepared_is_the_statement_behind_it() {
        casts("PREPARE q (int) AS select * from o where id = $1;", "select * from o where id = $1");
        assert_eq!(Kind::of("prepare q as delete from o"), Kind::Change);
    }

    #[test]
    fn the_first_word_tells_what_a_statement_does() {
        assert_eq!(Kind::of("/* app:x */ -- y\n ((SELECT 1))"), Kind::Query);
        assert_eq!(Kind::of("Update t set a = $1"), Kind::Change);
        assert_eq!(Kind::of("vacuum analyze"), Kind::Utility);
        assert_eq!(Kind::of(""), Kind::Utility);
    }

    #[test]
    fn limits_are_told_from_the_text() {
        let limits = limits("select $1 from t limit $2 offset $3");
        assert_eq!((limits.limit, limits.offset), (BTreeSet::from([2]), BTreeSet::from([3])));
        assert_eq!(parameters("select '$9', $1 from t limit $2"), BTreeSet::from([1, 2]));
    }

    #[test]
    fn a_parameter_is_compared_with_the_column_that_its_condition_names() {
        let plan = "Hash Join  (cost=0.00..1.00 rows=1 width=4)\n  Hash Cond: (o.customer = c.id)\n\
            \x20 ->  Index Scan using o_date on shop.orders o  (cost=0.00..1.00 rows=1 width=4)\n\
            \x20       Index Cond: ((o.created >= $1) AND (o.created < $2))\n\
            \x20       Filter: ((lower(o.note) = $3) AND (o.id = ANY (ARRAY[$4, $5])) AND (o.note ~~ $7) AND (o.due > (now() - $8)) AND (o.kind = upper($9)))\n\
            \x20 ->  Hash  (cost=0.00..1.00 rows=1 width=4)\n\
            \x20       ->  Seq Scan on shop.customer c  (cost=0.00..1.00 rows=1 width=4)\n\
            \x20             Filter: (c.\"Odd\" = $6)\n";
        let plans = parse(plan).unwrap().plans;
        let found: Vec<String> = compared(&plans[0])
            .into_iter()
            .map(|(number, (column, bound))| format!("{number} {}.{} {bound:?}", column.relation, column.name))
            .collect();
        assert_eq!(
            found,
            [
                "1 orders.created Lower",
                "2 orders.created Upper",
                "4 orders.id Equal",
                "5 orders.id Equal",
                "6 customer.Odd Equal"
            ]
        );
    }
}
