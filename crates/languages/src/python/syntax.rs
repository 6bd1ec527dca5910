//! Parsed Python source, and the questions that edits, gates and rules ask of it.

use std::{collections::BTreeSet, ops::Range};

use tree_sitter::{Node, Parser, Tree};

/// A text with its syntax tree.
pub struct Source {
    text: String,
    tree: Tree,
}

/// Where a text stops being Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Counted from 1.
    pub line: u32,
    /// The line itself, trimmed.
    pub excerpt: String,
}

impl Source {
    /// Parses `text`; a text with errors still gives a tree.
    pub fn parse(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_python::LANGUAGE.into()).expect("the linked grammar fits the linked tree-sitter");
        let tree = parser.parse(&text, None).expect("a parser with a language and no limit gives a tree");
        Self { text, tree }
    }

    /// The module node.
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of `node`.
    pub fn of(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    /// The first place that does not parse.
    pub fn error(&self) -> Option<SyntaxError> {
        let root = self.root();
        if !root.has_error() {
            return None;
        }
        let broken = descendants(root).into_iter().find(|node| node.is_error() || node.is_missing()).unwrap_or(root);
        let row = broken.start_position().row;
        let excerpt = self.text.lines().nth(row).unwrap_or_default().trim().to_owned();
        Some(SyntaxError { line: row as u32 + 1, excerpt })
    }

    /// Definitions with this qualified name, in order: the whole statement with its decorators.
    pub fn definitions(&self, qualname: &str) -> Vec<Node<'_>> {
        let mut found = vec![self.root()];
        for part in qualname.split('.').filter(|part| *part != "<locals>") {
            found = found.into_iter().flat_map(|scope| self.named_in(scope, part)).collect();
        }
        found
    }

    fn named_in<'t>(&'t self, scope: Node<'t>, name: &str) -> Vec<Node<'t>> {
        scope_statements(scope)
            .into_iter()
            .filter(|statement| {
                definition_of(*statement).and_then(|inner| inner.child_by_field_name("name")).is_some_and(|node| self.of(node) == name)
            })
            .collect()
    }
}

