//! What a rule on pages is given, and what it gives back.

use crate::finding::{Advice, Confidence, Evidence, Severity};
use crate::quantity::Ms;
use crate::report::Policy;
use crate::rule::Rule;

use super::capture::Pass;
use super::page::Page;
use super::place::Site;

/// What a problem is about that belongs to no place.
pub(crate) const WHOLE_PAGE: &str = "the whole page";

/// A pass that a rule needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Times.
    Timing,
    /// Exact counts.
    Counts,
    /// Live objects.
    Census,
    /// Live objects after each repeat of the steps, at least two.
    Repeats,
    /// What happened during the steps.
    Steps,
    /// The page's memory after each repeat of the steps, at least two.
    Memory,
    /// Maps, Sets and arrays after each repeat of the steps, at least two.
    Collections,
    /// What the caches of selectors keep.
    Caches,
    /// What was asked for over the network.
    Requests,
    /// Which rules of style sheets matched something.
    CssUse,
    /// What matching selectors costs.
    SelectorStats,
    /// What made styles invalid.
    Invalidation,
}

impl Need {
    /// What to do about a page without it.
    pub fn why(self) -> &'static str {
        match self {
            Self::Timing => "needs the pass timing",
            Self::Counts => "needs the pass counts",
            Self::Census => "needs the pass census",
            Self::Steps => "needs steps: --steps FILE",
            Self::Repeats | Self::Memory | Self::Collections => {
                "needs steps that are repeated: --steps FILE --repeat 7"
            }
            Self::Caches => "needs selectors that memoise with reselect's weakMapMemoize, and the pass census",
            Self::Requests => "needs the requests of the pass counts",
            Self::CssUse => "needs the pass counts to say which rules of style sheets are used",
            Self::SelectorStats => "needs the pass selector-stats",
            Self::Invalidation => "needs the pass invalidation",
        }
    }

    /// Whether what it collects is the same in each run of the same page.
    pub fn is_exact(self) -> bool {
        !matches!(self, Self::Timing | Self::SelectorStats | Self::Invalidation)
    }

    /// Why the page does not have it; none where it has.
    pub fn is_missing(self, page: &Page) -> Option<String> {
        let capture = &page.capture;
        match self {
            Self::Timing => capture.timing.why_not(),
            Self::Counts => capture.counts.why_not(),
            Self::CssUse => capture.counts.why_not().or_else(|| {
                let sheets = &capture.counts.rows()?.sheets;
                let is_unknown = !sheets.is_empty() && sheets.iter().all(|sheet| sheet.used.is_none());
                is_unknown.then(|| self.why().to_owned())
            }),
            Self::SelectorStats => capture.selector_stats.why_not(),
            Self::Invalidation => capture.invalidation.why_not(),
            Self::Steps => capture.settings.steps.is_empty().then(|| self.why().to_owned()),
            Self::Repeats | Self::Memory | Self::Collections if capture.settings.repeats < 2 => {
                Some(self.why().to_owned())
            }
            Self::Census | Self::Repeats => capture.census.why_not(),
            Self::Memory => empty(&capture.census, |census| census.memory.len() < 3, "the memory was not looked at"),
            Self::Collections => {
                empty(&capture.census, |census| census.collections.is_empty(), "objects on the heap were not listed")
            }
            Self::Caches => capture.census.why_not().or_else(|| {
                let selectors = &capture.census.rows()?.selectors;
                let is_unknown = !selectors.is_empty() && selectors.iter().all(|group| group.cache_entries.is_none());
                is_unknown.then(|| self.why().to_owned())
            }),
            Self::Requests => empty(&capture.counts, |counts| counts.requests.is_empty(), "requests were not recorded"),
        }
    }
}

/// Why there is nothing to judge: the pass has none, or nothing of this kind is in it.
fn empty<T>(pass: &Pass<T>, is_empty: impl Fn(&T) -> bool, why: &str) -> Option<String> {
    pass.why_not().or_else(|| pass.rows().is_none_or(is_empty).then(|| why.to_owned()))
}

/// What a check may look at.
pub struct Context<'a> {
    /// The page.
    pub page: &'a Page,
    pub(crate) rule: &'static Rule,
    pub(crate) policy: &'a Policy,
}

impl Context<'_> {
    /// The value of one of the rule's own thresholds.
    ///
    /// # Panics
    /// Where the rule declares no threshold of that name: a mistake in the rule, which its fixtures show.
    pub fn limit(&self, name: &str) -> f64 {
        self.policy.limit_of(self.rule, name)
    }

    /// How bad a value is, and the limit that it broke, by the rule's thresholds `warn` and `error`; none below both.
    pub fn judge(&self, value: f64, warn: &str, error: &str) -> Option<(Severity, f64)> {
        let (warn, error) = (self.limit(warn), self.limit(error));
        match value {
            value if value >= error => Some((Severity::Error, error)),
            value if value >= warn => Some((Severity::Warn, warn)),
            _ => None,
        }
    }
}

/// What a check returns; the report makes a finding of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// How bad, by the rule's limits.
    pub severity: Severity,
    /// The code or rule to point at; none where the whole page is meant.
    pub site: Option<Site>,
    /// What of the page it is about, where it has no site: `style sheets`.
    pub about: String,
    /// What makes it the same problem in another build: file, function, text, but no line.
    pub identity: String,
    /// The time at stake, where it was measured.
    pub impact: Option<Ms>,
    /// Stands alone; lower case, no full stop.
    pub headline: String,
    /// The numbers, most telling first.
    pub evidence: Vec<Evidence>,
    /// What to do, best first.
    pub advice: Vec<Advice>,
    /// How sure the rule is.
    pub confidence: Confidence,
}

impl Problem {
    /// A problem of a place in code.
    pub fn at(severity: Severity, site: Site, headline: String) -> Self {
        let identity = format!("{} {}", site.file(), site.function().unwrap_or_default());
        Self { identity, ..Self::of(severity, site.to_string(), headline) }.with_site(site)
    }

    /// A problem of the page, or of something in it that has no place.
    pub fn of(severity: Severity, about: impl Into<String>, headline: String) -> Self {
        let about = about.into();
        Self {
            severity,
            site: None,
            identity: about.clone(),
            about,
            impact: None,
            headline,
            evidence: Vec::new(),
            advice: Vec::new(),
            confidence: Confidence::Measured,
        }
    }

    fn with_site(mut self, site: Site) -> Self {
        self.site = Some(site);
        self
    }

    /// Tells apart problems of one place: a hash of a text, a method.
    #[must_use]
    pub fn identified_by(mut self, what: &str) -> Self {
        self.identity = format!("{} {what}", self.identity);
        self
    }

    /// The time at stake.
    #[must_use]
    pub fn at_stake(mut self, ms: Ms) -> Self {
        self.impact = Some(ms);
        self
    }

    /// One more number.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// One more thing to do.
    #[must_use]
    pub fn advice(mut self, text: impl Into<String>) -> Self {
        self.advice.push(Advice::text(text));
        self
    }
}
