//! Phones, as AXL has them, and who is there.

use std::collections::BTreeMap;

use super::super::house::House;
use super::super::tree::Element;
use super::super::xml::Writer;
use super::ids::{Id, Kind};
use super::pattern::is_found;
use super::soap::{Fault, Response};
use super::tags::{MOST, Part, Tag, Wanted, write};
use crate::pbx::{DeskLine, Phone, PhoneName, Presence, ProfileName, Seat, Site};

/// A phone, and what is asked about it.
struct Device<'a> {
    site: &'a Site,
    name: &'a PhoneName,
    phone: &'a Phone,
    present: Option<&'a Presence>,
    seat: Option<&'a Seat>,
}

/// What is said of a phone, in the order of the schema. What Perch has nothing like is empty: libraries that ask for
/// it expect an element.
fn tags<'a>() -> Vec<Tag<Device<'a>>> {
    vec![
        Tag {
            name: "name",
            write: |w, name, device| w.text(name, device.name.as_str()),
        },
        Tag {
            name: "description",
            write: |w, name, device| w.text(name, description(device.phone)),
        },
        Tag {
            name: "product",
            write: |w, name, device| w.text(name, &model(device.phone)),
        },
        Tag {
            name: "model",
            write: |w, name, device| w.text(name, &model(device.phone)),
        },
        Tag {
            name: "class",
            write: |w, name, _| w.text(name, "Phone"),
        },
        Tag {
            name: "protocol",
            write: |w, name, device| w.text(name, protocol(device.phone)),
        },
        Tag {
            name: "protocolSide",
            write: |w, name, _| w.text(name, "User"),
        },
        nothing("callingSearchSpaceName"),
        nothing("devicePoolName"),
        nothing("commonDeviceConfigName"),
        nothing("commonPhoneConfigName"),
        nothing("locationName"),
        nothing("mediaResourceListName"),
        nothing("securityProfileName"),
        nothing("sipProfileName"),
        Tag {
            name: "lines",
            write: lines,
        },
        nothing("phoneTemplateName"),
        nothing("softkeyTemplateName"),
    ]
}

/// And who is there.
fn tags_of_mobility<'a>() -> Vec<Tag<Device<'a>>> {
    vec![
        Tag {
            name: "loginUserId",
            write: |w, name, device| match device.present {
                Some(present) => w.text(name, present.user.as_str()),
                None => w.empty(name),
            },
        },
        Tag {
            name: "defaultProfileName",
            write: |w, name, device| profile(w, name, Some(&device.phone.logout_profile)),
        },
        Tag {
            name: "enableExtensionMobility",
            write: |w, name, device| w.text(name, word(is_hot_desk(device.site, device.phone))),
        },
        Tag {
            name: "currentProfileName",
            write: |w, name, device| {
                profile(w, name, device.present.map(|present| &present.profile))
            },
        },
        Tag {
            name: "loginTime",
            write: |w, name, device| match device.present {
                Some(present) => w.text(name, &since(present)),
                None => w.empty(name),
            },
        },
        Tag {
            name: "loginDuration",
            write: |w, name, device| match device.present {
                Some(present) => w.text(name, &present.lasts_s.unwrap_or(0).to_string()),
                None => w.empty(name),
            },
        },
        nothing("ownerUserName"),
    ]
}

fn nothing<'a>(name: &'static str) -> Tag<Device<'a>> {
    Tag {
        name,
        write: |w, name, _| w.empty(name),
    }
}

/// The phone that an element names, by its name or its identifier.
pub(super) fn named(
    site: &Site,
    request: &Element,
    name: &'static str,
) -> Result<PhoneName, Fault> {
    let element = request.child(&name.to_ascii_lowercase());
    let element = element.ok_or_else(|| Fault::missing(name))?;
    let said = match element.attribute("uuid") {
        Some(id) if element.text.is_empty() => return identified(site, id),
        _ => element.text.as_str(),
    };
    match site.phones.get_key_value(said) {
        Some((phone, _)) => Ok(phone.clone()),
        None if said.is_empty() => Err(Fault::missing(name)),
        None => Err(Fault::not_found("Phone")),
    }
}

/// The phone of an identifier.
pub(super) fn identified(site: &Site, id: &str) -> Result<PhoneName, Fault> {
    let id = Id::read(id).ok_or_else(|| Fault::not_found("Phone"))?;
    let mut names = site.phones.keys();
    let found = names.find(|phone| id_of(phone) == id);
    found.cloned().ok_or_else(|| Fault::not_found("Phone"))
}

/// The identifier of a phone.
pub(super) fn id_of(phone: &PhoneName) -> Id {
    Id::of(Kind::Phone, phone.as_str())
}

