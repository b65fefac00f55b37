//! The other exchange beside which Perch stands, in a site file: who it is, and who users are there.

use super::check::unresolved;
use super::document::{Field, secret, shown};
use super::problem::Finding;
use super::reader::Section;
use super::secrets::digest_secret;
use super::sip_secret::digest;
use crate::pbx::{DigestSecret, Dn, Site, Upstream, UpstreamUser, User};

/// The table of it, of which there may be none.
pub(super) const UPSTREAM: &str = "upstream";

/// What the digests of a user's password there were made of.
const MADE_FROM: &str = "upstream_password";

/// Reads the table.
pub(super) fn read(s: &mut Section<'_>) -> Upstream {
    Upstream {
        trunk: s.required_text("trunk").into(),
        domain: s.text("domain").map(Into::into),
        realm: s.required_text("realm").into(),
        expires_s: s.number("expires_s", 60..=86_400).unwrap_or(600),
        registrations_per_s: s.number("registrations_per_s", 1..=10_000).unwrap_or(50),
    }
}

/// Who a user is there: by a password, or the digests of it. The number is the user's own, and the name the number, unless
/// they are said.
pub(super) fn read_user(
    dn: &str,
    realm: Option<&str>,
    s: &mut Section<'_>,
) -> Option<UpstreamUser> {
    const REMEDY: &str = "Write the password itself as upstream_password";
    let number = s.text("upstream_number").unwrap_or(dn);
    let name = s.text("upstream_name").unwrap_or(number);
    let password = s.text(MADE_FROM);
    let md5 = digest(s, "upstream_md5", REMEDY);
    let sha256 = digest(s, "upstream_sha256", REMEDY);
    let has = ["upstream_md5", "upstream_sha256"].map(|key| s.has(key));
    match (password, has) {
        (Some(_), [true, _]) => both(s, "upstream_md5"),
        (Some(_), [_, true]) => both(s, "upstream_sha256"),
        (None, [true, false]) => s.missing("upstream_sha256"),
        (None, [false, true]) => s.missing("upstream_md5"),
        (Some(""), _) => s.wrong(
            MADE_FROM,
            "the password is empty",
            "Write the one that the exchange knows",
        ),
        (None, [false, false]) if s.has("upstream_number") || s.has("upstream_name") => {
            s.missing(MADE_FROM)
        }
        _ => {}
    }
    let secret = match (password, realm) {
        (Some(_), None) => {
            s.wrong(
                MADE_FROM,
                "there is no other exchange that it could be for",
                "Add [upstream] with the trunk that leads there and its realm",
            );
            return None;
        }
        (Some(password), Some(realm)) => digest_secret(name, realm, password),
        (None, _) => DigestSecret {
            md5: md5?,
            sha256: sha256?,
        },
    };
    Some(UpstreamUser {
        number: number.into(),
        name: name.into(),
        secret,
    })
}

fn both(s: &mut Section<'_>, key: &str) {
    s.wrong(
        key,
        "there is an upstream_password already",
        "Keep either the password or the digests",
    );
}

/// The fields of the table.
pub(super) fn fields(upstream: &Upstream) -> Vec<Field> {
    let mut fields = vec![shown("trunk", upstream.trunk.as_str())];
    let domain = upstream.domain.as_deref();
    fields.extend(domain.map(|domain| shown("domain", domain)));
    fields.extend([
        shown("realm", upstream.realm.as_str()),
        shown("expires_s", upstream.expires_s),
        shown("registrations_per_s", upstream.registrations_per_s),
    ]);
    fields
}

/// What a user's table has of it.
pub(super) fn user_fields(user: &User) -> Vec<Field> {
    let Some(upstream) = user.upstream.as_deref() else {
        return Vec::new();
    };
    let digest = |key, bytes: &[u8]| secret(key, super::document::hex(bytes), MADE_FROM);
    vec![
        shown("upstream_number", upstream.number.as_str()),
        shown("upstream_name", upstream.name.as_str()),
        digest("upstream_md5", &upstream.secret.md5),
        digest("upstream_sha256", &upstream.secret.sha256),
    ]
}

