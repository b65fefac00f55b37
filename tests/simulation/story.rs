//! What happens in one seed: a building made at random, some minutes of chaos, then quiet, then nobody does anything.

use std::collections::BTreeMap;
use std::time::Duration;

use perch::exchange::ControlRequest;
use perch::pbx::{LogoutTarget, PhoneName, Query};
use perch::time::Utc;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::watch::Watch;
use crate::support::network::Weather;
use crate::support::phone::{CallState, LOGIN_BY_TONES, Order};
use crate::support::site_text::SiteText;
use crate::support::world::{Building, Protocol, World};

/// 2026-05-05 08:00 UTC.
const MORNING: Utc = Utc(1_777_968_000_000);

/// How long the chaos lasts.
const CHAOS: Duration = Duration::from_secs(900);

/// How long a server that is quiet may take to forget what was: longer than any SIP timer, and than a caller waits.
const QUIET: Duration = Duration::from_secs(330);

/// Longer than any idle limit, emergency hold and held cap of the site.
const LONG: Duration = Duration::from_secs(30 * 60);

/// What became of a seed.
pub struct Outcome {
    pub transcript: Vec<String>,
    pub failure: Option<String>,
}

/// Plays one seed, over one protocol or two.
pub fn play(seed: u64, protocol: Protocol) -> Outcome {
    let mut story = Story::new(seed, protocol);
    let failure = story.tell().err();
    Outcome {
        transcript: story.world.wire_log.take().unwrap_or_default(),
        failure,
    }
}

struct Story {
    random: StdRng,
    text: SiteText,
    users: Vec<(String, String)>,
    numbers: Vec<String>,
    world: World,
    watch: Watch,
    /// When a server that was killed comes up again.
    starts_at: Option<Duration>,
    recovers_at: Option<Duration>,
}

type Held = Result<(), String>;

/// A phone that two devices register as; there is no such thing over SCCP.
fn twins(protocol: Protocol) -> BTreeMap<String, String> {
    let twin = match protocol {
        Protocol::SipMixed => [("mobile-2", "desk-2")],
        _ => [("mobile-1", "desk-1")],
    };
    let names = twin.map(|(twin, phone)| (twin.to_owned(), phone.to_owned()));
    names.into()
}

impl Story {
    fn new(seed: u64, protocol: Protocol) -> Story {
        let mut random = StdRng::seed_from_u64(seed);
        let mut text = SiteText::default();
        let (phones, users) = (random.random_range(6..=12), random.random_range(4..=8));
        let mut say = |line: String| text.line(&line).expect("the story speaks the language");
        let policy = ["move", "move", "refuse", "allow"][random.random_range(0..4)];
        say(format!("second login {policy}"));
        say("voicemail 2999".into());
        say("emergency hold 3m".into());
        say("held cap 4m".into());
        say("no answer after 20s".into());
        say(format!("move waits {}s", random.random_range(5..60)));
        say(format!("logouts {}/s", random.random_range(1..20)));
        say("logout at 08:05, 08:12".into());
        say("emergency 112 rings desk-1".into());
        say("park slots 7001 7002".into());
        say("park recall 40s".into());
        say("class lobby: call guests, call users, login, forward, do not disturb".into());
        let some = ["112", "2999", "7777", "7001", "7002"];
        let mut numbers = Vec::from(some.map(str::to_owned));
        for n in 1..=phones {
            let display = if n % 4 == 0 { ", no display" } else { "" };
            let refreshes = if n % 3 == 0 {
                ", refreshes its calls"
            } else {
                ""
            };
            let group = if n % 2 == 0 {
                ", pickup group hall"
            } else {
                ""
            };
            say(format!(
                "desk-{n}: guest 90{n:02}{display}{refreshes}{group}"
            ));
            numbers.push(format!("90{n:02}"));
        }
        let mut people = Vec::new();
        for n in 1..=users {
            let limits = match random.random_range(0..4) {
                0 => format!("idle limit {}m", random.random_range(1..6)),
                1 => format!("idle limit 5m, max login {}m", random.random_range(1..8)),
                2 => "idle limit 3m, lines 2000 ".to_owned() + &format!("20{n:02}"),
                _ => "idle limit 10m, absent forward 9001".to_owned(),
            };
            let forwarding = match random.random_range(0..6) {
                0 => ", forward busy 9002, no call waiting",
                1 => ", forward no answer 2001 after 6s",
                2 => ", forward all 9003",
                _ => "",
            };
            say(format!(
                "user{n}: 20{n:02}, pin {n}{n}{n}{n}, {limits}{forwarding}"
            ));
            people.push((format!("user{n}"), format!("{n}{n}{n}{n}")));
            numbers.push(format!("20{n:02}"));
        }
        numbers.push("2000".to_owned());
        let kind = ["sequential", "peer", "longest-idle", "parallel"][random.random_range(0..4)];
        say(format!(
            "team: hunt group, {kind}, pilot 4200, list 2001 9002 2003, timeout 4s, final 2999"
        ));
        say(format!(
            "desk: hunt group, {kind}, pilot 4300, list 2002 4200 9003, timeout 6s, queue 2 for 40s, announce 10s"
        ));
        numbers.extend(["4200", "4300"].map(str::to_owned));
        let building = Building {
            site: text.site.clone(),
            without_display: text.without_display.clone(),
            pracking: text.pracking.clone(),
            refreshing: text.refreshing.clone(),
            makes: text.makes.clone(),
            deaf: text.deaf.clone(),
            sharing: text.sharing.clone(),
            twins: twins(protocol),
        };
        let mut world = World::new(protocol, building, MORNING, random.random());
        world.wire_log = Some(Vec::new());
        Story {
            watch: Watch::new(policy != "allow"),
            random,
            text,
            users: people,
            numbers,
            world,
            starts_at: None,
            recovers_at: None,
        }
    }

