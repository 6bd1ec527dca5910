//! Comparing two refs of one repository: every changed file at once, timed at each target.
//!
//! Two commits need not behave the same, so no gate on behaviour stands here: each target is
//! compared on its recorded cases, and the whole workload is run with both sides.

use std::{collections::BTreeMap, path::Path};

use whetstone_core::{event::Stage, words};
use whetstone_languages::python::{
    detect::{Tree, is_test_file},
    edit,
};
use whetstone_proto::common::v1::{Candidate, FileEdit, Gate, Target, Verdict};
use whetstone_runtime::Failure;

use super::{
    compare::head_tree,
    confirm::{self, Confirmed, judged},
    drive::Drive,
    flow::{self, Found},
    halt::Halt,
    prepare::{self, Unpacked},
    report,
    search::Aim,
};
use crate::runs::Ending;

/// What leads from the base's tree to the head's.
#[derive(Debug, Default, PartialEq)]
struct Changes {
    edits: Vec<FileEdit>,
    diff: String,
    /// Files that can not be part of a candidate: removed, or not text.
    left_out: Vec<String>,
}

/// Follows a comparison of two refs to its end.
pub async fn follow(drive: &Drive) -> Result<Ending, Halt> {
    let Some(head) = drive.request.head.clone() else {
        return Err(Failure::refused("INCOMPLETE_REQUEST", "a comparison needs a head: a ref, or another function").into());
    };
    let prepared = drive.stage(Stage::Prepare, prepare::run(drive)).await?;
    let base = Unpacked::of(drive, &prepared.tree.clone().unwrap_or_default(), "-base").await?;
    let other = Unpacked::of(drive, &head_tree(drive, &head).await?, "-head").await?;
    let (from, to) = (base.folder.clone(), other.folder.clone());
    let read = tokio::task::spawn_blocking(move || changes(&from, &to));
    let changes = read.await.map_err(|error| Failure::internal(format!("reading the trees broke off: {error}")))??;
    drop((base, other));
    if changes.edits.is_empty() {
        return Err(Failure::refused("NOTHING_CHANGED", "the two refs hold the same code outside of tests").into());
    }
    for file in changes.left_out.iter().take(20) {
        drive.note("warning", &format!("not part of the comparison: {file}")).await?;
    }
    let analysis = flow::analyze(drive, &prepared, false).await?;
    let found = flow::pin_down(drive, prepared, analysis).await?;
    let aims = aims(&found, &changes, &head.r#ref);
    let body = async { Ok((aims, format!("{} changed from base to head", words::count(changes.edits.len() as u64, "file")))) };
    let aims = drive.stage(Stage::Optimize, body).await?;
    let confirmed = drive.stage(Stage::Compare, measure(drive, &found, aims)).await?;
    report::build(drive, found, confirmed).await
}

/// Targets in changed files; where none is, every target, since what it calls may have changed.
fn aims(found: &Found, changes: &Changes, head: &str) -> Vec<Aim> {
    let changed = |aim: &Aim| changes.edits.iter().any(|edit| edit.path == aim.target.file);
    let mut aims = flow::aims(found, |_| Vec::new());
    if aims.iter().any(changed) {
        aims.retain(changed);
    }
    for aim in &mut aims {
        aim.candidates.push(candidate(&aim.target, changes, head));
    }
    aims
}

fn candidate(target: &Target, changes: &Changes, head: &str) -> Candidate {
    Candidate {
        id: format!("head-{}", target.id),
        target: target.name.clone(),
        origin: if head.is_empty() { "head".into() } else { head.to_owned() },
        edits: changes.edits.clone(),
        diff: changes.diff.clone(),
        ..Candidate::default()
    }
}

async fn measure(drive: &Drive, found: &Found, mut aims: Vec<Aim>) -> Result<(Confirmed, String), Halt> {
    let mut confirmed = Confirmed::default();
    let size = aims.len();
    for aim in &mut aims {
        let candidate = aim.candidates[0].clone();
        let compared = match confirm::compare(drive, &found.prepared, aim, &candidate, size, 0.0).await {
            Err(Halt::OutOfTime) => None,
            compared => Some(compared?),
        };
        let decided = match &compared {
            None => judged(&candidate, Verdict::Inconclusive, Gate::Speed, "not compared: --max-time was used up"),
            Some(comparison) => {
                let verdict = match comparison.decision.as_str() {
                    "accept" => Verdict::Accepted,
                    "reject" => Verdict::Rejected,
                    _ => Verdict::Inconclusive,
                };
                Candidate {
                    effect: comparison.effect,
                    ..judged(&candidate, verdict, confirm::gate_of(&comparison.reason), &comparison.reason)
                }
            }
        };
        confirmed.comparisons.extend(compared);
        aim.replace(drive.decide(decided).await?);
    }
    if let Some(first) = aims.first() {
        let whole = Candidate { verdict: 0, ..first.candidates[0].clone() };
        match confirm::confirm(drive, &found.prepared, "branch/head", &[first], &[whole], true).await {
            Err(Halt::OutOfTime) => confirmed.notes.push("the whole workload was not compared: --max-time was used up".into()),
            answer => {
                let answer = answer?;
                (confirmed.programs, confirmed.workload_effect) = (answer.programs, answer.workload_effect);
            }
        }
    }
    let summary = format!("{} compared", words::count(aims.len() as u64, "target"));
    confirmed.candidates = aims.into_iter().flat_map(|aim| aim.candidates).collect();
    Ok((confirmed, summary))
}

fn changes(base: &Path, head: &Path) -> Result<Changes, Failure> {
    let unreadable = |error: std::io::Error| Failure::internal(format!("the tree can't be read: {error}"));
    let (base, head) = (Tree::open(base).map_err(unreadable)?, Tree::open(head).map_err(unreadable)?);
    let files = |tree: &Tree| tree.files().iter().filter(|file| !is_test_file(file)).map(|file| (file.clone(), tree.bytes(file))).collect();
    let before: BTreeMap<String, Option<Vec<u8>>> = files(&base);
    let after: BTreeMap<String, Option<Vec<u8>>> = files(&head);
    let mut changes = Changes::default();
    for (path, bytes) in &after {
        if before.get(path) == Some(bytes) {
            continue;
        }
        let text = |bytes: Option<&Option<Vec<u8>>>| bytes.cloned().flatten().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(content) = text(Some(bytes)) else {
            changes.left_out.push(format!("{path} is not text"));
            continue;
        };
        changes.diff.push_str(&edit::diff(path, &text(before.get(path)).unwrap_or_default(), &content));
        changes.edits.push(FileEdit { path: path.clone(), content });
    }
    changes.left_out.extend(before.keys().filter(|path| !after.contains_key(*path)).map(|path| format!("{path} was removed")));
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_hold_new_and_changed_code_and_tell_what_they_can_not_hold() {
        let (base, head) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let write =
            |folder: &tempfile::TempDir, name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
        write(&base, "same.py", b"x = 1\n");
        write(&head, "same.py", b"x = 1\n");
        write(&base, "changed.py", b"x = 1\n");
        write(&head, "changed.py", b"x = 2\n");
        write(&base, "gone.py", b"");
        write(&head, "new.py", b"y = 1\n");
        write(&head, "test_new.py", b"");
        write(&head, "data.bin", b"\xff\xfe");
        let changes = changes(base.path(), head.path()).expect("readable");
        assert_eq!(changes.edits.iter().map(|edit| edit.path.as_str()).collect::<Vec<_>>(), ["changed.py", "new.py"]);
        assert!(changes.diff.contains("-x = 1") && changes.diff.contains("+x = 2"));
        assert_eq!(changes.left_out, ["data.bin is not text", "gone.py was removed"]);
    }
}
