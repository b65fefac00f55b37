use super::*;

/// Minutes of uptime.
fn at(minutes: u64) -> Now {
    Now {
        uptime: m(1000 + minutes),
        utc: Utc(i64::try_from(minutes * 60_000).expect("a test is short")),
    }
}

fn m(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// It begins to ask after five minutes without use.
const BEGINS: Rest = Rest {
    begins: Some(Duration::from_secs(300)),
    every: Duration::from_secs(60),
};
const AGAIN: Rest = Rest {
    begins: None,
    every: Duration::from_secs(60),
};

/// A phone beside, with a limit of an hour, and a call manager that does as it is told.
struct Bench {
    beside: Beside,
    phone: PhoneName,
    there: Option<&'static str>,
    fails: bool,
    /// What was asked, and when.
    heard: Vec<(u64, Task)>,
    left: Vec<(u64, String, Duration)>,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            beside: Beside::new(m(60)),
            phone: "SEP001122334455".into(),
            there: Some("alice"),
            fails: false,
            heard: Vec::new(),
            left: Vec::new(),
        }
    }

    fn rests(&mut self, minute: u64, rest: Rest) {
        self.beside.rests(at(minute), &self.phone, rest);
        self.work(minute);
    }

    /// It asks again each minute from the first to the last.
    fn goes_on(&mut self, minutes: std::ops::RangeInclusive<u64>) {
        for minute in minutes {
            self.rests(minute, AGAIN);
        }
    }

    fn work(&mut self, minute: u64) {
        self.beside.wake(at(minute));
        while let Some(job) = self.beside.next_job() {
            self.heard.push((minute, job.task.clone()));
            let outcome = match (self.fails, &job.task) {
                (true, _) => Outcome::Failed("it is down".to_owned()),
                (false, Task::Ask) => Outcome::There(self.there.map(str::to_owned)),
                (false, Task::LogOut(_)) => {
                    self.there = None;
                    Outcome::LoggedOut
                }
            };
            let left = self.beside.done(at(minute), &job, outcome);
            self.left
                .extend(left.map(|(user, idle)| (minute, user, idle)));
        }
    }

    fn left(&self) -> Vec<(u64, &str, u64)> {
        let left = self.left.iter();
        left.map(|(minute, user, idle)| (*minute, user.as_str(), idle.as_secs() / 60))
            .collect()
    }
}

/// rules: IDL-7
#[test]
fn who_does_not_use_the_phone_for_so_long_is_logged_out_there() {
    let mut bench = Bench::new();
    bench.rests(5, BEGINS);
    bench.goes_on(6..=70);
    assert_eq!(bench.left(), [(60, "alice", 60)]);
    let heard: Vec<u64> = bench.heard.iter().map(|(minute, _)| *minute).collect();
    // When it falls idle, and when the limit is reached; no more.
    assert_eq!(heard, [5, 60, 60]);
    let said = bench.beside.explain(at(70), &bench.phone).join(" ");
    let why = "Perch had alice logged out there 10 min ago: nobody had used the phone for 60 min.";
    assert!(said.contains(why), "{said}");
}

/// rules: IDL-7
#[test]
fn whoever_uses_the_phone_stays() {
    let mut bench = Bench::new();
    bench.rests(5, BEGINS);
    bench.goes_on(6..=50);
    // In use until minute 75, when it begins to ask again.
    bench.work(60);
    bench.work(75);
    assert_eq!(bench.left(), []);
    let said = bench.beside.explain(at(75), &bench.phone).join(" ");
    assert!(said.contains("it is in use, or off"), "{said}");
    bench.rests(80, BEGINS);
    bench.goes_on(81..=140);
    assert_eq!(bench.left(), [(135, "alice", 60)]);
}

/// rules: IDL-7
#[test]
fn two_intervals_of_silence_are_use_even_if_it_does_not_begin_anew() {
    let mut bench = Bench::new();
    bench.rests(5, BEGINS);
    bench.goes_on(6..=50);
    bench.goes_on(53..=130);
    assert_eq!(bench.left(), [(112, "alice", 60)]);
}

