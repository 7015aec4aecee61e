//! Which index would serve a condition; where the catalogue was asked, why the one that is there was not used.

use super::{in_schema, table};
use crate::finding::Advice;
use crate::postgres::catalogue::Column;
use crate::postgres::expression::{self, Compared, How};
use crate::postgres::indexes::{Standing, Wanted};
use crate::postgres::plan::{NodeKind, PlanNode};
use crate::quantity::{Quantity, grouped};
use crate::rule::Context;

/// Indexes that would serve the conditions on a node's relation, best first, or why the one that is there does not; words
/// where the conditions do not tell.
pub(in crate::postgres) fn index_for(context: &Context<'_>, node: &PlanNode, conditions: &[&str]) -> Vec<Advice> {
    let read = conditions.iter().map(|condition| expression::read(condition, node.alias.as_deref()));
    let (mut compared, mut rest) = (Vec::new(), 0);
    for condition in read {
        compared.extend(condition.compared);
        rest += condition.rest.len();
    }
    let columns = key_columns(&compared);
    let request = Request { context, node, compared: &compared, conditions, columns };
    if let Some(settled) = request.settled() {
        return settled;
    }
    if request.columns.is_empty() {
        return request.without_columns();
    }
    if let Some(useless) = request.narrows_too_little(rest) {
        return vec![useless];
    }
    let name = request.name();
    let mut advice = request.proposal(&format!("index what `{name}` is searched by"));
    advice.extend(about_casts(&compared));
    advice
}

/// An index in place of the one that a scan searches by `searched`, which leaves too much to `filter`: columns of both.
/// Words where the filter adds none, since an index on the first alone is there already.
pub(in crate::postgres) fn wider_index_for(
    context: &Context<'_>,
    node: &PlanNode,
    searched: &str,
    filter: &str,
) -> Vec<Advice> {
    let alias = node.alias.as_deref();
    let (searched_by, filtered) =
        (expression::read(searched, alias).compared, expression::read(filter, alias).compared);
    let compared: Vec<Compared<'_>> = searched_by.iter().chain(&filtered).cloned().collect();
    let mut columns = key_columns(&compared);
    // Behind a range a column narrows no search, but rows are tested in the index and not fetched from the table.
    for column in filtered.iter().filter(|compared| compared.how == How::Range).filter_map(key) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let adds = filtered.iter().filter_map(key).any(|column| columns.contains(&column));
    if !adds || node.relation.is_none() {
        return vec![Advice::text(format!(
            "which columns the index lacks could not be told from `{filter}`: rewrite it as comparisons of columns joined \
             by AND, or make a partial index with it as its WHERE"
        ))];
    }
    let request = Request { context, node, compared: &compared, conditions: &[searched, filter], columns };
    if let Some(settled) = request.settled() {
        return settled;
    }
    let name = request.name();
    let mut advice =
        request.proposal(&format!("index what `{name}` is searched by and what its rows are then tested for"));
    advice.extend(request.makes_needless());
    advice.extend(about_casts(&filtered));
    advice
}

/// An index of these columns that gives rows in the order of another one: `first`, then the columns of that. None where
/// nobody knows the other's columns.
pub(in crate::postgres) fn ordered_index_for(
    context: &Context<'_>,
    node: &PlanNode,
    filter: &str,
    first: &[String],
) -> Option<Vec<Advice>> {
    let walked =
        context.relation(node)?.indexes.iter().find(|index| Some(index.name.as_str()) == node.index.as_deref())?;
    let order = walked.keys_as_declared().filter(|_| walked.method == "btree")?;
    let mut columns = first.to_vec();
    columns.extend(walked.keys.iter().cloned());
    let compared = expression::read(filter, node.alias.as_deref()).compared;
    let request = Request { context, node, compared: &compared, conditions: &[filter], columns };
    if let Some(settled) = request.settled() {
        return Some(settled);
    }
    let table = indexed_table(context, node)?;
    Some(vec![Advice::sql(
        format!(
            "with an index that begins with what is searched for and goes on with the columns of `{}`, rows come in order and none is thrown away",
            walked.name
        ),
        format!("CREATE INDEX ON {table} ({}, {order});", first.join(", ")),
    )])
}

