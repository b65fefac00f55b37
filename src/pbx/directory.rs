//! Numbers: what each is, and at which phones it appears now.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::Pbx;
use super::action::Party;
use super::class_of_service::{ClassOfService, NO_RIGHTS};
use super::layout::Feature;
use super::line::{Applied, LineKind, ProfileLine};
use super::model::Protocol;
use super::names::{ClassName, Dn, HuntGroupName, PhoneName, ProfileName, UserId};
use super::profile::{LogoutProfile, UserProfile};
use super::site::{Phone, Site, User};

/// What a number is, by the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// A user's.
    User(UserId),
    /// A phone's, while nobody is logged in there, or a line that a profile lists.
    Guest,
    /// A hunt group's: it appears at no phone.
    Pilot(HuntGroupName),
}

/// The index over a site's numbers, and over the appearances of the moment.
#[derive(Debug, Default)]
pub(super) struct Directory {
    holders: HashMap<Dn, Holder>,
    appearances: HashMap<Dn, Appearances>,
    has_shared: bool,
    voicemails: HashSet<Dn>,
    /// Numbers that several phones may have at once.
    sharable: HashSet<Dn>,
}

/// Where a number appears. Nearly all appear at one phone, of which there may be very many.
#[derive(Debug)]
enum Appearances {
    One(PhoneName),
    /// One at least.
    Several(BTreeSet<PhoneName>),
}

impl Directory {
    /// The index of a site; where its numbers appear is told one phone at a time.
    pub fn of(site: &Site) -> Directory {
        let mut holders = HashMap::new();
        let listed = site.logout_profiles.values().flat_map(|p| p.numbers());
        let guests = site.phones.values().filter_map(|p| p.guest_dn.as_ref());
        for dn in listed.chain(guests) {
            holders.insert(dn.clone(), Holder::Guest);
        }
        for (id, user) in &site.users {
            for line in user
                .profiles
                .iter()
                .filter_map(|p| site.user_profiles.get(p))
            {
                for dn in line.numbers() {
                    holders
                        .entry(dn.clone())
                        .or_insert_with(|| Holder::User(id.clone()));
                }
            }
        }
        for (name, group) in &site.hunt_groups {
            for pilot in &group.pilots {
                holders.insert(pilot.clone(), Holder::Pilot(name.clone()));
            }
        }
        for (id, user) in &site.users {
            holders.insert(user.dn.clone(), Holder::User(id.clone()));
        }
        Directory {
            holders,
            appearances: HashMap::new(),
            has_shared: false,
            voicemails: site.voicemails().cloned().collect(),
            sharable: site.shared_numbers(),
        }
    }

    /// What a number is; none if nothing has it.
    pub fn holder(&self, dn: &Dn) -> Option<&Holder> {
        self.holders.get(dn)
    }

    /// The hunt group that a number is a pilot of.
    pub fn pilot(&self, dn: &Dn) -> Option<&HuntGroupName> {
        match self.holders.get(dn)? {
            Holder::Pilot(group) => Some(group),
            Holder::User(_) | Holder::Guest => None,
        }
    }

    /// Whether a number is that of a voicemail system.
    pub fn is_voicemail(&self, dn: &Dn) -> bool {
        self.voicemails.contains(dn)
    }

    /// Whether there is any.
    pub fn has_voicemail(&self) -> bool {
        !self.voicemails.is_empty()
    }

