//! Sandboxes for untrusted code on one machine: bubblewrap, and none by explicit request.
//!
//! Owns how a job is isolated, bounded, watched and removed. It knows nothing of queues, artifacts
//! or what a plan does: it is given host folders, and starts `whet-runner` over them.

mod bubblewrap;
mod cgroup;
mod machine;
mod none;
mod process;
mod supervise;

use std::path::PathBuf;

pub use bubblewrap::Bubblewrap;
pub use none::NoSandbox;

/// What every sandbox of this crate needs to know of the host.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The `whet-runner` program.
    pub runner: PathBuf,
    /// Folder with one folder a language, each what a job sees at `/whet/harness`.
    pub harnesses: PathBuf,
    /// Folder for what a job needs while it lives; a folder a job, removed at its end.
    pub work: PathBuf,
    /// A file of certificate authorities for prepare jobs; the system's own where there is none.
    pub certificates: Option<PathBuf>,
}
