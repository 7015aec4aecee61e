//! Each rule on plans against a live server: on a planted fault it speaks, first of all and of the right step; on the
//! repair it is silent. Without server programs this is skipped, and says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use perf_look_analyzers::rule::{Check, Rule, rules};
use perf_look_analyzers::{Capture, Policy};
use perf_look_capture::postgres::scratch::Scratch;
use perf_look_capture::postgres::servers::{self, Programs};
use perf_look_capture::postgres::{Session, connect, split};
use perf_look_fixtures::{files_below, folder_of_rule, named};
use serde_json::Value;

use crate::rules_table::{Rank, Row, Table};
use crate::sandbox::Sandbox;

/// What does not hold of a rule, and why that is right.
const EXCEPTIONS: &[(&str, Exception, &str)] = &[];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exception {
    /// Another rule speaks first on its fault.
    NotFirst,
    /// The step that it speaks of depends on the server.
    OtherStep,
}

fn is_excepted(rule: &Rule, exception: Exception) -> bool {
    EXCEPTIONS.iter().any(|(name, excepted, _)| *name == rule.id.0 && *excepted == exception)
}

/// What a rule, or one of its fixtures, needs of a server: SQL that says whether it is so, and in words what is lacking.
const NEEDS: &[(&str, &str, &str)] = &[
    ("db/jit-overhead", "SELECT pg_jit_available()", "the server has no llvmjit"),
    ("db/memoize-never-hits", SINCE_14, "Memoize came with PostgreSQL 14"),
    ("db/memoize-thrashes", SINCE_14, "Memoize came with PostgreSQL 14"),
    ("db/nested-loop-outer-underestimated/quiet", SINCE_14, "statistics on expressions came with PostgreSQL 14"),
    ("db/misestimate-root-cause/quiet", SINCE_14, "statistics on expressions came with PostgreSQL 14"),
];

const SINCE_14: &str = "SELECT current_setting('server_version_num')::int >= 140000";

/// The rule counts a fixed time for each reading of the clock; where each takes several times as long, so does the whole, of
/// which its estimate then is too small a part.
const NEED_A_QUIET_MACHINE: &[&str] = &["db/instrumentation-bias"];

/// As fixtures are recorded: what would differ from run to run is off. A row that was committed asynchronously would not
/// be marked as visible to all by VACUUM.
const SETTINGS: &[&str] = &[
    "synchronous_commit=on",
    "autovacuum=off",
    "shared_buffers=256MB",
    "jit=off",
    "max_parallel_workers_per_gather=0",
];

/// A `NAME.sql` of a rule.
struct Fixture {
    name: String,
    /// Statements that make the data.
    setup: Vec<String>,
    /// `SET` statements behind them, which a session of its own needs.
    sets: Vec<String>,
    /// Options of EXPLAIN that the program does not ask for.
    options: String,
    statement: String,
    /// The server that it needs.
    needs: Needs,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Needs {
    major: Option<String>,
    flags: Vec<String>,
}

impl Needs {
    fn missing(&self) -> String {
        format!("no PostgreSQL {} is here", self.major.as_deref().unwrap_or("server"))
    }
}

impl Fixture {
    fn read(rule: &Rule, name: &str) -> Self {
        let file = folder_of_rule(rule.id.0).join(format!("{name}.sql"));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let (before, after) = text.split_once("-- explain").unwrap_or_else(|| panic!("{}", file.display()));
        let (options, statement) = after.split_once('\n').unwrap();
        let header = |name: &str| before.lines().find_map(|line| line.strip_prefix(&format!("-- {name}:")));
        let flags = header("flags").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let needs = Needs { major: header("server").map(|major| major.trim().to_owned()), flags };
        let mut setup: Vec<String> = statements(name, before);
        let sets = setup.split_off(setup.iter().rposition(|sql| !is_set(sql)).map_or(0, |last| last + 1));
        let statement = statement.trim().trim_end_matches(';').to_owned();
        Self { name: name.to_owned(), setup, sets, options: options.trim().to_owned(), statement, needs }
    }
}

fn is_set(sql: &str) -> bool {
    sql.to_lowercase().starts_with("set ")
}

/// Connects anew, as psql does: what a session changed is counted when it ends.
const RECONNECT: &str = "\\c";

fn statements(name: &str, text: &str) -> Vec<String> {
    let sessions = text.split("\n\\c\n").map(|session| {
        let (statements, commands) = split(name, session);
        assert!(commands.is_empty(), "{commands:?}");
        statements.into_iter().map(|sql| sql.text).collect::<Vec<_>>()
    });
    sessions.collect::<Vec<_>>().join(&[RECONNECT.to_owned()][..])
}

/// A rule with its fault and its repairs.
struct Trial {
    rule: &'static Rule,
    fires: Fixture,
    quiet: Vec<Fixture>,
    /// What the recorded fault is blamed on: the step as EXPLAIN names it.
    step: String,
}

fn trials() -> Vec<Trial> {
    rules().filter(|rule| matches!(rule.check, Check::Plan(..))).map(trial).collect()
}

fn trial(rule: &'static Rule) -> Trial {
    let files = files_below(&folder_of_rule(rule.id.0));
    let sql = files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "sql"));
    let names: Vec<String> = sql.map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let quiet = names.iter().filter(|name| name.starts_with("quiet"));
    let quiet = quiet.map(|name| Fixture::read(rule, name)).collect();
    Trial { rule, fires: Fixture::read(rule, "fires"), quiet, step: recorded_step(rule) }
}

