//! Times add up: over every analysed plan of the fixtures, and of the corpus where it is given.

use perf_look_analyzers::Capture;
use perf_look_analyzers::postgres::counters::Counter;
use perf_look_analyzers::postgres::{Attribution, Plan, parse};

/// Σ own + frames (without Planning) in ms, as the report shows them.
fn sum(plan: &Plan, attribution: &Attribution) -> f64 {
    let nodes: f64 = plan.nodes().iter().filter_map(|node| attribution.time(node.id)).map(|time| time.own.0).sum();
    let frames = attribution.frames.iter().filter(|frame| frame.name != "Planning");
    nodes + frames.map(|frame| frame.own.0).sum::<f64>()
}

#[track_caller]
fn assert_sound(name: &str, plan: &Plan, attribution: &Attribution) {
    for node in plan.nodes() {
        let Some(time) = attribution.time(node.id) else { continue };
        assert!(time.own.0 >= 0.0, "{name}: #{} took {} itself", node.id.number(), time.own.0);
        assert!(
            time.own.0 <= time.total.0 + 1e-6,
            "{name}: #{} own {} total {}",
            node.id.number(),
            time.own.0,
            time.total.0
        );
        if let Some(parent) = node.parent.and_then(|parent| attribution.time(parent)) {
            let after_root = attribution.frames.iter().any(|frame| frame.name.starts_with("After root"));
            let within = time.total.0 <= parent.total.0 + 1e-6;
            assert!(within || after_root, "{name}: #{} took {} of {}", node.id.number(), time.total.0, parent.total.0);
        }
    }
    for node in plan.nodes() {
        for counter in attribution.own_counters(node).into_iter().flat_map(|own| Counter::all().map(|c| own[c])) {
            assert!(counter >= 0.0, "{name}: #{} has a counter below zero", node.id.number());
        }
    }
}

/// How a collection of timed plans fared.
#[derive(Default)]
struct Sums {
    timed: usize,
    off: Vec<String>,
}

impl Sums {
    /// Adds up all plans of a text; texts that hold none are another test's matter.
    fn check(&mut self, name: &str, text: &str) {
        for plan in parse::parse(text).map(|parsed| parsed.plans).unwrap_or_default() {
            let attribution = Attribution::of(&plan);
            assert_sound(name, &plan, &attribution);
            let Some(whole) = attribution.execution.filter(|_| plan.statement.execution_ms.is_some()) else { continue };
            self.timed += 1;
            let sum = sum(&plan, &attribution);
            // Three decimals are printed, so a plan of a few microseconds may be off by some of them.
            let is_off = (sum - whole.0).abs() > 0.01 * whole.0 + 0.002;
            if is_off || attribution.squeezed.0 > 0.01 * whole.0 {
                self.off.push(format!("{name}: {sum:.3} of {:.3}, {} cut", whole.0, attribution.squeezed));
            }
        }
    }
}

#[test]
fn the_times_of_the_fixtures_add_up() {
    let mut sums = Sums::default();
    for file in perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres")) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.display().to_string();
        match serde_json::from_str::<Capture>(&text) {
            Ok(capture) => capture.statements.iter().flat_map(|statement| &statement.runs).for_each(|run| {
                sums.check(&name, &run.explain);
            }),
            Err(_) => sums.check(&name, &text),
        }
    }
    assert!(sums.timed > 40, "{}", sums.timed);
    // Made for the rule that says so: without VERBOSE a plan does not print who uses its InitPlan.
    let (meant, off): (Vec<String>, Vec<String>) =
        sums.off.into_iter().partition(|line| line.contains("/timing-inconsistent/fires.json: "));
    assert_eq!(off, Vec::<String>::new());
    assert_eq!(meant.len(), 1, "the fixture adds up, so that it shows nothing");
}

#[test]
fn the_times_of_the_corpus_add_up_to_execution_time() {
    let Some(corpus) = perf_look_fixtures::corpus("the_times_of_the_corpus_add_up") else { return };
    let mut sums = Sums::default();
    for file in perf_look_fixtures::files_below(&corpus.join("plans")) {
        let name = file.strip_prefix(&corpus).unwrap().display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let ending = file.extension().unwrap_or_default();
        if ending == "jsonl" {
            for line in text.lines() {
                let block: serde_json::Value = serde_json::from_str(line).unwrap();
                sums.check(block["id"].as_str().unwrap(), block["text"].as_str().unwrap());
            }
        } else if ending != "sql" && !name.contains("expect") && !name.ends_with("LICENSE") {
            sums.check(&name, &text);
        }
    }
    assert!(sums.timed > 1_900, "{}", sums.timed);
    // No exceptions: one that comes up is looked into, and named here with its cause.
    assert_eq!(sums.off, Vec::<String>::new(), "of {}", sums.timed);
}

