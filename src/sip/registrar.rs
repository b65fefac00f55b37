//! The registrar (RFC 3261 §10), at the edge: socket workers call it in parallel, and what it answers goes no further.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use rsip::Method;

use super::asker::{Asker, OUTBOUND};
use super::auth::{Authenticator, Judged, Offer, Verdict, Wrong};
use super::bindings::{Binding, Bindings, News, Refused, Update, What};
use super::flow::Flow;
use super::hook;
use super::introduction::{load, takes_messages, user_agent};
use super::keyring::Keyring;
use super::lockout::{self, Guess, Guesser, Lockout};
use super::message_summary;
use super::network::Network;
use super::phones::Phones;
use super::registration::{Limits, wanted};
use super::seal::Seals;
use super::trunk::TrunkPaths;
use super::wire::{Address, Builder, Message, Name, Uri, status_reason};
use super::witness::{Standing, Witness};
use crate::pbx::{Firmware, LockedOut, PhoneName, Site};
use crate::time::Now;

/// The methods that Perch understands, as its Allow headers list them (RFC 3261 §20.5).
pub const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, INFO, MESSAGE, NOTIFY, OPTIONS, PRACK, REFER, REGISTER, SUBSCRIBE, UPDATE";

/// What became of a message at the edge.
#[derive(Clone, Debug)]
pub enum Edge {
    /// The exchange must see it.
    NotMine,
    /// It is answered.
    Answered {
        /// The response, to go back by the same flow.
        bytes: Bytes,
        /// What the exchange must hear.
        news: Option<News>,
    },
}

/// How often what happened.
#[derive(Debug, Default)]
pub struct Counters {
    /// Wrong passwords.
    pub wrong_passwords: AtomicU64,
    /// Networks that were locked out of a phone.
    pub lockouts: AtomicU64,
    /// REGISTER requests.
    pub registers: AtomicU64,
    /// Challenges sent (401).
    pub challenges: AtomicU64,
    /// REGISTER and OPTIONS requests refused for any other reason.
    pub failures: AtomicU64,
}

/// Who may register, and who has.
#[derive(Debug)]
pub struct Registrar {
    phones: ArcSwap<Phones>,
    /// The ways to trunks, so that they are known when they call.
    trunk_paths: ArcSwap<TrunkPaths>,
    auth: Authenticator,
    seals: Seals,
    lockout: Lockout,
    /// Told what requests prove.
    witness: OnceLock<Arc<dyn Witness>>,
    /// Knows the passwords that nobody typed.
    keyring: OnceLock<Arc<dyn Keyring>>,
    limits: Limits,
    bindings: Bindings,
    counters: Counters,
    /// What both clocks said when they were first asked: see [`Registrar::steady`].
    origin: OnceLock<Now>,
    /// Makes our tags and fingerprints different from anybody else's.
    salt: u64,
}

impl Registrar {
    /// A registrar that knows no phones yet. The key is for nonces and tags; nobody else may know it.
    pub fn new(key: [u8; 32], limits: Limits) -> Registrar {
        let mut salt = DefaultHasher::new();
        key.hash(&mut salt);
        Registrar {
            phones: ArcSwap::default(),
            trunk_paths: ArcSwap::default(),
            auth: Authenticator::new(key),
            seals: Seals::new(key),
            lockout: Lockout::default(),
            witness: OnceLock::new(),
            keyring: OnceLock::new(),
            limits,
            bindings: Bindings::default(),
            counters: Counters::default(),
            origin: OnceLock::new(),
            salt: salt.finish(),
        }
    }

    /// The same with another offer of digest algorithms.
    #[must_use]
    pub fn offering(self, offer: Offer) -> Registrar {
        Registrar {
            auth: self.auth.offering(offer),
            ..self
        }
    }

    /// From now on somebody is told what requests prove; nobody else after that.
    pub fn be_watched_by(&self, witness: Arc<dyn Witness>) {
        self.witness.get_or_init(|| witness);
    }

