//! What a program is answered. Programs look for words and places, so nothing stands there but what they expect.

use super::super::code::Code;
use super::super::fields::encoded;
use super::super::objects::cut;
use super::super::request::Reply;
use super::super::xml::Writer;
use crate::pbx::{AtPhone, OfUser, PhoneName};

/// It was done.
pub(super) fn success() -> Reply {
    reply(|w| w.empty("success"))
}

/// Why not.
pub(super) fn failure(code: Code, app: &str) -> Reply {
    let code = code.for_programs();
    let number = code.0.to_string();
    let mut text = code.words().to_owned();
    if code == Code::WRONG_APP {
        // Some programs look for both halves.
        text = format!("{text}: Could not authenticate '{}'", cut(app, 64));
    }
    reply(|w| {
        w.element("failure", |w| {
            w.text_with("error", &[("code", &number)], &text);
        });
    })
}

/// Who is at phones.
pub(super) fn phones(phones: &[(PhoneName, Option<AtPhone>)], is_remembered: bool) -> Reply {
    reply(|w| {
        w.element("deviceUserResults", |w| {
            for (name, at) in phones {
                w.with("device", &[("name", name.as_str())], |w| match at {
                    Some(at) => phone(w, at, is_remembered),
                    None => w.empty("doesNotExist"),
                });
            }
        });
    })
}

fn phone(w: &mut Writer, at: &AtPhone, is_remembered: bool) {
    if let Some(present) = &at.present {
        w.text("userID", &encoded(present.user.as_str()));
    }
    match at.last_user.as_ref().filter(|_| is_remembered) {
        Some(last) => w.text("lastlogin", &encoded(last.as_str())),
        None => w.empty("none"),
    }
}

/// Where users are.
pub(super) fn users(users: &[(String, Option<OfUser>)]) -> Reply {
    reply(|w| {
        w.element("userDevicesResults", |w| {
            for (given, found) in users {
                w.with("user", &[("id", &encoded(given))], |w| match found {
                    None => w.empty("doesNotExist"),
                    Some(user) if user.present.is_empty() => w.empty("none"),
                    Some(user) => {
                        for present in &user.present {
                            w.text("deviceName", present.phone.as_str());
                        }
                    }
                });
            }
        });
    })
}

/// Which profiles users have.
pub(super) fn profiles(users: &[(String, Option<OfUser>)]) -> Reply {
    reply(|w| {
        w.element("deviceProfileResults", |w| {
            for (given, found) in users {
                w.with("user", &[("id", &encoded(given))], |w| match found {
                    None => w.empty("doesNotExist"),
                    Some(user) => {
                        for (place, name) in user.profiles.iter().enumerate() {
                            w.element("deviceProfile", |w| {
                                w.text("deviceProfileName", name.as_str());
                                let is_default = if place == 0 { "true" } else { "false" };
                                w.text("isDefaultDeviceProfile", is_default);
                            });
                        }
                    }
                });
            }
        });
    })
}

fn reply(inside: impl FnOnce(&mut Writer)) -> Reply {
    let mut writer = Writer::compact();
    writer.element("response", inside);
    Reply {
        status: 200,
        content_type: "text/xml; charset=utf-8",
        headers: Vec::new(),
        body: writer.finish().into_bytes(),
    }
}
