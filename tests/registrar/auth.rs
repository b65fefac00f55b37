//! Digest authentication, RFC 3261 §22, RFC 7616, RFC 8760.

use std::time::Duration;

use perch::sip::wire::{Name, respond};
use perch::sip::{Authenticator, Limits, Registrar, Verdict, digest_secret};

use crate::digest::{Answer, authorization, param};
use crate::world::{ALICE, MD5, REALM, SHA, World, at, flow, message, password, registered, site};

// RFC 3261 §22.1, RFC 8760 §2.4: the stronger algorithm first.
#[test]
fn a_stranger_is_challenged_twice() {
    let world = World::new();
    let reply = world.send(&world.request(ALICE));
    assert_eq!((reply.status(), &reply.news), (401, &None));
    let challenges: Vec<_> = reply.message.headers(Name::WwwAuthenticate).collect();
    let texts: Vec<_> = challenges
        .iter()
        .map(|c| String::from_utf8_lossy(c))
        .collect();
    let algorithms: Vec<_> = texts.iter().map(|c| param(c, "algorithm")).collect();
    assert_eq!(algorithms, [Some("SHA-256"), Some("MD5")]);
    assert!(
        texts
            .iter()
            .all(|c| param(c, "realm") == Some(REALM) && param(c, "stale").is_none())
    );
    assert!(reply.message.to().is_ok_and(|to| to.tag().is_some()));
    assert!(world.bound().is_empty());
}

#[test]
fn both_algorithms_prove_who_it_is() {
    for which in [SHA, MD5] {
        let mut world = World::new();
        let reply = world.send(&world.request(""));
        world.take_challenge(&reply, which);
        let reply = world.register(ALICE);
        assert_eq!((reply.status(), reply.news), (200, registered("alice")));
        assert_eq!(world.registrar.registered(), 1);
    }
}

// RFC 2069's form: MD5, no count, so a nonce is good once.
#[test]
fn old_clients_use_a_nonce_once() {
    let mut world = World::new();
    let reply = world.send(&world.request(""));
    world.take_challenge(&reply, MD5);
    for expected in [200, 401] {
        world.cseq += 1;
        let request = world.request(&format!("{ALICE}{}", world.answer(None)));
        assert_eq!(world.send(&request).status(), expected);
    }
}

// Neither status nor text may tell an unknown phone from a wrong password.
#[test]
fn unknown_phones_and_wrong_passwords_look_alike() {
    let mut world = World::new();
    let reply = world.send(&world.request(""));
    world.take_challenge(&reply, SHA);
    let challenge = world.challenge.clone().expect("challenged");
    let refusals = ["alice", "nobody"].map(|username| {
        let answer = Answer {
            username,
            password: "x",
            method: "REGISTER",
            uri: "sip:perch",
            nc: Some(1),
        };
        let header = format!("Authorization: {}\r\n", authorization(&challenge, &answer));
        let reply = world.send(&world.request(&header));
        assert_eq!(reply.status(), 401);
        let challenge = reply.text(Name::WwwAuthenticate);
        assert_eq!(param(&challenge, "stale"), None);
        let nonce = param(&challenge, "nonce").expect("a nonce").to_owned();
        String::from_utf8_lossy(reply.message.raw()).replace(&nonce, "N")
    });
    assert_eq!(refusals[0], refusals[1]);
}

// RFC 7616 §3.3: stale exactly if all but the nonce was right.
#[test]
fn stale_means_that_only_the_nonce_was_wrong() {
    let mut world = World::new();
    assert_eq!(world.register(ALICE).status(), 200);
    world.later(3601);
    let reply = world.register(ALICE);
    assert_eq!(reply.status(), 401);
    assert_eq!(
        param(&reply.text(Name::WwwAuthenticate), "stale"),
        Some("true")
    );

    // After a restart of the server its nonces are foreign.
    let mut restarted = World::new();
    restarted.registrar = Registrar::new([8; 32], Limits::default());
    restarted.registrar.set_phones(site(&["alice"]));
    restarted.challenge = world.challenge.take();
    let reply = restarted.register(ALICE);
    assert_eq!(reply.status(), 401);
    assert_eq!(
        param(&reply.text(Name::WwwAuthenticate), "stale"),
        Some("true")
    );
    restarted.take_challenge(&reply, SHA);
    assert_eq!(restarted.register(ALICE).status(), 200);
}

