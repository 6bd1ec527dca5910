//! From a course to its verdict, in numbers and in sentences.

use whetstone_core::{plan::TimingResult, record::Block, words};
use whetstone_measure::{
    Decision,
    interval::{Interval, hodges_lehmann, median},
};
use whetstone_proto::{
    benchmark::v1::{BlockEffect, Comparison, Phase, SizeClass},
    common::v1::{Candidate, Prepared, Target},
};

use crate::{
    classes::Class,
    config::Config,
    convert,
    course::{Course, KNOWN, MAIN},
    timing::times,
};

/// Everything that a verdict is made of.
pub struct Judgement<'a> {
    pub config: &'a Config,
    pub theta: f64,
    pub course: &'a Course,
    pub target: &'a Target,
    pub prepared: &'a Prepared,
    pub candidate: &'a Candidate,
    /// What the job told of itself; none where it was refused.
    pub result: Option<&'a TimingResult>,
}

/// Share of repeated values above which the speed of what remembers results is not known.
const MOST_REPEATED: f64 = 0.1;

/// A decision with its reason; the reason of an acceptance is empty.
type Decided = (Decision, String);

impl Judgement<'_> {
    /// The verdict as it goes out.
    pub fn comparison(&self) -> Comparison {
        let course = self.course;
        let verdict = course.comparison().verdict();
        let (decision, reason) = self.decide(&verdict.effect);
        let known = course.effects(KNOWN);
        let mut comparison = Comparison {
            candidate: self.candidate.id.clone(),
            decision: name(decision).into(),
            reason,
            effect: Some(convert::effect(&verdict.effect)),
            log_e_accept: verdict.log_e_accept,
            log_e_reject: verdict.log_e_reject,
            blocks: u32::try_from(verdict.blocks).unwrap_or(u32::MAX),
            block_effects: block_effects(&course.effects(MAIN)),
            sizes: course.classes().iter().filter_map(|class| self.size_class(class)).collect(),
            known_values: Some(Interval::of(&known, 0.05)).filter(|interval| !interval.is_open).as_ref().map(convert::effect),
            clock: course.clock().into(),
            predicted_workload_ratio: workload_ratio(self.target.share, verdict.effect.estimate.exp()),
            ..Comparison::default()
        };
        if let Some(result) = self.result {
            comparison.harness_share = result.harness_share;
            comparison.unknown_share = result.unknown_share;
            comparison.in_workload = result.in_workload;
            comparison.machine = Some(convert::machine(&result.machine));
            comparison.phases = result.phases.iter().map(|(name, seconds)| Phase { name: name.clone(), seconds: *seconds }).collect();
            (comparison.baseline_median_call_ns, comparison.candidate_median_call_ns) = self.call_ns(MAIN, result);
            comparison.reservations = self.reservations(result);
        }
        comparison
    }

    fn decide(&self, effect: &Interval) -> Decided {
        let course = self.course;
        if let Some(reason) = course.failure() {
            return (Decision::Reject, reason.to_owned());
        }
        if course.is_gaming() {
            let (known, unknown) = (hodges_lehmann(&course.effects(KNOWN)).exp(), hodges_lehmann(&course.effects(MAIN)).exp());
            let reason =
                format!("it gains on the recorded values ({known:.2}x) what it does not gain on values it can't know ({unknown:.2}x)");
            return (Decision::Reject, reason);
        }
        if let Some(class) = course.refusing_class() {
            let ratio = hodges_lehmann(&course.effects(&class.series())).exp();
            let reason = format!("{ratio:.2}x on inputs of size {} to {}, {}", class.smallest, class.largest, percent(class.share));
            return (Decision::Reject, format!("{reason} of the target's time: slower by more than 2 %"));
        }
        let blocks = course.blocks(MAIN).len();
        let theta = self.theta * 100.0;
        match course.comparison().decision() {
            Some(Decision::Accept) => self.worth(effect),
            Some(Decision::Reject) => (Decision::Reject, format!("no gain of {theta:.0} %: {} after {blocks} blocks", interval(effect))),
            _ if blocks == 0 => (Decision::Inconclusive, "no block could be timed".into()),
            _ => {
                let reason = format!("a gain of {theta:.0} % is neither shown nor excluded after {blocks} blocks: {}", interval(effect));
                (Decision::Inconclusive, reason)
            }
        }
    }

    /// Whether a shown gain stands against what it costs at start-up and to review.
    fn worth(&self, effect: &Interval) -> Decided {
        let ratio = effect.estimate.exp();
        if let Some((added_s, net)) = self.net_of_start_up(ratio)
            && net < 1.0 + self.theta
        {
            let added_ms = added_s * 1e3;
            let reason =
                format!("{added_ms:.1} ms more CPU at import and first use leave {net:.2}x of {ratio:.2}x in one run of the workload");
            return (Decision::Reject, reason);
        }
        let lines = f64::from(changed_lines(&self.candidate.diff));
        let more = (lines / f64::from(self.config.worth_lines.max(1))).max(1.0);
        let (share, whole) = self.share_for_reviewers();
        let gain = workload_ratio(share, ratio) - 1.0;
        let least_gain = self.config.worth_workload_gain * more;
        let least_ratio = 1.0 + (self.config.worth_target_ratio - 1.0) * more;
        // Without a share nothing is known of the workload, and the gain on the target decides alone.
        if self.target.share > 0.0 && gain < least_gain && ratio < least_ratio {
            let reason = format!(
                "faster ({}), but not worth a review: {} of {whole}, less than {}, and less than {least_ratio:.2}x on the target",
                interval(effect),
                percent(gain),
                percent(least_gain)
            );
            return (Decision::Reject, reason);
        }
        match self.repeated_share() {
            Some(share) if share > MOST_REPEATED => {
                let reason = format!(
                    "it keeps results ({}), and {} of the timed calls had to be made on recorded values again and again, which it then knows",
                    self.candidate.memo,
                    percent(share)
                );
                (Decision::Inconclusive, reason)
            }
            _ => (Decision::Accept, String::new()),
        }
    }

    /// Share of the time that a candidate which keeps results spent on values that other samples had too: in the
    /// workload they would be new.
    fn repeated_share(&self) -> Option<f64> {
        let result = self.result.filter(|result| !result.in_workload && !self.candidate.memo.is_empty())?;
        Some(1.0 - result.unknown_share)
    }

    /// Added start-up CPU in seconds, and the ratio that is left of `ratio` in one plain process.
    fn net_of_start_up(&self, ratio: f64) -> Option<(f64, f64)> {
        let cpu_s = self.prepared.workloads.iter().map(|workload| workload.cpu_s).fold(0.0, f64::max);
        let target_s = self.target.share * cpu_s;
        let warm_up = f64::from(self.result?.warm_up);
        let added: Vec<f64> = self.course.blocks(MAIN).iter().map(|block| added_start_up_ns(block, warm_up)).collect();
        let centre = median(&added);
        let spread = median(&added.iter().map(|added| (added - centre).abs()).collect::<Vec<_>>());
        // Starts of one program differ; only what stands out of that is charged.
        let is_certain = centre > 2e6 && centre > CERTAIN * spread / (added.len() as f64).sqrt();
        (target_s > 0.0 && is_certain).then(|| (centre / 1e9, target_s / (target_s / ratio + centre / 1e9)))
    }

    /// The target's share of what its gain is held against. Tests spend most of their time in their
    /// framework, which nobody who runs the repository's code meets: what counts is the rest.
    fn share_for_reviewers(&self) -> (f64, &'static str) {
        let Target { share, repository_share, .. } = *self.target;
        let are_tests = self.prepared.workloads.iter().all(|workload| workload.is_tests);
        if are_tests && repository_share > 0.0 {
            return ((share / repository_share).min(1.0), "what the tests spend in the repository's code");
        }
        (share, "the workload")
    }

    fn size_class(&self, class: &Class) -> Option<SizeClass> {
        let series = class.series();
        let effects = self.course.effects(&series);
        let interval = Interval::of(&effects, 0.05);
        let (baseline_ns, candidate_ns) = self.call_ns(&series, self.result?);
        let refuses = self.course.refusing_class() == Some(class);
        (!effects.is_empty()).then(|| SizeClass {
            smallest: class.smallest,
            largest: class.largest,
            share: class.share,
            effect: Some(convert::effect(&interval)),
            decision: if refuses { "reject" } else { "accept" }.into(),
            baseline_ns,
            candidate_ns,
        })
    }

    /// Median nanoseconds of one call in a series, for baseline and candidate.
    fn call_ns(&self, series: &str, result: &TimingResult) -> (f64, f64) {
        let calls = result.calls.iter().find(|(name, _)| name == series).map_or(0, |(_, calls)| *calls);
        let pairs: Vec<(f64, f64)> = self.course.blocks(series).iter().flat_map(|block| times(block, self.course.clock())).collect();
        if calls == 0 || pairs.is_empty() {
            return (0.0, 0.0);
        }
        let of = |values: Vec<f64>| median(&values) / calls as f64;
        (of(pairs.iter().map(|pair| pair.0).collect()), of(pairs.iter().map(|pair| pair.1).collect()))
    }

    fn reservations(&self, result: &TimingResult) -> Vec<String> {
        let machine = &result.machine;
        let mut found = Vec::new();
        match self.course.clock() {
            "cpu" => {}
            "wall_less_queue" => found.push("Timed by wall time less the wait for a processor: the target waits for something.".to_owned()),
            _ => found.push("Timed by wall time: threads or waiting are involved, so load on the machine shows more.".to_owned()),
        }
        if machine.clock_step_ns > 1_000 {
            found.push(format!("The CPU clock is coarse here: its steps are {:.1} µs.", machine.clock_step_ns as f64 / 1e3));
        }
        let disturbed: f64 = self.course.blocks(MAIN).iter().map(|block| block.disturbed_s).sum();
        if disturbed > 0.05 {
            found.push(format!(
                "The machine was throttled or lent to others for {disturbed:.2} s of the comparison; no block was left out for it."
            ));
        }
        if machine.load > f64::from(machine.cores) {
            found.push(format!("Other programs used the same processors (load {:.1} on {}).", machine.load, machine.cores));
        }
        if result.harness_share > 0.01 {
            found.push(format!(
                "Calls are so short that {} of a sample is the harness's own: the effect is understated.",
                percent(result.harness_share)
            ));
        }
        if result.in_workload {
            found.push("Timed in the running workload, on the values that it has: no others could be used.".into());
        } else if result.unknown_share < 0.5 {
            found.push(format!(
                "{} of the time was spent on values as recorded: changed ones take another path, so they could not be used.",
                percent(1.0 - result.unknown_share)
            ));
        }
        if self.target.share <= 0.0 {
            found.push("The target's share of the workload is not known.".into());
        }
        found
    }
}

