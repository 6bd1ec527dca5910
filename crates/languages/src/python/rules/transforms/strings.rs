//! Texts put together by `format` and `%`.

use tree_sitter::Node;

use super::super::{known::Known, matching::Change};
use crate::python::syntax::{named_children, own_descendants};

/// `"…{}…".format(a, b)` and `"…%s…" % (a, b)` become f-strings.
pub(super) fn formatted_in_place(known: &Known<'_>) -> Vec<Change> {
    own_descendants(known.function)
        .into_iter()
        .filter_map(|node| match node.kind() {
            "call" => from_format(known, node),
            "binary_operator" => from_percent(known, node),
            _ => None,
        })
        .collect()
}

fn from_format(known: &Known<'_>, call: Node<'_>) -> Option<Change> {
    let called = call.child_by_field_name("function").filter(|called| called.kind() == "attribute")?;
    let (object, method) = (called.child_by_field_name("object")?, called.child_by_field_name("attribute")?);
    let arguments = call.child_by_field_name("arguments").filter(|node| node.kind() == "argument_list")?;
    if known.of(method) != "format" {
        return None;
    }
    written(known, call, object, "{}", &named_children(arguments), "")
}

fn from_percent(known: &Known<'_>, node: Node<'_>) -> Option<Change> {
    let (left, right) = (node.child_by_field_name("left")?, node.child_by_field_name("right")?);
    if known.of(node.child_by_field_name("operator")?) != "%" {
        return None;
    }
    let arguments = if right.kind() == "tuple" { named_children(right) } else { vec![right] };
    let is_known = right.kind() == "tuple" || matches!(known.type_of(right).as_deref(), Some("str" | "int"));
    if !is_known || known.of(left).contains(['{', '}']) || known.of(left).matches('%').count() != known.of(left).matches("%s").count() {
        return None;
    }
    written(known, node, left, "%s", &arguments, "!s")
}

/// The f-string, if each field takes one argument that can stand between the same quotes.
fn written(known: &Known<'_>, node: Node<'_>, template: Node<'_>, field: &str, arguments: &[Node<'_>], conversion: &str) -> Option<Change> {
    let text = known.of(template);
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let is_plain = template.kind() == "string" && !text.starts_with("\"\"\"") && !text.starts_with("'''");
    let pieces: Vec<&str> = text.split(field).collect();
    let fits = |argument: &Node<'_>| {
        let text = known.of(*argument);
        !text.contains([quote, '\\', '\n', '#', '{', '}', ':', '!'])
            && matches!(argument.kind(), "identifier" | "attribute" | "call" | "subscript" | "binary_operator" | "integer")
    };
    let other_fields = field == "{}" && pieces.iter().any(|piece| piece.contains(['{', '}']));
    if !is_plain || other_fields || pieces.len() != arguments.len() + 1 || arguments.is_empty() || !arguments.iter().all(fits) {
        return None;
    }
    let mut filled = format!("f{}", pieces[0]);
    for (argument, piece) in arguments.iter().zip(&pieces[1..]) {
        filled.push_str(&format!("{{{}{conversion}}}{piece}", known.of(*argument)));
    }
    Some(Change {
        at: node.byte_range(),
        edits: vec![(node.byte_range(), filled)],
        depth: known.loops(node).len(),
        weight: 1.0,
        ..Change::default()
    })
}
