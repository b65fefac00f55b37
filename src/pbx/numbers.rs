//! How far a number is that somebody dials digit by digit.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::names::Dn;
use super::site::Site;

/// What the digits so far are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The beginning of a number, and none yet.
    Incomplete,
    /// A number, and no other begins like it.
    Complete,
    /// A number, and the beginning of a longer one.
    CompleteOrLonger,
    /// No number, however it goes on.
    NoSuchNumber,
}

/// All that can be dialled at a site, for whoever dials digit by digit.
#[derive(Clone, Debug, Default)]
pub struct NumberPlan {
    numbers: BTreeSet<Dn>,
    /// Codes that more may follow, however much; and whether they mean something alone.
    open: Vec<(Dn, bool)>,
    /// What numbers outside begin with, however long they are.
    outside: Vec<String>,
}

impl NumberPlan {
    /// What can be dialled at a site.
    pub fn of(site: &Site) -> NumberPlan {
        let codes = &site.codes;
        let listed = site.logout_profiles.values().flat_map(|p| p.numbers());
        let theirs = site.user_profiles.values().flat_map(|p| p.numbers());
        let guests = site.phones.values().filter_map(|p| p.guest_dn.as_ref());
        let users = site.users.values().map(|user| &user.dn);
        let voicemail = site.voicemails();
        let slots = site.settings.park_slots.iter();
        let pilots = site.hunt_groups.values().flat_map(|group| &group.pilots);
        let known = listed.chain(theirs).chain(guests).chain(users);
        let known = known.chain(pilots);
        let mut numbers: BTreeSet<Dn> = known.chain(voicemail).chain(slots).cloned().collect();
        numbers.extend(site.emergency.keys().map(|number| number.as_str().into()));
        let forwarding = codes.forwarding();
        let closed = [
            codes.logout.as_str(),
            &codes.echo,
            &codes.do_not_disturb,
            &codes.do_not_disturb_off,
            &codes.group_pickup,
            &codes.park,
            &codes.barge,
            &codes.take_held,
            &codes.privacy,
            &codes.privacy_off,
            &codes.hunt_join,
            &codes.hunt_leave,
            &codes.hunt_ready,
            &codes.hunt_ready_phone,
        ];
        let closed = closed.into_iter().chain(forwarding.map(|(_, _, off)| off));
        numbers.extend(closed.map(Dn::from));
        let mut open: Vec<(Dn, bool)> = vec![
            (codes.login.as_str().into(), true),
            (codes.after_hours.as_str().into(), true),
            (codes.remote_logout.as_str().into(), false),
            (codes.pickup.as_str().into(), false),
            (codes.barge.as_str().into(), false),
            (codes.take_held.as_str().into(), false),
            (codes.hunt_join.as_str().into(), false),
            (codes.hunt_leave_one.as_str().into(), false),
        ];
        open.extend(forwarding.map(|(_, on, _)| (on.into(), false)));
        let outside = site.routes.values().map(|route| route.prefix.clone());
        NumberPlan {
            numbers,
            open,
            outside: outside.collect(),
        }
    }

    /// Whether what was dialled may hold a PIN: then it is shown and kept nowhere.
    pub fn is_private(&self, digits: &str) -> bool {
        let asks_for_pin = |(code, alone): &(Dn, bool)| *alone && digits.starts_with(code.as_str());
        self.open.iter().any(asks_for_pin)
    }

    /// What the digits so far are.
    pub fn extent(&self, digits: &str) -> Extent {
        let mut exact = self.numbers.contains(digits);
        let after = (Bound::Excluded(digits), Bound::Unbounded);
        let next = self.numbers.range::<str, _>(after).next();
        let mut longer = next.is_some_and(|dn| dn.as_str().starts_with(digits));
        for (code, alone) in &self.open {
            let code = code.as_str();
            exact |= digits.starts_with(code) && (*alone || digits.len() > code.len());
            longer |= digits.starts_with(code) || code.starts_with(digits);
        }
        // Whoever dials a number of the house does not wait for one outside that begins like it; least of all for help.
        if !exact {
            for prefix in &self.outside {
                exact |= digits.starts_with(prefix.as_str());
                longer |= exact || prefix.starts_with(digits);
            }
        }
        match (exact, longer) {
            (true, true) => Extent::CompleteOrLonger,
            (true, false) => Extent::Complete,
            (false, true) => Extent::Incomplete,
            (false, false) => Extent::NoSuchNumber,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::LogoutProfile;

    #[test]
    fn digits_are_followed_one_by_one() {
        let mut site = Site::default();
        let profile = LogoutProfile {
            lines: ["2001", "20011", "2002"].map(Into::into).to_vec(),
            ..LogoutProfile::new("guest", "")
        };
        site.logout_profiles.insert("lobby".into(), profile);
        site.emergency.insert("112".into(), Vec::new());
        let plan = NumberPlan::of(&site);
        let table = [
            ("", Extent::Incomplete),
            ("2", Extent::Incomplete),
            ("2001", Extent::CompleteOrLonger),
            ("20011", Extent::Complete),
            ("2002", Extent::Complete),
            ("2003", Extent::NoSuchNumber),
            ("20021", Extent::NoSuchNumber),
            ("3", Extent::NoSuchNumber),
            ("11", Extent::Incomplete),
            ("112", Extent::Complete),
            ("*", Extent::Incomplete),
            ("*1", Extent::Incomplete),
            ("*11", Extent::CompleteOrLonger),
            ("*11*2001*1", Extent::CompleteOrLonger),
            ("*12", Extent::Complete),
            ("*13", Extent::Incomplete),
            ("*132001", Extent::CompleteOrLonger),
            ("*90", Extent::Complete),
            ("*72", Extent::Incomplete),
            ("*722001", Extent::CompleteOrLonger),
            ("*73", Extent::Complete),
            ("*78", Extent::Complete),
            ("*99", Extent::NoSuchNumber),
            ("*3", Extent::CompleteOrLonger),
            ("*3*42", Extent::CompleteOrLonger),
            ("*4", Extent::Complete),
            ("*5", Extent::Complete),
            ("#", Extent::Incomplete),
            ("#3", Extent::Complete),
            ("#4", Extent::Incomplete),
            ("#44", Extent::CompleteOrLonger),
            ("#5", Extent::NoSuchNumber),
        ];
        for (digits, expected) in table {
            assert_eq!(plan.extent(digits), expected, "{digits:?}");
        }
    }
}