/// Three standard errors of a median (1.25 standard deviations over the root of the count), in median absolute deviations
/// (a standard deviation is 1.48 of them).
const CERTAIN: f64 = 3.0 * 1.253 * 1.483;

/// The CPU that a block's candidate used before its first pair beyond the baseline, less what the
/// warm-up's calls explain.
fn added_start_up_ns(block: &Block, warm_up: f64) -> f64 {
    let pairs = times(block, "cpu");
    let sample = |of: fn(&(f64, f64)) -> f64| median(&pairs.iter().map(of).collect::<Vec<_>>());
    let before = |side: usize, sample: f64| block.startup_ns[side] as f64 - warm_up * sample;
    before(1, sample(|pair| pair.1)) - before(0, sample(|pair| pair.0))
}

/// Each block with the confidence sequence as it stood after it.
fn block_effects(effects: &[f64]) -> Vec<BlockEffect> {
    let after = |count: usize| Interval::of(&effects[..count], 0.05);
    effects
        .iter()
        .enumerate()
        .map(|(i, effect)| BlockEffect { log_ratio: *effect, low: after(i + 1).low, high: after(i + 1).high })
        .collect()
}

/// Lines that a unified diff adds or removes.
fn changed_lines(diff: &str) -> u32 {
    let is_change =
        |line: &&str| (line.starts_with('+') && !line.starts_with("+++")) || (line.starts_with('-') && !line.starts_with("---"));
    u32::try_from(diff.lines().filter(is_change).count()).unwrap_or(u32::MAX)
}

