//! Registering, RFC 3261 §10 point by point, and OPTIONS.

use perch::sip::wire::{Message, Name, Parsed, parse};
use perch::sip::{Edge, Limits, News, Registrar};

use crate::digest::{Answer, authorization};
use crate::world::{ALICE, Reply, World, at, flow, gone, message, password, registered, site};

// RFC 3261 §10.3 step 4: only one's own address-of-record, at whatever host.
#[test]
fn a_phone_registers_only_itself() {
    let mut world = World::new();
    let request = world
        .signed(ALICE)
        .replace("To: <sip:alice@", "To: <sip:bob@");
    assert_eq!(world.send(&request).status(), 403);
    let request = world
        .signed(ALICE)
        .replace("To: <sip:alice@perch>", "To: <sip:%61lice@203.0.113.1>");
    assert_eq!(world.send(&request).status(), 200);
}

// RFC 3261 §10.3 step 2, §8.2.2.3.
#[test]
fn unknown_extensions_are_refused_by_name() {
    let mut world = World::new();
    let reply = world.register("Require: outbound, gruu, path\r\n");
    assert_eq!(reply.status(), 420);
    let tags: Vec<_> = reply.message.values(Name::Unsupported).collect();
    assert_eq!(tags, [b"gruu".as_slice(), b"path"]);
}

// RFC 3261 §10.2.3, §10.3 step 8.
#[test]
fn a_query_lists_the_bindings_with_what_remains() {
    let mut world = World::new();
    assert!(world.register("").contacts().is_empty());
    world.register(
        "Contact: <sip:a@h1>;q=0.5;expires=600, <sip:a@h2>;+sip.instance=\"<urn:x>\"\r\n",
    );
    world.later(100);
    let reply = world.register("");
    assert_eq!(
        reply.contacts(),
        [
            "<sip:a@h1>;expires=500;q=0.500",
            "<sip:a@h2>;expires=3500;+sip.instance=\"<urn:x>\"",
        ]
    );
    assert_eq!(reply.text(Name::Date), "Fri, 21 Nov 2025 09:01:40 GMT");
    assert_eq!(reply.news, None);
    assert_eq!(world.bound(), ["sip:a@h2", "sip:a@h1"], "best first");
}

// RFC 3261 §10.2.1.1, §10.3 step 7.
#[test]
fn expiry_is_asked_for_and_granted() {
    let mut world = World::new();
    for (headers, granted) in [
        ("Contact: <sip:a@h>\r\n", "3600"),
        ("Contact: <sip:a@h>\r\nExpires: 120\r\n", "120"),
        ("Contact: <sip:a@h>;expires=90\r\nExpires: 120\r\n", "90"),
        ("Contact: <sip:a@h>;expires=99999999999\r\n", "7200"),
        ("Contact: <sip:a@h>;expires=soon\r\n", "3600"),
        ("Contact: <sip:a@h>\r\nExpires: 60\r\n", "60"),
    ] {
        let reply = world.register(headers);
        assert_eq!(
            reply.contacts(),
            [format!("<sip:a@h>;expires={granted}")],
            "{headers}"
        );
    }
    let reply = world.register("Contact: <sip:b@h>, <sip:a@h>;expires=59\r\n");
    assert_eq!(
        (reply.status(), reply.text(Name::MinExpires).as_str()),
        (423, "60")
    );
    assert_eq!(world.bound(), ["sip:a@h"], "all or nothing");
}

// RFC 3261 §10.2.2.
#[test]
fn bindings_are_removed_one_by_one_or_all_at_once() {
    let mut world = World::new();
    world.register("Contact: <sip:a@h1>, <sip:a@h2>, <sip:a@h3>\r\n");
    let reply = world.register("Contact: <sip:a@h2>;expires=0\r\n");
    assert_eq!((reply.contacts().len(), reply.news), (2, None));
    assert_eq!(world.register("Contact: *\r\n").status(), 400);
    assert_eq!(
        world
            .register("Contact: *, <sip:a@h>\r\nExpires: 0\r\n")
            .status(),
        400
    );
    let reply = world.register("Contact: *\r\nExpires: 0\r\n");
    assert_eq!((reply.status(), reply.contacts().len()), (200, 0));
    assert_eq!(reply.news, Some(News::Gone("alice".into())));
    assert_eq!(world.registrar.registered(), 0);
    let reply = world.register("Contact: <sip:nobody@h>\r\nExpires: 0\r\n");
    assert_eq!((reply.status(), reply.news), (200, None));
}

