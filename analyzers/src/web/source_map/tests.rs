//! Source maps: what their places are, and what is said of maps that cannot be read.

use super::*;

fn fixture(name: &str) -> String {
    perf_look_fixtures::named(&format!("web/source-map/{name}"))
}

fn map(name: &str) -> SourceMap {
    SourceMap::parse(fixture(name).as_bytes()).unwrap()
}

fn position(line: u32, column: u32) -> Position {
    Position { line, column }
}

/// Where `word` begins on a line of a text, in UTF-16 units.
#[track_caller]
fn place_of(text: &str, line: u32, word: &str) -> Position {
    let of_line = text.lines().nth(line as usize - 1).unwrap();
    let byte = of_line.find(word).unwrap_or_else(|| panic!("no {word}"));
    position(line, u32::try_from(of_line[..byte].encode_utf16().count()).unwrap() + 1)
}

/// The place where V8 sees the function of that minified name: `behind` is what the bundle has there.
#[track_caller]
fn function(behind: &str, minified: &str) -> String {
    let bundle = fixture("app.min.js");
    let at = place_of(&bundle, 1, behind);
    let original = map("app.min.js.map").resolve_function(at, minified, &Generated::new(bundle)).unwrap();
    let name = original.function.as_deref().unwrap_or("(no name)");
    format!("{}:{} {name}", original.source, original.at)
}

#[test]
fn a_minified_function_gets_its_line_and_its_name_back() {
    assert_eq!(function("(o,{id:e})", "u"), "src/app.js:14:10 BadRenderRow");
    assert_eq!(function("(o){let", "i"), "src/selectors.js:2:17 makeRowSelector");
}

#[test]
fn a_function_that_was_assigned_has_the_name_of_what_it_was_assigned_to() {
    assert_eq!(function("n=>n.find", "t"), "src/selectors.js:4:23 resultFunc");
    assert_eq!(function("(o){return o.items", "s"), "src/selectors.js:11:27 totalPrice");
}

#[test]
fn a_class_has_its_name_at_its_constructor() {
    assert_eq!(function("(e){this.rows", "c"), "src/app.js:4:3 PriceList");
}

#[test]
fn a_function_without_a_name_has_its_place_only() {
    assert_eq!(function("m=>m.id", ""), "src/selectors.js:4:43 (no name)");
    assert_eq!(function("()=>0", "r.recomputations"), "src/selectors.js:7:29 (no name)");
}

#[test]
fn a_name_that_the_build_left_alone_is_not_made_up() {
    assert_eq!(function("(){document", "render"), "src/app.js:8:3 (no name)");
}

#[test]
fn places_behind_a_character_that_is_not_ascii_are_right() {
    assert_eq!(function(".render();", ""), "src/app.js:19:95 (no name)");
}

#[test]
fn a_rule_of_a_stylesheet_leads_to_its_scss() {
    let at = place_of(&fixture("page.min.css"), 1, ".list .row");
    let original = map("page.min.css.map").resolve(at).unwrap();
    assert_eq!(original, Original { source: "src/page.scss".to_owned(), at: position(6, 3), function: None });
}

#[test]
fn code_that_no_source_has_leads_nowhere() {
    // What the bundler puts around the modules, and lines that are not there.
    assert_eq!(map("app.min.js.map").resolve(position(1, 1)), None);
    assert_eq!(map("app.min.js.map").resolve(position(2, 5)), None);
    assert_eq!(map("app.min.js.map").resolve(position(u32::MAX, u32::MAX)), None);
    assert_eq!(map("app.min.js.map").resolve(position(0, 0)), None);
}

#[test]
fn a_map_in_a_data_url_is_read() {
    let json = r#"{"version":3,"sources":["a.js"],"names":[],"mappings":"AAAA"}"#;
    for url in [
        format!("data:application/json,{json}"),
        "data:application/json;charset=utf-8;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbImEuanMiXSwibmFtZXMiOltdLCJtYXBwaW5ncyI6IkFBQUEifQ==".to_owned(),
    ] {
        let original = SourceMap::from_data_url(&url).unwrap().resolve(position(1, 1)).unwrap();
        assert_eq!(original.source, "a.js");
    }
}

