//! Plays a scenario in a world, and writes down what could be seen.

use std::time::Duration;

use expect_test::Expect;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::TimeZone;
use perch::exchange::ControlRequest;
use perch::pages;
use perch::pbx::{Door, LogoutTarget, Query, Rest};
use perch::time::Utc;

use super::phone::Order;
use super::script::{Act, Deed, Script, Step, When, Wish};
use super::site_text::SiteText;
use super::transcript::Transcript;
use super::world::{Building, Protocol, World};

/// The day on which a scenario plays that does not say another: a Tuesday.
const SOME_DAY: Date = date(2026, 5, 5);

/// Phones are switched on this long before the first event.
const BEFORE: i64 = 1;

/// Shows that a scenario goes as expected, over every protocol that has the signals for it; unless it is about SIP itself
/// also over SCCP, and in a building in which every other phone speaks that.
///
/// `rules` names the rules that it proves, as `rules: IDL-2, TOD-3`; or those that it shows to be broken as yet, as
/// `not yet: IDL-2`, and then a comment says what should be otherwise.
#[track_caller]
pub fn check(rules: &str, script: &str, expect: Expect) {
    let names_rules = rules.starts_with("rules: ") || rules.starts_with("not yet: ");
    assert!(names_rules, "which rules does this prove?");
    let script = parse(script);
    assert_eq!(script.otherwise_over_sccp, None, "see check_otherwise");
    play_over_sip(&script, &expect);
    if !script.is_about_sip() {
        let common = |protocol| play(&script, protocol).in_common_words().into_text();
        let sip = common(first_protocol(&script));
        let half = (!script.needs_hooks()).then_some(Protocol::Mixed);
        for protocol in [Some(Protocol::Sccp), half].into_iter().flatten() {
            assert_eq!(common(protocol), sip, "it goes otherwise over {protocol:?}");
        }
    }
}

/// The same where it goes otherwise over SCCP; the script says why. Where both are spoken, nobody may do wrong.
#[track_caller]
pub fn check_otherwise(rules: &str, script: &str, sip: Expect, sccp: Expect) {
    assert!(rules.starts_with("rules: "), "which rules does this prove?");
    let script = parse(script);
    assert_ne!(script.otherwise_over_sccp, None, "why is it otherwise?");
    play_over_sip(&script, &sip);
    sccp.assert_eq(&play(&script, Protocol::Sccp).into_text());
    if !script.needs_hooks() {
        let both = play(&script, Protocol::Mixed).into_text();
        for wrong in [" FAULT ", " MISS "] {
            assert!(!both.contains(wrong), "over both protocols: {both}");
        }
    }
}

fn parse(script: &str) -> Script {
    Script::parse(script).unwrap_or_else(|why| panic!("{why}"))
}

/// The one whose transcript is expected.
fn first_protocol(script: &Script) -> Protocol {
    match script.needs_hooks() {
        true => Protocol::Hook,
        false => Protocol::SipUdp,
    }
}

#[track_caller]
fn play_over_sip(script: &Script, expect: &Expect) {
    let first = play(script, first_protocol(script)).into_text();
    expect.assert_eq(&first);
    if !script.needs_hooks() {
        let streams = play(script, Protocol::SipTcp).into_text();
        assert_eq!(streams, first, "it goes otherwise over streams");
    }
}

/// Shows what goes so over SCCP alone: keys and softkeys that SIP phones keep to themselves.
#[track_caller]
pub fn check_over_sccp(rules: &str, script: &str, expect: Expect) {
    assert!(rules.starts_with("rules: "), "which rules does this prove?");
    let script = parse(script);
    expect.assert_eq(&play(&script, Protocol::Sccp).into_text());
}

/// Shows what goes so over SIP alone, over datagrams and streams alike: what phones say of their hooks there.
#[track_caller]
pub fn check_over_sip(rules: &str, script: &str, expect: Expect) {
    assert!(rules.starts_with("rules: "), "which rules does this prove?");
    let script = parse(script);
    let datagrams = play(&script, Protocol::SipUdp).into_text();
    expect.assert_eq(&datagrams);
    let streams = play(&script, Protocol::SipTcp).into_text();
    assert_eq!(streams, datagrams, "it goes otherwise over streams");
}

/// Shows what goes so where every other phone speaks SCCP, and the others SIP.
#[track_caller]
pub fn check_over_both(rules: &str, script: &str, expect: Expect) {
    assert!(rules.starts_with("rules: "), "which rules does this prove?");
    let script = parse(script);
    expect.assert_eq(&play(&script, Protocol::Mixed).into_text());
}

