//! A page in one file, for a browser: everything is readable without scripts, and nothing is loaded or sent.

mod assets;
pub(crate) mod comparison;
mod findings;
mod flame;
pub(crate) mod gate;
mod node;
mod overview;
mod page;
mod plan;
mod rest;
mod sql;
mod statement;
mod workload;
mod writer;

use std::fmt::{self, Display};
use std::io::{self, Write};

use perf_look_analyzers::postgres::NodeId;
use perf_look_analyzers::postgres::clauses::Clauses;
use perf_look_analyzers::redact::holds_literals;
use perf_look_analyzers::{Finding, Report, Severity, Subject};

use crate::words;
use assets::Scripts;
use page::PagePart;
use writer::{Html, put};

/// Writes the page.
pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut html = Html::default();
    let page = Page { report };
    open(&mut html, &page.title(), Scripts::Report);
    page.header(&mut html);
    put!(html, "<main id=\"main\">");
    workload::write(&page, &mut html);
    overview::write(&page, &mut html);
    if !words::is_overview_alone(report) {
        findings::write(&page, &mut html);
    }
    for subject in page.subjects() {
        page.subject(&mut html, &subject);
    }
    for part in page.pages() {
        page::write(&mut html, &part);
    }
    rest::write(&page, &mut html);
    put!(html, "</main>");
    close(&mut html);
    page.data(&mut html)?;
    put!(html, "<script>");
    html.markup(assets::SCRIPT);
    put!(html, "</script></body></html>\n");
    out.write_all(html.as_str().as_bytes())
}

/// All that stands before what a reader sees.
fn open(html: &mut Html, title: &str, scripts: Scripts) {
    let style = assets::style();
    put!(
        html,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"" {assets::policy(&style, scripts)} "\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\">"
        "<title>" {title} "</title>"
    );
    html.style(&style);
    put!(html, "</head><body><a class=\"skip\" href=\"#main\">Skip to the content</a>");
}

/// The last thing that a reader sees.
fn close(html: &mut Html) {
    put!(html, "<footer><p>Made by perf-look " {env!("CARGO_PKG_VERSION")} ". This file loads nothing and sends nothing.</p></footer>");
}

/// What is drawn, and how its parts are called.
struct Page<'r> {
    report: &'r Report,
}

/// A subject with its place in the report.
#[derive(Clone, Copy)]
struct Part<'r> {
    index: usize,
    /// Whether it is the only one, and so needs no name in addresses.
    alone: bool,
    subject: &'r Subject,
}

/// The address of a part of a subject within the page: `node/5`, `s2/node/5` where there are several.
struct Anchor {
    /// The place of the subject, where there are several.
    prefix: Option<usize>,
    name: &'static str,
    number: Option<u32>,
}

impl Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.prefix {
            write!(f, "s{}/", place + 1)?;
        }
        f.write_str(self.name)?;
        self.number.map_or(Ok(()), |number| write!(f, "/{number}"))
    }
}

impl Part<'_> {
    fn node(&self, id: NodeId) -> Anchor {
        Anchor { number: Some(id.number()), ..self.section("node") }
    }

    fn section(&self, name: &'static str) -> Anchor {
        Anchor { prefix: (!self.alone).then_some(self.index), name, number: None }
    }

    /// A node's own part of the whole: of the time, or of the cost where nothing was timed.
    fn share(&self, id: NodeId) -> f64 {
        let charged = self.subject.attribution.node(id);
        let (part, whole) = match (charged.time, self.subject.attribution.execution) {
            (Some(time), Some(whole)) => (time.own.0, whole.0),
            _ => (charged.own_cost, self.subject.plan.root().estimate.map_or(0.0, |estimate| estimate.total_cost)),
        };
        if whole > 0.0 { part / whole } else { 0.0 }
    }
}

impl<'r> Page<'r> {
    fn subjects(&self) -> impl Iterator<Item = Part<'r>> + use<'r> {
        let alone = self.is_of_one();
        self.report.subjects.iter().enumerate().map(move |(index, subject)| Part { index, alone, subject })
    }

    fn pages(&self) -> impl Iterator<Item = PagePart<'r>> + use<'r> {
        let (alone, plans) = (self.is_of_one(), self.report.subjects.len());
        let pages = self.report.pages.iter().enumerate();
        pages.map(move |(index, page)| PagePart { place: plans + index, alone, page })
    }

