//! The scripted sandbox does what every sandbox must.

use std::time::Duration;

use whetstone_core::{
    job::{JobKind, JobSpec, Limits, Network, Toolchain},
    plan::{Plan, PreparePlan},
    record::Record,
};
use whetstone_testkit::sandbox::{
    PlanKind, Script, ScriptedSandbox,
    conformance::{self, Subject},
};

fn spec(key: &str) -> JobSpec {
    JobSpec {
        key: key.into(),
        kind: JobKind::Prepare,
        organisation: "o".into(),
        repository: "r".into(),
        run: "run".into(),
        toolchain: Toolchain {
            language: String::new(),
            version: String::new(),
            executable: String::new(),
            roots: vec![],
            image: String::new(),
        },
        inputs: vec![],
        plan: Plan::Prepare(PreparePlan { steps: vec![], archive: String::new(), overlay_from: String::new() }),
        limits: Limits::standard(),
        network: Network::None,
        timing: false,
    }
}

#[tokio::test]
async fn the_scripted_sandbox_conforms() {
    let said = || Record::Log { level: "info".into(), message: "running".into() };
    let sandbox = ScriptedSandbox::new().on(PlanKind::Prepare, move |spec| match spec.key.as_str() {
        "endless" => Script::new().say(said()).wait(Duration::MAX),
        _ => Script::new().say(said()).result(&1),
    });
    let subject = Subject { sandbox: &sandbox, short: spec("short"), endless: spec("endless"), inputs: vec![] };
    conformance::all(&subject).await;
    assert_eq!(sandbox.ran().len(), 4);
}
