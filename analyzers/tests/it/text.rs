//! Plans in TEXT: what lines mean, what is wrong with others, and plans that nobody printed.

use std::fmt::Write as _;

use insta::assert_snapshot;
use perf_look_analyzers::postgres::counters::Counter;
use perf_look_analyzers::postgres::parse;
use perf_look_analyzers::postgres::plan::{Execution, Plan, PlanNode, Property, Role, Value};
use proptest::prelude::*;

#[track_caller]
fn plan(text: &str) -> Plan {
    let mut parsed = parse::parse(text).unwrap();
    assert_eq!(parsed.rejects, []);
    assert_eq!(parsed.plans.len(), 1);
    parsed.plans.remove(0)
}

/// The properties of the first node, where these lines stand below it.
#[track_caller]
fn said_below(headline: &str, lines: &str) -> String {
    let mut text = format!("{headline}  (cost=0.00..1.00 rows=1 width=4)\n");
    for line in lines.lines() {
        writeln!(text, "  {line}").unwrap();
    }
    properties(&plan(&text).root().properties)
}

fn properties(properties: &[Property]) -> String {
    properties
        .iter()
        .map(|property| format!("{}: {}", property.name, shown(&property.value)))
        .collect::<Vec<_>>()
        .join("\n")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => format!("{number:?}"),
        Value::Text(text) => format!("{text:?}"),
        Value::List(list) => format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(" | ")),
        Value::Group(group) => format!("{{{}}}", properties(group).replace('\n', "; ")),
    }
}

