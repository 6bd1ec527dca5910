//! Targets none of whose recorded calls can be replayed: they are timed in the running workload.

use std::time::Duration;

use whetstone_core::{
    cases::CaseHeader,
    job::Limits,
    plan::{Plan, RerunTimingPlan, rerun::RerunSeries},
};
use whetstone_proto::common::v1::{Prepared, Target, TargetCases};
use whetstone_runtime::jobs::start_of;

use crate::{classes, config::Config, convert, error::BenchmarkError};

/// A comparison needs more blocks than this; where not even these fit, it is not begun.
const LEAST_BLOCKS: u32 = 4;
/// How many times as long as plainly a run may take.
const SLACK: f64 = 5.0;
const SHORTEST_TIMEOUT_S: f64 = 60.0;
/// Runs of every command that the last block may still take once the time is up, and those before the first one.
const LAST_RUNS: f64 = 12.0;

/// Whether a target has calls, and none that can be made again by itself.
pub fn is_timed_in_workload(headers: &[CaseHeader], cases: &TargetCases) -> bool {
    !headers.is_empty() && (cases.replay_count == 0 || classes::usable(headers).next().is_none())
}

/// The plan of a series of runs, which decides by `max_blocks` how long it may go on.
pub fn plan(
    config: &Config,
    (prepared, target): (&Prepared, &Target),
    series: Vec<RerunSeries>,
    max_blocks: u32,
    seed: u64,
) -> Result<RerunTimingPlan, BenchmarkError> {
    let longest = prepared.workloads.iter().map(|workload| workload.wall_s).fold(0.0, f64::max);
    Ok(RerunTimingPlan {
        start: start_of(prepared),
        commands: prepared.workloads.iter().map(|workload| workload.command.clone()).collect(),
        target: convert::site(target)?,
        series,
        sample_ms: config.sample_ms,
        max_blocks,
        least_blocks: LEAST_BLOCKS.min(max_blocks),
        timeout_s: (longest * SLACK).max(SHORTEST_TIMEOUT_S),
        wall_limit_s: config.comparison_limit_s,
        seed,
    })
}

/// What a job of a plan may take: a block that was begun is ended.
pub fn limits(plan: &Plan) -> Limits {
    let mut limits = Limits::standard();
    if let Plan::RerunTiming(plan) = plan {
        let last_s = plan.timeout_s * plan.commands.len().max(1) as f64 * LAST_RUNS;
        limits.wall = Duration::from_secs_f64(plan.wall_limit_s + last_s);
        limits.cpu = limits.wall * 2;
    }
    limits
}

#[cfg(test)]
mod tests {
    use whetstone_core::cases::CaseMode;

    use super::*;

    #[test]
    fn a_target_is_timed_in_the_workload_where_it_has_calls_and_none_can_be_replayed() {
        let header = |mode| CaseHeader {
            id: String::new(),
            mode,
            origin: "recorded".into(),
            weight: 1,
            position: 0,
            size: 1,
            elapsed_ns: 1,
            sequence: String::new(),
            caller: String::new(),
            types: String::new(),
            ends: "returns".into(),
            opaque: String::new(),
        };
        let cases = |replay_count| TargetCases { replay_count, ..TargetCases::default() };
        assert!(is_timed_in_workload(&[header(CaseMode::Opaque)], &cases(0)));
        assert!(is_timed_in_workload(&[header(CaseMode::Replay)], &cases(0)), "the baseline did not repeat it");
        assert!(!is_timed_in_workload(&[header(CaseMode::Replay), header(CaseMode::Opaque)], &cases(1)));
        assert!(!is_timed_in_workload(&[], &cases(0)));
    }

    #[test]
    fn a_job_may_end_the_block_that_it_has_begun() {
        let workload = |wall_s| whetstone_proto::common::v1::Workload { wall_s, ..Default::default() };
        let prepared = Prepared { workloads: vec![workload(2.0), workload(30.0)], ..Prepared::default() };
        let target = Target { name: "m:f".into(), ..Target::default() };
        let plan = plan(&Config::default(), (&prepared, &target), Vec::new(), 2, 7).expect("a target");
        assert_eq!((plan.least_blocks, plan.timeout_s), (2, 150.0));
        let limits = limits(&Plan::RerunTiming(plan));
        assert!(limits.wall > Duration::from_secs(300 + 2 * 150) && limits.cpu > limits.wall);
    }
}
