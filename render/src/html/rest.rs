//! What belongs to the report as a whole: the rules, what could not be read, how to run it again, the data.

use std::collections::BTreeMap;

use perf_look_analyzers::rule::RuleId;

use super::Page;
use super::writer::{Html, put};

pub(super) fn write(page: &Page<'_>, html: &mut Html) {
    rejects(page, html);
    if !crate::words::is_overview_alone(page.report) {
        rules(page, html);
        again(page, html);
    }
    put!(
        html,
        "<section aria-labelledby=\"data\"><h2 id=\"data\">Data</h2><p>This file holds the whole report as JSON, as "
        "<code>--report json</code> writes it, in the element <code>script#report</code>.</p>"
        "<p id=\"save\"></p></section>"
    );
}

fn rejects(page: &Page<'_>, html: &mut Html) {
    if page.report.rejects.is_empty() {
        return;
    }
    let done = if crate::words::could_not(page.report) == "explain" { "explained" } else { "read" };
    put!(html, "<section aria-labelledby=\"rejects\"><h2 id=\"rejects\">Could not be " {done} "</h2><ul>");
    let (rejects, more) = crate::words::rejects(page.report, REJECTS);
    for reject in rejects {
        put!(html, "<li>" {&reject.source});
        if let Some(line) = reject.line {
            put!(html, ":" {line});
        }
        put!(html, ": " {&reject.why} "</li>");
    }
    if let Some(more) = more {
        put!(html, "<li>" {more} "</li>");
    }
    put!(html, "</ul></section>");
}

/// Of what could not be read, so much is named.
const REJECTS: usize = 100;

/// What became of a rule.
#[derive(Default)]
struct Outcome<'r> {
    findings: usize,
    /// Findings of others with the same cause.
    also: usize,
    /// Of how many subjects it could not look at, by the reason.
    skipped: BTreeMap<&'r str, usize>,
}

fn rules(page: &Page<'_>, html: &mut Html) {
    put!(
        html,
        "<section aria-labelledby=\"rules\"><h2 id=\"rules\">Rules</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rules as a table\">"
        "<table><thead><tr><th scope=\"col\">rule</th><th scope=\"col\">looks for</th><th scope=\"col\">outcome</th></tr></thead><tbody>"
    );
    let outcomes = outcomes(page);
    for rule in page.report.rules() {
        let outcome = outcomes.get(&rule.id);
        let said = if page.report.off.contains(&rule.id) {
            "switched off in the configuration".to_owned()
        } else {
            said(page, outcome)
        };
        put!(html, "<tr><th scope=\"row\">" {rule.id} "</th><td>" {rule.summary} "</td><td>" {said} "</td></tr>");
    }
    put!(html, "</tbody></table></div></section>");
}

fn outcomes<'r>(page: &Page<'r>) -> BTreeMap<RuleId, Outcome<'r>> {
    let mut outcomes: BTreeMap<RuleId, Outcome<'_>> = BTreeMap::new();
    for finding in &page.report.findings {
        outcomes.entry(finding.rule).or_default().findings += 1;
        for also in &finding.also {
            outcomes.entry(*also).or_default().also += 1;
        }
    }
    for skipped in &page.report.skipped {
        *outcomes.entry(skipped.rule).or_default().skipped.entry(&*skipped.why).or_default() += 1;
    }
    outcomes
}

fn said(page: &Page<'_>, outcome: Option<&Outcome<'_>>) -> String {
    let subjects = page.report.subjects.len() + page.report.pages.len();
    let Some(outcome) = outcome else {
        return "nothing found".to_owned();
    };
    let mut parts = Vec::new();
    if outcome.findings > 0 {
        parts.push(crate::words::plural(outcome.findings, "finding"));
    }
    if outcome.also > 0 {
        parts.push(format!("same cause as {}", crate::words::plural(outcome.also, "other finding")));
    }
    for (why, count) in &outcome.skipped {
        parts.push(if *count == subjects {
            format!("not checked: {why}")
        } else {
            format!("not checked in {count} of {}: {why}", crate::words::subjects(page.report))
        });
    }
    parts.join("; ")
}

/// How to get the report again, as far as the report knows.
fn again(page: &Page<'_>, html: &mut Html) {
    put!(html, "<section aria-labelledby=\"again\"><h2 id=\"again\">Run it again</h2>");
    if page.report.subjects.iter().any(|subject| subject.query.is_some()) {
        put!(
            html,
            "<p>Put the SQL into a file and let perf-look run it, in a transaction that is rolled back:</p>"
            "<pre tabindex=\"0\" role=\"group\" aria-label=\"Command\"><code>perf-look db -d DATABASE -f slow.sql --report html=report.html</code></pre>"
        );
    }
    if !page.report.pages.is_empty() {
        put!(
            html,
            "<p>Measure the page, and keep what was measured, to draw and judge it again without a browser:</p>"
            "<pre tabindex=\"0\" role=\"group\" aria-label=\"Command\"><code>perf-look web URL --save page.capture --report html=report.html\nperf-look open page.capture</code></pre>"
        );
    }
    if !page.report.subjects.is_empty() || page.report.pages.is_empty() {
        put!(
            html,
            "<p>Save the plan (what <code>EXPLAIN (ANALYZE, BUFFERS)</code> prints, in any format) and judge it without a server:</p>"
            "<pre tabindex=\"0\" role=\"group\" aria-label=\"Command\"><code>perf-look db --plan plan.txt --report html=report.html</code></pre>"
        );
    }
    put!(html, "</section>");
}
