//! Phones that are told to read their files again, or to start anew: by NOTIFY, in the words of whoever made them.
//!
//! Nobody subscribed to that: it is what their makers agreed with servers, outside of any dialog. Softphones know nothing
//! of it, and are told nothing.

use std::sync::Arc;
use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose, Timer};
use super::bindings::Binding;
use super::dialog::{contact, via};
use super::outbound::flow_to_binding;
use super::target::Target;
use super::transaction::ClientId;
use super::wire::{Builder, Name};
use crate::pbx::{PhoneName, Provision, Renewal, Vendor};
use crate::time::Now;

/// Who made a phone, as far as it matters how it is told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// Cisco's for its own servers.
    Cisco,
    /// Cisco's 7940 and 7960 with files of text.
    CiscoText,
    /// Cisco's for everybody's servers: SPA and the multi-platform phones.
    CiscoOpen,
    /// Yealink's.
    Yealink,
    /// Snom's.
    Snom,
    /// Poly's.
    Poly,
    /// Grandstream's.
    Grandstream,
}

/// What became of telling a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It said that it heard.
    Took,
    /// It said that it does not do such things.
    Refused,
    /// It said nothing, or that it cannot just now.
    Failed,
}

impl Told {
    /// The word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Told::Took => "took",
            Told::Refused => "refused",
            Told::Failed => "failed",
        }
    }
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Words {
    event: &'static str,
    /// What Cisco's phones want to read besides.
    action: Option<&'static str>,
}

/// The state of a subscription that there never was.
pub(super) const UNASKED: &str = "terminated;reason=noresource";

/// Whether a phone has hung up is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a version is that no file has: a phone that compares finds that it must read.
const NO_VERSION: &str = "{00000000-0000-0000-0000-000000000000}";

/// How phones call themselves, and who made them.
const NAMES: [(&str, Make); 12] = [
    ("yealink", Make::Yealink),
    ("snom", Make::Snom),
    ("polycom", Make::Poly),
    ("poly", Make::Poly),
    ("grandstream", Make::Grandstream),
    ("linksys/", Make::CiscoOpen),
    ("cisco/spa", Make::CiscoOpen),
    // What their first firmware calls itself before version 8.
    ("csco/", Make::CiscoText),
    ("cisco-cp7940", Make::CiscoText),
    ("cisco-cp7960", Make::CiscoText),
    ("cisco-cp-", Make::CiscoOpen),
    ("cisco-cp", Make::Cisco),
];

impl Make {
    /// By what the site says of a phone, or else by what the phone calls itself; none if it is to be told nothing.
    pub fn of(provision: Option<&Provision>, user_agent: Option<&str>) -> Option<Make> {
        match provision.map(|provision| provision.vendor) {
            Some(Vendor::Cisco) => Some(Make::Cisco),
            Some(Vendor::CiscoText) => Some(Make::CiscoText),
            Some(Vendor::Yealink) => Some(Make::Yealink),
            Some(Vendor::Snom) => Some(Make::Snom),
            Some(Vendor::Poly) => Some(Make::Poly),
            Some(Vendor::Grandstream) => Some(Make::Grandstream),
            Some(Vendor::Linphone) => None,
            None => {
                let name = user_agent?.to_ascii_lowercase();
                let mut known = NAMES.iter();
                known
                    .find(|(begins, _)| name.starts_with(begins))
                    .map(|(_, make)| *make)
            }
        }
    }

    /// The table: which phone is told what, for what.
    fn words(self, how: Renewal) -> Words {
        let event = |event| Words {
            event,
            action: None,
        };
        let action = |action| Words {
            event: "service-control",
            action: Some(action),
        };
        match (self, how) {
            (Make::Cisco, Renewal::Read) => action("check-version"),
            (Make::Cisco, Renewal::Restart) => action("restart"),
            (Make::Cisco, Renewal::Reset) => action("reset"),
            (Make::CiscoOpen, Renewal::Read) => event("resync"),
            (Make::CiscoOpen, Renewal::Restart) => event("restart_now"),
            (Make::CiscoOpen, Renewal::Reset) => event("reboot_now"),
            (Make::Yealink | Make::Snom, Renewal::Reset) => event("check-sync;reboot=true"),
            (Make::Yealink | Make::Snom, _) => event("check-sync;reboot=false"),
            // What they do about it is one of their settings.
            (Make::CiscoText | Make::Poly | Make::Grandstream, _) => event("check-sync"),
        }
    }
}

