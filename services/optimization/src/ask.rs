//! Durable model calls: the intent is stored and the highest cost reserved before anything is sent.
//!
//! A call found `intended` after a restart was in flight when the process died. Its outcome is unknown,
//! so its whole reserve is booked as spent, and it is sent once more under a new id.

use chrono::Utc;
use sqlx::Row;
use whetstone_core::{
    MicroUsd,
    port::{Model, ModelRequest},
};
use whetstone_models::{RetryPolicy, ask_with_retries};
use whetstone_proto::{
    common::v1::{Cost, StageContext},
    optimization::v1::ModelCall,
    repository::v1::{ReserveRequest, SettleRequest},
};
use whetstone_runtime::Peers;
use whetstone_store::Store;

use crate::Error;

/// What one call gave.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Names the call in reports.
    pub id: String,
    /// `None` where no answer came; `message` says why.
    pub answer: Option<String>,
    pub message: String,
    pub costs: Vec<Cost>,
    /// Whether the budget did not allow it, so that no more should be tried.
    pub out_of_budget: bool,
}

/// Asks models for one run.
pub struct Asker<'a> {
    pub store: &'a Store,
    pub peers: &'a Peers,
    pub context: &'a StageContext,
    pub model: &'a dyn Model,
    pub target: &'a str,
}

impl Asker<'_> {
    /// Asks once, or gives the recorded answer of a call with the same id.
    pub async fn ask(&self, request: &ModelRequest) -> Result<Asked, Error> {
        let mut request = request.clone();
        if let Some(call) = self.recorded(&request.id).await? {
            match call.state.as_str() {
                "answered" | "failed" => return Ok(call.into_asked(Vec::new())),
                "intended" => {
                    self.book_unknown(&call).await?;
                    request.id.push_str("-again");
                }
                _ => request.id.push_str("-again"),
            }
            if let Some(again) = self.recorded(&request.id).await? {
                if again.state == "intended" {
                    self.book_unknown(&again).await?;
                }
                return Ok(again.into_asked(Vec::new()));
            }
        }
        self.send(&request).await
    }

    async fn send(&self, request: &ModelRequest) -> Result<Asked, Error> {
        let highest = self.model.highest_cost(request);
        if !self.reserve(&request.id, highest).await? {
            let message = format!("the budget does not allow a call that may cost {highest}");
            return Ok(Asked { id: request.id.clone(), answer: None, message, costs: Vec::new(), out_of_budget: true });
        }
        self.intend(request, highest).await?;
        let outcome = ask_with_retries(self.model, request, &RetryPolicy::default()).await;
        let (state, text, message, tokens, cost) = match outcome {
            Ok(answer) => ("answered", answer.text, String::new(), (answer.input_tokens, answer.output_tokens), answer.cost),
            Err(failure) => ("failed", String::new(), failure.to_string(), (0, 0), MicroUsd(0)),
        };
        let costs = self.costs(tokens, cost);
        self.finish(&request.id, state, &text, &message, tokens, cost).await?;
        self.settle(&request.id, costs.clone()).await?;
        let answer = (state == "answered").then_some(text);
        Ok(Asked { id: request.id.clone(), answer, message, costs, out_of_budget: false })
    }

    fn costs(&self, (input, output): (u64, u64), cost: MicroUsd) -> Vec<Cost> {
        let entry = |unit: &str, quantity: u64, microusd: i64| Cost {
            unit: unit.into(),
            what: self.model.name().to_owned(),
            quantity: quantity as f64,
            microusd,
            stage: "optimize".into(),
        };
        vec![entry("input_tokens", input, 0), entry("output_tokens", output, cost.0), entry("api_calls", 1, 0)]
    }

    async fn reserve(&self, reservation: &str, amount: MicroUsd) -> Result<bool, Error> {
        let request = ReserveRequest { context: Some(self.context.clone()), reservation: reservation.to_owned(), microusd: amount.0 };
        Ok(self.peers.repository().reserve(request).await?.into_inner().granted)
    }

    async fn settle(&self, reservation: &str, costs: Vec<Cost>) -> Result<(), Error> {
        let request = SettleRequest { context: Some(self.context.clone()), reservation: reservation.to_owned(), costs, release: true };
        self.peers.repository().settle(request).await?;
        Ok(())
    }

    async fn intend(&self, request: &ModelRequest, reserved: MicroUsd) -> Result<(), Error> {
        let insert = "INSERT INTO model_call (id, run, target, model, state, system, prompt, reserved, created_at) \
                      VALUES (?, ?, ?, ?, 'intended', ?, ?, ?, ?)";
        let mut transaction = self.store.write().await?;
        sqlx::query(insert)
            .bind(&request.id)
            .bind(&self.context.run)
            .bind(self.target)
            .bind(self.model.name())
            .bind(&request.system)
            .bind(&request.prompt)
            .bind(reserved.0)
            .bind(Utc::now().to_rfc3339())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    async fn finish(&self, id: &str, state: &str, answer: &str, message: &str, tokens: (u64, u64), cost: MicroUsd) -> Result<(), Error> {
        let update =
            "UPDATE model_call SET state = ?, answer = ?, message = ?, input_tokens = ?, output_tokens = ?, microusd = ? WHERE id = ?";
        let mut transaction = self.store.write().await?;
        sqlx::query(update)
            .bind(state)
            .bind(answer)
            .bind(message)
            .bind(tokens.0 as i64)
            .bind(tokens.1 as i64)
            .bind(cost.0)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    async fn book_unknown(&self, call: &Recorded) -> Result<(), Error> {
        let message = "the process ended while the request was in flight; its whole reserve is booked";
        self.finish(&call.id, "unknown", "", message, (0, 0), MicroUsd(call.reserved)).await?;
        let cost = Cost {
            unit: "unknown_outcome".into(),
            what: self.model.name().to_owned(),
            quantity: 1.0,
            microusd: call.reserved,
            stage: "optimize".into(),
        };
        self.settle(&call.id, vec![cost]).await
    }

    async fn recorded(&self, id: &str) -> Result<Option<Recorded>, Error> {
        let query = "SELECT id, state, answer, message, reserved FROM model_call WHERE id = ?";
        let row = sqlx::query(query).bind(id).fetch_optional(self.store.reader()).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Recorded {
            id: row.try_get("id")?,
            state: row.try_get("state")?,
            answer: row.try_get("answer")?,
            message: row.try_get("message")?,
            reserved: row.try_get("reserved")?,
        }))
    }
}