    fn tell(&mut self) -> Held {
        self.run(Duration::from_secs(2))?;
        self.world.network.weather = Weather {
            lost: self.random.random_range(0..80),
            doubled: self.random.random_range(0..50),
            delay: Duration::from_millis(self.random.random_range(1..800)),
        };
        self.world.check_delay = Duration::from_millis(self.random.random_range(0..300));
        let end = self.world.uptime() + CHAOS;
        while self.world.uptime() < end {
            self.something_happens()?;
            // Mostly there is no rest, and now and then a long one.
            let longest = match self.random.random_range(0..60) {
                0 => 200_000,
                _ => 3_000,
            };
            let pause = Duration::from_millis(self.random.random_range(0..longest));
            self.run(pause)?;
        }
        self.everybody_hangs_up()?;
        self.watch.all_is_quiet(&mut self.world)?;
        self.run(LONG)?;
        self.watch.everybody_idle_is_gone(&mut self.world)
    }

    /// Lets time pass, with what is due meanwhile, and looks at what happened.
    fn run(&mut self, duration: Duration) -> Held {
        let end = self.world.uptime() + duration;
        loop {
            let due = [self.starts_at, self.recovers_at].into_iter().flatten();
            let next = due.min().filter(|at| *at <= end).unwrap_or(end);
            self.world.run_for(next.saturating_sub(self.world.uptime()));
            self.watch.look(&mut self.world)?;
            if self.starts_at.take_if(|at| *at <= next).is_some() {
                self.log("the server starts");
                self.world.start();
                self.watch.after_restart(&mut self.world)?;
            } else if self.recovers_at.take_if(|at| *at <= next).is_some() {
                self.log("the store recovers");
                self.world.store_recovers();
            } else {
                return Ok(());
            }
        }
    }

    fn log(&mut self, line: &str) {
        self.world.log_line(format!("-- {line}"));
    }

    fn something_happens(&mut self) -> Held {
        let commit_delay = Duration::from_millis(self.random.random_range(0..400));
        self.world.commit_delay = commit_delay;
        match self.random.random_range(0..1000) {
            0..15 => self.server_dies(),
            15..25 => self.store_fails(),
            25..30 => self.clock_jumps(),
            30..45 => self.stream_breaks(),
            45..75 => self.administrator_acts(),
            75..85 => self.site_changes(),
            _ => self.somebody_acts(),
        }
        Ok(())
    }

