//! The numbers of a page, and how each pass went.

use perf_look_analyzers::quantity::{Ms, Quantity, grouped};
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::capture::{MemoryPoint, ScriptUse, WebRequest};
use perf_look_analyzers::web::page::{Metric, Outcome};

use super::{Cell, Column, List, why_not};
use crate::canvas::{piece, plain};
use crate::text;
use crate::theme::Role;
use crate::view::prose::Prose;

pub(super) const LISTS: &[List] = &[
    List {
        name: "metrics",
        of_one: "How it was measured",
        usual: None,
        columns: &[
            Column::words("metric", 25, 0, |page, row| Cell::words(metric(page, row).map_or("", |(name, _)| name))),
            Column::number("value", 11, 0, |page, row| {
                metric(page, row)
                    .map_or_else(|| Cell::counted(None), |(_, metric)| quantity(metric.value).in_role(Role::Strong))
            }),
            Column::rest("another run gives", |page, row| {
                let is_exact = metric(page, row).is_some_and(|(_, metric)| metric.is_exact);
                Cell::words(if is_exact { "the same" } else { "another number" })
            }),
        ],
        len: |page| page.metrics.len(),
        site: |_, _| None,
        detail: |page, _, prose| how(page, prose),
        none: |_| "nothing of this page could be measured (l shows why)".to_owned(),
    },
    List {
        name: "passes",
        of_one: "How it was measured",
        usual: None,
        columns: &[
            Column::words("pass", 10, 0, |page, row| Cell::words(pass(page, row).map_or("", |(name, _)| name))),
            Column::number("took", 10, 0, |page, row| match pass(page, row) {
                Some((_, Outcome::Measured(ms, _) | Outcome::Failed(ms, _))) => Cell::number(ms, Ms(ms).to_string()),
                _ => Cell::counted(None),
            }),
            Column::rest("how it went", |page, row| {
                pass(page, row).map_or_else(|| Cell::words(""), |(name, outcome)| went(name, outcome))
            }),
        ],
        len: |page| page.passes().len(),
        site: |_, _| None,
        detail: |page, _, prose| how(page, prose),
        none: |_| "there were no passes".to_owned(),
    },
    List {
        name: "memory",
        of_one: "How it was measured",
        usual: None,
        columns: &[
            Column::words("when", 20, 0, |page, row| Cell::words(when(page, row))),
            Column::number("heap", 10, 0, |page, row| bytes(memory(page, row).map(|point| point.heap_bytes))),
            Column::number("DOM nodes", 9, 0, |page, row| Cell::counted(memory(page, row).map(|point| point.nodes))),
            Column::number("detached", 9, 1, |page, row| {
                Cell::counted(memory(page, row).and_then(|point| point.detached))
            }),
            Column::number("listeners", 9, 2, |page, row| {
                Cell::counted(memory(page, row).map(|point| point.listeners))
            }),
            Column::number("functions", 9, 3, |page, row| {
                Cell::counted(memory(page, row).and_then(|point| point.functions))
            }),
            Column::number("sheets", 7, 4, |page, row| Cell::counted(memory(page, row).and_then(|point| point.sheets))),
            Column::number("CSS rules", 9, 4, |page, row| {
                Cell::counted(memory(page, row).and_then(|point| point.css_rules))
            }),
        ],
        len: |page| page.capture.census.rows().map_or(0, |census| census.memory.len()),
        site: |_, _| None,
        detail: |page, _, prose| how(page, prose),
        none: |page| why_not(&page.capture.census, "the page's memory was not counted"),
    },
    List {
        name: "requests",
        of_one: "Request",
        usual: Some(2),
        columns: &[
            Column::number("status", 6, 2, |page, row| {
                Cell::counted(request(page, row).and_then(|request| request.status).map(u64::from))
            }),
            Column::number("sent", 9, 3, |page, row| {
                bytes(request(page, row).and_then(|request| request.transfer_bytes))
            }),
            Column::number("unpacked", 9, 0, |page, row| {
                bytes(request(page, row).map(|request| request.content_bytes))
            }),
            Column::words("kind", 10, 1, |page, row| {
                Cell::words(request(page, row).map_or("", |request| request.kind.as_str()))
            }),
            Column::words("", 9, 4, |page, row| {
                let blocks = request(page, row).is_some_and(|request| request.blocks_rendering);
                Cell::words(if blocks { "blocks" } else { "" }).in_role(Role::Warn)
            }),
            Column::rest("address", |page, row| {
                Cell::words(request(page, row).map_or("", |request| request.url.as_str()))
            }),
        ],
        len: |page| page.capture.counts.rows().map_or(0, |counts| counts.requests.len()),
        site: |_, _| None,
        detail: |page, row, prose| {
            if let Some(request) = request(page, row) {
                asked_for(request, prose);
            }
        },
        none: |page| why_not(&page.capture.counts, "the page asked for nothing over the network"),
    },
    List {
        name: "scripts",
        of_one: "Script",
        usual: Some(1),
        columns: &[
            Column::number("size", 10, 0, |page, row| bytes(script(page, row).map(|script| script.bytes))),
            Column::number("never ran", 10, 0, |page, row| bytes(script(page, row).map(|script| script.unused_bytes))),
            Column::rest("script", |page, row| Cell::words(script(page, row).map_or("", |script| script.url.as_str()))),
        ],
        len: |page| page.capture.counts.rows().map_or(0, |counts| counts.scripts.len()),
        site: |_, _| None,
        detail: |page, row, prose| {
            if let Some(script) = script(page, row) {
                sources(script, prose);
            }
        },
        none: |page| why_not(&page.capture.counts, "the page has no scripts"),
    },
];

