//! A rule as its YAML file states it.

use serde::Deserialize;

/// A pattern, a rewrite, and the conditions under which it may be tried.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Lower-case words joined by hyphens.
    pub id: String,
    pub language: String,
    pub category: String,
    /// What it does and why that is faster: the documentation.
    pub summary: String,
    /// What to expect, for people.
    pub effect: String,
    /// Ratio on the target where the rewritten place carries its time.
    pub expect: f64,
    /// Whether it leaves out calls of the program's own functions: right only where they give the same again and do nothing
    /// else, which inputs that nobody varied do not show.
    #[serde(default)]
    pub skips_calls: bool,
    /// Whether what it gives may hold the same inefficiency once more: it is applied to its own result, too.
    #[serde(default)]
    pub again: bool,
    /// Patterns with their rewrites; each is tried by itself.
    #[serde(default)]
    pub tries: Vec<Try>,
    /// A transformation by name, for what patterns can't express.
    #[serde(default)]
    pub transform: Option<String>,
    pub examples: Vec<Example>,
    /// Functions that look alike and must not match.
    pub misses: Vec<String>,
}

/// One pattern with its rewrite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Try {
    /// An ast-grep pattern, or several for statements that follow each other.
    pub pattern: OneOrMany,
    /// What stands in its place.
    pub rewrite: String,
    /// Conditions, all of which must hold.
    #[serde(default, rename = "where")]
    pub conditions: Vec<String>,
    /// Names to make up: placeholder and what it is made from.
    #[serde(default)]
    pub names: std::collections::BTreeMap<String, String>,
    /// Statements before the outermost loop in which what they read stays the same.
    #[serde(default)]
    pub before: Option<String>,
    /// Private statements for the module, before the target.
    #[serde(default)]
    pub module: Option<String>,
    /// Imports that the rewrite needs.
    #[serde(default)]
    pub imports: Vec<String>,
    /// Further rewrites in the same function, with the same placeholders.
    #[serde(default)]
    pub also: Vec<Also>,
}

/// A rewrite that goes along.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Also {
    pub pattern: String,
    pub rewrite: String,
}

/// One text or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    /// The texts.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts.iter().map(String::as_str).collect(),
        }
    }
}

/// A function that the rule makes faster.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Module code before the function: imports, constants, data for the call.
    #[serde(default)]
    pub setup: String,
    /// The function before; its last top-level definition is the target.
    pub before: String,
    /// The module after, or a part of it; empty where only the effect counts.
    #[serde(default)]
    pub after: String,
    /// An expression that calls the function, with names from `setup` and `data`.
    pub call: String,
    /// Code that prepares the call and is no part of the module.
    #[serde(default)]
    pub data: String,
    /// The target's qualified name, if it is not the last function.
    #[serde(default)]
    pub target: Option<String>,
    /// How often each call is repeated on average, as observed; 0 where that was not observed.
    #[serde(default)]
    pub repeats: u64,
    /// Types of parameters, as the observing pass would have seen them.
    #[serde(default)]
    pub observed: std::collections::BTreeMap<String, String>,
}

impl Rule {
    /// The conditions of all its patterns, each once.
    pub fn conditions(&self) -> Vec<String> {
        let mut conditions: Vec<String> = self.tries.iter().flat_map(|one| one.conditions.clone()).collect();
        conditions.sort();
        conditions.dedup();
        conditions
    }
}
