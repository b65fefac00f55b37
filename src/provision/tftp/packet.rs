//! TFTP's packets (RFC 1350 §5) and options (RFC 2347, 2348, 2349, 7440), read and printed.

use bytes::Bytes;

/// A packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// Somebody wants a file.
    Read(Request),
    /// Somebody wants to put a file here.
    Write(Request),
    /// A piece of a file.
    Data {
        /// Its number, from 1; after 65535 comes 0.
        block: u16,
        /// Shorter than was agreed on: the last one.
        bytes: Bytes,
    },
    /// Everything up to this piece has come.
    Ack {
        /// Its number; 0 before the first.
        block: u16,
    },
    /// It is over.
    Error {
        /// Why.
        code: ErrorCode,
        /// The same in words.
        text: String,
    },
    /// What of the options of a request holds (RFC 2347).
    OptionsAck(Vec<Choice>),
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The name of the file, as it was sent.
    pub file: String,
    /// In which form.
    pub mode: Mode,
    /// On which terms. Those that nobody knows, or that make no sense, are left out: a request with them is one without.
    pub choices: Vec<Choice>,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As it is.
    Octet,
    /// As text.
    Netascii,
}

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// How long a piece is (RFC 2348).
    BlockSize(u16),
    /// After how many seconds something is sent again (RFC 2349).
    Timeout(u8),
    /// How long the file is; 0 in a request that asks for it (RFC 2349).
    Size(u64),
    /// How many pieces are sent before an answer is waited for (RFC 7440).
    Window(u16),
}

/// Why it is over (RFC 1350 §5, RFC 2347).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// See the words.
    Undefined,
    /// There is no such file.
    NotFound,
    /// Not for you.
    Access,
    /// No room.
    Full,
    /// That is not how it is done.
    Illegal,
    /// Nobody knows this transfer.
    UnknownTransfer,
    /// It is there already.
    Exists,
    /// There is no such user.
    NoUser,
    /// Not on these terms.
    Options,
}

/// Why a packet is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is no packet at all, or is cut off.
    #[error("no packet")]
    Packet,
    /// A request is longer than RFC 2347 allows.
    #[error("request too long")]
    TooLong,
    /// The name is no text.
    #[error("bad file name")]
    Name,
    /// The form is not one that there is; mail was one once.
    #[error("mode unknown")]
    Mode,
    /// An option has no value, or comes twice.
    #[error("bad options")]
    Options,
}

impl Malformed {
    /// Whether it was a request at all: nobody else is answered.
    pub fn was_request(self) -> bool {
        self != Malformed::Packet
    }

    /// What whoever sent it is told.
    pub fn code(self) -> ErrorCode {
        match self {
            Malformed::Options => ErrorCode::Options,
            _ => ErrorCode::Illegal,
        }
    }
}

/// RFC 2347: the most that a request may be.
const REQUEST: usize = 512;

/// The most that is kept of the words of an error.
const WORDS: usize = 128;

const CODES: [ErrorCode; 9] = [
    ErrorCode::Undefined,
    ErrorCode::NotFound,
    ErrorCode::Access,
    ErrorCode::Full,
    ErrorCode::Illegal,
    ErrorCode::UnknownTransfer,
    ErrorCode::Exists,
    ErrorCode::NoUser,
    ErrorCode::Options,
];

impl Packet {
    /// Reads a datagram.
    pub fn read(datagram: &[u8]) -> Result<Packet, Malformed> {
        let (operation, rest) = number(datagram).ok_or(Malformed::Packet)?;
        match operation {
            1 => Ok(Packet::Read(Request::read(datagram.len(), rest)?)),
            2 => Ok(Packet::Write(Request::read(datagram.len(), rest)?)),
            3 => {
                let (block, bytes) = number(rest).ok_or(Malformed::Packet)?;
                let bytes = Bytes::copy_from_slice(bytes);
                Ok(Packet::Data { block, bytes })
            }
            4 => {
                let (block, _) = number(rest).ok_or(Malformed::Packet)?;
                Ok(Packet::Ack { block })
            }
            5 => {
                let (code, text) = number(rest).ok_or(Malformed::Packet)?;
                let code = CODES.get(usize::from(code)).copied();
                let end = text.iter().position(|byte| *byte == 0);
                let text = &text[..end.unwrap_or(text.len()).min(WORDS)];
                Ok(Packet::Error {
                    code: code.unwrap_or(ErrorCode::Undefined),
                    text: String::from_utf8_lossy(text).into_owned(),
                })
            }
            6 => {
                let fields = fields(rest).ok_or(Malformed::Packet)?;
                let choices = choices(&fields).ok_or(Malformed::Packet)?;
                Ok(Packet::OptionsAck(choices))
            }
            _ => Err(Malformed::Packet),
        }
    }

