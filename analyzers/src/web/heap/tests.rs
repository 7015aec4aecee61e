//! Heap snapshots: what is read of them, and what is said of files that are none.

use std::io::Read;

use super::*;

/// The snapshot of `page.html` as Chromium wrote it.
fn recorded() -> Vec<u8> {
    let file = perf_look_fixtures::folder().join("web/heap/heap.heapsnapshot.gz");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

fn read_in_pieces(bytes: &[u8], size: usize) -> Result<Heap, HeapError> {
    let mut reader = HeapReader::new();
    bytes.chunks(size).try_for_each(|piece| reader.push(piece))?;
    reader.finish()
}

fn read(bytes: &[u8]) -> Result<Heap, HeapError> {
    read_in_pieces(bytes, usize::MAX)
}

/// `line:column` on the page of the first such text.
#[track_caller]
fn place(text: &str) -> Position {
    let page = perf_look_fixtures::named("web/heap/page.html");
    let (line, column) =
        page.lines().enumerate().find_map(|(line, of_page)| Some((line, of_page.find(text)?))).unwrap();
    Position::from_zero(u32::try_from(line).unwrap(), u32::try_from(column).unwrap())
}

fn paths(heap: &Heap, bytes: &[u8], nodes: &[NodeId]) -> Vec<String> {
    let mut reader = heap.paths(nodes);
    bytes.chunks(1000).try_for_each(|piece| reader.push(piece)).unwrap();
    let paths = reader.finish().unwrap();
    paths.into_iter().map(|path| path.map_or_else(|| "nothing".to_owned(), |path| path.to_string())).collect()
}

#[test]
fn live_selectors_are_counted_where_their_combiner_is_written() {
    let heap = read(&recorded()).unwrap();
    let found: Vec<_> = heap.selectors().iter().map(|group| (group.spot.unwrap().at, group.nodes.len())).collect();
    // Two more are wrapped, and two functions have one of the two properties only.
    let expected =
        [(place("(list) => list.find"), 30), (place("(list) => list.length"), 1), (place("(list) => list.at(-1)"), 1)];
    assert_eq!(found, expected);
}

#[test]
fn live_functions_are_counted_where_they_are_written() {
    let heap = read(&recorded()).unwrap();
    let functions = heap.functions();
    let at = |text| functions.iter().find(|group| group.spot.at == place(text)).map(|group| group.nodes.len());
    assert_eq!(at("(state) => { count += 1;"), Some(32));
    assert_eq!(at("() => count"), Some(32));
    assert_eq!(at("(list) => list.find"), Some(30));
    assert_eq!(at("(state) => selector(state)"), Some(2));
    assert_eq!(at("(state) => state.items"), Some(1));
    assert_eq!(functions.iter().map(|group| group.nodes.len()).sum::<usize>(), 109);
}

#[test]
fn nodes_and_bytes_are_as_the_snapshot_says() {
    let heap = read(&recorded()).unwrap();
    assert_eq!(heap.total(), Tally { count: 28_007, bytes: 801_403 });
    let kinds = heap.kinds();
    let kind = |name| kinds.iter().find(|(kind, _)| *kind == name).map(|(_, tally)| (tally.count, tally.bytes));
    assert_eq!(kinds[0].0, "native");
    assert_eq!(kind("closure"), Some((1_932, 54_848)));
    assert_eq!(kind("object"), Some((342, 8_448)));
}

#[test]
fn detached_nodes_are_counted_by_tag() {
    let heap = read(&recorded()).unwrap();
    let detached: Vec<_> = heap.detached().iter().map(|one| (one.name.as_str(), one.tally.count)).collect();
    assert_eq!(detached, [("<article>", 25), ("<b>", 25)]);
}

#[test]
fn a_path_says_by_which_names_the_page_holds_something() {
    let bytes = recorded();
    let heap = read(&bytes).unwrap();
    let groups = heap.selectors();
    let nodes = [groups[0].nodes[0], groups[1].nodes[0], heap.detached()[0].first, heap.detached()[1].first, NodeId(0)];
    insta::assert_snapshot!(paths(&heap, &bytes, &nodes).join("\n"), @r#"
    window.cache: RowCache → selectors: Map → table → [20]: selector
    script_context_table → [2] → totals: Array → [0]: selector
    window.removed: Array → [0]: <article>
    window.removed: Array → [0]: <article> → [3]: <b>
    (root)
    "#);
}

#[test]
fn a_cache_retains_what_it_alone_holds() {
    let bytes = recorded();
    let heap = read(&bytes).unwrap();
    let selectors = heap.selectors().swap_remove(0).nodes;
    let all = heap.retained(&selectors);
    let each: u64 = selectors.iter().map(|&selector| heap.retained(&[selector])).sum();
    // A selector holds its closures and its context, and no other one.
    assert_eq!((all, each), (30 * 180, 30 * 180));
    let mut reader = heap.paths(&selectors[..1]);
    reader.push(&bytes).unwrap();
    let path = reader.finish().unwrap().remove(0).unwrap();
    let cache = path.steps.iter().find(|step| step.name == "RowCache").unwrap();
    // With its Map and the table of that.
    assert_eq!(heap.retained(&[cache.node]), 30 * 180 + 600);
}

#[test]
fn pieces_of_any_size_give_the_same() {
    let bytes = recorded();
    let whole = format!("{:?}", read(&bytes).unwrap());
    for size in [1, 7, 4096] {
        assert!(format!("{:?}", read_in_pieces(&bytes, size).unwrap()) == whole, "{size}");
    }
}

const NODE_FIELDS: &str = r#"["type","name","id","self_size","edge_count","detachedness"]"#;

/// A snapshot of our own: the root holds a function, which holds two others as a selector does.
struct Small {
    node_fields: &'static str,
    nodes: &'static str,
    edges: &'static str,
    location_fields: &'static str,
    locations: &'static str,
    strings: &'static str,
}

const SMALL: Small = Small {
    node_fields: NODE_FIELDS,
    nodes: "0,0,1,0,2,0, 1,1,3,10,3,0, 1,0,5,20,0,0, 1,0,7,30,0,0, 2,4,9,40,0,2",
    edges: "0,1,6,0,4,24,0,2,12,0,3,18,0,5,12",
    location_fields: r#"["object_index","script_id","line","column"]"#,
    locations: "12,8,4,2,6,8,0,0",
    strings: r#""","f","resultFunc","recomputations","<p>","__proto__""#,
};

impl Small {
    fn json(&self) -> String {
        let Self { node_fields, nodes, edges, location_fields, locations, strings } = self;
        format!(
            r#"{{"snapshot":{{"meta":{{"node_fields":{node_fields},"node_types":[["synthetic","closure","native"],"string"],
"edge_fields":["type","name_or_index","to_node"],"edge_types":[["property","weak"],"string_or_number","node"],
"location_fields":{location_fields}}},"node_count":5,"edge_count":5,"extra":[{{"a":"}}]\""}}]}},
"nodes":[{nodes}],"edges":[{edges}],"trace_tree":[1,["]",{{}}]],"samples":[],"x":null,"locations":[{locations}],"strings":[{strings}]}}
"#
        )
    }

    #[track_caller]
    fn refused(&self) -> String {
        read(self.json().as_bytes()).unwrap_err().to_string()
    }
}

