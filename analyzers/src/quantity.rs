//! Numbers that know their unit.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// Milliseconds, Postgres' unit for every time that it prints.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Ms(pub f64);

impl Ms {
    /// No time at all.
    pub const ZERO: Self = Self(0.0);

    /// The larger of the two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// The smaller of the two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }
}

impl Add for Ms {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Ms {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl AddAssign for Ms {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum for Ms {
    fn sum<I: Iterator<Item = Self>>(times: I) -> Self {
        times.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Ms {
    /// `0.12 ms`, `45.3 ms`, `1,234 ms`: three digits that matter are enough to judge.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ms if ms < 0.000_5 => f.write_str("0 ms"),
            ms if ms < 0.995 => write!(f, "{ms:.3} ms"),
            ms if ms < 9.995 => write!(f, "{ms:.2} ms"),
            ms if ms < 99.95 => write!(f, "{ms:.1} ms"),
            ms => write!(f, "{} ms", grouped(ms)),
        }
    }
}

/// What a rounded number can have been before it was rounded: both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The least that it can have been.
    pub low: f64,
    /// The most that it can have been.
    pub high: f64,
}

impl Interval {
    /// `mean` with an uncertainty of `half` to both sides, never below zero.
    pub fn around(mean: f64, half: f64) -> Self {
        Self { low: (mean - half).max(0.0), high: mean + half }
    }

    /// The middle.
    pub fn mid(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}

impl Add for Interval {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }
}

/// A measured or computed value with its unit, as evidence shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// A time in milliseconds.
    Time(Ms),
    /// A number of rows, all loops together.
    Rows(f64),
    /// A number of anything else: loops, batches, workers.
    Count(f64),
    /// Blocks of 8 KiB.
    Blocks(f64),
    /// Bytes.
    Bytes(f64),
    /// A part of a whole, 0 to 1.
    Share(f64),
    /// How many times larger one thing is than another.
    Times(f64),
    /// The planner's cost.
    Cost(f64),
    /// A number without a unit that matters to a hundredth: layout shifts.
    Score(f64),
}

impl Quantity {
    /// The bare number, in the unit of [`Quantity::unit`].
    pub fn value(self) -> f64 {
        match self {
            Self::Time(ms) => ms.0,
            Self::Rows(n)
            | Self::Count(n)
            | Self::Blocks(n)
            | Self::Bytes(n)
            | Self::Share(n)
            | Self::Times(n)
            | Self::Cost(n)
            | Self::Score(n) => n,
        }
    }

    /// The unit's name in JSON.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Time(_) => "ms",
            Self::Rows(_) => "rows",
            Self::Count(_) => "count",
            Self::Blocks(_) => "blocks",
            Self::Bytes(_) => "bytes",
            Self::Share(_) => "share",
            Self::Times(_) => "times",
            Self::Cost(_) => "cost",
            Self::Score(_) => "score",
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Time(ms) => ms.fmt(f),
            Self::Rows(n) => write!(f, "{} {}", grouped(n), if is_one(n) { "row" } else { "rows" }),
            Self::Count(n) => f.write_str(&grouped(n)),
            Self::Blocks(n) => write!(f, "{} {}", grouped(n), if is_one(n) { "block" } else { "blocks" }),
            Self::Bytes(n) => f.write_str(&bytes(n)),
            // Rounded down: "100.0 %" beside rows that were kept would be false.
            Self::Share(share) => write!(f, "{:.1} %", (share * 1000.0).floor() / 10.0),
            Self::Times(n) if n < 99.95 => write!(f, "{n:.1} times"),
            Self::Times(n) => write!(f, "{} times", grouped(n)),
            Self::Cost(n) => write!(f, "cost {}", grouped(n)),
            Self::Score(n) => write!(f, "{n:.3}"),
        }
    }
}

fn is_one(n: f64) -> bool {
    (n - 1.0).abs() < f64::EPSILON
}

fn bytes(n: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = n;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 || size >= 99.95 { format!("{size:.0} {}", UNITS[unit]) } else { format!("{size:.1} {}", UNITS[unit]) }
}

/// A number without needless decimals and with a comma every three digits: `1,234,567`.
pub fn grouped(n: f64) -> String {
    if n.abs() < 9.995 && (n - n.round()).abs() > 0.005 {
        return format!("{n:.2}");
    }
    let digits = format!("{:.0}", n.abs());
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < -0.5 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(grouped(1_234_567.0), "1,234,567");
        assert_eq!(grouped(-1_000.0), "-1,000");
        assert_eq!(grouped(0.25), "0.25");
        assert_eq!(grouped(999.6), "1,000");
    }

    #[test]
    fn a_share_is_rounded_down() {
        assert_eq!(Quantity::Share(0.999_97).to_string(), "99.9 %");
    }
}
