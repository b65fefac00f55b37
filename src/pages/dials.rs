//! One's own speed dials: a list, and a form for each (PRO-3, PRO-7).

use super::code::Code;
use super::fields::Fields;
use super::house::{House, Wish};
use super::objects::{Field, Item, Typed};
use super::page::Reader;
use super::request::{Reply, Request};
use super::visit::Visit;
use crate::pbx::{DialEdit, Door, SpeedDial};

/// Where it is.
pub(super) const PATH: &str = "/pages/speeddials";

/// What a request wants.
#[derive(Debug)]
enum Aim {
    /// To see the list.
    List,
    /// To see the form of one.
    Show(usize),
    /// To have one changed.
    Change(DialEdit),
}

/// One of the pages.
pub(super) async fn show(
    house: &impl House,
    request: &Request,
    reader: &Reader,
) -> Result<Reply, Code> {
    let visit = Visit::of(house, request).await?;
    if visit.at.present.is_none() {
        return Err(Code::NOBODY);
    }
    if !visit.at.may_edit_dials {
        return Err(Code::POLICY);
    }
    match aim(reader, &request.fields) {
        Aim::List => list(reader, &visit),
        Aim::Show(place) => form(reader, &visit, place, &request.fields),
        Aim::Change(edit) => {
            let wish = Wish::EditDial(visit.phone.clone(), edit);
            let outcome = house.wish(Door::Page, wish).await?;
            outcome.map_err(|why| Code::from(&why))?;
            // The list as it is now is the answer.
            let at = house.phone(&visit.phone).await?.ok_or(Code::NO_PHONE)?;
            list(reader, &Visit { at, ..visit })
        }
    }
}

fn aim(reader: &Reader, fields: &Fields) -> Aim {
    let place = fields.said("place").and_then(|place| place.parse().ok());
    let Some(place) = place else {
        return Aim::List;
    };
    let number = fields.said("number").map(str::to_owned);
    let is_half = number.is_some() && reader.is_still_to_ask("label", fields);
    if is_half || fields.get("number").is_none() {
        return Aim::Show(place);
    }
    let after = number.map(|number| {
        let label = fields.said("label").unwrap_or(&number).to_owned();
        SpeedDial::new(number, label)
    });
    Aim::Change(DialEdit {
        place,
        before: fields.said("was").map(str::to_owned),
        after,
    })
}

/// All of them, and a place for one more.
fn list(reader: &Reader, visit: &Visit) -> Result<Reply, Code> {
    let texts = reader.texts;
    let dials = &visit.at.speed_dials;
    let names = dials
        .iter()
        .map(|dial| format!("{}: {}", dial.label, dial.number));
    let new = (dials.len() < SpeedDial::MOST).then(|| texts.dials_new.clone());
    let mut items = Vec::with_capacity(dials.len() + 1);
    for (place, name) in names.chain(new).enumerate() {
        let place = place.to_string();
        let url = url(reader, visit, &[("place", &place)])?;
        items.push(Item { name, url });
    }
    Ok(reader.menu(&texts.dials_title, &texts.dials_prompt, items))
}

/// One of them. What it was goes along, so that nobody changes another than they saw.
fn form(reader: &Reader, visit: &Visit, place: usize, typed: &Fields) -> Result<Reply, Code> {
    let texts = reader.texts;
    let dials = &visit.at.speed_dials;
    if place > dials.len() || place >= SpeedDial::MOST {
        return list(reader, visit);
    }
    let dial = dials.get(place);
    let number = dial.map(|dial| dial.number.as_str()).unwrap_or_default();
    let label = dial.map(|dial| dial.label.as_str()).unwrap_or_default();
    let place = place.to_string();
    let mut parameters = vec![("device", visit.phone.as_str()), ("place", place.as_str())];
    parameters.extend(dial.map(|dial| ("was", dial.number.as_str())));
    let fields = vec![
        Field {
            label: texts.number.clone(),
            name: "number",
            default: number.to_owned(),
            typed: Typed::Keys,
        },
        Field {
            label: texts.label.clone(),
            name: "label",
            default: label.to_owned(),
            typed: Typed::Anything,
        },
    ];
    let title = (texts.dials_title.as_str(), texts.dial_prompt.as_str());
    let form = reader.form(title, (PATH, &parameters), fields, typed);
    form.ok_or(Code::NO_PHONE)
}

fn url(reader: &Reader, visit: &Visit, more: &[(&str, &str)]) -> Result<super::urls::Url, Code> {
    let mut parameters = vec![("device", visit.phone.as_str())];
    parameters.extend(more);
    reader.url(PATH, &parameters).ok_or(Code::NO_PHONE)
}
