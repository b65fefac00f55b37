//! What one source may cost us: limits by address, so that nobody's flood is another's outage.
//!
//! A source has two allowances: for messages, which costs reading them, and for those among them that prove nothing,
//! which costs answering them. Where a phone has proven itself both are far larger. Whoever forges a phone's address
//! can use its allowances up; so what carries a nonce that was sent there is looked at even then (see `reserve`).

pub mod bucket;
mod report;
mod table;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::metrics::Metrics;
use super::settings;
use crate::sip::{Network, Standing, Witness};
use crate::time::Now;
use bucket::{Bucket, Limit};
pub use report::start;
use table::{Source, Table};

/// How long a phone that proved itself speaks for its network: longer than registrations last.
const PROVEN_FOR: Duration = Duration::from_secs(3 * 3600);

/// What is looked at in spite of everything, from each source: what holds a nonce or a tag that was sent there.
const RESERVE: Limit = Limit::new(100, 400);

/// Responses that are looked at in spite of everything, where a phone has proven itself: whoever forges requests in its
/// name is not to silence what it answers. A response is looked at twice.
const RESPONSES: Limit = Limit::new(100, 400);

/// What may seem to belong to a call, from where no phone has proven itself (one that was registered before a restart of
/// ours is called, and has not registered again yet), or from where much came to nothing.
const BELONGING: Limit = Limit::new(50, 200);

/// How often a source is told to come back later.
const TOLD: Limit = Limit::new(2, 5);

/// A connection costs as much as so many messages that prove nothing, one under TLS for its handshake.
const CONNECTION: u32 = 1;
const HANDSHAKE: u32 = 4;

/// A wrong password costs as much as so many requests without one.
const WRONG_PASSWORD: u32 = 5;

/// Why something of a source was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Too many messages.
    Messages,
    /// Too many that prove nothing.
    Unproven,
    /// It scans for servers to break into.
    Scanner,
    /// Too many connections.
    Connections,
    /// Too many connections on which nothing was proven yet: one of them ended.
    HalfOpen,
}

impl Reason {
    /// All of them, in the order of their numbers.
    pub const ALL: [Reason; 5] = [
        Reason::Messages,
        Reason::Unproven,
        Reason::Scanner,
        Reason::Connections,
        Reason::HalfOpen,
    ];

    /// The word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Reason::Messages => "messages",
            Reason::Unproven => "unproven",
            Reason::Scanner => "scanner",
            Reason::Connections => "connections",
            Reason::HalfOpen => "half-open",
        }
    }
}

/// What is known of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// No phone has proven itself there.
    Stranger,
    /// One has, or need not.
    Calm,
    /// One has, and much came from there that proved nothing: somebody may forge its address.
    Busy,
}

/// How a message arrived that was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A datagram that is no response.
    Request,
    /// A datagram that is one.
    Response,
    /// By a stream: it comes from where it says that it does.
    Stream,
}

/// What a message may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Whatever it is.
    Go,
    /// An answer that says to come back later.
    Later,
    /// Nothing.
    Drop,
}

/// Limits by source.
#[derive(Debug)]
pub struct Guard {
    settings: settings::Guard,
    limits: Limits,
    table: Table,
    /// What all sources together may do where nobody has proven anything.
    strangers: AtomicU64,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Limits {
    /// Of strangers, and of those who have proven themselves.
    messages: [Limit; 2],
    unproven: [Limit; 2],
    unproven_in_all: Limit,
}

impl Limits {
    fn of(settings: &settings::Guard) -> Limits {
        let by_standing = |per_s: u32, burst: u32| {
            let factor = settings.proven_factor;
            let more = Limit::new(per_s.saturating_mul(factor), burst.saturating_mul(factor));
            [Limit::new(per_s, burst), more]
        };
        let in_all = settings.unproven_in_all_per_s;
        Limits {
            messages: by_standing(settings.messages_per_s, settings.messages_burst),
            unproven: by_standing(settings.unproven_per_s, settings.unproven_burst),
            unproven_in_all: Limit::new(in_all, in_all.saturating_mul(2)),
        }
    }
}

impl Guard {
    /// A guard that has seen nobody.
    pub fn new(settings: settings::Guard, metrics: Arc<Metrics>) -> Guard {
        Guard {
            limits: Limits::of(&settings),
            table: Table::default(),
            strangers: AtomicU64::new(0),
            settings,
            metrics,
        }
    }

