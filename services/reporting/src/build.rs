//! Building a report: every form of it, the branch, and the bundle.

use std::path::Path;

use chrono::{DateTime, Utc};
use prost::Message as _;
use whetstone_codehost::BranchName;
use whetstone_core::profile::CallTree;
use whetstone_proto::{
    common::v1::{Artifact, RunOptions},
    reporting::v1::{BuildReportRequest, BuildReportResponse},
};
use whetstone_runtime::{Artifacts, Peers, StageHandle};
use whetstone_store::Store;

use crate::{
    Config, Error, bundle,
    changes::{self, Originals, Step},
    charts::Flame,
    document, html, markdown, reports,
    view::View,
};

/// The JSON document of a run, without branch and files. Equal evidence gives equal bytes.
///
/// # Errors
/// If it can't be written as JSON.
pub fn document_of(request: &BuildReportRequest) -> Result<Vec<u8>, Error> {
    json(&document::write(&View::of(request), "", &[]))
}

/// What building needs besides the request.
pub struct Builder {
    pub config: Config,
    pub peers: Peers,
    pub store: Store,
}

/// What is done to the repository, and what people should know of it.
#[derive(Default)]
struct Landed {
    branch: String,
    commits: u32,
    notes: Vec<String>,
}

impl Builder {
    /// Builds every output of a run and stores it as the run's report.
    pub async fn run(&self, mut request: BuildReportRequest, handle: StageHandle) -> Result<BuildReportResponse, Error> {
        let run = request.run.as_ref().ok_or(Error::Missing("run"))?.id.clone();
        let tree = request.prepared.as_ref().and_then(|prepared| prepared.tree.clone());
        let artifacts = self.peers.artifacts();
        let archive = match &tree {
            Some(tree) => artifacts.get_bytes(tree).await?,
            None => Default::default(),
        };
        let view = View::of(&request);
        let originals = if archive.is_empty() { Originals::new() } else { changes::originals(&archive, &view)? };
        let steps = changes::steps(&view, &originals)?;
        handle.progress("branch", 0, 3, "").await;
        let mut landed = self.land(&request, &steps, &originals).await?;
        if view.optimizations().count() > steps.len() {
            landed.notes.push("where several candidates of one target are accepted, the branch and the patch hold the fastest".into());
        }
        request.notes.extend(landed.notes.iter().cloned());
        let view = View::of(&request);
        handle.progress("report", 1, 3, "").await;
        let flame = self.flame(&artifacts, &request).await;
        let patch = whetstone_codehost::patch(&changes::total(&steps, &originals));
        let holder = format!("run/{run}");
        let mut outputs = Vec::new();
        let mut put = async |name: &str, bytes: Vec<u8>| -> Result<(), Error> {
            outputs.push(artifacts.put_bytes(name, bytes, &holder).await?);
            Ok(())
        };
        put("report.html", html::write(&view, &landed.branch, flame.as_ref()).into_bytes()).await?;
        put("report.md", markdown::write(&view).into_bytes()).await?;
        put("changes.patch", patch.clone().into_bytes()).await?;
        handle.progress("bundle", 2, 3, "").await;
        let bundle = self.bundle(&artifacts, &request, &archive, &patch).await?;
        put("evidence.whet", bundle).await?;
        let document = document::write(&view, &landed.branch, &outputs);
        outputs.push(artifacts.put_bytes("report.json", json(&document)?, &holder).await?);
        reports::save(&self.store, &run, &landed.branch, landed.commits, &outputs).await?;
        Ok(BuildReportResponse { outputs, branch: landed.branch, commits: landed.commits, notes: landed.notes })
    }

    /// Puts the steps on a branch and, if asked, into the working tree. A repository that can't take them
    /// loses nothing: the patch stays.
    async fn land(&self, request: &BuildReportRequest, steps: &[Step], originals: &Originals) -> Result<Landed, Error> {
        let mut landed = Landed::default();
        if steps.is_empty() || request.folder.is_empty() {
            return Ok(landed);
        }
        let folder = Path::new(&request.folder);
        let run = request.run.clone().unwrap_or_default();
        let commit = run.snapshot.clone().unwrap_or_default().commit;
        let options = request.context.as_ref().and_then(|context| context.options.clone()).unwrap_or_default();
        let started = DateTime::parse_from_rfc3339(&run.created_at).map_or_else(|_| Utc::now(), |at| at.to_utc());
        if commit.is_empty() {
            landed.notes.push("the source is no git repository with a commit: no branch, the patch holds the changes".into());
        } else {
            let name = self.branch_name(&options, started, &commit);
            match changes::commit(folder, &commit, &name, steps, started.timestamp()).await {
                Ok(branch) => {
                    landed.commits = branch.commits.len() as u32;
                    landed.branch = branch.name;
                }
                Err(error) => landed.notes.push(format!("no branch was made: {error}; the patch holds the changes")),
            }
        }
        if options.apply {
            match whetstone_codehost::apply(folder, &changes::total(steps, originals)) {
                Ok(()) => landed.notes.push("the changes are in the working tree".into()),
                Err(error) => landed.notes.push(format!("not applied: {error}; the patch holds the changes")),
            }
        }
        Ok(landed)
    }

