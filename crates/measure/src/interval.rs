//! Estimates of the effect: Hodges–Lehmann, and the confidence sequence by inverting the evidence.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// Log ratios up to ±3 (a factor of 20) are searched for bounds, and as far beyond the largest effect as a bet can
/// reach: no bound lies further out.
const SEARCHED: f64 = 3.0;
const BEYOND: f64 = 1.0;
const STEPS: u32 = 40;

/// An estimate with the bounds of its confidence sequence, as log ratios.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
    /// Whether no bound was found on one side yet, or on both; that side's is then the end of what was searched.
    #[serde(default)]
    pub is_open: bool,
}

impl Interval {
    /// The bounds that were found, below and above.
    pub fn bounds(&self) -> (Option<f64>, Option<f64>) {
        // What is open stands at the end of what was searched, which no bound that was found reaches.
        let end = self.low.abs().max(self.high.abs()) - 1e-6;
        let found = |bound: f64| (!self.is_open || bound.abs() < end).then_some(bound);
        (found(self.low), found(self.high))
    }

    /// The estimate of `effects` with the confidence sequence at `1 - level`, valid at any stopping.
    ///
    /// Without effects everything is possible: an estimate of zero between the widest bounds.
    pub fn of(effects: &[f64], level: f64) -> Self {
        let reach = effects.iter().fold(SEARCHED, |reach, effect| reach.max(effect.abs() + BEYOND));
        let (low, high) = (lower_bound(effects, level / 2.0, reach), upper_bound(effects, level / 2.0, reach));
        Self { estimate: hodges_lehmann(effects), low, high, is_open: low <= -reach + 1e-6 || high >= reach - 1e-6 }
    }
}

/// The median; the mean of the middle two for an even count, zero for none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// The median of all pairwise means, each value with itself included (Hodges & Lehmann 1963).
pub fn hodges_lehmann(effects: &[f64]) -> f64 {
    let means: Vec<f64> =
        effects.iter().enumerate().flat_map(|(i, first)| effects[i..].iter().map(move |second| 0.5 * (first + second))).collect();
    median(&means)
}

fn lower_bound(effects: &[f64], level: f64, reach: f64) -> f64 {
    bisect(reach, |null| Evidence::of(effects, null, 1.0) < -level.ln())
}

fn upper_bound(effects: &[f64], level: f64, reach: f64) -> f64 {
    bisect(reach, |null| Evidence::of(effects, null, -1.0) >= -level.ln())
}

/// The point within ±`reach` from which on `holds`, which is false to its left and true to its right.
fn bisect(reach: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (-reach, reach);
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hodges_lehmann_resists_a_wild_block() {
        let mut effects = vec![0.1; 9];
        effects.push(5.0);
        assert!((hodges_lehmann(&effects) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn few_effects_leave_the_interval_open() {
        assert!(Interval::of(&[], 0.05).is_open);
        assert!(Interval::of(&[0.1, 0.1], 0.05).is_open);
        assert!(!Interval::of(&[0.1; 12], 0.05).is_open);
        assert_eq!(Interval::of(&[0.1, 0.1], 0.05).bounds(), (None, None));
        let closed = Interval::of(&[0.1; 12], 0.05);
        assert_eq!(closed.bounds(), (Some(closed.low), Some(closed.high)));
        assert_eq!(Interval { estimate: 0.0, low: -0.2, high: SEARCHED, is_open: true }.bounds(), (Some(-0.2), None));
    }

    #[test]
    fn a_gain_of_any_size_has_its_own_bounds() {
        for ratio in [90.0f64, 249.0, 4000.0, 1.0 / 90.0] {
            let interval = Interval::of(&[ratio.ln(); 12], 0.05);
            assert!(!interval.is_open && interval.low <= interval.estimate && interval.estimate <= interval.high, "{interval:?}");
            assert!((interval.low - ratio.ln()).abs() < 0.2 && (interval.high - ratio.ln()).abs() < 0.2, "{interval:?}");
        }
    }

    proptest! {
        #[test]
        fn moving_every_effect_moves_the_interval(effects in prop::collection::vec(-0.2f64..0.2, 10..25), by in -0.5f64..0.5) {
            let moved: Vec<f64> = effects.iter().map(|effect| effect + by).collect();
            let (before, after) = (Interval::of(&effects, 0.05), Interval::of(&moved, 0.05));
            prop_assert!((after.estimate - before.estimate - by).abs() < 1e-9);
            if !before.is_open && !after.is_open {
                prop_assert!((after.low - before.low - by).abs() < 1e-9);
                prop_assert!((after.high - before.high - by).abs() < 1e-9);
            }
        }

        #[test]
        fn turning_every_sign_turns_the_interval(effects in prop::collection::vec(-0.2f64..0.2, 1..25)) {
            let turned: Vec<f64> = effects.iter().map(|effect| -effect).collect();
            let (before, after) = (Interval::of(&effects, 0.05), Interval::of(&turned, 0.05));
            prop_assert!((before.low + after.high).abs() < 1e-9);
        }
    }
}
