//! What rules on style sheets share: where to point, and how to name a selector.

use crate::finding::Severity;
use crate::web::css::Entry;
use crate::web::page::{Author, CssSelector};
use crate::web::place::Site;
use crate::web::{Context, Problem};

/// Longer selectors are cut in headlines: the place says where the whole one is.
const LONGEST: usize = 60;

/// A selector in a headline.
pub(super) fn short(selector: &str) -> String {
    let words = selector.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// The sheet that has most of something, and how much.
pub(super) fn largest(context: &Context<'_>, size: impl Fn(&Entry) -> u64) -> Option<(Site, u64)> {
    let entries = context.page.css.as_ref()?.sheets.iter().enumerate();
    // The first of several: `max_by_key` would take the last.
    let sizes = entries.map(|(index, entry)| (index, size(entry)));
    let (index, most) = sizes.reduce(|most, next| if most.1 < next.1 { next } else { most })?;
    Some((sheet_site(context, index)?, most))
}

/// Where a sheet begins, by its number in the census.
pub(super) fn sheet_site(context: &Context<'_>, index: usize) -> Option<Site> {
    let sheet = *context.page.sheets().get(index)?;
    Some(Site { url: sheet.url.clone(), at: sheet.start, function: None, original: None })
}

/// A problem of all sheets together, which points at the one that has most of it.
pub(super) fn of_all(severity: Severity, site: Option<Site>, headline: String) -> Problem {
    const ABOUT: &str = "style sheets";
    match site {
        Some(site) => Problem { identity: ABOUT.to_owned(), ..Problem::at(severity, site, headline) },
        None => Problem::of(severity, ABOUT, headline),
    }
}

/// A problem of a selector that was tried, wherever that is known to stand.
pub(super) fn of_selector(severity: Severity, selector: &CssSelector, headline: String) -> Problem {
    match &selector.site {
        Some(site) => Problem::at(severity, site.clone(), headline),
        None => Problem::of(severity, "style sheets", headline),
    }
}

/// The page's selectors that are `meant`, sheet by sheet; in each those with most attempts first.
pub(super) fn by_sheet<'a>(
    context: &Context<'a>,
    meant: impl Fn(&CssSelector) -> bool,
) -> Vec<(String, Vec<&'a CssSelector>)> {
    let mut sheets: Vec<(String, Vec<&CssSelector>)> = Vec::new();
    let own = context.page.css_selectors.iter().filter(|selector| selector.author == Author::Page);
    for selector in own.filter(|selector| meant(selector)) {
        let name = selector.site.as_ref().map_or("", |site| &site.url);
        match sheets.iter_mut().find(|(other, _)| other == name) {
            Some((_, selectors)) => selectors.push(selector),
            None => sheets.push((name.to_owned(), vec![selector])),
        }
    }
    sheets
}
