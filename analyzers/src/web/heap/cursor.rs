//! Whose edge the next one is: edges stand in one list, and only nodes say how many each of them has.

use std::collections::BTreeMap;

use super::error::HeapError;

/// Walks over the nodes while their edges come.
#[derive(Default)]
pub(super) struct Cursor {
    /// Edges of each node; nearly all have less than 255.
    small: Vec<u8>,
    large: BTreeMap<u32, u32>,
    node: u32,
    /// Edges of `node` that are still to come.
    left: u32,
}

impl Cursor {
    pub(super) fn add_node(&mut self, edges: u32) {
        let small = u8::try_from(edges).unwrap_or(u8::MAX);
        if small == u8::MAX
            && let Ok(node) = u32::try_from(self.small.len())
        {
            self.large.insert(node, edges);
        }
        self.small.push(small);
    }

    /// To be called behind the last node, of which there are as many as the snapshot says.
    pub(super) fn start(&mut self, announced: u64) -> Result<(), HeapError> {
        let nodes = self.small.len();
        if nodes as u64 != announced {
            return Err(HeapError::Inconsistent(format!("it has {nodes} nodes and says {announced}")));
        }
        self.left = self.edges(0).ok_or_else(|| HeapError::Inconsistent("it has no nodes".to_owned()))?;
        Ok(())
    }

    /// The node that has the next edge; `over` hears of each node that has no more.
    pub(super) fn next(&mut self, mut over: impl FnMut(u32) -> Result<(), HeapError>) -> Result<u32, HeapError> {
        while self.left == 0 {
            over(self.node)?;
            self.node += 1;
            let too_many = || HeapError::Inconsistent("it has more edges than its nodes say".to_owned());
            self.left = self.edges(self.node).ok_or_else(too_many)?;
        }
        self.left -= 1;
        Ok(self.node)
    }

    /// To be called behind the last edge; `over` hears of each node that is left.
    pub(super) fn end(&mut self, mut over: impl FnMut(u32) -> Result<(), HeapError>) -> Result<(), HeapError> {
        while self.left == 0 {
            over(self.node)?;
            self.node += 1;
            match self.edges(self.node) {
                Some(left) => self.left = left,
                None => return Ok(()),
            }
        }
        Err(HeapError::Inconsistent(format!("node {} should have {} more edges", self.node, self.left)))
    }

    fn edges(&self, node: u32) -> Option<u32> {
        match *self.small.get(node as usize)? {
            u8::MAX => self.large.get(&node).copied(),
            small => Some(small.into()),
        }
    }
}
