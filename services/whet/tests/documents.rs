//! Documents that are made from code are what the code makes.

use std::{env, fs, path::Path};

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
