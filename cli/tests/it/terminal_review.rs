//! A review on a real terminal: what is decided is written at its end, and only then.

use crate::pty::Pty;
use crate::sandbox::Sandbox;
use crate::terminal::assert_given_back;

const INDEX: &str = "\
Index Scan using orders_customer on public.orders  (cost=0.29..4.80 rows=6 width=8) (actual rows=6.00 loops=1)
  Index Cond: (customer_id = 42)
  Buffers: shared hit=6
";

const SCAN: &str = "\
Seq Scan on public.orders  (cost=0.00..398.00 rows=6 width=8) (actual rows=6.00 loops=1)
  Filter: (customer_id = 42)
  Rows Removed by Filter: 19994
  Buffers: shared hit=148
";

/// Two plans by index that are accepted, and then read all of the table.
fn changed() -> Sandbox {
    let sandbox = Sandbox::new().file("perf-look.toml", "[suite.shop]\nplans = [\"plans/*.txt\"]\n");
    let sandbox = sandbox.file("plans/basket.txt", INDEX).file("plans/lookup.txt", INDEX);
    sandbox.run(&["gate"]);
    sandbox.run(&["gate", "accept", "--all", "--reason", "the first baseline"]);
    sandbox.file("plans/basket.txt", SCAN).file("plans/lookup.txt", SCAN)
}

fn read(sandbox: &Sandbox, file: &str) -> String {
    std::fs::read_to_string(sandbox.path().join(file)).unwrap_or_default()
}

fn baseline(sandbox: &Sandbox, name: &str) -> String {
    read(sandbox, &format!(".perf-look/baseline/db/shop/plans/{name}.txt.json"))
}

/// A review on the screen.
#[track_caller]
fn opened(sandbox: &Sandbox) -> Pty {
    let mut pty = Pty::open(sandbox, &["gate", "review"]);
    pty.wait_for("0 of 2 decided");
    pty
}

#[test]
fn what_is_accepted_is_written_at_the_end_with_its_reason() {
    let sandbox = changed();
    let (basket, lookup) = (baseline(&sandbox, "basket"), baseline(&sandbox, "lookup"));
    let mut pty = opened(&sandbox);
    assert!(pty.text().contains("x fail") && pty.text().contains("plans/lookup.txt"), "{}", pty.text());
    pty.type_keys("a");
    pty.wait_for("why is it right?");
    pty.type_keys("\r");
    pty.wait_for("a reason is needed");
    pty.type_keys("the table is small\r");
    pty.wait_for("1 of 2 decided");
    assert_eq!(baseline(&sandbox, "basket"), basket, "nothing is written before the end");
    pty.type_keys("sq");
    pty.wait_for("Write this? y/n");
    assert!(pty.text().contains("why: the table is small"), "{}", pty.text());
    assert_eq!(baseline(&sandbox, "basket"), basket, "nothing is written before it was asked");
    pty.type_keys("y");
    assert_eq!(pty.exit_code(), 0, "{}", pty.text());
    assert_given_back(&pty);
    assert!(pty.text().contains("1 of 2 targets were decided; commit what changed"), "{}", pty.text());
    let now = baseline(&sandbox, "basket");
    assert!(now.contains("\"accepted\": \"the table is small\"") && now.contains("Seq Scan on public.orders"), "{now}");
    assert_eq!(baseline(&sandbox, "lookup"), lookup);
}

#[test]
fn a_review_that_is_left_writes_nothing() {
    for keys in ["wit is mended next week\rann\r\raagain\rqn", "r\u{3}\u{3}", "ssq", "q", "aa reason\u{1b}q"] {
        let sandbox = changed();
        let before = (baseline(&sandbox, "basket"), baseline(&sandbox, "lookup"));
        let mut pty = opened(&sandbox);
        for key in keys.chars() {
            pty.type_keys(&key.to_string());
            // An escape that others follow at once is another key.
            pty.listen(std::time::Duration::from_millis(60));
        }
        assert_eq!(pty.exit_code(), 0, "{keys:?}\n{}", pty.text());
        assert_given_back(&pty);
        assert!(pty.text().contains("nothing was written"), "{keys:?}\n{}", pty.text());
        assert_eq!((baseline(&sandbox, "basket"), baseline(&sandbox, "lookup")), before, "{keys:?}");
        assert_eq!(read(&sandbox, ".perf-look/waivers.toml"), "", "{keys:?}");
        assert!(sandbox.path().join(".perf-look/local/pending/db/shop/plans/basket.txt.json").exists(), "{keys:?}");
    }
}

