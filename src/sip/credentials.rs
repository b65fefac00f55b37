//! Digest authentication as a client (RFC 3261 §22, RFC 7616, RFC 8760): what a peer asks for, and the answer to it.
//!
//! Pure: nothing here remembers anything. Whoever sends a request again keeps the [`Challenge`] if it wants to answer
//! it before it is asked, and counts how often it did.

use std::fmt;

use super::auth::{md5, sha256};
use super::hex::hex;
use super::wire::{Message, Name, Param, challenge_params, escaped, inside};
use crate::pbx::DigestSecret;

/// What a peer wants to be answered, from a 401 or 407.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    asker: Asker,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// How the algorithm was named, to be given back so; none if it was not.
    named: Option<String>,
    algorithm: Algorithm,
    /// Whether `qop=auth` is offered; else the answer is RFC 2069's.
    has_auth: bool,
    /// Whether the password was right, and only the nonce too old (RFC 7616 §3.3).
    pub is_stale: bool,
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Challenge({:?}, {})", self.asker, self.realm)
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    /// Whom the request is for (401).
    Server,
    /// A proxy on the way (407).
    Proxy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

/// Who answers.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    /// As whom.
    pub user: &'a str,
    /// The realm that the secret was made for. Nobody else is told what it proves.
    pub realm: &'a str,
    /// What is kept of the password.
    pub secret: &'a DigestSecret,
}

/// What is hashed of a request.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The method.
    pub method: &'a str,
    /// The Request-URI, as it is written.
    pub uri: &'a str,
}

/// What makes an answer count once.
#[derive(Clone, Copy)]
pub(super) struct Once<'a> {
    /// Chosen by us, anew for each nonce of theirs.
    pub cnonce: &'a str,
    /// How often this nonce was answered, this time included.
    pub count: u32,
}

impl Challenge {
    /// What a response asks for: the best of what an account can answer (RFC 8760 §2.4). None if it asks for nothing
    /// that the account has.
    pub fn of(response: &Message, account: Account<'_>) -> Option<Challenge> {
        let (asker, name) = match response.status()? {
            401 => (Asker::Server, Name::WwwAuthenticate),
            407 => (Asker::Proxy, Name::ProxyAuthenticate),
            _ => return None,
        };
        let all = response.headers(name);
        let usable = all
            .filter_map(|value| Challenge::parse(asker, value))
            .filter(|challenge| challenge.realm == account.realm);
        usable.max_by_key(|challenge| challenge.algorithm)
    }

    /// The realms that a response asks for, for whoever has to say what should be set.
    pub fn realms(response: &Message) -> Vec<String> {
        let names = [
            (Asker::Server, Name::WwwAuthenticate),
            (Asker::Proxy, Name::ProxyAuthenticate),
        ];
        let challenges = names.into_iter().flat_map(|(asker, name)| {
            let values = response.headers(name);
            values.filter_map(move |value| Challenge::parse(asker, value))
        });
        let mut realms: Vec<String> = challenges.map(|challenge| challenge.realm).collect();
        realms.dedup();
        realms
    }

    /// None if it is no challenge by Digest, or none that can be answered.
    fn parse(asker: Asker, value: &[u8]) -> Option<Challenge> {
        let mut places: [Option<&str>; 6] = [None; 6];
        for param in challenge_params(value)? {
            let names = ["realm", "nonce", "opaque", "algorithm", "qop", "stale"];
            let mut known = names.iter();
            if let Some(at) = known.position(|name| param.name.eq_ignore_ascii_case(name)) {
                places[at] = param.raw_value;
            }
        }
        // What is hashed and given back stays as it came, between its quotes.
        let kept = |value: Option<&str>| value.map(|text| inside(text).to_owned());
        let [realm, nonce, opaque, named, qop, stale] = places;
        let realm = realm.map(|realm| Param {
            name: "realm",
            raw_value: Some(realm),
        });
        let (named, qop) = (kept(named), kept(qop));
        let is_stale = stale.is_some_and(|stale| inside(stale).eq_ignore_ascii_case("true"));
        let algorithm = match named.as_deref() {
            None => Algorithm::Md5,
            Some(text) if text.eq_ignore_ascii_case("MD5") => Algorithm::Md5,
            Some(text) if text.eq_ignore_ascii_case("SHA-256") => Algorithm::Sha256,
            Some(_) => return None,
        };
        let has_auth = qop.as_deref().map(|offered| {
            let mut words = offered.split(',');
            words.any(|word| word.trim().eq_ignore_ascii_case("auth"))
        });
        // A peer that offers `auth-int` alone wants what cannot be given.
        if has_auth == Some(false) {
            return None;
        }
        Some(Challenge {
            asker,
            realm: realm?.value().into_owned(),
            nonce: kept(nonce)?,
            opaque: kept(opaque),
            named,
            algorithm,
            has_auth: has_auth.is_some(),
            is_stale,
        })
    }

