//! What the common softphones want to know, in the words that they use for it.
//!
//! Which of them scan what: Linphone scans the address of a configuration on a web server, Groundwire the code of a
//! provider's cloud, Zoiper what its own web site makes of a password. None of that is an account that could be shown
//! here, so only the plain fields come with a code: a `sip:` URI (RFC 3261 §19.1.1) that holds all of them.

use clap::ValueEnum;

use crate::cli::Failure;

/// A softphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum App {
    /// Plain fields, and a code that holds them
    Generic,
    /// A line for baresip's `accounts`
    Baresip,
    /// A part of `linphonerc`
    Linphone,
    /// The fields of Zoiper
    Zoiper,
    /// The fields of Groundwire and other softphones of Acrobits
    Groundwire,
    /// A part of `microsip.ini`
    Microsip,
}

/// What any softphone must know.
#[derive(Debug)]
pub struct Account<'a> {
    pub user: &'a str,
    pub password: &'a str,
    /// An IPv6 address in brackets.
    pub host: &'a str,
    pub port: u16,
    pub transport: &'static str,
}

impl Account<'_> {
    /// All of it as one URI.
    pub fn uri(&self) -> String {
        let Account {
            user,
            password,
            host,
            port,
            transport,
        } = self;
        format!("sip:{user}:{password}@{host}:{port};transport={transport}")
    }

    fn is_secure(&self) -> bool {
        matches!(self.transport, "tls" | "wss")
    }
}

impl App {
    /// What it is called on the command line.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map(|v| v.get_name().to_owned()).unwrap_or_default()
    }

    /// What to type, or to paste.
    pub fn configuration(self, account: &Account<'_>) -> Result<String, Failure> {
        if account.transport == "wss" && !matches!(self, App::Generic) {
            let name = self.name();
            return Err(format!("{name} does not speak SIP over WebSocket; use tls").into());
        }
        Ok(match self {
            App::Generic => generic(account),
            App::Baresip => baresip(account),
            App::Linphone => linphone(account),
            App::Zoiper => zoiper(account),
            App::Groundwire => groundwire(account),
            App::Microsip => microsip(account),
        })
    }
}

fn generic(account: &Account<'_>) -> String {
    let Account {
        user,
        password,
        host,
        port,
        transport,
    } = account;
    format!(
        "user name, and name for authentication   {user}\n\
         password                                 {password}\n\
         domain, registrar                        {host}\n\
         port                                     {port}\n\
         transport                                {transport}"
    )
}

fn baresip(account: &Account<'_>) -> String {
    let Account {
        user,
        password,
        host,
        port,
        transport,
    } = account;
    format!(
        "<sip:{user}@{host}:{port};transport={transport}>;auth_user={user};auth_pass={password};regint=600"
    )
}

fn linphone(account: &Account<'_>) -> String {
    let Account {
        user,
        password,
        host,
        port,
        transport,
    } = account;
    format!(
        "[sip]\n\
         default_proxy=0\n\
         \n\
         [proxy_0]\n\
         reg_proxy=<sip:{host}:{port};transport={transport}>\n\
         reg_identity=sip:{user}@{host}\n\
         reg_expires=600\n\
         reg_sendregister=1\n\
         publish=0\n\
         \n\
         [auth_info_0]\n\
         username={user}\n\
         passwd={password}\n\
         domain={host}"
    )
}

fn zoiper(account: &Account<'_>) -> String {
    let Account {
        user,
        password,
        host,
        port,
        transport,
    } = account;
    let transport = transport.to_uppercase();
    format!(
        "Username @ PBX    {user}@{host}:{port}\n\
         Password          {password}\n\
         Authentication    the same user name\n\
         Outbound proxy    leave it out\n\
         Transport         SIP {transport}"
    )
}

fn groundwire(account: &Account<'_>) -> String {
    let Account {
        user,
        password,
        host,
        port,
        transport,
    } = account;
    let media = if account.is_secure() { "on" } else { "off" };
    format!(
        "Title               Perch {user}\n\
         Username            {user}\n\
         Password            {password}\n\
         Domain              {host}:{port}\n\
         Transport protocol  {transport}\n\
         SDES                {media}, if the phones that you call know it"
    )
}

fn microsip(account: &Account<'_>) -> String {
    let Account {
        user,
        password,
        host,
        port,
        transport,
    } = account;
    format!(
        "[Account1]\n\
         label=Perch {user}\n\
         server={host}:{port}\n\
         domain={host}\n\
         username={user}\n\
         authID={user}\n\
         password={password}\n\
         transport={transport}\n\
         publish=0"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::wire::Uri;

    const ACCOUNT: Account<'static> = Account {
        user: "u2001",
        password: "long-enough",
        host: "pbx.example.com",
        port: 5061,
        transport: "tls",
    };

    #[test]
    fn every_softphone_is_told_everything() {
        for app in App::value_variants() {
            let text = app.configuration(&ACCOUNT).expect("it speaks TLS");
            let needed = ["u2001", "long-enough", "pbx.example.com", "5061", "tls"];
            let lower = text.to_lowercase();
            assert!(
                needed.iter().all(|part| lower.contains(part)),
                "{app:?}: {text}"
            );
        }
    }

    #[test]
    fn the_code_is_a_uri_that_reads_back() {
        let text = ACCOUNT.uri();
        let uri = Uri::parse(&text).expect("a URI");
        assert_eq!(
            (uri.user, uri.password),
            (Some("u2001"), Some("long-enough"))
        );
        assert_eq!((uri.host, uri.port), ("pbx.example.com", Some(5061)));
        assert_eq!(uri.param("transport"), Some("tls"));
    }

    #[test]
    fn websocket_is_for_those_who_speak_it() {
        let account = Account {
            transport: "wss",
            ..ACCOUNT
        };
        assert!(App::Generic.configuration(&account).is_ok());
        assert!(App::Baresip.configuration(&account).is_err());
    }
}
