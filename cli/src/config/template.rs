//! A `perf-look.toml` to begin with: every key of the gate with its default and what it is for, suites as examples.

use std::fmt::Write as _;

use super::keys::{self, Key};
use super::{read, show};

/// What of a folder is worth a line of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Patterns of files of statements: `queries/*.sql`.
    pub(crate) statements: Vec<String>,
    /// Files that make schema and rows.
    pub(crate) setup: Vec<String>,
    /// The command that serves the pages, where there is a package.json.
    pub(crate) serve: Option<String>,
}

/// How wide a comment may be.
const WIDTH: usize = 110;

const HEAD: &str = "\
# What perf-look gate checks, and what it goes by. A line with one # before a key is the default: take the # away to
# change it. perf-look config show prints what holds, perf-look schema config what may stand here.
";

const SUITES: &str = "
# What is checked. A suite has a name, which begins the names of its targets: shop/queries/orders.sql#lookup.
# Take the # away from what fits.
";

/// The whole file.
pub(crate) fn template(found: &Found) -> String {
    let mut text = HEAD.to_owned();
    let mut above: &[String] = &[];
    let keys = keys::of_gate();
    for key in &keys {
        let (name, table) = key.path.split_last().map_or(("", &[][..]), |(name, table)| (name.as_str(), table));
        if table != above {
            above = table;
            // Writing to a string cannot fail.
            let _ = write!(text, "\n[{}]\n", read::dotted(table));
        }
        for line in wrapped(&key.about) {
            let _ = writeln!(text, "# {line}");
        }
        text.push_str(&assignment(key, name, found));
    }
    text.push_str(SUITES);
    text.push_str(&suites(found));
    text
}

/// The default with a # before it; what was found without.
fn assignment(key: &Key, name: &str, found: &Found) -> String {
    if name == "setup" && !found.setup.is_empty() {
        return format!("setup = {}\n", list(&found.setup));
    }
    format!("#{name} = {}\n", show::value(&key.default))
}

fn suites(found: &Found) -> String {
    let statements = if found.statements.is_empty() { &["queries/*.sql".to_owned()][..] } else { &found.statements };
    let serve = found.serve.as_deref().unwrap_or("npm run preview");
    let (statements, serve) = (list(statements), read::Raw::Text(serve.to_owned()));
    format!(
        "
# Statements in files; -- name: lookup above one names it, -- params small: 1, 'a' gives $1 and $2 values.
#[suite.statements]
#sql = {statements}

# Plans that EXPLAIN wrote, in any format: nothing runs.
#[suite.plans]
#plans = [\"plans/*.json\"]

# Pages: a command that serves them, and the address that answers when it does.
#[suite.pages]
#serve = {serve}
#wait = \"http://127.0.0.1:4173/\"
#timeout = \"1min\"

#[suite.pages.page.start]
#url = \"/\"
# What a user does in it, a line a step: click button.next
#steps = \"steps/start.steps\"
#repeat = 1
# Counts are the same in each run; the census counts what lives on the heap.
#passes = [\"counts\", \"census\"]
"
    )
}

fn list(texts: &[String]) -> String {
    read::Raw::List(texts.to_vec()).to_string()
}

/// A text in lines of at most [`WIDTH`] columns.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        if lines.last().is_some_and(|line| !line.is_empty() && line.len() + word.len() >= WIDTH) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
