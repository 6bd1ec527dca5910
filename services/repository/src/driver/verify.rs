//! `whet verify`: an evidence bundle's accepted candidates go through every gate again, on the
//! bundle's cases together with fresh ones.

use std::collections::BTreeSet;

use whetstone_core::{
    cases::{self, Case},
    event::Stage,
};
use whetstone_proto::{
    common::v1::{Artifact, Candidate, Prepared, RunOptions, Target, TargetCases, Verdict},
    optimization::v1::GivenCandidate,
    reporting::v1::{OpenBundleRequest, OpenBundleResponse},
    repository::v1::Snapshot,
};
use whetstone_runtime::Failure;

use super::{
    drive::{Beside, Drive},
    flow,
    halt::Halt,
    prepare,
};
use crate::runs::Ending;

/// Follows a verification to its end.
pub async fn follow(drive: &Drive) -> Result<Ending, Halt> {
    let Some(bundle) = drive.request.bundle.clone() else {
        return Err(Failure::refused("INCOMPLETE_REQUEST", "a verification needs a bundle").advice("whet verify evidence.whet").into());
    };
    let open = async {
        let request = OpenBundleRequest { bundle: Some(bundle) };
        Ok(drive.peers().reporting().open_bundle(request).await?.into_inner())
    };
    let opened: OpenBundleResponse = drive.own("bundle", open, |_| Beside::default()).await?;
    let claimed: Vec<Candidate> = opened.candidates.iter().filter(|candidate| candidate.verdict() == Verdict::Accepted).cloned().collect();
    if claimed.is_empty() {
        return Err(Failure::refused("NOTHING_TO_VERIFY", "the bundle holds no accepted optimization").into());
    }
    let names = target_names(&opened, &claimed);
    drive.set_options(options(drive.options(), &opened, names)).await?;
    let prepared = drive.stage(Stage::Prepare, prepare_bundle(drive, &opened)).await?;
    let analysis = flow::analyze(drive, &prepared, true).await?;
    let mut found = flow::pin_down(drive, prepared, analysis).await?;
    for cases in &mut found.tests.targets {
        let target = found.analysis.targets.iter().find(|target| target.id == cases.target || target.name == cases.target);
        if let Some(kept) = target.and_then(|target| kept_cases(&opened, target)) {
            cases.recorded = joined(drive, cases.recorded.as_ref(), kept.recorded.as_ref()).await?;
            cases.generated = joined(drive, cases.generated.as_ref(), kept.generated.as_ref()).await?;
        }
    }
    let given = |target: &Target| {
        let of_target = claimed.iter().filter(|candidate| name_in_bundle(&opened, candidate).is_some_and(|name| name == target.name));
        of_target.map(|candidate| GivenCandidate { origin: candidate.origin.clone(), content: candidate.diff.clone() }).collect()
    };
    let aims = flow::aims(&found, given);
    flow::decide(drive, found, aims).await
}

async fn prepare_bundle(drive: &Drive, opened: &OpenBundleResponse) -> Result<(Prepared, String), Halt> {
    let tree = opened.tree.clone().ok_or_else(|| Failure::refused("BUNDLE_INCOMPLETE", "the bundle holds no tree"))?;
    drive.peers().artifacts().hold(&drive.holder(), [tree.digest.clone()]).await?;
    let repository = "bundle".to_owned();
    let name = drive.request.bundle.as_ref().map_or_else(|| "bundle".to_owned(), |bundle| bundle.name.clone());
    let snapshot = Snapshot { id: tree.digest.clone(), tree: Some(tree.clone()), repository, name, ..Snapshot::default() };
    drive.set_snapshot(&snapshot).await?;
    prepare::of_tree(drive, &tree).await
}

/// The bundle decides what is judged and how; the command line only the limits and the machine.
fn options(asked: RunOptions, opened: &OpenBundleResponse, targets: Vec<String>) -> RunOptions {
    let kept = opened.options.clone().unwrap_or_default();
    RunOptions {
        targets,
        confirm_all: true,
        max_cost_microusd: asked.max_cost_microusd,
        max_time_s: asked.max_time_s,
        interpreter: if asked.interpreter.is_empty() { opened.interpreter.clone() } else { asked.interpreter },
        apply: false,
        branch: String::new(),
        ..kept
    }
}

fn name_in_bundle<'a>(opened: &'a OpenBundleResponse, candidate: &Candidate) -> Option<&'a str> {
    let target = opened.targets.iter().find(|target| target.id == candidate.target || target.name == candidate.target);
    target.map(|target| target.name.as_str())
}

fn target_names(opened: &OpenBundleResponse, claimed: &[Candidate]) -> Vec<String> {
    let names: BTreeSet<&str> = claimed.iter().filter_map(|candidate| name_in_bundle(opened, candidate)).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn kept_cases<'a>(opened: &'a OpenBundleResponse, target: &Target) -> Option<&'a TargetCases> {
    let kept = opened.targets.iter().find(|kept| kept.name == target.name)?;
    flow::cases_of(&opened.cases, kept)
}

/// Fresh cases and the bundle's in one file; the bundle's take other ids where both have one.
async fn joined(drive: &Drive, fresh: Option<&Artifact>, kept: Option<&Artifact>) -> Result<Option<Artifact>, Halt> {
    let (Some(fresh), Some(kept)) = (fresh, kept) else { return Ok(fresh.or(kept).cloned()) };
    let mut all = read(drive, fresh).await?;
    let taken: BTreeSet<String> = all.iter().map(|case| case.header.id.clone()).collect();
    for mut case in read(drive, kept).await? {
        if taken.contains(&case.header.id) {
            case.header.id.push_str("-kept");
        }
        all.push(case);
    }
    let mut bytes = Vec::new();
    cases::write(&mut bytes, &all).map_err(|error| Failure::internal(format!("cases can't be joined: {error}")))?;
    Ok(Some(drive.peers().artifacts().put_bytes(&fresh.name, bytes, &drive.holder()).await?))
}

async fn read(drive: &Drive, artifact: &Artifact) -> Result<Vec<Case>, Halt> {
    let bytes = drive.peers().artifacts().get_bytes(artifact).await?;
    let unreadable = |error| Failure::refused("BUNDLE_UNREADABLE", format!("{}: {error}", artifact.name));
    Ok(cases::read(bytes.as_ref()).map_err(unreadable)?)
}
