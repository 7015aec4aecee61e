//! Flame graphs: widths are what the report says, and nothing is wider than what holds it.

use perf_look_analyzers::flame::{Class, Flame, Measure, describe};
use perf_look_analyzers::{Policy, Report, Subject, input};

fn subjects(text: &str) -> Vec<Subject> {
    input::read("plan", text).map(|input| input.subjects).unwrap_or_default()
}

fn subject(path: &str) -> Subject {
    subjects(&perf_look_fixtures::named(path)).remove(0)
}

#[track_caller]
fn flame(subject: &Subject, measure: Measure) -> Flame {
    Flame::of(subject, measure).unwrap_or_else(|why| panic!("{why}"))
}

/// As an outline: label, own, total.
fn outline(flame: &Flame) -> String {
    let line = |frame: &perf_look_analyzers::flame::Frame| {
        let indent = "  ".repeat(frame.depth as usize);
        format!("{indent}{} [{}] {:.3} of {:.3}\n", frame.label, frame.class.letter(), frame.own, frame.total)
    };
    let mut lines: Vec<String> = flame.frames().iter().map(line).collect();
    lines.extend(flame.notes.iter().map(|note| format!("note: {note}\n")));
    lines.concat()
}

#[track_caller]
fn assert_sound(name: &str, subject: &Subject, flame: &Flame) {
    let frames = flame.frames();
    for (id, frame) in frames.iter().enumerate() {
        assert!(frame.own >= 0.0, "{name}: {} is negative: {}", frame.label, frame.own);
        let inside: f64 = flame.children(id).map(|child| frames[child].total).sum();
        let off = (frame.own + inside - frame.total).abs();
        assert!(off <= 1e-6 * frame.total.max(1.0), "{name}: {} does not add up", frame.label);
        for child in flame.children(id) {
            assert_eq!(frames[child].parent, Some(id), "{name}");
            let twin = flame.children(id).find(|twin| *twin != child && frames[*twin].label == frames[child].label);
            assert_eq!(twin, None, "{name}: two siblings are called {}", frames[child].label);
        }
    }
    let nodes = frames.iter().filter(|frame| frame.node.is_some()).count();
    assert_eq!(nodes, subject.plan.nodes().len(), "{name}: a node has no frame");
    if flame.measure == Measure::Wall {
        for frame in frames {
            let Some(node) = frame.node else { continue };
            let own = subject.attribution.time(node).map_or(0.0, |time| time.own.0);
            assert!((frame.own - own).abs() < 1e-9, "{name}: {} is not as wide as its time", frame.label);
        }
        let outside: f64 = subject.attribution.frames.iter().map(|frame| frame.own.0).sum();
        let inside: f64 = subject
            .plan
            .nodes()
            .iter()
            .filter_map(|node| subject.attribution.time(node.id))
            .map(|time| time.own.0)
            .sum();
        let whole = frames[0].total;
        assert!((whole - outside - inside).abs() <= 1e-6 * whole.max(1.0), "{name}: frames are {whole}");
    }
}

fn check_all(name: &str, text: &str) -> usize {
    let mut drawn = 0;
    for subject in subjects(text) {
        for measure in Measure::ALL {
            if let Ok(flame) = Flame::of(&subject, measure) {
                assert_sound(&format!("{name}, {}", measure.name()), &subject, &flame);
                drawn += 1;
            }
        }
    }
    drawn
}

#[test]
fn frames_of_the_fixtures_are_as_wide_as_their_times() {
    let mut drawn = 0;
    for file in perf_look_fixtures::files_below(&perf_look_fixtures::folder().join("postgres")) {
        if file.extension().is_some_and(|ending| ending == "json") {
            drawn += check_all(&file.display().to_string(), &std::fs::read_to_string(&file).unwrap());
        }
    }
    assert!(drawn > 100, "{drawn} flame graphs");
}

#[test]
fn frames_of_the_corpus_are_as_wide_as_their_times() {
    let Some(corpus) = perf_look_fixtures::corpus("frames_of_the_corpus_are_as_wide_as_their_times") else { return };
    let mut drawn = 0;
    for file in perf_look_fixtures::files_below(&corpus.join("plans/perf-look-12-to-18")) {
        if file.extension().is_some_and(|ending| ending == "json" || ending == "txt") {
            drawn += check_all(&file.display().to_string(), &std::fs::read_to_string(&file).unwrap());
        }
    }
    assert!(drawn > 5_000, "{drawn} flame graphs");
}

#[test]
fn triggers_and_planning_stand_beside_the_nodes() {
    insta::assert_snapshot!(outline(&flame(&subject("postgres/plans/update-trigger.json"), Measure::Wall)));
}

#[test]
fn nodes_that_never_ran_are_listed() {
    let flame = flame(&subject("postgres/plans/never-executed.json"), Measure::Wall);
    assert!(flame.notes.iter().any(|note| note.starts_with("never executed: #")), "{:?}", flame.notes);
}

#[test]
fn work_is_the_sum_over_processes() {
    let subject = subject("postgres/plans/gather-merge.json");
    insta::assert_snapshot!(format!(
        "{}\n{}",
        outline(&flame(&subject, Measure::Wall)),
        outline(&flame(&subject, Measure::Work))
    ));
}

#[test]
fn a_plan_that_was_not_run_has_costs_only() {
    let subject = subject("postgres/plans/option-no-analyze.json");
    let available: Vec<&str> =
        Measure::ALL.into_iter().filter(|measure| measure.check(&subject.plan).is_ok()).map(Measure::name).collect();
    assert_eq!(available, ["cost"]);
    assert_eq!(Measure::of_choice(&subject.plan), Measure::Cost);
    let why = Flame::of(&subject, Measure::Wall).unwrap_err().to_string();
    assert_eq!(
        why,
        "wall is not in this plan: it was not timed; EXPLAIN (ANALYZE) times it, --measure cost needs no times"
    );
}

#[test]
fn a_frame_says_its_numbers_and_what_was_found_there() {
    let report = Report::of(vec![subject("postgres/seq-scan-discards-rows/fires.json")], &Policy::default());
    let node = report.findings[0].location.node().unwrap();
    let flame = flame(&report.subjects[0], Measure::Wall);
    let id = flame.frame_of(node).unwrap();
    assert_eq!(flame.frames()[id].class, Class::Scan);
    insta::assert_snapshot!(describe(&report, 0, &flame, id).join("\n"));
}

#[test]
fn of_several_runs_the_one_in_the_middle_is_drawn() {
    let mut subject = subject("postgres/plans/tpch-q17.json");
    subject.runs_ms = vec![12.0, 10.5, 11.0];
    let flame = flame(&subject, Measure::Wall);
    assert_eq!(flame.notes[0], "the run in the middle of 3, which took 10.5 ms to 12.0 ms");
}
