//! `whet rules test`: each example is rewritten and faster, and each counterexample is left alone.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::{Deserialize, Serialize};
use whetstone_core::words;
use whetstone_languages::python::{
    detect::installed_toolchains,
    rules::{Example, FOLDER, Rule, RuleSet, is_rule_file},
};
use whetstone_runtime::Failure;

use super::{Context, print_json, print_text};
use crate::{exit::Exit, problem, summary, text};

/// What was found out about one rule.
#[derive(Debug, Serialize)]
struct Tested {
    rule: String,
    /// The least speedup that an example showed; null where none was timed.
    ratio: Option<f64>,
    /// Everything that is wrong with it.
    problems: Vec<String>,
}

/// What the timed program prints.
#[derive(Deserialize)]
struct Timed {
    same: bool,
    before: String,
    after: String,
    ratio: f64,
}

/// Tests the rules of a folder; without one the repository's, or the built-in ones where it has none.
pub fn run(context: &Context, folder: Option<&Path>) -> Result<Exit, Failure> {
    let interpreter = installed_toolchains().into_iter().next().map(|toolchain| toolchain.executable);
    let tested: Vec<Tested> = match files(folder.unwrap_or(Path::new(FOLDER)))? {
        None if folder.is_some() => return Err(no_rules(folder, "there is no folder")),
        Some(files) if files.is_empty() => return Err(no_rules(folder, "there is no rule in")),
        Some(files) => files.iter().map(|file| of_file(file, interpreter.as_deref())).collect::<Result<_, _>>()?,
        None => {
            let builtin = RuleSet::builtin();
            builtin.rules().map(|rule| test(rule, &RuleSet::builtin_rule(&rule.id), interpreter.as_deref())).collect()
        }
    };
    let broken = tested.iter().filter(|tested| !tested.problems.is_empty()).count();
    if context.prints_json() {
        print_json(&tested)?;
    } else {
        print_text(&shown(&tested, broken))?;
    }
    Ok(if broken == 0 { Exit::Done } else { Exit::RefusedInput })
}

fn no_rules(folder: Option<&Path>, problem: &str) -> Failure {
    Failure::refused("NO_RULES", format!("{problem} `{}`", folder.unwrap_or(Path::new(FOLDER)).display()))
        .advice("Give a folder with one .yaml file a rule (docs/writing-rules.md), or none to check the built-in rules.")
}

/// The YAML files of a folder; nothing where there is no folder.
fn files(folder: &Path) -> Result<Option<Vec<PathBuf>>, Failure> {
    if !folder.exists() {
        return Ok(None);
    }
    let entries = fs::read_dir(folder).map_err(|error| problem::of_file(folder, "read", &error))?;
    let is_rule = |path: &PathBuf| path.file_name().is_some_and(|name| is_rule_file(&name.to_string_lossy()));
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_rule).collect();
    files.sort();
    Ok(Some(files))
}

/// Tests the rule of one file, read alone, so that every file's mistakes are told.
fn of_file(file: &Path, interpreter: Option<&str>) -> Result<Tested, Failure> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let bytes = fs::read(file).map_err(|error| problem::of_file(file, "read", &error))?;
    let text = String::from_utf8(bytes).map_err(|error| format!("{name} can't be read: {error}"));
    let set = text.and_then(|text| RuleSet::with_own([(&*name, text.as_str())]).map_err(|error| error.to_string()));
    Ok(match set {
        Err(problem) => Tested { rule: name.into_owned(), ratio: None, problems: vec![problem] },
        Ok(set) => {
            let rule = set.rules().last().expect("a set with a file in it has a rule").clone();
            test(&rule, &set.only(&rule.id), interpreter)
        }
    })
}

fn test(rule: &Rule, only: &RuleSet, interpreter: Option<&str>) -> Tested {
    let mut tested = Tested { rule: rule.id.clone(), ratio: None, problems: Vec::new() };
    for (index, example) in rule.examples.iter().enumerate() {
        let ratio =
            test_example(example, only, interpreter).map_err(|problem| tested.problems.push(format!("example {}: {problem}", index + 1)));
        if let Ok(Some(ratio)) = ratio {
            tested.ratio = Some(tested.ratio.map_or(ratio, |least: f64| least.min(ratio)));
        }
    }
    let matched = rule.misses.iter().enumerate().filter(|(_, miss)| miss_as_example(miss).edited(only).is_some());
    tested.problems.extend(matched.map(|(index, _)| format!("miss {}: the rule matches what it must not", index + 1)));
    tested
}

fn miss_as_example(miss: &str) -> Example {
    let nothing = String::new;
    Example {
        setup: nothing(),
        before: miss.to_owned(),
        after: nothing(),
        call: nothing(),
        data: nothing(),
        target: None,
        repeats: 0,
        observed: BTreeMap::new(),
    }
}

/// The speedup of one example, where it could be timed.
fn test_example(example: &Example, only: &RuleSet, interpreter: Option<&str>) -> Result<Option<f64>, String> {
    let edited = example.edited(only).ok_or("the rule does not match")?;
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !squeezed(&edited).contains(&squeezed(&example.after)) {
        return Err(format!("it is rewritten otherwise than it says:\n{edited}"));
    }
    let Some(interpreter) = interpreter else { return Ok(None) };
    let timed = timed(interpreter, &example.script(&edited))?;
    if !timed.same {
        return Err(format!("the result was {}, and is {}", text::one_line(&timed.before, 60), text::one_line(&timed.after, 60)));
    }
    if timed.ratio <= 1.0 {
        return Err(format!("it is not faster: {:.2}x", timed.ratio));
    }
    Ok(Some(timed.ratio))
}

/// Runs a program of an example in a sandbox of its own: no network, nothing writable, no home.
fn timed(interpreter: &str, script: &str) -> Result<Timed, String> {
    let mut command = Command::new("bwrap");
    command.args(["--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]);
    command.args(["--tmpfs", "/tmp", "--tmpfs", "/run", "--clearenv"]);
    // A toolchain may lie in the home folder, so only the usual places of secrets are covered.
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from) {
        for secret in [".ssh", ".aws", ".config", ".gnupg", ".netrc", ".kube"].map(|name| home.join(name)) {
            if secret.is_dir() {
                command.arg("--tmpfs").arg(&secret);
            } else if secret.is_file() {
                command.args(["--ro-bind", "/dev/null"]).arg(&secret);
            }
        }
    }
    command.args(["timeout", "20", interpreter, "-I", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("no sandbox can be made to time it: bwrap: {error}"))?;
    let fed = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(script.as_bytes()));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    fed.map_err(|error| error.to_string())?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = || complaint.lines().last().unwrap_or("it printed nothing").to_owned();
    serde_json::from_slice(&output.stdout).map_err(|_| format!("it can't be run: {}", last()))
}

fn shown(tested: &[Tested], broken: usize) -> String {
    let row = |tested: &Tested| {
        let verdict = if tested.problems.is_empty() { "holds" } else { "broken" };
        [tested.rule.clone(), verdict.to_owned(), tested.ratio.map(text::faster).unwrap_or_default()]
    };
    let table = summary::aligned(tested.iter().map(row).collect());
    let mut lines = Vec::new();
    for (line, tested) in table.into_iter().zip(tested) {
        lines.push(line);
        lines.extend(tested.problems.iter().flat_map(|problem| problem.lines()).map(|line| format!("      {line}")));
    }
    lines.push(format!("{}, {broken} broken", words::count(tested.len() as u64, "rule")));
    text::harmless(&(lines.join("\n") + "\n"))
}
