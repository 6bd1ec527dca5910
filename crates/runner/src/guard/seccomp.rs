//! System calls that a job, or a confined command in it, does not get.
//!
//! Refused calls fail with EPERM, so that a program takes its fallback; `clone3` fails with ENOSYS,
//! since a filter cannot look into its argument and the C library then uses `clone`.

use std::{collections::BTreeMap, io};

use seccompiler::{BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Compiled filters, applied in order.
pub struct Filter(Vec<BpfProgram>);

impl Filter {
    /// Applies the filters to the calling thread and what it starts from now on.
    pub fn apply(&self) -> io::Result<()> {
        self.0.iter().try_for_each(|program| seccompiler::apply_filter(program).map_err(io::Error::other))
    }
}

/// Calls that nothing in a job needs, the runner included.
const NEVER: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
];

/// Further calls that a confined command does not get: namespaces, mounts, and signals that carry
/// data or go by a descriptor.
const NEVER_CONFINED: &[i64] = &[
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
];

/// Calls that may change another process's standing; a confined command has them for itself only,
/// which is argument 0 of the given position.
const OWN_ONLY: &[(i64, u8)] = &[
    (libc::SYS_prlimit64, 0),
    (libc::SYS_sched_setaffinity, 0),
    (libc::SYS_sched_setscheduler, 0),
    (libc::SYS_sched_setparam, 0),
    (libc::SYS_sched_setattr, 0),
    (libc::SYS_migrate_pages, 0),
    (libc::SYS_move_pages, 0),
    (libc::SYS_setpriority, 1),
    (libc::SYS_ioprio_set, 1),
];

/// Flags of `clone` that make namespaces.
const NAMESPACE_FLAGS: [i32; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWCGROUP,
];

/// The x32 table numbers these apart: ptrace, process_vm_readv and writev, rt_sigqueueinfo,
/// rt_tgsigqueueinfo, kexec_load, move_pages.
#[cfg(target_arch = "x86_64")]
const X32_OWN_NUMBERS: &[i64] = &[521, 539, 540, 524, 536, 528, 533];

/// The filter of the runner and, through inheritance, of everything in the job.
pub fn runner_filter() -> io::Result<Filter> {
    Ok(Filter(vec![compile(denied(NEVER), libc::EPERM)?]))
}

/// The filter of a confined command, on top of the runner's.
pub fn worker_filter() -> io::Result<Filter> {
    let mut rules = denied(NEVER_CONFINED);
    for &(call, argument) in OWN_ONLY {
        rules.insert(call, vec![rule(argument, SeccompCmpOp::Ne, 0)?]);
    }
    let flags = NAMESPACE_FLAGS.map(|flag| flag as u64);
    let by_flag: io::Result<Vec<_>> = flags.iter().map(|&flag| rule(0, SeccompCmpOp::MaskedEq(flag), flag)).collect();
    rules.insert(libc::SYS_clone, by_flag?);
    let runner = std::process::id();
    let group = nix::unistd::getpgrp().as_raw();
    let forbidden = [runner, (-group) as u32, -1i32 as u32, 1];
    let kill: io::Result<Vec<_>> = forbidden.iter().map(|&pid| rule(0, SeccompCmpOp::Eq, pid.into())).collect();
    rules.insert(libc::SYS_kill, kill?);
    rules.insert(libc::SYS_tgkill, vec![rule(0, SeccompCmpOp::Eq, runner.into())?]);
    let absent = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok(Filter(vec![compile(rules, libc::EPERM)?, compile(absent, libc::ENOSYS)?]))
}

fn denied(calls: &[i64]) -> Rules {
    calls.iter().map(|&call| (call, Vec::new())).collect()
}

fn rule(argument: u8, operator: SeccompCmpOp, value: u64) -> io::Result<SeccompRule> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value).map_err(io::Error::other)?;
    SeccompRule::new(vec![condition]).map_err(io::Error::other)
}

fn compile(rules: Rules, errno: i32) -> io::Result<BpfProgram> {
    let arch: TargetArch = std::env::consts::ARCH.try_into().map_err(io::Error::other)?;
    let rules = with_x32(rules);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno as u32), arch).map_err(io::Error::other)?;
    filter.try_into().map_err(io::Error::other)
}

/// x32 calls arrive under the same architecture with bit 30 set, and would pass unseen.
#[cfg(target_arch = "x86_64")]
fn with_x32(rules: Rules) -> Rules {
    const X32: i64 = 0x4000_0000;
    let mut both = rules.clone();
    both.extend(rules.into_keys().map(|call| (call | X32, Vec::new())));
    both.extend(X32_OWN_NUMBERS.iter().map(|call| (call | X32, Vec::new())));
    both
}

#[cfg(not(target_arch = "x86_64"))]
fn with_x32(rules: Rules) -> Rules {
    rules
}
