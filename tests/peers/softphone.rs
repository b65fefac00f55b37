//! What a test asks of any softphone, whoever made it.

use std::net::{Ipv4Addr, SocketAddr};

use super::built_server::Perch;

/// How a softphone reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Udp,
    Tcp,
    Tls,
}

impl Over {
    /// As URIs name it.
    pub fn token(self) -> &'static str {
        match self {
            Over::Udp => "udp",
            Over::Tcp => "tcp",
            Over::Tls => "tls",
        }
    }

    /// Where the server listens for it.
    pub fn address(self, server: &Perch) -> SocketAddr {
        let port = match self {
            Over::Udp | Over::Tcp => 5060,
            Over::Tls => 5061,
        };
        server.at(Ipv4Addr::LOCALHOST.into(), port)
    }
}

/// A real softphone in one call at a time, or two while it consults. Every verb waits until it is so, and fails the
/// test if it does not come about.
pub trait Softphone {
    /// Which phone it is.
    fn name(&self) -> &str;
    /// Dials digits.
    fn dial(&self, digits: &str);
    /// It rings. Which number it shows.
    fn sees_caller(&self) -> String;
    /// Answers the call that rings.
    fn answer(&self);
    /// A call of it is answered.
    fn talks(&self);
    /// Presses a key in the call.
    fn presses(&self, digit: char);
    /// It heard a key that the other side pressed.
    fn hears_key(&self, digit: char);
    /// Puts the call on hold.
    fn holds(&self);
    /// Takes the call back from hold.
    fn resumes(&self);
    /// Sends the other party of the call to somebody else, unasked.
    fn transfers_to(&self, digits: &str);
    /// Hangs up the call that it is in.
    fn hangs_up(&self);
    /// The call that it was in is over.
    fn is_left(&self);
}
