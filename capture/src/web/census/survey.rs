//! A census after loading and after each repeat of the steps, in every frame and worker.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use perf_look_analyzers::web::capture::{Census, MemoryPoint};

use super::closures::Closures;
use super::groups::Groups;
use super::memory;
use super::realm::{Count, Grouping, Realm, Seen, remember};
use super::retainers;
use crate::browser::{BrowserError, Context, ContextKind, Page};
use crate::web::sources::{Learnt, Sources};

/// How long one count may take in all; a page with hundreds of frames collects the garbage of all for each of them.
const PATIENCE: Duration = Duration::from_mins(1);

/// Without the page itself there is no census. A single answer has a limit of its own.
const PATIENCE_FOR_PAGE: Duration = Duration::from_mins(3);

/// A worker that computes without end does not answer.
const PATIENCE_WITHIN: Duration = Duration::from_secs(15);

/// Why the frames behind the last minute are not known.
const NO_TIME: &str = "counting those before it took a minute";

/// What was found so far.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    page: &'a Page,
    grouping: Grouping,
    sources: Option<Sources<'a>>,
    groups: Groups,
    closures: Closures,
    memory: Vec<MemoryPoint>,
    others: BTreeMap<String, u64>,
    /// After each repeat.
    collections: BTreeMap<String, Vec<u64>>,
    unseen: BTreeMap<String, String>,
    /// What holds the counters of selectors, by realm.
    known: BTreeMap<(String, i64), String>,
    notes: Vec<String>,
}

impl<'a> Survey<'a> {
    pub(super) async fn of(page: &'a Page) -> Result<Self, BrowserError> {
        Ok(Self {
            page,
            grouping: Grouping::of(page).await?,
            sources: None,
            groups: Groups::default(),
            closures: Closures::default(),
            memory: Vec::new(),
            others: BTreeMap::new(),
            collections: BTreeMap::new(),
            unseen: BTreeMap::new(),
            known: BTreeMap::new(),
            notes: Vec::new(),
        })
    }

    /// Counts what lives now.
    pub(super) async fn take(&mut self) -> Result<(), BrowserError> {
        let contexts = self.page.contexts().await?;
        let mut memory = memory::measure(self.page, &contexts).await?;
        if !self.memory.is_empty() {
            self.groups.go_on();
            self.closures.go_on();
        }
        self.others.clear();
        let begun = Instant::now();
        let mut functions = Some(0);
        for context in &contexts {
            let counted = if begun.elapsed() < PATIENCE { self.count(context).await } else { Err(NO_TIME.to_owned()) };
            match counted {
                Ok(count) => functions = functions.zip(self.add(context, count).await?).map(|(sum, here)| sum + here),
                Err(why) if context.kind == ContextKind::Page => return Err(BrowserError::Exception(why)),
                Err(why) => drop(self.unseen.insert(context.url.clone(), why)),
            }
        }
        memory.functions = functions;
        self.memory.push(memory);
        Ok(())
    }

    async fn count(&mut self, context: &Context) -> Result<Count, String> {
        let page = self.page;
        let known = self.known.get(&(context.session.clone(), context.id)).cloned();
        let grouping = self.grouping;
        let count = async {
            let known = match known {
                Some(known) => known,
                None => remember(page, context).await?,
            };
            let count = Realm { page, context, known: known.clone() }.count(grouping).await?;
            Ok((known, count))
        };
        let patience = if context.kind == ContextKind::Page { PATIENCE_FOR_PAGE } else { PATIENCE_WITHIN };
        let late = |_| format!("it did not answer within {} s", patience.as_secs());
        let counted: Result<_, BrowserError> = tokio::time::timeout(patience, count).await.map_err(late)?;
        let (known, count) = counted.map_err(|error| error.to_string())?;
        self.known.insert((context.session.clone(), context.id), known);
        Ok(count)
    }

    /// How many functions there were, where all were looked at.
    async fn add(&mut self, context: &Context, count: Count) -> Result<Option<u64>, BrowserError> {
        let Count { rows, counts, seen } = count;
        for (kind, number) in counts.others {
            *self.others.entry(kind).or_insert(0) += number;
        }
        if seen == Seen::All {
            self.closures.add(&context.session, counts.closures);
            // Those before this one are in the memory.
            let before = self.memory.len();
            for (kind, number) in counts.collections {
                let series = self.collections.entry(kind).or_default();
                series.resize(before + 1, 0);
                series[before] += number;
            }
        }
        // Sites are looked up at once: a document that the steps leave takes its scripts along.
        if self.sources.is_none() {
            self.sources = Some(Sources::of(self.page).await?);
        }
        if let Some(sources) = &mut self.sources {
            self.groups.add(sources, context, rows).await;
        }
        Ok((seen == Seen::All).then_some(counts.functions))
    }

    /// Looks for what holds the selectors that have become more with the repeats.
    pub(super) async fn explain_growth(&mut self) {
        let heap = self.memory.last().map_or(0, |point| point.heap_bytes);
        let (places, groups): (Vec<_>, Vec<_>) = self.groups.growing(self.page.session()).into_iter().unzip();
        if places.is_empty() {
            return;
        }
        match retainers::find(self.page, heap, &places).await {
            Ok(paths) => groups.into_iter().zip(paths).for_each(|(group, path)| group.retainers = path),
            Err(why) => self.notes.push(format!("what holds the growing selectors was not found: {why}")),
        }
    }

