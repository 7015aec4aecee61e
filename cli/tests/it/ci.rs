//! What CI runs of us: that the files can be read, and that every command in them is one.

use std::path::Path;
use std::process::Command;

use perf_look_analyzers::gate::limits::{self, Limit};
use perf_look_analyzers::quantity::Quantity;

use crate::gate::{INDEX, SCAN, accepted_then};
use crate::sandbox::Sandbox;

/// Files that name commands.
const FILES: &[&str] = &[
    ".pre-commit-hooks.yaml",
    "Dockerfile",
    "action.yml",
    "cli/src/init/github.yml",
    "cli/src/init/gitlab.yml",
    "docs/ci.md",
    "examples/shop/README.md",
];

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

/// Every `perf-look …` of a file: a line of code, or code in a sentence.
fn commands(name: &str, text: &str) -> Vec<String> {
    let is_prose = Path::new(name).extension().is_some_and(|ending| ending == "md");
    let (mut found, mut in_code) = (Vec::new(), !is_prose);
    for line in text.lines() {
        let line = line.trim();
        if is_prose && line.starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            let starts = ["- run: ", "- ", "run: ", "entry: "];
            let line = starts.iter().find_map(|start| line.strip_prefix(start)).unwrap_or(line);
            found.extend(line.starts_with("perf-look ").then(|| line.to_owned()));
        } else {
            let code = line.split('`').skip(1).step_by(2);
            found.extend(code.filter(|code| code.starts_with("perf-look ")).map(str::to_owned));
        }
    }
    found
}

/// Its arguments, up to where the shell goes on with something else; what the shell puts in is not known here.
fn arguments(command: &str) -> Vec<String> {
    let words = shlex::split(command).unwrap_or_else(|| panic!("no shell would read {command}"));
    let words = words.into_iter().skip(1).take_while(|word| !["||", "&&", "|", ">"].contains(&word.as_str()));
    words.filter(|word| !word.starts_with('$')).collect()
}

/// Whether the program knows all that is typed: with --help at its end nothing runs.
fn is_known(arguments: &[String]) -> bool {
    let mut typed: Vec<&str> = arguments.iter().map(String::as_str).collect();
    typed.push("--help");
    Sandbox::new().command(&typed).output().unwrap().status.success()
}

#[test]
fn every_command_that_ci_is_told_exists_with_its_flags() {
    for name in FILES {
        for command in commands(name, &read(name)) {
            assert!(is_known(&arguments(&command)), "{name}: {command}");
        }
    }
    assert!(!is_known(&arguments("perf-look gate --no-such-flag")));
    assert!(!is_known(&arguments("perf-look gates")));
    assert!(!is_known(&arguments("perf-look gate --report sarfi=x")));
    assert!(commands("docs/ci.md", &read("docs/ci.md")).len() > 15);
    assert_eq!(commands("action.yml", &read("action.yml")).len(), 1);
}

#[test]
fn what_ci_reads_is_yaml() {
    let blocks = read("docs/ci.md");
    let blocks = blocks.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    let files = FILES.iter().filter(|name| name.ends_with("ml")).map(|name| read(name));
    let texts: Vec<String> = files.chain(blocks).collect();
    assert_eq!(texts.len(), 6);
    for text in texts {
        for event in saphyr_parser::Parser::new_from_str(&text) {
            event.unwrap_or_else(|error| panic!("{error}: {text}"));
        }
    }
}

#[test]
fn the_action_declares_the_inputs_that_it_uses() {
    let text = read("action.yml");
    let used = text.split("inputs.").skip(1).map(|rest| rest.split([' ', '}']).next().unwrap());
    for input in used {
        assert!(text.contains(&format!("\n  {input}:\n")), "{input}");
    }
}

/// The shell of a step of the action.
fn script(step: &str) -> String {
    let text = read("action.yml");
    let (_, step) = text.split_once(&format!("    - name: {step}\n")).unwrap();
    let (_, lines) = step.split_once("      run: |\n").unwrap();
    lines.lines().map_while(|line| line.strip_prefix("        ")).collect::<Vec<_>>().join("\n")
}

/// Runs the step that checks as a runner of GitHub does, in a project whose plan is this one now: how it ended, and the
/// files that it wrote: outputs, summary, SARIF.
fn check(plan: &str) -> (Option<i32>, [String; 3]) {
    let sandbox = accepted_then(plan);
    let programs = Path::new(env!("CARGO_BIN_EXE_perf-look")).parent().unwrap().display();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let files = ["outputs", "summary", "perf-look.sarif"].map(|name| sandbox.path().join(name));
    let status = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script("Check")])
        .current_dir(sandbox.path())
        .env_clear()
        .envs(sandbox.environment().iter().cloned())
        .envs([("PATH", path.as_str()), ("CI", "true"), ("TARGETS", "shop/**"), ("ARGUMENTS", "--strict --quiet")])
        .envs([("SARIF", &files[2]), ("GITHUB_OUTPUT", &files[0]), ("GITHUB_STEP_SUMMARY", &files[1])])
        .status();
    let written = files.map(|file| std::fs::read_to_string(file).unwrap_or_default());
    (status.unwrap().code(), written)
}

#[test]
fn the_action_fails_what_is_worse_and_leaves_its_reports() {
    let (code, [outputs, _, sarif]) = check(INDEX);
    assert_eq!((code, &*outputs), (Some(0), "exit-code=0\n"));
    assert!(sarif.contains("\"results\":[]"), "{sarif}");
    let (code, [outputs, summary, sarif]) = check(SCAN);
    assert_eq!((code, &*outputs), (Some(1), "exit-code=1\n"));
    assert!(summary.contains("plans/lookup.txt"), "{summary}");
    assert!(sarif.contains("plans/lookup.txt"), "{sarif}");
}

#[test]
fn the_limits_of_the_page_are_those_of_the_program() {
    let page = read("docs/ci.md");
    let row = |limit: &Limit| {
        let (part, number) = (limit.relative * 100.0, Quantity::Count(limit.absolute));
        let cells = format!("| {part:.0}% | {number} |");
        let is_row = |line: &str| line.starts_with(&format!("| {} |", limit.id)) && line.ends_with(&cells);
        assert!(page.lines().any(is_row), "no row of {} in docs/ci.md ends with {cells}", limit.id);
    };
    limits::STATEMENT.iter().for_each(row);
    [limits::PAGE, limits::PAGE_BYTES, limits::PAGE_WORK, limits::PAGE_LAYOUTS].iter().for_each(row);
}
