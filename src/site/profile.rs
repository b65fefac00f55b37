//! Profiles: what a phone is while somebody is logged in there, and while nobody is.

use toml::de::DeValue;

use super::buttons::{lines, speed_dials};
use super::limits::limits;
use super::pin::pin;
use super::reader::Section;
use crate::pbx::{
    AbsentHandling, AgentKind, Forwarding, LogoutProfile, SecondLogin, SoftphoneUse, UserProfile,
};

/// How many digits the PIN of a profile has (PRO-5).
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=8;

/// One of those that phones have while nobody is there.
pub(super) fn logout_profile(s: &mut Section<'_>) -> LogoutProfile {
    LogoutProfile {
        lines: lines(s),
        class: s.required_text("class").into(),
        display_name: s.required_text("display_name").into(),
        speed_dials: speed_dials(s),
        privacy_button: s.flag("privacy_button").unwrap_or_default(),
        hunt_button: s.flag("hunt_button").unwrap_or_default(),
    }
}

/// One of those that users have, and its PIN that is to be hashed, if everything else is right.
pub(super) fn user_profile<'t>(s: &mut Section<'t>) -> (UserProfile, Option<&'t str>) {
    let (pin, to_hash) = pin(s, "the PIN of a profile", PIN_DIGITS);
    let profile = UserProfile {
        lines: lines(s),
        class: s.required_text("class").into(),
        limits: limits(s),
        exempt: s.flag("exempt").unwrap_or_default(),
        second_login: second_login(s),
        absent: absent(s).unwrap_or_default(),
        forwarding: forwarding(s),
        softphone: softphone_use(s).unwrap_or_default(),
        speed_dials: speed_dials(s),
        pickup_group: s.text("pickup_group").map(Into::into),
        voicemail: s.text("voicemail").map(Into::into),
        privacy_button: s.flag("privacy_button").unwrap_or_default(),
        hunt_button: s.flag("hunt_button").unwrap_or_default(),
        agent: s.parsed(
            "agent",
            "Write \"traditional\" or \"hot-desk\"",
            AgentKind::of_word,
        ),
        pin,
    };
    (profile, to_hash)
}

fn absent(s: &mut Section<'_>) -> Option<AbsentHandling> {
    const FORMS: &str = "\"voicemail\", \"busy\", \"unreachable\", or { forward = \"…\" }";
    match s.get("absent")? {
        DeValue::String(word) => match word.as_ref() {
            "voicemail" => Some(AbsentHandling::Voicemail),
            "busy" => Some(AbsentHandling::Busy),
            "unreachable" => Some(AbsentHandling::Unreachable),
            _ => {
                s.wrong(
                    "absent",
                    format!("{word:?} is no way to handle calls"),
                    format!("Write {FORMS}"),
                );
                None
            }
        },
        DeValue::Table(_) => {
            let forward = s.inner("absent", |inner| inner.required_text("forward").into())?;
            Some(AbsentHandling::Forward(forward))
        }
        other => s.mistyped("absent", other, FORMS),
    }
}

fn forwarding(s: &mut Section<'_>) -> Forwarding {
    let usual = Forwarding::default();
    Forwarding {
        all: s.text("forward_all").map(Into::into),
        busy: s.text("forward_busy").map(Into::into),
        no_answer: s.text("forward_no_answer").map(Into::into),
        no_answer_s: s
            .number("forward_no_answer_s", 1..=3600)
            .unwrap_or(usual.no_answer_s),
        one_call_at_a_time: !s.flag("call_waiting").unwrap_or(true),
    }
}

/// What becomes of somebody who logs in at another phone.
pub(super) fn second_login(s: &mut Section<'_>) -> Option<SecondLogin> {
    let remedy = "Write \"move\", \"refuse\" or \"allow\"";
    s.parsed("second_login", remedy, |word| match word {
        "move" => Some(SecondLogin::Move),
        "refuse" => Some(SecondLogin::Refuse),
        "allow" => Some(SecondLogin::Allow),
        _ => None,
    })
}

fn softphone_use(s: &mut Section<'_>) -> Option<SoftphoneUse> {
    let remedy = "Write \"companion\", \"phone\" or \"no\"";
    s.parsed("softphone", remedy, |word| match word {
        "companion" => Some(SoftphoneUse::Companion),
        "phone" => Some(SoftphoneUse::Phone),
        "no" => Some(SoftphoneUse::No),
        _ => None,
    })
}
