//! Calls at other phones of a line: shown here, and no use of this phone (IDL-1). One that is held may be taken, and
//! somebody may come into one that is talked over.

use super::call::CallStage;
use super::screen::party_of;
use super::shared::Shared;
use super::softkeys::{self, Key};
use super::station::Station;
use super::wire::{
    CallInfo, CallState, CallStateInfo, CallType, ClearPromptStatus, KeySet, Label, LampMode,
    Party, Privacy, Version,
};
use crate::pbx::{Dn, Event, LegId, LineCall, LineCallState, LineStatus};

/// So many calls at other phones are shown of one line; more have no room on any display.
const MOST_SHOWN: usize = 10;

/// A call at another phone.
#[derive(Debug)]
pub(super) struct Remote {
    /// What this phone calls it.
    pub reference: u32,
    /// On which line.
    pub line: u32,
    /// Of which number there.
    dn: Dn,
    /// As it was last shown.
    call: LineCall,
}

impl Remote {
    fn leg(&self) -> LegId {
        self.call.leg
    }

    /// Whether it waits for whoever takes it.
    pub fn is_held(&self) -> bool {
        self.call.state == LineCallState::Holding
    }

    /// Whether somebody may come in.
    fn is_open(&self) -> bool {
        self.call.state == LineCallState::Talking && !self.call.is_private()
    }

    /// How the lamp of its line is lit, if nothing goes on here.
    pub fn lamp(&self) -> LampMode {
        match self.is_held() {
            true => LampMode::Wink,
            false => LampMode::On,
        }
    }
}

impl Station {
    /// A line stands otherwise.
    pub fn show_line(&mut self, shared: &mut Shared, status: &LineStatus) {
        let mut lines = self.desk.lines.iter();
        let place = lines.position(|line| line.is_only(&status.dn));
        let line = place.and_then(|place| u32::try_from(place + 1).ok());
        let line = line.filter(|line| *line <= self.buttons.lines);
        if let Some(line) = line.filter(|_| self.is_registered()) {
            let elsewhere = self.elsewhere(status);
            self.show_elsewhere(shared, (line, &status.dn), elsewhere);
        }
    }

    /// The calls of a line at other phones, but for those that this one is in itself.
    fn elsewhere(&self, status: &LineStatus) -> Vec<LineCall> {
        let own = status.calls.iter().filter(|call| call.phone == self.name);
        let own: Vec<u64> = own.map(|call| call.call).collect();
        let is_use = |call: &LineCall| call.state != LineCallState::Ringing;
        let others = status.calls.iter();
        let others = others.filter(|call| is_use(call) && !own.contains(&call.call));
        // Of a conference one is enough.
        let mut shown: Vec<LineCall> = Vec::new();
        for call in others {
            let is_new = !shown.iter().any(|other| other.call == call.call);
            if is_new && shown.len() < MOST_SHOWN {
                shown.push(call.clone());
            }
        }
        shown
    }

    fn show_elsewhere(
        &mut self,
        shared: &mut Shared,
        (line, dn): (u32, &Dn),
        calls: Vec<LineCall>,
    ) {
        let is_gone = |remote: &Remote| {
            let leg = remote.leg();
            remote.dn == *dn && !calls.iter().any(|call| call.leg == leg)
        };
        self.forget_remotes(shared, is_gone);
        for call in calls {
            let mut known = self.remotes.iter_mut();
            let reference = match known.find(|remote| remote.leg() == call.leg) {
                Some(remote) if remote.call == call => continue,
                Some(remote) => {
                    remote.call = call;
                    remote.reference
                }
                None => {
                    let reference = shared.mint_reference();
                    self.remotes.push(Remote {
                        reference,
                        line,
                        dn: dn.clone(),
                        call,
                    });
                    reference
                }
            };
            self.show_remote(shared, reference);
        }
        self.light(shared, line);
    }

    fn show_remote(&self, shared: &mut Shared, reference: u32) {
        let Some(remote) = self.remote(reference) else {
            return;
        };
        let at = (remote.line, reference);
        let (state, set, prompt) = match remote.is_held() {
            true if self.dialect.version >= Version::V17 => {
                (CallState::RemoteHold, KeySet::OnHold, Label::HOLD)
            }
            true => (CallState::Hold, KeySet::OnHold, Label::HOLD),
            false => (
                CallState::CallRemoteMultiline,
                KeySet::InUseHint,
                Label::IN_USE_REMOTE,
            ),
        };
        // It is nobody's here: it does not come on the lists of calls.
        let state = CallStateInfo {
            state,
            line: remote.line,
            call: reference,
            privacy: Privacy::Full,
            ..CallStateInfo::default()
        };
        self.say(shared, state);
        if !remote.call.is_private() {
            self.say(shared, self.info_of(remote));
        }
        if self.has_soft_keys {
            let mut useless = vec![Key::Redial, Key::EndCall, Key::Transfer, Key::Join];
            useless.extend([Key::Stay, Key::Logout]);
            if !remote.is_open() {
                useless.push(Key::Barge);
            }
            if remote.call.is_private() {
                useless.push(Key::Resume);
            }
            let (line, call) = at;
            let may = self.desk.may;
            self.say(shared, softkeys::of_call(set, line, call, may, &useless));
        }
        self.prompt(shared, at, prompt);
    }

