//! The gate on plans as text: what fails, what does not, and that baselines are files of one form.

use perf_look_analyzers::Policy;
use perf_look_analyzers::capture::{Run, Statement};
use perf_look_analyzers::gate::outcome::Source;
use perf_look_analyzers::gate::{Baseline, Inputs, Level, Limits, Observation, Outcome, State, decide};
use perf_look_analyzers::postgres::parse;
use perf_look_analyzers::web::capture::{FunctionCalls, LoopTurns, Pass, ScriptWork, Times};
use perf_look_analyzers::web::place::{Position, Site};
use perf_look_fixtures as fixtures;

const INDEX: &str =
    "Index Scan using orders_customer on public.orders  (cost=0.29..4.80 rows=6 width=8) (actual rows=6.00 loops=1)
  Index Cond: (customer_id = 42)
  Buffers: shared hit=6";

const SCAN: &str = "Seq Scan on public.orders  (cost=0.00..398.00 rows=6 width=8) (actual rows=6.00 loops=1)
  Filter: (customer_id = 42)
  Rows Removed by Filter: 19994
  Buffers: shared hit=148";

fn observed(plan: &str) -> Observation {
    observed_twice(plan, plan, Inputs::default())
}

fn observed_twice(first: &str, second: &str, inputs: Inputs) -> Observation {
    let run = |number, explain: &str| Run { number, explain: explain.to_owned() };
    let statement = Statement {
        name: "lookup".to_owned(),
        query: "select * from orders where customer_id = 42".to_owned(),
        server_version: None,
        settings: Vec::new(),
        catalogue: None,
        runs: vec![run(1, first), run(2, second)],
        notes: Vec::new(),
        trials: None,
    };
    let name = "shop/orders.sql#lookup".to_owned();
    let observed = Observation::of_statement(name, Source::default(), &statement, &Policy::default()).unwrap();
    Observation { inputs, ..observed }
}

fn against(baseline: &Observation, now: &Observation) -> Outcome {
    let baseline = Baseline::of(baseline, "the first one").unwrap();
    let read = Baseline::read(&baseline.text()).unwrap();
    decide(now, Some(&read), None, &Limits::default())
}

#[track_caller]
fn decided(outcome: &Outcome) -> Vec<(&'static str, Level)> {
    outcome.decisions.iter().map(|decision| (decision.id, decision.level)).collect()
}

#[test]
fn the_same_plan_passes_and_says_nothing() {
    let outcome = against(&observed(INDEX), &observed(INDEX));
    assert_eq!(outcome.state, State::Passed);
    assert_eq!(decided(&outcome), []);
}

#[test]
fn a_lost_index_fails_by_the_work_and_names_the_node() {
    let outcome = against(&observed(INDEX), &observed(SCAN));
    assert_eq!(outcome.state, State::Regressed);
    let worst = &outcome.decisions[0];
    assert_eq!((worst.id, worst.level), ("D4", Level::Fail));
    assert_eq!(worst.place.as_deref(), Some("#1 Seq Scan on orders"));
    assert_eq!(worst.headline, "units of work: 30 before, 20,592 now, 686.4 times as much");
}

#[test]
fn another_plan_that_does_less_is_better_and_passes() {
    let outcome = against(&observed(SCAN), &observed(INDEX));
    assert_eq!(outcome.state, State::Passed);
    assert_eq!(decided(&outcome), [("D5", Level::Note), ("D4", Level::Better)]);
}

#[test]
fn more_blocks_in_the_same_plan_fail() {
    let more = INDEX.replace("hit=6", "hit=134");
    let outcome = against(&observed(INDEX), &observed(&more));
    assert_eq!(decided(&outcome), [("D2", Level::Fail)]);
}

#[test]
fn a_little_more_passes() {
    let more = INDEX.replace("hit=6", "hit=70");
    assert_eq!(decided(&against(&observed(INDEX), &observed(&more))), []);
    let hits = SCAN.replace("hit=148", "hit=100 read=48");
    assert_eq!(decided(&against(&observed(SCAN), &observed(&hits))), []);
}

