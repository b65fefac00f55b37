//! SIP passwords in a site file: in clear, or as the digests that they are kept as.

use super::reader::Section;
use super::secrets::digest_secret;
use crate::pbx::{DigestSecret, SoftphoneSecret};

/// A softphone's secret opens the door to the user's calls from anywhere: it is not typed often, so it may be long.
const SECRET_MIN: usize = 8;

/// How a phone proves that it is this phone: its `password`, or the digests of it.
pub(super) fn phone_secret(name: &str, realm: &str, s: &mut Section<'_>) -> Option<DigestSecret> {
    let password = s.text("password");
    let remedy = "Write the password itself as password, or the digest of name:realm:password";
    let md5 = digest(s, "digest_md5", remedy);
    let sha256 = digest(s, "digest_sha256", remedy);
    let (has_md5, has_sha256) = (s.has("digest_md5"), s.has("digest_sha256"));
    if s.has("password") && (has_md5 || has_sha256) {
        let key = if has_md5 {
            "digest_md5"
        } else {
            "digest_sha256"
        };
        s.wrong(
            key,
            "there is a password already",
            "Keep either the password or the digests",
        );
    } else if has_md5 != has_sha256 {
        s.missing(if has_md5 {
            "digest_sha256"
        } else {
            "digest_md5"
        });
    }
    match password {
        Some("") => {
            s.wrong(
                "password",
                "the password is empty",
                "Choose a long one; the phone keeps it",
            );
            None
        }
        Some(password) => Some(digest_secret(name, realm, password)),
        None => Some(DigestSecret {
            md5: md5?,
            sha256: sha256?,
        }),
    }
}

/// How a softphone proves that it is this user's (SES-17): the user's `sip_secret`, or the digests of it for each of
/// the names that it may register as.
pub(super) fn softphone_secret(
    id: &str,
    dn: &str,
    realm: &str,
    s: &mut Section<'_>,
) -> Option<SoftphoneSecret> {
    const DIGESTS: [&str; 4] = ["sip_id_md5", "sip_id_sha256", "sip_dn_md5", "sip_dn_sha256"];
    let secret = s.text("sip_secret");
    let remedy = "Write the secret itself as sip_secret, or the digest of id:realm:secret or dn:realm:secret";
    let [id_md5, dn_md5] = [DIGESTS[0], DIGESTS[2]].map(|key| digest(s, key, remedy));
    let [id_sha256, dn_sha256] = [DIGESTS[1], DIGESTS[3]].map(|key| digest(s, key, remedy));
    let given = DIGESTS.into_iter().find(|key| s.has(key));
    let missing = DIGESTS.into_iter().find(|key| !s.has(key));
    match (given, missing) {
        (Some(given), _) if s.has("sip_secret") => s.wrong(
            given,
            "there is a sip_secret already",
            "Keep either the secret or its digests",
        ),
        (Some(_), Some(missing)) => s.missing(missing),
        _ => {}
    }
    let Some(secret) = secret else {
        let by_id = DigestSecret {
            md5: id_md5?,
            sha256: id_sha256?,
        };
        let by_dn = DigestSecret {
            md5: dn_md5?,
            sha256: dn_sha256?,
        };
        return Some(SoftphoneSecret { by_id, by_dn });
    };
    if s.text("pin") == Some(secret) {
        s.wrong(
            "sip_secret",
            "the SIP secret is the PIN",
            "Choose another: whoever sees the PIN dialled must not be able to register",
        );
    } else if secret.chars().count() < SECRET_MIN {
        s.wrong(
            "sip_secret",
            format!("a SIP secret has at least {SECRET_MIN} characters"),
            "Have one made: perch softphone USER --new-password",
        );
    }
    Some(SoftphoneSecret {
        by_id: digest_secret(id, realm, secret),
        by_dn: digest_secret(dn, realm, secret),
    })
}

/// A digest that is given, in hexadecimal digits.
pub(super) fn digest<const N: usize>(
    s: &mut Section<'_>,
    key: &'static str,
    remedy: &str,
) -> Option<[u8; N]> {
    let bytes = from_hex(s.text(key)?);
    if bytes.is_none() {
        s.wrong(
            key,
            format!("this is not {} hexadecimal digits", 2 * N),
            remedy,
        );
    }
    bytes
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}
