//! The generated trait: parse, call, convert.

use std::{pin::Pin, sync::Arc};

use futures::Stream;
use tokio::sync::{broadcast::error::RecvError, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use whetstone_bus::Settings;
use whetstone_proto::{
    common::v1::{Prepared, StageProgress},
    repository::v1::{
        AppendEventsRequest, AppendEventsResponse, CancelRunRequest, CancelRunResponse, GetRunDocumentRequest, GetRunDocumentResponse,
        GetRunRequest, GetRunResponse, ListCostsRequest, ListCostsResponse, ListEventsRequest, ListEventsResponse, ListRunsRequest,
        ListRunsResponse, OpenSourceRequest, OpenSourceResponse, ReportProgressRequest, ReportProgressResponse, ReserveRequest,
        ReserveResponse, ResumeRunRequest, ResumeRunResponse, RunKind, SettleRequest, SettleResponse, StartRunRequest, StartRunResponse,
        WatchEventsRequest, WatchEventsResponse, repository_service_server::RepositoryService, watch_events_response::Update,
    },
};
use whetstone_runtime::Reported;

use crate::{
    driver::{self, Driver},
    error::RepositoryError,
    events, ledger, runs, sources, steps,
};

const PAGE: u32 = 500;

/// Serves the role.
pub struct Service {
    driver: Arc<Driver>,
}

impl Service {
    pub fn new(driver: Arc<Driver>) -> Self {
        Self { driver }
    }
}

fn refused(error: RepositoryError) -> Status {
    error.status()
}

fn page(asked: i32) -> u32 {
    if asked > 0 { asked.unsigned_abs().min(PAGE) } else { 100 }
}

#[tonic::async_trait]
impl RepositoryService for Service {
    type WatchEventsStream = Pin<Box<dyn Stream<Item = Result<WatchEventsResponse, Status>> + Send>>;

    async fn open_source(&self, request: Request<OpenSourceRequest>) -> Result<Response<OpenSourceResponse>, Status> {
        let OpenSourceRequest { source, organisation } = request.into_inner();
        let source = source.ok_or_else(|| refused(RepositoryError::Incomplete("the request names no source")))?;
        let organisation = if organisation.is_empty() { "local".to_owned() } else { organisation };
        let Driver { config, store, deps, .. } = &*self.driver;
        let (artifacts, work, holder) = (deps.peers.artifacts(), self.driver.work_folder(), "snapshots");
        let snapshot = sources::open(&source, config, store, &artifacts, &work, &organisation, holder).await?;
        Ok(Response::new(OpenSourceResponse { snapshot: Some(snapshot) }))
    }

    async fn start_run(&self, request: Request<StartRunRequest>) -> Result<Response<StartRunResponse>, Status> {
        let request = request.into_inner();
        if request.request_id.is_empty() || request.kind() == RunKind::Unspecified {
            return Err(refused(RepositoryError::Incomplete("a run needs a request id and a kind")));
        }
        if request.kind() != RunKind::Verify && request.source.as_ref().is_none_or(|source| source.from.is_none()) {
            return Err(refused(RepositoryError::Incomplete("a run needs a source")));
        }
        let run = self.driver.start(&request).await.map_err(refused)?;
        Ok(Response::new(StartRunResponse { run: Some(run) }))
    }

    async fn get_run(&self, request: Request<GetRunRequest>) -> Result<Response<GetRunResponse>, Status> {
        let run = runs::get(&self.driver.store, &request.into_inner().run).await.map_err(refused)?;
        Ok(Response::new(GetRunResponse { run: Some(run) }))
    }

    async fn list_runs(&self, request: Request<ListRunsRequest>) -> Result<Response<ListRunsResponse>, Status> {
        let request = request.into_inner();
        let size = page(request.page_size);
        let runs = runs::list(&self.driver.store, &request.page_token, size).await.map_err(refused)?;
        let next_page_token = runs.last().filter(|_| runs.len() == size as usize).map(|run| run.id.clone()).unwrap_or_default();
        Ok(Response::new(ListRunsResponse { runs, next_page_token }))
    }

    async fn cancel_run(&self, request: Request<CancelRunRequest>) -> Result<Response<CancelRunResponse>, Status> {
        let run = self.driver.cancel(&request.into_inner().run).await.map_err(refused)?;
        Ok(Response::new(CancelRunResponse { run: Some(run) }))
    }

    async fn resume_run(&self, request: Request<ResumeRunRequest>) -> Result<Response<ResumeRunResponse>, Status> {
        let run = self.driver.resume(&request.into_inner().run).await.map_err(refused)?;
        Ok(Response::new(ResumeRunResponse { run: Some(run) }))
    }

    async fn list_events(&self, request: Request<ListEventsRequest>) -> Result<Response<ListEventsResponse>, Status> {
        let request = request.into_inner();
        let events = self.driver.events.list(&request.run, request.after, page(request.page_size)).await.map_err(refused)?;
        Ok(Response::new(ListEventsResponse { events }))
    }

    async fn watch_events(&self, request: Request<WatchEventsRequest>) -> Result<Response<Self::WatchEventsStream>, Status> {
        let WatchEventsRequest { run, after } = request.into_inner();
        runs::get(&self.driver.store, &run).await.map_err(refused)?;
        let (sender, receiver) = mpsc::channel(64);
        tokio::spawn(watch(self.driver.clone(), run, after, sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn append_events(&self, request: Request<AppendEventsRequest>) -> Result<Response<AppendEventsResponse>, Status> {
        self.driver.events.take_in(request.into_inner().events).await.map_err(refused)?;
        Ok(Response::new(AppendEventsResponse {}))
    }

    async fn report_progress(&self, request: Request<ReportProgressRequest>) -> Result<Response<ReportProgressResponse>, Status> {
        let ReportProgressRequest { run, progress } = request.into_inner();
        if let Some(progress) = progress {
            self.driver.events.tell_progress(&run, progress);
        }
        Ok(Response::new(ReportProgressResponse {}))
    }

    async fn reserve(&self, request: Request<ReserveRequest>) -> Result<Response<ReserveResponse>, Status> {
        let ReserveRequest { context, reservation, microusd } = request.into_inner();
        let context = context.unwrap_or_default();
        let stored = runs::load(&self.driver.store, &context.run).await.map_err(refused)?;
        if context.fence < stored.fence {
            return Err(refused(RepositoryError::Fenced(context.run)));
        }
        let limit = stored.options.max_cost_microusd;
        let reserved = ledger::reserve(&self.driver.store, &context.run, limit, &reservation, microusd).await.map_err(refused)?;
        Ok(Response::new(ReserveResponse { granted: reserved.granted, remaining_microusd: reserved.remaining }))
    }

    async fn settle(&self, request: Request<SettleRequest>) -> Result<Response<SettleResponse>, Status> {
        let SettleRequest { context, reservation, costs, release } = request.into_inner();
        let run = context.unwrap_or_default().run;
        runs::load(&self.driver.store, &run).await.map_err(refused)?;
        ledger::settle(&self.driver.store, &run, &reservation, &costs, release).await.map_err(refused)?;
        Ok(Response::new(SettleResponse {}))
    }

    async fn list_costs(&self, request: Request<ListCostsRequest>) -> Result<Response<ListCostsResponse>, Status> {
        let costs = ledger::list(&self.driver.store, &request.into_inner().run).await.map_err(refused)?;
        Ok(Response::new(ListCostsResponse { costs }))
    }

    async fn get_run_document(&self, request: Request<GetRunDocumentRequest>) -> Result<Response<GetRunDocumentResponse>, Status> {
        let id = request.into_inner().run;
        let store = &self.driver.store;
        let run = runs::get(store, &id).await.map_err(refused)?;
        let stored = runs::load(store, &id).await.map_err(refused)?;
        let context = whetstone_proto::common::v1::StageContext {
            run: id.clone(),
            fence: stored.fence,
            seed: stored.seed,
            organisation: stored.organisation,
            repository: stored.repository,
            options: Some(stored.options.clone()),
            request_id: String::new(),
        };
        let prepared: Option<Prepared> = steps::find(store, &id, driver::PREPARED).await.map_err(refused)?;
        Ok(Response::new(GetRunDocumentResponse { run: Some(run), options: Some(stored.options), prepared, context: Some(context) }))
    }
}

/// Sends a run's events above `after` as they come, progress between them, until the run rests.
async fn watch(driver: Arc<Driver>, run: String, mut after: u64, sender: mpsc::Sender<Result<WatchEventsResponse, Status>>) {
    // Subscribed before the first read, so that nothing falls between reading and waiting.
    let mut progress = driver.events.progress();
    let group = format!("watch-{}", whetstone_core::id::fresh());
    let mut changes = driver.events.bus().subscribe(events::TOPIC, &group, Settings::default());
    loop {
        let state = runs::get(&driver.store, &run).await.map(|run| run.state);
        let listed = driver.events.list(&run, after, PAGE).await;
        let (state, listed) = match (state, listed) {
            (Ok(state), Ok(listed)) => (state, listed),
            (Err(error), _) | (_, Err(error)) => {
                let _ = sender.send(Err(error.status())).await;
                return;
            }
        };
        let is_last = listed.is_empty();
        for event in listed {
            after = event.number;
            if sender.send(Ok(WatchEventsResponse { update: Some(Update::Event(event)) })).await.is_err() {
                return;
            }
        }
        if !is_last {
            continue;
        }
        // The state was read before the events: a run at rest then has told its last.
        if runs::is_at_rest(&state) {
            return;
        }
        tokio::select! {
            change = changes.next() => change.acknowledge(),
            told = next_progress(&mut progress, &run) => {
                let update = WatchEventsResponse { update: Some(Update::Progress(told)) };
                if sender.send(Ok(update)).await.is_err() {
                    return;
                }
            }
            () = sender.closed() => return,
        }
    }
}

async fn next_progress(progress: &mut tokio::sync::broadcast::Receiver<(String, StageProgress)>, run: &str) -> StageProgress {
    loop {
        match progress.recv().await {
            Ok((of, told)) if of == run => return told,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
