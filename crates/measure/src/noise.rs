//! How noisy identical code is here: within one pair of workers, and between pairs of workers.

use serde::{Deserialize, Serialize};

use crate::interval::median;

/// Relative spreads, as robust standard deviations of log ratios (1.4826 times the median absolute
/// deviation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Of the pairs of one block about the block's effect.
    pub within: f64,
    /// Of the blocks' effects about their median.
    pub between: f64,
}

impl Noise {
    /// Measures blocks of `(baseline, baseline)` times.
    pub fn of(blocks: &[Vec<(f64, f64)>]) -> Self {
        let ratios = |block: &[(f64, f64)]| -> Vec<f64> {
            block.iter().filter(|(a, b)| *a > 0.0 && *b > 0.0).map(|(a, b)| a.ln() - b.ln()).collect()
        };
        let per_block: Vec<Vec<f64>> = blocks.iter().map(|block| ratios(block)).collect();
        let effects: Vec<f64> = per_block.iter().map(|block| median(block)).collect();
        let residuals: Vec<f64> =
            per_block.iter().zip(&effects).flat_map(|(block, effect)| block.iter().map(move |ratio| ratio - effect)).collect();
        Self { within: spread(&residuals), between: spread(&effects) }
    }
}

fn spread(values: &[f64]) -> f64 {
    let centre = median(values);
    let deviations: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    1.4826 * median(&deviations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_that_differ_show_between_blocks_only() {
        let blocks: Vec<Vec<(f64, f64)>> = [1.0, 1.05, 0.95, 1.02].iter().map(|ratio| vec![(*ratio, 1.0); 5]).collect();
        let noise = Noise::of(&blocks);
        assert!(noise.within < 1e-9 && noise.between > 0.02);
    }
}
