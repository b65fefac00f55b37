//! The numbers by which Extension Mobility says why not.

use super::house::Trouble;
use crate::pbx::{Obstacle, Refusal};

/// The number of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(pub u16);

impl Code {
    /// A rule forbids it, or what stands in the way has no number of its own.
    pub const POLICY: Code = Code(4);
    /// There is no logging in at this phone; said of a logout.
    pub const NO_LOGOUTS: Code = Code(5);
    /// It could not be stored.
    pub const STORE: Code = Code(6);
    /// There is no such phone.
    pub const NO_PHONE: Code = Code(11);
    /// The user has no such profile.
    pub const NO_PROFILE: Code = Code(12);
    /// Somebody else is logged in there, and cannot be taken over.
    pub const OCCUPIED: Code = Code(18);
    /// Nobody is logged in there.
    pub const NOBODY: Code = Code(19);
    /// There is no logging in at this phone.
    pub const NO_LOGINS: Code = Code(22);
    /// There is no such user.
    pub const NO_USER: Code = Code(23);
    /// The user is logged in elsewhere.
    pub const ELSEWHERE: Code = Code(25);
    /// Too much is going on.
    pub const BUSY: Code = Code(26);
    /// The request does not come from where the phone is.
    pub const UNTRUSTED: Code = Code(28);
    /// It comes through a proxy.
    pub const PROXY: Code = Code(30);
    /// Wrong user or PIN, or locked: nobody shall know which.
    pub const WRONG: Code = Code(201);
    /// No user, or no PIN.
    pub const BLANK: Code = Code(202);
    /// The phone did not say its name.
    pub const NAMELESS: Code = Code(207);
    /// Nobody answers.
    pub const NO_ANSWER: Code = Code(208);
    /// The kind of login is not known.
    pub const LOGIN_TYPE: Code = Code(215);
}

impl From<&Refusal> for Code {
    fn from(refusal: &Refusal) -> Code {
        match refusal {
            Refusal::LoginRefused => Code::WRONG,
            Refusal::StoreFailed => Code::STORE,
            Refusal::Overloaded => Code::BUSY,
            // Phones are looked for first.
            Refusal::NotFound(_) => Code::NO_USER,
            Refusal::Blocked(obstacle) => match obstacle {
                Obstacle::NoLogins => Code::NO_LOGINS,
                Obstacle::PhoneInCall => Code::OCCUPIED,
                Obstacle::LoggedInAt(_) => Code::ELSEWHERE,
                Obstacle::NoSuchProfile(_) => Code::NO_PROFILE,
                Obstacle::NobodyHere | Obstacle::NobodyAt(_) => Code::NOBODY,
                Obstacle::EmergencyCalled | Obstacle::EmergencyHold(..) | Obstacle::Ringing => {
                    Code::POLICY
                }
            },
            _ => Code::POLICY,
        }
    }
}

impl From<Trouble> for Code {
    fn from(trouble: Trouble) -> Code {
        match trouble {
            Trouble::Overloaded => Code::BUSY,
            Trouble::NoAnswer => Code::NO_ANSWER,
        }
    }
}
