//! What the baseline takes, and how noisy identical code is here.

use whetstone_core::{
    plan::{
        Plan, TimingPlan, TimingResult,
        rerun::RerunSeries,
        timing::{Series, Values},
    },
    record::Block,
};
use whetstone_measure::{interval::median, noise::Noise, screen};
use whetstone_proto::{
    benchmark::v1::{MeasureBaselineRequest, MeasureBaselineResponse, TargetBaseline},
    common::v1::{Artifact, Prepared, Target},
};
use whetstone_runtime::jobs::start_of;

use crate::{
    compare::Comparer,
    convert,
    error::BenchmarkError,
    rerun,
    store::{self, Place},
    timing::{Ended, Job, Steering, headers, times},
};

/// The one series: the baseline against itself.
const ITSELF: &str = "baseline";
/// Blocks of one target; noise between blocks is only roughly known from so few.
const BLOCKS: usize = 2;

/// Blocks of the baseline against itself while they arrive.
#[derive(Default)]
struct Sampling {
    blocks: Vec<Block>,
    has_failed: bool,
}

impl Steering for Sampling {
    fn take(&mut self, block: Block) {
        self.blocks.push(block);
    }

    fn fail(&mut self, _: &str, _: &str) {
        self.has_failed = true;
    }

    fn next(&self) -> Vec<String> {
        if self.has_failed || self.blocks.len() >= BLOCKS { Vec::new() } else { vec![ITSELF.into()] }
    }
}

impl Comparer {
    /// Measures each target by itself; one that can't be timed is noted and left out.
    pub async fn measure_baseline(&self, request: MeasureBaselineRequest) -> Result<MeasureBaselineResponse, BenchmarkError> {
        let prepared = request.prepared.ok_or(BenchmarkError::Incomplete("prepared"))?;
        let mut response = MeasureBaselineResponse::default();
        let total = request.targets.len() as u64;
        for (number, target) in request.targets.iter().enumerate() {
            self.handle.tick("baseline", number as u64, total, &target.name);
            let cases = request.cases.iter().find(|cases| cases.target == target.id || cases.target == target.name);
            let known = cases.cloned().unwrap_or_default();
            let cases = known.recorded.clone().unwrap_or_default();
            let headers = headers(&self.peers, &target.name, &cases).await?;
            if headers.is_empty() {
                self.handle.note("info", format!("{} is not timed: no call of it was recorded", target.name)).await?;
                continue;
            }
            let plan = self.baseline_plan(&prepared, target, rerun::is_timed_in_workload(&headers, &known))?;
            self.measure_target(&prepared, target, (&cases, plan), &mut response).await?;
        }
        Ok(response)
    }

    fn baseline_plan(&self, prepared: &Prepared, target: &Target, is_in_workload: bool) -> Result<Plan, BenchmarkError> {
        let seed = self.handle.context().seed;
        if is_in_workload {
            let series = vec![RerunSeries { name: ITSELF.into(), edits: Vec::new() }];
            return Ok(Plan::RerunTiming(rerun::plan(&self.config, (prepared, target), series, BLOCKS as u32, seed)?));
        }
        Ok(Plan::Timing(TimingPlan {
            start: start_of(prepared),
            target: convert::site(target)?,
            series: vec![Series { name: ITSELF.into(), edits: Vec::new(), sizes: None, values: Values::Known }],
            pairs: screen::PAIRS,
            sample_ms: self.config.sample_ms,
            max_blocks: BLOCKS as u32,
            wall_limit_s: self.config.comparison_limit_s,
            seed,
            explored: None,
        }))
    }

    async fn measure_target(
        &self,
        prepared: &Prepared,
        target: &Target,
        (cases, plan): (&Artifact, Plan),
        response: &mut MeasureBaselineResponse,
    ) -> Result<(), BenchmarkError> {
        let context = self.handle.context();
        let place = Place { run: context.run.clone(), stage: "baseline", subject: target.id.clone() };
        let purpose = format!("baseline/{}", target.id);
        let job = Job { context, prepared, cases, purpose: &purpose, place: &place };
        let mut sampling = Sampling::default();
        let (ended, cost) = job.run(plan, &self.peers, &self.store, &mut sampling, |_| {}).await?;
        response.costs.push(cost);
        match ended {
            Ended::Refused(reason) => {
                self.handle.note("warning", format!("{} can't be timed: {reason}", target.name)).await?;
            }
            Ended::Done(result) => {
                let baseline = summary(target, &result);
                store::keep_baseline(&self.store, &context.run, &baseline).await?;
                response.targets.push(baseline);
            }
        }
        Ok(())
    }
}

/// Reads a job's own record of its blocks, which is the same whether it ran now or before.
fn summary(target: &Target, result: &TimingResult) -> TargetBaseline {
    let clock = result.blocks.first().map_or("cpu", |block| block.clock.as_str());
    let blocks: Vec<Vec<(f64, f64)>> = result.blocks.iter().map(|block| times(block, clock)).collect();
    let samples: Vec<f64> = blocks.iter().flatten().flat_map(|(first, second)| [*first, *second]).collect();
    let noise = Noise::of(&blocks);
    TargetBaseline {
        target: target.id.clone(),
        median_call_ns: median(&samples) / result.calls_per_sample.max(1) as f64,
        noise_within: noise.within,
        noise_between: noise.between,
        sample_ms: result.sample_ms,
        calls_per_sample: result.calls_per_sample,
        explored: serde_json::to_vec(&result.explored).unwrap_or_default(),
    }
}
