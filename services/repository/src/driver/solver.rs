//! The solver of the differential search: an environment of its own, built beside the repository's where
//! candidates will be judged, and kept for every repository with the same interpreter.

use whetstone_core::event::Stage;
use whetstone_languages::python::prepare as plans;
use whetstone_proto::common::v1::{Artifact, Prepared};
use whetstone_runtime::jobs::convert::toolchain;

use super::{
    drive::{Beside, Drive},
    halt::Halt,
    prepare,
};
use crate::{Config, environments, steps};

const STEP: &str = "solver/kept";

/// Processor seconds of one search; 0 for none.
pub fn seconds(drive: &Drive) -> f64 {
    Config::seconds(&drive.driver.config.solver_time)
}

/// Builds the solver where there is none yet and this run may need it.
pub async fn get_ready(drive: &Drive, ground: &Prepared) -> Result<(), Halt> {
    if seconds(drive) > 0.0 && drive.judges() {
        install(drive, ground).await?;
    }
    Ok(())
}

/// The ground with the solver beside it; without, and with a note why, where it can't be installed.
pub async fn with_solver(drive: &Drive, prepared: &Prepared) -> Result<Prepared, Halt> {
    let mut prepared = prepared.clone();
    if seconds(drive) > 0.0 && prepared.solver.is_none() {
        prepared.solver = match steps::find::<Prepared>(&drive.driver.store, &drive.run, STEP).await? {
            Some(kept) => kept.solver,
            None => {
                let kept = Prepared { solver: install(drive, &prepared).await?, ..Prepared::default() };
                drive.step(STEP, async { Ok(kept) }, |_| Beside::default()).await?.solver
            }
        };
    }
    Ok(prepared)
}

async fn install(drive: &Drive, prepared: &Prepared) -> Result<Option<Artifact>, Halt> {
    let Some(toolchain) = prepared.toolchain.clone().map(toolchain) else { return Ok(None) };
    let key = environments::key("solver", &plans::solver_key(&toolchain));
    let (store, artifacts) = (&drive.driver.store, drive.peers().artifacts());
    if let Some(kept) = environments::find(store, &artifacts, &key, &drive.holder()).await? {
        return Ok(kept.solver);
    }
    let bare = Prepared { tree: prepared.tree.clone(), toolchain: prepared.toolchain.clone(), ..Prepared::default() };
    match prepare::build(drive, &bare, &plans::solver_plan(&toolchain), "solver", Stage::Prepare).await {
        Ok(built) => {
            let kept = Prepared { solver: built.archive, ..Prepared::default() };
            environments::keep(store, &artifacts, &key, &kept).await?;
            Ok(kept.solver)
        }
        Err(Halt::Failed(failure)) => {
            drive.note("warning", &format!("the solver could not be installed, went on without: {failure}")).await?;
            Ok(None)
        }
        Err(halt) => Err(halt),
    }
}
