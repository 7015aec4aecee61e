//! Stylesheets: what real ones hold, after others' counts, and what ours do with CSS that nobody should write.

use std::collections::BTreeSet;

use perf_look_analyzers::web::css::{self, Census, Duplicate, Index, Reason, Rejects, Rule, Selector, Sheet, Source};
use proptest::{prop_assert, prop_assert_eq, proptest};
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

/// Each selector of a sheet as `line:column specificity complexity`.
fn weighed(text: &str) -> Vec<String> {
    let sheet = css::read(text);
    let weigh = |selector: &Selector| {
        format!("{} {} {} {}", selector.at, selector.specificity, selector.complexity, selector.span.of(text))
    };
    sheet.selectors.iter().map(weigh).collect()
}

#[test]
fn selectors_have_their_place_and_weight() {
    assert_eq!(
        weighed("a , .b>c{}\n  /* é𝒳 */ #d:not(.e, f):is(g h){}"),
        ["1:1 0-0-1 1 a", "1:5 0-1-1 3 .b>c", "2:13 1-1-2 8 #d:not(.e, f):is(g h)"],
    );
}

#[test]
fn a_list_in_brackets_belongs_to_one_selector() {
    let sheet = css::read(":is(a, b), c:where(d, #e){}");
    assert_eq!((sheet.rules.len(), sheet.selectors.len()), (1, 2));
}

#[test]
fn a_nested_rule_weighs_with_the_one_around_it() {
    assert_eq!(
        weighed("#a, b { .c {} &:hover {} > d {} e & {} @media print { f {} color: red } }"),
        [
            "1:1 1-0-0 1 #a",
            "1:5 0-0-1 1 b",
            "1:9 1-1-0 1 .c",
            "1:15 1-1-0 2 &:hover",
            "1:26 1-0-1 2 > d",
            "1:33 1-0-1 3 e &",
            "1:55 1-0-1 1 f",
        ],
    );
}

#[test]
fn a_nested_rule_that_begins_with_an_element_is_no_declaration() {
    let sheet = css::read("nav { color: red; a:hover { color: blue } --x: { y: z }; p: q }");
    assert_eq!((sheet.rules.len(), sheet.selectors.len()), (2, 2));
    assert_eq!((sheet.rules[0].declarations, sheet.rules[1].declarations), (3, 1));
    assert_eq!(sheet.declarations.custom, 1);
    assert_eq!(sheet.rejects.total(), 0);
}

#[test]
fn rules_know_the_at_rules_around_them() {
    let text =
        "@layer base { @media (min-width: 1px) { @supports (x: y) { a {} } } }\n@container c (width > 1px) { b {} }";
    let sheet = css::read(text);
    let contexts = |rule: &Rule| sheet.contexts_of(rule).iter().map(|found| found.span.of(text)).collect::<Vec<_>>();
    assert_eq!(contexts(&sheet.rules[0]), ["@layer base", "@media (min-width: 1px)", "@supports (x: y)"]);
    assert_eq!(contexts(&sheet.rules[1]), ["@container c (width > 1px)"]);
    assert_eq!(sheet.at_rules.values().sum::<usize>(), 4);
}

#[test]
fn keyframes_and_descriptors_are_declarations_without_rules() {
    let sheet = css::read(
        "@import url(a.css); @font-face { font-family: f; src: url(g) } @-webkit-keyframes k { from { top: 0 } 50%, to \
         { top: 1px !important } } @page :first { margin: 0 } @property --p { syntax: '*'; inherits: false }",
    );
    assert_eq!((sheet.rules.len(), sheet.selectors.len(), sheet.keyframes), (0, 0, 2));
    assert_eq!((sheet.declarations.tally.total, sheet.declarations.important), (7, 1));
    assert_eq!(sheet.imports.len(), 1);
    assert_eq!(sheet.rejects.total(), 0);
}

/// What is dropped, as `line:column reason: text`.
fn dropped(text: &str) -> Vec<String> {
    let sheet = css::read(text);
    sheet.rejects.first.iter().map(|part| format!("{} {}: {}", part.at, part.reason, part.span.of(text))).collect()
}

