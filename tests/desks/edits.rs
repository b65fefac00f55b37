//! An administrator edits profiles, a few at a time, while very many people talk: whoever has the profile sees that at
//! once, or after the call, and nobody else hears of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use perch::site::{Hashing, hash_pin};

use super::built_server::{Perch, wait_until};
use super::installed::directory;
use super::office::MODELS;
use super::support::live_phone::{Crew, LivePhone, PATIENCE};
use super::support::phone::{CallState, Order};

/// How many talk to each other, an SCCP phone with a SIP phone each.
const CALLS: usize = 200;

/// In how many of them somebody is logged in at the SCCP phone whose profile is edited meanwhile.
const USERS_IN_CALLS: usize = 20;

/// How many are logged in at phones where nothing goes on, each with a profile of their own.
const AT_REST: usize = 40;

/// How many of their profiles are never edited.
const LEFT_ALONE: usize = 10;

/// How many edits there are, and how many of them come into force at once.
const EDITS: usize = 1000;
const AT_ONCE: usize = 5;

/// What phones are told whatever happens to profiles: that the server hears them, and that it asks for a sign of life.
const ALWAYS: [&str; 2] = ["KeepAliveAck", "OPTIONS"];

/// Everybody, by who they are.
struct Building {
    server: Perch,
    /// Of everybody's PIN: it is not what takes time here.
    pin_hash: String,
    /// Those who talk: an SCCP phone, and the SIP phone at the other end.
    pairs: Vec<(LivePhone, LivePhone)>,
    /// Those where somebody is logged in and nothing goes on.
    at_rest: Vec<LivePhone>,
    _crew: Crew,
}

/// What stands beside the first speed dial of a profile after so many of its edits.
fn label(edits: usize) -> String {
    format!("Edit {edits}")
}

/// The site with profiles that were edited so often.
fn site(edits: &[usize], pin_hash: &str) -> String {
    let mut text = String::from(
        "[site]\nname = \"edits\"\nlogouts_per_s = 1000\n[class_of_service.staff]\ncall_guests = true\ncall_users = true\n\
         login = true\n[logout_profile.guest]\nclass = \"staff\"\ndisplay_name = \"Guest\"\n",
    );
    let mut add = |arguments: std::fmt::Arguments<'_>| {
        text.write_fmt(arguments).expect("a text takes more text");
    };
    for (user, edits) in edits.iter().enumerate() {
        let label = label(*edits);
        add(format_args!(
            "[user_profile.p{user}]\nclass = \"staff\"\nspeed_dials = [{{ number = \"*90\", label = \"{label}\" }}]\n\
             [user.u{user}]\ndn = \"{}\"\ndisplay_name = \"User {user}\"\npin_hash = \"{pin_hash}\"\nprofiles = [\"p{user}\"]\n",
            6000 + user
        ));
    }
    let mut phone = |name: &str, number: usize, what: &str| {
        add(format_args!(
            "[phone.{name}]\nlogout_profile = \"guest\"\nguest_dn = \"{number}\"\n{what}\n"
        ));
    };
    for pair in 0..CALLS {
        let (_, model) = MODELS[pair % MODELS.len()];
        phone(&cisco(pair), 7000 + pair, &format!("model = \"{model}\""));
        let (name, number) = (sip(pair), 8000 + pair);
        phone(&name, number, &format!("password = \"{name}-secret\""));
    }
    for one in 0..AT_REST {
        phone(&resting(one), 9000 + one, "model = \"7960\"");
    }
    text
}

fn cisco(pair: usize) -> String {
    format!("SEP0000AAAA{pair:04}")
}

fn sip(pair: usize) -> String {
    format!("sip-{pair}")
}

fn resting(one: usize) -> String {
    format!("SEP0000BBBB{one:04}")
}

/// What a phone says.
fn tone(number: usize) -> u32 {
    300 + u32::try_from(number % 32).expect("a small number") * 20
}

impl Building {
    fn open(dir: &Path, edits: &[usize]) -> Building {
        let server = Perch::with_settings(dir, "");
        let at = |port| -> SocketAddr { server.at(Ipv4Addr::LOCALHOST.into(), port) };
        let (sccp_at, sip_at) = (at(2000), server.sip());
        let building = Building {
            pairs: Vec::new(),
            at_rest: Vec::new(),
            _crew: Crew::new(),
            pin_hash: hash_pin("1234", &Hashing::default()).0,
            server,
        };
        building.apply(dir, edits);
        let crew = &building._crew;
        let pair = |pair| {
            let (name, model) = (cisco(pair), MODELS[pair % MODELS.len()].1);
            let one = crew.sccp(sccp_at, &name, model, tone(pair));
            let name = sip(pair);
            let password = format!("{name}-secret");
            let other = crew.sip(sip_at, (&name, &password, None), tone(pair + 7));
            (one, other)
        };
        let pairs: Vec<(LivePhone, LivePhone)> = (0..CALLS).map(pair).collect();
        let one = |one| crew.sccp(sccp_at, &resting(one), "7960", tone(one));
        let at_rest: Vec<LivePhone> = (0..AT_REST).map(one).collect();
        let building = Building {
            pairs,
            at_rest,
            ..building
        };
        building.everybody().for_each(LivePhone::registers);
        building
    }

