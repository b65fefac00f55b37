//! Action addresses: phones of most makers ask for one when their handset is lifted or put down, and so say that
//! somebody is there (IDL-7). Nothing is shown; only the phone itself is believed, from where it is registered.

use super::house::{House, Wish};
use super::request::{Reply, Request};
use super::visit::Visit;
use crate::pbx::{Door, Signal};

/// When the handset is lifted.
pub const OFF_HOOK: &str = "/action/off-hook";
/// When it is put down.
pub const ON_HOOK: &str = "/action/on-hook";
/// When either happens: for phones that have one address for everything.
pub const USED: &str = "/action/used";

/// Answers a request for one.
pub(super) async fn answer(house: &impl House, request: &Request, signal: Signal) -> Reply {
    let told = match Visit::of(house, request).await {
        Ok(visit) => {
            house
                .wish(Door::Page, Wish::Signal(visit.phone, signal))
                .await
        }
        Err(_) => return Reply::plain(403, "Only the phone itself may say so\n"),
    };
    match told {
        Ok(_) => Reply::plain(200, ""),
        Err(_) => Reply::plain(503, "Too much is going on\n"),
    }
}
