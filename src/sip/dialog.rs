//! Dialogs (RFC 3261 §12): who talks to whom under which tags, and what the next request looks like.

use rsip::Method;

use super::flow::Flow;
use super::wire::{Builder, Contact, Message, Name, Scheme, Uri};

/// A dialog, seen from our side.
#[derive(Clone, Debug)]
pub(super) struct Dialog {
    pub call_id: String,
    /// Whether we began it, and chose the Call-ID.
    pub is_ours: bool,
    /// Our From or To value, without the tag.
    pub local: String,
    pub local_tag: String,
    /// Theirs, with the tag, as they wrote it.
    pub remote: String,
    pub remote_tag: String,
    pub local_cseq: u32,
    /// The last sequence number that they used.
    pub remote_cseq: Option<u32>,
    /// Their Contact: where requests are addressed to.
    pub target: String,
    /// The route set, in the order in which it is written.
    pub routes: Vec<String>,
    /// How they are reached.
    pub flow: Flow,
}

impl Dialog {
    /// The dialog that a request of theirs begins (RFC 3261 §12.1.1). An old one has no Contact: it is where its From
    /// says (RFC 2543 §6.13).
    pub fn by_their_request(request: &Message, flow: Flow, local_tag: &str) -> Dialog {
        let text = |name| request.text(name).unwrap_or_default().into_owned();
        Dialog {
            call_id: request.call_id().to_owned(),
            is_ours: false,
            local: text(Name::To),
            local_tag: local_tag.to_owned(),
            remote: text(Name::From),
            remote_tag: tag(request.from()),
            local_cseq: 0,
            remote_cseq: Some(request.cseq().0),
            target: contact_uri(request)
                .or_else(|| Some(request.from().ok()?.uri.text.to_owned()))
                .unwrap_or_default(),
            routes: routes(request).collect(),
            flow,
        }
    }

    /// The dialog that their response to a request of ours begins (RFC 3261 §12.1.2).
    pub fn by_their_response(
        response: &Message,
        flow: Flow,
        (local, local_tag): (&str, &str),
        target: &str,
    ) -> Dialog {
        let mut routes: Vec<String> = routes(response).collect();
        routes.reverse();
        Dialog {
            call_id: response.call_id().to_owned(),
            is_ours: true,
            local: local.to_owned(),
            local_tag: local_tag.to_owned(),
            remote: response.text(Name::To).unwrap_or_default().into_owned(),
            remote_tag: tag(response.to()),
            local_cseq: response.cseq().0,
            remote_cseq: None,
            target: contact_uri(response).unwrap_or_else(|| target.to_owned()),
            routes,
            flow,
        }
    }

    /// What tells it apart from all others here: its Call-ID and our tag.
    pub fn key(&self) -> (String, String) {
        (self.call_id.clone(), self.local_tag.clone())
    }

    /// The next request within the dialog (RFC 3261 §12.2.1.1). An ACK repeats the number of its INVITE.
    pub fn request(&mut self, method: Method, branch: &str) -> Builder {
        if method != Method::Ack {
            self.local_cseq += 1;
        }
        let cseq = self.local_cseq;
        self.request_numbered(method, branch, cseq)
    }

    /// A request with a given number: the ACK of a 2xx.
    pub fn request_numbered(&self, method: Method, branch: &str, cseq: u32) -> Builder {
        let builder = Builder::request(method, &self.target)
            .display(Name::Via, via(self.flow, branch))
            .header(Name::MaxForwards, "70");
        let builder = self
            .routes
            .iter()
            .fold(builder, |builder, route| builder.header(Name::Route, route));
        builder
            .display(
                Name::From,
                format_args!("{};tag={}", self.local, self.local_tag),
            )
            .header(Name::To, &self.remote)
            .header(Name::CallId, &self.call_id)
            .display(Name::CSeq, format_args!("{cseq} {method}"))
    }

    /// Takes their request in (RFC 3261 §12.2.2): false if it is out of order. A new Contact is a new target.
    pub fn takes(&mut self, request: &Message) -> bool {
        let (cseq, _) = request.cseq();
        if self.remote_cseq.is_some_and(|last| cseq <= last) {
            return false;
        }
        self.remote_cseq = Some(cseq);
        let refreshes = [Method::Invite, Method::Update, Method::Subscribe];
        if request.method().is_some_and(|m| refreshes.contains(&m)) {
            self.refresh_target(request);
        }
        true
    }

    /// A request or 2xx that may say where they are now.
    pub fn refresh_target(&mut self, message: &Message) {
        if let Some(target) = contact_uri(message) {
            self.target = target;
        }
    }
}

/// Our Via on a flow.
pub(super) fn via(flow: Flow, branch: &str) -> String {
    format!(
        "SIP/2.0/{} {};branch={branch};rport",
        flow.transport.via_token(),
        flow.local
    )
}

/// Our Contact on a flow, for whoever is at this URI: a `sips:` wants one (RFC 3261 §8.1.1.8, §12.1.1).
pub(super) fn contact(flow: Flow, towards: &str) -> String {
    let scheme = match flow.transport.is_secure() && is_sips(towards) {
        true => "sips",
        false => "sip",
    };
    let transport = flow.transport.uri_token();
    format!("<{scheme}:{};transport={transport}>", flow.local)
}

/// The URI that our Contact in the answer to a request of theirs goes by.
pub(super) fn asked_by(request: &Message) -> String {
    match is_sips(request.uri_text()) {
        true => request.uri_text().to_owned(),
        false => contact_uri(request).unwrap_or_default(),
    }
}

fn is_sips(uri: &str) -> bool {
    Uri::parse(uri).is_ok_and(|uri| uri.scheme == Scheme::Sips)
}

fn contact_uri(message: &Message) -> Option<String> {
    match message.contacts().next()? {
        Ok(Contact::Address(address)) => Some(address.uri.without_headers().to_owned()),
        _ => None,
    }
}

fn routes(message: &Message) -> impl Iterator<Item = String> {
    message
        .values(Name::RecordRoute)
        .map(|route| String::from_utf8_lossy(route).into_owned())
}

fn tag(address: Result<super::wire::Address<'_>, super::wire::WireError>) -> String {
    let tag = address.ok().and_then(|address| address.tag());
    tag.unwrap_or_default().to_owned()
}
