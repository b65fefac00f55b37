//! The idle page: a phone asks for it when nobody has used it for a while, and again and again as long as nobody does (IDL-7).
//!
//! Asking is no use of the phone, and logs nobody in. It may be asked for in a phone's name by the phone itself: from where it is
//! registered; if it is registered nowhere here, from a network of phones; or with what only its own files say.

use std::time::Duration;

use subtle::ConstantTimeEq;

use super::code::Code;
use super::house::{House, IdlePages, Wish};
use super::page::Reader;
use super::request::{Reply, Request};
use super::services::told;
use super::visit::{is_from, named};
use crate::pbx::{AtPhone, Door, PhoneName, Rest};

/// Where it is.
pub const PATH: &str = "/idle";

/// What may stand in its address: that the phone asks again, that somebody pressed a key, what nobody else knows, and after
/// how many seconds without use the phone asks.
const AGAIN: &str = "again";
const STAY: &str = "stay";
const TOKEN: &str = "token";
const AFTER: &str = "after";

/// The longest that a phone may say it was idle before it asked.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The page.
pub(super) async fn show(
    house: &impl House,
    request: &Request,
    reader: &Reader,
) -> Result<Reply, Code> {
    let phone = named(request)?;
    let at = house.phone(&phone).await?;
    check_source(house, request, &phone, at.as_ref())?;
    if request.fields.is_true(STAY) {
        let stayed = house.wish(Door::Page, Wish::Stay(phone)).await?;
        stayed.map_err(|refusal| Code::from(&refusal))?;
        let texts = reader.texts;
        return Ok(reader.done(&texts.stay_title, texts.stayed.clone()));
    }
    let rest = rest(house.idle_pages(), request);
    let is_elsewhere = house.rests_elsewhere(&phone, rest);
    if at.is_some() {
        // Whether anybody is here, the page will say.
        let _ = house
            .wish(Door::Page, Wish::Rest(phone.clone(), rest))
            .await?;
    } else if !is_elsewhere {
        return Err(Code::NO_PHONE);
    }
    // What the phone said may have changed what there is to show.
    let at = house.phone(&phone).await?;
    shown(house, request, reader, (&phone, rest, at))
}

/// Whether it is the phone that asks.
fn check_source(
    house: &impl House,
    request: &Request,
    phone: &PhoneName,
    at: Option<&AtPhone>,
) -> Result<(), Code> {
    if let Some(token) = request.fields.said(TOKEN) {
        let own = house.idle_token(phone);
        let is_own = bool::from(own.as_bytes().ct_eq(token.as_bytes()));
        return if is_own { Ok(()) } else { Err(Code::UNTRUSTED) };
    }
    let (source, site) = (request.head.source, house.site());
    let addresses = at.map_or(&[][..], |at| &at.addresses);
    let is_stray = addresses.is_empty() && house.is_at_home(source) && !request.head.is_proxied();
    match is_stray || is_from(source, &site.mobility, addresses) {
        true => Ok(()),
        false => Err(Code::UNTRUSTED),
    }
}

fn rest(pages: IdlePages, request: &Request) -> Rest {
    let after = request
        .fields
        .said(AFTER)
        .and_then(|text| text.parse().ok());
    let after = after.map_or(pages.after, Duration::from_secs).min(LONGEST);
    Rest {
        begins: (!request.fields.is_true(AGAIN)).then_some(after),
        every: pages.every,
    }
}

/// Who is here, and how to stay; and the same again in a while.
fn shown(
    house: &impl House,
    request: &Request,
    reader: &Reader,
    (phone, rest, at): (&PhoneName, Rest, Option<AtPhone>),
) -> Result<Reply, Code> {
    let (texts, site) = (reader.texts, house.site());
    let kept = [TOKEN, AFTER];
    let kept = kept.map(|name| request.fields.said(name).map(|value| (name, value)));
    let url = |more| {
        let mut parameters = vec![("name", phone.as_str())];
        parameters.extend(kept.iter().flatten());
        parameters.push((more, "true"));
        reader.url(PATH, &parameters).ok_or(Code::NO_PHONE)
    };
    let present = at.as_ref().and_then(|at| at.present.as_ref());
    let (text, key) = match present {
        Some(present) => (
            told(texts, present, &site),
            Some((texts.item_stay.as_str(), url(STAY)?)),
        ),
        None if at.is_some() => (texts.nobody_here.clone(), None),
        // Who is there is another's to say.
        None => (String::new(), None),
    };
    let again = (rest.every.as_secs(), url(AGAIN)?);
    Ok(reader.again(&site.settings.name, text, again, key))
}
