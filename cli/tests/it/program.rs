//! Arguments in; standard output, standard error and exit code out.

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

const SCAN: &str = r#"[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "orders", "Alias": "orders",
  "Startup Cost": 0.00, "Total Cost": 9821.00, "Plan Rows": 12, "Plan Width": 40,
  "Actual Startup Time": 0.031, "Actual Total Time": 187.204, "Actual Rows": 12, "Actual Loops": 1,
  "Filter": "(status = 'open'::text)", "Rows Removed by Filter": 479988},
  "Planning Time": 0.201, "Execution Time": 187.310}]"#;

const QUIET: &str = r#"[{"Plan": {"Node Type": "Result", "Startup Cost": 0.00, "Total Cost": 0.01, "Plan Rows": 1,
  "Plan Width": 4, "Actual Startup Time": 0.001, "Actual Total Time": 0.001, "Actual Rows": 1, "Actual Loops": 1},
  "Planning Time": 0.020, "Execution Time": 0.010}]"#;

fn sandbox() -> Sandbox {
    Sandbox::new().file("scan.json", SCAN).file("quiet.json", QUIET)
}

#[track_caller]
fn exit_code(transcript: &str) -> &str {
    transcript.trim_end().rsplit(' ').next().unwrap()
}

#[test]
fn a_saved_plan_with_a_problem_is_judged_and_exits_with_1() {
    assert_snapshot!(sandbox().run(&["db", "--plan", "scan.json"]));
}

#[test]
fn a_saved_plan_without_a_problem_exits_with_0() {
    assert_snapshot!(sandbox().run(&["db", "--plan", "quiet.json"]));
}

#[test]
fn standard_input_may_be_a_plan() {
    let transcript = sandbox().stdin(SCAN).run(&["db", "-"]);
    assert!(transcript.contains("orders"), "{transcript}");
    assert_eq!(exit_code(&transcript), "1", "{transcript}");
}

#[test]
fn fail_on_decides_on_the_exit_code_and_not_on_the_report() {
    let never = sandbox().run(&["db", "--plan", "scan.json", "--fail-on", "never"]);
    assert!(never.contains("orders"), "{never}");
    assert_eq!(exit_code(&never), "0");
    let configured = sandbox().run(&["db", "--plan", "scan.json", "--set", "fail_on=never"]);
    assert_eq!(exit_code(&configured), "0");
}

#[test]
fn a_missing_file_says_so() {
    assert_snapshot!(sandbox().run(&["db", "--plan", "missing.json"]));
}

#[test]
fn a_bare_word_that_is_no_file_might_be_a_database() {
    assert_snapshot!(sandbox().run(&["db", "shop"]));
}

#[test]
fn an_empty_file_is_nothing_to_check() {
    assert_snapshot!(sandbox().file("empty.sql", "\n ;\n").run(&["db", "-f", "empty.sql"]));
}

#[test]
fn a_text_that_is_no_plan_says_where_and_what_was_expected() {
    assert_snapshot!(sandbox().file("notes.json", "[\n  {\"Plan\": 7}\n]\n").run(&["db", "--plan", "notes.json"]));
}

#[test]
fn one_bad_input_does_not_hide_the_others_and_its_exit_code_wins() {
    let transcript = sandbox().run(&["db", "--plan", "scan.json", "--plan", "missing.json"]);
    assert!(transcript.contains("orders") && transcript.contains("missing.json"), "{transcript}");
    assert_eq!(exit_code(&transcript), "2", "{transcript}");
}

#[test]
fn an_input_named_twice_is_a_slip() {
    assert_snapshot!(sandbox().run(&["db", "--plan", "quiet.json", "--plan", "quiet.json"]));
}

#[test]
fn a_flag_for_a_statement_needs_one() {
    assert_snapshot!(sandbox().run(&["db", "--runs", "3"]));
}

#[test]
fn an_unknown_rule_gets_the_nearest() {
    assert_snapshot!(sandbox().run(&["explain", "db/seq-scan-discard-rows"]));
}

#[test]
fn a_rule_has_a_page_with_its_limits_as_they_are_configured() {
    let set = "rules.db/seq-scan-discards-rows.min_rows=500";
    let page = sandbox().run(&["explain", "seq-scan-discards-rows", "--set", set]);
    assert!(page.contains("`min_rows = 500` (rows, --set)"), "{page}");
    assert!(page.contains("# db/seq-scan-discards-rows"), "{page}");
    assert_eq!(exit_code(&page), "0");
}

