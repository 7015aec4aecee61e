//! Style and layout of the main thread, and who forced it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Event, Number, StackFrame, Thread, sites};
use super::page::Page;
use super::profile::chunks::Sampled;
use super::tasks::Span;
use crate::web::place::Site;

/// A recalculation of more elements that takes longer than [`LARGE_RECALC_US`] is a large one.
pub const LARGE_RECALC_ELEMENTS: u64 = 300;

/// See [`LARGE_RECALC_ELEMENTS`]; both are where Chromium's own tools begin to warn.
pub const LARGE_RECALC_US: u64 = 40_000;

/// What style and layout took since the navigation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layouts {
    /// How often layout ran.
    pub layouts: u64,
    /// How long in all.
    pub layout_us: u64,
    /// Objects that were to be laid out anew, of all runs.
    pub dirty_objects: u64,
    /// How often style was recalculated.
    pub style_recalcs: u64,
    /// How long in all.
    pub style_us: u64,
    /// Elements that got a style, of all recalculations.
    pub elements: u64,
    /// Recalculations of many elements, in the order of time.
    pub large_recalcs: Vec<LargeRecalc>,
    /// What scripts forced, by site, the longest first.
    pub forced: Vec<ForcedSite>,
    /// Tasks in which scripts forced something, in the order of time.
    pub forced_tasks: Vec<ForcedTask>,
}

/// A recalculation of more than 300 elements that took 40 ms or longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeRecalc {
    /// Since the navigation.
    pub start_us: u64,
    /// From its begin to its end.
    pub duration_us: u64,
    /// That got a style.
    pub elements: u64,
    /// Where a script forced it; none where the frame did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced_by: Option<Site>,
}

/// A place in a script that asks for what only layout or style can answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForcedSite {
    /// Where it asks.
    pub site: Site,
    /// How often it had to wait. A recalculation and the layout right after it are once.
    pub count: u64,
    /// Of these, recalculations of style.
    pub style_recalcs: u64,
    /// Of these, layouts.
    pub layouts: u64,
    /// How long it waited in all.
    pub us: u64,
    /// The most in one task.
    pub most_in_a_task: u64,
    /// The stack that forced most of it, innermost first and that is the site. The others are where functions begin.
    /// Only the site where nothing was sampled.
    pub stack: Vec<Site>,
}

/// A task in which scripts forced style or layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForcedTask {
    /// Since the navigation.
    pub start_us: u64,
    /// Of the whole task.
    pub duration_us: u64,
    /// How often scripts had to wait in it.
    pub count: u64,
    /// How long in all.
    pub forced_us: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Style,
    Layout,
}