// RFC 3261 §10.3 step 7: the order of requests is that of their CSeq, and nothing is done by halves.
#[test]
fn a_request_that_was_overtaken_changes_nothing() {
    let mut world = World::new();
    world.register("Contact: <sip:a@h1>;expires=600\r\n");
    world.cseq = 0;
    let reply = world.register("Contact: <sip:a@h2>, <sip:a@h1>;expires=0\r\n");
    assert_eq!(reply.status(), 500);
    assert_eq!(world.bound(), ["sip:a@h1"]);
    world.cseq = 0;
    assert_eq!(world.register("Contact: *\r\nExpires: 0\r\n").status(), 500);
    // A phone that has started again counts anew, under another Call-ID.
    world.call_id = "second".into();
    let reply = world.register("Contact: <sip:a@h1>;expires=0\r\n");
    assert_eq!(
        (reply.status(), reply.news),
        (200, Some(News::Gone("alice".into())))
    );
}

// RFC 3261 §17.2.2, without a transaction: the same request gets the same answer.
#[test]
fn a_retransmission_gets_the_same_answer() {
    let mut world = World::new();
    for headers in [
        ALICE,
        "Contact: <sip:b@h>;expires=5\r\n",
        "Contact: *\r\nExpires: 0\r\n",
    ] {
        let request = world.signed(headers);
        let first = world.send(&request);
        let again = world.send(&request);
        assert_eq!(first.message.raw(), again.message.raw());
        assert_eq!(again.news, None);
    }
    let request = world.signed(ALICE);
    assert_eq!(world.send(&request).status(), 200);
    world.later(33);
    assert_eq!(world.send(&request).status(), 401, "too late to be one");
}

// RFC 3261 §19.1.4, RFC 4475 §3.1.1.4.
#[test]
fn contacts_are_compared_as_uris() {
    let mut world = World::new();
    world.register("Contact: <sip:%61@H;transport=tcp>;expires=600\r\n");
    world.register("Contact: <sip:a@h;Transport=TCP>;expires=700\r\n");
    assert_eq!(world.bound(), ["sip:a@h;Transport=TCP"]);
    world.register("Contact: <sip:null-%00-null@h>, <sip:%00@h>, <sip:a@h:5060>\r\n");
    assert_eq!(world.bound().len(), 4);
}

// RFC 4475 §3.3.12 to §3.3.14.
#[test]
fn a_contact_is_kept_with_all_that_is_its_own() {
    let mut world = World::new();
    world.register("Contact: sip:+19725552222@gw1.example.net;unknownparam\r\n");
    assert_eq!(world.bound(), ["sip:+19725552222@gw1.example.net"]);
    world
        .register("Contact: <sip:b@h;unknownparam>, <sip:c@h?Route=%3Csip:sip.example.com%3E>\r\n");
    assert!(world.bound().contains(&"sip:b@h;unknownparam".into()));
    assert!(
        world
            .bound()
            .contains(&"sip:c@h?Route=%3Csip:sip.example.com%3E".into())
    );
    assert_eq!(
        world.register("Contact: <name:John_Smith>\r\n").status(),
        400
    );
}

#[test]
fn a_phone_that_started_again_does_not_ring_twice() {
    let mut world = World::new();
    let instance = "+sip.instance=\"<urn:uuid:1>\"";
    world.register(&format!("Contact: <sip:a@h:1000>;{instance}\r\n"));
    world.call_id = "second".into();
    let reply = world.register(&format!("Contact: <sip:a@h:2000>;{instance}\r\n"));
    assert_eq!(
        (world.bound(), reply.news),
        (vec!["sip:a@h:2000".to_owned()], None)
    );
    // RFC 5626 §4.2: another registration of the same phone is not a restart.
    world.call_id = "third".into();
    world.register(&format!(
        "Contact: <sip:a@h:3000>;reg-id=2;{instance}\r\nSupported: outbound\r\n"
    ));
    assert_eq!(world.bound().len(), 2);
}

