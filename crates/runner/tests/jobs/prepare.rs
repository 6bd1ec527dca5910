//! What prepare plans do.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use whetstone_core::{
    job::{JobEnd, JobKind, JobSpec},
    plan::{ENVIRONMENT, Plan, PreparePlan, PrepareResult, prepare::PrepareStep},
};

use whetstone_testkit::python;

use crate::support::{Host, Ran, spec_of};

fn step(name: &str, script: &str, optional: bool) -> PrepareStep {
    PrepareStep { name: name.into(), command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(), optional }
}

fn prepare(steps: Vec<PrepareStep>) -> JobSpec {
    let plan = PreparePlan { steps, archive: ENVIRONMENT.into(), overlay_from: "/tmp/overlay".into() };
    JobSpec { kind: JobKind::Prepare, ..spec_of(Plan::Prepare(plan)) }
}

/// A host whose environment is in the making.
fn host() -> Host {
    let mut host = Host::new();
    host.inputs.retain(|(_, mount)| mount != Path::new(ENVIRONMENT));
    host
}

fn result(ran: &Ran) -> PrepareResult {
    assert_eq!(ran.outcome.end, JobEnd::Succeeded, "{:?}", ran.outcome);
    serde_json::from_slice(&std::fs::read(ran.output.join("result.json")).expect("a result")).expect("a prepare result")
}

fn unpacked(archive: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(File::open(archive).expect("an archive")).entries().expect("a tar") {
        let mut entry = entry.expect("whole");
        let name = entry.path().expect("a path").display().to_string();
        let mut content = String::new();
        entry.read_to_string(&mut content).expect("text");
        files.insert(name, content);
    }
    files
}

#[tokio::test]
async fn steps_build_an_environment_and_an_overlay_of_what_is_new() {
    let host = host();
    host.write("pkg/a.py", "a = 1\n");
    let dist = "/whet/env/lib/python3/site-packages/toolz-1.0.dist-info";
    let steps = vec![
        step("install", &format!("mkdir -p /whet/env/bin {dist} && echo run > /whet/env/bin/tool"), false),
        step("optional extra", "exit 4", true),
        step("collect", "mkdir /tmp/overlay && cp -r . /tmp/overlay && echo v > /tmp/overlay/pkg/version.py", false),
    ];
    let ran = host.run(&prepare(steps)).await;
    let result = result(&ran);
    assert_eq!(result.steps.iter().map(|step| step.exit).collect::<Vec<_>>(), [0, 4, 0], "{:?}", result.steps);
    assert_eq!(result.packages, ["toolz==1.0"]);
    assert_eq!(unpacked(&ran.output.join(&result.environment)), BTreeMap::from([("bin/tool".into(), "run\n".into())]));
    assert_eq!(unpacked(&ran.output.join(&result.overlay)), BTreeMap::from([("pkg/version.py".into(), "v\n".into())]));
}

#[tokio::test]
async fn a_step_that_fails_ends_the_plan_with_its_last_lines() {
    let steps = vec![step("install", "echo out; echo no such package >&2; exit 3", false), step("never", "true", false)];
    let host = host();
    let ran = host.run(&prepare(steps)).await;
    let result = result(&ran);
    assert_eq!((result.steps.len(), result.steps[0].exit, result.steps[0].tail.as_str()), (1, 3, "out\nno such package"));
    assert_eq!((result.environment.as_str(), result.overlay.as_str()), ("", ""));
}

#[tokio::test]
async fn an_installer_reaches_the_proxy_by_the_usual_variables_and_nothing_else() {
    let mut host = host();
    let socket = host.listen_as_proxy();
    host.proxy = Some(socket);
    let ask = "import os, urllib.request as u
try: u.urlopen('https://index.invalid/simple', timeout=20)
except OSError as error: print('proxy said', error)
import socket
try: socket.create_connection(('1.1.1.1', 53), timeout=5)
except OSError as error: print('direct', error)";
    let script = format!("{} -c \"{ask}\"", python::interpreter().executable);
    let ran = host.run(&prepare(vec![step("ask", &script, false)])).await;
    let tail = &result(&ran).steps[0].tail;
    assert!(tail.contains("418") && tail.contains("direct") && tail.contains("unreachable"), "{tail}");
}
