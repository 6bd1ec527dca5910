//! Confirming one candidate on fresh blocks.

use whetstone_core::plan::{
    Plan, RerunTimingPlan, TimingPlan,
    rerun::RerunSeries,
    timing::{Series, Values},
};
use whetstone_core::record::Block;
use whetstone_proto::{
    benchmark::v1::{CompareRequest, CompareResponse, Comparison},
    common::v1::{Artifact, Candidate, Prepared, StageContext, Target},
};
use whetstone_runtime::{Peers, StageHandle, jobs::start_of};
use whetstone_store::Store;

use crate::{
    classes,
    config::Config,
    convert,
    course::{Course, KNOWN, MAIN},
    error::BenchmarkError,
    judgement::Judgement,
    rerun,
    store::{self, Place},
    timing::{Ended, Job, Steering, headers},
};

/// What a comparison needs of the role.
pub struct Comparer {
    pub config: Config,
    pub peers: Peers,
    pub store: Store,
    pub handle: StageHandle,
}

impl Steering for Course {
    fn take(&mut self, block: Block) {
        Course::take(self, block);
    }

    fn fail(&mut self, series: &str, reason: &str) {
        Course::fail(self, series, reason);
    }

    fn next(&self) -> Vec<String> {
        Course::next(self)
    }
}

impl Comparer {
    /// Compares until there is a decision; blocks that were kept before count.
    pub async fn compare(&self, request: CompareRequest) -> Result<CompareResponse, BenchmarkError> {
        let context = self.handle.context().clone();
        let prepared = request.prepared.ok_or(BenchmarkError::Incomplete("prepared"))?;
        let target = request.target.ok_or(BenchmarkError::Incomplete("target"))?;
        let candidate = request.candidate.ok_or(BenchmarkError::Incomplete("candidate"))?;
        let known = request.cases.unwrap_or_default();
        let cases = known.recorded.clone().unwrap_or_default();
        let headers = headers(&self.peers, &target.name, &cases).await?;
        if headers.is_empty() {
            let comparison = refused(&candidate, "no call of the target was recorded, so it can't be timed");
            store::keep_comparison(&self.store, &context.run, &comparison).await?;
            return Ok(CompareResponse { comparison: Some(comparison), costs: Vec::new() });
        }
        let options = context.options.clone().unwrap_or_default();
        let rule = self.config.rule(&options);
        let place = Place { run: context.run.clone(), stage: "compare", subject: candidate.id.clone() };
        let kept = place.read(&self.store).await?;
        let mut course = match rerun::is_timed_in_workload(&headers, &known) {
            true => Course::in_workload(rule, request.required_log_e),
            false => Course::new(rule, request.required_log_e, classes::split(&headers), !candidate.memo.is_empty()),
        };
        kept.blocks.into_iter().for_each(|block| course.take(block));
        kept.failures.iter().for_each(|(series, reason)| course.fail(series, reason));
        let subject = Subject { context: &context, prepared: &prepared, target: &target, candidate: &candidate, cases: &cases };
        let (result, costs) = self.time(&subject, &mut course, &place).await?;
        let theta = rule.theta;
        let mut comparison = match result {
            Ended::Refused(reason) if course.blocks(MAIN).is_empty() && course.failure().is_none() => refused(&candidate, &reason),
            Ended::Refused(_) => judge(&self.config, theta, &course, &subject, None),
            Ended::Done(result) => judge(&self.config, theta, &course, &subject, Some(&result)),
        };
        comparison.samples = Some(self.keep_samples(&context, &course, &candidate).await?);
        store::keep_comparison(&self.store, &context.run, &comparison).await?;
        Ok(CompareResponse { comparison: Some(comparison), costs })
    }

