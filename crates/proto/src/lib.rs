//! Generated gRPC code and the descriptor set of every contract under `proto/`.
//!
//! Owns nothing but the generated types and their module tree. Conversions live with the services.

// Generated messages are as large as their contracts say.
#![allow(clippy::large_enum_variant)]

macro_rules! packages {
    ($($role:ident),+ $(,)?) => {$(
        #[doc = concat!("Package `whetstone.", stringify!($role), ".v1`.")]
        pub mod $role {
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/whetstone.", stringify!($role), ".v1.rs"));
            }
        }
    )+};
}

/// Package tree as generated code refers to it.
pub mod whetstone {
    packages!(analysis, benchmark, common, gateway, jobs, optimization, reporting, repository, testgen);
}

pub use whetstone::{analysis, benchmark, common, gateway, jobs, optimization, reporting, repository, testgen};

/// Google's interface packages.
pub mod google {
    /// Long-running operations (AIP-151).
    pub mod longrunning {
        tonic::include_proto!("google.longrunning");
    }
    /// The error model (AIP-193).
    pub mod rpc {
        tonic::include_proto!("google.rpc");
    }
}

/// The encoded `FileDescriptorSet` of every contract, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
