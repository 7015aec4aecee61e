//! Two plans side by side, as a page: what changed, step by step, and what that did. Pages are in a file of their own.

mod page;

use std::io::{self, Write};

use perf_look_analyzers::Comparison;
use perf_look_analyzers::compare::{Change, Difference, Noise, Outside, Pair, signed};
use perf_look_analyzers::quantity::Ms;

use super::assets::{Scripts, width_class};
use super::writer::{Html, put};
use crate::comparison as words;
use crate::layout::short;

/// Writes the page. It needs no script.
pub(crate) fn render(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let mut html = Html::default();
    let title = match (&comparison.differences[..], &comparison.pages[..]) {
        ([one], []) => words::names(comparison, one),
        ([], [one]) => comparison.names_of_page(one),
        (statements, []) => crate::words::plural(statements.len(), "statement"),
        ([], pages) => crate::words::plural(pages.len(), "page"),
        (statements, pages) => {
            let statements = crate::words::plural(statements.len(), "statement");
            format!("{statements} and {}", crate::words::plural(pages.len(), "page"))
        }
    };
    super::open(&mut html, &format!("{title}, compared by perf-look"), Scripts::None);
    put!(html, "<header><p class=\"brand\">perf-look diff</p>");
    if let ([one], []) = (&comparison.differences[..], &comparison.pages[..]) {
        verdict(&mut html, comparison, one);
        put!(html, "</header><main id=\"main\">");
        statement(&mut html, comparison, one);
    } else if let ([], [one]) = (&comparison.differences[..], &comparison.pages[..]) {
        // What changed is no verdict: whether it may is for others to say.
        put!(html, "<h1 class=\"verdict info\">" {one.verdict()} "</h1><p class=\"measured\">" {title} "</p>");
        put!(html, "</header><main id=\"main\">");
        page::write(&mut html, comparison, one);
    } else {
        put!(html, "<h1 class=\"verdict info\">" {title} " compared</h1></header><main id=\"main\">");
        for difference in &comparison.differences {
            put!(html, "<section class=\"subject\"><h2>" {words::names(comparison, difference)} "</h2>");
            put!(html, "<p>" {comparison.verdict(difference)} "</p>");
            statement(&mut html, comparison, difference);
            put!(html, "</section>");
        }
        for difference in &comparison.pages {
            put!(html, "<section class=\"subject\"><h2>" {comparison.names_of_page(difference)} "</h2>");
            put!(html, "<p>" {difference.verdict()} "</p>");
            page::write(&mut html, comparison, difference);
            put!(html, "</section>");
        }
    }
    list(&mut html, &words::unmatched(comparison));
    put!(html, "</main>");
    super::close(&mut html);
    put!(html, "</body></html>\n");
    out.write_all(html.as_str().as_bytes())
}

/// Faster or slower, in a sentence.
fn verdict(html: &mut Html, comparison: &Comparison, difference: &Difference) {
    let (before, after) = comparison.subjects(difference);
    put!(html, "<h1 class=\"verdict ");
    // Of what may be noise, nobody can say that it is good or bad.
    html.markup(match difference.noise {
        Noise::Apart(..) if after.attribution.execution > before.attribution.execution => "error",
        Noise::Apart(..) => "good",
        Noise::NotTimed | Noise::SingleRun | Noise::Overlap(..) => "info",
    });
    put!(html, "\">" {comparison.verdict(difference)} "</h1><p class=\"measured\">" {words::names(comparison, difference)} "</p>");
}

fn statement(html: &mut Html, comparison: &Comparison, difference: &Difference) {
    put!(html, "<p class=\"summary\">" {difference.changed()});
    if let Some(most) = words::most(comparison, difference) {
        put!(html, "; " {most});
    }
    put!(html, "</p><h3>Steps</h3>");
    table(html, comparison, difference);
    put!(html, "<h3>Findings</h3>");
    let found = words::findings(comparison, difference);
    if found.is_empty() {
        put!(html, "<p class=\"note\">none, neither before nor after</p>");
    }
    put!(html, "<ul class=\"became\">");
    for (what, line) in found {
        put!(html, "<li><strong>" {what} "</strong> " {line} "</li>");
    }
    put!(html, "</ul><h3>What else differs</h3>");
    list(html, &comparison.circumstances(difference));
}

