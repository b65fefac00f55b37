//! Every softphone over every transport: registers, is refused, calls, presses keys, holds, transfers, hangs up.

use std::time::Duration;

use super::baresip::Baresip;
use super::built_server::{Perch, wait_until};
use super::installed::{directory, has};
use super::linphone::Linphone;
use super::softphone::{Over, Softphone};

const SECOND: Duration = Duration::from_secs(1);

/// Phones of the demonstration site; logged out they are guests with these numbers.
const DESKS: [(&str, &str); 3] = [("desk-1", "9001"), ("desk-2", "9002"), ("desk-3", "9003")];

/// A call with everything in it, between the first two; then one that is sent on to the third.
fn walk(server: &Perch, [one, two, three]: [&dyn Softphone; 3]) {
    one.dial("9002");
    assert_eq!(two.sees_caller(), "9001", "{} shows it", two.name());
    two.answer();
    one.talks();
    one.presses('5');
    two.hears_key('5');
    two.presses('8');
    one.hears_key('8');
    one.holds();
    one.resumes();
    one.hangs_up();
    two.is_left();
    none_is_left(server);

    one.dial("9002");
    two.sees_caller();
    two.answer();
    one.talks();
    one.transfers_to("9003");
    assert_eq!(three.sees_caller(), "9002", "{} shows it", three.name());
    three.answer();
    one.is_left();
    two.presses('3');
    three.hears_key('3');
    three.hangs_up();
    two.is_left();
    none_is_left(server);
}

fn none_is_left(server: &Perch) {
    wait_until("the server has no calls", 5 * SECOND, || {
        server.json(&["status"])["calls"] == 0
    });
}

fn walk_with_baresip(over: Over) {
    if !has("baresip", "baresip") {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    Baresip::is_refused(dir.path(), &server, "desk-4", over);
    let phones = DESKS.map(|(name, _)| Baresip::register(dir.path(), &server, name, over, 440));
    walk(&server, [&phones[0], &phones[1], &phones[2]]);
}

fn walk_with_linphone(over: Over) {
    if !has("linphone-daemon", "linphone-cli") {
        return;
    }
    let dir = directory();
    let server = Perch::demo(dir.path());
    Linphone::is_refused(dir.path(), &server, "desk-4", over);
    let phones = DESKS.map(|(name, _)| Linphone::register(dir.path(), &server, name, over));
    walk(&server, [&phones[0], &phones[1], &phones[2]]);

    // Asks the third before sending the second there.
    let [one, two, three] = &phones;
    one.dial("9002");
    two.sees_caller();
    two.answer();
    one.talks();
    one.holds();
    let first = one.call();
    one.dial("9003");
    three.sees_caller();
    three.answer();
    one.talks();
    one.joins(first, one.call());
    one.is_out_of_both();
    two.presses('6');
    three.hears_key('6');
    two.hangs_up();
    three.is_left();
    none_is_left(&server);
}

/// rules: CAL-1, CAL-2
#[test]
fn baresip_over_udp() {
    walk_with_baresip(Over::Udp);
}

/// rules: CAL-1, CAL-2
#[test]
fn baresip_over_tcp() {
    walk_with_baresip(Over::Tcp);
}

/// rules: CAL-1, CAL-2
#[test]
fn baresip_over_tls() {
    walk_with_baresip(Over::Tls);
}

/// rules: CAL-1, CAL-2
#[test]
fn linphone_over_udp() {
    walk_with_linphone(Over::Udp);
}

/// rules: CAL-1, CAL-2
#[test]
fn linphone_over_tcp() {
    walk_with_linphone(Over::Tcp);
}

/// rules: CAL-1, CAL-2
#[test]
fn linphone_over_tls() {
    walk_with_linphone(Over::Tls);
}
