//! Message waiting (RFC 3842): what voicemail systems say of mailboxes, and what phones are told of them.
//!
//! Systems say it by NOTIFY that nobody subscribed to, and phones that did not subscribe are told so, too.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use super::agent::{Agent, Purpose, SIGNAL_LIMIT, Timer};
use super::bindings::Binding;
use super::flow::Flow;
use super::package::{Document, Topic, View};
use super::reply;
use super::subscription::Owes;
use super::told::{UNASKED, first};
use super::transaction::ServerId;
use super::wire::{Message, Name, Uri};
use super::xml::host_of;
use crate::pbx::{Desk, Dn, Event, Mailbox, Messages, PhoneName, Refusal, Report, Ticket};
use crate::time::Now;

/// The package.
pub(super) const PACKAGE: &str = "message-summary";

/// What is said of mailboxes is written in this form.
pub(super) const TYPE: &str = "application/simple-message-summary";

/// Longer summaries are not read. Some have the headers of all messages behind them.
const LONGEST: usize = 16 * 1024;

/// What a phone was told of messages.
#[derive(Debug, Default)]
pub(super) struct Lamp {
    /// What it is to show.
    shows: Summary,
    /// Whether it was told that, as far as anybody knows.
    is_told: bool,
    /// Whether it is to be told as soon as it has answered.
    is_due: bool,
    /// How many of its places have not answered: two NOTIFYs at once could overtake each other.
    open: usize,
    /// Registrations, by their Call-IDs, that take no such NOTIFY.
    deaf: BTreeSet<Arc<str>>,
}

/// What a phone shows of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    messages: Messages,
    /// Whom its key calls.
    voicemail: Option<Dn>,
}

/// Whether a request says something of messages, whatever it is.
pub(super) fn is_about_messages(request: &Message) -> bool {
    let event = request.header(Name::Event);
    let event = event.and_then(|value| value.split(|b| *b == b';').next());
    let is_it = |event: &[u8]| event.trim_ascii().eq_ignore_ascii_case(PACKAGE.as_bytes());
    event.is_some_and(is_it) && request.to_tag().is_none()
}

/// Reads what a voicemail system says (RFC 3842 §5.2).
fn read(notify: &Message) -> Option<Report> {
    let body = notify.body();
    if body.len() > LONGEST {
        return None;
    }
    let text = std::str::from_utf8(&body).ok()?;
    let (messages, account) = summary(text)?;
    let to = notify.to().ok();
    let to = to.map(|to| to.uri.user_decoded().into_owned());
    let asked = notify.uri().ok().map(|uri| uri.user_decoded().into_owned());
    let mut mailboxes: Vec<Mailbox> = Vec::new();
    for name in [account, to, asked].into_iter().flatten() {
        let mailbox = Mailbox::from(name);
        if !mailbox.as_str().is_empty() && !mailboxes.contains(&mailbox) {
            mailboxes.push(mailbox);
        }
    }
    Some(Report {
        mailboxes,
        messages,
    })
}

/// What a summary says, and of whose account.
fn summary(text: &str) -> Option<(Messages, Option<String>)> {
    let (mut waiting, mut account, mut counts) = (None, None, [0; 4]);
    // What stands behind an empty line is about single messages.
    let lines = text.lines().map(str::trim_end);
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        let (name, value) = (name.trim_end(), value.trim());
        if name.eq_ignore_ascii_case("Messages-Waiting") {
            waiting = Some(yes_or_no(value)?);
        } else if name.eq_ignore_ascii_case("Message-Account") {
            let uri = Uri::parse(value).ok()?;
            account = Some(uri.user_decoded().into_owned());
        } else if name.eq_ignore_ascii_case("Voice-Message") {
            counts = numbers(value)?;
        }
    }
    let [new, old, urgent_new, urgent_old] = counts;
    let messages = Messages {
        waiting: waiting?,
        new,
        old,
        urgent_new,
        urgent_old,
    };
    Some((messages, account))
}

fn yes_or_no(value: &str) -> Option<bool> {
    match value {
        yes if yes.eq_ignore_ascii_case("yes") => Some(true),
        no if no.eq_ignore_ascii_case("no") => Some(false),
        _ => None,
    }
}

/// `2/8 (0/2)`: new and old ones, and how many of them are urgent, which may be left out.
fn numbers(value: &str) -> Option<[u32; 4]> {
    let pair = |text: &str| {
        let (new, old) = text.split_once('/')?;
        Some((new.trim().parse().ok()?, old.trim().parse().ok()?))
    };
    let (all, urgent) = match value.split_once('(') {
        Some((all, urgent)) => (all, Some(urgent.trim_end().strip_suffix(')')?)),
        None => (value, None),
    };
    let (new, old) = pair(all)?;
    let (urgent_new, urgent_old) = match urgent {
        Some(urgent) => pair(urgent)?,
        None => (0, 0),
    };
    Some([new, old, urgent_new, urgent_old])
}

