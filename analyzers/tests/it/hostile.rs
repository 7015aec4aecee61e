//! Texts that mean no good, or went wrong on their way: an error or a plan, never a panic or a hang.

use std::fmt::Write as _;

use perf_look_analyzers::postgres::parse::{self, MAX_DEPTH};
use proptest::prelude::*;

/// A chain of nodes in JSON, without a blank too many.
fn chain(depth: usize) -> String {
    let mut text = "[{\"Plan\":".to_owned();
    for _ in 1..depth {
        text.push_str("{\"Node Type\":\"Limit\",\"Plans\":[");
    }
    text.push_str("{\"Node Type\":\"Result\"}");
    text.push_str(&"]}".repeat(depth - 1));
    text.push_str("}]");
    text
}

#[test]
fn a_plan_ten_thousand_levels_deep_parses() {
    let parsed = parse::parse(&chain(10_000)).unwrap();
    let nodes = parsed.plans[0].nodes();
    assert_eq!((nodes.len(), nodes[9_999].depth), (10_000, 9_999));
}

#[test]
fn a_plan_of_a_hundred_thousand_nodes_parses() {
    let mut text = "[{\"Plan\":{\"Node Type\":\"Append\",\"Plans\":[".to_owned();
    for number in 1..100_000 {
        let _ = write!(text, "{{\"Node Type\":\"Seq Scan\",\"Relation Name\":\"t{number}\"}},");
    }
    text.pop();
    text.push_str("]}}]");
    assert_eq!(parse::parse(&text).unwrap().plans[0].nodes().len(), 100_000);
}

#[test]
fn yaml_xml_and_text_of_many_levels_parse() {
    let levels = 400;
    let (mut xml, mut yaml, mut text) = ("<explain><Query>".to_owned(), "- Plan:\n".to_owned(), "Limit\n".to_owned());
    for level in 0..levels {
        xml.push_str("<Plan><Node-Type>Limit</Node-Type><Plans>");
        let indent = " ".repeat(4 * level);
        let _ = writeln!(yaml, "{indent}    Node Type: \"Limit\"\n{indent}    Plans:\n{indent}      - # below");
        let _ = writeln!(text, "{}  ->  Limit", " ".repeat(6 * level));
    }
    let _ = writeln!(yaml, "{}    Node Type: \"Result\"", " ".repeat(4 * levels));
    xml.push_str("<Plan><Node-Type>Result</Node-Type></Plan>");
    xml.push_str(&"</Plans></Plan>".repeat(levels));
    xml.push_str("</Query></explain>");
    for text in [xml, yaml, text] {
        assert_eq!(parse::parse(&text).unwrap().plans[0].nodes().len(), levels + 1);
    }
}

#[test]
fn xml_ten_thousand_levels_deep_parses() {
    let mut xml = "<explain><Query>".to_owned();
    xml.push_str(&"<Plan><Node-Type>Limit</Node-Type><Plans>".repeat(10_000));
    xml.push_str("<Plan><Node-Type>Result</Node-Type></Plan>");
    xml.push_str(&"</Plans></Plan>".repeat(10_000));
    xml.push_str("</Query></explain>");
    assert_eq!(parse::parse(&xml).unwrap().plans[0].nodes().len(), 10_001);
}

#[test]
fn what_is_too_deep_is_refused_and_does_not_overflow_the_stack() {
    let too_deep = parse::parse(&chain(MAX_DEPTH as usize + 1)).unwrap_err().to_string();
    assert!(too_deep.ends_with("expected at most 20000 levels of nodes, found \"one level more\""), "{too_deep}");
    let value = format!("[{{\"Plan\":{{\"Node Type\":\"Result\",\"Filter\":{}1", "[".repeat(1_000_000));
    let value = parse::parse(&value).unwrap_err().to_string();
    assert!(value.ends_with("expected at most 64 levels in a property, found \"one level more\""), "{value}");
    let lists = parse::parse(&"[".repeat(1_000_000)).unwrap_err().to_string();
    assert!(lists.ends_with("expected a statement's object, found \"a list in lists\""), "{lists}");
    let objects = parse::parse(&"{\"QUERY PLAN\":".repeat(20_000)).unwrap_err().to_string();
    assert!(objects.ends_with("expected a statement's object, found \"a list in lists\""), "{objects}");
    for text in [
        "- ".repeat(20_000),
        format!("- Plan:\n    Node Type: {}", "[".repeat(20_000)),
        format!("- Plan:\n    Node Type: {}", "{a: ".repeat(20_000)),
        format!("<explain>{}", "<Query>".repeat(20_000)),
        format!("<explain><Query><Plan>{}", "<a>".repeat(20_000)),
    ] {
        assert!(parse::parse(&text).is_err());
    }
}

