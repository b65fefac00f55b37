//! Automatic logouts and calling rights in the site file: who may say what, and what is wrong with it.

use expect_test::expect;
use perch::pbx::{AgentAnswer, LogoutLimits};
use perch::site::{plan, write};

use super::{SMALL, check, check_with, read, site};

/// Every level says something.
fn everybody_speaks() -> String {
    let text = SMALL
        .replace(
            "name = \"small\"",
            "name = \"small\"\nidle_limit_min = 600\nmax_login = \"12:00\"",
        )
        .replace(
            "[class_of_service.all]",
            "[class_of_service.all]\nidle_limit_min = 5\nauto_logout_h = 8",
        )
        .replace(
            "[user_profile.clerk]",
            "[user_profile.clerk]\nidle_limit_min = 30\nmax_login = \"never\"",
        )
        .replace(
            "[user.alice]",
            "[user_group.sales]\nlogout_times = [\"24:00\", \"12:30\"]\nexempt = true\n\
             [user.alice]\ngroup = \"sales\"\nclass = \"all\"\nmax_login = \"0:01\"\nexempt = true",
        );
    text.replace(
        "[phone.desk-1]",
        "[phone.desk-1]\nidle_limit_min = 0\nmax_login = \"168:00\"\nlogout_times = []",
    )
}

/// rules: DUR-1, IDL-2, EXM-1
#[test]
fn users_groups_classes_and_phones_have_limits_of_their_own() {
    let site = site(&everybody_speaks());
    let limits = |idle_limit_min, max_login_min| LogoutLimits {
        idle_limit_min,
        max_login_min,
        logout_times: None,
    };
    let alice = &site.users["alice"];
    assert_eq!(alice.group.as_ref().map(|g| g.as_str()), Some("sales"));
    assert_eq!(alice.class.as_ref().map(|c| c.as_str()), Some("all"));
    assert_eq!(alice.limits.as_deref(), Some(&limits(None, Some(1))));
    assert!(alice.exempt && site.user_groups["sales"].exempt);
    let times = site.user_groups["sales"].limits.logout_times.as_deref();
    assert_eq!(times, Some(&[750, 1440][..]));
    assert_eq!(
        site.user_profiles["clerk"].limits,
        limits(Some(30), Some(0))
    );
    assert_eq!(site.classes["all"].limits, limits(Some(5), None));
    let phone = site.phones["desk-1"].limits.as_deref();
    let expected = LogoutLimits {
        logout_times: Some(Vec::new()),
        ..limits(Some(0), Some(10_080))
    };
    assert_eq!(phone, Some(&expected));
    assert_eq!(site.settings.idle_limit_min, Some(600));
    assert_eq!(read(&write(&site), None).site, site);
}

