//! The first screen: what costs time, and what to do about it.

use std::fmt::Write as _;

use perf_look_analyzers::finding::{Of, Part};
use perf_look_analyzers::postgres::PlanNode;
use perf_look_analyzers::quantity::Quantity;
use perf_look_analyzers::rule::rule;
use perf_look_analyzers::web::place::Site;
use perf_look_analyzers::{Finding, Severity, Subject};
use ratatui::layout::Rect;

use super::prose::Prose;
use super::{Areas, Room, mark, node, words};
use crate::action::Screen;
use crate::canvas::{Canvas, Line, piece, plain, safe_line};
use crate::model::Model;
use crate::page;
use crate::state::State;
use crate::text::{self, plural};
use crate::theme::{Glyphs, Role};

pub(super) fn title(state: &State, model: &Model) -> (Line, Line) {
    let all = model.report().findings.len();
    let count = match state.listed.len() {
        shown if shown == all => plural(all, "finding"),
        shown => format!("{shown} of {}", plural(all, "finding")),
    };
    let note = match state.shape.filter.as_str() {
        "" => "most at stake first".to_owned(),
        filter => format!("filter: {filter} (Esc)"),
    };
    (vec![piece(Role::Heading, count)], vec![piece(Role::Faint, note)])
}

/// Columns of the list, as the width allows.
struct Columns {
    /// None where no finding has any.
    stake: usize,
    rule: usize,
    place: usize,
    /// What the place is called.
    of_place: &'static str,
}

impl Columns {
    /// What was found has the rest, at least half of the line.
    fn of(model: &Model, width: usize, room: Room) -> Self {
        let (rule, place) = model.widths();
        let findings = &model.report().findings;
        let has_stakes = findings.iter().any(|finding| finding.impact.is_some() || finding.share.is_some());
        let stake = if has_stakes || model.report().pages.is_empty() { 9 } else { 0 };
        let (rule, place) = match room {
            Room::Wide if stake == 0 => (rule, place.min(width.saturating_sub(rule + 60))),
            Room::Wide => (rule, place.min((width / 2).saturating_sub(rule + 18))),
            Room::Medium => (rule.min(width / 3), 0),
            Room::Small | Room::Tiny => (0, 0),
        };
        let of_place = if model.report().pages.is_empty() { "node" } else { "place" };
        Self { stake, rule, place, of_place }
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, model: &Model, (areas, inner): (&Areas, Rect)) -> usize {
    let columns = Columns::of(model, usize::from(inner.width), areas.room);
    let mut rows = inner.rows();
    if super::head_height(state, areas) > 0
        && let Some(row) = rows.next()
    {
        canvas.line(row, &[piece(Role::Faint, head(&columns))]);
    }
    let height = super::list_height(state, model, areas);
    let scroll = state.scroll(Screen::Findings);
    let shown = state.listed.iter().enumerate().skip(scroll.top_for(height));
    let mut drawn = 0;
    // The rows second: a pair that lacks its second half would lose the first.
    for ((place, finding), row) in shown.zip(rows.by_ref()) {
        let Some(finding) = model.finding(*finding) else { continue };
        drawn += 1;
        let is_here = place == scroll.cursor;
        canvas.line(row, &line(finding, model, &columns, (is_here, canvas.glyphs())));
        super::highlight(canvas, state, (row, is_here));
    }
    rest(canvas, model, rows);
    drawn
}

fn head(columns: &Columns) -> String {
    let mut head = format!("  {}", text::left("sev", 5));
    if columns.stake > 0 {
        let _ = write!(head, " {} ", text::right("at stake", columns.stake));
    }
    if columns.rule > 0 {
        let _ = write!(head, " {}", text::left("rule", columns.rule));
    }
    if columns.place > 0 {
        let _ = write!(head, " {}", text::left(columns.of_place, columns.place));
    }
    format!("{head} what")
}

fn line(finding: &Finding, model: &Model, columns: &Columns, (is_here, glyphs): (bool, Glyphs)) -> Line {
    let (role, severity) = words::severity(finding.severity);
    let stake = match (finding.impact, finding.share) {
        (Some(ms), _) => ms.to_string(),
        (None, Some(share)) => Quantity::Share(share).to_string(),
        (None, None) => String::new(),
    };
    let mut line = vec![piece(Role::Text, format!("{} ", mark(is_here))), piece(role, severity)];
    if columns.stake > 0 {
        line.push(piece(Role::Strong, format!(" {} ", text::right(&stake, columns.stake))));
    }
    if columns.rule > 0 {
        line.push(piece(Role::Text, format!(" {}", column(rule_name(finding), columns.rule, glyphs))));
    }
    if columns.place > 0 {
        let place = place(model, finding);
        line.push(piece(Role::Text, format!(" {}", column(&place, columns.place, glyphs))));
    }
    line.push(piece(Role::Text, format!(" {}", finding.headline)));
    line
}

/// The node, and of several statements which.
pub(crate) fn place(model: &Model, finding: &Finding) -> String {
    let of = finding.location.of();
    let place = match of {
        Of::Plan(_) => {
            let node = finding.location.node().and_then(|id| model.node(of, id));
            node.map(|node| format!("#{} {}", node.id.number(), node.label())).unwrap_or_default()
        }
        Of::Page(_) => without_host(finding.location.path()).to_owned(),
    };
    match model.place(of) {
        (number, count) if count > 1 => format!("({number}) {place}"),
        _ => place,
    }
}

/// Of an address the file is what tells: `main.js:1:316 measure`.
fn without_host(place: &str) -> &str {
    let address = place.split(' ').next().unwrap_or(place);
    match address.rfind('/').filter(|_| address.contains("://")) {
        Some(slash) if slash + 1 < address.len() => &place[slash + 1..],
        _ => place,
    }
}

/// The rule without its family.
pub(crate) fn rule_name(finding: &Finding) -> &'static str {
    finding.rule.0.split_once('/').map_or(finding.rule.0, |(_, name)| name)
}

