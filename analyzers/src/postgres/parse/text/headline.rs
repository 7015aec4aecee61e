//! The line that names a node: `Parallel Index Scan using i on public.t a  (cost=…) (actual …)`.

use std::borrow::Cow;

use super::Properties;
use super::scan::{identifier, number, pairs};
use crate::postgres::plan::Value;

/// What the children of a node are to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inputs {
    /// An outer one, and an inner one where there are two.
    Plain,
    /// Grouped rows: as [`Inputs::Plain`], and its keys can be grouping sets.
    Aggregate,
    /// Rows to write: as [`Inputs::Plain`], and it can name several targets.
    Written,
    /// Any number of equal ones.
    Members,
    /// A query in FROM.
    Subquery,
}

impl Inputs {
    /// Postgres' word for the child of that number, from 1.
    pub(super) fn relationship(self, child: u32) -> &'static str {
        match (self, child) {
            (Self::Members, _) => "Member",
            (Self::Subquery, _) => "Subquery",
            (Self::Written, _) | (_, 1) => "Outer",
            (_, 2) => "Inner",
            _ => "Member",
        }
    }
}

/// Whether this can be the line of a node, also without an arrow: it has a node's numbers, or a known name.
pub(super) fn is_one(line: &str) -> bool {
    let (name, numbers) = split_numbers(line);
    !name.is_empty() && (!numbers.is_empty() || node(strip_prefixes(name).0, &mut Vec::new()).is_some())
}

/// Whether the line has the numbers that EXPLAIN prints behind a node's name.
pub(super) fn has_numbers(line: &str) -> bool {
    let (name, numbers) = split_numbers(line);
    !name.is_empty() && !numbers.is_empty()
}

/// The node's properties. A name that is not known is the node's type as a whole.
pub(super) fn read<'t>(line: &'t str, into: &mut Properties<'t>) -> Inputs {
    let (name, numbers) = split_numbers(line);
    let (plain, prefixes) = strip_prefixes(name);
    into.extend(prefixes.map(|property| (property, Value::Bool(true))));
    let before = into.len();
    let inputs = node(plain, into).unwrap_or_else(|| {
        into.truncate(before);
        into.push(("Node Type", Value::Text(plain.into())));
        Inputs::Plain
    });
    read_numbers(numbers, into);
    inputs
}

/// The name, and the parentheses with numbers behind it.
fn split_numbers(line: &str) -> (&str, &str) {
    let line = line.trim_ascii_end();
    let mut name = line;
    for _ in 0..2 {
        let Some(open) = name.ends_with(')').then(|| name.rfind('(')).flatten() else { break };
        let inside = &name[open + 1..];
        if !["cost=", "actual ", "never executed)"].iter().any(|word| inside.starts_with(word)) {
            break;
        }
        name = name[..open].trim_ascii_end();
    }
    (name, line[name.len()..].trim_start())
}

fn read_numbers<'t>(numbers: &'t str, into: &mut Properties<'t>) {
    for part in numbers.split('(') {
        let part = part.trim_end().trim_end_matches(')');
        if let Some(actual) = part.strip_prefix("actual ") {
            self::actual(actual, into);
        } else if part == "never executed" {
            into.push(("Actual Rows", Value::Integer(0)));
            into.push(("Actual Loops", Value::Integer(0)));
        } else {
            for (name, value) in pairs(part) {
                match name {
                    "cost" => range(value, "Startup Cost", "Total Cost", into),
                    "rows" => into.extend(number(value).map(|rows| ("Plan Rows", rows))),
                    "width" => into.extend(number(value).map(|width| ("Plan Width", width))),
                    _ => {}
                }
            }
        }
    }
}

/// `time=0.1..0.2 rows=3 loops=1`.
pub(super) fn actual<'t>(text: &'t str, into: &mut Properties<'t>) {
    for (name, value) in pairs(text) {
        match name {
            "time" => range(value, "Actual Startup Time", "Actual Total Time", into),
            "rows" => into.extend(number(value).map(|rows| ("Actual Rows", rows))),
            "loops" => into.extend(number(value).map(|loops| ("Actual Loops", loops))),
            _ => {}
        }
    }
}

