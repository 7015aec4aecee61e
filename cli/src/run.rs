//! From what was typed to how it ended: one arm a command.

use std::ffi::OsString;
use std::io::Write as _;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::args::{Cli, Command, Common, ConfigCommand};
use crate::config::{self, Config};
use crate::failure::Failure;
use crate::status::Status;
use crate::terminal::Terminal;
use crate::{demo, diff, doctor, flame, init, open, output, pages};

/// Runs the command that the arguments ask for.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> (Terminal, Result<Status, Failure>) {
    match Cli::try_parse_from(args) {
        Ok(cli) => {
            let terminal = Terminal::detect(&cli.common);
            let outcome = dispatch(cli, &terminal);
            (terminal, outcome)
        }
        Err(error) => {
            let terminal = Terminal::detect(&Common::default());
            let outcome = refuse(&error, &terminal);
            (terminal, outcome)
        }
    }
}

fn dispatch(cli: Cli, terminal: &Terminal) -> Result<Status, Failure> {
    let Cli { command, common, .. } = cli;
    let config = || Config::load(&common);
    let text = match command {
        Command::Db(db) => return crate::db::run(&db, &common, &config()?, terminal),
        #[cfg(unix)]
        Command::Web(web) => return crate::web::run(&web, &common, &config()?, terminal),
        Command::Open(open) => return open::run(&open, &common, &config()?, terminal),
        Command::Flame(flame) => return flame::run(&flame, &common, &config()?, terminal),
        Command::Diff(diff) => return diff::run(&diff, &config()?, terminal),
        #[cfg(unix)]
        Command::Gate(gate) => return crate::gate::run(&gate, &common, &config()?, terminal),
        Command::Init { print, .. } if !print => return init::run(terminal),
        Command::Init { .. } => init::printed()?,
        Command::Demo(demo) => return demo::run(&demo, &common, &config()?, terminal),
        Command::Doctor(doctor) => return doctor::run(&doctor.connection, &common, &config()?, terminal),
        Command::Explain { rule, .. } => pages::explain(&rule, &config()?)?,
        Command::Rules { .. } => pages::rules(&config()?, terminal.width()),
        Command::Config { command: ConfigCommand::Show { .. }, .. } => config::show(&config()?),
        Command::Schema { name, .. } => pages::schema(&name)?,
        Command::Completions { shell, .. } => pages::completions(shell),
        Command::Man { command, .. } => pages::man(command.as_deref())?,
    };
    output::print(terminal, &text)?;
    Ok(Status::Clean)
}

/// Help and version are wanted; everything else is a wrong usage.
fn refuse(error: &clap::Error, terminal: &Terminal) -> Result<Status, Failure> {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        output::to_stdout(terminal, |out| write!(out, "{}", error.render().ansi()))?;
        return Ok(Status::Clean);
    }
    // Where stderr is closed there is nobody to tell.
    let _ = write!(terminal.stderr(), "{}", error.render().ansi());
    Ok(Status::Usage)
}
