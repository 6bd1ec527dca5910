//! Names looked up again and again: attributes in loops, calls made twice.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::super::{
    known::{Known, covers, root_name},
    matching::Change,
};
use crate::python::{
    edit::with_leading_comments,
    syntax::{self, ancestors, descendants, named_children, own_descendants},
};

/// Calls that give something else each time.
const NEVER_TWICE: &[&str] = &[
    "next",
    "input",
    "pop",
    "popleft",
    "popitem",
    "read",
    "readline",
    "send",
    "recv",
    "random",
    "randint",
    "choice",
    "get_nowait",
    "append",
    "add",
    "write",
    "print",
    "time",
    "now",
    "advance",
    "consume",
    "accept",
    "shift",
    "setdefault",
    "remove",
    "discard",
    "insert",
    "update",
    "extend",
    "sort",
    "open",
];

/// Looks attributes that a loop reads on each turn up once before it.
pub(super) fn loop_attribute(known: &Known<'_>) -> Vec<Change> {
    let mut places: BTreeMap<&str, Vec<Node<'_>>> = BTreeMap::new();
    for node in own_descendants(known.function).into_iter().filter(|node| node.kind() == "attribute") {
        let is_inner = node.parent().is_some_and(|parent| parent.kind() == "attribute");
        let is_stored = node.parent().is_some_and(|parent| parent.child_by_field_name("left") == Some(node));
        if !is_inner && !is_stored && is_chain(node) && !known.loops(node).is_empty() {
            places.entry(known.of(node)).or_default().push(node);
        }
    }
    let changes: Vec<Change> = places.into_values().filter_map(|nodes| bound_before(known, &nodes)).collect();
    together(changes).into_iter().collect()
}

/// One change of all: one by one they are not worth a try.
fn together(changes: Vec<Change>) -> Option<Change> {
    let mut names = BTreeSet::new();
    changes.into_iter().filter(|change| change.names.iter().all(|name| names.insert(name.clone()))).reduce(|mut all, change| {
        all.edits.extend(change.edits);
        all.names.extend(change.names);
        all.depth = all.depth.max(change.depth);
        all.weight = all.weight.max(change.weight);
        all
    })
}

fn is_chain(node: Node<'_>) -> bool {
    match node.kind() {
        "identifier" => true,
        "attribute" => node.child_by_field_name("object").is_some_and(is_chain),
        _ => false,
    }
}

/// Binds one attribute before the outermost loop that leaves it alone; all its places must lie in there.
fn bound_before(known: &Known<'_>, nodes: &[Node<'_>]) -> Option<Change> {
    let node = *nodes.first()?;
    let steps = known.of(node).matches('.').count();
    let is_module = root_name(node).is_some_and(|root| known.import_of(known.of(root)).is_some());
    let is_called = node.parent().is_some_and(|parent| parent.kind() == "call" && parent.child_by_field_name("function") == Some(node));
    let last = known.of(node.child_by_field_name("attribute")?);
    let is_class = last.trim_start_matches('_').starts_with(char::is_uppercase);
    let in_for = known.loops(node).iter().any(|outer| outer.kind() == "for_statement");
    let pays = steps >= 2 && (!is_module || is_called) || is_called && (is_module || nodes.len() > 1 || known.loops(node).len() > 1);
    if is_class || !in_for || !pays {
        return None;
    }
    let mut place = None;
    for outer in known.loops(node).into_iter().filter(|outer| outer.kind().ends_with("_statement")) {
        let text = known.of(node);
        let stored = own_descendants(outer).into_iter().any(|one| {
            one.kind() == "attribute"
                && one.parent().is_some_and(|parent| parent.child_by_field_name("left") == Some(one))
                && text.starts_with(known.of(one))
        });
        if !known.bound_in(outer).contains(known.of(root_name(node)?)) && !stored {
            place = Some(outer);
        } else {
            break;
        }
    }
    let outer = place?;
    let inside: Vec<&Node<'_>> = nodes.iter().filter(|one| covers(outer, **one)).collect();
    let name = known.fresh(last.trim_start_matches('_'), &BTreeSet::new());
    let start = with_leading_comments(known.source, outer);
    let margin = syntax::indentation(known.source.text(), outer.start_byte());
    let mut edits = vec![(start..start, format!("{name} = {}\n{margin}", known.of(node)))];
    edits.extend(inside.iter().map(|one| (one.byte_range(), name.clone())));
    Some(Change {
        at: node.byte_range(),
        edits,
        names: vec![name],
        depth: known.loops(node).len(),
        weight: 0.5 + 0.1 * inside.len().min(5) as f64,
        ..Change::default()
    })
}

/// Makes a call once where a test and what follows it make the same call.
pub(super) fn repeated_call(known: &Known<'_>) -> Vec<Change> {
    own_descendants(known.function)
        .into_iter()
        .filter(|node| node.kind() == "if_statement")
        .filter_map(|node| made_once(known, node))
        .collect()
}

fn made_once(known: &Known<'_>, branch: Node<'_>) -> Option<Change> {
    let condition = branch.child_by_field_name("condition")?;
    let first = branch
        .child_by_field_name("consequence")
        .and_then(|block| named_children(block).into_iter().find(|node| node.kind() != "comment"))?;
    let call = first_call(condition)?;
    let called = call.child_by_field_name("function")?;
    let name = match called.kind() {
        "identifier" => known.of(called),
        "attribute" => known.of(called.child_by_field_name("attribute")?),
        _ => return None,
    };
    let is_cheap = matches!(name, "len" | "isinstance" | "type" | "hasattr" | "callable" | "issubclass");
    if NEVER_TWICE.contains(&name)
        || is_cheap
        || first.kind().ends_with("if_statement")
        || first.kind() == "for_statement"
        || first.kind() == "while_statement"
    {
        return None;
    }
    let places: Vec<Node<'_>> = descendants(condition)
        .into_iter()
        .chain(descendants(first))
        .filter(|node| node.kind() == "call" && known.of(*node) == known.of(call))
        .collect();
    let again = places.iter().any(|node| covers(first, *node));
    let in_lambda =
        places.iter().any(|node| ancestors(*node).take_while(|outer| outer.id() != branch.id()).any(|outer| outer.kind() == "lambda"));
    if !again || in_lambda || branch.parent().is_none_or(|parent| parent.kind() != "block") {
        return None;
    }
    let stem = match name {
        "get" => "value",
        "match" | "search" | "fullmatch" => "match",
        _ => "result",
    };
    let bound = known.fresh(stem, &BTreeSet::new());
    let start = with_leading_comments(known.source, branch);
    let margin = syntax::indentation(known.source.text(), branch.start_byte());
    let mut edits = vec![(start..start, format!("{bound} = {}\n{margin}", known.of(call)))];
    edits.extend(places.iter().map(|node| (node.byte_range(), bound.clone())));
    Some(Change { at: call.byte_range(), edits, names: vec![bound], depth: known.loops(branch).len(), weight: 1.0, ..Change::default() })
}

/// The call that a condition makes in any case, before anything else.
fn first_call(condition: Node<'_>) -> Option<Node<'_>> {
    match condition.kind() {
        "call" => Some(condition),
        "boolean_operator" | "comparison_operator" | "not_operator" | "parenthesized_expression" => first_call(condition.named_child(0)?),
        _ => None,
    }
}
