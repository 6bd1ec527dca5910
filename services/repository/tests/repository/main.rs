//! The role among fakes of the others, over a real socket.

mod driver;
mod log;
mod support;
