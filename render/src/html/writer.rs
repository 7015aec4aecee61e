//! The only way into the page: markup is a literal of this program, all else is made safe and escaped.

use std::fmt::{self, Display, Write as _};

use perf_look_analyzers::safe;

use super::assets::Style;

/// A page in the making. Text that was not in the source of this program cannot get in unescaped: markup has to be
/// `'static`, and everything else goes through [`Html::text`] or [`Html::block`].
#[derive(Debug, Default)]
pub(super) struct Html {
    page: String,
}

impl Html {
    /// Markup of ours.
    pub(super) fn markup(&mut self, markup: &'static str) {
        self.page.push_str(markup);
    }

    /// Text on one line, or the value of an attribute in double quotes.
    pub(super) fn text(&mut self, text: impl Display) {
        // Writing to a string cannot fail.
        let _ = write!(Escaped { page: &mut self.page, clean: safe::line }, "{text}");
    }

    /// Text whose line ends and tabs stay.
    pub(super) fn block(&mut self, text: &str) {
        let _ = Escaped { page: &mut self.page, clean: safe::block }.write_str(text);
    }

    /// JSON inside of a script element: without a `<` nothing there ends it.
    pub(super) fn json(&mut self, json: &str) {
        let mut pieces = json.split('<');
        self.page.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            self.page.push_str("\\u003c");
            self.page.push_str(piece);
        }
    }

    /// The one style of the page.
    pub(super) fn style(&mut self, style: &Style) {
        self.page.push_str("<style>");
        self.page.push_str(style.as_str());
        self.page.push_str("</style>");
    }

    /// The page so far.
    pub(super) fn as_str(&self) -> &str {
        &self.page
    }
}

struct Escaped<'p> {
    page: &'p mut String,
    clean: fn(&str) -> std::borrow::Cow<'_, str>,
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let text = (self.clean)(text);
        let mut rest = text.as_ref();
        while let Some(at) = rest.find(['<', '>', '&', '"', '\'']) {
            self.page.push_str(&rest[..at]);
            self.page.push_str(match rest.as_bytes()[at] {
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'&' => "&amp;",
                b'"' => "&quot;",
                _ => "&#39;",
            });
            rest = &rest[at + 1..];
        }
        self.page.push_str(rest);
        Ok(())
    }
}

/// Writes markup (literals) and text (in braces), in turn: `put!(html, "<b title=\"" {name} "\">" {label} "</b>")`.
macro_rules! put {
    (@piece $html:expr, $markup:literal) => { $html.markup($markup) };
    (@piece $html:expr, { $text:expr }) => { $html.text($text) };
    ($html:expr, $($piece:tt)+) => {{ $( put!(@piece $html, $piece); )+ }};
}
pub(super) use put;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let mut html = Html::default();
        put!(html, "<b>" {"</b><img src=x onerror=\"alert('1')\">&\u{1b}\u{202e}"} "</b>");
        assert_eq!(
            html.as_str(),
            "<b>&lt;/b&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;␛&lt;U+202E&gt;</b>"
        );
    }

    #[test]
    fn json_cannot_end_its_script() {
        let mut html = Html::default();
        html.json("{\"a\":\"</script><!--\"}");
        assert_eq!(html.as_str(), "{\"a\":\"\\u003c/script>\\u003c!--\"}");
    }
}
