//! Why a target has no candidate, for its line in the report.

use whetstone_proto::{
    common::v1::{Skipped, Target, TargetCases},
    repository::v1::RunKind,
};

use super::{
    confirm::Confirmed,
    drive::Drive,
    flow::{self, Found},
};

/// What of the run decides why there is none.
struct Sought {
    /// Whether somebody's candidates were judged, so that none is sought.
    is_given: bool,
    /// Whether candidates were sought for this target.
    was_searched: bool,
    asked_model: bool,
}

/// Every target without a candidate, with the reason.
pub fn all(drive: &Drive, found: &Found, confirmed: &Confirmed, asked_model: bool) -> Vec<Skipped> {
    let has_one = |target: &&Target| confirmed.candidates.iter().any(|one| one.target == target.name || one.target == target.id);
    let is_given = !matches!(drive.kind(), RunKind::Optimize | RunKind::Unspecified);
    let without = |target: &Target| {
        let sought = Sought { is_given, was_searched: confirmed.searched.contains(&target.name), asked_model };
        let left_out = found.tests.skipped.iter().find(|skipped| skipped.name == target.name);
        let reason = match left_out {
            Some(left_out) => left_out.reason.clone(),
            None => reason(flow::cases_of(&found.tests.targets, target), &sought),
        };
        Skipped { name: target.name.clone(), reason }
    };
    found.analysis.targets.iter().filter(|target| !has_one(target)).map(without).collect()
}

fn reason(cases: Option<&TargetCases>, sought: &Sought) -> String {
    match cases {
        None => return "the run ended before its calls were recorded".to_owned(),
        Some(cases) if !flow::has_cases(cases) => {
            let most = cases.dropped.iter().max_by_key(|dropped| dropped.count).map(|dropped| format!(" ({})", dropped.what));
            return format!("no call of it could be recorded{}", most.unwrap_or_default());
        }
        Some(_) => {}
    }
    match sought {
        Sought { is_given: true, .. } => "no candidate was given for it".to_owned(),
        Sought { was_searched: false, .. } => "a limit of the run was used up before candidates were sought for it".to_owned(),
        Sought { asked_model: true, .. } => "no rule applies, and the model gave no replacement".to_owned(),
        Sought { asked_model: false, .. } => "no rule applies, and no model was asked".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use whetstone_proto::common::v1::Count;

    use super::*;

    #[test]
    fn a_target_without_candidates_says_what_was_missing() {
        let sought = |was_searched, asked_model| Sought { is_given: false, was_searched, asked_model };
        let recorded = TargetCases { replay_count: 3, ..TargetCases::default() };
        assert_eq!(reason(Some(&recorded), &sought(true, false)), "no rule applies, and no model was asked");
        assert_eq!(reason(Some(&recorded), &sought(true, true)), "no rule applies, and the model gave no replacement");
        assert!(reason(Some(&recorded), &sought(false, false)).contains("limit of the run"));
        let dropped = vec![Count { what: "opaque: socket".into(), count: 3 }];
        let lost = TargetCases { dropped, ..TargetCases::default() };
        assert_eq!(reason(Some(&lost), &sought(true, false)), "no call of it could be recorded (opaque: socket)");
        assert!(reason(None, &sought(false, false)).contains("before its calls were recorded"));
    }
}
