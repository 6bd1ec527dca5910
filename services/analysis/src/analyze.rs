//! The stage: static analysis, profile, choice of targets, then the passes over the chosen ones.

use futures::future::{join_all, try_join, try_join_all};
use tonic::Status;
use whetstone_core::{TargetSite, plan::workload::Instrument};
use whetstone_languages::python::{
    calls::CallGraph,
    functions::{self, Function},
};
use whetstone_proto::{
    analysis::v1::AnalyzeResponse,
    common::v1::{Cost, JobResources, Prepared, Priority, StageContext, Target, Workload},
};
use whetstone_runtime::{Peers, StageHandle};

use crate::{
    config::Config,
    convert,
    error::AnalysisError,
    findings, growth,
    jobs::Instrumented,
    lines::{self, ProcessAllocations, ProcessLines},
    observe::{self, ProcessOutcomes},
    profile::{ProcessProfile, Profile, Row},
    ranking::{self, Ranked, Threshold},
    sources::{Parsed, Sources},
};

/// One run of the stage.
pub struct Analyzer {
    pub config: Config,
    pub peers: Peers,
    pub context: StageContext,
    pub prepared: Prepared,
    pub handle: StageHandle,
}

/// The workloads' profile with what their runs showed beside it.
#[derive(Default)]
struct Profiled {
    profile: Profile,
    resources: JobResources,
    costs: Vec<Cost>,
    notes: Vec<String>,
}

/// What the passes over chosen targets wrote.
#[derive(Default)]
struct Observed {
    outcomes: Vec<ProcessOutcomes>,
    lines: Vec<ProcessLines>,
    allocations: Vec<ProcessAllocations>,
    costs: Vec<Cost>,
    notes: Vec<String>,
}

impl Analyzer {
    /// Answers the ranked targets. Named ones are taken whatever their share; `brief` leaves out
    /// what a judgement of given candidates does not need.
    pub async fn analyze(&self, named: &[String], brief: bool) -> Result<AnalyzeResponse, Status> {
        let options = self.context.options.clone().unwrap_or_default();
        self.handle.progress("read", 0, 0, "reading the source").await;
        let mut sources = Sources::fetch(&self.peers, &self.prepared, &options).await?;
        if brief && !named.is_empty() {
            return self.judge_named(&mut sources, named).await;
        }
        let mut profiled = self.profile().await?;
        let parsed = sources.parse(&self.prepared.source_roots, |file| profiled.profile.rows.iter().any(|row| row.place.0 == file));
        let ranked = ranking::rank(&profiled.profile, &parsed);
        let are_tests = self.prepared.workloads.iter().all(|workload| workload.is_tests);
        let threshold = Threshold { least_share: self.config.least_share, are_tests };
        let mut warnings = parsed.warnings();
        let (chosen, mut skipped) = if named.is_empty() {
            let most = self.config.most_targets(Priority::try_from(options.priority).unwrap_or_default());
            ranking::choose(ranked, most, threshold)
        } else {
            let named = ranking::named(ranked, &resolve_all(&parsed, named)?);
            warnings.extend(ranking::exempt(&named, threshold));
            (named, Vec::new())
        };
        skipped.extend(parsed.skipped_files());
        skipped.extend(parsed.unread.iter().cloned());
        let sites: Vec<TargetSite> = chosen.iter().map(|entry| entry.function.site.clone()).collect();
        let is_pressed = is_pressed(&self.prepared, options.max_time_s);
        let observed = self.observe(&sites, brief || is_pressed).await?;
        let mut response = self.assemble(&chosen, &parsed, &profiled, &observed).await?;
        response.skipped = skipped;
        response.warnings = warnings;
        if is_pressed {
            response.notes.push("lines, memory and linters were left out: --max-time is short for this workload".to_owned());
        }
        if !brief {
            add_rule_findings(&mut sources, &mut response, &observed.outcomes);
        }
        if self.config.linters && !brief && !is_pressed {
            self.add_linted(&mut response).await?;
        }
        response.notes = [std::mem::take(&mut sources.notes), std::mem::take(&mut profiled.notes), observed.notes, response.notes].concat();
        response.notes.dedup();
        Ok(response)
    }

