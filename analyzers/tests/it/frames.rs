//! What people put around a plan before they hand it in, by hand or by tool.

use perf_look_analyzers::postgres::{Plan, parse};

const TEXTS: [&str; 4] = ["cte-sub", "incremental-sort", "join-analyzed", "never-executed"];

fn text_of(name: &str) -> String {
    perf_look_fixtures::named(&format!("postgres/formats/{name}.text"))
}

fn json_of(name: &str) -> String {
    perf_look_fixtures::named(&format!("postgres/formats/{name}.json"))
}

#[track_caller]
fn plans(text: &str) -> Vec<Plan> {
    let parsed = parse::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(parsed.rejects, [], "{text}");
    parsed.plans
}

fn each_line(text: &str, put: impl Fn(&str) -> String) -> String {
    text.lines().map(|line| put(line) + "\n").collect()
}

fn counted(text: &str, put: impl Fn(usize, &str) -> String) -> String {
    let lines: Vec<String> = text.lines().zip(1..).map(|(line, number)| put(number, line)).collect();
    lines.join("\n")
}

/// The frame changes nothing, whatever is in it.
#[track_caller]
fn is_taken_off(frame: impl Fn(&str) -> String) {
    for name in TEXTS {
        for plan in [text_of(name), json_of(name)] {
            let framed = frame(&plan);
            assert!(plans(&framed) == plans(&plan), "{name}:\n{framed}");
        }
    }
}

#[test]
fn fences_of_markdown_are_taken_off() {
    is_taken_off(|plan| format!("Why is this slow?\n\n```\n{plan}```\n\nThanks!\n"));
    is_taken_off(|plan| format!("~~~sql\n{plan}~~~\n"));
}

#[test]
fn tags_of_trackers_are_taken_off() {
    is_taken_off(|plan| format!("h2. Slow\n\n<pre>{plan}</pre>\nIndeed."));
    is_taken_off(|plan| format!("<pre><code class=\"sql\">\n{plan}</code></pre>\n"));
    is_taken_off(|plan| format!("{{noformat}}\n{plan}{{noformat}}\n"));
}

#[test]
fn quote_marks_are_taken_off() {
    is_taken_off(|plan| {
        format!("On Tuesday somebody wrote:\n{}\nI see.\n", each_line(plan, |line| format!("> {line}")))
    });
    is_taken_off(|plan| each_line(plan, |line| format!("> > {line}")));
    is_taken_off(|plan| format!("> ```\n{}> ```\n", each_line(plan, |line| format!("> {line}"))));
}

#[test]
fn line_numbers_are_taken_off() {
    is_taken_off(|plan| counted(plan, |number, line| format!("{number}. {line}")));
    is_taken_off(|plan| counted(plan, |number, line| format!("{number:4} {line}")));
    is_taken_off(|plan| counted(plan, |number, line| format!("{number:3}: {line}")));
}

#[test]
fn time_stamps_are_taken_off() {
    is_taken_off(|plan| each_line(plan, |line| format!("2024-05-01T12:00:00.123456Z {line}")));
    is_taken_off(|plan| each_line(plan, |line| format!("2024-05-01 12:00:00,123 {line}")));
}

#[test]
fn quotes_are_taken_off() {
    is_taken_off(|plan| each_line(plan, |line| format!("\"{}\"", line.replace('"', "\"\""))));
    is_taken_off(|plan| each_line(plan, |line| format!("'{line}'")));
}

#[test]
fn a_csv_cell_of_several_lines_is_unquoted() {
    for name in TEXTS {
        let json = json_of(name);
        let cell = format!("QUERY PLAN\n\"{}\"\n", json.trim_end().replace('"', "\"\""));
        assert!(plans(&cell) == plans(&json), "{name}");
        assert!(plans(&format!("'{}'\n", json.trim_end())) == plans(&json), "{name}");
    }
}

#[test]
fn indentation_of_the_whole_and_windows_line_ends_do_not_matter() {
    is_taken_off(|plan| each_line(plan, |line| format!("        {line}")));
    is_taken_off(|plan| plan.replace('\n', "\r\n"));
    is_taken_off(|plan| format!("\u{feff}{plan}"));
    is_taken_off(|plan| plan.replace("  ", "\u{a0} "));
}

#[test]
fn html_of_a_page_is_taken_off() {
    let escape =
        |plan: &str| plan.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    is_taken_off(|plan| format!("<pre>\n{}</pre>\n", escape(plan)));
}

