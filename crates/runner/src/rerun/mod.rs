//! The re-run plan: the workloads run with each side, and the target's calls are compared in order.
//!
//! [`seen`] reads what a run's processes wrote, [`compare`] holds a candidate's run to what two runs of the
//! baseline have in common, [`reach`] tells which changed branches the workloads reach, and [`timing`] takes blocks. Whatever a
//! run wrote is taken into memory and removed before the next begins ([`workloads`]): no side sees what the other did.

mod compare;
mod reach;
mod sample;
mod seen;
pub mod timing;
mod workloads;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use whetstone_core::{
    plan::{
        RerunPlan, RerunResult,
        behaviour::{CandidateSide, Conclusion},
        rerun::{CandidateRerun, RerunEvidence},
        workload::Instrument,
    },
    record::Record,
    target::TargetSite,
    verdict::Counterexample,
};

use crate::{Channel, RunnerError, sides::Side, start::Options};
use compare::{Expected, Place, told};
use seen::{Locator, Seen};
use workloads::Workloads;

/// Bytes of one part of a call that are written as they are: what is longer is compared by its digest.
const BYTES_PER_PART: u64 = 16 << 10;
/// The same where floats may differ a little, which a digest does not show.
const BYTES_WITH_TOLERANCE: u64 = 1 << 20;

/// Carries out a re-run plan.
///
/// # Errors
/// If a tree cannot be made, a command cannot be started, or the baseline prints more than it may.
pub fn run(plan: &RerunPlan, options: &Options, channel: &Channel) -> Result<RerunResult, RunnerError> {
    let workloads = Workloads::new(&plan.start, &plan.commands, &plan.target, plan.timeout_s, (options, channel))?;
    Stage { plan, workloads }.judge_all()
}

/// Where the workloads run.
struct Stage<'a> {
    plan: &'a RerunPlan,
    workloads: Workloads<'a>,
}

/// What the baseline does under one hash seed, by command.
struct Established {
    commands: Vec<Usual>,
}

impl Established {
    fn expected(&self) -> impl Iterator<Item = &Expected> {
        self.commands.iter().map(|usual| &usual.expected)
    }
}

/// What the baseline does in one command.
#[derive(Clone)]
struct Usual {
    expected: Expected,
    /// The state that was looked at, and what of it no name held.
    locators: Option<Vec<Locator>>,
    unset: Vec<Locator>,
}

impl Usual {
    /// The state to look at for a candidate that has taken private names away with the code that used them, if it has.
    fn without_gone(&self, seen: &Seen, target: &TargetSite) -> Option<Vec<Locator>> {
        let is_gone =
            |locator: &Locator| is_private(locator, &target.name.module) && seen.unset.contains(locator) && !self.unset.contains(locator);
        let all = self.locators.as_ref()?;
        let stay: Vec<Locator> = all.iter().filter(|locator| !is_gone(locator)).cloned().collect();
        (stay.len() < all.len()).then_some(stay)
    }
}

/// Whether a locator names something private of the target's module: its last name but a closure's variable.
fn is_private(locator: &Locator, module: &str) -> bool {
    let (Some(kind), Some(own)) = (locator.first(), locator.get(1)) else { return false };
    let name = if kind == "c" { locator.get(3) } else { locator.get(2) };
    own == module && name.is_some_and(|name| name.rsplit('.').next().is_some_and(|name| name.starts_with('_')))
}

/// Why the hearing of a candidate ends before its end.
enum Halt {
    /// The candidate is decided.
    Decided(Box<Stop>),
    /// The baseline's own run could not be carried out.
    Broken(RunnerError),
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Self {
        Self::Decided(Box::new(stop))
    }
}

impl From<RunnerError> for Halt {
    fn from(error: RunnerError) -> Self {
        Self::Broken(error)
    }
}

/// A decision before the end.
struct Stop {
    conclusion: Conclusion,
    reason: String,
    counterexample: Option<Counterexample>,
}

impl Stop {
    fn new(conclusion: Conclusion, reason: impl Into<String>) -> Self {
        Self { conclusion, reason: reason.into(), counterexample: None }
    }

    /// A run of the candidate's that could not be carried out.
    #[allow(clippy::needless_pass_by_value, reason = "it maps errors")]
    fn failed(error: RunnerError) -> Self {
        Self::new(Conclusion::Failed, error.to_string())
    }
}

