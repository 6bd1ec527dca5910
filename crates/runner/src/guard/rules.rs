//! The Landlock domain of one command: the same bounds as its view, kept by another mechanism, and
//! no signal leaves it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};
use whetstone_core::plan::{EMIT, ENVIRONMENT, HARNESS, SOLVER, TOOLS};

use super::{Confinement, SCRATCH_FOLDERS, writable_folders};

const VERSION: ABI = ABI::V6;

/// Top folders that hold a job's inputs, other sides or other commands' scratch; what of them a
/// command may see is granted by name.
const WITHHELD: [&str; 4] = ["/job", "/whet", "/tmp", "/home"];

/// Builds the rules; a kernel without Landlock gives rules that do nothing.
pub fn build(confinement: &Confinement) -> io::Result<RulesetCreated> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(VERSION))
        .and_then(|ruleset| ruleset.scope(Scope::Signal))
        .and_then(|ruleset| ruleset.scope(Scope::AbstractUnixSocket))
        .and_then(Ruleset::create)
        .map_err(io::Error::other)?;
    let mut ruleset = ruleset;
    for (path, writable) in grants(confinement)? {
        let access = if writable { AccessFs::from_all(VERSION) } else { AccessFs::from_read(VERSION) };
        // A folder that this job does not have needs no grant.
        let Ok(folder) = PathFd::new(&path) else { continue };
        ruleset = ruleset.add_rule(PathBeneath::new(folder, access)).map_err(io::Error::other)?;
    }
    Ok(ruleset)
}

/// Enters the domain; called between fork and exec.
pub fn enforce(ruleset: RulesetCreated) -> io::Result<()> {
    ruleset.restrict_self().map(|_| ()).map_err(io::Error::other)
}

fn grants(confinement: &Confinement) -> io::Result<Vec<(PathBuf, bool)>> {
    let mut grants = Vec::new();
    for entry in fs::read_dir("/")? {
        let path = entry?.path();
        let is_withheld = WITHHELD.iter().any(|withheld| path == Path::new(withheld));
        let is_device_or_proc = path == Path::new("/dev") || path == Path::new("/proc");
        if path.is_dir() && !is_withheld {
            grants.push((path, is_device_or_proc));
        }
    }
    for folder in [ENVIRONMENT, TOOLS, SOLVER, HARNESS, EMIT] {
        grants.push((folder.into(), false));
    }
    grants.extend(confinement.readable.iter().map(|folder| (folder.clone(), false)));
    grants.push((confinement.side.clone(), confinement.write_tree));
    // A bound folder has the ancestors of the place that it is bound to, so each is granted itself.
    grants.push((confinement.scratch.clone(), true));
    grants.extend(SCRATCH_FOLDERS.iter().map(|folder| (confinement.scratch.join(folder), true)));
    grants.extend(writable_folders(confinement).into_iter().map(|folder| (folder, true)));
    Ok(grants)
}