    /// A message arrived and was not read. Whether it may be. `is_ours` looks for a nonce or tag in it that was sent
    /// there.
    pub fn may_be_read(
        &self,
        now: Now,
        source: IpAddr,
        arrival: Arrival,
        is_ours: impl FnOnce() -> bool,
    ) -> bool {
        if self.is_trusted(source) {
            return true;
        }
        let network = Network::from(source);
        let limit = &self.limits.messages;
        let has_room = |source: &mut Source| {
            let limit = limit[usize::from(source.is_proven(now))];
            match arrival {
                Arrival::Request => source.messages.take(now, limit),
                Arrival::Response => {
                    source.messages.take(now, limit)
                        || source.is_proven(now) && source.responses.take(now, RESPONSES)
                }
                // Whoever forges the address of phones that come by streams does not slow those down.
                Arrival::Stream => source.stream_messages.take(now, limit),
            }
        };
        if self.table.with(network, has_room) {
            return true;
        }
        self.is_reserved(now, network, is_ours) || self.turn_away(network, Reason::Messages)
    }

    /// Whether something is looked at in spite of everything.
    fn is_reserved(&self, now: Now, network: Network, is_ours: impl FnOnce() -> bool) -> bool {
        // The look at a seal is dear enough to be taken while nobody waits for the table.
        is_ours()
            && self
                .table
                .with(network, |source| source.reserve.take(now, RESERVE))
    }

    /// A request begins something and shows no credentials, or none that were asked for. `is_urgent` if somebody needs
    /// help, or if it carries a nonce that was sent there.
    pub fn may_prove_nothing(&self, now: Now, source: IpAddr, is_urgent: bool) -> Pass {
        if self.is_trusted(source) {
            return Pass::Go;
        }
        let network = Network::from(source);
        let limit = &self.limits.unproven;
        let (has_room, is_proven) = self.table.with(network, |source| {
            let is_proven = source.is_proven(now);
            let limit = limit[usize::from(is_proven)];
            (source.unproven.take(now, limit), is_proven)
        });
        if has_room && (is_proven || self.strangers_have_room(now)) {
            return Pass::Go;
        }
        let (is_reserved, may_tell) = self.table.with(network, |source| {
            let is_reserved = is_urgent && source.reserve.take(now, RESERVE);
            (is_reserved, !is_reserved && source.told.take(now, TOLD))
        });
        if is_reserved {
            return Pass::Go;
        }
        self.turn_away(network, Reason::Unproven);
        if may_tell { Pass::Later } else { Pass::Drop }
    }

    /// A response came, or a request of a call that may be there or not: whether it is worth a look. Little is from
    /// where nobody ever proved anything, and nothing once too much came to nothing. `is_ours` looks for a tag in it that
    /// was sent there: whoever forges a phone's address has none.
    pub fn may_belong(
        &self,
        now: Now,
        source: IpAddr,
        is_response: bool,
        is_ours: impl FnOnce() -> bool,
    ) -> bool {
        if self.is_trusted(source) {
            return true;
        }
        let [strangers, proven] = self.limits.unproven;
        let network = Network::from(source);
        let is_worth_it = self
            .table
            .with(network, |source| match source.is_proven(now) {
                // Somebody may forge its address; others are not to wait for that, and the phone is to have a part.
                true if source.unproven.has_room(now, proven) => true,
                true if is_response => source.responses.take(now, RESPONSES),
                true => source.belonging.take(now, BELONGING),
                false => {
                    source.unproven.has_room(now, strangers)
                        && source.belonging.take(now, BELONGING)
                }
            });
        is_worth_it
            || self.is_reserved(now, network, is_ours)
            || self.turn_away(network, Reason::Unproven)
    }

