//! What the new code refers to that the old target did not.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::{
    GateOptions, Refusal, Source,
    modules::{self, REFUSED_ATTRIBUTES, REFUSED_BUILTINS},
    syntax,
};
use syntax::{descendants, named_children};

/// Refuses references that the old target did not have.
pub(super) fn compare(
    old: &Source,
    old_target: Node<'_>,
    new: &Source,
    new_target: Node<'_>,
    added: &[Node<'_>],
    options: &GateOptions,
) -> Vec<Refusal> {
    let had: BTreeSet<String> = Reader::new(old, options, None).read(old_target).into_iter().map(|found| found.key).collect();
    let reader = Reader::new(new, options, Some(old));
    std::iter::once(new_target)
        .chain(added.iter().copied())
        .chain(options.group.iter().flat_map(|member| new.definitions(member)))
        .flat_map(|node| reader.read(node))
        .filter(|found| !had.contains(&found.key))
        .map(|found| Refusal { reason: found.reason, line: found.line })
        .collect()
}

struct Found {
    /// What makes it the same reference as one of the old target.
    key: String,
    reason: String,
    line: u32,
}

struct Reader<'s> {
    source: &'s Source,
    /// Names bound by imports anywhere in the file, with what they stand for.
    imports: BTreeMap<String, String>,
    /// Names that the module binds: what code of a function must not change.
    module_names: BTreeSet<String>,
    /// Names that the file had before the edit.
    old_names: Option<BTreeSet<String>>,
    own_modules: Vec<String>,
}

impl<'s> Reader<'s> {
    fn new(source: &'s Source, options: &GateOptions, old: Option<&Source>) -> Self {
        let own_modules = options.own_modules.iter().cloned().chain(old.into_iter().flat_map(imported_modules)).collect();
        let old_names = old.map(module_names);
        Self { source, imports: imports(source), module_names: module_names(source), old_names, own_modules }
    }

    fn read(&self, code: Node<'_>) -> Vec<Found> {
        let locals = local_names(self.source, code);
        descendants(code).into_iter().flat_map(|node| self.judge(node, &locals)).collect()
    }

