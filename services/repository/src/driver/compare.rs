//! `whet compare`: two functions, or two refs of one repository.

use whetstone_core::event::Stage;
use whetstone_languages::python::functions::{self, Module};
use whetstone_proto::{common::v1::Artifact, optimization::v1::GivenCandidate, repository::v1::Source};
use whetstone_runtime::Failure;

use super::{
    drive::Drive,
    flow,
    halt::Halt,
    prepare::{self, Unpacked},
    refs,
};
use crate::runs::Ending;

/// Follows a comparison to its end.
pub async fn follow(drive: &Drive) -> Result<Ending, Halt> {
    if drive.request.head_target.is_empty() {
        return refs::follow(drive).await;
    }
    let Some(base_target) = drive.options().targets.first().cloned() else {
        return Err(Failure::refused("INCOMPLETE_REQUEST", "comparing two functions needs both their names").into());
    };
    let prepared = drive.stage(Stage::Prepare, prepare::run(drive)).await?;
    let tree = match &drive.request.head {
        Some(head) => head_tree(drive, head).await?,
        None => prepared.tree.clone().unwrap_or_default(),
    };
    let unpacked = Unpacked::of(drive, &tree, "-head").await?;
    let roots = prepared.source_roots.clone();
    let (folder, head_target) = (unpacked.folder.clone(), drive.request.head_target.clone());
    let read = tokio::task::spawn_blocking(move || function_source(&folder, &roots, &head_target, &base_target));
    let content = read.await.map_err(|error| Failure::internal(format!("reading a function broke off: {error}")))??;
    drop(unpacked);
    let given = GivenCandidate { origin: drive.request.head_target.clone(), content };
    let analysis = flow::analyze(drive, &prepared, true).await?;
    let found = flow::pin_down(drive, prepared, analysis).await?;
    let aims = flow::aims(&found, |_| vec![given.clone()]);
    flow::decide(drive, found, aims).await
}

/// The stored tree of the other side.
pub async fn head_tree(drive: &Drive, head: &Source) -> Result<Artifact, Halt> {
    let snapshot = prepare::snapshot(drive, head, "snapshot-head").await?;
    Ok(snapshot.tree.unwrap_or_default())
}

/// The text of a function under the name of the one that it is compared with.
fn function_source(tree: &std::path::Path, roots: &[String], head: &str, base: &str) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| Failure::internal(format!("the tree can't be read: {error}"));
    let tree = whetstone_languages::python::detect::Tree::open(tree).map_err(unreadable)?;
    let parse = |file: &str| tree.text(file).map(|text| Module::parse(file, &text, roots));
    let modules: Vec<Module> = tree.python_files().filter_map(parse).collect();
    let function = functions::resolve(&modules, head).map_err(|error| Failure::refused("UNKNOWN_TARGET", error.to_string()))?;
    let site = &function.site;
    let text = tree.text(&site.file).unwrap_or_default();
    let (first, last) = (site.line.saturating_sub(1) as usize, site.end_line as usize);
    let lines: Vec<&str> = text.split_inclusive('\n').skip(first).take(last.saturating_sub(first)).collect();
    let simple = |name: &str| name.rsplit([':', '.']).next().unwrap_or_default().to_owned();
    Ok(renamed(&lines.concat(), &simple(&site.name.qualname), &simple(base)))
}

/// Renames a function in its own `def` line, and where it calls itself by its plain name.
fn renamed(source: &str, from: &str, to: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find(from) {
        let (before, behind) = (&rest[..at], &rest[at + from.len()..]);
        text.push_str(before);
        let whole = !text.ends_with(|c: char| is_word(c) || c == '.') && !behind.starts_with(is_word);
        text.push_str(if whole { to } else { from });
        rest = behind;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_renamed_where_its_plain_name_stands() {
        let source = "def fib(n):\n    return fib(n - 1) + self.fib(n) + fib_more(n)\n";
        assert_eq!(renamed(source, "fib", "slow"), "def slow(n):\n    return slow(n - 1) + self.fib(n) + fib_more(n)\n");
    }

    #[test]
    fn a_function_is_read_from_its_tree_under_the_other_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("m.py"), "import re\n\ndef new(a):\n    return a\n\ndef old(a):\n    return a + 0\n")
            .expect("written");
        let source = function_source(folder.path(), &[".".into()], "m:new", "m:old").expect("found");
        assert_eq!(source, "def old(a):\n    return a\n");
        assert_eq!(function_source(folder.path(), &[".".into()], "m:nwe", "m:old").expect_err("unknown").reason, "UNKNOWN_TARGET");
    }
}
