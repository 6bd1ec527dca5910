//! The `whet-runner` program.

use std::process::ExitCode;

use whetstone_runner::{Channel, run, start};

fn main() -> ExitCode {
    let outcome = start::prepare_process(std::env::args().skip(1)).and_then(|options| {
        let channel = Channel::open()?;
        run(&options, &channel)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("whet-runner: {error}");
            ExitCode::from(error.exit_status())
        }
    }
}
