//! PINs in a site file: as they are, to be hashed, or as hashes that Perch wrote.

use std::ops::RangeInclusive;

use super::reader::Section;
use super::secrets::fault_of_hash;
use crate::pbx::PinHash;

/// The hash that is given, or the PIN that is. `whose` begins the sentence that says how many digits it has.
pub(super) fn pin<'t>(
    s: &mut Section<'t>,
    whose: &str,
    digits: RangeInclusive<usize>,
) -> (Option<PinHash>, Option<&'t str>) {
    let (pin, hash) = (s.text("pin"), s.text("pin_hash"));
    if s.has("pin") && s.has("pin_hash") {
        let what = "there is a pin already";
        s.wrong("pin_hash", what, "Keep either pin or pin_hash");
    }
    let is_pin =
        |pin: &str| digits.contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
    if pin.is_some_and(|pin| !is_pin(pin)) {
        let (least, most) = (digits.start(), digits.end());
        let what = format!("{whose} is {least} to {most} digits, because it is dialled");
        s.wrong("pin", what, "Choose one that is");
    }
    let hash = hash.filter(|_| pin.is_none());
    if let Some(fault) = hash.and_then(fault_of_hash) {
        let advice = "Write the PIN itself as pin, or a hash that Perch wrote";
        s.wrong("pin_hash", fault, advice);
    }
    (hash.map(|hash| PinHash(hash.to_owned())), pin)
}
