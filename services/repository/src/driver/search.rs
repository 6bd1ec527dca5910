//! The search: rounds of candidates for each target, screened against each other.

use futures::future::try_join_all;
use whetstone_core::{Role, words};
use whetstone_proto::{
    benchmark::v1::{ScreenRequest, ScreenResponse},
    common::v1::{Candidate, Effect, Prepared, Priority, Target, TargetCases, Verdict},
    optimization::v1::{GivenCandidate, OptimizeRequest, OptimizeResponse},
};

use super::{confirm, drive::Drive, halt::Halt};

/// Targets whose candidates are found side by side.
const TARGETS_AT_ONCE: usize = 2;

/// A target with its candidates.
#[derive(Clone, Debug)]
pub struct Aim {
    pub target: Target,
    pub cases: TargetCases,
    /// Written by somebody else; empty to have candidates generated.
    pub given: Vec<GivenCandidate>,
    pub candidates: Vec<Candidate>,
    /// Ratio in the screen by candidate id, best first; empty where nothing was screened.
    pub screened: Vec<(String, f64)>,
    /// Whether candidates were sought for it before a limit ended the search.
    pub was_searched: bool,
}

/// What the search gave.
pub struct Searched {
    pub aims: Vec<Aim>,
    pub notes: Vec<String>,
}

impl Aim {
    pub fn new(target: Target, cases: TargetCases, given: Vec<GivenCandidate>) -> Self {
        Self { target, cases, given, candidates: Vec::new(), screened: Vec::new(), was_searched: false }
    }

    /// Candidates without a verdict, best in the screen first.
    pub fn survivors(&self) -> Vec<Candidate> {
        let alive = |candidate: &&Candidate| candidate.verdict() == Verdict::Unspecified;
        let mut survivors: Vec<Candidate> = self.candidates.iter().filter(alive).cloned().collect();
        // Stable: what was not screened keeps its place behind what was.
        survivors.sort_by(|a, b| self.ratio(&b.id).unwrap_or(0.0).total_cmp(&self.ratio(&a.id).unwrap_or(0.0)));
        survivors
    }

    /// Share of the workload's time that the best survivor seems to save; 1.1x where it was not screened.
    pub fn promise(&self) -> f64 {
        let best = self.survivors().first().map(|candidate| self.ratio(&candidate.id).unwrap_or(1.1));
        best.map_or(0.0, |ratio| self.target.share * (1.0 - 1.0 / ratio.max(1.0)))
    }

    /// A candidate's ratio in the screen.
    pub fn ratio(&self, candidate: &str) -> Option<f64> {
        self.screened.iter().find(|(id, _)| id == candidate).map(|(_, ratio)| *ratio)
    }

    /// Candidates as the next round learns from them: survivors with what the screen measured.
    fn earlier(&self) -> Vec<Candidate> {
        let measured = |candidate: &Candidate| {
            let ratio = self.ratio(&candidate.id);
            let effect = ratio.map(|ratio| Effect { ratio, low: 0.0, high: 0.0 });
            Candidate { effect: candidate.effect.or(effect), ..candidate.clone() }
        };
        self.candidates.iter().map(measured).collect()
    }

    fn add(&mut self, found: Vec<Candidate>) -> Vec<Candidate> {
        let is_new = |candidate: &Candidate| self.candidates.iter().all(|known| known.id != candidate.id);
        let new: Vec<Candidate> = found.into_iter().filter(is_new).collect();
        self.candidates.extend(new.iter().cloned());
        new
    }

    pub fn replace(&mut self, decided: Candidate) {
        if let Some(slot) = self.candidates.iter_mut().find(|candidate| candidate.id == decided.id) {
            *slot = decided;
        }
    }
}

/// Rounds of the search by priority. A round that finds nothing new is the last.
fn rounds(priority: Priority) -> u32 {
    match priority {
        Priority::Low => 1,
        Priority::Medium | Priority::Unspecified => 2,
        Priority::High => 3,
    }
}

/// Finds candidates for every target. Where a limit of the run is used up, it goes on with what it has.
pub async fn run(drive: &Drive, prepared: &Prepared, mut aims: Vec<Aim>) -> Result<(Searched, String), Halt> {
    let mut notes = Vec::new();
    let generated = aims.iter().all(|aim| aim.given.is_empty());
    let rounds = if generated { rounds(drive.options().priority()) } else { 1 };
    for round in 0..rounds {
        if let Some(limit) = drive.used_up().await? {
            notes.push(format!("the search ended early: {limit}"));
            break;
        }
        match search_round(drive, prepared, &mut aims, round, &mut notes).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(Halt::OutOfTime) => {
                notes.push("the search ended early: --max-time was used up".into());
                break;
            }
            Err(halt) => return Err(halt),
        }
    }
    notes.dedup();
    for note in &notes {
        drive.note("info", note).await?;
    }
    let all = aims.iter().map(|aim| aim.candidates.len()).sum::<usize>();
    let alive = aims.iter().map(|aim| aim.survivors().len()).sum::<usize>();
    let summary = match all {
        0 => "no candidates".to_owned(),
        all => format!("{}: {alive} alive, {} refused", words::count(all as u64, "candidate"), all - alive),
    };
    Ok((Searched { aims, notes }, summary))
}

