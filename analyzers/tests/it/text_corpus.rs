//! Real TEXT plans, where the folder of them is given.

use std::mem::discriminant;
use std::path::Path;

use perf_look_analyzers::postgres::parse;
use perf_look_analyzers::postgres::plan::{Plan, PlanNode, Value};

/// What TEXT does not say, since it is the rule.
const UNSAID: [(&str, &str); 4] = [
    ("Operation", "Select"),
    ("Partial Mode", "Simple"),
    ("Scan Direction", "Forward"),
    // An index scan for its order by distance.
    ("Scan Direction", "NoMovement"),
];

/// The second of two runs that write, and take it back, finds a table that has grown.
const GROWN: &str = "plan rows";

/// File, difference, and nothing else: why it cannot be otherwise stands beside it.
const EXCEPTIONS: [(&str, &str); 6] = [
    ("merge-not-matched-by-source", GROWN),
    ("merge-statement", GROWN),
    ("update-from-join", GROWN),
    ("update-partitioned", GROWN),
    ("update-trigger", GROWN),
    // `Function Scan on f` names the function or, for ROWS FROM, the alias only.
    ("rows-from-functions", "`Function Name` is in TEXT only"),
];

#[test]
fn a_plan_in_text_is_the_plan_in_json() {
    let Some(corpus) = perf_look_fixtures::corpus("a_plan_in_text_is_the_plan_in_json") else { return };
    let mut pairs = 0;
    let mut wrong = Vec::new();
    for file in perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18")) {
        if file.extension().is_none_or(|ending| ending != "txt") {
            continue;
        }
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let in_json = parse::parse(&read(&file.with_extension("json"))).unwrap().plans;
        let in_text = plans_in_text(&read(&file));
        assert_eq!(in_text.len(), in_json.len(), "{}", file.display());
        for (text, json) in in_text.iter().zip(&in_json) {
            pairs += 1;
            let differences = differences(text, json).into_iter();
            let excused = |found: &String| EXCEPTIONS.iter().any(|(name, what)| *name == stem && found.ends_with(what));
            wrong.extend(
                differences.filter(|found| !excused(found)).map(|found| format!("{}: {found}", file.display())),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(pairs > 950, "{pairs}");
}

/// The plans of a statement stand apart by an empty line; a rule can leave none.
fn plans_in_text(text: &str) -> Vec<Plan> {
    let blocks = text.split("\n\n").filter(|block| *block != "Query rewrites to nothing\n");
    blocks.flat_map(|block| parse::parse(block).unwrap_or_else(|error| panic!("{error}\n{block}")).plans).collect()
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Where two runs of one statement differ in more than their measurements.
fn differences(text: &Plan, json: &Plan) -> Vec<String> {
    if text.nodes().len() != json.nodes().len() {
        return vec![format!("{} nodes, {} in JSON", text.nodes().len(), json.nodes().len())];
    }
    let mut found = Vec::new();
    for (text, json) in text.nodes().iter().zip(json.nodes()) {
        let mut differs = |what: String| found.push(format!("node {}: {what}", text.id.number()));
        for (what, text, json) in words(text).into_iter().zip(words(json)).map(|((what, a), (_, b))| (what, a, b)) {
            if text != json {
                differs(format!("{what}: {text}, in JSON {json}"));
            }
        }
        if text.estimate.map(|estimate| estimate.rows) != json.estimate.map(|estimate| estimate.rows) {
            differs("plan rows".to_owned());
        }
        for property in &text.properties {
            match json.property(&property.name) {
                None => differs(format!("`{}` is in TEXT only", property.name)),
                Some(value) if !alike(value, &property.value) => {
                    differs(format!("`{}`: {:?}, in JSON {value:?}", property.name, property.value));
                }
                Some(_) => {}
            }
        }
        let missing = json.properties.iter().filter(|property| text.property(&property.name).is_none());
        for property in missing.filter(|property| !is_unsaid(&property.name, &property.value)) {
            differs(format!("`{}` is in JSON only", property.name));
        }
    }
    found
}

fn words(node: &PlanNode) -> [(&'static str, String); 10] {
    [
        ("type", node.type_name.to_string()),
        ("kind", format!("{:?}", node.kind)),
        ("parallel", node.parallel.to_string()),
        ("role", format!("{:?}", node.role)),
        ("sub-plan", format!("{:?}", node.subplan_name)),
        ("relation", format!("{:?}", node.relation)),
        ("alias", format!("{:?}", node.alias)),
        ("schema", format!("{:?}", node.schema)),
        ("index", format!("{:?}", node.index)),
        ("depth", node.depth.to_string()),
    ]
}

/// Numbers are measurements; groups hold some; everything else is the same in each run.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Text(_) | Value::Bool(_), _) => one == other,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Group(one), Value::Group(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| one.name == other.name && alike(&one.value, &other.value))
        }
        _ => discriminant(one) == discriminant(other),
    }
}

/// TEXT leaves out zeros, and what is not so.
fn is_unsaid(name: &str, value: &Value) -> bool {
    value.number() == Some(0.0)
        || *value == Value::Bool(false)
        || value.text().is_some_and(|text| UNSAID.contains(&(name, text)))
}
