//! Softphones of the user's own (SES-17) in the site file.

use expect_test::expect;
use perch::site::{digest_secret, parse, plan, write};

use super::{CHEAP, SMALL, check, check_with, read, site};

/// rules: SES-17, SES-4
#[test]
fn a_softphones_secret_is_kept_for_both_of_its_names() {
    let with_secret = SMALL.replace(
        "pin = \"1111\"",
        "pin = \"1111\"\nsip_secret = \"long-enough\"",
    );
    let before = site(&with_secret);
    let kept = before.users["alice"].sip_secret.as_deref();
    let kept = kept.expect("there is a secret");
    assert_eq!(kept.by_id, digest_secret("alice", "perch", "long-enough"));
    assert_eq!(kept.by_dn, digest_secret("2001", "perch", "long-enough"));

    let written = write(&before);
    assert!(!written.contains("long-enough"), "{written}");
    let again = read(&written, Some(&before)).site;
    assert_eq!(again, before);

    let other = site(&with_secret.replace("long-enough", "something-else"));
    expect![[r#"
        ~ user alice
            pin: changed
            sip_secret: changed

        0 to add, 1 to change, 0 to remove.
    "#]]
    .assert_eq(&plan(&before, &other).to_string());
    for (what, with, reason) in [
        (
            "dn = \"2001\"",
            "dn = \"2009\"",
            "made for the number 2001, which is now 2009",
        ),
        (
            "realm = \"perch\"",
            "realm = \"other\"",
            "made for the realm",
        ),
    ] {
        let moved = written.replace(what, with);
        let problems = parse("site.toml", &moved, Some(&before), &CHEAP).expect_err(with);
        assert!(
            problems.iter().any(|p| p.what.contains(reason)),
            "{problems:?}"
        );
    }
}

/// rules: SES-17, SES-4, SES-8
#[test]
fn what_is_wrong_with_softphones_is_said() {
    let with = |line: &str| format!("pin = \"1111\"\n{line}");
    check_with(
        "pin = \"1111\"",
        &with("sip_secret = \"1111\""),
        expect![[r#"
            site.toml:17:14: user.alice.sip_secret: the SIP secret is the PIN. Choose another: whoever sees the PIN dialled must not be able to register
        "#]],
    );
    check_with(
        "pin = \"1111\"",
        &with("sip_secret = \"short\""),
        expect![[r#"
            site.toml:17:14: user.alice.sip_secret: a SIP secret has at least 8 characters. Have one made: perch softphone USER --new-password
        "#]],
    );
    check_with(
        "pin = \"1111\"",
        &with("sip_id_md5 = \"00\""),
        expect![[r#"
            site.toml:13:7: user.alice.sip_id_sha256: this is missing. Add sip_id_sha256 = …
            site.toml:17:14: user.alice.sip_id_md5: this is not 32 hexadecimal digits. Write the secret itself as sip_secret, or the digest of id:realm:secret or dn:realm:secret
        "#]],
    );
    check_with(
        "pin = \"1111\"",
        &with("sip_secret = \"long-enough\"\nsip_dn_md5 = \"00\""),
        expect![[r#"
            site.toml:18:14: user.alice.sip_dn_md5: there is a sip_secret already. Keep either the secret or its digests
            site.toml:18:14: user.alice.sip_dn_md5: this is not 32 hexadecimal digits. Write the secret itself as sip_secret, or the digest of id:realm:secret or dn:realm:secret
        "#]],
    );
    check_with(
        "pin = \"1111\"",
        &with("sip_secret = \"long-enough\""),
        expect![[r#"
            site.toml:4:2: warning: emergency: users of this site may have softphones, and nobody knows where those are. Whoever answers an emergency call sees "location unknown", and has to ask
        "#]],
    );
    check_with(
        "[user_profile.clerk]",
        "[user_profile.clerk]\nsoftphone = \"yes\"",
        expect![[r#"
            site.toml:12:13: user_profile.clerk.softphone: "yes" cannot be understood. Write "companion", "phone" or "no"
        "#]],
    );
    let odd = SMALL.replace("alice", "\"al/ice\"");
    let odd = odd.replace("pin = \"1111\"", &with("sip_secret = \"long-enough\""));
    check(
        &odd,
        expect![[r#"
        site.toml:13:7: user."al/ice": this user has a sip_secret, so the id stands in addresses: 1 to 64 letters a-z and A-Z, digits, '-', '_' and '.'. Choose another id, or take the sip_secret away
    "#]],
    );
    let phone = SMALL.replace("desk-1", "alice");
    let phone = phone.replace("pin = \"1111\"", &with("sip_secret = \"long-enough\""));
    check(
        &phone,
        expect![[r#"
        site.toml:19:8: phone.alice: this is also the id or number of user alice. Choose another name: those of phones, programs and users must differ
    "#]],
    );
    let useless = SMALL.replace(
        "[user_profile.clerk]",
        "[user_profile.clerk]\nsoftphone = \"no\"",
    );
    let useless = useless.replace("pin = \"1111\"", &with("sip_secret = \"long-enough\""));
    check(
        &useless,
        expect![[r#"
        site.toml:14:7: warning: user.alice: this user has a sip_secret, but the profile says softphone = "no": it cannot register. Take the secret away, or allow softphones in the profile
    "#]],
    );
}
