//! From digits to a destination: numbers, feature codes, emergency numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::Secret;
use super::names::{Dn, PhoneName};
use super::site::Site;

/// Feature codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Codes {
    /// Log in: code `*` user `*` PIN, then perhaps `#`. Alone: Perch asks for both.
    pub login: String,
    /// Log out.
    pub logout: String,
    /// Log somebody else out: code, DN, then perhaps `#` (OUT-5).
    pub remote_logout: String,
    /// Hear oneself.
    pub echo: String,
}

impl Default for Codes {
    fn default() -> Self {
        Codes {
            login: "*11".into(),
            logout: "*12".into(),
            remote_logout: "*13".into(),
            echo: "*90".into(),
        }
    }
}

/// Emergency numbers, each with the phones that ring.
pub type EmergencyNumbers = BTreeMap<String, Vec<PhoneName>>;

/// What somebody wants who dialled something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// To log in.
    Login {
        /// User id or DN.
        user: String,
        /// PIN; may be blank.
        secret: Secret,
    },
    /// To be asked for user and PIN.
    LoginDialogue,
    /// To log out.
    Logout,
    /// To log somebody else out.
    RemoteLogout(Dn),
    /// To hear themselves.
    Echo,
    /// Something with a code that is not complete; how it should be.
    Incomplete(&'static str),
    /// Help.
    Emergency(Vec<PhoneName>),
    /// A number, which may exist or not.
    Number(Dn),
}

/// Reads what was dialled. Emergency numbers come first: nothing may hide them.
pub(super) fn destination(site: &Site, digits: &str) -> Destination {
    if let Some(phones) = site.emergency.get(digits) {
        return Destination::Emergency(phones.clone());
    }
    let codes = &site.codes;
    if ended(digits) == codes.login {
        return Destination::LoginDialogue;
    }
    if let Some(rest) = digits.strip_prefix(codes.login.as_str()) {
        return login(rest);
    }
    if let Some(rest) = digits.strip_prefix(codes.remote_logout.as_str()) {
        let dn = ended(rest).trim_start_matches('*');
        return if dn.is_empty() {
            Destination::Incomplete("Dial the code, then the number of the user to log out")
        } else {
            Destination::RemoteLogout(dn.into())
        };
    }
    if ended(digits) == codes.logout {
        return Destination::Logout;
    }
    if ended(digits) == codes.echo {
        return Destination::Echo;
    }
    Destination::Number(ended(digits).into())
}

/// `#` ends what is dialled; whether the phone sends it along is the phone's affair.
fn ended(digits: &str) -> &str {
    digits.strip_suffix('#').unwrap_or(digits)
}

fn login(rest: &str) -> Destination {
    let parts = ended(rest)
        .strip_prefix('*')
        .and_then(|rest| rest.split_once('*'));
    match parts {
        Some((user, secret)) if !user.is_empty() => Destination::Login {
            user: user.into(),
            secret: Secret::new(secret.into()),
        },
        _ => Destination::Incomplete("Dial the code, then * user * PIN #"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let mut site = Site::default();
        site.emergency.insert("112".into(), vec!["desk-8".into()]);
        site
    }

    #[test]
    fn digits_become_destinations() {
        let login = |user: &str, secret: &str| Destination::Login {
            user: user.into(),
            secret: Secret::new(secret.into()),
        };
        let login_form = Destination::Incomplete("Dial the code, then * user * PIN #");
        let table = [
            ("*11*2001*1111#", login("2001", "1111")),
            ("*11*2001*1111", login("2001", "1111")),
            ("*11*u2001*1111#", login("u2001", "1111")),
            ("*11*2001*", login("2001", "")),
            ("*11*2001*#", login("2001", "")),
            ("*11", Destination::LoginDialogue),
            ("*11#", Destination::LoginDialogue),
            ("*11*", login_form.clone()),
            ("*11**1111#", login_form.clone()),
            ("*112001", login_form),
            ("*12", Destination::Logout),
            ("*12#", Destination::Logout),
            ("*90", Destination::Echo),
            ("*90#", Destination::Echo),
            ("*902001", Destination::Number("*902001".into())),
            ("*132001", Destination::RemoteLogout("2001".into())),
            ("*13*2001#", Destination::RemoteLogout("2001".into())),
            ("112", Destination::Emergency(vec!["desk-8".into()])),
            ("2002", Destination::Number("2002".into())),
            ("2002#", Destination::Number("2002".into())),
            ("*99", Destination::Number("*99".into())),
        ];
        for (digits, expected) in table {
            assert_eq!(destination(&site(), digits), expected, "{digits}");
        }
    }
}
