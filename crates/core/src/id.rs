//! Identifiers. New ones sort by time of creation (UUIDv7, RFC 9562, in Crockford base 32).

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Makes a fresh 26-character id whose first ten characters hold the time in milliseconds.
pub fn fresh() -> String {
    let mut value = Uuid::now_v7().as_u128();
    let mut text = [b'0'; 26];
    for slot in text.iter_mut().rev() {
        *slot = CROCKFORD[(value & 31) as usize];
        value >>= 5;
    }
    text.iter().map(|byte| *byte as char).collect()
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Makes a fresh id.
            pub fn fresh() -> Self { Self(fresh()) }

            /// Takes an id that was made before, as stored or received.
            pub fn from_stored(text: impl Into<String>) -> Self { Self(text.into()) }

            /// The id's text.
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )+};
}

id! {
    /// Names a run: one pass of the pipeline over a snapshot.
    RunId,
    /// Names an enrolled repository.
    RepositoryId,
    /// Names a target within a run.
    TargetId,
    /// Names a candidate within a run.
    CandidateId,
    /// Names a job: one execution of untrusted code.
    JobId,
}
