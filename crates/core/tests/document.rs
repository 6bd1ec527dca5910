//! The published schema and the document's types say the same.

use serde_json::{Value, json};
use whetstone_core::document::Document;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../docs/schema/whetstone.schema.json")).unwrap()
}

/// Checks a value against the few schema words that the published schema uses.
fn problems(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let type_of = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        other => panic!("{at}: no type: {other}"),
    };
    let fits = allowed.contains(&type_of) || (type_of == "integer" && allowed.contains(&"number"));
    let mut found = if fits { vec![] } else { vec![format!("{at} is {type_of}, not {allowed:?}")] };
    if let (Some(options), Some(_)) = (schema["enum"].as_array(), value.as_str()) {
        found.extend((!options.contains(value)).then(|| format!("{at}: {value} is none of {options:?}")));
    }
    if let Some(fields) = value.as_object() {
        let properties = schema["properties"].as_object().unwrap();
        let required: Vec<&str> = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        found.extend(required.iter().filter(|name| !fields.contains_key(**name)).map(|name| format!("{at}.{name} is missing")));
        for (name, field) in fields {
            match properties.get(name) {
                Some(inner) => found.extend(problems(inner, field, &format!("{at}.{name}"))),
                None => found.push(format!("{at}.{name} is not in the schema")),
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        found.extend(problems(&schema["items"], item, &format!("{at}[]")));
    }
    found
}

fn example() -> Value {
    let counterexample = json!({"input": "f([-0.0])", "baseline": "-0.0", "candidate": "0.0", "aspect": "result", "source": "recorded"});
    let refused = json!({
        "id": "c1", "origin": "set-for-membership", "verdict": "rejected", "gate": "behaviour", "reason": "differs on 1 of 96 cases",
        "effect": null, "low": null, "high": null, "counterexample": counterexample, "checked": null, "diff": "--- a/x.py"
    });
    let solver = json!({"outcome": "nothing_found", "detail": "7 paths walked, all of them", "inputs": 7, "seconds": 2.5});
    let checked = json!({
        "recorded": 40, "rerun": 3, "generated": [{"source": "hypothesis", "cases": 12}], "final_cases": 60, "solver": solver
    });
    let accepted = json!({
        "id": "c2", "origin": "c.py", "verdict": "accepted", "gate": "program", "reason": "", "effect": 1.94, "low": 1.88, "high": 2.01,
        "counterexample": null, "checked": checked, "diff": ""
    });
    json!({
        "run": {
            "id": "r", "kind": "optimize", "seed": 7, "version": "0.1.0", "optimizations": 1,
            "workload": {"effect": 1.31, "low": 1.27, "high": 1.35}, "branch": null, "notes": ["no model configured: rules alone"]
        },
        "source": {
            "name": "pricing", "snapshot": "00", "commit": null, "branch": "main", "files": 3, "left_out": [], "interpreter": "3.11.7",
            "workloads": ["pytest"]
        },
        "targets": [{
            "name": "m:f", "file": "m.py", "line": 3, "share": 0.4, "upper_bound": 1.7, "cases": 96, "rerun": 3,
            "unused_calls": [{"reason": "an open file", "calls": 3}],
            "coverage": {"line": 1.0, "branch": null}, "without_candidate": null, "candidates": [refused, accepted]
        }],
        "skipped": [{"name": "m:g", "reason": "0.2 % of the workload"}],
        "costs": {"microusd": 0, "entries": [{"stage": "optimize", "unit": "compute_s", "what": "behaviour", "quantity": 1.5, "microusd": 0}]},
        "artifacts": [{"name": "report.html", "digest": "00", "size": 10, "path": null}]
    })
}

#[test]
fn a_document_is_valid_under_the_published_schema() {
    let document: Document = serde_json::from_value(example()).unwrap();
    let printed = serde_json::to_value(&document).unwrap();
    assert_eq!(printed, example());
    assert_eq!(problems(&schema(), &printed, "$"), Vec::<String>::new());
}

#[test]
fn the_schema_demands_every_field_and_allows_no_other() {
    let mut lacking = example();
    lacking["targets"][0]["candidates"][0].as_object_mut().unwrap().remove("gate");
    assert_eq!(problems(&schema(), &lacking, "$"), ["$.targets[].candidates[].gate is missing"]);
    let mut more = example();
    more["run"]["extra"] = json!(1);
    assert_eq!(problems(&schema(), &more, "$"), ["$.run.extra is not in the schema"]);
    let mut odd = example();
    odd["targets"][0]["candidates"][0]["verdict"] = json!("maybe");
    assert_eq!(problems(&schema(), &odd, "$").len(), 1);
}
