//! What the screens of a page list: each screen has a few lists, each list its columns, and what is known of a row.

mod css;
mod metrics;
mod selectors;
mod tasks;

use perf_look_analyzers::quantity::Ms;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::capture::Pass;
use perf_look_analyzers::web::place::Site;

pub(crate) use metrics::how;

use crate::action::Screen;
use crate::lists::{Cell, Column, List};
use crate::model::Model;
use crate::state::State;
use crate::view::prose::Prose;

impl Cell {
    fn time(us: u64) -> Self {
        Self::number(us as f64, millis(us))
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
pub(crate) fn lists(screen: Screen) -> &'static [List<Page>] {
    match screen {
        Screen::Selectors => selectors::LISTS,
        Screen::Css => css::LISTS,
        Screen::Tasks => tasks::LISTS,
        Screen::Metrics => metrics::LISTS,
        _ => &[],
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
    table.listing(model, state.subject, state.screen)?.site(*row)
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
