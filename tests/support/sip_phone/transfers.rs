//! Transfer as the phone does it: REFER and what it is told by NOTIFY (RFC 3515), Replaces (RFC 3891), 302.

use perch::sip::wire::{Message, Name};
use rsip::Method;

use super::strict;
use super::transactions::{Purpose, Request};
use super::{CallNo, Key, SipPhone, Stage};

impl SipPhone {
    /// Hands the latest call on to a number, within the call or by a request that names it (RFC 4538).
    pub fn transfer(&mut self, number: &str, listens: bool, outside: bool) -> Result<(), String> {
        let no = self.call_that(|call| call.stage == Stage::Talking, "to transfer")?;
        let server = self.account.server;
        let to = format!("<sip:{}@{server}>", number.replace('#', "%23"));
        self.refer(no, to, listens, outside);
        Ok(())
    }

    /// Hands the far end of its first call on to that of its last.
    pub fn join_calls(&mut self) -> Result<(), String> {
        let is_other = |call: &super::Call| {
            matches!(call.stage, Stage::Talking | Stage::Calling(_)) && !call.hangs_up
        };
        let with = self.call_that(is_other, "to join")?;
        let mut others = self.calls.iter();
        let first = others.find(|(no, call)| **no != with && call.stage == Stage::Talking);
        let no = *first.ok_or("there is only one call")?.0;
        let dialog = &self.calls[&with].dialog;
        let (theirs, ours) = (
            dialog.remote_tag.as_deref().unwrap_or("0"),
            &dialog.local_tag,
        );
        // RFC 3891 §3: the tags are those of whoever is to replace the call.
        let replaces = format!(
            "{}%3Bto-tag%3D{theirs}%3Bfrom-tag%3D{ours}",
            dialog.call_id.replace('@', "%40")
        );
        let to = format!("<sip:perch@{}?Replaces={replaces}>", self.account.server);
        self.refer(no, to, true, false);
        Ok(())
    }

    fn refer(&mut self, no: CallNo, to: String, listens: bool, outside: bool) {
        let own = self.own_address();
        let (call_id, tag) = (self.mint("refer"), self.mint("f"));
        let uri = format!("sip:{}", self.account.server);
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        let mut request = if outside {
            let dialog = &call.dialog;
            let remote = dialog.remote_tag.clone().unwrap_or_default();
            let named = format!(
                "{};local-tag={};remote-tag={remote}",
                dialog.call_id, dialog.local_tag
            );
            Request {
                method: Method::Refer,
                to: format!("<{uri}>"),
                uri,
                from: format!("{own};tag={tag}"),
                call_id,
                cseq: 1,
                headers: vec![(Name::TargetDialog, named)],
                body: None,
            }
        } else {
            call.dialog.request(Method::Refer)
        };
        request.headers.push((Name::ReferTo, to));
        if !listens {
            request.headers.push((Name::ReferSub, "false".into()));
        }
        self.send(request, Purpose::Refer(no));
    }

    /// The server takes the transfer, or does not.
    pub fn transfer_answered(&mut self, status: u16, response: &Message) {
        match status {
            202 => {
                let call_id = response.call_id().to_owned();
                // The outcome may have been quicker.
                if !self.told_early.remove(&call_id) {
                    self.transfers.insert(call_id);
                }
            }
            200..300 => self.sees("has handed its call on"),
            300.. => {
                let text = strict::reason_text(response);
                self.sees(format!("hears {status} {text}"));
            }
            _ => {}
        }
    }

    /// What becomes of a transfer.
    pub fn hear_notify(&mut self, key: &Key, notify: &Message) {
        if self.hear_of_line(key, notify) || self.hear_of_watch(key, notify) {
            return;
        }
        let state = notify.text(Name::SubscriptionState).unwrap_or_default();
        let is_last = state.starts_with("terminated");
        let is_ours = notify
            .text(Name::Event)
            .is_some_and(|event| event.starts_with("refer"));
        let body = String::from_utf8_lossy(&notify.body()).into_owned();
        let status = body.strip_prefix("SIP/2.0 ").map(str::trim);
        let (true, Some(status)) = (is_ours, status) else {
            self.fault(format!("a NOTIFY that says nothing of a transfer: {body}"));
            return self.reply(key, 489, None);
        };
        self.reply(key, 200, None);
        if is_last && !self.transfers.remove(notify.call_id()) {
            self.told_early.insert(notify.call_id().to_owned());
        }
        if !status.starts_with("100") {
            self.sees(format!("is told of its transfer: {status}"));
        }
    }

    /// Sends the call that rings on to other numbers (RFC 3261 §21.3.3).
    pub fn send_on(&mut self, no: CallNo, numbers: &[String]) {
        let Some(call) = self.remember_ended(no) else {
            return;
        };
        let Stage::Ringing(key) = call.stage else {
            return;
        };
        let server = self.account.server;
        let contacts: Vec<String> = numbers
            .iter()
            .enumerate()
            .map(|(place, number)| format!("<sip:{number}@{server}>;q=0.{}", 9 - place.min(8)))
            .collect();
        self.redirect(&key, &contacts.join(", "));
    }
}
