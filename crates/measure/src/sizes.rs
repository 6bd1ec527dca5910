//! Refusal by size class: a gain on small inputs must not be paid by a loss on large ones.

use crate::evidence::Evidence;

/// A size class may lose this much before it refuses.
pub const TOLERATED_LOSS: f64 = 0.02;
/// Chance of wrongly refusing by any of a candidate's size classes.
pub const LEVEL: f64 = 0.05;
/// Share of the target's time from which on a class has a say.
pub const LEAST_SHARE: f64 = 0.01;

/// The log evidence that a class is slower than the tolerated loss.
pub fn log_e_slower(effects: &[f64]) -> f64 {
    Evidence::of(effects, -TOLERATED_LOSS.ln_1p(), -1.0)
}

/// Whether a class refuses the candidate, being one of `classes`.
pub fn refuses(effects: &[f64], classes: usize) -> bool {
    log_e_slower(effects) >= (classes.max(1) as f64 / LEVEL).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_loses_ten_percent_refuses_and_one_that_loses_one_does_not() {
        assert!(refuses(&[-0.1; 12], 3));
        assert!(!refuses(&[-0.01; 30], 3));
        assert!(!refuses(&[0.3; 30], 3));
    }

    #[test]
    fn more_classes_need_more_evidence_each() {
        let effects = [-0.2; 7];
        assert!(refuses(&effects, 1));
        assert!(!refuses(&effects, 50));
    }
}
