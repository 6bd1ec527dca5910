//! The binary as people and programs call it: messages, exit statuses, one server a folder.

mod binary;

use std::{fs, os::unix::fs::PermissionsExt};

use binary::Whet;

#[test]
fn a_source_that_is_not_there_is_refused_with_what_would_be_right() {
    let whet = Whet::new();
    let ended = whet.run(&["optimize", "nowhere/at/all"]);
    assert_eq!(ended.status, 64);
    assert_eq!(
        ended.errors,
        "whet: there is no folder, archive or git URL at `nowhere/at/all`\n  \
         Give a folder, a .tar.gz, .tgz, .tar or .zip file, or a git URL (https://, ssh://, git@host:path).\n"
    );
    assert_eq!(ended.output, "");
    assert!(!whet.data().exists(), "nothing is made for a command that is refused");
}

#[test]
fn options_out_of_form_are_refused_with_the_form_that_is_expected() {
    let whet = Whet::new();
    for (arguments, expected) in [
        (["optimize", "--max-time", "5 days"], "500ms, 90s, 10m, 1h or 1h30m is expected"),
        (["optimize", "--max-time", "0s"], "such as 90s or 10m"),
        (["optimize", "--theta", "-1"], "a share from 0.001 (0.1 %) to 10 is expected"),
        (["optimize", "--theta", "NaN"], "a share from 0.001 (0.1 %) to 10 is expected"),
        (["optimize", "--max-cost", "lots"], "dollars such as 2 or 0.25 are expected"),
        (["optimize", "--target", "module.function"], "package.module:Class.method or path/file.py:Class.method is expected"),
        (["optimize", "--env", "NAME"], "NAME=VALUE is expected"),
        (["optimize", "--sandbox", "docker"], "bubblewrap, none"),
        (["optimize", "--no-such-option", "x"], "unexpected argument"),
    ] {
        let ended = whet.run(&arguments);
        assert_eq!(ended.status, 64, "{arguments:?}");
        assert!(ended.errors.contains(expected), "{arguments:?}: {}", ended.errors);
    }
}

#[test]
fn candidates_are_checked_before_anything_is_started() {
    let whet = Whet::new();
    let folder = whet.folder();
    let binary = folder.join("binary.py");
    fs::write(&binary, [0xff, 0xfe, 0x00]).unwrap();
    let source = folder.to_str().unwrap();
    let no_target = whet.run(&["judge", source, "--candidate", "c.py"]);
    assert!(no_target.status == 64 && no_target.errors.contains("--target <NAME>"), "{}", no_target.errors);
    let two = whet.run(&["judge", source, "--candidate", "c.py", "--target", "m:f", "--target", "m:g"]);
    assert_eq!((two.status, two.errors.lines().next()), (64, Some("whet: candidates are judged for exactly one target")));
    let missing = whet.run(&["judge", source, "--target", "m:f", "--candidate", "nowhere.py"]);
    assert!(missing.status == 64 && missing.errors.contains("nowhere.py can't be read"), "{}", missing.errors);
    let odd = whet.run(&["judge", source, "--target", "m:f", "--candidate", binary.to_str().unwrap()]);
    assert!(odd.status == 64 && odd.errors.contains("binary.py is not UTF-8"), "{}", odd.errors);
    assert!(!whet.data().exists());
}

#[test]
fn what_could_not_be_delivered_at_the_end_is_refused_at_the_start() {
    let whet = Whet::new();
    let source = whet.folder().to_str().unwrap().to_owned();
    let nowhere = whet.run(&["optimize", &source, "--patch", "/nowhere/at/all/x.patch"]);
    assert!(nowhere.status == 64 && nowhere.errors.contains("can't be written"), "{}", nowhere.errors);
    let applied = whet.run(&["optimize", &source, "--apply", "--ref", "main"]);
    assert!(applied.status == 64 && applied.errors.contains("--apply needs a folder as it stands"), "{}", applied.errors);
    for command in [vec!["compare", "a", "b", "--source", &source, "--apply"], vec!["analyze", &source, "--patch", "x.patch"]] {
        let refused = whet.run(&command);
        assert!(refused.status == 64 && refused.errors.contains("changes no code"), "{}", refused.errors);
    }
    let bundle = whet.run(&["verify", "nowhere.whet"]);
    assert!(bundle.status == 64 && bundle.errors.contains("there is no evidence bundle at `nowhere.whet`"), "{}", bundle.errors);
    let sides = whet.run(&["compare", "main", "m:f", "--source", &source]);
    assert!(sides.status == 64 && sides.errors.contains("a ref can't be compared with a function"), "{}", sides.errors);
}

#[test]
fn every_mistake_in_the_configuration_is_told_at_once() {
    let whet = Whet::new();
    let file = whet.folder().join("config.toml");
    fs::write(&file, "unknown = 1\n[gateway]\nupload_limit_mb = 'much'\n").unwrap();
    let ended = whet.run(&["config", "show", "--config", file.to_str().unwrap()]);
    assert_eq!(ended.status, 64);
    assert!(ended.errors.contains("unknown") && ended.errors.contains("gateway.upload_limit_mb"), "{}", ended.errors);
    assert!(ended.output.contains("upload_limit_mb = 2048"), "the defaults all the same: {}", ended.output);
    let shown = whet.run(&["config", "show"]);
    assert!(shown.status == 0 && shown.output.contains("upload_limit_mb = 2048"), "{}", shown.output);
    let folder = format!("data_dir = \"{}\"", whet.data().display());
    assert!(shown.output.contains(&folder), "{}", shown.output);
    let no_unit = whet.run_with(&["config", "show"], &[("WHETSTONE__REPOSITORY__WORKLOAD_TIMEOUT", "10")]);
    assert_eq!(no_unit.status, 64);
    assert!(no_unit.errors.contains("repository.workload_timeout: `10` is not a duration: 500ms, 90s, 10m"), "{}", no_unit.errors);
}

