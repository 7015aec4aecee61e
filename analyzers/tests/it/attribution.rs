//! Times add up: over every analysed plan of the fixtures, and of the corpus where it is given.

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
        for counter in attribution.node(node.id).own_counters.iter().flat_map(|own| Counter::all().map(|c| own[c])) {
            assert!(counter >= 0.0, "{name}: #{} has a counter below zero", node.id.number());
        }
    }
}

#[test]
fn the_times_of_the_corpus_add_up_to_execution_time() {
    let Some(corpus) = perf_look_fixtures::corpus("the_times_of_the_corpus_add_up") else { return };
    let (mut timed, mut off) = (0, Vec::new());
    for file in perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18")) {
        if file.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for plan in parse::parse(&text).unwrap().plans {
            let attribution = Attribution::of(&plan);
            let name = file.strip_prefix(&corpus).unwrap().display().to_string();
            assert_sound(&name, &plan, &attribution);
            let Some(whole) = attribution.execution.filter(|_| plan.statement.execution_ms.is_some()) else { continue };
            timed += 1;
            let error = (sum(&plan, &attribution) - whole.0).abs();
            if error > 0.01 * whole.0 {
                off.push(format!("{name}: {:.3} of {:.3}", sum(&plan, &attribution), whole.0));
            }
            assert!(attribution.squeezed.0 <= 0.01 * whole.0, "{name}: {} had to be cut", attribution.squeezed);
        }
    }
    assert!(timed > 900, "{timed}");
    assert!(off.is_empty(), "{} of {timed} do not add up:\n{}", off.len(), off.join("\n"));
}
