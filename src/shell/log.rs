//! What is logged, and how.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use super::settings::{Log, LogFormat};

/// The log cannot be had as it was asked for.
#[derive(Debug, thiserror::Error)]
#[error(
    "log.level = \"{level}\" is not understood: {why}. Write error, warn, info, debug, trace, or perch=debug,info"
)]
pub struct LogError {
    level: String,
    why: ParseError,
}

/// Begins to log to standard error.
pub fn start(log: &Log) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|why| LogError {
        level: log.level.clone(),
        why,
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // An error means that somebody else, a test, logs already.
    let _ = match log.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}
