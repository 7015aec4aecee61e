//! Lists with columns, whatever they are of: a page, or a server. A list is a value; which of them is shown, and in which
//! order, is what the user asked for.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::quantity::grouped;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::place::Site;

use crate::action::Screen;
use crate::matching;
use crate::model::Model;
use crate::rows::Order;
use crate::theme::Role;
use crate::view::prose::Prose;
use crate::{page, server};

/// A list of things of one kind.
pub(crate) struct List<T: 'static = Page> {
    pub(crate) name: &'static str,
    /// What one of its rows is.
    pub(crate) of_one: &'static str,
    pub(crate) columns: &'static [Column<T>],
    /// The column that its rows are sorted by unless another is asked for; none for the order that they came in.
    pub(crate) usual: Option<usize>,
    /// How many rows there are.
    pub(crate) len: fn(&T) -> usize,
    /// The code or the rule that a row is about.
    pub(crate) site: fn(&T, usize) -> Option<Site>,
    /// All about a row.
    pub(crate) detail: fn(&T, usize, &mut Prose),
    /// Why there are no rows: a line for the list, and behind it what is for the details only.
    pub(crate) none: fn(&T) -> String,
}

/// A column of a list.
pub(crate) struct Column<T = Page> {
    pub(crate) head: Head,
    cell: fn(&T, usize) -> Cell,
}

/// What is known of a column without any row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) name: &'static str,
    /// None for the one that has the rest of the line.
    pub(crate) width: Option<usize>,
    pub(crate) side: Side,
    /// The highest leave first where there is little room; those with 0 stay.
    pub(crate) leaves: u8,
}

/// At which side of a column its words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

impl<T> Column<T> {
    /// Numbers, which are sorted most first.
    pub(crate) const fn number(name: &'static str, width: usize, leaves: u8, cell: fn(&T, usize) -> Cell) -> Self {
        Self { head: Head { name, width: Some(width), side: Side::Right, leaves }, cell }
    }

    /// Words of some columns.
    pub(crate) const fn words(name: &'static str, width: usize, leaves: u8, cell: fn(&T, usize) -> Cell) -> Self {
        Self { head: Head { name, width: Some(width), side: Side::Left, leaves }, cell }
    }

    /// Words that get the rest of the line.
    pub(crate) const fn rest(name: &'static str, cell: fn(&T, usize) -> Cell) -> Self {
        Self { head: Head { name, width: None, side: Side::Left, leaves: 0 }, cell }
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
    pub(crate) fn words(text: impl Into<String>) -> Self {
        Self { role: Role::Text, text: text.into(), number: None }
    }

    /// A number with its own writing.
    pub(crate) fn number(number: f64, text: impl Into<String>) -> Self {
        Self { role: Role::Text, text: text.into(), number: Some(number) }
    }

    pub(crate) fn count(count: u64) -> Self {
        Self::number(count as f64, grouped(count as f64))
    }

    /// A number that may not have been measured: that is no zero, and sorted behind all.
    pub(crate) fn counted(count: Option<u64>) -> Self {
        count.map_or_else(|| Self::number(-1.0, "-").in_role(Role::Faint), Self::count)
    }

    pub(crate) fn in_role(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

/// A list and what it is of, so that what shows lists need not know the latter.
pub(crate) trait Listing {
    fn name(&self) -> &'static str;
    fn of_one(&self) -> &'static str;
    fn heads(&self) -> Vec<Head>;
    fn usual(&self) -> Option<usize>;
    fn len(&self) -> usize;
    fn cell(&self, row: usize, column: usize) -> Cell;
    fn site(&self, row: usize) -> Option<Site>;
    fn detail(&self, row: usize, prose: &mut Prose);
    fn none(&self) -> String;

    /// A row as one text.
    fn text(&self, row: usize) -> String {
        let cells = (0..self.heads().len()).map(|column| self.cell(row, column).text);
        cells.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("  ")
    }

    /// Whether a row has all words.
    fn has(&self, row: usize, words: &[String]) -> bool {
        matching::text(&self.text(row), words)
    }
}

struct Seen<'a, T: 'static> {
    of: &'a T,
    list: &'static List<T>,
}

impl<T> Listing for Seen<'_, T> {
    fn name(&self) -> &'static str {
        self.list.name
    }

    fn of_one(&self) -> &'static str {
        self.list.of_one
    }

