//! Comparisons: what changed is said once, and what did not is not said.

use perf_look_analyzers::compare::{Change, Difference, JoinOrder, Noise};
use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::{Comparison, Policy, Report, Subject, input};

fn report(text: &str) -> Report {
    let subjects = input::read("plan", text).map(|input| input.subjects).unwrap_or_default();
    Report::of(subjects, &Policy::default())
}

#[track_caller]
pub(crate) fn compare(before: &str, after: &str) -> Comparison {
    Comparison::of(report(before), report(after))
}

/// A line for each pair that changed.
pub(crate) fn changes(comparison: &Comparison, difference: &Difference) -> Vec<String> {
    let line = |pair: &perf_look_analyzers::compare::Pair| {
        let (before, after) = comparison.labels(difference, pair);
        let label = |label: Option<String>| label.unwrap_or_else(|| "-".to_owned());
        format!("{} | {} | {}", label(before), label(after), comparison.why(pair))
    };
    let changed = difference.pairs.iter().filter(|pair| pair.change != Change::Same || !pair.moved.is_empty());
    changed.map(line).collect()
}

#[track_caller]
fn only(before: &str, after: &str) -> Vec<String> {
    let comparison = compare(before, after);
    changes(&comparison, &comparison.differences[0])
}

/// Every node of both plans is in one pair, and in one only.
#[track_caller]
pub(crate) fn assert_complete(name: &str, before: &Subject, after: &Subject, difference: &Difference) {
    let mut old: Vec<usize> = difference.pairs.iter().filter_map(|pair| pair.before).map(NodeId::index).collect();
    let mut new: Vec<usize> = difference.pairs.iter().filter_map(|pair| pair.after).map(NodeId::index).collect();
    old.sort_unstable();
    new.sort_unstable();
    assert!(old.iter().copied().eq(0..before.plan.nodes().len()), "{name}: before {old:?}");
    assert!(new.iter().copied().eq(0..after.plan.nodes().len()), "{name}: after {new:?}");
}

const INDEX_SCAN: &str = "\
Nested Loop  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..2.000 rows=10 loops=1)
  ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..1.000 rows=10 loops=1)
        Filter: (region = 'north'::text)
        Rows Removed by Filter: 90
  ->  Index Scan using orders_customer on orders o  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..0.050 rows=1 loops=10)
        Index Cond: (customer_id = c.id)
        Filter: (total > 10)
Execution Time: 2.100 ms
";

const SEQ_SCAN: &str = "\
Nested Loop  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..92.000 rows=10 loops=1)
  ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..1.000 rows=10 loops=1)
        Filter: (region = 'north'::text)
        Rows Removed by Filter: 90
  ->  Seq Scan on orders o  (cost=0.29..8.31 rows=1 width=8) (actual time=0.010..9.000 rows=1 loops=10)
        Filter: ((total > 10) AND (customer_id = c.id))
        Rows Removed by Filter: 9999
Execution Time: 92.100 ms
";

#[test]
fn a_dropped_index_is_one_change_of_access_path() {
    assert_eq!(
        only(INDEX_SCAN, SEQ_SCAN),
        ["#3 Index Scan using orders_customer on orders o | #3 Seq Scan on orders o | access path; \
          customer_id = c.id moved from Index Cond to Filter"]
    );
}

#[test]
fn the_same_plan_has_no_changes() {
    let comparison = compare(INDEX_SCAN, INDEX_SCAN);
    let difference = &comparison.differences[0];
    assert_eq!((difference.changes(), comparison.is_changed()), (0, false));
    assert_eq!(difference.join_order, JoinOrder::Same);
    assert_eq!(difference.noise, Noise::SingleRun);
    assert_eq!((difference.tables.compared, difference.tables.differ.len()), (1, 0));
}

#[test]
fn a_bitmap_belongs_to_the_access_path() {
    let bitmap = "\
Bitmap Heap Scan on orders o  (cost=1.00..2.00 rows=1 width=8) (actual time=0.100..0.200 rows=1 loops=1)
  Recheck Cond: (customer_id = 7)
  ->  Bitmap Index Scan on orders_customer  (cost=0.00..1.00 rows=1 width=0) (actual time=0.050..0.050 rows=1 loops=1)
        Index Cond: (customer_id = 7)
Execution Time: 0.300 ms
";
    let seq = "\
Seq Scan on orders o  (cost=1.00..2.00 rows=1 width=8) (actual time=0.100..9.000 rows=1 loops=1)
  Filter: (customer_id = 7)
Execution Time: 9.300 ms
";
    let comparison = compare(bitmap, seq);
    assert_eq!(comparison.differences[0].changes(), 1);
    assert_eq!(
        changes(&comparison, &comparison.differences[0]),
        [
            "#1 Bitmap Heap Scan on orders o | #1 Seq Scan on orders o | access path; \
             customer_id = 7 moved from Recheck Cond to Filter",
            "#2 Bitmap Index Scan on orders_customer | - | belongs to the change above",
        ]
    );
}

