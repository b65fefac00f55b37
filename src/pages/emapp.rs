//! The Extension Mobility application: log in, choose a profile, log out, and why not.

use super::Pages;
use super::code::Code;
use super::fields::Fields;
use super::house::{House, Wish};
use super::objects::{Field, Item, MENU, Typed};
use super::page::Reader;
use super::proven::Proven;
use super::request::{Reply, Request};
use super::services;
use super::texts::{Texts, filled};
use super::visit::Visit;
use crate::pbx::{
    AsksFor, Door, Presence, ProfileName, Refusal, Secret, TotalLimit, UserId, Wanted,
};

/// Where it is.
pub const PATH: &str = "/emapp/EMAppServlet";

/// Who is asked for a PIN before leaving, in an address.
const LEAVER: &str = "leaver";

/// What a request wants, by the fields that it has.
#[derive(Debug)]
enum Aim {
    /// To see what there is to do.
    Look,
    /// The form, whoever is there.
    Form,
    /// To log in.
    LogIn { user: String, secret: Secret },
    /// One of the two is blank.
    Blank,
    /// To go on with a choice.
    Choose { token: String, place: usize },
    /// To log out whoever is there.
    LogOut,
}

/// What is said when something is refused.
#[derive(Clone, Copy)]
pub(super) struct Words {
    /// Of a user or a PIN that is wrong or missing.
    wrong: &'static str,
    /// Of everything else.
    otherwise: &'static str,
}

impl Words {
    /// For pages of no particular kind.
    pub fn for_pages(texts: &'static Texts) -> Words {
        Words {
            wrong: &texts.login_again,
            otherwise: &texts.no_page,
        }
    }

    fn for_aim(texts: &'static Texts, aim: &Aim) -> Words {
        match aim {
            Aim::LogOut => Words {
                wrong: &texts.logout_again,
                otherwise: &texts.no_logout,
            },
            _ => Words {
                wrong: &texts.login_again,
                otherwise: &texts.no_login,
            },
        }
    }
}

/// A page of the application, being made.
struct Application<'a, H> {
    proven: &'a Proven,
    house: &'a H,
    reader: Reader,
    request: &'a Request,
    visit: Visit,
}

/// Answers a request to the application.
pub(super) async fn answer(pages: &Pages, house: &impl House, request: &Request) -> Reply {
    let reader = Reader::of(house, request, pages.usual).await;
    let aim = aim(&reader, &request.fields);
    let words = Words::for_aim(reader.texts, &aim);
    let visit = match Visit::of(house, request).await {
        Ok(visit) => visit,
        Err(code) => return refused(&reader, words, code),
    };
    let application = Application {
        proven: &pages.proven,
        house,
        reader,
        request,
        visit,
    };
    match application.answer(aim).await {
        Ok(reply) => reply,
        Err(code) => refused(&application.reader, words, code),
    }
}

fn aim(reader: &Reader, fields: &Fields) -> Aim {
    if fields.is_true("doLogout") {
        return Aim::LogOut;
    }
    if let Some(token) = fields.said("token") {
        let place = fields.said("choice").and_then(|place| place.parse().ok());
        let token = token.to_owned();
        return Aim::Choose {
            token,
            place: place.unwrap_or(usize::MAX),
        };
    }
    match (fields.said("userid"), fields.said("seq")) {
        (Some(user), Some(secret)) => Aim::LogIn {
            user: user.to_owned(),
            secret: Secret::new(secret.to_owned()),
        },
        (None, None) if fields.is_true("form") => Aim::Form,
        (Some(_), None) if reader.is_still_to_ask("seq", fields) => Aim::Form,
        // A form that was sent empty is shown again.
        (None, None) => Aim::Look,
        _ => Aim::Blank,
    }
}

