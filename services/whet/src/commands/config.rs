//! `whet config show`.

use whetstone_runtime::{Failure, config};

use super::{Context, print_json, print_text};
use crate::exit::Exit;

/// Shows every key as it applies here; secrets stay hidden.
pub fn show(context: &Context) -> Result<Exit, Failure> {
    if context.prints_json() {
        print_json(&context.settings)?;
    } else {
        let text = config::show(&context.settings).map_err(|error| Failure::internal(error.to_string()))?;
        print_text(&text)?;
    }
    Ok(Exit::Done)
}
