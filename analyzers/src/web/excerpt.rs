//! Lines of source around the places that a page's numbers name: enough to know the code, never a whole file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::capture::PageCapture;
use super::place::{Position, Site};

mod named;

/// How many lines are kept before a place, and as many behind it.
const BESIDE: u32 = 5;

/// How many characters of a line are kept.
const WIDEST: usize = 200;

/// Of how many places lines are kept: a capture stays small, and nobody reads more.
const MOST_PLACES: usize = 300;

/// What stands where a line was cut.
const CUT: char = '…';

/// Some lines of a file. Their text is whatever a page has loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The file, as [`Site::file`] names it.
    pub file: String,
    /// The number of its first line, from 1.
    pub first_line: u32,
    /// Of a piece of a long line, as bundles are: the column of its first character, from 1. None for whole lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The lines.
    pub lines: Vec<String>,
}

impl Excerpt {
    /// Which of the lines a place is in, from 0.
    fn holds(&self, file: &str, at: Position) -> Option<usize> {
        if self.file != file {
            return None;
        }
        let line = usize::try_from(at.line.checked_sub(self.first_line)?).ok()?;
        let text = self.lines.get(line)?;
        let is_within = self.column.is_none_or(|column| {
            let end = column.saturating_add(units(text));
            (column..end).contains(&at.column)
        });
        is_within.then_some(line)
    }

    /// The first excerpt that has the code of a site, and which of its lines that is, from 0.
    pub(super) fn find<'e>(excerpts: &'e [Self], site: &Site) -> Option<(&'e Self, usize)> {
        let of = |file: &str, at| excerpts.iter().find_map(|it| Some((it, it.holds(file, at)?)));
        // A source map without the text of its sources leaves that of the build.
        of(site.file(), site.position()).or_else(|| of(&site.url, site.at))
    }
}

/// How wide a text is in columns, which are UTF-16 code units.
fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

/// The lines around a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around<'t> {
    /// The number of the first line, from 1.
    pub first_line: u32,
    /// The lines, that of the place among them.
    pub lines: Vec<&'t str>,
    /// The line of the place: before and behind it.
    pub split: (&'t str, &'t str),
}

impl<'t> Around<'t> {
    /// The lines around a place of a text whose lines `line` gives, counted from 0.
    pub(super) fn new(at: Position, split: (&'t str, &'t str), line: impl Fn(u32) -> Option<&'t str>) -> Option<Self> {
        let own = at.line.checked_sub(1)?;
        let first = own.saturating_sub(BESIDE);
        let lines = (first..=own.saturating_add(BESIDE)).map_while(line).collect();
        Some(Self { first_line: first + 1, lines, split })
    }
}

/// What passes have read of a page's code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// Whole lines by file and number; none where a file of that name said different things.
    whole: BTreeMap<String, BTreeMap<u32, Option<String>>>,
    /// Pieces of long lines, by the place that they are around.
    pieces: BTreeMap<(String, Position), Excerpt>,
}

impl Lines {
    /// Keeps what is around a place of a file.
    pub fn keep(&mut self, file: &str, at: Position, around: &Around<'_>) {
        // Code from `eval` has no address, and all of it the same none.
        if file.is_empty() {
            return;
        }
        let (before, behind) = around.split;
        if before.len() + behind.len() > WIDEST && before.chars().chain(behind.chars()).nth(WIDEST).is_some() {
            self.pieces.entry((file.to_owned(), at)).or_insert_with(|| piece(file, at, around.split));
            return;
        }
        let known = self.whole.entry(file.to_owned()).or_default();
        for (number, line) in (around.first_line..).zip(&around.lines) {
            let line = cut(line);
            let kept = known.entry(number).or_insert_with(|| Some(line.clone()));
            if kept.as_ref() != Some(&line) {
                *kept = None;
            }
        }
    }

    /// Adds what another pass has read.
    pub fn add(&mut self, other: Self) {
        for (file, lines) in other.whole {
            let known = self.whole.entry(file).or_default();
            for (number, line) in lines {
                let kept = known.entry(number).or_insert_with(|| line.clone());
                if *kept != line {
                    *kept = None;
                }
            }
        }
        self.pieces.extend(other.pieces);
    }

    /// What is around the places that the rows of a capture name, as far as it was read: by file and line.
    pub fn excerpts(&self, capture: &PageCapture) -> Vec<Excerpt> {
        let mut wanted: BTreeMap<&str, BTreeMap<u32, &str>> = BTreeMap::new();
        let mut pieces: Vec<Excerpt> = Vec::new();
        for site in named::sites(capture).into_iter().take(MOST_PLACES) {
            let places = [(site.file(), site.position()), (site.url.as_str(), site.at)];
            let Some((file, at)) = places.into_iter().find(|(file, at)| self.has(file, *at)) else { continue };
            if let Some(piece) = self.pieces.get(&(file.to_owned(), at)) {
                if !pieces.iter().any(|kept| kept.holds(file, at).is_some()) {
                    pieces.push(piece.clone());
                }
                continue;
            }
            let Some((file, known)) = self.whole.get_key_value(file) else { continue };
            let range = at.line.saturating_sub(BESIDE)..=at.line.saturating_add(BESIDE);
            let lines = known.range(range).filter_map(|(number, line)| Some((*number, line.as_deref()?)));
            wanted.entry(file).or_default().extend(lines);
        }
        let mut excerpts: Vec<Excerpt> = wanted.into_iter().flat_map(|(file, lines)| runs(file, lines)).collect();
        excerpts.append(&mut pieces);
        excerpts.sort_by(|left, right| order(left).cmp(&order(right)));
        excerpts
    }

    fn has(&self, file: &str, at: Position) -> bool {
        let line = || self.whole.get(file)?.get(&at.line)?.as_ref();
        self.pieces.contains_key(&(file.to_owned(), at)) || line().is_some()
    }
}

fn order(excerpt: &Excerpt) -> (&str, u32, Option<u32>) {
    (&excerpt.file, excerpt.first_line, excerpt.column)
}

/// Lines that follow each other, together.
fn runs(file: &str, lines: BTreeMap<u32, &str>) -> Vec<Excerpt> {
    let mut runs: Vec<Excerpt> = Vec::new();
    let mut next = None;
    for (number, line) in lines {
        match runs.last_mut().filter(|_| next == Some(number)) {
            Some(run) => run.lines.push(line.to_owned()),
            None => runs.push(Excerpt {
                file: file.to_owned(),
                first_line: number,
                column: None,
                lines: vec![line.to_owned()],
            }),
        }
        next = number.checked_add(1);
    }
    runs
}

/// A line of at most so many characters.
fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDEST) {
        None => line.to_owned(),
        Some(_) => line.chars().take(WIDEST - 1).chain([CUT]).collect(),
    }
}

/// What is around a place in a long line.
fn piece(file: &str, at: Position, (before, behind): (&str, &str)) -> Excerpt {
    let half = WIDEST / 2;
    let from = before.char_indices().rev().nth(half - 1).map_or(0, |(byte, _)| byte);
    let to = behind.char_indices().nth(half).map_or(behind.len(), |(byte, _)| byte);
    let (kept, end) = (&before[from..], if to < behind.len() { "…" } else { "" });
    let column = Some(at.column.saturating_sub(units(kept)));
    Excerpt { file: file.to_owned(), first_line: at.line, column, lines: vec![format!("{kept}{}{end}", &behind[..to])] }
}

#[cfg(test)]
mod tests;
