//! The numbers by which Extension Mobility says why not.

use super::house::Trouble;
use crate::pbx::{Obstacle, Refusal};

/// The number of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(pub u16);

impl Code {
    /// Nobody knows.
    pub const UNKNOWN: Code = Code(0);
    /// What was asked cannot be understood.
    pub const PARSING: Code = Code(1);
    /// No program, or no password.
    pub const BLANK_APP: Code = Code(2);
    /// Wrong program or password: nobody shall know which.
    pub const WRONG_APP: Code = Code(3);
    /// A rule forbids it, or what stands in the way has no number of its own.
    pub const POLICY: Code = Code(4);
    /// There is no logging in at this phone; said of a logout.
    pub const NO_LOGOUTS: Code = Code(5);
    /// It could not be stored.
    pub const STORE: Code = Code(6);
    /// There is no such query.
    pub const QUERY_TYPE: Code = Code(8);
    /// The program may not act for other people.
    pub const NO_RIGHTS: Code = Code(10);
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

impl Code {
    /// What programs and logs call it.
    pub fn words(self) -> &'static str {
        match self {
            Code::PARSING => "Error on parsing",
            Code::BLANK_APP => "Application user or password is blank",
            Code::WRONG_APP => "Application Authentication Error",
            Code::POLICY => "Policy Validation error",
            Code::NO_LOGOUTS | Code::NO_LOGINS => "Dev. logon disabled",
            Code::STORE => "Database Error",
            Code::QUERY_TYPE => "Query type undetermined",
            Code::NO_RIGHTS => "User lacks app proxy rights",
            Code::NO_PHONE => "Device does not exist",
            Code::NO_PROFILE => "Dev. Profile not found",
            Code::OCCUPIED => "Another user logged in",
            Code::NOBODY => "No user logged in",
            Code::NO_USER => "User not found",
            Code::ELSEWHERE => "User logged in elsewhere",
            Code::BUSY => "Busy, please try again",
            Code::UNTRUSTED => "Untrusted IP Error",
            Code::PROXY => "Proxy not allowed",
            _ => "Unknown Error",
        }
    }

    /// The number for programs, which know none of those that pages have besides.
    pub fn for_programs(self) -> Code {
        match self {
            Code::WRONG | Code::BLANK => Code::WRONG_APP,
            Code(0..=200) => self,
            _ => Code::UNKNOWN,
        }
    }
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
                Obstacle::PhoneInCall | Obstacle::Occupied => Code::OCCUPIED,
                Obstacle::LoggedInAt(_) => Code::ELSEWHERE,
                Obstacle::NoSuchProfile(_) => Code::NO_PROFILE,
                Obstacle::NobodyHere | Obstacle::NobodyAt(_) => Code::NOBODY,
                Obstacle::EmergencyCalled
                | Obstacle::EmergencyHold(..)
                | Obstacle::Ringing
                | Obstacle::AgentInCall
                | Obstacle::InUse(_)
                | Obstacle::AfterHours(_) => Code::POLICY,
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
