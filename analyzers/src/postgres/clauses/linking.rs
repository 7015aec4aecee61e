//! Decides for each node where it comes from: first what its own relation, conditions and keys say, then what it does
//! for other nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::canonical::opens_query;
use super::conditions::{Conditions, Found};
use super::keys::Keys;
use super::names::Names;
use super::outline::{Origin, Outline, ScopeId};
use super::{Basis, Certainty, ClauseKind, Link, Place};
use crate::postgres::plan::{NodeId, NodeKind, Plan, PlanNode, Role, Strategy};

/// The links of all nodes, by their index.
pub(super) fn links(outline: &Outline<'_>, plan: &Plan) -> Vec<Option<Link>> {
    let conditions = Conditions::of(outline);
    let names = Names::of(outline, plan, &conditions);
    let mut linker = Linker {
        outline,
        plan,
        conditions,
        keys: Keys::of(outline),
        by_kind: by_kind(outline, &names),
        aggregates: aggregates(outline),
        names,
        places: vec![Vec::new(); plan.nodes().len()],
        joins: vec![None; plan.nodes().len()],
        reads: vec![None; plan.nodes().len()],
    };
    for node in plan.nodes() {
        linker.link_own(node);
    }
    for node in plan.nodes().iter().rev() {
        linker.link_joins(node);
        linker.link_to_children(node);
    }
    for node in plan.nodes() {
        linker.link_to_parent(node);
        linker.link_to_select(node);
    }
    let link = |(node, places): (&PlanNode, Vec<Place>)| (!places.is_empty()).then_some(Link { node: node.id, places });
    plan.nodes().iter().zip(linker.places).map(link).collect()
}

/// The clauses of each kind in each region.
fn by_kind(outline: &Outline<'_>, names: &Names) -> BTreeMap<(ScopeId, ClauseKind), Vec<usize>> {
    let mut found: BTreeMap<(ScopeId, ClauseKind), Vec<usize>> = BTreeMap::new();
    for (number, part) in outline.parts.iter().enumerate() {
        found.entry((names.regions[part.scope], part.kind)).or_default().push(number);
    }
    found
}

struct Linker<'a> {
    outline: &'a Outline<'a>,
    plan: &'a Plan,
    conditions: Conditions,
    keys: Keys,
    by_kind: BTreeMap<(ScopeId, ClauseKind), Vec<usize>>,
    names: Names,
    places: Vec<Vec<Place>>,
    /// Of each SELECT of a query without GROUP BY the aggregates that it computes.
    aggregates: BTreeMap<usize, Range<usize>>,
    /// Of each node a condition on several relations, its own or of what it reads first.
    joins: Vec<Option<Place>>,
    /// Of each node the item that it, or what it reads first, reads.
    reads: Vec<Option<usize>>,
}