fn recorded_step(rule: &Rule) -> String {
    let name = rule.id.0.split_once('/').unwrap().1;
    let capture: Capture = serde_json::from_str(&named(&format!("postgres/{name}/fires.json"))).unwrap();
    let report = capture.input().judged(&Policy::default());
    let finding = report.findings.iter().find(|finding| finding.rule == rule.id).unwrap();
    step(finding.location.path())
}

/// The last step of a path; what is above it may differ from one major to the next.
fn step(path: &str) -> String {
    path.rsplit(" > ").next().unwrap().to_owned()
}

/// The programs that a fixture needs; none where this machine has none of that major.
fn programs(needs: &Needs) -> Option<Programs> {
    let here = servers::find().ok()?;
    let Some(major) = &needs.major else { return Some(here) };
    let target = perf_look_fixtures::folder().join("../target/servers");
    let npm = std::env::var_os("PERF_LOOK_SERVERS").map_or(target, PathBuf::from).join(major).join("bin");
    let packaged = PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"));
    let others = [packaged, npm].into_iter().filter_map(|folder| servers::programs(&folder));
    std::iter::once(here).chain(others).find(|programs| programs.version.starts_with(&format!("{major}.")))
}

/// A server for the fixtures that need it.
struct Server {
    runtime: tokio::runtime::Runtime,
    scratch: Scratch,
    /// The databases that are there, by the statements that made their data.
    databases: BTreeMap<Vec<String>, String>,
}

impl Server {
    fn start(needs: &Needs) -> Option<Self> {
        let programs = programs(needs)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let settings: Vec<&str> = SETTINGS.iter().copied().chain(needs.flags.iter().map(String::as_str)).collect();
        let scratch = runtime.block_on(Scratch::start_on(programs, 5432, &settings)).unwrap();
        Some(Self { runtime, scratch, databases: BTreeMap::new() })
    }

    fn version(&self) -> &str {
        self.scratch.server_version()
    }

    fn connect(&self, database: &str) -> Session {
        self.runtime.block_on(connect(&self.scratch.target_database(database))).unwrap()
    }

    #[track_caller]
    fn run(&self, session: &Session, sql: &str) {
        let done = self.runtime.block_on(session.client.batch_execute(sql));
        done.unwrap_or_else(|error| panic!("{error:?} in {sql}"));
    }

    /// The one value that a statement gives.
    #[track_caller]
    fn ask(&self, session: &Session, sql: &str) -> String {
        let answer = self.runtime.block_on(session.client.query_one(sql, &[]));
        answer.unwrap_or_else(|error| panic!("{error:?} in {sql}")).get(0)
    }

