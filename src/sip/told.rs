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
use crate::pbx::{Maker, PhoneName, Provision, Renewal, RenewalWords, Site};
use crate::time::Now;

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
struct Words<'a> {
    event: &'a str,
    /// What Cisco's phones want to read besides.
    action: Option<&'a str>,
}

/// The state of a subscription that there never was.
pub(super) const UNASKED: &str = "terminated;reason=noresource";

/// Whether a phone has hung up is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a version is that no file has: a phone that compares finds that it must read.
const NO_VERSION: &str = "{00000000-0000-0000-0000-000000000000}";

/// Who made a phone: by what the site says of it, or else by what the phone calls itself.
pub(super) fn maker_of(
    site: &Site,
    provision: Option<&Provision>,
    user_agent: Option<&str>,
) -> Option<&'static Maker> {
    match provision {
        Some(provision) => provision.vendor.maker(),
        None => site.maker_of_agent(user_agent?),
    }
}

impl<'a> Words<'a> {
    /// Which phone is told what, for what.
    fn of(words: &'a RenewalWords, how: Renewal) -> Words<'a> {
        let said = match how {
            Renewal::Read => &words.read,
            Renewal::Restart => &words.restart,
            Renewal::Reset => &words.reset,
        };
        match &words.event {
            Some(event) => Words {
                event,
                action: Some(said),
            },
            None => Words {
                event: said,
                action: None,
            },
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
        let site = Arc::clone(&self.site);
        let config = site.phones.get(phone);
        let provision = config.and_then(|phone| phone.provision.as_deref());
        for binding in bindings {
            let maker = maker_of(&site, provision, binding.user_agent.as_deref());
            let Some(words) = maker.and_then(|maker| maker.renewal.as_ref()) else {
                continue;
            };
            let registration = (phone.clone(), Arc::from(&*binding.call_id));
            if !self.deaf.contains(&registration) {
                self.notify_of_renewal(now, registration, &binding, Words::of(words, how));
            }
        }
    }

    fn notify_of_renewal(
        &mut self,
        now: Now,
        registration: (PhoneName, Arc<str>),
        binding: &Binding,
        words: Words<'_>,
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
    use crate::pbx::{Models, Vendor};

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
        let check = ["check-sync", "check-sync", "check-sync"];
        let reboot = [
            "check-sync;reboot=false",
            "check-sync;reboot=false",
            "check-sync;reboot=true",
        ];
        for (make, expected) in [
            ("cisco", ["check-version", "restart", "reset"]),
            ("cisco-text", check),
            ("cisco-open", ["resync", "restart_now", "reboot_now"]),
            ("yealink", reboot),
            ("snom", reboot),
            ("poly", check),
            ("grandstream", check),
            ("mitel", check),
        ] {
            let maker = Models::known().maker(make).expect("somebody makes it");
            let words = maker.renewal.as_ref().expect("it is told");
            let said = [Read, Restart, Reset].map(|how| {
                let words = Words::of(words, how);
                assert_eq!(words.action.is_some(), make == "cisco");
                words.action.unwrap_or(words.event)
            });
            assert_eq!(said, expected, "{make}");
        }
    }

    #[test]
    fn who_made_a_phone_is_what_the_site_says_or_else_the_phone() {
        let site = Site::default();
        let yealink = Some("Yealink SIP-T46S 66.86.0.15");
        let of = |vendor: Option<Vendor>, agent| {
            let provision = vendor.map(provision);
            let maker = maker_of(&site, provision.as_ref(), agent);
            Some(maker?.renewal.as_ref()?.reset.as_str())
        };
        assert_eq!(of(None, yealink), Some("check-sync;reboot=true"));
        assert_eq!(of(Some(Vendor::Linphone), yealink), None);
        assert_eq!(of(Some(Vendor::Cisco), yealink), Some("reset"));
        assert_eq!(of(None, Some("baresip v1.0.0 (x86_64/Linux)")), None);
        assert_eq!(of(None, None), None);
        for vendor in Vendor::ALL {
            let said = of(Some(vendor), None).is_some();
            assert_eq!(said, vendor != Vendor::Linphone, "{vendor:?}");
        }
    }
}
