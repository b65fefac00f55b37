//! Hunt groups in a site file: `[hunt_group.NAME]`.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;
use toml::{Table, Value};

use super::document::{Field, shown, texts};
use super::lint::{known_numbers, nowhere};
use super::problem::{Finding, did_you_mean};
use super::reader::Section;
use crate::pbx::{
    AfterMiss, AutoLogout, AutoLogoutOf, ConnectedName, DEEPEST_NESTING, Dn, HuntGroup,
    HuntGroupLogout, HuntGroupName, HuntKind, HuntQueue, HuntSlot, JoinedAtLogout, LONGEST_QUEUE,
    MOST_HUNT_SLOTS, MOST_PILOTS, MissCounts, PresentCall, Site, USUAL_HOP_S, USUAL_WRAP_UP_S,
};

/// The table of hunt groups.
pub(super) const HUNT_GROUP: &str = "hunt_group";

/// A place in the list for whoever joins.
const WILDCARD: &str = "*";

/// How long callers wait, if nobody says otherwise, in seconds.
const MAX_WAIT_S: u32 = 300;

/// How many may wait, if nobody says otherwise.
const QUEUE_LENGTH: u32 = 10;

/// How often they hear that they still do, if nobody says otherwise, in seconds.
const ANNOUNCE_S: u32 = 30;

/// One group.
pub(super) fn read(s: &mut Section<'_>) -> HuntGroup {
    HuntGroup {
        pilots: some(s, "pilots", MOST_PILOTS)
            .into_iter()
            .map(Into::into)
            .collect(),
        display_name: s.text("display_name").unwrap_or_default().into(),
        kind: kind(s),
        list: some(s, "list", MOST_HUNT_SLOTS)
            .into_iter()
            .map(slot)
            .collect(),
        timeout_s: timeouts(s),
        hops: s.number("hops", 1..=100),
        max_timeout_s: s.number("max_timeout_s", 3..=60_000),
        final_to: s.text("final").map(Into::into),
        present_call: word(s, "present_call", PresentCall::ALL, PresentCall::word)
            .unwrap_or_default(),
        from_ring: s.flag("from_ring").unwrap_or_default(),
        auto_logout: auto_logout(s),
        counts: word(s, "counts", MissCounts::ALL, MissCounts::word).unwrap_or_default(),
        after_miss: word(s, "after_miss", AfterMiss::ALL, AfterMiss::word).unwrap_or_default(),
        wrap_up_s: s.number("wrap_up_s", 1..=3600).unwrap_or(USUAL_WRAP_UP_S),
        members_logout: s.flag("members_logout").unwrap_or_default(),
        last_agent_stays: s.flag("last_agent_stays").unwrap_or_default(),
        queue: queue(s),
        statistics: s.flag("statistics").unwrap_or(true),
        joined_at_logout: word(
            s,
            "joined_at_logout",
            JoinedAtLogout::ALL,
            JoinedAtLogout::word,
        ),
        connected_name: word(s, "connected_name", ConnectedName::ALL, ConnectedName::word),
    }
}

/// What agents are who do not answer, among the settings of the site.
pub(super) fn logout(s: &mut Section<'_>) -> Option<HuntGroupLogout> {
    let remedy = "Write \"DND\" or \"HLog\"";
    s.parsed("hunt_group_logout", remedy, HuntGroupLogout::named)
}

/// What becomes of joined places at a logout where the group does not say it, among the settings of the site.
pub(super) fn joined_at_logout(s: &mut Section<'_>) -> Option<JoinedAtLogout> {
    let key = "hunt_joined_at_logout";
    word(s, key, JoinedAtLogout::ALL, JoinedAtLogout::word)
}

/// Whose name callers see where the group does not say it, among the settings of the site.
pub(super) fn connected_name(s: &mut Section<'_>) -> Option<ConnectedName> {
    let key = "hunt_connected_name";
    word(s, key, ConnectedName::ALL, ConnectedName::word)
}

fn slot(text: &str) -> HuntSlot {
    match text {
        WILDCARD => HuntSlot::Wildcard,
        number => HuntSlot::Static(number.into()),
    }
}

