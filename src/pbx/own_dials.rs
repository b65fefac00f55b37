//! Speed dials that a user has changed at a phone (PRO-7). They follow the user, profile by profile, until the site has
//! others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::action::Refusal;
use super::change::{Change, Door, What};
use super::event::Ticket;
use super::forward_set::Owner;
use super::login::Asker;
use super::names::{PhoneName, ProfileName, UserId};
use super::profile::SpeedDial;
use super::{Obstacle, Pbx};
use crate::time::Now;

/// A user's own speed dials in one profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnDials {
    /// All of them.
    pub dials: Vec<SpeedDial>,
    /// Those of the site, in whose place they are. If the site has others, an administrator has given new ones.
    pub instead_of: Vec<SpeedDial>,
}

/// A change of one speed dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialEdit {
    /// Which one, from 0; behind the last one: a new one.
    pub place: usize,
    /// The number that it had when somebody began to change it; none for a new one.
    pub before: Option<String>,
    /// What it is to be. None: it is taken away, and those behind it move up.
    pub after: Option<SpeedDial>,
}

/// All that was changed.
#[derive(Debug, Default)]
pub(super) struct AllOwnDials(BTreeMap<UserId, BTreeMap<ProfileName, OwnDials>>);

impl AllOwnDials {
    pub fn get(&self, user: &UserId, profile: &ProfileName) -> Option<&OwnDials> {
        self.0.get(user)?.get(profile)
    }

    pub fn set(&mut self, user: UserId, profile: ProfileName, own: Option<OwnDials>) {
        let of_user = self.0.entry(user.clone()).or_default();
        match own {
            Some(own) => drop(of_user.insert(profile, own)),
            None => drop(of_user.remove(&profile)),
        }
        if of_user.is_empty() {
            self.0.remove(&user);
        }
    }

    fn all(&self) -> impl Iterator<Item = (&UserId, &ProfileName, &OwnDials)> {
        let of = |(user, profiles)| std::iter::repeat(user).zip(profiles);
        let all = self.0.iter().flat_map(of);
        all.map(|(user, (profile, own)): (_, (&ProfileName, _))| (user, profile, own))
    }
}

/// The rule: what becomes of the list, or why nothing.
fn edited(dials: &[SpeedDial], edit: &DialEdit) -> Result<Vec<SpeedDial>, Refusal> {
    let no = |text: &str| Err(Refusal::Conflict(text.to_owned()));
    let present = dials.get(edit.place).map(|dial| &dial.number);
    if edit.place > dials.len() || present != edit.before.as_ref() {
        return no("Somebody has changed the list meanwhile");
    }
    let mut dials = dials.to_vec();
    match &edit.after {
        Some(dial) if !dial.has_number() => return no("A speed dial is 1 to 23 digits, * or #"),
        Some(dial) if !dial.has_label() => return no("A label is 1 to 39 characters"),
        Some(_) if edit.place >= SpeedDial::MOST => return no("There is no room for more"),
        Some(dial) if edit.place == dials.len() => dials.push(dial.clone()),
        Some(dial) => {
            let place = &mut dials[edit.place];
            (place.number, place.label) = (dial.number.clone(), dial.label.clone());
        }
        None if edit.place < dials.len() => drop(dials.remove(edit.place)),
        None => {}
    }
    Ok(dials)
}

impl Pbx {
    /// The speed dials of a phone as it is now.
    pub(super) fn speed_dials_at(&self, phone: &PhoneName) -> Vec<SpeedDial> {
        match self.profile_name_at(phone) {
            Some(_) => self.own_speed_dials_at(phone),
            None => {
                let profile = self.logout_profile_of(phone);
                profile.map_or_else(Vec::new, |profile| profile.speed_dials.clone())
            }
        }
    }

    /// Those of whoever is there; none while nobody is.
    pub(super) fn own_speed_dials_at(&self, phone: &PhoneName) -> Vec<SpeedDial> {
        match self.profile_name_at(phone) {
            Some((user, profile)) => self.speed_dials_of(&user, &profile).to_vec(),
            None => Vec::new(),
        }
    }

    /// Those of a user in a profile.
    fn speed_dials_of(&self, user: &UserId, profile: &ProfileName) -> &[SpeedDial] {
        let own = self.own_dials.get(user, profile);
        match own.filter(|own| self.counts(profile, own)) {
            Some(own) => &own.dials,
            None => self.dials_of_site(profile),
        }
    }

    fn dials_of_site(&self, profile: &ProfileName) -> &[SpeedDial] {
        let profile = self.site.user_profiles.get(profile);
        profile.map_or(&[], |profile| profile.speed_dials.as_slice())
    }

    fn counts(&self, profile: &ProfileName, own: &OwnDials) -> bool {
        self.dials_of_site(profile) == own.instead_of
    }

