//! What is allowed, but probably not meant.

use std::collections::BTreeSet;

use super::hunt_group::lint_hunt_groups;
use super::job::lint_jobs;
use super::limits::lint_limits;
use super::problem::Finding;
use super::trunk::lint_trunks;
use crate::pbx::{AbsentHandling, Dn, GoesTo, Phone, PhoneName, Site, User, UserId, UserProfile};

/// Everything that is doubtful about a site that is right.
pub(super) fn lint(site: &Site) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, phone) in &site.phones {
        lint_phone(site, name, phone, &mut findings);
    }
    lint_limits(site, &mut findings);
    for (id, user) in &site.users {
        lint_own_line(site, id, user, &mut findings);
        lint_softphone(site, id, user, &mut findings);
    }
    lint_softphone_places(site, &mut findings);
    lint_pickup_groups(site, &mut findings);
    lint_targets(site, &mut findings);
    lint_trunks(site, &mut findings);
    lint_hunt_groups(site, &mut findings);
    lint_jobs(site, &mut findings);
    if site.emergency.is_empty() && !site.phones.is_empty() {
        findings.push(Finding::new(
            &["emergency"],
            "the site has no emergency numbers: dialling 112 or 911 reaches nobody",
            "Add [emergency] with the phones that ring, or the trunks that calls go by",
        ));
    }
    findings
}

fn lint_softphone(site: &Site, id: &UserId, user: &User, findings: &mut Vec<Finding>) {
    if user.sip_secret.is_some() && site.softphone(id.as_str()).is_none() {
        findings.push(Finding::about_key(
            &["user", id.as_str()],
            "this user has a sip_secret, but the profile says softphone = \"no\": it cannot register",
            "Take the secret away, or allow softphones in the profile",
        ));
    }
}

/// EMG-1: softphones have no location. One remark for all of them: there may be thousands.
fn lint_softphone_places(site: &Site, findings: &mut Vec<Finding>) {
    if site.softphones().next().is_some() && !site.emergency.is_empty() {
        findings.push(Finding::about_key(
            &["emergency"],
            "users of this site may have softphones, and nobody knows where those are",
            "Whoever answers an emergency call sees \"location unknown\", and has to ask",
        ));
    }
}

/// A group of one picks nothing up: a name is misspelt, mostly.
fn lint_pickup_groups(site: &Site, findings: &mut Vec<Finding>) {
    let profiles = site.user_profiles.iter().filter_map(|(name, profile)| {
        let has_it = |user: &&User| user.profiles.contains(name);
        let users = site.users.values().filter(has_it).count();
        Some((
            ["user_profile", name.as_str()],
            profile.pickup_group.as_ref()?,
            users,
        ))
    });
    let phones = site.phones.iter().filter_map(|(name, phone)| {
        Some((["phone", name.as_str()], phone.pickup_group.as_ref()?, 1))
    });
    let all: Vec<_> = profiles.chain(phones).collect();
    for ([kind, name], group, _) in &all {
        let members = all.iter().filter(|(_, other, _)| other == group);
        if members.map(|(_, _, count)| count).sum::<usize>() < 2 {
            findings.push(Finding::new(
                &[kind, name, "pickup_group"],
                format!("nobody else is in the pickup group {group}"),
                "Give others the same group, or take it away",
            ));
        }
    }
}

fn lint_phone(site: &Site, name: &PhoneName, phone: &Phone, findings: &mut Vec<Finding>) {
    let name = name.as_str();
    let is_located = phone
        .location
        .as_ref()
        .is_some_and(|l| !l.trim().is_empty());
    if !site.emergency.is_empty() && !is_located {
        findings.push(Finding::new(
            &["phone", name, "location"],
            "nobody will know where this phone stands when it calls for help",
            "Add location = \"…\"",
        ));
    }
    if phone.sip_secret.is_none() && phone.hardware.is_none() && phone.provision.is_none() {
        findings.push(Finding::new(
            &["phone", name, "password"],
            "without a password this phone cannot register",
            "Add password = \"…\", or model = \"…\" if it is a Cisco phone that speaks SCCP",
        ));
    }
    let lists_lines = site
        .logout_profiles
        .get(&phone.logout_profile)
        .is_some_and(|profile| !profile.lines.is_empty());
    match (&phone.guest_dn, lists_lines) {
        (None, false) => findings.push(Finding::new(
            &["phone", name, "guest_dn"],
            "this phone has no number while nobody is logged in, so nobody can call it",
            "Add guest_dn = \"…\", or lines to its logout profile",
        )),
        (Some(dn), true) => findings.push(Finding::new(
            &["phone", name, "guest_dn"],
            format!("{dn} is never used: the logout profile lists lines of its own"),
            "Remove one of the two",
        )),
        _ => {}
    }
}

