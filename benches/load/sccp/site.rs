//! The site that the played SCCP phones are in.

use super::kind::Kind;
use crate::arguments::Site;
use crate::site::{add_phone, people};

/// How many speed dials users have; phones that are nobody's have none.
pub const SPEED_DIALS: [&str; 2] = ["600000", "*90"];

/// The site as a file: phones are of these kinds in turn.
pub fn text(site: &Site, kinds: &[&'static Kind]) -> String {
    let dials =
        SPEED_DIALS.map(|number| format!("{{ number = \"{number}\", label = \"{number}\" }}"));
    let profile = format!("speed_dials = [{}]", dials.join(", "));
    let mut text = people(site, &profile);
    for (phone, kind) in (0..site.phones).zip(kinds.iter().cycle()) {
        let model = format!("model = \"{}\"", kind.model);
        add_phone(&mut text, phone, &name(phone), &model);
    }
    text
}

/// What a phone calls itself.
pub fn name(phone: u32) -> String {
    format!("SEP{:012X}", 0x0200_0000_0000_u64 + u64::from(phone))
}
