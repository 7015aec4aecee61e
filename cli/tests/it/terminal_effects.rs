//! What reaches out of the terminal UI: the clipboard, an editor, files; and what of a plan must not.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::pty::Pty;
use crate::sandbox::Sandbox;
use crate::terminal::{PAINTED, assert_given_back, opened, sandbox};

#[track_caller]
fn quit(pty: &mut Pty) {
    pty.type_keys("q");
    assert_eq!(pty.exit_code(), 0, "{}", pty.text());
    assert_given_back(pty);
}

#[test]
fn a_key_puts_text_onto_the_clipboard_and_nothing_else_does() {
    let sandbox = sandbox();
    let mut pty = opened(&sandbox);
    pty.type_keys("23456");
    pty.wait_for("[6Stats]");
    assert!(pty.asked().copied.is_empty());
    pty.type_keys("1ya");
    pty.wait_for("copied: CREATE INDEX");
    let copied = BASE64_STANDARD.decode(&pty.asked().copied[0]).unwrap();
    assert_eq!(String::from_utf8(copied).unwrap(), "CREATE INDEX ON orders (status);");
    quit(&mut pty);
}

#[test]
fn what_is_too_long_for_a_clipboard_is_not_sent() {
    let plan = format!(
        r#"[{{"Query Text": "SELECT '{}'", "Plan": {{"Node Type": "Result", "Plan Rows": 1, "Total Cost": 1.0}}}}]"#,
        "x".repeat(60_000)
    );
    let sandbox = sandbox().file("scan.json", &plan);
    let mut pty = opened(&sandbox);
    pty.type_keys("ys");
    pty.wait_for("too long to copy");
    assert!(pty.asked().copied.is_empty());
    quit(&mut pty);
}

/// An editor that says what it was given, and reads a line from the terminal.
const EDITOR: &str = "#!/bin/sh
echo \"editing $*\"
stty -a | grep -qw -- -icanon && echo 'the terminal is raw'
read line
echo \"$line\" > typed
";

fn with_editor(script: &str) -> Sandbox {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = sandbox().file("vim", script).env("EDITOR", "./vim -n");
    std::fs::set_permissions(sandbox.path().join("vim"), std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox
}

#[test]
fn an_editor_has_the_terminal_and_the_keys_until_it_ends() {
    let sandbox = with_editor(EDITOR);
    let mut pty = opened(&sandbox);
    pty.type_keys("%o");
    pty.wait_for("editing -n +1 ");
    pty.until("the terminal is given back", |pty| pty.left_behind().is_empty());
    assert!(!pty.text().contains("raw"), "{}", pty.text());
    pty.type_keys("q hello\r");
    pty.wait_for("./vim was at");
    assert!(pty.screen().alternate_screen() && pty.text().contains("[1Find"), "{}", pty.text());
    assert_eq!(std::fs::read_to_string(sandbox.path().join("typed")).unwrap(), "q hello\n");
    assert_ne!(pty.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    quit(&mut pty);
}

#[test]
fn the_statement_is_opened_in_its_file_at_its_line() {
    let plan = r#"{"schema": "perf-look.capture/1", "perf_look": "0.1.0", "statements": [{"name": "slow.sql:3",
        "query": "SELECT 1", "runs": [{"number": 1, "explain": "[{\"Plan\": {\"Node Type\": \"Result\"}}]"}]}]}"#;
    let sandbox = with_editor(EDITOR).file("scan.json", plan).file("slow.sql", "SELECT 0;\n\nSELECT 1;\n");
    let mut pty = opened(&sandbox);
    pty.type_keys("o");
    pty.wait_for("editing -n +3 ");
    assert!(pty.text().replace('\n', "").contains("/slow.sql"), "{}", pty.text());
    pty.type_keys("\r");
    pty.wait_for("was at");
    quit(&mut pty);
}

#[test]
fn an_editor_that_fails_or_is_missing_is_a_message_in_place() {
    let sandbox = with_editor("#!/bin/sh\nexit 7\n");
    let mut pty = opened(&sandbox);
    pty.type_keys("o");
    pty.wait_for("./vim failed (exit status: 7)");
    quit(&mut pty);
    for (editor, said) in [("no-such-editor", "could not start no-such-editor"), ("", "set VISUAL or EDITOR")] {
        let sandbox = crate::terminal::sandbox().env("EDITOR", editor);
        let mut pty = opened(&sandbox);
        pty.type_keys("o");
        pty.wait_for(said);
        quit(&mut pty);
    }
}

