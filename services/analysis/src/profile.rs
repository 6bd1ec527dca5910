//! cProfile's tables of many processes, joined: where the time went, less what profiling itself took.
//!
//! cProfile tells of each function its own time and, for each pair, how long one called the other.
//! Profiling adds a measured amount to every call, which would make small functions look slow; it
//! is taken off each function's own time, and times of callers are built up again from what is left.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use whetstone_core::profile::CallTree;

/// One process's table as the harness wrote it.
#[derive(Clone, Debug, Deserialize)]
pub struct ProcessProfile {
    bias: Bias,
    /// `file, line, name, calls, primitive calls, own seconds, total seconds`.
    functions: Vec<(String, u32, String, u64, u64, f64, f64)>,
    /// `caller, callee, calls, own seconds, total seconds`.
    edges: Vec<(usize, usize, u64, f64, f64)>,
}

#[derive(Clone, Debug, Deserialize)]
struct Bias {
    callee_s: f64,
    caller_s: f64,
}

/// A function's place: `("", 0, name)` for a built-in one.
pub type Place = (String, u32, String);

/// One function of the joined profile.
#[derive(Clone, Debug)]
pub struct Row {
    pub place: Place,
    /// Calls; a generator's resumptions count each.
    pub calls: u64,
    /// Seconds in its own code.
    pub own: f64,
    /// Seconds with what it calls, recursion counted once.
    pub total: f64,
    raw_total: f64,
}

impl Row {
    /// Whether it is implemented in C.
    pub fn is_builtin(&self) -> bool {
        self.place.0.is_empty()
    }
}

/// The joined profile of a workload's processes, or of several workloads.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub rows: Vec<Row>,
    indexes: HashMap<Place, usize>,
    /// By caller: callee, calls, the part of the callee's total time that it spent for this caller.
    callees: Vec<HashMap<usize, Edge>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    calls: u64,
    raw_total: f64,
}

/// Sweeps over the call graph; chains that are longer keep a part of the profiler's own time.
const SWEEPS: usize = 60;

impl Profile {
    /// Joins the tables of processes.
    pub fn join(processes: &[ProcessProfile]) -> Self {
        let mut profile = Self::default();
        for process in processes {
            profile.add(process);
        }
        profile.correct_totals();
        profile
    }

    fn add(&mut self, process: &ProcessProfile) {
        let mut made = vec![0u64; process.functions.len()];
        for (caller, _, calls, _, _) in &process.edges {
            if let Some(made) = made.get_mut(*caller) {
                *made += calls;
            }
        }
        let mut indexes = Vec::with_capacity(process.functions.len());
        for ((file, line, name, calls, _, own, total), made) in process.functions.iter().zip(made) {
            let overhead = *calls as f64 * process.bias.callee_s + made as f64 * process.bias.caller_s;
            let index = self.index((file.clone(), *line, name.clone()));
            let row = &mut self.rows[index];
            row.calls += calls;
            row.own += (own - overhead).max(0.0);
            row.raw_total += total;
            indexes.push(index);
        }
        for (caller, callee, calls, _, total) in &process.edges {
            if let (Some(caller), Some(callee)) = (indexes.get(*caller), indexes.get(*callee)) {
                let edge = self.callees[*caller].entry(*callee).or_default();
                edge.calls += calls;
                edge.raw_total += total;
            }
        }
    }

    fn index(&mut self, place: Place) -> usize {
        if let Some(index) = self.indexes.get(&place) {
            return *index;
        }
        let index = self.rows.len();
        self.indexes.insert(place.clone(), index);
        self.rows.push(Row { place, calls: 0, own: 0.0, total: 0.0, raw_total: 0.0 });
        self.callees.push(HashMap::new());
        index
    }

    fn correct_totals(&mut self) {
        let totals = self.accumulate(|_, _| true);
        for (row, total) in self.rows.iter_mut().zip(totals) {
            row.total = total;
        }
    }

    /// Own time plus the callees' for those edges that `follow` lets pass. A recursive function's
    /// total is held to what the profiler saw, which counts recursion once.
    fn accumulate(&self, follow: impl Fn(&Row, &Row) -> bool) -> Vec<f64> {
        let edges: Vec<Vec<(usize, f64)>> = (0..self.rows.len())
            .map(|caller| {
                let followed = self.callees[caller]
                    .iter()
                    .filter(|(callee, _)| **callee != caller && follow(&self.rows[caller], &self.rows[**callee]));
                followed.map(|(callee, edge)| (*callee, self.part(*callee, edge))).collect()
            })
            .collect();
        let mut totals: Vec<f64> = self.rows.iter().map(|row| row.own).collect();
        for _ in 0..SWEEPS {
            let mut change = 0.0f64;
            for caller in (0..self.rows.len()).rev() {
                let called: f64 = edges[caller].iter().map(|(callee, part)| part * totals[*callee]).sum();
                let total = (self.rows[caller].own + called).min(self.rows[caller].raw_total.max(self.rows[caller].own));
                change = change.max((total - totals[caller]).abs());
                totals[caller] = total;
            }
            if change < 1e-9 {
                break;
            }
        }
        totals
    }

