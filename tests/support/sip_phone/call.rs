//! A call as the phone has it: a dialog (RFC 3261 §12) and the media in it.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use perch::sip::wire::{Message, Name};
use rsip::Method;

use super::Account;
use super::media::{self, Direction};
use super::strict::tag_of;
use super::transactions::{Key, Request};
use crate::support::phone::{CallSight, CallState, Sends, Stream};

#[derive(Debug)]
pub struct Dialog {
    pub call_id: String,
    /// The phone's own address, with its tag.
    pub local: String,
    pub local_tag: String,
    /// The other side's address; with its tag once it has one.
    pub remote: String,
    pub remote_tag: Option<String>,
    /// Where requests go.
    pub target: String,
    pub local_cseq: u32,
    pub remote_cseq: Option<u32>,
}

impl Dialog {
    /// A request within the dialog.
    pub fn request(&mut self, method: Method) -> Request {
        if method != Method::Ack {
            self.local_cseq += 1;
        }
        Request {
            method,
            uri: self.target.clone(),
            from: self.local.clone(),
            to: self.remote.clone(),
            call_id: self.call_id.clone(),
            cseq: self.local_cseq,
            headers: Vec::new(),
            body: None,
        }
    }

    /// The other side answered: the dialog is complete.
    pub fn complete(&mut self, response: &Message) {
        self.remote_tag = tag_of(response, Name::To);
        if let Some(to) = response.text(Name::To) {
            self.remote = to.into_owned();
        }
        self.set_target(response);
    }

    pub fn set_target(&mut self, message: &Message) {
        if let Some(contact) = message.text(Name::Contact) {
            let inside = contact.split_once('<').map_or(&*contact, |(_, rest)| rest);
            let end = inside.find('>').unwrap_or(inside.len());
            self.target = inside[..end].to_owned();
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The phone dialled; the INVITE has this key.
    Calling(Key),
    /// The phone rings; the INVITE had this key.
    Ringing(Key),
    Talking,
    /// A BYE is under way.
    Ending,
}

/// A 2xx to an INVITE that was not acknowledged yet.
#[derive(Debug)]
pub struct Unacknowledged {
    pub cseq: u32,
    pub response: Bytes,
    pub interval: Duration,
    pub give_up: Duration,
    /// Whether the ACK owes an answer to an offer.
    pub offered: bool,
}

#[derive(Debug)]
pub struct Call {
    pub dialog: Dialog,
    pub stage: Stage,
    pub since: Duration,
    /// Both, or send-only while this side holds the other.
    pub wants: Direction,
    /// The change of media that this side asked for.
    pub asked: Option<Direction>,
    /// The one that it will ask for again, after both sides asked at once.
    pub asks_again: Option<Direction>,
    /// Whether somebody at the phone has heard that it rings there.
    pub heard_ringing: bool,
    pub held_by_peer: bool,
    /// Whom somebody at this phone hears in this call.
    pub hears: String,
    /// What the other side said last that it wants to hear.
    pub wanted: Option<Sends>,
    pub unacknowledged: Option<Unacknowledged>,
    /// Whether the INVITE carried no offer, so that the 2xx does.
    pub without_offer: bool,
    /// Whether the other side never said what media it has.
    pub is_mute: bool,
    /// Whether it is one in which the server asks for user and PIN.
    pub is_dialling: bool,
    /// Whether the phone is hanging up, as soon as it may.
    pub hangs_up: bool,
    /// Whether the server may have forgotten it.
    pub excused: bool,
    /// Under which index all phones of its line show it.
    pub index: Option<u8>,
    /// Whether nobody else is to take it while it is held here.
    pub holds_alone: bool,
    /// Provisional answers that this phone has acknowledged.
    pub acknowledged: BTreeSet<(Option<String>, String)>,
    descriptions: u32,
}

impl Call {
    pub fn new(uptime: Duration, dialog: Dialog, stage: Stage) -> Call {
        Call {
            dialog,
            stage,
            since: uptime,
            wants: Direction::Both,
            asked: None,
            asks_again: None,
            heard_ringing: false,
            held_by_peer: false,
            hears: String::new(),
            wanted: None,
            unacknowledged: None,
            without_offer: false,
            is_mute: false,
            is_dialling: false,
            hangs_up: false,
            excused: false,
            index: None,
            holds_alone: false,
            acknowledged: BTreeSet::new(),
            descriptions: 0,
        }
    }

    /// One more description of this side's media.
    pub fn describe(&mut self, account: &Account, direction: Direction) -> Bytes {
        self.descriptions += 1;
        media::describe(
            &account.label,
            account.address,
            self.descriptions,
            direction,
        )
    }

    /// The other side describes its media.
    pub fn learn(&mut self, sdp: &[u8]) {
        if !sdp.is_empty() {
            self.wanted = media::wanted(sdp);
        }
    }

    /// Its media, as soon as there is any. This side plays nothing to somebody whom it holds.
    pub fn stream(&self, number: u64) -> Option<Stream> {
        let talks = self.stage == Stage::Talking && self.wants.receives();
        let is_described = self.descriptions > 0;
        is_described.then(|| Stream {
            id: number,
            listens: u16::try_from(media::port(self.descriptions)).ok(),
            sends: self.wanted.filter(|_| talks),
        })
    }

    /// Whether this side has asked for other media, or will again.
    pub fn is_changing(&self) -> bool {
        self.asked.is_some() || self.asks_again.is_some()
    }

    pub fn enter(&mut self, uptime: Duration, stage: Stage) {
        self.stage = stage;
        self.since = uptime;
    }

    pub fn sight(&self, number: u64) -> CallSight {
        let state = match self.stage {
            Stage::Calling(_) => CallState::Calling,
            Stage::Ringing(_) => CallState::Ringing,
            Stage::Talking if self.wants == Direction::SendOnly => CallState::Holding,
            Stage::Talking => CallState::Talking,
            Stage::Ending => CallState::Ending,
        };
        CallSight {
            state,
            since: self.since,
            number,
            is_dialling: self.is_dialling,
            excused: self.excused,
        }
    }
}
