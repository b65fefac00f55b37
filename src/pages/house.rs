//! The rest of the server, as pages see it.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::pbx::{
    AtPhone, DialEdit, Door, Event, LogoutTarget, OfUser, PhoneName, PinHash, Presence, Refusal,
    Rest, Seat, Secret, Signal, Site, Ticket, UserId, Wanted,
};
use crate::time::Now;

/// What somebody wants, through a door of pages.
#[derive(Clone, PartialEq, Eq)]
pub enum Wish {
    /// To be known as a user. The answer is the user's id.
    Prove {
        /// At which phone.
        phone: PhoneName,
        /// User id or DN, as given.
        user: String,
        /// The PIN.
        secret: Secret,
    },
    /// To log in as a user that was proven to be one.
    LogIn {
        /// At which phone.
        phone: PhoneName,
        /// Who.
        user: UserId,
        /// What else is wanted.
        wanted: Wanted,
    },
    /// To leave the phone that one stands at.
    Leave(PhoneName),
    /// Not to be logged out soon, at the phone that one stands at.
    Stay(PhoneName),
    /// Nothing but to say that nobody uses a phone.
    Rest(PhoneName, Rest),
    /// To have it known that somebody was logged out at another call manager, and why.
    LeftElsewhere(PhoneName, String),
    /// Another PIN, for a user that was proven to be one.
    ChoosePin {
        /// At which phone.
        phone: PhoneName,
        /// Who.
        user: UserId,
        /// The PIN.
        pin: PinHash,
    },
    /// To have one of one's speed dials changed, at the phone that one stands at.
    EditDial(PhoneName, DialEdit),
    /// To log somebody out from afar.
    LogOut(LogoutTarget),
    /// That it be known that a phone was used.
    Signal(PhoneName, Signal),
    /// To log everybody out from afar.
    LogOutAll,
    /// To have a phone start anew, from afar.
    Reset {
        /// Which.
        phone: PhoneName,
        /// From its very beginning, rather than by registering anew.
        hard: bool,
    },
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Wish::Prove { .. } => "Prove",
            Wish::LogIn { .. } => "LogIn",
            Wish::Leave(_) => "Leave",
            Wish::Stay(_) => "Stay",
            Wish::Rest(..) => "Rest",
            Wish::LeftElsewhere(..) => "LeftElsewhere",
            Wish::ChoosePin { .. } => "ChoosePin",
            Wish::EditDial(..) => "EditDial",
            Wish::LogOut(_) => "LogOut",
            Wish::Signal(..) => "Signal",
            Wish::LogOutAll => "LogOutAll",
            Wish::Reset { .. } => "Reset",
        };
        f.debug_struct(word).finish_non_exhaustive()
    }
}

impl Wish {
    /// What has happened when somebody wishes this.
    pub fn event(self, ticket: Ticket, door: Door) -> Event {
        match self {
            Wish::Prove {
                phone,
                user,
                secret,
            } => Event::ProofOffered {
                ticket,
                door,
                phone,
                user,
                secret,
            },
            Wish::LogIn {
                phone,
                user,
                wanted,
            } => Event::LoginRequested {
                ticket,
                door,
                phone,
                user: user.to_string(),
                secret: None,
                wanted,
            },
            Wish::Leave(phone) => Event::LeaveAsked {
                ticket,
                door,
                phone,
            },
            Wish::Stay(phone) => Event::StayAsked { ticket, phone },
            Wish::Rest(phone, rest) => Event::PhoneRests {
                ticket,
                phone,
                rest,
            },
            Wish::LeftElsewhere(phone, text) => Event::LeftElsewhere {
                ticket,
                phone,
                text,
            },
            Wish::ChoosePin { phone, user, pin } => Event::PinChosen {
                ticket,
                door,
                phone,
                user,
                pin,
            },
            Wish::EditDial(phone, edit) => Event::DialEdited {
                ticket,
                door,
                phone,
                edit,
            },
            Wish::LogOut(target) => Event::LogoutRequested {
                ticket,
                door,
                target,
            },
            Wish::Signal(phone, signal) => Event::UseTold {
                ticket,
                phone,
                signal,
            },
            Wish::LogOutAll => Event::MassLogoutRequested { ticket, door },
            Wish::Reset { phone, hard } => Event::ResetRequested {
                ticket,
                phone,
                hard,
            },
        }
    }
}

/// How idle pages are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdlePages {
    /// How often a phone asks again.
    pub every: Duration,
    /// How long nobody has used a phone that begins to ask, if its address does not say.
    pub after: Duration,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Too much is going on.
    Overloaded,
    /// Nobody answers.
    NoAnswer,
}

/// The rest of the server, as pages see it. What takes time is waited for.
pub trait House: Sync {
    /// The time.
    fn now(&self) -> Now;

    /// The site in force.
    fn site(&self) -> Arc<Site>;

    /// Something that nobody can guess.
    fn noise(&self) -> [u8; 16];

    /// What is known about a phone; none: there is no such phone.
    fn phone(
        &self,
        phone: &PhoneName,
    ) -> impl Future<Output = Result<Option<AtPhone>, Trouble>> + Send;

    /// Who a user id or DN is; none: nobody.
    fn user(&self, given: &str) -> impl Future<Output = Result<Option<OfUser>, Trouble>> + Send;

    /// Everybody who is logged in, and where.
    fn who(&self) -> impl Future<Output = Result<Vec<Presence>, Trouble>> + Send;

    /// Who was at each phone last.
    fn last_users(&self) -> impl Future<Output = Result<Vec<(PhoneName, UserId)>, Trouble>> + Send;

    /// What is on a phone now; none: there is no such phone.
    fn seat(
        &self,
        phone: &PhoneName,
    ) -> impl Future<Output = Result<Option<Box<Seat>>, Trouble>> + Send;

    /// Has something done. The answer is what was done, or why not.
    fn wish(
        &self,
        door: Door,
        wish: Wish,
    ) -> impl Future<Output = Result<Result<String, Refusal>, Trouble>> + Send;

    /// Whether Perch itself tells this phone something just now, and shows this name and password.
    fn is_own_push(&self, phone: &PhoneName, name: &str, password: &Secret) -> bool;

    /// Whether another authentication server says yes at this address.
    fn is_vouched_for_at(&self, address: &str) -> impl Future<Output = bool> + Send;

    /// How idle pages are shown.
    fn idle_pages(&self) -> IdlePages;

    /// Whether a request comes from a network where phones are.
    fn is_at_home(&self, source: IpAddr) -> bool;

    /// What stands in the address of a phone's idle page for nobody else to know.
    fn idle_token(&self, phone: &PhoneName) -> String;

    /// A phone says that nobody uses it. Whether it is watched for another call manager.
    fn rests_elsewhere(&self, phone: &PhoneName, rest: Rest) -> bool;

    /// Whether a secret is the one that was hashed. Without a hash the same work is done for nothing, and it is not.
    fn verify(
        &self,
        secret: Secret,
        against: Option<PinHash>,
    ) -> impl Future<Output = Result<bool, Trouble>> + Send;

    /// What is kept of a PIN.
    fn hash(&self, secret: Secret) -> impl Future<Output = Result<PinHash, Trouble>> + Send;
}
