//! The session descriptions of calls that Perch itself is a party to (RFC 3264): one stream of G.711, and keys.

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, MediaType, Origin, Session, Time, TransportProto};

use super::sdp;
use crate::media::{Format, Law};
use crate::pbx::Body;

/// The payload type that Perch proposes for keys.
const KEYS: u8 = 101;

/// How keys are called in a description (RFC 4733 §7.1.1), and how fast their clock is.
const KEYS_NAME: &str = "telephone-event/8000";

/// What both sides agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// What is sent and heard.
    pub format: Format,
    /// Where they say that they listen, if that can be sent to.
    pub says: Option<SocketAddr>,
    /// Whether they want to hear anything now.
    pub listens: bool,
}

/// The answer to an offer; none if nothing in it can be had. `version` grows with every description of a call.
pub(crate) fn answer(offer: &Body, local: SocketAddr, version: u64) -> Option<(Body, Agreed)> {
    let offer = sdp::parse(offer)?;
    let (chosen, agreed) = choose(&offer)?;
    let medias = offer.medias.iter().enumerate().map(|(place, media)| {
        if place == chosen {
            accepted(&offer, media, agreed.format, local.port())
        } else {
            rejected(media)
        }
    });
    Some((describe(local.ip(), version, medias.collect()), agreed))
}

/// What Perch proposes to whoever leaves that to it.
pub(crate) fn offer(local: SocketAddr, version: u64) -> Body {
    let formats = format!("0 8 {KEYS}");
    let mut media = Media::new(
        MediaType::Audio,
        local.port(),
        TransportProto::RtpAvp,
        formats,
    );
    for law in [Law::Mu, Law::A] {
        media
            .attributes
            .push(rtpmap(law.payload_type(), &coded(law)));
    }
    media.attributes.extend(keys_as(KEYS));
    media.attributes.push(Attribute::with_value("ptime", 20));
    media.attributes.push(Attribute::new("sendrecv"));
    describe(local.ip(), version, vec![media])
}

/// What an answer to such an offer agrees on.
pub(crate) fn agreed(answer: &Body) -> Option<Agreed> {
    choose(&sdp::parse(answer)?).map(|(_, agreed)| agreed)
}

/// The first stream that can be had, and how.
fn choose(session: &Session) -> Option<(usize, Agreed)> {
    let mut medias = session.medias.iter().enumerate();
    medias.find_map(|(place, media)| {
        let plain = ["RTP/AVP", "RTP/AVPF"];
        let is_plain = plain
            .iter()
            .any(|proto| media.proto.eq_ignore_ascii_case(proto));
        if !media.media.eq_ignore_ascii_case("audio") || !is_plain || media.port == 0 {
            return None;
        }
        let agreed = Agreed {
            format: format_of(media)?,
            says: listens_at(session, media),
            listens: !matches!(direction(session, media), "sendonly" | "inactive")
                && !sdp::is_held(session, media),
        };
        Some((place, agreed))
    })
}

/// The first law that they name, and their payload type for keys.
fn format_of(media: &Media) -> Option<Format> {
    let mut types = media.fmt.split_whitespace();
    let (law, sound) = types.find_map(|text| {
        let number: u8 = text.parse().ok().filter(|number| *number < 128)?;
        let name = named(media, number).or(match number {
            0 => Some("PCMU/8000"),
            8 => Some("PCMA/8000"),
            _ => None,
        })?;
        // One channel may be said or left out.
        let name = name.strip_suffix("/1").unwrap_or(name);
        let mut laws = [Law::Mu, Law::A].into_iter();
        let law = laws.find(|law| name.eq_ignore_ascii_case(&coded(*law)))?;
        Some((law, number))
    })?;
    let mut types = media.fmt.split_whitespace();
    let digits = types.find_map(|text| {
        let number: u8 = text.parse().ok().filter(|number| *number < 128)?;
        let name = named(media, number)?;
        name.eq_ignore_ascii_case(KEYS_NAME).then_some(number)
    });
    Some(Format { law, sound, digits })
}

