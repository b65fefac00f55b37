//! Opens everything that is listened at, before anything else is touched.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use tokio::net::{TcpListener, UdpSocket as AsyncUdpSocket};

use super::sccp::Security;
use super::settings::Settings;
use super::web::Scheme;
use super::{media, provision, tcp, udp};
use crate::sip::Transport;

/// The sockets that a server listens at.
#[derive(Debug)]
pub struct Sockets {
    /// SIP over UDP.
    pub datagrams: Vec<UdpSocket>,
    /// SIP over streams of each kind.
    pub streams: Vec<(Transport, TcpListener)>,
    /// SCCP, of each kind.
    pub sccp: Vec<(Security, TcpListener)>,
    /// Files by TFTP.
    pub tftp: Vec<AsyncUdpSocket>,
    /// Files by HTTP, by each scheme.
    pub files: Vec<(Scheme, TcpListener)>,
    /// The control API.
    pub control: Vec<TcpListener>,
    /// Metrics and health.
    pub http: Vec<TcpListener>,
    /// Phone pages, by each scheme.
    pub pages: Vec<(Scheme, TcpListener)>,
    /// Media of our own.
    pub media: Vec<UdpSocket>,
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// A socket cannot be opened.
    #[error("cannot listen for {what} at {address}: {why}. {}", remedy(why))]
    Bind {
        /// What for.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        why: io::Error,
    },
    /// No address is left to listen at.
    #[error(
        "there is no address to listen at for {0}. Set `bind` in perch.toml to one of this host's"
    )]
    NoAddress(&'static str),
}

fn remedy(why: &io::Error) -> &'static str {
    match why.kind() {
        io::ErrorKind::AddrInUse => {
            "Another program listens there: stop it, or choose other ports with --port-offset"
        }
        io::ErrorKind::AddrNotAvailable => "This host has no such address: correct `bind`",
        io::ErrorKind::PermissionDenied => "Choose a port above 1023, or allow low ports",
        _ => "Correct `bind` or the ports in perch.toml",
    }
}

/// Opens them all, or says which one cannot be.
pub fn open(settings: &Settings) -> Result<Sockets, ListenError> {
    let (sip, http) = (settings.sip_addresses(), settings.http_addresses());
    let may_skip = !settings.bind.explicit;
    let http_may_skip = may_skip && settings.http.bind.is_none();
    Ok(Sockets {
        datagrams: all("SIP over UDP", &sip, may_skip, udp::open)?,
        streams: streams(settings, may_skip)?,
        sccp: sccp(settings, may_skip)?,
        tftp: tftp(settings, may_skip)?,
        files: web(
            settings.file_addresses(),
            ["files over HTTP", "files over HTTPS"],
            may_skip,
        )?,
        control: all(
            "the control API",
            &settings.control_addresses(),
            false,
            tcp::listen,
        )?,
        http: all("metrics and health", &http, http_may_skip, tcp::listen)?,
        pages: web(
            settings.page_addresses(),
            ["phone pages", "phone pages under TLS"],
            may_skip,
        )?,
        media: media::open(settings),
    })
}

fn streams(
    settings: &Settings,
    may_skip: bool,
) -> Result<Vec<(Transport, TcpListener)>, ListenError> {
    let mut streams = Vec::new();
    for (transport, addresses) in settings.stream_addresses() {
        let what = match transport {
            Transport::Udp | Transport::Tcp => "SIP over TCP",
            Transport::Tls => "SIP over TLS",
            Transport::Ws => "SIP over WebSocket",
            Transport::Wss => "SIP over WebSocket under TLS",
        };
        let listening = all(what, &addresses, may_skip, tcp::listen)?;
        streams.extend(listening.into_iter().map(|listener| (transport, listener)));
    }
    Ok(streams)
}

fn sccp(settings: &Settings, may_skip: bool) -> Result<Vec<(Security, TcpListener)>, ListenError> {
    let mut listeners = Vec::new();
    for (security, addresses) in settings.sccp_addresses() {
        let what = match security {
            Security::Plain => "SCCP",
            Security::Tls => "SCCP under TLS",
        };
        let listening = all(what, &addresses, may_skip, tcp::listen)?;
        listeners.extend(listening.into_iter().map(|listener| (security, listener)));
    }
    Ok(listeners)
}

/// `what` says what for, without TLS and under it.
fn web(
    addresses: Vec<(Scheme, Vec<SocketAddr>)>,
    [plain, secure]: [&'static str; 2],
    may_skip: bool,
) -> Result<Vec<(Scheme, TcpListener)>, ListenError> {
    let mut listeners = Vec::new();
    for (scheme, addresses) in addresses {
        let what = match scheme {
            Scheme::Http => plain,
            Scheme::Https => secure,
        };
        let listening = all(what, &addresses, may_skip, tcp::listen)?;
        listeners.extend(listening.into_iter().map(|listener| (scheme, listener)));
    }
    Ok(listeners)
}

/// TFTP's port is one of those that not everybody may take. Phones that cannot have files by TFTP are no reason not to
/// serve the others.
fn tftp(settings: &Settings, may_skip: bool) -> Result<Vec<AsyncUdpSocket>, ListenError> {
    let addresses = settings.tftp_addresses();
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    match all("TFTP", &addresses, may_skip, provision::open_tftp) {
        Err(ListenError::Bind { address, why, .. })
            if why.kind() == io::ErrorKind::PermissionDenied =>
        {
            tracing::warn!(
                %address,
                "this process may not take the port for TFTP; phones can fetch files by HTTP alone. Allow low ports, or set \
                 ports.tftp"
            );
            Ok(Vec::new())
        }
        opened => opened,
    }
}

fn all<S>(
    what: &'static str,
    addresses: &[SocketAddr],
    may_skip: bool,
    open: impl Fn(SocketAddr) -> io::Result<S>,
) -> Result<Vec<S>, ListenError> {
    let mut sockets = Vec::new();
    for &address in addresses {
        match open(address) {
            Ok(socket) => sockets.push(socket),
            Err(why) if may_skip && address.is_ipv6() && is_missing(&why) => {
                tracing::warn!(%address, %why, "this host has no IPv6; going on without");
            }
            Err(why) => return Err(ListenError::Bind { what, address, why }),
        }
    }
    if sockets.is_empty() {
        return Err(ListenError::NoAddress(what));
    }
    Ok(sockets)
}

/// Whether the host has no such kind of address at all.
fn is_missing(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_is_taken_is_named_with_what_to_do() {
        let taken = tcp::listen("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = taken.local_addr().expect("it is bound");
        let error = all("SIP over TCP", &[address], false, tcp::listen).expect_err("taken");
        assert_eq!(
            error.to_string(),
            format!(
                "cannot listen for SIP over TCP at {address}: Address already in use (os error 98). Another program \
                 listens there: stop it, or choose other ports with --port-offset"
            )
        );
    }
}
