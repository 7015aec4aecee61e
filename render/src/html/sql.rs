//! The statement, line by line, with the nodes that come from each and the time that they took.

use std::ops::Range;

use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::postgres::clauses::{Clauses, LineTime, LineTimes, TokenKind};
use perf_look_analyzers::quantity::Ms;

use super::Part;
use super::assets::width_class;
use super::writer::{Html, put};
use crate::layout::millis;

pub(super) fn write(html: &mut Html, part: &Part<'_>, clauses: Option<&Clauses>) {
    let (Some(query), Some(clauses)) = (&part.subject.query, clauses) else { return };
    let times = clauses.own_ms_by_line(&part.subject.plan, &part.subject.attribution);
    put!(html, "<h3 id=\"" {part.section("sql")} "\">SQL" {if times.is_some() { ", self ms per line" } else { "" }} "</h3>");
    put!(html, "<div class=\"code\" tabindex=\"0\" role=\"region\" aria-label=\"SQL of " {&part.subject.name} "\"><ol>");
    let listing = Listing { part, query, clauses, whole: part.subject.attribution.execution.unwrap_or_default() };
    for (place, range) in lines(query).into_iter().enumerate() {
        listing.line(html, place + 1, &range, times.as_ref());
    }
    put!(html, "</ol></div>");
    if let Some(rest) = times.map(|times| times.unplaced).filter(|rest| *rest > Ms::ZERO) {
        put!(html, "<p class=\"note\">" {rest} " were in nodes that no clause is known for.</p>");
    }
}

struct Listing<'a> {
    part: &'a Part<'a>,
    query: &'a str,
    clauses: &'a Clauses,
    whole: Ms,
}

impl Listing<'_> {
    fn line(&self, html: &mut Html, number: usize, range: &Range<usize>, times: Option<&LineTimes>) {
        put!(html, "<li id=\"" {self.part.section("line")} "/" {number} "\"><code>");
        self.tokens(html, range);
        put!(html, "</code><span class=\"from\">");
        let time = times.and_then(|times| times.lines.iter().find(|time| time.line == number));
        for node in time.map_or(&[][..], |time| &time.nodes) {
            put!(html, " <a href=\"#" {self.part.node(*node)} "\">#" {node.number()} "</a>");
        }
        put!(html, "</span>");
        if let Some(LineTime { own, .. }) = time {
            let share = if self.whole > Ms::ZERO { own.0 / self.whole.0 } else { 0.0 };
            put!(html, "<span class=\"own bar " {width_class(share)});
            html.markup(if share >= 0.5 {
                " most\">"
            } else if share >= 0.1 {
                " much\">"
            } else {
                "\">"
            });
            put!(html, {millis(own.0)} " ms</span>");
        }
        put!(html, "</li>");
    }

    /// The pieces of a line, each by what it is.
    fn tokens(&self, html: &mut Html, line: &Range<usize>) {
        let first = self.clauses.tokens().partition_point(|token| token.range.end <= line.start);
        for token in self.clauses.tokens()[first..].iter().take_while(|token| token.range.start < line.end) {
            let piece = &self.query[token.range.start.max(line.start)..token.range.end.min(line.end)];
            let class = match token.kind {
                TokenKind::Keyword => "<b>",
                TokenKind::Text | TokenKind::Number | TokenKind::Parameter => "<i class=\"value\">",
                TokenKind::Comment => "<i class=\"comment\">",
                _ => "",
            };
            html.markup(class);
            html.block(piece);
            html.markup(match class {
                "" => "",
                "<b>" => "</b>",
                _ => "</i>",
            });
        }
    }
}

/// The lines of a statement in bytes, without those that are empty at its end.
fn lines(query: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in query.trim_end().split('\n') {
        lines.push(start..start + line.trim_end_matches('\r').len());
        start += line.len() + 1;
    }
    lines
}

/// Where a node comes from, as one of its properties.
pub(super) fn place(html: &mut Html, part: &Part<'_>, clauses: Option<&Clauses>, node: &PlanNode) {
    let (Some(query), Some(clauses)) = (&part.subject.query, clauses) else { return };
    let Some(link) = clauses.of_node(node.id) else { return };
    put!(html, "<div><dt>SQL</dt><dd>");
    for (order, place) in link.places.iter().enumerate() {
        let number = clauses.line_of(place.range.start);
        html.markup(if order > 0 { "; " } else { "" });
        put!(html, "<a href=\"#" {part.section("line")} "/" {number} "\">line " {number} "</a>: ");
        let words = query[place.range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        put!(html, {crate::layout::cut(&words, 200, true)} " (" {place.certainty.as_str()} ")");
    }
    put!(html, "</dd></div>");
}
