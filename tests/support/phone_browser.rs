//! The browser of an IP phone: it asks as one does, and is as strict as its parser.
//!
//! What it shows is an XML object; whoever holds the phone fills in the form, chooses, or presses a key by its name.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::xml::Element;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A phone's browser.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Where the phone is.
    pub host: IpAddr,
    /// Where it finds the pages.
    pub server: SocketAddr,
    /// What it calls itself.
    pub device: String,
    /// What model it says that it is; empty: it does not say.
    pub model: &'static str,
    /// The program that asks.
    pub user_agent: &'static str,
    /// What else it says, a header a line.
    pub headers: Vec<String>,
    /// The version of HTTP that it speaks.
    pub version: &'static str,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What the phone shows.
#[derive(Clone, Debug)]
pub struct Page {
    /// How it came.
    pub answer: Answer,
    /// What it is.
    pub object: Element,
}

impl Answer {
    /// What a header says.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as it is, which is text.
    pub fn text_bytes(&self) -> String {
        String::from_utf8(self.body.clone()).expect("it is UTF-8")
    }

    /// The body as text, in the character set that it came in.
    pub fn text(&self) -> String {
        let content_type = self.header("content-type").expect("a content type");
        match content_type.ends_with("ISO-8859-1") {
            true => self.body.iter().copied().map(char::from).collect(),
            false => String::from_utf8(self.body.clone()).expect("it is UTF-8"),
        }
    }
}

/// Bytes over a connection, and what comes back until its end.
pub trait Pipe: Read + Write {}

impl<T: Read + Write> Pipe for T {}

impl Browser {
    /// The browser of a phone at an address of this host.
    pub fn at(host: IpAddr, server: SocketAddr, device: &str, model: &'static str) -> Browser {
        Browser {
            host,
            server,
            device: device.to_owned(),
            model,
            user_agent: "Allegro-Software-WebClient/4.34",
            headers: vec!["Accept-Charset: utf-8,iso-8859-1;q=0.8".to_owned()],
            version: "1.1",
        }
    }

    /// Connects from where the phone is.
    pub fn connect(&self) -> TcpStream {
        let domain = Domain::for_address(self.server);
        let socket = Socket::new(domain, Type::STREAM, None).expect("a socket");
        let from = SocketAddr::new(self.host, 0);
        socket
            .bind(&from.into())
            .expect("it is an address of this host");
        socket
            .connect(&self.server.into())
            .expect("the server listens");
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        stream
    }

    /// Presses the button of the service.
    pub fn open(&self) -> Page {
        self.go(&format!("/emapp/EMAppServlet?device={}", self.device))
    }

    /// Goes to an address, which may be absolute.
    pub fn go(&self, url: &str) -> Page {
        Page::of(self.get(url))
    }

    /// Asks for an address.
    pub fn get(&self, url: &str) -> Answer {
        self.ask("GET", url, "")
    }

    /// Sends a form.
    pub fn ask(&self, method: &str, url: &str, form: &str) -> Answer {
        self.say(&self.request(method, url, form))
    }

    /// A request as the phone would write it.
    pub fn request(&self, method: &str, url: &str, form: &str) -> String {
        let path = url.strip_prefix("http://").or(url.strip_prefix("https://"));
        let path = path.map_or(url, |rest| &rest[rest.find('/').expect("a path")..]);
        let mut request = format!("{method} {path} HTTP/{}\r\n", self.version);
        let mut add = |line: &str| request.push_str(&format!("{line}\r\n"));
        if self.version == "1.1" {
            add(&format!("Host: {}", self.server));
        }
        add(&format!("User-Agent: {}", self.user_agent));
        add("Accept: x-CiscoIPPhone/*, text/*, image/png, */*");
        if !self.model.is_empty() {
            add(&format!("x-CiscoIPPhoneModelName: {}", self.model));
            add("x-CiscoIPPhoneDisplay: 298,144,3,G");
        }
        self.headers.iter().for_each(|line| add(line));
        if method == "POST" {
            add("Content-Type: application/x-www-form-urlencoded");
            add(&format!("Content-Length: {}", form.len()));
        }
        add("Connection: close");
        format!("{request}\r\n{form}")
    }

    /// Says it, whatever it is, and reads to the end.
    pub fn say(&self, request: &str) -> Answer {
        read_answer(&mut self.connect(), request.as_bytes())
    }

    /// Fills in the form that is shown, and sends it as the page says.
    pub fn submit(&self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let url = page.object.child("URL");
        let mut form = String::new();
        for field in page.object.children("InputItem") {
            let name = field.child("QueryStringParam").text.as_str();
            let default = field.child("DefaultValue").text.as_str();
            let label = field.child("DisplayName").text.as_str();
            let typed = typed.iter().find(|(known, _)| *known == label);
            let value = typed.map_or(default, |(_, value)| value);
            let flags = field.child("InputFlags").text.as_str();
            let digits_alone = flags.starts_with('N');
            let is_typable = !digits_alone || value.bytes().all(|byte| byte.is_ascii_digit());
            assert!(is_typable, "{label} takes digits alone, not {value}");
            form.push_str(&format!("&{name}={}", encoded(value)));
        }
        let form = form.trim_start_matches('&');
        if url.attribute("method") == Some("post") {
            return Page::of(self.ask("POST", &url.text, form));
        }
        let divider = if url.text.contains('?') { '&' } else { '?' };
        self.go(&format!("{}{divider}{form}", url.text))
    }

