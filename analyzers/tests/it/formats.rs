//! Plans as people hand them in: every format, every frame, and texts that are no plans.

use perf_look_analyzers::postgres::{Plan, parse};

#[track_caller]
fn only_plan(text: &str) -> Plan {
    let parsed = parse::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(parsed.rejects, [], "{text}");
    let [plan] = <[Plan; 1]>::try_from(parsed.plans).unwrap_or_else(|plans| panic!("{} plans", plans.len()));
    plan
}

#[track_caller]
fn fixture(name: &str, format: &str) -> Plan {
    only_plan(&perf_look_fixtures::named(&format!("postgres/formats/{name}.{format}")))
}

const STATEMENTS: [&str; 8] = [
    "cte-sub",
    "grouping-sets",
    "incremental-sort",
    "join-analyzed",
    "never-executed",
    "update-analyzed",
    "update-plan",
    "utility",
];

#[test]
fn yaml_says_what_json_says() {
    for name in STATEMENTS {
        assert_eq!(fixture(name, "yaml"), fixture(name, "json"), "{name}");
    }
}

#[test]
fn xml_says_what_json_says() {
    for name in STATEMENTS {
        assert_eq!(fixture(name, "xml"), fixture(name, "json"), "{name}");
    }
}

#[test]
fn every_table_that_psql_draws_holds_the_same_plan() {
    let folder = perf_look_fixtures::folder().join("postgres/frames");
    let in_json = only_plan(&perf_look_fixtures::named("postgres/frames/json-unaligned.txt"));
    let in_text = only_plan(&perf_look_fixtures::named("postgres/frames/text-unaligned.txt"));
    let mut wrong = Vec::new();
    for file in perf_look_fixtures::files_below(&folder) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let expected = if name.starts_with("text-") { &in_text } else { &in_json };
        match parse::parse(&std::fs::read_to_string(&file).unwrap()) {
            Ok(parsed) if parsed.plans == std::slice::from_ref(expected) && parsed.rejects.is_empty() => {}
            Ok(parsed) => wrong.push(format!("{name}: {} plans, {:?}", parsed.plans.len(), parsed.rejects)),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each text that is no plan, and what a user is told.
#[track_caller]
fn errors(texts: &[&str]) -> String {
    let lines = texts.iter().map(|text| match parse::parse(text) {
        Err(error) => format!("{text:?}\n  {error}\n"),
        Ok(parsed) => panic!("{text}: {} plans, {:?}", parsed.plans.len(), parsed.rejects),
    });
    lines.collect()
}

#[test]
fn a_text_without_a_plan_says_what_was_expected() {
    insta::assert_snapshot!(errors(&[
        "",
        "\n\n  hello world\n",
        "SELECT * FROM orders;",
        "{\"a\": 1}",
        "null",
        "\"Plan\"",
    ]), @r#"
    ""
      line 1, column 1: expected a plan: what EXPLAIN prints, in TEXT, JSON, YAML or XML, found the end of the input
    "\n\n  hello world\n"
      line 3, column 1: expected a plan: what EXPLAIN prints, in TEXT, JSON, YAML or XML, found "hello world"
    "SELECT * FROM orders;"
      line 1, column 1: expected a plan: what EXPLAIN prints, in TEXT, JSON, YAML or XML, found "SELECT * FROM orders;"
    "{\"a\": 1}"
      line 1, column 1: expected "Plan", as EXPLAIN (FORMAT JSON) prints it, found "{"a": 1}"
    "null"
      line 1, column 1: expected a plan: what EXPLAIN prints, in TEXT, JSON, YAML or XML, found "null"
    "\"Plan\""
      line 1, column 1: expected a plan: what EXPLAIN prints, in TEXT, JSON, YAML or XML, found ""Plan""
    "#);
}

#[test]
fn json_that_is_cut_or_mangled_says_where() {
    insta::assert_snapshot!(errors(&[
        "[{\"Plan\": {\"Node Type\": \"Result\"",
        "[{\"Plan\": {\"Node Type\": \"Result\"}}",
        "[{\"Plan\": {\"Node Type\": \"Result\"}}]]",
        "[{\"Plan\": {\"Node Type\": \"Result\", \"Total Cost\": NaN}}]",
        "[{\"Plan\": {\"Node Type\": \"Result\", \"Total Cost\": 1e999}}]",
        "[{\"Plan\": {\"Node Type\": \"Result\",\n  \"Total Cost\": \"x\"}}]",
        "[{\"Plan\": {\"Node Type\": 7}}]",
        "[{\"Plan\": {\"Alias\": \"x\"}}]",
        "[{\"Plan\": []}]",
        "[{\"Plan\": {\"Node Type\": \"Result\"}, \"Plan\": {\"Node Type\": \"Result\"}}]",
        "[{\"Plan\": {\"Node Type\": \"Result\", \"Plans\": 3}}]",
        "[{\"Plan\": {\"Node Type\": \"Ünïcode\", \"Alias\" \"x\"}}]",
        "[{\"Plan\": {\"Node Type\": \"Result\", \"Filter\": \"\u{1}\"}}]",
    ]), @r#"
    "[{\"Plan\": {\"Node Type\": \"Result\""
      line 1, column 33: expected the rest of the plan, found the end of the input
    "[{\"Plan\": {\"Node Type\": \"Result\"}}"
      line 1, column 35: expected the rest of the plan, found the end of the input
    "[{\"Plan\": {\"Node Type\": \"Result\"}}]]"
      line 1, column 36: expected JSON (expected value), found "]"
    "[{\"Plan\": {\"Node Type\": \"Result\", \"Total Cost\": NaN}}]"
      line 1, column 49: expected JSON (expected value), found "NaN}}]"
    "[{\"Plan\": {\"Node Type\": \"Result\", \"Total Cost\": 1e999}}]"
      line 1, column 53: expected JSON (number out of range), found "9}}]"
    "[{\"Plan\": {\"Node Type\": \"Result\",\n  \"Total Cost\": \"x\"}}]"
      line 2, column 20: expected a number as "Total Cost", found "x"
    "[{\"Plan\": {\"Node Type\": 7}}]"
      line 1, column 26: expected a text as "Node Type", found "7"
    "[{\"Plan\": {\"Alias\": \"x\"}}]"
      line 1, column 24: expected a "Node Type" in each node, found "a node without one"
    "[{\"Plan\": []}]"
      line 1, column 10: expected a plan node, found a list
    "[{\"Plan\": {\"Node Type\": \"Result\"}, \"Plan\": {\"Node Type\": \"Result\"}}]"
      line 1, column 67: expected one plan for a statement, found "a second one"
    "[{\"Plan\": {\"Node Type\": \"Result\", \"Plans\": 3}}]"
      line 1, column 44: expected an array of plan nodes, found integer `3`
    "[{\"Plan\": {\"Node Type\": \"Ünïcode\", \"Alias\" \"x\"}}]"
      line 1, column 44: expected JSON (expected `:`), found ""x"}}]"
    "[{\"Plan\": {\"Node Type\": \"Result\", \"Filter\": \"\u{1}\"}}]"
      line 1, column 46: expected JSON (control character (\u0000-\u001F) found while parsing a string), found "␁"}}]"
    "#);
}

#[test]
fn yaml_and_xml_that_are_mangled_say_where() {
    insta::assert_snapshot!(errors(&[
        "- Plan:\n    Node Type: \"Result\"\n    Total Cost: much\n",
        "- Plan:\n    Node Type: \"Result\"\n    Plans:\n      - \"x\"\n",
        "- Plan:\n    Node Type: \"Result\"\n    Alias: \"x\n",
        "- Plan:\n    Node Type: *x\n",
        "<explain xmlns=\"http://www.postgresql.org/2009/explain\"><Query><Plan><Node-Type>Result</Node-Type></Plan>",
        "<explain><Query><Plan><Node-Type>Result</Node-Typ></Plan></Query></explain>",
        "<explain><Query><Plan><Node-Type>&what;</Node-Type></Plan></Query></explain>",
        "<explain><Query><Plan><Node-Type>Result</Node-Type><Total-Cost>much</Total-Cost></Plan></Query></explain>",
        "<explain><Query><Plan>Result</Plan></Query></explain>",
    ]), @r#"
    "- Plan:\n    Node Type: \"Result\"\n    Total Cost: much\n"
      line 3, column 17: expected a number as "Total Cost", found "much"
    "- Plan:\n    Node Type: \"Result\"\n    Plans:\n      - \"x\"\n"
      line 4, column 9: expected a group for each plan node, found "x"
    "- Plan:\n    Node Type: \"Result\"\n    Alias: \"x\n"
      line 3, column 12: expected a plan in YAML (while scanning a quoted scalar, found unexpected end of stream), found "Alias: "x"
    "- Plan:\n    Node Type: *x\n"
      line 2, column 16: expected a plan in YAML (while parsing node, found unknown anchor), found "Node Type: *x"
    "<explain xmlns=\"http://www.postgresql.org/2009/explain\"><Query><Plan><Node-Type>Result</Node-Type></Plan>"
      line 1, column 106: expected </Query>, found the end of the input
    "<explain><Query><Plan><Node-Type>Result</Node-Typ></Plan></Query></explain>"
      line 1, column 40: expected a plan in XML (ill-formed document: expected `</Node-Type>`, but `</Node-Typ>` was found), found "</Node-Typ></Plan></Query></explain>"
    "<explain><Query><Plan><Node-Type>&what;</Node-Type></Plan></Query></explain>"
      line 1, column 34: expected an entity of XML, found "&what;"
    "<explain><Query><Plan><Node-Type>Result</Node-Type><Total-Cost>much</Total-Cost></Plan></Query></explain>"
      line 1, column 68: expected a number as "Total Cost", found "much"
    "<explain><Query><Plan>Result</Plan></Query></explain>"
      line 1, column 29: expected a group as "Plan", found "Result"
    "#);
}

#[test]
fn text_says_what_json_says_of_the_tree_and_its_runs() {
    for name in STATEMENTS {
        let (text, json) = (fixture(name, "text"), fixture(name, "json"));
        let tree = |plan: &Plan| -> Vec<_> {
            let nodes = plan.nodes().iter();
            nodes.map(|node| (node.depth, node.label(), node.role, node.estimate, node.execution.clone())).collect()
        };
        assert_eq!(tree(&text), tree(&json), "{name}");
        assert_eq!(text.statement.settings, json.statement.settings, "{name}");
        assert_eq!(text.statement.triggers.len(), json.statement.triggers.len(), "{name}");
    }
}
