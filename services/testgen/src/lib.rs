//! The testgen role.
