//! SQL cut into tokens by Postgres' rules, for highlighting and for everything that is read from it.
//!
//! Not with a crate: sqlparser's tokenizer, which copies each word, took half of the time that all of this took, and
//! its parser is recursive.

use std::ops::Range;

/// A piece of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Where it is, in bytes.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
}

/// What a piece of SQL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// `SELECT`, `FROM`, `AND`.
    Keyword,
    /// A table, column, function, type or alias.
    Name,
    /// `"Name"`.
    QuotedName,
    /// `'text'`, `$$text$$`.
    Text,
    /// `42`.
    Number,
    /// `$1`, `?`.
    Parameter,
    /// `=`, `||`, `::`.
    Operator,
    /// Parentheses, brackets, commas, points and semicolons.
    Punctuation,
    /// `-- to the end of the line`, `/* between */`.
    Comment,
    /// Spaces, tabs and line ends.
    Space,
    /// A quote or comment that is not closed, up to the end of the text.
    Unread,
}

/// Words that are drawn as keywords, sorted. A name may be called like some of them; none of Postgres' reserved words.
const KEYWORDS: &[&str] = &[
    "ALL",
    "ANALYZE",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "COLLATE",
    "CONFLICT",
    "CREATE",
    "CROSS",
    "CUBE",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "DEFAULT",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DO",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "EXTRACT",
    "FALSE",
    "FETCH",
    "FILTER",
    "FIRST",
    "FOR",
    "FROM",
    "FULL",
    "GROUP",
    "GROUPING",
    "HAVING",
    "ILIKE",
    "IN",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LAST",
    "LATERAL",
    "LEFT",
    "LIKE",
    "LIMIT",
    "MATCHED",
    "MATERIALIZED",
    "MERGE",
    "NATURAL",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "NULLS",
    "OFFSET",
    "ON",
    "ONLY",
    "OR",
    "ORDER",
    "ORDINALITY",
    "OUTER",
    "OVER",
    "PARTITION",
    "RECURSIVE",
    "RETURNING",
    "RIGHT",
    "ROLLUP",
    "ROWS",
    "SELECT",
    "SET",
    "SETS",
    "SIMILAR",
    "SOME",
    "TABLE",
    "TABLESAMPLE",
    "THEN",
    "TO",
    "TRUE",
    "UNION",
    "UPDATE",
    "USING",
    "VALUES",
    "VERBOSE",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
    "WITHIN",
];

/// The tokens of a text, without a gap: all of them together are the text.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let mut at = 0;
    while at < text.len() {
        let (kind, length) = Cut { text: &text[at..] }.first();
        let end = (at + length).min(text.len());
        tokens.push(Token { range: at..end, kind });
        at = end;
    }
    tokens
}

/// What is left of a text, never empty.
struct Cut<'t> {
    text: &'t str,
}

