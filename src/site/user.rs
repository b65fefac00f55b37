//! Users: who they are, and how they prove it.

use std::sync::Arc;

use super::limits::limits;
use super::reader::Section;
use super::secrets::fault_of_hash;
use super::sip_secret::softphone_secret;
use super::upstream;
use crate::pbx::{PinHash, ProfileName, Upstream, User, is_pin};

/// One user, and the PIN that is to be hashed, if everything else is right.
pub(super) fn read<'t>(
    id: &str,
    (realm, upstream): (&str, Option<&Upstream>),
    s: &mut Section<'t>,
) -> (User, Option<&'t str>) {
    let (dn, display_name) = (s.required_text("dn"), s.required_text("display_name"));
    let upstream = upstream.map(|upstream| upstream.realm.as_str());
    let (pin, to_hash) = pin(s);
    let user = User {
        dn: dn.into(),
        display_name: display_name.into(),
        pin: PinHash(pin.unwrap_or_default()),
        profiles: profiles(s),
        mailbox: s.text("mailbox").map(Into::into),
        sip_secret: softphone_secret(id, dn, realm, s).map(Box::new),
        upstream: upstream::read_user(dn, upstream, s).map(Arc::new),
        group: s.text("group").map(Into::into),
        class: s.text("class").map(Into::into),
        limits: limits(s).boxed(),
        exempt: s.flag("exempt").unwrap_or_default(),
    };
    (user, to_hash)
}

/// The hash that is given, or the PIN that is.
fn pin<'t>(s: &mut Section<'t>) -> (Option<String>, Option<&'t str>) {
    let (pin, hash) = (s.text("pin"), s.text("pin_hash"));
    match (s.has("pin"), s.has("pin_hash")) {
        (true, true) => s.wrong(
            "pin_hash",
            "there is a pin already",
            "Keep either pin or pin_hash",
        ),
        (false, false) => s.missing("pin"),
        _ => {}
    }
    if pin.is_some_and(|pin| !is_pin(pin)) {
        s.wrong(
            "pin",
            "a PIN is 4 to 32 digits, because it is dialled",
            "Choose one that is",
        );
    }
    let hash = hash.filter(|_| pin.is_none());
    if let Some(fault) = hash.and_then(fault_of_hash) {
        s.wrong(
            "pin_hash",
            fault,
            "Write the PIN itself as pin, or a hash that Perch wrote",
        );
    }
    (hash.map(str::to_owned), pin)
}

fn profiles(s: &mut Section<'_>) -> Vec<ProfileName> {
    let profiles = s.texts("profiles");
    match &profiles {
        None if !s.has("profiles") => s.missing("profiles"),
        Some(names) if names.is_empty() => s.wrong(
            "profiles",
            "a user needs at least one profile",
            "Name one that is defined as [user_profile.…], the default first",
        ),
        _ => {}
    }
    profiles
        .unwrap_or_default()
        .into_iter()
        .map(Into::into)
        .collect()
}
