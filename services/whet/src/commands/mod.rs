//! One file a family of commands; each reads its arguments, asks the gateway, and prints.

mod config;
mod doctor;
mod examples;
mod measure;
mod rules;
mod run;
mod runs;
mod serve;

use serde::Serialize;
use whetstone_runtime::{
    Failure,
    telemetry::{self, TelemetryConfig},
};

use crate::{
    cli::{Cli, Command, Format, Global},
    exit::Exit,
    session::Session,
    settings::Settings,
};

/// What every command works with.
pub struct Context {
    pub global: Global,
    pub settings: Settings,
}

impl Context {
    /// Connects to whoever serves, or serves.
    pub async fn session(&self) -> Result<Session, Failure> {
        Session::open(&self.global, &self.settings).await
    }

    /// Whether programs read the result.
    pub fn prints_json(&self) -> bool {
        self.global.format == Format::Json
    }
}

/// Runs one command to its end.
///
/// # Errors
/// What the command could not do.
pub async fn run(cli: Cli) -> Result<Exit, Failure> {
    if let Command::Config(_) = cli.command {
        return config::show(&cli.global);
    }
    let settings = Settings::read(&cli.global)?;
    let mut logs = settings.telemetry.clone();
    if logs == TelemetryConfig::default() && !matches!(cli.command, Command::Serve(_)) {
        // What a person should know of a run comes as its notes; logs would only tear the progress.
        logs.filter = "error".into();
    }
    telemetry::start(&logs);
    let context = Context { global: cli.global, settings };
    match cli.command {
        Command::Optimize(arguments) => run::optimize(&context, arguments).await,
        Command::Judge(arguments) => run::judge(&context, arguments).await,
        Command::Analyze(arguments) => run::analyze(&context, arguments).await,
        Command::Compare(arguments) => run::compare(&context, arguments).await,
        Command::Verify(arguments) => run::verify(&context, arguments).await,
        Command::Resume(arguments) => run::resume(&context, arguments).await,
        Command::Watch(arguments) => run::watch(&context, &arguments.run).await,
        Command::Runs(arguments) => runs::list(&context, arguments).await,
        Command::Report(arguments) => runs::report(&context, arguments).await,
        Command::Cancel(arguments) => runs::cancel(&context, &arguments.run).await,
        Command::Rules(command) => rules::run(&context, command).await,
        Command::Doctor => doctor::run(&context).await,
        Command::Serve(arguments) => serve::run(&context, arguments).await,
        Command::Config(_) | Command::Completions { .. } => unreachable!("what needs no configuration is answered before it is read"),
    }
}

/// Prints a value as one JSON document.
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::internal(format!("the result can't be written as JSON: {error}")))?;
    print_text(&(text + "\n"))
}

/// Prints to standard output; a reader that has gone away is no error.
pub fn print_text(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::environment("OUTPUT", format!("standard output can't be written: {error}")))
        }
        _ => Ok(()),
    }
}
