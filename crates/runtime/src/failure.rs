//! What went wrong, told the same way by every role: a reason that programs decide by, and text for
//! people. On the wire it is a `tonic::Status` with `google.rpc.ErrorInfo`.

use std::{collections::HashMap, fmt};

use prost::Message;
use serde::{Deserialize, Serialize};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use whetstone_proto::{google::rpc, repository::v1 as repository};

/// `google.rpc.ErrorInfo.domain` of every failure.
pub const DOMAIN: &str = "whetstone";
/// Status details travel in an HTTP header, so evidence is cut to its end.
const DETAIL_LIMIT: usize = 3 << 10;

/// Who can do something about a failure; exit codes follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// What was asked can't be done as asked.
    RefusedInput,
    /// Something is missing or broken on the machine.
    Environment,
    /// A fault of Whetstone.
    Internal,
}

impl FailureClass {
    /// The class as in `repository.v1.Failure`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RefusedInput => "refused_input",
            Self::Environment => "environment",
            Self::Internal => "internal",
        }
    }

    fn of(name: &str) -> Self {
        [Self::RefusedInput, Self::Environment].into_iter().find(|class| class.name() == name).unwrap_or(Self::Internal)
    }

    fn code(self) -> Code {
        match self {
            Self::RefusedInput => Code::InvalidArgument,
            Self::Environment => Code::FailedPrecondition,
            Self::Internal => Code::Internal,
        }
    }
}

/// A failure with everything that a person needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// UPPER_SNAKE_CASE.
    pub reason: String,
    /// What happened, to what.
    pub message: String,
    /// The first evidence, such as a tool's last lines.
    pub detail: String,
    /// What to do, with a command that works where there is one.
    pub advice: String,
    pub class: FailureClass,
    /// Further facts for programs.
    pub metadata: Box<[(String, String)]>,
}

impl Failure {
    /// Makes a failure without detail and advice.
    pub fn new(class: FailureClass, reason: impl Into<String>, message: impl Into<String>) -> Self {
        let (reason, message) = (reason.into(), message.into());
        Self { reason, message, detail: String::new(), advice: String::new(), class, metadata: Box::default() }
    }

    /// The caller asked for what can't be done.
    pub fn refused(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(FailureClass::RefusedInput, reason, message)
    }

    /// Something is missing or broken on the machine.
    pub fn environment(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(FailureClass::Environment, reason, message)
    }

    /// A fault of Whetstone.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Internal, "INTERNAL", message)
    }

    /// Adds the first evidence.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds what to do.
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// Reads a failure from a status; one that another program raised keeps its code as the reason.
    pub fn from_status(status: &Status) -> Self {
        let info = status.get_error_details().error_info().cloned();
        let Some(info) = info.filter(|info| info.domain == DOMAIN) else {
            let class = match status.code() {
                Code::InvalidArgument | Code::NotFound | Code::AlreadyExists | Code::OutOfRange => FailureClass::RefusedInput,
                Code::Unavailable | Code::FailedPrecondition | Code::ResourceExhausted => FailureClass::Environment,
                _ => FailureClass::Internal,
            };
            let reason = upper_snake(status.code());
            let message =
                if status.message().is_empty() { format!("a call was answered with {reason} alone") } else { status.message().to_owned() };
            return Self::new(class, reason, message);
        };
        let mut metadata: Vec<(String, String)> = info.metadata.into_iter().collect();
        metadata.sort();
        let mut take = |key: &str| {
            let index = metadata.iter().position(|(name, _)| name == key);
            index.map(|index| metadata.remove(index).1).unwrap_or_default()
        };
        let (detail, advice, class) = (take("detail"), take("advice"), FailureClass::of(&take("class")));
        Self { reason: info.reason, message: status.message().to_owned(), detail, advice, class, metadata: metadata.into() }
    }

    fn to_status(&self, code: Code) -> Status {
        let mut metadata: HashMap<String, String> = self.metadata.iter().cloned().collect();
        metadata.insert("class".into(), self.class.name().into());
        for (key, text) in [("detail", &self.detail), ("advice", &self.advice)] {
            if !text.is_empty() {
                metadata.insert(key.into(), end_of(text, DETAIL_LIMIT).into());
            }
        }
        let details = ErrorDetails::with_error_info(&self.reason, DOMAIN, metadata);
        Status::with_error_details(code, end_of(&self.message, DETAIL_LIMIT), details)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        failure.to_status(failure.class.code())
    }
}

