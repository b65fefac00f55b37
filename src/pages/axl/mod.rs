//! AXL: what programs ask of a CallManager over SOAP 1.1, as far as it is about who is where.

mod credentials;
mod devices;
mod directory;
mod ids;
mod pattern;
mod soap;
mod sql;
mod tags;

use super::Pages;
use super::code::Code;
use super::emapi::{self, Origin, Rights};
use super::house::{House, Trouble, Wish};
use super::objects::cut;
use super::request::{Method, Reply, Request};
use crate::pbx::{Door, DurationUnit, TotalLimit};
use credentials::Credentials;
use soap::{Call, Fault, Response};

/// Where it is.
pub(super) const PATHS: [&str; 2] = ["/axl/", "/axl"];

/// Where AXL is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AxlDoor {
    /// Nowhere.
    Closed,
    /// Under TLS alone: every request carries a password.
    #[default]
    Secure,
    /// Without it, too.
    Open,
}

/// What is offered, by the names of its requests.
const OPERATIONS: &[(&str, Operation)] = &[
    ("doDeviceLogin", Operation::LogIn),
    ("doDeviceLogout", Operation::LogOut),
    ("doDeviceReset", Operation::Reset),
    ("getPhone", Operation::GetPhone),
    ("listPhone", Operation::ListPhone),
    ("getUser", Operation::GetUser),
    ("listUser", Operation::ListUser),
    ("getCCMVersion", Operation::Version),
    ("executeSQLQuery", Operation::Sql),
];

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    LogIn,
    LogOut,
    Reset,
    GetPhone,
    ListPhone,
    GetUser,
    ListUser,
    Version,
    Sql,
}

/// Answers a request of a program.
pub(super) async fn answer(pages: &Pages, house: &impl House, request: &Request) -> Reply {
    match pages.axl {
        AxlDoor::Closed => return Reply::plain(404, "There is no such page here\n"),
        AxlDoor::Secure if !request.head.is_secure => {
            return Reply::plain(403, "AXL is spoken over HTTPS alone\n");
        }
        AxlDoor::Secure | AxlDoor::Open => {}
    }
    let most = house.site().mobility.max_requests;
    let Some(_place) = pages.programs.take(most) else {
        return soap::fault("", "", &Fault::busy());
    };
    match admitted(pages, house, request).await {
        Ok(()) => {}
        Err(NotAdmitted::Unknown) => return unauthorized(),
        Err(NotAdmitted::WithoutRight) => {
            return Reply::plain(403, "This program may not use AXL: it needs axl = true\n");
        }
        Err(NotAdmitted::Trouble(trouble)) => return soap::fault("", "", &trouble.into()),
    }
    if request.head.method == Method::Get {
        // Some libraries look whether they are let in before they ask for anything.
        return Reply::plain(200, "AXL is spoken here: send requests by POST\n");
    }
    let call = match Call::read(request.fields.get("xml").unwrap_or_default()) {
        Ok(call) => call,
        Err(fault) => return soap::fault("", "", &fault),
    };
    match answered(house, &call).await {
        Ok(response) => response.reply(&call.namespace),
        Err(fault) => {
            let known = operation(&call.body.name);
            let name = known.map_or(call.body.name.as_str(), |(name, _)| name);
            soap::fault(&call.namespace, name, &fault)
        }
    }
}

/// What a name of a request stands for, whatever its letters.
fn operation(name: &str) -> Option<(&'static str, Operation)> {
    let mut all = OPERATIONS.iter();
    all.find(|(known, _)| known.eq_ignore_ascii_case(name))
        .copied()
}

/// Why a program is not let in.
enum NotAdmitted {
    /// Nobody knows it, or its password is wrong: which of both is not said (SES-8).
    Unknown,
    /// It is who it says, and may not.
    WithoutRight,
    /// It cannot be found out.
    Trouble(Trouble),
}

impl From<Trouble> for NotAdmitted {
    fn from(trouble: Trouble) -> NotAdmitted {
        NotAdmitted::Trouble(trouble)
    }
}

/// An unknown name costs what a wrong password costs.
async fn admitted(pages: &Pages, house: &impl House, request: &Request) -> Result<(), NotAdmitted> {
    let said = request.head.header("authorization");
    let credentials = said.and_then(Credentials::read);
    let Credentials { name, secret } = credentials.ok_or(NotAdmitted::Unknown)?;
    let (site, now, source) = (house.site(), house.now(), request.head.source);
    let app_user = site.app_users.get(&name);
    let may_try = pages.guesses.may_try(now, source, &name);
    let against = app_user.filter(|_| may_try);
    let against = against.map(|app_user| app_user.password.clone());
    let is_right = house.verify(secret, against).await?;
    match app_user {
        Some(app_user) if is_right => {
            pages.guesses.succeeded(source, &name);
            match app_user.axl {
                true => Ok(()),
                false => Err(NotAdmitted::WithoutRight),
            }
        }
        _ => {
            pages.guesses.failed(&site.settings, now, source, &name);
            Err(NotAdmitted::Unknown)
        }
    }
}

