//! The terminal UI: findings first, the plan beside them, every number one key away.
//!
//! [`Model`] is what is looked at and does not change, [`State`] is what the user did. [`update()`] changes the state
//! and answers with [`Effect`]s; [`view::draw`] draws both. Neither knows a terminal, a clock or a file: whoever runs
//! the loop does the effects and hands in what became of them. [`run`] is such a loop, a simple one.
#![warn(missing_docs)]

pub mod action;
mod canvas;
pub mod diff;
pub mod flame;
pub mod keys;
pub mod lists;
mod matching;
mod measure;
pub mod model;
pub mod page;
pub mod plain;
pub mod review;
pub mod rows;
pub mod run;
mod server;
pub mod source;
pub mod state;
pub mod statement;
pub mod stats;
mod text;
pub mod theme;
mod update;
mod view;
pub mod widths;

pub use action::{Action, Effect, Screen};
pub use model::Model;
pub use review::Review;
pub use state::State;
pub use theme::{Depth, Glyphs, Theme};
pub use update::{press, update};
pub use view::{Drawn, draw};
