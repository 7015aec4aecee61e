//! Postgres: who to talk to, how, and what to ask.

pub mod connect;
pub mod conninfo;
mod dsn;
mod pgpass;
mod secret;
mod service;
mod tls;

pub use connect::{Cancel, ConnectError, Session, connect};
pub use conninfo::{ConninfoError, PasswordPrompt, Request, Surroundings, Target};
pub use secret::Secret;