impl Linker<'_> {
    fn link_own(&mut self, node: &PlanNode) {
        let mut places = Vec::new();
        if let Some((item, certainty)) = self.names.items[node.id.index()] {
            self.reads[node.id.index()] = Some(item);
            places.push(self.item_place(item, certainty));
        }
        places.extend(self.own_clause(node));
        let mut conditions = self.conditions.of_node(self.outline, &self.names, node);
        if node.kind.is_join() {
            // A join is what it joins on, before what it filters.
            conditions.sort_by_key(|found| !found.joins);
        }
        for found in conditions {
            let joins = found.joins;
            let place = self.condition_place(&found);
            if joins && self.joins[node.id.index()].is_none() {
                self.joins[node.id.index()] = Some(place.clone());
            }
            places.push(place);
        }
        if node.role == Some(Role::Cte) {
            places.extend(self.with_place(node));
        }
        self.places[node.id.index()] = places;
    }

    fn place(&self, place: &Range<usize>, kind: ClauseKind, certainty: Certainty, basis: Basis) -> Place {
        Place { range: self.outline.bytes(place), kind, certainty, basis }
    }

    fn part(&self, number: usize, certainty: Certainty, basis: Basis) -> Place {
        let part = &self.outline.parts[number];
        self.place(&part.place, part.kind, certainty, basis)
    }

    fn item_place(&self, item: usize, certainty: Certainty) -> Place {
        let item = &self.outline.items[item];
        let kind = if item.join.is_some() { ClauseKind::Join } else { self.kind_at(item.place.start, item.scope) };
        self.place(&item.place, kind, certainty, Basis::Name)
    }

    /// FROM, or the target of what writes.
    fn kind_at(&self, at: usize, scope: ScopeId) -> ClauseKind {
        let region = self.names.regions[scope];
        let targets = self.by_kind.get(&(region, ClauseKind::Target));
        let holds = |number: &usize| self.outline.parts[*number].place.contains(&at);
        if targets.is_some_and(|targets| targets.iter().take(FEW).any(holds)) {
            ClauseKind::Target
        } else {
            ClauseKind::From
        }
    }

    fn condition_place(&self, found: &Found) -> Place {
        self.place(&found.place, found.kind, found.certainty, found.basis)
    }

    fn with_place(&self, node: &PlanNode) -> Option<Place> {
        let scope = self.names.node_regions[node.id.index()];
        let Origin::With { name, place } = &self.outline.scopes[scope].origin else { return None };
        let is_same = node.subplan_name.as_deref()?.strip_prefix("CTE ") == Some(name.as_str());
        let certainty = if is_same { Certainty::Exact } else { Certainty::Likely };
        // The name, not the query: what is in there comes from its clauses.
        Some(self.place(&(place.start..place.start + 1), ClauseKind::With, certainty, Basis::Name))
    }

    /// The clause that a node of this kind comes from, beside relations and conditions.
    fn own_clause(&self, node: &PlanNode) -> Option<Place> {
        match node.kind {
            NodeKind::Sort | NodeKind::IncrementalSort => self.sort(node),
            NodeKind::Aggregate(_) | NodeKind::Group => self.aggregate(node),
            NodeKind::Limit => self.limit(node),
            NodeKind::Unique => {
                self.only(node, ClauseKind::Distinct).or_else(|| self.only(node, ClauseKind::SetOperation))
            }
            NodeKind::SetOp | NodeKind::RecursiveUnion => self.only(node, ClauseKind::SetOperation),
            NodeKind::WindowAgg => self.only(node, ClauseKind::Window),
            NodeKind::LockRows => self.only(node, ClauseKind::Lock),
            NodeKind::ModifyTable => {
                self.only(node, ClauseKind::Target).filter(|_| self.reads[node.id.index()].is_none())
            }
            NodeKind::ValuesScan => self.only(node, ClauseKind::Values),
            _ => None,
        }
    }

    /// The clause of this kind where a node's region has one.
    fn only(&self, node: &PlanNode, kind: ClauseKind) -> Option<Place> {
        let region = self.names.node_regions[node.id.index()];
        match self.by_kind.get(&(region, kind))?[..] {
            [only] => Some(self.part(only, Certainty::Exact, Basis::OnlyOne)),
            _ => None,
        }
    }

    fn likely(&self, node: &PlanNode, kind: ClauseKind) -> Option<Place> {
        self.only(node, kind).map(|place| Place { certainty: Certainty::Likely, ..place })
    }

    fn sort(&self, node: &PlanNode) -> Option<Place> {
        let above = self.plan.ancestors(node.id).find(|above| !passes_on(above.kind));
        // What sorts for a join, a window or a group says so by where it stands.
        let (kinds, fallback): (&[ClauseKind], _) = match above.map(|above| above.kind) {
            Some(NodeKind::MergeJoin) if self.is_within(node, above) => return None,
            Some(NodeKind::WindowAgg) => (&[ClauseKind::Window], None),
            Some(NodeKind::Aggregate(_) | NodeKind::Group) => (&[ClauseKind::GroupBy, ClauseKind::OrderBy], None),
            Some(NodeKind::Unique) => (&[ClauseKind::Distinct, ClauseKind::OrderBy], Some(ClauseKind::Distinct)),
            Some(NodeKind::SetOp) => (&[ClauseKind::SetOperation], Some(ClauseKind::SetOperation)),
            _ => (&[ClauseKind::OrderBy], Some(ClauseKind::OrderBy)),
        };
        let by_keys = self.by_keys(node, "Sort Key", kinds);
        by_keys.or_else(|| fallback.and_then(|kind| self.likely(node, kind)))
    }

    /// Whether a node works for the node above, and is not planned apart.
    fn is_within(&self, node: &PlanNode, above: Option<&PlanNode>) -> bool {
        let region = |id: NodeId| self.names.node_regions[id.index()];
        above.is_some_and(|above| region(above.id) == region(node.id))
    }

    /// The clause of one of these kinds that has all of a node's keys, of the node's region if there are several.
    fn by_keys(&self, node: &PlanNode, property: &str, kinds: &[ClauseKind]) -> Option<Place> {
        let region = self.names.node_regions[node.id.index()];
        let found = self.keys.find(node, property);
        let is_near = |number: &&usize| self.names.regions[self.outline.parts[**number].scope] == region;
        let near: Vec<usize> = found.iter().filter(is_near).copied().collect();
        kinds.iter().find_map(|kind| {
            let mut fitting = near.iter().filter(|number| self.outline.parts[**number].kind == *kind);
            let first = fitting.next()?;
            let certainty = if fitting.next().is_none() { Certainty::Exact } else { Certainty::Likely };
            Some(self.part(*first, certainty, Basis::Keys))
        })
    }

    fn aggregate(&self, node: &PlanNode) -> Option<Place> {
        if node.property("Group Key").is_some() {
            return self.by_keys(node, "Group Key", &[ClauseKind::GroupBy, ClauseKind::Distinct]);
        }
        match node.kind {
            NodeKind::Aggregate(Strategy::Plain) => self.plain_aggregate(node),
            _ => self.likely(node, ClauseKind::GroupBy),
        }
    }

    /// The aggregate that a query without GROUP BY computes.
    fn plain_aggregate(&self, node: &PlanNode) -> Option<Place> {
        let region = self.names.node_regions[node.id.index()];
        let selects = self.by_kind.get(&(region, ClauseKind::Select))?;
        let mut calls = selects.iter().take(FEW).filter_map(|number| self.aggregates.get(number));
        let (first, None) = (calls.next()?, calls.next()) else { return None };
        Some(self.place(first, ClauseKind::Select, Certainty::Exact, Basis::OnlyOne))
    }

    fn limit(&self, node: &PlanNode) -> Option<Place> {
        // `min(x)` is planned as `ORDER BY x LIMIT 1` in an InitPlan of its own, in the region of the query around it.
        let is_own = node.role != Some(Role::InitPlan) || {
            let around = node.parent.map(|parent| self.names.node_regions[parent.index()]);
            around != Some(self.names.node_regions[node.id.index()])
        };
        if is_own {
            return self.only(node, ClauseKind::Limit);
        }
        self.plain_aggregate(node).map(|place| Place { certainty: Certainty::Likely, ..place })
    }

    /// Children are linked before their parents here.
    fn link_joins(&mut self, node: &PlanNode) {
        let index = node.id.index();
        let first = self.plan.children(node.id).find(|child| !is_apart(child));
        if let Some(first) = first {
            let (reads, joins) = (self.reads[first.id.index()], self.joins[first.id.index()].clone());
            self.reads[index] = self.reads[index].or(reads);
            if !node.kind.is_join() && self.joins[index].is_none() {
                self.joins[index] = joins;
            }
        }
        if !node.kind.is_join() || self.joins[index].is_some() && !self.places[index].is_empty() {
            return;
        }
        let Some(inner) = self.plan.child(node.id, Role::Inner) else { return };
        let place =
            self.joins[inner.id.index()].clone().filter(|_| node.kind == NodeKind::NestedLoop && !inner.kind.is_join());
        let place = place.or_else(|| self.joined_item(inner)).or_else(|| {
            // Where the second is a query or a list of values, the first may be what JOIN names.
            let outer = self.plan.child(node.id, Role::Outer)?;
            self.joined_item(outer).filter(|place| place.kind == ClauseKind::Join)
        });
        self.places[index].extend(place.clone());
        self.joins[index] = self.joins[index].take().or(place);
    }

    /// The clause that brings in what a join reads second.
    fn joined_item(&self, inner: &PlanNode) -> Option<Place> {
        if inner.kind.is_join() {
            return None;
        }
        let item = self.reads[inner.id.index()]?;
        let place = self.item_place(item, Certainty::Likely);
        match self.outline.items[item].join {
            Some(join) => Some(self.part(join, Certainty::Likely, Basis::Name)),
            None => Some(place),
        }
    }

    /// What gathers or appends serves what is below.
    fn link_to_children(&mut self, node: &PlanNode) {
        let index = node.id.index();
        if !self.places[index].is_empty() {
            return;
        }
        let below = self.plan.children(node.id).filter(|child| !is_apart(child));
        let mut below = below.filter_map(|child| Some((child.id, self.places[child.id.index()].first()?))).peekable();
        let Some((first, place)) = below.peek().map(|(id, place)| (*id, (*place).clone())) else { return };
        let is_one = below.take(FEW).all(|(_, other)| other.range == place.range);
        let place = match node.kind {
            NodeKind::Gather | NodeKind::GatherMerge | NodeKind::BitmapAnd | NodeKind::BitmapOr => {
                serving(&place, first)
            }
            NodeKind::Append | NodeKind::MergeAppend if is_one => serving(&place, first),
            NodeKind::Materialize if is_apart(node) => serving(&place, first),
            NodeKind::WindowAgg if place.kind == ClauseKind::Window => place,
            NodeKind::Append | NodeKind::MergeAppend => match self.only(node, ClauseKind::SetOperation) {
                Some(place) => place,
                None => return,
            },
            _ => return,
        };
        self.places[index].push(place);
    }

    /// What hashes, sorts or keeps rows serves the node above.
    fn link_to_parent(&mut self, node: &PlanNode) {
        let Some(parent) = node.parent.filter(|_| self.places[node.id.index()].is_empty() && !is_apart(node)) else {
            return;
        };
        let serves = match node.kind {
            NodeKind::Hash
            | NodeKind::Materialize
            | NodeKind::Memoize
            | NodeKind::BitmapIndexScan
            | NodeKind::BitmapAnd
            | NodeKind::BitmapOr
            | NodeKind::Sort
            | NodeKind::IncrementalSort => true,
            NodeKind::Unique | NodeKind::Aggregate(Strategy::Hashed | Strategy::Sorted) => {
                self.plan.node(parent).kind.is_join() || passes_on(self.plan.node(parent).kind)
            }
            NodeKind::Append | NodeKind::MergeAppend | NodeKind::SubqueryScan => {
                let above = self.places[parent.index()].first();
                above.is_some_and(|above| above.kind == ClauseKind::SetOperation)
            }
            _ => false,
        };
        if let Some(place) = self.places[parent.index()].first().filter(|_| serves) {
            let place = serving(place, parent);
            self.places[node.id.index()].push(place);
        }
    }

    /// What computes rows without reading any comes from the list behind SELECT, if there is one.
    fn link_to_select(&mut self, node: &PlanNode) {
        let computes = matches!(node.kind, NodeKind::Result | NodeKind::ProjectSet);
        if computes && self.places[node.id.index()].is_empty() {
            let select = self.likely(node, ClauseKind::Select);
            self.places[node.id.index()].extend(select);
        }
    }
}

