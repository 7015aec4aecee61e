//! Scripts by what V8 counts them in: characters from their beginning.

use perf_look_analyzers::web::place::Position;

use super::Sources;

impl Sources<'_> {
    /// The place of a character of a script, counted from 0 in UTF-16 code units, for [`Sources::site`].
    pub(in crate::web) async fn place(&mut self, session: &str, id: &str, offset: usize) -> Option<(u32, u32)> {
        self.hear();
        let key = (session.to_owned(), id.to_owned());
        let text = self.text(&key).await?;
        let at = outside(self.scripts.get(&key)?.extent.0, text.position(offset));
        Some((at.line - 1, at.column - 1))
    }
}

/// A place of a script as one of the file in which it begins.
pub(super) fn outside(start: Position, at: Position) -> Position {
    let column = if at.line == 1 { at.column.saturating_add(start.column - 1) } else { at.column };
    Position { line: at.line.saturating_add(start.line - 1), column }
}
