//! TLS (RFC 3261 §26.3): our certificate, kept up to date while the server runs, and connections under it.

mod identity;
mod self_signed;
mod trust;
mod validity;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use super::metrics::Metrics;
use super::settings::{self, Settings};
use super::tcp;
use crate::time::Utc;
use identity::{Files, Identity, Stamp};
pub(in crate::shell) use trust::client_config;

/// From so many days before its end on, every start and every day tells of a certificate that is not ours.
const WARN_DAYS: i64 = 14;

/// A certificate of ours is made anew so many days before its end.
const RENEW_DAYS: i64 = 30;

/// TLS, both ways.
pub struct Tls {
    files: Files,
    /// Whether the files are ours to make.
    own: Option<self_signed::Names>,
    min_version: settings::TlsVersion,
    current: ArcSwap<Identity>,
    seen: Mutex<Seen>,
    client: Arc<ClientConfig>,
    metrics: Arc<Metrics>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// What was seen of the files.
struct Seen {
    /// What is in force, or was refused.
    judged: Stamp,
    /// What they were in the round before this one: they are read when they have come to rest.
    before: Stamp,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {file}: {why}. Correct the path in [tls] of perch.toml, or its permissions", file = file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// A file of ours cannot be written.
    #[error("cannot write {file}: {why}. Make the data directory writable, or name a certificate in [tls] of perch.toml", file = file.display())]
    Unwritable {
        /// Which.
        file: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{file} holds no {what}. It must be PEM, with a line that begins with -----BEGIN", file = file.display())]
    Empty {
        /// Which.
        file: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// The two do not belong together.
    #[error("the key in {key} is not that of the first certificate in {certificate}. Put the server's own certificate first, and name its key", key = key.display(), certificate = certificate.display())]
    Mismatch {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// They cannot be used.
    #[error("{file} cannot be used: {why}. Renew it; RSA keys from 2048 bits, ECDSA P-256 and P-384 and Ed25519 are understood", file = file.display())]
    Unusable {
        /// Which.
        file: PathBuf,
        /// Why.
        why: String,
    },
}

impl Tls {
    /// Reads the certificate that the settings name, or makes one.
    pub fn open(settings: &Settings, now: Utc, metrics: Arc<Metrics>) -> Result<Tls, TlsError> {
        let wanted = &settings.tls;
        let (files, own) = match &wanted.files {
            Some((certificate, key)) => (Files::new(certificate, key), None),
            None => {
                let names = self_signed::Names::of(&settings.bind.addresses);
                (Files::in_data(&settings.data), Some(names))
            }
        };
        let stamp = files.stamp();
        let mut current = match &own {
            Some(names) if stamp.is_nothing() => {
                self_signed::make(&files, names, now)?;
                files.load(wanted.min_version)?
            }
            _ => files.load(wanted.min_version)?,
        };
        if let Some(names) = &own
            && current.days_left(now) < RENEW_DAYS
        {
            self_signed::make(&files, names, now)?;
            current = files.load(wanted.min_version)?;
        }
        let stamp = files.stamp();
        let tls = Tls {
            files,
            own,
            min_version: wanted.min_version,
            current: ArcSwap::from_pointee(current),
            seen: Mutex::new(Seen {
                judged: stamp.clone(),
                before: stamp,
            }),
            client: client_config(wanted)?,
            metrics,
        };
        tls.tell_end(now);
        Ok(tls)
    }

    /// The handshake of a connection that a peer opened.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<server::TlsStream<TcpStream>> {
        let config: Arc<ServerConfig> = Arc::clone(&self.current.load().config);
        TlsAcceptor::from(config).accept(stream).await
    }

    /// Connects to a peer.
    pub async fn connect(
        &self,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> io::Result<client::TlsStream<TcpStream>> {
        let stream = tcp::connect(local, remote).await?;
        tcp::prepare(&stream);
        let name = ServerName::IpAddress(remote.ip().into());
        let connector = TlsConnector::from(Arc::clone(&self.client));
        connector.connect(name, stream).await
    }

    /// Looks at the files, and takes them over if they have changed and come to rest: certificate and key are
    /// rarely written at the same moment. What cannot be used changes nothing. Blocks.
    pub fn look(&self, now: Utc) {
        let stamp = self.files.stamp();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = std::mem::replace(&mut seen.before, stamp.clone()) == stamp;
        if stamp == seen.judged || !rests {
            return;
        }
        seen.judged = stamp;
        drop(seen);
        self.take_over(now);
    }

    /// Once a day: makes a certificate of ours anew in time, or warns of the end of one that is not. Blocks.
    pub fn renew(&self, now: Utc) {
        let is_due = self.current.load().days_left(now) < RENEW_DAYS;
        match &self.own {
            Some(names) if is_due => match self_signed::make(&self.files, names, now) {
                Ok(()) => {
                    let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.judged = self.files.stamp();
                    drop(seen);
                    self.take_over(now);
                }
                Err(error) => {
                    tracing::error!(%error, "the certificate cannot be renewed; the old one stays");
                }
            },
            _ => self.tell_end(now),
        }
    }

    fn take_over(&self, now: Utc) {
        match self.files.load(self.min_version) {
            Ok(identity) => {
                self.current.store(Arc::new(identity));
                self.metrics.certificate_read("taken");
                self.tell_end(now);
            }
            Err(error) => {
                self.metrics.certificate_read("refused");
                tracing::error!(%error, "the new certificate is not used; the old one stays");
            }
        }
    }

    fn tell_end(&self, now: Utc) {
        let days = self.current.load().days_left(now);
        self.metrics.certificate_days(days);
        let certificate = self.files.certificate.display();
        if days < WARN_DAYS {
            tracing::warn!(%certificate, days, "the TLS certificate must be renewed: it is good for few days more");
        } else {
            tracing::info!(%certificate, days, "TLS certificate in force, good for so many days");
        }
    }
}
