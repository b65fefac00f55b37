//! The values that fields may have. What a phone says beyond them is kept as it came.

/// One value of a list.
pub(super) trait Value: Copy {
    /// The value that a code stands for.
    fn of(code: u32) -> Self;

    /// What stands for it.
    fn code(self) -> u32;

    /// Whether it is one of the list.
    fn is_listed(self) -> bool;
}

/// A list of values, each with what stands for it on the wire.
macro_rules! values {
    ($(#[$meta:meta])* $name:ident: $($(#[$doc:meta])* $value:ident = $code:literal,)+) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $value,)+
            /// One that is not listed.
            Other(u32),
        }

        impl $name {
            /// All that are listed.
            pub const ALL: &'static [$name] = &[$($name::$value,)+];
        }

        impl $crate::sccp::wire::values::Value for $name {
            fn of(code: u32) -> $name {
                match code {
                    $($code => $name::$value,)+
                    _ => $name::Other(code),
                }
            }

            fn code(self) -> u32 {
                match self {
                    $($name::$value => $code,)+
                    $name::Other(code) => code,
                }
            }

            fn is_listed(self) -> bool {
                !matches!(self, $name::Other(_))
            }
        }

        /// What 0 stands for.
        impl Default for $name {
            fn default() -> $name {
                $crate::sccp::wire::values::Value::of(0)
            }
        }
    };
}

values! {
    /// How a call is, as the phone shows it.
    CallState:
    /// Dialling, or about to.
    OffHook = 1,
    /// Over.
    OnHook = 2,
    /// It rings at the other side.
    RingOut = 3,
    /// It rings here.
    RingIn = 4,
    /// Talking.
    Connected = 5,
    /// The other side is busy.
    Busy = 6,
    /// There is no way to the other side.
    Congestion = 7,
    /// Held.
    Hold = 8,
    /// It rings here, during another call.
    CallWaiting = 9,
    /// Being transferred.
    CallTransfer = 10,
    /// Parked.
    CallPark = 11,
    /// The number is complete.
    Proceed = 12,
    /// In use at another phone with the same line.
    CallRemoteMultiline = 13,
    /// There is no such number.
    InvalidNumber = 14,
    /// Held for too long.
    HoldRevert = 15,
    /// Talking to one of the two.
    Whisper = 16,
    /// Held at another phone with the same line.
    RemoteHold = 17,
}

values! {
    /// What is heard.
    Tone:
    /// Nothing.
    Silence = 0x00,
    /// Key 1.
    Dtmf1 = 0x01,
    /// Key 2.
    Dtmf2 = 0x02,
    /// Key 3.
    Dtmf3 = 0x03,
    /// Key 4.
    Dtmf4 = 0x04,
    /// Key 5.
    Dtmf5 = 0x05,
    /// Key 6.
    Dtmf6 = 0x06,
    /// Key 7.
    Dtmf7 = 0x07,
    /// Key 8.
    Dtmf8 = 0x08,
    /// Key 9.
    Dtmf9 = 0x09,
    /// Key 0.
    Dtmf0 = 0x0A,
    /// Key `*`.
    DtmfStar = 0x0E,
    /// Key `#`.
    DtmfPound = 0x0F,
    /// Dial tone.
    InsideDial = 0x21,
    /// Dial tone for calls to the outside.
    OutsideDial = 0x22,
    /// Busy.
    Busy = 0x23,
    /// It rings at the other side.
    Alerting = 0x24,
    /// There is no way.
    Reorder = 0x25,
    /// The call is recorded.
    RecorderWarning = 0x26,
    /// A held call is back.
    Reverting = 0x28,
    /// Howler: hang up!
    ReceiverOffHook = 0x29,
    /// Dial tone with something to be told.
    PartialDial = 0x2A,
    /// No such number.
    NoSuchNumber = 0x2B,
    /// Somebody else calls.
    CallWaiting = 0x2D,
    /// It is done.
    Confirmation = 0x2E,
    /// Dial tone during a call.
    RecallDial = 0x30,
    /// Two short beeps.
    ZipZip = 0x31,
    /// A short beep.
    Zip = 0x32,
    /// It cannot be done.
    BeepBonk = 0x33,
    /// Music.
    Music = 0x34,
    /// Held.
    Hold = 0x35,
    /// Nothing at all.
    NoTone = 0x7F,
}

