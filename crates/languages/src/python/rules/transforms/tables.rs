//! Constant tables that a function builds on each call.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::super::{known::Known, matching::Change, shapes};
use crate::python::syntax::{named_children, own_descendants};

/// Entries from which on building the table costs more than finding it.
const LEAST: usize = 3;

/// Moves tables of literals that are only read to the module.
pub(super) fn constant_table(known: &Known<'_>) -> Vec<Change> {
    own_descendants(known.function)
        .into_iter()
        .filter(|node| {
            matches!(node.kind(), "dictionary" | "list" | "set") && node.named_child_count() >= LEAST && shapes::is_constant(*node)
        })
        .filter(|node| !known.function.child_by_field_name("parameters").is_some_and(|list| super::super::known::covers(list, *node)))
        .filter_map(|node| moved(known, node))
        .collect()
}

fn moved(known: &Known<'_>, node: Node<'_>) -> Option<Change> {
    let stem = match node.parent()?.kind() {
        "assignment" => {
            let left = node.parent()?.child_by_field_name("left").filter(|left| left.kind() == "identifier")?;
            let reading = ["item", "in", "get", "iterate", "len", "truth", "keys", "values", "items", "assign", "index", "count"];
            let only_read = known
                .occurrences(known.of(left))
                .into_iter()
                .all(|one| shapes::use_of(known, one).is_some_and(|kind| reading.contains(&kind.as_str())));
            let bound_once = own_descendants(known.function)
                .into_iter()
                .filter(|one| super::super::known::is_binding(*one) && known.of(*one) == known.of(left))
                .count()
                == 1;
            (only_read && bound_once && known.is_local(known.of(left))).then(|| known.of(left).to_uppercase())?
        }
        "subscript" if node.kind() == "dictionary" => "TABLE".to_owned(),
        "comparison_operator" if node.kind() == "dictionary" => "TABLE".to_owned(),
        "attribute" if node.kind() == "dictionary" && known.of(node.parent()?).ends_with(".get") => "TABLE".to_owned(),
        _ => return None,
    };
    let function = known.of(known.function.child_by_field_name("name")?).trim_matches('_').to_uppercase();
    let name = known.fresh(&format!("_{function}_{stem}"), &BTreeSet::new());
    let margin = crate::python::syntax::indentation(known.source.text(), known.statement(node)?.start_byte()).to_owned();
    let literal = known.of(node).replace(&format!("\n{margin}"), "\n");
    let comments = named_children(node).iter().any(|child| child.kind() == "comment");
    (!comments).then(|| Change {
        at: node.byte_range(),
        edits: vec![(node.byte_range(), name.clone())],
        module: vec![format!("{name} = {literal}")],
        names: vec![name],
        depth: known.loops(node).len().max(1),
        weight: 1.0,
        ..Change::default()
    })
}
