//! Targets: the functions and methods that are made faster.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A target's name: `package.module:Class.method`, or `path/file.py:Class.method` before the file
/// is resolved to a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TargetName {
    /// The dotted module, or a path relative to the tree.
    pub module: String,
    /// The qualified name inside the module; nested functions as `outer.<locals>.inner`.
    pub qualname: String,
}

impl TargetName {
    /// Joins a module and a qualified name.
    pub fn new(module: impl Into<String>, qualname: impl Into<String>) -> Self {
        Self { module: module.into(), qualname: qualname.into() }
    }
}

impl FromStr for TargetName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.rsplit_once(':') {
            Some((module, qualname)) if !module.is_empty() && !qualname.is_empty() => Ok(Self::new(module, qualname)),
            _ => Err(format!("`{text}` is not a target: package.module:Class.method or path/file.py:Class.method is expected")),
        }
    }
}

impl TryFrom<String> for TargetName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TargetName> for String {
    fn from(name: TargetName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.module, self.qualname)
    }
}

/// Where a target stands in a snapshot's tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSite {
    pub name: TargetName,
    /// Path relative to the tree.
    pub file: String,
    /// First line of the definition, decorators included; lines count from 1.
    pub line: u32,
    /// Last line of the definition.
    pub end_line: u32,
}
