//! A media relay that does what the ladder says: it translates, or it is silent.

use std::collections::VecDeque;

use bytes::Bytes;
use perch::exchange::Input;
use perch::media::relay::{RelayError, RelayOrder, Role, Side, Translation};
use perch::sdp::Speech;

/// A media relay, and what it was asked for.
#[derive(Default)]
pub struct Relay {
    asked: VecDeque<Translation>,
}

impl Relay {
    /// Takes an order. In words.
    pub fn take(&mut self, order: RelayOrder) -> String {
        match order {
            RelayOrder::Forget(call) => format!("forget {}", call.0),
            RelayOrder::Translate(wanted) => {
                let role = match wanted.role {
                    Role::Offer => "offer",
                    Role::Answer => "answer",
                };
                let from = match wanted.from {
                    Side::Owner => "its owner",
                    Side::Other => "the other",
                };
                let (call, what) = (wanted.call.0, label(&wanted.description));
                let again = if wanted.is_known {
                    " (they know each other)"
                } else {
                    ""
                };
                self.asked.push_back(wanted);
                format!("{role} [{what}] of {from} in {call}{again}")
            }
        }
    }

    /// Does what it was asked for first.
    pub fn translate(&mut self) -> Input {
        let wanted = self.asked.pop_front().expect("it was asked for something");
        let protocol = match wanted.speech {
            Speech::WebRtc => "UDP/TLS/RTP/SAVPF",
            Speech::Srtp => "RTP/SAVP",
            Speech::Plain => "RTP/AVP",
        };
        let label = format!("{} as {protocol}", label(&wanted.description));
        Input::Relayed {
            request: wanted.request,
            outcome: Ok(description(&label, "192.0.2.200", protocol).into()),
        }
    }

    /// Does not do it.
    pub fn is_silent(&mut self) -> Input {
        let wanted = self.asked.pop_front().expect("it was asked for something");
        Input::Relayed {
            request: wanted.request,
            outcome: Err(RelayError::Silent),
        }
    }
}

/// A description with a name.
pub fn description(label: &str, ip: &str, protocol: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns={label}\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 4000 {protocol} 0\r\n"
    )
}

fn label(description: &Bytes) -> String {
    let text = String::from_utf8_lossy(description).into_owned();
    let mut lines = text.lines();
    let label = lines.find_map(|line| line.strip_prefix("s="));
    label.unwrap_or_default().to_owned()
}
