//! From digits to a destination: numbers, feature codes, emergency numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::Secret;
use super::forward_set::ForwardKind;
use super::names::{Dn, PhoneName};
use super::site::Site;

/// Feature codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Codes {
    /// Log in: code `*` user `*` PIN, then perhaps `#`. Alone: Perch asks for both.
    pub login: String,
    /// Log out.
    pub logout: String,
    /// Log somebody else out: code, DN, then perhaps `#` (OUT-5).
    pub remote_logout: String,
    /// Hear oneself.
    pub echo: String,
    /// Send all calls on: code, number, then perhaps `#`.
    pub forward_all: String,
    /// Not any more.
    pub forward_all_off: String,
    /// Send calls on that meet a busy phone.
    pub forward_busy: String,
    /// Not any more.
    pub forward_busy_off: String,
    /// Send calls on that nobody answers.
    pub forward_no_answer: String,
    /// Not any more.
    pub forward_no_answer_off: String,
    /// Not to be disturbed at this phone.
    pub do_not_disturb: String,
    /// To be called again.
    pub do_not_disturb_off: String,
    /// Take what rings at a number: code, number, then perhaps `#`.
    pub pickup: String,
    /// Take what has rung longest in one's own group.
    pub group_pickup: String,
    /// Let the other party of a call wait at a number of its own.
    pub park: String,
    /// Come into the talk at another phone of a shared line: of one's own line, or code, line, then perhaps `#`.
    pub barge: String,
    /// Take what is held at another phone of a shared line, in the same way.
    pub take_held: String,
    /// Keep calls on shared lines private.
    pub privacy: String,
    /// Not any more.
    pub privacy_off: String,
    /// Join a hunt group: alone, or code, `*`, pilot or place, then perhaps `#` (HG-4).
    pub hunt_join: String,
    /// Leave all hunt groups that were joined.
    pub hunt_leave: String,
    /// Leave one: code, pilot or place, then perhaps `#`.
    pub hunt_leave_one: String,
    /// Be ready for hunt calls on the line, or not any more.
    pub hunt_ready: String,
    /// The same on all lines of the phone.
    pub hunt_ready_phone: String,
    /// Lift the blocking of numbers after hours: code, PIN, then perhaps `#` (PRO-5).
    pub after_hours: String,
}

