//! Where this server listens: addresses, ports, and what is added to all of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Settings;
use super::reader::Reader;
use crate::shell::sccp::Security;
use crate::shell::web::Scheme;
use crate::sip::Transport;

/// Addresses to listen at.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind {
    /// One by one; IPv6 sockets take IPv6 alone.
    pub addresses: Vec<IpAddr>,
    /// Whether somebody asked for exactly these: then a host without IPv6 is no excuse.
    pub explicit: bool,
}

/// Which port is for what, before the offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ports {
    /// SIP, by datagram and stream.
    pub sip: u16,
    /// SIP under TLS; 0: none.
    pub sips: u16,
    /// SIP over WebSocket; 0: none.
    pub ws: u16,
    /// SIP over WebSocket under TLS; 0: none.
    pub wss: u16,
    /// SCCP; 0: none.
    pub sccp: u16,
    /// SCCP under TLS; 0: none.
    pub sccps: u16,
    /// Files by TFTP; 0: none.
    pub tftp: u16,
    /// Files by HTTP; 0: none.
    pub files: u16,
    /// Files by HTTP under TLS; 0: none.
    pub files_tls: u16,
    /// The control API.
    pub control: u16,
    /// Metrics and health.
    pub http: u16,
    /// Phone pages; 0: none.
    pub pages: u16,
    /// Phone pages under TLS; 0: none.
    pub pages_tls: u16,
    /// Added to each of them.
    pub offset: u16,
}

impl Default for Bind {
    fn default() -> Bind {
        Bind {
            addresses: vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
            explicit: false,
        }
    }
}

impl Default for Ports {
    fn default() -> Ports {
        Ports {
            sip: 5060,
            sips: 5061,
            ws: 5080,
            wss: 5443,
            sccp: 2000,
            sccps: 0,
            tftp: 69,
            files: 6970,
            files_tls: 6971,
            control: 5070,
            http: 9090,
            pages: 8080,
            pages_tls: 8443,
            offset: 0,
        }
    }
}

/// An offset takes a port past the last one there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("port {port} and an offset of {offset} make more than 65535")]
pub struct PortTooHigh {
    port: u16,
    offset: u16,
}

impl Ports {
    /// The same ports with another offset.
    pub fn shifted(self, offset: u16) -> Result<Ports, PortTooHigh> {
        for port in [
            self.sip,
            self.sips,
            self.ws,
            self.wss,
            self.sccp,
            self.sccps,
            self.tftp,
            self.files,
            self.files_tls,
            self.control,
            self.http,
            self.pages,
            self.pages_tls,
        ] {
            if port.checked_add(offset).is_none() {
                return Err(PortTooHigh { port, offset });
            }
        }
        Ok(Ports { offset, ..self })
    }

    fn at(self, addresses: &[IpAddr], port: u16) -> Vec<SocketAddr> {
        // `shifted` has seen to it that nothing saturates.
        let port = port.saturating_add(self.offset);
        let at = |address: &IpAddr| SocketAddr::new(*address, port);
        addresses.iter().map(at).collect()
    }

    pub(super) fn read(&mut self, reader: &mut Reader) {
        reader.number("", "port_offset", 0..=65_535, &mut self.offset);
        // Without these nobody could be served, or asked how it goes.
        for (key, port) in [
            ("sip", &mut self.sip),
            ("control", &mut self.control),
            ("http", &mut self.http),
        ] {
            reader.number("ports", key, 1..=65_535, port);
        }
        for (key, port) in [
            ("sips", &mut self.sips),
            ("ws", &mut self.ws),
            ("wss", &mut self.wss),
            ("sccp", &mut self.sccp),
            ("sccps", &mut self.sccps),
            ("tftp", &mut self.tftp),
            ("files", &mut self.files),
            ("files_tls", &mut self.files_tls),
            ("pages", &mut self.pages),
            ("pages_tls", &mut self.pages_tls),
        ] {
            reader.number("ports", key, 0..=65_535, port);
        }
    }
}

impl Settings {
    /// Where the control API listens.
    pub fn control_addresses(&self) -> Vec<SocketAddr> {
        self.ports.at(&self.control.bind, self.ports.control)
    }

    /// Where metrics and health listen.
    pub fn http_addresses(&self) -> Vec<SocketAddr> {
        let bind = self.http.bind.as_ref().unwrap_or(&self.bind.addresses);
        self.ports.at(bind, self.ports.http)
    }

    /// Where phone pages are served, by each scheme.
    pub fn page_addresses(&self) -> Vec<(Scheme, Vec<SocketAddr>)> {
        self.by_kind([
            (Scheme::Http, self.ports.pages),
            (Scheme::Https, self.ports.pages_tls),
        ])
    }

    /// By each kind that has a port.
    fn by_kind<K, const N: usize>(&self, kinds: [(K, u16); N]) -> Vec<(K, Vec<SocketAddr>)> {
        let wanted = kinds.into_iter().filter(|(_, port)| *port != 0);
        wanted
            .map(|(kind, port)| (kind, self.ports.at(&self.bind.addresses, port)))
            .collect()
    }

    /// Adds something else to every port.
    pub fn shift(&mut self, offset: u16) -> Result<(), PortTooHigh> {
        let ports = self.ports.shifted(offset)?;
        let port = self.media.last;
        if port.checked_add(offset).is_none() {
            return Err(PortTooHigh { port, offset });
        }
        self.ports = ports;
        Ok(())
    }

    /// Where media of our own comes in.
    pub fn media_addresses(&self) -> Vec<SocketAddr> {
        let ports = (self.media.first..=self.media.last).step_by(2);
        let at = |port| self.ports.at(&self.bind.addresses, port);
        ports.flat_map(at).collect()
    }

    /// Where SIP listens.
    pub fn sip_addresses(&self) -> Vec<SocketAddr> {
        self.ports.at(&self.bind.addresses, self.ports.sip)
    }

    /// Where SIP listens for connections of each kind.
    pub fn stream_addresses(&self) -> Vec<(Transport, Vec<SocketAddr>)> {
        self.by_kind([
            (Transport::Tcp, self.ports.sip),
            (Transport::Tls, self.ports.sips),
            (Transport::Ws, self.ports.ws),
            (Transport::Wss, self.ports.wss),
        ])
    }

    /// Where SCCP listens for connections of each kind.
    pub fn sccp_addresses(&self) -> Vec<(Security, Vec<SocketAddr>)> {
        self.by_kind([
            (Security::Plain, self.ports.sccp),
            (Security::Tls, self.ports.sccps),
        ])
    }

    /// Where phones fetch files by TFTP.
    pub fn tftp_addresses(&self) -> Vec<SocketAddr> {
        match self.ports.tftp {
            0 => Vec::new(),
            port => self.ports.at(&self.bind.addresses, port),
        }
    }

    /// Where phones fetch files by HTTP, by each scheme.
    pub fn file_addresses(&self) -> Vec<(Scheme, Vec<SocketAddr>)> {
        self.by_kind([
            (Scheme::Http, self.ports.files),
            (Scheme::Https, self.ports.files_tls),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn an_offset_cannot_take_a_port_past_the_last() {
        let why = Settings::parse("perch.toml", "port_offset = 60000\n").expect_err("too high");
        expect_test::expect![[r#"
            perch.toml:1: port 6970 and an offset of 60000 make more than 65535. Choose a smaller offset, or lower ports"#]]
        .assert_eq(&why.to_string());
    }
}