fn unauthorized() -> Reply {
    let mut reply = Reply::plain(401, "Say who you are: the name and password of a program\n");
    let challenge = "Basic realm=\"AXL\", charset=\"UTF-8\"".to_owned();
    reply.headers.push(("WWW-Authenticate", challenge));
    reply
}

async fn answered(house: &impl House, call: &Call) -> Result<Response, Fault> {
    let Some((name, operation)) = operation(&call.body.name) else {
        let offered: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
        return Err(Fault::client(format!(
            "{} is not offered here; these are: {}",
            cut(&call.body.name, 64),
            offered.join(", ")
        )));
    };
    let mut response = Response::to(name);
    match operation {
        Operation::LogIn => {
            log_in(house, call).await?;
            response.done();
        }
        Operation::LogOut => {
            let phone = devices::named(&house.site(), &call.body, "deviceName")?;
            emapi::log_out(house, &Rights::Everybody, &Origin::default(), &phone).await?;
            response.done();
        }
        Operation::Reset => {
            reset(house, call).await?;
            response.done();
        }
        Operation::GetPhone => devices::get(house, &call.body, &mut response).await?,
        Operation::ListPhone => devices::list(house, &call.body, &mut response).await?,
        Operation::GetUser => directory::get(&house.site(), &call.body, &mut response)?,
        Operation::ListUser => directory::list(&house.site(), &call.body, &mut response)?,
        Operation::Version => {
            let version = format!("{}.1.10000-1", call.version());
            response.returned(|w| w.element("componentVersion", |w| w.text("version", &version)));
        }
        Operation::Sql => {
            let text = call.body.text_of("sql").unwrap_or_default();
            sql::answer(house, text, &mut response).await?;
        }
    }
    Ok(response)
}

async fn log_in(house: &impl House, call: &Call) -> Result<(), Fault> {
    let site = house.site();
    let phone = devices::named(&site, &call.body, "deviceName")?;
    let user = call.needed("userId")?;
    let profile = directory::profile(&site, &call.body)?;
    let time = call.needed("loginDuration")?;
    let time: u32 = time.parse().map_err(|_| {
        Fault::client("loginDuration is a number, 0 for a login without an end".to_owned())
    })?;
    let total = match (time, site.mobility.duration_unit) {
        (0, _) => TotalLimit::Never,
        (time, DurationUnit::Seconds) => TotalLimit::Seconds(time),
        (time, DurationUnit::Minutes) => TotalLimit::Seconds(time.saturating_mul(60)),
    };
    let (rights, origin) = (Rights::Everybody, Origin::default());
    let wanted = (profile.as_ref(), total);
    emapi::log_in(house, &rights, &origin, &phone, user, wanted).await?;
    Ok(())
}

async fn reset(house: &impl House, call: &Call) -> Result<(), Fault> {
    let site = house.site();
    let phone = match call.body.text_of("uuid") {
        Some(id) => devices::identified(&site, id)?,
        None => devices::named(&site, &call.body, "deviceName")?,
    };
    let is_hard = call.body.text_of("ishardreset");
    let said = is_hard.or(call.body.text_of("deviceresettype"));
    let hard = match said.unwrap_or_default().to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "reset" => true,
        "false" | "f" | "0" | "restart" => false,
        _ => return Err(Fault::missing("isHardReset")),
    };
    let outcome = house.wish(Door::Api, Wish::Reset { phone, hard }).await?;
    match outcome {
        Ok(_) => Ok(()),
        // It says more than its number would.
        Err(refusal) => Err(Fault::server(refusal.text())),
    }
}

impl From<Code> for Fault {
    fn from(code: Code) -> Fault {
        match code {
            Code::NO_PHONE => Fault::not_found("Phone"),
            Code::NO_USER => Fault::not_found("User"),
            Code::NO_PROFILE => Fault::not_found("DeviceProfile"),
            Code::BUSY | Code::NO_ANSWER => Fault::busy(),
            code => Fault::refused(code.for_programs()),
        }
    }
}

impl From<Trouble> for Fault {
    fn from(_: Trouble) -> Fault {
        Fault::busy()
    }
}
