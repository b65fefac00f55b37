//! What phones run, and what they should (OUT-8): a phone that was away and comes back with other firmware than its model
//! is to have is nobody's from then on, so that it can fetch the right one.

use std::time::Duration;

use super::Pbx;
use super::change::{Cause, Door};
use super::leaving::{LeaveBy, Leaving};
use super::model::Models;
use super::names::{ModelName, PhoneName};
use super::site::{Phone, Site};
use crate::time::Now;

/// What a phone says of its firmware, in the words of its protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Firmware {
    /// The name of what it has loaded, such as `SCCP42.9-4-2SR3-1S`.
    pub load: Option<String>,
    /// What it calls itself over SIP, such as `Cisco-CP8861/14.2.1`.
    pub user_agent: Option<String>,
}

impl Firmware {
    /// Whether it is what is wanted; none if what the phone says does not tell.
    ///
    /// The name of a load and the number of a version do not tell of each other: `sip88xx.14-2-1` may or may not be `14.2.1`.
    pub fn is(&self, wanted: &str) -> Option<bool> {
        let version = self.user_agent.as_deref().and_then(version_in);
        let said = [self.load.as_deref(), version].into_iter().flatten();
        let said = said.map(bare).filter(|said| !said.is_empty());
        let mut alike = said.filter(|said| is_version(said) == is_version(bare(wanted)));
        let said = alike.next()?;
        Some(said.eq_ignore_ascii_case(bare(wanted)))
    }
}

/// Files list a load under its name with this behind it.
const LIST: &str = ".loads";

fn bare(load: &str) -> &str {
    let load = load.trim();
    load.strip_suffix(LIST).unwrap_or(load)
}

/// Whether it is nothing but numbers.
fn is_version(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'))
}

/// The version in what a phone calls itself: numbers behind the last `/` or space, as most makers write it.
fn version_in(user_agent: &str) -> Option<&str> {
    let last = user_agent.trim().rsplit(['/', ' ']).next()?;
    (last.starts_with(|c: char| c.is_ascii_digit()) && is_version(last)).then_some(last)
}

impl Site {
    /// The firmware that a phone is to run, if the site says so. What model it is says the site, else the phone.
    pub fn firmware_of(&self, phone: &Phone, says: &Firmware) -> Option<&str> {
        if self.firmware.is_empty() {
            return None;
        }
        let hardware = phone.hardware.as_deref().map(|hardware| &hardware.model);
        let provision = phone.provision.as_deref();
        let provisioned = provision.and_then(|provision| provision.model.as_ref());
        let said = says.user_agent.as_deref();
        let said = || Some(&self.model_of_agent(said?)?.name);
        let model = hardware.or(provisioned).or_else(said)?;
        let mut all = self.firmware.iter();
        let (_, firmware) =
            all.find(|(name, _)| name.as_str().eq_ignore_ascii_case(model.as_str()))?;
        Some(firmware)
    }

    /// Firmware for models that nobody knows.
    pub fn unknown_firmware(&self) -> impl Iterator<Item = &ModelName> {
        let known = |name: &&ModelName| {
            let own = self.phone_models.contains_key(name.as_str());
            own || Models::known().named(name.as_str()).is_some()
        };
        self.firmware.keys().filter(move |name| !known(name))
    }
}

impl Pbx {
    /// A phone goes. One with a session may come back from another server.
    pub(super) fn goes_away(&mut self, now: Now, phone: &PhoneName) {
        if !self.site.firmware.is_empty() && self.session_at(phone).is_some() {
            let away = &mut self.seldom.away;
            away.entry(phone.clone()).or_insert(now.uptime);
        }
    }

    /// A phone is about to be reached, and says what it runs.
    pub(super) fn firmware_told(&mut self, now: Now, phone: &PhoneName, says: &Firmware) {
        let gone = self.seldom.away.get(phone).copied();
        let (Some(id), Some(config)) = (self.session_at(phone), self.site.phones.get(phone)) else {
            return;
        };
        let is_here = self.phones.get(phone).is_some_and(|it| it.registered);
        let since = gone.unwrap_or(self.began);
        let long = Duration::from_secs(self.site.settings.firmware_away_s.into());
        if is_here || now.uptime.saturating_sub(since) < long {
            return;
        }
        let Some(wanted) = self.site.firmware_of(config, says) else {
            return;
        };
        if says.is(wanted) != Some(false) {
            return;
        }
        let (cause, door) = (Cause::Firmware, Door::Registration);
        if self.leaving(now, id, LeaveBy::Perch(cause)) == Leaving::Kept {
            return;
        }
        tracing::info!(%phone, ?says, wanted, "a phone came back with other firmware than it is to have");
        // Stored first: where many come back at once, each waits for its turn.
        self.set_leaving(now, id, cause, door);
        self.queue_logout(now, id, cause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: OUT-8
    #[test]
    fn what_a_phone_says_is_compared_with_what_it_is_to_run() {
        let load = |load: &str| Firmware {
            load: Some(load.to_owned()),
            user_agent: None,
        };
        let agent = |agent: &str| Firmware {
            load: None,
            user_agent: Some(agent.to_owned()),
        };
        let both = Firmware {
            load: Some("sip88xx.14-2-1-0101-31.loads".into()),
            user_agent: Some("Cisco-CP8861/14.2.1".into()),
        };
        let table = [
            (load("P0030801SR02"), "P0030801SR02", Some(true)),
            (load("P0030801SR02"), "p0030801sr02", Some(true)),
            (load("P0030801SR01"), "P0030801SR02", Some(false)),
            (load(""), "P0030801SR02", None),
            (load("  "), "P0030801SR02", None),
            (load("SCCP42.9-4-2.loads"), "SCCP42.9-4-2", Some(true)),
            (load("SCCP42.9-4-2"), "SCCP42.9-4-2.loads", Some(true)),
            (agent("Cisco-CP8861/14.2.1"), "14.2.1", Some(true)),
            (agent("Cisco-CP8861/12.5.1"), "14.2.1", Some(false)),
            (agent("Cisco-CP8861/12.5.1"), "sip88xx.14-2-1", None),
            (
                agent("Yealink SIP-T46G 28.83.0.50"),
                "28.83.0.50",
                Some(true),
            ),
            (
                agent("Yealink SIP-T46G 28.83.0.50"),
                "28.86.0.20",
                Some(false),
            ),
            (agent("baresip"), "1.0", None),
            (agent(""), "1.0", None),
            (both.clone(), "sip88xx.14-2-1-0101-31", Some(true)),
            (both.clone(), "sip88xx.12-8-1-0001-455", Some(false)),
            (both.clone(), "14.2.1", Some(true)),
            (both, "12.8.1", Some(false)),
            (Firmware::default(), "14.2.1", None),
        ];
        for (says, wanted, expected) in table {
            assert_eq!(says.is(wanted), expected, "{says:?}, {wanted}");
        }
    }
}
