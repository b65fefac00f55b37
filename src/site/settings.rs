//! `[site]`: what is so for the whole site.

use super::hunt_group;
use super::limits::{IDLE_MOST, logout_times, max_login};
use super::profile::second_login;
use super::reader::Section;
use super::trunk;
use crate::pbx::{DoNotDisturb, SecondLogin, Settings};

/// What is so for the whole site, and what the table says of a second login, if it does.
pub(super) fn read(s: &mut Section<'_>) -> (Settings, Option<SecondLogin>) {
    let usual = Settings::default();
    let second_login = second_login(s);
    let settings = Settings {
        name: s.required_text("name").into(),
        timezone: s.text("timezone").map_or(usual.timezone, Into::into),
        realm: s.text("realm").map_or(usual.realm, Into::into),
        voicemail: s.text("voicemail").map(Into::into),
        second_login: second_login.unwrap_or_default(),
        move_wait_s: s
            .number("move_wait_s", 0..=3600)
            .unwrap_or(usual.move_wait_s),
        logout_times: logout_times(s),
        idle_limit_min: s.number("idle_limit_min", 1..=IDLE_MOST),
        max_login_min: max_login(s),
        warning_s: s.number("warning_s", 0..=3600).unwrap_or(usual.warning_s),
        warning_tone: s.flag("warning_tone").unwrap_or(usual.warning_tone),
        held_cap_min: s
            .number("held_cap_min", 1..=10_080)
            .unwrap_or(usual.held_cap_min),
        off_hook_limit_s: s
            .number("off_hook_limit_s", 1..=3600)
            .unwrap_or(usual.off_hook_limit_s),
        emergency_hold_min: s
            .number("emergency_hold_min", 0..=1440)
            .unwrap_or(usual.emergency_hold_min),
        logouts_per_s: s
            .number("logouts_per_s", 1..=10_000)
            .unwrap_or(usual.logouts_per_s),
        firmware_away_s: s
            .number("firmware_away_s", 0..=86_400)
            .unwrap_or(usual.firmware_away_s),
        no_answer_s: s
            .number("no_answer_s", 1..=3600)
            .unwrap_or(usual.no_answer_s),
        silence_s: s.number("silence_s", 1..=600).unwrap_or(usual.silence_s),
        digit_pause_s: s
            .number("digit_pause_s", 1..=60)
            .unwrap_or(usual.digit_pause_s),
        login_tries: s.number("login_tries", 1..=10).unwrap_or(usual.login_tries),
        echo_limit_s: s
            .number("echo_limit_s", 1..=3600)
            .unwrap_or(usual.echo_limit_s),
        transfer_recall_s: s
            .number("transfer_recall_s", 0..=3600)
            .unwrap_or(usual.transfer_recall_s),
        park_slots: s.names("park_slots"),
        park_recall_s: s
            .number("park_recall_s", 0..=3600)
            .unwrap_or(usual.park_recall_s),
        do_not_disturb: do_not_disturb(s).unwrap_or_default(),
        hunt_group_logout: hunt_group::logout(s).unwrap_or_default(),
        hunt_joined_at_logout: hunt_group::joined_at_logout(s).unwrap_or_default(),
        hunt_connected_name: hunt_group::connected_name(s).unwrap_or_default(),
        after_hours_pin_min: s
            .number("after_hours_pin_min", 1..=1440)
            .unwrap_or(usual.after_hours_pin_min),
        lock_after: s.number("lock_after", 1..=100).unwrap_or(usual.lock_after),
        lock_window_s: s
            .number("lock_window_s", 1..=86_400)
            .unwrap_or(usual.lock_window_s),
        lock_s: s.number("lock_s", 1..=86_400).unwrap_or(usual.lock_s),
        alphanumeric_user_id: s
            .flag("alphanumeric_user_id")
            .unwrap_or(usual.alphanumeric_user_id),
        numbering: trunk::numbering(s),
        address: s.inner("address", trunk::address).unwrap_or_default(),
    };
    (settings, second_login)
}

fn do_not_disturb(s: &mut Section<'_>) -> Option<DoNotDisturb> {
    let remedy = "Write \"reject\" or \"silent\"";
    s.parsed("do_not_disturb", remedy, |word| match word {
        "reject" => Some(DoNotDisturb::Reject),
        "silent" => Some(DoNotDisturb::Silent),
        _ => None,
    })
}