/// What a payload type means according to its `rtpmap`.
fn named(media: &Media, number: u8) -> Option<&str> {
    let mut maps = media.attributes.iter().filter(|a| a.attribute == "rtpmap");
    maps.find_map(|map| {
        let (of, name) = map.value.as_deref()?.split_once(' ')?;
        (of.parse() == Ok(number)).then_some(name.trim())
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

fn direction<'s>(session: &'s Session, media: &'s Media) -> &'s str {
    let said = sdp::direction(&media.attributes).or_else(|| sdp::direction(&session.attributes));
    said.unwrap_or("sendrecv")
}

/// Their stream as we take it (RFC 3264 §6.1).
fn accepted(session: &Session, media: &Media, format: Format, port: u16) -> Media {
    let formats = match format.digits {
        Some(digits) => format!("{} {digits}", format.sound),
        None => format.sound.to_string(),
    };
    let mut attributes = vec![rtpmap(format.sound, &coded(format.law))];
    if let Some(digits) = format.digits {
        attributes.extend(keys_as(digits));
    }
    attributes.push(Attribute::with_value("ptime", 20));
    attributes.push(Attribute::new(match direction(session, media) {
        "sendonly" => "recvonly",
        "recvonly" => "sendonly",
        "inactive" => "inactive",
        _ => "sendrecv",
    }));
    Media {
        port,
        fmt: formats,
        attributes,
        ..rejected(media)
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

fn coded(law: Law) -> String {
    format!("{}/8000", law.name())
}

fn rtpmap(number: u8, name: &str) -> Attribute {
    Attribute::with_value("rtpmap", format!("{number} {name}"))
}

fn keys_as(number: u8) -> [Attribute; 2] {
    [
        rtpmap(number, KEYS_NAME),
        Attribute::with_value("fmtp", format!("{number} 0-15")),
    ]
}

fn describe(local: IpAddr, version: u64, medias: Vec<Media>) -> Body {
    let mut session = Session::new(Origin::with_ip_addr(1, version, local), "Perch");
    session.connection = Some(Connection::from_ip_addr(local));
    session.times = vec![Time::new(0, 0)];
    session.medias = medias;
    sdp::body(&session)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn description(lines: &str) -> Body {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{lines}"
        );
        Body::new(Bytes::from_static(b"application/sdp"), text)
    }

    fn local() -> SocketAddr {
        "198.51.100.1:10000".parse().expect("an address")
    }

    /// The lines of the answer that are about media, or "no".
    fn answered(lines: &str) -> String {
        let Some((body, _)) = answer(&description(lines), local(), 1) else {
            return "no".into();
        };
        let text = String::from_utf8_lossy(&body.bytes).into_owned();
        assert!(text.contains("c=IN IP4 198.51.100.1\r\n"), "{text}");
        let from = text.find("m=").unwrap_or(text.len());
        text[from..].replace("\r\n", "|")
    }

    #[test]
    fn g711_and_keys_are_taken_and_everything_else_is_not() {
        let table = [
            (
                "m=audio 4000 RTP/AVP 8 0\r\n",
                "m=audio 10000 RTP/AVP 8|a=rtpmap:8 PCMA/8000|a=ptime:20|a=sendrecv|",
            ),
            (
                "m=audio 4000 RTP/AVP 9 0 96\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\na=ptime:30\r\n",
                "m=audio 10000 RTP/AVP 0 96|a=rtpmap:0 PCMU/8000|a=rtpmap:96 telephone-event/8000|a=fmtp:96 0-15|\
                 a=ptime:20|a=sendrecv|",
            ),
            (
                "m=audio 4000 RTP/AVP 97 98\r\na=rtpmap:97 telephone-event/48000\r\na=rtpmap:98 pcma/8000/1\r\n",
                "m=audio 10000 RTP/AVP 98|a=rtpmap:98 PCMA/8000|a=ptime:20|a=sendrecv|",
            ),
            (
                "m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\nm=audio 4000 RTP/AVPF 0\r\na=sendonly\r\n\
                 m=audio 4004 RTP/AVP 0\r\n",
                "m=video 0 RTP/AVP 99|m=audio 10000 RTP/AVPF 0|a=rtpmap:0 PCMU/8000|a=ptime:20|a=recvonly|\
                 m=audio 0 RTP/AVP 0|",
            ),
            (
                "a=inactive\r\nm=audio 4000 RTP/AVP 0\r\n",
                "m=audio 10000 RTP/AVP 0|a=rtpmap:0 PCMU/8000|a=ptime:20|a=inactive|",
            ),
            ("m=audio 4000 RTP/SAVP 0 8\r\n", "no"),
            ("m=audio 4000 UDP/TLS/RTP/SAVPF 0 8\r\n", "no"),
            ("m=audio 0 RTP/AVP 0 8\r\n", "no"),
            (
                "m=audio 4000 RTP/AVP 9 96\r\na=rtpmap:96 opus/48000/2\r\n",
                "no",
            ),
            ("m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 G729/8000\r\n", "no"),
            ("m=video 4000 RTP/AVP 0\r\n", "no"),
            ("", "no"),
        ];
        for (lines, expected) in table {
            assert_eq!(answered(lines), expected, "{lines}");
        }
    }

    #[test]
    fn where_they_listen_and_whether() {
        let agreed = |lines: &str| {
            let agreed = agreed(&description(lines)).expect("it can be had");
            (agreed.says.map(|at| at.to_string()), agreed.listens)
        };
        let said = |at: &str| Some(at.to_owned());
        let audio = "m=audio 4000 RTP/AVP 0\r\n";
        assert_eq!(agreed(audio), (said("192.0.2.1:4000"), true));
        let held = format!("{audio}a=sendonly\r\n");
        assert_eq!(agreed(&held), (said("192.0.2.1:4000"), false));
        let deaf = format!("{audio}a=recvonly\r\n");
        assert_eq!(agreed(&deaf), (said("192.0.2.1:4000"), true));
        let of_its_own = format!("{audio}c=IN IP6 2001:db8::9\r\n");
        assert_eq!(agreed(&of_its_own), (said("[2001:db8::9]:4000"), true));
        let old_hold = format!("{audio}c=IN IP4 0.0.0.0\r\n");
        assert_eq!(agreed(&old_hold), (None, false));
        for nobody in ["phone.example.com", "224.0.0.1", "255.255.255.255"] {
            let lines = format!("{audio}c=IN IP4 {nobody}\r\n");
            assert_eq!(agreed(&lines), (None, true), "{nobody}");
        }
    }

    #[test]
    fn what_we_offer_is_what_we_would_take() {
        let taken = agreed(&offer(local(), 1)).expect("it can be had");
        assert_eq!(taken.format.law, Law::Mu);
        assert_eq!(taken.format.digits, Some(KEYS));
        assert_eq!(taken.says, Some(local()));
    }

    #[test]
    fn what_is_no_description_is_refused() {
        let body = Body::new(
            Bytes::from_static(b"application/isup"),
            Bytes::from_static(b"v=0"),
        );
        assert_eq!(answer(&body, local(), 1), None);
    }
}
