//! What the gate says, in each format: one verdict that has all that can become of a target.

mod verdicts;

use insta::assert_snapshot;
use perf_look_analyzers::gate::{Outcome, Verdict};
use perf_look_render::{GateContext, GateFormat, Style, gate, gate_schema};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use verdicts::{hostile, lost_index, rich};

const STYLE: Style = Style { color: false, width: 80, unicode: true };

#[track_caller]
fn shown_in(verdict: &Verdict, format: GateFormat, style: Style) -> String {
    let environment = [
        ("PostgreSQL".to_owned(), "17.2, scratch server".to_owned()),
        ("Chromium".to_owned(), "156, 1280x720".to_owned()),
    ];
    let context = GateContext { style, command: "perf-look gate --suite shop", environment: &environment };
    let mut out = Vec::new();
    gate(verdict, format, &context, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[track_caller]
fn shown(verdict: &Verdict, format: GateFormat) -> String {
    shown_in(verdict, format, STYLE)
}

#[track_caller]
fn valid(schema: &str, json: &str) -> Value {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json: Value = serde_json::from_str(json).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    json
}

#[test]
fn text_says_what_failed_and_why() {
    assert_snapshot!(shown(&rich(), GateFormat::Text));
}

#[test]
fn text_of_what_passed_is_short() {
    let mut verdict = rich();
    verdict.outcomes.retain(Outcome::is_quiet);
    verdict.notes.clear();
    verdict.orphans.clear();
    assert_snapshot!(shown(&verdict, GateFormat::Text));
}

#[test]
fn no_line_of_text_is_wider_than_the_terminal_but_commands() {
    for verdict in [rich(), hostile()] {
        for width in [40, 80, 120] {
            for line in shown_in(&verdict, GateFormat::Text, Style { width, ..STYLE }).lines() {
                assert!(
                    line.contains("perf-look gate") || line.width() <= width,
                    "{} of {width}: {line}",
                    line.width()
                );
            }
        }
    }
}

#[test]
fn the_colours_of_text_are_not_the_only_sign() {
    let colored = shown_in(&rich(), GateFormat::Text, Style { color: true, ..STYLE });
    let pieces = colored.split("\x1b[").enumerate();
    let bare: String =
        pieces.map(|(place, piece)| if place == 0 { piece } else { piece.split_once('m').unwrap().1 }).collect();
    assert_ne!(colored, bare);
    assert_eq!(bare, shown(&rich(), GateFormat::Text));
}

#[test]
fn text_for_a_terminal_without_unicode_is_ascii() {
    let text = shown_in(&rich(), GateFormat::Text, Style { unicode: false, ..STYLE });
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn json_is_as_its_schema_says() {
    let json = valid(gate_schema(), &shown(&rich(), GateFormat::Json));
    assert_eq!(json["counts"]["regressed"], 2);
    assert_eq!(json["outcomes"][2]["causes"][0]["kind"], "index");
    valid(gate_schema(), &shown(&hostile(), GateFormat::Json));
    valid(gate_schema(), &shown(&Verdict::default(), GateFormat::Json));
    assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn every_field_of_json_stands_in_its_schema() {
    let schema: Value = serde_json::from_str(gate_schema()).unwrap();
    let json: Value = serde_json::from_str(&shown(&rich(), GateFormat::Json)).unwrap();
    let known = |object: &Value, of: &Value| {
        for name in object.as_object().unwrap().keys() {
            assert!(!of["properties"][name].is_null(), "{name}");
        }
    };
    known(&json, &schema);
    known(&json["counts"], &schema["properties"]["counts"]);
    known(&json["outcomes"][2], &schema["$defs"]["outcome"]);
    known(&json["outcomes"][2]["decisions"][0], &schema["$defs"]["decision"]);
    known(&json["outcomes"][2]["steps"][0], &schema["$defs"]["step"]);
}

#[test]
fn junit_is_read_by_a_parser_of_it() {
    let read = |verdict: &Verdict| junit_parser::from_reader(shown(verdict, GateFormat::Junit).as_bytes()).unwrap();
    let report = read(&rich());
    assert_eq!((report.tests, report.failures, report.errors, report.skipped), (9, 2, 1, 2));
    let names: Vec<&str> = report.suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(names, ["queries/orders.sql", "perf-look.toml"]);
    let lookup = &report.suites[0].cases[1];
    assert_eq!(lookup.original_name, "shop/orders.sql#lookup");
    assert_eq!((lookup.file.as_deref(), lookup.line), (Some("queries/orders.sql"), Some(12)));
    let failure = lookup.status.failure_as_ref();
    assert_eq!(failure.failure_type, "D4");
    assert!(failure.text.contains("cause: index orders_customer on public.orders is gone since the baseline"));
    let report = read(&hostile());
    assert_eq!((report.tests, report.failures), (9, 2));
    assert_snapshot!(shown(&rich(), GateFormat::Junit));
}

#[test]
fn junit_counts_what_stands_in_each_suite() {
    let report = junit_parser::from_reader(shown(&hostile(), GateFormat::Junit).as_bytes()).unwrap();
    for suite in &report.suites {
        let of = |is: fn(&junit_parser::TestStatus) -> bool| {
            suite.cases.iter().filter(|case| is(&case.status)).count() as u64
        };
        assert_eq!(suite.tests, suite.cases.len() as u64);
        assert_eq!(suite.failures, of(junit_parser::TestStatus::is_failure));
        assert_eq!(suite.errors, of(junit_parser::TestStatus::is_error));
        assert_eq!(suite.skipped, of(junit_parser::TestStatus::is_skipped));
    }
}

/// The schema of OASIS, as the crate serde-sarif 0.8.0 carries it.
const SARIF_AS_PUBLISHED: &str = include_str!("../sarif-schema-2.1.0.json");

/// One of its patterns, of a field that is not used here, has a bracket that only old engines take for itself.
pub(crate) fn sarif_schema() -> String {
    let (broken, mended) = (r"[a-zA-Z]{2}]?$", r"[a-zA-Z]{2}\\]?$");
    assert!(SARIF_AS_PUBLISHED.contains(broken));
    SARIF_AS_PUBLISHED.replace(broken, mended)
}

#[test]
fn sarif_is_as_its_official_schema_says() {
    let log = valid(&sarif_schema(), &shown(&rich(), GateFormat::Sarif));
    valid(&sarif_schema(), &shown(&hostile(), GateFormat::Sarif));
    valid(&sarif_schema(), &shown(&Verdict::default(), GateFormat::Sarif));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let place = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[place]["id"], result["ruleId"]);
        assert!(result["kind"] == "fail" || result["level"] == "none", "{result}");
    }
    let row = &run["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(row["artifactLocation"]["uri"], "src/app/Row.jsx");
    assert_eq!((&row["region"]["startLine"], &row["region"]["startColumn"]), (&20.into(), &14.into()));
    let mut shown = log.clone();
    for rule in shown["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        // The pages of rules are long, and are tested elsewhere.
        rule.as_object_mut().unwrap().remove("help");
    }
    assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap());
}

/// A workflow command as the runner reads it: kind, properties, message.
#[track_caller]
fn command(line: &str) -> (String, Vec<(String, String)>, String) {
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (kind, properties) = head.split_once(' ').unwrap();
    let message = message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
    let property = |text: &str| {
        let (name, value) = text.split_once('=').unwrap();
        let value = value.replace("%3A", ":").replace("%2C", ",").replace("%0A", "\n").replace("%25", "%");
        (name.to_owned(), value)
    };
    (kind.to_owned(), properties.split(',').map(property).collect(), message)
}

#[test]
fn github_reads_each_line_as_a_command() {
    let shown_rich = shown(&rich(), GateFormat::Github);
    let (kind, properties, message) = command(shown_rich.lines().next().unwrap());
    assert_eq!(kind, "error");
    let expected = [("file", "queries/orders.sql"), ("line", "12"), ("title", "shop/orders.sql#lookup: D4")];
    assert_eq!(properties, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(message.ends_with("cause: index orders_customer on public.orders is gone since the baseline"), "{message}");
    assert_snapshot!(shown_rich);
    let hostile = shown(&hostile(), GateFormat::Github);
    assert_eq!(hostile.lines().count(), shown_rich.lines().count());
    for line in hostile.lines() {
        let (kind, properties, _) = command(line);
        assert!(["error", "warning", "notice"].contains(&kind.as_str()), "{line}");
        assert!(properties.iter().all(|(name, _)| ["file", "line", "col", "title"].contains(&name.as_str())), "{line}");
    }
}

#[test]
fn github_says_how_many_more_there_are_than_it_shows() {
    let outcomes = (0..13).map(|number| lost_index(&format!("shop/orders.sql#{number}"))).collect();
    let text = shown(&Verdict { outcomes, ..Verdict::default() }, GateFormat::Github);
    let count = |kind: &str| text.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!((count("::error "), count("::warning "), count("::notice ")), (10, 10, 1));
    assert!(text.ends_with(
        "::notice title=perf-look::3 more errors and 3 more warnings: the summary of this step has them all\n"
    ));
}

#[test]
fn gitlab_reads_each_remark() {
    let schema = serde_json::json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": { "type": "string" },
                "check_name": { "type": "string" },
                "fingerprint": { "type": "string" },
                "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": { "type": "string", "minLength": 1 },
                        "lines": { "properties": { "begin": { "type": "integer", "minimum": 1 } }, "required": ["begin"] }
                    }
                }
            }
        }
    });
    let json = valid(&schema.to_string(), &shown(&rich(), GateFormat::Gitlab));
    valid(&schema.to_string(), &shown(&hostile(), GateFormat::Gitlab));
    let mut fingerprints: Vec<&str> =
        json.as_array().unwrap().iter().map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
    let all = fingerprints.len();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), all);
    assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
}

