//! Branches, patches and edits of the working tree.

mod common;

use std::fs;

use common::Place;
use whetstone_codehost::{BranchName, Commit, FileChange, apply, changes, create_branch, patch};

const BEFORE: &str = "one = 1\ntwo = 2\nthree = 3\nfour = 4\nfive = 5\n";
const AFTER: &str = "one = 1\ntwo = 2\nthree = 3\nfour = 4\nfive = 50\n";

fn edit() -> FileChange {
    FileChange { path: "a.py".into(), before: Some(BEFORE.into()), after: AFTER.into() }
}

fn commit(message: &str, changes: Vec<FileChange>) -> Commit {
    Commit { message: message.into(), changes }
}

fn exactly(name: &str) -> BranchName {
    BranchName::Exactly(name.into())
}

#[tokio::test]
async fn a_branch_has_one_commit_each_and_nothing_else_moves() {
    let place = Place::repository();
    place.write("a.py", format!("zero = 0\n{BEFORE}"));
    place.git(&["add", "a.py"]);
    let state =
        || (place.git(&["status", "--porcelain"]), place.git(&["rev-parse", "HEAD"]), fs::read(place.path().join(".git/index")).unwrap());
    let before = state();
    let new_test = FileChange { path: "tests/test_a.py".into(), before: None, after: "def test(): pass\n".into() };
    let measured = FileChange { before: Some(format!("zero = 0\n{BEFORE}")), after: format!("zero = 0\n{AFTER}"), ..edit() };
    let commits = [
        commit("a: faster\n\nEvidence.", vec![measured, new_test]),
        commit("b: faster", vec![FileChange { path: "pkg/b.py".into(), before: Some("b = 1\n".into()), after: "b = 2\n".into() }]),
    ];
    let made = create_branch(place.path(), &exactly("whetstone/x"), "HEAD", &commits, 1_700_000_000).await.unwrap();
    assert_eq!(made.commits.len(), 2);
    assert_eq!(state(), before);
    assert_eq!(place.git(&["log", "--format=%s", "HEAD..whetstone/x"]), "b: faster\na: faster");
    // The uncommitted line at the top is not part of the optimization.
    assert_eq!(place.git(&["show", "whetstone/x:a.py"]), AFTER.trim_end());
    assert_eq!(place.git(&["diff", "--name-only", "HEAD", "whetstone/x"]), "a.py\npkg/b.py\ntests/test_a.py");
    place.git(&["fsck", "--strict"]);
    let again = create_branch(place.path(), &exactly("whetstone/x"), "HEAD", &commits, 1_700_000_000).await.unwrap();
    assert_eq!(again, made);
}

#[tokio::test]
async fn a_taken_name_is_refused_or_numbered() {
    let place = Place::repository();
    place.git(&["branch", "taken"]);
    let commits = [commit("m", vec![edit()])];
    let refused = create_branch(place.path(), &exactly("taken"), "HEAD", &commits, 0).await.unwrap_err();
    assert_eq!(refused.reason(), "BRANCH_TAKEN");
    let numbered = create_branch(place.path(), &BranchName::Free("taken".into()), "HEAD", &commits, 0).await.unwrap();
    assert_eq!(numbered.name, "taken-2");
    let odd = create_branch(place.path(), &exactly("no..name"), "HEAD", &commits, 0).await.unwrap_err();
    assert_eq!(odd.reason(), "BRANCH_NAME");
}

#[tokio::test]
async fn an_edit_of_an_uncommitted_line_makes_no_branch() {
    let place = Place::repository();
    let uncommitted = BEFORE.replace("five = 5", "five = 55");
    let change = FileChange { path: "a.py".into(), before: Some(uncommitted), after: AFTER.into() };
    let error = create_branch(place.path(), &exactly("x"), "HEAD", &[commit("m", vec![change])], 0).await.unwrap_err();
    assert_eq!(error.reason(), "UNCOMMITTED_CHANGES");
    assert_eq!(place.git(&["branch", "--list", "x"]), "");
}

#[tokio::test]
async fn a_source_in_a_subfolder_commits_below_it() {
    let place = Place::repository();
    let change = FileChange { path: "b.py".into(), before: Some("b = 1\n".into()), after: "b = 2\n".into() };
    create_branch(&place.path().join("pkg"), &exactly("x"), "HEAD", &[commit("m", vec![change])], 0).await.unwrap();
    assert_eq!(place.git(&["diff", "--name-only", "HEAD", "x"]), "pkg/b.py");
}

#[test]
fn a_patch_is_taken_by_git() {
    let place = Place::repository();
    let new_file = FileChange { path: "new.py".into(), before: None, after: "no newline at the end".into() };
    let text = patch(&[edit(), new_file]);
    let at = place.work.path().join("p.patch");
    fs::write(&at, text).unwrap();
    place.git(&["apply", "--index", at.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(place.path().join("a.py")).unwrap(), AFTER);
    assert_eq!(fs::read_to_string(place.path().join("new.py")).unwrap(), "no newline at the end");
}

#[test]
fn applying_is_refused_as_a_whole_if_one_file_was_changed_since() {
    let place = Place::repository();
    let b = FileChange { path: "pkg/b.py".into(), before: Some("something else\n".into()), after: "b = 2\n".into() };
    let error = apply(place.path(), &[edit(), b]).unwrap_err();
    assert_eq!(error.reason(), "CHANGED_SINCE");
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    apply(place.path(), &[edit()]).unwrap();
    assert_eq!(fs::read_to_string(place.path().join("a.py")).unwrap(), AFTER);
    let outside = FileChange { path: "../x".into(), before: None, after: String::new() };
    assert_eq!(apply(place.path(), &[outside]).unwrap_err().reason(), "CHANGED_SINCE");
}

#[tokio::test]
async fn a_patch_is_read_back_as_the_changes_that_it_was_made_of() {
    let place = Place::repository();
    let taken = place.snapshot().await.unwrap();
    let new_file = FileChange { path: "tests/new.py".into(), before: None, after: "x = 1\n".into() };
    let made = [edit(), new_file];
    assert_eq!(changes(taken.tar.path(), &patch(&made)).await.unwrap(), made);
    let other = FileChange { before: Some("one = 2\n".into()), ..edit() };
    assert!(changes(taken.tar.path(), &patch(&[other])).await.is_err());
}
