//! The finished branch: every accepted optimization together, through the whole-program gate.

use whetstone_proto::common::v1::{Candidate, Gate, Prepared, Verdict};

use super::{
    confirm::{self, Confirmed, judged},
    drive::Drive,
    family::Claim,
    halt::Halt,
    search::Aim,
};

/// Accepts what stands, also together. One alone has passed this gate already. Of several that do
/// not pass together, the one with the least gain is left out, until the rest passes.
pub async fn settle(
    drive: &Drive,
    prepared: &Prepared,
    aims: &mut [Aim],
    standing: Vec<Claim>,
    confirmed: &mut Confirmed,
) -> Result<(), Halt> {
    let (mut branch, beside) = best_of_each_target(standing);
    confirmed.workload_effect = branch.first().filter(|_| branch.len() == 1).and_then(|claim| claim.workload_effect);
    while branch.len() > 1 {
        let candidates: Vec<Candidate> = branch.iter().map(|claim| claim.candidate.clone()).collect();
        let members: Vec<&Aim> = aims.iter().filter(|aim| branch.iter().any(|claim| belongs(claim, aim))).collect();
        let name = format!("branch/{}", branch.len());
        let answer = match confirm::confirm(drive, prepared, &name, &members, &candidates, true).await {
            Err(Halt::OutOfTime) => {
                confirmed.notes.push("the finished branch was not run as a whole: --max-time was used up".into());
                break;
            }
            answer => answer?,
        };
        let refused: Vec<&Candidate> = answer.candidates.iter().filter(|candidate| candidate.verdict() != Verdict::Unspecified).collect();
        confirmed.programs.extend(answer.programs);
        let Some(first) = refused.first() else {
            confirmed.workload_effect = answer.workload_effect;
            break;
        };
        let reason = format!("does not stand together with the others: {}", first.reason);
        // Where some are named, such as two edits of one place, it is one of them; else any may be the cause.
        let named = |claim: &Claim| refused.len() == branch.len() || refused.iter().any(|candidate| candidate.id == claim.candidate.id);
        let Some(weakest) = weakest(&branch, named) else { break };
        let left_out = branch.remove(weakest);
        confirm::decide(drive, aims, judged(&left_out.candidate, Verdict::Rejected, Gate::Program, &reason)).await?;
        if branch.len() == 1 {
            confirmed.workload_effect = branch[0].workload_effect;
        }
    }
    for claim in branch.into_iter().chain(beside) {
        confirm::decide(drive, aims, judged(&claim.candidate, Verdict::Accepted, Gate::Program, "")).await?;
    }
    Ok(())
}

/// Of several accepted candidates for one target, a branch can hold one.
fn best_of_each_target(standing: Vec<Claim>) -> (Vec<Claim>, Vec<Claim>) {
    let (mut best, mut beside): (Vec<Claim>, Vec<Claim>) = (Vec::new(), Vec::new());
    for claim in standing {
        match best.iter_mut().find(|known| known.candidate.target == claim.candidate.target) {
            Some(known) if ratio(&claim) > ratio(known) => beside.push(std::mem::replace(known, claim)),
            Some(_) => beside.push(claim),
            None => best.push(claim),
        }
    }
    (best, beside)
}

fn belongs(claim: &Claim, aim: &Aim) -> bool {
    aim.candidates.iter().any(|candidate| candidate.id == claim.candidate.id)
}

fn weakest(branch: &[Claim], named: impl Fn(&Claim) -> bool) -> Option<usize> {
    let members = branch.iter().enumerate().filter(|(_, claim)| named(claim));
    members.min_by(|a, b| ratio(a.1).total_cmp(&ratio(b.1))).map(|(index, _)| index)
}

/// By the workload where it is known: a share of a small target is a small gain.
fn ratio(claim: &Claim) -> f64 {
    let predicted = Some(claim.comparison.predicted_workload_ratio).filter(|ratio| *ratio > 0.0);
    predicted.or(claim.candidate.effect.map(|effect| effect.ratio)).unwrap_or(1.0)
}