    /// Profile and outcomes at once, for the targets are known.
    async fn judge_named(&self, sources: &mut Sources, named: &[String]) -> Result<AnalyzeResponse, Status> {
        let words: Vec<&str> = named.iter().filter_map(|name| name.rsplit([':', '.']).next()).collect();
        let files: Vec<String> = words.iter().flat_map(|word| sources.files_with(word)).collect();
        let parsed = sources.parse(&self.prepared.source_roots, |file| files.iter().any(|known| known == file));
        let functions = resolve_all(&parsed, named)?;
        let sites: Vec<TargetSite> = functions.iter().map(|function| function.site.clone()).collect();
        let (profiled, observed) = try_join(self.profile(), self.observe(&sites, true)).await?;
        let chosen = ranking::named(ranking::rank(&profiled.profile, &parsed), &functions);
        let mut response = self.assemble(&chosen, &parsed, &profiled, &observed).await?;
        response.skipped.clone_from(&parsed.unread);
        response.warnings = parsed.warnings();
        response.notes = [std::mem::take(&mut sources.notes), profiled.notes, observed.notes].concat();
        Ok(response)
    }

    /// Profiles every workload.
    async fn profile(&self) -> Result<Profiled, Status> {
        let mut profiled = Profiled::default();
        let mut processes: Vec<ProcessProfile> = Vec::new();
        let workloads = &self.prepared.workloads;
        for (index, workload) in workloads.iter().enumerate() {
            self.handle.progress("profile", index as u64, workloads.len() as u64, &workload.name).await;
            let run = self.run(index, workload, Instrument::Profile, &[]).await?;
            let found: Vec<ProcessProfile> = self.read(&run, "profile").await?;
            if run.result.timed_out {
                return Err(failed(&run).into());
            }
            profiled.notes.extend(run.complaint().map(|complaint| format!("`{}` {complaint} under the profiler", run.command)));
            profiled.notes.extend(self.instrument_failures(&run).await?.into_iter().map(|line| format!("the profiler: {line}")));
            if found.is_empty() && workloads.len() == 1 {
                return Err(AnalysisError::NoProfile(workload.command.clone()).into());
            }
            if found.is_empty() {
                profiled.notes.push(format!("`{}` left no profile", workload.command));
            }
            processes.extend(found);
            profiled.costs.push(run.cost.clone());
            convert::add_resources(&mut profiled.resources, &convert::resources(&run.result.resources));
        }
        profiled.profile = Profile::join(&processes);
        Ok(profiled)
    }

    /// Counts outcomes in the targets and, unless `brief`, times their lines and measures what they
    /// allocate: each in a pass of its own, for one would distort the other.
    async fn observe(&self, sites: &[TargetSite], brief: bool) -> Result<Observed, Status> {
        let mut observed = Observed::default();
        if sites.is_empty() {
            return Ok(observed);
        }
        let workloads: Vec<(usize, &Workload)> = self.prepared.workloads.iter().enumerate().collect();
        let outcomes = || Instrument::Outcomes { one_in: self.config.observe_one_in, seed: self.context.seed };
        let mut passes = vec![outcomes()];
        if !brief {
            passes.extend([Instrument::Lines, Instrument::Allocations]);
        }
        for (index, workload) in workloads {
            self.handle.progress("observe", index as u64, self.prepared.workloads.len() as u64, &workload.name).await;
            let runs = join_all(passes.iter().map(|pass| self.run(index, workload, pass.clone(), sites))).await;
            for (pass, run) in passes.iter().zip(runs) {
                self.take(pass, run?, &mut observed).await?;
            }
        }
        observed.notes.sort();
        observed.notes.dedup();
        Ok(observed)
    }

    async fn take(&self, pass: &Instrument, run: Instrumented, observed: &mut Observed) -> Result<(), Status> {
        let what = match pass {
            Instrument::Lines => {
                observed.lines.extend(self.read(&run, "lines").await?);
                "timing lines"
            }
            Instrument::Allocations => {
                observed.allocations.extend(self.read(&run, "allocations").await?);
                "measuring memory"
            }
            _ => {
                observed.outcomes.extend(self.read(&run, "outcomes").await?);
                "observing outcomes"
            }
        };
        observed.notes.extend(run.complaint().map(|complaint| format!("`{}` {complaint} while {what}", run.command)));
        observed.notes.extend(self.instrument_failures(&run).await?.into_iter().map(|line| format!("{what}: {line}")));
        observed.costs.push(run.cost);
        Ok(())
    }

