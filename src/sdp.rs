//! Session descriptions (RFC 4566, RFC 3264), as far as Perch has to understand them: one stream of sound, where it is
//! wanted, and which way it flows. Protocols share this, and nothing else.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use sdp_types::{Attribute, Connection, Media, Origin, Session, Time};

use crate::pbx::Body;

/// The media type of session descriptions.
const SDP: &[u8] = b"application/sdp";

/// How keys are called in a description (RFC 4733 §7.1.1), and how fast their clock is.
pub const KEYS_NAME: &str = "telephone-event/8000";

/// Which way media flows, from where the description comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    Both,
    /// It only sends.
    Sends,
    /// It only listens.
    Listens,
    /// Neither.
    Neither,
}

impl Direction {
    /// The direction between somebody who sends and listens as far as these say.
    pub fn of(sends: bool, listens: bool) -> Direction {
        match (sends, listens) {
            (true, true) => Direction::Both,
            (true, false) => Direction::Sends,
            (false, true) => Direction::Listens,
            (false, false) => Direction::Neither,
        }
    }

    /// Whether whoever says this sends.
    pub fn sends(self) -> bool {
        matches!(self, Direction::Both | Direction::Sends)
    }

    /// Whether whoever says this listens.
    pub fn listens(self) -> bool {
        matches!(self, Direction::Both | Direction::Listens)
    }

    fn word(self) -> &'static str {
        match self {
            Direction::Both => "sendrecv",
            Direction::Sends => "sendonly",
            Direction::Listens => "recvonly",
            Direction::Neither => "inactive",
        }
    }
}

/// How media is spoken. Who speaks one of these may not understand another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speech {
    /// RTP as it is (RFC 3551), or a description that says nothing of it.
    Plain,
    /// RTP with its keys in the description (RFC 4568).
    Srtp,
    /// RTP whose keys are agreed on where it flows (RFC 5764), as browsers want it.
    WebRtc,
}

/// One format of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Its payload type.
    pub payload: u8,
    /// What it is, as `rtpmap` says it: name, and how fast its clock is.
    pub name: String,
    /// What else there is to say of it.
    pub parameters: Option<String>,
}

/// The first stream of sound that can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio {
    /// Which one of the streams.
    pub place: usize,
    /// Where it is wanted, if that can be sent to.
    pub at: Option<SocketAddr>,
    /// Its formats, the best first.
    pub formats: Vec<Format>,
    /// Which way it flows, as whoever describes it sees it.
    pub direction: Direction,
    /// How much sound a packet is to have, in milliseconds.
    pub packet_ms: Option<u32>,
}

impl Audio {
    /// The payload type of keys by RFC 4733, if they can be had.
    pub fn keys(&self) -> Option<u8> {
        let is_keys = |format: &&Format| format.name.eq_ignore_ascii_case(KEYS_NAME);
        Some(self.formats.iter().find(is_keys)?.payload)
    }
}

/// A stream of sound of ours.
#[derive(Clone, Debug)]
pub struct Ours {
    /// Where it is wanted.
    pub at: SocketAddr,
    /// Its formats, the best first.
    pub formats: Vec<Format>,
    /// Which way it flows, as we see it.
    pub direction: Direction,
    /// How much sound a packet has, in milliseconds.
    pub packet_ms: u32,
}

/// Reads the body of a message; none if it is no description.
pub fn parse(body: &Body) -> Option<Session> {
    is_description(body)
        .then(|| Session::parse(&body.bytes).ok())
        .flatten()
}

fn is_description(body: &Body) -> bool {
    let mut parts = body.content_type.split(|b| *b == b';');
    let content_type = parts.next().unwrap_or_default();
    content_type.trim_ascii().eq_ignore_ascii_case(SDP)
}

/// How the media of a description is spoken, going by its first stream that is not refused; none if it has none. It is
/// looked at, not parsed: every description of every call is.
pub fn speech(body: &Body) -> Option<Speech> {
    if !is_description(body) {
        return None;
    }
    let lines = || body.bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let proto = lines().find_map(|line| {
        let mut words = line.strip_prefix(b"m=")?.split(|b| *b == b' ');
        let (port, proto) = (words.nth(1)?, words.next()?);
        (port != b"0").then(|| proto.to_ascii_uppercase())
    })?;
    let says = |word: &[u8]| proto.windows(word.len()).any(|part| part == word);
    // RFC 5764 §8: before it had a name of its own it was told by that.
    let has_fingerprint = || lines().any(|line| line.starts_with(b"a=fingerprint:"));
    Some(match says(b"SAVP") {
        true if says(b"/TLS/") || has_fingerprint() => Speech::WebRtc,
        true => Speech::Srtp,
        false => Speech::Plain,
    })
}

