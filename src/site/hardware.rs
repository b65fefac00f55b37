//! What phones are made of: models that are known to speak SCCP, what they are called there, and what fits them.

use super::problem::{Finding, did_you_mean};
use crate::pbx::{Hardware, PhoneName, Site};
use crate::sccp::{MODELS, MODULES};

/// The one that runs on a computer, and has the name that its user gave it.
const SOFTWARE: &str = "CIPC";

/// How many modules a phone takes.
const MODULES_AT_MOST: usize = 2;

/// Models that modules can be plugged into.
const EXTENSIBLE: [&str; 9] = [
    "7960", "7961", "7961GE", "7962", "7965", "7970", "7971", "7971GE", "7975",
];

/// A phone with a model registers over SCCP: under its hardware address, and without a password.
pub(super) fn check_hardware(site: &Site, findings: &mut Vec<Finding>) {
    for (name, phone) in &site.phones {
        let Some(hardware) = phone.hardware.as_deref() else {
            continue;
        };
        check_model(name, hardware, findings);
        check_modules(name, hardware, findings);
        if phone.sip_secret.is_some() {
            findings.push(Finding::about_key(
                &["phone", name.as_str(), "model"],
                "this phone has a password, too, but a phone with a model speaks SCCP, which has none",
                "Take the model away if the phone speaks SIP, or the password if it speaks SCCP",
            ));
        }
    }
}

fn check_model(name: &PhoneName, hardware: &Hardware, findings: &mut Vec<Finding>) {
    let (name, model) = (name.as_str(), hardware.model.as_str());
    if !is_model(model) {
        let models = || MODELS.iter().map(|model| model.name);
        let all = || models().collect::<Vec<_>>().join(", ");
        let remedy =
            did_you_mean(model, models()).unwrap_or_else(|| format!("Known are {}", all()));
        findings.push(Finding::new(
            &["phone", name, "model"],
            format!("{model:?} is no model that speaks SCCP"),
            remedy,
        ));
    } else if model != SOFTWARE && !is_device_name(name) {
        let (what, example) = if model.starts_with("ATA") {
            ("ATA and its hardware address", "ATA001122334455")
        } else {
            ("SEP and its hardware address", "SEP001122334455")
        };
        findings.push(Finding::about_key(
            &["phone", name],
            format!("a {model} calls itself {what} in 12 digits 0-9 and A-F"),
            format!("Name it as in [phone.{example}]"),
        ));
    }
}

fn is_model(name: &str) -> bool {
    MODELS.iter().any(|model| model.name == name)
}

/// `SEP` or `ATA`, and a hardware address as the phone writes it.
fn is_device_name(name: &str) -> bool {
    let address = name
        .strip_prefix("SEP")
        .or_else(|| name.strip_prefix("ATA"));
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'A'..=b'F');
    address.is_some_and(|text| text.len() == 12 && text.bytes().all(is_digit))
}

fn check_modules(name: &PhoneName, hardware: &Hardware, findings: &mut Vec<Finding>) {
    let modules = &hardware.add_on_modules;
    let mut wrong = |place: Option<usize>, what: String, remedy: String| {
        let place = place.map(|place| place.to_string());
        let path = ["phone", name.as_str(), "add_on_modules"].into_iter();
        let path: Vec<&str> = path.chain(place.as_deref()).collect();
        findings.push(Finding::new(&path, what, remedy));
    };
    for (place, module) in modules.iter().enumerate() {
        let module = module.as_str();
        let known = || MODULES.iter().map(|(name, _)| *name);
        if !known().any(|name| name == module) {
            let all = || known().collect::<Vec<_>>().join(", ");
            let remedy =
                did_you_mean(module, known()).unwrap_or_else(|| format!("Known are {}", all()));
            let what = format!("{module:?} is no module that is known");
            wrong(Some(place), what, remedy);
        }
    }
    let model = hardware.model.as_str();
    if !modules.is_empty() && is_model(model) && !EXTENSIBLE.contains(&model) {
        let remedy = format!("Models that do: {}", EXTENSIBLE.join(", "));
        wrong(None, format!("a {model} takes no modules"), remedy);
    } else if modules.len() > MODULES_AT_MOST {
        let remedy = format!("Keep {MODULES_AT_MOST} at most");
        wrong(None, "no phone takes so many modules".into(), remedy);
    }
}
