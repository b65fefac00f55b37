//! RFC 4475 and RFC 5118: each of their messages sent to a whole server. The fixtures are ours, for the same cases.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use expect_test::{expect, expect_file};
use perch::sip::wire::{Frame, Framer, Name, Parsed, parse};

use super::cases::{Wants, cases};
use super::peer::Heard;
use super::variants::variants;

/// What Perch does with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    /// At the edge, before anybody is asked who is there.
    edge: String,
    /// What the peer gets: with a challenge answered, if there was one.
    peer: String,
}

impl Verdict {
    fn on(raw: &Bytes) -> Verdict {
        let edge = match parse(raw.clone()) {
            Parsed::Accept(_) => "accept".into(),
            Parsed::Reject(no) => format!("{} {}", no.status, no.reason),
            Parsed::Drop(why) => format!("drop: {why}"),
        };
        let peer = Heard::to(raw).statuses();
        Verdict { edge, peer }
    }

    /// Whether a standard that wants this has no objection. A challenge is no refusal, so the last answer counts.
    fn is_as(&self, wants: &Wants) -> bool {
        let last = self.peer.rsplit(", ").next().and_then(|s| s.parse().ok());
        let is_understood = self.edge == "accept" && last.is_some_and(|status: u16| status != 400);
        match wants {
            Wants::Understood => is_understood,
            // The challenge itself is what is wanted.
            Wants::Answer(statuses) if statuses[..] == [401] => self.peer.starts_with("401"),
            Wants::Answer(statuses) => last.is_some_and(|s| statuses.contains(&s)),
            Wants::AnswerOrLeniency(statuses) => {
                is_understood || last.is_some_and(|s| statuses.contains(&s))
            }
            Wants::Silence => last.is_none(),
        }
    }
}

const STANDARDS: [&str; 2] = ["rfc4475", "rfc5118"];

fn directory(rfc: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sip");
    root.join(rfc)
}

fn fixture(rfc: &str, name: &str) -> (PathBuf, Bytes) {
    let file = directory(rfc).join(format!("{name}.sip"));
    let raw = std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    (file, raw.into())
}

/// The table of verdicts, and how many are not as the standard wants.
fn table(rfc: &str) -> (String, usize) {
    let title = format!(
        "Every message is written for Perch, for the case that the section of {} describes. Addresses are of the\n\
         documentation ranges. This table is printed by tests/wire/torture.rs.\n\n",
        rfc.to_uppercase().replace("RFC", "RFC ")
    );
    let mut table = title;
    let mut differing = 0;
    let row = |cells: [&str; 6]| {
        let [name, section, wants, edge, peer, verdict] = cells;
        format!("{name:29} {section:8} {wants:17} {edge:36} {peer:9} {verdict}\n")
    };
    table += &row([
        "message",
        "section",
        "wanted",
        "at the edge",
        "answers",
        "verdict; what it is about",
    ]);
    for case in cases(rfc) {
        let verdict = Verdict::on(&fixture(rfc, case.name).1);
        let is_good = verdict.is_as(&case.wants);
        differing += usize::from(!is_good);
        let word = if is_good { "ok" } else { "DIFFERS" };
        let about = format!("{word}: {}", case.about);
        let (edge, peer) = (&verdict.edge, &verdict.peer);
        table += &row([case.name, case.section, case.wanted, edge, peer, &about]);
    }
    (table, differing)
}

fn judge_all(rfc: &str, count: usize) -> String {
    assert_eq!(cases(rfc).len(), count);
    let (table, differing) = table(rfc);
    expect_file![directory(rfc).join("INDEX")].assert_eq(&table);
    assert_eq!(differing, 0, "not as {rfc} wants");
    table
}

#[test]
fn every_message_of_rfc_4475_is_judged_as_it_wants() {
    println!("{}", judge_all("rfc4475", 49));
}

#[test]
fn every_message_of_rfc_5118_is_judged_as_it_wants() {
    println!("{}", judge_all("rfc5118", 12));
}

#[test]
fn every_fixture_is_a_case() {
    for rfc in STANDARDS {
        let dir = std::fs::read_dir(directory(rfc)).expect("the fixtures are there");
        let files = dir.map(|entry| entry.expect("readable").path());
        let sip = files.filter(|file| file.extension().is_some_and(|e| e == "sip"));
        let mut found: Vec<String> = sip
            .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
            .collect();
        found.sort();
        let mut known: Vec<&str> = cases(rfc).iter().map(|case| case.name).collect();
        known.sort_unstable();
        assert_eq!(found, known, "{rfc}");
    }
}

#[test]
fn what_is_understood_reads_as_expected() {
    for rfc in STANDARDS {
        for case in cases(rfc) {
            let (file, raw) = fixture(rfc, case.name);
            let expected = file.with_extension("expected");
            match parse(raw) {
                Parsed::Accept(message) => {
                    expect_file![expected].assert_eq(&super::describe(&message));
                }
                _ => assert!(!expected.exists(), "{} is not understood", file.display()),
            }
        }
    }
}

/// The published messages themselves, where they are at hand: they get the verdict of ours.
#[test]
fn the_published_messages_are_judged_alike() {
    let root = std::env::var_os("PERCH_CAPTURES").unwrap_or_else(|| "../shared/captures".into());
    let dir = Path::new(&root).join("rfc4475");
    if !dir.is_dir() {
        println!(
            "skipped: no published messages in {} (PERCH_CAPTURES)",
            dir.display()
        );
        return;
    }
    for case in cases("rfc4475") {
        let file = dir.join(format!("{}.dat", case.name));
        let mut raw = std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        if case.name == "baddn" {
            // Its last line is lost in the published archive.
            raw.extend(b"\r\n");
        }
        let ours = Verdict::on(&fixture("rfc4475", case.name).1);
        assert_eq!(Verdict::on(&raw.into()), ours, "{}", case.name);
    }
}