#[test]
fn the_rules_are_listed() {
    assert!(sandbox().run(&["rules"]).contains("\ndb/seq-scan-discards-rows "));
}

#[test]
fn an_unknown_key_of_the_configuration_gets_its_place_and_the_nearest() {
    let text = "[severity]\nerror_share = 0.3\n\n[rules.\"db/seq-scan-discards-rows\"]\nmin_row = 5\n";
    assert_snapshot!(sandbox().file("perf-look.toml", text).run(&["db", "--plan", "scan.json"]));
}

#[test]
fn a_value_of_the_wrong_type_says_what_was_expected() {
    assert_snapshot!(sandbox().file(".config/perf-look.toml", "[db]\ntimeout = 30\n").run(&["rules"]));
}

#[test]
fn a_value_out_of_range_says_what_was_expected() {
    assert_snapshot!(sandbox().run(&["rules", "--set", "severity.warn_share=20"]));
}

#[test]
fn a_configuration_that_is_no_toml_says_where() {
    assert_snapshot!(sandbox().file("perf-look.toml", "[db\ntimeout = 1\n").run(&["rules"]));
}

#[test]
fn a_configuration_is_found_upward_to_the_root_of_the_repository() {
    let sandbox =
        Sandbox::new().file("perf-look.toml", "fail_on = \"never\"\n").file("a/.git/HEAD", "").file("a/b/c", "");
    let show = |folder: &str| {
        let output = sandbox.command(&["config", "show"]).current_dir(sandbox.path().join(folder)).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(show("").contains("fail_on = \"never\""));
    // The file above is not of this repository.
    assert!(show("a/b").contains("no perf-look.toml found"));
    std::fs::write(sandbox.path().join("a/perf-look.toml"), "fail_on = \"warn\"\n").unwrap();
    assert!(show("a/b").contains("fail_on = \"warn\""));
}

#[test]
fn the_configuration_is_shown_with_the_origin_of_each_value() {
    let text = "fail_on = \"warn\"\n\n[rules.\"db/seq-scan-discards-rows\"]\nmin_rows = 500\n";
    let shown = sandbox().file("perf-look.toml", text).run(&["config", "show", "--set", "db.timeout=2min"]);
    let head: Vec<&str> = shown.lines().take(12).collect();
    assert_snapshot!(head.join("\n"));
    assert!(shown.contains("min_rows = 500               # perf-look.toml:4\n"), "{shown}");
}

#[test]
fn what_config_show_prints_is_a_configuration() {
    let sandbox = sandbox();
    let shown = sandbox.command(&["config", "show"]).output().unwrap().stdout;
    let sandbox = sandbox.file("copy.toml", &String::from_utf8(shown).unwrap());
    assert_eq!(exit_code(&sandbox.run(&["rules", "--config", "copy.toml"])), "0");
}

#[test]
fn a_rule_that_is_off_is_not_run() {
    let off = sandbox().run(&["db", "--plan", "scan.json", "--set", "rules.db/seq-scan-discards-rows.level=off"]);
    assert_eq!(exit_code(&off), "0", "{off}");
}

#[test]
fn two_reports_to_standard_output_are_refused() {
    assert_snapshot!(sandbox().run(&["db", "--plan", "scan.json", "--report", "text", "--report", "json"]));
}

#[test]
fn a_report_may_go_to_a_file_beside_the_one_on_standard_output() {
    let sandbox = sandbox();
    let transcript = sandbox.run(&["db", "--plan", "scan.json", "--report", "json=report.json", "--report", "text"]);
    assert!(transcript.contains("orders"), "{transcript}");
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(sandbox.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["schema"], "perf-look.report/1");
}

#[test]
fn a_report_that_cannot_be_written_says_so() {
    assert_snapshot!(sandbox().run(&["db", "--plan", "scan.json", "-o", "no/such/folder/report.txt"]));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let sandbox = sandbox();
    let mut child =
        sandbox.command(&["db", "--plan", "quiet.json"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn each_stream_decides_on_its_own_colors() {
    let plain = sandbox().run(&["db", "--plan", "scan.json"]);
    assert!(!plain.contains('\x1b'), "{plain}");
    let forced = sandbox().env("CLICOLOR_FORCE", "1").run(&["db", "--plan", "scan.json"]);
    assert!(forced.contains("\x1b["), "{forced}");
    let never = sandbox().env("CLICOLOR_FORCE", "1").run(&["db", "--plan", "scan.json", "--color", "never"]);
    assert!(!never.contains('\x1b'), "{never}");
}

#[test]
fn plain_is_ascii_and_can_be_read_out() {
    let plain = sandbox().run(&["db", "--plan", "scan.json", "--plain"]);
    assert!(plain.is_ascii(), "{plain}");
    assert_snapshot!(plain);
}

#[test]
fn the_help_of_db_shows_examples_and_leaves_h_to_the_host() {
    assert_snapshot!(sandbox().env("COLUMNS", "100").run(&["db", "--help"]));
}

#[test]
fn the_help_says_where_to_start() {
    assert_snapshot!(sandbox().env("COLUMNS", "100").run(&["--help"]));
}

#[test]
fn every_command_has_help() {
    let all = sandbox().run(&["--help"]);
    let commands: Vec<&str> = all
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.strip_prefix("  ").filter(|line| !line.is_empty()))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(commands.contains(&"demo") && commands.len() > 8, "{commands:?}");
    for command in commands {
        let help = sandbox().run(&[command, "--help"]);
        assert!(help.contains(&format!("perf-look {command}")) && exit_code(&help) == "0", "{help}");
    }
}

#[test]
fn completions_and_manual_pages_are_made() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = sandbox().run(&["completions", shell]);
        assert!(script.contains("fail-on") && exit_code(&script) == "0", "{shell}");
    }
    assert!(sandbox().run(&["man", "db"]).contains("perf-look-db"));
}

#[test]
fn the_schema_of_a_report_is_printed_and_a_report_follows_it() {
    let sandbox = sandbox();
    let json = |args: &[&str]| {
        let output = sandbox.command(args).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let schema = jsonschema::validator_for(&json(&["schema", "report"])).unwrap();
    for plan in ["scan.json", "quiet.json"] {
        schema.validate(&json(&["db", "--plan", plan, "--report", "json"])).unwrap();
    }
    assert_snapshot!(sandbox.run(&["schema", "reports"]));
}

/// The plan of [`SCAN`] with an index.
const INDEXED: &str = r#"[{"Plan": {"Node Type": "Index Scan", "Scan Direction": "Forward", "Index Name": "orders_status",
  "Relation Name": "orders", "Alias": "orders", "Startup Cost": 0.00, "Total Cost": 21.00, "Plan Rows": 12,
  "Plan Width": 40, "Actual Startup Time": 0.011, "Actual Total Time": 0.204, "Actual Rows": 12, "Actual Loops": 1,
  "Index Cond": "(status = 'open'::text)"}, "Planning Time": 0.221, "Execution Time": 0.250}]"#;

