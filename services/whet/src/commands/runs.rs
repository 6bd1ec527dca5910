//! `whet runs`, `report` and `cancel`.

use serde_json::json;
use whetstone_core::MicroUsd;
use whetstone_proto::{
    gateway::v1::{CancelRunRequest, ListRunsRequest},
    repository::v1::{Run, RunKind},
};
use whetstone_runtime::{Failure, FailureClass};

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
        _ => run.failure.as_ref().map(|failure| text::one_line(&failure.message, 80)).unwrap_or_default(),
    };
    let source = name.unwrap_or_else(|| run.source.clone());
    [
        run.id.clone(),
        kind(run).into(),
        run.state.replace('_', " "),
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
    let exit = run::conclude(context, &mut session, &run, run::Places { copy: arguments.output.as_deref(), patch: None }).await;
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

/// Finds the run to go on with: the named one, or the last that can.
pub async fn resumable(session: &mut Session, name: &str) -> Result<String, Failure> {
    if name != "last" {
        return resolve(session, name).await;
    }
    let last = all(session).await?.into_iter().find(can_go_on).map(|run| run.id);
    last.ok_or_else(|| {
        Failure::refused("RUN_MISSING", "there is no run to go on with: none was stopped, cancelled or out of time")
            .advice("`whet runs` lists them. A run that was refused is begun anew once the reason is mended.")
    })
}

/// Whether going on with a run can lead anywhere: what was refused is refused again.
fn can_go_on(run: &Run) -> bool {
    match run.state.as_str() {
        "interrupted" | "cancelled" | "out_of_time" => true,
        "failed" => run.failure.as_ref().is_none_or(|failure| failure.class != FailureClass::RefusedInput.name()),
        _ => false,
    }
}

async fn all(session: &mut Session) -> Result<Vec<Run>, Failure> {
    let request = ListRunsRequest { page_size: 500, page_token: String::new() };
    Ok(session.gateway.list_runs(request).await?.into_inner().runs)
}

/// Finds a run by its id, the beginning of one, or `last`.
pub async fn resolve(session: &mut Session, name: &str) -> Result<String, Failure> {
    const WHOLE: usize = 26;
    if name.len() == WHOLE {
        return Ok(name.to_owned());
    }
    let runs = all(session).await?;
    let Some(last) = runs.first() else {
        let data = session.data().display();
        return Err(Failure::refused("RUN_MISSING", format!("there is no run yet in {data}"))
            .advice("`whet optimize .` makes one; the runs of another data folder are found with --data-dir."));
    };
    if name == "last" {
        return Ok(last.id.clone());
    }
    let advice = "`whet runs` lists them.";
    let missing = |message: String| Err(Failure::refused("RUN_MISSING", message).advice(advice));
    let wanted = name.to_uppercase();
    let mut fitting = runs.into_iter().filter(|run| run.id.starts_with(&wanted)).map(|run| run.id);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Failure::refused("RUN_AMBIGUOUS", format!("several runs begin with `{name}`")).advice(advice)),
        (None, _) => missing(format!("no run begins with `{name}`")),
    }
}

#[cfg(test)]
mod tests {
    use whetstone_proto::repository::v1::Failure as StoredFailure;

    use super::*;

    #[test]
    fn a_run_goes_on_unless_it_is_done_or_was_refused() {
        let run = |state: &str, class: &str| Run {
            state: state.into(),
            failure: (!class.is_empty()).then(|| StoredFailure { class: class.into(), ..StoredFailure::default() }),
            ..Run::default()
        };
        for (state, class, expected) in [
            ("interrupted", "", true),
            ("cancelled", "", true),
            ("out_of_time", "refused_input", true),
            ("failed", "environment", true),
            ("failed", "refused_input", false),
            ("succeeded", "", false),
            ("running", "", false),
        ] {
            assert_eq!(can_go_on(&run(state, class)), expected, "{state} {class}");
        }
    }
}
