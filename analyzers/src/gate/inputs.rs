//! What a measurement depends on beside the change: where it was made, what stands in the tables, what the page loads.
//!
//! Another environment makes two measurements not comparable. Another schema, other rows or other statistics do not:
//! they are what a change does, and are named as the likely cause.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::digest;
use crate::postgres::Catalogue;
use crate::postgres::catalogue;
use crate::web::Page;
use crate::web::capture::SheetOrigin;

use super::counters::path_of;

/// Everything that a verdict depends on, as far as it is known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Inputs {
    /// Server, settings, collation; browser, viewport: by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// The tables that the plan reads, by `schema.name`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relations: BTreeMap<String, Relation>,
    /// What the page loads: the size of each script, style sheet and document, and a digest of scripts and sheets, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub content: BTreeMap<String, String>,
}

/// A table as the planner sees it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Relation {
    /// `id integer not null`, in the order of the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Definitions by name, as Postgres prints them; with ` (invalid)` where an index is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, String>,
    /// Extended statistics: definitions by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statistics_objects: BTreeMap<String, String>,
    /// Rows and pages, as the planner counts them.
    pub rows: u64,
    /// See `rows`.
    pub pages: u64,
    /// Rows written since the last ANALYZE.
    #[serde(default)]
    pub modified: u64,
    /// The part of the pages that index-only scans need not look into, in hundredths.
    pub all_visible: u64,
    /// A digest of the columns' statistics.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub statistics: String,
}

/// What differs between two measurements.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// How likely it explains a change, first is likeliest.
    pub kind: CauseKind,
    /// The table; empty where none is meant.
    pub relation: String,
    /// A sentence without a full stop: `index orders_customer on public.orders is gone since the baseline`.
    pub text: String,
}

/// What kind of thing differs; the likeliest explanation first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CauseKind {
    /// Settings, versions: not comparable.
    Environment,
    /// An index is gone, invalid or another one.
    Index,
    /// Extended statistics are gone or other ones.
    StatisticsObject,
    /// Columns have other types, or there are others.
    Column,
    /// The table is larger or smaller.
    Size,
    /// The table was written to since it was analysed.
    Stale,
    /// The columns' statistics are other ones.
    Statistics,
    /// Index-only scans have to look into the table.
    Visibility,
    /// Another script, style sheet or document.
    Content,
    /// An index is new.
    NewIndex,
}

impl Inputs {
    /// What differs from these inputs in others that were measured later, likeliest explanation first.
    pub fn causes(&self, now: &Self) -> Vec<Cause> {
        let mut causes = Vec::new();
        for (name, was, is) in changed(&self.environment, &now.environment) {
            let said = |value: Option<&String>| value.map_or("not known", String::as_str).to_owned();
            push(&mut causes, CauseKind::Environment, "", format!("{name} was {}, and is {}", said(was), said(is)));
        }
        for (name, was) in &self.relations {
            if let Some(is) = now.relations.get(name) {
                was.causes(name, is, &mut causes);
            }
        }
        for (name, was, is) in changed(&self.content, &now.content) {
            let name = if name.is_empty() { "the document" } else { name };
            let text = match (was, is) {
                (None, _) => format!("{name} is new"),
                (_, None) => format!("{name} is not loaded any more"),
                (Some(was), Some(is)) if is_same(was, is) => continue,
                _ => format!("{name} is another one"),
            };
            push(&mut causes, CauseKind::Content, "", text);
        }
        causes.sort();
        causes
    }
}

impl Inputs {
    /// The inputs of a statement: server, settings and tables as the catalogue has them.
    pub fn of_catalogue(catalogue: &Catalogue, server_version: Option<&str>) -> Self {
        let mut inputs = Self::default();
        let mut environment = |name: &str, value: String| inputs.environment.insert(name.to_owned(), value);
        if let Some(version) = server_version {
            environment("server", format!("PostgreSQL {}", major(version)));
        }
        for (name, value) in catalogue.settings.iter().filter(|(name, _)| !IRRELEVANT.contains(&name.as_str())) {
            environment(name, value.clone());
        }
        if let Some(database) = &catalogue.database {
            environment("encoding", database.encoding.clone());
            environment("collation", database.collate.clone());
        }
        let relations = catalogue.relations.iter();
        inputs.relations =
            relations.map(|table| (format!("{}.{}", table.schema, table.name), Relation::of(table))).collect();
        inputs
    }

