//! Running jobs: one for each key, from the queue through the sandbox into the record.

use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{RwLock, mpsc};
use whetstone_core::{
    Digest, id,
    job::{JobEnd, JobKind, JobOutcome, JobSpec, Network},
    plan::Plan,
    port::{RunningJob, Sandbox, SandboxReport, sandbox::Prepared},
    record::Control,
};
use whetstone_proto::{
    common::v1 as common,
    jobs::v1::{self as proto, run_job_response::Update},
};
use whetstone_runtime::jobs::convert;
use whetstone_store::Store;

use crate::{
    artifacts::{Folder, Incoming},
    error::JobsError,
    harness,
    lease::Lease,
    live::{Live, Watcher},
    proxy::{Proxy, RegistriesConfig},
    queue::Queue,
    rows,
};

/// How often a job that was lost is tried again at once.
const RETRIES: u32 = 2;

/// How long a timing job, which holds up all others, goes on with nobody there to steer it.
const ABANDONED: Duration = Duration::from_secs(15);

/// What the role is made of.
pub struct Parts {
    pub store: Store,
    pub folder: Folder,
    pub sandbox: Arc<dyn Sandbox>,
    pub lease: Lease,
    pub registries: RegistriesConfig,
    /// Folder for what jobs need while they live.
    pub work: PathBuf,
    /// Folder of the language harnesses that the sandbox mounts, where it does.
    pub harnesses: Option<PathBuf>,
    /// Most jobs at a time.
    pub places: usize,
}

/// The role's domain; cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    parts: Arc<Parts>,
    queue: Arc<Queue>,
    live: Arc<Mutex<HashMap<String, Arc<Live>>>>,
    /// Taken for writing by garbage collection, so that nothing is stored while it looks.
    storing: Arc<RwLock<()>>,
}

/// What asking for a job gives.
pub enum Asked {
    /// It has ended before: its recorded answer.
    Recorded(Box<proto::Job>),
    Watching(Watcher),
}

