//! What the baseline alone decides before the first block: usable cases, unknown values, samples.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use whetstone_core::{
    cases::{Case, CaseMode},
    plan::{
        TimingPlan,
        timing::{Explored, Trial, Values},
    },
};
use whetstone_measure::block;

use super::{
    calls::{self, Form, Material},
    perturb::{Level, Named, Perturbation},
    sequence::{Sequence, Weighted},
    side::{Path as CallPath, Sample, TimedWorker},
    trouble::baseline_failed,
};
use crate::{
    RunnerError,
    sides::Side,
    worker::{Limits, WorkerError},
};

/// Most cases that are timed; more are thinned out evenly and weigh the more.
const MOST_CASES: usize = 300;
/// States that callers set up for the calls of one sample.
const MOST_STATES: usize = 8;
/// Seconds for one pass over all cases under a tracer, and for finding their costs.
const TRACED_SECONDS: f64 = 1.0;
/// Weaker levels are not tried once the stronger ones have taken this long.
const LEVELS_TIME: Duration = Duration::from_secs(5);
/// Samples that a worker makes before its first pair.
pub const WARM_UP: u32 = 2;
/// Pairs of series that only look at a part, or at known values, unless the plan says otherwise.
const PART_PAIRS: u32 = 5;

/// The cases with everything that samples are made of.
pub struct Ground {
    /// Ids of the cases that the lists below follow.
    ids: Vec<String>,
    pub materials: Vec<Material>,
    /// How lazy results are used up, in the harness's own word.
    consume: u8,
    /// Inputs whose states the calls find; every sample starts from the first.
    states: Vec<Vec<u8>>,
    state_of: Vec<u8>,
    sizes: Vec<u64>,
    weights: Vec<Weighted>,
    named: Named,
    level: Option<Level>,
    /// Whether the baseline takes the same path with the case's perturbed values.
    bears: Vec<bool>,
    /// Whether the baseline gives the same outcome in another process, so that sides can be compared.
    repeats: Vec<bool>,
    pub dropped: Vec<String>,
    /// Whether an earlier plan has found all of this out.
    pub is_recalled: bool,
}

/// The sequence that a series is timed on; series with the same choice of cases share it.
pub struct Lane {
    sizes: Option<(u64, u64)>,
    values: Values,
    pub sequence: Sequence,
    pub pairs: u32,
}

impl Ground {
    /// Loads the recorded cases that can be timed, with a baseline worker.
    ///
    /// # Errors
    /// If no case can be timed, or the baseline's worker fails.
    pub fn explore(plan: &TimingPlan, baseline: &Side, cases: &[Case], limits: &Limits) -> Result<Self, RunnerError> {
        let chosen = choose(cases);
        if chosen.is_empty() {
            return Err(RunnerError::Plan("none of the target's recorded cases can be replayed, so it cannot be timed by itself".into()));
        }
        let mut worker = start(plan, baseline, limits)?;
        let inputs: Vec<&[u8]> = chosen.iter().map(|(case, _)| case.input.as_slice()).collect();
        let materials = worker.load(&inputs).map_err(baseline_failed)?;
        if materials.len() != chosen.len() {
            return Err(RunnerError::Failed("the baseline's worker answered for another number of cases than it was given".into()));
        }
        let source = std::fs::read_to_string(Path::new(&baseline.root).join(&plan.target.file)).unwrap_or_default();
        let mut ground = Self::of(&chosen, materials, Named::in_source(&source));
        if ground.materials.is_empty() {
            let reasons = ground.dropped.join("; ");
            return Err(RunnerError::Plan(format!("no recorded case can be built again for timing: {reasons}")));
        }
        if plan.explored.as_ref().is_some_and(|explored| ground.recall(explored)) {
            worker.stop();
            return Ok(ground);
        }
        worker.take_skeletons(&ground.skeletons()).map_err(baseline_failed)?;
        ground.find_costs(&mut worker)?;
        ground.find_level(&mut worker, plan.seed)?;
        let kept = ground.outcomes(&mut worker, plan.seed)?;
        worker.stop();
        let mut again = start(plan, baseline, limits)?;
        again.take_skeletons(&ground.skeletons()).map_err(baseline_failed)?;
        let repeated = ground.outcomes(&mut again, plan.seed)?;
        again.stop();
        ground.repeats = kept.iter().zip(&repeated).map(|(first, second)| first == second).collect();
        Ok(ground)
    }

