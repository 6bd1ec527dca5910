//! `whet runs`, `report` and `cancel`.

use serde_json::json;
use whetstone_core::MicroUsd;
use whetstone_proto::{
    gateway::v1::{CancelRunRequest, ListRunsRequest},
    repository::v1::{Run, RunKind},
};
use whetstone_runtime::Failure;

use super::{Context, print_json, print_text, run};
use crate::{
    cli::{ReportArguments, RunsArguments},
    exit::Exit,
    follow,
    session::Session,
    summary, text,
};

/// Lists runs, newest first.
pub async fn list(context: &Context, arguments: RunsArguments) -> Result<Exit, Failure> {
    let mut session = context.session().await?;
    let request = ListRunsRequest { page_size: arguments.limit.into(), page_token: String::new() };
    let runs = session.gateway.list_runs(request).await?.into_inner().runs;
    session.close().await;
    if context.prints_json() {
        print_json(&runs.iter().map(as_json).collect::<Vec<_>>())?;
    } else if runs.is_empty() {
        print_text("no runs yet: `whet optimize .` makes one\n")?;
    } else {
        print_text(&(summary::aligned(runs.iter().map(row).collect()).join("\n") + "\n"))?;
    }
    Ok(Exit::Done)
}

fn kind(run: &Run) -> &'static str {
    match run.kind() {
        RunKind::Optimize => "optimize",
        RunKind::Judge => "judge",
        RunKind::Analyze => "analyze",
        RunKind::Compare => "compare",
        RunKind::Verify => "verify",
        RunKind::Unspecified => "unknown",
    }
}

fn row(run: &Run) -> [String; 6] {
    let name = run.snapshot.as_ref().map(|snapshot| snapshot.name.clone()).filter(|name| !name.is_empty());
    let found = match (run.state.as_str(), run.optimizations) {
        ("succeeded", _) if run.kind() == RunKind::Analyze => String::new(),
        ("succeeded", 0) => "nothing accepted".to_owned(),
        ("succeeded", number) => format!("{number} accepted"),
        _ => run.failure.as_ref().map(|failure| text::one_line(&failure.message, 60)).unwrap_or_default(),
    };
    let source = name.unwrap_or_else(|| run.source.clone());
    [
        run.id.clone(),
        kind(run).into(),
        run.state.clone(),
        text::one_line(&text::harmless(&source), 30),
        run.created_at.clone(),
        text::harmless(&found),
    ]
}

fn as_json(run: &Run) -> serde_json::Value {
    json!({
        "id": run.id, "kind": kind(run), "state": run.state, "source": run.source, "created_at": run.created_at,
        "finished_at": run.finished_at, "optimizations": run.optimizations, "microusd": run.spent_microusd,
        "failure": run.failure.as_ref().map(|failure| json!({"reason": failure.reason, "message": failure.message, "advice": failure.advice})),
    })
}

/// Shows what a run found, and fetches its files.
pub async fn report(context: &Context, arguments: ReportArguments) -> Result<Exit, Failure> {
    let mut session = context.session().await?;
    let id = resolve(&mut session, &arguments.run).await?;
    let run = follow::get(&mut session, &id).await?;
    let exit = run::conclude(context, &mut session, &run, arguments.output.as_deref()).await;
    session.close().await;
    exit
}

/// Cancels a run.
pub async fn cancel(context: &Context, name: &str) -> Result<Exit, Failure> {
    let mut session = context.session().await?;
    let id = resolve(&mut session, name).await?;
    let answer = session.gateway.cancel_run(CancelRunRequest { run: id.clone() }).await?.into_inner();
    session.close().await;
    let run = answer.run.unwrap_or_default();
    if context.prints_json() {
        print_json(&as_json(&run))?;
    } else if run.state == "cancelled" {
        print_text(&format!("{id} is cancelled, {} spent; `whet resume {id}` goes on\n", MicroUsd(run.spent_microusd)))?;
    } else {
        print_text(&format!("{id} had ended before: it {}\n", run.state))?;
    }
    Ok(Exit::Done)
}

/// Finds a run by its id, the beginning of one, or `last`.
pub async fn resolve(session: &mut Session, name: &str) -> Result<String, Failure> {
    const WHOLE: usize = 26;
    if name.len() == WHOLE {
        return Ok(name.to_owned());
    }
    let request = ListRunsRequest { page_size: 500, page_token: String::new() };
    let runs = session.gateway.list_runs(request).await?.into_inner().runs;
    let advice = "`whet runs` lists them.";
    let missing = |message: String| Err(Failure::refused("RUN_MISSING", message).advice(advice));
    if name == "last" {
        return runs.into_iter().next().map_or_else(|| missing("there is no run yet".into()), |run| Ok(run.id));
    }
    let wanted = name.to_uppercase();
    let mut fitting = runs.into_iter().filter(|run| run.id.starts_with(&wanted)).map(|run| run.id);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Failure::refused("RUN_AMBIGUOUS", format!("several runs begin with `{name}`")).advice(advice)),
        (None, _) => missing(format!("no run begins with `{name}`")),
    }
}
