//! Postgres: who to talk to, how, and what to ask.

pub mod catalogue;
pub mod connect;
pub mod conninfo;
pub mod cpu;
mod dsn;
pub mod explain;
mod guard;
#[cfg(unix)]
mod lair;
mod options;
pub mod overview;
mod parameter;
mod pgpass;
pub mod pin;
#[cfg(unix)]
pub mod scratch;
mod secret;
pub mod servers;
mod service;
pub mod settle;
#[cfg(unix)]
pub mod setup;
pub mod statement;
mod tls;
mod top;
#[cfg(unix)]
pub mod workbench;

pub use connect::{Cancel, ConnectError, Session, connect};
pub use conninfo::{ConninfoError, PasswordPrompt, Request, Surroundings, Target};
pub use explain::{Arm, ExplainError, IndexMeans, Options, Pair, Serialize, Timed, explain, timed_pairs, verify};
pub use guard::Refusal;
pub use overview::{OverviewError, overview, statements};
pub use pin::Pin;
pub use secret::Secret;
pub use settle::{SettleError, Settled, SettledTable, Tables, settle};
pub use statement::{Sql, split};
pub use top::{Stored, explain_stored};