impl Agent {
    /// A phone is to read its file again or to start anew. A call of its own that is just ending, such as the one by which
    /// somebody logged in, is let end.
    pub(super) fn renew(&mut self, now: Now, phone: PhoneName, how: Renewal) {
        let due = self.renewals.entry(phone.clone()).or_insert(how);
        *due = how.max(*due);
        self.renew_if_quiet(now, &phone);
    }

    pub(super) fn renew_if_quiet(&mut self, now: Now, phone: &PhoneName) {
        if self.legs.values().any(|leg| leg.phone == *phone) {
            let again = now.uptime + LOOK_AGAIN;
            self.deadlines.arm(Timer::Renew(phone.clone()), again);
        } else if let Some(how) = self.renewals.remove(phone) {
            self.deadlines.disarm(&Timer::Renew(phone.clone()));
            self.tell_to_renew(now, phone, how);
        }
    }

    /// Tells a phone so at every place where it is.
    fn tell_to_renew(&mut self, now: Now, phone: &PhoneName, how: Renewal) {
        let places = self.registrar.targets_of(phone, now);
        let bindings: Vec<Binding> = places.into_iter().filter_map(first).collect();
        let is_here = |call_id: &str| bindings.iter().any(|b| *b.call_id == *call_id);
        self.deaf
            .retain(|(other, call_id)| other != phone || is_here(call_id));
        for binding in bindings {
            let config = self.site.phones.get(phone);
            let provision = config.and_then(|phone| phone.provision.as_deref());
            let Some(make) = Make::of(provision, binding.user_agent.as_deref()) else {
                continue;
            };
            let registration = (phone.clone(), Arc::from(&*binding.call_id));
            if !self.deaf.contains(&registration) {
                self.notify_of_renewal(now, registration, &binding, make.words(how));
            }
        }
    }

    fn notify_of_renewal(
        &mut self,
        now: Now,
        registration: (PhoneName, Arc<str>),
        binding: &Binding,
        words: Words,
    ) {
        let phone = &registration.0;
        tracing::info!(%phone, event = words.event, action = words.action, "SIP phone is told to renew itself");
        let state = match words.action {
            Some(_) => "active",
            None => UNASKED,
        };
        // It obeys only whoever knows the Call-ID of its registration.
        let orders = words.action.map(|action| orders(action, &registration.1));
        let body = orders.as_ref().map(|text| ("text/plain", text.as_str()));
        let client = self.notify_unasked(now, phone, binding, (words.event, state), body);
        let (phone, call_id) = registration;
        self.purposes.insert(client, Purpose::Renew(phone, call_id));
    }

    /// A NOTIFY that nobody subscribed to: its event and the state that it names, and what it says.
    pub(super) fn notify_unasked(
        &mut self,
        now: Now,
        phone: &PhoneName,
        binding: &Binding,
        (event, state): (&str, &str),
        body: Option<(&str, &str)>,
    ) -> ClientId {
        let flow = flow_to_binding(&binding.contact, binding.flow);
        let target = Target::of(&binding.contact).uri;
        let tag = self.mint_tag(flow.remote.ip());
        let (branch, call_id) = (self.mint_branch(), self.mint_call_id());
        let local = flow.local;
        let builder = Builder::request(Method::Notify, target)
            .display(Name::Via, via(flow, &branch))
            .header(Name::MaxForwards, "70")
            .display(Name::From, format_args!("<sip:perch@{local}>;tag={tag}"))
            .display(Name::To, format_args!("<sip:{phone}@{local}>"))
            .header(Name::CallId, call_id)
            .header(Name::CSeq, "1 NOTIFY")
            .header(Name::Contact, contact(flow, target))
            .header(Name::Event, event)
            .header(Name::SubscriptionState, state);
        let bytes = match body {
            Some((kind, text)) => builder.finish_with(kind.as_bytes(), text.as_bytes()),
            None => builder.finish(),
        };
        self.transactions
            .request(now, flow, Method::Notify, &branch, bytes)
    }

