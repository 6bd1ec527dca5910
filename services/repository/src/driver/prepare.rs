//! Prepare: snapshot, detection, environment, tools, and the plain workloads.

use std::path::{Path, PathBuf};

use tonic::Status;
use whetstone_core::{
    Digest,
    event::Stage,
    job::{JobKind, Limits},
    plan::{Plan, PreparePlan, PrepareResult},
    record::Record,
};
use whetstone_languages::python::{
    detect::{self, DetectError, DetectOptions, Detected, Enrollment, enrollment::Priority as EnrolledPriority},
    prepare,
};
use whetstone_proto::{
    common::v1::{Artifact, Cost, Prepared, Priority, RunOptions, Workload},
    optimization::v1::CheckProposersRequest,
    repository::v1::{RunKind, Snapshot, Source},
};
use whetstone_runtime::{Failure, JobBuilder, jobs::convert::toolchain_to_proto};

use super::{
    drive::{Beside, Drive},
    halt::Halt,
    solver,
    workloads::{self, Suggestion},
};
use crate::{Config, environments, sources, steps};

const STAGE: &str = "prepare";
/// The step that holds the stage's answer.
pub const PREPARED: &str = "prepared";

/// The whole stage, for the run's own source.
pub async fn run(drive: &Drive) -> Result<(Prepared, String), Halt> {
    let source = drive.request.source.clone().unwrap_or_default();
    of_source(drive, &source).await
}

async fn of_source(drive: &Drive, source: &Source) -> Result<(Prepared, String), Halt> {
    drive.progress(Stage::Prepare, "snapshot", 0, 0, "");
    let snapshot = snapshot(drive, source, "snapshot").await?;
    drive.set_snapshot(&snapshot).await?;
    for left_out in snapshot.left_out.iter().take(20) {
        drive.note("warning", &format!("left out of the snapshot: {left_out}")).await?;
    }
    let tree = snapshot.tree.clone().ok_or_else(|| Failure::internal("a snapshot was stored without its tree"))?;
    of_tree(drive, &tree).await
}

/// Takes the source into the store.
pub async fn snapshot(drive: &Drive, source: &Source, step: &str) -> Result<Snapshot, Halt> {
    let driver = &drive.driver;
    let artifacts = drive.peers().artifacts();
    let work = async {
        let (folder, holder) = (driver.work_folder(), drive.holder());
        Ok(sources::open(source, &driver.config, &driver.store, &artifacts, &folder, &drive.organisation, &holder).await?)
    };
    drive.own(step, work, |_| Beside::default()).await
}

/// Prepares a tree that is stored already, and tells of it in a line for people.
pub async fn of_tree(drive: &Drive, tree: &Artifact) -> Result<(Prepared, String), Halt> {
    if let Some(prepared) = steps::find::<Prepared>(&drive.driver.store, &drive.run, PREPARED).await? {
        return Ok((prepared, String::new()));
    }
    let unpacked = Unpacked::of(drive, tree, "").await?;
    let (detected, key) = look(drive, &unpacked.folder).await?;
    drop(unpacked);
    let options = joined(drive.options(), &detected.enrollment);
    drive.set_options(options).await?;
    if drive.request.kind() == RunKind::Optimize {
        let request = CheckProposersRequest { context: Some(drive.context("proposers")), tree: Some(tree.clone()) };
        drive.peers().optimization().check_proposers(request).await?;
    }
    let ground = ground(drive, tree, &detected);
    // What is shared by all repositories is built beside the environment, which takes longest.
    let shared = async {
        let tools = tools(drive, &ground, &detected).await?;
        solver::get_ready(drive, &ground).await?;
        Ok::<_, Halt>(tools)
    };
    let (found, tools) = tokio::join!(environment(drive, &ground, &detected, &key), shared);
    let (mut prepared, is_cached) = found?;
    prepared.tools = tools?;
    prepared.workloads = workloads::check(drive, &prepared).await?;
    prepared.tests = workloads::check_tests(drive, &prepared).await?;
    let prepared = drive.step(PREPARED, async { Ok(prepared) }, |_| Beside::default()).await?;
    let summary = format!("environment from {}{}", prepared.packaging, if is_cached { ", cached" } else { "" });
    Ok((prepared, summary))
}

