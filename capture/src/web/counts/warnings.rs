//! What libraries of selectors say on the console of a development build.

use std::collections::BTreeMap;
use std::future::Future;

use perf_look_analyzers::web::capture::{SelectorWarning, WarningKind};
use serde::Deserialize;

use super::collector::split;
use crate::browser::{BrowserError, Events, Happened, Page};
use crate::web::sources::{Code, Sources};

/// The warnings that a page has written.
#[derive(Debug)]
pub(super) struct Warnings {
    events: Events,
    session: String,
    found: BTreeMap<Warning, u64>,
}

/// Those with the same words from the same place are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Warning {
    kind: WarningKind,
    text: String,
    session: String,
    stack: Vec<Frame>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    function_name: String,
    script_id: String,
    line_number: u32,
    column_number: u32,
}

/// What they begin with, or else have in them, and what that means.
const WORDS: &[(&str, &str, WarningKind)] = &[
    ("An input selector returned a different result when passed same arguments", "", WarningKind::UnstableInput),
    ("Selector ", "returned a different result when called with the same parameters", WarningKind::UnstableInput),
    ("The result function returned its own inputs without modification", "", WarningKind::IdentityCombiner),
];

/// How many characters of a warning are kept.
const LONGEST: usize = 400;

/// The most that are told apart; one place warns with one text.
const MOST: usize = 1_000;

/// How many callers are looked at: what a library calls before it warns is between.
const DEPTH: usize = 40;

impl Warnings {
    pub(super) async fn listen(page: &Page) -> Result<Self, BrowserError> {
        let events = page.events(&["Runtime.consoleAPICalled"]).await?;
        Ok(Self { events, session: page.session().to_owned(), found: BTreeMap::new() })
    }

    /// Listens while something is done: a page may write more than there is room for.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            let event = tokio::select! {
                biased;
                event = self.events.next() => event,
                done = &mut work => return done,
            };
            match event {
                Ok(Some(event)) => self.note(event),
                // The page has gone, which the work will say.
                _ => return work.await,
            }
        }
    }

    fn note(&mut self, Happened { session, mut params, .. }: Happened) {
        let Some((kind, text)) = params["args"][0]["value"].as_str().and_then(read) else { return };
        let frames = params["stackTrace"]["callFrames"].take();
        let mut stack = Vec::<Frame>::deserialize(&frames).unwrap_or_default();
        stack.truncate(DEPTH);
        let warning = Warning { kind, text, session: session.unwrap_or_else(|| self.session.clone()), stack };
        if self.found.len() < MOST || self.found.contains_key(&warning) {
            *self.found.entry(warning).or_default() += 1;
        }
    }

    /// By what they are about, and where the selector was called.
    pub(super) async fn rows(self, sources: &mut Sources<'_>) -> Vec<SelectorWarning> {
        let mut rows = BTreeMap::new();
        for (Warning { kind, text, session, stack }, count) in self.found {
            let mut sites = Vec::new();
            for frame in &stack {
                let code = Code::Script { session: &session, id: &frame.script_id };
                let at = (frame.line_number, frame.column_number);
                sites.push(sources.site(code, at, &frame.function_name).await);
            }
            let site = (!sites.is_empty()).then(|| split(sites).0);
            *rows.entry((kind, site, text)).or_default() += count;
        }
        let row = |((kind, site, text), count)| SelectorWarning { kind, site, text, count };
        rows.into_iter().map(row).collect()
    }
}

/// What a text of the console warns of, if that is a selector.
fn read(text: &str) -> Option<(WarningKind, String)> {
    let means = |(begin, within, _): &&(&str, &str, WarningKind)| text.starts_with(begin) && text.contains(within);
    let (.., kind) = WORDS.iter().find(means)?;
    Some((*kind, text.chars().take(LONGEST).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_known_by_the_words_of_their_libraries() {
        let kind = |text: &str| read(text).map(|(kind, _)| kind);
        let unstable = "Selector selectOpen returned a different result when called with the same parameters. This can";
        assert_eq!(kind(unstable), Some(WarningKind::UnstableInput));
        let identity = "The result function returned its own inputs without modification. e.g\n`createSelector(";
        assert_eq!(kind(identity), Some(WarningKind::IdentityCombiner));
        assert_eq!(kind("Selector unknown returned the root state when called. This can lead to"), None);
        assert_eq!(kind("We say: An input selector returned a different result when passed same arguments."), None);
    }
}
