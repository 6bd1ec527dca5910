//! The event log and the ledger, as other roles use them.

use std::sync::Arc;

use crate::support::{Process, World, request, source};
use whetstone_proto::{
    common::v1::{Cost, RunOptions, StageContext},
    repository::v1::{
        AppendEventsRequest, Event, GetRunRequest, ListCostsRequest, ListEventsRequest, ListRunsRequest, Note, OutboxEvent, ReserveRequest,
        RunKind, SettleRequest, event::Fact,
    },
};
use whetstone_runtime::Failure;

async fn finished_run(process: &Process, max_cost_microusd: i64) -> StageContext {
    let source = source();
    let mut asked = request(source.path(), RunKind::Analyze);
    asked.options = Some(RunOptions { max_cost_microusd, ..asked.options.unwrap_or_default() });
    let run = process.finish(asked).await;
    assert_eq!(run.state, "succeeded", "{:?}", run.failure);
    StageContext { run: run.id, fence: 1, ..StageContext::default() }
}

fn note(run: &str, outbox_id: u64, text: &str) -> OutboxEvent {
    let fact = Fact::Note(Note { level: "info".into(), text: text.into() });
    OutboxEvent { role: "testgen".into(), outbox_id, event: Some(Event { run: run.into(), fact: Some(fact), ..Event::default() }) }
}

#[tokio::test]
async fn an_event_told_twice_is_numbered_once_and_one_of_no_run_is_dropped() {
    let (data, world) = (tempfile::tempdir().expect("a folder"), Arc::new(World::default()));
    let process = Process::start(data.path(), &world).await;
    let run = finished_run(&process, 0).await.run;
    let list = async |after| {
        let request = ListEventsRequest { run: run.clone(), after, page_size: 0 };
        process.peers.repository().list_events(request).await.expect("listed").into_inner().events
    };
    let before = list(0).await.len() as u64;
    for events in [vec![note(&run, 1, "a")], vec![note(&run, 1, "a"), note("no run", 2, "b"), note(&run, 3, "c")]] {
        process.peers.repository().append_events(AppendEventsRequest { events }).await.expect("confirmed");
    }
    let added: Vec<u64> = list(before).await.iter().map(|event| event.number).collect();
    assert_eq!(added, [before + 1, before + 2]);
}

#[tokio::test]
async fn reservations_made_at_once_never_overspend_a_limit() {
    let (data, world) = (tempfile::tempdir().expect("a folder"), Arc::new(World::default()));
    let process = Process::start(data.path(), &world).await;
    let context = finished_run(&process, 100).await;
    let reserve = async |name: usize| {
        let request = ReserveRequest { context: Some(context.clone()), reservation: format!("r{name}"), microusd: 30 };
        process.peers.repository().reserve(request).await.expect("answered").into_inner().granted
    };
    let granted = futures::future::join_all((0..10).map(reserve)).await;
    assert_eq!(granted.iter().filter(|granted| **granted).count(), 3);
    let held = granted.iter().position(|granted| *granted).expect("three");
    assert!(reserve(held).await, "a reservation asked for again is the same one");

    let cost = Cost { unit: "input_tokens".into(), what: "model".into(), quantity: 10.0, microusd: 5, stage: "optimize".into() };
    let settle = SettleRequest { context: Some(context.clone()), reservation: format!("r{held}"), costs: vec![cost], release: true };
    for _ in 0..2 {
        process.peers.repository().settle(settle.clone()).await.expect("settled");
    }
    let costs =
        process.peers.repository().list_costs(ListCostsRequest { run: context.run.clone() }).await.expect("listed").into_inner().costs;
    assert_eq!(costs.iter().filter(|cost| cost.unit == "input_tokens").count(), 1, "told twice, booked once");
    assert!(reserve(20).await, "what was released can be set aside again");
    assert!(!reserve(21).await, "5 spent and 90 set aside");
}

#[tokio::test]
async fn a_reservation_of_a_fenced_driver_is_refused() {
    let (data, world) = (tempfile::tempdir().expect("a folder"), Arc::new(World::default()));
    let process = Process::start(data.path(), &world).await;
    let context = StageContext { fence: 0, ..finished_run(&process, 0).await };
    let request = ReserveRequest { context: Some(context), reservation: "r".into(), microusd: 1 };
    let failure = Failure::from(process.peers.repository().reserve(request).await.expect_err("fenced"));
    assert_eq!(failure.reason, "FENCED");
}

#[tokio::test]
async fn runs_are_listed_newest_first_by_pages_and_an_unknown_one_is_not_found() {
    let (data, world) = (tempfile::tempdir().expect("a folder"), Arc::new(World::default()));
    let process = Process::start(data.path(), &world).await;
    let (first, second) = (finished_run(&process, 0).await.run, finished_run(&process, 0).await.run);
    let page = async |page_token: String| {
        let request = ListRunsRequest { page_size: 1, page_token };
        process.peers.repository().list_runs(request).await.expect("listed").into_inner()
    };
    let newest = page(String::new()).await;
    assert_eq!(newest.runs[0].id, second);
    assert_eq!(page(newest.next_page_token).await.runs[0].id, first);
    let request = ListEventsRequest::default();
    assert!(process.peers.repository().list_events(request).await.expect("empty").into_inner().events.is_empty());
    let unknown = GetRunRequest { run: "none".into() };
    let status = process.peers.repository().get_run(unknown).await.expect_err("unknown");
    assert_eq!((status.code(), Failure::from(&status).reason), (tonic::Code::NotFound, "NO_SUCH_RUN".to_owned()));
}
