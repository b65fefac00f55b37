//! What requests prove, told to whoever limits what sources may do.

use std::fmt::Debug;
use std::net::IpAddr;

use crate::time::Now;

/// What a request proved of where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A phone is there.
    Proven,
    /// Nothing: it belonged to nothing that there is.
    Nothing,
    /// Nothing: its password was wrong, or it was none.
    Wrong,
}

/// Somebody who is told. Called from many threads, and must not take long.
pub trait Witness: Debug + Send + Sync {
    /// A request came from there.
    fn saw(&self, now: Now, source: IpAddr, standing: Standing);
}
