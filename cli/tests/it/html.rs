//! The page in a real browser: what it does, what it asks for, and what it shows without scripts.

use std::time::Duration;

use perf_look_capture::browser::{Browser, LaunchOptions, Media, Medium, Page, Scheme, Scripts};
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// A slow machine that does other things as well.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a page needs to be looked at.
struct Shown {
    sandbox: Sandbox,
    scripts: Scripts,
    width: u32,
}

impl Shown {
    /// The report of the recorded demo.
    fn demo() -> Self {
        let sandbox = Sandbox::new();
        sandbox.run(&["demo", "--recorded", "--report", "html=report.html"]);
        Self { sandbox, scripts: Scripts::Enabled, width: 1280 }
    }

    /// The report of a page of each kind: what matching costs, what grows, what renders, jQuery, invalid styles.
    fn pages() -> Self {
        let names = ["css-slow-selector", "selector-leak", "react-renders", "jquery-objects", "css-invalidation"];
        let read = |name: &str| -> Value {
            serde_json::from_str(&perf_look_fixtures::named(&format!("web/{name}/fires.json"))).unwrap()
        };
        let mut all = read("js-function-cost");
        for name in names {
            let page = read(name)["pages"][0].take();
            all["pages"].as_array_mut().unwrap().push(page);
        }
        Self::capture(&all.to_string())
    }

    /// The report of a capture.
    fn capture(capture: &str) -> Self {
        let sandbox = Sandbox::new().file("page.capture", capture);
        let said = sandbox.run(&["db", "--plan", "page.capture", "--report", "html=report.html", "--fail-on", "never"]);
        assert!(said.ends_with("--- exit code 0\n"), "{said}");
        Self { sandbox, scripts: Scripts::Enabled, width: 1280 }
    }

    /// The report of a plan.
    fn plan(plan: &str) -> Self {
        let sandbox = Sandbox::new().file("plan.json", plan);
        sandbox.run(&["db", "--plan", "plan.json", "--report", "html=report.html"]);
        Self { sandbox, scripts: Scripts::Enabled, width: 1280 }
    }

    /// Opens it, looks, and checks that it asked for nothing and did nothing that it may not.
    #[track_caller]
    fn look(&self, look: impl AsyncFnOnce(&Page)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let browser = Browser::launch(&LaunchOptions::default()).await.unwrap();
            let page = browser.new_page().await.unwrap();
            page.set_viewport(self.width, 900).await.unwrap();
            page.set_scripts(self.scripts).await.unwrap();
            page.goto(&self.address(""), PATIENCE).await.unwrap();
            look(&page).await;
            let recording = page.recording();
            assert!(recording.errors().next().is_none(), "{:?}", recording.console);
            assert!(recording.fetched().next().is_none(), "{:?}", recording.requests);
            assert!(recording.violations.is_empty(), "{:?}", recording.violations);
            assert!(recording.dialogs.is_empty(), "{:?}", recording.dialogs);
            browser.close().await.unwrap();
        });
    }

    fn address(&self, hash: &str) -> String {
        format!("file://{}/report.html{hash}", self.sandbox.path().display())
    }
}

async fn ask(page: &Page, script: &str) -> Value {
    page.evaluate(script).await.unwrap()
}

async fn keys(page: &Page, keys: &str) {
    for key in keys.split(' ') {
        page.key(key).await.unwrap();
    }
}

/// What has the focus: its id, or what is written in it.
const FOCUS: &str = "document.activeElement.id || document.activeElement.getAttribute('aria-label') || ''";

#[test]
fn the_page_asks_for_nothing_and_breaks_no_policy() {
    Shown::demo().look(async |page| {
        let findings = ask(page, "JSON.parse(document.querySelector('#report').textContent).findings.length").await;
        assert_eq!(ask(page, "document.querySelectorAll('.finding').length").await, findings);
        assert!(findings.as_u64() > Some(9), "{findings}: those of the page as well as those of the plans");
        assert_eq!(ask(page, "getComputedStyle(document.querySelector('.finding')).borderLeftWidth").await, "6px");
        assert_eq!(ask(page, "document.querySelector('#tools').hidden").await, false);
    });
}

