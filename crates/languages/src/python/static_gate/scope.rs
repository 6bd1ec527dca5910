//! What an edit changed outside its target.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::{GateOptions, Refusal, Source, references::targets_of, signature::plain, syntax};
use crate::python::edit::{assigned_names, imported_names};
use syntax::{definition_of, named_children};

/// A name that an edit adds beside its target and that outlives a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateState {
    pub name: String,
    pub line: u32,
    /// Whether the value can change after the import: a container, a cache, a rebound global.
    pub is_mutable: bool,
}

/// The outcome of comparing everything around the target.
pub(super) struct Compared<'n> {
    pub refusals: Vec<Refusal>,
    /// Statements that the edit adds outside the target.
    pub added: Vec<Node<'n>>,
}

/// Compares the two files outside the target.
pub(super) fn compare<'n>(
    old: &Source,
    old_target: Node<'_>,
    new: &'n Source,
    new_target: Node<'n>,
    options: &GateOptions,
) -> Compared<'n> {
    let mut compared = Compared { refusals: Vec::new(), added: Vec::new() };
    let path = |target: Node<'_>, root: Node<'_>| {
        let mut path: Vec<usize> =
            std::iter::once(target).chain(syntax::ancestors(target)).take_while(|node| *node != root).map(|node| node.id()).collect();
        path.reverse();
        path
    };
    let free: Vec<usize> = options.group.iter().flat_map(|member| new.definitions(member)).map(|node| node.id()).collect();
    let old_free: Vec<usize> = options.group.iter().flat_map(|member| old.definitions(member)).map(|node| node.id()).collect();
    let pair = Pair { old, new, old_path: path(old_target, old.root()), new_path: path(new_target, new.root()), old_free, free };
    pair.blocks(old.root(), new.root(), &mut compared);
    refuse_names(old, new, &mut compared);
    compared
}

struct Pair<'a, 'n> {
    old: &'a Source,
    new: &'n Source,
    /// The nodes from the module down to the target.
    old_path: Vec<usize>,
    new_path: Vec<usize>,
    /// Further definitions that may differ.
    old_free: Vec<usize>,
    free: Vec<usize>,
}

impl<'n> Pair<'_, 'n> {
    /// Old children must all be there, in order and unchanged, but for the one that holds the target.
    fn blocks(&self, old_block: Node<'_>, new_block: Node<'n>, compared: &mut Compared<'n>) {
        let solid = |node: &Node<'_>| node.kind() != "comment";
        let olds: Vec<Node<'_>> = named_children(old_block).into_iter().filter(solid).collect();
        let news: Vec<Node<'n>> = named_children(new_block).into_iter().filter(solid).collect();
        let mut next = 0;
        for was in olds {
            let holds = self.old_path.contains(&was.id());
            if self.old_free.contains(&was.id()) && !holds {
                continue;
            }
            let fits = |is: &Node<'n>| match (holds, self.new_path.contains(&is.id())) {
                (true, on_path) => on_path,
                (false, on_path) => !on_path && plain(self.old, was) == plain(self.new, *is),
            };
            let Some(found) = news[next..].iter().position(fits).map(|ahead| next + ahead) else {
                compared.refusals.push(self.gone(was));
                continue;
            };
            news[next..found].iter().for_each(|node| self.add(*node, compared));
            if holds && self.old_path.last() != Some(&was.id()) {
                self.inside(was, news[found], compared);
            }
            next = found + 1;
        }
        news[next..].iter().for_each(|node| self.add(*node, compared));
    }

    /// A statement around the target: its own head must be the same, its blocks are compared.
    fn inside(&self, was: Node<'_>, is: Node<'n>, compared: &mut Compared<'n>) {
        let is_block = |node: &Node<'_>| matches!(node.kind(), "block");
        let (old_children, new_children) = (named_children(was), named_children(is));
        if was.kind() == "block" {
            return self.blocks(was, is, compared);
        }
        if old_children.len() != new_children.len() || was.kind() != is.kind() {
            compared.refusals.push(self.gone(was));
            return;
        }
        for (one, other) in old_children.into_iter().zip(new_children) {
            match (self.old_path.contains(&one.id()), is_block(&one)) {
                (true, true) => self.blocks(one, other, compared),
                (true, false) => self.inside(one, other, compared),
                _ if plain(self.old, one) != plain(self.new, other) => compared.refusals.push(self.gone(one)),
                _ => {}
            }
        }
    }

    fn gone(&self, was: Node<'_>) -> Refusal {
        let shown = self.old.of(was).lines().next().unwrap_or_default().trim().to_owned();
        let reason = format!("only the target may be edited: `{shown}` is changed or gone");
        Refusal { reason, line: was.start_position().row as u32 + 1 }
    }

    /// Whether the old file binds a name: then its change is reported already.
    fn was_there(&self, name: &str) -> bool {
        syntax::descendants(self.old.root()).into_iter().any(|node| added_names(self.old, node).iter().any(|old| old == name))
    }

    /// Judges a statement that the edit adds beside the target.
    fn add(&self, node: Node<'n>, compared: &mut Compared<'n>) {
        if self.free.contains(&node.id()) {
            return;
        }
        compared.added.push(node);
        let line = node.start_position().row as u32 + 1;
        let shown = self.new.of(node).lines().next().unwrap_or_default().trim().to_owned();
        let reason = match node.kind() {
            "import_statement" | "import_from_statement" if self.new.of(node).contains('*') => {
                Some(format!("`{shown}` imports names unseen"))
            }
            "import_statement" | "import_from_statement" => None,
            _ => match added_names(self.new, node) {
                names if names.is_empty() => Some(format!("only the target may be edited: `{shown}` is new")),
                names => names.iter().filter(|name| !self.was_there(name)).find_map(|name| refused_name(name)),
            },
        };
        compared.refusals.extend(reason.map(|reason| Refusal { reason, line }));
    }
}

