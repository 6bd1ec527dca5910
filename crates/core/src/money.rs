//! Money is counted in integer millionths of a US dollar.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Sub},
};

use serde::{Deserialize, Serialize};

/// An amount in micro-dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroUsd(pub i64);

impl MicroUsd {
    /// Reads a decimal amount of dollars, such as `2`, `0.25` or `$1.50`.
    ///
    /// # Errors
    /// A sentence that says what form is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || format!("`{text}` is not an amount: dollars such as 2 or 0.25 are expected");
        let digits = text.trim().trim_start_matches('$');
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if digits.is_empty() || fraction.len() > 6 || !is_number(whole) || !is_number(fraction) {
            return Err(expected());
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| expected())? };
        let micros: i64 = format!("{fraction:0<6}").parse().map_err(|_| expected())?;
        whole.checked_mul(1_000_000).and_then(|value| value.checked_add(micros)).map(Self).ok_or_else(expected)
    }
}

impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let (whole, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let digits = format!("{fraction:06}");
        let cents_at_least = digits.trim_end_matches('0');
        write!(f, "{sign}${whole}.{cents_at_least:0<2}")
    }
}

impl Add for MicroUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for MicroUsd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl AddAssign for MicroUsd {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_at_least_cents_and_no_trailing_zeros() {
        let shown = [0, 42_000, 1_500_000, 7, -250_000].map(|micros| MicroUsd(micros).to_string());
        assert_eq!(shown, ["$0.00", "$0.042", "$1.50", "$0.000007", "-$0.25"]);
    }

    #[test]
    fn reads_what_people_write() {
        assert_eq!(MicroUsd::parse("$1.50"), Ok(MicroUsd(1_500_000)));
        assert_eq!(MicroUsd::parse(".25"), Ok(MicroUsd(250_000)));
        assert!(MicroUsd::parse("-3").is_err() && MicroUsd::parse("").is_err() && MicroUsd::parse("1,5").is_err());
    }
}
