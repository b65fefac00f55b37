//! What the phone is told, and what is wrong with that.

use std::net::SocketAddr;

use bytes::Bytes;
use perch::sccp::wire::{
    Button, CallInfo, CallState as State, CallStateInfo, CallType, Codec, FeatureStat, Framer,
    FromPhone, LampMode, MediaStatus, OpenReceiveChannel, OpenReceiveChannelAck, Reset, ResetType,
    RingDuration, RingMode, SelectSoftKeys, SetLamp, SetRinger, StartMediaTransmission,
    StartMediaTransmissionAck, StartTone, Stimulus, ToPhone, Tone, Unread, UserDataVersion1,
};

use super::call::{Call, Wish};
use super::desk::{Place, in_words};
use super::kind::Manner;
use super::registering::Progress;
use super::{SccpPhone, Timer};
use crate::support::network::SERVER;
use crate::support::phone::lamp_words;

/// What a phone shows while it waits for its handset to come down (SES-6).
const RESETTING: &str = "Resetting...";

/// What stands at a call that waits.
const QUEUED: &str = "Queued";

/// What it shows instead of what it showed, as long as that is set.
const SET: [&str; 4] = [
    "Forwarded to",
    "DND",
    "You Have VoiceMail",
    "Logged Out Of Hunt Group",
];

impl SccpPhone {
    /// Hears whole messages, one after the other.
    pub fn hear(&mut self, bytes: &Bytes) {
        let mut framer = Framer::new();
        framer.push(bytes);
        loop {
            match framer.next() {
                // It has closed the connection over something in the same packet.
                Ok(Some(_)) if self.progress == Progress::Away => return,
                Ok(Some(frame)) => match ToPhone::check(self.dialect, &frame) {
                    Ok((message, faults)) => {
                        for fault in faults {
                            self.fault(format!("{} {fault}", message.name()));
                        }
                        self.hear_message(&message);
                    }
                    Err(error) => self.fault(format!("not understood: {error}")),
                },
                Ok(None) => break,
                Err(error) => return self.fault(format!("no SCCP: {error}")),
            }
        }
        if framer.is_waiting() {
            self.fault("half a message");
        }
    }

    fn hear_message(&mut self, message: &ToPhone) {
        let is_early = matches!(self.progress, Progress::Away | Progress::Asking);
        let is_about_registering = matches!(
            message,
            ToPhone::RegisterAck(_)
                | ToPhone::RegisterReject(_)
                | ToPhone::KeepAliveAck
                | ToPhone::Reset(_)
                | ToPhone::RegisterTokenAck
                | ToPhone::RegisterTokenReject(_)
        );
        if is_early && !is_about_registering {
            return self.fault(format!("{} before it is registered", message.name()));
        }
        self.take(message);
        self.is_answered_by(message);
    }

    fn take(&mut self, message: &ToPhone) {
        match message {
            ToPhone::RegisterAck(ack) => self.is_taken(ack),
            ToPhone::RegisterReject(reject) => self.is_rejected(&in_words(&reject.text)),
            ToPhone::KeepAliveAck => self.unanswered = 0,
            ToPhone::CapabilitiesReq => self.tell_capabilities(),
            ToPhone::Reset(reset) => self.reset(reset),
            ToPhone::UnregisterAck(_) => self.has_left(),
            ToPhone::ButtonTemplate(template) => {
                if !self.asked_for("ButtonTemplate") {
                    self.fault("buttons that nobody asked for");
                }
                self.desk.take_buttons(template, &mut self.doings.faults);
                self.ask_about_buttons();
            }
            ToPhone::SoftKeyTemplateRes(keys) => {
                self.desk.take_keys(keys, &mut self.doings.faults);
            }
            ToPhone::SoftKeySetRes(sets) => self.desk.take_sets(sets, &mut self.doings.faults),
            ToPhone::LineStat(line) => {
                self.desk.lines.insert(line.line, line.clone());
            }
            ToPhone::SpeedDialStat(dial) => {
                self.desk.speed_dials.insert(dial.index, dial.clone());
            }
            _ => self.take_show(message),
        }
    }

