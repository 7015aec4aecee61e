//! Stylesheets: what real ones hold, after others' counts, and what ours do with CSS that nobody should write.

use std::collections::BTreeSet;

use perf_look_analyzers::web::css::{self, Rejects, Sheet};
use serde_json::Value;

/// Sheets that css-analyzer 7.0.1 has counted, and its counts.
fn counted(test: &str) -> Vec<(&'static str, String, Value)> {
    let Some(corpus) = perf_look_fixtures::corpus(test) else { return Vec::new() };
    let folder = corpus.join("pages/stylesheets");
    let names = ["bootstrap-5.3.2", "css-tricks-20231008", "gazelle-20231008", "trello-20231008"];
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    names.map(|name| (name, read(&format!("{name}.css")), json(&read(&format!("{name}.json"))))).into()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn number(golden: &Value, path: &str) -> usize {
    usize::try_from(golden.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path}"))).unwrap()
}

fn items(golden: &Value, path: &str) -> Vec<Value> {
    golden.pointer(path).and_then(Value::as_array).unwrap_or_else(|| panic!("{path}")).clone()
}

fn specificities(sheet: &Sheet) -> Vec<Value> {
    let specificities = sheet.selectors.iter().map(|selector| selector.specificity);
    specificities.map(|found| serde_json::json!([found.ids, found.classes, found.types])).collect()
}

fn complexities(sheet: &Sheet) -> Vec<Value> {
    sheet.selectors.iter().map(|selector| Value::from(selector.complexity)).collect()
}

#[test]
fn rules_and_selectors_of_real_sheets_are_as_css_analyzer_counts_them() {
    for (name, text, golden) in counted("rules_and_selectors_of_real_sheets") {
        let sheet = css::read(&text);
        // css-analyzer counts the blocks of keyframes as rules, which match no element.
        assert_eq!(sheet.rules.len() + sheet.keyframes, number(&golden, "/rules/total"), "{name}");
        assert_eq!(sheet.empty_rules, number(&golden, "/rules/empty/total"), "{name}");
        assert_eq!(sheet.selectors.len(), number(&golden, "/selectors/total"), "{name}");
        assert_eq!(sheet.unique_selectors, number(&golden, "/selectors/totalUnique"), "{name}");
        assert_eq!(specificities(&sheet), items(&golden, "/selectors/specificity/items"), "{name}");
        assert_eq!(complexities(&sheet), items(&golden, "/selectors/complexity/items"), "{name}");
    }
}

#[test]
fn declarations_and_at_rules_of_real_sheets_are_as_css_analyzer_counts_them() {
    for (name, text, golden) in counted("declarations_and_at_rules_of_real_sheets") {
        let sheet = css::read(&text);
        // css-analyzer counts `*zoom: 1` too, which only Internet Explorer 7 took for a declaration.
        assert!(sheet.rejects.total() < Rejects::SHOWN, "{name}");
        let rejected = sheet.rejects.first.iter().map(|broken| broken.span.of(&text).trim_end_matches(';'));
        let hacks: Vec<&str> = rejected.filter(|part| part.starts_with('*')).collect();
        let found = sheet.declarations;
        assert_eq!(hacks.len(), number(&golden, "/properties/browserhacks/total"), "{name}");
        assert_eq!(found.tally.total + hacks.len(), number(&golden, "/declarations/total"), "{name}");
        let different: BTreeSet<&str> = hacks.into_iter().collect();
        assert_eq!(found.tally.unique + different.len(), number(&golden, "/declarations/totalUnique"), "{name}");
        assert_eq!(found.important, number(&golden, "/declarations/importants/total"), "{name}");
        assert_eq!(found.custom, number(&golden, "/properties/custom/total"), "{name}");
        assert_eq!(sheet.media.total, number(&golden, "/atrules/media/total"), "{name}");
        assert_eq!(sheet.media.unique, number(&golden, "/atrules/media/totalUnique"), "{name}");
        assert_eq!(sheet.imports.len(), number(&golden, "/atrules/import/total"), "{name}");
        assert_eq!(sheet.at_rules.values().sum::<usize>(), number(&golden, "/atrules/total"), "{name}");
    }
}

#[test]
fn selectors_are_as_specific_and_as_complex_as_css_analyzer_says() {
    let Some(corpus) = perf_look_fixtures::corpus("selectors_are_as_specific_and_as_complex") else { return };
    let cases = json(&std::fs::read_to_string(corpus.join("pages/stylesheets/selector-cases.json")).unwrap());
    let mut count = 0;
    for (kind, ours) in [("specificity", specificities as fn(&Sheet) -> Vec<Value>), ("complexity", complexities)] {
        for case in cases[kind].as_array().unwrap() {
            let sheet = css::read(case["css"].as_str().unwrap());
            assert_eq!(Value::from(ours(&sheet)), case["items"], "{}", case["name"]);
            count += sheet.selectors.len();
        }
    }
    assert_eq!(count, 40 + 16);
}
