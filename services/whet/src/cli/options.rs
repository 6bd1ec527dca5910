//! Options that every command which starts a run has. What is not given is left to the
//! repository's `.whetstone.toml`, then to the configuration.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use whetstone_core::{MicroUsd, TargetName, duration};
use whetstone_languages::python::versions::Specifier;
use whetstone_proto::common::v1 as common;

#[derive(Clone, Debug, Default, Args)]
pub struct RunArguments {
    /// Branch, tag or commit; without it a folder is taken with its uncommitted changes
    #[arg(long = "ref", value_name = "REF", help_heading = "Source")]
    pub reference: Option<String>,
    /// The workload: a script, a benchmark, a selection of tests; repeatable [default: the repository's tests]
    #[arg(long = "command", value_name = "COMMAND", help_heading = "Source")]
    pub commands: Vec<String>,
    /// The Python version, such as 3.12 [default: what the repository asks for]
    #[arg(long = "python", value_name = "VERSION", value_parser = python_version, help_heading = "Source")]
    pub interpreter: Option<String>,
    /// A command that prepares the environment, with the package registries in reach
    #[arg(long = "setup", value_name = "COMMAND", help_heading = "Source")]
    pub setup_command: Option<String>,
    /// An environment variable for the workload; repeatable
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable, help_heading = "Source")]
    pub variables: Vec<String>,

    /// Only this function or method: package.module:Class.method or path/file.py:Class.method; repeatable
    #[arg(long = "target", value_name = "NAME", value_parser = target, help_heading = "Search")]
    pub targets: Vec<String>,
    /// Only files that match; repeatable
    #[arg(long, value_name = "GLOB", help_heading = "Search")]
    pub include: Vec<String>,
    /// No files that match; repeatable
    #[arg(long, value_name = "GLOB", help_heading = "Search")]
    pub exclude: Vec<String>,
    /// Asks no model
    #[arg(long, conflicts_with = "model", help_heading = "Search")]
    pub rules_only: bool,
    /// The model to ask, such as gpt-5-mini, anthropic/NAME or replay:FOLDER; see docs/models.md
    #[arg(long, value_name = "MODEL", value_parser = model, help_heading = "Search")]
    pub model: Option<String>,
    /// How wide to search, and so how long; medium unless the repository says otherwise
    #[arg(long, value_name = "PRIORITY", help_heading = "Search")]
    pub priority: Option<Priority>,
    /// The most that models may cost, in US dollars
    #[arg(long, value_name = "USD", value_parser = MicroUsd::parse, help_heading = "Search")]
    pub max_cost: Option<MicroUsd>,
    /// The longest that the run may take, such as 90s or 10m; what is decided by then is reported
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Search")]
    pub max_time: Option<Duration>,
    /// Decides everything that is drawn; the same seed draws the same again
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Search")]
    pub seed: Option<u64>,

    /// The least speedup that counts, such as 0.05 or 5%
    #[arg(long, value_name = "SHARE", value_parser = theta, allow_negative_numbers = true, help_heading = "Proof")]
    pub theta: Option<f64>,
    /// Relative difference of floats that still counts as equal; without it they are compared bit for bit
    #[arg(long, value_name = "SHARE", value_parser = tolerance, allow_negative_numbers = true, help_heading = "Proof")]
    pub tolerance: Option<f64>,
    /// The most that recording may slow the workload down, such as 2
    #[arg(long, value_name = "FACTOR", value_parser = overhead, help_heading = "Proof")]
    pub recording_overhead: Option<f64>,

    /// Name of the branch that gets one commit for each optimization, in a source that is a git folder [default: whetstone/DATE-COMMIT]
    #[arg(long, value_name = "NAME", help_heading = "Result")]
    pub branch: Option<String>,
    /// Writes the patch to this file
    #[arg(long, value_name = "FILE", help_heading = "Result")]
    pub patch: Option<PathBuf>,
    /// Writes accepted optimizations into the source folder, beside the branch; refused if its files changed since
    #[arg(long, help_heading = "Result")]
    pub apply: bool,
}

/// How wide to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Priority {
    /// At most 5 targets; for each at most 8 candidates by rules, and 1 model call
    Low,
    /// 10 targets; 16 candidates by rules, and 3 model calls in each of 2 rounds
    Medium,
    /// 20 targets; 32 candidates by rules, and 6 model calls in each of 3 rounds
    High,
}

impl RunArguments {
    /// The options as a run takes them; zero or empty is "not given".
    pub fn options(&self, confirm_all: bool) -> common::RunOptions {
        let priority = match self.priority {
            None => common::Priority::Unspecified,
            Some(Priority::Low) => common::Priority::Low,
            Some(Priority::Medium) => common::Priority::Medium,
            Some(Priority::High) => common::Priority::High,
        };
        common::RunOptions {
            commands: self.commands.clone(),
            targets: self.targets.clone(),
            rules_only: self.rules_only,
            model: self.model.clone().unwrap_or_default(),
            priority: priority.into(),
            max_cost_microusd: self.max_cost.map_or(0, |cost| cost.0),
            max_time_s: self.max_time.map_or(0.0, |time| time.as_secs_f64()),
            theta: self.theta.unwrap_or_default(),
            tolerance: self.tolerance.unwrap_or_default(),
            confirm_all,
            branch: self.branch.clone().unwrap_or_default(),
            apply: self.apply,
            interpreter: self.interpreter.clone().unwrap_or_default(),
            setup_command: self.setup_command.clone().unwrap_or_default(),
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            forbid_models: false,
            recording_overhead: self.recording_overhead.unwrap_or_default(),
            variables: self.variables.clone(),
        }
    }
}

fn target(text: &str) -> Result<String, String> {
    text.parse::<TargetName>().map(|name| name.to_string())
}

fn python_version(text: &str) -> Result<String, String> {
    let is_version = text.parse::<Specifier>().is_ok();
    if is_version { Ok(text.to_owned()) } else { Err("a version is expected, such as 3.12, or a specifier such as >=3.10".into()) }
}

/// A model's name; a folder of recorded answers is meant from where the command is given.
fn model(text: &str) -> Result<String, String> {
    let Some(folder) = text.strip_prefix("replay:") else { return Ok(text.to_owned()) };
    let folder = std::path::absolute(folder).map_err(|_| "replay: is followed by a folder".to_owned())?;
    Ok(format!("replay:{}", folder.display()))
}

fn time(text: &str) -> Result<Duration, String> {
    let time = duration::parse(text)?;
    if time.is_zero() { Err("more than no time is needed, such as 90s or 10m".into()) } else { Ok(time) }
}

fn variable(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) if !name.is_empty() => Ok(text.to_owned()),
        _ => Err("NAME=VALUE is expected".into()),
    }
}

fn share(text: &str) -> Option<f64> {
    match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0),
        None => text.trim().parse().ok(),
    }
}

fn theta(text: &str) -> Result<f64, String> {
    let wanted = share(text).filter(|share| (0.001..=10.0).contains(share));
    wanted.ok_or_else(|| "a share from 0.001 (0.1 %) to 10 is expected, such as 0.05 or 5%".into())
}

fn tolerance(text: &str) -> Result<f64, String> {
    let wanted = share(text).filter(|share| (0.0..=0.1).contains(share));
    wanted.ok_or_else(|| "a share from 0 to 0.1 is expected, such as 1e-9".into())
}

fn overhead(text: &str) -> Result<f64, String> {
    let wanted = text.parse().ok().filter(|factor| (1.05..=100.0).contains(factor));
    wanted.ok_or_else(|| "a factor from 1.05 to 100 is expected, such as 2".into())
}
