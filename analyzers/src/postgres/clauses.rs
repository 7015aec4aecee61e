//! Which node of a plan comes from which clause of its statement, and how sure that is.
//!
//! The steps, a file each: `tokens` cuts the text, `outline` finds the clauses, `canonical` brings expressions into one
//! form, `names` matches relations, `conditions` and `keys` match expressions, `linking` decides for each node, and
//! `lines` counts the time of each line.

mod canonical;
mod conditions;
mod keys;
mod lines;
mod linking;
mod names;
mod outline;
mod tokens;

use std::ops::Range;

use super::plan::{NodeId, Plan};
pub use lines::{LineTime, LineTimes};
use outline::Outline;
pub use tokens::{Token, TokenKind};
pub(crate) use tokens::{name as folded_name, tokens};

/// Where the parts of a statement are, and which node comes from which.
#[derive(Debug, Clone, PartialEq)]
pub struct Clauses {
    tokens: Vec<Token>,
    parts: Vec<Clause>,
    /// By the node's index.
    links: Vec<Option<Link>>,
    unmatched: Vec<NodeId>,
    is_whole: bool,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
}

/// A part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What it is.
    pub kind: ClauseKind,
    /// Where it is, in bytes; parts of it, such as the ON of a JOIN, are clauses of their own.
    pub range: Range<usize>,
    /// The line that it begins on, from 1.
    pub line: usize,
    /// The character of the line that it begins with, from 1.
    pub column: usize,
}

/// What a clause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are SQL's own words")]
pub enum ClauseKind {
    With,
    Select,
    Distinct,
    From,
    Join,
    /// ON or USING.
    On,
    Where,
    GroupBy,
    Having,
    /// OVER or WINDOW.
    Window,
    /// UNION, INTERSECT, EXCEPT.
    SetOperation,
    OrderBy,
    /// LIMIT, OFFSET, FETCH.
    Limit,
    /// FOR UPDATE, FOR SHARE.
    Lock,
    Values,
    /// The table that INSERT, UPDATE, DELETE or MERGE writes to.
    Target,
    Set,
    /// `WHEN [NOT] MATCHED`, of a MERGE.
    When,
    /// ON CONFLICT.
    Conflict,
    Returning,
}

/// The clauses that a node comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The node.
    pub node: NodeId,
    /// Never empty. The first is where its time is charged.
    pub places: Vec<Place>,
}

/// A place in the statement that a node comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where it is, in bytes: a whole clause, an item of FROM or a single condition.
    pub range: Range<usize>,
    /// The clause that it is in.
    pub kind: ClauseKind,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it is known by.
    pub basis: Basis,
}

/// How sure a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Some of what would tell is missing: a name stands twice, a constant was computed, the node serves another.
    Likely,
    /// Names and expressions agree, and nothing else in the statement does.
    Exact,
}

/// What a link is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The relation and its alias.
    Name,
    /// The same condition.
    Condition,
    /// A condition that differs in constants that Postgres computes.
    Shape,
    /// The same sort or group keys.
    Keys,
    /// The statement has one clause that such a node can come from.
    OnlyOne,
    /// It does a part of that node's work.
    Serves(NodeId),
}

impl Certainty {
    /// The word of the reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Likely => "likely",
            Self::Exact => "exact",
        }
    }
}

impl Clauses {
    /// Reads a statement and links the nodes of its plan. A text that is no SQL has no clauses, and no node a link.
    pub fn of(query: &str, plan: &Plan) -> Self {
        let tokens = tokens::tokens(query);
        let outline = Outline::of(query, &tokens);
        let starts = lines::starts(query);
        let mut links = linking::links(&outline, plan);
        if !outline.is_whole {
            let places = links.iter_mut().flatten().flat_map(|link| &mut link.places);
            places.for_each(|place| place.certainty = Certainty::Likely);
        }
        let unmatched = plan.nodes().iter().filter(|node| links[node.id.index()].is_none()).map(|node| node.id);
        let unmatched = unmatched.collect();
        let parts = clauses(&outline, query, &starts);
        Self { tokens, parts, links, unmatched, is_whole: outline.is_whole, starts }
    }

    /// The pieces of the statement, without a gap, for highlighting.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The clauses, those of queries within queries too, in the order of the text; an outer one before those in it.
    pub fn clauses(&self) -> &[Clause] {
        &self.parts
    }

    /// Where a node comes from; none where that is not known.
    pub fn of_node(&self, id: NodeId) -> Option<&Link> {
        self.links.get(id.index())?.as_ref()
    }

    /// The links to any place that covers this byte of the statement, in the order of the nodes.
    pub fn nodes_at(&self, offset: usize) -> impl Iterator<Item = &Link> {
        self.nodes_within(offset..offset + 1)
    }

    /// The links to any place that shares a byte with this range, in the order of the nodes.
    pub fn nodes_within(&self, range: Range<usize>) -> impl Iterator<Item = &Link> {
        let meets = move |place: &Place| place.range.start < range.end && range.start < place.range.end;
        self.links.iter().flatten().filter(move |link| link.places.iter().any(&meets))
    }

    /// The nodes without a clause.
    pub fn unmatched(&self) -> &[NodeId] {
        &self.unmatched
    }

    /// Whether the text is whole: each parenthesis and quote that is opened is closed. Of one that is not, every link
    /// is likely at best.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

impl Link {
    /// Where the node's time is charged.
    pub fn primary(&self) -> &Place {
        &self.places[0]
    }
}

fn clauses(outline: &Outline<'_>, query: &str, starts: &[usize]) -> Vec<Clause> {
    let mut places = lines::Places::new(query, starts);
    let of = |part: &outline::ClausePart| {
        let range = outline.bytes(&part.place);
        let (line, column) = places.of(range.start);
        Clause { kind: part.kind, range, line, column }
    };
    outline.parts.iter().map(of).collect()
}
