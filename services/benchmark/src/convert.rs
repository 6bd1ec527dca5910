//! Between the domain and the wire.

use whetstone_core::{
    plan::{FileEdit, timing},
    target::{TargetName, TargetSite},
};
use whetstone_measure::interval::Interval;
use whetstone_proto::{benchmark::v1 as proto, common::v1 as common};

use crate::error::BenchmarkError;

/// Where a target stands.
pub fn site(target: &common::Target) -> Result<TargetSite, BenchmarkError> {
    let name: TargetName = target.name.parse().map_err(|_| BenchmarkError::Target(target.name.clone()))?;
    Ok(TargetSite { name, file: target.file.clone(), line: target.line, end_line: target.end_line })
}

/// A candidate's edits.
pub fn edits(edits: &[common::FileEdit]) -> Vec<FileEdit> {
    edits.iter().map(|edit| FileEdit { path: edit.path.clone(), content: edit.content.clone() }).collect()
}

/// Log ratios as ratios.
pub fn effect(interval: &Interval) -> common::Effect {
    let (low, high) = interval.bounds();
    let ratio = |bound: Option<f64>| bound.map_or(0.0, f64::exp);
    common::Effect { ratio: interval.estimate.exp(), low: ratio(low), high: ratio(high) }
}

/// What was read of the machine.
pub fn machine(machine: &timing::Machine) -> proto::Machine {
    proto::Machine {
        cpu_model: machine.cpu_model.clone(),
        cores: machine.cores,
        cpuset: machine.cpuset.clone(),
        clock_step_ns: machine.clock_step_ns,
        steal_s: machine.steal_s,
        throttled_s: machine.throttled_s,
        load: machine.load,
        kernel: machine.kernel.clone(),
    }
}
