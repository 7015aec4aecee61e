//! Style sheets: what each holds, the selectors that stand out, and what is there twice.

use perf_look_analyzers::quantity::{Quantity, grouped};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::css::{Census, Duplicate, Entry, Extreme, Place};
use perf_look_analyzers::web::page::{Author, CssSelector};
use perf_look_analyzers::web::place::Site;

use super::{Cell, Column, List, millis, why_not};
use crate::canvas::{piece, plain};
use crate::text::plural;
use crate::theme::Role;
use crate::view::prose::Prose;

pub(super) const LISTS: &[List] = &[
    List {
        name: "matching",
        of_one: "Selector",
        usual: Some(0),
        columns: &[
            Column::number("attempts", 10, 0, |page, row| {
                Cell::counted(tried(page, row).map(|css| css.match_attempts))
            }),
            Column::number("matches", 9, 1, |page, row| Cell::counted(tried(page, row).map(|css| css.match_count))),
            Column::number("rejects", 9, 3, |page, row| Cell::counted(tried(page, row).map(|css| css.fast_rejects))),
            Column::number("slow", 9, 2, |page, row| Cell::counted(tried(page, row).map(CssSelector::slow_misses))),
            Column::number("time", 9, 4, |page, row| {
                let us = tried(page, row).and_then(|css| css.elapsed_us);
                us.map_or_else(|| Cell::counted(None), Cell::time)
            }),
            Column::words("by", 8, 5, |page, row| Cell::words(tried(page, row).map_or("", |css| css.author.as_str()))),
            Column::rest("selector", |page, row| {
                Cell::words(tried(page, row).map_or("", |css| css.selector.as_str())).in_role(Role::Code)
            }),
        ],
        len: |page| page.css_selectors.len(),
        site: |page, row| tried(page, row)?.site.clone(),
        detail: |page, row, prose| {
            if let Some(css) = tried(page, row) {
                matching(css, prose);
            }
        },
        none: |page| why_not(&page.capture.selector_stats, "no selector was held against an element"),
    },
    List {
        name: "sheets",
        of_one: "Style sheet",
        usual: Some(0),
        columns: &[
            Column::number("size", 10, 0, |page, row| {
                let bytes = sheet(page, row).map_or(0.0, |entry| entry.sheet.bytes as f64);
                Cell::number(bytes, Quantity::Bytes(bytes).to_string())
            }),
            Column::number("rules", 8, 2, |page, row| count(sheet(page, row).map(|entry| entry.sheet.rules.len()))),
            Column::number("selectors", 9, 1, |page, row| {
                count(sheet(page, row).map(|entry| entry.sheet.selectors.len()))
            }),
            Column::number("dropped", 8, 4, |page, row| {
                count(sheet(page, row).map(|entry| entry.sheet.rejects.total()))
            }),
            Column::number("copies", 7, 3, |page, row| Cell::counted(sheet(page, row).map(|entry| entry.copies))),
            Column::rest("sheet", |page, row| Cell::words(sheet(page, row).map_or("", |entry| entry.name.as_str()))),
        ],
        len: |page| page.css.as_ref().map_or(0, |css| css.sheets.len()),
        site: |_, _| None,
        detail: |page, row, prose| {
            if let Some((css, entry)) = page.css.as_ref().zip(sheet(page, row)) {
                sheet_facts(entry, prose);
                all(css, prose);
            }
        },
        none: |page| why_not(&page.capture.counts, "the page has no style sheets"),
    },
    List {
        name: "extremes",
        of_one: "Selector",
        usual: None,
        columns: &[
            Column::words("most", 9, 0, |page, row| Cell::words(extreme(page, row).map_or("", |(what, _)| what))),
            Column::number("complexity", 10, 1, |page, row| {
                Cell::counted(extreme(page, row).map(|(_, found)| u64::from(found.complexity)))
            }),
            Column::words("specificity", 11, 1, |page, row| {
                Cell::words(extreme(page, row).map(|(_, found)| found.specificity.to_string()).unwrap_or_default())
            }),
            Column::rest("selector", |page, row| {
                Cell::words(extreme(page, row).map_or("", |(_, found)| found.text.as_str())).in_role(Role::Code)
            }),
        ],
        len: |page| page.css.as_ref().map_or(0, |css| extremes(css).len()),
        site: |page, row| extreme(page, row).and_then(|(_, found)| site(page, found.place)),
        detail: |page, row, prose| {
            if let Some((css, (what, found))) = page.css.as_ref().zip(extreme(page, row)) {
                prose.headline(piece(Role::Code, found.text.clone()), plain(""));
                prose.field("most", what);
                prose.field("weighs", format!("complexity {}, specificity {}", found.complexity, found.specificity));
                prose.field("at", placed(page, found.place));
                all(css, prose);
            }
        },
        none: |page| why_not(&page.capture.counts, "the page has no selectors in its style sheets"),
    },
    List {
        name: "there twice",
        of_one: "Rules",
        usual: None,
        columns: &[
            Column::number("times", 6, 0, |page, row| count(duplicate(page, row).map(|found| found.places.len()))),
            Column::number("alike", 6, 1, |page, row| count(duplicate(page, row).map(|found| found.alike))),
            Column::rest("selectors", |page, row| {
                Cell::words(duplicate(page, row).map_or("", |found| found.selectors.as_str())).in_role(Role::Code)
            }),
        ],
        len: |page| page.css.as_ref().map_or(0, |css| css.duplicates.most.len()),
        site: |page, row| duplicate(page, row)?.places.first().and_then(|place| site(page, *place)),
        detail: |page, row, prose| {
            if let Some(found) = duplicate(page, row) {
                duplicate_facts(page, found, prose);
            }
        },
        none: |page| why_not(&page.capture.counts, "no two rules have the same selectors"),
    },
];

