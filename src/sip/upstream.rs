//! Users who are registered at another exchange (RFC 3261 §10.2): the requests, and what is read in the answers.
//!
//! Who is asked for next, and when, is in `roll.rs`.

mod pace;
mod roll;

use std::sync::Arc;
use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose};
use super::credentials::{Account, Asked, Challenge, Once};
use super::dialog::via;
use super::flow::Flow;
use super::outbound::identity_at;
use super::transaction::ClientId;
use super::wire::{Builder, Contact, Message, Name};
use crate::pbx::{Event, Haste, Party, TrunkAccount, UpstreamUser, UserId};
use crate::time::Now;
use roll::{Ask, Report, Roll, Said, Terms, Wish};

/// The other exchange, and who is registered there.
#[derive(Debug)]
pub(super) struct Upstream {
    /// How it is reached; none while nobody knows.
    flow: Option<Flow>,
    /// What it calls itself in addresses.
    domain: String,
    /// The realm that passwords are for.
    realm: String,
    roll: Roll,
}

impl Agent {
    /// Which exchange that is, or how it is reached, may be different. One that is named no more is kept for as long as
    /// there is anybody to be taken back.
    pub(super) fn review_upstream(&mut self, now: Now) {
        let Some(config) = self.site.upstream.clone() else {
            return;
        };
        let terms = Terms {
            expires_s: config.expires_s,
            per_s: config.registrations_per_s,
        };
        let way = self.way_of(&config.trunk);
        let upstream = self.upstream.get_or_insert_with(|| Upstream {
            flow: None,
            domain: String::new(),
            realm: String::new(),
            roll: Roll::new(terms),
        });
        upstream.roll.set_terms(terms);
        upstream.realm = config.realm;
        // As long as nobody knows where it is, it is where it was.
        if let Some((address, flow)) = way {
            upstream.domain = config.domain.unwrap_or_else(|| address.place());
            let before = upstream.flow.replace(flow);
            if before.is_some_and(|before| before != flow) {
                upstream.roll.moved();
            }
        }
        self.ask_upstream(now);
    }

    /// What proves a user's calls there.
    pub(super) fn account_upstream(&self, user: &UpstreamUser) -> Option<TrunkAccount> {
        Some(TrunkAccount {
            user: user.name.clone(),
            realm: self.upstream.as_ref()?.realm.clone(),
            secret: user.secret,
        })
    }

    /// Somebody as the other exchange knows them.
    pub(super) fn identity_upstream(&self, party: &Party) -> String {
        let domain = self.upstream.as_ref().map_or("", |u| &u.domain);
        identity_at(party, domain)
    }

    /// Somebody is to be registered at the other exchange.
    pub(super) fn enrol_upstream(
        &mut self,
        now: Now,
        user: UserId,
        account: Arc<UpstreamUser>,
        haste: Haste,
    ) {
        let call_id = self.mint_call_id();
        if let Some(upstream) = &mut self.upstream {
            upstream.roll.enrol(user, account, haste, || call_id);
            self.ask_upstream(now);
        }
    }

    /// Somebody is not to be registered there any more.
    pub(super) fn withdraw_upstream(&mut self, now: Now, user: UserId, account: Arc<UpstreamUser>) {
        let call_id = self.mint_call_id();
        if let Some(upstream) = &mut self.upstream {
            let roll = &mut upstream.roll;
            roll.withdraw(now.uptime, user, account, || call_id);
            self.ask_upstream(now);
        }
    }

    /// Does what is due.
    pub(super) fn wake_upstream(&mut self, now: Now) {
        if let Some(upstream) = &mut self.upstream {
            upstream.roll.wake(now.uptime);
            self.ask_upstream(now);
        }
    }

    /// When something is due (uptime).
    pub(super) fn next_upstream(&self) -> Option<Duration> {
        let upstream = self.upstream.as_ref()?;
        upstream.flow?;
        upstream.roll.next_deadline()
    }

    /// Asks for as much as may be asked for now.
    fn ask_upstream(&mut self, now: Now) {
        while let Some(upstream) = &mut self.upstream
            && let Some(flow) = upstream.flow
            && let Some(ask) = upstream.roll.next(now.uptime)
        {
            self.send_register(now, flow, ask);
        }
        self.report_upstream();
    }

    fn report_upstream(&mut self) {
        let reports = self.upstream.as_mut().map(|u| u.roll.take_reports());
        for report in reports.unwrap_or_default() {
            self.events.push(match report {
                Report::Stands(user, standing) => Event::UpstreamStands { user, standing },
                Report::Line(line) => Event::UpstreamLine(line),
            });
        }
    }

