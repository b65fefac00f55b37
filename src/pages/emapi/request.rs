//! What a program may ask for, as it is written.

use std::net::IpAddr;

use super::super::code::Code;
use super::super::tree::Element;
use crate::pbx::{DurationUnit, PhoneName, ProfileName, Secret, TotalLimit};

/// More names than this are asked for in several requests.
const MOST: usize = 500;

/// A request.
#[derive(Debug)]
pub(super) struct Call {
    /// Who asks.
    pub app: App,
    /// What for.
    pub task: Task,
    /// Where it says that the person is.
    pub origin: Origin,
}

/// Who asks.
#[derive(Debug)]
pub(super) struct App {
    /// The name of a program or of a user.
    pub id: String,
    /// What proves it; none if it is written in a way that only its own product can read.
    pub secret: Option<Secret>,
}

/// Where the person is, for whom a program asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Origin {
    /// At this address.
    pub address: Option<IpAddr>,
    /// Behind a proxy.
    pub is_proxied: bool,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// To log a user in.
    LogIn {
        /// Where.
        phone: PhoneName,
        /// Who: a user id or DN.
        user: String,
        /// As what; none: as usual.
        profile: Option<ProfileName>,
        /// For how long.
        total: TotalLimit,
    },
    /// To log whoever is there out.
    LogOut(PhoneName),
    /// To log everybody out.
    LogOutAll,
    /// Who is at these phones.
    Phones(Vec<PhoneName>),
    /// Where these users are.
    Users(Vec<String>),
    /// Which profiles these users have.
    Profiles(Vec<String>),
    /// Whether there are these users.
    Check(Vec<String>),
}

impl Call {
    /// Reads a request.
    pub fn read(text: &str, unit: DurationUnit) -> Result<Call, Code> {
        let root = Element::parse(text).map_err(|_| Code::PARSING)?;
        let is_query = match root.name.as_str() {
            "request" => false,
            "query" => true,
            _ => return Err(Code::PARSING),
        };
        let app = App::read(root.child("appinfo").ok_or(Code::PARSING)?)?;
        let task = root.children.iter().find(|child| child.name != "appinfo");
        let task = task.ok_or(if is_query {
            Code::QUERY_TYPE
        } else {
            Code::PARSING
        })?;
        Ok(Call {
            app,
            origin: Origin::read(task)?,
            task: match is_query {
                false => read_request(task, unit)?,
                true => read_query(task)?,
            },
        })
    }
}

impl App {
    fn read(info: &Element) -> Result<App, Code> {
        let id = info.text_of("appid").ok_or(Code::PARSING)?;
        let plain = info.text_of("appcertificate");
        if plain.is_none() && info.child("appencryptedcertificate").is_none() {
            return Err(Code::PARSING);
        }
        if id.is_empty() || plain.is_some_and(str::is_empty) {
            return Err(Code::BLANK_APP);
        }
        Ok(App {
            id: id.to_owned(),
            secret: plain.map(|plain| Secret::new(plain.to_owned())),
        })
    }
}

impl Origin {
    fn read(task: &Element) -> Result<Origin, Code> {
        let address = task.text_of("remoteipaddr").filter(|text| !text.is_empty());
        let address = address.map(str::parse).transpose();
        let via = task.text_of("isviaheaderset");
        Ok(Origin {
            address: address.map_err(|_| Code::PARSING)?,
            is_proxied: via.is_some_and(|via| via.eq_ignore_ascii_case("true")),
        })
    }
}

fn read_request(task: &Element, unit: DurationUnit) -> Result<Task, Code> {
    match task.name.as_str() {
        "login" => Ok(Task::LogIn {
            phone: needed(task, "devicename")?.into(),
            user: needed(task, "userid")?.to_owned(),
            profile: task
                .text_of("deviceprofile")
                .filter(|profile| !profile.is_empty())
                .map(ProfileName::from),
            total: match task.child("exclusiveduration") {
                None => TotalLimit::Usual,
                Some(duration) => read_duration(duration, unit)?,
            },
        }),
        "logout" => Ok(Task::LogOut(needed(task, "devicename")?.into())),
        "logoutall" => Ok(Task::LogOutAll),
        _ => Err(Code::PARSING),
    }
}

fn read_query(task: &Element) -> Result<Task, Code> {
    let users = || names(task, "userid");
    match task.name.as_str() {
        "deviceuserquery" => Ok(Task::Phones(names(task, "devicename")?)),
        "userdevicesquery" => Ok(Task::Users(users()?)),
        // The product's own description has the first, all its examples the second.
        "deviceprofilequery" | "userdeviceprofilequery" => Ok(Task::Profiles(users()?)),
        "checkuser" => Ok(Task::Check(users()?)),
        _ => Err(Code::QUERY_TYPE),
    }
}

