//! What was typed.

mod db;
mod flame;
#[cfg(unix)]
mod gate;
#[cfg(unix)]
mod web;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use perf_look_analyzers::Severity;
use perf_look_analyzers::redact::Redact;

use crate::output::Wanted;

pub(crate) use db::Db;
pub(crate) use flame::{Flame, FlameFormat};
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
  130, 143  stopped by Ctrl-C, SIGTERM
  Where several apply: 2, 3, 5, 4, 1. An entry of a log that cannot be read is 3,
  so that 0 and 1 stand for all of it; what was found is in the report all the same.";

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
    #[command(after_help = db::EXAMPLES)]
    Db(Box<Db>),
    /// Look at a page in a browser without a window, and say where its time and memory go
    #[cfg(unix)]
    #[command(after_help = web::EXAMPLES)]
    Web(Box<Web>),
    /// Look at plans and captures on the whole terminal: findings first, the plan beside them
    #[command(after_help = OPEN_EXAMPLES)]
    Open(Open),
    /// Draw where a plan's time goes: an SVG to search and zoom, or a file for another viewer
    #[command(after_help = flame::EXAMPLES)]
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
