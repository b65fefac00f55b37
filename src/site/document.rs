//! A site as the file has it: objects with fields, for writing a file and for comparing two sites.

use toml::{Table, Value};

use super::after_hours;
use super::buttons::{written_dials, written_lines};
use super::calendar::{self, CALENDAR};
use super::hunt_group::{self, HUNT_GROUP};
use super::job::{self, JOB};
use super::limits::{clock, group_fields, limit_fields, times_of_day};
use super::mobility;
use super::phone_model::{self, PHONE_MODEL};
use super::trunk;
use super::upstream::{self, UPSTREAM};
use crate::pbx::{
    AbsentHandling, AgentAnswer, ClassOfService, DoNotDisturb, Feature, Forwarding, GroupName,
    LogoutProfile, Phone, Provision, SecondLogin, Settings, Site, SoftphoneSecret, SoftphoneUse,
    SpeedDial, User, UserProfile,
};

/// A table of the file.
pub(super) struct Object {
    /// The key of the table that it is in, such as `user`.
    pub kind: &'static str,
    /// Its name; empty for the tables of which there is one.
    pub name: String,
    /// Its fields, in the order in which they are written.
    pub fields: Vec<Field>,
}

/// A key of an object and its value.
pub(super) struct Field {
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: Value,
    /// If the value must not be shown: what it is made from, which is how people call it.
    pub secret: Option<&'static str>,
}

/// The one field of an emergency number, which stands in the file without its key.
const RINGS: &str = "rings";
/// The one of a model whose firmware is prescribed.
const RUNS: &str = "runs";

/// The table of firmware.
pub(super) const FIRMWARE: &str = "firmware";

/// The table of which there may be none.
pub(super) const AUTO_REGISTRATION: &str = "auto_registration";

/// A site file that says what the site is, with hashes in place of PINs and passwords.
pub fn write(site: &Site) -> String {
    let mut file = Table::new();
    for object in objects(site) {
        let table = file
            .entry(object.kind)
            .or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(table) = table else {
            continue;
        };
        let mut fields = object.fields.into_iter();
        if matches!(object.kind, "emergency" | FIRMWARE) {
            table.extend(fields.next().map(|field| (object.name, field.value)));
            continue;
        }
        let fields = fields.map(|field| (field.key.to_owned(), field.value));
        if object.name.is_empty() {
            table.extend(fields);
        } else {
            table.insert(object.name, Value::Table(fields.collect()));
        }
    }
    toml::to_string(&file).expect("tables of plain values can be written as TOML")
}

/// The objects of a site, in the order of the file, then by name.
pub(super) fn objects(site: &Site) -> Vec<Object> {
    let mut objects = vec![object("site", "", settings(&site.settings))];
    let codes = site.codes.all().map(|(key, code)| shown(key, code));
    objects.push(object("codes", "", codes.into()));
    let mobility = mobility::fields(&site.mobility);
    objects.push(object("extension_mobility", "", mobility));
    for (number, phones) in &site.emergency {
        let rings = vec![shown(RINGS, texts(phones))];
        objects.push(object("emergency", number, rings));
    }
    if let Some(auto) = &site.auto_registration {
        let networks: Vec<String> = auto.networks.iter().map(ToString::to_string).collect();
        let fields = vec![
            shown("numbers", auto.numbers.to_string()),
            shown("logout_profile", auto.logout_profile.as_str()),
            shown("networks", networks),
        ];
        objects.push(object(AUTO_REGISTRATION, "", fields));
    }
    for (name, model) in &site.phone_models {
        objects.push(object(PHONE_MODEL, name, phone_model::fields(model)));
    }
    for (model, firmware) in &site.firmware {
        objects.push(object(
            FIRMWARE,
            model,
            vec![shown(RUNS, firmware.as_str())],
        ));
    }
    if let Some(upstream) = &site.upstream {
        objects.push(object(UPSTREAM, "", upstream::fields(upstream)));
    }
    for (name, class) in &site.classes {
        objects.push(object("class_of_service", name, class_fields(class)));
    }
    for (name, profile) in &site.logout_profiles {
        objects.push(object("logout_profile", name, logout_profile(profile)));
    }
    for (name, profile) in &site.user_profiles {
        objects.push(object("user_profile", name, user_profile(profile)));
    }
    for (name, group) in &site.user_groups {
        objects.push(object("user_group", name, group_fields(group)));
    }
    for (id, user) in &site.users {
        objects.push(object("user", id, user_fields(user)));
    }
    for (name, app_user) in &site.app_users {
        let fields = mobility::app_user_fields(app_user);
        objects.push(object("app_user", name, fields));
    }
    for (name, phone) in &site.phones {
        objects.push(object("phone", name, phone_fields(phone)));
    }
    for (name, calendar) in &site.calendars {
        objects.push(object(CALENDAR, name, calendar::fields(calendar)));
    }
    for (name, job) in &site.jobs {
        objects.push(object(JOB, name, job::fields(job)));
    }
    for (name, it) in &site.trunks {
        objects.push(object("trunk", name, trunk::trunk_fields(it)));
    }
    for (name, route) in &site.routes {
        objects.push(object("route", name, trunk::route_fields(route)));
    }
    for (name, group) in &site.hunt_groups {
        objects.push(object(HUNT_GROUP, name, hunt_group::fields(group)));
    }
    objects
}

