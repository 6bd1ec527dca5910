//! What is worth telling of a run's updates, as text; how it is shown is the display's business.

use whetstone_core::words;
use whetstone_proto::{
    common::v1::{Candidate, Effect, Gate, StageProgress, Verdict},
    repository::v1::{Snapshot, WatchEventsResponse, event::Fact, watch_events_response::Update},
};

use crate::text;

const TITLE: usize = 12;
const SUMMARY: usize = 64;
const NAME: usize = 34;
const EFFECT: usize = 28;
const ORIGIN: usize = 38;
/// What the reason of a candidate begins with that was left without being measured.
const NOT_CONFIRMED: &str = "not confirmed: ";
const SLOWER: &str = "slower in the screen";

/// The stage that is alive, with how far it has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Active {
    pub title: String,
    pub note: String,
    pub done: u64,
    /// 0 where it is not known.
    pub total: u64,
}

/// Turns updates into lines.
#[derive(Debug, Default)]
pub struct Story {
    /// Every verdict and note, not only those that a reader waits for.
    verbose: bool,
    active: Option<Active>,
    /// The stage that a run broke in, unless it goes on.
    broken: Option<String>,
    verdicts: usize,
    refused: usize,
    /// Told together, once something else is heard.
    passed_over: Vec<PassedOver>,
}

/// Candidates of a target that were left for one reason.
#[derive(Debug, Default)]
struct PassedOver {
    target: String,
    reason: String,
    origins: Vec<String>,
}

impl Story {
    pub fn new(verbose: bool) -> Self {
        Self { verbose, ..Self::default() }
    }

    /// The stage that is alive.
    pub fn active(&self) -> Option<&Active> {
        self.active.as_ref()
    }

    /// The line of the stage that the run broke in, if it did.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Hears one update and answers the lines that it is worth.
    pub fn hear(&mut self, update: &WatchEventsResponse) -> Vec<String> {
        let lines = match &update.update {
            Some(Update::Progress(progress)) => self.progress(progress),
            Some(Update::Event(event)) => event.fact.as_ref().map(|fact| self.event(fact)).unwrap_or_default(),
            None => Vec::new(),
        };
        lines.into_iter().map(|line| text::harmless(line.trim_end())).collect()
    }

    fn progress(&mut self, progress: &StageProgress) -> Vec<String> {
        // Progress may come late: it never brings back a stage that is done.
        if let Some(active) = &mut self.active {
            active.note = if progress.note.is_empty() { progress.phase.clone() } else { format!("{}: {}", progress.phase, progress.note) };
            (active.done, active.total) = (progress.done, progress.total);
        }
        Vec::new()
    }

    fn event(&mut self, fact: &Fact) -> Vec<String> {
        match fact {
            Fact::CandidateDecided(decided) => {
                let target = decided.candidate.as_ref().map_or("", |candidate| candidate.target.as_str());
                let mut lines = self.tell_passed_over(|passed_over| passed_over.target != target);
                lines.extend(self.fact(fact));
                lines
            }
            _ => {
                let mut lines = self.tell_passed_over(|_| true);
                lines.extend(self.fact(fact));
                lines
            }
        }
    }

    fn tell_passed_over(&mut self, which: impl Fn(&PassedOver) -> bool) -> Vec<String> {
        let (told, kept) = std::mem::take(&mut self.passed_over).into_iter().partition(which);
        self.passed_over = kept;
        let told: Vec<PassedOver> = told;
        told.iter().map(passed_over_line).collect()
    }

    /// Keeps a candidate that was never measured, to be told together with others of its target.
    fn pass_over(&mut self, candidate: &Candidate) {
        let known = self.passed_over.iter_mut().find(|known| known.target == candidate.target && known.reason == candidate.reason);
        match known {
            Some(known) => known.origins.push(candidate.origin.clone()),
            None => self.passed_over.push(PassedOver {
                target: candidate.target.clone(),
                reason: candidate.reason.clone(),
                origins: vec![candidate.origin.clone()],
            }),
        }
    }