/// Answers what a phone is.
pub(super) async fn get(
    house: &impl House,
    request: &Element,
    response: &mut Response,
) -> Result<(), Fault> {
    let site = house.site();
    let name = match request.text_of("uuid") {
        Some(id) => identified(&site, id)?,
        None => named(&site, request, "name")?,
    };
    let phone = site.phones.get(&name);
    let phone = phone.ok_or_else(|| Fault::not_found("Phone"))?;
    let at = house.phone(&name).await?;
    let wanted = Wanted::of(request);
    let seat = match wanted.has("lines") {
        true => house.seat(&name).await?,
        false => None,
    };
    let device = Device {
        site: &site,
        name: &name,
        phone,
        present: at.as_ref().and_then(|at| at.present.as_ref()),
        seat: seat.as_deref(),
    };
    response.returned(|w| describe(w, &wanted, &device));
    Ok(())
}

/// Lists phones by pattern.
pub(super) async fn list(
    house: &impl House,
    request: &Element,
    response: &mut Response,
) -> Result<(), Fault> {
    let (site, who) = (house.site(), house.who().await?);
    let present: BTreeMap<&PhoneName, &Presence> =
        who.iter().map(|one| (&one.phone, one)).collect();
    let criteria = request.child("searchcriteria");
    let criteria = criteria.ok_or_else(|| Fault::missing("searchCriteria"))?;
    let (wanted, part) = (Wanted::of(request), Part::of(request));
    let fits = |(name, phone): &(&PhoneName, &Phone)| {
        criteria.children.iter().all(|criterion| {
            let text = match criterion.name.as_str() {
                "name" => name.as_str(),
                "description" => description(phone),
                "protocol" => protocol(phone),
                // Perch has nothing like the others: phones have none of them.
                _ => "",
            };
            is_found(&criterion.text, text)
        })
    };
    let found = site.phones.iter().filter(fits);
    let found: Vec<_> = found.skip(part.skip).take(part.first).collect();
    if found.len() > MOST {
        return Err(Fault::too_many(found.len(), MOST));
    }
    response.returned(|w| {
        for (name, phone) in found {
            let device = Device {
                site: &site,
                name,
                phone,
                present: present.get(name).copied(),
                seat: None,
            };
            describe(w, &wanted, &device);
        }
    });
    Ok(())
}

fn describe(w: &mut Writer, wanted: &Wanted, device: &Device<'_>) {
    let id = id_of(device.name).braced();
    w.with("phone", &[("uuid", &id)], |w| {
        write(w, &tags(), wanted, device);
        write(w, &tags_of_mobility(), wanted, device);
    });
}

fn lines(w: &mut Writer, name: &'static str, device: &Device<'_>) {
    let Some(seat) = device.seat else {
        return;
    };
    w.element(name, |w| {
        for (place, line) in seat.desk.lines.iter().enumerate() {
            self::line(w, place + 1, line);
        }
    });
}

fn line(w: &mut Writer, place: usize, line: &DeskLine) {
    let id = Id::of(Kind::Line, line.dn.as_str()).braced();
    w.element("line", |w| {
        w.text("index", &place.to_string());
        w.text("label", &line.label);
        w.text("display", &line.display_name);
        w.with("dirn", &[("uuid", &id)], |w| {
            w.text("pattern", line.dn.as_str());
            w.empty("routePartitionName");
        });
    });
}

fn profile(w: &mut Writer, name: &'static str, profile: Option<&ProfileName>) {
    match profile {
        Some(profile) => {
            let id = Id::of(Kind::Profile, profile.as_str()).braced();
            w.text_with(name, &[("uuid", &id)], profile.as_str());
        }
        None => w.empty(name),
    }
}

/// Where it stands is what an administrator wrote about it.
pub(super) fn description(phone: &Phone) -> &str {
    phone.location.as_deref().unwrap_or_default()
}

fn model(phone: &Phone) -> String {
    match &phone.hardware {
        Some(hardware) => format!("Cisco {}", hardware.model),
        None => "Third-party SIP Device (Advanced)".to_owned(),
    }
}

fn protocol(phone: &Phone) -> &'static str {
    match phone.hardware.is_some() && phone.sip_secret.is_none() && phone.provision.is_none() {
        true => "SCCP",
        false => "SIP",
    }
}

/// Whether anybody may log in there.
pub(super) fn is_hot_desk(site: &Site, phone: &Phone) -> bool {
    let profile = site.logout_profiles.get(&phone.logout_profile);
    let class = profile.and_then(|profile| site.classes.get(&profile.class));
    class.is_some_and(|class| class.login)
}

/// Since when somebody is there, in seconds since 1970.
pub(super) fn since(present: &Presence) -> String {
    present.since.0.div_euclid(1000).to_string()
}

fn word(is_so: bool) -> &'static str {
    if is_so { "true" } else { "false" }
}
