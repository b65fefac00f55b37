//! What somebody at the phone watches (RFC 6665, as its subscriber): numbers, or all those that it has lamps for.

use std::time::Duration;

use perch::sip::wire::{Message, Name};
use rsip::Method;

use super::transactions::{Purpose, Request};
use super::{Key, SipPhone, Timer, strict};
use crate::support::phone::Watched;
use crate::support::watching;

/// For how long it asks, in seconds.
const LASTS_S: u32 = 3600;

/// So long before the end it asks for more.
const IN_TIME: Duration = Duration::from_secs(300);

/// A subscription of the phone's.
#[derive(Clone, Debug)]
pub struct Watch {
    what: Watched,
    from: String,
    cseq: u32,
    /// The server's tag, once it is known.
    tag: Option<String>,
    /// The number of the last NOTIFY.
    last_notify: u32,
}

impl SipPhone {
    /// Begins to watch something.
    pub fn watch(&mut self, what: &Watched) {
        let (own, tag) = (self.own_address(), self.mint("w"));
        let watch = Watch {
            what: what.clone(),
            from: format!("{own};tag={tag}"),
            cseq: 0,
            tag: None,
            last_notify: 0,
        };
        let call_id = self.mint("watch");
        self.watches.insert(call_id.clone(), watch);
        self.watch_on(&call_id, LASTS_S);
    }

    /// Watches something anew that it was told to leave for a while.
    pub fn watch_anew(&mut self, call_id: &str) {
        if let Some(watch) = self.watches.remove(call_id) {
            self.watch(&watch.what);
        }
    }

    /// Does not want to watch it any more.
    pub fn unwatch(&mut self, what: &Watched) -> Result<(), String> {
        let found = self.watches.iter().find(|(_, watch)| watch.what == *what);
        let call_id = found.map(|(call_id, _)| call_id.clone());
        let call_id = call_id.ok_or("nobody watches that here")?;
        self.watch_on(&call_id, 0);
        Ok(())
    }

    /// Asks to be told for so long.
    pub fn watch_on(&mut self, call_id: &str, lasts_s: u32) {
        let server = self.account.server;
        let Some(watch) = self.watches.get_mut(call_id) else {
            return;
        };
        watch.cseq += 1;
        let tag = watch.tag.as_ref();
        let tag = tag.map_or_else(String::new, |tag| format!(";tag={tag}"));
        let uri = format!("sip:{}@{server}", watch.what.user(&self.account.name));
        let mut headers = vec![
            (Name::Event, watch.what.package().to_owned()),
            (Name::Expires, lasts_s.to_string()),
        ];
        if matches!(watch.what, Watched::Lamps) {
            headers.push((Name::Supported, "eventlist".to_owned()));
            let taken = "multipart/related, application/rlmi+xml, application/dialog-info+xml";
            headers.push((Name::Accept, taken.to_owned()));
        }
        let request = Request {
            method: Method::Subscribe,
            from: watch.from.clone(),
            to: format!("<{uri}>{tag}"),
            uri,
            call_id: call_id.to_owned(),
            cseq: watch.cseq,
            headers,
            body: None,
        };
        self.send(request, Purpose::Watch(call_id.to_owned()));
    }

    /// The same again, with credentials.
    pub fn watch_again(&mut self, call_id: &str, mut request: Request) {
        if let Some(watch) = self.watches.get_mut(call_id) {
            watch.cseq += 1;
            request.cseq = watch.cseq;
            self.send(request, Purpose::Watch(call_id.to_owned()));
        }
    }

    pub fn watch_answered(&mut self, call_id: &str, status: u16, response: &Message) {
        let Some(watch) = self.watches.get_mut(call_id) else {
            return;
        };
        match status {
            ..200 => {}
            200..300 => {
                let tag = strict::tag_of(response, Name::To);
                if response.contacts().count() != 1 || tag.is_none() {
                    return self.fault("a subscription without Contact or tag");
                }
                watch.tag = tag;
                let lasts = response.expires().unwrap_or_default();
                if lasts > 0 {
                    let again = self.uptime + Duration::from_secs(lasts.into()) - IN_TIME;
                    self.deadlines.arm(Timer::Watch(call_id.to_owned()), again);
                }
            }
            // RFC 6665 §4.1.2.2: the server knows nothing of it any more.
            481 => {
                let what = watch.what.clone();
                self.watches.remove(call_id);
                self.watch(&what);
            }
            _ => {
                let what = watch.what.words();
                self.watches.remove(call_id);
                self.sees(format!("cannot watch {what}: {status}"));
            }
        }
    }

    /// How something stands that it watches. False if it is told of something else.
    pub fn hear_of_watch(&mut self, key: &Key, notify: &Message) -> bool {
        let call_id = notify.call_id().to_owned();
        let Some(watch) = self.watches.get_mut(&call_id) else {
            return false;
        };
        let text = |name| notify.text(name).unwrap_or_default().into_owned();
        let (event, state) = (text(Name::Event), text(Name::SubscriptionState));
        let what = watch.what.clone();
        if event != what.package() || notify.contacts().count() != 1 {
            self.fault(format!("a NOTIFY for others: {event}"));
            self.reply(key, 489, None);
            return true;
        }
        let cseq = notify.cseq().0;
        if cseq <= watch.last_notify {
            self.fault("a NOTIFY out of order");
            self.reply(key, 500, None);
            return true;
        }
        watch.last_notify = cseq;
        watch.tag = strict::tag_of(notify, Name::From);
        self.reply(key, 200, None);
        let body = String::from_utf8_lossy(&notify.body()).into_owned();
        let told = match &what {
            Watched::Line if body.is_empty() => self.hear_of_calls(notify),
            _ if body.is_empty() => None,
            _ => watching::in_words(&text(Name::ContentType), &body),
        };
        let what = what.words();
        match told {
            Some(told) => self.sees(format!("sees of {what}: {told}")),
            None if body.is_empty() => {}
            None => self.fault(format!(
                "a document of a kind that nobody asked for: {body}"
            )),
        }
        if let Some(why) = state.strip_prefix("terminated;reason=") {
            self.deadlines.disarm(&Timer::Watch(call_id.clone()));
            let (why, after) = why.split_once(";retry-after=").unwrap_or((why, ""));
            self.sees(format!("watches {what} no more: {why}"));
            match after.parse().map(Duration::from_secs) {
                // RFC 6665 §4.1.3: it may come back after that time.
                Ok(after) => {
                    let again = self.uptime + after;
                    self.deadlines.arm(Timer::WatchAnew(call_id), again);
                }
                Err(_) => drop(self.watches.remove(&call_id)),
            }
        }
        true
    }
}
