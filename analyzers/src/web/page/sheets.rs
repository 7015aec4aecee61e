//! The style sheets of a page: what is in them, where that is, and what matching it cost.

use std::collections::{BTreeMap, BTreeSet};

use super::Page;
use crate::web::capture::{Counts, SelectorStats, StyleSheet};
use crate::web::css::{Census, Index, Place, Selector, Sheet, Source, read};
use crate::web::place::{Position, Site};
use crate::web::source_map::SourceMap;
use crate::web::trace::SelectorRow;

/// The number that the browser gives its own style sheets.
const OF_BROWSER: &str = "ua-style-sheet";

/// A selector of a style sheet, and what the engine did to match it; all recalculations together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CssSelector {
    /// As the engine writes it.
    pub selector: String,
    /// Where it stands; none where it is not in a sheet of the page.
    pub site: Option<Site>,
    /// Who wrote it.
    pub author: Author,
    /// How often an element was held against it.
    pub match_attempts: u64,
    /// How many of these matched.
    pub match_count: u64,
    /// How many of these were ruled out at once, by a filter of what is above the element.
    pub fast_rejects: u64,
    /// The matcher's own clock, to rank by; none where it stood still.
    pub elapsed_us: Option<u64>,
}

/// Who wrote a style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// The page.
    Page,
    /// The browser: nobody can change it.
    Browser,
}

impl Author {
    /// The word of reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Browser => "browser",
        }
    }
}

impl CssSelector {
    /// Attempts that went the whole way for nothing.
    pub fn slow_misses(&self) -> u64 {
        self.match_attempts.saturating_sub(self.match_count).saturating_sub(self.fast_rejects)
    }

    /// These as a part of all that did not match; none where all matched.
    pub fn slow_share(&self) -> Option<f64> {
        let misses = self.match_attempts.saturating_sub(self.match_count);
        (misses > 0).then(|| self.slow_misses() as f64 / misses as f64)
    }
}

/// Selectors of the page that one rule of a source gave, as a loop in SCSS does; all of them together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CssPlace<'p> {
    /// Those that were tried most first; never empty.
    pub selectors: Vec<&'p CssSelector>,
    /// How often an element was held against one of them.
    pub match_attempts: u64,
    /// How many of these matched.
    pub match_count: u64,
    /// How many of these were ruled out at once.
    pub fast_rejects: u64,
}

/// File and place; the selector where these are not known.
type InSource<'p> = (Option<(&'p str, Position)>, &'p str);

impl CssPlace<'_> {
    /// Where; none where it is not in a sheet that is known.
    pub fn site(&self) -> Option<&Site> {
        self.selectors.first()?.site.as_ref()
    }
}

impl Page {
    /// What the engine tried of the page's own, by the place in its source, most attempts first.
    pub fn css_places(&self) -> Vec<CssPlace<'_>> {
        let mut places: BTreeMap<InSource<'_>, CssPlace<'_>> = BTreeMap::new();
        for selector in self.css_selectors.iter().filter(|selector| selector.author == Author::Page) {
            let at = selector.site.as_ref().map(|site| (site.file(), site.position()));
            // Without a place nothing says that two belong together.
            let text = if at.is_none() { &*selector.selector } else { "" };
            let fresh = || CssPlace { selectors: Vec::new(), match_attempts: 0, match_count: 0, fast_rejects: 0 };
            let place = places.entry((at, text)).or_insert_with(fresh);
            place.match_attempts += selector.match_attempts;
            place.match_count += selector.match_count;
            place.fast_rejects += selector.fast_rejects;
            place.selectors.push(selector);
        }
        let mut places: Vec<CssPlace<'_>> = places.into_values().collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.match_attempts));
        places
    }
}

pub(super) fn census(counts: &Counts) -> Census {
    let sources = counts.sheets.iter();
    let sources = sources.map(|sheet| Source { name: &sheet.url, text: &sheet.text, copies: sheet.adopted_by });
    Census::of(&sources.collect::<Vec<_>>())
}

impl Page {
    /// Its sheets in the order of [`Census::sheets`]: the first of each text.
    pub fn sheets(&self) -> Vec<&StyleSheet> {
        let sheets = self.capture.counts.rows().map_or(&[][..], |counts| &counts.sheets);
        let mut texts = BTreeSet::new();
        sheets.iter().filter(|sheet| texts.insert(sheet.text.as_str())).collect()
    }

