//! The scenarios: who is made ready, which streams then run, what is measured meanwhile.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio::task::{LocalSet, spawn_local};

use crate::Failure;
use crate::arguments::{Against, Door, Emapi, Pace, Run, What};
use crate::control::Control;
use crate::emapi::Client;
use crate::link;
use crate::player::{self, World};
use crate::report::{Memory, Report};
use crate::server::Server;
use crate::site;
use crate::stream::{Choice, Stream};
use crate::usage::Usage;

/// How many are made ready at once: what an ordinary socket buffer holds without loss.
const AT_ONCE: Pace = Pace::Closed { at_once: 48 };

/// Longer than any run.
const NO_END: Duration = Duration::from_secs(86_400);

/// Before a clock-time logout there is so much time at least, to put the site in force and to begin the other load.
const AHEAD: Duration = Duration::from_secs(8);

/// How long after a wave of logouts the other load goes on.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// How often the server is asked whether the wave is over.
const LOOK: Duration = Duration::from_millis(250);

/// Carries a scenario out, and prints what it showed.
pub fn run(what: &What, run: &Run) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = LocalSet::new().block_on(&runtime, Load::carry_out(what, run))?;
    let text = if run.json {
        report.json()
    } else {
        report.text()
    };
    println!("{text}");
    Ok(())
}

struct Load<'a> {
    run: &'a Run,
    /// Ends with us.
    server: Option<Server>,
    pid: Option<u32>,
    control: Option<Control>,
    world: Rc<RefCell<World>>,
    memory: Memory,
}

impl<'a> Load<'a> {
    async fn carry_out(what: &What, run: &'a Run) -> Result<Report, Failure> {
        let mut load = Load::start(run).await?;
        let (phones, users) = (run.site.phones, run.site.users);
        let everybody = Choice::Registrations {
            first: 0,
            count: phones,
        };
        let timed = |name, choice, pace| Stream::new(name, choice, pace, u64::MAX, run.duration());
        if !matches!(what, What::Register(_)) {
            load.register_all().await?;
        }
        let (scenario, streams, wave) = match what {
            What::Register(_)
            | What::SccpSwap(_)
            | What::SccpRegister(_)
            | What::BootStorm(_)
            | What::MassLogout(_)
            | What::Upstream(_)
            | What::Watch(_)
            | What::Year(_)
            | What::Site(_) => {
                let stream = Stream::new("register", everybody, run.pace(), phones.into(), NO_END);
                ("register", vec![stream], None)
            }
            What::Refresh(_) => {
                let stream = timed("refresh", everybody, run.pace());
                ("refresh", vec![stream], None)
            }
            What::Calls(_) => {
                let pairs = phones / 2;
                let calls = timed("call", Choice::Calls { first: 0, pairs }, run.pace());
                ("calls", vec![calls], None)
            }
            What::Logins(_) => {
                let logins = timed("login", load.logins(phones, users), run.pace());
                ("logins", vec![logins], None)
            }
            What::Mixed(_) => {
                let logins = timed("login", load.logins(phones, users), open(run.logins));
                let refreshes = timed("refresh", everybody, open(run.refreshes));
                ("mixed", vec![logins, refreshes], None)
            }
            What::Emapi(emapi) => ("emapi", load.emapi(emapi)?, None),
            What::LogoutWave(_) => {
                let end = load.prepare_wave().await?;
                let others = Choice::Registrations {
                    first: users,
                    count: phones.saturating_sub(users).max(1),
                };
                let refreshes =
                    Stream::new("refresh", others, open(run.refreshes), u64::MAX, NO_END);
                ("logout-wave", vec![refreshes], Some(end))
            }
        };
        let (streams, cpu) = match &wave {
            Some(end) => {
                load.measure(streams, || {
                    end.get().is_some_and(|(at, _)| at.elapsed() > AFTERWARDS)
                })
                .await?
            }
            None => load.measure(streams, || false).await?,
        };
        load.memory.after = load.usage()?;
        if matches!(what, What::Register(_)) {
            load.memory.registered = load.memory.after;
        }
        Ok(Report {
            scenario,
            phones,
            streams,
            cpu,
            memory: load.memory,
            wave: wave.and_then(|end| Some(end.get()?.1)),
        })
    }

