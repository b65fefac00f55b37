//! REFER (RFC 3515): a phone transfers a call, and is told what becomes of it by NOTIFY.
//!
//! What is told waits its turn: one NOTIFY at a time, so that none overtakes another. A call is hung up only after the
//! last of them.

use rsip::Method;

use super::agent::{Agent, Purpose};
use super::dialog::{Dialog, asked_by, contact};
use super::flow::Flow;
use super::replaces::{DialogId, replaces_of_uri, target_dialog};
use super::reply;
use super::transaction::{ClientId, ServerId};
use super::wire::{Message, Name, Scheme, Uri, respond, status_reason};
use crate::pbx::{Event, LegId, PhoneName, Refusal, Secret, Ticket, TransferTo};
use crate::time::Now;

/// The media type of what a NOTIFY says about a transfer (RFC 3420).
const FRAGMENT: &[u8] = b"message/sipfrag;version=2.0";

/// How long the implied subscription lasts if nothing comes of the transfer, in seconds.
const LASTS_S: u32 = 300;

/// A REFER, from its arrival to the last NOTIFY.
#[derive(Debug)]
pub(super) struct Referral {
    /// In whose dialog NOTIFYs go, while that is there.
    pub leg: LegId,
    /// The dialog of its own: of a REFER outside of one, or of a call that was hung up meanwhile.
    dialog: Option<Dialog>,
    stage: Stage,
    /// Which REFER of the dialog it was (RFC 3515 §2.4.6).
    cseq: u32,
    /// The NOTIFY that is under way.
    sent: Option<ClientId>,
    /// What is to be told next.
    next: Option<Notice>,
}

#[derive(Debug)]
enum Stage {
    /// Not answered yet.
    Asked {
        server: ServerId,
        request: Box<Message>,
        flow: Flow,
        tag: String,
        /// Whether it wants to be told what becomes of it (RFC 4488).
        subscribes: bool,
    },
    /// The phone is told how it goes on.
    Subscribed,
    /// The last that there is to say has been said.
    Told,
}

/// What a NOTIFY says.
#[derive(Clone, Copy, Debug)]
struct Notice {
    status: u16,
    is_last: bool,
}

/// What a Refer-To asks for.
enum Wanted {
    Number(String),
    Call(DialogId),
}

impl Agent {
    /// A phone transfers the call that the request belongs to.
    pub(super) fn referred(
        &mut self,
        now: Now,
        flow: Flow,
        refer: &Message,
        server: ServerId,
        leg: LegId,
    ) {
        if self.is_referring(leg) {
            return self.respond(now, server, refer, flow, 491, None);
        }
        let Some(phone) = self.legs.get(&leg).map(|leg| leg.phone.clone()) else {
            return;
        };
        let to = match self.transfer_to(&phone, refer) {
            Ok(to) => to,
            Err(status) => return self.respond(now, server, refer, flow, status, None),
        };
        let ticket = self.mint_ticket();
        let tag = self.mint_tag(flow.remote.ip());
        let in_dialog = refer.to_tag().is_some();
        let dialog = (!in_dialog).then(|| Dialog::by_their_request(refer, flow, &tag));
        let subscribes = refer.text(Name::ReferSub).is_none_or(|value| {
            !value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .eq_ignore_ascii_case("false")
        });
        let referral = Referral {
            leg,
            dialog,
            stage: Stage::Asked {
                server,
                request: Box::new(refer.clone()),
                flow,
                tag,
                subscribes,
            },
            cseq: refer.cseq().0,
            sent: None,
            next: None,
        };
        self.referrals.insert(ticket, referral);
        self.events.push(Event::Transferred { leg, ticket, to });
    }

