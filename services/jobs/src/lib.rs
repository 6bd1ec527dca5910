//! The jobs role: the only one that runs untrusted code.
//!
//! Owns the job queue, the sandboxes, the timing lease, the artifact store with its holders, and the
//! registries proxy. It must not know what a job's plan is for.

mod artifacts;
mod error;
mod grpc;
mod harness;
mod jobs;
mod lease;
mod live;
mod proxy;
mod queue;
mod rows;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use whetstone_core::{Role, port::Sandbox};
use whetstone_proto::jobs::v1::jobs_service_server::JobsServiceServer;
use whetstone_runtime::{
    Deps, RoleService,
    config::{Problems, Validate},
    peers::MESSAGE_LIMIT,
};
use whetstone_sandbox::{Bubblewrap, NoSandbox, Settings};
use whetstone_store::Store;

pub use error::JobsError;
pub use proxy::RegistriesConfig;

use crate::{
    artifacts::Folder,
    jobs::{Jobs, Parts},
    lease::Lease,
};

/// Configuration of the jobs role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub sandbox: SandboxConfig,
    pub registries: RegistriesConfig,
}

/// How jobs are run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxConfig {
    /// `bubblewrap`, or `none` for no isolation at all.
    pub kind: String,
    /// The `whet-runner` program; empty for the one beside this program.
    pub runner: PathBuf,
    /// Most jobs at a time; 0 for one a core.
    pub jobs: usize,
    /// A file of further certificate authorities (PEM) for prepare jobs; empty for none.
    pub certificates: PathBuf,
    /// The lock file of the timing lease, the same for everybody on the machine.
    pub lease: PathBuf,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            kind: "bubblewrap".into(),
            runner: PathBuf::new(),
            jobs: 0,
            certificates: PathBuf::new(),
            lease: "/tmp/whetstone-timing.lease".into(),
        }
    }
}

impl Validate for Config {
    fn validate(&self, problems: &mut Problems) {
        problems.section("sandbox", &self.sandbox);
        problems.section("registries", &self.registries);
    }
}

impl Validate for SandboxConfig {
    fn validate(&self, problems: &mut Problems) {
        if !["bubblewrap", "none"].contains(&self.kind.as_str()) {
            problems.add("kind", format!("`{}` is not a sandbox: bubblewrap or none is expected", self.kind));
        }
        if !self.certificates.as_os_str().is_empty() && !self.certificates.is_file() {
            problems.add("certificates", format!("{} is not a file", self.certificates.display()));
        }
    }
}

/// Builds the role with the sandbox that the configuration names.
///
/// # Errors
/// If the store, the artifact folder or the harness cannot be set up in the data folder.
pub async fn build(config: Config, deps: Deps) -> Result<RoleService, anyhow::Error> {
    let work = deps.data.join("work");
    fs::create_dir_all(&work).with_context(|| format!("{} can't be made", work.display()))?;
    let harnesses = harness::write(&deps.data.join("harness")).context("the harness can't be written to the data folder")?;
    let settings = Settings {
        runner: runner(&config.sandbox).context("whet-runner can't be found; set sandbox.runner")?,
        harnesses: harnesses.clone(),
        certificates: certificates(&config.sandbox.certificates, &deps.data).context("the certificates can't be read")?,
        work,
    };
    let sandbox: Arc<dyn Sandbox> = match config.sandbox.kind.as_str() {
        "none" => Arc::new(NoSandbox::new(settings)),
        _ => Arc::new(Bubblewrap::new(settings)),
    };
    assemble(config, deps, sandbox, Some(harnesses)).await
}

/// Builds the role over a given sandbox.
///
/// # Errors
/// If the store or the artifact folder cannot be set up in the data folder.
pub async fn build_with(config: Config, deps: Deps, sandbox: Arc<dyn Sandbox>) -> Result<RoleService, anyhow::Error> {
    assemble(config, deps, sandbox, None).await
}

async fn assemble(config: Config, deps: Deps, sandbox: Arc<dyn Sandbox>, harnesses: Option<PathBuf>) -> Result<RoleService, anyhow::Error> {
    let migrations = whetstone_store::migrations!("../../../migrations/jobs/sqlite", "0001_jobs");
    let store = Store::open(&deps.data, Role::Jobs, migrations).await?;
    let folder = Folder::open(deps.data.join("artifacts")).context("the artifact folder can't be opened")?;
    let work = deps.data.join("work");
    remove_leftovers(&work).with_context(|| format!("{} can't be emptied", work.display()))?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let places = match (config.sandbox.kind.as_str(), config.sandbox.jobs) {
        // Without a file system of its own, only one job can have the paths that plans name.
        ("none", _) => 1,
        (_, 0) => cores,
        (_, jobs) => jobs,
    };
    let lease = Lease::at(config.sandbox.lease);
    let jobs = Jobs::open(Parts { store, folder, sandbox, lease, registries: config.registries, work, harnesses, places }).await?;
    stop_with(jobs.clone(), &deps);
    let server = JobsServiceServer::new(jobs).max_decoding_message_size(MESSAGE_LIMIT).max_encoding_message_size(MESSAGE_LIMIT);
    Ok(RoleService { role: Role::Jobs, routes: tonic::service::Routes::new(server), operations: None })
}

/// On shutdown no job may outlive the role.
fn stop_with(jobs: Jobs, deps: &Deps) {
    let shutdown = deps.shutdown.clone();
    tokio::spawn(async move {
        shutdown.cancelled().await;
        jobs.cancel_all().await;
    });
}

/// Job folders of a killed process.
fn remove_leftovers(work: &Path) -> io::Result<()> {
    if work.is_dir() {
        fs::remove_dir_all(work)?;
    }
    fs::create_dir_all(work)
}

fn runner(config: &SandboxConfig) -> io::Result<PathBuf> {
    let path =
        if config.runner.as_os_str().is_empty() { std::env::current_exe()?.with_file_name("whet-runner") } else { config.runner.clone() };
    path.canonicalize().map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// The system's authorities with the configured ones, as one file; none where none are configured.
fn certificates(further: &Path, data: &Path) -> io::Result<Option<PathBuf>> {
    if further.as_os_str().is_empty() {
        return Ok(None);
    }
    let system = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    let mut bundle = system.iter().find_map(|path| fs::read(path).ok()).unwrap_or_default();
    bundle.push(b'\n');
    bundle.extend(fs::read(further)?);
    let path = data.join("certificates.pem");
    fs::write(&path, bundle)?;
    Ok(Some(path))
}
