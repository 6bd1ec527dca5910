//! Leaving out tests that fail in an untouched release archive. Such an archive often lacks files,
//! programs or a network that some of its tests need, and nobody can mend it in place; whoever runs a
//! folder of their own is told to decide instead.

use whetstone_core::{plan::WorkloadResult, words};
use whetstone_languages::python::detect::shell_quoted;
use whetstone_proto::{
    common::v1::Workload,
    repository::v1::{Source, source::From},
};

use super::{
    drive::Drive,
    workloads::{Tests, listed},
};

/// How often a workload is narrowed: files that can't be collected hide the tests that fail.
pub const MOST_TIMES: usize = 4;
/// A suite with more failing tests than this is not the package's own any more.
const MOST: usize = 200;

/// A workload without what fails in it, and the line that says so.
#[derive(Debug, PartialEq)]
pub struct Narrowed {
    pub workload: Workload,
    pub note: String,
}

/// Whether a run may leave out tests on its own: the tests are those that were found, of an archive.
pub fn may_leave_out(drive: &Drive, workload: &Workload) -> bool {
    workload.is_tests && workload.name == "tests" && drive.options().commands.is_empty() && is_archive(drive.request.source.as_ref())
}

fn is_archive(source: Option<&Source>) -> bool {
    match source.and_then(|source| source.from.as_ref()) {
        Some(From::Archive(_)) => true,
        Some(From::Tree(tree)) => !tree.is_tree,
        _ => false,
    }
}

/// The workload without the tests that fail both times, as long as they are fewer than those that
/// pass. A suite that tells no single tests is told by pytest from then on.
pub fn narrowed(workload: &Workload, test_paths: &[String], first: &WorkloadResult, tests: &Tests) -> Option<Narrowed> {
    if tests.failing.is_empty() {
        let is_opaque = first.tests.is_empty() && first.exit != 0 && workload.command.contains(" -m unittest");
        return is_opaque.then(|| by_pytest(workload, test_paths));
    }
    let ids: Vec<String> = tests.failing.iter().map(|(id, _)| id.clone()).collect();
    let uncollected = ids.iter().filter(|id| is_file(id)).count();
    let is_minority = uncollected > 0 || tests.failing.len() <= tests.passed as usize;
    if !is_minority || ids.len() > MOST || !workload.command.contains("pytest") {
        return None;
    }
    let command = without(&workload.command, &ids, shell_quoted);
    let (number, why) = (ids.len(), &tests.failing[0].1);
    let what = format!("{} that {}", words::count(number as u64, "test"), if number == 1 { "fails" } else { "fail" });
    let note = format!("left out {what} before anything was changed: {}; the first with: {why}", listed(&ids));
    Some(Narrowed { workload: Workload { command, ..workload.clone() }, note })
}

fn by_pytest(workload: &Workload, test_paths: &[String]) -> Narrowed {
    let paths: String = test_paths.iter().map(|path| format!(" {}", shell_quoted(path))).collect();
    let command = format!("python -m pytest -q -p no:cacheprovider{paths}");
    let note = format!("`{}` fails before anything was changed; went on with `{command}`, which tells single tests", workload.command);
    Narrowed { workload: Workload { command, ..workload.clone() }, note }
}

/// A pytest command that leaves out tests by id, and files that can't be collected by path.
pub fn without(command: &str, ids: &[String], quoted: impl Fn(&str) -> String) -> String {
    let option = |id: &String| if is_file(id) { format!(" --ignore={}", quoted(id)) } else { format!(" --deselect {}", quoted(id)) };
    ids.iter().map(option).fold(command.to_owned(), |command, option| command + &option)
}

/// A failure to collect a file bears its path alone.
fn is_file(id: &str) -> bool {
    !id.contains("::")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use whetstone_core::{job::Resources, plan::workload::Captured};

    use super::*;

    fn workload(command: &str) -> Workload {
        Workload { name: "tests".into(), command: command.into(), is_tests: true, ..Workload::default() }
    }

    fn result(exit: i32) -> WorkloadResult {
        WorkloadResult {
            exit,
            timed_out: false,
            stdout: Captured::default(),
            stderr: Captured::default(),
            resources: Resources::default(),
            tests: Vec::new(),
            files: BTreeMap::new(),
        }
    }

    fn failing(ids: &[&str], passed: u32) -> Tests {
        let failing = ids.iter().map(|id| ((*id).to_owned(), "FileNotFoundError: data.txt".to_owned())).collect();
        Tests { failing, flaky: Vec::new(), passed }
    }

    #[test]
    fn a_few_failing_tests_are_left_out_by_id_and_uncollected_files_by_path() {
        let narrow = |ids: &[&str], passed| narrowed(&workload("pytest -q"), &[], &result(1), &failing(ids, passed));
        let few = narrow(&["t.py::test_a[x y]"], 20).expect("narrowed");
        assert_eq!(few.workload.command, "pytest -q --deselect 't.py::test_a[x y]'");
        assert!(few.note.contains("left out 1 test") && few.note.contains("FileNotFoundError: data.txt"), "{}", few.note);
        assert_eq!(narrow(&["tests/t.py"], 0).expect("narrowed").workload.command, "pytest -q --ignore=tests/t.py");
        assert_eq!(narrow(&["t.py::a", "t.py::b"], 1), None, "most of the suite fails");
    }

    #[test]
    fn a_suite_that_tells_no_single_tests_is_run_by_pytest() {
        let result = result(1);
        let told = narrowed(&workload("python -m unittest discover -v -s tests"), &["tests".into()], &result, &failing(&[], 0));
        assert_eq!(told.expect("narrowed").workload.command, "python -m pytest -q -p no:cacheprovider tests");
        assert_eq!(narrowed(&workload("python bench.py"), &[], &result, &failing(&[], 0)), None);
    }
}
