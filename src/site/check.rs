//! What must hold for a site as a whole, wherever it comes from: references resolve, names and numbers are unique and
//! can be dialled.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::after_hours::check_after_hours;
use super::buttons::check_buttons;
use super::hardware::{check_firmware, check_hardware};
use super::hunt_group::{HUNT_GROUP, check_hunt_groups, group_numbers};
use super::job::check_jobs;
use super::limits::check_limits;
use super::problem::{Finding, did_you_mean};
use super::provision::check_provision;
use super::trunk::check_trunks;
use super::upstream;
use crate::pbx::{AbsentHandling, ClassName, Dn, ProfileLine, Site};

/// Everything that is wrong with a site; with `previous`, also what cannot follow that.
pub(super) fn check(site: &Site, previous: Option<&Site>) -> Vec<Finding> {
    let mut findings = Vec::new();
    check_settings(site, &mut findings);
    check_codes(site, &mut findings);
    check_emergency(site, &mut findings);
    check_names(site, &mut findings);
    check_references(site, &mut findings);
    check_limits(site, &mut findings);
    check_numbers(site, &mut findings);
    check_number_owners(site, &mut findings);
    check_park_slots(site, &mut findings);
    check_hunt_groups(site, &mut findings);
    check_credentials(site, &mut findings);
    check_softphone_names(site, &mut findings);
    check_hardware(site, &mut findings);
    check_firmware(site, &mut findings);
    check_auto_registration(site, &mut findings);
    check_provision(site, &mut findings);
    check_buttons(site, &mut findings);
    upstream::check(site, previous, &mut findings);
    check_trunks(site, &mut findings);
    check_jobs(site, &mut findings);
    check_after_hours(site, &mut findings);
    if let Some(previous) = previous {
        check_realm_change(site, previous, &mut findings);
        check_softphone_digests(site, previous, &mut findings);
    }
    findings
}

fn check_settings(site: &Site, findings: &mut Vec<Finding>) {
    let settings = &site.settings;
    if settings.name.trim().is_empty() {
        findings.push(Finding::new(
            &["site", "name"],
            "the site has no name",
            "Give it one; it is shown wherever the server is",
        ));
    }
    if TimeZone::get(&settings.timezone).is_err() {
        findings.push(Finding::new(
            &["site", "timezone"],
            format!("there is no time zone {:?}", settings.timezone),
            "Write an IANA name, such as \"Europe/Amsterdam\" or \"UTC\"",
        ));
    }
    let is_quotable = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\' || c == ' ';
    if settings.realm.trim().is_empty() || !settings.realm.chars().all(is_quotable) {
        findings.push(Finding::new(
            &["site", "realm"],
            "a realm is plain text without quotes and backslashes, and not empty",
            "Write one such as \"perch\" or \"pbx.example.com\"",
        ));
    }
}

fn check_codes(site: &Site, findings: &mut Vec<Finding>) {
    let codes = site.codes.all();
    for (key, code) in codes {
        let is_dialled = |c: char| c.is_ascii_digit() || c == '*' || c == '#';
        if code.is_empty()
            || code.len() > 16
            || !code.chars().all(is_dialled)
            || code.ends_with('#')
        {
            findings.push(Finding::new(
                &["codes", key],
                format!("{code:?} is not a code"),
                "Write 1 to 16 digits, * or #, such as \"*11\"; the last is not #, which ends what is dialled",
            ));
        }
    }
    for (place, (key, code)) in codes.iter().enumerate() {
        for (other, shorter) in codes[..place].iter().chain(&codes[place + 1..]) {
            // What follows the code to join a group may be set off by a `*`: others may begin like it.
            let is_open = *other == "hunt_join" && code != shorter;
            let begins = !shorter.is_empty() && code.starts_with(shorter);
            if begins && !is_open && (code != shorter || other < key) {
                findings.push(Finding::new(
                    &["codes", key],
                    format!("{code} begins like the code for {other}, {shorter}"),
                    "Choose codes of which none begins like another",
                ));
            }
        }
    }
}

fn check_emergency(site: &Site, findings: &mut Vec<Finding>) {
    for (number, phones) in &site.emergency {
        let path = ["emergency", number];
        if !is_number(number) {
            findings.push(Finding::about_key(
                &path,
                format!("{number:?} cannot be dialled"),
                "Write 1 to 32 digits",
            ));
        }
        if phones.is_empty() {
            findings.push(Finding::new(
                &path,
                "nobody answers this emergency number",
                "Name at least one phone that rings, or a trunk",
            ));
        }
        for (place, phone) in phones.iter().enumerate() {
            if !site.phones.contains_key(phone) && !site.is_trunk(phone) {
                let known = site.phones.keys().chain(site.trunks.keys());
                let known = known.map(|name| name.as_str());
                findings.push(unresolved(
                    &["emergency", number, &place.to_string()],
                    "phone",
                    phone.as_str(),
                    known,
                ));
            }
        }
    }
}

