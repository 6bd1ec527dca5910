//! Memos of functions that only compute: bounded, keyed by exact types, results immutable.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::super::{
    known::{Known, is_binding, root_name},
    matching::Change,
    shapes,
};
use crate::python::syntax::{self, definition_of, descendants, is_async, is_docstring, is_generator, named_children};

/// Types whose equal values behave alike, so that they can be keys.
const KEYS: &[&str] = &["str", "int", "bytes", "bool"];
const IMMUTABLE: &[&str] = &["str", "int", "bytes", "bool", "float", "NoneType", "complex"];

/// Remembers results where arguments were seen to repeat.
pub(super) fn memo(known: &Known<'_>) -> Vec<Change> {
    let weight = match known.observations.filter(|seen| seen.sampled > 0) {
        Some(seen) if !seen.sketch_full && seen.distinct_arguments * 2 < seen.sampled => {
            1.0 - seen.distinct_arguments as f64 / seen.sampled as f64
        }
        Some(_) => return Vec::new(),
        None => 0.15,
    };
    remembered(known, 256, weight).into_iter().collect()
}

/// Remembers the last result alone, where the arguments were often those of the call before.
pub(super) fn last_call(known: &Known<'_>) -> Vec<Change> {
    let Some(seen) = known.observations.filter(|seen| seen.sampled > 0 && seen.same_as_last * 2 > seen.sampled) else { return Vec::new() };
    remembered(known, 1, seen.same_as_last as f64 / seen.sampled as f64).into_iter().collect()
}

fn remembered(known: &Known<'_>, size: u32, weight: f64) -> Option<Change> {
    let function = known.function;
    let at_top = function.parent().is_some_and(|parent| parent.kind() == "module");
    if !at_top || is_async(function) || is_generator(function) || !is_pure_function(known, function, 0) {
        return None;
    }
    if known
        .observations
        .is_some_and(|seen| seen.returned.types.iter().any(|(name, _)| !IMMUTABLE.contains(&name.trim_start_matches("builtins."))))
    {
        return None;
    }
    let types = key_types(known)?;
    let body = function.child_by_field_name("body")?;
    let statements: Vec<Node<'_>> = named_children(body).into_iter().filter(|node| node.kind() != "comment").collect();
    let first = statements.iter().find(|node| !is_docstring(**node))?;
    let name = known.of(function.child_by_field_name("name")?);
    let stem = name.trim_start_matches('_');
    let (uncached, cached) =
        (known.fresh(&format!("_{stem}_uncached"), &BTreeSet::new()), known.fresh(&format!("_{stem}_memo"), &BTreeSet::new()));
    let text = known.source.text();
    let head = &text[function.start_byte()..body.start_byte()];
    let head = head.trim_end().replacen(name, &uncached, 1);
    let margin = syntax::indentation(text, first.start_byte());
    let start = first_line_with_comments(text, *first, body);
    let moved = &text[start..body.end_byte()];
    let guard: Vec<String> = types.iter().map(|(parameter, kind)| format!("type({parameter}) is {kind}")).collect();
    let arguments: Vec<&str> = types.iter().map(|(parameter, _)| parameter.as_str()).collect();
    let arguments = arguments.join(", ");
    let call = format!("if {}:\n{margin}{margin}return {cached}({arguments})\n{margin}return {uncached}({arguments})", guard.join(" and "));
    Some(Change {
        at: function.byte_range(),
        edits: vec![(start..body.end_byte(), call)],
        imports: vec!["from functools import lru_cache".to_owned()],
        module: vec![format!("{head}\n{margin}{moved}"), format!("{cached} = lru_cache(maxsize={size})({uncached})\n\n")],
        names: vec![uncached, cached],
        depth: 1,
        weight,
    })
}

/// Where the moved part of a body starts: with the comments above its first statement.
fn first_line_with_comments(text: &str, first: Node<'_>, body: Node<'_>) -> usize {
    let comment = named_children(body)
        .into_iter()
        .take_while(|node| node.id() != first.id())
        .find(|node| node.kind() == "comment" && !is_trailing(text, *node));
    comment.map_or(first.start_byte(), |node| node.start_byte())
}

fn is_trailing(text: &str, node: Node<'_>) -> bool {
    let line_start = text[..node.start_byte()].rfind('\n').map_or(0, |at| at + 1);
    !text[line_start..node.start_byte()].trim().is_empty()
}

