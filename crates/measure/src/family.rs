//! Many confirmations in one run: e-BH (Wang & Ramdas 2022), valid under any dependence.

/// Level of the false discovery rate over a run's family.
pub const LEVEL: f64 = 0.05;

/// Tells which of a family of `size` confirmations stand, given the log evidences of those that were
/// made; the others count as evidence of nothing.
///
/// The k strongest stand for the greatest k whose weakest has evidence of at least `size / (k level)`.
pub fn e_bh(log_evidences: &[f64], size: usize, level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..log_evidences.len()).collect();
    order.sort_by(|a, b| log_evidences[*b].total_cmp(&log_evidences[*a]));
    let standing = (1..=order.len()).rev().find(|k| log_evidences[order[k - 1]] >= required(size, *k, level)).unwrap_or(0);
    let mut stands = vec![false; log_evidences.len()];
    order[..standing].iter().for_each(|index| stands[*index] = true);
    stands
}

/// The log evidence that the weakest of `standing` confirmations needs in a family of `size`.
pub fn required(size: usize, standing: usize, level: f64) -> f64 {
    (size.max(standing).max(1) as f64 / (standing.max(1) as f64 * level)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_of_one_is_held_to_its_level() {
        assert_eq!(e_bh(&[20f64.ln() + 1e-9], 1, LEVEL), [true]);
        assert_eq!(e_bh(&[19f64.ln()], 1, LEVEL), [false]);
    }

    #[test]
    fn the_strong_carry_the_weaker_but_not_the_weak() {
        let evidences = [1e6f64.ln(), 31f64.ln(), 2f64.ln()];
        assert_eq!(e_bh(&evidences, 3, LEVEL), [true, true, false]);
        assert_eq!(e_bh(&[31f64.ln(), 2f64.ln(), 1f64.ln()], 3, LEVEL), [false, false, false]);
    }

    #[test]
    fn confirmations_that_were_counted_but_not_made_raise_the_bar() {
        assert_eq!(e_bh(&[100f64.ln()], 1, LEVEL), [true]);
        assert_eq!(e_bh(&[100f64.ln()], 6, LEVEL), [false]);
    }
}
