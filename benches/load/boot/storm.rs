//! All phones at once, and what came of it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rand::RngExt;
use serde_json::json;
use tokio::task::{JoinSet, spawn_local};
use tokio::time::{sleep, timeout};

use super::arguments::BootStorm;
use super::fetch::{Fetched, Fetcher};
use super::model::{Model, Way, Wish, file_of, name};
use crate::arguments::Site;
use crate::control::Control;
use crate::found::Found;
use crate::server::Server;
use crate::site::{add_phone, people};
use crate::tally::Tally;
use crate::usage::Usage;
use crate::{Failure, secure};

/// Phones are at addresses from here on; strangers at some of their own.
const PHONES: u32 = u32::from_be_bytes([127, 64, 0, 1]);
const STRANGERS: u32 = u32::from_be_bytes([127, 32, 0, 1]);

/// The first port that is asked from, one for each file.
const FIRST_PORT: u16 = 20_000;

/// Nobody but the one who administers it is exempt from limits, and the phones are where the settings say.
const SETTINGS: &str =
    "[guard]\ntrusted = [\"127.0.0.1/32\"]\n[provision]\nnetworks = [\"127.64.0.0/10\"]\n";

/// How long memory may take to settle, and how often it is looked at.
const SETTLE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(250);

/// Carries it out, and prints what it showed. Fails if any phone did not get what it should, or anybody else did.
pub async fn carry_out(run: &BootStorm) -> Result<(), Failure> {
    let models = Model::of(&run.models)?;
    if models.is_empty() {
        return Err("no model is played: name some with --models".into());
    }
    let server = Server::start(&run.start, SETTINGS)?;
    let mut control = Control::connect(server.control()).await?;
    control.apply(site_text(run.phones, &models)).await?;
    drop(control);
    sleep(SETTLE).await;
    let before = Usage::of(server.pid())?;
    let fetcher = Fetcher {
        connector: secure::connector()?,
        host: Ipv4Addr::LOCALHOST,
        offset: server.offset(),
    };
    let storm = Rc::new(Storm {
        fetcher,
        models,
        spread: run.spread,
        seen: RefCell::default(),
    });
    let peak = Rc::new(Cell::new(before.resident));
    let watch = spawn_local(watch(server.pid(), Rc::clone(&peak)));
    let since = Instant::now();
    let all = play(&storm, run);
    let is_over = timeout(Duration::from_secs(run.patience), all).await;
    let took = since.elapsed();
    watch.abort();
    let after = Usage::of(server.pid())?;
    let seen = storm.seen.take();
    let mut found = Found::new("boot-storm", !run.json);
    seen.say(&mut found, took);
    let used = after.cpu_since(&before).as_secs_f64();
    let files = seen.files().max(1) as f64;
    found.say("cpu_s", used, "s of CPU of the server");
    found.say("cpu_us_each", used * 1e6 / files, "µs of CPU for each file");
    let grown = peak
        .get()
        .max(after.resident)
        .saturating_sub(before.resident);
    found.say("peak_bytes", grown, "bytes more than before, at most");
    found.say("resident_bytes", after.resident, "bytes in all in the end");
    found.finish();
    is_over.map_err(|_| "some phones had not got all their files when the time was up")?;
    match seen.errors.is_empty() && seen.leaked == 0 {
        true => Ok(()),
        false => Err(format!("{:?}; {} files leaked", seen.errors, seen.leaked).into()),
    }
}

/// Everybody fetches, until all have done.
async fn play(storm: &Rc<Storm>, run: &BootStorm) {
    let mut all = JoinSet::new();
    for phone in 0..run.phones {
        all.spawn_local(Rc::clone(storm).boot(phone));
    }
    for stranger in 0..run.strangers {
        let victim = stranger % run.phones.max(1);
        all.spawn_local(Rc::clone(storm).steal(stranger, victim));
    }
    while all.join_next().await.is_some() {}
}