/// The same where it must go otherwise over streams: there, somebody who vanishes takes the connection along.
#[track_caller]
pub fn check_by_transport(rules: &str, script: &str, datagrams: Expect, streams: Expect) {
    assert!(rules.starts_with("rules: "), "which rules does this prove?");
    let script = parse(script);
    datagrams.assert_eq(&play(&script, Protocol::SipUdp).into_text());
    streams.assert_eq(&play(&script, Protocol::SipTcp).into_text());
}

fn play(script: &Script, protocol: Protocol) -> Transcript {
    let mut text = SiteText::default();
    for line in &script.site {
        text.line(line).unwrap_or_else(|why| panic!("{why}"));
    }
    let mut stage = Stage::new(script, protocol, text);
    for step in &script.steps {
        stage.step(step);
    }
    stage.transcript
}

/// How often a phone asks for its idle page again.
const IDLE_PAGE_EVERY: Duration = Duration::from_secs(600);

struct Stage {
    protocol: Protocol,
    world: World,
    text: SiteText,
    zone: TimeZone,
    day: Date,
    transcript: Transcript,
}

impl Stage {
    fn new(script: &Script, protocol: Protocol, text: SiteText) -> Stage {
        let zone = TimeZone::get(&text.site.settings.timezone).expect("a time zone");
        let (day, time) = beginning(script);
        let first = instant(&zone, day.to_datetime(time));
        let utc = Utc(first.0 - BEFORE * 60_000);
        let building = Building {
            site: text.site.clone(),
            without_display: text.without_display.clone(),
            pracking: text.pracking.clone(),
            refreshing: text.refreshing.clone(),
            makes: text.makes.clone(),
            deaf: text.deaf.clone(),
            sharing: text.sharing.clone(),
            twins: text.twins.clone(),
        };
        Stage {
            protocol,
            world: World::new(protocol, building, utc, 1),
            transcript: Transcript::new(zone.clone(), script.shows_events),
            text,
            zone,
            day,
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Day(day) => self.day = *day,
            Step::At(When::Clock(time)) => {
                let at = instant(&self.zone, self.day.to_datetime(*time));
                let now = self.world.utc();
                assert!(at >= now, "{time} has passed");
                self.world.run_for(at.since(now));
            }
            Step::At(When::Later(millis)) => self.world.run_for(Duration::from_millis(*millis)),
            Step::Do(deed) => {
                if let Err(why) = self.act(deed) {
                    self.note();
                    self.transcript.cannot(self.world.utc(), why);
                }
                self.world.run_for(Duration::ZERO);
            }
        }
        self.note();
    }

    fn note(&mut self) {
        for observation in self.world.take_observations() {
            self.transcript.note(self.world.site(), &observation);
        }
    }

    fn act(&mut self, deed: &Deed) -> Result<(), String> {
        match deed {
            Deed::Phone(phone, act) => {
                let order = self.order(act)?;
                self.world.order(phone, &order)?;
                self.confirms(phone, &order);
                return Ok(());
            }
            Deed::Admin(wish) => return self.world.ask(request(wish, &self.text)),
            Deed::Site(change) => {
                let named = change.split_once(' ').filter(|(name, _)| {
                    let site = &self.text.site;
                    site.users.contains_key(*name)
                        || site.phones.contains_key(*name)
                        || site.hunt_groups.contains_key(*name)
                });
                let line = match named {
                    Some((_, "is removed")) | None => change.clone(),
                    Some((name, clauses)) => format!("{name}: {clauses}"),
                };
                self.text.line(&line)?;
                self.world.apply(self.text.site.clone());
            }
            Deed::ServerDies { survivors } => self.world.kill_server(*survivors),
            Deed::ServerStarts => self.world.start(),
            Deed::ServerDrains => self.world.drain_server(),
            Deed::ServerStops => self.world.stop_server(),
            Deed::ClockJumps { millis } => {
                self.world.jump(*millis);
                let at = Timestamp::from_millisecond(self.world.utc().0).expect("a moment");
                self.day = at.to_zoned(self.zone.clone()).date();
            }
            Deed::StoreTakes { millis } => {
                self.world.commit_delay = Duration::from_millis(*millis);
            }
            Deed::StoreFails => self.world.store.fail(),
            Deed::StoreRecovers => self.world.store_recovers(),
            Deed::BothHold(one, other) => {
                self.world.order(one, &Order::Hold)?;
                self.world.order(other, &Order::Hold)?;
            }
            Deed::ChecksTake { millis } => {
                self.world.check_delay = Duration::from_millis(*millis);
            }
        }
        Ok(())
    }

