//! From the configuration to targets: each has a name that stays the same while the target does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use perf_look_analyzers::gate::observation::Kind;
use perf_look_analyzers::gate::outcome::Source;
use perf_look_capture::postgres::{Sql, split};

use crate::config::{PageTarget, Suite};
use crate::failure::Failure;

/// Something to check.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// `suite/file#statement@binding`, `suite/page`.
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) what: What,
    /// A statement with the comments above it, and the line that they begin in; empty of others.
    pub(crate) commented: (usize, String),
}

/// What is checked.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// A statement with the values of its parameters, by number.
    Statement(Sql, BTreeMap<usize, String>),
    /// A saved plan.
    Plan(PathBuf),
    /// A page of a suite.
    Page(PageTarget, usize),
}

impl Target {
    /// What it is.
    pub(crate) fn kind(&self) -> Kind {
        match self.what {
            What::Statement(..) | What::Plan(_) => Kind::Query,
            What::Page(..) => Kind::Page,
        }
    }
}

/// All targets of the suites, in their order; of two with one name the second is an error.
pub(crate) fn all(suites: &[Suite], root: &Path) -> Result<Vec<Target>, Failure> {
    let mut targets: Vec<Target> = Vec::new();
    for (place, suite) in suites.iter().enumerate() {
        for file in files(&suite.sql, root)? {
            targets.extend(statements(&suite.name, &file, root)?);
        }
        for file in files(&suite.plans, root)? {
            let shown = shown(&file, root);
            let source = Source { file: shown.clone(), line: 1, text: String::new() };
            targets.push(Target {
                name: format!("{}/{shown}", suite.name),
                source,
                what: What::Plan(file),
                commented: Default::default(),
            });
        }
        targets.extend(suite.pages.iter().map(|page| Target {
            name: format!("{}/{}", suite.name, page.name),
            source: Source { file: String::new(), line: 0, text: page.url.clone() },
            what: What::Page(page.clone(), place),
            commented: Default::default(),
        }));
    }
    for (place, target) in targets.iter().enumerate() {
        if targets[..place].iter().any(|other| other.name == target.name) {
            let twice = anyhow!("two targets have the name {}", target.name);
            return Err(Failure::usage(twice).help("name statements with a comment above them: -- name: …"));
        }
    }
    Ok(targets)
}

/// Those that the arguments name; all where there are none.
pub(crate) fn chosen(targets: Vec<Target>, patterns: &[String]) -> Result<Vec<Target>, Failure> {
    if patterns.is_empty() {
        return Ok(targets);
    }
    let chosen = Chosen::of(patterns)?;
    for (pattern, matcher) in &chosen.patterns {
        if !targets.iter().any(|target| matcher.is_match(&target.name)) {
            let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).take(10).collect();
            let none = anyhow!("no target is called {pattern}");
            return Err(Failure::usage(none).help(format!("there are {}", names.join(", "))));
        }
    }
    Ok(targets.into_iter().filter(|target| chosen.has(&target.name)).collect())
}

/// Patterns of targets.
pub(crate) struct Chosen {
    patterns: Vec<(String, globset::GlobMatcher)>,
}

impl Chosen {
    pub(crate) fn of(patterns: &[String]) -> Result<Self, Failure> {
        let matcher = |pattern: &String| {
            let glob =
                globset::Glob::new(pattern).map_err(|error| Failure::usage(anyhow!("{pattern}: {}", error.kind())))?;
            Ok((pattern.clone(), glob.compile_matcher()))
        };
        Ok(Self { patterns: patterns.iter().map(matcher).collect::<Result<_, Failure>>()? })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.patterns.iter().any(|(_, matcher)| matcher.is_match(name))
    }
}

