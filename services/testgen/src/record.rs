//! Records the targets' calls while each workload runs.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use whetstone_core::{
    TargetSite, cases,
    job::{JobEnd, JobKind, Limits},
    plan::{Plan, WorkloadPlan, WorkloadResult, workload::Instrument},
};
use whetstone_proto::common::v1::{Cost, Prepared, StageContext, Workload};
use whetstone_runtime::{FinishedJob, JobBuilder, Peers, StageHandle, jobs};

use crate::{Config, Error, merge};

const SHORTEST_TIMEOUT_S: f64 = 120.0;
const START_UP_S: f64 = 30.0;
/// A target of which fewer calls were captured within the limit is recorded once more, from the middle of its calls on:
/// the first calls of a process often find what later ones do not.
const FEW_CASES: usize = 12;
/// Workloads that take longer are not run once more for it.
const LONGEST_AGAIN_S: f64 = 20.0;

/// What was recorded of one target.
#[derive(Debug, Default)]
pub struct Recorded {
    pub cases: Vec<cases::Case>,
    pub calls: u64,
    /// Calls that are no case, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Whether its module was loaded with the recorder in it.
    pub was_seen: bool,
}

/// What all workloads together gave.
#[derive(Debug)]
pub struct Recording {
    /// In the order of the targets.
    pub targets: Vec<Recorded>,
    /// How many times as long the workloads took, by CPU time where it is known.
    pub overhead: f64,
    pub costs: Vec<Cost>,
}

/// One process's `record-<pid>.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProcessReport {
    targets: BTreeMap<String, TargetReport>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TargetReport {
    calls: u64,
    dropped: BTreeMap<String, u64>,
}

/// Where recording runs.
pub struct Recorder<'a> {
    pub config: &'a Config,
    pub peers: &'a Peers,
    pub context: &'a StageContext,
    pub prepared: &'a Prepared,
    pub sites: &'a [TargetSite],
}

impl Recorder<'_> {
    /// Runs every workload under the recorder, once more for targets of which little is captured, and merges what its
    /// processes left.
    pub async fn run(&self, handle: &StageHandle) -> Result<Recording, Error> {
        let mut files: Vec<Vec<Vec<cases::Case>>> = self.sites.iter().map(|_| Vec::new()).collect();
        let mut recording =
            Recording { targets: self.sites.iter().map(|_| Recorded::default()).collect(), overhead: 1.0, costs: Vec::new() };
        let (mut plain_s, mut recorded_s) = (0.0, 0.0);
        let total = self.prepared.workloads.len() as u64;
        for (number, workload) in self.prepared.workloads.iter().enumerate() {
            handle.progress("record", number as u64, total, &workload.name).await;
            let known: Vec<u64> = recording.targets.iter().map(|target| target.calls).collect();
            let first = Pass { name: format!("record/{number}"), targets: (0..self.sites.len()).collect(), passing: Vec::new() };
            let mut next = Some(first);
            while let Some(pass) = next {
                let finished = self.workload(&pass, workload).await?;
                recording.costs.push(finished.cost("record"));
                match finished.succeeded() {
                    Err(failure) if pass.is_again() && finished.outcome.end != JobEnd::Cancelled => {
                        handle.note("warning", format!("recorded once only: {}", failure.message)).await?;
                        break;
                    }
                    ended => ended?,
                }
                let result: WorkloadResult = finished.result(&self.peers.artifacts()).await?;
                if result.exit != 0 {
                    let text = format!("while it was recorded, `{}` ended with status {} and not with 0", workload.command, result.exit);
                    handle.note("warning", text).await?;
                }
                let (plain, recorded) = times(workload, &result);
                plain_s += plain;
                recorded_s += recorded;
                self.collect(&finished, &pass, &mut recording.targets, &mut files).await?;
                let calls = recording.targets.iter().zip(&known).map(|(target, known)| target.calls - known);
                let captured = files.iter().map(|files| files.iter().map(Vec::len).sum());
                next = pass.again(workload, calls.zip(captured));
            }
        }
        for ((recorded, files), site) in recording.targets.iter_mut().zip(files).zip(self.sites) {
            recorded.cases = merge::merge(files, &site.name.qualname, self.config.recorded_cases as usize);
        }
        if plain_s > 0.0 {
            recording.overhead = (recorded_s / plain_s).max(1.0);
        }
        Ok(recording)
    }

    async fn workload(&self, pass: &Pass, workload: &Workload) -> Result<FinishedJob, Error> {
        let options = self.context.options.clone().unwrap_or_default();
        let limit = if options.recording_overhead >= 1.0 { options.recording_overhead } else { self.config.recording_overhead };
        let timeout_s = (workload.wall_s * limit * 2.0 + START_UP_S).max(SHORTEST_TIMEOUT_S);
        let plan = WorkloadPlan {
            start: jobs::start_of(self.prepared),
            command: workload.command.clone(),
            instrument: Instrument::Record {
                calls_per_target: self.config.recorded_cases,
                bytes_per_target: self.config.recorded_bytes,
                overhead_limit: limit,
                seed: self.context.seed,
                passing: pass.passing.clone(),
            },
            targets: pass.targets.iter().map(|index| self.sites[*index].clone()).collect(),
            edits: Vec::new(),
            timeout_s,
            hash_seed: 0,
            report_tests: false,
        };
        let mut limits = Limits::standard();
        limits.wall = Duration::from_secs_f64(timeout_s + START_UP_S);
        limits.cpu = limits.wall * 2;
        let job = JobBuilder::new(self.context, self.prepared, JobKind::Record, &pass.name);
        Ok(job.plan(Plan::Workload(plan)).limits(limits).run(self.peers, |_, _| {}).await?)
    }

    /// Takes the files that the workload's processes left. They come from untrusted code: one that can't
    /// be read counts as dropped, and nothing in them is decoded.
    async fn collect(
        &self,
        finished: &FinishedJob,
        pass: &Pass,
        targets: &mut [Recorded],
        files: &mut [Vec<Vec<cases::Case>>],
    ) -> Result<(), Error> {
        let artifacts = self.peers.artifacts();
        for (name, artifact) in &finished.outputs {
            let name = name.strip_prefix("harness/").unwrap_or(name);
            if let Some(index) = target_of(name).and_then(|number| pass.targets.get(number).copied()) {
                let bytes = artifacts.get_bytes(artifact).await?;
                match cases::read(bytes.as_ref()) {
                    Ok(cases) => files[index].push(cases),
                    Err(_) => *targets[index].dropped.entry("a process left a broken file of cases".into()).or_default() += 1,
                }
            } else if name.starts_with("record-") && name.ends_with(".json") && !pass.is_again() {
                let bytes = artifacts.get_bytes(artifact).await?;
                add_report(&serde_json::from_slice(&bytes).unwrap_or_default(), self.sites, targets);
            } else if name.starts_with("failed-") {
                let bytes = artifacts.get_bytes(artifact).await?;
                tracing::warn!(text = %String::from_utf8_lossy(&bytes), "the recorder failed in a process");
            }
        }
        Ok(())
    }
}

