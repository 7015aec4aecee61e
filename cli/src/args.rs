//! What was typed.

#[cfg(unix)]
mod gate;
#[cfg(unix)]
mod web;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use perf_look_analyzers::Severity;
use perf_look_analyzers::flame::{Coloring, Measure, Widths};
use perf_look_analyzers::postgres::log::Prefix;
use perf_look_analyzers::postgres::overview::Order;
use perf_look_analyzers::redact::Redact;

use crate::duration;
use crate::output::Wanted;

#[cfg(unix)]
pub(crate) use gate::{Accept, Check, Gate, GateCommand, Settle};
#[cfg(unix)]
pub(crate) use web::Web;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
Start here:
  perf-look demo                       see it work, on a database of its own
  perf-look db -d mydb                 a server at a glance: its worst statements, tables, indexes
  perf-look db -d mydb -f slow.sql     run a statement safely and judge it
  perf-look db --plan plan.txt         judge a saved EXPLAIN, no server needed
  perf-look web http://localhost:3000  look at a page
  perf-look open plan.txt              look at it until you understand it

Exit codes:
  0  clean
  1  a finding at the fail level
  2  wrong usage or configuration
  3  could not measure or read
  4  nothing to check
  5  not comparable: settings, versions or the browser are others than at the last run of the gate
  130, 143  stopped by Ctrl-C, SIGTERM";

/// Shows where time goes in Postgres and in web pages, why, and what to do about it.
#[derive(Debug, Parser)]
#[command(name = "perf-look", version, styles = STYLES, after_help = AFTER_HELP, max_term_width = 100)]
#[command(
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = GENERAL)]
    version: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a server at a glance; run statements safely, or read saved plans, and say where their time goes
    #[command(after_help = DB_EXAMPLES)]
    Db(Box<Db>),
    /// Look at a page in a browser without a window, and say where its time and memory go
    #[cfg(unix)]
    #[command(after_help = web::EXAMPLES)]
    Web(Box<Web>),
    /// Look at plans and captures on the whole terminal: findings first, the plan beside them
    #[command(after_help = OPEN_EXAMPLES)]
    Open(Open),
    /// Draw where a plan's time goes: an SVG to search and zoom, or a file for another viewer
    #[command(after_help = FLAME_EXAMPLES)]
    Flame(Flame),
    /// Compare two plans step by step: what changed, and what that did
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(Diff),
    /// Check whether a change made a statement or a page worse, for CI
    #[cfg(unix)]
    #[command(after_help = gate::EXAMPLES)]
    Gate(Box<Gate>),
    /// Write what the gate needs: perf-look.toml with comments, a workflow of GitHub, a job of GitLab
    Init {
        /// Print perf-look.toml instead of writing anything
        #[arg(long)]
        print: bool,
        #[command(flatten)]
        help: Help,
    },
    /// Show it at work: a throw-away server, a small shop, slow statements
    Demo(Demo),
    /// Print a rule's page: what it finds, why that is slow, what to do
    Explain {
        /// The rule: db/seq-scan-discards-rows, or without db/
        rule: String,
        #[command(flatten)]
        help: Help,
    },
    /// List the rules
    Rules {
        #[command(flatten)]
        help: Help,
    },
    /// Say what is here and what a run would connect to, and try it
    Doctor(Doctor),
    /// Print the configuration, each value with where it is from
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
        #[command(flatten)]
        help: Help,
    },
    /// Print the JSON Schema of an output or of perf-look.toml
    Schema {
        /// report, comparison, gate, config
        name: String,
        #[command(flatten)]
        help: Help,
    },
    /// Print completions for a shell
    Completions {
        shell: clap_complete::Shell,
        #[command(flatten)]
        help: Help,
    },
    /// Print the manual page, of the program or of a command
    Man {
        /// db, demo, …
        command: Option<String>,
        #[command(flatten)]
        help: Help,
    },
}

