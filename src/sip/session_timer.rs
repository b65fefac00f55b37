//! Session timers (RFC 4028): whoever speaks them refreshes its calls, and a call that is not refreshed is over.
//!
//! Perch leaves the refreshing to the phones, and does it itself, by UPDATE, where a phone insists. Phones that speak
//! no timers are asked now and then whether they are still there.

use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose, Timer};
use super::dialog::contact;
use super::reply;
use super::transaction::GIVE_UP;
use super::wire::{Builder, Message, Name};
use crate::pbx::{Event, LegId};
use crate::time::Now;

/// How long a call may go on without a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionIntervals {
    /// What is asked for and granted, in seconds.
    pub usual_s: u32,
    /// The least that is granted, in seconds; RFC 4028 §4 allows no less than 90.
    pub least_s: u32,
}

impl Default for SessionIntervals {
    fn default() -> Self {
        SessionIntervals {
            usual_s: 1800,
            least_s: 90,
        }
    }
}

/// A call in which somebody wants to be asked less often than this is asked in another way.
const LONGEST_S: u32 = 86_400;

/// What two parties agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SessionTimer {
    interval_s: u32,
    refresher: Refresher,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refresher {
    Perch,
    Phone,
}

impl SessionTimer {
    /// When something is to be done, from the last refresh on: our refresh, or the end (RFC 4028 §10).
    fn waits(self) -> Duration {
        let interval = Duration::from_secs(self.interval_s.into());
        match self.refresher {
            Refresher::Perch => interval / 2,
            Refresher::Phone => interval - GIVE_UP.min(interval / 3),
        }
    }
}

/// The rule for a request of theirs that begins or refreshes a call: the timer that is granted; none if they speak
/// none (RFC 4028 §9).
fn granted(intervals: SessionIntervals, request: &Message) -> Option<SessionTimer> {
    if !supports(request, "timer") {
        return None;
    }
    let asked = session_expires(request);
    let least = min_se(request).unwrap_or(0).max(intervals.least_s);
    let interval_s = asked
        .as_ref()
        .map_or(intervals.usual_s, |(seconds, _)| *seconds)
        .min(intervals.usual_s)
        .max(least);
    let wants_us = asked.is_some_and(|(_, refresher)| refresher.as_deref() == Some("uas"));
    // A refresh by re-INVITE would have to repeat a description that Perch has passed on and forgotten.
    if wants_us && !request.allows(Method::Update) {
        return None;
    }
    let refresher = match wants_us {
        true => Refresher::Perch,
        false => Refresher::Phone,
    };
    Some(SessionTimer {
        interval_s,
        refresher,
    })
}

/// The rule for their 2xx to a request of ours: what they made of it (RFC 4028 §7.2).
fn agreed(response: &Message) -> Option<SessionTimer> {
    let (interval_s, refresher) = session_expires(response)?;
    let refresher = match refresher.as_deref() {
        Some("uac") => Refresher::Perch,
        _ => Refresher::Phone,
    };
    let can_be = refresher == Refresher::Phone || response.allows(Method::Update);
    (can_be && interval_s <= LONGEST_S).then_some(SessionTimer {
        interval_s: interval_s.max(30),
        refresher,
    })
}

impl Agent {
    /// Whether a request wants to be refreshed more often than is granted: then it is to be refused with 422.
    pub(super) fn is_too_brief(&self, request: &Message) -> bool {
        supports(request, "timer")
            && session_expires(request).is_some_and(|(seconds, _)| seconds < self.sessions.least_s)
    }

    /// What is granted to a request of theirs.
    pub(super) fn grant_timer(&self, request: &Message) -> Option<SessionTimer> {
        granted(self.sessions, request)
    }

    /// What is asked for in an INVITE of ours.
    pub(super) fn ask_for_timer(&self, builder: Builder) -> Builder {
        let SessionIntervals { usual_s, least_s } = self.sessions;
        builder
            .display(
                Name::SessionExpires,
                format_args!("{usual_s};refresher=uas"),
            )
            .display(Name::MinSe, least_s)
    }

    /// A call was begun or refreshed by their request, with this granted, or by their 2xx to ours.
    pub(super) fn watch(&mut self, now: Now, leg: LegId, timer: Option<SessionTimer>) {
        let Some(talking) = self.talking(leg) else {
            return;
        };
        talking.timer = timer;
        match timer {
            Some(timer) => {
                self.deadlines.disarm(&Timer::Probe(leg));
                self.deadlines
                    .arm(Timer::Session(leg), now.uptime + timer.waits());
            }
            None => {
                self.deadlines.disarm(&Timer::Session(leg));
                self.begin_probing(now, leg);
            }
        }
    }

    /// A phone answered our INVITE.
    pub(super) fn watch_answered(&mut self, now: Now, leg: LegId, response: &Message) {
        self.watch(now, leg, agreed(response));
    }

    /// It is time to refresh a call, or it was not refreshed in time.
    pub(super) fn session_due(&mut self, now: Now, leg: LegId) {
        let Some(timer) = self.talking(leg).and_then(|talking| talking.timer) else {
            return;
        };
        if timer.refresher == Refresher::Phone {
            let was_core_s = self.talking(leg).is_some_and(|t| t.closing.is_none());
            self.hang_up(now, leg, &reply::reason("SIP", 408, "Not refreshed"));
            if was_core_s {
                self.events.push(Event::Released { leg, dead: true });
            }
            return;
        }
        let target = self
            .talking(leg)
            .map(|talking| talking.dialog.target.clone());
        let target = target.unwrap_or_default();
        let purpose = Purpose::Refresh(leg);
        let value = format!("{};refresher=uac", timer.interval_s);
        let least_s = self.sessions.least_s;
        self.send_in_dialog(now, leg, Method::Update, purpose, |builder, flow| {
            builder
                .header(Name::Contact, contact(flow, &target))
                .header(Name::Supported, "timer")
                .header(Name::SessionExpires, value)
                .display(Name::MinSe, least_s)
                .finish()
        });
        self.deadlines
            .arm(Timer::Session(leg), now.uptime + timer.waits() / 2);
    }

