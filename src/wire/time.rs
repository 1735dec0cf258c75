//! Instants and spans. The unit inside the program is the microsecond; the unit on the wire is the second.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// An instant, in microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub u64);

/// A span of time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Duration(pub u64);

const MICROS_PER_SEC: u64 = 1_000_000;

impl Timestamp {
    /// The instant `secs` seconds after the Unix epoch.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(MICROS_PER_SEC))
    }

    /// Whole seconds since the Unix epoch, rounded down: the form in which `exp`, `iat` and `nbf` travel.
    pub const fn secs(self) -> u64 {
        self.0 / MICROS_PER_SEC
    }

    /// The span since `earlier`, zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// This instant cut down to a whole second, as it reads after a round trip over the wire.
    pub const fn whole_secs(self) -> Self {
        Self::from_secs(self.secs())
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of `secs` seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(MICROS_PER_SEC))
    }

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// Whole seconds, rounded down.
    pub const fn secs(self) -> u64 {
        self.0 / MICROS_PER_SEC
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, millis) = (self.secs(), self.0 % MICROS_PER_SEC / 1000);
        write!(f, "{:02}:{:02}:{:02}.{millis:03}", secs / 3600, secs / 60 % 60, secs % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        assert_eq!(Timestamp(5) - Duration(9), Timestamp(0));
        assert_eq!(Timestamp(u64::MAX) + Duration(1), Timestamp(u64::MAX));
        assert_eq!(Timestamp(3).since(Timestamp(9)), Duration::ZERO);
    }

    #[test]
    fn a_span_prints_as_hours_minutes_seconds_and_milliseconds() {
        assert_eq!(Duration(3_723_004_000).to_string(), "01:02:03.004");
    }
}
