//! Logs with more statements, plans and text than memory is meant for.

use std::fmt::Write as _;

use perf_look_analyzers::Input;
use perf_look_analyzers::postgres::log::Miner;
use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::workload::{Beyond, Bounds, LogSource, Others, Source, Tally, Workload};

const SMALL: Bounds = Bounds { statements: 16, bytes: 1 << 20, plans: 3, counted: 1000 };

/// A log of calls, each of a statement by a plan, and what it took.
#[derive(Default)]
struct Log {
    text: String,
    whole: Tally,
}

impl Log {
    /// The statement reads the table of its number, and `plan` indexes of it, one below the other.
    fn call(&mut self, statement: u32, plan: u32, ms: f64) {
        let _ = write!(
            self.text,
            "2026-11-21 05:03:44.381 UTC [7] LOG:  duration: {ms:.3} ms  plan:\n\tQuery Text: select * from t{statement} where a = {plan}\n\t"
        );
        let _ = match plan {
            0 => writeln!(self.text, "Seq Scan on t{statement}  (cost=0.00..1.00 rows=1 width=4)"),
            plan => writeln!(self.text, "Index Scan using i{plan} on t{statement}  (cost=0.00..1.00 rows=1 width=4)"),
        };
        self.whole.add(Tally { calls: 1, total: Ms(ms) });
    }

    fn mined(&self, bounds: Bounds) -> Input {
        let mut miner = Miner::new(None).bounded(bounds);
        miner.begin_file("server.log");
        self.text.as_bytes().chunks(1 << 16).for_each(|piece| miner.feed(piece));
        miner.end_file();
        miner.finish(10)
    }
}

fn parts(input: &Input) -> (&Workload, &LogSource) {
    let workload = input.workload.as_ref().unwrap();
    match &workload.source {
        Source::Log(log) => (workload, log),
        Source::PgStatStatements { .. } => panic!("a log"),
    }
}

#[track_caller]
fn assert_about(left: Tally, right: Tally) {
    assert_eq!(left.calls, right.calls);
    assert!((left.total - right.total).0.abs() < 0.01, "{left:?} is not {right:?}");
}

/// What is listed and what is not come to what the log says; so do the plans of each statement.
#[track_caller]
fn assert_adds_up(log: &Log, input: &Input) {
    let (workload, source) = parts(input);
    assert_about(workload.whole, log.whole);
    assert_eq!(source.with_plan, log.whole.calls);
    let mut sum = workload.others.map(|others| others.tally).unwrap_or_default();
    for statement in &workload.statements {
        sum.add(statement.times.tally);
        let mut plans = statement.other_plans;
        statement.plans.iter().for_each(|plan| plans.add(plan.times.unwrap().tally));
        assert_about(plans, statement.times.tally);
    }
    assert_about(sum, log.whole);
}

fn texts(input: &Input) -> Vec<&str> {
    parts(input).0.statements.iter().map(|statement| statement.text.as_str()).collect()
}

#[test]
fn of_too_many_statements_the_worst_are_kept_and_the_others_counted() {
    let mut log = Log::default();
    for statement in 0..1000 {
        log.call(statement, 0, 1.0);
        // Three that are slow, of which one is only by its many calls.
        log.call(5000, 0, 3.0);
        if statement % 100 == 50 {
            log.call(6000, 0, 200.0);
            log.call(7000, 1, 100.0);
        }
    }
    let input = log.mined(SMALL);
    assert_adds_up(&log, &input);
    let worst = ["t5000", "t6000", "t7000"].map(|table| format!("SELECT * FROM {table} WHERE a = ?"));
    assert_eq!(texts(&input)[..3], worst);
    let (workload, source) = parts(&input);
    let Beyond { statements, is_exact, plans, .. } = source.beyond.unwrap();
    let Others { statements, tally } = statements.unwrap();
    assert!(is_exact && statements >= 1000 - 16, "{statements}");
    assert_eq!(tally, Tally { calls: statements, total: Ms(statements as f64) });
    assert_eq!(plans, Tally::default());
    assert_eq!(workload.others.unwrap().statements + 10, 1003);
}

