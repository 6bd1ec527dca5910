//! What a loop makes anew on each turn, made on the first one: before the loop it would be made also where there is no turn.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{
    super::{
        ahead,
        known::{Known, covers, is_binding},
        matching::Change,
    },
    bindings::{is_evaluated_first, is_worth_keeping, naming, outermost, places_by_text},
    comprehensions::{is_kept_collection, stem},
};
use crate::python::{
    edit::with_leading_comments,
    syntax::{self, descendants},
};

/// Methods without arguments that give the same as long as their object does.
const STEADY: &[&str] = &["lower", "upper", "strip", "lstrip", "rstrip", "casefold", "title", "split", "splitlines", "encode", "decode"];

/// Types that can be read again and again, in whose place an argument may be one that can't.
const CONTAINERS: &[&str] = &["list", "tuple", "set", "frozenset", "dict"];

pub(super) fn made_on_first_turn(known: &Known<'_>) -> Vec<Change> {
    let places = places_by_text(known, |node| is_steady_call(known, node) || is_kept_collection(known, node));
    outermost(&places).filter_map(|nodes| made_once(known, nodes)).collect()
}

fn is_steady_call(known: &Known<'_>, call: Node<'_>) -> bool {
    let is_given = || call.child_by_field_name("arguments").is_some_and(|list| list.named_child_count() > 0);
    let is_steady = || known.called_name(call).is_some_and(|name| STEADY.contains(&name));
    is_worth_keeping(known, call) && (is_given() || is_steady())
}

/// An argument of another type than was seen may be one that can be read only once, such as an iterator: for it everything is
/// made on each turn, as before. An annotation says so already.
fn guards(known: &Known<'_>, node: Node<'_>) -> Vec<String> {
    let of_parameters: BTreeSet<&str> = known.names_in(node).into_iter().filter(|name| known.parameters().contains(name)).collect();
    let guard = |name: &str| {
        let read = descendants(node).into_iter().find(|inner| inner.kind() == "identifier" && known.of(*inner) == name)?;
        let seen = known.values(read)?.only_type()?.trim_start_matches("builtins.").to_owned();
        let is_open = known.annotated_type(name).is_none() && known.is_builtin("type");
        (is_open && CONTAINERS.contains(&seen.as_str())).then(|| format!("type({name}) is not {seen}"))
    };
    of_parameters.into_iter().filter_map(guard).collect()
}

/// `name = None` before the loop; in it, `if name is None: name = value` before the first statement that reads the value.
fn made_once(known: &Known<'_>, nodes: &[Node<'_>]) -> Option<Change> {
    let (node, later) = nodes.split_first()?;
    let point = known.hoist_point(*node, &[*node]).filter(|point| matches!(point.kind(), "for_statement" | "while_statement"))?;
    let statement = known.statement(*node).filter(|statement| covers(point, *statement) && is_evaluated_first(*node, *statement))?;
    let block = statement.parent()?;
    let is_behind = |one: &Node<'_>| covers(block, *one) && one.start_byte() > node.end_byte();
    if statement.id() == point.id() || !later.iter().all(is_behind) {
        return None;
    }
    let text = known.source.text();
    let (inner, outer) = (syntax::indentation(text, statement.start_byte()), syntax::indentation(text, point.start_byte()));
    let before = with_leading_comments(known.source, point);
    let otherwise: String = guards(known, *node).iter().map(|guard| format!(" or {guard}")).collect();
    let guarded = |name: &str| format!("if {name} is None{otherwise}:\n{inner}{}{name} = {}", known.unit, known.of(*node));
    let (name, mut edits) = match ahead::own_name(known, *node) {
        Some(name) => {
            let reads = known.occurrences(name).into_iter().filter(|one| !is_binding(*one));
            if !reads.into_iter().all(|one| is_behind(&one)) {
                return None;
            }
            (name.to_owned(), vec![(statement.byte_range(), guarded(name))])
        }
        None => {
            let name = known.fresh(stem(known, *node), &BTreeSet::new());
            let first = with_leading_comments(known.source, statement);
            let made = (first..first, format!("{}\n{inner}", guarded(&name)));
            (name.clone(), vec![made, (node.byte_range(), name)])
        }
    };
    edits.push((before..before, format!("{name} = None\n{outer}")));
    edits.extend(later.iter().map(|one| (one.byte_range(), name.clone())));
    Some(naming(known, *node, edits, name))
}
