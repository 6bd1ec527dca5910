//! Takes a replacement apart: the target's new definition, new imports, new helpers.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{
    EditError,
    helpers::is_import,
    syntax::{self, Source, definition_of, named_children},
};

/// The parts of a replacement, as texts without indentation.
pub(super) struct Pieces {
    /// The whole definition.
    pub definition: String,
    /// Import statements that the file lacks.
    pub imports: Vec<String>,
    /// Functions, classes and assignments for the module.
    pub helpers: Vec<String>,
    /// Functions for the class of a method.
    pub siblings: Vec<String>,
}

/// Whether the replacement binds everything that the file binds at its top, and more than the
/// target alone: then it is the file's new text. A target with the file's imports alone is one if it also has what else
/// stands at the file's top, such as its docstring.
pub(super) fn is_whole_file(source: &Source, new: &Source, qualname: &str) -> bool {
    if new.definitions(qualname).is_empty() {
        return false;
    }
    let old_names = bound(source, named_children(source.root()));
    let new_names = bound(new, named_children(new.root()));
    let old_members = members(source);
    let binds_all = old_names.len() > 1 && old_names.is_subset(&new_names) && old_members.is_subset(&members(new));
    binds_all && (has_more_than(source, qualname) || expressions(source).is_subset(&expressions(new)))
}

/// Whether a file defines anything at its top beside imports and the target, or what holds it.
fn has_more_than(source: &Source, qualname: &str) -> bool {
    let top = qualname.split('.').next().unwrap_or(qualname);
    let defined = named_children(source.root()).into_iter().filter(|statement| !is_import(statement));
    bound(source, defined.collect()).iter().any(|name| name != top)
}

/// The expressions at a file's top, as texts.
fn expressions(source: &Source) -> BTreeSet<&str> {
    let plain = |statement: &Node<'_>| statement.kind() == "expression_statement" && bound_by(source, *statement).is_empty();
    named_children(source.root()).into_iter().filter(plain).map(|statement| source.of(statement)).collect()
}

fn members(source: &Source) -> BTreeSet<String> {
    all_functions(source).into_iter().filter(|name| !name.contains("<locals>")).collect()
}

/// Qualified names of every function in a file.
pub(super) fn all_functions(source: &Source) -> Vec<String> {
    fn walk(source: &Source, scope: Node<'_>, prefix: &str, found: &mut Vec<String>) {
        for statement in syntax::scope_statements(scope) {
            let Some(definition) = definition_of(statement) else { continue };
            let Some(name) = definition.child_by_field_name("name") else { continue };
            let name = format!("{prefix}{}", source.of(name));
            if definition.kind() == "function_definition" {
                walk(source, definition, &format!("{name}.<locals>."), found);
                found.push(name);
            } else {
                walk(source, definition, &format!("{name}."), found);
            }
        }
    }
    let mut found = Vec::new();
    walk(source, source.root(), "", &mut found);
    found
}

/// Names that statements bind: definitions, imports, assignments.
pub(super) fn bound(source: &Source, statements: Vec<Node<'_>>) -> BTreeSet<String> {
    statements.into_iter().flat_map(|statement| bound_by(source, statement)).collect()
}

fn bound_by(source: &Source, statement: Node<'_>) -> Vec<String> {
    if let Some(definition) = definition_of(statement) {
        return definition.child_by_field_name("name").map(|name| source.of(name).to_owned()).into_iter().collect();
    }
    match statement.kind() {
        "import_statement" | "import_from_statement" => imported_names(source, statement),
        "expression_statement" => assigned_names(source, statement),
        _ => Vec::new(),
    }
}

/// Names that an import statement binds.
pub(crate) fn imported_names(source: &Source, statement: Node<'_>) -> Vec<String> {
    let mut cursor = statement.walk();
    statement
        .children_by_field_name("name", &mut cursor)
        .map(|name| match name.child_by_field_name("alias") {
            Some(alias) => source.of(alias).to_owned(),
            None => source.of(name).split('.').next().unwrap_or_default().to_owned(),
        })
        .collect()
}

