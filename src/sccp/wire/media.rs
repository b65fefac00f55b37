//! Media: where it is to be sent, and where it is taken.

use std::fmt;
use std::net::IpAddr;

use super::cursor::{Cursor, Layout};
use super::values::{Codec, MediaStatus};
use super::version::Version;

/// The type of keys that phones are asked for with RFC 2833.
const DTMF_TYPE: u32 = 10;
/// How media is marked in the network: expedited forwarding.
const EXPEDITED: u32 = 184;
/// What else a phone might be able to: not used.
const LATENT: usize = 36;

/// How media is encrypted. All zero if it is not.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Crypto {
    /// By which algorithm.
    pub algorithm: u32,
    /// How long the key is.
    pub key_length: u16,
    /// How long the salt is.
    pub salt_length: u16,
    /// The key.
    pub key: [u8; 16],
    /// The salt.
    pub salt: [u8; 16],
    /// Whether packets name their key.
    pub has_mki: u32,
    /// How often the key changes.
    pub derivation_rate: u32,
}

impl Crypto {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.algorithm);
        body.half(&mut self.key_length);
        body.half(&mut self.salt_length);
        body.bytes(&mut self.key);
        body.bytes(&mut self.salt);
        body.word(&mut self.has_mki);
        body.word(&mut self.derivation_rate);
    }
}

impl fmt::Debug for Crypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crypto({}, ..)", self.algorithm)
    }
}

/// The phone is to take media, and to say where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReceiveChannel {
    /// Names the conference; mostly the call.
    pub conference: u32,
    /// Names the channel: the answer has it.
    pub pass_through: u32,
    /// How much sound a packet has, in milliseconds.
    pub packet_ms: u32,
    /// How it is coded.
    pub codec: Codec,
    /// Whether echo is cancelled, or silence left out: not used.
    pub qualifier: u32,
    /// The bit rate of G.723, or what else the codec wants to know.
    pub codec_parameters: u32,
    /// In which call.
    pub call: u32,
    /// How it is encrypted.
    pub crypto: Crypto,
    /// Names the stream.
    pub stream_pass_through: u32,
    /// A stream that belongs to it.
    pub associated_stream: u32,
    /// The payload type of keys by RFC 2833; 0 for none.
    pub rfc2833_payload: u32,
    /// Which keys are meant by that.
    pub dtmf_type: u32,
    /// Whether it is mixed, and how.
    pub mixing_mode: u32,
    /// Which side of a conference it is.
    pub direction: u32,
    /// Where it will come from.
    pub source: Option<IpAddr>,
    /// From which port.
    pub source_port: u32,
    /// Which addresses the phone may name: 0 IPv4, 1 IPv6, 2 both.
    pub wanted_family: u32,
    /// How loud. The newest phones only.
    pub level: u32,
}

impl Default for OpenReceiveChannel {
    fn default() -> OpenReceiveChannel {
        OpenReceiveChannel {
            conference: 0,
            pass_through: 0,
            packet_ms: 20,
            codec: Codec::G711Ulaw,
            qualifier: 0,
            codec_parameters: 0,
            call: 0,
            crypto: Crypto::default(),
            stream_pass_through: 0,
            associated_stream: 0,
            rfc2833_payload: 0,
            dtmf_type: DTMF_TYPE,
            mixing_mode: 0,
            direction: 0,
            source: None,
            source_port: 0,
            wanted_family: 0,
            level: 0,
        }
    }
}

impl Layout for OpenReceiveChannel {
    const LEAST: usize = 8;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.conference);
        body.word(&mut self.pass_through);
        body.word(&mut self.packet_ms);
        body.value(&mut self.codec);
        body.word(&mut self.qualifier);
        body.word(&mut self.codec_parameters);
        body.word(&mut self.call);
        self.crypto.layout(body);
        body.word(&mut self.stream_pass_through);
        body.word(&mut self.associated_stream);
        body.word(&mut self.rfc2833_payload);
        body.word(&mut self.dtmf_type);
        body.word(&mut self.mixing_mode);
        body.word(&mut self.direction);
        body.address(&mut self.source);
        body.word(&mut self.source_port);
        if body.version() >= Version::V17 {
            body.word(&mut self.wanted_family);
        }
        if body.version() >= Version::V22 {
            body.word(&mut self.level);
            body.skip(LATENT);
        }
    }
}

