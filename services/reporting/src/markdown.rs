//! Markdown of the form that a pull request needs, and the text of commit messages.

use std::fmt::Write as _;

use whetstone_core::words;
use whetstone_proto::common::v1::{BehaviourEvidence, Candidate, SolverReport};

use crate::{
    text,
    view::{CandidateView, TargetView, View},
};

/// Writes the report as Markdown.
pub fn write(view: &View<'_>) -> String {
    let mut page = String::new();
    let found = view.optimizations().count() as u64;
    if found == 0 {
        nothing_found(&mut page, view);
    }
    for (target, candidate) in view.optimizations() {
        optimization(&mut page, view, target, candidate);
    }
    if let Some(effect) = &view.request.workload_effect
        && found > 0
    {
        let _ = writeln!(page, "**Whole workload**: {}.\n", text::effect(effect));
    }
    refused(&mut page, view);
    without_candidate(&mut page, view);
    let _ = writeln!(page, "Verify yourself: `whet verify evidence.whet` (attached). Cost: {}.", cost(view));
    page
}

/// `pricing.rules: 1.94x faster match_all (saves 12 % of the workload)`.
pub fn title(view: &View<'_>, target: &TargetView<'_>, candidate: &CandidateView<'_>) -> String {
    let (module, function) = target.target.name.split_once(':').unwrap_or(("", &target.target.name));
    let Some(effect) = &candidate.candidate.effect else { return format!("{module}: faster {function}") };
    let (share, whole) = view.share(target.target);
    let saved = share * (1.0 - 1.0 / effect.ratio.max(1e-9));
    format!("{module}: {:.2}x faster {function} (saves {} of {whole})", effect.ratio, text::percent(saved.max(0.0)))
}

/// The change and its evidence in a few lines, for a commit message.
pub fn evidence_lines(view: &View<'_>, target: &TargetView<'_>, candidate: &CandidateView<'_>) -> String {
    let mut lines = format!("{}.\n\n", what_changed(target, candidate));
    if !candidate.candidate.summary.is_empty() {
        let _ = writeln!(lines, "Why: {}\n", candidate.candidate.summary);
    }
    if let (Some(effect), Some(comparison)) = (&candidate.candidate.effect, candidate.comparison) {
        let (effect, blocks) = (text::effect(effect), words::count(comparison.blocks.into(), "block"));
        let (odds, theta) = (text::odds(comparison.log_e_accept), text::percent(theta(view)));
        let _ = writeln!(lines, "Measured: {effect} in {blocks}, 95 % interval; evidence {odds} for more than {theta} faster.");
    }
    let _ = writeln!(lines, "Checked: {}.", checked(target, candidate.candidate));
    if !candidate.candidate.memo.is_empty() {
        let _ = writeln!(lines, "State that outlives a call: {}.", candidate.candidate.memo);
    }
    let run = view.request.run.as_ref().map_or("", |run| run.id.as_str());
    let _ = writeln!(lines, "Origin: {}. Run: {run}.", candidate.candidate.origin);
    lines
}

/// The least speedup that counts, of the run.
fn theta(view: &View<'_>) -> f64 {
    view.request.context.as_ref().and_then(|context| context.options.as_ref()).map_or(0.05, |options| options.theta)
}

/// What was done, where, and what it brought, in one sentence: "In `f` (m.py), `a` is now `b`, and 2 further lines changed;
/// recorded calls take 1 ms in the median where they took 2 ms: 2.00x faster (1.90–2.10)".
fn what_changed(target: &TargetView<'_>, candidate: &CandidateView<'_>) -> String {
    let (_, function) = target.target.name.split_once(':').unwrap_or(("", &target.target.name));
    let mut sentence = format!("In `{function}` ({}), {}", target.target.file, first_change(&candidate.candidate.diff));
    if let Some(comparison) = candidate.comparison.filter(|comparison| comparison.candidate_median_call_ns > 0.0) {
        let (before, after) = (comparison.baseline_median_call_ns, comparison.candidate_median_call_ns);
        let (before, after) = (text::nanoseconds(before), text::nanoseconds(after));
        let _ = write!(sentence, "; recorded calls take {after} in the median where they took {before}");
    }
    if let Some(effect) = &candidate.candidate.effect {
        let _ = write!(sentence, ": {}", text::effect(effect));
    }
    sentence
}

