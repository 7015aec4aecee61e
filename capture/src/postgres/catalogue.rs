//! What the catalogue says of relations, in a few questions for all of them together. Nothing here fails: what could not
//! be read is said in a note.

use std::collections::{BTreeMap, BTreeSet};

use perf_look_analyzers::postgres::catalogue::{Catalogue, Relation};
use perf_look_analyzers::postgres::{Plan, parse};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::connect::{Session, describe};
use super::pin::Pin;

/// A relation by its schema and its name, as the catalogue writes them.
pub type RelationName = (String, String);

/// Scans of thousands of partitions are described by the first of them: the others are alike.
const MOST_RELATIONS: u32 = 200;

/// Settings that planning or execution depend on, besides all that begin with `enable_`.
const SETTINGS: &[&str] = &[
    "autovacuum",
    "constraint_exclusion",
    "cpu_index_tuple_cost",
    "cpu_operator_cost",
    "cpu_tuple_cost",
    "cursor_tuple_fraction",
    "default_statistics_target",
    "effective_cache_size",
    "effective_io_concurrency",
    "from_collapse_limit",
    "geqo",
    "geqo_threshold",
    "hash_mem_multiplier",
    "jit",
    "jit_above_cost",
    "join_collapse_limit",
    "lc_collate",
    "maintenance_work_mem",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "min_parallel_index_scan_size",
    "min_parallel_table_scan_size",
    "parallel_setup_cost",
    "parallel_tuple_cost",
    "plan_cache_mode",
    "random_page_cost",
    "seq_page_cost",
    "shared_buffers",
    "temp_buffers",
    "track_io_timing",
    "work_mem",
];

/// Names in answers are found in `pg_catalog` only, whatever the user's path is, and all others are written with their
/// schema; values are written alike for everybody, or digests would depend on who asks.
const MANNERS: &str = "SET /* perf-look */ LOCAL search_path = pg_catalog, pg_temp; \
    SET /* perf-look */ LOCAL DateStyle = 'ISO'; \
    SET /* perf-look */ LOCAL IntervalStyle = 'postgres'; \
    SET /* perf-look */ LOCAL TimeZone = 'UTC'; \
    SET /* perf-look */ LOCAL extra_float_digits = 1; \
    SET /* perf-look */ LOCAL bytea_output = 'hex'; \
    SET /* perf-look */ LOCAL statement_timeout = 10000; \
    SET /* perf-look */ LOCAL lock_timeout = 2000; \
    SET /* perf-look */ LOCAL idle_in_transaction_session_timeout = 60000";

/// The relations that plans touch.
pub fn touched(plans: &[Plan]) -> Vec<RelationName> {
    let nodes = plans.iter().flat_map(Plan::nodes);
    let named =
        nodes.filter_map(|node| Some((node.schema.as_deref()?.to_owned(), node.relation.as_deref()?.to_owned())));
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The relations that a plan of EXPLAIN (VERBOSE) touches; none where it cannot be read.
pub(super) fn touched_by(explain: &str) -> Vec<RelationName> {
    parse::parse(explain).map(|parsed| touched(&parsed.plans)).unwrap_or_default()
}

/// Reads what the catalogue says of these relations and of the parents of those that are partitions, with the settings as
/// they are under the pin. In a read-only transaction of its own, which is rolled back; none may be open.
pub async fn read(session: &Session, wanted: &[RelationName], pin: Option<&Pin>) -> Catalogue {
    let mut reader = Reader { session, pin, catalogue: Catalogue::default() };
    reader.begin().await;
    reader.database().await;
    reader.settings().await;
    if !wanted.is_empty() {
        reader.relations(wanted).await;
        reader.columns().await;
        reader.extended().await;
    }
    reader.end().await;
    reader.catalogue
}

struct Reader<'a> {
    session: &'a Session,
    pin: Option<&'a Pin>,
    catalogue: Catalogue,
}

