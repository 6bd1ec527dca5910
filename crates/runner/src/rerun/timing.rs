//! Timing by re-run: blocks of pairs of whole runs of the workloads, where what counts is the processor time
//! between entry and exit of the target's outermost calls.
//!
//! It serves blocks as [`crate::timing`] does. Every sample is a run of its own, in a fresh process and a fresh copy
//! of its side's tree; both sides of a block run under one hash seed.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::SmallRng, seq::SliceRandom};
use whetstone_core::{
    plan::{
        TimingResult,
        rerun::RerunTimingPlan,
        timing::{Explored, Trial},
    },
    record::{Block, Pair, Record},
};
use whetstone_measure::interval::median;

use super::{
    sample::{Sample, measure},
    workloads::Workloads,
};
use crate::{
    Channel, RunnerError, bytecode,
    sides::Side,
    start::Options,
    timing::{TIME_IS_UP, candidates, clock_step_ns, machine, next_asked},
};

/// Most runs of the workloads that one sample may need to be long enough.
const MOST_REPEATED: u32 = 10;
/// Share of the time between entry and exit that may be the stopwatch's own.
const MOST_OWN: f64 = 0.5;
/// Most pairs of a block, and about how long one may take in seconds.
const MOST_PAIRS: u32 = 5;
const BLOCK_S: f64 = 8.0;
/// Blocks that a comparison of usual length takes.
const USUAL_BLOCKS: f64 = 12.0;

/// Carries out a plan of timing by re-run.
///
/// # Errors
/// If the target can't be timed like this, the workload is too long for it, or the baseline fails.
pub fn run(plan: &RerunTimingPlan, options: &Options, channel: &Channel) -> Result<TimingResult, RunnerError> {
    let began = Instant::now();
    let mut workloads = Workloads::new(&plan.start, &plan.commands, &plan.target, plan.timeout_s, (options, channel))?;
    let (candidate_of, edits) = candidates(plan.series.iter().map(|series| series.edits.as_slice()));
    let sides: Result<Vec<Side>, _> = edits.iter().map(|edits| workloads.sides.side(edits)).collect();
    let sides = sides.map_err(RunnerError::io("making the side trees"))?;
    bytecode::compile(&plan.start, &mut workloads.sides, &sides, &plan.target.file).map_err(RunnerError::io("compiling the sides"))?;
    let ground = Ground::explore(plan, &mut workloads)?;
    let mut service = Service {
        plan,
        workloads,
        ground,
        sides,
        candidate_of,
        given: vec![0; plan.series.len()],
        taken: 0,
        blocks: Vec::new(),
        failed: Vec::new(),
        phases: BTreeMap::from([("calibrate", began.elapsed().as_secs_f64())]),
    };
    service.serve(began + Duration::from_secs_f64(plan.wall_limit_s.max(0.0)))?;
    Ok(service.result())
}

/// What is known of the baseline before the first block.
struct Ground {
    /// Commands that call the target.
    commands: Vec<usize>,
    /// Runs of each in one sample.
    repeated: u32,
    pairs: u32,
    sample: Sample,
}

impl Ground {
    /// Runs each command once with the baseline.
    fn explore(plan: &RerunTimingPlan, workloads: &mut Workloads<'_>) -> Result<Self, RunnerError> {
        let baseline = workloads.sides.baseline();
        let (mut commands, mut sample) = (Vec::new(), Sample::default());
        for number in 0..plan.commands.len() {
            let one = measure(workloads, &baseline, number, 0)?;
            if !one.kind.is_empty() {
                let reason =
                    format!("a {} can't be timed in the running workload: what its consumer does in between would count", one.kind);
                return Err(RunnerError::Failed(reason));
            }
            if one.calls > 0 {
                commands.push(number);
                sample.add(one);
            }
        }
        if commands.is_empty() {
            return Err(RunnerError::Failed("no call of the target was seen while the workload ran".into()));
        }
        if sample.own_least_ns * sample.calls as f64 > MOST_OWN * sample.target_ns as f64 {
            let reason = "its calls are so short that most of their time in the running workload is the stopwatch's own";
            return Err(RunnerError::Failed(reason.into()));
        }
        let repeated = (plan.sample_ms * 1e6 / sample.net_ns(sample.own_least_ns) as f64).ceil().max(1.0);
        if repeated > f64::from(MOST_REPEATED) {
            let spent = sample.target_ns as f64 / 1e6;
            return Err(RunnerError::Failed(format!("the workload spends {spent:.2} ms in the target: too little to be timed in it")));
        }
        let run_s = repeated * sample.wall_ns as f64 / 1e9;
        let pair_s = 2.0 * run_s;
        if f64::from(plan.least_blocks) * pair_s > plan.wall_limit_s {
            let reason = format!(
                "one run of the workload takes {run_s:.0} s: too long for {} blocks of both sides within {:.0} s",
                plan.least_blocks, plan.wall_limit_s
            );
            return Err(RunnerError::Failed(reason));
        }
        let affordable = (BLOCK_S / pair_s).min(plan.wall_limit_s / (USUAL_BLOCKS * pair_s));
        let pairs = (affordable as u32).clamp(1, MOST_PAIRS);
        Ok(Self { commands, repeated: repeated as u32, pairs, sample })
    }

