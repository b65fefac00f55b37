//! The ng protocol, which rtpengine speaks: a cookie and a bencoded table in each datagram, both ways.

use bytes::Bytes;

use super::bencode::Value;
use super::{RelayCall, RelayError, Role, Side, Translation};
use crate::sdp::Speech;

/// What says that requests are ours, and of this run: calls of another one are not ours to change.
#[derive(Clone, Debug)]
pub struct Speaker {
    nonce: u64,
}

/// What a relay said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is there.
    Pong,
    /// It has done it, and this is the description now, if one was asked for.
    Done(Option<Bytes>),
    /// It has not.
    Failed(RelayError),
}

impl Speaker {
    /// A speaker whose calls nobody else names.
    pub fn new(nonce: u64) -> Speaker {
        Speaker { nonce }
    }

    /// The cookie of a question. Relays answer one that they have seen before as they did then.
    pub fn cookie(&self, question: u64) -> String {
        format!("{:016x}-{question}", self.nonce)
    }

    /// The question that a cookie of ours is for.
    pub fn question(&self, cookie: &str) -> Option<u64> {
        let (nonce, question) = cookie.split_once('-')?;
        let is_ours = u64::from_str_radix(nonce, 16) == Ok(self.nonce);
        is_ours.then(|| question.parse().ok())?
    }

    /// The question whether somebody is there.
    pub fn ping(&self, cookie: &str) -> Bytes {
        datagram(
            cookie,
            Value::Table(Value::table([("command", Value::text("ping"))])),
        )
    }

    /// The order to forget a call.
    pub fn forget(&self, cookie: &str, call: RelayCall) -> Bytes {
        let table = Value::table([
            ("command", Value::text("delete")),
            ("call-id", Value::text(&self.name(call))),
            // At once: nobody talks there.
            ("delete-delay", Value::Number(0)),
        ]);
        datagram(cookie, Value::Table(table))
    }

    /// A description that is to be translated.
    pub fn translate(&self, cookie: &str, wanted: &Translation) -> Bytes {
        let command = match wanted.role {
            Role::Offer => "offer",
            Role::Answer => "answer",
        };
        // Tags name who offers, and who answers; who has not spoken yet has none.
        let (offers, answers) = match wanted.role {
            Role::Offer => (wanted.from, wanted.from.across()),
            Role::Answer => (wanted.from.across(), wanted.from),
        };
        let mut table = Value::table([
            ("command", Value::text(command)),
            ("call-id", Value::text(&self.name(wanted.call))),
            ("from-tag", Value::text(tag(offers))),
            ("sdp", Value::Text(wanted.description.clone())),
            ("replace", Value::words(&["origin", "session-connection"])),
            ("ICE", Value::text(ice(wanted.speech))),
        ]);
        if wanted.role == Role::Answer || wanted.is_known {
            table.insert("to-tag".into(), Value::text(tag(answers)));
        }
        // What an answer is spoken in was settled by the offer.
        if wanted.role == Role::Offer {
            table.extend(proposal(wanted.speech));
        }
        datagram(cookie, Value::Table(table))
    }

    fn name(&self, call: RelayCall) -> String {
        format!("perch-{:016x}-{}", self.nonce, call.0)
    }
}

/// Reads what a relay says: the cookie of what it answers, and the answer. None if it is nothing of the kind.
pub fn read(datagram: &Bytes) -> Option<(String, Said)> {
    let space = datagram.iter().position(|byte| *byte == b' ')?;
    let cookie = std::str::from_utf8(&datagram[..space]).ok()?;
    let Value::Table(table) = Value::read(&datagram.slice(space + 1..))? else {
        return None;
    };
    let text = |name: &[u8]| match table.get(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let said = match text(b"result")?.as_ref() {
        b"pong" => Said::Pong,
        b"ok" => Said::Done(text(b"sdp")),
        _ => {
            let why = text(b"error-reason").unwrap_or_default();
            let why: String = String::from_utf8_lossy(&why).chars().take(200).collect();
            Said::Failed(RelayError::Refused(why))
        }
    };
    Some((cookie.to_owned(), said))
}

fn datagram(cookie: &str, value: Value) -> Bytes {
    let mut bytes = format!("{cookie} ").into_bytes();
    value.write(&mut bytes);
    bytes.into()
}

fn tag(side: Side) -> &'static str {
    match side {
        Side::Owner => "owner",
        Side::Other => "other",
    }
}

fn ice(speech: Speech) -> &'static str {
    match speech {
        Speech::WebRtc => "force",
        Speech::Srtp | Speech::Plain => "remove",
    }
}

