//! A TFTP client as data: it is handed datagrams, and says what it answers. And one with a socket.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use bytes::Bytes;
use perch::provision::tftp::{Choice, ErrorCode, Mode, Packet, Request};

/// How long a client with a socket listens before it says something again, and how often it does.
const PATIENCE: Duration = Duration::from_secs(1);
const TRIES: usize = 10;

/// Somebody who fetches one file.
#[derive(Debug)]
pub struct Client {
    request: Request,
    block_size: usize,
    window: u16,
    /// The last piece that came in order, and those since the last answer.
    last: u64,
    unanswered: u16,
    /// What has come so far.
    pub file: Vec<u8>,
    /// What the server agreed to.
    pub agreed: Vec<Choice>,
    /// How it ended.
    pub end: Option<Result<(), (ErrorCode, String)>>,
}

/// Fetches a file from a server, from one of this host's addresses. None: nothing comes.
pub fn fetch(
    host: IpAddr,
    server: SocketAddr,
    name: &str,
    choices: &[Choice],
) -> Option<Result<String, (ErrorCode, String)>> {
    let socket = UdpSocket::bind((host, 0)).expect("a socket");
    socket
        .set_read_timeout(Some(PATIENCE))
        .expect("it can be set");
    let mut client = Client::new(name, choices);
    let asked = client.asks();
    let say = |bytes: &[u8], to| {
        socket.send_to(bytes, to).expect("the loopback is there");
    };
    say(&asked, server);
    let (mut peer, mut silences) = (None, 0);
    let mut buffer = [0; 2048];
    while client.end.is_none() {
        match socket.recv_from(&mut buffer) {
            Ok((length, from)) => {
                // The first who answers is the one to speak to (RFC 1350 §4).
                let peer = *peer.get_or_insert(from);
                if let Some(answer) = client.hears(&buffer[..length]).filter(|_| from == peer) {
                    say(&answer, peer);
                }
            }
            Err(_) => {
                silences += 1;
                if silences == TRIES {
                    return None;
                }
                let again = client.insists().unwrap_or_else(|| asked.clone());
                say(&again, peer.unwrap_or(server));
            }
        }
    }
    let end = client.end?;
    Some(end.map(|()| String::from_utf8(client.file).expect("files are text")))
}

/// A request for a file.
pub fn request(file: &str, mode: Mode, choices: &[Choice]) -> Request {
    Request {
        file: file.to_owned(),
        mode,
        choices: choices.to_vec(),
    }
}

impl Client {
    /// Wants a file, on these terms.
    pub fn new(file: &str, choices: &[Choice]) -> Client {
        Client {
            request: request(file, Mode::Octet, choices),
            block_size: 512,
            window: 1,
            last: 0,
            unanswered: 0,
            file: Vec::new(),
            agreed: Vec::new(),
            end: None,
        }
    }

    /// What it sends first.
    pub fn asks(&self) -> Bytes {
        Packet::Read(self.request.clone()).bytes()
    }

    /// What it sends when it has heard nothing for a while; nothing at first, as a second request is another transfer.
    pub fn insists(&mut self) -> Option<Bytes> {
        let has_begun = self.last > 0 || !self.agreed.is_empty();
        (has_begun && self.end.is_none()).then(|| self.answer())
    }

    /// What it answers.
    pub fn hears(&mut self, datagram: &[u8]) -> Option<Bytes> {
        match Packet::read(datagram).expect("the server sends packets") {
            Packet::OptionsAck(choices) => {
                for choice in &choices {
                    match *choice {
                        Choice::BlockSize(size) => self.block_size = size.into(),
                        Choice::Window(blocks) => self.window = blocks,
                        _ => {}
                    }
                }
                self.agreed = choices;
                Some(self.answer())
            }
            Packet::Data { block, bytes } => self.piece(block, &bytes),
            Packet::Error { code, text } => {
                self.end = Some(Err((code, text)));
                None
            }
            other => panic!("no server sends {other:?}"),
        }
    }

    fn piece(&mut self, block: u16, bytes: &[u8]) -> Option<Bytes> {
        let next = u16::try_from((self.last + 1) & 0xFFFF).expect("16 bits");
        if block != next || self.end.is_some() {
            // A gap, or something that came before: only the last one of a window is answered at once.
            return (self.window == 1 || block != next).then(|| self.answer());
        }
        self.last += 1;
        self.file.extend(bytes);
        self.unanswered += 1;
        let is_last = bytes.len() < self.block_size;
        if is_last {
            self.end = Some(Ok(()));
        }
        (is_last || self.unanswered >= self.window).then(|| self.answer())
    }

    fn answer(&mut self) -> Bytes {
        self.unanswered = 0;
        let block = u16::try_from(self.last & 0xFFFF).expect("16 bits");
        Packet::Ack { block }.bytes()
    }
}