impl Stage<'_> {
    fn judge_all(&mut self) -> Result<RerunResult, RunnerError> {
        let began = Instant::now();
        let limit = Duration::try_from_secs_f64(self.plan.limit_s).unwrap_or(Duration::MAX);
        let baseline = self.workloads.sides.baseline();
        let mut established: Vec<Established> = vec![self.establish(&baseline, self.first_seed())?];
        let evidence = evidence(&established[0]);
        let prepared_s = began.elapsed().as_secs_f64();
        let mut candidates = Vec::new();
        for candidate in &self.plan.candidates {
            let begun = Instant::now();
            let mut found = undecided(candidate);
            let heard = match began.elapsed() > limit {
                true => Err(Stop::new(Conclusion::NotEnoughEvidence, self.too_long()).into()),
                false => self.hear(candidate, &baseline, &mut established, &mut found),
            };
            match heard {
                Ok(()) => {}
                Err(Halt::Decided(stop)) => {
                    (found.conclusion, found.reason, found.counterexample) = (stop.conclusion, stop.reason, stop.counterexample);
                }
                Err(Halt::Broken(error)) => return Err(error),
            }
            found.seconds = begun.elapsed().as_secs_f64();
            self.workloads.channel.send(&Record::Decided {
                candidate: found.id.clone(),
                same: found.conclusion == Conclusion::Same,
                reason: found.reason.clone(),
                counterexample: found.counterexample.clone(),
            });
            candidates.push(found);
        }
        let compare_s = began.elapsed().as_secs_f64() - prepared_s;
        Ok(RerunResult { baseline: evidence, candidates, phases: vec![("baseline".into(), prepared_s), ("compare".into(), compare_s)] })
    }

    fn too_long(&self) -> String {
        format!("it was not met by re-run: the workload takes too long for one more candidate within {:.0} s", self.plan.limit_s)
    }

    fn first_seed(&self) -> u32 {
        self.plan.hash_seeds.first().copied().unwrap_or(0)
    }

    /// Runs every command with the baseline.
    fn establish(&mut self, baseline: &Side, hash_seed: u32) -> Result<Established, RunnerError> {
        let commands = (0..self.plan.commands.len()).map(|number| self.usual(baseline, number, hash_seed, None));
        Ok(Established { commands: commands.collect::<Result<_, _>>()? })
    }

    /// Runs one command twice with the baseline and keeps what repeats.
    fn usual(&mut self, baseline: &Side, number: usize, hash_seed: u32, locators: Option<&Vec<Locator>>) -> Result<Usual, RunnerError> {
        let first = self.observe(baseline, number, hash_seed, locators)?;
        let locators = locators.or(first.locators.as_ref()).cloned();
        let again = self.observe(baseline, number, hash_seed, locators.as_ref())?;
        let unset = first.unset.clone();
        let ended = !first.timed_out && !again.timed_out;
        Ok(Usual { expected: if ended { Expected::of(first, &again) } else { Expected::of_endless(&first) }, locators, unset })
    }

    fn hear(
        &mut self,
        candidate: &CandidateSide,
        baseline: &Side,
        established: &mut Vec<Established>,
        found: &mut CandidateRerun,
    ) -> Result<(), Halt> {
        let unusable = |error: std::io::Error| Stop::new(Conclusion::Different, format!("the edit can't be applied: {error}"));
        let side = self.workloads.sides.side(&candidate.edits).map_err(unusable)?;
        for (number, hash_seed) in self.plan.hash_seeds.clone().into_iter().enumerate() {
            if established.len() == number {
                established.push(self.establish(baseline, hash_seed)?);
            }
            let mut compared = 0;
            for command in 0..self.plan.commands.len() {
                compared += self.under_seed(&side, baseline, (&established[number].commands[command], command), hash_seed)?;
            }
            found.compared = if number == 0 { u32::try_from(compared).unwrap_or(u32::MAX) } else { found.compared };
            found.seeds += 1;
        }
        self.is_enough(&established[0], found.compared)?;
        if self.plan.minimum.changed_branches { self.reaches_changes(candidate, &side, baseline, found) } else { Ok(()) }
    }

    /// Runs one command with the candidate; answers how many calls that count were compared.
    fn under_seed(&mut self, side: &Side, baseline: &Side, (usual, number): (&Usual, usize), hash_seed: u32) -> Result<usize, Halt> {
        if usual.expected.calls.is_empty() {
            // Where nothing is expected, a candidate can't be told from the baseline.
            return Ok(0);
        }
        let mut usual = Cow::Borrowed(usual);
        let mut seen = self.observe(side, number, hash_seed, usual.locators.as_ref()).map_err(Stop::failed)?;
        if let Some(locators) = usual.without_gone(&seen, &self.plan.target) {
            usual = Cow::Owned(self.usual(baseline, number, hash_seed, Some(&locators))?);
            seen = self.observe(side, number, hash_seed, Some(&locators)).map_err(Stop::failed)?;
        }
        if seen.timed_out {
            return Err(self.no_end(number).into());
        }
        let (expected, locators) = (&usual.expected, usual.locators.as_ref());
        let differences = expected.differences(&seen, self.plan.tolerance);
        if !differences.is_empty() {
            let again = self.observe(side, number, hash_seed, locators).map_err(Stop::failed)?;
            let third = self.observe(baseline, number, hash_seed, locators)?;
            let confirmed = expected.differences(&again, self.plan.tolerance);
            let holds = |place: &Place| confirmed.contains_key(place) && expected.holds_at(*place, &third);
            if let Some((place, difference)) = differences.iter().find(|(place, _)| holds(place)) {
                let counterexample = told(&self.plan.target, &self.plan.commands[number], expected, &seen, *place, difference);
                return Err(differs(counterexample, hash_seed, hash_seed == self.first_seed()).into());
            }
        }
        let counts = |place: &Place, call: &seen::Call| call.is_evidence() && !differences.contains_key(place) && seen.holds(*place);
        Ok(expected.calls.iter().filter(|(place, call)| counts(place, call)).count())
    }

    fn no_end(&self, number: usize) -> Stop {
        let reason = format!("`{}` did not end within {:.0} s with it", self.plan.commands[number], self.plan.timeout_s);
        let counterexample = Counterexample {
            input: self.plan.commands[number].clone(),
            baseline: "ended".into(),
            candidate: "timed out".into(),
            aspect: "time".into(),
            source: "workload".into(),
        };
        Stop { conclusion: Conclusion::Different, reason, counterexample: Some(counterexample) }
    }

    fn is_enough(&self, established: &Established, compared: u32) -> Result<(), Stop> {
        let minimum = &self.plan.minimum;
        let distinct = distinct(established);
        let reason = if compared < minimum.cases {
            format!("{compared} calls were compared by re-run, {} are asked for", minimum.cases)
        } else if distinct < minimum.distinct_outcomes {
            format!("the calls compared by re-run have {distinct} distinct outcomes, {} are asked for", minimum.distinct_outcomes)
        } else {
            return Ok(());
        };
        Err(Stop::new(Conclusion::NotEnoughEvidence, reason))
    }

    /// Runs one command with a side and takes what its processes wrote.
    fn observe(&mut self, side: &Side, number: usize, hash_seed: u32, locators: Option<&Vec<Locator>>) -> Result<Seen, RunnerError> {
        let bytes_per_part = if self.plan.tolerance > 0.0 { BYTES_WITH_TOLERANCE } else { BYTES_PER_PART };
        let instrument = Instrument::Rerun { first: self.plan.first_calls, bytes_per_part, locators: locators.cloned() };
        let (ran, mut seen) = self.workloads.run(side, number, hash_seed, instrument, seen::read)?;
        seen.timed_out = ran.finished.timed_out;
        Ok(seen)
    }
}

