//! What could not be read of a log: all of it counted, and with its place and reason as long as there is room.

use std::borrow::Cow;

use crate::report::Reject;

/// As many are named: of a log of a gigabyte, four in a hundred entries.
const NAMED: usize = 1 << 16;

#[derive(Debug, Default)]
pub(super) struct Rejects {
    named: Vec<Place>,
    pub(super) count: u64,
}

#[derive(Debug)]
struct Place {
    /// The index of the file.
    file: usize,
    line: Option<usize>,
    why: Cow<'static, str>,
}

impl Rejects {
    /// A line of a file, or all of it where none is named.
    pub(super) fn add(&mut self, file: usize, line: Option<usize>, why: Cow<'static, str>) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(Place { file, line, why });
        }
    }

    /// Those that are named, of files of these names.
    pub(super) fn named(self, files: &[String]) -> Vec<Reject> {
        let named = self.named.into_iter().map(|Place { file, line, why }| Reject {
            source: files.get(file).cloned().unwrap_or_default(),
            line,
            why: why.into_owned(),
        });
        named.collect()
    }
}
