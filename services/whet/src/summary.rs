//! The end of a run as a short table: target, change, effect with interval, verdict, and where
//! report, patch and bundle lie.

use std::path::Path;

use whetstone_core::{
    MicroUsd,
    document::{Candidate, Document},
    verdict::{Gate, Verdict},
    words,
};
use whetstone_proto::common::v1 as common;

use crate::{
    outputs::{EVIDENCE, Outputs, PATCH},
    progress::verdict_word,
    text,
};

/// Writes the table and where everything lies; the patch where it was asked for.
pub fn of_run(document: &Document, outputs: &Outputs, patch: Option<&Path>, seconds: f64) -> String {
    let mut lines = table(document);
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(conclusion(document, seconds));
    lines.extend(why_nothing(document));
    lines.extend(places(document, outputs, patch));
    text::harmless(&(lines.join("\n") + "\n"))
}

fn table(document: &Document) -> Vec<String> {
    // A person who handed candidates in wants to see each; a search shows what came of each target.
    let shows_all = document.run.kind != "optimize";
    let mut rows = Vec::new();
    let mut details: Vec<(usize, String)> = Vec::new();
    for target in &document.targets {
        let mut ranked: Vec<&Candidate> = target.candidates.iter().collect();
        ranked.sort_by_key(|candidate| (rank(candidate.verdict), std::cmp::Reverse(candidate.gate)));
        let accepted = ranked.iter().filter(|candidate| candidate.verdict == Verdict::Accepted).count();
        let shown = if shows_all { ranked.len() } else { accepted.max(1) };
        for candidate in ranked.into_iter().take(shown) {
            rows.push(row(&target.name, candidate));
            details.push((rows.len(), why(candidate)));
        }
        if target.candidates.is_empty() && document.run.kind != "analyze" {
            rows.push([target.name.clone(), "-".into(), "-".into(), "no candidate".into()]);
            details.push((rows.len(), text::why(target.without_candidate.as_deref().unwrap_or_default(), None)));
        } else if document.run.kind == "analyze" {
            rows.push(analyzed(target));
        }
    }
    let mut lines = aligned(rows);
    for (behind, detail) in details.into_iter().rev().filter(|(_, detail)| !detail.is_empty()) {
        lines.insert(behind, format!("{}{detail}", text::DETAIL));
    }
    lines
}

/// Why a candidate was not accepted.
fn why(candidate: &Candidate) -> String {
    if candidate.verdict == Verdict::Accepted {
        return String::new();
    }
    let example = candidate.counterexample.as_ref();
    text::why(&candidate.reason, example.map(|example| [example.input.as_str(), &example.candidate, &example.baseline]))
}

/// Why a search found nothing: what was left out, most of all.
fn why_nothing(document: &Document) -> Vec<String> {
    const SHOWN: usize = 6;
    if document.run.optimizations > 0 || document.run.kind == "analyze" {
        return Vec::new();
    }
    let mut lines: Vec<String> = document
        .skipped
        .iter()
        .take(SHOWN)
        .map(|skipped| format!("  left out  {}: {}", skipped.name, text::one_line(&skipped.reason, 100)))
        .collect();
    if document.skipped.len() > SHOWN {
        lines.push(format!("  left out  {} more, see the report", document.skipped.len() - SHOWN));
    }
    lines
}

fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Accepted => 0,
        Verdict::Inconclusive => 1,
        Verdict::NotEnoughEvidence => 2,
        Verdict::Rejected => 3,
    }
}

fn analyzed(target: &whetstone_core::document::Target) -> [String; 4] {
    let bound = target.upper_bound.map_or_else(|| "no bound".to_owned(), |bound| format!("at most {bound:.2}x"));
    [target.name.clone(), format!("{}:{}", target.file, target.line), format!("{} of the workload", text::share(target.share)), bound]
}

fn row(target: &str, candidate: &Candidate) -> [String; 4] {
    let effect = candidate.effect.map_or_else(
        || "-".to_owned(),
        |effect| {
            let ratio = if candidate.verdict == Verdict::Accepted { text::faster(effect) } else { format!("{effect:.2}x") };
            format!("{ratio} {}", words::interval(candidate.low, candidate.high))
        },
    );
    let verdict = verdict_word(proto_verdict(candidate.verdict), proto_gate(candidate.gate), candidate.low.zip(candidate.high));
    [target.to_owned(), text::one_line(&candidate.origin, 40), effect, verdict.to_owned()]
}

fn proto_verdict(verdict: Verdict) -> common::Verdict {
    match verdict {
        Verdict::Accepted => common::Verdict::Accepted,
        Verdict::Rejected => common::Verdict::Rejected,
        Verdict::Inconclusive => common::Verdict::Inconclusive,
        Verdict::NotEnoughEvidence => common::Verdict::NotEnoughEvidence,
    }
}

fn proto_gate(gate: Gate) -> common::Gate {
    match gate {
        Gate::Static => common::Gate::Static,
        Gate::Behaviour => common::Gate::Behaviour,
        Gate::Project => common::Gate::Project,
        Gate::Speed => common::Gate::Speed,
        Gate::Program => common::Gate::Program,
    }
}

/// Pads every column but the last to its widest cell.
pub fn aligned<const N: usize>(rows: Vec<[String; N]>) -> Vec<String> {
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: [String; N]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("  {}", cells.join("   ").trim_end())
    };
    rows.into_iter().map(line).collect()
}

fn conclusion(document: &Document, seconds: f64) -> String {
    let cost = MicroUsd(document.costs.microusd);
    let time = text::seconds(seconds);
    let workload = document.run.workload.map(|workload| {
        let ratio = if workload.low > 1.0 { text::faster(workload.effect) } else { format!("{:.2}x", workload.effect) };
        format!(", workload {ratio} {}", words::interval(Some(workload.low), Some(workload.high)))
    });
    let found = match (document.run.kind.as_str(), document.run.optimizations) {
        ("verify", number) => {
            let holds = if document.holds() { "the evidence holds" } else { "the evidence does not hold" };
            format!("{holds}: {number} of {} accepted again", words::count(document.candidates() as u64, "optimization"))
        }
        ("analyze", _) => words::count(document.targets.len() as u64, "target"),
        ("optimize", 0) => "nothing found that is faster and proved to do the same".into(),
        (_, 0) => "nothing accepted".into(),
        ("optimize", number) => words::count(number.into(), "optimization"),
        (_, number) => format!("{number} accepted"),
    };
    format!("{found}{}, {time}, {cost}", workload.unwrap_or_default())
}

fn places(document: &Document, outputs: &Outputs, patch: Option<&Path>) -> Vec<String> {
    let shown = |path: &Path| path.display().to_string();
    let mut lines = Vec::new();
    let accepted = document.run.optimizations > 0;
    if let Some(branch) = &document.run.branch {
        lines.push(format!("branch    {branch}   {}", words::count(document.run.optimizations.into(), "commit")));
    }
    if let Some(patch) = patch.or_else(|| outputs.path(PATCH)).filter(|_| accepted) {
        lines.push(format!("patch     {}", shown(patch)));
    }
    let report = ["report.html", "report.md", "report.json"].iter().find_map(|name| outputs.path(name));
    lines.extend(report.map(|report| format!("report    {}", shown(report))));
    if let Some(evidence) = outputs.path(EVIDENCE).filter(|_| accepted && document.run.kind != "analyze") {
        lines.push(format!("evidence  {}      check it anywhere: whet verify {EVIDENCE}", shown(evidence)));
    }
    lines
}
