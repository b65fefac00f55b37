//! SCCP on the wire: bytes to messages and back, and nothing else.
//!
//! A [`Framer`] cuts the stream into [`Frame`]s; [`FromPhone`] and [`ToPhone`] are what a frame says. Both are read and
//! written by the same description of their layout, a method of each message, which goes through the fields in their order
//! with a [`cursor::Cursor`]: one that reads, or one that writes. What differs between versions stands there as well.
//!
//! Reading is lenient, as phones differ by firmware: what is missing at the end is zero, what follows is not looked at.
//! Writing is exact. `check` reads and complains of all that is not as it would be written.

#[macro_use]
mod message;
#[macro_use]
mod values;

mod buttons;
mod call;
mod capabilities;
mod cursor;
mod data;
mod device;
mod display;
mod frame;
mod from_phone;
mod keys;
mod media;
mod reader;
mod registration;
mod sound;
mod statistics;
mod templates;
mod text;
mod to_phone;
mod version;
mod writer;

pub use buttons::{
    FeatureStat, FeatureStatReq, ForwardStat, ForwardStatReq, Forwarding, LineStat, LineStatReq,
    Notification, ServiceUrlStat, ServiceUrlStatReq, SpeedDialStat, SpeedDialStatReq,
    SubscriptionStat, SubscriptionStatReq,
};
pub use call::{
    ActivateCallPlane, BackSpace, CallHistoryInfo, CallInfo, CallSelectStat, CallStateInfo,
    DialedNumber, Party, RecordingStatus,
};
pub use capabilities::{
    CapabilitiesRes, Capability, UpdateCapabilities, UpdateCapabilitiesV2, UpdateCapabilitiesV3,
};
pub use data::{UserData, UserDataVersion1};
pub use device::{
    AddOnDeviceCapabilities, Alarm, ConfigStat, DefineTimeDate, HeadsetStatus, LocationInfo,
    MediaPathCapability, MediaPathEvent, MediaResourceNotification, Reset, Server, ServerRes,
    VersionRes, XmlAlarm,
};
pub use display::{
    ClearPriNotify, ClearPromptStatus, DisplayNotify, DisplayPriNotify, DisplayPromptStatus,
    DisplayText,
};
pub use frame::{FRAME_MAX, Frame, Framer, HEADER};
pub use from_phone::FromPhone;
pub use keys::{
    EnblocCall, HookFlash, KeypadButton, KeypadKey, OffHook, OffHookWithCgpn, OnHook, SoftKeyEvent,
    StimulusEvent,
};
pub use media::{
    CloseReceiveChannel, Crypto, MediaTransmissionFailure, OpenReceiveChannel,
    OpenReceiveChannelAck, PortClose, PortReq, PortRes, StartMediaTransmission,
    StartMediaTransmissionAck, StopMediaTransmission,
};
pub use message::Unread;
pub use registration::{
    IpPort, Register, RegisterAck, RegisterAvailableLines, RegisterReject, RegisterTokenReject,
    RegisterTokenReq, SpcpRegisterTokenAck, SpcpRegisterTokenReject, SpcpRegisterTokenReq,
    Unregister, UnregisterAck,
};
pub use sound::{SetLamp, SetMicroMode, SetRinger, SetSpeakerMode, StartTone, StopTone};
pub use statistics::{ConnectionStatisticsReq, ConnectionStatisticsRes};
pub use templates::{
    Button, ButtonTemplate, SelectSoftKeys, SoftKey, SoftKeySet, SoftKeySetRes, SoftKeySlot,
    SoftKeyTemplateRes,
};
pub use text::{Label, Text};
pub use to_phone::ToPhone;
pub use values::{
    AlarmSeverity, BlfStatus, CallState, CallType, Codec, HeadsetMode, HistoryDisposition, KeySet,
    LampMode, MediaPath, MediaPathAbility, MediaPathActivity, MediaStatus, Privacy, ResetType,
    RingDuration, RingMode, Security, Sequence, StatisticsMode, Stimulus, Tone, ToneDirection,
    UnregisterStatus,
};
pub use version::{Charset, Dialect, Features, Version};

/// What is wrong with something that a peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A length that no frame has: the peer does not speak SCCP, or has lost its place.
    #[error("a frame whose length is given as {length}; it may be 4 to {FRAME_MAX}")]
    Length {
        /// What the header says.
        length: u32,
    },
    /// A message without what it is about.
    #[error("{message} with a body of {length} bytes; it needs at least {least}")]
    Short {
        /// The message's name.
        message: &'static str,
        /// How long its body is.
        length: usize,
        /// How long it would have to be.
        least: usize,
    },
}

/// Something in a frame that is not as it should have been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at {at}: {what}")]
pub struct Fault {
    /// Where in the body.
    pub at: usize,
    /// What is wrong there.
    pub what: &'static str,
}
