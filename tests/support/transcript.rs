//! What could be seen of a scenario from outside, line by line.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use perch::pbx::{Answer, Cause, Presence, Record, Site, What as Recorded};
use perch::time::Utc;

use super::world::{Observation, What};

struct Line {
    at: Utc,
    subject: String,
    text: String,
}

pub struct Transcript {
    zone: TimeZone,
    shows_events: bool,
    lines: Vec<Line>,
    /// Phones of which somebody was just logged out by somebody else's login.
    taken_over: Option<String>,
}

impl Transcript {
    pub fn new(zone: TimeZone, shows_events: bool) -> Transcript {
        Transcript {
            zone,
            shows_events,
            lines: Vec::new(),
            taken_over: None,
        }
    }

    pub fn note(&mut self, site: &Site, observation: &Observation) {
        let at = observation.at;
        match &observation.what {
            What::Sight(phone, text) => self.add(at, phone.as_str(), text.clone()),
            What::Announced(record) => self.record(site, at, record),
            What::Replied(Ok(text)) => self.add(at, "admin", format!("hears \"{text}\"")),
            What::Replied(Err(why)) => {
                self.add(at, "admin", format!("hears no: \"{}\"", why.text()));
            }
            What::Answered(answer) => {
                for text in self.answer(answer) {
                    let subject = String::from("admin");
                    self.lines.push(Line { at, subject, text });
                }
            }
            What::Fault(text) => self.add(at, "FAULT", text.clone()),
            What::Miss(text) => self.add(at, "MISS", text.clone()),
        }
    }

    /// Somebody cannot do what the scenario wants.
    pub fn cannot(&mut self, at: Utc, why: String) {
        self.add(at, "IMPOSSIBLE", why);
    }

    /// What the same one sees and does at one moment stands on one line.
    fn add(&mut self, at: Utc, subject: &str, text: String) {
        match self.lines.last_mut() {
            Some(last) if last.at == at && last.subject == subject => {
                last.text.push_str(", ");
                last.text.push_str(&text);
            }
            _ => self.lines.push(Line {
                at,
                subject: subject.to_owned(),
                text,
            }),
        }
    }

    fn record(&mut self, site: &Site, at: Utc, record: &Record) {
        if self.shows_events {
            self.lines.push(Line {
                at,
                subject: "event".into(),
                text: in_words(record),
            });
        }
        let user = record.user.as_ref().map_or("nobody", |user| user.as_str());
        let Some(phone) = &record.phone else { return };
        match record.what {
            Recorded::LoggedIn => {
                let how = self.taken_over.take().filter(|at| at == phone.as_str());
                let how = how.map_or("", |_| " (takeover)");
                self.add(at, phone.as_str(), format!("becomes {user}{how}"));
            }
            Recorded::LoggedOut(Cause::Takeover) => self.taken_over = Some(phone.to_string()),
            Recorded::LoggedOut(cause) => {
                let facts = site.phones.get(phone);
                let profile = facts.map_or("nothing", |facts| facts.logout_profile.as_str());
                let why = cause.word();
                self.add(at, phone.as_str(), format!("becomes {profile} ({why})"));
            }
            _ => {}
        }
    }

    fn answer(&self, answer: &Answer) -> Vec<String> {
        let lines: Vec<String> = match answer {
            Answer::Who(who) => who.iter().map(|who| self.presence(who)).collect(),
            Answer::Explain(None) => vec!["there is no such phone or user".into()],
            Answer::Explain(Some(told)) => told.sentences.clone(),
            Answer::Locks(locks) => locks
                .iter()
                .map(|lock| match lock.until {
                    Some(until) => format!("{} is locked until {}", lock.user, self.time(until)),
                    None => format!("{} failed {} times", lock.user, lock.failures),
                })
                .collect(),
            Answer::Status(status) => vec![format!(
                "{} of {} phones registered, {} sessions, {} calls, {} logouts waiting",
                status.phones_registered,
                status.phones,
                status.sessions,
                status.calls,
                status.logouts_queued
            )],
        };
        let lines = if lines.is_empty() {
            vec!["nobody".to_owned()]
        } else {
            lines
        };
        lines
            .into_iter()
            .map(|line| format!("reads: {line}"))
            .collect()
    }

    fn presence(&self, who: &Presence) -> String {
        let (last_used, signal) = who.last_used;
        let mut text = format!(
            "{} ({} {}) at {} since {}, last used {} ({})",
            who.user,
            who.dn,
            who.display_name,
            who.phone,
            self.time(who.since),
            self.time(last_used),
            signal.words()
        );
        if let Some((at, cause)) = who.next_logout {
            text += &format!(", next logout {} ({})", self.time(at), cause.word());
        }
        if let Some(cause) = who.leaving {
            text += &format!(", leaving ({})", cause.word());
        }
        if who.in_call {
            text += ", in a call";
        }
        text
    }

    pub fn into_text(self) -> String {
        let mut text = String::new();
        let mut day: Option<Date> = None;
        for line in &self.lines {
            let today = self.local(line.at).date();
            if day.is_some_and(|day| day != today) {
                text += &format!("on {today}\n");
            }
            day = Some(today);
            text += &format!("{} {} {}\n", self.time(line.at), line.subject, line.text);
        }
        text.trim_end().to_owned()
    }

    fn local(&self, at: Utc) -> jiff::Zoned {
        let at = Timestamp::from_millisecond(at.0).expect("a moment of our time");
        at.to_zoned(self.zone.clone())
    }

    /// A moment as people say it: seconds only if there are any.
    fn time(&self, at: Utc) -> String {
        let local = self.local(at);
        let format = match (local.second(), local.millisecond()) {
            (0, 0) => "%H:%M",
            (_, 0) => "%H:%M:%S",
            _ => "%H:%M:%S%.3f",
        };
        local.strftime(format).to_string()
    }
}

fn in_words(record: &Record) -> String {
    let user = record.user.as_ref().map_or("-", |user| user.as_str());
    let phone = record.phone.as_ref().map_or("-", |phone| phone.as_str());
    let cause = record.what.cause().map_or("-", Cause::word);
    let (word, door, text) = (record.what.word(), record.door, &record.text);
    format!("{word} {cause} {user} {phone} {door:?}: {text}")
}
