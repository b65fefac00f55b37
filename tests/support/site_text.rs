//! A site as an administrator says it in a scenario, a line a thing. What is not said is the product's default.
//!
//! ```text
//! alice: 2001, pin 1111, idle limit 30m        a user, and the user's profile
//! desk-1: guest 9001                           a phone
//! class visitors: call guests, login           a class of service
//! class clerks: after hours mon-fri 19:00-07:00, after hours on feast, after hours deny 0!
//! alice: 2001, after-hours pin 4711            what lifts that
//! group sales: idle limit 20m, max login never  a group of users
//! alice: group sales, own class visitors, own idle limit 5m
//! alice: 2001, line 2001 normal, line 2005+2006 overlay, line 2007 2 calls
//! reception: logout profile, lines 9100        a logout profile; phones have `lobby` unless they say another
//! mobile-1: second device of desk-1             registers as desk-1 too
//! alice-app: softphone of alice                 registers as the user itself, or as 2001
//! logout at 19:00, 24:00                       a setting
//! x: trunk at 10.0.9.1, class staff            a way to the rest of the world
//! support: hunt group, peer, pilot 4200          whoever of a list answers (see `hunt_text`)
//! outside: route of 0, national, by x y        what goes by it
//! job evening: daily at 19:00, for internal     what happens by the clock (see `job_text`)
//! beside x                                     the exchange that was there before, behind a trunk
//! alice: upstream as 5551 with secret          who a user is there
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use perch::pbx::{
    AbsentHandling, AgentAnswer, AgentKind, ClassOfService, Codes, ConnectedName, DialPattern, Dn,
    DoNotDisturb, Forwarding, HuntGroupLogout, JoinedAtLogout, LineKind, LogoutLimits,
    LogoutProfile, Phone, PinHash, ProfileLine, Provision, SecondLogin, Site, SoftphoneSecret,
    SoftphoneUse, SpeedDial, Upstream, UpstreamUser, User, UserGroup, UserProfile, Vendor,
    WeekTime,
};
use perch::sip::digest_secret;

use super::world::password;
use super::{hunt_text, job_text, trunk_text};

/// The realm of the exchange beside which a site is.
const UPSTREAM_REALM: &str = "pbx";

/// What phones and users are unless they say otherwise.
const LOBBY: &str = "lobby";
const STAFF: &str = "staff";

#[derive(Clone)]
pub struct SiteText {
    pub site: Site,
    /// Phones that show no messages.
    pub without_display: BTreeSet<String>,
    /// Phones that acknowledge provisional answers.
    pub pracking: BTreeSet<String>,
    /// Phones that refresh their calls.
    pub refreshing: BTreeSet<String>,
    /// Whose phones they are that can be told to read their files again.
    pub makes: BTreeMap<String, Vendor>,
    /// Phones that know nothing of that.
    pub deaf: BTreeSet<String>,
    /// Phones that take their line before somebody dials.
    pub sharing: BTreeSet<String>,
    /// Devices that register as a phone that another device is too.
    pub twins: BTreeMap<String, String>,
}

impl Default for SiteText {
    fn default() -> Self {
        let mut site = Site::default();
        let all = ClassOfService {
            call_guests: true,
            call_users: true,
            login: true,
            remote_logout: true,
            forward: true,
            do_not_disturb: true,
            ..ClassOfService::default()
        };
        let lobby = ClassOfService {
            remote_logout: false,
            forward: false,
            do_not_disturb: false,
            ..all.clone()
        };
        site.classes.insert(STAFF.into(), all);
        site.classes.insert(LOBBY.into(), lobby);
        site.logout_profiles.insert(LOBBY.into(), logout_profile());
        SiteText {
            site,
            without_display: BTreeSet::new(),
            pracking: BTreeSet::new(),
            refreshing: BTreeSet::new(),
            makes: BTreeMap::new(),
            deaf: BTreeSet::new(),
            sharing: BTreeSet::new(),
            twins: BTreeMap::new(),
        }
    }
}

fn logout_profile() -> LogoutProfile {
    LogoutProfile::new(LOBBY, "Lobby")
}

type Said = Result<(), String>;