/// The first replaced line of a diff with what stands in its place, and how many more changed.
fn first_change(diff: &str) -> String {
    const WIDTH: usize = 60;
    let body = diff.lines().filter(|line| !line.starts_with("--- ") && !line.starts_with("+++ "));
    let of = |sign: char| body.clone().filter_map(move |line| line.strip_prefix(sign)).map(str::trim).filter(|line| !line.is_empty());
    let (removed, added) = (of('-').count(), of('+').count());
    let cut =
        |line: &str| if line.chars().count() > WIDTH { line.chars().take(WIDTH - 1).chain(['…']).collect() } else { line.to_owned() };
    let lines: Vec<&str> = body.clone().collect();
    let at = lines.iter().position(|line| line.starts_with('-') && line.len() > 1);
    let new = at.and_then(|at| lines[at..].iter().find(|line| !line.starts_with('-')).and_then(|line| line.strip_prefix('+')));
    match (at, new) {
        (Some(at), Some(new)) => {
            let more = removed.max(added) - 1;
            let further = if more == 0 { String::new() } else { format!(", and {} changed", words::count(more as u64, "further line")) };
            format!("`{}` is now `{}`{further}", cut(lines[at][1..].trim()), cut(new.trim()))
        }
        (Some(_), None) => format!("{} left out and {added} put in", words::count(removed as u64, "line")),
        (None, _) => format!("{} put in", words::count(added as u64, "line")),
    }
}

fn optimization(page: &mut String, view: &View<'_>, target: &TargetView<'_>, candidate: &CandidateView<'_>) {
    let _ = writeln!(page, "## {}\n\n{}\n", title(view, target, candidate), candidate.summary());
    let _ = writeln!(page, "| | before | after |\n|---|---|---|");
    if let Some(comparison) = candidate.comparison {
        let (before, after) = (comparison.baseline_median_call_ns, comparison.candidate_median_call_ns);
        let _ = writeln!(page, "| recorded calls, median | {} | {} |", text::nanoseconds(before), text::nanoseconds(after));
        for size in comparison.sizes.iter().filter(|size| size.baseline_ns > 0.0) {
            let range =
                if size.smallest == size.largest { size.smallest.to_string() } else { format!("{}–{}", size.smallest, size.largest) };
            let _ = writeln!(
                page,
                "| input size {range} | {} | {} |",
                text::nanoseconds(size.baseline_ns),
                text::nanoseconds(size.candidate_ns)
            );
        }
    }
    if let Some(effect) = &candidate.candidate.effect {
        let _ = writeln!(page, "| effect | | **{:.2}x** faster, 95 % interval {:.2}–{:.2} |", effect.ratio, effect.low, effect.high);
    }
    let _ = writeln!(page, "\n**Checked**: {}.", checked(target, candidate.candidate));
    if let Some(not_covered) = not_covered(target, candidate.candidate) {
        let _ = writeln!(page, "**Not covered**: {not_covered}.");
    }
    if !candidate.candidate.memo.is_empty() {
        let _ = writeln!(page, "**State that outlives a call**: {}.", candidate.candidate.memo);
    }
    for reservation in candidate.comparison.iter().flat_map(|comparison| &comparison.reservations) {
        let _ = writeln!(page, "**Reservation**: {}.", reservation.trim_end_matches('.'));
    }
    let _ = writeln!(page, "\n<details><summary>diff and how it was measured</summary>\n");
    let _ = writeln!(page, "```diff\n{}\n```\n", candidate.candidate.diff.trim_end());
    let _ = writeln!(page, "{}\n\n</details>\n", measured(view, candidate));
}

/// What was compared, in numbers alone.
pub fn evidence(target: &TargetView<'_>, candidate: &Candidate) -> String {
    let Some(evidence) = candidate.behaviour.clone() else { return "timed calls alone".into() };
    let cases = evidence.recorded + evidence.generated + evidence.final_cases;
    let mut parts = Vec::new();
    if cases > 0 || evidence.rerun == 0 {
        parts = vec![words::count(cases.into(), "case"), words::count(evidence.sequences.into(), "sequence")];
    }
    if evidence.rerun > 0 {
        parts.push(words::count(evidence.rerun.into(), "call") + " by re-run");
    }
    if let Some(coverage) = target.coverage() {
        parts.push(format!("{} of {} branches", coverage.branches_reached, coverage.branches_total));
    }
    if evidence.tests_passed > 0 {
        parts.push(words::count(evidence.tests_passed.into(), "test"));
    }
    parts.join(", ")
}

