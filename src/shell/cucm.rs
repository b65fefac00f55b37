//! Another call manager, beside which Perch looks after idle phones: carries out what the rules want asked there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep_until;

use super::http_client::{HttpClient, HttpError, Question};
use super::serve::Server;
use super::settings::{self, Settings, Trust};
use super::supervise::supervise;
use super::tls::TlsError;
use crate::exchange::ControlRequest;
use crate::pages::Wish;
use crate::pages::beside::{self, Account, Beside, Job, Outcome, Said, Task};
use crate::pbx::{Door, PhoneName, Rest, Secret};
use crate::time::Now;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long nothing is looked at if nothing is due.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Why it cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum CucmError {
    /// The password cannot be read.
    #[error(
        "cannot read the password in {file}: {why}. Correct cucm.password_file in perch.toml, or the file's permissions"
    )]
    Password {
        /// Where it should be.
        file: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// Whom to believe cannot be read.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// The other call manager, and the phones of it that are watched.
pub struct Cucm {
    settings: settings::Cucm,
    account: Account,
    client: HttpClient,
    beside: Mutex<Beside>,
    /// There may be something to ask; and something may be due sooner.
    work: Notify,
    due: Notify,
}

impl std::fmt::Debug for Cucm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cucm").finish_non_exhaustive()
    }
}

impl Cucm {
    /// The one that the settings name, if they do. Blocks.
    pub fn open(settings: &Settings) -> Result<Option<Cucm>, CucmError> {
        let cucm = &settings.cucm;
        if cucm.urls.is_empty() {
            return Ok(None);
        }
        let trust = cucm.trust(&settings.tls);
        if trust.trust == Trust::Anybody {
            tracing::warn!(
                "the password of cucm.user goes to whoever answers at cucm.urls; name in cucm.ca who signed the certificate there"
            );
        }
        let read = std::fs::read_to_string(&cucm.password_file);
        let password = read.map_err(|why| CucmError::Password {
            file: cucm.password_file.display().to_string(),
            why,
        })?;
        let account = Account {
            id: cucm.user.clone(),
            password: Secret::new(password.trim_end().to_owned()),
        };
        Ok(Some(Cucm {
            client: HttpClient::new(&trust, PATIENCE, cucm.at_once)?,
            beside: Mutex::new(Beside::new(cucm.idle_limit)),
            settings: cucm.clone(),
            account,
            work: Notify::new(),
            due: Notify::new(),
        }))
    }

    /// A phone says that nobody uses it. Whether it is watched.
    pub fn rests(&self, now: Now, phone: &PhoneName, rest: Rest) -> bool {
        let is_watched = self.settings.watches(phone);
        if is_watched {
            self.beside().rests(now, phone, rest);
            self.due.notify_one();
        }
        is_watched
    }

    /// What there is to say about a phone.
    pub fn explain(&self, now: Now, phone: &str) -> Vec<String> {
        self.beside().explain(now, &phone.into())
    }

    fn beside(&self) -> MutexGuard<'_, Beside> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next thing to ask, when there is one.
    async fn next_job(&self) -> Job {
        loop {
            let work = self.work.notified();
            if let Some(job) = self.beside().next_job() {
                return job;
            }
            work.await;
        }
    }

    /// Asks at the first address that answers at all.
    async fn ask(&self, job: &Job) -> Outcome {
        let mut why = String::new();
        for url in &self.settings.urls {
            match self.ask_at(url, job).await {
                Ok(Said::There(user)) => return Outcome::There(user),
                Ok(Said::Done) => return Outcome::LoggedOut,
                Ok(Said::Refused(words)) => return Outcome::Failed(words),
                Ok(Said::Nonsense) => why = "it says nothing that Perch understands".to_owned(),
                Err(error) => why = error.to_string(),
            }
        }
        Outcome::Failed(why)
    }

    async fn ask_at(&self, url: &str, job: &Job) -> Result<Said, HttpError> {
        let form = beside::form(job, &self.account);
        let question = Question::get(url)?.post("application/x-www-form-urlencoded", form);
        let answer = self.client.ask(question).await?;
        Ok(match answer.status {
            200 => beside::read(job, &String::from_utf8_lossy(&answer.body)),
            status => Said::Refused(format!("it answers with status {status}")),
        })
    }
}

/// Begins to ask.
pub fn start(server: &Server) {
    let Some(cucm) = &server.cucm else {
        return;
    };
    for _ in 0..cucm.settings.at_once {
        let (server, cucm) = (server.clone(), Arc::clone(cucm));
        supervise("asking the other call manager", move || {
            ask_on(server.clone(), Arc::clone(&cucm))
        });
    }
    let (server, cucm) = (server.clone(), Arc::clone(cucm));
    supervise(
        "looking after phones of the other call manager",
        move || look_on(server.clone(), Arc::clone(&cucm)),
    );
}

async fn look_on(server: Server, cucm: Arc<Cucm>) {
    loop {
        let now = server.clock.now();
        let (next, watched) = {
            let mut beside = cucm.beside();
            beside.wake(now);
            (beside.next_deadline(), beside.len())
        };
        server.metrics.cucm.watched(watched);
        cucm.work.notify_waiters();
        let longest = now.uptime + LONGEST_SLEEP;
        let next = server
            .clock
            .instant_at(next.unwrap_or(longest).min(longest));
        tokio::select! {
            () = sleep_until(next) => {}
            () = cucm.due.notified() => {}
        }
    }
}

async fn ask_on(server: Server, cucm: Arc<Cucm>) {
    loop {
        let job = cucm.next_job().await;
        let outcome = cucm.ask(&job).await;
        let task = match job.task {
            Task::Ask => "ask",
            Task::LogOut(_) => "logout",
        };
        let word = match &outcome {
            Outcome::There(_) | Outcome::LoggedOut => "done",
            Outcome::Failed(_) => "failed",
        };
        server.metrics.cucm.asked(task, word);
        if let Outcome::Failed(why) = &outcome {
            tracing::warn!(phone = %job.phone, task, why, "the other call manager did not do as it was asked");
        }
        let left = cucm.beside().done(server.clock.now(), &job, outcome);
        // Something else may be due, or to be asked, now.
        cucm.due.notify_one();
        if let Some((user, idle)) = left {
            let minutes = idle.as_secs() / 60;
            let phone = &job.phone;
            let text = format!(
                "{user} was logged out of {phone} at the other call manager: nobody had used it for {minutes} min"
            );
            tracing::info!(%phone, user, minutes, "logged out at the other call manager");
            let wish = Wish::LeftElsewhere(phone.clone(), text);
            let request = ControlRequest::Visit(Door::Timer, wish);
            if server.intake.request(request).await.is_err() {
                tracing::warn!(%phone, "that logout could not be put on record");
            }
        }
    }
}