    /// Runs the job that gives the blocks that are still wanted. A course that is over already still
    /// asks for one that only describes the machine: its answer is a recorded one where it ran before.
    async fn time(
        &self,
        subject: &Subject<'_>,
        course: &mut Course,
        place: &Place,
    ) -> Result<(Ended, Vec<whetstone_proto::common::v1::Cost>), BenchmarkError> {
        let before = course.blocks(MAIN).len();
        let plan = if course.is_in_workload() {
            Plan::RerunTiming(self.rerun_plan(subject, before)?)
        } else {
            let explored = store::explored(&self.store, &subject.context.run, &subject.target.id).await?;
            Plan::Timing(TimingPlan { explored, ..self.plan(subject, course, before)? })
        };
        let purpose = format!("compare/{}/{before}", subject.candidate.id);
        let job = Job { context: subject.context, prepared: subject.prepared, cases: subject.cases, purpose: &purpose, place };
        let (most, handle, name) = (u64::from(self.config.most_blocks), self.handle.clone(), subject.target.name.clone());
        let mut blocks = before as u64;
        let told = move |block: &Block| {
            blocks += u64::from(block.series == MAIN);
            handle.tick("compare", blocks, most, &name);
        };
        let (ended, cost) = job.run(plan, &self.peers, &self.store, course, told).await?;
        Ok((ended, vec![cost]))
    }

    fn plan(&self, subject: &Subject<'_>, course: &Course, before: usize) -> Result<TimingPlan, BenchmarkError> {
        let edits = convert::edits(&subject.candidate.edits);
        let series = |name: String, sizes, values| Series { name, edits: edits.clone(), sizes, values };
        let mut all = vec![series(MAIN.into(), None, Values::Unknown), series(KNOWN.into(), None, Values::Known)];
        let classes = course.classes().iter();
        all.extend(classes.map(|class| series(class.series(), Some((class.smallest, class.largest)), Values::Unknown)));
        Ok(TimingPlan {
            start: start_of(subject.prepared),
            target: convert::site(subject.target)?,
            series: all,
            pairs: 0,
            sample_ms: self.config.sample_ms,
            max_blocks: self.config.most_blocks,
            wall_limit_s: self.config.comparison_limit_s,
            seed: seed_after(subject.context.seed, before),
            explored: None,
        })
    }

    fn rerun_plan(&self, subject: &Subject<'_>, before: usize) -> Result<RerunTimingPlan, BenchmarkError> {
        let series = vec![RerunSeries { name: MAIN.into(), edits: convert::edits(&subject.candidate.edits) }];
        let seed = seed_after(subject.context.seed, before);
        rerun::plan(&self.config, (subject.prepared, subject.target), series, self.config.most_blocks, seed)
    }

    async fn keep_samples(&self, context: &StageContext, course: &Course, candidate: &Candidate) -> Result<Artifact, BenchmarkError> {
        let blocks: Vec<&Block> = course.series().iter().flat_map(|series| course.blocks(series)).collect();
        let text = serde_json::to_vec(&blocks).unwrap_or_default();
        let name = format!("samples-{}.json", candidate.id);
        Ok(self.peers.artifacts().put_bytes(&name, text, &format!("run/{}", context.run)).await?)
    }
}

/// Blocks that follow an interruption draw anew.
fn seed_after(seed: u64, blocks: usize) -> u64 {
    seed.wrapping_add(0x9E37_79B9_7F4A_7C15u64.wrapping_mul(blocks as u64 + 1))
}

/// Who is compared on what.
struct Subject<'a> {
    context: &'a StageContext,
    prepared: &'a Prepared,
    target: &'a Target,
    candidate: &'a Candidate,
    cases: &'a Artifact,
}

fn judge(
    config: &Config,
    theta: f64,
    course: &Course,
    subject: &Subject<'_>,
    result: Option<&whetstone_core::plan::TimingResult>,
) -> Comparison {
    let Subject { target, prepared, candidate, .. } = subject;
    Judgement { config, theta, course, target, prepared, candidate, result }.comparison()
}

fn refused(candidate: &Candidate, reason: &str) -> Comparison {
    Comparison { candidate: candidate.id.clone(), decision: "inconclusive".into(), reason: reason.to_owned(), ..Comparison::default() }
}
