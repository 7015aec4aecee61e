//! Why a statement was not explained, and what to do next.

use std::time::Duration;

use thiserror::Error;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use super::Options;
use crate::postgres::connect::describe;
use crate::postgres::guard::Refusal;
use crate::postgres::statement::Sql;

/// A place in the user's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The line in its file, from 1.
    pub line: usize,
    /// The text of that line.
    pub text: String,
    /// From 1, in characters.
    pub column: usize,
}

/// Why a statement was not explained.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// It was not run, since that could have changed something.
    #[error("{name} was not run: {}", refusal.why)]
    Refused {
        /// The statement.
        name: String,
        /// Why, and the flag that allows it.
        refusal: Refusal,
    },
    /// The server says that something is wrong with it.
    #[error("{name}: {message} [{code}]")]
    Sql {
        /// The statement.
        name: String,
        /// The server's words.
        message: String,
        /// SQLSTATE.
        code: String,
        /// The server's hint or detail.
        hint: Option<String>,
        /// Where in the statement.
        place: Option<Box<Place>>,
    },
    /// It took longer than allowed.
    #[error("{name} was stopped after {} s", after.as_secs_f64())]
    Timeout {
        /// The statement.
        name: String,
        /// The limit.
        after: Duration,
    },
    /// Somebody else holds a lock that it needs.
    #[error("{name} waits for a lock that another session holds")]
    Locked {
        /// The statement.
        name: String,
    },
    /// The user may not do that.
    #[error("{name}: {message} [42501]")]
    Denied {
        /// The statement.
        name: String,
        /// The server's words.
        message: String,
    },
    /// Values are missing, left over, or not of their type.
    #[error("{name}: {why}")]
    Parameters {
        /// The statement.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The user stopped it; the server has stopped too.
    #[error("{name} was cancelled")]
    Cancelled {
        /// The statement.
        name: String,
    },
    /// The connection is gone.
    #[error("{name}: the connection was lost: {why}")]
    Lost {
        /// The statement.
        name: String,
        /// The driver's words.
        why: String,
    },
}

impl ExplainError {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Refused { refusal, .. } => {
                format!(
                    "{} runs it and rolls it back; --no-execute only plans it; best is a copy of the database",
                    refusal.flag
                )
            }
            Self::Sql { hint, .. } => return hint.clone(),
            Self::Timeout { .. } => "allow more with --timeout 5min, or look at its plan with --no-execute".to_owned(),
            Self::Locked { .. } => "try again later; pg_blocking_pids() tells who holds it".to_owned(),
            Self::Denied { .. } => {
                "log in as a role that may read it: pg_read_all_data (PostgreSQL 14 and later) is enough".to_owned()
            }
            Self::Parameters { .. } => {
                "give each $n its value with --param N=VALUE, or none for a generic plan".to_owned()
            }
            Self::Cancelled { .. } | Self::Lost { .. } => return None,
        })
    }

    /// The line that is wrong with a caret under the place.
    pub fn excerpt(&self) -> Option<String> {
        let Self::Sql { place: Some(place), .. } = self else {
            return None;
        };
        let Place { line, text, column } = &**place;
        let start = format!("{line} | ");
        Some(format!("{start}{text}\n{}^", " ".repeat(start.len() + column - 1)))
    }

    pub(super) fn of(error: &tokio_postgres::Error, sql: &Sql, options: &Options) -> Self {
        let name = sql.name.clone();
        let Some(server) = error.as_db_error() else {
            return Self::Lost { name, why: describe(error) };
        };
        match server.code() {
            code if *code == SqlState::QUERY_CANCELED => Self::Timeout { name, after: options.timeout },
            code if *code == SqlState::LOCK_NOT_AVAILABLE => Self::Locked { name },
            code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
                Self::Denied { name, message: server.message().to_owned() }
            }
            code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
                Self::Refused { name, refusal: Refusal::writes(format!("it tried to write ({})", server.message())) }
            }
            code => Self::Sql {
                name,
                message: server.message().to_owned(),
                code: code.code().to_owned(),
                hint: server.hint().or(server.detail()).map(str::to_owned),
                place: place(server, sql),
            },
        }
    }
}

/// The place of an error in the user's own text.
fn place(server: &DbError, sql: &Sql) -> Option<Box<Place>> {
    let Some(ErrorPosition::Original(position)) = server.position() else {
        return None;
    };
    let before: String = sql.text.chars().take(usize::try_from(*position).ok()?.checked_sub(1)?).collect();
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let text = sql.text.lines().nth(line)?.to_owned();
    Some(Box::new(Place { line: sql.line + line, text, column }))
}
