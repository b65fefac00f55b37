//! Headers that name a dialog: Replaces (RFC 3891), Join (RFC 3911) and Target-Dialog (RFC 4538).

use super::agent::Agent;
use super::leg::Stage;
use super::wire::{Message, Name, Uri};
use crate::pbx::LegId;

/// A dialog, as whoever writes of it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DialogId {
    pub call_id: String,
    /// The two tags. Which is whose is said differently by different phones, and is found out by looking.
    pub tags: (String, String),
    /// Whether only a call is meant that is not answered yet (RFC 3891 §4).
    pub early_only: bool,
}

/// What a new call wants of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nothing: it is one of its own.
    Nothing,
    /// The place of this leg.
    Replace(LegId),
    /// To come into the talk of this leg.
    Join(LegId),
    /// The call that all phones of its line show under this index.
    At(u8),
}

/// A status, and why.
type Refused = (u16, &'static str);

/// The value of a Replaces header.
pub(super) fn replaces(value: &str) -> Option<DialogId> {
    dialog_id(value, ["to-tag", "from-tag"])
}

/// The value of a Target-Dialog header.
pub(super) fn target_dialog(value: &str) -> Option<DialogId> {
    dialog_id(value, ["local-tag", "remote-tag"])
}

/// The Replaces header that a URI asks for, if it does; it may make no sense.
pub(super) fn replaces_of_uri(uri: &Uri<'_>) -> Option<Result<DialogId, ()>> {
    let mut values = uri.headers_named("Replaces");
    let value = values.next()?;
    let is_alone = values.next().is_none();
    Some(replaces(&value).filter(|_| is_alone).ok_or(()))
}

fn dialog_id(value: &str, names: [&str; 2]) -> Option<DialogId> {
    let mut parts = value.split(';').map(str::trim);
    let call_id = parts.next().filter(|id| !id.is_empty())?.to_owned();
    let mut tags = [None, None];
    let mut early_only = false;
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim(), value.trim());
        early_only |= name.eq_ignore_ascii_case("early-only");
        for (tag, known) in tags.iter_mut().zip(names) {
            if name.eq_ignore_ascii_case(known) {
                // RFC 3891 §3: one of each, no more.
                if tag.replace(value.to_owned()).is_some() {
                    return None;
                }
            }
        }
    }
    let [Some(one), Some(other)] = tags else {
        return None;
    };
    Some(DialogId {
        call_id,
        tags: (one, other),
        early_only,
    })
}

impl Agent {
    /// What an INVITE wants of another call; the status if that cannot be, and why (RFC 3891 §3, RFC 3911 §4). Whether it
    /// may is the core's affair.
    pub(super) fn wanted_by(&self, invite: &Message) -> Result<Wanted, Refused> {
        let mut values = invite.values(Name::Replaces);
        let Some(value) = values.next() else {
            return self.joined_by(invite);
        };
        let id = replaces(&String::from_utf8_lossy(value)).filter(|_| values.next().is_none());
        let id = id.ok_or((400, "One Replaces with both tags is needed"))?;
        if invite.header(Name::Join).is_some() {
            return Err((400, "Either Replaces or Join, not both"));
        }
        let gone = (481, "There is no such call to be replaced");
        let leg = self.leg_named(&id).ok_or(gone)?;
        match self.legs.get(&leg).map(|leg| &leg.stage) {
            Some(Stage::Talking(talking)) if talking.closing.is_some() => {
                Err((603, "The call to be replaced is over"))
            }
            Some(Stage::Talking(_)) if id.early_only => Err((486, "The call is answered already")),
            Some(Stage::Talking(_) | Stage::Outgoing(_)) => Ok(Wanted::Replace(leg)),
            // An early dialog that was not begun here.
            Some(Stage::Incoming(_)) | None => Err(gone),
        }
    }

    fn joined_by(&self, invite: &Message) -> Result<Wanted, Refused> {
        let mut values = invite.values(Name::Join);
        let Some(value) = values.next() else {
            return Ok(Wanted::Nothing);
        };
        // RFC 3911 §6.1: it looks as Replaces does.
        let id = replaces(&String::from_utf8_lossy(value)).filter(|_| values.next().is_none());
        let id = id.ok_or((400, "One Join with both tags is needed"))?;
        let gone = (481, "There is no such call to join");
        let leg = self.leg_named(&id).ok_or(gone)?;
        match self.legs.get(&leg).map(|leg| &leg.stage) {
            Some(Stage::Talking(talking)) if talking.closing.is_some() => {
                Err((603, "The call to be joined is over"))
            }
            Some(Stage::Talking(_)) => Ok(Wanted::Join(leg)),
            _ => Err(gone),
        }
    }

    /// The leg whose dialog it is: answered, ringing, or called by a phone that waits.
    pub(super) fn leg_named(&self, id: &DialogId) -> Option<LegId> {
        let (one, other) = (&id.tags.0, &id.tags.1);
        [(one, other), (other, one)]
            .into_iter()
            .find_map(|(ours, theirs)| {
                let named = (id.call_id.clone(), ours.clone());
                let leg = self.dialogs.get(&named).copied().or_else(|| {
                    let caller = (id.call_id.clone(), theirs.clone());
                    self.callers.get(&caller).copied()
                })?;
                let fits = match &self.legs.get(&leg)?.stage {
                    Stage::Talking(talking) => {
                        talking.dialog.remote_tag == *theirs && talking.dialog.local_tag == *ours
                    }
                    Stage::Incoming(_) | Stage::Outgoing(_) => true,
                };
                fits.then_some(leg)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialogs_are_named_in_many_ways() {
        let id = replaces("a@b;to-tag=1;from-tag=2").expect("it names one");
        assert_eq!((id.call_id.as_str(), id.early_only), ("a@b", false));
        assert_eq!(id.tags, ("1".to_owned(), "2".to_owned()));
        let id = replaces(" x ; From-Tag = 2 ;early-only; to-tag=1 ;other=3").expect("it does");
        assert_eq!(
            (id.call_id.as_str(), id.early_only, id.tags.0.as_str()),
            ("x", true, "1")
        );
        let id = target_dialog("x;local-tag=1;remote-tag=2").expect("it does");
        assert_eq!(id.tags.1, "2");
        for bad in [
            "",
            "x",
            "x;to-tag=1",
            ";to-tag=1;from-tag=2",
            "x;to-tag=1;to-tag=2;from-tag=3",
        ] {
            assert_eq!(replaces(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_uri_may_ask_for_a_replacement() {
        let uri = |text: &'static str| Uri::parse(text).expect("a URI");
        let asks = uri("sip:9002@h?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&X=y");
        let id = replaces_of_uri(&asks).expect("it asks").expect("for one");
        assert_eq!(id.call_id, "a@b");
        assert_eq!(replaces_of_uri(&uri("sip:9002@h")), None);
        assert_eq!(
            replaces_of_uri(&uri("sip:9002@h?Replaces=a%40b")),
            Some(Err(()))
        );
    }
}