/// The flag of commands in which -h is nothing else.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Help {
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every key, its value, and where that is from
    Show {
        #[command(flatten)]
        help: Help,
    },
}

const DB_EXAMPLES: &str = "\
Examples:
  perf-look db -d mydb                         a server at a glance
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
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100), conflicts_with_all = ["inputs", "commands", "files", "plans", "logs", "params", "allow_writes", "verify", "verify_on_scratch"], help_heading = WORKLOAD)]
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

const OPEN_EXAMPLES: &str = "\
Examples:
  perf-look open plan.json                  ? shows the keys, q quits
  perf-look open before.json after.json     several plans, several captures
  psql -XAtf slow.sql | perf-look open -    a plan from a pipe; keys come from the terminal
  perf-look open plan.json --plain          the report as text
  perf-look open plan.json --node 5         all about node #5, as text

Where there is no terminal, or TERM is dumb or CI is set, the report is printed
as text. That something was found does not fail: 0 is the exit code then.";

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Open {
    /// A saved plan in any format, or a capture; - is standard input
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<String>,
    /// When to take the whole terminal [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub(crate) tui: Option<TuiWhen>,
    /// Print all about a node, by its number in the plan
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "tui")]
    pub(crate) node: Option<u32>,
    /// Whose node, by the number of the plan from 1 [default: the slowest]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), requires = "node")]
    pub(crate) subject: Option<u32>,
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

const FLAME_EXAMPLES: &str = "\
Examples:
  perf-look flame plan.json -o plan.svg                        where the time goes, in a browser
  perf-look flame plan.txt --measure buffers -o buffers.svg    where the blocks are read
  perf-look flame after.json --before before.json -o diff.svg  what became slower and faster
  psql -XAtf slow.sql | perf-look flame - --format folded      stacks for other tools
  perf-look flame page.capture -o page.svg                     what a page's main thread did";

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Flame {
    /// A saved plan in any format, or a capture; - is standard input
    #[arg(value_name = "INPUT")]
    pub(crate) input: String,
    /// Which plan or page of the input, by its number from 1 [default: the slowest plan, or the first page]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) subject: Option<u32>,
    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "svg")]
    pub(crate) format: FlameFormat,
    /// What the width of a frame is: wall, work, buffers, read, temp, io, wal, rows, cost [default: wall where all was timed, else cost]
    #[arg(long, value_name = "MEASURE", value_parser = measure)]
    pub(crate) measure: Option<Measure>,
    /// Draw the difference to this plan or page: slower in orange, faster in blue
    #[arg(long, value_name = "INPUT")]
    pub(crate) before: Option<String>,
    /// How wide the frames of a difference are: larger (of the two), before, after
    #[arg(long, value_name = "WHICH", default_value = "larger", value_parser = widths, requires = "before")]
    pub(crate) widths: Widths,
    /// What frames are coloured by: class, misestimate, findings
    #[arg(long, value_name = "WHAT", default_value = "class", value_parser = coloring, conflicts_with = "before")]
    pub(crate) color_by: Coloring,
    /// Write to a file; - is standard output
    #[arg(short = 'o', long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  perf-look diff before.json after.json
  perf-look diff before.txt after.json --report markdown     formats may differ
  perf-look flame after.json --before before.json -o diff.svg

