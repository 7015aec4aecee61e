//! What kept the main thread busy: long tasks, layouts that scripts forced, large recalculations of style, and how long
//! clicks and keys waited.

use perf_look_analyzers::quantity::grouped;
use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::place::Site;
use perf_look_analyzers::web::trace::{ForcedSite, FunctionCost, Interaction, LONG_TASK_US, LargeRecalc, LongTask};

use super::selectors::{place, stack};
use super::{Cell, Column, List, millis, why_not};
use crate::canvas::{piece, plain};
use crate::text;
use crate::theme::Role;
use crate::view::prose::Prose;

pub(super) const LISTS: &[List] = &[
    List {
        name: "long tasks",
        of_one: "Task",
        usual: None,
        columns: &[
            Column::number("from", 10, 1, |page, row| time(long(page, row).map(|task| task.start_us))),
            Column::number("took", 10, 0, |page, row| time(long(page, row).map(|task| task.duration_us))),
            Column::number("over 50 ms", 10, 2, |page, row| time(long(page, row).map(over))),
            Column::rest("what took most of it", |page, row| {
                Cell::words(long(page, row).and_then(|task| task.functions.first()).map(function).unwrap_or_default())
            }),
        ],
        len: |page| page.trace().map_or(0, |trace| trace.long_tasks.len()),
        site: |page, row| long(page, row)?.functions.iter().find_map(|cost| cost.function.site()),
        detail: |page, row, prose| {
            if let Some(task) = long(page, row) {
                task_facts(task, prose);
            }
        },
        none: |page| why_not(&page.capture.timing, "no task of the main thread took longer than 50 ms"),
    },
    List {
        name: "forced layouts",
        of_one: "Forced layouts of one place",
        usual: None,
        columns: &[
            Column::number("times", 8, 0, |page, row| Cell::counted(forced(page, row).map(|site| site.count))),
            Column::number("waited", 10, 0, |page, row| time(forced(page, row).map(|site| site.us))),
            Column::number("in a task", 9, 2, |page, row| {
                Cell::counted(forced(page, row).map(|site| site.most_in_a_task))
            }),
            Column::number("styles", 8, 3, |page, row| Cell::counted(forced(page, row).map(|site| site.style_recalcs))),
            Column::number("layouts", 8, 3, |page, row| Cell::counted(forced(page, row).map(|site| site.layouts))),
            Column::rest("place", |page, row| place(forced(page, row).map(|site| &site.site))),
        ],
        len: |page| page.trace().map_or(0, |trace| trace.layouts.forced.len()),
        site: |page, row| forced(page, row).map(|forced| forced.site.clone()),
        detail: |page, row, prose| {
            if let Some(site) = forced(page, row) {
                forced_facts(site, prose);
            }
        },
        none: |page| why_not(&page.capture.timing, "no script forced a layout"),
    },
    List {
        name: "large recalculations",
        of_one: "Recalculation of style",
        usual: None,
        columns: &[
            Column::number("from", 10, 1, |page, row| time(recalc(page, row).map(|recalc| recalc.start_us))),
            Column::number("took", 10, 0, |page, row| time(recalc(page, row).map(|recalc| recalc.duration_us))),
            Column::number("elements", 9, 0, |page, row| {
                Cell::counted(recalc(page, row).map(|recalc| recalc.elements))
            }),
            Column::rest("forced by", |page, row| {
                place(recalc(page, row).and_then(|recalc| recalc.forced_by.as_ref()))
            }),
        ],
        len: |page| page.trace().map_or(0, |trace| trace.layouts.large_recalcs.len()),
        site: |page, row| recalc(page, row)?.forced_by.clone(),
        detail: |page, row, prose| {
            if let Some(recalc) = recalc(page, row) {
                recalc_facts(recalc, prose);
            }
        },
        none: |page| {
            why_not(&page.capture.timing, "no recalculation of style took 40 ms or longer for more than 300 elements")
        },
    },
    List {
        name: "interactions",
        of_one: "Interaction",
        usual: None,
        columns: &[
            Column::number("from", 10, 1, |page, row| time(answered(page, row).map(|done| done.start_us))),
            Column::number("answered", 10, 0, |page, row| time(answered(page, row).map(Interaction::duration_us))),
            Column::number("waited", 10, 2, |page, row| time(answered(page, row).map(|done| done.input_delay_us))),
            Column::number("handlers", 10, 2, |page, row| time(answered(page, row).map(|done| done.processing_us))),
            Column::number("painting", 10, 2, |page, row| time(answered(page, row).map(|done| done.presentation_us))),
            Column::rest("what", |page, row| Cell::words(answered(page, row).map_or("", |done| &done.kind))),
        ],
        len: |page| page.trace().map_or(0, |trace| trace.interactions.len()),
        site: |_, _| None,
        detail: |page, row, prose| {
            if let Some(done) = answered(page, row) {
                answer(done, prose);
            }
        },
        none: |page| why_not(&page.capture.timing, "no click, tap or key was recorded (--steps FILE plays some)"),
    },
];

