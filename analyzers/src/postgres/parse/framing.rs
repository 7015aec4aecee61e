//! Finds the plans in what people paste, and takes off what was put around them.
//!
//! First each line loses what stands around it (quote marks, borders, tags), then plans are cut out of the lines.

mod cells;
mod line;
mod prefix;
mod psql;
mod shape;
mod text;

use std::borrow::Cow;

use line::{End, Line};

/// What was found.
#[derive(Debug)]
pub(super) enum Found<'t> {
    /// A plan, or what begins like one.
    Block(Block<'t>),
    /// Where EXPLAIN says that there is none: the line, and its reason.
    NoPlan(usize, &'static str),
}

/// A plan without its frame.
#[derive(Debug)]
pub(super) struct Block<'t> {
    pub(super) format: Format,
    pub(super) text: Cow<'t, str>,
    /// Of each line of the text, the line of the source; empty where they are the same.
    pub(super) lines: Vec<usize>,
    /// The time of the statement in ms, where a log says it.
    pub(super) duration_ms: Option<f64>,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Text,
    Xml,
    Yaml,
}

impl Block<'_> {
    /// The line of the source that a line of the text is from; both from 1.
    pub(super) fn source_line(&self, line: usize) -> usize {
        self.lines.get(line.saturating_sub(1)).or(self.lines.last()).copied().unwrap_or(line)
    }
}

/// The plans in a text, in its order.
pub(super) fn find(source: &str) -> Vec<Found<'_>> {
    let mut lines = prefix::lines(source);
    cells::unescape(&mut lines);
    cells::unquote(&mut lines);
    psql::unframe(&mut lines);
    Finder { source, lines: &lines, next: 0, headed: false, ruled: false, duration_ms: None, nothing_until: 0 }.find()
}

struct Finder<'l, 't> {
    source: &'t str,
    lines: &'l [Line<'t>],
    next: usize,
    /// Whether a heading of EXPLAIN stands right above.
    headed: bool,
    /// Whether the rule below any heading stands right above.
    ruled: bool,
    duration_ms: Option<f64>,
    /// Up to here there is no plan in JSON or YAML: what begins like one further down was part of one that was none.
    nothing_until: usize,
}

