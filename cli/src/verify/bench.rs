//! Indexes that are really built, on a scratch server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::capture::Statement;
use perf_look_analyzers::postgres::verify::IndexDefinition;
use perf_look_analyzers::report;
use perf_look_capture::postgres::Options;
use perf_look_capture::postgres::scratch::Scratch;
use perf_look_capture::postgres::workbench::{Workbench, WorkbenchError};

use super::{Verifier, sql, subjects};
use crate::failure::Failure;
use crate::live::{self, Ran};
use crate::progress::Progress;
use crate::signals::Stop;
use crate::status::Status;

/// Of a statement with more problems the first ones are worth the time.
const MOST_BUILT: usize = 3;

impl Verifier<'_> {
    /// Fills a scratch server with the files and tries what is advised there, for each statement whose problem is an index.
    pub(crate) async fn on_scratch(
        &self,
        files: &[PathBuf],
        ran: &mut Ran,
        progress: &mut Progress<'_>,
    ) -> Result<(), Failure> {
        if ran.captured.iter().all(|statement| self.wanted(statement).indexes.is_empty()) {
            return Ok(());
        }
        progress.begin("filling a scratch server", None);
        let server = tokio::select! {
            filled = fill(files) => filled?,
            () = self.stop.clone().wait() => return Err(stopped(self.stop)),
        };
        self.on_bench(&Workbench { server: &server, database: "postgres" }, ran, progress).await;
        Ok(())
    }

    /// Tries indexes on a database of a server of our own, and measures those that are best.
    pub(crate) async fn on_bench(&self, bench: &Workbench<'_>, ran: &mut Ran, progress: &mut Progress<'_>) {
        progress.begin("preparing the scratch server", None);
        if let Err(error) = bench.settle().await {
            ran.failures.push(self.failure(error));
            return;
        }
        for statement in &mut ran.captured {
            if self.stop.status().is_some() {
                break;
            }
            if let Err(error) = self.on_bench_one(bench, statement, progress).await {
                ran.failures.push(self.failure(error));
            }
        }
        progress.end();
    }

    async fn on_bench_one(
        &self,
        bench: &Workbench<'_>,
        statement: &mut Statement,
        progress: &mut Progress<'_>,
    ) -> Result<(), WorkbenchError> {
        let wanted = self.wanted(statement);
        if wanted.indexes.is_empty() {
            return Ok(());
        }
        let (sql, options) = (sql(statement), Options { runs: 1, ..self.options.clone() });
        progress.begin(&format!("trying indexes for {}", statement.name), Some(options.timeout));
        let indexes = bench.series(&sql, &options, &wanted, self.stop.clone().wait()).await?;
        statement.trials.get_or_insert_default().indexes = indexes;
        for index in self.to_build(statement) {
            progress.begin(&format!("measuring {} for {}", index.shown(), statement.name), Some(options.timeout));
            let built = bench.build(&sql, &options, &index, || self.stop.clone().wait()).await?;
            statement.trials.get_or_insert_default().built.push(built);
        }
        Ok(())
    }

    fn to_build(&self, statement: &Statement) -> Vec<IndexDefinition> {
        let mut indexes: Vec<IndexDefinition> = Vec::new();
        for subject in &subjects(statement) {
            indexes.extend(report::to_build(subject, self.policy));
        }
        indexes.truncate(MOST_BUILT);
        indexes
    }

    fn failure(&self, error: WorkbenchError) -> Failure {
        match error {
            WorkbenchError::Explain(error) => live::failure(error, self.stop),
            error => Failure::unmeasured(error),
        }
    }
}

fn stopped(stop: &Stop) -> Failure {
    Failure::new(stop.status().unwrap_or(Status::Interrupted), anyhow!("the scratch server was stopped"))
}

async fn fill(files: &[PathBuf]) -> Result<Scratch, Failure> {
    let mut texts = Vec::new();
    for file in files {
        texts.push((file.display().to_string(), read(file)?));
    }
    let server = Scratch::start().await?;
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    server.load(&files).await.map_err(|error| {
        let help = error.help();
        Failure::unmeasured(error).maybe_help(help)
    })?;
    Ok(server)
}

/// A dump as SQL; of what is something else, what makes SQL of it.
fn read(file: &Path) -> Result<String, Failure> {
    let shown = file.display();
    let bytes = std::fs::read(file).with_context(|| format!("could not read {shown}"));
    let bytes = bytes.map_err(|error| Failure::usage(error).help("give a dump as SQL, as pg_dump writes it"))?;
    let restore = format!("make SQL of it: pg_restore -f dump.sql {shown}");
    let refused = |what: &str, help: String| Err(Failure::usage(anyhow!("{shown} is {what} and no SQL")).help(help));
    match &bytes[..] {
        [b'P', b'G', b'D', b'M', b'P', ..] => refused("a dump in the custom format", restore),
        [b't', b'o', b'c', b'.', b'd', b'a', b't', 0, ..] => refused("a dump in the tar format", restore),
        [0x1f, 0x8b, ..] => refused("compressed", format!("unpack it first: gunzip {shown}")),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => refused("compressed", format!("unpack it first: unzstd {shown}")),
        _ => String::from_utf8(bytes).map_err(|_| {
            Failure::usage(anyhow!("{shown} is not in UTF-8")).help("dump it so: pg_dump --encoding=UTF8")
        }),
    }
}