/// Ways to encrypt that are not proposed: phones that encrypt know those of RFC 4568 and RFC 6188, and some misread the others.
const UNUSUAL: [&str; 8] = [
    "no-AEAD_AES_256_GCM",
    "no-AEAD_AES_128_GCM",
    "no-AES_192_CM_HMAC_SHA1_80",
    "no-AES_192_CM_HMAC_SHA1_32",
    "no-F8_128_HMAC_SHA1_80",
    "no-F8_128_HMAC_SHA1_32",
    "no-NULL_HMAC_SHA1_80",
    "no-NULL_HMAC_SHA1_32",
];

/// What is proposed to somebody who understands this.
fn proposal(speech: Speech) -> Vec<(Bytes, Value)> {
    let (protocol, mux) = match speech {
        Speech::WebRtc => ("UDP/TLS/RTP/SAVPF", "offer"),
        Speech::Srtp => ("RTP/SAVP", "demux"),
        Speech::Plain => ("RTP/AVP", "demux"),
    };
    let mut said = vec![
        ("transport-protocol", Value::text(protocol)),
        ("rtcp-mux", Value::words(&[mux])),
    ];
    match speech {
        Speech::WebRtc => {
            // Browsers know no keys in descriptions (RFC 8827 §6.5), and want every stream named.
            said.push(("SDES", Value::words(&["off"])));
            said.push(("flags", Value::words(&["generate-mid"])));
        }
        Speech::Srtp => {
            said.push(("DTLS", Value::text("off")));
            said.push(("SDES", Value::words(&UNUSUAL)));
        }
        Speech::Plain => {}
    }
    let said = said.into_iter();
    said.map(|(name, value)| (name.into(), value)).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn wanted(role: Role, from: Side, is_known: bool, speech: Speech) -> String {
        let wanted = Translation {
            request: 1,
            call: RelayCall(7),
            role,
            from,
            is_known,
            speech,
            description: Bytes::from_static(b"v=0\r\n"),
        };
        let bytes = Speaker::new(0xabc).translate("c1", &wanted);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn an_offer_says_what_is_understood_and_an_answer_who_answers() {
        let to_browser = wanted(Role::Offer, Side::Other, false, Speech::WebRtc);
        expect!["c1 d3:ICE5:force4:SDESl3:offe7:call-id24:perch-0000000000000abc-77:command5:offer5:flagsl12:generate-mide8:from-tag5:other7:replacel6:origin18:session-connectione8:rtcp-muxl5:offere3:sdp5:v=0\r\n18:transport-protocol17:UDP/TLS/RTP/SAVPFe"].assert_eq(&to_browser);
        let back = wanted(Role::Answer, Side::Owner, false, Speech::Plain);
        expect!["c1 d3:ICE6:remove7:call-id24:perch-0000000000000abc-77:command6:answer8:from-tag5:other7:replacel6:origin18:session-connectione3:sdp5:v=0\r\n6:to-tag5:ownere"].assert_eq(&back);
        let again = wanted(Role::Offer, Side::Owner, true, Speech::Srtp);
        assert!(
            again.contains("8:from-tag5:owner") && again.contains("6:to-tag5:other"),
            "{again}"
        );
        assert!(
            again.contains("8:RTP/SAVP") && again.contains("4:DTLS3:off"),
            "{again}"
        );
    }

    #[test]
    fn cookies_of_another_run_are_not_ours() {
        let (before, now) = (Speaker::new(1), Speaker::new(2));
        assert_eq!(now.question(&now.cookie(7)), Some(7));
        assert_eq!(now.question(&before.cookie(7)), None);
        assert_eq!(now.question("7"), None);
    }

    #[test]
    fn answers_are_told_apart_by_their_cookies() {
        let table = [
            ("a1 d6:result4:ponge", Some(("a1", Said::Pong))),
            (
                "a2 d6:result2:ok3:sdp4:v=0\ne",
                Some(("a2", Said::Done(Some(Bytes::from_static(b"v=0\n"))))),
            ),
            ("a3 d6:result2:oke", Some(("a3", Said::Done(None)))),
            (
                "a4 d12:error-reason4:busy6:result5:errore",
                Some(("a4", Said::Failed(RelayError::Refused("busy".into())))),
            ),
            ("a5 d6:reason2:noe", None),
            ("a6", None),
            ("a7 l2:oke", None),
            ("a8 d6:result2:okexx", None),
        ];
        for (datagram, expected) in table {
            let said = read(&Bytes::from_static(datagram.as_bytes()));
            let expected = expected.map(|(cookie, said)| (cookie.to_owned(), said));
            assert_eq!(said, expected, "{datagram}");
        }
    }
}