#[test]
fn somebody_else_who_came_meanwhile_has_the_whole_time() {
    let mut bench = Bench::new();
    bench.rests(5, BEGINS);
    bench.goes_on(6..=30);
    bench.there = Some("bob");
    bench.goes_on(31..=119);
    assert_eq!(bench.left(), []);
    bench.goes_on(120..=120);
    assert_eq!(bench.left(), [(120, "bob", 60)]);
}

#[test]
fn a_phone_that_was_idle_for_longer_is_nobodys_at_once() {
    let mut bench = Bench::new();
    let begins = Rest {
        begins: Some(m(240)),
        ..BEGINS
    };
    bench.rests(5, begins);
    assert_eq!(bench.left(), [(5, "alice", 240)]);
}

#[test]
fn what_fails_is_tried_again_ever_less_often_while_the_phone_is_idle() {
    let mut bench = Bench::new();
    bench.fails = true;
    bench.rests(0, BEGINS);
    bench.goes_on(1..=180);
    let asked = bench.heard.len();
    assert!((10..20).contains(&asked), "{asked}");
    let said = bench.beside.explain(at(180), &bench.phone).join(" ");
    assert!(said.contains("it is down"), "{said}");
    bench.fails = false;
    bench.goes_on(181..=200);
    assert_eq!(bench.left().len(), 1);
    bench.fails = true;
    bench.there = Some("alice");
    bench.heard.clear();
    // Nobody is asked about a phone that does not say anything.
    (203..=900).for_each(|minute| bench.work(minute));
    assert_eq!(bench.heard, []);
}

#[test]
fn late_answers_are_about_something_else() {
    let mut bench = Bench::new();
    let (phone, minute) = (bench.phone.clone(), 5);
    bench.beside.rests(at(minute), &phone, BEGINS);
    let late = bench.beside.next_job().expect("it is asked");
    bench.beside.rests(at(minute + 1), &phone, BEGINS);
    let there = Outcome::There(Some("zoe".to_owned()));
    assert_eq!(bench.beside.done(at(minute + 1), &late, there), None);
    bench.work(minute + 1);
    let said = bench.beside.explain(at(minute + 1), &phone).join(" ");
    assert!(said.contains("alice") && !said.contains("zoe"), "{said}");
}

#[test]
fn what_is_said_is_what_such_services_hear_and_say() {
    let account = Account {
        id: "perch".to_owned(),
        password: crate::pbx::Secret::new("a&b".to_owned()),
    };
    let job = |task| Job {
        phone: "SEP1".into(),
        task,
        round: 1,
    };
    let (ask, log_out) = (job(Task::Ask), job(Task::LogOut("alice".to_owned())));
    let said = String::from_utf8(form(&ask, &account)).expect("a text");
    assert!(said.starts_with("xml=") && !said.contains("a&b"), "{said}");
    let there = "<?xml version=\"1.0\"?><response><deviceUserResults><device name=\"SEP1\">\
                 <userID>a%40b</userID><none/></device></deviceUserResults></response>";
    assert_eq!(read(&ask, there), Said::There(Some("a@b".to_owned())));
    for nobody in ["<none/>", "<doesNotExist/>", "<lastlogin>bob</lastlogin>"] {
        let text = format!(
            "<response><deviceUserResults><device name=\"SEP1\">{nobody}</device></deviceUserResults></response>"
        );
        assert_eq!(read(&ask, &text), Said::There(None), "{nobody}");
    }
    let done = "<response><success/></response>";
    assert_eq!(read(&log_out, done), Said::Done);
    assert_eq!(read(&ask, done), Said::Nonsense);
    let error = |code| {
        format!("<response><failure><error code=\"{code}\">Words</error></failure></response>")
    };
    assert_eq!(read(&log_out, &error(19)), Said::Done);
    let refused = Said::Refused("it says error 3: Words".to_owned());
    assert_eq!(read(&log_out, &error(3)), refused);
    assert_eq!(read(&ask, "<html>"), Said::Nonsense);
}
