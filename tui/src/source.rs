//! The code of a place of a page, as the screen Source lists it.

use perf_look_analyzers::finding::Of;
use perf_look_analyzers::safe;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::place::Site;

use crate::action::Screen;
use crate::model::Model;
use crate::text;

/// What a tab is shown as: a terminal would jump.
const TAB: &str = "    ";

/// What the screen Source shows.
#[derive(Debug, Clone, Default)]
pub struct SourceState {
    /// The place.
    pub site: Option<Site>,
    /// From which screen it was asked for.
    pub(crate) from: Option<Screen>,
    /// The lines that are kept around it.
    pub rows: Vec<SourceRow>,
    made_for: Option<(Of, Option<Site>, usize)>,
}

/// A line of code, or a part of a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Its number in the file; none from the second part of a line on.
    pub number: Option<u32>,
    /// Its text, as the page has it but for tabs.
    pub text: String,
    /// Whether the place is in it.
    pub is_site: bool,
}

impl SourceState {
    /// Shows the code of a place.
    pub(crate) fn look_at(&mut self, site: Option<Site>, from: Screen) {
        self.site = site;
        self.from = Some(from);
        self.made_for = None;
    }

    /// Makes the rows anew where page, place or width is another; says the row of the place where it did.
    pub(crate) fn follow(&mut self, model: &Model, of: Of, columns: usize) -> Option<usize> {
        // Another page has other places.
        if self.made_for.as_ref().is_some_and(|(known, ..)| *known != of) {
            self.site = None;
        }
        let wanted = Some((of, self.site.clone(), columns));
        let page = model.page(of).filter(|_| self.made_for != wanted)?;
        self.rows = self.site.as_ref().map(|site| rows(page, site, columns)).unwrap_or_default();
        self.made_for = wanted;
        Some(self.rows.iter().position(|row| row.is_site).unwrap_or(0))
    }
}

fn rows(page: &Page, site: &Site, columns: usize) -> Vec<SourceRow> {
    let Some((excerpt, place)) = page.excerpt(site) else { return Vec::new() };
    let mut rows = Vec::new();
    for (line, (number, text)) in (excerpt.first_line..).zip(&excerpt.lines).enumerate() {
        let text = text.replace('\t', TAB);
        // A piece of a bundle is of interest as a whole. What is measured has to be what is shown.
        let parts = if excerpt.column.is_some() { text::wrap(&safe::line(&text), columns) } else { vec![text] };
        for (part, text) in parts.into_iter().enumerate() {
            rows.push(SourceRow { number: (part == 0).then_some(number), text, is_site: line == place && part == 0 });
        }
    }
    rows
}

/// Why there is no code of a place.
pub(crate) fn missing(page: &Page, site: Option<&Site>) -> &'static str {
    let Some(site) = site else {
        return "What is selected names no place in code. Esc goes back; c on a finding, a selector or a task shows its code.";
    };
    if page.capture.sources.is_empty() {
        return "The code was not kept: an older version made this capture, no place of it is in a script, or --redact \
                took it out. Record the page again to see it here.";
    }
    if page.css_selectors.iter().any(|css| css.site.as_ref() == Some(site)) {
        return "Of style sheets no code is kept here; o opens the file where it is on this machine.";
    }
    if site.original.is_some() {
        return "The code was not kept: its source map has no text of its sources (sourcesContent), or too many places \
                come before it. Build with that text in the map and record the page again.";
    }
    "The code was not kept: the script has no source map and its text could not be read, it differs from run to run, \
     or too many places come before it."
}
