//! Joining the edits of several optimizations into one tree.

use std::collections::BTreeMap;

/// New contents of files, by path relative to the tree.
pub type Edits = BTreeMap<String, String>;

/// Two optimizations that can't stand together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} is edited at the same place by an earlier optimization")]
pub struct Conflict {
    pub path: String,
}

/// Adds `edits` (made on `base`) to `merged` (made on `base` too), file by file, by three-way merge.
///
/// Where both insert lines at one place, such as two imports, both stand, each line once.
///
/// # Errors
/// If both change the same lines; `merged` is then as it was.
pub fn merge(base: impl Fn(&str) -> String, merged: &Edits, edits: &Edits) -> Result<Edits, Conflict> {
    let mut result = merged.clone();
    for (path, edited) in edits {
        let joined = match merged.get(path) {
            None => edited.clone(),
            Some(ours) => merge_file(&base(path), ours, edited).ok_or_else(|| Conflict { path: path.clone() })?,
        };
        result.insert(path.clone(), joined);
    }
    Ok(result)
}

fn merge_file(base: &str, ours: &str, theirs: &str) -> Option<String> {
    match diffy::merge(base, ours, theirs) {
        Ok(text) => Some(text),
        Err(marked) => join_insertions(&marked),
    }
}

/// Resolves conflicts, marked in diff3 style, in which neither side removed anything.
fn join_insertions(marked: &str) -> Option<String> {
    let mut text = String::with_capacity(marked.len());
    let mut lines = marked.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if !line.starts_with("<<<<<<<") {
            text.push_str(line);
            continue;
        }
        let ours: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("|||||||")).collect();
        let base: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("=======")).collect();
        let theirs: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with(">>>>>>>")).collect();
        if !base.is_empty() {
            return None;
        }
        ours.iter().for_each(|line| text.push_str(line));
        theirs.iter().filter(|line| !ours.contains(line)).for_each(|line| text.push_str(line));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "import re\n\n\ndef f():\n    return 1\n\n\ndef g():\n    return 2\n";

    fn one(text: &str) -> Edits {
        Edits::from([("m.py".to_owned(), text.to_owned())])
    }

    fn join(first: &str, second: &str) -> Result<String, Conflict> {
        let merged = merge(|_| BASE.to_owned(), &one(first), &one(second))?;
        Ok(merged["m.py"].clone())
    }

    #[test]
    fn edits_of_two_functions_stand_together() {
        let joined = join(&BASE.replace("return 1", "return 10"), &BASE.replace("return 2", "return 20")).expect("no conflict");
        assert_eq!(joined, BASE.replace("return 1", "return 10").replace("return 2", "return 20"));
    }

    #[test]
    fn imports_added_at_one_place_are_both_kept_once() {
        let first = BASE.replace("import re\n", "import re\nfrom collections import deque\n");
        let second = BASE.replace("import re\n", "import re\nfrom collections import deque\nimport bisect\n");
        let joined = join(&first, &second).expect("both insert");
        assert_eq!(joined.matches("deque").count(), 1, "{joined}");
        assert!(joined.contains("import bisect\n"));
    }

    #[test]
    fn two_edits_of_one_line_conflict() {
        let conflict = join(&BASE.replace("return 1", "return 10"), &BASE.replace("return 1", "return 11"));
        assert_eq!(conflict, Err(Conflict { path: "m.py".into() }));
    }
}
