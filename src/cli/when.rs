//! Moments for people (local, short) and for machines (RFC 3339).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use prost_types::Timestamp as Wire;

use crate::shell::Clock;

/// Local time for people: the day only when it is not today.
#[derive(Clone, Debug)]
pub struct Local {
    zone: TimeZone,
    now: Timestamp,
}

impl Local {
    /// Local time on this host.
    pub fn here() -> Local {
        Local {
            zone: TimeZone::system(),
            now: moment(Clock::start().now().utc.0),
        }
    }

    /// A moment in the future or past, to the minute. Nothing: a dash.
    pub fn short(&self, at: Option<&Wire>) -> String {
        let Some(at) = at.map(from_wire) else {
            return "-".into();
        };
        let (at, now) = (
            at.to_zoned(self.zone.clone()),
            self.now.to_zoned(self.zone.clone()),
        );
        let format = if at.date() == now.date() {
            "%H:%M"
        } else {
            "%Y-%m-%d %H:%M"
        };
        at.strftime(format).to_string()
    }

    /// A moment to the second.
    pub fn exact(&self, at: Option<&Wire>) -> String {
        at.map(from_wire).map_or_else(String::new, |at| {
            let at = at.to_zoned(self.zone.clone());
            at.strftime("%Y-%m-%d %H:%M:%S").to_string()
        })
    }
}

/// A moment for machines.
pub fn machine(at: Option<&Wire>) -> Option<String> {
    at.map(|at| from_wire(at).to_string())
}

fn from_wire(at: &Wire) -> Timestamp {
    Timestamp::new(at.seconds, at.nanos).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn moment(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_shown_only_if_it_is_another() {
        let local = Local {
            zone: TimeZone::get("Europe/Berlin").expect("it is bundled"),
            now: moment(1_750_000_000_000),
        };
        let at = |seconds| Some(Wire { seconds, nanos: 0 });
        assert_eq!(local.short(at(1_750_000_000).as_ref()), "17:06");
        assert_eq!(local.short(at(1_749_900_000).as_ref()), "2025-06-14 13:20");
        assert_eq!(local.short(None), "-");
        assert_eq!(
            local.exact(at(1_750_000_000).as_ref()),
            "2025-06-15 17:06:40"
        );
        assert_eq!(
            machine(at(1_750_000_000).as_ref()).as_deref(),
            Some("2025-06-15T15:06:40Z")
        );
    }
}
