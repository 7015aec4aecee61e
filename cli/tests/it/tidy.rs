//! What the repository keeps to: which crate may use what, what every file has, what the documents promise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use perf_look_analyzers::rule::rules;

/// Which crate may use which of ours; a new arrow is a decision to be seen in a diff.
const ARROWS: &[(&str, &[&str])] = &[
    ("perf-look", &["perf-look-analyzers", "perf-look-capture", "perf-look-render", "perf-look-tui"]),
    ("perf-look-analyzers", &[]),
    ("perf-look-benches", &[]),
    ("perf-look-capture", &["perf-look-analyzers"]),
    ("perf-look-fixtures", &[]),
    ("perf-look-render", &["perf-look-analyzers"]),
    ("perf-look-tui", &["perf-look-analyzers"]),
];

/// Which crate may use which of the world's, in what is shipped.
const WORLD: &[(&str, &[&str])] = &[
    (
        "perf-look",
        &[
            "anstream",
            "anstyle",
            "anyhow",
            "clap",
            "clap_complete",
            "clap_mangen",
            "comfy-table",
            "console",
            // Logs that are stored compressed.
            "flate2",
            // Patterns of targets and files.
            "globset",
            "indicatif",
            // Stops what a suite has started, all of it.
            "rustix",
            "ruzstd",
            "serde_json",
            "shlex",
            "strsim",
            "tempfile",
            "terminal_size",
            // The day, for waivers.
            "time",
            "tokio",
            "toml",
            // Rows of the demo.
            "tpchgen",
        ],
    ),
    (
        "perf-look-analyzers",
        &[
            "cssparser",
            // Server logs: records of csvlog, and places in bytes.
            "csv-core",
            "data-url",
            // The targets of a waiver.
            "globset",
            "memchr",
            "quick-xml",
            "saphyr-parser",
            "serde",
            "serde_json",
            "serde_stacker",
            "sketches-ddsketch",
            "sourcemap",
            "strsim",
            "thiserror",
            // Days on which waivers end; nothing asks the clock.
            "time",
            // Waivers, with the place of each key.
            "toml",
        ],
    ),
    ("perf-look-benches", &["serde_json"]),
    (
        "perf-look-capture",
        &[
            "base64",
            "chromiumoxide",
            "futures-util",
            "rustix",
            "rustls",
            "rustls-native-certs",
            "serde",
            "serde_json",
            "strsim",
            "tempfile",
            "thiserror",
            "tokio",
            "tokio-postgres",
            "tokio-postgres-rustls",
            "url",
        ],
    ),
    ("perf-look-fixtures", &[]),
    (
        "perf-look-render",
        &[
            "anstyle",
            "base64",
            "flate2",
            "fxprof-processed-profile",
            "inferno",
            "parquet",
            "parquet_derive",
            "prost",
            "quick-xml",
            "serde",
            "serde_json",
            "sha2",
            "unicode-width",
        ],
    ),
    (
        "perf-look-tui",
        &["crossterm", "filedescriptor", "ratatui", "rustix", "signal-hook", "tui-input", "unicode-segmentation"],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("could not read {}: {error}", path.display()))
}

