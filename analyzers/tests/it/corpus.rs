//! Real plans, where the folder of them is given.

use perf_look_analyzers::postgres::parse;

#[test]
fn every_json_plan_of_the_corpus_parses() {
    let Some(corpus) = perf_look_fixtures::corpus("every_json_plan_of_the_corpus_parses") else { return };
    let mut count = 0;
    for file in perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18")) {
        if file.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let parsed = parse::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        count += parsed.plans.len();
    }
    assert!(count > 900, "{count}");
}
