//! `[registration]`: how phones are asked to prove who they are, and how long they are believed to be where they are.

use super::reader::Reader;
use crate::sip::{Limits, Offer};

/// Reads what the settings file says.
pub(super) fn read(reader: &mut Reader, digest: &mut Offer, registration: &mut Limits) {
    let offers = [
        ("md5", Offer::Md5),
        ("sha-256-and-md5", Offer::Sha256AndMd5),
        ("sha-256", Offer::Sha256),
    ];
    reader.word("registration", "digest", &offers, digest);
    reader.number(
        "registration",
        "default_s",
        60..=86_400,
        &mut registration.default_expires_s,
    );
    reader.number(
        "registration",
        "min_s",
        1..=86_400,
        &mut registration.min_expires_s,
    );
    reader.number(
        "registration",
        "max_s",
        60..=86_400,
        &mut registration.max_expires_s,
    );
    reader.number(
        "registration",
        "contacts",
        1..=100,
        &mut registration.contacts,
    );
    let flow_timer = &mut registration.flow_timer_s;
    reader.number("registration", "flow_timer_s", 1..=3600, flow_timer);
    let (min, max) = (registration.min_expires_s, registration.max_expires_s);
    if !(min..=max).contains(&registration.default_expires_s) {
        let what = format!("default_s must be from min_s, {min}, to max_s, {max}");
        reader.problem(
            "registration",
            "default_s",
            &what,
            "Correct one of the three",
        );
    }
}