struct Recorded {
    id: String,
    state: String,
    answer: String,
    message: String,
    reserved: i64,
}

impl Recorded {
    fn into_asked(self, costs: Vec<Cost>) -> Asked {
        let answer = (self.state == "answered").then_some(self.answer);
        Asked { id: self.id, answer, message: self.message, costs, out_of_budget: false }
    }
}

/// Model calls of a run, with the candidates that each gave.
pub async fn list(store: &Store, run: &str) -> Result<Vec<ModelCall>, Error> {
    let candidates = crate::candidates::list(store, run, "").await?;
    let rows = sqlx::query("SELECT * FROM model_call WHERE run = ? ORDER BY rowid").bind(run).fetch_all(store.reader()).await?;
    let mut calls = Vec::with_capacity(rows.len());
    for row in rows {
        let id: String = row.try_get("id")?;
        let given = candidates.iter().filter(|candidate| candidate.model_call == id).map(|candidate| candidate.id.clone());
        calls.push(ModelCall {
            target: row.try_get("target")?,
            model: row.try_get("model")?,
            state: row.try_get("state")?,
            input_tokens: row.try_get::<i64, _>("input_tokens")? as u64,
            output_tokens: row.try_get::<i64, _>("output_tokens")? as u64,
            microusd: row.try_get("microusd")?,
            message: row.try_get("message")?,
            candidates: given.collect(),
            id,
        });
    }
    Ok(calls)
}