values! {
    /// Who hears a tone.
    ToneDirection:
    /// Whoever is at the phone.
    User = 0,
    /// The other side.
    Network = 1,
    /// Both.
    Both = 2,
}

values! {
    /// What a button is, what was pressed, and which lamp.
    Stimulus:
    /// Calls the last number again.
    LastNumberRedial = 0x01,
    /// Calls a number that it knows.
    SpeedDial = 0x02,
    /// Holds.
    Hold = 0x03,
    /// Transfers.
    Transfer = 0x04,
    /// Forwards all calls.
    ForwardAll = 0x05,
    /// Forwards calls when busy.
    ForwardBusy = 0x06,
    /// Forwards calls that nobody takes.
    ForwardNoAnswer = 0x07,
    /// Shows more.
    Display = 0x08,
    /// A line.
    Line = 0x09,
    /// Voicemail, and the lamp that says that there is some.
    Voicemail = 0x0F,
    /// Takes calls by itself.
    AutoAnswer = 0x11,
    /// Selects a call.
    Select = 0x12,
    /// A feature; pressed: privacy.
    Feature = 0x13,
    /// Fetches a page.
    ServiceUrl = 0x14,
    /// A speed dial whose lamp says whether the other is busy.
    BlfSpeedDial = 0x15,
    /// Parks at a number of its own.
    DirectedPark = 0x16,
    /// An intercom line.
    Intercom = 0x17,
    /// Reports a malicious call.
    MaliciousCall = 0x1B,
    /// An application's, of several.
    GenericApp1 = 0x21,
    /// An application's, of several.
    GenericApp2 = 0x22,
    /// An application's, of several.
    GenericApp3 = 0x23,
    /// An application's, of several.
    GenericApp4 = 0x24,
    /// An application's, of several.
    GenericApp5 = 0x25,
    /// A feature whose lamp has many ways to blink.
    MultiblinkFeature = 0x26,
    /// Joins a meeting.
    MeetMe = 0x7B,
    /// Makes a conference.
    Conference = 0x7D,
    /// Parks.
    CallPark = 0x7E,
    /// Takes a call that rings elsewhere.
    CallPickup = 0x7F,
    /// Takes a call that rings in a group.
    GroupCallPickup = 0x80,
    /// Logs in and out.
    Mobility = 0x81,
    /// Do not disturb.
    DoNotDisturb = 0x82,
    /// Lists who is in a conference.
    ConfList = 0x83,
    /// Removes the last one from a conference.
    RemoveLastParticipant = 0x84,
    /// Reports bad quality.
    QualityReport = 0x85,
    /// Calls back when the other is free.
    CallBack = 0x86,
    /// Takes a call that rings in another group.
    OtherPickup = 0x87,
    /// Changes the video mode.
    VideoMode = 0x88,
    /// Begins a call.
    NewCall = 0x89,
    /// Ends a call.
    EndCall = 0x8A,
    /// In and out of hunt groups.
    HuntLog = 0x8B,
    /// Queueing.
    Queuing = 0x8F,
    /// A test key.
    TestE = 0xC0,
    /// A test key.
    TestF = 0xC1,
    /// The messages key.
    Messages = 0xC2,
    /// The directory key.
    Directory = 0xC3,
    /// A test key.
    TestI = 0xC4,
    /// The applications key.
    Application = 0xC5,
    /// The headset key.
    Headset = 0xC6,
    /// The keypad.
    Keypad = 0xF0,
    /// Echo cancelling.
    Aec = 0xFD,
    /// No button.
    Undefined = 0xFF,
}