    fn of(chosen: &[(&Case, f64)], materials: Vec<Material>, named: Named) -> Self {
        let mut ground = Self {
            ids: Vec::new(),
            materials: Vec::new(),
            consume: 0,
            states: Vec::new(),
            state_of: Vec::new(),
            sizes: Vec::new(),
            weights: Vec::new(),
            named,
            level: None,
            bears: Vec::new(),
            repeats: Vec::new(),
            dropped: Vec::new(),
            is_recalled: false,
        };
        let mut told: Vec<Vec<u8>> = Vec::new();
        for ((case, weight), material) in chosen.iter().zip(materials) {
            if material.form == Form::Unusable {
                ground.dropped.push(format!("{}: {}", case.header.id, String::from_utf8_lossy(&material.skeleton)));
                continue;
            }
            if !told.contains(&material.state) {
                told.push(material.state.clone());
                ground.states.push(case.input.clone());
            }
            let (call_ns, bytes) = ((case.header.elapsed_ns as f64).max(50.0), material.bytes());
            ground.weights.push(Weighted { weight: *weight, call_ns, bytes });
            ground.ids.push(case.header.id.clone());
            ground.materials.push(material);
            ground.sizes.push(case.header.size);
        }
        ground.bears = vec![false; ground.materials.len()];
        if told.len() > MOST_STATES || told.iter().any(|state| state == calls::LARGE) {
            // What differs with nearly every call is changed by the calls themselves.
            ground.states.truncate(1);
            told.truncate(1);
        }
        let place = |material: &Material| told.iter().position(|state| *state == material.state).unwrap_or(0);
        ground.state_of = ground.materials.iter().map(|material| u8::try_from(place(material)).unwrap_or(0)).collect();
        ground
    }

    /// Takes over what an earlier plan found out, if it is about the same cases.
    fn recall(&mut self, explored: &Explored) -> bool {
        let count = self.ids.len();
        let is_whole = [explored.call_ns.len(), explored.bears.len(), explored.repeats.len()] == [count; 3];
        let level = explored.level.map(|number| Level::ALL.get(usize::from(number)).copied());
        if explored.cases != self.ids || !is_whole || level == Some(None) {
            return false;
        }
        self.level = level.flatten();
        self.consume = explored.consume;
        self.bears.clone_from(&explored.bears);
        self.repeats.clone_from(&explored.repeats);
        for (weighted, call_ns) in self.weights.iter_mut().zip(&explored.call_ns) {
            weighted.call_ns = *call_ns;
        }
        self.is_recalled = true;
        true
    }

    /// What a later plan need not find out again.
    pub fn explored(&self, trial: Trial) -> Explored {
        let number = |level: Level| Level::ALL.iter().position(|known| *known == level).and_then(|index| u8::try_from(index).ok());
        Explored {
            cases: self.ids.clone(),
            call_ns: self.weights.iter().map(|case| case.call_ns).collect(),
            bears: self.bears.clone(),
            repeats: self.repeats.clone(),
            level: self.level.and_then(number),
            consume: self.consume,
            trial,
        }
    }

    /// The message with which a fresh worker takes the ground over.
    pub fn skeletons(&self) -> Vec<u8> {
        calls::skeletons(self.consume, &self.states, &self.materials, &self.state_of)
    }

    fn each_once(&self) -> Vec<u8> {
        calls::build(self.materials.iter().enumerate().map(|(index, case)| (index, case.leaves.as_slice())))
    }

    /// Takes the least of three costs of each case; a case that was not reached keeps the recorded one. How lazy results
    /// are used up is learned before: a generator that nobody asks for an item costs next to nothing.
    fn find_costs(&mut self, worker: &mut TimedWorker) -> Result<(), RunnerError> {
        let mut least: Vec<Option<u64>> = vec![None; self.materials.len()];
        let mut rounds = 0;
        while rounds < 3 {
            worker.build(&self.each_once()).map_err(baseline_failed)?;
            let found = worker.costs(TRACED_SECONDS).map_err(baseline_failed)?;
            if found.consume != self.consume {
                self.consume = found.consume;
                continue;
            }
            rounds += 1;
            for (least, cost) in least.iter_mut().zip(found.costs) {
                *least = least.iter().copied().chain(cost).min();
            }
        }
        for (weighted, cost) in self.weights.iter_mut().zip(least) {
            weighted.call_ns = cost.map_or(weighted.call_ns, |cost| (cost as f64).max(50.0));
        }
        Ok(())
    }

