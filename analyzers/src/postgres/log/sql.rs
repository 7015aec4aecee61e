//! What makes two calls calls of one statement: its text without values, and a number by which it is known quickly.

use crate::gate::words;

/// The statement with `?` in place of values, of lists of them and of rows of them; in one line, without comments.
pub(super) fn normalised(sql: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut open = Vec::new();
    for word in words(sql) {
        let (opens, closes) = (word == "(", word == ")");
        if opens {
            open.push(kept.len());
        }
        kept.push(word);
        if let Some(start) = closes.then(|| open.pop()).flatten() {
            fold_row(&mut kept, start);
        }
    }
    joined(&kept)
}

/// Of rows that are alike, `(?), (?)`, one is enough.
fn fold_row(words: &mut Vec<String>, start: usize) {
    let length = words.len() - start;
    let Some(first) = start.checked_sub(length + 1) else { return };
    let is_row = words[start..].iter().any(|word| word == "?");
    if is_row && words[start - 1] == "," && words[first..start - 1] == words[start..] {
        words.truncate(start - 1);
    }
}

fn joined(words: &[String]) -> String {
    let mut text = String::new();
    for (place, word) in words.iter().enumerate() {
        let before = place.checked_sub(1).map_or("", |place| words[place].as_str());
        if !before.is_empty() && !is_tight(before, word) {
            text.push(' ');
        }
        if is_quoted(word) {
            text.extend(["\"", word, "\""]);
        } else {
            text.push_str(word);
        }
    }
    text
}

/// Whether a name needs quotes: names without are in small letters, keywords in capitals.
fn is_quoted(word: &str) -> bool {
    word.starts_with(char::is_alphabetic) && word.contains(char::is_uppercase) && word.contains(char::is_lowercase)
}

fn is_tight(before: &str, word: &str) -> bool {
    let of_function = word == "(" && before.ends_with(|c: char| c.is_lowercase() || c.is_ascii_digit() || c == '"');
    of_function || matches!(word, "," | ")" | "]" | ";" | "." | "::" | "[") || matches!(before, "(" | "[" | "." | "::")
}

/// A number that is the same for texts that differ in values, blanks and comments only, as far as that is told at a
/// glance. Two statements never share it; one may have several.
pub(super) fn key(sql: &[u8]) -> u64 {
    let mut reader = Reader { sql, at: 0, hash: Hash::default() };
    while reader.step() {}
    reader.hash.0
}

/// FNV-1a, byte by byte.
#[derive(Clone, Copy)]
pub(super) struct Hash(pub(super) u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    pub(super) fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }
}

struct Reader<'s> {
    sql: &'s [u8],
    at: usize,
    hash: Hash,
}

