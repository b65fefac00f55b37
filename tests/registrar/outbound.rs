//! Flows that phones keep alive (RFC 5626), and connections that end.

use perch::sip::wire::Name;
use perch::sip::{Flow, News, Transport};

use crate::world::{Reply, World, flow, gone, registered};

const INSTANCE: &str = "+sip.instance=\"<urn:uuid:1>\"";
const SUPPORTED: &str = "Supported: path, outbound\r\n";

fn by(transport: Transport, remote: &str, connection: u64) -> Flow {
    Flow {
        transport,
        connection,
        ..flow(remote)
    }
}

fn contact(text: &str) -> String {
    format!("Contact: {text}\r\n")
}

/// A contact of one flow of the instance.
fn numbered(uri: &str, number: u32) -> String {
    contact(&format!("<{uri}>;reg-id={number};{INSTANCE}")) + SUPPORTED
}

fn extension(reply: &Reply, name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(reply.message.raw()).into_owned();
    let mut lines = text.lines();
    lines.find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned()))
}

// RFC 5626 §6.
#[test]
fn a_phone_that_keeps_flows_alive_is_told_how_often() {
    let mut world = World::new();
    for (transport, timer) in [(Transport::Udp, "25"), (Transport::Tls, "120")] {
        world.flow = Some(by(transport, "192.0.2.9:40000", 7));
        let reply = world.register(&numbered("sip:alice@192.0.2.9:40000", 1));
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.text(Name::Require), "outbound");
        assert_eq!(extension(&reply, "Flow-Timer").as_deref(), Some(timer));
        assert!(reply.contacts()[0].ends_with(";reg-id=1"));
    }
    let plain = world.register(&contact("<sip:alice@192.0.2.9:5060>"));
    assert_eq!(plain.text(Name::Require), "");
    assert_eq!(extension(&plain, "Flow-Timer"), None);
}

#[test]
fn what_a_flow_needs_is_asked_for() {
    let mut world = World::new();
    let insisted = numbered("sip:a@h", 1) + "Require: outbound\r\n";
    assert_eq!(world.register(&insisted).status(), 200);
    let gruu = numbered("sip:a@h", 1) + "Require: outbound, gruu\r\n";
    let refused = world.register(&gruu);
    assert_eq!(refused.status(), 420);
    assert_eq!(refused.text(Name::Unsupported), "gruu");
    // Without the extension, or without an instance, the number means nothing.
    for ignored in [
        contact(&format!("<sip:b@h>;reg-id=1;{INSTANCE}")),
        contact("<sip:c@h>;reg-id=1") + SUPPORTED,
        contact(&format!("<sip:d@h>;reg-id=0;{INSTANCE}")) + SUPPORTED,
    ] {
        world.call_id.push('x');
        let reply = world.register(&ignored);
        assert_eq!(
            (reply.status(), reply.text(Name::Require)),
            (200, String::new())
        );
    }
    let two = contact(&format!(
        "<sip:a@h>;reg-id=1;{INSTANCE}, <sip:a@g>;reg-id=2;{INSTANCE}"
    ));
    assert_eq!(world.register(&(two + SUPPORTED)).status(), 400);
    let hop = numbered("sip:a@h", 1) + "Via: SIP/2.0/UDP proxy;branch=z9hG4bKx\r\n";
    // The answer is for the hop before, so it is none for us to read.
    let request = world.signed(&hop);
    let refused = world.answer_to(&request).0;
    assert!(refused.starts_with(b"SIP/2.0 439 "), "{refused:?}");
}

// RFC 5626 §5.3, §6: instance and number are the name of a flow, whatever the URIs are.
#[test]
fn flows_of_one_instance_are_alternatives() {
    let mut world = World::new();
    let same = "sip:alice@192.0.2.9:5060";
    for (number, connection) in [(1, 11), (2, 22)] {
        world.call_id = format!("flow-{number}");
        world.flow = Some(by(Transport::Tcp, "192.0.2.9:40000", connection));
        world.later(1);
        world.register(&numbered(same, number));
    }
    world.call_id = "another".into();
    world.later(1);
    world.register(&contact("<sip:other@192.0.2.9:5070>"));
    let targets = world.targets();
    let connections: Vec<Vec<u64>> = targets
        .iter()
        .map(|flows| flows.iter().map(|b| b.flow.connection).collect())
        .collect();
    assert_eq!(connections, [vec![22], vec![22, 11]]);
    world.call_id = "flow-1".into();
    world.flow = Some(by(Transport::Tcp, "192.0.2.9:40001", 33));
    world.later(1);
    world.register(&numbered("sip:new@192.0.2.9:5060", 1));
    assert_eq!(world.targets()[0].len(), 2);
    assert_eq!(world.targets()[0][0].flow.connection, 33);
}

