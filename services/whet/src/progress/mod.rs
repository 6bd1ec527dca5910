//! A run as it happens: a line a stage, verdicts as they fall.

mod display;
mod story;

pub use display::Display;
pub use story::verdict_word;
