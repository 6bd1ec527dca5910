//! The command line as clap sees it. `docs/cli.md` and the completions are generated from here.

mod options;

use std::path::PathBuf;

use clap::{Arg, Args, Parser, Subcommand, ValueEnum};

pub use options::{Priority, RunArguments};

/// Exit statuses, as `--help` and the reference tell them.
pub const EXIT_STATUSES: &str = "\
Exit status:
    0  done: at least one optimization was accepted, the bundle still holds, or the command did what it says
    3  done, without an optimization, also where --max-time was used up first; or the bundle no longer holds
   64  refused input: the command line, the source, its tests or a candidate; nothing was changed
   69  something is missing on this machine: an interpreter, a sandbox, the network, space on the disk
   70  a fault of whet itself
   75  the run was cancelled by somebody else; `whet resume RUN` goes on
  130  stopped by Ctrl-C; `whet resume RUN` goes on";

/// Makes code faster, and proves that it still does the same.
#[derive(Debug, Parser)]
#[command(name = "whet", version, after_help = EXIT_STATUSES, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Folder for runs, environments and reports [default: $XDG_DATA_HOME/whetstone or ~/.local/share/whetstone]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file [default: $XDG_CONFIG_HOME/whetstone/config.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Uses a running system instead of this machine: `http://host:port` or `unix:/path`; its token is read from WHETSTONE_TOKEN
    #[arg(long, global = true, value_name = "ADDRESS", env = "WHETSTONE_SERVER")]
    pub server: Option<String>,
    /// What untrusted code runs in
    #[arg(long, global = true, value_name = "SANDBOX")]
    pub sandbox: Option<Sandbox>,
    /// Text for people, or one JSON document for programs
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Shows the result only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Shows every verdict, and what happens inside
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// What untrusted code runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sandbox {
    /// Its own namespaces, no network, a read-only root, limits
    Bubblewrap,
    /// No isolation at all: only for code that you would run yourself
    None,
}

impl Sandbox {
    /// The sandbox as the configuration names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bubblewrap => "bubblewrap",
            Self::None => "none",
        }
    }
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Finds what is slow, makes it faster, and proves it: a branch, a report, an evidence bundle
    #[command(after_help = EXIT_STATUSES)]
    Optimize(OptimizeArguments),
    /// Puts candidates that somebody else wrote through the same gates
    #[command(after_help = EXIT_STATUSES, mut_args(for_judge))]
    Judge(JudgeArguments),
    /// Tells where a workload's time goes, and what could be gained
    #[command(mut_args(without_results))]
    Analyze(AnalyzeArguments),
    /// Compares the speed of two refs of one repository, or of two functions
    ///
    /// Behaviour is met by the calls that are timed alone: two states of a repository may differ in it. `whet judge` compares it.
    #[command(after_help = EXIT_STATUSES, mut_args(without_results))]
    Compare(CompareArguments),
    /// Runs an evidence bundle again, and says whether it still holds
    #[command(after_help = EXIT_STATUSES)]
    Verify(VerifyArguments),
    /// Lists runs, newest first
    Runs(RunsArguments),
    /// Shows a run's progress from its beginning
    Watch(RunName),
    /// Shows what a run found and where its files lie
    Report(ReportArguments),
    /// Cancels a run and its jobs; it can be resumed
    Cancel(RunName),
    /// Goes on with a run that was stopped or ran out of time; no finished step is repeated
    Resume(ResumeArguments),
    /// The rules that propose candidates
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Tells what of sandbox, toolchains, clock and noise works here, and what to install for the rest
    Doctor,
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Serves other machines, until it is stopped
    Serve(ServeArguments),
    /// Prints completions for a shell
    Completions {
        /// The shell that is to complete
        shell: clap_complete::Shell,
    },
}

const ONE_TARGET: &str = "The function or method that the candidates replace: package.module:Class.method or path/file.py:Class.method";

