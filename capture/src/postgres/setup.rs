//! SQL files that make the database of a scratch server: schema and seed, run as psql would run them.

use thiserror::Error;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::{DbError, ErrorPosition};

use super::connect::{ConnectError, Session, connect, describe};
use super::scratch::Scratch;
use super::statement::{Sql, split};

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
        let read: Vec<(&str, Vec<Sql>)> =
            files.iter().map(|(file, text)| Ok((*file, statements(file, text)?))).collect::<Result<_, LoadError>>()?;
        for (file, statements) in read {
            let session = connect(&self.target()).await?;
            load(&session, file, &statements).await?;
        }
        Ok(())
    }
}

/// The statements of a file, if all of it can be sent.
fn statements(file: &str, text: &str) -> Result<Vec<Sql>, LoadError> {
    let (statements, rejects) = split(file, text);
    let commands = rejects.iter().filter(|reject| !is_of_dump(text, reject.line)).map(|reject| {
        let why = "commands of psql are not run here: put SQL in its place";
        (reject.line.unwrap_or(1), why)
    });
    let copies = statements.iter().filter(|sql| is_copy(&sql.text)).map(|sql| {
        (sql.line, "COPY … FROM stdin is not run here: write the rows as INSERT (pg_dump --inserts), or generate them")
    });
    match commands.chain(copies).min() {
        Some((line, why)) => Err(LoadError::Unsupported { file: file.to_owned(), line, why: why.to_owned() }),
        None => Ok(statements),
    }
}

/// `\restrict` and `\unrestrict`, which pg_dump writes around a dump: they say what psql must not do within, and we do not.
fn is_of_dump(text: &str, line: Option<usize>) -> bool {
    let line = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default().trim_start();
    line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ")
}

/// Whether a statement wants rows from the file after it.
fn is_copy(text: &str) -> bool {
    let mut words = text.split_whitespace();
    if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("copy")) {
        return false;
    }
    let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    words.windows(2).any(|pair| pair[0] == "from" && pair[1].trim_end_matches(';') == "stdin")
}

async fn load(session: &Session, file: &str, statements: &[Sql]) -> Result<(), LoadError> {
    for sql in statements {
        // One at a time, or VACUUM would be inside a transaction with the others.
        session.client.batch_execute(&sql.text).await.map_err(|error| refused(file, sql, &error))?;
    }
    let line = statements.last().map_or(1, |sql| sql.line);
    match is_open(session).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(LoadError::Open { file: file.to_owned() }),
        Err(error) => Err(LoadError::Lost { file: file.to_owned(), line, why: describe(&error) }),
    }
}

/// Whether the session is inside a transaction: that begins with its first statement, so any other is later.
async fn is_open(session: &Session) -> Result<bool, tokio_postgres::Error> {
    // By the simple protocol: each message of the extended one is a statement to that clock.
    let answer = session.client.simple_query("select pg_catalog.now() <> pg_catalog.statement_timestamp()").await?;
    Ok(answer.iter().any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("t"))))
}

fn refused(file: &str, sql: &Sql, error: &tokio_postgres::Error) -> LoadError {
    let file = file.to_owned();
    let Some(server) = error.as_db_error() else {
        return LoadError::Lost { file, line: sql.line, why: describe(error) };
    };
    LoadError::Sql {
        file,
        line: sql.line + lines_before(server, &sql.text),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str) -> String {
        statements("seed.sql", text).unwrap_err().to_string()
    }

    #[test]
    fn what_psql_alone_understands_is_named_with_its_line() {
        assert_eq!(
            refused("select 1;\n\\connect shop\ncopy a from stdin;\n\\.\n"),
            "seed.sql:2: commands of psql are not run here: put SQL in its place"
        );
        assert_eq!(
            refused("select 1;\n\nCOPY public.a (b)\n  FROM stdin WITH (FORMAT csv);\n1\n\\.\n"),
            "seed.sql:3: COPY … FROM stdin is not run here: write the rows as INSERT (pg_dump --inserts), or generate them"
        );
    }

    #[test]
    fn a_dump_can_be_loaded() {
        let dump = "\\restrict x7\nset a = 1;\ninsert into b values ('copy c from stdin');\n\\unrestrict x7\n";
        assert_eq!(statements("dump.sql", dump).unwrap().len(), 2);
        assert!(statements("seed.sql", "copy a from '/tmp/stdin'").is_ok());
    }
}
