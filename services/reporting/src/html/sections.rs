//! The page's parts below the first screen.

use maud::{Markup, html};
use whetstone_core::words;
use whetstone_measure::interval::median;
use whetstone_proto::{
    benchmark::v1::{BlockEffect, Comparison, SizeClass},
    common::v1::{Candidate, Cost, TargetCases},
    optimization::v1::ProgramRun,
};

use crate::{
    charts::{self, BlockPoint, Flame, SizePoint},
    markdown, text,
    view::{CandidateView, TargetView, View},
};

/// One accepted candidate with its charts, its diff and how it was measured.
pub fn optimization(view: &View<'_>, target: &TargetView<'_>, candidate: &CandidateView<'_>) -> Markup {
    html! {
        section id=(candidate.candidate.id) {
            h2 { (markdown::title(view, target, candidate)) }
            p { (super::prose(candidate.summary())) }
            @if let Some(comparison) = candidate.comparison { (measured(view, comparison)) }
            (diff(&candidate.candidate.diff))
            p { strong { "Checked: " } (markdown::checked(target, candidate.candidate)) "." }
            @if !candidate.candidate.memo.is_empty() { p { strong { "State that outlives a call: " } (candidate.candidate.memo) } }
            @if let Some(cases) = target.cases && !cases.unreached.is_empty() {
                p { strong { "No case reaches: " } (cases.unreached.join("; ")) }
            }
        }
    }
}

fn measured(view: &View<'_>, comparison: &Comparison) -> Markup {
    let theta = view.request.context.as_ref().and_then(|context| context.options.as_ref()).map_or(0.05, |options| options.theta);
    let point = |block: &BlockEffect| BlockPoint { ratio: block.log_ratio.exp(), low: block.low.exp(), high: block.high.exp() };
    let blocks: Vec<BlockPoint> = comparison.block_effects.iter().map(point).collect();
    let timed = comparison.sizes.iter().filter(|size| size.baseline_ns > 0.0 && size.candidate_ns > 0.0);
    let middle = |size: &SizeClass| ((size.smallest.max(1) as f64) * (size.largest.max(1) as f64)).sqrt();
    let point = |size: &SizeClass| SizePoint { size: middle(size), before: size.baseline_ns, after: size.candidate_ns };
    let sizes: Vec<SizePoint> = timed.map(point).collect();
    html! {
        div.charts {
            @if !blocks.is_empty() {
                figure {
                    (charts::blocks(&blocks, theta))
                    figcaption { "Each dot is one block of fresh processes; the band is the 95 % confidence sequence; dashed is the speedup that must be proved." }
                }
            }
            @if sizes.len() > 1 {
                figure {
                    (charts::scaling(&sizes))
                    figcaption { "Time of a call against input size, before (grey) and after, both axes logarithmic." }
                }
            }
        }
        table {
            tbody {
                tr { th scope="row" { "median call" } td { (text::nanoseconds(comparison.baseline_median_call_ns)) " before, " (text::nanoseconds(comparison.candidate_median_call_ns)) " after" } }
                tr { th scope="row" { "blocks" } td { (comparison.blocks) ", " (text::clock(&comparison.clock)) } }
                tr { th scope="row" { "evidence" } td { (text::odds(comparison.log_e_accept)) " for more than " (text::percent(theta)) " faster; accepted from 100 to 1" } }
                @if let Some(known) = &comparison.known_values {
                    tr { th scope="row" { "on recorded values" } td { (text::effect(known)) ", beside values that the candidate can't have known" } }
                }
                @for reservation in &comparison.reservations { tr { th scope="row" { "reservation" } td { (reservation) } } }
            }
        }
    }
}

fn diff(diff: &str) -> Markup {
    let class = |line: &str| match line.as_bytes().first() {
        Some(b'+') if !line.starts_with("+++") => "add",
        Some(b'-') if !line.starts_with("---") => "del",
        Some(b'@') => "hunk",
        _ => "same",
    };
    html! { pre { @for line in diff.lines() { span class=(class(line)) { (line) } "\n" } } }
}

/// Where the workload's time went, before and after.
pub fn workload(view: &View<'_>, flame: Option<&Flame>) -> Markup {
    html! {
        @if flame.is_some() || !view.request.programs.is_empty() {
            h2 { "The workload" }
        }
        @if let Some(resources) = view.request.analysis.as_ref().and_then(|analysis| analysis.resources) {
            p.note { "Profiled: " (text::seconds(resources.cpu_s)) " of CPU in " (text::seconds(resources.wall_s)) ", at most "
                (text::bytes(resources.peak_memory_bytes as f64)) " of memory." }
        }
        @if let Some(flame) = flame {
            figure { (charts::flame(flame)) figcaption { "Where the baseline's time went; targets stand out." } }
        }
        @if !view.request.programs.is_empty() {
            table {
                caption { "Whole programs, each side in turn, without any harness: median CPU time" }
                thead { tr { th { "with" } th { "command" } th { "before" } th { "after" } th { "differences" } } }
                tbody {
                    @for program in &view.request.programs {
                        tr {
                            td { (with_what(view, program)) }
                            td { code { (program.command) } }
                            td.number { (text::seconds(median(&program.baseline_cpu_s))) }
                            td.number { (text::seconds(median(&program.candidate_cpu_s))) }
                            td { @if program.differences.is_empty() { "none" } @else { (program.differences.join("; ")) } }
                        }
                    }
                }
            }
        }
    }
}