const BRANCH_IF_ASKED: &str =
    "Makes a branch of this name with one commit for each accepted candidate, in a source that is a git folder; none without it";
const APPLIED_AND_BRANCH: &str = "Writes accepted candidates into the source folder, and makes a branch (whetstone/DATE-COMMIT without --branch); \
     refused if its files changed since";

/// What candidates of somebody else need and what is done with them, in the help.
fn for_judge(argument: Arg) -> Arg {
    match argument.get_id().as_str() {
        "targets" => argument.required(true).help(ONE_TARGET),
        "branch" => argument.help(BRANCH_IF_ASKED),
        "apply" => argument.help(APPLIED_AND_BRANCH),
        _ => argument,
    }
}

/// Leaves options for changed code out of the help of commands that change none.
fn without_results(argument: Arg) -> Arg {
    if argument.get_help_heading() == Some("Result") { argument.hide(true) } else { argument }
}

#[derive(Debug, Args)]
pub struct OptimizeArguments {
    /// A folder (left untouched unless --apply), a git URL, or a source archive (.tar.gz, .zip, an sdist)
    #[arg(default_value = ".")]
    pub source: String,
    #[command(flatten)]
    pub run: RunArguments,
}

#[derive(Debug, Args)]
pub struct JudgeArguments {
    /// A folder, a git URL, or a source archive
    #[arg(default_value = ".")]
    pub source: String,
    /// A candidate: replacement source of the target, a whole file, or a patch; any number
    #[arg(long = "candidate", required = true, num_args = 1.., value_name = "FILE")]
    pub candidates: Vec<PathBuf>,
    /// Confirms every candidate instead of the winner alone
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub run: RunArguments,
}

#[derive(Debug, Args)]
pub struct AnalyzeArguments {
    /// A folder, a git URL, or a source archive
    #[arg(default_value = ".")]
    pub source: String,
    #[command(flatten)]
    pub run: RunArguments,
}

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// A branch, tag or commit (`.` is the working tree), or a function such as package.module:name
    pub base: String,
    /// The other side, of the same kind
    pub head: String,
    /// The repository: a folder, or a git URL
    #[arg(long, default_value = ".")]
    pub source: String,
    #[command(flatten)]
    pub run: RunArguments,
}

#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// An evidence bundle, such as evidence.whet
    pub bundle: PathBuf,
}

#[derive(Debug, Args)]
pub struct RunsArguments {
    /// The most runs to list
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
}

#[derive(Debug, Args)]
pub struct RunName {
    /// A run's id, the beginning of one, or `last`
    #[arg(default_value = "last")]
    pub run: String,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// A run's id, the beginning of one, or `last`
    #[arg(default_value = "last")]
    pub run: String,
    /// Also copies the run's files into this folder
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ResumeArguments {
    /// A run's id, the beginning of one, or `last`: the last that can go on
    #[arg(default_value = "last")]
    pub run: String,
    /// Writes the patch to this file
    #[arg(long, value_name = "FILE")]
    pub patch: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Lists every rule with what it does
    List {
        /// Only rules of this category
        #[arg(long)]
        category: Option<String>,
    },
    /// Shows one rule with its conditions and examples
    Show {
        /// The rule's id, such as membership-to-set
        id: String,
    },
    /// Checks rules: each example is rewritten, the same and faster, and each counterexample is left alone
    Test {
        /// A folder of rules; without one `.whetstone/rules`, and where there is none the built-in rules
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Shows the configuration as it applies here, without secrets
    Show,
}

#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Address and port that clients of other machines reach; its token is printed when it is first made
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7411")]
    pub listen: std::net::SocketAddr,
    /// Serves this machine's own commands only, on the data folder's Unix socket
    #[arg(long, conflicts_with = "listen")]
    pub local: bool,
    /// Makes a new token, prints it, and ends the old one
    #[arg(long)]
    pub new_token: bool,
}