    fn send_register(&mut self, now: Now, flow: Flow, ask: Ask) {
        let tag = self.mint_tag(flow.remote.ip());
        let (branch, cnonce) = (self.mint_branch(), self.mint_call_id());
        let Some(upstream) = &self.upstream else {
            return;
        };
        let (number, domain) = (&ask.account.number, &upstream.domain);
        let uri = format!("sip:{domain}");
        let address = format!("<sip:{number}@{domain}>");
        let builder = Builder::request(Method::Register, &uri)
            .display(Name::Via, via(flow, &branch))
            .header(Name::MaxForwards, "70")
            .display(Name::From, format_args!("{address};tag={tag}"))
            .header(Name::To, &address)
            .header(Name::CallId, &*ask.call_id)
            .display(Name::CSeq, format_args!("{} REGISTER", ask.cseq));
        let bound = |builder: Builder, seconds: u32| {
            let contact = format!("{};expires={seconds}", contact_of(&ask.account, flow));
            builder
                .header(Name::Contact, contact)
                .display(Name::Expires, seconds)
        };
        let builder = match ask.wish {
            Wish::Register(seconds) => bound(builder, seconds),
            Wish::TakeBack => bound(builder, 0),
            Wish::Recall => builder,
        };
        let builder = match &ask.challenge {
            Some((challenge, count)) => {
                let asked = Asked {
                    method: "REGISTER",
                    uri: &uri,
                };
                let once = Once {
                    cnonce: &cnonce,
                    count: *count,
                };
                let account = account_of(&ask.account, &upstream.realm);
                builder.header(challenge.header(), challenge.answer(account, asked, once))
            }
            None => builder,
        };
        let client =
            self.transactions
                .request(now, flow, Method::Register, &branch, builder.finish());
        let purpose = Purpose::Register(ask.user, ask.account);
        self.purposes.insert(client, purpose);
    }

    /// The other exchange has answered.
    pub(super) fn register_answered(
        &mut self,
        now: Now,
        client: ClientId,
        (user, account): (&UserId, &UpstreamUser),
        response: &Message,
    ) {
        self.purposes.remove(&client);
        let Some(upstream) = &self.upstream else {
            return;
        };
        let said = read(response, account, upstream);
        self.upstream_said(now, user, said);
    }

    /// It has not answered, or cannot be reached.
    pub(super) fn register_unanswered(&mut self, now: Now, user: &UserId) {
        self.upstream_said(now, user, Said::Nothing);
    }

    fn upstream_said(&mut self, now: Now, user: &UserId, said: Said) {
        #[expect(clippy::cast_precision_loss, reason = "it is a thousand at most")]
        let chance = self.some_centis(100) as f64 / 1000.0;
        let Some(upstream) = &mut self.upstream else {
            return;
        };
        let again = upstream.roll.said(now.uptime, user, said, chance);
        if let (Some(ask), Some(flow)) = (again, upstream.flow) {
            self.send_register(now, flow, ask);
        }
        self.ask_upstream(now);
    }
}

fn account_of<'a>(user: &'a UpstreamUser, realm: &'a str) -> Account<'a> {
    Account {
        user: &user.name,
        realm,
        secret: &user.secret,
    }
}

/// Where calls for a user are to be sent: their number at our address, so that it says whom they are for.
fn contact_of(user: &UpstreamUser, flow: Flow) -> String {
    let transport = flow.transport.uri_token();
    format!("<sip:{}@{};transport={transport}>", user.number, flow.local)
}

/// What an answer means.
fn read(response: &Message, account: &UpstreamUser, upstream: &Upstream) -> Said {
    let status = response.status().unwrap_or(500);
    let seconds = |name| {
        let text = response.text(name)?;
        let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<u32>().ok()
    };
    match status {
        200..300 => granted(response, account, upstream.flow),
        401 | 407 => match Challenge::of(response, account_of(account, &upstream.realm)) {
            Some(challenge) => Said::Who(challenge),
            None => match Challenge::realms(response).into_iter().next() {
                Some(realm) if realm != upstream.realm => Said::WhoElse(realm),
                _ => Said::No(status),
            },
        },
        423 => seconds(Name::MinExpires).map_or(Said::No(status), Said::TooBrief),
        408 | 429 | 480 | 500..600 => {
            let after = seconds(Name::RetryAfter).map(|s| Duration::from_secs(s.into()));
            Said::Later {
                status,
                after,
                all: status == 503 && after.is_some(),
            }
        }
        _ => Said::No(status),
    }
}

/// For how long our contact is bound, by what is said of it or of all.
fn granted(response: &Message, account: &UpstreamUser, flow: Option<Flow>) -> Said {
    let is_ours = |contact: &Contact<'_>| {
        let (Contact::Address(address), Some(flow)) = (contact, flow) else {
            return false;
        };
        let uri = &address.uri;
        uri.user_decoded() == account.number.as_str()
            && uri.host_addr() == Some(flow.local.ip())
            && uri.port.unwrap_or(flow.transport.default_port()) == flow.local.port()
    };
    let ours = response.contacts().filter_map(Result::ok).find(is_ours);
    let expires = ours.as_ref().and_then(Contact::expires);
    Said::Yes {
        seconds: expires.or_else(|| response.expires()),
        is_listed: ours.is_some(),
    }
}
