//! Tables that are scanned whole or whose statistics are old; indexes that are of no use, and those that are missing.

use perf_look_analyzers::postgres::overview::capture::{ForeignKey, Part, Table};
use perf_look_analyzers::postgres::overview::words::{self as said, named, without_public};
use perf_look_analyzers::postgres::overview::{Duplicate, Scan, Stale, Unused};
use perf_look_analyzers::quantity::{Quantity, grouped};

use super::{about, bytes, code, count, missing, overview, share, unknown, words};
use crate::canvas::{piece, plain};
use crate::lists::{Cell, Column, List};
use crate::model::Model;
use crate::text;
use crate::theme::Role;
use crate::view::prose::Prose;

pub(super) const TABLES: &[List<Model>] = &[
    List {
        name: "scanned whole",
        of_one: "Table",
        columns: &[
            Column::number("size", 10, 0, |model, row| bytes(scan(model, row).map(|it| it.table.bytes))),
            Column::number("scans", 7, 0, |model, row| count(scan(model, row).map(|it| it.table.scans))),
            Column::number("rows a scan", 11, 1, |model, row| count(scan(model, row).map(|it| it.rows_a_scan))),
            Column::number("of table", 8, 3, |model, row| share(scan(model, row).and_then(|it| it.part))),
            Column::number("of all so read", 14, 2, |model, row| share(scan(model, row).map(|it| it.share))),
            Column::rest("table", |model, row| words(scan(model, row).map(|it| name(&it.table)))),
        ],
        usual: None,
        len: |model| overview(model).map_or(0, |it| it.scans.len()),
        site: |_, _| None,
        detail: |model, row, prose| {
            if let Some(it) = scan(model, row) {
                scan_facts(it, prose);
            }
        },
        none: |model| none(tables(model), "no table of 64 blocks or more was scanned whole for 10,000 rows or more"),
    },
    List {
        name: "old statistics",
        of_one: "Table",
        columns: &[
            Column::number("rows", 7, 1, |model, row| count(stale(model, row).map(|it| it.table.live))),
            Column::number("changed", 8, 0, |model, row| count(stale(model, row).map(|it| it.table.modified))),
            Column::number("autovacuum at", 13, 2, |model, row| stale(model, row).map_or_else(unknown, autovacuum)),
            Column::words("analysed (UTC)", 24, 3, |model, row| words(stale(model, row).map(Stale::analysed))),
            Column::rest("table", |model, row| words(stale(model, row).map(|it| name(&it.table)))),
        ],
        usual: None,
        len: |model| overview(model).map_or(0, |it| it.stale.len()),
        site: |_, _| None,
        detail: |model, row, prose| {
            if let Some(it) = stale(model, row) {
                stale_facts(it, prose);
            }
        },
        none: |model| match overview(model) {
            Some(it) if it.capture.server.standby => "a standby does not count changes: look at its primary".to_owned(),
            _ => none(tables(model), "the statistics of all tables of 1,000 rows or more are as autovacuum wants them"),
        },
    },
];

pub(super) const INDEXES: &[List<Model>] = &[
    List {
        name: "unused",
        of_one: "Index",
        columns: &[
            Column::number("size", 10, 0, |model, row| bytes(unused(model, row).map(|it| it.index.bytes))),
            Column::words("table", 22, 1, |model, row| {
                words(unused(model, row).map(|it| named(&it.index.schema, &it.index.table)))
            }),
            Column::words("why", 18, 2, |model, row| words(unused(model, row).map(Unused::reason))),
            Column::rest("index", |model, row| words(unused(model, row).map(|it| it.index.name.clone()))),
        ],
        usual: None,
        len: |model| overview(model).map_or(0, |it| it.unused.len()),
        site: |_, _| None,
        detail: |model, row, prose| {
            if let Some(it) = unused(model, row) {
                let size = Quantity::Bytes(it.index.bytes);
                prose.headline(piece(Role::Strong, format!("{}: ", it.index.name)), plain(format!("{size}")));
                prose.field("why", it.reason());
                prose.field("index", it.index.definition.clone());
                code(prose, "To drop it", &format!("{};", it.sql()));
                about(prose, said::UNUSED);
            }
        },
        none: |model| none(indexes(model), "each index was used, or keeps a promise"),
    },
    List {
        name: "duplicate",
        of_one: "Index",
        columns: &[
            Column::number("size", 10, 0, |model, row| bytes(duplicate(model, row).map(|it| it.index.bytes))),
            Column::number("scans", 7, 2, |model, row| count(duplicate(model, row).map(|it| it.index.scans))),
            Column::words("table", 22, 3, |model, row| {
                words(duplicate(model, row).map(|it| named(&it.index.schema, &it.index.table)))
            }),
            Column::words("does the same", 24, 1, |model, row| {
                words(duplicate(model, row).map(|it| it.by.name.clone()))
            }),
            Column::rest("index", |model, row| words(duplicate(model, row).map(|it| it.index.name.clone()))),
        ],
        usual: None,
        len: |model| overview(model).map_or(0, |it| it.duplicates.len()),
        site: |_, _| None,
        detail: |model, row, prose| {
            if let Some(it) = duplicate(model, row) {
                let size = Quantity::Bytes(it.index.bytes);
                prose.headline(piece(Role::Strong, format!("{}: ", it.index.name)), plain(format!("{size}")));
                prose.field("why", it.reason());
                prose.field("index", it.index.definition.clone());
                prose.field("the other", it.by.definition.clone());
                code(prose, "To drop it", &format!("{};", it.sql()));
            }
        },
        none: |model| none(indexes(model), "no index is made needless by another"),
    },
    List {
        name: "missing for foreign keys",
        of_one: "Foreign key",
        columns: &[
            Column::number("size", 10, 0, |model, row| bytes(key(model, row).map(|it| it.bytes))),
            Column::number("deleted there", 13, 2, |model, row| count(key(model, row).map(|it| it.deleted))),
            Column::number("updated there", 13, 3, |model, row| count(key(model, row).map(|it| it.updated))),
            Column::words("columns", 18, 0, |model, row| words(key(model, row).map(|it| it.columns.join(", ")))),
            Column::words("leads to", 18, 1, |model, row| {
                words(key(model, row).map(|it| without_public(&it.references)))
            }),
            Column::rest("table", |model, row| words(key(model, row).map(|it| named(&it.schema, &it.table)))),
        ],
        usual: None,
        len: |model| overview(model).map_or(0, |it| it.keys.len()),
        site: |_, _| None,
        detail: |model, row, prose| {
            if let Some(it) = key(model, row) {
                key_facts(it, prose);
            }
        },
        none: |model| {
            let keys = overview(model).and_then(|it| it.capture.foreign_keys.missing().map(missing));
            none(keys, "each foreign key of a table of 64 blocks or more has an index")
        },
    },
];

