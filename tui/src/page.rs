//! What the screens of a page list: each screen has a few lists, each list its columns, and what is known of a row.

mod css;
mod metrics;
mod selectors;
mod tasks;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::quantity::{Ms, grouped};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::capture::Pass;
use perf_look_analyzers::web::place::Site;

pub(crate) use metrics::how;

use crate::action::Screen;
use crate::matching;
use crate::model::Model;
use crate::rows::Order;
use crate::state::State;
use crate::theme::Role;
use crate::view::prose::Prose;

/// A list of things of one kind.
pub(crate) struct List {
    pub(crate) name: &'static str,
    /// What one of its rows is.
    pub(crate) of_one: &'static str,
    pub(crate) columns: &'static [Column],
    /// The column that its rows are sorted by unless another is asked for; none for the order of the page.
    pub(crate) usual: Option<usize>,
    /// How many rows there are.
    pub(crate) len: fn(&Page) -> usize,
    /// The code or the rule that a row is about.
    pub(crate) site: fn(&Page, usize) -> Option<Site>,
    /// All about a row.
    pub(crate) detail: fn(&Page, usize, &mut Prose),
    /// Why there are no rows.
    pub(crate) none: fn(&Page) -> String,
}

/// A column of a list.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// None for the one that has the rest of the line.
    pub(crate) width: Option<usize>,
    pub(crate) side: Side,
    /// The highest leave first where there is little room; those with 0 stay.
    pub(crate) leaves: u8,
    pub(crate) cell: fn(&Page, usize) -> Cell,
}

/// At which side of a column its words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Column {
    /// Numbers, which are sorted most first.
    const fn number(name: &'static str, width: usize, leaves: u8, cell: fn(&Page, usize) -> Cell) -> Self {
        Self { name, width: Some(width), side: Side::Right, leaves, cell }
    }

    /// Words of some columns.
    const fn words(name: &'static str, width: usize, leaves: u8, cell: fn(&Page, usize) -> Cell) -> Self {
        Self { name, width: Some(width), side: Side::Left, leaves, cell }
    }

    /// Words that get the rest of the line.
    const fn rest(name: &'static str, cell: fn(&Page, usize) -> Cell) -> Self {
        Self { name, width: None, side: Side::Left, leaves: 0, cell }
    }
}

/// What a row says in a column. Not yet safe to show.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) role: Role,
    pub(crate) text: String,
    /// To sort by; none for words, which are sorted by themselves.
    number: Option<f64>,
}

impl Cell {
    fn words(text: impl Into<String>) -> Self {
        Self { role: Role::Text, text: text.into(), number: None }
    }

    /// A number with its own writing.
    fn number(number: f64, text: impl Into<String>) -> Self {
        Self { role: Role::Text, text: text.into(), number: Some(number) }
    }

    fn count(count: u64) -> Self {
        Self::number(count as f64, grouped(count as f64))
    }

    /// A number that may not have been measured: that is no zero, and sorted behind all.
    fn counted(count: Option<u64>) -> Self {
        count.map_or_else(|| Self::number(-1.0, "-").in_role(Role::Faint), Self::count)
    }

    fn time(us: u64) -> Self {
        Self::number(us as f64, millis(us))
    }

    fn in_role(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

/// `1,234.5 ms`, of microseconds.
fn millis(us: u64) -> String {
    Ms(us as f64 / 1000.0).to_string()
}

/// Why a pass gave nothing, or `none` where it gave something.
fn why_not<T>(pass: &Pass<T>, none: &str) -> String {
    pass.why_not().unwrap_or_else(|| none.to_owned())
}

/// The lists of a screen; none on screens of plans.
pub(crate) fn lists(screen: Screen) -> &'static [List] {
    match screen {
        Screen::Selectors => selectors::LISTS,
        Screen::Css => css::LISTS,
        Screen::Tasks => tasks::LISTS,
        Screen::Metrics => metrics::LISTS,
        _ => &[],
    }
}

/// What the screens of a page list, as the user asked for it.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    tables: BTreeMap<Screen, Table>,
}

/// A list, and its rows in the order that was asked for.
#[derive(Debug, Clone, Default)]
pub struct Table {
    asked: Asked,
    rows: Vec<usize>,
    made_for: Option<(Of, Asked, String)>,
}

/// Which list in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Asked {
    list: usize,
    /// By its place among the columns; none for the order of the page.
    column: Option<usize>,
    order: Order,
}

impl Table {
    /// The rows that are listed, by their place in the list.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    pub(crate) fn list(&self, screen: Screen) -> Option<&'static List> {
        lists(screen).get(self.asked.list)
    }

    /// Where the row of a site is shown.
    pub(crate) fn place_of(&self, page: &Page, screen: Screen, site: &Site) -> Option<usize> {
        let list = self.list(screen)?;
        self.rows.iter().position(|row| (list.site)(page, *row).as_ref() == Some(site))
    }

    /// Where a row of the list is shown.
    pub(crate) fn place(&self, row: usize) -> Option<usize> {
        self.rows.iter().position(|shown| *shown == row)
    }

    /// The column that is sorted by.
    pub(crate) fn sorted_by(&self) -> Option<usize> {
        self.asked.column
    }

    /// Rows that have the words of the filter, in order.
    fn make(&mut self, page: &Page, list: &List, filter: &str) {
        let words = matching::words(filter);
        self.rows = (0..(list.len)(page)).filter(|row| words.is_empty() || list.has(page, *row, &words)).collect();
        if let Some(column) = self.asked.column.or(list.usual).and_then(|column| list.columns.get(column)) {
            let mut keyed: Vec<(Cell, usize)> = self.rows.iter().map(|row| ((column.cell)(page, *row), *row)).collect();
            keyed.sort_by(|left, right| compare(&left.0, &right.0));
            self.rows = keyed.into_iter().map(|(_, row)| row).collect();
        }
        if self.asked.order == Order::Reversed {
            self.rows.reverse();
        }
    }
}