impl Reader<'_> {
    /// Reads what comes next; says whether something did. What is not certain is hashed as it is.
    fn step(&mut self) -> bool {
        let Some(&byte) = self.sql.get(self.at) else { return false };
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => self.blanks(),
            b'\'' => self.text(),
            b'"' => self.quoted_name(),
            b'0'..=b'9' => self.number(),
            b'$' => self.parameter(),
            b'-' if self.next_is(b'-') => self.line_comment(),
            b'/' if self.next_is(b'*') => self.comment(),
            byte if is_of_name(byte) => self.name(),
            byte => {
                self.hash.byte(byte);
                self.at += 1;
            }
        }
        true
    }

    fn next_is(&self, byte: u8) -> bool {
        self.sql.get(self.at + 1) == Some(&byte)
    }

    fn blanks(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.hash.byte(b' ');
    }

    fn skip(&mut self, while_is: fn(u8) -> bool) {
        let rest = &self.sql[self.at..];
        self.at += rest.iter().position(|byte| !while_is(*byte)).unwrap_or(rest.len());
    }

    fn name(&mut self) {
        let start = self.at;
        self.skip(is_of_name);
        let name = &self.sql[start..self.at];
        for byte in name {
            self.hash.byte(byte.to_ascii_lowercase());
        }
        // In E'…' a quote can stand behind a backslash; other letters before a quote are rare.
        if name.len() <= 2 && self.sql.get(self.at) == Some(&b'\'') {
            self.rest_as_it_is();
        }
    }

    /// What is between the quotes does not matter; two quotes are two texts, which come to the same.
    fn text(&mut self) {
        let rest = &self.sql[self.at + 1..];
        match memchr::memchr(b'\'', rest) {
            // As JSON writes it, or in a server with old-style texts: where it ends is not certain.
            Some(end) if memchr::memchr(b'\\', &rest[..end]).is_some() => self.rest_as_it_is(),
            Some(end) => {
                self.at += end + 2;
                self.hash.bytes(b"''");
            }
            None => self.rest_as_it_is(),
        }
    }

    fn quoted_name(&mut self) {
        let end = memchr::memchr(b'"', &self.sql[self.at + 1..]).map_or(self.sql.len(), |end| self.at + end + 2);
        self.hash.bytes(&self.sql[self.at..end]);
        self.at = end;
    }

    fn number(&mut self) {
        self.skip(|byte| byte.is_ascii_digit());
        self.hash.byte(b'0');
    }

    /// `$1`; what begins with `$` otherwise may be a text with anything in it.
    fn parameter(&mut self) {
        if !self.sql.get(self.at + 1).is_some_and(u8::is_ascii_digit) {
            return self.rest_as_it_is();
        }
        self.at += 1;
        self.hash.byte(b'$');
        self.number();
    }

    fn line_comment(&mut self) {
        match memchr::memchr(b'\n', &self.sql[self.at..]) {
            Some(end) => {
                self.at += end;
                self.hash.byte(b' ');
            }
            None => self.rest_as_it_is(),
        }
    }

    fn comment(&mut self) {
        let rest = &self.sql[self.at + 2..];
        match memchr::memmem::find(rest, b"*/") {
            Some(end) if memchr::memmem::find(&rest[..end], b"/*").is_none() => {
                self.at += end + 4;
                self.hash.byte(b' ');
            }
            _ => self.rest_as_it_is(),
        }
    }

    fn rest_as_it_is(&mut self) {
        self.hash.byte(0);
        self.hash.bytes(&self.sql[self.at..]);
        self.at = self.sql.len();
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_layout_comments_and_lengths_of_lists_are_not_part_of_a_statement() {
        for (sql, text) in [
            ("select * from t where id = 42", "SELECT * FROM t WHERE id = ?"),
            ("SELECT  *\n\tFROM T -- all of it\n where id=$1;", "SELECT * FROM t WHERE id = ?"),
            ("select a.b, count(*) from a where s in ('x', 'y', 'z')", "SELECT a.b, count(*) FROM a WHERE s IN (?)"),
            ("insert into t (a, b) values (1, 'x'), (2, 'y'), (3, 'z')", "INSERT INTO t(a, b) VALUES (?)"),
            ("select /* by: me */ \"Order\".id::text from \"Order\"", "SELECT \"Order\".id::text FROM \"Order\""),
        ] {
            assert_eq!(normalised(sql), text);
        }
    }

    /// Pairs of texts: the same statement in other words, as far as it is seen at a glance.
    #[test]
    fn the_key_sees_through_values_and_comments() {
        for (one, other) in [
            ("select 1 from t where a = 'x'", "SELECT 1222 FROM t  WHERE a = 'it is'"),
            ("select $1 from t /* trace 17 */", "select $23 from t /* trace 18 */"),
            ("select 1 -- a\nfrom t", "select 2 -- b\nfrom t"),
        ] {
            assert_eq!(key(one.as_bytes()), key(other.as_bytes()), "{one}");
        }
    }

    #[test]
    fn the_key_never_takes_two_statements_for_one() {
        let texts = [
            "select a from t1",
            "select a from t2",
            "select a from \"T1\"",
            "select a from t1 where s = 'x' and b = 1",
            "select a from t1 where s = 'x' or b = 1",
            "select $$it's$$, a from t1",
            "select $$it's$$, b from t1",
            "select e'\\'', a, '' from t1",
            "select e'\\'', b, '' from t1",
            "select a -- '\nfrom t1 where b = ''",
            "select a -- '\nfrom t1 where c = ''",
            "select /* /* */ a */ from t1",
            "select /* /* */ b */ from t1",
            "select a --\\nfrom t1",
            "select a --\\nfrom t2",
        ];
        for (place, one) in texts.iter().enumerate() {
            for other in &texts[place + 1..] {
                assert_ne!(key(one.as_bytes()), key(other.as_bytes()), "{one}\n{other}");
            }
        }
    }
}
