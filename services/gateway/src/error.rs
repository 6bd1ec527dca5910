//! What the gateway itself refuses.

use tonic::Code;
use whetstone_codehost::CodehostError;
use whetstone_runtime::{FailureClass, Reported};

#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    #[error("a token is needed to reach this system over the network")]
    TokenMissing,
    #[error("the token is not, or no longer, valid here")]
    TokenWrong,
    #[error("{0} can be named only on the machine that serves")]
    PathOverNetwork(&'static str),
    #[error("`{url}` is not a git URL that is allowed over the network: {problem}")]
    GitUrl { url: String, problem: String },
    #[error("{field}: {problem}")]
    Invalid { field: &'static str, problem: String },
    #[error("the upload is larger than {0} MB")]
    UploadTooLarge(u64),
    #[error("no {kind} with the digest {digest} was sent here")]
    NotUploaded { kind: &'static str, digest: String },
    #[error("the run {run} has no artifact {digest}")]
    NotOfRun { run: String, digest: String },
    #[error(transparent)]
    Source(#[from] CodehostError),
    #[error("the gateway's store failed: {0}")]
    Store(#[from] whetstone_store::sqlx::Error),
    #[error("an upload can't be kept: {0}")]
    Io(#[from] std::io::Error),
}

impl Reported for GatewayError {
    fn reason(&self) -> &'static str {
        match self {
            Self::TokenMissing => "TOKEN_MISSING",
            Self::TokenWrong => "TOKEN_WRONG",
            Self::PathOverNetwork(_) => "PATH_OVER_NETWORK",
            Self::GitUrl { .. } => "GIT_URL_REFUSED",
            Self::Invalid { .. } => "INVALID_REQUEST",
            Self::UploadTooLarge(_) => "UPLOAD_TOO_LARGE",
            Self::NotUploaded { .. } => "NOT_UPLOADED",
            Self::NotOfRun { .. } => "ARTIFACT_NOT_OF_RUN",
            Self::Source(error) => error.reason(),
            Self::Store(_) => "STORE",
            Self::Io(error) if is_full(error) => "NO_SPACE",
            Self::Io(_) => "UPLOAD_IO",
        }
    }

    fn class(&self) -> FailureClass {
        match self {
            Self::Source(error) => match error.class() {
                whetstone_codehost::Class::RefusedInput => FailureClass::RefusedInput,
                whetstone_codehost::Class::Environment => FailureClass::Environment,
                whetstone_codehost::Class::Internal => FailureClass::Internal,
            },
            Self::Store(_) => FailureClass::Internal,
            Self::Io(_) => FailureClass::Environment,
            _ => FailureClass::RefusedInput,
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::TokenMissing | Self::TokenWrong => {
                "Set WHETSTONE_TOKEN to the token that `whet serve` printed there when it first started; `whet serve --new-token` makes another."
                    .into()
            }
            Self::PathOverNetwork(_) => "Send the source instead: whet does so by itself when --server is given.".into(),
            Self::GitUrl { .. } => "https://host/path and ssh://host/path of public hosts are allowed; send a folder for anything else.".into(),
            Self::UploadTooLarge(_) => "Leave data and generated files out, or raise gateway.upload_limit_mb on the server.".into(),
            Self::NotUploaded { .. } => "Upload it first; the answer names its digest.".into(),
            Self::Source(error) => error.advice(),
            Self::Io(error) if is_full(error) => "Free some space on the server's disk.".into(),
            Self::Invalid { .. } | Self::NotOfRun { .. } | Self::Store(_) | Self::Io(_) => String::new(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::TokenMissing | Self::TokenWrong => Code::Unauthenticated,
            Self::PathOverNetwork(_) => Code::PermissionDenied,
            Self::NotUploaded { .. } | Self::NotOfRun { .. } => Code::NotFound,
            Self::UploadTooLarge(_) => Code::OutOfRange,
            _ => match self.class() {
                FailureClass::RefusedInput => Code::InvalidArgument,
                FailureClass::Environment => Code::FailedPrecondition,
                FailureClass::Internal => Code::Internal,
            },
        }
    }
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}
