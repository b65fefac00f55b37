//! Provisional answers that are acknowledged (RFC 3262), at phones that want that.

use perch::sip::wire::{Message, Name};
use rsip::Method;

use super::transactions::{INVITE, Purpose};
use super::{CallNo, Key, SipPhone, strict};

impl SipPhone {
    /// What the phone adds to a provisional answer to an INVITE, so that it has to be acknowledged.
    pub fn prack_wanted(&mut self, key: &Key, status: u16) -> Vec<(Name, String)> {
        let wants = self.account.pracks && key.1 == INVITE && (101..200).contains(&status);
        let Some(server) = self.servers.get_mut(key).filter(|_| wants) else {
            return Vec::new();
        };
        let offers = server
            .request
            .values(Name::Supported)
            .any(|tag| tag == b"100rel");
        if !offers {
            return Vec::new();
        }
        server.rseq += 1;
        vec![
            (Name::Require, "100rel".to_owned()),
            (Name::RSeq, server.rseq.to_string()),
        ]
    }

    /// A provisional answer came that has to be acknowledged.
    pub fn acknowledge_progress(&mut self, no: CallNo, response: &Message) {
        let rseq = response.text(Name::RSeq).map(|rseq| rseq.into_owned());
        let (Some(rseq), Some(call)) = (rseq, self.calls.get_mut(&no)) else {
            return;
        };
        if !self.account.pracks {
            return self.fault("a provisional answer that this phone cannot acknowledge");
        }
        if !call
            .acknowledged
            .insert((strict::tag_of(response, Name::To), rseq.clone()))
        {
            return;
        }
        let cseq = response.cseq().0;
        let mut request = call.dialog.request(Method::PRack);
        request.to = response.text(Name::To).unwrap_or_default().into_owned();
        request
            .headers
            .push((Name::RAck, format!("{rseq} {cseq} INVITE")));
        if let Some(Ok(perch::sip::wire::Contact::Address(contact))) = response.contacts().next() {
            request.uri = contact.uri.text.to_owned();
        }
        self.send(request, Purpose::Prack(no));
    }

    /// The server acknowledges what this phone said last.
    pub fn hear_prack(&mut self, key: &Key, prack: &Message) {
        let named = prack.text(Name::RAck).unwrap_or_default().into_owned();
        let invites = self.servers.iter().filter(|(key, _)| key.1 == INVITE);
        let known = invites
            .filter(|(_, server)| server.request.call_id() == prack.call_id())
            .any(|(_, server)| {
                let cseq = server.request.cseq().0;
                (1..=server.rseq).any(|rseq| named == format!("{rseq} {cseq} INVITE"))
            });
        if !known {
            self.fault(format!("a PRACK for nothing: {named}"));
        }
        self.sees("is acknowledged");
        self.reply(key, 200, None);
    }
}
