//! The gate as its users meet it: saved plans, statements on a throw-away server, a page; and that nothing is lost.

use std::process::Command;

use insta::assert_snapshot;
use perf_look_analyzers::gate::Baseline;
use perf_look_fixtures as fixtures;

use crate::sandbox::Sandbox;
use crate::server::{ORDERS, World};

pub(crate) const INDEX: &str = "\
Index Scan using orders_customer on public.orders  (cost=0.29..4.80 rows=6 width=8) (actual rows=6.00 loops=1)
  Index Cond: (customer_id = 42)
  Buffers: shared hit=6
";

pub(crate) const SCAN: &str = "\
Seq Scan on public.orders  (cost=0.00..398.00 rows=6 width=8) (actual rows=6.00 loops=1)
  Filter: (customer_id = 42)
  Rows Removed by Filter: 19994
  Buffers: shared hit=148
";

fn plans(plan: &str) -> Sandbox {
    Sandbox::new().file("perf-look.toml", "[suite.shop]\nplans = [\"plans/*.txt\"]\n").file("plans/lookup.txt", plan)
}

/// With the plan by index accepted, and then another plan in its place.
pub(crate) fn accepted_then(plan: &str) -> Sandbox {
    let sandbox = plans(INDEX);
    accept(&sandbox);
    sandbox.file("plans/lookup.txt", plan)
}

#[track_caller]
fn accept(sandbox: &Sandbox) {
    sandbox.run(&["gate"]);
    assert_ends(&sandbox.run(&["gate", "accept", "--all", "--reason", "the first baseline"]), 0);
}

#[track_caller]
fn assert_ends(transcript: &str, code: u8) {
    assert!(transcript.ends_with(&format!("--- exit code {code}\n")), "{transcript}");
}

const BASELINE: &str = ".perf-look/baseline/db/shop/plans/lookup.txt.json";

fn baseline(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.path().join(BASELINE)).unwrap()
}

#[test]
fn a_target_without_a_baseline_is_new_and_can_be_accepted() {
    let sandbox = plans(INDEX);
    assert_snapshot!(sandbox.run(&["gate"]));
    assert_ends(&sandbox.run(&["gate", "--allow-new"]), 0);
    assert_ends(&sandbox.run(&["gate", "accept", "--all", "--reason", "the first baseline"]), 0);
    assert_snapshot!(sandbox.run(&["gate"]));
}

#[test]
fn a_worse_plan_fails_and_says_where_and_how_to_accept_it() {
    let sandbox = accepted_then(SCAN);
    assert_snapshot!(sandbox.run(&["gate"]));
    assert_ends(&sandbox.run(&["gate", "--exit-zero"]), 0);
}

#[test]
fn accepting_twice_gives_the_same_bytes() {
    let sandbox = plans(INDEX);
    accept(&sandbox);
    let first = baseline(&sandbox);
    accept(&sandbox);
    assert_eq!(baseline(&sandbox), first);
}

#[test]
fn only_what_is_better_is_taken_with_improved() {
    let sandbox = plans(SCAN);
    accept(&sandbox);
    let sandbox = sandbox.file("plans/lookup.txt", INDEX);
    assert_ends(&sandbox.run(&["gate"]), 0);
    assert_ends(&sandbox.run(&["gate", "accept", "--improved"]), 0);
    assert!(baseline(&sandbox).contains("\"blocks\": 6"));
    let sandbox = sandbox.file("plans/lookup.txt", SCAN);
    assert_ends(&sandbox.run(&["gate"]), 1);
    sandbox.run(&["gate", "accept", "--improved"]);
    assert!(baseline(&sandbox).contains("\"blocks\": 6"));
}

