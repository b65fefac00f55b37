//! Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760): challenges without state, proofs that count once.
//!
//! Challenging costs no memory: only phones that have proven themselves are remembered, each with the few nonces that
//! it used last, and where it did.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use dashmap::DashMap;
use md5::Md5;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::hex::{from_hex, hex};
use super::network::Network;
use super::nonce::Nonces;
use super::wire::{Builder, Credentials, Message, Name, Uri, escaped};
use crate::pbx::{DigestSecret, PhoneName};
use crate::time::Now;

/// Hashes a phone's password as RFC 3261 §22.4 and RFC 8760 §2.4 need it.
pub fn digest_secret(name: &str, realm: &str, password: &str) -> DigestSecret {
    let parts: [&[u8]; 5] = [
        name.as_bytes(),
        b":",
        realm.as_bytes(),
        b":",
        password.as_bytes(),
    ];
    DigestSecret {
        md5: md5(&parts),
        sha256: sha256(&parts),
    }
}

/// What a request's credentials prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It comes from this phone, and counts for the first time.
    Proven(PhoneName),
    /// This phone made it, but it was seen before: a retransmission, or somebody who listened.
    Replayed(PhoneName),
    /// Nothing, or nothing any more: ask again (401).
    Challenge {
        /// The digest was right, only the nonce is not: the phone need not ask its user (RFC 7616 §3.3).
        stale: bool,
    },
    /// The credentials make no sense (400), and why.
    Bad(&'static str),
}

/// Which algorithms a phone is offered. Answers by another are not taken.
///
/// RFC 8760 §2.4 wants the stronger first and the other behind it, and clients to pass over what they do not know.
/// Many do not: one challenge by SHA-256, in whatever place, and they give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// What every phone knows.
    Md5,
    /// Both, the stronger first.
    Sha256AndMd5,
    /// The stronger alone.
    Sha256,
}

impl Offer {
    fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Offer::Md5 => &[Algorithm::Md5],
            Offer::Sha256AndMd5 => &[Algorithm::Sha256, Algorithm::Md5],
            Offer::Sha256 => &[Algorithm::Sha256],
        }
    }
}

/// Makes challenges and judges their answers. Called from many threads.
#[derive(Debug)]
pub struct Authenticator {
    offer: Offer,
    nonces: Nonces,
    uses: DashMap<PhoneName, Uses>,
}

impl Authenticator {
    /// With a key that nobody else knows; a new one makes all nonces stale.
    pub fn new(key: [u8; 32]) -> Authenticator {
        Authenticator {
            offer: Offer::Sha256AndMd5,
            nonces: Nonces::new(key),
            uses: DashMap::new(),
        }
    }

    /// The same with another lifetime of nonces.
    #[must_use]
    pub fn with_nonce_lifetime(self, lifetime: Duration) -> Authenticator {
        Authenticator {
            nonces: self.nonces.lasting(lifetime),
            ..self
        }
    }

    /// The same with another offer.
    #[must_use]
    pub fn offering(self, offer: Offer) -> Authenticator {
        Authenticator { offer, ..self }
    }

    /// Adds the challenges, for whoever is at `source`.
    pub fn challenge(
        &self,
        now: Now,
        source: IpAddr,
        realm: &str,
        stale: bool,
        response: Builder,
    ) -> Builder {
        let (nonce, realm) = (self.nonces.mint(now, source.into()), escaped(realm));
        let stale = if stale { ", stale=true" } else { "" };
        self.offer.algorithms().iter().fold(response, |response, algorithm| {
            let token = algorithm.token();
            response.display(
                Name::WwwAuthenticate,
                format_args!(
                    "Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={token}, qop=\"auth\"{stale}"
                ),
            )
        })
    }

    /// Judges the credentials of a request, and counts their use. `known` finds a phone and its secret; an unknown
    /// phone costs the same work and gets the same answer as a wrong password.
    pub fn verify(
        &self,
        now: Now,
        source: IpAddr,
        realm: &str,
        known: impl Fn(&str) -> Option<(PhoneName, DigestSecret)>,
        request: &Message,
    ) -> Verdict {
        match self.judge(now, realm, known, request) {
            Judged::Right(proof) => self.count(proof, source.into()),
            Judged::Wrong(_) => Verdict::Challenge { stale: false },
            Judged::Not(verdict) => verdict,
        }
    }

