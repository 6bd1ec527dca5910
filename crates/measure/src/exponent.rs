//! The exponent of a cost: `cost ~ size ^ exponent`, fitted on log axes.

use serde::{Deserialize, Serialize};

use crate::interval::median;

/// A fitted exponent with a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exponent {
    pub exponent: f64,
    pub low: f64,
    pub high: f64,
    /// Distinct sizes that the fit rests on.
    pub points: usize,
}

/// Fits `(size, cost)` observations by the median of pairwise slopes (Theil 1950, Sen 1968), which
/// one disturbed call cannot bend.
///
/// Costs of one size are reduced to their median first. Returns `None` under four distinct sizes or
/// where the sizes span less than a factor of four: no exponent can be told from such.
pub fn fit(observations: &[(f64, f64)]) -> Option<Exponent> {
    let points = medians_by_size(observations);
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < 4 || last.0 - first.0 < 4f64.ln() {
        return None;
    }
    let mut slopes: Vec<f64> = Vec::new();
    for (i, a) in points.iter().enumerate() {
        slopes.extend(points[i + 1..].iter().map(|b| (b.1 - a.1) / (b.0 - a.0)));
    }
    slopes.sort_by(f64::total_cmp);
    let (low, high) = sen_bounds(&slopes, points.len());
    Some(Exponent { exponent: median(&slopes), low, high, points: points.len() })
}

fn medians_by_size(observations: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut usable: Vec<(f64, f64)> = observations.iter().copied().filter(|(size, cost)| *size > 0.0 && *cost > 0.0).collect();
    usable.sort_by(|a, b| a.0.total_cmp(&b.0));
    usable
        .chunk_by(|a, b| a.0 == b.0)
        .map(|group| {
            let costs: Vec<f64> = group.iter().map(|(_, cost)| *cost).collect();
            (group[0].0.ln(), median(&costs).ln())
        })
        .collect()
}

/// Sen's interval: ranks of the sorted slopes by the normal approximation of Kendall's statistic.
fn sen_bounds(slopes: &[f64], n: usize) -> (f64, f64) {
    let n = n as f64;
    let spread = 1.96 * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let count = slopes.len() as f64;
    let low = ((count - spread) / 2.0).floor().max(0.0) as usize;
    let high = (((count + spread) / 2.0).ceil() as usize).min(slopes.len() - 1);
    (slopes[low], slopes[high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_cost_is_told_from_a_linear_one_in_spite_of_an_outlier() {
        let mut observations: Vec<(f64, f64)> = (1..=12).map(|i| (f64::from(i * 10), 3.0 * f64::from(i * 10).powi(2))).collect();
        observations[5].1 *= 30.0;
        let fitted = fit(&observations).expect("twelve sizes over a factor of twelve");
        assert!((fitted.exponent - 2.0).abs() < 0.05, "{fitted:?}");
        assert!(fitted.low > 1.0 && fitted.low <= 2.0 && fitted.high >= 2.0);
    }

    #[test]
    fn too_few_or_too_similar_sizes_give_no_exponent() {
        assert_eq!(fit(&[(1.0, 1.0), (10.0, 10.0), (100.0, 100.0)]), None);
        assert_eq!(fit(&[(100.0, 1.0), (101.0, 1.0), (102.0, 1.0), (103.0, 1.0)]), None);
    }
}
