//! The report: everything that is known of the run, handed to the reporting role.

use whetstone_core::{Role, event::Stage};
use whetstone_proto::{
    optimization::v1::ListModelCallsRequest,
    reporting::v1::{BuildReportRequest, BuildReportResponse},
    repository::v1::{RunKind, source::From},
};

use super::{confirm::Confirmed, drive::Drive, flow::Found, halt::Halt, without_candidate};
use crate::{
    ledger,
    runs::{Ending, OUT_OF_TIME},
};

/// Builds the report and ends the run.
pub async fn build(drive: &Drive, found: Found, confirmed: Confirmed) -> Result<Ending, Halt> {
    let optimizations = u32::try_from(confirmed.accepted()).unwrap_or(u32::MAX);
    let body = async {
        let request = request(drive, found, confirmed).await?;
        let call = async |context| {
            let request = BuildReportRequest { context: Some(context), ..request.clone() };
            drive.peers().reporting().build_report(request).await
        };
        let report: BuildReportResponse = drive.remote(Role::Reporting, "report", call, |_| Vec::new()).await?;
        for note in &report.notes {
            drive.note("info", note).await?;
        }
        let names: Vec<&str> = report.outputs.iter().map(|artifact| artifact.name.as_str()).collect();
        let summary = names.join(", ");
        Ok((report, summary))
    };
    // What is known already is always written down, whatever the run's limits say.
    let report = drive.stage(Stage::Report, drive.unlimited(body)).await?;
    Ok(Ending { state: "succeeded", failure: None, optimizations, report })
}

/// Ends a run whose time was used up before anything could be compared: with a report of what is known by then.
pub async fn early(drive: &Drive) -> Ending {
    let failure = drive.out_of_time();
    let body = async {
        let confirmed = Confirmed { notes: vec![failure.message.clone()], ..Confirmed::default() };
        let request = request(drive, drive.known(), confirmed).await?;
        let call = async |context| {
            let request = BuildReportRequest { context: Some(context), ..request };
            drive.peers().reporting().build_report(request).await
        };
        // A later drive of the run makes another report.
        let name = format!("report/early-{}", drive.fence());
        drive.remote::<BuildReportResponse, _>(Role::Reporting, &name, call, |_| Vec::new()).await
    };
    let report = drive.unlimited(body).await.unwrap_or_else(|halt| {
        tracing::warn!(run = %drive.run, ?halt, "no report of a run that ran out of time");
        BuildReportResponse::default()
    });
    Ending { state: OUT_OF_TIME, failure: Some(failure.into()), optimizations: 0, report }
}

async fn request(drive: &Drive, found: Found, confirmed: Confirmed) -> Result<BuildReportRequest, Halt> {
    let calls = drive.peers().optimization().list_model_calls(ListModelCallsRequest { run: drive.run.clone() }).await;
    let model_calls = calls.map(|calls| calls.into_inner().calls).unwrap_or_default();
    let without_candidate =
        if drive.judges() { without_candidate::all(drive, &found, &confirmed, !model_calls.is_empty()) } else { Vec::new() };
    let Confirmed { candidates, comparisons, programs, workload_effect, notes, .. } = confirmed;
    Ok(BuildReportRequest {
        context: None,
        run: Some(drive.shown().await?),
        prepared: Some(found.prepared),
        analysis: Some(found.analysis),
        tests: Some(found.tests),
        baselines: found.baselines,
        candidates,
        comparisons,
        programs,
        workload_effect,
        costs: ledger::list(&drive.driver.store, &drive.run).await?,
        notes,
        model_calls,
        folder: folder(drive),
        verified_bundle: drive.request.bundle.clone(),
        without_candidate,
    })
}

/// The local repository that gets a branch: for an optimization always, for a judgement if asked.
fn folder(drive: &Drive) -> String {
    let options = drive.options();
    let wanted = match drive.kind() {
        RunKind::Optimize | RunKind::Unspecified => true,
        RunKind::Judge => options.apply || !options.branch.is_empty(),
        RunKind::Analyze | RunKind::Compare | RunKind::Verify => false,
    };
    match drive.request.source.as_ref().and_then(|source| source.from.as_ref()) {
        Some(From::Folder(folder)) if wanted => folder.clone(),
        _ => String::new(),
    }
}
