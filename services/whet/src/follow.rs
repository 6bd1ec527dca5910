//! Follows a run to its end: through the death of whoever serves, and until Ctrl-C.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tonic::{Code, Status, Streaming};
use whetstone_proto::{
    gateway::v1::{CancelRunRequest, GetRunRequest, ResumeRunRequest, WatchRunRequest, WatchRunResponse},
    repository::v1::{Run, event::Fact, watch_events_response::Update},
};
use whetstone_runtime::Failure;

use crate::{
    problem,
    progress::Display,
    session::{Gateway, Session},
};

/// How long cancelling may take before this process leaves.
const CANCEL_LIMIT: Duration = Duration::from_secs(30);
/// How often a lost server is sought again.
const MOST_LOSSES: u32 = 20;

/// How following ended.
pub enum End {
    Finished(Box<Run>),
    Interrupted,
}

/// What Ctrl-C does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnInterrupt {
    /// Cancels the run's jobs.
    Cancel,
    /// Only stops watching.
    Leave,
}

/// Follows a run from its first event.
///
/// # Errors
/// If the run can't be watched any more.
pub async fn follow(session: &mut Session, run: &str, display: &mut Display, on_interrupt: OnInterrupt) -> Result<End, Failure> {
    let mut interrupts = Interrupts::new()?;
    let mut after = 0;
    let mut losses = 0;
    loop {
        let before = after;
        let request = WatchRunRequest { run: run.to_owned(), after };
        let lost = match session.gateway.watch_run(request).await {
            Ok(stream) => {
                let gateway = session.gateway.clone();
                let watched = tokio::select! {
                    watched = watch(stream.into_inner(), gateway, &mut after, display) => watched,
                    () = interrupts.next() => {
                        display.end();
                        if on_interrupt == OnInterrupt::Cancel {
                            cancel(session, run, display, &mut interrupts).await;
                        }
                        return Ok(End::Interrupted);
                    }
                };
                match watched {
                    Ok(()) => return finished(session, run, display).await,
                    Err(status) => status,
                }
            }
            Err(status) => status,
        };
        losses = if after > before { 1 } else { losses + 1 };
        if !is_loss(&lost) || session.is_host() || losses > MOST_LOSSES {
            display.end();
            return Err(Failure::from_status(&lost));
        }
        take_up(session, run, display).await?;
    }
}

/// Shows updates until the run rests. One that was resumed has ended before: the last end counts.
async fn watch(
    mut stream: Streaming<WatchRunResponse>,
    mut gateway: Gateway,
    after: &mut u64,
    display: &mut Display,
) -> Result<(), Status> {
    let mut ended = false;
    while let Some(update) = stream.message().await? {
        let Some(update) = update.update else { continue };
        if let Some(Update::Event(event)) = &update.update
            && matches!(event.fact, Some(Fact::StageFinished(_)))
            && !display.has_opened()
        {
            // The snapshot is known when the first stage is done.
            let run = gateway.get_run(GetRunRequest { run: event.run.clone() }).await?.into_inner().run;
            if let Some(snapshot) = run.and_then(|run| run.snapshot) {
                display.opened(&snapshot);
            }
        }
        display.hear(&update);
        if let Some(Update::Event(event)) = &update.update {
            *after = event.number;
            ended = matches!(event.fact, Some(Fact::RunFinished(_)));
        }
    }
    if ended { Ok(()) } else { Err(Status::unavailable("the run's events broke off")) }
}

async fn finished(session: &mut Session, run: &str, display: &Display) -> Result<End, Failure> {
    display.end();
    Ok(End::Finished(Box::new(get(session, run).await?)))
}

/// Reads a run.
pub async fn get(session: &mut Session, run: &str) -> Result<Run, Failure> {
    let answer = session.gateway.get_run(GetRunRequest { run: run.to_owned() }).await?.into_inner();
    answer.run.ok_or_else(|| Failure::internal("a run was asked for and none was answered"))
}

/// Whoever served is gone: finds the next one, or serves, and lets the run go on.
async fn take_up(session: &mut Session, run: &str, display: &Display) -> Result<(), Failure> {
    tokio::time::sleep(Duration::from_millis(200)).await;
    let serves_now = session.reconnect().await?;
    if serves_now {
        display.line("  note: the whet that served this run has ended; it goes on here");
    }
    // A run that goes on already answers so; it needs no help.
    let _ = session.gateway.resume_run(ResumeRunRequest { run: run.to_owned() }).await;
    Ok(())
}

async fn cancel(session: &mut Session, run: &str, display: &Display, interrupts: &mut Interrupts) {
    display.line("stopping: the run's jobs are being cancelled");
    let cancelling = session.gateway.cancel_run(CancelRunRequest { run: run.to_owned() });
    tokio::select! {
        cancelled = tokio::time::timeout(CANCEL_LIMIT, cancelling) => {
            if let Ok(Err(status)) = cancelled {
                problem::print(&Failure::from_status(&status), false);
            }
        }
        () = interrupts.next() => {}
    }
}

fn is_loss(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Aborted)
}

/// Ctrl-C, and being asked to end.
struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    fn new() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(problem::of_start);
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
