//! Which indexes are worth trying for a scan: those on what it is searched, joined and ordered by, alone and together.

use super::{IndexDefinition, Wanted, verdict};
use crate::finding::Advice;
use crate::postgres::advice;
use crate::postgres::catalogue::{Catalogue, Relation};
use crate::postgres::expression::{self, Compared, How};
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Value};
use crate::report::Subject;
use crate::rule::{Cause, Matter};

/// Each takes the planner a few milliseconds; what comes later in the list is rarely the best.
const MOST_OF_A_SCAN: usize = 16;

/// A statement of many scans is tried for the worst of them.
const MOST_OF_A_STATEMENT: usize = 64;

/// An index that holds more columns besides its keys is a second table.
const MOST_INCLUDED: usize = 3;

/// What to try for problems of a plan, worst first.
pub(crate) fn wanted<'p>(subject: &Subject, problems: impl Iterator<Item = (Cause, &'p [Advice])>) -> Wanted {
    let mut wanted = Wanted::default();
    for (cause, advice) in problems {
        let sql = |matters: fn(&Advice) -> bool| {
            let tried = advice.iter().filter(move |advice| matters(advice));
            tried.filter_map(|advice| advice.sql.clone()).collect()
        };
        let asks = advice.iter().any(verdict::is_about_an_index);
        let indexes = scan(&subject.plan, cause).filter(|_| asks).map_or(Vec::new(), |scan| of(subject, scan));
        let (memory, statistics) = (sql(verdict::is_about_memory), sql(verdict::is_about_statistics));
        wanted.add(Wanted { indexes, memory, statistics });
    }
    wanted.indexes.truncate(MOST_OF_A_STATEMENT);
    wanted
}

/// The scan of a table that is behind a problem; none where the problem is another matter.
pub(super) fn scan(plan: &Plan, cause: Cause) -> Option<&PlanNode> {
    use NodeKind::{BitmapHeapScan, IndexOnlyScan, IndexScan, SeqScan};
    let node = plan.node(cause.node?);
    let reads = matches!(node.kind, SeqScan | IndexScan | IndexOnlyScan | BitmapHeapScan);
    (reads && cause.matter == Matter::Access && node.relation.is_some()).then_some(node)
}

/// The indexes that could serve a scan and are not there yet, most promising first.
pub(super) fn of(subject: &Subject, scan: &PlanNode) -> Vec<IndexDefinition> {
    let (Some(schema), Some(table)) = (scan.schema.as_deref(), scan.relation.as_deref()) else {
        return Vec::new();
    };
    let catalogue = subject.catalogue.as_ref();
    let known = catalogue.and_then(|catalogue| catalogue.relation(Some(schema), table));
    // What serves a partition is made for all of them.
    let whole = catalogue.zip(known).map(|(catalogue, relation)| catalogue.partitioned(relation));
    let (schema, table) = whole.map_or((schema, table), |whole| (whole.schema.as_str(), whole.name.as_str()));
    let columns = Columns::of(&subject.plan, catalogue, scan);
    let mut found: Vec<IndexDefinition> = Vec::new();
    for (keys, include) in columns.combined() {
        let index = IndexDefinition { schema: schema.to_owned(), table: table.to_owned(), keys, include };
        let is_there = known.is_some_and(|relation| index.is_in(relation));
        if !is_there && !found.contains(&index) && found.len() < MOST_OF_A_SCAN {
            found.push(index);
        }
    }
    found
}

/// Columns and expressions of the relation, by what the statement does with them, as an index has them for keys.
#[derive(Debug, Default)]
struct Columns {
    /// Compared with a value by `=`.
    equal: Vec<String>,
    /// Compared with a value by `<`, `>` or the beginning of a text.
    range: Vec<String>,
    /// Compared with columns of other relations by `=`.
    joined: Vec<String>,
    /// What the rows are wanted in the order of.
    order: Vec<String>,
    /// All that is read of a row, as far as it is plain columns.
    needed: Vec<String>,
}

impl Columns {
    fn of(plan: &Plan, catalogue: Option<&Catalogue>, scan: &PlanNode) -> Self {
        let mut columns = Self::default();
        let own = ["Filter", "Index Cond", "Recheck Cond"].into_iter().filter_map(|name| scan.text(name));
        let above = plan
            .ancestors(scan.id)
            .flat_map(|node| ["Hash Cond", "Merge Cond", "Join Filter"].into_iter().filter_map(|name| node.text(name)));
        let alias = scan.alias.as_deref();
        for text in own.chain(above) {
            for compared in &expression::read(text, alias).compared {
                columns.compare(compared, alias);
            }
        }
        let relation = catalogue.and_then(|known| known.relation(scan.schema.as_deref(), scan.relation.as_deref()?));
        if let Some(relation) = relation {
            columns.equal.sort_by(|left, right| distinct(relation, right).total_cmp(&distinct(relation, left)));
        }
        columns.order = order(plan, relation, scan);
        columns.output(scan);
        columns
    }

    fn compare(&mut self, compared: &Compared<'_>, alias: Option<&str>) {
        if !compared.is_expression {
            add(&mut self.needed, &compared.column);
        }
        let Some(key) = advice::key(compared) else { return };
        let others = expression::qualifiers(compared.text);
        let is_joined =
            compared.constant.is_none() && others.iter().any(|name| alias.is_none_or(|alias| name != alias));
        match compared.how {
            How::Equal if is_joined => add(&mut self.joined, &key),
            How::Equal => add(&mut self.equal, &key),
            _ => add(&mut self.range, &key),
        }
    }