    fn server_dies(&mut self) {
        if self.world.is_up() {
            let waiting = self.world.store.waiting();
            let survivors = self.random.random_range(0..=waiting);
            self.log(&format!(
                "the server dies; {survivors} of {waiting} commits are on disk"
            ));
            self.world.kill_server(survivors);
            self.recovers_at = None;
            let rest = Duration::from_millis(self.random.random_range(0..10_000));
            self.starts_at = Some(self.world.uptime() + rest);
        }
    }

    fn store_fails(&mut self) {
        if self.world.is_up() && self.recovers_at.is_none() {
            self.log("the store fails");
            self.world.store.fail();
            let trouble = Duration::from_millis(self.random.random_range(100..8000));
            self.recovers_at = Some(self.world.uptime() + trouble);
        }
    }

    fn clock_jumps(&mut self) {
        let millis = self.random.random_range(-120_000..120_000);
        self.log(&format!("the clock jumps {millis} ms"));
        self.world.jump(millis);
    }

    fn stream_breaks(&mut self) {
        let phone: PhoneName = self.some_phone().as_str().into();
        let noticed_after = Duration::from_millis(self.random.random_range(0..60_000));
        self.log(&format!("the stream of {phone} breaks, if it has one"));
        self.world.break_stream(&phone, noticed_after);
    }

    fn administrator_acts(&mut self) {
        let (user, _) = self.some_user();
        let phone = self.some_phone();
        let request = match self.random.random_range(0..6) {
            0 => ControlRequest::Login {
                phone: phone.as_str().into(),
                user,
                secret: None,
            },
            1 => ControlRequest::Logout(LogoutTarget::User(user)),
            2 => ControlRequest::Logout(LogoutTarget::Phone(phone.as_str().into())),
            3 => ControlRequest::Unlock(user.as_str().into()),
            4 => ControlRequest::Query(Query::Explain(phone)),
            _ => ControlRequest::Query(Query::Explain(user)),
        };
        self.log(&format!("the administrator asks {request:?}"));
        // While the server is down nobody answers; that is no failure.
        let _ = self.world.ask(request);
    }

    fn site_changes(&mut self) {
        if self.world.is_up() {
            let (user, _) = self.some_user();
            let limit = self.random.random_range(1..8);
            let line = format!("{user}: idle limit {limit}m");
            self.log(&line);
            self.text
                .line(&line)
                .expect("the story speaks the language");
            self.world.apply(self.text.site.clone());
        }
    }

    fn some_phone(&mut self) -> String {
        let names: Vec<String> = self
            .world
            .phones()
            .map(|(name, _)| name.to_string())
            .collect();
        names[self.random.random_range(0..names.len())].clone()
    }

    fn some_user(&mut self) -> (String, String) {
        self.users[self.random.random_range(0..self.users.len())].clone()
    }

    fn some_digits(&mut self, phone: &str) -> String {
        let number = self.numbers[self.random.random_range(0..self.numbers.len())].clone();
        let (mut user, pin) = self.some_user();
        if self.world.is_station(phone) {
            // A keypad has no letters.
            user = user.replace("user", "200");
        }
        match self.random.random_range(0..32) {
            0..8 => number,
            23 => format!("*72{number}"),
            24 => format!("*92{number}"),
            25 => "*73".to_owned(),
            26 => "*78".to_owned(),
            27 => "*79".to_owned(),
            28 => format!("*97{number}"),
            29 => "*98".to_owned(),
            30..32 => "*68".to_owned(),
            8..14 => format!("*11*{user}*{pin}#"),
            14 => format!("*11*{user}*9#"),
            15 => format!("*11*{user}*#"),
            16..18 => "*12".to_owned(),
            18 => format!("*13{number}"),
            19..21 => LOGIN_BY_TONES.to_owned(),
            21 => "*90".to_owned(),
            _ => "*11*".to_owned(),
        }
    }

    fn somebody_acts(&mut self) {
        let phone = self.some_phone();
        let order = self.some_order(&phone);
        self.log(&format!("{phone}: {order:?}"));
        // What makes no sense any more is not done; that is no failure.
        let _ = self.world.order(&phone, &order);
    }

