//! Measures how often the gate is wrong and writes it down as Markdown: `benches/gate-protocol`, which says with what.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;

use perf_look_benches::gate_protocol::{On, Part, Record, Records, document, parts};

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, commit, folder, page, wanted @ ..] = &arguments[..] else {
        return Err("expected PROGRAM COMMIT FOLDER PAGE [PART RUNS]...".into());
    };
    let records = Records::below(Path::new(folder))?;
    let program = std::fs::canonicalize(program)?;
    let with = with(&program, commit)?;
    for pair in wanted.chunks(2) {
        let [name, runs] = pair else { return Err("expected a number of runs after each part".into()) };
        let part = parts().into_iter().find(|part| part.name == name).ok_or_else(|| unknown(name))?;
        let rounds = part.rounds(runs.parse()?);
        records.complete(&part, &On { program: &program, with: &with, rounds }, |record| say(&part, record))?;
    }
    std::fs::write(page, document(&records)?)?;
    Ok(())
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = parts().iter().map(|part| part.name).collect();
    format!("there is no part {name}: expected one of {}", names.join(", "))
}

/// Program, server, browser and machine.
fn with(program: &Path, commit: &str) -> Result<String, Failed> {
    let cores = thread::available_parallelism()?;
    let version = first_line(Command::new(program).arg("--version"))?;
    let server = first_line(Command::new("sh").args(["-c", SERVER])).unwrap_or_else(|_| "no postgres".to_owned());
    let browser = first_line(Command::new("chromium").arg("--version")).unwrap_or_else(|_| "no chromium".to_owned());
    Ok(format!("{version} at {commit}; {server}; {}; {cores} cores", browser.trim()))
}

/// The newest of the servers that are installed, which is the one that the gate starts.
const SERVER: &str = "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/postgres --version";

fn first_line(command: &mut Command) -> Result<String, Failed> {
    let text = String::from_utf8(command.output()?.stdout)?;
    Ok(text.lines().next().ok_or("it says nothing")?.to_owned())
}

/// How far it is.
fn say(part: &Part, record: &Record) -> std::io::Result<()> {
    let measured = &record.measured;
    let missed = if measured.missed.is_empty() { String::new() } else { format!("; not right: {}", measured.said) };
    writeln!(std::io::stderr().lock(), "{}: {}: {:.1} s{missed}", part.name, record.case, record.seconds)
}
