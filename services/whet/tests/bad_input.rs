//! Sources that can't be worked on: one clear message, the documented status, the folder untouched,
//! nothing left running. Needs bubblewrap, a Python and `whet-runner` beside `whet`.

mod binary;

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path};

use binary::{Ended, Whet};

const FUNCTION: &str = "def f(x):\n    return x\n";

/// Runs `whet analyze` on a folder of these files, and checks what holds whatever is wrong with it.
fn analyze(files: &[(&str, &[u8])], options: &[&str]) -> (Whet, Ended) {
    let whet = Whet::new();
    let source = whet.folder().join("source");
    for (path, content) in files {
        let at = source.join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, content).unwrap();
    }
    let ended = run_untouched(&whet, &source, options);
    (whet, ended)
}

fn run_untouched(whet: &Whet, source: &Path, options: &[&str]) -> Ended {
    run_within(whet, source, options, "5s")
}

fn run_within(whet: &Whet, source: &Path, options: &[&str], limit: &str) -> Ended {
    let before = listing(source);
    let arguments = [&["analyze", source.to_str().unwrap(), "--rules-only"], options].concat();
    let ended = whet.run_with(&arguments, &[("WHETSTONE__REPOSITORY__WORKLOAD_TIMEOUT", limit)]);
    assert_eq!(listing(source), before, "the source folder is touched");
    assert!(!is_mentioned_by_a_process(&whet.data()), "something is left running");
    ended
}

fn listing(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => found.extend(listing(&path)),
            kind if kind.is_symlink() => drop(found.insert(path.display().to_string(), Vec::new())),
            _ => drop(found.insert(path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
    found
}

fn is_mentioned_by_a_process(path: &Path) -> bool {
    let text = path.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok()).any(|line| String::from_utf8_lossy(&line).contains(text))
}

fn message(ended: &Ended) -> String {
    let lines: Vec<&str> = ended.errors.lines().skip_while(|line| !line.starts_with("whet: ")).collect();
    lines.join("\n")
}

#[test]
fn a_source_without_python() {
    let (_whet, ended) = analyze(&[("README.txt", b"hello")], &[]);
    assert_eq!(ended.status, 64, "{}", ended.errors);
    assert!(message(&ended).contains("there is no Python file in the source"), "{}", ended.errors);
}

#[test]
fn an_empty_source() {
    let whet = Whet::new();
    fs::create_dir(whet.folder().join("source")).unwrap();
    let ended = run_untouched(&whet, &whet.folder().join("source"), &[]);
    assert_eq!((ended.status, message(&ended).lines().next()), (64, Some("whet: the source holds no file")), "{}", ended.errors);
}

#[test]
fn no_tests_and_no_command() {
    let (_whet, ended) = analyze(&[("m.py", FUNCTION.as_bytes())], &[]);
    assert_eq!(ended.status, 64, "{}", ended.errors);
    assert!(message(&ended).contains("there are no tests") && message(&ended).contains("--command"), "{}", ended.errors);
}

#[test]
fn an_interpreter_that_is_not_installed() {
    let project: &[u8] = b"[project]\nname = \"x\"\nversion = \"1\"\nrequires-python = \">=3.99\"\n";
    let (_whet, ended) = analyze(&[("m.py", FUNCTION.as_bytes()), ("pyproject.toml", project)], &["--command", "python m.py"]);
    assert_eq!(ended.status, 69, "{}", ended.errors);
    assert!(message(&ended).contains("no installed Python fits") && message(&ended).contains(">=3.99"), "{}", ended.errors);
}

#[test]
fn more_files_than_a_source_may_have() {
    let whet = Whet::new();
    let source = whet.folder().join("source");
    fs::create_dir(&source).unwrap();
    (0..30).for_each(|number| fs::write(source.join(format!("m{number}.py")), FUNCTION).unwrap());
    let variables = [("WHETSTONE__REPOSITORY__SOURCE_FILES", "20")];
    let ended = whet.run_with(&["analyze", source.to_str().unwrap()], &variables);
    assert_eq!(ended.status, 64, "{}", ended.errors);
    assert!(message(&ended).contains("more than 20 files") && message(&ended).contains(".gitignore"), "{}", ended.errors);
}

#[test]
fn workloads_that_fail_hang_or_do_not_parse() {
    let files: [(&str, &[u8]); 2] = [("broken.py", b"def f(:\n"), ("m.py", FUNCTION.as_bytes())];
    let (whet, failed) = analyze(&files, &["--command", "python -c 'import sys; sys.exit(3)'"]);
    assert_eq!(failed.status, 64, "{}", failed.errors);
    assert!(message(&failed).contains("exit status 3 before anything was changed"), "{}", failed.errors);
    // The same source: its environment is built once.
    let source = whet.folder().join("source");
    let hung = run_untouched(&whet, &source, &["--command", "python -c 'import time; time.sleep(1000)'"]);
    assert_eq!(hung.status, 64, "{}", hung.errors);
    assert!(message(&hung).contains("did not end within 5.0 s"), "{}", hung.errors);
    let unparsed = run_untouched(&whet, &source, &["--command", "python broken.py"]);
    assert_eq!(unparsed.status, 64, "{}", unparsed.errors);
    assert!(message(&unparsed).contains("exit status 1"), "{}", unparsed.errors);
}

#[test]
fn tests_that_fail_or_hang_are_named() {
    let whet = Whet::new();
    let source = whet.folder().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("tax.py"), "def gross(net):\n    return round(net * 1.19, 2)\n").unwrap();
    let tests = "import time\nfrom tax import gross\ndef test_good():\n    assert gross(1) == 1.19\n\
                 def test_wrong():\n    assert gross(1) == 2\ndef test_endless():\n    time.sleep(1000)\n";
    fs::write(source.join("test_tax.py"), tests).unwrap();
    let failed = run_within(&whet, &source, &["--command", "python -m pytest -q --deselect test_tax.py::test_endless"], "2m");
    assert_eq!(failed.status, 64, "{}", failed.errors);
    let told = message(&failed);
    assert!(told.starts_with("whet: the tests fail before anything was changed: 1 failed, 1 passed"), "{told}");
    assert!(told.contains("first: test_tax.py::test_wrong") && told.contains("assert 1.19 == 2"), "{told}");
    assert!(told.contains(&format!("whet analyze {} --command", source.display())), "{told}");
    assert!(told.contains("--deselect test_tax.py::test_wrong\"") && told.contains("docs/troubleshooting.md#failing-tests"), "{told}");
    let hung = run_within(&whet, &source, &["--command", "python -m pytest -q --deselect test_tax.py::test_wrong"], "20s");
    assert_eq!(hung.status, 64, "{}", hung.errors);
    let told = message(&hung);
    assert!(told.contains("did not end within 20.0 s") && told.contains("while running test_tax.py::test_endless"), "{told}");
}

