//! Emits a regression test and a benchmark for each target, in pytest, checked on the baseline.

use serde::{Deserialize, Serialize};
use whetstone_core::{
    TargetSite,
    job::{Input, JobKind, Limits},
    plan::{EMIT, ENVIRONMENT, HARNESS, JOB_OUT, Plan, WorkloadPlan, WorkloadResult, workload::Instrument},
};
use whetstone_proto::common::v1::{Artifact, Cost, FileEdit, Prepared, StageContext, TargetCases};
use whetstone_runtime::{JobBuilder, Peers, StageHandle, jobs};

use crate::{Config, Error};

const TIMEOUT_S: f64 = 180.0;
/// What the emitting program leaves in `/job/out/harness`.
const EMITTED: &str = "emitted.json";

/// Where emission runs.
pub struct Emitter<'a> {
    pub config: &'a Config,
    pub peers: &'a Peers,
    pub context: &'a StageContext,
    pub prepared: &'a Prepared,
}

/// What `whet_harness.emit` is asked.
#[derive(Serialize)]
struct Request<'a> {
    tree: &'a str,
    out: String,
    folder: &'a str,
    calls: u32,
    seed: u64,
    targets: Vec<RequestTarget<'a>>,
}

#[derive(Serialize)]
struct RequestTarget<'a> {
    target: &'a TargetSite,
    cases: Vec<String>,
}

/// What it answers.
#[derive(Deserialize)]
struct Answer {
    targets: Vec<AnswerTarget>,
}

#[derive(Deserialize)]
struct AnswerTarget {
    name: String,
    files: Vec<AnswerFile>,
    /// Why there are none; empty if there are.
    reason: String,
}

#[derive(Deserialize)]
struct AnswerFile {
    path: String,
    content: String,
}

impl Emitter<'_> {
    /// Writes the tests of every target in one job, which also runs them; keeps what passed.
    pub async fn run(&self, sites: &[TargetSite], targets: &mut [TargetCases], handle: &StageHandle) -> Result<Vec<Cost>, Error> {
        handle.progress("emit", 0, 1, "").await;
        let mut inputs = Vec::new();
        let mut wanted = Vec::new();
        for known in targets.iter().filter(|known| known.replay_count + known.generated_count > 0) {
            let Some(site) = sites.iter().find(|site| site.name.to_string() == known.target) else { continue };
            let mut cases = Vec::new();
            for (kind, artifact) in [("recorded", &known.recorded), ("generated", &known.generated)] {
                if let Some(input) = artifact.as_ref().and_then(|artifact| input(artifact, format!("{EMIT}/{kind}-{}", wanted.len()))) {
                    cases.push(input.mount.clone());
                    inputs.push(input);
                }
            }
            wanted.push(RequestTarget { target: site, cases });
        }
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, costs) = self.job(wanted, inputs).await?;
        for told in answer.targets {
            let Some(known) = targets.iter_mut().find(|known| known.target == told.name) else { continue };
            known.tests = told.files.into_iter().map(|file| FileEdit { path: file.path, content: file.content }).collect();
            if !told.reason.is_empty() {
                handle.note("info", format!("no test is emitted for {}: {}", told.name, told.reason)).await?;
            }
        }
        Ok(costs)
    }

    async fn job(&self, wanted: Vec<RequestTarget<'_>>, inputs: Vec<Input>) -> Result<(Answer, Vec<Cost>), Error> {
        let folder = self.prepared.test_paths.iter().find(|path| !path.ends_with(".py")).map_or("tests", String::as_str);
        let tree = whetstone_core::plan::TREE;
        let request = Request {
            tree,
            out: format!("{JOB_OUT}/harness/{EMITTED}"),
            folder,
            calls: self.config.emitted_calls,
            seed: self.context.seed,
            targets: wanted,
        };
        let request =
            serde_json::to_vec(&request).map_err(|error| Error::Internal(format!("the request for tests can't be written: {error}")))?;
        let artifacts = self.peers.artifacts();
        let request = artifacts.put_bytes("emit.json", request, &format!("run/{}", self.context.run)).await?;
        // The environment's module path is the workload's; the harness is put before it for this one program.
        let command = format!("PYTHONPATH={HARNESS}:$PYTHONPATH {ENVIRONMENT}/bin/python -m whet_harness.emit {EMIT}/emit.json");
        let plan = WorkloadPlan {
            start: jobs::start_of(self.prepared),
            command,
            instrument: Instrument::None,
            targets: Vec::new(),
            edits: Vec::new(),
            timeout_s: TIMEOUT_S,
            hash_seed: 0,
            // Lets the program write to /job/out/harness.
            report_tests: true,
        };
        let mut job =
            JobBuilder::new(self.context, self.prepared, JobKind::Generate, "emit").plan(Plan::Workload(plan)).limits(Limits::standard());
        job = job.artifact(&request, &format!("{EMIT}/emit.json"));
        for input in inputs {
            job = job.input(input);
        }
        let finished = job.run(self.peers, |_, _| {}).await?;
        finished.succeeded()?;
        let costs = vec![finished.cost("emit")];
        let result: WorkloadResult = finished.result(&artifacts).await?;
        let answer = finished.outputs.get(&format!("harness/{EMITTED}"));
        match answer {
            Some(answer) if result.exit == 0 => Ok((artifacts.get_json(answer).await?, costs)),
            _ => {
                tracing::warn!(exit = result.exit, error = %result.stderr.tail, "tests could not be emitted");
                Ok((Answer { targets: Vec::new() }, costs))
            }
        }
    }
}

fn input(artifact: &Artifact, mount: String) -> Option<Input> {
    let digest = artifact.digest.parse().ok()?;
    Some(Input { artifact: digest, is_tree: false, mount })
}
