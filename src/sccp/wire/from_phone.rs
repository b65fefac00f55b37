//! What phones say.

use super::cursor::Layout;
use super::message::{Forms, Unread, fields, header_faults};
use super::reader::Reader;
use super::version::{Dialect, Version};
use super::writer::Writer;
use super::{
    AddOnDeviceCapabilities, Alarm, CapabilitiesRes, ConnectionStatisticsRes, EnblocCall, Fault,
    FeatureStatReq, ForwardStatReq, Frame, HeadsetStatus, HookFlash, IpPort, KeypadButton,
    LineStatReq, LocationInfo, MediaPathCapability, MediaPathEvent, MediaResourceNotification,
    MediaTransmissionFailure, OffHook, OffHookWithCgpn, OnHook, OpenReceiveChannelAck, PortRes,
    Register, RegisterAvailableLines, RegisterTokenReq, ServiceUrlStatReq, SoftKeyEvent,
    SpcpRegisterTokenReq, SpeedDialStatReq, StartMediaTransmissionAck, StimulusEvent,
    SubscriptionStatReq, Unregister, UpdateCapabilities, UpdateCapabilitiesV2,
    UpdateCapabilitiesV3, UserData, UserDataVersion1, WireError, XmlAlarm,
};

messages! {
    /// A message of a phone.
    pub enum FromPhone;

    bare:
    /// It is there. Some phones say so before they register.
    0x0000 KeepAlive,
    /// How is it configured?
    0x000C ConfigStatReq,
    /// What time is it? The last question of most registrations.
    0x000D TimeDateReq,
    /// What are its buttons?
    0x000E ButtonTemplateReq,
    /// Which firmware should it have?
    0x000F VersionReq,
    /// Which servers are there?
    0x0012 ServerReq,
    /// Which sets of softkeys are there?
    0x0025 SoftKeySetReq,
    /// Which softkeys are there?
    0x0028 SoftKeyTemplateReq,

    with_body:
    /// It wants to be registered.
    0x0001 Register,
    /// Where it takes media.
    0x0002 IpPort,
    /// A key of the keypad was pressed.
    0x0003 KeypadButton,
    /// A whole number was dialled.
    0x0004 EnblocCall,
    /// It is off the hook.
    0x0006 OffHook,
    /// It is on the hook.
    0x0007 OnHook,
    /// The hook was pressed for a moment.
    0x0008 HookFlash,
    /// Is a line forwarded?
    0x0009 ForwardStatReq,
    /// What is a speed dial?
    0x000A SpeedDialStatReq,
    /// What is a line?
    0x000B LineStatReq,
    /// Its codecs.
    0x0010 CapabilitiesRes,
    /// It reports something.
    0x0020 Alarm,
    /// Where it takes media for a call.
    0x0022 OpenReceiveChannelAck,
    /// How good the media was.
    0x0023 ConnectionStatisticsRes,
    /// It is off the hook for somebody else.
    0x0024 OffHookWithCgpn,
    /// A softkey was pressed.
    0x0026 SoftKeyEvent,
    /// It wants to leave.
    0x0027 Unregister,
    /// May it come?
    0x0029 RegisterTokenReq,
    /// It cannot send media.
    0x002A MediaTransmissionFailure,
    /// Whether its headset is in use.
    0x002B HeadsetStatus,
    /// What a conference bridge can.
    0x002C MediaResourceNotification,
    /// How many lines it has found.
    0x002D RegisterAvailableLines,
    /// Its codecs, with video.
    0x0030 UpdateCapabilities,
    /// What is a service?
    0x0033 ServiceUrlStatReq,
    /// What is a feature?
    0x0034 FeatureStatReq,
    /// Its codecs, with longer entries for video.
    0x0043 UpdateCapabilitiesV2,
    /// Its codecs, with encryption.
    0x0044 UpdateCapabilitiesV3,
    /// The port that it was asked for.
    0x0045 PortRes,
    /// It wants to know what another phone is doing.
    0x0048 SubscriptionStatReq,
    /// Handset, headset or speaker are in use, or no more.
    0x0049 MediaPathEvent,
    /// What can be done with them.
    0x004A MediaPathCapability,
    /// Whether it sends media.
    0x0154 StartMediaTransmissionAck,
    /// Where it is.
    0x0157 LocationInfo,
    /// What its add-on modules are.
    0x0159 AddOnDeviceCapabilities,
    /// It reports something, in XML.
    0x015A XmlAlarm,
    /// May it come? SPA phones ask so.
    0x8000 SpcpRegisterTokenReq,

    in_two_forms:

    sharing:
    /// A button was pressed.
    0x0005 Stimulus(StimulusEvent),
    /// Data of an application.
    0x002E DeviceToUserData(UserData),
    /// An application's answer.
    0x002F DeviceToUserDataResponse(UserData),
    /// Data of an application.
    0x0041 DeviceToUserDataVersion1(UserDataVersion1),
    /// An application's answer.
    0x0042 DeviceToUserDataResponseVersion1(UserDataVersion1),
}

impl From<StimulusEvent> for FromPhone {
    fn from(message: StimulusEvent) -> FromPhone {
        FromPhone::Stimulus(message)
    }
}