#[test]
fn without_scripts_everything_can_be_read() {
    let shown = Shown { scripts: Scripts::Disabled, ..Shown::demo() };
    shown.look(async |page| {
        let text = ask(page, "document.body.innerText").await;
        let text = text.as_str().unwrap();
        for part in [
            "SubPlan 1 is run 120 times",
            "% of the time, measured; same cause: db/seq-scan-discards-rows",
            "CREATE INDEX ON orders (customer_id);",
            "Seq Scan on orders o, 120 loops",
            "selectors made here are alive",
            "SELECT c.name, (SELECT count(*) FROM orders",
            "perf-look db -d DATABASE",
            "db/lossy-bitmap",
        ] {
            assert!(text.contains(part), "{part} is not shown in {text}");
        }
        assert_eq!(ask(page, "document.querySelector('#tools').checkVisibility()").await, false);
        // The properties of a node are a click away.
        ask(page, "document.querySelector('.node summary').click()").await;
        let opened = ask(page, "document.querySelector('.node details').innerText").await;
        assert!(opened.as_str().unwrap().contains("rows expected"), "{opened}");
    });
}

#[test]
fn no_width_scrolls_sideways() {
    for width in [360, 768, 1280] {
        for shown in [Shown::demo(), Shown::plan(&hostile()), Shown::pages(), Shown::capture(&hostile_page())] {
            let shown = Shown { width, ..shown };
            shown.look(async |page| {
                ask(page, "document.querySelectorAll('details:not(.measure)').forEach(it => it.open = true)").await;
                let wide = "document.documentElement.scrollWidth";
                assert!(ask(page, wide).await.as_u64().unwrap() <= u64::from(width), "at {width}");
            });
        }
    }
}

#[test]
fn every_control_has_a_name() {
    const CONTROLS: &[&str] =
        &["button", "link", "searchbox", "textbox", "combobox", "treegrid", "checkbox", "region", "navigation"];
    Shown::demo().look(async |page| {
        let tree = page.accessibility_tree().await.unwrap();
        let controls: Vec<_> =
            tree.iter().filter(|node| !node.ignored && CONTROLS.contains(&node.role.as_str())).collect();
        assert!(controls.len() > 50, "{} controls", controls.len());
        let nameless: Vec<_> = controls.iter().filter(|node| node.name.trim().is_empty()).collect();
        assert!(nameless.is_empty(), "{nameless:?}");
        let rows = tree.iter().filter(|node| node.role == "row" && node.name.contains("Seq Scan on orders")).count();
        assert!(rows > 0, "no row of the tree says what it is");
    });
}

#[test]
fn keys_walk_through_the_page() {
    Shown::demo().look(async |page| {
        for (typed, focused) in [
            ("j", "s1/node/1"),
            ("j", "s1/node/2"),
            ("k", "s1/node/1"),
            ("G", "s1/node/2"),
            ("g", "s1/node/1"),
            ("ArrowDown", "s1/node/2"),
            ("h", "s1/node/1"),
            ("H", "s9/node/7"),
            ("n", "finding/1"),
            ("]", "finding/2"),
            ("N", "finding/1"),
            ("Enter", "s9/node/6"),
        ] {
            keys(page, typed).await;
            assert_eq!(ask(page, FOCUS).await, focused, "after {typed}");
        }
        // Folding hides what is below; going there shows it again.
        let hidden = "document.getElementById('s9/node/7').hidden";
        keys(page, "h").await;
        assert_eq!(ask(page, hidden).await, true);
        keys(page, "l").await;
        assert_eq!(ask(page, hidden).await, false);
        keys(page, "M").await;
        assert_eq!(ask(page, hidden).await, true);
        keys(page, "H").await;
        assert_eq!(ask(page, "document.activeElement.checkVisibility()").await, true);
        keys(page, "R").await;
        assert_eq!(ask(page, hidden).await, false);
        keys(page, "?").await;
        assert_eq!(ask(page, "document.querySelector('dialog').open").await, true);
        keys(page, "Escape").await;
        assert_eq!(ask(page, "document.querySelector('dialog').open").await, false);
        keys(page, "t").await;
        assert_eq!(ask(page, "document.documentElement.dataset.theme").await, "dark");
    });
}

