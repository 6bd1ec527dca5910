//! Program plans: plain workloads of both sides in turn (`docs/evidence.md`).

mod seen;

use std::path::Path;

use rand::{Rng, SeedableRng, rngs::SmallRng};
use seen::{Seen, differences};
use whetstone_core::plan::workload::{ProgramComparison, ProgramPlan, ProgramResult};

use crate::{
    Channel, RunnerError, SCRATCH,
    sides::{Side, Sides},
    start::Options,
    workload::{Ran, Run},
};

/// Runs each command of the plan in pairs and compares what the sides leave.
///
/// # Errors
/// If a tree cannot be made or a command cannot be started.
pub fn run(plan: &ProgramPlan, options: &Options, channel: &Channel) -> Result<ProgramResult, RunnerError> {
    let mut sides = Sides::prepare(Path::new(SCRATCH)).map_err(RunnerError::io("copying the tree"))?;
    let candidate = sides.side(&plan.edits).map_err(RunnerError::io("applying the edits"))?;
    let both = [sides.baseline(), candidate];
    let mut coin = SmallRng::seed_from_u64(plan.seed);
    let mut courses: Vec<Course> = plan.commands.iter().map(|command| Course::of(command)).collect();
    let total = plan.commands.len() as u64 * u64::from(plan.pairs);
    for pair in 0..plan.pairs {
        if pair >= plan.least_pairs && is_settled(&courses, plan.settled_at) {
            break;
        }
        for (number, course) in courses.iter_mut().enumerate() {
            let done = u64::from(pair) * plan.commands.len() as u64 + number as u64;
            channel.progress("program", done, total, &course.comparison.command);
            let run = Run::plain(&plan.start, &plan.commands[number], plan.timeout_s, options);
            course.note(run_pair(&run, &mut sides, &both, coin.random())?);
            if !course.is_slowed && !course.differences().is_empty() {
                course.note_slowed(run.slowed().once(&mut sides, &both[0])?);
            }
        }
    }
    Ok(ProgramResult { commands: courses.into_iter().map(Course::compared).collect() })
}

/// Whether nothing differed and one pair of all commands together was as much faster as settles it.
fn is_settled(courses: &[Course], settled_at: f64) -> bool {
    let pairs = courses.iter().map(|course| course.comparison.cpu_s.len()).min().unwrap_or(0);
    let sum = |pair: usize, of: fn(&(f64, f64)) -> f64| courses.iter().map(|course| of(&course.comparison.cpu_s[pair])).sum::<f64>();
    let log_ratio = |pair: usize| (sum(pair, |times| times.0) / sum(pair, |times| times.1)).ln();
    courses.iter().all(|course| course.differences().is_empty()) && (0..pairs).any(|pair| log_ratio(pair) >= settled_at)
}

/// One command's runs so far.
struct Course {
    comparison: ProgramComparison,
    baseline: Seen,
    candidate: Seen,
    is_slowed: bool,
}

impl Course {
    fn of(command: &str) -> Self {
        let comparison = ProgramComparison {
            command: command.to_owned(),
            differences: Vec::new(),
            cpu_s: Vec::new(),
            wall_s: Vec::new(),
            peak_memory_bytes: Vec::new(),
        };
        Self { comparison, baseline: Seen::default(), candidate: Seen::default(), is_slowed: false }
    }

    fn note(&mut self, ran: [Ran; 2]) {
        note_times(&mut self.comparison, &ran);
        let [baseline, candidate] = ran;
        self.baseline.note(baseline);
        self.candidate.note(candidate);
    }

    /// Notes a run of the baseline that was stopped now and then: what tells times comes out otherwise, even where
    /// the other runs told the same ones by chance. If it ends otherwise it is held for nothing.
    fn note_slowed(&mut self, ran: Ran) {
        self.is_slowed = true;
        if self.baseline.ends_as(&ran) {
            self.baseline.note(ran);
        }
    }

    fn differences(&self) -> Vec<String> {
        differences(&self.baseline, &self.candidate)
    }

    fn compared(mut self) -> ProgramComparison {
        self.comparison.differences = self.differences();
        self.comparison
    }
}

fn run_pair(run: &Run<'_>, sides: &mut Sides, both: &[Side; 2], baseline_first: bool) -> Result<[Ran; 2], RunnerError> {
    let [baseline, candidate] = both;
    if baseline_first {
        Ok([run.once(sides, baseline)?, run.once(sides, candidate)?])
    } else {
        let second = run.once(sides, candidate)?;
        Ok([run.once(sides, baseline)?, second])
    }
}

fn note_times(comparison: &mut ProgramComparison, [baseline, candidate]: &[Ran; 2]) {
    let cpu = |ran: &Ran| ran.finished.usage.cpu().as_secs_f64();
    let wall = |ran: &Ran| ran.finished.wall.as_secs_f64();
    let memory = |ran: &Ran| ran.finished.usage.peak_memory_bytes;
    comparison.cpu_s.push((cpu(baseline), cpu(candidate)));
    comparison.wall_s.push((wall(baseline), wall(candidate)));
    comparison.peak_memory_bytes.push((memory(baseline), memory(candidate)));
}
