//! What the Services key leads to: logging in or out, who is here, and staying after a warning.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::code::Code;
use super::credential;
use super::dials;
use super::emapp;
use super::house::{House, Wish};
use super::objects::Item;
use super::page::Reader;
use super::request::{Reply, Request};
use super::texts::{Texts, filled};
use super::visit::Visit;
use crate::pbx::{Cause, Door, LeftOut, Personality, Presence, Site, Why};
use crate::time::Utc;

/// Where they are.
pub(super) const MENU: &str = "/ccmcip/getservicesmenu.jsp";
/// The menu, for whoever writes an address by hand.
pub(super) const PAGES: &str = "/pages/menu";
pub(super) const WHO: &str = "/pages/who";
pub(super) const STAY: &str = "/pages/stay";

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// What there is.
    Menu,
    /// Who is here.
    Who,
    /// Not to be logged out soon.
    Stay,
}

/// One of them.
pub(super) async fn show(
    house: &impl House,
    request: &Request,
    service: Service,
    reader: &Reader,
) -> Result<Reply, Code> {
    let visit = Visit::of(house, request).await?;
    match service {
        Service::Menu => menu(reader, &visit, house.site().mobility.personality),
        Service::Who => who(reader, &visit, &house.site()),
        Service::Stay => {
            let stay = Wish::Stay(visit.phone);
            let outcome = house.wish(Door::Page, stay).await?;
            outcome.map_err(|refusal| Code::from(&refusal))?;
            let texts = reader.texts;
            Ok(reader.done(&texts.stay_title, texts.stayed.clone()))
        }
    }
}

/// Logging in becomes logging out when somebody is here.
fn menu(reader: &Reader, visit: &Visit, personality: Personality) -> Result<Reply, Code> {
    let texts = reader.texts;
    let mut services = Vec::new();
    // Whoever wanted to leave may have thought better of it (OUT-2).
    let leaves = visit.at.present.as_ref().and_then(|it| it.leaving);
    if visit.at.warned.is_some() || leaves == Some(Cause::User) {
        services.push((&texts.item_stay, STAY));
    }
    let login = match visit.at.present {
        None => &texts.item_login,
        Some(_) => &texts.item_logout,
    };
    if personality == Personality::Cucm {
        services.push((login, emapp::PATH));
    }
    services.push((&texts.item_who, WHO));
    if visit.at.present.is_some() && visit.at.may_edit_dials {
        services.push((&texts.item_dials, dials::PATH));
    }
    if reader.has_forms_with_secrets() {
        services.push((&texts.item_pin, credential::PATH));
    }
    if personality == Personality::Cme {
        // There it is the last one, and is called the same whatever it leads to.
        services.push((&texts.item_mobility, emapp::PATH));
    }
    let mut items = Vec::with_capacity(services.len());
    for (name, path) in services {
        let url = reader.url(path, &[("device", visit.phone.as_str())]);
        items.push(Item {
            name: name.clone(),
            url: url.ok_or(Code::NO_PHONE)?,
        });
    }
    Ok(reader.menu(&texts.services_title, &texts.services_prompt, items))
}

/// Who is here, since when, until when; and the ways to have the phone (SES-3, SES-11).
fn who(reader: &Reader, visit: &Visit, site: &Site) -> Result<Reply, Code> {
    let texts = reader.texts;
    let Some(present) = &visit.at.present else {
        return Ok(reader.text(&texts.who_title, texts.nobody_here.clone()));
    };
    let url = |more| {
        let parameters = [("device", visit.phone.as_str()), more];
        let url = reader.url(emapp::PATH, &parameters);
        url.ok_or(Code::NO_PHONE)
    };
    let more = reader.url(MENU, &[("device", visit.phone.as_str())]);
    let others = [
        (texts.key_other.as_str(), url(("form", "true"))?),
        (texts.key_more.as_str(), more.ok_or(Code::NO_PHONE)?),
    ];
    let title = (texts.who_title.as_str(), texts.present_prompt.as_str());
    let yes = url(("doLogout", "true"))?;
    let mut text = told(texts, present, site);
    text.push_str(&left_out(texts, visit));
    Ok(reader.question(title, text, yes, others))
}

/// What of the profile has no button here (PRO-2), as far as a display goes.
fn left_out(texts: &Texts, visit: &Visit) -> String {
    const MOST: usize = 8;
    let missing = |left_out: &&LeftOut| left_out.why != Why::MadeNormal;
    let all: Vec<&LeftOut> = visit.at.left_out.iter().filter(missing).collect();
    if all.is_empty() {
        return String::new();
    }
    let some = all.iter().take(MOST).map(|left_out| left_out.what.short());
    let mut some: Vec<String> = some.collect();
    if all.len() > MOST {
        some.push("...".to_owned());
    }
    format!("\n{}", filled(&texts.who_left_out, "what", &some.join(" ")))
}

pub(super) fn told(texts: &Texts, present: &Presence, site: &Site) -> String {
    let zone = TimeZone::get(&site.settings.timezone).unwrap_or(TimeZone::UTC);
    let mut text = filled(&texts.who_text, "user", present.user.as_str());
    text = filled(&text, "dn", present.dn.as_str());
    text = filled(&text, "name", &present.display_name);
    text = filled(&text, "since", &local(&zone, present.since));
    if let Some((at, _)) = present.next_logout {
        text.push('\n');
        text.push_str(&filled(&texts.who_until, "until", &local(&zone, at)));
    }
    text
}

/// A moment by the clock of the site.
fn local(zone: &TimeZone, at: Utc) -> String {
    match Timestamp::from_millisecond(at.0) {
        Ok(at) => at
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => "?".to_owned(),
    }
}