/// A description as the body of a message.
pub fn body(session: &Session) -> Body {
    let mut bytes = Vec::new();
    session.write(&mut bytes).expect("a Vec takes everything");
    Body::new(Bytes::from_static(SDP), bytes)
}

/// The first stream of sound in a description that is neither refused nor encrypted.
pub fn audio(session: &Session) -> Option<Audio> {
    let mut medias = session.medias.iter().enumerate();
    let (place, media) = medias.find(|(_, media)| is_plain_audio(media))?;
    let types = media.fmt.split_whitespace();
    let formats = types.filter_map(|text| {
        let payload: u8 = text.parse().ok().filter(|payload| *payload < 128)?;
        let name = about(media, "rtpmap", payload).or(named_by_number(payload))?;
        // One channel may be said or left out.
        let name = name.strip_suffix("/1").unwrap_or(name).to_owned();
        Some(Format {
            payload,
            name,
            parameters: about(media, "fmtp", payload).map(str::to_owned),
        })
    });
    let packet_ms = media.attributes.iter().find(|a| a.attribute == "ptime");
    Some(Audio {
        place,
        at: listens_at(session, media),
        formats: formats.collect(),
        direction: direction(session, media),
        packet_ms: packet_ms.and_then(|a| a.value.as_deref()?.trim().parse().ok()),
    })
}

/// A description with one stream of sound. `version` grows with every description of a call.
pub fn offer(ours: &Ours, version: u64) -> Body {
    let media = Media::new(
        sdp_types::MediaType::Audio,
        0,
        sdp_types::TransportProto::RtpAvp,
        "0",
    );
    describe(ours.at.ip(), version, vec![stream(media, ours)])
}

/// The answer to an offer that takes its stream of sound as `ours`, and no other.
pub fn answer(offer: &Session, place: usize, ours: &Ours, version: u64) -> Body {
    let medias = offer.medias.iter().enumerate().map(|(at, media)| {
        if at == place {
            stream(rejected(media), ours)
        } else {
            rejected(media)
        }
    });
    describe(ours.at.ip(), version, medias.collect())
}

fn stream(media: Media, ours: &Ours) -> Media {
    let numbers: Vec<String> = ours.formats.iter().map(|f| f.payload.to_string()).collect();
    let mut attributes = Vec::new();
    for format in &ours.formats {
        let payload = format.payload;
        let name = format!("{payload} {}", format.name);
        attributes.push(Attribute::with_value("rtpmap", name));
        if let Some(parameters) = &format.parameters {
            let value = format!("{payload} {parameters}");
            attributes.push(Attribute::with_value("fmtp", value));
        }
    }
    attributes.push(Attribute::with_value("ptime", ours.packet_ms));
    attributes.push(Attribute::new(ours.direction.word()));
    Media {
        port: ours.at.port(),
        fmt: numbers.join(" "),
        attributes,
        ..media
    }
}

/// RFC 3264 §6: a stream is rejected by port 0, and stays in its place.
fn rejected(media: &Media) -> Media {
    Media {
        port: 0,
        num_ports: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        media_title: None,
        attributes: Vec::new(),
        ..media.clone()
    }
}

fn describe(local: IpAddr, version: u64, medias: Vec<Media>) -> Body {
    let mut session = Session::new(Origin::with_ip_addr(1, version, local), "Perch");
    session.connection = Some(Connection::from_ip_addr(local));
    session.times = vec![Time::new(0, 0)];
    session.medias = medias;
    body(&session)
}

fn is_plain_audio(media: &Media) -> bool {
    let mut plain = ["RTP/AVP", "RTP/AVPF"].iter();
    let is_plain = plain.any(|proto| media.proto.eq_ignore_ascii_case(proto));
    is_plain && media.media.eq_ignore_ascii_case("audio") && media.port != 0
}

/// What an attribute says of a payload type.
fn about<'m>(media: &'m Media, attribute: &str, payload: u8) -> Option<&'m str> {
    let mut all = media.attributes.iter().filter(|a| a.attribute == attribute);
    all.find_map(|attribute| {
        let (of, value) = attribute.value.as_deref()?.split_once(' ')?;
        (of.parse() == Ok(payload)).then_some(value.trim())
    })
}

/// RFC 3551 §6: payload types that need no name.
fn named_by_number(payload: u8) -> Option<&'static str> {
    Some(match payload {
        0 => "PCMU/8000",
        4 => "G723/8000",
        8 => "PCMA/8000",
        9 => "G722/8000",
        18 => "G729/8000",
        _ => return None,
    })
}

