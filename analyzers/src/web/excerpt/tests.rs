//! What is kept of the code around places, and how it is found again.

use super::*;
use crate::web::source_map::Generated;

fn at(line: u32, column: u32) -> Position {
    Position { line, column }
}

/// What is kept of a text around places of it that one row each names.
fn kept(text: &str, places: &[Position]) -> Vec<Excerpt> {
    let generated = Generated::new(text.to_owned());
    let mut code = Lines::default();
    let mut listeners = Vec::new();
    for place in places {
        code.keep("a.js", *place, &generated.around(*place).unwrap());
        listeners.push((Site { url: "a.js".to_owned(), at: *place, function: None, original: None }, 1_u64));
    }
    code.excerpts(&capture(&serde_json::to_string(&listeners).unwrap()))
}

fn capture(listeners: &str) -> PageCapture {
    let document = r#"{"elements":0,"depth":0,"children":0,"duplicate_ids":0,"listeners":0,
        "layouts":{"load":0,"steps":0},"style_recalcs":{"load":0,"steps":0}}"#;
    let settings = r#"{"viewport":[1,1],"cpu_throttle":1,"cpus":1,"offline":true,"repeats":0}"#;
    let rows = format!(r#"{{"document":{document},"listeners":{listeners}}}"#);
    let counts = format!(r#"{{"status":"measured","ms":1,"rows":{rows}}}"#);
    let text = format!(r#"{{"name":"","url":"","browser":"","settings":{settings},"counts":{counts}}}"#);
    serde_json::from_str(&text).unwrap()
}

fn lines(count: u32) -> String {
    (1..=count).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n")
}

fn ranges(excerpts: &[Excerpt]) -> Vec<(u32, usize)> {
    excerpts.iter().map(|it| (it.first_line, it.lines.len())).collect()
}

#[test]
fn five_lines_before_and_behind_a_place_are_kept() {
    let excerpts = kept(&lines(100), &[at(50, 3)]);
    assert_eq!(ranges(&excerpts), [(45, 11)]);
    assert_eq!(excerpts[0].lines[5], "line 50");
}

#[test]
fn excerpts_that_overlap_or_touch_are_one() {
    assert_eq!(ranges(&kept(&lines(100), &[at(70, 1), at(20, 1), at(27, 1), at(38, 1)])), [(15, 29), (65, 11)]);
}

#[test]
fn a_file_ends_where_it_ends() {
    assert_eq!(ranges(&kept("one\ntwo", &[at(2, 1)])), [(1, 2)]);
}

#[test]
fn long_lines_beside_a_place_are_cut() {
    let excerpts = kept(&format!("{}\nhere", "ä".repeat(201)), &[at(2, 1)]);
    assert_eq!(excerpts[0].lines[0], format!("{}…", "ä".repeat(199)));
}

#[test]
fn of_a_bundle_in_one_line_a_piece_around_the_column_is_kept() {
    let text = format!("{}HERE{}", "😀".repeat(300), "b".repeat(5_000));
    let excerpts = kept(&text, &[at(1, 601)]);
    assert_eq!(excerpts[0].column, Some(401));
    assert_eq!(excerpts[0].lines, [format!("{}HERE{}…", "😀".repeat(100), "b".repeat(96))]);
}

#[test]
fn places_beside_each_other_in_one_long_line_share_a_piece() {
    assert_eq!(kept(&"a".repeat(5_000), &[at(1, 1_000), at(1, 1_050)]).len(), 1);
    assert_eq!(kept(&"a".repeat(5_000), &[at(1, 1_000), at(1, 3_000)]).len(), 2);
}

#[test]
fn a_place_is_found_in_its_excerpt_by_what_a_person_opens() {
    let excerpts = kept(&lines(100), &[at(50, 3)]);
    let site = |line| Site { url: "a.js".to_owned(), at: at(line, 1), function: None, original: None };
    assert_eq!(Excerpt::find(&excerpts, &site(52)).map(|(_, line)| line), Some(7));
    assert_eq!(Excerpt::find(&excerpts, &site(44)), None);
}

#[test]
fn lines_of_which_two_texts_are_known_are_not_kept() {
    let mut code = Lines::default();
    for text in ["same\nold", "same\nnew"] {
        let generated = Generated::new(text.to_owned());
        code.keep("a.js", at(1, 1), &generated.around(at(1, 1)).unwrap());
    }
    let listeners = r#"[[{"url":"a.js","at":{"line":1,"column":1}},1]]"#;
    assert_eq!(code.excerpts(&capture(listeners))[0].lines, ["same"]);
}

#[test]
fn a_capture_of_an_older_version_is_read_and_has_no_code() {
    let capture = capture("[]");
    assert!(capture.sources.is_empty() && !serde_json::to_string(&capture).unwrap().contains("sources"));
}