fn read_duration(duration: &Element, unit: DurationUnit) -> Result<TotalLimit, Code> {
    if duration.child("indefinite").is_some() {
        return Ok(TotalLimit::Never);
    }
    let time = duration.text_of("time").ok_or(Code::PARSING)?;
    let time: u32 = time.parse().map_err(|_| Code::PARSING)?;
    let seconds = match unit {
        DurationUnit::Seconds => time,
        DurationUnit::Minutes => time.saturating_mul(60),
    };
    match seconds {
        0 => Err(Code::PARSING),
        seconds => Ok(TotalLimit::Seconds(seconds)),
    }
}

fn needed<'a>(task: &'a Element, name: &str) -> Result<&'a str, Code> {
    let text = task.text_of(name).filter(|text| !text.is_empty());
    text.ok_or(Code::PARSING)
}

fn names<T: for<'a> From<&'a str>>(task: &Element, name: &'static str) -> Result<Vec<T>, Code> {
    let names: Vec<T> = task.texts_of(name).map(T::from).collect();
    match names.len() {
        1..=MOST => Ok(names),
        _ => Err(Code::PARSING),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str =
        "<appInfo><appID>tool</appID><appCertificate>secret</appCertificate></appInfo>";

    fn read(root: &str, task: &str) -> Result<Task, Code> {
        let text = format!("<{root}>{APP}{task}</{root}>");
        Call::read(&text, DurationUnit::Seconds).map(|call| call.task)
    }

    fn login(more: &str) -> Result<Task, Code> {
        let task =
            format!("<login><deviceName> SEP1 </deviceName><userID>a</userID>{more}</login>");
        read("request", &task)
    }

    fn total(duration: &str) -> Result<TotalLimit, Code> {
        let more = format!("<exclusiveDuration>{duration}</exclusiveDuration>");
        login(&more).map(|task| match task {
            Task::LogIn { total, .. } => total,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn durations_are_read_however_they_are_written() {
        assert_eq!(total("<indefinite/>"), Ok(TotalLimit::Never));
        assert_eq!(total("<indefinite></indefinite>"), Ok(TotalLimit::Never));
        assert_eq!(total("<time>60</time>"), Ok(TotalLimit::Seconds(60)));
        for wrong in [
            "",
            "<time/>",
            "<time>x</time>",
            "<time>0</time>",
            "<time>-1</time>",
        ] {
            assert_eq!(total(wrong), Err(Code::PARSING), "{wrong}");
        }
        let unit = DurationUnit::Minutes;
        let duration = Element::parse("<d><time>2</time></d>").expect("it is XML");
        assert_eq!(read_duration(&duration, unit), Ok(TotalLimit::Seconds(120)));
    }

    #[test]
    fn each_query_is_known_in_both_spellings() {
        let users = vec!["a".to_owned()];
        for name in [
            "deviceProfileQuery",
            "userDeviceProfileQuery",
            "USERDEVICEPROFILEQUERY",
        ] {
            let task = format!("<{name}><userID>a</userID></{name}>");
            assert_eq!(read("query", &task), Ok(Task::Profiles(users.clone())));
        }
        assert_eq!(read("query", "<other/>"), Err(Code::QUERY_TYPE));
        assert_eq!(read("query", ""), Err(Code::QUERY_TYPE));
        assert_eq!(read("query", "<deviceUserQuery/>"), Err(Code::PARSING));
        assert_eq!(read("request", "<other/>"), Err(Code::PARSING));
        assert_eq!(read("reply", "<logoutAll/>"), Err(Code::PARSING));
    }

    #[test]
    fn who_asks_must_be_said() {
        let of = |info: &str| {
            let text = format!("<request><appInfo>{info}</appInfo><logoutAll/></request>");
            let call = Call::read(&text, DurationUnit::Seconds);
            call.map(|call| call.app.secret.is_some())
        };
        assert_eq!(
            of("<appID>a</appID><appCertificate>b</appCertificate>"),
            Ok(true)
        );
        let encrypted = "<appID>a</appID><appEncryptedCertificate>b</appEncryptedCertificate>";
        assert_eq!(of(encrypted), Ok(false));
        assert_eq!(
            of("<appID/><appCertificate>b</appCertificate>"),
            Err(Code::BLANK_APP)
        );
        assert_eq!(
            of("<appID>a</appID><appCertificate/>"),
            Err(Code::BLANK_APP)
        );
        assert_eq!(of("<appID>a</appID>"), Err(Code::PARSING));
    }
}
