//! Commands that change something.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::client::Client;
use super::{Failure, output, secret};
use crate::control::v1::logout_request::Target;
use crate::control::v1::{BackupRequest, LoginRequest, LogoutRequest, ResetRequest, UnlockRequest};
use crate::store;

/// Log a user in at a phone.
#[derive(Debug, Args)]
pub struct Login {
    /// The phone's name
    phone: String,
    /// A user id or DN
    user: String,
    /// Check the user's PIN, read from standard input; without it, you log in as an administrator
    #[arg(long)]
    pin_stdin: bool,
    #[command(flatten)]
    client: Client,
}

impl Login {
    /// Logs a user in at a phone.
    pub fn run(self) -> Result<(), Failure> {
        let pin = self.pin_stdin.then(secret::read_pin).transpose()?;
        let request = LoginRequest {
            phone: self.phone,
            user: self.user,
            pin,
        };
        let answer = self
            .client
            .ask(async |client| client.login(request).await)?;
        done(&self.client, &answer.text);
        Ok(())
    }
}

/// Log a user out, or whoever is at a phone.
#[derive(Debug, Args)]
pub struct Logout {
    #[command(flatten)]
    target: LogoutTarget,
    #[command(flatten)]
    client: Client,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct LogoutTarget {
    /// A user id or DN: at every phone
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// A phone's name: whoever is there
    #[arg(long, value_name = "PHONE")]
    phone: Option<String>,
}

impl Logout {
    /// Logs somebody out.
    pub fn run(self) -> Result<(), Failure> {
        let target = self.target;
        let request = LogoutRequest {
            target: target
                .user
                .map(Target::User)
                .or(target.phone.map(Target::Phone)),
        };
        let answer = self
            .client
            .ask(async |client| client.logout(request).await)?;
        done(&self.client, &answer.text);
        Ok(())
    }
}

/// Have a phone start anew, as soon as nothing goes on there.
#[derive(Debug, Args)]
pub struct Reset {
    /// The phone's name
    phone: String,
    /// From its very beginning, rather than by registering anew
    #[arg(long)]
    hard: bool,
    #[command(flatten)]
    client: Client,
}

impl Reset {
    /// Has it start anew.
    pub fn run(self) -> Result<(), Failure> {
        let request = ResetRequest {
            phone: self.phone,
            hard: self.hard,
        };
        let answer = self
            .client
            .ask(async |client| client.reset(request).await)?;
        done(&self.client, &answer.text);
        Ok(())
    }
}

/// Take the lock of a user away, or those of sources that guessed a phone's password.
#[derive(Debug, Args)]
pub struct Unlock {
    /// The user's id
    #[arg(required_unless_present = "phone", conflicts_with = "phone")]
    user: Option<String>,
    /// A phone instead, by its name
    #[arg(long, value_name = "NAME")]
    phone: Option<String>,
    #[command(flatten)]
    client: Client,
}

impl Unlock {
    /// Takes the lock away.
    pub fn run(self) -> Result<(), Failure> {
        let request = UnlockRequest {
            user: self.user.unwrap_or_default(),
            phone: self.phone.unwrap_or_default(),
        };
        let answer = self
            .client
            .ask(async |client| client.unlock(request).await)?;
        done(&self.client, &answer.text);
        Ok(())
    }
}

/// Copy everything that is stored to a new file.
#[derive(Debug, Args)]
pub struct Backup {
    /// Where to: a file that does not exist; on the server's host, unless --data is given
    file: PathBuf,
    /// Read this data directory instead of asking a server; one may be running on it
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    client: Client,
}

impl Backup {
    /// Copies everything that is stored.
    pub fn run(self) -> Result<(), Failure> {
        let file = std::path::absolute(&self.file)?;
        let shown = file.display().to_string();
        match self.data {
            Some(data) => store::backup(&data, &file)?,
            None => {
                let request = BackupRequest {
                    path: shown.clone(),
                };
                self.client
                    .ask(async |client| client.backup(request).await)?;
            }
        }
        done(
            &self.client,
            &format!("everything is in {shown}; it holds secrets, keep it safe"),
        );
        Ok(())
    }
}

fn done(client: &Client, text: &str) {
    let text = match client.json {
        true => json!({ "text": text }).to_string(),
        false => text.to_owned(),
    };
    output::result(&text);
}
