//! What stands in the way of a login or logout, so that every door can say it in its own words.

use super::names::{PhoneName, ProfileName};

/// Something that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The class of service there does not let anybody log in.
    NoLogins,
    /// Whoever is logged in there is in a call.
    PhoneInCall,
    /// Somebody else is logged in there.
    Occupied,
    /// Somebody called for help there a short while ago (EMG-1).
    EmergencyCalled,
    /// The same, and for how many minutes more nobody is logged out.
    EmergencyHold(PhoneName, u64),
    /// The user is logged in at another phone, and may not be at two (SES-2).
    LoggedInAt(PhoneName),
    /// The user has no such profile.
    NoSuchProfile(ProfileName),
    /// Nobody is logged in at the phone that was asked from.
    NobodyHere,
    /// Nobody is logged in at that phone.
    NobodyAt(PhoneName),
    /// The prime line rings (OUT-3).
    Ringing,
    /// The user is an agent who has a call, and leaves at once or not at all (OUT-2).
    AgentInCall,
    /// Something goes on at that phone (OUT-5).
    InUse(PhoneName),
    /// That number may not be called now; and the code by which a PIN lifts that, if the caller has one (PRO-5).
    AfterHours(Option<String>),
}

impl Obstacle {
    /// The obstacle in words, for the person who asked.
    pub fn text(&self) -> String {
        match self {
            Obstacle::NoLogins => "Nobody may log in at this phone".into(),
            Obstacle::PhoneInCall => "This phone is in a call".into(),
            Obstacle::Occupied => "Somebody else is logged in there".into(),
            Obstacle::EmergencyCalled => {
                "An emergency call was made there a short while ago".into()
            }
            Obstacle::EmergencyHold(phone, minutes) => {
                format!("An emergency call was made at {phone}: no logout for {minutes} min")
            }
            Obstacle::LoggedInAt(phone) => {
                format!("You are logged in at {phone}. Log out there first")
            }
            Obstacle::NoSuchProfile(profile) => format!("You have no profile {profile}"),
            Obstacle::NobodyHere => "Nobody is logged in at this phone".into(),
            Obstacle::NobodyAt(phone) => format!("Nobody is logged in at {phone}"),
            Obstacle::Ringing => "A call is ringing. Answer or decline it first".into(),
            Obstacle::AgentInCall => "Agents log out between calls. End your call first".into(),
            Obstacle::InUse(phone) => format!("{phone} is in use"),
            Obstacle::AfterHours(None) => "Not allowed after hours".into(),
            Obstacle::AfterHours(Some(code)) => {
                format!("Not allowed after hours. Dial {code} and your PIN first")
            }
        }
    }
}