    /// Whoever is logged in at a phone changes one of their speed dials.
    pub(super) fn dial_edited(
        &mut self,
        now: Now,
        (ticket, door): (Ticket, Door),
        phone: &PhoneName,
        edit: &DialEdit,
    ) {
        let asker = Asker::Ticket(ticket);
        let (user, profile, dials) = match self.may_edit(phone, edit) {
            Ok(edited) => edited,
            Err(why) => {
                tracing::info!(%phone, why = %why.text(), "change of a speed dial refused");
                return self.answer(asker, Err(why));
            }
        };
        let instead_of = self.dials_of_site(&profile).to_vec();
        // What the site says anyway needs no keeping.
        let own = (dials != instead_of).then_some(OwnDials { dials, instead_of });
        self.set_own_dials(&user, &profile, own);
        let text = format!("{user} has changed the speed dials of profile {profile}");
        let what = What::SpeedDialsChanged;
        self.record(now, what, Some(&user), Some(phone), door, text);
        // A phone that cannot show it as it is will at the next login; one that reads files decides that for itself.
        for phone in self.phones_of(&Owner::User(user)) {
            self.show_desk(phone.clone());
            self.file_changed(now, &phone);
        }
        self.answer(asker, Ok("Your speed dials are changed".into()));
    }

    /// The rule: whose list it is there, and what it becomes.
    fn may_edit(
        &self,
        phone: &PhoneName,
        edit: &DialEdit,
    ) -> Result<(UserId, ProfileName, Vec<SpeedDial>), Refusal> {
        let here = self.profile_name_at(phone);
        let (user, profile) = here.ok_or(Refusal::Blocked(Obstacle::NobodyHere))?;
        if !self.may_edit_dials(phone) {
            return Err(Refusal::NotAllowed);
        }
        let dials = edited(self.speed_dials_of(&user, &profile), edit)?;
        Ok((user, profile, dials))
    }

    /// Whether speed dials may be changed at a phone at all.
    pub(super) fn may_edit_dials(&self, phone: &PhoneName) -> bool {
        let config = self.site.phones.get(phone);
        config.is_some_and(|config| config.own_speed_dials)
    }

    fn set_own_dials(&mut self, user: &UserId, profile: &ProfileName, own: Option<OwnDials>) {
        let (user, profile) = (user.clone(), profile.clone());
        self.own_dials
            .set(user.clone(), profile.clone(), own.clone());
        let change = Change::OwnDialsSet { user, profile, own };
        self.outcome.changes.push(change);
    }

    /// Another site: what it says anew counts.
    pub(super) fn review_own_dials(&mut self) {
        let is_gone = |user: &UserId, profile: &ProfileName, own: &OwnDials| {
            let user = self.site.users.get(user);
            let has_it = user.is_some_and(|user| user.profiles.contains(profile));
            !has_it || !self.counts(profile, own)
        };
        let all = self.own_dials.all();
        let gone = all.filter(|(user, profile, own)| is_gone(user, profile, own));
        let gone: Vec<(UserId, ProfileName)> = gone
            .map(|(user, profile, _)| (user.clone(), profile.clone()))
            .collect();
        for (user, profile) in gone {
            tracing::info!(%user, %profile, "the site has other speed dials: the user's own are forgotten");
            self.set_own_dials(&user, &profile, None);
        }
    }

    /// Which speed dials a user has changed.
    pub(super) fn explain_dials(&self, user: &UserId) -> Vec<String> {
        let own = self.own_dials.0.get(user).into_iter().flatten();
        let sentence = |(profile, own): (&ProfileName, &OwnDials)| {
            let count = own.dials.len();
            format!(
                "{user} has changed the speed dials of profile {profile} at a phone ({count} now); \
                 they count until the site file has others than now."
            )
        };
        own.map(sentence).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(number: &str) -> SpeedDial {
        SpeedDial::new(number, "Somebody")
    }

    /// rules: PRO-3, PRO-7
    #[test]
    fn a_list_is_changed_one_by_one_and_by_whoever_knows_it() {
        let numbers = |place, before: Option<&str>, after: Option<&str>| {
            let edit = DialEdit {
                place,
                before: before.map(str::to_owned),
                after: after.map(dial),
            };
            let dials = edited(&[dial("1"), dial("2")], &edit).ok()?;
            Some(
                dials
                    .into_iter()
                    .map(|dial| dial.number)
                    .collect::<Vec<_>>(),
            )
        };
        let is = |numbers: &[&str]| Some(numbers.iter().map(ToString::to_string).collect());
        assert_eq!(numbers(0, Some("1"), Some("3")), is(&["3", "2"]));
        assert_eq!(numbers(0, Some("1"), None), is(&["2"]));
        assert_eq!(numbers(2, None, Some("*90")), is(&["1", "2", "*90"]));
        assert_eq!(numbers(2, None, None), is(&["1", "2"]));
        assert_eq!(numbers(1, Some("1"), None), None, "it is another by now");
        assert_eq!(numbers(1, None, Some("3")), None, "it was free before");
        assert_eq!(numbers(3, None, Some("3")), None, "there is a gap");
        assert_eq!(numbers(0, Some("1"), Some("x")), None);
        assert_eq!(numbers(0, Some("1"), Some("")), None);
    }

    #[test]
    fn a_full_list_takes_no_more() {
        let full = vec![dial("1"); SpeedDial::MOST];
        let edit = |place, before: Option<&str>| DialEdit {
            place,
            before: before.map(str::to_owned),
            after: Some(dial("2")),
        };
        assert!(edited(&full, &edit(SpeedDial::MOST, None)).is_err());
        assert!(edited(&full, &edit(SpeedDial::MOST - 1, Some("1"))).is_ok());
    }
}
