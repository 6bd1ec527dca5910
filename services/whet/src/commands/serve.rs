//! `whet serve`.

use tokio::signal::unix::{SignalKind, signal};
use whetstone_gateway::Issued;
use whetstone_runtime::{Failure, folder::DataFolder};

use super::{Context, print_text};
use crate::{cli::ServeArguments, exit::Exit, host::Host, problem};

/// Serves until it is told to stop.
pub async fn run(context: &Context, arguments: ServeArguments) -> Result<Exit, Failure> {
    let data = context.settings.data_folder()?;
    let folder = DataFolder::hold(&data).map_err(|error| {
        Failure::environment("DATA_FOLDER", error.to_string()).advice("End the other whet, or choose another folder with --data-dir.")
    })?;
    let issued = match arguments.local {
        true => Issued::Before,
        false => whetstone_gateway::issue_token(folder.path(), arguments.new_token)
            .await
            .map_err(|error| problem::of_start(format!("{error:#}")))?,
    };
    let network = (!arguments.local).then_some(arguments.listen);
    let socket = folder.socket();
    let host = Host::start(&context.settings, folder, network).await?;
    let mut lines = vec![format!("serving  {}", socket.display())];
    if let Some(address) = host.network() {
        lines.push(format!("serving  http://{address}"));
    }
    if let Issued::New(token) = &issued {
        lines.push(format!("token    {token}"));
        lines.push("         shown once; clients elsewhere set WHETSTONE_TOKEN to it".into());
    }
    print_text(&(lines.join("\n") + "\n"))?;
    let listen = |kind| signal(kind).map_err(problem::of_start);
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    host.stop().await;
    Ok(Exit::Done)
}