fn metric(page: &Page, row: usize) -> Option<(&'static str, Metric)> {
    page.metrics.iter().nth(row).map(|(name, metric)| (*name, *metric))
}

fn pass(page: &Page, row: usize) -> Option<(&'static str, Outcome<'_>)> {
    page.passes().into_iter().nth(row)
}

fn memory(page: &Page, row: usize) -> Option<&MemoryPoint> {
    page.capture.census.rows()?.memory.get(row)
}

fn request(page: &Page, row: usize) -> Option<&WebRequest> {
    page.capture.counts.rows()?.requests.get(row)
}

fn script(page: &Page, row: usize) -> Option<&ScriptUse> {
    page.capture.counts.rows()?.scripts.get(row)
}

fn when(_: &Page, row: usize) -> String {
    if row == 0 { "after loading".to_owned() } else { format!("after repeat {}", grouped(row as f64)) }
}

fn quantity(value: Quantity) -> Cell {
    Cell::number(value.value(), value.to_string())
}

fn bytes(bytes: Option<u64>) -> Cell {
    bytes.map_or_else(|| Cell::counted(None), |bytes| quantity(Quantity::Bytes(bytes as f64)))
}

/// How a pass went, in words.
fn went(name: &str, outcome: Outcome<'_>) -> Cell {
    match outcome {
        Outcome::NotRun => Cell::words("not run").in_role(Role::Faint),
        Outcome::Failed(_, why) => Cell::words(format!("could not measure: {why}")).in_role(Role::Error),
        Outcome::Measured(_, None) if name == "timing" => Cell::words("measured; another run takes another time"),
        Outcome::Measured(_, None) => Cell::words("measured; another run gives the same"),
        Outcome::Measured(_, Some(why)) => Cell::words(format!("measured: {why}")),
    }
}

/// How the page was measured: what the numbers of two captures need to compare.
pub(crate) fn how(page: &Page, prose: &mut Prose) {
    let (capture, settings) = (&page.capture, &page.capture.settings);
    prose.headline(piece(Role::Strong, capture.name.clone()), plain(""));
    if capture.url != capture.name {
        prose.field("at", capture.url.clone());
    }
    let (width, height) = settings.viewport;
    let slower = match settings.cpu_throttle {
        times if times > 1.0 => format!("{} times slower than the machine", grouped(times)),
        _ => "as fast as the machine".to_owned(),
    };
    prose.field("browser", format!("{}, {width}x{height}, {slower}, {} cores", capture.browser, settings.cpus));
    if settings.offline {
        prose.field("network", "requests to other hosts were blocked");
    }
    prose.heading("Passes");
    for (name, outcome) in page.passes() {
        /// For the longest name of a pass.
        const WIDEST: usize = 16;
        let took = match outcome {
            Outcome::Measured(ms, _) | Outcome::Failed(ms, _) => format!(" ({})", Ms(ms)),
            Outcome::NotRun => String::new(),
        };
        let cell = went(name, outcome);
        let label = piece(Role::Faint, format!("  {}", text::left(name, WIDEST)));
        prose.labelled(label, vec![piece(cell.role, format!("{}{took}", cell.text))]);
    }
    for note in &capture.notes {
        prose.labelled(piece(Role::Faint, "  note: "), plain(note.clone()));
    }
    for (realm, why) in capture.census.rows().map_or(&[][..], |census| &census.unseen) {
        prose.labelled(piece(Role::Warn, "  could not look into "), plain(format!("{realm}: {why}")));
    }
    if !settings.steps.is_empty() {
        prose.heading("Steps");
        for step in &settings.steps {
            prose.labelled(piece(Role::Text, "  "), vec![piece(Role::Code, step.clone())]);
        }
    }
}

fn asked_for(request: &WebRequest, prose: &mut Prose) {
    prose.headline(piece(Role::Strong, request.url.clone()), plain(""));
    let answer = request.status.map_or("none".to_owned(), |status| status.to_string());
    prose.field("answer", format!("{answer}, {}", request.kind));
    let sent = request.transfer_bytes.map_or("not measured".to_owned(), |sent| bytes(Some(sent)).text);
    prose.field("size", format!("{sent} over the network, {} unpacked", bytes(Some(request.content_bytes)).text));
    if request.blocks_rendering {
        prose.field("blocks", "nothing could be shown before it had come");
    }
}

fn sources(script: &ScriptUse, prose: &mut Prose) {
    prose.headline(piece(Role::Strong, script.url.clone()), plain(""));
    let share = if script.bytes > 0 { script.unused_bytes as f64 / script.bytes as f64 } else { 0.0 };
    let (unused, all) = (bytes(Some(script.unused_bytes)).text, bytes(Some(script.bytes)).text);
    prose.field("never ran", format!("{unused} of {all}, {}", Quantity::Share(share)));
    if script.sources.is_empty() {
        return;
    }
    prose.heading("By source file: size, never ran");
    for (name, size, unused) in &script.sources {
        let cell = |number: u64| text::right(&bytes(Some(number)).text, 10);
        let label = format!("  {} {}  ", cell(*size), cell(*unused));
        prose.labelled(piece(Role::Text, label), plain(name.clone()));
    }
}