fn two_plans() -> Sandbox {
    sandbox().file("indexed.json", INDEXED)
}

#[test]
fn two_plans_are_compared_step_by_step() {
    assert_snapshot!(two_plans().run(&["diff", "scan.json", "indexed.json"]));
}

#[test]
fn a_comparison_may_go_to_files_in_several_formats() {
    let sandbox = two_plans();
    let transcript =
        sandbox.run(&["diff", "scan.json", "indexed.json", "--report", "json=a.json", "--report", "markdown=a.md"]);
    assert_eq!(exit_code(&transcript), "0", "{transcript}");
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(sandbox.path().join("a.json")).unwrap()).unwrap();
    assert_eq!(json["statements"][0]["steps"][0]["change"], "access path");
    assert!(std::fs::read_to_string(sandbox.path().join("a.md")).unwrap().contains("access path"));
}

/// Captures of a page whose factory makes one selector, and of one whose factory makes one a row.
fn two_pages() -> Sandbox {
    let capture = |name: &str| perf_look_fixtures::named(&format!("web/selector-instances-per-site/{name}.json"));
    sandbox().file("before.json", &capture("quiet")).file("after.json", &capture("fires"))
}

#[test]
fn two_pages_are_compared_place_by_place() {
    assert_snapshot!(two_pages().run(&["diff", "before.json", "after.json"]));
}

