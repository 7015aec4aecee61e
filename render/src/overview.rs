//! A server as a whole in tables: what they say and how it is worded is the same in every format.

mod relations;
mod statements;

use perf_look_analyzers::postgres::Overview;
use perf_look_analyzers::postgres::overview::Step;
use perf_look_analyzers::postgres::overview::capture::Missing;
use perf_look_analyzers::postgres::overview::words::time;
use perf_look_analyzers::quantity::grouped;

use crate::words::plural;

/// Rows of a table beyond this are counted; JSON has them all.
const MOST: usize = 10;

/// One question and its answer.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// Sentences before the table: what it is, and what to know of it.
    pub(crate) lead: Vec<String>,
    /// What to do, step by step, where there is no table.
    pub(crate) steps: &'static [Step],
    pub(crate) heads: &'static [Head],
    pub(crate) rows: Vec<Row>,
    /// How many rows are not shown.
    pub(crate) more: usize,
}

/// A column.
pub(crate) struct Head {
    pub(crate) name: &'static str,
    pub(crate) is_number: bool,
}

pub(crate) struct Row {
    /// A cell a column.
    pub(crate) cells: Vec<String>,
    /// What belongs to the row and is too long for a cell.
    pub(crate) below: Vec<Below>,
}

pub(crate) enum Below {
    /// A statement of the user's, as long as it may be.
    Query(String),
    /// Words.
    Words(String),
    /// SQL to run.
    Sql(String),
}

const fn number(name: &'static str) -> Head {
    Head { name, is_number: true }
}

const fn word(name: &'static str) -> Head {
    Head { name, is_number: false }
}

impl Section {
    /// The first rows of what there is.
    fn of<T>(title: &'static str, heads: &'static [Head], things: &[T], row: impl FnMut(&T) -> Row) -> Self {
        let rows = things.iter().take(MOST).map(row).collect();
        let more = things.len().saturating_sub(MOST);
        Self { title, lead: Vec::new(), steps: &[], heads, rows, more }
    }

    fn missing(title: &'static str, why: &Missing) -> Self {
        Self { title, lead: vec![why.to_string()], steps: why.steps(), heads: &[], rows: Vec::new(), more: 0 }
    }

    fn lead(mut self, sentence: impl Into<String>) -> Self {
        self.lead.push(sentence.into());
        self
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.lead.is_empty()
    }
}

/// What there is to say, and the titles of those sections that have nothing to say.
pub(crate) fn sections(overview: &Overview) -> (Vec<Section>, Vec<&'static str>) {
    let all = [
        statements::worst(overview),
        statements::running(overview),
        relations::scans(overview),
        relations::keys(overview),
        relations::stale(overview),
        relations::unused(overview),
        relations::duplicates(overview),
    ];
    let (quiet, speaking): (Vec<Section>, Vec<Section>) = all.into_iter().partition(Section::is_empty);
    (speaking, quiet.iter().map(|section| section.title).collect())
}

/// What was found, counted.
pub(crate) fn verdict(overview: &Overview) -> String {
    let counts = [
        (overview.scans.len(), "table scanned whole", "tables scanned whole"),
        (overview.keys.len(), "foreign key without an index", "foreign keys without an index"),
        (overview.stale.len(), "table with old statistics", "tables with old statistics"),
        (overview.unused.len(), "unused index", "unused indexes"),
        (overview.duplicates.len(), "duplicate index", "duplicate indexes"),
    ];
    let counted = |(count, one, many): &(usize, &str, &str)| {
        (*count > 0).then(|| format!("{} {}", grouped(*count as f64), if *count == 1 { one } else { many }))
    };
    let mut parts: Vec<String> = overview
        .statements()
        .map(|statements| {
            let all = statements.all;
            format!("{} in {}", plural_of(all.statements, "statement"), time(all.total_ms))
        })
        .into_iter()
        .collect();
    parts.extend(counts.iter().filter_map(counted));
    let what = if parts.is_empty() { "nothing stands out".to_owned() } else { parts.join(", ") };
    format!("overview of {}: {what}", overview.name())
}

/// What to do next.
pub(crate) const NEXT: [(&str, &str); 2] = [
    ("perf-look db --top 5", "explains and judges the worst statements"),
    ("perf-look db -c 'SELECT …'", "runs one safely and says where its time goes"),
];

fn plural_of(count: f64, what: &str) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    plural(count as usize, what)
}