    /// Chooses the level under which the greatest share of the time is spent on unknown values.
    fn find_level(&mut self, worker: &mut TimedWorker, seed: u64) -> Result<(), RunnerError> {
        worker.build(&self.each_once()).map_err(baseline_failed)?;
        let own = worker.paths(TRACED_SECONDS).map_err(baseline_failed)?;
        let total: f64 = self.weights.iter().map(|case| case.weight * case.call_ns).sum();
        let mut best = 0.0;
        let until = Instant::now() + LEVELS_TIME;
        for level in Level::ALL {
            if Instant::now() > until {
                break;
            }
            let bears = self.borne(worker, level, seed, &own)?;
            let share: f64 =
                self.weights.iter().zip(&bears).filter(|(_, bears)| **bears).map(|(case, _)| case.weight * case.call_ns / total).sum();
            if share > best {
                (best, self.level, self.bears) = (share, Some(level), bears);
            }
            if best >= 0.95 {
                break;
            }
        }
        Ok(())
    }

    /// Tells for each case whether its values change and the baseline's path does not, twice.
    fn borne(&self, worker: &mut TimedWorker, level: Level, seed: u64, own: &[Option<CallPath>]) -> Result<Vec<bool>, RunnerError> {
        let mut bears: Vec<bool> = own.iter().map(Option::is_some).collect();
        for draw in 0..2 {
            if !bears.contains(&true) {
                break;
            }
            let perturbation = Perturbation::new(level, &self.named, mix(seed, draw));
            let mut leaves: Vec<Vec<u8>> = self.materials.iter().map(|case| case.perturbed(&perturbation)).collect();
            self.build_where_possible(worker, &mut leaves)?;
            let paths = worker.paths(TRACED_SECONDS).map_err(baseline_failed)?;
            for (index, bears) in bears.iter_mut().enumerate() {
                let changed = leaves[index] != self.materials[index].leaves;
                let path = paths.get(index).and_then(Option::as_ref);
                *bears &= changed && own[index].as_ref().zip(path).is_some_and(|(own, path)| own.is_like(path));
            }
        }
        Ok(bears)
    }

    /// Builds a call of each case; one that has no form with its changed values, as an array has none of an
    /// unknown type code, takes its own.
    fn build_where_possible(&self, worker: &mut TimedWorker, leaves: &mut [Vec<u8>]) -> Result<(), RunnerError> {
        let all = |leaves: &[Vec<u8>]| calls::build(leaves.iter().map(Vec::as_slice).enumerate());
        match worker.build(&all(leaves)) {
            Err(WorkerError::Refused(_)) => {}
            built => return built.map_err(baseline_failed),
        }
        for (index, changed) in leaves.iter_mut().enumerate() {
            let one = calls::build(std::iter::once((index, changed.as_slice())));
            if let Err(WorkerError::Refused(_)) = worker.build(&one) {
                changed.clone_from(&self.materials[index].leaves);
            }
        }
        worker.build(&all(leaves)).map_err(baseline_failed)
    }

    /// The outcomes of every case, on the values that samples will use.
    fn outcomes(&self, worker: &mut TimedWorker, seed: u64) -> Result<Vec<Vec<u8>>, RunnerError> {
        let leaves: Vec<Vec<u8>> = (0..self.materials.len()).map(|case| self.values(case, Values::Unknown, mix(seed, 3))).collect();
        worker.build(&calls::build(leaves.iter().map(Vec::as_slice).enumerate())).map_err(baseline_failed)?;
        let all: Vec<u32> = (0..self.materials.len() as u32).collect();
        worker.go(&all).map_err(baseline_failed)?;
        worker.kept().map_err(baseline_failed)
    }

    fn values(&self, case: usize, values: Values, draw: u64) -> Vec<u8> {
        match self.level {
            Some(level) if values == Values::Unknown && self.bears[case] => {
                self.materials[case].perturbed(&Perturbation::new(level, &self.named, draw))
            }
            _ => self.materials[case].leaves.clone(),
        }
    }

