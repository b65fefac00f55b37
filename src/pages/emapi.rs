//! The Extension Mobility API: programs log people in and out, and ask who is where.

mod guesses;
mod request;
mod response;

use super::Pages;
use super::code::Code;
use super::house::{House, Wish};
use super::request::{Reply, Request};
use super::visit::is_from;
use crate::pbx::{
    AtPhone, Door, LogoutTarget, OfUser, PhoneName, ProfileName, Refusal, TotalLimit, UserId,
    Wanted,
};
pub(super) use guesses::Guesses;
pub(super) use request::Origin;
use request::{App, Call, Task};

/// Whom somebody may act for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// For anybody.
    Everybody,
    /// For one user, who it is.
    Oneself(UserId),
}

/// Answers a request of a program. Whatever it is, the status of HTTP is 200.
pub(super) async fn answer(pages: &Pages, house: &impl House, request: &Request) -> Reply {
    let site = house.site();
    let Some(_place) = pages.programs.take(site.mobility.max_requests) else {
        return response::failure(Code::BUSY, "");
    };
    let text = request.fields.get("xml").unwrap_or_default();
    let call = match Call::read(text, site.mobility.duration_unit) {
        Ok(call) => call,
        Err(code) => return response::failure(code, ""),
    };
    match answered(pages, house, request, &call).await {
        Ok(reply) => reply,
        Err(code) => response::failure(code, &call.app.id),
    }
}

async fn answered(
    pages: &Pages,
    house: &impl House,
    request: &Request,
    call: &Call,
) -> Result<Reply, Code> {
    let rights = rights(pages, house, request, call).await?;
    match &call.task {
        Task::LogIn {
            phone,
            user,
            profile,
            total,
        } => {
            let wanted = (profile.as_ref(), *total);
            log_in(house, &rights, &call.origin, phone, user, wanted).await?;
            Ok(response::success())
        }
        Task::LogOut(phone) => {
            log_out(house, &rights, &call.origin, phone).await?;
            Ok(response::success())
        }
        Task::LogOutAll => {
            wish(house, Wish::LogOutAll).await?;
            Ok(response::success())
        }
        Task::Phones(names) => {
            let is_remembered = house.site().mobility.remember_last_user;
            Ok(response::phones(
                &phones(house, names).await?,
                is_remembered,
            ))
        }
        Task::Users(names) => Ok(response::users(&users(house, names).await?)),
        Task::Profiles(names) => Ok(response::profiles(&users(house, names).await?)),
        Task::Check(names) => match users(house, names).await? {
            found if found.iter().all(|(_, user)| user.is_some()) => Ok(response::success()),
            _ => Err(Code::NO_USER),
        },
    }
}

/// Who asks, and so for whom. An unknown name costs what a wrong password costs, and is answered the same (SES-8).
async fn rights(
    pages: &Pages,
    house: &impl House,
    request: &Request,
    call: &Call,
) -> Result<Rights, Code> {
    let App { id, secret } = &call.app;
    let (site, now, source) = (house.site(), house.now(), request.head.source);
    let secret = secret.as_ref().ok_or(Code::WRONG_APP)?;
    let app_user = site.app_users.get(id);
    let may_try = pages.guesses.may_try(now, source, id);
    let phone = match &call.task {
        Task::LogIn { phone, .. } | Task::LogOut(phone) => Some(phone),
        _ => None,
    };
    if let (None, Some(phone), true) = (app_user, phone, may_try) {
        let proof = Wish::Prove {
            phone: phone.clone(),
            user: id.clone(),
            secret: secret.clone(),
        };
        // A user's own lock counts these tries. Whatever else is wrong is not told to whoever is not known.
        let proven = house.wish(Door::Api, proof).await?;
        return match proven {
            Ok(user) => Ok(Rights::Oneself(user.into())),
            Err(why) => {
                if why != Refusal::LoginRefused {
                    // No PIN was compared, which would be noticed.
                    house.verify(secret.clone(), None).await?;
                }
                pages.guesses.failed(&site.settings, now, source, id);
                Err(Code::WRONG_APP)
            }
        };
    }
    let against = app_user.filter(|_| may_try);
    let against = against.map(|app_user| app_user.password.clone());
    let is_right = house.verify(secret.clone(), against).await?;
    match app_user {
        Some(app_user) if is_right => {
            pages.guesses.succeeded(source, id);
            match app_user.proxy {
                true => Ok(Rights::Everybody),
                false => Err(Code::NO_RIGHTS),
            }
        }
        _ => {
            pages.guesses.failed(&site.settings, now, source, id);
            Err(Code::WRONG_APP)
        }
    }
}

