//! Every version and a real softphone: baresip counts and records what it hears.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::baresip::{Baresip, Counted};
use super::built_server::wait_for;
use super::calls::at_every_model;
use super::installed::has;
use super::office::{Desk, MODELS, Office, TONES, sip_name, sip_number};
use super::softphone::{Over, Softphone};
use super::support::live_phone::{SOME, talk};
use super::support::phone::{CallState, Order};

/// Where baresip is.
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What it says, in hertz.
const VOICE: u32 = 1500;

/// So many packets are enough to tell tones from each other in a recording.
const MORE: u32 = 40;

/// How long it may take to write down what it has counted and heard.
const SOON: Duration = Duration::from_secs(15);

/// A Cisco phone, a softphone, and another Cisco phone that a call may be handed on to.
struct Party {
    one: Desk,
    soft: Baresip,
    number: String,
    third: Desk,
}

impl Party {
    fn new(office: &Office<'_>, model: usize) -> Party {
        let name = sip_name(model);
        Party {
            one: office.cisco(model, 0),
            soft: Baresip::register(office.dir, &office.server, &name, Over::Udp, VOICE),
            number: sip_number(model),
            third: office.cisco((model + 1) % MODELS.len(), 1),
        }
    }

    fn cisco_calls(&self) {
        let Party { one, soft, .. } = self;
        one.phone.order(&Order::Dial(self.number.clone()));
        assert_eq!(soft.rings(), ("Guest".into(), one.number.clone()));
        one.phone.sees("hears it ring");
        soft.answer();
        one.phone.talks_to(THERE, MORE);
    }

    fn softphone_calls(&self) {
        let Party { one, soft, .. } = self;
        soft.dial(&one.number);
        one.phone.sees(&format!("rings (from {}", self.number));
        one.phone.order(&Order::Answer);
        soft.talks();
        one.phone.talks_to(THERE, SOME);
    }

    fn cisco_holds(&self) {
        let phone = &self.one.phone;
        phone.order(&Order::Hold);
        phone.has_calls(&[CallState::Holding]);
        phone.is_silent();
        phone.hears_nothing_from(THERE);
        phone.order(&Order::Resume);
        phone.talks_to(THERE, SOME);
    }

    fn softphone_holds(&self) {
        let phone = &self.one.phone;
        self.soft.holds();
        phone.sees("is held");
        phone.is_silent();
        self.soft.resumes();
        phone.sees("is taken back");
        phone.talks_to(THERE, SOME);
    }

    /// What baresip counted of the call that is over is what the Cisco phones counted. What was on its way when somebody
    /// hung up may be missing.
    fn is_counted(&self, call: usize, before: Counted) {
        let counted = wait_for("baresip has counted", SOON, || {
            self.soft.counted().get(call).copied()
        });
        let now = self.count();
        let (said, heard) = (now.received - before.received, now.sent - before.sent);
        let is_near = |one: u32, other: u32| one.abs_diff(other) <= 3;
        assert!(
            is_near(counted.received, said) && is_near(counted.sent, heard),
            "{}: {counted:?}, but was told {said} and heard {heard}",
            self.one.phone.name
        );
    }

    /// What baresip has received and sent by the count of the others.
    fn count(&self) -> Counted {
        let phones = [&self.one.phone, &self.third.phone];
        Counted {
            received: phones.iter().map(|phone| phone.sent_to(THERE)).sum(),
            sent: phones.iter().map(|phone| phone.heard_from(THERE)).sum(),
        }
    }
}

/// rules: CAL-1, CAL-2
#[test]
fn cisco_phones_of_every_version_and_baresip_call_each_other() {
    if !has("baresip", "baresip") {
        return;
    }
    at_every_model(|office, model| {
        let party = Party::new(office, model);
        let Party {
            one, soft, third, ..
        } = &party;

        party.cisco_calls();
        party.cisco_holds();
        party.softphone_holds();
        one.phone.order(&Order::HangUp);
        soft.is_left();
        one.phone.has_calls(&[]);
        party.is_counted(0, Counted::default());

        let before = party.count();
        party.softphone_calls();
        party.cisco_holds();
        party.softphone_holds();
        soft.hang_up();
        one.phone.has_calls(&[]);
        party.is_counted(1, before);

        let before = party.count();
        party.softphone_calls();
        one.phone.order(&Order::Consult(third.number.clone()));
        third.phone.sees(&format!("rings (from {}", one.number));
        third.phone.order(&Order::Answer);
        talk(&one.phone, &third.phone);
        one.phone.order(&Order::JoinCalls);
        one.phone.has_calls(&[]);
        third.phone.talks_to(THERE, MORE);
        third.phone.order(&Order::HangUp);
        soft.is_left();
        party.is_counted(2, before);

        let before = party.count();
        party.cisco_calls();
        soft.transfers_to(&third.number);
        third.phone.sees(&format!("rings (from {}", one.number));
        third.phone.order(&Order::Answer);
        soft.is_left();
        talk(&one.phone, &third.phone);
        one.phone.order(&Order::HangUp);
        third.phone.has_calls(&[]);
        party.is_counted(3, before);

        // It plays nothing of whoever speaks second in a call, though it receives and counts it.
        let heard = soft.heard_tone(TONES[0]);
        assert!(heard > 0.9, "{} was heard: {heard}", one.phone.name);
        let Party { one, third, .. } = party;
        vec![one, third]
    });
}