    async fn start(run: &'a Run) -> Result<Load<'a>, Failure> {
        let server = match &run.start {
            Some(perch) => Some(Server::start(perch, "")?),
            None => None,
        };
        let pid = server.as_ref().map(Server::pid).or(run.pid);
        let mut memory = Memory::default();
        let control = match (&server, run.against) {
            (Some(server), _) => {
                let mut control = Control::connect(server.control()).await?;
                memory.empty = pid.map(Usage::of).transpose()?;
                control.apply(site::text(&run.site)).await?;
                Some(control)
            }
            (None, Against::Perch) if run.door == Door::Control => {
                Some(Control::connect(run.control).await?)
            }
            _ => None,
        };
        memory.before = pid.map(Usage::of).transpose()?;
        let address: SocketAddr = match (&server, run.server) {
            (Some(server), _) => server.sip(run.transport),
            (None, Some(address)) => address,
            (None, None) => return Err("name a server with --server, or --start one".into()),
        };
        let world = World::new(run, address, control.clone());
        link::open(&world, run, address).await?;
        Ok(Load {
            run,
            server,
            pid,
            control,
            world,
            memory,
        })
    }

    fn usage(&self) -> Result<Option<Usage>, Failure> {
        self.pid.map(Usage::of).transpose()
    }

    fn logins(&self, phones: u32, users: u32) -> Choice {
        match self.run.door {
            Door::Code => Choice::Logins { phones, users },
            Door::Control => Choice::ControlLogins { phones, users },
        }
    }

    async fn register_all(&mut self) -> Result<(), Failure> {
        let phones = self.run.site.phones;
        let choice = Choice::Registrations {
            first: 0,
            count: phones,
        };
        self.make_ready(Stream::new("ready", choice, AT_ONCE, phones.into(), NO_END))
            .await?;
        self.memory.registered = self.usage()?;
        Ok(())
    }

    /// Carries a stream out of which nothing may fail.
    async fn make_ready(&self, stream: Stream) -> Result<(), Failure> {
        let done = player::run(&self.world, vec![stream], || false).await;
        match done.iter().find(|stream| stream.tally.failed > 0) {
            Some(stream) => Err(format!("not made ready: {:?}", stream.tally.errors).into()),
            None => Ok(()),
        }
    }

    async fn measure(
        &self,
        streams: Vec<Stream>,
        is_enough: impl FnMut() -> bool,
    ) -> Result<(Vec<Stream>, Option<Duration>), Failure> {
        let before = self.usage()?;
        let streams = player::run(&self.world, streams, is_enough).await;
        let used = match (self.usage()?, before) {
            (Some(after), Some(before)) => Some(after.cpu_since(&before)),
            _ => None,
        };
        Ok((streams, used))
    }

    /// Users log in and out at the first phones; the others call each other.
    fn emapi(&self, emapi: &Emapi) -> Result<Vec<Stream>, Failure> {
        let Some(server) = &self.server else {
            return Err("programs need a server of their own: use --start".into());
        };
        let (phones, users) = (self.run.site.phones, self.run.site.users);
        if users + 2 > phones {
            return Err("there must be two phones more than users: they call each other".into());
        }
        self.world.borrow_mut().api = Some(Client::new(server.pages(), emapi.new_every));
        let minutes = emapi.minutes.map(|minutes| minutes * 60.0);
        let time = minutes.map_or(self.run.duration(), Duration::from_secs_f64);
        let pace = Pace::Open {
            per_s: f64::from(emapi.per_minute) / 60.0,
        };
        let calls = Choice::Calls {
            first: users,
            pairs: (phones - users) / 2,
        };
        Ok(vec![
            Stream::new("emapi", Choice::Api { users }, pace, u64::MAX, time),
            Stream::new("call", calls, open(emapi.calls_per_second), u64::MAX, time),
        ])
    }

    /// Logs all users in, and puts a site in force by which they are all logged out soon. The cell says when that was
    /// seen to be over, and how long it took.
    async fn prepare_wave(&mut self) -> Result<Rc<Cell<Option<(Instant, Duration)>>>, Failure> {
        let Some(mut control) = self.control.clone().filter(|_| self.run.start.is_some()) else {
            return Err("a wave needs a server of its own: use --start".into());
        };
        let users = self.run.site.users.min(self.run.site.phones);
        let logins = self.logins(users, users);
        self.make_ready(Stream::new("login", logins, AT_ONCE, users.into(), NO_END))
            .await?;
        let (time, due) = time_ahead()?;
        let mut site = self.run.site.clone();
        site.logout_time = Some(time);
        control.apply(site::text(&site)).await?;
        let end = Rc::new(Cell::new(None));
        let seen = Rc::clone(&end);
        spawn_local(async move {
            tokio::time::sleep_until(due.into()).await;
            while let Ok(status) = control.status().await {
                if status.sessions == 0 {
                    seen.set(Some((Instant::now(), due.elapsed())));
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        Ok(end)
    }
}

/// The next full minute for which there is time to prepare, as a site file says it.
pub fn time_ahead() -> Result<(String, Instant), Failure> {
    let now = jiff::Timestamp::now();
    let minute = (now + AHEAD).as_second().div_euclid(60) + 1;
    let at = jiff::Timestamp::from_second(60 * minute)?;
    let time = at.to_zoned(TimeZone::UTC).strftime("%H:%M").to_string();
    let due = Instant::now() + Duration::try_from(at.duration_since(now))?;
    Ok((time, due))
}

fn open(per_s: u32) -> Pace {
    Pace::Open {
        per_s: per_s.into(),
    }
}
