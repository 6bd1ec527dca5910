//! What this machine's clocks and neighbours do to a measurement.

use std::time::Instant;

use nix::time::{ClockId, clock_gettime};

/// The clock's smallest step and the noise of a fixed piece of work.
pub struct Quiet {
    /// Nanoseconds between two readings of the process's CPU clock that differ, the least seen.
    pub step_ns: u64,
    /// Spread of the same work by CPU time: (90th − 10th percentile) / median.
    pub cpu_spread: f64,
    /// The same by wall time.
    pub wall_spread: f64,
}

/// Measures for about a third of a second.
pub fn quiet() -> Quiet {
    let step_ns = (0..200).map(|_| step()).min().unwrap_or(u64::MAX);
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        let (started, cpu_before) = (Instant::now(), cpu_ns());
        std::hint::black_box(work());
        cpu.push(cpu_ns() - cpu_before);
        wall.push(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Quiet { step_ns, cpu_spread: spread(cpu), wall_spread: spread(wall) }
}

fn cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or((0, 0), |time| (time.tv_sec(), time.tv_nsec()));
    u64::try_from(time.0 * 1_000_000_000 + time.1).unwrap_or_default()
}

fn step() -> u64 {
    let first = cpu_ns();
    loop {
        let next = cpu_ns();
        if next > first {
            return next - first;
        }
    }
}

/// Some milliseconds of arithmetic that no optimizer can leave out.
fn work() -> u64 {
    (0..4_000_000u64).fold(1, |sum, number| std::hint::black_box(sum ^ number.wrapping_mul(0x9e37_79b9)))
}

fn spread(mut times: Vec<u64>) -> f64 {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize] as f64;
    (at(0.9) - at(0.1)) / at(0.5).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_zero_for_equal_times_and_grows_with_outliers() {
        assert_eq!(spread(vec![5; 10]), 0.0);
        assert!((spread(vec![10, 10, 10, 10, 10, 10, 10, 10, 20, 20]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_clock_moves() {
        assert!((1..1_000_000_000).contains(&step()));
    }
}