/// What a reader of CommonMark makes of a comment: its HTML, its links, and what stands in its code.
fn comes_to(markdown: &str) -> (String, usize, String) {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
    let (mut html, mut links, mut code, mut in_code) = (String::new(), 0, String::new(), false);
    for event in Parser::new_ext(markdown, Options::all()) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => html.push_str(&text),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => links += 1,
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(text) if in_code => code.push_str(&text),
            _ => {}
        }
    }
    (html, links, code)
}

#[test]
fn markdown_is_a_comment_that_nothing_breaks_out_of() {
    let text = shown(&rich(), GateFormat::Markdown);
    assert!(text.starts_with("<!-- perf-look gate -->\n### perf-look fail: 2 of 9 targets regressed"));
    let (html, links, code) = comes_to(&text);
    assert_eq!(links, 0);
    assert!(code.contains("perf-look gate accept 'shop/orders.sql#lookup' --reason 'WHY'\n"), "{code}");
    assert!(code.contains("perf-look gate --suite shop\n"), "{code}");
    assert_snapshot!(text);
    let bad = shown(&hostile(), GateFormat::Markdown);
    let (bad_html, links, code) = comes_to(&bad);
    let tags = |html: &str| html.matches('<').count();
    assert_eq!((links, tags(&bad_html)), (0, tags(&html)), "{bad_html}");
    assert!(!bad_html.contains("script") && code.contains("<script>"), "{bad_html}");
    // In code a mention notifies nobody.
    assert!(bad.lines().filter(|line| line.starts_with(['-', '*', '#'])).all(|line| !line.contains("@you")), "{bad}");
}

