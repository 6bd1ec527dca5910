//! Documents that are made from code are what the code makes.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

#[test]
fn generated_documents_hold_the_command_line_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let made = whetstone_whet::reference::markdown();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, made, "docs/cli.md is not what clap says: run `make docs`");
}

/// What the documents say of a key: its default as TOML, nothing where the cell holds none.
fn documented_default(section: &str, key: &str) -> Option<toml::Value> {
    let row = section.lines().find_map(|line| line.strip_prefix(&format!("| `{key}` | ")));
    let cell = row.unwrap_or_else(|| panic!("docs/configuration.md lacks {key}")).split(" | ").next().unwrap_or_default();
    let written = cell.strip_prefix('`')?.strip_suffix('`')?;
    let table = |value: &str| format!("x = {value}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("x"));
    table(written).or_else(|| Some(toml::Value::String(written.to_owned())))
}

#[test]
fn every_key_of_the_configuration_is_documented_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let document = fs::read_to_string(path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let shown = Command::new(env!("CARGO_BIN_EXE_whet"))
        .args(["config", "show"])
        .env_clear()
        .env("HOME", folder.path())
        .output()
        .expect("whet starts");
    let shown: toml::Table = String::from_utf8(shown.stdout).unwrap().parse().expect("TOML");
    for (section, keys) in shown.iter().filter_map(|(section, value)| Some((section, value.as_table()?))) {
        let (_, part) =
            document.split_once(&format!("## `{section}`\n")).unwrap_or_else(|| panic!("docs/configuration.md lacks [{section}]"));
        let part = part.split("\n## ").next().unwrap_or_default();
        let agrees = |key: &str, value: &toml::Value| {
            // An empty default is written as an empty cell, or as words for what is taken then.
            let expected = documented_default(part, key).unwrap_or_else(|| toml::Value::String(String::new()));
            assert_eq!(value, &expected, "docs/configuration.md on {section}.{key}");
        };
        for (key, value) in keys {
            match value.as_table() {
                Some(inner) => inner.iter().for_each(|(name, value)| agrees(&format!("{key}.{name}"), value)),
                None => agrees(key, value),
            }
        }
    }
}

#[test]
fn every_variable_of_the_example_is_one_that_whet_reads() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.env.example")).unwrap();
    let settings = text.lines().filter_map(|line| line.strip_prefix("# ")).filter_map(|line| line.split_once('='));
    let variables: Vec<(&str, &str)> = settings.filter(|(name, _)| name.starts_with("WHETSTONE__")).collect();
    assert!(variables.len() > 3, "{variables:?}");
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_whet"));
    let shown = command.args(["config", "show"]).env_clear().env("HOME", folder.path()).envs(variables).output().expect("whet starts");
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
}

/// Text files below a folder of the workspace.
fn texts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let below = entries.flat_map(|entry| {
        let path = entry.path();
        match path.is_dir() {
            true if path.ends_with("target") || path.ends_with(".git") => Vec::new(),
            true => texts(&path),
            false => vec![path],
        }
    });
    below
        .filter(|path| path.extension().is_some_and(|kind| ["md", "rs", "py", "toml", "yaml"].iter().any(|known| kind == *known)))
        .collect()
}

/// A heading as the anchor that links name it by.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
}

/// Asserts that a page is there, and the heading that an anchor names.
fn assert_leads_somewhere(page: &Path, wanted: &str, from: &str) {
    let text = fs::read_to_string(page).unwrap_or_else(|_| panic!("{from} points to {}, which is not there", page.display()));
    let mut headings = text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#').trim()));
    assert!(wanted.is_empty() || headings.any(|heading| heading == wanted), "{from}: {} has no heading for #{wanted}", page.display());
}

#[test]
fn every_pointer_to_a_page_leads_to_a_page_and_a_heading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pointers = 0;
    for file in ["crates", "services", "docs", "examples", "proto"].iter().flat_map(|folder| texts(&root.join(folder))) {
        let text = fs::read_to_string(&file).unwrap_or_default();
        for (at, _) in text.match_indices("docs/") {
            let rest = &text[at..];
            let Some((page, after)) = rest.split_once(".md") else { continue };
            if !page.chars().all(|letter| letter.is_ascii_lowercase() || "/-".contains(letter)) {
                continue;
            }
            let heading: String = after
                .strip_prefix('#')
                .unwrap_or_default()
                .chars()
                .take_while(|letter| letter.is_ascii_lowercase() || *letter == '-')
                .collect();
            assert_leads_somewhere(&root.join(format!("{page}.md")), &heading, &file.display().to_string());
            pointers += 1;
        }
    }
    assert!(pointers > 5, "{pointers} pointers were found");
    for (reason, heading) in whetstone_whet::TROUBLESHOOTING {
        assert_leads_somewhere(&root.join("docs/troubleshooting.md"), heading, reason);
    }
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let own = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root.join(name));
    for file in texts(&root.join("docs")).into_iter().chain(own).filter(|path| path.extension().is_some_and(|kind| kind == "md")) {
        let text = fs::read_to_string(&file).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
        for link in links.filter(|link| !link.contains("://") && !link.contains(' ')) {
            let (page, heading) = link.split_once('#').unwrap_or((link, ""));
            let page = if page.is_empty() { file.clone() } else { file.parent().unwrap().join(page) };
            if page.extension().is_some_and(|kind| kind == "md") {
                assert_leads_somewhere(&page, heading, &file.display().to_string());
            } else {
                assert!(page.exists(), "{} links to {link}, which is not there", file.display());
            }
        }
    }
}