fn range<'t>(text: &'t str, first: &'static str, second: &'static str, into: &mut Properties<'t>) {
    let Some((from, to)) = text.split_once("..") else { return };
    // Postgres' own tests mask numbers (`N..N`): then the plan has none.
    if let (Some(from), Some(to)) = (number(from), number(to)) {
        into.push((first, from));
        into.push((second, to));
    }
}

/// `Parallel` and `Async` before a name.
fn strip_prefixes(name: &str) -> (&str, impl Iterator<Item = &'static str> + use<>) {
    let (name, parallel) = strip_prefix(name, "Parallel ", "Parallel Aware");
    let (name, asynchronous) = strip_prefix(name, "Async ", "Async Capable");
    (name, parallel.into_iter().chain(asynchronous))
}

fn strip_prefix<'t>(name: &'t str, word: &str, property: &'static str) -> (&'t str, Option<&'static str>) {
    match name.strip_prefix(word) {
        Some(rest) if !rest.is_empty() => (rest, Some(property)),
        _ => (name, None),
    }
}

/// A node that Postgres has: its type and what it works on. None where the name or its target is something else.
fn node<'t>(name: &'t str, into: &mut Properties<'t>) -> Option<Inputs> {
    if let Some(custom) = name.strip_prefix("Custom Scan (") {
        return self::custom(custom, into);
    }
    let (words, using, on) = split_target(name);
    if using.is_some() && !words.starts_with("Index ") {
        return None;
    }
    match words {
        "Seq Scan" | "Sample Scan" | "Tid Scan" | "Tid Range Scan" | "Bitmap Heap Scan" | "Foreign Scan" => {
            node_type(words, into);
            target(on, "Relation Name", into)?;
        }
        "Index Scan" | "Index Only Scan" | "Index Scan Backward" | "Index Only Scan Backward" => {
            index_scan(words, using?, into)?;
            target(Some(on?), "Relation Name", into)?;
        }
        "Bitmap Index Scan" => {
            node_type(words, into);
            index(on?, into)?;
        }
        "Function Scan" => scan(words, on, "Function Name", into)?,
        "Table Function Scan" => scan(words, on, "Table Function Name", into)?,
        "CTE Scan" | "WorkTable Scan" => scan(words, on, "CTE Name", into)?,
        "Named Tuplestore Scan" => scan(words, on, "Tuplestore Name", into)?,
        "Values Scan" => scan(words, on, "Alias", into)?,
        "Subquery Scan" => {
            scan(words, on, "Alias", into)?;
            return Some(Inputs::Subquery);
        }
        "Insert" | "Update" | "Delete" | "Merge" => {
            node_type("ModifyTable", into);
            into.push(("Operation", Value::Text(words.into())));
            target(on, "Relation Name", into)?;
            return Some(Inputs::Written);
        }
        "Foreign Insert" | "Foreign Update" | "Foreign Delete" => {
            node_type("Foreign Scan", into);
            into.push(("Operation", Value::Text(words["Foreign ".len()..].into())));
            target(on, "Relation Name", into)?;
        }
        _ if on.is_none() => return bare(words, into),
        _ => return None,
    }
    Some(Inputs::Plain)
}

/// A node that reads nothing but its inputs.
fn bare<'t>(words: &'t str, into: &mut Properties<'t>) -> Option<Inputs> {
    match words {
        "Append" | "Merge Append" | "BitmapAnd" | "BitmapOr" => {
            node_type(words, into);
            return Some(Inputs::Members);
        }
        "Gather" | "Gather Merge" | "Group" | "Hash" | "Incremental Sort" | "Limit" | "LockRows" | "Materialize"
        | "Memoize" | "ProjectSet" | "Recursive Union" | "Result" | "Sort" | "Unique" | "WindowAgg" => {
            node_type(words, into);
        }
        _ if words.starts_with("SetOp") || words.starts_with("HashSetOp") => set_operation(words, into),
        // PostgreSQL 8 printed the alias of a query in FROM right behind the type.
        _ if words.starts_with("Subquery Scan ") => {
            node_type("Subquery Scan", into);
            let (alias, rest) = identifier(&words["Subquery Scan ".len()..])?;
            into.push(("Alias", Value::Text(alias.into())));
            return rest.is_empty().then_some(Inputs::Subquery);
        }
        _ => return aggregate(words, into).or_else(|| join(words, into)),
    }
    Some(Inputs::Plain)
}