/// The file as it is called in the repository.
fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// Every file of the project, but not what is built or ignored.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    if let Ok(output) = listed.as_ref()
        && output.status.success()
    {
        let names = String::from_utf8(output.stdout.clone()).unwrap();
        let files = names.split_terminator('\0').map(|name| root().join(name));
        return files.filter(|file| file.is_file()).collect();
    }
    // A copy without its history.
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root()).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" && name != ".git" {
            files.extend(perf_look_fixtures::files_below(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn files_ending(ending: &str) -> Vec<PathBuf> {
    files().into_iter().filter(|file| file.extension().is_some_and(|found| found == ending)).collect()
}

#[derive(serde::Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(serde::Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(serde::Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// Of each crate what it is shipped with, sorted.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Metadata = serde_json::from_slice(&cargo.stdout).unwrap();
    let of = |package: Package| {
        let shipped = package.dependencies.into_iter().filter(|dependency| dependency.kind.is_none());
        let mut names: Vec<String> = shipped.map(|dependency| dependency.name).collect();
        names.sort();
        (package.name, names)
    };
    metadata.packages.into_iter().map(of).collect()
}

#[track_caller]
fn assert_only(table: &str, allowed: &[(&str, &[&str])], is_in_table: fn(&str) -> bool) {
    for (package, dependencies) in dependencies() {
        let found: Vec<&str> = dependencies.iter().map(String::as_str).filter(|name| is_in_table(name)).collect();
        let row = allowed.iter().find(|(name, _)| *name == package);
        let row = row.unwrap_or_else(|| panic!("{package} has no row in {table}")).1;
        for name in &found {
            assert!(row.contains(name), "{package} may not use {name}: see {table}");
        }
        for name in row {
            assert!(found.contains(name), "{package} does not use {name} any more: take it out of {table}");
        }
    }
}

#[test]
fn the_arrows_between_our_crates_are_those_that_were_decided() {
    assert_only("ARROWS", ARROWS, |name| name.starts_with("perf-look"));
}

#[test]
fn the_crates_of_the_world_are_those_that_were_decided() {
    assert_only("WORLD", WORLD, |name| !name.starts_with("perf-look"));
}

#[test]
fn every_module_says_what_it_is_for() {
    for file in files_ending("rs") {
        // A rule's page stands beside it.
        let has_a_page = file.with_extension("md").exists();
        let text = read(&file);
        assert!(has_a_page || text.starts_with("//!"), "{} does not begin with //!", name(&file));
    }
}

#[test]
fn every_rule_is_in_the_list_and_has_a_page_that_begins_with_its_name() {
    for (half, folder) in [("db", "analyzers/src/postgres/rules"), ("web", "analyzers/src/web/rules")] {
        let files = perf_look_fixtures::files_below(&root().join(folder)).into_iter();
        let sources = files.filter(|file| file.extension().is_some_and(|ending| ending == "rs"));
        for file in sources.filter(|file| read(file).contains("static RULE: Rule")) {
            let id = format!("{half}/{}", file.file_stem().unwrap().to_string_lossy().replace('_', "-"));
            let listed = rules().find(|rule| rule.id.0 == id);
            let rule = listed.unwrap_or_else(|| panic!("{} is not in the list of rules.rs", name(&file)));
            assert!(rule.docs.starts_with(&format!("# {id}\n")), "the page of {id} begins with another name");
        }
    }
}

#[test]
fn a_rule_has_a_summary_and_a_reason_for_each_limit() {
    for rule in rules() {
        let texts = rule.thresholds.iter().map(|threshold| threshold.reason).chain([rule.summary]);
        for text in texts {
            assert!(
                !text.is_empty() && !text.ends_with('.'),
                "{}: \"{text}\" is empty or ends with a full stop",
                rule.id
            );
        }
    }
}

#[test]
fn paths_that_the_documents_name_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = read(&root().join(document));
        for path in text.split('`').skip(1).step_by(2).filter(|code| is_path(code)) {
            assert!(root().join(path).exists(), "{document} names `{path}`, which does not exist");
        }
    }
}

/// `analyzers/src/lib.rs`, `fixtures/`: a name with a slash that is no rule, address, pattern or hidden file.
fn is_path(code: &str) -> bool {
    let plain = code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "/._-".contains(c));
    let is_rule = ["db/", "web/"].iter().any(|half| code.starts_with(half));
    plain && code.contains('/') && !is_rule && !code.starts_with('.')
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    // In pieces, so that this file does not name them.
    let folders = ["home", "Users", "root", "work"].map(|name| format!("/{name}/"));
    for file in files() {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for folder in &folders {
            let line = text.lines().position(|line| line.contains(folder.as_str()));
            assert!(line.is_none(), "{}:{} names {folder}", name(&file), line.unwrap_or_default() + 1);
        }
    }
}

#[test]
fn every_snapshot_has_an_owner() {
    for file in files_ending("snap") {
        let text = read(&file);
        let source = text.lines().find_map(|line| line.strip_prefix("source: "));
        let source = source.unwrap_or_else(|| panic!("{} does not say its source", name(&file)));
        let owner = root().join(source);
        assert!(owner.is_file(), "{}: {source} does not exist", name(&file));
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let about = stem.rsplit("__").next().unwrap();
        // The second assertion of a test is called NAME-2.
        let about = about.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
        let beside_a_fixture = file.with_extension("json").exists();
        assert!(beside_a_fixture || read(&owner).contains(about), "{}: no test `{about}` in {source}", name(&file));
    }
}

#[test]
fn the_licences_are_there_and_named() {
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(root().join(file).is_file(), "{file}");
    }
    assert!(read(&root().join("Cargo.toml")).contains("license = \"MIT OR Apache-2.0\""));
}