/// Whether a node reads one of the server's own tables.
fn is_of_server(node: &PlanNode) -> bool {
    match node.schema.as_deref() {
        Some(schema) => matches!(schema, "pg_catalog" | "information_schema" | "pg_toast"),
        None => node.relation.as_deref().is_some_and(|name| name.starts_with("pg_")),
    }
}

/// An index that a node would need.
struct Request<'a> {
    context: &'a Context<'a>,
    node: &'a PlanNode,
    compared: &'a [Compared<'a>],
    conditions: &'a [&'a str],
    /// Its keys, in their order.
    columns: Vec<String>,
}

/// Where so many rows have the value that is looked for, a scan of the table is no slower than an index.
const TOO_FREQUENT: f64 = 0.1;

impl Request<'_> {
    fn name(&self) -> &str {
        self.node.relation.as_deref().unwrap_or("the table")
    }

    fn standing(&self) -> Standing<'_> {
        let Some((catalogue, relation)) = self.context.catalogue.zip(self.context.relation(self.node)) else {
            return Standing::Unknown;
        };
        let wanted = Wanted { compared: self.compared, keys: &self.columns, conditions: self.conditions };
        wanted.standing(catalogue, relation)
    }

    /// What to do about an index that is there; none where one is missing.
    fn settled(&self) -> Option<Vec<Advice>> {
        if is_of_server(self.node) {
            return Some(vec![Advice::text(format!(
                "`{}` is a catalogue of the server, which gets no indexes of yours: ask it once for all rows",
                self.name()
            ))]);
        }
        match self.standing() {
            Standing::Preferred(index) => Some(self.about_choice(&index.name)),
            Standing::Invalid(index) => Some(vec![Advice::sql(
                format!("`{}` is the index for this, but it is not valid: building it failed or goes on", index.name),
                format!("REINDEX INDEX CONCURRENTLY {};", in_schema(self.node.schema.as_deref(), &index.name)),
            )]),
            Standing::Hidden { index, column, column_type, by } if is_cast(&by) => Some(vec![Advice::text(format!(
                "`{}` is on `{column}`, but `{by}` hides the column from it: compare `{column}` itself with a value of its \
                 type, {column_type}",
                index.name
            ))]),
            _ => None,
        }
    }

    /// SQL for the index, with a word on those that do not serve.
    fn proposal(&self, why: &str) -> Vec<Advice> {
        let Some(table) = indexed_table(self.context, self.node) else {
            return vec![Advice::text(format!("index what the condition compares: {}", self.conditions.join(" AND ")))];
        };
        let columns = self.columns.join(", ");
        if self.context.catalogue.is_none() && self.context.whole_of(self.node) != self.node.id {
            return vec![Advice::text(format!(
                "index ({columns}) on the partitioned table of `{}`, so that all its partitions have it",
                self.name()
            ))];
        }
        let standing = match self.standing() {
            Standing::OtherRows { index, predicate } => {
                format!("; `{}` only holds rows with `{predicate}`, which the statement does not ask for", index.name)
            }
            Standing::OtherCollation(index) => {
                format!("; `{}` orders text by a collation in which a prefix cannot be looked up", index.name)
            }
            Standing::Hidden { index, by, .. } => format!("; `{}` does not serve: `{by}` hides the column", index.name),
            Standing::Part(index) => {
                format!("; `{}` is on ({}) and leaves too many rows", index.name, index.keys.join(", "))
            }
            Standing::Missing => format!("; no index of `{}` begins with ({columns})", self.name()),
            Standing::Unknown | Standing::Preferred(_) | Standing::Invalid(_) => String::new(),
        };
        vec![Advice::sql(format!("{why}{standing}"), format!("CREATE INDEX ON {table} ({columns});"))]
    }

    /// Words on an index that serves and was not taken.
    fn about_choice(&self, index: &str) -> Vec<Advice> {
        let off =
            ["enable_indexscan", "enable_bitmapscan"].iter().all(|name| self.context.setting(name) == Some("off"));
        if off {
            let text =
                format!("`{index}` serves this, but enable_indexscan and enable_bitmapscan are off: switch them on");
            return vec![Advice::sql(text, "RESET enable_indexscan;\nRESET enable_bitmapscan;")];
        }
        let given = self.node.rows().map_or(0.0, |rows| rows.high);
        let expected = self.node.expected_rows().unwrap_or(0.0);
        if expected > 10.0 * given.max(1.0) {
            return self.about_expectation(index, expected, given);
        }
        let cost = self.context.setting("random_page_cost").map_or(String::new(), |now| format!(" (now {now})"));
        let text = format!(
            "`{index}` serves this, and the planner took another way because its costs were lower: compare both in a session \
             of your own; where the index is faster, random_page_cost{cost} is too high for this storage"
        );
        vec![match self.node.kind {
            NodeKind::SeqScan => Advice::sql(text, "SET enable_seqscan = off;"),
            _ => Advice::text(text),
        }]
    }

    fn about_expectation(&self, index: &str, expected: f64, given: f64) -> Vec<Advice> {
        let text = format!(
            "`{index}` serves this, but the planner expected {} and {} came: mend the estimate",
            Quantity::Rows(expected),
            Quantity::Rows(given)
        );
        vec![match table(self.node) {
            Some(table) => Advice::sql(text, format!("ANALYZE {table};")),
            None => Advice::text(text),
        }]
    }

    /// Words where the conditions name no column that an ordinary index could have.
    fn without_columns(&self) -> Vec<Advice> {
        let name = self.name();
        let Some(table) = indexed_table(self.context, self.node) else {
            return self.proposal("");
        };
        if let Some(pattern) = self.compared.iter().find(|compared| compared.how == How::Pattern) {
            return vec![Advice::sql(
                format!("a pattern that does not begin with fixed text needs a trigram index on `{name}`"),
                format!(
                    "CREATE EXTENSION IF NOT EXISTS pg_trgm;\nCREATE INDEX ON {table} USING gin ({} gin_trgm_ops);",
                    pattern.column
                ),
            )];
        }
        if let Some(time) = about_casts(self.compared).filter(|_| self.compared.iter().any(depends_on_settings)) {
            return vec![time];
        }
        let text = self.conditions.join(" AND ");
        vec![Advice::text(format!(
            "which columns of `{name}` an index should have could not be told from `{text}`: rewrite it as comparisons of \
             columns joined by AND, or index its expression"
        ))]
    }

    /// Words where so many rows have each value of the columns that an index would be no help. Where the scan itself was
    /// measured with nothing but these conditions, the measurement tells and not the statistics.
    fn narrows_too_little(&self, rest: usize) -> Option<Advice> {
        let is_key = |compared: &&Compared<'_>| key(compared).is_some_and(|key| self.columns.contains(&key));
        let keys: Vec<&Compared<'_>> = self.compared.iter().filter(is_key).collect();
        let is_measured =
            rest == 0 && keys.len() == self.compared.len() && keys.iter().all(|key| key.constant.is_some());
        if is_measured || keys.iter().any(|key| key.is_expression || key.how != How::Equal) {
            return None;
        }
        let relation = self.context.relation(self.node)?;
        let rows = relation.rows()?;
        let columns = keys.iter().map(|key| relation.column(&key.column));
        let columns: Vec<&Column> = columns.collect::<Option<_>>()?;
        let share = columns.iter().map(|column| column.share_of_a_value(rows)).product::<Option<f64>>()?;
        let named = self.columns.join(", ");
        let values = columns.iter().map(|column| column.distinct(rows)).product::<Option<f64>>()?;
        (share >= TOO_FREQUENT).then(|| {
            Advice::text(format!(
                "an index on `{named}` is no help: with {} of it in `{}` it would still read about {} of the rows each time",
                if values < 1.5 { "one value".to_owned() } else { format!("{} values", grouped(values)) },
                self.name(),
                Quantity::Share(share)
            ))
        })
    }

    /// The index that is used now, where the proposed one begins with all of its columns.
    fn makes_needless(&self) -> Option<Advice> {
        let relation = self.context.relation(self.node)?;
        // A bitmap is made below the node that reads the table.
        let below = self.context.plan.children(self.node.id).find_map(|child| child.index.as_deref());
        let name = self.node.index.as_deref().or(below)?;
        let used = relation.indexes.iter().find(|index| index.name == name)?;
        let is_beginning =
            used.keys.len() < self.columns.len() && used.keys.iter().zip(&self.columns).all(|(old, new)| old == new);
        (is_beginning && !used.unique && used.predicate.is_none()).then(|| {
            Advice::text(format!("the new index serves all that `{}` serves, which can be dropped then", used.name))
        })
    }
}