#[test]
fn a_plan_names_groups_and_limits() {
    expect![[r#"
        ~ site
            idle_limit_min: not set -> 600
            max_login: not set -> "12:00"
        ~ class_of_service all
            auto_logout_h: not set -> 8
            idle_limit_min: not set -> 5
        ~ user_profile clerk
            idle_limit_min: not set -> 30
            max_login: not set -> "never"
        + user_group sales
        ~ user alice
            pin: changed
            group: not set -> "sales"
            class: not set -> "all"
            max_login: not set -> "0:01"
            exempt: not set -> true
        ~ phone desk-1
            idle_limit_min: not set -> 0
            max_login: not set -> "168:00"
            logout_times: not set -> []

        1 to add, 5 to change, 0 to remove.
    "#]]
    .assert_eq(&plan(&site(SMALL), &site(&everybody_speaks())).to_string());
}

/// rules: DUR-1
#[test]
fn limits_that_are_none_are_told() {
    let text = SMALL
        .replace(
            "[class_of_service.all]",
            "[class_of_service.all]\nauto_logout_h = 0\nidle_limit_min = 10000\nagent_answer = \"never\"",
        )
        .replace(
            "[user.alice]",
            "[user_group.\"no good\"]\nmax_login = \"168:01\"\nidle_limit = 5\nlogout_times = [\"7\"]\n\
             [user.alice]\ngroup = \"no god\"\nclass = \"al\"\nmax_login = 8",
        );
    check(
        &text,
        expect![[r#"
            site.toml:7:17: class_of_service.all.auto_logout_h: the number is out of range. Write one from 1 to 168
            site.toml:8:18: class_of_service.all.idle_limit_min: the number is out of range. Write one from 0 to 9999
            site.toml:9:16: class_of_service.all.agent_answer: "never" cannot be understood. Write "usual" or "not-ready-after-miss"
            site.toml:16:13: user_group."no good": a name is 1 to 64 characters without spaces, control characters, *, # and @. Choose another name
            site.toml:17:13: user_group."no good".max_login: "168:01" cannot be understood. Write hours and minutes, H:MM, from "0:01" to "168:00", or "never"
            site.toml:18:1: user_group."no good".idle_limit: there is no such key. Did you mean "idle_limit_min"?
            site.toml:19:16: user_group."no good".logout_times: "7" is no time of day. Write times from "00:00" to "24:00" (midnight at the day's end)
            site.toml:21:9: user.alice.group: there is no user_group "no god". Did you mean "no good"?
            site.toml:22:9: user.alice.class: there is no class_of_service "al". Did you mean "all"?
            site.toml:23:13: user.alice.max_login: this is a whole number. Write a text in quotes
        "#]],
    );
    check_with(
        "[class_of_service.all]",
        "[class_of_service.all]\nauto_logout_h = 8\nmax_login = \"7:00\"",
        expect![[r#"
            site.toml:7:17: class_of_service.all.auto_logout_h: max_login says already how long a login may last. Keep either auto_logout_h or max_login
        "#]],
    );
}

/// rules: EXM-1
#[test]
fn limits_that_never_apply_and_groups_of_nobody_are_doubtful() {
    check_with(
        "[user.alice]",
        "[user_group.sales]\nmax_login = \"8:00\"\nexempt = true\n[user.alice]\nidle_limit_min = 5\nexempt = true",
        expect![[r#"
            site.toml:13:13: warning: user_group.sales: no user is in this group. Give users group = "sales", or take the group away
            site.toml:14:13: warning: user_group.sales.max_login: this limit never applies: the group is exempt from automatic logout. Remove one of the two
            site.toml:17:18: warning: user.alice.idle_limit_min: this limit never applies: the user is exempt from automatic logout. Remove one of the two
        "#]],
    );
}

#[test]
fn calling_rights_are_written_as_patterns() {
    let text = SMALL.replace(
        "[class_of_service.all]",
        "[class_of_service.all]\ndeny = [\"0900!\", \"00.\"]\nallow = [\"0[2-9]XXX\"]\nagent_answer = \"not-ready-after-miss\"",
    );
    let site = site(&text);
    let class = &site.classes["all"];
    assert!(
        class.deny[0].fits("0900") && class.deny[1].fits("001") && class.allow[0].fits("02111")
    );
    assert_eq!(class.agent_answer, AgentAnswer::NotReadyAfterMiss);
    assert_eq!(read(&write(&site), None).site, site);
    check_with(
        "[class_of_service.all]",
        "[class_of_service.all]\ndeny = [\"0900\", \"0[2\"]\nallow = [\"0 1\", \"\"]",
        expect![[r#"
            site.toml:7:8: class_of_service.all.deny: "0[2" is no pattern: a [ has no ]. Write digits, X (0-9), Z (1-9), N (2-9), [3-57], and at the end . (something) or ! (anything), as in "0[2-9]XXX" or "00!"
            site.toml:8:9: class_of_service.all.allow: "" is no pattern: it is empty. Write digits, X (0-9), Z (1-9), N (2-9), [3-57], and at the end . (something) or ! (anything), as in "0[2-9]XXX" or "00!"
            site.toml:8:9: class_of_service.all.allow: "0 1" is no pattern: nobody can dial ' '. Write digits, X (0-9), Z (1-9), N (2-9), [3-57], and at the end . (something) or ! (anything), as in "0[2-9]XXX" or "00!"
        "#]],
    );
}

/// rules: TOD-1, DUR-1
#[test]
fn times_are_written_with_two_digits_of_minutes_and_are_three_at_most() {
    check_with(
        "[user_profile.clerk]",
        "[user_profile.clerk]\nlogout_times = [\"1:00\", \"2:00\", \"3:00\", \"4:00\"]\nmax_login = \"7:5\"",
        expect![[r#"
            site.toml:12:16: user_profile.clerk.logout_times: there are more than three. Keep three at most
            site.toml:13:13: user_profile.clerk.max_login: "7:5" cannot be understood. Write hours and minutes, H:MM, from "0:01" to "168:00", or "never"
        "#]],
    );
    check_with(
        "[user_profile.clerk]",
        "[user_profile.clerk]\nlogout_times = [\"0007:00\", \"7:000\"]\nmax_login = \"7:60\"",
        expect![[r#"
            site.toml:12:16: user_profile.clerk.logout_times: "0007:00" is no time of day. Write times from "00:00" to "24:00" (midnight at the day's end)
            site.toml:12:16: user_profile.clerk.logout_times: "7:000" is no time of day. Write times from "00:00" to "24:00" (midnight at the day's end)
            site.toml:13:13: user_profile.clerk.max_login: "7:60" cannot be understood. Write hours and minutes, H:MM, from "0:01" to "168:00", or "never"
        "#]],
    );
}