/// The files that match, in the order of their names. A pattern that matches none is a mistake.
fn files(patterns: &[String], root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for pattern in patterns {
        let bad = |error: globset::Error| Failure::usage(anyhow!("{pattern}: {}", error.kind()));
        let matcher =
            globset::GlobBuilder::new(pattern).literal_separator(true).build().map_err(bad)?.compile_matcher();
        let before = files.len();
        below(root, root, &matcher, &mut files).with_context(|| format!("could not read {}", root.display()))?;
        if files.len() == before {
            let none = anyhow!("no file matches {pattern}");
            return Err(Failure::usage(none).help(format!("patterns are from {}", root.display())));
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// Folders that hold what others made.
const FOREIGN: [&str; 4] = [".git", "node_modules", "target", ".perf-look"];

fn below(folder: &Path, root: &Path, matcher: &globset::GlobMatcher, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if !FOREIGN.iter().any(|foreign| path.ends_with(foreign)) {
                below(&path, root, matcher, files)?;
            }
        } else if matcher.is_match(path.strip_prefix(root).unwrap_or(&path)) {
            files.push(path);
        }
    }
    Ok(())
}

/// A path from the root, with `/` on every system.
fn shown(file: &Path, root: &Path) -> String {
    let path = file.strip_prefix(root).unwrap_or(file);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The statements of a file, each with the sets of values that a comment gives it.
fn statements(suite: &str, file: &Path, root: &Path) -> Result<Vec<Target>, Failure> {
    let shown = shown(file, root);
    let text = fs::read_to_string(file).with_context(|| format!("could not read {shown}"))?;
    let (found, rejects) = split(&shown, &text);
    if let Some(reject) = rejects.first() {
        let line = reject.line.map_or(String::new(), |line| format!(":{line}"));
        return Err(Failure::usage(anyhow!("{}{line}: {}", reject.source, reject.why)));
    }
    let many = found.len() > 1;
    let mut targets = Vec::new();
    for (place, sql) in found.into_iter().enumerate() {
        let is_named = !sql.name.starts_with(&shown);
        let statement = match (is_named, many) {
            (true, _) => format!("#{}", sql.name),
            (false, true) => format!("#{}", place + 1),
            (false, false) => String::new(),
        };
        let source = Source { file: shown.clone(), line: sql.line, text: sql.text.clone() };
        let commented = commented(&text, &sql);
        for (binding, values) in bindings(&text, sql.line, &shown)? {
            let name = format!("{suite}/{shown}{statement}{binding}");
            targets.push(Target {
                name,
                source: source.clone(),
                what: What::Statement(sql.clone(), values),
                commented: commented.clone(),
            });
        }
    }
    Ok(targets)
}

/// The lines right above a statement that are comments or empty, with their numbers from 0; the nearest first.
fn comments<'t>(lines: &'t [&'t str], line: usize) -> impl Iterator<Item = (usize, &'t str)> {
    let above = (0..line.saturating_sub(1).min(lines.len())).rev().map(|number| (number, lines[number].trim()));
    above.take_while(|(_, text)| text.is_empty() || text.starts_with("--"))
}

/// A statement with the comments above it, and the line that they begin in.
fn commented(text: &str, sql: &Sql) -> (usize, String) {
    let lines: Vec<&str> = text.lines().collect();
    let first = comments(&lines, sql.line).last().map_or(sql.line, |(number, _)| number + 1);
    let mut commented = lines[first - 1..sql.line - 1].join("\n");
    if first < sql.line {
        commented.push('\n');
    }
    (first, commented + &sql.text)
}

/// What a set of values is called, with an `@` before it, and the values by number.
type Binding = (String, BTreeMap<usize, String>);

/// The sets of values in the comments right above a statement: `-- params small: 1, 'a'`. One without values where there
/// are none.
fn bindings(text: &str, line: usize, file: &str) -> Result<Vec<Binding>, Failure> {
    let lines: Vec<&str> = text.lines().collect();
    let mut bindings = Vec::new();
    for (number, line) in comments(&lines, line) {
        let comment = line.trim_start_matches('-').trim();
        let Some(said) = comment.strip_prefix("params") else { continue };
        let (name, values) = said
            .split_once(':')
            .ok_or_else(|| Failure::usage(anyhow!("{file}:{}: expected -- params NAME: VALUE, …", number + 1)))?;
        let name = name.trim();
        let binding = if name.is_empty() { String::new() } else { format!("@{name}") };
        bindings.push((binding, values_of(values).into_iter().enumerate().map(|(n, value)| (n + 1, value)).collect()));
    }
    bindings.reverse();
    if bindings.is_empty() {
        bindings.push((String::new(), BTreeMap::new()));
    }
    Ok(bindings)
}

/// Values with commas between them; in quotes where they hold one.
fn values_of(text: &str) -> Vec<String> {
    let (mut values, mut value, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if quoted && chars.peek() == Some(&'\'') => {
                chars.next();
                value.push('\'');
            }
            '\'' => quoted = !quoted,
            ',' if !quoted => values.push(std::mem::take(&mut value).trim().to_owned()),
            c => value.push(c),
        }
    }
    values.push(value.trim().to_owned());
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_between_commas_and_quotes() {
        assert_eq!(values_of(" 1, 'a, b', 'it''s' "), ["1", "a, b", "it's"]);
    }

    #[test]
    fn sets_of_values_stand_above_their_statement() {
        let text = "select 1;\n-- name: lookup\n-- params small: 1\n-- params large: 2, x\nselect $1, $2;\n";
        let found = bindings(text, 5, "a.sql").unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["@small", "@large"]);
        assert_eq!(found[1].1[&2], "x");
        assert_eq!(bindings(text, 1, "a.sql").unwrap().len(), 1);
    }
}