    /// Chooses an item of the menu that is shown.
    pub fn choose(&self, page: &Page, name: &str) -> Page {
        let mut items = page.object.children("MenuItem");
        let item = items.find(|item| item.child("Name").text == name);
        let item = item.unwrap_or_else(|| panic!("there is no {name} in {}", page.shown()));
        self.go(&item.child("URL").text)
    }

    /// Presses a key that leads to a page.
    pub fn press(&self, page: &Page, key: &str) -> Page {
        self.go(&page.key(key))
    }
}

/// Says it, and reads the answer to its end.
pub fn read_answer(stream: &mut impl Pipe, request: &[u8]) -> Answer {
    stream.write_all(request).expect("it is connected");
    let mut bytes = Vec::new();
    stream
        .read_to_end(&mut bytes)
        .expect("an answer and an end");
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let head = head.expect("a head");
    let body = bytes.split_off(head + 4);
    let head = String::from_utf8(bytes).expect("a head is text");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    let answer = Answer {
        status: status.and_then(|s| s.parse().ok()).expect("a status"),
        headers: headers.collect(),
        body,
    };
    let length = answer.header("content-length");
    let length: usize = length.and_then(|l| l.parse().ok()).expect("a length");
    assert_eq!(length, answer.body.len(), "the length is exact");
    assert_eq!(
        answer.header("transfer-encoding"),
        None,
        "phones read no chunks"
    );
    answer
}

impl Page {
    /// Reads an answer as a phone does.
    fn of(answer: Answer) -> Page {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let content_type = answer.header("content-type").expect("a content type");
        let charset = content_type.strip_prefix("text/xml; charset=");
        let charset = charset.unwrap_or_else(|| panic!("{content_type}"));
        let expires = answer.header("expires");
        assert!(
            expires.is_some_and(|date| date.contains(" 1997 ")),
            "{expires:?}"
        );
        let object = Element::parse(&answer.text(), charset);
        check(&object);
        Page { answer, object }
    }

    /// The text or the names of what is in the page, after its title.
    pub fn shown(&self) -> String {
        let mut shown = format!("[{}]", self.object.child("Title").text);
        for child in &self.object.children {
            match child.name.as_str() {
                "Text" => shown.push_str(&format!(" {}", child.text)),
                "MenuItem" => shown.push_str(&format!(" *{}", child.child("Name").text)),
                "InputItem" => shown.push_str(&format!(
                    " {}={}",
                    child.child("DisplayName").text,
                    child.child("InputFlags").text
                )),
                _ => {}
            }
        }
        let keys = self.object.children("SoftKeyItem").map(|key| {
            let position = &key.child("Position").text;
            format!("{position}:{}", key.child("Name").text)
        });
        let keys: Vec<String> = keys.collect();
        shown.push_str(&format!(" ({})", keys.join(" ")));
        shown.replace('\n', " ")
    }

    /// Where a key leads.
    pub fn key(&self, name: &str) -> String {
        let mut keys = self.object.children("SoftKeyItem");
        let key = keys.find(|key| key.child("Name").text == name);
        let key = key.unwrap_or_else(|| panic!("there is no key {name}: {}", self.shown()));
        key.child("URL").text.clone()
    }

    /// Where it leads by itself, and after how many seconds.
    pub fn refresh(&self) -> Option<&str> {
        self.answer.header("refresh")
    }
}

/// What the phone's parser wants: known objects, their parts in order, nothing too long.
fn check(object: &Element) {
    let order: &[&str] = match object.name.as_str() {
        "CiscoIPPhoneText" => &["Title", "Prompt", "Text", "SoftKeyItem"],
        "CiscoIPPhoneMenu" => &["Title", "Prompt", "MenuItem", "SoftKeyItem"],
        "CiscoIPPhoneInput" => &["Title", "Prompt", "URL", "InputItem", "SoftKeyItem"],
        other => panic!("no phone knows {other}"),
    };
    let mut from = 0;
    for child in &object.children {
        let place = order.iter().position(|name| *name == child.name);
        let place = place.unwrap_or_else(|| panic!("no {} in {}", child.name, object.name));
        assert!(place >= from, "{} out of order", child.name);
        from = place;
    }
    object.walk(&mut |element| {
        let most = match element.name.as_str() {
            "Title" | "Prompt" | "DisplayName" | "DefaultValue" => 32,
            "Name" => 64,
            "URL" => 256,
            _ => 4000,
        };
        let length = element.text.chars().count();
        assert!(length <= most, "{} has {length}", element.name);
    });
    assert!(object.children("InputItem").count() <= 5);
    assert!(object.children("MenuItem").count() <= 100);
}

/// Percent-encoded, as phones do it.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
