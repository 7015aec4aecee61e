//! The second reading of a snapshot: what those things are called that hold what should be gone.

use std::collections::BTreeMap;
use std::fmt;

use super::NodeId;
use super::cursor::Cursor;
use super::error::HeapError;
use super::meta::Meta;
use super::scanner::{Edge, Location, Node, Scanner, Visitor, unescaped};

/// Why something is still there: each step holds the next one, from the root on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainerPath {
    /// The last one is what was asked for.
    pub steps: Vec<Step>,
}

/// A thing on the way, and how the one before holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How it is held; the root is held by nobody.
    pub by: Option<Link>,
    /// The thing itself.
    pub node: NodeId,
    /// What V8 calls it: a class, a function's name, a tag.
    pub name: String,
    /// V8's kind of node: `object`, `closure`, `native`, …
    pub kind: String,
}

/// How one thing holds another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A property, or a variable that a function has closed over.
    Name(String),
    /// An item of an array.
    Index(u32),
    /// A part of V8's own, as the table of a Map.
    Internal(String),
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            // The entries of a table have numbers for names.
            Self::Internal(name) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) => {
                write!(f, "[{name}]")
            }
            Self::Name(name) | Self::Internal(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for RetainerPath {
    /// `window.cache: RowCache → selectors: Map → table → [20]: selector`, without the browser's own holders before.
    /// Names are as the page gave them: not safe for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = self.steps.iter().rposition(Step::is_window);
        let context = self.steps.iter().rposition(|step| step.name.starts_with("system / NativeContext"));
        let begin = window.or(context).unwrap_or(0).saturating_add(1).min(self.steps.len().saturating_sub(1));
        for (place, step) in self.steps[begin..].iter().enumerate() {
            match place {
                0 if window.is_some_and(|window| window < begin) => f.write_str("window.")?,
                0 => {}
                _ => f.write_str(" → ")?,
            }
            step.fmt(f)?;
        }
        Ok(())
    }
}

impl Step {
    fn is_window(&self) -> bool {
        self.kind == "object" && self.name.starts_with("Window [JSGlobalObject]")
    }

    fn has_a_name(&self) -> bool {
        let shown = ["object", "closure", "native", "regexp", "synthetic"].contains(&self.kind.as_str());
        shown && !self.name.is_empty() && !self.name.starts_with("system / ")
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            Some(link) if self.has_a_name() => write!(f, "{link}: {}", self.name),
            Some(link) => write!(f, "{link}"),
            None if self.name.is_empty() => f.write_str("(root)"),
            None => f.write_str(&self.name),
        }
    }
}

/// Reads the same snapshot once more, for the names on the ways that [`super::Heap::paths`] has found.
pub struct PathReader(Scanner<Names>);

impl PathReader {
    pub(super) fn new(meta: Meta, ways: Vec<Option<Vec<u32>>>) -> Self {
        Self(Scanner::new(Names::new(meta, ways)))
    }

    /// Takes the next piece, as [`super::HeapReader::push`].
    pub fn push(&mut self, piece: &[u8]) -> Result<(), HeapError> {
        self.0.push(piece)
    }

    /// One path for each of the nodes that were asked for, in that order; none for what only weak references lead to.
    pub fn finish(self) -> Result<Vec<Option<RetainerPath>>, HeapError> {
        self.0.finish()?.0.paths()
    }
}

/// How a node holds the next one on a way; of several links the lowest is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Manner {
    Name,
    Index,
    Internal,
}

struct Names {
    meta: Meta,
    /// Of each kind of edge its manner; none for weak ones, which hold nothing.
    manners: Vec<Option<Manner>>,
    ways: Vec<Option<Vec<u32>>>,
    number: u32,
    cursor: Cursor,
    /// Kind and name of the nodes on the ways.
    nodes: BTreeMap<u32, Option<(u8, u32)>>,
    /// How of two nodes the first holds the second, and by which name or index.
    links: BTreeMap<(u32, u32), Option<(Manner, u32)>>,
    strings: BTreeMap<u32, Option<String>>,
}