#[test]
fn a_waiver_lets_it_pass_and_is_seen() {
    let waiver = "[[waiver]]\nid = \"scan\"\nrule = \"D4\"\ntarget = \"shop/plans/lookup.txt\"\nceiling = 30000\n\
                  reason = \"the index comes back next week\"\nowner = \"ann\"\nexpires = 2026-12-01\n";
    let sandbox = accepted_then(SCAN).file(".perf-look/waivers.toml", waiver);
    let transcript = sandbox.run(&["gate", "--today", "2026-11-25"]);
    assert_ends(&transcript, 0);
    assert_snapshot!(transcript);
    assert_ends(&sandbox.run(&["gate", "--today", "2026-12-02"]), 1);
}

#[test]
fn where_ci_is_set_nothing_is_written() {
    let sandbox = accepted_then(SCAN).env("CI", "true");
    std::fs::remove_dir_all(sandbox.path().join(".perf-look/local")).unwrap();
    let before = baseline(&sandbox);
    assert_ends(&sandbox.run(&["gate"]), 1);
    assert_snapshot!(sandbox.run(&["gate", "accept", "--all", "--reason", "it is right"]));
    assert_ends(&sandbox.run(&["gate", "prune"]), 2);
    assert_eq!(baseline(&sandbox), before);
    assert!(!sandbox.path().join(".perf-look/local").exists());
}

#[test]
fn a_renamed_target_keeps_its_baseline_and_an_old_one_is_pruned() {
    let sandbox = plans(INDEX);
    accept(&sandbox);
    std::fs::rename(sandbox.path().join("plans/lookup.txt"), sandbox.path().join("plans/by-customer.txt")).unwrap();
    let transcript = sandbox.run(&["gate"]);
    assert_ends(&transcript, 4);
    assert!(transcript.contains("shop/plans/lookup.txt"), "{transcript}");
    assert_ends(&sandbox.run(&["gate", "move", "shop/plans/lookup.txt", "shop/plans/by-customer.txt"]), 0);
    assert_ends(&sandbox.run(&["gate"]), 0);
    std::fs::write(sandbox.path().join("perf-look.toml"), "[suite.other]\nplans = [\"plans/*.txt\"]\n").unwrap();
    assert_snapshot!(sandbox.run(&["gate", "prune"]));
}

#[test]
fn what_cannot_be_checked_says_why() {
    assert_snapshot!("no configuration", Sandbox::new().run(&["gate"]));
    let of = |toml: &str| plans(INDEX).file("perf-look.toml", toml);
    assert_snapshot!("no target", of("").run(&["gate"]));
    assert_snapshot!("a slip", of("[suite.shop]\nplan = [\"plans/*.txt\"]\n").run(&["gate"]));
    assert_snapshot!("no file", of("[suite.shop]\nplans = [\"plan/*.txt\"]\n").run(&["gate"]));
    assert_snapshot!("no server", of("[suite.shop]\nsql = [\"plans/*.txt\"]\n").run(&["gate"]));
    assert_snapshot!("another target", plans(INDEX).run(&["gate", "shop/other.sql"]));
    assert_snapshot!("no plan", plans("hello").run(&["gate"]));
    assert_snapshot!("a broken baseline", accepted_then(SCAN).file(BASELINE, "{").run(&["gate"]));
    assert_snapshot!("another day", plans(INDEX).run(&["gate", "--today", "2026-02-30"]));
}

#[test]
fn a_run_that_is_killed_leaves_the_old_baseline_or_the_new_one() {
    let sandbox = plans(INDEX);
    accept(&sandbox);
    let old = baseline(&sandbox);
    let sandbox = sandbox.file("plans/lookup.txt", SCAN);
    sandbox.run(&["gate"]);
    for wait in 0..20 {
        let mut child = sandbox.command(&["gate", "accept", "--all", "--reason", "again"]).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = baseline(&sandbox);
        assert!(now == old || now.contains("Seq Scan"), "{now}");
        assert!(now.ends_with("}\n"), "{now}");
        // What waits to be accepted is forgotten only once it was.
        sandbox.run(&["gate"]);
    }
}