fn check_names(site: &Site, findings: &mut Vec<Finding>) {
    let classes = site
        .classes
        .keys()
        .map(|n| ("class_of_service", n.as_str()));
    let logout = site
        .logout_profiles
        .keys()
        .map(|n| ("logout_profile", n.as_str()));
    let profiles = site
        .user_profiles
        .keys()
        .map(|n| ("user_profile", n.as_str()));
    let groups = site.user_groups.keys().map(|n| ("user_group", n.as_str()));
    let users = site.users.keys().map(|n| ("user", n.as_str()));
    let hunt_groups = site.hunt_groups.keys().map(|n| (HUNT_GROUP, n.as_str()));
    let named = classes.chain(logout).chain(profiles).chain(groups);
    for (kind, name) in named.chain(users).chain(hunt_groups) {
        if !is_name(name) {
            findings.push(Finding::about_key(
                &[kind, name],
                "a name is 1 to 64 characters without spaces, control characters, *, # and @",
                "Choose another name",
            ));
        }
    }
    for phone in site.phones.keys() {
        if !is_phone_name(phone.as_str()) {
            findings.push(Finding::about_key(
                &["phone", phone.as_str()],
                "a phone's name is 1 to 64 letters a-z and A-Z, digits, '-', '_' and '.', since it stands in addresses",
                "Choose another name",
            ));
        }
    }
    for (id, user) in &site.users {
        if let Some(mailbox) = user.mailbox.as_ref().filter(|m| !is_name(m.as_str())) {
            findings.push(Finding::new(
                &["user", id.as_str(), "mailbox"],
                format!("{:?} is no mailbox", mailbox.as_str()),
                "Write its name at the voicemail system: 1 to 64 characters without spaces, *, # and @",
            ));
        }
    }
    if site.settings.alphanumeric_user_id {
        return;
    }
    for user in site.users.keys() {
        if !user.as_str().bytes().all(|b| b.is_ascii_digit()) {
            findings.push(Finding::about_key(
                &["user", user.as_str()],
                "this user id has more than digits, but site.alphanumeric_user_id is false",
                "Choose an id of digits, or allow others",
            ));
        }
    }
}

pub(super) fn is_name(name: &str) -> bool {
    let is_wrong = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '*' | '#' | '@');
    (1..=64).contains(&name.chars().count()) && !name.contains(is_wrong)
}

pub(super) fn is_phone_name(name: &str) -> bool {
    let is_right = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && name.bytes().all(is_right) && !name.starts_with('.')
}

fn check_references(site: &Site, findings: &mut Vec<Finding>) {
    let mut class = |kind: &str, name: &str, class: &ClassName| {
        if !site.classes.contains_key(class) {
            let known = site.classes.keys().map(|name| name.as_str());
            let path = [kind, name, "class"];
            findings.push(unresolved(&path, "class_of_service", class.as_str(), known));
        }
    };
    for (name, profile) in &site.logout_profiles {
        class("logout_profile", name.as_str(), &profile.class);
    }
    for (name, profile) in &site.user_profiles {
        class("user_profile", name.as_str(), &profile.class);
    }
    for (id, user) in &site.users {
        if let Some(own) = &user.class {
            class("user", id.as_str(), own);
        }
    }
    for (id, user) in &site.users {
        for (place, profile) in user.profiles.iter().enumerate() {
            let path = ["user", id.as_str(), "profiles", &place.to_string()];
            if !site.user_profiles.contains_key(profile) {
                let known = site.user_profiles.keys().map(|name| name.as_str());
                findings.push(unresolved(&path, "user_profile", profile.as_str(), known));
            } else if user.profiles[..place].contains(profile) {
                let what = format!("{:?} is named twice", profile.as_str());
                findings.push(Finding::new(&path, what, "Name each profile once"));
            }
        }
    }
    for (name, phone) in &site.phones {
        if !site.logout_profiles.contains_key(&phone.logout_profile) {
            let known = site.logout_profiles.keys().map(|name| name.as_str());
            findings.push(unresolved(
                &["phone", name.as_str(), "logout_profile"],
                "logout_profile",
                phone.logout_profile.as_str(),
                known,
            ));
        }
    }
}

pub(super) fn unresolved<'a>(
    path: &[&str],
    kind: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Finding {
    let remedy = did_you_mean(name, known)
        .unwrap_or_else(|| format!("Define it as [{kind}.{name}], or name one that is defined"));
    Finding::new(path, format!("there is no {kind} {name:?}"), remedy)
}

