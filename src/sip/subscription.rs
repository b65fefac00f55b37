//! Who watches what: subscriptions at our side (RFC 6665 §4.2), as a table.
//!
//! `subscribe.rs` takes what watchers want, `notify.rs` tells them. They are kept in memory alone: after a restart a
//! watcher that refreshes is told 481, and subscribes again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::dialog::Dialog;
use super::message_summary::Summary;
use super::package::{LampKey, Package, Told, Topic};
use super::transaction::ClientId;
use crate::pbx::{Dn, LineStatus, PhoneName};

/// How long subscriptions last, how many there may be, and what they show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchSettings {
    /// The least that is granted, in seconds: who asks for less is told to ask for more (423).
    pub min_expires_s: u32,
    /// The most that is granted, in seconds, and what is granted to whoever does not say.
    pub max_expires_s: u32,
    /// Subscriptions of one phone: the oldest gives way.
    pub per_phone: usize,
    /// Subscriptions of all phones.
    pub in_all: usize,
    /// Whether whoever watches a number learns who is at the other end of its calls.
    pub show_parties: bool,
}

impl Default for WatchSettings {
    fn default() -> Self {
        WatchSettings {
            min_expires_s: 60,
            max_expires_s: 3600,
            per_phone: 200,
            in_all: 200_000,
            show_parties: false,
        }
    }
}

/// What happened to subscriptions, for the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchNews {
    /// One began.
    Began(Package),
    /// One is over.
    Ended(Package),
    /// A watcher was sent a NOTIFY.
    Notified(Package),
    /// A watcher did not take one.
    Failed(Package),
}

/// A subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct WatchId(u64);

/// A watcher, and what it has been told.
#[derive(Debug)]
pub(super) struct Watch {
    pub phone: PhoneName,
    pub package: Package,
    pub topic: Topic,
    /// Which of several subscriptions it is, in the watcher's words.
    pub event_id: Option<String>,
    /// What the watcher calls the topic: a URI without parameters.
    pub entity: String,
    pub dialog: Dialog,
    /// When it ends (uptime), unless it is refreshed.
    pub expires_at: Duration,
    pub told: Told,
    pub owes: Owes,
    /// The NOTIFY that is under way: there is one at most.
    pub sent: Option<ClientId>,
    /// It is told nothing more before this (uptime).
    pub not_before: Duration,
    /// So many times in a row it could not take what it was told.
    pub failures: u8,
    /// Why it is to end, as soon as it can be told.
    pub end: Option<End>,
    /// The numbers that it is about.
    numbers: BTreeSet<Dn>,
}

/// What a watcher is still to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owes {
    /// Nothing.
    Nothing,
    /// What is new.
    News,
    /// Everything.
    All,
}

/// Why a subscription ends (RFC 6665 §4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It was not refreshed, or given back, or was for one look.
    Timeout,
    /// What it is about is no more.
    NoResource,
    /// Its phone has too many.
    GaveWay,
    /// The server is about to stop: it is to be tried again after so many seconds.
    Stopping(u32),
}

impl End {
    /// As a Subscription-State says it.
    pub fn state(self) -> String {
        match self {
            End::Timeout => "terminated;reason=timeout".to_owned(),
            End::NoResource => "terminated;reason=noresource".to_owned(),
            End::GaveWay => "terminated;reason=probation;retry-after=600".to_owned(),
            End::Stopping(after_s) => {
                format!("terminated;reason=probation;retry-after={after_s}")
            }
        }
    }
}

/// How a number stands, and who watches it.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// None until the core has said so.
    pub status: Option<Arc<LineStatus>>,
    pub watchers: BTreeSet<WatchId>,
}

/// All numbers that somebody watches.
pub(super) type Lines = HashMap<Dn, Line>;

/// Numbers that are watched from now on, or no more.
pub(super) type Moved = Vec<(Dn, bool)>;

/// All subscriptions.
#[derive(Debug, Default)]
pub(super) struct Watches {
    pub settings: WatchSettings,
    all: BTreeMap<WatchId, Watch>,
    /// By Call-ID and our tag.
    by_dialog: HashMap<(String, String), WatchId>,
    by_phone: HashMap<PhoneName, BTreeSet<WatchId>>,
    by_topic: HashMap<Topic, BTreeSet<WatchId>>,
    pub lines: Lines,
    /// The keys with lamps of phones that watch all theirs.
    pub keys: BTreeMap<PhoneName, Vec<LampKey>>,
    /// What waits for whoever is at phones that want to know.
    pub messages: BTreeMap<PhoneName, Summary>,
    /// The prime lines of phones that watch theirs; none if they have none.
    pub primes: BTreeMap<PhoneName, Option<Dn>>,
    /// The numbers that there are; made when somebody first asks.
    pub numbers: Option<HashSet<Dn>>,
    /// Those that are to be told something as soon as all that happens at this moment is known.
    pub to_tell: BTreeSet<WatchId>,
    pub news: Vec<WatchNews>,
    last: u64,
}