    /// The datagram.
    pub fn bytes(&self) -> Bytes {
        let mut datagram = Vec::new();
        let mut numbers = |a: u16, b: u16| {
            datagram.extend(a.to_be_bytes());
            datagram.extend(b.to_be_bytes());
        };
        match self {
            Packet::Data { block, bytes } => {
                numbers(3, *block);
                datagram.extend(bytes);
            }
            Packet::Ack { block } => numbers(4, *block),
            Packet::Error { code, text } => {
                let place = CODES.iter().position(|other| other == code);
                numbers(5, place.and_then(|n| u16::try_from(n).ok()).unwrap_or(0));
                push(&mut datagram, text);
            }
            Packet::Read(request) => request.write(1, &mut datagram),
            Packet::Write(request) => request.write(2, &mut datagram),
            Packet::OptionsAck(choices) => {
                datagram.extend(6_u16.to_be_bytes());
                choices
                    .iter()
                    .for_each(|choice| choice.write(&mut datagram));
            }
        }
        datagram.into()
    }
}

impl Request {
    fn read(length: usize, rest: &[u8]) -> Result<Request, Malformed> {
        if length > REQUEST {
            return Err(Malformed::TooLong);
        }
        // Some clients leave the last NUL out, or add more of them.
        let fields = fields(rest).ok_or(Malformed::Options)?;
        let [file, mode, options @ ..] = fields.as_slice() else {
            return Err(Malformed::Mode);
        };
        let is_text = |c: char| c.is_ascii_graphic() || c == ' ';
        if file.is_empty() || !file.chars().all(is_text) {
            return Err(Malformed::Name);
        }
        let mode = match mode.to_ascii_lowercase().as_str() {
            "octet" => Mode::Octet,
            "netascii" => Mode::Netascii,
            _ => return Err(Malformed::Mode),
        };
        Ok(Request {
            file: (*file).to_owned(),
            mode,
            choices: choices(options).ok_or(Malformed::Options)?,
        })
    }

    fn write(&self, operation: u16, datagram: &mut Vec<u8>) {
        datagram.extend(operation.to_be_bytes());
        push(datagram, &self.file);
        push(
            datagram,
            match self.mode {
                Mode::Octet => "octet",
                Mode::Netascii => "netascii",
            },
        );
        self.choices
            .iter()
            .for_each(|choice| choice.write(datagram));
    }
}

impl Choice {
    fn read(name: &str, value: &str) -> Option<Choice> {
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let number = |most: u64| {
            let number: Option<u64> = value.parse().ok();
            number.filter(|number| is_number && *number <= most)
        };
        match name.to_ascii_lowercase().as_str() {
            "blksize" => {
                let size = number(65_464).filter(|size| *size >= 8)?;
                Some(Choice::BlockSize(u16::try_from(size).ok()?))
            }
            "timeout" => {
                let seconds = number(255).filter(|seconds| *seconds >= 1)?;
                Some(Choice::Timeout(u8::try_from(seconds).ok()?))
            }
            "tsize" => Some(Choice::Size(number(u64::MAX)?)),
            "windowsize" => {
                let blocks = number(65_535).filter(|blocks| *blocks >= 1)?;
                Some(Choice::Window(u16::try_from(blocks).ok()?))
            }
            _ => None,
        }
    }

    fn write(self, datagram: &mut Vec<u8>) {
        let (name, value) = match self {
            Choice::BlockSize(size) => ("blksize", u64::from(size)),
            Choice::Timeout(seconds) => ("timeout", u64::from(seconds)),
            Choice::Size(bytes) => ("tsize", bytes),
            Choice::Window(blocks) => ("windowsize", u64::from(blocks)),
        };
        push(datagram, name);
        push(datagram, &value.to_string());
    }
}

/// The options of which something is known; none if one comes twice or has no value.
fn choices(fields: &[&str]) -> Option<Vec<Choice>> {
    let mut seen: Vec<String> = Vec::new();
    let mut choices = Vec::new();
    for pair in fields.chunks(2) {
        let [name, value] = pair else {
            return None;
        };
        let name = name.to_ascii_lowercase();
        if name.is_empty() || seen.contains(&name) {
            return None;
        }
        choices.extend(Choice::read(&name, value));
        seen.push(name);
    }
    Some(choices)
}

/// Texts that NULs end.
fn fields(bytes: &[u8]) -> Option<Vec<&str>> {
    let end = bytes.iter().rposition(|byte| *byte != 0);
    let bytes = &bytes[..end.map_or(0, |end| end + 1)];
    let fields = bytes.split(|byte| *byte == 0);
    fields.map(|field| str::from_utf8(field).ok()).collect()
}

fn push(datagram: &mut Vec<u8>, text: &str) {
    datagram.extend(text.bytes().filter(|byte| *byte != 0));
    datagram.push(0);
}

fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u16::from_be_bytes(*number), rest))
}
