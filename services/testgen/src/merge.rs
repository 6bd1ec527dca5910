//! Merges what several processes and workloads recorded of one target.

use std::collections::{BTreeMap, HashMap};

use whetstone_core::{
    Digest,
    cases::{Case, CaseMode},
};

/// Puts the case files of one target into one stream: equal inputs are one case with the weight of both,
/// positions and sequences go on from file to file, and at most about `most` cases stay.
///
/// Calls of one object stay together, and what is dropped is what its like have most of.
pub fn merge(files: Vec<Vec<Case>>, qualname: &str, most: usize) -> Vec<Case> {
    let mut merged: Vec<Case> = Vec::new();
    let mut known: HashMap<Digest, usize> = HashMap::new();
    let mut next_position = 0;
    for (number, file) in files.into_iter().enumerate() {
        let begin = next_position;
        for mut case in file {
            case.header.position += begin;
            next_position = next_position.max(case.header.position + 1);
            if !case.header.sequence.is_empty() {
                case.header.sequence = format!("{}.{number}", case.header.sequence);
            }
            let is_comparable = case.header.mode == CaseMode::Replay && case.header.sequence.is_empty();
            match is_comparable.then(|| Digest::of(&case.input)) {
                Some(digest) => match known.get(&digest) {
                    Some(index) => merged[*index].header.weight += case.header.weight,
                    None => {
                        known.insert(digest, merged.len());
                        merged.push(case);
                    }
                },
                None => merged.push(case),
            }
        }
    }
    let mut kept = thin(merged, most);
    kept.sort_by_key(|case| case.header.position);
    for (number, case) in kept.iter_mut().enumerate() {
        case.header.id = format!("{qualname}#{number}");
    }
    kept
}

/// What a case is like: calls that differ in none of these are alike as far as a header can tell.
fn likeness(case: &Case) -> (String, String, u32, String) {
    let header = &case.header;
    (header.types.clone(), header.ends.clone(), header.size.max(1).ilog2(), header.caller.clone())
}

/// Takes one of each likeness in turn until `most` stay; their weights keep the whole's.
fn thin(cases: Vec<Case>, most: usize) -> Vec<Case> {
    if cases.len() <= most {
        return cases;
    }
    let whole: u64 = cases.iter().map(|case| case.header.weight).sum();
    let mut groups: BTreeMap<_, Vec<Case>> = BTreeMap::new();
    let mut sequences: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in cases {
        match case.header.sequence.as_str() {
            "" => groups.entry(likeness(&case)).or_default().push(case),
            sequence => sequences.entry(sequence.to_owned()).or_default().push(case),
        }
    }
    // A third at most goes to sequences, whole ones only.
    let mut kept: Vec<Case> = Vec::new();
    for sequence in sequences.into_values() {
        if kept.len() + sequence.len() <= most / 3 || groups.is_empty() && kept.len() + sequence.len() <= most {
            kept.extend(sequence);
        }
    }
    for group in groups.values_mut() {
        group.sort_by_key(|case| std::cmp::Reverse(case.header.weight));
    }
    let mut round = 0;
    while kept.len() < most && groups.values().any(|group| group.len() > round) {
        let left = most - kept.len();
        kept.extend(groups.values().filter_map(|group| group.get(round)).take(left).cloned());
        round += 1;
    }
    let stays: u64 = kept.iter().map(|case| case.header.weight).sum();
    let scale = whole as f64 / stays.max(1) as f64;
    for case in &mut kept {
        case.header.weight = ((case.header.weight as f64 * scale).round() as u64).max(1);
    }
    kept
}

#[cfg(test)]
mod tests {
    use whetstone_core::cases::CaseHeader;

    use super::*;

    fn case(input: u8, position: u64, types: &str, sequence: &str) -> Case {
        let header = CaseHeader {
            id: "f#0".into(),
            mode: CaseMode::Replay,
            origin: "recorded".into(),
            weight: 2,
            position,
            size: 1,
            elapsed_ns: 1,
            sequence: sequence.into(),
            caller: "m:g:1".into(),
            types: types.into(),
            ends: "returns".into(),
            opaque: String::new(),
        };
        Case { header, input: vec![input], outcome: vec![] }
    }

    #[test]
    fn equal_inputs_of_two_processes_are_one_case_with_both_weights() {
        let merged = merge(vec![vec![case(1, 0, "(int)", "")], vec![case(1, 4, "(int)", ""), case(2, 5, "(int)", "")]], "f", 10);
        let told: Vec<_> = merged.iter().map(|case| (case.header.id.as_str(), case.header.weight, case.header.position)).collect();
        assert_eq!(told, [("f#0", 4, 0), ("f#1", 2, 6)]);
    }

    #[test]
    fn sequences_of_two_processes_stay_apart_and_whole() {
        let file = || vec![case(1, 0, "(C)", "C.m@1"), case(1, 1, "(C)", "C.m@1")];
        let merged = merge(vec![file(), file()], "C.m", 10);
        let names: Vec<_> = merged.iter().map(|case| case.header.sequence.as_str()).collect();
        assert_eq!(names, ["C.m@1.0", "C.m@1.0", "C.m@1.1", "C.m@1.1"]);
    }

    #[test]
    fn thinning_keeps_every_likeness_and_the_whole_weight() {
        let mut file: Vec<_> = (0..60).map(|number| case(number, u64::from(number), "(int)", "")).collect();
        file.push(case(200, 60, "(str)", ""));
        let merged = merge(vec![file], "f", 20);
        assert_eq!(merged.len(), 20);
        assert!(merged.iter().any(|case| case.header.types == "(str)"));
        let weight: u64 = merged.iter().map(|case| case.header.weight).sum();
        assert!((118..=126).contains(&weight), "{weight}");
        assert!(merged.windows(2).all(|pair| pair[0].header.position <= pair[1].header.position));
    }

    #[test]
    fn cases_that_hold_no_input_are_not_taken_for_equal() {
        let opaque = |position| {
            let mut case = case(0, position, "(C)", "");
            case.header.mode = CaseMode::Opaque;
            case.input.clear();
            case
        };
        assert_eq!(merge(vec![vec![opaque(0), opaque(1)]], "f", 10).len(), 2);
    }
}
