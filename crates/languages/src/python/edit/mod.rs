//! Puts a replacement into a file: the source of one function, a whole file, or a patch.
//!
//! Whoever writes a replacement (a model, a person, another tool) may give the function alone,
//! dedented or not, with imports and helpers around it, or inside its class. What the
//! replacement leaves out and the file has (decorators, annotations, the docstring) stays.

mod helpers;
mod layout;
mod replacement;

pub(crate) use helpers::{apply, imports_edit, top_statement, with_leading_comments};
pub(crate) use layout::unit_of;
pub(crate) use replacement::{assigned_names, imported_names};

use tree_sitter::Node;
use whetstone_core::{TargetName, TargetSite};

use super::{patch, syntax};
use syntax::Source;

/// Says why a replacement can't be put in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("the replacement is empty")]
    Empty,
    #[error("the file has no `{name}`{}", nearest_hint(nearest))]
    NotFound { name: String, nearest: Vec<String> },
    #[error("the file defines `{name}` {count} times (lines {}): name the line", lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))]
    Ambiguous { name: String, count: usize, lines: Vec<u32> },
    #[error("the replacement does not parse: line {line}: `{excerpt}`")]
    DoesNotParse { line: u32, excerpt: String },
    #[error("the replacement defines {found}, but `{expected}` is the target")]
    WrongName { expected: String, found: String },
    #[error("the replacement changes more than the target: {what}")]
    TouchesMore { what: String },
    #[error("the patch does not apply to {file}: {why}")]
    PatchDoesNotApply { file: String, why: String },
}

fn nearest_hint(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!(" (did you mean {}?)", nearest.join(", ")) }
}

/// Puts `replacement` in place of `target` in `source`.
///
/// # Errors
/// See [`EditError`]; a target defined more than once needs [`replace_at`].
pub fn replace_target(source: &str, target: &TargetName, replacement: &str) -> Result<String, EditError> {
    replace(source, &target.qualname, None, "", replacement)
}

/// Puts `replacement` in place of the definition at `site`, or applies it as a patch of that file.
///
/// # Errors
/// See [`EditError`].
pub fn replace_at(source: &str, site: &TargetSite, replacement: &str) -> Result<String, EditError> {
    replace(source, &site.name.qualname, Some(site), &site.file, replacement)
}

/// The unified diff from `before` to `after`, with three lines of context; empty if they are equal.
pub fn diff(path: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    similar::TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

fn replace(source: &str, qualname: &str, site: Option<&TargetSite>, file: &str, replacement: &str) -> Result<String, EditError> {
    if replacement.trim().is_empty() {
        return Err(EditError::Empty);
    }
    let newline = if source.contains("\r\n") { "\r\n" } else { "\n" };
    let plain = source.replace("\r\n", "\n");
    let edited = replace_plain(&plain, qualname, site, file, replacement)?;
    if let Some(error) = Source::parse(edited.as_str()).error()
        && Source::parse(plain.as_str()).error().is_none()
    {
        return Err(EditError::DoesNotParse { line: error.line, excerpt: error.excerpt });
    }
    Ok(if newline == "\n" { edited } else { edited.replace('\n', newline) })
}

fn replace_plain(plain: &str, qualname: &str, site: Option<&TargetSite>, file: &str, replacement: &str) -> Result<String, EditError> {
    let replacement = replacement.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    if patch::is_patch(&replacement) {
        return patch::apply_to_file(file, plain, &replacement);
    }
    let source = Source::parse(plain);
    let target = locate(&source, qualname, site)?;
    let replacement = layout::dedent(&replacement);
    let new = Source::parse(replacement.as_str());
    if let Some(error) = new.error() {
        return Err(EditError::DoesNotParse { line: error.line, excerpt: error.excerpt });
    }
    if replacement::is_whole_file(&source, &new, qualname) {
        let ending = if replacement.ends_with('\n') { "" } else { "\n" };
        return Ok(format!("{replacement}{ending}"));
    }
    let pieces = replacement::split(&source, target, &new, qualname)?;
    Ok(helpers::assemble(&source, target, &pieces))
}

/// Finds the definition of `qualname`, by the site's line where there are several.
fn locate<'t>(source: &'t Source, qualname: &str, site: Option<&TargetSite>) -> Result<Node<'t>, EditError> {
    let found: Vec<Node<'t>> = source.definitions(qualname).into_iter().filter(|node| !is_overload(source, *node)).collect();
    let line = |node: &Node<'_>| node.start_position().row as u32 + 1;
    match (found.as_slice(), site) {
        ([], _) => Err(EditError::NotFound { name: qualname.to_owned(), nearest: nearest(source, qualname) }),
        ([only], _) => Ok(*only),
        (several, Some(site)) if several.iter().any(|node| line(node) == site.line) => {
            Ok(*several.iter().find(|node| line(node) == site.line).expect("one has that line"))
        }
        (several, _) => {
            Err(EditError::Ambiguous { name: qualname.to_owned(), count: several.len(), lines: several.iter().map(line).collect() })
        }
    }
}

/// The definition that a site names, where it can be told.
pub(crate) fn definition_at<'t>(source: &'t Source, site: &TargetSite) -> Option<Node<'t>> {
    locate(source, &site.name.qualname, Some(site)).ok()
}

/// Whether a definition is a `typing.overload` signature without a body.
fn is_overload(source: &Source, definition: Node<'_>) -> bool {
    syntax::named_children(definition).iter().any(|child| child.kind() == "decorator" && source.of(*child).ends_with("overload"))
}

/// Up to three qualified names of the file that end alike or are spelt alike.
fn nearest(source: &Source, qualname: &str) -> Vec<String> {
    let wanted = qualname.rsplit('.').next().unwrap_or(qualname);
    let mut names: Vec<(f64, String)> = replacement::all_functions(source)
        .into_iter()
        .map(|name| (similarity(wanted, name.rsplit('.').next().unwrap_or(&name)), name))
        .filter(|(alike, _)| *alike > 0.5)
        .collect();
    names.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    names.into_iter().take(3).map(|(_, name)| name).collect()
}

fn similarity(one: &str, other: &str) -> f64 {
    f64::from(similar::TextDiff::from_chars(one, other).ratio())
}

#[cfg(test)]
mod tests;