    /// What is known of a source.
    pub fn known(&self, now: Now, source: IpAddr) -> Known {
        if self.is_trusted(source) {
            return Known::Calm;
        }
        let [_, limit] = self.limits.unproven;
        self.table.with(source.into(), |source| {
            match (source.is_proven(now), source.unproven.has_room(now, limit)) {
                (false, _) => Known::Stranger,
                (true, true) => Known::Calm,
                (true, false) => Known::Busy,
            }
        })
    }

    /// What came from there could not be understood, or came to nothing.
    pub fn wasted(&self, now: Now, source: IpAddr) {
        self.charge(now, source, 1);
    }

    /// The source scans for servers to break into, by what it calls itself.
    pub fn is_scanner(&self, source: IpAddr, user_agent: Option<&[u8]>) -> bool {
        let (true, Some(agent)) = (self.settings.enabled, user_agent) else {
            return false;
        };
        let is_in = |word: &String| {
            let word = word.as_bytes();
            let mut places = agent.windows(word.len());
            places.any(|place| place.eq_ignore_ascii_case(word))
        };
        let is_one = self.settings.scanners.iter().any(is_in);
        if is_one {
            self.turn_away(source.into(), Reason::Scanner);
        }
        is_one
    }

    /// A connection came from there. Whether it is taken: that costs a handshake before anybody can prove anything.
    pub fn may_connect(&self, now: Now, source: IpAddr, is_secure: bool) -> bool {
        if self.is_trusted(source) {
            return true;
        }
        let network = Network::from(source);
        let cost = if is_secure { HANDSHAKE } else { CONNECTION };
        let limit = &self.limits.unproven;
        let (has_room, is_proven) = self.table.with(network, |source| {
            let is_proven = source.is_proven(now);
            let limit = limit[usize::from(is_proven)];
            let has_room = source.unproven.has_room(now, limit);
            if has_room {
                source.unproven.charge(now, limit, cost);
            }
            (has_room, is_proven)
        });
        let has_room = has_room && (is_proven || self.strangers_have_room(now));
        has_room || self.turn_away(network, Reason::Connections)
    }

    /// A connection from there made room for another before anything was proven on it.
    pub fn gave_way(&self, source: Network) {
        self.turn_away(source, Reason::HalfOpen);
    }

    /// A connection from there was not taken.
    pub fn connection_refused(&self, source: IpAddr) {
        self.turn_away(source.into(), Reason::Connections);
    }

    /// Whether a source has no limits.
    pub fn is_trusted(&self, source: IpAddr) -> bool {
        let is_one = || self.settings.trusted.iter().any(|net| net.holds(source));
        !self.settings.enabled || is_one()
    }

    fn charge(&self, now: Now, source: IpAddr, times: u32) {
        if self.is_trusted(source) {
            return;
        }
        let limit = &self.limits.unproven;
        self.table.with(source.into(), |source| {
            let limit = limit[usize::from(source.is_proven(now))];
            source.unproven.charge(now, limit, times);
        });
    }

    fn strangers_have_room(&self, now: Now) -> bool {
        let take = |due: u64| {
            let mut bucket = Bucket::due_at(due);
            let has_room = bucket.take(now, self.limits.unproven_in_all);
            has_room.then_some(bucket.due())
        };
        let taken = self
            .strangers
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.is_ok()
    }

