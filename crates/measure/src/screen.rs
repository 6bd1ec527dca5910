//! The screen: ranks survivors on few shared blocks; it never accepts.

use crate::interval::hodges_lehmann;

/// Shared blocks of a screen, and pairs in each.
pub const BLOCKS: u32 = 3;
pub const PAIRS: u32 = 5;

/// Orders candidates by their estimated log ratio, best first; equal ones keep their order.
///
/// Returns `(index, log ratio)`; candidates without blocks are left out.
pub fn rank(effects: &[Vec<f64>]) -> Vec<(usize, f64)> {
    let mut ranked: Vec<(usize, f64)> =
        effects.iter().enumerate().filter(|(_, blocks)| !blocks.is_empty()).map(|(i, blocks)| (i, hodges_lehmann(blocks))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_comes_first_and_the_untimed_not_at_all() {
        let effects = [vec![0.1, 0.1, 0.1], vec![], vec![0.5, 0.4, -0.2], vec![0.1, 0.1, 0.1]];
        let order: Vec<usize> = rank(&effects).into_iter().map(|(index, _)| index).collect();
        assert_eq!(order, [2, 0, 3]);
    }
}