#[test]
fn an_export_shows_its_path_asks_before_it_replaces_and_is_named_after_the_end() {
    let sandbox = sandbox();
    let file = sandbox.path().join("scan.json.wall.svg");
    let mut pty = opened(&sandbox);
    pty.type_keys("es");
    pty.wait_for("write to: scan.json.wall.svg");
    assert!(!file.exists());
    pty.type_keys("\r");
    pty.wait_for("wrote scan.json.wall.svg");
    assert!(std::fs::read_to_string(&file).unwrap().contains("<svg"));
    std::fs::write(&file, "mine").unwrap();
    pty.type_keys("es\r");
    pty.wait_for("is there already, replace it?");
    pty.type_keys("\u{1b}");
    pty.until("the question is gone", |pty| !pty.text().contains("replace it?"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    pty.type_keys("es\r");
    pty.wait_for("replace it?");
    pty.type_keys("\r");
    pty.wait_for("wrote scan.json.wall.svg");
    assert!(std::fs::read_to_string(&file).unwrap().contains("<svg"));
    pty.type_keys("ej\u{15}no/such/folder.json\r");
    pty.wait_for("could not write no/such/folder.json");
    quit(&mut pty);
    assert!(pty.text().contains("note: wrote "), "{}", pty.text());
}

#[test]
fn each_format_is_exported() {
    let sandbox = sandbox();
    let mut pty = opened(&sandbox);
    for (key, ending) in [
        ("f", "folded"),
        ("p", "speedscope.json"),
        ("x", "firefox.json"),
        ("g", "pb.gz"),
        ("h", "html"),
        ("m", "md"),
        ("j", "json"),
    ] {
        pty.type_keys(&format!("e{key}\u{15}out.{ending}\r"));
        pty.wait_for(&format!("wrote out.{ending}"));
        assert!(std::fs::metadata(sandbox.path().join(format!("out.{ending}"))).unwrap().len() > 50, "{ending}");
    }
    quit(&mut pty);
}

#[test]
fn what_is_pasted_is_no_keys() {
    let sandbox = sandbox();
    let mut pty = opened(&sandbox);
    pty.type_keys("\u{1b}[200~q2\u{1b}[201~/\u{1b}[200~se\rq\u{1b}[201~");
    pty.wait_for("search: seq");
    pty.type_keys("\u{1b}");
    pty.until("the search is over", |pty| !pty.text().contains("search: "));
    quit(&mut pty);
}

/// Titles, the clipboard, colours, moves of the cursor, 8-bit control codes, text that runs backwards.
const HOSTILE: &str = "\\u001b]0;owned\\u0007\\u001b]52;c;b3duZWQ=\\u0007\\u001b[31m\\u001b[10;10H\\u009b2J\\u009d0;x\\u009c\
                       \\u202edesrever\\u202c\\u0007\\u0008\\r\\n\\u001bc";

#[test]
fn a_hostile_plan_asks_nothing_of_the_terminal() {
    let name = |what: &str| format!("{HOSTILE}{what}");
    let plan = include_str!("terminal/scan.json")
        .replace("orders", &name("orders"))
        .replace("status = 'open'", &name("status"))
        .replace("[{\"Plan\"", &format!("[{{\"Query Text\": \"SELECT {}\\n FROM t\", \"Plan\"", name("1")));
    let sandbox = sandbox().file("scan.json", &plan);
    for glyphs in ["unicode", "ascii"] {
        let mut pty = Pty::open(&sandbox, &["open", "scan.json", "--glyphs", glyphs]);
        pty.wait_for(PAINTED);
        for screen in ["2", "3", "4", "5", "6", "7", "1"] {
            pty.type_keys(screen);
            pty.until("the screen", |pty| pty.text().contains(&format!("[{screen}")));
            pty.type_keys("\tGgg\t/owned\r");
        }
        pty.type_keys("?");
        pty.wait_for("Esc close");
        pty.type_keys("\u{1b}");
        pty.until("the help is closed", |pty| !pty.text().contains("Esc close"));
        assert!(pty.asked().odd.is_empty() && pty.asked().copied.is_empty(), "{:?}", pty.asked());
        pty.type_keys("2Gyn");
        pty.wait_for("control characters");
        assert_eq!(pty.asked().copied.len(), 1);
        pty.type_keys("q");
        assert_eq!(pty.exit_code(), 0);
        assert!(pty.asked().odd.is_empty(), "{:?}", pty.asked());
        assert_given_back(&pty);
    }
}
