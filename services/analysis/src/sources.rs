//! The snapshot's Python sources, parsed.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::Read,
    path::Path,
};

use tonic::Status;
use whetstone_languages::python::{
    functions::{Function, Module},
    rules::{RuleSet, own_file},
    scope,
};
use whetstone_proto::common::v1::{Artifact, Prepared, RunOptions, Skipped};
use whetstone_runtime::Peers;

use crate::error::AnalysisError;

/// Larger sources are data or generated.
const SOURCE_LIMIT: u64 = 2 << 20;
/// More files than these are not all parsed: those that the profile does not show are left.
const PARSED_LIMIT: usize = 4000;

/// Every Python file of a tree.
#[derive(Default)]
pub struct Sources {
    texts: BTreeMap<String, String>,
    /// Files whose functions may not be targets, with the reason.
    out_of_scope: HashMap<String, &'static str>,
    /// The repository's own rules, as file name and text.
    rules: Vec<(String, String)>,
    /// Files that could not be read, with the reason.
    unread: Vec<Skipped>,
    /// Lines for people.
    pub notes: Vec<String>,
}

impl Sources {
    /// Fetches the tree's artifact and reads its Python files.
    pub async fn fetch(peers: &Peers, prepared: &Prepared, options: &RunOptions) -> Result<Self, Status> {
        let tree = prepared.tree.clone().ok_or(AnalysisError::Incomplete("prepared.tree"))?;
        let folder = tempfile::tempdir().map_err(AnalysisError::Tree)?;
        let path = folder.path().join("tree.tar");
        fetch_to(peers, &tree, &path).await?;
        let (include, exclude) = (options.include.clone(), options.exclude.clone());
        let read = tokio::task::spawn_blocking(move || {
            let _folder = folder;
            Self::read_tar(File::open(&path)?, &include, &exclude)
        });
        let sources = read.await.map_err(|error| Status::internal(error.to_string()))?.map_err(AnalysisError::Tree)?;
        sources.expect_scope(options)?;
        Ok(sources)
    }

    /// Refuses patterns that leave no file.
    fn expect_scope(&self, options: &RunOptions) -> Result<(), AnalysisError> {
        let (include, exclude) = (options.include.join("`, `"), options.exclude.join("`, `"));
        let why = match (include.as_str(), exclude.as_str()) {
            ("", "") => return Ok(()),
            _ if self.texts.keys().any(|file| !self.out_of_scope.contains_key(file)) => return Ok(()),
            (include, "") => format!("no Python file matches `{include}`"),
            ("", exclude) => format!("`{exclude}` excludes every Python file"),
            (include, exclude) => format!("no Python file matches `{include}` without `{exclude}`"),
        };
        Err(AnalysisError::NothingInScope(why))
    }

    /// Reads the Python files of a tar.
    pub fn read_tar(from: impl Read, include: &[String], exclude: &[String]) -> std::io::Result<Self> {
        let mut sources = Self::default();
        let mut archive = tar::Archive::new(from);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
            let rule = own_file(&path).map(str::to_owned);
            if !entry.header().entry_type().is_file() || (rule.is_none() && !path.ends_with(".py")) {
                continue;
            }
            if entry.size() > SOURCE_LIMIT {
                sources.unread.push(Skipped { name: path, reason: "larger than 2 MiB: not read".to_owned() });
                continue;
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            match rule {
                Some(name) => sources.rules.push((name, String::from_utf8_lossy(&bytes).into_owned())),
                None => sources.add(path, bytes, include, exclude),
            }
        }
        if include.is_empty() {
            sources.leave_out_tools();
        }
        Ok(sources)
    }

    /// Tools of the repository's own development are no targets beside what they are tools for.
    fn leave_out_tools(&mut self) {
        let in_scope = self.texts.keys().filter(|file| !self.out_of_scope.contains_key(*file));
        let (tools, others): (Vec<&String>, Vec<&String>) = in_scope.partition(|file| scope::is_development_tool(file));
        if !others.is_empty() {
            let reasons: Vec<_> = tools.into_iter().map(|file| (file.clone(), "a tool of the repository's own development")).collect();
            self.out_of_scope.extend(reasons);
        }
    }

