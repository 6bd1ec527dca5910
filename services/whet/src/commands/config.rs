//! `whet config show`.

use whetstone_runtime::{Failure, config};

use super::{print_json, print_text};
use crate::{
    cli::{Format, Global},
    exit::Exit,
    problem,
    settings::Settings,
};

/// Shows every key as it applies here; secrets stay hidden. Where something is wrong with the configuration it is told, and
/// every key is shown with its default.
pub fn show(global: &Global) -> Result<Exit, Failure> {
    let (settings, exit) = match Settings::read(global) {
        Ok(settings) => (settings, Exit::Done),
        Err(failure) => {
            let failure = failure.advice("These keys are mended or left out first; what is printed are the defaults.");
            problem::print(&failure, global.verbose);
            (Settings::default(), Exit::of(&failure))
        }
    };
    let settings = settings.with_data_folder();
    if global.format == Format::Json {
        print_json(&settings)?;
    } else {
        print_text(&config::show(&settings).map_err(|error| Failure::internal(error.to_string()))?)?;
    }
    Ok(exit)
}
