//! The roll by itself: what is asked for when, whatever is answered.

use super::*;
use crate::pbx::DigestSecret;

/// A roll, a clock, and somebody at the other end.
struct Desk {
    roll: Roll,
    now: Duration,
}

const START: Duration = Duration::from_secs(1_000_000);

fn account(number: &str) -> Arc<UpstreamUser> {
    Arc::new(UpstreamUser {
        number: number.into(),
        name: number.to_owned(),
        secret: DigestSecret {
            md5: [1; 16],
            sha256: [2; 32],
        },
    })
}

fn yes(seconds: u32) -> Said {
    Said::Yes {
        seconds: Some(seconds),
        is_listed: true,
    }
}

fn later(status: u16, after: Option<u64>) -> Said {
    Said::Later {
        status,
        after: after.map(Duration::from_secs),
        all: status == 503 && after.is_some(),
    }
}

impl Desk {
    fn new(per_s: u32) -> Desk {
        let terms = Terms {
            expires_s: 600,
            per_s,
        };
        Desk {
            roll: Roll::new(terms),
            now: START,
        }
    }

    fn enrol(&mut self, user: &str, haste: Haste) {
        let call_id = || format!("call-{user}");
        let account = account(&user[1..]);
        self.roll.enrol(user.into(), account, haste, call_id);
    }

    fn withdraw(&mut self, user: &str) {
        let call_id = || format!("call-{user}");
        let account = account(&user[1..]);
        self.roll.withdraw(self.now, user.into(), account, call_id);
    }

    /// Everything that may be asked for now, as `user wish`.
    fn asks(&mut self) -> Vec<String> {
        let mut asks = Vec::new();
        while let Some(ask) = self.roll.next(self.now) {
            asks.push(words(&ask));
        }
        asks
    }

    /// What is asked in return.
    fn say(&mut self, user: &str, said: Said) -> Option<String> {
        let ask = self.roll.said(self.now, &user.into(), said, 0.5);
        ask.map(|ask| words(&ask))
    }

    /// Lets time pass, waking when that is wanted, and says what was asked for, with the second.
    fn pass(&mut self, seconds: u64) -> Vec<String> {
        let end = self.now + Duration::from_secs(seconds);
        let mut log = Vec::new();
        while let Some(at) = self.roll.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.roll.wake(self.now);
            let asks = self.asks();
            let second = (self.now - START).as_secs();
            log.extend(asks.into_iter().map(|ask| format!("{second}s {ask}")));
        }
        self.now = end;
        log
    }

    fn reports(&mut self) -> Vec<String> {
        let reports = self.roll.take_reports().into_iter();
        let words = reports.map(|report| match report {
            Report::Stands(user, UpstreamStanding::Registered) => format!("{user} is registered"),
            Report::Stands(user, UpstreamStanding::Failed { why, again }) => {
                let again = again.map(|at| at.saturating_sub(START).as_secs());
                format!("{user} failed: {}, again {again:?}", why.text())
            }
            Report::Line(line) => format!("{line:?}"),
        });
        words.collect()
    }

    /// Registered, and nothing left to say about it.
    fn registered(&mut self, user: &str) {
        self.enrol(user, Haste::Now);
        assert_eq!(self.asks(), [format!("{user} register 600")]);
        self.say(user, yes(600));
        assert_eq!(self.reports(), [format!("{user} is registered")]);
    }
}

fn words(ask: &Ask) -> String {
    let user = &ask.user;
    match ask.wish {
        Wish::Register(seconds) => format!("{user} register {seconds}"),
        Wish::TakeBack => format!("{user} take back {}", ask.account.number),
        Wish::Recall => format!("{user} recall"),
    }
}

fn challenge(nonce: &str, stale: bool) -> Challenge {
    use crate::sip::credentials::Account;
    use crate::sip::wire::{Parsed, parse};
    let stale = if stale { ", stale=true" } else { "" };
    let text = format!(
        "SIP/2.0 401 X\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n\
         Call-ID: c\r\nCSeq: 1 REGISTER\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\"{stale}\r\n\
         Content-Length: 0\r\n\r\n"
    );
    let Parsed::Accept(message) = parse(text.into_bytes().into()) else {
        panic!("it is a response");
    };
    let account = Account {
        user: "a",
        realm: "r",
        secret: &DigestSecret {
            md5: [1; 16],
            sha256: [2; 32],
        },
    };
    Challenge::of(&message, account).expect("it can be answered")
}

