//! Users and their profiles, as AXL has them.

use super::super::tree::Element;
use super::super::xml::Writer;
use super::ids::{Id, Kind};
use super::pattern::is_found;
use super::soap::{Fault, Response};
use super::tags::{MOST, Part, Tag, Wanted, write};
use crate::pbx::{ProfileName, Site, User, UserId};

/// A user and the id.
type Person<'a> = (&'a UserId, &'a User);

/// What is said of a user, in the order of the schema. A name is one piece, so it is the last name: every tool shows
/// that, and nobody can tell where a name divides.
fn tags<'a>() -> Vec<Tag<Person<'a>>> {
    vec![
        Tag {
            name: "firstName",
            write: |w, name, _| w.empty(name),
        },
        Tag {
            name: "displayName",
            write: |w, name, (_, user)| w.text(name, &user.display_name),
        },
        Tag {
            name: "lastName",
            write: |w, name, (_, user)| w.text(name, &user.display_name),
        },
        Tag {
            name: "userid",
            write: |w, name, (id, _)| w.text(name, id.as_str()),
        },
        Tag {
            name: "mailid",
            write: |w, name, _| w.empty(name),
        },
        Tag {
            name: "department",
            write: |w, name, _| w.empty(name),
        },
        Tag {
            name: "primaryExtension",
            write: |w, name, (_, user)| {
                w.element(name, |w| {
                    w.text("pattern", user.dn.as_str());
                    w.empty("routePartitionName");
                });
            },
        },
        Tag {
            name: "phoneProfiles",
            write: |w, name, (_, user)| {
                w.element(name, |w| {
                    for one in &user.profiles {
                        write_profile(w, "profileName", one);
                    }
                });
            },
        },
        Tag {
            name: "defaultProfile",
            write: |w, name, (_, user)| match user.profiles.first() {
                Some(first) => write_profile(w, name, first),
                None => w.empty(name),
            },
        },
        Tag {
            name: "telephoneNumber",
            write: |w, name, (_, user)| w.text(name, user.dn.as_str()),
        },
    ]
}

/// What a list has less.
const NOT_LISTED: [&str; 3] = ["displayName", "phoneProfiles", "defaultProfile"];

/// The identifier of a user.
pub(super) fn id_of(user: &UserId) -> Id {
    Id::of(Kind::User, user.as_str())
}

/// The profile that somebody is to log in as; none: as usual.
pub(super) fn profile(site: &Site, request: &Element) -> Result<Option<ProfileName>, Fault> {
    let element = request.child("profilename");
    let element = element.ok_or_else(|| Fault::missing("profileName"))?;
    match element.attribute("uuid").filter(|id| !id.is_empty()) {
        Some(id) if element.text.is_empty() => {
            let is_it = |name: &&ProfileName| {
                Id::read(id).is_some_and(|id| id == Id::of(Kind::Profile, name.as_str()))
            };
            let found = site.user_profiles.keys().find(is_it);
            let found = found.ok_or_else(|| Fault::not_found("DeviceProfile"))?;
            Ok(Some(found.clone()))
        }
        _ if element.text.is_empty() => Ok(None),
        _ => Ok(Some(element.text.as_str().into())),
    }
}

/// Answers who a user is.
pub(super) fn get(site: &Site, request: &Element, response: &mut Response) -> Result<(), Fault> {
    let found = match (request.text_of("uuid"), request.text_of("userid")) {
        (Some(id), _) => {
            let id = Id::read(id).ok_or_else(|| Fault::not_found("User"))?;
            site.users.iter().find(|(user, _)| id_of(user) == id)
        }
        (None, Some(user)) => site.users.get_key_value(user),
        (None, None) => return Err(Fault::missing("userid")),
    };
    let found = found.ok_or_else(|| Fault::not_found("User"))?;
    let wanted = Wanted::of(request);
    response.returned(|w| describe(w, &wanted, &found));
    Ok(())
}

/// Lists users by pattern.
pub(super) fn list(site: &Site, request: &Element, response: &mut Response) -> Result<(), Fault> {
    let criteria = request.child("searchcriteria");
    let criteria = criteria.ok_or_else(|| Fault::missing("searchCriteria"))?;
    let (wanted, part) = (Wanted::of(request), Part::of(request));
    let fits = |(id, user): &Person<'_>| {
        criteria.children.iter().all(|criterion| {
            let text = match criterion.name.as_str() {
                "userid" => id.as_str(),
                "lastname" => user.display_name.as_str(),
                _ => "",
            };
            is_found(&criterion.text, text)
        })
    };
    let found = site.users.iter().filter(fits);
    let found: Vec<Person<'_>> = found.skip(part.skip).take(part.first).collect();
    if found.len() > MOST {
        return Err(Fault::too_many(found.len(), MOST));
    }
    let wanted = match wanted {
        Wanted::All => {
            let names = tags().into_iter().map(|tag| tag.name);
            let listed = names.filter(|name| !NOT_LISTED.contains(name));
            Wanted::These(listed.map(str::to_owned).collect())
        }
        these => these,
    };
    response.returned(|w| {
        for person in found {
            describe(w, &wanted, &person);
        }
    });
    Ok(())
}

fn describe(w: &mut Writer, wanted: &Wanted, person: &Person<'_>) {
    let id = id_of(person.0).braced();
    w.with("user", &[("uuid", &id)], |w| {
        write(w, &tags(), wanted, person)
    });
}

fn write_profile(w: &mut Writer, name: &'static str, profile: &ProfileName) {
    let id = Id::of(Kind::Profile, profile.as_str()).braced();
    w.text_with(name, &[("uuid", &id)], profile.as_str());
}
