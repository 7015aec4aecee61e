//! SQL text into statements, as psql would cut it: at semicolons outside of quotes, comments and parentheses of
//! function bodies; rows that follow a COPY … FROM stdin are no SQL.

use perf_look_analyzers::report::Reject;

/// One statement of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// `slow.sql`, `slow.sql:12` where there are several, or what a comment `-- name: …` says.
    pub name: String,
    /// The line it begins on, from 1.
    pub line: usize,
    /// The statement, without the semicolon.
    pub text: String,
}

/// What follows a COPY … FROM stdin in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows<'t> {
    /// The line of the first one, from 1.
    pub line: usize,
    /// All of them, as they stand there.
    pub text: &'t str,
}

/// What a text holds.
pub(super) struct Script<'t> {
    pub statements: Vec<Sql>,
    /// Of each COPY … FROM stdin among the statements, in their order.
    pub rows: Vec<Rows<'t>>,
    /// The lines that are psql's commands.
    pub commands: Vec<Reject>,
}

/// The statements of a text, and the lines that are psql's commands and no SQL.
pub fn split(source: &str, text: &str) -> (Vec<Sql>, Vec<Reject>) {
    let script = script(source, text);
    (script.statements, script.commands)
}

/// A text with what is not SQL in it.
pub(super) fn script<'t>(source: &str, text: &'t str) -> Script<'t> {
    let Lines { sql, rows, commands } = Lines::of(source, text);
    Script { statements: statements(source, &sql), rows, commands }
}

fn statements(source: &str, text: &str) -> Vec<Sql> {
    let mut statements: Vec<Sql> = Vec::new();
    let mut start = 0;
    let mut line_of_start = 1;
    for end in ends(text) {
        let piece = &text[start..end];
        if let Some(begin) = first_word(piece) {
            let line = line_of_start + piece[..begin].matches('\n').count();
            let named = name_comment(&piece[..begin]);
            let name = named.unwrap_or_else(|| format!("{source}:{line}"));
            statements.push(Sql { name, line, text: piece[begin..].trim_end().to_owned() });
        }
        line_of_start += piece.matches('\n').count();
        start = end + 1;
    }
    if let [only] = statements.as_mut_slice()
        && only.name == format!("{source}:{}", only.line)
    {
        source.clone_into(&mut only.name);
    }
    statements
}

/// Whether a statement wants rows from the file after it.
pub(super) fn is_copy(text: &str) -> bool {
    let mut words = text.split_whitespace();
    if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("copy")) {
        return false;
    }
    let words: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    words.windows(2).any(|pair| pair[0] == "from" && pair[1] == "stdin")
}

/// A text line by line: what is no SQL is blanked in it, so that lines keep their numbers.
struct Lines<'t> {
    sql: String,
    rows: Vec<Rows<'t>>,
    commands: Vec<Reject>,
}

impl<'t> Lines<'t> {
    fn of(source: &str, text: &'t str) -> Self {
        let mut lines = Self { sql: String::with_capacity(text.len()), rows: Vec::new(), commands: Vec::new() };
        // A dump's rows end with such a line, and commands begin so.
        if !text.lines().any(|line| line.trim_start().starts_with('\\')) {
            text.clone_into(&mut lines.sql);
            return lines;
        }
        let mut cut = Cut::default();
        let mut begin = 0;
        let mut rows_from: Option<(usize, usize)> = None;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let end = begin + line.len();
            if let Some((line_of_first, from)) = rows_from {
                lines.sql.push('\n');
                let is_last = line.trim_end() == "\\.";
                if is_last || end == text.len() {
                    let text = &text[from..if is_last { begin } else { end }];
                    lines.rows.push(Rows { line: line_of_first, text });
                    rows_from = None;
                }
            } else if line.trim_start().starts_with('\\') && matches!(cut.inside, Inside::Sql) {
                lines.commands.push(command(source, number + 1, line));
                lines.sql.push('\n');
            } else {
                lines.sql.push_str(line);
            }
            let before = cut.ends.len();
            cut.read(&lines.sql);
            if cut.ends.len() > before && cut.ends_with_copy(&lines.sql) {
                rows_from = Some((number + 2, end));
            }
            begin = end;
        }
        lines
    }
}

