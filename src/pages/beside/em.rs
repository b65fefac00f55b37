//! What is said to the Extension Mobility service of another call manager, and what it answers.

use super::super::fields::{decoded, encoded};
use super::super::tree::Element;
use super::super::xml::Writer;
use super::{Job, Task};
use crate::pbx::Secret;

/// Nobody was logged in there: somebody else was faster.
const NOBODY: &str = "19";

/// Who asks there: a user with the rights of a proxy.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its password.
    pub password: Secret,
}

/// What it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Who is there; none: nobody, or there is no such phone.
    There(Option<String>),
    /// It was done, or had been done before.
    Done,
    /// It will not, and why.
    Refused(String),
    /// Nothing that can be understood.
    Nonsense,
}

/// A job as the form that is posted: one field of XML.
pub fn form(job: &Job, account: &Account) -> Vec<u8> {
    let mut writer = Writer::compact();
    let root = match job.task {
        Task::Ask => "query",
        Task::LogOut(_) => "request",
    };
    writer.element(root, |w| {
        w.element("appInfo", |w| {
            w.text("appID", &account.id);
            w.text("appCertificate", account.password.reveal());
        });
        let task = match job.task {
            Task::Ask => "deviceUserQuery",
            Task::LogOut(_) => "logout",
        };
        w.element(task, |w| w.text("deviceName", job.phone.as_str()));
    });
    format!("xml={}", encoded(&writer.finish())).into_bytes()
}

/// Reads an answer to that job.
pub fn read(job: &Job, text: &str) -> Said {
    let Ok(root) = Element::parse(text) else {
        return Said::Nonsense;
    };
    if let Some(failure) = root.child("failure") {
        return refused(job, failure, text);
    }
    match job.task {
        Task::LogOut(_) => match root.child("success") {
            Some(_) => Said::Done,
            None => Said::Nonsense,
        },
        Task::Ask => {
            let Some(results) = root.child("deviceuserresults") else {
                return Said::Nonsense;
            };
            let user = results.child("device").and_then(|d| d.text_of("userid"));
            let user = user.filter(|user| !user.is_empty());
            // User ids come percent-encoded.
            Said::There(user.map(decoded))
        }
    }
}

/// Releases do not agree on the element that says why.
fn refused(job: &Job, failure: &Element, text: &str) -> Said {
    let words = failure.text_of("error");
    let words = words.or_else(|| failure.text_of("errormessage"));
    let number = text
        .split("code=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    match (number, &job.task) {
        (Some(NOBODY), Task::LogOut(_)) => Said::Done,
        (number, _) => {
            let words: String = words.unwrap_or("no reason").chars().take(100).collect();
            Said::Refused(format!("it says error {}: {words}", number.unwrap_or("?")))
        }
    }
}