/// Plain names that an assignment statement binds.
pub(crate) fn assigned_names(source: &Source, statement: Node<'_>) -> Vec<String> {
    let Some(assignment) = statement.named_child(0).filter(|node| node.kind() == "assignment") else { return Vec::new() };
    let Some(left) = assignment.child_by_field_name("left") else { return Vec::new() };
    let mut names: Vec<String> =
        syntax::descendants(left).into_iter().filter(|node| syntax::is_variable(*node)).map(|node| source.of(node).to_owned()).collect();
    if matches!(left.kind(), "attribute" | "subscript") {
        names.clear();
    }
    names
}

/// Takes the replacement apart.
pub(super) fn split(source: &Source, target: Node<'_>, new: &Source, qualname: &str) -> Result<Pieces, EditError> {
    let parts: Vec<&str> = qualname.split('.').filter(|part| *part != "<locals>").collect();
    let (name, classes) = parts.split_last().expect("a qualified name has a part");
    let mut rest: Vec<Node<'_>> = named_children(new.root());
    let wrapped = !classes.is_empty() && new.definitions(classes[0]).iter().any(|node| node.parent() == Some(new.root()));
    let (definition, mut siblings) =
        if wrapped { unwrap(source, new, qualname, &parts, &mut rest)? } else { (take_named(new, &mut rest, name, qualname)?, Vec::new()) };
    let in_class = syntax::ancestors(target).find_map(definition_of).is_some_and(|outer| outer.kind() == "class_definition");
    let (mut imports, mut helpers) = (Vec::new(), Vec::new());
    let existing = named_children(source.root());
    let existing_names = bound(source, existing.clone());
    let mut comments: Vec<&str> = Vec::new();
    for statement in rest {
        let text = new.of(statement);
        match statement.kind() {
            "comment" => {
                comments.push(text);
                continue;
            }
            "import_statement" | "import_from_statement" => {
                if !existing.iter().any(|old| source.of(*old) == text) && !is_imported(source, &existing, new, statement) {
                    imports.push(text.to_owned());
                }
            }
            "future_import_statement" if existing.iter().any(|old| source.of(*old) == text) => {}
            _ if existing.iter().any(|old| source.of(*old) == text) => {}
            _ => {
                let names = bound_by(new, statement);
                let Some(first) = names.first() else {
                    return Err(EditError::TouchesMore {
                        what: format!("`{}` is no import, helper or constant", text.lines().next().unwrap_or_default()),
                    });
                };
                if let Some(taken) = names.iter().find(|name| existing_names.contains(*name)) {
                    return Err(EditError::TouchesMore { what: format!("the file has a `{taken}` already, and it is not the target") });
                }
                let piece = with_comments(&comments, text);
                if in_class && is_method_helper(new, statement, first) { siblings.push(piece) } else { helpers.push(piece) }
            }
        }
        comments.clear();
    }
    Ok(Pieces { definition: new.of(definition).to_owned(), imports, helpers, siblings })
}