/// The function or class inside a possibly decorated statement.
pub fn definition_of(statement: Node<'_>) -> Option<Node<'_>> {
    match statement.kind() {
        "function_definition" | "class_definition" => Some(statement),
        "decorated_definition" => statement.child_by_field_name("definition"),
        _ => None,
    }
}

/// Every statement that binds in the scope of `scope` (a module or a definition), compound
/// statements looked through, nested definitions not entered.
pub fn scope_statements(scope: Node<'_>) -> Vec<Node<'_>> {
    let body = definition_of(scope).and_then(|inner| inner.child_by_field_name("body")).unwrap_or(scope);
    let mut found = Vec::new();
    let mut open: Vec<Node<'_>> = named_children(body).into_iter().rev().collect();
    while let Some(node) = open.pop() {
        match node.kind() {
            "if_statement" | "for_statement" | "while_statement" | "try_statement" | "with_statement" | "match_statement" | "block"
            | "elif_clause" | "else_clause" | "except_clause" | "finally_clause" | "case_clause" => {
                if node.kind().ends_with("_statement") {
                    found.push(node);
                }
                open.extend(named_children(node).into_iter().rev());
            }
            kind if kind.ends_with("_statement") || definition_of(node).is_some() => found.push(node),
            _ => {}
        }
    }
    found
}

/// Named children, in order.
pub fn named_children(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).collect()
}

/// `node` and everything under it, in source order.
pub fn descendants(node: Node<'_>) -> Vec<Node<'_>> {
    walked(node, |_| true)
}

/// Like [`descendants`], without entering nested functions, lambdas and classes.
pub fn own_descendants(node: Node<'_>) -> Vec<Node<'_>> {
    walked(node, |inner| !matches!(inner.kind(), "function_definition" | "lambda" | "class_definition"))
}

/// `node` and what lies under it, entering what `enters` says; a cursor keeps this linear.
fn walked<'t>(node: Node<'t>, enters: impl Fn(Node<'t>) -> bool) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    let mut found = vec![node];
    loop {
        let here = cursor.node();
        if (here == node || enters(here)) && cursor.goto_first_child() {
            found.push(cursor.node());
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
        found.push(cursor.node());
    }
}

/// Names that are bound anywhere under `root`, and names that are read or bound there; imports and
/// attributes left out. One walk, since asking a node for its parent starts at the root.
pub fn names_of<'t>(source: &'t Source, root: Node<'t>) -> (BTreeSet<&'t str>, BTreeSet<&'t str>) {
    let (mut bound, mut names) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![(root, false)];
    while let Some((node, binds)) = open.pop() {
        if node.kind() == "identifier" {
            names.insert(source.of(node));
            if binds {
                bound.insert(source.of(node));
            }
            continue;
        }
        let mut cursor = node.walk();
        let mut more = cursor.goto_first_child();
        while more {
            let child = cursor.node();
            let field = cursor.field_name();
            let child_binds = match (node.kind(), field) {
                ("attribute", Some("attribute")) | ("keyword_argument", Some("name")) => {
                    more = cursor.goto_next_sibling();
                    continue;
                }
                ("assignment" | "augmented_assignment" | "for_statement" | "for_in_clause", Some("left")) => true,
                ("named_expression" | "function_definition" | "class_definition", Some("name")) => true,
                ("as_pattern_target" | "delete_statement", _) => true,
                ("pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" | "expression_list", _) => binds,
                _ => false,
            };
            if child.is_named() && !node.kind().starts_with("import") {
                open.push((child, child_binds));
            }
            more = cursor.goto_next_sibling();
        }
    }
    (bound, names)
}

/// `node`'s parents, nearest first.
pub fn ancestors(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::successors(node.parent(), |node| node.parent())
}

/// Whether a function's own body yields.
pub fn is_generator(function: Node<'_>) -> bool {
    own_descendants(function).into_iter().any(|node| node.kind() == "yield")
}

/// Whether a definition starts with `async`.
pub fn is_async(function: Node<'_>) -> bool {
    function.child(0).is_some_and(|first| first.kind() == "async")
}

/// Whether `node` stands for the name of an attribute or keyword, rather than for a variable.
pub fn is_variable(node: Node<'_>) -> bool {
    if node.kind() != "identifier" {
        return false;
    }
    let Some(parent) = node.parent() else { return true };
    match parent.kind() {
        "attribute" => parent.child_by_field_name("attribute") != Some(node),
        "keyword_argument" => parent.child_by_field_name("name") != Some(node),
        _ => true,
    }
}

/// The whitespace before a node's first line, if nothing else stands before it.
pub fn indentation(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line..at];
    &before[..before.len() - before.trim_start_matches([' ', '\t']).len()]
}

/// Byte ranges of lines that lie inside multi-line strings, where whitespace is data.
pub fn string_interiors(source: &Source) -> Vec<Range<usize>> {
    descendants(source.root())
        .into_iter()
        .filter(|node| node.kind() == "string")
        .filter(|node| node.start_position().row != node.end_position().row)
        .map(|node| node.start_byte() + 1..node.end_byte())
        .collect()
}

/// The line, counted from 1, of a byte offset.
pub fn line_of(text: &str, at: usize) -> u32 {
    text[..at].bytes().filter(|byte| *byte == b'\n').count() as u32 + 1
}

/// Whether a statement is a string alone.
pub fn is_docstring(statement: Node<'_>) -> bool {
    statement.kind() == "expression_statement" && statement.named_child(0).is_some_and(|inner| inner.kind() == "string")
}

/// Python's built-in functions, types and constants that code may name without binding them.
pub const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "complex",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "class A:\n    @property\n    def x(self):\n        return 1\n\ndef outer():\n    if True:\n        def inner():\n            yield 1\n    return inner\n";

    #[test]
    fn finds_methods_and_nested_functions_by_qualified_name() {
        let source = Source::parse(TEXT);
        let of = |name: &str| source.definitions(name).first().map(|node| source.of(*node).lines().next().unwrap_or_default().to_owned());
        assert_eq!(of("A.x").as_deref(), Some("@property"));
        assert_eq!(of("outer.<locals>.inner").as_deref(), Some("def inner():"));
        assert_eq!(of("outer.nothing"), None);
    }

    #[test]
    fn a_generator_is_one_by_its_own_yield_only() {
        let source = Source::parse(TEXT);
        assert!(is_generator(source.definitions("outer.inner")[0]));
        assert!(!is_generator(source.definitions("outer")[0]));
    }

    #[test]
    fn says_where_a_text_stops_being_python() {
        let error = Source::parse("x = 1\ndef f(:\n    pass\n").error().expect("broken");
        assert_eq!((error.line, error.excerpt.as_str()), (2, "def f(:"));
        assert_eq!(Source::parse("x = 1\n").error(), None);
    }
}
