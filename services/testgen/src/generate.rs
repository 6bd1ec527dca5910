//! The stage: record and establish; and, beside what follows, emit.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use whetstone_core::TargetSite;
use whetstone_proto::{
    common::v1::{Skipped, Target},
    testgen::v1::{EmitTestsRequest, EmitTestsResponse, GenerateTestsRequest, GenerateTestsResponse},
};
use whetstone_runtime::{Peers, StageHandle};
use whetstone_store::Store;

use crate::{
    Config, Error, cases,
    emit::Emitter,
    establish::Establishing,
    record::{Recorded, Recorder},
};

/// What the stage works with.
pub struct Stage {
    pub config: Config,
    pub peers: Peers,
    pub store: Store,
}

impl Stage {
    /// Pins down every target of the request.
    pub async fn run(&self, request: GenerateTestsRequest, handle: StageHandle) -> Result<GenerateTestsResponse, Error> {
        let context = request.context.ok_or(Error::Missing("context"))?;
        let prepared = request.prepared.ok_or(Error::Missing("prepared"))?;
        let until = (request.seconds > 0.0).then(|| Instant::now() + Duration::from_secs_f64(request.seconds));
        let sites = request.targets.iter().map(site).collect::<Result<Vec<_>, _>>()?;
        if sites.is_empty() {
            return Ok(GenerateTestsResponse { recording_overhead: 1.0, ..Default::default() });
        }
        let recorder = Recorder { config: &self.config, peers: &self.peers, context: &context, prepared: &prepared, sites: &sites };
        let recording = recorder.run(&handle).await?;
        let mut response = GenerateTestsResponse { recording_overhead: recording.overhead, costs: recording.costs, ..Default::default() };
        let establishing = Establishing { config: &self.config, peers: &self.peers, context: &context, prepared: &prepared };
        establish_all(&establishing, &sites, &recording.targets, until, &handle, &mut response).await?;
        cases::save(&self.store, &context.run, &response.targets).await?;
        Ok(response)
    }

    /// Writes the test files of targets that are pinned down.
    pub async fn emit(&self, request: EmitTestsRequest, handle: StageHandle) -> Result<EmitTestsResponse, Error> {
        let context = request.context.ok_or(Error::Missing("context"))?;
        let prepared = request.prepared.ok_or(Error::Missing("prepared"))?;
        let sites = request.targets.iter().map(site).collect::<Result<Vec<_>, _>>()?;
        let mut targets = request.cases;
        let emitter = Emitter { config: &self.config, peers: &self.peers, context: &context, prepared: &prepared };
        let costs = emitter.run(&sites, &mut targets, &handle).await?;
        cases::save(&self.store, &context.run, &targets).await?;
        Ok(EmitTestsResponse { targets, costs })
    }
}

/// Targets that are pinned down side by side.
const AT_ONCE: usize = 2;

/// Pins targets down in their order, which is that of their weight, until the time is used up.
async fn establish_all(
    establishing: &Establishing<'_>,
    sites: &[TargetSite],
    recorded: &[Recorded],
    until: Option<Instant>,
    handle: &StageHandle,
    response: &mut GenerateTestsResponse,
) -> Result<(), Error> {
    let mut recordings: Vec<(&TargetSite, &Recorded)> = Vec::with_capacity(sites.len());
    for (site, recorded) in sites.iter().zip(recorded) {
        match why_skipped(recorded) {
            Some(reason) => {
                handle.note("info", format!("{} is left out: {reason}", site.name)).await?;
                response.skipped.push(Skipped { name: site.name.to_string(), reason });
            }
            None => recordings.push((site, recorded)),
        }
    }
    let total = sites.len() as u64;
    for side_by_side in recordings.chunks(AT_ONCE) {
        if !response.targets.is_empty() && until.is_some_and(|until| Instant::now() >= until) {
            let reason = "--max-time leaves no time for its cases; --target takes it alone".to_owned();
            response.skipped.extend(side_by_side.iter().map(|(site, _)| Skipped { name: site.name.to_string(), reason: reason.clone() }));
            continue;
        }
        handle.progress("generate", response.targets.len() as u64, total, &side_by_side[0].0.name.to_string()).await;
        let running = side_by_side.iter().map(|(site, recorded)| establishing.run(site, recorded, handle));
        for (known, costs) in try_join_all(running).await? {
            response.targets.push(known);
            response.costs.extend(costs);
        }
    }
    Ok(())
}

/// Why nothing can be said of a target; `None` if there are cases.
fn why_skipped(recorded: &Recorded) -> Option<String> {
    if !recorded.cases.is_empty() {
        return None;
    }
    if !recorded.was_seen {
        return Some("no process of the workload loaded it from source, so none of its calls could be recorded".into());
    }
    if recorded.calls == 0 {
        return Some("the workload does not call it, or other code under its name (of a decorator or an import hook)".into());
    }
    let most = recorded.dropped.iter().max_by_key(|(_, count)| **count);
    let reason = most.map_or(String::new(), |(reason, _)| format!(": {reason}"));
    Some(format!("none of its {} calls could be captured{reason}", recorded.calls))
}

fn site(target: &Target) -> Result<TargetSite, Error> {
    let name = target.name.parse().map_err(Error::Target)?;
    Ok(TargetSite { name, file: target.file.clone(), line: target.line, end_line: target.end_line })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_target_without_cases_is_skipped_with_the_reason() {
        let unseen = Recorded::default();
        assert!(why_skipped(&unseen).is_some_and(|reason| reason.contains("loaded")));
        let uncalled = Recorded { was_seen: true, ..Default::default() };
        assert!(why_skipped(&uncalled).is_some_and(|reason| reason.contains("does not call")));
        let dropped = BTreeMap::from([("too large".to_owned(), 4), ("late".to_owned(), 1)]);
        let lost = Recorded { was_seen: true, calls: 5, dropped, ..Default::default() };
        assert_eq!(why_skipped(&lost), Some("none of its 5 calls could be captured: too large".into()));
    }

    #[test]
    fn a_target_needs_a_name_with_a_module() {
        let target = Target { name: "no-colon".into(), ..Default::default() };
        assert!(matches!(site(&target), Err(Error::Target(_))));
    }
}
