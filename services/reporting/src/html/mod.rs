//! The report as one self-contained HTML page: no script, no external file, light, dark and print.

mod sections;
mod style;

use maud::{DOCTYPE, Markup, html};
use whetstone_core::words;

use crate::{
    charts::Flame,
    markdown, text,
    view::{CandidateView, TargetView, View},
};

/// Writes the page. `flame` is the baseline's flame graph where it was profiled.
pub fn write(view: &View<'_>, branch: &str, flame: Option<&Flame>) -> String {
    let title = format!("{} · {}", view.name(), headline(view));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (maud::PreEscaped(style::CSS)) }
            }
            body {
                header {
                    p.where { (location(view)) }
                    h1 { (headline(view)) }
                    @if let Some(effect) = &view.request.workload_effect {
                        p.lead { "Whole workload: " strong { (text::effect(effect)) } }
                    }
                    (summary(view))
                    (next_steps(view, branch))
                }
                main {
                    @for (target, candidate) in view.optimizations() {
                        (sections::optimization(view, target, candidate))
                    }
                    (sections::workload(view, flame))
                    (sections::refused(view))
                    (sections::targets(view))
                    (sections::costs(view))
                    (sections::method(view))
                }
                footer { p { "whet " (env!("CARGO_PKG_VERSION")) " · run " code { (run_id(view)) } } }
            }
        }
    };
    page.into_string()
}

fn run_id<'a>(view: &'a View<'_>) -> &'a str {
    view.request.run.as_ref().map_or("", |run| run.id.as_str())
}

/// What the run came to, in one line.
fn headline(view: &View<'_>) -> String {
    let found = view.optimizations().count() as u64;
    let judged = view.request.candidates.len() as u64;
    match (found, judged) {
        (0, 0) => "no candidate was judged".into(),
        (0, _) => "nothing faster was proved".into(),
        (found, _) => format!("{} proved", words::count(found, "optimization")),
    }
}

fn location(view: &View<'_>) -> Markup {
    let snapshot = view.request.run.as_ref().and_then(|run| run.snapshot.clone()).unwrap_or_default();
    let prepared = view.request.prepared.clone().unwrap_or_default();
    let commit: String = snapshot.commit.chars().take(7).collect();
    let toolchain = prepared.toolchain.unwrap_or_default();
    html! {
        code { (snapshot.name) }
        @if !commit.is_empty() { " " code { (snapshot.branch) "@" (commit) } }
        " · Python " (toolchain.version)
        @for workload in &prepared.workloads {
            " · " code { (workload.command) }
            @if workload.tests_passed > 0 { " (" (words::count(workload.tests_passed.into(), "test")) ", " (text::seconds(workload.wall_s)) ")" }
        }
    }
}

/// One row an optimization: what changed, by how much, how sure.
fn summary(view: &View<'_>) -> Markup {
    let rows: Vec<(&TargetView<'_>, &CandidateView<'_>)> = view.optimizations().collect();
    html! {
        @if !rows.is_empty() {
            table.summary {
                thead { tr { th { "target" } th { "change" } th { "effect" } th { "evidence" } } }
                tbody {
                    @for (target, candidate) in rows {
                        tr {
                            td { a href=(format!("#{}", candidate.candidate.id)) { code { (target.target.name) } } }
                            td { (prose(candidate.summary())) }
                            td.number { @if let Some(effect) = &candidate.candidate.effect { (text::effect(effect)) } }
                            td { (markdown::evidence(target, candidate.candidate)) }
                        }
                    }
                }
            }
        }
    }
}

/// Text whose parts between backquotes are code.
fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    html! {
        @if parts.len().is_multiple_of(2) {
            (text)
        } @else {
            @for (index, part) in parts.iter().enumerate() {
                @if index % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
    }
}

fn next_steps(view: &View<'_>, branch: &str) -> Markup {
    html! {
        @if view.optimizations().next().is_some() {
            p.next {
                @if !branch.is_empty() { "Review it: " code { "git diff HEAD..." (branch) } ". " }
                "Check it yourself, anywhere: " code { "whet verify evidence.whet" } "."
            }
        } @else if !view.request.candidates.is_empty() {
            p.next { "What was tried stands below with the reason for each refusal. A workload with more realistic inputs (" code { "--command" } ") often shows other hot paths." }
        } @else {
            p.next { "No candidate came up. " code { "--target NAME" } " looks at one function, and a model (" code { "--model" } ") proposes beyond the rules." }
        }
        @for note in view.notes() { p.note { (note) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_page_needs_nothing_else_and_escapes_what_candidates_did() {
        let request = fixture::request();
        let page = write(&View::of(&request), "whetstone/x", None);
        assert!(page.contains("2 optimizations proved") && page.contains("1.31x faster (1.27–1.35)"));
        assert!(!page.contains("nats") && !page.contains(">growth<"), "no growth is known of any target");
        assert!(page.contains("420.0 µs ± 2.0 %"), "the baseline stands with its target, whether named by id or by name");
        assert!(page.contains("0.0 &lt;b&gt;") && !page.contains("0.0 <b>"));
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://") && !page.contains("src="));
        assert_eq!(prose("a `b < c` d").into_string(), "a <code>b &lt; c</code> d");
        assert_eq!(prose("a ` b").into_string(), "a ` b");
        assert_eq!(page.matches("<circle").count(), 2 + 4, "two blocks, two sizes before and after");
    }

    #[test]
    fn runs_of_the_program_say_with_which_change_and_growth_is_shown_where_known() {
        let mut request = fixture::request();
        let run = |candidates: &[&str]| whetstone_proto::optimization::v1::ProgramRun {
            command: "python bench.py".into(),
            candidates: candidates.iter().map(|&id| id.to_owned()).collect(),
            ..Default::default()
        };
        request.programs = vec![run(&["c-1"]), run(&["c-1", "c-2"])];
        let growth = whetstone_proto::common::v1::Complexity { known: true, exponent: 1.94, low: 1.8, high: 2.1, points: 9 };
        request.analysis.as_mut().expect("targets").targets[0].time_complexity = Some(growth);
        let page = write(&View::of(&request), "", None);
        assert!(page.contains("<td><code>shop.rules:f</code><br><span class=\"note\">copy-of-list</span></td><td><code>python bench.py"));
        assert!(page.contains("<strong>2 changes together</strong>"), "{page}");
        assert!(page.contains(">growth<") && page.contains("n^1.9 (1.8–2.1)"));
    }

    #[test]
    fn an_empty_run_says_how_to_go_on() {
        let request = whetstone_proto::reporting::v1::BuildReportRequest::default();
        let page = write(&View::of(&request), "", None);
        assert!(page.contains("no candidate was judged") && page.contains("--target NAME"));
    }
}