fn list(html: &mut Html, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    put!(html, "<ul>");
    for line in lines {
        put!(html, "<li>" {line} "</li>");
    }
    put!(html, "</ul>");
}

fn table(html: &mut Html, comparison: &Comparison, difference: &Difference) {
    put!(
        html,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Steps of " {words::names(comparison, difference)} "\"><table class=\"pairs\"><thead><tr>"
        "<th scope=\"col\"><span class=\"unseen\">kind of change</span></th><th scope=\"col\">before</th>"
        "<th scope=\"col\">after</th><th scope=\"col\">what changed</th><th scope=\"col\" class=\"figure\">Δ self</th>"
        "<th scope=\"col\" class=\"figure\">rows</th><th scope=\"col\" class=\"figure\">buffers</th></tr></thead><tbody>"
    );
    let delta = |pair: &Pair| comparison.delta(difference, pair).map_or(0.0, |ms| ms.0.abs());
    let beside = difference.outside.iter().map(|outside| outside.delta().0.abs());
    let largest = difference.pairs.iter().map(delta).chain(beside).fold(0.0, f64::max);
    for pair in &difference.pairs {
        row(html, comparison, difference, pair, largest);
    }
    for outside in &difference.outside {
        frame(html, outside, largest);
    }
    put!(html, "</tbody></table></div>");
}

/// What is beside the steps: it has times only.
fn frame(html: &mut Html, outside: &Outside, largest: f64) {
    html.markup(if signed(outside.delta()) == signed(Ms::ZERO) { "<tr class=\"same\">" } else { "<tr>" });
    let cell = |own: Option<Ms>| own.map_or(String::new(), |ms| format!("{}, {ms}", words::name_outside(outside)));
    put!(html, "<td class=\"sign\">" {words::mark_outside(outside)} "</td><td class=\"step\">" {cell(outside.before)});
    put!(html, "</td><td class=\"step\">" {cell(outside.after)} "</td><td></td>");
    delta(html, Some(outside.delta()), largest);
    put!(html, "<td></td><td></td></tr>");
}

fn row(html: &mut Html, comparison: &Comparison, difference: &Difference, pair: &Pair, largest: f64) {
    let is_same = pair.change == Change::Same && pair.moved.is_empty();
    html.markup(if is_same { "<tr class=\"same\">" } else { "<tr>" });
    let (before, after) = comparison.labels(difference, pair);
    let (was, is) = comparison.figures(difference, pair);
    put!(html, "<td class=\"sign\">" {pair.mark()} "</td><td class=\"step\">" {before.unwrap_or_default()});
    put!(html, "</td><td class=\"step\">" {after.unwrap_or_default()} "</td><td>" {comparison.why(pair)} "</td>");
    delta(html, comparison.delta(difference, pair), largest);
    put!(html, "<td class=\"figure\">" {either((was.rows.map(short), is.rows.map(short)))} "</td><td class=\"figure\">");
    put!(html, {either(words::blocks(&was, &is))} "</td></tr>");
}

/// Shown as 0 ms.
const NOTHING: f64 = 0.000_5;

/// Slower or faster by colour, by sign and by a bar.
fn delta(html: &mut Html, delta: Option<Ms>, largest: f64) {
    let Some(delta) = delta else {
        return put!(html, "<td class=\"figure\">not timed</td>");
    };
    let share = if largest > 0.0 { delta.0.abs() / largest } else { 0.0 };
    put!(html, "<td class=\"figure own bar " {width_class(share)});
    html.markup(match delta.0 {
        ms if ms >= NOTHING => " slower\">",
        ms if ms <= -NOTHING => " faster\">",
        _ => "\">",
    });
    put!(html, {signed(delta)} "</td>");
}

/// One where both are the same.
fn either(shown: (Option<String>, Option<String>)) -> String {
    match shown {
        (was, is) if was == is => is.unwrap_or_default(),
        (was, is) => format!("{} → {}", was.unwrap_or_else(|| "-".to_owned()), is.unwrap_or_else(|| "-".to_owned())),
    }
}
