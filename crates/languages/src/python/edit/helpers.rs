//! Puts the pieces of a replacement where they belong in the file.

use tree_sitter::Node;

use super::{
    layout,
    replacement::Pieces,
    syntax::{self, Source, definition_of, is_docstring, named_children},
};

/// The file with the target replaced, imports after its imports, helpers before the target.
pub(super) fn assemble(source: &Source, target: Node<'_>, pieces: &Pieces) -> String {
    let text = source.text();
    let unit = layout::unit_of(source).unwrap_or_else(|| "    ".to_owned());
    let margin = syntax::indentation(text, target.start_byte());
    let definition = keep_what_is_left_out(source, target, &pieces.definition);
    let mut edits = vec![(target.byte_range(), layout::indent(&definition, margin, &unit))];
    if !pieces.siblings.is_empty() {
        let siblings: String = pieces.siblings.iter().map(|one| format!("{}\n\n{margin}", layout::indent(one, margin, &unit))).collect();
        edits.push((target.start_byte()..target.start_byte(), siblings));
    }
    if !pieces.helpers.is_empty() {
        let place = with_leading_comments(source, top_statement(source, target));
        edits.push((place..place, helpers_text(&pieces.helpers, &unit)));
    }
    if !pieces.imports.is_empty() {
        edits.push(imports_edit(source, &pieces.imports));
    }
    apply(text, edits)
}

/// Replaces byte ranges; of two edits at one place the later one in the list comes first.
pub(crate) fn apply(text: &str, mut edits: Vec<(std::ops::Range<usize>, String)>) -> String {
    edits.reverse();
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut result = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for (range, new) in edits {
        result.push_str(&text[at..range.start]);
        result.push_str(&new);
        at = range.end;
    }
    result.push_str(&text[at..]);
    result
}

/// Functions and classes get two blank lines after them, constants one block together.
fn helpers_text(helpers: &[String], unit: &str) -> String {
    let mut joined = String::new();
    for helper in helpers {
        let is_definition = Source::parse(helper.as_str())
            .root()
            .named_child(0)
            .is_some_and(|_| named_children(Source::parse(helper.as_str()).root()).iter().any(|node| definition_of(*node).is_some()));
        if is_definition && !joined.is_empty() && !joined.ends_with("\n\n\n") {
            joined.push_str("\n\n");
        }
        joined.push_str(&layout::indent(helper, "", unit));
        joined.push_str(if is_definition { "\n\n\n" } else { "\n" });
    }
    if !joined.ends_with("\n\n\n") {
        joined.push_str("\n\n");
    }
    joined
}

/// The statement of the module in which `node` stands.
pub(crate) fn top_statement<'t>(source: &'t Source, node: Node<'t>) -> Node<'t> {
    let root = source.root();
    std::iter::once(node).chain(syntax::ancestors(node)).take_while(|outer| *outer != root).last().unwrap_or(node)
}

/// Where a statement starts together with the comments directly above it.
pub(crate) fn with_leading_comments(source: &Source, statement: Node<'_>) -> usize {
    let mut start = statement;
    while let Some(before) = start.prev_sibling().filter(|before| {
        before.kind() == "comment"
            && before.end_position().row + 1 == start.start_position().row
            && syntax::indentation(source.text(), before.start_byte()).len() == before.start_position().column
    }) {
        start = before;
    }
    start.start_byte()
}

/// New imports go where the file's order would have them: after the last absolute import that
/// sorts before, else before the first import, else after the docstring.
pub(crate) fn imports_edit(source: &Source, imports: &[String]) -> (std::ops::Range<usize>, String) {
    let statements = named_children(source.root());
    let head: Vec<Node<'_>> = statements.iter().copied().take_while(is_head).filter(is_import).collect();
    let lines: String = imports.join("\n");
    let new_key = imports.first().map(|import| import_key(import)).unwrap_or_default();
    let is_absolute = |node: &&Node<'_>| !source.of(**node).starts_with("from .");
    let is_before = |node: &&Node<'_>| import_key(source.of(**node)) <= new_key && is_plain_standard(source.of(**node));
    if let Some(last) = head.iter().filter(is_absolute).rfind(is_before) {
        let end = line_end(source.text(), last.end_byte());
        return (end..end, format!("\n{lines}"));
    }
    if let Some(first) = head.iter().find(|node| node.kind() != "future_import_statement" && is_plain_standard(source.of(**node))) {
        return (first.start_byte()..first.start_byte(), format!("{lines}\n"));
    }
    if let Some(last) = head.iter().rfind(is_absolute) {
        let end = line_end(source.text(), last.end_byte());
        return (end..end, format!("\n{lines}"));
    }
    if let Some(first) = head.first() {
        return (first.start_byte()..first.start_byte(), format!("{lines}\n\n"));
    }
    if let Some(docstring) = statements.iter().find(|node| node.kind() != "comment").filter(|node| is_docstring(**node)) {
        let end = line_end(source.text(), docstring.end_byte());
        return (end..end, format!("\n\n{lines}"));
    }
    let first = statements.iter().find(|node| node.kind() != "comment");
    let place = first.map_or(0, |node| with_leading_comments(source, *node));
    let place = if place == 0 { first.map_or(0, Node::start_byte) } else { place };
    (place..place, format!("{lines}\n\n"))
}

