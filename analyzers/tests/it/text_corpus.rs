//! Real TEXT plans, where the folder of them is given.

use std::collections::BTreeMap;
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

/// A block of `blocks.jsonl`.
struct Block {
    id: String,
    file: String,
    format: String,
    text: String,
}

fn blocks(file: &Path) -> Vec<Block> {
    let word = |block: &serde_json::Value, name: &str| block[name].as_str().unwrap().to_owned();
    let parsed = read(file).lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>();
    let block = |json| Block {
        id: word(json, "id"),
        file: word(json, "file"),
        format: word(json, "format"),
        text: word(json, "text"),
    };
    parsed.iter().map(block).collect()
}

/// Blocks that have no plan or that are no output of EXPLAIN.
const WITHOUT_PLAN: [(&str, &str); 7] = [
    ("incremental_sort.out:570", "a function of the test looks at the plan and says `t`"),
    ("incremental_sort.out:783", "a function of the test looks at the plan and says `t`"),
    ("matview.out:678", "IF NOT EXISTS, and it does"),
    ("matview.out:690", "IF NOT EXISTS, and it does"),
    ("select_into.out:197", "IF NOT EXISTS, and it does"),
    ("select_into.out:207", "IF NOT EXISTS, and it does"),
    ("select_into.out:218", "IF NOT EXISTS, and it does"),
];

#[test]
fn every_line_of_postgres_own_tests_is_accounted_for() {
    let Some(corpus) = perf_look_fixtures::corpus("every_line_of_postgres_own_tests_is_accounted_for") else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for folder in ["postgres-16-regress", "pg-hint-plan-19devel", "timescaledb-16-to-19"] {
        for block in blocks(&corpus.join("plans").join(folder).join("blocks.jsonl")) {
            if block.format != "text" || WITHOUT_PLAN.iter().any(|(id, _)| *id == block.id) {
                continue;
            }
            count += 1;
            wrong.extend(unaccounted(&block.text).into_iter().map(|what| format!("{folder} {}: {what}", block.id)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 4_000, "{count}");
}

/// What of a block is not in its plans.
fn unaccounted(text: &str) -> Vec<String> {
    let parsed = match parse::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => return vec![error.to_string()],
    };
    let mut missing: Vec<String> = parsed.rejects.iter().map(|reject| reject.why.clone()).collect();
    let nodes: usize = parsed.plans.iter().map(|plan| plan.nodes().len()).sum();
    let arrows = text.lines().filter(|line| line.trim_start().starts_with("->")).count();
    if nodes != arrows + parsed.plans.len() {
        missing.push(format!("{nodes} nodes, {arrows} arrows, {} plans", parsed.plans.len()));
    }
    let properties = |plan: &Plan| {
        let nodes = plan.nodes().iter().flat_map(|node| &node.properties);
        nodes.chain(&plan.statement.properties).map(|property| words_of(&property.value)).collect::<String>()
    };
    let said: String = parsed.plans.iter().map(properties).collect();
    let lines = text.lines().filter_map(|line| line.trim().split_once(": "));
    let whole = lines.filter(|(name, value)| !is_split(name, value.trim()));
    missing.extend(
        whole.filter(|(_, value)| !said.contains(value.trim())).map(|(name, value)| format!("{name}: {value}")),
    );
    missing
}

/// Times, sizes, counts and samples are taken apart: the comparison with JSON looks at them. `N.N` is a masked number.
fn is_split(name: &str, value: &str) -> bool {
    let has_counts = value.contains("  ") || value.contains('=') && !value.contains(['(', '\'']);
    has_counts || name == "Sampling" || value == "()" || value == "N.N ms"
}

/// The words of a value, lists as TEXT prints them.
fn words_of(value: &Value) -> String {
    let words = match value {
        Value::Text(text) => text.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::List(list) => list.iter().map(|value| words_of(value).trim().to_owned()).collect::<Vec<_>>().join(", "),
        Value::Group(group) => group.iter().map(|property| words_of(&property.value)).collect(),
        Value::Null | Value::Decimal(_) => String::new(),
    };
    words + "\n"
}

/// How many plans of a file later planners make otherwise: they read MIN and MAX from an index, put Result below
/// Gather Merge, and so on.
const REPLANNED: [(&str, usize); 4] =
    [("agg_bookends", 5), ("parallel", 4), ("plan_expand_hypertable", 2), ("rowsecurity", 2)];

#[test]
fn later_versions_print_the_plans_of_postgres_16_in_the_same_shapes() {
    let name = "later_versions_print_the_plans_of_postgres_16_in_the_same_shapes";
    let Some(corpus) = perf_look_fixtures::corpus(name) else { return };
    let mut shapes: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for block in blocks(&corpus.join("plans/timescaledb-16-to-19/blocks.jsonl")) {
        // The same statements ran on each version where there is a file for each.
        let path = block.file.trim_end_matches(".out").rsplit('/').next().unwrap();
        if let Some((file, version @ ("16" | "17" | "18" | "19"))) = path.rsplit_once('-') {
            let plan = parse::parse(&block.text).unwrap().plans.remove(0);
            shapes.entry((file.to_owned(), version.to_owned())).or_default().push(shape(&plan));
        }
    }
    assert_eq!(shapes.len(), 28);
    for ((file, version), later) in &shapes {
        let first = &shapes[&(file.clone(), "16".to_owned())];
        let new: Vec<&String> = later.iter().filter(|shape| !first.contains(shape)).collect();
        let allowed = REPLANNED.iter().find(|(name, _)| name == file).map_or(0, |(_, count)| *count);
        assert!(new.len() <= allowed, "{file} on {version}: {new:#?}");
    }
}

/// The tree without the names of its sub-plans, which each version writes in its own way.
fn shape(plan: &Plan) -> String {
    let node = |node: &PlanNode| {
        format!(
            "{}{} {:?} {:?} {:?}\n",
            " ".repeat(node.depth as usize),
            node.label(),
            node.role,
            node.schema,
            node.parallel
        )
    };
    plan.nodes().iter().map(node).collect()
}
