//! What watchers are told (RFC 4235, RFC 3856, RFC 4662), in a few words.
//!
//! `calls 3+: recipient early` is the document of version 3 about a number, and says only what is new; `calls 0: none` is
//! the first one, and says everything.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as Xml};

/// A document in words; none if it is of another kind.
pub fn in_words(content_type: &str, body: &str) -> Option<String> {
    let kind = content_type.split(';').next().unwrap_or_default();
    match kind {
        "application/dialog-info+xml" => Some(calls(body)),
        "application/pidf+xml" => Some(presence(body)),
        "application/simple-message-summary" => Some(messages(body)),
        "multipart/related" => Some(list(content_type, body)),
        _ => None,
    }
}

/// RFC 3842 §5.2: `messages yes 2/0 (0/0)`.
fn messages(body: &str) -> String {
    let said = |name: &str| {
        let mut lines = body.split("\r\n");
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {body}"))
    };
    assert!(body.ends_with("\r\n"), "{body}");
    let account = body.contains("Message-Account: sip:");
    let system = if account { "" } else { ", no account" };
    format!(
        "messages {} {}{system}",
        said("Messages-Waiting"),
        said("Voice-Message")
    )
}

fn calls(body: &str) -> String {
    let (mut head, mut calls) = (String::new(), Vec::new());
    let mut texts = Vec::new();
    read(body, |path, seen| match (path, seen) {
        (["dialog-info"], Seen::Element(info)) => {
            assert!(info["entity"].starts_with("sip:"), "{info:?}");
            let mark = match info["state"].as_str() {
                "full" => "",
                "partial" => "+",
                other => panic!("a document is not {other}"),
            };
            head = format!("calls {}{mark}", info["version"]);
        }
        (["dialog-info", "dialog"], Seen::Element(dialog)) => {
            assert!(!dialog["id"].is_empty(), "a call without a name");
            let direction = dialog.get("direction").cloned();
            calls.push(direction.into_iter().collect::<Vec<_>>());
        }
        (["dialog-info", "dialog", "state"], Seen::Text(state)) => {
            calls.last_mut().expect("in a call").push(state.to_owned());
        }
        ([.., "local", "target", "param"], Seen::Element(param)) => {
            assert_eq!(
                (&*param["pname"], &*param["pval"]),
                ("+sip.rendering", "no")
            );
            calls.last_mut().expect("in a call").push("held".to_owned());
        }
        ([.., "remote", "identity"], Seen::Text(uri)) => {
            let number = uri
                .strip_prefix("sip:")
                .and_then(|uri| uri.split('@').next());
            let with = format!("with {}", number.expect("a number"));
            calls.last_mut().expect("in a call").push(with);
        }
        (_, Seen::Text(text)) => texts.push(text.to_owned()),
        _ => {}
    });
    let own = |text: &String| text.starts_with("sip:");
    assert!(texts.iter().all(own), "texts where none belong: {texts:?}");
    let calls: Vec<String> = calls.iter().map(|words| words.join(" ")).collect();
    let calls = match calls.is_empty() {
        true => "none".to_owned(),
        false => calls.join(", "),
    };
    format!("{head}: {calls}")
}

fn presence(body: &str) -> String {
    let (mut basic, mut activity) = (String::new(), String::new());
    read(body, |path, seen| match (path, seen) {
        (["presence", "tuple", "status", "basic"], Seen::Text(text)) => basic = text.to_owned(),
        (["presence", "person", "activities", doing], Seen::Element(_)) => {
            activity = format!(", {doing}");
        }
        _ => {}
    });
    assert!(["open", "closed"].contains(&basic.as_str()), "{body}");
    format!("{basic}{activity}")
}

fn list(content_type: &str, body: &str) -> String {
    let boundary = content_type.split("boundary=\"").nth(1);
    let boundary = boundary.and_then(|rest| rest.split('"').next());
    let delimiter = format!("--{}", boundary.expect("a boundary"));
    let mut parts = body.split(delimiter.as_str());
    assert_eq!(parts.next(), Some(""), "a foreword");
    let (mut texts, mut order) = (BTreeMap::new(), None);
    for part in parts {
        if part.trim() == "--" {
            break;
        }
        let (head, text) = part.split_once("\r\n\r\n").expect("a part has a head");
        let value = |name: &str| {
            let mut lines = head.lines();
            let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            found.expect("a part says what it is").to_owned()
        };
        let id = value("Content-ID");
        let id = id.trim_matches(['<', '>']).to_owned();
        let kind = value("Content-Type");
        if order.is_none() {
            assert!(
                content_type.contains(&format!("start=\"<{id}>\"")),
                "{content_type}"
            );
            order = Some(text.to_owned());
        } else {
            texts.insert(id, in_words(&kind, text).expect("a known kind"));
        }
    }
    let (mut head, mut resources) = (String::new(), Vec::new());
    read(&order.expect("a list"), |path, seen| match (path, seen) {
        (["list"], Seen::Element(list)) => {
            let mark = if list["fullState"] == "true" { "" } else { "+" };
            head = format!("list {}{mark}", list["version"]);
        }
        (["list", "resource"], Seen::Element(resource)) => {
            let number = resource["uri"].strip_prefix("sip:");
            let number = number.and_then(|uri| uri.split('@').next());
            resources.push(number.expect("a number").to_owned());
        }
        (["list", "resource", "name"], Seen::Text(name)) => {
            let resource = resources.last_mut().expect("in a resource");
            *resource = format!("{resource} {name}");
        }
        (["list", "resource", "instance"], Seen::Element(instance)) => {
            let text = texts.remove(&instance["cid"]).expect("its part is there");
            let resource = resources.last_mut().expect("in a resource");
            *resource = format!("{resource} ({text})");
        }
        _ => {}
    });
    assert!(texts.is_empty(), "parts that belong to nothing: {texts:?}");
    format!("{head}: {}", resources.join(", "))
}

enum Seen<'a> {
    Element(&'a BTreeMap<String, String>),
    Text(&'a str),
}

/// Walks through a document: each element and text, with the names of where it is.
fn read(body: &str, mut see: impl FnMut(&[&str], Seen<'_>)) {
    let mut reader = Reader::from_str(body.trim());
    let mut path: Vec<String> = Vec::new();
    loop {
        let event = reader
            .read_event()
            .unwrap_or_else(|why| panic!("{why}: {body}"));
        match event {
            Xml::Start(start) => {
                path.push(name(&start));
                see(&names(&path), Seen::Element(&attributes(&start)));
            }
            Xml::Empty(start) => {
                path.push(name(&start));
                see(&names(&path), Seen::Element(&attributes(&start)));
                path.pop();
            }
            Xml::End(_) => {
                path.pop().expect("it was opened");
            }
            Xml::Text(text) if !text.trim().is_empty() => {
                see(&names(&path), Seen::Text(text.trim()));
            }
            Xml::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty(), "it ends within {path:?}");
}

fn names(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

fn name(start: &BytesStart<'_>) -> String {
    start.local_name().as_ref().to_owned()
}

fn attributes(start: &BytesStart<'_>) -> BTreeMap<String, String> {
    let all = start.attributes().map(|attribute| {
        let attribute = attribute.expect("a sound attribute");
        let name = attribute.key.as_ref().to_owned();
        (name, attribute.value.into_owned())
    });
    all.collect()
}
