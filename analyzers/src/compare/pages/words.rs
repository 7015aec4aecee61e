//! The comparison of a page in words: the one wording that all outputs share. Not yet safe to show.

use super::{Missing, PageDifference, is_exact};
use crate::compare::{Comparison, Setting};
use crate::finding::Finding;

impl Comparison {
    /// `good.html → bad.html`, or one name where both have the same.
    pub fn names_of_page(&self, difference: &PageDifference) -> String {
        let (before, after) = self.both_pages(difference);
        if before.name() == after.name() {
            after.name().to_owned()
        } else {
            format!("{} → {}", before.name(), after.name())
        }
    }

    /// How both were measured, and what could not be compared, a sentence each.
    pub fn circumstances_of_page(&self, difference: &PageDifference) -> Vec<String> {
        let settings = difference.settings.iter().map(setting).collect::<Vec<_>>();
        let mut lines = vec![if settings.is_empty() {
            "measured in the same way".to_owned()
        } else {
            format!("measured in another way, so that counts may differ by that: {}", settings.join("; "))
        }];
        lines.extend(difference.missing.iter().map(missing));
        lines
    }

    /// What became of the findings, a line each: `fixed`, `new`, `changed` or `not compared` before what it says.
    pub fn findings_of_page(&self, difference: &PageDifference) -> Vec<(&'static str, String)> {
        let (before, after) = (&self.before.findings, &self.after.findings);
        let line = |finding: &Finding| format!("{}: {}{}", finding.rule, finding.headline, doubt(finding));
        let new = difference.new.iter().map(|place| ("new", line(&after[*place])));
        let fixed = difference.fixed.iter().map(|place| ("fixed", line(&before[*place])));
        let changed = difference.changed.iter().map(|(old, new)| ("changed", became(&before[*old], &after[*new])));
        let before = difference.only_before.iter().map(|place| (line(&before[*place]), "after"));
        let after = difference.only_after.iter().map(|place| (line(&after[*place]), "before"));
        let other = before.chain(after).map(|(line, side)| ("not compared", format!("{line}; not looked for {side}")));
        new.chain(fixed).chain(changed).chain(other).collect()
    }
}

fn setting(setting: &Setting) -> String {
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "not said".to_owned());
    format!("{} {} before, {} after", setting.name, said(&setting.before), said(&setting.after))
}

fn missing(missing: &Missing) -> String {
    let why = [("before", &missing.before), ("after", &missing.after)];
    let why = why.into_iter().filter_map(|(side, why)| Some(format!("{side}: {}", why.as_ref()?)));
    format!("not compared: {}; {}", missing.what, why.collect::<Vec<_>>().join("; "))
}

/// What tells those that another run may not have.
fn doubt(finding: &Finding) -> &'static str {
    if is_exact(finding) { "" } else { " (from one run, may vary)" }
}

/// What it says now, and how bad it was where that is not the same.
fn became(before: &Finding, after: &Finding) -> String {
    let severity = if before.severity == after.severity {
        String::new()
    } else {
        format!(" ({} before, {} after)", before.severity, after.severity)
    };
    let was = if before.headline == after.headline {
        numbers(before, after)
    } else {
        format!("; before: {}", before.headline)
    };
    format!("{}: {}{severity}{was}{}", after.rule, after.headline, doubt(after))
}

/// The numbers that differ where the words are the same.
fn numbers(before: &Finding, after: &Finding) -> String {
    let both = before.evidence.iter().zip(&after.evidence).filter(|(was, is)| was.what == is.what && was != is);
    let shown = both.map(|(was, is)| (is.what, was.observed.to_string(), is.observed.to_string()));
    let differ =
        shown.filter(|(_, was, is)| was != is).map(|(what, was, is)| format!("; {what}: {was} before, {is} after"));
    let differ: String = differ.collect();
    if differ.is_empty() { "; its numbers differ by less than is shown".to_owned() } else { differ }
}