    /// The answer to our refresh.
    pub(super) fn refreshed(&mut self, now: Now, leg: LegId, response: &Message) {
        let Some(before) = self.talking(leg).and_then(|talking| talking.timer) else {
            return;
        };
        match response.status().unwrap_or(500) {
            200..300 => {
                let timer = agreed_or(before, response);
                self.watch(now, leg, Some(timer));
            }
            408 | 481 => self.dead(now, leg),
            422 if min_se(response).is_some_and(|least| least > LONGEST_S) => {
                self.watch(now, leg, None);
            }
            422 => {
                let interval_s = min_se(response).unwrap_or(before.interval_s);
                let timer = SessionTimer {
                    interval_s: interval_s.max(before.interval_s),
                    ..before
                };
                // Asked again when it is due again, not at once: a phone that always says so would be asked for ever.
                if let Some(talking) = self.talking(leg) {
                    talking.timer = Some(timer);
                }
            }
            // Not now: once more in a while.
            491 | 500 | 503 => {}
            // It does not take what it asked for: then it is asked whether it is there.
            _ => self.watch(now, leg, None),
        }
    }
}

/// What a phone that does not repeat itself means is what was said before.
fn agreed_or(before: SessionTimer, response: &Message) -> SessionTimer {
    let said = session_expires(response);
    let interval_s = said
        .as_ref()
        .map_or(before.interval_s, |(s, _)| (*s).max(30));
    let refresher = match said.and_then(|(_, refresher)| refresher).as_deref() {
        Some("uas") => Refresher::Phone,
        _ => Refresher::Perch,
    };
    SessionTimer {
        interval_s,
        refresher,
    }
}

/// Adds what was granted to a 2xx of ours (RFC 4028 §9).
pub(super) fn with_timer(builder: Builder, timer: Option<SessionTimer>) -> Builder {
    let Some(timer) = timer else {
        return builder;
    };
    let refresher = match timer.refresher {
        Refresher::Phone => "uac",
        Refresher::Perch => "uas",
    };
    let value = format!("{};refresher={refresher}", timer.interval_s);
    let builder = builder.header(Name::SessionExpires, value);
    match timer.refresher {
        Refresher::Phone => builder.header(Name::Require, "timer"),
        Refresher::Perch => builder,
    }
}

/// Whether a message lists an option tag as supported or required.
pub(super) fn supports(message: &Message, option: &str) -> bool {
    let is_it = |tag: &[u8]| tag.eq_ignore_ascii_case(option.as_bytes());
    message.values(Name::Supported).any(is_it) || message.values(Name::Require).any(is_it)
}

/// Seconds and refresher of a Session-Expires header (RFC 4028 §4).
fn session_expires(message: &Message) -> Option<(u32, Option<String>)> {
    let text = message.text(Name::SessionExpires)?;
    let mut parts = text.split(';').map(str::trim);
    let seconds = parts.next()?.parse().ok()?;
    let refresher = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let is_it = name.trim().eq_ignore_ascii_case("refresher");
        is_it.then(|| value.trim().to_ascii_lowercase())
    });
    Some((seconds, refresher))
}

/// The seconds of a Min-SE header (RFC 4028 §5).
pub(super) fn min_se(message: &Message) -> Option<u32> {
    let text = message.text(Name::MinSe)?;
    text.split(';').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::wire::{Parsed, parse};

    fn invite(headers: &str) -> Message {
        let text = format!(
            "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
             From: <sip:a@h>;tag=1\r\nTo: <sip:1@h>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\
             {headers}Content-Length: 0\r\n\r\n"
        );
        match parse(text.into()) {
            Parsed::Accept(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// rules: CAL-2
    #[test]
    fn the_phone_refreshes_unless_it_insists_and_can_be_refreshed() {
        let timer = |interval_s, refresher| {
            Some(SessionTimer {
                interval_s,
                refresher,
            })
        };
        let table = [
            ("", None),
            ("Session-Expires: 600\r\n", None),
            ("Supported: timer\r\n", timer(1800, Refresher::Phone)),
            (
                "Supported: 100rel, timer\r\nSession-Expires: 600\r\n",
                timer(600, Refresher::Phone),
            ),
            (
                "Supported: timer\r\nSession-Expires: 7200\r\n",
                timer(1800, Refresher::Phone),
            ),
            (
                "k: timer\r\nx: 7200;refresher=uac\r\nMin-SE: 3600\r\n",
                timer(3600, Refresher::Phone),
            ),
            (
                "Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 300;refresher=uas\r\n",
                timer(300, Refresher::Perch),
            ),
            (
                "Supported: timer\r\nAllow: INVITE\r\nSession-Expires: 300;refresher=uas\r\n",
                None,
            ),
        ];
        for (headers, expected) in table {
            let found = granted(SessionIntervals::default(), &invite(headers));
            assert_eq!(found, expected, "{headers}");
        }
    }

    #[test]
    fn a_call_ends_before_its_time_is_up_and_is_refreshed_at_half() {
        let waits = |interval_s, refresher| {
            let timer = SessionTimer {
                interval_s,
                refresher,
            };
            timer.waits().as_secs()
        };
        assert_eq!(waits(1800, Refresher::Perch), 900);
        assert_eq!(waits(1800, Refresher::Phone), 1768);
        assert_eq!(waits(90, Refresher::Phone), 60);
    }
}
