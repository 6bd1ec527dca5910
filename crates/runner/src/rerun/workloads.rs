//! Runs of the workloads under an instrument: what each wrote is taken into memory and removed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use whetstone_core::{
    plan::{JOB_OUT, Start, WorkloadPlan, workload::Instrument},
    target::TargetSite,
};

use super::seen;
use crate::{
    Channel, RunnerError, SCRATCH,
    sides::{self, Side, Sides},
    start::Options,
    workload::{Ran, Run},
};

/// The commands of a plan with everything that they run with.
pub struct Workloads<'a> {
    pub start: &'a Start,
    pub commands: &'a [String],
    pub target: &'a TargetSite,
    pub timeout_s: f64,
    pub options: &'a Options,
    pub channel: &'a Channel,
    pub sides: Sides,
    outputs: PathBuf,
    runs: u64,
}

impl<'a> Workloads<'a> {
    /// Copies the job's tree.
    ///
    /// # Errors
    /// If the scratch is full.
    pub fn new(
        start: &'a Start,
        commands: &'a [String],
        target: &'a TargetSite,
        timeout_s: f64,
        (options, channel): (&'a Options, &'a Channel),
    ) -> Result<Self, RunnerError> {
        let sides = Sides::prepare(Path::new(SCRATCH)).map_err(RunnerError::io("copying the tree"))?;
        let outputs = Path::new(JOB_OUT).join("harness");
        Ok(Self { start, commands, target, timeout_s, options, channel, sides, outputs, runs: 0 })
    }

    /// Runs one command with a side; `read` takes what it wrote.
    ///
    /// # Errors
    /// If it cannot be started, or prints more than it may.
    pub fn run<T>(
        &mut self,
        side: &Side,
        number: usize,
        hash_seed: u32,
        instrument: Instrument,
        read: impl FnOnce(&Path) -> T,
    ) -> Result<(Ran, T), RunnerError> {
        let command = &self.commands[number];
        self.channel.progress("re-run", self.runs, 0, command);
        self.runs += 1;
        fs::create_dir_all(&self.outputs).map_err(RunnerError::io("making the folder for what is seen"))?;
        let observed = WorkloadPlan {
            start: self.start.clone(),
            command: command.clone(),
            instrument,
            targets: vec![self.target.clone()],
            edits: Vec::new(),
            timeout_s: self.timeout_s,
            hash_seed,
            report_tests: false,
        };
        let mut run = Run::plain(self.start, command, self.timeout_s, self.options);
        run.hash_seed = Some(hash_seed);
        run.observed = Some(&observed);
        let ran = run.once(&mut self.sides, side);
        let found = read(&self.outputs);
        if !seen::names(&self.outputs, ("failed-", ".txt")).is_empty() {
            self.channel.log("warning", format!("the instrument failed in a process of `{command}`"));
        }
        sides::remove(&self.outputs);
        Ok((ran?, found))
    }
}