Nodes are matched by what they cover, not by where they hang. Save several runs
(perf-look db --runs 5 --save before.json), so that noise can be told.
Pages (perf-look web URL --save before.json) are compared place by place: what is
the same in each run stands apart from times, which differ from run to run.";

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Diff {
    /// The plan as it was: in any format, or a capture of plans or pages
    #[arg(value_name = "BEFORE")]
    pub(crate) before: String,
    /// The plan as it is; - is standard input
    #[arg(value_name = "AFTER")]
    pub(crate) after: String,
    /// What to print or write: text, json, markdown, html; repeatable; =PATH writes to a file
    #[arg(long = "report", value_name = "FORMAT[=PATH]", help_heading = REPORT)]
    pub(crate) reports: Vec<Wanted>,
    /// Write to a file instead of standard output
    #[arg(short = 'o', long, value_name = "PATH", help_heading = REPORT)]
    pub(crate) output: Option<PathBuf>,
    /// Print help
    #[arg(short, long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

/// What `flame` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FlameFormat {
    /// A picture for a browser
    Svg,
    /// Stacks with counts, for inferno, flamelens, speedscope
    Folded,
    /// JSON for speedscope, all measures
    Speedscope,
    /// JSON for the Firefox Profiler, all measures and processes
    Firefox,
    /// A gzipped protocol buffer for go tool pprof, Pyroscope, Parca, Grafana, all measures
    Pprof,
    /// Samples of a page for the browser's own tools and for editors
    Cpuprofile,
}

const LOGS: &str = "Server logs";
const WORKLOAD: &str = "Workload";
const RUNNING: &str = "Running";
const CONNECTION: &str = "Connection, as in psql";
const REPORT: &str = "Report";
const GENERAL: &str = "General";

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Print help
    #[arg(long, action = ArgAction::HelpShort, help_heading = GENERAL)]
    help: Option<bool>,
}

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Connection {
    /// Server, or the folder of its socket
    #[arg(short = 'h', long, value_name = "HOST", help_heading = CONNECTION)]
    pub(crate) host: Option<String>,
    /// Port
    #[arg(short = 'p', long, value_name = "PORT", help_heading = CONNECTION)]
    pub(crate) port: Option<String>,
    /// User
    #[arg(short = 'U', long = "username", value_name = "USER", help_heading = CONNECTION)]
    pub(crate) user: Option<String>,
    /// Database, connection URI, or key=value string
    #[arg(short = 'd', long = "dbname", alias = "dsn", visible_alias = "dsn", value_name = "DBNAME|URI", help_heading = CONNECTION)]
    pub(crate) dbname: Option<String>,
    /// Never ask for a password
    #[arg(short = 'w', long, help_heading = CONNECTION)]
    pub(crate) no_password: bool,
    /// Ask for a password
    #[arg(short = 'W', long = "password", conflicts_with = "no_password", help_heading = CONNECTION)]
    pub(crate) ask_password: bool,
}

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReportArgs {
    /// What to print or write: text, json, jsonl, markdown, github, gitlab, sarif, junit, html, parquet=FOLDER; repeatable; =PATH writes to a file
    #[arg(long = "report", value_name = "FORMAT[=PATH]", help_heading = REPORT)]
    pub(crate) reports: Vec<Wanted>,
    /// Write the report to a file instead of standard output
    #[arg(short = 'o', long, value_name = "PATH", help_heading = REPORT)]
    pub(crate) output: Option<PathBuf>,
    /// Take literals out of the report, or with =names also the names of relations, columns and indexes
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "literals", help_heading = REPORT)]
    pub(crate) redact: Option<RedactWhat>,
    /// Keep what the server or the browser said, to judge it again; --redact does not change it
    #[arg(long, value_name = "PATH", help_heading = REPORT)]
    pub(crate) save: Option<PathBuf>,
}

impl ReportArgs {
    /// Whether a report was asked for, and not only what to take out of it or to keep.
    pub(crate) fn is_asked_for(&self) -> bool {
        !self.reports.is_empty() || self.output.is_some()
    }
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Judge plans and a page that were recorded before, where no server program or browser is installed
    #[arg(long)]
    pub(crate) recorded: bool,
    /// Mend what the first finding advises, measure again, and leave a page, pictures and captures in this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    help: Help,
}