    /// What is shown and heard.
    fn take_show(&mut self, message: &ToPhone) {
        match message {
            ToPhone::SelectSoftKeys(select) => self.select(select),
            ToPhone::DisplayPromptStatus(prompt) => {
                let place = (prompt.line, prompt.call);
                self.show(place, in_words(&prompt.text), prompt.text.label.is_none());
            }
            ToPhone::ClearPromptStatus(clear) => {
                self.desk.prompts.remove(&(clear.line, clear.call));
            }
            ToPhone::DisplayNotify(notify) => self.notice(in_words(&notify.text)),
            ToPhone::DisplayPriNotify(notify) => self.notice(in_words(&notify.text)),
            ToPhone::ClearNotify | ToPhone::ClearPriNotify(_) => self.desk.notice.clear(),
            ToPhone::StartTone(tone) => self.hear_tone(tone),
            ToPhone::StopTone(_) => self.desk.tone = None,
            ToPhone::SetRinger(ringer) => self.hear_ringer(ringer),
            ToPhone::SetLamp(lamp) => self.see_lamp(lamp),
            ToPhone::FeatureStat(stat) => self.see_feature(stat),
            ToPhone::SetSpeakerMode(speaker) => self.desk.speaker = speaker.is_on,
            ToPhone::UserToDeviceDataVersion1(data) => self.execute(data),
            _ => self.take_call(message),
        }
    }

    /// Something for its browser, which knows one thing to do.
    fn execute(&mut self, told: &UserDataVersion1) {
        let text = String::from_utf8_lossy(&told.data.0).into_owned();
        let known = "<ExecuteItem Priority=\"0\" URL=\"Init:CallHistory\"/>";
        if !text.contains(known) {
            return self.fault(format!("nothing that it can do: {text}"));
        }
        self.call_history.clear();
        let done = "<CiscoIPPhoneResponse><ResponseItem Status=\"0\" Data=\"\" URL=\"Init:CallHistory\"/></CiscoIPPhoneResponse>";
        self.say(FromPhone::DeviceToUserDataResponseVersion1(
            UserDataVersion1 {
                data: Unread(done.into()),
                ..told.clone()
            },
        ));
    }

    /// What becomes of calls.
    fn take_call(&mut self, message: &ToPhone) {
        match message {
            ToPhone::CallState(state) => self.hear_state(state),
            ToPhone::CallInfo(info) => self.hear_info(info),
            ToPhone::OpenReceiveChannel(open) => self.open(open),
            ToPhone::CloseReceiveChannel(close) => {
                let pass_through = close.pass_through;
                let closes = |call: &Call| call.receiving == Some(pass_through);
                match self.calls.values_mut().find(|call| closes(call)) {
                    Some(call) => call.receiving = None,
                    None => self.fault(format!("closes the channel {pass_through} of none")),
                }
            }
            ToPhone::StartMediaTransmission(start) => self.start_media(start),
            ToPhone::StopMediaTransmission(stop) => {
                let pass_through = stop.pass_through;
                let stops = |call: &Call| call.sending.is_some_and(|(id, _)| id == pass_through);
                match self.calls.values_mut().find(|call| stops(call)) {
                    Some(call) => call.sending = None,
                    None => self.fault(format!("stops the media {pass_through} of none")),
                }
                self.look_again();
            }
            ToPhone::DialedNumber(dialed) => self.about((dialed.line, dialed.call), message),
            ToPhone::BackSpace(back) => self.about((back.line, back.call), message),
            ToPhone::Unknown { id, .. } => self.fault(format!("{id:#x}, whatever that is")),
            _ => {}
        }
    }

    /// Something is about a call: there must be one.
    fn about(&mut self, place: Place, message: &ToPhone) {
        if !self.calls.contains_key(&place.1) {
            self.fault(format!("{} for no call {place:?}", message.name()));
        }
    }

    fn select(&mut self, select: &SelectSoftKeys) {
        let place = (select.line, select.call);
        if !self.kind.has_soft_keys() {
            return;
        }
        let is_known = |call| self.calls.contains_key(call) || self.elsewhere.contains_key(call);
        if place.1 != 0 && !is_known(&place.1) {
            self.fault(format!("softkeys for no call {place:?}"));
        }
        self.desk.selected.insert(place, select.clone());
    }

    fn show(&mut self, place: Place, text: String, is_literal: bool) {
        match self.calls.get_mut(&place.1) {
            Some(call) => {
                call.text.clone_from(&text);
                if text.starts_with(QUEUED) {
                    self.reads(&text);
                }
            }
            None if self.elsewhere.contains_key(&place.1) => {}
            None if place.1 != 0 => self.fault(format!("{text:?} for no call {place:?}")),
            None => {
                // What stood there before is no news, even if the phone has restarted or shown a call since.
                let is_news = self.last_note != text;
                if is_news && is_literal && self.progress == Progress::Registered {
                    self.reads(&text);
                }
                let is_passing = text == RESETTING || SET.iter().any(|set| text.starts_with(set));
                if self.progress == Progress::Registered && !is_passing {
                    self.last_note.clone_from(&text);
                }
            }
        }
        self.desk.prompts.insert(place, text);
    }