pub(super) fn is_import(node: &Node<'_>) -> bool {
    matches!(node.kind(), "import_statement" | "import_from_statement" | "future_import_statement")
}

/// What may stand among a file's first imports.
fn is_head(node: &Node<'_>) -> bool {
    is_import(node) || matches!(node.kind(), "comment" | "expression_statement" | "try_statement" | "if_statement")
}

/// How imports are usually sorted: `import x` before `from x import`, each by module.
fn import_key(text: &str) -> (bool, String) {
    let is_from = text.starts_with("from ");
    (is_from, text.split_whitespace().nth(1).unwrap_or_default().to_lowercase())
}

fn is_plain_standard(text: &str) -> bool {
    crate::python::static_gate::is_standard(&import_key(text).1)
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline)
}

/// Puts back the decorators, the annotations and the docstring that a replacement leaves out.
fn keep_what_is_left_out(source: &Source, target: Node<'_>, definition: &str) -> String {
    let new = Source::parse(definition);
    let Some(statement) = named_children(new.root()).into_iter().find(|node| definition_of(*node).is_some()) else {
        return definition.to_owned();
    };
    let (Some(old_function), Some(new_function)) = (definition_of(target), definition_of(statement)) else {
        return definition.to_owned();
    };
    let mut edits = Vec::new();
    if target.kind() == "decorated_definition" && statement.kind() != "decorated_definition" {
        let kept = &source.text()[target.start_byte()..old_function.start_byte()];
        let margin = syntax::indentation(source.text(), target.start_byte());
        edits.push((new_function.start_byte()..new_function.start_byte(), kept.replace(&format!("\n{margin}"), "\n")));
    }
    if let Some(edit) = kept_signature(source, old_function, &new, new_function) {
        edits.push(edit);
    }
    if let Some(edit) = kept_docstring(source, old_function, &new, new_function) {
        edits.push(edit);
    }
    apply(definition, edits)
}

/// The old signature's text where the new one only lacks annotations.
fn kept_signature(source: &Source, old: Node<'_>, new: &Source, function: Node<'_>) -> Option<(std::ops::Range<usize>, String)> {
    let (was, is) = (crate::python::static_gate::signature(source, old), crate::python::static_gate::signature(new, function));
    let bare = is.returns.is_none() && is.parameters.iter().all(|parameter| parameter.annotation.is_none());
    let annotated = was.returns.is_some() || was.parameters.iter().any(|parameter| parameter.annotation.is_some());
    if !(bare && annotated && was.without_annotations() == is.without_annotations()) {
        return None;
    }
    let span = |function: Node<'_>| {
        let start = function.child_by_field_name("parameters")?.start_byte();
        let end = function.child_by_field_name("return_type").or(function.child_by_field_name("parameters"))?.end_byte();
        Some(start..end)
    };
    let margin = syntax::indentation(source.text(), old.start_byte());
    let text = source.text()[span(old)?].replace(&format!("\n{margin}"), "\n");
    Some((span(function)?, text))
}

fn kept_docstring(source: &Source, old: Node<'_>, new: &Source, function: Node<'_>) -> Option<(std::ops::Range<usize>, String)> {
    let text = old.child_by_field_name("body").and_then(|body| named_children(body).into_iter().find(|node| node.kind() != "comment"));
    let docstring = text.filter(|node| is_docstring(*node))?;
    let body = function.child_by_field_name("body")?;
    if named_children(body).into_iter().find(|node| node.kind() != "comment").is_some_and(is_docstring) {
        return None;
    }
    if body.start_position().row == function.start_position().row {
        return None;
    }
    let margin = syntax::indentation(new.text(), body.start_byte());
    Some((body.start_byte()..body.start_byte(), format!("{}\n{margin}", source.of(docstring))))
}
