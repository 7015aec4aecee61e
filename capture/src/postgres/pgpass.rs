//! The password file: `host:port:database:user:password`, a line each, the first that fits.

use std::path::Path;

use super::secret::Secret;

/// What a line must fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Login<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) dbname: &'a str,
    pub(super) user: &'a str,
}

/// The password of a login, or a warning why the file was not read.
pub(super) fn look_up(file: &Path, login: Login<'_>) -> Result<Option<Secret>, String> {
    let Ok(metadata) = std::fs::metadata(file) else {
        return Ok(None);
    };
    if is_open_to_others(&metadata) {
        return Err(format!("{} is ignored, since others can read it: chmod 600 it", file.display()));
    }
    let Ok(text) = std::fs::read_to_string(file) else {
        return Err(format!("{} is ignored, since it cannot be read", file.display()));
    };
    Ok(find(&text, login))
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

fn find(text: &str, login: Login<'_>) -> Option<Secret> {
    let port = login.port.to_string();
    let wanted = [login.host, port.as_str(), login.dbname, login.user];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields = fields(line);
        let fits = |(field, wanted): (&String, &&str)| field == "*" || field == wanted;
        if fields.len() >= 5 && fields.iter().zip(&wanted).all(fits) {
            return Some(Secret::new(fields[4].clone()));
        }
    }
    None
}

/// Fields between colons; `\:` and `\\` are literal.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.iter_mut().last().into_iter().for_each(|field| field.extend(rest.next())),
            c => fields.iter_mut().last().into_iter().for_each(|field| field.push(c)),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# a comment
db.example:5432:shop:me:first
db.example:*:*:me:any\\:port
localhost:5432:a\\:b:me:back\\\\slash
*:*:*:other:everywhere";

    #[track_caller]
    fn password(host: &str, port: u16, dbname: &str, user: &str) -> Option<String> {
        find(FILE, Login { host, port, dbname, user }).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        assert_eq!(password("db.example", 5432, "shop", "me").as_deref(), Some("first"));
        assert_eq!(password("db.example", 5433, "shop", "me").as_deref(), Some("any:port"));
        assert_eq!(password("localhost", 5432, "a:b", "me").as_deref(), Some("back\\slash"));
        assert_eq!(password("anywhere", 1, "x", "other").as_deref(), Some("everywhere"));
        assert_eq!(password("anywhere", 1, "x", "me"), None);
    }
}
