//! The files of the Python harness, as jobs see them under `/whet/harness`.
//!
//! Plain Python 3.9 with nothing but the standard library. `sitecustomize.py` starts an instrument
//! in a workload's interpreters; `whet_harness/` holds the worker and the instruments.

use std::{fs, io, path::Path};

/// Arguments with which an interpreter compiles the folder that is given behind them: bytecode that holds whatever
/// times the files get.
pub const COMPILE: [&str; 7] = ["-I", "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"];

/// Writes files such as [`FILES`] under `folder`.
///
/// # Errors
/// If one can't be written.
pub fn write(files: &[(&str, &str)], folder: &Path) -> io::Result<()> {
    for (path, content) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    Ok(())
}

/// What builds environments: those of another way of building are none of this one's.
pub const BUILDER: &str = include_str!("whet_harness/environment.py");

/// Every file as `(path relative to /whet/harness, content)`.
pub const FILES: &[(&str, &str)] = &[
    ("reporter/whet_reporter.py", include_str!("reporter/whet_reporter.py")),
    ("sitecustomize.py", include_str!("sitecustomize.py")),
    ("whet_harness/__init__.py", include_str!("whet_harness/__init__.py")),
    ("whet_harness/accessors.py", include_str!("whet_harness/accessors.py")),
    ("whet_harness/afresh.py", include_str!("whet_harness/afresh.py")),
    ("whet_harness/allocations.py", include_str!("whet_harness/allocations.py")),
    ("whet_harness/annotated.py", include_str!("whet_harness/annotated.py")),
    ("whet_harness/bootstrap.py", include_str!("whet_harness/bootstrap.py")),
    ("whet_harness/branches.py", include_str!("whet_harness/branches.py")),
    ("whet_harness/budget.py", include_str!("whet_harness/budget.py")),
    ("whet_harness/capture.py", include_str!("whet_harness/capture.py")),
    ("whet_harness/casefile.py", include_str!("whet_harness/casefile.py")),
    ("whet_harness/changes.py", include_str!("whet_harness/changes.py")),
    ("whet_harness/challenge.py", include_str!("whet_harness/challenge.py")),
    ("whet_harness/clocks.py", include_str!("whet_harness/clocks.py")),
    ("whet_harness/codec.py", include_str!("whet_harness/codec.py")),
    ("whet_harness/constants.py", include_str!("whet_harness/constants.py")),
    ("whet_harness/counts.py", include_str!("whet_harness/counts.py")),
    ("whet_harness/decode.py", include_str!("whet_harness/decode.py")),
    ("whet_harness/entries.py", include_str!("whet_harness/entries.py")),
    ("whet_harness/environment.py", BUILDER),
    ("whet_harness/followed.py", include_str!("whet_harness/followed.py")),
    ("whet_harness/generate.py", include_str!("whet_harness/generate.py")),
    ("whet_harness/drawn.py", include_str!("whet_harness/drawn.py")),
    ("whet_harness/draws.py", include_str!("whet_harness/draws.py")),
    ("whet_harness/given.py", include_str!("whet_harness/given.py")),
    ("whet_harness/history.py", include_str!("whet_harness/history.py")),
    ("whet_harness/hook.py", include_str!("whet_harness/hook.py")),
    ("whet_harness/inputs.py", include_str!("whet_harness/inputs.py")),
    ("whet_harness/kin.py", include_str!("whet_harness/kin.py")),
    ("whet_harness/library.py", include_str!("whet_harness/library.py")),
    ("whet_harness/lines.py", include_str!("whet_harness/lines.py")),
    ("whet_harness/observe.py", include_str!("whet_harness/observe.py")),
    ("whet_harness/outcomes.py", include_str!("whet_harness/outcomes.py")),
    ("whet_harness/plain.py", include_str!("whet_harness/plain.py")),
    ("whet_harness/profile.py", include_str!("whet_harness/profile.py")),
    ("whet_harness/record.py", include_str!("whet_harness/record.py")),
    ("whet_harness/relatives.py", include_str!("whet_harness/relatives.py")),
    ("whet_harness/remade.py", include_str!("whet_harness/remade.py")),
    ("whet_harness/replay.py", include_str!("whet_harness/replay.py")),
    ("whet_harness/rerun.py", include_str!("whet_harness/rerun.py")),
    ("whet_harness/retained.py", include_str!("whet_harness/retained.py")),
    ("whet_harness/shapes.py", include_str!("whet_harness/shapes.py")),
    ("whet_harness/solver.py", include_str!("whet_harness/solver.py")),
    ("whet_harness/state.py", include_str!("whet_harness/state.py")),
    ("whet_harness/stopwatch.py", include_str!("whet_harness/stopwatch.py")),
    ("whet_harness/strata.py", include_str!("whet_harness/strata.py")),
    ("whet_harness/strategies.py", include_str!("whet_harness/strategies.py")),
    ("whet_harness/streams.py", include_str!("whet_harness/streams.py")),
    ("whet_harness/timing.py", include_str!("whet_harness/timing.py")),
    ("whet_harness/transcripts.py", include_str!("whet_harness/transcripts.py")),
    ("whet_harness/values.py", include_str!("whet_harness/values.py")),
    ("whet_harness/worker.py", include_str!("whet_harness/worker.py")),
    ("whet_harness/emit.py", include_str!("whet_harness/emit.py")),
    ("whet_harness/literals.py", include_str!("whet_harness/literals.py")),
    ("whet_harness/activations.py", include_str!("whet_harness/activations.py")),
    ("whet_harness/reachable.py", include_str!("whet_harness/reachable.py")),
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::FILES;

    #[test]
    fn every_python_file_of_the_folder_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/python/harness");
        let mut on_disk = BTreeSet::from(["reporter/whet_reporter.py".to_owned(), "sitecustomize.py".to_owned()]);
        for entry in fs::read_dir(folder.join("whet_harness")).expect("the folder is part of the crate") {
            let name = entry.expect("readable").file_name().into_string().expect("UTF-8");
            if name.ends_with(".py") {
                on_disk.insert(format!("whet_harness/{name}"));
            }
        }
        let embedded: BTreeSet<_> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(embedded, on_disk);
    }
}
