//! A host to run jobs on: folders, a tree, a sandbox.

use std::{
    fs,
    io::{Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use whetstone_core::{
    job::{JobKind, JobOutcome, JobSpec, Limits, Network},
    plan::{
        ENVIRONMENT, Plan, Start, TREE_INPUT,
        workload::{Instrument, WorkloadPlan, WorkloadResult},
    },
    port::{RunningJob, Sandbox, sandbox::Prepared},
    record::Record,
};
use whetstone_sandbox::{Bubblewrap, Settings};
use whetstone_testkit::python;

/// Folders of one test, removed with it.
pub struct Host {
    _folder: tempfile::TempDir,
    pub sandbox: Bubblewrap,
    pub tree: PathBuf,
    pub output: PathBuf,
    /// Further `(host path, path in the job)`.
    pub inputs: Vec<(PathBuf, PathBuf)>,
    pub proxy: Option<PathBuf>,
}

/// How a job went.
pub struct Ran {
    pub outcome: JobOutcome,
    pub records: Vec<Record>,
    pub output: PathBuf,
}

impl Ran {
    pub fn workload(&self) -> WorkloadResult {
        let text = fs::read(self.output.join("result.json")).unwrap_or_else(|error| panic!("no result: {error}; {:?}", self.outcome));
        serde_json::from_slice(&text).expect("a workload's result")
    }
}

impl Host {
    pub fn new() -> Self {
        python::require_bubblewrap();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let make = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir(&path).expect("a fresh folder");
            path
        };
        let (tree, output, harnesses, environment) = (make("tree"), make("output"), make("harnesses"), make("environment"));
        fs::create_dir(environment.join("bin")).expect("a fresh folder");
        std::os::unix::fs::symlink(python::interpreter().executable, environment.join("bin/python")).expect("a fresh folder");
        write_harness(&harnesses.join("python"));
        let settings =
            Settings { runner: env!("CARGO_BIN_EXE_whet-runner").into(), harnesses, work: folder.path().join("work"), certificates: None };
        let inputs = vec![(tree.clone(), TREE_INPUT.into()), (environment, ENVIRONMENT.into())];
        Self { sandbox: Bubblewrap::new(settings), tree, output, inputs, proxy: None, _folder: folder }
    }

    /// Listens as a registries proxy that answers everybody with the status 418.
    pub fn listen_as_proxy(&self) -> PathBuf {
        let path = self.tree.with_file_name("proxy.sock");
        let listener = UnixListener::bind(&path).expect("a fresh path");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("ours");
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = [0u8; 4096];
                let read = stream.read(&mut head).expect("a request");
                assert!(head[..read].starts_with(b"CONNECT index.invalid:443 "));
                stream.write_all(b"HTTP/1.1 418 no\r\n\r\n").expect("open");
            }
        });
        path
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.tree.join(name);
        fs::create_dir_all(path.parent().expect("below the tree")).expect("writable");
        fs::write(path, text).expect("writable");
    }

    /// Runs a shell command as a workload, under the standard limits.
    pub async fn shell(&self, command: &str) -> Ran {
        self.run(&spec(command)).await
    }

    pub async fn run(&self, spec: &JobSpec) -> Ran {
        self.run_until(spec, CancellationToken::new()).await
    }

    pub async fn run_until(&self, spec: &JobSpec, cancel: CancellationToken) -> Ran {
        let (records, mut received) = mpsc::channel(64);
        let (_controls, to_runner) = mpsc::channel(1);
        let prepared = Prepared { inputs: self.inputs.clone(), output: self.output.clone(), proxy: self.proxy.clone() };
        let channels = RunningJob { records, controls: to_runner, cancel };
        let collect = async {
            let mut all = Vec::new();
            while let Some(record) = received.recv().await {
                all.push(record);
            }
            all
        };
        let (outcome, records) = tokio::join!(self.sandbox.run(spec, prepared, channels), collect);
        Ran { outcome: outcome.expect("bubblewrap works here"), records, output: self.output.clone() }
    }
}

/// The harness's own files, as the jobs role writes them.
fn write_harness(folder: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../languages/src/python/harness");
    let copied = Command::new("cp").arg("-r").arg(source).arg(folder).status().expect("cp is there");
    assert!(copied.success());
}

pub fn start() -> Start {
    Start { language: "python".into(), interpreter: "/whet/env/bin/python".into(), source_roots: vec![".".into()], variables: vec![] }
}

pub fn plan(command: &str) -> WorkloadPlan {
    WorkloadPlan {
        start: start(),
        command: command.into(),
        instrument: Instrument::None,
        targets: vec![],
        edits: vec![],
        timeout_s: 60.0,
        hash_seed: 0,
        report_tests: false,
    }
}

pub fn spec(command: &str) -> JobSpec {
    spec_of(Plan::Workload(plan(command)))
}

pub fn spec_of(plan: Plan) -> JobSpec {
    JobSpec {
        key: "test".into(),
        kind: JobKind::Workload,
        organisation: "local".into(),
        repository: "test".into(),
        run: "test".into(),
        toolchain: python::interpreter(),
        inputs: vec![],
        plan,
        limits: Limits { wall: Duration::from_secs(60), cpu: Duration::from_secs(60), ..Limits::standard() },
        network: Network::None,
        timing: false,
    }
}