fn object(kind: &'static str, name: impl ToString, fields: Vec<Field>) -> Object {
    Object {
        kind,
        name: name.to_string(),
        fields,
    }
}

pub(super) fn shown(key: &'static str, value: impl Into<Value>) -> Field {
    Field {
        key,
        value: value.into(),
        secret: None,
    }
}

pub(super) fn secret(key: &'static str, value: impl Into<Value>, made_from: &'static str) -> Field {
    Field {
        secret: Some(made_from),
        ..shown(key, value)
    }
}

/// Too long to be shown when it differs.
pub(super) fn bulky(key: &'static str, value: impl Into<Value>) -> Field {
    secret(key, value, key)
}

pub(super) fn texts(names: &[impl ToString]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn settings(s: &Settings) -> Vec<Field> {
    let mut fields = vec![
        shown("name", s.name.as_str()),
        shown("timezone", s.timezone.as_str()),
        shown("realm", s.realm.as_str()),
    ];
    fields.extend(
        s.voicemail
            .as_ref()
            .map(|dn| shown("voicemail", dn.as_str())),
    );
    fields.push(shown("second_login", word(s.second_login)));
    fields.push(shown("move_wait_s", s.move_wait_s));
    fields.push(shown("logout_times", times_of_day(&s.logout_times)));
    let idle = s.idle_limit_min;
    fields.extend(idle.map(|minutes| shown("idle_limit_min", minutes)));
    fields.extend(s.max_login_min.map(|min| shown("max_login", clock(min, 1))));
    fields.extend([
        shown("warning_s", s.warning_s),
        shown("warning_tone", s.warning_tone),
        shown("held_cap_min", s.held_cap_min),
        shown("off_hook_limit_s", s.off_hook_limit_s),
        shown("emergency_hold_min", s.emergency_hold_min),
        shown("logouts_per_s", s.logouts_per_s),
        shown("firmware_away_s", s.firmware_away_s),
        shown("no_answer_s", s.no_answer_s),
        shown("silence_s", s.silence_s),
        shown("digit_pause_s", s.digit_pause_s),
        shown("login_tries", s.login_tries),
        shown("echo_limit_s", s.echo_limit_s),
        shown("transfer_recall_s", s.transfer_recall_s),
        shown("park_slots", texts(&s.park_slots)),
        shown("park_recall_s", s.park_recall_s),
        shown("do_not_disturb", quiet_word(s.do_not_disturb)),
        shown("hunt_group_logout", s.hunt_group_logout.word()),
        shown("hunt_joined_at_logout", s.hunt_joined_at_logout.word()),
        shown("hunt_connected_name", s.hunt_connected_name.word()),
        shown("after_hours_pin_min", s.after_hours_pin_min),
        shown("lock_after", s.lock_after),
        shown("lock_window_s", s.lock_window_s),
        shown("lock_s", s.lock_s),
        shown("alphanumeric_user_id", s.alphanumeric_user_id),
    ]);
    fields.extend(trunk::setting_fields(s));
    fields
}

fn class_fields(class: &ClassOfService) -> Vec<Field> {
    let mut fields = vec![
        shown("call_guests", class.call_guests),
        shown("call_users", class.call_users),
        shown("login", class.login),
        shown("remote_logout", class.remote_logout),
        shown("forward", class.forward),
        shown("do_not_disturb", class.do_not_disturb),
        shown("barge", class.barge),
        shown("privacy", class.privacy),
        shown("join_hunt_groups", class.join_hunt_groups),
    ];
    if !class.calls.is_empty() {
        fields.push(shown("calls", trunk::words(&class.calls)));
    }
    for (key, patterns) in [("deny", &class.deny), ("allow", &class.allow)] {
        if !patterns.is_empty() {
            fields.push(shown(key, texts(patterns)));
        }
    }
    fields.extend(after_hours::fields(class.after_hours.as_deref()));
    if class.agent_answer != AgentAnswer::Usual {
        fields.push(shown("agent_answer", class.agent_answer.word()));
    }
    fields.extend(
        class
            .auto_logout_h
            .map(|hours| shown("auto_logout_h", hours)),
    );
    fields.extend(limit_fields(&class.limits));
    fields.push(shown("exempt", class.exempt));
    fields
}

fn logout_profile(profile: &LogoutProfile) -> Vec<Field> {
    let mut fields = vec![
        shown("class", profile.class.as_str()),
        shown("display_name", profile.display_name.as_str()),
        shown("lines", written_lines(&profile.lines)),
    ];
    fields.extend(desk(&profile.speed_dials, &profile.features()));
    fields
}

/// What else is on buttons.
fn desk(dials: &[SpeedDial], features: &[Feature]) -> Vec<Field> {
    let mut fields = Vec::new();
    if !dials.is_empty() {
        fields.push(shown("speed_dials", written_dials(dials)));
    }
    fields.extend(features.iter().map(|feature| {
        let key = match feature {
            Feature::Privacy => "privacy_button",
            Feature::HuntLog => "hunt_button",
        };
        shown(key, true)
    }));
    fields
}

fn user_profile(profile: &UserProfile) -> Vec<Field> {
    let mut fields = vec![
        shown("class", profile.class.as_str()),
        shown("lines", written_lines(&profile.lines)),
    ];
    fields.extend(limit_fields(&profile.limits));
    fields.push(shown("exempt", profile.exempt));
    fields.extend(
        profile
            .second_login
            .map(|policy| shown("second_login", word(policy))),
    );
    let absent = match &profile.absent {
        AbsentHandling::Voicemail => "voicemail".into(),
        AbsentHandling::Busy => "busy".into(),
        AbsentHandling::Unreachable => "unreachable".into(),
        AbsentHandling::Forward(dn) => {
            let forward = ("forward".to_owned(), dn.as_str().into());
            Value::Table(Table::from_iter([forward]))
        }
    };
    fields.push(shown("absent", absent));
    let softphone = match profile.softphone {
        SoftphoneUse::Companion => "companion",
        SoftphoneUse::Phone => "phone",
        SoftphoneUse::No => "no",
    };
    fields.push(shown("softphone", softphone));
    fields.extend(forwarding(&profile.forwarding));
    fields.extend(desk(&profile.speed_dials, &profile.features()));
    fields.extend(pickup_group(profile.pickup_group.as_ref()));
    let voicemail = profile.voicemail.as_ref();
    fields.extend(voicemail.map(|dn| shown("voicemail", dn.as_str())));
    fields.extend(profile.agent.map(|kind| shown("agent", kind.word())));
    let pin = profile.pin.as_ref();
    fields.extend(pin.map(|pin| secret("pin_hash", pin.0.as_str(), "pin")));
    fields
}

fn forwarding(forwarding: &Forwarding) -> Vec<Field> {
    let targets = forwarding.targets();
    let mut fields: Vec<Field> = targets.map(|(key, to)| shown(key, to.as_str())).collect();
    fields.extend([
        shown("forward_no_answer_s", forwarding.no_answer_s),
        shown("call_waiting", !forwarding.one_call_at_a_time),
    ]);
    fields
}

fn user_fields(user: &User) -> Vec<Field> {
    let mut fields = vec![
        shown("dn", user.dn.as_str()),
        shown("display_name", user.display_name.as_str()),
        secret("pin_hash", user.pin.0.as_str(), "pin"),
        shown("profiles", texts(&user.profiles)),
    ];
    let mailbox = user.mailbox.as_ref();
    fields.extend(mailbox.map(|mailbox| shown("mailbox", mailbox.as_str())));
    if let Some(SoftphoneSecret { by_id, by_dn }) = user.sip_secret.as_deref() {
        let digest = |key, bytes| secret(key, hex(bytes), "sip_secret");
        fields.push(digest("sip_id_md5", &by_id.md5));
        fields.push(digest("sip_id_sha256", &by_id.sha256));
        fields.push(digest("sip_dn_md5", &by_dn.md5));
        fields.push(digest("sip_dn_sha256", &by_dn.sha256));
    }
    fields.extend(upstream::user_fields(user));
    let group = user.group.as_ref();
    fields.extend(group.map(|group| shown("group", group.as_str())));
    let class = user.class.as_ref();
    fields.extend(class.map(|class| shown("class", class.as_str())));
    fields.extend(user.limits.as_deref().into_iter().flat_map(limit_fields));
    if user.exempt {
        fields.push(shown("exempt", true));
    }
    fields
}

fn phone_fields(phone: &Phone) -> Vec<Field> {
    let mut fields = vec![shown("logout_profile", phone.logout_profile.as_str())];
    fields.extend(
        phone
            .guest_dn
            .as_ref()
            .map(|dn| shown("guest_dn", dn.as_str())),
    );
    if let Some(digests) = &phone.sip_secret {
        fields.push(secret("digest_md5", hex(&digests.md5), "password"));
        fields.push(secret("digest_sha256", hex(&digests.sha256), "password"));
    }
    fields.push(shown("exempt", phone.exempt));
    fields.extend(
        phone
            .location
            .as_ref()
            .map(|place| shown("location", place.as_str())),
    );
    let number = phone.emergency_number.as_ref();
    fields.extend(number.map(|number| shown("emergency_number", number.as_str())));
    if let Some(hardware) = phone.hardware.as_deref() {
        fields.push(shown("model", hardware.model.as_str()));
        if !hardware.add_on_modules.is_empty() {
            fields.push(shown("add_on_modules", texts(&hardware.add_on_modules)));
        }
        if hardware.enrolled {
            fields.push(shown("auto_registered", true));
        }
    }
    fields.extend(pickup_group(phone.pickup_group.as_ref()));
    if let Some(provision) = phone.provision.as_deref() {
        fields.extend(provisioning(provision));
    }
    if !phone.own_speed_dials {
        fields.push(shown("own_speed_dials", false));
    }
    fields.extend(phone.limits.as_deref().into_iter().flat_map(limit_fields));
    fields
}

fn provisioning(provision: &Provision) -> Vec<Field> {
    let vendor = provision.vendor.word();
    let template = match &provision.model {
        Some(model) => format!("{vendor}/{model}"),
        None => vendor.to_owned(),
    };
    let mut fields = vec![shown("provision", template)];
    let mac = provision.mac.map(|mac| shown("mac", mac.to_string()));
    fields.extend(mac);
    fields.push(shown("password_generation", provision.password_generation));
    fields
}

fn pickup_group(group: Option<&GroupName>) -> Option<Field> {
    group.map(|group| shown("pickup_group", group.as_str()))
}

fn quiet_word(quiet: DoNotDisturb) -> &'static str {
    match quiet {
        DoNotDisturb::Reject => "reject",
        DoNotDisturb::Silent => "silent",
    }
}

fn word(policy: SecondLogin) -> &'static str {
    match policy {
        SecondLogin::Move => "move",
        SecondLogin::Refuse => "refuse",
        SecondLogin::Allow => "allow",
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
