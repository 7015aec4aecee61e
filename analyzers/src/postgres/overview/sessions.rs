//! What the sessions of others do now.

use super::capture::Session;

/// Sessions, counted, and those that do something.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Running {
    /// Those with a statement that runs or a transaction that is open, the oldest transaction first.
    pub busy: Vec<Session>,
    /// How many run a statement.
    pub active: usize,
    /// How many have a transaction open and do nothing.
    pub idle_in_transaction: usize,
    /// How many of all wait for a lock.
    pub blocked: usize,
    /// How many do nothing.
    pub idle: usize,
    /// How many this role may not see.
    pub hidden: usize,
}

impl Running {
    pub(super) fn of(sessions: &[Session]) -> Self {
        let mut running = Self::default();
        for session in sessions {
            match session.state.as_deref() {
                None => running.hidden += 1,
                Some("idle") => running.idle += 1,
                Some(state) => {
                    if state.starts_with("idle in transaction") {
                        running.idle_in_transaction += 1;
                    } else {
                        running.active += 1;
                    }
                    running.blocked += usize::from(!session.blocked_by.is_empty());
                    running.busy.push(session.clone());
                }
            }
        }
        running
    }
}