    async fn assemble(
        &self,
        chosen: &[Ranked<'_>],
        parsed: &Parsed,
        profiled: &Profiled,
        observed: &Observed,
    ) -> Result<AnalyzeResponse, Status> {
        let targets = try_join_all(chosen.iter().map(|entry| self.target(entry, observed))).await?;
        let graph = CallGraph::of(&parsed.modules);
        let by_place = parsed.by_place();
        let name_of = |row: &Row| by_place.get(&(row.place.0.as_str(), row.place.1)).map(|function| function.name().to_string());
        let commands: Vec<&str> = self.prepared.workloads.iter().map(|workload| workload.command.as_str()).collect();
        let tree = profiled.profile.call_tree(&commands.join("; "), name_of);
        let tree = serde_json::to_vec(&tree).map_err(|error| Status::internal(format!("the call tree can't be written: {error}")))?;
        let profile = self.peers.artifacts().put_bytes("profile.json", tree, &self.holder()).await?;
        Ok(AnalyzeResponse {
            targets,
            profile: Some(profile),
            functions: parsed.functions_in_scope().count() as u32,
            resources: Some(profiled.resources),
            peak_allocated_bytes: observed.allocations.iter().map(|process| process.peak_bytes).max().unwrap_or(0),
            unresolved_calls: graph.unresolved_calls(),
            costs: [profiled.costs.clone(), observed.costs.clone()].concat(),
            ..Default::default()
        })
    }

    async fn target(&self, entry: &Ranked<'_>, observed: &Observed) -> Result<Target, Status> {
        let mut target = convert::target(entry.function);
        let (observations, timings) = observe::join(&observed.outcomes, &target.name);
        let memory: Vec<(u64, u64)> = observed.allocations.iter().flat_map(|process| process.points(&target.name)).copied().collect();
        target.share = entry.share;
        target.own_share = entry.own_share;
        target.repository_share = entry.repository_share;
        target.upper_bound = entry.upper_bound();
        // The profiler counts a generator's resumptions; the observer counts calls.
        target.calls = observations.as_ref().map_or(entry.calls, |seen| seen.calls);
        target.time_complexity = Some(growth::fit(&timings));
        target.memory_complexity = Some(growth::fit(&memory));
        target.hot_lines = lines::hot_lines(&observed.lines, &target.name);
        if let Some(observations) = observations {
            let bytes =
                serde_json::to_vec(&observations).map_err(|error| Status::internal(format!("observations can't be written: {error}")))?;
            target.observations = Some(self.peers.artifacts().put_bytes("observations.json", bytes, &self.holder()).await?);
        }
        Ok(target)
    }

    async fn add_linted(&self, response: &mut AnalyzeResponse) -> Result<(), Status> {
        let mut files: Vec<String> = response.targets.iter().map(|target| target.file.clone()).collect();
        files.sort();
        files.dedup();
        self.handle.progress("lint", 0, files.len() as u64, "").await;
        let linted = self.lint(&files, self.prepared.formatter.contains("ruff")).await?;
        for target in &mut response.targets {
            let inside = linted
                .findings
                .iter()
                .filter(|finding| finding.file == target.file && (target.line..=target.end_line).contains(&finding.line));
            target.findings.extend(inside.cloned());
        }
        response.findings.extend(linted.findings);
        response.costs.extend(linted.costs);
        response.notes.extend(linted.notes);
        Ok(())
    }

    fn holder(&self) -> String {
        format!("run/{}", self.context.run)
    }
}

fn add_rule_findings(sources: &mut Sources, response: &mut AnalyzeResponse, outcomes: &[ProcessOutcomes]) {
    let rules = sources.rule_set();
    for target in &mut response.targets {
        let Some(text) = sources.text(&target.file) else { continue };
        let (observations, _) = observe::join(outcomes, &target.name);
        target.findings = findings::of_rules(&rules, text, target, observations.as_ref());
        response.findings.extend(target.findings.iter().cloned());
    }
}

fn resolve_all<'m>(parsed: &'m Parsed, named: &[String]) -> Result<Vec<&'m Function>, AnalysisError> {
    let resolved: Result<Vec<&Function>, _> = named.iter().map(|name| functions::resolve(&parsed.modules, name)).collect();
    Ok(resolved?)
}

/// Runs of the plain workload that have to fit into `--max-time`, so that passes which decide nothing
/// are made: line timing and memory tracing cost several each.
const RUNS_WITHIN_LIMIT: f64 = 30.0;

fn is_pressed(prepared: &Prepared, max_time_s: f64) -> bool {
    let plain_s: f64 = prepared.workloads.iter().map(|workload| workload.wall_s).sum();
    max_time_s > 0.0 && plain_s * RUNS_WITHIN_LIMIT > max_time_s
}

fn failed(run: &Instrumented) -> AnalysisError {
    AnalysisError::Workload { command: run.command.clone(), what: run.complaint().unwrap_or_default(), tail: run.tail() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_limit_leaves_out_what_decides_nothing() {
        let workload = Workload { wall_s: 5.0, ..Workload::default() };
        let prepared = Prepared { workloads: vec![workload.clone(), workload], ..Prepared::default() };
        assert!(is_pressed(&prepared, 240.0));
        assert!(!is_pressed(&prepared, 720.0) && !is_pressed(&prepared, 0.0), "enough time, or no limit");
    }
}
