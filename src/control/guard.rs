//! Who may use the control API: callers on this host, and those who know the token.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tonic::service::Interceptor;
use tonic::transport::server::TcpConnectInfo;
use tonic::{Request, Status};

/// Shorter tokens can be guessed.
const SHORTEST: usize = 16;

/// What a caller from another host must know. Never shown.
#[derive(Clone)]
pub struct Token(Arc<[u8; 32]>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Its file cannot be read.
    #[error("the token file {file} cannot be read: {why}. Create it, readable for Perch alone")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// It is too short.
    #[error(
        "the token in {file} is shorter than {SHORTEST} characters. Make one, for example with: openssl rand -hex 32"
    )]
    Short {
        /// The file.
        file: PathBuf,
    },
}

impl Token {
    /// The token in a file; blanks and line ends around it do not count.
    pub fn read(file: &Path) -> Result<Token, TokenError> {
        let text = std::fs::read_to_string(file).map_err(|why| TokenError::Unreadable {
            file: file.to_owned(),
            why,
        })?;
        match text.trim() {
            short if short.len() < SHORTEST => Err(TokenError::Short {
                file: file.to_owned(),
            }),
            token => Ok(Token::of(token)),
        }
    }

    /// Digests have equal length, so that comparing them tells nothing, not even the length.
    fn of(text: &str) -> Token {
        Token(Arc::new(Sha256::digest(text.as_bytes()).into()))
    }

    fn is(&self, given: &str) -> bool {
        self.0
            .as_slice()
            .ct_eq(Token::of(given).0.as_slice())
            .into()
    }
}

/// Lets callers in, or not.
#[derive(Clone, Debug)]
pub struct Guard {
    token: Option<Token>,
}

impl Guard {
    /// Without a token, only callers on this host are let in.
    pub fn new(token: Option<Token>) -> Guard {
        Guard { token }
    }

    fn admits(&self, from: Option<SocketAddr>, authorization: Option<&str>) -> bool {
        if from.is_some_and(|from| from.ip().to_canonical().is_loopback()) {
            return true;
        }
        let given = authorization.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("Bearer")
                .then_some(token.trim())
        });
        match (&self.token, given) {
            (Some(token), Some(given)) => token.is(given),
            _ => false,
        }
    }
}

impl Interceptor for Guard {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let from = request.extensions().get::<TcpConnectInfo>();
        let from = from.and_then(TcpConnectInfo::remote_addr);
        let authorization = request.metadata().get("authorization");
        if self.admits(from, authorization.and_then(|value| value.to_str().ok())) {
            return Ok(request);
        }
        tracing::warn!(remote = ?from, "control request refused: the token is missing or wrong");
        Err(Status::unauthenticated(
            "callers from other hosts need the token of this server; give it with --token-file",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_need_the_token_and_neighbours_do_not() {
        let here = "127.0.0.1:40000".parse().ok();
        let mapped = "[::ffff:127.0.0.1]:40000".parse().ok();
        let there = "192.0.2.1:40000".parse().ok();
        let guard = Guard::new(Some(Token::of("0123456789abcdef")));
        assert!(guard.admits(here, None));
        assert!(guard.admits(mapped, None));
        assert!(guard.admits(there, Some("Bearer 0123456789abcdef")));
        assert!(guard.admits(there, Some("bearer 0123456789abcdef")));
        assert!(!guard.admits(there, Some("Bearer 0123456789abcdee")));
        assert!(!guard.admits(there, Some("0123456789abcdef")));
        assert!(!guard.admits(there, None));
        assert!(!guard.admits(None, None));
        assert!(!Guard::new(None).admits(there, Some("Bearer ")));
    }

    #[test]
    fn a_token_does_not_show() {
        assert_eq!(format!("{:?}", Token::of("0123456789abcdef")), "Token(..)");
    }
}
