//! Where code is: in what the browser loaded, and in what that was made from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in a text, as editors show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in UTF-16 code units, as V8 and source maps count them.
    pub column: u32,
}

impl Position {
    /// From the zero-based numbers of the DevTools protocol, profiles and source maps.
    pub fn from_zero(line: u32, column: u32) -> Self {
        Self { line: line.saturating_add(1), column: column.saturating_add(1) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A place in a script or stylesheet.
///
/// Ordered by where it is, so that lists of sites have one order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Site {
    /// What the browser loaded; empty where it has no address, as code from `eval`.
    pub url: String,
    /// Where in that.
    pub at: Position,
    /// The function that it is in, as the browser names it; minified where the build is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The same place in what the file was made from; none without a source map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Original>,
}

/// A place in a source file, found by a source map.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Original {
    /// The file as the map names it: `src/Row.jsx`.
    pub source: String,
    /// Where in that.
    pub at: Position,
    /// The name of the function there, where the map knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
}

impl Site {
    /// The file to open: the original one where it is known.
    pub fn file(&self) -> &str {
        self.original.as_ref().map_or(&self.url, |original| &original.source)
    }

    /// Where in [`Site::file`].
    pub fn position(&self) -> Position {
        self.original.as_ref().map_or(self.at, |original| original.at)
    }

    /// The function's own name before that which a build gave it.
    pub fn function(&self) -> Option<&str> {
        let original = self.original.as_ref().and_then(|original| original.function.as_deref());
        original.or(self.function.as_deref()).filter(|name| !name.is_empty())
    }
}

impl fmt::Display for Site {
    /// `src/Row.jsx:20:14 BadRow`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = if self.file().is_empty() { "(no address)" } else { self.file() };
        write!(f, "{file}:{}", self.position())?;
        match self.function() {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}
