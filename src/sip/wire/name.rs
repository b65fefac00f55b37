//! Header names: the one place that knows how each is spelt, long and compact.

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $text:literal $($compact:literal)?;)*) => {
        /// A header that Perch knows by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Name {
            $($(#[$doc])* #[doc = concat!("`", $text, "`.")] $name,)*
            /// Any other header; only its text tells which.
            Other,
        }

        const ALL: &[Name] = &[$(Name::$name),*];

        impl Name {
            /// The name as it is written in full. Empty for [`Name::Other`].
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Name::$name => $text,)*
                    Name::Other => "",
                }
            }

            /// The header whose compact form this letter is (RFC 3261 §7.3.3, and the header's own RFC).
            const fn from_compact(letter: u8) -> Name {
                match letter.to_ascii_lowercase() {
                    $($($compact => Name::$name,)?)*
                    _ => Name::Other,
                }
            }
        }
    };
}

names! {
    Accept = "Accept";
    AcceptContact = "Accept-Contact" b'a';
    AcceptEncoding = "Accept-Encoding";
    AcceptLanguage = "Accept-Language";
    AlertInfo = "Alert-Info";
    Allow = "Allow";
    AllowEvents = "Allow-Events" b'u';
    AuthenticationInfo = "Authentication-Info";
    Authorization = "Authorization";
    CallId = "Call-ID" b'i';
    CallInfo = "Call-Info";
    Contact = "Contact" b'm';
    ContentDisposition = "Content-Disposition";
    ContentEncoding = "Content-Encoding" b'e';
    ContentLanguage = "Content-Language";
    ContentLength = "Content-Length" b'l';
    ContentType = "Content-Type" b'c';
    CSeq = "CSeq";
    Date = "Date";
    Diversion = "Diversion";
    ErrorInfo = "Error-Info";
    Event = "Event" b'o';
    Expires = "Expires";
    From = "From" b'f';
    Geolocation = "Geolocation";
    GeolocationRouting = "Geolocation-Routing";
    HistoryInfo = "History-Info";
    Identity = "Identity" b'y';
    InfoPackage = "Info-Package";
    InReplyTo = "In-Reply-To";
    Join = "Join";
    MaxForwards = "Max-Forwards";
    MimeVersion = "MIME-Version";
    MinExpires = "Min-Expires";
    MinSe = "Min-SE";
    Organization = "Organization";
    PAssertedIdentity = "P-Asserted-Identity";
    Path = "Path";
    PPreferredIdentity = "P-Preferred-Identity";
    Priority = "Priority";
    Privacy = "Privacy";
    ProxyAuthenticate = "Proxy-Authenticate";
    ProxyAuthorization = "Proxy-Authorization";
    ProxyRequire = "Proxy-Require";
    RAck = "RAck";
    Reason = "Reason";
    RecordRoute = "Record-Route";
    RecvInfo = "Recv-Info";
    ReferredBy = "Referred-By" b'b';
    ReferSub = "Refer-Sub";
    ReferTo = "Refer-To" b'r';
    RejectContact = "Reject-Contact" b'j';
    RemotePartyId = "Remote-Party-ID";
    Replaces = "Replaces";
    ReplyTo = "Reply-To";
    RequestDisposition = "Request-Disposition" b'd';
    Require = "Require";
    RetryAfter = "Retry-After";
    Route = "Route";
    RSeq = "RSeq";
    Server = "Server";
    ServiceRoute = "Service-Route";
    SessionExpires = "Session-Expires" b'x';
    SipETag = "SIP-ETag";
    SipIfMatch = "SIP-If-Match";
    Subject = "Subject" b's';
    SubscriptionState = "Subscription-State";
    Supported = "Supported" b'k';
    TargetDialog = "Target-Dialog";
    Timestamp = "Timestamp";
    To = "To" b't';
    Unsupported = "Unsupported";
    UserAgent = "User-Agent";
    Via = "Via" b'v';
    Warning = "Warning";
    WwwAuthenticate = "WWW-Authenticate";
}

impl Name {
    /// The header that this is the name of, in either form and any case (RFC 3261 §7.3.1).
    pub fn of(text: &[u8]) -> Name {
        match text {
            [] => Name::Other,
            [letter] => Name::from_compact(*letter),
            _ => Name::of_long(text),
        }
    }

    fn of_long(text: &[u8]) -> Name {
        let mut at = slot(text);
        while let Some(&name) = ALL.get(usize::from(INDEX[at])) {
            if name.as_str().as_bytes().eq_ignore_ascii_case(text) {
                return name;
            }
            at = (at + 1) % SLOTS;
        }
        Name::Other
    }
}

const SLOTS: usize = 256;
const EMPTY: u8 = u8::MAX;

/// Where each long name's place in [`ALL`] is found: open addressing, so a lookup is one comparison nearly always.
static INDEX: [u8; SLOTS] = index();

const fn slot(text: &[u8]) -> usize {
    // Setting this bit makes letters small, and does not tell `-` from a control: good enough to find a slot.
    const SMALL: u8 = 0x20;
    let first = (text[0] | SMALL) as usize;
    let middle = (text[text.len() / 2] | SMALL) as usize;
    let last = (text[text.len() - 1] | SMALL) as usize;
    (text.len() * 37 + first * 5 + middle * 11 + last * 3) % SLOTS
}

const fn index() -> [u8; SLOTS] {
    assert!(ALL.len() < EMPTY as usize, "a place must fit a byte");
    let mut table = [EMPTY; SLOTS];
    let mut place = 0;
    while place < ALL.len() {
        let mut at = slot(ALL[place].as_str().as_bytes());
        while table[at] != EMPTY {
            at = (at + 1) % SLOTS;
        }
        table[at] = place as u8;
        place += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case() {
        for &name in ALL {
            assert_eq!(Name::of(name.as_str().as_bytes()), name);
            assert_eq!(Name::of(name.as_str().to_uppercase().as_bytes()), name);
            assert_eq!(Name::of(name.as_str().to_lowercase().as_bytes()), name);
        }
        assert_eq!(Name::of(b"X-Perch"), Name::Other);
        assert_eq!(Name::of(b""), Name::Other);
    }

    #[test]
    fn compact_forms_are_the_registered_ones() {
        let forms = [
            ("i", Name::CallId),
            ("m", Name::Contact),
            ("E", Name::ContentEncoding),
            ("l", Name::ContentLength),
            ("c", Name::ContentType),
            ("f", Name::From),
            ("s", Name::Subject),
            ("k", Name::Supported),
            ("t", Name::To),
            ("V", Name::Via),
            ("o", Name::Event),
            ("r", Name::ReferTo),
            ("b", Name::ReferredBy),
            ("u", Name::AllowEvents),
            ("x", Name::SessionExpires),
            ("q", Name::Other),
        ];
        for (letter, name) in forms {
            assert_eq!(Name::of(letter.as_bytes()), name, "{letter}");
        }
    }
}
