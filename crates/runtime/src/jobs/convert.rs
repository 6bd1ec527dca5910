//! Jobs between `whetstone_core` and the wire.

use std::time::Duration;

use whetstone_core::{
    job::{Input, JobEnd, JobKind, JobOutcome, JobSpec, Limits, Network, Resources, Toolchain},
    plan::Plan,
    record::{Block, Pair, Record},
    verdict::Counterexample,
};
use whetstone_proto::{
    common::v1 as common,
    jobs::v1::{self as proto, run_job_response::Update},
};

const KINDS: [JobKind; 8] = [
    JobKind::Prepare,
    JobKind::Workload,
    JobKind::Profile,
    JobKind::Record,
    JobKind::Generate,
    JobKind::Behaviour,
    JobKind::Timing,
    JobKind::Program,
];

/// Reads a kind's name.
pub fn kind(name: &str) -> Option<JobKind> {
    KINDS.into_iter().find(|kind| kind.name() == name)
}

/// Reads a job's end; `None` while it is queued or running.
pub fn end(name: &str) -> Option<JobEnd> {
    JobEnd::ALL.into_iter().find(|end| end.name() == name)
}

/// A network's name on the wire.
pub fn network_name(network: Network) -> &'static str {
    match network {
        Network::None => "none",
        Network::Registries => "registries",
    }
}

/// Reads a network's name.
pub fn network(name: &str) -> Option<Network> {
    [Network::None, Network::Registries].into_iter().find(|network| network_name(*network) == name)
}

/// Reads a specification; `plan` is the artifact that it names. The error says what is wrong with it.
pub fn spec(spec: proto::JobSpec, plan: Plan) -> Result<JobSpec, String> {
    let limits = spec.limits.ok_or("the job has no limits")?;
    let inputs: Result<Vec<_>, String> = spec.inputs.into_iter().map(input).collect();
    Ok(JobSpec {
        kind: kind(&spec.kind).ok_or_else(|| format!("`{}` is not a kind of job", spec.kind))?,
        network: network(&spec.network).ok_or_else(|| format!("`{}` is not a network: none or registries is expected", spec.network))?,
        toolchain: spec.toolchain.map(toolchain).ok_or("the job has no toolchain")?,
        inputs: inputs?,
        limits: self::limits(&limits)?,
        key: spec.key,
        organisation: spec.organisation,
        repository: spec.repository,
        run: spec.run,
        plan,
        timing: spec.timing,
    })
}

fn input(input: proto::Input) -> Result<Input, String> {
    let artifact = input.digest.parse().map_err(|error| format!("an input of the job: {error}"))?;
    Ok(Input { artifact, is_tree: input.is_tree, mount: input.mount })
}

pub fn input_to_proto(input: Input) -> proto::Input {
    proto::Input { digest: input.artifact.into(), is_tree: input.is_tree, mount: input.mount }
}

fn limits(limits: &proto::Limits) -> Result<Limits, String> {
    let duration = |seconds: f64| Duration::try_from_secs_f64(seconds).map_err(|_| format!("{seconds} s is not a limit"));
    Ok(Limits {
        wall: duration(limits.wall_s)?,
        cpu: duration(limits.cpu_s)?,
        memory_bytes: limits.memory_bytes,
        processes: limits.processes,
        disk_bytes: limits.disk_bytes,
        output_bytes: limits.output_bytes,
    })
}

pub fn limits_to_proto(limits: &Limits) -> proto::Limits {
    proto::Limits {
        wall_s: limits.wall.as_secs_f64(),
        cpu_s: limits.cpu.as_secs_f64(),
        memory_bytes: limits.memory_bytes,
        processes: limits.processes,
        disk_bytes: limits.disk_bytes,
        output_bytes: limits.output_bytes,
    }
}

pub fn toolchain(toolchain: common::Toolchain) -> Toolchain {
    let common::Toolchain { language, version, executable, roots, image } = toolchain;
    Toolchain { language, version, executable, roots, image }
}

pub fn toolchain_to_proto(toolchain: Toolchain) -> common::Toolchain {
    let Toolchain { language, version, executable, roots, image } = toolchain;
    common::Toolchain { language, version, executable, roots, image }
}

/// Reads how a job ended; `None` where it has not.
pub fn outcome(job: &proto::Job) -> Option<JobOutcome> {
    let end = end(&job.state)?;
    let resources = job.resources.as_ref().map(resources).unwrap_or_default();
    Some(JobOutcome { end, exit: (job.exit >= 0).then_some(job.exit), message: job.message.clone(), resources })
}

/// The wire has one CPU time: it is read as user time.
pub fn resources(resources: &common::JobResources) -> Resources {
    Resources {
        wall_s: resources.wall_s,
        cpu_user_s: resources.cpu_s,
        cpu_system_s: 0.0,
        peak_memory_bytes: resources.peak_memory_bytes,
        read_bytes: resources.read_bytes,
        written_bytes: resources.written_bytes,
        voluntary_switches: resources.voluntary_switches,
        involuntary_switches: resources.involuntary_switches,
    }
}

pub fn resources_to_proto(resources: &Resources) -> common::JobResources {
    common::JobResources {
        wall_s: resources.wall_s,
        cpu_s: resources.cpu_user_s + resources.cpu_system_s,
        peak_memory_bytes: resources.peak_memory_bytes,
        read_bytes: resources.read_bytes,
        written_bytes: resources.written_bytes,
        voluntary_switches: resources.voluntary_switches,
        involuntary_switches: resources.involuntary_switches,
    }
}

