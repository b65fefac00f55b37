//! Very many phones on one server: what each costs, how fast they come back, and how fast all are logged out.

use std::cell::Cell;
use std::fs;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{sleep, sleep_until};

use super::arguments::{SccpRegister, Step};
use super::crowd::{Crowd, Habits};
use super::kind::Kind;
use super::phone::Look;
use super::site;
use super::swap::users;
use crate::Failure;
use crate::arguments::Site;
use crate::control::Control;
use crate::found::Found;
use crate::scenario::time_ahead;
use crate::server::Server;
use crate::site::FIRST_USER;
use crate::usage::Usage;

/// Open files that are no phone's.
const OTHER_FILES: u64 = 200;

/// How long memory may take to settle.
const SETTLE: Duration = Duration::from_secs(2);

/// How many logins by an administrator are under way at once.
const AT_ONCE: usize = 48;

/// How often phones that are nobody's ask the exchange for something while the others are logged out, in a second.
const ASKED: f64 = 200.0;

/// So many keep-alives are said before answers are listened to.
const ALIVE_AT_ONCE: usize = 100;

/// How often it is asked whether all are logged out.
const LOOK: Duration = Duration::from_millis(100);

/// Carries it out, and prints what it showed.
pub async fn carry_out(run: &SccpRegister) -> Result<(), Failure> {
    check_files(run.phones)?;
    let mut load = Load::start(run).await?;
    load.register_all().await?;
    for step in &run.steps {
        match step {
            Step::KeepAlives => load.keep_alive().await?,
            Step::Restart => load.restart().await?,
            Step::Wave => load.wave().await?,
        }
    }
    let memory = load.usage()?.resident;
    load.found
        .say("resident_bytes", memory, "bytes in all in the end");
    load.found.finish();
    Ok(())
}

struct Load<'a> {
    run: &'a SccpRegister,
    server: Server,
    control: Control,
    crowd: Rc<Crowd>,
    people: Site,
    kinds: Vec<&'static Kind>,
    before: Usage,
    found: Found,
}

impl<'a> Load<'a> {
    async fn start(run: &'a SccpRegister) -> Result<Load<'a>, Failure> {
        let kinds = Kind::of(&run.models)?;
        let settings = "[sccp]\nconnections_per_source = 20000\n";
        let server = Server::start(&run.start, settings)?;
        let mut control = Control::connect(server.control()).await?;
        let others = (run.phones / 100).max(1);
        let people = Site {
            phones: run.phones,
            users: run.users.unwrap_or(run.phones.saturating_sub(others)),
            logout_time: None,
            pace: run.pace,
        };
        let empty = Usage::of(server.pid())?;
        control.apply(site::text(&people, &kinds)).await?;
        sleep(SETTLE).await;
        let before = Usage::of(server.pid())?;
        let habits = Habits {
            server: server.sccp(),
            with_tokens: !run.no_tokens,
            spread: Duration::from_secs_f64(run.spread),
            sources: run.sources,
        };
        let mut found = Found::new("sccp-register", !run.json);
        let each = bytes_each(&empty, &before, run.phones);
        found.say(
            "site_bytes_each",
            each,
            "bytes for a phone and a user of the site",
        );
        Ok(Load {
            run,
            server,
            control,
            crowd: Crowd::new(habits, run.phones, &kinds),
            people,
            kinds,
            before,
            found,
        })
    }

    fn usage(&self) -> Result<Usage, Failure> {
        Usage::of(self.server.pid())
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.run.patience)
    }

    /// Waits until everybody is registered, and says how long that took and what came in between.
    async fn until_all(&mut self, when: &str, since: Instant) -> Result<(), Failure> {
        let all = self.crowd.len();
        let what = "all phones are registered";
        self.crowd
            .until(what, self.patience(), |counts| counts.registered == all)
            .await?;
        let took = since.elapsed().as_secs_f64();
        let counts = self.crowd.take_counts();
        let mut say = |key: &str, value: Value, words: &str| {
            self.found.say(&format!("{when}_{key}"), value, words);
        };
        say("s", json!(took), "s until all phones were registered");
        say(
            "put_off",
            json!(counts.put_off),
            "times a phone was told to come later",
        );
        say("refused", json!(counts.refused), "connections were refused");
        say("lost", json!(counts.lost), "connections were lost");
        say(
            "unanswered",
            json!(counts.unanswered),
            "times an answer did not come",
        );
        say("rejected", json!(counts.rejected), "phones were rejected");
        Ok(())
    }