    /// Makes the lane of one choice of cases; `None` if no case lies in it.
    pub fn lane(&self, plan: &TimingPlan, sizes: Option<(u64, u64)>, values: Values) -> Option<Lane> {
        let lies_in = |size: u64| sizes.is_none_or(|(least, most)| (least..=most).contains(&size));
        let weights: Vec<Weighted> = self
            .weights
            .iter()
            .zip(&self.sizes)
            .map(|(case, size)| Weighted { weight: if lies_in(*size) { case.weight } else { 0.0 }, ..case.clone() })
            .collect();
        let mut sequence = Sequence::of(&weights, plan.sample_ms.max(1.0) * 1e6);
        // One state after the other: a sample puts each back once.
        sequence.calls.sort_by_key(|(case, _)| self.state_of[*case]);
        (!sequence.is_empty()).then_some(Lane { sizes, values, sequence, pairs: plan.pairs })
    }

    /// The message that builds one sample of a lane; `draw` decides its unknown values.
    pub fn sample(&self, lane: &Lane, draw: u64) -> Vec<u8> {
        let mut mappings: BTreeMap<u32, Perturbation<'_>> = BTreeMap::new();
        let mut message = Vec::new();
        for (case, pass) in &lane.sequence.calls {
            let leaves = match self.level {
                Some(level) if lane.values == Values::Unknown && self.bears[*case] => {
                    let mapping =
                        mappings.entry(*pass).or_insert_with(|| Perturbation::new(level, &self.named, mix(draw, u64::from(*pass))));
                    self.materials[*case].perturbed(mapping)
                }
                _ => self.materials[*case].leaves.clone(),
            };
            message.extend(calls::build(std::iter::once((*case, leaves.as_slice()))));
        }
        message
    }

    /// Whether the outcome of a lane's call can be compared across sides.
    pub fn is_comparable(&self, lane: &Lane, call: u32) -> bool {
        lane.sequence.calls.get(call as usize).is_some_and(|(case, _)| self.repeats[*case])
    }

    /// Share of a lane's time that is spent on values that no author can know.
    pub fn unknown_share(&self, lane: &Lane) -> f64 {
        let time = |call: &&(usize, u32)| self.weights[call.0].call_ns;
        let total: f64 = lane.sequence.calls.iter().map(|call| time(&call)).sum();
        let unknown: f64 =
            lane.sequence.calls.iter().filter(|call| self.level.is_some() && self.bears[call.0]).map(|call| time(&call)).sum();
        if lane.values == Values::Unknown { unknown / total.max(1.0) } else { 0.0 }
    }
}

impl Lane {
    /// Whether a series is timed on this lane.
    pub fn serves(&self, sizes: Option<(u64, u64)>, values: Values) -> bool {
        self.sizes == sizes && self.values == values
    }

    /// Fixes m from the trial, unless the plan has: it follows start-up and what one sample takes,
    /// the building of its arguments included.
    pub fn fix_pairs(&mut self, trial: &Trial) {
        if self.pairs == 0 {
            let is_part = self.sizes.is_some() || self.values == Values::Known;
            self.pairs = if is_part { PART_PAIRS } else { block::pairs(2.0 * trial.start_s, trial.sample_ms / 1e3 + trial.build_s) };
        }
    }
}

/// Runs the baseline once as a block would, to learn clock, sample length and the harness's own cost.
pub fn trial(
    plan: &TimingPlan,
    baseline: &Side,
    ground: &Ground,
    lane: &Lane,
    clock_step_ns: u64,
    limits: &Limits,
) -> Result<Trial, RunnerError> {
    let before = Instant::now();
    let mut worker = start(plan, baseline, limits)?;
    worker.take_skeletons(&ground.skeletons()).map_err(baseline_failed)?;
    let (mut real, mut empty): (Vec<Sample>, Vec<Sample>) = (Vec::new(), Vec::new());
    let mut start_s = before.elapsed().as_secs_f64();
    let mut build_s = f64::INFINITY;
    let (mut waits, mut waits_of_none): (Vec<Option<u64>>, Vec<Option<u64>>) = (Vec::new(), Vec::new());
    for draw in 0..4 {
        let message = ground.sample(lane, mix(plan.seed, 100 + draw));
        let building = Instant::now();
        worker.build(&message).map_err(baseline_failed)?;
        build_s = build_s.min(building.elapsed().as_secs_f64());
        let before = worker.waits();
        real.push(worker.go(&[]).map_err(baseline_failed)?);
        waits.push(added(before, worker.waits()));
        worker.build(&message).map_err(baseline_failed)?;
        let before = worker.waits();
        empty.push(worker.go_empty().map_err(baseline_failed)?);
        waits_of_none.push(added(before, worker.waits()));
        if draw == 0 {
            start_s += f64::from(WARM_UP) * real[0].wall_ns as f64 / 1e9;
        }
    }
    let threads = worker.threads();
    worker.stop();
    let least = |samples: &[Sample], of: fn(&Sample) -> u64| samples.iter().map(of).min().unwrap_or(0) as f64;
    let cpu = least(&real[1..], |sample| sample.cpu_ns);
    // This process may have waited for its processor while the target slept: no such time is taken away here.
    let busy = |sample: &Sample| sample.elapsed_ns.saturating_sub(sample.queue_ns);
    let shares = real[1..].iter().map(|sample| sample.cpu_ns as f64 / busy(sample).max(1) as f64);
    let waits = match (waits[1..].iter().min(), waits_of_none[1..].iter().min()) {
        (Some(Some(real)), Some(Some(none))) => real > none,
        _ => true,
    };
    let clock = choose_clock(shares.fold(0.0, f64::max), waits, threads, clock_step_ns);
    let busy = least(&real[1..], |sample| sample.wall_ns.saturating_sub(sample.queue_ns));
    let own = least(&empty[1..], |sample| sample.cpu_ns);
    Ok(Trial { clock: clock.into(), sample_ms: busy / 1e6, harness_share: own / cpu.max(1.0), start_s, build_s })
}

