//! The statistics of the comparison: pure functions, no clock, no I/O.
//!
//! Owns what turns paired samples into a decision on speed: the effect of a [`block`], the
//! [`evidence`] gathered over blocks, the sequential [`decision`] with its confidence sequence, the
//! [`family`] of a run's confirmations, refusals by [`sizes`], the [`screen`], the [`alarm`] over a
//! history and the [`exponent`] of a cost. It must not know where samples come from.
//!
//! Every log ratio here is `ln(t_baseline / t_candidate)`: positive where the candidate is faster.

pub mod alarm;
pub mod block;
pub mod decision;
pub mod evidence;
pub mod exponent;
pub mod family;
pub mod interval;
pub mod noise;
pub mod screen;
pub mod sizes;

pub use decision::{Comparison, Decision, Rule, Verdict};
pub use evidence::Evidence;
