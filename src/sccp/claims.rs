//! Who claims a name, and how often. The protocol has no proof, so a name can be anybody's: whoever has it is not pushed
//! away again and again, and never out of a call.

use std::collections::HashMap;
use std::time::Duration;

use super::switchboard::{Connection, Switchboard};
use crate::pbx::{PhoneName, Site};
use crate::time::Now;

/// A phone may register once more after so long, for ever, unless it was told to.
const EVERY: Duration = Duration::from_secs(6);

/// So often at once: phones try again when something takes them too long.
const AT_ONCE: u32 = 10;

/// After a name has gone to another address it stays there for so long.
const STAYS: Duration = Duration::from_secs(60);

/// What a phone is told that may not have its name.
const ELSEWHERE: &str = "In use at another address";
const TOO_OFTEN: &str = "Registers too often";

/// How often names were claimed.
#[derive(Debug, Default)]
pub(super) struct Claims(HashMap<PhoneName, Claimed>);

#[derive(Debug, Default)]
struct Claimed {
    /// When it may register as often as ever again (uptime).
    whole_at: Duration,
    /// When it last went to another address (uptime).
    moved: Option<Duration>,
}

impl Claims {
    /// Of phones that are gone nothing is remembered.
    pub fn forget_all_but(&mut self, site: &Site) {
        self.0.retain(|name, _| site.phones.contains_key(name));
    }

    /// Whether a phone may register once more.
    fn may_register(&mut self, name: &PhoneName, now: Now) -> bool {
        let claimed = self.0.entry(name.clone()).or_default();
        let next = claimed.whole_at.max(now.uptime) + EVERY;
        let may = next <= now.uptime + EVERY * AT_ONCE;
        if may {
            claimed.whole_at = next;
        }
        may
    }

    /// Whether a name may go to another address.
    fn may_move(&mut self, name: &PhoneName, now: Now) -> bool {
        let claimed = self.0.entry(name.clone()).or_default();
        let stays = |moved: Duration| now.uptime < moved + STAYS;
        let may = !claimed.moved.is_some_and(stays);
        if may {
            claimed.moved = Some(now.uptime);
        }
        may
    }
}

impl Switchboard {
    /// Whether somebody may have a name now, or why not: in words that fit a display.
    pub(super) fn may_claim(
        &mut self,
        name: &PhoneName,
        connection: Connection,
    ) -> Result<(), &'static str> {
        let now = self.shared.now;
        let holder = self.stations.get(name);
        if let Some(holder) = holder.filter(|s| s.connection.id != connection.id) {
            let (has, wants) = (holder.connection.remote, connection.remote);
            let is_elsewhere = has.ip() != wants.ip();
            // A connection that has silently died ends by itself soon, and its call with it.
            let is_busy = !holder.calls.is_empty();
            if is_elsewhere && (is_busy || !self.claims.may_move(name, now)) {
                if let Some(unsaid) = self.shared.rejects.may_say(now) {
                    tracing::warn!(phone = %name, %has, %wants, unsaid, "two addresses claim to be the same SCCP phone");
                }
                return Err(ELSEWHERE);
            }
        }
        // Who was told to start anew does as it was told.
        let is_asked = self.shared.returning.contains_key(name);
        if is_asked || self.claims.may_register(name, now) {
            Ok(())
        } else {
            Err(TOO_OFTEN)
        }
    }
}
