//! Values of a column: what ANALYZE found in it, or else a row.

use std::time::Duration;

use perf_look_analyzers::postgres::stored::{Bound, Column};
use tokio_postgres::types::{ToSql, Type};

use crate::postgres::connect::{Session, describe};

/// What is known of a column's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// Some in order, evenly spread over the rows without common values, and the most and the least common of those.
    Statistics { spread: Vec<String>, common: Vec<String> },
    /// One that was found in a row.
    Row(String),
}

/// How many parts the rows are cut into.
const PARTS: usize = 20;

const STATISTICS: &str = "
    select /* perf-look */
        coalesce((select array_agg(bounds[1 + (cardinality(bounds) - 1) * part / 20] order by part)
                  from generate_series(0, 20) part where cardinality(bounds) > 1), '{}'),
        coalesce(array_remove(array[common[1], common[cardinality(common)]], null), '{}')
    from (
        select s.histogram_bounds::text::text[] as bounds, s.most_common_vals::text::text[] as common
        from pg_catalog.pg_stats s
        where s.schemaname = $1 and s.tablename = $2 and s.attname = $3
        order by s.inherited limit 1
    ) as known";

/// Reads them in a transaction that is rolled back; says why where there are none.
pub(super) async fn of(session: &Session, column: &Column, timeout: Duration) -> Result<Known, String> {
    let begin = format!(
        "BEGIN /* perf-look */ TRANSACTION READ ONLY; SET /* perf-look */ LOCAL statement_timeout = {}; \
         SET /* perf-look */ LOCAL lock_timeout = 2000",
        timeout.as_millis()
    );
    let client = &session.client;
    let known = match client.batch_execute(&begin).await {
        Ok(()) => read(session, column).await,
        Err(error) => Err(error),
    };
    // After a failure of the connection there is nothing to roll back.
    let _ = client.batch_execute("ROLLBACK").await;
    let name = format!("`{}.{}`", column.relation, column.name);
    match known {
        Ok(Some(known)) => Ok(known),
        Ok(None) => Err(format!("{name} holds no value to take")),
        Err(error) => Err(format!("no value of {name} could be read: {}", describe(&error))),
    }
}

async fn read(session: &Session, column: &Column) -> Result<Option<Known>, tokio_postgres::Error> {
    let names: [(&(dyn ToSql + Sync), Type); 3] =
        [(&column.schema, Type::TEXT), (&column.relation, Type::TEXT), (&column.name, Type::TEXT)];
    if let Some(row) = session.client.query_typed(STATISTICS, &names).await?.first() {
        // The parts of values that are arrays themselves are null here.
        let (spread, common) = (row.try_get::<_, Vec<Option<String>>>(0)?, row.try_get::<_, Vec<Option<String>>>(1)?);
        let [spread, common] = [spread, common].map(|values| values.into_iter().flatten().collect::<Vec<_>>());
        if spread.len() > PARTS || !common.is_empty() {
            return Ok(Some(Known::Statistics { spread, common }));
        }
    }
    let [schema, table, name] = [&column.schema, &column.relation, &column.name].map(|name| quoted(name));
    let sql = format!("select /* perf-look */ {name}::text from {schema}.{table} where {name} is not null limit 1");
    let rows = session.client.query_typed(&sql, &[]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.map(Known::Row))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Known {
    /// Where it is from, in words.
    pub(super) fn source(&self) -> &'static str {
        match self {
            Self::Statistics { .. } => "the statistics",
            Self::Row(_) => "a row",
        }
    }

    /// The value of a set, for a parameter of which so many of the same column stand before it, and which may have one at
    /// the other end of a range.
    pub(super) fn value(&self, bound: Bound, set: usize, (before, is_between): (usize, bool)) -> String {
        let (spread, common) = match self {
            Self::Row(value) => return value.clone(),
            Self::Statistics { spread, common } => (spread, common),
        };
        let at = |part: usize| spread.get(part.min(PARTS)).or(common.first()).cloned().unwrap_or_default();
        match bound {
            Bound::Equal => {
                let parts = [10, 2, 18].map(|part| spread.get((part + 3 * before) % PARTS));
                let choices: Vec<&String> = parts.into_iter().flatten().chain(common).collect();
                let choice = choices.get((set + before) % choices.len().max(1));
                choice.map_or_else(String::new, |value| (*value).clone())
            }
            // Narrow first: what is looked up often is a small part.
            Bound::Lower if is_between => at(10 - [0, 1, 3, 6, 9][set % 5]),
            Bound::Upper if is_between => at(10 + [1, 2, 3, 6, 9][set % 5]),
            Bound::Lower => at([19, 18, 15, 10, 1][set % 5]),
            Bound::Upper => at([1, 2, 5, 10, 19][set % 5]),
        }
    }
}