/// rules: CAL-6
#[test]
fn no_more_are_asked_for_in_a_second_than_the_site_says_and_logins_go_first() {
    let mut desk = Desk::new(10);
    for n in 0..100 {
        desk.enrol(&format!("u{n:04}"), Haste::InTurn);
    }
    let first = desk.asks().len();
    assert!((1..=2).contains(&first), "{first}");
    let mut asked: Vec<String> = Vec::new();
    for _ in 0..3 {
        asked.extend(desk.pass(1));
    }
    assert!((29..=31).contains(&asked.len()), "{}", asked.len());
    desk.enrol("u9999", Haste::Now);
    let next = desk.pass(1);
    assert!(next[0].ends_with("u9999 register 600"), "{next:?}");
    // Each has an answer; the rest follow.
    let rest = desk.pass(10);
    assert_eq!(first + asked.len() + next.len() + rest.len(), 101);
}

/// rules: CAL-6
#[test]
fn a_registration_is_refreshed_between_half_and_nine_tenths_of_its_time() {
    for (chance, at) in [(0.0, 50), (0.5, 70), (1.0, 90)] {
        let mut desk = Desk::new(50);
        desk.enrol("u2001", Haste::Now);
        assert_eq!(desk.asks(), ["u2001 register 600"]);
        let user = "u2001".into();
        assert!(desk.roll.said(START, &user, yes(100), chance).is_none());
        desk.roll.recall_at = None;
        assert_eq!(desk.pass(100), [format!("{at}s u2001 register 600")]);
        desk.say("u2001", yes(100));
        assert_eq!(desk.reports(), ["u2001 is registered"], "told once");
    }
}

/// rules: CAL-6
#[test]
fn a_logout_takes_back_what_was_asked_for_in_order() {
    let mut desk = Desk::new(50);
    desk.enrol("u2001", Haste::Now);
    assert_eq!(desk.asks(), ["u2001 register 600"]);
    desk.withdraw("u2001");
    assert!(desk.asks().is_empty(), "the answer is awaited first");
    desk.say("u2001", yes(600));
    assert_eq!(desk.pass(1), ["0s u2001 take back 2001"]);
    // They come back while that is under way.
    desk.enrol("u2001", Haste::Now);
    assert!(desk.asks().is_empty());
    desk.say("u2001", yes(0));
    assert_eq!(desk.pass(1), ["1s u2001 register 600"]);
    desk.say("u2001", yes(600));
    desk.withdraw("u2001");
    assert_eq!(desk.pass(1), ["2s u2001 take back 2001"]);
    desk.say("u2001", Said::No(403));
    assert_eq!((desk.roll.users.len(), desk.pass(900)), (0, Vec::new()));
}

/// rules: CAL-6
#[test]
fn whoever_was_never_registered_is_not_taken_back_unless_nobody_knows() {
    let mut desk = Desk::new(50);
    desk.enrol("u2001", Haste::InTurn);
    desk.withdraw("u2001");
    assert!(desk.asks().is_empty());
    assert_eq!(desk.roll.users.len(), 0);
    desk.withdraw("u2002");
    assert_eq!(desk.pass(1), ["0s u2002 take back 2002"]);
    desk.say("u2002", Said::Nothing);
    assert!(!desk.pass(60).is_empty(), "it is tried again");
    // Until it would have ended by itself.
    for _ in 0..40 {
        desk.say("u2002", Said::Nothing);
        desk.pass(60);
    }
    assert_eq!(desk.roll.users.len(), 0);
}

/// rules: CAL-6
#[test]
fn a_wrong_password_is_said_and_not_tried_again_before_something_changes() {
    let mut desk = Desk::new(50);
    desk.enrol("u2001", Haste::Now);
    assert_eq!(desk.asks(), ["u2001 register 600"]);
    let again = desk.say("u2001", Said::Who(challenge("1", false)));
    assert_eq!(again.as_deref(), Some("u2001 register 600"));
    assert_eq!(desk.say("u2001", Said::Who(challenge("2", false))), None);
    assert_eq!(desk.reports(), ["u2001 failed: wrong password, again None"]);
    assert!(desk.pass(86_400).is_empty());
    desk.enrol("u2001", Haste::Now);
    assert_eq!(desk.asks(), ["u2001 register 600"]);
}

