//! The language of scenarios: what is said, in order, and when.
//!
//! Site lines come first (see `site_text`), then timed lines, one verb per event. Several events stand on one line two
//! or more spaces apart; one without a time of its own happens right after the one before it.
//!
//! ```text
//! desk-1: guest 9001   alice: 2001, pin 1111
//! 09:00 desk-1 logs in alice   09:01 desk-2 dials 2001   desk-1 answers
//! on 2026-03-29
//! until 10:30
//! otherwise over SCCP: why
//! ```

use jiff::civil::{Date, Time};
use perch::pbx::JobWish;

use super::phone::{Order, Watched};
use super::site_text::duration;

/// A scenario, taken apart.
pub struct Script {
    pub site: Vec<String>,
    pub steps: Vec<Step>,
    /// Whether every record is shown, not only who is where.
    pub shows_events: bool,
    /// Why it goes otherwise over SCCP, if it does.
    pub otherwise_over_sccp: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Step {
    /// From here on, times are of this day.
    Day(Date),
    /// This moment comes.
    At(When),
    Do(Deed),
}

#[derive(Clone, Copy, Debug)]
pub enum When {
    Clock(Time),
    /// So many milliseconds after the last moment.
    Later(u64),
}

/// Somebody does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Phone(String, Act),
    Admin(Wish),
    /// The site changes.
    Site(String),
    ServerDies {
        survivors: usize,
    },
    ServerStarts,
    /// It takes no new calls: it is about to stop.
    ServerDrains,
    ServerStops,
    ClockJumps {
        millis: i64,
    },
    StoreTakes {
        millis: u64,
    },
    StoreFails,
    StoreRecovers,
    ChecksTake {
        millis: u64,
    },
    /// Two phones hold the other at the same moment.
    BothHold(String, String),
}

/// What somebody at a phone does, in people's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Order(Order),
    /// With the right PIN, or the one that is said.
    LogIn {
        user: String,
        pin: Option<String>,
    },
    LogOut,
}

/// What the administrator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    LogIn {
        user: String,
        phone: String,
    },
    LogOut(String),
    LogOutAll,
    Unlock(String),
    /// Says whether a member of hunt groups is ready.
    Ready(String, bool),
    /// Asks how hunt groups stand.
    Hunt,
    Reset {
        phone: String,
        hard: bool,
    },
    /// A phone says by its idle page that nobody uses it: since so many milliseconds, or still.
    HearRest(String, Option<u64>),
    Explain(String),
    /// A job is to run, pause, resume or stop.
    Job(String, JobWish),
    Jobs,
    Who,
    Locks,
    Status,
}

impl Script {
    pub fn parse(text: &str) -> Result<Script, String> {
        let mut script = Script {
            site: Vec::new(),
            steps: Vec::new(),
            shows_events: false,
            otherwise_over_sccp: None,
        };
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with("--")) {
            for said in line.split("  ").map(str::trim).filter(|s| !s.is_empty()) {
                script
                    .take(said)
                    .map_err(|why| format!("{why}, in: {line}"))?;
            }
        }
        Ok(script)
    }

    /// Whether it speaks of hooks and keys, which not every protocol tells.
    pub fn needs_hooks(&self) -> bool {
        let is_hook =
            |order: &Order| matches!(order, Order::OffHook | Order::OnHook | Order::PressKey);
        self.steps.iter().any(
            |step| matches!(step, Step::Do(Deed::Phone(_, Act::Order(order))) if is_hook(order)),
        )
    }

    /// Whether it is about what only SIP has: requests, devices that share a name, bodies of messages.
    pub fn is_about_sip(&self) -> bool {
        let is_sip_s = |order: &Order| {
            matches!(
                order,
                Order::DialRaw(_)
                    | Order::DialWithoutOffer(_)
                    | Order::DialWithStrangeMedia(_)
                    | Order::PlayEarly
                    | Order::IsBusy
                    | Order::SendOn(_)
                    | Order::TransferQuietly(_)
                    | Order::TransferFromOutside(_)
                    | Order::HoldByUpdate
                    | Order::Write(..)
                    | Order::ReportMessages(..)
                    | Order::Watch(_)
                    | Order::Unwatch(_)
            )
        };
        let in_steps = self.steps.iter().any(|step| match step {
            Step::Do(Deed::Phone(_, Act::Order(order))) => is_sip_s(order),
            _ => false,
        });
        let words = [
            "second device of",
            "softphone",
            "wants PRACK",
            "refreshes its calls",
            "no display",
            "made by",
        ];
        let in_site = self
            .site
            .iter()
            .any(|line| words.iter().any(|w| line.contains(w)));
        in_steps || in_site
    }

    fn take(&mut self, said: &str) -> Result<(), String> {
        if said == "show events" {
            self.shows_events = true;
            return Ok(());
        }
        if let Some(why) = said.strip_prefix("otherwise over SCCP: ") {
            self.otherwise_over_sccp = Some(why.to_owned());
            return Ok(());
        }
        if let Some(date) = said.strip_prefix("on ") {
            let date = date.parse().map_err(|_| format!("{date} is no date"))?;
            self.steps.push(Step::Day(date));
            return Ok(());
        }
        if let Some(time) = said.strip_prefix("until ") {
            let when = when(time).ok_or_else(|| format!("{time} is no time"))?;
            self.steps.push(Step::At(when));
            return Ok(());
        }
        let (first, rest) = said.split_once(' ').unwrap_or((said, ""));
        match when(first) {
            Some(when) => {
                self.steps.push(Step::At(when));
                self.steps.push(Step::Do(deed(rest)?));
            }
            None if self.has_begun() || is_setup(said) => {
                self.steps.push(Step::Do(deed(said)?));
            }
            None => self.site.push(said.to_owned()),
        }
        Ok(())
    }

    fn has_begun(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::At(_)))
    }
}

