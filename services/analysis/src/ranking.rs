//! Choosing targets: which functions are worth a try, and why others are not.

use std::collections::HashMap;

use whetstone_core::{TargetName, words};
use whetstone_languages::python::functions::Function;
use whetstone_proto::common::v1::Skipped;

use crate::{
    profile::{Profile, Row},
    sources::Parsed,
};

/// A function with its part of the workload.
#[derive(Clone, Debug)]
pub struct Ranked<'m> {
    pub function: &'m Function,
    pub calls: u64,
    /// Share of the time in it and in what it calls.
    pub share: f64,
    /// Share of the time in its own code.
    pub own_share: f64,
    /// Share of the time outside of the repository's other functions.
    pub exclusive_share: f64,
    /// Share of the time in compiled functions that it calls itself.
    compiled_share: f64,
    /// Share of the time in any of the repository's functions and what they call.
    pub repository_share: f64,
}

impl Ranked<'_> {
    /// Amdahl: the workload's ratio if the target took no time.
    pub fn upper_bound(&self) -> f64 {
        1.0 / (1.0 - self.share.clamp(0.0, 0.999))
    }

    /// What a change of this function alone can move: its own code and the compiled code that it
    /// calls in full, other packages' less, and little of the repository's other functions, which
    /// are targets themselves; calls of both can be avoided now and then.
    fn worth(&self) -> f64 {
        let direct = (self.own_share + self.compiled_share).min(self.exclusive_share.max(self.own_share));
        let foreign = (self.exclusive_share - direct).max(0.0);
        direct + 0.3 * foreign + 0.05 * (self.share - self.exclusive_share).max(0.0)
    }

    /// Whether nearly all of its exclusive time is spent in compiled code.
    fn is_compiled(&self) -> bool {
        self.compiled_share > 0.97 * self.exclusive_share
    }
}

/// Joins functions of the source with the profile's rows, in the order of what a change may bring.
pub fn rank<'m>(profile: &Profile, parsed: &'m Parsed) -> Vec<Ranked<'m>> {
    let seconds = profile.seconds().max(f64::MIN_POSITIVE);
    let by_place = parsed.by_place();
    let function_of = |row: &Row| {
        by_place
            .get(&(row.place.0.as_str(), row.place.1))
            .copied()
            .filter(|function| function.site.name.qualname.ends_with(last(&row.place.2)))
    };
    let is_own = |row: &Row| function_of(row).is_some_and(|function| parsed.reason_out(&function.site.file).is_none());
    let exclusive = profile.exclusive(is_own);
    let mut ranked: Vec<Ranked<'m>> = Vec::new();
    for (index, row) in profile.rows.iter().enumerate().filter(|(_, row)| is_own(row)) {
        let Some(function) = function_of(row) else { continue };
        ranked.push(Ranked {
            function,
            calls: row.calls,
            share: (row.total / seconds).min(1.0),
            own_share: (row.own / seconds).min(1.0),
            exclusive_share: (exclusive[index] / seconds).min(1.0),
            compiled_share: (profile.in_builtins(index) / seconds).min(1.0),
            repository_share: 0.0,
        });
    }
    // Times outside of each other's functions add up to the time in any of them.
    let repository_share = ranked.iter().map(|entry| entry.exclusive_share).sum::<f64>().min(1.0);
    ranked.iter_mut().for_each(|entry| entry.repository_share = repository_share);
    ranked
        .sort_by(|left, right| right.worth().total_cmp(&left.worth()).then_with(|| left.function.site.name.cmp(&right.function.site.name)));
    ranked
}

fn last(qualname: &str) -> &str {
    qualname.rsplit('.').next().unwrap_or(qualname)
}

/// What a function's share must reach to become a target, and of what.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    pub least_share: f64,
    /// Tests spend most of their time in their framework, which nobody who runs the repository's code meets: with tests as
    /// the workload a share is one of the rest.
    pub are_tests: bool,
}

/// Below this share of the whole nothing can be told from noise.
const NEGLIGIBLE: f64 = 0.0005;
/// Functions that are left out for their share and told one by one; the others are counted.
const TOLD: usize = 5;

impl Threshold {
    /// A function's share of what counts.
    fn share(&self, candidate: &Ranked<'_>, share: f64) -> f64 {
        if self.are_tests && candidate.repository_share > 0.0 { (share / candidate.repository_share).min(1.0) } else { share }
    }

