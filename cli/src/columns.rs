//! Rows of text in columns, as wide as the terminal.

use comfy_table::{ContentArrangement, Table, presets};

/// The rows with their columns aligned behind an indent; what does not fit is wrapped in its column.
pub(crate) fn columns<const N: usize>(
    rows: impl IntoIterator<Item = [String; N]>,
    indent: &str,
    width: usize,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width - indent.len()).unwrap_or(u16::MAX));
    for row in rows {
        table.add_row(row);
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if place + 1 < N { 2 } else { 0 }));
    }
    table.lines().fold(String::new(), |text, line| text + indent + line.trim_end() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_wrapped_in_its_column() {
        let rows = [["a".to_owned(), "short".to_owned()], ["long".to_owned(), "one two three".to_owned()]];
        assert_eq!(columns(rows, "  ", 16), "  a     short\n  long  one two\n        three\n");
    }
}
