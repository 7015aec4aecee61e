//! A workload: where it is from, a table of its statements, and those that changed their plan.

use perf_look_analyzers::Workload;

use super::Page;
use super::writer::{Html, put};
use crate::workload::{flips, rest, source, table};

pub(super) fn write(page: &Page<'_>, html: &mut Html) {
    let Some(workload) = &page.report.workload else { return };
    put!(html, "<section id=\"workload\" aria-labelledby=\"workload-title\"><h2 id=\"workload-title\">Workload</h2>");
    for line in source(workload) {
        put!(html, "<p class=\"note\">" {line} "</p>");
    }
    statements(html, workload);
    if let Some(rest) = rest(workload) {
        put!(html, "<p class=\"note\">" {rest} "</p>");
    }
    plan_flips(page, html, workload);
    put!(html, "</section>");
}

fn statements(html: &mut Html, workload: &Workload) {
    let table = table(workload);
    if table.rows.is_empty() {
        return;
    }
    put!(
        html,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Statements\"><table class=\"numbers\"><thead><tr><th scope=\"col\">#</th>"
    );
    for head in &table.heads {
        put!(html, "<th scope=\"col\">" {head} "</th>");
    }
    put!(html, "<th scope=\"col\">statement</th></tr></thead><tbody>");
    for (place, row) in table.rows.iter().enumerate() {
        put!(html, "<tr><th scope=\"row\">" {place + 1} "</th>");
        for number in &row.numbers {
            put!(html, "<td>" {number} "</td>");
        }
        put!(html, "<td><code>" {&row.statement} "</code></td></tr>");
    }
    put!(html, "</tbody></table></div>");
}

fn plan_flips(page: &Page<'_>, html: &mut Html, workload: &Workload) {
    let flips = flips(workload);
    if flips.is_empty() {
        return;
    }
    put!(html, "<h3 id=\"flips\">Plan flips</h3>");
    for flip in flips {
        put!(html, "<p>" {flip.headline} ": <code>" {flip.statement} "</code></p><ul>");
        for (words, subject) in flip.plans {
            put!(html, "<li>" {words});
            if let Some(part) = page.subjects().nth(subject) {
                put!(html, ", <a href=\"#" {part.section("plan")} "\">" {&part.subject.name} "</a>");
            }
            put!(html, "</li>");
        }
        put!(html, "</ul>");
    }
}
