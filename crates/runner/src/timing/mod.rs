//! Timing: serves blocks of paired samples until the service has seen enough (gate 4).
//!
//! The clocks are read here, outside the workers. Everything that decides what a sample holds comes
//! from the baseline; a candidate only ever gets calls to make. A candidate that fails, uses CPU
//! that no sample explains, or gives another outcome than the baseline while it is timed, fails its
//! series: that is told at once by a [`Record::Decided`] under the series' name.

mod blocks;
mod calibrate;
mod calls;
pub mod machine;
mod perturb;
mod pickle;
mod sequence;
mod side;
mod trouble;

use std::{
    collections::BTreeMap,
    fs::File,
    io::BufReader,
    path::Path,
    time::{Duration, Instant},
};

use whetstone_core::{
    cases::{self, Case},
    plan::{
        CASES_INPUT, FileEdit, TimingPlan, TimingResult,
        timing::{Trial, Values},
    },
    record::{Block, Control, Record},
};

pub use self::calibrate::clock_step_ns;
use self::{
    blocks::{Asked, Setting, Taken},
    calibrate::{Ground, Lane},
    trouble::Ledger,
};
use crate::{Channel, RunnerError, SCRATCH, bytecode, sides::Sides, worker::Limits};

/// Carries out a timing plan on the job's inputs.
///
/// # Errors
/// If an input cannot be read, no case can be timed, or the baseline fails.
pub fn run(plan: &TimingPlan, channel: &Channel) -> Result<TimingResult, RunnerError> {
    let file = File::open(CASES_INPUT).map_err(RunnerError::io(format!("reading {CASES_INPUT}")))?;
    let cases = cases::read(BufReader::new(file)).map_err(RunnerError::io(format!("reading {CASES_INPUT}")))?;
    let mut sides = Sides::prepare(Path::new(SCRATCH)).map_err(RunnerError::io("making the side trees"))?;
    serve(plan, &mut sides, &cases, &Limits::default(), channel)
}

/// Carries out a timing plan on given sides and cases.
///
/// # Errors
/// If no case can be timed, or the baseline fails.
pub fn serve(
    plan: &TimingPlan,
    sides: &mut Sides,
    cases: &[Case],
    limits: &Limits,
    channel: &Channel,
) -> Result<TimingResult, RunnerError> {
    let began = Instant::now();
    let baseline = sides.baseline();
    let (series, edits) = candidates(plan.series.iter().map(|series| series.edits.as_slice()));
    let candidate_sides: Result<Vec<_>, _> = edits.iter().map(|edits| sides.side(edits)).collect();
    let candidate_sides = candidate_sides.map_err(RunnerError::io("making the side trees"))?;
    bytecode::compile(&plan.start, sides, &candidate_sides, &plan.target.file).map_err(RunnerError::io("compiling the sides"))?;
    channel.progress("calibrate", 0, 0, "");
    let ground = Ground::explore(plan, &baseline, cases, limits)?;
    for dropped in &ground.dropped {
        channel.log("info", format!("a case is not timed: {dropped}"));
    }
    let mut lanes: Vec<Lane> = Vec::new();
    let lane_of: Vec<Option<usize>> =
        plan.series.iter().map(|series| lane_for(&mut lanes, &ground, plan, series.sizes, series.values)).collect();
    let main = lane_of.iter().flatten().min().copied();
    let main = main.ok_or_else(|| RunnerError::Plan("no recorded case has a size that a series asks for".into()))?;
    let clock_step_ns = calibrate::clock_step_ns();
    let trial = match plan.explored.as_ref().filter(|_| ground.is_recalled) {
        Some(explored) => explored.trial.clone(),
        None => calibrate::trial(plan, &baseline, &ground, &lanes[main], clock_step_ns, limits)?,
    };
    lanes.iter_mut().for_each(|lane| lane.fix_pairs(&trial));
    let setting =
        Setting { plan, ground: &ground, lanes: &lanes, baseline: &baseline, candidates: &candidate_sides, clock: &trial.clock, limits };
    let mut service = Service::new(setting, channel, series, lane_of);
    service.spend("calibrate", began.elapsed());
    service.refuse_series_without_cases();
    service.serve(began + Duration::from_secs_f64(plan.wall_limit_s.max(0.0)))?;
    Ok(service.result(&trial, main, clock_step_ns))
}

/// Distinct candidates of a plan: for each of its series the index of its candidate, and their edits.
pub fn candidates<'a>(series: impl Iterator<Item = &'a [FileEdit]>) -> (Vec<usize>, Vec<&'a [FileEdit]>) {
    let mut edits: Vec<&[FileEdit]> = Vec::new();
    let indexes = series.map(|own| {
        edits.iter().position(|known| *known == own).unwrap_or_else(|| {
            edits.push(own);
            edits.len() - 1
        })
    });
    (indexes.collect(), edits)
}

/// What ends a timing plan before the service does.
pub const TIME_IS_UP: &str = "the time for timing is up";

/// The series of which the service asks for a block; `None` once it has enough or the time is up.
pub fn next_asked(channel: &Channel, until: Instant) -> Option<Vec<String>> {
    match channel.control(until.saturating_duration_since(Instant::now())) {
        Some(Control::Continue { series }) => Some(series),
        Some(Control::Finish) => None,
        None => {
            channel.log("warning", TIME_IS_UP);
            None
        }
    }
}

