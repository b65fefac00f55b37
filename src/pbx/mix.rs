//! The words for sound that Perch adds up itself: what a conference wants of whoever has the mixer, and what that says.

use super::action::Refusal;
use super::event::{Body, LegId};

/// Which conference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConferenceId(pub u64);

/// What is wanted of the mixer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MixOrder {
    /// An end for each of these; for all of them or for none. Answered by [`MixNews::Opened`].
    Open {
        /// Of which conference.
        conference: ConferenceId,
        /// The parties, each with its media offer if it has made one; else one is made to it.
        parties: Vec<(LegId, Option<Body>)>,
    },
    /// A party's answer to the offer that was made to it.
    Agree {
        /// Whose.
        leg: LegId,
        /// The answer.
        media: Body,
    },
    /// A party wants other media. Answered by [`MixNews::Changed`].
    Change {
        /// Which one.
        leg: LegId,
        /// Its offer; none if one is to be made to it.
        offer: Option<Body>,
    },
    /// All parties hear that somebody has come in.
    Chime(ConferenceId),
    /// A party needs its end no more.
    Close(LegId),
}

/// What the mixer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MixNews {
    /// Ends are there.
    Opened {
        /// Of which conference.
        conference: ConferenceId,
        /// For each party the answer to its offer, or an offer to it; or why there are none.
        media: Result<Vec<(LegId, Body)>, Refusal>,
    },
    /// A party's media is another.
    Changed {
        /// Which one.
        leg: LegId,
        /// The answer to what it wanted, or an offer to it; none if that cannot be had.
        media: Option<Body>,
    },
}
