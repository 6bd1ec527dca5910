//! The commands that start a run and follow it to its end.

use std::path::Path;

use chrono::DateTime;
use whetstone_codehost as codehost;
use whetstone_core::{document::Document, id, words};
use whetstone_proto::{
    common::v1::Artifact,
    gateway::v1::{ResumeRunRequest, StartRunRequest},
    repository::v1::{self as repository, GivenCandidate, Run, RunKind},
};
use whetstone_repository::OUT_OF_TIME;
use whetstone_runtime::Failure;

use super::{Context, print_json, print_text, runs};
use crate::{
    cli::{AnalyzeArguments, CompareArguments, JudgeArguments, OptimizeArguments, ResumeArguments, RunArguments, VerifyArguments},
    exit::Exit,
    follow::{self, End, OnInterrupt, follow},
    outputs::{self, Outputs, PATCH},
    problem,
    progress::Display,
    session::Session,
    source::Named,
    summary,
};

/// What is done with a run's result beyond showing it.
#[derive(Default)]
struct Wanted<'a> {
    patch: Option<&'a Path>,
    apply_to: Option<&'a Path>,
}

/// Where a person asked for files.
#[derive(Clone, Copy, Default)]
pub struct Places<'a> {
    /// A folder that gets a copy of each.
    pub copy: Option<&'a Path>,
    /// The file that the patch is written to.
    pub patch: Option<&'a Path>,
}

/// `whet optimize`.
pub async fn optimize(context: &Context, arguments: OptimizeArguments) -> Result<Exit, Failure> {
    let named = Named::read(&arguments.source)?;
    let request = repository::StartRunRequest { kind: RunKind::Optimize.into(), ..request(&arguments.run, false) };
    of_source(context, &named, &arguments.run, request).await
}

/// `whet analyze`.
pub async fn analyze(context: &Context, arguments: AnalyzeArguments) -> Result<Exit, Failure> {
    let named = Named::read(&arguments.source)?;
    expect_nothing_to_write(&arguments.run, "analyze")?;
    let request = repository::StartRunRequest { kind: RunKind::Analyze.into(), ..request(&arguments.run, false) };
    of_source(context, &named, &arguments.run, request).await
}

/// `whet judge`.
pub async fn judge(context: &Context, arguments: JudgeArguments) -> Result<Exit, Failure> {
    if arguments.run.targets.len() != 1 {
        return Err(Failure::refused("ONE_TARGET", "candidates are judged for exactly one target")
            .advice("Name it with --target package.module:Class.method"));
    }
    let named = Named::read(&arguments.source)?;
    let candidates = given(&arguments.candidates)?;
    let request = repository::StartRunRequest { kind: RunKind::Judge.into(), candidates, ..request(&arguments.run, arguments.all) };
    of_source(context, &named, &arguments.run, request).await
}

/// `whet compare`.
pub async fn compare(context: &Context, arguments: CompareArguments) -> Result<Exit, Failure> {
    let named = Named::read(&arguments.source)?;
    expect_nothing_to_write(&arguments.run, "compare")?;
    let mut session = context.session().await?;
    // No ref holds a colon, and every function's name does.
    let [base_is_function, head_is_function] = [&arguments.base, &arguments.head].map(|side| side.contains(':'));
    if base_is_function != head_is_function {
        return Err(Failure::refused("SIDES_DIFFER", "a ref can't be compared with a function")
            .advice("Give two refs, or two functions such as package.module:name."));
    }
    let mut request = repository::StartRunRequest { kind: RunKind::Compare.into(), ..request(&arguments.run, false) };
    if base_is_function {
        let options = request.options.get_or_insert_default();
        options.targets = vec![arguments.base.clone()];
        request.head_target = arguments.head.clone();
        request.source = Some(named.open(&mut session, arguments.run.reference.as_deref().unwrap_or_default()).await?);
    } else {
        let reference = |side: &str| if side == "." { String::new() } else { side.to_owned() };
        request.source = Some(named.open(&mut session, &reference(&arguments.base)).await?);
        request.head = Some(named.open(&mut session, &reference(&arguments.head)).await?);
    }
    start(context, session, request, Wanted::default()).await
}

/// `whet verify`.
pub async fn verify(context: &Context, arguments: VerifyArguments) -> Result<Exit, Failure> {
    let path = &arguments.bundle;
    if !path.is_file() {
        return Err(Failure::refused("BUNDLE_MISSING", format!("there is no evidence bundle at `{}`", path.display()))
            .advice("`whet report` tells where the evidence of a run lies."));
    }
    let mut session = context.session().await?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bundle = session.upload("bundle", &name, path).await?;
    let request =
        repository::StartRunRequest { kind: RunKind::Verify.into(), bundle: Some(bundle), ..request(&RunArguments::default(), false) };
    start(context, session, request, Wanted::default()).await
}

