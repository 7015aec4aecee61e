//! What is taken out is in no place of the report any more.

use perf_look_analyzers::redact::{Redact, holds_literals, redact};
use perf_look_analyzers::{Input, Policy, Report, input};

/// A plan with this query and this filter on a scan of `orders o`.
fn plan(query: &str, filter: &str) -> Input {
    let text = serde_json::json!([{
        "Query Text": query,
        "Plan": { "Node Type": "Seq Scan", "Relation Name": "orders", "Schema": "shop", "Alias": "o",
            "Actual Rows": 1, "Actual Loops": 1, "Plan Rows": 10, "Plan Width": 8, "Startup Cost": 0, "Total Cost": 900,
            "Actual Startup Time": 0.1, "Actual Total Time": 300.0, "Rows Removed by Filter": 400_000, "Filter": filter,
            "Output": ["o.id", "'secret'::text"], "Sort Method": "top-N heapsort" },
        "Execution Time": 300.5
    }]);
    input::read("plan.json", &text.to_string()).unwrap()
}

#[track_caller]
fn redacted(query: &str, what: Redact) -> String {
    redact(plan(query, "(o.total > 1)"), what).subjects[0].query.clone().unwrap()
}

#[test]
fn literals_of_all_kinds_go_and_the_statement_stays_one() {
    for (query, expected) in [
        ("SELECT 1, 'a', 1.5e3, -7", "SELECT ?, '?', ?, -?"),
        ("SELECT E'a\\'b', B'101', X'ff', U&'d'", "SELECT '?', '?', '?', '?'"),
        ("SELECT $$a 'b'$$, $q$x$q$, $1", "SELECT '?', '?', $1"),
        ("SELECT 'it''s' -- for Miller\n", "SELECT '?' --\n"),
        ("SELECT /* Miller */ t1.c2 FROM t1", "SELECT /* */ t1.c2 FROM t1"),
        ("SELECT '2024-01-01'::date", "SELECT '?'::date"),
        ("SELECT 'open", "SELECT '?'"),
    ] {
        assert_eq!(redacted(query, Redact::Literals).trim_end(), expected.trim_end());
    }
}

#[test]
fn a_name_becomes_the_same_other_name_everywhere() {
    let input = redact(
        plan(
            "SELECT o.id FROM shop.Orders AS o WHERE o.\"Total\" > 900 AND lower(o.name) = 'x'",
            "(o.\"Total\" > 900)",
        ),
        Redact::Names,
    );
    let subject = &input.subjects[0];
    let node = subject.plan.root();
    assert_eq!(subject.name, "statement 1");
    assert_eq!(subject.query.as_deref(), Some("SELECT a1.c1 FROM s1.t1 AS a1 WHERE a1.c2 > ? AND lower(a1.c3) = '?'"));
    assert_eq!(node.label(), "Seq Scan on t1 a1");
    assert_eq!(node.text("Filter"), Some("(a1.c2 > ?)"));
    assert_eq!(node.text("Sort Method"), Some("top-N heapsort"));
}

#[test]
fn the_catalogue_says_names_and_literals_no_more() {
    let text = r#"{"relations": [{"schema": "shop", "name": "orders", "kind": "table", "parent": "shop.everything",
        "columns": [{"name": "total", "type": "shop.money", "not_null": true, "statistics": {"null_fraction": 0,
            "distinct": -1, "width": 4, "inherited": false, "digest": "0123"}}],
        "indexes": [{"name": "orders_open", "definition":
            "CREATE INDEX orders_open ON shop.orders USING btree (total) WHERE (status = 'open'::text)",
            "method": "btree", "keys": ["total", "lower(status)"], "predicate": "(status = 'open'::text)",
            "valid": true, "unique": false, "primary": false, "bytes": 8192, "scans": 3}],
        "foreign_keys": [{"name": "orders_fkey", "definition": "FOREIGN KEY (total) REFERENCES shop.money_of(total)",
            "columns": ["total"], "references": "shop.money_of", "validated": true}],
        "referenced_by": [{"name": "orders_line", "table": "shop.line", "columns": ["total"], "indexed": false}],
        "extended_statistics": [{"name": "orders_both", "digest": "0123",
            "definition": "CREATE STATISTICS shop.orders_both ON total, status FROM shop.orders"}],
        "size": {}, "activity": {"live": 1, "dead": 0, "modified_since_analyze": 0}}],
        "notes": ["statistics of `shop.orders` cannot be read"]}"#;
    let without = |what| {
        let mut input = plan("SELECT 1", "(o.total > 1)");
        input.subjects[0].catalogue = Some(serde_json::from_str(text).unwrap());
        serde_json::to_string(&redact(input, what).subjects[0].catalogue).unwrap()
    };
    let literals = without(Redact::Literals);
    assert!(literals.contains("shop.orders USING btree (total) WHERE (status = '?'::text)"), "{literals}");
    assert!(!literals.contains("open'") && !literals.contains("0123"), "{literals}");
    let names = without(Redact::Names);
    let spilled = ["shop", "orders", "total", "status", "money", "line", "open", "everything", "0123"];
    let spilled: Vec<_> = spilled.iter().filter(|word| names.contains(**word)).collect();
    assert!(spilled.is_empty(), "{spilled:?} in {names}");
}

#[test]
fn rules_find_the_same_without_literals() {
    let report = |input: Input| Report::of(input.subjects, &Policy::default());
    let kinds = |report: &Report| -> Vec<_> {
        report.findings.iter().map(|finding| (finding.rule, finding.advice.len(), finding.impact)).collect()
    };
    let filter = "((o.status = 'open'::text) AND (o.total > '900'::numeric) AND (o.id = 5))";
    let (open, closed) = (report(plan("SELECT 1", filter)), report(redact(plan("SELECT 1", filter), Redact::Literals)));
    assert!(!open.findings.is_empty());
    assert_eq!(kinds(&open), kinds(&closed));
    assert!(holds_literals(&open));
    assert!(!holds_literals(&closed));
}

#[test]
fn what_could_not_be_read_quotes_nothing() {
    let mut input = plan("SELECT 1", "(o.total > 1)");
    input.rejects.push(perf_look_analyzers::report::Reject {
        source: "secret.sql".to_owned(),
        line: Some(1),
        why: "expected a plan, found \"WHERE name = \"Miller\"\" here".to_owned(),
    });
    let rejects = redact(input, Redact::Names).rejects;
    assert_eq!((rejects[0].source.as_str(), rejects[0].why.as_str()), ("an input", "expected a plan, found '?' here"));
}
