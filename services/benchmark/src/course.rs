//! The course of one comparison: which series wants another block, given all blocks so far.
//!
//! A pure function of the blocks, so that an interrupted comparison goes on where it was.

use std::collections::BTreeMap;

use whetstone_core::record::Block;
use whetstone_measure::{
    Comparison, Decision, Evidence, Rule,
    interval::{hodges_lehmann, median},
    sizes,
};

use crate::{
    classes::Class,
    timing::{effect_of, times},
};

/// The series that decides.
pub const MAIN: &str = "unknown values";
/// The series on recorded values, which an author may know.
pub const KNOWN: &str = "known values";

/// Blocks that every other series takes before it is let go.
const LOOKED_AT: usize = 3;
/// Blocks after which a suspicion that has not been confirmed is dropped.
const MOST_SUSPECTED: usize = 20;
/// Evidence at which a candidate is held to be made for the recorded values.
const GAMING_EVIDENCE: f64 = 20.0;

/// One comparison while its blocks arrive.
pub struct Course {
    rule: Rule,
    required: f64,
    classes: Vec<Class>,
    is_memo: bool,
    is_in_workload: bool,
    blocks: BTreeMap<String, Vec<Block>>,
    failures: Vec<(String, String)>,
}

impl Course {
    /// Starts without blocks. `required` is the log evidence to reach; less than the rule's is the rule's.
    /// What a declared memo keeps differs between known and unknown values by its nature.
    pub fn new(rule: Rule, required: f64, classes: Vec<Class>, is_memo: bool) -> Self {
        Self { rule, required, classes, is_memo, is_in_workload: false, blocks: BTreeMap::new(), failures: Vec::new() }
    }

    /// Starts one whose calls are timed in the running workload: on its own values, of all sizes together.
    pub fn in_workload(rule: Rule, required: f64) -> Self {
        Self { is_in_workload: true, ..Self::new(rule, required, Vec::new(), false) }
    }

    /// Whether the calls are timed in the running workload.
    pub fn is_in_workload(&self) -> bool {
        self.is_in_workload
    }

    /// Every series in the order in which a plan names them.
    pub fn series(&self) -> Vec<String> {
        let known = (!self.is_in_workload).then(|| KNOWN.to_owned());
        [MAIN.to_owned()].into_iter().chain(known).chain(self.classes.iter().map(Class::series)).collect()
    }

    /// The size classes.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// Takes a block of any series.
    pub fn take(&mut self, block: Block) {
        self.blocks.entry(block.series.clone()).or_default().push(block);
    }

    /// Notes that a series failed.
    pub fn fail(&mut self, series: &str, reason: &str) {
        self.failures.push((series.to_owned(), reason.to_owned()));
    }

    /// Why the deciding series failed, if it did.
    pub fn failure(&self) -> Option<&str> {
        self.failures.iter().find(|(series, _)| series == MAIN).map(|(_, reason)| reason.as_str())
    }

    /// The blocks of one series.
    pub fn blocks(&self, series: &str) -> &[Block] {
        self.blocks.get(series).map_or(&[], Vec::as_slice)
    }

