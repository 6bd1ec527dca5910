//! The repository role.
