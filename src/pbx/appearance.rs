//! A line as it is at a phone: how it says that somebody calls, which calls it takes, and with which number of an overlay
//! is called (PRO-1).

use std::collections::BTreeSet;

use super::Pbx;
use super::action::Alert;
use super::call::CallId;
use super::line::{LineKind, ProfileLine};
use super::model::Protocol;
use super::names::{Dn, PhoneName};

/// How a line says that somebody calls.
fn alert_of(kind: LineKind) -> Alert {
    match kind {
        LineKind::Normal | LineKind::Overlay | LineKind::CwOverlay => Alert::Aloud,
        // Nobody is called there.
        LineKind::MonitorRing | LineKind::SilentRing => Alert::Silent,
        LineKind::BeepRing => Alert::Beep,
        LineKind::FeatureRing => Alert::Feature,
    }
}

impl Pbx {
    /// How a phone is to say that somebody calls one of its numbers; one that is on no line of it is called aloud.
    pub(super) fn alert_at(&self, phone: &PhoneName, called: &Dn) -> Alert {
        if self.rings_silently(phone) {
            return Alert::Silent;
        }
        let line = self.line_at(phone, called);
        line.map_or(Alert::Aloud, |line| alert_of(line.kind))
    }

    /// Whether a line of a phone takes one more call for its number: not if it has as many as it may, nor if it is an
    /// overlay in use and has no call waiting. The call that is asked for is none of those that count.
    pub(super) fn line_takes_call(
        &self,
        phone: &PhoneName,
        dn: &Dn,
        asked_for: Option<CallId>,
    ) -> bool {
        let Some(line) = self.line_at(phone, dn) else {
            return true;
        };
        let is_another = |call: &CallId| Some(*call) != asked_for;
        if let Some(most) = line.calls
            && self.calls_with(dn).into_iter().filter(is_another).count() >= usize::from(most)
        {
            return false;
        }
        let here = || self.phones.get(phone).into_iter().flat_map(|p| &p.legs);
        let mut legs = here().filter_map(|leg| self.calls.leg(*leg));
        line.kind != LineKind::Overlay
            || !legs.any(|leg| is_another(&leg.call) && line.has(&leg.line))
    }

    /// The number that a phone calls with when a line is chosen there: of an overlay, the first one that is free.
    pub(super) fn calls_out_with(&self, phone: &PhoneName, chosen: Dn) -> Dn {
        let line = self.line_at(phone, &chosen);
        let overlay = line.filter(|line| line.kind.is_overlay());
        let free = overlay.and_then(|line| {
            let mut numbers = line.numbers.iter();
            numbers.find(|dn| self.calls_with(dn).is_empty())
        });
        free.cloned().unwrap_or(chosen)
    }

    /// Whether there is any call with a number, at whichever phone.
    pub(super) fn has_call_with(&self, dn: &Dn) -> bool {
        !self.calls_with(dn).is_empty()
    }

    /// The calls with a number, at whichever phones.
    fn calls_with(&self, dn: &Dn) -> BTreeSet<CallId> {
        let phones = self.directory.phones_with(dn);
        let legs = phones.filter_map(|phone| self.phones.get(phone));
        let legs = legs.flat_map(|phone| &phone.legs);
        let legs = legs.filter_map(|leg| self.calls.leg(*leg));
        let with_it = legs.filter(|leg| leg.line == *dn);
        with_it.map(|leg| leg.call).collect()
    }

    /// The line of a phone that has a number, if its profile lists lines. Looked for at every call, so nothing is made.
    fn line_at(&self, phone: &PhoneName, dn: &Dn) -> Option<&ProfileLine> {
        let (lines, _, protocol) = self.profile_at(phone);
        let applies = |line: &&ProfileLine| match protocol {
            Protocol::Sccp => line.kind != LineKind::MonitorRing,
            Protocol::Sip => line.kind == LineKind::Normal,
        };
        lines.iter().filter(applies).find(|line| line.has(dn))
    }
}