/// Logs a user in where a program says.
pub(super) async fn log_in(
    house: &impl House,
    rights: &Rights,
    origin: &Origin,
    phone: &PhoneName,
    user: &str,
    (profile, total): (Option<&ProfileName>, TotalLimit),
) -> Result<(), Code> {
    if !house.site().mobility.enabled {
        return Err(Code::POLICY);
    }
    let at = house.phone(phone).await?.ok_or(Code::NO_PHONE)?;
    check_origin(house, origin, &at)?;
    if !at.may_log_in {
        return Err(Code::NO_LOGINS);
    }
    let user = house.user(user).await?.ok_or(Code::NO_USER)?.user;
    if !rights.cover(&user) {
        return Err(Code::NO_RIGHTS);
    }
    let log_in = Wish::LogIn {
        phone: phone.clone(),
        user,
        wanted: Wanted {
            profile: profile.cloned(),
            total,
        },
    };
    wish(house, log_in).await?;
    Ok(())
}

/// Logs out whoever is where a program says.
pub(super) async fn log_out(
    house: &impl House,
    rights: &Rights,
    origin: &Origin,
    phone: &PhoneName,
) -> Result<(), Code> {
    let at = house.phone(phone).await?.ok_or(Code::NO_PHONE)?;
    check_origin(house, origin, &at)?;
    let Some(present) = &at.present else {
        return Err(match at.may_log_in {
            true => Code::NOBODY,
            false => Code::NO_LOGOUTS,
        });
    };
    if !rights.cover(&present.user) {
        return Err(Code::NO_RIGHTS);
    }
    let target = LogoutTarget::Phone(phone.clone());
    wish(house, Wish::LogOut(target)).await?;
    Ok(())
}

impl Rights {
    fn cover(&self, user: &UserId) -> bool {
        match self {
            Rights::Everybody => true,
            Rights::Oneself(oneself) => oneself == user,
        }
    }
}

/// A program may say where the person is for whom it asks. Then that is looked at as if it were asked from there.
fn check_origin(house: &impl House, origin: &Origin, at: &AtPhone) -> Result<(), Code> {
    let site = house.site();
    let mobility = &site.mobility;
    if origin.is_proxied && !mobility.allow_proxy {
        return Err(Code::PROXY);
    }
    match origin.address {
        Some(address) if !is_from(address, mobility, &at.addresses) => Err(Code::UNTRUSTED),
        _ => Ok(()),
    }
}

async fn phones(
    house: &impl House,
    names: &[PhoneName],
) -> Result<Vec<(PhoneName, Option<AtPhone>)>, Code> {
    let mut phones = Vec::with_capacity(names.len());
    for name in names {
        phones.push((name.clone(), house.phone(name).await?));
    }
    Ok(phones)
}

async fn users(
    house: &impl House,
    names: &[String],
) -> Result<Vec<(String, Option<OfUser>)>, Code> {
    let mut users = Vec::with_capacity(names.len());
    for name in names {
        users.push((name.clone(), house.user(name).await?));
    }
    Ok(users)
}

async fn wish(house: &impl House, wish: Wish) -> Result<String, Code> {
    let outcome = house.wish(Door::Api, wish).await?;
    outcome.map_err(|refusal| Code::from(&refusal))
}
