//! One function per call of the schema.

use std::path::PathBuf;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::convert::{self, count, timestamp};
use super::site_files::SiteFile;
use super::v1::control_server::Control;
use super::{site_files, status, v1};
use crate::exchange::ControlRequest;
use crate::pages::Wish;
use crate::pbx::{Answer, Door, Explanation, JobWish, LogoutTarget, Query, Secret, UserId};
use crate::shell::Server;
use crate::shell::events::Numbered;
use crate::shell::readiness::State;
use crate::time::Utc;

/// How many events may be on their way to one listener; those behind them wait where all listeners share the room.
const AHEAD: usize = 64;

/// The control API of a server.
#[derive(Debug)]
pub struct Service {
    server: Server,
}

type Outcome<T> = Result<Response<T>, Status>;

impl Service {
    /// The control API of `server`.
    pub fn new(server: Server) -> Service {
        Service { server }
    }

    async fn ask(&self, query: Query) -> Result<Answer, Status> {
        self.server
            .intake
            .ask(query)
            .await
            .map_err(status::unanswered)
    }

    /// Asks for something to be done; the answer is what was done, in words.
    async fn request(&self, kind: &'static str, request: ControlRequest) -> Result<String, Status> {
        let asked = self.server.clock.now().uptime;
        let outcome = self.server.intake.request(request).await;
        let took = self.server.clock.now().uptime.saturating_sub(asked);
        self.server.metrics.request(kind, took);
        outcome
            .map_err(status::unanswered)?
            .map_err(status::refused)
    }

    async fn job(&self, name: String, wish: JobWish) -> Result<String, Status> {
        let request = ControlRequest::Job(name.into(), wish);
        self.request("job", request).await
    }
}

#[tonic::async_trait]
impl Control for Service {
    type WatchEventsStream = ReceiverStream<Result<v1::Event, Status>>;