    fn is_met(&self, candidate: &Ranked<'_>) -> bool {
        let is_worth = self.share(candidate, candidate.worth()) >= self.least_share / 2.0;
        is_worth && candidate.share >= NEGLIGIBLE && self.share(candidate, candidate.share) >= self.least_share
    }

    /// The share of a function below the threshold, in words.
    fn below(&self, candidate: &Ranked<'_>) -> String {
        let (share, least) = (self.share(candidate, candidate.share) * 100.0, self.least_share * 100.0);
        if share < least {
            return format!("{share:.2} % of {}, less than {least:.0} %", self.whole());
        }
        format!("{share:.2} % of {}, but nearly all of it in other functions of the repository", self.whole())
    }

    fn whole(&self) -> &'static str {
        if self.are_tests { "what the tests spend in the repository's code" } else { "the workload" }
    }
}

/// The hot path, and why the rest was left out.
pub fn choose<'m>(ranked: Vec<Ranked<'m>>, most: usize, threshold: Threshold) -> (Vec<Ranked<'m>>, Vec<Skipped>) {
    let (mut chosen, mut skipped) = (Vec::new(), Vec::new());
    let mut below = 0usize;
    for candidate in ranked {
        let name = candidate.function.name().to_string();
        if !threshold.is_met(&candidate) {
            below += 1;
            if below <= TOLD {
                let reason = format!("{}; --target takes it all the same", threshold.below(&candidate));
                skipped.push(Skipped { name, reason });
            }
            continue;
        }
        match reason_against(&candidate) {
            Some(reason) => skipped.push(Skipped { name, reason }),
            None if chosen.len() < most => chosen.push(candidate),
            None => skipped.push(Skipped {
                name,
                reason: format!("{:.1} % of the workload, behind the {most} chosen; --priority high takes more", candidate.share * 100.0),
            }),
        }
    }
    if below > TOLD {
        let name = words::count((below - TOLD) as u64, "further function");
        skipped.push(Skipped { name, reason: format!("each with too little of {}", threshold.whole()) });
    }
    (chosen, skipped)
}

