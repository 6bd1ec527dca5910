//! The alarm over a history: an e-SR process (Shiryaev–Roberts form of the e-process) that notices
//! when a program has become slower than a pinned reference.

use serde::{Deserialize, Serialize};

use crate::evidence::factors;

/// Slowdown that the alarm tolerates.
pub const TOLERATED: f64 = 0.02;
/// The mean over the bets at which it sounds; the mean run without a change is at least as long.
pub const THRESHOLD: f64 = 600.0;

/// A running alarm. Its state is stored with the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    levels: [f64; 6],
}

impl Alarm {
    /// Takes one block's log slowdown, `ln(t_commit / t_reference)`, and tells whether to sound.
    pub fn update(&mut self, slowdown: f64) -> bool {
        for (level, factor) in self.levels.iter_mut().zip(factors(slowdown - TOLERATED.ln_1p())) {
            *level = (*level + 1.0) * factor;
        }
        self.level() >= THRESHOLD
    }

    /// The mean over the bets.
    pub fn level(&self) -> f64 {
        self.levels.iter().sum::<f64>() / self.levels.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasting_slowdown_sounds_within_a_dozen_blocks_and_none_never_does() {
        let mut alarm = Alarm::default();
        let blocks = (1..100).find(|_| alarm.update(0.15));
        assert!(blocks.is_some_and(|blocks| blocks <= 12), "{blocks:?}");
        let mut quiet = Alarm::default();
        assert!((0..5000).all(|i| !quiet.update(if i % 2 == 0 { 0.01 } else { -0.01 })));
    }

    #[test]
    fn a_change_after_a_long_quiet_time_is_noticed_as_soon() {
        let mut alarm = Alarm::default();
        (0..1000).for_each(|_| assert!(!alarm.update(-0.02)));
        let blocks = (1..100).find(|_| alarm.update(0.15));
        assert!(blocks.is_some_and(|blocks| blocks <= 12), "{blocks:?}");
    }
}
