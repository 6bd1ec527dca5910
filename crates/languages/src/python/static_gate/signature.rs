//! A function's signature as text, and what of it may not change.

use tree_sitter::Node;

use super::{Refusal, Source, syntax};

/// One parameter of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// With its stars; `*` and `/` alone are parameters of their own.
    pub name: String,
    pub annotation: Option<String>,
    pub default: Option<String>,
}

/// What callers can see of a function without calling it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub parameters: Vec<Parameter>,
    pub returns: Option<String>,
    pub decorators: Vec<String>,
    pub is_async: bool,
    pub is_generator: bool,
}

impl Signature {
    /// Names, kinds and defaults.
    pub fn without_annotations(&self) -> Vec<(&str, Option<&str>)> {
        self.parameters.iter().map(|parameter| (parameter.name.as_str(), parameter.default.as_deref())).collect()
    }
}

/// Reads the signature of a definition.
pub fn signature(source: &Source, statement: Node<'_>) -> Signature {
    let function = syntax::definition_of(statement).unwrap_or(statement);
    let parameters = function.child_by_field_name("parameters").map(|list| syntax::named_children(list)).unwrap_or_default();
    let decorated = if statement.kind() == "decorated_definition" { Some(statement) } else { function.parent() };
    let decorators = decorated
        .filter(|node| node.kind() == "decorated_definition")
        .map(|node| {
            syntax::named_children(node).into_iter().filter(|child| child.kind() == "decorator").map(|child| plain(source, child)).collect()
        })
        .unwrap_or_default();
    Signature {
        parameters: parameters.into_iter().filter(|node| node.kind() != "comment").map(|node| parameter(source, node)).collect(),
        returns: function.child_by_field_name("return_type").map(|node| plain(source, node)),
        decorators,
        is_async: syntax::is_async(function),
        is_generator: syntax::is_generator(function),
    }
}

fn parameter(source: &Source, node: Node<'_>) -> Parameter {
    let annotation = node.child_by_field_name("type").map(|node| plain(source, node));
    let default = node.child_by_field_name("value").map(|node| plain(source, node));
    let name = node
        .child_by_field_name("name")
        .or_else(|| if node.kind() == "typed_parameter" { node.named_child(0) } else { None })
        .unwrap_or(node);
    Parameter { name: plain(source, name), annotation, default }
}

/// A node's text without layout and comments, and with one kind of quotes.
pub(super) fn plain(source: &Source, node: Node<'_>) -> String {
    let leaves = syntax::descendants(node)
        .into_iter()
        .filter(|leaf| leaf.child_count() == 0 && leaf.kind() != "comment" && leaf.kind() != "line_continuation");
    let mut parts: Vec<&str> = leaves.map(|leaf| source.of(leaf)).map(|text| if text == "'" { "\"" } else { text }).collect();
    if parts.len() > 2 && parts[parts.len() - 2] == "," && matches!(parts[parts.len() - 1], "]" | "}") {
        parts.remove(parts.len() - 2);
    }
    parts.join(" ")
}

/// Refuses changes of what callers can see.
pub(super) fn compare(old: &Source, old_target: Node<'_>, new: &Source, new_target: Node<'_>) -> Vec<Refusal> {
    let (was, is) = (signature(old, old_target), signature(new, new_target));
    let line = new_target.start_position().row as u32 + 1;
    let mut reasons = Vec::new();
    if was.decorators != is.decorators {
        reasons.push(format!("the decorators changed from [{}] to [{}]", was.decorators.join(", "), is.decorators.join(", ")));
    }
    if was.is_async != is.is_async {
        reasons.push(format!("the function {} `async`", if is.is_async { "became" } else { "is no longer" }));
    }
    if was.is_generator != is.is_generator {
        reasons.push(format!("the function {} a generator", if is.is_generator { "became" } else { "is no longer" }));
    }
    if was.without_annotations() != is.without_annotations() {
        reasons.push(format!("the signature changed from ({}) to ({})", shown(&was), shown(&is)));
    } else if was.parameters != is.parameters || was.returns != is.returns {
        reasons.push("the signature's annotations changed".to_owned());
    }
    reasons.into_iter().map(|reason| Refusal { reason, line }).collect()
}

fn shown(signature: &Signature) -> String {
    let show = |parameter: &Parameter| match &parameter.default {
        Some(default) => format!("{}={default}", parameter.name),
        None => parameter.name.clone(),
    };
    signature.parameters.iter().map(show).collect::<Vec<_>>().join(", ")
}
