//! The site file: what it means, what is said about a broken one, and what a plan reads like.

#[path = "site_file/after_hours.rs"]
mod after_hours;
#[path = "site_file/buttons.rs"]
mod buttons;
#[path = "site_file/hunt_groups.rs"]
mod hunt_groups;
#[path = "site_file/jobs.rs"]
mod jobs;
#[path = "site_file/limits.rs"]
mod limits;
#[path = "site_file/products.rs"]
mod products;
#[path = "site_file/provision.rs"]
mod provision;
#[path = "site_file/softphones.rs"]
mod softphones;

use expect_test::{Expect, expect};
use perch::pbx::{AbsentHandling, Forwarding, Hardware, PinHash, SecondLogin, Site, SpeedDial};
use perch::site::{Hashing, Parsed, digest_secret, parse, plan, verify_pin, write};
use proptest::prelude::*;

const DEMO: &str = include_str!("../fixtures/sites/demo.toml");

const CHEAP: Hashing = Hashing {
    memory_kib: 8,
    passes: 1,
};

/// The shortest right site; the tests break it in one way or another.
const SMALL: &str = r#"
[site]
name = "small"
[emergency]
112 = ["desk-1"]
[class_of_service.all]
login = true
[logout_profile.guest]
class = "all"
display_name = "Guest"
[user_profile.clerk]
class = "all"
[user.alice]
dn = "2001"
display_name = "Alice"
pin = "1111"
profiles = ["clerk"]
[phone.desk-1]
logout_profile = "guest"
guest_dn = "9001"
password = "secret"
location = "Hall"
"#;

fn read(text: &str, previous: Option<&Site>) -> Parsed {
    parse("site.toml", text, previous, &CHEAP).unwrap_or_else(|problems| {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", problems.join("\n"))
    })
}

fn site(text: &str) -> Site {
    read(text, None).site
}

/// What is said about a text, problems or warnings.
fn check(text: &str, expected: Expect) {
    let said = match parse("site.toml", text, None, &CHEAP) {
        Ok(parsed) => parsed.warnings,
        Err(problems) => problems,
    };
    let said: Vec<_> = said.iter().map(|problem| format!("{problem}\n")).collect();
    expected.assert_eq(&said.concat());
}

/// What is said about the small site when something in it is replaced by something else.
fn check_with(old: &str, new: &str, expected: Expect) {
    assert!(SMALL.contains(old), "{old:?} is in the small site");
    check(&SMALL.replacen(old, new, 1), expected);
}

#[test]
fn the_demo_is_what_it_says() {
    let Parsed { site, warnings } = read(DEMO, None);
    assert_eq!(warnings, []);
    let phones: Vec<_> = site
        .phones
        .iter()
        .map(|(name, phone)| {
            let (name, location) = (name.as_str(), phone.location.as_deref());
            let secret = digest_secret(name, "perch", &format!("{name}-secret"));
            let model = phone.hardware.as_ref().map(|h| h.model.as_str());
            let vendor = phone.provision.as_ref().map(|p| p.vendor.word());
            let model = model.or(vendor);
            assert_eq!(phone.sip_secret, model.is_none().then_some(secret));
            assert!(location.is_some_and(|place| place.starts_with("Demo hall")));
            let dn = phone.guest_dn.as_ref().map_or("", |dn| dn.as_str());
            (name, dn, model.unwrap_or("SIP"))
        })
        .collect();
    assert_eq!(
        phones,
        [
            ("SEP001122334401", "9011", "7960"),
            ("SEP001122334402", "9012", "7975"),
            ("SEP001122334403", "9013", "6921"),
            ("SEP001122334404", "9014", "8945"),
            ("SEP001122334421", "9021", "cisco"),
            ("desk-1", "9001", "SIP"),
            ("desk-2", "9002", "SIP"),
            ("desk-22", "9022", "cisco-text"),
            ("desk-23", "9023", "yealink"),
            ("desk-24", "9024", "snom"),
            ("desk-25", "9025", "poly"),
            ("desk-26", "9026", "grandstream"),
            ("desk-27", "9027", "linphone"),
            ("desk-28", "9028", "mitel"),
            ("desk-3", "9003", "SIP"),
            ("desk-4", "9004", "SIP"),
            ("desk-5", "9005", "SIP"),
            ("desk-6", "9006", "SIP"),
            ("desk-7", "9007", "SIP"),
            ("desk-8", "9008", "SIP"),
        ]
    );
    let users = [
        ("u2001", "2001", "1111", Some(30), false),
        ("u2002", "2002", "2222", Some(30), false),
        ("u2003", "2003", "3333", Some(1), false),
        ("u2004", "2004", "4444", None, true),
    ];
    assert_eq!(site.users.len(), users.len());
    for (id, dn, pin, idle_limit_min, exempt) in users {
        let user = &site.users[id];
        let profile = &site.user_profiles[user.profiles[0].as_str()];
        assert_eq!(user.dn.as_str(), dn);
        assert!(verify_pin(pin, Some(&user.pin)));
        assert_eq!(profile.limits.idle_limit_min, idle_limit_min);
        assert_eq!(profile.exempt, exempt);
        let class = &site.classes[profile.class.as_str()];
        assert!(class.call_guests && class.call_users && class.login && class.remote_logout);
    }
    let guest = &site.classes["guest"];
    assert!(guest.call_guests && guest.call_users && guest.login && !guest.remote_logout);
    assert_eq!(site.emergency["112"], ["desk-8".into()]);
    assert_eq!(site.emergency["911"], ["desk-8".into()]);
}