#[test]
fn a_count_that_does_not_repeat_is_said_and_not_judged() {
    let more = INDEX.replace("hit=6", "hit=1000");
    let now = observed_twice(&more, &more.replace("1000", "1001"), Inputs::default());
    let outcome = against(&observed(INDEX), &now);
    assert_eq!(outcome.state, State::Passed);
    assert_eq!(
        outcome.notes,
        [
            "not judged, since it does not repeat: blocks was 1,000 and 1,001",
            "not judged, since it does not repeat: work was 4,006 and 4,010"
        ]
    );
    assert!(Baseline::of(&now, "no").is_err());
}

#[test]
fn other_settings_are_not_comparable() {
    let of =
        |value: &str| Inputs { environment: [("work_mem".to_owned(), value.to_owned())].into(), ..Inputs::default() };
    let baseline = observed_twice(INDEX, INDEX, of("4MB"));
    let outcome = against(&baseline, &observed_twice(INDEX, INDEX, of("64kB")));
    assert_eq!(outcome.state, State::NotComparable);
    assert_eq!(outcome.causes[0].text, "work_mem was 4MB, and is 64kB");
}

#[test]
fn what_was_there_before_the_change_is_not_the_changes() {
    let baseline = Baseline::of(&observed(INDEX), "the first one").unwrap();
    let inherited = Baseline::of(&observed(SCAN), "measured").unwrap();
    let outcome = decide(&observed(SCAN), Some(&baseline), Some(&inherited), &Limits::default());
    assert_eq!(outcome.state, State::Passed);
    assert_eq!(decided(&outcome), [("D4", Level::Note), ("D8", Level::Note)]);
}

#[test]
fn a_new_target_is_new_and_not_worse() {
    let outcome = decide(&observed(SCAN), None, None, &Limits::default());
    assert_eq!(outcome.state, State::New);
    assert!(outcome.decisions.iter().all(|decision| decision.level <= Level::Warn));
}

#[test]
fn a_planned_statement_is_judged_by_its_cost() {
    let planned = |cost: &str| format!("Seq Scan on public.orders  (cost=0.00..{cost} rows=6 width=8)");
    let (was, is) = (observed(&planned("398.00")), observed(&planned("905.00")));
    assert_eq!(decided(&against(&was, &is)), [("D7", Level::Fail)]);
    assert_eq!(decided(&against(&was, &observed(&planned("450.00")))), []);
}

#[test]
fn a_baseline_is_a_file_that_reads_as_a_plan() {
    let baseline = Baseline::of(&observed(SCAN), "the first one").unwrap();
    insta::assert_snapshot!(baseline.text());
    assert_eq!(Baseline::read(&baseline.text()).unwrap().text(), baseline.text());
}

#[test]
fn what_a_later_version_wrote_is_kept() {
    let text = Baseline::of(&observed(INDEX), "the first one").unwrap().text();
    let later = text.replacen('{', "{\n  \"schema_minor\": 3,", 1);
    assert!(Baseline::read(&later).unwrap().text().contains("\"schema_minor\": 3"));
}

/// What two visits of a page say whose scripts did this much: calls and turns of loops, of which one function and one
/// loop did all.
fn visited((first, second): (u64, u64)) -> Observation {
    let text = fixtures::named("web/dom-size/fires.json");
    let capture = perf_look_analyzers::input::read("fires.json", &text).unwrap().pages.remove(0).capture;
    let worked = |turns: u64| {
        let mut capture = capture.clone();
        let Pass::Measured { rows, .. } = &mut capture.counts else { panic!("the fixture has no counts") };
        let times = |load| Times { load, steps: 0 };
        let site = |line, function: Option<&str>| Site {
            url: "http://127.0.0.1:4173/main.js".to_owned(),
            at: Position { line, column: 3 },
            function: function.map(str::to_owned),
            original: None,
        };
        rows.work = Some(ScriptWork { calls: times(3_000), turns: times(turns) });
        rows.calls = vec![FunctionCalls { site: site(2, Some("show")), calls: times(3_000) }];
        rows.loops = vec![LoopTurns { site: site(7, None), turns: times(turns) }];
        capture
    };
    let visits = (worked(first), worked(second));
    Observation::of_page("pages/list".to_owned(), Source::default(), visits, &Policy::default()).unwrap()
}