#[test]
fn empty_lines_between_lines_do_not_matter() {
    is_taken_off(|plan| plan.replace('\n', "\n\n"));
}

#[test]
fn a_line_cut_at_any_width_is_put_together() {
    let mut wrong = Vec::new();
    for name in TEXTS {
        let text = text_of(name);
        let expected = plans(&text);
        for width in 60..160 {
            let cut = each_line(&text, |line| cut_at(line, width));
            if !parse::parse(&cut).is_ok_and(|parsed| parsed.plans == expected) {
                wrong.push(format!("{name} at {width}:\n{cut}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} in all", wrong[0], wrong.len());
}

/// As a terminal does.
fn cut_at(line: &str, width: usize) -> String {
    let characters: Vec<char> = line.chars().collect();
    let pieces: Vec<String> = characters.chunks(width).map(|piece| piece.iter().collect()).collect();
    pieces.join("\n")
}

#[test]
fn rows_that_a_client_gave_as_json_are_a_plan() {
    for name in TEXTS {
        let rows: Vec<_> = text_of(name).lines().map(|line| serde_json::json!({ "QUERY PLAN": line })).collect();
        let whole = serde_json::json!([{ "QUERY PLAN": json_of(name) }]).to_string();
        assert!(plans(&serde_json::to_string_pretty(&rows).unwrap()) == plans(&text_of(name)), "{name}");
        assert!(plans(&whole) == plans(&json_of(name)), "{name}");
    }
}

#[test]
fn the_servers_own_log_has_the_plan_in_every_format() {
    for format in ["text", "json", "yaml", "xml"] {
        let found = plans(&perf_look_fixtures::named(&format!("postgres/logs/{format}.log")));
        let [plan] = &*found else { panic!("{format}: {} plans", found.len()) };
        let query = plan.statement.query.as_deref().unwrap_or_default();
        assert_eq!((plan.nodes().len(), query.lines().count()), (7, 4), "{format}: {query}");
        assert!(plan.statement.execution_ms.is_some_and(|ms| ms > 1.0), "{format}");
    }
}

#[test]
fn a_session_of_psql_gives_each_of_its_plans() {
    let (first, second) = (text_of("join-analyzed"), text_of("cte-sub"));
    let session = format!(
        "postgres=# \\timing on\nTiming is on.\npostgres=# explain select\npostgres-# 1;\n QUERY PLAN \n------------\n{}(17 rows)\n\n\
         Time: 12.345 ms\npostgres=# select * from t;\n a | b \n---+---\n 1 | Sort\n(1 row)\n\npostgres=# explain select 2;\n\
         QUERY PLAN\n-----\n{}(9 rows)\n\nTime: 2.000 ms\npostgres=# \n",
        each_line(&first, |line| format!(" {line}")),
        each_line(&second, |line| format!(" {line}")),
    );
    assert_eq!(plans(&session), [plans(&first), plans(&second)].concat());
}

#[test]
fn plans_on_end_are_told_apart() {
    for (first, second) in TEXTS.iter().zip(TEXTS.iter().skip(1)) {
        let expected = [plans(&text_of(first)), plans(&text_of(second))].concat();
        assert_eq!(plans(&format!("{}\n{}", text_of(first), text_of(second))), expected);
        assert_eq!(plans(&format!("{}{}", text_of(first), text_of(second))), expected);
        assert_eq!(plans(&format!("{}{}", json_of(first), json_of(second))).len(), 2);
        assert_eq!(plans(&format!("first:\n{}\nsecond:\n{}", json_of(first), text_of(second))).len(), 2);
    }
}

#[test]
fn what_follows_a_plan_is_no_part_of_it() {
    for name in TEXTS {
        let text = text_of(name);
        let ended = format!("{text}Execution Time: 1.000 ms\n");
        assert_eq!(plans(&format!("{ended}What do you think?\nResult: it is slow.\n")), plans(&ended));
        assert_eq!(plans(&format!("{text}\nWhat do you think?\n")), plans(&text));
    }
}

#[test]
fn a_logged_plan_has_its_query_and_its_time() {
    let log = "2024-05-01 12:00:00.000 UTC [42] LOG:  duration: 12.345 ms  plan:\n\
               \tQuery Text: select *\n\t  from orders\n\t where total > 10\n\
               \tSeq Scan on orders  (cost=0.00..426.00 rows=400 width=10) (actual time=0.010..11.000 rows=400 loops=1)\n\
               \t  Filter: (total > 10)\n\
               \t  Rows Removed by Filter: 19600\n\
               2024-05-01 12:00:01.000 UTC [42] LOG:  checkpoint starting: time\n\
               2024-05-01 12:00:02.000 UTC [42] LOG:  duration: 2.5 ms  plan:\n\
               \t{\n\t  \"Query Text\": \"select 1\",\n\t  \"Plan\": {\n\t    \"Node Type\": \"Result\"\n\t  }\n\t}\n\
               2024-05-01 12:00:03.000 UTC [42] LOG:  duration: 3.5 ms  plan:\n\
               \tQuery Text: \"select 1\"\n\tPlan: \n\t  Node Type: \"Result\"\n\t  Total Cost: 0.01\n\
               2024-05-01 12:00:04.000 UTC [42] ERROR:  division by zero\n";
    let found: Vec<(String, usize, Option<f64>)> = plans(log)
        .iter()
        .map(|plan| {
            let query = plan.statement.query.as_deref().unwrap_or_default().to_owned();
            (query, plan.root().properties.len(), plan.statement.execution_ms)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("select *\n  from orders\n where total > 10".to_owned(), 2, Some(12.345)),
            ("select 1".to_owned(), 0, Some(2.5)),
            ("select 1".to_owned(), 0, Some(3.5)),
        ]
    );
}

#[test]
fn prose_that_sounds_like_a_plan_is_none() {
    let prose = "Plan: see below. Update on this issue: Result of the query.\nSort of.\n\n| a |\n|---|\n| Sort |\n\n\
                 1. First\n2. Second\n3. Third\n\n```json\n{\"a\": [1, 2]}\n```\n\n- Plan: sleep on it\n\n";
    assert!(parse::parse(prose).is_err());
    for name in TEXTS {
        assert_eq!(plans(&format!("{prose}{}\n{prose}", text_of(name))), plans(&text_of(name)));
    }
}

#[test]
fn nodes_of_extensions_are_kept_with_what_they_say() {
    let labels = |text: &str| -> Vec<String> {
        plans(text)[0].nodes().iter().map(perf_look_analyzers::postgres::PlanNode::label).collect()
    };
    let citus = " Custom Scan (Citus Adaptive)\n   Task Count: 4\n   ->  Task\n         Node: host=localhost\n         ->  Seq Scan on t_1 t\n";
    assert_eq!(
        labels(&format!(" QUERY PLAN\n------\n{citus}(5 rows)\n")),
        ["Custom Scan (Citus Adaptive)", "Task", "Seq Scan on t_1 t"]
    );
    let greenplum = "Gather Motion 3:1  (slice1; segments: 3)  (cost=0.00..431.00 rows=1 width=8)\n  ->  Seq Scan on t  (cost=0.00..431.00 rows=1 width=8)\nOptimizer: GPORCA\n";
    assert_eq!(labels(greenplum), ["Gather Motion 3:1  (slice1; segments: 3)", "Seq Scan on t"]);
}

#[test]
fn a_node_without_a_name_is_refused_with_its_line() {
    let text = "Sort  (cost=0.00..1.00 rows=1 width=4)\n  Sort Key: a\n  ->  (cost=0.00..1.00 rows=1 width=4)\n";
    let error = parse::parse(text).unwrap_err().to_string();
    assert_eq!(error, "line 3, column 3: expected a node's name as \"Node Type\", found \"an empty one\"");
}

#[test]
fn a_bad_plan_among_good_ones_is_a_reject_with_its_line() {
    let good = json_of("utility");
    let text = format!("{good}\n[{{\"Plan\":\n  {{\"Node Type\": 7}}}}]\n\n{good}");
    let parsed = parse::parse(&text).unwrap();
    assert_eq!(parsed.plans.len(), 2);
    let [reject] = &*parsed.rejects else { panic!("{:?}", parsed.rejects) };
    assert_eq!(reject.line, Some(good.lines().count() + 3));
    assert_eq!(reject.why, "column 18: expected a text as \"Node Type\", found \"7\"");
}

#[test]
fn a_statement_without_a_plan_says_so() {
    for text in [
        "[\n]\n",
        "[]",
        "Query rewrites to nothing\n",
        "Utility statements have no plan structure",
        "[\"Utility Statement\"]",
        "<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n</explain>",
        " QUERY PLAN \n------------\n(0 rows)\n",
    ] {
        let parsed = parse::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!((parsed.plans.len(), parsed.rejects.len()), (0, 1), "{text}");
    }
}
