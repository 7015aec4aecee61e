//! What became of the findings of a page.

use super::address::Addresses;
use super::pairing::pairs;
use super::thing::Thing;
use crate::finding::{Finding, Of};
use crate::report::Report;

/// Indices into the findings before and after.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) gone: Vec<usize>,
    pub(super) come: Vec<usize>,
    pub(super) changed: Vec<(usize, usize)>,
    pub(super) unchanged: Vec<(usize, usize)>,
}

/// Findings are the same where one rule speaks of one place: its file and function, whichever line that is on.
pub(super) fn compare((before, old): (&Report, usize), (after, new): (&Report, usize)) -> Found {
    let (was, is) = (of_page(before, old), of_page(after, new));
    let pairs = pairs(&things(before, old, &was), &things(after, new, &is));
    let mut found = Found::default();
    for (old, new) in pairs {
        match (old.map(|place| was[place]), new.map(|place| is[place])) {
            (Some(old), Some(new)) if says_the_same(&before.findings[old], &after.findings[new]) => {
                found.unchanged.push((old, new));
            }
            (Some(old), Some(new)) => found.changed.push((old, new)),
            (Some(old), None) => found.gone.push(old),
            (None, Some(new)) => found.come.push(new),
            (None, None) => {}
        }
    }
    found
}

/// In the order of the report, most at stake first.
fn of_page(report: &Report, page: usize) -> Vec<usize> {
    let findings = report.findings.iter().enumerate();
    findings.filter(|(_, finding)| finding.location.of() == Of::Page(page)).map(|(place, _)| place).collect()
}

fn things(report: &Report, page: usize, findings: &[usize]) -> Vec<Thing> {
    let addresses = Addresses::of(&report.pages[page]);
    let thing = |place: &usize| {
        let finding = &report.findings[*place];
        let rule = finding.rule.0;
        match finding.location.site() {
            Some(site) => Thing::at(site, addresses).called(rule),
            None => Thing::named(&format!("{rule} {}", finding.location.path())).or_known_as(rule.to_owned()),
        }
    };
    findings.iter().map(thing).collect()
}

/// Numbers are in headline and evidence.
fn says_the_same(before: &Finding, after: &Finding) -> bool {
    before.severity == after.severity && before.headline == after.headline && before.evidence == after.evidence
}
