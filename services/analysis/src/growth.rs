//! How a cost grows with the input's size: the exponent of `cost ~ size ^ exponent`.
//!
//! The slope on log axes by Theil and Sen, the median over all pairs of sizes, with Sen's interval
//! (Sen 1968, "Estimates of the regression coefficient based on Kendall's tau"): neither minds the
//! outliers that a busy machine makes.

use std::collections::BTreeMap;

use whetstone_proto::common::v1::Complexity;

/// Fewer sizes, or sizes closer together, tell nothing of growth.
const LEAST_SIZES: usize = 5;
const LEAST_SPAN: f64 = 4.0;
/// More sizes than these add pairs without adding knowledge.
const MOST_SIZES: usize = 120;

/// Fits the exponent to `(size, cost)` points.
pub fn fit(points: &[(u64, u64)]) -> Complexity {
    let mut by_size: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (size, cost) in points.iter().filter(|(size, cost)| *size > 0 && *cost > 0) {
        by_size.entry(*size).or_default().push(*cost);
    }
    let logs: Vec<(f64, f64)> =
        by_size.into_iter().map(|(size, mut costs)| ((size as f64).ln(), (median(&mut costs) as f64).ln())).collect();
    let logs = thin(large_half(logs));
    let (Some(first), Some(last)) = (logs.first(), logs.last()) else { return Complexity::default() };
    if logs.len() < LEAST_SIZES || last.0 - first.0 < LEAST_SPAN.ln() {
        return Complexity { points: logs.len() as u32, ..Complexity::default() };
    }
    let mut slopes: Vec<f64> = Vec::with_capacity(logs.len() * logs.len() / 2);
    for (index, left) in logs.iter().enumerate() {
        slopes.extend(logs[index + 1..].iter().map(|right| (right.1 - left.1) / (right.0 - left.0)));
    }
    slopes.sort_by(f64::total_cmp);
    let count = logs.len() as f64;
    let spread = 1.96 * (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    let pairs = slopes.len() as f64;
    let at = |rank: f64| slopes[(rank.max(0.0) as usize).min(slopes.len() - 1)];
    Complexity {
        known: true,
        exponent: slopes[slopes.len() / 2],
        low: at(((pairs - spread) / 2.0).floor()),
        high: at(((pairs + spread) / 2.0).ceil()),
        points: logs.len() as u32,
    }
}

/// What a call costs whatever its input bends the curve at small sizes: where enough larger ones are
/// known, only the upper half of the range counts.
fn large_half(logs: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (logs.first(), logs.last()) else { return logs };
    let middle = f64::midpoint(first.0, last.0);
    let large: Vec<(f64, f64)> = logs.iter().copied().filter(|(size, _)| *size >= middle).collect();
    if large.len() >= 8 && last.0 - middle >= LEAST_SPAN.ln() { large } else { logs }
}

fn thin(logs: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let step = logs.len().div_ceil(MOST_SIZES).max(1);
    logs.into_iter().step_by(step).collect()
}

fn median(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(cost: impl Fn(u64) -> u64) -> Vec<(u64, u64)> {
        (1..40).map(|n| n * 25).map(|size| (size, cost(size))).collect()
    }

    #[test]
    fn linear_and_quadratic_growth_are_told_apart_with_an_interval() {
        // A tenth of noise in a fixed pattern.
        let noise = |size: u64| 100 + (size / 25 * 7) % 11;
        let linear = fit(&points(|size| size * noise(size)));
        assert!(linear.known && linear.low < 1.0 && 1.0 < linear.high && linear.high < 1.2, "{linear:?}");
        let quadratic = fit(&points(|size| size * size * noise(size)));
        assert!((quadratic.exponent - 2.0).abs() < 0.1 && quadratic.low > 1.8, "{quadratic:?}");
        let constant = fit(&points(noise));
        assert!(constant.exponent.abs() < 0.1, "{constant:?}");
    }

    #[test]
    fn a_few_outliers_do_not_move_the_exponent() {
        let mut points = points(|size| size * 100);
        for point in points.iter_mut().step_by(9) {
            point.1 *= 50;
        }
        assert!((fit(&points).exponent - 1.0).abs() < 0.1);
    }

    #[test]
    fn too_few_sizes_tell_nothing() {
        assert!(!fit(&[]).known && !fit(&[(10, 5), (20, 10)]).known);
        let narrow: Vec<(u64, u64)> = (100..120).map(|size| (size, size)).collect();
        assert!(!fit(&narrow).known);
    }
}