/// Whether it sets the scene rather than the site.
fn is_setup(said: &str) -> bool {
    said.starts_with("checks take ") || said.starts_with("store takes ")
}

fn when(text: &str) -> Option<When> {
    if let Some(later) = text.strip_prefix('+') {
        return millis(later).ok().map(When::Later);
    }
    let is_time = text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(':');
    let time = if text.len() == 5 {
        format!("{text}:00")
    } else {
        text.to_owned()
    };
    is_time.then(|| time.parse().ok())?.map(When::Clock)
}

fn millis(text: &str) -> Result<u64, String> {
    u64::try_from(duration(text)?.as_millis()).map_err(|_| format!("{text} is too long"))
}

fn deed(text: &str) -> Result<Deed, String> {
    if let Some(change) = text.strip_prefix("site: ") {
        return Ok(Deed::Site(change.to_owned()));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(match words[..] {
        ["admin", ref rest @ ..] => Deed::Admin(wish(rest).ok_or_else(|| unknown(text))?),
        ["server", "dies"] => Deed::ServerDies { survivors: 0 },
        ["server", "dies", "after", "the", "write"] => Deed::ServerDies {
            survivors: usize::MAX,
        },
        ["server", "starts"] => Deed::ServerStarts,
        ["server", "drains"] => Deed::ServerDrains,
        ["server", "stops"] => Deed::ServerStops,
        ["clock", "jumps", by] => Deed::ClockJumps { millis: jump(by)? },
        ["store", "takes", time] => Deed::StoreTakes {
            millis: millis(time)?,
        },
        ["store", "fails"] => Deed::StoreFails,
        ["store", "recovers"] => Deed::StoreRecovers,
        ["checks", "take", time] => Deed::ChecksTake {
            millis: millis(time)?,
        },
        ["both", "hold", one, other] => Deed::BothHold(one.into(), other.into()),
        [phone, ref rest @ ..] => {
            let act = act(rest).ok_or_else(|| unknown(text))?;
            Deed::Phone(phone.to_owned(), act)
        }
        [] => return Err("nobody does anything".into()),
    })
}

fn unknown(text: &str) -> String {
    format!("nobody knows how to {text:?}")
}

fn jump(by: &str) -> Result<i64, String> {
    let millis = millis(by.trim_start_matches(['+', '-']))?;
    let millis = i64::try_from(millis).map_err(|_| format!("{by} is too far"))?;
    Ok(if by.starts_with('-') { -millis } else { millis })
}

fn wish(words: &[&str]) -> Option<Wish> {
    Some(match *words {
        ["logs", "in", user, "at", phone] => Wish::LogIn {
            user: user.into(),
            phone: phone.into(),
        },
        ["logs", "everybody", "out"] => Wish::LogOutAll,
        ["logs", "out", whom] => Wish::LogOut(whom.into()),
        ["restarts", phone] => Wish::Reset {
            phone: phone.into(),
            hard: false,
        },
        ["resets", phone] => Wish::Reset {
            phone: phone.into(),
            hard: true,
        },
        ["unlocks", user] => Wish::Unlock(user.into()),
        ["hears", phone, "rest", "on"] => Wish::HearRest(phone.into(), None),
        ["hears", phone, "rest", time] => Wish::HearRest(phone.into(), Some(millis(time).ok()?)),
        ["explains", subject] => Wish::Explain(subject.into()),
        ["runs", job] => Wish::Job(job.into(), JobWish::Run { dry_run: false }),
        ["tries", job] => Wish::Job(job.into(), JobWish::Run { dry_run: true }),
        ["pauses", job] => Wish::Job(job.into(), JobWish::Pause),
        ["resumes", job] => Wish::Job(job.into(), JobWish::Resume),
        ["cancels", job] => Wish::Job(job.into(), JobWish::Cancel),
        ["asks", "jobs"] => Wish::Jobs,
        ["asks", "who"] => Wish::Who,
        ["asks", "locks"] => Wish::Locks,
        ["asks", "status"] => Wish::Status,
        ["asks", "hunt"] => Wish::Hunt,
        ["makes", dn, "ready"] => Wish::Ready(dn.into(), true),
        ["makes", dn, "not", "ready"] => Wish::Ready(dn.into(), false),
        _ => return None,
    })
}

fn watched(words: &[&str]) -> Option<Watched> {
    Some(match *words {
        ["its", "lamps"] => Watched::Lamps,
        ["its", "line"] => Watched::Line,
        ["presence", "of", number] => Watched::Presence(number.into()),
        [number] => Watched::Calls(number.into()),
        _ => return None,
    })
}

fn act(words: &[&str]) -> Option<Act> {
    let order = match *words {
        ["logs", "in", user] => {
            return Some(Act::LogIn {
                user: user.into(),
                pin: None,
            });
        }
        ["logs", "in", user, "with", pin] => {
            return Some(Act::LogIn {
                user: user.into(),
                pin: Some(pin.into()),
            });
        }
        ["logs", "in", user, "without", "PIN"] => {
            return Some(Act::LogIn {
                user: user.into(),
                pin: Some(String::new()),
            });
        }
        ["logs", "out"] => return Some(Act::LogOut),
        ["dials", digits, "raw"] => Order::DialRaw(digits.into()),
        ["dials", digits] => Order::Dial(digits.into()),
        ["dials", digits, "without", "offer"] => Order::DialWithoutOffer(digits.into()),
        ["plays", "something", "early"] => Order::PlayEarly,
        ["answers"] => Order::Answer,
        ["declines"] => Order::Decline,
        ["is", "busy"] => Order::IsBusy,
        ["hangs", "up"] => Order::HangUp,
        ["transfers", "to", number] => Order::Transfer(number.into()),
        ["transfers", "quietly", "to", number] => Order::TransferQuietly(number.into()),
        ["transfers", "from", "outside", "to", number] => Order::TransferFromOutside(number.into()),
        ["joins", "its", "calls"] => Order::JoinCalls,
        ["sends", "it", "on", "to", ref numbers @ ..] => {
            Order::SendOn(numbers.iter().map(|n| (*n).to_owned()).collect())
        }
        ["holds"] => Order::Hold,
        ["holds", "by", "UPDATE"] => Order::HoldByUpdate,
        ["holds", "alone"] => Order::HoldAlone,
        ["takes", "call", index] => Order::TakeCall(index.parse().ok()?),
        ["reports", new, "new", old, "old", "in", mailbox] => {
            let counts = (new.parse().ok()?, old.parse().ok()?);
            Order::ReportMessages(mailbox.into(), counts)
        }
        ["writes", text, "to", number] => Order::Write(number.into(), text.into()),
        ["resumes"] => Order::Resume,
        ["presses", "a", "key"] => Order::PressKey,
        ["presses", "softkey", label] => Order::PressSoftkey(label.into()),
        ["presses", "button", label] => Order::PressButton(label.into()),
        ["watches", "no", "more", ref what @ ..] => Order::Unwatch(watched(what)?),
        ["watches", ref what @ ..] => Order::Watch(watched(what)?),
        ["presses", "line", line] => Order::PressLine(line.parse().ok()?),
        ["types", digits] => Order::Type(digits.into()),
        ["dials", digits, "with", "strange", "media"] => Order::DialWithStrangeMedia(digits.into()),
        ["presses", digit] => Order::PressDigit(digit.chars().next()?),
        ["vanishes"] => Order::Vanish,
        ["comes", "back"] => Order::ComeBack,
        ["unregisters"] => Order::Unregister,
        ["goes", "off", "hook"] => Order::OffHook,
        ["goes", "off", "hook", "for", "call", index] => Order::OffHookFor(index.parse().ok()?),
        ["goes", "on", "hook"] => Order::OnHook,
        _ => return None,
    };
    Some(Act::Order(order))
}