pub(super) fn sql_of_tables(model: &Model, list: usize, row: usize) -> Option<String> {
    (list == 1).then(|| stale(model, row).map(Stale::sql)).flatten()
}

pub(super) fn sql_of_indexes(model: &Model, list: usize, row: usize) -> Option<String> {
    match list {
        0 => unused(model, row).map(Unused::sql),
        1 => duplicate(model, row).map(Duplicate::sql),
        _ => key(model, row).map(ForeignKey::sql),
    }
}

fn scan(model: &Model, row: usize) -> Option<&Scan> {
    overview(model)?.scans.get(row)
}

fn stale(model: &Model, row: usize) -> Option<&Stale> {
    overview(model)?.stale.get(row)
}

fn unused(model: &Model, row: usize) -> Option<&Unused> {
    overview(model)?.unused.get(row)
}

fn duplicate(model: &Model, row: usize) -> Option<&Duplicate> {
    overview(model)?.duplicates.get(row)
}

fn key(model: &Model, row: usize) -> Option<&ForeignKey> {
    overview(model)?.keys.get(row)
}

fn name(table: &Table) -> String {
    named(&table.schema, &table.name)
}

fn tables(model: &Model) -> Option<String> {
    lacks(&overview(model)?.capture.tables)
}

fn indexes(model: &Model) -> Option<String> {
    lacks(&overview(model)?.capture.indexes)
}

fn lacks<T>(part: &Part<T>) -> Option<String> {
    part.missing().map(missing)
}

/// Why there is nothing: it could not be read, or all is well.
fn none(missing: Option<String>, well: &str) -> String {
    missing.unwrap_or_else(|| well.to_owned())
}

fn autovacuum(it: &Stale) -> Cell {
    if it.table.autovacuum { count(Some(it.table.analyze_at)) } else { Cell::words("off").in_role(Role::Warn) }
}

fn scan_facts(it: &Scan, prose: &mut Prose) {
    let (table, size) = (&it.table, Quantity::Bytes(it.table.bytes));
    prose.headline(piece(Role::Strong, format!("{}: ", name(table))), plain(format!("{size}")));
    let part = it.part.map_or(String::new(), |part| format!(", {} of the table", text::percent(part)));
    prose.field("scanned", format!("{} times, {} rows each{part}", grouped(table.scans), text::short(it.rows_a_scan)));
    prose.field("share", format!("{} of all rows that are so read in this database", text::percent(it.share)));
    about(prose, said::SCANS);
}

fn stale_facts(it: &Stale, prose: &mut Prose) {
    let table = &it.table;
    let words = format!("{} of about {} rows changed", grouped(table.modified), grouped(table.live));
    prose.headline(piece(Role::Strong, format!("{}: ", name(table))), plain(words));
    prose.field("analysed", it.analysed());
    let at = if table.autovacuum { format!("from {} changes on", grouped(table.analyze_at)) } else { "off".to_owned() };
    prose.field("automatic", at);
    code(prose, "To mend it", &format!("{};", it.sql()));
    about(prose, said::STALE);
}

fn key_facts(it: &ForeignKey, prose: &mut Prose) {
    let words = format!("{} ({})", named(&it.schema, &it.table), it.columns.join(", "));
    prose.headline(
        piece(Role::Strong, words),
        plain(format!(" leads to {} by {}", without_public(&it.references), it.name)),
    );
    let (deleted, updated) = (grouped(it.deleted), grouped(it.updated));
    prose.field("there", format!("{deleted} rows deleted, {updated} updated, while this table has no index for it"));
    prose.field("size", Quantity::Bytes(it.bytes).to_string());
    code(prose, "To mend it", &format!("{};", it.sql()));
    about(prose, &said::of_keys());
}
