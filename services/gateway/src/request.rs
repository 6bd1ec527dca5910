//! Checks what a client asks to run, before any other role sees it.

use whetstone_core::TargetName;
use whetstone_proto::{
    common::v1::{Artifact, RunOptions},
    repository::v1::{RunKind, Source, StartRunRequest, source::From},
};
use whetstone_store::Store;

use crate::{access::Caller, address, config::Config, error::GatewayError, store};

const MOST_LIST_ITEMS: usize = 512;
const LONGEST_TEXT: usize = 16 << 10;
const LARGEST_CANDIDATE: usize = 4 << 20;

/// Checks and, for a client over TCP, narrows a request.
pub(crate) async fn check(
    config: &Config,
    store: &Store,
    caller: &Caller,
    mut run: StartRunRequest,
) -> Result<StartRunRequest, GatewayError> {
    let kind = RunKind::try_from(run.kind).unwrap_or(RunKind::Unspecified);
    if kind == RunKind::Unspecified {
        return Err(invalid("kind", "optimize, judge, analyze, compare or verify is expected"));
    }
    check_text("request_id", &run.request_id)?;
    let options = run.options.get_or_insert_default();
    check_options(options)?;
    if let Caller::Token { id } = caller {
        check_remote_options(options)?;
        // Another caller's request must not be answered with this one's run.
        run.request_id = format!("{id}/{}", run.request_id);
    }
    match kind {
        RunKind::Verify => check_upload(store, "bundle", run.bundle.as_ref()).await?,
        _ => check_source(config, store, caller, run.source.as_ref()).await?,
    }
    if kind == RunKind::Compare && run.head.is_some() {
        check_source(config, store, caller, run.head.as_ref()).await?;
    }
    check_text("head_target", &run.head_target)?;
    if kind == RunKind::Judge {
        check_candidates(&run)?;
    }
    Ok(run)
}

fn check_candidates(run: &StartRunRequest) -> Result<(), GatewayError> {
    if run.candidates.is_empty() || run.candidates.len() > MOST_LIST_ITEMS {
        return Err(invalid("candidates", format!("from 1 to {MOST_LIST_ITEMS} are expected")));
    }
    if run.options.as_ref().is_none_or(|options| options.targets.len() != 1) {
        return Err(invalid("targets", "exactly one target is expected for candidates"));
    }
    for candidate in &run.candidates {
        check_text("candidates.origin", &candidate.origin)?;
        if candidate.content.len() > LARGEST_CANDIDATE {
            return Err(invalid("candidates.content", format!("{} is larger than {} MB", candidate.origin, LARGEST_CANDIDATE >> 20)));
        }
    }
    Ok(())
}

fn check_options(options: &RunOptions) -> Result<(), GatewayError> {
    let lists = [
        ("commands", &options.commands),
        ("targets", &options.targets),
        ("include", &options.include),
        ("exclude", &options.exclude),
        ("variables", &options.variables),
    ];
    for (field, list) in lists {
        if list.len() > MOST_LIST_ITEMS {
            return Err(invalid(field, format!("at most {MOST_LIST_ITEMS} are expected")));
        }
        list.iter().try_for_each(|text| check_text(field, text))?;
    }
    for (field, text) in [
        ("model", &options.model),
        ("branch", &options.branch),
        ("interpreter", &options.interpreter),
        ("setup_command", &options.setup_command),
    ] {
        check_text(field, text)?;
    }
    for target in &options.targets {
        target.parse::<TargetName>().map_err(|problem| invalid("targets", problem))?;
    }
    // Zero is "not given"; NaN is in no range.
    for (field, value, range) in [
        ("theta", options.theta, 0.0..=10.0),
        ("tolerance", options.tolerance, 0.0..=0.1),
        ("max_time_s", options.max_time_s, 0.0..=31_536_000.0),
        ("recording_overhead", options.recording_overhead, 0.0..=100.0),
    ] {
        if !range.contains(&value) {
            return Err(invalid(field, format!("{value} is not between {} and {}", range.start(), range.end())));
        }
    }
    if options.max_cost_microusd < 0 {
        return Err(invalid("max_cost_microusd", "must not be negative"));
    }
    Ok(())
}

fn check_remote_options(options: &mut RunOptions) -> Result<(), GatewayError> {
    if options.model.starts_with("replay:") {
        return Err(GatewayError::PathOverNetwork("recorded model answers"));
    }
    // There is no folder of the client's here to write into.
    options.apply = false;
    Ok(())
}

async fn check_source(config: &Config, store: &Store, caller: &Caller, source: Option<&Source>) -> Result<(), GatewayError> {
    let source = source.ok_or_else(|| invalid("source", "a source is expected"))?;
    check_text("ref", &source.r#ref)?;
    // Where git takes a ref, a dash would begin an option.
    if source.r#ref.starts_with('-') {
        return Err(invalid("ref", format!("`{}` is no branch, tag or commit", source.r#ref)));
    }
    match (source.from.as_ref(), caller) {
        (None, _) => Err(invalid("source", "a folder, an archive, a git URL or an uploaded tree is expected")),
        (Some(From::Folder(path) | From::Archive(path)), Caller::Owner) => check_path(path),
        (Some(From::Folder(_)), Caller::Token { .. }) => Err(GatewayError::PathOverNetwork("a folder")),
        (Some(From::Archive(_)), Caller::Token { .. }) => Err(GatewayError::PathOverNetwork("an archive")),
        (Some(From::GitUrl(url)), Caller::Owner) => check_text("git_url", url),
        (Some(From::GitUrl(url)), Caller::Token { .. }) => address::check(url, config.allow_private_git_hosts).await,
        (Some(From::Tree(tree)), _) => check_upload(store, "tree", Some(tree)).await,
    }
}

fn check_path(path: &str) -> Result<(), GatewayError> {
    if path.starts_with('/') && !path.contains('\0') { Ok(()) } else { Err(invalid("source", "an absolute path is expected")) }
}

async fn check_upload(store: &Store, kind: &'static str, artifact: Option<&Artifact>) -> Result<(), GatewayError> {
    let digest = artifact.map(|artifact| artifact.digest.clone()).unwrap_or_default();
    if store::was_uploaded(store, kind, &digest).await? { Ok(()) } else { Err(GatewayError::NotUploaded { kind, digest }) }
}

/// Checks that a text is no longer than texts are.
pub(crate) fn check_text(field: &'static str, text: &str) -> Result<(), GatewayError> {
    if text.len() > LONGEST_TEXT || text.contains('\0') {
        return Err(invalid(field, format!("at most {LONGEST_TEXT} characters are expected, none of them NUL")));
    }
    Ok(())
}

fn invalid(field: &'static str, problem: impl Into<String>) -> GatewayError {
    GatewayError::Invalid { field, problem: problem.into() }
}