/// rules: CAL-6
#[test]
fn a_nonce_that_is_kept_may_be_too_old_once() {
    let mut desk = Desk::new(50);
    desk.enrol("u2001", Haste::Now);
    desk.asks();
    desk.say("u2001", Said::Who(challenge("1", false)));
    desk.say("u2001", yes(100));
    desk.roll.recall_at = None;
    assert_eq!(desk.pass(100).len(), 1);
    // It was restarted, and does not even say that the nonce is stale.
    assert!(
        desk.say("u2001", Said::Who(challenge("2", false)))
            .is_some()
    );
    assert!(desk.say("u2001", Said::Who(challenge("3", true))).is_some());
    desk.say("u2001", yes(100));
    assert_eq!(desk.reports(), ["u2001 is registered"]);
}

/// rules: CAL-6
#[test]
fn shorter_times_are_asked_for_as_long_as_it_wants_them() {
    let mut desk = Desk::new(50);
    desk.enrol("u2001", Haste::Now);
    desk.asks();
    desk.say("u2001", Said::TooBrief(1800));
    assert_eq!(desk.pass(1), ["0s u2001 register 1800"]);
    desk.say("u2001", Said::TooBrief(1800));
    assert_eq!(
        desk.reports(),
        ["u2001 failed: it answered 423, again None"]
    );
}

/// rules: CAL-6
#[test]
fn who_is_to_come_back_later_does_later_every_time() {
    let mut desk = Desk::new(50);
    desk.enrol("u2001", Haste::Now);
    desk.asks();
    let mut at = Vec::new();
    for _ in 0..9 {
        desk.say("u2001", later(500, None));
        let before = desk.now;
        assert_eq!(desk.pass(1800).len(), 1);
        let asked = desk.roll.users[&UserId::from("u2001")].phase_since();
        at.push((asked - before).as_secs());
        desk.now = asked;
    }
    assert_eq!(at, [22, 45, 90, 180, 360, 720, 1350, 1350, 1350]);
    assert_eq!(
        desk.reports()[0],
        "u2001 failed: it answered 500, again Some(22)"
    );
    desk.say("u2001", later(480, Some(100)));
    assert_eq!(desk.pass(120).len(), 1, "as it says, and a little");
}

/// rules: CAL-6
#[test]
fn while_it_is_silent_one_question_stands_for_all() {
    let mut desk = Desk::new(50);
    for user in ["u2001", "u2002", "u2003"] {
        desk.registered(user);
        desk.pass(1);
    }
    desk.enrol("u2004", Haste::Now);
    assert_eq!(desk.asks(), ["u2004 register 600"]);
    desk.now += Duration::from_secs(32);
    desk.say("u2004", Said::Nothing);
    let again = (desk.now - START).as_secs() + 1;
    let told = format!("u2004 failed: no answer, again Some({again})");
    assert_eq!(desk.reports(), ["Silent".to_owned(), told]);
    // Whoever logs in now is told at once, and nothing is asked for them.
    desk.enrol("u2005", Haste::Now);
    assert_eq!(desk.reports().len(), 1);
    assert!(desk.asks().is_empty());
    let mut questions = 0;
    let last = loop {
        let asked = desk.pass(32);
        assert!(asked.len() <= 1, "{asked:?}");
        let Some(asked) = asked.first() else { continue };
        let user = asked.split(' ').nth(1).unwrap_or_default().to_owned();
        questions += 1;
        if questions == 30 {
            break user;
        }
        desk.say(&user, Said::Nothing);
    };
    // What ended meanwhile was noticed.
    let failed = desk.reports().join("\n");
    for user in ["u2001", "u2002", "u2003", "u2004", "u2005"] {
        assert!(
            failed.contains(&format!("{user} failed: no answer")),
            "{failed}"
        );
    }
    // It answers: everybody is asked for.
    desk.say(&last, yes(600));
    assert_eq!(desk.reports()[0], "Answers");
    let asked = desk.pass(2);
    assert!(asked.len() >= 4, "{asked:?}");
}

