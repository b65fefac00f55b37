//! Everybody in a building is logged out by a job while some are in calls: at which pace, how soon whoever is idle is
//! out, how soon the others are when their calls end; with the server killed in the middle, if that is asked for.
//! In the end its own records say how often each user was logged out.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::Args;
use perch::control::v1::StatusResponse;
use rusqlite::{Connection, OpenFlags};
use tokio::task::LocalSet;
use tokio::time::sleep;

use crate::Failure;
use crate::arguments::{Pace, Run, Transport};
use crate::control::Control;
use crate::found::Found;
use crate::link;
use crate::player::{self, World};
use crate::server::Server;
use crate::site;
use crate::stream::{Choice, Stream};

/// The job, which no clock begins.
const NAME: &str = "everybody";
const JOB: &str = "[job.everybody]\nwhat = \"log-out\"\nonce = \"2999-12-31\"\ntime = \"00:00\"\n";

/// How many are made ready at once: what an ordinary socket buffer holds without loss.
const AT_ONCE: Pace = Pace::Closed { at_once: 48 };

/// Longer than any run.
const NO_END: Duration = Duration::from_secs(86_400);

/// How often the server is asked how far it is.
const LOOK: Duration = Duration::from_millis(50);

/// How long a server that was killed may take to answer again.
const COMING_BACK: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Args)]
pub struct MassLogout {
    #[command(flatten)]
    pub run: Run,
    /// How many of the phones are in calls with each other meanwhile
    #[arg(long, default_value_t = 2_000)]
    pub in_calls: u32,
    /// Kill the server when half are logged out, and start it again
    #[arg(long)]
    pub kill: bool,
}

/// Carries it out, and prints what it showed.
pub fn measure(what: &MassLogout) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, carry_out(what))
}

struct Office<'a> {
    what: &'a MassLogout,
    server: Server,
    control: Control,
    world: Rc<RefCell<World>>,
    found: Found,
}

async fn carry_out(what: &MassLogout) -> Result<(), Failure> {
    let mut office = Office::open(what).await?;
    office.fill().await?;
    let begun = Instant::now();
    office.control.run_job(NAME).await?;
    office.watch_idle_go(begun).await?;
    office.hang_up().await?;
    office.count()?;
    office.found.finish();
    Ok(())
}

