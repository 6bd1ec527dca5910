//! The fixed sequence of calls that makes one sample.

/// A case that can be timed.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    /// How many live calls it stands for.
    pub weight: f64,
    /// CPU nanoseconds of one call on the baseline.
    pub call_ns: f64,
    /// What building its arguments costs, as bytes of a graph that C code builds.
    pub bytes: f64,
}

/// A case with at least this share of the target's time must occur in a sample.
const MUST_OCCUR: f64 = 0.20;
/// No sample is made longer than this for the sake of a rare and slow case.
const LONGEST_NS: f64 = 150e6;
/// Calls beyond this would only measure the memory that their arguments take.
const MOST_CALLS: f64 = 50_000.0;
/// A sample's arguments take no more than this, about a tenth of a second to build: where a quick call looks at a large
/// graph, such as one node of a tree, shorter samples show the same for a fraction of the time.
const MOST_BYTES: f64 = 4e6;

/// Calls of one sample: indexes into the cases with the pass that each belongs to.
///
/// Every pass goes through its cases in recorded order, and each pass has values of its own, so that
/// a case that stands for many live calls does not turn into many equal ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    pub calls: Vec<(usize, u32)>,
}

impl Sequence {
    /// Takes each case as often as its weight says, scaled so that the sample lasts `shortest_ns` or
    /// longer; `cases` come in recorded order.
    pub fn of(cases: &[Weighted], shortest_ns: f64) -> Self {
        let total: f64 = cases.iter().map(|case| case.weight * case.call_ns).sum();
        if total <= 0.0 {
            return Self::default();
        }
        let must_occur = |case: &&Weighted| case.weight * case.call_ns >= MUST_OCCUR * total;
        let needed =
            cases.iter().filter(must_occur).map(|case| total / case.weight).fold(shortest_ns, f64::max).min(LONGEST_NS.max(shortest_ns));
        let calls: f64 = cases.iter().map(|case| case.weight).sum();
        let bytes: f64 = cases.iter().map(|case| case.weight * case.bytes).sum();
        let most = MOST_CALLS.min(MOST_BYTES * calls / bytes.max(1.0)).max(1.0);
        let scale = (needed / total).min(most / calls);
        let mut counts = systematic(cases, scale);
        let planned = |counts: &[u32]| -> f64 { cases.iter().zip(counts).map(|(case, count)| case.call_ns * f64::from(*count)).sum() };
        // Rounding down rare cases may leave the sample short.
        let mut scale = scale;
        while planned(&counts) < shortest_ns && counts.iter().map(|count| f64::from(*count)).sum::<f64>() < most {
            scale *= 1.1;
            counts = systematic(cases, scale);
        }
        // Where the number of calls is the limit, a slow and rare case would be left out.
        for (count, case) in counts.iter_mut().zip(cases) {
            *count = (*count).max(u32::from(must_occur(&case) && case.call_ns <= LONGEST_NS.max(shortest_ns)));
        }
        if counts.iter().all(|count| *count == 0) {
            counts = cases.iter().map(|case| u32::from(must_occur(&case))).collect();
        }
        Self::in_passes(&counts)
    }

    fn in_passes(counts: &[u32]) -> Self {
        let passes = counts.iter().copied().max().unwrap_or(0);
        // Frequent cases are spread over all passes, rare ones occur in the first.
        let calls = (0..passes)
            .flat_map(|pass| counts.iter().enumerate().filter(move |(_, count)| pass < **count).map(move |(case, _)| (case, pass)))
            .collect();
        Self { calls }
    }

    /// How many calls a sample makes.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether no case can be timed.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

/// Systematic sampling: the k-th case gets the whole numbers that its stretch of the scaled,
/// accumulated weights covers, so that the counts add up to the scaled total without drawing.
fn systematic(cases: &[Weighted], scale: f64) -> Vec<u32> {
    let mut reached = 0.5;
    cases
        .iter()
        .map(|case| {
            let from = f64::floor(reached);
            reached += case.weight * scale;
            (reached.floor() - from) as u32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lasts(sequence: &Sequence, cases: &[Weighted]) -> f64 {
        sequence.calls.iter().map(|(case, _)| cases[*case].call_ns).sum()
    }

    fn case(weight: f64, call_ns: f64) -> Weighted {
        Weighted { weight, call_ns, bytes: 50.0 }
    }

    #[test]
    fn a_sample_lasts_long_enough_and_keeps_the_weights() {
        let cases = [case(300.0, 1e3), case(100.0, 5e3), case(600.0, 2e3)];
        let sequence = Sequence::of(&cases, 10e6);
        assert!(lasts(&sequence, &cases) >= 10e6 && lasts(&sequence, &cases) < 12e6);
        let count = |wanted: usize| sequence.calls.iter().filter(|(case, _)| *case == wanted).count() as f64;
        assert!((count(0) / count(1) - 3.0).abs() < 0.1 && (count(2) / count(0) - 2.0).abs() < 0.1);
    }

    #[test]
    fn a_rare_call_that_takes_half_the_time_occurs() {
        let cases = [case(1e6, 1e2), case(1.0, 1e8)];
        let sequence = Sequence::of(&cases, 10e6);
        assert!(sequence.calls.iter().any(|(case, _)| *case == 1));
        assert!(lasts(&sequence, &cases) >= 100e6);
    }

    #[test]
    fn one_short_case_is_repeated_in_passes_of_its_own() {
        let sequence = Sequence::of(&[case(1.0, 1e6)], 10e6);
        assert_eq!(sequence.calls, (0..10).map(|pass| (0, pass)).collect::<Vec<_>>());
        assert!(Sequence::of(&[], 10e6).is_empty());
    }

    #[test]
    fn large_arguments_of_quick_calls_make_samples_short_but_leave_none_of_the_time_out() {
        let cases = [Weighted { bytes: 40_000.0, ..case(900.0, 2e3) }, Weighted { bytes: 40_000.0, ..case(100.0, 20e3) }];
        let sequence = Sequence::of(&cases, 10e6);
        let count = |wanted: usize| sequence.calls.iter().filter(|(case, _)| *case == wanted).count();
        assert_eq!((count(0), count(1)), (90, 10));
        let slow = [Weighted { bytes: 8e6, ..case(1.0, 1e6) }];
        assert_eq!(Sequence::of(&slow, 10e6).len(), 1);
    }

    #[test]
    fn each_pass_keeps_the_recorded_order() {
        let sequence = Sequence::of(&[case(1.0, 1e6), case(2.0, 1e6), case(1.0, 1e6)], 8e6);
        for pass in 0.. {
            let order: Vec<usize> = sequence.calls.iter().filter(|(_, of)| *of == pass).map(|(case, _)| *case).collect();
            if order.is_empty() {
                break;
            }
            assert!(order.is_sorted());
        }
    }
}
