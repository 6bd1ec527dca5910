//! The environment variables of what a job starts.

use std::path::Path;

use whetstone_core::plan::{ENVIRONMENT, Start};

/// Where programs are looked for, after the environment's own.
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The whole environment of a workload or worker, but for `HOME` and `TMPDIR`, which its
/// confinement sets: the environment's programs first, the tree's source roots on the module path
/// after `module_path`, and the enrollment's variables, which win.
pub fn of(start: &Start, tree: &Path, hash_seed: Option<u32>, module_path: &[&str]) -> Vec<(String, String)> {
    let interpreter_folder = Path::new(&start.interpreter).parent().map_or(String::new(), |folder| format!("{}:", folder.display()));
    let roots = start.source_roots.iter().map(|root| match root.as_str() {
        "." | "" => tree.display().to_string(),
        root => tree.join(root).display().to_string(),
    });
    let modules: Vec<String> = module_path.iter().map(|folder| (*folder).to_owned()).chain(roots).collect();
    let mut variables = vec![
        ("PATH".to_owned(), format!("{ENVIRONMENT}/bin:{interpreter_folder}{SYSTEM_PATH}")),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("TZ".to_owned(), "UTC".to_owned()),
        ("USER".to_owned(), "job".to_owned()),
        ("LOGNAME".to_owned(), "job".to_owned()),
        ("PYTHONPATH".to_owned(), modules.join(":")),
    ];
    if let Some(seed) = hash_seed {
        variables.push(("PYTHONHASHSEED".to_owned(), seed.to_string()));
    }
    variables.extend(start.variables.iter().cloned());
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_roots_follow_the_harness_and_the_enrollment_wins() {
        let start = Start {
            language: "python".into(),
            interpreter: "/whet/env/bin/python".into(),
            source_roots: vec!["src".into(), ".".into()],
            variables: vec![("TZ".into(), "CET".into())],
        };
        let variables = of(&start, Path::new("/whet/tree"), Some(4), &["/whet/harness"]);
        let last = |name: &str| variables.iter().rev().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
        assert_eq!(last("PYTHONPATH"), Some("/whet/harness:/whet/tree/src:/whet/tree"));
        assert_eq!(last("TZ"), Some("CET"));
        assert_eq!(last("PYTHONHASHSEED"), Some("4"));
    }
}