impl Names {
    fn new(meta: Meta, ways: Vec<Option<Vec<u32>>>) -> Self {
        let manner = |kind: &String| match kind.as_str() {
            "weak" => None,
            "property" | "context" => Some(Manner::Name),
            "element" | "hidden" => Some(Manner::Index),
            _ => Some(Manner::Internal),
        };
        let steps = || ways.iter().flatten();
        Self {
            manners: meta.edge_kinds.iter().map(manner).collect(),
            number: 0,
            cursor: Cursor::default(),
            nodes: steps().flatten().map(|&node| (node, None)).collect(),
            links: steps().flat_map(|way| way.windows(2)).map(|pair| ((pair[0], pair[1]), None)).collect(),
            strings: BTreeMap::new(),
            meta,
            ways,
        }
    }

    fn paths(self) -> Result<Vec<Option<RetainerPath>>, HeapError> {
        self.ways.iter().map(|way| way.as_ref().map(|way| self.path(way)).transpose()).collect()
    }

    fn path(&self, way: &[u32]) -> Result<RetainerPath, HeapError> {
        let mut holder = None;
        let mut steps = Vec::with_capacity(way.len());
        for &node in way {
            let by = holder.map(|holder| self.link(holder, node)).transpose()?;
            let (kind, name) = self.nodes.get(&node).copied().flatten().ok_or_else(|| missing("a node"))?;
            let kind = self.meta.node_kinds[usize::from(kind)].clone();
            steps.push(Step { by, node: NodeId(node), name: self.text(name)?, kind });
            holder = Some(node);
        }
        Ok(RetainerPath { steps })
    }

    fn link(&self, holder: u32, held: u32) -> Result<Link, HeapError> {
        let link = self.links.get(&(holder, held)).copied().flatten();
        let (manner, name) = link.ok_or_else(|| missing("an edge"))?;
        Ok(match manner {
            Manner::Name => Link::Name(self.text(name)?),
            Manner::Index => Link::Index(name),
            Manner::Internal => Link::Internal(self.text(name)?),
        })
    }

    fn text(&self, string: u32) -> Result<String, HeapError> {
        self.strings.get(&string).cloned().flatten().ok_or_else(|| missing("a name"))
    }
}

fn missing(what: &str) -> HeapError {
    HeapError::Other(format!("{what} on a way is missing"))
}

impl Visitor for Names {
    fn begin(&mut self, meta: &Meta) -> Result<(), HeapError> {
        if *meta == self.meta { Ok(()) } else { Err(HeapError::Other("its meta differs".to_owned())) }
    }

    fn node(&mut self, node: Node) -> Result<(), HeapError> {
        if let Some(known) = self.nodes.get_mut(&self.number) {
            *known = Some((node.kind, node.name));
            self.strings.insert(node.name, None);
        }
        self.number = self.number.saturating_add(1);
        self.cursor.add_node(node.edges);
        Ok(())
    }

    fn nodes_end(&mut self) -> Result<(), HeapError> {
        self.cursor.start(self.meta.node_count)
    }

    fn edge(&mut self, edge: Edge) -> Result<(), HeapError> {
        let from = self.cursor.next(|_| Ok(()))?;
        let Some(manner) = self.manners[usize::from(edge.kind)] else { return Ok(()) };
        if let Some(known) = self.links.get_mut(&(from, edge.to))
            && known.is_none_or(|(before, _)| manner < before)
        {
            *known = Some((manner, edge.name));
        }
        Ok(())
    }

    fn edges_end(&mut self) -> Result<(), HeapError> {
        let named = self.links.values().flatten().filter(|(manner, _)| *manner != Manner::Index);
        self.strings.extend(named.map(|(_, name)| (*name, None)));
        self.cursor.end(|_| Ok(()))
    }

    fn location(&mut self, _: Location) -> Result<(), HeapError> {
        Ok(())
    }

    fn string(&mut self, index: u32, raw: &[u8]) {
        if let Some(text) = self.strings.get_mut(&index) {
            *text = Some(unescaped(raw));
        }
    }
}
