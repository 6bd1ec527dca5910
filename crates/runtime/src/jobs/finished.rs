//! A job that has ended.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use tonic::Status;
use whetstone_core::{
    job::{JobEnd, JobKind, JobOutcome},
    plan::RESULT_FILE,
};
use whetstone_proto::{
    common::v1::{Artifact, Cost},
    jobs::v1::Job,
};

use super::convert;
use crate::{Artifacts, failure::Failure};

/// What a job left.
#[derive(Clone, Debug)]
pub struct FinishedJob {
    pub kind: JobKind,
    pub purpose: String,
    pub outcome: JobOutcome,
    /// Files of `/job/out` by name.
    pub outputs: BTreeMap<String, Artifact>,
    /// Whether nothing ran now: the answer is that of an earlier job with the same key.
    pub recorded: bool,
}

impl FinishedJob {
    pub(crate) fn of(job: Job, kind: JobKind, purpose: String) -> Result<Self, Status> {
        let outcome = convert::outcome(&job)
            .ok_or_else(|| Status::from(Failure::internal(format!("the job {} ended as `{}`, which is no end", job.key, job.state))))?;
        let outputs = job.outputs.into_iter().map(|artifact| (artifact.name.clone(), artifact)).collect();
        Ok(Self { kind, purpose, outcome, outputs, recorded: job.recorded })
    }

    /// Refuses any end but success, with what a person needs to know of it.
    pub fn succeeded(&self) -> Result<(), Failure> {
        let (reason, what, advice) = match self.outcome.end {
            JobEnd::Succeeded => return Ok(()),
            JobEnd::Failed => ("JOB_FAILED", "failed", ""),
            JobEnd::TimedOut => ("JOB_TIMED_OUT", "ran out of time", "Choose a shorter workload with --command."),
            JobEnd::OutOfMemory => {
                ("JOB_OUT_OF_MEMORY", "ran out of memory", "Choose a smaller workload with --command, or raise sandbox.memory.")
            }
            JobEnd::OutputTooLarge => {
                ("JOB_OUTPUT_TOO_LARGE", "wrote more than it may", "Choose a workload that writes less with --command.")
            }
            JobEnd::Cancelled => ("JOB_CANCELLED", "was cancelled", ""),
            JobEnd::Lost => ("JOB_LOST", "was lost with its sandbox", "Run it again with whet resume."),
        };
        let message = format!("the {} job `{}` {what}", self.kind.name(), self.purpose);
        let failure = match self.outcome.end {
            // ENOSPC as the system names it: the disk below the data folder, or the job's own share of it.
            JobEnd::Failed if self.outcome.message.contains("os error 28") => {
                let advice = "Free some space, or choose another data folder with --data-dir.";
                return Err(Failure::environment("NO_SPACE", message).detail(&self.outcome.message).advice(advice));
            }
            JobEnd::Failed => Failure::internal(message),
            _ => Failure::environment(reason, message),
        };
        Err(Failure { reason: reason.into(), ..failure }.detail(&self.outcome.message).advice(advice))
    }

    /// The plan's result.
    ///
    /// # Errors
    /// The job's own end where it did not succeed.
    pub async fn result<T: DeserializeOwned>(&self, artifacts: &Artifacts) -> Result<T, Status> {
        self.succeeded()?;
        artifacts.get_json(self.output(RESULT_FILE)?).await
    }

    /// A file of `/job/out`.
    pub fn output(&self, name: &str) -> Result<&Artifact, Status> {
        let missing = || Failure::internal(format!("the {} job `{}` left no {name}", self.kind.name(), self.purpose)).into();
        self.outputs.get(name).ok_or_else(missing)
    }

    /// What the job cost, for the ledger to price. A recorded answer counts like the first: its key
    /// belongs to one stage of one run, and a stage's costs are booked once, with its answer.
    pub fn cost(&self, stage: &str) -> Cost {
        let resources = &self.outcome.resources;
        let quantity = resources.cpu_user_s + resources.cpu_system_s;
        Cost { unit: "compute_s".into(), what: self.kind.name().into(), quantity, microusd: 0, stage: stage.to_owned() }
    }
}
