//! `perf-look doctor`: what is here, who a run would talk to, and whether that works.

use std::fmt::Write as _;

use anyhow::Context as _;
use perf_look_analyzers::safe;
use perf_look_capture::postgres::{Session, Target, servers};

use crate::args::{Common, Connection};
use crate::columns::columns;
use crate::config::Config;
use crate::failure::Failure;
use crate::status::Status;
use crate::terminal::Terminal;
use crate::{connection, output};

/// Says what it finds; a server that cannot be reached is a failure, said last.
pub(crate) fn run(
    flags: &Connection,
    common: &Common,
    config: &Config,
    terminal: &Terminal,
) -> Result<Status, Failure> {
    let target = connection::target(flags)?;
    let mut text = format!("perf-look        {}\n", env!("CARGO_PKG_VERSION"));
    let file = config.file().map_or("none found, built-in values".to_owned(), |file| file.display().to_string());
    // Writing to a string cannot fail.
    let _ = writeln!(text, "configuration    {file}");
    let _ = writeln!(text, "server programs  {}", programs());
    let _ =
        writeln!(text, "target           {}\n\n{}", safe::line(&target.describe()), origins(&target, terminal.width()));
    output::print(terminal, &text)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime")?;
    let text = runtime.block_on(async {
        let (_, session) = connection::open(flags, common, terminal).await?;
        Ok::<_, Failure>(server(&session).await)
    })?;
    output::print(terminal, &text)?;
    Ok(Status::Clean)
}

fn programs() -> String {
    match servers::find() {
        Ok(found) => format!("{}, version {}", found.bin.display(), found.version),
        Err(error) => format!("none: {}", error.help()),
    }
}

/// Each setting of the connection and where it is from; passwords come masked.
fn origins(target: &Target, width: usize) -> String {
    let row = |(name, value, origin): &(&str, String, String)| {
        [(*name).to_owned(), safe::line(value).into_owned(), safe::line(origin).into_owned()]
    };
    columns(target.origins().iter().map(row), "  ", width)
}

/// What the server says of itself and of the role.
async fn server(session: &Session) -> String {
    let sql = "SELECT current_user::text, \
               (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), \
               current_setting('default_transaction_read_only') = 'on', pg_catalog.pg_is_in_recovery()";
    let mut text = format!("server           PostgreSQL {}\n", session.server_version);
    let rows = match session.client.query_typed(sql, &[]).await {
        Ok(rows) => rows,
        Err(error) => {
            let _ = writeln!(text, "role             could not be asked for: {error}");
            return text;
        }
    };
    let flag =
        |column: usize| rows.first().and_then(|row| row.try_get::<_, Option<bool>>(column).ok()?).unwrap_or(false);
    let name: String = rows.first().and_then(|row| row.try_get(0).ok()).unwrap_or_default();
    let kind = match (flag(1), flag(2), flag(3)) {
        (_, _, true) => "on a standby, which cannot write",
        (true, _, _) => "a superuser: a role that can only read is safer, see pg_read_all_data",
        (false, true, _) => "read-only by its settings",
        (false, false, _) => "may write where it was granted to: a role with pg_read_all_data alone is safer",
    };
    let _ = writeln!(text, "role             {}, {kind}", safe::line(&name));
    text
}
