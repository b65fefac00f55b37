//! Changing one's PIN: the old one, the new one, and the new one again (PRO-7).
//!
//! What is wrong with the form is said before anything is compared, so it tells nothing of anybody; whatever is wrong with
//! user and old PIN is one answer (SES-8).

use super::code::Code;
use super::fields::Fields;
use super::house::{House, Wish};
use super::objects::{Field, Typed};
use super::page::Reader;
use super::request::{Reply, Request};
use super::visit::Visit;
use crate::pbx::{Door, Secret, UserId, is_pin};

/// Where it is.
pub(super) const PATH: &str = "/changecredential/ChangeCredentialServlet";

/// The fields, as tools know them.
const USER: &str = "userid";
const OLD: &str = "oldpin";
const NEW: &str = "newpin";
const AGAIN: &str = "confirmnewpin";

/// What a filled-in form says.
struct Form {
    user: String,
    old: Secret,
    new: Secret,
}

/// What is wrong with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Something is missing.
    Blank,
    /// The new PIN cannot be one.
    NoPin,
    /// Both times it is another.
    Differ,
    /// It is the old one.
    Same,
}

/// The page, for whoever asks.
struct Page<'a> {
    reader: &'a Reader,
    visit: &'a Visit,
    /// What was typed.
    fields: &'a Fields,
    /// What a user id is made of.
    user_id: Typed,
}

/// The page.
pub(super) async fn show(
    house: &impl House,
    request: &Request,
    reader: &Reader,
) -> Result<Reply, Code> {
    let visit = Visit::of(house, request).await?;
    let site = house.site();
    if !site.mobility.enabled || !visit.at.may_log_in {
        return Err(Code::NO_LOGINS);
    }
    let texts = reader.texts;
    let page = Page {
        reader,
        visit: &visit,
        fields: &request.fields,
        user_id: match site.settings.alphanumeric_user_id {
            true => Typed::Anything,
            false => Typed::Digits,
        },
    };
    let asked = match read(request) {
        None if !reader.has_forms_with_secrets() => {
            let text = texts.no_pin_form.clone();
            return Ok(reader.text(&texts.credential_title, text));
        }
        None => return page.form(&texts.credential_prompt),
        Some(Ok(asked)) => asked,
        Some(Err(fault)) => {
            let prompt = match fault {
                Fault::Blank => &texts.pin_prompt_blank,
                Fault::NoPin => &texts.pin_prompt_form,
                Fault::Differ => &texts.pin_prompt_differ,
                Fault::Same => &texts.pin_prompt_same,
            };
            return page.form(prompt);
        }
    };
    let proof = Wish::Prove {
        phone: visit.phone.clone(),
        user: asked.user,
        secret: asked.old,
    };
    let user = match house.wish(Door::Page, proof).await? {
        Ok(user) => UserId::from(user),
        Err(why) => match Code::from(&why) {
            Code::WRONG => return page.form(&texts.pin_prompt_wrong),
            code => return Err(code),
        },
    };
    let pin = house.hash(asked.new).await?;
    let phone = visit.phone.clone();
    let chosen = house
        .wish(Door::Page, Wish::ChoosePin { phone, user, pin })
        .await?;
    chosen.map_err(|why| Code::from(&why))?;
    Ok(reader.done(&texts.credential_title, texts.pin_changed.clone()))
}

/// What was typed; none if nothing was.
fn read(request: &Request) -> Option<Result<Form, Fault>> {
    let fields = &request.fields;
    let all = (
        fields.said(USER),
        fields.said(OLD),
        fields.said(NEW),
        fields.said(AGAIN),
    );
    let (user, old, new) = match all {
        (_, None, None, None) => return None,
        (Some(_), Some(_), Some(new), Some(_)) if !is_pin(new) => return Some(Err(Fault::NoPin)),
        (Some(_), Some(_), Some(new), Some(again)) if new != again => {
            return Some(Err(Fault::Differ));
        }
        (Some(_), Some(old), Some(new), Some(_)) if old == new => return Some(Err(Fault::Same)),
        (Some(user), Some(old), Some(new), Some(_)) => (user, old, new),
        _ => return Some(Err(Fault::Blank)),
    };
    Some(Ok(Form {
        user: user.to_owned(),
        old: Secret::new(old.to_owned()),
        new: Secret::new(new.to_owned()),
    }))
}

impl Page<'_> {
    /// The form. It begins with whoever typed it before, or is there.
    fn form(&self, prompt: &str) -> Result<Reply, Code> {
        let (texts, visit) = (self.reader.texts, self.visit);
        if !self.reader.has_forms_with_secrets() {
            let text = prompt.to_owned();
            return Ok(self.reader.text(&texts.credential_title, text));
        }
        let parameters = [("device", visit.phone.as_str()), ("changePin", "true")];
        let present = visit.at.present.as_ref();
        let present = present.map(|present| present.user.as_str());
        let user = self.fields.said(USER).or(present).unwrap_or_default();
        let field = |label: &str, name, default: &str, typed| Field {
            label: label.to_owned(),
            name,
            default: default.to_owned(),
            typed,
        };
        let hidden = Typed::HiddenDigits;
        let fields = vec![
            field(&texts.user_id, USER, user, self.user_id),
            field(&texts.old_pin, OLD, "", hidden),
            field(&texts.new_pin, NEW, "", hidden),
            field(&texts.new_pin_again, AGAIN, "", hidden),
        ];
        let title = (texts.credential_title.as_str(), prompt);
        let page = (PATH, &parameters[..]);
        let form = self.reader.form(title, page, fields, self.fields);
        form.ok_or(Code::NO_PHONE)
    }
}
