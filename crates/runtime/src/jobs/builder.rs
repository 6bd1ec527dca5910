//! Builds a job from a stage's context, runs it, and hands on what its runner says.

use tokio::sync::mpsc;
use tonic::Status;
use whetstone_core::{
    Digest,
    job::{Input, JobKind, Limits, Network, Toolchain},
    plan::{CASES_INPUT, ENVIRONMENT, OVERLAY_INPUT, Plan, SOLVER, Start, TOOLS, TREE_INPUT},
    record::Record,
};
use whetstone_proto::{
    common::v1::{Artifact, Prepared, StageContext},
    jobs::v1::{ControlJobRequest, JobSpec, RunJobRequest, run_job_response::Update},
};

use super::{FinishedJob, convert};
use crate::{Peers, failure::Failure};

/// Puts a job together. Its key is `<request id>/<purpose>`, so a purpose names one job of a stage.
#[derive(Clone, Debug)]
pub struct JobBuilder {
    context: StageContext,
    prepared: Prepared,
    kind: JobKind,
    purpose: String,
    plan: Option<Plan>,
    inputs: Vec<Input>,
    limits: Limits,
    network: Network,
    timing: bool,
}

/// Steers a timing plan while it runs. Calls are queued and never wait.
#[derive(Clone, Debug)]
pub struct JobControl {
    queue: mpsc::UnboundedSender<Vec<String>>,
}

impl JobControl {
    /// Asks for one more block of each named series. No names would mean the end: nothing is asked then.
    pub fn continue_series(&self, series: Vec<String>) {
        if !series.is_empty() {
            let _ = self.queue.send(series);
        }
    }

    /// Ends the plan; the runner writes its result.
    pub fn finish(&self) {
        let _ = self.queue.send(Vec::new());
    }
}

/// How a side's interpreter is started in the environment that `prepared` made.
///
/// Variables without `=` are left out.
pub fn start_of(prepared: &Prepared) -> Start {
    let variables = prepared.variables.iter().filter_map(|pair| pair.split_once('='));
    Start {
        language: prepared.toolchain.as_ref().map(|toolchain| toolchain.language.clone()).unwrap_or_default(),
        interpreter: format!("{ENVIRONMENT}/bin/python"),
        source_roots: prepared.source_roots.clone(),
        variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}

impl JobBuilder {
    /// Starts with the tree, overlay, environment, tools and solver of `prepared` as inputs, standard
    /// limits and no network.
    pub fn new(context: &StageContext, prepared: &Prepared, kind: JobKind, purpose: &str) -> Self {
        Self {
            context: context.clone(),
            prepared: prepared.clone(),
            kind,
            purpose: purpose.to_owned(),
            plan: None,
            inputs: Vec::new(),
            limits: Limits::standard(),
            network: Network::None,
            timing: false,
        }
    }

    /// What the runner is to do; required.
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan = Some(plan);
        self
    }

    /// Adds an input.
    pub fn input(mut self, input: Input) -> Self {
        self.inputs.push(input);
        self
    }

    /// Adds a file of cases at [`CASES_INPUT`].
    pub fn cases(self, cases: &Artifact) -> Self {
        self.artifact(cases, CASES_INPUT)
    }

    /// Adds an artifact at an absolute path of the job. One without a digest adds nothing.
    pub fn artifact(mut self, artifact: &Artifact, mount: &str) -> Self {
        if let Ok(digest) = artifact.digest.parse::<Digest>() {
            self.inputs.push(Input { artifact: digest, is_tree: artifact.is_tree, mount: mount.to_owned() });
        }
        self
    }

    /// Replaces the standard limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets the job reach the package registries; the jobs role grants it to prepare jobs alone.
    pub fn registries(mut self) -> Self {
        self.network = Network::Registries;
        self
    }

    /// Holds the timing lease for the job's life.
    pub fn timing(mut self) -> Self {
        self.timing = true;
        self
    }

    /// The idempotency key.
    pub fn key(&self) -> String {
        format!("{}/{}", self.context.request_id, self.purpose)
    }

    /// Uploads the plan, runs the job or attaches to the one with its key, and hands each record
    /// to `on_record` until the job has ended.
    ///
    /// # Errors
    /// Only where the job could not be run at all; see [`FinishedJob`] for how it ended.
    pub async fn run(self, peers: &Peers, mut on_record: impl FnMut(Record, &JobControl)) -> Result<FinishedJob, Status> {
        let (kind, purpose) = (self.kind, self.purpose.clone());
        let spec = self.spec(peers).await?;
        let key = spec.key.clone();
        let mut updates = peers.jobs().run_job(RunJobRequest { spec: Some(spec) }).await?.into_inner();
        let control = steer(peers.clone(), key);
        while let Some(message) = updates.message().await? {
            match message.update {
                Some(Update::Finished(job)) => return FinishedJob::of(job, kind, purpose),
                Some(update) => {
                    if let Some(record) = convert::record(update) {
                        on_record(record, &control);
                    }
                }
                None => {}
            }
        }
        Err(Failure::internal(format!("the {} job `{purpose}` broke off without telling its end", kind.name())).into())
    }

    async fn spec(mut self, peers: &Peers) -> Result<JobSpec, Status> {
        let key = self.key();
        let plan = self.plan.take().ok_or_else(|| Status::from(Failure::internal(format!("the job {key} has no plan"))))?;
        let plan = serde_json::to_vec(&plan).map_err(|error| Failure::internal(format!("the plan of {key} can't be written: {error}")))?;
        let holder = format!("run/{}", self.context.run);
        let plan = peers.artifacts().put_bytes("plan.json", plan, &holder).await?;
        let prepared = self.prepared.clone();
        let mounts = [
            (prepared.tree, TREE_INPUT),
            (prepared.overlay, OVERLAY_INPUT),
            (prepared.environment, ENVIRONMENT),
            (prepared.tools, TOOLS),
            (prepared.solver, SOLVER),
        ];
        for (artifact, mount) in mounts {
            let taken = self.inputs.iter().any(|input| input.mount == mount);
            if let (Some(artifact), false) = (artifact, taken) {
                self = self.artifact(&artifact, mount);
            }
        }
        let toolchain = prepared.toolchain.map(convert::toolchain).unwrap_or(Toolchain {
            language: String::new(),
            version: String::new(),
            executable: String::new(),
            roots: Vec::new(),
            image: String::new(),
        });
        Ok(JobSpec {
            key,
            kind: self.kind.name().to_owned(),
            organisation: self.context.organisation,
            repository: self.context.repository,
            run: self.context.run,
            toolchain: Some(convert::toolchain_to_proto(toolchain)),
            inputs: self.inputs.into_iter().map(convert::input_to_proto).collect(),
            plan_digest: plan.digest,
            limits: Some(convert::limits_to_proto(&self.limits)),
            network: convert::network_name(self.network).to_owned(),
            timing: self.timing,
            fence: self.context.fence,
        })
    }
}

fn steer(peers: Peers, key: String) -> JobControl {
    let (queue, mut controls) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(continue_series) = controls.recv().await {
            let request = ControlJobRequest { key: key.clone(), continue_series };
            if let Err(status) = peers.jobs().control_job(request).await {
                tracing::warn!(job = %key, %status, "a job can't be steered");
            }
        }
    });
    JobControl { queue }
}
