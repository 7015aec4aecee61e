//! Judging a page: each rule on pages looks, and its problems become findings.

use crate::finding::{Finding, Location, Of};
use crate::rule::{self, Check, Rule};
use crate::web::{Context, Page, Problem};

use super::{Level, Policy, Report, Skipped, fingerprint};

pub(super) fn judge(index: usize, page: &Page, policy: &Policy, report: &mut Report) {
    for rule in rule::rules() {
        let Check::Page(needs, look) = rule.check else { continue };
        if policy.level(rule.id) == Some(Level::Off) {
            continue;
        }
        if let Some(why) = needs.iter().find_map(|need| need.is_missing(page)) {
            report.skipped.push(Skipped { rule: rule.id, of: Of::Page(index), why: why.into() });
            continue;
        }
        let problems = look(&Context { page, rule, policy });
        report.findings.extend(problems.into_iter().map(|problem| finding(index, page, rule, (problem, policy))));
    }
}

fn finding(index: usize, page: &Page, rule: &Rule, (problem, policy): (Problem, &Policy)) -> Finding {
    let severity = match policy.level(rule.id) {
        Some(Level::Always(severity)) => severity,
        _ => problem.severity,
    };
    Finding {
        rule: rule.id,
        severity,
        fingerprint: fingerprint(rule.id, page.name(), &problem.identity),
        location: Location::Page { page: index, site: problem.site, path: problem.about },
        headline: problem.headline,
        impact: problem.impact,
        share: None,
        workload_share: None,
        confidence: problem.confidence,
        evidence: problem.evidence,
        advice: problem.advice,
        also: Vec::new(),
    }
}
