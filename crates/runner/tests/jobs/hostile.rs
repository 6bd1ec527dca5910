//! What hostile code tries changes nothing outside its job (`docs/security.md`).

use std::{
    fs,
    net::TcpListener,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixListener},
    },
    path::Path,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;
use whetstone_core::{
    job::{JobEnd, JobSpec, Limits},
    plan::{
        Plan,
        workload::{Instrument, WorkloadResult},
    },
};

use crate::support::{Host, plan, spec, spec_of};

const PROBE: &str = include_str!("probe.py");

/// Runs one set of attempts; everything that succeeded is a line of its output.
async fn attempts(host: &Host, arguments: &str) -> Vec<String> {
    host.write("probe.py", PROBE);
    let result = host.shell(&format!("exec python probe.py {arguments}")).await.workload();
    assert_eq!(result.exit, 0, "{}", result.stderr.tail);
    let lines: Vec<String> = result.stdout.tail.lines().map(str::to_owned).collect();
    assert_eq!(lines.last().map(String::as_str), Some("end"));
    lines[..lines.len() - 1].to_vec()
}

const NOTHING: Vec<String> = Vec::new();

/// Processes of this machine whose command line holds `mark`.
pub fn processes_with(mark: &str) -> usize {
    let entries = fs::read_dir("/proc").expect("mounted").flatten();
    entries.filter(|entry| fs::read(entry.path().join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(mark))).count()
}

fn limited(command: &str, limits: Limits) -> JobSpec {
    JobSpec { limits, ..spec(command) }
}

fn limits() -> Limits {
    spec("").limits
}

#[tokio::test]
async fn the_hosts_secrets_are_not_there_to_be_read() {
    let host = Host::new();
    let secret = host.tree.with_file_name("secret.txt");
    let store = host.tree.with_file_name("jobs.sqlite");
    for path in [&secret, &store] {
        fs::write(path, "a secret").expect("writable");
    }
    let arguments = format!("secrets {} {} {}", secret.display(), store.display(), host.tree.join("probe.py").display());
    let mut seen = attempts(&host, &arguments).await;
    // A toolchain may lie in a home folder: its own way is to be seen there, and nothing beside it.
    let roots = spec("").toolchain.roots;
    let ways = roots.iter().flat_map(|root| Path::new(root).ancestors());
    let ways: Vec<String> =
        ways.filter_map(|way| Some(format!("list {} ['{}']", way.parent()?.display(), way.file_name()?.to_str()?))).collect();
    seen.retain(|line| !ways.contains(line));
    assert_eq!(seen, NOTHING);
}

#[tokio::test]
async fn inputs_other_sides_and_the_runner_are_out_of_sight() {
    let mut host = Host::new();
    let cases = host.tree.with_file_name("cases");
    fs::write(&cases, "expected results").expect("writable");
    host.inputs.push((cases, "/job/in/cases".into()));
    assert_eq!(attempts(&host, "inputs").await, NOTHING);
}

#[tokio::test]
async fn there_is_no_network() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let name = format!("whet-test-{port}");
    let address = SocketAddr::from_abstract_name(&name).expect("a short name");
    let _abstract_listener = UnixListener::bind_addr(&address).expect("a fresh name");
    assert_eq!(attempts(&Host::new(), &format!("network {port} {name}")).await, NOTHING);
}

#[tokio::test]
async fn nothing_is_written_outside_its_folder() {
    assert_eq!(attempts(&Host::new(), "outside").await, NOTHING);
}

#[tokio::test]
async fn no_namespaces_and_mounts_are_made() {
    assert_eq!(attempts(&Host::new(), "namespaces").await, NOTHING);
}

#[tokio::test]
async fn neither_the_runner_nor_anything_else_is_traced() {
    assert_eq!(attempts(&Host::new(), "tracing").await, NOTHING);
}

#[tokio::test]
async fn no_signal_or_change_of_standing_goes_outward() {
    assert_eq!(attempts(&Host::new(), "signals").await, NOTHING);
}

