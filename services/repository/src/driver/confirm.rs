//! Comparing survivors with the baseline, the gates that only a winner meets, and the family.

use whetstone_core::{Role, plan::timing, words};
use whetstone_proto::{
    benchmark::v1::{CompareRequest, CompareResponse, Comparison},
    common::v1::{Candidate, Effect, Gate, Prepared, Verdict},
    optimization::v1::{ConfirmRequest, ConfirmResponse, ProgramRun, RecordVerdictsRequest},
};

use super::{
    drive::Drive,
    family::{self, Claim},
    halt::Halt,
    joined,
    search::{Aim, Searched},
    solver,
};

/// Confirmations of one target: its winner, and the next best if the winner fails.
const CONFIRMATIONS: usize = 2;

/// Everything decided.
#[derive(Default)]
pub struct Confirmed {
    pub candidates: Vec<Candidate>,
    pub comparisons: Vec<Comparison>,
    pub programs: Vec<ProgramRun>,
    pub workload_effect: Option<Effect>,
    pub notes: Vec<String>,
    /// Names of the targets that candidates were sought for.
    pub searched: Vec<String>,
}

impl Confirmed {
    /// How many stand.
    pub fn accepted(&self) -> usize {
        self.candidates.iter().filter(|candidate| candidate.verdict() == Verdict::Accepted).count()
    }

    fn keep(&mut self, comparison: &Comparison) {
        self.comparisons.retain(|known| known.candidate != comparison.candidate);
        self.comparisons.push(comparison.clone());
    }
}

/// The whole stage.
pub async fn run(drive: &Drive, prepared: &Prepared, searched: Searched) -> Result<(Confirmed, String), Halt> {
    let Searched { mut aims, notes } = searched;
    let all = drive.options().confirm_all;
    let planned = |aim: &Aim| if all { aim.survivors().len() } else { aim.survivors().len().min(CONFIRMATIONS) };
    // Counted before the first confirming block: what is not used counts all the same.
    let size: usize = aims.iter().map(planned).sum();
    let mut confirmed = Confirmed { notes, ..Confirmed::default() };
    let mut claims = Vec::new();
    // What saves most comes first: time may run out.
    let mut order: Vec<usize> = (0..aims.len()).collect();
    order.sort_by(|&a, &b| aims[b].promise().total_cmp(&aims[a].promise()));
    for index in order {
        claims.extend(confirm_target(drive, prepared, &mut aims[index], size, &mut confirmed).await?);
    }
    let (standing, fallen) = settle_family(drive, prepared, &aims, claims, size).await?;
    for claim in &fallen {
        confirmed.keep(&claim.comparison);
        let reason =
            format!("faster on its own evidence, but not enough of it among the run's {}", words::count(size as u64, "confirmation"));
        let decided = judged(&claim.candidate, Verdict::Inconclusive, Gate::Speed, &reason);
        decide(drive, &mut aims, Candidate { effect: claim.comparison.effect, ..decided }).await?;
    }
    standing.iter().for_each(|claim| confirmed.keep(&claim.comparison));
    joined::settle(drive, prepared, &mut aims, standing, &mut confirmed).await?;
    confirmed.searched = aims.iter().filter(|aim| aim.was_searched).map(|aim| aim.target.name.clone()).collect();
    confirmed.candidates = aims.into_iter().flat_map(|aim| aim.candidates).collect();
    record(drive, &confirmed.candidates).await?;
    let summary = match confirmed.comparisons.len() {
        0 => "no candidate to confirm".to_owned(),
        compared => format!("{} confirmed, {} accepted", words::count(compared as u64, "candidate"), confirmed.accepted()),
    };
    Ok((confirmed, summary))
}