    fn judge(&self, node: Node<'_>, locals: &BTreeSet<String>) -> Vec<Found> {
        let line = node.start_position().row as u32 + 1;
        let found = |key: String, reason: String| Found { key, reason, line };
        match node.kind() {
            "import_statement" | "import_from_statement" => {
                self.imported(node).into_iter().map(|(key, reason)| found(key, reason)).collect()
            }
            "identifier" if syntax::is_variable(node) => {
                self.variable(node, locals).map(|(key, reason)| found(key, reason)).into_iter().collect()
            }
            "attribute" => self.attribute(node, locals).map(|(key, reason)| found(key, reason)).into_iter().collect(),
            "call" => self.call(node, locals).map(|(key, reason)| found(key, reason)).into_iter().collect(),
            "string_content" => hidden_name(self.source.of(node)).map(|(key, reason)| found(key, reason)).into_iter().collect(),
            "assignment" | "augmented_assignment" | "delete_statement" | "for_statement" | "as_pattern" => {
                self.stores(node, locals).into_iter().map(|(key, reason)| found(key, reason)).collect()
            }
            "global_statement" => self.globals(node).into_iter().map(|(key, reason)| found(key, reason)).collect(),
            "function_definition" => self.special_method(node).map(|(key, reason)| found(key, reason)).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn imported(&self, statement: Node<'_>) -> Vec<(String, String)> {
        let text = self.source.of(statement);
        targets_of(self.source, statement)
            .into_iter()
            .filter_map(|(_, dotted)| {
                let top = dotted.split('.').next().unwrap_or(&dotted).to_owned();
                let known = dotted.starts_with('.') || modules::is_standard(&top) || self.own_modules.contains(&top);
                if !known {
                    return Some((format!("import {top}"), format!("`{text}` brings in the third-party module `{top}`")));
                }
                let reads_members = matches!(dotted.as_str(), "os" | "sys" | "urllib");
                let reaches = if reads_members { None } else { modules::refusal(&dotted) };
                reaches.map(|reaches| (format!("use {top}"), format!("`{text}` reaches {reaches}, which the target did not")))
            })
            .collect()
    }

    fn variable(&self, node: Node<'_>, locals: &BTreeSet<String>) -> Option<(String, String)> {
        let name = self.source.of(node);
        if locals.contains(name) && !self.imports.contains_key(name) {
            return None;
        }
        let is_base = node.parent().is_some_and(|parent| parent.kind() == "attribute");
        let in_import = syntax::ancestors(node).any(|outer| outer.kind().starts_with("import"));
        if let Some(dotted) = self.imports.get(name).filter(|_| !is_base && !in_import && !is_keyword_or_parameter(node)) {
            let reaches = modules::refusal(dotted)?;
            let top = dotted.split('.').next().unwrap_or(dotted);
            return Some((format!("use {top}"), format!("`{name}` reaches {reaches}, which the target did not")));
        }
        if self.module_names.contains(name) && self.old_names.as_ref().is_none_or(|old| old.contains(name)) {
            return None;
        }
        let (_, reaches) = REFUSED_BUILTINS.iter().find(|(refused, _)| *refused == name)?;
        Some((format!("name {name}"), format!("`{name}` {reaches}, which the target did not")))
    }

    fn attribute(&self, node: Node<'_>, locals: &BTreeSet<String>) -> Option<(String, String)> {
        let name = self.source.of(node.child_by_field_name("attribute")?);
        if let Some((_, reaches)) = REFUSED_ATTRIBUTES.iter().find(|(refused, _)| *refused == name) {
            return Some((format!("attribute {name}"), format!("`.{name}` reaches {reaches}, which the target did not")));
        }
        let dotted = self.dotted(node, locals)?;
        let outer = node.parent().filter(|parent| parent.kind() == "attribute").and_then(|parent| self.dotted(parent, locals));
        if outer.is_some() {
            return None;
        }
        let reaches = modules::refusal(&dotted)?;
        Some((format!("use {}", shortened(&dotted)), format!("`{}` reaches {reaches}, which the target did not", self.source.of(node))))
    }

    /// `a.b.c` with its first name resolved by the imports.
    fn dotted(&self, node: Node<'_>, locals: &BTreeSet<String>) -> Option<String> {
        match node.kind() {
            "identifier" => {
                let name = self.source.of(node);
                let is_own = locals.contains(name) && !imported_inside(self.source, node, name);
                self.imports.get(name).filter(|_| !is_own).cloned()
            }
            "attribute" => {
                let base = self.dotted(node.child_by_field_name("object")?, locals)?;
                Some(format!("{base}.{}", self.source.of(node.child_by_field_name("attribute")?)))
            }
            _ => None,
        }
    }

    /// Attributes by computed names, and attributes set on what is not the function's own.
    fn call(&self, node: Node<'_>, locals: &BTreeSet<String>) -> Option<(String, String)> {
        let function = self.source.of(node.child_by_field_name("function")?);
        let arguments = named_children(node.child_by_field_name("arguments")?);
        match function {
            "setattr" | "delattr" => {
                let owner = arguments.first().map(|node| self.source.of(*node)).unwrap_or_default();
                let is_own = locals.contains(owner) && !self.imports.contains_key(owner);
                (!is_own)
                    .then(|| (format!("{function} {owner}"), format!("`{function}` on `{owner}` changes what is not the function's own")))
            }
            "getattr" => {
                let constant = arguments.get(1).is_some_and(|node| node.kind() == "string");
                (!constant).then(|| ("getattr".to_owned(), "`getattr` with a computed name, which the target did not use".to_owned()))
            }
            "vars" => Some(("vars".to_owned(), "`vars` reaches an object's names, which the target did not".to_owned())),
            "type" if arguments.len() > 2 => Some(("type".to_owned(), "`type` with three arguments makes a class".to_owned())),
            _ => None,
        }
    }

    /// Stores into attributes of modules, classes and functions.
    fn stores(&self, node: Node<'_>, locals: &BTreeSet<String>) -> Vec<(String, String)> {
        let places: Vec<Node<'_>> = match node.kind() {
            "delete_statement" => named_children(node),
            _ => node.child_by_field_name("left").into_iter().collect(),
        };
        places
            .into_iter()
            .flat_map(descendants)
            .filter(|place| {
                place.kind() == "attribute"
                    && !syntax::ancestors(*place).any(|outer| outer.kind() == "subscript" && outer.start_byte() < place.start_byte())
            })
            .filter_map(|place| {
                let root = root_name(place)?;
                let owner = self.source.of(root);
                let is_foreign = !locals.contains(owner) || self.imports.contains_key(owner) && !locals.contains(owner);
                let shown = self.source.of(place);
                let class_state = self.source.of(place).starts_with("cls.") || shown.contains("__class__.") || shown.contains("__dict__");
                (is_foreign || class_state)
                    .then(|| (format!("store {shown}"), format!("`{shown}` is set, and it is not the function's own")))
            })
            .collect()
    }

    fn globals(&self, node: Node<'_>) -> Vec<(String, String)> {
        named_children(node)
            .into_iter()
            .map(|name| self.source.of(name))
            .filter(|name| !name.starts_with('_') || self.old_names.as_ref().is_none_or(|old| old.contains(*name)))
            .map(|name| (format!("global {name}"), format!("`global {name}` rebinds a name of the module that the edit does not own")))
            .collect()
    }

    fn special_method(&self, node: Node<'_>) -> Option<(String, String)> {
        let name = self.source.of(node.child_by_field_name("name")?);
        matches!(name, "__del__" | "__getattribute__" | "__init_subclass__" | "__set_name__" | "__class_getitem__" | "__prepare__")
            .then(|| (format!("def {name}"), format!("the new method `{name}` runs at moments that no caller sees")))
    }
}

fn shortened(dotted: &str) -> &str {
    dotted.split('.').next().unwrap_or(dotted)
}

fn is_keyword_or_parameter(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| matches!(parent.kind(), "parameters" | "lambda_parameters" | "default_parameter" if parent.child_by_field_name("name") == Some(node) || parent.kind() != "default_parameter"))
}

