//! What a phone is made into: its lines and speed dials, for whoever sits there.
//!
//! Which button each becomes says `layout.rs`; a phone whose protocol knows no buttons takes the text alone.

use super::action::{Action, Shown};
use super::agent::HuntDuty;
use super::forward_set::ForwardKind;
use super::layout::Feature;
use super::line::{LineKind, ProfileLine};
use super::messages::Messages;
use super::names::{Dn, PhoneName, UserId};
use super::profile::SpeedDial;
use super::{Pbx, change::Cause};

/// What is on a phone's desk, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desk {
    /// Its lines, prime line first.
    pub lines: Vec<DeskLine>,
    /// Lines that are none there, as the phone speaks SIP (PRO-4).
    pub passed_over: Vec<ProfileLine>,
    /// Its speed dials, in their order.
    pub speed_dials: Vec<SpeedDial>,
    /// The features that are to have a button, in their order.
    pub features: Vec<Feature>,
    /// Where voicemail is.
    pub voicemail: Option<Dn>,
    /// What is set there.
    pub set: DeskSet,
    /// What whoever is there may do with it.
    pub may: DeskMay,
}

/// What is set at a desk. It changes without the phone becoming another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskSet {
    /// Where all its calls go on to, if they do.
    pub forward_all: Option<Dn>,
    /// Where those go on to that meet it busy.
    pub forward_busy: Option<Dn>,
    /// Where those go on to that nobody answers.
    pub forward_no_answer: Option<Dn>,
    /// Whether nobody there is to be disturbed.
    pub quiet: bool,
    /// What waits at the voicemail system for whoever is there.
    pub messages: Messages,
    /// Whether its calls on shared lines are private.
    pub private: bool,
    /// Whether hunt calls ring there.
    pub hunting: HuntDuty,
}

/// What may be done at a desk with its calls, so that no key is offered that says no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeskMay {
    /// They may be sent on.
    pub forward: bool,
    /// It may be quiet.
    pub be_quiet: bool,
    /// Somebody there may come into talks at other phones of its lines.
    pub barge: bool,
    /// Its calls on shared lines may be private.
    pub be_private: bool,
    /// What rings elsewhere may be taken.
    pub pick_up: bool,
    /// The other party of a call may be made to wait for whoever fetches it.
    pub park: bool,
    /// Hunt calls may be let pass by, and nothing else (HG-2).
    pub leave_hunting: bool,
    /// Users at other phones may be logged out (OUT-5).
    pub log_others_out: bool,
}

impl DeskSet {
    /// Where calls go on to.
    pub fn forward(&self, kind: ForwardKind) -> Option<&Dn> {
        match kind {
            ForwardKind::All => self.forward_all.as_ref(),
            ForwardKind::Busy => self.forward_busy.as_ref(),
            ForwardKind::NoAnswer => self.forward_no_answer.as_ref(),
        }
    }
}

/// A phone as it is now, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Whose it is; nobody's while nobody is logged in.
    pub user: Option<UserId>,
    /// What is on it.
    pub desk: Desk,
}

/// A line of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskLine {
    /// Its number: of several, the first.
    pub dn: Dn,
    /// All numbers that are at its button.
    pub numbers: Vec<Dn>,
    /// What it does when somebody calls.
    pub kind: LineKind,
    /// What stands beside its button.
    pub label: String,
    /// Whose it is, in words.
    pub display_name: String,
    /// Whether other phones may have its number, too.
    pub shared: bool,
}

impl DeskLine {
    /// Whether calls for a number are at its button.
    pub fn is_called_by(&self, dn: &Dn) -> bool {
        self.kind != LineKind::MonitorRing && self.numbers.contains(dn)
    }

    /// Whether a number is alone at its button, which can so show what goes on with it elsewhere.
    pub fn is_only(&self, dn: &Dn) -> bool {
        self.is_called_by(dn) && self.numbers.len() == 1
    }

    /// Whether it only shows how its number stands.
    pub fn is_monitor(&self) -> bool {
        self.kind == LineKind::MonitorRing
    }
}

impl Pbx {
    /// What a phone is now.
    pub(super) fn desk_of(&self, phone: &PhoneName) -> Desk {
        let display_name = self.party_at(phone).display_name;
        let mut desk = Desk::of_lines(self.profile_lines_at(phone), &display_name);
        for line in &mut desk.lines {
            line.shared = self.directory.is_sharable(&line.dn);
        }
        Desk {
            speed_dials: self.speed_dials_at(phone),
            features: self.features_at(phone),
            voicemail: self.voicemail_at(phone),
            set: self.desk_set(phone),
            may: self.desk_may(phone),
            ..desk
        }
    }

    fn desk_set(&self, phone: &PhoneName) -> DeskSet {
        let forward = |kind| self.forwarding_at(phone, kind);
        DeskSet {
            forward_all: forward(ForwardKind::All),
            forward_busy: forward(ForwardKind::Busy),
            forward_no_answer: forward(ForwardKind::NoAnswer),
            quiet: self.is_quiet(phone),
            messages: self.messages_at(phone),
            private: self.is_private(phone),
            hunting: self.hunting_at(phone),
        }
    }

    fn desk_may(&self, phone: &PhoneName) -> DeskMay {
        let class = self.class_at(phone);
        DeskMay {
            forward: class.forward && self.owner_at(phone).is_ok(),
            be_quiet: class.do_not_disturb,
            barge: class.barge,
            be_private: self.may_be_private(phone),
            pick_up: self.pickup_group_at(phone).is_some(),
            park: !self.site.settings.park_slots.is_empty(),
            leave_hunting: self.has_hunt_key(phone),
            log_others_out: class.remote_logout,
        }
    }

    /// What is set at a phone has changed: it shows that, once it is stored.
    pub(super) fn show_desk(&mut self, phone: PhoneName) {
        let desk = Box::new(self.desk_of(&phone));
        self.act_stored(Action::ShowDesk { phone, desk });
    }

    /// Somebody is to be shown what is on a phone's desk.
    pub(super) fn desk_watched(&mut self, phone: PhoneName) {
        let desk = Box::new(self.desk_of(&phone));
        self.act(Action::ShowDesk { phone, desk });
    }

    /// What a phone is now, and whose.
    pub(super) fn seat(&self, phone: &PhoneName) -> Option<Box<Seat>> {
        if !self.site.phones.contains_key(phone) {
            return None;
        }
        let user = self.user_profile_at(phone).map(|(user, _)| user.clone());
        let desk = self.desk_of(phone);
        Some(Box::new(Seat { user, desk }))
    }

    /// What makes a phone what it is now.
    pub(super) fn applied(&self, phone: PhoneName, shown: Shown, text: String) -> Action {
        let desk = Box::new(self.desk_of(&phone));
        self.log_left_out(&phone, &desk);
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
