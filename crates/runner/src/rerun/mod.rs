//! The re-run plan: the workloads run with each side, and the target's calls are compared in order.
//!
//! [`seen`] reads what a run's processes wrote, [`compare`] holds a candidate's run to what two runs of the
//! baseline have in common, [`reach`] tells which changed branches the workloads reach, and [`timing`] takes blocks. Whatever a
//! run wrote is taken into memory and removed before the next begins ([`workloads`]): no side sees what the other did.

mod compare;
mod reach;
mod seen;
pub mod timing;
mod workloads;

use std::{
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
    verdict::Counterexample,
};

use crate::{Channel, RunnerError, sides::Side, start::Options};
use compare::{Expected, Place, told};
use seen::Seen;
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
    expected: Vec<Expected>,
    locators: Vec<Option<Vec<Vec<String>>>>,
}

/// Why a candidate is decided before the end.
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
    fn failed(error: &RunnerError) -> Self {
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
                true => Err(Stop::new(Conclusion::NotEnoughEvidence, self.too_long())),
                false => self.hear(candidate, &baseline, &mut established, &mut found)?,
            };
            if let Err(stop) = heard {
                (found.conclusion, found.reason, found.counterexample) = (stop.conclusion, stop.reason, stop.counterexample);
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

    /// Runs every command twice with the baseline and keeps what repeats.
    fn establish(&mut self, baseline: &Side, hash_seed: u32) -> Result<Established, RunnerError> {
        let mut established = Established { expected: Vec::new(), locators: Vec::new() };
        for number in 0..self.plan.commands.len() {
            let first = self.observe(baseline, number, hash_seed, None)?;
            let locators = first.locators.clone();
            let again = self.observe(baseline, number, hash_seed, locators.as_ref())?;
            let ended = !first.timed_out && !again.timed_out;
            established.expected.push(if ended { Expected::of(first, &again) } else { Expected::of_endless(&first) });
            established.locators.push(locators);
        }
        Ok(established)
    }

    /// Judges one candidate; the outer error is one of the baseline's own runs.
    fn hear(
        &mut self,
        candidate: &CandidateSide,
        baseline: &Side,
        established: &mut Vec<Established>,
        found: &mut CandidateRerun,
    ) -> Result<Result<(), Stop>, RunnerError> {
        let side = match self.workloads.sides.side(&candidate.edits) {
            Ok(side) => side,
            Err(error) => return Ok(Err(Stop::new(Conclusion::Different, format!("the edit can't be applied: {error}")))),
        };
        for (number, hash_seed) in self.plan.hash_seeds.clone().into_iter().enumerate() {
            if established.len() == number {
                established.push(self.establish(baseline, hash_seed)?);
            }
            match self.under_seed(&side, baseline, &established[number], hash_seed)? {
                Ok(compared) => found.compared = if number == 0 { compared } else { found.compared },
                Err(stop) => return Ok(Err(stop)),
            }
            found.seeds += 1;
        }
        if let Err(stop) = self.is_enough(&established[0], found.compared) {
            return Ok(Err(stop));
        }
        if self.plan.minimum.changed_branches { self.reaches_changes(candidate, &side, baseline, found) } else { Ok(Ok(())) }
    }

    /// Runs every command with the candidate; answers how many calls that count were compared.
    fn under_seed(
        &mut self,
        side: &Side,
        baseline: &Side,
        established: &Established,
        hash_seed: u32,
    ) -> Result<Result<u32, Stop>, RunnerError> {
        let mut compared = 0;
        // A workload in which nothing is expected can't tell a candidate from the baseline.
        for (number, expected) in established.expected.iter().enumerate().filter(|(_, expected)| !expected.calls.is_empty()) {
            let locators = established.locators[number].as_ref();
            let seen = match self.observe(side, number, hash_seed, locators) {
                Ok(seen) => seen,
                Err(error) => return Ok(Err(Stop::failed(&error))),
            };
            if seen.timed_out {
                return Ok(Err(self.no_end(number)));
            }
            let mut differing: BTreeSet<Place> = BTreeSet::new();
            let differences = expected.differences(&seen, self.plan.tolerance);
            if !differences.is_empty() {
                let again = match self.observe(side, number, hash_seed, locators) {
                    Ok(again) => again,
                    Err(error) => return Ok(Err(Stop::failed(&error))),
                };
                let third = self.observe(baseline, number, hash_seed, locators)?;
                let confirmed = expected.differences(&again, self.plan.tolerance);
                let holds = |place: &Place| confirmed.contains_key(place) && expected.holds_at(*place, &third);
                if let Some((place, difference)) = differences.iter().find(|(place, _)| holds(place)) {
                    let command = &self.plan.commands[number];
                    let counterexample = told(&self.plan.target, command, expected, &seen, *place, difference);
                    return Ok(Err(differs(counterexample, hash_seed, hash_seed == self.first_seed())));
                }
                differing.extend(differences.keys());
            }
            let counts = |place: &Place, call: &seen::Call| call.is_evidence() && !differing.contains(place) && seen.holds(*place);
            compared += expected.calls.iter().filter(|(place, call)| counts(place, call)).count();
        }
        Ok(Ok(u32::try_from(compared).unwrap_or(u32::MAX)))
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
    fn observe(&mut self, side: &Side, number: usize, hash_seed: u32, locators: Option<&Vec<Vec<String>>>) -> Result<Seen, RunnerError> {
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
    let all: BTreeSet<Vec<u8>> = established.expected.iter().flat_map(Expected::distinct).collect();
    u32::try_from(all.len()).unwrap_or(u32::MAX)
}

fn evidence(established: &Established) -> RerunEvidence {
    let calls = established.expected.iter().map(|expected| expected.evidence().count()).sum::<usize>();
    let mut dropped: BTreeMap<String, u32> = BTreeMap::new();
    for (reason, calls) in established.expected.iter().flat_map(|expected| &expected.dropped) {
        *dropped.entry(reason.clone()).or_default() += calls;
    }
    let calls = u32::try_from(calls).unwrap_or(u32::MAX);
    RerunEvidence { calls, distinct_outcomes: distinct(established), dropped: dropped.into_iter().collect() }
}