/// Every place in the file where a number stands, and the number.
fn numbers(site: &Site) -> Vec<(Vec<String>, &Dn)> {
    let mut numbers = Vec::new();
    let mut add = |path: &[&str], dn| {
        numbers.push((path.iter().map(|key| (*key).to_owned()).collect(), dn));
    };
    group_numbers(site, &mut add);
    if let Some(dn) = &site.settings.voicemail {
        add(&["site", "voicemail"], dn);
    }
    for (place, dn) in site.settings.park_slots.iter().enumerate() {
        add(&["site", "park_slots", &place.to_string()], dn);
    }
    for (name, profile) in &site.logout_profiles {
        line_numbers(["logout_profile", name.as_str()], &profile.lines, &mut add);
    }
    for (name, profile) in &site.user_profiles {
        line_numbers(["user_profile", name.as_str()], &profile.lines, &mut add);
        if let AbsentHandling::Forward(dn) = &profile.absent {
            add(&["user_profile", name.as_str(), "absent", "forward"], dn);
        }
        if let Some(dn) = &profile.voicemail {
            add(&["user_profile", name.as_str(), "voicemail"], dn);
        }
        for (key, dn) in profile.forwarding.numbers() {
            add(&["user_profile", name.as_str(), key], dn);
        }
    }
    for (id, user) in &site.users {
        add(&["user", id.as_str(), "dn"], &user.dn);
    }
    for (name, phone) in &site.phones {
        if let Some(dn) = &phone.guest_dn {
            add(&["phone", name.as_str(), "guest_dn"], dn);
        }
    }
    numbers
}

fn line_numbers<'a>(
    [kind, name]: [&str; 2],
    lines: &'a [ProfileLine],
    add: &mut impl FnMut(&[&str], &'a Dn),
) {
    for (place, line) in lines.iter().enumerate() {
        let place = place.to_string();
        for (at, dn) in line.numbers.iter().enumerate() {
            let at = at.to_string();
            match line.kind.is_overlay() {
                true => add(&[kind, name, "lines", &place, "numbers", &at], dn),
                false => add(&[kind, name, "lines", &place], dn),
            }
        }
    }
}

/// Numbers can be dialled, and dialling them reaches nothing else.
fn check_numbers(site: &Site, findings: &mut Vec<Finding>) {
    for (path, dn) in numbers(site) {
        let dn = dn.as_str();
        let codes = site.codes.all();
        let code = codes
            .into_iter()
            .find(|(_, code)| !code.is_empty() && dn.starts_with(code));
        let (what, remedy) = if !is_number(dn) {
            (format!("{dn:?} is not a number"), "Write 1 to 32 digits")
        } else if site.emergency.contains_key(dn) {
            (
                format!("{dn} is an emergency number"),
                "Choose another number",
            )
        } else if let Some((key, code)) = code {
            let what = format!("{dn} begins like the code for {key}, {code}");
            (what, "Choose another number or code")
        } else {
            continue;
        };
        findings.push(Finding {
            path,
            what,
            remedy: remedy.into(),
            is_about_key: false,
        });
    }
}

