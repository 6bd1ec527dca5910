//! Gate 5: whole programs, with no harness and no recorder, each side in turn.

use whetstone_core::{
    Digest,
    job::{JobKind, Limits},
    plan::{FileEdit, Plan, ProgramPlan, ProgramResult, workload::ProgramComparison},
};
use whetstone_proto::{
    common::v1::{Cost, Effect, Prepared, StageContext},
    optimization::v1::ProgramRun,
};
use whetstone_runtime::{JobBuilder, Peers, jobs};

use crate::{Config, Error};

const LEAST_PAIRS: u32 = 2;
/// Fewer pairs than these do not speak against a gain.
const ENOUGH_PAIRS: usize = 4;
/// A pair that is slower by this much or more is slower, as `ln(baseline / candidate)`.
const SLOWER: f64 = -0.01;
/// Gains below this, as a logarithm, are too small to be missed in a few runs.
const PROMISED: f64 = 0.10;

/// What the paired runs showed of one edit.
pub struct Programs {
    pub runs: Vec<ProgramRun>,
    /// CPU ratio of the whole workload, all commands together.
    pub effect: Option<Effect>,
    pub refusal: Option<String>,
    pub costs: Vec<Cost>,
}

/// Runs every workload in pairs. `predicted` is the workload ratio that the confirmed speedup promises.
pub async fn run(
    config: &Config,
    peers: &Peers,
    context: &StageContext,
    prepared: &Prepared,
    edits: &[FileEdit],
    predicted: f64,
) -> Result<Programs, Error> {
    let longest = prepared.workloads.iter().map(|workload| workload.wall_s).sum::<f64>().max(0.01);
    let affordable = (config.program_limit_s / (2.0 * longest)) as u32;
    let pairs = affordable.clamp(LEAST_PAIRS, config.program_pairs.max(LEAST_PAIRS));
    let timeout_s = (longest * 5.0).max(60.0);
    let plan = ProgramPlan {
        start: jobs::start_of(prepared),
        commands: prepared.workloads.iter().map(|workload| workload.command.clone()).collect(),
        edits: edits.to_vec(),
        pairs,
        least_pairs: pairs.min(ENOUGH_PAIRS as u32),
        settled_at: needed(predicted),
        timeout_s,
        seed: context.seed,
    };
    let mut limits = Limits::standard();
    limits.wall = std::time::Duration::from_secs_f64(timeout_s * f64::from(2 * pairs + 2) + 60.0);
    limits.cpu = limits.wall * 2;
    let name = edits.iter().map(|edit| format!("{}\n{}", edit.path, edit.content)).collect::<String>();
    let purpose = format!("program/{}", Digest::of(name.as_bytes()).short());
    let job = JobBuilder::new(context, prepared, JobKind::Program, &purpose).plan(Plan::Program(plan)).limits(limits).timing();
    let finished = job.run(peers, |_, _| {}).await?;
    finished.succeeded()?;
    let result: ProgramResult = finished.result(&peers.artifacts()).await?;
    let log_ratios = workload_log_ratios(&result.commands);
    Ok(Programs {
        refusal: refusal(&result.commands, &log_ratios, predicted),
        effect: effect(&log_ratios),
        runs: result.commands.into_iter().map(program_run).collect(),
        costs: vec![finished.cost("compare")],
    })
}

fn program_run(comparison: ProgramComparison) -> ProgramRun {
    let (baseline_cpu_s, candidate_cpu_s) = comparison.cpu_s.into_iter().unzip();
    let (baseline_wall_s, candidate_wall_s) = comparison.wall_s.into_iter().unzip();
    ProgramRun {
        command: comparison.command,
        differences: comparison.differences,
        baseline_cpu_s,
        candidate_cpu_s,
        baseline_wall_s,
        candidate_wall_s,
        candidates: Vec::new(),
    }
}

/// `ln(baseline / candidate)` of the summed CPU of all commands, a value for each pair.
fn workload_log_ratios(commands: &[ProgramComparison]) -> Vec<f64> {
    let pairs = commands.iter().map(|command| command.cpu_s.len()).min().unwrap_or(0);
    let total = |pair: usize| {
        let add = |(base, cand): (f64, f64), (more_base, more_cand): (f64, f64)| (base + more_base, cand + more_cand);
        commands.iter().map(|command| command.cpu_s[pair]).fold((0.0, 0.0), add)
    };
    (0..pairs).map(total).filter(|(base, cand)| *base > 0.0 && *cand > 0.0).map(|(base, cand)| (base / cand).ln()).collect()
}