    /// The census, and what a reader should know.
    pub(super) async fn finish(self) -> Result<(Census, Learnt), BrowserError> {
        let mut learnt = Learnt { notes: self.notes, ..Learnt::default() };
        learnt.notes.extend(self.grouping.note().map(str::to_owned));
        let mut closures = Vec::new();
        if let Some(mut sources) = self.sources {
            closures = self.closures.rows(&mut sources).await;
            learnt.add(sources.learnt());
        }
        let others = self.others.into_iter().filter(|(_, number)| *number > 0);
        let census = Census {
            selectors: self.groups.rows(),
            memory: self.memory,
            closures,
            others: others.collect(),
            collections: self.collections.into_iter().collect(),
            unseen: self.unseen.into_iter().collect(),
        };
        Ok((census, learnt))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use perf_look_fixtures::pages::serve;

    use super::*;
    use crate::browser::{Browser, LaunchOptions, NATIVES, Patience};
    use crate::web::census::Search;

    /// How long the processes of a browser have computed. On a machine that is busy with other things this tells more
    /// than the clock, which is not slower than this where nothing else runs.
    fn computed(folder: &std::path::Path) -> Duration {
        let folder = folder.display().to_string();
        let of_process = |entry: std::fs::DirEntry| {
            let read = |name| std::fs::read_to_string(entry.path().join(name)).ok();
            read("cmdline").filter(|line| line.contains(&folder))?;
            let stat = read("stat")?;
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            Some(fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?)
        };
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        // In hundredths of a second on all that Linux runs on.
        Duration::from_millis(entries.filter_map(of_process).sum::<u64>() * 10)
    }

    /// A page that has loaded, in a browser of its own.
    async fn loaded(url: &str, search: Search) -> (Browser, Page) {
        let deadline = Duration::from_mins(5);
        let options = LaunchOptions { flags: vec![NATIVES.to_owned()], deadline, ..LaunchOptions::default() };
        let browser = Browser::launch(&options).await.unwrap();
        let page = browser.new_page().await.unwrap();
        search.prepare(&page).await.unwrap();
        page.load(url, Patience { deadline, ..Patience::default() }).await.unwrap();
        (browser, page)
    }

    async fn census(page: &Page) -> Census {
        let mut survey = Survey::of(page).await.unwrap();
        survey.take().await.unwrap();
        survey.finish().await.unwrap().0
    }

    /// How long a count takes by the clock and of the processor, without the start of the browser and the loading of the
    /// page, and how many selectors it found.
    async fn time(rows: usize) -> (Duration, Duration, u64) {
        let server = serve();
        let url = server.url(&format!("app/bad-reselect5.html?rows={rows}"));
        let (browser, page) = loaded(&url, Search::Heap).await;
        let search = Search::suiting(&page).await;
        browser.close().await.unwrap();
        let (browser, page) = loaded(&url, search).await;
        let (begun, before) = (Instant::now(), computed(browser.folder().unwrap()));
        let census = census(&page).await;
        let (took, computed) = (begun.elapsed(), computed(browser.folder().unwrap()).saturating_sub(before));
        browser.close().await.unwrap();
        (took, computed, census.selectors.iter().flat_map(|group| &group.instances).sum())
    }

    #[tokio::test]
    async fn selectors_that_were_noted_are_those_on_the_heap() {
        let server = serve();
        for app in ["bad-reselect3", "bad-toolkit", "re-reselect-reselect5", "copies-reselect5"] {
            let url = server.url(&format!("app/{app}.html"));
            let (browser, page) = loaded(&url, Search::Heap).await;
            let on_heap = census(&page).await;
            browser.close().await.unwrap();
            let (browser, page) = loaded(&url, Search::Register { heap: 0 }).await;
            let noted = census(&page).await;
            browser.close().await.unwrap();
            assert!(!on_heap.selectors.is_empty());
            assert_eq!(noted.selectors, on_heap.selectors, "{app}");
            // Stores are found among all objects, which are not listed in a large heap.
            let found_otherwise = on_heap.others.into_iter().filter(|(kind, _)| !kind.ends_with(" store"));
            assert_eq!(noted.others, found_otherwise.collect::<Vec<_>>(), "{app}");
            // What was not looked at has no number.
            assert_eq!((noted.memory[0].functions, noted.closures), (None, vec![]));
        }
    }

    #[tokio::test]
    #[ignore = "a measurement: benches/census"]
    async fn ten_thousand_and_a_hundred_thousand_selectors() {
        for rows in [10_000, 100_000] {
            let (took, computed, found) = time(rows).await;
            assert_eq!(found, rows as u64 + 2);
            let (took, computed) = (took.as_secs_f64(), computed.as_secs_f64());
            let line = format!("{found} selectors: {took:.2} s, the browser computed {computed:.2} s\n");
            std::io::stdout().write_all(line.as_bytes()).unwrap();
        }
    }
}