    fn branch_name(&self, options: &RunOptions, started: DateTime<Utc>, commit: &str) -> BranchName {
        if !options.branch.is_empty() {
            return BranchName::Exactly(options.branch.clone());
        }
        let short: String = commit.chars().take(7).collect();
        BranchName::Free(format!("{}{}-{short}", self.config.branch_prefix, started.format("%Y-%m-%d")))
    }

    async fn flame(&self, artifacts: &Artifacts, request: &BuildReportRequest) -> Option<Flame> {
        let analysis = request.analysis.as_ref()?;
        let tree: CallTree = artifacts.get_json(analysis.profile.as_ref()?).await.ok()?;
        let targets: Vec<&str> = analysis.targets.iter().map(|target| target.name.as_str()).collect();
        Some(flame_of(&tree, &targets))
    }

    async fn bundle(&self, artifacts: &Artifacts, request: &BuildReportRequest, archive: &[u8], patch: &str) -> Result<Vec<u8>, Error> {
        let view = View::of(request);
        let mut files = bundle::Files::from([
            ("evidence.pb".to_owned(), request.encode_to_vec()),
            ("report.json".to_owned(), json(&document::write(&view, "", &[]))?),
            ("changes.patch".to_owned(), patch.as_bytes().to_vec()),
            ("tree.tar".to_owned(), archive.to_vec()),
        ]);
        for (number, cases) in request.tests.iter().flat_map(|tests| &tests.targets).enumerate() {
            for (kind, part) in [("recorded", &cases.recorded), ("generated", &cases.generated)] {
                if let Some(part) = part {
                    files.insert(format!("cases/{number}-{kind}.bin"), artifacts.get_bytes(part).await?.to_vec());
                }
            }
        }
        for comparison in &request.comparisons {
            if let Some(samples) = &comparison.samples {
                files.insert(format!("samples/{}.json", comparison.candidate), artifacts.get_bytes(samples).await?.to_vec());
            }
        }
        bundle::write(request.run.as_ref().map_or("", |run| run.id.as_str()), &files)
    }

    /// Reads a bundle back: its parts become artifacts again.
    pub async fn open(&self, bundle: &Artifact) -> Result<(BuildReportRequest, Artifact), Error> {
        let artifacts = self.peers.artifacts();
        let bytes = artifacts.get_bytes(bundle).await?;
        let files = bundle::read(&bytes, self.config.largest_bundle)?;
        let part = |name: &str| files.get(name).ok_or_else(|| Error::NotABundle(format!("{name} is missing")));
        let mut request = BuildReportRequest::decode(part("evidence.pb")?.as_slice())
            .map_err(|error| Error::NotABundle(format!("evidence.pb can't be read: {error}")))?;
        let holder = format!("bundle/{}", bundle.digest);
        for (number, cases) in request.tests.iter_mut().flat_map(|tests| &mut tests.targets).enumerate() {
            for (kind, slot) in [("recorded", &mut cases.recorded), ("generated", &mut cases.generated)] {
                if slot.is_some() {
                    let bytes = part(&format!("cases/{number}-{kind}.bin"))?.clone();
                    *slot = Some(artifacts.put_bytes("cases.bin", bytes, &holder).await?);
                }
            }
        }
        let tree = artifacts.put_tree("tree.tar", part("tree.tar")?.clone(), &holder).await?;
        Ok((request, tree))
    }
}

fn json(document: &whetstone_core::document::Document) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(document).map_err(|error| Error::Internal(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The profile's call tree as a flame, with the targets marked.
fn flame_of(tree: &CallTree, targets: &[&str]) -> Flame {
    Flame {
        name: tree.name.clone(),
        seconds: tree.seconds,
        is_target: targets.contains(&tree.name.as_str()),
        children: tree.children.iter().map(|child| flame_of(child, targets)).collect(),
    }
}
