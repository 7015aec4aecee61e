//! Measures how often the gate is wrong and prints it as Markdown: `benches/gate-protocol`, which says with what.

use std::fmt::{Arguments, Write as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use perf_look_benches::gate_protocol::{Aspect, CONTROLS, FAULTS, Fault, Noise, Project, Unchanged, mishaps};

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, runs, repeats, page] = &arguments[..] else {
        return Err("expected PROGRAM RUNS REPEATS PAGE".into());
    };
    let program = std::fs::canonicalize(program)?;
    let before = load();
    let accepted = Project::accepted(&program)?;
    let (runs, repeats) = (runs.parse()?, repeats.parse()?);
    let tables = thread::scope(|scope| {
        let unchanged = scope.spawn(|| unchanged(&accepted, runs));
        let changed = [hygiene(&accepted)?, controls(&accepted, repeats)?, faults(&accepted, repeats)?];
        let unchanged = unchanged.join().map_err(|_| "the runs of what did not change ended early")??;
        let [hygiene, controls, faults] = changed;
        Ok::<_, Failed>([hygiene, controls, faults, unchanged])
    })?;
    let text = page_of(&program, &tables, (&before, &load()))?;
    std::fs::write(PathBuf::from(page), &text)?;
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

fn page_of(program: &Path, tables: &[String; 4], (before, after): (&str, &str)) -> Result<String, Failed> {
    let [hygiene, controls, faults, unchanged] = tables;
    let cores = thread::available_parallelism()?;
    let version = first_line(Command::new(program).arg("--version"))?;
    let server = first_line(Command::new("sh").args(["-c", SERVER])).unwrap_or_else(|_| "not known".to_owned());
    Ok(format!(
        "# How often the gate is wrong\n\n\
         Written by `benches/gate-protocol`, which repeats it on your machine. The real program checks a project of 17\n\
         statements on five tables of 5,000 to 100,000 rows, which follow from their numbers. Each run fills a server of\n\
         its own and measures every statement. Of 0 errors in N runs the rate is at most 3/N, with a confidence of 95 %.\n\n\
         {version}; {server}; {cores} cores; load averages {before} before and {after} after.\n\n\
         {unchanged}\n{controls}\n{faults}\n{hygiene}\n{LEFT_OUT}"
    ))
}

/// What the protocol names, and this does not measure.
const LEFT_OUT: &str = "\
## Not measured

- Statistics that are stale, since rows were written after ANALYZE: the gate settles its throw-away server after the last
  setup file, so the setup cannot make them. A server that the configuration names is not settled; it was not tried here.
- `work_mem` and `random_page_cost` as faults: other settings make two runs not comparable (exit 5, above).
- Pages, other versions of Postgres, a limit on the processor's time, a lack of memory.
- A statement that is run many times by its application: the gate sees statements, not how often they are sent.
";

/// The newest of the servers that are installed, which is the one that the gate starts.
const SERVER: &str = "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/postgres --version";

fn first_line(command: &mut Command) -> Result<String, Failed> {
    let text = String::from_utf8(command.output()?.stdout)?;
    Ok(text.lines().next().ok_or("it says nothing")?.to_owned())
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    if words.is_empty() { "not known".to_owned() } else { words.join(", ") }
}

fn unchanged(accepted: &Project, runs: usize) -> Result<String, Failed> {
    let mut seen = Unchanged::default();
    for run in 0..runs {
        let noise = if run % 2 == 0 { Noise::Idle } else { Noise::Busy };
        seen.run(accepted, noise)?;
        say(format_args!("unchanged: {} of {runs}, red: {}", run + 1, seen.red.len()))?;
    }
    let unstable = seen.unstable();
    let bound = if seen.red.is_empty() && runs > 0 {
        format!(", at most {:.1} % of runs", 300.0 / runs as f64)
    } else {
        String::new()
    };
    let mut text = format!(
        "## Nothing changed\n\nEvery other run with two busy loops for each core beside it, all of them beside the runs of the\n\
         other tables.\n\n\
         | what | of | measured | must be |\n|---|---|---|---|\n\
         | counters and plans of a target with more than one value | {} | **{}** | 0 |\n\
         | complete runs that do not end with 0 | {runs} | **{}**{bound} | 0 |\n",
        seen.values.len(),
        unstable.len(),
        seen.red.len()
    );
    for line in unstable.iter().map(|name| format!("several values: {name}")).chain(seen.red.iter().cloned()) {
        writeln!(text, "- {line}")?;
    }
    Ok(text)
}

fn controls(accepted: &Project, repeats: usize) -> Result<String, Failed> {
    let mut text = format!(
        "## Harmless changes\n\n{} changes, {repeats} runs each.\n\n\
         | change | must exit with | right | otherwise |\n|---|---|---|---|\n",
        CONTROLS.len()
    );
    for control in CONTROLS {
        let (mut right, mut otherwise) = (0, String::new());
        for _ in 0..repeats {
            let said = control.run(accepted)?;
            if said.code == Some(control.code) {
                right += 1;
            } else {
                otherwise = said.summary();
            }
        }
        say(format_args!("control: {}: {right} of {repeats} {otherwise}", control.name))?;
        writeln!(text, "| {} | {} | {right} of {repeats} | {} |", control.name, control.code, cell(&otherwise))?;
    }
    Ok(text)
}

fn faults(accepted: &Project, repeats: usize) -> Result<String, Failed> {
    let mut text = format!(
        "## Faults\n\n{} faults, {repeats} runs each. Caught: exit 1, and the statement is named. Decision, node, cause: the\n\
         first that is said of it is the right one; – where the statement itself was changed.\n\n\
         | fault | statement | caught | decision | node | cause | otherwise |\n|---|---|---|---|---|---|---|\n",
        FAULTS.len()
    );
    for fault in FAULTS {
        writeln!(text, "{}", row(fault, accepted, repeats)?)?;
    }
    Ok(text)
}

fn row(fault: &Fault, accepted: &Project, repeats: usize) -> Result<String, Failed> {
    let (mut score, mut otherwise) = ([0; 4], String::new());
    for _ in 0..repeats {
        let caught = fault.inject(accepted)?;
        for (sum, aspect) in score.iter_mut().zip(Aspect::ALL) {
            *sum += usize::from(!caught.missed.contains(&aspect));
        }
        if !caught.missed.is_empty() {
            otherwise = caught.summary;
        }
    }
    say(format_args!("fault: {}: {score:?} of {repeats} {otherwise}", fault.name))?;
    let [red, decision, place, cause] = score;
    let cause = if fault.cause.is_empty() { "–".to_owned() } else { cause.to_string() };
    let (name, target, id) = (fault.name, fault.target, fault.decision);
    let otherwise = cell(&otherwise);
    Ok(format!("| {name} | `{target}` | {red} of {repeats} | {id}: {decision} | {place} | {cause} | {otherwise} |"))
}

fn hygiene(accepted: &Project) -> Result<String, Failed> {
    let mut text = "## Mishaps\n\n| what | must exit with | measured |\n|---|---|---|\n".to_owned();
    for mishap in mishaps() {
        let said = mishap.happen(accepted)?;
        let measured = if said.code == Some(mishap.code) { mishap.code.to_string() } else { said.summary() };
        say(format_args!("mishap: {}: {measured}", mishap.name))?;
        writeln!(text, "| {} | {} | {} |", mishap.name, mishap.code, cell(&measured))?;
    }
    Ok(text)
}

/// How far it is.
fn say(line: Arguments<'_>) -> std::io::Result<()> {
    writeln!(std::io::stderr().lock(), "{line}")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
