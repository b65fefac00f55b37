//! A request as a phone sends it, and what it is answered.

use std::fmt;
use std::net::IpAddr;

use super::fields::Fields;

/// How something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// By an address.
    Get,
    /// With a form.
    Post,
    /// In a way that nothing here answers.
    Other,
}

/// What a request says before its body.
#[derive(Clone, Debug)]
pub struct Head {
    /// How.
    pub method: Method,
    /// The path alone.
    pub path: String,
    /// From where.
    pub source: IpAddr,
    /// Whether nobody can listen: it came under TLS.
    pub is_secure: bool,
    /// What addresses of ours begin with, as the phone sees us: scheme, host and port.
    pub base: String,
    /// What else it says, by lower-case names, in order.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// What a header says; none if it is not there.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it came through a proxy.
    pub fn is_proxied(&self) -> bool {
        let says = ["via", "x-forwarded-for", "forwarded"];
        says.iter().any(|name| self.header(name).is_some())
    }
}

/// A request. What stands in its fields may be a PIN and is never shown.
pub struct Request {
    /// What it says before its body.
    pub head: Head,
    /// What its address and its form say.
    pub fields: Fields,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.head.method)
            .field("path", &self.head.path)
            .finish_non_exhaustive()
    }
}

/// What a request is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status of HTTP. A page that says no is a page, too: 200.
    pub status: u16,
    /// What the body is, with its character set.
    pub content_type: &'static str,
    /// Other headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A text for whoever is no phone.
    pub fn plain(status: u16, text: &str) -> Reply {
        Reply {
            status,
            content_type: "text/plain; charset=utf-8",
            headers: Vec::new(),
            body: text.into(),
        }
    }

    /// For methods that nothing here answers. HEAD is one of them: how long an answer would be is an answer.
    pub fn method_not_allowed() -> Reply {
        let mut reply = Reply::plain(405, "Only GET and POST are answered here\n");
        reply.headers.push(("Allow", "GET, POST".to_owned()));
        reply
    }
}