/// What is to be known of named targets that would have been left out for their share.
pub fn exempt(named: &[Ranked<'_>], threshold: Threshold) -> Vec<String> {
    let below = named.iter().filter(|target| target.share > 0.0 && !threshold.is_met(target));
    below.map(|target| format!("{}: {}; taken because it is named", target.function.name(), threshold.below(target))).collect()
}

fn reason_against(candidate: &Ranked<'_>) -> Option<String> {
    let function = candidate.function;
    let percent = candidate.share * 100.0;
    if !function.trivial.is_empty() {
        return Some(format!("{percent:.1} % of the workload, but {}", function.trivial));
    }
    if candidate.exclusive_share < 0.05 * candidate.share && function.complexity.loops == 0 && function.statements <= 2 {
        return Some(format!("{percent:.1} % of the workload, but nearly all of it in functions that it only passes on to"));
    }
    if candidate.is_compiled() && function.complexity.cyclomatic == 1 && function.statements <= 2 {
        return Some(format!("{percent:.1} % of the workload, but all of it in one call of compiled code"));
    }
    None
}

/// The named functions, whatever their share.
pub fn named<'m>(ranked: Vec<Ranked<'m>>, functions: &[&'m Function]) -> Vec<Ranked<'m>> {
    let mut by_name: HashMap<(TargetName, u32), Ranked<'m>> =
        ranked.into_iter().map(|entry| ((entry.function.name().clone(), entry.function.site.line), entry)).collect();
    let of = |function: &&'m Function| {
        let known = by_name.remove(&(function.name().clone(), function.site.line));
        known.unwrap_or(Ranked {
            function,
            calls: 0,
            share: 0.0,
            own_share: 0.0,
            exclusive_share: 0.0,
            compiled_share: 0.0,
            repository_share: 0.0,
        })
    };
    functions.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{profile, sources};

    const SOURCE: &[u8] = b"def hot(xs):\n    return [x for x in xs if x]\n\ndef passes(xs):\n    return hot(xs)\n\ndef plain(self):\n    return self.x\n\ndef cold(a):\n    if a:\n        return a + 1\n";

    #[test]
    fn targets_are_ranked_by_what_a_change_can_move_and_others_have_a_reason() {
        let functions = [
            ("pkg/a.py", 1, "hot", 10, 6.0, 6.5),
            ("pkg/a.py", 4, "passes", 10, 0.1, 6.6),
            ("pkg/a.py", 7, "plain", 900, 2.0, 2.0),
            ("pkg/a.py", 10, "cold", 1, 0.01, 0.01),
            ("tests/test_a.py", 1, "test", 1, 1.3, 10.0),
            ("", 0, "len", 5, 0.5, 0.5),
        ];
        let edges = [(4, 1, 10, 6.6), (1, 0, 10, 6.5), (0, 5, 5, 0.5), (4, 2, 900, 2.0), (4, 3, 1, 0.01)];
        let profile = Profile::join(&[profile::tests::process(&functions, &edges, 0.0)]);
        let parsed = sources::tests::sources(&[("pkg/a.py", SOURCE), ("tests/test_a.py", b"def test():\n    pass\n")])
            .parse(&[".".into()], |_| true);
        let ranked = rank(&profile, &parsed);
        assert_eq!(ranked[0].function.name().qualname, "hot");
        assert!((ranked[0].share - 0.656).abs() < 0.01, "{}", ranked[0].share);
        assert!((ranked[0].upper_bound() - 2.9).abs() < 0.1);
        assert!((ranked[0].repository_share - 0.86).abs() < 0.02, "all but the test's own time: {}", ranked[0].repository_share);
        let plain = Threshold { least_share: 0.01, are_tests: false };
        let (chosen, skipped) = choose(ranked.clone(), 5, plain);
        assert_eq!(chosen.iter().map(|entry| entry.function.name().qualname.as_str()).collect::<Vec<_>>(), ["hot"]);
        let reason = |name: &str| skipped.iter().find(|skip| skip.name.ends_with(name)).map(|skip| skip.reason.clone()).unwrap_or_default();
        assert!(reason("pkg.a:passes").contains("passes on to") && reason("pkg.a:plain").contains("only returns"), "{skipped:?}");
        assert_eq!(reason("pkg.a:cold"), "0.10 % of the workload, less than 1 %; --target takes it all the same");
        let cold = parsed.modules[0].functions.iter().find(|function| function.name().qualname == "cold").expect("there");
        let named = named(ranked, &[cold]);
        assert_eq!(named[0].calls, 1);
        let told = ["pkg.a:cold: 0.10 % of the workload, less than 1 %; taken because it is named"];
        assert_eq!(exempt(&named, plain), told);
        assert!(exempt(&chosen, plain).is_empty());
    }

    #[test]
    fn a_share_is_one_of_the_workload_and_with_tests_one_of_the_repositorys_code() {
        let functions = [("pkg/a.py", 1, "hot", 10, 0.05, 0.05), ("x/pytest.py", 1, "run", 1, 9.95, 10.0)];
        let profile = Profile::join(&[profile::tests::process(&functions, &[(1, 0, 10, 0.05)], 0.0)]);
        let parsed = sources::tests::sources(&[("pkg/a.py", SOURCE)]).parse(&[".".into()], |_| true);
        let chosen = |are_tests| choose(rank(&profile, &parsed), 5, Threshold { least_share: 0.01, are_tests });
        assert_eq!(chosen(true).0.len(), 1, "all of what the tests spend in the repository's code");
        let (none, skipped) = chosen(false);
        assert!(none.is_empty());
        assert_eq!(skipped[0].reason, "0.50 % of the workload, less than 1 %; --target takes it all the same");
    }

    #[test]
    fn of_many_functions_with_too_little_time_the_first_are_told_and_the_rest_counted() {
        let source: String = (0..9).map(|number| format!("def f{number}(a):\n    if a:\n        return a + 1\n")).collect();
        let names: Vec<String> = (0..9).map(|number| format!("f{number}")).collect();
        let rows = names.iter().zip(0u32..).map(|(name, number)| ("a.py", 1 + 3 * number, name.as_str(), 1, 0.01, 0.01));
        let rows: Vec<_> = rows.chain([("x/run.py", 1, "run", 1, 10.0, 10.0)]).collect();
        let profile = Profile::join(&[profile::tests::process(&rows, &[], 0.0)]);
        let parsed = sources::tests::sources(&[("a.py", source.as_bytes())]).parse(&[".".into()], |_| true);
        let (_, skipped) = choose(rank(&profile, &parsed), 5, Threshold { least_share: 0.01, are_tests: false });
        assert_eq!(skipped.len(), 6, "{skipped:?}");
        assert_eq!(skipped[5].name, "4 further functions");
    }
}