    /// From now on phones have the passwords that are on this keyring, and on no other after that.
    pub fn use_keyring(&self, keyring: Arc<dyn Keyring>) {
        self.keyring.get_or_init(|| keyring);
    }

    /// Takes the phones of a site. Bindings of phones that may not register any more are dropped and reported.
    pub fn set_phones(&self, site: Arc<Site>) -> Vec<News> {
        let phones = Arc::new(Phones::of(&site, self.keyring.get().map(AsRef::as_ref)));
        self.phones.store(Arc::clone(&phones));
        let has_lamps = site.voicemails().next().is_some() || site.has_hunt_keys();
        self.bindings.set_lamps(has_lamps);
        let gone = self.bindings.retain(|phone| phones.has(phone));
        self.auth.retain(|phone| phones.has(phone));
        gone.into_iter().map(News::Gone).collect()
    }

    /// Answers a REGISTER, an OPTIONS that belongs to no dialog, and what does not prove where it comes from. Nothing
    /// is remembered of such a request (RFC 3261 §26.3.2.4): one that comes again is answered again.
    pub fn edge(&self, now: Now, flow: &Flow, message: &Message) -> Edge {
        match message.method() {
            Some(Method::Register) => self.register(self.steady(now), flow, message),
            Some(Method::Ack | Method::Cancel) => Edge::NotMine,
            _ if !begins_something(message) => Edge::NotMine,
            Some(Method::Notify)
                if self.tells_of_handset(now, flow, message).is_some()
                    || self.reports_messages(now, flow, message).is_some() =>
            {
                Edge::NotMine
            }
            Some(Method::Options) => self.options(flow, message),
            Some(Method::Invite) if self.trunk_of(flow, message).is_some() => {
                // Who may call in is known by its address: it is no stranger.
                self.witnessed(now, flow.remote.ip(), Standing::Proven);
                Edge::NotMine
            }
            _ => self.stranger(now, flow, message),
        }
    }

    /// The ways to trunks are these from now on.
    pub fn set_trunk_paths(&self, paths: TrunkPaths) {
        self.trunk_paths.store(Arc::new(paths));
    }

    /// The trunk that a request comes from. Whoever proves to be a phone is none, wherever it is.
    pub fn trunk_of(&self, flow: &Flow, request: &Message) -> Option<PhoneName> {
        match request.header(Name::Authorization) {
            None => self.trunk_at(flow),
            Some(_) => None,
        }
    }

    /// The trunk that is there.
    pub fn trunk_at(&self, flow: &Flow) -> Option<PhoneName> {
        let phones = self.phones.load();
        phones.trunk_at(flow, &self.trunk_paths.load()).cloned()
    }

    /// Which phone a request comes from, by its digest credentials. Call control asks this for what it must know.
    pub fn authenticate(&self, now: Now, source: IpAddr, request: &Message) -> Verdict {
        let verdict = match self.judge(now, source, request) {
            Judged::Right(right) => self.auth.count(right, source.into()),
            Judged::Wrong(_) => Verdict::Challenge { stale: false },
            Judged::Not(verdict) => verdict,
        };
        self.tell(now, source, request, &verdict);
        verdict
    }

    /// Adds our challenges to a 401 that goes to `source`.
    pub fn challenge(&self, now: Now, source: IpAddr, stale: bool, response: Builder) -> Builder {
        self.counters.challenges.fetch_add(1, Ordering::Relaxed);
        let realm = &self.phones.load().realm;
        self.auth.challenge(now, source, realm, stale, response)
    }

    /// Whether a datagram holds a nonce that was sent to `source`, so that whoever sent it does not forge its address.
    /// Costs less than understanding it.
    pub fn has_nonce_for(&self, source: IpAddr, raw: &[u8]) -> bool {
        self.auth.has_nonce_for(source, raw)
    }

