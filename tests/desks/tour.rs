//! One person goes from phone to phone, over either protocol: the old one is a guest's again, the new one hers, her calls
//! follow, and the call that she is in is not cut.

use super::installed::directory;
use super::judge::judge;
use super::office::Office;
use super::support::live_phone::{LivePhone, Security, talk, talk_on};
use super::support::phone::{CallState, Order};

/// How Alice logs in, and how whoever is there logs out.
const LOG_IN: &str = "*11*2001*1111#";
const LOG_OUT: &str = "*12";

/// What stands beside the buttons of a phone that is hers.
const HERS: [&str; 3] = [
    "line 2001 Alice",
    "speed dial 2002 Bob",
    "speed dial *90 Echo",
];

/// What stands beside those of the phones while nobody is logged in.
const OLD: [&str; 1] = ["line 9011 Guest"];
const NEW: [&str; 1] = ["line 9012 Guest"];

/// The phones of the demonstration site that she visits, and one of somebody else.
struct Tour<'a> {
    office: Office<'a>,
    /// A 7960, which starts anew to be somebody's.
    old: LivePhone,
    /// A 7975, which is somebody's at once.
    new: LivePhone,
    /// A SIP phone.
    desk: LivePhone,
    /// Whose number is 9002.
    other: LivePhone,
}

impl<'a> Tour<'a> {
    fn new(office: Office<'a>) -> Tour<'a> {
        let cisco = |name, model, tone| office.station(name, model, Security::Plain, tone);
        let tour = Tour {
            old: cisco("SEP001122334401", "7960", 440),
            new: cisco("SEP001122334402", "7975", 700),
            desk: office.desk("desk-1", 1000),
            other: office.desk("desk-2", 1300),
            office,
        };
        tour.old.has_buttons(&OLD);
        tour.new.has_buttons(&NEW);
        tour
    }

    /// Where Alice is.
    fn she_is_at(&self, phone: &LivePhone) {
        let at = self.office.server.phone_of("u2001");
        assert_eq!(at.as_deref(), Some(phone.name.as_str()));
    }

    /// Somebody calls her, and it rings there and nowhere else.
    fn her_calls_ring_at(&self, there: &LivePhone) {
        self.other.order(&dial("2001"));
        there.sees("rings (from 9002 Guest)");
        self.other.sees("hears it ring");
        for phone in [&self.old, &self.new, &self.desk] {
            if phone.name != there.name {
                phone.has_calls(&[]);
            }
        }
        self.other.order(&Order::HangUp);
        self.other.has_calls(&[]);
        there.has_calls(&[]);
    }

    /// Somebody calls her where she is, and she answers.
    fn she_is_called_at(&self, there: &LivePhone) {
        self.other.order(&dial("2001"));
        there.sees("rings (from 9002 Guest)");
        there.order(&Order::Answer);
        talk(there, &self.other);
    }

    /// All that was said and heard was in order.
    fn is_over(&self) {
        self.office.is_quiet();
        judge(&[&self.old, &self.new, &self.desk, &self.other]);
    }
}

fn dial(digits: &str) -> Order {
    Order::Dial(digits.to_owned())
}

/// rules: SES-1, SES-2, SES-6, SES-7, SES-11, OUT-1, CAL-1
#[test]
fn a_user_goes_from_phone_to_phone_and_no_call_is_cut() {
    let dir = directory();
    let tour = Tour::new(Office::open(dir.path()));
    let Tour {
        old,
        new,
        desk,
        other,
        ..
    } = &tour;

    old.order(&dial(LOG_IN));
    old.has_buttons(&HERS);
    old.registers();
    assert_eq!(old.connections(), 2, "it has started anew");
    tour.she_is_at(old);
    tour.her_calls_ring_at(old);

    // To the SIP phone, while she is in a call at the 7960: the move waits for its end.
    tour.she_is_called_at(old);
    desk.order(&dial(LOG_IN));
    desk.sees("hears \"In a call at SEP001122334401: logged in here when it ends");
    talk_on(old, other);
    tour.she_is_at(old);
    assert_eq!(
        (old.buttons().as_slice(), old.connections()),
        (&HERS.map(String::from)[..], 2)
    );
    other.order(&Order::HangUp);
    old.has_buttons(&OLD);
    old.registers();
    desk.sees("reads \"Logged in: 2001 Alice\"");
    tour.she_is_at(desk);
    tour.her_calls_ring_at(desk);

    // To the 7975, while she is in a call at the SIP phone.
    tour.she_is_called_at(desk);
    new.order(&dial(LOG_IN));
    new.sees("hears \"In a call at desk-1: logged in here when it ends");
    talk_on(desk, other);
    tour.she_is_at(desk);
    assert_eq!(new.buttons(), NEW);
    desk.order(&Order::HangUp);
    new.has_buttons(&HERS);
    desk.sees("reads \"Logged out: logged in at SEP001122334402\"");
    tour.she_is_at(new);
    tour.her_calls_ring_at(new);
    new.order(&dial("9002"));
    other.sees("rings (from 2001 Alice)");
    other.order(&Order::Answer);
    talk(new, other);
    new.order(&Order::HangUp);
    other.has_calls(&[]);

    // Back to the 7960, and home.
    old.order(&dial(LOG_IN));
    old.has_buttons(&HERS);
    old.registers();
    new.has_buttons(&NEW);
    tour.she_is_at(old);
    tour.her_calls_ring_at(old);
    old.order(&dial(LOG_OUT));
    old.has_buttons(&OLD);
    old.registers();
    assert_eq!(tour.office.server.who(), []);
    assert_eq!(new.connections(), 1, "it was never told to start anew");
    tour.is_over();
}

/// rules: SES-2, SES-6, SES-13, CAL-1, CAL-2
///
/// A call that goes on for longer than a move waits stays where it is: she is elsewhere, and goes on to talk here.
#[test]
fn a_call_goes_on_where_its_user_is_no_more() {
    let dir = directory();
    let tour = Tour::new(Office::open_with(dir.path(), "move_wait_s = 1"));
    let Tour {
        old,
        new,
        desk,
        other,
        ..
    } = &tour;

    new.order(&dial(LOG_IN));
    new.has_buttons(&HERS);
    tour.she_is_called_at(new);
    old.order(&dial(LOG_IN));
    old.sees("hears \"In a call at");
    old.has_buttons(&HERS);
    old.registers();
    tour.she_is_at(old);
    talk_on(new, other);
    assert_eq!(new.buttons(), HERS);
    new.order(&Order::Hold);
    new.has_calls(&[CallState::Holding]);
    other.sees("is held");
    new.order(&Order::Resume);
    talk(new, other);
    // Whoever calls her now finds her at the other phone.
    desk.order(&dial("2001"));
    old.sees("rings (from 9001 Guest)");
    old.order(&Order::Answer);
    talk(old, desk);
    talk_on(new, other);

    // And on to the SIP phone that she is talking with, by somebody who knows her PIN.
    other.order(&dial(LOG_IN));
    other.sees("hears \"In a call at");
    other.sees("reads \"Logged in: 2001 Alice\"");
    tour.she_is_at(other);
    talk_on(old, desk);
    talk_on(new, other);
    new.order(&Order::HangUp);
    new.has_buttons(&NEW);
    desk.order(&Order::HangUp);
    old.has_buttons(&OLD);
    old.registers();
    assert_eq!(new.connections(), 1, "it was never told to start anew");
    tour.is_over();
}
