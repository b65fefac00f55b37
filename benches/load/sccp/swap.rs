//! How fast a phone becomes somebody's: from the request until it has been told, or has asked for, its new lines.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::arguments::{SccpSwap, Way};
use super::crowd::{Counts, Crowd, Habits};
use super::exposition::Exposition;
use super::kind::Kind;
use super::phone::Look;
use super::site;
use crate::Failure;
use crate::arguments::{Door, Site};
use crate::control::Control;
use crate::server::Server;
use crate::site::{FIRST_USER, PIN};

/// How long phones may take to register, and to take another profile.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of so many requests one is a logout; the others take the user from one phone to the other.
const LOGOUT_EVERY: u64 = 8;

/// Carries it out, and prints what it showed.
pub async fn carry_out(run: &SccpSwap) -> Result<(), Failure> {
    let kinds = Kind::of(&run.models)?;
    let mut measured = Vec::new();
    for way in &run.ways {
        let mut world = World::start(run, *way, &kinds).await?;
        for (index, kind) in kinds.iter().enumerate() {
            let one = world.measure(run, *way, index, kind).await?;
            if !run.json {
                println!("{}", one.text());
            }
            measured.push(one.json());
        }
    }
    if run.json {
        println!("{}", Value::Array(measured));
    }
    Ok(())
}

/// A server with two phones and a user for each model.
struct World {
    server: Server,
    control: Control,
    crowd: Rc<Crowd>,
}

/// What swaps of one model showed.
struct Measured {
    kind: &'static Kind,
    way: Way,
    counts: Counts,
    /// By the server's own account: the average in milliseconds, and how many.
    live: Option<(f64, f64)>,
    anew: Option<(f64, f64)>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.crowd.switch_off();
    }
}

impl World {
    async fn start(run: &SccpSwap, way: Way, kinds: &[&'static Kind]) -> Result<World, Failure> {
        let models = json!(run.models);
        let settings = match way {
            Way::Live => format!("[sccp]\nswap_live = {models}\n"),
            Way::Restart => format!("[sccp]\nswap_restart = {models}\n"),
            Way::Own => String::new(),
        };
        let server = Server::start(&run.start, &settings)?;
        let mut control = Control::connect(server.control()).await?;
        let count = u32::try_from(kinds.len())?;
        let people = Site {
            phones: 2 * count,
            users: count,
            logout_time: None,
            pace: 1_000,
        };
        let twice: Vec<&'static Kind> = kinds.iter().flat_map(|kind| [*kind; 2]).collect();
        control.apply(site::text(&people, &twice)).await?;
        let habits = Habits {
            server: server.sccp(),
            with_tokens: true,
            spread: Duration::ZERO,
            sources: 1,
        };
        let crowd = Crowd::new(habits, people.phones, &twice);
        crowd.switch_on();
        let all = crowd.len();
        crowd
            .until("all phones are registered", PATIENCE, |counts| {
                counts.registered == all
            })
            .await?;
        Ok(World {
            server,
            control,
            crowd,
        })
    }

    async fn measure(
        &mut self,
        run: &SccpSwap,
        way: Way,
        index: usize,
        kind: &'static Kind,
    ) -> Result<Measured, Failure> {
        drop(self.crowd.take_counts());
        let mut at = None;
        let mut request = 0;
        while self.crowd.changed() < run.swaps {
            request += 1;
            at = match at {
                Some(phone) if request % LOGOUT_EVERY == 0 => {
                    self.log_out(index, phone).await?;
                    None
                }
                Some(phone) => Some(self.log_in(run, index, phone ^ 1, Some(phone)).await?),
                None => Some(self.log_in(run, index, 2 * index, None).await?),
            };
        }
        if let Some(phone) = at {
            self.log_out(index, phone).await?;
        }
        let metrics = Exposition::fetch(self.server.http()).await?;
        Ok(Measured {
            kind,
            way,
            counts: self.crowd.take_counts(),
            live: metrics.swaps(kind.model, true),
            anew: metrics.swaps(kind.model, false),
        })
    }

    /// Takes the user of a model to a phone; `from` where it was before.
    async fn log_in(
        &mut self,
        run: &SccpSwap,
        user: usize,
        phone: usize,
        from: Option<usize>,
    ) -> Result<usize, Failure> {
        let since = Instant::now();
        let dn = u32::try_from(user)? + FIRST_USER;
        self.crowd.await_look(phone, users(dn), since);
        if let Some(from) = from {
            let look = Look::nobodys(u32::try_from(from)?);
            self.crowd.await_look(from, look, since);
        }
        match run.door {
            Door::Control => {
                let name = site::name(u32::try_from(phone)?);
                let control = &mut self.control;
                control.login(name, format!("u{user}"), None).await?;
            }
            Door::Code => self.crowd.dial(phone, format!("*11*{dn}*{PIN}#")),
        }
        self.until_changed().await;
        Ok(phone)
    }

    async fn log_out(&mut self, user: usize, phone: usize) -> Result<(), Failure> {
        let look = Look::nobodys(u32::try_from(phone)?);
        self.crowd.await_look(phone, look, Instant::now());
        self.control.logout(format!("u{user}")).await?;
        self.until_changed().await;
        Ok(())
    }

    async fn until_changed(&self) {
        let is_done = |counts: &Counts| counts.changing == 0;
        let outcome = self.crowd.until("phones are others", PATIENCE, is_done);
        if outcome.await.is_err() {
            self.crowd.give_up_changes();
        }
    }
}

/// What a phone looks like when it is a user's.
pub fn users(dn: u32) -> Look {
    let count = site::SPEED_DIALS.len();
    Look {
        number: dn.to_string(),
        speed_dials: u32::try_from(count).unwrap_or_default(),
    }
}

impl Measured {
    fn text(&self) -> String {
        let (model, way, tally) = (self.kind.model, self.way.word(), &self.counts.swaps);
        let own = |what: &str, own: Option<(f64, f64)>| {
            own.map_or(String::new(), |(average, count)| {
                format!("; the server says {count} {what}, {average:.1} ms on average")
            })
        };
        format!(
            "{model:<6} {way:<8} {:>6} swaps, {} failed, p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms, {} TCP reconnects{}{}",
            tally.count(),
            tally.failed,
            tally.percentile_ms(50.0),
            tally.percentile_ms(99.0),
            tally.longest_ms(),
            self.counts.connected,
            own("live", self.live),
            own("by restart", self.anew),
        )
    }

    fn json(&self) -> Value {
        let tally = &self.counts.swaps;
        let average = |own: Option<(f64, f64)>| own.map(|(average, _)| average);
        let count = |own: Option<(f64, f64)>| own.map(|(_, count)| count);
        json!({
            "scenario": "sccp-swap",
            "model": self.kind.model,
            "way": self.way.word(),
            "swaps": tally.count(),
            "failed": tally.failed,
            "p50_ms": tally.percentile_ms(50.0),
            "p99_ms": tally.percentile_ms(99.0),
            "longest_ms": tally.longest_ms(),
            "reconnects": self.counts.connected,
            "server_live": count(self.live),
            "server_live_ms": average(self.live),
            "server_restart": count(self.anew),
            "server_restart_ms": average(self.anew),
        })
    }
}
