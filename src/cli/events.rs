//! `perch events`.

use clap::Args;

use super::client::{Client, failure};
use super::when::Local;
use super::{Failure, output, words};
use crate::control::v1::{Event, WatchEventsRequest};

/// Show what happens, as it happens.
#[derive(Debug, Args)]
pub struct Events {
    /// Go on until interrupted; what happened before cannot be asked for yet
    #[arg(long, required = true)]
    follow: bool,
    #[command(flatten)]
    client: Client,
}

impl Events {
    /// Shows what happens, as it happens.
    pub fn run(self) -> Result<(), Failure> {
        let local = Local::here();
        self.client.converse(async |client| {
            let events = client
                .watch_events(WatchEventsRequest {})
                .await
                .map_err(failure)?;
            let mut events = events.into_inner();
            while let Some(event) = events.message().await.map_err(failure)? {
                let text = match self.client.json {
                    true => words::event(&event).to_string(),
                    false => line(&event, &local),
                };
                if !output::result(&text) {
                    return Ok(());
                }
            }
            Err("the server has stopped".into())
        })
    }
}

fn line(event: &Event, local: &Local) -> String {
    let what = match words::cause(event.cause()) {
        Some(cause) => format!("{} ({cause})", words::kind(event.kind())),
        None => words::kind(event.kind()),
    };
    let name = |name: &str| if name.is_empty() { "-" } else { name }.to_owned();
    let (user, phone) = (name(&event.user), name(&event.phone));
    let at = local.exact(event.at.as_ref());
    format!("{at}  {what:<26}  {user:<12}  {phone:<16}  {}", event.text)
}
