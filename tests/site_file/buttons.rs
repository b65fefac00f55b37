//! Phones that speak SCCP, and the buttons of their users.

use expect_test::{Expect, expect};
use perch::pbx::{AgentKind, Hardware, LineKind, PageDialect, SpeedDial};
use perch::site::plan;

use super::{SMALL, check, check_with, read, site};

const PASSWORD: &str = "password = \"secret\"";

/// The small site with a Cisco phone of this kind and name in place of its SIP phone.
fn with_phone(name: &str, facts: &str) -> String {
    SMALL.replace("desk-1", name).replace(PASSWORD, facts)
}

fn check_phone(name: &str, facts: &str, expected: Expect) {
    check(&with_phone(name, facts), expected);
}

#[test]
fn a_phone_with_a_model_needs_no_password() {
    let facts = "model = \"7965\"\nadd_on_modules = [\"7915-24\", \"7914\"]";
    check_phone("SEP00112233AABB", facts, expect![[""]]);
    let site = site(&with_phone("SEP00112233AABB", facts));
    let hardware = Hardware {
        enrolled: false,
        model: "7965".into(),
        add_on_modules: vec!["7915-24".into(), "7914".into()],
    };
    let phone = &site.phones["SEP00112233AABB"];
    assert_eq!(phone.hardware.as_deref(), Some(&hardware));
    check_phone("ATA001122334455", "model = \"ATA186\"", expect![[""]]);
    check_phone("my-laptop", "model = \"CIPC\"", expect![[""]]);
}

