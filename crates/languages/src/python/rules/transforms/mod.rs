//! Transformations that patterns can't express, by name.

mod bindings;
mod comprehensions;
mod first_turn;
mod imports;
mod loops;
mod memo;
mod strings;
mod tables;

use super::{known::Known, matching::Change};

/// Proposes changes of a target.
pub(super) type Transform = fn(&Known<'_>) -> Vec<Change>;

const ALL: &[(&str, Transform)] = &[
    ("constant-table", tables::constant_table),
    ("formatted-in-place", strings::formatted_in_place),
    ("hot-import", imports::hot_import),
    ("items-for-keys", loops::items_for_keys),
    ("items-for-places", loops::items_for_places),
    ("key-for-rich-comparison", loops::key_for_rich_comparison),
    ("last-call", memo::last_call),
    ("made-on-first-turn", first_turn::made_on_first_turn),
    ("loop-attribute", bindings::loop_attribute),
    ("memo", memo::memo),
    ("repeated-call", bindings::repeated_call),
    ("invariant-comprehension", comprehensions::invariant_comprehension),
    ("invariant-result", bindings::invariant_result),
];

/// The transformation with this name.
pub(super) fn find(name: &str) -> Option<Transform> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, transform)| *transform)
}

/// Every name.
pub(super) fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}
