"""Tries what no job may do, and prints what it got away with, one line each."""

import ctypes
import os
import signal
import socket
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
RUNNER = os.getppid()
SYSCALLS = {
    "ptrace": 101,
    "process_vm_readv": 310,
    "bpf": 321,
    "perf_event_open": 298,
    "keyctl": 250,
    "userfaultfd": 323,
    "unshare": 272,
    "setns": 308,
    "mount": 165,
    "pivot_root": 155,
    "chroot": 161,
    "fsopen": 430,
    "clone3": 435,
    "tkill": 200,
    "tgkill": 234,
    "pidfd_open": 434,
    "pidfd_send_signal": 424,
    "prlimit64": 302,
    "clone": 56,
}
PTRACE_SEIZE = 0x4206
NEW_USER, NEW_NS, NEW_PID, NEW_NET = 0x10000000, 0x00020000, 0x20000000, 0x40000000


def call(name, *arguments):
    """Answers whether the system call succeeded."""
    return libc.syscall(SYSCALLS[name], *[ctypes.c_long(argument) for argument in arguments]) >= 0


def got(what, attempt):
    try:
        result = attempt()
    except OSError:
        return
    if result is not None and result is not False:
        print(what, repr(result)[:200])


def read(path):
    with open(path, "rb") as stream:
        return stream.read(100) or None


def listing(path):
    return sorted(os.listdir(path)) or None


def write(path):
    with open(path, "a") as stream:
        stream.write("x")
    return "written"


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as stream:
        stream.settimeout(3)
        stream.connect(address)
    return "connected"


def clone(flags):
    """A child that leaves at once, in new namespaces."""
    child = libc.syscall(SYSCALLS["clone"], ctypes.c_long(flags | signal.SIGCHLD), 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    if child > 0:
        os.waitpid(child, 0)
    return child > 0


def secrets(arguments):
    """The host's files, environment, other jobs' data, other processes."""
    for path in arguments + ["/etc/shadow", "/root/.profile", "/root/.bashrc", "/proc/1/environ", "/etc/machine-id"]:
        got("read " + path, lambda: read(path))
    for path in ["/root", "/work", "/var", "/home/job/..", "/run", "/sys", "/mnt", "/opt", "/srv"]:
        got("list " + path, lambda: [name for name in listing(path) or [] if name != "job"] or None)
    for name in os.environ:
        if name.startswith(("CARGO", "RUST", "SSH", "WHETSTONE", "AWS", "NODE")):
            print("environment", name)
    mine = {str(os.getpid()), str(RUNNER), "1"}
    mine.add(str(os.getpgid(0)))
    got("processes", lambda: [name for name in listing("/proc") if name.isdigit() and name not in mine] or None)


def inputs(_):
    """The job's inputs, the other sides, other commands' scratch, and the runner itself."""
    for path in ["/job", "/job/in", "/job/out", "/whet/scratch", "/whet/scratch/sides", "/tmp", "/home/job", "/dev/shm"]:
        got("list " + path, lambda: listing(path))
    for path in ["/job/in/plan.json", "/job/in/cases"]:
        got("read " + path, lambda: read(path))
    for name in ["environ", "mem", "maps", "root/job/in/plan.json"]:
        got("read runner's " + name, lambda: read("/proc/%d/%s" % (RUNNER, name)))
    for name in ["fd", "cwd/", "root/job/in", "task/%d/fd" % RUNNER]:
        got("list runner's " + name, lambda: listing("/proc/%d/%s" % (RUNNER, name)))


def network(arguments):
    got("host's port", lambda: connect(socket.AF_INET, ("127.0.0.1", int(arguments[0]))))
    got("host's abstract socket", lambda: connect(socket.AF_UNIX, "\0" + arguments[1]))
    got("outside", lambda: connect(socket.AF_INET, ("1.1.1.1", 53)))
    got("metadata", lambda: connect(socket.AF_INET, ("169.254.169.254", 80)))
    got("name", lambda: socket.getaddrinfo("example.com", 443))
    got("raw", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW) and "raw socket")
    got("interfaces", lambda: [name for _, name in socket.if_nameindex() if name != "lo"] or None)


def outside(_):
    places = ["/", "/usr", "/etc", "/bin/", "/whet", "/whet/env", "/whet/harness", "/job", "/job/in", "/dev", "/home", "/root"]
    for folder in places:
        got("write in " + folder, lambda: write(os.path.join(folder, "evil")))
    for path in ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/etc/passwd", "/whet/runner", "/proc/self/oom_score_adj"]:
        if path != "/proc/self/oom_score_adj":
            got("write " + path, lambda: write(path))
    got("device", lambda: os.mknod("/tmp/device", 0o600 | 0o020000, os.makedev(1, 1)) or "made")
    got("set-user", lambda: os.setuid(0) or "root")


def namespaces(_):
    for flag in (NEW_USER, NEW_NS, NEW_PID, NEW_NET):
        got("unshare %x" % flag, lambda: call("unshare", flag))
        got("clone %x" % flag, lambda: clone(flag))
    got("clone3", lambda: call("clone3", 0, 0))
    got("setns", lambda: call("setns", os.open("/proc/self/ns/mnt", os.O_RDONLY), 0))
    target = ctypes.create_string_buffer(b"/tmp")
    got("mount", lambda: call("mount", ctypes.addressof(target), ctypes.addressof(target), 0, 0x1000, 0))
    got("chroot", lambda: call("chroot", ctypes.addressof(target)))
    got("fsopen", lambda: call("fsopen", ctypes.addressof(ctypes.create_string_buffer(b"tmpfs")), 0))


def tracing(_):
    got("ptrace the runner", lambda: call("ptrace", PTRACE_SEIZE, RUNNER, 0, 0))
    buffer = ctypes.create_string_buffer(8)
    local = struct.pack("QQ", ctypes.addressof(buffer), 8)
    local = ctypes.create_string_buffer(local, len(local))
    address = ctypes.addressof(local)
    got("read the runner's memory", lambda: call("process_vm_readv", RUNNER, address, 1, address, 1, 0))
    child = os.fork()
    if child == 0:
        signal.pause()
    got("ptrace a child", lambda: call("ptrace", PTRACE_SEIZE, child, 0, 0))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for name in ["bpf", "perf_event_open", "keyctl", "userfaultfd"]:
        got(name, lambda: call(name, 0, 0, 0, 0, 0))


def signals(_):
    for what, pid in [("runner", RUNNER), ("first process", 1), ("everybody", -1), ("runner's group", -os.getpgid(RUNNER))]:
        for number in (0, signal.SIGSTOP):
            got("kill %s" % what, lambda: os.kill(pid, number) or "sent %d" % number)
    got("tgkill", lambda: call("tgkill", RUNNER, RUNNER, 0))
    got("tkill", lambda: call("tkill", RUNNER, 0))
    descriptor = libc.syscall(SYSCALLS["pidfd_open"], RUNNER, 0)
    got("pidfd_send_signal", lambda: descriptor >= 0 and call("pidfd_send_signal", descriptor, 0, 0, 0))
    limits = ctypes.create_string_buffer(16)
    got("limits", lambda: call("prlimit64", RUNNER, 7, 0, ctypes.addressof(limits)))
    got("affinity", lambda: os.sched_setaffinity(RUNNER, [0]) or "set")
    got("priority", lambda: os.setpriority(os.PRIO_PROCESS, RUNNER, 19) or "set")


globals()[sys.argv[1]](sys.argv[2:])
print("end")