    fn heads(&self) -> Vec<Head> {
        self.list.columns.iter().map(|column| column.head).collect()
    }

    fn usual(&self) -> Option<usize> {
        self.list.usual
    }

    fn len(&self) -> usize {
        (self.list.len)(self.of)
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        self.list.columns.get(column).map_or_else(|| Cell::words(""), |column| (column.cell)(self.of, row))
    }

    fn site(&self, row: usize) -> Option<Site> {
        (self.list.site)(self.of, row)
    }

    fn detail(&self, row: usize, prose: &mut Prose) {
        (self.list.detail)(self.of, row, prose);
    }

    fn none(&self) -> String {
        (self.list.none)(self.of)
    }
}

/// A list of a screen; none where the screen has none, or what it is of is not there.
fn listing(model: &Model, (of, screen): (Of, Screen), list: usize) -> Option<Box<dyn Listing + '_>> {
    if screen.is_of_server() {
        model.report().overview.as_ref()?;
        return Some(Box::new(Seen { of: model, list: server::lists(screen).get(list)? }));
    }
    Some(Box::new(Seen { of: model.page(of)?, list: page::lists(screen).get(list)? }))
}

/// The names of the lists of a screen.
pub(crate) fn names(screen: Screen) -> Vec<&'static str> {
    let of_pages = page::lists(screen).iter().map(|list| list.name);
    of_pages.chain(server::lists(screen).iter().map(|list| list.name)).collect()
}

/// What the screens list, as the user asked for it.
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
    /// By its place among the columns; none for the order that they came in.
    column: Option<usize>,
    order: Order,
}

impl Table {
    /// The rows that are listed, by their place in the list.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The list and what it is of.
    pub(crate) fn listing<'m>(&self, model: &'m Model, of: Of, screen: Screen) -> Option<Box<dyn Listing + 'm>> {
        listing(model, (of, screen), self.asked.list)
    }

    /// Which of the screen's lists it is.
    pub(crate) fn list(&self) -> usize {
        self.asked.list
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
    fn make(&mut self, list: &dyn Listing, filter: &str) {
        let words = matching::words(filter);
        self.rows = (0..list.len()).filter(|row| words.is_empty() || list.has(*row, &words)).collect();
        if let Some(column) = self.asked.column.or(list.usual()) {
            let mut keyed: Vec<(Cell, usize)> = self.rows.iter().map(|row| (list.cell(*row, column), *row)).collect();
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
    pub(crate) fn matches(&self, model: &Model, (of, screen): (Of, Screen), words: &[String]) -> Vec<usize> {
        let Some((table, list)) = self.get(screen).and_then(|table| Some((table, table.listing(model, of, screen)?)))
        else {
            return Vec::new();
        };
        let rows = table.rows.iter().enumerate();
        rows.filter(|(_, row)| list.has(**row, words)).map(|(place, _)| place).collect()
    }

    /// Makes the rows of a screen anew where what they are of, the list, its order or the filter is another; says whether
    /// it did.
    pub(crate) fn follow(&mut self, model: &Model, (of, screen): (Of, Screen), filter: &str) -> bool {
        let table = self.tables.entry(screen).or_default();
        let wanted = Some((of, table.asked, filter.to_owned()));
        if table.made_for == wanted {
            return false;
        }
        let Some(list) = table.listing(model, of, screen) else { return false };
        table.made_for = wanted;
        table.make(&*list, filter);
        true
    }

    /// The same lists in the same order, to be made of another report.
    pub(crate) fn anew(&self) -> Self {
        let anew = |table: &Table| Table { asked: table.asked, ..Table::default() };
        Self { tables: self.tables.iter().map(|(screen, table)| (*screen, anew(table))).collect() }
    }

    /// The next column, or the order that they came in after the last.
    pub(crate) fn sort(&mut self, model: &Model, (of, screen): (Of, Screen)) {
        let table = self.tables.entry(screen).or_default();
        let columns = table.listing(model, of, screen).map_or(0, |list| list.heads().len());
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

    /// Another list of the screen, so many further, in the order that its rows came in.
    pub(crate) fn turn(&mut self, screen: Screen, steps: usize) {
        let count = names(screen).len().max(1);
        let asked = &mut self.tables.entry(screen).or_default().asked;
        *asked = Asked { list: (asked.list + steps) % count, ..Asked::default() };
    }
}
