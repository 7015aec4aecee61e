//! SQL cut into tokens, for highlighting and for everything that is read from it.

use std::ops::Range;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token as Read, Tokenizer, Whitespace};

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
    /// From here on the statement cannot be cut into tokens: a quote that is not closed.
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
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut read = Vec::new();
    let dialect = PostgreSqlDialect {};
    let whole = Tokenizer::new(&dialect, text).with_unescape(false).tokenize_with_location_into_buf(&mut read);
    let mut cursor = Cursor { text, at: 0, line: 1, column: 1 };
    let mut tokens: Vec<Token> = Vec::with_capacity(read.len() + 1);
    for token in read {
        let start = cursor.at;
        cursor.go_to(token.span.end);
        let range = start..cursor.at;
        let kind = kind(&token.token, &text[range.clone()]);
        match tokens.last_mut() {
            Some(last) if kind == TokenKind::Space && last.kind == kind => last.range.end = range.end,
            _ => tokens.push(Token { range, kind }),
        }
    }
    if cursor.at < text.len() || whole.is_err() {
        tokens.push(Token { range: cursor.at..text.len(), kind: TokenKind::Unread });
    }
    tokens.retain(|token| !token.range.is_empty());
    tokens
}

/// The tokenizer counts lines and characters; ranges are bytes.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
    line: u64,
    column: u64,
}

impl Cursor<'_> {
    fn go_to(&mut self, end: Location) {
        for c in self.text[self.at..].chars() {
            if (self.line, self.column) >= (end.line, end.column) {
                return;
            }
            self.at += c.len_utf8();
            (self.line, self.column) = if c == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        }
    }
}

fn kind(token: &Read, text: &str) -> TokenKind {
    match token {
        Read::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => TokenKind::Comment,
        Read::Whitespace(_) => TokenKind::Space,
        Read::Word(word) if word.quote_style.is_some() => TokenKind::QuotedName,
        Read::Word(_) if is_keyword(text) => TokenKind::Keyword,
        Read::Word(_) => TokenKind::Name,
        Read::Number(..) => TokenKind::Number,
        Read::Placeholder(_) | Read::Question => TokenKind::Parameter,
        Read::LParen
        | Read::RParen
        | Read::LBracket
        | Read::RBracket
        | Read::Comma
        | Read::Period
        | Read::SemiColon => TokenKind::Punctuation,
        _ if text.contains('\'') || text.starts_with('$') => TokenKind::Text,
        _ => TokenKind::Operator,
    }
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
pub(super) fn name(text: &str) -> String {
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => text.to_lowercase(),
    }
}