/// `whet resume`.
pub async fn resume(context: &Context, arguments: ResumeArguments) -> Result<Exit, Failure> {
    let mut session = context.session().await?;
    let id = runs::resumable(&mut session, &arguments.run).await?;
    let run = session.gateway.resume_run(ResumeRunRequest { run: id }).await?.into_inner().run.unwrap_or_default();
    accompany(context, session, &run, Wanted { patch: arguments.patch.as_deref(), apply_to: None }, OnInterrupt::Cancel).await
}

/// `whet watch`.
pub async fn watch(context: &Context, name: &str) -> Result<Exit, Failure> {
    let mut session = context.session().await?;
    let id = runs::resolve(&mut session, name).await?;
    let run = follow::get(&mut session, &id).await?;
    if session.is_host() && run.finished_at.is_empty() && run.state != "cancelled" {
        session.close().await;
        return Err(Failure::refused("NOTHING_RUNS", format!("nobody is working on the run {id}: it was interrupted"))
            .advice(format!("Go on with it:\n  whet resume {id}")));
    }
    accompany(context, session, &run, Wanted::default(), OnInterrupt::Leave).await
}

fn request(arguments: &RunArguments, confirm_all: bool) -> repository::StartRunRequest {
    repository::StartRunRequest {
        request_id: id::fresh(),
        options: Some(arguments.options(confirm_all)),
        seed: arguments.seed.unwrap_or_default(),
        ..Default::default()
    }
}

/// Reads candidates; each is named by its file, or by its path where two files have one name.
fn given(paths: &[std::path::PathBuf]) -> Result<Vec<GivenCandidate>, Failure> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let read = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).map_err(|error| problem::of_file(path, "read", &error))?;
        let content = String::from_utf8(bytes).map_err(|_| {
            Failure::refused("CANDIDATE_NOT_UTF8", format!("the candidate {} is not UTF-8", path.display()))
                .advice("A candidate is replacement source of the target, a whole file, or a patch.")
        })?;
        let is_alone = paths.iter().filter(|other| name(other) == name(path)).count() == 1;
        Ok(GivenCandidate { origin: if is_alone { name(path) } else { path.display().to_string() }, content })
    };
    paths.iter().map(read).collect()
}

/// Refuses options for results that a command does not have.
fn expect_nothing_to_write(arguments: &RunArguments, command: &str) -> Result<(), Failure> {
    let given = [("--apply", arguments.apply), ("--branch", arguments.branch.is_some()), ("--patch", arguments.patch.is_some())];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => {
            Err(Failure::refused("NOTHING_TO_WRITE", format!("{command} changes no code, so there is nothing for {option}"))
                .advice("Leave it out. `whet optimize` and `whet judge` take it."))
        }
        None => Ok(()),
    }
}

async fn of_source(
    context: &Context,
    named: &Named,
    arguments: &RunArguments,
    mut request: repository::StartRunRequest,
) -> Result<Exit, Failure> {
    let apply_to = match (arguments.apply, named.folder()) {
        (false, _) => None,
        (true, Some(folder)) if arguments.reference.is_none() => Some(folder),
        (true, _) => {
            return Err(Failure::refused("NOTHING_TO_APPLY_TO", "--apply needs a folder as it stands, without --ref")
                .advice("Give the folder, or take the patch with --patch FILE."));
        }
    };
    if let Some(patch) = &arguments.patch {
        writable(patch)?;
    }
    if let (Some(branch), Some(folder)) = (&arguments.branch, named.folder()) {
        codehost::check_branch(folder, branch).await.map_err(|error| problem::of_source(&error))?;
    }
    let mut session = context.session().await?;
    request.source = Some(named.open(&mut session, arguments.reference.as_deref().unwrap_or_default()).await?);
    start(context, session, request, Wanted { patch: arguments.patch.as_deref(), apply_to }).await
}

/// Refuses a place that can't be written before hours go into what is to be written there.
fn writable(path: &Path) -> Result<(), Failure> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::tempfile_in(parent).map(drop).map_err(|error| problem::of_file(path, "written", &error))
}

async fn start(context: &Context, mut session: Session, request: repository::StartRunRequest, wanted: Wanted<'_>) -> Result<Exit, Failure> {
    let run = session.gateway.start_run(StartRunRequest { run: Some(request) }).await;
    match run {
        Ok(run) => accompany(context, session, &run.into_inner().run.unwrap_or_default(), wanted, OnInterrupt::Cancel).await,
        Err(status) => {
            session.close().await;
            Err(Failure::from_status(&status))
        }
    }
}