pub fn counterexample(found: common::Counterexample) -> Counterexample {
    let common::Counterexample { input, baseline, candidate, aspect, source } = found;
    Counterexample { input, baseline, candidate, aspect, source }
}

pub fn counterexample_to_proto(found: Counterexample) -> common::Counterexample {
    let Counterexample { input, baseline, candidate, aspect, source } = found;
    common::Counterexample { input, baseline, candidate, aspect, source }
}

/// Reads an update as what the runner said; `None` for what the jobs role says itself.
pub fn record(update: Update) -> Option<Record> {
    Some(match update {
        Update::Progress(proto::Progress { phase, done, total, note }) => Record::Progress { phase, done, total, note },
        Update::Decided(proto::Decided { candidate, same, reason, counterexample: found }) => {
            Record::Decided { candidate, same, reason, counterexample: found.map(counterexample) }
        }
        Update::Block(block) => Record::Block(self::block(block)),
        Update::Log(proto::LogLine { level, message }) => Record::Log { level, message },
        Update::Started(_) | Update::Finished(_) => return None,
    })
}

pub fn record_to_proto(record: Record) -> Update {
    match record {
        Record::Progress { phase, done, total, note } => Update::Progress(proto::Progress { phase, done, total, note }),
        Record::Decided { candidate, same, reason, counterexample } => {
            let counterexample = counterexample.map(counterexample_to_proto);
            Update::Decided(proto::Decided { candidate, same, reason, counterexample })
        }
        Record::Block(block) => Update::Block(block_to_proto(block)),
        Record::Log { level, message } => Update::Log(proto::LogLine { level, message }),
    }
}

fn block(block: proto::Block) -> Block {
    let both = |values: &[u64]| [values.first().copied().unwrap_or(0), values.get(1).copied().unwrap_or(0)];
    Block {
        startup_ns: both(&block.startup_ns),
        life_ns: both(&block.life_ns),
        series: block.series,
        index: block.index,
        baseline_first: block.baseline_first,
        pairs: block.pairs.iter().map(pair).collect(),
        clock: block.clock,
        disturbed_s: block.disturbed_s,
    }
}

fn block_to_proto(block: Block) -> proto::Block {
    proto::Block {
        series: block.series,
        index: block.index,
        baseline_first: block.baseline_first,
        pairs: block.pairs.iter().map(pair_to_proto).collect(),
        startup_ns: block.startup_ns.to_vec(),
        life_ns: block.life_ns.to_vec(),
        clock: block.clock,
        disturbed_s: block.disturbed_s,
    }
}

fn pair(pair: &proto::Pair) -> Pair {
    Pair {
        baseline_first: pair.baseline_first,
        baseline_cpu_ns: pair.baseline_cpu_ns,
        candidate_cpu_ns: pair.candidate_cpu_ns,
        baseline_wall_ns: pair.baseline_wall_ns,
        candidate_wall_ns: pair.candidate_wall_ns,
        baseline_queue_ns: pair.baseline_queue_ns,
        candidate_queue_ns: pair.candidate_queue_ns,
    }
}

fn pair_to_proto(pair: &Pair) -> proto::Pair {
    proto::Pair {
        baseline_first: pair.baseline_first,
        baseline_cpu_ns: pair.baseline_cpu_ns,
        candidate_cpu_ns: pair.candidate_cpu_ns,
        baseline_wall_ns: pair.baseline_wall_ns,
        candidate_wall_ns: pair.candidate_wall_ns,
        baseline_queue_ns: pair.baseline_queue_ns,
        candidate_queue_ns: pair.candidate_queue_ns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_survives_the_wire() {
        let pair = Pair {
            baseline_first: true,
            baseline_cpu_ns: 1,
            candidate_cpu_ns: 2,
            baseline_wall_ns: 3,
            candidate_wall_ns: 4,
            baseline_queue_ns: 5,
            candidate_queue_ns: 6,
        };
        let block = Block {
            series: "s".into(),
            index: 3,
            baseline_first: true,
            pairs: vec![pair],
            startup_ns: [7, 8],
            life_ns: [9, 10],
            clock: "cpu".into(),
            disturbed_s: 0.5,
        };
        let texts = || ("a".to_owned(), "b".to_owned());
        let found = Counterexample {
            input: "i".into(),
            baseline: "b".into(),
            candidate: "c".into(),
            aspect: "result".into(),
            source: "recorded".into(),
        };
        let records = [
            Record::Progress { phase: "p".into(), done: 1, total: 2, note: "n".into() },
            Record::Decided { candidate: "c".into(), same: false, reason: "r".into(), counterexample: Some(found) },
            Record::Block(block),
            Record::Log { level: texts().0, message: texts().1 },
        ];
        for sent in records {
            assert_eq!(record(record_to_proto(sent.clone())), Some(sent));
        }
    }

    #[test]
    fn limits_and_names_survive_the_wire() {
        assert_eq!(limits(&limits_to_proto(&Limits::standard())), Ok(Limits::standard()));
        assert!(KINDS.into_iter().all(|each| kind(each.name()) == Some(each)));
        assert_eq!((network("registries"), network("internet"), end("queued")), (Some(Network::Registries), None, None));
    }
}
