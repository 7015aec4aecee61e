//! From the flags to a connection: who to talk to, and a password where one is asked for.

use std::io::Write as _;

use anyhow::Context as _;
use console::Term;
use perf_look_capture::postgres::{
    ConnectError, ConninfoError, PasswordPrompt, Request, Secret, Session, Surroundings, Target, connect,
};

use crate::args::{Common, Connection};
use crate::failure::{Failure, warn};
use crate::terminal::Terminal;

/// Works out who to talk to, without talking.
pub(crate) fn target(flags: &Connection) -> Result<Target, Failure> {
    resolve(flags, PasswordPrompt::Auto)
}

/// Connects, asking for a password where the server wants one and somebody is there to give it. With the target, to
/// connect again without asking.
pub(crate) async fn open(
    flags: &Connection,
    common: &Common,
    terminal: &Terminal,
) -> Result<(Target, Session), Failure> {
    let target = if flags.ask_password { ask(flags)? } else { resolve(flags, given(flags))? };
    if !common.quiet {
        target.warnings().iter().for_each(|warning| warn(terminal, warning));
    }
    match connect(&target).await {
        Err(error) if error.needs_password() && may_ask(flags, &target) => {
            let target = ask(flags)?;
            let session = connect(&target).await?;
            Ok((target, session))
        }
        connected => Ok((target, connected?)),
    }
}

fn given(flags: &Connection) -> PasswordPrompt {
    if flags.no_password { PasswordPrompt::Never } else { PasswordPrompt::Auto }
}

/// As psql does: a wrong password is an error, a missing one a question.
fn may_ask(flags: &Connection, target: &Target) -> bool {
    !flags.no_password && !flags.ask_password && !target.has_password() && Term::stderr().is_term()
}

fn ask(flags: &Connection) -> Result<Target, Failure> {
    let mut terminal = Term::stderr();
    // Where there is no terminal the password is empty, and the server says so.
    let _ = write!(terminal, "Password: ");
    let password = terminal.read_secure_line().context("could not read the password")?;
    resolve(flags, PasswordPrompt::Given(Secret::new(password)))
}

fn resolve(flags: &Connection, password: PasswordPrompt) -> Result<Target, Failure> {
    let is_string = |name: &&String| name.contains("://") || name.contains('=');
    let request = Request {
        dsn: flags.dbname.as_ref().filter(is_string).cloned(),
        host: flags.host.clone(),
        port: flags.port.clone(),
        user: flags.user.clone(),
        dbname: flags.dbname.as_ref().filter(|name| !is_string(name)).cloned(),
        password,
    };
    Ok(Target::resolve(&request, &Surroundings::of_process())?)
}

impl From<ConninfoError> for Failure {
    fn from(error: ConninfoError) -> Self {
        let help = error.help();
        Self::usage(error).maybe_help(help)
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let help = error.help();
        Self::unmeasured(error).maybe_help(help)
    }
}
