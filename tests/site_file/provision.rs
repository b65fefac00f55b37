//! Phones that fetch what they are to do, and have a password that nobody typed.

use expect_test::{Expect, expect};
use perch::pbx::{Mac, Provision, Vendor};
use perch::site::{plan, write};

use super::{SMALL, check, read, site};

const PASSWORD: &str = "password = \"secret\"";

/// The small site with this in place of the phone's password.
fn with(facts: &str) -> String {
    SMALL.replace(PASSWORD, facts)
}

fn provision(text: &str, name: &str) -> Provision {
    let found = site(text).phones[name].provision.as_deref().cloned();
    found.expect("it gets files")
}

#[test]
fn a_phone_that_fetches_files_needs_a_make_and_an_address() {
    let text = with("provision = \"yealink/t46\"\nmac = \"00:15:65:12:34:AB\"");
    check(&text, expect![[""]]);
    let expected = Provision {
        vendor: Vendor::Yealink,
        model: Some("t46".into()),
        mac: Mac::parse("0015651234ab"),
        password_generation: 1,
    };
    assert_eq!(provision(&text, "desk-1"), expected);
    // A phone that is named after its address need not say it, and the softphone has none.
    let named = with("provision = \"cisco\"").replace("desk-1", "SEP00112233AABB");
    check(&named, expect![[""]]);
    let mac = provision(&named, "SEP00112233AABB").mac;
    assert_eq!(mac, Mac::parse("00112233aabb"));
    let softphone = with("provision = \"linphone\"\npassword_generation = 3");
    check(&softphone, expect![[""]]);
    assert_eq!(provision(&softphone, "desk-1").password_generation, 3);
    for text in [text, named, softphone] {
        let site = site(&text);
        assert_eq!(read(&write(&site), None).site, site);
    }
}

#[test]
fn another_password_is_a_change_like_any_other() {
    let before = with("provision = \"snom\"\nmac = \"001565123409\"");
    let after = format!("{before}password_generation = 2\n");
    let before = site(&before);
    let after = read(&after, Some(&before)).site;
    expect![[r#"
        ~ phone desk-1
            password_generation: 1 -> 2

        0 to add, 1 to change, 0 to remove.
    "#]]
    .assert_eq(&plan(&before, &after).to_string());
}

fn wrong(facts: &str, expected: Expect) {
    check(&with(facts), expected);
}

#[test]
fn what_cannot_be_is_said() {
    wrong(
        "provision = \"yealnik\"\nmac = \"001565123409\"",
        expect![[r#"
            site.toml:21:13: phone.desk-1.provision: nobody knows phones of "yealnik". Did you mean "yealink"?
        "#]],
    );
    wrong(
        "provision = \"acme\"\nmac = \"001565123409\"",
        expect![[r#"
            site.toml:21:13: phone.desk-1.provision: nobody knows phones of "acme". Known are cisco, cisco-text, yealink, snom, poly, grandstream, mitel, linphone
        "#]],
    );
    wrong(
        "provision = \"yealink/../x\"\nmac = \"001565123409\"",
        expect![[r#"
            site.toml:21:13: phone.desk-1.provision: a model is 1 to 32 letters a-z and A-Z, digits, '-' and '_'. Write it as in "yealink/t46"
        "#]],
    );
    wrong(
        "provision = \"yealink\"",
        expect![[r#"
        site.toml:21:13: phone.desk-1.provision: nobody knows which files are this phone's. Add its hardware address: mac = "00:15:65:12:34:ab"
    "#]],
    );
    wrong(
        "provision = \"yealink\"\nmac = \"00156512340\"",
        expect![[r#"
            site.toml:22:7: phone.desk-1.mac: "00156512340" cannot be understood. Write the 12 digits of its label, as in "00:15:65:12:34:ab"
        "#]],
    );
    wrong(
        "mac = \"001565123409\"\npassword = \"secret\"",
        expect![[r#"
            site.toml:21:7: phone.desk-1.mac: nothing is made for this phone that needs it. Add provision = "…" with the phone's make, or take this away
        "#]],
    );
    wrong(
        "provision = \"yealink\"\nmac = \"001565123409\"\npassword = \"secret\"",
        expect![[r#"
            site.toml:21:13: phone.desk-1.provision: this phone has a password already, but one that gets files has one that the server makes. Take the password away, or provision if somebody sets the phone up by hand
        "#]],
    );
    wrong(
        "provision = \"yealink\"\nmac = \"001565123409\"\npassword_generation = 0",
        expect![[r#"
            site.toml:23:23: phone.desk-1.password_generation: the number is out of range. Write one from 1 to 1000000
        "#]],
    );
    let sccp = with("provision = \"cisco\"\nmodel = \"7960\"");
    check(
        &sccp.replace("desk-1", "SEP00112233AABB"),
        expect![[r#"
        site.toml:21:13: phone.SEP00112233AABB.provision: a phone with a model speaks SCCP, and gets its files without this. Take provision away if the phone speaks SCCP, or the model if it speaks SIP
    "#]],
    );
    let twice = with("provision = \"snom\"\nmac = \"001565123409\"");
    let other = "[phone.desk-2]\nlogout_profile = \"guest\"\nguest_dn = \"9002\"\nlocation = \"Hall\"\n\
                 provision = \"poly\"\nmac = \"00:15:65:12:34:09\"\n";
    check(
        &format!("{twice}{other}"),
        expect![[r#"
        site.toml:28:13: phone.desk-2.provision: 001565123409 is the hardware address of phone desk-1 already. Give each its own: it is on the phone's label
    "#]],
    );
}