    /// Judges the credentials of a request. Nothing is counted.
    pub(super) fn judge<'m>(
        &self,
        now: Now,
        realm: &str,
        known: impl Fn(&str) -> Option<(PhoneName, DigestSecret)>,
        request: &'m Message,
    ) -> Judged<'m> {
        let no = |stale| Judged::Not(Verdict::Challenge { stale });
        let credentials = match answer_to(realm, request) {
            Ok(Some(credentials)) => credentials,
            Ok(None) => return no(false),
            Err(what) => return Judged::Not(Verdict::Bad(what)),
        };
        let offered = self.offer.algorithms();
        let proof = match Proof::read(&credentials, offered, request) {
            Ok(Some(proof)) => proof,
            Ok(None) => return no(false),
            Err(what) => return Judged::Not(Verdict::Bad(what)),
        };
        let (phone, secret) = known(&credentials.username).unzip();
        let is_right = proof.is_made_with(secret.as_ref().unwrap_or(&NOBODYS)) & is_some(&phone);
        let stamp = self.nonces.fresh(now, credentials.nonce);
        let nc = proof.nc;
        let response = credentials.response;
        match phone {
            Some(phone) if is_right.into() => Judged::Right(Right { phone, stamp, nc }),
            phone => Judged::Wrong(Wrong {
                is_known: phone.is_some(),
                username: credentials.username,
                response,
            }),
        }
    }

    /// Notes that a phone used a nonce, and says whether it was for the first time. The phone is at `source`.
    pub(super) fn count(&self, proof: Right, source: Network) -> Verdict {
        let Right { phone, stamp, nc } = proof;
        let Some(stamp) = stamp else {
            return Verdict::Challenge { stale: true };
        };
        let mut uses = match self.uses.get_mut(&phone) {
            Some(uses) => uses,
            None => self.uses.entry(phone.clone()).or_default(),
        };
        let counted = uses.count(stamp, nc);
        if counted == Counted::New {
            uses.is_at(source);
        }
        drop(uses);
        match counted {
            Counted::New => Verdict::Proven(phone),
            Counted::Again => Verdict::Replayed(phone),
            Counted::Forgotten => Verdict::Challenge { stale: true },
        }
    }

    /// Whether a phone of this name proved itself from there, and from hardly anywhere else since.
    pub(super) fn was_at(&self, phone: &str, source: Network) -> bool {
        let uses = self.uses.get(phone);
        uses.is_some_and(|uses| uses.places.contains(&Some(source)))
    }

    /// Whether a nonce of ours is in a datagram, or what looks like one, that was given to whoever sent it.
    pub(super) fn has_nonce_for(&self, source: IpAddr, raw: &[u8]) -> bool {
        let nonce_at = |at: usize| {
            let rest = &raw[at + NONCE.len()..];
            let end = rest.iter().take(65).position(|byte| *byte == b'"');
            std::str::from_utf8(&rest[..end?]).ok()
        };
        // A client's own nonce ends in the same letters.
        let found = memchr::memmem::find_iter(raw, NONCE).take(NONCES);
        found
            .filter_map(nonce_at)
            .any(|nonce| self.nonces.was_given_to(source.into(), nonce))
    }

    /// Forgets what phones used that are gone.
    pub fn retain(&self, is_known: impl Fn(&PhoneName) -> bool) {
        self.uses.retain(|phone, _| is_known(phone));
    }
}

/// How a nonce begins in credentials.
const NONCE: &[u8] = b"nonce=\"";

/// How many are looked at: a nonce and a cnonce, once for each algorithm.
const NONCES: usize = 4;

/// What credentials are worth, before their use is counted.
pub(super) enum Judged<'m> {
    /// The password is right.
    Right(Right),
    /// It is not, or there is no such phone.
    Wrong(Wrong<'m>),
    /// Nobody tried one.
    Not(Verdict),
}

/// The right password.
pub(super) struct Right {
    /// Whose.
    pub(super) phone: PhoneName,
    /// Of the nonce; none if it is too old, or was never ours.
    stamp: Option<u64>,
    nc: Option<u32>,
}

/// A wrong password.
pub(super) struct Wrong<'m> {
    /// Whether there is a phone of that name.
    pub(super) is_known: bool,
    /// Whose it should have been.
    pub(super) username: Cow<'m, str>,
    /// What was said in its place; a request that comes again says the same again.
    pub(super) response: &'m str,
}