#[test]
fn markdown_is_never_longer_than_a_comment_may_be() {
    let mut verdict = hostile();
    for place in 0..200 {
        let mut outcome = lost_index(&"é|".repeat(4_000));
        outcome.target.push_str(&place.to_string());
        outcome.notes = vec!["&".repeat(9_000); 100];
        verdict.outcomes.push(outcome);
    }
    verdict.notes = vec!["*".repeat(9_000); 300];
    verdict.orphans = vec!["*".repeat(9_000); 300];
    let text = shown(&verdict, GateFormat::Markdown);
    assert!(text.len() <= 60_000, "{} bytes", text.len());
    assert!(text.contains("more targets, which the text and json reports have"), "{text}");
}

#[test]
fn html_loads_nothing_and_runs_nothing() {
    for verdict in [rich(), hostile()] {
        let page = shown(&verdict, GateFormat::Html);
        assert!(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-"), "no policy");
        for bad in ["<script", "src=", "url(", "@import", "<link", "<iframe", "style=\"", " onclick", "<img"] {
            assert!(!page.contains(bad), "the page has {bad}");
        }
    }
}

#[test]
fn html_shows_both_plans_side_by_side() {
    let mut verdict = rich();
    verdict.outcomes.retain(|outcome| outcome.target == "shop/orders.sql#lookup");
    let page = shown(&verdict, GateFormat::Html);
    for side in ["before-rows", "after-rows", "before-buffers", "after-buffers"] {
        assert_eq!(page.matches(&format!("name=\"0-{side}\"")).count(), 1, "{side}");
    }
    let (_, body) = page.split_once("</head>").unwrap();
    assert_snapshot!(body);
}

/// Every tag of the page is closed by its own: read with a parser of XML, which is stricter than a browser.
#[test]
fn html_is_a_tree_although_names_are_hostile() {
    let page = shown(&hostile(), GateFormat::Html);
    let (_, body) = page.split_once("<body>").unwrap();
    let body = format!("<body>{}", body.strip_suffix("</html>\n").unwrap());
    let mut reader = quick_xml::Reader::from_str(&body);
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                assert!(tag.html_attributes().all(|attribute| attribute.is_ok()), "{tag:?}");
            }
            _ => {}
        }
    }
}

#[test]
fn the_same_verdict_gives_the_same_bytes() {
    for format in GateFormat::ALL {
        assert_eq!(shown(&hostile(), format), shown(&hostile(), format));
    }
}

#[test]
fn nothing_hostile_reaches_any_format_raw() {
    for format in GateFormat::ALL {
        let text = shown(&hostile(), format);
        for bad in ['\u{1b}', '\u{202e}', '\u{0}', '\r'] {
            assert!(!text.contains(bad), "{}: {bad:?}", format.name());
        }
    }
}

#[test]
fn a_format_is_known_by_its_name() {
    for format in GateFormat::ALL {
        assert_eq!(format.name().parse(), Ok(format));
    }
    assert!("xml".parse::<GateFormat>().unwrap_err().starts_with("there is no format xml; there are text"));
}