/// One round over all targets; answers how many candidates were new.
async fn search_round(drive: &Drive, prepared: &Prepared, aims: &mut [Aim], round: u32, notes: &mut Vec<String>) -> Result<usize, Halt> {
    let mut found = 0;
    // Screened chunk by chunk: where the time runs out, what was found until then counts.
    for side_by_side in aims.chunks_mut(TARGETS_AT_ONCE) {
        let answers = try_join_all(side_by_side.iter().map(|aim| optimize(drive, prepared, aim, round))).await?;
        for (aim, answer) in side_by_side.iter_mut().zip(answers) {
            notes.extend(answer.notes.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
            aim.was_searched = true;
            let new = aim.add(answer.candidates);
            found += new.len();
            screen(drive, prepared, aim, new, round).await?;
        }
    }
    Ok(found)
}

async fn optimize(drive: &Drive, prepared: &Prepared, aim: &Aim, round: u32) -> Result<OptimizeResponse, Halt> {
    let call = async |context| {
        let request = OptimizeRequest {
            context: Some(context),
            prepared: Some(prepared.clone()),
            target: Some(aim.target.clone()),
            cases: Some(aim.cases.clone()),
            given: aim.given.clone(),
            round,
            earlier: aim.earlier(),
        };
        drive.peers().optimization().optimize(request).await
    };
    let name = format!("optimize/{}/{round}", aim.target.id);
    drive.remote(Role::Optimization, &name, call, |answer: &OptimizeResponse| answer.costs.clone()).await
}

/// Ranks this round's survivors together with the best of the rounds before, if there is a choice.
async fn screen(drive: &Drive, prepared: &Prepared, aim: &mut Aim, new: Vec<Candidate>, round: u32) -> Result<(), Halt> {
    let is_new = |candidate: &Candidate| new.iter().any(|new| new.id == candidate.id);
    let survivors = aim.survivors();
    let mut field: Vec<Candidate> = survivors.iter().filter(|candidate| is_new(candidate)).cloned().collect();
    field.extend(survivors.iter().find(|candidate| !is_new(candidate)).cloned().filter(|_| !field.is_empty()));
    if field.len() < 2 {
        return Ok(());
    }
    let call = async |context| {
        let request = ScreenRequest {
            context: Some(context),
            prepared: Some(prepared.clone()),
            target: Some(aim.target.clone()),
            cases: Some(aim.cases.clone()),
            candidates: field.clone(),
        };
        drive.peers().benchmark().screen(request).await
    };
    let name = format!("screen/{}/{round}", aim.target.id);
    let ranked: ScreenResponse = drive.remote(Role::Benchmark, &name, call, |answer: &ScreenResponse| answer.costs.clone()).await?;
    // Where none could be timed, it is not any candidate's fault.
    let none_timed = ranked.candidates.iter().all(|screened| !screened.failure.is_empty());
    for screened in ranked.candidates {
        aim.screened.retain(|(id, _)| *id != screened.candidate);
        let Some(candidate) = field.iter().find(|candidate| candidate.id == screened.candidate) else { continue };
        if screened.failure.is_empty() {
            aim.screened.push((screened.candidate, screened.ratio));
            continue;
        }
        let mut decided = candidate.clone();
        decided.set_verdict(if none_timed { Verdict::NotEnoughEvidence } else { Verdict::Rejected });
        decided.set_gate(confirm::gate_of(&screened.failure));
        decided.reason = screened.failure;
        aim.replace(drive.decide(decided).await?);
    }
    aim.screened.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survivors_stand_in_the_order_of_the_screen_and_the_decided_are_none() {
        let mut aim = Aim::new(Target::default(), TargetCases::default(), vec![]);
        let candidate = |id: &str| Candidate { id: id.into(), ..Candidate::default() };
        assert_eq!(aim.add(vec![candidate("a"), candidate("b"), candidate("c"), candidate("a")]).len(), 4);
        aim.candidates.dedup_by(|a, b| a.id == b.id);
        aim.screened = vec![("c".into(), 1.4), ("b".into(), 1.1)];
        let mut refused = candidate("b");
        refused.set_verdict(Verdict::Rejected);
        aim.replace(refused);
        let order: Vec<String> = aim.survivors().into_iter().map(|candidate| candidate.id).take(2).collect();
        assert_eq!(order, ["c", "a"]);
        assert_eq!(aim.earlier()[2].effect.expect("screened").ratio, 1.4);
    }
}
