//! Users who are registered at another exchange for as long as they are logged in: how long until all are, whatever is restarted.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::task::LocalSet;
use tokio::time::sleep;

use crate::Failure;
use crate::arguments::Site;
use crate::control::Control;
use crate::found::Found;
use crate::kamailio::Kamailio;
use crate::server::Server;
use crate::site::{FIRST_USER, add_phone, people};
use crate::usage::Usage;

#[derive(Clone, Debug, Args)]
pub struct Beside {
    /// Users, each logged in at a phone of their own
    #[arg(long, default_value_t = 5_000)]
    pub users: u32,
    /// How many registrations the exchange is asked for in a second
    #[arg(long, default_value_t = 200)]
    pub per_second: u32,
    /// For how long users are registered at a time, in seconds
    #[arg(long, default_value_t = 600)]
    pub expires: u32,
    /// This `perch` is started, with a site and a store of its own, and stopped in the end
    #[arg(long, value_name = "PERCH")]
    pub start: PathBuf,
    /// How long each step may take, in seconds
    #[arg(long, default_value_t = 300)]
    pub patience: u64,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// How often it is looked at who is registered.
const LOOK: Duration = Duration::from_millis(100);

/// How many log in at once.
const AT_ONCE: u32 = 32;

/// Measures it.
pub fn measure(run: &Beside) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, carry_out(run))
}

/// What is measured, and where.
struct Bench<'a> {
    run: &'a Beside,
    server: Server,
    exchange: Kamailio,
    found: Found,
}

async fn carry_out(run: &Beside) -> Result<(), Failure> {
    let dir = std::env::temp_dir().join(format!("perch-load-pbx-{}", std::process::id()));
    let at = Ipv4Addr::new(127, 0, 0, 2);
    // Whoever has a port for a moment may have it again.
    let port = UdpSocket::bind((at, 0))?.local_addr()?.port();
    let exchange = Kamailio::start(&dir, SocketAddr::from((at, port)), 1)?;
    let server = Server::start(&run.start, "")?;
    let mut bench = Bench {
        run,
        server,
        exchange,
        found: Found::new("upstream", !run.json),
    };
    let outcome = bench.all().await;
    std::fs::remove_dir_all(&dir)?;
    outcome?;
    bench.found.finish();
    Ok(())
}

