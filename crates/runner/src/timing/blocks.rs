//! Blocks: fresh workers a side, equal warm-up, then pairs of samples in an order drawn for each.

use std::{collections::BTreeMap, thread, time::Instant};

use rand::{Rng, SeedableRng, rngs::SmallRng, seq::SliceRandom};
use whetstone_core::{
    plan::TimingPlan,
    record::{Block, Pair},
};
use whetstone_measure::interval::median;

use super::{
    calibrate::{Ground, Lane, WARM_UP, mix},
    machine::Disturbance,
    side::{Account, Sample, TimedWorker},
    trouble,
};
use crate::{
    RunnerError,
    sides::Side,
    worker::{Limits, WorkerError},
};

/// Calls of one sample whose outcomes are compared across sides.
const COMPARED: usize = 2;

/// One series as blocks need it.
pub struct Asked<'a> {
    pub name: &'a str,
    /// Index into the candidates' sides; series of one candidate share its worker.
    pub candidate: usize,
    pub lane: usize,
    /// Number of the block in its series.
    pub index: u32,
}

/// What a round of blocks needs to know.
pub struct Setting<'a> {
    pub plan: &'a TimingPlan,
    pub ground: &'a Ground,
    pub lanes: &'a [Lane],
    pub baseline: &'a Side,
    pub candidates: &'a [Side],
    pub clock: &'a str,
    pub limits: &'a Limits,
}

/// What a shared block gave: blocks by series, and candidates that failed with the reason.
#[derive(Default)]
pub struct Taken {
    pub blocks: Vec<Block>,
    pub failed: Vec<(usize, String)>,
    /// The baseline's account and its own of each candidate that did not fail.
    pub accounts: Vec<(usize, [Account; 2])>,
    pub phases: BTreeMap<&'static str, f64>,
}

/// A worker of a running block. The baseline has no candidate.
struct Contestant {
    candidate: Option<usize>,
    worker: Option<TimedWorker>,
    warmed_ns: u64,
    threads: u64,
    account: Account,
    failure: Option<String>,
}

/// Takes one block of each asked series, with one baseline worker for all of them.
///
/// # Errors
/// If the baseline fails; a candidate that fails is in [`Taken::failed`].
pub fn take(setting: &Setting<'_>, asked: &[Asked<'_>], number: u64) -> Result<Taken, RunnerError> {
    let mut running = Running::start(setting, asked, number)?;
    let mut taken = Taken::default();
    let mut pairs: BTreeMap<(usize, usize), Vec<Pair>> = BTreeMap::new();
    for lane in lanes_of(asked) {
        for round in 0..setting.lanes[lane].pairs {
            for (candidate, pair) in running.round(asked, lane, round)? {
                pairs.entry((candidate, lane)).or_default().push(pair);
            }
        }
    }
    let (baseline, candidates) = running.end();
    for candidate in &candidates {
        if let Some(reason) = candidate.failure.clone() {
            taken.failed.extend(candidate.candidate.map(|index| (index, reason)));
        } else {
            taken.accounts.extend(candidate.candidate.map(|index| (index, [baseline.account, candidate.account])));
        }
    }
    for series in asked {
        let contestant = candidates.iter().find(|candidate| candidate.candidate == Some(series.candidate));
        let Some(contestant) = contestant.filter(|_| !taken.failed.iter().any(|(index, _)| *index == series.candidate)) else { continue };
        let pairs = pairs.remove(&(series.candidate, series.lane)).unwrap_or_default();
        let clock = clock_of(setting.clock, &pairs, contestant.threads);
        taken.blocks.push(Block {
            series: series.name.into(),
            index: series.index,
            baseline_first: running.started_first(series.candidate),
            pairs,
            startup_ns: [baseline.warmed_ns, contestant.warmed_ns],
            life_ns: [baseline.account.life, contestant.account.life],
            clock: clock.into(),
            disturbed_s: Disturbance::now().since(&running.disturbance),
        });
    }
    taken.phases = running.phases;
    Ok(taken)
}

