//! Phones are told things at their own web servers. They ask back who tells them, and Perch vouches for itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use tokio::runtime::Handle;

use super::http_client::{HttpAnswer, HttpClient, HttpError, Question};
use super::intake::Intake;
use super::settings::Settings;
use super::tls::TlsError;
use crate::exchange::Input;
use crate::pbx::{Forgot, PhoneName, Secret, ToldBy};
use crate::sip::Push;

/// What Perch calls itself to phones.
const NAME: &str = "perch";

/// Passwords of 15 characters: longer ones are cut by some phones.
const PASSWORD_BYTES: usize = 11;

/// Where phones are told things, and what the form field is called: in capitals.
const PATH: &str = "/CGI/Execute";
const FIELD: &str = "XML=";

/// What a phone is told, percent-encoded: `Init:CallHistory`, to be executed.
const FORGET: &str = "%3CCiscoIPPhoneExecute%3E%3CExecuteItem%20Priority%3D%220%22%20URL%3D%22Init%3ACallHistory%22%2F%3E\
                      %3C%2FCiscoIPPhoneExecute%3E";

/// How many phones and other servers are asked at once. The core tells no more phones than that.
const AT_ONCE: usize = 512;

/// How long another authentication server may take: the phone waits, too.
const OTHER_PATIENCE: Duration = Duration::from_secs(2);

/// How many of them are asked at once.
const OTHERS_AT_ONCE: usize = 64;

/// What a phone's authentication server says, to the letter.
const AUTHORIZED: &[u8] = b"AUTHORIZED";

/// Tells phones things.
#[derive(Debug)]
pub struct Pushes {
    client: HttpClient,
    /// Asks other authentication servers.
    others: HttpClient,
    port: u16,
    intake: Intake,
    runtime: Handle,
    /// What Perch proves to be itself with, to the phones that are being told something.
    passwords: Mutex<HashMap<PhoneName, (u64, Secret)>>,
}

impl Pushes {
    /// Nobody is told anything yet.
    pub fn new(settings: &Settings, intake: Intake) -> Result<Pushes, TlsError> {
        Ok(Pushes {
            client: HttpClient::new(&settings.tls, settings.push.timeout, AT_ONCE)?,
            others: HttpClient::new(&settings.tls, OTHER_PATIENCE, OTHERS_AT_ONCE)?,
            port: settings.push.port,
            intake,
            runtime: Handle::current(),
            passwords: Mutex::default(),
        })
    }

    /// Tells a phone something, and the exchange what became of it. Never waits.
    pub fn send(self: &Arc<Self>, push: Push) {
        let pushes = Arc::clone(self);
        self.runtime.spawn(async move {
            let forgot = pushes.tell(&push).await;
            pushes.intake.tell(Input::Pushed { push, forgot }).await;
        });
    }

    async fn tell(&self, push: &Push) -> Forgot {
        let question = match self.question(push) {
            Ok(question) => question,
            Err(error) => {
                tracing::warn!(phone = %push.phone, %error, "phone cannot be told anything");
                return Forgot::Unreachable(ToldBy::Http);
            }
        };
        let answer = self.client.ask(question).await;
        self.forget_password(push);
        match answer {
            Ok(answer) => judged(push, &answer),
            Err(error) => {
                tracing::info!(phone = %push.phone, %error, "phone does not answer at its web server");
                Forgot::Unreachable(ToldBy::Http)
            }
        }
    }

    fn question(&self, push: &Push) -> Result<Question, HttpError> {
        let host = match push.address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let question = Question::get(&format!("http://{host}:{}{PATH}", self.port))?;
        let body = format!("{FIELD}{FORGET}").into_bytes();
        let password = self.mint_password(push);
        let question = question.post("application/x-www-form-urlencoded", body);
        Ok(question.by(NAME, password))
    }

    fn mint_password(&self, push: &Push) -> Secret {
        let noise: [u8; PASSWORD_BYTES] = rand::random();
        let password = Secret::new(BASE64_URL_SAFE_NO_PAD.encode(noise));
        let mut passwords = lock(&self.passwords);
        passwords.insert(push.phone.clone(), (push.attempt, password.clone()));
        password
    }

    fn forget_password(&self, push: &Push) {
        let mut passwords = lock(&self.passwords);
        let current = passwords.get(&push.phone);
        if current.is_some_and(|(attempt, _)| *attempt == push.attempt) {
            passwords.remove(&push.phone);
        }
    }

    /// Whether it is Perch who tells this phone something just now, by the name and password that the phone was shown.
    pub fn is_own(&self, phone: &PhoneName, name: &str, password: &Secret) -> bool {
        let passwords = lock(&self.passwords);
        let Some((_, own)) = passwords.get(phone) else {
            return false;
        };
        let (own, shown) = (own.reveal().as_bytes(), password.reveal().as_bytes());
        name == NAME && bool::from(own.ct_eq(shown))
    }

    /// Whether another authentication server vouches for whoever it is. One that does not answer does not.
    pub async fn is_vouched_for_at(&self, address: &str) -> bool {
        let answer = match Question::get(address) {
            Ok(question) => self.others.ask(question).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => answer.status == 200 && answer.body.trim_ascii() == AUTHORIZED,
            Err(error) => {
                tracing::warn!(%error, "authentication_fallback does not answer");
                false
            }
        }
    }
}

/// What a phone's answer means.
fn judged(push: &Push, answer: &HttpAnswer) -> Forgot {
    let text = String::from_utf8_lossy(&answer.body);
    let is_done = answer.status == 200
        && text.contains("<CiscoIPPhoneResponse")
        && text.contains("Status=\"0\"");
    if is_done {
        return Forgot::Done(ToldBy::Http);
    }
    let (phone, status) = (&push.phone, answer.status);
    let number = text.split_once("<CiscoIPPhoneError Number=\"");
    let number = number.and_then(|(_, rest)| rest.chars().next());
    tracing::info!(%phone, status, error = ?number, "phone refuses what it is told at its web server");
    Forgot::Refused(ToldBy::Http)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push() -> Push {
        Push {
            phone: "SEP1".into(),
            attempt: 1,
            address: IpAddr::from([192, 0, 2, 1]),
        }
    }

    #[test]
    fn an_answer_is_yes_or_no() {
        let yes = "<CiscoIPPhoneResponse><ResponseItem URL=\"Init:CallHistory\" Data=\"Success\" Status=\"0\"/></CiscoIPPhoneResponse>";
        let cases = [
            (200, yes.to_owned(), true),
            (200, yes.replace("\"0\"", "\"6\""), false),
            (200, "<CiscoIPPhoneError Number=\"4\"/>".into(), false),
            (401, yes.into(), false),
            (200, String::new(), false),
        ];
        for (status, body, expected) in cases {
            let answer = HttpAnswer {
                status,
                body: body.clone().into(),
            };
            let is_done = judged(&push(), &answer) == Forgot::Done(ToldBy::Http);
            assert_eq!(is_done, expected, "{status} {body}");
        }
    }
}