#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Common {
    /// When to colour [default: auto]
    #[arg(long, global = true, value_name = "WHEN", help_heading = GENERAL)]
    color: Option<ColorWhen>,
    /// What to draw with [default: auto]
    #[arg(long, global = true, value_name = "SET", help_heading = GENERAL)]
    glyphs: Option<GlyphsWhen>,
    /// Text that can be read out: no colours, columns, bars, progress or screens; ASCII only
    #[arg(long, global = true, help_heading = GENERAL)]
    pub(crate) plain: bool,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = GENERAL)]
    pub(crate) quiet: bool,
    /// Say more on standard error
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub(crate) verbose: bool,
    /// The configuration file [default: perf-look.toml or .config/perf-look.toml, upward to the repository's root]
    #[arg(long, global = true, value_name = "PATH", conflicts_with = "no_config", help_heading = GENERAL)]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, global = true, help_heading = GENERAL)]
    pub(crate) no_config: bool,
    /// Replace a value of the configuration: db.timeout=2min
    #[arg(long, global = true, value_name = "KEY=VALUE", help_heading = GENERAL)]
    pub(crate) set: Vec<String>,
}

impl Common {
    /// The flag, then what `--plain` implies.
    pub(crate) fn color(&self) -> ColorWhen {
        self.color.unwrap_or(if self.plain { ColorWhen::Never } else { ColorWhen::Auto })
    }

    /// The flag, then what `--plain` implies.
    pub(crate) fn glyphs(&self) -> GlyphsWhen {
        self.glyphs.unwrap_or(if self.plain { GlyphsWhen::Ascii } else { GlyphsWhen::Auto })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GlyphsWhen {
    /// By locale and TERM
    Auto,
    /// Lines, arrows, eighths of blocks
    Unicode,
    /// Lines and whole blocks
    Basic,
    /// +-|#
    Ascii,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RedactWhat {
    Literals,
    Names,
}

impl From<RedactWhat> for Redact {
    fn from(what: RedactWhat) -> Self {
        match what {
            RedactWhat::Literals => Self::Literals,
            RedactWhat::Names => Self::Names,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TuiWhen {
    /// Where there is a terminal for it
    Auto,
    /// On the terminal that the program was started from, whatever standard output is
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Error,
    Warn,
    Never,
}

impl FailOn {
    /// The word of flags and configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Never => "never",
        }
    }

    /// The lowest severity that fails.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warn => Some(Severity::Warn),
            Self::Never => None,
        }
    }
}

fn param(text: &str) -> Result<(u16, String), String> {
    let expected = || "expected N=VALUE, such as 1=42 for $1".to_owned();
    let (number, value) = text.split_once('=').ok_or_else(expected)?;
    let number = number.trim_start_matches('$').parse().ok().filter(|number| *number > 0).ok_or_else(expected)?;
    Ok((number, value.to_owned()))
}

fn order(text: &str) -> Result<Order, String> {
    let all = Order::ALL.map(Order::name).join(", ");
    Order::ALL.into_iter().find(|order| order.name() == text).ok_or_else(|| format!("statements are ordered by {all}"))
}

fn measure(text: &str) -> Result<Measure, String> {
    let all = Measure::ALL.map(Measure::name).join(", ");
    Measure::named(text).ok_or_else(|| format!("no such measure; there are {all}"))
}

fn widths(text: &str) -> Result<Widths, String> {
    let all = Widths::ALL.map(Widths::name).join(", ");
    Widths::named(text).ok_or_else(|| format!("widths are {all}"))
}

fn coloring(text: &str) -> Result<Coloring, String> {
    let all = Coloring::ALL.map(Coloring::name).join(", ");
    Coloring::named(text).ok_or_else(|| format!("frames are coloured by {all}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_parameter_keeps_what_stands_behind_the_first_equals_sign() {
        assert_eq!(param("1=a=b"), Ok((1, "a=b".to_owned())));
        assert_eq!(param("$2="), Ok((2, String::new())));
        assert!(param("0=x").is_err() && param("x").is_err() && param("a=1").is_err());
    }
}