#[test]
fn a_page_is_not_compared_with_a_plan() {
    assert_snapshot!(two_pages().run(&["diff", "scan.json", "after.json"]));
    let capture = |name: &str| perf_look_fixtures::named(&format!("web/js-function-cost/{name}.json"));
    let sandbox = sandbox().file("page.json", &capture("fires"));
    let transcript = sandbox.run(&["flame", "page.json", "--before", "scan.json", "-o", "-"]);
    assert_eq!(exit_code(&transcript), "2", "{transcript}");
    assert!(transcript.contains("a plan and a page are not compared"), "{transcript}");
}

#[test]
fn the_difference_of_two_pages_is_drawn() {
    let capture = |name: &str| perf_look_fixtures::named(&format!("web/js-function-cost/{name}.json"));
    let sandbox = sandbox().file("before.json", &capture("fires")).file("after.json", &capture("quiet"));
    let transcript = sandbox.run(&["flame", "after.json", "--before", "before.json", "--format", "folded"]);
    assert_eq!(exit_code(&transcript), "0", "{transcript}");
    let mix = transcript.lines().find(|line| line.contains("mix (work.js")).unwrap_or_else(|| panic!("{transcript}"));
    let counts: Vec<u64> = mix.rsplit(' ').take(2).map(|count| count.parse().unwrap()).collect();
    assert!(counts[1] > 100 * counts[0], "{mix}");
}

#[test]
fn a_comparison_has_no_annotations() {
    assert_snapshot!(two_plans().run(&["diff", "scan.json", "indexed.json", "--report", "github"]));
}

#[test]
fn comparing_with_what_is_no_plan_says_so() {
    assert_snapshot!(two_plans().file("no.txt", "nothing of the sort").run(&["diff", "no.txt", "indexed.json"]));
    assert_snapshot!(two_plans().run(&["diff", "-", "-"]));
}

#[test]
fn a_difference_is_of_what_both_plans_have() {
    let planned = "Seq Scan on orders  (cost=0.00..4.00 rows=1 width=4)\n";
    let sandbox = two_plans().file("planned.txt", planned);
    let drawn = sandbox.run(&["flame", "scan.json", "--before", "planned.txt", "--format", "folded"]);
    assert!(drawn.contains("scan.cost."), "{drawn}");
    assert_eq!(exit_code(&drawn), "0", "{drawn}");
    let timed = sandbox.run(&["flame", "scan.json", "--before", "planned.txt", "--measure", "wall"]);
    assert!(timed.contains("error: planned.txt: wall is not in this plan"), "{timed}");
    let twice = sandbox.run(&["flame", "-", "--before", "-"]);
    assert!(twice.contains("standard input can be read only once") && exit_code(&twice) == "2", "{twice}");
}

#[test]
fn folded_stacks_go_to_standard_output() {
    assert_snapshot!(two_plans().run(&["flame", "scan.json", "--format", "folded"]));
    assert_snapshot!(two_plans().run(&["flame", "indexed.json", "--before", "scan.json", "--format", "folded", "-q"]));
}

#[test]
fn a_picture_goes_to_the_file_that_is_named() {
    let sandbox = two_plans();
    for args in [
        &["flame", "scan.json", "-o", "one.svg"][..],
        &["flame", "indexed.json", "--before", "scan.json", "-o", "two.svg"],
        &["flame", "scan.json", "--color-by", "misestimate", "--measure", "rows", "-o", "three.svg"],
    ] {
        let transcript = sandbox.run(args);
        assert_eq!(exit_code(&transcript), "0", "{transcript}");
        let svg = std::fs::read_to_string(sandbox.path().join(args.last().unwrap())).unwrap();
        assert!(svg.contains("#1 Seq Scan on orders") && svg.trim_end().ends_with("</svg>"), "{svg}");
    }
}

#[test]
fn a_measure_that_a_plan_has_not_says_what_to_ask_for() {
    assert_snapshot!(sandbox().run(&["flame", "scan.json", "--measure", "buffers"]));
    assert_snapshot!(sandbox().run(&["flame", "scan.json", "--measure", "time"]));
}

#[test]
fn of_several_plans_the_slowest_is_drawn_and_the_others_can_be_chosen() {
    let both = Sandbox::new().file("both.txt", &format!("{QUIET}\n{SCAN}"));
    let slowest = both.run(&["flame", "both.txt", "--format", "folded"]);
    assert!(slowest.contains("2 plans: this is both.txt plan 2, the slowest"), "{slowest}");
    let first = both.run(&["flame", "both.txt", "--format", "folded", "--subject", "1"]);
    assert!(first.contains("#1 Result"), "{first}");
    assert_eq!(exit_code(&both.run(&["flame", "both.txt", "--subject", "3"])), "2");
}