impl Summary {
    /// As a phone reads it.
    fn text(&self, host: impl fmt::Display) -> String {
        let Messages {
            waiting,
            new,
            old,
            urgent_new,
            urgent_old,
        } = self.messages;
        let waits = if waiting { "yes" } else { "no" };
        // There are phones that look at the number alone; one at least is new, if any waits.
        let new = if waiting { new.max(1) } else { new };
        let account = match &self.voicemail {
            Some(dn) => format!("Message-Account: sip:{dn}@{host}\r\n"),
            None => String::new(),
        };
        format!(
            "Messages-Waiting: {waits}\r\n{account}Voice-Message: {new}/{old} ({urgent_new}/{urgent_old})\r\n"
        )
    }
}

/// What a phone that has subscribed is to be told; none if it was told that before.
pub(super) fn document(
    summary: &Summary,
    view: &View<'_>,
    told: &mut Option<Summary>,
) -> Option<Document> {
    if told.as_ref() == Some(summary) && !view.whole {
        return None;
    }
    *told = Some(summary.clone());
    let text = summary.text(host_of(view.entity));
    Some(Document::new(TYPE, text))
}

impl Agent {
    /// Somebody says what waits in a mailbox. The core knows whether they may.
    pub(super) fn messages_reported(
        &mut self,
        now: Now,
        flow: Flow,
        notify: &Message,
        server: ServerId,
    ) {
        let phone = match self.registrar.reports_messages(now, &flow, notify) {
            Some(phone) => phone,
            None => match self.authenticated(now, flow, notify, server) {
                Some(phone) => phone,
                None => return,
            },
        };
        let Some(report) = read(notify) else {
            tracing::info!(%phone, "what is said of messages cannot be read");
            let why = reply::reason("SIP", 400, "This is no message summary");
            return self.respond(now, server, notify, flow, 400, Some(why));
        };
        let ticket = self.mint_ticket();
        self.signals.insert(ticket, (server, notify.clone(), flow));
        self.deadlines
            .arm(Timer::Signal(ticket), now.uptime + SIGNAL_LIMIT);
        self.events.push(Event::MessagesReported {
            ticket,
            phone,
            report,
        });
    }

    /// Tells them whether it was taken.
    pub(super) fn answer_report(
        &mut self,
        now: Now,
        ticket: Ticket,
        outcome: &Result<(), Refusal>,
    ) {
        self.deadlines.disarm(&Timer::Signal(ticket));
        let Some((server, request, flow)) = self.signals.remove(&ticket) else {
            return;
        };
        let (status, why) = match outcome {
            Ok(()) => (200, None),
            Err(why) => {
                let status = reply::status_of(why);
                (status, Some(reply::reason("SIP", status, &why.text())))
            }
        };
        self.respond(now, server, &request, flow, status, why);
    }

    /// A phone is to show whether messages wait.
    pub(super) fn show_messages(&mut self, now: Now, phone: &PhoneName, desk: &Desk) {
        let shows = Summary {
            messages: desk.set.messages,
            voicemail: desk.voicemail.clone(),
        };
        self.show_to_subscribers(phone, &shows);
        // A voicemail system has no lamp, and knows what waits.
        if self.registrar.is_voicemail(phone) {
            return;
        }
        // Where there is no voicemail, no lamp ever burns.
        if shows == Summary::default() && !self.lamps.contains_key(phone) {
            return;
        }
        let lamp = self.lamps.entry(phone.clone()).or_default();
        if lamp.is_told && lamp.shows == shows {
            return;
        }
        lamp.shows = shows;
        lamp.is_due = true;
        self.tell_of_messages(now, phone);
    }

    fn show_to_subscribers(&mut self, phone: &PhoneName, shows: &Summary) {
        let subscriptions = self.watches.about(&Topic::Messages(phone.clone()));
        if !subscriptions.is_empty() {
            let shows = shows.clone();
            self.watches.messages.insert(phone.clone(), shows);
        }
        for id in subscriptions {
            self.watches.owe(id, Owes::News);
        }
    }

    /// Where a phone has subscribed: it is told there already.
    fn subscribed_at(&mut self, phone: &PhoneName) -> Vec<SocketAddr> {
        let subscriptions = self.watches.about(&Topic::Messages(phone.clone()));
        let watches = subscriptions.into_iter();
        let remotes = watches.filter_map(|id| Some(self.watches.get_mut(id)?.dialog.flow.remote));
        remotes.collect()
    }

