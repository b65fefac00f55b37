//! tshark's dissector for Skinny, as a judge.

use std::path::Path;
use std::process::Command;

/// What the dissector takes for malformed although it is as phones have it: the message, in which versions, and why.
pub const DISSECTOR_IS_WRONG: [(&str, &[u8], &str); 3] = [
    (
        "Stimulus",
        &[0, 3, 5, 8, 9, 10],
        "it wants the call and the status, which old phones do not send",
    ),
    (
        "OpenReceiveChannel",
        &[16],
        "it has the wanted family since 16, phones have it since 17",
    ),
    (
        "StartMediaTransmission",
        &[21],
        "it has latent capabilities since 21, phones have them since 22",
    ),
];

/// What tshark finds in one packet: the value of each field, the empty text for one that is not there.
pub struct Packet {
    pub number: u32,
    pub values: Vec<String>,
}

/// What tshark finds in the packets of a capture.
pub fn dissected(file: &Path, fields: &[&str]) -> Vec<Packet> {
    let mut tshark = Command::new("tshark");
    // What a machine's own preferences say is not asked for.
    let whole = ["tcp.desegment_tcp_streams:TRUE", "skinny.desegment:TRUE"];
    tshark.args(whole.iter().flat_map(|wish| ["-o", wish]));
    tshark
        .args(["-T", "fields", "-e", "frame.number", "-r"])
        .arg(file);
    tshark.args(fields.iter().flat_map(|field| ["-e", field]));
    let output = tshark.output().expect("tshark runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let packets = text.lines().map(|line| {
        let mut values = line.split('\t').map(str::to_owned);
        let number = values.next().and_then(|number| number.parse().ok());
        Packet {
            number: number.expect("a packet has a number"),
            values: values.collect(),
        }
    });
    packets.collect()
}
