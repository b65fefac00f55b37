//! What a phone says of its handset: Cisco's tell if they are asked to, shared lines are taken before somebody dials.

use bytes::Bytes;
use perch::pbx::Vendor;
use perch::sip::wire::{Message, Name};
use rsip::Method;

use super::transactions::{Purpose, Request};
use super::{Key, SipPhone, strict};

/// A line that the phone has taken.
#[derive(Clone, Debug)]
pub struct Taken {
    call_id: String,
    own: String,
    cseq: u32,
    /// The server's tag, once it has answered.
    tag: Option<String>,
    /// Which call of the line it is to be.
    pub index: Option<u8>,
}

/// What a phone of Cisco's says that it can do.
const OFFER: &str = "--uniqueBoundary\r\nContent-Type: application/x-cisco-remotecc-request+xml\r\n\
    Content-Disposition: session;handling=optional\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <x-cisco-remotecc-request><bulkregisterreq><contact all=\"true\"><register></register></contact>\
    </bulkregisterreq></x-cisco-remotecc-request>\r\n--uniqueBoundary\r\n\
    Content-Type: application/x-cisco-remotecc-request+xml\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <x-cisco-remotecc-request><optionsind><combine max=\"6\"><remotecc><status></status></remotecc>\
    <service-control></service-control></combine><dialog usage=\"hook status\"><unot></unot><sub></sub></dialog>\
    <dialog usage=\"shared line\"><unot></unot><sub></sub></dialog><presence usage=\"blf speed dial\"><unot></unot>\
    <sub></sub></presence><joinreq></joinreq></optionsind></x-cisco-remotecc-request>\r\n--uniqueBoundary--\r\n";

/// All that it may be answered.
const ASKED: &str = "<x-cisco-remotecc-response><response><code>200</code><optionsind><dialogusage=\"hookstatus\">\
    <unot/></dialog></optionsind></response></x-cisco-remotecc-response>";

impl SipPhone {
    /// What it says that it can do when it registers.
    pub fn offers(&self) -> Option<(&'static str, Bytes)> {
        let is_cisco = self.account.make == Some(Vendor::Cisco);
        let kind = "multipart/mixed;boundary=uniqueBoundary";
        is_cisco.then(|| (kind, Bytes::from_static(OFFER.as_bytes())))
    }

    /// What it is asked to tell.
    pub fn hear_what_is_wanted(&mut self, response: &Message) {
        let body = String::from_utf8_lossy(&response.body()).into_owned();
        let kind = response.text(Name::ContentType).unwrap_or_default();
        let said: String = body.split_whitespace().collect();
        self.tells_of_handset = match self.account.make {
            Some(Vendor::Cisco) => {
                kind == "application/x-cisco-remotecc-response+xml" && said.ends_with(ASKED)
            }
            _ if said.is_empty() => false,
            _ => {
                return self.fault(format!(
                    "a phone that offers nothing is asked for it: {body}"
                ));
            }
        };
    }

    /// Somebody lifts the handset, or puts it down.
    pub fn move_handset(&mut self, up: bool) -> Result<(), String> {
        if self.tells_of_handset {
            let state = if up { "trying" } else { "terminated" };
            self.tell_of_handset(&format!("<dialog id=\"1\"><state>{state}</state></dialog>"));
            return Ok(());
        }
        match (self.account.shares_line, up, self.taken.take()) {
            (true, true, _) => self.take_line(self.least_free()),
            (true, false, Some(taken)) => self.subscribe(taken, 0),
            // It dialled meanwhile, and its call has the line.
            (true, false, None) => {}
            (false, ..) => return Err("this phone does not tell of its hook and its keys".into()),
        }
        Ok(())
    }

    /// Tells something of its line, unasked.
    pub fn tell_of_handset(&mut self, dialogs: &str) {
        let (own, server) = (self.own_address(), self.account.server);
        let name = self.account.name.clone();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" \
             version=\"1\" state=\"partial\" entity=\"sip:{name}@{server}\">\n{dialogs}\n</dialog-info>\n"
        );
        let tag = self.mint("h");
        let request = Request {
            method: Method::Notify,
            uri: format!("sip:{name}@{server}"),
            from: format!("{own};tag={tag}"),
            to: own,
            call_id: self.mint("handset"),
            cseq: 1000,
            headers: vec![
                (Name::Event, "dialog".to_owned()),
                (Name::SubscriptionState, "active".to_owned()),
            ],
            body: Some(("application/dialog-info+xml", body.into())),
        };
        self.send(request, Purpose::Handset);
    }

    /// Takes its line, to make the call with that index.
    pub fn take_line(&mut self, index: Option<u8>) {
        let (own, tag) = (self.own_address(), self.mint("l"));
        let taken = Taken {
            call_id: self.mint("line"),
            own: format!("{own};tag={tag}"),
            cseq: 0,
            tag: None,
            index,
        };
        self.subscribe(taken, 15);
    }

    fn subscribe(&mut self, mut taken: Taken, expires_s: u32) {
        taken.cseq += 1;
        let tag = taken.tag.as_ref();
        let tag = tag.map_or_else(String::new, |tag| format!(";tag={tag}"));
        let mut request = Request {
            method: Method::Subscribe,
            uri: format!("sip:{}@{}", self.account.name, self.account.server),
            from: taken.own.clone(),
            to: format!("{}{tag}", self.own_address()),
            call_id: taken.call_id.clone(),
            cseq: taken.cseq,
            headers: vec![
                (Name::Event, "line-seize".to_owned()),
                (Name::Expires, expires_s.to_string()),
            ],
            body: None,
        };
        let named = taken.index.map(|index| self.call_info(index));
        request.headers.extend(named);
        if expires_s > 0 {
            self.taken = Some(taken);
        }
        self.send(request, Purpose::Line);
    }

    /// Its own request again, with credentials.
    pub fn subscribe_again(&mut self, mut request: Request) {
        request.cseq += 1;
        if let Some(taken) = &mut self.taken {
            taken.cseq = request.cseq;
        }
        self.send(request, Purpose::Line);
    }

    pub fn subscribe_answered(&mut self, status: u16, response: &Message) {
        if status >= 300 {
            self.taken = None;
            return self.sees(format!("cannot have the line: {status}"));
        }
        if response.contacts().count() != 1 || response.expires().is_none_or(|s| s > 15) {
            self.fault("a subscription without Contact, or for too long");
        }
        if let Some(taken) = &mut self.taken {
            taken.tag = strict::tag_of(response, Name::To);
        }
    }

    /// How its line stands. False if it is told of something else.
    pub fn hear_of_line(&mut self, key: &Key, notify: &Message) -> bool {
        if notify.text(Name::Event).as_deref() != Some("line-seize") {
            return false;
        }
        let state = notify.text(Name::SubscriptionState).unwrap_or_default();
        let state = state.into_owned();
        if state.starts_with("terminated") {
            let is_it = |taken: &mut Taken| taken.call_id == notify.call_id();
            self.taken.take_if(is_it);
        }
        let which = self.hear_index_taken(notify);
        self.sees(format!("is told of its line: {which}{state}"));
        self.reply(key, 200, None);
        true
    }
}