#[test]
fn a_loop_that_turns_more_often_fails_at_its_line() {
    let outcome = against(&visited((1_000, 1_000)), &visited((90_000, 90_000)));
    assert_eq!(decided(&outcome), [("X1", Level::Fail)]);
    let worst = &outcome.decisions[0];
    assert_eq!(worst.place.as_deref(), Some("http://127.0.0.1:4173/main.js:7:3"));
    assert_eq!(worst.headline, "runs of functions and of loops: 4,000 before, 93,000 now, 23.2 times as much");
    assert_eq!(decided(&against(&visited((1_000, 1_000)), &visited((1_500, 1_500)))), []);
}

#[test]
fn work_that_differs_a_little_is_judged_and_accepted_and_what_differs_much_is_neither() {
    let (little, much) = (visited((1_000, 1_040)), visited((1_000, 2_000)));
    assert_eq!(little.unstable(), Vec::<String>::new());
    assert_eq!(much.unstable(), ["js-blocks was 4,000 and 5,000"]);
    let baseline = Baseline::of(&much, "the first one").unwrap();
    assert!(baseline.metrics.contains_key("js-calls") && !baseline.metrics.contains_key("js-blocks"));
    assert_eq!(against(&much, &visited((90_000, 90_000))).state, State::Passed);
}

#[test]
fn a_script_of_the_same_size_with_another_text_is_a_cause() {
    let of =
        |content: &str| Inputs { content: [("main.js".to_owned(), content.to_owned())].into(), ..Inputs::default() };
    let causes = |was: &str, is: &str| {
        let causes = of(was).causes(&of(is)).into_iter();
        causes.map(|cause| cause.text).collect::<Vec<_>>()
    };
    assert_eq!(causes("90 bytes, a", "90 bytes, b"), ["main.js is another one"]);
    assert_eq!(causes("90 bytes, a", "90 bytes, a"), Vec::<String>::new());
    // A baseline of a version without digests.
    assert_eq!(causes("90 bytes", "90 bytes, b"), Vec::<String>::new());
}

#[test]
fn every_plan_of_the_fixtures_passes_against_itself() {
    let plans = fixtures::files_below(&fixtures::folder().join("postgres"));
    let mut judged = 0;
    for file in plans.iter().filter(|file| file.extension().is_some_and(|ending| ending == "json")) {
        let text = std::fs::read_to_string(file).unwrap();
        let Ok(input) = perf_look_analyzers::input::read("plan", &text) else { continue };
        for subject in input.subjects {
            let name = file.display().to_string();
            let now = Observation::of_plan(name.clone(), Source::default(), subject.plan, &Policy::default());
            let outcome = against(&now, &now);
            assert_eq!(outcome.state, State::Passed, "{name}: {:?}", outcome.decisions);
            assert_eq!(decided(&outcome), [], "{name}");
            judged += 1;
        }
    }
    assert!(judged > 20, "{judged} plans");
}

#[test]
fn every_plan_of_the_corpus_is_written_so_that_it_is_read_back() {
    let Some(corpus) = fixtures::corpus("every_plan_of_the_corpus_is_written_so_that_it_is_read_back") else { return };
    let (mut judged, mut differ) = (0, Vec::new());
    for file in fixtures::files_below(&corpus) {
        // What another program made of TEXT does not say what each node is to its parent.
        if file.to_string_lossy().ends_with("-expect") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let Ok(parsed) = parse::parse(&text) else { continue };
        for plan in parsed.plans {
            let nodes = plan.nodes().len();
            let now = Observation::of_plan("plan".to_owned(), Source::default(), plan, &Policy::default());
            let baseline = Baseline::of(&now, "the first one").unwrap();
            let again = baseline.plan().ok().flatten();
            judged += 1;
            let same = again.is_some_and(|again| {
                let again = Observation::of_plan("plan".to_owned(), Source::default(), again, &Policy::default());
                again.plan().is_some_and(|plan| plan.nodes().len() == nodes) && again.shape == now.shape
            });
            if !same {
                differ.push(file.display().to_string());
            }
        }
    }
    assert!(judged > 500, "{judged} plans");
    assert!(differ.is_empty(), "{} of {judged}: {:#?}", differ.len(), &differ[..differ.len().min(12)]);
}