/// One run of a workload under the recorder.
struct Pass {
    /// The job's name.
    name: String,
    /// Indexes of the targets that are recorded.
    targets: Vec<usize>,
    /// Calls that pass before one is looked at, in the order of `targets`.
    passing: Vec<u64>,
}

impl Pass {
    fn is_again(&self) -> bool {
        !self.passing.is_empty()
    }

    /// The second run, if there is reason for one: `found` are each target's calls in this workload and captured cases.
    fn again(&self, workload: &Workload, found: impl Iterator<Item = (u64, usize)>) -> Option<Self> {
        if self.is_again() || workload.wall_s > LONGEST_AGAIN_S {
            return None;
        }
        let few = |(_, (calls, captured)): &(usize, (u64, usize))| *captured < FEW_CASES && *calls >= 2 * FEW_CASES as u64;
        let (targets, passing): (Vec<usize>, Vec<u64>) =
            found.enumerate().filter(few).map(|(index, (calls, _))| (index, calls / 2)).unzip();
        (!targets.is_empty()).then(|| Self { name: format!("{}/again", self.name), targets, passing })
    }
}

/// What a workload takes plainly and took with the recorder in it: processor time where that is known.
fn times(workload: &Workload, result: &WorkloadResult) -> (f64, f64) {
    if workload.cpu_s > 0.0 {
        (workload.cpu_s, result.resources.cpu_user_s + result.resources.cpu_system_s)
    } else {
        (workload.wall_s, result.resources.wall_s)
    }
}

/// The target's number in `cases-<number>-<pid>.bin`.
fn target_of(name: &str) -> Option<usize> {
    name.strip_prefix("cases-")?.strip_suffix(".bin")?.split('-').next()?.parse().ok()
}

fn add_report(report: &ProcessReport, sites: &[TargetSite], targets: &mut [Recorded]) {
    for (site, recorded) in sites.iter().zip(targets) {
        let Some(told) = report.targets.get(&site.name.to_string()) else { continue };
        recorded.was_seen = true;
        recorded.calls += told.calls;
        for (reason, count) in &told.dropped {
            *recorded.dropped.entry(reason.clone()).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use whetstone_core::TargetName;

    use super::*;

    #[test]
    fn a_file_of_cases_is_told_by_its_name() {
        assert_eq!(target_of("cases-3-417.bin"), Some(3));
        assert_eq!(target_of("cases-0-417-1.bin"), Some(0));
        assert_eq!(target_of("record-417.json"), None);
    }

    #[test]
    fn a_short_workload_is_recorded_once_more_for_targets_with_many_calls_and_few_cases() {
        let first = Pass { name: "record/0".into(), targets: vec![0, 1, 2], passing: Vec::new() };
        let (short, long) = (Workload { wall_s: 2.0, ..Workload::default() }, Workload { wall_s: 60.0, ..Workload::default() });
        let found = [(1000, 1), (1000, 40), (5, 2)];
        let again = first.again(&short, found.into_iter()).expect("one has few");
        assert_eq!((again.name.as_str(), &again.targets, &again.passing), ("record/0/again", &vec![0], &vec![500]));
        assert!(again.again(&short, found.into_iter()).is_none());
        assert!(first.again(&long, found.into_iter()).is_none());
        assert!(first.again(&short, [(1000, 12), (23, 1)].into_iter()).is_none());
    }

    #[test]
    fn reports_of_processes_add_up() {
        let report: ProcessReport =
            serde_json::from_str(r#"{"targets": {"m:f": {"calls": 5, "kept": 2, "dropped": {"late": 1}}}, "overhead": 1.2}"#)
                .expect("a report");
        let sites = [TargetSite { name: TargetName::new("m", "f"), file: "m.py".into(), line: 1, end_line: 2 }];
        let mut targets = [Recorded::default()];
        add_report(&report, &sites, &mut targets);
        add_report(&report, &sites, &mut targets);
        assert_eq!((targets[0].calls, targets[0].dropped["late"], targets[0].was_seen), (10, 2, true));
    }
}