    /// Whoever dials to log somebody out means it: where a phone asks, the answer is yes (OUT-5).
    fn confirms(&mut self, phone: &str, order: &Order) {
        let code = self.text.site.codes.remote_logout.as_str();
        let is_asked = matches!(order, Order::Dial(digits) if digits.starts_with(code));
        if is_asked && matches!(self.protocol, Protocol::Sccp | Protocol::Mixed) {
            self.world.run_for(Duration::ZERO);
            // One without softkeys does not ask.
            drop(
                self.world
                    .order(phone, &Order::PressSoftkey("Confirm".to_owned())),
            );
        }
    }

    /// What somebody does, in digits.
    fn order(&self, act: &Act) -> Result<Order, String> {
        let site = &self.text.site;
        let keypad = matches!(self.protocol, Protocol::Sccp | Protocol::Mixed);
        Ok(match act {
            Act::Order(order) => order.clone(),
            Act::LogOut => Order::Dial(site.codes.logout.clone()),
            Act::LogIn { user, pin } => {
                let mut known = site.users.iter();
                let known = known.find(|(id, u)| id.as_str() == user || u.dn.as_str() == user);
                let pin = match (pin, known) {
                    (Some(pin), _) => pin,
                    (None, Some((_, user))) => &user.pin.0,
                    (None, None) => return Err(format!("{user} has no PIN")),
                };
                // A keypad has no letters.
                let has_letters = user.contains(|c: char| !c.is_ascii_digit());
                let user = match known {
                    Some((_, user)) if keypad && has_letters => user.dn.as_str(),
                    None if keypad && has_letters => "99999",
                    _ => user,
                };
                Order::Dial(format!("{}*{user}*{pin}#", site.codes.login))
            }
        })
    }
}

fn request(wish: &Wish, text: &SiteText) -> ControlRequest {
    match wish {
        Wish::LogIn { user, phone } => ControlRequest::Login {
            phone: phone.as_str().into(),
            user: user.clone(),
            secret: None,
        },
        Wish::LogOut(whom) => {
            let is_phone = text.site.phones.contains_key(whom.as_str());
            ControlRequest::Logout(if is_phone {
                LogoutTarget::Phone(whom.as_str().into())
            } else {
                LogoutTarget::User(whom.clone())
            })
        }
        Wish::Reset { phone, hard } => ControlRequest::Visit(
            Door::Control,
            pages::Wish::Reset {
                phone: phone.as_str().into(),
                hard: *hard,
            },
        ),
        Wish::LogOutAll => ControlRequest::Visit(Door::Api, pages::Wish::LogOutAll),
        Wish::HearRest(phone, spent) => {
            let rest = Rest {
                begins: spent.map(Duration::from_millis),
                every: IDLE_PAGE_EVERY,
            };
            ControlRequest::Visit(Door::Page, pages::Wish::Rest(phone.as_str().into(), rest))
        }
        Wish::Unlock(user) => ControlRequest::Unlock(user.as_str().into()),
        Wish::Explain(subject) => ControlRequest::Query(Query::Explain(subject.clone())),
        Wish::Job(job, wish) => ControlRequest::Job(job.as_str().into(), *wish),
        Wish::Jobs => ControlRequest::Query(Query::Jobs),
        Wish::Who => ControlRequest::Query(Query::Who),
        Wish::Locks => ControlRequest::Query(Query::Locks),
        Wish::Status => ControlRequest::Query(Query::Status),
        Wish::Hunt => ControlRequest::Query(Query::Hunt),
        Wish::Ready(dn, ready) => ControlRequest::Ready {
            dn: dn.as_str().into(),
            ready: *ready,
        },
    }
}

fn beginning(script: &Script) -> (Date, Time) {
    let mut day = SOME_DAY;
    for step in &script.steps {
        match step {
            Step::Day(date) => day = *date,
            Step::At(When::Clock(time)) => return (day, *time),
            Step::At(When::Later(_)) => break,
            Step::Do(_) => {}
        }
    }
    panic!("when does it begin?");
}

fn instant(zone: &TimeZone, at: DateTime) -> Utc {
    let zoned = zone.to_zoned(at).expect("a moment");
    Utc(zoned.timestamp().as_millisecond())
}