    /// What may be left of the stopwatch's own time once the least that it takes is taken away, as a share of a sample.
    fn harness_share(&self) -> f64 {
        let Sample { own_ns, own_least_ns, calls, .. } = self.sample;
        (own_ns - own_least_ns) * calls as f64 / self.sample.net_ns(own_least_ns) as f64
    }
}

/// Answers the controls of one plan.
struct Service<'a> {
    plan: &'a RerunTimingPlan,
    workloads: Workloads<'a>,
    ground: Ground,
    /// Distinct candidates; which of them a series times is in `candidate_of`.
    sides: Vec<Side>,
    candidate_of: Vec<usize>,
    given: Vec<u32>,
    taken: u64,
    blocks: Vec<Block>,
    failed: Vec<(String, String)>,
    phases: BTreeMap<&'static str, f64>,
}

impl Service<'_> {
    fn serve(&mut self, until: Instant) -> Result<(), RunnerError> {
        let channel = self.workloads.channel;
        channel.progress("ready", 0, 0, "");
        loop {
            let before = Instant::now();
            let asked = next_asked(channel, until);
            *self.phases.entry("wait").or_default() += before.elapsed().as_secs_f64();
            let Some(series) = asked else { return Ok(()) };
            // What waited already may be asked for late, and one block takes long here.
            if Instant::now() >= until {
                channel.log("warning", TIME_IS_UP);
                return Ok(());
            }
            self.take(&series)?;
        }
    }

    /// Takes one block of each named series that is open.
    fn take(&mut self, asked: &[String]) -> Result<(), RunnerError> {
        let is_open = |index: &usize| {
            let series = &self.plan.series[*index].name;
            asked.contains(series) && self.given[*index] < self.plan.max_blocks && !self.failed.iter().any(|(name, _)| name == series)
        };
        let open: Vec<usize> = (0..self.plan.series.len()).filter(is_open).collect();
        if open.is_empty() {
            // The service counts on an answer to every control.
            self.workloads.channel.progress("exhausted", 0, 0, &asked.join(", "));
            return Ok(());
        }
        let before = Instant::now();
        let mut candidates: Vec<usize> = open.iter().map(|index| self.candidate_of[*index]).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let taken = self.block(&candidates)?;
        for index in open {
            let name = self.plan.series[index].name.clone();
            match &taken[&self.candidate_of[index]] {
                Ok(block) => {
                    let block = Block { series: name, index: self.given[index], ..block.clone() };
                    self.given[index] += 1;
                    self.workloads.channel.send(&Record::Block(block.clone()));
                    self.blocks.push(block);
                }
                Err(reason) => {
                    let told = Record::Decided { candidate: name.clone(), same: false, reason: reason.clone(), counterexample: None };
                    self.workloads.channel.send(&told);
                    self.failed.push((name, reason.clone()));
                }
            }
        }
        *self.phases.entry("samples").or_default() += before.elapsed().as_secs_f64();
        Ok(())
    }

    /// One block of each candidate, with one run of the baseline for all of them in each round.
    fn block(&mut self, candidates: &[usize]) -> Result<BTreeMap<usize, Result<Block, String>>, RunnerError> {
        let mut random = SmallRng::seed_from_u64(self.plan.seed.rotate_left(21) ^ self.taken);
        self.taken += 1;
        let hash_seed: u32 = random.random();
        let disturbance = machine::Disturbance::now();
        let mut rounds: Vec<BTreeMap<Option<usize>, (usize, Sample)>> = Vec::new();
        let mut failed: BTreeMap<usize, String> = BTreeMap::new();
        for _ in 0..self.ground.pairs {
            let mut order: Vec<Option<usize>> = candidates.iter().copied().map(Some).chain([None]).collect();
            order.shuffle(&mut random);
            let mut round = BTreeMap::new();
            for (place, contestant) in order.into_iter().enumerate() {
                let Some(candidate) = contestant else {
                    round.insert(None, (place, self.sample(&self.workloads.sides.baseline(), hash_seed)?));
                    continue;
                };
                if failed.contains_key(&candidate) {
                    continue;
                }
                match self.sample(&self.sides[candidate].clone(), hash_seed) {
                    Ok(sample) => {
                        round.insert(contestant, (place, sample));
                    }
                    Err(error) => {
                        failed.insert(candidate, error.to_string());
                    }
                }
            }
            rounds.push(round);
        }
        let disturbed_s = machine::Disturbance::now().since(&disturbance);
        let one = |candidate: usize| match failed.get(&candidate) {
            Some(reason) => Err(reason.clone()),
            None => self.joined(&rounds, candidate).map(|block| Block { disturbed_s, ..block }),
        };
        Ok(candidates.iter().map(|candidate| (*candidate, one(*candidate))).collect())
    }

    fn sample(&mut self, side: &Side, hash_seed: u32) -> Result<Sample, RunnerError> {
        let mut sample = Sample::default();
        for number in self.ground.commands.clone() {
            for _ in 0..self.ground.repeated {
                sample.add(measure(&mut self.workloads, side, number, hash_seed)?);
            }
        }
        Ok(sample)
    }

    /// The pairs of one candidate, or why it fails.
    fn joined(&self, rounds: &[BTreeMap<Option<usize>, (usize, Sample)>], candidate: usize) -> Result<Block, String> {
        let own_ns = self.ground.sample.own_least_ns;
        // What the baseline itself varies in is nobody's fault.
        let mut usual = rounds.iter().filter_map(|round| round.get(&None)).map(|(_, sample)| (sample.calls, &sample.exits));
        let first_usual = usual.next();
        let steady = usual.all(|one| Some(one) == first_usual)
            && first_usual.is_none_or(|(calls, _)| calls == self.ground.sample.calls * u64::from(self.ground.repeated));
        let (mut pairs, mut rests, mut lives, mut first) = (Vec::new(), [Vec::new(), Vec::new()], [0, 0], Vec::new());
        for round in rounds {
            let (Some((ours_at, ours)), Some((theirs_at, theirs))) = (round.get(&None), round.get(&Some(candidate))) else { continue };
            if steady && theirs.exits != ours.exits {
                return Err(format!(
                    "while it was timed the workload ended with status {:?}, and with {:?} before",
                    theirs.exits, ours.exits
                ));
            }
            if steady && theirs.calls != ours.calls {
                return Err(format!(
                    "while it was timed the workload made {} calls of the target, and {} before",
                    theirs.calls, ours.calls
                ));
            }
            first.push(ours_at < theirs_at);
            pairs.push(Pair {
                baseline_first: ours_at < theirs_at,
                baseline_cpu_ns: ours.net_ns(own_ns),
                candidate_cpu_ns: theirs.net_ns(own_ns),
                baseline_wall_ns: ours.wall_ns,
                candidate_wall_ns: theirs.wall_ns,
                baseline_queue_ns: 0,
                candidate_queue_ns: 0,
            });
            for (side, sample) in [ours, theirs].into_iter().enumerate() {
                rests[side].push(sample.rest_ns() as f64);
                lives[side] += sample.whole_ns;
            }
        }
        Ok(Block {
            series: String::new(),
            index: 0,
            baseline_first: first.first().copied().unwrap_or_default(),
            pairs,
            startup_ns: rests.map(|rest| median(&rest) as u64),
            life_ns: lives,
            clock: "cpu".into(),
            disturbed_s: 0.0,
        })
    }

    fn result(self) -> TimingResult {
        let Ground { repeated, sample, .. } = &self.ground;
        let (calls, share) = (sample.calls * u64::from(*repeated), self.ground.harness_share());
        let sample_ms = sample.net_ns(sample.own_least_ns) as f64 * f64::from(*repeated) / 1e6;
        TimingResult {
            calls: self.plan.series.iter().map(|series| (series.name.clone(), calls)).collect(),
            calls_per_sample: calls,
            sample_ms,
            harness_share: share,
            unknown_share: 0.0,
            in_workload: true,
            warm_up: 0,
            failed: self.failed,
            machine: machine::describe(clock_step_ns()),
            phases: self.phases.into_iter().map(|(phase, seconds)| (phase.to_owned(), seconds)).collect(),
            explored: Explored {
                trial: Trial { clock: "cpu".into(), sample_ms, harness_share: share, ..Trial::default() },
                ..Explored::default()
            },
            blocks: self.blocks,
        }
    }
}