#[test]
fn a_deep_plan_that_is_cut_or_mangled_is_refused_at_once() {
    let (cut, end) = (chain(15_000), "]}".repeat(14_999).len() + 2);
    let cut = &cut[..cut.len() - end - 1];
    for text in
        [cut.to_owned(), format!("{cut}, x }}]"), format!("{}x{}", &cut[..cut.len() / 2], &cut[cut.len() / 2..])]
    {
        assert!(parse::parse(&text).is_err());
    }
}

#[test]
fn names_of_a_megabyte_and_hostile_characters_are_kept() {
    let name = "x\u{202e}\u{1b}[31m\0".repeat(125_000);
    let text =
        format!("[{{\"Plan\":{{\"Node Type\":\"Seq Scan\",\"Alias\":{}}}}}]", serde_json::to_string(&name).unwrap());
    assert_eq!(parse::parse(&text).unwrap().plans[0].root().alias.as_deref(), Some(&*name));
    let wrong = format!("[{{\"Plan\":{{\"Node Type\":{{\"{}\":1}}}}}}]", "y".repeat(1_000_000));
    let error = parse::parse(&wrong).unwrap_err().to_string();
    assert!(error.len() < 200, "{error}");
    for text in ["[{\"Plan\": \u{1b}[31m", "\u{1b}]0;x\u{7}", "- Plan:\n    Node Type: *\u{1b}", "<explain>\u{1b}</x>"]
    {
        let error = parse::parse(text).unwrap_err().to_string();
        assert!(!error.contains(['\u{1b}', '\u{7}']), "{error:?}");
    }
}

/// Small plans in each format and frame.
fn fixtures() -> Vec<String> {
    let formats = ["text", "json", "yaml", "xml"].map(|format| format!("postgres/formats/grouping-sets.{format}"));
    let frames = ["text-border-2-ascii.txt", "json-border-1-unicode-expanded.txt", "yaml-csv.txt", "xml-html.txt"]
        .map(|name| format!("postgres/frames/{name}"));
    formats.iter().chain(&frames).map(|name| perf_look_fixtures::named(name)).collect()
}

#[test]
fn a_plan_cut_at_any_byte_is_a_plan_or_an_error() {
    for text in fixtures() {
        let step = if text.len() < 2_000 { 1 } else { 5 };
        for end in (0..text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
            let _ = parse::parse(&text[..end]);
        }
    }
}

/// What to do to a text.
#[derive(Debug, Clone)]
enum Harm {
    Delete(usize, usize),
    Repeat(usize, usize),
    Insert(usize, String),
}

fn harm() -> impl Strategy<Value = Harm> {
    let place = 0..5_000_usize;
    let hostile = prop_oneof![
        "[\\[\\]{}(),:\"'+|>`~.\\-\n\t ]{1,8}",
        "\\PC{0,6}",
        Just("->  Seq Scan on t  (cost=".to_owned()),
        Just("\u{0}\u{202e}\u{1b}[2J".to_owned()),
        Just("\n(1 row)\n".to_owned()),
        Just("│ … ↵║".to_owned()),
    ];
    prop_oneof![
        (place.clone(), 0..200_usize).prop_map(|(place, length)| Harm::Delete(place, length)),
        (place.clone(), 0..200_usize).prop_map(|(place, length)| Harm::Repeat(place, length)),
        (place, hostile).prop_map(|(place, text)| Harm::Insert(place, text)),
    ]
}

fn harmed(mut text: String, harms: &[Harm]) -> String {
    for harm in harms {
        let (Harm::Delete(place, _) | Harm::Repeat(place, _) | Harm::Insert(place, _)) = harm;
        let start = text.floor_char_boundary(place % (text.len() + 1));
        match harm {
            Harm::Delete(_, length) => {
                let end = text.floor_char_boundary(start + length);
                text.replace_range(start..end, "");
            }
            Harm::Repeat(_, length) => {
                let part = text[start..text.floor_char_boundary(start + length)].to_owned();
                text.insert_str(start, &part);
            }
            Harm::Insert(_, part) => text.insert_str(start, part),
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mangled_plan_is_a_plan_or_an_error(which in 0..8_usize, harms in prop::collection::vec(harm(), 1..6)) {
        let text = harmed(fixtures().swap_remove(which), &harms);
        if let Err(error) = parse::parse(&text) {
            prop_assert!(error.line <= text.lines().count().max(1) + 1, "{error}");
        }
    }

    #[test]
    fn any_text_is_a_plan_or_an_error(text in "\\PC{0,300}") {
        let _ = parse::parse(&text);
    }

    #[test]
    fn any_bytes_are_a_plan_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse::parse(&String::from_utf8_lossy(&bytes));
    }
}