#[test]
fn a_connection_takes_with_it_what_only_it_led_to() {
    let listens = "<sip:alice@192.0.2.9:5060;transport=tcp>";
    let cases = [
        (Transport::Tcp, listens.to_owned(), false),
        (Transport::Tls, "<sip:alice@192.0.2.9:5070>".into(), false),
        // Its own end of the connection: nobody listens there.
        (Transport::Tcp, "<sip:alice@192.0.2.9:40000>".into(), true),
        (Transport::Tcp, "<sip:alice@10.0.0.5:5060>".into(), true),
        (Transport::Tcp, "<sip:alice@phone.example>".into(), true),
        (Transport::Ws, listens.into(), true),
        (
            Transport::Wss,
            "<sip:x@abc.invalid;transport=ws>".into(),
            true,
        ),
        (
            Transport::Tcp,
            format!("{listens};reg-id=1;{INSTANCE}"),
            true,
        ),
    ];
    for (transport, shown, is_tied) in cases {
        let mut world = World::new();
        world.flow = Some(by(transport, "192.0.2.9:40000", 5));
        let reply = world.register(&(contact(&shown) + SUPPORTED));
        assert_eq!(reply.news, registered("alice"));
        let closed = |connection| world.registrar.connection_closed(world.now, connection);
        assert_eq!(closed(4), []);
        let expected: Vec<News> = if is_tied { gone("alice") } else { Vec::new() };
        assert_eq!(closed(5), expected, "{transport:?} {shown}");
        assert_eq!(closed(5), []);
        let left = world.targets();
        assert_eq!(left.is_empty(), is_tied);
        if let Some(left) = left.first() {
            // The next request is to open another.
            assert_eq!(left[0].flow.connection, 0);
        }
        assert_eq!(world.registrar.registered(), usize::from(!is_tied));
    }
}

#[test]
fn a_phone_with_another_flow_is_still_there() {
    let mut world = World::new();
    for number in [1, 2] {
        world.call_id = format!("flow-{number}");
        world.flow = Some(by(Transport::Wss, "192.0.2.9:40000", number.into()));
        world.register(&numbered("sip:x@abc.invalid;transport=ws", number));
    }
    assert_eq!(world.registrar.connection_closed(world.now, 1), []);
    assert_eq!(world.targets().len(), 1);
    let news = world.registrar.connection_closed(world.now, 2);
    assert_eq!(news, gone("alice"));
}

#[test]
fn a_phone_that_moved_to_another_connection_stays_when_the_old_one_ends() {
    let mut world = World::new();
    for connection in [1, 2] {
        world.flow = Some(by(Transport::Wss, "192.0.2.9:40000", connection));
        world.register(&contact("<sip:x@abc.invalid;transport=ws>"));
    }
    assert_eq!(world.registrar.connection_closed(world.now, 1), []);
    assert_eq!(world.bound().len(), 1);
}

#[test]
fn what_only_a_connection_led_to_does_not_outlive_a_restart() {
    let mut world = World::new();
    world.flow = Some(by(Transport::Wss, "192.0.2.9:40000", 1));
    world.register(&contact("<sip:x@abc.invalid;transport=ws>"));
    let saved = world.registrar.take_unsaved(10);
    let next = World::new();
    assert_eq!(next.registrar.restore(next.now, saved), []);
    world.flow = Some(by(Transport::Tls, "192.0.2.9:40000", 2));
    world.register(&contact("<sip:alice@192.0.2.9:5061>"));
    let saved = world.registrar.take_unsaved(10);
    let restored = next.registrar.restore(next.now, saved);
    assert_eq!(restored, [News::Restored("alice".into())]);
    assert_eq!(next.targets()[0][0].flow.connection, 0);
}
