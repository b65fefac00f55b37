//! A program that uses the Extension Mobility API, by connections that it keeps and by new ones.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::site::PROGRAM;
use crate::stream::Task;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest answer.
const LONGEST: usize = 64 * 1024;

/// Such a program. Clones share the connections that are kept.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

struct Inner {
    server: SocketAddr,
    new_every: u64,
    asked: Cell<u64>,
    idle: RefCell<Vec<TcpStream>>,
}

impl Client {
    /// A program that opens a connection for one request of `new_every`.
    pub fn new(server: SocketAddr, new_every: u64) -> Client {
        Client(Rc::new(Inner {
            server,
            new_every: new_every.max(1),
            asked: Cell::new(0),
            idle: RefCell::new(Vec::new()),
        }))
    }

    /// Has something done; an error is the number that it was refused with, or what went wrong.
    pub async fn ask(&self, task: Task) -> Result<(), String> {
        let answer = timeout(PATIENCE, self.asked(&request(task))).await;
        let answer = answer.map_err(|_| "no answer within 30 s".to_owned())?;
        let answer = answer.map_err(|error| format!("connection: {}", error.kind()))?;
        if answer.contains("<success/>") {
            return Ok(());
        }
        let code = answer.split("error code=\"").nth(1);
        match code.and_then(|rest| rest.split('"').next()) {
            Some(code) => Err(format!("code {code}")),
            None => Err(answer.lines().next().unwrap_or_default().to_owned()),
        }
    }

    async fn asked(&self, xml: &str) -> std::io::Result<String> {
        let Inner {
            server,
            new_every,
            asked,
            idle,
        } = &*self.0;
        asked.set(asked.get() + 1);
        let is_kept = asked.get() % new_every != 0;
        let connection = if is_kept { "keep-alive" } else { "close" };
        let request = format!(
            "POST /emservice/EMServiceServlet HTTP/1.1\r\nHost: perch\r\nConnection: {connection}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{xml}",
            xml.len()
        );
        if is_kept {
            // One that the server has closed meanwhile is no answer.
            loop {
                let kept = idle.borrow_mut().pop();
                let Some(mut stream) = kept else { break };
                if let Ok(answer) = exchange(&mut stream, &request).await {
                    idle.borrow_mut().push(stream);
                    return Ok(answer);
                }
            }
        }
        let mut stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let answer = exchange(&mut stream, &request).await?;
        if is_kept {
            idle.borrow_mut().push(stream);
        }
        Ok(answer)
    }
}

/// Says it, and reads the answer: its head and as much as that says.
async fn exchange(stream: &mut TcpStream, request: &str) -> std::io::Result<String> {
    stream.write_all(request.as_bytes()).await?;
    let mut heard = Vec::new();
    loop {
        if stream.read_buf(&mut heard).await? == 0 || heard.len() > LONGEST {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&heard);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = length.and_then(|(_, length)| length.parse().ok());
        let length: usize = length.ok_or(std::io::ErrorKind::InvalidData)?;
        if body.len() >= length {
            return Ok(text.into_owned());
        }
    }
}

/// A request that is not percent-encoded, as some programs send it.
fn request(task: Task) -> String {
    let (app, password) = PROGRAM;
    let what = match task {
        Task::ApiLogin { phone, user } => {
            format!("<login><deviceName>p{phone}</deviceName><userID>u{user}</userID></login>")
        }
        other => format!(
            "<logout><deviceName>p{}</deviceName></logout>",
            other.phone()
        ),
    };
    format!(
        "<request><appInfo><appID>{app}</appID><appCertificate>{password}</appCertificate></appInfo>{what}</request>"
    )
}