    /// A phone has said what it thinks of being told. One that knows nothing of it is not asked again while it is
    /// registered as it is.
    pub(super) fn renewal_answered(&mut self, phone: PhoneName, call_id: Arc<str>, status: u16) {
        let told = match status {
            200..300 => Told::Took,
            400..=407 | 415 | 420 | 481 | 489 | 501 => Told::Refused,
            _ => Told::Failed,
        };
        self.told.push(told);
        match told {
            Told::Took => {}
            Told::Refused => {
                tracing::info!(%phone, status, "SIP phone takes no NOTIFY: it shows who is there when it reads its file by itself");
                self.deaf.insert((phone, call_id));
            }
            Told::Failed => {
                tracing::warn!(%phone, status, "SIP phone was not told to renew itself");
            }
        }
    }

    /// Takes out what became of telling phones.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }
}

/// What a phone is to do, as Cisco's read it.
fn orders(action: &str, call_id: &str) -> String {
    format!(
        "action={action}\r\nRegisterCallId={{{call_id}}}\r\nConfigVersionStamp={NO_VERSION}\r\n\
         DialplanVersionStamp={NO_VERSION}\r\nSoftkeyVersionStamp={NO_VERSION}\r\n\
         FeatureControlVersionStamp={NO_VERSION}\r\n"
    )
}

/// The best of the flows that lead to one place.
pub(super) fn first(place: Vec<Binding>) -> Option<Binding> {
    place.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provision(vendor: Vendor) -> Provision {
        Provision {
            vendor,
            model: None,
            mac: None,
            password_generation: 1,
        }
    }

    /// rules: SES-7
    #[test]
    fn every_make_is_told_in_its_own_words() {
        use Renewal::{Read, Reset, Restart};
        let said = |make: Make, how| {
            let words = make.words(how);
            words.action.unwrap_or(words.event)
        };
        for (make, read, restart, reset) in [
            (Make::Cisco, "check-version", "restart", "reset"),
            (Make::CiscoText, "check-sync", "check-sync", "check-sync"),
            (Make::CiscoOpen, "resync", "restart_now", "reboot_now"),
            (
                Make::Yealink,
                "check-sync;reboot=false",
                "check-sync;reboot=false",
                "check-sync;reboot=true",
            ),
            (
                Make::Snom,
                "check-sync;reboot=false",
                "check-sync;reboot=false",
                "check-sync;reboot=true",
            ),
            (Make::Poly, "check-sync", "check-sync", "check-sync"),
            (Make::Grandstream, "check-sync", "check-sync", "check-sync"),
        ] {
            let all = [Read, Restart, Reset].map(|how| said(make, how));
            assert_eq!(all, [read, restart, reset], "{make:?}");
        }
    }

    #[test]
    fn who_made_a_phone_is_what_the_site_says_or_else_the_phone() {
        for (user_agent, make) in [
            ("Yealink SIP-T46S 66.86.0.15", Some(Make::Yealink)),
            ("snomD785/10.1.169.16", Some(Make::Snom)),
            ("PolycomVVX-VVX_411-UA/5.9.5.0614", Some(Make::Poly)),
            ("PolyEdge-Edge_E350-UA/8.2.0", Some(Make::Poly)),
            ("Grandstream GXP2170 1.0.11.3", Some(Make::Grandstream)),
            ("Cisco/SPA504G-7.6.2", Some(Make::CiscoOpen)),
            ("Cisco-CP-8841-3PCC/12.0.1", Some(Make::CiscoOpen)),
            ("Cisco-CP8861/12.8.1", Some(Make::Cisco)),
            ("Cisco-CP7960G/8.0", Some(Make::CiscoText)),
            ("baresip v1.0.0 (x86_64/Linux)", None),
            ("Linphone/4.4.0", None),
        ] {
            assert_eq!(Make::of(None, Some(user_agent)), make, "{user_agent}");
        }
        let linphone = provision(Vendor::Linphone);
        assert_eq!(Make::of(Some(&linphone), Some("Yealink")), None);
        let snom = provision(Vendor::Snom);
        assert_eq!(Make::of(Some(&snom), Some("Yealink")), Some(Make::Snom));
        assert_eq!(Make::of(None, None), None);
    }
}