fn name(decision: Decision) -> &'static str {
    match decision {
        Decision::Accept => "accept",
        Decision::Reject => "reject",
        Decision::Inconclusive => "inconclusive",
    }
}

fn interval(effect: &Interval) -> String {
    let (low, high) = effect.bounds();
    words::ratio(effect.estimate.exp(), low.map(f64::exp), high.map(f64::exp))
}

fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value.abs() < 10.0 { format!("{value:.1} %") } else { format!("{value:.0} %") }
}

/// The whole's ratio where a part of it gets faster by `ratio`.
fn workload_ratio(share: f64, ratio: f64) -> f64 {
    let share = share.clamp(0.0, 1.0);
    1.0 / (1.0 - share + share / ratio)
}

#[cfg(test)]
mod tests {
    use whetstone_core::{
        plan::timing::{Explored, Machine},
        record::Pair,
    };
    use whetstone_measure::Rule;
    use whetstone_proto::common::v1::Workload;

    use super::*;

    fn block(log_ratio: f64, added_ms: u64) -> Block {
        let (baseline, candidate) = (10_000_000u64, (1e7 / log_ratio.exp()) as u64);
        let pair = Pair {
            baseline_first: true,
            baseline_cpu_ns: baseline,
            candidate_cpu_ns: candidate,
            baseline_wall_ns: baseline,
            candidate_wall_ns: candidate,
            baseline_queue_ns: 0,
            candidate_queue_ns: 0,
        };
        Block {
            series: MAIN.into(),
            index: 0,
            baseline_first: true,
            pairs: vec![pair; 5],
            startup_ns: [50_000_000 + 2 * baseline, 50_000_000 + 2 * candidate + added_ms * 1_000_000],
            life_ns: [0, 0],
            clock: "cpu".into(),
            disturbed_s: 0.0,
        }
    }

