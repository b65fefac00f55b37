//! A client of Perch's control API.

use std::net::SocketAddr;

use perch::control::v1::control_client::ControlClient;
use perch::control::v1::{
    ApplyRequest, JobEnd, JobsRequest, LoginRequest, LogoutRequest, RunJobRequest, StatusRequest,
    StatusResponse, logout_request,
};
use tonic::transport::{Channel, Endpoint};

use crate::Failure;

/// The largest site file.
const MESSAGE: usize = 64 * 1024 * 1024;

/// A connected client. Clones share the connection.
#[derive(Clone)]
pub struct Control(ControlClient<Channel>);

impl Control {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Result<Control, Failure> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
        let channel = endpoint.connect().await.map_err(|error| {
            format!("no control API at {address}: {error}. Name it with --control")
        })?;
        let client = ControlClient::new(channel).max_encoding_message_size(MESSAGE);
        Ok(Control(client))
    }

    /// Puts a site in force.
    pub async fn apply(&mut self, text: String) -> Result<(), Failure> {
        let request = ApplyRequest {
            file_name: "load.toml".into(),
            text,
            ..ApplyRequest::default()
        };
        let answer = self.0.apply(request).await?.into_inner();
        match answer.problems.first() {
            Some(problem) => Err(format!("the site was not accepted: {problem:?}").into()),
            None => Ok(()),
        }
    }

    /// Logs a user in, as the user with the PIN or as an administrator; an error is what it was refused with.
    pub async fn login(
        &mut self,
        phone: String,
        user: String,
        pin: Option<&str>,
    ) -> Result<(), String> {
        let request = LoginRequest {
            phone,
            user,
            pin: pin.map(str::to_owned),
        };
        match self.0.login(request).await {
            Ok(_) => Ok(()),
            Err(status) => Err(format!("{:?}", status.code())),
        }
    }

    /// Logs a user out; an error is what it was refused with.
    pub async fn logout(&mut self, user: String) -> Result<(), String> {
        let target = Some(logout_request::Target::User(user));
        match self.0.logout(LogoutRequest { target }).await {
            Ok(_) => Ok(()),
            Err(status) => Err(format!("{:?}", status.code())),
        }
    }

    /// Runs a job now.
    pub async fn run_job(&mut self, name: &str) -> Result<(), Failure> {
        let request = RunJobRequest {
            name: name.to_owned(),
            dry_run: false,
        };
        self.0.run_job(request).await?;
        Ok(())
    }

    /// How the last run of a job ended.
    pub async fn job_end(&mut self, name: &str) -> Result<JobEnd, Failure> {
        let jobs = self.0.jobs(JobsRequest {}).await?.into_inner().jobs;
        let job = jobs.into_iter().find(|job| job.name == name);
        let end = job.and_then(|job| job.last);
        Ok(end.ok_or("the job did not run")?)
    }

    /// How the server is.
    pub async fn status(&mut self) -> Result<StatusResponse, Failure> {
        Ok(self.0.status(StatusRequest {}).await?.into_inner())
    }
}
