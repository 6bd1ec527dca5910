//! The rules reference, written from the rules.

use super::{Compiled, Rule, RuleSet, conditions};

/// The whole of `docs/rules.md`.
pub fn reference(set: &RuleSet) -> String {
    let mut rules: Vec<&Compiled> = set.rules.iter().collect();
    rules.sort_by_key(|compiled| (&compiled.rule.category, &compiled.rule.id));
    let mut text = String::from(HEAD);
    text.push_str(&format!("{} rules for Python.\n", rules.len()));
    let mut category = "";
    for compiled in rules {
        if compiled.rule.category != category {
            category = &compiled.rule.category;
            text.push_str(&format!("\n## {category}\n"));
        }
        text.push_str(&section(&compiled.rule));
    }
    text.push_str(CONDITIONS);
    for (name, meaning) in conditions::meanings() {
        text.push_str(&format!("| `{name}` | {meaning} |\n"));
    }
    text
}

const CONDITIONS: &str = "\n## Conditions\n\n\
What may stand under `where`, with placeholders or texts as arguments; `!` before it turns it round ([writing-rules.md](writing-rules.md)).\n\n\
| condition | the place, or what its first argument stands for |\n|---|---|\n";

const HEAD: &str = "# Rules\n\n<!-- Written from the rule files by `make docs`; do not edit. -->\n\n\
A rule proposes a change wherever it matches and its conditions hold. It need not be sure: every proposal passes the same gates as\n\
any other candidate, and one that changes behaviour or gains nothing is refused. A repository's own rules, in the same form, lie in\n\
`.whetstone/rules/` ([writing-rules.md](writing-rules.md)). What was not observed does not stand in a rule's way; it only ranks lower.\n\n";

/// One rule of the reference, as Markdown.
pub fn section(rule: &Rule) -> String {
    let summary = rule.summary.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!("\n### {}\n\n{summary}\n\nExpected effect: {}.\n", rule.id, rule.effect.trim().trim_end_matches('.'));
    let conditions = listed(rule);
    if !conditions.is_empty() {
        text.push_str("\nConditions:\n\n");
        text.push_str(&conditions);
    }
    if let Some(example) = rule.examples.first() {
        text.push_str(&format!("\nBefore:\n\n```python\n{}\n```\n", example.module().trim_end()));
        if let Some(after) = after(rule) {
            text.push_str(&format!("\nAfter:\n\n```python\n{}\n```\n", after.trim_end()));
        }
    }
    text
}

/// Every condition of the rule once, with its meaning.
pub(super) fn listed(rule: &Rule) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for condition in rule.tries.iter().flat_map(|one| &one.conditions) {
        if !seen.contains(&condition.as_str()) {
            seen.push(condition);
        }
    }
    seen.into_iter()
        .map(|condition| {
            format!("- `{condition}`: {}{}\n", if condition.starts_with('!') { "not: " } else { "" }, conditions::meaning(condition))
        })
        .collect()
}

fn after(rule: &Rule) -> Option<String> {
    rule.examples.first()?.edited(&RuleSet::builtin_rule(&rule.id))
}
