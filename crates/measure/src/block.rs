//! The block: the unit of evidence, since two starts of one program differ for as long as they live.

use crate::interval::median;

/// The block's effect: the median over its pairs of `ln(t_baseline / t_candidate)`.
///
/// Pairs with a time that is not positive carry no information and are left out, whatever the other
/// time is; a block of such pairs alone gives zero, which is evidence for nobody.
pub fn effect(pairs: &[(f64, f64)]) -> f64 {
    let ratios: Vec<f64> =
        pairs.iter().filter(|(baseline, candidate)| *baseline > 0.0 && *candidate > 0.0).map(|(b, c)| b.ln() - c.ln()).collect();
    median(&ratios)
}

/// Pairs to take in a block, from the block's start-up (both workers, warm-up included) and the time
/// of one sample in the same unit: `clamp(round(5 * sqrt(start_up / 2 sample)), 5, 20)`.
pub fn pairs(start_up: f64, sample: f64) -> u32 {
    if !(start_up > 0.0 && sample > 0.0) {
        return 5;
    }
    (5.0 * (start_up / (2.0 * sample)).sqrt()).round().clamp(5.0, 20.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cheap_samples_are_repeated_more_often_than_dear_ones() {
        assert_eq!(pairs(200.0, 10.0), 16);
        assert_eq!(pairs(2000.0, 1.0), 20);
        assert_eq!(pairs(50.0, 200.0), 5);
        assert_eq!(pairs(0.0, 10.0), 5);
    }

    #[test]
    fn the_effect_is_positive_where_the_candidate_is_faster_and_ignores_one_wild_pair() {
        let pairs = [(2.0, 1.0), (2.0, 1.0), (2.0, 400.0)];
        assert!((effect(&pairs) - 2f64.ln()).abs() < 1e-12);
        assert_eq!(effect(&[(0.0, 1.0)]), 0.0);
    }
}