    fn notice(&mut self, text: String) {
        if !text.is_empty() && self.progress == Progress::Registered {
            self.reads(&text);
        }
        self.desk.notice = text;
    }

    fn hear_tone(&mut self, tone: &StartTone) {
        self.desk.tone = Some(tone.tone);
        if tone.tone == Tone::CallWaiting {
            self.hear_it_ring_here("rings");
        }
        let is_lying = match self.calls.get(&tone.call) {
            Some(call) => call.state == State::OffHook,
            None => true,
        };
        if tone.tone == Tone::ReceiverOffHook && is_lying {
            self.sees("howls");
        }
        if tone.tone == Tone::ZipZip {
            match self.calls.contains_key(&tone.call) {
                true => self.sees("hears Waiting"),
                false => self.sees("beeps twice"),
            }
        }
        let question = match tone.tone {
            Tone::InsideDial => "hears Dial",
            Tone::PartialDial => "hears Stutter",
            Tone::BeepBonk => "hears ErrorThenDial",
            _ => "",
        };
        if let Some(call) = self.calls.get_mut(&tone.call)
            && call.state == State::Connected
        {
            if !question.is_empty() {
                call.is_asked = true;
                self.sees(question);
            } else if let Some(key) = key_of(tone.tone) {
                self.sees(format!("hears the digit {key}"));
            }
        }
        if tone.tone == Tone::Confirmation
            && let Some(call) = self.calls.get_mut(&tone.call)
        {
            call.is_confirmed = true;
            self.look_again();
        }
    }

    fn hear_ringer(&mut self, ringer: &SetRinger) {
        self.desk.ringer = Some(ringer.mode).filter(|mode| *mode != RingMode::Off);
        let talks = |call: &Call| !call.rings() && call.state != State::Hold;
        let is_busy = self.calls.values().any(talks);
        match (ringer.mode, ringer.duration) {
            (RingMode::Off, _) => {}
            // In somebody's ear it is a tone, or nothing.
            (RingMode::Silent, _) if is_busy => {}
            (RingMode::Silent, _) => self.hear_it_ring_here("flashes"),
            (RingMode::Feature, _) => self.hear_it_ring_here("rings in pulses"),
            (_, RingDuration::Single) => self.hear_it_ring_here("beeps once"),
            _ => self.hear_it_ring_here("rings"),
        }
    }

    /// Somebody hears it ring, and looks who calls.
    fn hear_it_ring_here(&mut self, how: &str) {
        let rings = |call: &&mut Call| call.rings() && !call.heard_ringing;
        let Some(call) = self.calls.values_mut().find(rings) else {
            return;
        };
        call.heard_ringing = true;
        let sight = match &call.caller {
            Some(caller) => format!("{how} (from {caller})"),
            None => format!("{how} (from nobody knows whom)"),
        };
        self.sees(sight);
    }

    fn see_lamp(&mut self, lamp: &SetLamp) {
        if lamp.stimulus == Stimulus::Line && !self.desk.has_line(lamp.instance) {
            self.fault(format!(
                "a lamp of line {}, which there is not",
                lamp.instance
            ));
        }
        if lamp.stimulus == Stimulus::Voicemail {
            let is_on = lamp.mode == LampMode::On;
            if std::mem::replace(&mut self.message_lamp, is_on) != is_on {
                self.sees(lamp_words(is_on));
            }
        }
        let place = (format!("{:?}", lamp.stimulus), lamp.instance);
        let before = self.desk.lamps.insert(place, lamp.mode);
        if lamp.stimulus == Stimulus::SpeedDial && before != Some(lamp.mode) {
            let dial = self.desk.speed_dials.get(&lamp.instance);
            let Some(number) = dial.map(|dial| dial.number.clone()) else {
                return self.fault("a lamp of a speed dial that it has not");
            };
            self.sees(format!("sees the lamp of {number}: {:?}", lamp.mode));
        }
    }