#[test]
fn a_map_of_sections_is_read_with_names() {
    let inner = fixture("app.min.js.map");
    let text = format!(
        r#")]}}'
{{"version":3,"sections":[{{"offset":{{"line":0,"column":0}},"map":{{"version":3,"sources":["a.js"],"names":[],"mappings":"AAAA"}}}},
{{"offset":{{"line":2,"column":7}},"map":{inner}}}]}}"#
    );
    let sections = SourceMap::parse(text.as_bytes()).unwrap();
    let bundle = fixture("app.min.js");
    let at = place_of(&bundle, 1, "(o,{id:e})");
    let text = Generated::new(format!("a\n\n1234567{bundle}"));
    let found = sections.resolve_function(position(3, at.column + 7), "u", &text).unwrap();
    assert_eq!((found.source.as_str(), found.at), ("src/app.js", position(14, 10)));
    assert_eq!(found.function.as_deref(), Some("BadRenderRow"));
    assert_eq!(sections.resolve(position(1, 9)).unwrap().source, "a.js");
    assert_eq!(sections.resolve(position(2, 1)), None);
}

#[test]
fn a_range_of_a_line_without_a_mapping_does_not_borrow_that_of_a_line_above() {
    let text = r#"{"version":3,"sources":["a.js"],"names":[],"mappings":"AAAA,UAAU;;AACA","rangeMappings":"C"}"#;
    let map = SourceMap::parse(text.as_bytes()).unwrap();
    assert_eq!(map.resolve(position(2, 1)), None);
    assert_eq!(map.resolve(position(1, 30)).unwrap().source, "a.js");
}

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    SourceMap::parse(bytes).unwrap_err().to_string()
}

#[test]
fn a_map_that_is_none_says_what_it_is_and_what_to_do() {
    insta::assert_snapshot!(
        [
            refused(b"<!doctype html><title>shop</title>"),
            refused(b""),
            refused(b"{\"version\":3,\"sources\":[\"a.js\"],\"mapp"),
            refused(b"{\"version\":3,\"sources\":[],\"mappings\":\"AAAA\"}"),
            refused(b"{\"version\":3,\"sources\":[\"a.js\"],\"mappings\":\"A!\"}"),
            refused(b"{\"version\":3,\"sources\":[],\"mappings\":\"\"}"),
            SourceMap::from_data_url("data:application/json;base64,%%").unwrap_err().to_string(),
        ]
        .join("\n"),
        @"
    the source map is an HTML page: the server has no file at its address, serve the map there
    the source map cannot be read: it is not JSON: EOF while parsing a value at line 1 column 0; build it again
    the source map cannot be read: it is not JSON: EOF while parsing a string at line 1 column 37; build it again
    the source map cannot be read: it names source 0, which is not in its list; build it again
    the source map cannot be read: its mappings are broken: leftover cur/shift in vlq decode; build it again
    the source map maps nothing: build it again with source maps switched on for all steps
    the source map in the file cannot be decoded: not base64; build it again
    "
    );
}

proptest::proptest! {
    #[test]
    fn no_map_makes_it_panic(
        mappings in "[A-Za-z0-9+/,;]{0,60}",
        line in 0_u32..4, column in 0_u32..90, offset in 0_u32..3,
    ) {
        let map = format!(r#"{{"version":3,"sources":["a"],"names":["n"],"mappings":"{mappings}","rangeMappings":"{mappings}"}}"#);
        let index = format!(r#"{{"version":3,"sections":[{{"offset":{{"line":{offset},"column":{column}}},"map":{map}}}]}}"#);
        let text = Generated::new("function aä(){}\nb=1".to_owned());
        for text_of_map in [map, index] {
            if let Ok(map) = SourceMap::parse(text_of_map.as_bytes()) {
                let _ = map.resolve_function(position(line, column), "a", &text);
                let _ = map.resolve(position(u32::MAX, column));
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = SourceMap::parse(&bytes);
    }
}