/// What was compared, in one sentence.
pub fn checked(target: &TargetView<'_>, candidate: &Candidate) -> String {
    let Some(evidence) = candidate.behaviour.clone() else {
        return "the calls that were timed gave the same outcomes; behaviour was not compared further".into();
    };
    let BehaviourEvidence { recorded, generated, sequences, seeds, final_cases, tests_passed, sources, solver, rerun, .. } = evidence;
    let mut parts = Vec::new();
    if recorded + generated > 0 || rerun == 0 {
        let (recorded, generated) = (words::count(recorded.into(), "replayed call"), words::count(generated.into(), "generated edge case"));
        parts.push(format!("{recorded} and {generated}"));
    }
    let mut add = |number: u32, word: &str, rest: &str| {
        if number > 0 {
            parts.push(words::count(number.into(), word) + rest);
        }
    };
    add(sequences, "sequence", "");
    add(final_cases, "case", " of a fresh final set");
    add(rerun, "call", " of the re-run workload");
    let mut sentence = format!("{} give the same results, exceptions and side effects", parts.join(", "));
    if seeds > 1 {
        let _ = write!(sentence, " under {}", words::count(seeds.into(), "hash seed"));
    }
    if let Some(coverage) = target.coverage() {
        let _ = write!(sentence, "; {} of {} branches of the function were reached", coverage.branches_reached, coverage.branches_total);
    }
    if !sources.is_empty() {
        let counts = sources.iter().map(|source| format!("{} {}", words::thousands(source.count), text::case_source(&source.what)));
        let counts: Vec<String> = counts.collect();
        let _ = write!(sentence, "; generated cases by source: {}", counts.join(", "));
    }
    if let Some(solver) = solver {
        let _ = write!(sentence, "; {}", search(&solver));
    }
    if tests_passed > 0 {
        let _ = write!(sentence, "; the project's {} pass", words::count(tests_passed.into(), "test"));
    }
    sentence
}

/// What the differential search did, in words.
fn search(solver: &SolverReport) -> String {
    let found = match solver.outcome.as_str() {
        "not_run" => return format!("the differential search did not run: {}", solver.detail),
        "nothing_found" => "found no difference",
        "not_reproduced" => "claimed differences that no replay shows",
        _ => "found a difference",
    };
    format!("a differential search {found} ({})", solver.detail)
}

