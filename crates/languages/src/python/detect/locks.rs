//! Versions that a lock file fixes: Poetry, PDM, uv, PEP 751 and Pipenv.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::tree::Tree;

/// Lock files, the first of which counts.
pub const FILES: [&str; 5] = ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"];

/// `name==version` for each package that the tree's lock file fixes. What comes from elsewhere than an index, and
/// what is locked to several versions by markers, is left to the resolver. A file that can't be read fixes nothing.
pub fn pins(tree: &Tree) -> Vec<String> {
    let Some(file) = FILES.iter().find(|file| tree.has(file)) else { return Vec::new() };
    let text = tree.text(file).unwrap_or_default();
    let locked = if *file == "Pipfile.lock" { of_pipenv(&text) } else { of_tables(&text) };
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version) in locked {
        versions.entry(name.to_ascii_lowercase().replace(['_', '.'], "-")).or_default().insert(version);
    }
    let clear = versions.iter().filter(|(_, found)| found.len() == 1);
    clear.flat_map(|(name, found)| found.iter().map(move |version| format!("{name}=={version}"))).collect()
}

fn of_tables(text: &str) -> Vec<(String, String)> {
    let Ok(lock) = text.parse::<Table>() else { return Vec::new() };
    // PEP 751 says `packages`, the others `package`.
    let packages = ["package", "packages"].iter().find_map(|key| lock.get(*key)?.as_array());
    let of = |package: &Value| {
        let text = |key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
        is_from_index(package).then(|| Some((text("name")?, text("version")?)))?
    };
    packages.into_iter().flatten().filter_map(of).collect()
}

fn is_from_index(package: &Value) -> bool {
    const ELSEWHERE: [&str; 7] = ["git", "vcs", "url", "path", "directory", "archive", "editable"];
    let own = ELSEWHERE.iter().any(|key| package.get(key).is_some());
    // uv names the registry under `source`; Poetry names only what is no index there.
    let source = package.get("source").and_then(Value::as_table);
    let is_index =
        source.is_none_or(|source| source.contains_key("registry") || source.get("type").and_then(Value::as_str) == Some("legacy"));
    !own && is_index
}

fn of_pipenv(text: &str) -> Vec<(String, String)> {
    let Ok(lock) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let sections = ["default", "develop"].iter().filter_map(|section| lock.get(section)?.as_object());
    let of = |(name, package): (&String, &serde_json::Value)| {
        let version = package.get("version")?.as_str()?.strip_prefix("==")?;
        Some((name.clone(), version.to_owned()))
    };
    sections.flatten().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins_of(file: &str, text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(file), text).expect("written");
        pins(&Tree::open(folder.path()).expect("readable"))
    }

    #[test]
    fn each_kind_of_lock_file_fixes_what_comes_from_an_index() {
        let uv = "version = 1\n[[package]]\nname = \"Idna\"\nversion = \"3.7\"\nsource = { registry = \"index\" }\n\
                  [[package]]\nname = \"own\"\nversion = \"0.1\"\nsource = { editable = \".\" }\n";
        assert_eq!(pins_of("uv.lock", uv), ["idna==3.7"]);
        let poetry = "[[package]]\nname = \"ruamel.yaml\"\nversion = \"0.18.6\"\n\
                      [[package]]\nname = \"fork\"\nversion = \"1\"\n[package.source]\ntype = \"git\"\nurl = \"x\"\n";
        assert_eq!(pins_of("poetry.lock", poetry), ["ruamel-yaml==0.18.6"]);
        assert_eq!(pins_of("pdm.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\npath = \"./a\"\n"), [""; 0]);
        assert_eq!(pins_of("pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"b\"\nversion = \"2\"\n"), ["b==2"]);
        let pipenv =
            "{\"default\": {\"c\": {\"version\": \"==3\"}, \"d\": {\"git\": \"x\"}}, \"develop\": {\"pytest\": {\"version\": \"==8.0\"}}}";
        assert_eq!(pins_of("Pipfile.lock", pipenv), ["c==3", "pytest==8.0"]);
    }

    #[test]
    fn several_versions_of_one_package_and_a_file_that_is_none_fix_nothing() {
        let twice = "[[package]]\nname = \"numpy\"\nversion = \"1.26\"\n[[package]]\nname = \"numpy\"\nversion = \"2.1\"\n";
        assert_eq!(pins_of("poetry.lock", twice), [""; 0]);
        assert_eq!(pins_of("uv.lock", "not toml ["), [""; 0]);
    }
}
