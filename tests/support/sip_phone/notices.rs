//! What servers tell phones that nobody subscribed to: to read their files again, or to start anew.

use perch::pbx::Vendor;
use perch::sip::wire::{Message, Name};

use super::{Key, SipPhone};

impl SipPhone {
    /// A NOTIFY outside of any dialog: the phone does what its maker agreed with servers.
    pub fn hear_notice(&mut self, key: &Key, notify: &Message) {
        if self.hear_of_messages(key, notify) {
            return;
        }
        let Some(make) = self.account.make.filter(|_| !self.account.is_deaf) else {
            self.sees("does not know what it is told");
            return self.reply(key, 489, None);
        };
        let text = |name| notify.text(name).unwrap_or_default().into_owned();
        let (event, state) = (text(Name::Event), text(Name::SubscriptionState));
        if notify.contacts().count() != 1 {
            self.fault("a NOTIFY without exactly one Contact");
        }
        let body = String::from_utf8_lossy(&notify.body()).into_owned();
        let known = match make {
            Vendor::Cisco => event == "service-control" && state == "active",
            _ => event.starts_with("check-sync") && state == "terminated;reason=noresource",
        };
        if !known || (make == Vendor::Cisco) == body.is_empty() {
            self.fault(format!("a notice for others: {event}, {state}, {body}"));
            return self.reply(key, 489, None);
        }
        self.reply(key, 200, None);
        if make != Vendor::Cisco {
            return self.sees(format!("is told: {event}"));
        }
        let said = |name: &str| {
            let line = body
                .split("\r\n")
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().to_owned()
        };
        let own = format!("{{{}}}", self.registration.call_id);
        let stamp = said("ConfigVersionStamp");
        let is_uuid = stamp.len() == 38 && stamp.starts_with('{') && stamp.ends_with('}');
        if !is_uuid || said("RegisterCallId") != own || !body.ends_with("\r\n") {
            self.fault(format!("orders that are not for this registration: {body}"));
        }
        self.sees(format!("is told: {}", said("action")));
    }
}
