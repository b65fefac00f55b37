//! What a phone can do with media, and what that is called in session descriptions.

use std::net::SocketAddr;

use super::wire::{Capability, Codec, Features};
use crate::pbx::Body;
use crate::sdp::{self, Audio, Direction, Format, KEYS_NAME, Ours};

/// The payload type that is proposed for keys.
const KEYS: u8 = 101;

/// How much sound a packet has, in milliseconds, if nobody wants it otherwise.
const PACKET_MS: u32 = 20;

/// A way to code sound that both SCCP and session descriptions have a name for.
struct Sound {
    /// What it is called here; phones that have several take any of them.
    codecs: &'static [Codec],
    payload: u8,
    name: &'static str,
    parameters: Option<&'static str>,
}

const SOUNDS: &[Sound] = &[
    Sound {
        codecs: &[Codec::G722],
        payload: 9,
        name: "G722/8000",
        parameters: None,
    },
    Sound {
        codecs: &[Codec::G711Ulaw],
        payload: 0,
        name: "PCMU/8000",
        parameters: None,
    },
    Sound {
        codecs: &[Codec::G711Alaw],
        payload: 8,
        name: "PCMA/8000",
        parameters: None,
    },
    Sound {
        codecs: &[Codec::G729A, Codec::G729, Codec::G729Ab, Codec::G729B],
        payload: 18,
        name: "G729/8000",
        // RFC 4856 §2.1.9: what is not said means yes.
        parameters: Some("annexb=no"),
    },
    Sound {
        codecs: &[Codec::G7231],
        payload: 4,
        name: "G723/8000",
        parameters: None,
    },
];

/// What a phone can do with media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Abilities {
    codecs: Vec<Codec>,
    /// Whether it sends keys by RFC 2833.
    keys: bool,
}

/// What a call is to be coded as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub codec: Codec,
    /// The payload type of keys, if both sides can.
    pub keys: Option<u8>,
    pub packet_ms: u32,
}

/// What the other side said about its media, understood.
#[derive(Debug)]
pub(super) struct Theirs {
    session: sdp_types::Session,
    pub audio: Audio,
    pub chosen: Chosen,
}

impl Abilities {
    /// What a phone can that has not said it: what every phone can.
    pub fn unknown(features: Features) -> Abilities {
        Abilities {
            codecs: vec![Codec::G711Ulaw, Codec::G711Alaw],
            keys: features.0[2] & 0x04 != 0,
        }
    }

    /// The phone says it.
    pub fn learn(&mut self, told: &[Capability]) {
        let codecs: Vec<Codec> = told.iter().map(|capability| capability.codec).collect();
        self.keys |= codecs.contains(&Codec::Rfc2833);
        if codecs.iter().any(|codec| sound_of(*codec).is_some()) {
            self.codecs = codecs;
        }
    }

    /// The codec of the phone for a sound, if it has one.
    fn codec_for(&self, sound: &Sound) -> Option<Codec> {
        let mut codecs = sound.codecs.iter().copied();
        codecs.find(|codec| self.codecs.contains(codec))
    }

    /// What is opened for somebody who has said nothing yet: the codec that nearly everybody has, if this phone has it.
    pub fn first(&self) -> Chosen {
        let usual = [Codec::G711Ulaw, Codec::G711Alaw];
        let mut usual = usual
            .into_iter()
            .filter(|codec| self.codecs.contains(codec));
        let mut others = SOUNDS.iter().filter_map(|sound| self.codec_for(sound));
        let codec = usual.next().or_else(|| others.next());
        Chosen {
            codec: codec.unwrap_or(Codec::G711Ulaw),
            keys: self.keys.then_some(KEYS),
            packet_ms: PACKET_MS,
        }
    }

    /// What is opened for an end of media of Perch's own, which has nothing but G.711 and no use for keys.
    pub fn g711(&self) -> Option<Chosen> {
        let usual = [Codec::G711Ulaw, Codec::G711Alaw];
        let codec = usual
            .into_iter()
            .find(|codec| self.codecs.contains(codec))?;
        Some(Chosen {
            codec,
            keys: None,
            packet_ms: PACKET_MS,
        })
    }

    /// What both sides can, by the other side's preference; none if there is nothing.
    pub fn choose(&self, audio: &Audio) -> Option<Chosen> {
        let codec = audio.formats.iter().find_map(|format| {
            let mut sounds = SOUNDS.iter();
            let is_it = |sound: &&Sound| sound.name.eq_ignore_ascii_case(&format.name);
            self.codec_for(sounds.find(is_it)?)
        })?;
        let wanted = audio
            .packet_ms
            .filter(|ms| matches!(ms, 10 | 20 | 30 | 40 | 60));
        Some(Chosen {
            codec,
            keys: audio.keys().filter(|_| self.keys),
            packet_ms: wanted.unwrap_or(PACKET_MS),
        })
    }

    /// What the other side says, if it can be had.
    pub fn understand(&self, body: &Body) -> Option<Theirs> {
        let session = sdp::parse(body)?;
        let audio = sdp::audio(&session)?;
        let chosen = self.choose(&audio)?;
        Some(Theirs {
            session,
            audio,
            chosen,
        })
    }

