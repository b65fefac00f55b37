//! `perch softphone`: what to type into a softphone that registers as the user itself (SES-17).
//!
//! The server keeps passwords as digests only, so nobody can read one back: a new one is made here, or the present
//! one is given.

mod apps;

use std::net::UdpSocket;

use clap::{Args, ValueEnum};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use rand::RngExt;
use serde_json::json;

use super::{Failure, output, secret};
use apps::{Account, App};

/// Print how to set a softphone up so that it registers as a user.
#[derive(Debug, Args)]
pub struct Softphone {
    /// A user id or DN: the softphone registers as what is given
    user: String,
    #[command(flatten)]
    password: Password,
    /// How it reaches the server
    #[arg(long, value_enum, default_value_t = Transport::Udp)]
    transport: Transport,
    /// Where the server is; without a port, the usual one; without this, this machine
    #[arg(long, value_name = "HOST[:PORT]")]
    server: Option<String>,
    /// Add N to the usual port, for a server that was started so
    #[arg(long, value_name = "N", default_value_t = 0)]
    port_offset: u16,
    /// Which softphone
    #[arg(long = "for", value_name = "APP", value_enum, default_value_t = App::Generic)]
    app: App,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Password {
    /// Make a strong password and show it, this once
    #[arg(long)]
    new_password: bool,
    /// Read the user's present sip_secret from standard input
    #[arg(long)]
    password_stdin: bool,
}

/// How a softphone and the server speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Transport {
    Udp,
    Tcp,
    Tls,
    Wss,
}

impl Transport {
    fn token(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
            Transport::Wss => "wss",
        }
    }

    /// Where Perch listens for it.
    fn port(self) -> u16 {
        match self {
            Transport::Udp | Transport::Tcp => 5060,
            Transport::Tls => 5061,
            Transport::Wss => 5443,
        }
    }
}

impl Softphone {
    /// Prints how to set a softphone up.
    pub fn run(self) -> Result<(), Failure> {
        let user = checked_user(&self.user)?;
        let (host, port) = self.server_address()?;
        let password = match self.password.new_password {
            true => new_password(),
            false => checked_password(secret::read("SIP secret: ", "SIP secret")?)?,
        };
        let account = Account {
            user,
            password: &password,
            host: &host,
            port,
            transport: self.transport.token(),
        };
        if self.json {
            output::result(&self.in_json(&account)?.to_string());
        } else {
            output::result(&self.in_words(&account)?);
        }
        Ok(())
    }

    fn in_json(&self, account: &Account<'_>) -> Result<serde_json::Value, Failure> {
        Ok(json!({
            "user": account.user,
            "password": account.password,
            "server": account.host,
            "port": account.port,
            "transport": account.transport,
            "uri": account.uri(),
            "app": self.app.name(),
            "configuration": self.app.configuration(account)?,
            "is_new": self.password.new_password,
        }))
    }

    fn in_words(&self, account: &Account<'_>) -> Result<String, Failure> {
        let mut text = format!("{}\n", self.app.configuration(account)?);
        if self.app == App::Generic {
            text += &format!("\n{}\n", code_of(&account.uri())?);
        }
        if self.password.new_password {
            text += &format!(
                "\nThe password is shown this once. Put it into the site file, into the table of user {}, and apply that:\n\n\
                 sip_secret = \"{}\"\n",
                account.user, account.password
            );
        }
        Ok(text)
    }