    /// Where a number appears now.
    pub fn phones_with(&self, dn: &Dn) -> impl Iterator<Item = &PhoneName> {
        let (one, several) = match self.appearances.get(dn) {
            None => (None, None),
            Some(Appearances::One(phone)) => (Some(phone), None),
            Some(Appearances::Several(phones)) => (None, Some(phones)),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    /// Whether a number appears at several phones now.
    pub fn is_shared(&self, dn: &Dn) -> bool {
        matches!(self.appearances.get(dn), Some(Appearances::Several(phones)) if phones.len() > 1)
    }

    /// Whether a number may appear at several phones, even if it does not now.
    pub fn is_sharable(&self, dn: &Dn) -> bool {
        self.sharable.contains(dn)
    }

    /// Whether any number ever appeared at several phones.
    pub fn has_shared(&self) -> bool {
        self.has_shared
    }

    /// A phone's lines were `old` and are `new`.
    pub fn moved(&mut self, phone: &PhoneName, old: &[Dn], new: &[Dn]) {
        for dn in old {
            let is_empty = match self.appearances.get_mut(dn) {
                None => false,
                Some(Appearances::One(only)) => only == phone,
                Some(Appearances::Several(phones)) => {
                    phones.remove(phone);
                    phones.is_empty()
                }
            };
            if is_empty {
                self.appearances.remove(dn);
            }
        }
        for dn in new {
            match self.appearances.entry(dn.clone()) {
                Entry::Vacant(place) => drop(place.insert(Appearances::One(phone.clone()))),
                Entry::Occupied(mut place) => {
                    place.get_mut().add(phone);
                    self.has_shared = true;
                }
            }
        }
    }
}

impl Appearances {
    fn add(&mut self, phone: &PhoneName) {
        match self {
            Appearances::One(only) if only == phone => {}
            Appearances::One(only) => {
                *self = Appearances::Several([only.clone(), phone.clone()].into());
            }
            Appearances::Several(phones) => drop(phones.insert(phone.clone())),
        }
    }
}

impl Site {
    /// All its numbers: those of users, of phones and of hunt groups, and those that profiles list.
    pub fn numbers(&self) -> Vec<Dn> {
        Directory::of(self).holders.into_keys().collect()
    }
}

impl Pbx {
    /// Finds a user by id or DN, as people give it.
    pub(super) fn find_user(&self, given: &str) -> Option<(&UserId, &User)> {
        if let Some(found) = self.site.users.get_key_value(given) {
            return Some(found);
        }
        match self.directory.holder(&given.into())? {
            Holder::User(id) => {
                let (id, user) = self.site.users.get_key_value(id)?;
                (user.dn.as_str() == given).then_some((id, user))
            }
            Holder::Guest | Holder::Pilot(_) => None,
        }
    }

    /// The profile that a phone carries for its user: for whoever is logged in there, or whose companion it is.
    pub(super) fn user_profile_at(&self, phone: &PhoneName) -> Option<(&UserId, &UserProfile)> {
        let Some(id) = self.session_at(phone) else {
            return self.companion(phone);
        };
        let stored = &self.sessions.get(&id)?.stored;
        Some((&stored.user, self.profile_of(stored)?))
    }

    /// The same by its name.
    pub(super) fn profile_name_at(&self, phone: &PhoneName) -> Option<(UserId, ProfileName)> {
        if let Some(id) = self.session_at(phone) {
            let stored = &self.sessions.get(&id)?.stored;
            return Some((stored.user.clone(), stored.profile.clone()));
        }
        let (user, _) = self.companion(phone)?;
        let profile = self.site.users.get(user)?.profiles.first()?;
        Some((user.clone(), profile.clone()))
    }

    /// The numbers of a phone as it is now, prime line first. A number that it only watches is none of its.
    pub(super) fn lines_of(&self, phone: &PhoneName) -> Vec<Dn> {
        let (lines, own, protocol) = self.profile_at(phone);
        if lines.is_empty() {
            return own.cloned().into_iter().collect();
        }
        let lines = Applied::of(lines, own, protocol).lines.into_iter();
        let own = lines.filter(|line| line.kind != LineKind::MonitorRing);
        own.flat_map(|line| line.numbers).collect()
    }

    /// The lines of a phone as it is now, in the order of its buttons.
    pub(super) fn profile_lines_at(&self, phone: &PhoneName) -> Applied {
        let (lines, own, protocol) = self.profile_at(phone);
        Applied::of(lines, own, protocol)
    }

    /// The lines that the profile of a phone lists, the number that is there if it lists none, and what the phone speaks.
    pub(super) fn profile_at(&self, phone: &PhoneName) -> (&[ProfileLine], Option<&Dn>, Protocol) {
        let config = self.site.phones.get(phone);
        let protocol = config.map_or(Protocol::Sip, Phone::protocol);
        match self.user_profile_at(phone) {
            Some((id, profile)) => {
                let own = self.site.users.get(id).map(|user| &user.dn);
                (&profile.lines, own, protocol)
            }
            None => {
                let profile = self.logout_profile_of(phone);
                let lines = profile.map_or(&[][..], |profile| &profile.lines);
                let own = config.and_then(|config| config.guest_dn.as_ref());
                (lines, own, protocol)
            }
        }
    }

    /// The features that are to have a button at a phone, as it is now.
    pub(super) fn features_at(&self, phone: &PhoneName) -> Vec<Feature> {
        let mut features = match self.user_profile_at(phone) {
            Some((_, profile)) => profile.features(),
            None => self
                .logout_profile_of(phone)
                .map(LogoutProfile::features)
                .unwrap_or_default(),
        };
        // Where that is the same as not to be disturbed, there is no key for it alone (HG-2).
        features.retain(|it| *it != Feature::HuntLog || !self.quiet_is_not_ready());
        features
    }

    /// What a phone is while nobody is logged in.
    pub(super) fn logout_profile_of(&self, phone: &PhoneName) -> Option<&LogoutProfile> {
        let config = self.site.phones.get(phone)?;
        self.site.logout_profiles.get(&config.logout_profile)
    }

    /// What may be done at a phone by whoever is there.
    pub(super) fn class_at(&self, phone: &PhoneName) -> &ClassOfService {
        let trunk = self.site.trunks.get(phone).map(|trunk| &trunk.class);
        let class = match self.user_profile_at(phone) {
            _ if trunk.is_some() => trunk,
            Some((user, profile)) => Some(self.site.class_of(user, profile)),
            None => self.logout_class(phone),
        };
        let class = class.and_then(|name| self.site.classes.get(name));
        class.unwrap_or(&NO_RIGHTS)
    }

    /// The class of a phone while nobody is logged in.
    pub(super) fn logout_class(&self, phone: &PhoneName) -> Option<&ClassName> {
        Some(&self.logout_profile_of(phone)?.class)
    }

    /// Who calls when this phone does: the user who is logged in, else the phone itself (CAL-1).
    pub(super) fn party_at(&self, phone: &PhoneName) -> Party {
        let dn = self.lines_of(phone).into_iter().next();
        let softphone = self.site.softphone(phone.as_str());
        let dn = dn.or_else(|| Some(softphone?.user.dn.clone()));
        let dn = dn.unwrap_or_else(|| phone.as_str().into());
        let display_name = match self.user_profile_at(phone) {
            Some((id, _)) => self.site.users.get(id).map(|u| u.display_name.clone()),
            None if softphone.is_some() => softphone.map(|s| s.user.display_name.clone()),
            None => self
                .site
                .phones
                .get(phone)
                .and_then(|config| self.site.logout_profiles.get(&config.logout_profile))
                .map(|profile| profile.display_name.clone()),
        };
        Party {
            dn,
            display_name: display_name.unwrap_or_default(),
        }
    }

    /// Writes down where the numbers of a phone appear; `old` is what its lines were. A call on the prime line stays
    /// on the prime line, whatever its number is now.
    pub(super) fn lines_changed(&mut self, phone: &PhoneName, old: &[Dn]) {
        let new = self.lines_of(phone);
        self.directory.moved(phone, old, &new);
        if !self.site.hunt_groups.is_empty() {
            let appeared = new.iter().filter(|dn| !old.contains(dn));
            self.hunting.appeared(appeared.cloned());
            let gone = old.iter().filter(|dn| !new.contains(dn));
            gone.for_each(|dn| self.member_changed(dn));
        }
        self.line_moved(old, &new);
        if let (Some(old), Some(new)) = (old.first(), new.first())
            && let Some(state) = self.phones.get(phone)
        {
            self.calls.relabel(&state.legs, old, new);
        }
    }
}
