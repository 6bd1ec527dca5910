//! What a model is told about a target.

use whetstone_core::observed::{Observations, What};
use whetstone_models::redact;
use whetstone_proto::common::v1::{Candidate, Complexity, Gate, Target, Verdict};

use crate::memory::Experience;

/// Stands in an origin, so that a report tells which wording gave a candidate.
pub const VERSION: &str = "2";

const LONGEST_SOURCE: usize = 24_000;
const SHOWN_FAILURES: usize = 6;

/// The standing instruction.
pub const SYSTEM: &str = "You make Python functions faster without changing what they do. Every answer is checked by machine: \
results with exact types, exceptions with their text, argument mutation, aliasing, iteration order, output and state must stay \
the same for every input, and the function must be measurably faster on the recorded calls. Do not cache results between calls, \
do not special-case known inputs, do not start threads, do not import third-party packages. Answer with one short sentence, then \
the whole replacement of the function in one fenced python code block, under its own name, signature and decorators. Standard \
library imports or private helpers may stand before it in the same block.";

/// Everything known about a target that may help.
pub struct Knowledge<'a> {
    pub target: &'a Target,
    /// Source of the file that holds the target.
    pub source: &'a str,
    pub observations: Option<&'a Observations>,
    pub earlier: &'a [Candidate],
    pub experiences: &'a [Experience],
    /// Number of this answer among those asked for one target, so that they differ.
    pub attempt: u32,
}

/// Writes the prompt; secrets are redacted.
pub fn write(knowledge: &Knowledge<'_>) -> String {
    let target = knowledge.target;
    let mut text = format!("Function `{}` in `{}`.\n\n", target.name, target.file);
    text.push_str(&format!("```python\n{}\n```\n", excerpt(knowledge.source, target)));
    text.push_str(&heat(target));
    if let Some(observations) = knowledge.observations {
        text.push_str(&seen(observations));
    }
    text.push_str(&failures(knowledge.earlier));
    text.push_str(&experiences(knowledge.experiences));
    if knowledge.attempt > 0 {
        text.push_str(&format!("\nThis is request {}: propose something different from the obvious first idea.\n", knowledge.attempt + 1));
    }
    redact::redact(&text)
}

/// The target with the module's text around it, cut to a bound: the target always whole.
fn excerpt(source: &str, target: &Target) -> String {
    if source.len() <= LONGEST_SOURCE {
        return source.trim_end().to_owned();
    }
    let lines: Vec<&str> = source.lines().collect();
    let first = (target.line.max(1) as usize - 1).min(lines.len());
    let last = (target.end_line as usize).clamp(first, lines.len());
    let imports = lines[..first].iter().filter(|line| line.starts_with("import ") || line.starts_with("from "));
    let mut text: String = imports.map(|line| format!("{line}\n")).collect();
    text.push_str("\n# ...\n");
    text.push_str(&lines[first..last].join("\n"));
    text
}

fn heat(target: &Target) -> String {
    let mut text = format!("\nIt takes {:.0} % of the workload in {} calls.", target.share * 100.0, target.calls);
    if let Some(Complexity { known: true, exponent, .. }) = target.time_complexity {
        text.push_str(&format!(" Its time grows with the input's size to the power {exponent:.1}."));
    }
    text.push('\n');
    for line in target.hot_lines.iter().take(5) {
        text.push_str(&format!("Line {} takes {:.0} % of it ({} times).\n", line.line, line.share * 100.0, line.hits));
    }
    text
}

fn seen(observations: &Observations) -> String {
    let mut text = String::from("\nObserved in the workload:\n");
    for parameter in &observations.parameters {
        let types: Vec<&str> = parameter.values.types.iter().take(4).map(|(name, _)| name.as_str()).collect();
        text.push_str(&format!("- `{}` is {}", parameter.name, types.join(" or ")));
        if let Some(mean) = parameter.values.mean_size() {
            text.push_str(&format!(", {mean:.0} long on average, at most {}", parameter.values.size_max));
        }
        text.push('\n');
    }
    for position in &observations.positions {
        if let What::Branch { taken, not_taken } = position.what {
            text.push_str(&format!("- the condition in line {} held {taken} times, not {not_taken} times\n", position.line));
        }
    }
    text
}

fn failures(earlier: &[Candidate]) -> String {
    let refused = |candidate: &&Candidate| candidate.verdict == i32::from(Verdict::Rejected) && !candidate.reason.is_empty();
    let shown: Vec<&Candidate> = earlier.iter().filter(refused).take(SHOWN_FAILURES).collect();
    if shown.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nTried and refused:\n");
    for candidate in shown {
        let gate = Gate::try_from(candidate.gate).unwrap_or(Gate::Unspecified).as_str_name().trim_start_matches("GATE_").to_lowercase();
        text.push_str(&format!("- {} ({gate}): {}\n", candidate.origin, candidate.reason));
        if let Some(example) = &candidate.counterexample {
            text.push_str(&format!("  for {} it gave {}, not {}\n", example.input, example.candidate, example.baseline));
        }
        text.push_str(&format!("{}\n", candidate.diff.trim_end()));
    }
    text
}

fn experiences(experiences: &[Experience]) -> String {
    if experiences.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nWhat worked on similar functions:\n");
    for experience in experiences {
        text.push_str(&format!("- {:.2}x faster: {}\n{}\n", experience.ratio, experience.summary, experience.diff.trim_end()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_holds_source_heat_and_failures_and_no_secret() {
        let target = Target { name: "m:f".into(), file: "m.py".into(), line: 1, end_line: 2, share: 0.25, calls: 7, ..Target::default() };
        let refused = Candidate {
            origin: "rule-x".into(),
            verdict: Verdict::Rejected.into(),
            gate: Gate::Behaviour.into(),
            reason: "differs on [-0.0]".into(),
            ..Candidate::default()
        };
        let source = "TOKEN = 'ghp_0123456789abcdefABCDEF'\ndef f(x):\n    return x\n";
        let knowledge = Knowledge { target: &target, source, observations: None, earlier: &[refused], experiences: &[], attempt: 0 };
        let prompt = write(&knowledge);
        for part in ["def f(x)", "25 %", "differs on [-0.0]", "rule-x (behaviour)"] {
            assert!(prompt.contains(part), "{part} is missing in {prompt}");
        }
        assert!(!prompt.contains("ghp_0123"));
    }

    #[test]
    fn a_long_file_is_cut_to_its_imports_and_the_target() {
        let filler = "x = 1\n".repeat(6_000);
        let source = format!("import re\n{filler}def f():\n    return re\n");
        let target = Target { line: 6_002, end_line: 6_003, ..Target::default() };
        let text = excerpt(&source, &target);
        assert!(text.len() < 100 && text.starts_with("import re\n") && text.ends_with("def f():\n    return re"));
    }
}
