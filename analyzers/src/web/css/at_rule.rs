//! At-rules: what their blocks hold.

use cssparser::ParserState;

use super::read::narrow;
use super::sheet::Span;

/// An at-rule before its block.
pub(super) struct At {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) name_end: u32,
    pub(super) prelude: Span,
}

impl At {
    /// From the `@` to the end of the prelude.
    pub(super) fn span(&self, start: &ParserState) -> Span {
        let end = if self.prelude.is_empty() { self.name_end } else { self.prelude.end };
        Span { start: narrow(start.position().byte_index()), end }
    }
}

/// What may follow an at-rule's prelude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Statement,
    Rules,
    Scope,
    /// `@layer`, with a block or without.
    Layer,
    Keyframes,
    Descriptors,
    Unknown,
}

/// By the name in lower case.
pub(super) fn kind(name: &str) -> Kind {
    match name {
        "charset" | "import" | "namespace" => Kind::Statement,
        "media" | "supports" | "container" | "starting-style" | "document" | "-moz-document" => Kind::Rules,
        "layer" => Kind::Layer,
        "scope" => Kind::Scope,
        "font-face"
        | "page"
        | "counter-style"
        | "property"
        | "font-palette-values"
        | "view-transition"
        | "position-try"
        | "font-feature-values"
        | "color-profile"
        | "viewport"
        | "-ms-viewport"
        | "-o-viewport" => Kind::Descriptors,
        _ if name.ends_with("keyframes") => Kind::Keyframes,
        _ => Kind::Unknown,
    }
}
