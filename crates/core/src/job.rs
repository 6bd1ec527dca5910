//! Jobs: executions of untrusted code.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Digest, plan::Plan};

/// Everything that decides what a job does. Two jobs with one key are one job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobSpec {
    /// Idempotency key: equal keys answer with the first job's outcome. Made of the stage's request
    /// id and what the job is for.
    pub key: String,
    pub kind: JobKind,
    pub organisation: String,
    pub repository: String,
    pub run: String,
    pub toolchain: Toolchain,
    pub inputs: Vec<Input>,
    pub plan: Plan,
    pub limits: Limits,
    pub network: Network,
    /// Runs alone on the machine's cores: the timing lease is held for the job's life.
    pub timing: bool,
}

/// What a job is for; limits, metrics and prices go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    Prepare,
    Workload,
    Profile,
    Record,
    Generate,
    Behaviour,
    Timing,
    Program,
}

impl JobKind {
    /// The kind's name as in metrics and the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Workload => "workload",
            Self::Profile => "profile",
            Self::Record => "record",
            Self::Generate => "generate",
            Self::Behaviour => "behaviour",
            Self::Timing => "timing",
            Self::Program => "program",
        }
    }
}

/// A language's interpreter as found on this machine or in an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain {
    /// `python`, ...
    pub language: String,
    /// Full version, such as `3.11.7`.
    pub version: String,
    /// Absolute path of the interpreter.
    pub executable: String,
    /// Host folders that hold the toolchain and are mounted read-only at the same path.
    pub roots: Vec<String>,
    /// Image reference; empty on one machine.
    pub image: String,
}

/// An artifact that a job reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    pub artifact: Digest,
    /// A tree is unpacked (and shared, read-only, by every job that reads it); a file is not.
    pub is_tree: bool,
    /// Absolute path in the job.
    pub mount: String,
}

/// Limits of one job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub wall: Duration,
    pub cpu: Duration,
    pub memory_bytes: u64,
    pub processes: u32,
    /// Bytes that the job may write, in its scratch and its output together.
    pub disk_bytes: u64,
    /// Bytes of `/job/out`.
    pub output_bytes: u64,
}

impl Limits {
    /// Limits that fit most jobs: 10 minutes, 4 GiB, 256 processes.
    pub fn standard() -> Self {
        Self {
            wall: Duration::from_secs(600),
            cpu: Duration::from_secs(1200),
            memory_bytes: 4 << 30,
            processes: 256,
            disk_bytes: 4 << 30,
            output_bytes: 1 << 30,
        }
    }
}

/// What of the network a job reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    None,
    /// The package registries, through the jobs role's proxy; for prepare jobs alone.
    Registries,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobEnd {
    Succeeded,
    Failed,
    TimedOut,
    OutOfMemory,
    OutputTooLarge,
    Cancelled,
    /// The sandbox or its machine went away; such a job is tried again.
    Lost,
}

impl JobEnd {
    pub const ALL: [Self; 7] =
        [Self::Succeeded, Self::Failed, Self::TimedOut, Self::OutOfMemory, Self::OutputTooLarge, Self::Cancelled, Self::Lost];

    /// The end's name as in the store, metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::OutOfMemory => "out_of_memory",
            Self::OutputTooLarge => "output_too_large",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
        }
    }
}

/// What a job did and used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobOutcome {
    pub end: JobEnd,
    /// The runner's exit status, where it exited.
    pub exit: Option<i32>,
    /// The last lines of the runner's own standard error, or why the job was ended.
    pub message: String,
    pub resources: Resources,
}

/// What a job used, all of its processes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    pub wall_s: f64,
    pub cpu_user_s: f64,
    pub cpu_system_s: f64,
    pub peak_memory_bytes: u64,
    pub read_bytes: u64,
    pub written_bytes: u64,
    pub voluntary_switches: u64,
    pub involuntary_switches: u64,
}