    /// Whether a datagram holds a tag of a dialog that was given to `source`: the same, for what belongs to something.
    pub fn has_tag_for(&self, source: IpAddr, raw: &[u8]) -> bool {
        self.seals.is_in(raw, source.into())
    }

    /// A tag of ours for a dialog with somebody there.
    pub fn tag_for(&self, noise: u64, towards: IpAddr) -> String {
        self.seals.tag(noise, towards.into())
    }

    /// A request from there belonged to nothing that there is.
    pub fn came_to_nothing(&self, now: Now, source: IpAddr) {
        self.witnessed(now, source, Standing::Nothing);
    }

    /// Whether somebody calls for help: nothing but the number is looked at.
    pub fn is_emergency(&self, request: &Message) -> bool {
        let is_number = |uri: Uri<'_>| {
            let phones = self.phones.load();
            phones.emergency.contains(&*uri.user_decoded())
        };
        request.method() == Some(Method::Invite) && request.uri().is_ok_and(is_number)
    }

    /// Who guessed a phone's password too often, and is not believed for a while.
    pub fn locked_out(&self, now: Now) -> Vec<LockedOut> {
        self.lockout.locked(now)
    }

    /// Those who were locked out before a restart of ours still are.
    pub fn lock_out_again(&self, now: Now, locked: &[LockedOut]) {
        self.lockout
            .restore(now, self.phones.load().lockout, locked);
    }

    /// Believes everybody who has the phone's password again. Says how many networks were locked out.
    pub fn forgive(&self, now: Now, phone: &PhoneName) -> usize {
        self.lockout.forgive(now, phone.as_str())
    }

    /// Where a phone is, best first: by preference, then the one heard of last.
    pub fn bindings_of(&self, phone: &PhoneName, now: Now) -> Vec<Binding> {
        self.bindings.of(self.steady(now), phone)
    }

    /// What a phone says that it runs, at the place where it was heard of last (OUT-8).
    pub fn firmware_of(&self, phone: &PhoneName, now: Now) -> Firmware {
        let bindings = self.bindings_of(phone, now).into_iter();
        let last = bindings.max_by_key(|binding| binding.refreshed_at);
        let said = |text: Option<Box<str>>| text.map(String::from);
        last.map_or_else(Firmware::default, |last| Firmware {
            load: said(last.load),
            user_agent: said(last.user_agent),
        })
    }

    /// What to ring to reach a phone, best first: each is a place, with the flows that lead to it. The next flow is
    /// for when the one before fails (RFC 5626 §5.3).
    pub fn targets_of(&self, phone: &PhoneName, now: Now) -> Vec<Vec<Binding>> {
        self.bindings.targets(self.steady(now), phone)
    }

    /// So many phones ring: only then, or if there is voicemail, is it news that one is at another place.
    pub fn set_ringing(&self, phones: usize) {
        self.bindings.set_ringing(phones);
    }

    /// The phone that tells of its handset by this request: one that was asked to, from where it is registered. No
    /// password is asked for, as no such phone sends one.
    pub fn tells_of_handset(&self, now: Now, flow: &Flow, request: &Message) -> Option<PhoneName> {
        if !hook::is_about_handset(request) {
            return None;
        }
        let line = hook::read(request).map(|told| told.line);
        let from = request.from().ok();
        let from = from.map(|from| from.uri.user_decoded().into_owned());
        let phones = self.phones.load();
        let now = self.steady(now);
        let named = line.into_iter().chain(from);
        let mut phones = named.map(|name| PhoneName::from(phones.called(&name)));
        phones.find(|phone| self.bindings.tells_of_handset_by(now, phone, flow))
    }

    /// The voicemail system that says by this request what waits in a mailbox: from where it is registered. Not all have
    /// a password at hand for that.
    pub fn reports_messages(&self, now: Now, flow: &Flow, request: &Message) -> Option<PhoneName> {
        if !message_summary::is_about_messages(request) {
            return None;
        }
        let phones = self.phones.load();
        let now = self.steady(now);
        let mut voicemails = phones.voicemails.iter();
        let from_there = voicemails.find(|phone| self.bindings.is_by(now, phone, flow));
        from_there.cloned()
    }

    /// Whether a phone is a voicemail system.
    pub(super) fn is_voicemail(&self, phone: &PhoneName) -> bool {
        self.phones.load().voicemails.contains(phone)
    }

    /// A connection is gone: so are the bindings that only it led to.
    pub fn connection_closed(&self, now: Now, connection: u64) -> Vec<News> {
        self.bindings
            .connection_closed(self.steady(now), connection)
    }

    /// Whether a phone has promised to keep this connection alive.
    pub fn keeps_flow(&self, connection: u64) -> bool {
        self.bindings.keeps_flow(connection)
    }

    /// After so much silence a flow that was to be kept alive has failed: half as long again as the phone was told
    /// (RFC 5626 §4.4).
    pub fn flow_silence(&self) -> Duration {
        Duration::from_millis(1500) * self.limits.flow_timer_s
    }

    /// How many phones can be reached.
    pub fn registered(&self) -> usize {
        self.bindings.bound()
    }

    /// How often what happened.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Unbinds what has expired, and tells who was locked out since the last time. To be called every second or so;
    /// costs nothing when nothing is due.
    pub fn expire(&self, now: Now) -> Vec<News> {
        self.lockout.tidy(now, self.phones.load().lockout);
        let mut news = self.bindings.expire(self.steady(now));
        news.extend(self.lockout.take_news().into_iter().map(News::LockedOut));
        news
    }

    /// Takes up to `max` phones whose bindings changed since they were last taken, each with a text to be saved for
    /// [`Registrar::restore`]; an empty text means that there is nothing to save any more.
    pub fn take_unsaved(&self, max: usize) -> Vec<(PhoneName, String)> {
        self.bindings.take_unsaved(max)
    }

    /// Puts back what was saved, after [`Registrar::set_phones`]. What has expired since, or belongs to no phone, is
    /// left out.
    pub fn restore(&self, now: Now, saved: Vec<(PhoneName, String)>) -> Vec<News> {
        let phones = self.phones.load();
        let known = saved.into_iter().filter(|(phone, _)| phones.has(phone));
        known
            .filter_map(|(phone, text)| self.bindings.restore(self.steady(now), phone, &text))
            .collect()
    }

    /// The wall clock as it would be had nobody set it since the start. Bindings last by it: time that has not passed
    /// does not count, and yet what is saved can be understood after a restart.
    fn steady(&self, now: Now) -> Now {
        let origin = self.origin.get_or_init(|| now);
        Now {
            utc: origin.utc_at(now.uptime),
            ..now
        }
    }

    /// What the credentials are worth to whoever comes from there. Counts wrong ones: everybody asks this first.
    fn judge<'m>(&self, now: Now, source: IpAddr, request: &'m Message) -> Judged<'m> {
        let phones = self.phones.load();
        let known = |name: &str| phones.named(name);
        let judged = self.auth.judge(now, &phones.realm, known, request);
        let network = Network::from(source);
        match &judged {
            Judged::Right(right) => {
                let phone = right.phone.as_str();
                let is_locked =
                    self.lockout.refuses(now, phone, network) && !self.is_at(now, phone, network);
                match is_locked {
                    true => Judged::Not(Verdict::Challenge { stale: false }),
                    false => judged,
                }
            }
            Judged::Wrong(wrong) => {
                self.counters
                    .wrong_passwords
                    .fetch_add(1, Ordering::Relaxed);
                let phone = phones.called(&wrong.username);
                if !self.is_at(now, phone, network) {
                    self.guessed(now, phones.lockout, (phone, network), wrong);
                }
                judged
            }
            Judged::Not(_) => judged,
        }
    }

    fn guessed(
        &self,
        now: Now,
        rules: lockout::Rules,
        (phone, network): (&str, Network),
        wrong: &Wrong<'_>,
    ) {
        let guesser = Guesser {
            name: phone,
            is_known: wrong.is_known,
            network,
            response: wrong.response,
        };
        let guess = self.lockout.wrong(now, rules, &guesser);
        if guess == Guess::Locks && wrong.is_known {
            self.counters.lockouts.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(phone, source = %network, "locked out after too many wrong passwords of this phone");
        }
    }

    /// Whether the phone is there, or was when it last proved itself.
    fn is_at(&self, now: Now, phone: &str, network: Network) -> bool {
        self.auth.was_at(phone, network) || self.bindings.is_at(self.steady(now), phone, network)
    }

    fn tell(&self, now: Now, source: IpAddr, request: &Message, verdict: &Verdict) {
        let standing = match verdict {
            Verdict::Proven(_) => Standing::Proven,
            Verdict::Replayed(_) | Verdict::Challenge { stale: true } => return,
            Verdict::Challenge { stale: false } | Verdict::Bad(_) => {
                if request.header(Name::Authorization).is_none() {
                    return;
                }
                Standing::Wrong
            }
        };
        self.witnessed(now, source, standing);
    }

    fn witnessed(&self, now: Now, source: IpAddr, standing: Standing) {
        if let Some(witness) = self.witness.get() {
            witness.saw(now, source, standing);
        }
    }

    /// A request that begins something: challenged here unless its proof looks right. Then the exchange judges it again,
    /// and counts.
    fn stranger(&self, now: Now, flow: &Flow, message: &Message) -> Edge {
        let source = flow.remote.ip();
        let verdict = match self.judge(now, source, message) {
            Judged::Right(_) => return Edge::NotMine,
            Judged::Wrong(_) => Verdict::Challenge { stale: false },
            Judged::Not(verdict) => verdict,
        };
        self.tell(now, source, message, &verdict);
        let asker = Asker {
            flow,
            message,
            tag: self.tag(message),
        };
        match verdict {
            Verdict::Bad(reason) => self.refuse(asker.respond(400, reason)),
            _ => self.unauthorized(now, &asker, false),
        }
    }

    fn register(&self, now: Now, flow: &Flow, message: &Message) -> Edge {
        self.counters.registers.fetch_add(1, Ordering::Relaxed);
        let asker = Asker {
            flow,
            message,
            tag: self.tag(message),
        };
        let phone = match self.authenticate(now, flow.remote.ip(), message) {
            Verdict::Proven(phone) => phone,
            Verdict::Replayed(phone) if self.is_retransmission(now, &phone, &asker) => phone,
            // The proof is right, only used up: with a new nonce the phone can go on.
            Verdict::Replayed(_) => return self.unauthorized(now, &asker, true),
            Verdict::Challenge { stale } => return self.unauthorized(now, &asker, stale),
            Verdict::Bad(reason) => return self.refuse(asker.respond(400, reason)),
        };
        let fingerprint = self.fingerprint(&asker);
        match self.update(now, &phone, &asker, fingerprint) {
            Ok((bytes, news)) => Edge::Answered { bytes, news },
            Err(refusal) => {
                self.bindings.note_answered(now, &phone, fingerprint);
                self.refuse(refusal)
            }
        }
    }

    /// RFC 3261 §10.3 from step 4 on. An error is the response that refuses.
    fn update(
        &self,
        now: Now,
        phone: &PhoneName,
        asker: &Asker<'_>,
        fingerprint: u64,
    ) -> Result<(Bytes, Option<News>), Builder> {
        let message = asker.message;
        let phones = self.phones.load();
        let is_own = |to: Address<'_>| phones.called(&to.uri.user_decoded()) == phone.as_str();
        if !message.to().is_ok_and(is_own) {
            return Err(asker.respond(403, "Not Your Address Of Record"));
        }
        asker.check_scheme()?;
        asker.check_require(&[OUTBOUND])?;
        let what = wanted(&self.limits, asker)?;
        let has_flow = match &what {
            What::Contacts(contacts) => contacts.iter().any(|asked| asked.reg_id != 0),
            What::UnbindAll => false,
        };
        let update = Update {
            call_id: message.call_id(),
            cseq: message.cseq().0,
            fingerprint,
            flow: asker.flow,
            user_agent: user_agent(message),
            load: load(message),
            takes_messages: takes_messages(message),
            tells_of_handset: hook::can_be_told_of(message),
            what,
        };
        let is_still_known = || self.phones.load().has(phone);
        let flow_timer_s = has_flow.then(|| asker.flow_timer_s(self.limits.flow_timer_s));
        let tells_of_handset = update.tells_of_handset;
        let answer = |bindings: &[Binding]| asker.ok(now, bindings, flow_timer_s, tells_of_handset);
        let limit = self.limits.contacts;
        // To one that logs in by registering it matters whether it begins anew (SES-17).
        let logs_in = phones.logs_in(phone);
        let is_refresh = logs_in && self.bindings.has_call_id(phone, update.call_id);
        let done = self
            .bindings
            .update(now, phone, &update, limit, is_still_known, answer)
            .map_err(|refused| match refused {
                Refused::OutOfOrder => asker.respond(500, "Request Out Of Order"),
                Refused::TooMany => asker.respond(403, "Too Many Contacts"),
                Refused::Unknown => asker.respond(403, status_reason(403)),
            });
        let (bytes, news) = done?;
        let begins_anew =
            logs_in && !is_refresh && self.bindings.has_call_id(phone, update.call_id);
        let news = match news {
            None | Some(News::Moved(_)) if begins_anew => Some(News::Registered(phone.clone())),
            news => news,
        };
        Ok((bytes, news))
    }

    /// RFC 3261 §11: what we can do.
    fn options(&self, flow: &Flow, message: &Message) -> Edge {
        let asker = Asker {
            flow,
            message,
            tag: self.tag(message),
        };
        if let Err(refusal) = asker.check_scheme().and_then(|()| asker.check_require(&[])) {
            return self.refuse(refusal);
        }
        let ok = asker
            .respond(200, status_reason(200))
            .header(Name::Allow, ALLOW);
        let ok = ok.header(Name::Accept, "application/sdp, text/plain");
        Edge::Answered {
            bytes: ok.header(Name::Supported, OUTBOUND).finish(),
            news: None,
        }
    }

    fn unauthorized(&self, now: Now, asker: &Asker<'_>, stale: bool) -> Edge {
        let (source, response) = (
            asker.flow.remote.ip(),
            asker.respond(401, status_reason(401)),
        );
        Edge::Answered {
            bytes: self.challenge(now, source, stale, response).finish(),
            news: None,
        }
    }

    fn refuse(&self, refusal: Builder) -> Edge {
        self.counters.failures.fetch_add(1, Ordering::Relaxed);
        Edge::Answered {
            bytes: refusal.finish(),
            news: None,
        }
    }

    fn is_retransmission(&self, now: Now, phone: &PhoneName, asker: &Asker<'_>) -> bool {
        self.bindings
            .was_answered(now, phone, self.fingerprint(asker))
    }

    /// Tells requests apart: the same bytes from the same place are the same request.
    fn fingerprint(&self, asker: &Asker<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.salt.hash(&mut hasher);
        asker.flow.remote.hash(&mut hasher);
        asker.message.raw().hash(&mut hasher);
        hasher.finish()
    }

    /// A tag for our answers (RFC 3261 §19.3): the same for the same request, which is what a server without
    /// transactions needs (§8.2.7).
    fn tag(&self, message: &Message) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.salt.hash(&mut hasher);
        message.call_id().hash(&mut hasher);
        message.cseq().0.hash(&mut hasher);
        hasher.finish()
    }
}

/// Whether a request belongs to nothing that was there before it.
fn begins_something(message: &Message) -> bool {
    message.is_request() && message.to_tag().is_none()
}
