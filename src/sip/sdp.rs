//! The little that Perch needs to know of session descriptions (RFC 4566, RFC 3264): it passes them on untouched.

use std::net::IpAddr;

use sdp_types::{Attribute, Connection, Media, MediaType, Origin, Session, Time, TransportProto};

use crate::pbx::{Body, MediaFlow};
pub(super) use crate::sdp::{body, parse};

/// What an offer means for the other party; none if it is not a session description that can be read.
pub(super) fn flow_of(offer: &Body) -> Option<MediaFlow> {
    let session = parse(offer)?;
    let held = session
        .medias
        .iter()
        .filter(|media| media.port != 0)
        .all(|media| is_held(&session, media));
    Some(if held {
        MediaFlow::Held
    } else {
        MediaFlow::Open
    })
}

/// RFC 3264 §8.4, and the zero address of RFC 2543 that old phones still send.
pub(super) fn is_held(session: &Session, media: &Media) -> bool {
    let direction = direction(&media.attributes).or_else(|| direction(&session.attributes));
    let connection = media.connections.first().or(session.connection.as_ref());
    direction.is_some_and(|direction| matches!(direction, "sendonly" | "inactive"))
        || connection.is_some_and(|connection| connection.connection_address == "0.0.0.0")
}

/// Which way media flows, if that is said.
pub(super) fn direction(attributes: &[Attribute]) -> Option<&str> {
    let mut names = attributes
        .iter()
        .map(|attribute| attribute.attribute.as_str());
    names.find(|name| matches!(*name, "sendrecv" | "sendonly" | "recvonly" | "inactive"))
}

/// An answer, or an offer if there was none, that lets no media flow: for a call that Perch itself answers and
/// releases at once.
pub(super) fn inactive(offer: Option<&Body>, local: IpAddr) -> Body {
    let medias = match offer.and_then(parse) {
        Some(offer) => offer.medias.iter().map(declined).collect(),
        None => vec![declined(&pcmu())],
    };
    let mut session = Session::new(Origin::with_ip_addr(1, 1, local), "Perch");
    session.connection = Some(Connection::from_ip_addr(local));
    session.times = vec![Time::new(0, 0)];
    session.medias = medias;
    body(&session)
}

/// The same media with nothing flowing: port 9 is where nobody listens.
fn declined(media: &Media) -> Media {
    let kept = |attribute: &&Attribute| matches!(attribute.attribute.as_str(), "rtpmap" | "fmtp");
    let mut attributes: Vec<Attribute> = media.attributes.iter().filter(kept).cloned().collect();
    attributes.push(Attribute::new("inactive"));
    Media {
        port: if media.port == 0 { 0 } else { 9 },
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        media_title: None,
        attributes,
        ..media.clone()
    }
}

fn pcmu() -> Media {
    Media::new(MediaType::Audio, 9, TransportProto::RtpAvp, "0")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const SDP: &[u8] = b"application/sdp";

    fn offer(lines: &str) -> Body {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n{lines}"
        );
        Body::new(Bytes::from_static(SDP), text)
    }

    #[test]
    fn hold_is_seen_in_every_dialect() {
        let audio = "m=audio 4000 RTP/AVP 0 8\r\n";
        let table = [
            (String::from(audio), MediaFlow::Open),
            (format!("{audio}a=sendrecv\r\n"), MediaFlow::Open),
            (format!("{audio}a=recvonly\r\n"), MediaFlow::Open),
            (format!("{audio}a=sendonly\r\n"), MediaFlow::Held),
            (format!("{audio}a=inactive\r\n"), MediaFlow::Held),
            (format!("a=sendonly\r\n{audio}"), MediaFlow::Held),
            (
                format!("a=sendonly\r\n{audio}a=sendrecv\r\n"),
                MediaFlow::Open,
            ),
            (format!("{audio}c=IN IP4 0.0.0.0\r\n"), MediaFlow::Held),
            (format!("{audio}m=video 0 RTP/AVP 99\r\n"), MediaFlow::Open),
        ];
        for (lines, expected) in table {
            assert_eq!(flow_of(&offer(&lines)), Some(expected), "{lines}");
        }
    }

    #[test]
    fn what_is_no_description_says_nothing() {
        let body = Body::new(
            Bytes::from_static(b"text/plain"),
            Bytes::from_static(b"v=0"),
        );
        assert_eq!(flow_of(&body), None);
    }

    #[test]
    fn the_answer_of_a_code_has_the_media_of_the_offer() {
        let offer =
            offer("m=audio 4000 RTP/AVP 96 0\r\na=rtpmap:96 opus/48000/2\r\na=ptime:20\r\n");
        let answer = inactive(Some(&offer), "127.0.0.1".parse().expect("an address"));
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(text.contains("m=audio 9 RTP/AVP 96 0\r\n"), "{text}");
        assert!(text.contains("a=rtpmap:96 opus/48000/2\r\n"), "{text}");
        assert!(text.contains("a=inactive\r\n"), "{text}");
    }
}
