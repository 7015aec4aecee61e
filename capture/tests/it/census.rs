//! The heap census: what is known of a page's live selectors is what lives there, to the last one.

use perf_look_analyzers::web::capture::{Census, PageCapture, Pass, SelectorGroup};
use perf_look_capture::browser::{Reach, Viewport};
use perf_look_capture::web::{PassName, Visit, look};
use perf_look_fixtures::pages::{Server, serve};
use serde_json::Value;

use crate::browser::LONG;

fn visit(url: String) -> Visit {
    Visit {
        name: url.clone(),
        url,
        program: None,
        viewport: Viewport::default(),
        cpu_slowdown: 1.0,
        reach: Reach::Anywhere,
        repeats: 0,
        deadline: LONG,
        passes: [PassName::Census].into(),
    }
}

async fn capture(url: String) -> PageCapture {
    look(&visit(url), &mut |_| ()).await.unwrap()
}

#[track_caller]
fn rows(capture: &PageCapture) -> &Census {
    match &capture.census {
        Pass::Measured { rows, .. } => rows,
        other => panic!("{other:?}"),
    }
}

/// Original file and line, the function there, and how many live: of each group.
fn sites(census: &Census) -> Vec<(String, u64)> {
    census.selectors.iter().map(|group| (name(group), *group.instances.last().unwrap())).collect()
}

fn name(group: &SelectorGroup) -> String {
    let site = &group.site;
    // The pages are built in a folder of their own.
    let file = site.file().trim_start_matches("src/");
    format!("{file}:{} {}", site.position().line, site.function().unwrap_or("-"))
}

/// What each page of the fixtures holds after it has loaded.
#[tokio::test]
async fn every_page_has_the_selectors_that_it_makes_and_no_other() {
    let server = serve();
    let expected: Vec<Value> = serde_json::from_str(&perf_look_fixtures::named("pages/expected.json")).unwrap();
    for entry in &expected {
        for page in entry["pages"].as_array().unwrap() {
            check(&server, entry, page.as_str().unwrap()).await;
        }
    }
}

async fn check(server: &Server, entry: &Value, page: &str) {
    let capture = capture(server.url(&format!("{page}{}", entry["query"].as_str().unwrap()))).await;
    let census = rows(&capture);
    let mut found: Vec<_> = census.selectors.iter().map(|it| (name(it), it.instances[0], it.recomputations)).collect();
    found.sort();
    let expected = entry["selectors"].as_array().unwrap().iter().map(|row| {
        let function = row["function"].as_str().unwrap_or("-");
        let name = format!("{}:{} {function}", row["file"].as_str().unwrap(), row["line"]);
        (name, row["load"]["live"].as_u64().unwrap(), row["load"]["recomputations"].as_u64().unwrap())
    });
    let mut expected: Vec<_> = expected.collect();
    expected.sort();
    assert_eq!(found, expected, "{page}: {census:#?}");
    assert_eq!((&census.unseen, &capture.notes), (&vec![], &vec![]), "{page}");
}

#[tokio::test]
async fn a_census_is_the_same_each_time() {
    let server = serve();
    let url = server.url("app/bad-reselect5.html?rows=1000");
    let first = capture(url.clone()).await;
    assert_eq!(sites(rows(&first)).len(), 3);
    for _ in 0..2 {
        assert_eq!(rows(&capture(url.clone()).await), rows(&first));
    }
}
