//! Inputs by Hypothesis's strategies: the baseline's worker tells what kinds of values the target is called
//! with, and a helper process that holds no repository code makes such values.

use std::time::Duration;

use serde_json::json;
use whetstone_core::cases::Case;

use super::{
    bench::Bench,
    generated::Wish,
    probe::{framed, unframed},
};
use crate::worker::{Worker, WorkerError, operation};

/// Sets of values that are made for each wish, and processor seconds for them.
const MOST: u32 = 100;
const SECONDS: f64 = 3.0;
/// What the tools hold where Hypothesis is installed.
const PACKAGE: &str = "hypothesis";
const DESCRIBING: Duration = Duration::from_secs(30);

/// The helper, which gets ready while the baseline's worker starts.
pub struct Maker {
    helper: Worker,
}

impl Maker {
    /// Starts it; `None` where there are no tools or it can't be started.
    pub fn start(bench: &Bench<'_>) -> Option<Self> {
        if !bench.limits.tools.join(PACKAGE).is_dir() {
            return None;
        }
        Worker::start_helper(&bench.plan.start, bench.first_seed(), &bench.limits).ok().map(|helper| Self { helper })
    }

    /// Encoded sets of values for the arguments that `known` calls pass, as `worker` of the baseline sees them.
    ///
    /// # Errors
    /// If either process gives no answer that can be read.
    pub fn values(mut self, bench: &Bench<'_>, worker: &mut Worker, known: &[Case], wish: &Wish<'_>) -> Result<Vec<Vec<u8>>, WorkerError> {
        let described = describe(worker, known)?;
        let options = json!({"seed": wish.seed, "count": wish.cases.min(MOST), "seconds": SECONDS, "tools": bench.limits.tools});
        let patience = Duration::from_secs_f64(2.0 * SECONDS) + bench.limits.load;
        let answer = self.helper.request(operation::VALUES, &framed(&options, &[&described]), patience)?;
        let made = unframed(&answer).ok_or_else(|| WorkerError::protocol("the made values could not be read"))?;
        Ok(made.into_iter().map(<[u8]>::to_vec).collect())
    }
}

fn describe(worker: &mut Worker, known: &[Case]) -> Result<Vec<u8>, WorkerError> {
    let recorded = known.iter().filter(|case| case.header.origin == "recorded" && !case.input.is_empty());
    let inputs: Vec<&[u8]> = recorded.map(|case| case.input.as_slice()).collect();
    worker.request(operation::DESCRIBE, &framed(&json!({}), &inputs), DESCRIBING)
}
