//! Puts changes of one target into its file.

use std::ops::Range;

use super::{known::Known, matching::Change};
use crate::python::{
    edit::{apply, imports_edit, top_statement, with_leading_comments},
    syntax::{Source, named_children},
};

/// Takes the changes that do not get in each other's way, in order.
pub(super) fn compatible(changes: Vec<Change>) -> Vec<Change> {
    let mut taken: Vec<Change> = Vec::new();
    for change in changes {
        let clashes = taken.iter().any(|other| clash(other, &change));
        if !clashes {
            taken.push(change);
        }
    }
    taken
}

fn clash(one: &Change, other: &Change) -> bool {
    let overlap = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let spans =
        |change: &Change| change.edits.iter().filter(|(range, _)| !range.is_empty()).map(|(range, _)| range.clone()).collect::<Vec<_>>();
    let inside = |insertion: &Range<usize>, range: &Range<usize>| {
        insertion.is_empty() && range.start < insertion.start && insertion.start < range.end
    };
    let same_names = one.names.iter().any(|name| other.names.contains(name));
    let same_made = one.module == other.module && insertions(one) == insertions(other);
    spans(one).iter().any(|a| spans(other).iter().any(|b| overlap(a, b)))
        || one.edits.iter().any(|(a, _)| other.edits.iter().any(|(b, _)| inside(a, b) || inside(b, a)))
        || same_names && !same_made
}

fn insertions(change: &Change) -> Vec<&(Range<usize>, String)> {
    change.edits.iter().filter(|(range, _)| range.is_empty()).collect()
}

/// The file with all of `changes`.
pub(super) fn applied(known: &Known<'_>, changes: &[Change]) -> String {
    let source = known.source;
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for edit in changes.iter().flat_map(|change| &change.edits) {
        if !edits.contains(edit) {
            edits.push(edit.clone());
        }
    }
    let mut module: Vec<&str> = Vec::new();
    for text in changes.iter().flat_map(|change| &change.module) {
        if !module.contains(&text.as_str()) {
            module.push(text);
        }
    }
    if !module.is_empty() {
        let place = with_leading_comments(source, top_statement(source, known.function));
        edits.push((place..place, module_text(&module)));
    }
    let imports = missing_imports(source, changes);
    if !imports.is_empty() {
        edits.push(imports_edit(source, &imports));
    }
    apply(source.text(), edits)
}

fn module_text(statements: &[&str]) -> String {
    let is_definition = |text: &str| text.starts_with("def ") || text.starts_with("class ") || text.contains("\ndef ");
    let mut joined = String::new();
    for text in statements {
        joined.push_str(text.trim_end());
        joined.push_str(if is_definition(text) { "\n\n\n" } else { "\n" });
    }
    if !joined.ends_with("\n\n\n") {
        joined.push_str("\n\n");
    }
    joined
}

fn missing_imports(source: &Source, changes: &[Change]) -> Vec<String> {
    let is_there = |import: &str| named_children(source.root()).iter().any(|node| source.of(*node) == import);
    let mut imports: Vec<String> = Vec::new();
    for import in changes.iter().flat_map(|change| &change.imports) {
        if !is_there(import) && !imports.contains(import) {
            imports.push(import.clone());
        }
    }
    imports
}