#[track_caller]
fn assert_selector_at(small: &Small, spot: Spot) {
    let heap = read(small.json().as_bytes()).unwrap();
    assert_eq!(heap.selectors(), [Selectors { spot: Some(spot), nodes: vec![NodeId(1)] }]);
}

#[test]
fn locations_of_four_and_of_five_numbers_are_told_apart_by_their_names() {
    let spot = Spot { script: 8, at: Position { line: 5, column: 3 } };
    assert_selector_at(&SMALL, spot);
    let of_five = Small {
        location_fields: r#"["object_index","script_id","script_object_index","line","column"]"#,
        locations: "12,8,18,4,2, 6,8,18,0,0",
        ..SMALL
    };
    assert_selector_at(&of_five, spot);
}

#[test]
fn more_fields_of_nodes_change_nothing() {
    let traced = Small {
        node_fields: r#"["type","name","id","self_size","edge_count","trace_node_id","detachedness"]"#,
        nodes: "0,0,1,0,2,9,0, 1,1,3,10,3,9,0, 1,0,5,20,0,9,0, 1,0,7,30,0,9,0, 2,4,9,40,0,9,2",
        edges: "0,1,7,0,4,28,0,2,14,0,3,21,0,5,14",
        locations: "14,8,4,2,7,8,0,0",
        ..SMALL
    };
    assert_selector_at(&traced, Spot { script: 8, at: Position { line: 5, column: 3 } });
    assert_eq!(read(traced.json().as_bytes()).unwrap().detached()[0].name, "<p>");
}

