//! What a "no" is called in SIP, and what SIP's "no" is called in the core (after RFC 3398).

use crate::pbx::{Failure, Refusal};

/// The status of a refusal.
pub(super) fn status_of(why: &Refusal) -> u16 {
    match why {
        Refusal::UnknownNumber | Refusal::NotFound(_) => 404,
        Refusal::NotAllowed
        | Refusal::LoginRefused
        | Refusal::Blocked(_)
        | Refusal::Conflict(_) => 403,
        Refusal::Incomplete(_) => 484,
        Refusal::StoreFailed | Refusal::Overloaded | Refusal::NoLine => 503,
        Refusal::Silence => 408,
        Refusal::NobodyThere => 480,
        Refusal::Circle => 482,
        Refusal::TooManyHops => 483,
        Refusal::Failed(failure) => status_of_failure(*failure),
    }
}

/// The status of a failure of the other side.
pub(super) fn status_of_failure(failure: Failure) -> u16 {
    match failure {
        Failure::Busy => 486,
        Failure::Declined => 603,
        Failure::NoAnswer | Failure::Unreachable => 480,
        Failure::UnknownNumber => 404,
        Failure::NotAcceptable | Failure::NoRelay => 488,
        Failure::RelayFailed => 503,
        Failure::Glare => 491,
        Failure::Gone => 481,
        Failure::Released => 487,
        // A challenge, a redirection or an interval is between the phone and us; the caller could do nothing with it.
        Failure::Other(401 | 407 | 422 | 487 | ..=400) => 480,
        // RFC 3261 §16.7 step 6: it is the phone that has no time, not this server.
        Failure::Other(503) => 500,
        Failure::Other(status) => status,
    }
}

/// What a phone's refusal means.
pub(super) fn failure_of(status: u16) -> Failure {
    match status {
        486 | 600 => Failure::Busy,
        403 | 603 => Failure::Declined,
        408 | 430 | 480 => Failure::Unreachable,
        404 | 410 | 604 => Failure::UnknownNumber,
        406 | 415 | 488 | 606 => Failure::NotAcceptable,
        491 => Failure::Glare,
        other => Failure::Other(other),
    }
}

/// A Reason header (RFC 3326) with a text for a person.
pub(super) fn reason(protocol: &str, cause: u16, text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '"' | '\\'))
        .collect();
    format!("{protocol};cause={cause};text=\"{text}\"")
}