    /// An offer of all that the phone can, what is open for it first.
    pub fn offer(&self, open: &Chosen, at: SocketAddr, direction: Direction, version: u64) -> Body {
        let others = SOUNDS.iter().filter_map(|sound| self.codec_for(sound));
        let others = others.filter(|codec| *codec != open.codec);
        let codecs = [open.codec].into_iter().chain(others);
        let mut formats: Vec<Format> = codecs.filter_map(format_of).collect();
        formats.extend(open.keys.map(keys_as));
        let ours = Ours {
            at,
            formats,
            direction,
            packet_ms: open.packet_ms,
        };
        sdp::offer(&ours, version)
    }
}

impl Theirs {
    /// Whoever names several ways to code takes any of them: then it is the one that is open already.
    pub fn keep(mut self, open: Option<Codec>) -> Theirs {
        let sound = open.and_then(sound_of).map(|sound| sound.name);
        let is_it =
            |format: &Format| sound.is_some_and(|name| name.eq_ignore_ascii_case(&format.name));
        if let Some(open) = open.filter(|_| self.audio.formats.iter().any(is_it)) {
            self.chosen.codec = open;
        }
        self
    }

    /// The answer: what was chosen, as they number it.
    pub fn answer(&self, at: SocketAddr, direction: Direction, version: u64) -> Body {
        let formats = self.audio.formats.iter();
        let sound = sound_of(self.chosen.codec).map(|sound| sound.name);
        let is_sound =
            |format: &&Format| sound.is_some_and(|name| name.eq_ignore_ascii_case(&format.name));
        let sound = formats.clone().find(is_sound).cloned();
        let mut formats: Vec<Format> = sound.into_iter().collect();
        if let Some(format) = formats.first_mut() {
            let own = format_of(self.chosen.codec).and_then(|format| format.parameters);
            format.parameters = own;
        }
        formats.extend(self.chosen.keys.map(keys_as));
        let ours = Ours {
            at,
            formats,
            direction,
            packet_ms: self.chosen.packet_ms,
        };
        sdp::answer(&self.session, self.audio.place, &ours, version)
    }
}

fn sound_of(codec: Codec) -> Option<&'static Sound> {
    SOUNDS.iter().find(|sound| sound.codecs.contains(&codec))
}

fn format_of(codec: Codec) -> Option<Format> {
    let sound = sound_of(codec)?;
    Some(Format {
        payload: sound.payload,
        name: sound.name.to_owned(),
        parameters: sound.parameters.map(str::to_owned),
    })
}

fn keys_as(payload: u8) -> Format {
    Format {
        payload,
        name: KEYS_NAME.to_owned(),
        parameters: Some("0-15".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn abilities(codecs: &[Codec]) -> Abilities {
        let told: Vec<Capability> = codecs
            .iter()
            .map(|codec| Capability {
                codec: *codec,
                ..Capability::default()
            })
            .collect();
        let mut abilities = Abilities::unknown(Features::default());
        abilities.learn(&told);
        abilities
    }

    fn offer(lines: &str) -> Body {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{lines}"
        );
        Body::new(Bytes::from_static(b"application/sdp"), text)
    }

    fn at() -> SocketAddr {
        "198.51.100.1:4000".parse().expect("an address")
    }

    #[test]
    fn the_codec_is_one_that_both_have() {
        let phone = abilities(&[Codec::G711Ulaw, Codec::G729A, Codec::Rfc2833]);
        let table = [
            ("m=audio 9 RTP/AVP 8 0\r\n", Some((Codec::G711Ulaw, None))),
            ("m=audio 9 RTP/AVP 18 0\r\n", Some((Codec::G729A, None))),
            ("m=audio 9 RTP/AVP 8 9\r\n", None),
            ("m=audio 0 RTP/AVP 0\r\n", None),
            (
                "m=audio 9 RTP/AVP 0 97\r\na=rtpmap:97 telephone-event/8000\r\n",
                Some((Codec::G711Ulaw, Some(97))),
            ),
        ];
        for (lines, expected) in table {
            let theirs = phone.understand(&offer(lines));
            let got = theirs.map(|theirs| (theirs.chosen.codec, theirs.chosen.keys));
            assert_eq!(got, expected, "{lines}");
        }
    }

    #[test]
    fn the_answer_has_what_was_chosen_and_nothing_else() {
        let phone = abilities(&[Codec::G711Alaw, Codec::Rfc2833]);
        let lines =
            "m=audio 9 RTP/AVP 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\na=ptime:30\r\n";
        let theirs = phone.understand(&offer(lines)).expect("a codec");
        let answer = theirs.answer(at(), Direction::Both, 1);
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        let from = text.find("m=").expect("a stream");
        assert_eq!(
            text[from..],
            *"m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\na=ptime:30\r\na=sendrecv\r\n"
        );
    }

    #[test]
    fn an_offer_begins_with_what_is_open() {
        let phone = abilities(&[Codec::G722, Codec::G711Ulaw, Codec::G729]);
        let first = phone.first();
        assert_eq!(first.codec, Codec::G711Ulaw);
        let body = phone.offer(&first, at(), Direction::Neither, 2);
        let text = String::from_utf8_lossy(&body.bytes).into_owned();
        assert!(text.contains("m=audio 4000 RTP/AVP 0 9 18\r\n"), "{text}");
        assert!(text.contains("a=fmtp:18 annexb=no\r\n"), "{text}");
        assert!(text.contains("a=inactive\r\n"), "{text}");
    }

    #[test]
    fn phones_that_say_nothing_have_what_all_have() {
        let mut phone = Abilities::unknown(Features([0, 0x60, 0x85]));
        phone.learn(&[]);
        assert_eq!(phone.first().codec, Codec::G711Ulaw);
        assert_eq!(phone.first().keys, Some(KEYS));
    }
}
