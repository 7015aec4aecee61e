//! Plans that pev2 keeps beside the tree that it expects of them, where the folder of real plans is given.
//!
//! Its trees are in the words of Postgres' JSON but for some of its own: [`in_words_of_pev2`] says a plan as pev2 would.

use std::path::Path;

use perf_look_analyzers::postgres::counters::{Counter, Counters};
use perf_look_analyzers::postgres::parse;
use perf_look_analyzers::postgres::plan::{Jit, NodeKind, Plan, PlanNode, Property, Role, Value};
use serde_json::{Map, Value as Json, json};

#[test]
fn every_tree_that_pev2_expects_is_a_part_of_ours() {
    let Some(corpus) = perf_look_fixtures::corpus("every_tree_that_pev2_expects_is_a_part_of_ours") else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in perf_look_fixtures::files_below(&corpus.join("plans/pev2/from-text")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix("-plan") else { continue };
        count += 1;
        let expected: Json = serde_json::from_str(&read(&file.with_file_name(format!("{stem}-expect")))).unwrap();
        match parse::parse(&read(&file)) {
            Ok(parsed) if parsed.plans.len() == 1 && parsed.rejects.is_empty() => {
                missing(&expected, &in_words_of_pev2(&parsed.plans[0]), stem, &mut wrong);
            }
            other => wrong.push(format!("{stem}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(count, 47);
}

#[test]
fn times_and_speeds_of_io_are_those_that_pev2_expects() {
    let Some(corpus) = perf_look_fixtures::corpus("times_and_speeds_of_io_are_those_that_pev2_expects") else { return };
    let files = perf_look_fixtures::files_below(&corpus.join("plans/pev2/io-timings"));
    let plans: Vec<_> = files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "plan")).collect();
    assert_eq!(plans.len(), 12);
    for file in plans {
        let expected: Map<String, Json> = serde_json::from_str(&read(&file.with_extension("expect"))).unwrap();
        let plan = parse::parse(&read(file)).unwrap().plans.remove(0);
        let ours = io_of(&plan);
        for (name, expected) in expected.iter().filter(|(name, _)| !name.contains("exclusive")) {
            let expected = expected.as_f64().unwrap();
            let found = ours.get(name).and_then(Json::as_f64).unwrap_or(0.0);
            assert!((found - expected).abs() <= 0.001, "{} {name}: {expected}, ours {found}", file.display());
        }
    }
}

/// The root's times of I/O in ms, and its blocks a second.
fn io_of(plan: &Plan) -> Map<String, Json> {
    let mut said = Map::new();
    let Some(counters) = &plan.root().counters else { return said };
    insert_counters(&mut said, counters);
    let sum = |wanted: [Counter; 3]| wanted.into_iter().map(|counter| counters[counter]).sum::<f64>();
    let read_ms = sum([Counter::SharedReadTime, Counter::LocalReadTime, Counter::TempReadTime]);
    let write_ms = sum([Counter::SharedWriteTime, Counter::LocalWriteTime, Counter::TempWriteTime]);
    let read = sum([Counter::SharedRead, Counter::LocalRead, Counter::TempRead]);
    let written = sum([Counter::SharedWritten, Counter::LocalWritten, Counter::TempWritten]);
    for (direction, ms, blocks) in [("Read", read_ms, read), ("Write", write_ms, written)] {
        said.insert(format!("*I/O {direction} Time (all scopes)"), json!(ms));
        if ms > 0.0 {
            said.insert(format!("*I/O {direction} Time speed (all scopes)"), json!(blocks / ms * 1000.0));
        }
    }
    said
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Says where `expected` is not a part of `ours`. What is nothing may be unsaid.
fn missing(expected: &Json, ours: &Json, place: &str, wrong: &mut Vec<String>) {
    match (expected, ours) {
        (Json::Object(expected), Json::Object(ours)) => {
            for (key, expected) in expected {
                let is_nothing = *expected == json!(false) || expected.as_f64() == Some(0.0);
                match ours.get(key) {
                    Some(ours) => missing(expected, ours, &format!("{place} / {key}"), wrong),
                    None if is_nothing => {}
                    None => wrong.push(format!("{place} / {key}: {expected} is missing")),
                }
            }
        }
        (Json::Array(expected), Json::Array(ours)) if expected.len() == ours.len() => {
            for (number, (expected, ours)) in expected.iter().zip(ours).enumerate() {
                missing(expected, ours, &format!("{place} {number}"), wrong);
            }
        }
        (Json::Number(expected), Json::Number(ours)) if expected.as_f64() == ours.as_f64() => {}
        (expected, ours) if expected == ours => {}
        _ => wrong.push(format!("{place}: {expected}, ours {ours}")),
    }
}

fn in_words_of_pev2(plan: &Plan) -> Json {
    let statement = &plan.statement;
    let mut said = Map::new();
    said.insert("Plan".to_owned(), node(plan, plan.root()));
    if let Some(counters) = &statement.planning_counters {
        let mut planning = Map::new();
        insert_counters(&mut planning, counters);
        said.insert("Planning".to_owned(), Json::Object(planning));
    }
    said.insert("Planning Time".to_owned(), json!(statement.planning_ms));
    said.insert("Execution Time".to_owned(), json!(statement.execution_ms));
    // PostgreSQL 9.3 and earlier.
    said.insert("Total Runtime".to_owned(), json!(statement.execution_ms));
    let settings = statement.settings.iter().map(|(name, value)| (name.to_string(), json!(value)));
    said.insert("Settings".to_owned(), Json::Object(settings.collect()));
    said.extend(statement.jit.iter().map(|jit| ("JIT".to_owned(), self::jit(jit))));
    said.extend(statement.properties.iter().map(property));
    Json::Object(said)
}

fn jit(jit: &Jit) -> Json {
    let mut timing: Map<String, Json> = jit.timing.iter().map(|(name, ms)| (name.to_string(), json!(ms))).collect();
    timing.insert("Total".to_owned(), json!(jit.total_ms));
    let mut said: Map<String, Json> = jit.properties.iter().map(property).collect();
    said.insert("Functions".to_owned(), json!(jit.functions));
    said.insert("Timing".to_owned(), Json::Object(timing));
    Json::Object(said)
}

fn node(plan: &Plan, node: &PlanNode) -> Json {
    let mut said: Map<String, Json> = node.properties.iter().map(property).collect();
    said.insert("Node Type".to_owned(), json!(node_type(node)));
    said.insert("Parallel Aware".to_owned(), json!(node.parallel));
    said.insert("Async Capable".to_owned(), json!(node.type_name.starts_with("Async ")));
    if matches!(node.kind, NodeKind::IndexScan | NodeKind::IndexOnlyScan) && !said.contains_key("Scan Direction") {
        said.insert("Scan Direction".to_owned(), json!("Forward"));
    }
    said.insert("Parent Relationship".to_owned(), json!(node.role.map(relationship)));
    said.insert("Subplan Name".to_owned(), json!(node.subplan_name));
    // pev2 keeps the schema in the name, and the quotes of names.
    let relation = node.relation.as_ref().map(|name| match &node.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(name)),
        None => quoted(name),
    });
    said.insert("Relation Name".to_owned(), json!(relation));
    said.insert("Alias".to_owned(), json!(node.alias));
    said.insert("Index Name".to_owned(), json!(node.index.as_deref().map(quoted)));
    insert_numbers(&mut said, node);
    let children: Vec<Json> = plan.children(node.id).map(|child| self::node(plan, child)).collect();
    if !children.is_empty() {
        said.insert("Plans".to_owned(), Json::Array(children));
    }
    Json::Object(said)
}

/// pev2 takes the kind of a join out of what TEXT prints, and leaves the rest as it is.
fn node_type(node: &PlanNode) -> String {
    let name = node.type_name.trim_start_matches("Async ").trim_end_matches(" Backward");
    match node.text("Join Type") {
        Some(kind) if kind != "Inner" => name.replace(&format!(" {kind} Join"), " Join"),
        _ if name == "Subquery Scan" && node.alias.as_deref() == Some("poly_inter_1") => {
            // The form of PostgreSQL 8, which pev2 does not know: it takes the alias for a part of the type.
            "Subquery Scan poly_inter_1".to_owned()
        }
        _ => name.to_owned(),
    }
}

fn quoted(name: &str) -> String {
    if name.contains(':') { format!("\"{name}\"") } else { name.to_owned() }
}

fn relationship(role: Role) -> &'static str {
    match role {
        Role::Outer => "Outer",
        Role::Inner => "Inner",
        Role::InitPlan | Role::Cte => "InitPlan",
        Role::SubPlan => "SubPlan",
        Role::Member => "Member",
    }
}

