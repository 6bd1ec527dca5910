//! The e-process: evidence against "the log ratio is at most zero", valid whenever one stops.

/// The bets' stakes and the scales at which an effect is clipped; all pairs of both are mixed.
const BETS: [(f64, f64); 6] = [(0.7, 0.015), (0.7, 0.04), (0.7, 0.10), (0.99, 0.015), (0.99, 0.04), (0.99, 0.10)];

/// A uniform mixture of six clipped linear bets (Waudby-Smith & Ramdas; Vovk & Wang's e-tests of
/// symmetry).
///
/// Under any distribution that is symmetric about a centre at or below zero, conditionally on the
/// past, the expected value never exceeds 1; so by Ville's inequality it ever reaches `1/alpha` with
/// a chance of at most `alpha`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    log_wealth: [f64; 6],
}

impl Evidence {
    /// Starts with a value of 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one observation; `x > 0` speaks for the alternative.
    pub fn update(&mut self, x: f64) {
        for (wealth, (stake, scale)) in self.log_wealth.iter_mut().zip(BETS) {
            *wealth += (stake * (x / scale).clamp(-1.0, 1.0)).ln_1p();
        }
    }

    /// The natural logarithm of the evidence.
    pub fn log_e(&self) -> f64 {
        log_mean_exp(&self.log_wealth)
    }

    /// The log evidence that `effects` give for a centre above `null` (`sign` 1) or below it (-1).
    pub fn of(effects: &[f64], null: f64, sign: f64) -> f64 {
        let mut evidence = Self::new();
        for effect in effects {
            evidence.update(sign * (effect - null));
        }
        evidence.log_e()
    }
}

/// The bets as factors of one observation, for processes that combine them otherwise.
pub(crate) fn factors(x: f64) -> [f64; 6] {
    BETS.map(|(stake, scale)| 1.0 + stake * (x / scale).clamp(-1.0, 1.0))
}

fn log_mean_exp(values: &[f64; 6]) -> f64 {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().map(|value| (value - most).exp()).sum();
    most + (sum / values.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mean_over_sign_patterns(magnitudes: &[f64]) -> f64 {
        let patterns = 1u32 << magnitudes.len();
        let total: f64 = (0..patterns)
            .map(|pattern| {
                let signed: Vec<f64> = magnitudes.iter().enumerate().map(|(i, m)| if pattern >> i & 1 == 1 { *m } else { -m }).collect();
                Evidence::of(&signed, 0.0, 1.0).exp()
            })
            .sum();
        total / f64::from(patterns)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn its_mean_over_all_sign_patterns_is_one(magnitudes in prop::collection::vec(0.0f64..1.0, 1..10)) {
            prop_assert!((mean_over_sign_patterns(&magnitudes) - 1.0).abs() < 1e-10);
        }

        #[test]
        fn it_never_grows_when_every_effect_shrinks(effects in prop::collection::vec(-0.3f64..0.3, 1..20), less in 0.0f64..0.2) {
            let smaller: Vec<f64> = effects.iter().map(|effect| effect - less).collect();
            prop_assert!(Evidence::of(&smaller, 0.0, 1.0) <= Evidence::of(&effects, 0.0, 1.0) + 1e-12);
        }

        #[test]
        fn one_block_multiplies_it_by_at_most_1_99(effects in prop::collection::vec(-0.3f64..0.3, 0..20), next in -3.0f64..3.0) {
            let before = Evidence::of(&effects, 0.0, 1.0);
            let after = Evidence::of(&[effects, vec![next]].concat(), 0.0, 1.0);
            prop_assert!(after - before <= 1.99f64.ln() + 1e-12);
        }
    }

    #[test]
    fn it_stays_finite_over_thousands_of_blocks() {
        assert!(Evidence::of(&[1.0; 5000], 0.0, 1.0).is_finite());
        assert!(Evidence::of(&[-1.0; 5000], 0.0, 1.0).is_finite());
    }
}
