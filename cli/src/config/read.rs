//! From the text of a configuration to keys and values, and what is said of a text that is none.

use std::fmt;
use std::ops::Range;

use perf_look_analyzers::safe;
use toml::de::{DeTable, DeValue};

use super::keys::Key;
use crate::failure::Failure;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw {
    Text(String),
    Number(f64),
    /// A list of texts.
    List(Vec<String>),
    /// A table without a key.
    Empty,
    /// Something that no key takes, by its name.
    Other(String),
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", toml::Value::from(text.as_str())),
            Self::Number(number) => write!(f, "{number}"),
            Self::List(texts) => {
                let texts: Vec<String> =
                    texts.iter().map(|text| toml::Value::from(text.as_str()).to_string()).collect();
                write!(f, "[{}]", texts.join(", "))
            }
            Self::Empty => f.write_str("an empty table"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// A key or a value that cannot be.
#[derive(Debug)]
pub(crate) struct BadKey {
    message: String,
    help: Option<String>,
    /// Where in the text, in bytes.
    at: Option<usize>,
}

impl BadKey {
    /// A value that the key does not take.
    pub(super) fn value(path: &[String], why: impl fmt::Display) -> Self {
        Self { message: format!("{}: {why}", dotted(path)), help: None, at: None }
    }

    /// A key that there is not, with the nearest that there is.
    pub(super) fn unknown<'k>(path: &[String], known: impl Iterator<Item = &'k Key>) -> Self {
        Self::unknown_among(path, known.map(|key| dotted(&key.path)))
    }

    /// The same with the names of the keys.
    pub(super) fn unknown_among(path: &[String], known: impl IntoIterator<Item = String>) -> Self {
        let asked = dotted(path);
        // A rule or a table that is wrong makes all below it wrong: compare what stands beside it.
        let nearest = known
            .into_iter()
            .map(|name| (strsim::normalized_damerau_levenshtein(&asked, &name), name))
            .max_by(|left, right| left.0.total_cmp(&right.0))
            .filter(|(similarity, _)| *similarity >= NEAR);
        let help = match nearest {
            Some((_, name)) => format!("did you mean {name}?"),
            None => "perf-look config show lists every key".to_owned(),
        };
        Self { message: format!("unknown key {asked}"), help: Some(help), at: None }
    }

    /// Says where in the file, in bytes.
    pub(super) fn at(mut self, at: usize) -> Self {
        self.at = Some(at);
        self
    }

    /// The message with its place, and the line that it is about.
    pub(super) fn failure(self, source: &str, text: Option<&str>) -> Failure {
        let place = text.zip(self.at).map(|(text, at)| (text, line(text, at), column(text, at)));
        let message = match place {
            Some((_, line, column)) => format!("{source}:{line}:{column}: {}", self.message),
            None => format!("{source}: {}", self.message),
        };
        let excerpt = place.and_then(|(text, line, column)| excerpt(text, line, column));
        let failure = Failure::usage(anyhow::anyhow!(message)).excerpt(excerpt);
        match self.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// Below this a name is not a slip of the finger but another name.
const NEAR: f64 = 0.6;

/// Each key with its value and the place of the key, in bytes.
pub(super) fn document(text: &str) -> Result<Vec<(Vec<String>, Raw, usize)>, BadKey> {
    let table = DeTable::parse(text).map_err(|error| syntax(&error))?;
    let mut found = Vec::new();
    collect(table.get_ref(), &mut Vec::new(), &mut found);
    // By its place, so that the first mistake of the text is the one that is shown.
    found.sort_by_key(|(_, _, at)| *at);
    Ok(found)
}

fn collect(table: &DeTable<'_>, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, Raw, usize)>) {
    for (key, value) in table {
        path.push(key.get_ref().clone().into_owned());
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => collect(inner, path, found),
            DeValue::Table(_) => found.push((path.clone(), Raw::Empty, key.span().start)),
            value => found.push((path.clone(), raw(value), key.span().start)),
        }
        path.pop();
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.clone().into_owned()),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            i64::from_str_radix(&digits, number.radix())
                .map_or(Raw::Other("too large a number".to_owned()), |number| Raw::Number(number as f64))
        }
        DeValue::Array(values) => {
            let text = |value: &toml::Spanned<DeValue<'_>>| match value.get_ref() {
                DeValue::String(text) => Some(text.clone().into_owned()),
                _ => None,
            };
            let texts: Option<Vec<String>> = values.iter().map(text).collect();
            texts.map_or(Raw::Other("a list of other things than texts".to_owned()), Raw::List)
        }
        DeValue::Float(number) => number.as_str().parse().map_or(Raw::Other("no number".to_owned()), Raw::Number),
        other => Raw::Other(format!("a {}", other.type_str())),
    }
}

fn syntax(error: &toml::de::Error) -> BadKey {
    let Range { start, .. } = error.span().unwrap_or(0..0);
    let help = Some("perf-look config show prints one that is right".to_owned());
    BadKey { message: error.message().to_owned(), help, at: Some(start) }
}

/// `--set PATH=VALUE`: the path with or without quotes, the value as TOML or as a bare word.
pub(super) fn assignment(text: &str) -> Result<(Vec<String>, Raw), BadKey> {
    let Some((path, value)) = text.split_once('=') else {
        let message = "expected KEY=VALUE".to_owned();
        return Err(BadKey { message, help: Some("for example --set db.timeout=2min".to_owned()), at: None });
    };
    let mut names = vec![String::new()];
    let mut quoted = false;
    for c in path.trim().chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => names.push(String::new()),
            c => names.iter_mut().last().into_iter().for_each(|name| name.push(c)),
        }
    }
    let value = value.trim();
    let raw = DeValue::parse(value).map_or_else(|_| Raw::Text(value.to_owned()), |value| raw(value.get_ref()));
    Ok((names, raw))
}

/// The line of a place, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn column(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.rsplit('\n').next().unwrap_or(before).chars().count() + 1
}

fn excerpt(text: &str, line: usize, column: usize) -> Option<String> {
    let shown = text.lines().nth(line - 1)?;
    Some(format!("{}\n{}^", safe::line(shown), " ".repeat(column - 1)))
}

/// A path as TOML writes it.
pub(super) fn dotted(path: &[String]) -> String {
    let bare =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let quote = |name: &String| if bare(name) { name.clone() } else { format!("\"{name}\"") };
    path.iter().map(quote).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_path_needs_no_quotes() {
        let expected = (vec!["rules".into(), "db/a-b".into(), "min_rows".into()], Raw::Number(10.0));
        assert_eq!(assignment("rules.db/a-b.min_rows=10").unwrap(), expected);
        assert_eq!(assignment("rules.\"db/a-b\".min_rows = 1e1").unwrap(), expected);
    }

    #[test]
    fn a_set_value_may_be_a_bare_word() {
        assert_eq!(assignment("a=warn").unwrap().1, Raw::Text("warn".into()));
        assert_eq!(assignment("a=\"warn\"").unwrap().1, Raw::Text("warn".into()));
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(column("ä = 1\nöö x", 11), 3);
    }
}