#[test]
fn a_data_folder_that_cannot_be_used_is_the_machines_fault() {
    let whet = Whet::new();
    fs::write(whet.data(), "a file").unwrap();
    let ended = whet.run(&["rules", "list"]);
    assert_eq!(ended.status, 69);
    assert!(ended.errors.contains("the data folder") && ended.errors.contains("--data-dir"), "{}", ended.errors);
}

#[test]
fn output_that_cannot_be_written_is_no_success() {
    let whet = Whet::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = whet.command(&["config", "show"]).stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(69));
}

#[test]
fn completions_and_help_are_printed_and_are_no_errors() {
    let whet = Whet::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = whet.run(&["completions", shell]);
        assert!(ended.status == 0 && ended.output.contains("rules-only"), "{shell}");
    }
    let help = whet.run(&["optimize", "--help"]);
    assert!(help.status == 0 && help.output.contains("69  something is missing on this machine"), "{}", help.output);
}

#[test]
fn a_second_whet_is_the_client_of_the_first_and_takes_over_when_it_is_dead() {
    let whet = Whet::new();
    let mut first = whet.serve(&["--local"]);
    let socket = whet.data().join("whet.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let listed = whet.run(&["rules", "list"]);
    assert!(listed.status == 0 && listed.output.contains("membership-to-set"), "{}", listed.errors);
    let refused = whet.run(&["serve", "--local"]);
    assert!(refused.status == 69 && refused.errors.contains("another process serves the data folder"), "{}", refused.errors);
    assert!(first.is_alive());
    first.kill();
    let listed = whet.run(&["rules", "list", "--format", "json"]);
    assert_eq!(listed.status, 0, "{}", listed.errors);
    let rules: serde_json::Value = serde_json::from_str(&listed.output).unwrap();
    assert!(rules.as_array().unwrap().iter().any(|rule| rule["id"] == "membership-to-set"));
}

#[test]
fn clients_elsewhere_need_the_token_that_the_first_start_prints() {
    let whet = Whet::new();
    let first = whet.serve(&["--listen", "127.0.0.1:0"]);
    let (address, token) = (first.printed("serving  http"), first.printed("token    "));
    let address = format!("http{address}");
    let elsewhere = Whet::new();
    let list = |token: &str| elsewhere.run_with(&["rules", "list", "--server", &address], &[("WHETSTONE_TOKEN", token)]);
    assert_eq!(list(&token).status, 0, "{}", list(&token).errors);
    let without = list("");
    assert!(without.status == 64 && without.errors.contains("a token is needed"), "{}", without.errors);
    let wrong = list("whet_guess");
    assert!(wrong.status == 64 && wrong.errors.contains("WHETSTONE_TOKEN"), "{}", wrong.errors);
    drop(first);
    let again = whet.serve(&["--listen", "127.0.0.1:0"]);
    assert!(!again.lines().iter().any(|line| line.starts_with("token")), "it is shown once");
    let gone = elsewhere.run(&["rules", "list", "--server", &address]);
    assert_eq!(gone.status, 69, "{}", gone.errors);
}

#[test]
fn rules_are_listed_by_category_and_an_unknown_one_is_answered_with_those_there_are() {
    let whet = Whet::new();
    let listed = whet.run(&["rules", "list", "--category", "characters"]);
    assert!(listed.status == 0 && listed.output.contains("all-characters-in-set"), "{}", listed.errors);
    assert!(!listed.output.contains("membership-to-set"), "{}", listed.output);
    let unknown = whet.run(&["rules", "list", "--category", "nonsense"]);
    assert!(unknown.status == 64 && unknown.errors.contains("Characters"), "{}", unknown.errors);
}

#[test]
fn rules_of_a_repository_are_tested_one_by_one() {
    let whet = Whet::new();
    let rules = whet.folder().join("rules");
    fs::create_dir(&rules).unwrap();
    fs::write(rules.join("broken.yaml"), "id: broken\n").unwrap();
    let good = "id: own\nlanguage: python\ncategory: c\nsummary: s\neffect: e\nexpect: 2.0\n\
                tries:\n  - pattern: list(range($N)).count($V)\n    rewrite: range($N).count($V)\n\
                examples:\n  - before: |\n      def f(n, v):\n          return list(range(n)).count(v)\n    \
                after: return range(n).count(v)\n    call: f(5000, 7)\n\
                misses:\n  - |\n    def f(n, v):\n        return list(range(n)).index(v)\n";
    fs::write(rules.join("own.yaml"), good).unwrap();
    let ended = whet.run(&["rules", "test", rules.to_str().unwrap(), "--format", "json"]);
    assert_eq!(ended.status, 64);
    let tested: serde_json::Value = serde_json::from_str(&ended.output).unwrap();
    assert_eq!((&tested[0]["rule"], &tested[1]["rule"]), (&"broken.yaml".into(), &"own".into()), "{tested}");
    assert!(!tested[0]["problems"].as_array().unwrap().is_empty());
    assert_eq!(tested[1]["problems"], serde_json::json!([]));
    assert!(tested[1]["ratio"].as_f64().unwrap() > 1.0);
}