    fn some_order(&mut self, phone: &str) -> Order {
        let calls = self.world.phone(phone).map(|phone| phone.calls());
        let state = calls.unwrap_or_default().last().map(|call| call.state);
        let rare = self.random.random_range(0..100);
        let digits = self.some_digits(phone);
        if self.world.is_station(phone)
            && let Some(order) = self.some_key(state)
        {
            return order;
        }
        match (rare, state) {
            (0..2, _) => Order::Vanish,
            (2..6, _) => Order::ComeBack,
            (6, _) => Order::Unregister,
            (7..12, _) => Order::Dial(digits),
            (12..14, _) => Order::DialWithoutOffer(digits),
            (80..83, _) => Order::Write(digits, "hello".to_owned()),
            (83..86, Some(CallState::Ringing)) => {
                let other = self.some_digits(phone);
                Order::SendOn(vec![digits.replace('#', ""), other.replace('#', "")])
            }
            (83..88, Some(CallState::Talking | CallState::Holding)) => Order::Transfer(digits),
            (88..91, Some(CallState::Talking | CallState::Holding)) => {
                Order::TransferQuietly(digits)
            }
            (91..96, Some(CallState::Talking | CallState::Holding | CallState::Calling)) => {
                Order::JoinCalls
            }
            (96..98, Some(CallState::Talking)) => Order::HoldByUpdate,
            (14..60, Some(CallState::Ringing)) => Order::Answer,
            (60..70, Some(CallState::Ringing)) => Order::Decline,
            (70..75, Some(CallState::Ringing)) => Order::IsBusy,
            (75..80, Some(CallState::Ringing)) => Order::PlayEarly,
            (14..30, Some(CallState::Talking)) => Order::Hold,
            (30..40, Some(CallState::Talking)) => Order::PressDigit('7'),
            // Who is asked for user and PIN may know them; in other calls these are just keys.
            (40..55, Some(CallState::Talking)) => {
                let (_, pin) = self.some_user();
                Order::Type(format!("200{}#{pin}#", &pin[..1]))
            }
            (55..80, Some(CallState::Talking)) => Order::HangUp,
            (14..60, Some(CallState::Holding)) => Order::Resume,
            (60..80, Some(CallState::Holding)) => Order::HangUp,
            (14..50, Some(CallState::Calling)) => Order::HangUp,
            (_, None) => Order::Dial(digits),
            _ => Order::PressDigit('1'),
        }
    }

    /// What SCCP phones have and others have not: a hook, softkeys, buttons.
    fn some_key(&mut self, state: Option<CallState>) -> Option<Order> {
        let softkey = |label: &str| Some(Order::PressSoftkey(label.to_owned()));
        match (self.random.random_range(0..60), state) {
            (0..2, _) => Some(Order::OffHook),
            (2..5, _) => Some(Order::OnHook),
            (5, _) => Some(Order::PressKey),
            (6..9, None) => softkey("Login"),
            (9..11, None) => softkey("Logout"),
            (11..13, None) => softkey("Confirm"),
            (13, None) => softkey("Stay"),
            (14..16, None) => softkey("Redial"),
            (16, Some(_)) => softkey("NewCall"),
            (17..19, Some(_)) => softkey("Transfer"),
            (19, Some(_)) => softkey("<<"),
            (20, Some(_)) => softkey("EndCall"),
            (21..24, Some(_)) => softkey("Park"),
            (24, None) => softkey("CFwdAll"),
            (25, None) => softkey("DND"),
            (26..29, None) => softkey("PickUp"),
            (29, None) => softkey("GPickUp"),
            _ => None,
        }
    }

    /// The sun comes out, the server is up, and nobody wants anything any more.
    fn everybody_hangs_up(&mut self) -> Held {
        self.log("quiet");
        self.world.network.weather = Weather::FINE;
        self.world.commit_delay = Duration::ZERO;
        self.run(Duration::from_secs(12))?;
        let names: Vec<String> = self
            .world
            .phones()
            .map(|(name, _)| name.to_string())
            .collect();
        for _ in 0..10 {
            for name in &names {
                // What makes no sense is not done.
                for order in [
                    Order::ComeBack,
                    Order::Decline,
                    Order::HangUp,
                    Order::OnHook,
                ] {
                    let _ = self.world.order(name, &order);
                }
                self.run(Duration::from_millis(100))?;
            }
        }
        self.run(QUIET)
    }
}