/// What the tree says, and the key of its environment.
async fn look(drive: &Drive, tree: &Path) -> Result<(Detected, Digest), Halt> {
    let options = drive.options();
    let wanted = DetectOptions { interpreter: options.interpreter, commands: options.commands, setup_command: options.setup_command };
    let tree = tree.to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let detected = detect::detect(&tree, &detect::installed_toolchains(), &wanted)?;
        let key = prepare::environment_key(&tree, &detected)?;
        Ok((detected, key))
    });
    let looked: Result<_, DetectError> = looked.await.map_err(|error| Failure::internal(format!("detection broke off: {error}")))?;
    looked.map_err(|error| undetected(&error, &Suggestion::of(drive)).into())
}

fn undetected(error: &DetectError, whet: &Suggestion) -> Failure {
    let (reason, environment) = match error {
        DetectError::NoPython => ("NO_PYTHON", false),
        DetectError::Unreadable { .. } => ("CONFIGURATION_UNREADABLE", false),
        DetectError::NoInterpreter { .. } => ("NO_INTERPRETER", true),
        DetectError::NoToolchain => ("NO_TOOLCHAIN", true),
        DetectError::NoWorkload => ("NO_WORKLOAD", false),
        DetectError::Io(_) => ("TREE_UNREADABLE", true),
    };
    let failure = if environment { Failure::environment(reason, error.to_string()) } else { Failure::refused(reason, error.to_string()) };
    failure.advice(match error {
        DetectError::NoWorkload => format!(
            "Give a script or a benchmark that does what should be fast, or `workloads` in .whetstone.toml:\n  {}",
            whet.with_command("python bench.py")
        ),
        DetectError::NoPython => "Only Python is supported. Point whet at the folder that holds the Python package.".into(),
        DetectError::NoInterpreter { .. } => {
            "Install one that fits, or name another with --python, or with `python` in .whetstone.toml. `whet doctor` lists those found.".into()
        }
        DetectError::NoToolchain => {
            "Install one, such as by `apt install python3-venv` or `uv python install 3.12`. It is looked for on PATH, in the system's folders \
             and in those of pyenv, uv, asdf and mise."
                .into()
        }
        DetectError::Unreadable { file, .. } => format!("Correct {file}, or leave it out."),
        DetectError::Io(_) => "Check the space and the permissions of the data folder.".into(),
    })
}

/// The command line's options, and the enrollment's where the command line says nothing.
fn joined(mut options: RunOptions, enrollment: &Enrollment) -> RunOptions {
    if options.tolerance == 0.0 {
        options.tolerance = enrollment.tolerance;
    }
    if options.priority() == Priority::Unspecified {
        options.set_priority(match enrollment.priority {
            Some(EnrolledPriority::Low) => Priority::Low,
            Some(EnrolledPriority::High) => Priority::High,
            Some(EnrolledPriority::Medium) | None => Priority::Medium,
        });
    }
    if options.include.is_empty() {
        options.include.clone_from(&enrollment.include);
    }
    if options.exclude.is_empty() {
        options.exclude.clone_from(&enrollment.exclude);
    }
    if options.model.is_empty() {
        options.model.clone_from(&enrollment.models.model);
    }
    options.forbid_models |= !enrollment.models.allow;
    if options.theta == 0.0 {
        options.theta = 0.05;
    }
    options
}

