//! What each backend did last, which tells whose a time is and which calls were made by others.

use std::collections::BTreeMap;

use crate::quantity::Ms;

/// More backends than a server has.
const SESSIONS: usize = 1 << 14;
/// Functions that call each other more deeply are taken as if they were there.
const DEEPEST: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Sessions(BTreeMap<u64, Session>);

#[derive(Debug, Default)]
struct Session {
    last: Option<Last>,
    /// What calls by functions took whose own call did not end yet, by depth: the first ones were made by what the
    /// client sent.
    inside: Vec<Ms>,
}

/// What the last entry of a backend said, which the next one may say more of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// The plan of a call; its time may come once more.
    Planned(u64),
    /// A statement, whose time may come.
    Begun(u64),
}

impl Sessions {
    pub(super) fn last(&self, session: u64) -> Option<Last> {
        self.0.get(&session)?.last
    }

    pub(super) fn remember(&mut self, session: u64, last: Option<Last>) {
        if self.0.len() >= SESSIONS {
            self.0.clear();
        }
        match self.0.get_mut(&session) {
            Some(known) => known.last = last,
            None if last.is_some() => drop(self.0.insert(session, Session { last, inside: Vec::new() })),
            None => {}
        }
    }

    /// A call ended that was made so deep inside of functions, 0 for what the client sent. Says how much of its time
    /// was counted with calls that it made.
    ///
    /// Calls whose caller is not logged, since it failed or has no plan (DO, CALL), come before another one's, which they
    /// are no part of where they took longer. Where the log does not say which backend wrote, nothing is known.
    pub(super) fn inside(&mut self, session: u64, depth: usize, time: Ms) -> Ms {
        let known = if depth == 0 { self.0.get_mut(&session) } else { Some(self.0.entry(session).or_default()) };
        let Some(Session { inside, .. }) = known.filter(|_| session != 0) else { return Ms::ZERO };
        let depth = depth.min(DEEPEST);
        let below: Ms = inside.drain(depth.min(inside.len())..).sum();
        if let Some(caller) = depth.checked_sub(1) {
            inside.resize(depth, Ms::ZERO);
            inside[caller] += time;
        }
        if below <= time { below } else { Ms::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The depth of each call and what it took, in the order in which they end; what of each was counted already.
    fn inside(calls: &[(usize, f64)]) -> Vec<f64> {
        let mut sessions = Sessions::default();
        calls.iter().map(|(depth, ms)| sessions.inside(1, *depth, Ms(*ms)).0).collect()
    }

    #[test]
    fn a_caller_covers_what_was_called_since_at_any_depth() {
        assert_eq!(inside(&[(1, 3.0), (1, 4.0), (0, 10.0), (0, 5.0)]), [0.0, 0.0, 7.0, 0.0]);
        assert_eq!(inside(&[(2, 1.0), (2, 1.0), (1, 5.0), (1, 2.0), (0, 9.0)]), [0.0, 0.0, 2.0, 0.0, 7.0]);
        // The function between them did not run a statement of its own.
        assert_eq!(inside(&[(3, 2.0), (0, 9.0)]), [0.0, 2.0]);
    }

    #[test]
    fn calls_whose_caller_is_not_logged_take_nothing_from_another_that_is_shorter() {
        assert_eq!(inside(&[(1, 100.0), (0, 2.0), (0, 50.0)]), [0.0, 0.0, 0.0]);
    }
}
