//! Addresses that phones are given, which may have 256 bytes.

use super::fields::encoded;

/// The most that a phone keeps of an address.
const MOST: usize = 256;

/// The address of a page of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url(String);

impl Url {
    /// A page of ours with parameters. None: it would be too long for a phone.
    pub fn page(base: &str, path: &str, parameters: &[(&str, &str)]) -> Option<Url> {
        let mut url = format!("{base}{path}");
        for (place, (name, value)) in parameters.iter().enumerate() {
            url.push(if place == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            url.push_str(&encoded(value));
        }
        (url.len() <= MOST).then_some(Url(url))
    }

    /// The address as the phone gets it, before it is escaped.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_fits_or_is_not_made() {
        let url = Url::page("http://perch:8080", "/a", &[("x", "1 2"), ("y", "&")]);
        let url = url.expect("it is short");
        assert_eq!(url.as_str(), "http://perch:8080/a?x=1%202&y=%26");
        assert_eq!(
            Url::page("http://perch", "/a", &[("x", &"1".repeat(256))]),
            None
        );
    }
}