    /// What this server lacks for a rule or a fixture of that name.
    fn lacks(&self, name: &str) -> Option<&'static str> {
        let (_, sql, lacking) = NEEDS.iter().find(|(needs, ..)| *needs == name)?;
        let session = self.connect("postgres");
        // It is only said to be available where it is on.
        self.run(&session, "SET jit = on");
        let is_so: bool = self.runtime.block_on(session.client.query_one(*sql, &[])).unwrap().get(0);
        (!is_so).then_some(*lacking)
    }

    /// How long counts of a session that ended are on their way: before PostgreSQL 15 to another process.
    fn until_counted(&self) -> Duration {
        let is_counted_apart = self.version().starts_with("13.") || self.version().starts_with("14.");
        Duration::from_millis(if is_counted_apart { 600 } else { 10 })
    }

    /// Rows that were changed in the last second are counted later, and would count as changed after ANALYZE.
    fn count_changes(&self, session: &Session) {
        let flush = if session.server_version_num < 150_000 { "SELECT 1" } else { "SELECT pg_stat_force_next_flush()" };
        std::thread::sleep(self.until_counted());
        self.run(session, flush);
        std::thread::sleep(self.until_counted());
    }

    /// The database with a fixture's data; fault and repair often differ in settings only.
    fn database(&mut self, fixture: &Fixture) -> String {
        if let Some(name) = self.databases.get(&fixture.setup) {
            return name.clone();
        }
        let name = format!("rule_{}", self.databases.len());
        self.run(&self.connect("postgres"), &format!("CREATE DATABASE {name}"));
        for session in fixture.setup.split(|statement| statement == RECONNECT) {
            let connected = self.connect(&name);
            for statement in session {
                if ["analyze", "vacuum"].iter().any(|word| statement.to_lowercase().starts_with(word)) {
                    self.count_changes(&connected);
                }
                self.run(&connected, statement);
            }
            drop(connected);
            std::thread::sleep(self.until_counted());
        }
        self.databases.insert(fixture.setup.clone(), name.clone());
        name
    }

    /// What the program says of a fixture's statement.
    fn report(&mut self, fixture: &Fixture) -> Value {
        let database = self.database(fixture);
        let session = self.connect(&database);
        let last = fixture.setup.rsplit(|statement| statement == RECONNECT).next().unwrap_or_default();
        for set in last.iter().filter(|sql| is_set(sql)).chain(&fixture.sets) {
            self.run(&session, set);
        }
        if !fixture.options.is_empty() {
            let sandbox = Sandbox::new().file("plan.yaml", &self.explain(&session, fixture));
            return judged(&sandbox, &["--plan", "plan.yaml"]);
        }
        let changed = "SELECT coalesce(string_agg('-c ' || name || '=' || regexp_replace(setting, '([\\\\ ])', '\\\\\\1', 'g'), ' '), '') \
                       FROM pg_settings WHERE source = 'session' AND context IN ('user', 'superuser')";
        let options = self.ask(&session, changed);
        let folder = self.scratch.folder().display().to_string();
        let sandbox = Sandbox::new().file("statement.sql", &fixture.statement).env("PGHOST", &folder);
        let sandbox = sandbox.env("PGUSER", "postgres").env("PGDATABASE", &database).env("PGOPTIONS", &options);
        judged(&sandbox, &["-f", "statement.sql", "--allow-writes", "--allow-volatile"])
    }

    /// What EXPLAIN says with the fixture's options (in YAML, which comes as text), the second time, when caches are full.
    fn explain(&self, session: &Session, fixture: &Fixture) -> String {
        let Fixture { options, statement, .. } = fixture;
        let sql = format!("EXPLAIN (ANALYZE, BUFFERS, VERBOSE, SETTINGS, FORMAT YAML, {options}) {statement}");
        self.ask(session, &sql);
        self.ask(session, &sql)
    }
}

