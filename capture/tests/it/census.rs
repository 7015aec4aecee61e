//! The heap census: what is known of a page's live selectors is what lives there, to the last one.

use perf_look_analyzers::web::Page;
use perf_look_analyzers::web::capture::{Census, Entries, PageCapture, Pass, SelectorGroup};
use perf_look_analyzers::web::place::Site;
use perf_look_capture::browser::{Browser, LaunchOptions, Steps};
use perf_look_capture::web::{PassName, Visit, Which, look};
use perf_look_fixtures::named;
use perf_look_fixtures::pages::{Server, serve};
use serde_json::Value;

use crate::browser::LONG;
use crate::identity::address;

fn visit(url: &str) -> Visit {
    Visit { deadline: LONG, passes: [PassName::Census].into(), ..Visit::of(url) }
}

async fn capture(url: String) -> PageCapture {
    look(&visit(&url), &mut |_| ()).await.unwrap()
}

#[track_caller]
fn rows(capture: &PageCapture) -> &Census {
    match &capture.census {
        Pass::Measured { rows, .. } => rows,
        other => panic!("{other:?}"),
    }
}

/// Original file and line, and the function there.
fn name(group: &SelectorGroup) -> String {
    let site = &group.site;
    // The pages are built in a folder of their own.
    let file = site.file().trim_start_matches("src/");
    format!("{file}:{} {}", site.position().line, site.function().unwrap_or("-"))
}

/// Site, how many live, and how often they ran, sorted.
type Found = Vec<(String, u64, u64)>;

fn found<'a>(groups: impl Iterator<Item = &'a SelectorGroup>) -> Found {
    let mut found: Vec<_> = groups.map(|it| (name(it), it.instances[0], it.recomputations)).collect();
    found.sort();
    found
}

