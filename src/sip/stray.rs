//! Answers that nobody waits for any more: of a second device, or of a phone whose call was taken back. Each begins a
//! dialog, which is acknowledged and ended (RFC 3261 §13.2.2.4).

use bytes::Bytes;
use rsip::Method;

use super::agent::{Agent, Purpose};
use super::dialog::Dialog;
use super::flow::Flow;
use super::reply;
use super::transaction::ClientId;
use super::wire::{Message, Name};
use crate::time::Now;

/// So many answers of one INVITE are kept in mind; one that is not is hung up again when it is repeated.
const MOST: usize = 8;

/// An answer that came too late, for as long as it may come again.
#[derive(Debug)]
pub(super) struct Stray {
    /// Of which dialog.
    tag: String,
    ack: (Flow, Bytes),
}

impl Agent {
    /// An answer that came too late: acknowledged, and hung up.
    pub(super) fn release_stray(
        &mut self,
        now: Now,
        invite: ClientId,
        response: &Message,
        why: &str,
    ) {
        let tag = response.to().ok().and_then(|to| to.tag());
        let tag = tag.unwrap_or_default().to_owned();
        let mut known = self.strays.get(&invite).into_iter().flatten();
        if let Some(stray) = known.find(|stray| stray.tag == tag) {
            self.transactions.sends.push(stray.ack.clone());
            return;
        }
        let Some(flow) = self.flow_of_response(response) else {
            return;
        };
        let Ok(from) = response.from() else { return };
        let local = format!("<{}>", from.uri.text);
        let own_tag = from.tag().unwrap_or_default();
        let mut dialog = Dialog::by_their_response(response, flow, (&local, own_tag), "");
        if dialog.target.is_empty() {
            return;
        }
        let branch = self.mint_branch();
        let ack = dialog.request_numbered(Method::Ack, &branch, response.cseq().0);
        let ack = (flow, ack.finish());
        self.transactions.sends.push(ack.clone());
        let strays = self.strays.entry(invite).or_default();
        if strays.len() < MOST {
            strays.push(Stray { tag, ack });
        }
        let branch = self.mint_branch();
        let bye = dialog
            .request(Method::Bye, &branch)
            .header(Name::Reason, reply::reason("SIP", 200, why))
            .finish();
        let client = self
            .transactions
            .request(now, flow, Method::Bye, &branch, bye);
        self.purposes.insert(client, Purpose::End);
    }

    pub(super) fn flow_of_response(&self, response: &Message) -> Option<Flow> {
        let branch = response.top_via().ok()?.branch?;
        self.transactions.flow_of(branch, response.cseq().1)
    }
}