    fn fact(&mut self, fact: &Fact) -> Vec<String> {
        match fact {
            Fact::StageStarted(stage) => {
                self.broken = None;
                self.active = Some(Active { title: title(&stage.stage).to_owned(), ..Active::default() });
                Vec::new()
            }
            Fact::StageFinished(stage) => {
                // Another may have begun beside it.
                self.active.take_if(|active| active.title == title(&stage.stage));
                let summary = if stage.recorded { format!("{} (done before)", stage.summary) } else { stage.summary.clone() };
                vec![stage_line("✓", title(&stage.stage), &summary, &text::seconds(stage.seconds))]
            }
            Fact::CandidateDecided(decided) => decided.candidate.as_ref().map(|candidate| self.verdict(candidate)).unwrap_or_default(),
            Fact::Note(note) if note.level == "debug" && !self.verbose => Vec::new(),
            Fact::Note(note) => vec![format!("  {}: {}", if note.level == "info" { "note" } else { &note.level }, note.text)],
            Fact::RunFinished(finished) => {
                // A run that goes on after it broke tells its end only once.
                let broken = self.active.take().filter(|_| finished.state != "succeeded");
                self.broken =
                    broken.map(|active| stage_line("✗", &active.title, &finished.state.replace('_', " "), "").trim_end().to_owned());
                Vec::new()
            }
        }
    }

    fn verdict(&mut self, candidate: &Candidate) -> Vec<String> {
        self.verdicts += 1;
        self.refused += usize::from(candidate.verdict() == Verdict::Rejected);
        if let Some(active) = &mut self.active {
            active.note = format!("{}, {} refused", words::count(self.verdicts as u64, "verdict"), self.refused);
        }
        // What the static gate refuses never ran; a reader need not wait for it.
        let of_interest = self.verbose || candidate.gate() != Gate::Static;
        if !of_interest {
            return Vec::new();
        }
        if !self.verbose && candidate.effect.is_none() && candidate.reason.starts_with(NOT_CONFIRMED) {
            self.pass_over(candidate);
            return Vec::new();
        }
        verdict_lines(candidate)
    }
}

/// What was opened: `repository  pricing  main@3f2c1a9`.
pub fn headline(snapshot: &Snapshot) -> String {
    let commit = snapshot.commit.get(..7).unwrap_or_default();
    let place = match (snapshot.branch.is_empty(), commit.is_empty()) {
        (false, false) => format!("{}@{commit}", snapshot.branch),
        (true, false) => commit.to_owned(),
        _ => snapshot.branch.clone(),
    };
    let name = if snapshot.name.is_empty() { "source" } else { &snapshot.name };
    // The tree of a bundle is known by its digest alone.
    let (what, files) = match snapshot.files {
        0 => ("bundle    ", String::new()),
        files => ("repository", words::count(files.into(), "file")),
    };
    text::harmless(format!("{what}  {name}  {place}   {files}").trim_end())
}

/// A stage's name as people say it.
fn title(stage: &str) -> &str {
    match stage {
        "generate_tests" => "record",
        other => other,
    }
}

fn stage_line(mark: &str, title: &str, summary: &str, time: &str) -> String {
    format!("{mark} {title:<TITLE$} {:<SUMMARY$} {time:>9}", text::one_line(summary, SUMMARY))
}

/// One candidate's verdict: target, effect, verdict, and where nothing was measured why, on a line of its own.
fn verdict_lines(candidate: &Candidate) -> Vec<String> {
    let measured = candidate.effect.as_ref().map(|effect| {
        let ratio = if candidate.verdict() == Verdict::Accepted { text::faster(effect.ratio) } else { format!("{:.2}x", effect.ratio) };
        format!("{ratio:<13} {}", words::interval(words::known(effect.low), words::known(effect.high)))
    });
    let example = candidate.counterexample.as_ref().map(|example| [example.input.as_str(), &example.candidate, &example.baseline]);
    let says_more = candidate.verdict() != Verdict::Accepted && (measured.is_none() || example.is_some());
    let verdict = verdict_word(candidate.verdict(), candidate.gate(), candidate.effect.as_ref().and_then(bounds));
    let (middle, origin) = (measured.unwrap_or_else(|| "-".into()), text::one_line(&candidate.origin, ORIGIN));
    let mut lines = vec![format!("  {:<NAME$} {middle:<EFFECT$} {verdict:<12} {origin}", candidate.target)];
    let why = text::why(&candidate.reason, example);
    lines.extend((says_more && !why.is_empty()).then(|| format!("{}{why}", text::DETAIL)));
    lines
}

