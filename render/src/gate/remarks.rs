//! A verdict as remarks on places of files, which is what code review tools show.

use perf_look_analyzers::gate::observation::Kind;
use perf_look_analyzers::gate::{Decision, Level, Outcome, State, Verdict};

use super::words;
use crate::spot::Spot;

/// What is said of one place.
pub(super) struct Remark<'v> {
    /// What it means.
    pub(super) level: Level,
    /// The target that it is about.
    pub(super) outcome: &'v Outcome,
    /// What was decided; none where nothing could be.
    pub(super) decision: Option<&'v Decision>,
}

/// All that is worth a look, target by target as they are ranked; what is waived is a note.
pub(super) fn remarks(verdict: &Verdict) -> Vec<Remark<'_>> {
    verdict.ranked().into_iter().flat_map(of_outcome).collect()
}

fn of_outcome(outcome: &Outcome) -> Vec<Remark<'_>> {
    let alone = |level| vec![Remark { level, outcome, decision: None }];
    match outcome.state {
        State::Unmeasured | State::NotComparable => return alone(Level::Fail),
        State::New if outcome.decisions.is_empty() => return alone(Level::Warn),
        State::New | State::Regressed | State::Passed => {}
    }
    let worth = outcome.decisions.iter().filter(|decision| decision.level >= Level::Warn);
    let remark = |decision: &'_ Decision| if decision.waived.is_some() { Level::Note } else { decision.level };
    worth.map(|decision| Remark { level: remark(decision), outcome, decision: Some(decision) }).collect()
}

impl<'v> Remark<'v> {
    /// `shop/orders.sql#lookup: D4`.
    pub(super) fn title(&self) -> String {
        let what = self.decision.map_or_else(|| words::state(self.outcome).to_owned(), words::rule);
        format!("{}: {what}", self.outcome.target)
    }

    /// What is said, line by line.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(decision) = self.decision {
            lines.push(decision.headline.clone());
            lines.extend(words::details(decision));
            lines.extend(decision.waived.as_ref().map(words::waived));
        } else if self.outcome.state == State::New {
            lines.push("there is no baseline to compare with".to_owned());
        } else {
            lines.push(words::state(self.outcome).to_owned());
            lines.extend(self.outcome.notes.iter().cloned());
        }
        lines.extend(self.outcome.causes.first().map(|cause| format!("cause: {}", cause.text)));
        lines
    }

    /// Where it is shown.
    pub(super) fn spot(&self) -> Option<Spot<'v>> {
        spot(self.outcome, self.decision)
    }

    /// The same in the next run.
    pub(super) fn fingerprint(&self) -> String {
        match self.decision {
            Some(decision) => decision.fingerprint.clone(),
            None => format!("{}/{}", self.outcome.target, self.outcome.state.as_str()),
        }
    }
}

/// The code of a page that a decision names, else the target's own place.
pub(super) fn spot<'v>(outcome: &'v Outcome, decision: Option<&'v Decision>) -> Option<Spot<'v>> {
    let named = decision.filter(|_| outcome.kind == Kind::Page).and_then(|decision| site(decision.place.as_deref()?));
    let source = &outcome.source;
    let own = Spot { file: &source.file, line: Some(source.line).filter(|line| *line > 0), column: None };
    named.or_else(|| (!source.file.is_empty()).then_some(own))
}

/// `src/app/Row.jsx:20:14 BadRow`; none of code that is not of a file here.
fn site(place: &str) -> Option<Spot<'_>> {
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
    place.match_indices(':').find_map(|(at, _)| {
        let (line, rest) = place[at + 1..].split_once(':')?;
        let column = rest.split(' ').next()?;
        let spot = Spot { file: &place[..at], line: Some(number(line)?), column: Some(number(column)?) };
        let is_file = !spot.file.is_empty() && !spot.file.starts_with(['(', '/']) && !spot.file.contains("://");
        is_file.then_some(spot)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_page_is_a_place_in_a_file() {
        let spot = Spot { file: "src/app/Row.jsx", line: Some(20), column: Some(14) };
        assert_eq!(site("src/app/Row.jsx:20:14 BadRow"), Some(spot));
        assert_eq!(site("src/app/Row.jsx:20:14"), Some(spot));
        assert_eq!(site("http://localhost/app.js:20:14 f"), None);
        assert_eq!(site("(no address):1:1"), None);
        assert_eq!(site("the whole page"), None);
    }
}