impl SiteText {
    /// Takes one line, on top of what was said before.
    pub fn line(&mut self, line: &str) -> Said {
        if let Some(name) = line.strip_suffix(" is removed") {
            return self.remove(name);
        }
        if let Some((name, clauses)) = line.split_once(':')
            && !name.contains(' ')
        {
            return self.thing(name, clauses);
        }
        if let Some((name, clauses)) = line.strip_prefix("class ").and_then(|l| l.split_once(':')) {
            return self.class(name, clauses);
        }
        if let Some((name, clauses)) = line.strip_prefix("group ").and_then(|l| l.split_once(':')) {
            return self.group(name, clauses);
        }
        if let Some((name, clauses)) = line.strip_prefix("job ").and_then(|l| l.split_once(':')) {
            return job_text::job(&mut self.site, name, clauses);
        }
        let calendar = line.strip_prefix("calendar ");
        if let Some((name, days)) = calendar.and_then(|l| l.split_once(':')) {
            return job_text::calendar(&mut self.site, name, days);
        }
        self.setting(line)
    }

    fn thing(&mut self, name: &str, clauses: &str) -> Said {
        let clauses: Vec<&str> = clauses.split(',').map(str::trim).collect();
        if let [clause] = clauses[..]
            && let Some(phone) = clause.strip_prefix("second device of ")
        {
            self.twins.insert(name.to_owned(), phone.to_owned());
            return Ok(());
        }
        if let [clause] = clauses[..]
            && let Some(user) = clause.strip_prefix("softphone of ")
        {
            return self.softphone(name, user);
        }
        let says = |what: &str| clauses.iter().any(|clause| clause.starts_with(what));
        if self.site.trunks.contains_key(name) || says("trunk at ") {
            trunk_text::trunk(&mut self.site, name, &clauses)
        } else if self.site.routes.contains_key(name) || says("route of ") {
            trunk_text::route(&mut self.site, name, &clauses)
        } else if self.site.hunt_groups.contains_key(name) || says("hunt group") {
            hunt_text::hunt_group(&mut self.site, name, &clauses)
        } else if self.site.phones.contains_key(name) || says("guest ") || says("phone") {
            self.phone(name, &clauses)
        } else if self.site.logout_profiles.contains_key(name) || says("logout profile") {
            self.logout_profile(name, &clauses)
        } else {
            self.user(name, &clauses)
        }
    }

    /// A device that registers as the user id or the number, whichever is said; each has a password of its own here.
    fn softphone(&mut self, device: &str, registers_as: &str) -> Said {
        let realm = self.site.settings.realm.clone();
        let mut users = self.site.users.iter_mut();
        let is_named = |id: &str, dn: &str| [id, dn].contains(&registers_as);
        let (id, user) = users
            .find(|(id, user)| is_named(id.as_str(), user.dn.as_str()))
            .ok_or_else(|| format!("there is no user {registers_as}"))?;
        let digest = |name: &str| digest_secret(name, &realm, &password(name));
        user.sip_secret = Some(Box::new(SoftphoneSecret {
            by_id: digest(id.as_str()),
            by_dn: digest(user.dn.as_str()),
        }));
        let registers_as = registers_as.to_owned();
        self.twins.insert(device.to_owned(), registers_as);
        Ok(())
    }

    fn phone(&mut self, name: &str, clauses: &[&str]) -> Said {
        let realm = self.site.settings.realm.clone();
        let secret = digest_secret(name, &realm, &password(name));
        let phone = self.site.phones.get_or_insert_with(&name.into(), || Phone {
            logout_profile: LOBBY.into(),
            guest_dn: None,
            sip_secret: Some(secret),
            exempt: false,
            location: None,
            hardware: None,
            pickup_group: None,
            provision: None,
            own_speed_dials: true,
            limits: None,
            emergency_number: None,
        });
        for clause in clauses {
            match words(clause)[..] {
                ["phone"] => {}
                ["guest", dn] => phone.guest_dn = Some(dn.into()),
                ["pickup", "group", group] => phone.pickup_group = Some(group.into()),
                ["exempt"] => phone.exempt = true,
                ["not", "exempt"] => phone.exempt = false,
                ["idle" | "max", "limit" | "login", _] | ["logout", "at", ..] => {
                    say(&mut phone.limits, &words(clause))?;
                }
                ["emergency", "number", number] => phone.emergency_number = Some(number.into()),
                ["in", ..] => phone.location = Some(clause[3..].to_owned()),
                ["logout", "profile", profile] => phone.logout_profile = profile.into(),
                ["wants", "PRACK"] => {
                    self.pracking.insert(name.to_owned());
                }
                ["refreshes", "its", "calls"] => {
                    self.refreshing.insert(name.to_owned());
                }
                ["made", "by", vendor] => {
                    let vendor = Vendor::from_word(vendor).ok_or("who makes such phones?")?;
                    phone.provision = Some(Box::new(Provision {
                        vendor,
                        model: None,
                        mac: None,
                        password_generation: 1,
                    }));
                    self.makes.insert(name.to_owned(), vendor);
                }
                ["takes", "no", "NOTIFY"] => {
                    self.deaf.insert(name.to_owned());
                }
                ["shares", "its", "line"] => {
                    self.sharing.insert(name.to_owned());
                }
                ["no", "display"] => {
                    self.without_display.insert(name.to_owned());
                }
                _ => return Err(format!("what is {clause:?} for phone {name}?")),
            }
        }
        Ok(())
    }

