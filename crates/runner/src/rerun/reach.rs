//! Whether the workloads reach each branch that an edit adds, alters or removes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use whetstone_core::plan::{
    behaviour::{CandidateSide, Conclusion},
    rerun::CandidateRerun,
    workload::Instrument,
};

use super::{
    Halt, Stage, Stop,
    seen::{json, names},
};
use crate::{
    RunnerError,
    behaviour::{
        generated::{Reached, changed_lines},
        survivor,
    },
    sides::Side,
};

const COVERAGE: (&str, &str) = ("coverage-", ".json");

impl Stage<'_> {
    /// Refuses evidence that leaves a changed branch out.
    pub(super) fn reaches_changes(
        &mut self,
        candidate: &CandidateSide,
        side: &Side,
        baseline: &Side,
        found: &mut CandidateRerun,
    ) -> Result<(), Halt> {
        let file = &self.plan.target.file;
        let text = |side: &Side| fs::read_to_string(side.root.join(file)).unwrap_or_default();
        if !candidate.edits.iter().any(|edit| edit.path == *file) {
            return Ok(());
        }
        let (removed, added) = changed_lines(&text(baseline), &text(side));
        let after = self.reached(side).map_err(Stop::failed)?;
        let mut ways = survivor::ways(&after, &added, "");
        if !removed.is_empty() {
            ways.extend(survivor::ways(&self.reached(baseline)?, &removed, "removed "));
        }
        let missed;
        (found.changed_branches, found.changed_branches_reached, missed) = survivor::count(&ways, "call");
        if after.lines_total == 0 {
            let reason = "it could not be told which branches the workload reaches";
            return Err(Stop::new(Conclusion::NotEnoughEvidence, reason).into());
        }
        missed.map_or(Ok(()), |reason| Err(Stop::new(Conclusion::NotEnoughEvidence, reason).into()))
    }

    /// What all processes of all commands reach of the target with a side.
    fn reached(&mut self, side: &Side) -> Result<Reached, RunnerError> {
        let mut all: Option<Reached> = None;
        for number in 0..self.plan.commands.len() {
            let name = self.plan.target.name.to_string();
            let read = |folder: &Path| processes(folder, &name);
            for process in self.workloads.run(side, number, self.first_seed(), Instrument::Coverage, read)?.1 {
                match &mut all {
                    Some(all) => all.join(&process),
                    None => all = Some(process),
                }
            }
        }
        Ok(all.unwrap_or_default())
    }
}

fn processes(folder: &Path, target: &str) -> Vec<Reached> {
    let files: BTreeSet<String> = names(folder, COVERAGE);
    files.iter().filter_map(|name| json::<BTreeMap<String, Reached>>(&folder.join(name))?.remove(target)).collect()
}