/// Which change the program ran with.
fn with_what(view: &View<'_>, program: &ProgramRun) -> Markup {
    let of_id = |id: &String| view.request.candidates.iter().find(|candidate| candidate.id == *id);
    let changed: Vec<&Candidate> = program.candidates.iter().filter_map(of_id).collect();
    match changed.as_slice() {
        [] => html! { "the change" },
        [only] if view.kind() == "compare" => html! { (only.origin) },
        [only] => html! { code { (only.target) } br; span.note { (only.origin) } },
        several => html! { strong { (words::count(several.len() as u64, "change")) " together" } },
    }
}

/// Everything that was not accepted, with its counterexample.
pub fn refused(view: &View<'_>) -> Markup {
    let refused = view.targets.iter().flat_map(|target| &target.candidates).filter(|one| !one.is_accepted());
    let refused: Vec<&CandidateView<'_>> = refused.collect();
    html! {
        @if !refused.is_empty() {
            h2 { (words::count(refused.len() as u64, "candidate")) " not accepted" }
            table.refused {
                thead { tr { th { "candidate" } th { "verdict" } th { "why" } } }
                tbody { @for one in refused { (refused_row(view, one)) } }
            }
        }
    }
}

fn refused_row(view: &View<'_>, one: &CandidateView<'_>) -> Markup {
    let candidate = one.candidate;
    html! {
        tr id=(candidate.id) {
            td { code { (candidate.target) } br; (candidate.origin)
                @if !candidate.model_call.is_empty() { br; span.note { "request " (candidate.model_call) } } }
            td.verdict { (text::verdict(candidate)) br; span.note { (text::gate(candidate)) } }
            td {
                (super::prose(markdown::reason(candidate)))
                @if let Some(effect) = &candidate.effect { br; (text::effect(effect)) }
                @if let Some(example) = &candidate.counterexample {
                    br; code { (example.input) } " → " code.refusal { (example.candidate) } ", was " code { (example.baseline) }
                    " " span.note { "(" (example.source) ")" }
                }
                @if !candidate.diff.is_empty() { details { summary { "diff" } (diff(&candidate.diff)) } }
                @if let Some(comparison) = one.comparison && !comparison.block_effects.is_empty() {
                    details { summary { "how it was measured" } (measured(view, comparison)) }
                }
            }
        }
    }
}

/// Every target with its share, cases and coverage; and what was left out.
pub fn targets(view: &View<'_>) -> Markup {
    let skipped = view.request.analysis.iter().flat_map(|analysis| &analysis.skipped);
    let skipped: Vec<_> = skipped.chain(view.request.tests.iter().flat_map(|tests| &tests.skipped)).collect();
    let unused: Vec<_> = view.targets.iter().flat_map(|target| target.unused_calls().map(move |calls| (target, calls))).collect();
    let shows_growth = view.targets.iter().any(|target| growth(target).is_some());
    html! {
        @if !view.targets.is_empty() {
            h2 { "Targets" }
            table {
                thead { tr { th { "target" } th.number { "share" } th.number { "at most" } th.number { "calls" } th.number { "median call" }
                    @if shows_growth { th.number { "growth" } }
                    th.number { "cases" } th.number { "branches" } } }
                tbody { @for target in &view.targets { (target_row(target, shows_growth)) } }
            }
            p.note { "Share: of the workload's time, with what it calls. At most: how much faster the workload were if the target took no time. "
                "Cases: calls that candidates are compared on. Branches: how many of the function's own the cases reach."
                @if shows_growth { " Growth: n^1 is time in proportion to the input's size, n^2 to its square; with the 95 % interval, from calls of at least five sizes." } }
        }
        @if !unused.is_empty() {
            details {
                summary { "Calls that are no cases, by reason" }
                table { tbody { @for (target, calls) in unused {
                    tr { td { code { (target.target.name) } } td { (calls.what) } td.number { (words::thousands(calls.count)) } }
                } } }
            }
        }
        @if !skipped.is_empty() {
            details {
                summary { "What was left out, and why" }
                table { tbody { @for one in skipped { tr { td { code { (one.name) } } td { (one.reason) } } } } }
            }
        }
    }
}

