//! Terminals of all kinds, and streams that are none: what is drawn where, and in which colours.

use std::process::Stdio;

use crate::pty::Pty;
use crate::sandbox::Sandbox;
use crate::terminal::{PAINTED, SCAN, assert_given_back, sandbox};

/// What a shell prints that runs this on a terminal, `$PROGRAM` being ours; then the exit code.
fn shell(sandbox: &Sandbox, script: &str) -> Pty {
    let script = format!("PROGRAM={}; {script}", env!("CARGO_BIN_EXE_perf-look"));
    Pty::run(sandbox, (80, 24), &["sh", "-c", &script])
}

#[test]
fn a_plan_may_come_from_a_pipe_while_keys_come_from_the_terminal() {
    let sandbox = sandbox();
    let mut pty = shell(&sandbox, "cat scan.json | $PROGRAM open -; echo code $?");
    pty.wait_for(PAINTED);
    pty.type_keys("2");
    pty.wait_for("[2Plan]");
    pty.type_keys("q");
    pty.wait_for("code 0");
    pty.exit_code();
    assert_given_back(&pty);
}

/// Whether any escape code came but for colours; the report of a terminal may have those.
fn draws(pty: &Pty) -> bool {
    pty.bytes.windows(3).any(|window| window == b"\x1b[?")
}

#[test]
fn the_report_is_printed_where_the_terminal_cannot_draw_or_nobody_sits_before_it() {
    for (name, value) in [("TERM", "dumb"), ("TERM", ""), ("CI", "true")] {
        let sandbox = sandbox().env(name, value);
        let mut pty = Pty::open(&sandbox, &["open", "scan.json"]);
        assert_eq!(pty.exit_code(), 0);
        assert!(pty.text().contains("CREATE INDEX") && !draws(&pty), "{name}={value}\n{}", pty.text());
        assert!(name == "CI" || value.is_empty() || !pty.bytes.contains(&0x1b), "{name}={value}");
    }
}

#[test]
fn plain_and_a_question_for_a_node_never_take_the_terminal() {
    let sandbox = sandbox();
    for args in [&["open", "scan.json", "--plain"][..], &["open", "scan.json", "--node", "2", "--plain"]] {
        let mut pty = Pty::open(&sandbox, args);
        assert_eq!(pty.exit_code(), 0);
        assert!(pty.text().contains("CREATE INDEX") && !pty.bytes.contains(&0x1b), "{}", pty.text());
    }
    let mut pty = Pty::open(&sandbox, &["open", "scan.json", "--tui", "never"]);
    assert_eq!(pty.exit_code(), 0);
    assert!(!draws(&pty));
}

#[test]
fn a_report_that_goes_elsewhere_leaves_the_terminal_alone() {
    let sandbox = sandbox();
    let mut pty = shell(&sandbox, "$PROGRAM open scan.json > report.txt; echo code $?");
    pty.wait_for("code 0");
    pty.exit_code();
    assert!(!pty.bytes.contains(&0x1b));
    let report = std::fs::read_to_string(sandbox.path().join("report.txt")).unwrap();
    assert!(report.contains("CREATE INDEX") && !report.contains('\x1b'), "{report}");
}

#[test]
fn the_terminal_is_drawn_on_where_that_is_wanted_whatever_the_streams_are() {
    let sandbox = sandbox();
    let mut pty = shell(&sandbox, "$PROGRAM open scan.json --tui always > out.txt < /dev/null; echo code $?");
    pty.wait_for(PAINTED);
    pty.type_keys("2");
    pty.wait_for("[2Plan]");
    pty.type_keys("q");
    pty.wait_for("code 0");
    pty.exit_code();
    assert_given_back(&pty);
    assert_eq!(std::fs::read_to_string(sandbox.path().join("out.txt")).unwrap(), "");
}

#[test]
fn where_there_is_no_terminal_to_draw_on_it_says_so() {
    let sandbox = sandbox();
    // A session of its own has no terminal, whatever the tests were started from.
    let mut command = std::process::Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_perf-look"), "open", "scan.json", "--tui", "always"]);
    command.current_dir(sandbox.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--tui=always needs a terminal") && said.contains("--plain"), "{said}");
}

/// The parameters of all codes that set colours: `31`, `38;5;25`.
fn colours(pty: &Pty) -> Vec<String> {
    let text = String::from_utf8_lossy(&pty.bytes).into_owned();
    let codes = text.split("\x1b[").skip(1).filter_map(|code| code.split_once('m').map(|(code, _)| code.to_owned()));
    let is_colour = |code: &String| {
        code.starts_with("38;")
            || code.starts_with("48;")
            || matches!(code.as_bytes(), [b'3' | b'4' | b'9', b'0'..=b'7'])
    };
    codes.filter(is_colour).collect()
}

#[track_caller]
fn painted(sandbox: &Sandbox, args: &[&str]) -> Pty {
    let mut pty = Pty::open(sandbox, &[&["open", "scan.json"], args].concat());
    pty.wait_for(PAINTED);
    pty.type_keys("3");
    pty.until("the flame", |pty| pty.text().contains("[3Flame]"));
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0);
    assert_given_back(&pty);
    pty
}

#[test]
fn colours_are_those_that_the_terminal_has_and_none_where_none_are_wanted() {
    let of = |name: &str, value: &str, args: &[&str]| colours(&painted(&sandbox().env(name, value), args));
    let none: Vec<String> = Vec::new();
    assert_eq!(of("NO_COLOR", "1", &[]), none);
    assert_eq!(of("LANG", "C.UTF-8", &["--color", "never"]), none);
    assert!(!of("NO_COLOR", "1", &["--color", "always"]).is_empty());
    assert!(!of("NO_COLOR", "", &[]).is_empty());
    let sixteen = of("TERM", "linux", &[]);
    assert!(!sixteen.is_empty() && sixteen.iter().all(|code| !code.contains(";2;") && is_sixteen(code)), "{sixteen:?}");
    assert!(of("TERM", "xterm-256color", &[]).iter().any(|code| code.contains("8;5;")));
    assert!(of("COLORTERM", "truecolor", &[]).iter().any(|code| code.contains("8;2;")));
}

/// Of the terminal's own: 38;5;N is how they are written, and N is below 16.
fn is_sixteen(code: &str) -> bool {
    code.split("8;5;").skip(1).all(|rest| rest.split(';').next().unwrap().parse::<u8>().unwrap() < 16)
}

#[test]
fn signs_are_those_that_the_locale_and_the_terminal_have() {
    let on = |name: &str, value: &str, args: &[&str]| {
        String::from_utf8_lossy(&painted(&sandbox().env(name, value), args).bytes).into_owned()
    };
    assert!(on("LC_ALL", "C", &[]).is_ascii());
    assert!(on("LC_ALL", "C.UTF-8", &["--glyphs", "ascii"]).is_ascii());
    assert!(on("LC_ALL", "C", &["--glyphs", "unicode"]).contains('┌'));
    let console = on("TERM", "linux", &[]);
    assert!(console.contains('─') && !console.contains(['▏', '▎', '▍', '▌', '▋', '▊', '▉']), "{console}");
}

#[test]
fn the_first_screen_says_what_could_not_be_read() {
    let sandbox = sandbox().file("cut.json", &SCAN[..300]);
    let mut pty = Pty::open(&sandbox, &["open", "scan.json", "cut.json"]);
    pty.wait_for(PAINTED);
    pty.wait_for("cut.json");
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 3);
    assert_given_back(&pty);
}
