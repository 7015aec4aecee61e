//! Cells of CSV and HTML, and the quotes that graphical tools put around lines.

use std::borrow::Cow;

use super::line::{End, Line};
use super::shape;

/// Takes quotes off lines, and off cells of several lines.
pub(super) fn unquote(lines: &mut [Line<'_>]) {
    let mut in_cell = false;
    let mut half_lost = None;
    for line in lines {
        let ends_a_cell = line.text.matches('"').count() % 2 == 1;
        if in_cell {
            in_cell = !ends_a_cell;
            let end = if in_cell { line.text.len() } else { line.text.rfind('"').unwrap_or(line.text.len()) };
            line.keep(0, end);
            undouble(line);
        } else if ends_a_cell && begins_a_cell(&line.text) {
            in_cell = true;
            line.keep(1, line.text.len());
            undouble(line);
        } else {
            unquote_line(line, &mut half_lost);
        }
    }
}

/// A quote before what a plan in JSON, YAML or XML begins with, which is not the beginning of a text in JSON.
fn begins_a_cell(text: &str) -> bool {
    let Some(cell) = text.strip_prefix('"') else { return false };
    let cell = cell.trim_end().trim_end_matches('+').trim_end();
    matches!(cell, "[" | "{" | "- Plan:") || cell.starts_with("<explain ")
}

/// `half_lost` is the quote that a line above had behind it only.
fn unquote_line(line: &mut Line<'_>, half_lost: &mut Option<char>) {
    let words = line.words();
    let start = line.text.len() - line.text.trim_start().len();
    let end = start + words.len();
    for quote in ['"', '\''] {
        let before = words.starts_with(quote) && (quote == '\'' || !looks_like_json(words));
        let behind = words.len() > 1 && words.ends_with(quote);
        if before && behind && can_be_of_a_plan(&words[1..words.len() - 1]) {
            line.keep(start + 1, end - 1);
            if quote == '"' {
                undouble(line);
            }
            return;
        }
        // One of the two was lost in copying; in a plan itself quotes come in pairs.
        let is_odd = words.matches(quote).count() % 2 == 1;
        let is_node = words.contains(")\"") && words.contains("(cost=");
        if behind && is_odd && (is_node || *half_lost == Some(quote)) {
            *half_lost = Some(quote);
            line.keep(0, end - 1);
            return;
        }
    }
}

/// Not so the rest of a line that was cut before a quote: `'64kB'`.
fn can_be_of_a_plan(line: &str) -> bool {
    line.is_empty()
        || line.starts_with([' ', '[', '{', ']', '}', '<', '-'])
        || shape::is_of_the_statement(line)
        || shape::is_property(line)
        || shape::is_bare_node(line)
}

/// `"Node Type": "Sort",` in a plan in JSON or YAML.
fn looks_like_json(words: &str) -> bool {
    words.contains("\": ") && !words.contains("\"\"") && !words.contains("(cost=")
}

/// Two quotes for one, where all of them are doubled.
fn undouble(line: &mut Line<'_>) {
    if line.text.contains("\"\"") && all_doubled(&line.text) {
        line.text = Cow::Owned(line.text.replace("\"\"", "\""));
    }
}

fn all_doubled(text: &str) -> bool {
    let mut run = 0;
    for byte in text.bytes().chain([b' ']) {
        if byte == b'"' {
            run += 1;
        } else if run % 2 == 1 {
            return false;
        } else {
            run = 0;
        }
    }
    true
}

/// Takes HTML off: the cells of psql's tables, and entities in what was copied from a page's source.
pub(super) fn unescape(lines: &mut Vec<Line<'_>>) {
    let has = |mark: &str| lines.iter().any(|line| line.text.contains(mark));
    if has("<td") {
        lines.retain_mut(|line| !is_only_tags(line));
        for line in lines {
            cell(line);
        }
    } else if (has("-&gt;") || has("&quot;Plan&quot;")) && !has("<explain ") {
        for line in lines {
            decode(line);
        }
    }
}

/// Rows of a table in HTML; its end is a boundary.
fn is_only_tags(line: &mut Line<'_>) -> bool {
    let words = line.words();
    if words == "</table>" {
        line.keep(0, 0);
        line.end = End::Boundary;
    }
    ["<tr", "</tr", "<table", "<tbody", "</tbody", "<thead", "</thead"].iter().any(|tag| line.words().starts_with(tag))
}

fn cell(line: &mut Line<'_>) {
    if let Some(open) = line.text.find("<td").or_else(|| line.text.find("<th"))
        && let Some(close) = line.text[open..].find('>')
    {
        line.keep(open + close + 1, line.text.len());
    }
    for tag in ["</td>", "</th>", "<br />", "<br>"] {
        if let Some(end) = line.text.find(tag) {
            line.keep(0, end);
        }
    }
    decode(line);
}

fn decode(line: &mut Line<'_>) {
    if !line.text.contains('&') {
        return;
    }
    let text = line.text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    line.text = Cow::Owned(text.replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&"));
}
