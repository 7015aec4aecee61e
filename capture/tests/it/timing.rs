//! Times of real pages: not how long, which differs, but where.

use perf_look_analyzers::web::capture::Pass;
use perf_look_capture::web::{PassName, Visit, look};
use perf_look_fixtures::pages;

use crate::browser::LONG;

#[tokio::test]
async fn a_forced_layout_is_at_its_line_in_the_source_of_a_minified_build() {
    let server = pages::serve();
    let url = server.url("thrash/?rows=100");
    let visit = Visit { timing_runs: 1, deadline: LONG, passes: [PassName::Timing].into(), ..Visit::of(&url) };
    let capture = look(&visit, &mut |_| ()).await.unwrap();
    let Pass::Measured { rows, .. } = capture.timing else { panic!("{:?}", capture.timing) };
    let forced = &rows.runs[0].layouts.forced[0];
    assert_eq!((forced.count, forced.site.position().line), (100, 19), "{forced:?}");
    assert!(forced.site.file().ends_with("thrash/main.js") && forced.site.original.is_some(), "{forced:?}");
}
