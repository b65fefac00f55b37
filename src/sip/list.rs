//! Lists (RFC 4662): one subscription of a phone for all numbers that it has lamps for.

use std::fmt::Write;

use super::package::{Document, LampKey, NumberTold, Package, Told, View};
use super::xml::{Escaped, host_of};
use crate::pbx::Dn;

/// The type of the part that says what the others are about.
pub(super) const TYPE: &str = "application/rlmi+xml";

/// The type of the whole.
pub(super) const WHOLE_TYPE: &str = "multipart/related";

/// Between the parts, and in their names.
const BOUNDARY: &str = "perch-list";

/// Datagrams that are cut into many do not get through everywhere: so many numbers are told of at once.
const MOST_IN_DATAGRAMS: usize = 8;

/// What is to be said of the numbers that a phone has lamps for: of all, or of those that stand otherwise now. In
/// datagrams, all are told of by several: the first one names them, those after it bring what it left out.
pub(super) fn document(
    package: Package,
    keys: &[LampKey],
    view: &View<'_>,
    told: &mut Told,
) -> Option<Document> {
    if view.whole {
        // Whoever is told everything knows nothing; versions go on.
        let versions = told.numbers.iter().map(|(dn, told)| {
            let version = told.version;
            let told = NumberTold {
                version,
                ..NumberTold::default()
            };
            (dn.clone(), told)
        });
        told.numbers = versions.collect();
    }
    let most = match view.in_datagrams {
        true => MOST_IN_DATAGRAMS,
        false => usize::MAX,
    };
    let host = host_of(view.entity);
    let mut parts = String::new();
    let mut resources = String::new();
    let (mut count, mut goes_on) = (0, false);
    for key in keys {
        let part = match count < most {
            true => part(package, &key.dn, host, view, told),
            false => None,
        };
        goes_on |= count >= most && part.is_none();
        match part {
            Some(part) => {
                count += 1;
                push_resource(&mut resources, key, host, true);
                parts.push_str(&part);
            }
            None if view.whole => push_resource(&mut resources, key, host, false),
            None => {}
        }
    }
    if count == 0 && !view.whole {
        return None;
    }
    let version = told.list_version;
    told.list_version = version.wrapping_add(1);
    let body = format!(
        "--{BOUNDARY}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <list@{BOUNDARY}>\r\n\
         Content-Type: {TYPE};charset=\"UTF-8\"\r\n\r\n\
         <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"{}\" version=\"{version}\" fullState=\"{}\">\n\
         {resources}</list>\n\r\n{parts}--{BOUNDARY}--\r\n",
        Escaped(view.entity),
        view.whole,
    );
    Some(Document {
        goes_on,
        ..Document::new(
            &format!(
                "{WHOLE_TYPE};type=\"{TYPE}\";start=\"<list@{BOUNDARY}>\";boundary=\"{BOUNDARY}\""
            ),
            body,
        )
    })
}

/// What is new of a number, as a part.
fn part(package: Package, dn: &Dn, host: &str, view: &View<'_>, told: &mut Told) -> Option<String> {
    let line = view.lines.get(dn)?;
    let entity = format!("sip:{dn}@{host}");
    let number = told.numbers.entry(dn.clone()).or_default();
    // What was never told of is told whole, even if others are not.
    let view = View {
        whole: view.whole || !number.was_told,
        ..*view
    };
    let body = package.about(line, &entity, &view, number)?;
    number.was_told = true;
    Some(format!(
        "--{BOUNDARY}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{dn}@{BOUNDARY}>\r\n\
         Content-Type: {};charset=\"UTF-8\"\r\n\r\n{body}\r\n",
        package.media_type()
    ))
}

/// A number in the list: with what is said of it, or with its name alone.
fn push_resource(text: &mut String, key: &LampKey, host: &str, is_told: bool) {
    let (dn, label) = (Escaped(key.dn.as_str()), Escaped(&key.label));
    let instance = match is_told {
        true => format!("<instance id=\"n{dn}\" state=\"active\" cid=\"{dn}@{BOUNDARY}\"/>"),
        false => String::new(),
    };
    writeln!(
        text,
        "<resource uri=\"sip:{dn}@{host}\"><name>{label}</name>{instance}</resource>",
        host = Escaped(host),
    )
    .expect("a String takes everything");
}
