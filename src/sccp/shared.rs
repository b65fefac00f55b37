//! What all stations share: the site, the way out, names for calls, and deadlines.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use jiff::tz::TimeZone;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::admission::Admission;
use super::chatter::Chatter;
use super::lamps::Lamps;
use super::newcomers::Newcomer;
use super::own_media::OwnMedia;
use super::settings::Settings;
use super::wire::{DefineTimeDate, Dialect, ToPhone};
use crate::pbx::{
    Dn, Event, Extent, LegId, LegIds, LineStatus, ModelName, NumberPlan, PhoneName, Shown, Site,
    Ticket,
};
use crate::time::{Deadlines, Now};

/// Leg ids of calls that SCCP phones begin, and tickets, are minted in this range.
const SCCP: u8 = 2;

/// What is looked at again when its time has come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    /// A connection on which nobody has registered.
    Stranger(u64),
    /// A phone that does not ask what it is any more.
    Setup(PhoneName),
    /// A phone that was to start anew, and has not come back.
    Restart(PhoneName),
    /// Nobody has confirmed a logout.
    Confirm(PhoneName),
    /// A phone that does not say that it has forgotten its calls.
    History(PhoneName),
    /// Nobody presses a key any more.
    Pause(PhoneName, u32),
    /// A channel for media that does not open.
    Channel(PhoneName, u32),
    /// A call that came to nothing has been shown for long enough.
    Over(PhoneName, u32),
    /// A change that met another one is asked for again.
    Again(PhoneName, u32),
}

/// Who waits for the answer that comes with a ticket.
#[derive(Clone, Debug)]
pub(super) enum Waiting {
    /// Somebody who wants to log out.
    Leaving(PhoneName),
    /// Somebody who set something: in a call where a number was dialled for that, or by a key alone.
    Setting(PhoneName, Option<u32>),
    /// Somebody who transfers; the call that is handed on.
    Transfer(PhoneName, u32),
    /// Nobody: a key that was pressed.
    Key,
}

/// A phone that was told to start anew.
#[derive(Clone, Debug)]
pub(super) struct Returning {
    /// Since when its profile is another (uptime).
    pub since: Duration,
    /// What it is from then on.
    pub shown: Shown,
    /// What it is to show when it is back.
    pub note: String,
}

/// A phone has become something else (SES-7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swapped {
    /// Which phone.
    pub phone: PhoneName,
    /// Its model.
    pub model: ModelName,
    /// Whether it stayed registered.
    pub live: bool,
    /// How long it took, from the decision until it was all told, or registered again.
    pub took: Duration,
}

/// What all stations share.
pub(super) struct Shared {
    pub now: Now,
    pub settings: Settings,
    pub site: Arc<Site>,
    pub events: Vec<Event>,
    pub deadlines: Deadlines<Timer>,
    /// Whose a leg is, and which call there.
    pub legs: HashMap<LegId, (PhoneName, u32)>,
    /// Calls with an end of media of Perch's own.
    pub own: OwnMedia,
    /// How the lines stand that are on several phones.
    pub lines: HashMap<Dn, Arc<LineStatus>>,
    /// Who has a lamp for which number.
    pub lamps: Lamps,
    pub tickets: BTreeMap<Ticket, Waiting>,
    pub returning: BTreeMap<PhoneName, Returning>,
    pub swapped: Vec<Swapped>,
    /// Phones that nobody named and that are to be taken into the site.
    pub newcomers: Vec<Newcomer>,
    pub hang_ups: Vec<u64>,
    /// Phones that are in a call now, or no more, by connection.
    pub engaged: Vec<(u64, bool)>,
    pub draining: bool,
    /// Phones that are learning what they are.
    pub admission: Admission,
    /// Lines in the log about registrations that were refused, and about what strangers say.
    pub rejects: Chatter,
    /// Lines about what phones report.
    pub reports: Chatter,
    frames: Vec<(u64, BytesMut)>,
    /// What can be dialled; made when somebody first dials digit by digit.
    plan: Option<NumberPlan>,
    zone: TimeZone,
    /// Whether any phone of the site may speak SIP.
    speaks_sip: bool,
    leg_ids: LegIds,
    last_ticket: u64,
    last_reference: u32,
    random: StdRng,
}

impl Shared {
    pub fn new(now: Now, seed: [u8; 32], site: Arc<Site>, settings: Settings) -> Shared {
        let mut random = StdRng::from_seed(seed);
        Shared {
            now,
            settings,
            zone: zone_of(&site),
            speaks_sip: speaks_sip(&site),
            site,
            events: Vec::new(),
            deadlines: Deadlines::default(),
            legs: HashMap::new(),
            own: OwnMedia::default(),
            lines: HashMap::new(),
            lamps: Lamps::default(),
            tickets: BTreeMap::new(),
            returning: BTreeMap::new(),
            swapped: Vec::new(),
            newcomers: Vec::new(),
            hang_ups: Vec::new(),
            engaged: Vec::new(),
            draining: false,
            admission: Admission::default(),
            rejects: Chatter::default(),
            reports: Chatter::default(),
            frames: Vec::new(),
            plan: None,
            leg_ids: LegIds::minted_by(SCCP),
            last_ticket: u64::from(SCCP) << 56,
            // A phone that comes back after a restart of the server knows old calls: theirs are other numbers.
            last_reference: random.next_u32() >> 8,
            random,
        }
    }

