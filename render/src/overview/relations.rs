//! What counters and definitions say of tables, keys and indexes.

use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::capture::ForeignKey;
use perf_look_analyzers::postgres::overview::{Duplicate, FEW_BLOCKS, Scan, Stale, Unused, WhyStale, WhyUnused};
use perf_look_analyzers::quantity::{Quantity, grouped};

use super::{Below, Head, Row, Section, named, number, word};
use crate::layout::short;

pub(super) fn scans(overview: &Overview) -> Section {
    const HEADS: &[Head] = &[
        word("table"),
        number("size"),
        number("scans"),
        number("rows a scan"),
        number("of table"),
        number("of all so read"),
    ];
    let section = Section::of("tables that are scanned whole", HEADS, &overview.scans, scan);
    explained(
        section,
        &[
            "rows that sequential scans read; a report of all rows needs them, a look-up of few rows needs an index instead",
            "each process of a parallel scan counts as a scan",
        ],
    )
}

fn scan(scan: &Scan) -> Row {
    let table = &scan.table;
    let part = scan.part.map_or("not known".to_owned(), |part| Quantity::Share(part).to_string());
    let cells = vec![
        named(&table.schema, &table.name),
        Quantity::Bytes(table.bytes).to_string(),
        short(table.scans),
        short(scan.rows_a_scan),
        part,
        Quantity::Share(scan.share).to_string(),
    ];
    Row { cells, below: Vec::new() }
}

pub(super) fn keys(overview: &Overview) -> Section {
    const HEADS: &[Head] = &[
        word("table"),
        word("columns"),
        word("leads to"),
        number("size"),
        number("deleted there"),
        number("updated there"),
    ];
    let section = Section::of("foreign keys without an index", HEADS, &overview.keys, key);
    let small = grouped(FEW_BLOCKS);
    explained(
        section,
        &[
            "each row that is deleted there, or whose key is changed, has all of this table read to look for rows that lead to it",
            &format!("tables of fewer than {small} blocks are left out"),
        ],
    )
}

fn key(key: &ForeignKey) -> Row {
    let cells = vec![
        named(&key.schema, &key.table),
        key.columns.join(", "),
        without_public(&key.references),
        Quantity::Bytes(key.bytes).to_string(),
        short(key.deleted),
        short(key.updated),
    ];
    Row { cells, below: vec![Below::Sql(key.sql())] }
}

pub(super) fn stale(overview: &Overview) -> Section {
    const HEADS: &[Head] =
        &[word("table"), number("rows"), number("changed"), number("autovacuum at"), word("analysed (UTC)")];
    let section = Section::of("tables with old statistics", HEADS, &overview.stale, old);
    explained(section, &["the planner counts on what ANALYZE saw; rows changed since then it does not know"])
}

fn old(stale: &Stale) -> Row {
    let table = &stale.table;
    let analysed = match (stale.why, &table.analysed) {
        (_, Some(when)) => when.clone(),
        (WhyStale::Never, None) => "never, as far as is known".to_owned(),
        (WhyStale::Changed, None) => "not known".to_owned(),
    };
    let at = if table.autovacuum { short(table.analyze_at) } else { "off".to_owned() };
    let cells = vec![named(&table.schema, &table.name), short(table.live), short(table.modified), at, analysed];
    Row { cells, below: vec![Below::Sql(stale.sql())] }
}

pub(super) fn unused(overview: &Overview) -> Section {
    const HEADS: &[Head] = &[word("index"), word("table"), number("size"), word("why")];
    let section = Section::of("unused indexes", HEADS, &overview.unused, idle);
    explained(
        section,
        &[
            "each write keeps them up to date; primary keys and unique indexes are not listed, since they keep a promise",
            "standbys count on their own: an index that is needed there only looks unused here",
        ],
    )
}

fn idle(unused: &Unused) -> Row {
    let index = &unused.index;
    let serves = match index.foreign_keys.as_slice() {
        [] => String::new(),
        keys => format!("; but deletes look for {} by it", keys.join(", ")),
    };
    let why = match unused.why {
        WhyUnused::NeverScanned => format!("never scanned{serves}"),
        WhyUnused::Invalid => "not built to its end".to_owned(),
    };
    let cells =
        vec![index.name.clone(), named(&index.schema, &index.table), Quantity::Bytes(index.bytes).to_string(), why];
    Row { cells, below: vec![Below::Sql(unused.sql())] }
}

pub(super) fn duplicates(overview: &Overview) -> Section {
    const HEADS: &[Head] = &[word("index"), word("table"), number("size"), number("scans")];
    Section::of("duplicate indexes", HEADS, &overview.duplicates, duplicate)
}

fn duplicate(duplicate: &Duplicate) -> Row {
    let index = &duplicate.index;
    let how = if duplicate.is_same() { "has the same keys" } else { "begins with its keys and finds the same rows" };
    let by = &duplicate.by;
    let cells = vec![
        index.name.clone(),
        named(&index.schema, &index.table),
        Quantity::Bytes(index.bytes).to_string(),
        short(index.scans),
    ];
    let words = format!("{} ({}) {how}", by.name, by.keys.join(", "));
    Row { cells, below: vec![Below::Words(words), Below::Sql(duplicate.sql())] }
}

fn without_public(name: &str) -> String {
    name.strip_prefix("public.").unwrap_or(name).to_owned()
}

/// Sentences are for tables that have rows.
fn explained(section: Section, sentences: &[&str]) -> Section {
    if section.rows.is_empty() {
        return section;
    }
    sentences.iter().fold(section, |section, sentence| section.lead(*sentence))
}