/// The phones, in turn of these models.
fn site_text(phones: u32, models: &[&'static Model]) -> String {
    let site = Site {
        phones,
        users: 0,
        logout_time: None,
        pace: 1,
    };
    let mut text = people(&site, "");
    for (phone, model) in (0..phones).zip(models.iter().cycle()) {
        add_phone(&mut text, phone, &name(phone), model.in_site);
    }
    text
}

/// Keeps the most memory that the server has.
async fn watch(pid: u32, peak: Rc<Cell<u64>>) {
    while let Ok(usage) = Usage::of(pid) {
        peak.set(peak.get().max(usage.resident));
        sleep(LOOK).await;
    }
}

struct Storm {
    fetcher: Fetcher,
    models: Vec<&'static Model>,
    spread: f64,
    seen: RefCell<Seen>,
}

/// What came of it.
#[derive(Default)]
struct Seen {
    /// How long files took, in the order of [`Way::ALL`]; and all files of a phone.
    files: [Tally; 3],
    phones: Tally,
    /// What was not there, as it should.
    missing: u64,
    /// How often something was said again.
    again: u64,
    errors: BTreeMap<String, u64>,
    /// What strangers asked for, and what they were given.
    stolen_at: u64,
    leaked: u64,
}

impl Storm {
    /// A phone starts.
    async fn boot(self: Rc<Self>, phone: u32) {
        self.wait().await;
        let (begun, from) = (Instant::now(), Ipv4Addr::from(PHONES + phone));
        let model = self.model(phone);
        for (port, (file, wish)) in (FIRST_PORT..).zip(model.files) {
            let from = SocketAddrV4::new(from, port);
            let (since, file) = (Instant::now(), file_of(phone, file));
            let mut again = 0;
            let fetched = self.fetcher.fetch(model.way, from, &file, &mut again).await;
            let wrong =
                fetched.map_or_else(|why| Some(why.to_string()), |f| wrong(phone, *wish, &f));
            let seen = &mut *self.seen.borrow_mut();
            seen.again += again;
            match wrong {
                Some(why) => *seen.errors.entry(why).or_default() += 1,
                None => seen.file(model.way).done(Instant::now(), since),
            }
            seen.missing += u64::from(*wish == Wish::Missing);
        }
        let seen = &mut *self.seen.borrow_mut();
        seen.phones.done(Instant::now(), begun);
    }

    /// Somebody asks for a phone's file from where no phone is.
    async fn steal(self: Rc<Self>, stranger: u32, victim: u32) {
        self.wait().await;
        let from = Ipv4Addr::from(STRANGERS + stranger);
        let model = self.model(victim);
        let own = model.files.iter().filter(|(_, wish)| *wish == Wish::Own);
        for (file, _) in own {
            let (file, mut again) = (file_of(victim, file), 0);
            let fetcher = &self.fetcher;
            let from = SocketAddrV4::new(from, FIRST_PORT);
            let fetched = fetcher.fetch(model.way, from, &file, &mut again).await;
            let seen = &mut *self.seen.borrow_mut();
            seen.stolen_at += 1;
            seen.leaked += u64::from(matches!(fetched, Ok(Fetched::File(_))));
        }
    }

    async fn wait(&self) {
        let part = rand::rng().random_range(0.0..1.0);
        sleep(Duration::from_secs_f64(self.spread * part)).await;
    }

    fn model(&self, phone: u32) -> &'static Model {
        let index = usize::try_from(phone).unwrap_or_default();
        self.models[index % self.models.len()]
    }
}

impl Seen {
    fn file(&mut self, way: Way) -> &mut Tally {
        match way {
            Way::Tftp => &mut self.files[0],
            Way::Http => &mut self.files[1],
            Way::Https => &mut self.files[2],
        }
    }

    fn files(&self) -> u64 {
        self.files.iter().map(Tally::count).sum()
    }

    fn say(&self, found: &mut Found, took: Duration) {
        found.say(
            "took_s",
            took.as_secs_f64(),
            "s until all phones had their files",
        );
        let rate = self.files() as f64 / took.as_secs_f64().max(1e-6);
        found.say("files_per_s", rate, "files in a second");
        for (way, tally) in Way::ALL.iter().zip(&self.files) {
            if tally.count() > 0 {
                let words = format!("answers by {}", way.word());
                found.tally(way.word(), tally, &words);
            }
        }
        found.tally("phones", &self.phones, "phones had all that they asked for");
        found.say("missing", self.missing, "files that there are not, said so");
        found.say("again", self.again, "times something was said again");
        found.say(
            "stolen_at",
            self.stolen_at,
            "files asked for from elsewhere",
        );
        found.say("leaked", self.leaked, "of these were given");
        let errors: u64 = self.errors.values().sum();
        found.say("errors", errors, "errors");
        found.say("which", json!(self.errors), "of them");
    }
}

/// What is wrong with that, if anything is.
fn wrong(phone: u32, wish: Wish, fetched: &Fetched) -> Option<String> {
    let what = match (wish, fetched) {
        (Wish::Missing, Fetched::Missing) => return None,
        (Wish::Common, Fetched::File(file)) if !file.is_empty() => return None,
        (Wish::Own, Fetched::File(file)) => {
            let text = String::from_utf8_lossy(file);
            match text.contains(&name(phone)) {
                true => return None,
                false => "a file of another phone",
            }
        }
        (Wish::Missing, Fetched::File(_)) => "a file that there should not be",
        (_, Fetched::Missing) => "a file is missing",
        (Wish::Common, Fetched::File(_)) => "an empty file",
    };
    Some(what.to_owned())
}
