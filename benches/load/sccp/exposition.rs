//! What the server counts itself, as its metrics say it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Failure;

/// Metrics at one moment.
pub struct Exposition(String);

impl Exposition {
    /// Asks for them.
    pub async fn fetch(address: SocketAddr) -> Result<Exposition, Failure> {
        let mut stream = TcpStream::connect(address).await?;
        let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(Exposition(text))
    }

    /// How long swaps of a model took on average, in milliseconds, and how many there were: live ones, or the others.
    pub fn swaps(&self, model: &str, is_live: bool) -> Option<(f64, f64)> {
        let way = if is_live { "live" } else { "restart" };
        let value = |name: &str| {
            let mut lines = self.0.lines();
            let line = lines.find(|line| {
                line.starts_with(name)
                    && line.contains(&format!("\"{model}\""))
                    && line.contains(&format!("\"{way}\""))
            })?;
            line.split_whitespace().last()?.parse::<f64>().ok()
        };
        let count = value("perch_sccp_swap_seconds_count")?;
        let sum = value("perch_sccp_swap_seconds_sum")?;
        (count > 0.0).then(|| (1e3 * sum / count, count))
    }
}
