//! Where the clauses of a statement are: its queries within queries, what each reads FROM, its conditions and keys.
//!
//! Read from the tokens in one pass, with a list of queries that are still to be read in place of recursion, so that
//! what does not parse, is cut off or nests without end still has the clauses that can be seen.

mod reader;

use std::ops::Range;

use super::ClauseKind;
use super::canonical::opens_query;
use super::tokens::{Lexeme, Token, lexemes};
use reader::Reader;

/// The place of a query among [`Outline::scopes`].
pub(super) type ScopeId = usize;

/// A statement, taken apart. Places are counted in lexemes.
pub(super) struct Outline<'t> {
    pub(super) lexemes: Vec<Lexeme<'t>>,
    /// A query stands before those within it.
    pub(super) scopes: Vec<Scope>,
    pub(super) parts: Vec<ClausePart>,
    pub(super) items: Vec<Item>,
    /// All that was opened is closed.
    pub(super) is_whole: bool,
}

/// A query: names mean the same in all of it.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) parent: Option<ScopeId>,
    pub(super) origin: Origin,
    pub(super) place: Range<usize>,
}

/// Where a query stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Statement,
    /// `WITH name AS (…)`, and where name and all of it are.
    With {
        name: String,
        place: Range<usize>,
    },
    /// In FROM; which item.
    Derived(usize),
    /// In an expression.
    Expression,
    /// Behind UNION, INTERSECT or EXCEPT.
    Arm,
}

/// A clause.
#[derive(Debug)]
pub(super) struct ClausePart {
    pub(super) scope: ScopeId,
    pub(super) kind: ClauseKind,
    pub(super) place: Range<usize>,
    /// Behind the words that open it.
    pub(super) body: usize,
    /// The commas outside of parentheses.
    commas: Vec<usize>,
    /// Of a Join or On: the item that is joined.
    pub(super) item: Option<usize>,
}

/// What a query reads.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) scope: ScopeId,
    /// Table, function or WITH query; none for a query in FROM.
    pub(super) relation: Option<String>,
    /// The alias, or the relation's name where it has none.
    pub(super) alias: String,
    pub(super) place: Range<usize>,
    /// The clause `JOIN … ON …` that brings it in.
    pub(super) join: Option<usize>,
    pub(super) is_call: bool,
}

impl ClausePart {
    /// The expressions between its commas.
    pub(super) fn elements(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = std::iter::once(self.body).chain(self.commas.iter().map(|comma| comma + 1));
        let ends = self.commas.iter().copied().chain(std::iter::once(self.place.end));
        starts.zip(ends).map(|(start, end)| start..end.max(start)).filter(|element| !element.is_empty())
    }
}

impl<'t> Outline<'t> {
    pub(super) fn of(text: &'t str, tokens: &[Token]) -> Self {
        let (lexemes, is_whole) = lexemes(text, tokens);
        let start = behind_explain(&lexemes);
        let whole = Scope { parent: None, origin: Origin::Statement, place: start..lexemes.len() };
        let mut outline = Self { lexemes, scopes: vec![whole], parts: Vec::new(), items: Vec::new(), is_whole };
        let mut next = 0;
        while next < outline.scopes.len() {
            if outline.scopes[next].origin != Origin::Arm || outline.is_in_parentheses(next) {
                Reader::new(&mut outline, next).read();
            }
            next += 1;
        }
        outline.parts.sort_by_key(|part| (part.place.start, std::cmp::Reverse(part.place.end)));
        outline.renumber_joins();
        outline
    }

    /// An arm without parentheses was read with the arm before it.
    fn is_in_parentheses(&self, scope: ScopeId) -> bool {
        let start = self.scopes[scope].place.start;
        start > 0 && self.lexemes[start - 1].is("(")
    }

    /// Items name their clause by its place in the list, which has just been sorted.
    fn renumber_joins(&mut self) {
        for (place, part) in self.parts.iter().enumerate() {
            if let (ClauseKind::Join, Some(item)) = (part.kind, part.item) {
                self.items[item].join = Some(place);
            }
        }
    }

    /// The bytes of a place.
    pub(super) fn bytes(&self, place: &Range<usize>) -> Range<usize> {
        let start = self.lexemes.get(place.start).map_or(0, |lexeme| lexeme.range.start);
        let last = place.end.saturating_sub(1).max(place.start);
        let end = self.lexemes.get(last).map_or(start, |lexeme| lexeme.range.end);
        start..end.max(start)
    }
}

/// `EXPLAIN (ANALYZE) SELECT …` is explained as `SELECT …`.
fn behind_explain(lexemes: &[Lexeme<'_>]) -> usize {
    let is = |at: usize, word: &str| lexemes.get(at).is_some_and(|lexeme| lexeme.is_word(word));
    if !is(0, "EXPLAIN") {
        return 0;
    }
    match lexemes.get(1) {
        Some(open) if open.is("(") && !opens_query(lexemes, 1) => open.mate.map_or(1, |close| close + 1),
        _ => (1..4).find(|at| !is(*at, "ANALYZE") && !is(*at, "VERBOSE")).unwrap_or(1),
    }
}
