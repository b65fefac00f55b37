//! A line that other phones have, too, as shared call appearance shows it: its calls have indexes, the same ones everywhere.

use std::collections::BTreeSet;

use perch::sip::wire::{Address, Message, Name};
use rsip::Method;

use super::{CallNo, Direction, SipPhone, Stage};

/// What a Call-Info value says of a call.
struct Shown {
    /// None stands for all that are not named.
    index: Option<u8>,
    state: String,
    other: String,
}

fn shown(value: &[u8]) -> Option<Shown> {
    let address = Address::parse(value).ok()?;
    let index = address.param("appearance-index")?.into_owned();
    let other = address.param("appearance-uri").map(|uri| {
        let party = Address::parse(uri.as_bytes()).expect("an address");
        let name = party.display().unwrap_or_default();
        format!(" ({} {name})", party.uri.user.unwrap_or_default())
    });
    let state = address.param("appearance-state");
    Some(Shown {
        index: (index != "*").then(|| index.parse().expect("a number")),
        state: state.unwrap_or_default().into_owned(),
        other: other.unwrap_or_default(),
    })
}

impl SipPhone {
    /// How the calls of its line stand, in words.
    pub fn hear_of_calls(&mut self, notify: &Message) -> Option<String> {
        let all: Option<Vec<Shown>> = notify.values(Name::CallInfo).map(shown).collect();
        let mut all = all?;
        let rest = all.pop()?;
        if rest.index.is_some() || rest.state != "idle" {
            self.fault("it is not said how the other calls of the line stand");
        }
        let in_use: BTreeSet<u8> = all.iter().filter_map(|call| call.index).collect();
        if in_use.len() != all.len() {
            self.fault("two calls of the line with one index");
        }
        self.in_use = Some(in_use);
        let words = all.iter().map(|call| {
            let index = call.index.unwrap_or_default();
            format!("{index} {}{}", call.state, call.other)
        });
        let words: Vec<String> = words.collect();
        Some(match words.is_empty() {
            true => "all free".to_owned(),
            false => words.join(", "),
        })
    }

    /// The header that names a call of the line.
    pub fn call_info(&self, index: u8) -> (Name, String) {
        let server = self.account.server;
        let value = format!("<sip:{server}>;appearance-index={index}");
        (Name::CallInfo, value)
    }

    /// The call of the line that nobody has, as far as the phone was told.
    pub fn least_free(&self) -> Option<u8> {
        let in_use = self.in_use.as_ref()?;
        (1..=u8::MAX).find(|index| !in_use.contains(index))
    }

    /// The one that it may dial on.
    pub fn index_taken(&self) -> Option<u8> {
        self.taken.as_ref()?.index
    }

    /// The one that it is told it may dial on, in words.
    pub fn hear_index_taken(&mut self, notify: &Message) -> String {
        let named = notify.values(Name::CallInfo).find_map(shown);
        let index = named.and_then(|call| call.index);
        let Some(asked) = self.in_use.is_some().then_some(index).flatten() else {
            return String::new();
        };
        if let Some(taken) = &mut self.taken {
            taken.index = index;
        }
        format!("call {asked}, ")
    }

    /// Under which index the line shows a call that comes in, in words.
    pub fn hear_index(&mut self, no: CallNo, invite: &Message) -> String {
        let index = invite.values(Name::CallInfo).find_map(shown);
        let index = index.and_then(|call| call.index);
        if let Some(call) = self.calls.get_mut(&no) {
            call.index = index;
        }
        match index {
            Some(index) => format!(" as call {index}"),
            None => String::new(),
        }
    }

    /// Holds the latest call so that nobody takes it at another phone.
    pub fn hold_alone(&mut self) -> Result<(), String> {
        let talks = |call: &super::Call| {
            call.stage == Stage::Talking && call.wants == Direction::Both && call.index.is_some()
        };
        let no = self.call_that(talks, "of a line with indexes to hold")?;
        if let Some(call) = self.calls.get_mut(&no) {
            call.holds_alone = true;
        }
        self.reinvite(no, Direction::SendOnly, Method::Invite);
        Ok(())
    }
}