#[test]
fn a_join_method_is_told_from_a_join_order() {
    let hash = "\
Hash Join  (cost=1.00..2.00 rows=1 width=8)
  Hash Cond: (o.customer_id = c.id)
  ->  Seq Scan on orders o  (cost=0.00..1.00 rows=1 width=4)
  ->  Hash  (cost=1.00..1.00 rows=1 width=4)
        ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4)
";
    let merge = "\
Merge Join  (cost=1.00..2.00 rows=1 width=8)
  Merge Cond: (o.customer_id = c.id)
  ->  Sort  (cost=1.00..1.00 rows=1 width=4)
        Sort Key: o.customer_id
        ->  Seq Scan on orders o  (cost=0.00..1.00 rows=1 width=4)
  ->  Sort  (cost=1.00..1.00 rows=1 width=4)
        Sort Key: c.id
        ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4)
";
    let comparison = compare(hash, merge);
    assert_eq!(comparison.differences[0].join_order, JoinOrder::Same);
    assert_eq!(
        changes(&comparison, &comparison.differences[0]),
        [
            "#1 Hash Join | #1 Merge Join | join method",
            "- | #2 Sort | new",
            "- | #4 Sort | new",
            "#3 Hash | - | belongs to the change above",
        ]
    );
}

#[test]
fn another_join_order_is_said_once() {
    let order = |inner: &str, outer: &str, last: &str| {
        format!(
            "\
Hash Join  (cost=1.00..2.00 rows=1 width=8)
  ->  Hash Join  (cost=1.00..2.00 rows=1 width=8)
        ->  Seq Scan on {outer}  (cost=0.00..1.00 rows=1 width=4)
        ->  Hash  (cost=1.00..1.00 rows=1 width=4)
              ->  Seq Scan on {inner}  (cost=0.00..1.00 rows=1 width=4)
  ->  Hash  (cost=1.00..1.00 rows=1 width=4)
        ->  Seq Scan on {last}  (cost=0.00..1.00 rows=1 width=4)
"
        )
    };
    let comparison = compare(&order("a", "b", "c"), &order("c", "b", "a"));
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let changed = JoinOrder::Changed(names(&["b", "a", "c"]), names(&["b", "c", "a"]));
    assert_eq!(comparison.differences[0].join_order, changed);
    let exchanged = compare(&order("a", "b", "c"), &order("b", "a", "c"));
    assert_eq!(exchanged.differences[0].join_order, JoinOrder::Same);
    assert_eq!(changes(&exchanged, &exchanged.differences[0]), ["#2 Hash Join | #2 Hash Join | join sides"]);
}

#[test]
fn runs_that_overlap_are_noise() {
    let capture = |times: &[f64]| {
        let run = |(place, ms): (usize, &f64)| {
            let explain = format!(
                "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..{ms:.3} rows=1 loops=1)\nExecution Time: {ms:.3} ms"
            );
            serde_json::json!({ "number": place + 1, "explain": explain })
        };
        let runs: Vec<serde_json::Value> = times.iter().enumerate().map(run).collect();
        serde_json::json!({ "schema": "perf-look.capture/1", "perf_look": "0.1.0",
            "statements": [{ "name": "q", "query": "SELECT 1", "settings": [["work_mem", format!("{}MB", times.len())]], "runs": runs }] })
        .to_string()
    };
    let noise = |before: &[f64], after: &[f64]| {
        let comparison = compare(&capture(before), &capture(after));
        comparison.verdict(&comparison.differences[0])
    };
    assert_eq!(
        noise(&[10.0, 12.0, 11.0], &[11.5, 13.0, 14.0]),
        "11.0 ms before, 13.0 ms after, +18.2 %; the runs overlap (10.0 ms to 12.0 ms and 11.5 ms to 14.0 ms): within noise"
    );
    assert_eq!(
        noise(&[10.0, 12.0, 11.0], &[20.0, 22.0, 21.0]),
        "11.0 ms before, 21.0 ms after, +90.9 %; the runs do not overlap (10.0 ms to 12.0 ms and 20.0 ms to 22.0 ms)"
    );
    assert_eq!(noise(&[10.0], &[5.0]), "10.0 ms before, 5.00 ms after, -50.0 %; single run, no noise estimate");
    let comparison = compare(&capture(&[10.0, 11.0]), &capture(&[10.0]));
    assert!(
        comparison
            .circumstances(&comparison.differences[0])
            .contains(&"settings that differ: work_mem 2MB before, 1MB after".to_owned())
    );
}

