//! What makes two texts of SQL the same statement.

use crate::digest::digest;
use crate::postgres::clauses::{TokenKind, folded_name, tokens};

/// A digest of a statement that comments, line ends, letter case of words, literals and the length of lists of them
/// do not change. Aliases do: without a parser of all of SQL nobody can tell them from columns.
pub fn fingerprint(sql: &str) -> String {
    digest(words(sql).iter().map(String::as_str))
}

/// The words that tell statements apart: keywords in capitals, names folded, `?` for values.
pub(crate) fn words(sql: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for token in tokens(sql) {
        let text = &sql[token.range.clone()];
        match token.kind {
            TokenKind::Space | TokenKind::Comment => {}
            TokenKind::Text | TokenKind::Number | TokenKind::Parameter => value(&mut words),
            TokenKind::Keyword => words.push(text.to_uppercase()),
            TokenKind::Name | TokenKind::QuotedName => words.push(folded_name(text)),
            _ => words.push(text.to_owned()),
        }
    }
    if words.last().is_some_and(|word| word == ";") {
        words.pop();
    }
    words
}

/// Of values with a comma between them one is enough.
fn value(words: &mut Vec<String>) {
    if let [.., value, comma] = words.as_slice()
        && (value, comma) == (&"?".to_owned(), &",".to_owned())
    {
        words.pop();
        return;
    }
    words.push("?".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_literals_and_the_length_of_lists_do_not_make_another_statement() {
        let one = fingerprint("select a from t where id in (1, 2, 3) and s = 'x'");
        assert_eq!(one, fingerprint("SELECT a -- the one\n  FROM T\n WHERE id IN (7) AND s='yy';"));
        assert_ne!(one, fingerprint("select b from t where id in (1, 2, 3) and s = 'x'"));
        assert_ne!(one, fingerprint("select a from \"T\" where id in (1) and s = 'x'"));
    }
}