impl<H: House> Application<'_, H> {
    async fn answer(&self, aim: Aim) -> Result<Reply, Code> {
        let login_type = self.request.fields.said("loginType");
        if login_type.is_some_and(|kind| !matches!(kind, "UID" | "DN" | "SP")) {
            return Err(Code::LOGIN_TYPE);
        }
        let is_enabled = self.house.site().mobility.enabled && self.visit.at.may_log_in;
        match aim {
            Aim::LogOut => return self.log_out().await,
            Aim::Look => {
                if let Some(present) = &self.visit.at.present {
                    return match self.reader.asks_pin() {
                        true => self.ask_for_pin(present),
                        false => self.ask_to_leave(present),
                    };
                }
            }
            _ => {}
        }
        if !is_enabled {
            return Err(Code::NO_LOGINS);
        }
        match aim {
            Aim::LogIn { user, secret } => self.log_in(user, secret).await,
            Aim::Blank => Err(Code::BLANK),
            Aim::Choose { token, place } => self.go_on(&token, place).await,
            _ => self.form(),
        }
    }

    /// The form. What is typed into it is sent to an address that holds no PIN.
    fn form(&self) -> Result<Reply, Code> {
        let (texts, site) = (self.reader.texts, self.house.site());
        if !self.reader.has_forms() {
            let text = filled(&texts.no_forms, "code", &site.codes.login);
            return Ok(self.reader.text(&texts.login_title, text));
        }
        let remembered = self.visit.at.last_user.as_ref();
        let remembered = remembered.filter(|_| site.mobility.remember_last_user);
        let typed = match site.settings.alphanumeric_user_id {
            true => Typed::Anything,
            false => Typed::Digits,
        };
        let prompt = match site.mobility.asks_for {
            AsksFor::Pin => &texts.login_prompt,
            AsksFor::Password => &texts.login_prompt_password,
        };
        let fields = vec![
            Field {
                label: texts.user_id.clone(),
                name: "userid",
                default: remembered.map(UserId::to_string).unwrap_or_default(),
                typed,
            },
            self.secret(),
        ];
        // Whoever wants the phone in somebody's place is asked for the rest, and not whether that one leaves.
        let again = self
            .request
            .fields
            .is_true("form")
            .then_some(("form", "true"));
        let asked = self.ask((&texts.login_title, prompt), again.as_slice(), fields);
        // Nobody has an id that fits into no address.
        let is_typed = self.request.fields.said("userid").is_some();
        asked.map_err(|code| if is_typed { Code::WRONG } else { code })
    }

    fn secret(&self) -> Field {
        let texts = self.reader.texts;
        let (label, typed) = match self.house.site().mobility.asks_for {
            AsksFor::Pin => (&texts.pin, Typed::HiddenDigits),
            AsksFor::Password => (&texts.password, Typed::Hidden),
        };
        Field {
            label: label.clone(),
            name: "seq",
            default: String::new(),
            typed,
        }
    }

    fn ask(
        &self,
        title: (&str, &str),
        more: &[(&str, &str)],
        fields: Vec<Field>,
    ) -> Result<Reply, Code> {
        let mut parameters = self.parameters();
        parameters.extend(more);
        let page = (PATH, parameters.as_slice());
        let form = self.reader.form(title, page, fields, &self.request.fields);
        form.ok_or(Code::NO_PHONE)
    }

    /// Where the model's own menu asks for a PIN, the PIN is the yes (OUT-6).
    fn ask_for_pin(&self, present: &Presence) -> Result<Reply, Code> {
        let texts = self.reader.texts;
        let leaver = [("doLogout", "true"), (LEAVER, present.user.as_str())];
        let prompt = texts.present_prompt.as_str();
        self.ask((&texts.item_logout, prompt), &leaver, vec![self.secret()])
    }

    /// Whether whoever is here has entered their PIN; else what is shown.
    async fn prove_leaver(&self, present: &Presence) -> Result<Option<Reply>, Code> {
        let fields = &self.request.fields;
        let is_other = fields
            .said(LEAVER)
            .is_some_and(|leaver| leaver != present.user.as_str());
        if is_other || fields.get("seq").is_none() {
            return self.ask_for_pin(present).map(Some);
        }
        let secret = fields.said("seq").ok_or(Code::BLANK)?;
        let proof = Wish::Prove {
            phone: self.visit.phone.clone(),
            user: present.user.to_string(),
            secret: Secret::new(secret.to_owned()),
        };
        self.wish(proof).await?;
        // Proving takes time: somebody else may be here by now, who proved nothing.
        let at = self.house.phone(&self.visit.phone).await?;
        let now = at.and_then(|at| at.present);
        match now.is_some_and(|now| now.user == present.user) {
            true => Ok(None),
            false => Err(Code::NOBODY),
        }
    }

    /// Somebody is logged in here. Whoever asks may be somebody else, and wants the phone (SES-3, SES-9).
    fn ask_to_leave(&self, present: &Presence) -> Result<Reply, Code> {
        let texts = self.reader.texts;
        let yes = self.url(&[("doLogout", "true")]).ok_or(Code::NO_PHONE)?;
        let other = self.url(&[("form", "true")]).ok_or(Code::NO_PHONE)?;
        let title = (texts.present_title.as_str(), texts.present_prompt.as_str());
        let text = filled(&texts.present_text, "user", present.user.as_str());
        let device = [("device", self.visit.phone.as_str())];
        let more = self.reader.url(services::MENU, &device);
        let others = [
            (texts.key_other.as_str(), other),
            (texts.key_more.as_str(), more.ok_or(Code::NO_PHONE)?),
        ];
        Ok(self.reader.question(title, text, yes, others))
    }

    /// The PIN is proven first; only then is there anything to choose from (SES-5, SES-8).
    async fn log_in(&self, user: String, secret: Secret) -> Result<Reply, Code> {
        let phone = self.visit.phone.clone();
        let proof = Wish::Prove {
            phone,
            user,
            secret,
        };
        let user = UserId::from(self.wish(proof).await?);
        let profiles = self.profiles(&user).await?;
        if let Some(named) = self.request.fields.said("profile") {
            return self.log_in_as(user, Some(named.into())).await;
        }
        match profiles.as_slice() {
            [] | [_] => self.log_in_as(user, None).await,
            _ => self.choose(&user, &profiles),
        }
    }

    async fn profiles(&self, user: &UserId) -> Result<Vec<ProfileName>, Code> {
        let of_user = self.house.user(user.as_str()).await?;
        Ok(of_user.ok_or(Code::NO_USER)?.profiles)
    }

    /// The phone gets a token in place of the PIN, which is good once.
    fn choose(&self, user: &UserId, profiles: &[ProfileName]) -> Result<Reply, Code> {
        let uptime = self.house.now().uptime;
        let noise = self.house.noise();
        let token = self.proven.give(uptime, noise, &self.visit.phone, user);
        let mut items = Vec::with_capacity(profiles.len().min(MENU));
        for (place, profile) in profiles.iter().take(MENU).enumerate() {
            let place = place.to_string();
            let url = self.url(&[("token", &token), ("choice", &place)]);
            items.push(Item {
                name: profile.to_string(),
                url: url.ok_or(Code::NO_PHONE)?,
            });
        }
        let texts = self.reader.texts;
        Ok(self
            .reader
            .menu(&texts.choose_title, &texts.choose_prompt, items))
    }

    async fn go_on(&self, token: &str, place: usize) -> Result<Reply, Code> {
        let uptime = self.house.now().uptime;
        let user = self.proven.take(uptime, token, &self.visit.phone);
        let user = user.ok_or(Code::WRONG)?;
        let mut profiles = self.profiles(&user).await?;
        if place >= profiles.len() {
            return Err(Code::NO_PROFILE);
        }
        self.log_in_as(user, Some(profiles.swap_remove(place)))
            .await
    }

    async fn log_in_as(&self, user: UserId, profile: Option<ProfileName>) -> Result<Reply, Code> {
        let phone = self.visit.phone.clone();
        let said = self
            .wish(Wish::LogIn {
                phone: phone.clone(),
                user: user.clone(),
                wanted: Wanted {
                    profile,
                    total: TotalLimit::Usual,
                },
            })
            .await?;
        let texts = self.reader.texts;
        // A login that waits for a call elsewhere is accepted, and not yet done (SES-2).
        let at = self.house.phone(&phone).await?;
        let present = at.and_then(|at| at.present);
        let text = match present.is_some_and(|present| present.user == user) {
            true => texts.logged_in.clone(),
            false => format!("{}\n{said}", texts.login_waits),
        };
        Ok(self.reader.done(&texts.done_title, text))
    }

    async fn log_out(&self) -> Result<Reply, Code> {
        let Some(present) = &self.visit.at.present else {
            return Err(match self.visit.at.may_log_in {
                true => Code::NOBODY,
                false => Code::NO_LOGOUTS,
            });
        };
        if self.reader.asks_pin()
            && let Some(reply) = self.prove_leaver(present).await?
        {
            return Ok(reply);
        }
        let said = self.wish(Wish::Leave(self.visit.phone.clone())).await?;
        let texts = self.reader.texts;
        let at = self.house.phone(&self.visit.phone).await?;
        let text = match at.is_some_and(|at| at.present.is_none()) {
            true => texts.logged_out.clone(),
            false => said,
        };
        Ok(self.reader.done(&texts.done_title, text))
    }

    async fn wish(&self, wish: Wish) -> Result<String, Code> {
        let outcome = self.house.wish(Door::Page, wish).await?;
        outcome.map_err(|refusal: Refusal| Code::from(&refusal))
    }

    /// The application again, for the same phone, in the same way.
    fn url(&self, more: &[(&str, &str)]) -> Option<super::urls::Url> {
        let mut parameters = self.parameters();
        parameters.extend(more);
        self.reader.url(PATH, &parameters)
    }

    fn parameters(&self) -> Vec<(&str, &str)> {
        let mut parameters = vec![("device", self.visit.phone.as_str())];
        let kind = self.request.fields.said("loginType");
        parameters.extend(kind.map(|kind| ("loginType", kind)));
        parameters
    }
}

/// Why not. Scripts look for the words and the number behind them; people read what stands before.
pub(super) fn refused(reader: &Reader, words: Words, code: Code) -> Reply {
    let texts = reader.texts;
    let words = match code {
        Code::WRONG | Code::BLANK => words.wrong,
        _ => words.otherwise,
    };
    let words = filled(words, "number", &code.0.to_string());
    let text = match texts.reason(code.0) {
        Some(reason) => format!("{reason}\n{words}"),
        None => words,
    };
    reader.text(&texts.error_title, text)
}