/// A cell, cut and filled.
pub(super) fn column(words: &str, columns: usize, glyphs: Glyphs) -> String {
    text::left(&text::cut(&safe_line(words, glyphs), columns, glyphs), columns)
}

/// Below the findings: what the rules did, and what could not be read.
fn rest(canvas: &mut Canvas<'_>, model: &Model, mut rows: impl Iterator<Item = Rect>) {
    if model.report().findings.is_empty()
        && let Some(row) = rows.next()
    {
        canvas.line(row, &[piece(Role::Good, format!("  {}", nothing_found(model)))]);
    }
    if rows.next().is_none() {
        return;
    }
    for reject in &model.report().rejects {
        let Some(row) = rows.next() else { return };
        let line = reject.line.map_or(String::new(), |line| format!(":{line}"));
        let words = format!("  could not read {}{line}: {}", reject.source, reject.why);
        canvas.line(row, &[piece(Role::Warn, words)]);
    }
    if let Some(row) = rows.next() {
        canvas.line(row, &[piece(Role::Faint, format!("  {} (p: show all rules)", summary(model)))]);
    }
}

fn nothing_found(model: &Model) -> String {
    let report = model.report();
    if report.is_empty() {
        return "nothing could be read, so nothing was judged".to_owned();
    }
    if report.overview.is_some() && model.subjects().next().is_none() {
        return "no statement was explained yet; Esc leads to them, Enter explains one".to_owned();
    }
    let has_plans = !report.subjects.is_empty();
    // Where no rule could look at anything, silence says nothing.
    match report.skipped.first() {
        Some(skipped) if report.skipped.len() == report.rules().count() * model.subjects().count() => {
            format!("no rule could look: {}; 2 shows the {}", skipped.why, if has_plans { "plan" } else { "selectors" })
        }
        _ if !has_plans => "no findings: no rule saw a problem; 2 to 6 show what was measured".to_owned(),
        _ => "no findings: no rule saw a problem; 2 shows the plan, H its slowest node".to_owned(),
    }
}