// RFC 7616 §5.12: a proof that was seen proves nothing again.
#[test]
fn a_replayed_proof_is_refused() {
    let mut world = World::new();
    let first = world.signed(ALICE);
    assert_eq!(world.send(&first).status(), 200);
    world.cseq += 1;
    let replay = world.request(&format!(
        "Contact: <sip:mallory@198.51.100.66>\r\n{}",
        world.answer(Some(1))
    ));
    let reply = world.send(&replay);
    assert_eq!(reply.status(), 401);
    assert_eq!(
        param(&reply.text(Name::WwwAuthenticate), "stale"),
        Some("true")
    );
    assert_eq!(world.bound(), ["sip:alice@192.0.2.9:5060"]);
    world.remote = "198.51.100.66:5060";
    assert_eq!(
        world.send(&first).status(),
        401,
        "the same bytes from elsewhere"
    );
}

#[test]
fn the_hashed_uri_must_mean_the_request_uri() {
    let mut world = World::new();
    let reply = world.send(&world.request(""));
    world.take_challenge(&reply, SHA);
    for (uri, status) in [
        ("sip:perch:5060;transport=udp", 200),
        ("sip:elsewhere", 400),
        ("sip:bob@perch", 400),
    ] {
        world.nc += 1;
        world.cseq += 1;
        let answer = Answer {
            username: "alice",
            password: &password("alice"),
            method: "REGISTER",
            uri,
            nc: Some(world.nc),
        };
        let header = authorization(world.challenge.as_ref().expect("challenged"), &answer);
        let reply = world.send(&world.request(&format!("Authorization: {header}\r\n")));
        assert_eq!(reply.status(), status, "{uri}");
    }
}

// RFC 4475 §3.3.7.
#[test]
fn an_unknown_scheme_is_no_credentials() {
    let world = World::new();
    let headers = "Authorization: NoOneKnowsThisScheme opaque-data=here\r\n";
    assert_eq!(world.send(&world.request(headers)).status(), 401);
    let half = "Authorization: Digest username=\"alice\"\r\n";
    assert_eq!(world.send(&world.request(half)).status(), 400);
}

#[test]
fn calls_are_authenticated_by_the_same_secrets() {
    let world = World::new();
    let invite = message(world.request("").replace("REGISTER", "INVITE"));
    let source = flow(world.remote).remote;
    let asked = world
        .registrar
        .authenticate(world.now, source.ip(), &invite);
    assert_eq!(asked, Verdict::Challenge { stale: false });
    let response = respond(&invite, source, 401, "Unauthorized", Some("t"));
    let response = message(
        world
            .registrar
            .challenge(world.now, source.ip(), false, response)
            .finish(),
    );
    let challenge = response
        .text(Name::WwwAuthenticate)
        .expect("a challenge")
        .into_owned();
    let answer = Answer {
        username: "alice",
        password: &password("alice"),
        method: "INVITE",
        uri: "sip:perch",
        nc: Some(1),
    };
    let header = format!("Authorization: {}\r\n", authorization(&challenge, &answer));
    let invite = message(world.request(&header).replace("REGISTER", "INVITE"));
    let judge = || {
        world
            .registrar
            .authenticate(world.now, source.ip(), &invite)
    };
    assert_eq!(judge(), Verdict::Proven("alice".into()));
    assert_eq!(judge(), Verdict::Replayed("alice".into()));
}

#[test]
fn nonces_last_as_long_as_they_are_told() {
    let auth = Authenticator::new([1; 32]).with_nonce_lifetime(Duration::from_secs(10));
    let world = World::new();
    let request = message(world.request(""));
    let source = flow(world.remote).remote.ip();
    let response = respond(
        &request,
        flow(world.remote).remote,
        401,
        "Unauthorized",
        None,
    );
    let challenged = message(
        auth.challenge(at(0), source, "a \"realm\"", false, response)
            .finish(),
    );
    let challenge = challenged.text(Name::WwwAuthenticate).expect("a challenge");
    assert!(challenge.contains(r#"realm="a \"realm\"""#));
    let known = |_: &str| Some(("alice".into(), digest_secret("alice", REALM, "x")));
    let plain = challenge.replace(r#"a \"realm\""#, REALM);
    for (seconds, nc, expected) in [
        (10, 1, Verdict::Proven("alice".into())),
        (11, 2, Verdict::Challenge { stale: true }),
    ] {
        let answer = Answer {
            username: "alice",
            password: "x",
            method: "REGISTER",
            uri: "sip:perch",
            nc: Some(nc),
        };
        let header = format!("Authorization: {}\r\n", authorization(&plain, &answer));
        let request = message(world.request(&header));
        assert_eq!(
            auth.verify(at(seconds), source, REALM, known, &request),
            expected
        );
    }
}