    fn everybody(&self) -> impl Iterator<Item = &LivePhone> {
        let talking = self.pairs.iter().flat_map(|(one, other)| [one, other]);
        talking.chain(&self.at_rest)
    }

    fn apply(&self, dir: &Path, edits: &[usize]) {
        let file = dir.join("edits.toml");
        std::fs::write(&file, site(edits, &self.pin_hash)).expect("the directory is ours");
        self.server.tell(&["apply", &file.display().to_string()]);
    }

    /// Users 0 to 39 sit where nothing goes on, the next 20 at the first phones that talk.
    fn log_everybody_in(&self) {
        let places = self.at_rest.iter();
        let in_calls = self.pairs.iter().map(|(one, _)| one).take(USERS_IN_CALLS);
        for (user, phone) in places.chain(in_calls).enumerate() {
            let (user, name) = (format!("u{user}"), &phone.name);
            self.server.tell(&["login", name, &user]);
        }
        for (user, phone) in self.at_rest.iter().enumerate() {
            shows(phone, user, 0);
        }
    }

    fn everybody_talks(&self) {
        for (index, (one, other)) in self.pairs.iter().enumerate() {
            one.order(&Order::Dial((8000 + index).to_string()));
            other.sees("rings");
            other.order(&Order::Answer);
        }
        for (one, other) in &self.pairs {
            one.has_calls(&[CallState::Talking]);
            other.has_calls(&[CallState::Talking]);
        }
    }
}

/// A phone has the number of a user, and the speed dial after so many edits.
fn shows(phone: &LivePhone, user: usize, edits: usize) {
    let number = format!("line {} ", 6000 + user);
    let dial = format!("speed dial *90 {}", label(edits));
    let what = format!("{} shows {number:?} and {dial:?}", phone.name);
    wait_until(&what, PATIENCE, || {
        let buttons = phone.buttons();
        let has_number = buttons.iter().any(|button| button.starts_with(&number));
        has_number && buttons.contains(&dial)
    });
}

/// What a phone was told since this was asked last, but for what it is always told.
fn news(phone: &LivePhone) -> Vec<String> {
    let mut came = phone.what_came();
    came.retain(|name| !ALWAYS.contains(&name.as_str()));
    came
}

/// rules: SES-13, SES-7
#[test]
fn a_thousand_edits_of_profiles_touch_no_call_and_nobody_who_has_not_the_profile() {
    let directory = directory();
    let dir = directory.path();
    let mut edits = vec![0; AT_REST + USERS_IN_CALLS];
    let building = Building::open(dir, &edits);
    building.log_everybody_in();
    building.everybody_talks();
    let sessions: BTreeSet<(String, String)> = building.server.who().into_iter().collect();
    assert_eq!(sessions.len(), AT_REST + USERS_IN_CALLS);
    let edited: Vec<usize> = (LEFT_ALONE..AT_REST + USERS_IN_CALLS).collect();
    building.everybody().for_each(|phone| drop(news(phone)));

    for edit in 0..EDITS {
        let user = edited[edit % edited.len()];
        edits[user] += 1;
        if (edit + 1) % AT_ONCE == 0 {
            building.apply(dir, &edits);
        }
    }
    for (user, phone) in building.at_rest.iter().enumerate().skip(LEFT_ALONE) {
        shows(phone, user, edits[user]);
    }

    // Nobody was logged out, no call was touched, and only those who have the profile have heard of it.
    let now: BTreeSet<(String, String)> = building.server.who().into_iter().collect();
    assert_eq!(now, sessions);
    let calls = &building.server.json(&["status"])["calls"];
    assert_eq!(*calls, CALLS);
    for phone in &building.at_rest[..LEFT_ALONE] {
        assert!(news(phone).is_empty(), "{} was told something", phone.name);
    }
    for (one, other) in &building.pairs {
        let is_edited = building.pairs[..USERS_IN_CALLS]
            .iter()
            .any(|(edited, _)| edited.name == one.name);
        let told = news(one);
        // Whose profile was edited during the call is told that something is going to happen, and no more.
        let is_news = |name: &String| !(is_edited && name.starts_with("DisplayPromptStatus"));
        let told: Vec<String> = told.into_iter().filter(is_news).collect();
        assert!(told.is_empty(), "{} was told {told:?}", one.name);
        assert!(news(other).is_empty(), "{} was told something", other.name);
        // They agreed on media, and nobody has said a word about that since.
        one.has_calls(&[CallState::Talking]);
        other.has_calls(&[CallState::Talking]);
    }

    // Whoever was in a call gets it afterwards.
    for (one, _) in &building.pairs {
        one.order(&Order::HangUp);
    }
    for (index, (one, other)) in building.pairs.iter().enumerate() {
        one.has_calls(&[]);
        other.has_calls(&[]);
        if index < USERS_IN_CALLS {
            let user = AT_REST + index;
            let edits = edits[user];
            shows(one, user, edits);
        }
    }
    for phone in building.everybody() {
        assert!(
            phone.wrong().is_empty(),
            "{}: {:?}",
            phone.name,
            phone.wrong()
        );
    }
}
