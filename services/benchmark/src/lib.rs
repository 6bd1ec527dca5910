//! The benchmark role.