/// e-BH over the family: what passed alone but not among the others takes further blocks, until it
/// passes or meets its cap.
async fn settle_family(
    drive: &Drive,
    prepared: &Prepared,
    aims: &[Aim],
    mut claims: Vec<Claim>,
    size: usize,
) -> Result<(Vec<Claim>, Vec<Claim>), Halt> {
    let mut fallen = Vec::new();
    while let Some(required) = family::missing(&claims, size) {
        for claim in claims.iter_mut().filter(|claim| claim.comparison.log_e_accept < required) {
            let holds = |aim: &&Aim| aim.candidates.iter().any(|candidate| candidate.id == claim.candidate.id);
            let Some(aim) = aims.iter().find(holds) else { continue };
            match compare(drive, prepared, aim, &claim.candidate, size, required).await {
                Err(Halt::OutOfTime) => {}
                compared => claim.comparison = compared?,
            }
        }
        let (standing, short) = family::part(claims, required);
        claims = standing;
        fallen.extend(short);
    }
    Ok((claims, fallen))
}

/// Confirms a target's survivors, best first, until one passes or the planned number is reached.
async fn confirm_target(
    drive: &Drive,
    prepared: &Prepared,
    aim: &mut Aim,
    size: usize,
    confirmed: &mut Confirmed,
) -> Result<Vec<Claim>, Halt> {
    let (all, theta) = (drive.options().confirm_all, drive.options().theta);
    let mut claims: Vec<Claim> = Vec::new();
    let mut tried = 0;
    let mut waiting = aim.survivors();
    while !waiting.is_empty() {
        let candidate = waiting.remove(0);
        let winner = claims.last().filter(|_| !all).map(|claim| claim.candidate.clone());
        let worth_trying = all || tried == 0 || aim.ratio(&candidate.id).is_none_or(|ratio| ratio >= 1.0 + theta);
        let skipped = match (winner, drive.used_up().await?) {
            (Some(winner), _) if !winner.edits.is_empty() && winner.edits == candidate.edits => {
                Some(format!("not confirmed: the same change as {}", winner.origin))
            }
            (Some(winner), _) => Some(slower_than(&winner)),
            (None, Some(limit)) => Some(format!("not confirmed: {limit}")),
            (None, None) if !all && tried == CONFIRMATIONS => {
                Some("not confirmed: two that were faster in the screen failed before it".into())
            }
            (None, None) if !worth_trying => Some("not confirmed: no gain in the screen".into()),
            (None, None) => None,
        };
        if let Some(reason) = skipped {
            aim.replace(drive.decide(judged(&candidate, Verdict::Inconclusive, Gate::Speed, &reason)).await?);
            continue;
        }
        tried += 1;
        match confirm_one(drive, prepared, aim, &candidate, size, confirmed).await {
            Ok(Tried::Passed(claim)) => claims.push(*claim),
            Ok(Tried::Decided(decided)) => {
                if decided.verdict() == Verdict::NotEnoughEvidence {
                    // Where changed branches were reached by nothing, what changes less has fewer of them.
                    waiting.sort_by_key(|candidate| candidate.diff.len());
                }
                aim.replace(drive.decide(*decided).await?);
            }
            Err(Halt::OutOfTime) => {
                let decided = judged(&candidate, Verdict::Inconclusive, Gate::Speed, "not confirmed: --max-time was used up");
                aim.replace(drive.decide(decided).await?);
            }
            Err(halt) => return Err(halt),
        }
    }
    Ok(claims)
}

enum Tried {
    Passed(Box<Claim>),
    Decided(Box<Candidate>),
}

async fn confirm_one(
    drive: &Drive,
    prepared: &Prepared,
    aim: &Aim,
    candidate: &Candidate,
    size: usize,
    confirmed: &mut Confirmed,
) -> Result<Tried, Halt> {
    // At once what lets it stand alone in the family: going on later starts a job anew.
    let alone = family::alone(size);
    let comparison = compare(drive, prepared, aim, candidate, size, alone).await?;
    confirmed.keep(&comparison);
    let measured = Candidate { effect: comparison.effect, ..candidate.clone() };
    let verdict = match comparison.decision.as_str() {
        "accept" => None,
        "reject" => Some(Verdict::Rejected),
        _ => Some(Verdict::Inconclusive),
    };
    if let Some(verdict) = verdict {
        return Ok(Tried::Decided(Box::new(judged(&measured, verdict, gate_of(&comparison.reason), &comparison.reason))));
    }
    let answer = confirm(drive, prepared, &format!("confirm/{}", candidate.id), &[aim], std::slice::from_ref(&measured), false).await?;
    confirmed.programs.extend(answer.programs);
    let answered = answer.candidates.into_iter().find(|answered| answered.id == candidate.id).unwrap_or_else(|| measured.clone());
    let answered = Candidate { effect: measured.effect, ..answered };
    if answered.verdict() == Verdict::Unspecified {
        let workload_effect = answer.workload_effect;
        return Ok(Tried::Passed(Box::new(Claim { candidate: answered, comparison, workload_effect })));
    }
    Ok(Tried::Decided(Box::new(answered)))
}

