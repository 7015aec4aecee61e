//! Postgres: who to talk to, how, and what to ask.

pub mod catalogue;
pub mod connect;
pub mod conninfo;
mod dsn;
pub mod explain;
mod guard;
#[cfg(unix)]
mod lair;
mod options;
mod parameter;
mod pgpass;
pub mod pin;
#[cfg(unix)]
pub mod scratch;
mod secret;
pub mod servers;
mod service;
pub mod statement;
mod tls;

pub use connect::{Cancel, ConnectError, Session, connect};
pub use conninfo::{ConninfoError, PasswordPrompt, Request, Surroundings, Target};
pub use explain::{ExplainError, Options, explain};
pub use guard::Refusal;
pub use pin::Pin;
pub use secret::Secret;
pub use statement::{Sql, split};