impl<'t> Finder<'_, 't> {
    fn find(mut self) -> Vec<Found<'t>> {
        let mut found = Vec::new();
        while let Some(line) = self.lines.get(self.next) {
            match line.end {
                End::Heading => self.headed = true,
                End::Rule => self.ruled = true,
                End::Boundary => {
                    if self.headed {
                        found.push(Found::NoPlan(
                            line.number,
                            "EXPLAIN printed nothing: there is no plan for this statement",
                        ));
                    }
                    (self.headed, self.ruled, self.duration_ms) = (false, false, None);
                }
                End::Logged(duration) => self.duration_ms = Some(duration),
                End::Line | End::Newline | End::Wrapped => {
                    if let Some(here) = self.here() {
                        found.push(here);
                        (self.headed, self.ruled, self.duration_ms) = (false, false, None);
                        continue;
                    }
                    if !line.words().is_empty() {
                        (self.headed, self.ruled) = (false, false);
                    }
                }
            }
            self.next += 1;
        }
        found
    }

    /// What begins in the next line. Moves behind it.
    fn here(&mut self) -> Option<Found<'t>> {
        let words = self.lines[self.next].words();
        if let Some(why) = no_plan(words) {
            self.next += 1;
            return Some(Found::NoPlan(self.lines[self.next - 1].number, why));
        }
        let (format, end) = if begins_json(words) {
            (Format::Json, self.end_of_json()?)
        } else if words.starts_with("<explain") || words.starts_with("<?xml") {
            (Format::Xml, self.end_of_xml())
        } else if let Some(end) = self.end_of_yaml() {
            (Format::Yaml, end)
        } else if self.begins_text(words) {
            return Some(Found::Block(self.text()));
        } else {
            return None;
        };
        let lines = &self.lines[self.next..end];
        self.next = end;
        Some(Found::Block(self.structured(format, lines)))
    }

    /// The end of brackets that match, where a plan stands between them.
    fn end_of_json(&mut self) -> Option<usize> {
        if self.next < self.nothing_until {
            return None;
        }
        let mut brackets = Brackets::default();
        let (mut end, mut is_plan) = (self.next, false);
        for line in &self.lines[self.next..] {
            if line.end.is_frame() {
                break;
            }
            end += 1;
            is_plan =
                is_plan || ["\"Plan\"", "\"Node Type\"", "\"QUERY PLAN\""].iter().any(|key| line.text.contains(key));
            if brackets.close_in(&line.text) {
                break;
            }
        }
        // "[]" is what EXPLAIN says where a rule does nothing instead.
        let is_nothing = self.lines[self.next..end].iter().all(|line| {
            let words = line.text.replace("\"Utility Statement\"", "");
            words.chars().all(|c| matches!(c, '[' | ']' | '+') || c.is_whitespace())
        });
        let is_plan = is_plan || self.headed || is_nothing;
        self.nothing_until = if is_plan { 0 } else { end };
        is_plan.then_some(end)
    }

    fn end_of_xml(&self) -> usize {
        let mut end = self.next;
        for line in &self.lines[self.next..] {
            if line.end.is_frame() {
                break;
            }
            end += 1;
            if line.text.contains("</explain>") {
                break;
            }
        }
        end
    }

    /// YAML begins with the plan's key, and ends with a line that is indented less.
    fn end_of_yaml(&mut self) -> Option<usize> {
        if self.next < self.nothing_until {
            return None;
        }
        let first = &self.lines[self.next];
        let is_key = |words: &str, key: &str| {
            let words = words.strip_prefix("- ").unwrap_or(words);
            let behind = words.trim_start_matches('"').strip_prefix(key);
            behind.is_some_and(|behind| behind.starts_with([':', '"']))
        };
        if !is_key(first.words(), "Plan") && !is_key(first.words(), "Query Text") {
            return None;
        }
        let indent = first.indent();
        let mut end = self.next;
        let mut is_plan = false;
        for line in &self.lines[self.next..] {
            let words = line.words();
            let goes_on =
                line.indent() > indent || line.indent() == indent && (is_property_of_yaml(words) || end == self.next);
            if line.end.is_frame() || words.is_empty() || !goes_on {
                break;
            }
            is_plan = is_plan || is_key(words, "Node Type");
            end += 1;
        }
        self.nothing_until = if is_plan { 0 } else { end };
        is_plan.then_some(end)
    }

    fn begins_text(&self, words: &str) -> bool {
        if shape::is_measured_node(words) {
            return true;
        }
        if shape::is_bare_node(words) {
            // Below the rule of any table a single word, such as "Sort", may be a value.
            let framed = self.headed || self.ruled && words.contains(' ');
            return framed || self.is_alone() || self.is_followed_by_plan();
        }
        let is_query = words.starts_with("Query Text:") && self.duration_ms.is_some();
        is_query || self.headed && words.starts_with(|c: char| c.is_ascii_uppercase())
    }

    fn is_alone(&self) -> bool {
        let others = self.lines.iter().enumerate().filter(|(place, _)| *place != self.next);
        others.filter(|(_, line)| !line.end.is_frame()).all(|(_, line)| line.words().is_empty())
    }

    fn is_followed_by_plan(&self) -> bool {
        let indent = self.lines[self.next].indent();
        self.lines.get(self.next + 1).filter(|line| !line.end.is_frame()).is_some_and(|line| {
            let words = line.words();
            let below = line.indent() > indent && (shape::node_of(words).is_some() || shape::is_property(words));
            below || shape::is_of_the_statement(words)
        })
    }

    fn text(&mut self) -> Block<'t> {
        let logical = text::collect(self.lines, &mut self.next, self.headed || self.ruled);
        let (text, lines) = text::joined(self.source, &logical);
        Block { format: Format::Text, text, lines, duration_ms: self.duration_ms }
    }

    fn structured(&self, format: Format, lines: &[Line<'t>]) -> Block<'t> {
        let mut text = String::new();
        let mut numbers = Vec::with_capacity(lines.len());
        let marked = lines.first().is_some_and(|line| line.text.trim_end().ends_with('+'));
        let mut json = Brackets::default();
        for line in lines {
            let cell = if marked { line.text.trim_end().trim_end_matches('+').trim_end() } else { &line.text };
            let cell = if format == Format::Json { json.unquoted(cell) } else { cell };
            // A line end in a text, a number or a word of JSON is where a terminal cut the line.
            let cut = format == Format::Json && !text.is_empty() && (json.in_text || is_cut(&text, cell));
            if !cut && !numbers.is_empty() {
                text.push('\n');
            }
            if !cut {
                numbers.push(line.number);
            }
            let closed = json.close_in(cell) && format == Format::Json;
            // What stands behind a plan that was an argument or a value somewhere.
            text.push_str(if closed { cell.trim_end_matches(['\'', '"', ',', ';', ' ']) } else { cell });
        }
        Block { format, text: Cow::Owned(text), lines: numbers, duration_ms: self.duration_ms }
    }
}

fn no_plan(words: &str) -> Option<&'static str> {
    match words {
        "Query rewrites to nothing" => {
            Some("the query rewrites to nothing (a rule does nothing instead), so it has no plan")
        }
        "Utility statements have no plan structure" => Some("a utility statement has no plan"),
        _ => None,
    }
}

fn begins_json(words: &str) -> bool {
    let words = words.strip_prefix(['\'', '"']).unwrap_or(words);
    let inside = words.strip_prefix(['[', '{']).map(|inside| inside.trim_start().trim_end_matches(['+', ' ']));
    inside.is_some_and(|inside| inside.is_empty() || inside.starts_with(['{', '"', '[', ']']))
}

fn is_property_of_yaml(words: &str) -> bool {
    words.starts_with("- ") || shape::is_property(words)
}

fn is_cut(text: &str, next: &str) -> bool {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '.';
    text.ends_with(is_inside) && next.starts_with(is_inside)
}

/// Counts brackets of JSON.
#[derive(Default)]
struct Brackets {
    depth: usize,
    in_text: bool,
    escaped: bool,
}

impl Brackets {
    /// A line without the quotes that somebody put around the whole: no line of JSON begins or ends so outside of texts.
    fn unquoted<'l>(&self, line: &'l str) -> &'l str {
        if self.depth == 0 && !self.in_text { line.trim_start_matches(['\'', '"', ' ']) } else { line }
    }

    /// Reads a line; says whether it closed the outermost bracket.
    fn close_in(&mut self, line: &str) -> bool {
        for byte in line.bytes() {
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' if self.depth <= 1 => return true,
                b']' | b'}' => self.depth -= 1,
                _ => {}
            }
        }
        false
    }
}