/// Candidates of one target that were not measured for one reason, in one line.
fn passed_over_line(passed_over: &PassedOver) -> String {
    let PassedOver { target, reason, origins } = passed_over;
    let reason = reason.strip_prefix(NOT_CONFIRMED).unwrap_or(reason);
    // Which one is faster stands in the report.
    let what = if reason.starts_with(SLOWER) { SLOWER.to_owned() } else { format!("not confirmed, {reason}") };
    let line = format!("  {target:<NAME$} {} {what}: {}", words::count(origins.len() as u64, "candidate"), origins.join(", "));
    let cut: String = line.chars().take(text::WIDTH - 1).collect();
    if cut.len() < line.len() { cut + "…" } else { line }
}

fn bounds(effect: &Effect) -> Option<(f64, f64)> {
    words::known(effect.low).zip(words::known(effect.high))
}

/// A verdict as people say it, with the interval of the effect where there is one; a change without effect is never a
/// small win, and a small win is not called none.
pub fn verdict_word(verdict: Verdict, gate: Gate, interval: Option<(f64, f64)>) -> &'static str {
    match (verdict, gate, interval) {
        (Verdict::Accepted, ..) => "accepted",
        (Verdict::Rejected, Gate::Speed, Some((_, high))) if high < 1.0 => "slower",
        (Verdict::Rejected, Gate::Speed, Some((low, _))) if low > 1.0 => "too little",
        (Verdict::Rejected, Gate::Speed, _) => "no gain",
        (Verdict::Rejected, ..) => "refused",
        (Verdict::Inconclusive, ..) => "inconclusive",
        (Verdict::NotEnoughEvidence, ..) => "not enough evidence",
        (Verdict::Unspecified, ..) => "undecided",
    }
}

#[cfg(test)]
mod tests {
    use whetstone_proto::{
        common::v1::{Counterexample, Effect},
        repository::v1::{CandidateDecided, Event, Note, RunFinished, StageFinished, StageStarted},
    };

    use super::*;

    fn heard(story: &mut Story, fact: Fact) -> Vec<String> {
        story.hear(&WatchEventsResponse { update: Some(Update::Event(Event { fact: Some(fact), ..Default::default() })) })
    }

    fn decided(candidate: Candidate) -> Fact {
        Fact::CandidateDecided(CandidateDecided { candidate: Some(candidate) })
    }

    #[test]
    fn a_headline_counts_files_of_a_repository_and_none_of_a_bundle() {
        let snapshot = |name: &str, files| Snapshot { name: name.into(), files, ..Snapshot::default() };
        assert_eq!(headline(&snapshot("evidence.whet", 0)), "bundle      evidence.whet");
        assert_eq!(headline(&snapshot("pricing", 15)), "repository  pricing     15 files");
    }

    #[test]
    fn a_stage_is_alive_and_then_one_line() {
        let mut story = Story::new(false);
        assert!(heard(&mut story, Fact::StageStarted(StageStarted { stage: "generate_tests".into() })).is_empty());
        let progress = StageProgress { phase: "replay".into(), done: 3, total: 9, ..Default::default() };
        story.hear(&WatchEventsResponse { update: Some(Update::Progress(progress)) });
        let active = story.active().expect("the stage is alive");
        assert_eq!((active.title.as_str(), active.note.as_str(), active.done, active.total), ("record", "replay", 3, 9));
        let finished =
            StageFinished { stage: "generate_tests".into(), seconds: 24.0, summary: "9 targets, 1,284 cases".into(), recorded: false };
        let lines = heard(&mut story, Fact::StageFinished(finished));
        assert_eq!(lines, [format!("✓ record       {:<64} {:>9}", "9 targets, 1,284 cases", "24.0 s")]);
        assert!(story.active().is_none());
    }