impl Bench<'_> {
    async fn all(&mut self) -> Result<(), Failure> {
        self.until("the exchange answers", |bench| bench.exchange.answers())
            .await?;
        let mut control = Control::connect(self.server.control()).await?;
        let text = site(self.run, self.exchange.address());
        control.apply(text).await?;
        self.log_in(&control).await?;
        self.restart_perch().await?;
        self.restart_exchange().await?;
        self.log_out().await
    }

    /// Everybody logs in.
    async fn log_in(&mut self, control: &Control) -> Result<(), Failure> {
        let before = Usage::of(self.server.pid())?;
        let since = Instant::now();
        each(self.run.users, control, |mut control, user| async move {
            control
                .login(format!("p{user}"), format!("u{user}"), None)
                .await
        })
        .await?;
        let logins = since.elapsed().as_secs_f64();
        self.found
            .say("logins_s", logins, "s until all had logged in");
        let all = u64::from(self.run.users);
        let (took, most) = self.until_there_are("login", all, since).await?;
        let after = Usage::of(self.server.pid())?;
        let said = &mut self.found;
        said.say("registered_s", took, "s until all were registered");
        said.say(
            "login_most_per_s",
            most,
            "registrations in a second at most",
        );
        let used = after.cpu_since(&before).as_secs_f64();
        said.say("login_cpu_s", used, "s of CPU of the server");
        let grown = after.grown_since(&before);
        said.say("login_bytes", grown, "bytes more than before");
        Ok(())
    }

    /// Perch ends without a warning, and starts again.
    async fn restart_perch(&mut self) -> Result<(), Failure> {
        let granted = self.granted();
        self.server.kill()?;
        let since = Instant::now();
        self.server.start_again()?;
        while !self.server.is_listening()? {
            sleep(LOOK).await;
        }
        let up = since.elapsed().as_secs_f64();
        self.found
            .say("perch_up_s", up, "s until Perch was there again");
        let before = Usage::of(self.server.pid())?;
        let goal = granted + u64::from(self.run.users);
        let most = self.until_granted("perch", goal).await?;
        let took = since.elapsed().as_secs_f64();
        let used = Usage::of(self.server.pid())?.cpu_since(&before);
        let said = &mut self.found;
        said.say("perch_s", took, "s until all were registered anew");
        said.say(
            "perch_most_per_s",
            most,
            "registrations in a second at most",
        );
        said.say("perch_cpu_s", used.as_secs_f64(), "s of CPU of the server");
        let all = u64::from(self.run.users);
        match self.exchange.registered() {
            Some(there) if there == all => Ok(()),
            there => Err(format!("{there:?} contacts are there instead of {all}").into()),
        }
    }

    /// The exchange ends, and starts again knowing nobody.
    async fn restart_exchange(&mut self) -> Result<(), Failure> {
        self.exchange.stop();
        let since = Instant::now();
        self.exchange.start_again()?;
        let all = u64::from(self.run.users);
        let (took, most) = self.until_there_are("exchange", all, since).await?;
        let said = &mut self.found;
        said.say("exchange_s", took, "s until all were registered again");
        said.say(
            "exchange_most_per_s",
            most,
            "registrations in a second at most",
        );
        Ok(())
    }

    /// Everybody leaves.
    async fn log_out(&mut self) -> Result<(), Failure> {
        let control = Control::connect(self.server.control()).await?;
        let since = Instant::now();
        each(self.run.users, &control, |mut control, user| async move {
            control.logout(format!("u{user}")).await
        })
        .await?;
        let (took, _) = self.until_there_are("logout", 0, since).await?;
        self.found
            .say("left_s", took, "s until nobody was registered");
        Ok(())
    }

    fn granted(&self) -> u64 {
        self.exchange.granted().unwrap_or_default()
    }

    /// How long it took until so many are registered, and how many were within a second at most.
    async fn until_there_are(
        &self,
        what: &str,
        count: u64,
        since: Instant,
    ) -> Result<(f64, u64), Failure> {
        let (mut most, mut last) = (0, (Instant::now(), self.granted()));
        let end = Instant::now() + Duration::from_secs(self.run.patience);
        while self.exchange.registered() != Some(count) {
            self.look_at_pace(&mut last, &mut most);
            if Instant::now() > end {
                let there = self.exchange.registered();
                let why =
                    format!("{what}: {there:?} of {count} are registered after all that time");
                return Err(why.into());
            }
            sleep(LOOK).await;
        }
        Ok((since.elapsed().as_secs_f64(), most))
    }

    async fn until_granted(&self, what: &str, goal: u64) -> Result<u64, Failure> {
        let (mut most, mut last) = (0, (Instant::now(), self.granted()));
        let end = Instant::now() + Duration::from_secs(self.run.patience);
        while self.granted() < goal {
            self.look_at_pace(&mut last, &mut most);
            if Instant::now() > end {
                return Err(format!("{what}: {} of {goal} were granted", self.granted()).into());
            }
            sleep(LOOK).await;
        }
        Ok(most)
    }

    /// Looks once in a second at how many registrations were granted since.
    fn look_at_pace(&self, last: &mut (Instant, u64), most: &mut u64) {
        let (at, before) = *last;
        if at.elapsed() < Duration::from_secs(1) {
            return;
        }
        let granted = self.granted();
        let share = granted.saturating_sub(before) as f64 / at.elapsed().as_secs_f64();
        *most = (*most).max(share.round() as u64);
        *last = (Instant::now(), granted);
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        for _ in 0..100 {
            if is_so(self) {
                return Ok(());
            }
            sleep(LOOK).await;
        }
        Err(format!("waited in vain until {what}").into())
    }
}

/// Does something for every user, for some of them at once.
async fn each<F>(
    users: u32,
    control: &Control,
    mut act: impl FnMut(Control, u32) -> F,
) -> Result<(), Failure>
where
    F: Future<Output = Result<(), String>> + 'static,
{
    let mut under_way = tokio::task::JoinSet::new();
    for user in 0..users {
        if under_way.len() >= AT_ONCE as usize
            && let Some(done) = under_way.join_next().await
        {
            done??;
        }
        under_way.spawn_local(act(control.clone(), user));
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    Ok(())
}

/// The users and phones, and the exchange beside.
fn site(run: &Beside, exchange: SocketAddr) -> String {
    let site = Site {
        phones: run.users,
        users: run.users,
        logout_time: None,
        pace: 1,
    };
    let mut text = people(&site, "");
    for user in 0..run.users {
        let number = FIRST_USER + user;
        let password = format!("upstream_password = \"secret-{number}\"\n");
        let head = format!("[user.u{user}]\n");
        if let Some(at) = text.find(&head) {
            text.insert_str(at + head.len(), &password);
        }
        add_phone(
            &mut text,
            user,
            &format!("p{user}"),
            "password = \"not-played\"",
        );
    }
    let _ = write!(
        text,
        "[trunk.pbx]\naddresses = [\"sip:{exchange}\"]\nclass = \"all\"\n\
         [upstream]\ntrunk = \"pbx\"\nrealm = \"pbx\"\nexpires_s = {}\nregistrations_per_s = {}\n",
        run.expires, run.per_second
    );
    text
}
