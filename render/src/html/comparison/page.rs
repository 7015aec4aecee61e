//! Two captures of a page side by side: findings, numbers and places that changed.

use perf_look_analyzers::Comparison;
use perf_look_analyzers::compare::PageDifference;
use perf_look_analyzers::compare::pages::{Fate, Things};

use super::super::page::Column::{Number, Words};
use super::super::page::{close_table, open_table};
use super::super::writer::{Html, put};
use super::list;
use crate::comparison::page::{Part, delta, heading, parts, rest, shown};

/// So many rows of each table are drawn, those that changed most; JSON has them all.
const ROWS: usize = 50;
/// Longer words are of no use in a cell.
const LONGEST: usize = 200;

pub(super) fn write(html: &mut Html, comparison: &Comparison, difference: &PageDifference) {
    list(html, &comparison.circumstances_of_page(difference));
    put!(html, "<h3>Findings</h3>");
    let found = comparison.findings_of_page(difference);
    if found.is_empty() {
        put!(html, "<p class=\"note\">none changed</p>");
    }
    put!(html, "<ul class=\"became\">");
    for (what, line) in found {
        put!(html, "<li><strong>" {what} "</strong> " {line} "</li>");
    }
    put!(html, "</ul>");
    for part in parts(difference) {
        write_part(html, &part);
    }
}

fn write_part(html: &mut Html, part: &Part<'_>) {
    put!(html, "<h3>" {capitalised(part.title)} "</h3>");
    if !part.metrics.is_empty() {
        open(html, "number of the page");
        for metric in &part.metrics {
            first(html, metric.fate());
            put!(html, "<th scope=\"row\">" {metric.name} "</th>");
            numbers(html, metric.fate(), [metric.before.to_string(), metric.after.to_string(), delta(metric)]);
        }
        close_table(html);
    }
    for table in part.changed() {
        write_table(html, table);
    }
    if let Some(unchanged) = part.unchanged() {
        put!(html, "<p class=\"note\">" {unchanged} "</p>");
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn open(html: &mut Html, what: &'static str) {
    open_table(html, what, &[Words(""), Words(what), Number("before"), Number("after"), Number("Δ")]);
}

fn first(html: &mut Html, fate: Fate) {
    put!(html, "<tr><td class=\"sign\"><span class=\"unseen\">" {fate.as_str()} "</span><span aria-hidden=\"true\">");
    put!(html, {fate.mark()} "</span></td>");
}

/// Before, after and the difference, with more and less by colour and by sign.
fn numbers(html: &mut Html, fate: Fate, [was, is, delta]: [String; 3]) {
    put!(html, "<td>" {was} "</td><td>" {is} "</td><td class=\"own ");
    html.markup(match fate {
        Fate::New | Fate::More => "slower",
        Fate::Gone | Fate::Less => "faster",
        Fate::Same => "",
    });
    put!(html, "\">" {delta} "</td></tr>");
}

fn write_table(html: &mut Html, table: &Things) {
    put!(html, "<h4>" {capitalised(&heading(table))} "</h4>");
    open(html, "place");
    for row in table.changed().take(ROWS) {
        first(html, row.fate());
        put!(html, "<th scope=\"row\">" {crate::layout::cut(&row.words(), LONGEST, true)} "</th>");
        let number = |number: Option<f64>| shown(number.map(|number| table.kind.quantity(number)));
        numbers(html, row.fate(), [number(row.before), number(row.after), table.kind.signed(row.delta())]);
    }
    close_table(html);
    let more = rest(table, ROWS);
    if !more.is_empty() {
        put!(html, "<p class=\"note\">" {more.join("; ")} "</p>");
    }
}
