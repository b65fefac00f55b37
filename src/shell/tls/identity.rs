//! The certificate and its key: two files, and what is made of them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{InconsistentKeys, ServerConfig, SupportedProtocolVersion};

use super::super::settings::TlsVersion;
use super::{TlsError, trust, validity};
use crate::time::Utc;

/// Where certificate and key are.
pub(super) struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What tells whether files have changed, without reading them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp([Option<(u64, u64, i64, i64)>; 2]);

/// A certificate in force.
pub(super) struct Identity {
    pub config: Arc<ServerConfig>,
    /// Until when it is good.
    not_after: Utc,
}

impl Files {
    pub fn new(certificate: &Path, key: &Path) -> Files {
        Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        }
    }

    /// Where ours are.
    pub fn in_data(data: &Path) -> Files {
        let dir = data.join("tls");
        Files::new(&dir.join("cert.pem"), &dir.join("key.pem"))
    }

    pub fn stamp(&self) -> Stamp {
        let stamp = |path: &Path| {
            let meta = fs::metadata(path).ok()?;
            Some((meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec()))
        };
        Stamp([stamp(&self.certificate), stamp(&self.key)])
    }

    /// Reads both, and sees to it that they can be used.
    pub fn load(&self, min_version: TlsVersion) -> Result<Identity, TlsError> {
        let chain = certificates(&self.certificate)?;
        let key = private_key(&self.key)?;
        let not_after = validity::end(&chain[0]).ok_or_else(|| TlsError::Unusable {
            file: self.certificate.clone(),
            why: "its dates cannot be read".into(),
        })?;
        let versions = versions(min_version);
        let config = ServerConfig::builder_with_provider(trust::provider())
            .with_protocol_versions(versions)
            .map_err(|error| self.unusable(&error))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    TlsError::Mismatch {
                        certificate: self.certificate.clone(),
                        key: self.key.clone(),
                    }
                }
                error => self.unusable(&error),
            })?;
        Ok(Identity {
            config: Arc::new(config),
            not_after,
        })
    }

    fn unusable(&self, error: &rustls::Error) -> TlsError {
        TlsError::Unusable {
            file: self.certificate.clone(),
            why: error.to_string(),
        }
    }
}

impl Stamp {
    /// Whether there are no files at all.
    pub fn is_nothing(&self) -> bool {
        self.0 == [None, None]
    }
}

impl Identity {
    /// For how many whole days it is still good; less than nothing if it is not.
    pub fn days_left(&self, now: Utc) -> i64 {
        (self.not_after.0 - now.0).div_euclid(86_400_000)
    }
}

static FROM_1_2: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
static FROM_1_3: [&SupportedProtocolVersion; 1] = [&TLS13];

pub(super) fn versions(least: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    match least {
        TlsVersion::V1_2 => &FROM_1_2,
        TlsVersion::V1_3 => &FROM_1_3,
    }
}

/// The certificates in a file, at least one.
pub(super) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = read(file)?;
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(TlsError::Empty {
            file: file.to_owned(),
            what: "certificate",
        }),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = zeroize::Zeroizing::new(read(file)?);
    // What the parser says about a key is not passed on: it might quote it.
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| TlsError::Empty {
        file: file.to_owned(),
        what: "private key that is not encrypted",
    })
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(file).map_err(|why| TlsError::Unreadable {
        file: file.to_owned(),
        why,
    })
}
