//! Cisco's remote call control: a REFER brings a phone what its browser is to do, and another one brings its answer.
//!
//! Phones that are told at their web servers instead are left to the shell, with the address that they registered from.

use std::net::IpAddr;
use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose, Timer};
use super::bindings::Binding;
use super::dialog::{contact, via};
use super::flow::Flow;
use super::outbound::flow_to_binding;
use super::target::Target;
use super::told::maker_of;
use super::transaction::{ClientId, ServerId};
use super::wire::{Builder, Message, Name};
use crate::pbx::{Event, Forgot, Orders, PhoneName, Provision, Site, ToldBy};
use crate::time::Now;

/// What a phone is to do.
const FORGET: &str = "<CiscoIPPhoneExecute><ExecuteItem Priority=\"0\" URL=\"Init:CallHistory\"/></CiscoIPPhoneExecute>";

/// Between the parts of a body.
const BOUNDARY: &str = "perch-remotecc";

/// How long a phone may take to say that it takes it.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long it may take then to say that it is done. Not every firmware does.
const ANSWER_PATIENCE: Duration = Duration::from_secs(3);

/// Cisco's first models with SIP that have a display and no browser.
const WITHOUT_BROWSER: [&str; 2] = ["Cisco-CP7905", "Cisco-CP7912"];

/// How a phone is told what is for its browser, by what the site says of it and what it calls itself.
fn orders(site: &Site, provision: Option<&Provision>, user_agent: Option<&str>) -> Option<Orders> {
    let is_one = |name: &&str| user_agent.is_some_and(|agent| agent.starts_with(*name));
    if WITHOUT_BROWSER.iter().any(is_one) {
        return None;
    }
    maker_of(site, provision, user_agent)?.orders
}

/// Something that a phone is to be told at its web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Which phone.
    pub phone: PhoneName,
    /// Which time it is, as the core counts.
    pub attempt: u64,
    /// Where it has registered from.
    pub address: IpAddr,
}

/// A REFER that was sent to a phone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tunnel {
    attempt: u64,
    /// Its number, as the phone gives it back.
    transaction: u32,
    is_taken: bool,
}

impl Agent {
    /// Takes out what phones are to be told at their web servers.
    pub fn take_pushes(&mut self) -> Vec<Push> {
        std::mem::take(&mut self.pushes)
    }

    /// The core wants a phone to forget whom somebody called.
    pub(super) fn forget_calls(&mut self, now: Now, phone: PhoneName, attempt: u64) {
        let bindings = self.registrar.bindings_of(&phone, now);
        let mut places = bindings.iter();
        let found = places.find_map(|one| Some((one, self.orders_of(&phone, one)?)));
        match found {
            Some((binding, Orders::ByRefer)) if !self.untunnelled.contains(&phone) => {
                self.refer_order(now, phone, attempt, binding);
            }
            Some((binding, _)) => self.pushes.push(Push {
                phone,
                attempt,
                address: binding.flow.remote.ip(),
            }),
            None if bindings.is_empty() => {
                self.say_forgotten(phone, attempt, Forgot::Unreachable(ToldBy::Refer));
            }
            None => self.say_forgotten(phone, attempt, Forgot::Impossible),
        }
    }

    /// How a phone is told what is for its browser.
    pub(super) fn orders_of(&self, phone: &PhoneName, binding: &Binding) -> Option<Orders> {
        let config = self.site.phones.get(phone);
        let provision = config.and_then(|phone| phone.provision.as_deref());
        orders(&self.site, provision, binding.user_agent.as_deref())
    }

    fn refer_order(&mut self, now: Now, phone: PhoneName, attempt: u64, binding: &Binding) {
        let transaction = (self.mint_seed() >> 33) as u32;
        let body = order(transaction, FORGET);
        let kind = format!("multipart/mixed;boundary={BOUNDARY}");
        let client = self.refer_to(now, &phone, binding, &kind, &body);
        let tunnel = Tunnel {
            attempt,
            transaction,
            is_taken: false,
        };
        self.tunnels.insert(phone.clone(), tunnel);
        self.deadlines
            .arm(Timer::Remote(phone.clone()), now.uptime + PATIENCE);
        self.purposes.insert(client, Purpose::Order(phone, attempt));
    }

