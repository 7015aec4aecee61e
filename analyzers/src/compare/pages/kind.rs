//! What can be counted by place, and what its numbers are.

use crate::quantity::{Ms, Quantity};

/// What the numbers of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Live memoised selectors, by the place of their combiner.
    LiveSelectors,
    /// How often combiners ran.
    SelectorRuns,
    /// Selectors ever made, by the place that made them.
    SelectorsMade,
    /// Calls for elements, by the place that asked.
    DomQueries,
    /// jQuery objects, by the place that made them.
    JqueryObjects,
    /// Searches of jQuery, by the place that asked.
    JqueryFinds,
    /// Renders of React's components.
    Renders,
    /// Calls of functions.
    Calls,
    /// Turns of loops, by the place of their body.
    LoopTurns,
    /// Event listeners, by the place of their function.
    Listeners,
    /// Timers, by the place that set them.
    Timers,
    /// Functions that live in large numbers, by their place.
    LiveFunctions,
    /// Selectors in style sheets.
    CssSelectors,
    /// Requests, by address without its host.
    Requests,
    /// Bytes after unpacking, by address without its host.
    RequestBytes,
    /// How often an element was held against a selector.
    MatchAttempts,
    /// How often scripts forced style or layout, by place.
    Forced,
    /// Tasks of more than 50 ms, by the function that took most of each.
    LongTasks,
    /// The time of functions by themselves.
    SelfTime,
}

impl Kind {
    /// In the order of reports: what is counted, then what is sampled.
    pub const ALL: [Self; 19] = [
        Self::LiveSelectors,
        Self::SelectorRuns,
        Self::SelectorsMade,
        Self::DomQueries,
        Self::JqueryObjects,
        Self::JqueryFinds,
        Self::Renders,
        Self::Calls,
        Self::LoopTurns,
        Self::Listeners,
        Self::Timers,
        Self::LiveFunctions,
        Self::CssSelectors,
        Self::Requests,
        Self::RequestBytes,
        Self::MatchAttempts,
        Self::Forced,
        Self::LongTasks,
        Self::SelfTime,
    ];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::LiveSelectors => "live-selectors",
            Self::SelectorRuns => "selector-runs",
            Self::SelectorsMade => "selectors-created",
            Self::DomQueries => "dom-queries",
            Self::JqueryObjects => "jquery-objects",
            Self::JqueryFinds => "jquery-finds",
            Self::Renders => "renders",
            Self::Calls => "calls",
            Self::LoopTurns => "loop-turns",
            Self::Listeners => "listeners",
            Self::Timers => "timers",
            Self::LiveFunctions => "live-functions",
            Self::CssSelectors => "css-selectors",
            Self::Requests => "requests",
            Self::RequestBytes => "request-bytes",
            Self::MatchAttempts => "match-attempts",
            Self::Forced => "forced-layouts",
            Self::LongTasks => "long-tasks",
            Self::SelfTime => "self-time",
        }
    }

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::LiveSelectors => "live selectors, by the place of their combiner",
            Self::SelectorRuns => "runs of combiners",
            Self::SelectorsMade => "selectors made, by the place that made them",
            Self::DomQueries => "DOM queries, by the place that asked",
            Self::JqueryObjects => "jQuery objects, by the place that made them",
            Self::JqueryFinds => "jQuery searches, by the place that asked",
            Self::Renders => "renders of React components",
            Self::Calls => "calls of functions",
            Self::LoopTurns => "turns of loops",
            Self::Listeners => "event listeners, by the place of their function",
            Self::Timers => "timers, by the place that set them",
            Self::LiveFunctions => "places where fifty functions and more live",
            Self::CssSelectors => "selectors in style sheets",
            Self::Requests => "requests",
            Self::RequestBytes => "bytes of requests, unpacked",
            Self::MatchAttempts => "elements held against selectors",
            Self::Forced => "style and layout that scripts forced",
            Self::LongTasks => "tasks of more than 50 ms, by what took most of each",
            Self::SelfTime => "time of functions by themselves",
        }
    }

    /// A number of it, with its unit.
    pub fn quantity(self, number: f64) -> Quantity {
        match self {
            Self::LongTasks | Self::SelfTime => Quantity::Time(Ms(number)),
            Self::RequestBytes => Quantity::Bytes(number),
            _ => Quantity::Count(number),
        }
    }

    /// A difference with its sign: `+9,999`, `-12.3 ms`, `0`.
    pub fn signed(self, delta: f64) -> String {
        let nothing = self.quantity(0.0).to_string();
        let shown = self.quantity(delta.abs()).to_string();
        match delta {
            _ if shown == nothing => nothing,
            delta if delta > 0.0 => format!("+{shown}"),
            _ => format!("-{shown}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_listed_in_their_order_with_names_of_their_own() {
        assert!(Kind::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }

    #[test]
    fn a_difference_has_its_sign_and_unit() {
        assert_eq!(Kind::LiveSelectors.signed(9_999.0), "+9,999");
        assert_eq!(Kind::SelfTime.signed(-12.34), "-12.3 ms");
        assert_eq!(Kind::RequestBytes.signed(0.0), "0 B");
    }
}