/// What is wrong with it as a whole.
pub(super) fn check(site: &Site, previous: Option<&Site>, findings: &mut Vec<Finding>) {
    if let Some(upstream) = &site.upstream {
        check_exchange(upstream, findings);
        if !site.is_trunk(&upstream.trunk) {
            let known = site.trunks.keys().map(|name| name.as_str());
            let path = [UPSTREAM, "trunk"];
            let trunk = upstream.trunk.as_str();
            findings.push(unresolved(&path, "trunk", trunk, known));
        }
    }
    check_numbers(site, findings);
    if let Some(previous) = previous {
        check_digests(site, previous, findings);
    }
}

fn check_exchange(upstream: &Upstream, findings: &mut Vec<Finding>) {
    let is_quotable = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\' || c == ' ';
    let realm = &upstream.realm;
    if realm.trim().is_empty() || !realm.chars().all(is_quotable) {
        findings.push(Finding::new(
            &[UPSTREAM, "realm"],
            "a realm is plain text without quotes and backslashes, and not empty",
            "Write the one that the exchange asks for passwords in: it stands in its answer to a REGISTER",
        ));
    }
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let domain = upstream.domain.as_deref();
    if domain.is_some_and(|domain| domain.is_empty() || !domain.chars().all(is_host)) {
        findings.push(Finding::new(
            &[UPSTREAM, "domain"],
            "a domain is a name or an address",
            "Write one such as \"pbx.example.com\", or leave it out",
        ));
    }
}

/// Calls from there come for a number: it is one user's.
fn check_numbers(site: &Site, findings: &mut Vec<Finding>) {
    let mut owners = std::collections::BTreeMap::<&Dn, &str>::new();
    for (id, user) in &site.users {
        let Some(upstream) = user.upstream.as_deref() else {
            continue;
        };
        let path = ["user", id.as_str(), "upstream_number"];
        let number = upstream.number.as_str();
        if !(1..=32).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
            let what = format!("{number:?} is not a number");
            findings.push(Finding::new(&path, what, "Write 1 to 32 digits"));
        } else if let Some(other) = owners.insert(&upstream.number, id.as_str()) {
            findings.push(Finding::new(
                &path,
                format!("{number} is the number of user {other} there already"),
                "Give each user a number of their own there",
            ));
        }
        let is_named = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
        let name = upstream.name.as_str();
        if name.is_empty() || !name.chars().all(is_named) {
            findings.push(Finding::new(
                &["user", id.as_str(), "upstream_name"],
                "a name is plain text without spaces, quotes and backslashes, and not empty",
                "Write the name that goes with the password there",
            ));
        }
    }
}

/// Digests hold realm and name, and cannot be made for others without the password.
fn check_digests(site: &Site, previous: &Site, findings: &mut Vec<Finding>) {
    let realm = |site: &Site| {
        site.upstream
            .as_ref()
            .map(|upstream| upstream.realm.clone())
    };
    let (old, new) = (realm(previous), realm(site));
    for (id, user) in &site.users {
        let before = previous
            .users
            .get(id)
            .and_then(|user| user.upstream.as_deref());
        let (Some(before), Some(after)) = (before, user.upstream.as_deref()) else {
            continue;
        };
        if before.secret != after.secret {
            continue;
        }
        let what = match (&old, &new) {
            (Some(old), Some(new)) if old != new => {
                format!("made for the realm {old:?}, which is now {new:?}")
            }
            _ if before.name != after.name => {
                format!(
                    "made for the name {}, which is now {}",
                    before.name, after.name
                )
            }
            _ => continue,
        };
        findings.push(Finding::new(
            &["user", id.as_str(), "upstream_md5"],
            format!("these digests were {what}"),
            "Write the user's upstream_password instead",
        ));
    }
}
