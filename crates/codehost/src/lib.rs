//! Code hosts: snapshots from folders, archives and git URLs; branches and patches.
//!
//! Owns everything that touches git and source archives: a [`Snapshot`] is one canonical tar
//! (sorted, without times and owners) with its digest, whatever it was made from, so equal trees are
//! equal artifacts. Writing back is [`create_branch`] (references only: checkout, index and HEAD stay),
//! [`patch`] and [`apply`].
//!
//! It must not know runs, stages or languages, and never executes anything of a repository: git is
//! used for its plumbing alone, with hooks, filters and file-system monitors out of the way.

mod apply;
mod archive;
mod branch;
mod clone;
mod error;
mod folder;
mod git;
mod links;
pub mod merge;
mod snapshot;
mod tree;

pub use apply::{FileChange, apply, changes, patch};
pub use branch::{Branch, BranchName, Commit, check_branch, create_branch};
pub use error::{Class, CodehostError};
pub use snapshot::{Snapshot, Source, snapshot};
pub use tree::Limits;
