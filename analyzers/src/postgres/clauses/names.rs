//! Which item of FROM a node reads, by relation and alias.
//!
//! Postgres makes aliases unique in a plan: the second `orders` is `orders_1`. It counts from the outer query to the
//! inner ones, and what it plans apart (WITH, subqueries in expressions) comes after the rest. So a statement is cut into
//! regions, each planned as a whole, and an alias is looked for in the region of its node.

use std::collections::{BTreeMap, BTreeSet};

use super::Certainty;
use super::canonical::hash;
use super::conditions::Conditions;
use super::outline::{Item, Origin, Outline, ScopeId};
use crate::postgres::plan::{NodeKind, Plan, PlanNode, Role};

/// How many queries or nodes are looked at where one would do.
const FEW: usize = 32;

/// What each node reads.
pub(super) struct Names {
    /// Of each scope the region that it is planned in, named by its outermost scope.
    pub(super) regions: Vec<ScopeId>,
    /// Of each node the region that it is in.
    pub(super) node_regions: Vec<ScopeId>,
    /// Of each node the item that it reads.
    pub(super) items: Vec<Option<(usize, Certainty)>>,
    /// The item behind an alias of the plan, by the alias' hash.
    pub(super) aliases: BTreeMap<u64, usize>,
    /// The item of a name in a scope.
    in_scope: BTreeMap<(ScopeId, u64), usize>,
    with: BTreeSet<String>,
}

impl Names {
    pub(super) fn of(outline: &Outline<'_>, plan: &Plan, conditions: &Conditions) -> Self {
        let mut claims = Claims::new(outline, plan, conditions);
        for node in plan.nodes() {
            claims.claim(node);
        }
        let regions = claims.regions();
        let items = Matcher::new(outline, plan, &regions, &claims).items();
        let mut aliases = BTreeMap::new();
        for (node, item) in plan.nodes().iter().zip(&items) {
            if let (Some(alias), Some((item, _))) = (&node.alias, item) {
                aliases.insert(hash(alias.as_ref()), *item);
            }
        }
        let in_scope = outline.items.iter().enumerate().map(|(place, item)| ((item.scope, hash(&item.alias)), place));
        let with = claims.with.keys().map(|name| (*name).to_owned()).collect();
        Self { regions, node_regions: claims.of_node, items, aliases, in_scope: in_scope.collect(), with }
    }

    /// Whether a WITH query is called so.
    pub(super) fn is_with(&self, relation: &str) -> bool {
        self.with.contains(relation)
    }

    /// The item that a qualifier means in a scope.
    pub(super) fn resolve(&self, outline: &Outline<'_>, scope: ScopeId, qualifier: u64) -> Option<usize> {
        let up = |scope: &ScopeId| outline.scopes[*scope].parent;
        std::iter::successors(Some(scope), up)
            .take(FEW)
            .find_map(|scope| self.in_scope.get(&(scope, qualifier)).copied())
    }
}

/// Whether one query is within the other.
pub(super) fn are_related(outline: &Outline<'_>, left: ScopeId, right: ScopeId) -> bool {
    let (inner, outer) = (left.max(right), left.min(right));
    let up = |scope: &ScopeId| outline.scopes[*scope].parent;
    std::iter::successors(Some(inner), up).take(FEW).any(|scope| scope == outer)
}

/// Whether a condition of one query can be about relations of another: one around it, or a query in its FROM.
pub(super) fn can_see(outline: &Outline<'_>, from: ScopeId, relations: ScopeId) -> bool {
    if relations <= from {
        return are_related(outline, from, relations);
    }
    let up = |scope: &ScopeId| outline.scopes[*scope].parent;
    let mut path = std::iter::successors(Some(relations), up).take(FEW).take_while(|scope| *scope > from);
    let is_given = path.all(|scope| outline.scopes[scope].origin != Origin::Expression);
    is_given && are_related(outline, from, relations)
}