/// Where the phone takes media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReceiveChannelAck {
    /// Whether it does.
    pub status: MediaStatus,
    /// At which address.
    pub address: Option<IpAddr>,
    /// At which port.
    pub port: u32,
    /// The channel.
    pub pass_through: u32,
    /// In which call; 0 if the phone does not say.
    pub call: u32,
}

impl Layout for OpenReceiveChannelAck {
    /// To the channel.
    const LEAST: usize = 16;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.status);
        body.address(&mut self.address);
        body.word(&mut self.port);
        body.word(&mut self.pass_through);
        if !body.is_over(body.version() >= Version::V5) {
            body.word(&mut self.call);
        }
    }
}

/// The phone is to take no more media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseReceiveChannel {
    /// Names the conference.
    pub conference: u32,
    /// Names the channel.
    pub pass_through: u32,
    /// In which call.
    pub call: u32,
    /// Whether the port stays open for more.
    pub keep_port: bool,
}

impl Layout for CloseReceiveChannel {
    /// The oldest servers say nothing: whatever is taken.
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.conference);
        body.word(&mut self.pass_through);
        body.word(&mut self.call);
        body.flag(&mut self.keep_port);
    }
}

/// The phone is to send media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartMediaTransmission {
    /// Names the conference; mostly the call.
    pub conference: u32,
    /// Names the channel: the answer has it.
    pub pass_through: u32,
    /// To which address.
    pub address: Option<IpAddr>,
    /// To which port.
    pub port: u32,
    /// How much sound a packet has, in milliseconds.
    pub packet_ms: u32,
    /// How it is coded.
    pub codec: Codec,
    /// How packets are marked: the type of service.
    pub precedence: u32,
    /// Whether silence is left out.
    pub suppresses_silence: bool,
    /// How many frames a packet may have; 0 for as many as fit its time.
    pub max_frames: u16,
    /// The bit rate of G.723, or what else the codec wants to know.
    pub codec_parameters: u32,
    /// In which call.
    pub call: u32,
    /// How it is encrypted.
    pub crypto: Crypto,
    /// Names the stream.
    pub stream_pass_through: u32,
    /// A stream that belongs to it.
    pub associated_stream: u32,
    /// The payload type of keys by RFC 2833; 0 for none.
    pub rfc2833_payload: u32,
    /// Which keys are meant by that.
    pub dtmf_type: u32,
    /// Whether it is mixed, and how.
    pub mixing_mode: u32,
    /// Which side of a conference it is.
    pub direction: u32,
}

impl Default for StartMediaTransmission {
    fn default() -> StartMediaTransmission {
        StartMediaTransmission {
            conference: 0,
            pass_through: 0,
            address: None,
            port: 0,
            packet_ms: 20,
            codec: Codec::G711Ulaw,
            precedence: EXPEDITED,
            suppresses_silence: false,
            max_frames: 0,
            codec_parameters: 0,
            call: 0,
            crypto: Crypto::default(),
            stream_pass_through: 0,
            associated_stream: 0,
            rfc2833_payload: 0,
            dtmf_type: DTMF_TYPE,
            mixing_mode: 0,
            direction: 0,
        }
    }
}

impl Layout for StartMediaTransmission {
    const LEAST: usize = 8;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.conference);
        body.word(&mut self.pass_through);
        body.address(&mut self.address);
        body.word(&mut self.port);
        body.word(&mut self.packet_ms);
        body.value(&mut self.codec);
        body.word(&mut self.precedence);
        body.flag(&mut self.suppresses_silence);
        body.half(&mut self.max_frames);
        body.skip(2);
        body.word(&mut self.codec_parameters);
        body.word(&mut self.call);
        self.crypto.layout(body);
        body.word(&mut self.stream_pass_through);
        body.word(&mut self.associated_stream);
        body.word(&mut self.rfc2833_payload);
        body.word(&mut self.dtmf_type);
        body.word(&mut self.mixing_mode);
        if body.version() >= Version::V15 {
            body.word(&mut self.direction);
        }
        if body.version() >= Version::V22 {
            body.skip(LATENT);
        }
    }
}