    /// The header that answers it.
    pub fn header(&self) -> Name {
        match self.asker {
            Asker::Server => Name::Authorization,
            Asker::Proxy => Name::ProxyAuthorization,
        }
    }

    /// Whether it is another one than this: the same one again means that the answer was wrong.
    pub fn is_new_after(&self, before: &Challenge) -> bool {
        self.is_stale || (self.asker, &self.realm) != (before.asker, &before.realm)
    }

    /// The value of that header (RFC 7616 §3.4).
    pub fn answer(&self, account: Account<'_>, asked: Asked<'_>, once: Once<'_>) -> String {
        let secret = account.secret;
        let response = match self.algorithm {
            Algorithm::Md5 => self.response(&secret.md5, md5, asked, once),
            Algorithm::Sha256 => self.response(&secret.sha256, sha256, asked, once),
        };
        let mut value = format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{}\", response=\"{response}\"",
            escaped(account.user),
            escaped(&self.realm),
            self.nonce,
            asked.uri,
        );
        if let Some(named) = &self.named {
            value.push_str(&format!(", algorithm={named}"));
        }
        if self.has_auth {
            let Once { cnonce, count } = once;
            value.push_str(&format!(", cnonce=\"{cnonce}\", qop=auth, nc={count:08x}"));
        }
        if let Some(opaque) = &self.opaque {
            value.push_str(&format!(", opaque=\"{opaque}\""));
        }
        value
    }

    /// RFC 7616 §3.4.1; without `qop` as RFC 2617 §3.2.2.1 has it for those who know RFC 2069 only.
    fn response<const N: usize>(
        &self,
        secret: &[u8; N],
        hash: fn(&[&[u8]]) -> [u8; N],
        asked: Asked<'_>,
        once: Once<'_>,
    ) -> String {
        let request = hash(&[asked.method.as_bytes(), b":", asked.uri.as_bytes()]);
        let (secret, request) = (digits(secret), digits(&request));
        let digest = match self.has_auth {
            true => {
                let counted = format!(
                    "{secret}:{}:{:08x}:{}:auth:{request}",
                    self.nonce, once.count, once.cnonce
                );
                hash(&[counted.as_bytes()])
            }
            false => hash(&[format!("{secret}:{}:{request}", self.nonce).as_bytes()]),
        };
        digits(&digest)
    }
}