    /// The part of a callee's time that belongs to one caller.
    fn part(&self, callee: usize, edge: &Edge) -> f64 {
        let whole = self.rows[callee].raw_total;
        if whole > 0.0 { (edge.raw_total / whole).min(1.0) } else { 0.0 }
    }

    /// Seconds of everything that was profiled.
    pub fn seconds(&self) -> f64 {
        self.rows.iter().map(|row| row.own).sum()
    }

    /// Seconds that each function spends outside of the functions for which `is_own` holds: in its
    /// own code, in C and in other packages.
    pub fn exclusive(&self, is_own: impl Fn(&Row) -> bool) -> Vec<f64> {
        self.accumulate(|_, callee| !is_own(callee))
    }

    /// Seconds in C functions that `row` calls itself.
    pub fn in_builtins(&self, row: usize) -> f64 {
        let builtins = self.callees[row].iter().filter(|(callee, _)| self.rows[**callee].is_builtin());
        builtins.map(|(callee, edge)| self.part(*callee, edge) * self.rows[*callee].total).sum()
    }

    /// The call tree from the functions that nobody calls. Pairs of functions are all that is known,
    /// so a function's time is shared out below each caller in proportion. Frames of other packages
    /// that follow each other are one node, named by the first.
    pub fn call_tree(&self, root: &str, name_of: impl Fn(&Row) -> Option<String>) -> CallTree {
        let called: HashSet<usize> = self
            .callees
            .iter()
            .enumerate()
            .flat_map(|(caller, callees)| callees.keys().filter(move |callee| **callee != caller))
            .copied()
            .collect();
        let mut builder = TreeBuilder { profile: self, name_of: &name_of, least: self.seconds() * 0.001, path: Vec::new() };
        let mut children = Vec::new();
        for index in (0..self.rows.len()).filter(|index| !called.contains(index)) {
            builder.grow(index, self.rows[index].total, self.rows[index].calls, false, &mut children);
        }
        let children = join_equal(children);
        CallTree { name: root.to_owned(), seconds: self.seconds(), calls: 1, children }
    }
}

struct TreeBuilder<'p, N> {
    profile: &'p Profile,
    name_of: &'p N,
    least: f64,
    path: Vec<usize>,
}

impl<N: Fn(&Row) -> Option<String>> TreeBuilder<'_, N> {
    /// Deeper trees can't be read, neither by people nor by JSON readers.
    const DEPTH: usize = 40;

    fn grow(&mut self, index: usize, seconds: f64, calls: u64, in_foreign: bool, siblings: &mut Vec<CallTree>) {
        if seconds < self.least || self.path.contains(&index) || self.path.len() > 400 {
            return;
        }
        let row = &self.profile.rows[index];
        let own_name = (self.name_of)(row);
        let is_foreign = own_name.is_none() && !row.is_builtin();
        let hidden = is_foreign && in_foreign;
        let mut children = Vec::new();
        self.path.push(index);
        let parts: Vec<(usize, f64, u64)> = self.profile.callees[index]
            .iter()
            .filter(|(callee, _)| **callee != index)
            .map(|(callee, edge)| (*callee, self.profile.part(*callee, edge) * self.profile.rows[*callee].total, edge.calls))
            .collect();
        let whole = (row.own + parts.iter().map(|(_, seconds, _)| seconds).sum::<f64>()).max(row.total).max(f64::MIN_POSITIVE);
        for (callee, part, calls) in parts {
            self.grow(callee, seconds * part / whole, calls, is_foreign, &mut children);
        }
        self.path.pop();
        if hidden {
            siblings.extend(children);
            return;
        }
        let name = own_name.unwrap_or_else(|| foreign_name(row));
        siblings.push(CallTree { name, seconds, calls, children: trim(join_equal(children), Self::DEPTH) });
    }
}

fn trim(children: Vec<CallTree>, depth: usize) -> Vec<CallTree> {
    if depth == 0 {
        return Vec::new();
    }
    let deeper = |child: CallTree| CallTree { children: trim(child.children, depth - 1), ..child };
    children.into_iter().map(deeper).collect()
}

