//! Gate 1: what can be refused by reading an edit.
//!
//! The gate refuses an edit that reaches outside its target or towards the machinery that judges
//! it. It compares what the new code refers to with what the old target referred to, so that code
//! which reads a file keeps doing so, and code which did not does not begin to.

mod modules;
mod references;
mod scope;
mod signature;

use serde::{Deserialize, Serialize};
use whetstone_core::TargetSite;

use super::{edit, syntax};
use syntax::Source;

pub(crate) use modules::is_standard;
pub(crate) use references::targets_of;
pub use scope::PrivateState;
pub use signature::{Parameter, Signature, signature};

/// One reason for which an edit is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A sentence.
    pub reason: String,
    /// In the edited file, from 1; in the old file for what is gone.
    pub line: u32,
}

/// What the gate needs to know beside the two texts.
#[derive(Clone, Debug, Default)]
pub struct GateOptions {
    /// Top-level modules of the repository itself, which may be imported.
    pub own_modules: Vec<String>,
    /// Qualified names of further members that may be edited with the target.
    pub group: Vec<String>,
}

/// Refuses what an edit of one file may not do; empty if nothing speaks against it.
pub fn check(before: &str, after: &str, target: &TargetSite, options: &GateOptions) -> Vec<Refusal> {
    if let Some(reason) = protected(&target.file) {
        return vec![Refusal { reason, line: target.line }];
    }
    let (old, new) = (Source::parse(before), Source::parse(after));
    if let Some(error) = new.error()
        && old.error().is_none()
    {
        return vec![Refusal { reason: format!("the edited file does not parse: `{}`", error.excerpt), line: error.line }];
    }
    let Some(old_target) = edit::definition_at(&old, target) else {
        return vec![Refusal { reason: format!("the file has no `{}`", target.name.qualname), line: target.line }];
    };
    let same_place = TargetSite { line: moved_line(&new, target), ..target.clone() };
    let Some(new_target) = edit::definition_at(&new, &same_place) else {
        return vec![Refusal { reason: format!("`{}` is gone or defined more than once", target.name.qualname), line: target.line }];
    };
    let mut refusals = signature::compare(&old, old_target, &new, new_target);
    let compared = scope::compare(&old, old_target, &new, new_target, options);
    refusals.extend(compared.refusals);
    refusals.extend(references::compare(&old, old_target, &new, new_target, &compared.added, options));
    refusals.sort_by(|one, other| (one.line, &one.reason).cmp(&(other.line, &other.reason)));
    refusals.dedup();
    refusals
}

/// Names that an edit adds outside the target and that live longer than a call: each has to pass
/// as a memo, and the report names it.
pub fn private_state(before: &str, after: &str, target: &TargetSite) -> Vec<PrivateState> {
    let (old, new) = (Source::parse(before), Source::parse(after));
    let same_place = TargetSite { line: moved_line(&new, target), ..target.clone() };
    match (edit::definition_at(&old, target), edit::definition_at(&new, &same_place)) {
        (Some(old_target), Some(new_target)) => scope::state(&old, old_target, &new, new_target),
        _ => Vec::new(),
    }
}

/// Says why a file may not be edited at all: tests and build files.
pub fn protected(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_test = name == "conftest.py"
        || (name.starts_with("test_") || name.ends_with("_test.py")) && name.ends_with(".py")
        || path.split('/').rev().skip(1).any(|folder| matches!(folder, "tests" | "test" | "testing_data"));
    if is_test {
        return Some(format!("{path} is a test: tests stay as they are"));
    }
    let is_build = matches!(
        name,
        "setup.py"
            | "setup.cfg"
            | "pyproject.toml"
            | "tox.ini"
            | "noxfile.py"
            | "MANIFEST.in"
            | "Makefile"
            | "sitecustomize.py"
            | "usercustomize.py"
    ) || name.ends_with(".toml")
        || name.ends_with(".lock")
        || name.starts_with("requirements") && name.ends_with(".txt");
    if is_build {
        return Some(format!("{path} is a build file: build files stay as they are"));
    }
    (!name.ends_with(".py") && !name.ends_with(".pyi") && !name.ends_with(".pyw")).then(|| format!("{path} is no Python source"))
}

/// The line of the same occurrence of a name in the edited file.
fn moved_line(new: &Source, target: &TargetSite) -> u32 {
    let lines: Vec<u32> = new.definitions(&target.name.qualname).iter().map(|node| node.start_position().row as u32 + 1).collect();
    lines.iter().copied().min_by_key(|line| line.abs_diff(target.line)).unwrap_or(target.line)
}

#[cfg(test)]
mod tests;
