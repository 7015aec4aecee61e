//! What is decided in a review becomes files: a baseline, a waiver, or nothing that waits any more.

use anyhow::anyhow;
use perf_look_analyzers::gate::{Baseline, Decision, Outcome};
use perf_look_tui::review::{Choice, Target};

use crate::failure::Failure;
use crate::gate::store::Store;

/// Does what was decided on a target.
pub(super) fn carry_out(store: &Store, target: &Target, choice: &Choice) -> Result<(), Failure> {
    match choice {
        Choice::Accept { reason } => accept(store, target, reason),
        Choice::Waive { reason, owner, expires } => {
            let there = store.waivers()?;
            let open = target.outcome.open();
            let waivers = open.map(|decision| waiver((&target.outcome, decision), (reason, owner, expires), &there));
            // All or none of them.
            store.waive(&waivers.collect::<Vec<_>>().join("\n"))
        }
        Choice::Reject => store.forget(target.outcome.kind, &target.outcome.target),
        Choice::Skip => Ok(()),
    }
}

fn accept(store: &Store, target: &Target, reason: &str) -> Result<(), Failure> {
    let Some(measured) = &target.measured else {
        return Err(Failure::usage(anyhow!("it was not measured, or its counters do not repeat")));
    };
    store.accept(&Baseline { accepted: reason.to_owned(), ..measured.clone() })?;
    store.forget(measured.kind, &measured.target)
}

/// The table of a waiver for as much as was measured now, to stand behind others.
fn waiver(
    (outcome, decision): (&Outcome, &Decision),
    (reason, owner, expires): (&str, &str, &str),
    there: &str,
) -> String {
    let text = |text: &str| toml::Value::from(text);
    let id = free(&format!("{}-{}", decision.id.to_lowercase(), &decision.fingerprint[..8]), there);
    // A glob takes these for more than themselves.
    let target = globset::escape(&outcome.target);
    let ceiling = decision.value.map_or(String::new(), |value| format!("ceiling = {}\n", value.ceil()));
    let key = if decision.id.starts_with('X') { ("metric", decision.counter.as_str()) } else { ("rule", decision.id) };
    format!(
        "[[waiver]]\nid = {}\n{} = {}\ntarget = {}\n{ceiling}reason = {}\nowner = {}\nexpires = {expires}\n",
        text(&id),
        key.0,
        text(key.1),
        text(&target),
        text(reason),
        text(owner),
    )
}

/// The id, with a number where one that ran out or was for less has it already: a file has each once.
fn free(id: &str, there: &str) -> String {
    let is_taken = |id: &str| there.contains(&format!("\"{id}\"")) || there.contains(&format!("'{id}'"));
    let numbered = (2..).map(|number| format!("{id}-{number}"));
    std::iter::once(id.to_owned()).chain(numbered).find(|id| !is_taken(id)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use perf_look_analyzers::gate::Level;
    use perf_look_analyzers::gate::observation::Kind;
    use perf_look_analyzers::gate::outcome::Source;
    use perf_look_analyzers::gate::waivers::{Answer as Said, Terms, Waivers};

    use time::{Duration, OffsetDateTime};

    use super::*;

    #[test]
    fn the_waiver_that_is_written_covers_what_it_was_made_for() {
        let target = "shop/orders.sql#of_customer@few";
        let outcome = Outcome::unmeasured(target.to_owned(), Kind::Query, Source::default(), String::new());
        let decision = Decision {
            id: "D4",
            level: Level::Fail,
            counter: "work".to_owned(),
            headline: String::new(),
            reference: Some(30.0),
            value: Some(20_592.4),
            limit: Some(1_030.0),
            unit: "",
            place: None,
            waived: None,
            fingerprint: "0123456789abcdef".to_owned(),
        };
        let today = OffsetDateTime::now_utc().date();
        let expires = (OffsetDateTime::now_utc() + Duration::days(90)).date().to_string();
        let text = waiver((&outcome, &decision), ("the \"index\" comes back", "ann", &expires), "");
        let mut waivers = Waivers::none(Terms::on(today));
        waivers.add_file("waivers.toml", &text).unwrap();
        let other = waiver((&outcome, &decision), ("it came back once more", "ann", &expires), &text);
        Waivers::none(Terms::on(today)).add_file("waivers.toml", &format!("{text}\n{other}")).unwrap();
        assert!(matches!(waivers.answer(target, "D4", 20_592.4), Said::Waived(_)), "{text}");
        assert!(matches!(waivers.answer(target, "D4", 30_000.0), Said::AboveCeiling(_)), "{text}");
    }
}