    /// Notes that something was not taken. Always false.
    fn turn_away(&self, network: Network, reason: Reason) -> bool {
        self.metrics.turned_away(reason.word());
        self.table.note(network, reason);
        false
    }
}

impl Witness for Guard {
    fn saw(&self, now: Now, source: IpAddr, standing: Standing) {
        match standing {
            Standing::Proven if !self.is_trusted(source) => {
                let until = now.uptime + PROVEN_FOR;
                self.table
                    .with(source.into(), |source| source.proven_until = until);
            }
            Standing::Proven => {}
            Standing::Nothing => self.charge(now, source, 1),
            Standing::Wrong => self.charge(now, source, WRONG_PASSWORD),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::{self, Registrar};
    use crate::time::Utc;

    fn guard(change: impl FnOnce(&mut settings::Guard)) -> Guard {
        let mut settings = settings::Guard {
            messages_per_s: 10,
            messages_burst: 20,
            unproven_per_s: 2,
            unproven_burst: 4,
            ..settings::Guard::default()
        };
        change(&mut settings);
        let registrar = Registrar::new([0; 32], sip::Limits::default());
        Guard::new(settings, Arc::new(Metrics::new(Arc::new(registrar))))
    }

    fn at(millis: u64) -> Now {
        Now {
            uptime: Duration::from_secs(1000) + Duration::from_millis(millis),
            utc: Utc(0),
        }
    }

    fn source(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn read(guard: &Guard, now: Now, from: &str, messages: usize) -> usize {
        let read = |_: &usize| guard.may_be_read(now, source(from), Arrival::Request, || false);
        (0..messages).filter(read).count()
    }

    #[test]
    fn a_flood_is_read_up_to_its_limit_and_others_are_not_concerned() {
        let guard = guard(|_| ());
        assert_eq!(read(&guard, at(0), "192.0.2.1", 1000), 20);
        assert_eq!(read(&guard, at(0), "192.0.2.2", 10), 10);
        assert_eq!(read(&guard, at(1000), "192.0.2.1", 1000), 10);
        assert_eq!(read(&guard, at(60_000), "192.0.2.1", 1000), 20);
        // One host of IPv6 has as many addresses as it likes.
        let flood = (0..1000).filter(|n| {
            let from = source(&format!("2001:db8::{n:x}"));
            guard.may_be_read(at(0), from, Arrival::Request, || false)
        });
        assert_eq!(flood.count(), 20);
    }

    #[test]
    fn a_phone_whose_address_is_forged_is_still_heard() {
        let guard = guard(|_| ());
        let phone = source("192.0.2.1");
        assert_eq!(read(&guard, at(0), "192.0.2.1", 1000), 20);
        assert!(guard.may_be_read(at(0), phone, Arrival::Request, || true));
        for _ in 0..4 {
            assert_eq!(guard.may_prove_nothing(at(0), phone, false), Pass::Go);
        }
        assert_eq!(guard.may_prove_nothing(at(0), phone, false), Pass::Later);
        assert_eq!(guard.may_prove_nothing(at(0), phone, true), Pass::Go);
    }

    #[test]
    fn a_flood_of_datagrams_does_not_slow_streams_down() {
        let guard = guard(|_| ());
        assert_eq!(read(&guard, at(0), "192.0.2.1", 1000), 20);
        let by_stream =
            |_: &u32| guard.may_be_read(at(0), source("192.0.2.1"), Arrival::Stream, || false);
        assert_eq!((0..1000).filter(by_stream).count(), 20);
    }

    #[test]
    fn where_a_phone_has_proven_itself_more_is_read() {
        let guard = guard(|_| ());
        guard.saw(at(0), source("192.0.2.1"), Standing::Proven);
        assert_eq!(read(&guard, at(0), "192.0.2.1", 1000), 200);
        let later = at(u64::try_from(PROVEN_FOR.as_millis()).expect("hours"));
        assert_eq!(read(&guard, later, "192.0.2.1", 1000), 20);
    }

    #[test]
    fn who_proves_nothing_is_told_a_few_times_and_then_no_more() {
        let guard = guard(|_| ());
        let from = source("192.0.2.1");
        let all: Vec<Pass> = (0..50)
            .map(|_| guard.may_prove_nothing(at(0), from, false))
            .collect();
        let count = |wanted| all.iter().filter(|pass| **pass == wanted).count();
        assert_eq!((count(Pass::Go), count(Pass::Later)), (4, 5));
        assert!(!guard.may_belong(at(0), from, false, || false));
        assert!(guard.may_belong(at(1000), from, false, || false));
        // A wrong password costs more than none.
        guard.saw(at(1000), from, Standing::Wrong);
        assert!(!guard.may_belong(at(1000), from, false, || false));
        guard.saw(at(1000), from, Standing::Proven);
        assert!(guard.may_belong(at(1000), from, false, || false));
    }

    #[test]
    fn strangers_seem_to_belong_to_few_calls_and_phones_to_as_many_as_they_like() {
        let guard = guard(|settings| *settings = settings::Guard::default());
        let belong = |from| {
            (0..1000)
                .filter(|_| guard.may_belong(at(0), from, false, || false))
                .count()
        };
        assert_eq!(belong(source("192.0.2.1")), 200);
        guard.saw(at(0), source("192.0.2.1"), Standing::Proven);
        assert_eq!(belong(source("192.0.2.1")), 1000);
        let forged = source("192.0.2.2");
        guard.saw(at(0), forged, Standing::Proven);
        (0..50_000).for_each(|_| guard.wasted(at(0), forged));
        assert_eq!(belong(forged), 200);
    }

    #[test]
    fn strangers_together_leave_room_for_those_who_are_none() {
        let guard = guard(|settings| settings.unproven_in_all_per_s = 50);
        let pass = |n: u32| {
            let from = std::net::Ipv4Addr::from(n).into();
            guard.may_prove_nothing(at(0), from, false)
        };
        let passed = (0x0a00_0000..0x0a00_1000).filter(|n| pass(*n) == Pass::Go);
        assert_eq!(passed.count(), 100);
        let phone = source("192.0.2.1");
        guard.saw(at(0), phone, Standing::Proven);
        assert_eq!(guard.may_prove_nothing(at(0), phone, false), Pass::Go);
    }

    #[test]
    fn trusted_networks_have_no_limits_and_neither_has_anybody_without_a_guard() {
        let guard_off = guard(|settings| settings.enabled = false);
        assert_eq!(read(&guard_off, at(0), "192.0.2.1", 1000), 1000);
        let guard = guard(|_| ());
        assert_eq!(read(&guard, at(0), "127.0.0.1", 1000), 1000);
        assert_eq!(read(&guard, at(0), "::1", 1000), 1000);
    }

    #[test]
    fn scanners_are_known_by_their_names() {
        let guard = guard(|_| ());
        let is_one = |name: &str| guard.is_scanner(source("192.0.2.1"), Some(name.as_bytes()));
        assert!(is_one("friendly-scanner"));
        assert!(is_one("Some SIPVicious thing"));
        assert!(!is_one("Yealink SIP-T46S 66.85.0.5"));
        assert!(!is_one(""));
    }

    /// An office of 500 phones behind one address, all of them switched on at once.
    #[test]
    fn an_office_after_a_power_cut_meets_no_limit() {
        let guard = guard(|settings| *settings = settings::Guard::default());
        let office = source("192.0.2.1");
        for n in 0..500 {
            let now = at(n * 4);
            // A REGISTER and three SUBSCRIBEs, each first without a proof, each sent twice.
            for _ in 0..8 {
                assert!(guard.may_be_read(now, office, Arrival::Request, || false));
                assert_eq!(guard.may_prove_nothing(now, office, false), Pass::Go);
                assert!(guard.may_be_read(now, office, Arrival::Request, || false));
            }
            guard.saw(now, office, Standing::Proven);
        }
    }

    #[test]
    fn a_look_at_the_table_costs_no_memory() {
        let guard = guard(|settings| settings.messages_burst = 1_000_000);
        read(&guard, at(0), "192.0.2.1", 1000);
        let (count, clock) = (100_000, crate::shell::Clock::start());
        let began = clock.now().uptime;
        let looks = allocation_counter::measure(|| {
            read(&guard, at(0), "192.0.2.1", count);
        });
        let took = clock.now().uptime - began;
        assert_eq!(looks.count_total, 0);
        println!("{:?} for a look", took / 100_000);
    }
}