#[test]
fn a_waiver_has_its_reason_its_owner_and_its_day_and_then_the_gate_passes() {
    let sandbox = changed();
    let mut pty = opened(&sandbox);
    for keys in ["wsoon\r", "\u{15}it is mended next week\r", "ann\r", "\u{15}2199-01-01\r"] {
        pty.type_keys(keys);
        pty.listen(std::time::Duration::from_millis(100));
    }
    pty.wait_for("2199-01-01 is too far ahead");
    pty.type_keys("\u{1b}");
    pty.wait_for("q quit");
    pty.type_keys("wit is mended next week\rann\r\r");
    pty.wait_for("1 of 2 decided");
    pty.type_keys("u");
    pty.wait_for("0 of 2 decided");
    pty.type_keys("wit is mended next week\rann\r\r");
    pty.wait_for("1 of 2 decided");
    pty.type_keys("rqy");
    assert_eq!(pty.exit_code(), 0, "{}", pty.text());
    let waivers = read(&sandbox, ".perf-look/waivers.toml");
    assert!(waivers.contains("reason = \"it is mended next week\"\nowner = \"ann\"\n"), "{waivers}");
    assert!(!sandbox.path().join(".perf-look/local/pending/db/shop/plans/lookup.txt.json").exists());
    let gate = sandbox.run(&["gate", "shop/plans/basket.txt"]);
    assert!(gate.ends_with("--- exit code 0\n"), "{gate}");
}

#[test]
fn a_baseline_that_cannot_be_written_is_said_in_place_and_tried_again() {
    let sandbox = changed();
    let folder = sandbox.path().join(".perf-look/baseline");
    let aside = sandbox.path().join("aside");
    let mut pty = opened(&sandbox);
    pty.type_keys("awhy not\rq");
    pty.wait_for("Write this? y/n");
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, "").unwrap();
    pty.type_keys("y");
    pty.wait_for("failed: ");
    assert!(pty.screen().alternate_screen(), "{}", pty.text());
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    pty.type_keys("y");
    assert_eq!(pty.exit_code(), 0, "{}", pty.text());
    assert!(baseline(&sandbox, "basket").contains("\"accepted\": \"why not\""));
}

#[test]
fn without_a_screen_it_asks_a_target_after_the_other() {
    for (args, term) in [(&["gate", "review", "--plain"][..], "xterm"), (&["gate", "review"], "dumb")] {
        let sandbox = changed().env("TERM", term);
        let mut pty = Pty::open(&sandbox, args);
        pty.wait_for("1 of 2: [a]ccept, [w]aive, [r]eject, [s]kip, [q]uit?");
        assert!(!pty.screen().alternate_screen());
        pty.type_keys("a");
        pty.wait_for("why is it right?");
        pty.type_keys("the table is small\r");
        pty.wait_for("2 of 2: ");
        pty.type_keys("q");
        assert_eq!(pty.exit_code(), 0, "{}", pty.text());
        assert!(baseline(&sandbox, "basket").contains("\"accepted\": \"the table is small\""));
    }
}

#[test]
fn where_ci_is_set_or_nobody_types_a_review_is_refused() {
    let sandbox = changed().env("CI", "true");
    let mut pty = Pty::open(&sandbox, &["gate", "review", "--tui", "always"]);
    assert_eq!(pty.exit_code(), 2);
    assert!(pty.text().contains("nobody is at a terminal"), "{}", pty.text());
    let piped = changed().stdin("a").run(&["gate", "review"]);
    assert!(piped.ends_with("--- exit code 2\n"), "{piped}");
}

#[test]
fn where_nothing_changed_there_is_nothing_to_decide() {
    let sandbox = changed();
    sandbox.run(&["gate"]);
    sandbox.run(&["gate", "accept", "--all", "--reason", "the table is small"]);
    let mut pty = Pty::open(&sandbox, &["gate", "review"]);
    assert_eq!(pty.exit_code(), 0);
    assert!(pty.text().contains("none of 2 targets is worse: there is nothing to decide"), "{}", pty.text());
}