    fn add(&mut self, path: String, bytes: Vec<u8>, include: &[String], exclude: &[String]) {
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                if let Some(reason) = scope::out_of_scope(&path, &text, include, exclude) {
                    self.out_of_scope.insert(path.clone(), reason);
                }
                self.texts.insert(path, text);
            }
            Err(_) => self.unread.push(Skipped { name: path, reason: "not UTF-8: not read".to_owned() }),
        }
    }

    /// Parses the files, those named by `wanted` first where there are too many for all.
    pub fn parse(&mut self, source_roots: &[String], wanted: impl Fn(&str) -> bool) -> Parsed {
        let all = self.texts.len() <= PARSED_LIMIT;
        if !all {
            self.notes.push(format!("the source has {} Python files: only those that the workload ran were read", self.texts.len()));
        }
        let files = self.texts.iter().filter(|(file, _)| all || wanted(file));
        let modules: Vec<Module> = files.map(|(file, text)| Module::parse(file, text, source_roots)).collect();
        let broken = modules.iter().filter(|module| !self.out_of_scope.contains_key(&module.file)).filter_map(|module| {
            let reason = format!("line {} is not valid Python: what can't be parsed of it is passed over", module.error?);
            Some(Skipped { name: module.file.clone(), reason })
        });
        let unread = self.unread.iter().cloned().chain(broken).collect();
        Parsed { modules, out_of_scope: self.out_of_scope.clone(), unread }
    }

    /// The built-in rules with the repository's own, and what was wrong with those.
    pub fn rule_set(&mut self) -> RuleSet {
        RuleSet::with_own(self.rules.iter().map(|(name, text)| (name.as_str(), text.as_str()))).unwrap_or_else(|error| {
            self.notes.push(format!("the repository's own rules were left out: {error}"));
            RuleSet::builtin()
        })
    }

    /// A file's text.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(String::as_str)
    }

    /// Files whose text holds a word.
    pub fn files_with(&self, word: &str) -> Vec<String> {
        self.texts.iter().filter(|(_, text)| text.contains(word)).map(|(file, _)| file.clone()).collect()
    }
}

async fn fetch_to(peers: &Peers, tree: &Artifact, path: &Path) -> Result<(), Status> {
    peers.artifacts().get_to_file(tree, path).await
}

/// Parsed modules with what is in scope.
pub struct Parsed {
    pub modules: Vec<Module>,
    /// Files that are not Python, or not wholly, with the reason: nobody left them out on purpose.
    pub unread: Vec<Skipped>,
    out_of_scope: HashMap<String, &'static str>,
}