impl<'a> Office<'a> {
    async fn open(what: &'a MassLogout) -> Result<Office<'a>, Failure> {
        let run = &what.run;
        let Some(perch) = &run.start else {
            return Err("a mass logout needs a server of its own: use --start".into());
        };
        if run.site.users != run.site.phones || what.in_calls > run.site.phones {
            let why =
                "there must be as many users as phones, and no more phones in calls than those";
            return Err(why.into());
        }
        let server = Server::start(perch, "")?;
        let mut control = Control::connect(server.control()).await?;
        control.apply(site::text(&run.site) + JOB).await?;
        let address: SocketAddr = server.sip(Transport::Udp);
        let world = World::new(run, address, Some(control.clone()));
        link::open(&world, run, address).await?;
        Ok(Office {
            what,
            server,
            control,
            world,
            found: Found::new("mass-logout", !run.json),
        })
    }

    /// Everybody is logged in, and some call each other.
    async fn fill(&mut self) -> Result<(), Failure> {
        let phones = self.what.run.site.phones;
        let everybody = Choice::Registrations {
            first: 0,
            count: phones,
        };
        self.make_ready("register", everybody, phones).await?;
        let logins = Choice::ControlLogins {
            phones,
            users: phones,
        };
        self.make_ready("login", logins, phones).await?;
        let pairs = self.what.in_calls / 2;
        self.world.borrow_mut().keeps_calls = true;
        let calls = Choice::Calls { first: 0, pairs };
        self.make_ready("call", calls, pairs).await?;
        let status = self.control.status().await?;
        self.found
            .say("logged_in", status.sessions, "users are logged in");
        self.found.say("calls", status.calls, "calls go on");
        Ok(())
    }

    /// Carries a stream out of which nothing may fail.
    async fn make_ready(
        &self,
        name: &'static str,
        choice: Choice,
        most: u32,
    ) -> Result<(), Failure> {
        let stream = Stream::new(name, choice, AT_ONCE, most.into(), NO_END);
        let done = player::run(&self.world, vec![stream], || false).await;
        match done.iter().find(|stream| stream.tally.failed > 0) {
            Some(stream) => Err(format!("{name}: {:?}", stream.tally.errors).into()),
            None => Ok(()),
        }
    }

    /// Until nobody who is idle is left.
    async fn watch_idle_go(&mut self, begun: Instant) -> Result<(), Failure> {
        let phones = u64::from(self.what.run.site.phones);
        let mut down = Duration::ZERO;
        let mut killed = !self.what.kill;
        let last = loop {
            let status = self.control.status().await?;
            if !killed && 2 * status.sessions <= phones {
                let at = Instant::now();
                self.found.say(
                    "killed_at",
                    status.sessions,
                    "were left when the server was killed",
                );
                self.come_back().await?;
                down = at.elapsed();
                killed = true;
                continue;
            }
            if is_through(&status) {
                break status;
            }
            sleep(LOOK).await;
        };
        let took = begun.elapsed();
        let gone = phones - last.sessions;
        self.found.say(
            "idle_s",
            took.as_secs_f64(),
            "s until the last idle phone was nobody's",
        );
        if self.what.kill {
            self.found.say(
                "down_s",
                down.as_secs_f64(),
                "s of that the server was down",
            );
        }
        let up = (took - down).as_secs_f64().max(1e-6);
        self.found.say("pace", gone as f64 / up, "logouts a second");
        self.found
            .say("waiting", last.sessions, "waited for their calls to end");
        Ok(())
    }

    /// Killed without a warning, and started again.
    async fn come_back(&mut self) -> Result<(), Failure> {
        self.server.kill()?;
        self.server.start_again()?;
        let begun = Instant::now();
        while begun.elapsed() < COMING_BACK {
            if self.server.is_listening()?
                && let Ok(mut control) = Control::connect(self.server.control()).await
                && control.status().await.is_ok()
            {
                self.control = control;
                return Ok(());
            }
            sleep(LOOK).await;
        }
        Err("the server did not come back within a minute".into())
    }

    /// All calls end at once; whoever was in one is logged out.
    async fn hang_up(&mut self) -> Result<(), Failure> {
        let begun = Instant::now();
        self.world.borrow_mut().hang_up_all();
        let mut status = self.control.status().await?;
        while status.sessions > 0 || !status.jobs_running.is_empty() {
            if begun.elapsed() > COMING_BACK {
                return Err(format!("{} stay logged in", status.sessions).into());
            }
            // What was lost is sent again.
            self.world.borrow_mut().pump();
            sleep(LOOK).await;
            status = self.control.status().await?;
        }
        let took = begun.elapsed().as_secs_f64();
        self.found.say(
            "after_calls_s",
            took,
            "s from the end of their calls until the last was out",
        );
        let ends = self.control.job_end(NAME).await?;
        self.found
            .say("job_total", ends.total, "were meant by the job");
        self.found
            .say("job_done", ends.done, "of them it says it has logged out");
        self.found
            .say("job_after_calls", ends.after_calls, "of those after calls");
        // How many are logged in is said before that is stored. A run, for nobody now, is answered when it is, and with it
        // everything before.
        self.control.run_job(NAME).await
    }

    /// Looks into what the server has stored.
    fn count(&mut self) -> Result<(), Failure> {
        // All of it is on disk.
        self.server.kill()?;
        let database = self.server.database();
        let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
        let users = count("SELECT count(DISTINCT user) FROM record WHERE event = 'logged-out'")?;
        let records = count("SELECT count(*) FROM record WHERE event = 'logged-out'")?;
        self.found
            .say("users_out", users, "users were logged out, by the records");
        self.found.say("records", records, "records of that");
        Ok(())
    }
}

/// Whether nobody is left but those who wait for calls.
fn is_through(status: &StatusResponse) -> bool {
    status.jobs_running.iter().all(|job| job.left == 0)
}