#[test]
fn a_dependency_that_does_not_install() {
    let project: &[u8] = b"[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"m @ file:///nowhere/at/all\"]\n";
    let (_whet, ended) = analyze(&[("m.py", FUNCTION.as_bytes()), ("pyproject.toml", project)], &["--command", "python m.py"]);
    assert_eq!(ended.status, 69, "{}", ended.errors);
    let message = message(&ended);
    assert!(message.contains("the environment can't be built") && message.contains("/nowhere/at/all"), "{}", ended.errors);
}

#[test]
fn links_in_circles_sources_that_are_not_utf8_and_huge_files_are_no_obstacle() {
    let whet = Whet::new();
    let source = whet.folder().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("m.py"), b"# -*- coding: latin-1 -*-\nNAME = 'caf\xe9'\ndef f(x):\n    return [NAME] * x\nf(10 ** 6)\n").unwrap();
    for (to, from) in [("b", "a"), ("a", "b"), ("/etc/passwd", "out"), (".", "self")] {
        symlink(to, source.join(from)).unwrap();
    }
    let huge = fs::File::create(source.join("huge.bin")).unwrap();
    huge.set_len(65 << 20).unwrap();
    // Read-only for everybody but a user who may do anything.
    fs::set_permissions(&source, std::os::unix::fs::PermissionsExt::from_mode(0o555)).unwrap();
    let arguments = ["analyze", source.to_str().unwrap(), "--rules-only", "--command", "python m.py", "--format", "json"];
    let ended = whet.run(&arguments);
    assert_eq!(ended.status, 0, "{}", ended.errors);
    let document: serde_json::Value = serde_json::from_str(&ended.output).unwrap();
    let left_out = document["source"]["left_out"].as_array().unwrap();
    assert_eq!(left_out.len(), 5, "{left_out:?}");
    fs::set_permissions(&source, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn a_target_that_is_not_there_is_answered_with_the_nearest() {
    let files: [(&str, &[u8]); 1] = [("pricing.py", b"def match_all(x):\n    return x\nmatch_all(1)\n")];
    let (_whet, ended) = analyze(&files, &["--command", "python pricing.py", "--target", "pricing:match_al"]);
    assert_eq!(ended.status, 64, "{}", ended.errors);
    assert!(message(&ended).contains("pricing:match_all"), "{}", ended.errors);
}

#[test]
fn a_full_disk_is_the_machines_fault_wherever_it_fills() {
    let whet = Whet::new();
    let source = whet.folder().join("source");
    fs::create_dir_all(&source).unwrap();
    fs::create_dir_all(whet.data()).unwrap();
    fs::write(source.join("m.py"), FUNCTION).unwrap();
    for bytes in ["100000", "700000"] {
        let inner = whet.command(&["analyze", source.to_str().unwrap(), "--command", "python m.py"]);
        let data = whet.data();
        let mut outer = std::process::Command::new("bwrap");
        outer
            .args(["--dev-bind", "/", "/", "--size", bytes, "--tmpfs", data.to_str().unwrap()])
            .arg(inner.get_program())
            .args(inner.get_args());
        let output = outer.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(69), "{errors}");
        assert!(errors.contains("whet: ") && errors.contains("--data-dir"), "{errors}");
    }
}

#[test]
fn an_interrupted_clone_leaves_nothing() {
    let whet = Whet::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x.git", silent.local_addr().unwrap());
    let child = whet.command(&["analyze", &url]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let connection = silent.accept().unwrap();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(connection);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{errors}");
    assert!(errors.contains("whet resume "), "{errors}");
    assert!(!is_mentioned_by_a_process(Path::new(&url)), "git is left running");
    let left: Vec<_> = files_below(&whet.data()).into_iter().filter(|path| path.contains("clone-")).collect();
    assert_eq!(left, Vec::<String>::new());
}

fn files_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .flat_map(|entry| {
            let path = entry.path();
            let below = if path.is_dir() && !path.is_symlink() { files_below(&path) } else { Vec::new() };
            below.into_iter().chain([path.display().to_string()])
        })
        .collect()
}
