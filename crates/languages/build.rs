//! Lists the rule files, so that adding a rule is adding a file.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src/python/rules");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let entries: Vec<String> =
        files.iter().map(|path| format!("({:?}, include_str!({:?}))", path.file_name().unwrap_or_default(), path)).collect();
    fs::write(Path::new(&env::var("OUT_DIR")?).join("python_rules.rs"), format!("[{}]", entries.join(",\n")))?;
    Ok(())
}
