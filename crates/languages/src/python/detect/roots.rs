//! Source roots: the folders of a tree that modules are imported from.

use super::{Tree, is_test_file};

/// Folders whose Python files are not the repository's modules.
const NO_SOURCES: [&str; 10] = ["docs", "doc", "examples", "example", "benchmarks", "benchmark", "bench", "tools", "scripts", "ci"];

/// Finds the source roots: those that the configuration names, `src` and `lib` where they hold
/// modules, and the tree itself where modules lie at its top or nothing else was found.
pub fn find(tree: &Tree, configured: &[String], module_path: &[String]) -> Vec<String> {
    let mut roots: Vec<String> = Vec::new();
    let mut add = |root: &str| {
        let root = root.trim_start_matches("./").trim_end_matches('/');
        let root = if root.is_empty() { "." } else { root };
        let exists = root == "." || tree.files().iter().any(|file| file.strip_prefix(root).is_some_and(|rest| rest.starts_with('/')));
        if exists && !root.starts_with("..") && !root.starts_with('/') && !roots.iter().any(|known| known == root) {
            roots.push(root.to_owned());
        }
    };
    configured.iter().for_each(|root| add(root));
    for folder in ["src", "lib"] {
        let prefix = format!("{folder}/");
        let is_package = tree.has(&format!("{folder}/__init__.py"));
        if !is_package && tree.python_files().any(|file| file.starts_with(&prefix)) {
            add(folder);
        }
    }
    module_path.iter().for_each(|root| add(root));
    if has_modules_at_top(tree) || roots.is_empty() {
        let mut add = |root: &str| {
            if !roots.iter().any(|known| known == root) {
                roots.push(root.to_owned());
            }
        };
        add(".");
    }
    roots
}

fn has_modules_at_top(tree: &Tree) -> bool {
    tree.python_files().any(|file| {
        let first = file.split('/').next().unwrap_or(file);
        let own_script = matches!(file, "setup.py" | "noxfile.py" | "conftest.py" | "fabfile.py" | "tasks.py");
        match file.split_once('/') {
            None => !own_script && !is_test_file(file),
            Some(_) => !NO_SOURCES.contains(&first) && !is_test_file(file) && tree.has(&format!("{first}/__init__.py")),
        }
    })
}

/// The dotted module name of a file, seen from the innermost source root that holds it; `None` if
/// its path can't be imported.
pub fn module_of(file: &str, source_roots: &[String]) -> Option<String> {
    let inside = |root: &String| if root == "." { Some(file) } else { file.strip_prefix(root.as_str())?.strip_prefix('/') };
    let path = source_roots.iter().filter_map(inside).min_by_key(|path| path.len())?;
    let path = path.strip_suffix(".py")?;
    let path = path.strip_suffix("/__init__").unwrap_or(path);
    let importable = |part: &str| !part.is_empty() && !part.starts_with(|c: char| c.is_ascii_digit()) && !part.contains(['-', '.', ' ']);
    path.split('/').all(importable).then(|| path.replace('/', "."))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn roots(files: &[&str], configured: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("has one")).expect("made");
            fs::write(path, "").expect("written");
        }
        let configured: Vec<String> = configured.iter().map(|root| (*root).to_owned()).collect();
        find(&Tree::open(folder.path()).expect("a tree"), &configured, &[])
    }

    #[test]
    fn the_usual_layouts_are_told_apart() {
        assert_eq!(roots(&["src/pkg/__init__.py", "tests/test_a.py", "setup.py"], &[]), ["src"]);
        assert_eq!(roots(&["pkg/__init__.py", "tests/__init__.py", "docs/conf.py"], &[]), ["."]);
        assert_eq!(roots(&["script.py"], &[]), ["."]);
        assert_eq!(roots(&["python/pkg/__init__.py"], &["python/"]), ["python"]);
        assert_eq!(roots(&["src/pkg/a.py", "app.py"], &["src"]), ["src", "."]);
        assert_eq!(roots(&["src/__init__.py", "src/a.py"], &[]), ["."]);
    }

    #[test]
    fn a_module_is_named_from_the_innermost_root() {
        let roots = ["src".to_owned(), ".".to_owned()];
        assert_eq!(module_of("src/pkg/a.py", &roots).as_deref(), Some("pkg.a"));
        assert_eq!(module_of("src/pkg/__init__.py", &roots).as_deref(), Some("pkg"));
        assert_eq!(module_of("app.py", &roots).as_deref(), Some("app"));
        assert_eq!(module_of("bad-name/a.py", &roots), None);
    }
}
