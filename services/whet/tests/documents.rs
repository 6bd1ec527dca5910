//! Documents that are made from code are what the code makes.

use std::{env, fs, path::Path, process::Command};

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

#[test]
fn every_key_of_the_configuration_is_documented_in_its_section() {
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
        let documented = |key: &str| assert!(part.contains(&format!("| `{key}` |")), "docs/configuration.md lacks {section}.{key}");
        for (key, value) in keys {
            match value.as_table() {
                Some(inner) => inner.keys().for_each(|inner| documented(&format!("{key}.{inner}"))),
                None => documented(key),
            }
        }
    }
}
