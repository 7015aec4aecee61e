//! A log that grows: read on as the server writes it, over rotation, until Ctrl-C.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read as _};
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use perf_look_analyzers::postgres::log::Miner;

use super::source::Source;
use super::{CHUNK, Reader, grouped};
use crate::failure::Failure;
use crate::signals::Stop;

/// How long nothing is looked at where nothing was new.
const PAUSE: Duration = Duration::from_millis(250);

/// Reads a log as it grows; ends by a signal, with what was read by then.
pub(super) fn follow(name: &str, reader: &mut Reader<'_>) -> Result<(), Failure> {
    check(name)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime").map_err(Failure::usage)?;
    runtime.block_on(async {
        let stop = Stop::listen().context("could not listen for signals").map_err(Failure::usage)?;
        let mut log = Log::open(name).with_context(|| format!("could not read {name}")).map_err(Failure::usage)?;
        reader.miner.begin_file(name);
        reader.progress.begin_reading(&format!("following {name}, Ctrl-C ends it with the report"), None);
        while stop.status().is_none() {
            match log.step(reader) {
                Ok(true) => tokio::task::yield_now().await,
                Ok(false) => drop(tokio::time::timeout(PAUSE, stop.clone().wait()).await),
                Err(error) => {
                    reader.fail(name, &error);
                    return Ok(());
                }
            }
        }
        reader.miner.end_file();
        Ok(())
    })
}

/// What cannot grow under its name.
fn check(name: &str) -> Result<(), Failure> {
    if name == "-" {
        return Err(Failure::usage(anyhow!("standard input is read to its end, it is not followed"))
            .help("leave --follow out, or name the file"));
    }
    if Source::open(name)?.is_compressed {
        return Err(Failure::usage(anyhow!("{name} is compressed: it does not grow")).help("leave --follow out"));
    }
    Ok(())
}

struct Log {
    name: String,
    file: BufReader<File>,
    /// How far it was read.
    position: u64,
    chunk: Vec<u8>,
}

impl Log {
    fn open(name: &str) -> io::Result<Self> {
        let file = BufReader::new(File::open(name)?);
        Ok(Self { name: name.to_owned(), file, position: 0, chunk: vec![0; CHUNK] })
    }

    /// Reads what is new, and looks for another file of that name where nothing is; says whether something was.
    fn step(&mut self, reader: &mut Reader<'_>) -> io::Result<bool> {
        if self.read_on(reader)? {
            return Ok(true);
        }
        // Between the old file's going and the new one's coming there is none.
        let Ok(there) = std::fs::metadata(&self.name) else { return Ok(false) };
        let here = self.file.get_ref().metadata()?;
        if is_same(&here, &there) && there.len() >= self.position {
            return Ok(false);
        }
        // What was written between the last look and the new file's coming.
        while self.read_on(reader)? {}
        reader.miner.end_file();
        *self = Self::open(&self.name)?;
        reader.miner.begin_file(&self.name);
        Ok(true)
    }

    fn read_on(&mut self, reader: &mut Reader<'_>) -> io::Result<bool> {
        let length = self.file.read(&mut self.chunk)?;
        self.position += length as u64;
        reader.miner.feed(&self.chunk[..length]);
        reader.progress.read(self.position);
        reader.progress.found(&found(&reader.miner));
        Ok(length > 0)
    }
}

/// What was read so far.
fn found(miner: &Miner) -> String {
    let (calls, rejected) = miner.progress();
    let unread = if rejected == 0 { String::new() } else { format!(", {} could not be read", grouped(rejected)) };
    format!("{} {}{unread}", grouped(calls), if calls == 1 { "call" } else { "calls" })
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Where files have no numbers, only one that became shorter is seen to be another.
#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}
