//! The ledger: what a run cost, what is set aside for it, and its limit.
//!
//! Compute is booked with the answer of the stage that used it; model calls are booked by `Settle`
//! alone, so their units in a stage's answer are for people and are not booked again.

use sqlx::Row;
use whetstone_core::Digest;
use whetstone_proto::common::v1::Cost;
use whetstone_store::{Store, Transaction};

use crate::{config::Prices, error::RepositoryError};

/// Units that only `Settle` books.
const SETTLED_UNITS: [&str; 3] = ["input_tokens", "output_tokens", "api_calls"];

/// Whether money was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    pub granted: bool,
    /// What is left of the run's limit; `i64::MAX` where it has none.
    pub remaining: i64,
}

/// Stores the configured prices as a new version where they differ from the last one.
pub async fn set_prices(store: &Store, prices: &Prices) -> Result<(), RepositoryError> {
    let wanted = [("compute_s", prices.compute_hour_usd * 1e6 / 3600.0), ("stored_bytes", prices.stored_gigabyte_usd * 1e6 / 1e9)];
    let mut transaction = store.write().await?;
    let version: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM price").fetch_one(&mut *transaction).await?;
    let mut same = version > 0;
    for (unit, microusd) in wanted {
        same &= price(&mut transaction, unit, "*").await? == (version, microusd);
    }
    if !same {
        for (unit, microusd) in wanted {
            let insert = "INSERT INTO price (version, unit, what, microusd) VALUES (?, ?, '*', ?)";
            sqlx::query(insert).bind(version + 1).bind(unit).bind(microusd).execute(&mut *transaction).await?;
        }
    }
    Ok(transaction.commit().await?)
}

/// The last version's price of a unit, and that version.
async fn price(transaction: &mut Transaction, unit: &str, what: &str) -> Result<(i64, f64), RepositoryError> {
    let query = "SELECT version, microusd FROM price WHERE unit = ? AND what IN (?, '*') AND version = (SELECT max(version) FROM price)
        ORDER BY what = '*' LIMIT 1";
    let row = sqlx::query(query).bind(unit).bind(what).fetch_optional(&mut **transaction).await?;
    Ok(match row {
        Some(row) => (row.try_get("version")?, row.try_get("microusd")?),
        None => (0, 0.0),
    })
}

/// Books the costs in a stage's answer, within the transaction that stores the answer.
pub async fn book_step(transaction: &mut Transaction, run: &str, step: &str, costs: &[Cost]) -> Result<(), RepositoryError> {
    let computed = costs.iter().filter(|cost| !SETTLED_UNITS.contains(&cost.unit.as_str()));
    for (index, cost) in computed.enumerate() {
        book(transaction, run, &format!("step/{run}/{step}/{index}"), cost).await?;
    }
    Ok(())
}

/// Books one cost under a key, once; answers the micro-dollars booked now.
async fn book(transaction: &mut Transaction, run: &str, key: &str, cost: &Cost) -> Result<i64, RepositoryError> {
    let (version, unit_price) = price(transaction, &cost.unit, &cost.what).await?;
    // A provider's own price wins; the table prices the rest, rounded up.
    let microusd = if cost.microusd > 0 { cost.microusd } else { (cost.quantity * unit_price).ceil() as i64 };
    let insert = "INSERT INTO ledger (key, run, stage, unit, what, quantity, microusd, price_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (key) DO NOTHING";
    let query = sqlx::query(insert).bind(key).bind(run).bind(&cost.stage).bind(&cost.unit).bind(&cost.what).bind(cost.quantity);
    let booked = query.bind(microusd).bind(version).execute(&mut **transaction).await?.rows_affected() > 0;
    Ok(if booked { microusd } else { 0 })
}

/// Sets money aside for a run, once for each reservation id, unless the run's limit forbids it.
/// One transaction: two reservations can not both take the last of a limit.
pub async fn reserve(store: &Store, run: &str, limit: i64, reservation: &str, microusd: i64) -> Result<Reserved, RepositoryError> {
    let mut transaction = store.write().await?;
    let known: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM reservation WHERE id = ?").bind(reservation).fetch_optional(&mut *transaction).await?;
    let committed = committed(&mut transaction, run).await?;
    let remaining = if limit > 0 { limit.saturating_sub(committed) } else { i64::MAX };
    if known.is_some() {
        return Ok(Reserved { granted: true, remaining });
    }
    if microusd < 0 || microusd > remaining {
        return Ok(Reserved { granted: false, remaining });
    }
    let insert = "INSERT INTO reservation (id, run, microusd) VALUES (?, ?, ?)";
    sqlx::query(insert).bind(reservation).bind(run).bind(microusd).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Reserved { granted: true, remaining: if limit > 0 { remaining - microusd } else { i64::MAX } })
}

/// Spent, and set aside but not spent yet.
async fn committed(transaction: &mut Transaction, run: &str) -> Result<i64, RepositoryError> {
    let query = "SELECT (SELECT coalesce(sum(microusd), 0) FROM ledger WHERE run = ?1)
        + (SELECT coalesce(sum(max(microusd - spent, 0)), 0) FROM reservation WHERE run = ?1 AND released = 0)";
    Ok(sqlx::query_scalar(query).bind(run).fetch_one(&mut **transaction).await?)
}

/// Books what a reservation was spent on, and releases the rest of it where that is asked for. The
/// same settlement told twice is booked once; a late one is always booked.
pub async fn settle(store: &Store, run: &str, reservation: &str, costs: &[Cost], release: bool) -> Result<(), RepositoryError> {
    let mut transaction = store.write().await?;
    let mut spent = 0;
    for (index, cost) in costs.iter().enumerate() {
        let told = format!("{} {} {} {} {}", cost.unit, cost.what, cost.quantity, cost.microusd, cost.stage);
        let key = format!("settle/{reservation}/{index}/{}", Digest::of(told.as_bytes()).short());
        spent += book(&mut transaction, run, &key, cost).await?;
    }
    let update = "UPDATE reservation SET spent = spent + ?, released = max(released, ?) WHERE id = ?";
    sqlx::query(update).bind(spent).bind(release).bind(reservation).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// What a run has cost so far.
pub async fn spent(store: &Store, run: &str) -> Result<i64, RepositoryError> {
    let query = "SELECT coalesce(sum(microusd), 0) FROM ledger WHERE run = ?";
    Ok(sqlx::query_scalar(query).bind(run).fetch_one(store.reader()).await?)
}

/// A run's entries, in the order of booking.
pub async fn list(store: &Store, run: &str) -> Result<Vec<Cost>, RepositoryError> {
    let query = "SELECT unit, what, quantity, microusd, stage FROM ledger WHERE run = ? ORDER BY rowid";
    let rows = sqlx::query(query).bind(run).fetch_all(store.reader()).await?;
    let cost = |row: &sqlx::sqlite::SqliteRow| {
        Ok(Cost {
            unit: row.try_get("unit")?,
            what: row.try_get("what")?,
            quantity: row.try_get("quantity")?,
            microusd: row.try_get("microusd")?,
            stage: row.try_get("stage")?,
        })
    };
    rows.iter().map(cost).collect()
}
