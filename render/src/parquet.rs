//! A report as three tables in Parquet, for engines that query many of them: statements, nodes of plans, findings.
//!
//! Files lie as Hive partitions them: `statements/day=2026-11-21/NAME.parquet`. The name is a digest of what is in the
//! file, so that reports of many servers go into one folder, and the same report twice does not count twice.

mod findings;
mod nodes;
mod statements;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::record::RecordWriter;
use perf_look_analyzers::Report;
use perf_look_analyzers::gate::fingerprint;
use perf_look_analyzers::gate::shape::Shape;
use sha2::{Digest as _, Sha256};

/// What Hive calls the partition of rows without a value.
const NO_DAY: &str = "__HIVE_DEFAULT_PARTITION__";

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetFile {
    /// From the folder of the tables, with `/`: `findings/day=2026-11-21/perf-look-0123456789abcdef.parquet`.
    pub path: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// The files of a report; none of a table without rows.
///
/// # Errors
///
/// The rows cannot be written as Parquet.
pub fn parquet_files(report: &Report) -> io::Result<Vec<ParquetFile>> {
    let written = (|| {
        let mut files = table("statements", statements::rows(report))?;
        files.extend(table("plan_nodes", nodes::rows(report))?);
        files.extend(table("findings", findings::rows(report))?);
        Ok::<_, ParquetError>(files)
    })();
    written.map_err(io::Error::other)
}

/// The day that a row is of, `2026-11-21`; none where it is not known.
type Day = Option<String>;

fn table<R>(name: &str, rows: impl IntoIterator<Item = (Day, R)>) -> Result<Vec<ParquetFile>, ParquetError>
where
    for<'r> &'r [R]: RecordWriter<R>,
{
    let mut days: BTreeMap<Day, Vec<R>> = BTreeMap::new();
    for (day, row) in rows {
        days.entry(day).or_default().push(row);
    }
    let file = |(day, rows): (Day, Vec<R>)| {
        let bytes = file_of(&rows)?;
        let mut first = [0; 8];
        first.copy_from_slice(&Sha256::digest(&bytes)[..8]);
        let digest = u64::from_be_bytes(first);
        let day = day.as_deref().unwrap_or(NO_DAY);
        Ok(ParquetFile { path: format!("{name}/day={day}/perf-look-{digest:016x}.parquet"), bytes })
    };
    days.into_iter().map(file).collect()
}

fn file_of<R>(rows: &[R]) -> Result<Vec<u8>, ParquetError>
where
    for<'r> &'r [R]: RecordWriter<R>,
{
    let version = concat!("perf-look ", env!("CARGO_PKG_VERSION")).to_owned();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by(version).build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, rows.schema()?, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    rows.write_to_row_group(&mut group)?;
    group.close()?;
    writer.close()?;
    Ok(bytes)
}

/// What rows of the three tables are joined by.
struct Keys {
    /// The statement, whatever its constants.
    statement: Option<String>,
    /// The plan, whatever its figures.
    plan: String,
    day: Day,
}

impl Keys {
    fn of(report: &Report, subject: usize) -> Self {
        let of = &report.subjects[subject];
        match report.workload.as_ref().and_then(|workload| workload.of_subject(subject)) {
            Some((statement, plan)) => Self {
                statement: Some(statement.id.to_string()),
                plan: plan.fingerprint.clone(),
                day: plan.date.clone(),
            },
            None => Self { statement: of.query.as_deref().map(fingerprint), plan: Shape::of(&of.plan).tree, day: None },
        }
    }
}
