//! The first reading of a snapshot: all that is counted, and the graph.

use std::collections::{BTreeMap, BTreeSet};

use super::cursor::Cursor;
use super::error::HeapError;
use super::graph::Graph;
use super::meta::Meta;
use super::scanner::{Edge, Location, Node, Scanner, Visitor, unescaped};
use super::{Detached, Heap, NodeId, Spot, Tally};
use crate::web::place::Position;

/// Reads a snapshot as it comes.
///
/// ```
/// # use perf_look_analyzers::web::heap::{Heap, HeapError, HeapReader};
/// # fn read(chunks: &[&str]) -> Result<Heap, HeapError> {
/// let mut reader = HeapReader::new();
/// for chunk in chunks {
///     reader.push(chunk.as_bytes())?;
/// }
/// reader.finish()
/// # }
/// ```
pub struct HeapReader(Scanner<Count>);

impl Default for HeapReader {
    fn default() -> Self {
        Self::new()
    }
}

impl HeapReader {
    /// Nothing is read yet.
    pub fn new() -> Self {
        Self(Scanner::new(Count::default()))
    }

    /// Takes the next piece, of any length: what `HeapProfiler.addHeapSnapshotChunk` brings, or a part of a file.
    /// After an error the rest is of no use.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), HeapError> {
        self.0.push(piece)
    }

    /// What was in the pieces, which have to be a whole snapshot.
    pub fn finish(self) -> Result<Heap, HeapError> {
        let (count, meta) = self.0.finish()?;
        Ok(count.heap(meta))
    }
}

/// A selector has two properties that make it one, and its prototype.
const OWN_OF_A_SELECTOR: usize = 3;

/// The field `detachedness` of a node that is out of its document.
const DETACHED: u64 = 2;

/// How older Chromiums call such nodes.
const DETACHED_NAME: &str = "Detached ";

/// What the numbers of this snapshot mean, as far as we ask.
#[derive(Default)]
struct Terms {
    nodes: u64,
    edges: u64,
    closure: u8,
    native: u8,
    weak: u8,
    property: u8,
    says_detached: bool,
}

/// A property of a function: whose, the number of its name, and what it is.
#[derive(Clone, Copy)]
struct Property {
    of: u32,
    name: u32,
    value: u32,
}

#[derive(Default)]
struct Count {
    terms: Terms,
    tallies: Vec<Tally>,
    /// Of each node.
    kinds: Vec<u8>,
    graph: Graph,
    cursor: Cursor,
    edges: u64,
    /// By the number of their names.
    detached: BTreeMap<u32, (Tally, NodeId)>,
    /// Of functions that have as many as a selector; those of the one at hand come last.
    properties: Vec<Property>,
    /// Where those of the function at hand begin.
    own: usize,
    spots: Vec<Spot>,
    numbers_of_spots: BTreeMap<Spot, u32>,
    /// Functions and the number of their spot.
    functions: Vec<(u32, u32)>,
    result_func: Option<u32>,
    recomputations: Option<u32>,
    /// Of what is detached, by number.
    names: BTreeMap<u32, String>,
}

impl Visitor for Count {
    fn begin(&mut self, meta: &Meta) -> Result<(), HeapError> {
        self.terms = Terms {
            nodes: meta.node_count,
            edges: meta.edge_count,
            closure: meta.node_kind("closure")?,
            native: meta.node_kind("native")?,
            weak: meta.edge_kind("weak")?,
            property: meta.edge_kind("property")?,
            says_detached: meta.node.detachedness.is_some(),
        };
        self.tallies = vec![Tally::default(); meta.node_kinds.len()];
        self.graph = Graph::with_room(meta.node_count);
        Ok(())
    }

    fn node(&mut self, node: Node) -> Result<(), HeapError> {
        self.tallies[usize::from(node.kind)].add(node.size);
        // Where no field says it the name does, and whose names begin so is known when the strings come.
        if node.kind == self.terms.native && node.detachedness.is_none_or(|detachedness| detachedness == DETACHED) {
            let first = NodeId(index(self.kinds.len())?);
            self.detached.entry(node.name).or_insert((Tally::default(), first)).0.add(node.size);
        }
        self.kinds.push(node.kind);
        self.graph.add_node(node.size);
        self.cursor.add_node(node.edges);
        Ok(())
    }

    fn nodes_end(&mut self) -> Result<(), HeapError> {
        self.cursor.start(self.terms.nodes)?;
        self.graph.begin_node()
    }

