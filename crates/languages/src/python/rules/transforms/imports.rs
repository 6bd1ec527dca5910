//! Imports inside functions.

use tree_sitter::Node;

use super::super::{known::Known, matching::Change};
use crate::python::{
    static_gate::{is_standard, targets_of},
    syntax::{ancestors, own_descendants},
};

/// Moves an import of the standard library, or of what the file imports anyway, out of the function.
pub(super) fn hot_import(known: &Known<'_>) -> Vec<Change> {
    own_descendants(known.function)
        .into_iter()
        .filter(|node| matches!(node.kind(), "import_statement" | "import_from_statement"))
        .filter(|node| !ancestors(*node).any(|outer| outer.kind() == "try_statement"))
        .filter_map(|node| moved(known, node))
        .collect()
}

fn moved(known: &Known<'_>, node: Node<'_>) -> Option<Change> {
    let targets = targets_of(known.source, node);
    let is_free = |name: &str| known.import_of_top(name).is_none() && known.module_value(name).is_none();
    let is_there = |name: &str, dotted: &str| known.import_of_top(name).is_some_and(|other| other == dotted);
    let is_known = |dotted: &str| is_standard(dotted) || known.imports_top(dotted);
    let all_there = targets.iter().all(|(name, dotted)| is_there(name, dotted));
    if !all_there && !targets.iter().all(|(name, dotted)| is_known(dotted) && is_free(name)) {
        return None;
    }
    let text = known.source.text();
    let only_statement = node.parent().is_some_and(|block| block.named_child_count() == 1);
    if only_statement {
        return None;
    }
    let line_start = text[..node.start_byte()].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[node.end_byte()..].find('\n').map_or(text.len(), |at| node.end_byte() + at + 1);
    let after = text[line_end..].chars().take_while(|c| *c == '\n').count();
    let is_alone = text[line_start..line_end].trim() == known.of(node);
    is_alone.then(|| Change {
        at: node.byte_range(),
        edits: vec![(line_start..line_end + after, String::new())],
        imports: if all_there { Vec::new() } else { vec![known.of(node).to_owned()] },
        depth: known.loops(node).len().max(1),
        weight: 1.0,
        ..Change::default()
    })
}