#[test]
fn search_counts_and_steps_through_its_matches() {
    Shown::demo().look(async |page| {
        keys(page, "/").await;
        assert_eq!(ask(page, FOCUS).await, "Search the plans");
        page.call("Input.insertText", json!({ "text": "scan ORDERS" })).await.unwrap();
        let tally = "document.querySelector('.tally').textContent";
        let hits = ask(page, "document.querySelectorAll('.node.hit').length").await.as_u64().unwrap();
        assert_eq!(ask(page, tally).await, format!("0 of {hits}"));
        keys(page, "Enter").await;
        assert_eq!(ask(page, tally).await, format!("1 of {hits}"));
        keys(page, "n n N").await;
        assert_eq!(ask(page, tally).await, format!("2 of {hits}"));
        let focused = ask(page, "document.activeElement.textContent.toLowerCase()").await;
        assert!(focused.as_str().unwrap().contains("orders"), "{focused}");
        let matched = ask(page, "document.querySelector('.flame .controls strong').textContent").await;
        assert!(
            matched.as_str().unwrap().starts_with("search matches ") && matched.as_str().unwrap().ends_with(" %"),
            "{matched}"
        );
        keys(page, "/ Escape").await;
        assert_eq!(ask(page, "document.querySelectorAll('.hit').length").await, 0);
    });
}

#[test]
fn a_frame_is_zoomed_into_and_out_of() {
    Shown::demo().look(async |page| {
        let widths = "JSON.stringify([...document.querySelectorAll('#s4\\\\/flame + .flame [open] .frame > svg')]\
                      .map(it => Number.parseFloat(it.getAttribute('width')).toFixed(2)))";
        let before = ask(page, widths).await;
        ask(page, "document.querySelectorAll('#s4\\\\/flame + .flame [open] a.frame')[4].focus()").await;
        keys(page, "Enter").await;
        let zoomed = ask(page, widths).await;
        assert_ne!(before, zoomed);
        let label = ask(page, "document.activeElement.getAttribute('aria-label')").await;
        assert!(label.as_str().unwrap().starts_with('#'), "{label}");
        keys(page, "0").await;
        assert_eq!(ask(page, "document.querySelectorAll('.frame.around').length").await, 0);
        // What the script draws is what was there before, but for frames that were too narrow to be drawn.
        let wide = |widths: &Value| -> Vec<String> {
            let widths: Vec<String> = serde_json::from_str(widths.as_str().unwrap()).unwrap();
            widths.into_iter().filter(|width| *width != "0.10").collect()
        };
        assert_eq!(wide(&before), wide(&ask(page, widths).await));
    });
}

#[test]
fn an_address_opens_its_node() {
    let shown = Shown::demo();
    shown.look(async |page| {
        page.goto(&shown.address("#s4/node/3"), PATIENCE).await.unwrap();
        page.evaluate("new Promise(done => setTimeout(done, 50))").await.unwrap();
        assert_eq!(ask(page, FOCUS).await, "s4/node/3");
        assert_eq!(ask(page, "document.activeElement.querySelector('details').open").await, true);
    });
}

#[test]
fn the_printed_page_has_the_findings_and_the_plans() {
    let shown = Shown { scripts: Scripts::Disabled, ..Shown::demo() };
    shown.look(async |page| {
        page.emulate_media(Media { medium: Medium::Print, ..Media::default() }).await.unwrap();
        let visible = "[...document.querySelectorAll('.finding, .node, .node dl')].every(it => it.checkVisibility())";
        assert_eq!(ask(page, visible).await, true);
        let pdf = page.pdf().await.unwrap();
        assert!(pdf.starts_with(b"%PDF") && pdf.len() > 50_000, "{} bytes", pdf.len());
    });
}

