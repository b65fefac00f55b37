//! NOTIFY (RFC 6665 §4.2.2): watchers are told how things stand, one document at a time.
//!
//! A watcher that is slow is told less often, and then what is newest; one that takes nothing any more is forgotten.
//! Nobody else waits for it.

use std::sync::Arc;
use std::time::Duration;

use rsip::Method;

use super::agent::{Agent, Purpose, Timer};
use super::dialog::contact;
use super::outbound::flow_to;
use super::package::{Document, EVENT_LIST, Topic, View};
use super::subscription::{End, Owes, Watch, WatchId, WatchNews};
use super::talking::find_dialog_again;
use super::wire::Name;
use crate::pbx::LineStatus;
use crate::time::Now;

/// A watcher that could not take what it was told, so many times in a row, is forgotten.
const MOST_FAILURES: u8 = 4;

/// When it is tried again, if it does not say when, in seconds.
const AGAIN_S: u32 = 10;
const AGAIN_MAX_S: u32 = 120;

/// When the server stops, so many are told; the others find out when they ask for more.
const MOST_TOLD_OF_THE_END: usize = 20_000;

/// They are to come back after so many seconds, up to twice as many.
const BACK_AFTER_S: u32 = 20;

impl Agent {
    /// A number stands otherwise now.
    pub(super) fn show_line(&mut self, status: &Arc<LineStatus>) {
        let Some(line) = self.watches.lines.get_mut(&status.dn) else {
            return;
        };
        // What waited for the store comes later than what did not.
        let is_late = |known: &Arc<LineStatus>| known.version > status.version;
        if line.status.as_ref().is_some_and(is_late) {
            return;
        }
        line.status = Some(Arc::clone(status));
        let watchers: Vec<WatchId> = line.watchers.iter().copied().collect();
        for id in watchers {
            self.watches.owe(id, Owes::News);
        }
    }

    /// Tells watchers what they are owed. To be called when all that happens at this moment is known, so that it is told
    /// together.
    pub fn tell_watchers(&mut self, now: Now) {
        for id in std::mem::take(&mut self.watches.to_tell) {
            self.tell_watcher(now, id);
        }
    }

    /// Tells a watcher what it is owed; later, if it was told something just now.
    fn tell_watcher(&mut self, now: Now, id: WatchId) {
        let Some(mut watch) = self.watches.take(id) else {
            return;
        };
        match watch.end {
            None if watch.owes == Owes::Nothing || watch.sent.is_some() => {}
            None if now.uptime < watch.not_before => {
                let next = watch.not_before.min(watch.expires_at);
                self.deadlines.arm(Timer::Watch(id), next);
            }
            None => {
                if let Some(document) = self.document_for(&mut watch) {
                    watch.owes = match document.goes_on {
                        true => Owes::News,
                        false => Owes::Nothing,
                    };
                    watch.not_before = match document.goes_on {
                        true => now.uptime,
                        false => now.uptime + watch.package.pause(),
                    };
                    self.notify_watcher(now, id, &mut watch, Some(document), None);
                } else if watch.owes == Owes::News {
                    watch.owes = Owes::Nothing;
                }
            }
            Some(end) => {
                let document = self.document_for(&mut watch);
                // Somebody who wants one look waits until there is something to be seen.
                if document.is_some() || now.uptime >= watch.expires_at {
                    self.notify_watcher(now, id, &mut watch, document, Some(end));
                    return self.forget_watch(id, &watch);
                }
            }
        }
        self.watches.put_back(id, watch);
    }

    fn document_for(&self, watch: &mut Watch) -> Option<Document> {
        let view = View {
            lines: &self.watches.lines,
            keys: &self.watches.keys,
            messages: &self.watches.messages,
            primes: &self.watches.primes,
            topic: &watch.topic,
            entity: &watch.entity,
            whole: watch.owes == Owes::All,
            in_datagrams: !watch.dialog.flow.transport.is_reliable(),
            with_parties: self.watches.settings.show_parties,
        };
        watch.package.document(&view, &mut watch.told)
    }