#[test]
fn a_phone_has_so_many_contacts_and_no_more() {
    let mut world = World::new();
    for n in 0..10 {
        assert_eq!(
            world
                .register(&format!("Contact: <sip:a@h{n}>\r\n"))
                .status(),
            200
        );
    }
    let reply = world.register("Contact: <sip:a@h10>\r\n");
    assert_eq!(
        (reply.status(), reply.message.reason()),
        (403, "Too Many Contacts")
    );
    assert_eq!(world.register("Contact: <sip:a@h3>\r\n").status(), 200);
    let long = format!("Contact: <sip:{}@h>\r\n", "a".repeat(600));
    assert_eq!(world.register(&long).status(), 400);
}

#[test]
fn a_sign_of_life_to_a_second_server_changes_nothing() {
    let mut world = World::new();
    world.register(ALICE);
    let reply =
        world.register("Contact: <sip:alice@192.0.2.9:5060>;expires=0;cisco-keep-alive\r\n");
    assert_eq!((reply.status(), reply.contacts().len()), (200, 1));
}

#[test]
fn what_a_phone_says_of_itself_is_kept() {
    let mut world = World::new();
    world.register("Contact: <sip:a@h>\r\nAllow: INVITE, MESSAGE\r\nUser-Agent: Desk 1\r\n");
    let binding = world
        .registrar
        .bindings_of(&"alice".into(), world.now)
        .remove(0);
    assert!(binding.takes_messages);
    assert_eq!(binding.user_agent.as_deref(), Some("Desk 1"));
    assert_eq!(
        (binding.flow, &*binding.call_id),
        (flow(world.remote), "first")
    );
    world.register("Contact: <sip:a@h>;methods=\"INVITE, ACK\"\r\n");
    let binding = world
        .registrar
        .bindings_of(&"alice".into(), world.now)
        .remove(0);
    assert_eq!((binding.takes_messages, binding.user_agent), (false, None));
}

#[test]
fn bindings_expire_when_they_said_and_not_before() {
    let mut world = World::new();
    world.register("Contact: <sip:a@h1>;expires=100, <sip:a@h2>;expires=200\r\n");
    assert_eq!(world.later(99), []);
    assert_eq!(world.bound().len(), 2);
    assert_eq!(world.later(1), []);
    assert_eq!(world.bound(), ["sip:a@h2"]);
    world.register("Contact: <sip:a@h2>;expires=300\r\n");
    assert_eq!(world.later(299), []);
    assert_eq!(world.later(2), gone("alice"));
    assert_eq!(world.registrar.registered(), 0);
    assert_eq!(world.later(10_000), []);
}

#[test]
fn a_shorter_refresh_expires_sooner() {
    let mut world = World::new();
    world.register("Contact: <sip:a@h>;expires=3600\r\n");
    world.register("Contact: <sip:a@h>;expires=60\r\n");
    assert_eq!(world.later(61), gone("alice"));
}

// A binding that has expired but was not looked at yet must not lose the news.
#[test]
fn news_are_told_once_each() {
    let mut world = World::new();
    assert_eq!(
        world.register("Contact: <sip:a@h>;expires=60\r\n").news,
        registered("alice")
    );
    world.now = at(100);
    assert_eq!(world.register("Contact: <sip:b@h>\r\n").news, None);
    world.later(4000);
    assert_eq!(world.registrar.registered(), 0);
}

#[test]
fn phones_that_are_gone_lose_their_bindings() {
    let mut world = World::new();
    world.register(ALICE);
    assert_eq!(world.registrar.set_phones(site(&["bob"])), gone("alice"));
    assert!(world.bound().is_empty());
    assert_eq!(world.register(ALICE).status(), 401);
    assert_eq!(
        world.registrar.take_unsaved(9),
        [("alice".into(), String::new())]
    );
}