    /// A speed dial with a lamp. How the number stands is seen when it is otherwise.
    fn see_feature(&mut self, stat: &FeatureStat) {
        if stat.stimulus == Stimulus::Undefined {
            return;
        }
        let is_it = |button: &Button| {
            button.stimulus == stat.stimulus && u32::from(button.instance) == stat.index
        };
        let is_feature = matches!(stat.stimulus, Stimulus::BlfSpeedDial | Stimulus::Feature);
        if !is_feature || !self.desk.buttons.iter().any(is_it) {
            return self.fault(format!("a feature that it has not: {stat:?}"));
        }
        let label = in_words(&stat.label);
        let now = (label.clone(), stat.status);
        let before = self.desk.features.insert(stat.index, now.clone());
        if before.as_ref() == Some(&now) {
            return;
        }
        let words = match stat.status {
            0 if stat.stimulus == Stimulus::Feature => "off",
            1 if stat.stimulus == Stimulus::Feature => "on",
            0 => "unknown",
            1 => "idle",
            2 => "in use",
            4 => "ringing",
            other => return self.fault(format!("a lamp that shows {other}")),
        };
        self.sees(format!("sees the lamp of {label}: {words}"));
    }

    fn hear_state(&mut self, told: &CallStateInfo) {
        let place = (told.line, told.call);
        if !self.desk.has_line(told.line) {
            self.fault(format!("a call on line {}, which there is not", told.line));
        }
        if self.is_elsewhere(told) {
            return self.hear_elsewhere(told);
        }
        let uptime = self.uptime;
        let Some(call) = self.calls.get_mut(&told.call) else {
            return self.begin(place, told.state);
        };
        if call.place != place {
            return self.fault(format!("call {} is on another line", told.call));
        }
        let before = std::mem::replace(&mut call.state, told.state);
        if before != told.state {
            call.since = uptime;
        }
        match told.state {
            State::OnHook => self.is_over(told.call, before),
            State::RingOut if !call.heard_ringing => {
                call.heard_ringing = true;
                self.sees("hears it ring");
            }
            State::Connected => self.talks(told.call),
            _ => {}
        }
        self.look_again();
    }

    fn begin(&mut self, place: Place, state: State) {
        let may_begin = matches!(state, State::OffHook | State::RingIn | State::CallWaiting);
        if !may_begin {
            return self.fault(format!("{state:?} for no call {place:?}"));
        }
        if place.1 == 0 {
            return self.fault("a call without a reference");
        }
        self.last_call += 1;
        let mut call = Call::new(place, state, self.last_call, self.uptime);
        if state == State::OffHook {
            call.to_dial = std::mem::take(&mut self.to_dial);
            call.transfers = std::mem::take(&mut self.transfers);
        }
        self.calls.insert(place.1, call);
        self.look_again();
    }

    fn hear_info(&mut self, info: &CallInfo) {
        if self.hear_info_elsewhere(info) {
            return;
        }
        let Some(call) = self.calls.get_mut(&info.call) else {
            return self.fault(format!("information on no call {}", info.call));
        };
        let is_inbound = matches!(info.kind, CallType::Inbound | CallType::Forward);
        if is_inbound != call.is_incoming {
            let kind = info.kind;
            return self.fault(format!("a call that is {kind:?} now"));
        }
        let other = match is_inbound {
            true => &info.calling.number,
            false => &info.called.number,
        };
        self.call_history.insert(info.call, other.clone());
        if is_inbound {
            let name = in_words(&info.calling.name);
            let way = way_of(info);
            call.caller = Some(format!("{} {name}{way}", info.calling.number));
        }
    }

    fn open(&mut self, open: &OpenReceiveChannel) {
        let (call, pass_through) = (open.call, open.pass_through);
        self.check_codec(open.codec, open.packet_ms);
        let (address, port) = (self.address.ip(), self.next_port());
        let Some(call) = self.calls.get_mut(&call) else {
            return self.fault(format!("a channel for no call {call}"));
        };
        if call.receiving.is_some() {
            self.fault("a second channel in one call");
        } else {
            (call.receiving, call.port) = (Some(pass_through), port);
        }
        self.say(OpenReceiveChannelAck {
            status: MediaStatus::Ok,
            address: Some(address),
            port: u32::from(port),
            pass_through,
            call: open.call,
        });
    }

    fn start_media(&mut self, start: &StartMediaTransmission) {
        let call_id = start.call;
        self.check_codec(start.codec, start.packet_ms);
        let port = u16::try_from(start.port).unwrap_or(0);
        let (Some(ip), 1..) = (start.address, port) else {
            return self.fault("media to nowhere");
        };
        let Some(call) = self.calls.get_mut(&call_id) else {
            return self.fault(format!("media for no call {call_id}"));
        };
        call.speaks = (start.codec, start.packet_ms);
        call.sends_keys = start.rfc2833_payload != 0;
        let is_early = !call.is_incoming && call.state != State::Connected;
        let before = call
            .sending
            .replace((start.pass_through, SocketAddr::new(ip, port)));
        if before.is_some() {
            self.fault("media is started twice");
        }
        if is_early {
            self.sees(format!("hears @{ip} before the answer"));
        }
        self.talks(call_id);
        if self.kind.manner == Manner::Late {
            self.say(StartMediaTransmissionAck {
                conference: start.conference,
                pass_through: start.pass_through,
                call: start.call,
                address: start.address,
                port: start.port,
                status: MediaStatus::Ok,
            });
        }
    }

