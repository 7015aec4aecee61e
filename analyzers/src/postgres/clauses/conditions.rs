//! Conditions of a plan (Filter, Hash Cond, Index Cond, …) found among those of WHERE, ON and HAVING.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::canonical::{self, Column, Form, Part, equal};
use super::names::{Names, are_related, can_see};
use super::outline::{Outline, ScopeId};
use super::tokens::{lexemes, tokens};
use super::{Basis, Certainty, ClauseKind};
use crate::postgres::plan::PlanNode;

/// How many conditions of one form are looked at: a statement that repeats one more often has no place for it.
const FEW: usize = 16;

/// A condition of the statement.
struct Written {
    scope: ScopeId,
    kind: ClauseKind,
    place: Range<usize>,
    columns: Vec<Column>,
    is_soft: bool,
    /// Of `x IN (SELECT …)` the query: one of its relations is joined.
    inner: Option<ScopeId>,
}

/// The conditions of a statement, by their form.
pub(super) struct Conditions {
    written: Vec<Written>,
    by_key: ByForm,
    by_shape: ByForm,
    /// How many conditions each query has.
    counts: BTreeMap<ScopeId, i32>,
}

/// The conditions of a form, by the query that they are in.
type ByForm = BTreeMap<(u64, ScopeId), Vec<usize>>;

/// A condition of a node that stands in the statement.
pub(super) struct Found {
    pub(super) place: Range<usize>,
    pub(super) kind: ClauseKind,
    pub(super) certainty: Certainty,
    pub(super) basis: Basis,
    /// It is about several relations.
    pub(super) joins: bool,
}

/// The properties that hold conditions, those that say most about a node first.
const PROPERTIES: &[&str] = &[
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Index Cond",
    "Recheck Cond",
    "TID Cond",
    "Filter",
    "One-Time Filter",
    "Conflict Filter",
];

impl Conditions {
    pub(super) fn of(outline: &Outline<'_>) -> Self {
        let (by_key, by_shape, counts) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut conditions = Self { written: Vec::new(), by_key, by_shape, counts };
        let outputs = outputs(outline);
        for clause in &outline.parts {
            let body = clause.body..clause.place.end;
            match clause.kind {
                ClauseKind::On if outline.lexemes[clause.place.start].is_word("USING") => {
                    conditions.add_using(outline, clause);
                }
                ClauseKind::Where | ClauseKind::Having | ClauseKind::On => {
                    for part in canonical::parts(&outline.lexemes, body) {
                        conditions.add_part(clause, &part, &outputs);
                    }
                }
                _ => {}
            }
        }
        conditions
    }

    fn add_part(&mut self, clause: &super::outline::ClausePart, part: &Part, outputs: &BTreeMap<usize, Output>) {
        // `x IN (SELECT y …)` is a join on `x = y`.
        if let Some((left, open)) = part.membership
            && let Some(Output { form: right, columns, scope }) = outputs.get(&open)
        {
            let place = part.place.start..open;
            let columns = [part.columns.as_slice(), columns].concat();
            self.add(equal(left, *right), Written { place, columns, inner: Some(*scope), ..written(clause, part) });
        }
        if let Some(tested) = part.tested {
            self.add(tested, Written { columns: Vec::new(), ..written(clause, part) });
        }
        *self.counts.entry(clause.scope).or_default() += 1;
        self.add(part.form, written(clause, part));
    }

