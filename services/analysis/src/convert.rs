//! Between the domain's types and the contract's.

use whetstone_core::{Digest, TargetSite, job::Resources};
use whetstone_languages::python::functions::Function;
use whetstone_proto::common::v1::{JobResources, Target};

/// A target with what the source alone tells. Its id is derived from its place, so that every
/// stage and every repetition gives the same one.
pub fn target(function: &Function) -> Target {
    let TargetSite { name, file, line, end_line } = &function.site;
    Target {
        id: Digest::of(format!("{file}\n{name}\n{line}").as_bytes()).short().to_owned(),
        name: name.to_string(),
        file: file.clone(),
        line: *line,
        end_line: *end_line,
        upper_bound: 1.0,
        cyclomatic: function.complexity.cyclomatic,
        loop_depth: function.complexity.loop_depth,
        ..Default::default()
    }
}

/// What a workload used.
pub fn resources(resources: &Resources) -> JobResources {
    JobResources {
        wall_s: resources.wall_s,
        cpu_s: resources.cpu_user_s + resources.cpu_system_s,
        peak_memory_bytes: resources.peak_memory_bytes,
        read_bytes: resources.read_bytes,
        written_bytes: resources.written_bytes,
        voluntary_switches: resources.voluntary_switches,
        involuntary_switches: resources.involuntary_switches,
    }
}

/// Adds up what several workloads used; peaks do not add.
pub fn add_resources(total: &mut JobResources, more: &JobResources) {
    total.wall_s += more.wall_s;
    total.cpu_s += more.cpu_s;
    total.peak_memory_bytes = total.peak_memory_bytes.max(more.peak_memory_bytes);
    total.read_bytes += more.read_bytes;
    total.written_bytes += more.written_bytes;
    total.voluntary_switches += more.voluntary_switches;
    total.involuntary_switches += more.involuntary_switches;
}
