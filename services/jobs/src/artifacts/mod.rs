//! The artifact store: blobs named by their SHA-256 in a folder, and the trees among them unpacked.

mod folder;
mod unpack;

pub use folder::{Folder, Incoming};
pub use unpack::unpack;