/// Finds the queries that are planned apart.
struct Claims<'o, 'p> {
    outline: &'o Outline<'o>,
    plan: &'p Plan,
    conditions: &'o Conditions,
    is_claimed: Vec<bool>,
    of_node: Vec<ScopeId>,
    /// What is below a node is in another region: the queries of Subquery Scans.
    below: Vec<ScopeId>,
    /// WITH queries by name, queries in FROM by alias, those in expressions by what they read.
    with: BTreeMap<&'o str, Vec<ScopeId>>,
    derived: BTreeMap<&'o str, Vec<ScopeId>>,
    expressions: BTreeMap<&'o str, Vec<ScopeId>>,
}

impl<'o, 'p> Claims<'o, 'p> {
    fn new(outline: &'o Outline<'_>, plan: &'p Plan, conditions: &'o Conditions) -> Self {
        let mut claims = Self {
            outline,
            plan,
            conditions,
            is_claimed: vec![false; outline.scopes.len()],
            of_node: Vec::with_capacity(plan.nodes().len()),
            below: Vec::with_capacity(plan.nodes().len()),
            with: BTreeMap::new(),
            derived: BTreeMap::new(),
            expressions: BTreeMap::new(),
        };
        for (scope, found) in outline.scopes.iter().enumerate() {
            match &found.origin {
                Origin::With { name, .. } => claims.with.entry(name).or_default().push(scope),
                Origin::Derived(item) => {
                    claims.derived.entry(&outline.items[*item].alias).or_default().push(scope);
                }
                _ => {}
            }
        }
        for item in &outline.items {
            let scope = &outline.scopes[item.scope];
            if scope.origin == Origin::Expression {
                claims.expressions.entry(&item.alias).or_default().push(item.scope);
            }
            // A WITH query that is read once is planned like a query in FROM.
            if let Some(with) = item.relation.as_deref().and_then(|name| claims.with.get(name)) {
                claims.derived.entry(&item.alias).or_default().extend(with);
            }
        }
        claims
    }

    fn claim(&mut self, node: &PlanNode) {
        let around = node.parent.map_or(0, |parent| self.below[parent.index()]);
        let own = match node.role {
            Some(Role::Cte) => self.with_query(node, around),
            Some(Role::InitPlan | Role::SubPlan) => self.expression(node, around),
            _ => None,
        };
        let own = own.unwrap_or(around);
        let alias = node.alias.as_deref().filter(|_| node.kind == NodeKind::SubqueryScan);
        let derived = alias.and_then(|alias| {
            let name = strip(alias).filter(|_| !self.derived.contains_key(alias)).unwrap_or(alias);
            self.pick(self.derived.get(name), own)
        });
        self.of_node.push(own);
        self.below.push(derived.unwrap_or(own));
        for claimed in [own, derived.unwrap_or(own)] {
            self.is_claimed[claimed] = true;
        }
    }

    fn with_query(&self, node: &PlanNode, around: ScopeId) -> Option<ScopeId> {
        let name = node.subplan_name.as_deref()?.strip_prefix("CTE ")?;
        self.pick(self.with.get(name), around)
    }

    /// A query in an expression has no name in the plan: it is known by what it reads.
    fn expression(&self, node: &PlanNode, around: ScopeId) -> Option<ScopeId> {
        let below = self.plan.subtree(node.id).iter().take(FEW);
        let aliases = below.filter_map(|node| node.alias.as_deref());
        aliases.into_iter().find_map(|alias| {
            let name = if self.expressions.contains_key(alias) { alias } else { strip(alias)? };
            let within = |scope: &&ScopeId| are_related(self.outline, **scope, around) && **scope > around;
            let found: Vec<ScopeId> = self.expressions.get(name)?.iter().filter(within).take(FEW).copied().collect();
            let free: Vec<ScopeId> = found.iter().filter(|scope| !self.is_claimed[**scope]).copied().collect();
            match (&found[..], &free[..]) {
                ([only], _) | (_, [only]) => Some(*only),
                _ => free.get(self.conditions.best(&free, self.plan.subtree(node.id).iter().take(FEW))?).copied(),
            }
        })
    }