#[test]
fn a_statement_that_becomes_one_of_the_worst_keeps_its_earlier_calls() {
    let mut log = Log::default();
    (0..100).for_each(|statement| log.call(statement, 0, 1.0));
    log.call(3, 0, 500.0);
    (200..300).for_each(|statement| log.call(statement, 0, 1.0));
    log.call(3, 0, 2.0);
    let input = log.mined(SMALL);
    assert_adds_up(&log, &input);
    let first = &parts(&input).0.statements[0];
    assert_eq!(first.times.tally, Tally { calls: 3, total: Ms(503.0) });
    assert_eq!(first.times.max, Ms(500.0));
    // Its first call was only counted: nobody knows any more by which plan, nor how much calls differ.
    assert_eq!(first.other_plans, Tally { calls: 1, total: Ms(1.0) });
    assert_eq!(first.times.spread, None);
    assert_eq!(first.plans[0].times.unwrap().tally.calls, 2);
}

#[test]
fn of_too_many_plans_the_worst_are_kept_and_the_calls_by_others_counted() {
    let mut log = Log::default();
    for _ in 0..100 {
        (0..20).for_each(|plan| log.call(1, plan, 1.0));
    }
    // Late, and slower than all before; and one that is the worst by its many calls.
    log.call(1, 50, 900.0);
    (0..1000).for_each(|_| log.call(1, 17, 1.0));
    let input = log.mined(SMALL);
    assert_adds_up(&log, &input);
    let (workload, source) = parts(&input);
    let statement = &workload.statements[0];
    let calls: Vec<u64> = statement.plans.iter().map(|plan| plan.times.unwrap().tally.calls).collect();
    assert_eq!(calls, [1100, 1, 100]);
    assert_eq!(statement.other_plans, Tally { calls: 1800, total: Ms(1800.0) });
    assert_eq!(source.beyond.unwrap().plans, statement.other_plans);
    assert_eq!(source.beyond.unwrap().statements, None);
}

#[test]
fn too_much_text_takes_the_plans_that_took_least() {
    let mut log = Log::default();
    let literal = "x".repeat(20_000);
    for statement in 0..200 {
        log.call(statement, 0, f64::from(statement));
        // In the plan's condition, which no statement is known by.
        log.text.truncate(log.text.len() - 1);
        let _ = writeln!(log.text, "\n\t  Filter: (a = '{literal}'::text)");
    }
    let bounds = Bounds { statements: 1000, ..SMALL };
    let input = log.mined(bounds);
    assert_adds_up(&log, &input);
    let Beyond { statements, plans, .. } = parts(&input).1.beyond.unwrap();
    assert!(statements.is_some() || plans.calls > 100, "{plans:?}");
    // A call more of each of the worst ones, whose plans are there.
    assert!(parts(&input).0.statements.iter().all(|statement| statement.plans.len() == 1));
}

#[test]
fn statements_that_were_forgotten_even_by_number_are_counted_and_said_to_be_at_most_so_many() {
    let mut log = Log::default();
    for _ in 0..3 {
        (0..500).for_each(|statement| log.call(statement, 0, 1.0));
    }
    let input = log.mined(Bounds { counted: 50, ..SMALL });
    assert_adds_up(&log, &input);
    let Beyond { statements, is_exact, .. } = parts(&input).1.beyond.unwrap();
    assert!(!is_exact && statements.unwrap().statements >= 500 - 16, "{statements:?}");
}

#[test]
fn statements_that_are_only_begun_take_no_more_memory() {
    let mut log = Log::default();
    for statement in 0..1000 {
        let _ = writeln!(log.text, "2026-11-21 05:03:44 UTC [9] LOG:  statement: select * from t{statement}");
    }
    log.call(1, 0, 7.0);
    let input = log.mined(SMALL);
    assert_adds_up(&log, &input);
    assert_eq!(texts(&input), ["SELECT * FROM t1 WHERE a = ?"]);
    assert_eq!(parts(&input).1.beyond, None);
}