/// What one pair must reach for the runs not to contradict the gain: the `ln(baseline / candidate)` that
/// neither "every pair was slower" nor "no pair came near the promise" can be said of any more.
fn needed(predicted: f64) -> f64 {
    if predicted.ln() > PROMISED { predicted.ln() / 4.0 } else { SLOWER }
}

/// Student's 97.5 % quantiles from one degree of freedom on.
const STUDENT: [f64; 11] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201];

/// The mean log ratio with Student's 95 % interval; nothing from a single pair.
fn effect(log_ratios: &[f64]) -> Option<Effect> {
    let count = log_ratios.len() as f64;
    let quantile = STUDENT[log_ratios.len().checked_sub(2)?.min(STUDENT.len() - 1)];
    let mean = log_ratios.iter().sum::<f64>() / count;
    let variance = log_ratios.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let half = quantile * (variance / count).sqrt();
    Some(Effect { ratio: mean.exp(), low: (mean - half).exp(), high: (mean + half).exp() })
}

/// Says what the runs contradict: behaviour, or the promised gain.
fn refusal(commands: &[ProgramComparison], log_ratios: &[f64], predicted: f64) -> Option<String> {
    if let Some((command, difference)) =
        commands.iter().find_map(|command| command.differences.first().map(|first| (&command.command, first)))
    {
        return Some(format!("the whole program `{command}` behaves differently: {difference}"));
    }
    let enough = log_ratios.len() >= ENOUGH_PAIRS;
    let slower = enough && log_ratios.iter().all(|value| *value < SLOWER);
    if slower {
        return Some("every paired run of the whole workload was slower".into());
    }
    let best = log_ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if enough && predicted.ln() > PROMISED && best < needed(predicted) {
        let best = best.exp();
        return Some(format!("the whole workload should be {predicted:.2}x faster and no paired run was more than {best:.2}x faster"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(cpu_s: Vec<(f64, f64)>, differences: Vec<String>) -> ProgramComparison {
        ProgramComparison { command: "pytest".into(), differences, wall_s: cpu_s.clone(), cpu_s, peak_memory_bytes: Vec::new() }
    }

    #[test]
    fn commands_are_summed_pair_by_pair() {
        let ratios = workload_log_ratios(&[comparison(vec![(3.0, 1.0)], vec![]), comparison(vec![(1.0, 1.0)], vec![])]);
        assert!((ratios[0] - 2f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn an_effect_has_the_interval_that_few_pairs_allow() {
        let found = effect(&[0.1, 0.2, 0.3, 0.2]).expect("four pairs");
        let half = 3.182 * (0.02f64 / 3.0 / 4.0).sqrt();
        assert!((found.ratio.ln() - 0.2).abs() < 1e-9 && (found.high.ln() - 0.2 - half).abs() < 1e-9, "{found:?}");
        assert!(effect(&[0.1]).is_none());
    }

    #[test]
    fn a_pair_that_settles_it_leaves_nothing_to_be_refused() {
        for predicted in [1.02, 1.5, 3.0] {
            let settled = [-0.5, -0.4, needed(predicted), -0.6];
            assert!(refusal(&[], &settled, predicted).is_none(), "{predicted}");
        }
    }

    #[test]
    fn a_difference_a_slowdown_and_a_missing_gain_refuse() {
        let same = vec![0.0, 0.01, -0.01, 0.02];
        assert!(refusal(&[comparison(vec![], vec!["exit 1, was 0".into()])], &same, 1.0).is_some());
        assert!(refusal(&[], &[-0.05, -0.02, -0.03, -0.04], 1.02).is_some());
        assert!(refusal(&[], &same, 1.5).is_some());
        assert!(refusal(&[], &same, 1.02).is_none());
        assert!(refusal(&[], &[0.3, 0.4, 0.45, 0.38], 1.5).is_none());
    }
}