impl Jobs {
    /// Takes over the store: what a former process left unfinished is lost.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn open(parts: Parts) -> Result<Self, JobsError> {
        let mut transaction = parts.store.write().await?;
        let lost = rows::lose_unfinished(&mut transaction).await?;
        transaction.commit().await?;
        if lost > 0 {
            tracing::info!(lost, "jobs of a former process are lost; they run again when asked for");
        }
        let queue = Queue::new(parts.places);
        Ok(Self { parts: Arc::new(parts), queue, live: Arc::default(), storing: Arc::default() })
    }

    /// Starts a job, attaches to the live one with its key, or answers from the record.
    ///
    /// # Errors
    /// If the specification is wrong, or the run's driver has been replaced.
    pub async fn ask(&self, spec: proto::JobSpec) -> Result<Asked, JobsError> {
        let parsed = self.parse(&spec)?;
        let mut transaction = self.parts.store.write().await?;
        Store::check_fence(&mut transaction, &spec.run, spec.fence).await?;
        // Under the one writer, so that two askers cannot both start it.
        if let Some(live) = self.lock().get(&spec.key) {
            return Ok(Asked::Watching(live.watch()));
        }
        let row: Option<(String, Vec<u8>)> =
            sqlx::query_as("SELECT state, spec FROM job WHERE key = ?").bind(&spec.key).fetch_optional(&mut *transaction).await?;
        if row.is_some_and(|(state, before)| rows::is_answer(&state, &before, spec.fence)) {
            transaction.commit().await?;
            let job = rows::find(self.parts.store.reader(), &spec.key).await?;
            let job = job.ok_or_else(|| JobsError::NoJob(spec.key.clone()))?;
            return Ok(Asked::Recorded(Box::new(proto::Job { recorded: true, ..job })));
        }
        let job_id = id::fresh();
        rows::enqueue(&mut transaction, &job_id, &spec).await?;
        let (live, controls) = Live::new(spec.clone());
        let watcher = live.watch();
        self.lock().insert(spec.key.clone(), Arc::clone(&live));
        // On its own: an asker that goes away here would leave a live job that nobody drives.
        let jobs = self.clone();
        let begun = tokio::spawn(async move {
            if let Err(error) = transaction.commit().await {
                jobs.lock().remove(&spec.key);
                return Err(JobsError::from(error));
            }
            tokio::spawn(jobs.drive(parsed, job_id, live, controls));
            Ok(())
        });
        begun.await.map_err(|error| JobsError::io("starting a job")(std::io::Error::other(error)))??;
        Ok(Asked::Watching(watcher))
    }

    fn parse(&self, spec: &proto::JobSpec) -> Result<JobSpec, JobsError> {
        let digest: Digest = spec.plan_digest.parse().map_err(|error| JobsError::Invalid(format!("the job's plan: {error}")))?;
        let path = self.parts.folder.find(&digest).ok_or_else(|| JobsError::NoArtifact(digest.to_string()))?;
        let text = fs::read(path).map_err(JobsError::io("reading the job's plan"))?;
        let plan: Plan = serde_json::from_slice(&text).map_err(|error| JobsError::Invalid(format!("the job's plan: {error}")))?;
        let parsed = convert::spec(spec.clone(), plan).map_err(JobsError::Invalid)?;
        if parsed.key.is_empty() {
            return Err(JobsError::Invalid("the job has no key".into()));
        }
        if parsed.network == Network::Registries && !matches!((parsed.kind, &parsed.plan), (JobKind::Prepare, Plan::Prepare(_))) {
            return Err(JobsError::Invalid(format!("a {} job may not reach the registries; prepare jobs alone may", spec.kind)));
        }
        for input in &parsed.inputs {
            let is_plain = Path::new(&input.mount).components().all(|part| !matches!(part, std::path::Component::ParentDir));
            if !is_plain || !["/job/in/", "/whet/"].iter().any(|folder| input.mount.starts_with(folder)) {
                return Err(JobsError::Invalid(format!("{} is no place for an input: /job/in/ or /whet/ is expected", input.mount)));
            }
        }
        Ok(parsed)
    }

    async fn drive(self, spec: JobSpec, job_id: String, live: Arc<Live>, controls: mpsc::Receiver<Control>) {
        let run = self.run(&spec, &job_id, &live, controls);
        let end = if spec.timing {
            tokio::pin!(run);
            tokio::select! {
                end = &mut run => end,
                () = live.abandoned(ABANDONED) => { live.cancel.cancel(); run.await }
            }
        } else {
            run.await
        };
        let end = match end {
            Ok(job) => self.record(job).await,
            Err(error) => self.record_failure(&spec, &job_id, error).await,
        };
        self.lock().remove(&spec.key);
        live.end(end);
    }

    async fn record(&self, job: proto::Job) -> Result<proto::Job, JobsError> {
        let _storing = self.storing.read().await;
        let mut transaction = self.parts.store.write().await?;
        rows::finish(&mut transaction, &job).await?;
        transaction.commit().await?;
        Ok(job)
    }

    /// A job that could not be run at all gave no answer: it is lost, and the askers are told why.
    async fn record_failure(&self, spec: &JobSpec, job_id: &str, error: JobsError) -> Result<proto::Job, JobsError> {
        tracing::error!(job = %spec.key, %error, "a job could not be run");
        let outcome = ended(JobEnd::Lost, error.to_string());
        self.record(described(spec, job_id, &outcome, Vec::new(), 0.0)).await?;
        Err(error)
    }

    async fn run(&self, spec: &JobSpec, job_id: &str, live: &Live, controls: mpsc::Receiver<Control>) -> Result<proto::Job, JobsError> {
        let since = Instant::now();
        let turn = async {
            let place = self.queue.wait(&spec.organisation, spec.timing).await;
            let lease = self.parts.lease.take(spec.timing).await.map_err(JobsError::io("taking the timing lease"))?;
            Ok::<_, JobsError>((place, lease))
        };
        let _turn = tokio::select! {
            biased;
            () = live.cancel.cancelled() => {
                let outcome = ended(JobEnd::Cancelled, "the job was cancelled before it began".into());
                return Ok(described(spec, job_id, &outcome, Vec::new(), since.elapsed().as_secs_f64()));
            }
            turn = turn => turn?,
        };
        let queued_s = since.elapsed().as_secs_f64();
        let mut transaction = self.parts.store.write().await?;
        rows::begin(&mut transaction, &spec.key, queued_s).await?;
        transaction.commit().await?;
        live.say(Update::Started(proto::Started { id: job_id.to_owned(), queued_s }));
        let (outcome, outputs) = self.run_in_sandbox(spec, live, controls).await?;
        tracing::info!(job = %spec.key, kind = spec.kind.name(), end = outcome.end.name(), wall_s = outcome.resources.wall_s, "job ended");
        Ok(described(spec, job_id, &outcome, outputs, queued_s))
    }

    async fn run_in_sandbox(
        &self,
        spec: &JobSpec,
        live: &Live,
        mut controls: mpsc::Receiver<Control>,
    ) -> Result<(JobOutcome, Vec<common::Artifact>), JobsError> {
        let inputs = self.materialise(spec).await?;
        let mut tries = 0;
        loop {
            let folder = self.folder_for_a_job()?;
            let output = folder.path().join("out");
            fs::create_dir(&output).map_err(JobsError::io("making the job's output folder"))?;
            let proxy = (spec.network == Network::Registries)
                .then(|| Proxy::start(&folder.path().join("proxy.sock"), self.parts.registries.clone()))
                .transpose()
                .map_err(JobsError::io("starting the registries proxy"))?;
            let socket = proxy.as_ref().map(|proxy| proxy.socket().to_path_buf());
            let prepared = Prepared { inputs: inputs.clone(), output: output.clone(), proxy: socket };
            let outcome = self.watch_over(spec, prepared, live, &mut controls).await?;
            if outcome.end == JobEnd::Lost && tries < RETRIES && !live.cancel.is_cancelled() {
                tries += 1;
                tracing::warn!(job = %spec.key, tries, message = %outcome.message, "a job was lost and is tried again");
                continue;
            }
            let outputs = if outcome.end == JobEnd::Succeeded { self.collect(&output).await? } else { Vec::new() };
            return Ok((outcome, outputs));
        }
    }

    /// A folder that only this process enters, removed with everything in it.
    fn folder_for_a_job(&self) -> Result<tempfile::TempDir, JobsError> {
        let make = || {
            fs::create_dir_all(&self.parts.work)?;
            tempfile::Builder::new().prefix("job-").tempdir_in(&self.parts.work)
        };
        make().map_err(JobsError::io("making the job's folder"))
    }

    async fn watch_over(
        &self,
        spec: &JobSpec,
        prepared: Prepared,
        live: &Live,
        controls: &mut mpsc::Receiver<Control>,
    ) -> Result<JobOutcome, JobsError> {
        let (records, mut said) = mpsc::channel(256);
        let (to_runner, received) = mpsc::channel(256);
        let channels = RunningJob { records, controls: received, cancel: live.cancel.clone() };
        let run = self.parts.sandbox.run(spec, prepared, channels);
        tokio::pin!(run);
        let outcome = loop {
            tokio::select! {
                biased;
                Some(record) = said.recv() => live.say(convert::record_to_proto(record)),
                // A runner that is gone takes no controls, and needs none.
                Some(control) = controls.recv() => drop(to_runner.send(control).await),
                outcome = &mut run => break outcome,
            }
        };
        while let Ok(record) = said.try_recv() {
            live.say(convert::record_to_proto(record));
        }
        Ok(outcome?)
    }

    /// Host paths of a job's inputs; trees are unpacked, and the harness is compiled.
    async fn materialise(&self, spec: &JobSpec) -> Result<Vec<(PathBuf, PathBuf)>, JobsError> {
        let (parts, inputs, toolchain) = (Arc::clone(&self.parts), spec.inputs.clone(), spec.toolchain.clone());
        let materialise = move || {
            if let Some(harnesses) = &parts.harnesses {
                harness::compile(harnesses, &toolchain);
            }
            let place = |input: &whetstone_core::job::Input| {
                let missing = || JobsError::NoArtifact(input.artifact.to_string());
                let host = if input.is_tree {
                    parts.folder.tree(&input.artifact).map_err(|error| match error.kind() {
                        io::ErrorKind::NotFound => missing(),
                        io::ErrorKind::InvalidData => JobsError::Invalid(format!("the tree for {}: {error}", input.mount)),
                        _ => JobsError::io(format!("unpacking the tree for {}", input.mount))(error),
                    })?
                } else {
                    parts.folder.find(&input.artifact).ok_or_else(missing)?
                };
                Ok((host, PathBuf::from(&input.mount)))
            };
            inputs.iter().map(place).collect()
        };
        blocking(materialise).await
    }

    /// Stores the files of a job's output by their path below it. Untrusted code may have written
    /// there: only plain files are taken, and links are never followed.
    async fn collect(&self, output: &Path) -> Result<Vec<common::Artifact>, JobsError> {
        let _storing = self.storing.read().await;
        let (parts, output) = (Arc::clone(&self.parts), output.to_path_buf());
        blocking(move || collect(&parts.folder, &output).map_err(JobsError::io("storing the job's output"))).await
    }

    /// Sends a control to a live job. One that has just ended needs none.
    ///
    /// # Errors
    /// If there is no such job.
    pub async fn control(&self, key: &str, control: Control) -> Result<(), JobsError> {
        let live = self.lock().get(key).cloned();
        match live {
            Some(live) => live.control(control).await,
            None => self.find(key).await.map(drop),
        }
    }

    /// Cancels the live jobs of a run, or the one with a key; waits until they are gone and tells how
    /// many there were.
    pub async fn cancel(&self, run: &str, key: &str) -> usize {
        let is_meant = |live: &Live| (!run.is_empty() && live.spec.run == run) || (!key.is_empty() && live.spec.key == key);
        self.cancel_those(is_meant).await
    }

    /// Cancels every live job and waits until they are gone.
    pub async fn cancel_all(&self) -> usize {
        self.cancel_those(|_| true).await
    }

    async fn cancel_those(&self, is_meant: impl Fn(&Live) -> bool) -> usize {
        let meant: Vec<Arc<Live>> = self.lock().values().filter(|live| is_meant(live)).cloned().collect();
        meant.iter().for_each(|live| live.cancel.cancel());
        for live in &meant {
            live.gone().await;
        }
        meant.len()
    }

    /// Reads the job with a key.
    ///
    /// # Errors
    /// If there is none.
    pub async fn find(&self, key: &str) -> Result<proto::Job, JobsError> {
        rows::find(self.parts.store.reader(), key).await?.ok_or_else(|| JobsError::NoJob(key.to_owned()))
    }

    /// Reads the jobs of a run.
    pub async fn list(&self, run: &str) -> Result<Vec<proto::Job>, JobsError> {
        rows::list(self.parts.store.reader(), run).await
    }

    /// Tells what the sandbox isolates.
    pub async fn describe(&self) -> SandboxReport {
        self.parts.sandbox.describe().await
    }

    /// Starts to receive an artifact.
    pub fn receive(&self) -> Result<Incoming, JobsError> {
        self.parts.folder.receive().map_err(JobsError::io("storing an artifact"))
    }

    /// Keeps a received artifact for `holder`.
    pub async fn keep(&self, incoming: Incoming, holder: &str) -> Result<(Digest, u64), JobsError> {
        let _storing = self.storing.read().await;
        let parts = Arc::clone(&self.parts);
        let (digest, size) = blocking(move || parts.folder.keep(incoming).map_err(JobsError::io("storing an artifact"))).await?;
        let mut transaction = self.parts.store.write().await?;
        rows::add_artifact(&mut transaction, digest.as_str(), size, holder).await?;
        transaction.commit().await?;
        Ok((digest, size))
    }

    /// Where an artifact lies on this machine.
    ///
    /// # Errors
    /// If it is not there.
    pub fn locate(&self, digest: &str) -> Result<PathBuf, JobsError> {
        let missing = || JobsError::NoArtifact(digest.to_owned());
        let parsed: Digest = digest.parse().map_err(|_| missing())?;
        self.parts.folder.find(&parsed).ok_or_else(missing)
    }

    /// Registers a holder of artifacts.
    pub async fn hold(&self, holder: &str, digests: &[String]) -> Result<(), JobsError> {
        let mut transaction = self.parts.store.write().await?;
        for digest in digests {
            rows::hold(&mut transaction, holder, digest).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Releases everything that a holder holds.
    pub async fn release(&self, holder: &str) -> Result<(), JobsError> {
        let mut transaction = self.parts.store.write().await?;
        rows::release(&mut transaction, holder).await?;
        Ok(transaction.commit().await?)
    }

    /// Removes what nobody holds and no live job reads; tells how many artifacts and bytes.
    pub async fn collect_garbage(&self) -> Result<(usize, u64), JobsError> {
        let _alone = self.storing.write().await;
        let reads = |live: &Arc<Live>| {
            let inputs = live.spec.inputs.iter().map(|input| input.digest.clone());
            inputs.chain([live.spec.plan_digest.clone()]).collect::<Vec<_>>()
        };
        // The writer is held until the end, so that no job begins meanwhile.
        let mut transaction = self.parts.store.write().await?;
        let in_use: Vec<String> = self.lock().values().flat_map(reads).collect();
        let unheld = rows::forget_unheld(&mut transaction, &in_use).await?;
        let (parts, removed) = (Arc::clone(&self.parts), unheld.len());
        let remove = move || {
            let digests = unheld.iter().filter_map(|digest| digest.parse().ok());
            digests.map(|digest| parts.folder.remove(&digest)).sum::<io::Result<u64>>().map_err(JobsError::io("removing artifacts"))
        };
        let freed = blocking(remove).await?;
        transaction.commit().await?;
        Ok((removed, freed))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, JobsError> + Send + 'static) -> Result<T, JobsError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| JobsError::Internal(error.to_string()))?
}

fn ended(end: JobEnd, message: String) -> JobOutcome {
    JobOutcome { end, exit: None, message, resources: Default::default() }
}

fn described(spec: &JobSpec, job_id: &str, outcome: &JobOutcome, outputs: Vec<common::Artifact>, queued_s: f64) -> proto::Job {
    proto::Job {
        id: job_id.to_owned(),
        key: spec.key.clone(),
        kind: spec.kind.name().to_owned(),
        run: spec.run.clone(),
        state: outcome.end.name().to_owned(),
        exit: outcome.exit.unwrap_or(-1),
        message: outcome.message.clone(),
        resources: Some(convert::resources_to_proto(&outcome.resources)),
        outputs,
        queued_s,
        recorded: false,
    }
}

fn collect(folder: &Folder, output: &Path) -> io::Result<Vec<common::Artifact>> {
    let mut found = Vec::new();
    let mut pending = vec![output.to_path_buf()];
    while let Some(current) = pending.pop() {
        for entry in fs::read_dir(&current)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                pending.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let name = path.strip_prefix(output).map_err(io::Error::other)?.to_string_lossy().into_owned();
                let (digest, size) = folder.store(File::open(&path)?)?;
                found.push(common::Artifact { is_tree: rows::is_tree(&name), name, digest: digest.into(), size });
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}
