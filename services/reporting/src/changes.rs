//! The accepted edits as a patch, as commits, and in the working tree.

use std::{collections::BTreeMap, io::Read, path::Path};

use whetstone_codehost::{
    Branch, BranchName, Commit, FileChange,
    merge::{self, Edits},
};
use whetstone_proto::common::v1::FileEdit;

use crate::{
    Error, markdown,
    view::{CandidateView, TargetView, View},
};

/// The snapshot's text files that the edits touch, by path.
pub type Originals = BTreeMap<String, String>;

/// One accepted candidate with the changes that it adds to those before it.
pub struct Step {
    pub message: String,
    pub changes: Vec<FileChange>,
}

/// Reads from a snapshot's archive what the accepted candidates edit.
pub fn originals(archive: &[u8], view: &View<'_>) -> Result<Originals, Error> {
    let mut wanted: Vec<&str> = view.standing().flat_map(|(_, one)| &one.candidate.edits).map(|edit| edit.path.as_str()).collect();
    wanted.extend(view.standing().flat_map(|(target, _)| tests_of(target)).map(|edit| edit.path.as_str()));
    let mut found = Originals::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
        if wanted.contains(&path.as_str()) && entry.header().entry_type().is_file() {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            found.insert(path, text);
        }
    }
    Ok(found)
}

/// One step a target with an accepted candidate, in the order of the report; each comes with its generated tests.
pub fn steps(view: &View<'_>, originals: &Originals) -> Result<Vec<Step>, Error> {
    let base = |path: &str| originals.get(path).cloned().unwrap_or_default();
    let mut merged = Edits::new();
    let mut steps = Vec::new();
    for (target, candidate) in view.standing() {
        let edits: Edits =
            candidate.candidate.edits.iter().chain(tests_of(target)).map(|edit| (edit.path.clone(), edit.content.clone())).collect();
        let next = merge::merge(base, &merged, &edits).map_err(|conflict| Error::Internal(conflict.to_string()))?;
        let change = |path: &String| FileChange {
            path: path.clone(),
            before: merged.get(path).or_else(|| originals.get(path)).cloned(),
            after: next[path].clone(),
        };
        let changes = edits.keys().map(change).collect();
        steps.push(Step { message: message(view, target, candidate), changes });
        merged = next;
    }
    Ok(steps)
}

/// All steps as one change a file.
pub fn total(steps: &[Step], originals: &Originals) -> Vec<FileChange> {
    let mut after = Edits::new();
    for change in steps.iter().flat_map(|step| &step.changes) {
        after.insert(change.path.clone(), change.after.clone());
    }
    after.into_iter().map(|(path, after)| FileChange { before: originals.get(&path).cloned(), path, after }).collect()
}

/// Puts the steps on a branch of the local repository.
pub async fn commit(folder: &Path, base: &str, name: &BranchName, steps: &[Step], at: i64) -> Result<Branch, Error> {
    let commits: Vec<Commit> = steps.iter().map(|step| Commit { message: step.message.clone(), changes: step.changes.clone() }).collect();
    Ok(whetstone_codehost::create_branch(folder, name, base, &commits, at).await?)
}

fn tests_of<'a>(target: &TargetView<'a>) -> &'a [FileEdit] {
    target.cases.map_or(&[], |cases| &cases.tests)
}

fn message(view: &View<'_>, target: &TargetView<'_>, candidate: &CandidateView<'_>) -> String {
    format!("{}\n\n{}", markdown::title(view, target, candidate), markdown::evidence_lines(view, target, candidate))
}

#[cfg(test)]
mod tests {
    use whetstone_proto::common::v1::Verdict;

    use super::*;
    use crate::fixture;

    #[test]
    fn each_optimization_is_a_step_on_the_one_before() {
        let request = fixture::request();
        let originals = Originals::from([("shop/rules.py".to_owned(), fixture::BEFORE.to_owned())]);
        let steps = steps(&View::of(&request), &originals).expect("no conflict");
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[1].changes[0].before.as_ref(), Some(&steps[0].changes[0].after));
        let total = total(&steps, &originals);
        assert_eq!(total[0].before.as_deref(), Some(fixture::BEFORE));
        assert!(total[0].after.contains("list(x)") && total[0].after.contains("fsum(x)"));
        assert!(steps[0].message.starts_with("shop.rules: 1.94x faster f"), "{}", steps[0].message);
    }
    #[test]
    fn of_two_accepted_candidates_of_one_target_the_fastest_is_a_step() {
        let mut request = fixture::request();
        let mut slower = request.candidates.iter().find(|one| one.verdict() == Verdict::Accepted).expect("one is").clone();
        slower.id = "c-slower".into();
        slower.effect.as_mut().expect("measured").ratio = 1.2;
        slower.edits[0].content = fixture::BEFORE.replace("return", "return 1 and");
        request.candidates.insert(0, slower);
        let originals = Originals::from([("shop/rules.py".to_owned(), fixture::BEFORE.to_owned())]);
        let view = View::of(&request);
        let steps = steps(&view, &originals).expect("no conflict");
        assert_eq!((steps.len(), view.optimizations().count()), (2, 3));
        assert!(steps.iter().all(|step| !step.changes[0].after.contains("1 and")));
    }
}
