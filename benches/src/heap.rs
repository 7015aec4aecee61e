//! Made-up heap snapshots of any size, as V8 writes them.
//!
//! A page with a cache of selectors as reselect 5 makes them: of each about fifty nodes, eighteen of them functions, and
//! four edges a node, as measured in a page with a hundred thousand. The same size gives the same bytes.

use std::io::{self, Write};

/// Nodes that all others refer to: maps, code, prototypes.
const SHARED: u64 = 400;
/// Root, window, cache, and what is shared.
const FIRST: u64 = 3 + SHARED;
const NODES: u64 = 52;
const FIELDS: u64 = 6;

const HEADER: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count","detachedness"],"node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic","concatenated string","sliced string","symbol","bigint","object shape"],"string","number","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"],"location_fields":["object_index","script_id","script_object_index","line","column"]}"#;

const CONTEXT: u64 = 0;
const ELEMENT: u64 = 1;
const PROPERTY: u64 = 2;
const INTERNAL: u64 = 3;
const WEAK: u64 = 6;

/// Kind, name or index, and node.
type Edge = (u64, u64, u64);

/// Writes the snapshot of a page with so many selectors; about four kilobytes each.
pub fn heap_snapshot(selectors: u64, out: &mut impl Write) -> io::Result<()> {
    let nodes = FIRST + selectors * NODES;
    let edges: u64 = (0..nodes).map(|node| edges(node, selectors).count() as u64).sum();
    write!(out, "{HEADER},\"node_count\":{nodes},\"edge_count\":{edges},\"trace_function_count\":0}},\n\"nodes\":[")?;
    for node in 0..nodes {
        let comma = if node == 0 { "" } else { "\n," };
        let (kind, name, size) = about(node);
        let edges = self::edges(node, selectors).count();
        write!(out, "{comma}{kind},{name},{},{size},{edges},0", node * 2 + 1)?;
    }
    out.write_all(b"],\n\"edges\":[")?;
    for (place, (kind, name, to)) in (0..nodes).flat_map(|node| self::edges(node, selectors)).enumerate() {
        write!(out, "{}{kind},{name},{}", if place == 0 { "" } else { "\n," }, to * FIELDS)?;
    }
    out.write_all(b"],\n\"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],\n\"locations\":[")?;
    for (place, node) in (FIRST..nodes).filter(|&node| is_function(node)).enumerate() {
        let line = 1_000 + (node - FIRST) % NODES;
        write!(out, "{}{},7,{},{line},20", if place == 0 { "" } else { "\n," }, node * FIELDS, FIELDS * 9)?;
    }
    out.write_all(b"],\n\"strings\":[\"\",\"resultFunc\",\"recomputations\",\"dependencies\",\"__proto__\"")?;
    for string in 5..5 + selectors * 4 {
        write!(out, ",\n\"a name \\\"{string}\\\" \u{e4} of what the page has remembered\"")?;
    }
    out.write_all(b"]}\n")
}

fn is_function(node: u64) -> bool {
    (node - FIRST) % NODES < 18
}

/// Kind, name and size of a node.
fn about(node: u64) -> (u64, u64, u64) {
    match node {
        0 => (9, 0, 0),
        1 | 2 => (3, 3, 28),
        node if node < FIRST => (14, 4, 40),
        node if is_function(node) => (5, node % 5, 32),
        node => match (node - FIRST) % NODES {
            18..28 => (3, 0, 24),
            28..38 => (1, 0, 64),
            _ => (2, 5 + (node - FIRST) / NODES, 20),
        },
    }
}

fn edges(node: u64, selectors: u64) -> impl Iterator<Item = Edge> {
    let of_cache = if node == 2 { selectors } else { 0 };
    let cache = (0..of_cache).map(|selector| (ELEMENT, selector, FIRST + selector * NODES));
    let shared = |salt: u64| 3 + (node % NODES * 7 + salt) % SHARED;
    let base = node.saturating_sub(FIRST) / NODES * NODES + FIRST;
    let mut some = [None; 8];
    match node {
        0 => some[0] = Some((INTERNAL, 3, 1)),
        1 => some[0] = Some((PROPERTY, 3, 2)),
        2 => some[0] = Some((WEAK, 3, 1)),
        node if node < FIRST => some[0] = Some((INTERNAL, 3, 3 + (node + 1) % SHARED)),
        node => match node - base {
            0 => {
                some[0] = Some((PROPERTY, 1, base + 1));
                some[1] = Some((PROPERTY, 2, base + 2));
                some[2] = Some((PROPERTY, 3, base + 28));
                some[3] = Some((PROPERTY, 4, shared(0)));
                some[4] = Some((INTERNAL, 3, base + 18));
                some[5] = Some((INTERNAL, 3, shared(1)));
                some[6] = Some((INTERNAL, 3, base + 19));
            }
            place @ 1..18 => {
                some[0] = Some((PROPERTY, 4, shared(0)));
                some[1] = Some((INTERNAL, 3, base + 18 + place % 10));
                some[2] = Some((INTERNAL, 3, shared(1)));
                some[3] = Some((INTERNAL, 3, shared(2)));
                some[4] = Some((INTERNAL, 3, shared(3)));
                some[5] = Some((INTERNAL, 3, shared(4)));
            }
            place @ 18..28 => {
                some[0] = Some((CONTEXT, 3, base + (place - 18) * 17 % 18));
                some[1] = Some((CONTEXT, 2, base + 10 + place));
                some[2] = Some((INTERNAL, 3, shared(1)));
                some[3] = Some((INTERNAL, 3, if place == 18 { shared(2) } else { base + place - 1 }));
            }
            place @ 28..38 => {
                some[0] = Some((ELEMENT, 0, base + 10 + place));
                some[1] = Some((ELEMENT, 1, base + 38 + place % 14));
                some[2] = Some((INTERNAL, 3, shared(1)));
                some[3] = Some((WEAK, 4, base + 3));
            }
            _ => some[0] = Some((INTERNAL, 3, shared(1))),
        },
    }
    cache.chain(some.into_iter().flatten())
}