    /// What the scan hands on, where that is columns: with an expression among it, no index holds all that is needed.
    fn output(&mut self, scan: &PlanNode) {
        let Some(Value::List(output)) = scan.property("Output") else { return self.needed.clear() };
        let alias = scan.alias.as_deref();
        for text in output {
            let column = text.text().and_then(|text| own_column(text, alias));
            match column {
                Some(column) => add(&mut self.needed, column),
                None => return self.needed.clear(),
            }
        }
    }

    /// Keys and included columns, most promising first: what is searched and joined by, alone and together, then in
    /// the order that is wanted, then each column for itself, then with all that is read.
    fn combined(&self) -> Vec<(Vec<String>, Vec<String>)> {
        let range = self.range.get(..1).unwrap_or_default();
        let mut keys: Vec<Vec<String>> = vec![
            join(&[&self.equal, range]),
            self.joined.clone(),
            join(&[&self.joined, &self.equal, range]),
            join(&[&self.equal, &self.joined, range]),
            join(&[&self.equal, &self.order]),
        ];
        keys.extend((1..=self.equal.len()).map(|count| self.equal[..count].to_vec()));
        keys.extend(self.joined.iter().chain(&self.range).map(|key| vec![key.clone()]));
        if !self.order.is_empty() {
            keys.push(self.order.clone());
        }
        let covering: Vec<(Vec<String>, Vec<String>)> =
            keys.iter().take(3).filter_map(|keys| self.covering(keys)).collect();
        keys.into_iter().filter(|keys| !keys.is_empty()).map(|keys| (keys, Vec::new())).chain(covering).collect()
    }

    fn covering(&self, keys: &[String]) -> Option<(Vec<String>, Vec<String>)> {
        let rest: Vec<String> = self.needed.iter().filter(|column| !keys.contains(column)).cloned().collect();
        let few = !rest.is_empty() && rest.len() <= MOST_INCLUDED && !keys.is_empty();
        few.then(|| (keys.to_vec(), rest))
    }
}

fn add(columns: &mut Vec<String>, column: &str) {
    if !columns.iter().any(|known| known == column) {
        columns.push(column.to_owned());
    }
}

fn join(parts: &[&[String]]) -> Vec<String> {
    let mut keys = Vec::new();
    for key in parts.iter().copied().flatten() {
        add(&mut keys, key);
    }
    keys
}

/// The relation's column that a text is, without its qualifier.
fn own_column<'t>(text: &'t str, alias: Option<&str>) -> Option<&'t str> {
    let (qualifier, name) = text.rsplit_once('.').map_or((None, text), |(qualifier, name)| (Some(qualifier), name));
    let is_own = qualifier.is_none_or(|qualifier| Some(qualifier.trim_matches('"')) == alias);
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '"';
    (is_own && name.chars().all(plain)).then_some(name)
}

/// How many distinct values a key has, so that the most telling one comes first; 0 where that is not known.
fn distinct(relation: &Relation, key: &str) -> f64 {
    let column = relation.columns.iter().find(|column| column.name == key.trim_matches('"'));
    let found = column.and_then(|column| column.statistics.as_ref()).map_or(0.0, |known| known.distinct);
    if found < 0.0 { -found * relation.size.rows.unwrap_or(0.0) } else { found }
}

/// What the rows of a scan are wanted in the order of: the keys of a sort above, or those of the index that it walks.
fn order(plan: &Plan, relation: Option<&Relation>, scan: &PlanNode) -> Vec<String> {
    let keeps_order = |node: &&PlanNode| {
        use NodeKind::{Gather, GatherMerge, IncrementalSort, Limit, NestedLoop, Result, Sort, SubqueryScan, Unique};
        matches!(
            node.kind,
            Gather | GatherMerge | IncrementalSort | Limit | NestedLoop | Result | Sort | SubqueryScan | Unique
        )
    };
    let above: Vec<&PlanNode> = plan.ancestors(scan.id).take_while(keeps_order).collect();
    let sort = above.iter().find(|node| matches!(node.kind, NodeKind::Sort | NodeKind::IncrementalSort));
    if let Some(Value::List(keys)) = sort.and_then(|sort| sort.property("Sort Key")) {
        return sort_keys(keys, scan.alias.as_deref());
    }
    let walked = relation.zip(scan.index.as_deref()).filter(|_| above.iter().any(|node| node.kind == NodeKind::Limit));
    let walked = walked.and_then(|(relation, name)| relation.indexes.iter().find(|index| index.name == name));
    walked.map_or(Vec::new(), |index| index.keys.clone())
}

/// Sort keys as far as they are columns of the relation. An index is walked either way, so that what is descending
/// throughout needs no mention.
fn sort_keys(keys: &[Value], alias: Option<&str>) -> Vec<String> {
    let texts: Vec<&str> = keys.iter().map_while(|key| key.text()).collect();
    let all_descend = texts.iter().all(|text| text.ends_with(" DESC"));
    let key = |text: &&str| {
        let bare = if all_descend { text.trim_end_matches(" DESC") } else { text };
        let (column, direction) = bare.split_once(' ').unwrap_or((bare, ""));
        let column = own_column(column, alias)?;
        Some(format!("{column} {direction}").trim_end().to_owned())
    };
    texts.iter().map_while(key).collect()
}