    /// The clock for all blocks: the most cautious that any block of the deciding series asks for.
    pub fn clock(&self) -> &'static str {
        let asked = |clock: &str| self.blocks(MAIN).iter().any(|block| block.clock == clock);
        ["wall", "wall_less_queue"].into_iter().find(|clock| asked(clock)).unwrap_or("cpu")
    }

    /// The effects of one series' blocks, as log ratios.
    pub fn effects(&self, series: &str) -> Vec<f64> {
        let clock = self.clock();
        self.blocks(series).iter().map(|block| effect_of(block, clock)).collect()
    }

    /// The deciding comparison as it stands.
    pub fn comparison(&self) -> Comparison {
        let mut comparison = Comparison::new(self.rule);
        comparison.require(self.required);
        self.effects(MAIN).into_iter().for_each(|effect| comparison.add(effect));
        comparison
    }

    /// The first size class that refuses.
    pub fn refusing_class(&self) -> Option<&Class> {
        self.classes.iter().find(|class| sizes::refuses(&self.effects(&class.series()), self.classes.len()))
    }

    /// Whether the gain on known values is one that unknown values do not have.
    pub fn is_gaming(&self) -> bool {
        !self.is_memo && Evidence::of(&self.surplus(), 0.0, 1.0) >= GAMING_EVIDENCE.ln()
    }

    /// By block, how much more the candidate gains on known values than honest code may: values
    /// differ in cost, and the more so the greater the gain, hence half of it on top. Both series make the same calls; where
    /// the baseline has less to do for unknown values and the candidate no more than for known ones, nothing is known by heart.
    fn surplus(&self) -> Vec<f64> {
        let clock = self.clock();
        let (main, known) = (self.effects(MAIN), self.effects(KNOWN));
        let tolerated = 1.1f64.ln().max(0.5 * hodges_lehmann(&main));
        let slower =
            self.blocks(MAIN).iter().zip(self.blocks(KNOWN)).map(|(unknown, known)| (took(unknown, clock) / took(known, clock)).ln());
        main.iter().zip(&known).zip(slower).map(|((unknown, known), slower)| (known - unknown).min(slower) - tolerated).collect()
    }

    /// The series that want one more block; none means that the comparison is over.
    pub fn next(&self) -> Vec<String> {
        if self.failure().is_some() || self.is_gaming() || self.refusing_class().is_some() {
            return Vec::new();
        }
        let decision = self.comparison().decision();
        if matches!(decision, Some(Decision::Reject | Decision::Inconclusive)) {
            return Vec::new();
        }
        let mut wanted: Vec<String> = decision.is_none().then(|| MAIN.to_owned()).into_iter().collect();
        // A surplus is taken block by block with the deciding series.
        if !self.is_in_workload && self.wants(KNOWN, !self.is_memo && hodges_lehmann(&self.surplus()) > 0.0) {
            wanted.push(KNOWN.to_owned());
            wanted.extend((decision.is_some() && self.blocks(KNOWN).len() >= self.blocks(MAIN).len()).then(|| MAIN.to_owned()));
        }
        for class in &self.classes {
            let series = class.series();
            let is_suspicious = hodges_lehmann(&self.effects(&series)) < -sizes::TOLERATED_LOSS.ln_1p();
            if self.wants(&series, is_suspicious) {
                wanted.push(series);
            }
        }
        wanted
    }

    fn wants(&self, series: &str, is_suspicious: bool) -> bool {
        let taken = self.blocks(series).len();
        let has_failed = self.failures.iter().any(|(failed, _)| failed == series);
        !has_failed && (taken < LOOKED_AT || (is_suspicious && taken < MOST_SUSPECTED))
    }
}

/// Nanoseconds of the candidate's middle sample of a block.
fn took(block: &Block, clock: &str) -> f64 {
    let samples: Vec<f64> = times(block, clock).into_iter().map(|(_, candidate)| candidate).collect();
    median(&samples).max(1.0)
}

#[cfg(test)]
mod tests {
    use whetstone_core::record::Pair;

    use super::*;

    fn block(series: &str, log_ratio: f64) -> Block {
        let (baseline, candidate) = (1e7, 1e7 / log_ratio.exp());
        let pair = Pair {
            baseline_first: true,
            baseline_cpu_ns: baseline as u64,
            candidate_cpu_ns: candidate as u64,
            baseline_wall_ns: baseline as u64,
            candidate_wall_ns: baseline as u64,
            baseline_queue_ns: 0,
            candidate_queue_ns: 0,
        };
        Block {
            series: series.into(),
            index: 0,
            baseline_first: true,
            pairs: vec![pair; 5],
            startup_ns: [0, 0],
            life_ns: [0, 0],
            clock: "cpu".into(),
            disturbed_s: 0.0,
        }
    }

    /// Runs a course to its end with a fixed log ratio a series; answers blocks taken by series.
    fn run(course: &mut Course, ratio: impl Fn(&str) -> f64) -> BTreeMap<String, usize> {
        for _ in 0..200 {
            let wanted = course.next();
            if wanted.is_empty() {
                break;
            }
            wanted.iter().for_each(|series| course.take(block(series, ratio(series))));
        }
        assert!(course.next().is_empty(), "a course ends");
        course.blocks.iter().map(|(series, blocks)| (series.clone(), blocks.len())).collect()
    }

    fn classes() -> Vec<Class> {
        vec![Class { smallest: 1, largest: 10, share: 0.5 }, Class { smallest: 11, largest: 1000, share: 0.5 }]
    }

