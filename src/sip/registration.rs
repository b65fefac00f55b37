//! What a REGISTER asks for (RFC 3261 §10.3), and how long what it asks for may last.

use smallvec::SmallVec;

use super::asker::{Asker, CONTACT_MAX};
use super::bindings::{Asked, What};
use super::wire::{Builder, Contact, Name, Scheme, status_reason};

/// How long bindings last, and how many a phone may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a contact that does not say how long, in seconds.
    pub default_expires_s: u32,
    /// The least that is granted: who asks for less is told to ask for more (423).
    pub min_expires_s: u32,
    /// The most that is granted: who asks for more gets this.
    pub max_expires_s: u32,
    /// Contacts of one phone.
    pub contacts: usize,
    /// How often, in seconds, a phone that keeps its flow alive is asked to show that, on a stream (RFC 5626 §4.4.1).
    pub flow_timer_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            default_expires_s: 3600,
            min_expires_s: 60,
            max_expires_s: 7200,
            contacts: 10,
            flow_timer_s: 120,
        }
    }
}

/// RFC 3261 §10.3 steps 6 and 7, as far as they need no look at the bindings.
pub(super) fn wanted<'a>(limits: &Limits, asker: &Asker<'a>) -> Result<What<'a>, Builder> {
    let message = asker.message;
    let default = message.expires().unwrap_or(limits.default_expires_s);
    let mut contacts = SmallVec::new();
    for contact in message.contacts() {
        let contact = contact.map_err(|_| asker.respond(400, "Bad Contact"))?;
        let Contact::Address(address) = contact else {
            let is_alone = message.contacts().nth(1).is_none();
            return match is_alone && message.expires() == Some(0) {
                true => Ok(What::UnbindAll),
                false => Err(asker.respond(400, "Contact * Needs Expires 0 And No Other Contact")),
            };
        };
        // A phone's sign of life to its second server: it is not to change anything.
        if address.param("cisco-keep-alive").is_some() {
            continue;
        }
        if !matches!(address.uri.scheme, Scheme::Sip | Scheme::Sips) {
            return Err(asker.respond(400, "Contact Is No SIP URI"));
        }
        if address.uri.scheme == Scheme::Sips && !asker.flow.transport.is_secure() {
            return Err(asker.respond(400, "SIPS Contact Over An Insecure Transport"));
        }
        if address.uri.text.len() > CONTACT_MAX || message.call_id().len() > CONTACT_MAX {
            return Err(asker.respond(400, "Contact Or Call-ID Too Long"));
        }
        contacts.push(Asked {
            uri: address.uri,
            expires_s: granted(limits, asker, contact.expires().unwrap_or(default))?,
            q: contact.q().unwrap_or(1000),
            reg_id: asker.reg_id(&address)?,
            instance: address
                .param("+sip.instance")
                .filter(|i| i.len() <= CONTACT_MAX),
        });
    }
    // RFC 5626 §6: one request binds one flow, for it comes by one.
    let flows = contacts.iter().filter(|c: &&Asked| c.reg_id != 0);
    if flows.filter(|flow| flow.expires_s > 0).count() > 1 {
        return Err(asker.respond(400, "More Than One Contact With A reg-id"));
    }
    Ok(What::Contacts(contacts))
}

fn granted(limits: &Limits, asker: &Asker<'_>, asked_s: u32) -> Result<u32, Builder> {
    let Limits {
        min_expires_s,
        max_expires_s,
        ..
    } = *limits;
    if asked_s > 0 && asked_s < min_expires_s {
        let refusal = asker.respond(423, status_reason(423));
        return Err(refusal.display(Name::MinExpires, min_expires_s));
    }
    Ok(asked_s.min(max_expires_s))
}
