//! Softkeys: what stands on them, which are shown when, and what a phone says when one is pressed.

use super::wire::{
    KeySet, Label, SelectSoftKeys, SoftKey, SoftKeySet, SoftKeySetRes, SoftKeyTemplateRes, Text,
};
use crate::pbx::{DeskMay, ForwardKind};

/// A softkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Calls the last number again.
    Redial,
    /// Begins a call.
    NewCall,
    /// Holds.
    Hold,
    /// Transfers.
    Transfer,
    /// Takes the last digit back.
    Backspace,
    /// Ends a call.
    EndCall,
    /// Goes on with a held call.
    Resume,
    /// Takes a call.
    Answer,
    /// Ends the number.
    Dial,
    /// Logs in.
    Login,
    /// Logs out, once confirmed.
    Logout,
    /// Confirms the logout (OUT-6).
    Confirm,
    /// Stays logged in (IDL-6).
    Stay,
    /// Joins two calls.
    Join,
    /// Sends calls on, or not any more.
    Forward(ForwardKind),
    /// Lets nobody be disturbed, or everybody again.
    Disturb,
    /// Takes what rings in the group.
    PickUp,
    /// Takes what rings at a number of the group.
    PickUpAt,
    /// Lets the other party wait for whoever fetches it.
    Park,
    /// Comes into the talk at another phone of the line.
    Barge,
    /// Keeps calls on shared lines private, or not any more.
    Private,
    /// Lets the other parties of two calls talk with each other, too.
    Confer,
    /// Lets hunt calls pass by, or ring again (HG-2).
    HuntLog,
    /// Logs somebody out who is at another phone (OUT-5).
    LogOther,
}

/// In the order of the template: what a phone says for a key is its place there, from 1.
const KEYS: [Key; 26] = [
    Key::Redial,
    Key::NewCall,
    Key::Hold,
    Key::Transfer,
    Key::Backspace,
    Key::EndCall,
    Key::Resume,
    Key::Answer,
    Key::Dial,
    Key::Login,
    Key::Logout,
    Key::Confirm,
    Key::Stay,
    Key::Join,
    Key::Forward(ForwardKind::All),
    Key::Forward(ForwardKind::Busy),
    Key::Forward(ForwardKind::NoAnswer),
    Key::Disturb,
    Key::PickUp,
    Key::PickUpAt,
    Key::Park,
    Key::Barge,
    Key::Private,
    Key::Confer,
    Key::HuntLog,
    Key::LogOther,
];

/// An empty place.
const NOTHING: Option<Key> = None;

impl Key {
    /// The key that a phone means.
    pub fn of(event: u32) -> Option<Key> {
        let place = usize::try_from(event).ok()?.checked_sub(1)?;
        KEYS.get(place).copied()
    }

    /// Its place in the template, from 1.
    fn position(self) -> u8 {
        let place = KEYS.iter().position(|key| *key == self);
        let place = place.and_then(|place| u8::try_from(place + 1).ok());
        place.expect("every key is in the list")
    }

    fn label(self) -> Text {
        match self {
            Key::Redial => Label::REDIAL.into(),
            Key::NewCall => Label::NEW_CALL.into(),
            Key::Hold => Label::HOLD.into(),
            Key::Transfer => Label::TRANSFER.into(),
            Key::Backspace => Label::BACKSPACE.into(),
            Key::EndCall => Label::END_CALL.into(),
            Key::Resume => Label::RESUME.into(),
            Key::Answer => Label::ANSWER.into(),
            Key::Dial => "Dial".into(),
            Key::Login => "Login".into(),
            Key::Logout => "Logout".into(),
            Key::Confirm => "Confirm".into(),
            Key::Stay => "Stay".into(),
            Key::Join => Label::DIR_TRFR.into(),
            Key::Forward(ForwardKind::All) => Label::CFWD_ALL.into(),
            Key::Forward(ForwardKind::Busy) => Label::CFWD_BUSY.into(),
            Key::Forward(ForwardKind::NoAnswer) => Label::CFWD_NO_ANSWER.into(),
            Key::Disturb => Label::DND.into(),
            Key::PickUp => Label::PICK_UP.into(),
            Key::PickUpAt => Label::GPICK_UP.into(),
            Key::Park => Label::PARK.into(),
            Key::Barge => Label::BARGE.into(),
            Key::Private => Label::PRIVATE.into(),
            Key::Confer => Label::CONFRN.into(),
            Key::HuntLog => Label::HLOG.into(),
            Key::LogOther => "LogOther".into(),
        }
    }
}