/// What no case shows; calls that no replay shows are covered where the workload was re-run.
fn not_covered(target: &TargetView<'_>, candidate: &Candidate) -> Option<String> {
    let cases = target.cases?;
    let unreached = cases.unreached.iter().take(5).cloned();
    let is_rerun = candidate.behaviour.as_ref().is_some_and(|evidence| evidence.rerun > 0);
    let not_replayed = cases.not_replayed.iter().filter(|_| !is_rerun);
    let dropped = cases.dropped.iter().chain(not_replayed).map(|count| format!("{} ({})", count.what, words::thousands(count.count)));
    let parts: Vec<String> = unreached.chain(dropped).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn measured(view: &View<'_>, candidate: &CandidateView<'_>) -> String {
    let Some(comparison) = candidate.comparison else { return String::from("Not measured.") };
    let machine = comparison.machine.clone().unwrap_or_default();
    let theta = theta(view);
    if comparison.in_workload {
        return format!(
            "{} of pairs of whole runs of the workload, by the processor time that it spends in the function; evidence {} for more than {} \
             faster, accepted from 100 to 1; at most {} of it is the harness's own; {} cores of {}.",
            words::count(comparison.blocks.into(), "block"),
            text::odds(comparison.log_e_accept),
            text::percent(theta),
            text::percent(comparison.harness_share),
            machine.cores,
            machine.cpu_model,
        );
    }
    format!(
        "{} of fresh worker pairs, {}; evidence {} for more than {} faster, accepted from 100 to 1; the harness takes {} of a sample; \
         {} of the values were unknown to the candidate; {} cores of {}.",
        words::count(comparison.blocks.into(), "block"),
        text::clock(&comparison.clock),
        text::odds(comparison.log_e_accept),
        text::percent(theta),
        text::percent(comparison.harness_share),
        text::percent(comparison.unknown_share),
        machine.cores,
        machine.cpu_model
    )
}

fn nothing_found(page: &mut String, view: &View<'_>) {
    let tried = view.request.candidates.len() as u64;
    let _ = writeln!(page, "## Nothing faster was found that could be proved\n");
    let _ = writeln!(page, "{} of {} were judged.\n", words::count(tried, "candidate"), words::count(view.targets.len() as u64, "target"));
    let best = view.request.candidates.iter().filter(|candidate| candidate.effect.is_some());
    let best = best.max_by(|left, right| ratio(left).total_cmp(&ratio(right)));
    if let Some(best) = best {
        let _ = writeln!(page, "The best of them, `{}` for `{}`: {}.\n", best.origin, best.target, best.reason);
    }
}

fn ratio(candidate: &Candidate) -> f64 {
    candidate.effect.as_ref().map_or(0.0, |effect| effect.ratio)
}

fn refused(page: &mut String, view: &View<'_>) {
    let refused: Vec<&CandidateView<'_>> =
        view.targets.iter().flat_map(|target| &target.candidates).filter(|one| !one.is_accepted()).collect();
    if refused.is_empty() {
        return;
    }
    let _ = writeln!(page, "<details><summary>{} not accepted, and why</summary>\n", words::count(refused.len() as u64, "candidate"));
    let _ = writeln!(page, "| target | candidate | verdict | why |\n|---|---|---|---|");
    for one in refused {
        let candidate = one.candidate;
        let mut why = reason(candidate).to_owned();
        if let Some(example) = &candidate.counterexample {
            let _ = write!(why, ": `{}` gave `{}`, was `{}`", example.input, example.candidate, example.baseline);
        }
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let verdict = format!("{} ({})", text::verdict(candidate), text::gate(candidate));
        let _ = writeln!(page, "| `{}` | {} | {verdict} | {} |", candidate.target, cell(&candidate.origin), cell(&why));
    }
    let _ = writeln!(page, "\n</details>\n");
}

/// Targets for which nothing was tried, and why.
fn without_candidate(page: &mut String, view: &View<'_>) {
    for target in &view.targets {
        if let Some(reason) = target.without_candidate {
            let _ = writeln!(page, "No candidate for `{}`: {reason}.\n", target.target.name);
        }
    }
}

/// Why a candidate was not accepted, without the counterexample that stands beside it.
pub fn reason(candidate: &Candidate) -> &str {
    words::without_example(&candidate.reason, candidate.counterexample.as_ref().map_or("", |example| &example.input))
}

fn cost(view: &View<'_>) -> String {
    let of_unit = |unit: &str| view.request.costs.iter().filter(|cost| cost.unit == unit).map(|cost| cost.quantity).sum::<f64>();
    let tokens = of_unit("input_tokens") + of_unit("output_tokens");
    let money = whetstone_core::MicroUsd(view.request.costs.iter().map(|cost| cost.microusd).sum());
    format!("{} tokens, {} of CPU, {money}", words::thousands(tokens as u64), text::seconds(of_unit("compute_s")))
}

#[cfg(test)]
mod tests {
    use whetstone_proto::{
        common::v1::{Count, Skipped},
        reporting::v1::BuildReportRequest,
    };

    use super::*;
    use crate::fixture;

    #[test]
    fn calls_judged_by_replay_and_by_re_run_are_told_apart() {
        let mut request = fixture::request();
        let page = |request: &BuildReportRequest| write(&View::of(request));
        let tests = request.tests.as_mut().expect("cases");
        tests.targets[0].not_replayed = vec![Count { what: "opaque: socket".into(), count: 24 }];
        assert!(page(&request).contains("**Not covered**: opaque: socket (24)"));
        let accepted = request.candidates.iter_mut().find(|candidate| candidate.id == "c-1").expect("accepted");
        accepted.behaviour.as_mut().expect("judged").rerun = 1240;
        let both = page(&request);
        assert!(
            both.contains("143 replayed calls and 210 generated edge cases, 1,240 calls of the re-run workload give the same"),
            "{both}"
        );
        assert!(!both.contains("Not covered"), "{both}");
        let accepted = request.candidates.iter_mut().find(|candidate| candidate.id == "c-1").expect("accepted");
        let seen = BehaviourEvidence { rerun: 24, seeds: 2, ..BehaviourEvidence::default() };
        accepted.behaviour = Some(seen);
        let alone = page(&request);
        assert!(alone.contains("**Checked**: 24 calls of the re-run workload give the same results"), "{alone}");
    }

    #[test]
    fn a_commit_tells_the_change_where_it_is_and_what_it_brought() {
        let mut request = fixture::request();
        request.comparisons[0].baseline_median_call_ns = 4.0e5;
        request.comparisons[0].candidate_median_call_ns = 2.0e5;
        request.comparisons[0].log_e_accept = 6.3;
        let view = View::of(&request);
        let (target, candidate) = view.optimizations().next().expect("accepted");
        let lines = evidence_lines(&view, target, candidate);
        let first = "In `f` (shop/rules.py), `return [y for y in x]` is now `return list(x)`; recorded calls take 200.0 µs in the median \
                     where they took 400.0 µs: 1.94x faster (1.88–2.01).";
        assert_eq!(lines.lines().next(), Some(first));
        assert!(lines.contains("Why: Copies the list in C.") && lines.contains("evidence 544 to 1 for more than 5.0 % faster"), "{lines}");
        assert_eq!(first_change("+a\n+b\n"), "2 lines put in");
        assert_eq!(first_change("-a\n b\n+c\n"), "1 line left out and 1 put in");
        assert_eq!(first_change("-a\n-b\n+c\n"), "`a` is now `c`, and 1 further line changed");
    }

    #[test]
    fn with_tests_as_the_workload_a_saving_is_one_of_their_time_in_the_repositorys_code() {
        let mut request = fixture::request();
        request.prepared.as_mut().expect("prepared").workloads[0].is_tests = true;
        request.analysis.as_mut().expect("targets").targets[0].repository_share = 0.5;
        let page = write(&View::of(&request));
        assert!(page.contains("1.94x faster f (saves 24 % of the tests' time in the repository's code)"), "{page}");
    }

    #[test]
    fn a_target_without_candidate_says_why() {
        let mut request = fixture::request();
        request.candidates.retain(|candidate| candidate.target != "shop.rules:g");
        let reason = "no rule applies, and no model was asked".to_owned();
        request.without_candidate = vec![Skipped { name: "shop.rules:g".into(), reason }];
        let view = View::of(&request);
        assert!(write(&view).contains("No candidate for `shop.rules:g`: no rule applies, and no model was asked."));
        assert!(crate::html::write(&view, "", None).contains("no candidate: no rule applies"));
        let document = crate::document::write(&view, "", &[]);
        assert_eq!(document.targets[1].without_candidate.as_deref(), Some("no rule applies, and no model was asked"));
        assert_eq!(document.targets[0].without_candidate, None);
    }

    #[test]
    fn a_pull_request_says_what_by_how_much_and_how_sure() {
        let request = fixture::request();
        let page = write(&View::of(&request));
        for part in [
            "## shop.rules: 1.94x faster f (saves 12 % of the workload)",
            "| effect | | **1.94x** faster, 95 % interval 1.88–2.01 |",
            "143 replayed calls and 210 generated edge cases give the same results",
            "3 of 4 branches of the function were reached; the project's 214 tests pass",
            "`g([-0.0])` gave `0.0 <b>`, was `-0.0`",
            "**Whole workload**: 1.31x faster (1.27–1.35).",
        ] {
            assert!(page.contains(part), "{part} is missing in\n{page}");
        }
    }

    #[test]
    fn a_run_without_optimization_says_what_the_best_lacked() {
        let mut request = fixture::request();
        request.candidates.retain(|candidate| candidate.id == "c-refused");
        request.candidates[0].effect = Some(whetstone_proto::common::v1::Effect { ratio: 1.02, low: 0.99, high: 1.05 });
        let page = write(&View::of(&request));
        assert!(page.contains("Nothing faster was found") && page.contains("the result differs"), "{page}");
    }
}