    fn server_address(&self) -> Result<(String, u16), Failure> {
        let usual = self.transport.port().checked_add(self.port_offset);
        let usual = usual.ok_or("the port offset is too large")?;
        let Some(given) = &self.server else {
            return Ok((own_address()?, usual));
        };
        // An IPv6 address has colons of its own, and stands in brackets where a port may follow.
        let (host, port) = match given.rsplit_once(':') {
            Some((host, port))
                if !port.contains(']') && (!host.contains(':') || host.ends_with(']')) =>
            {
                let port: Option<u16> = port.parse().ok().filter(|port| *port != 0);
                let port = port.ok_or_else(|| format!("{given:?} has no port that can be"))?;
                (host, port)
            }
            _ => (given.as_str(), usual),
        };
        let is_bare_v6 = host.parse::<std::net::Ipv6Addr>().is_ok();
        let host = if is_bare_v6 {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let uri = format!("sip:{host}");
        match crate::sip::wire::Uri::parse(&uri) {
            Ok(uri) if uri.host == host => Ok((host, port)),
            _ => Err(format!("{given:?} is no host; write --server HOST:PORT").into()),
        }
    }
}

/// What stands in addresses, as the site file has it.
fn checked_user(user: &str) -> Result<&str, Failure> {
    let is_right = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    match (1..=64).contains(&user.len()) && user.bytes().all(is_right) {
        true => Ok(user),
        false => Err(format!("{user:?} is neither a user id that can register nor a DN").into()),
    }
}

/// The formats of softphones have no escapes in common, so a password that would need some is not taken.
fn checked_password(password: String) -> Result<String, Failure> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*()+,=$".contains(&b);
    match password.bytes().all(is_plain) {
        true => Ok(password),
        false => Err(
            "this SIP secret has characters that not every softphone can be given: only letters, digits and \
             - _ . ! ~ * ( ) + , = $ are safe; make another with --new-password"
                .into(),
        ),
    }
}

/// Letters and digits that nobody mistakes for others, 100 bits of them.
fn new_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = rand::rng();
    let letter = |_| char::from(LETTERS[random.random_range(0..LETTERS.len())]);
    (0..20).map(letter).collect()
}

/// The address that this machine has towards others. Nothing is sent to find it out.
pub(super) fn own_address() -> Result<String, Failure> {
    let towards_others = || {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    };
    let address = towards_others();
    let address =
        address.map_err(|_| "this machine has no address; name the server with --server")?;
    Ok(address.ip().to_string())
}

/// A code for the camera of a phone, in half blocks: light on dark, as most terminals are.
fn code_of(text: &str) -> Result<String, Failure> {
    let code = QrCode::new(text).map_err(|_| "this is too much for a QR code")?;
    let mut image = code.render::<Dense1x2>();
    let image = image
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark);
    Ok(image.quiet_zone(true).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(server: Option<&str>) -> Softphone {
        Softphone {
            user: "u2001".into(),
            password: Password {
                new_password: true,
                password_stdin: false,
            },
            transport: Transport::Tls,
            server: server.map(str::to_owned),
            port_offset: 7,
            app: App::Generic,
            json: false,
        }
    }

    #[test]
    fn servers_are_read_with_and_without_ports() {
        for (given, host, port) in [
            ("pbx.example.com", "pbx.example.com", 5068),
            ("pbx.example.com:5071", "pbx.example.com", 5071),
            ("192.0.2.1:5071", "192.0.2.1", 5071),
            ("2001:db8::1", "[2001:db8::1]", 5068),
            ("[2001:db8::1]", "[2001:db8::1]", 5068),
            ("[2001:db8::1]:5071", "[2001:db8::1]", 5071),
        ] {
            let read = command(Some(given)).server_address().expect(given);
            assert_eq!(read, (host.to_owned(), port), "{given}");
        }
        for bad in ["", "pbx:0", "pbx:x", "p bx", "pbx:70000", "a@b", "pbx;lr"] {
            assert!(command(Some(bad)).server_address().is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_are_strong_and_never_alike() {
        let (one, other) = (new_password(), new_password());
        assert_eq!(one.len(), 20);
        assert_ne!(one, other);
        assert!(checked_password(one).is_ok());
        for bad in ["a b", "a;b", "a\"b", "a@b", "ü"] {
            assert!(checked_password(bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn codes_have_a_quiet_zone_and_lines_of_one_width() {
        let code = code_of("sip:u2001:secret@pbx.example.com:5061;transport=tls").expect("it fits");
        let widths: Vec<usize> = code.lines().map(|line| line.chars().count()).collect();
        assert!(
            widths.len() > 15 && widths.iter().all(|w| *w == widths[0]),
            "{code}"
        );
        assert!(
            code.lines()
                .next()
                .is_some_and(|line| line.chars().all(|c| c == '\u{2588}'))
        );
    }
}