#[test]
fn a_disk_that_is_full_loses_nothing() {
    let sandbox = plans(INDEX);
    accept(&sandbox);
    let old = baseline(&sandbox);
    let sandbox = sandbox.file("plans/lookup.txt", SCAN);
    sandbox.run(&["gate"]);
    // No file of any size: the system ends the write, and with it the program.
    let program = env!("CARGO_BIN_EXE_perf-look");
    let limited = format!("ulimit -f 0; exec {program} gate accept --all --reason 'no room'");
    let mut shell = std::process::Command::new("sh");
    let status = shell.args(["-c", &limited]).current_dir(sandbox.path()).env_remove("CI").status().unwrap();
    assert!(!status.success());
    assert_eq!(baseline(&sandbox), old);
}

#[test]
fn a_folder_that_cannot_be_written_loses_nothing_and_says_so() {
    let sandbox = plans(INDEX).file("taken", "");
    let toml = "[gate]\nbaseline = \"taken/baseline\"\n\n[suite.shop]\nplans = [\"plans/*.txt\"]\n";
    std::fs::write(sandbox.path().join("perf-look.toml"), toml).unwrap();
    std::fs::remove_file(sandbox.path().join("taken")).unwrap();
    sandbox.run(&["gate"]);
    std::fs::write(sandbox.path().join("taken"), "").unwrap();
    assert_snapshot!(sandbox.run(&["gate", "accept", "--all", "--reason", "it is right"]));
    assert!(sandbox.path().join(".perf-look/local/pending/db/shop/plans/lookup.txt.json").exists());
}

/// The shop of the examples, in a folder of its own.
fn shop() -> Sandbox {
    let from = fixtures::folder().join("../examples/shop");
    let sandbox = Sandbox::new();
    for file in fixtures::files_below(&from).iter().filter(|file| !file.to_string_lossy().contains("node_modules")) {
        let to = sandbox.path().join(file.strip_prefix(&from).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(file, to).unwrap();
    }
    sandbox
}

fn edit(sandbox: &Sandbox, file: &str, change: impl Fn(&str) -> String) {
    let path = sandbox.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "{file} is as it was");
    std::fs::write(path, changed).unwrap();
}

#[test]
fn a_dropped_index_turns_the_shop_red_and_an_unused_one_does_not() {
    let sandbox = shop();
    let statements = ["gate", "statements/**"];
    sandbox.run(&statements);
    assert_ends(&sandbox.run(&["gate", "accept", "--all", "--reason", "as it is measured here"]), 0);
    edit(&sandbox, "db/indexes.sql", |text| format!("{text}\ncreate index unused on customer (name);\n"));
    edit(&sandbox, "queries/orders.sql", |text| text.replace("\nwhere ", "\n  -- only theirs\n   WHERE "));
    let green = sandbox.run(&statements);
    assert_ends(&green, 0);
    assert!(green.contains("none of 4 targets is worse"), "{green}");
    edit(&sandbox, "db/indexes.sql", |text| text.replace("create index orders_customer", "-- create index"));
    let red = sandbox.run(&statements);
    assert_ends(&red, 1);
    assert!(red.contains("fail: 2 of 4 targets regressed"), "{red}");
    assert!(red.contains("Seq Scan on orders"), "{red}");
    assert!(red.contains("cause: index orders_customer on public.orders is gone since the baseline"), "{red}");
}

#[test]
fn without_a_baseline_the_checkout_that_the_change_was_made_on_serves() {
    let (base, sandbox) = (shop(), shop());
    std::fs::remove_dir_all(sandbox.path().join(".perf-look")).unwrap();
    let folder = base.path().display().to_string();
    let check = ["gate", "statements/**", "--base", &folder];
    let green = sandbox.run(&check);
    assert_ends(&green, 0);
    // Each says what the times say, if only that they say nothing.
    assert_eq!(green.matches("processor time: ").count(), 4, "{green}");
    edit(&sandbox, "db/indexes.sql", |text| text.replace("create index orders_customer", "-- create index"));
    let red = sandbox.run(&check);
    assert_ends(&red, 1);
    assert!(red.contains("cause: index orders_customer on public.orders is gone since the baseline"), "{red}");
    assert_ends(&sandbox.run(&["gate", "--base", "nowhere"]), 2);
}

