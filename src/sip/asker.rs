//! A request at the edge: what it may ask for, and how it is answered without a transaction (RFC 3261 §8.2, §10.3).

use std::fmt;

use bytes::Bytes;

use super::bindings::Binding;
use super::flow::Flow;
use super::hook;
use super::wire::{Address, Builder, Message, Name, Scheme, escaped, respond, status_reason};
use crate::time::{Now, Utc};

/// The extension by which phones keep flows alive (RFC 5626).
pub(super) const OUTBOUND: &str = "outbound";
/// How often, in seconds, a phone is asked to show that its flow lives if it is one of datagrams: NATs forget those soon.
const FLOW_TIMER_DATAGRAMS: u32 = 25;

/// The most that is kept of a contact, a Call-ID, an instance: what phones send is far shorter.
pub(super) const CONTACT_MAX: usize = 512;
/// A request, and how it is answered.
pub(super) struct Asker<'a> {
    pub flow: &'a Flow,
    pub message: &'a Message,
    /// The To tag of the answer.
    pub tag: u64,
}

impl Asker<'_> {
    /// Begins an answer.
    pub fn respond(&self, status: u16, reason: &str) -> Builder {
        let mut digits = [0; 16];
        let tag = hex(self.tag, &mut digits);
        respond(self.message, self.flow.remote, status, reason, Some(tag))
    }

    /// RFC 3261 §8.2.2.1; a secure way is only offered to those who came by one (§26.2.2).
    pub fn check_scheme(&self) -> Result<(), Builder> {
        let is_secure = self.flow.transport.is_secure();
        match self.message.uri().map_or(Scheme::Other, |uri| uri.scheme) {
            Scheme::Sips if !is_secure => Err(self.respond(416, status_reason(416))),
            Scheme::Other => Err(self.respond(416, status_reason(416))),
            _ => Ok(()),
        }
    }

    /// RFC 3261 §8.2.2.3: what is not understood here may not be insisted on.
    pub fn check_require(&self, known: &[&str]) -> Result<(), Builder> {
        let mut unknown = self.unknown(known).peekable();
        if unknown.peek().is_none() {
            return Ok(());
        }
        let refusal = self.respond(420, status_reason(420));
        Err(unknown.fold(refusal, |r, tag| r.header(Name::Unsupported, tag)))
    }

    fn unknown<'s>(&'s self, known: &'s [&str]) -> impl Iterator<Item = &'s str> {
        let is_known = |tag: &str| known.iter().any(|known| known.eq_ignore_ascii_case(tag));
        self.message.requires().filter(move |tag| !is_known(tag))
    }

    /// Which flow of its instance a contact is, if the phone keeps flows alive; else 0 (RFC 5626 §6).
    pub fn reg_id(&self, address: &Address<'_>) -> Result<u32, Builder> {
        let is_outbound = |tag: &[u8]| tag.eq_ignore_ascii_case(OUTBOUND.as_bytes());
        let number = address.param("reg-id").and_then(|id| id.parse().ok());
        let Some(number) = number.filter(|number| *number > 0) else {
            return Ok(0);
        };
        let has_instance = address
            .param("+sip.instance")
            .is_some_and(|i| i.len() <= CONTACT_MAX);
        if !has_instance || !self.message.values(Name::Supported).any(is_outbound) {
            return Ok(0);
        }
        // Somebody between the phone and us knows nothing of flows, and keeps none.
        if self.message.values(Name::Via).nth(1).is_some() {
            return Err(self.respond(439, "First Hop Lacks Outbound Support"));
        }
        Ok(number)
    }

    /// How often a phone that keeps its flow alive is to show that.
    pub fn flow_timer_s(&self, on_streams: u32) -> u32 {
        match self.flow.transport.is_reliable() {
            true => on_streams,
            false => FLOW_TIMER_DATAGRAMS,
        }
    }

    /// RFC 3261 §10.3 step 8; RFC 5626 §6 if the phone keeps its flow alive.
    /// One that can tell of its handset is asked to.
    pub fn ok(
        &self,
        now: Now,
        bindings: &[Binding],
        flow_timer_s: Option<u32>,
        tells_of_handset: bool,
    ) -> Bytes {
        let mut ok = self.respond(200, status_reason(200));
        if let Some(timer) = flow_timer_s {
            ok = ok
                .header(Name::Require, OUTBOUND)
                .header_named("Flow-Timer", timer.to_string());
        }
        let ok = bindings.iter().fold(ok, |ok, binding| {
            ok.display(Name::Contact, Shown { binding, now })
        });
        let ok = ok.display(Name::Date, HttpDate(now.utc));
        match tells_of_handset {
            true => ok.finish_with(hook::RESPONSE.as_bytes(), hook::WANTED.as_bytes()),
            false => ok.finish(),
        }
    }
}

/// A binding as a Contact value.
struct Shown<'a> {
    binding: &'a Binding,
    now: Now,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown { binding, now } = self;
        write!(
            f,
            "<{}>;expires={}",
            binding.contact,
            binding.remaining_s(*now)
        )?;
        if binding.q < 1000 {
            write!(f, ";q=0.{:03}", binding.q)?;
        }
        if let Some(instance) = &binding.instance {
            write!(f, ";+sip.instance=\"{}\"", escaped(instance))?;
        }
        match binding.reg_id {
            0 => Ok(()),
            number => write!(f, ";reg-id={number}"),
        }
    }
}

/// A moment as the Date header has it (RFC 3261 §20.17).
struct HttpDate(Utc);

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0.0).unwrap_or_default();
        let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
        let mut text = String::with_capacity(32);
        match printer.print_timestamp_rfc9110(&moment, &mut text) {
            Ok(()) => f.write_str(&text),
            Err(_) => Err(fmt::Error),
        }
    }
}

fn hex(number: u64, digits: &mut [u8; 16]) -> &str {
    for (at, digit) in digits.iter_mut().enumerate() {
        let nibble = number >> (60 - 4 * at) & 15;
        *digit = b"0123456789abcdef"[usize::try_from(nibble).expect("four bits")];
    }
    std::str::from_utf8(digits).expect("hexadecimal digits are ASCII")
}