fn imported_inside(source: &Source, node: Node<'_>, name: &str) -> bool {
    syntax::ancestors(node).filter(|outer| outer.kind() == "function_definition").any(|function| {
        descendants(function)
            .into_iter()
            .filter(|inner| inner.kind().starts_with("import_"))
            .any(|statement| targets_of(source, statement).iter().any(|(bound, _)| bound == name))
    })
}

/// Text that spells a refused attribute: what format strings and lookups by name could reach.
fn hidden_name(text: &str) -> Option<(String, String)> {
    let (name, reaches) = REFUSED_ATTRIBUTES.iter().find(|(name, _)| name.starts_with("__") && text.contains(name))?;
    Some((format!("attribute {name}"), format!("the text `{text}` names `{name}`, which reaches {reaches}")))
}

/// The leftmost name of an attribute or subscript chain.
fn root_name(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "identifier" => Some(node),
        "attribute" => root_name(node.child_by_field_name("object")?),
        "subscript" => root_name(node.child_by_field_name("value")?),
        _ => None,
    }
}

/// Names that an import statement binds, with the dotted thing each stands for.
pub(crate) fn targets_of(source: &Source, statement: Node<'_>) -> Vec<(String, String)> {
    let module = statement.child_by_field_name("module_name").map(|node| source.of(node).to_owned());
    let mut cursor = statement.walk();
    statement
        .children_by_field_name("name", &mut cursor)
        .map(|name| {
            let path = source.of(name.child_by_field_name("name").unwrap_or(name)).to_owned();
            let dotted = match &module {
                Some(module) => format!("{module}.{path}"),
                None => path.clone(),
            };
            match name.child_by_field_name("alias") {
                Some(alias) => (source.of(alias).to_owned(), dotted),
                None if module.is_some() => (path, dotted),
                None => {
                    let top = path.split('.').next().unwrap_or_default().to_owned();
                    (top.clone(), if modules::refusal(&dotted).is_some() && modules::refusal(&top).is_none() { dotted } else { top })
                }
            }
        })
        .collect()
}

fn imports(source: &Source) -> BTreeMap<String, String> {
    descendants(source.root())
        .into_iter()
        .filter(|node| matches!(node.kind(), "import_statement" | "import_from_statement"))
        .flat_map(|node| targets_of(source, node))
        .collect()
}

/// Top-level modules that a file imports already.
fn imported_modules(source: &Source) -> Vec<String> {
    imports(source)
        .into_values()
        .filter(|dotted| !dotted.starts_with('.'))
        .filter_map(|dotted| dotted.split('.').next().map(str::to_owned))
        .collect()
}

fn module_names(source: &Source) -> BTreeSet<String> {
    syntax::scope_statements(source.root())
        .into_iter()
        .flat_map(|node| match syntax::definition_of(node) {
            Some(definition) => definition.child_by_field_name("name").map(|name| source.of(name).to_owned()).into_iter().collect(),
            None => crate::python::edit::assigned_names(source, node),
        })
        .collect()
}

/// Parameters and names that code binds inside itself.
pub(super) fn local_names(source: &Source, code: Node<'_>) -> BTreeSet<String> {
    let is_module_level = code.parent().is_some_and(|parent| parent.kind() == "module") && syntax::definition_of(code).is_none();
    if is_module_level {
        return BTreeSet::new();
    }
    let own = syntax::definition_of(code).and_then(|inner| inner.child_by_field_name("name")).map(|name| name.id());
    let is_binding = |node: &Node<'_>| {
        let within = |kind: &str, field: &str| {
            let mut child = *node;
            syntax::ancestors(*node)
                .take_while(|outer| {
                    matches!(outer.kind(), "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern") || outer.kind() == kind
                })
                .any(|outer| {
                    let is = outer.kind() == kind && outer.child_by_field_name(field) == Some(child);
                    child = outer;
                    is
                })
        };
        let parameter = syntax::ancestors(*node)
            .take_while(|outer| !matches!(outer.kind(), "block" | "call" | "attribute" | "type"))
            .any(|outer| matches!(outer.kind(), "parameters" | "lambda_parameters"));
        let named = node.parent().is_some_and(|parent| {
            matches!(parent.kind(), "function_definition" | "class_definition" | "named_expression")
                && parent.child_by_field_name("name") == Some(*node)
                || parent.kind() == "as_pattern_target"
                || parent.kind() == "case_pattern"
        });
        parameter
            || named
            || within("assignment", "left")
            || within("augmented_assignment", "left")
            || within("for_statement", "left")
            || within("for_in_clause", "left")
    };
    descendants(code)
        .into_iter()
        .filter(|node| node.kind() == "identifier" && Some(node.id()) != own && is_binding(node))
        .map(|node| source.of(node).to_owned())
        .collect()
}
