//! Prints the table of keys for README: `cargo run -p perf-look-tui --example keys`.
#![expect(clippy::print_stdout, reason = "an example for a terminal")]

fn main() {
    print!("{}", perf_look_tui::keys::markdown());
}
