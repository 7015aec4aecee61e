//! What counters and definitions say of tables, keys and indexes.

use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::capture::ForeignKey;
use perf_look_analyzers::postgres::overview::words::{self, named, without_public};
use perf_look_analyzers::postgres::overview::{Duplicate, Scan, Stale, Unused};
use perf_look_analyzers::quantity::Quantity;

use super::{Below, Head, Row, Section, number, word};
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
    explained(section, words::SCANS)
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
    explained(section, &words::of_keys())
}

fn key(key: &ForeignKey) -> Row {
    let cells = vec![
        named(&key.schema, &key.table),
        key.columns.join(", "),
        without_public(&key.references).to_owned(),
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
    explained(section, words::STALE)
}

fn old(stale: &Stale) -> Row {
    let table = &stale.table;
    let at = if table.autovacuum { short(table.analyze_at) } else { "off".to_owned() };
    let cells = vec![named(&table.schema, &table.name), short(table.live), short(table.modified), at, stale.analysed()];
    Row { cells, below: vec![Below::Sql(stale.sql())] }
}

pub(super) fn unused(overview: &Overview) -> Section {
    const HEADS: &[Head] = &[word("index"), word("table"), number("size"), word("why")];
    let section = Section::of("unused indexes", HEADS, &overview.unused, idle);
    explained(section, words::UNUSED)
}

fn idle(unused: &Unused) -> Row {
    let index = &unused.index;
    let cells = vec![
        index.name.clone(),
        named(&index.schema, &index.table),
        Quantity::Bytes(index.bytes).to_string(),
        unused.reason(),
    ];
    Row { cells, below: vec![Below::Sql(unused.sql())] }
}

pub(super) fn duplicates(overview: &Overview) -> Section {
    const HEADS: &[Head] = &[word("index"), word("table"), number("size"), number("scans")];
    Section::of("duplicate indexes", HEADS, &overview.duplicates, duplicate)
}

fn duplicate(duplicate: &Duplicate) -> Row {
    let index = &duplicate.index;
    let cells = vec![
        index.name.clone(),
        named(&index.schema, &index.table),
        Quantity::Bytes(index.bytes).to_string(),
        short(index.scans),
    ];
    Row { cells, below: vec![Below::Words(duplicate.reason()), Below::Sql(duplicate.sql())] }
}

/// Sentences are for tables that have rows.
fn explained(section: Section, sentences: &[impl AsRef<str>]) -> Section {
    if section.rows.is_empty() {
        return section;
    }
    sentences.iter().fold(section, |section, sentence| section.lead(sentence.as_ref()))
}