fn digits(bytes: &[u8]) -> String {
    let wide = hex(bytes);
    String::from_utf8_lossy(&wide[..2 * bytes.len()]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::digest_secret;
    use crate::sip::wire::{Parsed, parse};

    fn response(status: u16, headers: &[&str]) -> Message {
        let text = format!(
            "SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n\
             To: <sip:b@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n{}\r\nContent-Length: 0\r\n\r\n",
            headers.join("\r\n")
        );
        match parse(text.into_bytes().into()) {
            Parsed::Accept(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// The value of a parameter in an answer.
    fn param<'a>(answer: &'a str, name: &str) -> &'a str {
        let (_, rest) = answer
            .split_once(&format!("{name}="))
            .unwrap_or_else(|| panic!("{name} in {answer}"));
        rest.split(',').next().unwrap_or_default().trim_matches('"')
    }

    /// RFC 7616 §3.9.1, both algorithms of its example; the strongest is answered whatever the order is.
    #[test]
    fn the_example_of_rfc_7616_is_answered_as_it_says() {
        let challenge = |algorithm: &str| {
            format!(
                "WWW-Authenticate: Digest\r\n realm=\"http-auth@example.org\",\r\n qop=\"auth, auth-int\",\r\n \
                 algorithm={algorithm},\r\n nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\",\r\n \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        };
        let secret = digest_secret("Mufasa", "http-auth@example.org", "Circle of Life");
        let account = Account {
            user: "Mufasa",
            realm: "http-auth@example.org",
            secret: &secret,
        };
        let asked = Asked {
            method: "GET",
            uri: "/dir/index.html",
        };
        let once = Once {
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            count: 1,
        };
        let (weak, strong) = (challenge("MD5"), challenge("SHA-256"));
        for (asks, expected) in [
            (vec![weak.as_str()], "8ca523f5e9506fed4657c9700eebdbec"),
            (
                vec![weak.as_str(), strong.as_str()],
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
            (
                vec![strong.as_str(), weak.as_str()],
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let response = response(401, &asks);
            let challenge = Challenge::of(&response, account).expect("it can be answered");
            assert_eq!(challenge.header(), Name::Authorization);
            let answer = challenge.answer(account, asked, once);
            assert_eq!(param(&answer, "response"), expected);
            assert_eq!(param(&answer, "nc"), "00000001");
            assert_eq!(
                param(&answer, "opaque"),
                "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
            );
        }
    }

    /// RFC 2617 §3.5, by a proxy, and RFC 2069's form of the same, whose value openssl has computed.
    #[test]
    fn older_peers_are_answered_in_their_own_form() {
        let secret = digest_secret("Mufasa", "testrealm@host.com", "Circle Of Life");
        let account = Account {
            user: "Mufasa",
            realm: "testrealm@host.com",
            secret: &secret,
        };
        let asked = Asked {
            method: "GET",
            uri: "/dir/index.html",
        };
        let once = Once {
            cnonce: "0a4f113b",
            count: 1,
        };
        let base =
            "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let auth = format!("Proxy-Authenticate: {base}, qop=\"auth,auth-int\"");
        let auth = Challenge::of(&response(407, &[&auth]), account).expect("a challenge");
        assert_eq!(auth.header(), Name::ProxyAuthorization);
        let answer = auth.answer(account, asked, once);
        assert_eq!(
            param(&answer, "response"),
            "6629fae49393a05397450978507c4ef1"
        );
        assert!(!answer.contains("algorithm"), "it was not named: {answer}");

        let plain = format!("Proxy-Authenticate: {base}");
        let plain = Challenge::of(&response(407, &[&plain]), account).expect("a challenge");
        let answer = plain.answer(account, asked, once);
        assert_eq!(
            param(&answer, "response"),
            "670fd8c2df070c60b045671b8b24ff02"
        );
        assert!(
            !answer.contains("qop") && !answer.contains("nc="),
            "{answer}"
        );
    }

    #[test]
    fn what_cannot_be_answered_is_passed_over() {
        let secret = digest_secret("u", "here", "p");
        let account = Account {
            user: "u",
            realm: "here",
            secret: &secret,
        };
        for asked in [
            "WWW-Authenticate: Basic realm=\"here\"",
            "WWW-Authenticate: Digest realm=\"elsewhere\", nonce=\"n\"",
            "WWW-Authenticate: Digest realm=\"here\", nonce=\"n\", algorithm=SHA-512-256",
            "WWW-Authenticate: Digest realm=\"here\", nonce=\"n\", qop=\"auth-int\"",
            "WWW-Authenticate: Digest realm=\"here\"",
            "WWW-Authenticate: Digest",
            "Proxy-Authenticate: Digest realm=\"here\", nonce=\"n\"",
        ] {
            let response = response(401, &[asked]);
            assert_eq!(Challenge::of(&response, account), None, "{asked}");
        }
        let elsewhere = "WWW-Authenticate: Digest realm=\"elsewhere\", nonce=\"n\"";
        assert_eq!(
            Challenge::realms(&response(401, &[elsewhere])),
            ["elsewhere"]
        );
    }

    #[test]
    fn only_a_stale_nonce_or_another_asker_is_worth_a_second_answer() {
        let secret = digest_secret("u", "here", "p");
        let account = Account {
            user: "u",
            realm: "here",
            secret: &secret,
        };
        let first = "Digest realm=\"here\", nonce=\"1\"";
        let first_at = |status, name| {
            let header = format!("{name}: {first}");
            Challenge::of(&response(status, &[&header]), account).expect("a challenge")
        };
        let server = first_at(401, "WWW-Authenticate");
        let proxy = first_at(407, "Proxy-Authenticate");
        let stale = "WWW-Authenticate: Digest realm=\"here\", nonce=\"2\", stale=TRUE";
        let stale = Challenge::of(&response(401, &[stale]), account).expect("a challenge");
        assert!(stale.is_new_after(&server));
        assert!(proxy.is_new_after(&server));
        assert!(!server.is_new_after(&server));
    }
}
