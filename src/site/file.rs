//! From the text of a site file to a site.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::de::DeTable;

use super::buttons::put_in_order;
use super::calendar::{self, Attached, CALENDAR};
use super::check::check;
use super::document::{AUTO_REGISTRATION, FIRMWARE};
use super::hunt_group::{self, HUNT_GROUP};
use super::job::{self, JOB};
use super::limits::user_group;
use super::lint::lint;
use super::phone_model::phone_models;
use super::problem::{Finding, Problem, Source};
use super::profile::{logout_profile, user_profile};
use super::reader::Section;
use super::secrets::{Hashing, PinToHash, hash_pins};
use super::upstream::{self, UPSTREAM};
use super::{auto_registration, class_of_service, codes, mobility, phone, settings, trunk, user};
use crate::pbx::{AppUser, Calendar, PinHash, ProfileName, Site, User, UserId, UserProfile};

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
    put_profile_pins(&mut site, &reading.profile_pins, previous, hashing);
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
    let before = |id: &UserId| Some(&previous?.users.get(id)?.pin);
    for (id, hash) in hashes(pins, before, hashing) {
        if let Some(user) = site.users.get_mut(id) {
            user.pin = hash;
        }
    }
}

fn put_profile_pins(
    site: &mut Site,
    pins: &[(ProfileName, &str)],
    previous: Option<&Site>,
    hashing: &Hashing,
) {
    let before = |name: &ProfileName| previous?.user_profiles.get(name)?.pin.as_ref();
    for (name, hash) in hashes(pins, before, hashing) {
        if let Some(profile) = site.user_profiles.get_mut(name) {
            profile.pin = Some(hash);
        }
    }
}

fn put_passwords(
    site: &mut Site,
    passwords: &[(String, &str)],
    previous: Option<&Site>,
    hashing: &Hashing,
) {
    let before = |name: &String| Some(&previous?.app_users.get(name)?.password);
    for (name, hash) in hashes(passwords, before, hashing) {
        if let Some(app_user) = site.app_users.get_mut(name) {
            app_user.password = hash;
        }
    }
}

/// The hash of each secret; the one of `before`, where it is the same.
fn hashes<'a, K>(
    secrets: &'a [(K, &str)],
    before: impl Fn(&'a K) -> Option<&'a PinHash>,
    hashing: &Hashing,
) -> impl Iterator<Item = (&'a K, PinHash)> {
    let to_hash = secrets.iter().map(|(whose, pin)| PinToHash {
        pin,
        before: before(whose),
    });
    let hashes = hash_pins(&to_hash.collect::<Vec<_>>(), hashing);
    secrets.iter().map(|(whose, _)| whose).zip(hashes)
}

/// What comes up while a file is read.
#[derive(Default)]
struct Reading<'t> {
    findings: Vec<Finding>,
    /// What is wrong with files that it names.
    elsewhere: Vec<Problem>,
    /// PINs that are to be hashed, if everything else is right.
    pins: Vec<(UserId, &'t str)>,
    /// The same of PINs of profiles.
    profile_pins: Vec<(ProfileName, &'t str)>,
    /// The same of passwords of programs.
    passwords: Vec<(String, &'t str)>,
}

impl<'t> Reading<'t> {
    fn site(&mut self, top: &'t DeTable<'t>, attached: &Attached) -> Site {
        let mut top = Section::new(Vec::new(), top);
        if !top.has("site") {
            let remedy = "Add [site] with the name of the site";
            top.wrong("site", "this is missing", remedy);
        }
        let (mut settings, second_login) = top.inner("site", settings::read).unwrap_or_default();
        let codes = top.inner("codes", codes::read).unwrap_or_default();
        let mobility = top.inner("extension_mobility", mobility::read);
        let (mobility, personality) = mobility.unwrap_or_default();
        if let (None, Some(personality)) = (second_login, personality) {
            settings.second_login = personality.second_login();
        }
        let emergency = top.lists("emergency").into_iter();
        let emergency = emergency.map(|(number, phones)| {
            let phones = phones.into_iter().map(Into::into).collect();
            (number.to_owned(), phones)
        });
        let emergency = emergency.collect();
        let auto_registration = top.inner(AUTO_REGISTRATION, auto_registration::read);
        let phone_models = phone_models(&mut top);
        let firmware = top.named_texts(FIRMWARE).into_iter();
        let firmware = firmware.map(|(model, firmware)| (model.into(), firmware.to_owned()));
        let firmware = firmware.collect();
        let upstream = top.inner(UPSTREAM, upstream::read);
        let realm = settings.realm.clone();
        let classes = top.rows("class_of_service", |_, s| class_of_service::read(s));
        let logout_profiles = top.rows("logout_profile", |_, s| logout_profile(s));
        let user_profiles = top.rows("user_profile", |name, s| {
            let read = user_profile(s);
            self.user_profile(name, read)
        });
        let user_groups = top.rows("user_group", |_, s| user_group(s));
        let users = top.rows("user", |id, s| {
            let read = user::read(id, (&realm, upstream.as_ref()), s);
            self.user(id, read)
        });
        let app_users = top.rows("app_user", |name, s| {
            let read = mobility::read_app_user(s);
            self.app_user(name, read)
        });
        let phones = top.rows("phone", |name, s| phone::read(name, &realm, s));
        let calendars = top.rows(CALENDAR, |_, s| {
            let read = calendar::read(s, attached);
            self.calendar(read)
        });
        let jobs = top.rows(JOB, |_, s| job::read(s));
        let trunks = top.rows("trunk", |_, s| trunk::trunk(s));
        let routes = top.rows("route", |_, s| trunk::route(s));
        let hunt_groups = top.rows(HUNT_GROUP, |_, s| hunt_group::read(s));
        self.findings = top.finish();
        Site {
            settings,
            codes,
            mobility,
            emergency,
            auto_registration: auto_registration.flatten(),
            phone_models,
            firmware,
            upstream,
            classes,
            logout_profiles,
            user_profiles,
            user_groups,
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

    fn user(&mut self, id: &str, (user, pin): (User, Option<&'t str>)) -> User {
        self.pins.extend(pin.map(|pin| (id.into(), pin)));
        user
    }

    fn user_profile(
        &mut self,
        name: &str,
        (profile, pin): (UserProfile, Option<&'t str>),
    ) -> UserProfile {
        self.profile_pins.extend(pin.map(|pin| (name.into(), pin)));
        profile
    }

    fn app_user(&mut self, name: &str, (user, password): (AppUser, Option<&'t str>)) -> AppUser {
        self.passwords
            .extend(password.map(|password| (name.to_owned(), password)));
        user
    }

    fn calendar(&mut self, (calendar, problems): (Calendar, Vec<Problem>)) -> Arc<Calendar> {
        self.elsewhere.extend(problems);
        Arc::new(calendar)
    }
}
