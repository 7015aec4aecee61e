//! `perf-look init`: what the gate needs to begin with. Nothing that is there is changed, but for a line in .gitignore.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::config::{Found, template};
use crate::failure::{Failure, note};
use crate::files;
use crate::status::Status;
use crate::terminal::Terminal;

const GITHUB: &str = include_str!("init/github.yml");
const GITLAB: &str = include_str!("init/gitlab.yml");

/// What the gate keeps for itself.
const IGNORED: &str = ".perf-look/local/";

/// How deep statements are looked for.
const DEPTH: usize = 3;

/// Folders in which nobody's own statements are.
const FOREIGN: [&str; 4] = ["node_modules", "target", "vendor", "dist"];

/// The configuration as it would be written.
pub(crate) fn printed() -> Result<String, Failure> {
    Ok(template(&look(&here()?)))
}

/// Writes what is not there, and says of each file whether it did.
pub(crate) fn run(terminal: &Terminal) -> Result<Status, Failure> {
    let here = here()?;
    // Workflows are read at the root of the repository only.
    let root = here.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&here);
    let below = here.strip_prefix(root).unwrap_or(Path::new("")).to_string_lossy().replace('\\', "/");
    let below = if below.is_empty() { ".".to_owned() } else { below };
    let write = |folder: &Path, name: &str, text: &str| {
        let made = files::create(&folder.join(name), text)?;
        note(terminal, &if made { format!("wrote {name}") } else { format!("{name} exists and stays as it is") });
        Ok::<_, Failure>(())
    };
    write(&here, "perf-look.toml", &template(&look(&here)))?;
    write(root, ".github/workflows/perf-look.yml", &GITHUB.replace("FOLDER", &below))?;
    write(root, ".gitlab/perf-look.yml", &GITLAB.replace("FOLDER", &below))?;
    ignore(&here, terminal)?;
    note(terminal, "of the two CI files keep the one that you need; each says at its top what it takes");
    note(terminal, "next: take the # away from a suite in perf-look.toml, then run perf-look gate");
    note(terminal, "then: perf-look gate accept --all --reason 'the first baseline', and commit .perf-look/baseline");
    Ok(Status::Clean)
}

fn here() -> Result<PathBuf, Failure> {
    Ok(std::env::current_dir().context("could not tell the working directory")?)
}

/// Adds the line to .gitignore, after all that is there.
fn ignore(here: &Path, terminal: &Terminal) -> Result<(), Failure> {
    let file = here.join(".gitignore");
    if files::create(&file, &format!("{IGNORED}\n"))? {
        note(terminal, "wrote .gitignore");
        return Ok(());
    }
    let text = fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
    if text.lines().any(|line| line.trim().trim_start_matches('/') == IGNORED) {
        note(terminal, &format!(".gitignore has {IGNORED} already"));
        return Ok(());
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    // Where it is a link, what it leads to is written.
    let file = fs::canonicalize(&file).with_context(|| format!("could not find {}", file.display()))?;
    files::replace(&file, &format!("{text}{end}{IGNORED}\n"))?;
    note(terminal, &format!("added {IGNORED} to .gitignore"));
    Ok(())
}

/// What a folder has that can be checked.
fn look(here: &Path) -> Found {
    let mut files = Vec::new();
    collect(here, DEPTH, &mut files);
    files.sort();
    let (setup, statements): (Vec<&PathBuf>, Vec<&PathBuf>) = files.iter().partition(|file| makes(file).is_some());
    let mut setup: Vec<(Option<usize>, String)> = setup.iter().map(|file| (makes(file), shown(file, here))).collect();
    setup.sort();
    let patterns: BTreeSet<String> = statements.iter().map(|file| pattern(file, here)).collect();
    Found {
        statements: patterns.into_iter().collect(),
        setup: setup.into_iter().map(|(_, file)| file).collect(),
        serve: serve(here),
    }
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    // A folder that cannot be read has nothing to suggest.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth > 1 && !name.starts_with('.') && !FOREIGN.contains(&name.as_str()) {
            collect(&path, depth - 1, files);
        } else if path.is_file() && path.extension().is_some_and(|ending| ending == "sql") {
            files.push(path);
        }
    }
}

/// Whether a file makes schema or rows by its name, and in which place it would.
fn makes(file: &Path) -> Option<usize> {
    let name = file.file_stem()?.to_string_lossy().to_lowercase();
    let order: [&[&str]; 3] =
        [&["schema", "structure"], &["seed", "seeds", "data", "fixtures"], &["indexes", "indices"]];
    order.iter().position(|names| names.contains(&name.as_str()))
}

fn shown(file: &Path, here: &Path) -> String {
    let path = file.strip_prefix(here).unwrap_or(file);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn pattern(file: &Path, here: &Path) -> String {
    let path = shown(file, here);
    path.rsplit_once('/').map_or("*.sql".to_owned(), |(folder, _)| format!("{folder}/*.sql"))
}

/// The script of package.json that serves what was built, or else what is worked on.
fn serve(here: &Path) -> Option<String> {
    let text = fs::read_to_string(here.join("package.json")).ok()?;
    let package: serde_json::Value = serde_json::from_str(&text).ok()?;
    let scripts = package.get("scripts")?.as_object()?;
    let script = ["preview", "serve", "start", "dev"].into_iter().find(|name| scripts.contains_key(*name))?;
    let build = if scripts.contains_key("build") && script != "dev" { "npm run build && " } else { "" };
    Some(format!("{build}npm run {script}"))
}