/// How many clauses are looked at where one would do.
const FEW: usize = 32;

fn serving(place: &Place, node: NodeId) -> Place {
    Place { certainty: Certainty::Likely, basis: Basis::Serves(node), ..place.clone() }
}

/// What hands rows on as they come.
fn passes_on(kind: NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::Gather | NodeKind::GatherMerge | NodeKind::Materialize | NodeKind::Hash | NodeKind::Memoize
    )
}

/// Planned apart from the node that it hangs on.
fn is_apart(node: &PlanNode) -> bool {
    matches!(node.role, Some(Role::InitPlan | Role::SubPlan | Role::Cte))
}

/// What the queries without GROUP BY compute of all their rows, by the place of the SELECT.
fn aggregates(outline: &Outline<'_>) -> BTreeMap<usize, Range<usize>> {
    let grouped: BTreeSet<ScopeId> =
        outline.parts.iter().filter(|part| part.kind == ClauseKind::GroupBy).map(|part| part.scope).collect();
    let selects = outline.parts.iter().enumerate().filter(|(_, part)| part.kind == ClauseKind::Select);
    let selects = selects.filter(|(_, part)| !grouped.contains(&part.scope));
    selects.filter_map(|(number, part)| Some((number, aggregate_calls(outline, part.body..part.place.end)?))).collect()
}