    fn check_codec(&mut self, codec: Codec, packet_ms: u32) {
        if !self.kind.codecs.contains(&codec) {
            self.fault(format!("{codec:?}, which it does not have"));
        }
        if !(10..=60).contains(&packet_ms) {
            self.fault(format!("packets of {packet_ms} ms"));
        }
    }

    /// Both are there: words and media.
    fn talks(&mut self, call: u32) {
        let Some(call) = self.calls.get_mut(&call) else {
            return;
        };
        let Some((_, with)) = call.sending.filter(|_| call.state == State::Connected) else {
            return;
        };
        if with.ip() == SERVER.ip() {
            // What the server itself lets somebody hear, it says by its end of the media.
            call.talked_with = Some(with);
            return;
        }
        let was_held = std::mem::take(&mut call.is_held);
        let before = call.talked_with.replace(with);
        let host = with.ip();
        let sight = match before {
            None if call.is_incoming => return,
            None => format!("talks with @{host}"),
            Some(before) if before.ip() != host => format!("now talks with @{host}"),
            Some(_) if was_held => "is taken back".to_owned(),
            Some(_) => return,
        };
        self.sees(sight);
    }

    /// The server says that a call is over.
    fn is_over(&mut self, id: u32, before: State) {
        let Some(call) = self.calls.remove(&id) else {
            return;
        };
        self.desk.forget(call.place);
        if call.receiving.is_some() || call.sending.is_some() {
            self.fault("a call is over, and its media is not");
        }
        let rang = matches!(before, State::RingIn | State::CallWaiting);
        let had_failed = matches!(
            before,
            State::Busy | State::Congestion | State::InvalidNumber
        );
        match call.wish {
            Wish::HangUp => {}
            _ if rang => self.sees("stops ringing"),
            _ if had_failed => {}
            _ => self.sees("hears the end"),
        }
        if self.calls.is_empty() && self.is_off_hook && !self.is_left_lying {
            self.hang_handset_up();
        }
    }

    fn is_rejected(&mut self, text: &str) {
        self.sees(format!("cannot register: {text}"));
        self.hang_up_connection();
        self.register_later();
    }

    /// A phone that is in a call waits for its end.
    fn reset(&mut self, reset: &Reset) {
        if self.progress == Progress::Asking {
            self.fault("a Reset for a phone that is not registered");
        }
        if !self.calls.is_empty() {
            self.resets_later = true;
            return;
        }
        self.hang_up_connection();
        let takes = match reset.kind {
            ResetType::Reset => std::time::Duration::from_secs(40),
            _ => std::time::Duration::ZERO,
        };
        self.deadlines.arm(Timer::Return, self.uptime + takes);
    }
}

/// The key whose tone it is.
fn key_of(tone: Tone) -> Option<char> {
    Some(match tone {
        Tone::Dtmf0 => '0',
        Tone::Dtmf1 => '1',
        Tone::Dtmf2 => '2',
        Tone::Dtmf3 => '3',
        Tone::Dtmf4 => '4',
        Tone::Dtmf5 => '5',
        Tone::Dtmf6 => '6',
        Tone::Dtmf7 => '7',
        Tone::Dtmf8 => '8',
        Tone::Dtmf9 => '9',
        Tone::DtmfStar => '*',
        Tone::DtmfPound => '#',
        _ => return None,
    })
}

/// How a call says that it came here, if it was not dialled: by whom first, and by whom last.
fn way_of(info: &CallInfo) -> String {
    let (first, last) = (&info.original_called.number, &info.last_redirecting.number);
    let mut way = String::new();
    if info.original_reason == 4 {
        way += &format!(", transferred by {first}");
    }
    if let Some(reason) = reason_in_words(info.last_reason) {
        way += &format!(", sent on by {last}: {reason}");
    }
    if let Some(reason) = reason_in_words(info.original_reason)
        && first != last
    {
        way += &format!(", sent on by {first}: {reason}");
    }
    way
}

/// Why a call was sent on, in the words that SIP has for it.
fn reason_in_words(reason: u32) -> Option<&'static str> {
    Some(match reason {
        1 => "user-busy",
        2 => "no-answer",
        9 => "unavailable",
        15 => "unconditional",
        18 => "deflection",
        _ => return None,
    })
}