impl Watch {
    /// A subscription that has been told nothing yet.
    pub fn new(
        phone: PhoneName,
        (package, event_id): (Package, Option<String>),
        topic: Topic,
        entity: String,
        dialog: Dialog,
    ) -> Watch {
        Watch {
            phone,
            package,
            topic,
            event_id,
            entity,
            dialog,
            expires_at: Duration::ZERO,
            told: Told::default(),
            owes: Owes::All,
            sent: None,
            not_before: Duration::ZERO,
            failures: 0,
            end: None,
            numbers: BTreeSet::new(),
        }
    }

    /// What Event headers say of it.
    pub fn event(&self) -> String {
        match &self.event_id {
            Some(id) => format!("{};id={id}", self.package.name()),
            None => self.package.name().to_owned(),
        }
    }
}

impl Watches {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Takes a new one in.
    pub fn add(&mut self, watch: Watch) -> WatchId {
        self.last += 1;
        let id = WatchId(self.last);
        self.by_dialog.insert(watch.dialog.key(), id);
        self.by_phone
            .entry(watch.phone.clone())
            .or_default()
            .insert(id);
        self.by_topic
            .entry(watch.topic.clone())
            .or_default()
            .insert(id);
        self.news.push(WatchNews::Began(watch.package));
        self.all.insert(id, watch);
        id
    }

    /// The one that a dialog is of.
    pub fn of_dialog(&self, key: &(String, String)) -> Option<WatchId> {
        self.by_dialog.get(key).copied()
    }

    /// Those that are about something.
    pub fn about(&self, topic: &Topic) -> Vec<WatchId> {
        let found = self.by_topic.get(topic);
        found.into_iter().flatten().copied().collect()
    }

    /// All of them, or the oldest if there are more than so many.
    pub fn oldest(&self, most: usize) -> Vec<WatchId> {
        self.all.keys().copied().take(most).collect()
    }

    /// What anybody watches.
    pub fn topics(&self) -> Vec<Topic> {
        let mut topics: Vec<Topic> = self.by_topic.keys().cloned().collect();
        topics.sort_unstable();
        topics
    }

    /// The oldest of a phone that has no room for another one.
    pub fn to_give_way(&self, phone: &PhoneName) -> Option<WatchId> {
        let of_phone = self.by_phone.get(phone)?;
        let is_full = of_phone.len() >= self.settings.per_phone;
        of_phone.first().copied().filter(|_| is_full)
    }

    pub fn get_mut(&mut self, id: WatchId) -> Option<&mut Watch> {
        self.all.get_mut(&id)
    }

    /// A watcher is owed something.
    pub fn owe(&mut self, id: WatchId, owes: Owes) {
        if let Some(watch) = self.all.get_mut(&id) {
            watch.owes = watch.owes.max(owes);
            self.to_tell.insert(id);
        }
    }

    /// Takes one out of the table, to be put back or forgotten.
    pub fn take(&mut self, id: WatchId) -> Option<Watch> {
        self.all.remove(&id)
    }

    pub fn put_back(&mut self, id: WatchId, watch: Watch) {
        self.all.insert(id, watch);
    }

    /// Sets which numbers a subscription is about.
    pub fn look_at(&mut self, id: WatchId, numbers: BTreeSet<Dn>) -> Moved {
        let Some(watch) = self.all.get_mut(&id) else {
            return Moved::new();
        };
        let before = std::mem::replace(&mut watch.numbers, numbers.clone());
        let mut moved = self.look_away(id, before.difference(&numbers));
        for dn in numbers.difference(&before) {
            if !self.lines.contains_key(dn) {
                moved.push((dn.clone(), true));
            }
            let line = self.lines.entry(dn.clone()).or_default();
            line.watchers.insert(id);
        }
        moved
    }

    fn look_away<'a>(&mut self, id: WatchId, numbers: impl Iterator<Item = &'a Dn>) -> Moved {
        let mut moved = Moved::new();
        for dn in numbers {
            let Some(line) = self.lines.get_mut(dn) else {
                continue;
            };
            line.watchers.remove(&id);
            if line.watchers.is_empty() {
                self.lines.remove(dn);
                moved.push((dn.clone(), false));
            }
        }
        moved
    }

    /// Forgets one that was taken out.
    pub fn forget(&mut self, id: WatchId, watch: &Watch) -> Moved {
        self.by_dialog.remove(&watch.dialog.key());
        self.to_tell.remove(&id);
        remove(&mut self.by_phone, &watch.phone, id);
        if remove(&mut self.by_topic, &watch.topic, id) {
            match &watch.topic {
                Topic::Lamps(phone) => drop(self.keys.remove(phone)),
                Topic::Messages(phone) => drop(self.messages.remove(phone)),
                Topic::Line(phone) => drop(self.primes.remove(phone)),
                Topic::Number(_) => {}
            }
        }
        self.news.push(WatchNews::Ended(watch.package));
        self.look_away(id, watch.numbers.iter())
    }
}

/// Takes one out of an index. Whether it was the last there.
fn remove<K: std::hash::Hash + Eq>(
    index: &mut HashMap<K, BTreeSet<WatchId>>,
    key: &K,
    id: WatchId,
) -> bool {
    let Some(ids) = index.get_mut(key) else {
        return false;
    };
    ids.remove(&id);
    let is_last = ids.is_empty();
    if is_last {
        index.remove(key);
    }
    is_last
}