/// Whether the phone sends media. Newer phones only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartMediaTransmissionAck {
    /// Names the conference.
    pub conference: u32,
    /// Names the channel.
    pub pass_through: u32,
    /// In which call.
    pub call: u32,
    /// From which address.
    pub address: Option<IpAddr>,
    /// From which port.
    pub port: u32,
    /// Whether it does.
    pub status: MediaStatus,
}

impl Layout for StartMediaTransmissionAck {
    const LEAST: usize = 8;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.conference);
        body.word(&mut self.pass_through);
        body.word(&mut self.call);
        body.address(&mut self.address);
        body.word(&mut self.port);
        body.value(&mut self.status);
    }
}

/// The phone is to send no more media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopMediaTransmission {
    /// Names the conference.
    pub conference: u32,
    /// Names the channel.
    pub pass_through: u32,
    /// In which call.
    pub call: u32,
    /// Whether the port stays open for more.
    pub keep_port: bool,
}

impl Layout for StopMediaTransmission {
    /// The oldest servers say nothing: whatever is sent.
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.conference);
        body.word(&mut self.pass_through);
        body.word(&mut self.call);
        body.flag(&mut self.keep_port);
    }
}

/// The phone cannot send media any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaTransmissionFailure {
    /// Names the conference.
    pub conference: u32,
    /// Names the channel.
    pub pass_through: u32,
    /// To which address.
    pub address: Option<IpAddr>,
    /// To which port.
    pub port: u32,
    /// In which call.
    pub call: u32,
}

impl Layout for MediaTransmissionFailure {
    const LEAST: usize = 8;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.conference);
        body.word(&mut self.pass_through);
        body.address(&mut self.address);
        body.word(&mut self.port);
        body.word(&mut self.call);
    }
}

/// The phone is to name a port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortReq {
    /// Names the conference.
    pub conference: u32,
    /// In which call.
    pub call: u32,
    /// Names the channel.
    pub pass_through: u32,
    /// By which transport: 1 RTP.
    pub transport: u32,
    /// Which addresses: 0 IPv4, 1 IPv6.
    pub family: u32,
    /// For which media: 1 audio.
    pub media: u32,
}

impl Layout for PortReq {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.conference);
        body.word(&mut self.call);
        body.word(&mut self.pass_through);
        body.word(&mut self.transport);
        body.word(&mut self.family);
        body.word(&mut self.media);
    }
}

/// The port that the phone names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortRes {
    /// Names the conference.
    pub conference: u32,
    /// In which call.
    pub call: u32,
    /// Names the channel.
    pub pass_through: u32,
    /// At which address.
    pub address: Option<IpAddr>,
    /// At which port.
    pub port: u32,
    /// At which port RTCP is taken.
    pub rtcp_port: u32,
    /// For which media. Newer phones only.
    pub media: u32,
}

impl Layout for PortRes {
    const LEAST: usize = 12;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.conference);
        body.word(&mut self.call);
        body.word(&mut self.pass_through);
        body.address(&mut self.address);
        body.word(&mut self.port);
        body.word(&mut self.rtcp_port);
        if body.version() >= Version::V19 {
            body.word(&mut self.media);
        }
    }
}

/// A port is not needed any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortClose {
    /// Names the conference.
    pub conference: u32,
    /// In which call.
    pub call: u32,
    /// Names the channel.
    pub pass_through: u32,
    /// For which media.
    pub media: u32,
}

impl Layout for PortClose {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.conference);
        body.word(&mut self.call);
        body.word(&mut self.pass_through);
        body.word(&mut self.media);
    }
}
