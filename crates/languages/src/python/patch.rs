//! Applies unified diffs, as `diff -u` and `git diff` write them.

use whetstone_core::plan::FileEdit;

use super::edit::EditError;

/// Lines that a hunk may have moved from where it says it stands.
const DRIFT: usize = 10_000;

struct FilePatch {
    old: String,
    new: String,
    hunks: Vec<Hunk>,
}

struct Hunk {
    start: usize,
    before: Vec<String>,
    after: Vec<String>,
}

/// Whether a text is a patch rather than source.
pub fn is_patch(text: &str) -> bool {
    let has_hunk = text.lines().any(|line| line.starts_with("@@ -"));
    has_hunk && text.lines().any(|line| line.starts_with("--- ")) && text.lines().any(|line| line.starts_with("+++ "))
}

/// Applies a patch to files that `read` finds by their path relative to the tree.
///
/// # Errors
/// [`EditError::PatchDoesNotApply`] if a file is missing, a hunk's lines are not in it, or the
/// patch deletes or renames a file.
pub fn apply(patch: &str, read: impl Fn(&str) -> Option<String>) -> Result<Vec<FileEdit>, EditError> {
    parse(patch)?
        .into_iter()
        .map(|file| {
            let path = name_in(&file, |path| read(path).is_some());
            let refused = |why: &str| EditError::PatchDoesNotApply { file: path.clone(), why: why.to_owned() };
            if file.new == "/dev/null" {
                return Err(refused("it deletes the file"));
            }
            let before =
                if file.old == "/dev/null" { String::new() } else { read(&path).ok_or_else(|| refused("there is no such file"))? };
            Ok(FileEdit { content: apply_hunks(&path, &before, &file.hunks)?, path })
        })
        .collect()
}

/// Applies a patch that touches `file` alone to its text; the patch may name it by any suffix.
pub(super) fn apply_to_file(file: &str, text: &str, patch: &str) -> Result<String, EditError> {
    let files = parse(patch)?;
    let [only] = files.as_slice() else {
        return Err(EditError::TouchesMore { what: format!("the patch changes {} files", files.len()) });
    };
    let path = strip(&only.new).to_owned();
    if !file.is_empty() && !file.ends_with(&path) && !path.ends_with(file) {
        return Err(EditError::TouchesMore { what: format!("the patch changes {path}, the target is in {file}") });
    }
    apply_hunks(&path, text, &only.hunks)
}

fn strip(path: &str) -> &str {
    path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path)
}

/// The path without git's `a/` and `b/`, unless the file is there with them.
fn name_in(file: &FilePatch, exists: impl Fn(&str) -> bool) -> String {
    let named = if file.new == "/dev/null" { &file.old } else { &file.new };
    if exists(named) { named.clone() } else { strip(named).to_owned() }
}

fn parse(patch: &str) -> Result<Vec<FilePatch>, EditError> {
    let mut files: Vec<FilePatch> = Vec::new();
    let mut old = String::new();
    let mut left = (0usize, 0usize);
    for line in patch.lines() {
        let inside = left != (0, 0);
        let hunk = files.last_mut().and_then(|file| file.hunks.last_mut());
        match (inside, line.as_bytes().first(), hunk) {
            (true, Some(b'-'), Some(hunk)) => {
                hunk.before.push(line[1..].to_owned());
                left.0 = left.0.saturating_sub(1);
            }
            (true, Some(b'+'), Some(hunk)) => {
                hunk.after.push(line[1..].to_owned());
                left.1 = left.1.saturating_sub(1);
            }
            (true, first, Some(hunk)) if first.is_none_or(|byte| *byte == b' ') => {
                let content = line.get(1..).unwrap_or_default().to_owned();
                hunk.before.push(content.clone());
                hunk.after.push(content);
                left = (left.0.saturating_sub(1), left.1.saturating_sub(1));
            }
            _ if line.starts_with("--- ") => old = path_of(&line[4..]),
            _ if line.starts_with("+++ ") => {
                files.push(FilePatch { old: old.clone(), new: path_of(&line[4..]), hunks: Vec::new() });
            }
            _ if line.starts_with("@@ -") => {
                let (start, counts) = ranges(line).ok_or_else(|| unreadable(line))?;
                let file = files.last_mut().ok_or_else(|| unreadable(line))?;
                file.hunks.push(Hunk { start, before: Vec::new(), after: Vec::new() });
                left = counts;
            }
            _ if line.starts_with("rename ") => return Err(unreadable(line)),
            _ => {}
        }
    }
    Ok(files)
}

