//! Real plans, where the folder of them is given.

use std::path::Path;

use perf_look_analyzers::postgres::{Plan, PlanNode, parse};

#[test]
fn every_json_plan_of_the_corpus_parses() {
    let Some(corpus) = perf_look_fixtures::corpus("every_json_plan_of_the_corpus_parses") else { return };
    let mut count = 0;
    for file in perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18")) {
        if file.extension().is_none_or(|ending| ending != "json") || file.ends_with("meta.json") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let parsed = parse::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        count += parsed.plans.len();
    }
    assert!(count > 900, "{count}");
}

#[test]
fn every_table_of_psql_in_the_corpus_holds_one_tree() {
    let Some(corpus) = perf_look_fixtures::corpus("every_table_of_psql_in_the_corpus") else { return };
    for (format, count) in [("json-", 15), ("text-", 13)] {
        let mut trees = Vec::new();
        for file in perf_look_fixtures::files_below(&corpus.join("plans/pev2/psql-frames")) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            // The one that DBeaver drew is of another statement.
            if name.starts_with(format) && !name.contains("dbeaver") {
                trees.push((name, tree(&only_plan(&file))));
            }
        }
        assert_eq!(trees.len(), count);
        for (name, tree) in &trees {
            assert_eq!(*tree, trees[0].1, "{name}");
        }
    }
    let dbeaver = only_plan(&corpus.join("plans/pev2/psql-frames/text-3-dbeaver.plan"));
    assert_eq!(dbeaver.nodes().len(), 2);
    assert_eq!(dbeaver.statement.execution_ms, Some(4024.335));
}

#[track_caller]
fn only_plan(file: &Path) -> Plan {
    let text = std::fs::read_to_string(file).unwrap();
    let parsed = parse::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(parsed.rejects, [], "{}", file.display());
    assert_eq!(parsed.plans.len(), 1, "{}", file.display());
    parsed.plans.into_iter().next().unwrap_or_else(|| panic!("{}", file.display()))
}

/// What is the same in every run of one statement.
fn tree(plan: &Plan) -> Vec<(u32, String)> {
    plan.nodes().iter().map(|node| (node.depth, node.label())).collect()
}

#[test]
fn a_line_that_a_terminal_cut_is_read_as_one() {
    let Some(corpus) = perf_look_fixtures::corpus("a_line_that_a_terminal_cut_is_read_as_one") else { return };
    let nodes: Vec<usize> = perf_look_fixtures::files_below(&corpus.join("plans/pev2/line-wrapped"))
        .iter()
        .filter(|file| file.to_string_lossy().ends_with("-plan"))
        .map(|file| {
            let plan = only_plan(file);
            let is_whole = |node: &PlanNode| node.estimate.is_some() && node.run().is_none_or(|run| run.time.is_some());
            assert!(plan.nodes().iter().all(is_whole), "{}: {plan:#?}", file.display());
            plan.nodes().len()
        })
        .collect();
    assert_eq!(nodes, [5, 5, 1, 1, 8, 13, 13, 1, 2, 4]);
}