fn undecided(candidate: &CandidateSide) -> CandidateRerun {
    CandidateRerun {
        id: candidate.id.clone(),
        conclusion: Conclusion::Same,
        reason: String::new(),
        counterexample: None,
        compared: 0,
        seeds: 0,
        changed_branches: 0,
        changed_branches_reached: 0,
        seconds: 0.0,
    }
}

fn differs(counterexample: Counterexample, hash_seed: u32, is_first: bool) -> Stop {
    let Counterexample { input, baseline, candidate, aspect, .. } = &counterexample;
    let under = if is_first { String::new() } else { format!(" under hash seed {hash_seed}") };
    let reason = format!("{aspect} differs{under}: {input} -> {candidate}, was {baseline}");
    Stop { conclusion: Conclusion::Different, reason, counterexample: Some(counterexample) }
}

fn distinct(established: &Established) -> u32 {
    let all: BTreeSet<Vec<u8>> = established.expected().flat_map(Expected::distinct).collect();
    u32::try_from(all.len()).unwrap_or(u32::MAX)
}

fn evidence(established: &Established) -> RerunEvidence {
    let calls = established.expected().map(|expected| expected.evidence().count()).sum::<usize>();
    let mut dropped: BTreeMap<String, u32> = BTreeMap::new();
    for (reason, calls) in established.expected().flat_map(|expected| &expected.dropped) {
        *dropped.entry(reason.clone()).or_default() += calls;
    }
    let calls = u32::try_from(calls).unwrap_or(u32::MAX);
    RerunEvidence { calls, distinct_outcomes: distinct(established), dropped: dropped.into_iter().collect() }
}