    fn notify_watcher(
        &mut self,
        now: Now,
        id: WatchId,
        watch: &mut Watch,
        document: Option<Document>,
        end: Option<End>,
    ) {
        let state = match end {
            None => {
                let left = watch.expires_at.saturating_sub(now.uptime);
                format!("active;expires={}", left.as_secs().max(1))
            }
            Some(end) => end.state(),
        };
        find_dialog_again(&self.registrar, now, &watch.phone, &mut watch.dialog);
        let branch = self.mint_branch();
        let (flow, event) = (watch.dialog.flow, watch.event());
        let towards = contact(flow, &watch.dialog.target);
        let mut builder = watch
            .dialog
            .request(Method::Notify, &branch)
            .header(Name::Contact, towards)
            .header(Name::Event, event)
            .header(Name::SubscriptionState, state);
        if matches!(watch.topic, Topic::Lamps(_)) {
            builder = builder.header(Name::Require, EVENT_LIST);
        }
        let bytes = match document {
            Some(Document {
                header: Some((name, value)),
                ..
            }) => builder.header(name, value).finish(),
            Some(document) => builder.finish_with(document.content_type.as_bytes(), &document.body),
            None => builder.finish(),
        };
        let client = self
            .transactions
            .request(now, flow, Method::Notify, &branch, bytes);
        let purpose = match end {
            None => Purpose::Watch(id),
            Some(_) => Purpose::End,
        };
        self.purposes.insert(client, purpose);
        self.watches.news.push(WatchNews::Notified(watch.package));
        watch.sent = Some(client);
    }

    /// A watcher has taken what it was told, or has not (RFC 6665 §4.2.2).
    pub(super) fn watcher_heard(
        &mut self,
        now: Now,
        id: WatchId,
        status: u16,
        retry_after_s: Option<u32>,
    ) {
        let Some(watch) = self.watches.get_mut(id) else {
            return;
        };
        watch.sent = None;
        if status < 300 {
            watch.failures = 0;
            self.arm_expiry(id);
            return self.tell_watcher(now, id);
        }
        watch.failures += 1;
        let (phone, package) = (&watch.phone, watch.package);
        tracing::debug!(%phone, status, package = package.name(), "a watcher did not take a NOTIFY");
        self.watches.news.push(WatchNews::Failed(package));
        let Some(watch) = self.watches.get_mut(id) else {
            return;
        };
        // What it knows is uncertain now.
        watch.owes = Owes::All;
        let connection = watch.dialog.flow.connection;
        match status {
            _ if watch.failures >= MOST_FAILURES => self.watcher_gone(id),
            // Its connection is gone: it may be reached where it says that it listens, or by another one.
            430 if connection != 0 => {
                watch.dialog.flow = flow_to(&watch.dialog.target, watch.dialog.flow);
                watch.not_before = now.uptime;
                self.tell_watcher(now, id);
            }
            500 | 503 | 504 | 491 => {
                let after_s = retry_after_s.unwrap_or(AGAIN_S).clamp(1, AGAIN_MAX_S);
                watch.not_before = now.uptime + Duration::from_secs(after_s.into());
                self.tell_watcher(now, id);
            }
            _ => self.watcher_gone(id),
        }
    }

    /// A subscription has run out, or the pause after a document is over.
    pub(super) fn watch_due(&mut self, now: Now, id: WatchId) {
        let Some(watch) = self.watches.get_mut(id) else {
            return;
        };
        if now.uptime >= watch.expires_at {
            return self.end_watch(now, id, End::Timeout);
        }
        self.arm_expiry(id);
        self.tell_watcher(now, id);
    }

    /// Ends a subscription, and says why.
    pub(super) fn end_watch(&mut self, now: Now, id: WatchId, end: End) {
        if let Some(watch) = self.watches.get_mut(id) {
            watch.end = Some(end);
            watch.expires_at = now.uptime;
            self.tell_watcher(now, id);
        }
    }

    /// The server is about to stop: watchers are told to come back, each after a time of its own.
    pub fn end_watches(&mut self, now: Now) {
        for id in self.watches.oldest(MOST_TOLD_OF_THE_END) {
            let jitter = (self.mint_seed() >> 32) as u32 % BACK_AFTER_S;
            self.end_watch(now, id, End::Stopping(BACK_AFTER_S + jitter));
        }
    }

    /// Whoever subscribed is not there any more.
    fn watcher_gone(&mut self, id: WatchId) {
        if let Some(watch) = self.watches.take(id) {
            self.forget_watch(id, &watch);
        }
    }

    fn forget_watch(&mut self, id: WatchId, watch: &Watch) {
        self.deadlines.disarm(&Timer::Watch(id));
        let moved = self.watches.forget(id, watch);
        self.tell_core(moved);
    }

    fn arm_expiry(&mut self, id: WatchId) {
        if let Some(watch) = self.watches.get_mut(id) {
            let expires_at = watch.expires_at;
            self.deadlines.arm(Timer::Watch(id), expires_at);
        }
    }

    /// Takes out what happened to subscriptions.
    pub fn take_watch_news(&mut self) -> Vec<WatchNews> {
        std::mem::take(&mut self.watches.news)
    }
}