    #[test]
    fn verdicts_fall_with_interval_or_counterexample() {
        let mut story = Story::new(false);
        let accepted = Candidate {
            target: "m:f".into(),
            origin: "set-for-membership".into(),
            verdict: Verdict::Accepted.into(),
            gate: Gate::Program.into(),
            effect: Some(Effect { ratio: 1.94, low: 1.88, high: 2.01 }),
            ..Default::default()
        };
        let line = &heard(&mut story, decided(accepted))[0];
        assert!(
            line.contains("m:f") && line.contains("1.94x faster") && line.contains("(1.88–2.01)") && line.contains("accepted"),
            "{line}"
        );
        let refused = Candidate {
            target: "m:g".into(),
            verdict: Verdict::Rejected.into(),
            gate: Gate::Behaviour.into(),
            reason: "differs on 1 of 96 cases".into(),
            counterexample: Some(Counterexample {
                input: "[-0.0]".into(),
                baseline: "-0.0".into(),
                candidate: "0.0".into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let lines = heard(&mut story, decided(refused));
        assert!(lines[0].contains("m:g") && lines[0].contains("refused"), "{lines:?}");
        assert_eq!(lines[1], "      differs on 1 of 96 cases: [-0.0] -> 0.0, was -0.0");
    }

    #[test]
    fn candidates_of_a_target_that_were_left_for_one_reason_are_told_together() {
        let left = |target: &str, origin: &str| Candidate {
            target: target.into(),
            origin: origin.into(),
            verdict: Verdict::Inconclusive.into(),
            gate: Gate::Speed.into(),
            reason: "not confirmed: slower in the screen than best".into(),
            ..Default::default()
        };
        let mut story = Story::new(false);
        for origin in ["a", "b", "c"] {
            assert!(heard(&mut story, decided(left("m:f", origin))).is_empty());
        }
        let of_f = format!("  {:<34} 3 candidates slower in the screen: a, b, c", "m:f");
        assert_eq!(heard(&mut story, decided(left("m:g", "d"))), [of_f]);
        let finished = StageFinished { stage: "compare".into(), ..StageFinished::default() };
        let lines = heard(&mut story, Fact::StageFinished(finished));
        assert!(lines[0].contains("1 candidate slower in the screen: d") && lines[1].starts_with("✓ compare"), "{lines:?}");
        assert_eq!(heard(&mut Story::new(true), decided(left("m:f", "a"))).len(), 2, "every verdict, if asked");
    }

    #[test]
    fn what_the_static_gate_refuses_is_told_only_when_asked() {
        let refused = Candidate { verdict: Verdict::Rejected.into(), gate: Gate::Static.into(), ..Default::default() };
        assert!(heard(&mut Story::new(false), decided(refused.clone())).is_empty());
        assert_eq!(heard(&mut Story::new(true), decided(refused)).len(), 1);
    }

    #[test]
    fn a_change_without_effect_is_no_small_win() {
        assert_eq!(verdict_word(Verdict::Rejected, Gate::Speed, Some((0.98, 1.05))), "no gain");
        assert_eq!(verdict_word(Verdict::Rejected, Gate::Speed, Some((0.8, 0.9))), "slower");
        assert_eq!(verdict_word(Verdict::Rejected, Gate::Speed, Some((1.06, 1.22))), "too little");
        assert_eq!(verdict_word(Verdict::Rejected, Gate::Project, None), "refused");
    }

    #[test]
    fn a_run_that_breaks_names_the_stage_and_notes_are_told() {
        let mut story = Story::new(false);
        let note = Note { level: "info".into(), text: "no model configured: rules alone".into() };
        assert_eq!(heard(&mut story, Fact::Note(note)), ["  note: no model configured: rules alone"]);
        heard(&mut story, Fact::StageStarted(StageStarted { stage: "prepare".into() }));
        let finished = |state: &str| Fact::RunFinished(RunFinished { state: state.into(), failure: None });
        assert!(heard(&mut story, finished("failed")).is_empty(), "it may go on");
        assert_eq!(story.broken(), Some("✗ prepare      failed"));
        heard(&mut story, Fact::StageStarted(StageStarted { stage: "prepare".into() }));
        assert_eq!(story.broken(), None);
        heard(&mut story, finished("out_of_time"));
        assert_eq!(story.broken(), Some("✗ prepare      out of time"));
    }
}
