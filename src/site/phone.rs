//! Phones: where they stand, what they are made of, and how they prove which one they are.

use super::limits::limits;
use super::provision::provision;
use super::reader::Section;
use super::sip_secret::phone_secret;
use crate::pbx::{Hardware, Phone};

/// One phone.
pub(super) fn read(name: &str, realm: &str, s: &mut Section<'_>) -> Phone {
    Phone {
        logout_profile: s.required_text("logout_profile").into(),
        guest_dn: s.text("guest_dn").map(Into::into),
        sip_secret: phone_secret(name, realm, s),
        exempt: s.flag("exempt").unwrap_or_default(),
        location: s.text("location").map(Into::into),
        emergency_number: s.text("emergency_number").map(Into::into),
        hardware: hardware(s).map(Box::new),
        pickup_group: s.text("pickup_group").map(Into::into),
        provision: provision(name, s).map(Box::new),
        own_speed_dials: s.flag("own_speed_dials").unwrap_or(true),
        limits: limits(s).boxed(),
    }
}

fn hardware(s: &mut Section<'_>) -> Option<Hardware> {
    let (model, modules) = (s.text("model"), s.names("add_on_modules"));
    let enrolled = s.flag("auto_registered").unwrap_or_default();
    if (s.has("add_on_modules") || enrolled) && !s.has("model") {
        s.missing("model");
    }
    Some(Hardware {
        model: model?.into(),
        add_on_modules: modules,
        enrolled,
    })
}