    /// The site is another.
    pub fn set_site(&mut self, site: Arc<Site>) {
        self.zone = zone_of(&site);
        self.speaks_sip = speaks_sip(&site);
        self.plan = None;
        self.site = site;
    }

    /// Sends a message.
    pub fn send(&mut self, connection: u64, dialect: Dialect, message: &ToPhone) {
        let frame = message.to_frame(dialect);
        match self.frames.last_mut() {
            Some((last, bytes)) if *last == connection => frame.append_to(bytes),
            _ => {
                let mut bytes = BytesMut::new();
                frame.append_to(&mut bytes);
                self.frames.push((connection, bytes));
            }
        }
    }

    /// Takes out what is to be sent.
    pub fn take_frames(&mut self) -> Vec<(u64, Bytes)> {
        let frames = std::mem::take(&mut self.frames).into_iter();
        frames.map(|(to, bytes)| (to, bytes.freeze())).collect()
    }

    /// What the digits so far are.
    pub fn extent(&mut self, digits: &str) -> Extent {
        let plan = self.plan.get_or_insert_with(|| NumberPlan::of(&self.site));
        plan.extent(digits)
    }

    /// Whether what was dialled may hold a PIN.
    pub fn is_private(&mut self, digits: &str) -> bool {
        let plan = self.plan.get_or_insert_with(|| NumberPlan::of(&self.site));
        plan.is_private(digits)
    }

    /// Whether whoever is called may play something before the answer: only phones that speak SIP do. For help nothing is
    /// waited for.
    pub fn may_be_heard_early(&mut self, digits: &str) -> bool {
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        let is_help = self.site.emergency.contains_key(digits);
        self.speaks_sip && is_number && !is_help && !self.is_private(digits)
    }

    /// Arms a timer so much later.
    pub fn arm(&mut self, timer: Timer, after: Duration) {
        self.deadlines.arm(timer, self.now.uptime + after);
    }

    pub fn mint_leg(&mut self, phone: &PhoneName, call: u32) -> LegId {
        let leg = self.leg_ids.mint();
        self.legs.insert(leg, (phone.clone(), call));
        leg
    }

    /// A leg is over.
    pub fn forget_leg(&mut self, leg: LegId) {
        self.legs.remove(&leg);
        self.own.close(leg);
    }

    /// What an end of media begins to count from.
    pub fn mint_seed(&mut self) -> u64 {
        self.random.next_u64()
    }

    pub fn mint_ticket(&mut self, waiting: Waiting) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.tickets.insert(ticket, waiting);
        ticket
    }

    /// A number for a call or a channel; never 0, and not used again for long.
    pub fn mint_reference(&mut self) -> u32 {
        self.last_reference = self.last_reference.wrapping_add(1).max(1);
        self.last_reference
    }

    /// How often a phone is to say that it is there: 75 to 100 % of what is set.
    pub fn some_keep_alive(&mut self) -> u32 {
        let most = self.settings.keep_alive_s.max(4);
        let least = most - most / 4;
        least + self.random.next_u32() % (most - least + 1)
    }

    /// Up to so many milliseconds, at random.
    pub fn some_time(&mut self, most_ms: u32) -> Duration {
        Duration::from_millis(u64::from(self.random.next_u32() % (most_ms + 1)))
    }

    /// What time it is at the site.
    pub fn time_date(&self) -> DefineTimeDate {
        let utc = self.now.utc.0;
        let stamp = jiff::Timestamp::from_millisecond(utc).unwrap_or_default();
        let local = stamp.to_zoned(self.zone.clone());
        let word = |value: i8| u32::try_from(value).unwrap_or_default();
        DefineTimeDate {
            year: u32::try_from(local.year()).unwrap_or_default(),
            month: word(local.month()),
            day_of_week: word(local.weekday().to_sunday_zero_offset()),
            day: word(local.day()),
            hour: word(local.hour()),
            minute: word(local.minute()),
            second: word(local.second()),
            millisecond: u32::try_from(local.millisecond()).unwrap_or_default(),
            system_time: u32::try_from(utc / 1000).unwrap_or_default(),
        }
    }
}

fn zone_of(site: &Site) -> TimeZone {
    TimeZone::get(&site.settings.timezone).unwrap_or(TimeZone::UTC)
}

fn speaks_sip(site: &Site) -> bool {
    let phones = site.phones.values().any(|phone| phone.hardware.is_none());
    let trunks = !site.trunks.is_empty();
    phones || trunks || site.users.values().any(|user| user.sip_secret.is_some())
}
