//! Runs that are killed at each stage, or stopped by Ctrl-C, and resumed. Needs bubblewrap, a Python and
//! `whet-runner` beside `whet`.

mod binary;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use binary::{Ended, Whet};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use whetstone_store::sqlx::{self, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

const MODULE: &str =
    "def count(names):\n    found = {}\n    for name in names:\n        found[name] = names.count(name)\n    return found\n";
const WORKLOAD: &str = "from m import count\nfor size in (1, 3, 40, 90, 160):\n    for turn in range(12):\n        names = ['n%d' % (turn * number % 31) for number in range(size)]\n        assert sum(count(names).values()) == size\n";
const FASTER: &str =
    "def count(names):\n    found = {}\n    for name in names:\n        found[name] = found.get(name, 0) + 1\n    return found\n";
const WRONG: &str = "def count(names):\n    return {name: names.count(name) for name in sorted(names)}\n";

/// What a stage is known by: a row of the store that is there while it is worked on.
const MOMENTS: [(&str, &str); 7] = [
    ("prepare", "workload/0/plain-0"),
    ("analyze", "analyze/profile-0"),
    ("generate_tests", "generate_tests/establish/%"),
    ("baseline", "baseline/%"),
    ("optimize", "optimize/%/behaviour/%"),
    ("compare", "compare/%"),
    ("compare", "confirm/%/program/%"),
];

/// A whet with a small repository and two candidates for its one function.
struct Place {
    whet: Whet,
}

impl Place {
    fn new() -> Self {
        let whet = Whet::new();
        let source = whet.folder().join("source");
        fs::create_dir(&source).unwrap();
        for (name, text) in [("source/m.py", MODULE), ("source/bench.py", WORKLOAD), ("faster.py", FASTER), ("wrong.py", WRONG)] {
            fs::write(whet.folder().join(name), text).unwrap();
        }
        Self { whet }
    }

    const JUDGE: [&'static str; 14] = [
        "judge",
        "source",
        "--target",
        "m:count",
        "--candidate",
        "faster.py",
        "--candidate",
        "wrong.py",
        "--command",
        "python bench.py",
        "--seed",
        "11",
        "--format",
        "json",
    ];

    /// Its own timing lease: other tests' jobs are not waited for.
    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.whet.command(arguments);
        command.env("WHETSTONE__SANDBOX__LEASE", self.whet.folder().join("lease"));
        command
    }

    fn finish(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ended { status: output.status.code().unwrap_or(-1), output: text(&output.stdout), errors: text(&output.stderr) }
    }

    fn document(&self, arguments: &[&str]) -> Value {
        let ended = self.finish(arguments);
        // With an optimization or without: a busy machine may leave the speed open.
        assert!([0, 3].contains(&ended.status), "{}", ended.errors);
        serde_json::from_str(&ended.output).unwrap()
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Waits until a job whose key is like this one runs for the newest run, and answers the run.
    fn wait_for_job(&self, child: &mut Child, like: &str) -> String {
        let until = Instant::now() + Duration::from_secs(300);
        while Instant::now() < until {
            let query = "SELECT run FROM job WHERE state = 'running' AND substr(key, length(run) + 2) LIKE ?";
            if let Some(run) = self.rows("jobs", query, &[like]).into_iter().next() {
                return run[0].clone();
            }
            let jobs = || self.rows("jobs", "SELECT key || ' ' || state FROM job", &[]).concat();
            assert!(child.try_wait().unwrap().is_none(), "the run ended before its job {like} was seen: {:#?}", jobs());
            std::thread::yield_now();
        }
        panic!("no job {like} within five minutes");
    }

    /// Text columns of a store of this data folder; nothing before the store is there.
    fn rows(&self, store: &str, query: &str, values: &[&str]) -> Vec<Vec<String>> {
        let path = self.store(store);
        if !path.exists() {
            return Vec::new();
        }
        let read = async {
            let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path).read_only(true)).await?;
            let asked = values.iter().fold(sqlx::query(sqlx::AssertSqlSafe(query)), |asked, value| asked.bind(*value));
            let rows = asked.fetch_all(&mut connection).await?;
            connection.close().await?;
            Ok::<_, sqlx::Error>(rows.iter().map(|row| (0..row.len()).map(|column| row.get::<String, _>(column)).collect()).collect())
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(read).unwrap_or_default()
    }

    fn store(&self, name: &str) -> PathBuf {
        let inside = self.whet.data().join("store").join(format!("{name}.sqlite"));
        if inside.exists() { inside } else { self.whet.data().join(format!("{name}.sqlite")) }
    }

