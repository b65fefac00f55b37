//! Transfers, counted: how many phones wanted, and what became of them.

use std::collections::HashMap;

use crate::pbx::{Action, Event, Ticket, TransferTo};

/// To whom a call was handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferKind {
    /// To a number.
    Blind,
    /// To the other end of another call.
    Attended,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferFate {
    /// A phone wants it.
    Attempted,
    /// The others are connected.
    Completed,
    /// They are not.
    Failed,
}

/// Those that go on, and what was counted since somebody last asked.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    open: HashMap<Ticket, TransferKind>,
    counted: Vec<(TransferKind, TransferFate)>,
}

impl Transfers {
    /// Looks at what happened.
    pub fn hear(&mut self, event: &Event) {
        if let Event::Transferred { ticket, to, .. } = event {
            let kind = match to {
                TransferTo::Number(_) => TransferKind::Blind,
                TransferTo::Call(_) => TransferKind::Attended,
            };
            self.open.insert(*ticket, kind);
            self.counted.push((kind, TransferFate::Attempted));
        }
    }

    /// Looks at what is to be done.
    pub fn see(&mut self, action: &Action) {
        if let Action::EndTransfer { ticket, outcome } = action
            && let Some(kind) = self.open.remove(ticket)
        {
            let fate = match outcome {
                Ok(()) => TransferFate::Completed,
                Err(_) => TransferFate::Failed,
            };
            self.counted.push((kind, fate));
        }
    }

    /// Takes out what was counted.
    pub fn take(&mut self) -> Vec<(TransferKind, TransferFate)> {
        std::mem::take(&mut self.counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::{Failure, LegId, Refusal};

    #[test]
    fn each_ends_once_and_as_what_it_began() {
        let mut transfers = Transfers::default();
        let wanted = |ticket, to| Event::Transferred {
            leg: LegId(1),
            ticket: Ticket(ticket),
            to,
        };
        let ended = |ticket, outcome| Action::EndTransfer {
            ticket: Ticket(ticket),
            outcome,
        };
        transfers.hear(&wanted(1, TransferTo::Call(LegId(2))));
        transfers.hear(&wanted(2, TransferTo::Call(LegId(3))));
        transfers.see(&ended(2, Err(Refusal::Failed(Failure::Busy))));
        transfers.see(&ended(2, Ok(())));
        transfers.see(&ended(1, Ok(())));
        let (kind, counted) = (TransferKind::Attended, transfers.take());
        let fates = [
            TransferFate::Attempted,
            TransferFate::Attempted,
            TransferFate::Failed,
            TransferFate::Completed,
        ];
        assert_eq!(counted, fates.map(|fate| (kind, fate)));
        assert!(transfers.open.is_empty());
    }
}
