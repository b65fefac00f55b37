//! What could be seen of a scenario from outside, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use perch::pbx::{
    Answer, Cause, HuntStatus, JobEnd, JobProgress, JobStatus, Presence, Record, Site,
    What as Recorded,
};
use perch::time::Utc;

use super::world::{Observation, What};

struct Line {
    at: Utc,
    subject: String,
    /// What the same one sees and does at one moment.
    texts: Vec<String>,
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
                    let texts = vec![text];
                    self.lines.push(Line { at, subject, texts });
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
            Some(last) if last.at == at && last.subject == subject => last.texts.push(text),
            _ => self.lines.push(Line {
                at,
                subject: subject.to_owned(),
                texts: vec![text],
            }),
        }
    }

    /// The same in words that all protocols have. What happens at one moment may happen in another order, and what is
    /// read twice at once is read.
    pub fn in_common_words(mut self) -> Transcript {
        let mut common: BTreeMap<(Utc, String), BTreeSet<String>> = BTreeMap::new();
        let mut farewells: BTreeMap<String, (Utc, bool)> = BTreeMap::new();
        for line in self.lines {
            for text in line.texts {
                let mut at = line.at;
                if FAREWELLS.contains(&text.as_str()) {
                    let is_yes = text == FAREWELLS[0];
                    farewells.insert(line.subject.clone(), (at, is_yes));
                }
                // Over SIP a tone is heard out before words say what it meant.
                let farewell = farewells.get(&line.subject);
                let farewell = farewell.filter(|(since, _)| at.since(*since) < FAREWELL_LASTS);
                let is_said = text.starts_with("hears \"");
                let mut said = in_common_words(text);
                if let Some((since, is_yes)) = farewell.filter(|_| is_said) {
                    at = *since;
                    if !is_yes {
                        said = said.into_iter().map(|text| text.replace('"', "")).collect();
                    }
                }
                let at = (at, line.subject.clone());
                common.entry(at).or_default().extend(said);
            }
        }
        let said = common.into_iter().filter(|(_, texts)| !texts.is_empty());
        let line = |((at, subject), texts): (_, BTreeSet<String>)| Line {
            at,
            subject,
            texts: texts.into_iter().collect(),
        };
        self.lines = said.map(line).collect();
        self
    }

    fn record(&mut self, site: &Site, at: Utc, record: &Record) {
        if self.shows_events {
            self.lines.push(Line {
                at,
                subject: "event".into(),
                texts: vec![in_words(record)],
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
            Answer::Phone(at) => {
                let present = at.iter().filter_map(|at| at.present.as_ref());
                present.map(|who| self.presence(who)).collect()
            }
            Answer::User(user) => {
                let present = user.iter().flat_map(|user| &user.present);
                present.map(|who| self.presence(who)).collect()
            }
            Answer::LastUsers(last) => last
                .iter()
                .map(|(phone, user)| format!("{user} was at {phone}"))
                .collect(),
            Answer::Locks(locks) => locks
                .iter()
                .map(|lock| match lock.until {
                    Some(until) => format!("{} is locked until {}", lock.user, self.time(until)),
                    None => format!("{} failed {} times", lock.user, lock.failures),
                })
                .collect(),
            Answer::Seat(seat) => {
                let lines = seat.iter().flat_map(|seat| &seat.desk.lines);
                lines.map(|line| line.label.clone()).collect()
            }
            Answer::Jobs(jobs) => jobs.iter().map(|job| self.job(job)).collect(),
            Answer::Hunt(groups) => groups.iter().map(hunt_words).collect(),
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

    fn job(&self, job: &JobStatus) -> String {
        let mut text = format!("{}: {}, for {}", job.name, job.when, job.whom);
        if let Some(next) = job.next {
            text += &format!(", next {}", self.time(next));
        }
        if let Some(JobProgress {
            run, left, waiting, ..
        }) = &job.running
        {
            let paused = if run.paused { "paused" } else { "running" };
            text += &format!(
                ", {paused}: {} of {} out, {left} to go, {waiting} wait for calls",
                run.done, run.total
            );
        }
        if let Some(JobEnd { run, outcome, .. }) = &job.last {
            text += &format!(
                ", last {} {}: {} of {} out, {} after calls",
                self.time(run.at),
                outcome.word(),
                run.done,
                run.total,
                run.after_calls
            );
        }
        text
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
            let texts = line.texts.join(", ");
            text += &format!("{} {} {texts}\n", self.time(line.at), line.subject);
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

/// What somebody hears last who talks to Perch itself.
const FAREWELLS: [&str; 3] = ["hears Confirm", "hears Error", "hears Howler"];

/// Longer than any of these lasts.
const FAREWELL_LASTS: Duration = Duration::from_secs(4);

/// Something seen or heard in words that all protocols have; nothing if only some have such a thing.
fn in_common_words(text: String) -> Vec<String> {
    // Which signal showed a use, and who somebody talks with by which name: what protocols tell differs.
    let text = without(text, "since ", ", last used ", ")");
    let text = without(text, "last used at ", "", " showed");
    if let Some(heard) = text.strip_prefix("hears ") {
        return in_common_sounds(heard);
    }
    if let Some((_, read)) = text.split_once("'s and reads ") {
        return vec![format!("reads {read}")];
    }
    let known = match text.as_str() {
        // SES-6: only a phone that tells of its hook can be waited for.
        "reads \"Resetting...\"" => None,
        "stops ringing (answered elsewhere)" => Some("stops ringing"),
        // SCCP phones hold by themselves whoever they talk with, before they dial.
        "is held" | "is taken back" => None,
        // Who waits at a place to park hears nobody; SCCP phones are simply silent.
        "now talks with nobody" => None,
        // What the server itself lets somebody hear, it says by its end of the media.
        "now talks with Perch" => None,
        // Of a phone that knows the core's own words only: what it would sound like.
        "is prompted: Dial" => Some("hears Dial"),
        "is prompted: DialMore" => Some("hears Stutter"),
        "is prompted: DialAgain" => Some("hears ErrorThenDial"),
        "is prompted: Echo" => Some("hears itself"),
        "is prompted: Silence" => None,
        _ if text.starts_with("is told of its transfer: ") => None,
        // Lamps of shared lines: not every phone has them.
        _ if text.starts_with("line ") && text.contains(" elsewhere") => None,
        // PRO-9: not every phone can be told.
        _ if text.contains(" to forget whom ") => None,
        other => Some(other),
    };
    known.map(str::to_owned).into_iter().collect()
}

fn in_common_sounds(heard: &str) -> Vec<String> {
    let number = heard.split(' ').next().unwrap_or_default();
    if number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()) {
        // SIP says by a number why a call came to nothing.
        return vec![format!("hears {}", &heard[4..])];
    }
    match heard {
        // SCCP has no words for it: the call is gone.
        "\"The other party hung up\"" => vec!["hears the end".into()],
        // It ends, and a text says why.
        "\"The other party cannot be reached any more\""
        | "\"The echo test is over\""
        | "\"Transferred\""
        | "\"The transfer failed\""
        | "\"Taken over at another phone\""
        | "\"Parked\"" => {
            vec!["hears the end".into(), format!("reads {heard}")]
        }
        // What these say is said in words, too.
        "Confirm" | "Error" | "Howler" => Vec::new(),
        "Perch say that it rings" => vec!["hears it ring".into()],
        // The same from Perch as from the phone itself.
        "Ringing" | "Perch before the answer" => Vec::new(),
        _ => vec![format!("hears {heard}")],
    }
}

/// The text without what stands from `from` to `to` somewhere after `after`; to its last bracket, if `to` is empty.
fn without(text: String, after: &str, from: &str, to: &str) -> String {
    let cut = || {
        let begins = text.find(after)? + after.len();
        let from_at = begins + text[begins..].find(from)?;
        let rest = from_at + from.len();
        let ends = match to {
            "" => text.rfind(')')?,
            to => rest + text[rest..].find(to)? + to.len(),
        };
        Some(format!("{}{}", &text[..from_at], &text[ends..]))
    };
    match cut() {
        // There may be several.
        Some(shorter) if to.is_empty() => shorter,
        Some(shorter) => {
            let (head, tail) = shorter.split_at(shorter.find(after).unwrap_or(0) + after.len());
            format!("{head}{}", without(tail.to_owned(), after, from, to))
        }
        None => text,
    }
}

fn in_words(record: &Record) -> String {
    let user = record.user.as_ref().map_or("-", |user| user.as_str());
    let phone = record.phone.as_ref().map_or("-", |phone| phone.as_str());
    let cause = record.what.cause().map_or("-", Cause::word);
    let (word, door, text) = (record.what.word(), record.door, &record.text);
    format!("{word} {cause} {user} {phone} {door:?}: {text}")
}

/// A hunt group: who is ready, how many wait, and what happened since the start.
fn hunt_words(status: &HuntStatus) -> String {
    let members = status.members.iter().map(|it| {
        let state = if it.is_ready { "ready" } else { "not ready" };
        format!("{} {state}", it.dn)
    });
    let members: Vec<String> = members.collect();
    let counts = &status.counts;
    format!(
        "{}: {}; {} wait; {} calls, {} offered, {} answered, {} missed, {} abandoned, {} passed on, talked {} s",
        status.group,
        members.join(", "),
        status.waiting,
        counts.calls,
        counts.offered,
        counts.answered,
        counts.missed,
        counts.abandoned,
        counts.passed_on,
        counts.talked_ms / 1000
    )
}