    #[test]
    fn a_plain_gain_is_accepted_with_a_short_look_at_the_other_series() {
        let mut course = Course::new(Rule::default(), 0.0, classes(), false);
        let taken = run(&mut course, |_| 0.3);
        assert_eq!(course.comparison().decision(), Some(Decision::Accept));
        assert_eq!((taken[MAIN], taken[KNOWN], taken["sizes 1-10"]), (8, 3, 3));
        assert!(!course.is_gaming() && course.refusing_class().is_none());
    }

    #[test]
    fn in_the_running_workload_there_is_one_series() {
        let mut course = Course::in_workload(Rule::default(), 0.0);
        let taken = run(&mut course, |_| 0.3);
        assert_eq!((course.comparison().decision(), taken.len(), taken[MAIN]), (Some(Decision::Accept), 1, 8));
        assert_eq!(course.series(), [MAIN]);
    }

    #[test]
    fn no_gain_ends_soon_and_nothing_else_is_measured_for_it() {
        let mut course = Course::new(Rule::default(), 0.0, classes(), false);
        let taken = run(&mut course, |_| 0.0);
        assert_eq!(course.comparison().decision(), Some(Decision::Reject));
        assert!(taken[MAIN] <= 6 && taken[KNOWN] == 3);
    }

    #[test]
    fn answers_known_by_heart_are_found_out() {
        let mut course = Course::new(Rule::default(), 0.0, Vec::new(), false);
        run(&mut course, |series| if series == KNOWN { 3.0 } else { 0.12 });
        assert!(course.is_gaming());
        let mut memo = Course::new(Rule::default(), 0.0, Vec::new(), true);
        run(&mut memo, |series| if series == KNOWN { 3.0 } else { 0.4 });
        assert!(!memo.is_gaming());
        let mut honest = Course::new(Rule::default(), 0.0, Vec::new(), false);
        run(&mut honest, |series| if series == KNOWN { 2.4 } else { 2.2 });
        assert!(!honest.is_gaming());
    }

    #[test]
    fn less_to_do_for_the_baseline_is_not_more_by_heart() {
        let mut course = Course::new(Rule::default(), 0.0, Vec::new(), false);
        for _ in 0..20 {
            // On known values the baseline takes nine times as long, the candidate as long as ever.
            let known = Block { pairs: block(KNOWN, 4.0).pairs.iter().map(|pair| longer(pair, 9)).collect(), ..block(KNOWN, 4.0) };
            course.take(block(MAIN, 4.0 - 9f64.ln()));
            course.take(known);
        }
        assert!(!course.is_gaming());
    }

    /// A pair on inputs for which both take `times` as long.
    fn longer(pair: &Pair, times: u64) -> Pair {
        Pair { baseline_cpu_ns: pair.baseline_cpu_ns * times, candidate_cpu_ns: pair.candidate_cpu_ns * times, ..*pair }
    }

    #[test]
    fn a_loss_on_large_inputs_refuses_in_spite_of_a_gain_in_all() {
        let mut course = Course::new(Rule::default(), 0.0, classes(), false);
        run(&mut course, |series| if series == "sizes 11-1000" { -0.2 } else { 0.3 });
        assert_eq!(course.refusing_class().map(|class| class.largest), Some(1000));
    }

    #[test]
    fn more_evidence_is_gathered_with_the_blocks_that_are_there() {
        let mut first = Course::new(Rule::default(), 0.0, Vec::new(), false);
        run(&mut first, |_| 0.3);
        let mut second = Course::new(Rule::default(), 1000f64.ln(), Vec::new(), false);
        first.blocks.into_values().flatten().for_each(|block| second.take(block));
        assert_eq!(second.next(), [MAIN]);
        let taken = run(&mut second, |_| 0.3);
        assert_eq!(second.comparison().decision(), Some(Decision::Accept));
        assert!(taken[MAIN] > 8);
    }

    #[test]
    fn a_failed_candidate_gets_no_second_draw_and_one_that_waits_is_judged_by_the_wall() {
        let mut course = Course::new(Rule::default(), 0.0, Vec::new(), false);
        course.take(block(MAIN, 0.5));
        assert!(course.effects(MAIN)[0] > 0.4);
        course.take(Block { clock: "wall".into(), ..block(MAIN, 0.5) });
        assert_eq!(course.clock(), "wall");
        assert!(course.effects(MAIN).iter().all(|effect| effect.abs() < 1e-9));
        course.fail(MAIN, "it died");
        assert!(course.next().is_empty());
        assert_eq!(course.failure(), Some("it died"));
    }
}