#[test]
fn older_chromiums_say_in_the_name_what_is_detached() {
    let older = Small {
        node_fields: r#"["type","name","id","self_size","edge_count"]"#,
        nodes: "0,0,1,0,2, 1,1,3,10,3, 1,0,5,20,0, 1,0,7,30,0, 2,4,9,40,0",
        edges: "0,1,5,0,4,20,0,2,10,0,3,15,0,5,10",
        locations: "",
        strings: r#""","f","resultFunc","recomputations","Detached <p>","__proto__""#,
        ..SMALL
    };
    let heap = read(older.json().as_bytes()).unwrap();
    let expected = Detached { name: "<p>".to_owned(), tally: Tally { count: 1, bytes: 40 }, first: NodeId(4) };
    assert_eq!(heap.detached(), [expected]);
    let attached = Small { strings: SMALL.strings, ..older };
    assert_eq!(read(attached.json().as_bytes()).unwrap().detached(), []);
}

#[test]
fn what_only_weak_references_lead_to_is_held_by_nothing() {
    let weak = Small { edges: "0,1,6,1,4,24,0,2,12,0,3,18,0,5,12", ..SMALL }.json();
    let heap = read(weak.as_bytes()).unwrap();
    assert_eq!(paths(&heap, weak.as_bytes(), &[NodeId(4), NodeId(2)]), ["nothing", "f: f → resultFunc"]);
    assert_eq!(heap.retained(&[NodeId(4)]), 0);
    assert_eq!(heap.retained(&[NodeId(1)]), 60);
}

#[test]
fn a_second_reading_of_another_snapshot_is_refused() {
    let heap = read(SMALL.json().as_bytes()).unwrap();
    let other = Small { edges: "0,1,18,0,4,24,0,2,12,0,3,18,0,5,12", ..SMALL }.json();
    let mut reader = heap.paths(&[NodeId(1)]);
    reader.push(other.as_bytes()).unwrap();
    assert_eq!(
        reader.finish().unwrap_err().to_string(),
        "this is not the heap snapshot that was read before: an edge on a way is missing; read both times the same one"
    );
}

