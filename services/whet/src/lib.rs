//! The `whet` binary: the command line, and all roles in one process.
//!
//! Owns what people see in a terminal, and the choice between serving a data folder and being a
//! client of who serves it. It is the only crate that knows every role; it knows them by their
//! `build` alone, and speaks to them as any client does, through the gateway.

pub mod cli;
mod commands;
mod exit;
mod follow;
mod host;
mod outputs;
mod problem;
mod progress;
pub mod reference;
mod session;
mod settings;
mod source;
mod summary;
mod text;

pub use problem::TROUBLESHOOTING;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, error::ErrorKind};

use crate::{cli::Cli, exit::Exit};

/// Bytes of stack of each worker thread; only what is touched is ever taken.
const STACK: usize = 16 << 20;

/// Runs the command line of this process to its end.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are what was asked for; all else is refused with the documented status.
            let _ = error.print();
            let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if asked_for { Exit::Done } else { Exit::RefusedInput }.status());
        }
    };
    if let cli::Command::Completions { shell } = cli.command {
        clap_complete::generate(shell, &mut Cli::command(), "whet", &mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    // A run's driver is one deep future; without optimisation it does not fit two megabytes of stack.
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("whet: no threads can be started: {error}");
            return ExitCode::from(Exit::Environment.status());
        }
    };
    let verbose = cli.global.verbose;
    let ended = runtime.block_on(commands::run(cli)).unwrap_or_else(|failure| {
        problem::print(&failure, verbose);
        Exit::of(&failure)
    });
    // A blocking read of a terminal or a slow disk must not hold the process.
    runtime.shutdown_background();
    ExitCode::from(ended.status())
}