fn lint_own_line(site: &Site, id: &UserId, user: &User, findings: &mut Vec<Finding>) {
    for (place, profile) in user.profiles.iter().enumerate() {
        let is_elsewhere = |profile: &UserProfile| {
            !profile.lines.is_empty() && !profile.numbers().any(|dn| *dn == user.dn)
        };
        if site.user_profiles.get(profile).is_some_and(is_elsewhere) {
            findings.push(Finding::new(
                &["user", id.as_str(), "profiles", &place.to_string()],
                format!(
                    "with the profile {profile} this user has no button for {}: it lists other lines",
                    user.dn
                ),
                "Add the number to the profile's lines, or give the user a profile without lines",
            ));
        }
    }
}

/// Voicemail and forwards lead somewhere, and not round in a circle.
fn lint_targets(site: &Site, findings: &mut Vec<Finding>) {
    let known = known_numbers(site);
    let is_nobodys = |dn: &Dn| !known.contains(dn) && site.route_for(dn.as_str()).is_none();
    if let Some(dn) = site.settings.voicemail.as_ref().filter(|dn| is_nobodys(dn)) {
        findings.push(nowhere(&["site", "voicemail"], dn));
    }
    for (name, profile) in &site.user_profiles {
        let path = ["user_profile", name.as_str(), "absent"];
        match &profile.absent {
            AbsentHandling::Forward(dn) if is_nobodys(dn) => {
                findings.push(nowhere(&["user_profile", name.as_str(), "absent", "forward"], dn));
            }
            AbsentHandling::Forward(dn) if comes_round(site, dn) => findings.push(Finding::new(
                &path,
                format!("while the user of {dn} is absent too, calls there are forwarded in a circle and fail"),
                "Forward to a number that does not forward itself, such as a phone's guest number",
            )),
            _ => {}
        }
        let own = profile.voicemail.iter().map(|dn| ("voicemail", dn));
        for (key, dn) in own.chain(profile.forwarding.numbers()) {
            if is_nobodys(dn) {
                findings.push(nowhere(&["user_profile", name.as_str(), key], dn));
            }
        }
        let has_voicemail = profile.voicemail.is_some() || site.settings.voicemail.is_some();
        for (key, to) in profile.forwarding.targets() {
            if *to == GoesTo::Voicemail && !has_voicemail {
                findings.push(Finding::new(
                    &["user_profile", name.as_str(), key],
                    "there is no voicemail, so calls stay where they are",
                    "Name its number as voicemail, here or in [site]",
                ));
            }
        }
    }
}

pub(super) fn nowhere(path: &[&str], dn: &Dn) -> Finding {
    Finding::new(
        path,
        format!("nobody has the number {dn}, so calls sent there fail"),
        "Give it to a phone or user, or name another",
    )
}

pub(super) fn known_numbers(site: &Site) -> BTreeSet<&Dn> {
    let users = site.users.values().map(|user| &user.dn);
    let guests = site
        .phones
        .values()
        .filter_map(|phone| phone.guest_dn.as_ref());
    let user_lines = site
        .user_profiles
        .values()
        .flat_map(|profile| profile.numbers());
    let logout_lines = site
        .logout_profiles
        .values()
        .flat_map(|profile| profile.numbers());
    let pilots = site.hunt_groups.values().flat_map(|group| &group.pilots);
    users
        .chain(pilots)
        .chain(guests)
        .chain(user_lines)
        .chain(logout_lines)
        .collect()
}

/// Whether following the forwards of absent users from `dn` comes by some number twice.
fn comes_round(site: &Site, dn: &Dn) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = Some(dn);
    while let Some(dn) = next {
        if !seen.insert(dn) {
            return true;
        }
        next = forward_of(site, dn);
    }
    false
}

fn forward_of<'a>(site: &'a Site, dn: &Dn) -> Option<&'a Dn> {
    let user = site.users.values().find(|user| user.dn == *dn)?;
    match &site.user_profiles.get(user.profiles.first()?)?.absent {
        AbsentHandling::Forward(dn) => Some(dn),
        _ => None,
    }
}
