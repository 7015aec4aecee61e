//! Where in a file of the repository something is: what code review tools show remarks at.

use std::fmt::Write as _;

use perf_look_analyzers::{Finding, Report};

/// A place in a file of the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot<'r> {
    pub(crate) file: &'r str,
    /// From 1; none where the whole file is meant.
    pub(crate) line: Option<usize>,
    /// From 1.
    pub(crate) column: Option<usize>,
}

impl<'r> Spot<'r> {
    /// Where a finding is: the code of a page, else the file that its statement or plan stands in.
    pub(crate) fn of(report: &'r Report, finding: &'r Finding) -> Option<Self> {
        let spot = match finding.location.site() {
            Some(site) => {
                let (line, column) = (site.position().line as usize, site.position().column as usize);
                Self { file: site.file(), line: Some(line), column: Some(column) }
            }
            None => Self::of_subject(report.name(finding.location.of())),
        };
        spot.is_file().then_some(spot)
    }

    /// The file of a rejected piece of input.
    pub(crate) fn of_reject(source: &'r str, line: Option<usize>) -> Option<Self> {
        let spot = Self { file: source, line, column: None };
        spot.is_file().then_some(spot)
    }

    /// `slow.sql:12` and `slow.sql:12 plan 2` are line 12 of `slow.sql`.
    fn of_subject(name: &'r str) -> Self {
        let line = |rest: &str| rest.split(' ').next().and_then(|line| line.parse().ok());
        let named = name.rsplit_once(':').and_then(|(file, rest)| Some((file, line(rest)?)));
        let (file, line) = named.map_or((name, None), |(file, line)| (file, Some(line)));
        Self { file, line, column: None }
    }

    /// Whether it looks like a file: a remark on anything else is shown nowhere.
    fn is_file(&self) -> bool {
        self.file.contains('.') && !self.file.contains(char::is_whitespace) && !self.file.contains("://")
    }
}

/// A path as a reference that is relative to the root of the repository.
pub(crate) fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_on_its_line() {
        let spot = |file, line| Spot { file, line, column: None };
        assert_eq!(Spot::of_subject("q/slow.sql:12"), spot("q/slow.sql", Some(12)));
        assert_eq!(Spot::of_subject("q/slow.sql:12 plan 2"), spot("q/slow.sql", Some(12)));
        assert_eq!(Spot::of_subject("-c"), spot("-c", None));
        assert!(!Spot::of_subject("standard input").is_file());
    }

    #[test]
    fn a_path_is_a_relative_reference() {
        assert_eq!(uri("queries/a b:ü#1.sql"), "queries/a%20b%3A%C3%BC%231.sql");
    }
}
