use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{example::site_in, *};

/// What [`Example::script`] prints.
#[derive(Deserialize)]
struct Measured {
    same: bool,
    before: String,
    after: String,
    ratio: f64,
}

fn run(example: &Example, edited: &str) -> Measured {
    let mut child = Command::new("python3")
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    std::io::Write::write_all(child.stdin.as_mut().expect("piped"), example.script(edited).as_bytes()).expect("python reads");
    let output = child.wait_with_output().expect("python ends");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{error}\n{edited}"))
}

fn each_example(mut judge: impl FnMut(&Rule, &Example, &str) -> Option<String>) {
    let wanted = std::env::var("WHET_RULE").unwrap_or_default();
    let all = RuleSet::builtin();
    let mut complaints = Vec::new();
    for rule in all.rules().filter(|rule| rule.id.contains(&wanted)) {
        let only = RuleSet::builtin().only(&rule.id);
        for example in &rule.examples {
            match example.edited(&only) {
                None => complaints.push(format!("{}: does not match\n{}", rule.id, example.module())),
                Some(edited) => complaints.extend(judge(rule, example, &edited).map(|why| format!("{}: {why}\n{edited}", rule.id))),
            }
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n----\n"));
}

#[test]
fn every_builtin_rule_compiles_and_has_its_own_id_and_file() {
    let mut ids: Vec<String> = BUILTIN
        .iter()
        .map(|(file, text)| {
            let compiled = compile(file, text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(*file, format!("{}.yaml", compiled.rule.id));
            assert!(compiled.rule.expect > 1.0 && compiled.rule.language == "python");
            compiled.rule.id
        })
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), BUILTIN.len());
    assert!(ids.len() >= 40, "{} rules", ids.len());
}

#[test]
fn every_example_is_rewritten_as_it_says() {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    each_example(|_, example, edited| {
        (!squeezed(edited).contains(&squeezed(&example.after))).then(|| format!("expected\n{}\n-- got", example.after))
    });
}

#[test]
fn every_example_passes_the_static_gate() {
    each_example(|_, example, edited| {
        let site = example.site()?;
        let refusals = crate::python::static_gate::check(&example.module(), edited, &site, &Default::default());
        (!refusals.is_empty()).then(|| format!("{refusals:?}"))
    });
}

#[test]
fn every_example_gives_the_same_and_is_faster() {
    each_example(|_, example, edited| {
        let mut best: f64 = 0.0;
        for _ in 0..3 {
            let measured = run(example, edited);
            if !measured.same {
                return Some(format!("{} became {}", measured.before, measured.after));
            }
            best = best.max(measured.ratio);
            if best > 1.05 {
                return None;
            }
        }
        Some(format!("only {best:.3} times as fast"))
    });
}

#[test]
fn no_rule_matches_what_it_must_not() {
    for rule in RuleSet::builtin().rules() {
        let only = RuleSet::builtin().only(&rule.id);
        for miss in &rule.misses {
            let site = site_in(miss, None).unwrap_or_else(|| panic!("{}: no function in\n{miss}", rule.id));
            let proposals = only.propose(miss, &site, None, &Facts::default());
            assert!(proposals.is_empty(), "{}: matches\n{miss}\n{}", rule.id, proposals[0].edited);
        }
    }
}

#[test]
fn rules_reference_is_in_step() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let written = reference(&RuleSet::builtin());
    if std::env::var_os("WHET_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("docs can be made");
        std::fs::write(&path, &written).expect("docs can be written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == written, "docs/rules.md is behind: run WHET_UPDATE=1 cargo test -p whetstone-languages rules_reference");
}
