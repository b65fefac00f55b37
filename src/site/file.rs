//! From the text of a site file to a site.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::buttons::{lines, put_in_order, speed_dials};
use super::calendar::{self, Attached, CALENDAR};
use super::check::check;
use super::dial_pattern::dial_patterns;
use super::document::{AUTO_REGISTRATION, FIRMWARE};
use super::hunt_group::{self, HUNT_GROUP};
use super::job::{self, JOB};
use super::limits::{IDLE_MOST, limits, logout_times, max_login, user_group};
use super::lint::lint;
use super::mobility;
use super::phone_model::{PHONE_MODEL, phone_models};
use super::problem::{Finding, Problem, Source};
use super::provision::provision;
use super::reader::Section;
use super::secrets::{Hashing, PinToHash, fault_of_hash, hash_pins};
use super::sip_secret::{phone_secret, softphone_secret};
use super::trunk;
use super::upstream::{self, UPSTREAM};
use crate::pbx::{
    AbsentHandling, AgentAnswer, AgentKind, AppUser, AutoRegistration, Calendar, CivicAddress,
    ClassOfService, Codes, DoNotDisturb, Forwarding, Hardware, HuntGroup, Job, LogoutProfile,
    Mobility, NumberRange, Personality, Phone, PinHash, Prefix, Route, SecondLogin, Settings, Site,
    SoftphoneUse, Trunk, Upstream, User, UserGroup, UserId, UserProfile, is_pin,
};

/// A site, and what is doubtful about it.
#[derive(Debug)]
pub struct Parsed {
    /// The site. Every reference in it resolves.
    pub site: Site,
    /// What an administrator should look at.
    pub warnings: Vec<Problem>,
}

/// Reads a site file, or says everything that is wrong with it. A PIN that is the same as in `previous` keeps its
/// hash there. With many PINs this takes its time: it belongs on a thread that may wait.
pub fn parse(
    file_name: &str,
    text: &str,
    previous: Option<&Site>,
    hashing: &Hashing,
) -> Result<Parsed, Vec<Problem>> {
    parse_with(file_name, text, &Attached::new(), previous, hashing)
}

/// Like [`parse`], with the files that the site file names.
pub fn parse_with(
    file_name: &str,
    text: &str,
    attached: &Attached,
    previous: Option<&Site>,
    hashing: &Hashing,
) -> Result<Parsed, Vec<Problem>> {
    let source = Source::new(file_name, text);
    let (top, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(syntax_problems(&source, &errors));
    }
    let top = top.get_ref();
    let mut reading = Reading::default();
    let mut site = reading.site(top, attached);
    reading.check(&site, previous);
    if !reading.findings.is_empty() || !reading.elsewhere.is_empty() {
        let mut problems = source.problems(top, reading.findings, false);
        problems.extend(reading.elsewhere);
        return Err(problems);
    }
    let warnings = source.problems(top, lint(&site), true);
    put_in_order(&mut site);
    put_pins(&mut site, &reading.pins, previous, hashing);
    put_passwords(&mut site, &reading.passwords, previous, hashing);
    Ok(Parsed { site, warnings })
}

/// The parser's own text could quote the line, and the line could hold a secret: only its message is used.
fn syntax_problems(source: &Source<'_>, errors: &[toml::de::Error]) -> Vec<Problem> {
    let mut problems: Vec<_> = errors
        .iter()
        .map(|error| {
            source.problem(
                error.span().map_or(0, |span| span.start),
                String::new(),
                format!("this is not TOML: {}", error.message().replace('\n', ", ")),
                "Look at the quotes, brackets and equals signs here and just before".into(),
            )
        })
        .collect();
    problems.sort();
    problems
}

fn put_pins(site: &mut Site, pins: &[(UserId, &str)], previous: Option<&Site>, hashing: &Hashing) {
    let to_hash: Vec<_> = pins
        .iter()
        .map(|(id, pin)| PinToHash {
            pin,
            before: previous
                .and_then(|site| site.users.get(id))
                .map(|user| &user.pin),
        })
        .collect();
    for ((id, _), hash) in pins.iter().zip(hash_pins(&to_hash, hashing)) {
        if let Some(user) = site.users.get_mut(id) {
            user.pin = hash;
        }
    }
}