    fn is_of_one(&self) -> bool {
        self.report.subjects.len() + self.report.pages.len() == 1
    }

    /// The plan that a finding is in.
    fn part_of(&self, finding: &Finding) -> Option<Part<'r>> {
        self.subjects().nth(finding.location.subject()?)
    }

    fn title(&self) -> String {
        let name = match (&self.report.subjects[..], &self.report.pages[..]) {
            ([subject], []) => subject.name.clone(),
            ([], [page]) => page.name().to_owned(),
            ([], []) if self.report.overview.is_some() => return format!("{}, perf-look", words::verdict(self.report)),
            _ => words::subjects(self.report),
        };
        format!("{name}: {}, perf-look", words::plural(self.report.findings.len(), "finding"))
    }

    fn header(&self, html: &mut Html) {
        let worst = self.report.findings.first().map(|finding| finding.severity);
        put!(html, "<header><p class=\"brand\">perf-look</p><h1 class=\"verdict ");
        html.markup(worst.map_or("good", severity_class));
        put!(html, "\">" {words::verdict(self.report)} "</h1>");
        put!(html, "<nav aria-label=\"Sections\">");
        if self.report.overview.is_some() {
            put!(html, "<a href=\"#overview\">Overview</a>");
        }
        if !words::is_overview_alone(self.report) {
            put!(html, "<a href=\"#findings\">Findings</a>");
        }
        for part in self.subjects() {
            let name = if part.alone { "Plan" } else { &part.subject.name };
            put!(html, "<a href=\"#" {part.section("plan")} "\">" {name} "</a>");
        }
        for part in self.pages() {
            let name = if part.alone { "Page" } else { part.page.name() };
            put!(html, "<a href=\"#" {part.section("name")} "\">" {name} "</a>");
        }
        if !words::is_overview_alone(self.report) {
            put!(html, "<a href=\"#rules\">Rules</a><a href=\"#again\">Run it again</a>");
        }
        put!(html, "<a href=\"#data\">Data</a></nav>");
        self.literals(html);
        put!(html, "</header><div id=\"tools\" class=\"tools\" role=\"search\" hidden></div>");
    }

    /// Who hands the page on should know what is in it.
    fn literals(&self, html: &mut Html) {
        if holds_literals(self.report) {
            put!(
                html,
                "<p class=\"note\">This report holds literals from the statements: <code>--redact</code> replaces them, "
                "<code>--redact=names</code> also names.</p>"
            );
        }
    }

    fn subject(&self, html: &mut Html, part: &Part<'_>) {
        put!(html, "<section class=\"subject\" aria-labelledby=\"" {part.section("name")} "\"><h2 id=\"" {part.section("name")} "\">");
        put!(html, {&part.subject.name} "</h2><p class=\"measured\">" {words::measured(part.subject).join(", ")} "</p>");
        for note in &part.subject.notes {
            put!(html, "<p class=\"note\"><strong>note:</strong> " {note} "</p>");
        }
        let clauses = part.subject.query.as_deref().map(|query| Clauses::of(query, &part.subject.plan));
        plan::write(self, html, part, clauses.as_ref());
        flame::write(self, html, part);
        sql::write(html, part, clauses.as_ref());
        statement::environment(html, part);
        put!(html, "</section>");
    }

    /// The report as `--report json` writes it: what the script reads, and what can be saved.
    fn data(&self, html: &mut Html) -> io::Result<()> {
        let mut json = Vec::new();
        crate::json::render(self.report, &mut json)?;
        put!(html, "<script type=\"application/json\" id=\"report\">");
        html.json(&String::from_utf8_lossy(&json));
        put!(html, "</script><script type=\"application/json\" id=\"flames\">");
        let plans = self.subjects().map(|part| flame::Data::of(self, &part));
        let pages = self.pages().map(|part| flame::Data::of_page(part.flame().as_ref()));
        let flames: Vec<flame::Data> = plans.chain(pages).collect();
        let mut json = Vec::new();
        crate::json::write_json(&flames, &mut json)?;
        html.json(&String::from_utf8_lossy(&json));
        put!(html, "</script>");
        Ok(())
    }
}

fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warn => "warn",
        Severity::Info => "info",
    }
}