/// The program's report.
#[track_caller]
fn judged(sandbox: &Sandbox, args: &[&str]) -> Value {
    let args = [&["db"], args, &["--report", "json", "--fail-on", "never", "--no-config"]].concat();
    let output = sandbox.command(&args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Where a rule speaks in a report, itself or folded into another one's finding.
fn heard<'a>(rule: &Rule, report: &'a Value) -> Option<(usize, &'a Value)> {
    let speaks = |finding: &&Value| {
        let also = finding["also"].as_array().unwrap();
        finding["rule"] == rule.id.0 || also.iter().any(|folded| folded == rule.id.0)
    };
    report["findings"].as_array().unwrap().iter().enumerate().find(|(_, finding)| speaks(finding))
}

/// The servers that fixtures need, started when the first one needs them; none where this machine lacks the programs.
#[derive(Default)]
struct Servers(BTreeMap<Needs, Option<Server>>);

impl Servers {
    fn of(&mut self, fixture: &Fixture) -> Option<&mut Server> {
        let needs = &fixture.needs;
        self.0.entry(needs.clone()).or_insert_with(|| Server::start(needs)).as_mut()
    }
}

/// What came out for a rule, and in words what should not have. None, which is said, where the fault cannot be planted.
fn tried(servers: &mut Servers, trial: &Trial) -> Option<(Row, String)> {
    let rule = trial.rule;
    let Some(server) = servers.of(&trial.fires) else {
        say(&format!("NOT RUN, {}: {}", trial.fires.needs.missing(), rule.id));
        return None;
    };
    if let Some(lacking) = server.lacks(rule.id.0) {
        say(&format!("NOT RUN, {lacking}: {}", rule.id));
        return None;
    }
    let mut row = Row { rule: rule.id.0.to_owned(), server: server.version().to_owned(), ..Row::default() };
    let mut wrong = blamed(server, trial, &mut row);
    row.silent = true;
    for repair in &trial.quiet {
        let Some(server) = servers.of(repair) else {
            say(&format!("NOT RUN, {}: {} of {}", repair.needs.missing(), repair.name, rule.id));
            continue;
        };
        if let Some(lacking) = server.lacks(&format!("{}/{}", rule.id, repair.name)) {
            say(&format!("NOT RUN, {lacking}: {} of {}", repair.name, rule.id));
            continue;
        }
        if let Some((_, finding)) = heard(rule, &server.report(repair)) {
            row.silent = false;
            writeln!(wrong, "{} speaks on {}: {}", rule.id, repair.name, finding["headline"]).unwrap();
        }
    }
    Some((row, wrong))
}

/// Whether the fault is found; what is wrong with that, in words.
fn blamed(server: &mut Server, trial: &Trial, row: &mut Row) -> String {
    let Trial { rule, step: expected, .. } = trial;
    let mut wrong = String::new();
    let report = server.report(&trial.fires);
    let Some((place, finding)) = heard(rule, &report) else {
        return format!("{} is silent on its fault:\n{}", rule.id, headlines(&report));
    };
    row.step = step(finding["location"].as_str().unwrap());
    row.ms = finding["impact_ms"].as_f64();
    row.rank = if finding["rule"] == rule.id.0 { Rank::At(place + 1) } else { Rank::within(finding) };
    if row.step != *expected && !is_excepted(rule, Exception::OtherStep) {
        writeln!(wrong, "{} speaks of `{}` instead of `{expected}`", rule.id, row.step).unwrap();
    }
    if row.rank != Rank::At(1) && !is_excepted(rule, Exception::NotFirst) {
        writeln!(wrong, "{} is not the first to speak on its fault:\n{}", rule.id, headlines(&report)).unwrap();
    }
    wrong
}

/// Times on a busy machine are other processes' too: what does not hold is measured anew, three times in all.
fn tried_again(servers: &mut Servers, trial: &Trial) -> Option<(Row, String)> {
    let mut came_out = tried(servers, trial)?;
    for _ in 0..2 {
        if came_out.1.is_empty() {
            break;
        }
        came_out = tried(servers, trial)?;
    }
    if !came_out.1.is_empty() && NEED_A_QUIET_MACHINE.contains(&trial.rule.id.0) && is_busy() {
        say(&format!("NOT TOLD, this machine is too busy for it: {}", came_out.1));
        return None;
    }
    Some(came_out)
}

/// Far more processes want to run than there are processors.
fn is_busy() -> bool {
    let load = std::fs::read_to_string("/proc/loadavg").ok();
    let load: Option<f64> = load.and_then(|text| text.split(' ').next()?.parse().ok());
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    load.is_some_and(|load| load > 3.0 * processors as f64)
}

fn headlines(report: &Value) -> String {
    let line = |finding: &Value| format!("  {} {} {}\n", finding["rule"], finding["impact_ms"], finding["headline"]);
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn each_rule_speaks_first_on_its_fault_and_not_at_all_on_its_repair() {
    if let Err(error) = servers::find() {
        say(&format!("SKIPPED: {error}"));
        return;
    }
    let begun = Instant::now();
    let (mut servers, mut table, mut wrong) = (Servers::default(), Table::default(), String::new());
    for trial in trials() {
        let Some((row, problems)) = tried_again(&mut servers, &trial) else { continue };
        say(&format!("{:>4} s {}", begun.elapsed().as_secs(), row.rule));
        wrong.push_str(&problems);
        table.rows.push(row);
    }
    say(&format!("{table}\n{} rules in {} s", table.rows.len(), begun.elapsed().as_secs()));
    assert!(wrong.is_empty(), "{wrong}");
    table.settle();
}

/// Aloud, also where a test that passes is not heard otherwise.
fn say(text: &str) {
    std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes()).unwrap();
}