    /// A REFER outside of a dialog: it names the call that it means (RFC 4538), and proves whose phone it is.
    pub(super) fn referred_from_outside(
        &mut self,
        now: Now,
        flow: Flow,
        refer: &Message,
        server: ServerId,
    ) {
        let Some(phone) = self.authenticated(now, flow, refer, server) else {
            return;
        };
        if self.order_concluded(now, flow, refer, server, &phone)
            || self.hunt_key_pressed(now, flow, refer, server, &phone)
        {
            return;
        }
        if refer.contacts().next().is_none() {
            let why = reply::reason("SIP", 400, "A REFER needs a Contact");
            return self.respond(now, server, refer, flow, 400, Some(why));
        }
        let named = refer.text(Name::TargetDialog);
        let Some(id) = named.as_deref().and_then(target_dialog) else {
            let text = "A REFER must belong to a call, or name one in Target-Dialog";
            let why = Some(reply::reason("SIP", 403, text));
            return self.respond(now, server, refer, flow, 403, why);
        };
        let leg = self.leg_named(&id);
        match leg.filter(|leg| self.legs.get(leg).is_some_and(|leg| leg.phone == phone)) {
            Some(leg) if self.talking(leg).is_some() => {
                self.referred(now, flow, refer, server, leg);
            }
            _ => self.respond(now, server, refer, flow, 481, None),
        }
    }

    /// To whom a REFER wants the call to go, or the status that refuses it.
    fn transfer_to(&self, phone: &PhoneName, refer: &Message) -> Result<TransferTo, u16> {
        match wanted(refer)? {
            Wanted::Number(digits) => Ok(TransferTo::Number(Secret::new(digits))),
            Wanted::Call(id) => {
                let leg = self.leg_named(&id).ok_or(481_u16)?;
                let is_own = self.legs.get(&leg).is_some_and(|leg| leg.phone == *phone);
                is_own.then_some(TransferTo::Call(leg)).ok_or(403)
            }
        }
    }

    fn is_referring(&self, leg: LegId) -> bool {
        let open = |referral: &Referral| !matches!(referral.stage, Stage::Told);
        self.referrals.values().any(|r| r.leg == leg && open(r))
    }

    /// Whether a phone has not been told everything yet about a transfer of this call.
    pub(super) fn owes_notice(&self, leg: LegId) -> bool {
        let owes = |r: &Referral| r.leg == leg && r.dialog.is_none() && !r.is_over();
        self.referrals.values().any(owes)
    }

    /// The core does it: the REFER is accepted.
    pub(super) fn accept_transfer(&mut self, now: Now, ticket: Ticket) {
        let Some(referral) = self.referrals.get_mut(&ticket) else {
            return;
        };
        let Stage::Asked {
            server,
            request,
            flow,
            tag,
            subscribes,
        } = std::mem::replace(&mut referral.stage, Stage::Subscribed)
        else {
            return;
        };
        let status = if subscribes { 202 } else { 200 };
        let mut answer = respond(
            &request,
            flow.remote,
            status,
            status_reason(status),
            Some(&tag),
        )
        .header(Name::Contact, contact(flow, &asked_by(&request)));
        if !subscribes {
            answer = answer.header(Name::ReferSub, "false");
            referral.stage = Stage::Told;
        }
        self.transactions
            .respond(now, server, status, answer.finish());
        self.notify(now, ticket, 100, false);
    }

    /// The phones there ring.
    pub(super) fn show_transfer(&mut self, now: Now, ticket: Ticket) {
        self.notify(now, ticket, 180, false);
    }

    /// This is what became of it.
    pub(super) fn end_transfer(&mut self, now: Now, ticket: Ticket, outcome: &Result<(), Refusal>) {
        let status = match outcome {
            Ok(()) => 200,
            Err(why) => reply::status_of(why),
        };
        let Some(referral) = self.referrals.get(&ticket) else {
            return;
        };
        match &referral.stage {
            Stage::Asked {
                server,
                request,
                flow,
                ..
            } => {
                let (server, request, flow) = (*server, request.clone(), *flow);
                self.referrals.remove(&ticket);
                let text = outcome.as_ref().err().map(Refusal::text);
                let why = text.map(|text| reply::reason("SIP", status, &text));
                self.respond(now, server, &request, flow, status, why);
            }
            Stage::Subscribed => self.notify(now, ticket, status, true),
            Stage::Told => {
                self.referrals.remove(&ticket);
            }
        }
    }

    /// Tells the phone; after what it is being told just now.
    fn notify(&mut self, now: Now, ticket: Ticket, status: u16, is_last: bool) {
        let Some(referral) = self.referrals.get_mut(&ticket) else {
            return;
        };
        if !matches!(referral.stage, Stage::Subscribed) {
            return;
        }
        referral.next = Some(Notice { status, is_last });
        if is_last {
            referral.stage = Stage::Told;
        }
        self.notify_next(now, ticket);
    }

