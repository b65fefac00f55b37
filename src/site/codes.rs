//! `[codes]`: what is dialled for which feature.

use super::reader::Section;
use crate::pbx::Codes;

/// What the table says; the usual code where it says none.
pub(super) fn read(s: &mut Section<'_>) -> Codes {
    let usual = Codes::default();
    Codes {
        login: code(s, "login", usual.login),
        logout: code(s, "logout", usual.logout),
        remote_logout: code(s, "remote_logout", usual.remote_logout),
        echo: code(s, "echo", usual.echo),
        forward_all: code(s, "forward_all", usual.forward_all),
        forward_all_off: code(s, "forward_all_off", usual.forward_all_off),
        forward_busy: code(s, "forward_busy", usual.forward_busy),
        forward_busy_off: code(s, "forward_busy_off", usual.forward_busy_off),
        forward_no_answer: code(s, "forward_no_answer", usual.forward_no_answer),
        forward_no_answer_off: code(s, "forward_no_answer_off", usual.forward_no_answer_off),
        do_not_disturb: code(s, "do_not_disturb", usual.do_not_disturb),
        do_not_disturb_off: code(s, "do_not_disturb_off", usual.do_not_disturb_off),
        pickup: code(s, "pickup", usual.pickup),
        group_pickup: code(s, "group_pickup", usual.group_pickup),
        park: code(s, "park", usual.park),
        barge: code(s, "barge", usual.barge),
        take_held: code(s, "take_held", usual.take_held),
        privacy: code(s, "privacy", usual.privacy),
        privacy_off: code(s, "privacy_off", usual.privacy_off),
        hunt_join: code(s, "hunt_join", usual.hunt_join),
        hunt_leave: code(s, "hunt_leave", usual.hunt_leave),
        hunt_leave_one: code(s, "hunt_leave_one", usual.hunt_leave_one),
        hunt_ready: code(s, "hunt_ready", usual.hunt_ready),
        hunt_ready_phone: code(s, "hunt_ready_phone", usual.hunt_ready_phone),
        after_hours: code(s, "after_hours", usual.after_hours),
    }
}

fn code(s: &mut Section<'_>, key: &'static str, usual: String) -> String {
    s.text(key).map_or(usual, Into::into)
}
