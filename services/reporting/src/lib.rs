//! The reporting role.
