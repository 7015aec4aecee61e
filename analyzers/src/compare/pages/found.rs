//! What became of the findings of a page.

use super::address::Addresses;
use super::pairing::pairs;
use super::thing::Thing;
use crate::finding::{Finding, Of};
use crate::report::{Report, Skipped};
use crate::rule::RuleId;

/// Indices into the findings before and after.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) gone: Vec<usize>,
    pub(super) come: Vec<usize>,
    pub(super) changed: Vec<(usize, usize)>,
    pub(super) unchanged: Vec<(usize, usize)>,
    pub(super) only_before: Vec<usize>,
    pub(super) only_after: Vec<usize>,
}

/// Findings are the same where one rule speaks of one place: its file and function, whichever line that is on.
pub(super) fn compare((before, old): (&Report, usize), (after, new): (&Report, usize)) -> Found {
    let (was, is) = (of_page(before, old), of_page(after, new));
    let pairs = pairs(&things(before, old, &was), &things(after, new, &is));
    let is_judged = |(report, page): (&Report, usize), rule: RuleId| {
        let is_skipped = |skipped: &Skipped| skipped.rule == rule && skipped.of == Of::Page(page);
        !report.skipped.iter().any(is_skipped) && !report.off.contains(&rule)
    };
    let mut found = Found::default();
    for (of_old, of_new) in pairs {
        match (of_old.map(|place| was[place]), of_new.map(|place| is[place])) {
            (Some(old), Some(new)) if says_the_same(&before.findings[old], &after.findings[new]) => {
                found.unchanged.push((old, new));
            }
            (Some(old), Some(new)) => found.changed.push((old, new)),
            (Some(gone), None) if is_judged((after, new), before.findings[gone].rule) => found.gone.push(gone),
            (Some(gone), None) => found.only_before.push(gone),
            (None, Some(come)) if is_judged((before, old), after.findings[come].rule) => found.come.push(come),
            (None, Some(come)) => found.only_after.push(come),
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