values! {
    /// In which state of a call a set of softkeys is shown.
    KeySet:
    /// Nothing goes on.
    OnHook = 0,
    /// Talking.
    Connected = 1,
    /// Held.
    OnHold = 2,
    /// It rings here.
    RingIn = 3,
    /// Before the first digit.
    OffHook = 4,
    /// Talking to whom the call is to go to.
    ConnectedTransferable = 5,
    /// After the first digit.
    DigitsFollowing = 6,
    /// In a conference.
    ConnectedConference = 7,
    /// It rings at the other side.
    RingOut = 8,
    /// A feature wants a number.
    OffHookFeature = 9,
    /// In use at another phone with the same line.
    InUseHint = 10,
    /// Held at another phone with the same line.
    OnHookStealable = 11,
    /// A conference is held.
    HoldConference = 12,
}

values! {
    /// How a lamp is lit.
    LampMode:
    /// Not.
    Off = 1,
    /// Steadily.
    On = 2,
    /// On, with short breaks.
    Wink = 3,
    /// Fast.
    Flash = 4,
    /// Slowly.
    Blink = 5,
}

values! {
    /// How a phone rings.
    RingMode:
    /// Not.
    Off = 1,
    /// For calls from within.
    Inside = 2,
    /// For calls from outside.
    Outside = 3,
    /// For features.
    Feature = 4,
    /// Only by its lamp.
    Silent = 5,
    /// Urgently.
    Urgent = 6,
}

values! {
    /// How long a phone rings.
    RingDuration:
    /// Until it is told to stop. Some servers say nothing here when they stop it.
    Unsaid = 0,
    /// Until it is told to stop.
    Normal = 1,
    /// Once.
    Single = 2,
}

values! {
    /// How sound is coded, and what else a phone's capabilities name.
    Codec:
    /// None.
    None = 0x00,
    /// G.711 A-law.
    G711Alaw = 0x02,
    /// G.711 A-law, 56 kbit/s.
    G711Alaw56 = 0x03,
    /// G.711 µ-law.
    G711Ulaw = 0x04,
    /// G.711 µ-law, 56 kbit/s.
    G711Ulaw56 = 0x05,
    /// G.722, 64 kbit/s.
    G722 = 0x06,
    /// G.722, 56 kbit/s.
    G722At56 = 0x07,
    /// G.722, 48 kbit/s.
    G722At48 = 0x08,
    /// G.723.1.
    G7231 = 0x09,
    /// G.728.
    G728 = 0x0A,
    /// G.729.
    G729 = 0x0B,
    /// G.729 Annex A.
    G729A = 0x0C,
    /// G.729 Annex B.
    G729B = 0x0F,
    /// G.729 Annexes A and B.
    G729Ab = 0x10,
    /// Cisco's wideband, 256 kbit/s.
    Wideband256 = 0x19,
    /// G.722.1, 32 kbit/s.
    G7221At32 = 0x28,
    /// G.722.1, 24 kbit/s.
    G7221At24 = 0x29,
    /// G.726, 32 kbit/s.
    G726At32 = 0x52,
    /// iLBC.
    Ilbc = 0x56,
    /// iSAC.
    Isac = 0x59,
    /// Opus.
    Opus = 0x5A,
    /// H.263.
    H263 = 0x65,
    /// H.263+.
    H263Plus = 0x66,
    /// H.264.
    H264 = 0x67,
    /// Keys by RFC 2833, of any payload type.
    Rfc2833 = 0x101,
    /// Keys by RFC 2833, passed through.
    Rfc2833PassThrough = 0x103,
    /// Keys out of band.
    OutOfBandDtmf = 0x105,
}

values! {
    /// What became of media.
    MediaStatus:
    /// It flows.
    Ok = 0,
    /// It does not, for no known reason.
    Unknown = 1,
    /// No channel is free.
    OutOfChannels = 2,
    /// The codec is too much for the phone now.
    CodecTooComplex = 3,
    /// No such party.
    InvalidPartyId = 4,
    /// No such call.
    InvalidCallReference = 5,
    /// No such codec.
    InvalidCodec = 6,
    /// Packets of that length are not possible.
    InvalidPacketSize = 7,
    /// No socket is free.
    OutOfSockets = 8,
    /// The coder did not start.
    EncoderOrDecoderFailed = 9,
    /// No such payload type.
    InvalidPayloadType = 10,
    /// No such kind of address.
    InvalidAddressType = 11,
    /// The phone is on-hook.
    DeviceOnHook = 12,
    /// The phone is on-hook, as others say it.
    DeviceOnHookToo = 0xFF,
}

