//! Transformations that patterns can't express, by name.

mod imports;

use super::{known::Known, matching::Change};

/// Proposes changes of a target.
pub(super) type Transform = fn(&Known<'_>) -> Vec<Change>;

const ALL: &[(&str, Transform)] = &[("hot-import", imports::hot_import)];

/// The transformation with this name.
pub(super) fn find(name: &str) -> Option<Transform> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, transform)| *transform)
}

/// Every name.
pub(super) fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}