/// A node in JSON: what is special about it, its time per loop, its loops, the nodes below.
fn node(special: &str, ms: f64, loops: u32, below: &[String]) -> String {
    let comma = if special.is_empty() { "" } else { ", " };
    format!(
        r#"{{ {special}{comma}"Actual Startup Time": 0.000, "Actual Total Time": {ms:.3}, "Actual Rows": 1, "Actual Loops": {loops}, "Plans": [{}] }}"#,
        below.join(", ")
    )
}

/// The exclusive ms of each node in pre-order, then each frame.
#[track_caller]
fn shares(root: &str, statement: &str) -> (Vec<f64>, Vec<(String, f64)>) {
    let plan = parse::parse(&format!(r#"[{{ "Plan": {root}{statement} }}]"#)).unwrap().plans.remove(0);
    let attribution = Attribution::of(&plan);
    let round = |ms: f64| (ms * 1000.0).round() / 1000.0;
    let nodes = plan.nodes().iter().map(|node| round(attribution.time(node.id).unwrap().own.0)).collect();
    (nodes, attribution.frames.iter().map(|frame| (frame.name.clone(), round(frame.own.0))).collect())
}

#[test]
fn a_node_of_many_loops_took_all_of_them() {
    let inner = node(r#""Node Type": "Index Scan", "Parent Relationship": "Inner""#, 0.002, 1000, &[]);
    let outer = node(r#""Node Type": "Seq Scan", "Parent Relationship": "Outer""#, 1.0, 1, &[]);
    let (own, _) = shares(&node(r#""Node Type": "Nested Loop""#, 4.0, 1, &[outer, inner]), "");
    assert_eq!(own, [1.0, 1.0, 2.0]);
}

fn with_workers(special: &str, ms: f64, loops: u32, workers: &[(f64, u32)], below: &[String]) -> String {
    let list = workers.iter().enumerate().map(|(number, (ms, loops))| {
        format!(
            r#"{{ "Worker Number": {number}, "Actual Startup Time": 0.000, "Actual Total Time": {ms:.3}, "Actual Rows": 1, "Actual Loops": {loops} }}"#
        )
    });
    let workers = list.collect::<Vec<_>>().join(", ");
    node(&format!(r#"{special}, "Workers": [{workers}]"#), ms, loops, below)
}

#[test]
fn below_a_gather_the_slowest_process_counts() {
    // Leader 10, workers 20 and 30: 20 on average.
    let scan = with_workers(
        r#""Node Type": "Seq Scan", "Parent Relationship": "Outer""#,
        18.0,
        3,
        &[(18.0, 1), (26.0, 1)],
        &[],
    );
    let sort = with_workers(
        r#""Node Type": "Sort", "Parent Relationship": "Outer""#,
        20.0,
        3,
        &[(20.0, 1), (30.0, 1)],
        &[scan],
    );
    let (own, _) = shares(&node(r#""Node Type": "Gather", "Workers Launched": 2"#, 35.0, 1, &[sort]), "");
    assert_eq!(own, [5.0, 4.0, 26.0]);
}

#[test]
fn each_process_has_its_own_times() {
    let scan = with_workers(
        r#""Node Type": "Seq Scan", "Parent Relationship": "Outer""#,
        18.0,
        3,
        &[(18.0, 1), (26.0, 1)],
        &[],
    );
    let sort = with_workers(
        r#""Node Type": "Sort", "Parent Relationship": "Outer""#,
        20.0,
        3,
        &[(20.0, 1), (30.0, 1)],
        &[scan],
    );
    let gather = node(r#""Node Type": "Gather", "Workers Launched": 2"#, 35.0, 1, &[sort]);
    let plan = parse::parse(&format!(r#"[{{ "Plan": {gather} }}]"#)).unwrap().plans.remove(0);
    let processes = Attribution::of(&plan).processes(&plan);
    let own: Vec<Vec<f64>> = processes.iter().map(|times| times.own.iter().map(|own| own.0).collect()).collect();
    // The leader did 10 below the Gather and was in it for 25 more.
    assert_eq!(own, [[25.0, 0.0, 10.0], [0.0, 2.0, 18.0], [0.0, 4.0, 26.0]]);
}

/// Below a Gather the processes are what all of them worked, to what is printed of their loops.
#[track_caller]
fn assert_processes(name: &str, plan: &Plan) -> usize {
    let attribution = Attribution::of(plan);
    let processes = attribution.processes(plan);
    let work = attribution.work(plan);
    for node in plan.nodes().iter().filter(|node| node.workers.iter().any(|worker| worker.run.is_some())) {
        let sum: f64 = processes.iter().map(|times| times.own[node.id.index()].0).sum();
        let loops: f64 = plan.subtree(node.id).iter().filter_map(|node| node.run()).map(|run| run.loops).sum();
        let (off, rounding) = ((sum - work[node.id.index()].0).abs(), 0.001 * loops);
        assert!(processes.is_empty() || off <= rounding, "{name}: #{} off by {off}", node.id.number());
    }
    processes.len()
}

#[test]
fn processes_of_the_corpus_add_up_to_all_work() {
    let Some(corpus) = perf_look_fixtures::corpus("processes_of_the_corpus_add_up_to_all_work") else { return };
    let mut processes = 0;
    for file in perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for plan in parse::parse(&text).map(|parsed| parsed.plans).unwrap_or_default() {
            processes += assert_processes(&file.display().to_string(), &plan);
        }
    }
    assert!(processes > 20, "{processes}");
}

#[test]
fn without_numbers_per_worker_the_processes_are_averaged() {
    let scan = node(r#""Node Type": "Seq Scan", "Parent Relationship": "Outer""#, 20.0, 3, &[]);
    let (own, _) = shares(&node(r#""Node Type": "Gather", "Workers Launched": 2"#, 35.0, 1, &[scan]), "");
    assert_eq!(own, [15.0, 20.0]);
}

#[test]
fn a_worker_that_never_came_does_not_divide() {
    // Two were launched, but only one process ran the child.
    let scan = node(r#""Node Type": "Seq Scan", "Parent Relationship": "Outer""#, 20.0, 1, &[]);
    let (own, _) = shares(&node(r#""Node Type": "Gather", "Workers Launched": 2"#, 25.0, 1, &[scan]), "");
    assert_eq!(own, [5.0, 20.0]);
}

#[test]
fn a_cte_is_charged_once_and_its_scans_keep_the_rest() {
    let cte =
        node(r#""Node Type": "Seq Scan", "Parent Relationship": "InitPlan", "Subplan Name": "CTE c""#, 60.0, 1, &[]);
    let first = node(r#""Node Type": "CTE Scan", "Parent Relationship": "Outer", "CTE Name": "c""#, 64.0, 1, &[]);
    let second = node(r#""Node Type": "CTE Scan", "Parent Relationship": "Inner", "CTE Name": "c""#, 5.0, 1, &[]);
    let (own, _) = shares(&node(r#""Node Type": "Nested Loop""#, 80.0, 1, &[cte, first, second]), "");
    assert_eq!(own, [11.0, 60.0, 4.0, 5.0]);
}

#[test]
fn an_initplan_is_charged_to_the_node_that_names_it() {
    let one = node(
        r#""Node Type": "Result", "Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 1 (returns $1)""#,
        8.0,
        1,
        &[],
    );
    let other = node(r#""Node Type": "Seq Scan", "Parent Relationship": "Outer", "Filter": "(a = $10)""#, 40.0, 1, &[]);
    let puller = node(r#""Node Type": "Seq Scan", "Parent Relationship": "Inner", "Filter": "(a = $1)""#, 10.0, 1, &[]);
    let (own, _) = shares(&node(r#""Node Type": "Nested Loop""#, 55.0, 1, &[one, other, puller]), "");
    assert_eq!(own, [5.0, 8.0, 40.0, 2.0]);
}

#[test]
fn an_initplan_that_nobody_names_is_charged_to_the_node_it_hangs_on() {
    let one = node(
        r#""Node Type": "Result", "Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 1 (returns $1)""#,
        8.0,
        1,
        &[],
    );
    let scan = node(r#""Node Type": "Seq Scan", "Parent Relationship": "Outer""#, 40.0, 1, &[]);
    let (own, _) = shares(&node(r#""Node Type": "Limit""#, 55.0, 1, &[one, scan]), "");
    assert_eq!(own, [7.0, 8.0, 40.0]);
}

#[test]
fn a_gather_computes_the_initplan_that_its_workers_need() {
    let one =
        node(r#""Node Type": "Result", "Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 1""#, 8.0, 1, &[]);
    let scan = with_workers(
        r#""Node Type": "Seq Scan", "Parent Relationship": "Outer", "Filter": "(a = (InitPlan 1).col1)""#,
        10.0,
        2,
        &[(12.0, 1)],
        &[],
    );
    let gather =
        node(r#""Node Type": "Gather", "Parent Relationship": "Outer", "Workers Launched": 1"#, 30.0, 1, &[scan]);
    let (own, _) = shares(&node(r#""Node Type": "Aggregate""#, 31.0, 1, &[one, gather]), "");
    assert_eq!(own, [1.0, 8.0, 10.0, 12.0]);
}

#[test]
fn a_modifying_cte_runs_on_after_the_root() {
    let cte = node(
        r#""Node Type": "ModifyTable", "Operation": "Delete", "Parent Relationship": "InitPlan", "Subplan Name": "CTE gone""#,
        50.0,
        1,
        &[],
    );
    let root = node(r#""Node Type": "Result""#, 2.0, 1, &[cte]);
    let (own, frames) = shares(&root, r#", "Execution Time": 53.0"#);
    assert_eq!(own, [2.0, 50.0]);
    assert_eq!(frames, [("After root CTE gone".to_owned(), 0.0), ("Start/stop".to_owned(), 1.0)]);
}

#[test]
fn an_after_trigger_is_outside_the_root_and_a_before_trigger_inside() {
    let scan = || node(r#""Node Type": "Seq Scan", "Parent Relationship": "Outer""#, 10.0, 1, &[]);
    let update = |ms: f64| node(r#""Node Type": "ModifyTable", "Operation": "Update""#, ms, 1, &[scan()]);
    let trigger = r#", "Triggers": [{ "Trigger Name": "t", "Time": 20.000, "Calls": 5 }]"#;
    let (own, frames) = shares(&update(15.0), &format!(r#"{trigger}, "Execution Time": 36.0"#));
    assert_eq!((own, frames[0].1, frames[1].1), (vec![5.0, 10.0], 20.0, 1.0));
    let (own, frames) = shares(&update(35.0), &format!(r#"{trigger}, "Execution Time": 36.0"#));
    assert_eq!((own, frames[0].1, frames[1].1), (vec![5.0, 10.0], 20.0, 1.0));
}

#[test]
fn compiling_is_taken_from_the_node_whose_start_it_delayed() {
    let scan = r#"{ "Node Type": "Seq Scan", "Parent Relationship": "Outer", "Actual Startup Time": 101.0, "Actual Total Time": 120.0, "Actual Rows": 1, "Actual Loops": 1 }"#;
    let root = node(r#""Node Type": "Aggregate""#, 150.0, 1, &[scan.to_owned()]);
    let jit = r#", "JIT": { "Functions": 4, "Timing": { "Generation": 1.0, "Emission": 99.0, "Total": 100.0 } }"#;
    let (own, frames) = shares(&root, &format!(r#"{jit}, "Execution Time": 150.5"#));
    assert_eq!(own, [30.0, 20.0]);
    assert_eq!(frames, [("JIT".to_owned(), 100.0), ("Start/stop".to_owned(), 0.5)]);
}

#[test]
fn a_subplan_in_an_index_key_is_charged_to_the_join_that_restarts_the_scan() {
    let subplan =
        node(r#""Node Type": "Result", "Parent Relationship": "SubPlan", "Subplan Name": "SubPlan 1""#, 0.5, 100, &[]);
    let inner = node(r#""Node Type": "Index Scan", "Parent Relationship": "Inner""#, 0.1, 100, &[subplan]);
    let outer = node(r#""Node Type": "Seq Scan", "Parent Relationship": "Outer""#, 1.0, 1, &[]);
    let (own, _) = shares(&node(r#""Node Type": "Nested Loop""#, 70.0, 1, &[outer, inner]), "");
    assert_eq!(own, [19.0, 1.0, 0.0, 50.0]);
}

#[test]
fn inputs_that_ran_at_the_same_time_share_what_their_append_took() {
    let scan =
        || node(r#""Node Type": "Foreign Scan", "Parent Relationship": "Member", "Async Capable": true"#, 90.0, 1, &[]);
    let (own, _) = shares(&node(r#""Node Type": "Append""#, 100.0, 1, &[scan(), scan()]), "");
    assert_eq!(own, [0.0, 50.0, 50.0]);
}

#[test]
fn a_node_that_never_ran_took_nothing() {
    let scan = node(r#""Node Type": "Seq Scan", "Parent Relationship": "Outer""#, 0.0, 0, &[]);
    let (own, _) = shares(&node(r#""Node Type": "Result""#, 0.001, 1, &[scan]), "");
    assert_eq!(own, [0.001, 0.0]);
}
