//! Where a request is addressed to: a Contact's URI without the headers that it carries, and the route among those.

use super::wire::{Builder, Name, Uri};

/// A Contact's URI, taken apart for a request.
pub(super) struct Target<'a> {
    /// What becomes the Request-URI: it may have no headers (RFC 3261 §19.1.1).
    pub uri: &'a str,
    headers: Option<Uri<'a>>,
}

impl<'a> Target<'a> {
    /// The target that a Contact's URI names.
    pub fn of(contact: &'a str) -> Target<'a> {
        let headers = Uri::parse(contact).ok();
        Target {
            uri: headers.map_or(contact, |uri| uri.without_headers()),
            headers,
        }
    }

    /// Adds the Route that the phone wants to see in requests to this contact (RFC 4475 §3.3.14). Nothing else of what
    /// a URI says is put into a request (RFC 3261 §19.1.5), and where it is sent to is not changed by it.
    pub fn with_route(&self, request: Builder) -> Builder {
        let routes = self
            .headers
            .iter()
            .flat_map(|uri| uri.headers_named("Route"));
        routes.fold(request, |request, route| {
            request.header(Name::Route, route.as_ref())
        })
    }
}