    async fn status(&self, _: Request<v1::StatusRequest>) -> Outcome<v1::StatusResponse> {
        let Answer::Status(now) = self.ask(Query::Status).await? else {
            return Err(status::fault());
        };
        let reasons = self.server.readiness.reasons();
        Ok(Response::new(v1::StatusResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: Some(timestamp(self.server.clock.started_at())),
            site: now.site,
            revision: self.server.sites.current().revision,
            ready: reasons.is_empty(),
            not_ready_reasons: reasons,
            phones: count(now.phones),
            phones_registered: count(now.phones_registered),
            users: count(now.users),
            sessions: count(now.sessions),
            calls: count(now.calls),
            logouts_queued: count(now.logouts_queued),
            commits_outstanding: count(now.commits_outstanding),
            softphones: count(now.softphones),
            softphones_registered: count(now.softphones_registered),
            upstream_users: count(now.upstream_users),
            upstream_registered: count(now.upstream_registered),
            certificate_days: self.server.metrics.certificate_days_left(),
            trunks: now.trunks.into_iter().map(convert::trunk).collect(),
            hunt_queues: now.hunt.iter().filter_map(convert::hunt_queue).collect(),
            jobs_running: now
                .jobs_running
                .into_iter()
                .map(convert::job_progress)
                .collect(),
        }))
    }

    async fn who(&self, _: Request<v1::WhoRequest>) -> Outcome<v1::WhoResponse> {
        let Answer::Who(present) = self.ask(Query::Who).await? else {
            return Err(status::fault());
        };
        let present = present.into_iter().map(convert::presence).collect();
        Ok(Response::new(v1::WhoResponse { present }))
    }

    async fn explain(&self, request: Request<v1::ExplainRequest>) -> Outcome<v1::ExplainResponse> {
        let subject = request.into_inner().subject;
        let now = self.server.clock.now();
        let cucm = self.server.cucm.as_ref();
        let elsewhere = cucm.map_or_else(Vec::new, |cucm| cucm.explain(now, &subject));
        let Answer::Explain(found) = self.ask(Query::Explain(subject.clone())).await? else {
            return Err(status::fault());
        };
        let found = match (found, elsewhere) {
            (found, elsewhere) if elsewhere.is_empty() => found,
            (found, elsewhere) => {
                let mut found = found.unwrap_or_else(|| Explanation::of(subject));
                found.sentences.extend(elsewhere);
                Some(found)
            }
        };
        let found = found.ok_or_else(|| Status::not_found("there is no such phone or user"))?;
        Ok(Response::new(convert::explanation(found)))
    }

    async fn login(&self, request: Request<v1::LoginRequest>) -> Outcome<v1::LoginResponse> {
        let request = request.into_inner();
        let login = ControlRequest::Login {
            phone: request.phone.into(),
            user: request.user,
            secret: request.pin.map(Secret::new),
        };
        let text = self.request("login", login).await?;
        Ok(Response::new(v1::LoginResponse { text }))
    }

    async fn logout(&self, request: Request<v1::LogoutRequest>) -> Outcome<v1::LogoutResponse> {
        let target = match request.into_inner().target {
            Some(v1::logout_request::Target::User(user)) => LogoutTarget::User(user),
            Some(v1::logout_request::Target::Phone(phone)) => LogoutTarget::Phone(phone.into()),
            None => return Err(status::meaningless("say which user or which phone")),
        };
        let text = self
            .request("logout", ControlRequest::Logout(target))
            .await?;
        Ok(Response::new(v1::LogoutResponse { text }))
    }

    async fn locks(&self, _: Request<v1::LocksRequest>) -> Outcome<v1::LocksResponse> {
        let Answer::Locks(locks) = self.ask(Query::Locks).await? else {
            return Err(status::fault());
        };
        let locks = locks.into_iter().map(convert::lock).collect();
        let now = self.server.clock.now();
        let locked_out = self.server.registrar.locked_out(now).into_iter();
        let locked_out = locked_out.map(convert::locked_out);
        Ok(Response::new(v1::LocksResponse {
            locks,
            locked_out: locked_out.collect(),
        }))
    }

    async fn unlock(&self, request: Request<v1::UnlockRequest>) -> Outcome<v1::UnlockResponse> {
        let request = request.into_inner();
        let what = match request.user.is_empty() && !request.phone.is_empty() {
            true => ControlRequest::Forgive(request.phone.into()),
            false => ControlRequest::Unlock(UserId::from(request.user)),
        };
        let text = self.request("unlock", what).await?;
        Ok(Response::new(v1::UnlockResponse { text }))
    }

    async fn hunt(&self, _: Request<v1::HuntRequest>) -> Outcome<v1::HuntResponse> {
        let Answer::Hunt(groups) = self.ask(Query::Hunt).await? else {
            return Err(status::fault());
        };
        let groups = groups.into_iter().map(convert::hunt_group).collect();
        Ok(Response::new(v1::HuntResponse { groups }))
    }

    async fn set_ready(
        &self,
        request: Request<v1::SetReadyRequest>,
    ) -> Outcome<v1::SetReadyResponse> {
        let v1::SetReadyRequest { dn, ready } = request.into_inner();
        let dn = dn.into();
        let ready = ControlRequest::Ready { dn, ready };
        let text = self.request("ready", ready).await?;
        Ok(Response::new(v1::SetReadyResponse { text }))
    }

    async fn hunt_statistics(
        &self,
        request: Request<v1::HuntStatisticsRequest>,
    ) -> Outcome<v1::HuntStatisticsResponse> {
        let request = request.into_inner();
        let from = request.from.map_or(Utc(0), convert::moment);
        let to = request.to.map_or(Utc(i64::MAX), convert::moment);
        let store = self.server.store.clone();
        let read = tokio::task::spawn_blocking(move || store.hunt_history(from, to)).await;
        let read = read.map_err(|_| status::fault())?;
        let (mut hours, next) = read.map_err(|error| status::unread(&error))?;
        if !request.group.is_empty() {
            hours.retain(|it| it.group.as_str() == request.group);
        }
        let hours = hours.into_iter().map(convert::hunt_hour).collect();
        let next = next.map(timestamp);
        Ok(Response::new(v1::HuntStatisticsResponse { hours, next }))
    }

    async fn reset(&self, request: Request<v1::ResetRequest>) -> Outcome<v1::ResetResponse> {
        let v1::ResetRequest { phone, hard } = request.into_inner();
        let phone = phone.into();
        let reset = ControlRequest::Visit(Door::Control, Wish::Reset { phone, hard });
        let text = self.request("reset", reset).await?;
        Ok(Response::new(v1::ResetResponse { text }))
    }

    async fn jobs(&self, _: Request<v1::JobsRequest>) -> Outcome<v1::JobsResponse> {
        let Answer::Jobs(jobs) = self.ask(Query::Jobs).await? else {
            return Err(status::fault());
        };
        let jobs = jobs.into_iter().map(convert::job).collect();
        Ok(Response::new(v1::JobsResponse { jobs }))
    }

    async fn run_job(&self, request: Request<v1::RunJobRequest>) -> Outcome<v1::RunJobResponse> {
        let v1::RunJobRequest { name, dry_run } = request.into_inner();
        let text = self.job(name, JobWish::Run { dry_run }).await?;
        Ok(Response::new(v1::RunJobResponse { text }))
    }

    async fn pause_job(
        &self,
        request: Request<v1::PauseJobRequest>,
    ) -> Outcome<v1::PauseJobResponse> {
        let text = self.job(request.into_inner().name, JobWish::Pause).await?;
        Ok(Response::new(v1::PauseJobResponse { text }))
    }

    async fn resume_job(
        &self,
        request: Request<v1::ResumeJobRequest>,
    ) -> Outcome<v1::ResumeJobResponse> {
        let text = self.job(request.into_inner().name, JobWish::Resume).await?;
        Ok(Response::new(v1::ResumeJobResponse { text }))
    }

    async fn cancel_job(
        &self,
        request: Request<v1::CancelJobRequest>,
    ) -> Outcome<v1::CancelJobResponse> {
        let text = self.job(request.into_inner().name, JobWish::Cancel).await?;
        Ok(Response::new(v1::CancelJobResponse { text }))
    }

    async fn watch_events(
        &self,
        _: Request<v1::WatchEventsRequest>,
    ) -> Outcome<Self::WatchEventsStream> {
        let (sender, events) = mpsc::channel(AHEAD);
        let listener = self.server.events.listen();
        tokio::spawn(forward(listener, self.server.readiness.subscribe(), sender));
        Ok(Response::new(ReceiverStream::new(events)))
    }

    async fn plan(&self, request: Request<v1::PlanRequest>) -> Outcome<v1::PlanResponse> {
        let request = request.into_inner();
        let file = SiteFile::of(request.file_name, request.text, request.attached);
        let read = site_files::read(&self.server, file).await?;
        Ok(Response::new(v1::PlanResponse {
            revision: read.current.revision,
            problems: read.problems,
            warnings: read.warnings,
            plan: read.plan,
        }))
    }

    async fn apply(&self, request: Request<v1::ApplyRequest>) -> Outcome<v1::ApplyResponse> {
        let request = request.into_inner();
        let file = SiteFile::of(request.file_name, request.text, request.attached);
        let read = site_files::read(&self.server, file).await?;
        let mut revision = read.current.revision;
        if let Some(site) = read.site {
            let expected = request.expected_revision.unwrap_or(revision);
            let applied = self.server.sites.apply(expected, site).await;
            revision = applied.map_err(|error| status::not_applied(&error))?;
        }
        Ok(Response::new(v1::ApplyResponse {
            revision,
            problems: read.problems,
            warnings: read.warnings,
            plan: read.plan,
        }))
    }

    async fn backup(&self, request: Request<v1::BackupRequest>) -> Outcome<v1::BackupResponse> {
        let path = request.into_inner().path;
        let file = PathBuf::from(&path);
        if !file.is_absolute() {
            let what = "the path of a backup must be absolute: it is on the server's host";
            return Err(status::meaningless(what));
        }
        let store = self.server.store.clone();
        let copied = tokio::task::spawn_blocking(move || store.backup(&file)).await;
        let copied = copied.map_err(|_| status::fault())?;
        copied.map_err(|error| status::not_backed_up(&error))?;
        Ok(Response::new(v1::BackupResponse { path }))
    }

    async fn provision_url(
        &self,
        request: Request<v1::ProvisionUrlRequest>,
    ) -> Outcome<v1::ProvisionUrlResponse> {
        let phone = request.into_inner().phone.into();
        let invitation = self.server.files.invite(&phone).ok_or_else(|| {
            let what = "there is no such phone, or the site file has no provision = \"…\" for it";
            Status::not_found(what)
        })?;
        Ok(Response::new(v1::ProvisionUrlResponse {
            path: invitation.path,
            port: invitation.port.into(),
        }))
    }
}

