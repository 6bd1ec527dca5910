//! Where candidates come from: rules, models, or somebody else's files.

use std::collections::BTreeSet;

use whetstone_core::{Digest, TargetSite, observed::Observations, words};
use whetstone_languages::python::{
    edit, patch,
    rules::{Facts, RuleSet},
    static_gate::{self, GateOptions},
};
use whetstone_models::answer;
use whetstone_proto::{
    common::v1::{Candidate, FileEdit, Gate, Verdict},
    optimization::v1::GivenCandidate,
};

use crate::tree::Tree;

/// A proposal before any gate: what it would change, or why that can't even be said.
struct Draft {
    origin: String,
    summary: String,
    model_call: String,
    edits: Result<Vec<FileEdit>, String>,
    /// Text that tells drafts without edits apart.
    given: String,
}

/// Makes candidates of one target and puts them through the static gate.
pub struct Proposer<'a> {
    pub tree: &'a Tree,
    pub site: &'a TargetSite,
    pub parent: &'a str,
    /// Folders that come first on the module path.
    pub roots: &'a [String],
}

impl Proposer<'_> {
    /// Candidates of the rules, best expected effect first.
    pub fn by_rules(&self, rules: &RuleSet, observations: Option<&Observations>, facts: &Facts, most: usize) -> Vec<Candidate> {
        let source = self.source();
        let proposals = rules.propose(source, self.site, observations, facts);
        let drafts = proposals.into_iter().take(most).map(|proposal| Draft {
            origin: proposal.rules.join("+"),
            summary: proposal.summary,
            model_call: String::new(),
            edits: Ok(vec![FileEdit { path: self.site.file.clone(), content: proposal.edited }]),
            given: String::new(),
        });
        drafts.map(|draft| self.candidate(draft)).collect()
    }

    /// Candidates in a model's answer.
    pub fn by_answer(&self, text: &str, origin: &str, call: &str) -> Vec<Candidate> {
        let function = self.site.name.qualname.rsplit('.').next().unwrap_or_default();
        let drafts = answer::proposals(text, function).into_iter().map(|proposal| Draft {
            origin: origin.to_owned(),
            summary: summary_of(text),
            model_call: call.to_owned(),
            edits: self.replaced(&proposal.source),
            given: proposal.source,
        });
        drafts.map(|draft| self.candidate(draft)).collect()
    }

    /// One candidate a file that somebody else wrote: a replacement source, a whole file or a patch.
    pub fn given(&self, given: &GivenCandidate) -> Candidate {
        let edits = if patch::is_patch(&given.content) { self.patched(&given.content) } else { self.replaced(&given.content) };
        self.candidate(Draft {
            origin: given.origin.clone(),
            summary: String::new(),
            model_call: String::new(),
            edits,
            given: given.content.clone(),
        })
    }

    fn source(&self) -> &str {
        self.tree.file(&self.site.file).unwrap_or_default()
    }

    fn replaced(&self, replacement: &str) -> Result<Vec<FileEdit>, String> {
        let edited = edit::replace_at(self.source(), self.site, replacement).map_err(|error| error.to_string())?;
        Ok(vec![FileEdit { path: self.site.file.clone(), content: edited }])
    }

    fn patched(&self, text: &str) -> Result<Vec<FileEdit>, String> {
        let read = |path: &str| self.tree.file(path).map(str::to_owned);
        let edits = patch::apply(text, read).map_err(|error| error.to_string())?;
        Ok(edits.into_iter().map(|edit| FileEdit { path: edit.path, content: edit.content }).collect())
    }

    fn candidate(&self, draft: Draft) -> Candidate {
        let mut candidate = Candidate {
            target: self.site.name.to_string(),
            origin: draft.origin,
            summary: draft.summary,
            model_call: draft.model_call,
            parent: self.parent.to_owned(),
            ..Candidate::default()
        };
        let refusal = match draft.edits {
            Ok(edits) => {
                candidate.diff = edits.iter().map(|edit| self.diff(edit)).collect();
                candidate.edits = edits;
                self.static_refusal(&candidate)
            }
            Err(reason) => Some(reason),
        };
        candidate.id = id_of(&candidate, &draft.given);
        if let Some(reason) = refusal {
            candidate.verdict = Verdict::Rejected.into();
            candidate.gate = Gate::Static.into();
            candidate.reason = reason;
        }
        candidate
    }

    /// Top-level modules of the repository: the first part of every Python file's path below a source root.
    fn own_modules(&self) -> Vec<String> {
        let below = |path: &str| {
            let root = self.roots.iter().filter(|root| root.as_str() != ".").find_map(|root| path.strip_prefix(&format!("{root}/")));
            root.unwrap_or(path).to_owned()
        };
        let first = |path: &String| below(path).split('/').next().map(|part| part.trim_end_matches(".py").to_owned());
        let modules: BTreeSet<String> = self.tree.files().keys().filter(|path| path.ends_with(".py")).filter_map(first).collect();
        modules.into_iter().collect()
    }

    fn diff(&self, edit: &FileEdit) -> String {
        edit::diff(&edit.path, self.tree.file(&edit.path).unwrap_or_default(), &edit.content)
    }

    fn static_refusal(&self, candidate: &Candidate) -> Option<String> {
        if candidate.diff.is_empty() {
            return Some("it changes nothing".into());
        }
        if let Some(other) = candidate.edits.iter().find(|edit| edit.path != self.site.file) {
            return Some(format!("it edits {}, but the target is in {}", other.path, self.site.file));
        }
        let edited = &candidate.edits.first()?.content;
        let options = GateOptions { own_modules: self.own_modules(), group: Vec::new() };
        let refusals = static_gate::check(self.source(), edited, self.site, &options);
        let reasons: Vec<String> = refusals.into_iter().map(|refusal| format!("line {}: {}", refusal.line, refusal.reason)).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}