/// An UpdateLayoutTree or a Layout.
#[derive(Debug)]
struct Update {
    thread: Thread,
    span: Span,
    kind: Kind,
    /// Elements or objects.
    size: u64,
    /// The moment, to find the stack in the profile.
    moment: Option<u64>,
    /// The top of the stack, by its place in the list of stacks. There is one only while a script runs.
    stack: Option<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Collected {
    updates: Vec<Update>,
    stacks: BTreeMap<Vec<Site>, usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Args {
    begin_data: BeginData,
    pub(super) element_count: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BeginData {
    dirty_objects: Number,
    sample_trace_id: Option<u64>,
    stack_trace: Vec<StackFrame>,
}

impl Collected {
    pub(super) fn update(&mut self, event: Event<'_, Args>, kind: Kind) {
        let (thread, span) = (event.thread(), Span { start_us: event.start_us(), duration_us: event.duration_us() });
        let Args { begin_data, element_count } = event.args;
        let stack = sites(begin_data.stack_trace);
        let next = self.stacks.len();
        let stack = (!stack.is_empty()).then(|| *self.stacks.entry(stack).or_insert(next));
        let size = match kind {
            Kind::Style => element_count.whole(),
            Kind::Layout => begin_data.dirty_objects.whole(),
        };
        self.updates.push(Update { thread, span, kind, size, moment: begin_data.sample_trace_id, stack });
    }

    pub(super) fn finish(mut self, page: &Page, tasks: &[Span], sampled: Option<&Sampled>) -> Layouts {
        self.updates.retain(|update| page.runs(update.thread, update.span.start_us));
        self.updates.sort_by_key(|update| update.span);
        let mut stacks = vec![Vec::new(); self.stacks.len()];
        for (stack, at) in self.stacks {
            stacks[at] = stack;
        }
        let (forced, forced_tasks) = Forcing { page, tasks, sampled, stacks: &stacks }.all(&self.updates);
        let large_recalcs = self.updates.iter().filter_map(|update| large(update, page, &stacks)).collect();
        let mut layouts = Layouts { large_recalcs, forced, forced_tasks, ..Layouts::default() };
        for update in &self.updates {
            layouts.add(update);
        }
        layouts
    }
}

impl Layouts {
    fn add(&mut self, update: &Update) {
        let (count, us, size) = match update.kind {
            Kind::Style => (&mut self.style_recalcs, &mut self.style_us, &mut self.elements),
            Kind::Layout => (&mut self.layouts, &mut self.layout_us, &mut self.dirty_objects),
        };
        *count += 1;
        *us = us.saturating_add(update.span.duration_us);
        *size = size.saturating_add(update.size);
    }
}

fn large(update: &Update, page: &Page, stacks: &[Vec<Site>]) -> Option<LargeRecalc> {
    let is_large =
        update.kind == Kind::Style && LARGE_RECALC_ELEMENTS < update.size && LARGE_RECALC_US <= update.span.duration_us;
    is_large.then(|| LargeRecalc {
        start_us: page.since_us(update.span.start_us),
        duration_us: update.span.duration_us,
        elements: update.size,
        forced_by: update.stack.and_then(|stack| stacks[stack].first().cloned()),
    })
}

/// What is needed to say who forced what.
struct Forcing<'a> {
    page: &'a Page,
    tasks: &'a [Span],
    sampled: Option<&'a Sampled>,
    stacks: &'a [Vec<Site>],
}

/// A site while it is added up.
#[derive(Default)]
struct AtSite {
    count: u64,
    style_recalcs: u64,
    layouts: u64,
    us: u64,
    /// By task.
    tasks: BTreeMap<Option<usize>, u64>,
    /// By stack.
    stacks: BTreeMap<Vec<Site>, u64>,
}

impl Forcing<'_> {
    fn all(&self, updates: &[Update]) -> (Vec<ForcedSite>, Vec<ForcedTask>) {
        let mut by_site: BTreeMap<&Site, AtSite> = BTreeMap::new();
        let mut by_task: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        let mut before: Option<(&Update, Option<usize>)> = None;
        for update in updates {
            let Some(stack) = update.stack.map(|stack| &self.stacks[stack]) else {
                before = None;
                continue;
            };
            let task = self.task_of(update.span);
            // One question needs both, if styles have changed: they are told as two events.
            let is_same = before.is_some_and(|(before, of)| is_pair(before, update) && of == task);
            let once = u64::from(!is_same);
            let site = by_site.entry(&stack[0]).or_default();
            site.add(update, task, once);
            *site.stacks.entry(self.stack(update, stack)).or_default() += once;
            if let Some(task) = task {
                let (count, us) = by_task.entry(task).or_default();
                (*count, *us) = (*count + once, us.saturating_add(update.span.duration_us));
            }
            before = Some((update, task));
        }
        let mut sites: Vec<ForcedSite> = by_site.into_iter().map(|(site, at)| at.finish(site)).collect();
        sites.sort_by_key(|site| std::cmp::Reverse((site.us, site.count)));
        (sites, by_task.into_iter().map(|(task, sums)| self.task(task, sums)).collect())
    }

    fn task(&self, task: usize, (count, forced_us): (u64, u64)) -> ForcedTask {
        let span = self.tasks[task];
        let start_us = self.page.since_us(span.start_us);
        ForcedTask { start_us, duration_us: span.duration_us, count, forced_us }
    }

    fn task_of(&self, span: Span) -> Option<usize> {
        let after = self.tasks.partition_point(|task| task.start_us <= span.start_us);
        after.checked_sub(1).filter(|task| span.start_us < self.tasks[*task].end_us())
    }

    /// The whole stack from the profile, with the place that the event names on top, which is exact.
    fn stack(&self, update: &Update, top: &[Site]) -> Vec<Site> {
        let sampled = self.sampled.and_then(|sampled| {
            let node = *sampled.moments.get(&update.moment?)?;
            Some(sampled.profile.stack(node).filter_map(|node| node.function.site()).skip(1))
        });
        match sampled {
            Some(callers) if top.len() == 1 => top.iter().cloned().chain(callers).collect(),
            _ => top.to_vec(),
        }
    }
}

/// Is it a layout right after a recalculation, asked for by the same place?
fn is_pair(before: &Update, update: &Update) -> bool {
    before.kind == Kind::Style && update.kind == Kind::Layout && before.stack == update.stack
}

impl AtSite {
    fn add(&mut self, update: &Update, task: Option<usize>, once: u64) {
        self.count += once;
        self.us = self.us.saturating_add(update.span.duration_us);
        *self.tasks.entry(task).or_default() += once;
        match update.kind {
            Kind::Style => self.style_recalcs += 1,
            Kind::Layout => self.layouts += 1,
        }
    }

    fn finish(self, site: &Site) -> ForcedSite {
        let most = self.stacks.into_iter().rev().max_by_key(|(_, count)| *count);
        ForcedSite {
            site: site.clone(),
            count: self.count,
            style_recalcs: self.style_recalcs,
            layouts: self.layouts,
            us: self.us,
            most_in_a_task: self.tasks.into_values().max().unwrap_or(0),
            stack: most.map(|(stack, _)| stack).unwrap_or_default(),
        }
    }
}
