//! A private view of the file system for one command, by a nested user and mount namespace.

use std::{
    ffi::{CStr, CString},
    fs, io,
    os::unix::ffi::OsStrExt,
    path::Path,
    sync::OnceLock,
};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    sys::wait::{WaitStatus, waitpid},
    unistd::{ForkResult, fork, getgid, getuid},
};
use whetstone_core::plan::{JOB_IN, TREE};

use super::Confinement;
use crate::SCRATCH;

/// Where a command sees its home folder.
pub const HOME: &str = "/home/job";

/// Nothing is shared by System V or POSIX message queues either.
const FLAGS: CloneFlags = CloneFlags::CLONE_NEWUSER.union(CloneFlags::CLONE_NEWNS).union(CloneFlags::CLONE_NEWIPC);

/// Tells whether this process may make nested namespaces; asked of the kernel once.
pub fn are_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| Path::new(TREE).is_dir() && Path::new(SCRATCH).is_dir() && probe())
}

fn probe() -> bool {
    let identity = Identity::current();
    // SAFETY: the child makes system calls only and leaves by `_exit`.
    #[allow(unsafe_code)]
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            let entered = nix::sys::prctl::set_dumpable(true).is_ok() && identity.enter().is_ok();
            #[allow(unsafe_code)]
            unsafe {
                libc::_exit(i32::from(!entered))
            }
        }
        Ok(ForkResult::Parent { child }) => matches!(waitpid(child, None), Ok(WaitStatus::Exited(_, 0))),
        Err(_) => false,
    }
}

/// The maps that keep this process's user and group as they are.
struct Identity {
    users: String,
    groups: String,
}

impl Identity {
    fn current() -> Self {
        let (user, group) = (getuid(), getgid());
        Self { users: format!("{user} {user} 1"), groups: format!("{group} {group} 1") }
    }

    /// Enters new namespaces and makes their mounts private.
    fn enter(&self) -> io::Result<()> {
        unshare(FLAGS)?;
        write(c"/proc/self/setgroups", b"deny")?;
        write(c"/proc/self/uid_map", self.users.as_bytes())?;
        write(c"/proc/self/gid_map", self.groups.as_bytes())?;
        mount(None::<&CStr>, c"/", None::<&CStr>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&CStr>)?;
        Ok(())
    }
}

fn write(path: &CStr, bytes: &[u8]) -> io::Result<()> {
    use nix::fcntl::{OFlag, open};
    let file = open(path, OFlag::O_WRONLY | OFlag::O_CLOEXEC, nix::sys::stat::Mode::empty())?;
    nix::unistd::write(&file, bytes)?;
    Ok(())
}

/// The mounts of one command, all paths made before the fork.
pub struct View {
    identity: Identity,
    binds: Vec<Bind>,
}

struct Bind {
    from: CString,
    to: CString,
    read_only: bool,
}

impl View {
    /// Plans what `confinement` shows and hides.
    pub fn of(confinement: &Confinement) -> io::Result<Self> {
        let empty = Path::new(SCRATCH).join("empty");
        fs::create_dir_all(&empty)?;
        let mut binds = vec![bind(&confinement.side, Path::new(TREE), !confinement.write_tree)?];
        for (folder, seen) in [("tmp", "/tmp"), ("home", HOME), ("shm", "/dev/shm")] {
            if Path::new(seen).is_dir() {
                binds.push(bind(&confinement.scratch.join(folder), Path::new(seen), false)?);
            }
        }
        let hidden = if confinement.outputs { Path::new(JOB_IN) } else { Path::new("/job") };
        binds.push(bind(&empty, hidden, true)?);
        // The last one: everything above has its source in there.
        binds.push(bind(&empty, Path::new(SCRATCH), true)?);
        Ok(Self { identity: Identity::current(), binds })
    }

    /// Enters the view; called between fork and exec.
    pub fn enter(&self) -> io::Result<()> {
        self.identity.enter()?;
        for bind in &self.binds {
            let none = None::<&CStr>;
            mount(Some(bind.from.as_c_str()), bind.to.as_c_str(), none, MsFlags::MS_BIND, none)?;
            if bind.read_only {
                let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
                mount(none, bind.to.as_c_str(), none, flags, none)?;
            }
        }
        Ok(())
    }
}

fn bind(from: &Path, to: &Path, read_only: bool) -> io::Result<Bind> {
    Ok(Bind { from: c_path(from)?, to: c_path(to)?, read_only })
}

/// A path as the kernel takes it.
pub fn c_path(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other)
}