    async fn register_all(&mut self) -> Result<(), Failure> {
        let before = self.usage()?;
        let since = Instant::now();
        self.crowd.switch_on();
        self.until_all("registering", since).await?;
        let after = self.usage()?;
        let each = micros(after.cpu_since(&before)) / f64::from(self.run.phones);
        self.found.say(
            "registering_cpu_us",
            each,
            "µs of CPU for each, connecting and all",
        );
        let peak = bytes_each(&self.before, &after, self.run.phones);
        self.found.say(
            "peak_bytes_each",
            peak,
            "bytes of memory for each phone at once",
        );
        sleep(SETTLE).await;
        let settled = bytes_each(&self.before, &self.usage()?, self.run.phones);
        self.found
            .say("bytes_each", settled, "bytes of memory for each phone");
        Ok(())
    }

    async fn keep_alive(&mut self) -> Result<(), Failure> {
        drop(self.crowd.take_counts());
        let before = self.usage()?;
        // One task among those that listen: the server is not to be charged for answers that nobody has time to read.
        let crowd = Rc::clone(&self.crowd);
        let rate = f64::from(self.run.keep_alives.max(1));
        let duration = Duration::from_secs(self.run.seconds);
        spawn_local(say_alive(crowd, rate, duration)).await?;
        sleep(Duration::from_millis(500)).await;
        let used = self.usage()?.cpu_since(&before);
        let counts = self.crowd.take_counts();
        let each = micros(used) / counts.alive.count().max(1) as f64;
        self.found
            .say("keep_alive_cpu_us", each, "µs of CPU for each keep-alive");
        self.found
            .tally("keep_alive", &counts.alive, "keep-alives answered");
        self.found.say(
            "keep_alive_lost",
            counts.lost,
            "connections were lost meanwhile",
        );
        Ok(())
    }

    async fn restart(&mut self) -> Result<(), Failure> {
        drop(self.crowd.take_counts());
        self.server.kill()?;
        let patience = self.patience();
        let noticed = self
            .crowd
            .until("phones notice", patience, |counts| counts.registered == 0);
        noticed.await?;
        let since = Instant::now();
        self.server.start_again()?;
        while !self.server.is_listening()? {
            sleep(LOOK).await;
        }
        let listening = since.elapsed().as_secs_f64();
        self.found.say(
            "restart_listening_s",
            listening,
            "s until the server listened again",
        );
        self.control = Control::connect(self.server.control()).await?;
        self.until_all("restart", since).await?;
        let used = micros(self.usage()?.cpu_since(&Usage::default()));
        let each = used / f64::from(self.run.phones);
        self.found
            .say("restart_cpu_us", each, "µs of CPU for each since the start");
        Ok(())
    }

    async fn wave(&mut self) -> Result<(), Failure> {
        self.log_all_in().await?;
        let phones = 0..usize::try_from(self.people.users.min(self.people.phones))?;
        let asking = Asking::begin(&self.crowd, phones.len());
        sleep(SETTLE).await;
        drop(self.crowd.take_counts());
        let (time, due) = time_ahead()?;
        self.people.logout_time = Some(time);
        let since = Instant::now();
        self.control
            .apply(site::text(&self.people, &self.kinds))
            .await?;
        self.found.say(
            "apply_s",
            since.elapsed().as_secs_f64(),
            "s until the site was in force",
        );
        sleep_until((due - Duration::from_secs(1)).into()).await;
        let before = self.crowd.take_counts();
        self.found.tally(
            "apply_others",
            &before.told,
            "answers to others while it was put in force",
        );
        for phone in phones.clone() {
            self.crowd
                .await_look(phone, Look::nobodys(u32::try_from(phone)?), due);
        }
        sleep_until(due.into()).await;
        let patience = due + self.patience();
        while self.control.status().await?.sessions > 0 && Instant::now() < patience {
            sleep(LOOK).await;
        }
        self.found.say(
            "wave_s",
            due.elapsed().as_secs_f64(),
            "s until all users were logged out",
        );
        self.crowd
            .until("phones are nobody's", self.patience(), |counts| {
                counts.changing == 0
            })
            .await?;
        self.found.say(
            "wave_phones_s",
            due.elapsed().as_secs_f64(),
            "s until all phones showed it",
        );
        asking.end();
        let counts = self.crowd.take_counts();
        self.found
            .tally("wave_others", &counts.told, "answers to others meanwhile");
        self.found.say(
            "wave_restarted",
            counts.restarted,
            "phones started anew for it",
        );
        self.found
            .say("wave_lost", counts.lost, "connections were lost");
        Ok(())
    }