#[test]
fn findings_are_fixed_where_their_step_is_free_of_them() {
    let comparison = compare(SEQ_SCAN, INDEX_SCAN);
    let difference = &comparison.differences[0];
    let rules: Vec<&str> = difference.fixed.iter().map(|place| comparison.before.findings[*place].rule.0).collect();
    assert_eq!(rules, ["db/seq-scan-discards-rows"]);
    assert_eq!((difference.new.len(), difference.remaining.len()), (0, 0));
    let back = compare(INDEX_SCAN, SEQ_SCAN);
    assert_eq!((back.differences[0].new.len(), back.differences[0].fixed.len()), (1, 0));
}

#[test]
fn statements_are_matched_by_their_sql_then_by_their_name() {
    let statement = |name: &str, sql: &str, table: &str| {
        serde_json::json!({ "name": name, "query": sql,
            "runs": [{ "number": 1, "explain": format!("Seq Scan on {table}  (cost=0.00..1.00 rows=1 width=4)") }] })
    };
    let capture = |statements: Vec<serde_json::Value>| {
        serde_json::json!({ "schema": "perf-look.capture/1", "perf_look": "0.1.0", "statements": statements })
            .to_string()
    };
    let comparison = compare(
        &capture(vec![
            statement("a", "SELECT 1", "one"),
            statement("b", "SELECT 2", "two"),
            statement("c", "SELECT 3", "three"),
        ]),
        &capture(vec![
            statement("x", "SELECT\n  2", "two"),
            statement("c", "SELECT 4", "four"),
            statement("d", "SELECT 5", "five"),
        ]),
    );
    let pairs: Vec<(usize, usize)> = comparison.differences.iter().map(|diff| (diff.before, diff.after)).collect();
    assert_eq!(pairs, [(1, 0), (2, 1)]);
    assert_eq!((comparison.only_before, comparison.only_after), (vec![0], vec![2]));
}

/// Steps and frames differ by as much as the executions do.
#[track_caller]
fn assert_adds_up(name: &str, comparison: &Comparison, difference: &Difference) {
    let (before, after) = comparison.subjects(difference);
    let (Some(was), Some(is)) = (before.attribution.execution, after.attribution.execution) else { return };
    let steps = difference.pairs.iter().filter_map(|pair| comparison.delta(difference, pair)).map(|ms| ms.0);
    let frames = difference.outside.iter().filter(|outside| outside.is_executed()).map(|outside| outside.delta().0);
    let (sum, whole) = (steps.chain(frames).sum::<f64>(), is.0 - was.0);
    assert!((sum - whole).abs() < 0.02, "{name}: {sum} for {whole}");
}

#[test]
fn what_is_outside_the_steps_is_compared_too() {
    let plan = |trigger: f64| {
        format!(
            "\
Delete on parent  (cost=0.00..1.00 rows=0 width=0) (actual time=0.200..0.200 rows=0 loops=1)
  ->  Seq Scan on parent  (cost=0.00..1.00 rows=1 width=6) (actual time=0.010..0.100 rows=20 loops=1)
Planning Time: 0.100 ms
Trigger for constraint child_parent_fkey: time={trigger:.3} calls=20
Execution Time: {:.3} ms
",
            trigger + 0.3
        )
    };
    let comparison = compare(&plan(600.0), &plan(2.0));
    let difference = &comparison.differences[0];
    assert_adds_up("triggers", &comparison, difference);
    let largest = difference.largest_outside().unwrap();
    assert_eq!(largest.name, "Trigger for constraint child_parent_fkey");
    assert_eq!((largest.before.unwrap().0, largest.after.unwrap().0), (600.0, 2.0));
    // In JSON the trigger's own name has a number in it that is another one in each database.
    let renamed = plan(2.0).replace("Trigger for", "Trigger RI_ConstraintTrigger_a_16432 for");
    let other = compare(&plan(600.0), &renamed);
    assert_eq!(other.differences[0].outside.iter().filter(|outside| outside.name.starts_with("Trigger")).count(), 1);
    let with_table = compare(&plan(600.0), &renamed.replace("_fkey:", "_fkey on parent:"));
    assert_eq!(with_table.differences[0].largest_outside().unwrap().before.unwrap().to_string(), "600 ms");
    let without = plan(600.0).lines().filter(|line| !line.starts_with("Trigger")).collect::<Vec<_>>().join("\n");
    let gone = compare(&plan(600.0), &without);
    let trigger = gone.differences[0].outside.iter().find(|outside| outside.name.starts_with("Trigger")).unwrap();
    assert_eq!(trigger.after, None);
}