#[test]
fn what_a_browser_drops_is_said_with_its_line_and_reason() {
    let text = "@tailwind base;\n@apply { a {} }\na > { b: c }\n.5 { b: c }\np { *zoom: 1; color red; width:; q: r ! ie; ok: yes }\n\
                @media print;\n@font-face { nested {} }\nz { y: x }";
    assert_eq!(
        dropped(text),
        [
            "1:1 unknown at-rule: @tailwind base",
            "2:1 unknown at-rule: @apply",
            "3:1 not a list of selectors: a >",
            "4:1 not a list of selectors: .5",
            "5:5 neither a declaration nor a rule: *zoom: 1;",
            "5:15 neither a declaration nor a rule: color red;",
            "5:26 neither a declaration nor a rule: width:;",
            "5:34 neither a declaration nor a rule: q: r ! ie;",
            "6:1 at-rule without its block: @media print",
            "7:14 not a declaration: nested {}",
        ],
    );
    let sheet = css::read(text);
    assert_eq!((sheet.rules.len(), sheet.declarations.tally.total), (2, 2));
}

/// As Chromium 156 shows `selectorText` of these, in `:root`'s HTML document without a namespace.
const SERIALISED: &[(&str, &str)] = &[
    ("DIV.Foo>a", "div.Foo > a"),
    ("*.a", ".a"),
    ("[data-x^='q']  b", "[data-x^=\"q\"] b"),
    ("[TYPE=text i]", "[type=\"text\" i]"),
    ("a:BEFORE", "a::before"),
    ("a::FIRST-line", "a::first-line"),
    (":nth-child(odd)", ":nth-child(2n+1)"),
    (":nth-child(even)", ":nth-child(2n)"),
    (":nth-child( 2N + 0 of .a,.b )", ":nth-child(2n of .a, .b)"),
    (":nth-child(-1n)", ":nth-child(-n)"),
    (":nth-child(-n+3)", ":nth-child(-n+3)"),
    ("LI:NTH-LAST-CHILD(1)", "li:nth-last-child(1)"),
    ("li:nth-of-type(n+3)", "li:nth-of-type(n+3)"),
    (".a:not( .b,c )~d", ".a:not(.b, c) ~ d"),
    ("*|a", "a"),
    ("|b", "|b"),
    (".\\31 23", ".\\31 23"),
    (".sm\\:flex", ".sm\\:flex"),
    ("#a\\.b", "#a\\.b"),
    (".É", ".É"),
    ("a:is(b,c)::part(x  y)", "a:is(b, c)::part(x y)"),
    (":lang(en)", ":lang(en)"),
    (":host(.a)", ":host(.a)"),
    (":host-context( .a )", ":host-context(.a)"),
    ("::slotted( a )", "::slotted(a)"),
    (":has(>img)", ":has(> img)"),
    ("* > *", "* > *"),
    ("*::before", "::before"),
    ("a *", "a *"),
    (":not(*)", ":not(*)"),
    (":where()", ":where()"),
    (":-webkit-any(a,b)", ":-webkit-any(a, b)"),
    ("::view-transition-group( foo )", "::view-transition-group(foo)"),
    (":dir(rtl)", ":dir(rtl)"),
    ("[foo=\"a\\\"b\"]", "[foo=\"a\\\"b\"]"),
    ("[viewBox]", "[viewbox]"),
];

#[test]
fn selectors_are_written_as_chromium_writes_them() {
    for (written, shown) in SERIALISED {
        assert_eq!(css::serialise(written).as_deref(), Some(*shown), "{written}");
        assert_eq!(css::serialise(shown).as_deref(), Some(*shown), "{shown} again");
    }
    for broken in ["", "a >", "a, b", "a > > b", "a*", "#1", ".1", "a:", "[]", "[a=]", ":not(", "{}"] {
        let shown = css::serialise(broken);
        assert!(shown.is_none() || broken == ":not(", "{broken}: {shown:?}");
    }
}

#[test]
fn a_selector_that_chromium_shows_is_found_where_it_is_written() {
    let text = ".p { .q {} &:hover {} > .c {} }\n*.a>B, [data-x^='q'] {}\n.p{} @media print { .p{} }";
    let sheet = css::read(text);
    let index = Index::of(&sheet);
    let places = |shown: &str| index.find(shown).iter().map(|found| found.at.to_string()).collect::<Vec<_>>();
    assert_eq!(places(".a > b"), ["2:1"]);
    assert_eq!(places("[data-x^=\"q\"]"), ["2:8"]);
    assert_eq!(places(".p"), ["1:1", "3:1", "3:21"]);
    assert_eq!(places("& .q"), ["1:6"]);
    assert_eq!(places(".q"), ["1:6"]);
    assert_eq!(places("&:hover"), ["1:12"]);
    assert_eq!(places("& > .c"), ["1:23"]);
    assert_eq!(places(".nowhere"), [""; 0]);
    assert_eq!(places("no selector {"), [""; 0]);
}

