//! SIP over WebSocket from the phone's side (RFC 7118): the upgrade, and frames as RFC 6455 §5 has them.

use std::net::IpAddr;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::Failure;

/// Upgrades a connection. The server says nothing before we do, so that nothing is lost.
pub async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    server: IpAddr,
) -> Result<S, Failure> {
    let mut request = format!("ws://{server}/").into_client_request()?;
    let protocol = HeaderValue::from_static("sip");
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", protocol);
    let (stream, _) = client_async(request, stream).await?;
    Ok(stream.into_inner())
}

/// A message in one frame. Clients mask what they send (§5.3); ours has nothing to hide from proxies, and masks it
/// with zeros.
pub fn framed(message: &[u8]) -> Bytes {
    const BINARY_AND_LAST: u8 = 0x82;
    const MASKED: u8 = 0x80;
    let mut frame = vec![BINARY_AND_LAST];
    match (u8::try_from(message.len()), u16::try_from(message.len())) {
        (Ok(length @ ..126), _) => frame.push(MASKED | length),
        (_, Ok(length)) => {
            frame.push(MASKED | 126);
            frame.extend(length.to_be_bytes());
        }
        _ => {
            frame.push(MASKED | 127);
            frame.extend((message.len() as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend_from_slice(message);
    frame.into()
}

/// Takes the next frame: None until all of it has come, Some(None) if it is no message.
pub fn unframed(buffer: &mut BytesMut) -> Option<Option<Bytes>> {
    let (&kind, &short) = (buffer.first()?, buffer.get(1)?);
    let (head, length) = match short {
        126 => {
            let length = buffer.get(2..4)?.try_into().ok()?;
            (4, u64::from(u16::from_be_bytes(length)))
        }
        127 => {
            let length = buffer.get(2..10)?.try_into().ok()?;
            (10, u64::from_be_bytes(length))
        }
        short => (2, u64::from(short)),
    };
    let length = usize::try_from(length).ok()?;
    if buffer.len() - head < length {
        return None;
    }
    buffer.advance(head);
    let payload = buffer.split_to(length).freeze();
    // 1 is text, 2 is binary (§5.2).
    Some(matches!(kind & 0xf, 1 | 2).then_some(payload))
}
