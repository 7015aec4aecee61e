//! How the numbers of a snapshot are laid out, which it says itself and Chromium changes now and then.

use serde::Deserialize;

use super::error::HeapError;

/// The value of `snapshot`.
#[derive(Deserialize)]
struct Header {
    meta: Layouts,
    node_count: u64,
    edge_count: u64,
}

#[derive(Deserialize)]
struct Layouts {
    #[serde(rename = "node_fields")]
    nodes: Vec<String>,
    node_types: Vec<serde_json::Value>,
    #[serde(rename = "edge_fields")]
    edges: Vec<String>,
    edge_types: Vec<serde_json::Value>,
    #[serde(rename = "location_fields", default)]
    locations: Vec<String>,
}

/// More fields than any Chromium writes for one thing; they are kept in an array of this size.
pub(super) const MOST_FIELDS: usize = 16;

/// Where in a record each number stands, and what the types are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meta {
    pub node_count: u64,
    pub edge_count: u64,
    pub node: NodeFields,
    pub edge: EdgeFields,
    pub location: LocationFields,
    pub node_kinds: Vec<String>,
    pub edge_kinds: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeFields {
    pub stride: usize,
    pub kind: usize,
    pub name: usize,
    pub size: usize,
    pub edges: usize,
    /// Chromium before 85 says it with the name only.
    pub detachedness: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EdgeFields {
    pub stride: usize,
    pub kind: usize,
    pub name: usize,
    pub to: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LocationFields {
    pub stride: usize,
    pub node: usize,
    pub script: usize,
    pub line: usize,
    pub column: usize,
}

impl Meta {
    pub(super) fn parse(json: &[u8]) -> Result<Self, HeapError> {
        let header: Header = serde_json::from_slice(json).map_err(|error| HeapError::Meta(error.to_string()))?;
        let Layouts { nodes, node_types, edges, edge_types, locations } = header.meta;
        let node = Layout::new("node_fields", &nodes)?;
        let edge = Layout::new("edge_fields", &edges)?;
        let location = Layout::new("location_fields", &locations)?;
        let node = NodeFields {
            stride: nodes.len(),
            kind: node.at("type")?,
            name: node.at("name")?,
            size: node.at("self_size")?,
            edges: node.at("edge_count")?,
            detachedness: node.at("detachedness").ok(),
        };
        let edge = EdgeFields {
            stride: edges.len(),
            kind: edge.at("type")?,
            name: edge.at("name_or_index")?,
            to: edge.at("to_node")?,
        };
        let location = LocationFields {
            stride: locations.len(),
            node: location.at("object_index")?,
            script: location.at("script_id")?,
            line: location.at("line")?,
            column: location.at("column")?,
        };
        let node_kinds = kinds("node_types", node_types.get(node.kind))?;
        let edge_kinds = kinds("edge_types", edge_types.get(edge.kind))?;
        let Header { node_count, edge_count, .. } = header;
        Ok(Self { node_count, edge_count, node, edge, location, node_kinds, edge_kinds })
    }

    /// The number of a kind of node.
    pub(super) fn node_kind(&self, name: &str) -> Result<u8, HeapError> {
        number(&self.node_kinds, name)
    }

    /// The number of a kind of edge.
    pub(super) fn edge_kind(&self, name: &str) -> Result<u8, HeapError> {
        number(&self.edge_kinds, name)
    }
}

/// The names of the fields of one record.
struct Layout<'a>(&'static str, &'a [String]);

impl<'a> Layout<'a> {
    fn new(list: &'static str, names: &'a [String]) -> Result<Self, HeapError> {
        if names.len() > MOST_FIELDS {
            return Err(HeapError::Meta(format!("{list} has {} names, more than {MOST_FIELDS}", names.len())));
        }
        Ok(Self(list, names))
    }

    fn at(&self, name: &str) -> Result<usize, HeapError> {
        let place = self.1.iter().position(|found| found == name);
        place.ok_or_else(|| HeapError::Meta(format!("{} does not name {name:?}", self.0)))
    }
}

fn kinds(list: &str, value: Option<&serde_json::Value>) -> Result<Vec<String>, HeapError> {
    let names = value.and_then(serde_json::Value::as_array).filter(|names| u8::try_from(names.len()).is_ok());
    let names = names.map(|names| names.iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect());
    names.ok_or_else(|| HeapError::Meta(format!("{list} has no list of types")))
}

fn number(kinds: &[String], name: &str) -> Result<u8, HeapError> {
    let place = kinds.iter().position(|found| found == name).and_then(|place| u8::try_from(place).ok());
    place.ok_or_else(|| HeapError::Meta(format!("no type is called {name:?}")))
}