fn command(source: &str, line: usize, text: &str) -> Reject {
    let word = text.split_whitespace().next().unwrap_or_default();
    let why = format!("{word} is a command of psql and no SQL, so it was left out");
    Reject { source: source.to_owned(), line: Some(line), why }
}

/// The places of the semicolons that end statements, and the end of the text.
fn ends(text: &str) -> Vec<usize> {
    Cut::of(text).ends
}

/// What the place in a text is inside of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Inside {
    #[default]
    Sql,
    /// `'…'`; with `E` before it a backslash escapes.
    Quote { escapes: bool },
    /// `"…"`
    Identifier,
    /// `$tag$…$tag$`
    Dollar(String),
    /// `-- …`
    LineComment,
    /// `/* … */`, nested.
    BlockComment(usize),
}

#[derive(Default)]
struct Cut {
    ends: Vec<usize>,
    inside: Inside,
    /// How many bytes were read.
    at: usize,
}

impl Cut {
    /// Reads a text from its beginning.
    fn of(text: &str) -> Self {
        let mut cut = Self::default();
        cut.read(text);
        cut.ends.push(text.len());
        cut
    }

    /// Whether the last statement that ended is a COPY … FROM stdin.
    fn ends_with_copy(&self, text: &str) -> bool {
        let [before @ .., last] = &self.ends[..] else { return false };
        let piece = &text[before.last().map_or(0, |end| end + 1)..*last];
        first_word(piece).is_some_and(|begin| is_copy(&piece[begin..]))
    }

    /// Reads a text from where the last one ended, which it begins with.
    fn read(&mut self, text: &str) {
        while self.at < text.len() {
            self.at += self.step(text, self.at);
        }
    }

    /// Reads on at a place; how many bytes were read.
    fn step(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let first = rest.chars().next().map_or(1, char::len_utf8);
        match &mut self.inside {
            Inside::Sql => return self.sql(text, at),
            Inside::Quote { escapes: true } if rest.starts_with('\\') => {
                return first + rest[first..].chars().next().map_or(0, char::len_utf8);
            }
            Inside::Quote { .. } if rest.starts_with('\'') => self.inside = Inside::Sql,
            Inside::Identifier if rest.starts_with('"') => self.inside = Inside::Sql,
            Inside::LineComment if rest.starts_with('\n') => self.inside = Inside::Sql,
            Inside::Dollar(tag) if rest.starts_with(tag.as_str()) => {
                let length = tag.len();
                self.inside = Inside::Sql;
                return length;
            }
            Inside::BlockComment(depth) if rest.starts_with("/*") => {
                *depth += 1;
                return 2;
            }
            Inside::BlockComment(depth) if rest.starts_with("*/") => {
                *depth -= 1;
                if *depth == 0 {
                    self.inside = Inside::Sql;
                }
                return 2;
            }
            _ => {}
        }
        first
    }

    fn sql(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let before = text[..at].chars().next_back();
        let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        match rest.as_bytes()[0] {
            b';' => self.ends.push(at),
            b'\'' => {
                let letter = before.is_some_and(|c| c.eq_ignore_ascii_case(&'e'));
                let longer = text[..at].chars().rev().nth(1).is_some_and(|c| c.is_alphanumeric() || c == '_');
                self.inside = Inside::Quote { escapes: letter && !longer };
            }
            b'"' => self.inside = Inside::Identifier,
            b'-' if rest.starts_with("--") => self.inside = Inside::LineComment,
            b'/' if rest.starts_with("/*") => {
                self.inside = Inside::BlockComment(1);
                return 2;
            }
            b'$' if !in_word => {
                if let Some(tag) = dollar_tag(rest) {
                    let length = tag.len();
                    self.inside = Inside::Dollar(tag);
                    return length;
                }
            }
            _ => {}
        }
        rest.chars().next().map_or(1, char::len_utf8)
    }
}