#[test]
fn everything_that_can_be_said_is_understood() {
    let site = site(&SMALL.replace(
        "name = \"small\"",
        r#"
        name = "small"
        timezone = "Europe/Amsterdam"
        realm = "example.com"
        voicemail = "9001"
        second_login = "refuse"
        move_wait_s = 0
        logout_times = ["24:00", "07:30"]
        max_login = "168:00"
        warning_s = 0
        held_cap_min = 5
        off_hook_limit_s = 30
        emergency_hold_min = 15
        logouts_per_s = 7
        no_answer_s = 20
        transfer_recall_s = 12
        silence_s = 11
        digit_pause_s = 3
        login_tries = 2
        echo_limit_s = 60
        lock_after = 5
        lock_window_s = 60
        lock_s = 120
        alphanumeric_user_id = true
        "#,
    ));
    let s = &site.settings;
    assert_eq!(s.timezone, "Europe/Amsterdam");
    assert_eq!(s.second_login, SecondLogin::Refuse);
    assert_eq!(s.logout_times, [450, 1440]);
    assert_eq!(s.max_login_min, Some(10_080));
    assert_eq!((s.move_wait_s, s.warning_s, s.lock_s), (0, 0, 120));
    assert_eq!((s.no_answer_s, s.transfer_recall_s), (20, 12));
    let dialogue = (s.silence_s, s.digit_pause_s, s.login_tries, s.echo_limit_s);
    assert_eq!(dialogue, (11, 3, 2, 60));
    let secret = digest_secret("desk-1", "example.com", "secret");
    assert_eq!(site.phones["desk-1"].sip_secret, Some(secret));
}

#[test]
fn what_is_written_is_read_as_the_same_site() {
    let mut site = site(DEMO);
    assert_eq!(read(&write(&site), None).site, site);

    site.settings.logout_times = vec![0, 450, 1440];
    site.settings.max_login_min = Some(1);
    site.settings.voicemail = Some("9001".into());
    let classes = &mut site.classes;
    classes.entry("guest".into()).or_default().auto_logout_h = Some(9);
    let profile = site
        .user_profiles
        .values_mut()
        .next()
        .expect("there are some");
    profile.absent = AbsentHandling::Forward("9002".into());
    profile.second_login = Some(SecondLogin::Allow);
    profile.limits.max_login_min = Some(481);
    profile.forwarding = Forwarding {
        all: Some("9001".into()),
        busy: Some("voicemail".into()),
        no_answer: None,
        no_answer_s: 9,
        one_call_at_a_time: true,
    };
    profile.voicemail = Some("9002".into());
    profile.lines = vec!["2001".into(), "3000".into()];
    profile.speed_dials = vec![SpeedDial::new("*90", "Echo \"test\"")];
    let user = site.users.values_mut().next().expect("there are some");
    user.mailbox = Some("mail-2001".into());
    user.display_name = "Alice \"Al\" Ångström\n\\".into();
    let phone = site.phones.values_mut().next().expect("there are some");
    phone.exempt = true;
    phone.sip_secret = None;
    phone.hardware = Some(Box::new(Hardware {
        enrolled: false,
        model: "7975".into(),
        add_on_modules: vec!["7916-24".into(), "7914".into()],
    }));
    assert_eq!(read(&write(&site), None).site, site);
}