/// Plain parameters with the one exact type by which each can be a key.
fn key_types(known: &Known<'_>) -> Option<Vec<(String, String)>> {
    let list = known.function.child_by_field_name("parameters")?;
    let parameters = named_children(list);
    if parameters.is_empty() || parameters.len() > 3 {
        return None;
    }
    parameters
        .into_iter()
        .map(|parameter| {
            let name = match parameter.kind() {
                "identifier" => parameter,
                "typed_parameter" => parameter.named_child(0).filter(|inner| inner.kind() == "identifier")?,
                "default_parameter" | "typed_default_parameter" => parameter.child_by_field_name("name")?,
                _ => return None,
            };
            let seen = known.observations.and_then(|seen| seen.parameters.iter().find(|one| one.name == known.of(name)));
            let seen = seen.and_then(|one| one.values.only_type()).map(|kind| kind.trim_start_matches("builtins.").to_owned());
            let written = parameter.child_by_field_name("type").map(|kind| known.of(kind).to_owned());
            let kind = seen.or(written).filter(|kind| KEYS.contains(&kind.as_str()))?;
            Some((known.of(name).to_owned(), kind))
        })
        .collect()
}

/// Whether a function of this file only computes from its arguments and constants.
fn is_pure_function(known: &Known<'_>, function: Node<'_>, depth: u8) -> bool {
    let own: BTreeSet<&str> = descendants(function).into_iter().filter(|node| is_binding(*node)).map(|node| known.of(node)).collect();
    let parameters: BTreeSet<&str> = function
        .child_by_field_name("parameters")
        .map(|list| descendants(list).into_iter().filter(|node| node.kind() == "identifier").map(|node| known.of(node)).collect())
        .unwrap_or_default();
    let body = function.child_by_field_name("body").map(descendants).unwrap_or_default();
    body.into_iter().all(|node| match node.kind() {
        "global_statement"
        | "nonlocal_statement"
        | "await"
        | "yield"
        | "import_statement"
        | "import_from_statement"
        | "with_statement"
        | "class_definition"
        | "delete_statement" => false,
        "call" => is_pure_call(known, node, function, &own, &parameters, depth),
        "attribute" | "subscript" if is_stored(node) => {
            root_name(node).is_some_and(|root| own.contains(known.of(root)) && !parameters.contains(known.of(root)))
        }
        "identifier" if syntax::is_variable(node) && !is_binding(node) => {
            let name = known.of(node);
            own.contains(name) || parameters.contains(name) || is_settled(known, name)
        }
        _ => true,
    })
}

fn is_stored(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| {
        matches!(parent.kind(), "assignment" | "augmented_assignment") && parent.child_by_field_name("left") == Some(node)
    })
}

fn is_pure_call(
    known: &Known<'_>,
    call: Node<'_>,
    function: Node<'_>,
    own: &BTreeSet<&str>,
    parameters: &BTreeSet<&str>,
    depth: u8,
) -> bool {
    let Some(called) = call.child_by_field_name("function") else { return false };
    match called.kind() {
        "identifier" => {
            let name = known.of(called);
            let is_self = function.child_by_field_name("name").is_some_and(|own_name| known.of(own_name) == name);
            let is_error = name.ends_with("Error") || name == "Exception";
            let callee =
                known.source.definitions(name).into_iter().filter_map(definition_of).find(|node| node.kind() == "function_definition");
            is_self
                || is_error
                || shapes::is_pure_builtin(known, name)
                || depth < 2
                    && !own.contains(name)
                    && !parameters.contains(name)
                    && callee.is_some_and(|callee| is_pure_function(known, callee, depth + 1))
        }
        "attribute" => {
            let method = called.child_by_field_name("attribute").map_or("", |method| known.of(method));
            let fresh = root_name(called).is_some_and(|root| own.contains(known.of(root)) && !parameters.contains(known.of(root)));
            shapes::is_pure_method(method)
                || fresh && matches!(method, "append" | "extend" | "add" | "insert" | "update" | "setdefault" | "pop")
        }
        _ => false,
    }
}

/// Whether a name of the module stays what it is: bound once and never changed in the file.
fn is_settled(known: &Known<'_>, name: &str) -> bool {
    if known.is_builtin(name) || known.import_of(name).is_some() || name.ends_with("Error") {
        return true;
    }
    let definitions = known.source.definitions(name);
    if definitions.len() == 1 {
        return true;
    }
    let changed = || {
        known.nodes().iter().copied().any(|node| {
            syntax::is_variable(node)
                && known.of(node) == name
                && matches!(
                    shapes::use_of(known, node).as_deref(),
                    Some("append" | "add" | "update" | "store" | "setdefault" | "pop" | "clear" | "extend" | "insert")
                )
        })
    };
    known.module_value(name).is_some() && !changed()
}