fn lane_for(lanes: &mut Vec<Lane>, ground: &Ground, plan: &TimingPlan, sizes: Option<(u64, u64)>, values: Values) -> Option<usize> {
    if let Some(index) = lanes.iter().position(|lane| lane.serves(sizes, values)) {
        return Some(index);
    }
    lanes.push(ground.lane(plan, sizes, values)?);
    Some(lanes.len() - 1)
}

/// Answers the controls of one plan.
struct Service<'a> {
    setting: Setting<'a>,
    channel: &'a Channel,
    candidate_of: Vec<usize>,
    lane_of: Vec<Option<usize>>,
    given: Vec<u32>,
    taken: u64,
    blocks: Vec<Block>,
    failed: Vec<(String, String)>,
    /// By candidate.
    ledgers: BTreeMap<usize, Ledger>,
    phases: BTreeMap<&'static str, f64>,
}

impl<'a> Service<'a> {
    fn new(setting: Setting<'a>, channel: &'a Channel, candidate_of: Vec<usize>, lane_of: Vec<Option<usize>>) -> Self {
        let given = vec![0; candidate_of.len()];
        Self {
            setting,
            channel,
            candidate_of,
            lane_of,
            given,
            taken: 0,
            blocks: Vec::new(),
            failed: Vec::new(),
            ledgers: BTreeMap::new(),
            phases: BTreeMap::new(),
        }
    }

    fn refuse_series_without_cases(&mut self) {
        for (index, series) in self.setting.plan.series.iter().enumerate() {
            if self.lane_of[index].is_none() {
                self.fail(series.name.clone(), "no recorded case has a size in its range".into());
            }
        }
    }

    /// Takes blocks as told, until told to finish or the time is up.
    fn serve(&mut self, until: Instant) -> Result<(), RunnerError> {
        self.channel.progress("ready", 0, 0, "");
        loop {
            let before = Instant::now();
            let asked = next_asked(self.channel, until);
            self.spend("wait", before.elapsed());
            let Some(series) = asked else { return Ok(()) };
            self.take(&series)?;
        }
    }

    fn take(&mut self, names: &[String]) -> Result<(), RunnerError> {
        let plan = self.setting.plan;
        let mut asked = Vec::new();
        for (index, series) in plan.series.iter().enumerate() {
            let is_open = self.given[index] < plan.max_blocks && !self.failed.iter().any(|(name, _)| *name == series.name);
            if let (true, true, Some(lane)) = (names.contains(&series.name), is_open, self.lane_of[index]) {
                asked.push(Asked { name: &series.name, candidate: self.candidate_of[index], lane, index: self.given[index] });
                self.given[index] += 1;
            }
        }
        if asked.is_empty() {
            // The service counts on an answer to every control.
            self.channel.progress("exhausted", 0, 0, &names.join(", "));
            return Ok(());
        }
        let Taken { mut blocks, mut failed, accounts, phases } = blocks::take(&self.setting, &asked, self.taken)?;
        for (candidate, [baseline, own]) in accounts {
            let reason = self.ledgers.entry(candidate).or_default().unexplained(&baseline, &own);
            failed.extend(reason.map(|reason| (candidate, reason)));
        }
        self.taken += 1;
        phases.into_iter().for_each(|(phase, seconds)| self.spend(phase, Duration::from_secs_f64(seconds)));
        for (candidate, reason) in failed {
            for index in (0..self.candidate_of.len()).filter(|index| self.candidate_of[*index] == candidate).collect::<Vec<_>>() {
                self.fail(plan.series[index].name.clone(), reason.clone());
            }
        }
        blocks.retain(|block| !self.failed.iter().any(|(name, _)| *name == block.series));
        for block in blocks {
            self.channel.send(&Record::Block(block.clone()));
            self.blocks.push(block);
        }
        Ok(())
    }

    fn fail(&mut self, series: String, reason: String) {
        self.channel.send(&Record::Decided { candidate: series.clone(), same: false, reason: reason.clone(), counterexample: None });
        self.failed.push((series, reason));
    }

    fn spend(&mut self, phase: &'static str, time: Duration) {
        *self.phases.entry(phase).or_default() += time.as_secs_f64();
    }

    fn result(self, trial: &Trial, main: usize, clock_step_ns: u64) -> TimingResult {
        let lane = &self.setting.lanes[main];
        let length = |lane: &Option<usize>| lane.map_or(0, |lane| self.setting.lanes[lane].sequence.len() as u64);
        let calls = self.setting.plan.series.iter().zip(&self.lane_of).map(|(series, lane)| (series.name.clone(), length(lane)));
        TimingResult {
            calls: calls.collect(),
            calls_per_sample: lane.sequence.len() as u64,
            sample_ms: trial.sample_ms,
            harness_share: trial.harness_share,
            explored: self.setting.ground.explored(trial.clone()),
            unknown_share: self.setting.ground.unknown_share(lane),
            in_workload: false,
            warm_up: calibrate::WARM_UP,
            failed: self.failed,
            machine: machine::describe(clock_step_ns),
            phases: self.phases.into_iter().map(|(phase, seconds)| (phase.to_owned(), seconds)).collect(),
            blocks: self.blocks,
        }
    }
}
