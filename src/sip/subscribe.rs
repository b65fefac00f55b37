//! SUBSCRIBE (RFC 6665 §4.2.1): a phone wants to be told how something stands, from now on or once.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Timer, dialog_of};
use super::dialog::{Dialog, asked_by, contact};
use super::flow::Flow;
use super::list;
use super::package::{EVENT_LIST, LampKey, Package, Topic};
use super::reply;
use super::subscription::{End, Moved, Owes, Watch, WatchId};
use super::transaction::ServerId;
use super::wire::{Message, Name, Scheme, Uri, respond, status_reason};
use crate::pbx::{Desk, Dn, Event, PhoneName, Site};
use crate::time::Now;

/// The user part of the URI by which a phone watches all numbers that it has lamps for.
const LAMPS: &str = "blf";

/// Longer URIs are not taken: they are written into every document.
const ENTITY_MAX: usize = 256;

/// Event ids that are longer are not taken.
const EVENT_ID_MAX: usize = 64;

/// How long somebody who wants one look waits at most to be told that nothing is known, in seconds.
const ONE_LOOK_S: u32 = 5;

/// Why a phone may not watch what it wants to.
#[derive(Debug, PartialEq, Eq)]
enum Unwatchable {
    /// What it says makes no sense.
    Malformed(&'static str),
    /// It is no SUBSCRIBE, and yet belongs to a subscription.
    Method,
    /// It comes after a later one (RFC 3261 §12.2.2).
    OutOfOrder,
    /// Its URI is of a kind that is not understood.
    Scheme,
    /// Nothing has that number.
    Unknown,
    /// It takes no document that there is.
    NotAccepted(&'static str),
    /// It wants a list, and does not say that it understands lists.
    NeedsList,
    /// It wants to be told again too soon.
    TooBrief,
    /// Enough is watched already.
    TooMany,
}

impl Agent {
    /// A phone subscribes to an event package.
    pub(super) fn watch_asked(
        &mut self,
        now: Now,
        flow: Flow,
        subscribe: &Message,
        server: ServerId,
    ) {
        let Some((package, event_id)) = Package::named(subscribe) else {
            // RFC 6665 §4.2.1.1: there is no such event package here.
            return self.respond(now, server, subscribe, flow, 489, None);
        };
        let Some(phone) = self.authenticated(now, flow, subscribe, server) else {
            return;
        };
        if self.draining {
            return self.respond(now, server, subscribe, flow, 503, None);
        }
        let wanted = self
            .topic_wanted(package, &phone, subscribe)
            .and_then(|found| Ok((found, self.expires_wanted(subscribe)?)))
            .and_then(|found| match event_id {
                Some(id) if id.len() > EVENT_ID_MAX => {
                    Err(Unwatchable::Malformed("The event id is too long"))
                }
                id => Ok((found, id)),
            });
        let (((topic, entity), expires_s), event_id) = match wanted {
            Ok(wanted) => wanted,
            Err(why) => return self.refuse_watch(now, server, subscribe, flow, &why),
        };
        if let Some(oldest) = self.watches.to_give_way(&phone) {
            self.end_watch(now, oldest, End::GaveWay);
        }
        if self.watches.len() >= self.watches.settings.in_all {
            return self.refuse_watch(now, server, subscribe, flow, &Unwatchable::TooMany);
        }
        let tag = self.mint_tag(flow.remote.ip());
        let dialog = Dialog::by_their_request(subscribe, flow, &tag);
        let watch = Watch::new(phone, (package, event_id), topic, entity, dialog);
        let id = self.watches.add(watch);
        self.grant_watch(now, id, (flow, subscribe, server), expires_s);
        self.look_at_topic(id);
    }

    /// A request within the dialog of a subscription, if it is one: it is to last longer, or to end. False if not.
    pub(super) fn requested_in_watch(
        &mut self,
        now: Now,
        flow: Flow,
        request: &Message,
        server: ServerId,
    ) -> bool {
        let Some(id) = self.watches.of_dialog(&dialog_of(request)) else {
            return false;
        };
        let Some(watch) = self.watches.get_mut(id) else {
            return false;
        };
        let phone = watch.phone.clone();
        if watch.dialog.flow.remote.ip() != flow.remote.ip() {
            match self.authenticated(now, flow, request, server) {
                Some(proven) if proven == phone => {}
                Some(_) => {
                    self.respond(now, server, request, flow, 403, None);
                    return true;
                }
                None => return true,
            }
        }
        let status = self.refreshed_watch(flow, request, id);
        match status.and_then(|()| self.expires_wanted(request).map_err(Some)) {
            Ok(expires_s) => {
                self.grant_watch(now, id, (flow, request, server), expires_s);
            }
            Err(Some(why)) => self.refuse_watch(now, server, request, flow, &why),
            Err(None) => {}
        }
        true
    }

    /// Takes what was asked into the dialog. Which of several refusals it is, if it cannot be taken.
    fn refreshed_watch(
        &mut self,
        flow: Flow,
        request: &Message,
        id: WatchId,
    ) -> Result<(), Option<Unwatchable>> {
        let Some(watch) = self.watches.get_mut(id) else {
            return Err(None);
        };
        if request.method() != Some(Method::Subscribe) {
            return Err(Some(Unwatchable::Method));
        }
        let named = Package::named(request);
        if named.is_none_or(|named| named != (watch.package, watch.event_id.clone())) {
            let why = "This dialog is one of another subscription";
            return Err(Some(Unwatchable::Malformed(why)));
        }
        if !watch.dialog.takes(request) {
            return Err(Some(Unwatchable::OutOfOrder));
        }
        watch.dialog.flow = flow;
        Ok(())
    }

    /// Answers a subscription. What it is about is told anew, each time (RFC 6665 §4.2.1.2).
    fn grant_watch(
        &mut self,
        now: Now,
        id: WatchId,
        (flow, subscribe, server): (Flow, &Message, ServerId),
        expires_s: u32,
    ) {
        let Some(watch) = self.watches.get_mut(id) else {
            return;
        };
        watch.not_before = now.uptime;
        let lasts_s = match expires_s {
            0 => {
                watch.end = Some(End::Timeout);
                ONE_LOOK_S
            }
            lasts => lasts,
        };
        watch.expires_at = now.uptime + Duration::from_secs(lasts_s.into());
        let tag = &watch.dialog.local_tag;
        let mut answer = respond(
            subscribe,
            flow.remote,
            200,
            status_reason(200),
            Some(tag.as_str()),
        )
        .copy(subscribe, Name::RecordRoute)
        .display(Name::Expires, expires_s)
        .header(Name::Contact, contact(flow, &asked_by(subscribe)));
        if matches!(watch.topic, Topic::Lamps(_)) {
            answer = answer.header(Name::Require, EVENT_LIST);
        }
        let expires_at = watch.expires_at;
        self.transactions.respond(now, server, 200, answer.finish());
        self.deadlines.arm(Timer::Watch(id), expires_at);
        self.watches.owe(id, Owes::All);
    }

    /// How long a subscription is to last, in seconds; not at all, if it is for one look or to end.
    fn expires_wanted(&self, subscribe: &Message) -> Result<u32, Unwatchable> {
        let limits = &self.watches.settings;
        match subscribe.expires().unwrap_or(limits.max_expires_s) {
            0 => Ok(0),
            wanted if wanted < limits.min_expires_s => Err(Unwatchable::TooBrief),
            wanted => Ok(wanted.min(limits.max_expires_s)),
        }
    }

    /// What a phone wants to watch, and how it calls that.
    fn topic_wanted(
        &mut self,
        package: Package,
        phone: &PhoneName,
        subscribe: &Message,
    ) -> Result<(Topic, String), Unwatchable> {
        if subscribe.contacts().next().is_none() {
            return Err(Unwatchable::Malformed("A SUBSCRIBE needs a Contact"));
        }
        let uri = subscribe
            .uri()
            .map_err(|_| Unwatchable::Malformed("The Request-URI is broken"))?;
        if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips) {
            return Err(Unwatchable::Scheme);
        }
        let entity = entity_of(&uri);
        if entity.len() > ENTITY_MAX {
            return Err(Unwatchable::Malformed("The Request-URI is too long"));
        }
        if package == Package::CallInfo {
            // A phone shows its own line so, and no other.
            return match self.is_name_of(&uri.user_decoded(), phone) {
                true => Ok((Topic::Line(phone.clone()), entity)),
                false => Err(Unwatchable::Unknown),
            };
        }
        if package == Package::MessageSummary {
            // Whatever it calls them: they are those of whoever is there.
            return match accepts(subscribe, package.media_type()) {
                true => Ok((Topic::Messages(phone.clone()), entity)),
                false => Err(Unwatchable::NotAccepted(package.media_type())),
            };
        }
        let user = uri.user_decoded();
        if user == LAMPS && self.number_called(LAMPS).is_none() {
            return match understands_lists(subscribe) {
                true => Ok((Topic::Lamps(phone.clone()), entity)),
                false => Err(Unwatchable::NeedsList),
            };
        }
        if !accepts(subscribe, package.media_type()) {
            return Err(Unwatchable::NotAccepted(package.media_type()));
        }
        let dn = self.number_called(&user).ok_or(Unwatchable::Unknown)?;
        Ok((Topic::Number(dn), entity))
    }

    /// The number that is called so: by itself, or by the id of the user whose it is.
    fn number_called(&mut self, name: &str) -> Option<Dn> {
        let site = &self.site;
        let numbers = self.watches.numbers.get_or_insert_with(|| numbers_of(site));
        let number = numbers.get(name).cloned();
        number.or_else(|| site.users.get(name).map(|user| user.dn.clone()))
    }

    /// A subscription is about some numbers now: the core hears which of them are watched.
    fn look_at_topic(&mut self, id: WatchId) {
        let Some(watch) = self.watches.get_mut(id) else {
            return;
        };
        match watch.topic.clone() {
            Topic::Number(dn) => {
                let moved = self.watches.look_at(id, BTreeSet::from([dn]));
                self.tell_core(moved);
            }
            // Its keys are shown by the core, and so become numbers.
            Topic::Lamps(phone) if !self.watches.keys.contains_key(&phone) => {
                self.events.push(Event::DeskWatched(phone));
            }
            Topic::Lamps(phone) => self.look_at_keys(id, &phone),
            Topic::Line(phone) if self.watches.primes.contains_key(&phone) => {
                self.look_at_prime(id, &phone);
            }
            Topic::Messages(phone) | Topic::Line(phone) => {
                self.events.push(Event::DeskWatched(phone));
            }
        }
    }

    fn look_at_prime(&mut self, id: WatchId, phone: &PhoneName) {
        let prime = self.watches.primes.get(phone).cloned().flatten();
        let moved = self.watches.look_at(id, prime.into_iter().collect());
        self.tell_core(moved);
    }

    /// Which line is the first on a phone's desk: whoever there shows its calls by indexes is told of that one.
    fn prime_shown(&mut self, phone: &PhoneName, desk: &Desk) {
        let watches = self.watches.about(&Topic::Line(phone.clone()));
        if watches.is_empty() {
            return;
        }
        let prime = desk.lines.first().map(|line| line.dn.clone());
        let before = self.watches.primes.insert(phone.clone(), prime.clone());
        if before == Some(prime) {
            return;
        }
        for id in watches {
            self.look_at_prime(id, phone);
            self.watches.owe(id, Owes::All);
        }
    }

    fn look_at_keys(&mut self, id: WatchId, phone: &PhoneName) {
        let keys = self.watches.keys.get(phone).into_iter().flatten();
        let numbers = keys.map(|key| key.dn.clone()).collect();
        let moved = self.watches.look_at(id, numbers);
        self.tell_core(moved);
    }

    /// What is on a phone's desk: whoever there watches all numbers that it has lamps for is told of those.
    pub(super) fn desk_shown(&mut self, phone: &PhoneName, desk: &Desk) {
        self.prime_shown(phone, desk);
        let topic = Topic::Lamps(phone.clone());
        let watches = self.watches.about(&topic);
        if watches.is_empty() {
            return;
        }
        let mut seen = HashSet::new();
        let dials = desk.speed_dials.iter().filter(|dial| dial.blf);
        let keys: Vec<LampKey> = dials
            .filter_map(|dial| {
                let dn = self.number_called(&dial.number)?;
                let label = dial.label.clone();
                seen.insert(dn.clone()).then_some(LampKey { dn, label })
            })
            .collect();
        let before = self.watches.keys.insert(phone.clone(), keys);
        if before.as_ref() == self.watches.keys.get(phone) {
            return;
        }
        for id in watches {
            self.look_at_keys(id, phone);
            self.watches.owe(id, Owes::All);
        }
    }

    /// Another site is in force: whoever watches what is no more is told so.
    pub fn review_watches(&mut self, now: Now) {
        self.watches.numbers = None;
        for topic in self.watches.topics() {
            match &topic {
                Topic::Number(dn) if self.number_called(dn.as_str()).is_some() => {}
                Topic::Number(_) => {
                    for id in self.watches.about(&topic) {
                        self.end_watch(now, id, End::NoResource);
                    }
                }
                Topic::Lamps(phone) | Topic::Messages(phone) | Topic::Line(phone) => {
                    self.events.push(Event::DeskWatched(phone.clone()));
                }
            }
        }
    }

    /// Numbers are watched from now on, or no more.
    pub(super) fn tell_core(&mut self, moved: Moved) {
        let events = moved.into_iter();
        let events = events.map(|(dn, watched)| Event::LineWatched { dn, watched });
        self.events.extend(events);
    }

    /// Says why something cannot be watched, and what could.
    fn refuse_watch(
        &mut self,
        now: Now,
        server: ServerId,
        subscribe: &Message,
        flow: Flow,
        why: &Unwatchable,
    ) {
        let status = match why {
            Unwatchable::Malformed(_) => 400,
            Unwatchable::Method => 405,
            Unwatchable::OutOfOrder => 500,
            Unwatchable::Scheme => 416,
            Unwatchable::Unknown => 404,
            Unwatchable::NotAccepted(_) => 406,
            Unwatchable::NeedsList => 421,
            Unwatchable::TooBrief => 423,
            Unwatchable::TooMany => 503,
        };
        let answer = self.begin_response(subscribe, flow, status);
        let answer = match why {
            Unwatchable::Malformed(text) => {
                answer.header(Name::Reason, reply::reason("SIP", status, text))
            }
            Unwatchable::NotAccepted(taken) => answer.header(Name::Accept, taken),
            Unwatchable::NeedsList => answer.header(Name::Require, EVENT_LIST),
            Unwatchable::TooBrief => {
                answer.display(Name::MinExpires, self.watches.settings.min_expires_s)
            }
            Unwatchable::TooMany => answer.header(Name::RetryAfter, "60"),
            Unwatchable::Method => answer.header(Name::Allow, "SUBSCRIBE"),
            Unwatchable::OutOfOrder | Unwatchable::Scheme | Unwatchable::Unknown => answer,
        };
        self.transactions
            .respond(now, server, status, answer.finish());
    }
}

/// The numbers that can be watched: those that somebody or something has, and those where calls are parked.
fn numbers_of(site: &Site) -> HashSet<Dn> {
    let slots = site.settings.park_slots.iter().cloned();
    site.numbers().into_iter().chain(slots).collect()
}

/// A URI without what is not its name: parameters, headers, a password.
fn entity_of(uri: &Uri<'_>) -> String {
    let scheme = match uri.scheme {
        Scheme::Sips => "sips",
        _ => "sip",
    };
    let user = uri.user.map_or(String::new(), |user| format!("{user}@"));
    let port = uri.port.map_or(String::new(), |port| format!(":{port}"));
    format!("{scheme}:{user}{}{port}", uri.host)
}

/// Whether a watcher takes documents of a type. Who does not say takes those of the package (RFC 6665 §8.4).
fn accepts(subscribe: &Message, wanted: &str) -> bool {
    let kind = wanted.split('/').next().unwrap_or_default();
    let takes = |range: &[u8]| {
        let range = range.split(|b| *b == b';').next().unwrap_or_default();
        let range = String::from_utf8_lossy(range.trim_ascii()).to_ascii_lowercase();
        range == wanted || range == "*/*" || range.strip_suffix("/*") == Some(kind)
    };
    subscribe.header(Name::Accept).is_none() || subscribe.values(Name::Accept).any(takes)
}

/// RFC 4662 §4.1: whoever is told of a list must have said that it can be.
fn understands_lists(subscribe: &Message) -> bool {
    let is_it = |tag: &[u8]| tag.trim_ascii().eq_ignore_ascii_case(EVENT_LIST.as_bytes());
    subscribe.values(Name::Supported).any(is_it)
        && accepts(subscribe, list::WHOLE_TYPE)
        && accepts(subscribe, list::TYPE)
}
