//! The `presence` package (RFC 3856): whether somebody has a number, and is on the phone (RFC 3863, RFC 4480).

use super::package::NumberTold;
use super::xml::Escaped;
use crate::pbx::{Lamp, LineStatus};

/// The type of its documents.
pub(super) const TYPE: &str = "application/pidf+xml";

/// How a number stands, as far as this package tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody has it.
    Absent,
    /// Somebody does.
    Present,
    /// And is on the phone.
    OnThePhone,
}

/// What is to be said of a number; none if that was said before. Documents of this kind are always whole.
pub(super) fn document(
    status: &LineStatus,
    entity: &str,
    whole: bool,
    told: &mut NumberTold,
) -> Option<String> {
    let standing = match status.lamp() {
        Lamp::Dark => Standing::Absent,
        // A phone that rings is not in use: whoever calls may have another one.
        Lamp::Idle | Lamp::Ringing => Standing::Present,
        Lamp::Held | Lamp::InUse => Standing::OnThePhone,
    };
    if told.presence.replace(standing) == Some(standing) && !whole {
        return None;
    }
    let basic = match standing {
        Standing::Absent => "closed",
        Standing::Present | Standing::OnThePhone => "open",
    };
    let activity = match standing {
        Standing::OnThePhone => "<rpid:on-the-phone/>",
        Standing::Absent | Standing::Present => "",
    };
    let dn = Escaped(status.dn.as_str());
    Some(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" \
         xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"{entity}\">\n\
         <tuple id=\"n{dn}\"><status><basic>{basic}</basic></status><contact>{entity}</contact></tuple>\n\
         <dm:person id=\"p{dn}\"><rpid:activities>{activity}</rpid:activities></dm:person>\n\
         </presence>\n",
        entity = Escaped(entity),
    ))
}
