//! From a selector as Chromium writes it to where it is in a sheet.

use cssparser::Parser;

use super::read::fingerprint;
use super::selector::{Around, End, Reader};
use super::sheet::{Selector, Sheet};

/// The selectors of a sheet by the text that Chromium shows for them, as its selector statistics do.
///
/// Nested selectors have no parent in that text, so two rules can have one text: all of them are found.
#[derive(Debug)]
pub struct Index<'a> {
    selectors: Vec<&'a Selector>,
}

impl<'a> Index<'a> {
    /// Of all selectors of a sheet.
    pub fn of(sheet: &'a Sheet) -> Self {
        let mut selectors: Vec<&Selector> = sheet.selectors.iter().collect();
        // Stable: those with one text stay in the order of the sheet.
        selectors.sort_by_key(|selector| selector.serialised);
        Self { selectors }
    }

    /// The selectors that Chromium writes like this, in the order of the sheet.
    pub fn find(&self, selector: &str) -> &[&'a Selector] {
        let Some(text) = serialise(selector) else { return &[] };
        let found = self.with(fingerprint(&text));
        // A selector in a style rule without an `&` has an implied one.
        if found.is_empty() { self.with(fingerprint(&format!("& {text}"))) } else { found }
    }

    fn with(&self, serialised: u64) -> &[&'a Selector] {
        let from = self.selectors.partition_point(|selector| selector.serialised < serialised);
        let rest = self.selectors.get(from..).unwrap_or_default();
        let count = rest.partition_point(|selector| selector.serialised == serialised);
        rest.get(..count).unwrap_or_default()
    }
}

/// One selector as Chromium writes it: `[a='b']` as `[a="b"]`, `*.c` as `.c`, `:before` as `::before`; none where it is
/// not one.
///
/// Two texts of one selector become the same text, which may differ from Chromium's in escapes that nobody needs.
pub fn serialise(selector: &str) -> Option<String> {
    let mut text = String::with_capacity(selector.len());
    let mut input = Parser::new(selector);
    input.skip_whitespace();
    let result = Reader::new(&mut text, Around::Scope, 0).of_rule(&mut input);
    matches!(result, Ok((_, _, End::Input))).then_some(text)
}