/// Workers that start side by side.
fn at_once() -> usize {
    thread::available_parallelism().map_or(1, usize::from).clamp(1, 4)
}

fn lanes_of(asked: &[Asked<'_>]) -> Vec<usize> {
    let mut lanes: Vec<usize> = asked.iter().map(|series| series.lane).collect();
    lanes.sort_unstable();
    lanes.dedup();
    lanes
}

/// A candidate that adds threads, or waits where the baseline computes, is judged on wall time.
fn clock_of<'a>(clock: &'a str, pairs: &[Pair], threads: u64) -> &'a str {
    let waits = |cpu: u64, wall: u64, queue: u64| wall.saturating_sub(queue).saturating_sub(cpu) as f64;
    let baseline: Vec<f64> = pairs.iter().map(|pair| waits(pair.baseline_cpu_ns, pair.baseline_wall_ns, pair.baseline_queue_ns)).collect();
    let candidate: Vec<f64> =
        pairs.iter().map(|pair| waits(pair.candidate_cpu_ns, pair.candidate_wall_ns, pair.candidate_queue_ns)).collect();
    let busy: Vec<f64> = pairs.iter().map(|pair| pair.candidate_cpu_ns as f64).collect();
    // What the round trip itself waits is the same for both sides.
    let added = median(&candidate) - median(&baseline);
    let waits = clock == "cpu" && added > (0.2 * median(&busy)).max(ADDED_WAIT_NS);
    if threads > 1 || waits { "wall" } else { clock }
}

/// Shorter waits than this in a sample may be the machine's.
const ADDED_WAIT_NS: f64 = 1e6;

struct Running<'a> {
    setting: &'a Setting<'a>,
    contestants: Vec<Contestant>,
    /// Candidates in the order in which all workers started; the baseline is `None`.
    started: Vec<Option<usize>>,
    random: SmallRng,
    seed: u64,
    samples: u64,
    disturbance: Disturbance,
    phases: BTreeMap<&'static str, f64>,
}