    fn logout_profile(&mut self, name: &str, clauses: &[&str]) -> Said {
        let profiles = &mut self.site.logout_profiles;
        let profile = profiles.entry(name.into()).or_insert_with(logout_profile);
        for clause in clauses {
            match words(clause)[..] {
                ["logout", "profile"] => {}
                ["lines", ref dns @ ..] => profile.lines = lines(dns),
                ["line", numbers, ref rest @ ..] => profile.lines.push(line(numbers, rest)?),
                ["class", class] => profile.class = class.into(),
                ["named", ..] => profile.display_name = clause[6..].to_owned(),
                _ => return Err(format!("what is {clause:?} for logout profile {name}?")),
            }
        }
        Ok(())
    }

    fn user(&mut self, name: &str, clauses: &[&str]) -> Said {
        let user = self.site.users.get_or_insert_with(&name.into(), || User {
            dn: name.into(),
            display_name: capitalised(name),
            pin: PinHash(String::new()),
            profiles: vec![name.into()],
            mailbox: None,
            sip_secret: None,
            upstream: None,
            group: None,
            class: None,
            limits: None,
            exempt: false,
        });
        let profiles = &mut self.site.user_profiles;
        let profile = profiles.entry(name.into());
        let profile = profile.or_insert_with(|| UserProfile::new(STAFF));
        for clause in clauses {
            match words(clause)[..] {
                [dn] if dn.bytes().all(|b| b.is_ascii_digit()) => user.dn = dn.into(),
                ["pin", pin] => user.pin = PinHash(pin.to_owned()),
                ["named", ..] => user.display_name = clause[6..].to_owned(),
                ["no", "idle", "limit"] => profile.limits.idle_limit_min = None,
                ["idle" | "max", "limit" | "login", _] | ["logout", "at", ..] => {
                    profile.limits = limited(&profile.limits, &words(clause))?;
                }
                ["own", "idle" | "max" | "logout", ..] => {
                    say(&mut user.limits, &words(clause)[1..])?;
                }
                ["own", "class", class] => user.class = Some(class.into()),
                ["group", group] => user.group = Some(group.into()),
                ["exempt"] => profile.exempt = true,
                ["exempt", "everywhere"] => user.exempt = true,
                ["not", "exempt"] => profile.exempt = false,
                ["second", "login", policy] => profile.second_login = Some(second_login(policy)?),
                ["lines", ref dns @ ..] => profile.lines = lines(dns),
                ["line", numbers, ref rest @ ..] => profile.lines.push(line(numbers, rest)?),
                ["pickup", "group", group] => profile.pickup_group = Some(group.into()),
                ["privacy", "button"] => profile.privacy_button = true,
                ["hunt", "button"] => profile.hunt_button = true,
                ["agent", kind] => profile.agent = Some(agent_kind(kind)?),
                ["class", class] => profile.class = class.into(),
                ["lamps", ref numbers @ ..] => profile.speed_dials = lamps(numbers),
                ["upstream", "as", number, "with", password] => {
                    let account = UpstreamUser {
                        number: number.into(),
                        name: number.to_owned(),
                        secret: digest_secret(number, UPSTREAM_REALM, password),
                    };
                    user.upstream = Some(Arc::new(account));
                }
                ["softphone", "is", "companion"] => profile.softphone = SoftphoneUse::Companion,
                ["softphone", "counts"] => profile.softphone = SoftphoneUse::Phone,
                ["no", "softphone"] => profile.softphone = SoftphoneUse::No,
                ["absent", "forward", dn] => profile.absent = AbsentHandling::Forward(dn.into()),
                ["absent", "busy"] => profile.absent = AbsentHandling::Busy,
                ["absent", "unreachable"] => profile.absent = AbsentHandling::Unreachable,
                ["absent", "voicemail"] => profile.absent = AbsentHandling::Voicemail,
                ["forward", ref clause @ ..] => forward(&mut profile.forwarding, clause)?,
                ["voicemail", dn] => profile.voicemail = Some(dn.into()),
                ["mailbox", name] => user.mailbox = Some(name.into()),
                ["after-hours", "pin", digits] => profile.pin = Some(PinHash(digits.to_owned())),
                ["no", "call", "waiting"] => profile.forwarding.one_call_at_a_time = true,
                _ => return Err(format!("what is {clause:?} for user {name}?")),
            }
        }
        Ok(())
    }