fn count(count: Option<usize>) -> Cell {
    Cell::counted(count.map(|count| count as u64))
}

fn tried(page: &Page, row: usize) -> Option<&CssSelector> {
    page.css_selectors.get(row)
}

fn sheet(page: &Page, row: usize) -> Option<&Entry> {
    page.css.as_ref()?.sheets.get(row)
}

fn extremes(css: &Census) -> Vec<(&'static str, &Extreme)> {
    let complex = css.most_complex.iter().map(|found| ("complex", found));
    complex.chain(css.most_specific.iter().map(|found| ("specific", found))).collect()
}

fn extreme(page: &Page, row: usize) -> Option<(&'static str, &Extreme)> {
    extremes(page.css.as_ref()?).into_iter().nth(row)
}

fn duplicate(page: &Page, row: usize) -> Option<&Duplicate> {
    page.css.as_ref()?.duplicates.most.get(row)
}

fn site(page: &Page, place: Place) -> Option<Site> {
    let url = page.css.as_ref()?.sheets.get(place.sheet)?.name.clone();
    Some(Site { url, at: place.at, function: None, original: None })
}

fn placed(page: &Page, place: Place) -> String {
    site(page, place).map(|site| site.to_string()).unwrap_or_default()
}

fn matching(css: &CssSelector, prose: &mut Prose) {
    prose.headline(piece(Role::Code, css.selector.clone()), plain(""));
    let nowhere = match css.author {
        Author::Page => "in no sheet of the page that is known",
        Author::Browser => "in the browser's own sheet, which nobody can change",
    };
    prose.field("at", css.site.as_ref().map_or(nowhere.to_owned(), Site::to_string));
    let (attempts, matches) = (grouped(css.match_attempts as f64), grouped(css.match_count as f64));
    prose.field("attempts", format!("{attempts} elements were held against it, {matches} matched"));
    prose.field(
        "rejects",
        format!("{} were ruled out at once, by what is above them", grouped(css.fast_rejects as f64)),
    );
    let share = css
        .slow_share()
        .map_or(String::new(), |share| format!(", {} of those without a match", Quantity::Share(share)));
    prose.field("slow", format!("{} went the whole way for nothing{share}", grouped(css.slow_misses() as f64)));
    let time =
        css.elapsed_us.map_or("not measured".to_owned(), |us| format!("{}, to rank by and not to add up", millis(us)));
    prose.field("time", time);
}

fn sheet_facts(entry: &Entry, prose: &mut Prose) {
    let name = if entry.name.is_empty() { "(no address)" } else { &entry.name };
    prose.headline(piece(Role::Strong, name), plain(""));
    let sheet = &entry.sheet;
    prose.field("size", Quantity::Bytes(sheet.bytes as f64).to_string());
    let (rules, selectors) = (plural(sheet.rules.len(), "rule"), plural(sheet.selectors.len(), "selector"));
    let declarations = plural(sheet.declarations.tally.total, "declaration");
    prose.field("holds", format!("{rules}, {selectors}, {declarations}"));
    if sheet.rejects.total() > 0 {
        prose.field(
            "dropped",
            format!("{} by the browser, which cannot read them", plural(sheet.rejects.total(), "part")),
        );
    }
    prose.field(
        "copies",
        match entry.copies {
            1 => "one document or shadow tree has it".to_owned(),
            copies => format!("{} sheets, documents and shadow trees have it", grouped(copies as f64)),
        },
    );
}

/// All sheets together.
fn all(css: &Census, prose: &mut Prose) {
    prose.heading("All sheets of the page");
    let (rules, size) = (plural(css.rules(), "rule"), Quantity::Bytes(css.bytes() as f64));
    prose.field("hold", format!("{size} in {}: {rules}", plural(css.sheets.len(), "text")));
    let (total, unique) = (css.selectors.total, css.selectors.unique);
    prose.field("selectors", format!("{}, {} of them different", grouped(total as f64), grouped(unique as f64)));
    prose.field("live", format!("{} with those of each copy", grouped(css.live_selectors() as f64)));
    if let Some(mean) = css.mean_complexity() {
        prose.field("complexity", format!("{mean:.2} on average"));
    }
    let (lists, wholes) = (css.duplicates.lists, css.duplicates.wholes);
    let words = format!("{} have the selectors of one before", plural(lists, "rule"));
    prose.field("twice", format!("{words}, {} its declarations too", grouped(wholes as f64)));
}

fn duplicate_facts(page: &Page, found: &Duplicate, prose: &mut Prose) {
    prose.headline(piece(Role::Code, found.selectors.clone()), plain(""));
    for context in &found.contexts {
        prose.labelled(crate::view::prose::field_label("in"), vec![piece(Role::Code, context.clone())]);
    }
    let alike = grouped(found.alike as f64);
    prose.field(
        "rules",
        format!("{}, {alike} of them with the declarations of one before", grouped(found.places.len() as f64)),
    );
    for place in &found.places {
        prose.field("at", placed(page, *place));
    }
}