/// rules: CAL-6
#[test]
fn when_it_wants_to_be_left_alone_nobody_asks() {
    let mut desk = Desk::new(50);
    desk.registered("u2001");
    desk.enrol("u2002", Haste::Now);
    desk.asks();
    desk.say("u2002", later(503, Some(120)));
    assert_eq!(
        desk.reports(),
        ["Busy", "u2002 failed: too busy, again Some(120)"]
    );
    assert!(desk.pass(119).is_empty());
    assert_eq!(desk.pass(1).len(), 1);
}

/// rules: CAL-6
#[test]
fn when_it_has_forgotten_one_everybody_is_registered_anew() {
    let mut desk = Desk::new(50);
    for n in 0..20 {
        desk.registered(&format!("u{n:04}"));
        desk.now += Duration::from_millis(30);
    }
    let asked = desk.pass(15);
    let recalls = asked.iter().filter(|ask| ask.ends_with("recall")).count();
    assert_eq!(recalls, 1, "{asked:?}");
    let asked = asked[0].split(' ').nth(1).unwrap_or_default().to_owned();
    let listed = |is_listed| Said::Yes {
        seconds: None,
        is_listed,
    };
    desk.say(&asked, listed(true));
    assert!(desk.reports().is_empty());
    let asked = desk.pass(15);
    assert_eq!(asked.len(), 1, "the next recall: {asked:?}");
    let asked = asked[0].split(' ').nth(1).unwrap_or_default().to_owned();
    desk.say(&asked, listed(false));
    assert_eq!(desk.reports(), ["Forgot"]);
    let anew = desk.pass(2);
    let registers = anew.iter().filter(|ask| ask.contains("register"));
    assert_eq!(registers.count(), 20, "{anew:?}");
}

/// Some never list anybody who only asks: then everybody would be registered anew time and again.
#[test]
fn one_that_never_lists_those_who_only_ask_is_soon_not_asked() {
    let mut desk = Desk::new(50);
    for n in 0..20 {
        desk.registered(&format!("u{n:04}"));
        desk.now += Duration::from_millis(30);
    }
    let mut asked = 0;
    for _ in 0..20 {
        for ask in desk.pass(10) {
            asked += 1;
            let mut words = ask.split(' ').skip(1);
            let (user, wish) = (words.next().unwrap_or_default(), words.next());
            let is_listed = wish != Some("recall");
            let seconds = Some(600);
            desk.say(user, Said::Yes { seconds, is_listed });
        }
    }
    assert_eq!(asked, 3, "two recalls, and one that was registered again");
    assert!(desk.reports().is_empty());
}

#[test]
fn one_that_lists_no_contacts_is_not_asked_for_them() {
    let mut desk = Desk::new(50);
    desk.enrol("u2001", Haste::Now);
    desk.asks();
    desk.say(
        "u2001",
        Said::Yes {
            seconds: None,
            is_listed: false,
        },
    );
    assert!(desk.pass(299).is_empty());
    assert_eq!(desk.pass(301).len(), 1, "only the refresh");
}

/// rules: CAL-6
#[test]
fn another_number_is_registered_when_the_old_one_is_taken_back() {
    let mut desk = Desk::new(50);
    desk.registered("u2001");
    let other = account("2999");
    desk.roll
        .enrol("u2001".into(), other, Haste::InTurn, String::new);
    assert_eq!(desk.pass(1), ["0s u2001 take back 2001"]);
    desk.say("u2001", yes(0));
    let asked = desk.pass(1);
    assert_eq!(asked, ["1s u2001 register 600"]);
    let registration = &desk.roll.users[&UserId::from("u2001")];
    assert_eq!(registration.account.number, "2999".into());
    desk.say("u2001", yes(600));
    assert_eq!(desk.reports(), ["u2001 is registered"]);
}

impl Registration {
    fn phase_since(&self) -> Duration {
        match self.phase {
            Phase::Asked(open) => open.since,
            _ => panic!("nothing is asked for"),
        }
    }
}
