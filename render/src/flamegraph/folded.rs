//! Folded stacks: `Execution;#1 Sort;#2 Seq Scan on orders 7720`, a line a frame.

use std::borrow::Cow;
use std::io::{self, Write};

use perf_look_analyzers::flame::{Flame, Frame, Measure};
use perf_look_analyzers::safe;

/// Deeper frames are counted to the one at this depth: each line names all frames above, so that deep plans
/// would grow with the square of their depth, and no screen is as high.
pub(crate) const DEEPEST: u32 = 500;

/// Viewers repeat a stack as often as its count says; below this they stay quick.
const MOST: f64 = 2_000_000.0;

/// What a count is, so that all of them are whole and not too many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// As file names have it: `us`, `ms`, `blocks`.
    pub name: &'static str,
    /// How many of the measure's own unit one is.
    size: f64,
}

impl Unit {
    /// The smallest that keeps the whole below two million.
    pub fn of(flame: &Flame) -> Self {
        Self::for_a_whole_of(flame.measure, flame.root().total)
    }

    /// The smallest that keeps a whole below two million.
    pub(super) fn for_a_whole_of(measure: Measure, whole: f64) -> Self {
        let units = units(measure);
        let fits = units.iter().find(|(_, size)| whole / size < MOST);
        let (name, size) = fits.or(units.last()).copied().unwrap_or(("", 1.0));
        Self { name, size }
    }

    /// The smallest there is: for pictures, which do not count one by one.
    pub(super) fn finest(measure: Measure) -> Self {
        let (name, size) = units(measure)[0];
        Self { name, size }
    }

    /// A width as a whole number of the unit.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of floats saturates")]
    pub fn count(self, width: f64) -> u64 {
        (width / self.size).round() as u64
    }
}

/// The units of a measure, smallest first, with how many of the measure's own each is.
fn units(measure: Measure) -> &'static [(&'static str, f64)] {
    match measure {
        Measure::Wall | Measure::Work | Measure::Io => &[("us", 1e-3), ("ms", 1.0), ("s", 1e3)],
        Measure::Buffers | Measure::Read | Measure::Temp => &[("blocks", 1.0), ("kblocks", 1e3), ("Mblocks", 1e6)],
        Measure::Wal => &[("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9)],
        Measure::Rows => &[("rows", 1.0), ("krows", 1e3), ("Mrows", 1e6), ("Grows", 1e9)],
        Measure::Cost => &[("hundredths", 1e-2), ("cost", 1.0), ("kcost", 1e3), ("Mcost", 1e6), ("Gcost", 1e9)],
    }
}

/// The name of a frame in a stack: nothing that splits it, ends it, or reads as a count.
pub(super) fn label(frame: &Frame) -> String {
    name(&frame.label)
}

/// See [`label`].
pub(super) fn name(label: &str) -> String {
    let safe: Cow<'_, str> = safe::line(label);
    let mut label = safe.trim().replace(';', ",");
    let last = label.rsplit(' ').next().unwrap_or_default();
    // `logs 2024 500` would be two counts.
    if last.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        label.push('.');
    }
    label
}

/// A line for each frame that has a count; the frame that holds all others is left out, since viewers add their own.
pub(super) fn write(flame: &Flame, unit: Unit, out: &mut dyn Write) -> io::Result<()> {
    let mut written = Ok(());
    lines(flame, unit, label, |stack, count| {
        if written.is_ok() {
            written = writeln!(out, "{stack} {count}");
        }
    });
    written
}

/// The lines in plan order: a stack and its count.
pub(super) fn lines(flame: &Flame, unit: Unit, label: impl Fn(&Frame) -> String, mut line: impl FnMut(&str, u64)) {
    let mut stack = Stack::default();
    for frame in flame.frames().iter().skip(1).filter(|frame| frame.depth <= DEEPEST) {
        stack.enter(frame.depth, &label(frame));
        let count = unit.count(if frame.depth == DEEPEST { frame.total } else { frame.own });
        if count > 0 {
            line(&stack.text, count);
        }
    }
}

/// The frames above and the frame itself, joined.
#[derive(Debug, Default)]
pub(super) struct Stack {
    pub(super) text: String,
    /// Where the label of each depth ends, from depth 1.
    ends: Vec<usize>,
}

impl Stack {
    /// Goes to a frame in pre-order.
    pub(super) fn enter(&mut self, depth: u32, label: &str) {
        let above = depth.saturating_sub(1) as usize;
        self.ends.truncate(above);
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
        if above > 0 {
            self.text.push(';');
        }
        self.text.push_str(label);
        self.ends.push(self.text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_what_is_above() {
        let mut stack = Stack::default();
        for (depth, label, expected) in
            [(1, "a", "a"), (2, "b", "a;b"), (3, "c", "a;b;c"), (2, "d", "a;d"), (1, "e", "e")]
        {
            stack.enter(depth, label);
            assert_eq!(stack.text, expected);
        }
    }
}