/// Numbers most first, words by the alphabet.
fn compare(left: &Cell, right: &Cell) -> Ordering {
    match (left.number, right.number) {
        (Some(left), Some(right)) => right.total_cmp(&left),
        _ => left.text.cmp(&right.text),
    }
}

impl List {
    /// Whether a row has all words.
    pub(crate) fn has(&self, page: &Page, row: usize, words: &[String]) -> bool {
        matching::text(&self.text(page, row), words)
    }

    /// A row as one text.
    pub(crate) fn text(&self, page: &Page, row: usize) -> String {
        let cells = self.columns.iter().map(|column| (column.cell)(page, row).text);
        cells.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("  ")
    }
}

impl Tables {
    /// The table of a screen, once it was looked at.
    pub fn get(&self, screen: Screen) -> Option<&Table> {
        self.tables.get(&screen)
    }

    /// How many rows a screen has.
    pub(crate) fn len(&self, screen: Screen) -> usize {
        self.get(screen).map_or(0, |table| table.rows.len())
    }

    /// The rows of a screen that have all words, by their place among those that are listed.
    pub(crate) fn matches(&self, page: &Page, screen: Screen, words: &[String]) -> Vec<usize> {
        let Some((table, list)) = self.get(screen).and_then(|table| Some((table, table.list(screen)?))) else {
            return Vec::new();
        };
        let rows = table.rows.iter().enumerate();
        rows.filter(|(_, row)| list.has(page, **row, words)).map(|(place, _)| place).collect()
    }

    /// Makes the rows of a screen anew where the page, the list, its order or the filter is another; says whether it
    /// did.
    pub(crate) fn follow(&mut self, model: &Model, (of, screen): (Of, Screen), filter: &str) -> bool {
        let table = self.tables.entry(screen).or_default();
        let wanted = Some((of, table.asked, filter.to_owned()));
        let Some((page, list)) = model.page(of).zip(table.list(screen)).filter(|_| table.made_for != wanted) else {
            return false;
        };
        table.made_for = wanted;
        table.make(page, list, filter);
        true
    }

    /// The next column, or the order of the page after the last.
    pub(crate) fn sort(&mut self, screen: Screen) {
        let table = self.tables.entry(screen).or_default();
        let columns = table.list(screen).map_or(0, |list| list.columns.len());
        table.asked.column = match table.asked.column {
            None => Some(0),
            Some(column) => Some(column + 1).filter(|next| *next < columns),
        };
    }

    /// The order of a screen's rows.
    pub(crate) fn order_mut(&mut self, screen: Screen) -> &mut Order {
        &mut self.tables.entry(screen).or_default().asked.order
    }

    /// One of the lists of a screen.
    pub(crate) fn choose(&mut self, screen: Screen, list: usize) {
        let asked = &mut self.tables.entry(screen).or_default().asked;
        if asked.list != list {
            *asked = Asked { list, ..Asked::default() };
        }
    }

    /// Another list of the screen, so many further, in the order of the page.
    pub(crate) fn turn(&mut self, screen: Screen, steps: usize) {
        let count = lists(screen).len().max(1);
        let asked = &mut self.tables.entry(screen).or_default().asked;
        *asked = Asked { list: (asked.list + steps) % count, ..Asked::default() };
    }
}

/// All that the lists say of a site.
pub(crate) fn at_site(page: &Page, site: &Site, prose: &mut Prose) {
    if let Some((screen, list, row)) = find(page, site)
        && let Some(list) = lists(screen).get(list)
    {
        prose.heading(list.of_one);
        (list.detail)(page, row, prose);
    }
}

/// The code that the selected row or finding of a page is about.
pub(crate) fn selected_site(state: &State, model: &Model) -> Option<Site> {
    if state.screen == Screen::Findings {
        return model.finding(state.finding)?.location.site().cloned();
    }
    if state.screen == Screen::Diff {
        return state.diff.page_rows.get(state.scroll(Screen::Diff).cursor)?.site().cloned();
    }
    if state.screen == Screen::Source {
        return state.source.site.clone();
    }
    let table = state.tables.get(state.screen)?;
    let row = table.rows().get(state.scroll(state.screen).cursor)?;
    (table.list(state.screen)?.site)(model.page(state.subject)?, *row)
}

/// Where a site is listed: the screen, the list, and the row there.
pub(crate) fn find(page: &Page, site: &Site) -> Option<(Screen, usize, usize)> {
    [Screen::Selectors, Screen::Tasks, Screen::Css].into_iter().find_map(|screen| {
        lists(screen).iter().enumerate().find_map(|(list, known)| {
            let row = (0..(known.len)(page)).find(|row| (known.site)(page, *row).as_ref() == Some(site))?;
            Some((screen, list, row))
        })
    })
}
