//! Where help is needed, as a body for whoever answers the call (RFC 6442): a civic address in PIDF-LO (RFC 4119,
//! RFC 5139), beside the description of the media.

use bytes::Bytes;
use jiff::Timestamp;
use quick_xml::escape::escape;

use crate::pbx::{Body, Place};

/// What stands between the parts. It is in none of them: descriptions have no such line, and XML is ours.
const BOUNDARY: &str = "perch-emergency";

/// The name of the part with the place, for the Geolocation header.
pub(super) const PART: &str = "location";

/// The body of a call for help.
pub(super) fn body(offer: Option<&Body>, place: &Place, host: &str) -> Body {
    let mut bytes = Vec::new();
    if let Some(offer) = offer {
        bytes.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Type: ").as_bytes());
        bytes.extend_from_slice(&offer.content_type);
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&offer.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    let document = pidf(place, host);
    bytes.extend_from_slice(
        format!(
            "--{BOUNDARY}\r\nContent-Type: application/pidf+xml\r\nContent-ID: <{PART}@{host}>\r\n\r\n{document}\r\n\
             --{BOUNDARY}--\r\n"
        )
        .as_bytes(),
    );
    Body::new(
        Bytes::from(format!("multipart/mixed;boundary={BOUNDARY}")),
        bytes,
    )
}

fn pidf(place: &Place, host: &str) -> String {
    let address = &place.address;
    // RFC 5139 §3.1 and RFC 4119 §2.2.1; the order is the schema's.
    let parts = [
        ("country", address.country.as_str()),
        ("A1", &address.region),
        ("A3", &address.city),
        ("HNO", &address.house_number),
        ("LOC", place.within.as_deref().unwrap_or_default()),
        ("PC", &address.postal_code),
        ("RD", &address.street),
    ];
    let said = parts.into_iter().filter(|(_, part)| !part.is_empty());
    let civic: String = said
        .map(|(name, part)| format!("<ca:{name}>{}</ca:{name}>", escape(part)))
        .collect();
    let phone = escape(place.phone.as_str());
    let at = Timestamp::from_millisecond(place.at.0).unwrap_or_default();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
         <presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" \
         xmlns:gp=\"urn:ietf:params:xml:ns:pidf:geopriv10\" \
         xmlns:ca=\"urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr\" entity=\"pres:{phone}@{host}\">\
         <dm:device id=\"phone\"><gp:geopriv><gp:location-info><ca:civicAddress>{civic}</ca:civicAddress>\
         </gp:location-info><gp:usage-rules/><gp:method>Manual</gp:method></gp:geopriv>\
         <dm:deviceID>urn:perch:phone:{phone}</dm:deviceID><dm:timestamp>{at:.0}</dm:timestamp></dm:device></presence>"
    )
}

#[cfg(test)]
mod tests {
    use super::super::multipart::parts_of;
    use super::*;
    use crate::pbx::CivicAddress;
    use crate::time::Utc;

    fn place() -> Place {
        Place {
            phone: "desk-1".into(),
            within: Some("2nd floor, room \"214\" <east>".into()),
            address: CivicAddress {
                country: "NL".into(),
                city: "Amsterdam".into(),
                street: "Damrak".into(),
                house_number: "1".into(),
                ..CivicAddress::default()
            },
            call_back: None,
            at: Utc(1_777_971_600_000),
        }
    }

    /// rules: EMG-1
    #[test]
    fn a_place_is_well_formed_and_says_where() {
        let text = pidf(&place(), "192.0.2.1");
        let mut reader = quick_xml::Reader::from_str(&text);
        reader.config_mut().check_end_names = true;
        let mut depth = 0;
        loop {
            match reader.read_event().expect("well-formed") {
                quick_xml::events::Event::Start(_) => depth += 1,
                quick_xml::events::Event::End(_) => depth -= 1,
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0);
        assert!(
            text.contains(
                "<ca:civicAddress><ca:country>NL</ca:country><ca:A3>Amsterdam</ca:A3><ca:HNO>1</ca:HNO>\
                 <ca:LOC>2nd floor, room &quot;214&quot; &lt;east&gt;</ca:LOC><ca:RD>Damrak</ca:RD></ca:civicAddress>"
            ),
            "{text}"
        );
        assert!(text.contains("entity=\"pres:desk-1@192.0.2.1\""), "{text}");
        assert!(
            text.contains("<dm:timestamp>2026-05-05T09:00:00Z</dm:timestamp>"),
            "{text}"
        );
    }

    /// rules: EMG-1
    #[test]
    fn the_description_of_the_media_stands_beside_it() {
        let offer = Body::new(
            Bytes::from_static(b"application/sdp"),
            Bytes::from_static(b"v=0\r\n"),
        );
        let both = body(Some(&offer), &place(), "192.0.2.1");
        let sdp = parts_of(&both.content_type, &both.bytes, "application/sdp");
        assert_eq!(sdp, [b"v=0\r\n\r\n"]);
        let pidf = parts_of(&both.content_type, &both.bytes, "application/pidf+xml");
        assert!(pidf[0].starts_with(b"<?xml "));
        let alone = body(None, &place(), "192.0.2.1");
        assert!(parts_of(&alone.content_type, &alone.bytes, "application/sdp").is_empty());
    }
}
