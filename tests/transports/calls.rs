//! Registrations and calls, over every transport.

use perch::sip::wire::Name;
use rsip::Method;

use super::LOOPBACKS;
use super::built_server::Perch;
use super::wire_phone::{Over, Phone, SDP, contact_of};

#[test]
fn phones_register_and_call_over_every_transport() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    for address in LOOPBACKS {
        for over in Over::ALL {
            let at = server.at(address, over.port());
            let mut caller = Phone::new("desk-1", over, at);
            let mut callee = Phone::new("desk-2", over, at);
            assert_eq!(caller.register().status(), Some(200), "{at} {over:?}");
            assert_eq!(callee.register().status(), Some(200), "{at} {over:?}");
            call_through(&mut caller, &mut callee, over);
            for phone in [&mut caller, &mut callee] {
                phone.contact_params = ";expires=0".into();
                assert_eq!(phone.register().status(), Some(200), "{at} {over:?}");
            }
        }
    }
    let metrics = server.metrics();
    for word in ["udp", "tcp", "tls", "ws", "wss"] {
        let counted = format!("perch_sip_messages_received_total{{transport=\"{word}\"}}");
        assert!(metrics.contains(&counted), "{counted}\n{metrics}");
    }
}

/// A call with a digit, hold, resume and an end; what Perch says of itself must fit the transport.
fn call_through(caller: &mut Phone, callee: &mut Phone, over: Over) {
    let mut calling = caller.invite("9002");
    let invite = callee.expect(Method::Invite);
    let via = invite.top_via().expect("a Via");
    assert_eq!(via.transport, over.token());
    assert!(!via.host.contains("ffff"), "{invite:?}");
    callee.respond(&invite, 180, b"");
    let mut called = callee.answer(&invite);
    let answer = caller.answered(&mut calling);
    for ours in [contact_of(&invite), contact_of(&answer)] {
        let token = match over {
            Over::Wss => "ws".to_owned(),
            over => over.token().to_lowercase(),
        };
        assert!(ours.ends_with(&format!(";transport={token}")), "{ours}");
        let host = match caller.local.ip() {
            ip if ip.is_ipv4() => format!("sip:{ip}:"),
            ip => format!("sip:[{ip}]:"),
        };
        assert!(ours.starts_with(&host), "{ours}");
    }
    caller.send_request(
        Method::Info,
        &mut calling,
        &[],
        b"Signal=5\r\nDuration=100\r\n",
    );
    let info = callee.expect(Method::Info);
    assert_eq!(info.body().as_ref(), b"Signal=5\r\nDuration=100\r\n");
    callee.respond(&info, 200, b"");
    assert_eq!(caller.final_answer().status(), Some(200));
    for direction in ["sendonly", "sendrecv"] {
        let offer = [SDP, format!("a={direction}\r\n").as_bytes()].concat();
        callee.send_request(Method::Invite, &mut called, &[], &offer);
        let again = caller.expect(Method::Invite);
        assert_eq!(again.body().as_ref(), offer.as_slice());
        caller.respond(&again, 200, SDP);
        caller.expect(Method::Ack);
        callee.answered(&mut called);
        // The ACK and what comes next are datagrams of their own, and may overtake each other.
        callee.send_request(Method::Info, &mut called, &[], b"Signal=#\r\n");
        let info = caller.expect(Method::Info);
        caller.respond(&info, 200, b"");
        assert_eq!(callee.final_answer().status(), Some(200));
    }
    callee.send_request(Method::Bye, &mut called, &[], b"");
    assert_eq!(callee.final_answer().status(), Some(200));
    let bye = caller.expect(Method::Bye);
    caller.respond(&bye, 200, b"");
}

#[test]
fn a_wrong_password_is_refused_over_every_transport() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Perch::demo_at_both(dir.path(), &[]);
    for over in Over::ALL {
        let at = server.at(LOOPBACKS[0], over.port());
        let mut phone = Phone::new("desk-1", over, at);
        phone.password = "guessed".into();
        let refused = phone.register();
        assert_eq!(refused.status(), Some(401), "{over:?}");
        assert!(refused.header(Name::WwwAuthenticate).is_some(), "{over:?}");
    }
    assert_eq!(server.registered(), 0);
}