    /// The inputs of a page: the browser, how it was shown, and what it loaded.
    pub(super) fn of_page(page: &Page) -> Self {
        let capture = &page.capture;
        let mut inputs = Self::default();
        let settings = &capture.settings;
        let mut environment = |name: &str, value: String| inputs.environment.insert(name.to_owned(), value);
        environment("browser", major(&capture.browser));
        environment("viewport", format!("{}x{}", settings.viewport.0, settings.viewport.1));
        environment("offline", settings.offline.to_string());
        environment("repeats", settings.repeats.to_string());
        environment("steps", settings.steps.join("; "));
        let digests = digests(page);
        for request in capture.counts.rows().map_or(&[][..], |counts| &counts.requests) {
            let path = path_of(&request.url);
            let digest = digests.get(path).map_or(String::new(), |digest| format!("{DIGEST}{digest}"));
            let content = format!("{} bytes{digest}", request.content_bytes);
            inputs.content.insert(path.to_owned(), content);
        }
        inputs
    }
}

/// What stands between the size of a file and the digest of its text.
const DIGEST: &str = ", ";

/// Digests of the texts of scripts and style sheets that are files of their own, by path. A document holds texts that are
/// made anew each time.
fn digests(page: &Page) -> BTreeMap<&str, String> {
    let Some(counts) = page.capture.counts.rows() else { return BTreeMap::new() };
    let scripts = counts.scripts.iter().filter_map(|script| Some((path_of(&script.url), script.digest.clone()?)));
    let linked = counts.sheets.iter().filter(|sheet| sheet.origin == SheetOrigin::Linked);
    let sheets = linked.map(|sheet| (path_of(&sheet.url), digest([sheet.text.as_str()])));
    let document = path_of(&page.capture.url);
    scripts.chain(sheets).filter(|(path, _)| *path != document).collect()
}

/// Whether two contents can be the same: one without a digest is known by its size alone.
fn is_same(was: &str, is: &str) -> bool {
    let (of_was, of_is) = (was.split_once(DIGEST), is.split_once(DIGEST));
    match (of_was, of_is) {
        (Some(_), Some(_)) | (None, None) => was == is,
        _ => of_was.map_or(was, |(size, _)| size) == of_is.map_or(is, |(size, _)| size),
    }
}

/// Settings that a serial plan and its counters do not depend on, or that stand here by another name.
const IRRELEVANT: [&str; 12] = [
    "autovacuum",
    "effective_io_concurrency",
    "lc_collate",
    "maintenance_work_mem",
    "max_parallel_workers",
    "min_parallel_index_scan_size",
    "min_parallel_table_scan_size",
    "parallel_setup_cost",
    "parallel_tuple_cost",
    "server_version",
    "shared_buffers",
    "track_io_timing",
];

/// A version up to its first point: patches of one browser or server do the same work.
fn major(version: &str) -> String {
    version.split('.').next().unwrap_or(version).to_owned()
}

impl Relation {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts and hundredths")]
    fn of(table: &catalogue::Relation) -> Self {
        let column = |column: &catalogue::Column| {
            let not_null = if column.not_null { " not null" } else { "" };
            format!("{} {}{not_null}", column.name, column.data_type)
        };
        let index = |index: &catalogue::Index| {
            let invalid = if index.valid { "" } else { " (invalid)" };
            (index.name.clone(), format!("{}{invalid}", index.definition))
        };
        Self {
            columns: table.columns.iter().map(column).collect(),
            indexes: table.indexes.iter().map(index).collect(),
            statistics_objects: table
                .extended_statistics
                .iter()
                .map(|object| (object.name.clone(), object.definition.clone()))
                .collect(),
            rows: table.size.rows.unwrap_or(0.0).max(0.0) as u64,
            pages: table.size.pages.unwrap_or(0).unsigned_abs(),
            modified: table.activity.modified_since_analyze.unsigned_abs(),
            all_visible: table.all_visible_fraction().map_or(0, |share| (share * 100.0).floor() as u64),
            statistics: table.statistics_digest(),
        }
    }

