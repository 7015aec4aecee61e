//! How often the gate is wrong: the real program checks a made-up shop that stays as it is, changes harmlessly, gets worse.

mod cases;
mod document;
mod hygiene;
mod named;
mod pages;
mod parts;
mod power;
mod record;
mod shop;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;

pub use cases::{CONTROLS, Control, Edit, FAULTS, Fault};
pub use document::document;
pub use hygiene::{Mishap, mishaps};
pub use pages::{PAGE_CONTROLS, PAGE_FAULTS, PAGE_WARNINGS};
pub use parts::{Case, Number, Part, parts};
pub use record::{Measured, On, Record, Records};

/// The first part of each target's name.
const SUITE: &str = "shop/queries/shop.sql#";

/// The script that runs the program with nothing around it.
const AS_IT_IS: &str = "exec \"$0\" \"$@\"";

/// A project in a folder of its own, which goes with it.
#[derive(Debug)]
pub struct Project {
    folder: PathBuf,
    program: PathBuf,
    /// A shell script that becomes the program, `"$0" "$@"`, where it is not to run as it is.
    within: &'static str,
    /// The server that its configuration names, if it names one.
    server: Option<Arc<named::Server>>,
}

/// What the gate said.
#[derive(Debug, Clone)]
pub struct Said {
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// The verdict as JSON; null where there is none.
    pub verdict: Value,
    /// What it wrote on the error stream.
    pub errors: String,
}

impl Drop for Project {
    fn drop(&mut self) {
        // A folder below the temporary one; what is left of it harms nothing.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Project {
    /// The shop, without anything accepted.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn new(program: &Path) -> io::Result<Self> {
        let project = Self::empty(program)?;
        for (file, text) in shop::FILES {
            project.write(file, text)?;
        }
        Ok(project)
    }

    fn empty(program: &Path) -> io::Result<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("gate-protocol-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, program: program.to_owned(), within: AS_IT_IS, server: None })
    }

    /// The shop as the gate accepted it.
    ///
    /// # Errors
    ///
    /// The folder cannot be written, or the gate does not accept what it measured.
    pub fn accepted(program: &Path) -> io::Result<Self> {
        Self::new(program)?.accept()
    }

    fn accept(self) -> io::Result<Self> {
        let measured = self.gate()?;
        let said = self.run(&["gate", "accept", "--all", "--reason", "as it is measured here"], &[])?;
        if said.code != Some(0) {
            return Err(io::Error::other(format!(
                "the gate did not accept the project: {}: {}",
                said.errors,
                measured.summary()
            )));
        }
        Ok(self)
    }

    /// The same project in another folder.
    ///
    /// # Errors
    ///
    /// A folder cannot be read or written.
    pub fn copy(&self) -> io::Result<Self> {
        let mut copy = Self::empty(&self.program)?;
        copy_folder(&self.folder, &copy.folder)?;
        copy.server.clone_from(&self.server);
        Ok(copy)
    }

    /// Writes a file of the project.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, file: &str, text: &str) -> io::Result<()> {
        let path = self.folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
        std::fs::write(path, text)
    }

    /// Changes a file.
    ///
    /// # Errors
    ///
    /// What is to be replaced does not stand there once, or the file cannot be written.
    pub fn edit(&self, edit: Edit) -> io::Result<()> {
        let text = std::fs::read_to_string(self.folder.join(edit.file))?;
        let changed = match (edit.from, text.matches(edit.from).count()) {
            ("", _) => text + edit.to,
            (from, 1) => text.replace(from, edit.to),
            (from, times) => return Err(io::Error::other(format!("{} holds {from:?} {times} times", edit.file))),
        };
        self.write(edit.file, &changed)
    }

    /// `perf-look gate` with its verdict as JSON.
    ///
    /// # Errors
    ///
    /// The program cannot be started.
    pub fn gate(&self) -> io::Result<Said> {
        self.run(&["gate", "--report", "json"], &[])
    }

    /// The program with these arguments, and these variables beside those that each program needs.
    ///
    /// # Errors
    ///
    /// The program cannot be started.
    pub fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> io::Result<Said> {
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("sh")
            .args(["-c", self.within])
            .arg(&self.program)
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs([("PATH", path.as_str()), ("LANG", "C.UTF-8")])
            .env("HOME", &self.folder)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()?;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let verdict = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        Ok(Said { code: output.status.code(), verdict, errors })
    }

    /// Each counter of each target as it was measured last, with its plan.
    ///
    /// # Errors
    ///
    /// What was measured cannot be read.
    pub fn counters(&self) -> io::Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        for file in files_below(&self.folder.join(".perf-look/local/pending"))? {
            let text = std::fs::read_to_string(&file)?;
            let measured: Value = serde_json::from_str(&text)?;
            let target = measured["target"].as_str().unwrap_or_default().trim_start_matches(SUITE).to_owned();
            for (counter, value) in measured["metrics"].as_object().into_iter().flatten() {
                found.insert(format!("{target}: {counter}"), value.to_string());
            }
            found.insert(format!("{target}: plan"), measured["plan"].to_string());
        }
        Ok(found)
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    for file in files_below(from)? {
        let copy = to.join(file.strip_prefix(from).unwrap_or(&file));
        std::fs::create_dir_all(copy.parent().unwrap_or(to))?;
        std::fs::copy(&file, copy)?;
    }
    Ok(())
}

fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// What runs beside the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Nothing of ours.
    Idle,
    /// Two busy loops for each core.
    Busy,
}

/// Does something with noise beside it.
pub fn beside<T>(noise: Noise, what: impl FnOnce() -> T) -> T {
    if noise == Noise::Idle {
        return what();
    }
    let is_over = AtomicBool::new(false);
    let loops = 2 * std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..loops {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let done = what();
        is_over.store(true, Ordering::Relaxed);
        done
    })
}

/// What has to be right where a fault is caught.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// The exit code is 1, and the target is among the regressed; of a warning 0, and it is among those that passed.
    Red,
    /// The statement's first decision.
    Decision,
    /// The node that it names.
    Place,
    /// The first cause.
    Cause,
}

impl Aspect {
    /// In the order of the table's columns.
    pub const ALL: [Self; 4] = [Self::Red, Self::Decision, Self::Place, Self::Cause];

    /// As the files of runs call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Decision => "decision",
            Self::Place => "place",
            Self::Cause => "cause",
        }
    }
}

impl Fault {
    /// Injects the fault into a copy of an accepted project, and demands this exit code.
    ///
    /// # Errors
    ///
    /// The project cannot be changed, or the program not be started.
    pub fn inject(&self, accepted: &Project, code: i32) -> io::Result<Measured> {
        let said = changed(accepted, self.edits)?;
        let outcome = said.outcome(self.target);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let first = &outcome["decisions"][0];
        let decision = format!("{} {}", text(&first["id"]), text(&first["counter"]));
        let place = text(&first["place"]);
        let cause = text(&outcome["causes"][0]["text"]);
        let is_right = |aspect: &Aspect| match aspect {
            Aspect::Red => {
                said.code == Some(code) && outcome["state"] == if code == 1 { "regressed" } else { "passed" }
            }
            Aspect::Decision => decision.starts_with(self.decision),
            Aspect::Place => place.contains(self.place),
            Aspect::Cause => cause.contains(self.cause),
        };
        let missed = Aspect::ALL.iter().filter(|aspect| !is_right(aspect)).map(|aspect| aspect.name().to_owned());
        let missed = missed.collect();
        let what = match outcome {
            Value::Null => said.summary(),
            _ => format!("{}, {decision} at {place}, cause: {cause}", said.ending()),
        };
        Ok(Measured { exit: said.code, missed, said: what, ..Measured::default() })
    }
}

impl Control {
    /// Makes the change in a copy of an accepted project: what the gate said.
    ///
    /// # Errors
    ///
    /// The project cannot be changed, or the program not be started.
    pub fn run(&self, accepted: &Project) -> io::Result<Said> {
        changed(accepted, self.edits)
    }
}

fn changed(accepted: &Project, edits: &[Edit]) -> io::Result<Said> {
    let project = accepted.copy()?;
    edits.iter().try_for_each(|edit| project.edit(*edit))?;
    if let Some(server) = &project.server {
        server.reset(&project.folder)?;
    }
    project.gate()
}

impl Said {
    /// What this run showed, where one exit code is right.
    pub fn must_exit_with(&self, code: i32) -> Measured {
        let missed = if self.code == Some(code) { Vec::new() } else { vec!["exit".to_owned()] };
        Measured { exit: self.code, missed, said: self.summary(), values: BTreeMap::new() }
    }

    fn outcome(&self, target: &str) -> &Value {
        let outcomes = self.verdict["outcomes"].as_array().map_or(&[][..], Vec::as_slice);
        let is_it =
            |outcome: &&Value| outcome["target"].as_str().map(|name| name.trim_start_matches(SUITE)) == Some(target);
        outcomes.iter().find(is_it).unwrap_or(&Value::Null)
    }

    fn ending(&self) -> String {
        self.code.map_or("ended by a signal".to_owned(), |code| format!("exit {code}"))
    }

    /// The exit code, and what failed: in one line.
    pub fn summary(&self) -> String {
        let mut said = self.ending();
        let outcomes = self.verdict["outcomes"].as_array().map_or(&[][..], Vec::as_slice);
        for outcome in outcomes.iter().filter(|outcome| outcome["state"] != "passed") {
            let target = outcome["target"].as_str().unwrap_or_default().trim_start_matches(SUITE);
            let headline = outcome["decisions"][0]["headline"].as_str().unwrap_or_default();
            said = format!("{said}; {target}: {headline}");
        }
        match self.errors.lines().next() {
            Some(line) if self.verdict.is_null() => format!("{said}; {line}"),
            _ => said,
        }
    }
}
