//! How a call came to where it rings, as SIP says it: Diversion (RFC 5806), History-Info (RFC 7044), Referred-By
//! (RFC 3892).

use super::flow::Flow;
use super::outbound::identity;
use super::wire::{Builder, Name};
use crate::pbx::{Diverted, Dn, History};

/// Adds what there is to say of a call that rings for `called`.
pub(super) fn tell(mut builder: Builder, history: &History, called: &Dn, flow: Flow) -> Builder {
    if let Some(by) = &history.transferred_by {
        builder = builder.header(Name::ReferredBy, identity(by, flow));
    }
    if history.diversions.is_empty() {
        return builder;
    }
    // RFC 5806 §3.2: the latest comes first.
    for diversion in history.diversions.iter().rev() {
        let (from, reason) = (identity(&diversion.from, flow), words(diversion.why).0);
        let value = format!("{from};reason={reason};counter=1");
        builder = builder.header(Name::Diversion, value);
    }
    let mut index = "1".to_owned();
    for diversion in &history.diversions {
        let (dn, cause) = (&diversion.from.dn, words(diversion.why).1);
        let value = format!(
            "<sip:{dn}@{}?Reason=SIP%3Bcause%3D{cause}>;index={index}",
            flow.local
        );
        builder = builder.header(Name::HistoryInfo, value);
        index.push_str(".1");
    }
    let parent = index.rsplit_once('.').map_or("1", |(parent, _)| parent);
    let value = format!("<sip:{called}@{}>;index={index};mp={parent}", flow.local);
    builder.header(Name::HistoryInfo, value)
}

/// The reason of RFC 5806 §3.2 and the cause of RFC 4458 §2.
fn words(why: Diverted) -> (&'static str, u16) {
    match why {
        Diverted::Always => ("unconditional", 302),
        Diverted::Busy => ("user-busy", 486),
        Diverted::NoAnswer => ("no-answer", 408),
        Diverted::Absent => ("unavailable", 404),
        Diverted::Deflected => ("deflection", 480),
        // RFC 5806 has no word for it: the pilot never answers itself.
        Diverted::Hunted => ("unconditional", 302),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::{Diversion, Hops, Party};
    use crate::sip::Transport;
    use rsip::Method;

    fn party(dn: &str) -> Party {
        Party {
            dn: dn.into(),
            display_name: String::new(),
        }
    }

    /// rules: CAL-2
    #[test]
    fn the_way_of_a_call_is_told_in_both_manners() {
        let address = "192.0.2.1:5060".parse().expect("an address");
        let flow = Flow {
            transport: Transport::Udp,
            local: address,
            remote: address,
            connection: 0,
        };
        let diversion = |dn, why| Diversion {
            from: party(dn),
            why,
        };
        let history = History {
            hops: Hops::default(),
            diversions: vec![
                diversion("2001", Diverted::Busy),
                diversion("2002", Diverted::NoAnswer),
            ],
            transferred_by: Some(party("9001")),
        };
        let builder = Builder::request(Method::Invite, "sip:x@192.0.2.9");
        let bytes = tell(builder, &history, &"2003".into(), flow).finish();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines: Vec<&str> = text.lines().skip(1).take(6).collect();
        assert_eq!(
            lines,
            [
                "Referred-By: <sip:9001@192.0.2.1:5060>",
                "Diversion: <sip:2002@192.0.2.1:5060>;reason=no-answer;counter=1",
                "Diversion: <sip:2001@192.0.2.1:5060>;reason=user-busy;counter=1",
                "History-Info: <sip:2001@192.0.2.1:5060?Reason=SIP%3Bcause%3D486>;index=1",
                "History-Info: <sip:2002@192.0.2.1:5060?Reason=SIP%3Bcause%3D408>;index=1.1",
                "History-Info: <sip:2003@192.0.2.1:5060>;index=1.1.1;mp=1.1",
            ]
        );
    }
}
