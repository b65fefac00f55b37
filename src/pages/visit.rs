//! Who may see a page of a phone: the phone itself, from where it is registered.

use std::net::IpAddr;

use super::code::Code;
use super::house::House;
use super::request::Request;
use crate::pbx::{AtPhone, Mobility, PhoneName};

/// A phone that asks for a page.
#[derive(Debug)]
pub(super) struct Visit {
    /// Which.
    pub phone: PhoneName,
    /// What is known about it.
    pub at: AtPhone,
}

/// By which names phones and scripts say which phone they are.
const NAMES: [&str; 3] = ["device", "name", "devicename"];

impl Visit {
    /// The phone that the request names, if it is one, and if it may. This is looked at before anything that the
    /// request says of a user.
    pub async fn of(house: &impl House, request: &Request) -> Result<Visit, Code> {
        let phone = named(request)?;
        let site = house.site();
        let mobility = &site.mobility;
        let is_trusted = mobility.trusted_ips.contains(&request.head.source);
        if !mobility.allow_proxy && !is_trusted && request.head.is_proxied() {
            return Err(Code::PROXY);
        }
        let at = house.phone(&phone).await?.ok_or(Code::NO_PHONE)?;
        match is_from(request.head.source, mobility, &at.addresses) {
            true => Ok(Visit { phone, at }),
            false => Err(Code::UNTRUSTED),
        }
    }
}

/// The phone that a request is about.
pub(super) fn named(request: &Request) -> Result<PhoneName, Code> {
    let said = NAMES.iter().find_map(|name| request.fields.said(name));
    Ok(PhoneName::from(said.ok_or(Code::NAMELESS)?))
}

/// Whether a request may come from there, for a phone that is registered at these addresses.
pub(super) fn is_from(source: IpAddr, mobility: &Mobility, addresses: &[IpAddr]) -> bool {
    let is_there = |address: &IpAddr| address.to_canonical() == source.to_canonical();
    !mobility.validate_ip
        || mobility.trusted_ips.iter().any(is_there)
        || addresses.iter().any(is_there)
}
