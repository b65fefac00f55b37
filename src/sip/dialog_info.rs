//! The `dialog` package (RFC 4235): which calls a number has.
//!
//! Nobody who watches learns the Call-IDs and tags of a call: they would let him end it.

use std::fmt::Write;

use super::package::{NumberTold, View};
use super::xml::{Escaped, host_of};
use crate::pbx::{LineCall, LineCallState, LineStatus};

/// The type of its documents.
pub(super) const TYPE: &str = "application/dialog-info+xml";

/// What is to be said of a number's calls: all of them, or those that are new, other or over since the last document.
pub(super) fn document(
    status: &LineStatus,
    entity: &str,
    view: &View<'_>,
    told: &mut NumberTold,
) -> Option<String> {
    let now: Vec<_> = status.calls.iter().map(|c| (c.leg, c.state)).collect();
    if !view.whole && now == told.calls {
        return None;
    }
    let before = std::mem::replace(&mut told.calls, now);
    let is_new = |call: &&LineCall| view.whole || !before.contains(&(call.leg, call.state));
    let is_there = |id| status.calls.iter().any(|call| call.leg == id);
    let version = told.version;
    told.version = version.wrapping_add(1);
    let state = if view.whole { "full" } else { "partial" };
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"{version}\" state=\"{state}\" \
         entity=\"{}\">\n",
        Escaped(entity)
    );
    // RFC 4235 §4.1.2: one that is over is said to be, once. In a whole, it is over by not being there; yet there are
    // phones that put no lamp out for that.
    for (id, _) in before.iter().filter(|(id, _)| !is_there(*id)) {
        push(
            &mut text,
            format_args!(
                "<dialog id=\"{:x}\"><state>terminated</state></dialog>\n",
                id.0
            ),
        );
    }
    for call in status.calls.iter().filter(is_new) {
        push_call(&mut text, status, call, entity, view.with_parties);
    }
    text.push_str("</dialog-info>\n");
    Some(text)
}

fn push_call(
    text: &mut String,
    status: &LineStatus,
    call: &LineCall,
    entity: &str,
    with_parties: bool,
) {
    let direction = match call.is_caller {
        true => "initiator",
        false => "recipient",
    };
    let state = match call.state {
        // A phone that calls is in use, whether it rings at the other end or not.
        LineCallState::Calling => "trying",
        LineCallState::Ringing => "early",
        LineCallState::Talking | LineCallState::Holding => "confirmed",
    };
    let host = host_of(entity);
    let own = status.dn.as_str();
    let rendering = match call.state {
        LineCallState::Holding => "<param pname=\"+sip.rendering\" pval=\"no\"/>",
        _ => "",
    };
    push(
        text,
        format_args!(
            "<dialog id=\"{:x}\" direction=\"{direction}\"><state>{state}</state>\
             <local><identity>sip:{own}@{host}</identity>\
             <target uri=\"sip:{own}@{host}\">{rendering}</target></local>",
            call.leg.0,
            own = Escaped(own),
            host = Escaped(host),
        ),
    );
    let other = &call.other;
    if with_parties && !other.dn.as_str().is_empty() {
        push(
            text,
            format_args!(
                "<remote><identity display=\"{}\">sip:{dn}@{host}</identity>\
                 <target uri=\"sip:{dn}@{host}\"/></remote>",
                Escaped(&other.display_name),
                dn = Escaped(other.dn.as_str()),
                host = Escaped(host),
            ),
        );
    }
    text.push_str("</dialog>\n");
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a String takes everything");
}