    /// The one of these queries whose conditions some nodes have, and that has the fewest others; none where that
    /// does not tell.
    pub(super) fn best<'n>(&self, scopes: &[ScopeId], nodes: impl Iterator<Item = &'n PlanNode>) -> Option<usize> {
        let texts = nodes.flat_map(|node| PROPERTIES.iter().filter_map(|property| node.text(property)));
        let mut keys = BTreeSet::new();
        for text in texts {
            let tokens = tokens(text);
            let (lexemes, _) = lexemes(text, &tokens);
            keys.extend(canonical::parts(&lexemes, 0..lexemes.len()).into_iter().map(|part| part.form.key));
        }
        let score = |scope: &ScopeId| {
            let shared = keys.iter().filter(|key| self.by_key.contains_key(&(**key, *scope))).count();
            let count = self.counts.get(scope).copied().unwrap_or(0);
            (shared > 0).then(|| 2 * i32::try_from(shared).unwrap_or(i32::MAX / 2) - count)
        };
        let points: Vec<Option<i32>> = scopes.iter().map(score).collect();
        let best = points.iter().flatten().max()?;
        let mut places = points.iter().enumerate().filter(|(_, score)| score.as_ref() == Some(best));
        let (only, None) = (places.next()?, places.next()) else { return None };
        Some(only.0)
    }

    /// `USING (a, b)` is `left.a = right.a AND left.b = right.b`.
    fn add_using(&mut self, outline: &Outline<'_>, clause: &super::outline::ClausePart) {
        for at in clause.body + 1..clause.place.end.saturating_sub(1) {
            if let Some((form, columns)) = canonical::form(&outline.lexemes, at..at + 1) {
                let place = clause.place.clone();
                let written =
                    Written { scope: clause.scope, kind: clause.kind, place, columns, is_soft: false, inner: None };
                self.add(equal(form, form), written);
            }
        }
    }

    fn add(&mut self, form: Form, written: Written) {
        let number = self.written.len();
        self.by_key.entry((form.key, written.scope)).or_default().push(number);
        self.by_shape.entry((form.shape, written.scope)).or_default().push(number);
        self.written.push(Written { is_soft: form.is_soft, ..written });
    }

    /// Those of a node's conditions that stand in the statement.
    pub(super) fn of_node(&self, outline: &Outline<'_>, names: &Names, node: &PlanNode) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut places = BTreeSet::new();
        for text in PROPERTIES.iter().filter_map(|property| node.text(property)) {
            let tokens = tokens(text);
            let (lexemes, _) = lexemes(text, &tokens);
            for part in canonical::parts(&lexemes, 0..lexemes.len()) {
                let asked = Asked { outline, names, node, columns: &part.columns };
                if let Some(place) = self.find(&asked, part.form)
                    && places.insert((place.place.start, place.place.end))
                {
                    found.push(place);
                }
            }
        }
        found
    }

    fn find(&self, asked: &Asked<'_>, form: Form) -> Option<Found> {
        let same = asked.candidates(&self.by_key, form.key);
        let mut alike = asked.candidates(&self.by_shape, form.shape);
        alike.retain(|number| self.written[*number].is_soft && !asked.columns.is_empty());
        let (written, certainty, basis) = match self.choose(asked, &same) {
            Some((written, certainty)) => (written, certainty, Basis::Condition),
            None => (self.choose(asked, &alike)?.0, Certainty::Likely, Basis::Shape),
        };
        let owners: BTreeSet<Option<u64>> = asked.columns.iter().map(|column| column.qualifier).collect();
        Some(Found { place: written.place.clone(), kind: written.kind, certainty, basis, joins: owners.len() > 1 })
    }

    /// The one that the node's condition is, if that can be told.
    fn choose(&self, asked: &Asked<'_>, numbers: &[usize]) -> Option<(&Written, Certainty)> {
        let fitting = numbers.iter().map(|number| &self.written[*number]).filter(|written| asked.fits(written));
        let fitting: Vec<(u8, &Written)> = fitting.map(|written| (asked.nearness(written), written)).collect();
        let best = fitting.iter().map(|(nearness, _)| *nearness).max()?;
        let mut nearest = fitting.iter().filter(|(nearness, _)| *nearness == best).map(|(_, written)| *written);
        let first = nearest.next()?;
        // The same condition twice in one query is one condition to Postgres.
        if nearest.any(|other| asked.columns.is_empty() || other.scope != first.scope) {
            return None;
        }
        Some((first, if asked.is_sure(first) { Certainty::Exact } else { Certainty::Likely }))
    }
}

fn written(clause: &super::outline::ClausePart, part: &Part) -> Written {
    let (scope, kind, place) = (clause.scope, clause.kind, part.place.clone());
    Written { scope, kind, place, columns: part.columns.clone(), is_soft: false, inner: None }
}

/// The one column of a query in parentheses.
struct Output {
    form: Form,
    columns: Vec<Column>,
    scope: ScopeId,
}