fn expected(entry: &Value) -> Found {
    let rows = entry["selectors"].as_array().unwrap().iter().map(|row| {
        let function = row["function"].as_str().unwrap_or("-");
        let name = format!("{}:{} {function}", row["file"].as_str().unwrap(), row["line"]);
        (name, row["load"]["live"].as_u64().unwrap(), row["load"]["recomputations"].as_u64().unwrap())
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    rows
}

/// What is expected of pages, by the address of each.
fn expectations(server: &Server) -> Vec<(String, Value)> {
    let entries: Vec<Value> = serde_json::from_str(&named("pages/expected.json")).unwrap();
    let entries = entries.into_iter().filter(|entry| entry.get("selectors").is_some());
    let pages = |entry: Value| {
        let query = entry["query"].as_str().unwrap_or_default().to_owned();
        let pages = entry["pages"].as_array().unwrap().clone().into_iter();
        pages.map(move |page| (format!("{}{query}", page.as_str().unwrap()), entry.clone()))
    };
    entries.flat_map(pages).map(|(page, entry)| (server.url(&page), entry)).collect()
}

/// All variants with one library, all libraries with one variant, and a development build.
fn is_looked_at(url: &str) -> bool {
    let is_named = |part: &str| url.contains(part);
    let is_dev = is_named("-dev.html");
    !is_dev && ["-reselect5.html", "/bad-"].into_iter().any(is_named) || is_named("/badrender-reselect5-dev.html")
}

/// One page with the fixtures' pages in frames, which are of another site than itself.
#[tokio::test]
async fn every_page_has_the_selectors_that_it_makes_and_no_other() {
    let server = serve();
    let mut expectations = expectations(&server);
    expectations.retain(|(url, _)| is_looked_at(url));
    let frames = expectations.iter().map(|(url, _)| format!("<iframe src='{url}'></iframe>"));
    let port = crate::browser::serve(Box::leak(Box::new([("/", frames.collect::<String>().leak() as &str)])));
    let capture = capture(format!("http://localhost:{port}/")).await;
    let census = rows(&capture);
    assert_eq!((&census.unseen, &capture.notes), (&vec![], &vec![]));
    assert!(expectations.len() > 10);
    for (url, entry) in expectations {
        let in_frame = found(census.selectors.iter().filter(|group| group.realm == url));
        assert_eq!(in_frame, expected(&entry), "{url}");
    }
}

#[tokio::test]
async fn the_code_around_a_factory_is_kept_as_it_was_before_the_build() {
    let server = serve();
    let capture = capture(server.url("app/bad-reselect5.html?rows=150")).await;
    let most = rows(&capture).selectors.iter().max_by_key(|group| group.instances[0]).unwrap().site.clone();
    let page = Page::of(capture);
    let (excerpt, line) = page.excerpt(&most).unwrap();
    // The pages are built in a folder of their own.
    assert!(excerpt.file.ends_with("app/bad.jsx") && excerpt.first_line == 6, "{excerpt:?}");
    assert_eq!(excerpt.lines[line], "    (items, id) => ({ name: items[id].name, done: items[id].done }),");
    assert_eq!(excerpt.lines[line - 2], "  return createSelector(");
    let longest = page.capture.sources.iter().map(|it| it.lines.len()).max();
    assert!(longest.is_some_and(|lines| lines < 40), "whole files are kept");
}

/// All but the size of the heap, which is not the same each time: by half a per cent.
fn without_bytes(census: &Census) -> Census {
    let mut census = census.clone();
    census.memory.iter_mut().for_each(|point| point.heap_bytes = 0);
    census
}

#[tokio::test]
async fn a_census_is_the_same_each_time() {
    let server = serve();
    let url = server.url("app/bad-reselect5.html?rows=1000");
    let first = without_bytes(rows(&capture(url.clone()).await));
    assert_eq!(first.selectors.len(), 3);
    assert_eq!(without_bytes(rows(&capture(url.clone()).await)), first);
}

async fn repeated(url: String, steps: &str, repeats: u32) -> PageCapture {
    let steps = Some(Steps::read("steps", steps).unwrap());
    look(&Visit { steps, repeats, ..visit(&url) }, &mut |_| ()).await.unwrap()
}

#[tokio::test]
async fn a_leak_grows_by_its_selectors_with_each_repeat() {
    let server = serve();
    let capture = repeated(server.url("app/leak-reselect5.html"), "click #rename", 3).await;
    let census = rows(&capture);
    let leaking = census.selectors.iter().find(|group| name(group) == "app/leak.jsx:12 selectorFor").unwrap();
    assert_eq!(leaking.instances, [5, 10, 15, 20]);
    // 5 new ones a repeat, and those of the rendering before, which react-redux asks once more.
    assert_eq!(leaking.step_recomputations, Some(30));
    let way = leaking.retainers.join(" → ");
    assert!(way.contains("Map") && leaking.retainers.len() > 2, "{way} {:?}", capture.notes);
    assert!(census.closures.iter().any(|(site, series)| *site == leaking.site && *series == leaking.instances));
    assert!(census.selectors.iter().filter(|group| *group != leaking).all(|group| group.instances == [1; 4]));
    assert_eq!(census.memory.len(), 4);
}

#[tokio::test]
async fn a_bounded_cache_does_not_grow() {
    let server = serve();
    let capture = repeated(server.url("app/noleak-reselect5.html"), "click #rename", 3).await;
    let census = rows(&capture);
    assert!(census.selectors.iter().all(|group| group.instances.windows(2).all(|pair| pair[0] == pair[1])));
    let counts = census.memory[1..].iter().map(|point| (point.functions, point.nodes, point.listeners));
    assert_eq!(counts.collect::<std::collections::BTreeSet<_>>().len(), 1, "{:#?}", census.memory);
}

#[tokio::test]
async fn nodes_that_are_kept_outside_of_the_document_are_counted() {
    let server = serve();
    let capture = repeated(server.url("detached/index.html"), "click #leak", 3).await;
    let detached: Vec<_> = rows(&capture).memory.iter().map(|point| point.detached).collect();
    assert_eq!(detached, [0, 10, 20, 30].map(Some), "{:#?}", rows(&capture).memory);
}

#[tokio::test]
async fn one_new_item_recomputes_the_selectors_of_all_rows() {
    let server = serve();
    let capture = repeated(server.url("app/bad-reselect5.html?rows=1000"), "click #rename", 1).await;
    let census = rows(&capture);
    let rows = census.selectors.iter().find(|group| name(group).starts_with("app/bad.jsx")).unwrap();
    assert_eq!((&*rows.instances, rows.step_recomputations), (&[1000, 1000][..], Some(1000)));
    assert_eq!((rows.recomputations, rows.single_use), (2000, 0));
}

/// What the caches of each place keep.
async fn cached(page: &str, repeats: u32) -> Vec<(String, Option<Entries>)> {
    let server = serve();
    let url = server.url(&format!("app/{page}"));
    let capture = if repeats > 0 { repeated(url, "click #rename", repeats).await } else { capture(url).await };
    let mut found: Vec<_> = rows(&capture).selectors.iter().map(|group| (name(group), group.cache_entries)).collect();
    found.retain(|(name, _)| !name.contains("shared.jsx"));
    found
}

fn kept(name: &str, entries: Entries) -> (String, Option<Entries>) {
    (name.to_owned(), Some(entries))
}

#[tokio::test]
async fn each_result_that_a_cache_keeps_is_counted() {
    let found = Box::pin(cached("cache-reselect5.html?rows=1500", 0)).await;
    let exact = |name, entries| kept(name, Entries::Exactly(entries));
    assert_eq!(found, [exact("app/cache.jsx:10 -", 1500), exact("app/cache.jsx:11 -", 750)]);
}

#[tokio::test]
async fn numbers_stay_in_a_cache_for_ever() {
    let found = Box::pin(cached("cache-reselect5.html?rows=1500", 3)).await;
    assert_eq!(found[0], kept("app/cache.jsx:10 -", Entries::Exactly(6000)));
}

#[tokio::test]
async fn a_cache_that_is_too_large_to_be_counted_keeps_at_least_so_much() {
    let found = Box::pin(cached("cache-reselect5.html?rows=100001", 0)).await;
    let least = |name, entries| kept(name, Entries::AtLeast(entries));
    assert_eq!(found, [least("app/cache.jsx:10 -", 100_000), least("app/cache.jsx:11 -", 2_000)]);
}

#[tokio::test]
async fn the_caches_of_fifty_selectors_of_a_place_are_looked_into() {
    let rows = async |rows| Box::pin(cached(&format!("bad-reselect5.html?rows={rows}"), 0)).await;
    assert_eq!(rows(50).await[0].1, Some(Entries::Exactly(50)));
    assert_eq!(rows(51).await[0].1, Some(Entries::AtLeast(50)));
}

#[tokio::test]
async fn a_cache_of_another_kind_has_no_number() {
    let found = Box::pin(cached("good-reselect4.html", 0)).await;
    assert!(!found.is_empty() && found.iter().all(|(_, entries)| entries.is_none()), "{found:#?}");
}

#[tokio::test]
async fn what_memoises_without_a_sign_is_seen_by_its_closures() {
    let server = serve();
    let capture = capture(server.url("app/proxy-memoize-reselect5.html?rows=1000")).await;
    let closures = &rows(&capture).closures;
    let place = |site: &Site| format!("{}:{}", site.file(), site.position().line);
    let of_factory = closures.iter().find(|(site, _)| place(site) == "src/app/proxy-memoize.jsx:10").unwrap();
    assert_eq!((of_factory.0.function(), &*of_factory.1), (Some("makeSelectRow"), &[1000][..]), "{closures:#?}");
}

#[tokio::test]
async fn sets_of_jquery_that_live_and_collections_that_grow_are_counted() {
    let server = serve();
    let capture = capture(server.url("jquery/index.html")).await;
    assert_eq!(rows(&capture).others, [("jquery set".to_owned(), 32)]);
    let capture = repeated(server.url("app/leak-reselect5.html"), "click #rename", 3).await;
    let census = rows(&capture);
    assert!(census.others.contains(&("redux store".to_owned(), 1)), "{:?}", census.others);
    let (_, entries) = census.collections.iter().find(|(kind, _)| kind == "entries of Maps").unwrap();
    let growth: Vec<_> = entries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(growth[1..], [5, 5], "{entries:?}");
}

/// Two factories whose combiners have one text: V8 tells them apart, the text does not.
#[tokio::test]
async fn in_a_browser_that_does_not_tell_places_selectors_are_grouped_by_text() {
    let server = serve();
    let theirs = Browser::launch(&LaunchOptions { deadline: LONG, ..LaunchOptions::default() }).await.unwrap();
    let browser = Which::Theirs(address(&theirs).0);
    let url = server.url("app/twins-reselect5.html?rows=100");
    let visit =
        Visit { browser, steps: Some(Steps::read("steps", "click #rename").unwrap()), repeats: 1, ..visit(&url) };
    let capture = look(&visit, &mut |_| ()).await.unwrap();
    let census = rows(&capture);
    let mut found: Vec<_> = census.selectors.iter().map(|group| (name(group), &*group.instances)).collect();
    found.sort();
    let (twins, shared) = (("app/twins.jsx:12 makeSelectNames".to_owned(), &[110, 110][..]), [1, 1]);
    let one = |line| (format!("app/shared.jsx:{line} -"), &shared[..]);
    assert_eq!(found, [one(6), one(7), twins]);
    assert!(capture.notes.iter().any(|note| note.contains("the same text count as one site")), "{:?}", capture.notes);
    // Functions are counted, but nobody says where they are.
    assert!(census.closures.is_empty() && census.memory[0].functions.is_some());
    theirs.close().await.unwrap();
}

#[tokio::test]
async fn sheets_and_rules_that_a_script_adds_are_counted() {
    let server = serve();
    let steps = "click #grow\nclick #grow-sheets";
    let capture = repeated(server.url("cssinjs/index.html"), steps, 2).await;
    let css: Vec<_> = rows(&capture).memory.iter().map(|point| (point.sheets, point.css_rules)).collect();
    assert_eq!(css, [(13, 54), (14, 66), (15, 78)].map(|(sheets, rules)| (Some(sheets), Some(rules))));
}

#[tokio::test]
async fn selectors_are_found_in_every_frame_and_worker() {
    let server = serve();
    let capture = capture(server.url("frames/index.html")).await;
    let census = rows(&capture);
    let mut realms: Vec<u64> = census.selectors.iter().map(|group| group.instances[0]).collect();
    realms.sort_unstable();
    assert_eq!(realms, [3, 5, 7, 11, 13, 17, 19], "{census:#?}");
    assert!(census.selectors.iter().all(|group| name(group).ends_with("frames/selectors.js:5 makeSelectShare")));
}