#[test]
fn registrations_survive_a_restart() {
    let mut world = World::new();
    world.register(
        "Contact: <sip:a@h>;expires=600;q=0.3;+sip.instance=\"<urn:x>\"\r\nUser-Agent: U\r\n",
    );
    world.register("Contact: <sip:b@h>;expires=100\r\n");
    let saved = world.registrar.take_unsaved(9);
    assert_eq!(saved.len(), 1, "once per phone");
    assert_eq!(world.registrar.take_unsaved(9), []);
    let before = world.registrar.bindings_of(&"alice".into(), at(200));

    let mut after = World::new();
    after.now = at(200);
    let broken = ("bob".into(), "{".to_owned());
    let unknown = ("carol".into(), saved[0].1.clone());
    let news = after
        .registrar
        .restore(after.now, vec![saved[0].clone(), broken, unknown]);
    assert_eq!(news, [News::Restored("alice".into())]);
    assert_eq!(
        after.registrar.bindings_of(&"alice".into(), at(200)),
        before
    );
    assert_eq!(before.len(), 1);
    assert_eq!(after.registrar.registered(), 1);
    assert_eq!(after.later(401), gone("alice"));
}

#[test]
fn changes_are_saved_once_per_phone_and_in_order() {
    let mut world = World::new();
    world.register(ALICE);
    world.register("Contact: *\r\nExpires: 0\r\n");
    (world.phone, world.challenge) = ("bob", None);
    world.register("Contact: <sip:bob@h>\r\n");
    assert_eq!(
        world.registrar.take_unsaved(1),
        [("alice".into(), String::new())]
    );
    let saved = world.registrar.take_unsaved(1);
    assert!(saved[0].0.as_str() == "bob" && saved[0].1.contains("sip:bob@h"));
    world.register("");
    assert_eq!(
        world.registrar.take_unsaved(9),
        [],
        "a query changes nothing"
    );
    world.later(3601);
    assert_eq!(
        world.registrar.take_unsaved(9),
        [("bob".into(), String::new())]
    );
}

// RFC 3261 §11.2; RFC 4475 §3.3.2, §3.3.5, §3.3.11.
#[test]
fn options_outside_dialogs_are_answered_here() {
    let world = World::new();
    let options = world.request("").replace("REGISTER", "OPTIONS");
    let reply = world.send(&options);
    assert_eq!(reply.status(), 200);
    assert!(reply.message.allows(rsip::Method::Invite));
    assert!(reply.text(Name::Accept).contains("application/sdp"));
    assert!(reply.message.header(Name::Supported).is_some());
    assert_eq!(
        world
            .send(&options.replace("sip:perch SIP", "soap.beep://192.0.2.103 SIP"))
            .status(),
        416
    );
    let demanding = options.replace("Content-L", "Require: nothingSupportsThis\r\nContent-L");
    let reply = world.send(&demanding);
    assert_eq!(
        (reply.status(), reply.text(Name::Unsupported).as_str()),
        (420, "nothingSupportsThis")
    );

    let in_dialog =
        message(options.replace("To: <sip:alice@perch>", "To: <sip:alice@perch>;tag=1"));
    let edge = |message| {
        world
            .registrar
            .edge(world.now, &flow(world.remote), message)
    };
    assert!(matches!(edge(&in_dialog), Edge::NotMine));
    let response = edge(&reply.message);
    assert!(matches!(response, Edge::NotMine));
}

// RFC 3261 §8.2: who it is comes before what it wants; §26.3.2.4: nothing is remembered of strangers.
#[test]
fn what_begins_something_is_challenged_here() {
    let world = World::new();
    let request = world.request("");
    for method in [
        "INVITE",
        "MESSAGE",
        "SUBSCRIBE",
        "BYE",
        "PUBLISH",
        "NONSENSE",
    ] {
        let raw = request.replace("REGISTER", method);
        let reply = world.send(&raw);
        assert_eq!(reply.status(), 401, "{method}");
        let again = world.send(&raw);
        let tag = |reply: &Reply| {
            reply
                .message
                .to()
                .ok()
                .and_then(|to| to.tag().map(str::to_owned))
        };
        assert_eq!(tag(&reply), tag(&again), "{method}");
    }
    for method in ["ACK", "CANCEL"] {
        let message = message(request.replace("REGISTER", method));
        let edge = world
            .registrar
            .edge(world.now, &flow(world.remote), &message);
        assert!(matches!(edge, Edge::NotMine), "{method}");
    }
}

