//! What a frame's colour says, before there is a colour: the same in pictures, pages and screens.

use super::{Class, Frame};
use crate::finding::{Finding, Severity};
use crate::postgres::PlanNode;
use crate::quantity::Interval;
use crate::report::Report;

/// What frames are coloured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Coloring {
    /// What a node does.
    #[default]
    Class,
    /// How far the planner's row count was off.
    Misestimate,
    /// What was found at the node.
    Findings,
}

impl Coloring {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 3] = [Self::Class, Self::Misestimate, Self::Findings];

    /// The word of flags and menus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Misestimate => "misestimate",
            Self::Findings => "findings",
        }
    }

    /// The coloring of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|coloring| coloring.name() == name)
    }

    /// What can be seen, in the order of a legend.
    pub fn tints(self) -> Vec<Tint> {
        match self {
            Self::Class => Class::ALL.into_iter().map(Tint::Class).collect(),
            Self::Misestimate => (-3..=3).map(Tint::Off).chain([Tint::Unknown]).collect(),
            Self::Findings => {
                let severities = [Severity::Error, Severity::Warn, Severity::Info];
                severities.into_iter().map(Tint::Found).chain([Tint::Clean]).collect()
            }
        }
    }
}

/// What the colour of a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// What the node does.
    Class(Class),
    /// How far off its row count was: 0 within a factor of two, 1 up to ten, 2 up to a hundred, 3 beyond;
    /// positive where more rows came than were expected.
    Off(i8),
    /// Nothing is known of its rows.
    Unknown,
    /// The worst that was found there.
    Found(Severity),
    /// Nothing was found there.
    Clean,
}

impl Tint {
    /// What the colour of a frame of that subject says.
    pub fn of(report: &Report, subject: usize, frame: &Frame, coloring: Coloring) -> Self {
        let node = frame.node.and_then(|node| Some(report.subjects.get(subject)?.plan.node(node)));
        match coloring {
            Coloring::Class => Self::Class(frame.class),
            Coloring::Misestimate => node.and_then(off).map_or(Self::Unknown, Self::Off),
            Coloring::Findings => {
                let here = |finding: &&Finding| {
                    finding.location.is_in(subject) && node.is_some() && finding.location.node() == frame.node
                };
                let worst = report.findings.iter().filter(here).map(|finding| finding.severity).max();
                worst.map_or(Self::Clean, Self::Found)
            }
        }
    }

    /// The words of a legend.
    pub fn name(self) -> &'static str {
        match self {
            Self::Class(class) => class.name(),
            Self::Off(-3) => "100+ times fewer rows",
            Self::Off(-2) => "10 to 100 fewer",
            Self::Off(-1) => "2 to 10 fewer",
            Self::Off(0) => "as expected",
            Self::Off(1) => "2 to 10 times more",
            Self::Off(2) => "10 to 100 more",
            Self::Off(_) => "100+ times more rows",
            Self::Unknown => "not known",
            Self::Found(Severity::Error) => "error",
            Self::Found(Severity::Warn) => "warn",
            Self::Found(Severity::Info) => "info",
            Self::Clean => "nothing found",
        }
    }
}

/// The step of [`Tint::Off`]; none where the node did not run or nothing was expected.
fn off(node: &PlanNode) -> Option<i8> {
    let (expected, actual) = (node.expected_rows()?.max(1.0), node.rows().map(Interval::mid)?.max(1.0));
    let factor = if actual >= expected { actual / expected } else { expected / actual };
    let step = match factor {
        factor if factor < 2.0 => 0,
        factor if factor < 10.0 => 1,
        factor if factor < 100.0 => 2,
        _ => 3,
    };
    Some(if actual >= expected { step } else { -step })
}