fn unreadable(line: &str) -> EditError {
    EditError::PatchDoesNotApply { file: "the tree".to_owned(), why: format!("`{line}` can't be read or is not supported") }
}

fn path_of(text: &str) -> String {
    text.split('\t').next().unwrap_or(text).trim().trim_matches('"').to_owned()
}

/// `@@ -12,3 +12,4 @@`: the first old line and the two counts.
fn ranges(line: &str) -> Option<(usize, (usize, usize))> {
    let mut parts = line.split(' ').skip(1);
    let mut range = |sign: char| -> Option<(usize, usize)> {
        let (start, count) = parts.next()?.strip_prefix(sign).map(|text| text.split_once(',').unwrap_or((text, "1")))?;
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let (old, new) = (range('-')?, range('+')?);
    Some((old.0, (old.1, new.1)))
}

fn apply_hunks(path: &str, text: &str, hunks: &[Hunk]) -> Result<String, EditError> {
    let ends = text.is_empty() || text.ends_with('\n');
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    if ends {
        lines.pop();
    }
    let mut shift: isize = 0;
    for hunk in hunks {
        let expected = hunk.start.saturating_sub(usize::from(!hunk.before.is_empty())).saturating_add_signed(shift);
        let Some(at) = find(&lines, &hunk.before, expected) else {
            let first = hunk.before.first().map_or("", String::as_str);
            let why = format!("its hunk at line {} expects `{}`", hunk.start, first.trim());
            return Err(EditError::PatchDoesNotApply { file: path.to_owned(), why });
        };
        lines.splice(at..at + hunk.before.len(), hunk.after.iter().cloned());
        shift += hunk.after.len() as isize - hunk.before.len() as isize + at as isize - expected as isize;
    }
    let mut joined = lines.join("\n");
    if ends && !joined.is_empty() {
        joined.push('\n');
    }
    Ok(joined)
}

/// The place nearest to `expected` where all of `wanted` stands.
fn find(lines: &[String], wanted: &[String], expected: usize) -> Option<usize> {
    let fits = |at: usize| {
        lines.get(at..at + wanted.len()).is_some_and(|here| here.iter().zip(wanted).all(|(one, other)| one.trim_end() == other.trim_end()))
    };
    if wanted.is_empty() {
        return (expected <= lines.len()).then_some(expected);
    }
    (0..=DRIFT.min(lines.len())).flat_map(|away| [expected.checked_sub(away), Some(expected + away)]).flatten().find(|at| fits(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "a = 1\nb = 2\nc = 3\n";
    const PATCH: &str = "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n@@ -1,3 +1,3 @@\n a = 1\n-b = 2\n+b = 22\n c = 3\n";

    #[test]
    fn a_git_patch_applies_even_when_its_lines_have_moved() {
        let moved = format!("# new\n# lines\n{BEFORE}");
        let edits = apply(PATCH, |path| (path == "m.py").then(|| moved.clone())).expect("applies");
        assert_eq!(edits[0].content, "# new\n# lines\na = 1\nb = 22\nc = 3\n");
        assert_eq!(edits[0].path, "m.py");
    }

    #[test]
    fn a_patch_whose_lines_are_not_there_says_which() {
        let refused = apply(PATCH, |_| Some("nothing\n".to_owned())).expect_err("no such lines");
        assert!(refused.to_string().contains("`a = 1`"), "{refused}");
        assert!(apply(PATCH, |_| None).is_err());
    }

    #[test]
    fn a_written_diff_applies_back() {
        let after = "a = 1\nb = 5\nc = 3\nd = 4";
        let patch = super::super::edit::diff("m.py", BEFORE, after);
        assert!(is_patch(&patch) && !is_patch(BEFORE));
        assert_eq!(apply_to_file("m.py", BEFORE, &patch).expect("applies").trim_end(), after);
    }
}