/// Tells one listener everything, until it hangs up, misses something, or the server stops.
async fn forward(
    mut events: broadcast::Receiver<Numbered>,
    mut readiness: watch::Receiver<State>,
    listener: mpsc::Sender<Result<v1::Event, Status>>,
) {
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            _ = readiness.wait_for(|state| state.draining) => return,
            () = listener.closed() => return,
        };
        let told = match event {
            Ok(event) => listener.send(Ok(convert::event(&event))).await,
            Err(RecvError::Lagged(missed)) => {
                let _ = listener.send(Err(status::missed(missed))).await;
                return;
            }
            Err(RecvError::Closed) => return,
        };
        if told.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::pbx::{Door, Record, What};
    use crate::shell::events::Events;
    use crate::shell::readiness::Readiness;
    use crate::time::Utc;

    fn record() -> Record {
        Record {
            at: Utc(0),
            what: What::Stayed,
            user: None,
            phone: None,
            door: Door::Code,
            text: String::new(),
        }
    }

    #[tokio::test]
    async fn a_slow_listener_is_told_how_much_it_missed() {
        let (events, readiness) = (Events::new(4), Readiness::default());
        let listener = events.listen();
        for _ in 0..7 {
            events.announce(record());
        }
        let (sender, mut told) = mpsc::channel(1);
        tokio::spawn(forward(listener, readiness.subscribe(), sender));
        let error = told
            .recv()
            .await
            .expect("something")
            .expect_err("three are gone");
        assert_eq!(error.code(), Code::DataLoss);
        assert!(
            error.message().starts_with("3 events were missed"),
            "{error}"
        );
        assert!(told.recv().await.is_none());
    }

    #[tokio::test]
    async fn a_listener_hears_in_order_until_the_server_stops() {
        let (events, readiness) = (Events::new(4), Readiness::default());
        let (sender, mut told) = mpsc::channel(1);
        tokio::spawn(forward(events.listen(), readiness.subscribe(), sender));
        for number in 1..=3 {
            events.announce(record());
            let event = told.recv().await.expect("something").expect("an event");
            assert_eq!(event.number, number);
        }
        readiness.update(|state| state.draining = true);
        assert!(told.recv().await.is_none());
    }
}
