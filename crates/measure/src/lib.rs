//! The statistics of the comparison: pure functions, no clock, no I/O.
