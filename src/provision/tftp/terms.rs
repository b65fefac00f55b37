//! What a transfer is agreed on: of what a peer wishes, what is taken.

use std::time::Duration;

use super::packet::{Choice, Request};

/// RFC 1350: how long a piece is if nobody says so.
const BLOCK: u16 = 512;

/// A larger piece would be cut into several packets on an Ethernet, tunnels included.
const BLOCK_AT_MOST: u16 = 1428;

/// So many pieces are sent before an answer is waited for, at most.
const WINDOW_AT_MOST: u16 = 16;

/// How long a peer may want us to wait before something is sent again.
const TIMEOUT_AT_MOST: u8 = 30;

/// What holds for a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long a piece is.
    pub block_size: usize,
    /// How many pieces are sent before an answer is waited for.
    pub window: u64,
    /// After how long something is sent again, if the peer said.
    pub timeout: Option<Duration>,
    /// What the peer is told of it; nothing if it wished for nothing that is known.
    pub told: Vec<Choice>,
}

impl Terms {
    /// For a file of `size` bytes.
    pub fn of(request: &Request, size: usize) -> Terms {
        let mut terms = Terms {
            block_size: BLOCK.into(),
            window: 1,
            timeout: None,
            told: Vec::new(),
        };
        for choice in &request.choices {
            match *choice {
                Choice::BlockSize(wished) => {
                    let taken = wished.min(BLOCK_AT_MOST);
                    terms.block_size = taken.into();
                    terms.told.push(Choice::BlockSize(taken));
                }
                Choice::Window(wished) => {
                    let taken = wished.min(WINDOW_AT_MOST);
                    terms.window = taken.into();
                    terms.told.push(Choice::Window(taken));
                }
                // RFC 2349: it is this or nothing; there is no lesser one to offer.
                Choice::Timeout(seconds) if seconds <= TIMEOUT_AT_MOST => {
                    terms.timeout = Some(Duration::from_secs(seconds.into()));
                    terms.told.push(Choice::Timeout(seconds));
                }
                Choice::Timeout(_) => {}
                Choice::Size(_) => {
                    let size = u64::try_from(size).unwrap_or(u64::MAX);
                    terms.told.push(Choice::Size(size));
                }
            }
        }
        terms
    }
}