    /// Tells a phone at every place where it is and did not ask.
    fn tell_of_messages(&mut self, now: Now, phone: &PhoneName) {
        let places = self.registrar.targets_of(phone, now);
        let mut bindings: Vec<Binding> = places.into_iter().filter_map(first).collect();
        let subscribed = self.subscribed_at(phone);
        let Some(lamp) = self.lamps.get_mut(phone) else {
            return;
        };
        if lamp.open > 0 || !lamp.is_due {
            return;
        }
        if bindings.is_empty() {
            // It is told when it comes back.
            self.lamps.remove(phone);
            return;
        }
        lamp.deaf
            .retain(|call_id| bindings.iter().any(|b| *b.call_id == **call_id));
        bindings.retain(|binding| {
            !lamp.deaf.contains(&*binding.call_id) && !subscribed.contains(&binding.flow.remote)
        });
        (lamp.open, lamp.is_told, lamp.is_due) = (bindings.len(), true, false);
        let shows = lamp.shows.clone();
        for binding in bindings {
            let text = shows.text(binding.flow.local);
            let body = Some((TYPE, text.as_str()));
            let client = self.notify_unasked(now, phone, &binding, (PACKAGE, UNASKED), body);
            let call_id = Arc::from(&*binding.call_id);
            self.purposes
                .insert(client, Purpose::Messages(phone.clone(), call_id));
        }
    }

    /// A phone has said what it thinks of that, or nothing. One that knows nothing of it is not told again while it is
    /// registered as it is.
    pub(super) fn messages_shown(
        &mut self,
        now: Now,
        phone: &PhoneName,
        call_id: Arc<str>,
        status: u16,
    ) {
        let Some(lamp) = self.lamps.get_mut(phone) else {
            return;
        };
        lamp.open = lamp.open.saturating_sub(1);
        match status {
            200..300 => {}
            400..=407 | 415 | 420 | 481 | 489 | 501 => {
                tracing::debug!(%phone, status, "SIP phone does not want to know of messages");
                lamp.deaf.insert(call_id);
            }
            _ => lamp.is_told = false,
        }
        self.tell_of_messages(now, phone);
    }

    /// A phone came or went: nobody knows what its lamp shows.
    pub fn forget_lamp(&mut self, phone: &PhoneName) {
        if let Some(lamp) = self.lamps.get_mut(phone) {
            lamp.is_told = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(waiting: bool, [new, old, urgent_new, urgent_old]: [u32; 4]) -> Messages {
        Messages {
            waiting,
            new,
            old,
            urgent_new,
            urgent_old,
        }
    }

    /// rules: CAL-4
    #[test]
    fn summaries_are_read_as_systems_write_them() {
        let account = |name: &str| Some(name.to_owned());
        for (text, expected) in [
            (
                "Messages-Waiting: yes\r\nMessage-Account: sip:2001@vm.example.com\r\nVoice-Message: 2/8 (0/2)\r\n",
                (messages(true, [2, 8, 0, 2]), account("2001")),
            ),
            ("Messages-Waiting: no\n", (messages(false, [0; 4]), None)),
            (
                "messages-waiting:YES\r\nVoice-Message: 1/0\r\nFax-Message: x\r\n\r\nTo: <sip:somebody>\r\nnonsense",
                (messages(true, [1, 0, 0, 0]), None),
            ),
        ] {
            assert_eq!(summary(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn garbage_is_known_as_such() {
        for text in [
            "",
            "Voice-Message: 2/8",
            "Messages-Waiting: perhaps",
            "Messages-Waiting: yes\r\nVoice-Message: 2",
            "Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2",
            "Messages-Waiting: yes\r\nVoice-Message: -2/8",
            "Messages-Waiting: yes\r\nVoice-Message: 99999999999/8",
            "Messages-Waiting: yes\r\nMessage-Account: nowhere",
            "Messages-Waiting: yes\r\nnonsense",
        ] {
            assert_eq!(summary(text), None, "{text}");
        }
    }

    /// rules: CAL-4
    #[test]
    fn what_phones_are_told_can_be_read_again() {
        let told = |messages| {
            let voicemail = Some("8000".into());
            Summary {
                messages,
                voicemail,
            }
            .text("192.0.2.1:5060")
        };
        assert_eq!(
            told(messages(true, [2, 8, 1, 0])),
            "Messages-Waiting: yes\r\nMessage-Account: sip:8000@192.0.2.1:5060\r\nVoice-Message: 2/8 (1/0)\r\n"
        );
        for some in [messages(false, [0, 3, 0, 0]), messages(true, [4, 3, 2, 1])] {
            let read = summary(&told(some)).map(|(messages, _)| messages);
            assert_eq!(read, Some(some));
        }
        let uncounted = summary(&told(messages(true, [0; 4])));
        let uncounted = uncounted.map(|(messages, _)| messages);
        assert_eq!(uncounted, Some(messages(true, [1, 0, 0, 0])));
    }
}
