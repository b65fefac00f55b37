//! How a "no" is said in gRPC: the only place that maps them.

use tonic::{Code, Status};

use crate::pbx::{Failure, Refusal};
use crate::shell::intake::AskError;
use crate::store::{ApplyError, StoreError};

/// A refusal by a rule.
pub fn refused(refusal: Refusal) -> Status {
    let (code, text) = match refusal {
        Refusal::UnknownNumber => (Code::NotFound, "nothing has that number".into()),
        Refusal::NotAllowed => (Code::PermissionDenied, "that is not allowed there".into()),
        Refusal::Incomplete(what) => (Code::InvalidArgument, what.into()),
        Refusal::LoginRefused => (
            Code::FailedPrecondition,
            "the user or the PIN is wrong, or the user is locked".into(),
        ),
        Refusal::Blocked(obstacle) => (Code::FailedPrecondition, obstacle.text()),
        Refusal::Conflict(text) => (Code::FailedPrecondition, text),
        Refusal::StoreFailed => (
            Code::Unavailable,
            "the store did not take it; nothing has changed".into(),
        ),
        Refusal::Overloaded => (Code::ResourceExhausted, AskError::Overloaded.to_string()),
        Refusal::Failed(why) => (Code::FailedPrecondition, failed(why).into()),
        Refusal::Silence => (Code::DeadlineExceeded, "nothing was dialled".into()),
        Refusal::NobodyThere => (Code::FailedPrecondition, "nobody is there".into()),
        Refusal::NoLine => (Code::Unavailable, "no trunk takes the call".into()),
        Refusal::Circle => (
            Code::FailedPrecondition,
            "that number is forwarded in a circle".into(),
        ),
        Refusal::TooManyHops => (
            Code::FailedPrecondition,
            "the call has been through too many servers".into(),
        ),
        Refusal::NotFound(text) => (Code::NotFound, text),
    };
    Status::new(code, text)
}

fn failed(why: Failure) -> &'static str {
    match why {
        Failure::Busy => "the phone is busy",
        Failure::Declined => "it was declined at the phone",
        Failure::NoAnswer => "the phone was not answered",
        Failure::Unreachable => "the phone cannot be reached",
        Failure::UnknownNumber => "the phone does not know the number",
        Failure::NotAcceptable => "the phones have no media in common",
        Failure::NoRelay => "WebRTC and RTP phones need a media relay",
        Failure::RelayFailed => "the media relay cannot be used now",
        Failure::Glare => "both sides changed the call at once; try again",
        Failure::Gone => "the call is over",
        Failure::Released => "the other party hung up",
        Failure::Other(_) => "the phone refused",
    }
}

/// The exchange did not answer.
pub fn unanswered(error: AskError) -> Status {
    let code = match error {
        AskError::Overloaded => Code::ResourceExhausted,
        AskError::NoAnswer => Code::Unavailable,
    };
    Status::new(code, error.to_string())
}

/// A site was not applied.
pub fn not_applied(error: &ApplyError) -> Status {
    let code = match error {
        ApplyError::Stale { .. } => Code::Aborted,
        ApplyError::Busy => Code::ResourceExhausted,
        ApplyError::Closed | ApplyError::Store(_) => Code::Unavailable,
    };
    Status::new(code, error.to_string())
}

/// A backup was not made.
pub fn not_backed_up(error: &StoreError) -> Status {
    let code = match error {
        StoreError::Exists { .. } => Code::AlreadyExists,
        StoreError::BackupFile { .. } => Code::FailedPrecondition,
        _ => Code::Unavailable,
    };
    Status::new(code, error.to_string())
}

/// What is stored could not be read.
pub fn unread(error: &StoreError) -> Status {
    Status::unavailable(error.to_string())
}

/// A field of a request cannot mean anything.
pub fn meaningless(what: &str) -> Status {
    Status::invalid_argument(what)
}

/// A listener read too slowly.
pub fn missed(events: u64) -> Status {
    Status::data_loss(format!(
        "{events} events were missed because they were not read fast enough; listen again for those to come"
    ))
}

/// Part of the server ended by a fault of ours.
pub fn fault() -> Status {
    Status::internal("a part of the server ended by a fault in Perch; report its log")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_keep_their_text() {
        let status = refused(Refusal::Conflict("desk-1 is in a call".into()));
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert_eq!(status.message(), "desk-1 is in a call");
        let status = refused(Refusal::NotFound("there is no phone desk-9".into()));
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(
            refused(Refusal::LoginRefused).code(),
            Code::FailedPrecondition
        );
        assert_eq!(refused(Refusal::StoreFailed).code(), Code::Unavailable);
    }
}
