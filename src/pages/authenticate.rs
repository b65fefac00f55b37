//! The authentication server of phones: whoever tells a phone something at its web server shows a name and a password, and
//! the phone asks here whether they are good (PRO-9).
//!
//! What is good: what Perch shows itself, to that phone at that moment; what a program shows that may tell phones things; and
//! what another server says is.

use super::Pages;
use super::fields::encoded;
use super::house::House;
use super::request::{Reply, Request};
use super::visit::Visit;
use crate::pbx::{PhoneName, Secret};

/// What it is called, by whichever product; in any case of letters.
const PATHS: [&str; 2] = ["/CCMCIP/authenticate.asp", "/CCMCIP/authenticate.jsp"];

/// Where phones find it.
pub const PATH: &str = PATHS[0];

/// What phones take as a yes, to the letter: no line end may follow.
const YES: &str = "AUTHORIZED";

/// Everything else is a no. It does not hold the yes, as the product's own does: some phone may look for that.
const NO: &str = "REFUSED";

/// The longest name and password that are looked at.
const LONGEST: usize = 128;

/// Whether this is where phones ask.
pub(super) fn is_asked_at(path: &str) -> bool {
    PATHS.iter().any(|known| known.eq_ignore_ascii_case(path))
}

/// Answers a phone.
pub(super) async fn answer(pages: &Pages, house: &impl House, request: &Request) -> Reply {
    let text = match is_vouched_for(pages, house, request).await {
        true => YES,
        false => NO,
    };
    Reply {
        status: 200,
        content_type: "text/plain",
        headers: Vec::new(),
        body: text.into(),
    }
}

async fn is_vouched_for(pages: &Pages, house: &impl House, request: &Request) -> bool {
    let name = request.fields.get("userid").unwrap_or_default();
    let password = request.fields.get("password").unwrap_or_default();
    let is_readable = |text: &str| !text.is_empty() && text.len() <= LONGEST;
    if !is_readable(name) || !is_readable(password) {
        return false;
    }
    // Anybody else who asks could try passwords here.
    let Ok(visit) = Visit::of(house, request).await else {
        return false;
    };
    let secret = Secret::new(password.to_owned());
    if house.is_own_push(&visit.phone, name, &secret) {
        return true;
    }
    let is_good = is_known(pages, house, request, &visit.phone, (name, secret)).await;
    if !is_good {
        let (phone, source) = (&visit.phone, request.head.source);
        tracing::info!(%phone, %source, "somebody who is not known wants to tell a phone something");
    }
    is_good
}

/// Whether it is a program that may tell phones things, or somebody whom the other server knows. Who guesses too often at a
/// phone is not believed there for a while, as with the API.
async fn is_known(
    pages: &Pages,
    house: &impl House,
    request: &Request,
    phone: &PhoneName,
    (name, secret): (&str, Secret),
) -> bool {
    let (site, now, source) = (house.site(), house.now(), request.head.source);
    let may_try = pages.guesses.may_try(now, source, name);
    let app_user = site.app_users.get(name);
    let against = app_user.filter(|app_user| app_user.push && may_try);
    let against = against.map(|app_user| app_user.password.clone());
    // An unknown name costs what a wrong password costs (SES-8).
    let verified = house.verify(secret.clone(), against).await;
    let is_right = match (verified, app_user, &site.mobility.authentication_fallback) {
        (Ok(true), ..) => true,
        (_, None, Some(other)) if may_try => {
            let address = other_address(other, phone, name, &secret);
            house.is_vouched_for_at(&address).await
        }
        _ => false,
    };
    match is_right {
        true => pages.guesses.succeeded(source, name),
        false => pages.guesses.failed(&site.settings, now, source, name),
    }
    is_right
}

/// What the other server is asked: what the phone asked us.
fn other_address(other: &str, phone: &PhoneName, name: &str, secret: &Secret) -> String {
    let divider = if other.contains('?') { '&' } else { '?' };
    format!(
        "{other}{divider}UserID={}&Password={}&devicename={}",
        encoded(name),
        encoded(secret.reveal()),
        encoded(phone.as_str())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_in_any_spelling() {
        for path in [
            "/CCMCIP/authenticate.asp",
            "/ccmcip/authenticate.jsp",
            "/CCMCIP/Authenticate.ASP",
        ] {
            assert!(is_asked_at(path), "{path}");
        }
        assert!(!is_asked_at("/CCMCIP/authenticate.php"));
        assert!(!NO.contains(YES));
    }

    #[test]
    fn the_other_server_is_asked_the_same() {
        let secret = Secret::new("a&b".into());
        let asked = |other| other_address(other, &"SEP1".into(), "x y", &secret);
        assert_eq!(
            asked("http://192.0.2.9/auth"),
            "http://192.0.2.9/auth?UserID=x%20y&Password=a%26b&devicename=SEP1"
        );
        assert!(
            asked("http://192.0.2.9/auth?a=b").starts_with("http://192.0.2.9/auth?a=b&UserID=")
        );
    }
}
