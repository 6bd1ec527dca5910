//! What is known about a target while rules are tried: names, loops, types, observations.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use ast_grep_core::{
    AstGrep,
    tree_sitter::{LanguageExt, StrDoc},
};
use ast_grep_language::SupportLang;
use tree_sitter::Node;
use whetstone_core::observed::{Observations, PositionObserved, Values, What};

use crate::python::syntax::{self, Source, descendants, named_children, own_descendants};

/// Facts about the run that rules may ask for.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Lines that carry most of the target's time; empty if not known.
    pub hot_lines: Vec<u32>,
}

/// A target under consideration.
pub struct Known<'a> {
    pub source: &'a Source,
    /// The definition, without decorators.
    pub function: Node<'a>,
    pub observations: Option<&'a Observations>,
    pub facts: &'a Facts,
    /// One step of indentation, as the file has it.
    pub unit: String,
    /// The file for pattern matching, with the function's comments blanked out.
    pub ast: AstGrep<StrDoc<SupportLang>>,
    /// Every node of the file.
    nodes: Vec<Node<'a>>,
    /// Every name that is bound anywhere in the file, imports left out.
    bound: BTreeSet<&'a str>,
    /// Every name that is read or bound anywhere in the file.
    names: BTreeSet<&'a str>,
    imports: BTreeMap<String, String>,
}

/// Statements and clauses that repeat what they hold.
const LOOPS: &[&str] = &["for_statement", "while_statement"];
const COMPREHENSIONS: &[&str] = &["list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"];

/// Methods of built-in containers that change them.
const CHANGING: &[&str] = &[
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "clear",
    "sort",
    "reverse",
    "add",
    "discard",
    "update",
    "setdefault",
    "popitem",
    "appendleft",
    "popleft",
    "extendleft",
    "rotate",
    "intersection_update",
    "difference_update",
    "symmetric_difference_update",
    "write",
    "send",
    "close",
    "move_to_end",
];

impl<'a> Known<'a> {
    /// Reads what rules ask for again and again once.
    pub fn new(source: &'a Source, function: Node<'a>, observations: Option<&'a Observations>, facts: &'a Facts) -> Self {
        let nodes = descendants(source.root());
        let (bound, names) = syntax::names_of(source, source.root());
        let is_import = |node: &&Node<'a>| matches!(node.kind(), "import_statement" | "import_from_statement");
        let imports = nodes.iter().filter(is_import).flat_map(|node| crate::python::static_gate::targets_of(source, *node)).collect();
        let ast = SupportLang::Python.ast_grep(without_comments(source, function));
        let unit = crate::python::edit::unit_of(source).unwrap_or_else(|| "    ".to_owned());
        Self { source, function, observations, facts, unit, ast, nodes, bound, names, imports }
    }

    /// The text of a node.
    pub fn of(&self, node: Node<'_>) -> &'a str {
        &self.source.text()[node.byte_range()]
    }

    /// The largest node that covers exactly `range`.
    pub fn node(&self, range: &Range<usize>) -> Option<Node<'a>> {
        let mut node = self.source.root().named_descendant_for_byte_range(range.start, range.end)?;
        while let Some(parent) = node
            .parent()
            .filter(|parent| parent.byte_range() == node.byte_range() && parent.kind() != "block" && !parent.kind().ends_with("_statement"))
        {
            node = parent;
        }
        (node.byte_range() == *range).then_some(node)
    }

