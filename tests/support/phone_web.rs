//! The web server of an IP phone: it executes what it is told if its authentication server vouches for whoever tells it, and
//! keeps a call history that can be emptied.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::phone_browser::{Browser, encoded};

/// How long a phone waits for whoever tells it something.
const PATIENCE: Duration = Duration::from_secs(20);

/// What it says to what it has done, and to whom nobody vouches for.
const DONE: &str = "<CiscoIPPhoneResponse><ResponseItem Status=\"0\" Data=\"Success\" URL=\"Init:CallHistory\"/></CiscoIPPhoneResponse>";
const STRANGER: &str = "<CiscoIPPhoneError Number=\"4\"/>";

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Good,
    /// It takes what comes, and answers only when somebody lets it.
    Hangs,
    /// It says something else, whatever it is told.
    Says(&'static str),
}

/// What it remembers.
#[derive(Debug)]
struct State {
    manner: Manner,
    calls: Vec<String>,
    /// What it was told, whether or not it did it.
    told: usize,
}

/// The web server of a phone.
#[derive(Clone, Debug)]
pub struct PhoneWeb {
    /// Where it is.
    pub at: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl PhoneWeb {
    /// The web server of a phone at an address of this host; port 0 is any. It begins with [`PhoneWeb::serve`].
    pub fn listen(host: IpAddr, port: u16) -> TcpListener {
        TcpListener::bind((host, port)).expect("the port is free there")
    }

    /// Serves, with an authentication server at this address and path.
    pub fn serve(listener: TcpListener, device: &str, server: SocketAddr, path: &str) -> PhoneWeb {
        let at = listener.local_addr().expect("it is bound");
        let web = PhoneWeb {
            at,
            state: Arc::new(Mutex::new(State {
                manner: Manner::Good,
                calls: Vec::new(),
                told: 0,
            })),
        };
        let browser = Browser::at(at.ip(), server, device, "");
        let (here, path) = (web.clone(), path.to_owned());
        // It ends with the test.
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (here, browser, path) = (here.clone(), browser.clone(), path.clone());
                thread::spawn(move || here.answer(stream, &browser, &path));
            }
        });
        web
    }

    /// From now on it behaves like that.
    pub fn behave(&self, manner: Manner) {
        self.state().manner = manner;
    }

    /// Somebody is called from there.
    pub fn call(&self, number: &str) {
        self.state().calls.push(number.to_owned());
    }

    /// Whom it remembers.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// How often it was told something.
    pub fn told(&self) -> usize {
        self.state().told
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no other test panicked here")
    }

    fn answer(&self, stream: TcpStream, browser: &Browser, path: &str) {
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        let mut reader = BufReader::new(stream);
        let Some((head, body)) = read(&mut reader) else {
            return;
        };
        self.state().told += 1;
        let manner = self.state().manner;
        let text = match manner {
            Manner::Good => self.executed(&head, &body, browser, path),
            Manner::Says(text) => text,
            Manner::Hangs => {
                // Until the other side has had enough.
                let _ = reader.read(&mut [0]);
                return;
            }
        };
        let length = text.len();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nServer: Allegro-Software-RomPager/3.12\r\nContent-Type: text/xml\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{text}"
        );
        // Whoever asked may have gone.
        let _ = reader.into_inner().write_all(answer.as_bytes());
    }

    fn executed(&self, head: &[String], body: &str, browser: &Browser, path: &str) -> &'static str {
        if head[0] != "POST /CGI/Execute HTTP/1.1" {
            return "<CiscoIPPhoneError Number=\"2\"/>";
        }
        let Some(xml) = body.strip_prefix("XML=") else {
            return "<CiscoIPPhoneError Number=\"1\"/>";
        };
        let Some((name, password)) = credentials(head) else {
            return STRANGER;
        };
        let divider = if path.contains('?') { '&' } else { '?' };
        let question = format!(
            "{path}{divider}UserID={}&Password={}&devicename={}",
            encoded(&name),
            encoded(&password),
            browser.device
        );
        let answer = browser.get(&question);
        if answer.body != b"AUTHORIZED" {
            return STRANGER;
        }
        if decoded(xml).contains("<ExecuteItem Priority=\"0\" URL=\"Init:CallHistory\"/>") {
            self.state().calls.clear();
        }
        DONE
    }
}

/// Head and body of a request; none if it breaks.
fn read(reader: &mut BufReader<TcpStream>) -> Option<(Vec<String>, String)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let length = field(&head, "content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

fn field<'h>(head: &'h [String], name: &str) -> Option<&'h str> {
    head.iter().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

fn credentials(head: &[String]) -> Option<(String, String)> {
    let basic = field(head, "authorization")?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(basic).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits: Vec<u8> = rest.by_ref().take(2).collect();
        let digits = String::from_utf8(digits).expect("digits");
        bytes.push(u8::from_str_radix(&digits, 16).expect("digits"));
    }
    String::from_utf8(bytes).expect("it is UTF-8")
}

/// Tells a phone to forget its calls, as somebody who calls itself so. What it answers.
pub fn push_as(web: &PhoneWeb, name: &str, password: &str) -> String {
    let mut stream = TcpStream::connect(web.at).expect("it listens");
    let basic = BASE64_STANDARD.encode(format!("{name}:{password}"));
    let body = "XML=%3CCiscoIPPhoneExecute%3E%3CExecuteItem%20Priority%3D%220%22%20URL%3D%22Init%3ACallHistory%22%2F%3E\
                %3C%2FCiscoIPPhoneExecute%3E";
    let request = format!(
        "POST /CGI/Execute HTTP/1.1\r\nHost: phone\r\nAuthorization: Basic {basic}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .expect("it is connected");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    body.to_owned()
}
