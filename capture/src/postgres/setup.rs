//! SQL files that make the database of a scratch server: schema and seed, or what pg_dump wrote, run as psql would run them.

use std::io::Cursor;
use std::pin::pin;

use futures_util::SinkExt as _;
use thiserror::Error;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use super::connect::{ConnectError, Session, connect, describe};
use super::scratch::Scratch;
use super::statement::{Rows, Sql, is_copy, script};

/// Why a file was not loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// It holds something that is not a statement that can be sent.
    #[error("{file}:{line}: {why}")]
    Unsupported {
        /// The file.
        file: String,
        /// From 1.
        line: usize,
        /// What, and what to do instead.
        why: String,
    },
    /// The server refuses a statement; those before it are done.
    #[error("{file}:{line}: {message} [{code}]")]
    Sql {
        /// The file.
        file: String,
        /// From 1; the statement's first where the server names no place.
        line: usize,
        /// The server's words.
        message: String,
        /// SQLSTATE.
        code: String,
        /// The server's hint or detail.
        hint: Option<String>,
    },
    /// It begins a transaction and does not end it, so that nothing of it would stay.
    #[error("{file}: it ends inside a transaction, and what that did is lost")]
    Open {
        /// The file.
        file: String,
    },
    /// The connection is gone.
    #[error("{file}:{line}: the connection was lost: {why}")]
    Lost {
        /// The file.
        file: String,
        /// From 1, of the statement that ran.
        line: usize,
        /// The driver's words.
        why: String,
    },
    /// There was none to begin with.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl LoadError {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Sql { hint, .. } => hint.clone(),
            Self::Open { .. } => Some("end it with COMMIT".to_owned()),
            Self::Connect(error) => error.help(),
            Self::Unsupported { .. } | Self::Lost { .. } => None,
        }
    }
}

/// A file: what it is called in errors, and its text.
pub type SqlFile<'a> = (&'a str, &'a str);

impl Scratch {
    /// Runs files in their order, each in a session of its own, as `psql -f` would: what a file sets ends with it. All files
    /// are read before the first is run.
    pub async fn load(&self, files: &[SqlFile<'_>]) -> Result<(), LoadError> {
        let read: Vec<(&str, Vec<Step<'_>>)> =
            files.iter().map(|(file, text)| Ok((*file, steps(file, text)?))).collect::<Result<_, LoadError>>()?;
        for (file, steps) in read {
            let session = connect(&self.target()).await?;
            load(&session, file, &steps).await?;
        }
        Ok(())
    }
}

/// A statement, and the rows that it reads from the file.
struct Step<'t> {
    sql: Sql,
    rows: Option<Rows<'t>>,
}

/// The statements of a file, if all of it can be sent.
fn steps<'t>(file: &str, text: &'t str) -> Result<Vec<Step<'t>>, LoadError> {
    let script = script(file, text);
    let commands =
        script.commands.iter().filter_map(|command| Some((command.line?, text.lines().nth(command.line? - 1)?)));
    if let Some((line, command)) = commands.into_iter().find(|(_, command)| !is_of_dump(command)) {
        return Err(LoadError::Unsupported { file: file.to_owned(), line, why: instead_of(command) });
    }
    let mut rows = script.rows.into_iter();
    let with_rows = |sql: Sql| Step { rows: if is_copy(&sql.text) { rows.next() } else { None }, sql };
    Ok(script.statements.into_iter().map(with_rows).collect())
}

/// `\restrict` and `\unrestrict`, which pg_dump writes around a dump: they say what psql must not do within, and we do not.
fn is_of_dump(command: &str) -> bool {
    let command = command.trim_start();
    command.starts_with("\\restrict ") || command.starts_with("\\unrestrict ")
}

fn instead_of(command: &str) -> String {
    let word = command.split_whitespace().next().unwrap_or_default();
    let instead = match word {
        "\\c" | "\\connect" => "dump one database, without --create: pg_dump in place of pg_dumpall",
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => "name that file too, in its place",
        "\\copy" => "put COPY … FROM stdin with the rows in its place",
        _ => "put SQL in its place",
    };
    format!("{word} is a command of psql and not run here: {instead}")
}

async fn load(session: &Session, file: &str, steps: &[Step<'_>]) -> Result<(), LoadError> {
    for Step { sql, rows } in steps {
        let done = match rows {
            // One at a time, or VACUUM would be inside a transaction with the others.
            None => session.client.batch_execute(&sql.text).await,
            Some(rows) => copy(session, sql, rows).await,
        };
        match done {
            Err(error) if !is_needless(&sql.text, &error) => return Err(refused(file, sql, rows.as_ref(), &error)),
            _ => {}
        }
    }
    let line = steps.last().map_or(1, |step| step.sql.line);
    match is_open(session).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(LoadError::Open { file: file.to_owned() }),
        Err(error) => Err(LoadError::Lost { file: file.to_owned(), line, why: describe(&error) }),
    }
}