impl Parsed {
    /// Why a file's functions can't be targets.
    pub fn reason_out(&self, file: &str) -> Option<&'static str> {
        self.out_of_scope.get(file).copied()
    }

    /// Functions by the place of their first line.
    pub fn by_place(&self) -> HashMap<(&str, u32), &Function> {
        let functions = self.modules.iter().flat_map(|module| &module.functions);
        functions.map(|function| ((function.site.file.as_str(), function.site.line), function)).collect()
    }

    /// Functions that may be targets.
    pub fn functions_in_scope(&self) -> impl Iterator<Item = &Function> {
        self.modules.iter().filter(|module| self.reason_out(&module.file).is_none()).flat_map(|module| &module.functions)
    }

    /// The files that could not be read, as lines for people.
    pub fn warnings(&self) -> Vec<String> {
        self.unread.iter().map(|one| format!("{}: {}", one.name, one.reason)).collect()
    }

    /// What was left out as a whole, one line a reason.
    pub fn skipped_files(&self) -> Vec<Skipped> {
        let mut counts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for (file, reason) in &self.out_of_scope {
            let entry = counts.entry(reason).or_insert((0, file));
            entry.0 += 1;
            entry.1 = entry.1.min(file);
        }
        let skipped = |(reason, (count, file)): (&str, (usize, &str))| match count {
            1 => Skipped { name: file.to_owned(), reason: reason.to_owned() },
            more => Skipped { name: format!("{file} and {} more files", more - 1), reason: reason.to_owned() },
        };
        counts.into_iter().map(skipped).collect()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn sources(files: &[(&str, &[u8])]) -> Sources {
        Sources::read_tar(tar_of(files).as_slice(), &[], &[]).expect("a tar")
    }

    fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *bytes).expect("a vector takes everything");
        }
        tar.into_inner().expect("whole")
    }

    const RULE: &[u8] = b"id: nonsense\n";

    #[test]
    fn a_broken_rule_of_the_repository_is_told_and_the_built_in_ones_stay() {
        let mut sources = sources(&[(".whetstone/rules/own.yaml", RULE), ("a.py", b"")]);
        assert!(sources.rule_set().rules().count() > 40);
        assert!(sources.notes[0].contains("own rules were left out"), "{:?}", sources.notes);
    }

    #[test]
    fn patterns_that_leave_no_file_are_refused() {
        let reason = |include: &[&str], exclude: &[&str]| {
            let [include, exclude] =
                [include, exclude].map(|patterns| patterns.iter().map(|&pattern| pattern.into()).collect::<Vec<String>>());
            let sources = Sources::read_tar(tar_of(&[("pkg/a.py", b"")]).as_slice(), &include, &exclude).expect("a tar");
            sources.expect_scope(&RunOptions { include, exclude, ..RunOptions::default() }).err().map(|error| error.to_string())
        };
        assert_eq!(reason(&["pkg/*.py"], &["other/**"]), None);
        assert_eq!(reason(&["src/**"], &[]).as_deref(), Some("nothing is in scope: no Python file matches `src/**`"));
        assert!(reason(&[], &["pkg/**"]).is_some_and(|reason| reason.contains("excludes every")));
    }

    #[test]
    fn development_tools_are_left_out_beside_a_package_alone() {
        let in_scope = |files: &[(&str, &[u8])]| -> Vec<String> {
            let parsed = sources(files).parse(&[".".into()], |_| true);
            parsed.functions_in_scope().map(|function| function.site.file.clone()).collect()
        };
        let tool: (&str, &[u8]) = ("tools/check.py", b"def f():\n    return g(1)\n");
        assert_eq!(in_scope(&[tool, ("pkg/a.py", tool.1)]), ["pkg/a.py"]);
        assert_eq!(in_scope(&[tool]), ["tools/check.py"]);
        assert_eq!(in_scope(&[("bench.py", tool.1), ("pkg/a.py", tool.1)]), ["pkg/a.py"]);
    }

    #[test]
    fn only_own_sources_may_hold_targets_and_unreadable_ones_are_told() {
        let mut sources = sources(&[
            ("pkg/a.py", b"def f():\n    return g(1)\n"),
            ("tests/test_a.py", b"def test(): pass\n"),
            ("b.py", b"\xff"),
            ("broken.py", b"def g():\n    return 1\n\ndef h(:\n"),
            ("tests/test_broken.py", b"def h(:\n"),
            ("c.txt", b""),
        ]);
        let parsed = sources.parse(&[".".into()], |_| true);
        let names: Vec<String> = parsed.functions_in_scope().map(|function| function.name().to_string()).collect();
        assert_eq!(names, ["broken:g", "broken:h", "pkg.a:f"]);
        assert_eq!(parsed.skipped_files()[0].reason, "belongs to the tests");
        let expected = ["b.py: not UTF-8: not read", "broken.py: line 4 is not valid Python: what can't be parsed of it is passed over"];
        assert_eq!(parsed.warnings(), expected, "broken tests are no targets anyway");
    }
}