values! {
    /// Which way a call goes.
    CallType:
    /// To this phone.
    Inbound = 1,
    /// From this phone.
    Outbound = 2,
    /// To this phone, by a forward.
    Forward = 3,
}

values! {
    /// What is kept from whoever looks at the phone.
    Privacy:
    /// Nothing.
    None = 0,
    /// The call is not listed among the missed.
    Limited = 1,
    /// The call is not listed at all.
    Full = 2,
}

values! {
    /// Whether the media of a call is encrypted.
    Security:
    /// Nothing is known.
    Unknown = 0,
    /// It is not.
    NotAuthenticated = 1,
    /// The other side is authenticated.
    Authenticated = 2,
    /// It is.
    Encrypted = 3,
}

values! {
    /// How bad an alarm is.
    AlarmSeverity:
    /// Critical.
    Critical = 0,
    /// A warning.
    Warning = 1,
    /// For information: a phone that starts.
    Informational = 2,
    /// Unknown.
    Unknown = 4,
    /// Major.
    Major = 7,
    /// Minor.
    Minor = 8,
    /// Marginal.
    Marginal = 10,
    /// For whoever looks for a mistake.
    TraceInfo = 20,
}

values! {
    /// How much of itself a phone starts anew.
    ResetType:
    /// All: it looks for its address, its firmware and its configuration.
    Reset = 1,
    /// Its registration: it reads its configuration and registers.
    Restart = 2,
    /// What the new configuration needs.
    ApplyConfig = 3,
}

values! {
    /// What becomes of a phone's wish to leave.
    UnregisterStatus:
    /// It may.
    Ok = 0,
    /// Something went wrong.
    Error = 1,
    /// It may not: it is in a call.
    Nak = 2,
}

values! {
    /// Whether a headset is in use.
    HeadsetMode:
    /// It is.
    On = 1,
    /// It is not.
    Off = 2,
}

values! {
    /// What sound goes through.
    MediaPath:
    /// The headset.
    Headset = 1,
    /// The handset.
    Handset = 2,
    /// The speaker.
    Speaker = 3,
}

values! {
    /// What became of a media path.
    MediaPathActivity:
    /// It is in use: off-hook.
    On = 1,
    /// It is not: on-hook.
    Off = 2,
}

values! {
    /// What may be done with a media path.
    MediaPathAbility:
    /// Everything.
    Enabled = 1,
    /// Nothing.
    Disabled = 2,
    /// Listening.
    Monitor = 3,
}

values! {
    /// What somebody else's phone is doing.
    BlfStatus:
    /// Nobody knows.
    Unknown = 0,
    /// Nothing.
    Idle = 1,
    /// A call.
    InUse = 2,
    /// It does not want to be disturbed.
    DoNotDisturb = 3,
    /// It rings.
    Alerting = 4,
}

impl From<BlfStatus> for u32 {
    fn from(status: BlfStatus) -> u32 {
        Value::code(status)
    }
}

values! {
    /// Among which calls one is listed.
    HistoryDisposition:
    /// Among none.
    Ignore = 0,
    /// Those that were made.
    Placed = 1,
    /// Those that were taken.
    Received = 2,
    /// Those that were missed.
    Missed = 3,
}

values! {
    /// Which part of a text that is sent in several.
    Sequence:
    /// The first.
    First = 0,
    /// One in between.
    More = 1,
    /// The last, or the only one.
    Last = 2,
}

values! {
    /// Whether counters begin anew when they were told.
    StatisticsMode:
    /// They do.
    Clear = 0,
    /// They go on.
    DoNotClear = 1,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_kept_as_it_came() {
        for code in (0..600).chain([u32::MAX]) {
            assert_eq!(CallState::of(code).code(), code);
            assert_eq!(Tone::of(code).code(), code);
            assert_eq!(Stimulus::of(code).code(), code);
            assert_eq!(Codec::of(code).code(), code);
        }
        assert_eq!(CallState::of(2), CallState::OnHook);
        assert_eq!(CallState::default(), CallState::Other(0));
        assert!(Tone::ALL.iter().all(|tone| tone.is_listed()));
    }
}
