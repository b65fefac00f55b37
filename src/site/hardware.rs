//! What phones are made of: models that are known to speak SCCP, what they are called there, and what fits them.

use super::document::FIRMWARE;
use super::problem::{Finding, did_you_mean};
use crate::pbx::{Hardware, ModelName, Models, PhoneModel, PhoneName, Protocol, Site};

/// The one that runs on a computer, and has the name that its user gave it.
const SOFTWARE: &str = "CIPC";

/// A phone with a model registers over SCCP: under its hardware address, and without a password.
pub(super) fn check_hardware(site: &Site, findings: &mut Vec<Finding>) {
    for (name, phone) in &site.phones {
        let Some(hardware) = phone.hardware.as_deref() else {
            continue;
        };
        check_model(site, name, hardware, findings);
        check_modules(site, name, hardware, findings);
        if phone.sip_secret.is_some() {
            findings.push(Finding::about_key(
                &["phone", name.as_str(), "model"],
                "this phone has a password, too, but a phone with a model speaks SCCP, which has none",
                "Take the model away if the phone speaks SIP, or the password if it speaks SCCP",
            ));
        }
    }
}

/// Firmware is prescribed to models that somebody knows, by a name that can stand in a file.
pub(super) fn check_firmware(site: &Site, findings: &mut Vec<Finding>) {
    for model in site.unknown_firmware() {
        let names = || site.models().map(|model| model.name.as_str());
        let all = || names().collect::<Vec<_>>().join(", ");
        let remedy = did_you_mean(model.as_str(), names());
        findings.push(Finding::about_key(
            &[FIRMWARE, model.as_str()],
            format!("there is no model {:?}", model.as_str()),
            remedy.unwrap_or_else(|| format!("Known are {}", all())),
        ));
    }
    let is_right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    for (model, firmware) in &site.firmware {
        if !(1..=64).contains(&firmware.len()) || !firmware.chars().all(is_right) {
            findings.push(Finding::new(
                &[FIRMWARE, model.as_str()],
                "firmware is named by 1 to 64 letters, digits, '.', '-' and '_'",
                "Write the name of the load, or the version, as the phone says it",
            ));
        }
    }
}

fn check_model(site: &Site, name: &PhoneName, hardware: &Hardware, findings: &mut Vec<Finding>) {
    let (name, model) = (name.as_str(), hardware.model.as_str());
    if station(site, model).is_none() {
        let models = || {
            let speaking = site.models().filter(|model| model.speaks(Protocol::Sccp));
            speaking.map(|model| model.name.as_str())
        };
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

/// A model that speaks SCCP, by its name as it is written.
fn station<'a>(site: &'a Site, name: &str) -> Option<&'a PhoneModel> {
    let model = site.model(name)?;
    (model.name.as_str() == name && model.speaks(Protocol::Sccp)).then_some(model)
}

/// `SEP` or `ATA`, and a hardware address as the phone writes it.
fn is_device_name(name: &str) -> bool {
    let address = name
        .strip_prefix("SEP")
        .or_else(|| name.strip_prefix("ATA"));
    let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'A'..=b'F');
    address.is_some_and(|text| text.len() == 12 && text.bytes().all(is_digit))
}

fn check_modules(site: &Site, name: &PhoneName, hardware: &Hardware, findings: &mut Vec<Finding>) {
    let modules = &hardware.add_on_modules;
    let mut wrong = |place: Option<usize>, what: String, remedy: String| {
        let place = place.map(|place| place.to_string());
        let path = ["phone", name.as_str(), "add_on_modules"].into_iter();
        let path: Vec<&str> = path.chain(place.as_deref()).collect();
        findings.push(Finding::new(&path, what, remedy));
    };
    let model = station(site, hardware.model.as_str());
    for (place, module) in modules.iter().enumerate() {
        let known = || Models::known().modules().iter().map(|(name, _)| name);
        if !known().any(|name| name == module) {
            let remedy = did_you_mean(module.as_str(), known().map(ModelName::as_str))
                .unwrap_or_else(|| format!("Known are {}", joined(known())));
            let what = format!("{:?} is no module that is known", module.as_str());
            wrong(Some(place), what, remedy);
        } else if let Some(model) = model.filter(|model| !model.modules.is_empty())
            && !model.modules.contains(module)
        {
            let what = format!("a {module} does not fit a {}", model.name);
            let remedy = format!("Modules that do: {}", joined(model.modules.iter()));
            wrong(Some(place), what, remedy);
        }
    }
    let Some(model) = model.filter(|_| !modules.is_empty()) else {
        return;
    };
    let most = usize::from(model.most_modules);
    if most == 0 {
        let extensible = site.models().filter(|model| model.most_modules > 0);
        let remedy = format!("Models that do: {}", joined(extensible.map(|m| &m.name)));
        wrong(None, format!("a {} takes no modules", model.name), remedy);
    } else if modules.len() > most {
        let remedy = format!("Keep {most} at most");
        wrong(
            None,
            format!("a {} takes no more than {most} modules", model.name),
            remedy,
        );
    }
}

fn joined<'a>(names: impl Iterator<Item = &'a ModelName>) -> String {
    let names: Vec<&str> = names.map(ModelName::as_str).collect();
    names.join(", ")
}
