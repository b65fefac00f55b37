//! Users: who they are, and how they prove it.

use std::sync::Arc;

use super::limits::limits;
use super::pin::pin;
use super::reader::Section;
use super::sip_secret::softphone_secret;
use super::upstream;
use crate::pbx::{PIN_DIGITS, ProfileName, Upstream, User};

/// One user, and the PIN that is to be hashed, if everything else is right.
pub(super) fn read<'t>(
    id: &str,
    (realm, upstream): (&str, Option<&Upstream>),
    s: &mut Section<'t>,
) -> (User, Option<&'t str>) {
    let (dn, display_name) = (s.required_text("dn"), s.required_text("display_name"));
    let upstream = upstream.map(|upstream| upstream.realm.as_str());
    if !s.has("pin") && !s.has("pin_hash") {
        s.missing("pin");
    }
    let (pin, to_hash) = pin(s, "a PIN", PIN_DIGITS);
    let user = User {
        dn: dn.into(),
        display_name: display_name.into(),
        pin: pin.unwrap_or_default(),
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