/// A replacement that shows the method inside its class.
fn unwrap<'n>(
    source: &Source,
    new: &'n Source,
    qualname: &str,
    parts: &[&str],
    rest: &mut Vec<Node<'n>>,
) -> Result<(Node<'n>, Vec<String>), EditError> {
    let wrong = || EditError::WrongName { expected: qualname.to_owned(), found: format!("`{}` without it", parts[0]) };
    let definition = *new.definitions(qualname).last().ok_or_else(wrong)?;
    let outer = rest.iter().position(|node| definition.start_byte() >= node.start_byte() && definition.end_byte() <= node.end_byte());
    rest.remove(outer.ok_or_else(wrong)?);
    let class = qualname.rsplit_once('.').map_or(qualname, |(class, _)| class).trim_end_matches(".<locals>");
    let old_class = source.definitions(class).first().copied();
    let mut siblings = Vec::new();
    let container = syntax::ancestors(definition).find_map(definition_of).ok_or_else(wrong)?;
    let body = container.child_by_field_name("body").ok_or_else(wrong)?;
    for member in named_children(body).into_iter().filter(|member| *member != definition && member.kind() != "comment") {
        let text = new.of(member);
        let is_old = old_class
            .is_some_and(|old| syntax::scope_statements(old).iter().any(|statement| squeezed(source.of(*statement)) == squeezed(text)));
        let is_filler = matches!(text.trim(), "pass" | "...") || member.kind() == "expression_statement" && text.starts_with(['"', '\'']);
        let names = bound_by(new, member);
        match names.first() {
            _ if is_old || is_filler => {}
            Some(name) if !source.definitions(&format!("{class}.{name}")).is_empty() => {
                return Err(EditError::TouchesMore { what: format!("`{class}.{name}` differs from the file's") });
            }
            Some(_) => siblings.push(
                super::layout::dedent(&format!("{}{text}", syntax::indentation(new.text(), member.start_byte()))).trim_end().to_owned(),
            ),
            None => {
                return Err(EditError::TouchesMore { what: format!("`{}` in class `{class}`", text.lines().next().unwrap_or_default()) });
            }
        }
    }
    Ok((definition, siblings))
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Takes the definition called `name` out of `rest`.
fn take_named<'n>(new: &'n Source, rest: &mut Vec<Node<'n>>, name: &str, qualname: &str) -> Result<Node<'n>, EditError> {
    let name_of = |node: &Node<'_>| {
        definition_of(*node)
            .filter(|inner| inner.kind() == "function_definition")
            .and_then(|inner| inner.child_by_field_name("name"))
            .map(|name| new.of(name).to_owned())
    };
    let Some(position) = rest.iter().rposition(|node| name_of(node).as_deref() == Some(name)) else {
        let found: Vec<String> = rest.iter().filter_map(name_of).map(|name| format!("`{name}`")).collect();
        let found = if found.is_empty() { "no function".to_owned() } else { found.join(", ") };
        return Err(EditError::WrongName { expected: qualname.to_owned(), found });
    };
    Ok(rest.remove(position))
}

fn is_imported(source: &Source, existing: &[Node<'_>], new: &Source, statement: Node<'_>) -> bool {
    let module = |source: &Source, node: Node<'_>| node.child_by_field_name("module_name").map(|name| source.of(name).to_owned());
    let mut cursor = statement.walk();
    let names: Vec<&str> = statement.children_by_field_name("name", &mut cursor).map(|name| new.of(name)).collect();
    let has = |name: &str| {
        existing.iter().filter(|old| old.kind() == statement.kind() && module(source, **old) == module(new, statement)).any(|old| {
            let mut cursor = old.walk();
            old.children_by_field_name("name", &mut cursor).any(|imported| source.of(imported) == name)
        })
    };
    !names.is_empty() && names.into_iter().all(has)
}

/// A helper that takes `self` or `cls`, or that the replacement calls on one of them, goes into the class.
fn is_method_helper(new: &Source, statement: Node<'_>, name: &str) -> bool {
    let Some(function) = definition_of(statement).filter(|inner| inner.kind() == "function_definition") else {
        return false;
    };
    let first = function.child_by_field_name("parameters").and_then(|parameters| parameters.named_child(0)).map(|node| new.of(node));
    let called = ["self.", "cls."].iter().any(|owner| new.text().contains(&format!("{owner}{name}(")));
    called || matches!(first, Some("self" | "cls")) && !new.text().contains(&format!(" {name}("))
}

fn with_comments(comments: &[&str], text: &str) -> String {
    comments.iter().map(|comment| format!("{comment}\n")).chain([text.to_owned()]).collect()
}