/// A list that must be there, and not be empty.
fn some<'t>(s: &mut Section<'t>, key: &'static str, most: usize) -> Vec<&'t str> {
    if !s.has(key) {
        s.missing(key);
        return Vec::new();
    }
    let Some(texts) = s.texts(key) else {
        return Vec::new();
    };
    if texts.is_empty() {
        s.wrong(key, "there is none", "Write at least one number");
    }
    if texts.len() > most {
        let what = format!("there are more than {most}");
        s.wrong(key, what, format!("Keep {most} at most"));
    }
    texts
}

fn kind(s: &mut Section<'_>) -> HuntKind {
    if !s.has("kind") {
        s.missing("kind");
    }
    word(s, "kind", HuntKind::ALL, HuntKind::word).unwrap_or_default()
}

/// One of several words.
fn word<T: Copy>(
    s: &mut Section<'_>,
    key: &'static str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Option<T> {
    let words: Vec<String> = all.iter().map(|it| format!("{:?}", word(*it))).collect();
    let remedy = format!("Write one of {}", words.join(", "));
    let meant = |text: &str| all.iter().copied().find(|it| word(*it) == text);
    s.parsed(key, &remedy, meant)
}

/// One value, or one for each place of the list.
fn timeouts(s: &mut Section<'_>) -> Vec<u32> {
    match s.get("timeout_s") {
        None => vec![USUAL_HOP_S],
        Some(DeValue::Array(_)) => s.numbers("timeout_s", 3..=3600).unwrap_or_default(),
        Some(_) => s.number("timeout_s", 3..=3600).into_iter().collect(),
    }
}

fn auto_logout(s: &mut Section<'_>) -> Option<AutoLogout> {
    let calls = s.number("auto_logout", 1..=20);
    let of = word(s, "auto_logout_of", AutoLogoutOf::ALL, AutoLogoutOf::word);
    if s.has("auto_logout_of") && !s.has("auto_logout") {
        s.missing("auto_logout");
    }
    Some(AutoLogout {
        calls: u8::try_from(calls?).ok()?,
        of: of.unwrap_or_default(),
    })
}

fn queue(s: &mut Section<'_>) -> Option<HuntQueue> {
    s.inner("queue", |inner| HuntQueue {
        length: inner
            .number("length", 1..=LONGEST_QUEUE)
            .unwrap_or(QUEUE_LENGTH),
        max_wait_s: inner.number("max_wait_s", 5..=7200).unwrap_or(MAX_WAIT_S),
        overflow_to: inner.text("overflow").map(Into::into),
        announce_every_s: inner
            .number("announce_every_s", 0..=600)
            .unwrap_or(ANNOUNCE_S),
    })
}

/// A group as the file has it.
pub(super) fn fields(group: &HuntGroup) -> Vec<Field> {
    let list = group.list.iter().map(|slot| match slot {
        HuntSlot::Static(dn) => dn.to_string(),
        HuntSlot::Wildcard => WILDCARD.to_owned(),
    });
    let mut fields = vec![
        shown("pilots", texts(&group.pilots)),
        shown("display_name", group.display_name.as_str()),
        shown("kind", group.kind.word()),
        shown("list", list.collect::<Vec<_>>()),
    ];
    fields.push(match group.timeout_s.as_slice() {
        [one] => shown("timeout_s", *one),
        several => shown("timeout_s", several.to_vec()),
    });
    fields.extend(group.hops.map(|hops| shown("hops", hops)));
    fields.extend(group.max_timeout_s.map(|most| shown("max_timeout_s", most)));
    let last = group.final_to.as_ref();
    fields.extend(last.map(|dn| shown("final", dn.as_str())));
    fields.extend([
        shown("present_call", group.present_call.word()),
        shown("from_ring", group.from_ring),
    ]);
    if let Some(auto) = group.auto_logout {
        fields.push(shown("auto_logout", u32::from(auto.calls)));
        fields.push(shown("auto_logout_of", auto.of.word()));
    }
    fields.extend([
        shown("counts", group.counts.word()),
        shown("after_miss", group.after_miss.word()),
        shown("wrap_up_s", group.wrap_up_s),
        shown("members_logout", group.members_logout),
        shown("last_agent_stays", group.last_agent_stays),
    ]);
    fields.extend(
        group
            .queue
            .as_ref()
            .map(|it| shown("queue", queue_table(it))),
    );
    fields.push(shown("statistics", group.statistics));
    let joined = group.joined_at_logout;
    fields.extend(joined.map(|it| shown("joined_at_logout", it.word())));
    let name = group.connected_name;
    fields.extend(name.map(|it| shown("connected_name", it.word())));
    fields
}