    /// Each selector of its sheets as it is written, where it stands, and how many documents and shadow trees have it.
    pub(crate) fn selectors_of_sheets(&self) -> Vec<(String, Site, u64)> {
        let Some(census) = &self.css else { return Vec::new() };
        let mut selectors = Vec::new();
        for (entry, sheet) in census.sheets.iter().zip(self.sheets()) {
            let located = Located::of(sheet);
            let written = |selector: &Selector| selector.span.of(&sheet.text).to_owned();
            let all = entry.sheet.selectors.iter();
            selectors.extend(all.map(|selector| (written(selector), located.site(selector.at), entry.copies)));
        }
        selectors
    }

    /// Where something of [`Page::css`] is.
    pub fn css_site(&self, place: Place) -> Option<Site> {
        let sheet = *self.sheets().get(place.sheet)?;
        Some(Located::of(sheet).site(place.at))
    }
}

/// A sheet whose places are looked up.
struct Located<'a> {
    sheet: &'a StyleSheet,
    map: Option<SourceMap>,
}

impl<'a> Located<'a> {
    fn of(sheet: &'a StyleSheet) -> Self {
        // A map that cannot be read leaves the place in the sheet itself.
        let map = sheet.map.as_deref().and_then(|map| SourceMap::parse(map.as_bytes()).ok());
        Self { sheet, map }
    }

    /// From a place in its text.
    fn site(&self, at: Position) -> Site {
        let original = self.map.as_ref().and_then(|map| map.resolve(at));
        Site { url: self.sheet.url.clone(), at: within(self.sheet.start, at), function: None, original }
    }
}

/// A place in a text that begins at `start`, as one of the file around it.
fn within(start: Position, at: Position) -> Position {
    let line = at.line.saturating_add(start.line.saturating_sub(1));
    let moved = if at.line == 1 { start.column.saturating_sub(1) } else { 0 };
    Position { line, column: at.column.saturating_add(moved) }
}

/// All that were tried.
pub(super) fn selectors(stats: &SelectorStats) -> Vec<CssSelector> {
    let read: Vec<Sheet> = stats.sheets.iter().map(|sheet| read(&sheet.text)).collect();
    let indexes: Vec<Index<'_>> = read.iter().map(Index::of).collect();
    let mut selectors = Vec::new();
    for (owner, rows) in by_owner(stats, &indexes) {
        let sites = match owner {
            Owner::Sheet(place) => sites(&stats.sheets[place], &indexes[place], &rows),
            Owner::Browser => vec![None; rows.len()],
        };
        let author = if owner == Owner::Browser { Author::Browser } else { Author::Page };
        selectors.extend(rows.into_iter().zip(sites).map(|(row, site)| CssSelector::of(row, site, author)));
    }
    let order = |selector: &CssSelector| (std::cmp::Reverse(selector.match_attempts), selector.match_count);
    selectors.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| (&a.site, &a.selector).cmp(&(&b.site, &b.selector))));
    selectors
}

/// Whose a selector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    /// The sheet of the page at this place.
    Sheet(usize),
    Browser,
}