fn insert_numbers(said: &mut Map<String, Json>, node: &PlanNode) {
    let mut insert = |name: &str, value: f64| said.insert(name.to_owned(), json!(value));
    if let Some(estimate) = node.estimate {
        insert("Startup Cost", estimate.startup_cost);
        insert("Total Cost", estimate.total_cost);
        insert("Plan Rows", estimate.rows);
        insert("Plan Width", estimate.width);
    }
    if let Some(run) = node.run() {
        insert("Actual Loops", run.loops);
        insert("Actual Rows", run.rows.mean);
        if let Some(time) = run.time {
            insert("Actual Startup Time", time.startup);
            insert("Actual Total Time", time.total);
        }
    }
    if let Some(counters) = &node.counters {
        insert_counters(said, counters);
    }
}

fn insert_counters(said: &mut Map<String, Json>, counters: &Counters) {
    for counter in Counter::all() {
        said.insert(counter.property().to_owned(), json!(counters[counter]));
    }
    // Up to PostgreSQL 16.
    said.insert("I/O Read Time".to_owned(), json!(counters[Counter::SharedReadTime]));
    said.insert("I/O Write Time".to_owned(), json!(counters[Counter::SharedWriteTime]));
}

fn property(property: &Property) -> (String, Json) {
    let value = match (&*property.name, &property.value) {
        // pev2 leaves this one as a text, though Postgres has a list.
        ("Output", Value::List(list)) => {
            json!(list.iter().filter_map(Value::text).collect::<Vec<_>>().join(", "))
        }
        // pev2 does not take it for a number.
        ("Sort Space Used", value) => json!(value.number().map(|number| number.to_string())),
        (_, value) => as_json(value),
    };
    (property.name.to_string(), value)
}

fn as_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(yes) => json!(yes),
        Value::Integer(number) => json!(number),
        Value::Decimal(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(list) => Json::Array(list.iter().map(as_json).collect()),
        Value::Group(group) => Json::Object(group.iter().map(property).collect()),
    }
}