    fn result() -> TimingResult {
        TimingResult {
            blocks: Vec::new(),
            calls: vec![(MAIN.into(), 100)],
            calls_per_sample: 100,
            sample_ms: 10.0,
            harness_share: 0.002,
            unknown_share: 1.0,
            in_workload: false,
            warm_up: 2,
            failed: Vec::new(),
            machine: Machine { cores: 2, clock_step_ns: 100, ..Machine::default() },
            phases: Vec::new(),
            explored: Explored::default(),
        }
    }

    /// The verdict on `blocks` blocks of one log ratio.
    fn judged(log_ratio: f64, added_ms: u64, share: f64, result: &TimingResult) -> Comparison {
        judged_keeping("", log_ratio, added_ms, share, result)
    }

    /// The same for a candidate that keeps results under a name.
    fn judged_keeping(memo: &str, log_ratio: f64, added_ms: u64, share: f64, result: &TimingResult) -> Comparison {
        let mut course = Course::new(Rule::default(), 0.0, Vec::new(), false);
        while course.comparison().decision().is_none() {
            course.take(block(log_ratio, added_ms));
        }
        let workload = Workload { cpu_s: 1.0, ..Workload::default() };
        let prepared = Prepared { workloads: vec![workload], ..Prepared::default() };
        let target = Target { share, ..Target::default() };
        let diff = "--- a\n+++ b\n-x\n+y\n".into();
        let candidate = Candidate { id: "c".into(), diff, memo: memo.into(), ..Candidate::default() };
        let (config, course) = (Config::default(), &course);
        Judgement {
            config: &config,
            theta: 0.05,
            course,
            target: &target,
            prepared: &prepared,
            candidate: &candidate,
            result: Some(result),
        }
        .comparison()
    }

