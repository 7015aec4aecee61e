//! The connection service file: `[name]` and `key=value` lines.

use std::path::{Path, PathBuf};

use super::conninfo::{ConninfoError, Surroundings};
use super::dsn::Pairs;

/// The settings of a service, from the user's file or else the system's.
pub(super) fn look_up(name: &str, surroundings: &Surroundings) -> Result<(Pairs, PathBuf), ConninfoError> {
    let files = files(surroundings);
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        if let Some(pairs) = section(&text, name, file)? {
            return Ok((pairs, file.clone()));
        }
    }
    let looked = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" and ");
    Err(ConninfoError::NoService { name: name.to_owned(), looked })
}

fn files(surroundings: &Surroundings) -> Vec<PathBuf> {
    let env = |name: &str| surroundings.env.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = env("PGSERVICEFILE").or_else(|| Some(surroundings.home.as_ref()?.join(".pg_service.conf")));
    let system = env("PGSYSCONFDIR").map(|folder| folder.join("pg_service.conf"));
    own.into_iter().chain(system).collect()
}

fn section(text: &str, name: &str, file: &Path) -> Result<Option<Pairs>, ConninfoError> {
    let mut pairs: Option<Pairs> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            if pairs.is_some() {
                break;
            }
            if title == name {
                pairs = Some(Pairs::new());
            }
        } else if let Some(pairs) = &mut pairs {
            let Some((key, value)) = line.split_once('=') else {
                let place = format!("{}:{}", file.display(), number + 1);
                return Err(ConninfoError::Malformed { why: format!("{place}: expected key=value") });
            };
            pairs.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_one_section() {
        let text = "[a]\nhost=x\n\n# no\n[b]\nhost = y\nport=1\n[c]\nhost=z\n";
        let pairs = section(text, "b", Path::new("f")).unwrap().unwrap();
        assert_eq!(pairs, [("host".to_owned(), "y".to_owned()), ("port".to_owned(), "1".to_owned())]);
        assert_eq!(section(text, "d", Path::new("f")).unwrap(), None);
    }
}