#[test]
fn a_cte_around_an_input_is_one_new_step_and_no_other_join_order() {
    let plain = "\
Hash Join  (cost=1.00..2.00 rows=1 width=8)
  Hash Cond: (c.id = o.customer_id)
  ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4)
  ->  Hash  (cost=1.00..1.00 rows=1 width=4)
        ->  HashAggregate  (cost=1.00..1.00 rows=1 width=4)
              Group Key: o.customer_id
              ->  Seq Scan on orders o  (cost=0.00..1.00 rows=1 width=4)
";
    let with_a_cte = "\
Hash Join  (cost=1.00..2.00 rows=1 width=8)
  Hash Cond: (c.id = x.customer_id)
  CTE x
    ->  HashAggregate  (cost=1.00..1.00 rows=1 width=4)
          Group Key: o.customer_id
          ->  Seq Scan on orders o  (cost=0.00..1.00 rows=1 width=4)
  ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4)
  ->  Hash  (cost=1.00..1.00 rows=1 width=4)
        ->  CTE Scan on x  (cost=0.00..1.00 rows=1 width=4)
";
    assert_eq!(only(plain, with_a_cte), ["- | #6 CTE Scan on x | new"]);
    assert_eq!(only(with_a_cte, plain), ["#6 CTE Scan on x | - | gone"]);
    assert_eq!(compare(plain, with_a_cte).differences[0].join_order, JoinOrder::Same);
}

#[test]
fn a_join_that_means_something_else_is_a_change() {
    let join = |join_type: &str| {
        format!(
            "\
Hash {join_type}Join  (cost=1.00..2.00 rows=1 width=8)
  Hash Cond: (o.customer_id = c.id)
  ->  Seq Scan on orders o  (cost=0.00..1.00 rows=1 width=4)
  ->  Hash  (cost=1.00..1.00 rows=1 width=4)
        ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4)
"
        )
    };
    assert_eq!(only(&join("Semi "), &join("")), ["#1 Hash Semi Join | #1 Hash Join | join type"]);
}

#[test]
fn a_condition_that_moved_is_known_by_other_aliases_and_the_other_way_round() {
    let join = |customers: &str, cond: &str, filter: &str| {
        format!(
            "\
Hash Join  (cost=1.00..2.00 rows=1 width=8)
  Hash Cond: {cond}
  Join Filter: {filter}
  ->  Seq Scan on orders o  (cost=0.00..1.00 rows=1 width=4)
  ->  Hash  (cost=1.00..1.00 rows=1 width=4)
        ->  Seq Scan on customers {customers}  (cost=0.00..1.00 rows=1 width=4)
"
        )
    };
    assert_eq!(
        only(
            &join("c", "(o.customer = c.id)", "(o.day = c.day)"),
            &join("k", "(k.day = o.day)", "(k.id = o.customer)")
        ),
        ["#1 Hash Join | #1 Hash Join | k.day = o.day moved from Join Filter to Hash Cond; \
          k.id = o.customer moved from Hash Cond to Join Filter"]
    );
    let other = only(&join("c", "(o.id = c.id)", "(o.day = c.day)"), &join("c", "(o.id = c.day)", "(o.id = o.id)"));
    assert_eq!(other, Vec::<String>::new());
}

