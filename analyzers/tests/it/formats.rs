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
