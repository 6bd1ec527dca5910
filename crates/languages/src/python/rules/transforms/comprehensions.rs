//! Collections that a loop builds anew on each turn from what it leaves alone.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{
    super::{
        ahead::{self, Moved},
        known::{Known, covers, is_binding},
        matching::Change,
        shapes,
    },
    bindings::{bound_once, may_give_the_same_twice, naming, outermost, places_by_text},
};
use crate::python::syntax::descendants;

const COMPREHENSIONS: &[&str] = &["list_comprehension", "set_comprehension", "dictionary_comprehension"];
const CONSTRUCTORS: &[&str] = &["set", "frozenset", "dict", "list", "tuple"];

/// Calls that read what they are given and keep nothing of it.
const READERS: &[&str] =
    &["len", "sum", "min", "max", "any", "all", "sorted", "set", "frozenset", "tuple", "list", "dict", "enumerate", "zip"];
/// Uses of a name that leave its collection as it is and hand it to nobody.
const READING: &[&str] = &[
    "item",
    "in",
    "get",
    "iterate",
    "len",
    "truth",
    "compare",
    "keys",
    "values",
    "items",
    "index",
    "count",
    "intersection",
    "union",
    "difference",
    "isdisjoint",
    "issubset",
    "issuperset",
];

/// Builds them once, before the loop: only where the loop reads them and nothing else gets hold of them, for each turn had its own.
pub(super) fn invariant_comprehension(known: &Known<'_>) -> Vec<Change> {
    let places = places_by_text(known, |node| is_kept_collection(known, node) && known.hoist_point(node, &[node]).is_some());
    outermost(&places).filter_map(|nodes| built_ahead(known, nodes)).collect()
}

/// Whether a collection is made anew where it stands, may be the same each time, and is only read.
pub(super) fn is_kept_collection(known: &Known<'_>, node: Node<'_>) -> bool {
    is_collection(known, node) && may_give_the_same_twice(known, node) && is_only_read(known, node)
}

fn is_collection(known: &Known<'_>, node: Node<'_>) -> bool {
    if COMPREHENSIONS.contains(&node.kind()) {
        return true;
    }
    let name = node.child_by_field_name("function").filter(|called| node.kind() == "call" && called.kind() == "identifier");
    let is_given =
        || node.child_by_field_name("arguments").is_some_and(|list| list.kind() == "generator_expression" || list.named_child_count() > 0);
    name.is_some_and(|name| CONSTRUCTORS.contains(&known.of(name)) && known.is_builtin(known.of(name))) && is_given()
}

/// Whether a collection, or the only name that it is given, is read where it stands and nowhere kept or changed.
fn is_only_read(known: &Known<'_>, node: Node<'_>) -> bool {
    match ahead::own_name(known, node) {
        Some(name) => known.occurrences(name).into_iter().filter(|one| !is_binding(*one)).all(|one| is_read(known, one)),
        None => is_read(known, node),
    }
}

fn is_read(known: &Known<'_>, node: Node<'_>) -> bool {
    let Some(kind) = shapes::use_of(known, node) else { return false };
    // Comparing by `is` would see that it is the same object on each turn.
    let is_identity = || node.parent().is_some_and(|parent| known.of(parent).split_whitespace().any(|word| word == "is"));
    match kind.strip_prefix("argument-") {
        Some(called) => READERS.contains(&called) && known.is_builtin(called) || called.ends_with(".join"),
        None => READING.contains(&kind.as_str()) && !(kind == "compare" && is_identity()),
    }
}

fn built_ahead(known: &Known<'_>, nodes: &[Node<'_>]) -> Option<Change> {
    let node = *nodes.first()?;
    let point = known.hoist_point(node, &[node])?;
    let inside: Vec<Node<'_>> = nodes.iter().copied().filter(|one| covers(point, *one)).collect();
    if let Some(Moved { mut edits, name }) = ahead::moved(known, node, point) {
        edits.extend(inside.iter().skip(1).map(|one| (one.byte_range(), name.clone())));
        return Some(naming(known, node, edits, name));
    }
    // A name that stays in the loop would be one more for the same thing.
    if ahead::own_name(known, node).is_some() {
        return None;
    }
    let name = known.fresh(stem(known, node), &BTreeSet::new());
    Some(naming(known, node, bound_once(known, point, &name, &inside), name))
}

/// A name by what is made.
pub(super) fn stem<'a>(known: &Known<'a>, node: Node<'a>) -> &'a str {
    let kind = match node.kind() {
        "call" => known.called_name(node).unwrap_or_default(),
        kind => kind,
    };
    match kind {
        "set_comprehension" | "set" | "frozenset" => "members",
        "dictionary_comprehension" | "dict" => "table",
        "get" => "value",
        _ if node.kind() == "call" && !CONSTRUCTORS.contains(&kind) => "result",
        _ => {
            let has_condition = descendants(node).iter().any(|inner| inner.kind() == "if_clause");
            if has_condition { "chosen" } else { "items" }
        }
    }
}
