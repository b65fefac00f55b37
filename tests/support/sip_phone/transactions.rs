//! Transactions of the phone (RFC 3261 §17) as data: what was sent, what it was for, when to send it again.

use std::time::Duration;

use bytes::Bytes;
use perch::sip::wire::{Builder, Message, Name, Parsed, parse};
use rsip::Method;

use super::{Account, CallNo};

pub const T1: Duration = Duration::from_millis(500);
pub const T2: Duration = Duration::from_secs(4);
/// 64 × T1: when a transaction gives up, and how long it is remembered (timers B, F, H, J; RFC 6026's L and M).
pub const PATIENCE: Duration = Duration::from_secs(32);
/// How long a phone waits for the end of ringing.
pub const RING_PATIENCE: Duration = Duration::from_secs(240);

/// The branch, and the name of the method that it was made for.
pub type Key = (String, String);

pub const INVITE: &str = "INVITE";
pub const CANCEL: &str = "CANCEL";

/// A request that is to be made; what a retry with credentials begins from.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub uri: String,
    pub from: String,
    pub to: String,
    pub call_id: String,
    pub cseq: u32,
    pub headers: Vec<(Name, String)>,
    pub body: Option<(&'static str, Bytes)>,
}

impl Request {
    /// Whether it ends a registration.
    pub fn is_goodbye(&self) -> bool {
        self.headers.contains(&(Name::Expires, "0".to_owned()))
    }

    pub fn bytes(&self, account: &Account, branch: &str) -> Bytes {
        let via = format!(
            "SIP/2.0/{} {};branch={branch};rport",
            account.transport.via_token(),
            account.address
        );
        let mut builder = Builder::request(self.method, &self.uri)
            .header(Name::Via, via)
            .display(Name::MaxForwards, 70)
            .header(Name::From, &self.from)
            .header(Name::To, &self.to)
            .header(Name::CallId, &self.call_id)
            .header(Name::CSeq, format!("{} {}", self.cseq, self.method))
            .header(Name::UserAgent, account.user_agent);
        for (name, value) in &self.headers {
            builder = builder.header(*name, value);
        }
        match &self.body {
            Some((kind, body)) => builder.finish_with(kind.as_bytes(), body),
            None => builder.finish(),
        }
    }
}

/// What a request is for: who is to hear of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    Register,
    Invite(CallNo),
    Reinvite(CallNo),
    Bye(CallNo),
    Cancel(CallNo),
    Info(CallNo),
    Refer(CallNo),
    /// To say that the call goes on.
    Refresh(CallNo),
    Text,
    /// To tell what the handset does.
    Handset,
    /// To say what waits in a mailbox.
    Report,
    /// To take the line, or to give it back.
    Line,
    /// To watch something, by the Call-ID of that.
    Watch(String),
    /// To acknowledge a provisional answer.
    Prack(CallNo),
}

/// A request of the phone's, under way or lately answered.
#[derive(Debug)]
pub struct Client {
    pub request: Request,
    pub sent: Message,
    pub purpose: Purpose,
    pub phase: Phase,
    /// Whether it proves who the phone is.
    pub proves: bool,
    /// Whether the server may never have got it, or forgotten it.
    pub excused: bool,
}

#[derive(Debug)]
pub enum Phase {
    /// Sent; no answer yet. Sent again after this time.
    Trying(Duration),
    /// A provisional answer came.
    Proceeding,
    /// The final answer came. For an INVITE, what acknowledges it.
    Completed(Option<Bytes>),
}

impl Client {
    pub fn new(request: Request, bytes: Bytes, purpose: Purpose, proves: bool) -> Client {
        let Parsed::Accept(sent) = parse(bytes) else {
            panic!("the phone wrote a request that is none: {request:?}");
        };
        Client {
            request,
            sent,
            purpose,
            phase: Phase::Trying(T1),
            proves,
            excused: false,
        }
    }

    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Completed(_))
    }

    /// The next wait before it is sent again over datagrams, if it is.
    pub fn next_interval(&mut self) -> Option<Duration> {
        match (&mut self.phase, self.request.method) {
            (Phase::Trying(interval), Method::Invite) => {
                *interval *= 2;
                Some(*interval)
            }
            (Phase::Trying(interval), _) => {
                *interval = (*interval * 2).min(T2);
                Some(*interval)
            }
            (Phase::Proceeding, Method::Invite) | (Phase::Completed(_), _) => None,
            (Phase::Proceeding, _) => Some(T2),
        }
    }

    /// The ACK of a refusal (RFC 3261 §17.1.1.3).
    pub fn ack_of_refusal(&self, response: &Message) -> Bytes {
        let sent = &self.sent;
        Builder::request(Method::Ack, sent.uri_text())
            .copy(sent, Name::Via)
            .display(Name::MaxForwards, 70)
            .copy(sent, Name::From)
            .copy(response, Name::To)
            .copy(sent, Name::CallId)
            .header(Name::CSeq, format!("{} ACK", sent.cseq().0))
            .finish()
    }

    /// The CANCEL of this INVITE (RFC 3261 §9.1); it has the INVITE's branch.
    pub fn cancel(&self) -> (Request, Bytes) {
        let sent = &self.sent;
        let request = Request {
            method: Method::Cancel,
            headers: Vec::new(),
            body: None,
            ..self.request.clone()
        };
        let bytes = Builder::request(Method::Cancel, sent.uri_text())
            .copy(sent, Name::Via)
            .display(Name::MaxForwards, 70)
            .copy(sent, Name::From)
            .copy(sent, Name::To)
            .copy(sent, Name::CallId)
            .header(Name::CSeq, format!("{} CANCEL", sent.cseq().0))
            .finish();
        (request, bytes)
    }
}

/// A request of the server's, and what the phone said to it.
#[derive(Debug)]
pub struct Server {
    pub request: Message,
    /// The phone's To tag.
    pub tag: String,
    pub response: Option<Bytes>,
    /// How many provisional answers had to be acknowledged.
    pub rseq: u32,
    /// The next wait before a refusal of an INVITE is sent again; none if it need not be.
    pub interval: Option<Duration>,
}