    /// The first of these that is within the region and not yet taken; the only one may be taken again.
    fn pick(&self, scopes: Option<&Vec<ScopeId>>, around: ScopeId) -> Option<ScopeId> {
        let scopes = scopes?;
        let within = |scope: &&ScopeId| are_related(self.outline, **scope, around) && **scope > around;
        let found: Vec<ScopeId> = scopes.iter().take(FEW).filter(within).copied().collect();
        let free = found.iter().find(|scope| !self.is_claimed[**scope]);
        free.or(found.first().filter(|_| found.len() == 1)).copied()
    }

    fn regions(&self) -> Vec<ScopeId> {
        let mut regions: Vec<ScopeId> = Vec::with_capacity(self.outline.scopes.len());
        for (place, scope) in self.outline.scopes.iter().enumerate() {
            let around = scope.parent.map_or(place, |parent| regions[parent]);
            regions.push(if self.is_claimed[place] { place } else { around });
        }
        regions
    }
}

/// `orders` of `orders_1`.
pub(super) fn strip(alias: &str) -> Option<&str> {
    let (base, number) = alias.rsplit_once('_')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !base.is_empty()).then_some(base)
}

/// Finds the items of nodes.
struct Matcher<'o, 'p> {
    outline: &'o Outline<'o>,
    plan: &'p Plan,
    node_regions: &'o [ScopeId],
    conditions: &'o Conditions,
    by_alias: BTreeMap<(ScopeId, &'o str), Vec<usize>>,
    /// The aliases of the plan that are made from one name in a region, in Postgres' order.
    families: BTreeMap<(ScopeId, &'o str), Vec<(u64, &'p str)>>,
    /// What relations the nodes of a plan read under a name.
    relations: BTreeSet<(&'o str, &'p str)>,
    with: BTreeSet<&'o str>,
    depths: Vec<u32>,
}

impl<'o, 'p: 'o> Matcher<'o, 'p> {
    fn new(outline: &'o Outline<'_>, plan: &'p Plan, regions: &'o [ScopeId], claims: &'o Claims<'_, '_>) -> Self {
        let mut by_alias: BTreeMap<(ScopeId, &str), Vec<usize>> = BTreeMap::new();
        for (place, item) in outline.items.iter().enumerate() {
            by_alias.entry((regions[item.scope], &item.alias)).or_default().push(place);
        }
        let depths = depths(outline);
        for items in by_alias.values_mut() {
            items.sort_by_key(|place| (depths[outline.items[*place].scope], *place));
        }
        let with = outline.scopes.iter().filter_map(|scope| match &scope.origin {
            Origin::With { name, .. } => Some(name.as_str()),
            _ => None,
        });
        let with = with.collect();
        let (families, relations) = (BTreeMap::new(), BTreeSet::new());
        let (node_regions, conditions) = (&claims.of_node[..], claims.conditions);
        let mut matcher = Self { outline, plan, node_regions, conditions, by_alias, families, relations, with, depths };
        matcher.find_families();
        matcher
    }

    fn find_families(&mut self) {
        for node in self.plan.nodes() {
            let Some(alias) = node.alias.as_deref() else { continue };
            let region = self.node_regions[node.id.index()];
            let (name, number) = self.name_of(region, alias);
            self.families.entry((region, name)).or_default().push((number, alias));
            if let Some(relation) = read_by(node) {
                self.relations.insert((name, relation));
            }
        }
        for family in self.families.values_mut() {
            family.sort_unstable();
            family.dedup();
        }
    }

    /// What the statement calls an alias of the plan, and Postgres' number behind it.
    fn name_of(&self, region: ScopeId, alias: &'p str) -> (&'p str, u64) {
        let base = strip(alias).filter(|base| self.by_alias.contains_key(&(region, *base)));
        match base {
            Some(base) if !self.by_alias.contains_key(&(region, alias)) => {
                (base, alias[base.len() + 1..].parse().unwrap_or(u64::MAX))
            }
            _ => (alias, 0),
        }
    }

    fn items(&self) -> Vec<Option<(usize, Certainty)>> {
        self.plan.nodes().iter().map(|node| self.item(node)).collect()
    }

