//! The frames of a page: what was sampled, put together by what called what.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Builder, Class, Flame, Frame, FrameId, Measure};
use crate::compare::pages::Addresses;
use crate::quantity::Ms;
use crate::web::place::Site;
use crate::web::trace::{Function, Profile};

/// What all that was sampled stands on.
pub const MAIN_THREAD: &str = "main thread";

pub(super) fn flame(profile: &Profile) -> Flame {
    let mut calls = Calls::default();
    let mut places: Vec<Option<usize>> = Vec::with_capacity(profile.nodes.len());
    let mut idle_us = 0;
    for node in &profile.nodes {
        let place = match node.parent {
            None => Some(calls.root()),
            Some(_) if Class::of_function(&node.function) == Class::Idle => None,
            Some(caller) => places[caller].map(|caller| calls.call(caller, &node.function)),
        };
        match place {
            Some(place) => calls.made[place].own_us += node.self_us,
            None => idle_us += node.self_us,
        }
        places.push(place);
    }
    calls.flame(Ms(milliseconds(idle_us)))
}

/// Functions by the path of calls that leads to them.
#[derive(Default)]
struct Calls {
    /// What calls stands before what is called.
    made: Vec<Call>,
    /// By what calls it, and its name in full.
    places: BTreeMap<(usize, String), usize>,
    /// The short names that are taken below each.
    short: BTreeSet<(usize, String)>,
}

struct Call {
    label: String,
    code: Option<(String, String)>,
    class: Class,
    detail: Option<String>,
    own_us: u64,
    total_us: u64,
    inside: Vec<usize>,
}

impl Calls {
    /// The one that all others are in.
    fn root(&mut self) -> usize {
        if self.made.is_empty() {
            self.add(MAIN_THREAD.to_owned(), Class::Browser, None);
        }
        0
    }

    /// What has the same name at the same place is one, though the browser may tell it apart.
    fn call(&mut self, caller: usize, function: &Function) -> usize {
        let site = function.site();
        let full =
            site.as_ref().map_or_else(|| function.shown_name().to_owned(), |site| label(function, site, site.file()));
        if let Some(place) = self.places.get(&(caller, full.clone())) {
            return *place;
        }
        let short = function.label();
        let label = if self.short.insert((caller, short.clone())) { short } else { full.clone() };
        let name = site.as_ref().and_then(Site::function).unwrap_or_else(|| function.shown_name());
        let file = site.as_ref().map_or("", Site::file);
        let code = Some((name.to_owned(), file.to_owned()));
        let place = self.add(label, Class::of_function(function), code);
        self.made[place].detail = site.map(|site| Site { function: None, ..site }.to_string());
        self.made[caller].inside.push(place);
        self.places.insert((caller, full), place);
        place
    }

    fn add(&mut self, label: String, class: Class, code: Option<(String, String)>) -> usize {
        self.made.push(Call { label, code, class, detail: None, own_us: 0, total_us: 0, inside: Vec::new() });
        self.made.len() - 1
    }

    /// What took longest stands first.
    fn sort(&mut self) {
        for place in (0..self.made.len()).rev() {
            let inside = std::mem::take(&mut self.made[place].inside);
            let total = inside.iter().map(|place| self.made[*place].total_us).sum::<u64>();
            let mut sorted = inside;
            sorted.sort_by_key(|place| std::cmp::Reverse(self.made[*place].total_us));
            let call = &mut self.made[place];
            call.total_us = call.own_us + total;
            call.inside = sorted;
        }
    }

    fn flame(mut self, idle: Ms) -> Flame {
        self.root();
        self.sort();
        let mut builder = Builder { frames: Vec::with_capacity(self.made.len()) };
        // Not by recursion: a file can hold stacks that no browser ever had.
        let mut waiting: Vec<(Option<FrameId>, usize)> = vec![(None, 0)];
        while let Some((holder, place)) = waiting.pop() {
            let call = &self.made[place];
            let own = milliseconds(call.own_us);
            let (detail, code) = (call.detail.clone(), call.code.clone());
            let frame = Frame { class: call.class, detail, code, ..Frame::outside(&*call.label, own) };
            let id = builder.add(holder, frame);
            waiting.extend(call.inside.iter().rev().map(|inside| (Some(id), *inside)));
        }
        let idle = if idle > Ms::ZERO { format!("idle {idle} not drawn; ") } else { String::new() };
        let note = format!("CPU of the main thread, sampled; {idle}what took longest is first, whenever it ran");
        builder.finish(Measure::Wall, vec![note])
    }
}

/// The frame before of each frame after: what the same called, by its name and file. Lines are left out, since code moves;
/// of several of one name and file, what took longest then is what takes longest now.
pub(super) fn counterparts(
    (before, old): (&Flame, Addresses<'_>),
    (after, new): (&Flame, Addresses<'_>),
) -> Vec<Option<FrameId>> {
    let mut was: Vec<Option<FrameId>> = vec![None; after.frames().len()];
    was[0] = Some(0);
    for id in 0..was.len() {
        let Some(caller) = was[id] else { continue };
        let mut inside: BTreeMap<_, VecDeque<FrameId>> = BTreeMap::new();
        for child in before.children(caller) {
            inside.entry(known_by(before, child, old)).or_default().push_back(child);
        }
        for child in after.children(id) {
            was[child] = inside.get_mut(&known_by(after, child, new)).and_then(VecDeque::pop_front);
        }
    }
    was
}

fn known_by<'f>(flame: &'f Flame, id: FrameId, addresses: Addresses<'_>) -> (&'f str, Cow<'f, str>) {
    match &flame.frames()[id].code {
        Some((name, file)) => (name, addresses.file(file)),
        None => (&flame.frames()[id].label, Cow::Borrowed("")),
    }
}

fn milliseconds(us: u64) -> f64 {
    us as f64 / 1e3
}

impl Function {
    /// As the browser names it.
    fn shown_name(&self) -> &str {
        if self.name.is_empty() { "(anonymous)" } else { &self.name }
    }

    /// `render (Row.jsx:20:14)`; what has no script has no place: `querySelector`, `(garbage collector)`.
    pub fn label(&self) -> String {
        match self.site() {
            Some(site) => label(self, &site, last_part(site.file())),
            None => self.shown_name().to_owned(),
        }
    }
}

fn label(function: &Function, site: &Site, file: &str) -> String {
    let file = if file.is_empty() { "no address" } else { file };
    format!("{} ({file}:{})", site.function().unwrap_or_else(|| function.shown_name()), site.position())
}

/// What tells files apart at a glance: `https://a.example/js/app.js?v=1` is `app.js`.
fn last_part(file: &str) -> &str {
    let path = file.split(['?', '#']).next().unwrap_or(file).trim_end_matches('/');
    path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(file)
}

impl Class {
    /// What a function is part of.
    pub fn of_function(function: &Function) -> Self {
        let Some(site) = function.site() else {
            return match function.name.as_str() {
                "(idle)" => Self::Idle,
                "(garbage collector)" => Self::Garbage,
                _ => Self::Browser,
            };
        };
        if site.file().contains("node_modules/") { Self::Library } else { Self::Script }
    }
}