    fn edge(&mut self, edge: Edge) -> Result<(), HeapError> {
        self.edges += 1;
        let from = self.cursor.next(|_| over(&mut self.graph, &mut self.properties, &mut self.own))?;
        if edge.kind == self.terms.property && self.kinds[from as usize] == self.terms.closure {
            self.properties.push(Property { of: from, name: edge.name, value: edge.to });
        }
        if edge.kind != self.terms.weak {
            self.graph.add_edge(from, edge.to);
        }
        Ok(())
    }

    fn edges_end(&mut self) -> Result<(), HeapError> {
        self.cursor.end(|_| over(&mut self.graph, &mut self.properties, &mut self.own))?;
        if self.edges == self.terms.edges {
            return Ok(());
        }
        let Terms { edges, .. } = self.terms;
        Err(HeapError::Inconsistent(format!("it has {} edges and says {edges}", self.edges)))
    }

    fn location(&mut self, location: Location) -> Result<(), HeapError> {
        // Objects have one too, that of their constructor.
        if self.kinds.get(location.node as usize) != Some(&self.terms.closure) {
            return Ok(());
        }
        let spot = Spot { script: location.script, at: Position::from_zero(location.line, location.column) };
        let next = index(self.spots.len())?;
        let number = *self.numbers_of_spots.entry(spot).or_insert(next);
        if number == next {
            self.spots.push(spot);
        }
        self.functions.push((location.node, number));
        Ok(())
    }

    fn string(&mut self, index: u32, raw: &[u8]) {
        match raw {
            b"resultFunc" => self.result_func = Some(index),
            b"recomputations" => self.recomputations = Some(index),
            raw if self.detached.contains_key(&index) => drop(self.names.insert(index, unescaped(raw))),
            _ => {}
        }
    }
}

/// What there is to do where a node has no more edges. Arrow functions have one property, and there are millions.
fn over(graph: &mut Graph, properties: &mut Vec<Property>, own: &mut usize) -> Result<(), HeapError> {
    if properties.len() - *own < OWN_OF_A_SELECTOR {
        properties.truncate(*own);
    }
    *own = properties.len();
    graph.begin_node()
}

fn index(place: usize) -> Result<u32, HeapError> {
    u32::try_from(place).map_err(|_| HeapError::Inconsistent("it has more nodes than V8 can number".to_owned()))
}

impl Count {
    fn heap(mut self, meta: Meta) -> Heap {
        self.functions.sort_unstable();
        Heap {
            selectors: self.selectors(),
            detached: self.detached(),
            tallies: meta.node_kinds.iter().cloned().zip(self.tallies).collect(),
            graph: self.graph,
            spots: self.spots,
            functions: self.functions,
            meta,
        }
    }

    /// Functions with own properties `resultFunc` and `recomputations` that are functions, each with where the first
    /// was written. Wrappers around a selector share its `recomputations` and are left out.
    fn selectors(&self) -> Vec<(Option<u32>, NodeId)> {
        let (Some(result_func), Some(recomputations)) = (self.result_func, self.recomputations) else {
            return Vec::new();
        };
        let mut known = BTreeSet::new();
        let mut selectors = Vec::new();
        for own in self.properties.chunk_by(|one, next| one.of == next.of) {
            let function = |name| {
                let value = own.iter().find(|property| property.name == name)?.value;
                (self.kinds[value as usize] == self.terms.closure).then_some(value)
            };
            if let (Some(written), Some(counter)) = (function(result_func), function(recomputations))
                && known.insert(counter)
            {
                selectors.push((self.spot(written), NodeId(own[0].of)));
            }
        }
        selectors
    }

    /// The number of the spot of a function.
    fn spot(&self, function: u32) -> Option<u32> {
        let place = self.functions.binary_search_by_key(&function, |(function, _)| *function).ok()?;
        Some(self.functions[place].1)
    }

    fn detached(&mut self) -> Vec<Detached> {
        let named = std::mem::take(&mut self.detached).into_iter().filter_map(|(name, (tally, first))| {
            let name = self.names.remove(&name)?;
            let name = if self.terms.says_detached { name } else { name.strip_prefix(DETACHED_NAME)?.to_owned() };
            Some(Detached { name, tally, first })
        });
        let mut detached: Vec<Detached> = named.collect();
        detached.sort_by(|a, b| (b.tally.count, &a.name, a.first).cmp(&(a.tally.count, &b.name, b.first)));
        detached
    }
}