/// Keeps the first of candidates that make the same edit. Those given by somebody are all kept, so that
/// each file is answered.
pub fn without_repeats(candidates: Vec<Candidate>, seen: &[Candidate]) -> Vec<Candidate> {
    let edit_of = |candidate: &Candidate| candidate.edits.iter().map(|edit| (edit.path.clone(), edit.content.clone())).collect::<Vec<_>>();
    let mut edits: BTreeSet<Vec<(String, String)>> = seen.iter().map(edit_of).collect();
    candidates.into_iter().filter(|candidate| candidate.edits.is_empty() || edits.insert(edit_of(candidate))).collect()
}

/// Names a candidate by what it is, so that a repeated run gives the same names.
fn id_of(candidate: &Candidate, given: &str) -> String {
    let mut text = format!("{}\n{}\n{}\n", candidate.target, candidate.origin, candidate.model_call);
    for edit in &candidate.edits {
        text.push_str(&format!("{}\n{}\n", edit.path, edit.content));
    }
    if candidate.edits.is_empty() {
        text.push_str(given);
    }
    format!("c-{}", Digest::of(text.as_bytes()).short())
}

/// What an answer says of its code: the first sentence before it.
fn summary_of(answer: &str) -> String {
    words::first_sentence(answer.split("```").next().unwrap_or_default()).chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(content: &str) -> Candidate {
        Candidate { edits: vec![FileEdit { path: "a.py".into(), content: content.into() }], ..Candidate::default() }
    }

    #[test]
    fn one_edit_is_judged_once() {
        let kept = without_repeats(vec![candidate("x"), candidate("y"), candidate("x"), Candidate::default()], &[candidate("y")]);
        assert_eq!(kept, [candidate("x"), Candidate::default()]);
    }

    #[test]
    fn an_id_depends_on_the_edit_and_its_origin_alone() {
        let named = |origin: &str, content: &str| id_of(&Candidate { origin: origin.into(), ..candidate(content) }, "");
        assert_eq!(named("set", "x"), named("set", "x"));
        assert_ne!(named("set", "x"), named("set", "y"));
        assert_ne!(named("set", "x"), named("join", "x"));
    }

    #[test]
    fn a_summary_is_the_first_sentence_before_the_code() {
        assert_eq!(summary_of("Builds a set once. It is\nfaster.\n```python\nx. y\n```"), "Builds a set once.");
    }
}
