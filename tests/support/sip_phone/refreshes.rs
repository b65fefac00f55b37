//! Calls that the phone keeps alive by refreshing them (RFC 4028), and texts that it sends (RFC 3428).

use std::time::Duration;

use bytes::Bytes;
use perch::sip::wire::{Message, Name};
use rsip::Method;

use super::transactions::{Purpose, Request};
use super::{CallNo, SipPhone, Stage, Timer};

/// What such a phone asks for, in seconds.
const INTERVAL_S: u32 = 600;

/// What a phone adds to its answer to an INVITE or UPDATE that asks for refreshes: it makes them itself.
pub fn refresh_granted(request: &Message, status: u16, refreshes: bool) -> Vec<(Name, String)> {
    let takes = matches!(request.method(), Some(Method::Invite | Method::Update));
    let asked = request.text(Name::SessionExpires);
    let (true, Some(asked)) = (takes && refreshes && (200..300).contains(&status), asked) else {
        return Vec::new();
    };
    let refresher = match asked.contains("refresher=uac") {
        true => "uac",
        false => "uas",
    };
    let value = format!("{};refresher={refresher}", seconds(&asked));
    vec![
        (Name::Require, "timer".to_owned()),
        (Name::SessionExpires, value),
    ]
}

fn seconds(value: &str) -> u32 {
    let digits = value.split(';').next().unwrap_or_default().trim();
    digits.parse().unwrap_or(INTERVAL_S)
}

impl SipPhone {
    /// Adds what a phone that refreshes its calls says in requests that begin or refresh one.
    pub fn ask_for_refreshes(&self, request: &mut Request) {
        let takes = matches!(request.method, Method::Invite | Method::Update);
        let is_said = request
            .headers
            .iter()
            .any(|(n, _)| *n == Name::SessionExpires);
        if takes && self.account.refreshes && !is_said {
            request.headers.push((Name::Supported, "timer".to_owned()));
            let value = format!("{INTERVAL_S};refresher=uac");
            request.headers.push((Name::SessionExpires, value));
        }
    }

    /// A call was begun or refreshed: by this phone, or by the server. The message says who is to do it next.
    pub fn goes_on(&mut self, no: CallNo, message: &Message, by_us: bool) {
        let Some(value) = message.text(Name::SessionExpires) else {
            return;
        };
        let ours = if by_us {
            "refresher=uac"
        } else {
            "refresher=uas"
        };
        if self.account.refreshes && value.contains(ours) {
            let half = Duration::from_secs(u64::from(seconds(&value)) / 2);
            self.deadlines.arm(Timer::Refresh(no), self.uptime + half);
        }
    }

    /// Says that a call goes on.
    pub fn refresh(&mut self, no: CallNo) {
        let Some(call) = self.calls.get_mut(&no) else {
            return;
        };
        if call.stage == Stage::Talking && !call.hangs_up {
            let request = call.dialog.request(Method::Update);
            self.send(request, Purpose::Refresh(no));
        }
    }

    /// Sends a text to a number.
    pub fn write_text(&mut self, number: &str, text: &str) {
        let number = number.replace('#', "%23");
        let uri = format!("sip:{number}@{}", self.account.server);
        let (own, tag) = (self.own_address(), self.mint("m"));
        let request = Request {
            method: Method::Message,
            from: format!("{own};tag={tag}"),
            to: format!("<{uri}>"),
            uri,
            call_id: self.mint("text"),
            cseq: 1,
            headers: Vec::new(),
            body: Some(("text/plain", Bytes::copy_from_slice(text.as_bytes()))),
        };
        self.send(request, Purpose::Text);
    }
}
