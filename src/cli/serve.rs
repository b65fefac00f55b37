//! `perch serve`.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Failure, demo, output};
use crate::shell::settings::Bind;
use crate::shell::{Server, Settings, heap, log};

/// How long tasks that nobody waits for may take to notice that it is over.
const AFTERMATH: Duration = Duration::from_secs(1);

/// Run the server.
#[derive(Debug, Args)]
pub struct Serve {
    /// Settings of this server [default: /etc/perch/perch.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything is stored
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Serve a small demonstration site on this host alone, with a data directory of its own
    #[arg(long)]
    demo: bool,
    /// Listen at this address only; may be given several times
    #[arg(long, value_name = "ADDR")]
    bind: Vec<IpAddr>,
    /// Add N to every port
    #[arg(long, value_name = "N")]
    port_offset: Option<u16>,
}

impl Serve {
    /// Serves until a signal says to stop.
    pub fn run(self) -> Result<(), Failure> {
        let settings = self.settings()?;
        let shared = heap::share();
        log::start(&settings.log)?;
        if let Err(error) = shared {
            tracing::warn!(%error, "each thread has a heap of its own, which takes more memory");
        }
        let first_site = self.demo.then(demo::first_site);
        let started = async |server: Server| {
            let at = server.settings.sip_addresses();
            tracing::info!(sip = ?at, data = %server.settings.data.display(), "listening");
            if self.demo {
                output::result(&demo::invitation(&server.settings));
            }
        };
        let runtime = tokio::runtime::Runtime::new()?;
        let outcome = runtime.block_on(crate::shell::serve(settings, first_site, started));
        runtime.shutdown_timeout(AFTERMATH);
        Ok(outcome?)
    }

    fn settings(&self) -> Result<Settings, Failure> {
        // What this machine's own server is like is nothing to the demonstration.
        let mut settings = match (&self.config, self.demo) {
            (None, true) => Settings::default(),
            (file, _) => Settings::load(file.as_deref())?,
        };
        if self.demo {
            settings.data = demo::data_directory()?;
            settings.bind = only(vec![Ipv4Addr::LOCALHOST.into()]);
        }
        if let Some(data) = &self.data {
            settings.data.clone_from(data);
        }
        if !self.bind.is_empty() {
            settings.bind = only(self.bind.clone());
        }
        if let Some(offset) = self.port_offset {
            settings.shift(offset)?;
        }
        Ok(settings)
    }
}

fn only(addresses: Vec<IpAddr>) -> Bind {
    Bind {
        addresses,
        explicit: true,
    }
}
