//! What was typed behind `perf-look db`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};
use perf_look_analyzers::postgres::log::Prefix;
use perf_look_analyzers::postgres::overview::Order;
use perf_look_capture::postgres::Serialize;

use super::{Connection, FailOn, GENERAL, REPORT, ReportArgs, TuiWhen};
use crate::duration;

const LOGS: &str = "Server logs";
const WORKLOAD: &str = "Workload";
const RUNNING: &str = "Running";

pub(super) const EXAMPLES: &str = "\
Examples:
  perf-look db -d mydb                         a server at a glance; Enter explains a statement
  perf-look db -d mydb --top 5                 its worst statements, explained
  perf-look db -d mydb --top 5 --by io         those that read most
  perf-look db -d mydb -c 'SELECT …'           one statement
  perf-look db -d mydb -f slow.sql --runs 5    a file, each statement five times
  perf-look db -d mydb --param 1=42 -c 'SELECT * FROM orders WHERE id = $1'
  perf-look db --plan a.txt --plan b.json      saved plans, in any format
  pbpaste | perf-look db -                     a plan or a statement from anywhere
  perf-look db --log postgresql.log            which statements take most, by their log
  perf-look db -f slow.sql --report text --report json=report.json
  perf-look db -d mydb -f slow.sql --verify    try what is advised, change nothing

A statement runs in a read-only transaction that is rolled back, with a
time-out. It is refused where its plan writes, locks rows or calls volatile
functions. The connection is psql's: its flags, PG* variables, service files
and .pgpass.";

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Db {
    /// A file of SQL or a saved plan, told apart by what is in it; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) inputs: Vec<String>,
    /// A statement to run, or several
    #[arg(short = 'c', long = "command", value_name = "SQL")]
    pub(crate) commands: Vec<String>,
    /// A file of statements to run; - is standard input
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// A saved plan, several, or a capture; - is standard input
    #[arg(long = "plan", value_name = "FILE")]
    pub(crate) plans: Vec<String>,
    /// A server log with plans of auto_explain, several in their order, plain, .gz or .zst; - is standard input
    #[arg(long = "log", value_name = "FILE", num_args = 1.., conflicts_with_all = ["inputs", "commands", "files", "plans"], help_heading = LOGS)]
    pub(crate) logs: Vec<String>,
    /// Go on reading the last log as it grows; Ctrl-C ends it with the report
    #[arg(long, requires = "logs", help_heading = LOGS)]
    pub(crate) follow: bool,
    /// What SHOW log_line_prefix says, where it is not seen from the log whose entries are whose
    #[arg(long, value_name = "PREFIX", requires = "logs", help_heading = LOGS)]
    pub(crate) log_prefix: Option<Prefix>,
    /// Explain and judge the worst statements of pg_stat_statements, that many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100), conflicts_with_all = ["inputs", "commands", "files", "plans", "logs", "params", "allow_writes", "verify_on_scratch"], help_heading = WORKLOAD)]
    pub(crate) top: Option<u32>,
    /// By what they are the worst: total (time of all calls), mean (of a call), io (blocks read), temp (blocks of temporary files) [default: total]
    #[arg(long, value_name = "ORDER", requires = "top", value_parser = order, help_heading = WORKLOAD)]
    pub(crate) by: Option<Order>,
    /// The value of a parameter: 1=42 for $1
    #[arg(long = "param", value_name = "N=VALUE", value_parser = param, help_heading = RUNNING)]
    pub(crate) params: Vec<(u16, String)>,
    /// Run each statement that often and report the run in the middle
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = RUNNING)]
    pub(crate) runs: u32,
    /// Only plan, do not run: no times, the planner's estimates alone
    #[arg(long, conflicts_with = "runs", help_heading = RUNNING)]
    pub(crate) no_execute: bool,
    /// Run statements that write; they are rolled back, but sequences advance, triggers fire and rows are locked
    #[arg(long, help_heading = RUNNING)]
    pub(crate) allow_writes: bool,
    /// Run statements that call volatile functions, which can do what no ROLLBACK takes back
    #[arg(long, help_heading = RUNNING)]
    pub(crate) allow_volatile: bool,
    /// Stop a statement after that time: 500ms, 30s, 2min [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = duration::parse, help_heading = RUNNING)]
    pub(crate) timeout: Option<Duration>,
    /// Also measure turning the rows into what is sent, as text or binary, and the planner's memory (PostgreSQL 17 and later)
    #[arg(long, value_name = "FORMAT", conflicts_with = "no_execute", value_parser = serialize, help_heading = RUNNING)]
    pub(crate) serialize: Option<Serialize>,
    /// Try what is advised: plan with indexes that nobody builds (needs the extension hypopg), run with more memory, and
    /// with --allow-writes plan with other statistics; all is rolled back
    #[arg(long, help_heading = RUNNING)]
    pub(crate) verify: bool,
    /// The same, but build indexes and measure them, on a throw-away server filled with this dump; repeatable
    #[arg(long, value_name = "DUMP", help_heading = RUNNING)]
    pub(crate) verify_on_scratch: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// From which severity on the exit code is 1 [default: error]
    #[arg(long, value_name = "LEVEL", help_heading = REPORT)]
    pub(crate) fail_on: Option<FailOn>,
    /// When to show the report on the whole terminal; auto: where no report is asked for [default: auto]
    #[arg(long, value_name = "WHEN", help_heading = REPORT)]
    pub(crate) tui: Option<TuiWhen>,
    /// Print help
    #[arg(long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

impl Db {
    /// Whether what is advised is to be tried.
    pub(crate) fn verifies(&self) -> bool {
        self.verify || !self.verify_on_scratch.is_empty()
    }
}

fn param(text: &str) -> Result<(u16, String), String> {
    let expected = || "expected N=VALUE, such as 1=42 for $1".to_owned();
    let (number, value) = text.split_once('=').ok_or_else(expected)?;
    let number = number.trim_start_matches('$').parse().ok().filter(|number| *number > 0).ok_or_else(expected)?;
    Ok((number, value.to_owned()))
}

fn serialize(text: &str) -> Result<Serialize, String> {
    match text {
        "text" => Ok(Serialize::Text),
        "binary" => Ok(Serialize::Binary),
        _ => Err("rows are sent as text or binary".to_owned()),
    }
}

fn order(text: &str) -> Result<Order, String> {
    let all = Order::ALL.map(Order::name).join(", ");
    Order::ALL.into_iter().find(|order| order.name() == text).ok_or_else(|| format!("statements are ordered by {all}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_keeps_what_stands_behind_the_first_equals_sign() {
        assert_eq!(param("1=a=b"), Ok((1, "a=b".to_owned())));
        assert_eq!(param("$2="), Ok((2, String::new())));
        assert!(param("0=x").is_err() && param("x").is_err() && param("a=1").is_err());
    }
}
