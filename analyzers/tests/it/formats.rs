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
    let expected = only_plan(&perf_look_fixtures::named("postgres/frames/json-unaligned.txt"));
    let mut wrong = Vec::new();
    for file in perf_look_fixtures::files_below(&folder) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("text-") {
            continue;
        }
        match parse::parse(&std::fs::read_to_string(&file).unwrap()) {
            Ok(parsed) if parsed.plans == [expected.clone()] && parsed.rejects.is_empty() => {}
            Ok(parsed) => wrong.push(format!("{name}: {} plans, {:?}", parsed.plans.len(), parsed.rejects)),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
