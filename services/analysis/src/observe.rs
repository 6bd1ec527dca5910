//! Observations of one target, joined over a workload's processes and over workloads.

use std::collections::BTreeMap;

use serde::Deserialize;
use whetstone_core::observed::{Observations, ParameterObserved, PositionObserved, Values, What};

/// What one process observed.
#[derive(Debug, Deserialize)]
pub struct ProcessOutcomes {
    targets: BTreeMap<String, TargetOutcomes>,
}

/// One target's part.
#[derive(Debug, Deserialize)]
pub struct TargetOutcomes {
    observations: Observations,
    /// `[size of the input, nanoseconds]` of calls that ran the plain code.
    timings: Vec<(u64, u64)>,
}

/// A target's joined observations and timings.
pub fn join(processes: &[ProcessOutcomes], target: &str) -> (Option<Observations>, Vec<(u64, u64)>) {
    let parts: Vec<&TargetOutcomes> = processes.iter().filter_map(|process| process.targets.get(target)).collect();
    let timings = parts.iter().flat_map(|part| part.timings.iter().copied()).collect();
    let joined = parts.into_iter().map(|part| part.observations.clone()).reduce(add);
    (joined, timings)
}

fn add(mut left: Observations, right: Observations) -> Observations {
    left.calls += right.calls;
    left.sampled += right.sampled;
    left.result_is_argument += right.result_is_argument;
    left.result_equals_argument += right.result_equals_argument;
    left.same_as_last += right.same_as_last;
    // Processes may have seen the same arguments: the true number lies between the greatest and the sum.
    left.distinct_arguments = left.distinct_arguments.max(right.distinct_arguments);
    left.sketch_full |= right.sketch_full;
    add_values(&mut left.returned, right.returned);
    add_counts(&mut left.raised, right.raised);
    add_counts(&mut left.callers, right.callers);
    for parameter in right.parameters {
        match left.parameters.iter_mut().find(|known| known.name == parameter.name) {
            Some(known) => add_parameter(known, parameter),
            None => left.parameters.push(parameter),
        }
    }
    for position in right.positions {
        let same = |known: &&mut PositionObserved| is_same_place(known, &position);
        match left.positions.iter_mut().find(same) {
            Some(known) => add_what(&mut known.what, position.what),
            None => left.positions.push(position),
        }
    }
    left
}

fn add_parameter(known: &mut ParameterObserved, more: ParameterObserved) {
    add_values(&mut known.values, more.values);
    known.same_as_last += more.same_as_last;
    known.hashable &= more.hashable;
}

fn is_same_place(left: &PositionObserved, right: &PositionObserved) -> bool {
    let place = |position: &PositionObserved| (position.line, position.column, position.end_line, position.end_column);
    place(left) == place(right) && std::mem::discriminant(&left.what) == std::mem::discriminant(&right.what)
}

fn add_values(known: &mut Values, more: Values) {
    known.count += more.count;
    add_counts(&mut known.types, more.types);
    known.sized += more.sized;
    known.empty += more.empty;
    known.size_sum += more.size_sum;
    known.size_max = known.size_max.max(more.size_max);
}

/// Adds counts by name, the most frequent first.
fn add_counts(known: &mut Vec<(String, u64)>, more: Vec<(String, u64)>) {
    for (name, count) in more {
        match known.iter_mut().find(|(other, _)| *other == name) {
            Some((_, sum)) => *sum += count,
            None => known.push((name, count)),
        }
    }
    known.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
}

fn add_what(known: &mut What, more: What) {
    match (known, more) {
        (What::Branch { taken, not_taken }, What::Branch { taken: more_taken, not_taken: more_not }) => {
            *taken += more_taken;
            *not_taken += more_not;
        }
        (What::Value { values }, What::Value { values: more }) => add_values(values, more),
        (What::Loop { entered, trips, most, broke }, What::Loop { entered: e, trips: t, most: m, broke: b }) => {
            *entered += e;
            *trips += t;
            *most = (*most).max(m);
            *broke += b;
        }
        (What::Try { entered, raised }, What::Try { entered: more_entered, raised: more_raised }) => {
            *entered += more_entered;
            add_counts(raised, more_raised);
        }
        (
            What::Call { count, returns_argument, same_as_last, raised },
            What::Call { count: c, returns_argument: r, same_as_last: s, raised: more },
        ) => {
            *count += c;
            *returns_argument += r;
            *same_as_last += s;
            add_counts(raised, more);
        }
        // Places of different kinds are never joined.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(calls: u64, kind: &str, taken: u64) -> ProcessOutcomes {
        let values = Values { count: calls, types: vec![(kind.into(), calls)], sized: calls, empty: 1, size_sum: 7, size_max: taken };
        let position = |what| PositionObserved { line: 2, column: 4, end_line: 2, end_column: 9, what };
        let observations = Observations {
            calls,
            sampled: calls,
            parameters: vec![ParameterObserved { name: "x".into(), values: values.clone(), same_as_last: 1, hashable: true }],
            positions: vec![position(What::Branch { taken, not_taken: 1 }), position(What::Value { values })],
            ..Observations::default()
        };
        ProcessOutcomes { targets: BTreeMap::from([("m:f".to_owned(), TargetOutcomes { observations, timings: vec![(1, calls)] })]) }
    }

    #[test]
    fn counts_of_processes_add_up_by_place() {
        let (joined, timings) = join(&[observed(3, "builtins.list", 2), observed(5, "builtins.tuple", 4)], "m:f");
        let joined = joined.expect("observed");
        assert_eq!((joined.calls, timings), (8, vec![(1, 3), (1, 5)]));
        assert_eq!(joined.positions.len(), 2);
        assert_eq!(joined.positions[0].what, What::Branch { taken: 6, not_taken: 2 });
        let values = &joined.parameters[0].values;
        assert_eq!(values.types, [("builtins.tuple".to_owned(), 5), ("builtins.list".to_owned(), 3)]);
        assert_eq!((values.size_max, values.empty), (4, 2));
        assert_eq!(join(&[], "m:f").0, None);
    }
}
