//! The 60 recorded vectors of the plain reference implementation.

use std::collections::BTreeMap;

use serde::Deserialize;
use whetstone_measure::{Decision, Rule, decision::decide};

#[derive(Deserialize)]
struct Vector {
    #[serde(rename = "D")]
    effects: Vec<f64>,
    params: BTreeMap<String, f64>,
    expect: Expected,
}

#[derive(Deserialize)]
struct Expected {
    decision: Decision,
    n: usize,
    log_e_accept: f64,
    log_e_reject: f64,
    log_speedup: f64,
    ci_low: f64,
    ci_high: f64,
}

#[test]
fn every_golden_vector_is_reproduced_to_eight_decimals() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("data/golden_eblock.json")).expect("the vectors are JSON");
    assert_eq!(vectors.len(), 60);
    for (number, vector) in vectors.iter().enumerate() {
        let (params, expect) = (&vector.params, &vector.expect);
        let rule = Rule { theta: params["theta"], alpha: params["alpha"], beta: params["beta"], ..Rule::default() };
        let verdict = decide(&vector.effects, rule);
        assert_eq!((verdict.decision, verdict.blocks), (expect.decision, expect.n), "vector {number}");
        let figures = [
            ("log_e_accept", verdict.log_e_accept, expect.log_e_accept),
            ("log_e_reject", verdict.log_e_reject, expect.log_e_reject),
            ("log_speedup", verdict.effect.estimate, expect.log_speedup),
            ("ci_low", verdict.effect.low, expect.ci_low),
            ("ci_high", verdict.effect.high, expect.ci_high),
        ];
        for (name, ours, theirs) in figures {
            assert!((ours - theirs).abs() < 1e-8, "vector {number}, {name}: {ours} instead of {theirs}");
        }
    }
}
