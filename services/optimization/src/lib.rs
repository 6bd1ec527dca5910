//! The optimization role.
