//! The statement in rows as wide as the screen, each with the nodes that come from it.

use std::ops::Range;

use perf_look_analyzers::Severity;
use perf_look_analyzers::finding::Of;
use perf_look_analyzers::postgres::NodeId;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::measure::own_time_or_cost;
use crate::model::Model;
use crate::text;

/// The rows of a statement, made when the statement or the width changes.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// The statement and the columns that the rows were made for.
    made_for: Option<(Of, usize)>,
    /// From the first.
    pub rows: Vec<SqlRow>,
    /// What comes from the row of the cursor.
    pub linked: Linked,
}

/// The nodes that come from a row, also those that another row is charged for.
#[derive(Debug, Clone, Default)]
pub struct Linked {
    row: Option<usize>,
    /// Those that the row is charged for first; no more than are read.
    pub nodes: Vec<NodeId>,
    /// How many more there are.
    pub more: usize,
}

/// A line of the statement, or as much of a long one as goes into a row.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlRow {
    /// The line that it belongs to, from 1.
    pub line: usize,
    /// Where it is in the statement, in bytes, without the line end.
    pub range: Range<usize>,
    /// Nodes whose first place begins on it, in their order.
    pub nodes: Vec<NodeId>,
    /// What these took themselves in ms, or cost.
    pub own: f64,
    /// The worst finding on these.
    pub worst: Option<Severity>,
}

impl Statement {
    /// Makes the rows anew where the statement or the width is another; says whether it did.
    pub(crate) fn follow(&mut self, model: &Model, subject: Of, columns: usize) -> bool {
        if self.made_for == Some((subject, columns)) {
            return false;
        }
        self.made_for = Some((subject, columns));
        self.linked = Linked::default();
        let query = model.subject(subject).and_then(|subject| subject.query.as_deref()).unwrap_or("");
        self.rows = rows(query, columns);
        self.place_nodes(model, subject);
        true
    }

    fn place_nodes(&mut self, model: &Model, subject: Of) {
        let Some((judged, clauses)) = model.subject(subject).zip(model.clauses(subject)) else { return };
        for node in judged.plan.nodes() {
            let start = clauses.of_node(node.id).map(|link| link.primary().range.start);
            if let Some(row) = start.and_then(|start| self.row_at(start)) {
                self.rows[row].nodes.push(node.id);
                self.rows[row].own += own_time_or_cost(judged, node.id);
                let found = model.findings_of(subject, node.id).iter().filter_map(|place| model.finding(*place));
                let worst = found.map(|finding| finding.severity).max();
                self.rows[row].worst = self.rows[row].worst.max(worst);
            }
        }
    }

    /// Lists the nodes that come from a row.
    pub(crate) fn look_at(&mut self, model: &Model, subject: Of, at: usize) {
        /// More than anybody reads.
        const NAMED: usize = 40;
        let Some((row, clauses)) = self.rows.get(at).zip(model.clauses(subject)) else { return };
        if self.linked.row == Some(at) {
            return;
        }
        let is_elsewhere =
            |id: &NodeId| clauses.of_node(*id).is_none_or(|link| !row.range.contains(&link.primary().range.start));
        let others = clauses.nodes_within(row.range.clone()).map(|link| link.node).filter(is_elsewhere);
        let mut nodes: Vec<NodeId> = row.nodes.iter().copied().chain(others).collect();
        let more = nodes.len().saturating_sub(NAMED);
        nodes.truncate(NAMED);
        self.linked = Linked { row: Some(at), nodes, more };
    }

    /// The row of a byte of the statement.
    pub fn row_at(&self, offset: usize) -> Option<usize> {
        self.rows.partition_point(|row| row.range.start <= offset).checked_sub(1)
    }
}

/// How a piece of SQL is shown: tabs would be pictures otherwise.
pub(crate) fn shown(sql: &str) -> String {
    sql.replace('\t', "    ")
}

/// Lines, those that are too long broken at spaces where there are any.
fn rows(query: &str, columns: usize) -> Vec<SqlRow> {
    let mut rows = Vec::new();
    let mut start = 0;
    for (place, line) in query.split_inclusive('\n').enumerate() {
        let bare = line.trim_end_matches(['\n', '\r']);
        for range in broken(bare, columns.max(8)) {
            let range = start + range.start..start + range.end;
            rows.push(SqlRow { line: place + 1, range, nodes: Vec::new(), own: 0.0, worst: None });
        }
        start += line.len();
    }
    rows
}

/// The parts of a line that are a row each.
fn broken(line: &str, columns: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut from, mut used, mut at) = (0, 0, 0);
    for word in line.split_inclusive(' ') {
        let wide = text::width(&shown(word.trim_end()));
        if used > 0 && used + wide > columns {
            parts.push(from..at);
            (from, used) = (at, 0);
        }
        for grapheme in word.graphemes(true) {
            let wide = text::width(&shown(grapheme));
            if used + wide > columns && grapheme != " " {
                parts.push(from..at);
                (from, used) = (at, 0);
            }
            used += wide;
            at += grapheme.len();
        }
    }
    parts.push(from..at);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(query: &str, columns: usize) -> Vec<(usize, &str)> {
        rows(query, columns).into_iter().map(|row| (row.line, &query[row.range])).collect()
    }

    #[test]
    fn long_lines_are_broken_at_spaces_and_keep_their_number() {
        let query = "SELECT a, b, c\r\nFROM t\n\n";
        assert_eq!(texts(query, 10), [(1, "SELECT a, "), (1, "b, c"), (2, "FROM t"), (3, "")]);
    }

    #[test]
    fn a_word_that_is_too_long_is_broken() {
        assert_eq!(texts("abcdefghijkl", 8), [(1, "abcdefgh"), (1, "ijkl")]);
    }
}
