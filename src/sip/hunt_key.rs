//! Cisco's key for hunt groups: a phone says by a REFER that it was pressed, and is told by another one how it stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agent::Agent;
use super::bindings::Binding;
use super::flow::Flow;
use super::multipart::parts_of;
use super::remotecc::within;
use super::transaction::ServerId;
use super::wire::{Message, Name};
use crate::pbx::{Desk, Door, Event, HuntDuty, Orders, PhoneName, ReadyAt, Refusal, Ticket};
use crate::time::Now;

/// In which form it is said.
const TYPE: &str = "application/x-cisco-remotecc-request+xml";

/// What the key is called.
const KEY: &str = "HLog";

/// Keys that were pressed, and what phones show.
#[derive(Debug, Default)]
pub(super) struct HuntKeys {
    /// Whose key waits for what becomes of it.
    pressed: BTreeMap<Ticket, PhoneName>,
    /// What phones were told, and in which of their registrations.
    told: BTreeMap<PhoneName, BTreeMap<Arc<str>, bool>>,
}

/// Whether a phone says that the key was pressed.
fn is_pressed(kind: &[u8], body: &[u8]) -> bool {
    let parts = parts_of(kind, body, TYPE);
    let mut texts = parts
        .into_iter()
        .filter_map(|part| std::str::from_utf8(part).ok());
    texts.any(|text| text.contains("<softkeyeventmsg") && within(text, "softkeyevent") == Some(KEY))
}

/// What a phone is told: whether hunt calls ring there.
fn update(ready: bool) -> String {
    let status = if ready { "on" } else { "off" };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<x-cisco-remotecc-request><hlogupdate>\
         <status>{status}</status></hlogupdate></x-cisco-remotecc-request>\r\n"
    )
}

impl Agent {
    /// A phone says by a REFER that its key was pressed. Whether that is what it is.
    pub(super) fn hunt_key_pressed(
        &mut self,
        now: Now,
        flow: Flow,
        refer: &Message,
        server: ServerId,
        phone: &PhoneName,
    ) -> bool {
        let kind = refer.header(Name::ContentType).unwrap_or_default();
        if !is_pressed(kind, &refer.body()) {
            return false;
        }
        self.respond(now, server, refer, flow, 202, None);
        let ticket = self.mint_ticket();
        self.hunt_keys.pressed.insert(ticket, phone.clone());
        self.events.push(Event::ReadyAsked {
            ticket,
            door: Door::Softkey,
            at: ReadyAt::Phone(phone.clone()),
            ready: None,
        });
        true
    }

    /// What became of a key. False if nobody here has pressed it.
    pub fn key_answered(
        &mut self,
        now: Now,
        ticket: Ticket,
        outcome: &Result<String, Refusal>,
    ) -> bool {
        let Some(phone) = self.hunt_keys.pressed.remove(&ticket) else {
            return false;
        };
        if let Err(why) = outcome {
            tracing::info!(%phone, why = %why.text(), "hunt group key refused");
            self.tell(now, &phone, &why.text());
        }
        true
    }

    /// A phone shows whether hunt calls ring there, if it has a key for that.
    pub(super) fn show_hunting(&mut self, now: Now, phone: &PhoneName, desk: &Desk) {
        let has_key = desk.may.leave_hunting;
        if !has_key && !self.hunt_keys.told.contains_key(phone) {
            return;
        }
        // Without a key, nothing is to be shown: as if they ring.
        let ready = !has_key || desk.set.hunting == HuntDuty::Ready;
        let bindings = self.registrar.bindings_of(phone, now);
        let bindings = bindings
            .into_iter()
            .filter(|it| self.takes_orders(phone, it));
        let bindings: Vec<Binding> = bindings.collect();
        let mut told = self.hunt_keys.told.remove(phone).unwrap_or_default();
        told.retain(|call_id, _| bindings.iter().any(|it| *it.call_id == **call_id));
        for binding in &bindings {
            if told.insert(Arc::from(&*binding.call_id), ready) != Some(ready) {
                self.refer_to(now, phone, binding, TYPE, &update(ready));
            }
        }
        if has_key && !told.is_empty() {
            self.hunt_keys.told.insert(phone.clone(), told);
        }
    }

    fn takes_orders(&self, phone: &PhoneName, binding: &Binding) -> bool {
        self.orders_of(phone, binding) == Some(Orders::ByRefer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: HG-2
    #[test]
    fn only_the_key_for_hunt_groups_is_one() {
        let said = |key: &str| {
            format!(
                "<x-cisco-remotecc-request><softkeyeventmsg><softkeyevent>{key}</softkeyevent>\
                 <dialogid><callid></callid></dialogid></softkeyeventmsg></x-cisco-remotecc-request>"
            )
        };
        let parts = format!(
            "--b\r\nContent-Type: {TYPE}\r\n\r\n{}\r\n--b--\r\n",
            said("HLog")
        );
        let table = [
            (TYPE, said("HLog"), true),
            ("multipart/mixed;boundary=b", parts, true),
            (TYPE, said("Park"), false),
            ("text/plain", said("HLog"), false),
            (TYPE, "<softkeyevent>HLog</softkeyevent>".to_owned(), false),
            (TYPE, String::new(), false),
        ];
        for (kind, body, expected) in table {
            let pressed = is_pressed(kind.as_bytes(), body.as_bytes());
            assert_eq!(pressed, expected, "{kind} {body}");
        }
        assert!(update(false).contains("<status>off</status>"));
    }
}
