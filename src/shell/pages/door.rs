//! Between HTTP and the pages: what was asked, what is answered, and the rest of the server as pages see it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};

use super::super::intake::AskError;
use super::super::serve::Server;
use super::super::web::{Caller, Scheme};
use crate::exchange::ControlRequest;
use crate::pages::{self, Fields, Head, House, IdlePages, Method, Reply, Trouble, Wish};
use crate::pbx::{
    self, Answer, AtPhone, OfUser, PhoneName, PinHash, Presence, Query, Refusal, Rest, Seat,
    Secret, Site, UserId,
};
use crate::site::{hash_pin, verify_pin};
use crate::time::Now;

/// The most that is read of a form.
const FORM: usize = 64 * 1024;

/// The longest name of a host.
const HOST_NAME: usize = 128;

/// Why a request is not answered by a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Its form is too long.
    TooLong,
    /// It ended before its end.
    Broken,
    /// It takes too long.
    Slow,
}

/// Reads a request to its end.
pub(super) async fn read(
    caller: &Caller,
    request: Request<Incoming>,
) -> Result<pages::Request, Unreadable> {
    let (parts, body) = request.into_parts();
    let head = head(caller, &parts);
    let mut fields = Fields::parse(parts.uri.query().unwrap_or_default());
    if head.method == Method::Post {
        let is_long = |length: &str| length.parse::<usize>().is_ok_and(|l| l > FORM);
        if head.header("content-length").is_some_and(is_long) {
            return Err(Unreadable::TooLong);
        }
        // Without a length it may turn out to be too long only here.
        let form = to_bytes(Body::new(body), FORM).await;
        let form = form.map_err(|_| Unreadable::Broken)?;
        fields = fields.with_form(&String::from_utf8_lossy(&form));
    }
    Ok(pages::Request { head, fields })
}

fn head(caller: &Caller, parts: &hyper::http::request::Parts) -> Head {
    let method = match parts.method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        _ => Method::Other,
    };
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    Head {
        method,
        path: parts.uri.path().to_owned(),
        source: caller.remote,
        is_secure: caller.scheme == Scheme::Https,
        base: base(caller, parts.headers.get(HOST)),
        headers: headers.collect(),
    }
}

/// What addresses of ours begin with. A phone that does not say how it calls us (HTTP/1.0) gets our address.
fn base(caller: &Caller, host: Option<&HeaderValue>) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let host = host.and_then(|host| host.to_str().ok());
    let host = host
        .filter(|host| !host.is_empty() && host.len() <= HOST_NAME && host.bytes().all(is_plain));
    let scheme = caller.scheme.word();
    match host {
        Some(host) => format!("{scheme}://{host}"),
        None => format!("{scheme}://{}", caller.local),
    }
}

/// The answer in HTTP. Its length is exact, since the whole body is there.
pub(super) fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    for (name, value) in reply.headers {
        let value = HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), value) {
            headers.insert(name, value);
        }
    }
    response
}

/// The server, as pages see it.
pub(super) struct Door<'a>(pub &'a Server);

impl Door<'_> {
    async fn ask(&self, query: Query) -> Result<Answer, Trouble> {
        self.0.intake.ask(query).await.map_err(trouble)
    }
}

fn trouble(error: AskError) -> Trouble {
    match error {
        AskError::Overloaded => Trouble::Overloaded,
        AskError::NoAnswer => Trouble::NoAnswer,
    }
}

impl House for Door<'_> {
    fn now(&self) -> Now {
        self.0.clock.now()
    }

    fn site(&self) -> Arc<Site> {
        Arc::clone(&self.0.sites.current().site)
    }

    fn noise(&self) -> [u8; 16] {
        rand::random()
    }

    async fn phone(&self, phone: &PhoneName) -> Result<Option<AtPhone>, Trouble> {
        match self.ask(Query::Phone(phone.clone())).await? {
            Answer::Phone(at) => Ok(at),
            _ => Err(Trouble::NoAnswer),
        }
    }

    async fn user(&self, given: &str) -> Result<Option<OfUser>, Trouble> {
        match self.ask(Query::User(given.to_owned())).await? {
            Answer::User(user) => Ok(user),
            _ => Err(Trouble::NoAnswer),
        }
    }

    async fn who(&self) -> Result<Vec<Presence>, Trouble> {
        match self.ask(Query::Who).await? {
            Answer::Who(who) => Ok(who),
            _ => Err(Trouble::NoAnswer),
        }
    }

    async fn last_users(&self) -> Result<Vec<(PhoneName, UserId)>, Trouble> {
        match self.ask(Query::LastUsers).await? {
            Answer::LastUsers(last) => Ok(last),
            _ => Err(Trouble::NoAnswer),
        }
    }

    async fn seat(&self, phone: &PhoneName) -> Result<Option<Box<Seat>>, Trouble> {
        match self.ask(Query::Seat(phone.clone())).await? {
            Answer::Seat(seat) => Ok(seat),
            _ => Err(Trouble::NoAnswer),
        }
    }

    async fn wish(&self, door: pbx::Door, wish: Wish) -> Result<Result<String, Refusal>, Trouble> {
        let request = ControlRequest::Visit(door, wish);
        self.0.intake.request(request).await.map_err(trouble)
    }

    fn is_own_push(&self, phone: &PhoneName, name: &str, password: &Secret) -> bool {
        self.0.pushes.is_own(phone, name, password)
    }

    async fn is_vouched_for_at(&self, address: &str) -> bool {
        self.0.pushes.is_vouched_for_at(address).await
    }

    fn idle_pages(&self) -> IdlePages {
        let settings = &self.0.settings;
        IdlePages {
            every: settings.pages.idle_refresh,
            after: Duration::from_secs(settings.provision.urls.idle_s.into()),
        }
    }

    fn is_at_home(&self, source: IpAddr) -> bool {
        self.0.settings.provision.holds(source)
    }

    fn idle_token(&self, phone: &PhoneName) -> String {
        self.0.files.idle_token(phone)
    }

    fn rests_elsewhere(&self, phone: &PhoneName, rest: Rest) -> bool {
        let cucm = self.0.cucm.as_ref();
        cucm.is_some_and(|cucm| cucm.rests(self.now(), phone, rest))
    }

    async fn verify(&self, secret: Secret, against: Option<PinHash>) -> Result<bool, Trouble> {
        let verify = move || verify_pin(secret.reveal(), against.as_ref());
        let verified = tokio::task::spawn_blocking(verify).await;
        verified.map_err(|_| Trouble::NoAnswer)
    }

    async fn hash(&self, secret: Secret) -> Result<PinHash, Trouble> {
        let hashing = self.0.settings.argon2;
        let hash = move || hash_pin(secret.reveal(), &hashing);
        let hashed = tokio::task::spawn_blocking(hash).await;
        hashed.map_err(|_| Trouble::NoAnswer)
    }
}
