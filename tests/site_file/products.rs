//! Products that Perch can be like, and what people may change for themselves.

use expect_test::expect;
use perch::pbx::{AsksFor, Cause, SecondLogin};
use perch::site::write;

use super::{SMALL, check_with, site};

/// The small site like a product, with more in `[site]` and in `[extension_mobility]`.
fn like(product: &str, in_site: &str, more: &str) -> String {
    let head = format!("[extension_mobility]\npersonality = \"{product}\"\n{more}\n[emergency]");
    let site = SMALL.replacen("[emergency]", &head, 1);
    site.replacen("[site]", &format!("[site]\n{in_site}"), 1)
}

/// rules: SES-2, PRO-9
#[test]
fn a_product_decides_what_is_not_said() {
    let of = |text: &str| {
        let site = site(text);
        assert_eq!(self::site(&write(&site)), site, "it is written out");
        let mobility = &site.mobility;
        (
            site.settings.second_login,
            mobility.asks_for,
            mobility.keeps_history(Cause::Idle),
        )
    };
    let (refuse, moves, allow) = (SecondLogin::Refuse, SecondLogin::Move, SecondLogin::Allow);
    let (pin, password) = (AsksFor::Pin, AsksFor::Password);
    assert_eq!(of(SMALL), (moves, pin, false));
    assert_eq!(of(&like("cucm", "", "")), (refuse, pin, true));
    assert_eq!(of(&like("cme", "", "")), (moves, password, false));
    let said = "asks_for = \"password\"\nkeep_history_on_automatic = false";
    let text = like("cucm", "second_login = \"allow\"", said);
    assert_eq!(of(&text), (allow, password, false));
    let text = like(
        "cme",
        "",
        "keep_history_on_automatic = true\nasks_for = \"pin\"",
    );
    assert_eq!(of(&text), (moves, pin, true));
    let kept = site(&like("cucm", "", "")).mobility;
    assert!(
        !kept.keeps_history(Cause::User),
        "only when nobody asked for it"
    );
}

#[test]
fn a_product_that_there_is_not() {
    check_with(
        "[emergency]",
        "[extension_mobility]\npersonality = \"pbx\"\nasks_for = \"both\"\n[emergency]",
        expect![[r#"
            site.toml:5:15: extension_mobility.personality: "pbx" cannot be understood. Write "cucm" or "cme"
            site.toml:6:12: extension_mobility.asks_for: "both" cannot be understood. Write "pin" or "password"
        "#]],
    );
}

/// rules: PRO-7
#[test]
fn a_phone_may_forbid_to_change_speed_dials() {
    let may = |text: &str| {
        let site = site(text);
        assert_eq!(self::site(&write(&site)), site);
        site.phones["desk-1"].own_speed_dials
    };
    assert!(may(SMALL));
    let forbids = SMALL.replace("location", "own_speed_dials = false\nlocation");
    assert!(!may(&forbids));
}
