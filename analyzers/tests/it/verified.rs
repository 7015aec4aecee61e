//! Advice that was tried: what is worth trying, and what follows from a server's answers.

use perf_look_analyzers::finding::Advice;
use perf_look_analyzers::input::read;
use perf_look_analyzers::postgres::catalogue::Catalogue;
use perf_look_analyzers::postgres::verify::{By, Place, Tried, TriedIndex, TriedIndexes};
use perf_look_analyzers::redact::{Redact, redact};
use perf_look_analyzers::report::to_verify;
use perf_look_analyzers::verification::Verification;
use perf_look_analyzers::{Input, Policy, Report, Subject};

/// What a server with HypoPG said of the demo's shop: `perf-look db -f slow.sql --verify --allow-writes --save`.
fn shop() -> Input {
    read("shop", &perf_look_fixtures::named("verified/shop.json")).unwrap()
}

fn verified(report: &Report) -> Vec<&Verification> {
    let advice = report.findings.iter().flat_map(|finding| &finding.advice);
    advice.map(|advice| &advice.verified).filter(|verified| **verified != Verification::NotAsked).collect()
}

#[test]
fn findings_say_what_came_of_their_advice() {
    let report = shop().judged(&Policy::default());
    let advice = report.findings.iter().flat_map(|finding| &finding.advice);
    let tried = advice.filter(|advice| advice.verified != Verification::NotAsked);
    let said = |advice: &Advice| format!("{}\n  {}\n", advice.sql.as_ref().unwrap_or(&advice.text), advice.verified);
    // By their SQL: which rule speaks, and in what order, is not what this is about.
    let mut said: Vec<String> = tried.map(said).collect();
    said.sort();
    said.dedup();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn what_was_tried_is_known_by_names_that_were_made_up() {
    let named = shop().judged(&Policy::default());
    let redacted = redact(shop(), Redact::Names).judged(&Policy::default());
    let indexes =
        |report: &Report| verified(report).iter().filter(|it| matches!(it, Verification::HypotheticalIndex(_))).count();
    assert_eq!(indexes(&redacted), indexes(&named));
    let words: Vec<String> = verified(&redacted).iter().map(ToString::to_string).collect();
    assert!(!words.join("\n").contains("orders"), "{words:?}");
}

/// A scan of `orders` that throws nearly all rows away, with the lines of its own.
fn scan(lines: &str) -> Subject {
    let text = format!(
        "Seq Scan on public.orders o  (cost=0.00..1000.00 rows=10 width=8) (actual time=0.010..90.000 rows=10 loops=1)\n\
         {lines}  Rows Removed by Filter: 199990\nExecution Time: 90.100 ms\n"
    );
    read("q.sql", &text).unwrap().subjects.remove(0)
}

const BOTH: &str = "  Output: o.id, o.status\n  Filter: ((o.status = 'open'::text) AND (o.total > '5'::numeric))\n";

fn wanted(subject: &Subject) -> Vec<String> {
    let indexes = to_verify(subject, &Policy::default()).indexes;
    indexes.iter().map(|index| index.shown().replace("CREATE INDEX ON orders ", "")).collect()
}

#[test]
fn equality_leads_and_each_column_is_tried_for_itself() {
    assert_eq!(wanted(&scan(BOTH)), ["(status, total)", "(status)", "(total)", "(status, total) INCLUDE (id)"]);
}

#[test]
fn what_an_index_serves_already_is_not_tried_again() {
    let catalogue: Catalogue = serde_json::from_str(
        r#"{"relations": [{"schema": "public", "name": "orders", "kind": "table", "columns": [],
            "indexes": [
                {"name": "a", "definition": "", "method": "btree", "keys": ["status", "created_at"], "valid": true,
                    "unique": false, "primary": false, "bytes": 8192, "scans": 0},
                {"name": "b", "definition": "", "method": "btree", "keys": ["total"], "predicate": "(total > 0)",
                    "valid": true, "unique": false, "primary": false, "bytes": 8192, "scans": 0}],
            "size": {}, "activity": {"live": 0, "dead": 0, "modified_since_analyze": 0}}]}"#,
    )
    .unwrap();
    let subject = Subject { catalogue: Some(catalogue), ..scan(BOTH) };
    assert_eq!(wanted(&subject), ["(status, total)", "(total)", "(status, total) INCLUDE (id)"]);
}