/// Those of another page that the browser has open, as its own start page, are left out, and what is told twice.
fn by_owner<'a>(stats: &'a SelectorStats, indexes: &[Index<'_>]) -> BTreeMap<Owner, Vec<&'a SelectorRow>> {
    let mut owners: BTreeMap<Owner, Vec<&SelectorRow>> = BTreeMap::new();
    for row in &stats.rows {
        if let Some(owner) = owner(row, stats, indexes) {
            owners.entry(owner).or_default().push(row);
        }
    }
    owners
}

fn owner(row: &SelectorRow, stats: &SelectorStats, indexes: &[Index<'_>]) -> Option<Owner> {
    let sheet = |id: &str| stats.sheets.iter().position(|sheet| sheet.id == id);
    if row.style_sheet_id != OF_BROWSER {
        return sheet(&row.style_sheet_id).map(Owner::Sheet);
    }
    if !names_class_or_id(&row.selector) {
        return Some(Owner::Browser);
    }
    // What is ruled out at once is told with the number of its sheet, and once more with the browser's.
    if stats.rows.iter().any(|other| other.selector == row.selector && other.style_sheet_id != OF_BROWSER) {
        return None;
    }
    let found = indexes.iter().position(|index| !index.find(&row.selector).is_empty());
    Some(found.map_or(Owner::Browser, Owner::Sheet))
}

/// The browser's own rules name elements, attributes and states.
fn names_class_or_id(selector: &str) -> bool {
    // Every second piece is a string in quotes.
    selector.split('"').step_by(2).any(|piece| piece.contains(['.', '#']))
}

/// Of rows of one sheet. Where two rules have one text, that of the first.
fn sites(sheet: &StyleSheet, index: &Index<'_>, rows: &[&SelectorRow]) -> Vec<Option<Site>> {
    let located = Located::of(sheet);
    rows.iter().map(|row| Some(located.site(index.find(&row.selector).first()?.at))).collect()
}

impl CssSelector {
    fn of(row: &SelectorRow, site: Option<Site>, author: Author) -> Self {
        Self {
            selector: row.selector.clone(),
            site,
            author,
            match_attempts: row.match_attempts,
            match_count: row.match_count,
            fast_rejects: row.fast_reject_count,
            elapsed_us: Some(row.elapsed_us).filter(|us| *us > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::capture::SheetOrigin;

    fn row(selector: &str, style_sheet_id: &str, match_attempts: u64) -> SelectorRow {
        let (selector, style_sheet_id) = (selector.to_owned(), style_sheet_id.to_owned());
        SelectorRow {
            selector,
            style_sheet_id,
            recalcs: 1,
            match_attempts,
            fast_reject_count: 2,
            match_count: 3,
            elapsed_us: 0,
        }
    }

    fn sheet(text: &str) -> StyleSheet {
        StyleSheet {
            id: "1".to_owned(),
            url: "page.html".to_owned(),
            origin: SheetOrigin::Inline,
            text: text.to_owned(),
            adopted_by: 1,
            used: None,
            start: Position { line: 7, column: 20 },
            map: None,
        }
    }

    #[test]
    fn a_selector_that_was_tried_is_found_in_the_document_that_holds_its_sheet_or_is_of_another_page() {
        let sheets = vec![sheet(".a {}\n [data-x='q'] {}")];
        let rows = vec![row(".a", "1", 5), row("[data-x=\"q\"]", "1", 20), row("div", OF_BROWSER, 9), row("p", "2", 9)];
        let selectors = selectors(&SelectorStats { rows, sheets, ..SelectorStats::default() });
        let said: Vec<String> = selectors
            .iter()
            .map(|selector| match &selector.site {
                Some(site) => format!("{} {site}", selector.selector),
                None => selector.selector.clone(),
            })
            .collect();
        assert_eq!(said, ["[data-x=\"q\"] page.html:8:2", "div", ".a page.html:7:20"]);
    }

    #[test]
    fn a_selector_with_the_browsers_number_is_of_the_page_where_a_sheet_has_it_and_it_names_a_class_or_id() {
        let twin = StyleSheet { id: "2".to_owned(), url: "twin.html".to_owned(), ..sheet(".a b {} button {}") };
        let sheets = vec![sheet(".a b {} button {} #id {}"), twin];
        let of_browser = [".a b", "button", "#id", ".other", "[title=\".a\"]"].map(|text| row(text, OF_BROWSER, 10));
        let rows = [vec![row(".a b", "2", 5)], of_browser.to_vec()].concat();
        let selectors = selectors(&SelectorStats { rows, sheets, ..SelectorStats::default() });
        let said = |selector: &CssSelector| {
            let url = selector.site.as_ref().map_or("-", |site| &site.url);
            format!("{} {} {} {url}", selector.selector, selector.match_attempts, selector.author.as_str())
        };
        let said: Vec<String> = selectors.iter().map(said).collect();
        assert_eq!(
            said,
            [
                ".other 10 browser -",
                "[title=\".a\"] 10 browser -",
                "button 10 browser -",
                "#id 10 page page.html",
                ".a b 5 page twin.html",
            ]
        );
    }

    #[test]
    fn attempts_that_neither_match_nor_are_ruled_out_at_once_are_slow() {
        let row = row(".a", "1", 11);
        let selector = CssSelector::of(&row, None, Author::Page);
        assert_eq!(selector.slow_misses(), 6);
        assert_eq!(selector.slow_share(), Some(0.75));
    }
}