fn queue_table(queue: &HuntQueue) -> Value {
    let mut table = Table::new();
    let mut put = |key: &str, value: Value| drop(table.insert(key.to_owned(), value));
    put("length", queue.length.into());
    put("max_wait_s", queue.max_wait_s.into());
    if let Some(dn) = &queue.overflow_to {
        put("overflow", dn.as_str().into());
    }
    put("announce_every_s", queue.announce_every_s.into());
    Value::Table(table)
}

/// The numbers that groups have, or send calls to, and where they stand in the file.
pub(super) fn group_numbers<'a>(site: &'a Site, add: &mut impl FnMut(&[&str], &'a Dn)) {
    for (name, group) in &site.hunt_groups {
        let name = name.as_str();
        for (place, dn) in group.pilots.iter().enumerate() {
            add(&[HUNT_GROUP, name, "pilots", &place.to_string()], dn);
        }
        if let Some(dn) = &group.final_to {
            add(&[HUNT_GROUP, name, "final"], dn);
        }
        let queue = group.queue.as_ref();
        if let Some(dn) = queue.and_then(|queue| queue.overflow_to.as_ref()) {
            add(&[HUNT_GROUP, name, "queue", "overflow"], dn);
        }
    }
}

/// What must hold for hunt groups.
pub(super) fn check_hunt_groups(site: &Site, findings: &mut Vec<Finding>) {
    check_pilots(site, findings);
    check_buttons(site, findings);
    let known = known_numbers(site);
    for (name, group) in &site.hunt_groups {
        check_list(name, group, &known, findings);
        check_timeouts(name, group, findings);
        if group.members_logout && site.settings.hunt_group_logout == HuntGroupLogout::Dnd {
            findings.push(Finding::new(
                &[HUNT_GROUP, name.as_str(), "members_logout"],
                "whoever is logged out of the groups would have a quiet phone from the start",
                "Write hunt_group_logout = \"HLog\" under [site], or take this out",
            ));
        }
        if depth(site, name, &mut Vec::new()).is_none() {
            findings.push(Finding::new(
                &[HUNT_GROUP, name.as_str(), "list"],
                format!(
                    "this group leads back to itself, or more than {DEEPEST_NESTING} stand one in the other"
                ),
                "Take the pilots of such groups out of the list",
            ));
        }
    }
}

/// Where not being ready is not being disturbed, there is no key for it alone (HG-2).
fn check_buttons(site: &Site, findings: &mut Vec<Finding>) {
    if site.settings.hunt_group_logout == HuntGroupLogout::HLog {
        return;
    }
    let users = site.user_profiles.iter();
    let users = users.map(|(name, it)| ("user_profile", name, it.hunt_button));
    let guests = site.logout_profiles.iter();
    let guests = guests.map(|(name, it)| ("logout_profile", name, it.hunt_button));
    for (table, name, _) in users.chain(guests).filter(|(.., wanted)| *wanted) {
        findings.push(Finding::new(
            &[table, name.as_str(), "hunt_button"],
            "agents who are not ready are in do-not-disturb here: there is no key for hunt groups alone",
            "Write hunt_group_logout = \"HLog\" under [site], or take this out",
        ));
    }
}

/// A pilot is nobody else's number.
fn check_pilots(site: &Site, findings: &mut Vec<Finding>) {
    let mut owners: BTreeMap<&Dn, String> = BTreeMap::new();
    for (id, user) in &site.users {
        owners.insert(&user.dn, format!("the number of user {id}"));
    }
    for (name, phone) in &site.phones {
        if let Some(dn) = &phone.guest_dn {
            owners.insert(dn, format!("the number of phone {name}"));
        }
    }
    let users = site.user_profiles.iter();
    let users = users.flat_map(|(name, profile)| profile.numbers().map(move |dn| (name, dn)));
    let guests = site.logout_profiles.iter();
    let guests = guests.flat_map(|(name, profile)| profile.numbers().map(move |dn| (name, dn)));
    for (name, dn) in users.chain(guests) {
        let owner = owners.entry(dn);
        owner.or_insert_with(|| format!("a line of the profile {name}"));
    }
    for (name, group) in &site.hunt_groups {
        for (place, pilot) in group.pilots.iter().enumerate() {
            let place = place.to_string();
            let path = [HUNT_GROUP, name.as_str(), "pilots", &place];
            if let Some(owner) = owners.get(pilot) {
                findings.push(Finding::new(
                    &path,
                    format!("{pilot} is {owner} already"),
                    "Choose a number that is nobody's",
                ));
            }
            let owner = owners.entry(pilot);
            owner.or_insert_with(|| format!("a pilot of {name}"));
        }
    }
}

