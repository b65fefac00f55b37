//! What a phone is made into: its lines and speed dials, for whoever sits there.
//!
//! Which button each becomes is the protocol's affair; a phone whose protocol knows no buttons takes the text alone.

use super::action::{Action, Shown};
use super::names::{Dn, PhoneName};
use super::profile::SpeedDial;
use super::{Pbx, change::Cause};

/// What is on a phone's desk, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desk {
    /// Its lines, prime line first.
    pub lines: Vec<DeskLine>,
    /// Its speed dials, in their order.
    pub speed_dials: Vec<SpeedDial>,
    /// Where all its calls go on to, if they do.
    pub forward_all: Option<Dn>,
    /// Where voicemail is.
    pub voicemail: Option<Dn>,
}

/// A line of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskLine {
    /// Its number.
    pub dn: Dn,
    /// What stands beside its button.
    pub label: String,
    /// Whose it is, in words.
    pub display_name: String,
}

impl Pbx {
    /// What a phone is now.
    pub(super) fn desk_of(&self, phone: &PhoneName) -> Desk {
        let display_name = self.party_at(phone).display_name;
        let lines = self.lines_of(phone).into_iter().map(|dn| DeskLine {
            label: dn.as_str().to_owned(),
            display_name: display_name.clone(),
            dn,
        });
        let profile = self.user_profile_at(phone).map(|(_, profile)| profile);
        let speed_dials = profile.map(|profile| profile.speed_dials.clone());
        Desk {
            lines: lines.collect(),
            speed_dials: speed_dials.unwrap_or_default(),
            forward_all: profile.and_then(|profile| profile.forwarding.all.clone()),
            voicemail: self.site.settings.voicemail.clone(),
        }
    }

    /// What makes a phone what it is now.
    pub(super) fn applied(&self, phone: PhoneName, shown: Shown, text: String) -> Action {
        let desk = Box::new(self.desk_of(&phone));
        Action::ApplyProfile {
            phone,
            shown,
            text,
            desk,
        }
    }

    /// A phone that is registering wants to know what it is. Why it is nobody's is told as long as that is news: by
    /// whoever remembers it.
    pub(super) fn desk_requested(&mut self, phone: PhoneName) {
        let user = self.user_profile_at(&phone).map(|(user, _)| user.clone());
        let (shown, text) = match user {
            Some(user) => {
                let text = self.welcome(&user);
                (Shown::User(user), text)
            }
            None => (Shown::Nobody(self.last_cause(&phone)), String::new()),
        };
        let action = self.applied(phone, shown, text);
        self.act(action);
    }

    fn last_cause(&self, phone: &PhoneName) -> Option<Cause> {
        let closed = self.phones.get(phone)?.last_closed.as_ref()?;
        Some(closed.1.cause)
    }
}
