//! Prints the table of keys: `cargo run -p perf-look-tui --example keys > tui/keys.md`.
#![expect(clippy::print_stdout, reason = "an example for a terminal")]

fn main() {
    print!("{}", perf_look_tui::keys::page());
}
