//! The name of a function out of the source, for builds that have thrown it away.

/// The name of the function or class that begins at a UTF-16 column of a line: `function NAME(`, `class NAME`.
pub(super) fn name(line: &str, column: u32) -> Option<&str> {
    let text = &line[byte_of(line, column)?..];
    let text = ["export ", "default ", "async "].into_iter().fold(text, without);
    let rest = ["function", "class"].into_iter().find_map(|word| text.strip_prefix(word))?;
    let rest = rest.trim_start_matches('*');
    let name = rest.trim_start();
    // `functional(`, or nothing behind the keyword on this line.
    let is_apart = name.len() < rest.len() || rest.len() < text.len() && text.contains('*');
    let length = name.find(|c: char| !(c == '$' || c == '_' || c.is_alphanumeric())).unwrap_or(name.len());
    (is_apart && length > 0).then(|| &name[..length])
}

fn without<'a>(text: &'a str, word: &str) -> &'a str {
    text.strip_prefix(word).map_or(text, str::trim_start)
}

fn byte_of(line: &str, column: u32) -> Option<usize> {
    let mut left = usize::try_from(column).ok()?;
    for (byte, c) in line.char_indices() {
        if left == 0 {
            return Some(byte);
        }
        left = left.checked_sub(c.len_utf16())?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_function_expression_keeps_its_name_in_the_source() {
        for (line, column, expected) in [
            ("const Row = memo(function BadRow({ id }) {", 17, Some("BadRow")),
            ("export default async function* rows() {", 0, Some("rows")),
            ("/* ä😀 */ class $Row extends X {", 10, Some("$Row")),
            ("memo(function ({ id }) {", 5, None),
            ("functional(a)", 0, None),
            ("(a) => a", 0, None),
            ("f", 9, None),
        ] {
            assert_eq!(name(line, column), expected, "{line}");
        }
    }
}