fn put_passwords(
    site: &mut Site,
    passwords: &[(String, &str)],
    previous: Option<&Site>,
    hashing: &Hashing,
) {
    let to_hash: Vec<_> = passwords
        .iter()
        .map(|(name, pin)| PinToHash {
            pin,
            before: previous
                .and_then(|site| site.app_users.get(name))
                .map(|app_user| &app_user.password),
        })
        .collect();
    for ((name, _), hash) in passwords.iter().zip(hash_pins(&to_hash, hashing)) {
        if let Some(app_user) = site.app_users.get_mut(name) {
            app_user.password = hash;
        }
    }
}

/// What comes up while a file is read.
#[derive(Default)]
struct Reading<'t> {
    findings: Vec<Finding>,
    /// What is wrong with files that it names.
    elsewhere: Vec<Problem>,
    /// PINs that are to be hashed, if everything else is right.
    pins: Vec<(UserId, &'t str)>,
    /// The same of passwords of programs.
    passwords: Vec<(String, &'t str)>,
}

impl<'t> Reading<'t> {
    fn site(&mut self, top: &'t DeTable<'t>, attached: &Attached) -> Site {
        let mut top = Section::new(Vec::new(), top);
        if !top.has("site") {
            top.wrong(
                "site",
                "this is missing",
                "Add [site] with the name of the site",
            );
        }
        let (mut settings, second_login) = match top.section("site") {
            Some(section) => self.settings(section),
            None => (Settings::default(), None),
        };
        let codes = match top.section("codes") {
            Some(section) => self.codes(section),
            None => Codes::default(),
        };
        let (mobility, personality) = match top.section("extension_mobility") {
            Some(section) => self.mobility(section),
            None => (Mobility::default(), None),
        };
        if let (None, Some(personality)) = (second_login, personality) {
            settings.second_login = personality.second_login();
        }
        let emergency = top
            .lists("emergency")
            .into_iter()
            .map(|(number, phones)| (number.to_owned(), all(phones)))
            .collect();
        let auto_registration = top
            .section(AUTO_REGISTRATION)
            .and_then(|section| self.auto_registration(section));
        let (phone_models, findings) = phone_models(top.sections(PHONE_MODEL));
        self.findings.extend(findings);
        let firmware = top.named_texts(FIRMWARE).into_iter();
        let firmware = firmware.map(|(model, firmware)| (model.into(), firmware.to_owned()));
        let firmware = firmware.collect();
        let upstream = top.section(UPSTREAM);
        let upstream = upstream.map(|section| upstream::read(section, &mut self.findings));
        let classes = top.sections("class_of_service").into_iter();
        let classes = classes
            .map(|(name, s)| (name.into(), self.class(s)))
            .collect();
        let logout = top.sections("logout_profile").into_iter();
        let logout = logout
            .map(|(name, s)| (name.into(), self.logout_profile(s)))
            .collect();
        let profiles = top.sections("user_profile").into_iter();
        let profiles = profiles
            .map(|(name, s)| (name.into(), self.user_profile(s)))
            .collect();
        let groups = top.sections("user_group").into_iter();
        let groups = groups
            .map(|(name, s)| (name.into(), self.user_group(s)))
            .collect();
        let realm = settings.realm.clone();
        let users = top.sections("user").into_iter();
        let users = users
            .map(|(id, s)| (id.into(), self.user(id, (&realm, upstream.as_ref()), s)))
            .collect();
        let app_users = top.sections("app_user").into_iter();
        let app_users = app_users
            .map(|(name, s)| (name.to_owned(), self.app_user(name, s)))
            .collect();
        let phones = top.sections("phone").into_iter();
        let phones = phones
            .map(|(name, s)| (name.into(), self.phone(name, &realm, s)))
            .collect();
        let calendars = top.sections(CALENDAR).into_iter();
        let calendars = calendars
            .map(|(name, s)| (name.into(), self.calendar(s, attached)))
            .collect();
        let jobs = top.sections(JOB).into_iter();
        let jobs = jobs.map(|(name, s)| (name.into(), self.job(s))).collect();
        let trunks = top.sections("trunk").into_iter();
        let trunks = trunks
            .map(|(name, s)| (name.into(), self.trunk(s)))
            .collect();
        let routes = top.sections("route").into_iter();
        let routes = routes
            .map(|(name, s)| (name.to_owned(), self.route(s)))
            .collect();
        let hunt_groups = top.sections(HUNT_GROUP).into_iter();
        let hunt_groups = hunt_groups
            .map(|(name, s)| (name.into(), self.hunt_group(s)))
            .collect();
        self.findings.extend(top.finish());
        Site {
            settings,
            codes,
            mobility,
            emergency,
            auto_registration,
            phone_models,
            firmware,
            upstream,
            classes,
            logout_profiles: logout,
            user_profiles: profiles,
            user_groups: groups,
            users,
            app_users,
            phones,
            calendars,
            jobs,
            trunks,
            routes,
            hunt_groups,
        }
    }

    /// Adds what the site as a whole has wrong, except where a value is known to be wrong already.
    fn check(&mut self, site: &Site, previous: Option<&Site>) {
        let known: BTreeSet<_> = self.findings.iter().map(|f| f.path.clone()).collect();
        let is_new = |finding: &Finding| {
            (1..=finding.path.len()).all(|depth| !known.contains(&finding.path[..depth]))
        };
        self.findings
            .extend(check(site, previous).into_iter().filter(is_new));
    }

    /// And what it says of a second login, if it does.
    fn settings(&mut self, mut s: Section<'t>) -> (Settings, Option<SecondLogin>) {
        let usual = Settings::default();
        let second_login = second_login(&mut s);
        let settings = Settings {
            name: s.required_text("name").into(),
            timezone: s.text("timezone").map_or(usual.timezone, Into::into),
            realm: s.text("realm").map_or(usual.realm, Into::into),
            voicemail: s.text("voicemail").map(Into::into),
            second_login: second_login.unwrap_or_default(),
            move_wait_s: s
                .number("move_wait_s", 0..=3600)
                .unwrap_or(usual.move_wait_s),
            logout_times: logout_times(&mut s),
            idle_limit_min: s.number("idle_limit_min", 1..=IDLE_MOST),
            max_login_min: max_login(&mut s),
            warning_s: s.number("warning_s", 0..=3600).unwrap_or(usual.warning_s),
            warning_tone: s.flag("warning_tone").unwrap_or(usual.warning_tone),
            held_cap_min: s
                .number("held_cap_min", 1..=10_080)
                .unwrap_or(usual.held_cap_min),
            off_hook_limit_s: s
                .number("off_hook_limit_s", 1..=3600)
                .unwrap_or(usual.off_hook_limit_s),
            emergency_hold_min: s
                .number("emergency_hold_min", 0..=1440)
                .unwrap_or(usual.emergency_hold_min),
            logouts_per_s: s
                .number("logouts_per_s", 1..=10_000)
                .unwrap_or(usual.logouts_per_s),
            firmware_away_s: s
                .number("firmware_away_s", 0..=86_400)
                .unwrap_or(usual.firmware_away_s),
            no_answer_s: s
                .number("no_answer_s", 1..=3600)
                .unwrap_or(usual.no_answer_s),
            silence_s: s.number("silence_s", 1..=600).unwrap_or(usual.silence_s),
            digit_pause_s: s
                .number("digit_pause_s", 1..=60)
                .unwrap_or(usual.digit_pause_s),
            login_tries: s.number("login_tries", 1..=10).unwrap_or(usual.login_tries),
            echo_limit_s: s
                .number("echo_limit_s", 1..=3600)
                .unwrap_or(usual.echo_limit_s),
            transfer_recall_s: s
                .number("transfer_recall_s", 0..=3600)
                .unwrap_or(usual.transfer_recall_s),
            park_slots: all(s.texts("park_slots").unwrap_or_default()),
            park_recall_s: s
                .number("park_recall_s", 0..=3600)
                .unwrap_or(usual.park_recall_s),
            do_not_disturb: do_not_disturb(&mut s).unwrap_or_default(),
            hunt_group_logout: hunt_group::logout(&mut s).unwrap_or_default(),
            hunt_joined_at_logout: hunt_group::joined_at_logout(&mut s).unwrap_or_default(),
            hunt_connected_name: hunt_group::connected_name(&mut s).unwrap_or_default(),
            lock_after: s.number("lock_after", 1..=100).unwrap_or(usual.lock_after),
            lock_window_s: s
                .number("lock_window_s", 1..=86_400)
                .unwrap_or(usual.lock_window_s),
            lock_s: s.number("lock_s", 1..=86_400).unwrap_or(usual.lock_s),
            alphanumeric_user_id: s
                .flag("alphanumeric_user_id")
                .unwrap_or(usual.alphanumeric_user_id),
            numbering: trunk::numbering(&mut s),
            address: self.address(&mut s),
        };
        self.findings.extend(s.finish());
        (settings, second_login)
    }

    fn codes(&mut self, mut s: Section<'t>) -> Codes {
        let usual = Codes::default();
        let codes = Codes {
            login: code(&mut s, "login", usual.login),
            logout: code(&mut s, "logout", usual.logout),
            remote_logout: code(&mut s, "remote_logout", usual.remote_logout),
            echo: code(&mut s, "echo", usual.echo),
            forward_all: code(&mut s, "forward_all", usual.forward_all),
            forward_all_off: code(&mut s, "forward_all_off", usual.forward_all_off),
            forward_busy: code(&mut s, "forward_busy", usual.forward_busy),
            forward_busy_off: code(&mut s, "forward_busy_off", usual.forward_busy_off),
            forward_no_answer: code(&mut s, "forward_no_answer", usual.forward_no_answer),
            forward_no_answer_off: code(
                &mut s,
                "forward_no_answer_off",
                usual.forward_no_answer_off,
            ),
            do_not_disturb: code(&mut s, "do_not_disturb", usual.do_not_disturb),
            do_not_disturb_off: code(&mut s, "do_not_disturb_off", usual.do_not_disturb_off),
            pickup: code(&mut s, "pickup", usual.pickup),
            group_pickup: code(&mut s, "group_pickup", usual.group_pickup),
            park: code(&mut s, "park", usual.park),
            barge: code(&mut s, "barge", usual.barge),
            take_held: code(&mut s, "take_held", usual.take_held),
            privacy: code(&mut s, "privacy", usual.privacy),
            privacy_off: code(&mut s, "privacy_off", usual.privacy_off),
            hunt_join: code(&mut s, "hunt_join", usual.hunt_join),
            hunt_leave: code(&mut s, "hunt_leave", usual.hunt_leave),
            hunt_leave_one: code(&mut s, "hunt_leave_one", usual.hunt_leave_one),
            hunt_ready: code(&mut s, "hunt_ready", usual.hunt_ready),
            hunt_ready_phone: code(&mut s, "hunt_ready_phone", usual.hunt_ready_phone),
        };
        self.findings.extend(s.finish());
        codes
    }

    fn mobility(&mut self, mut s: Section<'t>) -> (Mobility, Option<Personality>) {
        let mobility = mobility::read(&mut s);
        self.findings.extend(s.finish());
        mobility
    }

    /// Half a rule about strangers is none: it is there, or it is wrong.
    fn auto_registration(&mut self, mut s: Section<'t>) -> Option<AutoRegistration> {
        const NETWORKS: &str = "Write networks as in [\"10.20.0.0/16\", \"2001:db8::/32\"]";
        s.required_text("numbers");
        let numbers = s.parsed(
            "numbers",
            "Write the first and the last of up to 10000 numbers of the same length, as in \"9500-9599\"",
            NumberRange::parse,
        );
        let logout_profile = s.required_text("logout_profile").into();
        if !s.has("networks") {
            s.missing("networks");
        }
        let texts = s.texts("networks").unwrap_or_default();
        let networks: Vec<Prefix> = texts.iter().filter_map(|t| Prefix::parse(t)).collect();
        if s.has("networks") && (networks.is_empty() || networks.len() < texts.len()) {
            s.wrong("networks", "these are no networks", NETWORKS);
        }
        self.findings.extend(s.finish());
        Some(AutoRegistration {
            numbers: numbers?,
            logout_profile,
            networks,
        })
    }

    fn class(&mut self, mut s: Section<'t>) -> ClassOfService {
        let class = ClassOfService {
            call_guests: s.flag("call_guests").unwrap_or_default(),
            call_users: s.flag("call_users").unwrap_or_default(),
            calls: trunk::calls(&mut s),
            deny: dial_patterns(&mut s, "deny"),
            allow: dial_patterns(&mut s, "allow"),
            login: s.flag("login").unwrap_or_default(),
            remote_logout: s.flag("remote_logout").unwrap_or_default(),
            forward: s.flag("forward").unwrap_or_default(),
            do_not_disturb: s.flag("do_not_disturb").unwrap_or_default(),
            barge: s.flag("barge").unwrap_or_default(),
            privacy: s.flag("privacy").unwrap_or_default(),
            agent_answer: agent_answer(&mut s).unwrap_or_default(),
            join_hunt_groups: s.flag("join_hunt_groups").unwrap_or_default(),
            auto_logout_h: s.number("auto_logout_h", 1..=168),
            limits: limits(&mut s),
            exempt: s.flag("exempt").unwrap_or_default(),
        };
        self.findings.extend(s.finish());
        class
    }

    fn logout_profile(&mut self, mut s: Section<'t>) -> LogoutProfile {
        let profile = LogoutProfile {
            lines: lines(&mut s),
            class: s.required_text("class").into(),
            display_name: s.required_text("display_name").into(),
            speed_dials: speed_dials(&mut s),
            privacy_button: s.flag("privacy_button").unwrap_or_default(),
            hunt_button: s.flag("hunt_button").unwrap_or_default(),
        };
        self.findings.extend(s.finish());
        profile
    }

    fn user_profile(&mut self, mut s: Section<'t>) -> UserProfile {
        let profile = UserProfile {
            lines: lines(&mut s),
            class: s.required_text("class").into(),
            limits: limits(&mut s),
            exempt: s.flag("exempt").unwrap_or_default(),
            second_login: second_login(&mut s),
            absent: self.absent(&mut s).unwrap_or_default(),
            forwarding: forwarding(&mut s),
            softphone: softphone_use(&mut s).unwrap_or_default(),
            speed_dials: speed_dials(&mut s),
            pickup_group: s.text("pickup_group").map(Into::into),
            voicemail: s.text("voicemail").map(Into::into),
            privacy_button: s.flag("privacy_button").unwrap_or_default(),
            hunt_button: s.flag("hunt_button").unwrap_or_default(),
            agent: s.parsed(
                "agent",
                "Write \"traditional\" or \"hot-desk\"",
                AgentKind::of_word,
            ),
        };
        self.findings.extend(s.finish());
        profile
    }

    fn user_group(&mut self, mut s: Section<'t>) -> UserGroup {
        let group = user_group(&mut s);
        self.findings.extend(s.finish());
        group
    }

    fn absent(&mut self, s: &mut Section<'t>) -> Option<AbsentHandling> {
        const FORMS: &str = "\"voicemail\", \"busy\", \"unreachable\", or { forward = \"…\" }";
        match s.get("absent")? {
            DeValue::String(word) => match word.as_ref() {
                "voicemail" => Some(AbsentHandling::Voicemail),
                "busy" => Some(AbsentHandling::Busy),
                "unreachable" => Some(AbsentHandling::Unreachable),
                _ => {
                    s.wrong(
                        "absent",
                        format!("{word:?} is no way to handle calls"),
                        format!("Write {FORMS}"),
                    );
                    None
                }
            },
            DeValue::Table(_) => {
                let mut inner = s.section("absent")?;
                let forward = inner.required_text("forward").into();
                self.findings.extend(inner.finish());
                Some(AbsentHandling::Forward(forward))
            }
            other => s.mistyped("absent", other, FORMS),
        }
    }

    fn user(
        &mut self,
        id: &'t str,
        (realm, upstream): (&str, Option<&Upstream>),
        mut s: Section<'t>,
    ) -> User {
        let dn = s.required_text("dn");
        let upstream = upstream.map(|upstream| upstream.realm.as_str());
        let user = User {
            dn: dn.into(),
            display_name: s.required_text("display_name").into(),
            pin: PinHash(self.pin(id, &mut s).unwrap_or_default()),
            profiles: profiles(&mut s),
            mailbox: s.text("mailbox").map(Into::into),
            sip_secret: softphone_secret(id, dn, realm, &mut s).map(Box::new),
            upstream: upstream::read_user(dn, upstream, &mut s).map(Arc::new),
            group: s.text("group").map(Into::into),
            class: s.text("class").map(Into::into),
            limits: limits(&mut s).boxed(),
            exempt: s.flag("exempt").unwrap_or_default(),
        };
        self.findings.extend(s.finish());
        user
    }

    /// The hash that is given. A PIN that is given is put down to be hashed later.
    fn pin(&mut self, id: &str, s: &mut Section<'t>) -> Option<String> {
        let (pin, hash) = (s.text("pin"), s.text("pin_hash"));
        match (s.has("pin"), s.has("pin_hash")) {
            (true, true) => s.wrong(
                "pin_hash",
                "there is a pin already",
                "Keep either pin or pin_hash",
            ),
            (false, false) => s.missing("pin"),
            _ => {}
        }
        if let Some(pin) = pin {
            if is_pin(pin) {
                self.pins.push((id.into(), pin));
            } else {
                s.wrong(
                    "pin",
                    "a PIN is 4 to 32 digits, because it is dialled",
                    "Choose one that is",
                );
            }
        }
        let hash = hash.filter(|_| pin.is_none())?;
        if let Some(fault) = fault_of_hash(hash) {
            s.wrong(
                "pin_hash",
                fault,
                "Write the PIN itself as pin, or a hash that Perch wrote",
            );
        }
        Some(hash.to_owned())
    }

    fn address(&mut self, s: &mut Section<'t>) -> CivicAddress {
        let Some(mut inner) = s.section("address") else {
            return CivicAddress::default();
        };
        let address = trunk::address(&mut inner);
        self.findings.extend(inner.finish());
        address
    }

    fn calendar(&mut self, mut s: Section<'t>, attached: &Attached) -> Arc<Calendar> {
        let (calendar, problems) = calendar::read(&mut s, attached);
        self.elsewhere.extend(problems);
        self.findings.extend(s.finish());
        Arc::new(calendar)
    }

    fn job(&mut self, mut s: Section<'t>) -> Job {
        let job = job::read(&mut s);
        self.findings.extend(s.finish());
        job
    }

    fn trunk(&mut self, mut s: Section<'t>) -> Trunk {
        let trunk = trunk::trunk(&mut s);
        self.findings.extend(s.finish());
        trunk
    }

    fn route(&mut self, mut s: Section<'t>) -> Route {
        let route = trunk::route(&mut s);
        self.findings.extend(s.finish());
        route
    }

    fn hunt_group(&mut self, mut s: Section<'t>) -> HuntGroup {
        let group = hunt_group::read(&mut s);
        self.findings.extend(s.finish());
        group
    }

    fn app_user(&mut self, name: &str, mut s: Section<'t>) -> AppUser {
        let (app_user, password) = mobility::read_app_user(&mut s);
        self.passwords
            .extend(password.map(|password| (name.to_owned(), password)));
        self.findings.extend(s.finish());
        app_user
    }

    fn phone(&mut self, name: &str, realm: &str, mut s: Section<'t>) -> Phone {
        let phone = Phone {
            logout_profile: s.required_text("logout_profile").into(),
            guest_dn: s.text("guest_dn").map(Into::into),
            sip_secret: phone_secret(name, realm, &mut s),
            exempt: s.flag("exempt").unwrap_or_default(),
            location: s.text("location").map(Into::into),
            emergency_number: s.text("emergency_number").map(Into::into),
            hardware: hardware(&mut s).map(Box::new),
            pickup_group: s.text("pickup_group").map(Into::into),
            provision: provision(name, &mut s).map(Box::new),
            own_speed_dials: s.flag("own_speed_dials").unwrap_or(true),
            limits: limits(&mut s).boxed(),
        };
        self.findings.extend(s.finish());
        phone
    }
}

fn code(s: &mut Section<'_>, key: &'static str, usual: String) -> String {
    s.text(key).map_or(usual, Into::into)
}

fn hardware(s: &mut Section<'_>) -> Option<Hardware> {
    let (model, modules) = (s.text("model"), s.texts("add_on_modules"));
    let enrolled = s.flag("auto_registered").unwrap_or_default();
    if (s.has("add_on_modules") || enrolled) && !s.has("model") {
        s.missing("model");
    }
    Some(Hardware {
        model: model?.into(),
        add_on_modules: all(modules.unwrap_or_default()),
        enrolled,
    })
}

fn forwarding(s: &mut Section<'_>) -> Forwarding {
    let usual = Forwarding::default();
    Forwarding {
        all: s.text("forward_all").map(Into::into),
        busy: s.text("forward_busy").map(Into::into),
        no_answer: s.text("forward_no_answer").map(Into::into),
        no_answer_s: s
            .number("forward_no_answer_s", 1..=3600)
            .unwrap_or(usual.no_answer_s),
        one_call_at_a_time: !s.flag("call_waiting").unwrap_or(true),
    }
}

fn all<T: for<'a> From<&'a str>>(texts: Vec<&str>) -> Vec<T> {
    texts.into_iter().map(T::from).collect()
}

fn profiles(s: &mut Section<'_>) -> Vec<crate::pbx::ProfileName> {
    let profiles = s.texts("profiles");
    match &profiles {
        None if !s.has("profiles") => s.missing("profiles"),
        Some(names) if names.is_empty() => s.wrong(
            "profiles",
            "a user needs at least one profile",
            "Name one that is defined as [user_profile.…], the default first",
        ),
        _ => {}
    }
    all(profiles.unwrap_or_default())
}

fn agent_answer(s: &mut Section<'_>) -> Option<AgentAnswer> {
    let words = AgentAnswer::ALL.map(|it| format!("{:?}", it.word()));
    let remedy = format!("Write {}", words.join(" or "));
    s.parsed("agent_answer", &remedy, AgentAnswer::named)
}

fn second_login(s: &mut Section<'_>) -> Option<SecondLogin> {
    let remedy = "Write \"move\", \"refuse\" or \"allow\"";
    s.parsed("second_login", remedy, |word| match word {
        "move" => Some(SecondLogin::Move),
        "refuse" => Some(SecondLogin::Refuse),
        "allow" => Some(SecondLogin::Allow),
        _ => None,
    })
}

fn do_not_disturb(s: &mut Section<'_>) -> Option<DoNotDisturb> {
    let remedy = "Write \"reject\" or \"silent\"";
    s.parsed("do_not_disturb", remedy, |word| match word {
        "reject" => Some(DoNotDisturb::Reject),
        "silent" => Some(DoNotDisturb::Silent),
        _ => None,
    })
}

fn softphone_use(s: &mut Section<'_>) -> Option<SoftphoneUse> {
    let remedy = "Write \"companion\", \"phone\" or \"no\"";
    s.parsed("softphone", remedy, |word| match word {
        "companion" => Some(SoftphoneUse::Companion),
        "phone" => Some(SoftphoneUse::Phone),
        "no" => Some(SoftphoneUse::No),
        _ => None,
    })
}