#[test]
fn a_snapshot_that_is_cut_says_where() {
    let json = SMALL.json();
    let cut =
        |behind: &str| read(&json.as_bytes()[..json.find(behind).unwrap() + behind.len()]).unwrap_err().to_string();
    insta::assert_snapshot!([cut("{"), cut("node_f"), cut("\"nodes\":[0,0"), cut("\"edges\":[0"), cut("recomp"), read(b"").unwrap_err().to_string()].join("\n"), @r#"
    the heap snapshot is cut short: it ends at byte 1, between its lists; take it again
    the heap snapshot is cut short: it ends at byte 28, in its meta; take it again
    the heap snapshot is cut short: it ends at byte 396, in its nodes; take it again
    the heap snapshot is cut short: it ends at byte 472, in its edges; take it again
    the heap snapshot is cut short: it ends at byte 623, in its strings; take it again
    the heap snapshot is cut short: it ends at byte 0, at its beginning; take it again
    "#);
}

#[test]
fn a_snapshot_that_is_broken_says_where_and_why() {
    let refused = [
        read(b"<html>").unwrap_err().to_string(),
        read(br#"{"nodes":[]}"#).unwrap_err().to_string(),
        read(br#"{"snapshot":{"meta":{}},"nodes":[]}"#).unwrap_err().to_string(),
        Small { node_fields: r#"["type","name"]"#, ..SMALL }.refused(),
        Small { location_fields: "[]", ..SMALL }.refused(),
        Small { nodes: "0,0,1,0,2", ..SMALL }.refused(),
        Small { nodes: "0,0,1,0,2,0", ..SMALL }.refused(),
        Small { nodes: "0,0,1,0,2,x", ..SMALL }.refused(),
        Small { nodes: "0,0,1,-4,2,0", ..SMALL }.refused(),
        Small { nodes: "0,0,1 2,4,2,0", ..SMALL }.refused(),
        Small { nodes: "0,0,1,,2,0", ..SMALL }.refused(),
        Small { nodes: "9,0,1,0,2,0", ..SMALL }.refused(),
        Small { nodes: "0,99999999999,1,0,2,0", ..SMALL }.refused(),
        Small { edges: "0,1,6,0,4,24", ..SMALL }.refused(),
        Small { edges: "0,1,6,0,4,24,0,2,12,0,3,18,0,5,12,0,5,12", ..SMALL }.refused(),
        Small { edges: "0,1,7", ..SMALL }.refused(),
        Small { edges: "0,1,600", ..SMALL }.refused(),
        Small { strings: r#""" "f""#, ..SMALL }.refused(),
        Small { strings: r#""","#, ..SMALL }.refused(),
        read(format!("{}x", SMALL.json()).as_bytes()).unwrap_err().to_string(),
        read(SMALL.json().replace(r#","locations":"#, r#","elsewhere":"#).as_bytes()).unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(refused.join("\n"), @r#"
    not a heap snapshot: at byte 0, at its beginning, { is expected; take it again
    not a heap snapshot: at byte 9, between its lists, the meta before this list is expected; take it again
    the heap snapshot's meta is not understood: missing field `node_fields` at line 1 column 10; take it with a Chromium from 69 on
    the heap snapshot's meta is not understood: node_fields does not name "self_size"; take it with a Chromium from 69 on
    the heap snapshot's meta is not understood: location_fields does not name "object_index"; take it with a Chromium from 69 on
    not a heap snapshot: at byte 402, in its nodes, the rest of a record is expected; take it again
    the heap snapshot contradicts itself: it has 1 nodes and says 5; take it again
    not a heap snapshot: at byte 403, in its nodes, a whole number that is not negative is expected; take it again
    not a heap snapshot: at byte 399, in its nodes, a whole number that is not negative is expected; take it again
    not a heap snapshot: at byte 399, in its nodes, a whole number that is not negative is expected; take it again
    not a heap snapshot: at byte 399, in its nodes, a number of at most 19 digits is expected; take it again
    not a heap snapshot: at byte 404, in its nodes, a record of a type that the meta names is expected; take it again
    not a heap snapshot: at byte 414, in its nodes, a record with numbers below 4,294,967,296 is expected; take it again
    the heap snapshot contradicts itself: node 1 should have 3 more edges; take it again
    the heap snapshot contradicts itself: it has more edges than its nodes say; take it again
    not a heap snapshot: at byte 476, in its edges, a record that names one of the nodes is expected; take it again
    not a heap snapshot: at byte 478, in its edges, a record that names one of the nodes is expected; take it again
    not a heap snapshot: at byte 599, in its strings, a string is expected; take it again
    not a heap snapshot: at byte 599, in its strings, a string is expected; take it again
    not a heap snapshot: at byte 653, behind its end, nothing more is expected; take it again
    the heap snapshot contradicts itself: it has no list of locations; take it again
    "#);
}

proptest::proptest! {
    #[test]
    fn no_change_of_a_byte_makes_it_panic(place in 0_usize..2000, byte in proptest::num::u8::ANY, size in 1_usize..50) {
        let mut json = SMALL.json().into_bytes();
        let length = json.len();
        json[place % length] = byte;
        if let Ok(heap) = read_in_pieces(&json, size) {
            let _ = (heap.functions(), heap.selectors(), heap.kinds(), heap.total());
            let nodes = [NodeId(0), NodeId(1), NodeId(4)];
            let _ = heap.retained(&nodes);
            let mut reader = heap.paths(&nodes);
            let _ = reader.push(&json).map(|()| reader.finish().map(|paths| format!("{paths:?}")));
        }
    }

    #[test]
    fn no_numbers_make_it_panic(nodes in "[0-9,]{0,60}", edges in "[0-9,]{0,60}", locations in "[0-9,]{0,20}") {
        let json = SMALL.json();
        let json = json.replace(SMALL.nodes, &nodes).replace(SMALL.edges, &edges).replace(SMALL.locations, &locations);
        let _ = read(json.as_bytes());
    }
}
