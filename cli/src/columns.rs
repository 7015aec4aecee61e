//! Rows of text in columns, as wide as the terminal.

use comfy_table::{ContentArrangement, Table, presets};

/// The rows with their columns aligned; what does not fit is wrapped in its column.
pub(crate) fn columns<const N: usize>(rows: impl IntoIterator<Item = [String; N]>, width: usize) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    format!("{}\n", table.trim_fmt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_wrapped_in_its_column() {
        let rows = [["a".to_owned(), "short".to_owned()], ["long".to_owned(), "one two three".to_owned()]];
        assert_eq!(columns(rows, 18), "a     short\nlong  one two\n      three\n");
    }
}