/// Compares a candidate with the baseline, or goes on with its comparison to `required_log_e`.
pub async fn compare(
    drive: &Drive,
    prepared: &Prepared,
    aim: &Aim,
    candidate: &Candidate,
    size: usize,
    required_log_e: f64,
) -> Result<Comparison, Halt> {
    let call = async |context| {
        let request = CompareRequest {
            context: Some(context),
            prepared: Some(prepared.clone()),
            target: Some(aim.target.clone()),
            cases: Some(aim.cases.clone()),
            candidate: Some(candidate.clone()),
            required_log_e,
            family: u32::try_from(size).unwrap_or(u32::MAX),
        };
        drive.peers().benchmark().compare(request).await
    };
    // What a comparison asks at first is part of no name: it is one step whatever the family.
    let is_first = required_log_e <= 0.0 || (required_log_e - family::alone(size)).abs() < 1e-12;
    let name = if is_first { format!("compare/{}", candidate.id) } else { format!("compare/{}/{required_log_e:.6}", candidate.id) };
    let answer: CompareResponse = drive.remote(Role::Benchmark, &name, call, |answer: &CompareResponse| answer.costs.clone()).await?;
    Ok(answer.comparison.unwrap_or_default())
}

/// The gate that a comparison, or a screen, decided at by its reason: it meets outcomes as well.
pub fn gate_of(reason: &str) -> Gate {
    if reason.starts_with(timing::DIFFERENT_OUTCOME) { Gate::Behaviour } else { Gate::Speed }
}

/// Asks for the gates that only a winner meets.
pub async fn confirm(
    drive: &Drive,
    prepared: &Prepared,
    name: &str,
    aims: &[&Aim],
    candidates: &[Candidate],
    program_only: bool,
) -> Result<ConfirmResponse, Halt> {
    let prepared = if program_only { prepared.clone() } else { solver::with_solver(drive, prepared).await? };
    let call = async |context| {
        let request = ConfirmRequest {
            context: Some(context),
            prepared: Some(prepared.clone()),
            targets: aims.iter().map(|aim| aim.target.clone()).collect(),
            cases: aims.iter().map(|aim| aim.cases.clone()).collect(),
            candidates: candidates.to_vec(),
            program_only,
            solver_s: solver::seconds(drive),
        };
        drive.peers().optimization().confirm(request).await
    };
    drive.remote(Role::Optimization, name, call, |answer: &ConfirmResponse| answer.costs.clone()).await
}

/// A candidate with a verdict.
pub fn judged(candidate: &Candidate, verdict: Verdict, gate: Gate, reason: &str) -> Candidate {
    let mut decided = Candidate { reason: reason.to_owned(), ..candidate.clone() };
    decided.set_verdict(verdict);
    decided.set_gate(gate);
    decided
}

fn slower_than(winner: &Candidate) -> String {
    format!("not confirmed: slower in the screen than {}", winner.origin)
}

/// Decides a candidate and puts it back into its target.
pub async fn decide(drive: &Drive, aims: &mut [Aim], candidate: Candidate) -> Result<(), Halt> {
    let decided = drive.decide(candidate).await?;
    aims.iter_mut().for_each(|aim| aim.replace(decided.clone()));
    Ok(())
}

/// Tells the optimization role how its candidates ended, for its memory. A run does not fail over it.
async fn record(drive: &Drive, candidates: &[Candidate]) -> Result<(), Halt> {
    if candidates.is_empty() {
        return Ok(());
    }
    let request = RecordVerdictsRequest { context: Some(drive.context("verdicts")), candidates: candidates.to_vec() };
    if let Err(status) = drive.peers().optimization().record_verdicts(request).await {
        tracing::warn!(run = %drive.run, %status, "verdicts were not recorded for later runs");
    }
    Ok(())
}