/// What the rules did: `14 rules: 2 found something, 10 nothing, 2 could not look`.
fn summary(model: &Model) -> String {
    let report = model.report();
    let found = report.rules().filter(|rule| report.findings.iter().any(|finding| finding.rule == rule.id)).count();
    let skipped = report.rules().filter(|rule| report.skipped.iter().any(|skipped| skipped.rule == rule.id)).count();
    let quiet = report.rules().count().saturating_sub(found + skipped);
    let mut words = format!("{}: {found} found something, {quiet} nothing", plural(report.rules().count(), "rule"));
    if skipped > 0 {
        words = format!("{words}, {skipped} could not look at every {}", of_rules(model));
    }
    words
}

/// The finding in full.
pub(super) fn detail(state: &State, model: &Model, glyphs: Glyphs) -> Prose {
    let mut prose = Prose::default();
    let Some(finding) = state.listed.get(state.scroll(Screen::Findings).cursor).and_then(|place| model.finding(*place))
    else {
        match (model.subject(state.subject), model.page(state.subject)) {
            (Some(subject), _) => {
                slowest(&mut prose, state, subject, glyphs);
                notes(&mut prose, subject);
            }
            (None, Some(page)) => page::how(page, &mut prose),
            (None, None) if model.report().overview.is_some() => {}
            (None, None) => {
                prose
                    .text(Role::Text, "perf-look open takes captures, plans of any format, and - for what is piped in");
            }
        }
        return prose;
    };
    headline(&mut prose, finding);
    let of = finding.location.of();
    if model.place(of).1 > 1 {
        prose.field("in", model.report().name(of));
    }
    advice(&mut prose, finding);
    evidence(&mut prose, finding);
    if let Some((subject, id)) = model.subject(of).zip(finding.location.node()) {
        prose.heading("The node");
        node::facts(&mut prose, subject, subject.plan.node(id), glyphs);
        node::clause(&mut prose, model, of, subject.plan.node(id));
    }
    if let Some((page, site)) = model.page(of).zip(finding.location.site()) {
        page::at_site(page, site, &mut prose);
    }
    about(&mut prose, finding);
    if let Some(subject) = model.subject(of) {
        notes(&mut prose, subject);
    }
    prose
}

/// How it was measured, where there is something to know of that.
fn notes(prose: &mut Prose, subject: &Subject) {
    if !subject.notes.is_empty() {
        prose.heading("How it was measured");
    }
    for note in &subject.notes {
        prose.labelled(piece(Role::Text, "  "), plain(note.clone()));
    }
}

/// Without findings: where the time went all the same.
fn slowest(prose: &mut Prose, state: &State, subject: &Subject, glyphs: Glyphs) {
    /// Enough to see whether one stands out.
    const NAMED: usize = 10;
    prose.heading(&format!("Where most of the {} is (H goes there)", state.measure.title()));
    for id in state.widths.hottest.iter().take(NAMED) {
        let (own, share) = (state.widths.own(*id), state.widths.share(*id));
        let own = text::right(&state.measure.quantity(own).to_string(), 14);
        let bar = text::bar(share, 8, glyphs);
        let label = piece(words::heat(share), format!("{own} {bar} {}  ", text::right(&text::percent(share), 6)));
        prose.labelled(label, plain(format!("#{} {}", id.number(), super::tree::words(subject.plan.node(*id)))));
    }
}

fn headline(prose: &mut Prose, finding: &Finding) {
    for (part, line) in finding.lines() {
        match part {
            Part::Headline => {
                let (role, _) = words::severity(finding.severity);
                let (severity, rest) = line.split_once(": ").unwrap_or(("", &line));
                prose.headline(piece(role, format!("{severity}: ")), vec![piece(Role::Strong, rest)]);
            }
            Part::Place => prose.field("where", line.strip_prefix("at ").unwrap_or(&line)),
            Part::Stake => prose.field("at stake", line.strip_prefix("at stake: ").unwrap_or(&line)),
            Part::Evidence | Part::Advice | Part::Sql | Part::Verified => {}
        }
    }
}

