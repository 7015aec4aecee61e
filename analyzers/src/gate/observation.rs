//! What was measured of a target this time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::capture::Statement;
use crate::input::Input;
use crate::postgres::plan::Plan;
use crate::report::{Policy, Reject, Report, Subject};
use crate::web::Page;
use crate::web::capture::PageCapture;

use super::counters::{self, Counted};
use super::findings::{self, Known};
use super::fingerprint::fingerprint;
use super::inputs::Inputs;
use super::outcome::Source;
use super::shape::Shape;
use super::spots::{self, Spots};

/// A target, measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Its name: `suite/file#statement@binding`, `suite/page#steps`.
    pub target: String,
    /// What it is.
    pub kind: Kind,
    /// Where it is from.
    pub source: Source,
    /// What makes it the same statement or page although its name changed.
    pub fingerprint: String,
    /// What it was measured on.
    pub inputs: Inputs,
    /// The plan's shape; none of pages.
    pub shape: Option<Shape>,
    /// The counts of both measurements together.
    pub counted: Counted,
    /// Where the work of a page is done, by counter.
    pub spots: BTreeMap<&'static str, Spots>,
    /// What the rules say, as far as it rests on counts.
    pub findings: Vec<Known>,
    /// The report on the second measurement.
    pub report: Report,
}

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A statement.
    Query,
    /// A page.
    Page,
}

impl Kind {
    /// The word of files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Page => "page",
        }
    }
}

impl Observation {
    /// What two runs of a statement say. The error is why there is nothing to compare.
    pub fn of_statement(
        target: String,
        source: Source,
        statement: &Statement,
        policy: &Policy,
    ) -> Result<Self, String> {
        let version = statement.server_version.as_deref();
        let inputs = statement.catalogue.as_ref().map(|catalogue| Inputs::of_catalogue(catalogue, version));
        let inputs = inputs.unwrap_or_default();
        let (subjects, rejects) = runs(statement);
        let [first, .., last] = subjects.as_slice() else {
            let Some(only) = subjects.first() else { return Err(why(&rejects)) };
            let counted = counters::of_plan(&only.plan);
            return Ok(Self::of_subject(target, source, only, (inputs, counted, policy)));
        };
        let counted = counters::together(counters::of_plan(&first.plan), &counters::of_plan(&last.plan));
        Ok(Self::of_subject(target, source, last, (inputs, counted, policy)))
    }

    /// What a saved plan says: it was measured once, and repeats by being a file.
    pub fn of_plan(target: String, source: Source, plan: Plan, policy: &Policy) -> Self {
        let counted = counters::of_plan(&plan);
        let subject = Subject::new(target.clone(), plan);
        Self::of_subject(target, source, &subject, (Inputs::default(), counted, policy))
    }

    fn of_subject(
        target: String,
        source: Source,
        subject: &Subject,
        (inputs, counted, policy): (Inputs, Counted, &Policy),
    ) -> Self {
        let sql = subject.query.clone().unwrap_or_else(|| source.text.clone());
        let shape = Shape::of(&subject.plan);
        let subject = Subject { name: target.clone(), ..subject.clone() };
        let input = Input { subjects: vec![subject], ..Input::default() };
        let report = input.judged(policy);
        Self {
            fingerprint: fingerprint(&sql),
            kind: Kind::Query,
            findings: findings::known(&report),
            shape: Some(shape),
            target,
            source,
            inputs,
            counted,
            spots: BTreeMap::new(),
            report,
        }
    }

    /// What two visits of a page say. The error names the pass that could not be measured.
    pub fn of_page(
        target: String,
        source: Source,
        (first, second): (PageCapture, PageCapture),
        policy: &Policy,
    ) -> Result<Self, String> {
        let (first, mut second) = (Page::of(first), Page::of(second));
        // What findings are known by has their subject in it, and a port of this run is no part of that.
        target.clone_into(&mut second.capture.name);
        for page in [&first, &second] {
            let failed = page.passes().into_iter().find_map(|(name, outcome)| match outcome {
                crate::web::page::Outcome::Failed(_, why) => Some(format!("pass {name}: {why}")),
                _ => None,
            });
            if let Some(why) = failed.or_else(|| page.capture.stopped.as_ref().map(ToString::to_string)) {
                return Err(why);
            }
        }
        let counted = counters::together(counters::of_page(&first), &counters::of_page(&second));
        let spots = spots::of_page(&second);
        let input = Input { pages: vec![second], ..Input::default() };
        let report = input.judged(policy);
        let inputs = report.pages.first().map(Inputs::of_page).unwrap_or_default();
        Ok(Self {
            fingerprint: counters::path_of(&source.text).to_owned(),
            kind: Kind::Page,
            findings: findings::known(&report),
            shape: None,
            target,
            source,
            inputs,
            counted,
            spots,
            report,
        })
    }

    /// The plan, if it is a statement.
    pub fn plan(&self) -> Option<&Plan> {
        self.report.subjects.first().map(|subject| &subject.plan)
    }
}

/// Each run of a statement as a subject of its own.
fn runs(statement: &Statement) -> (Vec<Subject>, Vec<Reject>) {
    let (mut subjects, mut rejects) = (Vec::new(), Vec::new());
    for run in &statement.runs {
        let alone = Statement { runs: vec![run.clone()], ..statement.clone() };
        let (found, bad) = crate::Capture::new(vec![alone]).subjects();
        subjects.extend(found.into_iter().next());
        rejects.extend(bad);
    }
    (subjects, rejects)
}

fn why(rejects: &[Reject]) -> String {
    rejects.first().map_or("there is no plan".to_owned(), |reject| reject.why.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Vec<Known> {
        let text = perf_look_fixtures::named("web/dom-size/fires.json");
        let capture = crate::input::read("fires.json", &text).unwrap().pages.remove(0).capture;
        let capture = PageCapture { name: address.to_owned(), ..capture };
        let pair = (capture.clone(), capture);
        Observation::of_page("pages/list".to_owned(), Source::default(), pair, &Policy::default()).unwrap().findings
    }

    #[test]
    fn a_finding_on_a_page_is_known_on_another_port() {
        let known = at("http://127.0.0.1:4173/");
        assert!(!known.is_empty());
        assert_eq!(known, at("http://127.0.0.1:5000/"));
    }
}
