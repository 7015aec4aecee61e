//! What could not be read of a log: all of it counted, the first of it with its place and reason.

use crate::report::Reject;

/// As many are named.
const NAMED: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Rejects {
    pub(super) named: Vec<Reject>,
    pub(super) count: u64,
}

impl Rejects {
    pub(super) fn add(&mut self, file: &str, line: usize, why: &str) {
        self.push(Reject { source: file.to_owned(), line: Some(line), why: why.to_owned() });
    }

    /// Of a file as a whole.
    pub(super) fn add_whole(&mut self, file: &str, why: &str) {
        self.push(Reject { source: file.to_owned(), line: None, why: why.to_owned() });
    }

    fn push(&mut self, reject: Reject) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(reject);
        }
    }
}
