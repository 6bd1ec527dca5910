//! A run's evidence, joined by target and candidate: what every form of the report is made from.

use std::collections::BTreeMap;

use whetstone_proto::{
    benchmark::v1::{Comparison, TargetBaseline},
    common::v1::{Candidate, Count, Coverage, Target, TargetCases, Verdict},
    reporting::v1::BuildReportRequest,
    repository::v1::RunKind,
};

/// The request's parts, joined.
pub struct View<'a> {
    pub request: &'a BuildReportRequest,
    /// Targets in order of their share.
    pub targets: Vec<TargetView<'a>>,
}

/// One target with all that is known of it.
pub struct TargetView<'a> {
    pub target: &'a Target,
    pub cases: Option<&'a TargetCases>,
    pub baseline: Option<&'a TargetBaseline>,
    /// Why it has no candidate.
    pub without_candidate: Option<&'a str>,
    /// Accepted ones first, then by gate, later gates first.
    pub candidates: Vec<CandidateView<'a>>,
}

/// One candidate with its comparison.
pub struct CandidateView<'a> {
    pub candidate: &'a Candidate,
    pub comparison: Option<&'a Comparison>,
}

impl<'a> View<'a> {
    /// Joins the parts of a request.
    pub fn of(request: &'a BuildReportRequest) -> Self {
        let comparisons: BTreeMap<&str, &Comparison> = request.comparisons.iter().map(|one| (one.candidate.as_str(), one)).collect();
        let targets = request.analysis.iter().flat_map(|analysis| &analysis.targets);
        // A role may name a target by its id or by its name.
        let is_of = |target: &Target, named: &str| named == target.name || named == target.id;
        let cases =
            |target: &Target| request.tests.as_ref().and_then(|tests| tests.targets.iter().find(|cases| is_of(target, &cases.target)));
        let view = |target: &'a Target| {
            let own = request.candidates.iter().filter(|candidate| is_of(target, &candidate.target));
            let with_comparison =
                |candidate: &'a Candidate| CandidateView { candidate, comparison: comparisons.get(candidate.id.as_str()).copied() };
            let mut candidates: Vec<CandidateView<'a>> = own.map(with_comparison).collect();
            candidates.sort_by_key(|view| (!view.is_accepted(), std::cmp::Reverse(view.candidate.gate)));
            TargetView {
                target,
                cases: cases(target),
                baseline: request.baselines.iter().find(|baseline| is_of(target, &baseline.target)),
                without_candidate: request.without_candidate.iter().find(|one| is_of(target, &one.name)).map(|one| one.reason.as_str()),
                candidates,
            }
        };
        Self { request, targets: targets.map(view).collect() }
    }

    /// The accepted candidates with their targets.
    pub fn optimizations(&self) -> impl Iterator<Item = (&TargetView<'a>, &CandidateView<'a>)> {
        let accepted = |target| Self::accepted_of(target).map(move |candidate| (target, candidate));
        self.targets.iter().flat_map(accepted)
    }

    /// Those that go on the branch and into the patch: of several for one target the fastest.
    pub fn standing(&self) -> impl Iterator<Item = (&TargetView<'a>, &CandidateView<'a>)> {
        let ratio = |candidate: &CandidateView<'_>| candidate.candidate.effect.as_ref().map_or(0.0, |effect| effect.ratio);
        let fastest = move |target| {
            let fastest = Self::accepted_of(target).max_by(|one, other| ratio(one).total_cmp(&ratio(other)));
            fastest.map(|candidate| (target, candidate))
        };
        self.targets.iter().filter_map(fastest)
    }

    fn accepted_of<'b>(target: &'b TargetView<'a>) -> impl Iterator<Item = &'b CandidateView<'a>> {
        target.candidates.iter().filter(|candidate| candidate.is_accepted())
    }

    /// Lines for people about the run, what could not be read first.
    pub fn notes(&self) -> impl Iterator<Item = &'a String> + use<'a> {
        let request = self.request;
        let of_analysis = request.analysis.iter().flat_map(|analysis| analysis.warnings.iter().chain(&analysis.notes));
        of_analysis.chain(&request.notes)
    }

    /// A target's share of what its gain is held against, and what that is: with tests as the workload the time that they spend
    /// in the repository's code.
    pub fn share(&self, target: &Target) -> (f64, &'static str) {
        let workloads = self.request.prepared.as_ref().map_or(&[][..], |prepared| &prepared.workloads);
        let are_tests = !workloads.is_empty() && workloads.iter().all(|workload| workload.is_tests);
        if are_tests && target.repository_share > 0.0 {
            return ((target.share / target.repository_share).min(1.0), "the tests' time in the repository's code");
        }
        (target.share, "the workload")
    }

    /// The run's kind as the command that starts it.
    pub fn kind(&self) -> &'static str {
        match self.request.run.as_ref().map_or(RunKind::Unspecified, |run| run.kind()) {
            RunKind::Judge => "judge",
            RunKind::Analyze => "analyze",
            RunKind::Compare => "compare",
            RunKind::Verify => "verify",
            RunKind::Optimize | RunKind::Unspecified => "optimize",
        }
    }

    /// The repository's name for people.
    pub fn name(&self) -> &str {
        let snapshot = self.request.run.as_ref().and_then(|run| run.snapshot.as_ref());
        snapshot.map_or("", |snapshot| snapshot.name.as_str())
    }
}

impl<'a> TargetView<'a> {
    /// What replayed cases reach; none where the workload itself is run in their place.
    pub fn coverage(&self) -> Option<&'a Coverage> {
        let replayed = self.cases.filter(|cases| cases.rerun_count == 0 || cases.generated_count > 0)?;
        replayed.coverage.as_ref()
    }

    /// Recorded calls that are no case, or none that a replay can judge, by reason.
    pub fn unused_calls(&self) -> impl Iterator<Item = &'a Count> + use<'a> {
        self.cases.into_iter().flat_map(|cases| cases.dropped.iter().chain(&cases.not_replayed))
    }
}

impl CandidateView<'_> {
    /// Whether it became an optimization.
    pub fn is_accepted(&self) -> bool {
        self.candidate.verdict() == Verdict::Accepted
    }

    /// What it does, in words.
    pub fn summary(&self) -> &str {
        if self.candidate.summary.is_empty() { &self.candidate.origin } else { &self.candidate.summary }
    }
}
