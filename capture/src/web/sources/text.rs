//! Scripts as V8 counts in them: by characters from their beginning.

use std::sync::Arc;

use perf_look_analyzers::web::place::{Original, Position, Site};
use perf_look_analyzers::web::source_map::{Generated, SourceMap};
use serde_json::Value;

use super::{Code, Function, Sources, functions};

/// A script with its text.
#[derive(Debug)]
pub(in crate::web) struct Whole {
    /// Its address; that of its document where it stands in one; empty where it has none.
    pub(in crate::web) url: String,
    /// Its text.
    pub(in crate::web) text: Arc<Generated>,
    /// Its map, where it has one that can be used.
    pub(in crate::web) map: Option<Arc<SourceMap>>,
}

impl Sources<'_> {
    /// The page's own session, in which scripts of its frames are too unless they have a process of their own.
    pub(in crate::web) fn session(&self) -> &str {
        self.page.session()
    }

    /// The place of a character of a script, counted from 0 in UTF-16 code units, for [`Sources::site`].
    pub(in crate::web) async fn place(&mut self, session: &str, id: &str, offset: usize) -> Option<(u32, u32)> {
        self.hear();
        let key = (session.to_owned(), id.to_owned());
        let text = self.text(&key).await?;
        let at = outside(self.scripts.get(&key)?.extent.0, text.position(offset));
        Some((at.line - 1, at.column - 1))
    }

    /// The site of a function that begins and ends at these characters of a script.
    pub(in crate::web) async fn function(
        &mut self,
        id: &str,
        (name, begin, end): (&str, usize, usize),
    ) -> Option<Site> {
        self.hear();
        let session = self.session().to_owned();
        let at = self.place(&session, id, begin).await?;
        let mut site = self.site(Code::Script { session: &session, id }, at, name).await;
        let key = (session, id.to_owned());
        let function = Function { name: name.to_owned(), extent: (begin, end) };
        let own = self.name_of(&key, &function).await;
        site.original = site.original.map(|original| Original { function: own, ..original });
        Some(site)
    }

    /// The site of what begins at a character of a script, with the innermost function around it that has a name.
    pub(in crate::web) async fn within(&mut self, id: &str, offset: usize) -> Option<Site> {
        let session = self.session().to_owned();
        let at = self.place(&session, id, offset).await?;
        Some(self.site_within(Code::Script { session: &session, id }, at).await)
    }

    /// Takes in where the functions of the page's session are, from an answer with coverage: what coverage has reset
    /// cannot be asked for again.
    pub(in crate::web) fn know_functions(&mut self, coverage: &Value) {
        self.functions.insert(self.session().to_owned(), functions(coverage));
    }

    /// A script with its text and map.
    pub(in crate::web) async fn whole(&mut self, session: &str, id: &str) -> Option<Whole> {
        self.hear();
        let key = (session.to_owned(), id.to_owned());
        let url = self.scripts.get(&key)?.url.clone();
        let text = self.text(&key).await?;
        Some(Whole { url, text, map: self.map(&key).await })
    }
}

/// A place of a script as one of the file in which it begins.
pub(super) fn outside(start: Position, at: Position) -> Position {
    let column = if at.line == 1 { at.column.saturating_add(start.column - 1) } else { at.column };
    Position { line: at.line.saturating_add(start.line - 1), column }
}