impl Codes {
    /// Every code with its key in a site file, in the order of the file.
    pub fn all(&self) -> [(&'static str, &str); 25] {
        [
            ("login", &self.login),
            ("logout", &self.logout),
            ("remote_logout", &self.remote_logout),
            ("echo", &self.echo),
            ("forward_all", &self.forward_all),
            ("forward_all_off", &self.forward_all_off),
            ("forward_busy", &self.forward_busy),
            ("forward_busy_off", &self.forward_busy_off),
            ("forward_no_answer", &self.forward_no_answer),
            ("forward_no_answer_off", &self.forward_no_answer_off),
            ("do_not_disturb", &self.do_not_disturb),
            ("do_not_disturb_off", &self.do_not_disturb_off),
            ("pickup", &self.pickup),
            ("group_pickup", &self.group_pickup),
            ("park", &self.park),
            ("barge", &self.barge),
            ("take_held", &self.take_held),
            ("privacy", &self.privacy),
            ("privacy_off", &self.privacy_off),
            ("hunt_join", &self.hunt_join),
            ("hunt_leave", &self.hunt_leave),
            ("hunt_leave_one", &self.hunt_leave_one),
            ("hunt_ready", &self.hunt_ready),
            ("hunt_ready_phone", &self.hunt_ready_phone),
            ("after_hours", &self.after_hours),
        ]
    }

    /// The codes that set forwarding, and those that take it back.
    pub(super) fn forwarding(&self) -> [(ForwardKind, &str, &str); 3] {
        [
            (ForwardKind::All, &self.forward_all, &self.forward_all_off),
            (
                ForwardKind::Busy,
                &self.forward_busy,
                &self.forward_busy_off,
            ),
            (
                ForwardKind::NoAnswer,
                &self.forward_no_answer,
                &self.forward_no_answer_off,
            ),
        ]
    }
}

impl Default for Codes {
    fn default() -> Self {
        Codes {
            login: "*11".into(),
            logout: "*12".into(),
            remote_logout: "*13".into(),
            echo: "*90".into(),
            forward_all: "*72".into(),
            forward_all_off: "*73".into(),
            forward_busy: "*94".into(),
            forward_busy_off: "*95".into(),
            forward_no_answer: "*92".into(),
            forward_no_answer_off: "*93".into(),
            do_not_disturb: "*78".into(),
            do_not_disturb_off: "*79".into(),
            pickup: "*97".into(),
            group_pickup: "*98".into(),
            park: "*68".into(),
            barge: "*33".into(),
            take_held: "*36".into(),
            privacy: "*37".into(),
            privacy_off: "*38".into(),
            hunt_join: "*3".into(),
            hunt_leave: "#3".into(),
            hunt_leave_one: "#4".into(),
            hunt_ready: "*4".into(),
            hunt_ready_phone: "*5".into(),
            after_hours: "*14".into(),
        }
    }
}

/// Emergency numbers, each with the phones that ring.
pub type EmergencyNumbers = BTreeMap<String, Vec<PhoneName>>;

/// What somebody wants who dialled something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// To log in.
    Login {
        /// User id or DN.
        user: String,
        /// PIN; may be blank.
        secret: Secret,
    },
    /// To be asked for user and PIN.
    LoginDialogue,
    /// To log out.
    Logout,
    /// To log somebody else out.
    RemoteLogout(Dn),
    /// To hear themselves.
    Echo,
    /// That calls go on to a number from now on, or nowhere.
    Forward(ForwardKind, Option<Dn>),
    /// Not to be disturbed, or to be called again.
    Disturb(bool),
    /// To take what rings at a number, or anywhere in the group.
    PickUp(Option<Dn>),
    /// To come into the talk at another phone of a line of theirs.
    Barge(Option<Dn>),
    /// To have the call that is held at another phone of a line of theirs.
    TakeHeld(Option<Dn>),
    /// To keep calls private, or not any more.
    Privacy(bool),
    /// To join a hunt group: the only one, or this.
    HuntJoin(Option<Dn>),
    /// To leave the hunt groups that were joined: all, or this.
    HuntLeave(Option<Dn>),
    /// To be ready for hunt calls, or not any more.
    HuntReady {
        /// On all lines of the phone.
        whole_phone: bool,
    },
    /// To call numbers that are blocked after hours, by a PIN.
    Lift(Secret),
    /// To have the call that they hold wait at a number of its own.
    Park,
    /// To have the call that waits at a number.
    Slot(Dn),
    /// Something with a code that is not complete; how it should be.
    Incomplete(&'static str),
    /// Help.
    Emergency(Vec<PhoneName>),
    /// A number, which may exist or not.
    Number(Dn),
}

impl Site {
    /// Whom somebody wants to log out who dialled that, if that is what it means (OUT-5).
    pub fn remote_logout_of(&self, digits: &str) -> Option<Dn> {
        match destination(self, digits) {
            Destination::RemoteLogout(dn) => Some(dn),
            _ => None,
        }
    }
}

/// Reads what was dialled. Emergency numbers come first: nothing may hide them.
pub(super) fn destination(site: &Site, digits: &str) -> Destination {
    if let Some(phones) = site.emergency.get(digits) {
        return Destination::Emergency(phones.clone());
    }
    let codes = &site.codes;
    if ended(digits) == codes.login {
        return Destination::LoginDialogue;
    }
    if let Some(rest) = digits.strip_prefix(codes.login.as_str()) {
        return login(rest);
    }
    if let Some(rest) = digits.strip_prefix(codes.after_hours.as_str()) {
        return match ended(rest).trim_start_matches('*') {
            "" => Destination::Incomplete("Dial the code, then the PIN #"),
            pin => Destination::Lift(Secret::new(pin.into())),
        };
    }
    if let Some(dn) = after_code(digits, &codes.remote_logout) {
        return match dn {
            Some(dn) => Destination::RemoteLogout(dn),
            None => {
                Destination::Incomplete("Dial the code, then the number of the user to log out")
            }
        };
    }
    if let Some(dn) = after_code(digits, &codes.pickup) {
        return match dn {
            Some(dn) => Destination::PickUp(Some(dn)),
            None => Destination::Incomplete("Dial the code, then the number that rings"),
        };
    }
    if let Some(number) = after_code(digits, &codes.barge) {
        return Destination::Barge(number);
    }
    if let Some(number) = after_code(digits, &codes.take_held) {
        return Destination::TakeHeld(number);
    }
    forwarding(codes, digits).unwrap_or_else(|| match ended(digits) {
        code if code == codes.logout => Destination::Logout,
        code if code == codes.echo => Destination::Echo,
        code if code == codes.group_pickup => Destination::PickUp(None),
        code if code == codes.park => Destination::Park,
        code if code == codes.privacy => Destination::Privacy(true),
        code if code == codes.privacy_off => Destination::Privacy(false),
        code if code == codes.do_not_disturb => Destination::Disturb(false),
        code if code == codes.do_not_disturb_off => Destination::Disturb(true),
        number if is_slot(site, number) => Destination::Slot(number.into()),
        number => hunting(codes, digits).unwrap_or_else(|| Destination::Number(number.into())),
    })
}

/// Codes of hunt groups come last: another code may begin like the one to join, and then that one is meant. Who sets the
/// number off by a `*` is never misunderstood.
fn hunting(codes: &Codes, digits: &str) -> Option<Destination> {
    let code = ended(digits);
    if code == codes.hunt_leave {
        return Some(Destination::HuntLeave(None));
    }
    for (ready, whole_phone) in [(&codes.hunt_ready, false), (&codes.hunt_ready_phone, true)] {
        if code == ready {
            return Some(Destination::HuntReady { whole_phone });
        }
    }
    if let Some(which) = after_code(digits, &codes.hunt_leave_one) {
        return Some(match which {
            Some(which) => Destination::HuntLeave(Some(which)),
            None => Destination::Incomplete("Dial the code, then the number of the hunt group"),
        });
    }
    after_code(digits, &codes.hunt_join).map(Destination::HuntJoin)
}

fn is_slot(site: &Site, number: &str) -> bool {
    let mut slots = site.settings.park_slots.iter();
    slots.any(|slot| slot.as_str() == number)
}

fn forwarding(codes: &Codes, digits: &str) -> Option<Destination> {
    codes.forwarding().into_iter().find_map(|(kind, on, off)| {
        if ended(digits) == off {
            return Some(Destination::Forward(kind, None));
        }
        Some(match after_code(digits, on)? {
            Some(dn) => Destination::Forward(kind, Some(dn)),
            None => {
                Destination::Incomplete("Dial the code, then the number that calls are to go to")
            }
        })
    })
}

/// The number that follows a code, with or without a `*` between them. None if it is not that code at all.
fn after_code(digits: &str, code: &str) -> Option<Option<Dn>> {
    let number = ended(digits.strip_prefix(code)?).trim_start_matches('*');
    Some((!number.is_empty()).then(|| number.into()))
}

/// `#` ends what is dialled; whether the phone sends it along is the phone's affair.
fn ended(digits: &str) -> &str {
    digits.strip_suffix('#').unwrap_or(digits)
}

fn login(rest: &str) -> Destination {
    let parts = ended(rest)
        .strip_prefix('*')
        .and_then(|rest| rest.split_once('*'));
    match parts {
        Some((user, secret)) if !user.is_empty() => Destination::Login {
            user: user.into(),
            secret: Secret::new(secret.into()),
        },
        _ => Destination::Incomplete("Dial the code, then * user * PIN #"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let mut site = Site::default();
        site.emergency.insert("112".into(), vec!["desk-8".into()]);
        site.settings.park_slots = vec!["7001".into()];
        site
    }

    #[test]
    fn digits_become_destinations() {
        let login = |user: &str, secret: &str| Destination::Login {
            user: user.into(),
            secret: Secret::new(secret.into()),
        };
        let login_form = Destination::Incomplete("Dial the code, then * user * PIN #");
        let forward_form =
            Destination::Incomplete("Dial the code, then the number that calls are to go to");
        let table = [
            ("*11*2001*1111#", login("2001", "1111")),
            ("*11*2001*1111", login("2001", "1111")),
            ("*11*u2001*1111#", login("u2001", "1111")),
            ("*11*2001*", login("2001", "")),
            ("*11*2001*#", login("2001", "")),
            ("*11", Destination::LoginDialogue),
            ("*11#", Destination::LoginDialogue),
            ("*11*", login_form.clone()),
            ("*11**1111#", login_form.clone()),
            ("*112001", login_form),
            ("*12", Destination::Logout),
            ("*12#", Destination::Logout),
            ("*90", Destination::Echo),
            ("*90#", Destination::Echo),
            ("*902001", Destination::Number("*902001".into())),
            ("*132001", Destination::RemoteLogout("2001".into())),
            ("*144711", Destination::Lift(Secret::new("4711".into()))),
            ("*14*4711#", Destination::Lift(Secret::new("4711".into()))),
            (
                "*14#",
                Destination::Incomplete("Dial the code, then the PIN #"),
            ),
            ("*13*2001#", Destination::RemoteLogout("2001".into())),
            ("112", Destination::Emergency(vec!["desk-8".into()])),
            (
                "*729003",
                Destination::Forward(ForwardKind::All, Some("9003".into())),
            ),
            (
                "*72*9003#",
                Destination::Forward(ForwardKind::All, Some("9003".into())),
            ),
            ("*72", forward_form.clone()),
            ("*72#", forward_form),
            ("*73", Destination::Forward(ForwardKind::All, None)),
            ("*73#", Destination::Forward(ForwardKind::All, None)),
            ("*739003", Destination::Number("*739003".into())),
            (
                "*949003",
                Destination::Forward(ForwardKind::Busy, Some("9003".into())),
            ),
            ("*93", Destination::Forward(ForwardKind::NoAnswer, None)),
            ("*78", Destination::Disturb(false)),
            ("*972001", Destination::PickUp(Some("2001".into()))),
            (
                "*97",
                Destination::Incomplete("Dial the code, then the number that rings"),
            ),
            ("*98", Destination::PickUp(None)),
            ("*68#", Destination::Park),
            ("*33", Destination::Barge(None)),
            ("*33*2001#", Destination::Barge(Some("2001".into()))),
            ("*36#", Destination::TakeHeld(None)),
            ("*362001", Destination::TakeHeld(Some("2001".into()))),
            ("*37", Destination::Privacy(true)),
            ("*38#", Destination::Privacy(false)),
            ("7001", Destination::Slot("7001".into())),
            ("7002", Destination::Number("7002".into())),
            ("*79#", Destination::Disturb(true)),
            ("2002", Destination::Number("2002".into())),
            ("2002#", Destination::Number("2002".into())),
            ("*99", Destination::Number("*99".into())),
            ("*3", Destination::HuntJoin(None)),
            ("*3#", Destination::HuntJoin(None)),
            ("*34200", Destination::HuntJoin(Some("4200".into()))),
            ("*3*3700#", Destination::HuntJoin(Some("3700".into()))),
            // Another code begins so.
            ("*33700", Destination::Barge(Some("700".into()))),
            ("*37", Destination::Privacy(true)),
            ("*3*7", Destination::HuntJoin(Some("7".into()))),
            ("#3", Destination::HuntLeave(None)),
            ("#3#", Destination::HuntLeave(None)),
            ("#44200", Destination::HuntLeave(Some("4200".into()))),
            ("#4*4200#", Destination::HuntLeave(Some("4200".into()))),
            (
                "#4",
                Destination::Incomplete("Dial the code, then the number of the hunt group"),
            ),
            ("*4", Destination::HuntReady { whole_phone: false }),
            ("*5#", Destination::HuntReady { whole_phone: true }),
            ("*41", Destination::Number("*41".into())),
        ];
        for (digits, expected) in table {
            assert_eq!(destination(&site(), digits), expected, "{digits}");
        }
    }
}