#[test]
fn a_branch_is_a_base_as_a_folder_is() {
    let sandbox = shop();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main"];
        let output = Command::new("git").current_dir(sandbox.path()).args(identity).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    std::fs::remove_dir_all(sandbox.path().join(".perf-look")).unwrap();
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "as it is"]);
    git(&["checkout", "-q", "-b", "change"]);
    edit(&sandbox, "db/indexes.sql", |text| text.replace("create index orders_customer", "-- create index"));
    let before = git(&["status", "--porcelain"]);
    let red = sandbox.run(&["gate", "statements/**", "--no-execute", "--base", "main"]);
    assert_ends(&red, 1);
    assert!(red.contains("cause: index orders_customer on public.orders is gone since the baseline"), "{red}");
    assert_eq!(git(&["status", "--porcelain"]), before);
    assert_eq!(git(&["worktree", "list"]).lines().count(), 1);
    let nowhere = sandbox.run(&["gate", "--base", "nowhere"]);
    assert_ends(&nowhere, 2);
    assert!(nowhere.contains("there is no folder and no revision nowhere"), "{nowhere}");
}

#[test]
fn a_server_that_the_configuration_names_is_measured_as_it_is() {
    let Some(world) = World::new() else { return };
    world.sql(ORDERS);
    let folder = world.server.folder().display().to_string();
    let server = format!("url = \"postgresql:///postgres?host={folder}&user=postgres\"");
    let sandbox = Sandbox::new()
        .file("perf-look.toml", &format!("[gate.server]\n{server}\n[suite.shop]\nsql = [\"*.sql\"]\n"))
        .file("lookup.sql", "-- name: lookup\nselect id from orders where id = 42;\n");
    accept(&sandbox);
    assert_ends(&sandbox.run(&["gate"]), 0);
    world.sql("insert into orders select id + 100000, customer_id from orders");
    let red = sandbox.run(&["gate"]);
    assert_ends(&red, 1);
    assert!(red.contains("rows processed: 100,000 before, 200,000 now"), "{red}");
}

#[test]
fn what_does_not_repeat_is_not_accepted_and_nor_is_what_was_measured_before_it() {
    let Some(world) = World::new() else { return };
    world.sql(ORDERS);
    let folder = world.server.folder().display().to_string();
    let server = format!("url = \"postgresql:///postgres?host={folder}&user=postgres\"");
    let sandbox = Sandbox::new()
        .file("perf-look.toml", &format!("[gate.server]\n{server}\n[suite.shop]\nsql = [\"*.sql\"]\n"))
        .file("list.sql", "-- name: list\nselect id from orders;\n");
    assert_ends(&sandbox.run(&["gate"]), 4);
    let clock = "select extract(microseconds from clock_timestamp())::bigint % 40000";
    let sandbox = sandbox.file("list.sql", &format!("-- name: list\nselect id from orders limit ({clock});\n"));
    let transcript = sandbox.run(&["gate"]);
    assert!(transcript.contains("not judged, since it does not repeat"), "{transcript}");
    let refused = sandbox.run(&["gate", "accept", "--all", "--reason", "it is right"]);
    assert!(refused.contains("nothing was measured that waits to be accepted"), "{refused}");
    assert!(!sandbox.path().join(".perf-look/baseline").exists());
}

#[test]
fn what_was_red_before_the_change_stays_green() {
    let (base, sandbox) = (shop(), shop());
    sandbox.run(&["gate", "statements/**"]);
    assert_ends(&sandbox.run(&["gate", "accept", "--all", "--reason", "as it is measured here"]), 0);
    for shop in [&base, &sandbox] {
        edit(shop, "db/indexes.sql", |text| text.replace("create index orders_customer", "-- create index"));
    }
    let folder = base.path().display().to_string();
    let transcript = sandbox.run(&["gate", "statements/**", "--base", &folder]);
    assert_ends(&transcript, 0);
    assert!(transcript.contains("the change did not bring it"), "{transcript}");
}