    fn info_of(&self, remote: &Remote) -> CallInfo {
        let own = self.line(remote.line);
        let own = Party {
            name: own.map_or("", |line| &line.display_name).into(),
            number: own.map_or_else(String::new, |line| line.dn.as_str().to_owned()),
            ..Party::default()
        };
        let other = party_of(&remote.call.other);
        let (kind, calling, called) = match remote.call.is_caller {
            true => (CallType::Outbound, own, other),
            false => (CallType::Inbound, other, own),
        };
        CallInfo {
            line: remote.line,
            call: remote.reference,
            kind,
            original_called: called.clone(),
            calling,
            called,
            instance: 1,
            ..CallInfo::default()
        }
    }

    /// Some calls at other phones are none any more.
    fn forget_remotes(&mut self, shared: &mut Shared, are_gone: impl Fn(&Remote) -> bool) {
        let remotes = std::mem::take(&mut self.remotes).into_iter();
        let (gone, left): (Vec<Remote>, Vec<Remote>) = remotes.partition(are_gone);
        self.remotes = left;
        for Remote {
            line, reference, ..
        } in gone
        {
            let call = reference;
            self.say(shared, ClearPromptStatus { line, call });
            self.show_state(shared, (line, reference), CallState::OnHook);
            if self.calls.is_empty() {
                self.show_idle_keys(shared);
            }
        }
    }

    /// The phone is about to have other lines.
    pub fn forget_all_remotes(&mut self, shared: &mut Shared) {
        let lines: Vec<u32> = self.remotes.iter().map(|remote| remote.line).collect();
        self.forget_remotes(shared, |_| true);
        for line in lines {
            self.light(shared, line);
        }
    }

    /// The phone has other lines, or has just come: how they stand is shown.
    pub fn show_all_remotes(&mut self, shared: &mut Shared) {
        let lines = self.desk.lines.iter().flat_map(|line| &line.numbers);
        let lines: Vec<Dn> = lines.cloned().collect();
        for dn in lines {
            if let Some(status) = shared.lines.get(&dn).cloned() {
                self.show_line(shared, &status);
            }
        }
    }

    fn remote(&self, reference: u32) -> Option<&Remote> {
        let mut remotes = self.remotes.iter();
        remotes.find(|remote| remote.reference == reference)
    }

    /// Whether a call is at another phone.
    pub fn is_remote(&self, reference: u32) -> bool {
        self.remote(reference).is_some()
    }

    /// The call at another phone that a key means: the one that it names, or the oldest of that kind on the line.
    fn remote_meant(&self, line: u32, call: u32, fits: fn(&Remote) -> bool) -> Option<&Remote> {
        let named = self.remote(call).filter(|remote| fits(remote));
        let on_line = |remote: &&Remote| (line == 0 || remote.line == line) && fits(remote);
        named.or_else(|| self.remotes.iter().find(on_line))
    }

    /// Takes a call that is held at another phone. False if there is none.
    pub fn take_remote(&mut self, shared: &mut Shared, line: u32, call: u32) -> bool {
        let Some(remote) = self.remote_meant(line, call, Remote::is_held) else {
            return false;
        };
        let (line, of) = (remote.line, remote.leg());
        if let Some(leg) = self.begin_at_remote(shared, line) {
            shared.events.push(Event::TookOver {
                leg,
                phone: self.name.clone(),
                of,
                offer: None,
            });
        }
        true
    }

    /// Comes into the talk at another phone.
    pub fn barge(&mut self, shared: &mut Shared, line: u32, call: u32) {
        let Some(remote) = self.remote_meant(line, call, Remote::is_open) else {
            return;
        };
        let (line, of) = (remote.line, remote.leg());
        if let Some(leg) = self.begin_at_remote(shared, line) {
            shared.events.push(Event::BargeAsked {
                leg,
                phone: self.name.clone(),
                of,
                offer: None,
            });
        }
    }

    /// A call in which nothing is dialled.
    fn begin_at_remote(&mut self, shared: &mut Shared, line: u32) -> Option<LegId> {
        let reference = self.begin(shared, line)?;
        let leg = shared.mint_leg(&self.name, reference);
        let call = self.call_mut(reference)?;
        call.stage = CallStage::Calling(leg);
        let at = (call.line, reference);
        self.hush(shared, at);
        self.show_state(shared, at, CallState::Proceed);
        Some(leg)
    }
}

/// How the lamp of a line is lit by what goes on at other phones.
pub(super) fn lamp_elsewhere(remotes: &[Remote], line: u32) -> LampMode {
    let there = remotes.iter().filter(|remote| remote.line == line);
    let lamps = there.map(Remote::lamp);
    let brightest = lamps.max_by_key(|lamp| u8::from(*lamp == LampMode::On));
    brightest.unwrap_or(LampMode::Off)
}