/// Everything but the tools and the workloads' figures.
async fn environment(drive: &Drive, ground: &Prepared, detected: &Detected, key: &Digest) -> Result<(Prepared, bool), Halt> {
    let key = environments::key(&drive.repository(), key);
    let (store, artifacts) = (&drive.driver.store, drive.peers().artifacts());
    if let Some(kept) = environments::find(store, &artifacts, &key, &drive.holder()).await? {
        return Ok((Prepared { environment: kept.environment, overlay: kept.overlay, ..ground.clone() }, true));
    }
    let plan = prepare::plan(detected);
    let built = build(drive, ground, &plan, "environment", Stage::Prepare).await?;
    for note in prepare::notes(&plan, &built.result) {
        drive.note("warning", &note).await?;
    }
    let prepared = Prepared { environment: built.archive, overlay: built.overlay, ..ground.clone() };
    environments::keep(store, &artifacts, &key, &prepared).await?;
    Ok((prepared, false))
}

fn ground(drive: &Drive, tree: &Artifact, detected: &Detected) -> Prepared {
    let mut variables: Vec<String> = detected.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    variables.extend(drive.options().variables);
    let named = |name: &str, command: &str| Workload { name: name.into(), command: command.into(), ..Workload::default() };
    let workload =
        |workload: &detect::DetectedWorkload| Workload { is_tests: workload.is_tests, ..named(&workload.name, &workload.command) };
    Prepared {
        tree: Some(Artifact { is_tree: true, ..tree.clone() }),
        toolchain: Some(toolchain_to_proto(detected.toolchain.clone())),
        source_roots: detected.source_roots.clone(),
        workloads: detected.workloads.iter().map(workload).collect(),
        tests: detected.tests.iter().map(|tests| Workload { is_tests: true, ..named("tests", &tests.command) }).collect(),
        test_paths: detected.tests.as_ref().map(|tests| tests.paths.clone()).unwrap_or_default(),
        formatter: detected.formatter.as_ref().map(|formatter| formatter.command.clone()).unwrap_or_default(),
        variables,
        packaging: detected.packaging.description.clone(),
        ..Prepared::default()
    }
}

/// Whetstone's own tools for the interpreter. Analysis goes on without them, and says so.
async fn tools(drive: &Drive, ground: &Prepared, detected: &Detected) -> Result<Option<Artifact>, Halt> {
    let key = environments::key("tools", &prepare::tools_key(&detected.toolchain));
    let (store, artifacts) = (&drive.driver.store, drive.peers().artifacts());
    if let Some(kept) = environments::find(store, &artifacts, &key, &drive.holder()).await? {
        return Ok(kept.tools);
    }
    let bare = Prepared { tree: ground.tree.clone(), toolchain: ground.toolchain.clone(), ..Prepared::default() };
    match build(drive, &bare, &prepare::tools_plan(&detected.toolchain), "tools", Stage::Prepare).await {
        Ok(built) => {
            let kept = Prepared { tools: built.archive, ..Prepared::default() };
            environments::keep(store, &artifacts, &key, &kept).await?;
            Ok(kept.tools)
        }
        Err(Halt::Failed(failure)) => {
            drive.note("warning", &format!("the analysis tools could not be installed, went on without: {failure}")).await?;
            Ok(None)
        }
        Err(halt) => Err(halt),
    }
}

/// What a prepare plan made.
pub struct Built {
    result: PrepareResult,
    pub archive: Option<Artifact>,
    overlay: Option<Artifact>,
}

