//! The jobs role.
