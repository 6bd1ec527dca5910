//! What a sampling pass saw at positions of a target's source: proposes and ranks, proves nothing.

use serde::{Deserialize, Serialize};

/// Everything observed in one target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observations {
    /// Calls of the target in the workload, and how many of them entered the observed copy.
    pub calls: u64,
    pub sampled: u64,
    pub parameters: Vec<ParameterObserved>,
    pub positions: Vec<PositionObserved>,
    pub returned: Values,
    /// Times that the result was an argument itself, or equal to one.
    pub result_is_argument: u64,
    pub result_equals_argument: u64,
    /// Exception type raised out of the target, with its count.
    pub raised: Vec<(String, u64)>,
    /// Times that all arguments equalled those of the call before.
    pub same_as_last: u64,
    /// Distinct argument tuples, at most as many as the sketch holds.
    pub distinct_arguments: u64,
    pub sketch_full: bool,
    /// `module:qualname:line` with its count.
    pub callers: Vec<(String, u64)>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterObserved {
    pub name: String,
    pub values: Values,
    /// Times that it equalled its value in the call before.
    pub same_as_last: u64,
    pub hashable: bool,
}

/// One position of the target's source. Lines count from 1, columns from 0 in UTF-8 bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PositionObserved {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub what: What,
}

/// What was seen there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// The condition of an `if`, `while`, conditional expression or comprehension filter.
    Branch { taken: u64, not_taken: u64 },
    /// An operand or an iterated expression.
    Value { values: Values },
    /// A loop: entered how often, trips in total and at most.
    Loop { entered: u64, trips: u64, most: u64, broke: u64 },
    /// A `try` body: entered, and exception types raised in it.
    Try { entered: u64, raised: Vec<(String, u64)> },
    /// A call: how often, result is or equals its first argument, arguments same as last time.
    Call { count: u64, returns_argument: u64, same_as_last: u64, raised: Vec<(String, u64)> },
}

/// Types and sizes of values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Values {
    pub count: u64,
    /// Exact type names such as `builtins.list`, most frequent first.
    pub types: Vec<(String, u64)>,
    /// Values with a length: how many, how many empty, the sum and the greatest.
    pub sized: u64,
    pub empty: u64,
    pub size_sum: u64,
    pub size_max: u64,
}

impl Values {
    /// The only type seen, if there was only one.
    pub fn only_type(&self) -> Option<&str> {
        match self.types.as_slice() {
            [(name, _)] => Some(name),
            _ => None,
        }
    }

    /// Mean length of the values that have one.
    pub fn mean_size(&self) -> Option<f64> {
        (self.sized > 0).then(|| self.size_sum as f64 / self.sized as f64)
    }
}