    /// A REFER outside of any call, which says what is in it.
    pub(super) fn refer_to(
        &mut self,
        now: Now,
        phone: &PhoneName,
        binding: &Binding,
        kind: &str,
        body: &str,
    ) -> ClientId {
        let flow = flow_to_binding(&binding.contact, binding.flow);
        let target = Target::of(&binding.contact).uri;
        let tag = self.mint_tag(flow.remote.ip());
        let (branch, call_id) = (self.mint_branch(), self.mint_call_id());
        let bytes = Builder::request(Method::Refer, target)
            .display(Name::Via, via(flow, &branch))
            .header(Name::MaxForwards, "70")
            .display(Name::From, format_args!("<sip:{}>;tag={tag}", flow.local))
            .display(Name::To, format_args!("<sip:{phone}@{}>", flow.local))
            .header(Name::CallId, &call_id)
            .header(Name::CSeq, "1 REFER")
            .header(Name::Contact, contact(flow, target))
            // RFC 4488 §4: nothing is subscribed to.
            .header(Name::Require, "norefersub")
            .display(Name::ReferredBy, format_args!("<sip:{}>", flow.local))
            .display(Name::ReferTo, format_args!("cid:{call_id}"))
            .header_named("Content-Id", format!("<{call_id}>"))
            .finish_with(kind.as_bytes(), body.as_bytes());
        self.transactions
            .request(now, flow, Method::Refer, &branch, bytes)
    }

    /// A phone takes an order, or does not.
    pub(super) fn order_answered(&mut self, now: Now, phone: PhoneName, attempt: u64, status: u16) {
        let tunnel = self.tunnels.get_mut(&phone);
        let Some(tunnel) = tunnel.filter(|tunnel| tunnel.attempt == attempt) else {
            return;
        };
        match status {
            ..300 => {
                tunnel.is_taken = true;
                self.deadlines
                    .arm(Timer::Remote(phone), now.uptime + ANSWER_PATIENCE);
            }
            408 | 430 | 480 | 500 | 503 => self.order_over(phone, Forgot::Unreachable),
            _ => {
                tracing::info!(%phone, status, "phone takes no orders by REFER: next time its web server is asked");
                self.untunnelled.insert(phone.clone());
                self.order_over(phone, Forgot::Refused);
            }
        }
    }

    /// A phone says nothing, or nothing more.
    pub(super) fn order_overdue(&mut self, phone: PhoneName) {
        match self.tunnels.get(&phone).map(|tunnel| tunnel.is_taken) {
            Some(true) => self.order_over(phone, Forgot::Taken),
            Some(false) => self.order_over(phone, Forgot::Unreachable),
            None => {}
        }
    }

    /// A phone answers an order by a REFER of its own. Whether that is what it is.
    pub(super) fn order_concluded(
        &mut self,
        now: Now,
        flow: Flow,
        refer: &Message,
        server: ServerId,
        phone: &PhoneName,
    ) -> bool {
        let Some(tunnel) = self.tunnels.get(phone) else {
            return false;
        };
        let body = refer.body();
        let Some(is_done) = conclusion(&String::from_utf8_lossy(&body), tunnel.transaction) else {
            return false;
        };
        self.respond(now, server, refer, flow, 202, None);
        let forgot = match is_done {
            true => Forgot::Done,
            false => Forgot::Refused,
        };
        self.order_over(phone.clone(), forgot);
        true
    }

    fn order_over(&mut self, phone: PhoneName, forgot: fn(ToldBy) -> Forgot) {
        self.deadlines.disarm(&Timer::Remote(phone.clone()));
        if let Some(tunnel) = self.tunnels.remove(&phone) {
            self.say_forgotten(phone, tunnel.attempt, forgot(ToldBy::Refer));
        }
    }

    fn say_forgotten(&mut self, phone: PhoneName, attempt: u64, forgot: Forgot) {
        self.events.push(Event::CallsForgotten {
            phone,
            attempt,
            forgot,
        });
    }
}