#[test]
fn a_scan_that_was_stopped_says_nothing_about_its_table() {
    let exists = |rows: u32| {
        format!(
            "\
Result  (cost=1.00..2.00 rows=1 width=8) (actual time=0.010..0.010 rows=1 loops=1)
  One-Time Filter: $0
  InitPlan 1 (returns $0)
    ->  Seq Scan on orders  (cost=0.00..9.00 rows=100 width=0) (actual time=0.010..0.010 rows=1 loops=1)
          Filter: (total > 1)
          Rows Removed by Filter: {rows}
Execution Time: 0.100 ms
"
        )
    };
    let tables = |before: &str, after: &str| compare(before, after).differences[0].tables.compared;
    assert_eq!(tables(&exists(5), &exists(500)), 0);
    let empty = |rows: u32, kept: u32| {
        format!(
            "\
Hash Join  (cost=1.00..2.00 rows=1 width=8) (actual time=0.010..0.010 rows=0 loops=1)
  Hash Cond: (o.customer = c.id)
  ->  Seq Scan on orders o  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..0.010 rows={rows} loops=1)
  ->  Hash  (cost=1.00..1.00 rows=1 width=4) (actual time=0.010..0.010 rows={kept} loops=1)
        ->  Seq Scan on customers c  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..0.010 rows={kept} loops=1)
              Filter: (region = 'north'::text)
              Rows Removed by Filter: {}
Execution Time: 0.100 ms
",
            100 - kept
        )
    };
    assert_eq!(tables(&empty(1, 0), &empty(2000, 10)), 1);
    assert_eq!(tables(&empty(2000, 10), &empty(2000, 10)), 2);
}

#[test]
fn arms_of_a_union_are_known_by_their_conditions_not_by_the_number_of_their_alias() {
    let before = "\
Append  (cost=1.00..2.00 rows=1 width=8)
  ->  Index Scan using orders_status on orders  (cost=0.00..1.00 rows=1 width=4)
        Index Cond: (status = 'open'::text)
  ->  Seq Scan on orders orders_1  (cost=0.00..1.00 rows=1 width=4)
        Filter: (total > 498)
";
    let after = "\
Append  (cost=1.00..2.00 rows=1 width=8)
  ->  Seq Scan on orders  (cost=0.00..1.00 rows=1 width=4)
        Filter: (total > 498)
  ->  Index Scan using orders_status on orders orders_1  (cost=0.00..1.00 rows=1 width=4)
        Index Cond: (status = 'open'::text)
";
    assert_eq!(only(before, after), Vec::<String>::new());
}

#[test]
fn what_was_not_timed_is_compared_by_what_is_known() {
    let verdict = |before: &str, after: &str| {
        let comparison = compare(before, after);
        comparison.verdict(&comparison.differences[0])
    };
    let planned = |cost: &str| format!("Seq Scan on t  (cost=0.00..{cost} rows=1 width=4)\n");
    assert_eq!(
        verdict(&planned("200.00"), &planned("50.00")),
        "not timed in both: planner's cost 200 before, 50 after, -75.0 %"
    );
    let untimed = |ms: &str| {
        format!("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual rows=1 loops=1)\nExecution Time: {ms} ms\n")
    };
    assert_eq!(
        verdict(&untimed("8.000"), &untimed("4.000")),
        "8.00 ms before, 4.00 ms after, -50.0 %; steps are not timed in both"
    );
    assert_eq!(verdict("Seq Scan on t\n", "Seq Scan on t\n"), "not timed in both: shapes alone are compared");
}

#[test]
fn a_plan_is_the_same_in_every_format() {
    let Some(corpus) = perf_look_fixtures::corpus("a_plan_is_the_same_in_every_format") else { return };
    let (mut compared, mut changed) = (0, Vec::new());
    for file in perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18")) {
        let twin = file.with_extension("txt");
        if file.extension().is_none_or(|ending| ending != "json") || !twin.exists() {
            continue;
        }
        let name = file.strip_prefix(&corpus).unwrap().display().to_string();
        let comparison = compare(&std::fs::read_to_string(&file).unwrap(), &std::fs::read_to_string(&twin).unwrap());
        for difference in &comparison.differences {
            let (before, after) = comparison.subjects(difference);
            assert_complete(&name, before, after, difference);
            assert_adds_up(&name, &comparison, difference);
            compared += 1;
            changed.extend(changes(&comparison, difference).into_iter().map(|change| format!("{name}: {change}")));
        }
    }
    assert!(compared > 900, "{compared}");
    insta::assert_snapshot!(changed.join("\n"));
}
