//! Calls at other phones with the same line, as this one shows them.

use perch::sccp::wire::{CallInfo, CallState as State, CallStateInfo, CallType};

use super::SccpPhone;
use super::desk::{Place, in_words};

/// A call at another phone.
#[derive(Debug)]
pub struct Elsewhere {
    pub place: Place,
    state: State,
    /// Who is at its other end, as far as this phone is told.
    who: String,
    /// What somebody has seen of it last.
    seen: String,
}

impl SccpPhone {
    /// Whether what is told of a call is about one at another phone.
    pub fn is_elsewhere(&self, told: &CallStateInfo) -> bool {
        let is_new = !self.calls.contains_key(&told.call);
        let begins = matches!(
            told.state,
            State::CallRemoteMultiline | State::RemoteHold | State::Hold
        );
        self.elsewhere.contains_key(&told.call) || is_new && begins
    }

    pub fn hear_elsewhere(&mut self, told: &CallStateInfo) {
        self.look_again();
        if told.state == State::OnHook {
            if let Some(gone) = self.elsewhere.remove(&told.call) {
                self.desk.forget(gone.place);
                self.freed.push(gone.place.0);
            }
            return;
        }
        let new = || Elsewhere {
            place: (told.line, told.call),
            state: told.state,
            who: String::from("nobody is told whom"),
            seen: String::new(),
        };
        let call = self.elsewhere.entry(told.call).or_insert_with(new);
        call.state = told.state;
        // Who it is with is told anew, or is not any more.
        call.who = String::from("private");
    }

    /// Who is in a call at another phone. False if there is no such call.
    pub fn hear_info_elsewhere(&mut self, info: &CallInfo) -> bool {
        let Some(call) = self.elsewhere.get_mut(&info.call) else {
            return false;
        };
        let other = match info.kind {
            CallType::Outbound => &info.called,
            _ => &info.calling,
        };
        call.who = format!("{} {}", other.number, in_words(&other.name));
        true
    }

    /// What somebody sees of them, if it is news.
    pub fn look_elsewhere(&mut self) {
        let mut sights = Vec::new();
        let mut freed = std::mem::take(&mut self.freed);
        freed.retain(|line| !self.elsewhere.values().any(|call| call.place.0 == *line));
        freed.dedup();
        for line in freed {
            let lamp = self.lamp_of(line);
            sights.push(format!("line {line} is free elsewhere, its lamp is {lamp}"));
        }
        let mut seen = Vec::new();
        for (reference, call) in &self.elsewhere {
            let what = match call.state {
                State::CallRemoteMultiline => "in use",
                _ => "held",
            };
            let (line, who) = (call.place.0, &call.who);
            let lamp = self.lamp_of(line);
            let keys = self.desk.keys_at(call.place);
            let keys: Vec<&str> = keys.iter().map(|(label, _)| label.as_str()).collect();
            let keys = keys.join("/");
            let sight =
                format!("line {line} is {what} elsewhere ({who}), its lamp is {lamp}, keys {keys}");
            if sight != call.seen {
                sights.push(sight.clone());
                seen.push((*reference, sight));
            }
        }
        for (reference, sight) in seen {
            self.elsewhere
                .entry(reference)
                .and_modify(|c| c.seen = sight);
        }
        for sight in sights {
            self.sees(sight);
        }
    }

    fn lamp_of(&self, line: u32) -> String {
        let lamp = self.desk.lamps.get(&(String::from("Line"), line));
        lamp.map_or_else(|| String::from("Off"), |lamp| format!("{lamp:?}"))
    }

    /// Where a softkey stands for a call at another phone.
    pub fn key_elsewhere(&self, label: &str) -> Option<Place> {
        let mut calls = self.elsewhere.values();
        let shows = |place| {
            self.desk
                .keys_at(place)
                .iter()
                .any(|(shown, _)| shown == label)
        };
        calls.find(|call| shows(call.place)).map(|call| call.place)
    }
}