fn is_number(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A number is one user's or one phone's.
fn check_number_owners(site: &Site, findings: &mut Vec<Finding>) {
    let mut owners: BTreeMap<&Dn, (&str, &str)> = BTreeMap::new();
    let users = site
        .users
        .iter()
        .map(|(id, user)| (["user", id.as_str(), "dn"], &user.dn));
    let phones = site.phones.iter().filter_map(|(name, phone)| {
        let path = ["phone", name.as_str(), "guest_dn"];
        Some((path, phone.guest_dn.as_ref()?))
    });
    for (path, dn) in users.chain(phones) {
        let [kind, name, _] = path;
        match owners.get(dn) {
            None => {
                owners.insert(dn, (kind, name));
            }
            Some((other_kind, other)) => findings.push(Finding::new(
                &path,
                format!("{dn} is the number of {other_kind} {other} already"),
                "Give each a number of its own",
            )),
        }
    }
}

/// A lot has room for so many calls.
const PARK_SLOTS: usize = 100;

/// A slot is nobody's number: who dials it would get a call that waits, and never its owner.
fn check_park_slots(site: &Site, findings: &mut Vec<Finding>) {
    let slots = &site.settings.park_slots;
    if slots.len() > PARK_SLOTS {
        findings.push(Finding::new(
            &["site", "park_slots"],
            format!("there are more than {PARK_SLOTS}"),
            format!("Keep {PARK_SLOTS} at most"),
        ));
    }
    let taken: BTreeMap<&Dn, String> = numbers(site)
        .into_iter()
        .filter(|(path, _)| path[..2] != ["site", "park_slots"])
        .map(|(path, dn)| (dn, path.join(".")))
        .collect();
    for (place, slot) in slots.iter().enumerate() {
        let path = ["site", "park_slots", &place.to_string()];
        if let Some(owner) = taken.get(slot) {
            findings.push(Finding::new(
                &path,
                format!("{slot} stands as {owner} already"),
                "Choose a number that is nobody's",
            ));
        } else if slots[..place].contains(slot) {
            let what = format!("{slot} is named twice");
            findings.push(Finding::new(&path, what, "Name each slot once"));
        }
    }
}

/// Phones that nobody named get a profile that there is, and numbers that can be dialled.
fn check_auto_registration(site: &Site, findings: &mut Vec<Finding>) {
    let Some(auto) = &site.auto_registration else {
        return;
    };
    if !site.logout_profiles.contains_key(&auto.logout_profile) {
        let known = site.logout_profiles.keys().map(|name| name.as_str());
        findings.push(unresolved(
            &["auto_registration", "logout_profile"],
            "logout_profile",
            auto.logout_profile.as_str(),
            known,
        ));
    }
    if site.free_numbers() == 0 && site.enrolled() == 0 {
        findings.push(Finding::new(
            &["auto_registration", "numbers"],
            "none of these numbers is free",
            "Choose numbers that no user, phone, code or emergency number has",
        ));
    }
}

/// SES-4: whatever somebody may give as a name means one thing.
fn check_credentials(site: &Site, findings: &mut Vec<Finding>) {
    let by_dn: BTreeMap<&str, &str> = site
        .users
        .iter()
        .map(|(id, user)| (user.dn.as_str(), id.as_str()))
        .collect();
    for id in site.users.keys().map(|id| id.as_str()) {
        if let Some(other) = by_dn.get(id).filter(|other| **other != id) {
            findings.push(Finding::about_key(
                &["user", id],
                format!("this user id is the number of user {other}"),
                "Choose another id or number: either may be given to log in",
            ));
        }
    }
    let phones = site.phones.keys().map(|name| ("phone", name.as_str()));
    let programs = site
        .app_users
        .keys()
        .map(|name| ("app_user", name.as_str()));
    for (kind, name) in phones.chain(programs) {
        let user = match site.users.contains_key(name) {
            true => Some(name),
            false => by_dn.get(name).copied(),
        };
        if let Some(user) = user {
            findings.push(Finding::about_key(
                &[kind, name],
                format!("this is also the id or number of user {user}"),
                "Choose another name: those of phones, programs and users must differ",
            ));
        }
    }
}

/// A softphone is named like its user, and its name stands in addresses.
fn check_softphone_names(site: &Site, findings: &mut Vec<Finding>) {
    for (id, user) in &site.users {
        if user.sip_secret.is_some() && !is_phone_name(id.as_str()) {
            findings.push(Finding::about_key(
                &["user", id.as_str()],
                "this user has a sip_secret, so the id stands in addresses: 1 to 64 letters a-z and A-Z, digits, '-', '_' and '.'",
                "Choose another id, or take the sip_secret away",
            ));
        }
    }
}

/// The digests of a softphone's secret hold the realm and the DN, and cannot be made for others without the secret.
fn check_softphone_digests(site: &Site, previous: &Site, findings: &mut Vec<Finding>) {
    for (id, user) in &site.users {
        let Some(before) = previous.users.get(id) else {
            continue;
        };
        let (Some(old), Some(new)) = (&before.sip_secret, &user.sip_secret) else {
            continue;
        };
        let (old_realm, new_realm) = (&previous.settings.realm, &site.settings.realm);
        let (key, what) = if old_realm != new_realm && old.by_id == new.by_id {
            let what = format!("made for the realm {old_realm:?}, which is now {new_realm:?}");
            ("sip_id_md5", what)
        } else if before.dn != user.dn && old.by_dn == new.by_dn {
            let what = format!(
                "made for the number {}, which is now {}",
                before.dn, user.dn
            );
            ("sip_dn_md5", what)
        } else {
            continue;
        };
        findings.push(Finding::new(
            &["user", id.as_str(), key],
            format!("these digests were {what}"),
            "Write the user's sip_secret instead",
        ));
    }
}

/// Digests hold the realm, and cannot be made for another without the password.
fn check_realm_change(site: &Site, previous: &Site, findings: &mut Vec<Finding>) {
    let (old, new) = (&previous.settings.realm, &site.settings.realm);
    if old == new {
        return;
    }
    for (name, phone) in &site.phones {
        let before = previous.phones.get(name).and_then(|phone| phone.sip_secret);
        if before.is_some() && before == phone.sip_secret {
            findings.push(Finding::new(
                &["phone", name.as_str(), "digest_md5"],
                format!("these digests were made for the realm {old:?}, which is now {new:?}"),
                "Write the phone's password instead",
            ));
        }
    }
}
