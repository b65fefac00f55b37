//! Phones that speak SCCP, and the buttons of their users.

use expect_test::{Expect, expect};
use perch::pbx::{Hardware, SpeedDial};
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
