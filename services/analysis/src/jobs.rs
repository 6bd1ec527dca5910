//! Workloads under an instrument, each a job.

use std::{collections::BTreeMap, time::Duration};

use serde::de::DeserializeOwned;
use tonic::Status;
use whetstone_core::{
    TargetSite,
    job::{JobKind, Limits},
    plan::{Plan, WorkloadPlan, WorkloadResult, workload::Instrument},
    record::Record,
};
use whetstone_proto::common::v1::{Artifact, Cost, Workload};
use whetstone_runtime::jobs::start_of;

use crate::analyze::Analyzer;

/// Stage name of the costs.
pub const STAGE: &str = "analyze";

/// A workload that ran with an instrument.
pub struct Instrumented {
    pub command: String,
    pub result: WorkloadResult,
    pub cost: Cost,
    outputs: BTreeMap<String, Artifact>,
}

impl Instrumented {
    /// What was wrong with the run itself, for people; `None` if it went as without an instrument.
    pub fn complaint(&self) -> Option<String> {
        if self.result.timed_out {
            return Some("ran out of time".into());
        }
        (self.result.exit != 0).then(|| format!("exited with {}", self.result.exit))
    }

    /// The last lines that it wrote.
    pub fn tail(&self) -> String {
        let text = if self.result.stderr.tail.trim().is_empty() { &self.result.stdout.tail } else { &self.result.stderr.tail };
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }

    fn files<'a>(&'a self, stem: &'a str) -> impl Iterator<Item = &'a Artifact> {
        self.outputs
            .iter()
            .filter(move |(name, _)| {
                let file = name.rsplit('/').next().unwrap_or(name);
                file.strip_prefix(stem).is_some_and(|rest| rest.starts_with('-'))
            })
            .map(|(_, artifact)| artifact)
    }
}

impl Analyzer {
    /// Runs a workload with an instrument on some targets.
    pub async fn run(
        &self,
        index: usize,
        workload: &Workload,
        instrument: Instrument,
        targets: &[TargetSite],
    ) -> Result<Instrumented, Status> {
        let name = match &instrument {
            Instrument::None => "plain",
            Instrument::Profile => "profile",
            Instrument::Lines => "lines",
            Instrument::Allocations => "allocations",
            Instrument::Outcomes { .. } => "outcomes",
            _ => "other",
        };
        let timeout = (workload.wall_s * self.config.slowdown_limit).max(60.0);
        let plan = WorkloadPlan {
            start: start_of(&self.prepared),
            command: workload.command.clone(),
            instrument,
            targets: targets.to_vec(),
            edits: Vec::new(),
            timeout_s: timeout,
            hash_seed: (self.context.seed & 0xffff) as u32,
            report_tests: false,
        };
        let limits =
            Limits { wall: Duration::from_secs_f64(timeout + 30.0), cpu: Duration::from_secs_f64(timeout * 4.0), ..Limits::standard() };
        let job = whetstone_runtime::JobBuilder::new(&self.context, &self.prepared, JobKind::Profile, &format!("{name}-{index}"));
        let handle = self.handle.clone();
        let on_record = move |record, _: &whetstone_runtime::JobControl| {
            if let Record::Progress { done, total, note, .. } = record {
                handle.tick(name, done, total, &note);
            }
        };
        let finished = job.plan(Plan::Workload(plan)).limits(limits).run(&self.peers, on_record).await?;
        let result: WorkloadResult = finished.result(&self.peers.artifacts()).await?;
        Ok(Instrumented { command: workload.command.clone(), result, cost: finished.cost(STAGE), outputs: finished.outputs })
    }

    /// Reads what each process of the workload wrote.
    pub async fn read<T: DeserializeOwned>(&self, run: &Instrumented, stem: &str) -> Result<Vec<T>, Status> {
        let mut documents = Vec::new();
        for artifact in run.files(stem) {
            documents.push(self.peers.artifacts().get_json(artifact).await?);
        }
        Ok(documents)
    }

    /// What instruments that could not start or go on said, one line each.
    pub async fn instrument_failures(&self, run: &Instrumented) -> Result<Vec<String>, Status> {
        let mut lines = Vec::new();
        for artifact in run.files("failed") {
            let bytes = self.peers.artifacts().get_bytes(artifact).await?;
            let text = String::from_utf8_lossy(&bytes);
            lines.extend(text.lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned));
        }
        lines.sort();
        lines.dedup();
        Ok(lines)
    }
}
