//! DECISIONS. No I/O, no clock, no protocol.

mod action;
mod change;
mod class_of_service;
mod dialplan;
mod event;
mod names;
mod profile;
mod query;
pub mod site;

pub use action::{Action, Ordered, Outcome, Party, Refusal, Shown};
pub use change::{
    AwaitedMove, Cause, Change, Claim, ClaimId, Closed, Door, Record, Remembered, SessionId,
    Signal, StoredSession, What,
};
pub use class_of_service::ClassOfService;
pub use dialplan::{Codes, EmergencyNumbers};
pub use event::{Body, Event, Failure, LegId, LegIds, LogoutTarget, MediaFlow, Secret, Ticket};
pub use names::{ClassName, Dn, PhoneName, ProfileName, UserId};
pub use profile::{AbsentHandling, LogoutProfile, UserProfile};
pub use query::{Answer, Explanation, Lock, Presence, Query, Status};
pub use site::{DigestSecret, Phone, PinHash, SecondLogin, Settings, Site, User};