    fn causes(&self, name: &str, now: &Self, causes: &mut Vec<Cause>) {
        for (index, was, is) in changed(&self.indexes, &now.indexes) {
            let (kind, text) = match (was, is) {
                (Some(_), None) => (CauseKind::Index, format!("index {index} on {name} is gone since the baseline")),
                (None, _) => (CauseKind::NewIndex, format!("index {index} on {name} is new")),
                (Some(_), Some(is)) if is.ends_with("(invalid)") => {
                    (CauseKind::Index, format!("index {index} on {name} is invalid since the baseline"))
                }
                _ => (CauseKind::Index, format!("index {index} on {name} is defined in another way")),
            };
            push(causes, kind, name, text);
        }
        for (object, was, is) in changed(&self.statistics_objects, &now.statistics_objects) {
            let what = match (was, is) {
                (Some(_), None) => "are gone",
                (None, _) => "are new",
                _ => "are defined in another way",
            };
            push(causes, CauseKind::StatisticsObject, name, format!("extended statistics {object} on {name} {what}"));
        }
        self.column_causes(name, now, causes);
        if self.rows != now.rows || self.pages != now.pages {
            let size = |of: &Self| format!("{} rows in {} pages", of.rows, of.pages);
            push(causes, CauseKind::Size, name, format!("{name} had {}, and has {}", size(self), size(now)));
        }
        if self.modified != now.modified && now.modified > 0 {
            let text = format!("{} rows of {name} were written since its statistics were made", now.modified);
            push(causes, CauseKind::Stale, name, text);
        }
        if self.statistics != now.statistics {
            push(causes, CauseKind::Statistics, name, format!("the statistics of {name} are other ones"));
        }
        if self.all_visible != now.all_visible {
            let text = format!(
                "{} % of the pages of {name} were known to be visible to all, and {} % are",
                self.all_visible, now.all_visible
            );
            push(causes, CauseKind::Visibility, name, text);
        }
    }

    fn column_causes(&self, name: &str, now: &Self, causes: &mut Vec<Cause>) {
        let gone = self.columns.iter().filter(|column| !now.columns.contains(column));
        for column in gone {
            push(causes, CauseKind::Column, name, format!("column {column} of {name} is gone or another one"));
        }
        let new = now.columns.iter().filter(|column| !self.columns.contains(column));
        for column in new {
            push(causes, CauseKind::NewIndex, name, format!("column {column} of {name} is new"));
        }
    }
}

fn push(causes: &mut Vec<Cause>, kind: CauseKind, relation: &str, text: String) {
    causes.push(Cause { kind, relation: relation.to_owned(), text });
}

/// What is not the same in both, by name.
fn changed<'m>(
    was: &'m BTreeMap<String, String>,
    is: &'m BTreeMap<String, String>,
) -> Vec<(&'m str, Option<&'m String>, Option<&'m String>)> {
    let names: std::collections::BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let of = |name: &'m String| (name.as_str(), was.get(name), is.get(name));
    names.into_iter().map(of).filter(|(_, was, is)| was != is).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Relation {
        let indexes = BTreeMap::from([("i".to_owned(), "CREATE INDEX i ON t (a)".to_owned())]);
        Relation { columns: vec!["a integer".to_owned()], indexes, rows: 10, pages: 1, ..Relation::default() }
    }

    fn causes(now: Relation) -> Vec<String> {
        let of = |table| Inputs { relations: BTreeMap::from([("public.t".to_owned(), table)]), ..Inputs::default() };
        of(table()).causes(&of(now)).into_iter().map(|cause| cause.text).collect()
    }

    #[test]
    fn a_dropped_index_comes_before_what_follows_from_it() {
        let now = Relation { indexes: BTreeMap::new(), statistics: "x".to_owned(), ..table() };
        assert_eq!(
            causes(now),
            ["index i on public.t is gone since the baseline", "the statistics of public.t are other ones"]
        );
        assert_eq!(causes(table()), Vec::<String>::new());
    }

    #[test]
    fn rows_that_were_written_since_are_named() {
        assert_eq!(
            causes(Relation { modified: 500, ..table() }),
            ["500 rows of public.t were written since its statistics were made"]
        );
    }

    #[test]
    fn an_environment_comes_first() {
        let of = |value: &str| Inputs {
            environment: BTreeMap::from([("work_mem".to_owned(), value.to_owned())]),
            ..Inputs::default()
        };
        let causes = of("4MB").causes(&of("64kB"));
        assert_eq!(causes[0].kind, CauseKind::Environment);
        assert_eq!(causes[0].text, "work_mem was 4MB, and is 64kB");
    }
}