/// How its time grows with its input, where calls of enough sizes were timed.
fn growth(target: &TargetView<'_>) -> Option<String> {
    let growth = target.target.time_complexity.filter(|complexity| complexity.known)?;
    Some(format!("n^{:.1} ({:.1}–{:.1})", growth.exponent, growth.low, growth.high))
}

fn target_row(view: &TargetView<'_>, shows_growth: bool) -> Markup {
    let target = view.target;
    let bound =
        if target.upper_bound.is_finite() && target.upper_bound > 0.0 { format!("{:.2}x", target.upper_bound) } else { "–".into() };
    html! {
        tr {
            td { code { (target.name) } br; span.note { (target.file) ":" (target.line) }
                @if let Some(reason) = view.without_candidate { br; span.note { "no candidate: " (reason) } } }
            td.number { (text::percent(target.share)) }
            td.number { (bound) }
            td.number { (words::thousands(target.calls)) }
            td.number { @if let Some(baseline) = view.baseline { (text::nanoseconds(baseline.median_call_ns)) " ± " (text::percent(baseline.noise_between)) } @else { "–" } }
            @if shows_growth { td.number { (growth(view).unwrap_or_else(|| "–".into())) } }
            td.number { @if let Some(cases) = view.cases { (words::thousands((cases.recorded_count + cases.generated_count).into())) (by_rerun(cases)) } @else { "–" } }
            td.number { @if let Some(coverage) = view.coverage() { (coverage.branches_reached) " of " (coverage.branches_total) } @else { "–" } }
        }
    }
}

/// How many of a target's cases are judged by re-run and not by replay.
fn by_rerun(cases: &TargetCases) -> Markup {
    html! { @if cases.rerun_count > 0 { br; span.note { (words::thousands(cases.rerun_count.into())) " by re-run" } } }
}

/// Sums the costs of one unit by what `key` says of them, in the order in which they came.
fn sums(costs: &[Cost], unit: &str, key: fn(&Cost) -> &str) -> Vec<(String, f64)> {
    let mut parts: Vec<(String, f64)> = Vec::new();
    for cost in costs.iter().filter(|cost| cost.unit == unit) {
        match parts.iter_mut().find(|(name, _)| name == key(cost)) {
            Some((_, value)) => *value += cost.quantity,
            None => parts.push((key(cost).to_owned(), cost.quantity)),
        }
    }
    parts
}

/// Where the run's time and money went.
pub fn costs(view: &View<'_>) -> Markup {
    let costs = &view.request.costs;
    let stages = view.request.run.iter().flat_map(|run| &run.stages).map(|stage| (stage.stage.replace('_', " "), stage.seconds));
    let stages: Vec<(String, f64)> = stages.collect();
    let money: i64 = costs.iter().map(|cost| cost.microusd).sum();
    html! {
        h2 { "Where the run's time and money went" }
        (charts::shares("Elapsed time by stage", &stages, text::seconds))
        (charts::shares("CPU by kind of job", &sums(costs, "compute_s", |cost| cost.what.as_str()), text::seconds))
        p { "Money: " (whetstone_core::MicroUsd(money)) "." }
        @if !view.request.model_calls.is_empty() { (model_calls(view)) }
    }
}

fn model_calls(view: &View<'_>) -> Markup {
    html! {
        table {
            caption { "Model requests" }
            thead { tr { th { "request" } th { "model" } th.number { "tokens" } th { "gave" } } }
            tbody {
                @for call in &view.request.model_calls {
                    tr {
                        td { code { (call.id) } }
                        td { (call.model) }
                        td.number { (words::thousands(call.input_tokens)) " in, " (words::thousands(call.output_tokens)) " out" }
                        td {
                            @if call.candidates.is_empty() { (call.state) " " (call.message) }
                            @for id in &call.candidates { a href=(format!("#{id}")) { code { (id) } } " " }
                        }
                    }
                }
            }
        }
    }
}

/// How it was decided.
pub fn method(view: &View<'_>) -> Markup {
    let machine = view.request.comparisons.iter().find_map(|comparison| comparison.machine.as_ref());
    html! {
        h2 { "How it was decided" }
        p { "A candidate must pass five gates: static checks; the same behaviour on recorded and generated calls, compared as exact values; "
            "the repository's own tests; a paired comparison of speed in blocks of fresh processes, by a sequential test that accepts a candidate "
            "that is not faster with probability at most 1 %; and runs of the whole program. Several confirmations in one run are held to a false "
            "discovery rate of 5 % together." }
        @if let Some(machine) = machine {
            p.note { (machine.cpu_model) ", " (machine.cores) " cores, kernel " (machine.kernel) ", load " (format!("{:.1}", machine.load))
                ", clock step " (machine.clock_step_ns) " ns, steal " (text::seconds(machine.steal_s)) "." }
        }
    }
}