#[test]
fn every_selector_of_a_real_sheet_is_found_by_its_text() {
    for (name, text, _) in counted("every_selector_of_a_real_sheet") {
        let sheet = css::read(&text);
        let index = Index::of(&sheet);
        for selector in &sheet.selectors {
            let shown = css::serialise(selector.span.of(&text)).unwrap();
            assert!(index.find(&shown).contains(&selector), "{name} {}: {shown}", selector.at);
        }
    }
}

fn source<'a>(name: &'a str, text: &'a str) -> Source<'a> {
    Source { name, text, copies: 1 }
}

#[test]
fn a_page_is_all_its_sheets_and_a_text_that_many_have_is_read_once() {
    let (base, widget) = ("a{x:y} .b #c #d{x:y}", ".w{x:y} .w>e:hover{x:y}");
    let adopted = Source { copies: 12, ..source("shadow", widget) };
    let census = Census::of(&[source("base.css", base), source("widget", widget), adopted]);
    assert_eq!((census.rules(), census.selectors.total, census.declarations()), (4, 4, 4));
    assert_eq!(census.live_selectors(), 2 + 13 * 2);
    assert_eq!(census.bytes(), base.len() + widget.len());
    let copied = census.copied(10);
    assert_eq!((copied.len(), copied[0].name.as_str(), copied[0].copies), (1, "widget", 13));
}

#[test]
fn the_extremes_of_a_page_have_their_places() {
    let census = Census::of(&[source("one", "a{}\n.b{}"), source("two", "#c #d{}\n.e .f > .g:hover{}\n#h #i{}")]);
    let specific = census.most_specific.as_ref().unwrap();
    assert_eq!((specific.place.sheet, specific.place.at.to_string()), (1, "1:1".to_owned()));
    assert_eq!((specific.text.as_str(), specific.specificity.to_string()), ("#c #d", "2-0-0".to_owned()));
    let complex = census.most_complex.as_ref().unwrap();
    assert_eq!((complex.text.as_str(), complex.complexity), (".e .f > .g:hover", 6));
    assert_eq!((census.more_complex_than(3), census.with_ids(2), census.with_classes(1)), (1, 2, 2));
    assert_eq!(census.mean_complexity(), Some(14.0 / 5.0));
    assert_eq!(Census::of(&[]).mean_complexity(), None);
}

#[test]
fn a_list_of_selectors_is_twice_there_only_in_the_same_context() {
    let census = Census::of(&[
        source("one", ".a,.b{x:y}\n.a, .b { x:y }\n@media print{.a,.b{x:y}}\n.b,.a{x:y}"),
        source("two", "@media print { .a, .b {x: z} } .c { .a, .b {x:y} } .a ,*.b {other:y}"),
    ]);
    let duplicates = &census.duplicates;
    assert_eq!((duplicates.lists, duplicates.wholes), (3, 1));
    let places = |group: &Duplicate| {
        group.places.iter().map(|place| format!("{} {}", place.sheet, place.at)).collect::<Vec<_>>()
    };
    assert_eq!(duplicates.most.len(), 2);
    assert_eq!(places(&duplicates.most[0]), ["0 1:1", "0 2:1", "1 1:52"]);
    assert_eq!((duplicates.most[0].selectors.as_str(), duplicates.most[0].alike), (".a, .b", 1));
    assert_eq!(places(&duplicates.most[1]), ["0 3:14", "1 1:16"]);
    assert_eq!(duplicates.most[1].contexts, ["@media print"]);
    assert_eq!(census.uniqueness(), Some(4.0 / 15.0));
}

#[test]
fn what_was_not_used_is_what_is_left() {
    let text = "/* é𝒳 */ .used { x: y }\n.not { x: y }\n.half { x: y; .inner { x: y } .gone { x: y } }";
    let sheet = css::read(text);
    let units = |part: &str| {
        let byte = text.find(part).unwrap();
        let start = text[..byte].encode_utf16().count();
        (u32::try_from(start).unwrap(), u32::try_from(start + part.encode_utf16().count()).unwrap())
    };
    let used =
        [units(".used { x: y }"), units(".half { x: y; .inner { x: y } .gone { x: y } }"), units(".inner { x: y }")];
    let unused = css::unused(&sheet, text, &used);
    let texts: Vec<&str> = unused.rules.iter().map(|id| sheet.rule(*id).unwrap().span.of(text)).collect();
    assert_eq!(texts, [".not { x: y }", ".gone { x: y }"]);
    assert_eq!(unused.bytes, 27);
    assert_eq!(unused.share(), Some(27.0 / text.len() as f64));
    assert_eq!(css::unused(&sheet, text, &[]).rules.len(), 5);
    assert_eq!(css::unused(&sheet, text, &[(0, u32::MAX), (500, 400)]).rules.len(), 4);
}