#[test]
fn it_tests_itself_and_says_what_times_tell_here() {
    let sandbox = shop();
    let tested = sandbox.run(&["gate", "selftest"]);
    assert_ends(&tested, 0);
    assert!(tested.contains("right: unchanged, 0 of 4 targets are worse\nright: without \"public\"."), "{tested}");
    assert!(tested.contains(" is gone since the baseline"), "{tested}");
    let transcript = sandbox.run(&["gate", "calibrate", "--pairs", "6"]);
    assert_ends(&transcript, 0);
    assert_eq!(transcript.matches(" against itself ").count(), 4, "{transcript}");
}

#[test]
fn other_settings_of_the_server_are_not_comparable() {
    let sandbox = shop();
    let basket = ["gate", "statements/**basket*"];
    sandbox.run(&basket);
    assert_ends(&sandbox.run(&["gate", "accept", "--all", "--reason", "as it is measured here"]), 0);
    edit(&sandbox, "perf-look.toml", |text| {
        text.replace("[gate.server]\n", "[gate.server]\nrandom_page_cost = \"4\"\n")
    });
    let transcript = sandbox.run(&basket);
    assert_ends(&transcript, 5);
    assert!(transcript.contains("random_page_cost was 1.1, and is 4"), "{transcript}");
    assert_ends(&sandbox.run(&["gate", "statements/**basket*", "--rebase-inputs"]), 0);
}

#[test]
fn a_selector_for_each_row_turns_the_page_red_with_its_line() {
    let modules = fixtures::folder().join("../target/pages/node_modules");
    assert!(modules.is_dir(), "what the page is built from is not installed; run scripts/pages");
    let sandbox = shop();
    std::os::unix::fs::symlink(modules.canonicalize().unwrap(), sandbox.path().join("web/node_modules")).unwrap();
    let port = free_port();
    edit(&sandbox, "perf-look.toml", |text| text.replace("4173", &port));
    let page = ["gate", "pages/**"];
    sandbox.run(&page);
    assert_ends(&sandbox.run(&["gate", "accept", "--all", "--reason", "as it is measured here"]), 0);
    assert_ends(&sandbox.run(&page), 0);
    edit(&sandbox, "web/src/selectors.js", a_selector_for_each_row);
    let red = sandbox.run(&page);
    assert_ends(&red, 1);
    assert!(red.contains("live selectors of one factory: 0 before, 200 now"), "{red}");
    let line = std::fs::read_to_string(sandbox.path().join("web/src/selectors.js")).unwrap();
    let line = line.lines().position(|line| line.contains("reduce")).unwrap() + 1;
    assert!(red.contains(&format!("at src/selectors.js:{line}:")), "{red}");
    assert!(!is_open(&port), "the page's server still runs");
}

/// What a hurried change looks like: each row gets a selector, and keeps it.
fn a_selector_for_each_row(text: &str) -> String {
    let (before, _) = text.split_once("const selectTotal").unwrap();
    format!(
        "{before}const kept = new Map();

const makeSelectTotal = () =>
  createSelector([selectLines], (lines) => lines.reduce((sum, line) => sum + line.cents * line.amount, 0));

export function totalOf(state, id) {{
  if (!kept.has(id)) kept.set(id, makeSelectTotal());
  return kept.get(id)(state, id);
}}
"
    )
}

fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

fn is_open(port: &str) -> bool {
    std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok()
}

#[test]
fn the_accepted_state_of_the_example_can_be_read() {
    let files = fixtures::files_below(&fixtures::folder().join("../examples/shop/.perf-look/baseline"));
    let targets: Vec<String> =
        files.iter().map(|file| Baseline::read(&std::fs::read_to_string(file).unwrap()).unwrap().target).collect();
    assert_eq!(targets.len(), 5, "{targets:?}");
    assert!(targets.contains(&"statements/queries/orders.sql#basket@one".to_owned()), "{targets:?}");
}
