//! Spans of time as people write them.

use crate::wire::Duration;

/// What a span of time looks like, for error messages.
pub const EXPECTED: &str = "a span of time of at most 36500d, such as `250ms`, `10s`, `5m` or `2h`";

// A hundred years: later than that no clock of a run is right.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// Reads `250us`, `250ms`, `10s`, `5m`, `2h`, `7d`.
pub fn parse(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let micros_per_unit: u64 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(micros_per_unit).map(Duration).filter(|span| *span <= LONGEST)
}

/// Writes a span so that [`parse`] reads it back.
pub fn write(span: Duration) -> String {
    let units = [(86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"), (1_000, "ms")];
    for (micros, unit) in units {
        if span.0 >= micros && span.0.is_multiple_of(micros) {
            return format!("{}{unit}", span.0 / micros);
        }
    }
    format!("{}us", span.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_alike() {
        for text in ["250us", "250ms", "10s", "5m", "2h", "7d"] {
            assert_eq!(parse(text).map(write).as_deref(), Some(text));
        }
        for text in ["", "10", "s", "1.5s", "10 s", "99999999999999999999s", "36501d"] {
            assert_eq!(parse(text), None);
        }
    }
}
