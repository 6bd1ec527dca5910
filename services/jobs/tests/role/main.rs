//! The jobs role as others reach it, over a scripted sandbox.

mod artifacts;
mod jobs;
mod support;