#[tokio::test]
async fn a_fork_bomb_stays_within_its_processes_and_leaves_none() {
    let host = Host::new();
    host.write("bomb_7151.py", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n");
    let mut bomb = plan("exec python bomb_7151.py");
    bomb.timeout_s = 1.5;
    let bomb = JobSpec { limits: Limits { processes: 40, ..limits() }, ..spec_of(Plan::Workload(bomb)) };
    let most = async {
        let mut most = 0;
        loop {
            most = most.max(processes_with("bomb_7151.py"));
            if tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>()).await.is_err() && most > 48 {
                return most;
            }
        }
    };
    let ran = tokio::select! {
        ran = host.run(&bomb) => ran,
        most = most => panic!("{most} processes"),
    };
    assert!(ran.workload().timed_out, "{:?}", ran.outcome);
    assert_eq!(processes_with("bomb_7151.py"), 0);
}

#[tokio::test]
async fn a_filled_disk_is_the_jobs_own() {
    let host = Host::new();
    let fill = "for place in . /tmp /home/job /dev/shm; do dd if=/dev/zero of=$place/big bs=1M count=4096 2>/dev/null && echo filled $place; \
                du -sm $place | cut -f1; rm -f $place/big; done";
    let ran = host.run(&limited(fill, Limits { disk_bytes: 48 << 20, ..limits() })).await;
    let result = ran.workload();
    let sizes: Vec<u64> = result.stdout.tail.lines().map(|line| line.parse().expect("only sizes: nothing took 4 GiB")).collect();
    assert_eq!(sizes.len(), 4, "{}", result.stdout.tail);
    assert!(sizes.iter().all(|size| *size <= 48), "{sizes:?}");
}

#[tokio::test]
async fn too_large_an_output_is_told_apart() {
    let host = Host::new();
    let mut observed = plan("dd if=/dev/zero of=/job/out/harness/big bs=1M count=64 2>/dev/null; sleep 60");
    observed.instrument = Instrument::Profile;
    let spec = JobSpec { limits: Limits { output_bytes: 8 << 20, ..limits() }, ..spec_of(Plan::Workload(observed)) };
    assert_eq!(host.run(&spec).await.outcome.end, JobEnd::OutputTooLarge);
}

#[tokio::test]
async fn endless_printing_is_cut_off() {
    let ran = Host::new().run(&limited("yes", Limits { output_bytes: 1 << 20, ..limits() })).await;
    assert_eq!(ran.outcome.end, JobEnd::OutputTooLarge, "{:?}", ran.outcome);
    assert!(ran.outcome.message.contains("printed more than"), "{}", ran.outcome.message);
}

#[tokio::test]
async fn ignoring_signals_does_not_help() {
    let host = Host::new();
    let stubborn = "trap '' TERM INT HUP QUIT; (trap '' TERM; setsid sleep 8262) & while :; do sleep 1; done";
    let mut short = plan(stubborn);
    short.timeout_s = 0.5;
    let result: WorkloadResult = host.run(&spec_of(Plan::Workload(short))).await.workload();
    assert!(result.timed_out);
    assert_eq!(processes_with("8262"), 0, "what left the group is gone too");
    let ran = host.run(&limited(stubborn, Limits { wall: Duration::from_millis(500), ..limits() })).await;
    assert_eq!(ran.outcome.end, JobEnd::TimedOut);
    assert_eq!(processes_with("8262"), 0);
    let cancel = CancellationToken::new();
    let canceller = cancel.clone();
    let cancelled = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        canceller.cancel();
        Instant::now()
    });
    let ran = host.run_until(&spec(stubborn), cancel).await;
    let took = cancelled.await.expect("it only waits").elapsed();
    assert_eq!(ran.outcome.end, JobEnd::Cancelled);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(processes_with("8262"), 0);
}

#[tokio::test]
async fn memory_that_runs_out_is_told_apart() {
    let greedy = "python -c 'hoard = [bytearray(1 << 20) for _ in range(4096)]'";
    let ran = Host::new().run(&limited(greedy, Limits { memory_bytes: 64 << 20, disk_bytes: 32 << 20, ..limits() })).await;
    assert_eq!(ran.outcome.end, JobEnd::OutOfMemory, "{:?}", ran.outcome);
}

#[tokio::test]
async fn cpu_is_bounded_over_all_processes_together() {
    let busy = "for i in 1 2 3; do (while :; do :; done) & done; wait";
    let ran = Host::new().run(&limited(busy, Limits { cpu: Duration::from_millis(800), ..limits() })).await;
    assert_eq!(ran.outcome.end, JobEnd::TimedOut, "{:?}", ran.outcome);
    assert!(ran.outcome.message.contains("CPU"), "{}", ran.outcome.message);
}
