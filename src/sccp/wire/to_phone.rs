//! What phones are told.

use super::cursor::Layout;
use super::message::{Forms, Unread, fields, header_faults};
use super::reader::Reader;
use super::version::{Dialect, Version};
use super::writer::Writer;
use super::{
    ActivateCallPlane, BackSpace, ButtonTemplate, CallHistoryInfo, CallInfo, CallSelectStat,
    CallStateInfo, ClearPriNotify, ClearPromptStatus, CloseReceiveChannel, ConfigStat,
    ConnectionStatisticsReq, DefineTimeDate, DialedNumber, DisplayNotify, DisplayPriNotify,
    DisplayPromptStatus, DisplayText, Fault, FeatureStat, ForwardStat, Frame, LineStat,
    Notification, OpenReceiveChannel, PortClose, PortReq, RecordingStatus, RegisterAck,
    RegisterReject, RegisterTokenReject, Reset, SelectSoftKeys, ServerRes, ServiceUrlStat, SetLamp,
    SetMicroMode, SetRinger, SetSpeakerMode, SoftKeySetRes, SoftKeyTemplateRes,
    SpcpRegisterTokenAck, SpcpRegisterTokenReject, SpeedDialStat, StartMediaTransmission,
    StartTone, StopMediaTransmission, StopTone, SubscriptionStat, UnregisterAck, UserData,
    UserDataVersion1, VersionRes, WireError,
};

/// No version: phones take the older form always, and the newer one is only read.
const NEVER: u8 = u8::MAX;

messages! {
    /// A message to a phone.
    pub enum ToPhone;

    bare:
    /// It shows nothing.
    0x009A ClearDisplay,
    /// It is asked for its codecs.
    0x009B CapabilitiesReq,
    /// The server is there, too.
    0x0100 KeepAliveAck,
    /// It shows no notice.
    0x0115 ClearNotify,
    /// No line is at the front.
    0x0117 DeactivateCallPlane,
    /// It may come.
    0x011A RegisterTokenAck,

    with_body:
    /// It is registered.
    0x0081 RegisterAck,
    /// A tone begins.
    0x0082 StartTone,
    /// A tone ends.
    0x0083 StopTone,
    /// It rings, or stops ringing.
    0x0085 SetRinger,
    /// A lamp is lit, or put out.
    0x0086 SetLamp,
    /// The speaker is switched.
    0x0088 SetSpeakerMode,
    /// The microphone is switched.
    0x0089 SetMicroMode,
    /// It sends media.
    0x008A StartMediaTransmission,
    /// It sends no more media.
    0x008B StopMediaTransmission,
    /// Whether a line is forwarded.
    0x0090 ForwardStat,
    /// What time it is.
    0x0094 DefineTimeDate,
    /// What its buttons are.
    0x0097 ButtonTemplate,
    /// Which firmware it should have.
    0x0098 VersionRes,
    /// It shows a text.
    0x0099 DisplayText,
    /// It is not registered.
    0x009D RegisterReject,
    /// Which servers there are.
    0x009E ServerRes,
    /// It starts anew.
    0x009F Reset,
    /// It takes media.
    0x0105 OpenReceiveChannel,
    /// It takes no more media.
    0x0106 CloseReceiveChannel,
    /// How good was the media?
    0x0107 ConnectionStatisticsReq,
    /// What softkeys there are.
    0x0108 SoftKeyTemplateRes,
    /// In what sets they are shown.
    0x0109 SoftKeySetRes,
    /// Which of them are shown.
    0x0110 SelectSoftKeys,
    /// No prompt is shown.
    0x0113 ClearPromptStatus,
    /// A line is at the front.
    0x0116 ActivateCallPlane,
    /// Whether it may leave.
    0x0118 UnregisterAck,
    /// The last digit is taken back.
    0x0119 BackSpace,
    /// It may not come yet.
    0x011B RegisterTokenReject,
    /// The number that was dialled is complete.
    0x011D DialedNumber,
    /// A notice is not shown any more.
    0x0121 ClearPriNotify,
    /// A call is selected.
    0x0130 CallSelectStat,
    /// It is to name a port.
    0x014B PortReq,
    /// The port is not needed any more.
    0x014C PortClose,
    /// Whether it is told what another phone is doing.
    0x0152 SubscriptionStat,
    /// What the other phone is doing.
    0x0153 Notification,
    /// Among which calls one is to be listed.
    0x0156 CallHistoryInfo,
    /// Whether a call is recorded.
    0x0160 RecordingStatus,
    /// It may come: to SPA phones.
    0x8100 SpcpRegisterTokenAck,
    /// It may not come yet: to SPA phones.
    0x8101 SpcpRegisterTokenReject,

    in_two_forms:
    /// Who is in a call.
    0x008F 0x014A since 8 CallInfo,
    /// What a speed dial is.
    0x0091 0x0149 since NEVER SpeedDialStat,
    /// What a line is.
    0x0092 0x0147 since 17 LineStat,
    /// How it is configured.
    0x0093 0x0142 since NEVER ConfigStat,
    /// A prompt is shown.
    0x0112 0x0145 since 8 DisplayPromptStatus,
    /// A notice is shown.
    0x0114 0x0143 since 8 DisplayNotify,
    /// What a feature is, and how it is.
    0x011F 0x0146 since 15 FeatureStat,
    /// A notice of some importance is shown.
    0x0120 0x0144 since 8 DisplayPriNotify,
    /// What a service is.
    0x012F 0x0148 since 7 ServiceUrlStat,

    sharing:
    /// How a call is.
    0x0111 CallState(CallStateInfo),
    /// Data for an application.
    0x011E UserToDeviceData(UserData),
    /// Data for an application.
    0x013F UserToDeviceDataVersion1(UserDataVersion1),
}

impl From<CallStateInfo> for ToPhone {
    fn from(message: CallStateInfo) -> ToPhone {
        ToPhone::CallState(message)
    }
}
