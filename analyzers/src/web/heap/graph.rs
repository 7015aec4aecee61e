//! Who holds whom, in two to three bytes an edge: a large heap has tens of millions.

use std::collections::{BTreeMap, BTreeSet};

use super::error::HeapError;

/// The first node, which holds all that lives.
const ROOT: u32 = 0;

/// Nodes with their sizes and with the edges that keep things alive: weak ones are left out.
#[derive(Debug, Default)]
pub(super) struct Graph {
    sizes: Sizes,
    /// For each node where its edges begin in `edges`; one more at the end.
    begins: Vec<u32>,
    /// Each edge as the distance to the node that it leads to, see [`write()`].
    edges: Vec<u8>,
}

impl Graph {
    /// `nodes` is what the snapshot says, and only believed to a degree.
    pub(super) fn with_room(nodes: u64) -> Self {
        let room = usize::try_from(nodes).unwrap_or(usize::MAX).min(1 << 24);
        Self { sizes: Sizes::with_room(room), begins: Vec::with_capacity(room + 1), edges: Vec::new() }
    }

    pub(super) fn add_node(&mut self, size: u64) {
        self.sizes.push(size);
    }

    pub(super) fn nodes(&self) -> usize {
        self.sizes.small.len()
    }

    /// The edges that are added from here on are of this node; nodes come in their order.
    pub(super) fn begin_node(&mut self) -> Result<(), HeapError> {
        let begin = u32::try_from(self.edges.len());
        self.begins.push(begin.map_err(|_| HeapError::Inconsistent("it has more edges than fit here".to_owned()))?);
        Ok(())
    }

    pub(super) fn add_edge(&mut self, from: u32, to: u32) {
        write(&mut self.edges, i64::from(to) - i64::from(from));
    }

    pub(super) fn size(&self, node: u32) -> u64 {
        self.sizes.get(node)
    }

    fn edges(&self, from: u32) -> Edges<'_> {
        let bound = |node: u32| self.begins.get(node as usize).map_or(self.edges.len(), |&begin| begin as usize);
        Edges { from, bytes: &self.edges[bound(from)..bound(from + 1)] }
    }

    /// For each target the nodes on a shortest way from the root to it, both included; none where nothing holds it.
    pub(super) fn ways(&self, targets: &[u32]) -> Vec<Option<Vec<u32>>> {
        let held_by = self.shortest(targets);
        let way = |&target: &u32| {
            let mut way = vec![target];
            while let Some(&last) = way.last().filter(|&&last| last != ROOT) {
                way.push(held_by.get(last as usize).copied().filter(|&holder| holder != NOBODY)?);
            }
            way.reverse();
            Some(way)
        };
        targets.iter().map(way).collect()
    }

    /// For each node the one by which it is reached first, in breadth, until all targets are.
    fn shortest(&self, targets: &[u32]) -> Vec<u32> {
        let mut held_by = vec![NOBODY; self.nodes()];
        let mut missing: BTreeSet<u32> = targets.iter().copied().collect();
        missing.remove(&ROOT);
        let mut ring = vec![ROOT];
        while !ring.is_empty() && !missing.is_empty() {
            let mut next = Vec::new();
            for &from in &ring {
                for to in self.edges(from) {
                    if to != ROOT && held_by[to as usize] == NOBODY {
                        held_by[to as usize] = from;
                        missing.remove(&to);
                        next.push(to);
                    }
                }
            }
            ring = next;
        }
        held_by
    }

    /// How many bytes would be free if these nodes were not there: all that is held through them only.
    pub(super) fn retained(&self, nodes: &[u32]) -> u64 {
        let without = self.reached(nodes);
        self.reached(&[]) - without
    }

    /// Bytes that the root holds in ways that do not lead through these nodes.
    fn reached(&self, without: &[u32]) -> u64 {
        let mut seen = Seen::new(self.nodes());
        for &node in without {
            seen.is_new(node);
        }
        let mut bytes = 0;
        let mut open = Vec::new();
        if self.nodes() > 0 && seen.is_new(ROOT) {
            open.push(ROOT);
        }
        while let Some(from) = open.pop() {
            bytes += self.size(from);
            open.extend(self.edges(from).filter(|&to| seen.is_new(to)));
        }
        bytes
    }
}

const NOBODY: u32 = u32::MAX;