#[test]
fn a_difference_has_no_format_of_other_viewers() {
    assert_snapshot!(two_plans().run(&["flame", "indexed.json", "--before", "scan.json", "--format", "pprof"]));
}

#[test]
fn a_page_is_drawn_in_every_format() {
    let sandbox = crate::viewers::pages();
    for (format, begin) in [
        ("svg", "<?xml"),
        ("folded", "(program) "),
        ("speedscope", "{\"$schema\""),
        ("firefox", "{"),
        ("pprof", "\u{1f}"),
        ("cpuprofile", "{\"nodes\":"),
    ] {
        let transcript = sandbox.run(&["flame", "page.capture", "--format", format, "-o", "file"]);
        assert_eq!(exit_code(&transcript), "0", "{format}: {transcript}");
        assert!(
            transcript.contains("2 subjects: this is http://127.0.0.1:45355/app/badrender-reselect4.html, the first")
        );
        let bytes = std::fs::read(sandbox.path().join("file")).unwrap();
        assert!(String::from_utf8_lossy(&bytes[..60]).trim_start().contains(begin), "{format}");
    }
}

#[test]
fn what_only_plans_have_is_refused_of_a_page() {
    let sandbox = crate::viewers::pages();
    let asked: [&[&str]; 3] = [&["--measure", "buffers"], &["--color-by", "findings"], &["--subject", "3"]];
    let said = asked.map(|args| sandbox.run(&[&["flame", "page.capture"], args].concat()));
    assert_snapshot!(said.join("\n"));
}

#[test]
fn a_plan_has_no_cpuprofile() {
    assert_snapshot!(two_plans().run(&["flame", "indexed.json", "--format", "cpuprofile"]));
}

#[test]
fn the_demo_leaves_a_page_and_pictures_where_it_is_told() {
    let sandbox = Sandbox::new();
    let transcript = sandbox.run(&["demo", "--recorded", "--to", "out/demo", "--report", "jsonl"]);
    assert_eq!(exit_code(&transcript), "0", "{transcript}");
    for file in ["report.html", "flame.svg", "before.json", "after.json", "difference.txt", "difference.svg"] {
        assert!(transcript.contains(file), "{file} is not named: {transcript}");
        assert!(sandbox.path().join("out/demo").join(file).metadata().unwrap().len() > 1_000, "{file}");
    }
}

#[test]
fn a_dropped_index_is_one_change_of_access_path() {
    let sandbox = Sandbox::new();
    sandbox.run(&["demo", "--recorded", "--to", "out", "--report", "jsonl"]);
    let transcript = sandbox.run(&["diff", "out/after.json", "out/before.json", "--report", "json=dropped.json"]);
    assert_eq!(exit_code(&transcript), "0", "{transcript}");
    let dropped = std::fs::read_to_string(sandbox.path().join("dropped.json")).unwrap();
    let dropped: serde_json::Value = serde_json::from_str(&dropped).unwrap();
    let mut statements = Vec::new();
    for statement in dropped["statements"].as_array().unwrap() {
        let own = |step: &&serde_json::Value| {
            !["same", "belongs to the change above"].contains(&step["change"].as_str().unwrap())
        };
        let changes: Vec<&str> = statement["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(own)
            .map(|step| step["change"].as_str().unwrap())
            .collect();
        assert_eq!(statement["changes"], changes.len());
        if !changes.is_empty() {
            statements.push((statement["after"]["name"].as_str().unwrap(), changes));
        }
    }
    assert_eq!(
        statements,
        [
            ("all orders of one customer", vec!["access path"]),
            ("how many orders each of some customers has", vec!["access path"]),
            // Without the index a hash join is cheaper than looking each customer's orders up.
            ("what the customers of one city bought most", vec!["join method", "access path"]),
        ]
    );
}

#[test]
fn a_redacted_report_shows_no_literal_and_keeps_the_findings() {
    assert_snapshot!(sandbox().run(&["db", "--plan", "scan.json", "--redact"]));
    assert_snapshot!(sandbox().run(&["db", "--plan", "scan.json", "--redact=names"]));
}