    /// Every variable occurrence called `name` in the function, nested functions included.
    pub fn occurrences(&self, name: &str) -> Vec<Node<'a>> {
        descendants(self.function).into_iter().filter(|node| syntax::is_variable(*node) && self.of(*node) == name).collect()
    }

    /// Names that `scope` binds itself.
    pub fn bound_in(&self, scope: Node<'a>) -> BTreeSet<&'a str> {
        own_descendants(scope).into_iter().filter(|node| is_binding(*node)).map(|node| self.of(node)).collect()
    }

    /// Parameter names, stars taken off.
    pub fn parameters(&self) -> Vec<&'a str> {
        let Some(list) = self.function.child_by_field_name("parameters") else { return Vec::new() };
        named_children(list)
            .into_iter()
            .filter_map(|parameter| match parameter.kind() {
                "identifier" => Some(parameter),
                "typed_parameter" | "list_splat_pattern" | "dictionary_splat_pattern" => {
                    descendants(parameter).into_iter().find(|node| node.kind() == "identifier")
                }
                _ => parameter.child_by_field_name("name"),
            })
            .map(|node| self.of(node))
            .collect()
    }

    /// Whether `name` is the function's own variable, not shared with nested or outer scopes.
    pub fn is_local(&self, name: &str) -> bool {
        let shared = own_descendants(self.function)
            .into_iter()
            .filter(|node| matches!(node.kind(), "global_statement" | "nonlocal_statement"))
            .any(|node| named_children(node).iter().any(|one| self.of(*one) == name));
        let captured = descendants(self.function)
            .into_iter()
            .filter(|node| node.id() != self.function.id() && matches!(node.kind(), "function_definition" | "lambda"))
            .any(|inner| descendants(inner).iter().any(|node| syntax::is_variable(*node) && self.of(*node) == name));
        !shared && !captured && (self.parameters().contains(&name) || self.bound_in(self.function).contains(name))
    }

    /// The loops and comprehensions of this function that repeat `node`, innermost first.
    pub fn loops(&self, node: Node<'a>) -> Vec<Node<'a>> {
        let mut child = node;
        let mut found = Vec::new();
        for outer in syntax::ancestors(node).take_while(|outer| outer.id() != self.function.id()) {
            let iterable =
                outer.child_by_field_name("right") == Some(child) && outer.kind() == "for_statement" || child.kind() == "else_clause";
            let first_iterable = child.kind() == "for_in_clause"
                && named_children(outer).get(1) == Some(&child)
                && child.child_by_field_name("right").is_some_and(|right| covers(right, node));
            if LOOPS.contains(&outer.kind()) && !iterable || COMPREHENSIONS.contains(&outer.kind()) && !first_iterable {
                found.push(outer);
            }
            child = outer;
        }
        found
    }

    /// Whether evaluating `node` gives the same on each turn of `around`.
    pub fn is_invariant(&self, node: Node<'a>, around: Node<'a>) -> bool {
        let (bound, names) = (self.bound_in(around), self.names_in(node));
        names.is_disjoint(&bound) && names.iter().all(|name| !self.is_changed_in(name, around))
    }

    /// Names that the value of `node` comes from. What a comprehension in it runs over is its own.
    pub fn names_in(&self, node: Node<'a>) -> BTreeSet<&'a str> {
        let own = self.bound_in(node);
        let variables = descendants(node).into_iter().filter(|inner| syntax::is_variable(*inner)).map(|inner| self.of(inner));
        variables.filter(|name| !own.contains(name)).collect()
    }

    /// The last name of what a call calls, if it has one.
    pub fn called_name(&self, call: Node<'a>) -> Option<&'a str> {
        let called = call.child_by_field_name("function")?;
        match called.kind() {
            "identifier" => Some(self.of(called)),
            "attribute" => Some(self.of(called.child_by_field_name("attribute")?)),
            _ => None,
        }
    }

    /// Whether `around` changes what `name` refers to, by a method, an item or an attribute.
    pub fn is_changed_in(&self, name: &str, around: Node<'a>) -> bool {
        let is_root = |place: Node<'_>| place.kind() != "identifier" && root_name(place).is_some_and(|root| self.of(root) == name);
        own_descendants(around).into_iter().any(|node| match node.kind() {
            "assignment" | "augmented_assignment" | "for_statement" => {
                node.child_by_field_name("left").is_some_and(|left| descendants(left).into_iter().any(is_root))
            }
            "delete_statement" => named_children(node).into_iter().flat_map(descendants).any(is_root),
            "call" => {
                let function = node.child_by_field_name("function");
                let method = function.and_then(|function| function.child_by_field_name("attribute"));
                method.is_some_and(|method| CHANGING.contains(&self.of(method))) && function.is_some_and(is_root)
            }
            _ => false,
        })
    }

    /// The statement before which something that depends on `needs` can be computed once for
    /// `node`: before the outermost loop in which all of them are invariant.
    pub fn hoist_point(&self, node: Node<'a>, needs: &[Node<'a>]) -> Option<Node<'a>> {
        let mut place = None;
        for outer in self.loops(node) {
            if !needs.iter().all(|need| self.is_invariant(*need, outer)) {
                break;
            }
            place = Some(outer);
        }
        self.statement(place?)
    }

    /// The statement that holds `node`.
    pub fn statement(&self, node: Node<'a>) -> Option<Node<'a>> {
        std::iter::once(node).chain(syntax::ancestors(node)).find(|outer| outer.parent().is_some_and(|parent| parent.kind() == "block"))
    }

    /// What the observing pass saw at `node`.
    pub fn observed(&self, node: Node<'_>) -> Option<&'a What> {
        let (start, end) = (node.start_position(), node.end_position());
        let is_here = |position: &&PositionObserved| {
            (position.line, position.column, position.end_line, position.end_column)
                == (start.row as u32 + 1, start.column as u32, end.row as u32 + 1, end.column as u32)
        };
        self.observations?.positions.iter().find(is_here).map(|position| &position.what)
    }

    /// Values seen at a node, or of the parameter that it names.
    pub fn values(&self, node: Node<'_>) -> Option<&'a Values> {
        if let Some(What::Value { values }) = self.observed(node) {
            return Some(values);
        }
        let rebound = self.bound_in(self.function);
        let parameter =
            |name: &str| self.observations?.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| &parameter.values);
        (node.kind() == "identifier" && !rebound.contains(self.of(node))).then(|| parameter(self.of(node)))?
    }

    /// The built-in type of an expression, such as `list`, where it is known or was the only one seen.
    pub fn type_of(&self, node: Node<'a>) -> Option<String> {
        self.written_type(node, 0).or_else(|| self.values(node)?.only_type().map(|name| name.trim_start_matches("builtins.").to_owned()))
    }

    /// The type that the text itself shows.
    fn written_type(&self, node: Node<'a>, depth: u8) -> Option<String> {
        let known = match node.kind() {
            "string" | "concatenated_string" => {
                if self.of(node).trim_start_matches(['r', 'R']).starts_with(['b', 'B']) {
                    "bytes"
                } else {
                    "str"
                }
            }
            "list" | "list_comprehension" => "list",
            "dictionary" | "dictionary_comprehension" => "dict",
            "set" | "set_comprehension" => "set",
            "tuple" => "tuple",
            "integer" => "int",
            "float" => "float",
            "true" | "false" => "bool",
            "call" => return self.type_of_call(node, depth),
            "binary_operator" if depth < 3 && node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "+") => {
                let side = |field| node.child_by_field_name(field).and_then(|side| self.written_type(side, depth + 1));
                return side("right").or_else(|| side("left")).filter(|name| matches!(name.as_str(), "str" | "bytes" | "list" | "tuple"));
            }
            "parenthesized_expression" => return self.written_type(node.named_child(0)?, depth),
            "identifier" => return self.type_of_name(node, depth),
            _ => return None,
        };
        Some(known.to_owned())
    }

    fn type_of_call(&self, node: Node<'a>, depth: u8) -> Option<String> {
        let function = node.child_by_field_name("function")?;
        let name = self.called_name(node)?;
        let is_method = function.kind() == "attribute";
        let known = match (is_method, name) {
            (false, "list" | "sorted") => "list",
            (false, "dict") => "dict",
            (false, "set") => "set",
            (false, "tuple") => "tuple",
            (false, "str" | "repr" | "chr" | "hex" | "bin") => "str",
            (false, "len" | "int" | "ord") => "int",
            (true, "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "casefold" | "title" | "capitalize" | "format") => "str",
            (true, "join" | "replace" | "split" | "splitlines") => {
                let owner = self.written_type(function.child_by_field_name("object")?, depth + 1)?;
                return if name.starts_with("split") { Some("list".to_owned()) } else { Some(owner) };
            }
            _ => return None,
        };
        Some(known.to_owned())
    }

    /// A name has a type if every binding gives it the same one.
    fn type_of_name(&self, node: Node<'a>, depth: u8) -> Option<String> {
        if depth > 3 {
            return None;
        }
        let name = self.of(node);
        let mut types = BTreeSet::new();
        for binding in own_descendants(self.function).into_iter().filter(|one| is_binding(*one) && self.of(*one) == name) {
            let assignment =
                binding.parent().filter(|parent| parent.kind() == "assignment" && parent.child_by_field_name("left") == Some(binding));
            let augmented = binding.parent().is_some_and(|parent| parent.kind() == "augmented_assignment");
            if augmented {
                continue;
            }
            types.insert(self.written_type(assignment?.child_by_field_name("right")?, depth + 1)?);
        }
        if self.parameters().contains(&name) {
            types.insert(self.annotated_type(name)?);
        }
        if types.len() == 1 { types.pop_first() } else { None }
    }

    /// The built-in type that a parameter's annotation names.
    pub fn annotated_type(&self, name: &str) -> Option<String> {
        let list = self.function.child_by_field_name("parameters")?;
        let parameter = named_children(list).into_iter().find(|parameter| {
            parameter.child_by_field_name("type").is_some()
                && descendants(*parameter).iter().any(|node| node.kind() == "identifier" && self.of(*node) == name)
        })?;
        let text = self.of(parameter.child_by_field_name("type")?);
        let base = text.split('[').next().unwrap_or(text).rsplit('.').next().unwrap_or(text).to_lowercase();
        matches!(base.as_str(), "list" | "dict" | "set" | "str" | "bytes" | "int" | "float" | "tuple" | "bool" | "frozenset")
            .then_some(base)
    }

    /// What a module-level name is assigned, if it is assigned once and never rebound in the file.
    pub fn module_value(&self, name: &str) -> Option<Node<'a>> {
        let mut values = self.nodes.iter().copied().filter(|node| is_binding(*node) && self.of(*node) == name);
        let binding = values.next()?;
        let assignment = binding.parent().filter(|parent| parent.kind() == "assignment")?;
        let at_top = assignment.parent().and_then(|statement| statement.parent()).is_some_and(|outer| outer.kind() == "module");
        (values.next().is_none() && at_top).then(|| assignment.child_by_field_name("right"))?
    }

    /// Whether `name` in this file is the module `module`, by an import anywhere at its top.
    pub fn is_module(&self, name: &str, module: &str) -> bool {
        self.import_of(name).is_some_and(|dotted| dotted == module)
    }

    /// What an imported name stands for, dotted.
    pub fn import_of(&self, name: &str) -> Option<String> {
        self.imports.get(name).cloned()
    }

    /// Every node of the file.
    pub fn nodes(&self) -> &[Node<'a>] {
        &self.nodes
    }

    /// Whether the file's top binds `name` by an import.
    pub fn import_of_top(&self, name: &str) -> Option<String> {
        self.top_imports().into_iter().find(|(bound, _)| bound == name).map(|(_, dotted)| dotted)
    }

    /// Whether the file's top imports something from the module of `dotted`.
    pub fn imports_top(&self, dotted: &str) -> bool {
        let module = dotted.rsplit_once('.').map_or(dotted, |(module, _)| module);
        self.top_imports().iter().any(|(_, known)| known == dotted || known.rsplit_once('.').is_some_and(|(known, _)| known == module))
    }

    fn top_imports(&self) -> Vec<(String, String)> {
        let is_import = |node: &Node<'_>| matches!(node.kind(), "import_statement" | "import_from_statement");
        named_children(self.source.root())
            .into_iter()
            .filter(is_import)
            .flat_map(|node| crate::python::static_gate::targets_of(self.source, node))
            .collect()
    }

    /// Whether the file leaves the built-in `name` alone.
    pub fn is_builtin(&self, name: &str) -> bool {
        syntax::BUILTINS.contains(&name)
            && !self.bound.contains(name)
            && !self.imports.contains_key(name)
            && !self.parameters().contains(&name)
    }

    /// A name like `base` that the file does not use yet.
    pub fn fresh(&self, base: &str, taken: &BTreeSet<String>) -> String {
        let is_free = |name: &str| !self.names.contains(name) && !taken.contains(name) && !syntax::BUILTINS.contains(&name);
        std::iter::once(base.to_owned())
            .chain((2..).map(|number| format!("{base}_{number}")))
            .find(|name| is_free(name))
            .expect("numbers do not end")
    }
}

/// The text with the function's comments blanked out, so that they do not stand between what a
/// pattern matches; everything stays where it is.
fn without_comments(source: &Source, function: Node<'_>) -> String {
    let mut text = source.text().to_owned();
    let comments = descendants(function).into_iter().filter(|node| node.kind() == "comment");
    for range in comments.map(|node| node.byte_range()) {
        text.replace_range(range.clone(), &" ".repeat(range.len()));
    }
    text
}

/// Whether `outer` covers `inner`.
pub fn covers(outer: Node<'_>, inner: Node<'_>) -> bool {
    outer.start_byte() <= inner.start_byte() && inner.end_byte() <= outer.end_byte()
}

/// The leftmost name of attributes, items and calls.
pub fn root_name(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "identifier" => Some(node),
        "attribute" => root_name(node.child_by_field_name("object")?),
        "subscript" => root_name(node.child_by_field_name("value")?),
        _ => None,
    }
}

/// Whether an identifier is bound where it stands.
pub fn is_binding(node: Node<'_>) -> bool {
    if node.kind() != "identifier" {
        return false;
    }
    let mut child = node;
    for outer in syntax::ancestors(node) {
        match outer.kind() {
            "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" | "as_pattern_target" => child = outer,
            "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
                return outer.child_by_field_name("left") == Some(child);
            }
            "named_expression" => return outer.child_by_field_name("name") == Some(child),
            "as_pattern" => return child.kind() == "as_pattern_target",
            "delete_statement" => return child.kind() == "identifier",
            "aliased_import" => return outer.child_by_field_name("alias") == Some(child),
            "function_definition" | "class_definition" => return outer.child_by_field_name("name") == Some(child),
            _ => return false,
        }
    }
    false
}