fn refused_name(name: &str) -> Option<String> {
    if name.starts_with("__") && name.ends_with("__") {
        return Some(format!("the new name `{name}` changes how Python treats the module or class"));
    }
    (!name.starts_with('_')).then(|| format!("the public names changed: `{name}` is new (a helper's name starts with `_`)"))
}

fn added_names(source: &Source, node: Node<'_>) -> Vec<String> {
    match definition_of(node) {
        Some(definition) => definition.child_by_field_name("name").map(|name| source.of(name).to_owned()).into_iter().collect(),
        None => assigned_names(source, node),
    }
}

/// New names may not hide what the file or Python has under that name.
fn refuse_names(old: &Source, new: &Source, compared: &mut Compared<'_>) {
    let taken: BTreeSet<String> = named_children(old.root())
        .into_iter()
        .flat_map(|node| match node.kind() {
            "import_statement" | "import_from_statement" => imported_names(old, node),
            _ => added_names(old, node),
        })
        .collect();
    let added: Vec<Node<'_>> = compared.added.iter().copied().filter(|node| node.parent() == Some(new.root())).collect();
    for node in added {
        let is_import = node.kind().starts_with("import");
        let names = if is_import { imported_names(new, node) } else { added_names(new, node) };
        let line = node.start_position().row as u32 + 1;
        for name in names {
            let same_import = is_import && same_import(old, new, node, &name);
            if taken.contains(&name) && !same_import {
                compared.refusals.push(Refusal { reason: format!("the new `{name}` hides the file's own `{name}`"), line });
            }
            if syntax::BUILTINS.contains(&name.as_str()) {
                compared.refusals.push(Refusal { reason: format!("the new `{name}` hides Python's built-in `{name}`"), line });
            }
        }
    }
}

/// Whether the old file imports the same thing under the same name.
fn same_import(old: &Source, new: &Source, statement: Node<'_>, name: &str) -> bool {
    let wanted: Vec<_> = targets_of(new, statement).into_iter().filter(|(bound, _)| bound == name).collect();
    let is_import = |node: &Node<'_>| matches!(node.kind(), "import_statement" | "import_from_statement");
    named_children(old.root()).into_iter().filter(is_import).flat_map(|was| targets_of(old, was)).any(|target| wanted.contains(&target))
}

/// Names that an edit adds and that outlive a call.
pub(super) fn state(old: &Source, old_target: Node<'_>, new: &Source, new_target: Node<'_>) -> Vec<PrivateState> {
    let compared = compare(old, old_target, new, new_target, &GateOptions::default());
    let written = rebound_globals(new, new_target);
    let mut found = Vec::new();
    for node in compared.added {
        let line = node.start_position().row as u32 + 1;
        let text = new.of(node);
        let is_cached =
            definition_of(node).is_some() && (text.contains("lru_cache") || text.contains("functools.cache") || text.contains("@cache"));
        if definition_of(node).is_some() && !is_cached || node.kind().starts_with("import") {
            continue;
        }
        for name in added_names(new, node) {
            let value = node.named_child(0).and_then(|assignment| assignment.child_by_field_name("right"));
            let is_mutable =
                is_cached || written.contains(&name) || value.is_some_and(|value| may_change(new, value) && is_changed(new, &name));
            found.push(PrivateState { name, line, is_mutable });
        }
    }
    found
}

fn may_change(source: &Source, value: Node<'_>) -> bool {
    let text = source.of(value);
    matches!(value.kind(), "list" | "dictionary" | "set" | "list_comprehension" | "dictionary_comprehension" | "set_comprehension")
        || value.kind() == "call"
            && !["re.compile(", "frozenset(", "str.maketrans(", "operator.", "itemgetter(", "attrgetter(", "tuple("]
                .iter()
                .any(|pure| text.starts_with(pure))
}

/// Whether any code of the file stores into `name` or calls one of its methods that change it.
fn is_changed(source: &Source, name: &str) -> bool {
    let changing = ["[", ".append(", ".add(", ".update(", ".setdefault(", ".pop", ".clear(", ".extend(", ".insert(", ".move_to_end("];
    let text = source.text();
    let stores = text.match_indices(name).any(|(at, _)| {
        let rest = &text[at + name.len()..];
        changing.iter().any(|start| rest.starts_with(start))
            && (!rest.starts_with('[')
                || rest
                    .split_once(']')
                    .is_some_and(|(_, after)| after.trim_start().starts_with('=') && !after.trim_start().starts_with("==")))
    });
    stores || text.contains("lru_cache") && text.contains(&format!("{name} = "))
}

fn rebound_globals(source: &Source, target: Node<'_>) -> BTreeSet<String> {
    syntax::descendants(target)
        .into_iter()
        .filter(|node| node.kind() == "global_statement")
        .flat_map(named_children)
        .map(|name| source.of(name).to_owned())
        .collect()
}