impl From<&Status> for Failure {
    fn from(status: &Status) -> Self {
        Self::from_status(status)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::from_status(&status)
    }
}

impl From<Failure> for repository::Failure {
    fn from(failure: Failure) -> Self {
        let Failure { reason, message, detail, advice, class, .. } = failure;
        Self { reason, message, detail, advice, class: class.name().into() }
    }
}

impl From<repository::Failure> for Failure {
    fn from(failure: repository::Failure) -> Self {
        let repository::Failure { reason, message, detail, advice, class } = failure;
        Self { reason, message, detail, advice, class: FailureClass::of(&class), metadata: Box::default() }
    }
}

/// A service's error enum tells this of each variant; the mapping to a status is then the same for
/// all: `Err(error.status())`.
pub trait Reported: std::error::Error {
    /// UPPER_SNAKE_CASE.
    fn reason(&self) -> &'static str;
    /// Who can do something about it.
    fn class(&self) -> FailureClass;
    /// What to do.
    fn advice(&self) -> String {
        String::new()
    }
    /// The first evidence.
    fn detail(&self) -> String {
        String::new()
    }
    /// Further facts for programs.
    fn metadata(&self) -> Vec<(String, String)> {
        Vec::new()
    }
    /// The gRPC code, where the class's own does not fit (`NOT_FOUND`, ...).
    fn code(&self) -> Code {
        self.class().code()
    }
    /// The failure as a status with `ErrorInfo`.
    fn status(&self) -> Status {
        let failure = Failure {
            reason: self.reason().to_owned(),
            message: self.to_string(),
            detail: self.detail(),
            advice: self.advice(),
            class: self.class(),
            metadata: self.metadata().into(),
        };
        failure.to_status(self.code())
    }
}

/// Turns a status into the message that an operation stores, details included.
pub fn status_to_proto(status: &Status) -> rpc::Status {
    let stored = rpc::Status::decode(status.details()).ok().filter(|_| !status.details().is_empty());
    let details = stored.map(|stored| stored.details).unwrap_or_default();
    rpc::Status { code: status.code().into(), message: status.message().to_owned(), details }
}

/// Turns a stored error back into the status that was raised.
pub fn status_from_proto(stored: &rpc::Status) -> Status {
    Status::with_details(Code::from_i32(stored.code), stored.message.clone(), stored.encode_to_vec().into())
}

/// `InvalidArgument` as `INVALID_ARGUMENT`.
fn upper_snake(code: Code) -> String {
    let mut text = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

/// The last bytes of a text, cut at a character.
fn end_of(text: &str, limit: usize) -> &str {
    let start = text.len().saturating_sub(limit);
    let start = (start..=text.len()).find(|index| text.is_char_boundary(*index)).unwrap_or(text.len());
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_survives_the_wire_and_an_operation() {
        let mut failure = Failure::refused("TESTS_FAIL", "the tests fail: 3 failed").detail("first: a").advice("leave them out");
        failure.metadata = [("failed".into(), "3".into())].into();
        let status = Status::from(failure.clone());
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(Failure::from_status(&status), failure);
        let stored = status_from_proto(&status_to_proto(&status));
        assert_eq!((stored.code(), Failure::from_status(&stored)), (status.code(), failure));
    }

    #[test]
    fn a_foreign_status_keeps_its_code_as_reason() {
        let failure = Failure::from_status(&Status::not_found("no such run"));
        assert_eq!((failure.reason.as_str(), failure.class), ("NOT_FOUND", FailureClass::RefusedInput));
    }

    #[test]
    fn long_evidence_keeps_its_end() {
        let status = Status::from(Failure::internal("m").detail("é".repeat(5000) + "end"));
        let detail = Failure::from_status(&status).detail;
        assert!(detail.len() <= DETAIL_LIMIT && detail.ends_with("end"));
    }
}