    fn item(&self, node: &PlanNode) -> Option<(usize, Certainty)> {
        let alias = self.plan.node(node.id).alias.as_deref()?;
        let region = self.node_regions[node.id.index()];
        let (name, number) = self.name_of(region, alias);
        let found = self.by_alias.get(&(region, name))?;
        let family = &self.families[&(region, name)];
        let rank = family.binary_search(&(number, alias)).ok()?;
        let fits = |place: &&usize| self.fits(node, &self.outline.items[**place]);
        if found.len() > FEW {
            return found.get(rank).filter(fits).map(|item| (*item, Certainty::Likely));
        }
        let (fitting, others): (Vec<usize>, Vec<usize>) = found.iter().partition(fits);
        match fitting[..] {
            [] => self.partition(node, name, &others),
            [only] if family.len() == 1 => Some((only, Certainty::Exact)),
            // The second of a name that the statement has once is of a view, or of `min(x)`, which reads x once more.
            [only] if rank == 0 || self.is_of_an_extreme(node) => Some((only, Certainty::Likely)),
            [_] => None,
            _ => self.told_apart(node, &fitting, rank).map(|item| (item, Certainty::Likely)),
        }
    }

    /// `min(x)` and `max(x)` are planned as `ORDER BY x LIMIT 1`.
    fn is_of_an_extreme(&self, node: &PlanNode) -> bool {
        let mut above = self.plan.ancestors(node.id).take(3);
        above.any(|above| above.kind == NodeKind::Limit && above.role == Some(Role::InitPlan))
    }

    /// Which of several items of one name it is: by its conditions, or by the order in which Postgres counts.
    fn told_apart(&self, node: &PlanNode, items: &[usize], rank: usize) -> Option<usize> {
        let scopes: Vec<ScopeId> = items.iter().map(|item| self.outline.items[*item].scope).collect();
        if let Some(best) = self.conditions.best(&scopes, std::iter::once(node)) {
            return items.get(best).copied();
        }
        // Postgres takes up the queries of expressions in an order of its own.
        let scope = *scopes.get(rank)?;
        let is_beside = |other: &&ScopeId| {
            **other != scope
                && self.depths[**other] == self.depths[scope]
                && (self.outline.scopes[**other].origin == Origin::Expression
                    || self.outline.scopes[scope].origin == Origin::Expression)
        };
        if scopes.iter().any(|other| is_beside(&other)) {
            return None;
        }
        items.get(rank).copied()
    }

    fn fits(&self, node: &PlanNode, item: &Item) -> bool {
        match (read_by(node), &item.relation) {
            (Some(read), Some(written)) => read == written,
            (None, None) => node.kind == NodeKind::SubqueryScan || node.kind == NodeKind::ValuesScan,
            (None, Some(_)) if item.is_call => node.kind == NodeKind::FunctionScan,
            (None, Some(written)) => node.kind == NodeKind::SubqueryScan && self.with.contains(written.as_str()),
            (Some(_), None) => false,
        }
    }

    /// A partition or child table goes by the name of its parent; a table in a view may do so by chance.
    fn partition(&self, node: &PlanNode, name: &str, items: &[usize]) -> Option<(usize, Certainty)> {
        let [only] = items else { return None };
        let item = &self.outline.items[*only];
        let parent = item.relation.as_deref()?;
        let is_view_like = self.relations.contains(&(name, parent)) && node.role != Some(Role::Member);
        let is_table = node.relation.is_some() && !item.is_call && !self.with.contains(parent);
        (is_table && !is_view_like).then_some((*only, Certainty::Likely))
    }
}

/// What a node reads: a table, a WITH query, a function.
fn read_by(node: &PlanNode) -> Option<&str> {
    const NAMES: &[&str] = &["CTE Name", "Function Name", "Table Function Name", "Tuplestore Name"];
    node.relation.as_deref().or_else(|| NAMES.iter().find_map(|name| node.text(name)))
}

/// How many queries are around each.
fn depths(outline: &Outline<'_>) -> Vec<u32> {
    let mut depths: Vec<u32> = Vec::with_capacity(outline.scopes.len());
    for scope in &outline.scopes {
        depths.push(scope.parent.map_or(0, |parent| depths[parent] + 1));
    }
    depths
}
