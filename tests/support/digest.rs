//! The client's side of digest authentication, written apart from the server's so that both cannot be wrong alike.

use md5::Md5;
use sha2::{Digest, Sha256};

/// What a client answers a challenge with.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// Who.
    pub username: &'a str,
    /// With which password.
    pub password: &'a str,
    /// The request's method.
    pub method: &'a str,
    /// The URI that is hashed.
    pub uri: &'a str,
    /// How often the nonce was used; None answers in RFC 2069's form.
    pub nc: Option<u32>,
}

fn hashed(algorithm: &str, text: &str) -> String {
    let bytes = match algorithm {
        "SHA-256" => Sha256::digest(text).to_vec(),
        _ => Md5::digest(text).to_vec(),
    };
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value of a parameter in a challenge.
pub fn param<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let start = challenge.find(&format!("{name}="))? + name.len() + 1;
    let value = &challenge[start..];
    Some(match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => value.split(',').next()?.trim(),
    })
}

/// The value of the Authorization header that answers the value of a WWW-Authenticate header.
pub fn authorization(challenge: &str, answer: &Answer<'_>) -> String {
    let Answer {
        username,
        password,
        method,
        uri,
        nc,
    } = answer;
    let realm = param(challenge, "realm").expect("a realm");
    let nonce = param(challenge, "nonce").expect("a nonce");
    let algorithm = param(challenge, "algorithm").unwrap_or("MD5");
    let secret = hashed(algorithm, &format!("{username}:{realm}:{password}"));
    let request = hashed(algorithm, &format!("{method}:{uri}"));
    let (counted, shown) = match nc {
        Some(nc) => (
            format!("{nc:08x}:0a4f113b:auth:"),
            format!(", qop=auth, nc={nc:08x}, cnonce=\"0a4f113b\""),
        ),
        None => (String::new(), String::new()),
    };
    let response = hashed(algorithm, &format!("{secret}:{nonce}:{counted}{request}"));
    format!(
        "Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
         response=\"{response}\", algorithm={algorithm}{shown}"
    )
}