fn listens_at(session: &Session, media: &Media) -> Option<SocketAddr> {
    let connection = media.connections.first().or(session.connection.as_ref())?;
    let address: IpAddr = connection.connection_address.parse().ok()?;
    let can_be_sent_to = match address {
        IpAddr::V4(v4) => !v4.is_unspecified() && !v4.is_multicast() && !v4.is_broadcast(),
        IpAddr::V6(v6) => !v6.is_unspecified() && !v6.is_multicast(),
    };
    can_be_sent_to.then_some(SocketAddr::new(address, media.port))
}

/// RFC 3264 §8.4, and the zero address of RFC 2543 that old phones still send.
fn direction(session: &Session, media: &Media) -> Direction {
    let said = said_direction(&media.attributes).or_else(|| said_direction(&session.attributes));
    let said = said.unwrap_or(Direction::Both);
    let connection = media.connections.first().or(session.connection.as_ref());
    let listens_nowhere = connection.is_some_and(|c| c.connection_address == "0.0.0.0");
    Direction::of(said.sends(), said.listens() && !listens_nowhere)
}

fn said_direction(attributes: &[Attribute]) -> Option<Direction> {
    let mut said = attributes.iter();
    said.find_map(|attribute| match attribute.attribute.as_str() {
        "sendrecv" => Some(Direction::Both),
        "sendonly" => Some(Direction::Sends),
        "recvonly" => Some(Direction::Listens),
        "inactive" => Some(Direction::Neither),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(lines: &str) -> Session {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{lines}"
        );
        let body = Body::new(Bytes::from_static(b"Application/SDP;charset=utf-8"), text);
        parse(&body).expect("a description")
    }

    #[test]
    fn the_first_stream_that_is_not_refused_says_how_media_is_spoken() {
        let table = [
            ("m=audio 4000 RTP/AVP 0\r\n", Some(Speech::Plain)),
            ("m=audio 4000 RTP/AVPF 0\r\n", Some(Speech::Plain)),
            ("m=audio 4000 RTP/SAVP 0\r\n", Some(Speech::Srtp)),
            ("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", Some(Speech::WebRtc)),
            (
                "m=audio 9 RTP/SAVPF 0\r\na=fingerprint:sha-256 00\r\n",
                Some(Speech::WebRtc),
            ),
            (
                "m=video 0 RTP/AVP 99\r\nm=audio 9 udp/tls/rtp/savpf 0\r\n",
                Some(Speech::WebRtc),
            ),
            ("", None),
        ];
        for (lines, expected) in table {
            assert_eq!(speech(&body(&description(lines))), expected, "{lines}");
        }
    }

    #[test]
    fn the_first_plain_stream_of_sound_counts() {
        let session = description(
            "m=video 5000 RTP/AVP 99\r\nm=audio 0 RTP/AVP 0\r\nm=audio 4002 RTP/SAVP 0\r\n\
             m=audio 4000 RTP/AVP 96 0 101 x\r\na=rtpmap:96 iLBC/8000/1\r\na=fmtp:96 mode=20\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\na=recvonly\r\n",
        );
        let audio = audio(&session).expect("there is one");
        assert_eq!(audio.place, 3);
        assert_eq!(audio.at, "192.0.2.1:4000".parse().ok());
        let names: Vec<&str> = audio.formats.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["iLBC/8000", "PCMU/8000", KEYS_NAME]);
        assert_eq!(audio.formats[0].parameters.as_deref(), Some("mode=20"));
        assert_eq!(audio.keys(), Some(101));
        assert_eq!(audio.direction, Direction::Listens);
        assert_eq!(audio.packet_ms, Some(30));
    }

    #[test]
    fn who_listens_nowhere_does_not_listen() {
        let session = description("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n");
        let audio = audio(&session).expect("there is one");
        assert_eq!((audio.at, audio.direction), (None, Direction::Sends));
    }

    #[test]
    fn an_answer_keeps_every_stream_in_its_place() {
        let session = description("m=video 5000 RTP/AVP 99\r\nm=audio 4000 RTP/AVP 0 8\r\n");
        let ours = Ours {
            at: "198.51.100.1:10000".parse().expect("an address"),
            formats: vec![Format {
                payload: 8,
                name: "PCMA/8000".into(),
                parameters: None,
            }],
            direction: Direction::Both,
            packet_ms: 20,
        };
        let answer = answer(&session, 1, &ours, 2);
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        let from = text.find("m=").expect("there are streams");
        assert_eq!(
            text[from..],
            *"m=video 0 RTP/AVP 99\r\nm=audio 10000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n"
        );
    }
}