/// Carries out a prepare plan as a step of `stage`.
pub async fn build(drive: &Drive, ground: &Prepared, plan: &PreparePlan, step: &str, stage: Stage) -> Result<Built, Halt> {
    let context = drive.context(step);
    let wall = std::time::Duration::from_secs_f64(Config::seconds(&drive.driver.config.prepare_timeout));
    let limits = Limits { wall, cpu: wall * 2, ..Limits::standard() };
    let job = JobBuilder::new(&context, ground, JobKind::Prepare, "build").plan(Plan::Prepare(plan.clone())).limits(limits).registries();
    let work = async {
        let told = |record, _: &_| {
            if let Record::Progress { phase, done, total, note } = record {
                drive.progress(stage, &phase, done, total, &note);
            }
        };
        let finished = job.run(drive.peers(), told).await?;
        let result: PrepareResult = finished.result(&drive.peers().artifacts()).await?;
        if let Some(failure) = prepare::failure(plan, &result) {
            let failed = Failure::environment("ENVIRONMENT_NOT_BUILT", format!("the environment can't be built: {}", failure.message));
            return Err(failed.detail(failure.detail).advice(failure.advice).into());
        }
        let output = |name: &str| match name {
            "" => Ok(None),
            name => finished.output(name).map(|artifact| Some(Artifact { is_tree: true, ..artifact.clone() })),
        };
        let (archive, overlay): (_, Result<_, Status>) = (output(&result.environment)?, output(&result.overlay));
        Ok(BuiltStep { archive, overlay: overlay?, result: to_json(&result)?, costs: vec![finished.cost(STAGE)] })
    };
    let built: BuiltStep = drive.own(step, work, |built: &BuiltStep| Beside { costs: built.costs.clone(), ..Beside::default() }).await?;
    let result =
        serde_json::from_slice(&built.result).map_err(|error| Failure::internal(format!("a stored step can't be read: {error}")))?;
    Ok(Built { result, archive: built.archive, overlay: built.overlay })
}

fn to_json(result: &PrepareResult) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(result).map_err(|error| Failure::internal(format!("a result can't be stored: {error}")))
}

/// A build as its step stores it; private to this role's store.
#[derive(Clone, PartialEq, prost::Message)]
struct BuiltStep {
    #[prost(message, optional, tag = "1")]
    archive: Option<Artifact>,
    #[prost(message, optional, tag = "2")]
    overlay: Option<Artifact>,
    #[prost(bytes = "vec", tag = "3")]
    result: Vec<u8>,
    #[prost(message, repeated, tag = "4")]
    costs: Vec<Cost>,
}

/// A tree unpacked for reading; removed when dropped. Nothing in it is ever run here.
pub struct Unpacked {
    pub folder: PathBuf,
    _kept: tempfile::TempDir,
}

impl Unpacked {
    /// Unpacks a stored tree.
    pub async fn of(drive: &Drive, tree: &Artifact, name: &str) -> Result<Self, Halt> {
        let work = drive.driver.work_folder();
        let failed = |error: std::io::Error| sources::full_or_broken(&work, &error);
        tokio::fs::create_dir_all(&work).await.map_err(failed)?;
        let kept = tempfile::Builder::new().prefix(&format!("tree{name}-")).tempdir_in(&work).map_err(failed)?;
        let (tar, folder) = (kept.path().join("tree.tar"), kept.path().join("tree"));
        drive.peers().artifacts().get_to_file(tree, &tar).await?;
        let unpacking = {
            let folder = folder.clone();
            tokio::task::spawn_blocking(move || {
                tar::Archive::new(std::fs::File::open(&tar)?).unpack(&folder)?;
                std::fs::remove_file(&tar)
            })
        };
        unpacking.await.map_err(|error| Failure::internal(format!("unpacking broke off: {error}")))?.map_err(failed)?;
        Ok(Self { folder, _kept: kept })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_enrollment_and_the_enrollment_over_defaults() {
        let enrollment =
            Enrollment::parse("tolerance = 0.001\npriority = 'high'\ninclude = ['src/**']\n[models]\nallow = false\n").expect("valid");
        let given = RunOptions { tolerance: 0.5, include: vec!["lib/**".into()], ..RunOptions::default() };
        let options = joined(given, &enrollment);
        // Without a wish, the role's own setting bounds recording.
        assert_eq!((options.tolerance, options.theta, options.recording_overhead), (0.5, 0.05, 0.0));
        assert_eq!((options.priority(), options.include), (Priority::High, vec!["lib/**".to_owned()]));
        assert!(options.forbid_models);
        assert_eq!(joined(RunOptions::default(), &Enrollment::default()).priority(), Priority::Medium);
    }
}
