//! What finished runs showed, a line of JSON each: a protocol of hours can be stopped, gone on with, and read again.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::{Case, Part, Project};

/// What one run showed.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// The exit code; none where a signal ended it.
    pub exit: Option<i32>,
    /// What was not as it must be; empty where all was right.
    pub missed: Vec<String>,
    /// What the gate said, in one line.
    pub said: String,
    /// What else was measured, by its name.
    pub values: BTreeMap<String, String>,
}

/// One finished run.
#[derive(Debug, Clone)]
pub struct Record {
    /// The case's name.
    pub case: String,
    /// Program, server, browser and machine.
    pub with: String,
    /// The load average of the last minute as it ended.
    pub load: f64,
    /// How long it took.
    pub seconds: f64,
    /// What it showed.
    pub measured: Measured,
}

/// The folder with the files of all parts.
#[derive(Debug, Clone)]
pub struct Records {
    folder: PathBuf,
}

impl Records {
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn below(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn file(&self, part: &str) -> PathBuf {
        self.folder.join(format!("{part}.jsonl"))
    }

    /// The finished runs of a part, in the order of time.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or holds a line that is no run.
    pub fn read(&self, part: &str) -> io::Result<Vec<Record>> {
        let file = self.file(part);
        let text = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        let broken = |number: usize| io::Error::other(format!("{}:{}: this is no run", file.display(), number + 1));
        text.lines().enumerate().map(|(number, line)| Record::read(line).ok_or_else(|| broken(number))).collect()
    }

    fn append(&self, part: &str, record: &Record) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.file(part))?;
        file.write_all(format!("{}\n", record.to_json()).as_bytes())
    }

    /// Runs what is missing until each case has run so often, one round over all cases after the other; `tell` hears of
    /// each run.
    ///
    /// # Errors
    ///
    /// The program cannot be started, or a file not be read or written.
    pub fn complete(&self, part: &Part, on: &On<'_>, tell: impl Fn(&Record) -> io::Result<()>) -> io::Result<()> {
        let mut done: BTreeMap<String, usize> = BTreeMap::new();
        for record in self.read(part.name)? {
            *done.entry(record.case).or_default() += 1;
        }
        let missing = |case: &Case, round| done.get(case.name).is_none_or(|done| *done < round);
        if part.cases.iter().all(|case| !missing(case, on.rounds)) {
            return Ok(());
        }
        let accepted = (part.project)(on.program)?;
        for round in 1..=on.rounds {
            for case in part.cases.iter().filter(|case| missing(case, round)) {
                let record = on.record(case, &accepted)?;
                self.append(part.name, &record)?;
                tell(&record)?;
            }
        }
        Ok(())
    }
}

/// With what, and how often.
#[derive(Debug, Clone, Copy)]
pub struct On<'a> {
    /// The program that is measured.
    pub program: &'a Path,
    /// Program, server, browser and machine, for the reader.
    pub with: &'a str,
    /// How often each case has to run in all.
    pub rounds: usize,
}

impl On<'_> {
    fn record(&self, case: &Case, accepted: &Project) -> io::Result<Record> {
        let start = Instant::now();
        let measured = case.run(accepted)?;
        let (case, with) = (case.name.to_owned(), self.with.to_owned());
        Ok(Record { case, with, load: load(), seconds: start.elapsed().as_secs_f64(), measured })
    }
}

fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
}

impl Record {
    fn to_json(&self) -> Value {
        let Measured { exit, missed, said, values } = &self.measured;
        json!({
            "case": self.case, "with": self.with, "load": self.load, "seconds": self.seconds,
            "exit": exit, "missed": missed, "said": said, "values": values,
        })
    }

    fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let measured = Measured {
            exit: value["exit"].as_i64().and_then(|exit| exit.try_into().ok()),
            missed: value["missed"].as_array()?.iter().map(text).collect::<Option<_>>()?,
            said: text(&value["said"])?,
            values: value["values"]
                .as_object()?
                .iter()
                .map(|(name, value)| Some((name.clone(), text(value)?)))
                .collect::<Option<_>>()?,
        };
        Some(Self {
            case: text(&value["case"])?,
            with: text(&value["with"])?,
            load: value["load"].as_f64().unwrap_or(f64::NAN),
            seconds: value["seconds"].as_f64()?,
            measured,
        })
    }
}
