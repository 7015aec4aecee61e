//! Connection strings as libpq reads them: URIs and `key=value` pairs.
//!
//! See "Connection Strings" in PostgreSQL's documentation of libpq.

use super::conninfo::ConninfoError;

/// Keyword and value, in the order of the string.
pub(super) type Pairs = Vec<(String, String)>;

/// Reads a connection string: a URI, `key=value` pairs, or the bare name of a database.
pub(super) fn parse(dsn: &str) -> Result<Pairs, ConninfoError> {
    for scheme in ["postgresql://", "postgres://"] {
        if let Some(rest) = dsn.strip_prefix(scheme) {
            return uri(rest);
        }
    }
    if dsn.contains('=') { key_values(dsn) } else { Ok(vec![("dbname".to_owned(), dsn.to_owned())]) }
}

fn malformed(why: impl Into<String>) -> ConninfoError {
    ConninfoError::Malformed { why: why.into() }
}

/// `user:password@host:port,host:port/dbname?key=value&…`.
fn uri(rest: &str) -> Result<Pairs, ConninfoError> {
    let (rest, parameters) = rest.split_once('?').map_or((rest, ""), |(rest, parameters)| (rest, parameters));
    let (authority, dbname) = rest.split_once('/').map_or((rest, ""), |(authority, dbname)| (authority, dbname));
    let (credentials, hosts) = authority.rsplit_once('@').map_or(("", authority), |(who, hosts)| (who, hosts));
    let mut pairs = Pairs::new();
    let mut push = |name: &str, value: &str| -> Result<(), ConninfoError> {
        if !value.is_empty() {
            pairs.push((name.to_owned(), decode(value)?));
        }
        Ok(())
    };
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    push("user", user)?;
    push("password", password)?;
    let (names, ports) = hosts_and_ports(hosts)?;
    push("host", &names)?;
    push("port", &ports)?;
    push("dbname", dbname)?;
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter
            .split_once('=')
            .ok_or_else(|| malformed(format!("the parameter \"{parameter}\" has no value")))?;
        // JDBC's word, which libpq takes too.
        let (name, value) = if name == "ssl" && value == "true" { ("sslmode", "require") } else { (name, value) };
        push(&decode(name)?, value)?;
    }
    Ok(pairs)
}

/// `a:1,b` to `a,b` and `1,`.
fn hosts_and_ports(hosts: &str) -> Result<(String, String), ConninfoError> {
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[') {
            Some(rest) => {
                let (name, rest) =
                    rest.split_once(']').ok_or_else(|| malformed("a \"[\" without the \"]\" of an IPv6 address"))?;
                (name, rest.strip_prefix(':').unwrap_or(""))
            }
            None => host.rsplit_once(':').unwrap_or((host, "")),
        };
        names.push(name);
        ports.push(port);
    }
    let ports = if ports.iter().all(|port| port.is_empty()) { String::new() } else { ports.join(",") };
    Ok((names.join(","), ports))
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String, ConninfoError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (digit(rest.next()), digit(rest.next())) {
            (Some(high), Some(low)) if high + low > 0 => bytes.push(u8::try_from(high * 16 + low).unwrap_or(0)),
            _ => return Err(malformed("a \"%\" that is not followed by two hexadecimal digits")),
        }
    }
    String::from_utf8(bytes).map_err(|_| malformed("percent-encoded bytes that are not UTF-8"))
}

/// `host=localhost password='a b'`, with `\` before a quote or a backslash.
fn key_values(text: &str) -> Result<Pairs, ConninfoError> {
    let mut pairs = Pairs::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.peek().is_none() {
            return Ok(pairs);
        }
        let mut name = String::new();
        while let Some(c) = rest.next_if(|c| *c != '=' && !c.is_whitespace()) {
            name.push(c);
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.next() != Some('=') {
            // The name only: what follows may be a password with a space in it.
            return Err(malformed(format!("no \"=\" after \"{name}\"")));
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        pairs.push((name, value(&mut rest)?));
    }
}

fn value(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, ConninfoError> {
    let quoted = rest.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match rest.peek() {
            None if quoted => return Err(malformed("a quoted value that does not end")),
            None => return Ok(value),
            Some('\'') if quoted => {
                rest.next();
                return Ok(value);
            }
            Some(c) if !quoted && c.is_whitespace() => return Ok(value),
            Some('\\') => {
                rest.next();
                value.extend(rest.next());
            }
            Some(_) => value.extend(rest.next()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(dsn: &str) -> String {
        let pairs = parse(dsn).unwrap();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn uris_are_read_as_libpq_reads_them() {
        for (uri, pairs) in [
            ("postgres://", ""),
            ("postgresql://localhost", "host=localhost"),
            ("postgresql://localhost:5433", "host=localhost port=5433"),
            ("postgresql://localhost/shop", "host=localhost dbname=shop"),
            ("postgres://me@localhost", "user=me host=localhost"),
            ("postgres://me:a%20b@h/d?connect_timeout=10", "user=me password=a b host=h dbname=d connect_timeout=10"),
            ("postgres://a:1,b/d?target_session_attrs=any", "host=a,b port=1, dbname=d target_session_attrs=any"),
            ("postgres://[2001:db8::1]:5433/d", "host=2001:db8::1 port=5433 dbname=d"),
            ("postgres://%2Fvar%2Frun/d", "host=/var/run dbname=d"),
            ("postgres:///d?host=/tmp", "dbname=d host=/tmp"),
            ("postgres://h?ssl=true", "host=h sslmode=require"),
            ("postgres://h/d?sslmode=verify-full", "host=h dbname=d sslmode=verify-full"),
        ] {
            assert_eq!(read(uri), pairs, "{uri}");
        }
    }

    #[test]
    fn pairs_are_read_as_libpq_reads_them() {
        for (text, pairs) in [
            ("shop", "dbname=shop"),
            ("host=a port = 1", "host=a port=1"),
            (r"password='a\'b c' user=me", "password=a'b c user=me"),
            (r"password=a\ b", "password=a b"),
            ("dbname=''", "dbname="),
        ] {
            assert_eq!(read(text), pairs, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (text, why) in [
            ("postgres://me:%zz-geheim@h", "a \"%\" that is not followed by two hexadecimal digits"),
            ("password='geheim", "a quoted value that does not end"),
            ("postgres://[::1", "a \"[\" without the \"]\" of an IPv6 address"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("geheim"), "{error}");
        }
    }
}