#[test]
fn columns_of_joins_are_tried_alone_and_with_the_others() {
    let text = "\
Nested Loop  (cost=0.00..9000.00 rows=10 width=8) (actual time=0.010..900.000 rows=10 loops=1)
  Output: o.id
  Join Filter: (o.customer_id = c.id)
  Rows Removed by Join Filter: 990
  ->  Seq Scan on public.customers c  (cost=0.00..10.00 rows=100 width=8) (actual time=0.010..0.100 rows=100 loops=1)
        Output: c.id
  ->  Seq Scan on public.orders o  (cost=0.00..1000.00 rows=10 width=8) (actual time=0.010..8.900 rows=10 loops=100)
        Output: o.id, o.customer_id
        Filter: (o.status = 'open'::text)
        Rows Removed by Filter: 199990
Execution Time: 900.100 ms
";
    let subject = read("q.sql", text).unwrap().subjects.remove(0);
    let wanted = wanted(&subject);
    for index in [
        "(status)",
        "(customer_id)",
        "(customer_id, status)",
        "(status, customer_id)",
        "(customer_id) INCLUDE (status, id)",
    ] {
        assert!(wanted.iter().any(|it| it == index), "{index} of {wanted:?}");
    }
}

/// The advice on the scan where the planner's cost with each index is as said, in place of 1,000.
fn advised(costs: &[(&str, Option<f64>)]) -> Vec<(String, Option<String>)> {
    let mut subject = scan(BOTH);
    let trials = to_verify(&subject, &Policy::default()).indexes.into_iter().filter_map(|index| {
        let known = costs.iter().find(|(name, _)| index.shown() == format!("CREATE INDEX ON orders {name}"));
        known.map(|(_, cost)| TriedIndex { index, cost: *cost, bytes: None })
    });
    let indexes = TriedIndexes::Tried { by: By::Hypothesis(Place::Server), before: 1_000.0, trials: trials.collect() };
    subject.tried = Some(Tried { indexes: Some(indexes), ..Tried::default() });
    let report = Report::of(vec![subject], &Policy::default());
    let advice = report.findings[0].advice.iter().map(|advice| (advice.verified.to_string(), advice.sql.clone()));
    advice.filter(|(words, _)| !words.is_empty()).collect()
}

fn index(costs: &[(&str, Option<f64>)]) -> Option<String> {
    let [(_, sql)] = &advised(costs)[..] else { panic!("{:?}", advised(costs)) };
    sql.clone()
}

#[test]
fn a_column_more_must_take_a_twentieth_of_the_cost_away() {
    let hardly = [("(status)", Some(120.0)), ("(status, total)", Some(80.0))];
    assert_eq!(index(&hardly).as_deref(), Some("CREATE INDEX ON orders (status);"));
    let enough = [("(status)", Some(120.0)), ("(status, total)", Some(60.0))];
    assert_eq!(index(&enough).as_deref(), Some("CREATE INDEX ON orders (status, total);"));
    let wide = [("(status, total)", Some(60.0)), ("(status, total) INCLUDE (id)", Some(5.0))];
    assert_eq!(index(&wide).as_deref(), Some("CREATE INDEX ON orders (status, total) INCLUDE (id);"));
    let alone = [("(status)", Some(120.0)), ("(total)", Some(119.0))];
    assert_eq!(index(&alone).as_deref(), Some("CREATE INDEX ON orders (total);"));
}

#[test]
fn an_index_that_helps_nobody_is_not_advised() {
    for (costs, said) in [
        (&[("(status)", None), ("(status, total)", None)][..], "the planner takes none of the 2 that were tried"),
        (
            &[("(status)", Some(850.0)), ("(status, total)", Some(840.0))],
            "the best of 2 spares 16.0 % of the planner's cost of 1,000",
        ),
    ] {
        let [(words, None)] = &advised(costs)[..] else { panic!("{:?}", advised(costs)) };
        assert!(words.starts_with(&format!("verified: {said}")), "{words}");
    }
}
