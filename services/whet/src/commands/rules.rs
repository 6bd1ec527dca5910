//! `whet rules`.

use serde_json::json;
use whetstone_proto::{gateway::v1::ListRulesRequest, optimization::v1::Rule};
use whetstone_runtime::Failure;

use super::{Context, examples, print_json, print_text};
use crate::{cli::RulesCommand, exit::Exit, summary, text};

/// Runs one of the rules' commands.
pub async fn run(context: &Context, command: RulesCommand) -> Result<Exit, Failure> {
    match command {
        RulesCommand::List { category } => {
            let rules = all(context).await?;
            list(context, of_category(rules, category.as_deref())?)
        }
        RulesCommand::Show { id } => {
            let rules = all(context).await?;
            show(context, &id, &rules)
        }
        RulesCommand::Test { folder } => examples::run(context, folder.as_deref()),
    }
}

async fn all(context: &Context) -> Result<Vec<Rule>, Failure> {
    let mut session = context.session().await?;
    let rules = session.gateway.list_rules(ListRulesRequest { language: String::new() }).await;
    session.close().await;
    Ok(rules?.into_inner().rules)
}

fn of_category(rules: Vec<Rule>, category: Option<&str>) -> Result<Vec<Rule>, Failure> {
    let Some(wanted) = category else { return Ok(rules) };
    let known: std::collections::BTreeSet<String> = rules.iter().map(|rule| rule.category.clone()).collect();
    let found: Vec<Rule> = rules.into_iter().filter(|rule| rule.category.eq_ignore_ascii_case(wanted)).collect();
    if found.is_empty() {
        let advice = format!("There are: {}", known.into_iter().collect::<Vec<_>>().join(", "));
        return Err(Failure::refused("UNKNOWN_CATEGORY", format!("there is no category `{wanted}`")).advice(advice));
    }
    Ok(found)
}

fn list(context: &Context, rules: Vec<Rule>) -> Result<Exit, Failure> {
    if context.prints_json() {
        print_json(&rules.iter().map(as_json).collect::<Vec<_>>())?;
    } else {
        let rows = rules.iter().map(|rule| [rule.id.clone(), rule.category.clone(), text::one_line(&rule.summary, 90)]).collect();
        print_text(&(summary::aligned(rows).join("\n") + "\n"))?;
    }
    Ok(Exit::Done)
}

fn show(context: &Context, id: &str, rules: &[Rule]) -> Result<Exit, Failure> {
    let Some(rule) = rules.iter().find(|rule| rule.id == id) else {
        let alike: Vec<&str> =
            rules.iter().map(|rule| rule.id.as_str()).filter(|other| other.contains(id) || shares_a_word(other, id)).take(5).collect();
        let advice = if alike.is_empty() { "`whet rules list` lists them.".to_owned() } else { format!("Near it: {}", alike.join(", ")) };
        return Err(Failure::refused("UNKNOWN_RULE", format!("there is no rule `{id}`")).advice(advice));
    };
    if context.prints_json() {
        print_json(&as_json(rule))?;
    } else {
        print_text(&(text::harmless(rule.document.trim_end()) + "\n"))?;
    }
    Ok(Exit::Done)
}

fn shares_a_word(one: &str, other: &str) -> bool {
    one.split('-').any(|word| word.len() > 3 && other.split('-').any(|also| also == word))
}

fn as_json(rule: &Rule) -> serde_json::Value {
    json!({
        "id": rule.id, "language": rule.language, "category": rule.category, "summary": rule.summary, "effect": rule.effect,
        "conditions": rule.conditions,
    })
}
