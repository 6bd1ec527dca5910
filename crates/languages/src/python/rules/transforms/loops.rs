//! Loops over places and keys that look their item up again.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::super::{
    known::{Known, is_binding},
    matching::Change,
    shapes,
};
use crate::python::syntax::{descendants, named_children, own_descendants};

/// `for key in table` with `table[key]` runs over `table.items()`.
pub(super) fn items_for_keys(known: &Known<'_>) -> Vec<Change> {
    own_descendants(known.function)
        .into_iter()
        .filter(|node| node.kind() == "for_statement")
        .filter_map(|node| with_items(known, node))
        .collect()
}

fn with_items(known: &Known<'_>, outer: Node<'_>) -> Option<Change> {
    let (key, over) = (outer.child_by_field_name("left")?, outer.child_by_field_name("right")?);
    let over_text = known.of(over);
    let table = over_text.strip_suffix(".keys()").unwrap_or(over_text);
    let table_node =
        if table.len() < over_text.len() { over.child_by_field_name("function")?.child_by_field_name("object")? } else { over };
    let kind = if table.len() < over_text.len() { Some("dict".to_owned()) } else { known.type_of(over) };
    let is_dict = kind.as_deref().is_none_or(|kind| kind == "dict");
    if key.kind() != "identifier" || !shapes::is_simple(table_node) || !is_dict {
        return None;
    }
    let reads = item_reads(known, outer, table, known.of(key))?;
    let name = known.fresh("value", &BTreeSet::new());
    let mut edits = vec![(key.byte_range(), format!("{}, {name}", known.of(key))), (over.byte_range(), format!("{table}.items()"))];
    edits.extend(reads.iter().map(|node| (node.byte_range(), name.clone())));
    Some(Change {
        at: outer.start_byte()..over.end_byte(),
        edits,
        names: vec![name],
        depth: known.loops(outer).len() + 1,
        weight: if kind.is_some() { 1.0 } else { 0.8 },
        ..Change::default()
    })
}

/// `for place in range(len(items))` with `items[place]` runs over the items, or enumerates them.
pub(super) fn items_for_places(known: &Known<'_>) -> Vec<Change> {
    own_descendants(known.function)
        .into_iter()
        .filter(|node| node.kind() == "for_statement")
        .filter_map(|node| with_places(known, node))
        .collect()
}

fn with_places(known: &Known<'_>, outer: Node<'_>) -> Option<Change> {
    let (place, over) = (outer.child_by_field_name("left")?, outer.child_by_field_name("right")?);
    let items = known.of(over).strip_prefix("range(len(")?.strip_suffix("))")?;
    let simple = items.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    if place.kind() != "identifier" || !simple || !known.is_builtin("range") || !known.is_builtin("len") {
        return None;
    }
    let reads = item_reads(known, outer, items, known.of(place))?;
    let inside = |node: &Node<'_>| reads.iter().any(|read| super::super::known::covers(*read, *node));
    let others = known.occurrences(known.of(place)).into_iter().filter(|node| !is_binding(*node) && !inside(node)).count();
    let name = known.fresh("item", &BTreeSet::new());
    let (left, right) = if others == 0 {
        (name.clone(), items.to_owned())
    } else {
        (format!("{}, {name}", known.of(place)), format!("enumerate({items})"))
    };
    let mut edits = vec![(place.byte_range(), left), (over.byte_range(), right)];
    edits.extend(reads.iter().map(|node| (node.byte_range(), name.clone())));
    Some(Change {
        at: outer.start_byte()..over.end_byte(),
        edits,
        names: vec![name],
        depth: known.loops(outer).len() + 1,
        weight: 1.0,
        ..Change::default()
    })
}

/// Every `table[key]` in a loop; `None` if there is none or the loop changes table or key.
fn item_reads<'a>(known: &Known<'a>, outer: Node<'a>, table: &str, key: &str) -> Option<Vec<Node<'a>>> {
    let body = outer.child_by_field_name("body")?;
    let root = table.split('.').next().unwrap_or(table);
    if known.is_changed_in(root, body) || known.bound_in(body).contains(root) || known.bound_in(body).contains(key) {
        return None;
    }
    let wanted = format!("{table}[{key}]");
    let reads: Vec<Node<'a>> =
        descendants(body).into_iter().filter(|node| node.kind() == "subscript" && known.of(*node) == wanted).collect();
    let in_function = reads.iter().any(|node| {
        crate::python::syntax::ancestors(*node)
            .take_while(|one| one.id() != outer.id())
            .any(|one| matches!(one.kind(), "lambda" | "function_definition"))
    });
    (!reads.is_empty() && !in_function).then_some(reads)
}

/// Sorting and choosing by the attribute that the items' own `__lt__` compares.
pub(super) fn key_for_rich_comparison(known: &Known<'_>) -> Vec<Change> {
    let Some(attribute) = compared_attribute(known) else { return Vec::new() };
    own_descendants(known.function)
        .into_iter()
        .filter(|node| node.kind() == "call")
        .filter_map(|call| {
            let called = call.child_by_field_name("function")?;
            let arguments = call.child_by_field_name("arguments").filter(|node| node.kind() == "argument_list")?;
            let given = named_children(arguments);
            let has_key = given.iter().any(|argument| known.of(*argument).starts_with("key"));
            let plain = given.iter().filter(|argument| argument.kind() != "keyword_argument").count();
            let fits = match known.of(called) {
                "sorted" | "min" | "max" => plain == 1,
                text => text.ends_with(".sort") && plain == 0,
            };
            if !fits || has_key {
                return None;
            }
            let separator = if given.is_empty() { "" } else { ", " };
            let end = arguments.end_byte() - 1;
            Some(Change {
                at: call.byte_range(),
                edits: vec![(end..end, format!("{separator}key=attrgetter(\"{attribute}\")"))],
                imports: vec!["from operator import attrgetter".to_owned()],
                depth: known.loops(call).len().max(1),
                weight: 0.8,
                ..Change::default()
            })
        })
        .collect()
}

/// The attribute that the file's only `__lt__` compares, if that is all it does.
fn compared_attribute(known: &Known<'_>) -> Option<String> {
    let mut found = known.nodes().iter().copied().filter(|node| {
        node.kind() == "function_definition" && node.child_by_field_name("name").is_some_and(|name| known.of(name) == "__lt__")
    });
    let (only, more) = (found.next()?, found.next());
    let body = only.child_by_field_name("body")?;
    let statement = named_children(body).into_iter().rfind(|node| node.kind() == "return_statement")?;
    let comparison = known.of(statement).strip_prefix("return ")?;
    let (left, right) = comparison.split_once(" < ")?;
    let parameters: Vec<Node<'_>> = named_children(only.child_by_field_name("parameters")?);
    let [this, other] = parameters.as_slice() else { return None };
    let attribute = left.strip_prefix(&format!("{}.", known.of(*this)))?;
    let plain = attribute.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let same = right == format!("{}.{attribute}", known.of(*other));
    (more.is_none() && plain && same && body.named_child_count() <= 2).then(|| attribute.to_owned())
}
