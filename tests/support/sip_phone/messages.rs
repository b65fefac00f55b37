//! Message waiting (RFC 3842): what a voicemail system says, and the lamp of a phone that is told.

use perch::sip::wire::{Message, Name};
use rsip::Method;

use super::super::phone::lamp_words;
use super::transactions::{Purpose, Request};
use super::{Key, SipPhone, strict};

const SUMMARY: &str = "application/simple-message-summary";

impl SipPhone {
    /// As a voicemail system: says how many messages wait in a mailbox, unasked.
    pub fn report_messages(&mut self, mailbox: &str, (new, old): (u32, u32)) {
        let (own, server) = (self.own_address(), self.account.server);
        let tag = self.mint("m");
        let waits = if new > 0 { "yes" } else { "no" };
        let body = format!(
            "Messages-Waiting: {waits}\r\nMessage-Account: sip:{mailbox}@{server}\r\n\
             Voice-Message: {new}/{old} (0/0)\r\n"
        );
        let request = Request {
            method: Method::Notify,
            uri: format!("sip:perch@{server}"),
            from: format!("{own};tag={tag}"),
            to: format!("<sip:{mailbox}@{server}>"),
            call_id: self.mint("messages"),
            cseq: 1,
            headers: vec![
                (Name::Event, "message-summary".to_owned()),
                (
                    Name::SubscriptionState,
                    "terminated;reason=noresource".to_owned(),
                ),
            ],
            body: Some((SUMMARY, body.into())),
        };
        self.send(request, Purpose::Report);
    }

    pub fn report_answered(&mut self, status: u16, response: &Message) {
        if status >= 300 {
            let text = strict::reason_text(response);
            self.sees(format!("is not believed about messages: {status} {text}"));
        }
    }

    /// Whether messages wait for whoever is here. False if it is told of something else.
    pub fn hear_of_messages(&mut self, key: &Key, notify: &Message) -> bool {
        let text = |name| notify.text(name).unwrap_or_default().into_owned();
        if text(Name::Event) != "message-summary" {
            return false;
        }
        if self.account.is_deaf {
            self.sees("does not know what it is told");
            self.reply(key, 489, None);
            return true;
        }
        let (kind, state) = (text(Name::ContentType), text(Name::SubscriptionState));
        let is_unasked = state == "terminated;reason=noresource";
        if kind != SUMMARY || !is_unasked || notify.contacts().count() != 1 {
            self.fault(format!("no message summary: {kind}, {state}"));
        }
        let body = String::from_utf8_lossy(&notify.body()).into_owned();
        let said = |name: &str| {
            let mut lines = body.split("\r\n");
            let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_default().to_owned()
        };
        let (waits, voice) = (said("Messages-Waiting"), said("Voice-Message"));
        let is_on = waits == "yes";
        let is_none = voice.starts_with("0/");
        if !matches!(&*waits, "yes" | "no") || is_on == is_none || !body.ends_with("\r\n") {
            self.fault(format!("a summary that says nothing: {body}"));
        }
        self.reply(key, 200, None);
        if std::mem::replace(&mut self.message_lamp, is_on) != is_on {
            self.sees(lamp_words(is_on));
        }
        true
    }
}