/// What is sent at once: the server reads while the next is on its way.
const CHUNK: usize = 1 << 16;

async fn copy(session: &Session, sql: &Sql, rows: &Rows<'_>) -> Result<(), tokio_postgres::Error> {
    let mut sink = pin!(session.client.copy_in(sql.text.as_str()).await?);
    for chunk in rows.text.as_bytes().chunks(CHUNK) {
        sink.send(Cursor::new(chunk.to_vec())).await?;
    }
    sink.finish().await.map(drop)
}

/// Whether a database does without a statement that was refused: who owns what and may do what, by roles that are not
/// here, and settings of a newer version than this server's, which its pg_dump writes. psql goes on after these, too.
fn is_needless(text: &str, error: &tokio_postgres::Error) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is = |word: &&str, expected: &str| word.eq_ignore_ascii_case(expected);
    let [first, .., before, _] = &words[..] else { return false };
    let grants = ["grant", "revoke", "set"].iter().any(|expected| is(first, expected));
    let owns = is(first, "alter") && is(before, "to") && words.iter().any(|word| is(word, "owner"));
    let default = is(first, "alter") && words.get(1).is_some_and(|word| is(word, "default"));
    error.code() == Some(&SqlState::UNDEFINED_OBJECT) && (grants || owns || default)
}

/// Whether the session is inside a transaction: that begins with its first statement, so any other is later.
async fn is_open(session: &Session) -> Result<bool, tokio_postgres::Error> {
    // By the simple protocol: each message of the extended one is a statement to that clock.
    let answer = session.client.simple_query("select pg_catalog.now() <> pg_catalog.statement_timestamp()").await?;
    Ok(answer.iter().any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("t"))))
}

fn refused(file: &str, sql: &Sql, rows: Option<&Rows<'_>>, error: &tokio_postgres::Error) -> LoadError {
    let file = file.to_owned();
    let Some(server) = error.as_db_error() else {
        return LoadError::Lost { file, line: sql.line, why: describe(error) };
    };
    LoadError::Sql {
        file,
        line: rows.and_then(|rows| line_of_row(server, rows)).unwrap_or(sql.line + lines_before(server, &sql.text)),
        message: server.message().to_owned(),
        code: server.code().code().to_owned(),
        hint: server.hint().or(server.detail()).map(str::to_owned),
    }
}

/// How many lines of a statement come before the place that the server names.
fn lines_before(server: &DbError, text: &str) -> usize {
    let Some(ErrorPosition::Original(position)) = server.position() else {
        return 0;
    };
    let before = (*position as usize).saturating_sub(1);
    text.chars().take(before).filter(|c| *c == '\n').count()
}

/// The line of the file that a refused row stands on: the server says `COPY orders, line 3, column id: "x"`.
fn line_of_row(server: &DbError, rows: &Rows<'_>) -> Option<usize> {
    let (_, after) = server.where_()?.split_once(", line ")?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(rows.line + digits.parse::<usize>().ok()?.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str) -> String {
        steps("seed.sql", text).err().unwrap().to_string()
    }

    #[test]
    fn what_psql_alone_understands_is_named_with_its_line() {
        assert_eq!(
            refused("select 1;\n\\connect shop\ncopy a from stdin;\n\\.\n"),
            "seed.sql:2: \\connect is a command of psql and not run here: dump one database, without --create: pg_dump in \
             place of pg_dumpall"
        );
        assert_eq!(
            refused("select 1;\n\\gexec\n"),
            "seed.sql:2: \\gexec is a command of psql and not run here: put SQL in its place"
        );
    }

    #[test]
    fn rows_belong_to_the_copy_before_them() {
        let dump = "\\restrict x7\nset a = 1;\ncopy a from '/tmp/stdin';\nCOPY public.b (c)\n  FROM stdin WITH (FORMAT csv);\n1\n\\.\n\
                    insert into b values ('copy c from stdin');\n\\unrestrict x7\n";
        let steps = steps("dump.sql", dump).unwrap();
        let rows: Vec<Option<&str>> = steps.iter().map(|step| step.rows.as_ref().map(|rows| rows.text)).collect();
        assert_eq!(rows, [None, None, Some("1\n"), None]);
    }
}
