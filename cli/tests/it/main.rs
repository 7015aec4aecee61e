//! The program as its users meet it, and the rules that the repository keeps.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ci;
mod gate;
mod gate_protocol;
mod html;
mod init;
mod logs;
mod measured_pages;
mod misbehaving_pages;
mod open;
mod overview;
mod parquet;
mod picture;
mod program;
mod pty;
mod rules_live;
mod rules_table;
mod sandbox;
mod server;
mod terminal;
mod terminal_effects;
mod terminal_kinds;
mod terminal_rerun;
mod terminal_review;
mod terminal_server;
mod terminal_tmux;
mod tidy;
mod top;
mod verify;
mod viewers;