/// The first Digest credentials for our realm.
fn answer_to<'a>(
    realm: &str,
    request: &'a Message,
) -> Result<Option<Credentials<'a>>, &'static str> {
    for credentials in request.credentials() {
        let credentials = credentials.map_err(|e| e.what)?;
        if credentials.realm == realm {
            return Ok(Some(credentials));
        }
    }
    Ok(None)
}

/// What went into a digest, and the digest.
struct Proof<'a> {
    algorithm: Algorithm,
    method: &'a str,
    uri: &'a str,
    nonce: &'a str,
    /// `nc:cnonce:qop`; None in RFC 2069's form.
    counted: Option<[&'a str; 3]>,
    nc: Option<u32>,
    response: &'a str,
}

impl<'a> Proof<'a> {
    /// None if the client chose something that we do not offer.
    fn read(
        credentials: &Credentials<'a>,
        offered: &[Algorithm],
        request: &'a Message,
    ) -> Result<Option<Proof<'a>>, &'static str> {
        let algorithm = Algorithm::named(credentials.algorithm);
        let Some(algorithm) = algorithm.filter(|algorithm| offered.contains(algorithm)) else {
            return Ok(None);
        };
        if !names_same_resource(credentials.uri, request) {
            return Err("Digest For Another URI");
        }
        let (counted, nc) = match (credentials.qop, credentials.nc, credentials.cnonce) {
            (Some(qop), Some(nc), Some(cnonce)) if qop.eq_ignore_ascii_case("auth") => {
                let count = nonce_count(nc).ok_or("Bad Nonce Count")?;
                (Some([nc, cnonce, qop]), Some(count))
            }
            (Some(_), _, _) => return Err("Bad Quality Of Protection"),
            // RFC 2069's form came before SHA-256 did.
            (None, _, _) if algorithm == Algorithm::Md5 => (None, None),
            (None, _, _) => return Ok(None),
        };
        Ok(Some(Proof {
            algorithm,
            method: request.method_text(),
            uri: credentials.uri,
            nonce: credentials.nonce,
            counted,
            nc,
            response: credentials.response,
        }))
    }

    /// RFC 7616 §3.4.1; the time that it takes says nothing about where a difference is.
    fn is_made_with(&self, secret: &DigestSecret) -> Choice {
        let expected = match self.algorithm {
            Algorithm::Md5 => self.expected::<16>(&secret.md5, md5),
            Algorithm::Sha256 => self.expected::<32>(&secret.sha256, sha256),
        };
        let length = self.algorithm.length();
        match from_hex(self.response) {
            Some((given, n)) if n == length => expected[..length].ct_eq(&given[..length]),
            _ => Choice::from(0),
        }
    }

    fn expected<const N: usize>(
        &self,
        secret: &[u8; N],
        hash: fn(&[&[u8]]) -> [u8; N],
    ) -> [u8; 32] {
        let request = hash(&[self.method.as_bytes(), b":", self.uri.as_bytes()]);
        let (secret, request) = (hex(secret), hex(&request));
        let (secret, request) = (&secret[..2 * N], &request[..2 * N]);
        let nonce = self.nonce.as_bytes();
        let digest = match self.counted.map(|part| part.map(str::as_bytes)) {
            Some([nc, cnonce, qop]) => hash(&[
                secret, b":", nonce, b":", nc, b":", cnonce, b":", qop, b":", request,
            ]),
            None => hash(&[secret, b":", nonce, b":", request]),
        };
        let mut wide = [0; 32];
        wide[..N].copy_from_slice(&digest);
        wide
    }
}

/// Eight hexadecimal digits, not all zero (RFC 7616 §3.4).
fn nonce_count(text: &str) -> Option<u32> {
    let is_hex = text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(text, 16)
        .ok()
        .filter(|count| is_hex && *count > 0)
}

/// Whether the URI that was hashed means what was asked for. Phones add and leave out ports and parameters.
fn names_same_resource(hashed: &str, request: &Message) -> bool {
    if hashed == request.uri_text() {
        return true;
    }
    match (Uri::parse(hashed), request.uri()) {
        (Ok(a), Ok(b)) => {
            let is_same_place = a.host.eq_ignore_ascii_case(b.host) && !a.host.is_empty();
            a.equivalent(&b) || (is_same_place && a.user_decoded() == b.user_decoded())
        }
        _ => false,
    }
}

fn is_some<T>(option: &Option<T>) -> Choice {
    Choice::from(u8::from(option.is_some()))
}