#[test]
fn a_file_that_is_not_toml() {
    check(
        "[site]\nname = \"small\nsecret\n[site]\nx = = 2\n",
        expect![[r#"
            site.toml:2:14: this is not TOML: invalid basic string, expected `"`. Look at the quotes, brackets and equals signs here and just before
            site.toml:3:7: this is not TOML: key with no value, expected `=`. Look at the quotes, brackets and equals signs here and just before
            site.toml:5:5: this is not TOML: extra `=`, expected nothing. Look at the quotes, brackets and equals signs here and just before
            site.toml:5:7: this is not TOML: unexpected key or value, expected newline, `#`. Look at the quotes, brackets and equals signs here and just before
        "#]],
    );
    check(
        "",
        expect![[r#"
            site.toml:1:1: site: this is missing. Add [site] with the name of the site
        "#]],
    );
}

#[test]
fn an_error_in_the_syntax_never_shows_a_secret() {
    for broken in [
        "password = \"hunter2",
        "pin = 0007 hunter2",
        "pin = \"hunter2\" x",
        "pin = hunter2",
    ] {
        let text = SMALL.replacen("pin = \"1111\"", broken, 1);
        for problem in parse("site.toml", &text, None, &CHEAP).expect_err("it is broken") {
            assert!(
                !format!("{problem} {problem:?}").contains("hunter"),
                "{problem}"
            );
        }
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let text = r#"
[sight]
[site]
name = ""
timezone = "Mars/Olympus"
seccond_login = "move"
second_login = "never"
max_login = "169:00"
logout_times = ["19:00", "25:00", "7", "12:60"]
lock_after = 0
warning_s = "60"
voicemail = 8000
[codes]
login = "*1"
logout = "*12"
remote_logout = "call me"
[emergency]
112 = []
911 = ["desk-9"]
999 = "desk-1"
"9x" = ["desk-1", 7]
[class_of_service.guest]
call_guest = true
login = "yes"
auto_logout_h = 200
[logout_profile.guest]
class = "gast"
[user_profile.clerk]
class = "guest"
idle_limit_min = 10000
absent = "elsewhere"
[user_profile.temp]
class = "guest"
absent = { to = "2001" }
[user."no good"]
dn = "20 01"
display_name = "A"
pin = "123"
profiles = []
[user.bob]
display_name = "Bob"
profiles = ["clark", "clerk", "clerk"]
[user.carol]
dn = "112"
display_name = "Carol"
pin = "1234"
pin_hash = "1234"
profiles = "clerk"
[user]
dave = 1
[phone.desk-1]
password = ""
guest_dn = "2001"
[phone.desk-2]
logout_profile = "guest"
guest_dn = "2001"
digest_md5 = "abc"
location = true
[phone."desk 3"]
logout_profile = "guest"
"#;
    check(
        text,
        expect![[r#"
            site.toml:2:2: sight: there is no such key. Known here: site, codes, extension_mobility, emergency, auto_registration, phone_model, firmware, upstream, class_of_service, logout_profile, user_profile, user_group, user, app_user, phone, calendar, job, trunk, route, hunt_group
            site.toml:4:8: site.name: the site has no name. Give it one; it is shown wherever the server is
            site.toml:5:12: site.timezone: there is no time zone "Mars/Olympus". Write an IANA name, such as "Europe/Amsterdam" or "UTC"
            site.toml:6:1: site.seccond_login: there is no such key. Did you mean "second_login"?
            site.toml:7:16: site.second_login: "never" cannot be understood. Write "move", "refuse" or "allow"
            site.toml:8:13: site.max_login: "169:00" cannot be understood. Write hours and minutes, H:MM, from "0:01" to "168:00"
            site.toml:9:16: site.logout_times: "12:60" is no time of day. Write times from "00:00" to "24:00" (midnight at the day's end)
            site.toml:9:16: site.logout_times: "25:00" is no time of day. Write times from "00:00" to "24:00" (midnight at the day's end)
            site.toml:9:16: site.logout_times: "7" is no time of day. Write times from "00:00" to "24:00" (midnight at the day's end)
            site.toml:9:16: site.logout_times: there are more than three. Keep three at most
            site.toml:10:14: site.lock_after: the number is out of range. Write one from 1 to 100
            site.toml:11:13: site.warning_s: this is a text. Write a whole number without quotes
            site.toml:12:13: site.voicemail: this is a whole number. Write a text in quotes
            site.toml:13:2: codes.after_hours: *14 begins like the code for login, *1. Choose codes of which none begins like another
            site.toml:15:10: codes.logout: *12 begins like the code for login, *1. Choose codes of which none begins like another
            site.toml:16:17: codes.remote_logout: "call me" is not a code. Write 1 to 16 digits, * or #, such as "*11"; the last is not #, which ends what is dialled
            site.toml:18:7: emergency.112: nobody answers this emergency number. Name at least one phone that rings, or a trunk
            site.toml:19:8: emergency.911: there is no phone "desk-9". Did you mean "desk-1"?
            site.toml:20:7: emergency.999: this is a text. Write a list: ["…", "…"]
            site.toml:21:1: emergency.9x: "9x" cannot be dialled. Write 1 to 32 digits
            site.toml:21:19: emergency.9x: this is a whole number. Write a text in quotes
            site.toml:23:1: class_of_service.guest.call_guest: there is no such key. Did you mean "call_guests"?
            site.toml:24:9: class_of_service.guest.login: this is a text. Write true or false, without quotes
            site.toml:25:17: class_of_service.guest.auto_logout_h: the number is out of range. Write one from 1 to 168
            site.toml:26:17: logout_profile.guest.display_name: this is missing. Add display_name = …
            site.toml:27:9: logout_profile.guest.class: there is no class_of_service "gast". Did you mean "guest"?
            site.toml:30:18: user_profile.clerk.idle_limit_min: the number is out of range. Write one from 0 to 9999
            site.toml:31:10: user_profile.clerk.absent: "elsewhere" is no way to handle calls. Write "voicemail", "busy", "unreachable", or { forward = "…" }
            site.toml:34:1: user_profile.temp.absent.forward: this is missing. Add forward = …
            site.toml:34:12: user_profile.temp.absent.to: there is no such key. Known here: forward
            site.toml:35:7: user."no good": a name is 1 to 64 characters without spaces, control characters, *, # and @. Choose another name
            site.toml:36:6: user."no good".dn: "20 01" is not a number. Write 1 to 32 digits
            site.toml:38:7: user."no good".pin: a PIN is 4 to 32 digits, because it is dialled. Choose one that is
            site.toml:39:12: user."no good".profiles: a user needs at least one profile. Name one that is defined as [user_profile.…], the default first
            site.toml:40:7: user.bob.dn: this is missing. Add dn = …
            site.toml:40:7: user.bob.pin: this is missing. Add pin = …
            site.toml:42:13: user.bob.profiles: there is no user_profile "clark". Did you mean "clerk"?
            site.toml:42:31: user.bob.profiles: "clerk" is named twice. Name each profile once
            site.toml:44:6: user.carol.dn: 112 is an emergency number. Choose another number
            site.toml:47:12: user.carol.pin_hash: there is a pin already. Keep either pin or pin_hash
            site.toml:48:12: user.carol.profiles: this is a text. Write a list: ["…", "…"]
            site.toml:50:8: user.dave: this is a whole number. Write a table: [user.dave]
            site.toml:51:8: phone.desk-1.logout_profile: this is missing. Add logout_profile = …
            site.toml:52:12: phone.desk-1.password: the password is empty. Choose a long one; the phone keeps it
            site.toml:54:8: phone.desk-2.digest_sha256: this is missing. Add digest_sha256 = …
            site.toml:56:12: phone.desk-2.guest_dn: 2001 is the number of phone desk-1 already. Give each a number of its own
            site.toml:57:14: phone.desk-2.digest_md5: this is not 32 hexadecimal digits. Write the password itself as password, or the digest of name:realm:password
            site.toml:58:12: phone.desk-2.location: this is true or false. Write a text in quotes
            site.toml:59:8: phone."desk 3": a phone's name is 1 to 64 letters a-z and A-Z, digits, '-', '_' and '.', since it stands in addresses. Choose another name
        "#]],
    );
}

#[test]
fn names_and_numbers_mean_one_thing_each() {
    let with = r#"
[user.bob]
dn = "2001"
display_name = "Bob"
pin = "1111"
profiles = ["clerk"]
[user.2001]
dn = "9001"
display_name = "Carol"
pin = "1111"
profiles = ["clerk"]
[phone.alice]
logout_profile = "guest"
guest_dn = "9001"
password = "secret"
location = "Hall"
[phone.9001]
logout_profile = "guest"
guest_dn = "9001"
password = "secret"
location = "Hall"
"#;
    check(
        &format!("{SMALL}{with}"),
        expect![[r#"
        site.toml:20:12: phone.desk-1.guest_dn: 9001 is the number of user 2001 already. Give each a number of its own
        site.toml:25:6: user.bob.dn: 2001 is the number of user alice already. Give each a number of its own
        site.toml:29:7: user.2001: this user id is the number of user bob. Choose another id or number: either may be given to log in
        site.toml:34:8: phone.alice: this is also the id or number of user alice. Choose another name: those of phones, programs and users must differ
        site.toml:36:12: phone.alice.guest_dn: 9001 is the number of user 2001 already. Give each a number of its own
        site.toml:39:8: phone.9001: this is also the id or number of user 2001. Choose another name: those of phones, programs and users must differ
        site.toml:41:12: phone.9001.guest_dn: 9001 is the number of user 2001 already. Give each a number of its own
    "#]],
    );
}

#[test]
fn codes_must_not_hide_each_other_or_numbers() {
    let codes = "[codes]\nlogin = \"20\"\nlogout = \"*1\"\nremote_logout = \"*1\"\n[emergency]";
    check_with(
        "[emergency]",
        codes,
        expect![[r#"
            site.toml:4:2: codes.after_hours: *14 begins like the code for logout, *1. Choose codes of which none begins like another
            site.toml:4:2: codes.after_hours: *14 begins like the code for remote_logout, *1. Choose codes of which none begins like another
            site.toml:7:17: codes.remote_logout: *1 begins like the code for logout, *1. Choose codes of which none begins like another
            site.toml:18:6: user.alice.dn: 2001 begins like the code for login, 20. Choose another number or code
        "#]],
    );
    let codes = "[codes]\nlogin = \"*1#\"\nlogout = \"\"\nremote_logout = \"*13\"\n[emergency]";
    check_with(
        "[emergency]",
        codes,
        expect![[r#"
        site.toml:5:9: codes.login: "*1#" is not a code. Write 1 to 16 digits, * or #, such as "*11"; the last is not #, which ends what is dialled
        site.toml:6:10: codes.logout: "" is not a code. Write 1 to 16 digits, * or #, such as "*11"; the last is not #, which ends what is dialled
    "#]],
    );
}

#[test]
fn ids_of_digits_only_if_the_site_says_so() {
    let settings = "name = \"small\"\nalphanumeric_user_id = false";
    check_with(
        "name = \"small\"",
        settings,
        expect![[r#"
        site.toml:14:7: user.alice: this user id has more than digits, but site.alphanumeric_user_id is false. Choose an id of digits, or allow others
    "#]],
    );
}

#[test]
fn pins_and_passwords_and_their_hashes() {
    check_with(
        "pin = \"1111\"",
        "",
        expect![[r#"
        site.toml:13:7: user.alice.pin: this is missing. Add pin = …
    "#]],
    );
    check_with(
        "pin = \"1111\"",
        "pin = 1111",
        expect![[r#"
        site.toml:16:7: user.alice.pin: this is a whole number. Write a text in quotes
    "#]],
    );
    check_with(
        "pin = \"1111\"",
        "pin = \"\"",
        expect![[r#"
        site.toml:16:7: user.alice.pin: a PIN is 4 to 32 digits, because it is dialled. Choose one that is
    "#]],
    );
    check_with(
        "pin = \"1111\"",
        "pin = \"11a1\"",
        expect![[r#"
        site.toml:16:7: user.alice.pin: a PIN is 4 to 32 digits, because it is dialled. Choose one that is
    "#]],
    );
    check_with(
        "pin = \"1111\"",
        "pin_hash = \"1111\"",
        expect![[r#"
        site.toml:16:12: user.alice.pin_hash: this is not a hash in PHC form. Write the PIN itself as pin, or a hash that Perch wrote
    "#]],
    );
    check_with(
        "pin = \"1111\"",
        "pin = \"1111\"\npin_hash = \"$argon2id$\"",
        expect![[r#"
            site.toml:17:12: user.alice.pin_hash: there is a pin already. Keep either pin or pin_hash
        "#]],
    );
    let digest = "digest_md5 = \"00112233445566778899aabbccddeeff\"";
    check_with(
        "password = \"secret\"",
        digest,
        expect![[r#"
        site.toml:18:8: phone.desk-1.digest_sha256: this is missing. Add digest_sha256 = …
    "#]],
    );
    check_with(
        "guest_dn",
        &format!("{digest}\nguest_dn"),
        expect![[r#"
        site.toml:20:14: phone.desk-1.digest_md5: there is a password already. Keep either the password or the digests
    "#]],
    );
}

#[test]
fn what_is_doubtful_is_told_too() {
    check_with(
        "location = \"Hall\"",
        "",
        expect![[r#"
        site.toml:18:8: warning: phone.desk-1.location: nobody will know where this phone stands when it calls for help. Add location = "…"
    "#]],
    );
    check_with(
        "guest_dn = \"9001\"\npassword = \"secret\"",
        "",
        expect![[r#"
            site.toml:18:8: warning: phone.desk-1.guest_dn: this phone has no number while nobody is logged in, so nobody can call it. Add guest_dn = "…", or lines to its logout profile
            site.toml:18:8: warning: phone.desk-1.password: without a password this phone cannot register. Add password = "…", or model = "…" if it is a Cisco phone that speaks SCCP
        "#]],
    );
    check_with(
        "[emergency]\n112 = [\"desk-1\"]",
        "",
        expect![[r#"
            site.toml:1:1: warning: emergency: the site has no emergency numbers: dialling 112 or 911 reaches nobody. Add [emergency] with the phones that ring, or the trunks that calls go by
        "#]],
    );
    check_with(
        "name = \"small\"",
        "name = \"small\"\nvoicemail = \"8000\"",
        expect![[r#"
            site.toml:4:13: warning: site.voicemail: nobody has the number 8000, so calls sent there fail. Give it to a phone or user, or name another
        "#]],
    );
    check_with(
        "[user_profile.clerk]",
        "[user_profile.clerk]\nexempt = true\nidle_limit_min = 5\nlines = [\"3000\"]\nabsent = { forward = \"4000\" }",
        expect![[r#"
            site.toml:13:18: warning: user_profile.clerk.idle_limit_min: this limit never applies: the profile is exempt from automatic logout. Remove one of the two
            site.toml:15:22: warning: user_profile.clerk.absent.forward: nobody has the number 4000, so calls sent there fail. Give it to a phone or user, or name another
            site.toml:21:13: warning: user.alice.profiles: with the profile clerk this user has no button for 2001: it lists other lines. Add the number to the profile's lines, or give the user a profile without lines
        "#]],
    );
    check_with(
        "[user_profile.clerk]",
        "[user_profile.clerk]\nforward_busy = \"4000\"",
        expect![[r#"
            site.toml:12:16: warning: user_profile.clerk.forward_busy: nobody has the number 4000, so calls sent there fail. Give it to a phone or user, or name another
        "#]],
    );
    check_with(
        "[user_profile.clerk]",
        "[user_profile.clerk]\nabsent = { forward = \"2001\" }",
        expect![[r#"
            site.toml:12:1: warning: user_profile.clerk.absent: while the user of 2001 is absent too, calls there are forwarded in a circle and fail. Forward to a number that does not forward itself, such as a phone's guest number
        "#]],
    );
    check_with(
        "display_name = \"Guest\"",
        "display_name = \"Guest\"\nlines = [\"9000\"]",
        expect![[r#"
            site.toml:21:12: warning: phone.desk-1.guest_dn: 9001 is never used: the logout profile lists lines of its own. Remove one of the two
        "#]],
    );
}

#[test]
fn the_same_pin_keeps_its_hash() {
    let before = site(DEMO);
    let after = read(DEMO, Some(&before)).site;
    assert_eq!(after, before);
    assert!(plan(&before, &after).is_empty());

    let changed = read(&DEMO.replace("\"1111\"", "\"1112\""), Some(&before)).site;
    assert_ne!(changed.users["u2001"].pin, before.users["u2001"].pin);
    assert_eq!(changed.users["u2002"].pin, before.users["u2002"].pin);
}

#[test]
fn digests_do_not_move_to_another_realm() {
    let before = site(SMALL);
    let text = write(&before).replace("realm = \"perch\"", "realm = \"example.com\"");
    let problems = parse("site.toml", &text, Some(&before), &CHEAP).expect_err("wrong realm");
    let said: Vec<_> = problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect();
    expect![[r#"
        site.toml:111:14: phone.desk-1.digest_md5: these digests were made for the realm "perch", which is now "example.com". Write the phone's password instead
    "#]].assert_eq(&said.concat());
    read(
        &SMALL.replace("[site]", "[site]\nrealm = \"example.com\""),
        Some(&before),
    );
}

#[test]
fn a_plan_says_what_would_change_and_no_secret() {
    let before = site(DEMO);
    let text = DEMO
        .replace(
            "timezone = \"UTC\"",
            "timezone = \"Europe/Amsterdam\"\nmax_login = \"8:00\"",
        )
        .replace("911 = [\"desk-8\"]", "999 = [\"desk-8\", \"desk-7\"]")
        .replace("112 = [\"desk-8\"]", "112 = [\"desk-7\"]")
        .replace("idle_limit_min = 30", "absent = { forward = \"9001\" }")
        .replace("[user.u2002]", "[user.u2005]")
        .replace("\"1111\"", "\"7777\"")
        .replace("\"Carol\"", "\"Caroline\"")
        .replace("desk-3-secret", "desk-3-new");
    let after = read(&text, Some(&before)).site;
    let plan = plan(&before, &after);
    expect![[r#"
        ~ site
            timezone: "UTC" -> "Europe/Amsterdam"
            max_login: not set -> "8:00"
        ~ emergency 112
            rings: ["desk-8"] -> ["desk-7"]
        - emergency 911
        + emergency 999
        ~ user_profile clerk
            absent: "voicemail" -> { forward = "9001" }
            idle_limit_min: 30 -> not set
        ~ user u2001
            pin: changed
        - user u2002
        ~ user u2003
            display_name: "Carol" -> "Caroline"
        + user u2005
        ~ phone desk-3
            password: changed

        2 to add, 6 to change, 2 to remove.
    "#]]
    .assert_eq(&plan.to_string());
    let json = serde_json::to_string(&plan).expect("plain data");
    for secret in ["argon2", "7777", "1111", "desk-3-new"] {
        assert!(!json.contains(secret));
    }
    let same = perch::site::plan(&after, &after);
    expect![[r#"
        Nothing to do: the site is as the file says.
    "#]]
    .assert_eq(&same.to_string());
}

#[test]
fn a_first_apply_adds_everything() {
    let plan = plan(&Site::default(), &site(SMALL));
    expect![[r#"
        ~ site
            name: "" -> "small"
        + emergency 112
        + class_of_service all
        + logout_profile guest
        + user_profile clerk
        + user alice
        + phone desk-1

        6 to add, 1 to change, 0 to remove.
    "#]]
    .assert_eq(&plan.to_string());
}

#[test]
fn secrets_never_show() {
    let site = site(SMALL);
    let shown = format!("{site:?}");
    assert!(
        !shown.contains("argon2") && !shown.contains("secret\""),
        "{shown}"
    );
    assert_eq!(format!("{:?}", PinHash("x".into())), "PinHash(..)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever is deleted from a file or written into it, there is an answer, and each problem has a place.
    #[test]
    fn no_text_is_too_broken(at in 0..DEMO.len(), gone in 0..200usize, new in "[\\[\\]{}=\"'.,#a-z0-9\n \u{e9}]{0,8}") {
        let end = (at + gone).min(DEMO.len());
        prop_assume!(DEMO.is_char_boundary(at) && DEMO.is_char_boundary(end));
        let text = format!("{}{new}{}", &DEMO[..at], &DEMO[end..]);
        for problem in parse("site.toml", &text, None, &CHEAP).err().into_iter().flatten() {
            let line = text.split('\n').nth(problem.line - 1).expect("there is such a line");
            prop_assert!(problem.column <= line.chars().count() + 1, "{}", problem);
            prop_assert!(!problem.what.is_empty() && !problem.remedy.is_empty());
        }
    }
}

#[test]
fn what_is_wrong_with_trunks_and_routes_is_said_with_what_to_do() {
    let text = r#"
[site]
name = "x"
country_code = "+31"
[class_of_service.guest]
calls = ["national", "free"]
[logout_profile.guest]
class = "guest"
display_name = "Guest"
[phone.desk-1]
logout_profile = "guest"
guest_dn = "9001"
password = "secret-of-desk"
location = "hall"
emergency_number = "help"
[emergency]
112 = ["carier", "desk-1"]
[trunk.carrier]
addresses = ["203.0.113.7", "sip:h;transport=ws"]
password = "secret-of-carrier"
class = "gest"
from = ["somewhere"]
probe_s = 2
[trunk.desk-1]
addresses = []
class = "guest"
[trunk.third]
addresses = ["sip:192.0.2.9"]
class = "guest"
number_prefix = "0x"
[route.a]
prefix = "0"
kind = "emergency"
trunks = ["carrier", "carrier", "fourth"]
[route.b]
prefix = "0"
kind = "national"
trunks = []
e164 = true
"#;
    check(
        text,
        expect![[r#"
        site.toml:4:16: site.country_code: "+31" are no digits. Write up to 8 digits, without a +
        site.toml:6:9: class_of_service.guest.calls: there is no kind of calls "free". Write some of internal, local, national, international, service; help may always be called
        site.toml:15:20: phone.desk-1.emergency_number: "help" is no number. Write up to 32 digits, perhaps with a + before them
        site.toml:17:8: emergency.112: there is no phone "carier". Did you mean "carrier"?
        site.toml:18:8: trunk.carrier.realm: this is missing. Add realm = …
        site.toml:18:8: trunk.carrier.user: this is missing. Add user = …
        site.toml:19:13: trunk.carrier.addresses: "203.0.113.7" is no address. Write it as in "sip:203.0.113.7:5060;transport=udp"; transports are udp, tcp and tls
        site.toml:19:13: trunk.carrier.addresses: "sip:h;transport=ws" is no address. Write it as in "sip:203.0.113.7:5060;transport=udp"; transports are udp, tcp and tls
        site.toml:21:9: trunk.carrier.class: there is no class_of_service "gest". Did you mean "guest"?
        site.toml:22:8: trunk.carrier.from: these are no networks. Write networks as in ["203.0.113.0/29", "2001:db8::/64"]
        site.toml:23:11: trunk.carrier.probe_s: a trunk is not asked as often as that. Write 5 or more, or 0 for never
        site.toml:24:8: trunk.desk-1: there is a phone of this name already. Give trunks names that no phone and no user has
        site.toml:25:13: trunk.desk-1.addresses: there is none. Write it as in "sip:203.0.113.7:5060;transport=udp"; transports are udp, tcp and tls
        site.toml:30:17: trunk.third.number_prefix: "0x" is no number. Write up to 32 digits, perhaps with a + before them
        site.toml:33:8: route.a.kind: "emergency" cannot be understood. Write "internal", "local", "national", "international", "service"
        site.toml:34:22: route.a.trunks: "carrier" is named twice. Name each trunk once
        site.toml:34:33: route.a.trunks: there is no trunk "fourth". Define it as [trunk.fourth], or name one that is defined
        site.toml:36:10: route.b.prefix: the route a has this prefix already. Name the trunks of both in one route
        site.toml:38:10: route.b.trunks: this route has no trunks: calls to its numbers fail. Name the trunks to be tried, in order
    "#]],
    );
}