#[test]
fn dark_is_dark_and_light_is_light() {
    Shown::demo().look(async |page| {
        let lightness = "getComputedStyle(document.body).backgroundColor";
        assert_eq!(ask(page, lightness).await, "rgb(255, 255, 255)");
        page.emulate_media(Media { scheme: Scheme::Dark, ..Media::default() }).await.unwrap();
        assert_eq!(ask(page, lightness).await, "rgb(20, 22, 26)");
    });
}

/// Markup, escape codes, marks that reorder text, and names that do not end, wherever a plan can hold text.
fn hostile() -> String {
    let name = "</script><img src=x onerror=alert(1)><svg/onload=alert(2)>\" onfocus=\"alert(3)\" \u{1b}[31m\u{202e}";
    let (name, long) = (serde_json::to_string(name).unwrap(), "x".repeat(5_000));
    format!(
        r#"[{{ "Plan": {{ "Node Type": "Seq Scan", "Relation Name": {name}, "Schema": {name}, "Alias": "{long}",
        "Startup Cost": 0, "Total Cost": 10, "Plan Rows": 1, "Plan Width": 4, "Actual Startup Time": 0.1,
        "Actual Total Time": 900.0, "Actual Rows": 1, "Actual Loops": 1, "Filter": {name}, {name}: {name},
        "Rows Removed by Filter": 5000000, "Shared Hit Blocks": 50000 }},
        "Query Text": {name}, "Settings": {{ {name}: {name} }}, "Execution Time": 900.5 }}]"#
    )
}

#[test]
fn hostile_text_is_inert() {
    Shown::plan(&hostile()).look(async |page| {
        assert_eq!(ask(page, "document.querySelectorAll('img, svg[onload], [onfocus], [onerror]').length").await, 0);
        let allowed = ["section", "svg", "script"].map(|name| format!("document.querySelectorAll('{name}').length"));
        assert_eq!(ask(page, &allowed[2]).await, 3);
        keys(page, "j Enter /").await;
        page.call("Input.insertText", json!({ "text": "<img" })).await.unwrap();
        keys(page, "Enter").await;
        assert_eq!(ask(page, "document.querySelector('.tally').textContent").await, "1 of 1");
        ask(page, "document.querySelector('a.frame').focus()").await;
        keys(page, "Enter").await;
        assert_eq!(ask(page, "document.querySelectorAll('img, svg[onload], [onfocus], [onerror]').length").await, 0);
        let text = ask(page, "document.body.innerText").await;
        assert!(text.as_str().unwrap().contains("</script><img src=x onerror=alert(1)>"));
        assert!(!text.as_str().unwrap().contains(['\u{1b}', '\u{202e}']));
    });
}

/// A recorded page in which each text is hostile.
fn hostile_page() -> String {
    fn infect(value: &mut Value, key: &str) {
        // Words that the format knows stay, so that the capture can be read.
        const KNOWN: [&str; 5] = ["status", "kind", "library", "origin", "counts_from"];
        match value {
            Value::String(text) if !KNOWN.contains(&key) => {
                *text =
                    format!("</script><img src=x onerror=alert(1)><svg/onload=alert(2)>\" \u{1b}[31m\u{202e}{text}");
            }
            Value::Array(items) => items.iter_mut().for_each(|item| infect(item, key)),
            Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| infect(value, key)),
            _ => {}
        }
    }
    let read = |name: &str| -> Value {
        serde_json::from_str(&perf_look_fixtures::named(&format!("web/{name}/fires.json"))).unwrap()
    };
    let mut all = read("js-function-cost");
    for name in ["selector-leak", "react-renders", "jquery-objects", "css-invalidation"] {
        let page = read(name)["pages"][0].take();
        all["pages"].as_array_mut().unwrap().push(page);
    }
    infect(&mut all["pages"], "pages");
    all.to_string()
}

