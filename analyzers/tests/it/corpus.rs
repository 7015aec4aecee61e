//! Real plans, where the folder of them is given.

use perf_look_analyzers::postgres::{Plan, parse};

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
fn every_json_table_of_psql_in_the_corpus_holds_one_tree() {
    let Some(corpus) = perf_look_fixtures::corpus("every_json_table_of_psql") else { return };
    let mut trees = Vec::new();
    for file in perf_look_fixtures::files_below(&corpus.join("plans/pev2/psql-frames")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("json-") {
            let text = std::fs::read_to_string(&file).unwrap();
            let parsed = parse::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(parsed.rejects, [], "{name}");
            trees.push(parsed.plans.iter().map(tree).collect::<Vec<_>>());
        }
    }
    assert_eq!(trees.len(), 15);
    assert!(trees.iter().all(|tree| *tree == trees[0] && tree.len() == 1), "{trees:#?}");
}

/// What is the same in every run of one statement.
fn tree(plan: &Plan) -> Vec<(u32, String)> {
    plan.nodes().iter().map(|node| (node.depth, node.label())).collect()
}
