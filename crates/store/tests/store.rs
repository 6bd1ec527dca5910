use whetstone_core::Role;
use whetstone_store::{OperationState, StaleFence, Store, migrations};

async fn open(folder: &std::path::Path) -> Store {
    Store::open(folder, Role::Jobs, migrations!("../../../migrations/shared/sqlite")).await.expect("a fresh folder")
}

#[tokio::test]
async fn an_operation_survives_reopening_and_is_begun_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(folder.path()).await;
    let begun = store.begin_operation("run/analyze", "run", 1, |_| false).await.expect("new");
    assert_eq!(begun.before, None);
    store.end_operation(&begun.row.id, OperationState::Done, b"answer").await.expect("stored");
    store.close().await;

    let store = open(folder.path()).await;
    let again = store.begin_operation("run/analyze", "run", 1, |_| false).await.expect("known");
    assert_eq!(again.row.id, begun.row.id);
    assert_eq!((again.row.state, again.row.result.as_slice()), (OperationState::Done, b"answer".as_slice()));
}

#[tokio::test]
async fn a_rerun_keeps_the_id_and_forgets_the_result() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(folder.path()).await;
    let first = store.begin_operation("r", "run", 1, |_| false).await.expect("new").row;
    store.end_operation(&first.id, OperationState::Failed, b"why").await.expect("stored");
    let again = store.begin_operation("r", "run", 2, |row| row.state == OperationState::Failed).await.expect("known");
    assert_eq!(again.row.id, first.id);
    let stored = store.operation(&first.id).await.expect("readable").expect("there");
    assert_eq!((stored.state, stored.fence, stored.result), (OperationState::Running, 2, Vec::new()));
}

#[tokio::test]
async fn a_lower_fence_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(folder.path()).await;
    store.begin_operation("a", "run", 5, |_| false).await.expect("new");
    let refused = store.begin_operation("b", "run", 4, |_| false).await;
    assert!(matches!(refused, Err(StaleFence::Stale { given: 4, seen: 5, .. })));
    assert_eq!(store.list_operations("", 10).await.expect("readable").len(), 1);
    store.begin_operation("b", "another run", 1, |_| false).await.expect("fences are by run");
}

#[tokio::test]
async fn an_outbox_row_stays_until_confirmed_and_a_key_is_said_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(folder.path()).await;
    for payload in ["first", "repeated"] {
        let mut transaction = store.write().await.expect("free");
        Store::add_to_outbox(&mut transaction, "run", "key", payload.as_bytes()).await.expect("added");
        transaction.commit().await.expect("committed");
    }
    let waiting = store.unconfirmed(10).await.expect("readable");
    assert_eq!(waiting.iter().map(|row| row.payload.as_slice()).collect::<Vec<_>>(), [b"first"]);
    store.confirm_outbox(waiting[0].id).await.expect("confirmed");
    let mut transaction = store.write().await.expect("free");
    Store::add_to_outbox(&mut transaction, "run", "key", b"repeated").await.expect("ignored");
    transaction.commit().await.expect("committed");
    assert_eq!(store.unconfirmed(10).await.expect("readable"), []);
}

#[tokio::test]
async fn the_reader_can_not_write_and_an_uncommitted_write_is_gone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(folder.path()).await;
    let write = "INSERT INTO fence (run, fence) VALUES ('x', 1)";
    assert!(sqlx::query(write).execute(store.reader()).await.is_err());
    let mut transaction = store.write().await.expect("free");
    sqlx::query(write).execute(&mut *transaction).await.expect("written");
    drop(transaction);
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM fence").fetch_one(store.reader()).await.expect("readable");
    assert_eq!(rows, 0);
}