    /// Every user is logged in at a phone by an administrator.
    async fn log_all_in(&mut self) -> Result<(), Failure> {
        let count = self.people.users.min(self.people.phones);
        let since = Instant::now();
        for user in 0..count {
            let look = users(FIRST_USER + user);
            self.crowd.await_look(usize::try_from(user)?, look, since);
        }
        let (next, failed) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let workers: Vec<JoinHandle<()>> = (0..AT_ONCE)
            .map(|_| {
                let (mut control, next) = (self.control.clone(), Rc::clone(&next));
                let failed = Rc::clone(&failed);
                spawn_local(async move {
                    while next.get() < count {
                        let user = next.replace(next.get() + 1);
                        let login = control.login(site::name(user), format!("u{user}"), None);
                        failed.set(failed.get() + u32::from(login.await.is_err()));
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await?;
        }
        if failed.get() > 0 {
            return Err(format!("{} logins were refused", failed.get()).into());
        }
        self.found.say(
            "logins_s",
            since.elapsed().as_secs_f64(),
            "s until all users were logged in",
        );
        let what = "all phones are somebody's";
        self.crowd
            .until(what, self.patience(), |counts| counts.changing == 0)
            .await?;
        self.found.say(
            "logins_phones_s",
            since.elapsed().as_secs_f64(),
            "s until all phones showed it",
        );
        Ok(())
    }
}

/// Phones in turn say that they are there, so many in a second.
async fn say_alive(crowd: Rc<Crowd>, rate: f64, duration: Duration) {
    let started = Instant::now();
    let mut said: u32 = 0;
    while started.elapsed() < duration {
        let now = started.elapsed().as_secs_f64();
        for _ in 0..ALIVE_AT_ONCE {
            let due = f64::from(said) / rate;
            if due > now {
                break;
            }
            let phone = usize::try_from(said).unwrap_or_default() % crowd.len();
            crowd.say_alive(phone, started + Duration::from_secs_f64(due));
            said += 1;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

/// Phones that are nobody's, and ask the exchange something now and then.
struct Asking(JoinHandle<()>);

impl Asking {
    /// Phones from `first` on ask in turn.
    fn begin(crowd: &Rc<Crowd>, first: usize) -> Asking {
        let crowd = Rc::clone(crowd);
        Asking(spawn_local(async move {
            let (started, others) = (Instant::now(), (first..crowd.len()).cycle());
            for (count, phone) in (0_u32..).zip(others) {
                let due = started + Duration::from_secs_f64(f64::from(count) / ASKED);
                sleep_until(due.into()).await;
                crowd.ask_time(phone, due);
            }
        }))
    }

    fn end(self) {
        self.0.abort();
    }
}

fn bytes_each(before: &Usage, after: &Usage, phones: u32) -> f64 {
    after.grown_since(before) as f64 / f64::from(phones.max(1))
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// Whether so many connections can be opened at all. The server, which inherits the limit, needs as many.
fn check_files(phones: u32) -> Result<(), Failure> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let limit = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let needed = u64::from(phones) + OTHER_FILES;
    match limit {
        Some(limit) if limit < needed => Err(format!(
            "{phones} phones take {needed} open files, and {limit} are allowed: see `ulimit -n`, or play fewer with --phones"
        )
        .into()),
        _ => Ok(()),
    }
}