/// `$$` or `$tag$` at the beginning of a text; `$1` is a parameter.
fn dollar_tag(rest: &str) -> Option<String> {
    let end = rest[1..].find('$')? + 1;
    let name = &rest[1..end];
    let is_name =
        name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    is_name.then(|| rest[..=end].to_owned())
}

/// The place of the first word that is no comment.
fn first_word(piece: &str) -> Option<usize> {
    let mut cut = Cut::default();
    let mut at = 0;
    while at < piece.len() {
        let comment_before = cut.inside != Inside::Sql;
        let read = cut.step(piece, at);
        let comment_after = matches!(cut.inside, Inside::LineComment | Inside::BlockComment(_));
        if !comment_before && !comment_after && !piece[at..].starts_with(char::is_whitespace) {
            return Some(at);
        }
        at += read;
    }
    None
}

/// The name in the last comment `-- name: …` before a statement.
fn name_comment(comments: &str) -> Option<String> {
    let mut named = comments.lines().filter_map(|line| line.trim().strip_prefix("--")?.trim().strip_prefix("name:"));
    named.next_back().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn texts(text: &str) -> Vec<String> {
        split("q.sql", text).0.into_iter().map(|sql| sql.text).collect()
    }

    #[test]
    fn only_a_semicolon_outside_of_everything_ends_a_statement() {
        for text in [
            "select ';'",
            "select 'it''s;'",
            r"select E'\';'",
            r#"select ";""#,
            "select $$;$$",
            "select $a$ $$;$$ ; $a$",
            "select 1 /* ; /* ; */ ; */ + 1",
            "select 1 -- ;\n + 1",
            "select $1, $2",
            "select a$b$c",
        ] {
            assert_eq!(texts(text), [text], "{text}");
            assert_eq!(texts(&format!("{text};\nselect 2 ;")), [text, "select 2"], "{text}");
        }
    }

    #[test]
    fn a_backslash_escapes_in_escape_strings_only() {
        assert_eq!(texts(r"select '\'; select 2"), [r"select '\'", "select 2"]);
    }

    #[test]
    fn a_statement_is_named_by_its_comment_or_its_line() {
        let (statements, _) = split("q.sql", "-- name: top customers\n-- more\nselect 1;\n\n/* x */ select\n2;;");
        let named: Vec<(&str, usize)> = statements.iter().map(|sql| (sql.name.as_str(), sql.line)).collect();
        assert_eq!(named, [("top customers", 3), ("q.sql:5", 5)]);
        assert_eq!(split("q.sql", "\nselect 1\n").0[0].name, "q.sql");
        assert!(split("q.sql", " ; -- nothing\n").0.is_empty());
    }

    #[test]
    fn commands_of_psql_are_left_out_and_said() {
        let (statements, rejects) = split("q.sql", "\\timing on\nselect '\n\\x';\n\\q\n");
        assert_eq!(statements.len(), 1);
        assert_eq!(statements[0].text, "select '\n\\x'");
        let lines: Vec<Option<usize>> = rejects.iter().map(|reject| reject.line).collect();
        assert_eq!(lines, [Some(1), Some(4)]);
    }

    #[test]
    fn rows_of_a_copy_are_no_sql() {
        let text =
            "select 1;\n-- rows\nCOPY a (b) FROM stdin;\n'; \\N\n\\N\t$$\n\\.\n\ncopy b from stdin;\n\\.\nselect 2;\n";
        let script = script("dump.sql", text);
        let texts: Vec<(usize, &str)> = script.statements.iter().map(|sql| (sql.line, sql.text.as_str())).collect();
        assert_eq!(texts, [(1, "select 1"), (3, "COPY a (b) FROM stdin"), (8, "copy b from stdin"), (10, "select 2")]);
        assert_eq!(script.rows, [Rows { line: 4, text: "'; \\N\n\\N\t$$\n" }, Rows { line: 9, text: "" }]);
        assert_eq!(script.commands, []);
    }

    #[test]
    fn rows_without_an_end_go_to_the_end_of_the_text() {
        let script = script("dump.sql", "copy a from stdin;\n\\N\n2");
        assert_eq!(script.rows, [Rows { line: 2, text: "\\N\n2" }]);
    }
}