/// What is shown of the idle phone's softkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idle {
    /// Nobody is logged in.
    Nobody,
    /// Somebody is.
    Somebody,
    /// Somebody wants to leave, and is asked whether that is so (OUT-6).
    Leaving,
    /// Somebody will be logged out soon (IDL-6).
    Warned,
}

/// The keys of a set, in their places.
fn keys_of(set: KeySet) -> &'static [Option<Key>] {
    use Key::{
        Answer, Backspace, Barge, Confer, Confirm, Dial, Disturb, EndCall, Forward, Hold, HuntLog,
        Join, LogOther, Login, Logout, NewCall, Park, PickUp, PickUpAt, Private, Redial, Resume,
        Stay, Transfer,
    };
    match set {
        KeySet::OnHook => &[
            Some(Stay),
            Some(Redial),
            Some(NewCall),
            Some(Login),
            Some(Logout),
            Some(Confirm),
            Some(Forward(ForwardKind::All)),
            Some(Disturb),
            Some(PickUp),
            Some(PickUpAt),
            Some(Forward(ForwardKind::Busy)),
            Some(Forward(ForwardKind::NoAnswer)),
            Some(Private),
            Some(HuntLog),
            Some(LogOther),
        ],
        KeySet::Connected | KeySet::ConnectedTransferable => &[
            Some(Hold),
            Some(EndCall),
            Some(Transfer),
            Some(Park),
            Some(Join),
            Some(Private),
            Some(Confer),
            Some(Stay),
            Some(Logout),
        ],
        KeySet::OnHold | KeySet::HoldConference => &[
            Some(Resume),
            Some(NewCall),
            Some(EndCall),
            Some(Transfer),
            Some(Join),
            Some(Stay),
            Some(Logout),
        ],
        KeySet::RingIn => &[Some(Answer), Some(EndCall)],
        KeySet::OffHook | KeySet::OffHookFeature => &[
            Some(Redial),
            Some(EndCall),
            Some(Forward(ForwardKind::All)),
            Some(PickUp),
            Some(PickUpAt),
        ],
        KeySet::DigitsFollowing => &[Some(Backspace), Some(EndCall), Some(Dial), Some(Confirm)],
        KeySet::ConnectedConference => &[Some(Hold), Some(EndCall)],
        KeySet::RingOut => &[NOTHING, Some(EndCall), Some(Transfer), Some(Join)],
        KeySet::InUseHint | KeySet::OnHookStealable => &[Some(Redial), Some(NewCall), Some(Barge)],
        KeySet::Other(_) => &[],
    }
}

/// All softkeys.
pub(super) fn template() -> SoftKeyTemplateRes {
    let keys = KEYS.iter().map(|key| SoftKey {
        label: key.label(),
        event: u32::from(key.position()),
    });
    SoftKeyTemplateRes::of(keys.collect())
}

/// All sets.
pub(super) fn sets() -> SoftKeySetRes {
    let template = template();
    let sets = KeySet::ALL.iter().map(|set| {
        let positions = keys_of(*set).iter();
        let positions = positions.map(|key| key.map_or(0, Key::position));
        SoftKeySet::of(&template, &positions.collect::<Vec<u8>>())
    });
    SoftKeySetRes::of(sets.collect())
}

/// The keys of a call. Keys that would do nothing, or say no, are not shown.
pub(super) fn of_call(
    set: KeySet,
    line: u32,
    call: u32,
    may: DeskMay,
    useless: &[Key],
) -> SelectSoftKeys {
    SelectSoftKeys {
        line,
        call,
        set,
        mask: mask(set, |key| is_offered(key, may) && !useless.contains(&key)),
    }
}

/// Shows some of a set's keys, and every empty place.
fn mask(set: KeySet, is_shown: impl Fn(Key) -> bool) -> u32 {
    let keys = keys_of(set).iter().enumerate();
    let hidden = keys.filter(|(_, key)| key.is_some_and(|key| !is_shown(key)));
    hidden.fold(u32::MAX, |mask, (place, _)| mask & !(1 << place))
}