#[test]
fn a_phone_is_named_as_it_calls_itself() {
    let wrong = expect![[r#"
        site.toml:18:8: phone.SEP00112233aabb: a 7960 calls itself SEP and its hardware address in 12 digits 0-9 and A-F. Name it as in [phone.SEP001122334455]
    "#]];
    check_phone("SEP00112233aabb", "model = \"7960\"", wrong);
    for name in [
        "desk-1",
        "SEP00112233445",
        "SEP0011223344556",
        "XXX001122334455",
    ] {
        let text = with_phone(name, "model = \"7960\"");
        let problems = perch::site::parse("site.toml", &text, None, &super::CHEAP).err();
        assert_eq!(problems.map(|all| all.len()), Some(1), "{name}");
    }
}

#[test]
fn models_and_modules_that_there_are_not() {
    check_phone(
        "SEP001122334455",
        "model = \"7961x\"\nadd_on_modules = [\"7914\", \"7915\"]",
        expect![[r#"
            site.toml:21:9: phone.SEP001122334455.model: "7961x" is no model that speaks SCCP. Did you mean "7961"?
            site.toml:22:27: phone.SEP001122334455.add_on_modules: "7915" is no module that is known. Did you mean "7914"?
        "#]],
    );
    check_phone(
        "SEP001122334455",
        "model = \"9999\"",
        expect![[r#"
            site.toml:21:9: phone.SEP001122334455.model: "9999" is no model that speaks SCCP. Known are 30SP+, 12SP+, 12SP, 30VIP, 7902, 7905, 7906, 7910, 7911, 7912, 7920, 7921, 7925, 7926, 7931, 7935, 7936, 7937, 7940, 7941, 7941GE, 7942, 7945, 7960, 7961, 7961GE, 7962, 7965, 7970, 7971, 7971GE, 7975, 7985, CIPC, 6901, 6911, 6921, 6941, 6945, 6961, 8941, 8945, ATA186, ATA188, SPA303, SPA502G, SPA504G, SPA508G, SPA509G, SPA512G, SPA514G, SPA521S, SPA525G, SPA525G2
        "#]],
    );
    check_phone(
        "SEP001122334455",
        "model = \"7940\"\nadd_on_modules = [\"7914\"]",
        expect![[r#"
            site.toml:22:18: phone.SEP001122334455.add_on_modules: a 7940 takes no modules. Models that do: 7960, 7961, 7961GE, 7962, 7965, 7970, 7971, 7971GE, 7975
        "#]],
    );
    check_phone(
        "SEP001122334455",
        "model = \"7960\"\nadd_on_modules = [\"7914\", \"7914\", \"7914\"]",
        expect![[r#"
            site.toml:22:18: phone.SEP001122334455.add_on_modules: a 7960 takes no more than 2 modules. Keep 2 at most
        "#]],
    );
    check_phone(
        "SEP001122334455",
        "add_on_modules = [\"7914\"]",
        expect![[r#"
            site.toml:18:8: phone.SEP001122334455.model: this is missing. Add model = …
        "#]],
    );
    check_phone(
        "SEP001122334455",
        "model = \"7960\"\npassword = \"secret\"",
        expect![[r#"
            site.toml:21:1: phone.SEP001122334455.model: this phone has a password, too, but a phone with a model speaks SCCP, which has none. Take the model away if the phone speaks SIP, or the password if it speaks SCCP
        "#]],
    );
}

const CLERK: &str = "[user_profile.clerk]";

#[test]
fn speed_dials_are_numbers_with_labels() {
    let dials =
        r#"speed_dials = [{ number = "2002", label = "Bob" }, { number = "*90", label = "Écho" }]"#;
    let with_dials = SMALL.replace(CLERK, &format!("{CLERK}\n{dials}"));
    let before = site(SMALL);
    let site = read(&with_dials, Some(&before)).site;
    let dial = |number: &str, label: &str| SpeedDial::new(number, label);
    let expected = [dial("2002", "Bob"), dial("*90", "Écho")];
    assert_eq!(site.user_profiles["clerk"].speed_dials, expected);
    expect![[r#"
        ~ user_profile clerk
            speed_dials: not set -> [{ number = "2002", label = "Bob" }, { number = "*90", label = "Écho" }]

        0 to add, 1 to change, 0 to remove.
    "#]].assert_eq(&plan(&before, &site).to_string());
}

#[test]
fn speed_dials_that_are_none() {
    let with = |dials: &str| format!("{CLERK}\nspeed_dials = {dials}");
    check_with(
        CLERK,
        &with("\"2002\""),
        expect![[r#"
        site.toml:12:15: user_profile.clerk.speed_dials: this is a text. Write a list: [{ number = "2002", label = "Bob" }]
    "#]],
    );
    check_with(
        CLERK,
        &with(r#"[{ number = "call", label = "" }, { lable = "Bob", number = "2002" }, "2002"]"#),
        expect![[r#"
            site.toml:12:27: user_profile.clerk.speed_dials.number: a speed dial is 1 to 23 digits, * or #. Write the number or code as it is dialled
            site.toml:12:43: user_profile.clerk.speed_dials.label: a label is 1 to 39 characters of plain text. Shorten it: it stands beside a button
            site.toml:12:49: user_profile.clerk.speed_dials.label: this is missing. Add label = …
            site.toml:12:51: user_profile.clerk.speed_dials.lable: there is no such key. Did you mean "label"?
            site.toml:12:85: user_profile.clerk.speed_dials: this is a text. Write a list: [{ number = "2002", label = "Bob" }]
        "#]],
    );
    let many = r#"{ number = "2002", label = "Bob" }, "#.repeat(37);
    check_with(
        CLERK,
        &with(&format!("[{many}]")),
        expect![[r#"
        site.toml:12:15: user_profile.clerk.speed_dials: there are more than 36. Keep 36 at most
    "#]],
    );
}

const AUTO: &str = "[auto_registration]\nnumbers = \"9500-9509\"\nlogout_profile = \"guest\"\nnetworks = [\"10.0.0.0/8\"]\n";

#[test]
fn phones_may_come_that_are_not_named() {
    let before = site(SMALL);
    let site = read(&format!("{SMALL}\n{AUTO}"), Some(&before)).site;
    let auto = site.auto_registration.as_ref().expect("it is there");
    assert_eq!(auto.numbers.to_string(), "9500-9509");
    expect![[r#"
        + auto_registration

        1 to add, 0 to change, 0 to remove.
    "#]]
    .assert_eq(&plan(&before, &site).to_string());
    let written = perch::site::write(&site);
    assert_eq!(super::site(&written), site);
}

#[test]
fn half_a_rule_about_phones_that_are_not_named_is_none() {
    let with = |auto: &str| format!("{SMALL}\n[auto_registration]\n{auto}\n");
    check(
        &with(""),
        expect![[r#"
        site.toml:24:2: auto_registration.logout_profile: this is missing. Add logout_profile = …
        site.toml:24:2: auto_registration.networks: this is missing. Add networks = …
        site.toml:24:2: auto_registration.numbers: this is missing. Add numbers = …
    "#]],
    );
    check(
        &with("numbers = \"9509-9500\"\nlogout_profile = \"gest\"\nnetworks = [\"office\"]"),
        expect![[r#"
            site.toml:25:11: auto_registration.numbers: "9509-9500" cannot be understood. Write the first and the last of up to 10000 numbers of the same length, as in "9500-9599"
            site.toml:27:12: auto_registration.networks: these are no networks. Write networks as in ["10.20.0.0/16", "2001:db8::/32"]
        "#]],
    );
    check(
        &with("numbers = \"9500-9509\"\nlogout_profile = \"gest\"\nnetworks = []"),
        expect![[r#"
            site.toml:26:18: auto_registration.logout_profile: there is no logout_profile "gest". Did you mean "guest"?
            site.toml:27:12: auto_registration.networks: these are no networks. Write networks as in ["10.20.0.0/16", "2001:db8::/32"]
        "#]],
    );
}

#[test]
fn a_phone_that_came_by_itself_is_written_and_read_as_one() {
    let mut site = site(&format!("{SMALL}\n{AUTO}"));
    let came = site.enrol(vec![("SEP001122334499".into(), "7960".into())]);
    assert_eq!(came.len(), 1);
    let written = perch::site::write(&site);
    assert!(written.contains("auto_registered = true"), "{written}");
    assert_eq!(super::site(&written), site);
}

/// rules: PRO-1, PRO-2, PRO-3
#[test]
fn lines_are_numbers_or_tables_with_what_they_do() {
    let lines = r#"lines = ["2001", { number = "2002", type = "beep-ring", calls = 2 }, { numbers = ["2005", "2006"], type = "overlay", label = "Queue" }]
speed_dials = [{ number = "3001", label = "Last", tag = 9 }, { number = "3002", label = "First", blf = true }]
privacy_button = true"#;
    let with_lines = SMALL.replace(CLERK, &format!("{CLERK}\n{lines}"));
    let before = site(SMALL);
    let site = read(&with_lines, Some(&before)).site;
    let profile = &site.user_profiles["clerk"];
    let numbers: Vec<&str> = profile.numbers().map(|dn| dn.as_str()).collect();
    assert_eq!(numbers, ["2001", "2002", "2005", "2006"]);
    assert_eq!(profile.lines[0], "2001".into());
    assert_eq!(profile.lines[1].calls, Some(2));
    assert_eq!(profile.lines[2].kind, LineKind::Overlay);
    let labels: Vec<&str> = profile
        .speed_dials
        .iter()
        .map(|d| d.label.as_str())
        .collect();
    assert_eq!(labels, ["First", "Last"]);
    assert!(profile.privacy_button && profile.speed_dials[0].blf);
    expect![[r#"
        ~ user_profile clerk
            lines: [] -> ["2001", { number = "2002", type = "beep-ring", calls = 2 }, { numbers = ["2005", "2006"], type = "overlay", label = "Queue" }]
            speed_dials: not set -> [{ number = "3002", label = "First", blf = true }, { number = "3001", label = "Last", tag = 9 }]
            privacy_button: not set -> true

        0 to add, 1 to change, 0 to remove.
    "#]].assert_eq(&plan(&before, &site).to_string());
}

/// rules: PRO-1
#[test]
fn lines_that_are_none() {
    let with = |lines: &str| format!("{CLERK}\nlines = {lines}");
    check_with(
        CLERK,
        &with("\"2001\""),
        expect![[r#"
        site.toml:12:9: user_profile.clerk.lines: this is a text. Write a list: ["2001", { number = "2002", type = "beep-ring" }, { numbers = ["2005", "2006"], type = "overlay" }]
    "#]],
    );
    check_with(
        CLERK,
        &with(
            r#"["2001", { number = "2002", type = "beep" }, { numbers = ["1", "2"], type = "normal" }, { type = "overlay" }, 7]"#,
        ),
        expect![[r#"
            site.toml:12:44: user_profile.clerk.lines.type: "beep" cannot be understood. Write one of "normal", "silent-ring", "beep-ring", "feature-ring", "monitor-ring", "overlay", "cw-overlay"
            site.toml:12:66: user_profile.clerk.lines.numbers: a line of type normal has one number: only overlays have several. Keep one, or write type = "overlay" or "cw-overlay"
            site.toml:12:97: user_profile.clerk.lines.number: this is missing. Add number = …
            site.toml:12:119: user_profile.clerk.lines: this is a whole number. Write a list: ["2001", { number = "2002", type = "beep-ring" }, { numbers = ["2005", "2006"], type = "overlay" }]
        "#]],
    );
    check_with(
        CLERK,
        &with(
            r#"["2001", { numbers = ["2005", "2005"], type = "overlay" }, { number = "x" }, { number = "2", calls = 3, label = "" }]"#,
        ),
        expect![[r#"
            site.toml:12:39: user_profile.clerk.lines.numbers: 2005 is named twice. Name each number once
            site.toml:12:68: user_profile.clerk.lines: "x" is not a number. Write 1 to 32 digits
            site.toml:12:110: user_profile.clerk.lines.calls: a line has no 3 calls. Write 1, 2 or 8, or leave it away: then as many as come
            site.toml:12:121: user_profile.clerk.lines.label: a label is 1 to 39 characters of plain text. Shorten it: it stands beside a button
        "#]],
    );
    check_with(
        CLERK,
        &with(r#"[{ number = "2002", type = "monitor-ring" }, "2001"]"#),
        expect![[r#"
            site.toml:12:36: user_profile.clerk.lines.type: the first line of a profile is never monitor-ring: it could neither call nor be called. Put another line before it
        "#]],
    );
    check_with(
        CLERK,
        &with(
            r#"[{ numbers = ["2001", "2005"], type = "overlay" }, { number = "2002", type = "monitor-ring" }]"#,
        ),
        expect![[r#"
            site.toml:12:47: user_profile.clerk.lines.type: monitor-ring lines come before overlays on a phone, so its first button would be one. Add a line of another type
        "#]],
    );
    let many: Vec<String> = (100..126).map(|n| format!("{:?}", n.to_string())).collect();
    let many = format!(
        "[\"2001\", {{ numbers = [{}], type = \"overlay\" }}]",
        many.join(", ")
    );
    check_with(
        CLERK,
        &with(&many),
        expect![[r#"
        site.toml:12:30: user_profile.clerk.lines.numbers: an overlay has 25 numbers at most. Make two of it
        site.toml:12:115: user_profile.clerk.lines.numbers: 112 is an emergency number. Choose another number
    "#]],
    );
}

#[test]
fn tags_that_are_given_twice() {
    let dials = r#"speed_dials = [{ number = "2", label = "B", tag = 2 }, { number = "3", label = "C", tag = 2 }, { number = "4", label = "D", tag = 37 }]"#;
    check_with(
        CLERK,
        &format!("{CLERK}\n{dials}"),
        expect![[r#"
        site.toml:12:91: user_profile.clerk.speed_dials.tag: another speed dial has this tag already. Give each a tag of its own, or none
        site.toml:12:131: user_profile.clerk.speed_dials.tag: the number is out of range. Write one from 1 to 36
    "#]],
    );
}

#[test]
fn a_site_has_models_of_its_own() {
    let model = "[phone_model.lab]\nlike = \"7960\"\nbuttons = 12\nlines = 10\nnewest_version = 8\npages = \"mitel\"\nlogout_asks_pin = true\n[phone_model.7960]\nbuttons = 4";
    let text = with_phone("SEP001122334455", "model = \"lab\"")
        .replace(CLERK, &format!("{model}\n{CLERK}"));
    let before = site(SMALL);
    let site = read(&text, None).site;
    let lab = site.model("lab").expect("it is there");
    assert_eq!((lab.buttons, lab.lines, lab.newest_version), (12, 10, 8));
    assert_eq!(lab.device_types, [0; 0]);
    assert!(lab.pages == PageDialect::Mitel && lab.logout_asks_pin);
    let other = site.model_of_type(7).expect("it is known");
    assert_eq!(
        (other.name.as_str(), other.buttons, other.lines),
        ("7960", 4, 4)
    );
    let planned = plan(&before, &site).to_string();
    assert!(planned.contains("+ phone_model lab"), "{planned}");
    // What is written says the same.
    let written = perch::site::write(&site);
    assert_eq!(read(&written, None).site.phone_models, site.phone_models);
}

#[test]
fn models_that_are_none() {
    let check_model = |model: &str, expected: Expect| {
        check_with(CLERK, &format!("[phone_model.{model}\n{CLERK}"), expected);
    };
    check_model(
        "lab]\nbuttons = 12",
        expect![[r#"
        site.toml:11:14: phone_model.lab.like: nobody knows a lab, so it must be like something. Add like = "…" with a model that it is like, such as "7960" or "yealink"
    "#]],
    );
    check_model(
        "lab]\nlike = \"796O\"",
        expect![[r#"
        site.toml:12:8: phone_model.lab.like: there is no model "796O". Did you mean "7960"?
    "#]],
    );
    check_model(
        "lab]\nlike = \"7960\"\nbuttons = 3\nlines = 4\nswap = \"reboot\"\nnewest_version = 16\nmaker = \"acme\"\nfixed = [\"hold\", \"fax\"]\nmodules = [\"7999\"]\nprotocols = [\"h323\"]\ndevice_types = [\"7\"]\nbutons = 3",
        expect![[r#"
            site.toml:14:9: phone_model.lab.lines: there are not so many buttons. Write at most 3, or more buttons
            site.toml:15:8: phone_model.lab.swap: "reboot" cannot be understood. Write "template", "lines" or "restart"
            site.toml:16:18: phone_model.lab.newest_version: Perch asks nobody to speak this version. Write one such as 11, 17 or 22
            site.toml:17:9: phone_model.lab.maker: nobody knows phones of "acme". Known are cisco, cisco-text, cisco-open, yealink, snom, poly, grandstream, mitel, sip-dect, linphone, anybody
            site.toml:18:9: phone_model.lab.fixed: nobody knows "fax". Known are hold, transfer, display, voicemail, conference, forward-all, redial, park
            site.toml:19:11: phone_model.lab.modules: nobody knows "7999". Known are 7914, 7915-12, 7915-24, 7916-12, 7916-24
            site.toml:20:13: phone_model.lab.protocols: nobody knows "h323". Known are "sip" and "sccp"
            site.toml:21:16: phone_model.lab.device_types: this is no list of such numbers. Write a list of whole numbers from 1 to 4294967295: [7, 8]
            site.toml:22:1: phone_model.lab.butons: there is no such key. Did you mean "buttons"?
        "#]],
    );
    check_model(
        "lab]\nlike = \"7960\"\npages = \"html\"\nlogout_asks_pin = \"yes\"",
        expect![[r#"
            site.toml:13:9: phone_model.lab.pages: "html" cannot be understood. Write one of "cisco", "mitel", "mitel-plain"
            site.toml:14:19: phone_model.lab.logout_asks_pin: this is a text. Write true or false, without quotes
        "#]],
    );
    check_model(
        "\"a b\"]\nlike = \"7960\"",
        expect![[r#"
        site.toml:12:8: phone_model."a b".like: a model's name is 1 to 32 letters a-z and A-Z, digits, '-', '_' and '+'. Choose another name
    "#]],
    );
}

/// rules: OUT-2
#[test]
fn a_profile_says_which_kind_of_agent_its_users_are() {
    let with_agent = |kind: &str| SMALL.replace(CLERK, &format!("{CLERK}\nagent = \"{kind}\""));
    assert_eq!(site(SMALL).user_profiles["clerk"].agent, None);
    for (word, kind) in [
        ("traditional", AgentKind::Traditional),
        ("hot-desk", AgentKind::HotDesk),
    ] {
        let site = site(&with_agent(word));
        assert_eq!(site.user_profiles["clerk"].agent, Some(kind));
        assert_eq!(super::site(&perch::site::write(&site)), site);
    }
    check(
        &with_agent("acd"),
        expect![[r#"
        site.toml:12:9: user_profile.clerk.agent: "acd" cannot be understood. Write "traditional" or "hot-desk"
    "#]],
    );
}
