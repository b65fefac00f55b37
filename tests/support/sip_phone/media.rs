//! Session descriptions, as far as a phone in a test needs them: who speaks, and which way.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;

use super::super::network::SERVER;
use super::super::phone::Sends;

pub const SDP: &str = "application/sdp";

/// Which way media flows, seen from whoever wrote it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Both,
    SendOnly,
    ReceiveOnly,
    Neither,
}

impl Direction {
    /// What a party that wants `self` answers to an offer.
    pub fn answer_to(self, offer: Direction) -> Direction {
        match (
            self.sends() && offer.receives(),
            self.receives() && offer.sends(),
        ) {
            (true, true) => Direction::Both,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::ReceiveOnly,
            (false, false) => Direction::Neither,
        }
    }

    fn sends(self) -> bool {
        matches!(self, Direction::Both | Direction::SendOnly)
    }

    /// Whether whoever wrote it wants to hear something.
    pub fn receives(self) -> bool {
        matches!(self, Direction::Both | Direction::ReceiveOnly)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Both => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::ReceiveOnly => "recvonly",
            Direction::Neither => "inactive",
        })
    }
}

/// Writes a description. `version` grows with each one that a party makes in a call.
pub fn describe(who: &str, at: SocketAddr, version: u32, direction: Direction) -> Bytes {
    let (ip, port) = (at.ip(), port(version));
    format!(
        "v=0\r\no={who} 1 {version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
    )
    .into()
}

/// Where a party listens that has described its media so often.
pub fn port(version: u32) -> u32 {
    20_000 + version
}

/// The payload type of PCMU (RFC 3551 §6).
const PCMU: u8 = 0;

/// Where the party that wrote a description wants to hear something, and as what; nowhere if it does not.
pub fn wanted(sdp: &[u8]) -> Option<Sends> {
    let at = line(sdp, "c=IN IP4 ")?.parse().ok()?;
    let mut audio = line(sdp, "m=audio ")?.split(' ');
    let port = audio.next()?.parse().ok().filter(|port| *port != 0)?;
    let types: Vec<u8> = audio.skip(1).map_while(|text| text.parse().ok()).collect();
    // It speaks PCMU alone; what is offered before is for others.
    let payload_type = *types.iter().find(|t| **t == PCMU).or(types.first())?;
    let packet_ms = line(sdp, "a=ptime:").map_or(Some(20), |ptime| ptime.parse().ok())?;
    direction(sdp).receives().then_some(Sends {
        to: SocketAddr::new(at, port),
        payload_type,
        packet_ms,
    })
}

/// Whether all media in a description is encrypted: this phone speaks plain RTP.
pub fn is_encrypted(sdp: &[u8]) -> bool {
    line(sdp, "m=audio ").is_some_and(|audio| audio.contains("RTP/SAVP"))
}

/// A description of media that is encrypted.
pub fn strange(at: SocketAddr) -> Bytes {
    let ip = at.ip();
    format!(
        "v=0\r\no=strange 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 20000 RTP/SAVP 0 8\r\n"
    )
    .into()
}

/// Whose media it describes: `-` if it is the server's own, an address if the server describes somebody else's.
pub fn speaker(sdp: &[u8]) -> Option<String> {
    let who = line(sdp, "o=")?.split(' ').next()?;
    let at = line(sdp, "c=IN IP4 ").unwrap_or_default();
    Some(match who {
        "-" if at != SERVER.ip().to_string() => format!("@{at}"),
        _ => who.to_owned(),
    })
}

pub fn direction(sdp: &[u8]) -> Direction {
    let said = text(sdp).lines().find_map(|line| match line {
        "a=sendonly" => Some(Direction::SendOnly),
        "a=recvonly" => Some(Direction::ReceiveOnly),
        "a=inactive" => Some(Direction::Neither),
        _ => None,
    });
    said.unwrap_or(Direction::Both)
}

fn text(sdp: &[u8]) -> &str {
    std::str::from_utf8(sdp).unwrap_or("")
}

fn line<'a>(sdp: &'a [u8], begins: &str) -> Option<&'a str> {
    text(sdp).lines().find_map(|line| line.strip_prefix(begins))
}

/// Whether some phone wrote exactly this.
pub fn is_untouched(sdp: &[u8]) -> bool {
    let origin = line(sdp, "o=").unwrap_or_default();
    let fields: Vec<&str> = origin.split(' ').collect();
    let [who, _, version, _, _, ip] = fields[..] else {
        return false;
    };
    let (Ok(version), Ok(ip)) = (version.parse(), ip.parse()) else {
        return false;
    };
    describe(who, SocketAddr::new(ip, 0), version, direction(sdp)) == sdp
}