/// From the first call of an aggregate that is not a window function to the end of the last.
fn aggregate_calls(outline: &Outline<'_>, place: Range<usize>) -> Option<Range<usize>> {
    let mut calls: Option<Range<usize>> = None;
    let mut at = place.start;
    while at + 1 < place.end {
        let lexeme = &outline.lexemes[at];
        let close = outline.lexemes[at + 1].mate.filter(|_| outline.lexemes[at + 1].is("("));
        if let Some(close) = close.filter(|_| is_aggregate(lexeme.text)) {
            let is_window = outline.lexemes.get(close + 1).is_some_and(|next| next.is_word("OVER"));
            if !is_window {
                calls = Some(calls.map_or(at, |calls| calls.start)..close + 1);
                at = close;
            }
        }
        at += 1;
        // Queries within are of another level.
        if outline.lexemes.get(at).is_some_and(|open| open.is("(")) && opens_query(&outline.lexemes, at) {
            at = outline.lexemes[at].mate.unwrap_or(at);
        }
    }
    calls
}

fn is_aggregate(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "array_agg",
        "avg",
        "bit_and",
        "bit_or",
        "bool_and",
        "bool_or",
        "corr",
        "count",
        "every",
        "json_agg",
        "json_object_agg",
        "jsonb_agg",
        "jsonb_object_agg",
        "max",
        "min",
        "mode",
        "percentile_cont",
        "percentile_disc",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "string_agg",
        "sum",
        "var_pop",
        "var_samp",
        "variance",
        "xmlagg",
    ];
    NAMES.iter().any(|aggregate| name.eq_ignore_ascii_case(aggregate))
}