/// A body in two parts: for which application of the phone's it is (none that it has), and what it is to do.
fn order(transaction: u32, xml: &str) -> String {
    format!(
        "--{BOUNDARY}\r\nContent-Type: application/x-cisco-remotecc-request+xml\r\n\r\n\
         <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <x-cisco-remotecc-request><datapassthroughreq>\
         <applicationid>0</applicationid><transactionid>{transaction}</transactionid>\
         <stationsequence>StationSequenceLast</stationsequence><displaypriority>0</displaypriority>\
         <appinstance>0</appinstance><routingid>0</routingid><confid>0</confid>\
         </datapassthroughreq></x-cisco-remotecc-request>\r\n\
         --{BOUNDARY}\r\nContent-Type: application/x-cisco-remotecc-cm+xml\r\n\r\n\
         {xml}\r\n--{BOUNDARY}--\r\n"
    )
}

/// Whether a phone says that it has done what it was told; none if it speaks of something else.
fn conclusion(body: &str, transaction: u32) -> Option<bool> {
    if !body.contains("x-cisco-remotecc") && !body.contains("<CiscoIPPhone") {
        return None;
    }
    if within(body, "transactionid").is_some_and(|said| said.parse() != Ok(transaction)) {
        return None;
    }
    if body.contains("<CiscoIPPhoneError") {
        return Some(false);
    }
    if body.contains("<CiscoIPPhoneResponse") {
        return Some(body.contains("Status=\"0\""));
    }
    let code: u16 = within(body, "code")?.parse().ok()?;
    Some((200..300).contains(&code))
}

/// What stands in the first element of that name.
pub(super) fn within<'t>(body: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once("</")?;
    Some(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_phone_says_is_yes_or_no_or_something_else() {
        let said = |inner: &str| {
            format!(
                "<x-cisco-remotecc-response><response>{inner}</response></x-cisco-remotecc-response>"
            )
        };
        let cases = [
            (
                said("<code>200</code><transactionid>7</transactionid>"),
                Some(true),
            ),
            (said("<code>200</code>"), Some(true)),
            (said("<code>500</code>"), Some(false)),
            (
                said("<code>200</code><transactionid>8</transactionid>"),
                None,
            ),
            (said("<reason>because</reason>"), None),
            (
                "<CiscoIPPhoneResponse><ResponseItem Status=\"0\"/></CiscoIPPhoneResponse>".into(),
                Some(true),
            ),
            (
                "<CiscoIPPhoneResponse><ResponseItem Status=\"6\"/></CiscoIPPhoneResponse>".into(),
                Some(false),
            ),
            ("<CiscoIPPhoneError Number=\"4\"/>".into(), Some(false)),
            ("<code>200</code>".into(), None),
            (String::new(), None),
        ];
        for (body, expected) in cases {
            assert_eq!(conclusion(&body, 7), expected, "{body}");
        }
    }

    /// rules: PRO-9
    #[test]
    fn each_make_is_told_in_its_way() {
        let cases = [
            ("Cisco-CP8861/14.2.1", Some(Orders::ByRefer)),
            ("Cisco-CP7975G/9.4.2", Some(Orders::ByRefer)),
            ("Cisco-CP7961GE/9.4.2", Some(Orders::ByRefer)),
            ("Cisco-CP7960G/8.0", Some(Orders::AtItsWebServer)),
            ("Cisco-CP7940G/8.0", Some(Orders::AtItsWebServer)),
            ("CSCO/7", Some(Orders::AtItsWebServer)),
            ("Cisco-CP-8861-3PCC/11.3.1", Some(Orders::AtItsWebServer)),
            ("Cisco-CP7905/8.0.1-060412A", None),
            ("Yealink SIP-T46U 108.86.0.20", None),
            ("baresip v3.14.0 (x86_64/Linux)", None),
            ("", None),
        ];
        for (user_agent, expected) in cases {
            let how = orders(&Site::default(), None, Some(user_agent));
            assert_eq!(how, expected, "{user_agent}");
        }
    }

    #[test]
    fn an_order_has_two_parts() {
        let text = order(7, FORGET);
        assert_eq!(text.matches("--perch-remotecc\r\n").count(), 2);
        assert!(text.ends_with("--perch-remotecc--\r\n"));
        assert_eq!(within(&text, "transactionid"), Some("7"));
        assert!(text.contains("Init:CallHistory"));
    }
}