#[test]
fn a_report_of_pages_asks_for_nothing_and_its_controls_work() {
    Shown::pages().look(async |page| {
        assert_eq!(ask(page, "document.querySelectorAll('section.subject').length").await, 6);
        assert_eq!(ask(page, "document.querySelector('#tools').hidden").await, false);
        // Every part that is named leads to a heading.
        let lost = "[...document.querySelectorAll('.parts a')].filter(it => !document.getElementById(it.hash.slice(1))).length";
        assert_eq!(ask(page, lost).await, 0);
        keys(page, "/").await;
        assert_eq!(ask(page, FOCUS).await, "Search the pages");
        page.call("Input.insertText", json!({ "text": "work" })).await.unwrap();
        assert!(ask(page, "document.querySelectorAll('.frame.hit').length").await.as_u64().unwrap() > 0);
        keys(page, "Escape n").await;
        assert_eq!(ask(page, FOCUS).await, "finding/1");
        ask(page, "document.querySelectorAll('.flame .frame')[1].focus()").await;
        keys(page, "Enter 0 ? Escape t").await;
        assert_eq!(ask(page, "document.documentElement.dataset.theme").await, "dark");
        let tree = page.accessibility_tree().await.unwrap();
        let is_control = |role: &str| ["button", "link", "region", "searchbox"].contains(&role);
        let nameless = tree.iter().find(|node| is_control(&node.role) && !node.ignored && node.name.trim().is_empty());
        assert!(nameless.is_none(), "{nameless:?}");
    });
}

#[test]
fn a_report_of_pages_can_be_read_without_scripts() {
    let shown = Shown { scripts: Scripts::Disabled, ..Shown::pages() };
    shown.look(async |page| {
        let text = ask(page, "document.body.innerText").await;
        let text = text.as_str().unwrap();
        for part in [
            "selectors made here grow by 5 with each repeat of the steps",
            ".menu li a span",
            "src/app/leak.jsx:12:51 selectorFor",
            "React components, by how often they were rendered",
            "jQuery 3.8.0",
            "class dark on BODY",
            "window.<symbol react-redux-context>: Map",
            "repeat 7",
            "perf-look open page.capture",
        ] {
            assert!(text.contains(part), "{part} is not shown in {text}");
        }
        assert_eq!(ask(page, "document.querySelector('#tools').checkVisibility()").await, false);
    });
}

#[test]
fn hostile_text_of_a_page_is_inert() {
    Shown::capture(&hostile_page()).look(async |page| {
        let bad = "document.querySelectorAll('img, svg[onload], [onfocus], [onerror]').length";
        assert_eq!(ask(page, bad).await, 0);
        keys(page, "n Enter /").await;
        page.call("Input.insertText", json!({ "text": "<img" })).await.unwrap();
        keys(page, "Enter").await;
        ask(page, "document.querySelectorAll('.flame .frame')[1].focus()").await;
        keys(page, "Enter").await;
        assert_eq!(ask(page, bad).await, 0);
        assert_eq!(ask(page, "document.querySelectorAll('script').length").await, 3);
        let text = ask(page, "document.body.innerText").await;
        assert!(text.as_str().unwrap().contains("</script><img src=x onerror=alert(1)>"));
        assert!(!text.as_str().unwrap().contains(['\u{1b}', '\u{202e}']));
    });
}

/// What axe-core finds wrong with the page that is shown.
async fn barriers(page: &Page, axe: &str) -> Vec<String> {
    page.evaluate(axe).await.unwrap();
    let script = "axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations.map(it => \
                  it.id + ': ' + it.help + ' at ' + it.nodes.map(node => node.target.join(' ')).slice(0, 3).join(', ')))";
    let found = ask(page, script).await;
    found.as_array().unwrap().iter().map(|barrier| barrier.as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_bars_anybody_from_reading() {
    let Some(axe) = crate::viewers::installed("nothing_bars_anybody_from_reading", "axe-core/axe.min.js") else {
        return;
    };
    let axe = std::fs::read_to_string(axe).unwrap();
    Shown::demo().look(async |page| assert_eq!(barriers(page, &axe).await, Vec::<String>::new()));
    Shown::pages().look(async |page| assert_eq!(barriers(page, &axe).await, Vec::<String>::new()));
    let comparison = Shown::demo();
    comparison.sandbox.run(&["demo", "--recorded", "--to", "out"]);
    comparison.sandbox.run(&["diff", "out/before.json", "out/after.json", "--report", "html=report.html"]);
    comparison.look(async |page| assert_eq!(barriers(page, &axe).await, Vec::<String>::new()));
}