/// `json.decoder:decode` for a file of another package, the name alone for a built-in function.
fn foreign_name(row: &Row) -> String {
    let (file, _, name) = &row.place;
    let after = ["/site-packages/", "/dist-packages/"].iter().find_map(|folder| file.rsplit_once(folder)).map(|(_, path)| path);
    let path = after.or_else(|| file.rsplit_once('/').map(|(_, name)| name)).unwrap_or(file);
    let module = path.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
    if module.is_empty() { name.clone() } else { format!("{module}:{name}") }
}

/// Joins children of one name, longest first.
fn join_equal(children: Vec<CallTree>) -> Vec<CallTree> {
    let mut joined: Vec<CallTree> = Vec::new();
    for child in children {
        match joined.iter_mut().find(|known| known.name == child.name) {
            Some(known) => {
                known.seconds += child.seconds;
                known.calls += child.calls;
                let below = std::mem::take(&mut known.children).into_iter().chain(child.children).collect();
                known.children = join_equal(below);
            }
            None => joined.push(child),
        }
    }
    joined.sort_by(|left, right| right.seconds.total_cmp(&left.seconds));
    joined
}

#[cfg(test)]
pub mod tests {
    use super::*;

    type Function<'a> = (&'a str, u32, &'a str, u64, f64, f64);

    pub fn process(functions: &[Function<'_>], edges: &[(usize, usize, u64, f64)], bias: f64) -> ProcessProfile {
        let functions = functions
            .iter()
            .map(|(file, line, name, calls, own, total)| ((*file).into(), *line, (*name).into(), *calls, *calls, *own, *total));
        let edges = edges.iter().map(|(caller, callee, calls, total)| (*caller, *callee, *calls, 0.0, *total));
        let bias = Bias { callee_s: bias, caller_s: bias };
        ProcessProfile { bias, functions: functions.collect(), edges: edges.collect() }
    }

    /// main (1 s own) calls work (2 s own), which calls len (C, 1 s) a million times.
    fn example(bias: f64) -> Profile {
        let functions = [("m.py", 1, "main", 1, 1.0, 4.0), ("m.py", 5, "work", 10, 2.0, 3.0), ("", 0, "len", 1_000_000, 1.0, 1.0)];
        Profile::join(&[process(&functions, &[(0, 1, 10, 3.0), (1, 2, 1_000_000, 1.0)], bias)])
    }

    #[test]
    fn without_a_bias_totals_are_the_profilers() {
        let profile = example(0.0);
        let totals: Vec<f64> = profile.rows.iter().map(|row| row.total).collect();
        assert_eq!(totals, [4.0, 3.0, 1.0]);
        assert_eq!(profile.seconds(), 4.0);
        assert_eq!(profile.in_builtins(1), 1.0);
        assert_eq!(profile.exclusive(|row| row.place.2 == "work")[0], 1.0);
    }

    #[test]
    fn what_profiling_adds_to_each_call_is_taken_off() {
        let profile = example(0.5e-6);
        let close = |left: f64, right: f64| (left - right).abs() < 1e-4;
        assert!(close(profile.rows[2].own, 0.5) && close(profile.rows[1].own, 1.5), "{:?}", profile.rows);
        assert!(close(profile.rows[0].total, 3.0), "{:?}", profile.rows);
    }

    #[test]
    fn recursion_is_counted_once() {
        let functions = [("m.py", 1, "a", 2, 1.0, 3.0), ("m.py", 2, "b", 2, 2.0, 3.0)];
        let profile = Profile::join(&[process(&functions, &[(0, 1, 2, 3.0), (1, 0, 1, 1.0)], 0.0)]);
        assert!(profile.rows.iter().all(|row| row.total <= 3.0 + 1e-9), "{:?}", profile.rows);
    }

    #[test]
    fn the_call_tree_shares_time_out_and_joins_frames_of_other_packages() {
        let functions = [
            ("/x/site-packages/pluggy/a.py", 1, "call", 1, 0.5, 4.0),
            ("/x/site-packages/pytest/b.py", 1, "run", 1, 0.5, 3.5),
            ("m.py", 5, "work", 10, 2.0, 3.0),
            ("", 0, "len", 10, 1.0, 1.0),
        ];
        let profile = Profile::join(&[process(&functions, &[(0, 1, 1, 3.5), (1, 2, 10, 3.0), (2, 3, 10, 1.0)], 0.0)]);
        let tree = profile.call_tree("pytest", |row| (row.place.0 == "m.py").then(|| format!("m:{}", row.place.2)));
        assert_eq!(tree.children.len(), 1);
        let outer = &tree.children[0];
        assert_eq!((outer.name.as_str(), outer.seconds), ("pluggy.a:call", 4.0));
        assert_eq!((outer.children[0].name.as_str(), outer.children[0].seconds), ("m:work", 3.0));
        assert_eq!(outer.children[0].children[0].name, "len");
    }
}
