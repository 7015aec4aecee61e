//! The findings, as cards in the order of the report.

use perf_look_analyzers::Finding;
use perf_look_analyzers::finding::{Advice, Evidence, Of, Part as Line};
use perf_look_analyzers::rule::rule;

use super::assets::width_class;
use super::writer::{Html, put};
use super::{Page, severity_class};

pub(super) fn write(page: &Page<'_>, html: &mut Html) {
    put!(html, "<section id=\"findings\" aria-labelledby=\"findings-title\"><h2 id=\"findings-title\">Findings</h2>");
    if page.report.findings.is_empty() {
        put!(html, "<p class=\"empty\">No rule found anything that matters here. ");
        put!(html, {if page.report.pages.is_empty() { "The plan below" } else { "What is below" }} " shows where the time went.</p>");
    }
    put!(html, "<ol class=\"findings\">");
    for (place, finding) in page.report.findings.iter().enumerate() {
        write_one(page, html, place + 1, finding);
    }
    put!(html, "</ol></section>");
}

fn write_one(page: &Page<'_>, html: &mut Html, number: usize, finding: &Finding) {
    put!(html, "<li><article id=\"finding/" {number} "\" class=\"finding ");
    html.markup(severity_class(finding.severity));
    put!(html, "\" tabindex=\"-1\" aria-labelledby=\"finding/" {number} "/title\"");
    if let (Some(part), Some(node)) = (page.part_of(finding), finding.location.node()) {
        put!(html, " data-node=\"" {part.node(node)} "\"");
    }
    put!(html, "><p class=\"tag\"><span class=\"number\">" {number} "</span> <span class=\"severity\">" {finding.severity});
    put!(html, "</span> <span class=\"rule\">" {finding.rule} "</span></p>");
    put!(html, "<h3 id=\"finding/" {number} "/title\">");
    prose(html, &finding.headline);
    put!(html, "</h3>");
    place(page, html, finding);
    stake(html, finding);
    evidence(html, &finding.evidence);
    advice(html, &finding.advice);
    about(html, finding);
    put!(html, "</article></li>");
}

fn place(page: &Page<'_>, html: &mut Html, finding: &Finding) {
    put!(html, "<p class=\"place\">");
    let Some(part) = page.part_of(finding) else { return place_of_page(page, html, finding) };
    if !part.alone {
        put!(html, "in <a href=\"#" {part.section("plan")} "\">" {&part.subject.name} "</a>, ");
    }
    put!(html, "at ");
    if let Some(node) = finding.location.node() {
        put!(html, "<a href=\"#" {part.node(node)} "\">#" {node.number()} "</a> ");
    }
    put!(html, {finding.location.path()} "</p>");
}

/// `src/Row.jsx:20:14 BadRow`, and what the browser loaded where that is another file.
fn place_of_page(page: &Page<'_>, html: &mut Html, finding: &Finding) {
    let part = match finding.location.of() {
        Of::Page(index) => page.pages().nth(index),
        Of::Plan(_) => None,
    };
    if let Some(part) = part.filter(|part| !part.alone) {
        put!(html, "in <a href=\"#" {part.section("name")} "\">" {part.page.name()} "</a>, ");
    }
    put!(html, "at " {finding.location.path()});
    if let Some(site) = finding.location.site().filter(|site| site.original.is_some()) {
        put!(html, " <span class=\"limit\">" {&site.url} ":" {site.at} "</span>");
    }
    put!(html, "</p>");
}

/// The milliseconds at stake as a bar of the whole, and in the words of the other formats.
fn stake(html: &mut Html, finding: &Finding) {
    let lines = finding.lines();
    let Some((_, line)) = lines.iter().find(|(line, _)| *line == Line::Stake) else { return };
    if let Some(share) = finding.share {
        put!(html, "<p class=\"stake\"><span class=\"bar ");
        put!(html, {width_class(share)} "\" aria-hidden=\"true\"></span> ");
    } else {
        put!(html, "<p class=\"stake\">");
    }
    put!(html, "<span>" {line} "</span></p>");
}

fn evidence(html: &mut Html, evidence: &[Evidence]) {
    if evidence.is_empty() {
        return;
    }
    put!(html, "<dl class=\"evidence\">");
    for Evidence { what, observed, limit } in evidence {
        put!(html, "<div><dt>" {what} "</dt><dd>" {observed});
        if let Some(limit) = limit {
            put!(html, " <span class=\"limit\">limit " {limit} "</span>");
        }
        put!(html, "</dd></div>");
    }
    put!(html, "</dl>");
}

fn advice(html: &mut Html, advice: &[Advice]) {
    if advice.is_empty() {
        return;
    }
    put!(html, "<h4>What to do</h4><ol class=\"advice\">");
    for advice in advice {
        put!(html, "<li><p>");
        prose(html, &advice.text);
        put!(html, "</p>");
        if let Some(sql) = &advice.sql {
            put!(html, "<pre class=\"sql\" tabindex=\"0\" role=\"group\" aria-label=\"SQL to run\"><code>");
            html.block(sql);
            put!(html, "</code></pre>");
        }
        if let Some(words) = advice.verification() {
            put!(html, "<p class=\"verified\">" {words} "</p>");
        }
        put!(html, "</li>");
    }
    put!(html, "</ol>");
}

/// Words, with the names that stand between backticks set as code.
fn prose(html: &mut Html, words: &str) {
    let pieces: Vec<&str> = words.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return put!(html, { words });
    }
    for (place, piece) in pieces.into_iter().enumerate() {
        if place.is_multiple_of(2) {
            put!(html, { piece });
        } else {
            put!(html, "<code>" {piece} "</code>");
        }
    }
}

fn about(html: &mut Html, finding: &Finding) {
    let summary = rule(finding.rule.0).map_or("", |rule| rule.summary);
    put!(html, "<p class=\"about\">" {finding.rule} ": " {summary} ". More: <code>perf-look explain " {finding.rule} "</code></p>");
}