    #[test]
    fn a_gain_that_matters_is_accepted_with_its_ratio_and_times() {
        let comparison = judged(0.2, 0, 0.5, &result());
        assert_eq!((comparison.decision.as_str(), comparison.reason.as_str()), ("accept", ""));
        let effect = comparison.effect.expect("blocks were taken");
        assert!((effect.ratio - 0.2f64.exp()).abs() < 1e-3 && effect.low > 1.05 && effect.low < effect.ratio);
        assert!((comparison.baseline_median_call_ns - 1e5).abs() < 1.0);
        assert!((comparison.predicted_workload_ratio - 1.0 / (0.5 + 0.5 / 0.2f64.exp())).abs() < 1e-3);
        assert_eq!(comparison.block_effects.len(), 8);
        assert!(comparison.reservations.is_empty(), "{:?}", comparison.reservations);
    }

    #[test]
    fn a_gain_too_small_for_a_reviewer_is_refused_unless_the_target_gains_much() {
        let comparison = judged(0.2, 0, 0.01, &result());
        assert_eq!(comparison.decision, "reject");
        assert!(comparison.reason.contains("not worth a review: 0.2 % of the workload"), "{}", comparison.reason);
        assert_eq!(judged(0.6, 0, 0.01, &result()).decision, "accept");
        assert_eq!(judged(0.2, 0, 0.0, &result()).decision, "accept", "nothing is known of the workload");
    }

    #[test]
    fn a_gain_in_tests_is_held_against_their_time_in_the_repository() {
        let judged_in_tests = |is_tests| {
            let mut course = Course::new(Rule::default(), 0.0, Vec::new(), false);
            while course.comparison().decision().is_none() {
                course.take(block(0.2, 0));
            }
            let prepared = Prepared { workloads: vec![Workload { cpu_s: 1.0, is_tests, ..Workload::default() }], ..Prepared::default() };
            let target = Target { share: 0.01, repository_share: 0.04, ..Target::default() };
            let candidate = Candidate { id: "c".into(), diff: "--- a\n+++ b\n-x\n+y\n".into(), ..Candidate::default() };
            let (config, course, target, prepared, candidate) = (&Config::default(), &course, &target, &prepared, &candidate);
            Judgement { config, theta: 0.05, course, target, prepared, candidate, result: Some(&result()) }.comparison()
        };
        assert_eq!(judged_in_tests(true).decision, "accept", "4.7 % of the time in the repository's code");
        assert_eq!(judged_in_tests(false).decision, "reject", "0.2 % of the workload");
    }

    #[test]
    fn work_moved_to_import_is_charged_against_the_gain() {
        let comparison = judged(0.2, 200, 0.5, &result());
        assert_eq!(comparison.decision, "reject");
        assert!(comparison.reason.contains("200.0 ms more CPU at import"), "{}", comparison.reason);
        assert_eq!(judged(0.2, 1, 0.5, &result()).decision, "accept", "within what starts differ by");
    }

    #[test]
    fn no_gain_is_told_as_such() {
        let comparison = judged(0.0, 0, 0.5, &result());
        assert_eq!(comparison.decision, "reject");
        assert!(comparison.reason.starts_with("no gain of 5 %: 1.00x"), "{}", comparison.reason);
    }

    #[test]
    fn what_keeps_results_is_not_fast_on_values_that_come_again() {
        let mut repeated = result();
        repeated.unknown_share = 0.4;
        let kept = judged_keeping("m._CACHE", 0.5, 0, 0.5, &repeated);
        assert_eq!(kept.decision, "inconclusive");
        assert!(kept.reason.contains("m._CACHE") && kept.reason.contains("60 %"), "{}", kept.reason);
        assert_eq!(judged_keeping("m._CACHE", 0.5, 0, 0.5, &result()).decision, "accept");
        assert_eq!(judged(0.5, 0, 0.5, &repeated).decision, "accept");
    }

    #[test]
    fn whatever_weakens_a_verdict_is_said() {
        let mut doubtful = result();
        doubtful.machine = Machine { cores: 2, clock_step_ns: 4_000_000, load: 7.0, ..Machine::default() };
        (doubtful.harness_share, doubtful.unknown_share) = (0.04, 0.1);
        let told = judged(0.2, 0, 0.5, &doubtful).reservations.join(" ");
        for part in ["coarse", "load 7.0", "4.0 %", "90 %"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn a_diff_is_counted_without_its_head() {
        assert_eq!(changed_lines("--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z\n"), 2);
    }
}