    fn class(&mut self, name: &str, clauses: &str) -> Said {
        let mut class = ClassOfService::default();
        for clause in clauses.split(',').map(str::trim) {
            match words(clause)[..] {
                ["nothing"] => {}
                ["call", "guests"] => class.call_guests = true,
                ["call", "users"] => class.call_users = true,
                ["calls", ref kinds @ ..] => class.calls = trunk_text::kinds(kinds)?,
                ["login"] => class.login = true,
                ["remote", "logout"] => class.remote_logout = true,
                ["forward"] => class.forward = true,
                ["do", "not", "disturb"] => class.do_not_disturb = true,
                ["barge"] => class.barge = true,
                ["privacy"] => class.privacy = true,
                ["join", "hunt", "groups"] => class.join_hunt_groups = true,
                ["not", "ready", "after", "miss"] => {
                    class.agent_answer = AgentAnswer::NotReadyAfterMiss;
                }
                ["exempt"] => class.exempt = true,
                ["idle" | "max", "limit" | "login", _] | ["logout", "at", ..] => {
                    class.limits = limited(&class.limits, &words(clause))?;
                }
                ["deny", ref texts @ ..] => class.deny = patterns(texts)?,
                ["allow", ref texts @ ..] => class.allow = patterns(texts)?,
                ["after", "hours", ref times @ ..] => after_hours(&mut class, times)?,
                ["auto", "logout", limit] => class.auto_logout_h = Some(minutes(limit)? / 60),
                _ => return Err(format!("what is {clause:?} for class {name}?")),
            }
        }
        self.site.classes.insert(name.into(), class);
        Ok(())
    }

    fn group(&mut self, name: &str, clauses: &str) -> Said {
        let mut group = UserGroup::default();
        for clause in clauses.split(',').map(str::trim) {
            match words(clause)[..] {
                ["nothing"] => {}
                ["exempt"] => group.exempt = true,
                ["idle" | "max", "limit" | "login", _] | ["logout", "at", ..] => {
                    group.limits = limited(&group.limits, &words(clause))?;
                }
                _ => return Err(format!("what is {clause:?} for group {name}?")),
            }
        }
        self.site.user_groups.insert(name.into(), group);
        Ok(())
    }