    /// Steps and jobs that have finished, each with when.
    fn finished(&self, run: &str) -> BTreeMap<String, String> {
        let steps = self.rows("repository", "SELECT 'step ' || name, finished_at FROM step WHERE run = ?", &[run]);
        let jobs = self.rows("jobs", "SELECT 'job ' || key, id || ended_at FROM job WHERE state = 'succeeded' AND run = ?", &[run]);
        steps.into_iter().chain(jobs).map(|row| (row[0].clone(), row[1].clone())).collect()
    }

    /// Waits until no process of this data folder's jobs is left.
    fn expect_nothing_left(&self, when: &str) {
        let until = Instant::now() + Duration::from_secs(10);
        while is_mentioned_by_a_process(&self.whet.data()) {
            assert!(Instant::now() < until, "something is left running after {when}");
            std::thread::yield_now();
        }
    }
}

/// Whether everything that was finished then is so now, and has not been done again.
fn is_kept(then: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> bool {
    then.iter().all(|(what, when)| now.get(what) == Some(when))
}

fn is_mentioned_by_a_process(path: &Path) -> bool {
    let text = path.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok()).any(|line| String::from_utf8_lossy(&line).contains(text))
}

/// What two runs with one seed have in common, whatever their samples took.
fn lasting(document: &Value) -> Value {
    let targets = document["targets"].as_array().unwrap().iter().map(|target| {
        let candidates = target["candidates"].as_array().unwrap().iter().map(|candidate| {
            let is_timed = candidate["gate"] == "speed" || candidate["gate"] == "program";
            json!({
                "id": candidate["id"], "origin": candidate["origin"], "diff": candidate["diff"],
                "verdict": if is_timed { &Value::Null } else { &candidate["verdict"] },
                // Of many differences one is shown, shrunk within a time: whether there is one is what lasts.
                "has_counterexample": !candidate["counterexample"].is_null(),
            })
        });
        json!({
            "name": target["name"], "file": target["file"], "line": target["line"], "cases": target["cases"],
            "coverage": target["coverage"], "candidates": candidates.collect::<Vec<_>>(),
        })
    });
    json!({"seed": document["run"]["seed"], "snapshot": document["source"]["snapshot"], "targets": targets.collect::<Vec<_>>()})
}

#[test]
fn a_run_killed_at_each_stage_goes_on_and_ends_as_if_it_had_not_been() {
    let place = Place::new();
    let undisturbed = place.document(&Place::JUDGE);
    assert_eq!(undisturbed["targets"][0]["candidates"].as_array().map(Vec::len), Some(2), "{undisturbed:#}");

    let mut child = place.start(&Place::JUDGE);
    let (mut run, mut known) = (String::new(), BTreeMap::new());
    for (stage, job) in MOMENTS {
        run = place.wait_for_job(&mut child, job);
        let before = place.finished(&run);
        assert!(is_kept(&known, &before), "before {stage} something was repeated: {known:#?} {before:#?}");
        let shown = place.finish(&["runs", "--format", "json"]);
        assert!(shown.status == 0 && shown.output.contains(&run), "a second whet is a client while {job} runs: {}", shown.errors);
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL).unwrap();
        child.wait().unwrap();
        place.expect_nothing_left(&format!("a kill in {stage}"));
        known.extend(before);
        child = place.start(&["resume", &run, "--format", "json"]);
    }
    assert!(matches!(child.wait().unwrap().code(), Some(0 | 3)));
    let ended = place.finished(&run);
    assert!(is_kept(&known, &ended), "something was repeated: {known:#?} {ended:#?}");
    let resumed = place.document(&["report", &run, "--format", "json"]);
    assert_eq!(lasting(&resumed), lasting(&undisturbed));
    assert_eq!(place.finished(&run), ended, "a report repeats nothing");
    place.expect_nothing_left("the last resumption");
}

#[test]
fn a_run_stopped_by_ctrl_c_leaves_nothing_running_and_can_be_resumed() {
    let place = Place::new();
    let mut child = place.start(&Place::JUDGE);
    let run = place.wait_for_job(&mut child, "optimize/%/behaviour/%");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    place.expect_nothing_left("Ctrl-C");
    let before = place.finished(&run);
    let listed: Value = place.document(&["runs", "--format", "json"]);
    let state = listed.as_array().unwrap().iter().find(|listed| listed["id"] == run.as_str()).map(|run| run["state"].clone());
    assert_eq!(state, Some("cancelled".into()));
    let document = place.document(&["resume", &run, "--format", "json"]);
    assert_eq!(document["run"]["id"], run.as_str());
    let after = place.finished(&run);
    assert!(is_kept(&before, &after), "{before:#?} {after:#?}");
}