/// CPU time for one busy thread, else wall time less the wait for a processor, else wall time.
///
/// `waits` tells whether the thread gave up its processor by itself during samples. One that did not was
/// busy whatever share of the time it got: a hypervisor gives the rest to others, and no queue shows that.
fn choose_clock(busy_share: f64, waits: bool, threads: u64, clock_step_ns: u64) -> &'static str {
    match threads {
        _ if clock_step_ns > 100_000 => "wall",
        1 if busy_share >= 0.9 || !waits => "cpu",
        1 => "wall_less_queue",
        _ => "wall",
    }
}

fn added(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    Some(after?.saturating_sub(before?))
}

/// The smallest step seen on the CPU clock of this thread, which ticks as the workers' clocks do.
pub fn clock_step_ns() -> u64 {
    let now = || {
        let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID);
        time.map_or(0, |time| time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
    };
    let until = Instant::now() + STEPS_TIME;
    let (mut smallest, mut seen) = (u64::MAX, 0);
    while seen < 200 && Instant::now() < until {
        let before = now();
        let step = now().saturating_sub(before);
        if step > 0 {
            (smallest, seen) = (smallest.min(step), seen + 1);
        }
    }
    smallest
}

/// A clock whose steps are longer than this is coarse.
const STEPS_TIME: Duration = Duration::from_millis(30);

/// Replayable recorded cases in recorded order with their weights, thinned out where they are many.
fn choose(cases: &[Case]) -> Vec<(&Case, f64)> {
    let mut usable: Vec<&Case> =
        cases.iter().filter(|case| case.header.mode == CaseMode::Replay && case.header.origin == "recorded").collect();
    usable.sort_by_key(|case| case.header.position);
    let step = usable.len().div_ceil(MOST_CASES).max(1);
    let groups = usable.chunks(step);
    groups.map(|group| (group[group.len() / 2], group.iter().map(|case| case.header.weight.max(1) as f64).sum())).collect()
}

fn start(plan: &TimingPlan, baseline: &Side, limits: &Limits) -> Result<TimedWorker, RunnerError> {
    TimedWorker::start(&plan.start, baseline, hash_seed(plan.seed), &plan.target, limits).map_err(baseline_failed)
}

/// The hash seed of exploring workers.
fn hash_seed(seed: u64) -> u32 {
    (mix(seed, 7) >> 32) as u32
}

/// Mixes a seed with a number (splitmix64).
pub fn mix(seed: u64, number: u64) -> u64 {
    let mut mixed = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_never_waits_is_busy_however_much_a_hypervisor_gives_to_others() {
        assert_eq!(choose_clock(0.95, true, 1, 1), "cpu");
        assert_eq!(choose_clock(0.5, true, 1, 1), "wall_less_queue");
        assert_eq!(choose_clock(0.5, false, 1, 1), "cpu");
        assert_eq!(choose_clock(0.95, false, 2, 1), "wall");
        assert_eq!(choose_clock(0.95, false, 1, 1_000_000), "wall");
    }
}