#[test]
fn css_that_nobody_should_write_is_read_to_its_end() {
    let many = 100_000;
    let deep = [
        "a{".repeat(many),
        "@media x{".repeat(many),
        format!("a{}{{}}", ":not(".repeat(many)),
        format!("a{{b:{}}}", "(".repeat(many)),
        format!("@x {}", "[{(".repeat(many)),
        "}".repeat(many),
        ")]}".repeat(many),
        "a{b:c;".repeat(many),
        "a:b{".repeat(many),
        "&{".repeat(many),
        "@media{&,&{".repeat(many),
        ":is(".repeat(many),
        format!("{}{{}}", "a,".repeat(many)),
        format!("{}{{}}", "a ".repeat(many)),
        "\\".repeat(many),
        "/*".repeat(many),
        "a{b:\"".repeat(many),
        "a{b:url(".repeat(many),
        "@".repeat(many),
        "a{--x:{".repeat(many),
        "\0\u{feff}\u{1}".repeat(many),
    ];
    for text in deep {
        let sheet = css::read(&text);
        assert_eq!(sheet.bytes, text.len());
        let census = Census::of(&[source("hostile", &text)]);
        assert!(census.uniqueness().is_none_or(|share| share <= 1.0), "{}", &text[..20]);
    }
}

#[test]
fn what_follows_blocks_that_are_too_deep_is_read() {
    let deep = format!("{}{} z {{}}", "a{".repeat(200), "}".repeat(200));
    let sheet = css::read(&deep);
    // The one that is too deep is a rule of which nothing is known but its selectors.
    assert_eq!((sheet.rules.len(), sheet.rejects.total()), (64 + 1 + 1, 1));
    assert_eq!(sheet.rejects.first[0].reason, Reason::Depth);
    assert!(sheet.rules[65].context.is_none() && sheet.rules[65].parent.is_none());
    let brackets = format!("a{}{} {{}} z {{}}", ":is(".repeat(200), ")".repeat(200));
    assert_eq!(css::read(&brackets).selectors.last().unwrap().span.of(&brackets), "z");
}

#[test]
fn an_unclosed_sheet_counts_as_a_browser_reads_it() {
    let text = "@media print { a { b: c; d: e";
    let sheet = css::read(text);
    assert_eq!((sheet.rules.len(), sheet.declarations.tally.total, sheet.rejects.total()), (1, 2, 0));
    assert_eq!(sheet.rules[0].span.of(text), "a { b: c; d: e");
}

proptest! {
    /// Spans are inside the text, rules know their selectors, and nothing panics.
    #[test]
    fn any_text_is_read(text in "[a-c#.:*>&,(){}\\[\\]@;!'\"\\\\/ \n\u{e9}-]{0,80}") {
        let sheet = css::read(&text);
        for (number, rule) in sheet.rules.iter().enumerate() {
            prop_assert!(text.is_char_boundary(rule.span.start as usize) && text.is_char_boundary(rule.span.end as usize));
            prop_assert!(rule.span.start < rule.span.end && rule.span.end as usize <= text.len());
            prop_assert!(sheet.selectors_of(rule).iter().all(|selector| selector.rule.0 as usize == number));
            prop_assert!(!sheet.selectors_of(rule).is_empty());
        }
        for selector in &sheet.selectors {
            let written = selector.span.of(&text);
            // A space may be a part of a name: `\\ `.
            let is_bare = written.trim_ascii() == written || written.contains('\\');
            prop_assert!(!written.is_empty() && is_bare, "{written:?}");
            prop_assert!(css::serialise(written).is_some(), "{written:?}");
        }
        for broken in &sheet.rejects.first {
            prop_assert!(broken.span.end as usize <= text.len());
        }
        css::unused(&sheet, &text, &[(0, 5), (7, 30)]);
    }

    /// So that a text of Chromium's finds what it is of.
    #[test]
    fn what_is_serialised_is_serialised_to_itself(text in "[a-cA#.:*>&,()\\[\\]=|+~ -]{0,30}") {
        if let Some(shown) = css::serialise(&text) {
            prop_assert_eq!(css::serialise(&shown), Some(shown.clone()), "{}", shown);
        }
    }
}