impl Reader<'_> {
    async fn begin(&mut self) {
        let begun =
            self.session.client.batch_execute(&format!("BEGIN /* perf-look */ TRANSACTION READ ONLY; {MANNERS}")).await;
        let pinned = match (begun, self.pin) {
            (Ok(()), Some(pin)) => pin.set(&self.session.client).await,
            (begun, _) => begun,
        };
        if let Err(error) = pinned {
            self.note("the catalogue", &error);
        }
    }

    async fn end(&mut self) {
        if let Err(error) = self.session.client.batch_execute("ROLLBACK").await {
            self.note("the end of reading", &error);
        }
    }

    fn note(&mut self, what: &str, error: &tokio_postgres::Error) {
        self.catalogue.notes.push(format!("{what} could not be read: {}", describe(error)));
    }

    /// The rows; none with a note where the server refuses, and the transaction begins anew for what comes next.
    async fn ask(&mut self, what: &str, sql: &str, parameters: &[(&(dyn ToSql + Sync), Type)]) -> Vec<Row> {
        // What we ask is told by it from what the application asks, where the server counts statements.
        let sql = sql.replacen("select", "select /* perf-look */", 1);
        match self.session.client.query_typed(&sql, parameters).await {
            Ok(rows) => rows,
            Err(error) => {
                self.note(what, &error);
                self.end().await;
                self.begin().await;
                Vec::new()
            }
        }
    }

    async fn database(&mut self) {
        let rows = self.ask("the database's locale", include_str!("catalogue/database.sql"), &[]).await;
        self.catalogue.database = rows.first().and_then(|row| json(row, 0));
    }

    async fn settings(&mut self) {
        let sql = "select name, current_setting(name) from pg_settings \
                   where name = any ($1::text[]) or name like 'enable\\_%' order by name collate \"C\"";
        let rows = self.ask("settings", sql, &[(&SETTINGS, Type::TEXT_ARRAY)]).await;
        self.catalogue.settings = rows.iter().filter_map(|row| Some((text(row, 0)?, text(row, 1)?))).collect();
    }

    async fn relations(&mut self, wanted: &[RelationName]) {
        let (schemas, names): (Vec<&str>, Vec<&str>) = wanted.iter().map(|(schema, name)| (&**schema, &**name)).unzip();
        let most = i64::from(MOST_RELATIONS) + 1;
        let parameters: [(&(dyn ToSql + Sync), Type); 3] =
            [(&schemas, Type::TEXT_ARRAY), (&names, Type::TEXT_ARRAY), (&most, Type::INT8)];
        let rows = self.ask("relations", include_str!("catalogue/relations.sql"), &parameters).await;
        for row in rows.iter().take(MOST_RELATIONS as usize) {
            let relation = match serde_json::from_str::<Relation>(&text(row, 0).unwrap_or_default()) {
                Ok(relation) => relation,
                Err(error) => {
                    self.catalogue
                        .notes
                        .push(format!("the server describes a relation in words that are not known: {error}"));
                    continue;
                }
            };
            if matches!(row.try_get(1), Ok(false)) {
                let name = format!("{}.{}", relation.schema, relation.name);
                self.catalogue.notes.push(format!(
                    "column statistics of `{name}` are hidden from this role, in part or all; SELECT on it shows them, \
                     where no row security applies"
                ));
            }
            self.catalogue.relations.push(relation);
        }
        if rows.len() > self.catalogue.relations.len() {
            let note =
                format!("the plan touches more relations: only the first {MOST_RELATIONS} by name are described");
            self.catalogue.notes.push(note);
        }
    }

    /// Asks something of all relations that were found: rows of schema, relation, a name in it, and what is known of that.
    async fn of_relations(&mut self, what: &str, sql: &str) -> BTreeMap<[String; 3], String> {
        let found = &self.catalogue.relations;
        let schemas: Vec<String> = found.iter().map(|it| it.schema.clone()).collect();
        let names: Vec<String> = found.iter().map(|it| it.name.clone()).collect();
        let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&schemas, Type::TEXT_ARRAY), (&names, Type::TEXT_ARRAY)];
        let rows = self.ask(what, sql, &parameters).await;
        rows.iter().filter_map(|row| Some(([text(row, 0)?, text(row, 1)?, text(row, 2)?], text(row, 3)?))).collect()
    }

    async fn columns(&mut self) {
        let known = self.of_relations("column statistics", include_str!("catalogue/columns.sql")).await;
        for relation in &mut self.catalogue.relations {
            for column in &mut relation.columns {
                let key = [relation.schema.clone(), relation.name.clone(), column.name.clone()];
                column.statistics = known.get(&key).and_then(|text| serde_json::from_str(text).ok());
            }
        }
    }

    async fn extended(&mut self) {
        let mut known = self.of_relations("extended statistics", include_str!("catalogue/extended.sql")).await;
        for relation in &mut self.catalogue.relations {
            for statistics in &mut relation.extended_statistics {
                let key = [relation.schema.clone(), relation.name.clone(), statistics.name.clone()];
                statistics.digest = known.remove(&key);
            }
        }
    }
}

fn text(row: &Row, column: usize) -> Option<String> {
    row.try_get(column).ok()
}

/// What our own SQL wrote, as a value.
fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Option<T> {
    serde_json::from_str(row.try_get(column).ok()?).ok()
}