fn evidence(prose: &mut Prose, finding: &Finding) {
    if !finding.evidence.is_empty() {
        prose.heading("Evidence (what was measured)");
    }
    for evidence in &finding.evidence {
        prose.labelled(piece(Role::Text, "  "), plain(evidence.to_string()));
    }
}

pub(super) fn advice(prose: &mut Prose, finding: &Finding) {
    if !finding.advice.is_empty() {
        prose.heading("Advice (best first)");
    }
    for (place, advice) in finding.advice.iter().enumerate() {
        prose.labelled(piece(Role::Strong, format!("  {}. ", place + 1)), plain(advice.text.clone()));
        for line in advice.sql.iter().flat_map(|sql| sql.lines()) {
            prose.labelled(piece(Role::Text, "     "), vec![piece(Role::Code, line)]);
        }
        if let Some(words) = advice.verification() {
            prose.labelled(piece(Role::Text, "     "), plain(words));
        }
    }
}

fn about(prose: &mut Prose, finding: &Finding) {
    if let Some(rule) = rule(finding.rule.0) {
        prose.heading("The rule");
        prose.labelled(
            piece(Role::Text, "  "),
            plain(format!("{}; perf-look explain {} tells more", rule.summary, rule.id)),
        );
    }
}

/// What was found in few lines, where its place is shown already.
pub(super) fn brief(prose: &mut Prose, finding: &Finding) {
    let (role, _) = words::severity(finding.severity);
    prose.headline(piece(role, format!("{}[{}]: ", finding.severity, finding.rule)), plain(finding.headline.clone()));
    for evidence in &finding.evidence {
        prose.labelled(piece(Role::Text, "  "), plain(evidence.to_string()));
    }
    for advice in &finding.advice {
        prose.labelled(piece(Role::Strong, "  help: "), plain(advice.text.clone()));
        if let Some(words) = advice.verification() {
            prose.labelled(piece(Role::Text, "  "), plain(words));
        }
    }
}

/// What rules look at.
fn of_rules(model: &Model) -> &'static str {
    match (model.report().subjects.is_empty(), model.report().pages.is_empty()) {
        (_, true) => "plan",
        (true, false) => "page",
        (false, false) => "plan or page",
    }
}

/// All rules, and what each did.
pub(super) fn rules(model: &Model) -> Prose {
    let mut prose = Prose::default();
    for rule in model.report().rules() {
        let count = model.report().findings.iter().filter(|finding| finding.rule == rule.id).count();
        let skipped = model.report().skipped.iter().find(|skipped| skipped.rule == rule.id);
        let (role, words) = match (count, skipped) {
            (0, None) => (Role::Good, "nothing found".to_owned()),
            (0, Some(skipped)) => (Role::Faint, format!("could not look: {}", skipped.why)),
            (count, _) => (Role::Warn, plural(count, "finding")),
        };
        prose.labelled(piece(Role::Text, text::left(rule.id.0, 36)), vec![piece(role, words)]);
    }
    prose
}

/// The mark of a node's findings in the tree: the worst one decides.
pub(super) fn finding_mark(model: &Model, subject: Of, node: &PlanNode) -> (Role, &'static str) {
    let findings = model.findings_of(subject, node.id).iter().filter_map(|place| model.finding(*place));
    mark_of(findings.map(|finding| finding.severity).max())
}

/// The same of a place of a page.
pub(super) fn mark_of_site(model: &Model, of: Of, site: Option<&Site>) -> (Role, &'static str) {
    let findings = site.into_iter().flat_map(|site| model.findings_at(of, site));
    mark_of(findings.map(|finding| finding.severity).max())
}

fn mark_of(worst: Option<Severity>) -> (Role, &'static str) {
    match worst {
        Some(Severity::Error) => (Role::Error, "!"),
        Some(Severity::Warn) => (Role::Warn, "!"),
        Some(Severity::Info) => (Role::Info, "i"),
        None => (Role::Text, " "),
    }
}
