//! Many confirmations in one run: e-BH over the family. One that passed alone but not among the
//! others takes further blocks, until it passes or meets its cap.

use whetstone_measure::family::{LEVEL, e_bh, required};
use whetstone_proto::{
    benchmark::v1::Comparison,
    common::v1::{Candidate, Effect},
};

/// Confirmations of a family whose every claim is driven to stand alone at once.
const LARGE: usize = 12;

/// A candidate that passed its own comparison and every other gate.
#[derive(Clone, Debug)]
pub struct Claim {
    pub candidate: Candidate,
    pub comparison: Comparison,
    pub workload_effect: Option<Effect>,
}

/// The log evidence that each claim needs so that all of them stand in a family of `size`
/// confirmations; `None` where they stand.
///
/// Claims that another gate refused count as evidence of nothing, which is valid: an e-value times
/// an indicator is an e-value.
pub fn missing(claims: &[Claim], size: usize) -> Option<f64> {
    let evidence: Vec<f64> = claims.iter().map(|claim| claim.comparison.log_e_accept).collect();
    let all_stand = e_bh(&evidence, size, LEVEL).into_iter().all(|stands| stands);
    (!all_stand).then(|| required(size, claims.len(), LEVEL))
}

/// The log evidence with which a claim stands whatever becomes of the others; of large families, in which some
/// others will stand, what it needs in one of `LARGE`.
pub fn alone(size: usize) -> f64 {
    required(size.clamp(1, LARGE), 1, LEVEL)
}

/// Parts the claims that have the evidence from those that fell short of it at their cap.
pub fn part(claims: Vec<Claim>, required: f64) -> (Vec<Claim>, Vec<Claim>) {
    claims.into_iter().partition(|claim| claim.comparison.decision == "accept" && claim.comparison.log_e_accept >= required)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(id: &str, log_e: f64) -> Claim {
        let comparison = Comparison { candidate: id.into(), decision: "accept".into(), log_e_accept: log_e, ..Comparison::default() };
        Claim { candidate: Candidate { id: id.into(), ..Candidate::default() }, comparison, workload_effect: None }
    }

    #[test]
    fn claims_that_stand_need_nothing_more() {
        assert_eq!(missing(&[claim("a", 100f64.ln()), claim("b", 101f64.ln())], 4), None);
        assert_eq!(missing(&[], 0), None);
    }

    #[test]
    fn a_weak_claim_needs_what_lets_all_of_them_stand_and_falls_without() {
        let claims = vec![claim("strong", 9.0), claim("weak", 4.7)];
        let required = missing(&claims, 60).expect("one is weak");
        assert!((required - (60.0f64 / (2.0 * 0.05)).ln()).abs() < 1e-12);
        let (stand, fallen) = part(claims, required);
        assert_eq!((stand.len(), fallen[0].candidate.id.as_str()), (1, "weak"));
        assert_eq!(missing(&stand, 60), None);
    }
}