/// Whoever stands in a list is there, and once.
fn check_list(
    name: &HuntGroupName,
    group: &HuntGroup,
    known: &BTreeSet<&Dn>,
    findings: &mut Vec<Finding>,
) {
    for (place, slot) in group.list.iter().enumerate() {
        let HuntSlot::Static(dn) = slot else {
            continue;
        };
        let path = [HUNT_GROUP, name.as_str(), "list", &place.to_string()];
        if !known.contains(dn) {
            let numbers = known.iter().map(|dn| dn.as_str());
            let remedy = did_you_mean(dn.as_str(), numbers);
            findings.push(Finding::new(
                &path,
                format!("nobody has the number {dn}"),
                remedy.unwrap_or_else(|| {
                    "Name a number of a user or phone, a pilot, or \"*\"".into()
                }),
            ));
        } else if group.list[..place].contains(slot) {
            let what = format!("{dn} is named twice");
            findings.push(Finding::new(&path, what, "Name each member once"));
        }
    }
}

fn check_timeouts(name: &HuntGroupName, group: &HuntGroup, findings: &mut Vec<Finding>) {
    let (given, places) = (group.timeout_s.len(), group.list.len());
    if given > 1 && given != places {
        findings.push(Finding::new(
            &[HUNT_GROUP, name.as_str(), "timeout_s"],
            format!("there are {given} values for {places} places in the list"),
            "Write one value, or one for each place",
        ));
    }
}

/// How many groups stand one in the other, from this one on; none if too many, or in a circle.
fn depth<'a>(
    site: &'a Site,
    name: &'a HuntGroupName,
    above: &mut Vec<&'a HuntGroupName>,
) -> Option<usize> {
    if above.len() >= DEEPEST_NESTING || above.contains(&name) {
        return None;
    }
    above.push(name);
    let mut deepest = 0;
    for slot in &site.hunt_groups.get(name)?.list {
        let HuntSlot::Static(dn) = slot else {
            continue;
        };
        if let Some((inner, _)) = site.hunt_group_of(dn) {
            deepest = deepest.max(depth(site, inner, above)?);
        }
    }
    above.pop();
    Some(deepest + 1)
}

/// What is allowed, and probably not meant.
pub(super) fn lint_hunt_groups(site: &Site, findings: &mut Vec<Finding>) {
    let known = known_numbers(site);
    let is_nobodys = |dn: &Dn| !known.contains(dn) && site.route_for(dn.as_str()).is_none();
    for (name, group) in &site.hunt_groups {
        let name = name.as_str();
        if let Some(dn) = group.final_to.as_ref().filter(|dn| is_nobodys(dn)) {
            findings.push(nowhere(&[HUNT_GROUP, name, "final"], dn));
        }
        let overflow = group.queue.as_ref().and_then(|it| it.overflow_to.as_ref());
        if let Some(dn) = overflow.filter(|dn| is_nobodys(dn)) {
            findings.push(nowhere(&[HUNT_GROUP, name, "queue", "overflow"], dn));
        }
        if group.queue.is_some() && group.overflow_to().is_none() {
            findings.push(Finding::new(
                &[HUNT_GROUP, name, "queue"],
                "callers who have waited for too long are sent away: there is neither overflow nor final",
                "Add overflow = \"…\" to the queue, or final = \"…\" to the group",
            ));
        }
        if group.hops.is_some() && group.kind == HuntKind::Parallel {
            findings.push(Finding::new(
                &[HUNT_GROUP, name, "hops"],
                "all members of a parallel group ring at once: there are no hops",
                "Take it away",
            ));
        }
    }
}