fn long(page: &Page, row: usize) -> Option<&LongTask> {
    page.trace()?.long_tasks.get(row)
}

fn forced(page: &Page, row: usize) -> Option<&ForcedSite> {
    page.trace()?.layouts.forced.get(row)
}

fn recalc(page: &Page, row: usize) -> Option<&LargeRecalc> {
    page.trace()?.layouts.large_recalcs.get(row)
}

fn answered(page: &Page, row: usize) -> Option<&Interaction> {
    page.trace()?.interactions.get(row)
}

fn time(us: Option<u64>) -> Cell {
    us.map_or_else(|| Cell::counted(None), Cell::time)
}

/// What of a task blocked the page.
fn over(task: &LongTask) -> u64 {
    task.duration_us.saturating_sub(LONG_TASK_US)
}

/// `12.3 ms update  app.js:1:200`.
fn function(cost: &FunctionCost) -> String {
    let name = if cost.function.name.is_empty() { "(anonymous)" } else { &cost.function.name };
    let place = match (cost.function.at, cost.function.url.as_str()) {
        (None, _) => String::new(),
        (Some(at), "") => format!("  (no address):{at}"),
        (Some(at), url) => format!("  {url}:{at}"),
    };
    format!("{} {name}{place}", millis(cost.self_us))
}

fn task_facts(task: &LongTask, prose: &mut Prose) {
    let words = format!("{} from {} on", millis(task.duration_us), millis(task.start_us));
    prose.headline(piece(Role::Strong, words), plain(""));
    prose.field("blocked", format!("{} over the 50 ms that nobody feels", millis(over(task))));
    if task.functions.is_empty() {
        prose.field("functions", "nothing was sampled in it");
        return;
    }
    prose.heading("What ran in it, each with its own time");
    for cost in &task.functions {
        let (time, rest) = (millis(cost.self_us), function(cost));
        let words = rest.strip_prefix(&time).unwrap_or(&rest).trim_start().to_owned();
        prose.labelled(piece(Role::Text, format!("  {}  ", text::right(&time, 9))), plain(words));
    }
}

fn forced_facts(forced: &ForcedSite, prose: &mut Prose) {
    prose.headline(piece(Role::Strong, forced.site.to_string()), plain(""));
    let (count, most) = (grouped(forced.count as f64), grouped(forced.most_in_a_task as f64));
    prose.field("forced", format!("{count} times, at most {most} in one task"));
    prose.field("waited", millis(forced.us));
    let (styles, layouts) = (grouped(forced.style_recalcs as f64), grouped(forced.layouts as f64));
    prose.field("of these", format!("{styles} recalculations of style, {layouts} layouts"));
    let callers: Vec<Site> = forced.stack.iter().skip(1).cloned().collect();
    stack(prose, &callers);
}

fn recalc_facts(recalc: &LargeRecalc, prose: &mut Prose) {
    let words = format!("{} elements in {}", grouped(recalc.elements as f64), millis(recalc.duration_us));
    prose.headline(piece(Role::Strong, words), plain(""));
    prose.field("from", format!("{} on", millis(recalc.start_us)));
    let by = recalc.forced_by.as_ref().map(Site::to_string);
    prose.field("forced by", by.unwrap_or_else(|| "no script: a frame was due".to_owned()));
}

fn answer(done: &Interaction, prose: &mut Prose) {
    let words = format!("{} at {}: answered after {}", done.kind, millis(done.start_us), millis(done.duration_us()));
    prose.headline(piece(Role::Strong, words), plain(""));
    prose.field("waited", format!("{} until the first handler ran", millis(done.input_delay_us)));
    prose.field("handlers", format!("{} while they ran", millis(done.processing_us)));
    prose.field("painting", format!("{} until the next frame was shown", millis(done.presentation_us)));
}