fn node_type<'t>(name: &'t str, into: &mut Properties<'t>) {
    into.push(("Node Type", Value::Text(name.into())));
}

/// The type, what stands behind ` using `, and what stands behind ` on `. Types have neither word, and no quotes.
fn split_target(name: &str) -> (&str, Option<&str>, Option<&str>) {
    for (blank, _) in name.bytes().enumerate().filter(|(_, byte)| *byte == b' ') {
        let behind = &name[blank + 1..];
        if let Some(on) = behind.strip_prefix("on ") {
            return (&name[..blank], None, Some(on));
        }
        if let Some(using) = behind.strip_prefix("using ") {
            let on = identifier(using).and_then(|(_, rest)| rest.strip_prefix(" on "));
            return (&name[..blank], Some(using), on);
        }
    }
    (name, None, None)
}

fn index_scan<'t>(words: &'t str, using: &'t str, into: &mut Properties<'t>) -> Option<()> {
    let forward = words.strip_suffix(" Backward");
    node_type(forward.unwrap_or(words), into);
    if forward.is_some() {
        into.push(("Scan Direction", Value::Text("Backward".into())));
    }
    let (name, _) = identifier(using)?;
    into.push(("Index Name", Value::Text(name.into())));
    Some(())
}

fn index<'t>(text: &'t str, into: &mut Properties<'t>) -> Option<()> {
    let (name, rest) = identifier(text)?;
    into.push(("Index Name", Value::Text(name.into())));
    rest.is_empty().then_some(())
}

fn scan<'t>(words: &'t str, on: Option<&'t str>, named: &'static str, into: &mut Properties<'t>) -> Option<()> {
    node_type(words, into);
    target(on, named, into)
}

/// `public.t a`: schema, name, alias. Postgres leaves an alias out that is the name.
pub(super) fn target<'t>(on: Option<&'t str>, named: &'static str, into: &mut Properties<'t>) -> Option<()> {
    let Some(on) = on else { return Some(()) };
    let (mut name, mut rest) = identifier(on)?;
    let mut schema = None;
    if let Some(behind) = rest.strip_prefix('.') {
        schema = Some(name);
        (name, rest) = identifier(behind)?;
    }
    let mut alias: Cow<'_, str> = name.clone();
    if let Some(behind) = rest.strip_prefix(' ') {
        (alias, rest) = identifier(behind.trim_start())?;
    }
    if named != "Alias" {
        into.push((named, Value::Text(name.into())));
    }
    into.extend(schema.map(|schema| ("Schema", Value::Text(schema.into()))));
    into.push(("Alias", Value::Text(alias.into())));
    rest.is_empty().then_some(())
}

/// `Custom Scan (ChunkAppend) on t`, without its beginning.
fn custom<'t>(text: &'t str, into: &mut Properties<'t>) -> Option<Inputs> {
    let (provider, rest) = text.split_once(')')?;
    node_type("Custom Scan", into);
    into.push(("Custom Plan Provider", Value::Text(provider.into())));
    if !rest.is_empty() {
        target(Some(rest.strip_prefix(" on ")?), "Relation Name", into)?;
    }
    Some(Inputs::Members)
}

fn aggregate<'t>(words: &'t str, into: &mut Properties<'t>) -> Option<Inputs> {
    let (mode, name) = match words.split_once(' ') {
        Some((mode @ ("Partial" | "Finalize"), name)) => (Some(mode), name),
        _ => (None, words),
    };
    let strategy = match name {
        "Aggregate" => "Plain",
        "GroupAggregate" => "Sorted",
        "HashAggregate" => "Hashed",
        "MixedAggregate" => "Mixed",
        _ => return None,
    };
    node_type("Aggregate", into);
    into.push(("Strategy", Value::Text(strategy.into())));
    into.extend(mode.map(|mode| ("Partial Mode", Value::Text(mode.into()))));
    Some(Inputs::Aggregate)
}