/// A bit for each node.
struct Seen(Vec<u64>);

impl Seen {
    fn new(nodes: usize) -> Self {
        Self(vec![0; nodes.div_ceil(64)])
    }

    fn is_new(&mut self, node: u32) -> bool {
        let (word, bit) = (&mut self.0[node as usize / 64], 1 << (node % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// Nearly all things have less than 64 kB.
#[derive(Debug, Default)]
struct Sizes {
    small: Vec<u16>,
    large: BTreeMap<u32, u64>,
}

impl Sizes {
    fn with_room(nodes: usize) -> Self {
        Self { small: Vec::with_capacity(nodes), large: BTreeMap::new() }
    }

    fn push(&mut self, size: u64) {
        let small = u16::try_from(size).unwrap_or(u16::MAX);
        if small == u16::MAX
            && let Ok(node) = u32::try_from(self.small.len())
        {
            self.large.insert(node, size);
        }
        self.small.push(small);
    }

    fn get(&self, node: u32) -> u64 {
        match self.small.get(node as usize) {
            Some(&u16::MAX) => self.large.get(&node).copied().unwrap_or_default(),
            size => size.copied().unwrap_or_default().into(),
        }
    }
}

/// Seven bits a byte, the last one marked by a high bit that is 0; the sign in the lowest bit.
fn write(bytes: &mut Vec<u8>, distance: i64) {
    let mut rest = distance.unsigned_abs() << 1 | u64::from(distance < 0);
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push((rest & 0x7f) as u8);
}

/// The nodes that one node holds.
struct Edges<'a> {
    from: u32,
    bytes: &'a [u8],
}

impl Iterator for Edges<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mut value = 0;
        let mut shift = 0;
        let mut used = 0;
        for &byte in self.bytes {
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            used += 1;
            if byte < 0x80 {
                break;
            }
        }
        self.bytes = &self.bytes[used..];
        let distance = u32::try_from(value >> 1).ok()?;
        let to = if value & 1 == 0 { self.from.checked_add(distance) } else { self.from.checked_sub(distance) };
        to.filter(|_| used > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of nodes of `10 + number` bytes with these edges.
    fn graph(nodes: u32, edges: &[(u32, u32)]) -> Graph {
        let mut graph = Graph::with_room(0);
        for node in 0..nodes {
            graph.add_node(10 + u64::from(node));
        }
        for from in 0..nodes {
            graph.begin_node().unwrap();
            for (_, to) in edges.iter().filter(|(holder, _)| *holder == from) {
                graph.add_edge(from, *to);
            }
        }
        graph.begin_node().unwrap();
        graph
    }

    #[test]
    fn what_two_hold_is_retained_by_both_together_only() {
        let graph = graph(6, &[(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (5, 4)]);
        assert_eq!(graph.retained(&[1]), 11);
        assert_eq!(graph.retained(&[1, 2]), 11 + 12 + 13 + 14);
        assert_eq!(graph.retained(&[3]), 13 + 14);
        // Nothing holds it.
        assert_eq!(graph.retained(&[5]), 0);
        assert_eq!(graph.retained(&[0]), 10 + 11 + 12 + 13 + 14);
    }

    #[test]
    fn ways_are_short_and_end_at_the_root() {
        let graph = graph(6, &[(0, 1), (1, 2), (2, 3), (0, 4), (4, 3), (3, 0), (3, 3)]);
        assert_eq!(graph.ways(&[3, 2, 0, 5]), [Some(vec![0, 4, 3]), Some(vec![0, 1, 2]), Some(vec![0]), None]);
    }

    #[test]
    fn distances_and_sizes_of_all_lengths_are_kept() {
        let far = 70_000;
        let mut graph = graph(far + 1, &[(0, far), (far, 64), (64, 0), (0, 64), (0, 0)]);
        assert_eq!(graph.edges(0).collect::<Vec<_>>(), [far, 64, 0]);
        assert_eq!(graph.edges(far).collect::<Vec<_>>(), [64]);
        graph.add_node(65_534);
        graph.add_node(65_535);
        graph.add_node(1 << 40);
        assert_eq!([far + 1, far + 2, far + 3].map(|node| graph.size(node)), [65_534, 65_535, 1 << 40]);
        assert_eq!(graph.size(far), 10 + u64::from(far));
    }
}
