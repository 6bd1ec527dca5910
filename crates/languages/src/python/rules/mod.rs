//! Rules: patterns with rewrites, tried wherever their conditions hold.
//!
//! A rule proposes; it need not be sure, since every proposal passes all gates. Each rule is one
//! YAML file beside this one, with its documentation and its examples; a repository's own lie in
//! `.whetstone/rules/`.

mod ahead;
mod change;
mod conditions;
mod document;
mod example;
mod known;
mod matching;
mod regex;
mod rule;
mod search;
mod shapes;
mod template;
mod transforms;

use std::collections::BTreeMap;

use whetstone_core::{TargetSite, observed::Observations};

pub use document::{reference, section};
pub use known::Facts;
pub use rule::{Example, Rule};

use matching::Matching;

/// Text of every built-in rule, by file name.
const BUILTIN: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/python_rules.rs"));

/// One proposed edit of a target's file.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Ids of the rules that took part, in the order in which they were applied.
    pub rules: Vec<String>,
    /// The whole file.
    pub edited: String,
    /// What was done, in a sentence.
    pub summary: String,
    /// Ratio to hope for: ranks, proves nothing.
    pub expected: f64,
}

/// Where a rule would change something.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleFinding {
    pub rule: String,
    /// From 1.
    pub line: u32,
    pub summary: String,
}

/// Says why a rule can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    #[error("{file}: {why}")]
    Invalid { file: String, why: String },
}

/// Where a repository keeps its own rules.
pub const FOLDER: &str = ".whetstone/rules";

/// Whether a file's name is that of a rule.
pub fn is_rule_file(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// The name of a repository's own rule file, by its path in the repository; nothing for other files.
pub fn own_file(path: &str) -> Option<&str> {
    let name = path.strip_prefix(FOLDER)?.strip_prefix('/')?;
    (is_rule_file(name) && !name.contains('/')).then_some(name)
}

/// A rule ready to match.
struct Compiled {
    rule: Rule,
    tries: Vec<Matching>,
}

/// A set of rules.
pub struct RuleSet {
    rules: Vec<Compiled>,
}

impl RuleSet {
    /// The rules that come with Whetstone.
    pub fn builtin() -> Self {
        let rules = BUILTIN.iter().map(|(file, text)| compile(file, text).expect("a test compiles every built-in rule")).collect();
        Self { rules }
    }

    /// The built-in rule with this id alone; empty where there is none.
    pub fn builtin_rule(id: &str) -> Self {
        let own = BUILTIN.iter().filter(|(file, _)| file.strip_suffix(".yaml") == Some(id));
        Self { rules: own.map(|(file, text)| compile(file, text).expect("a test compiles every built-in rule")).collect() }
    }

    /// The built-in rules and those of further YAML files, given as name and text, where one with a known id
    /// takes the place of the built-in rule.
    ///
    /// # Errors
    /// The first file, by name, that is no rule.
    pub fn with_own<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, RuleError> {
        let mut set = Self::builtin();
        for (name, text) in files.into_iter().collect::<BTreeMap<_, _>>() {
            let compiled = compile(name, text)?;
            set.rules.retain(|known| known.rule.id != compiled.rule.id);
            set.rules.push(compiled);
        }
        Ok(set)
    }

    /// Only the rules whose changes may be judged by calls whose inputs can't be varied.
    pub fn for_unvaried_inputs(mut self) -> Self {
        self.rules.retain(|compiled| !compiled.rule.skips_calls);
        self
    }

    /// Every rule.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|compiled| &compiled.rule)
    }

    /// Only the rule with this id.
    pub fn only(mut self, id: &str) -> Self {
        self.rules.retain(|compiled| compiled.rule.id == id);
        self
    }

    /// What the rules propose for a target, best first; the same for the same input.
    pub fn propose(&self, source: &str, site: &TargetSite, observations: Option<&Observations>, facts: &Facts) -> Vec<Proposal> {
        search::propose(self, source, site, observations, facts)
    }

    /// Where the rules would change something in a target.
    pub fn findings(&self, source: &str, site: &TargetSite, observations: Option<&Observations>, facts: &Facts) -> Vec<RuleFinding> {
        search::findings(self, source, site, observations, facts)
    }
}

/// Reads one rule and makes it ready.
fn compile(file: &str, text: &str) -> Result<Compiled, RuleError> {
    let invalid = |why: String| RuleError::Invalid { file: file.to_owned(), why };
    let rule: Rule = serde_saphyr::from_str(text).map_err(|error| invalid(error.to_string()))?;
    if rule.tries.is_empty() == rule.transform.is_none() {
        return Err(invalid("a rule has either `tries` or a `transform`".to_owned()));
    }
    if let Some(name) = &rule.transform
        && transforms::find(name).is_none()
    {
        return Err(invalid(format!("there is no transformation `{name}`: one of {} is expected", transforms::names().join(", "))));
    }
    if rule.examples.is_empty() || rule.misses.is_empty() {
        return Err(invalid("a rule needs an example that speeds up and one that it must not match".to_owned()));
    }
    let tries = rule.tries.iter().map(Matching::compile).collect::<Result<_, _>>().map_err(invalid)?;
    Ok(Compiled { rule, tries })
}

#[cfg(test)]
mod tests;
