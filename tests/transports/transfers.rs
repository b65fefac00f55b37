//! Calls that are handed on, over every transport.

use perch::sip::wire::{Message, Method, Name};

use super::LOOPBACKS;
use super::built_server::Perch;
use super::wire_phone::{Over, Phone, SDP, Side};

/// Three phones, and a call of the first to the second.
struct Desk {
    one: Phone,
    two: Phone,
    three: Phone,
    /// The first phone's side of the call.
    calling: Side,
    called: Side,
}

impl Desk {
    fn new(server: &Perch, over: Over) -> Desk {
        let at = server.at(LOOPBACKS[0], over.port());
        let phone = |name| {
            let mut phone = Phone::new(name, over, at);
            assert_eq!(phone.register().status(), Some(200), "{name} {over:?}");
            phone
        };
        let (mut one, mut two, three) = (phone("desk-1"), phone("desk-2"), phone("desk-3"));
        let (calling, called) = call(&mut one, "9002", &mut two);
        Desk {
            one,
            two,
            three,
            calling,
            called,
        }
    }

    /// The first phone is told how the transfer goes, at last that it is done, and is released from so many calls.
    fn is_rid_of(&mut self, calls: usize) {
        let (mut told, mut byes) = (false, 0);
        while !told || byes < calls {
            let request = self.one.link.take();
            self.one.respond(&request, 200, b"");
            match request.method() {
                Some(Method::Bye) => byes += 1,
                Some(Method::Notify) => {
                    let state = request.text(Name::SubscriptionState).unwrap_or_default();
                    told |= state.starts_with("terminated");
                    let is_good = request.body().starts_with(b"SIP/2.0 200 ");
                    assert!(!told || is_good, "{request:?}");
                }
                _ => panic!("{request:?}"),
            }
        }
    }

    /// The two who are left hang up.
    fn ends(mut self) {
        let bye = Method::Bye;
        self.two.send_request(bye, &mut self.called, &[], b"");
        assert_eq!(self.two.final_answer().status(), Some(200));
        let bye = self.three.expect(bye);
        self.three.respond(&bye, 200, b"");
    }
}

fn call(caller: &mut Phone, number: &str, callee: &mut Phone) -> (Side, Side) {
    let mut calling = caller.invite(number);
    let invite = callee.expect(Method::Invite);
    let called = callee.answer(&invite);
    caller.answered(&mut calling);
    (calling, called)
}

/// A re-INVITE, its answer and its ACK.
fn takes_change(phone: &mut Phone) -> Message {
    let change = phone.expect(Method::Invite);
    phone.respond(&change, 200, SDP);
    change
}

/// rules: CAL-2
#[test]
fn a_call_is_sent_on_over_every_transport() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo(dir.path());
    for over in Over::ALL {
        let mut desk = Desk::new(&server, over);
        let to = [("Refer-To", "<sip:9003@perch.invalid>")];
        desk.one
            .send_request(Method::Refer, &mut desk.calling, &to, b"");
        assert_eq!(desk.one.final_answer().status(), Some(202), "{over:?}");
        let invite = desk.three.expect(Method::Invite);
        assert!(invite.body().is_empty(), "its phone is to make the offer");
        desk.three.respond(&invite, 200, SDP);
        let change = takes_change(&mut desk.two);
        assert_eq!(change.body().as_ref(), SDP);
        desk.two.expect(Method::Ack);
        let ack = desk.three.expect(Method::Ack);
        assert_eq!(ack.body().as_ref(), SDP);
        desk.is_rid_of(1);
        desk.ends();
    }
}

/// rules: CAL-2
#[test]
fn two_calls_are_joined_over_every_transport() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo(dir.path());
    for over in Over::ALL {
        let mut desk = Desk::new(&server, over);
        let (second, _) = call(&mut desk.one, "9003", &mut desk.three);
        let second = desk.one.names(&second);
        let to = format!("<sip:9003@perch.invalid?Replaces={second}>");
        let to = [("Refer-To", to.as_str())];
        desk.one
            .send_request(Method::Refer, &mut desk.calling, &to, b"");
        assert_eq!(desk.one.final_answer().status(), Some(202), "{over:?}");
        let asked = takes_change(&mut desk.two);
        assert!(asked.body().is_empty(), "it is to make the offer");
        let change = takes_change(&mut desk.three);
        assert_eq!(change.body().as_ref(), SDP);
        desk.three.expect(Method::Ack);
        let ack = desk.two.expect(Method::Ack);
        assert_eq!(ack.body().as_ref(), SDP);
        desk.is_rid_of(2);
        desk.ends();
    }
}

/// rules: CAL-2
#[test]
fn nobody_takes_a_call_over_by_invite() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo(dir.path());
    let mut desk = Desk::new(&server, Over::Tcp);
    let call = desk.one.names(&desk.calling);
    let call = call.replace("%3B", ";").replace("%3D", "=");
    let (other, half) = (format!("x{call}"), "x;to-tag=1");
    for (replaces, status) in [(call.as_str(), 403), (&other, 481), (half, 400)] {
        let mut side = desk.three.new_call("9002");
        let headers = [("Replaces", replaces)];
        let refused = desk.three.ask(Method::Invite, &mut side, &headers, SDP);
        assert_eq!(refused.status(), Some(status), "{replaces}");
        let why = refused.text(Name::Reason).unwrap_or_default();
        assert!(why.contains("text="), "{refused:?}");
    }
    let bye = Method::Bye;
    desk.one.send_request(bye, &mut desk.calling, &[], b"");
    assert_eq!(desk.one.final_answer().status(), Some(200));
}
