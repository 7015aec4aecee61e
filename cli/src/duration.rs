//! Durations as people type them: `500ms`, `30s`, `2min`, `1h`.

use std::time::Duration;

/// A day: more is a mistake, and Postgres counts time-outs in milliseconds of 31 bits.
const LONGEST: Duration = Duration::from_hours(24);

/// The units, longest name first where one ends with the other.
const UNITS: &[(&str, u64)] = &[("ms", 1), ("min", 60_000), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// `30s` and its like; a bare number says nothing, since psql means ms by it and others seconds.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let ms = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ms)| *ms);
    let (Ok(number), Some(ms)) = (number.parse::<u64>(), ms) else {
        return Err("expected a number with its unit: 500ms, 30s, 2min, 1h".to_owned());
    };
    let duration = Duration::from_millis(number.saturating_mul(ms));
    if duration.is_zero() || duration > LONGEST {
        return Err("expected a time from 1ms to 24h".to_owned());
    }
    Ok(duration)
}

/// As [`parse`] reads it, in the largest unit that is whole.
pub(crate) fn show(duration: Duration) -> String {
    let ms = duration.as_millis();
    match ms {
        _ if ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
        _ if ms.is_multiple_of(60_000) => format!("{}min", ms / 60_000),
        _ if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        _ => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_as_it_shows() {
        for text in ["1ms", "1500ms", "30s", "2min", "24h"] {
            assert_eq!(show(parse(text).unwrap()), text);
        }
        assert_eq!(parse(" 90 s ").unwrap(), Duration::from_secs(90));
        assert_eq!(parse("2m").unwrap(), Duration::from_mins(2));
    }

    #[test]
    fn a_duration_needs_a_unit_and_a_sane_size() {
        for text in ["", "30", "s", "-1s", "1.5s", "1d", "0s", "25h", "99999999999999999999s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