    fn setting(&mut self, line: &str) -> Said {
        let settings = &mut self.site.settings;
        match words(line)[..] {
            ["beside", "nobody"] => self.site.upstream = None,
            ["beside", trunk] => {
                self.site.upstream = Some(Upstream {
                    trunk: trunk.into(),
                    domain: None,
                    realm: UPSTREAM_REALM.to_owned(),
                    expires_s: 600,
                    registrations_per_s: 50,
                });
            }
            ["timezone", zone] => settings.timezone = zone.into(),
            ["logout", "at", ..] => {
                let times = line["logout at ".len()..].split(',').map(str::trim);
                settings.logout_times = times.map(time_of_day).collect::<Result<_, _>>()?;
            }
            ["no", "logout", "times"] => settings.logout_times.clear(),
            ["second", "login", policy] => settings.second_login = second_login(policy)?,
            ["move", "waits", wait] => settings.move_wait_s = seconds(wait)?,
            ["idle", "limit", limit] => settings.idle_limit_min = Some(minutes(limit)?),
            ["max", "login", limit] => settings.max_login_min = Some(minutes(limit)?),
            ["warning", "aloud"] => settings.warning_tone = true,
            ["warning", lead] => settings.warning_s = seconds(lead)?,
            ["held", "cap", cap] => settings.held_cap_min = minutes(cap)?,
            ["off", "hook", "limit", limit] => settings.off_hook_limit_s = seconds(limit)?,
            ["emergency", "hold", hold] => settings.emergency_hold_min = minutes(hold)?,
            ["logouts", rate] => settings.logouts_per_s = per_second(rate)?,
            ["no", "answer", "after", limit] => settings.no_answer_s = seconds(limit)?,
            ["transfer", "recall", limit] => settings.transfer_recall_s = seconds(limit)?,
            ["do", "not", "disturb", "rings", "silently"] => {
                settings.do_not_disturb = DoNotDisturb::Silent;
            }
            ["hunt", "group", "logout", word] => {
                settings.hunt_group_logout = HuntGroupLogout::named(word).ok_or("DND or HLog?")?;
            }
            ["hunt", "groups", "joined", word] => {
                settings.hunt_joined_at_logout =
                    JoinedAtLogout::named(word).ok_or("leave or keep?")?;
            }
            ["hunt", "groups", "connected", word] => {
                settings.hunt_connected_name =
                    ConnectedName::named(word).ok_or("member or group?")?;
            }
            ["park", "slots", ref dns @ ..] => settings.park_slots = numbers(dns),
            ["park", "recall", limit] => settings.park_recall_s = seconds(limit)?,
            ["voicemail", dn] => settings.voicemail = Some(dn.into()),
            ["user", "ids", "are", "digits"] => settings.alphanumeric_user_id = false,
            ["emergency", number, "rings", ref phones @ ..] => {
                let phones = phones.iter().map(|phone| (*phone).into()).collect();
                self.site.emergency.insert(number.into(), phones);
            }
            ["country", country, "area", area] => {
                settings.numbering.country_code = country.into();
                settings.numbering.area_code = area.into();
            }
            ["silence", limit] => settings.silence_s = seconds(limit)?,
            ["digit", "pause", limit] => settings.digit_pause_s = seconds(limit)?,
            ["echo", "limit", limit] => settings.echo_limit_s = seconds(limit)?,
            ["codes", login, logout, remote] => {
                self.site.codes = Codes {
                    login: login.into(),
                    logout: logout.into(),
                    remote_logout: remote.into(),
                    ..Codes::default()
                };
            }
            _ => return Err(format!("what is {line:?}?")),
        }
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Said {
        if let Some(job) = name.strip_prefix("job ") {
            let job = self.site.jobs.remove(job);
            return job.map(drop).ok_or_else(|| format!("there is no {name}"));
        }
        let is_user = self.site.users.remove(name).is_some();
        self.site.user_profiles.remove(name);
        let is_phone = self.site.phones.remove(name).is_some();
        let is_trunk = self.site.trunks.remove(name).is_some();
        let is_group = self.site.hunt_groups.remove(name).is_some();
        let known = is_user || is_phone || is_trunk || is_group;
        known
            .then_some(())
            .ok_or_else(|| format!("there is no {name}"))
    }
}

/// A limit besides what was said before: `idle limit 30m`, `max login 8h`, `logout at 12:00 18:00`. `never` takes back
/// what others say.
fn limited(limits: &LogoutLimits, said: &[&str]) -> Result<LogoutLimits, String> {
    let mut limits = limits.clone();
    let minutes_or_never = |limit: &str| match limit {
        "never" => Ok(0),
        limit => minutes(limit),
    };
    match *said {
        ["idle", "limit", limit] => limits.idle_limit_min = Some(minutes_or_never(limit)?),
        ["max", "login", limit] => limits.max_login_min = Some(minutes_or_never(limit)?),
        ["logout", "at", "never"] => limits.logout_times = Some(Vec::new()),
        ["logout", "at", ref times @ ..] => {
            let times = times.iter().map(|time| time_of_day(time));
            limits.logout_times = Some(times.collect::<Result<_, _>>()?);
        }
        _ => return Err(format!("what limit is {said:?}?")),
    }
    Ok(limits)
}

/// The same where most say nothing.
fn say(limits: &mut Option<Box<LogoutLimits>>, said: &[&str]) -> Said {
    let before = limits.as_deref().cloned().unwrap_or_default();
    *limits = limited(&before, said)?.boxed();
    Ok(())
}

/// `mon-fri 19:00-07:00`, `on feast`, `deny 0! 29XX`.
fn after_hours(class: &mut ClassOfService, clause: &[&str]) -> Said {
    let rule = class.after_hours.get_or_insert_default();
    match *clause {
        ["on", calendar] => rule.calendar = Some(calendar.into()),
        ["deny", ref texts @ ..] => rule.deny = patterns(texts)?,
        _ => {
            let time = WeekTime::parse(&clause.join(" "));
            rule.times
                .push(time.ok_or("what time of the week is that?")?);
        }
    }
    Ok(())
}

fn patterns(texts: &[&str]) -> Result<Vec<DialPattern>, String> {
    texts.iter().map(|text| DialPattern::parse(text)).collect()
}

/// `all 2001`, `busy 2001`, `no answer 2001 after 10s`, `none`.
fn forward(forwarding: &mut Forwarding, clause: &[&str]) -> Said {
    match *clause {
        ["none"] => *forwarding = Forwarding::default(),
        ["all", dn] => forwarding.all = Some(dn.into()),
        ["busy", dn] => forwarding.busy = Some(dn.into()),
        ["no", "answer", dn] => forwarding.no_answer = Some(dn.into()),
        ["no", "answer", dn, "after", limit] => {
            forwarding.no_answer = Some(dn.into());
            forwarding.no_answer_s = seconds(limit)?;
        }
        _ => return Err(format!("forward how? {}", clause.join(" "))),
    }
    Ok(())
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// Speed dials with lamps. One that is said to have none has none.
fn lamps(numbers: &[&str]) -> Vec<SpeedDial> {
    let dial = |number: &&str| {
        let dark = number.strip_suffix("(dark)");
        let number = dark.unwrap_or(number);
        let mut dial = SpeedDial::new(number, format!("No {number}"));
        dial.blf = dark.is_none();
        dial
    };
    numbers.iter().map(dial).collect()
}

fn numbers(dns: &[&str]) -> Vec<Dn> {
    dns.iter().map(|dn| (*dn).into()).collect()
}

fn lines(dns: &[&str]) -> Vec<ProfileLine> {
    dns.iter().map(|dn| (*dn).into()).collect()
}

/// `line 2005+2006 overlay`, `line 2001 2 calls`.
fn line(numbers: &str, rest: &[&str]) -> Result<ProfileLine, String> {
    let numbers = numbers.split('+').map(Dn::from).collect();
    let (kind, calls) = match rest {
        [kind] => (LineKind::from_word(kind), None),
        [calls, "calls"] => (Some(LineKind::Normal), calls.parse().ok()),
        _ => (None, None),
    };
    Ok(ProfileLine {
        numbers,
        kind: kind.ok_or_else(|| format!("what line is {rest:?}?"))?,
        label: None,
        calls,
    })
}

fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

fn agent_kind(word: &str) -> Result<AgentKind, String> {
    AgentKind::of_word(word).ok_or_else(|| format!("{word} is no kind of agent"))
}

fn second_login(word: &str) -> Result<SecondLogin, String> {
    match word {
        "move" => Ok(SecondLogin::Move),
        "refuse" => Ok(SecondLogin::Refuse),
        "allow" => Ok(SecondLogin::Allow),
        _ => Err(format!("{word} is no second-login policy")),
    }
}

fn per_second(rate: &str) -> Result<u32, String> {
    let number = rate.strip_suffix("/s").and_then(|n| n.parse().ok());
    number.ok_or_else(|| format!("{rate} is no rate"))
}

fn minutes(text: &str) -> Result<u32, String> {
    Ok(seconds(text)? / 60)
}

fn seconds(text: &str) -> Result<u32, String> {
    let seconds = duration(text)?.as_secs();
    u32::try_from(seconds).map_err(|_| format!("{text} is too long"))
}

/// `30m`, `8h`, `60s`, `200ms`, `1h30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit());
        let (number, unit) = rest.split_at(digits);
        let (unit, after) = unit.split_at(unit_end.unwrap_or(unit.len()));
        let number: u64 = number.parse().map_err(|_| format!("{text} is no time"))?;
        total += match unit {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(60 * number),
            "h" => Duration::from_secs(3600 * number),
            _ => return Err(format!("{text} is no time")),
        };
        rest = after;
    }
    Ok(total)
}

/// Minutes after midnight; 24:00 is the day's end.
pub fn time_of_day(text: &str) -> Result<u16, String> {
    let parts = text.split_once(':');
    let parsed = parts.and_then(|(h, m)| Some((h.parse::<u16>().ok()?, m.parse::<u16>().ok()?)));
    let minutes = parsed.map(|(hours, minutes)| 60 * hours + minutes);
    minutes.ok_or_else(|| format!("{text} is no time of day"))
}
