//! A target whose argument can't be made again elsewhere is judged and timed in the running workload. Needs bubblewrap, a
//! Python and `whet-runner` beside `whet`.

mod binary;

use std::fs;

use binary::Whet;
use serde_json::Value;

const MODULE: &str = "\
def distinct(file):
    found = []
    for line in file:
        for word in line.split():
            if word not in found:
                found.append(word)
    return found
";
const WORKLOAD: &str = "\
import tempfile
from m import distinct
for turn in range(24):
    with tempfile.TemporaryFile('w+') as file:
        for number in range(1200 + 10 * turn):
            file.write('w%d w%d\\n' % (number, number // 3))
        file.seek(0)
        assert len(distinct(file)) == 1200 + 10 * turn
";
const FASTER: &str = "\
def distinct(file):
    return list(dict.fromkeys(word for line in file for word in line.split()))
";
const WRONG: &str = "\
def distinct(file):
    return sorted({word for line in file for word in line.split()})
";

/// The same code under other names.
const SAME: &str = "\
def distinct(file):
    words = []
    for text in file:
        for part in text.split():
            if part not in words:
                words.append(part)
    return words
";

struct Place {
    whet: Whet,
}

impl Place {
    fn new() -> Self {
        let whet = Whet::new();
        fs::create_dir(whet.folder().join("source")).unwrap();
        let sources = [("source/m.py", MODULE), ("source/bench.py", WORKLOAD)];
        for (name, text) in sources.into_iter().chain([("faster.py", FASTER), ("wrong.py", WRONG), ("same.py", SAME)]) {
            fs::write(whet.folder().join(name), text).unwrap();
        }
        Self { whet }
    }

    fn document(&self, arguments: &[&str]) -> Value {
        let shared = ["--command", "python bench.py", "--seed", "5", "--format", "json"];
        let mut command = self.whet.command(&[arguments, &shared].concat());
        // Its own timing lease: other tests' jobs are not waited for.
        let output = command.env("WHETSTONE__SANDBOX__LEASE", self.whet.folder().join("lease")).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!([Some(0), Some(3)].contains(&output.status.code()), "{errors}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn candidates(document: &Value) -> Vec<Value> {
    document["targets"][0]["candidates"].as_array().unwrap().clone()
}

#[test]
fn a_rules_change_is_accepted_on_re_run_alone_with_an_effect() {
    let document = Place::new().document(&["optimize", "source", "--rules-only"]);
    assert_eq!(document["targets"][0]["name"], "m:distinct");
    let found = candidates(&document).into_iter().find(|candidate| candidate["verdict"] == "accepted");
    let found = found.unwrap_or_else(|| panic!("{document:#}"));
    assert!(found["origin"].as_str().unwrap().contains("seen-in-set"), "{found:#}");
    assert!(found["effect"].as_f64().unwrap() > 2.0, "{found:#}");
    assert_eq!((&found["checked"]["recorded"], &found["checked"]["rerun"]), (&0.into(), &24.into()));
}

#[test]
fn a_given_change_is_refused_by_its_counterexample_and_never_accepted_on_re_run_alone() {
    let files = ["--candidate", "faster.py", "--candidate", "wrong.py", "--candidate", "same.py"];
    let document = Place::new().document(&[&["judge", "source", "--target", "m:distinct"][..], &files].concat());
    let all = candidates(&document);
    let of = |origin: &str| all.iter().find(|candidate| candidate["origin"].as_str().unwrap().contains(origin)).unwrap();
    let (faster, wrong) = (of("faster"), of("wrong"));
    assert_eq!(wrong["verdict"], "rejected", "{wrong:#}");
    let told = &wrong["counterexample"];
    assert_eq!((&told["aspect"], &told["source"]), (&"result".into(), &"workload".into()), "{wrong:#}");
    assert!(told["input"].as_str().unwrap().contains("# call 1 of `python bench.py` from __main__:<module>:8"), "{wrong:#}");
    assert_eq!((&faster["verdict"], &faster["checked"]["rerun"]), (&"not_enough_evidence".into(), &24.into()), "{faster:#}");
    assert!(faster["reason"].as_str().unwrap().contains("inputs can't be varied"), "{faster:#}");
    assert_eq!(of("same")["verdict"], "not_enough_evidence");
}
