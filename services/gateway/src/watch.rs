//! Watching a run: its events from a number on, without gap or repetition, whatever breaks in between.

use std::{pin::Pin, time::Duration};

use futures::Stream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use whetstone_proto::{
    gateway::v1::WatchRunResponse,
    repository::v1::{ListEventsRequest, WatchEventsRequest, WatchEventsResponse, event::Fact, watch_events_response::Update},
};
use whetstone_runtime::Peers;

/// How often a broken stream is taken up again before its error is passed on.
const MOST_BREAKS: u32 = 10;
const PAGE: i32 = 500;

pub(crate) type Watching = Pin<Box<dyn Stream<Item = Result<WatchRunResponse, Status>> + Send>>;

/// Follows a run from the event after `after` to its end.
pub(crate) fn watch(peers: Peers, run: String, after: u64) -> Watching {
    let (sender, receiver) = mpsc::channel(64);
    let watcher = Watcher { peers, run, last: after, ended: false, sender };
    tokio::spawn(watcher.follow());
    Box::pin(ReceiverStream::new(receiver))
}

struct Watcher {
    peers: Peers,
    run: String,
    /// Number of the last event that was passed on.
    last: u64,
    /// Whether that event was the run's end.
    ended: bool,
    sender: mpsc::Sender<Result<WatchRunResponse, Status>>,
}

/// Why following stopped.
enum Stop {
    /// Nobody listens any more.
    Over,
    Broken(Status),
}

impl Watcher {
    async fn follow(mut self) {
        let mut breaks = 0;
        loop {
            let before = self.last;
            let stop = match self.stored().await {
                Ok(()) => self.live().await,
                Err(stop) => Err(stop),
            };
            let status = match stop {
                Err(Stop::Over) => return,
                _ if self.ended => return,
                // The stream ended before the run did: take it up again.
                Ok(()) => Status::unavailable("the run's events broke off"),
                Err(Stop::Broken(status)) => status,
            };
            breaks = if self.last > before { 1 } else { breaks + 1 };
            let may_pass = matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Aborted);
            if breaks > MOST_BREAKS || !may_pass {
                let _ = self.sender.send(Err(status)).await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(100) * breaks).await;
        }
    }

    /// Passes on what is stored already.
    async fn stored(&mut self) -> Result<(), Stop> {
        loop {
            let request = ListEventsRequest { run: self.run.clone(), after: self.last, page_size: PAGE };
            let page = self.peers.repository().list_events(request).await.map_err(Stop::Broken)?.into_inner().events;
            if page.is_empty() {
                return Ok(());
            }
            for event in page {
                self.pass(WatchEventsResponse { update: Some(Update::Event(event)) }).await?;
            }
        }
    }

    /// Passes on what happens.
    async fn live(&mut self) -> Result<(), Stop> {
        let request = WatchEventsRequest { run: self.run.clone(), after: self.last };
        let mut updates = self.peers.repository().watch_events(request).await.map_err(Stop::Broken)?.into_inner();
        loop {
            // A client that went away must not keep a watch alive on a quiet run.
            let update = tokio::select! {
                update = updates.message() => update,
                () = self.sender.closed() => return Err(Stop::Over),
            };
            match update.map_err(Stop::Broken)? {
                Some(update) => self.pass(update).await?,
                None => return Ok(()),
            }
        }
    }

    async fn pass(&mut self, update: WatchEventsResponse) -> Result<(), Stop> {
        if let Some(Update::Event(event)) = &update.update {
            if event.number <= self.last {
                return Ok(());
            }
            self.last = event.number;
            // A run that was interrupted and resumed has ended more than once.
            self.ended = matches!(event.fact, Some(Fact::RunFinished(_)));
        }
        self.sender.send(Ok(WatchRunResponse { update: Some(update) })).await.map_err(|_| Stop::Over)?;
        Ok(())
    }
}
