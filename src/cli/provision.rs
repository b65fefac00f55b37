//! `perch provision-url`: an address at which a phone fetches its file, once.

use clap::Args;
use serde_json::json;

use super::client::Client;
use super::softphone::own_address;
use super::{Failure, output};
use crate::control::v1::ProvisionUrlRequest;

/// Print an address at which a phone fetches its file: once, within a day
#[derive(Debug, Args)]
pub struct ProvisionUrl {
    /// A phone that has provision = "…" in the site file
    phone: String,
    /// Where the server is, as the phone sees it; without this, this machine
    #[arg(long, value_name = "HOST")]
    server: Option<String>,
    #[command(flatten)]
    client: Client,
}

impl ProvisionUrl {
    /// Prints the address.
    pub fn run(self) -> Result<(), Failure> {
        let host = match self.server {
            Some(host) => host,
            None => own_address()?,
        };
        let is_bare_v6 = host.parse::<std::net::Ipv6Addr>().is_ok();
        let host = if is_bare_v6 {
            format!("[{host}]")
        } else {
            host
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(format!("{host:?} is no name or address of a server").into());
        }
        let request = ProvisionUrlRequest { phone: self.phone };
        let answer = self
            .client
            .ask(async |client| client.provision_url(request).await)?;
        let url = format!("http://{host}:{}{}", answer.port, answer.path);
        let said = match self.client.json {
            true => json!({ "url": url }).to_string(),
            false => url,
        };
        output::result(&said);
        Ok(())
    }
}
