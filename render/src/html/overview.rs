//! A server as a whole: a table for each question.

use perf_look_analyzers::postgres::overview::Step;

use super::Page;
use super::writer::{Html, put};
use crate::overview::{Below, Row, Section, sections};

pub(super) fn write(page: &Page<'_>, html: &mut Html) {
    let Some(overview) = &page.report.overview else { return };
    put!(html, "<section id=\"overview\" aria-labelledby=\"overview-title\"><h2 id=\"overview-title\">" {overview.heading()} "</h2>");
    for note in overview.notes() {
        put!(html, "<p class=\"note\"><strong>note:</strong> " {note} "</p>");
    }
    for part in overview.unread() {
        put!(html, "<p class=\"note\"><strong>not looked at:</strong> " {part} "</p>");
    }
    let (speaking, quiet) = sections(overview);
    for section in &speaking {
        put!(html, "<h3>" {section.title} "</h3>");
        for sentence in &section.lead {
            put!(html, "<p>" {sentence} "</p>");
        }
        steps(html, section.steps);
        table(html, section);
    }
    if !quiet.is_empty() {
        put!(html, "<p class=\"empty\">Nothing to say of: " {quiet.join(", ")} "</p>");
    }
    put!(html, "</section>");
}

fn steps(html: &mut Html, steps: &[Step]) {
    if steps.is_empty() {
        return;
    }
    put!(html, "<ol>");
    for step in steps {
        match step {
            Step::Words(words) => put!(html, "<li>" {words} "</li>"),
            Step::Sql(sql) => put!(html, "<li><code>" {sql} "</code></li>"),
        }
    }
    put!(html, "</ol>");
}

fn table(html: &mut Html, section: &Section) {
    if section.rows.is_empty() {
        return;
    }
    put!(html, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"" {section.title} "\"><table><thead><tr>");
    for head in section.heads {
        put!(html, "<th scope=\"col\">" {head.name} "</th>");
    }
    put!(html, "<th scope=\"col\">statement or advice</th></tr></thead><tbody>");
    for row in &section.rows {
        line(html, row);
    }
    put!(html, "</tbody></table></div>");
    if section.more > 0 {
        put!(html, "<p>and " {section.more} " more; the data below has them all</p>");
    }
}

fn line(html: &mut Html, row: &Row) {
    put!(html, "<tr>");
    for cell in &row.cells {
        put!(html, "<td>" {cell} "</td>");
    }
    put!(html, "<td>");
    for below in &row.below {
        match below {
            Below::Words(words) => put!(html, "<p>" {words} "</p>"),
            Below::Query(sql) | Below::Sql(sql) => put!(html, "<p><code>" {sql} "</code></p>"),
        }
    }
    put!(html, "</td></tr>");
}
