//! After hours in the site file: times, days, numbers, and the PIN of a profile.

use expect_test::expect;
use perch::site::{plan, verify_pin, write};

use super::{SMALL, check, read, site};

fn blocked() -> String {
    let text = SMALL.replace(
        "[class_of_service.all]",
        "[calendar.feast]\ndates = [\"2026-12-25\"]\n[class_of_service.all]\n\
         after_hours = [\"mon-fri 19:00-07:00\", \"sat,sun 00:00-24:00\"]\n\
         after_hours_on = \"feast\"\nafter_hours_deny = [\"0!\"]",
    );
    let text = text.replace(
        "[user_profile.clerk]",
        "[user_profile.clerk]\npin = \"4711\"",
    );
    text.replace("[site]", "[site]\nafter_hours_pin_min = 90")
}

/// rules: PRO-5
#[test]
fn a_class_is_blocked_at_times_and_a_profile_has_a_pin() {
    let site = site(&blocked());
    let rule = site.classes["all"].after_hours.as_deref().expect("a rule");
    let times: Vec<String> = rule.times.iter().map(ToString::to_string).collect();
    assert_eq!(
        times,
        ["mon,tue,wed,thu,fri 19:00-07:00", "sat,sun 00:00-24:00"]
    );
    assert!(rule.deny[0].fits("0301") && rule.calendar.is_some());
    let pin = site.user_profiles["clerk"].pin.as_ref();
    assert!(verify_pin("4711", pin) && !verify_pin("4712", pin));
    let written = write(&site);
    assert!(!written.contains("4711"), "{written}");
    assert_eq!(read(&written, None).site, site);
    assert_eq!(
        read(&blocked(), Some(&site)).site,
        site,
        "the PIN keeps its hash"
    );
}

#[test]
fn a_plan_names_what_is_blocked_and_hides_the_pin() {
    expect![[r#"
        ~ site
            after_hours_pin_min: 60 -> 90
        ~ class_of_service all
            after_hours: not set -> ["mon,tue,wed,thu,fri 19:00-07:00", "sat,sun 00:00-24:00"]
            after_hours_on: not set -> "feast"
            after_hours_deny: not set -> ["0!"]
        ~ user_profile clerk
            pin: changed
        ~ user alice
            pin: changed
        + calendar feast

        1 to add, 4 to change, 0 to remove.
    "#]]
    .assert_eq(&plan(&site(SMALL), &site(&blocked())).to_string());
}

/// rules: PRO-5
#[test]
fn what_is_wrong_with_after_hours_is_told() {
    let text = SMALL
        .replace(
            "[class_of_service.all]",
            "[class_of_service.night]\nafter_hours_on = \"feest\"\n[class_of_service.day]\nafter_hours_deny = [\"0!\"]\n\
             [class_of_service.all]\nafter_hours = [\"weekend 00:00-24:00\", \"mon 24:00-07:00\"]\nafter_hours_deny = [\"\"]",
        )
        .replace("[user_profile.clerk]", "[user_profile.clerk]\npin = \"123456789\"")
        .replace("[site]", "[site]\nafter_hours_pin_min = 0");
    check(
        &text,
        expect![[r#"
        site.toml:3:23: site.after_hours_pin_min: the number is out of range. Write one from 1 to 1440
        site.toml:7:19: class_of_service.night.after_hours_deny: this is missing. Add after_hours_deny = …
        site.toml:8:18: class_of_service.night.after_hours_on: there is no calendar "feest". Define it as [calendar.feest], or name one that is defined
        site.toml:9:19: class_of_service.day.after_hours: this is missing. Add after_hours = …
        site.toml:12:15: class_of_service.all.after_hours: "mon 24:00-07:00" is no time of the week. Write days and times, as in "mon-fri 19:00-07:00" or "sat,sun 00:00-24:00"
        site.toml:12:15: class_of_service.all.after_hours: "weekend 00:00-24:00" is no time of the week. Write days and times, as in "mon-fri 19:00-07:00" or "sat,sun 00:00-24:00"
        site.toml:13:20: class_of_service.all.after_hours_deny: "" is no pattern: it is empty. Write digits, X (0-9), Z (1-9), N (2-9), [3-57], and at the end . (something) or ! (anything), as in "0[2-9]XXX" or "00!"
        site.toml:19:7: user_profile.clerk.pin: the PIN of a profile is 4 to 8 digits, because it is dialled. Choose one that is
    "#]],
    );
}