/// What a proof is compared with when nobody has that name.
const NOBODYS: DigestSecret = DigestSecret {
    md5: [0; 16],
    sha256: [0; 32],
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    /// RFC 7616 §3.3: no algorithm means MD5.
    fn named(text: Option<&str>) -> Option<Algorithm> {
        match text {
            None => Some(Algorithm::Md5),
            Some(t) if t.eq_ignore_ascii_case("MD5") => Some(Algorithm::Md5),
            Some(t) if t.eq_ignore_ascii_case("SHA-256") => Some(Algorithm::Sha256),
            Some(_) => None,
        }
    }

    fn token(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    fn length(self) -> usize {
        match self {
            Algorithm::Md5 => 16,
            Algorithm::Sha256 => 32,
        }
    }
}

pub(super) fn md5(parts: &[&[u8]]) -> [u8; 16] {
    #[cfg(test)]
    tests::count_hash();
    let mut hash = Md5::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

pub(super) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    #[cfg(test)]
    tests::count_hash();
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// The nonces that a phone used last.
#[derive(Debug, Default)]
struct Uses {
    last: [Use; 3],
    /// Nonces up to this one were forgotten, so they may not come back.
    floor: u64,
    /// Where it proved itself last, and where before that.
    places: [Option<Network>; 2],
}

/// How often a nonce was used. A stamp of 0 is an empty place.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    stamp: u64,
    highest: u32,
    /// Bit n: whether `highest - n` was used.
    seen: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Counted {
    New,
    Again,
    /// Too old to tell.
    Forgotten,
}

impl Uses {
    fn is_at(&mut self, place: Network) {
        if self.places[0] != Some(place) {
            self.places = [Some(place), self.places[0]];
        }
    }

    /// Counts one use. A client that does not count may use a nonce once.
    fn count(&mut self, stamp: u64, nc: Option<u32>) -> Counted {
        if let Some(known) = self
            .last
            .iter_mut()
            .find(|u| u.stamp == stamp && u.seen != 0)
        {
            return nc.map_or(Counted::Again, |nc| known.count(nc));
        }
        if stamp <= self.floor && self.floor != 0 {
            return Counted::Forgotten;
        }
        let oldest = self
            .last
            .iter_mut()
            .min_by_key(|u| u.stamp)
            .expect("there are three");
        if oldest.seen != 0 && oldest.stamp > stamp {
            return Counted::Forgotten;
        }
        self.floor = self.floor.max(oldest.stamp);
        *oldest = Use {
            stamp,
            highest: nc.unwrap_or(u32::MAX),
            seen: 1,
        };
        Counted::New
    }
}

impl Use {
    /// RFC 7616 §3.4.5: each count once; requests may overtake each other a little.
    fn count(&mut self, nc: u32) -> Counted {
        if nc > self.highest {
            let by = nc - self.highest;
            self.seen = self.seen.checked_shl(by).unwrap_or(0) | 1;
            self.highest = nc;
            return Counted::New;
        }
        match 1u64.checked_shl(self.highest - nc) {
            None => Counted::Forgotten,
            Some(bit) if self.seen & bit != 0 => Counted::Again,
            Some(bit) => {
                self.seen |= bit;
                Counted::New
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::wire::{Parsed, parse};
    use super::*;

    #[test]
    fn each_count_is_good_once_and_in_a_window() {
        let mut uses = Uses::default();
        for (nc, expected) in [
            (1, Counted::New),
            (1, Counted::Again),
            (3, Counted::New),
            (2, Counted::New),
            (2, Counted::Again),
            (100, Counted::New),
            (37, Counted::New),
            (37, Counted::Again),
            (36, Counted::Forgotten),
            (u32::MAX, Counted::New),
            (u32::MAX, Counted::Again),
        ] {
            assert_eq!(uses.count(7, Some(nc)), expected, "nc {nc}");
        }
    }

    thread_local! {
        static HASHES: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn count_hash() {
        HASHES.set(HASHES.get() + 1);
    }

    /// rules: SES-8
    ///
    /// Whether there is such a phone or not: a wrong password costs the same work, by each algorithm.
    #[test]
    fn an_unknown_phone_costs_what_a_wrong_password_does() {
        let auth = Authenticator::new([7; 32]);
        let now = Now {
            uptime: Duration::from_secs(100),
            utc: crate::time::Utc(0),
        };
        let source = IpAddr::from([192, 0, 2, 7]);
        let nonce = auth.nonces.mint(now, source.into());
        let right = (
            PhoneName::from("desk-1"),
            digest_secret("desk-1", "perch", "right"),
        );
        let known = |name: &str| (name == "desk-1").then(|| right.clone());
        let cost = |name: &str, algorithm: &str, length: usize| {
            let raw = format!(
                "REGISTER sip:perch SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa\r\n\
                 From: <sip:a@perch>;tag=1\r\nTo: <sip:a@perch>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n\
                 Authorization: Digest username=\"{name}\", realm=\"perch\", nonce=\"{nonce}\", uri=\"sip:perch\", \
                 algorithm={algorithm}, qop=auth, nc=00000001, cnonce=\"c\", response=\"{}\"\r\n\
                 Content-Length: 0\r\n\r\n",
                "0".repeat(length)
            );
            let Parsed::Accept(request) = parse(raw.into()) else {
                panic!("the request is well-formed");
            };
            HASHES.set(0);
            let verdict = auth.verify(now, source, "perch", known, &request);
            assert_eq!(verdict, Verdict::Challenge { stale: false });
            HASHES.get()
        };
        for (algorithm, length) in [("MD5", 32), ("SHA-256", 64), ("MD5", 31)] {
            let cost = |name| cost(name, algorithm, length);
            assert_eq!(cost("desk-1"), 2, "{algorithm}");
            assert_eq!(cost("desk-2"), 2, "{algorithm}");
        }
    }

    #[test]
    fn a_nonce_that_was_forgotten_does_not_come_back() {
        let mut uses = Uses::default();
        for stamp in [10, 20, 30, 40] {
            assert_eq!(uses.count(stamp, Some(1)), Counted::New);
        }
        assert_eq!(uses.count(10, Some(1)), Counted::Forgotten);
        assert_eq!(uses.count(5, Some(1)), Counted::Forgotten);
        assert_eq!(uses.count(20, Some(1)), Counted::Again);
        assert_eq!(uses.count(20, Some(2)), Counted::New);
    }

    #[test]
    fn a_client_that_does_not_count_uses_a_nonce_once() {
        let mut uses = Uses::default();
        assert_eq!(uses.count(0, None), Counted::New);
        assert_eq!(uses.count(0, None), Counted::Again);
    }

    #[test]
    fn what_is_not_offered_is_not_taken() {
        let raw = b"REGISTER sip:perch SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nFrom: <sip:a@perch>;tag=1\r\n\
            To: <sip:a@perch>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n";
        let super::super::wire::Parsed::Accept(request) =
            super::super::wire::parse(bytes::Bytes::from_static(raw))
        else {
            panic!("the request is well-formed");
        };
        for (offer, taken) in [
            (Offer::Md5, [true, false]),
            (Offer::Sha256AndMd5, [true, true]),
            (Offer::Sha256, [false, true]),
        ] {
            let read = ["MD5", "SHA-256"].map(|algorithm| {
                let credentials = Credentials {
                    uri: "sip:perch",
                    algorithm: Some(algorithm),
                    cnonce: Some("c"),
                    nc: Some("00000001"),
                    qop: Some("auth"),
                    ..Credentials::default()
                };
                let proof = Proof::read(&credentials, offer.algorithms(), &request);
                proof.is_ok_and(|proof| proof.is_some())
            });
            assert_eq!(read, taken, "{offer:?}");
        }
    }

    // RFC 7616 §3.9.1's credentials, both algorithms.
    #[test]
    fn digests_are_the_standards() {
        let secret = digest_secret("Mufasa", "http-auth@example.org", "Circle of Life");
        let proof = |algorithm, response| Proof {
            algorithm,
            method: "GET",
            uri: "/dir/index.html",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            counted: Some([
                "00000001",
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                "auth",
            ]),
            nc: Some(1),
            response,
        };
        let md5 = proof(Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec");
        assert!(bool::from(md5.is_made_with(&secret)));
        let sha = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        let sha256 = proof(Algorithm::Sha256, sha);
        assert!(bool::from(sha256.is_made_with(&secret)));
        assert!(!bool::from(sha256.is_made_with(&NOBODYS)));
        let short = proof(Algorithm::Sha256, &sha[..32]);
        assert!(!bool::from(short.is_made_with(&secret)));
    }

    #[test]
    fn counts_are_eight_digits() {
        assert_eq!(nonce_count("0000000a"), Some(10));
        assert_eq!(nonce_count("FFFFFFFF"), Some(u32::MAX));
        for bad in ["1", "00000000", "+0000001", "000000001", "0000000g"] {
            assert_eq!(nonce_count(bad), None, "{bad}");
        }
    }
}