/// Follows a run, then shows what it found.
async fn accompany(
    context: &Context,
    mut session: Session,
    run: &Run,
    wanted: Wanted<'_>,
    on_interrupt: OnInterrupt,
) -> Result<Exit, Failure> {
    let mut display = Display::new(&context.global);
    if let Some(snapshot) = &run.snapshot {
        display.opened(snapshot);
    }
    let end = follow(&mut session, &run.id, &mut display, on_interrupt).await;
    let exit = match end {
        Ok(End::Finished(run)) => ended(context, &mut session, &run, wanted).await,
        Ok(End::Interrupted) => {
            if on_interrupt == OnInterrupt::Cancel {
                eprintln!("stopped; nothing that was finished is lost. Go on with it:\n  whet resume {}", run.id);
            }
            Ok(Exit::Interrupted)
        }
        Err(failure) => Err(failure),
    };
    session.close().await;
    exit
}

async fn ended(context: &Context, session: &mut Session, run: &Run, wanted: Wanted<'_>) -> Result<Exit, Failure> {
    let exit = conclude(context, session, run, Places { patch: wanted.patch, copy: None }).await?;
    let outputs = Outputs::fetch(session, run, &outputs::folder(session, &run.id)).await?;
    let patch = outputs.path(PATCH);
    if let (Some(to), Some(from)) = (wanted.patch, patch) {
        std::fs::copy(from, to).map_err(|error| problem::of_file(to, "written", &error))?;
    }
    if let (Some(folder), Some(patch), Exit::Done) = (wanted.apply_to, patch, exit) {
        apply(context, session, run, folder, patch).await?;
    }
    Ok(exit)
}

/// Writes the accepted edits into the source folder, where it still is what was measured.
async fn apply(context: &Context, session: &mut Session, run: &Run, folder: &Path, patch: &Path) -> Result<(), Failure> {
    let tree: Artifact = run.snapshot.as_ref().and_then(|snapshot| snapshot.tree.clone()).unwrap_or_default();
    let scratch = tempfile::tempdir().map_err(|error| problem::of_file(&std::env::temp_dir(), "written", &error))?;
    let tar = scratch.path().join("tree.tar");
    outputs::download(session, &run.id, &tree, &tar).await?;
    let text = std::fs::read_to_string(patch).map_err(|error| problem::of_file(patch, "read", &error))?;
    let changes = codehost::changes(&tar, &text).await.map_err(|error| problem::of_source(&error))?;
    codehost::apply(folder, &changes).map_err(|error| problem::of_source(&error))?;
    if !context.global.quiet {
        eprintln!("applied   {} in {}", words::count(changes.len() as u64, "file"), folder.display());
    }
    Ok(())
}

/// Shows a run that has ended, and answers how its command exits.
///
/// # Errors
/// The run's own failure, where it has one.
pub async fn conclude(context: &Context, session: &mut Session, run: &Run, places: Places<'_>) -> Result<Exit, Failure> {
    let failure = run.failure.clone().map(Failure::from);
    let is_out_of_time = run.state == OUT_OF_TIME;
    match (run.state.as_str(), &failure) {
        ("succeeded", _) => {}
        (OUT_OF_TIME, Some(failure)) => {
            problem::print(failure, context.global.verbose);
            if run.outputs.is_empty() {
                return Ok(Exit::Without);
            }
        }
        (_, Some(failure)) => return Err(failure.clone()),
        ("cancelled", None) => {
            eprintln!("the run {} was cancelled. Go on with it:\n  whet resume {}", run.id, run.id);
            return Ok(Exit::Cancelled);
        }
        (state, None) => {
            return Err(Failure::refused("NOT_FINISHED", format!("the run {} is {state}; it has no report yet", run.id))
                .advice(format!("Watch it with `whet watch {0}`, or go on with `whet resume {0}`.", run.id)));
        }
    }
    let outputs = Outputs::fetch(session, run, &outputs::folder(session, &run.id)).await?;
    if let Some(folder) = places.copy {
        Outputs::fetch(session, run, folder).await?;
    }
    let document = outputs.document()?;
    if context.prints_json() {
        print_json(&document)?;
    } else {
        print_text(&summary::of_run(&document, &outputs, places.patch, seconds(run)))?;
    }
    Ok(if is_out_of_time { Exit::Without } else { exit_of(&document) })
}

/// How long a run took. Stages may overlap, and a run that was stopped for a while took no time then.
fn seconds(run: &Run) -> f64 {
    let worked: f64 = run.stages.iter().map(|stage| stage.seconds).sum();
    let time = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    let passed = time(&run.created_at).zip(time(&run.finished_at)).map(|(from, to)| (to - from).as_seconds_f64());
    passed.map_or(worked, |passed| worked.min(passed))
}

/// A search is done with a single optimization, an analysis once it was carried out, and a bundle
/// holds only as a whole.
fn exit_of(document: &Document) -> Exit {
    let is_done = match document.run.kind.as_str() {
        "analyze" => true,
        "verify" => document.holds(),
        _ => document.run.optimizations > 0,
    };
    if is_done { Exit::Done } else { Exit::Without }
}