/// `Nested Loop`, `Nested Loop Left Join`, `Hash Join`, `Merge Right Anti Join`.
fn join<'t>(words: &'t str, into: &mut Properties<'t>) -> Option<Inputs> {
    let (name, kind) = if words == "Nested Loop" {
        ("Nested Loop", "Inner")
    } else if let Some(rest) = words.strip_prefix("Nested Loop ") {
        ("Nested Loop", rest.strip_suffix(" Join")?)
    } else {
        let (method, name) = [("Hash", "Hash Join"), ("Merge", "Merge Join")]
            .into_iter()
            .find(|(method, _)| words.strip_prefix(method).is_some_and(|rest| rest.starts_with(' ')))?;
        match words[method.len()..].strip_suffix(" Join")?.trim() {
            "" => (name, "Inner"),
            kind => (name, kind),
        }
    };
    if !matches!(kind, "Inner" | "Left" | "Full" | "Right" | "Semi" | "Anti" | "Right Semi" | "Right Anti") {
        return None;
    }
    node_type(name, into);
    into.push(("Join Type", Value::Text(kind.into())));
    Some(Inputs::Plain)
}

/// `SetOp Except`, `HashSetOp Intersect All`.
fn set_operation<'t>(words: &'t str, into: &mut Properties<'t>) {
    let (strategy, rest) = match words.strip_prefix("Hash") {
        Some(rest) => ("Hashed", rest),
        None => ("Sorted", words),
    };
    node_type("SetOp", into);
    into.push(("Strategy", Value::Text(strategy.into())));
    let command = rest["SetOp".len()..].trim();
    if !command.is_empty() {
        into.push(("Command", Value::Text(command.into())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The properties of a headline, as `Name=value` with a bar between them.
    fn said(line: &str) -> String {
        let mut found = Vec::new();
        read(line, &mut found);
        let shown = |value: &Value| match value {
            Value::Text(text) => text.to_string(),
            Value::Bool(_) => "yes".to_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Decimal(number) => format!("{number:?}"),
            other => format!("{other:?}"),
        };
        found.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_headline_is_said_in_the_words_of_json() {
        let cases = [
            ("Result", "Node Type=Result"),
            ("Aggregate", "Node Type=Aggregate | Strategy=Plain"),
            ("Finalize GroupAggregate", "Node Type=Aggregate | Strategy=Sorted | Partial Mode=Finalize"),
            ("Partial HashAggregate", "Node Type=Aggregate | Strategy=Hashed | Partial Mode=Partial"),
            ("MixedAggregate", "Node Type=Aggregate | Strategy=Mixed"),
            ("Nested Loop", "Node Type=Nested Loop | Join Type=Inner"),
            ("Nested Loop Left Join", "Node Type=Nested Loop | Join Type=Left"),
            ("Parallel Hash Right Anti Join", "Parallel Aware=yes | Node Type=Hash Join | Join Type=Right Anti"),
            ("Merge Join", "Node Type=Merge Join | Join Type=Inner"),
            ("Hash", "Node Type=Hash"),
            ("HashSetOp Intersect All", "Node Type=SetOp | Strategy=Hashed | Command=Intersect All"),
            ("SetOp Except", "Node Type=SetOp | Strategy=Sorted | Command=Except"),
            ("Seq Scan on t", "Node Type=Seq Scan | Relation Name=t | Alias=t"),
            ("Seq Scan on public.t a", "Node Type=Seq Scan | Relation Name=t | Schema=public | Alias=a"),
            (
                "Index Scan Backward using i on public.t a",
                "Node Type=Index Scan | Scan Direction=Backward | Index Name=i | Relation Name=t | Schema=public | Alias=a",
            ),
            ("Bitmap Index Scan on i", "Node Type=Bitmap Index Scan | Index Name=i"),
            ("Merge on t", "Node Type=ModifyTable | Operation=Merge | Relation Name=t | Alias=t"),
            ("Foreign Update on t", "Node Type=Foreign Scan | Operation=Update | Relation Name=t | Alias=t"),
            ("Async Foreign Scan on t", "Async Capable=yes | Node Type=Foreign Scan | Relation Name=t | Alias=t"),
            ("Foreign Scan", "Node Type=Foreign Scan"),
            (
                "Parallel Custom Scan (ChunkAppend) on t",
                "Parallel Aware=yes | Node Type=Custom Scan | Custom Plan Provider=ChunkAppend | Relation Name=t | Alias=t",
            ),
            ("Custom Scan (Citus Adaptive)", "Node Type=Custom Scan | Custom Plan Provider=Citus Adaptive"),
            ("CTE Scan on x", "Node Type=CTE Scan | CTE Name=x | Alias=x"),
            ("WorkTable Scan on tree t", "Node Type=WorkTable Scan | CTE Name=tree | Alias=t"),
            ("Values Scan on \"*VALUES*\"", "Node Type=Values Scan | Alias=*VALUES*"),
            ("Subquery Scan on \"*SELECT* 1\"", "Node Type=Subquery Scan | Alias=*SELECT* 1"),
            ("Subquery Scan poly", "Node Type=Subquery Scan | Alias=poly"),
            (
                "Function Scan on pg_catalog.generate_series g",
                "Node Type=Function Scan | Function Name=generate_series | Schema=pg_catalog | Alias=g",
            ),
            (
                "Table Function Scan on \"xmltable\" x",
                "Node Type=Table Function Scan | Table Function Name=xmltable | Alias=x",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(said(line), expected, "{line}");
        }
    }

    #[test]
    fn names_in_quotes_may_hold_the_words_of_the_grammar() {
        let cases = [
            ("Seq Scan on \"a on b\"", "Relation Name=a on b | Alias=a on b"),
            ("Seq Scan on \"S 1\".\"T.1\" \"(actual x)\"", "Relation Name=T.1 | Schema=S 1 | Alias=(actual x)"),
            ("Seq Scan on t \"\"\"\"", "Relation Name=t | Alias=\""),
            ("Seq Scan on t \"a\nb\"", "Relation Name=t | Alias=a\nb"),
        ];
        for (line, expected) in cases {
            assert_eq!(said(line), format!("Node Type=Seq Scan | {expected}"), "{line}");
        }
        assert_eq!(
            said("Index Scan using \"i on x using y\" on t"),
            "Node Type=Index Scan | Index Name=i on x using y | Relation Name=t | Alias=t"
        );
    }

    #[test]
    fn numbers_stay_as_they_are_printed() {
        let cases = [
            (
                "Result  (cost=0.00..1.50 rows=2 width=4) (actual time=0.1..0.25 rows=3.00 loops=4)",
                "Startup Cost=0.0 | Total Cost=1.5 | Plan Rows=2 | Plan Width=4 | Actual Startup Time=0.1 \
                 | Actual Total Time=0.25 | Actual Rows=3.0 | Actual Loops=4",
            ),
            ("Result (actual rows=3 loops=1)", "Actual Rows=3 | Actual Loops=1"),
            ("Result  (never executed)", "Actual Rows=0 | Actual Loops=0"),
            ("Result  (cost=N.N..N.N rows=N width=N)", ""),
            ("Result  (cost=xxx rows=100 width=xxx)", "Plan Rows=100"),
        ];
        for (line, expected) in cases {
            let said = said(line);
            assert_eq!(said.strip_prefix("Node Type=Result").unwrap().trim_start_matches(" | "), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_node_of_postgres_is_kept_as_a_whole() {
        for line in ["Shred on t", "Index Scan using i", "Seq Scan on a b c", "Hash Sideways Join", "Task"] {
            assert_eq!(said(line), format!("Node Type={line}"));
        }
        assert!(!is_one("Shred on t"));
        assert!(is_one("Shred on t  (cost=0.00..1.00 rows=1 width=1)"));
    }
}