/// Other spellings of the same message are the same message.
#[test]
fn spelling_changes_no_verdict() {
    let models = super::fixtures().into_iter().map(|file| {
        let raw = std::fs::read(&file).expect("readable");
        (file.display().to_string(), Bytes::from(raw))
    });
    let tortured = STANDARDS.into_iter().flat_map(|rfc| {
        let cases = cases(rfc).into_iter();
        cases.map(move |case| (case.name.to_owned(), fixture(rfc, case.name).1))
    });
    let mut count = 0;
    for (name, raw) in models.chain(tortured) {
        let verdict = Verdict::on(&raw);
        for (spelling, other) in variants(&raw) {
            assert_eq!(Verdict::on(&other), verdict, "{name}, {spelling}");
            count += 1;
        }
    }
    assert!(count > 300, "{count} variants only");
}

// RFC 4475 §3.1.1.7, RFC 3261 §8.2.6.2: every Via goes back, in order.
#[test]
fn every_via_comes_back() {
    let (_, raw) = fixture("rfc4475", "longreq");
    let heard = Heard::to(&raw);
    let last = heard.last().expect("an answer");
    let vias: Vec<&str> = last
        .text
        .lines()
        .filter(|l| l.starts_with("Via: "))
        .collect();
    assert_eq!(vias.len(), 34);
    assert_eq!(
        vias[0],
        "Via: SIP/2.0/UDP hop34.example.net;received=192.0.2.77"
    );
    assert_eq!(vias[32], "Via: SIP/2.0/UDP hop2.example.net");
}

// RFC 4475 §3.3.5, §3.3.6, §3.3.15, and RFC 3261 §8.2.1: a refusal says what would have been taken.
#[test]
fn refusals_say_what_would_have_been_taken() {
    let said = |name: &str, header: &str| {
        let heard = Heard::to(&fixture("rfc4475", name).1);
        let last = heard.last().expect("an answer");
        let value = last.header(header).unwrap_or("nothing");
        format!("{name}: {header}: {value}\n")
    };
    let all = [
        said("bext01", "Unsupported"),
        said("invut", "Accept"),
        said("sdp01", "Accept"),
        said("intmeth", "Allow"),
        said("regaut01", "Contact"),
    ];
    expect![[r#"
        bext01: Unsupported: neverHeardOfIt
        invut: Accept: application/sdp, multipart/mixed
        sdp01: Accept: application/sdp, multipart/mixed
        intmeth: Allow: INVITE, ACK, CANCEL, BYE, INFO, MESSAGE, NOTIFY, OPTIONS, PRACK, REFER, REGISTER, SUBSCRIBE, UPDATE
        regaut01: Contact: nothing
    "#]]
    .assert_eq(&all.concat());
}

// RFC 4475 §3.1.1.4, §3.3.12 to §3.3.14: what belongs to a contact, and what to the header.
#[test]
fn contacts_are_kept_as_they_were_meant() {
    let bound = |name: &str| Heard::to(&fixture("rfc4475", name).1).contacts.join(" ");
    let all =
        ["escnull", "cparam01", "cparam02", "regescrt"].map(|n| format!("{n}: {}\n", bound(n)));
    expect![[r#"
        escnull: sip:a%00@198.51.100.20 sip:a%00%00@198.51.100.20
        cparam01: sip:al@198.51.100.20
        cparam02: sip:al@198.51.100.20;newfangled
        regescrt: sip:al@198.51.100.20?Route=%3Csip:hop.example.net;lr%3E
    "#]]
    .assert_eq(&all.concat());
}

// RFC 4475 §3.3.14: a call to that contact carries the route that it asks for, and no headers in its Request-URI.
#[test]
fn a_contact_with_a_route_gets_it_in_its_calls() {
    let invite = Heard::call_to(&fixture("rfc4475", "regescrt").1);
    let Parsed::Accept(invite) = parse(invite) else {
        panic!("our own INVITE is understood");
    };
    assert_eq!(invite.uri_text(), "sip:al@198.51.100.20");
    assert_eq!(
        invite.text(Name::Route).as_deref(),
        Some("<sip:hop.example.net;lr>")
    );
}

// RFC 4475 §3.1.1.8, §3.1.2.2, §3.1.2.3, §3.3.9: on a stream the length decides where the next message begins.
#[test]
fn lengths_decide_on_streams() {
    let on_a_stream = |name: &str| {
        let mut framer = Framer::new();
        framer.push(&fixture("rfc4475", name).1);
        let mut seen = Vec::new();
        loop {
            match framer.next() {
                Ok(Some(Frame::Message(raw))) => seen.push(Verdict::on(&raw).peer),
                Ok(Some(Frame::Ping | Frame::Pong)) => {}
                Ok(None) => seen.push("open".into()),
                Err(error) => seen.push(error.to_string()),
            }
            if seen
                .last()
                .is_some_and(|last| !last.starts_with(|c: char| c.is_ascii_digit()))
            {
                return format!("{name}: {}\n", seen.join("; "));
            }
        }
    };
    let all = ["dblreq", "clerr", "ncl", "mcl01"].map(on_a_stream);
    expect![[r#"
        dblreq: 401, 200; 401, 404; open
        clerr: open
        ncl: 400; stream: a Content-Length that cannot be
        mcl01: 400; stream: a Content-Length that cannot be
    "#]]
    .assert_eq(&all.concat());
}