/// What a query in parentheses gives, where it is one column: by the place of the parenthesis.
fn outputs(outline: &Outline<'_>) -> BTreeMap<usize, Output> {
    let selects = outline.parts.iter().filter(|part| part.kind == ClauseKind::Select);
    let of = |part: &super::outline::ClausePart| {
        let open = part.place.start.checked_sub(1).filter(|open| outline.lexemes[*open].is("("))?;
        let mut elements = part.elements();
        let (only, None) = (elements.next()?, elements.next()) else { return None };
        let (form, columns) = canonical::form(&outline.lexemes, only)?;
        Some((open, Output { form, columns, scope: part.scope }))
    };
    selects.filter_map(of).collect()
}

/// A condition of a plan that is looked for.
struct Asked<'a> {
    outline: &'a Outline<'a>,
    names: &'a Names,
    node: &'a PlanNode,
    columns: &'a [Column],
}

impl Asked<'_> {
    /// The item that a column of the plan belongs to.
    fn item(&self, column: &Column) -> Option<usize> {
        match column.qualifier {
            Some(alias) => self.names.aliases.get(&alias).copied(),
            None => self.names.items[self.node.id.index()].map(|(item, _)| item),
        }
    }

    /// The conditions that are of a form: those of the queries that the columns' relations are read by, and the others
    /// where they are few. Among many nothing would tell which one it is.
    fn candidates(&self, by_form: &ByForm, form: u64) -> Vec<usize> {
        let own: BTreeSet<ScopeId> = self.scopes().take(FEW).collect();
        let own =
            own.into_iter().filter_map(|scope| by_form.get(&(form, scope))).flat_map(|found| found.iter().take(FEW));
        let all = by_form.range((form, 0)..=(form, ScopeId::MAX)).flat_map(|(_, found)| found.iter().take(FEW));
        let mut candidates: Vec<usize> = all.take(FEW + 1).copied().collect();
        if candidates.len() > FEW {
            candidates.clear();
        }
        candidates.extend(own);
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// Whether the condition can be the node's: it is of a query around or within what is read, and its qualifiers mean
    /// the same relations.
    fn fits(&self, written: &Written) -> bool {
        let scopes = self.scopes();
        let is_joined =
            |inner: ScopeId| scopes.clone().any(|scope| scope >= inner && are_related(self.outline, scope, inner));
        if written.inner.is_some_and(|inner| !is_joined(inner)) {
            return false;
        }
        let is_seen = |scope: ScopeId| can_see(self.outline, written.scope, scope) || written.inner.is_some();
        scopes.clone().all(is_seen) && written.columns.iter().all(|column| self.means(written, column) != Some(false))
    }

    /// The queries that the columns' relations are read by.
    fn scopes(&self) -> impl Iterator<Item = ScopeId> + Clone {
        self.columns.iter().filter_map(|column| self.item(column)).map(|item| self.outline.items[item].scope)
    }

    /// Whether a column with a qualifier is one of the plan's; none where that cannot be told.
    fn means(&self, written: &Written, column: &Column) -> Option<bool> {
        let item = self.names.resolve(self.outline, written.scope, column.qualifier?)?;
        let same = self.columns.iter().filter(|own| own.name == column.name).map(|own| self.item(own));
        let owners: Vec<Option<usize>> = same.collect();
        if owners.contains(&Some(item)) {
            return Some(true);
        }
        // What a query in FROM or in WITH gives has other owners in the plan.
        let relation = self.outline.items[item].relation.as_deref()?;
        if owners.is_empty() || self.names.is_with(relation) {
            return None;
        }
        owners.iter().all(Option::is_some).then_some(false)
    }

    /// How near a condition is to the node: in the query that the node's relations are read by, in the same region, or
    /// further out.
    fn nearness(&self, written: &Written) -> u8 {
        let is_own = self.scopes().any(|scope| scope == written.scope);
        let region = self.names.node_regions[self.node.id.index()];
        u8::from(written.inner.is_some()) * 4
            + u8::from(is_own) * 2
            + u8::from(self.names.regions[written.scope] == region)
    }

    /// Whether all columns are known to be the same.
    fn is_sure(&self, written: &Written) -> bool {
        let is_known = |column: &Column| {
            let of_item = |item: usize| self.outline.items[item].scope;
            self.item(column).map(of_item).is_some_and(|scope| are_related(self.outline, scope, written.scope))
        };
        !self.columns.is_empty()
            && self.columns.iter().all(is_known)
            && written
                .columns
                .iter()
                .all(|column| column.qualifier.is_none() || self.means(written, column) == Some(true))
    }
}
