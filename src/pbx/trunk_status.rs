//! How trunks are: whether they are there, how many calls they have, and which is to be tried first.

use std::collections::VecDeque;

use super::Pbx;
use super::names::PhoneName;
use crate::time::{Now, Utc};

/// Whether a trunk is there, as far as its protocol can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrunkIs {
    /// It answers.
    Up,
    /// It does not, and why that is thought.
    Down(String),
    /// It does, and wants to be left alone for a while.
    Resting(String),
}

/// How a trunk is, for whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkStatus {
    /// Which one.
    pub name: PhoneName,
    /// How it is; none as long as nobody knows.
    pub is: Option<TrunkIs>,
    /// Since when.
    pub since: Option<Utc>,
    /// Its calls now.
    pub calls: usize,
    /// How many it may have.
    pub max_calls: Option<u32>,
    /// How many calls went out by it, and how many came in, since the start.
    pub calls_out: u64,
    /// How many came in.
    pub calls_in: u64,
    /// How many calls it did not take, so that they had to go another way.
    pub failovers: u64,
}

/// What is known of a trunk.
#[derive(Debug, Default)]
pub(super) struct TrunkState {
    is: Option<(TrunkIs, Utc)>,
    calls_out: u64,
    calls_in: u64,
    failovers: u64,
}

/// How far it is from being the first choice; none if it must not be asked.
fn rank(is: Option<&TrunkIs>) -> Option<u8> {
    match is {
        None | Some(TrunkIs::Up) => Some(0),
        // It may be there again before anybody asks: a try is better than a refusal.
        Some(TrunkIs::Down(_)) => Some(1),
        Some(TrunkIs::Resting(_)) => None,
    }
}

impl Pbx {
    /// What a protocol says of a trunk.
    pub(super) fn trunk_is(&mut self, now: Now, trunk: &PhoneName, is: TrunkIs) {
        if !self.site.is_trunk(trunk) {
            return;
        }
        match &is {
            TrunkIs::Up => tracing::info!(%trunk, "trunk is up"),
            TrunkIs::Down(why) => tracing::warn!(%trunk, why, "trunk is down"),
            TrunkIs::Resting(why) => tracing::warn!(%trunk, why, "trunk wants to be left alone"),
        }
        let state = self.trunks.entry(trunk.clone()).or_default();
        state.is = Some((is, now.utc));
    }

    /// Another site: what is known of trunks that are gone is forgotten.
    pub(super) fn review_trunks(&mut self) {
        let site = &self.site;
        self.trunks.retain(|trunk, _| site.is_trunk(trunk));
    }

    /// How every trunk is.
    pub(super) fn trunk_statuses(&self) -> Vec<TrunkStatus> {
        let none = TrunkState::default();
        let statuses = self.site.trunks.iter().map(|(name, trunk)| {
            let state = self.trunks.get(name).unwrap_or(&none);
            TrunkStatus {
                name: name.clone(),
                is: state.is.as_ref().map(|(is, _)| is.clone()),
                since: state.is.as_ref().map(|(_, since)| *since),
                calls: self.calls_by(name),
                max_calls: trunk.max_calls,
                calls_out: state.calls_out,
                calls_in: state.calls_in,
                failovers: state.failovers,
            }
        });
        statuses.collect()
    }

    /// What there is to say of a trunk.
    pub(super) fn explain_trunk(&self, trunk: &PhoneName) -> Vec<String> {
        let Some(status) = self
            .trunk_statuses()
            .into_iter()
            .find(|status| status.name == *trunk)
        else {
            return Vec::new();
        };
        let since = status.since.map(|at| self.schedule.local(at));
        let since = since.unwrap_or_default();
        let TrunkStatus {
            calls,
            calls_out,
            calls_in,
            failovers,
            ..
        } = status;
        vec![
            match status.is {
                None => format!(
                    "Nothing is known of {trunk} yet: it was not asked, and no call went by it."
                ),
                Some(TrunkIs::Up) => format!("{trunk} has been up since {since}."),
                Some(TrunkIs::Down(why)) => format!(
                    "{trunk} has been down since {since} ({why}): calls go by it when no other trunk is left."
                ),
                Some(TrunkIs::Resting(why)) => format!(
                    "{trunk} has wanted to be left alone since {since} ({why}): only calls for help go by it."
                ),
            },
            format!(
                "It has {calls} calls now; since the start {calls_out} went out, {calls_in} came in, and {failovers} \
                 had to go another way."
            ),
        ]
    }

    fn calls_by(&self, trunk: &PhoneName) -> usize {
        self.phones.get(trunk).map_or(0, |state| state.legs.len())
    }

    /// Whether it has as many calls as it takes.
    pub(super) fn is_full(&self, trunk: &PhoneName) -> bool {
        let most = self.site.trunks.get(trunk).and_then(|it| it.max_calls);
        most.is_some_and(|most| self.calls_by(trunk) >= usize::try_from(most).unwrap_or(usize::MAX))
    }

    /// The trunks of a call, in the order in which they are to be tried. A call for help tries all.
    pub(super) fn trunks_in_order(
        &self,
        trunks: Vec<PhoneName>,
        is_help: bool,
    ) -> VecDeque<PhoneName> {
        let rank_of = |trunk: &PhoneName| {
            let state = self.trunks.get(trunk);
            rank(state.and_then(|state| state.is.as_ref()).map(|(is, _)| is))
        };
        let usable = trunks
            .into_iter()
            .filter_map(|trunk| match rank_of(&trunk) {
                Some(rank) => Some((rank, trunk)),
                None => is_help.then_some((u8::MAX, trunk)),
            });
        let mut usable: Vec<(u8, PhoneName)> = usable.collect();
        usable.sort_by_key(|(rank, _)| *rank);
        usable.into_iter().map(|(_, trunk)| trunk).collect()
    }

    /// It did not take a call, which has to go another way.
    pub(super) fn not_taken(&mut self, trunk: &PhoneName) {
        let state = self.trunks.entry(trunk.clone()).or_default();
        state.failovers += 1;
    }

    /// A call goes out by it.
    pub(super) fn went_out(&mut self, trunk: &PhoneName) {
        self.trunks.entry(trunk.clone()).or_default().calls_out += 1;
    }

    /// A call came in by it.
    pub(super) fn came_in(&mut self, trunk: &PhoneName) {
        self.trunks.entry(trunk.clone()).or_default().calls_in += 1;
    }
}
