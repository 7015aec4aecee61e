//! What stands before each line of a copied plan: quote marks, line numbers, time stamps, a log's tabs; and fences.

use std::borrow::Cow;

use super::line::{End, Line};

/// The lines of a text, without what others put before them.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = split(text);
    in_runs(&mut lines, quote_mark);
    in_runs(&mut lines, time_stamp);
    line_numbers(&mut lines);
    fences(&mut lines);
    logged(&mut lines);
    lines
}

fn split(source: &str) -> Vec<Line<'_>> {
    let text = source.trim_start_matches('\u{feff}');
    let mut start = source.len() - text.len();
    let mut lines = Vec::new();
    for (place, text) in text.split('\n').enumerate() {
        let whole = plain_blanks(text.strip_suffix('\r').unwrap_or(text));
        lines.push(Line { number: place + 1, start, text: whole, end: End::Line });
        start += text.len() + 1;
    }
    lines
}

/// Copied out of a browser, blanks are no-break spaces.
fn plain_blanks(text: &str) -> Cow<'_, str> {
    if text.contains('\u{a0}') { Cow::Owned(text.replace('\u{a0}', " ")) } else { Cow::Borrowed(text) }
}

/// Takes a prefix off where at least two lines on end have it; one alone may be a part of the plan.
fn in_runs(lines: &mut [Line<'_>], prefix: fn(&str) -> Option<usize>) {
    let mut start = 0;
    while start < lines.len() {
        let length = lines[start..].iter().take_while(|line| prefix(&line.text).is_some()).count();
        if length < 2 {
            start += length.max(1);
            continue;
        }
        for line in &mut lines[start..start + length] {
            while let Some(width) = prefix(&line.text) {
                line.keep(width, line.text.len());
            }
        }
        start += length;
    }
}

/// The width of `> ` at the beginning of a line.
fn quote_mark(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches(' ').strip_prefix('>')?;
    Some(text.len() - rest.strip_prefix(' ').unwrap_or(rest).len())
}

/// The width of `2024-05-01T12:00:00.123Z ` before a line that is not an entry of Postgres' own log.
fn time_stamp(text: &str) -> Option<usize> {
    const SHAPE: &[u8] = b"0000-00-00 00:00:00";
    let bytes = text.as_bytes();
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b' ' => matches!(byte, b' ' | b'T'),
        _ => byte == shape,
    };
    if bytes.len() <= SHAPE.len() || !bytes.iter().zip(SHAPE).all(fits) {
        return None;
    }
    let rest = &text[SHAPE.len()..];
    let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ':' | '+' | '-' | 'Z'));
    if zone.contains("LOG:  ") {
        return None;
    }
    Some(text.len() - zone.strip_prefix([' ', '\t']).unwrap_or(zone).len())
}

/// Takes `1. ` off where lines are counted; three on end that count up are no accident.
fn line_numbers(lines: &mut [Line<'_>]) {
    let mut start = 0;
    while start < lines.len() {
        let first = counted(&lines[start].text).map_or(0, |(number, _)| number);
        let counts_up =
            |(place, line): &(usize, &Line<'_>)| counted(&line.text).is_some_and(|(number, _)| number == first + place);
        let length = lines[start..].iter().enumerate().take_while(counts_up).count();
        if length >= 3 {
            for line in &mut lines[start..start + length] {
                if let Some((_, width)) = counted(&line.text) {
                    line.keep(width, line.text.len());
                }
            }
        }
        start += length.max(1);
    }
}

/// The number at the beginning of a line, and how wide it is with what follows it.
fn counted(text: &str) -> Option<(usize, usize)> {
    let words = text.trim_start_matches([' ', '\t']);
    let rest = words.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = words[..words.len() - rest.len()].parse().ok()?;
    let after = rest.strip_prefix(['.', ')', ':', '|']).unwrap_or(rest);
    let after = if after.is_empty() { after } else { after.strip_prefix([' ', '\t'])? };
    Some((number, text.len() - after.len()))
}

/// Fences of Markdown, Redmine, Jira and forums end a plan; what stands on their line beside them stays.
fn fences(lines: &mut [Line<'_>]) {
    const TAGS: [&str; 12] = [
        "<pre>",
        "</pre>",
        "<code>",
        "</code>",
        "{code}",
        "{noformat}",
        "[code]",
        "[/code]",
        "<pre class=",
        "<code class=",
        "{code:",
        "[code=",
    ];
    for line in lines {
        let words = line.words();
        if words.starts_with("```") || words.starts_with("~~~") {
            line.end = End::Boundary;
            continue;
        }
        if !words.starts_with(['<', '{', '[']) && !words.ends_with(['>', '}', ']']) {
            continue;
        }
        while let Some(tag) = TAGS.iter().find(|tag| line.text.trim_start().starts_with(**tag)) {
            let start = line.text.find(tag).map_or(0, |start| start + tag.len());
            let closing = if tag.ends_with(['=', ':']) { line.text[start..].find(['>', '}', ']']) } else { None };
            line.keep(closing.map_or(start, |closing| start + closing + 1), line.text.len());
            line.end = if line.text.trim().is_empty() { End::Boundary } else { line.end };
        }
        while let Some(tag) = TAGS.iter().find(|tag| line.text.trim_end().ends_with(**tag)) {
            let end = line.text.rfind(tag).unwrap_or(line.text.len());
            line.keep(0, end);
        }
    }
}

/// The server logs a plan behind a line that ends with `plan:`, each of its lines behind a tab.
fn logged(lines: &mut [Line<'_>]) {
    let mut in_log = false;
    for line in lines {
        if let Some(duration) = duration(&line.text) {
            line.end = End::Logged(duration);
            in_log = true;
        } else if in_log && line.text.starts_with('\t') {
            line.keep(1, line.text.len());
        } else if in_log && line.text.contains("LOG:  ") {
            line.end = End::Boundary;
            in_log = false;
        }
    }
}

/// `… LOG:  duration: 1.234 ms  plan:`
fn duration(text: &str) -> Option<f64> {
    let before = text.trim_end().strip_suffix("plan:")?.trim_end().strip_suffix(" ms")?;
    let (_, number) = before.rsplit_once("duration: ")?;
    number.parse().ok()
}