impl<'a> Running<'a> {
    fn start(setting: &'a Setting<'a>, asked: &[Asked<'_>], number: u64) -> Result<Self, RunnerError> {
        let seed = mix(setting.plan.seed, 1000 + number);
        let mut random = SmallRng::seed_from_u64(seed);
        let hash_seed: u32 = random.random();
        let mut order: Vec<Option<usize>> = asked.iter().map(|series| Some(series.candidate)).collect();
        order.sort_unstable();
        order.dedup();
        order.push(None);
        order.shuffle(&mut random);
        let mut running = Self {
            setting,
            contestants: Vec::new(),
            started: order.clone(),
            random,
            seed,
            samples: 0,
            disturbance: Disturbance::now(),
            phases: BTreeMap::new(),
        };
        let skeletons = setting.ground.skeletons();
        let before = Instant::now();
        let start = |candidate: Option<usize>| {
            let side = candidate.map_or(setting.baseline, |index| &setting.candidates[index]);
            let started = TimedWorker::start(&setting.plan.start, side, hash_seed, &setting.plan.target, setting.limits);
            started.and_then(|mut worker| worker.take_skeletons(&skeletons).map(|()| worker))
        };
        // In the drawn order, as many at a time as there are processors: no clock looks at this.
        for group in order.chunks(at_once()) {
            let started: Vec<_> = thread::scope(|scope| {
                let starting: Vec<_> = group.iter().map(|candidate| scope.spawn(|| start(*candidate))).collect();
                starting.into_iter().map(|worker| worker.join().expect("starting does not panic")).collect()
            });
            for (candidate, started) in group.iter().zip(started) {
                running.contestants.push(Contestant::new(*candidate, started)?);
            }
        }
        running.spent("start", before);
        running.warm_up(asked)?;
        Ok(running)
    }

    /// Equal warm-up for all, on the first lane, with values of its own.
    fn warm_up(&mut self, asked: &[Asked<'_>]) -> Result<(), RunnerError> {
        let before = Instant::now();
        let lane = &self.setting.lanes[lanes_of(asked)[0]];
        for _ in 0..WARM_UP {
            self.samples += 1;
            let message = self.setting.ground.sample(lane, mix(self.seed, self.samples));
            for contestant in &mut self.contestants {
                contestant.ask(|worker| worker.build(&message).and_then(|()| worker.go(&[])))?;
            }
        }
        for contestant in &mut self.contestants {
            contestant.warmed_ns = contestant.worker.as_ref().map_or(0, TimedWorker::cpu_ns);
        }
        self.spent("warm_up", before);
        Ok(())
    }

    /// One sample of every contestant that the lane concerns; answers each candidate's pair.
    fn round(&mut self, asked: &[Asked<'_>], lane: usize, round: u32) -> Result<Vec<(usize, Pair)>, RunnerError> {
        let concerns = |candidate: Option<usize>| {
            candidate.is_none_or(|index| asked.iter().any(|series| series.lane == lane && series.candidate == index))
        };
        let mut order: Vec<usize> = (0..self.contestants.len()).filter(|place| concerns(self.contestants[*place].candidate)).collect();
        order.shuffle(&mut self.random);
        self.samples += 1;
        let lane = &self.setting.lanes[lane];
        let before = Instant::now();
        let message = self.setting.ground.sample(lane, mix(self.seed, self.samples));
        // Side by side: no clock looks at this.
        thread::scope(|scope| -> Result<(), RunnerError> {
            let chosen = self.contestants.iter_mut().enumerate().filter(|(place, _)| order.contains(place));
            let building: Vec<_> = chosen.map(|(_, contestant)| scope.spawn(|| contestant.ask(|worker| worker.build(&message)))).collect();
            building.into_iter().try_for_each(|built| built.join().expect("building does not panic").map(drop))
        })?;
        self.spent("build", before);
        let kept = self.draw_kept(lane);
        let before = Instant::now();
        let mut samples: Vec<(Option<usize>, usize, Sample)> = Vec::new();
        for (position, place) in order.iter().enumerate() {
            let contestant = &mut self.contestants[*place];
            if let Some(sample) = contestant.ask(|worker| worker.go(&kept))? {
                samples.push((contestant.candidate, position, sample));
            }
        }
        self.spent("samples", before);
        // Comparing costs a round trip a side; the first rounds of a block and a few others do it.
        if round < 2 || self.random.random_bool(0.25) {
            self.compare(&order)?;
        }
        let (_, own, baseline) = samples.iter().find(|(candidate, ..)| candidate.is_none()).copied().unwrap_or_default();
        let paired =
            samples.iter().filter_map(|(candidate, position, sample)| Some((((*candidate)?), pair(baseline, *sample, own < *position))));
        Ok(paired.collect())
    }

    fn draw_kept(&mut self, lane: &Lane) -> Vec<u32> {
        let calls = lane.sequence.len() as u32;
        let mut kept: Vec<u32> = (0..COMPARED).map(|_| self.random.random_range(0..calls)).collect();
        kept.retain(|call| self.setting.ground.is_comparable(lane, *call));
        kept.sort_unstable();
        kept.dedup();
        kept
    }

    fn compare(&mut self, order: &[usize]) -> Result<(), RunnerError> {
        let before = Instant::now();
        let mut outcomes: Vec<(usize, Vec<Vec<u8>>)> = Vec::new();
        for place in order {
            if let Some(kept) = self.contestants[*place].ask(TimedWorker::kept)? {
                outcomes.push((*place, kept));
            }
        }
        let expected = outcomes.iter().find(|(place, _)| self.contestants[*place].candidate.is_none()).map(|(_, kept)| kept.clone());
        let name = self.setting.plan.target.name.qualname.as_str();
        for (place, kept) in outcomes {
            if let Some(expected) = expected.as_ref().filter(|expected| **expected != kept) {
                self.contestants[place].fail(trouble::another_outcome(name, expected, &kept));
            }
        }
        self.spent("compare", before);
        Ok(())
    }

    fn end(&mut self) -> (Contestant, Vec<Contestant>) {
        let before = Instant::now();
        let mut contestants: Vec<Contestant> = self.contestants.drain(..).map(Contestant::stopped).collect();
        self.spent("start", before);
        let baseline = contestants.iter().position(|contestant| contestant.candidate.is_none()).unwrap_or(0);
        (contestants.swap_remove(baseline), contestants)
    }

    fn started_first(&self, candidate: usize) -> bool {
        let place = |wanted: Option<usize>| self.started.iter().position(|started| *started == wanted);
        place(None) < place(Some(candidate))
    }

    fn spent(&mut self, phase: &'static str, since: Instant) {
        *self.phases.entry(phase).or_default() += since.elapsed().as_secs_f64();
    }
}

impl Contestant {
    /// A worker that did not start is a failed candidate, or a failed plan for the baseline.
    fn new(candidate: Option<usize>, started: Result<TimedWorker, WorkerError>) -> Result<Self, RunnerError> {
        let mut contestant = Self { candidate, worker: None, warmed_ns: 0, threads: 1, account: Account::default(), failure: None };
        match started {
            Ok(worker) => contestant.worker = Some(worker),
            Err(error) if candidate.is_none() => return Err(trouble::baseline_failed(error)),
            Err(error) => contestant.fail(trouble::candidate_failed(&error)),
        }
        Ok(contestant)
    }

    /// Asks the worker; `None` once it has failed. A failure of the baseline's ends the plan.
    fn ask<T>(&mut self, request: impl FnOnce(&mut TimedWorker) -> Result<T, WorkerError>) -> Result<Option<T>, RunnerError> {
        let Some(worker) = &mut self.worker else { return Ok(None) };
        match request(worker) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if self.candidate.is_none() => Err(trouble::baseline_failed(error)),
            Err(error) => {
                self.fail(trouble::candidate_failed(&error));
                Ok(None)
            }
        }
    }

    fn fail(&mut self, reason: String) {
        self.failure = Some(reason);
        self.worker = None;
    }

    fn stopped(mut self) -> Self {
        if let Some(worker) = self.worker.take() {
            self.threads = worker.threads();
            self.account = worker.stop();
        }
        self
    }
}

fn pair(baseline: Sample, candidate: Sample, baseline_first: bool) -> Pair {
    Pair {
        baseline_first,
        baseline_cpu_ns: baseline.cpu_ns,
        candidate_cpu_ns: candidate.cpu_ns,
        baseline_wall_ns: baseline.wall_ns,
        candidate_wall_ns: candidate.wall_ns,
        baseline_queue_ns: baseline.queue_ns,
        candidate_queue_ns: candidate.queue_ns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(cpu_ms: u64, wall_ms: u64, queue_ms: u64) -> Vec<Pair> {
        let sample = |cpu: u64, wall: u64, queue: u64| Sample {
            cpu_ns: cpu * 1_000_000,
            wall_ns: wall * 1_000_000,
            queue_ns: queue * 1_000_000,
            elapsed_ns: wall * 1_000_000,
        };
        vec![pair(sample(10, 11, 1), sample(cpu_ms, wall_ms, queue_ms), true); 5]
    }

    #[test]
    fn waiting_and_threads_are_judged_on_wall_time_but_a_wait_for_the_processor_is_not() {
        assert_eq!(clock_of("cpu", &pairs(10, 10, 0), 1), "cpu");
        assert_eq!(clock_of("cpu", &pairs(10, 30, 20), 1), "cpu");
        assert_eq!(clock_of("cpu", &pairs(10, 30, 0), 1), "wall");
        assert_eq!(clock_of("cpu", &pairs(10, 10, 0), 4), "wall");
        assert_eq!(clock_of("wall_less_queue", &pairs(1, 30, 0), 1), "wall_less_queue");
    }
}
