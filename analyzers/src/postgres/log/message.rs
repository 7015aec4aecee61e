//! What an entry of the log says of a statement: how long it took, and its plan or its text.

use memchr::memchr;
use memchr::memmem;

/// The message of an entry, told apart.
#[derive(Debug, PartialEq)]
pub(super) enum Message<'m> {
    /// `duration: 1.234 ms  plan:`, and from the next line on what auto_explain wrote.
    Plan { ms: f64, block: &'m [u8] },
    /// `duration: 1.234 ms  statement: SELECT …`.
    Call { ms: f64, sql: &'m [u8] },
    /// `duration: 1.234 ms`: of the statement before it.
    Time { ms: f64 },
    /// `duration: 1.234 ms  parse <unnamed>: …`: a part of a call that has an entry of its own.
    Phase,
    /// `statement: SELECT …`, logged before it runs.
    Begin { sql: &'m [u8] },
    /// Nothing about a statement.
    Other,
    /// It begins like one of these and breaks off.
    Cut,
}

impl<'m> Message<'m> {
    pub(super) fn of(message: &'m [u8]) -> Self {
        if let Some(rest) = message.strip_prefix(b"duration: ") {
            return timed(rest).unwrap_or(Self::Cut);
        }
        match statement(message) {
            Some(sql) => Self::Begin { sql },
            None => Self::Other,
        }
    }
}

/// Whether a message is worth a look at all.
pub(super) fn is_of_statement(message: &[u8]) -> bool {
    message.starts_with(b"duration: ") || statement(message).is_some()
}

/// Behind `duration: `.
fn timed(rest: &[u8]) -> Option<Message<'_>> {
    let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'.'))?;
    let ms: f64 = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    let rest = rest[end..].strip_prefix(b" ms")?;
    if rest.trim_ascii().is_empty() {
        return Some(Message::Time { ms });
    }
    let rest = rest.strip_prefix(b"  ")?;
    if let Some(behind) = rest.strip_prefix(b"plan:") {
        let line = memchr(b'\n', behind).unwrap_or(behind.len());
        let is_alone = behind[..line].trim_ascii().is_empty();
        return is_alone.then(|| Message::Plan { ms, block: behind.get(line + 1..).unwrap_or_default() });
    }
    if [b"parse ".as_slice(), b"bind ", b"fastpath "].iter().any(|phase| rest.starts_with(phase)) {
        return Some(Message::Phase);
    }
    Some(Message::Call { ms, sql: statement(rest)? })
}

/// Behind `statement: `, `execute <unnamed>: `, `execute fetch from S_1/C_2: `.
fn statement(message: &[u8]) -> Option<&[u8]> {
    if let Some(sql) = message.strip_prefix(b"statement: ") {
        return Some(sql);
    }
    let named = message.strip_prefix(b"execute ")?;
    let line = memchr(b'\n', named).unwrap_or(named.len());
    let colon = memmem::find(&named[..line], b": ")?;
    Some(&named[colon + 2..])
}

/// How many functions ran when an entry was written, by its context: what it says of a time is then a part of another
/// entry's.
pub(super) fn depth(context: &[u8]) -> usize {
    let functions = context.split(|byte| *byte == b'\n').filter(|line| is_of_function(line)).count();
    // Foreign keys are checked by statements without a function that has a name.
    functions.max(usize::from(context.starts_with(b"SQL statement ")))
}

/// `PL/pgSQL function f(integer) line 3 at SQL statement`, `SQL function "g" statement 1`.
fn is_of_function(line: &[u8]) -> bool {
    let is_of_language = line.starts_with(b"SQL function ") || memmem::find(line, b"PL/").is_some();
    is_of_language && memmem::find(line, b" function ").is_some()
}

/// Where in an entry another one begins, since the end of the one and the beginning of the other are lost: the first
/// byte of its message.
pub(super) fn run_into(message: &[u8]) -> Option<usize> {
    let mut from = memchr(b'\n', message)?;
    loop {
        let found = from + memmem::find(&message[from..], b"LOG:  duration: ")?;
        let begins = found + "LOG:  ".len();
        match Message::of(&message[begins..]) {
            Message::Plan { .. } | Message::Call { .. } | Message::Phase => return Some(begins),
            _ => from = begins,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let of = |text: &'static str| Message::of(text.as_bytes());
        assert_eq!(of("duration: 1.5 ms  plan:\nQuery Text: x"), Message::Plan { ms: 1.5, block: b"Query Text: x" });
        assert_eq!(of("duration: 2.000 ms  statement: select\n1"), Message::Call { ms: 2.0, sql: b"select\n1" });
        assert_eq!(of("duration: 2 ms  execute S_1/C_2: select 1"), Message::Call { ms: 2.0, sql: b"select 1" });
        assert_eq!(of("duration: 0.061 ms  bind <unnamed>: select 1"), Message::Phase);
        assert_eq!(of("duration: 0.061 ms"), Message::Time { ms: 0.061 });
        assert_eq!(of("execute <unnamed>: select 1"), Message::Begin { sql: b"select 1" });
        assert_eq!(of("statement: begin"), Message::Begin { sql: b"begin" });
        assert_eq!(of("checkpoint starting: time"), Message::Other);
        for cut in ["duration: ", "duration: 12", "duration: 12.5 m", "duration: 12.5 ms  pl", "duration: 1 ms  stat"] {
            assert_eq!(of(cut), Message::Cut, "{cut}");
        }
    }

    #[test]
    fn functions_that_ran_are_counted_by_their_lines() {
        for (context, functions) in [
            ("", 0),
            ("while vacuuming index \"i\" of relation \"public.t\"", 0),
            ("SQL statement \"SELECT 1 FROM ONLY \"public\".\"t\" x FOR KEY SHARE OF x\"", 1),
            ("SQL statement \"select 1\"\nPL/pgSQL function f(integer) line 1 at SQL statement", 1),
            ("SQL function \"g\" statement 1\nSQL expression \"g() + 1\"\nPL/pgSQL function f() line 1 at RETURN", 2),
            ("PL/Python function \"h\"", 1),
        ] {
            assert_eq!(depth(context.as_bytes()), functions, "{context}");
        }
    }

    #[test]
    fn an_entry_that_another_one_ran_into_is_seen() {
        let text = b"duration: 1 ms  plan:\nQuery Text: select 1\nResult  (co2026 [1] LOG:  duration: 2 ms  plan:\n";
        let begins = run_into(text).unwrap();
        assert!(text[begins..].starts_with(b"duration: 2 ms"));
        assert_eq!(run_into(b"duration: 1 ms  plan:\nQuery Text: select 'LOG:  duration: %'\n"), None);
    }
}