/// A line for each node: its depth, label, role and sub-plan.
fn tree(plan: &Plan) -> String {
    let line = |node: &PlanNode| {
        let role = node.role.map_or(String::new(), |role| format!(" [{}]", role.as_str()));
        let name = node.subplan_name.as_ref().map_or(String::new(), |name| format!(" {name}"));
        format!("{}{}{role}{name}", "  ".repeat(node.depth as usize), node.label())
    };
    plan.nodes().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn indentation_and_labels_give_the_tree() {
    let text = "\
Hash Join
  Hash Cond: (a.id = b.id)
  CTE w
    ->  Seq Scan on w
  InitPlan 1 (returns $0)
    ->  Result
  ->  Append
        ->  Seq Scan on a_1
        ->  Seq Scan on a_2
              SubPlan 2
                ->  Result
  ->  Hash
        ->  Subquery Scan on b
              ->  Limit
";
    assert_snapshot!(tree(&plan(text)), @r"
    Hash Join
      Seq Scan on w [cte] CTE w
      Result [initplan] InitPlan 1 (returns $0)
      Append [outer]
        Seq Scan on a_1 [member]
        Seq Scan on a_2 [member]
          Result [subplan] SubPlan 2
      Hash [inner]
        Subquery Scan on b [outer]
          Limit [outer]
    ");
}

#[test]
fn sub_plans_of_postgres_8_share_a_label_and_those_of_postgres_19_have_names() {
    let old =
        "Result  (cost=0.00..1.00 rows=1 width=0)\n  InitPlan\n    ->  Seq Scan on a\n    ->  Result\n  ->  Limit\n";
    assert_snapshot!(tree(&plan(old)), @r"
    Result
      Seq Scan on a [initplan] InitPlan
      Result [initplan] InitPlan
      Limit [outer]
    ");
    let new = "Result\n  Replaces: MinMaxAggregate\n  InitPlan minmax_1\n    ->  Limit\n          ->  Seq Scan on a\n";
    assert_snapshot!(tree(&plan(new)), @r"
    Result
      Limit [initplan] InitPlan minmax_1
        Seq Scan on a [outer]
    ");
}

#[test]
fn lines_with_several_values_are_the_properties_of_json() {
    assert_snapshot!(said_below("Sort", "Sort Key: a, (f(b, c)) DESC, ('x, y'::text)\nSort Method: external merge  Disk: 10kB"), @r#"
    Sort Key: ["a" | "(f(b, c)) DESC" | "('x, y'::text)"]
    Sort Method: "external merge"
    Sort Space Used: 10
    Sort Space Type: "Disk"
    "#);
    assert_snapshot!(said_below("Hash", "Buckets: 2048 (originally 1024)  Batches: 1  Memory Usage: 9kB"), @r"
    Hash Buckets: 2048
    Original Hash Buckets: 1024
    Hash Batches: 1
    Original Hash Batches: 1
    Peak Memory Usage: 9
    ");
    assert_snapshot!(said_below("HashAggregate", "Group Key: a, b\nPlanned Partitions: 4  Batches: 5  Memory Usage: 6kB  Disk Usage: 7kB"), @r#"
    Strategy: "Hashed"
    Group Key: ["a" | "b"]
    Planned Partitions: 4
    HashAgg Batches: 5
    Peak Memory Usage: 6
    Disk Usage: 7
    "#);
    assert_snapshot!(said_below("Memoize", "Cache Key: 1\nHits: 1  Misses: 2  Evictions: 3  Overflows: 4  Memory Usage: 5kB\nEstimates: capacity=6 distinct keys=7 lookups=8 hit percent=87.50%"), @r#"
    Cache Key: "1"
    Cache Hits: 1
    Cache Misses: 2
    Cache Evictions: 3
    Cache Overflows: 4
    Peak Memory Usage: 5
    Estimated Capacity: 6
    Estimated Distinct Lookup Keys: 7
    Estimated Lookups: 8
    Estimated Hit Percent: 87.5
    "#);
    assert_snapshot!(said_below("Incremental Sort", "Pre-sorted Groups: 5  Sort Methods: top-N heapsort, quicksort  Average Memory: 1kB  Peak Memory: 2kB  Average Disk: 3kB  Peak Disk: 4kB"), @r#"Pre-sorted Groups: {Group Count: 5; Sort Methods Used: ["top-N heapsort" | "quicksort"]; Sort Space Memory: {Average Sort Space Used: 1; Peak Sort Space Used: 2}; Sort Space Disk: {Average Sort Space Used: 3; Peak Sort Space Used: 4}}"#);
    assert_snapshot!(said_below("Sample Scan on t", "Sampling: bernoulli ('10'::real) REPEATABLE ('1'::double precision)"), @r#"
    Sampling Method: "bernoulli"
    Sampling Parameters: ["'10'::real"]
    Repeatable Seed: "'1'::double precision"
    "#);
    assert_snapshot!(said_below("Merge on t", "Tuples: inserted=1 skipped=2"), @r#"
    Operation: "Merge"
    Tuples Inserted: 1
    Tuples Skipped: 2
    "#);
    assert_snapshot!(said_below("Material", "Storage: Memory  Maximum Storage: 17kB\nHeap Blocks: exact=1 lossy=2\nDisabled: true\nFuture Words: 1.50\nFilter: true"), @r#"
    Storage: "Memory"
    Maximum Storage: 17
    Exact Heap Blocks: 1
    Lossy Heap Blocks: 2
    Disabled: true
    Future Words: 1.5
    Filter: "true"
    "#);
}

#[test]
fn grouping_sets_are_nested_as_in_json() {
    let keys = "Hash Key: a\nHash Key: b\nGroup Key: c, d\nGroup Key: ()\nSort Key: e\n  Group Key: e";
    assert_snapshot!(said_below("MixedAggregate", keys), @r#"
    Strategy: "Mixed"
    Grouping Sets: [{Hash Keys: [["a"]]} | {Hash Keys: [["b"]]} | {Group Keys: [["c" | "d"] | []]} | {Sort Key: ["e"]; Group Keys: [["e"]]}]
    "#);
}

#[test]
fn targets_have_their_own_lines() {
    let lines = "Update on public.a_1 x\nForeign Update on a_2\n  Remote SQL: UPDATE a_2\nConflict Resolution: NOTHING";
    assert_snapshot!(said_below("Update on a", lines), @r#"
    Operation: "Update"
    Target Tables: [{Relation Name: "a_1"; Schema: "public"; Alias: "x"} | {Operation: "Foreign Update"; Relation Name: "a_2"; Alias: "a_2"; Remote SQL: "UPDATE a_2"}]
    Conflict Resolution: "NOTHING"
    "#);
}

#[test]
fn counters_of_all_versions_are_read() {
    let read = |lines: &str, counter: Counter| {
        let plan = plan(&format!("Result  (cost=0.00..1.00 rows=1 width=4)\n{lines}"));
        plan.root().counters.as_ref().unwrap()[counter]
    };
    let cases = [
        (
            "  Buffers: shared hit=1 read=2 dirtied=3 written=4, local hit=5, temp read=6 written=7",
            Counter::SharedWritten,
            4.0,
        ),
        (
            "  Buffers: shared hit=1 read=2 dirtied=3 written=4, local hit=5, temp read=6 written=7",
            Counter::LocalHit,
            5.0,
        ),
        ("  Buffers: temp read=6 written=7", Counter::TempWritten, 7.0),
        ("  I/O Timings: read=1.5 write=2.5", Counter::SharedReadTime, 1.5),
        ("  I/O Timings: shared/local read=1.5, temp write=2.5", Counter::TempWriteTime, 2.5),
        ("  I/O Timings: shared read=1.5, local write=2.5", Counter::LocalWriteTime, 2.5),
        ("  WAL: records=1 fpi=2 bytes=3 buffers full=4", Counter::WalBuffersFull, 4.0),
        ("  WAL: records=1 fpi=2 fpi bytes=5 bytes=3", Counter::WalFpiBytes, 5.0),
    ];
    for (lines, counter, expected) in cases {
        assert!((read(lines, counter) - expected).abs() < f64::EPSILON, "{lines}");
    }
}

#[test]
fn workers_of_old_and_new_versions_are_read() {
    let text = "\
Sort  (cost=0.00..1.00 rows=1 width=4) (actual time=1.000..2.000 rows=9 loops=3)
  Worker 0:  Sort Method: quicksort  Memory: 25kB
  Worker 0: actual time=1.500..2.500 rows=3 loops=1
    Buffers: shared hit=7
  Worker 1:  actual rows=4 loops=1
    Sort Method: quicksort  Memory: 26kB
    JIT:
      Functions: 2
      Timing: Generation 0.500 ms, Total 1.000 ms
  Buffers: shared hit=8
  JIT for worker 1:
    Options: Inlining false
";
    let plan = plan(text);
    let workers = &plan.root().workers;
    assert_eq!(workers.iter().map(|worker| worker.run.unwrap().rows.mean).collect::<Vec<_>>(), [3.0, 4.0]);
    assert!((workers[0].counters.as_ref().unwrap()[Counter::SharedHit] - 7.0).abs() < f64::EPSILON);
    assert_snapshot!(properties(&workers[1].properties), @r#"
    Sort Method: "quicksort"
    Sort Space Used: 26
    Sort Space Type: "Memory"
    JIT: {Functions: 2; Timing: {Generation: 0.5; Total: 1.0}}
    JIT: {Options: {Inlining: false}}
    "#);
    assert!((plan.root().counters.as_ref().unwrap()[Counter::SharedHit] - 8.0).abs() < f64::EPSILON);
}

#[test]
fn what_stands_beside_the_tree_is_the_statements() {
    let text = "\
Query Text: SELECT 1
  -- Result
FROM t
Query Parameters: $1 = 'x'
Result  (cost=0.00..1.00 rows=1 width=4) (actual time=0.001..0.002 rows=1 loops=1)
Settings: work_mem = '64kB', search_path = '\"$user\", public', jit = 'off'
Query Identifier: -5424821330993577306
Planning:
  Buffers: shared hit=3
  Memory: used=8kB  allocated=16kB
Planning Time: 0.500 ms
JIT:
  Functions: 10
  Options: Inlining false, Expressions true
  Timing: Generation 0.492 ms (Deform 0.134 ms), Inlining 0.000 ms, Total 4.442 ms
Trigger a on b: time=1.500 calls=2
Trigger RI_1 for constraint c on t: calls=3
Trigger for constraint c: time=1.000 calls=4
Serialization: time=1.712 ms  output=170kB  format=text
  Buffers: shared hit=9
Execution Time: 2.844 ms
";
    let statement = plan(&format!("LOG:  duration: 2.844 ms  plan:\n{text}")).statement;
    assert_eq!(statement.query.as_deref(), Some("SELECT 1\n  -- Result\nFROM t"));
    assert_eq!((statement.planning_ms, statement.execution_ms), (Some(0.5), Some(2.844)));
    let settings: Vec<String> = statement.settings.iter().map(|(name, value)| format!("{name} is {value}")).collect();
    assert_eq!(settings, ["work_mem is 64kB", "search_path is \"$user\", public", "jit is off"]);
    assert!((statement.planning_counters.unwrap()[Counter::SharedHit] - 3.0).abs() < f64::EPSILON);
    assert_snapshot!(properties(&statement.properties), @r#"
    Query Parameters: "$1 = 'x'"
    Query Identifier: -5424821330993577306
    Planning: {Memory Used: 8; Memory Allocated: 16}
    "#);
    let jit = statement.jit.unwrap();
    assert_eq!(jit.timing, [("Generation".into(), 0.492), ("Inlining".into(), 0.0)]);
    assert_eq!((jit.functions, jit.total_ms), (10.0, Some(4.442)));
    let triggers: Vec<String> = statement.triggers.iter().map(|t| format!("{t:?}")).collect();
    assert_snapshot!(triggers.join("\n"), @r#"
    Trigger { name: "a", constraint: None, relation: Some("b"), time_ms: Some(1.5), calls: 2.0 }
    Trigger { name: "RI_1", constraint: Some("c"), relation: Some("t"), time_ms: None, calls: 3.0 }
    Trigger { name: "", constraint: Some("c"), relation: None, time_ms: Some(1.0), calls: 4.0 }
    "#);
    let serialization = statement.serialization.unwrap();
    assert_eq!((serialization.time_ms, serialization.output_kb, &*serialization.format), (Some(1.712), 170.0, "text"));
    assert!((serialization.counters.unwrap()[Counter::SharedHit] - 9.0).abs() < f64::EPSILON);
}

#[test]
fn what_modules_of_postgres_18_and_19_add_is_kept() {
    let text = "\
Seq Scan on t  (cost=0.00..35.50 rows=2550 width=4)
  Plan Node ID: 0
PlannedStmt:
  Command Type: select
  Parse Location: 16 for 22 bytes
RTI 1 (relation, in-from-clause):
  Eref: t (a)
  Relation Kind: relation
Unprunable RTIs: 1
Generated Plan Advice:
  SEQ_SCAN(t)
  NO_GATHER(t)
Planning Time: 0.500 ms
";
    let statement = plan(text).statement;
    assert_snapshot!(properties(&statement.properties), @r#"
    PlannedStmt: {Command Type: "select"; Parse Location: "16 for 22 bytes"}
    RTI 1 (relation, in-from-clause): {Eref: "t (a)"; Relation Kind: "relation"}
    Unprunable RTIs: 1
    Generated Plan Advice: "SEQ_SCAN(t)\nNO_GATHER(t)"
    "#);
    let framed = format!(" QUERY PLAN\n------------\n {}(14 rows)\n", text.replace('\n', "\n "));
    assert_eq!(plan(&framed).statement, statement);
}

#[test]
fn times_of_versions_before_11_have_other_names() {
    let old = plan(
        "Result  (cost=0.00..1.00 rows=1 width=4) (actual time=0.001..0.002 rows=1 loops=1)\nTotal runtime: 1.500 ms\n",
    );
    assert_eq!(old.statement.execution_ms, Some(1.5));
    let text = "Result  (cost=0.00..1.00 rows=1 width=4)\nPlanning time: 0.500 ms\nExecution time: 1.500 ms\n";
    let statement = plan(text).statement;
    assert_eq!((statement.planning_ms, statement.execution_ms), (Some(0.5), Some(1.5)));
}

#[test]
fn a_value_may_go_on_in_the_next_lines() {
    let text = "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (a = 'x\nSort Key: y\n\n  ->  z'::text)\n  Output: a,\n b\n";
    let plan = plan(text);
    assert_eq!(plan.nodes().len(), 1);
    assert_eq!(plan.root().text("Filter"), Some("(a = 'x\nSort Key: y\n\n  ->  z'::text)"));
    assert_eq!(shown(plan.root().property("Output").unwrap()), "[\"a\" | \"b\"]");
}

#[test]
fn a_stray_quote_does_not_swallow_the_plan() {
    let text = "\
Append  (cost=0.00..1.00 rows=1 width=4)
  ->  Foreign Scan on a  (cost=0.00..1.00 rows=1 width=4)
        Foreign File: /tmp/it's.csv
        Buffers: shared hit=1
  ->  Foreign Scan on b  (cost=0.00..1.00 rows=1 width=4)
        Foreign File: /tmp/it's.csv
Planning Time: 1.000 ms
";
    let plan = plan(text);
    assert_eq!(plan.nodes().len(), 3);
    assert!(plan.nodes()[1].counters.is_some());
    assert_eq!(plan.statement.planning_ms, Some(1.0));
}

#[test]
fn what_did_not_run_and_what_is_masked_has_no_measurements() {
    let text = "Append (actual rows=0 loops=1)\n  ->  Result (never executed)\n  ->  Result (actual rows=N loops=N)\n";
    let plan = plan(text);
    assert!(plan.nodes()[0].run().is_some_and(|run| run.time.is_none()));
    assert_eq!(plan.nodes()[1].execution, Execution::NeverRan);
    assert_eq!(plan.nodes()[2].execution, Execution::NotMeasured);
}

#[test]
fn nodes_of_extensions_are_kept() {
    let text = "\
Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=0 width=0)
  Task Count: 32
  Tasks Shown: One of 32
  ->  Task
        Node: host=localhost port=9701 dbname=db
        ->  Frobnicate on t  (cost=0.00..1.00 rows=1 width=4)
";
    let plan = plan(text);
    assert_eq!(plan.root().number("Task Count"), Some(32.0));
    assert_snapshot!(tree(&plan), @r"
    Custom Scan (Citus Adaptive)
      Task [member]
        Frobnicate on t [outer]
    ");
    assert_eq!(plan.nodes()[2].role, Some(Role::Outer));
}

#[test]
fn errors_say_where_what_and_what_instead() {
    let error = |text: &str| parse::parse(text).unwrap_err().to_string();
    let scan = "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)";
    assert_snapshot!(
        error(&format!("{scan}\n  ???\n  Filter: (a = 1)\n")),
        @"line 2, column 3: expected a node (`->  Seq Scan on t`), a property (`Filter: …`) or the rest of the line above, found \"???\""
    );
    assert_snapshot!(
        error(&format!("\n\n{scan}\n  Alias: 1\n")),
        @"line 4, column 3: expected a text as \"Alias\", found \"1\""
    );
    assert_snapshot!(
        error(&format!("{scan}\n  Workers: two\n")),
        @"line 2, column 3: expected a list as \"Workers\", found \"two\""
    );
}

#[test]
fn a_plan_may_be_thousands_of_levels_deep() {
    const LEVELS: usize = 2_000;
    let mut text = "Limit\n".to_owned();
    for level in 1..LEVELS {
        writeln!(text, "{:indent$}->  Limit", "", indent = level * 6 - 4).unwrap();
    }
    let plan = plan(&text);
    assert_eq!(plan.nodes().len(), LEVELS);
    assert_eq!(plan.nodes().last().unwrap().depth as usize, LEVELS - 1);
}

const MANGLED: &str = "\
Query Text: select 'a
b'
Update on public.t \"x y\"  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..0.020 rows=1.00 loops=1)
  Update on t_1
  Buffers: shared hit=1, temp read=2 written=3
  InitPlan 1 (returns $0)
    ->  Result  (never executed)
  ->  Sort  (cost=0.00..1.00 rows=1 width=4) (actual rows=1 loops=2)
        Sort Key: a, (b, 'c''d'), \"e\"
        Sort Method: quicksort  Memory: 25kB
        Worker 0:  actual time=0.010..0.020 rows=1 loops=1
          JIT:
            Functions: 2
        ->  MixedAggregate (actual rows=1 loops=2)
              Hash Key: a
              Group Key: ()
              Batches: 1  Memory Usage: 24kB
              ->  Index Scan Backward using \"i on\" on \"S\".t a
                    Filter: (a = 'x
y')
Settings: a = 'b', c = 'd'
Planning:
  Buffers: shared hit=1
Planning Time: 0.500 ms
JIT:
  Timing: Generation 0.492 ms (Deform 0.134 ms), Total 4.442 ms
Trigger a on b: time=1.500 calls=2
Serialization: time=1.712 ms  output=170kB  format=text
Execution Time: 2.844 ms
";

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// A part is taken out, put elsewhere or replaced: whatever comes out, it comes out.
    #[test]
    fn a_mangled_plan_is_read_or_refused(
        cuts in prop::collection::vec((0..MANGLED.len(), 0..60_usize, 0..MANGLED.len(), 0..4_u8), 1..5),
        noise in "[ \\n\"'(:,=>.-]{0,5}",
    ) {
        let mut text: Vec<char> = MANGLED.chars().collect();
        for (from, length, to, kind) in cuts {
            let from = from.min(text.len());
            let end = (from + length).min(text.len());
            let to = to.min(text.len());
            match kind {
                0 => drop(text.drain(from..end)),
                1 => {
                    let part: Vec<char> = text[from..end].to_vec();
                    text.splice(to..to, part).for_each(drop);
                }
                2 => text.splice(from..end, noise.chars()).for_each(drop),
                _ => text.truncate(to.max(1)),
            }
        }
        let text: String = text.into_iter().collect();
        if let Ok(parsed) = parse::parse(&text) {
            for plan in &parsed.plans {
                prop_assert!(plan.nodes().iter().all(|node| !node.type_name.is_empty()));
            }
        }
    }
}