#[test]
fn what_happens_is_counted() {
    use std::sync::atomic::Ordering::Relaxed;
    let mut world = World::new();
    world.register(ALICE);
    world.register("Contact: *\r\n");
    let counters = world.registrar.counters();
    let counts = [
        &counters.registers,
        &counters.challenges,
        &counters.failures,
    ]
    .map(|c| c.load(Relaxed));
    assert_eq!(counts, [3, 1, 1]);
}

// Many workers, one table: nothing is lost, told twice or left behind.
#[test]
fn workers_register_in_parallel() {
    let names: Vec<String> = (0..64).map(|n| format!("phone{n}")).collect();
    let registrar = Registrar::new([3; 32], Limits::default());
    registrar.set_phones(site(&names.iter().map(String::as_str).collect::<Vec<_>>()));
    let news: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = names
            .chunks(16)
            .map(|names| {
                scope.spawn(|| {
                    names
                        .iter()
                        .map(|name| register_twice(&registrar, name))
                        .sum::<usize>()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|w| w.join().expect("no panic"))
            .sum()
    });
    assert_eq!((news, registrar.registered()), (64, 64));
    assert_eq!(registrar.take_unsaved(100).len(), 64);
    assert_eq!(registrar.expire(at(4000)).len(), 64);
    assert_eq!(registrar.registered(), 0);
}

fn register_twice(registrar: &Registrar, name: &str) -> usize {
    let request = |cseq: u32, headers: &str| {
        message(format!(
            "REGISTER sip:perch SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{cseq}\r\nFrom: <sip:{name}@p>;tag=1\r\n\
             To: <sip:{name}@p>\r\nCall-ID: {name}\r\nCSeq: {cseq} REGISTER\r\nContact: <sip:{name}@h>\r\n{headers}\r\n"
        ))
    };
    let send = |message: &Message| match registrar.edge(at(1), &flow("192.0.2.9:5060"), message) {
        Edge::Answered { bytes, news } => (parse(bytes), news),
        Edge::NotMine => panic!("must be answered"),
    };
    let (Parsed::Accept(challenged), _) = send(&request(1, "")) else {
        panic!("a response")
    };
    let challenge = challenged
        .text(Name::WwwAuthenticate)
        .expect("a challenge")
        .into_owned();
    let register = |nc: u32| {
        let answer = Answer {
            username: name,
            password: &password(name),
            method: "REGISTER",
            uri: "sip:perch",
            nc: Some(nc),
        };
        let header = format!("Authorization: {}\r\n", authorization(&challenge, &answer));
        let (answer, news) = send(&request(1 + nc, &header));
        assert!(matches!(answer, Parsed::Accept(m) if m.status() == Some(200)));
        usize::from(news.is_some())
    };
    register(1) + register(2)
}

/// rules: OUT-8
#[test]
fn a_phone_says_what_it_runs_when_it_comes() {
    let alarm = |loads: &str| {
        format!(
            "{ALICE}Reason: SIP;cause=200;text=\"cisco-alarm:25 Name=SEP0 {loads} Last=initialized\"\r\n"
        )
    };
    let said = |headers: &str| {
        let mut world = World::new();
        assert_eq!(world.register(headers).status(), 200);
        // What a refresh does not say is as it was.
        assert_eq!(world.register(ALICE).status(), 200);
        world.registrar.firmware_of(&"alice".into(), world.now).load
    };
    let new = "sip88xx.14-2-1.loads";
    let both = alarm("ActiveLoad=sip88xx.14-2-1.loads InactiveLoad=sip88xx.12-8-1.loads");
    assert_eq!(said(&both).as_deref(), Some(new));
    assert_eq!(
        said(&alarm("Load=SIP41.9-3-1")).as_deref(),
        Some("SIP41.9-3-1")
    );
    for none in [
        "",
        "Load=",
        "InactiveLoad=x",
        &format!("Load={}", "x".repeat(65)),
    ] {
        assert_eq!(said(&alarm(none)), None, "{none}");
    }
    let other = format!("{ALICE}Reason: SIP;cause=200;text=\"Load=x\"\r\n");
    assert_eq!(said(&other), None);
}