/// Whether an expression is a cast and nothing else; a function on the column can be indexed instead.
fn is_cast(expression: &str) -> bool {
    expression.starts_with('(')
}

/// What stands in the way of an index on the column: a cast, or an expression whose value is the time zone's.
fn about_casts(compared: &[Compared<'_>]) -> Option<Advice> {
    if let Some(time) = compared.iter().find(|compared| depends_on_settings(compared)) {
        return Some(Advice::text(format!(
            "`{}` may depend on the time zone or the locale, and then cannot be indexed: compare the column itself with a \
             range, from the first moment up to the first one behind",
            time.text
        )));
    }
    // A cast within a call is the function's own: it takes text.
    let is_cast = |compared: &&Compared<'_>| compared.is_expression && is_cast(&compared.column);
    let cast = compared.iter().find(is_cast)?;
    Some(Advice::text(format!(
        "`{}` casts the column, so that an index on the column does not serve: compare with a value of the column's own \
         type",
        cast.text
    )))
}

/// Whether Postgres may refuse to index the expression, since its value is another one in another session.
pub(in crate::postgres) fn depends_on_settings(compared: &Compared<'_>) -> bool {
    const OF_SESSIONS: &[&str] =
        &["::date", "::time", "date_trunc(", "date_part(", "EXTRACT(", "to_char(", "to_date(", "to_timestamp("];
    compared.is_expression && OF_SESSIONS.iter().any(|word| compared.column.contains(word))
}

/// Columns compared with `=` first, in their order, then one that is compared with a range: no column behind a range
/// narrows the search.
fn key_columns(compared: &[Compared<'_>]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for column in compared.iter().filter(|compared| compared.how == How::Equal).filter_map(key) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let ranges = compared.iter().filter(|compared| matches!(compared.how, How::Range | How::Prefix));
    let range = ranges.filter_map(key).find(|column| !columns.contains(column));
    columns.extend(range);
    columns
}

/// What an index would have as a key for this comparison; none where no ordinary index serves it.
pub(in crate::postgres) fn key(compared: &Compared<'_>) -> Option<String> {
    match (compared.is_expression, compared.how) {
        (_, How::Pattern | How::Other) => None,
        (true, _) if depends_on_settings(compared) => None,
        (true, _) => Some(format!("({})", compared.column)),
        (false, How::Prefix) => Some(format!("{} text_pattern_ops", compared.column)),
        (false, _) => Some(compared.column.clone()),
    }
}

/// The table that an index for a node is made on: of a partition the partitioned one.
pub(in crate::postgres) fn indexed_table(context: &Context<'_>, node: &PlanNode) -> Option<String> {
    let known = context.catalogue.zip(context.relation(node));
    let Some(whole) = known.map(|(catalogue, relation)| catalogue.partitioned(relation)) else {
        return table(node);
    };
    Some(in_schema(Some(&whole.schema), &whole.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_comes_before_a_range_and_nothing_after() {
        let condition = expression::read("((t > 1) AND (a = 2) AND (u < 3) AND (lower(b) = 'x'::text))", None);
        assert_eq!(key_columns(&condition.compared), ["a", "(lower(b))", "t"]);
    }

    #[test]
    fn an_expression_that_may_not_be_indexed_is_no_key() {
        for text in ["((at)::date = '2024-01-01'::date)", "(date_trunc('day'::text, at) = '2024-01-01'::date)"] {
            let condition = expression::read(text, None);
            assert!(key_columns(&condition.compared).is_empty(), "{text}");
            assert!(about_casts(&condition.compared).is_some_and(|advice| advice.text.contains("time zone")), "{text}");
        }
    }
}