impl Cut<'_> {
    /// The kind and the length in bytes of the first token.
    fn first(&self) -> (TokenKind, usize) {
        let bytes = self.text.as_bytes();
        match bytes[0] {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => (TokenKind::Space, self.run(is_space)),
            b'-' if bytes.get(1) == Some(&b'-') => (TokenKind::Comment, self.text.find('\n').unwrap_or(bytes.len())),
            b'/' if bytes.get(1) == Some(&b'*') => self.comment(),
            b'\'' => self.quoted(0, Quote::Plain),
            b'"' => self.quoted(0, Quote::Name),
            b'$' => self.dollar(),
            b'0'..=b'9' => (TokenKind::Number, self.number()),
            b'.' if bytes.get(1).is_some_and(u8::is_ascii_digit) => (TokenKind::Number, self.number()),
            b'(' | b')' | b'[' | b']' | b',' | b'.' | b';' => (TokenKind::Punctuation, 1),
            b':' => (TokenKind::Operator, if matches!(bytes.get(1), Some(b':' | b'=')) { 2 } else { 1 }),
            first if is_word_start(first) => self.word(),
            first if is_operator(first) => self.operator(),
            _ => (TokenKind::Operator, self.text.chars().next().map_or(1, char::len_utf8)),
        }
    }

    /// How many bytes are of a class.
    fn run(&self, is_in: fn(u8) -> bool) -> usize {
        self.text.bytes().position(|byte| !is_in(byte)).unwrap_or(self.text.len())
    }

    fn unread(&self) -> (TokenKind, usize) {
        (TokenKind::Unread, self.text.len())
    }

    /// Comments nest.
    fn comment(&self) -> (TokenKind, usize) {
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (2, 1_usize);
        while at + 1 < bytes.len() {
            match &bytes[at..at + 2] {
                b"/*" => depth += 1,
                b"*/" if depth == 1 => return (TokenKind::Comment, at + 2),
                b"*/" => depth -= 1,
                _ => {
                    at += 1;
                    continue;
                }
            }
            at += 2;
        }
        self.unread()
    }

    /// What is quoted from the quote at `open` on; the quote within is doubled.
    fn quoted(&self, open: usize, quote: Quote) -> (TokenKind, usize) {
        let bytes = self.text.as_bytes();
        let mark = bytes[open];
        let mut at = open + 1;
        while at < bytes.len() {
            if bytes[at] == b'\\' && quote == Quote::Escaped {
                at += 2;
            } else if bytes[at] != mark {
                at += 1;
            } else if bytes.get(at + 1) == Some(&mark) {
                at += 2;
            } else {
                return (if quote == Quote::Name { TokenKind::QuotedName } else { TokenKind::Text }, at + 1);
            }
        }
        self.unread()
    }

    /// `$1`, `$$text$$`, `$tag$text$tag$`.
    fn dollar(&self) -> (TokenKind, usize) {
        let digits = 1 + Cut { text: &self.text[1..] }.run(|byte| byte.is_ascii_digit());
        if digits > 1 {
            return (TokenKind::Parameter, digits);
        }
        let tag = 1 + Cut { text: &self.text[1..] }.run(|byte| byte != b'$' && is_word(byte));
        if self.text.as_bytes().get(tag) != Some(&b'$') {
            return (TokenKind::Operator, 1);
        }
        let mark = &self.text[..=tag];
        let end = self.text[mark.len()..].find(mark);
        end.map_or(self.unread(), |end| (TokenKind::Text, end + 2 * mark.len()))
    }

    fn number(&self) -> usize {
        let bytes = self.text.as_bytes();
        if bytes[0] == b'0' && bytes.get(1).is_some_and(|base| matches!(base, b'x' | b'X' | b'o' | b'O' | b'b' | b'B'))
        {
            return 2 + Cut { text: &self.text[2..] }.run(|byte| byte.is_ascii_hexdigit() || byte == b'_');
        }
        let digits =
            |at: usize| at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count();
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let has_exponent = matches!(bytes.get(end), Some(b'e' | b'E'));
        if has_exponent && bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
        end
    }

    /// A name or keyword, or a text with letters before its quote: `E'a\n'`, `U&'…'`.
    fn word(&self) -> (TokenKind, usize) {
        let bytes = self.text.as_bytes();
        let prefix = match bytes[0] {
            b'u' | b'U' if bytes.get(1) == Some(&b'&') => 2,
            b'e' | b'E' | b'b' | b'B' | b'x' | b'X' | b'n' | b'N' => 1,
            _ => 0,
        };
        match bytes.get(prefix) {
            Some(b'\'') if prefix == 1 && bytes[0].eq_ignore_ascii_case(&b'e') => {
                return self.quoted(1, Quote::Escaped);
            }
            Some(b'\'') if prefix > 0 => return self.quoted(prefix, Quote::Plain),
            Some(b'"') if prefix == 2 => return self.quoted(prefix, Quote::Name),
            _ => {}
        }
        let end = self.run(is_word);
        (if is_keyword(&self.text[..end]) { TokenKind::Keyword } else { TokenKind::Name }, end)
    }

    /// The longest that can be one operator: no comment begins in it, and a sign ends only one that has a letter of
    /// its own, so that `=-1` are two.
    fn operator(&self) -> (TokenKind, usize) {
        let run = &self.text[..self.run(is_operator)];
        let comment = [run.find("--"), run.find("/*")].into_iter().flatten().min();
        let mut end = comment.unwrap_or(run.len()).max(1);
        let is_own = run[..end].contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']);
        while !is_own && end > 1 && run[..end].ends_with(['+', '-']) {
            end -= 1;
        }
        (if &run[..end] == "?" { TokenKind::Parameter } else { TokenKind::Operator }, end)
    }
}

/// How a quoted text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    Plain,
    /// A backslash takes what follows with it.
    Escaped,
    Name,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// What is not ASCII is a letter to Postgres.
fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}

fn is_keyword(word: &str) -> bool {
    let folded = |keyword: &&str| keyword.bytes().cmp(word.bytes().map(|byte| byte.to_ascii_uppercase()));
    KEYWORDS.binary_search_by(folded).is_ok()
}

/// A token that is neither space nor comment, with its text.
#[derive(Debug, Clone)]
pub(super) struct Lexeme<'t> {
    pub(super) text: &'t str,
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
    /// Of an opening parenthesis or bracket the place of the closing one, if there is one.
    pub(super) mate: Option<usize>,
}

impl Lexeme<'_> {
    /// Whether it is this word, whatever its case, and not a quoted name or a text.
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.kind, TokenKind::Keyword | TokenKind::Name) && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text && !matches!(self.kind, TokenKind::Text | TokenKind::QuotedName)
    }

    /// Whether a table, column or alias can be called so.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, TokenKind::Name | TokenKind::QuotedName)
    }
}

/// The tokens that mean something, and whether all that was opened is closed.
pub(super) fn lexemes<'t>(text: &'t str, tokens: &[Token]) -> (Vec<Lexeme<'t>>, bool) {
    let means = |token: &&Token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment | TokenKind::Unread);
    let of = |token: &Token| Lexeme {
        text: &text[token.range.clone()],
        kind: token.kind,
        range: token.range.clone(),
        mate: None,
    };
    let mut lexemes: Vec<Lexeme<'t>> = tokens.iter().filter(means).map(of).collect();
    let mut open = Vec::new();
    let mut is_whole = tokens.last().is_none_or(|token| token.kind != TokenKind::Unread);
    for place in 0..lexemes.len() {
        if lexemes[place].kind != TokenKind::Punctuation {
            continue;
        }
        match lexemes[place].text {
            "(" | "[" => open.push(place),
            ")" | "]" => match open.pop() {
                Some(start) => lexemes[start].mate = Some(place),
                None => is_whole = false,
            },
            _ => {}
        }
    }
    let is_whole = is_whole && open.is_empty();
    (lexemes, is_whole)
}

/// A name as Postgres compares it: folded to lower case unless quoted.
pub(crate) fn name(text: &str) -> String {
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => text.to_lowercase(),
    }
}
