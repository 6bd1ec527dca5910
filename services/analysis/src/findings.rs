//! What linters notice in the files of targets: the repository's own settings where it has some,
//! else those messages that speak of needless work.

use tonic::Status;
use whetstone_core::{
    TargetSite,
    job::JobKind,
    observed::Observations,
    plan::{Plan, TOOLS, WorkloadPlan, WorkloadResult, workload::Instrument},
};
use whetstone_languages::python::{
    detect::shell_quoted,
    rules::{Facts, RuleSet},
};
use whetstone_proto::common::v1::{Cost, Finding, Target};
use whetstone_runtime::{JobBuilder, jobs::start_of};

use crate::{analyze::Analyzer, jobs::STAGE};

/// pylint's messages about work that can be saved.
const PYLINT: &str =
    "R1703,R1714,R1718,R1719,R1721,R1728,R1729,R1730,R1731,R1733,R1736,C0200,C0201,C0206,C0207,C0208,W0109,W1114,W0640,W0106,R0914,R0912";
/// ruff's rule groups of the same kind.
const RUFF: &str = "PERF,C4,FURB,SIM110,SIM118,RUF005,RUF015";

/// Findings, what they cost, and lines for people.
pub struct Linted {
    pub findings: Vec<Finding>,
    pub costs: Vec<Cost>,
    pub notes: Vec<String>,
}

/// Where rules would change something in a target, given what was observed there.
pub fn of_rules(rules: &RuleSet, source: &str, target: &Target, observations: Option<&Observations>) -> Vec<Finding> {
    let Ok(name) = target.name.parse() else { return Vec::new() };
    let site = TargetSite { name, file: target.file.clone(), line: target.line, end_line: target.end_line };
    let facts = Facts { hot_lines: target.hot_lines.iter().filter(|line| line.share >= 0.05).map(|line| line.line).collect() };
    let found = rules.findings(source, &site, observations, &facts);
    found
        .into_iter()
        .map(|finding| Finding {
            code: finding.rule,
            tool: "rules".into(),
            file: target.file.clone(),
            line: finding.line,
            message: finding.summary,
        })
        .collect()
}

impl Analyzer {
    /// Runs the linters over the files of targets.
    pub async fn lint(&self, files: &[String], uses_ruff: bool) -> Result<Linted, Status> {
        let mut linted = Linted { findings: Vec::new(), costs: Vec::new(), notes: Vec::new() };
        if files.is_empty() {
            return Ok(linted);
        }
        let quoted: Vec<String> = files.iter().map(|file| shell_quoted(file)).collect();
        let files = quoted.join(" ");
        let mut linters = Vec::new();
        if self.prepared.tools.is_some() {
            let template = shell_quoted("{path}:{line}:{msg_id}:{msg}");
            let command = format!(
                "PYTHONPATH=\"$PYTHONPATH:{TOOLS}\" python -m pylint -j1 --persistent=n --score=n --disable=all --enable={PYLINT} --msg-template={template} {files}"
            );
            // pylint's exit status is a bit mask of the kinds of messages; from 32 on it was used wrongly.
            linters.push(("pylint", command, 31));
        }
        if uses_ruff {
            linters.push((
                "ruff",
                format!("python -m ruff check --no-cache --exit-zero --output-format=concise --extend-select={RUFF} {files}"),
                0,
            ));
        }
        for (tool, command, highest_exit) in linters {
            let result = self.lint_with(tool, command, &mut linted.costs).await?;
            let found = parse(tool, &result.stdout.tail);
            if result.timed_out || !(0..=highest_exit).contains(&result.exit) {
                let last = result.stderr.tail.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned();
                linted.notes.push(format!("{tool} could not run: {last}"));
            }
            linted.findings.extend(found);
        }
        Ok(linted)
    }

    async fn lint_with(&self, tool: &str, command: String, costs: &mut Vec<Cost>) -> Result<WorkloadResult, Status> {
        let plan = WorkloadPlan {
            start: start_of(&self.prepared),
            command,
            instrument: Instrument::None,
            targets: Vec::new(),
            edits: Vec::new(),
            timeout_s: 120.0,
            hash_seed: 0,
            report_tests: false,
        };
        let job = JobBuilder::new(&self.context, &self.prepared, JobKind::Workload, tool);
        let finished = job.plan(Plan::Workload(plan)).run(&self.peers, |_, _| {}).await?;
        costs.push(finished.cost(STAGE));
        finished.result(&self.peers.artifacts()).await
    }
}

/// Reads `path:line:CODE:message` (pylint) and `path:line:column: CODE message` (ruff).
fn parse(tool: &str, output: &str) -> Vec<Finding> {
    let finding = |line: &str| {
        let mut parts = line.splitn(4, ':');
        let (file, line, third, rest) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?, parts.next()?.trim());
        let (code, message) = if tool == "ruff" { rest.split_once(' ')? } else { (third, rest) };
        let is_code = code.starts_with(|c: char| c.is_ascii_uppercase()) && code.ends_with(|c: char| c.is_ascii_digit());
        let message = message.trim_start_matches("[*]").trim().to_owned();
        is_code.then(|| Finding {
            code: code.to_owned(),
            tool: tool.to_owned(),
            file: file.trim_start_matches("./").to_owned(),
            line,
            message,
        })
    };
    output.lines().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_findings_at_their_line() {
        let source = "import re\n\ndef f(lines):\n    found = []\n    for line in lines:\n        if line in [\"a\", \"b\", \"c\"]:\n            found.append(re.match(\"x\", line))\n    return found\n";
        let target = Target { name: "m:f".into(), file: "m.py".into(), line: 3, end_line: 8, ..Default::default() };
        let found = of_rules(&RuleSet::builtin(), source, &target, None);
        assert!(!found.is_empty() && found.iter().all(|finding| finding.tool == "rules" && (3..=8).contains(&finding.line)), "{found:?}");
    }

    #[test]
    fn both_linters_lines_are_read_and_headings_passed_over() {
        let pylint = parse("pylint", "************* Module a\npkg/a.py:12:R1721:Unnecessary use of a comprehension: use list(x)\n");
        assert_eq!((pylint.len(), pylint[0].line, pylint[0].code.as_str()), (1, 12, "R1721"));
        assert!(pylint[0].message.ends_with("use list(x)"));
        let ruff = parse("ruff", "pkg/a.py:3:9: PERF401 [*] Use a list comprehension\nFound 1 error.\n");
        assert_eq!((ruff[0].code.as_str(), ruff[0].message.as_str()), ("PERF401", "Use a list comprehension"));
    }
}