    fn notify_next(&mut self, now: Now, ticket: Ticket) {
        let Some(referral) = self.referrals.get_mut(&ticket) else {
            return;
        };
        if referral.sent.is_some() {
            return;
        }
        let Some(notice) = referral.next.take() else {
            return;
        };
        let (leg, cseq, own) = (referral.leg, referral.cseq, referral.dialog.take());
        let dialog = own.as_ref();
        let target = dialog.or(self.talking(leg).map(|talking| &talking.dialog));
        let target = target.map_or(String::new(), |dialog| dialog.target.clone());
        let purpose = Purpose::Notify(ticket);
        let finish = |builder: super::wire::Builder, flow: Flow| {
            let state = match notice.is_last {
                true => "terminated;reason=noresource".to_owned(),
                false => format!("active;expires={LASTS_S}"),
            };
            let status = notice.status;
            let line = format!("SIP/2.0 {status} {}\r\n", status_reason(status));
            builder
                .header(Name::Contact, contact(flow, &target))
                .display(Name::Event, format_args!("refer;id={cseq}"))
                .header(Name::SubscriptionState, state)
                .finish_with(FRAGMENT, line.as_bytes())
        };
        let client = match own {
            Some(mut dialog) => {
                let branch = self.mint_branch();
                let flow = dialog.flow;
                let bytes = finish(dialog.request(Method::Notify, &branch), flow);
                let client = self
                    .transactions
                    .request(now, flow, Method::Notify, &branch, bytes);
                self.purposes.insert(client, purpose);
                if let Some(referral) = self.referrals.get_mut(&ticket) {
                    referral.dialog = Some(dialog);
                }
                Some(client)
            }
            None => self.send_in_dialog(now, leg, Method::Notify, purpose, finish),
        };
        if let Some(referral) = self.referrals.get_mut(&ticket) {
            referral.sent = client;
            if client.is_none() {
                referral.stage = Stage::Told;
            }
        }
    }

    /// The phone has taken a NOTIFY, or does not want to hear more.
    pub(super) fn notified(&mut self, now: Now, ticket: Ticket, status: u16) {
        let Some(referral) = self.referrals.get_mut(&ticket) else {
            return;
        };
        referral.sent = None;
        // RFC 3265 §3.2.2: a subscriber that is gone needs no more notices. The transfer goes on.
        if status >= 300 && status != 500 {
            referral.next = None;
            referral.stage = Stage::Told;
        }
        self.notify_next(now, ticket);
        let is_over = self.referrals.get(&ticket).is_some_and(Referral::is_over);
        if !is_over {
            return;
        }
        let leg = self.referrals.remove(&ticket).map(|referral| referral.leg);
        if let Some(leg) = leg {
            self.hang_up_if_closing(now, leg);
        }
    }

    /// A call is over; what is still to be told about its transfer goes on in its dialog.
    pub(super) fn keep_dialog_for_notices(&mut self, leg: LegId, dialog: &Dialog) {
        let theirs = self.referrals.values_mut();
        for referral in theirs.filter(|r| r.leg == leg && r.dialog.is_none()) {
            referral.dialog = Some(dialog.clone());
        }
    }
}

impl Referral {
    fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Told) && self.sent.is_none() && self.next.is_none()
    }
}

/// What the one Refer-To says.
fn wanted(refer: &Message) -> Result<Wanted, u16> {
    if refer.values(Name::ReferTo).nth(1).is_some() {
        return Err(400);
    }
    let to = refer.address(Name::ReferTo).map_err(|_| 400_u16)?;
    let uri: Uri<'_> = to.uri;
    if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel) {
        return Err(416);
    }
    if uri
        .param("method")
        .is_some_and(|method| !method.eq_ignore_ascii_case("INVITE"))
    {
        return Err(501);
    }
    match replaces_of_uri(&uri) {
        Some(Ok(id)) => Ok(Wanted::Call(id)),
        Some(Err(())) => Err(400),
        None => Ok(Wanted::Number(uri.user_decoded().into_owned())),
    }
}
