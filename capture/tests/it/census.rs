//! The heap census: what is known of a page's live selectors is what lives there, to the last one.

use perf_look_analyzers::web::capture::{Census, PageCapture, Pass, SelectorGroup};
use perf_look_capture::web::{PassName, Visit, look};
use perf_look_fixtures::named;
use perf_look_fixtures::pages::{Server, serve};
use serde_json::Value;

use crate::browser::LONG;

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
async fn a_census_is_the_same_each_time() {
    let server = serve();
    let url = server.url("app/bad-reselect5.html?rows=1000");
    let first = capture(url.clone()).await;
    assert_eq!(rows(&first).selectors.len(), 3);
    assert_eq!(rows(&capture(url.clone()).await), rows(&first));
}