/// The keys of a phone on which nothing goes on.
pub(super) fn idle(idle: Idle, can_redial: bool, may: DeskMay) -> SelectSoftKeys {
    let is_shown = |key: Key| match key {
        // Whoever is asked sees yes and no at once.
        Key::Redial => can_redial && idle != Idle::Leaving,
        Key::Login => idle == Idle::Nobody,
        // Pressed again, it is a yes, too.
        Key::Logout => idle != Idle::Nobody,
        Key::Confirm => idle == Idle::Leaving,
        Key::Stay => matches!(idle, Idle::Warned | Idle::Leaving),
        key => is_offered(key, may),
    };
    SelectSoftKeys {
        line: 0,
        call: 0,
        set: KeySet::OnHook,
        mask: mask(KeySet::OnHook, is_shown),
    }
}

/// Whether whoever is at the phone may do what a key does.
fn is_offered(key: Key, may: DeskMay) -> bool {
    match key {
        Key::Forward(_) => may.forward,
        Key::Disturb => may.be_quiet,
        Key::PickUp | Key::PickUpAt => may.pick_up,
        Key::Park => may.park,
        Key::Barge => may.barge,
        Key::Private => may.be_private,
        Key::HuntLog => may.leave_hunting,
        Key::LogOther => may.log_others_out,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_phone_says_is_what_it_was_told() {
        for key in template().keys {
            let meant = Key::of(key.event).expect("a key");
            assert_eq!(meant.label(), key.label);
        }
        assert_eq!(Key::of(0), None);
        assert_eq!(Key::of(27), None);
        assert_eq!(Key::of(u32::MAX), None);
    }

    /// rules: OUT-6, IDL-6
    #[test]
    fn the_idle_phone_shows_what_can_be_done() {
        let shown = |state, can_redial| {
            let mask = idle(state, can_redial, DeskMay::default()).mask;
            let keys = keys_of(KeySet::OnHook).iter().enumerate();
            let keys = keys.filter(|(place, _)| mask & (1 << place) != 0);
            keys.filter_map(|(_, key)| *key).collect::<Vec<Key>>()
        };
        let table = [
            (Idle::Nobody, vec![Key::NewCall, Key::Login]),
            (Idle::Somebody, vec![Key::NewCall, Key::Logout]),
            (
                Idle::Leaving,
                vec![Key::Stay, Key::NewCall, Key::Logout, Key::Confirm],
            ),
            (Idle::Warned, vec![Key::Stay, Key::NewCall, Key::Logout]),
        ];
        for (state, expected) in table {
            assert_eq!(shown(state, false), expected, "{state:?}");
        }
        assert_eq!(shown(Idle::Nobody, true)[0], Key::Redial);
    }

    #[test]
    fn no_key_is_shown_that_says_no() {
        let forward = DeskMay {
            forward: true,
            ..DeskMay::default()
        };
        let quiet = DeskMay {
            be_quiet: true,
            ..DeskMay::default()
        };
        let hunting = DeskMay {
            leave_hunting: true,
            ..DeskMay::default()
        };
        let all = Key::Forward(ForwardKind::All);
        let shown = |mask: u32, set, key| {
            let mut keys = keys_of(set).iter();
            let place = keys.position(|it| *it == Some(key)).expect("it is there");
            mask & (1 << place) != 0
        };
        for (may, set, key, expected) in [
            (DeskMay::default(), KeySet::OnHook, all, false),
            (forward, KeySet::OnHook, all, true),
            (forward, KeySet::OnHook, Key::Disturb, false),
            (quiet, KeySet::OnHook, Key::Disturb, true),
            (quiet, KeySet::OnHook, Key::HuntLog, false),
            (hunting, KeySet::OnHook, Key::HuntLog, true),
            (quiet, KeySet::OffHook, all, false),
            (forward, KeySet::OffHook, all, true),
        ] {
            let mask = match set {
                KeySet::OnHook => idle(Idle::Somebody, false, may).mask,
                set => of_call(set, 1, 1, may, &[]).mask,
            };
            assert_eq!(shown(mask, set, key), expected, "{may:?} {set:?} {key:?}");
        }
    }

    #[test]
    fn every_set_fits() {
        let sets = sets().sets;
        assert_eq!(sets.len(), KeySet::ALL.len());
        assert_eq!(sets[8].slots[0].position, 0);
        assert_eq!(sets[8].slots[1].position, Key::EndCall.position());
    }
}
